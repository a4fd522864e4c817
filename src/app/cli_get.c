/* SPDX-License-Identifier: MIT */
/*
 * `get services` and `get pods`: connect, wait until everything is there or known to be missing,
 * print once. What is missing is said on stderr, and makes the exit code 1 (3: not permitted), so
 * that a script never takes a part for the whole.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/cli_print.h"
#include "app/cli_read.h"
#include "base/buf.h"
#include "base/spell.h"
#include "kube/kind.h"
#include "model/column.h"
#include "model/pod.h"
#include "model/query.h"
#include "model/service_json.h"

static const double METRICS_WAIT = 20;

/* Metrics are an addition: what is missing of them is said, and the exit code is about the rows. */
static void metrics_report(const struct reading *reading, int metered)
{
	const struct fleet *fleet = reading->session->fleet;
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		enum metering state = cluster->metrics.state;
		char room[320];
		struct text words = text_in(room, sizeof(room));
		if (state == METERING_OFF || state == METERING_LIVE || (metered == 0 && state == METERING_LOOKING))
			continue;
		metering_describe(cluster, &words);
		fprintf(stderr, "flagdeck: %s: metrics are %s\n", cluster->name, room);
	}
}

/* The words of the command line and -l become one filter text. */
static struct filter *filter_of(const struct cli *cli, int argc, const char *const *argv, struct err *err)
{
	struct buf text;
	struct filter *filter = NULL;
	int failed = 0;
	buf_init(&text, 4096);
	for (int i = 0; i < argc; i++)
		failed |= buf_printf(&text, "%s%s", text.len ? " " : "", argv[i]) < 0;
	for (const char *at = cli->labels; at && *at;) {
		size_t len = strcspn(at, ",");
		failed |= buf_printf(&text, "%s-l %.*s", text.len ? " " : "", (int)len, at) < 0;
		at += len + (at[len] == ',');
	}
	if (failed)
		err_set(err, "the filter is longer than 4096 bytes");
	else
		filter = filter_parse(buf_string(&text), err);
	buf_release(&text);
	return filter;
}

static int print_services_json(const struct cli *cli, const struct vec *rows)
{
	cJSON *array = services_json(rows);
	int code = cli_print_json(cli, array);
	cJSON_Delete(array);
	return code;
}

static int print_services_table(const struct vec *rows, const struct fleet *fleet)
{
	struct table table;
	size_t shown = 0;
	for (size_t i = 0; i < column_count; i++)
		shown += column_is_shown(&columns[i], fleet);
	table_init(&table, shown);
	for (size_t i = 0; i < column_count; i++)
		if (column_is_shown(&columns[i], fleet))
			table_add(&table, columns[i].title);
	for (size_t r = 0; r < rows->len; r++) {
		for (size_t i = 0; i < column_count; i++) {
			char room[256];
			struct text cell = text_in(room, sizeof(room));
			if (!column_is_shown(&columns[i], fleet))
				continue;
			columns[i].format(rows->items[r], &cell);
			table_add(&table, room);
		}
	}
	table_print(&table, stdout);
	return EXIT_DONE;
}

/* The column that --sort names, or an error with the nearest, or all there are. */
static const struct column *sort_column(const char *key, struct err *err)
{
	const struct column *found = column_find(key);
	struct vec keys;
	if (found)
		return found;
	vec_init(&keys);
	for (size_t i = 0; i < column_count; i++)
		vec_push(&keys, (char *)(uintptr_t)columns[i].key);
	const char *near = spell_nearest(key, (const char *const *)keys.items, keys.len);
	if (near) {
		err_set(err, "there is no column \"%.40s\" to sort by; did you mean \"%s\"?", key, near);
	} else {
		err_set(err, "there is no column \"%.40s\" to sort by; there are", key);
		for (size_t i = 0; i < column_count; i++) {
			size_t len = strlen(err->text);
			snprintf(err->text + len, sizeof(err->text) - len, "%s %s", i ? "," : "", columns[i].key);
		}
	}
	vec_release(&keys);
	return NULL;
}

int run_get_services(struct cli *cli, int argc, const char *const *argv)
{
	struct reading reading;
	struct err err = {0};
	struct query query = {.sort = cli->sort ? sort_column(cli->sort, &err) : NULL};
	if (cli->sort && !query.sort)
		return cli_fail(EXIT_USAGE, &err);
	query.reverse = query.sort && query.sort->descends;
	query.filter = filter_of(cli, argc, argv, &err);
	if (!query.filter && err.text[0])
		return cli_fail(EXIT_USAGE, &err);
	if (reading_open(&reading, cli, 0, &err) < 0) {
		filter_free(query.filter);
		return cli_fail(EXIT_FAILED, &err);
	}
	int metered = session_wait_metrics(reading.session, cli->timeout > 0 ? cli->timeout : METRICS_WAIT);
	struct vec rows;
	vec_init(&rows);
	query_run(&query, reading.session->fleet, &rows);
	int code = cli->output == OUTPUT_TABLE ? print_services_table(&rows, reading.session->fleet) : print_services_json(cli, &rows);
	int missing = reading_report(&reading);
	/* Only of what was read can be said that it is nothing. */
	if (cli->output == OUTPUT_TABLE && !rows.len && missing == EXIT_DONE)
		fprintf(stderr, "flagdeck: %s\n",
		        reading.session->fleet->services.len ? "nothing matches" : "the chosen clusters have no service");
	metrics_report(&reading, metered);
	vec_release(&rows);
	filter_free(query.filter);
	reading_close(&reading);
	return code != EXIT_DONE ? code : missing;
}

static int pod_order(const void *a, const void *b)
{
	const struct pod *x = *(const struct pod *const *)a, *y = *(const struct pod *const *)b;
	int order = strcmp(x->object.namespace, y->object.namespace);
	return order ? order : strcmp(x->object.name, y->object.name);
}

/* The pods of every cluster that are asked for, sorted within each cluster. */
static void collect_pods(const struct fleet *fleet, const struct cli *cli, const char *service, struct vec *pods,
                         struct vec *clusters)
{
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		struct pod *pod;
		size_t first = pods->len;
		for (size_t at = 0; (pod = map_next(&cluster->objects[OBJECT_POD], &at));) {
			const struct service *owner = pod_service(pod);
			if ((!cli->namespace || strcmp(pod->object.namespace, cli->namespace) == 0) &&
			    (!service || (owner && strcmp(owner->name, service) == 0))) {
				vec_push(pods, pod);
				vec_push(clusters, (void *)(uintptr_t)cluster);
			}
		}
		if (pods->len > first)
			qsort(pods->items + first, pods->len - first, sizeof(void *), pod_order);
	}
}

static int print_pods_table(const struct vec *pods, const struct vec *clusters, const struct clock *clock)
{
	static const char *const titles[] = {"CLUSTER", "NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "NODE"};
	enum { COLUMNS = sizeof(titles) / sizeof(titles[0]) };
	struct table table;
	table_init(&table, COLUMNS);
	for (size_t i = 0; i < COLUMNS; i++)
		table_add(&table, titles[i]);
	for (size_t i = 0; i < pods->len; i++) {
		const struct pod *pod = pods->items[i];
		char ready[32], restarts[32], age[32] = "";
		snprintf(ready, sizeof(ready), "%d/%d", pod->ready_containers, pod->total_containers);
		snprintf(restarts, sizeof(restarts), "%d", (int)pod->restarts);
		if (pod->object.created_ms)
			age_format(clock->wall(clock) - pod->object.created_ms, age, sizeof(age));
		table_add(&table, ((const struct cluster *)clusters->items[i])->name);
		table_add(&table, pod->object.namespace);
		table_add(&table, pod->object.name);
		table_add(&table, ready);
		table_add(&table, pod->status);
		table_add(&table, restarts);
		table_add(&table, age);
		table_add(&table, pod->node);
	}
	table_print(&table, stdout);
	return EXIT_DONE;
}

static int print_pods_json(const struct cli *cli, const struct vec *pods, const struct vec *clusters)
{
	cJSON *array = cJSON_CreateArray();
	for (size_t i = 0; i < pods->len; i++)
		cJSON_AddItemToArray(array, pod_json(clusters->items[i], pods->items[i]));
	int code = cli_print_json(cli, array);
	cJSON_Delete(array);
	return code;
}

int run_get_pods(struct cli *cli, int argc, const char *const *argv)
{
	struct reading reading;
	struct err err = {0};
	struct vec pods, clusters;
	if (argc > 1) {
		err_set(&err, "get pods takes one service, not %d words", argc);
		return cli_fail(EXIT_USAGE, &err);
	}
	if (reading_open(&reading, cli, 0, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	const struct fleet *fleet = reading.session->fleet;
	vec_init(&pods);
	vec_init(&clusters);
	collect_pods(fleet, cli, argc ? argv[0] : NULL, &pods, &clusters);
	int code = cli->output == OUTPUT_TABLE ? print_pods_table(&pods, &clusters, fleet->clock)
	                                       : print_pods_json(cli, &pods, &clusters);
	int missing = reading_report(&reading);
	vec_release(&pods);
	vec_release(&clusters);
	reading_close(&reading);
	return code != EXIT_DONE ? code : missing;
}
