/* SPDX-License-Identifier: MIT */
/*
 * `flagdeck query`: any PromQL, asked of each chosen cluster's Prometheus as the console reaches it.
 * Warnings and what was left out are said on stderr.
 */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/cli_chart.h"
#include "app/cli_print.h"
#include "base/mem.h"
#include "prom/range.h"

static const double WAIT = 30;

/* One cluster's answer. */
struct asked {
	struct query_run *run;
	const struct cluster *cluster;
	struct range *range;
	struct series_set set;
	char trouble[420], partial[300];
};

struct query_run {
	struct asked *items;
	size_t count, waiting;
};

static void answered(void *arg, struct series_set *set, const struct prom_result *result)
{
	struct asked *asked = arg;
	asked->range = NULL;
	asked->set = *set;
	*set = (struct series_set){0};
	snprintf(asked->trouble, sizeof(asked->trouble), "%s", result->error);
	snprintf(asked->partial, sizeof(asked->partial), "%s", result->partial);
	asked->run->waiting--;
}

static void ask(struct asked *asked, const struct session *session, const struct cli *cli, const char *expr)
{
	const struct cluster *cluster = asked->cluster;
	struct prom_source *meter = session_meter(session, cluster);
	struct prom_client *client = meter ? prom_source_client(meter) : NULL;
	const struct clock *clock = session->fleet->clock;
	int64_t now = clock->wall(clock) + cluster->metrics.skew_ms, range = (int64_t)(cli->range * 1000);
	struct range_request request = {
		.expr = expr, .timeout = cli->timeout > 0 ? cli->timeout : WAIT, .done = answered, .arg = asked,
	};
	if (!client) {
		const char *why = cluster->metrics.words[0] ? cluster->metrics.words : "its Prometheus gave no answer in time";
		snprintf(asked->trouble, sizeof(asked->trouble), "%s", why);
		return;
	}
	if (range > 0) {
		request.step_ms = cli->step > 0 ? (int64_t)(cli->step * 1000) : chart_step(range, 250);
		request.end_ms = now;
		request.start_ms = now - range;
	}
	asked->range = range_read(client, &request);
	asked->run->waiting++;
}

static cJSON *value_json(double value)
{
	if (isfinite(value))
		return cJSON_CreateNumber(value);
	return cJSON_CreateString(isnan(value) ? "NaN" : value < 0 ? "-Inf" : "+Inf");
}

static cJSON *labels_json(const struct series *series)
{
	cJSON *object = cJSON_CreateObject();
	for (const char *at = series->labels; *at;) {
		size_t name = strcspn(at, "\1"), value = strcspn(at + name + 1, "\1");
		char *key = mem_copy(at, name), *text = mem_copy(at + name + 1, value);
		cJSON_AddStringToObject(object, key, text);
		free(key);
		free(text);
		at += name + 1 + value + (at[name + 1 + value] != 0);
	}
	return object;
}

/* Points of a range without a value have none; NaN that the server sent cannot be told from them there. */
static int print_json(const struct cli *cli, const struct query_run *run)
{
	cJSON *array = cJSON_CreateArray();
	for (size_t c = 0; c < run->count; c++) {
		const struct series_set *set = &run->items[c].set;
		for (size_t i = 0; i < set->count; i++) {
			cJSON *item = cJSON_CreateObject(), *values = cJSON_CreateArray();
			cJSON_AddStringToObject(item, "cluster", run->items[c].cluster->name);
			cJSON_AddItemToObject(item, "metric", labels_json(&set->items[i]));
			for (size_t k = 0; k < set->points; k++) {
				if (set->points > 1 && isnan(set->items[i].values[k]))
					continue;
				cJSON *pair = cJSON_CreateArray();
				cJSON_AddItemToArray(pair, cJSON_CreateNumber((double)(set->start_ms + (int64_t)k * set->step_ms) / 1000));
				cJSON_AddItemToArray(pair, value_json(set->items[i].values[k]));
				cJSON_AddItemToArray(values, pair);
			}
			cJSON_AddItemToObject(item, "values", values);
			cJSON_AddItemToArray(array, item);
		}
	}
	int code = cli_print_json(cli, array);
	cJSON_Delete(array);
	return code;
}

/* By RFC 4180. */
static void print_field(const char *text, const char *end)
{
	if (!strpbrk(text, ",\"\r\n")) {
		printf("%s%s", text, end);
		return;
	}
	putchar('"');
	for (; *text; text++)
		printf(*text == '"' ? "\"\"" : "%c", *text);
	printf("\"%s", end);
}

static int print_csv(const struct query_run *run)
{
	printf("cluster,series,time,value\n");
	for (size_t c = 0; c < run->count; c++) {
		const struct series_set *set = &run->items[c].set;
		for (size_t i = 0; i < set->count; i++)
			for (size_t k = 0; k < set->points; k++) {
				char stamp[32];
				if (set->points > 1 && isnan(set->items[i].values[k]))
					continue;
				stamp_format(set->start_ms + (int64_t)k * set->step_ms, stamp);
				print_field(run->items[c].cluster->name, ",");
				print_field(set->items[i].name, ",");
				printf("%s,%.17g\n", stamp, set->items[i].values[k]);
			}
	}
	return EXIT_DONE;
}

static int print_table(const struct query_run *run)
{
	struct table table;
	int range = 0;
	for (size_t c = 0; c < run->count; c++)
		range |= run->items[c].set.points > 1;
	static const char *const titles[] = {"CLUSTER", "SERIES", "VALUE", "LEAST", "AVERAGE", "MOST"};
	size_t columns = range ? 6 : 3;
	table_init(&table, columns);
	for (size_t i = 0; i < columns; i++)
		table_add(&table, i == 2 && range ? "LAST" : titles[i]);
	for (size_t c = 0; c < run->count; c++) {
		const struct series_set *set = &run->items[c].set;
		for (size_t i = 0; i < set->count; i++) {
			double last = set->items[i].values[set->points - 1], sum = 0, least = NAN, most = NAN;
			size_t count = 0;
			for (size_t k = 0; k < set->points; k++) {
				double value = set->items[i].values[k];
				if (isnan(value))
					continue;
				least = isnan(least) || value < least ? value : least;
				most = isnan(most) || value > most ? value : most;
				sum += value;
				count++;
			}
			const double cells[] = {last, least, count ? sum / (double)count : NAN, most};
			table_add(&table, run->items[c].cluster->name);
			table_add(&table, set->items[i].name);
			for (size_t k = 0; k < columns - 2; k++) {
				char room[40];
				snprintf(room, sizeof(room), "%.8g", cells[k]);
				table_add(&table, isnan(cells[k]) ? "NaN" : room);
			}
		}
	}
	table_print(&table, stdout);
	return EXIT_DONE;
}

static int print_chart(const struct cli *cli, const struct query_run *run, const char *expr)
{
	struct chart_series series[CHART_SERIES_MAX];
	struct chart chart = {.title = expr, .series = series, .graph = cli_graph(cli)};
	struct grid grid;
	struct err err = {0};
	size_t all = 0;
	int rows, cols;
	for (size_t c = 0; c < run->count; c++) {
		const struct series_set *set = &run->items[c].set;
		all += set->count + set->dropped;
		for (size_t i = 0; i < set->count && chart.series_count < 16; i++) {
			series[chart.series_count] = (struct chart_series){set->items[i].name, set->items[i].values, set->points,
			                                                   chart_style(chart.series_count), 0};
			chart.series_count++;
			chart.start_ms = set->start_ms;
			chart.end_ms = set->start_ms + (int64_t)(set->points - 1) * set->step_ms;
		}
	}
	if (all > chart.series_count)
		fprintf(stderr, "flagdeck: the first %zu of %zu series are drawn\n", chart.series_count, all);
	cli_terminal_size(&rows, &cols);
	chart.legend = chart.series_count > 1 ? (int)(chart.series_count < 4 ? chart.series_count : 4) : 0;
	grid_init(&grid, rows, cols);
	chart_draw(&grid, grid_rect(&grid), &chart);
	int result = cli_print_grid(cli, &grid, &err);
	grid_release(&grid);
	return result < 0 ? cli_fail(EXIT_FAILED, &err) : EXIT_DONE;
}

/* What is wrong or missing, on stderr; gives the exit code. */
static int report(const struct query_run *run)
{
	int code = EXIT_DONE;
	for (size_t c = 0; c < run->count; c++) {
		const struct asked *asked = &run->items[c];
		if (asked->trouble[0])
			fprintf(stderr, "flagdeck: %s: %s\n", asked->cluster->name, asked->trouble);
		if (asked->partial[0])
			fprintf(stderr, "flagdeck: %s: partial: %s\n", asked->cluster->name, asked->partial);
		if (asked->set.dropped)
			fprintf(stderr, "flagdeck: %s: %zu more series were left out\n", asked->cluster->name, asked->set.dropped);
		if (asked->trouble[0])
			code = EXIT_FAILED;
	}
	return code;
}

static int print(const struct cli *cli, const struct query_run *run, const char *expr)
{
	switch (cli->output) {
	case OUTPUT_TABLE: return print_table(run);
	case OUTPUT_CSV: return print_csv(run);
	case OUTPUT_CHART: return print_chart(cli, run, expr);
	default: return print_json(cli, run);
	}
}

int run_query(struct cli *cli, int argc, const char *const *argv)
{
	struct contexts contexts;
	struct err err = {0};
	struct query_run run = {0};
	if (argc != 1) {
		err_set(&err, "query takes one expression, in quotes");
		return cli_fail(EXIT_USAGE, &err);
	}
	if (cli->output == OUTPUT_CHART && cli->range <= 0)
		cli->range = 3600;
	if (contexts_choose(&contexts, cli, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	const struct session_options options = {
		.contexts = contexts.items, .context_count = contexts.count, .metrics = &cli->config.metrics, .only_ask = 1,
		.log = cli->log,
	};
	struct session *session = session_new(&options, &err);
	int code = EXIT_FAILED;
	if (!session) {
		cli_fail(EXIT_FAILED, &err);
		goto out;
	}
	session_start(session);
	if (session_wait_metrics(session, cli->timeout > 0 ? cli->timeout : WAIT) < 0)
		code = EXIT_TIMED_OUT;
	run.count = session->fleet->clusters.len;
	run.items = mem_new_array(run.count + 1, sizeof(*run.items));
	for (size_t i = 0; i < run.count; i++) {
		run.items[i].run = &run;
		run.items[i].cluster = session->fleet->clusters.items[i];
		ask(&run.items[i], session, cli, argv[0]);
	}
	/* Each call has its own deadline. */
	while (run.waiting > 0)
		loop_poll(session->loop, 1);
	code = print(cli, &run, argv[0]);
	int missing = report(&run);
	code = code == EXIT_DONE ? missing : code;
	for (size_t i = 0; i < run.count; i++)
		series_set_release(&run.items[i].set);
	free(run.items);
out:
	session_free(session);
	contexts_release(&contexts);
	return code;
}
