/* SPDX-License-Identifier: MIT */
/* `load list`, `show`, `stop` and `compare`: runs that are or were. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli_load.h"
#include "app/cli_print.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "load/engine.h"
#include "model/run_folder.h"
#include "report/compare.h"

enum { SECONDS_OF_STOP = 4 };

static void free_all(struct vec *texts)
{
	for (size_t i = 0; i < texts->len; i++)
		free(texts->items[i]);
	vec_release(texts);
}

static void add_number(struct table *table, const char *fmt, double value)
    __attribute__((format(printf, 2, 0)));
static void add_number(struct table *table, const char *fmt, double value)
{
	char cell[40];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(cell, sizeof(cell), fmt, value);
#pragma GCC diagnostic pop
	table_add(table, isfinite(value) ? cell : "–");
}

static cJSON *run_brief_json(const struct run *run)
{
	cJSON *item = cJSON_CreateObject();
	const struct run_second *total = &run->total;
	cJSON_AddStringToObject(item, "id", run->id);
	cJSON_AddStringToObject(item, "name", run->name);
	cJSON_AddStringToObject(item, "service", run->service);
	cJSON_AddStringToObject(item, "env", run->env);
	cJSON_AddStringToObject(item, "target", run->target);
	cJSON_AddStringToObject(item, "engine", run->engine);
	cJSON_AddStringToObject(item, "state", run_state_name(run->state));
	cJSON_AddStringToObject(item, "words", run->words);
	cJSON_AddStringToObject(item, "generator", run->generator);
	cJSON_AddNumberToObject(item, "startedMs", (double)run->started_ms);
	cJSON_AddNumberToObject(item, "intended", (double)total->intended);
	cJSON_AddNumberToObject(item, "sent", (double)total->sent);
	cJSON_AddNumberToObject(item, "ok", (double)total->ok);
	cJSON_AddNumberToObject(item, "failed", (double)run_failed(total));
	cJSON_AddNumberToObject(item, "seconds", total->seconds);
	const struct {
		const char *name;
		double value;
	} rows[] = {
	    {"p50Ms", total->p50},
	    {"p90Ms", total->p90},
	    {"p99Ms", total->p99},
	    {"p999Ms", total->p999},
	    {"maxMs", total->max},
	    {"meanMs", total->mean},
	    {"serviceP99Ms", total->service_p99},
	    {"lateMaxMs", total->late_max},
	    {"foundRate", run->found_rate},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (isfinite(rows[i].value))
			cJSON_AddNumberToObject(item, rows[i].name, rows[i].value);
		else
			cJSON_AddNullToObject(item, rows[i].name);
	cJSON_AddNumberToObject(item, "late", (double)total->late);
	cJSON_AddBoolToObject(item, "generatorLimited", run->generator_limited);
	cJSON *errors = cJSON_AddObjectToObject(item, "errors");
	for (int i = 0; i < RUN_ERRORS; i++)
		if (total->errors[i])
			cJSON_AddNumberToObject(errors, run_error_name((enum run_error)i),
			                        (double)total->errors[i]);
	return item;
}

static void list_table(const struct vec *runs)
{
	static const char *const titles[] = {"RUN",    "STATE",  "AGE",  "SERVICE", "RATE",
	                                     "P50 MS", "P99 MS", "ERR%", "VERDICT"};
	struct table table;
	table_init(&table, 9);
	for (int i = 0; i < 9; i++)
		table_add(&table, titles[i]);
	int64_t now = clock_system.wall(&clock_system);
	for (size_t i = 0; i < runs->len; i++) {
		const struct run *run = runs->items[i];
		const struct run_second *total = &run->total;
		double ended = (double)(total->ok + run_failed(total));
		char age[32];
		age_format(now - run->started_ms, age, sizeof(age));
		table_add(&table, run->id);
		table_add(&table, run_state_name(run->state));
		table_add(&table, age);
		table_add(&table, run->service[0] ? run->service : "–");
		add_number(&table, "%.0f", total->seconds > 0 ? ended / total->seconds : NAN);
		add_number(&table, "%.2f", ended > 0 ? total->p50 : NAN);
		add_number(&table, "%.2f", ended > 0 ? total->p99 : NAN);
		add_number(&table, "%.2f", ended > 0 ? 100 * (double)run_failed(total) / ended : NAN);
		table_add(&table, run->words);
	}
	table_print(&table, stdout);
}

int run_load_list(struct cli *cli, int argc, const char *const *argv)
{
	char *results = load_results(cli);
	struct vec folders, runs;
	int code = EXIT_DONE;
	(void)argc, (void)argv;
	run_folder_list(results, &folders);
	vec_init(&runs);
	for (size_t i = 0; i < folders.len && runs.len < 1000; i++) {
		struct run *run = mem_new(sizeof(*run));
		struct err err = {0};
		run_init(run);
		int read = run_folder_read_brief(run, folders.items[i], &err);
		/* Those that nobody summed up get their totals from their seconds. */
		if (read == 0 && (run->state == RUN_RUNNING || run->state == RUN_INTERRUPTED))
			read = run_folder_read(run, folders.items[i], &err);
		if (read < 0) {
			fprintf(stderr, "flagdeck: %s\n", err.text);
			free(run);
			continue;
		}
		vec_push(&runs, run);
	}
	if (cli->output == OUTPUT_TABLE && runs.len == 0) {
		printf("no runs in %s; begin with: flagdeck load init smoke URL > smoke.yaml\n", results);
	} else if (cli->output == OUTPUT_TABLE) {
		list_table(&runs);
	} else {
		cJSON *list = cJSON_CreateArray();
		for (size_t i = 0; i < runs.len; i++)
			cJSON_AddItemToArray(list, run_brief_json(runs.items[i]));
		code = cli_print_json(cli, list);
		cJSON_Delete(list);
	}
	for (size_t i = 0; i < runs.len; i++) {
		run_release(runs.items[i]);
		free(runs.items[i]);
	}
	vec_release(&runs);
	free_all(&folders);
	free(results);
	return code;
}

static void print_requests(const struct run *run, FILE *out)
{
	static const char *const titles[] = {"  REQUEST", "COUNT", "FAILED", "MEAN MS", "P50",
	                                     "P90",       "P99",   "P99.9",  "MAX"};
	struct table table;
	table_init(&table, 9);
	for (int i = 0; i < 9; i++)
		table_add(&table, titles[i]);
	for (size_t i = 0; i < run->request_count; i++) {
		const struct run_request *request = &run->requests[i];
		char cell[RUN_TEXT + 4];
		snprintf(cell, sizeof(cell), "  %s", request->name);
		table_add(&table, cell);
		add_number(&table, "%.0f", (double)request->count);
		add_number(&table, "%.0f", (double)request->failed);
		const double values[] = {request->mean, request->p50,  request->p90,
		                         request->p99,  request->p999, request->max};
		for (int k = 0; k < 6; k++)
			add_number(&table, "%.2f", values[k]);
	}
	table_print(&table, out);
}

void load_print_run(const struct run *run, FILE *out)
{
	const struct run_second *total = &run->total;
	uint64_t failed = run_failed(total);
	fprintf(out, "\n%s: %s\n", run_state_name(run->state), run->words);
	if (run->generator[0])
		fprintf(out, "  generator: %s\n", run->generator);
	fprintf(out, "  requests   %llu intended, %llu sent, %llu good, %llu failed in %.0f s (%.0f/s)\n",
	        (unsigned long long)total->intended, (unsigned long long)total->sent,
	        (unsigned long long)total->ok, (unsigned long long)failed, total->seconds,
	        total->seconds > 0 ? (double)(total->ok + failed) / total->seconds : 0);
	if (isfinite(total->p50))
		fprintf(out,
		        "  latency    p50 %.2f  p90 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms, from the %s\n",
		        total->p50, total->p90, total->p99, total->p999, total->max,
		        strcmp(run->engine, "native") == 0 ? "intended moment" : "moment of sending");
	if (isfinite(total->service_p99) && total->service_p99 < 0.8 * total->p99)
		fprintf(out,
		        "             p99 %.2f ms from the real moment of sending: the rest is waiting\n",
		        total->service_p99);
	for (int i = 0; i < RUN_ERRORS; i++)
		if (total->errors[i])
			fprintf(out, "  failed     %llu %s (%s)\n", (unsigned long long)total->errors[i],
			        run_error_name((enum run_error)i), run_error_words((enum run_error)i));
	for (size_t i = 0; i < run->failure_count; i++)
		fprintf(out, "  example    %s\n", run->failures[i]);
	for (size_t i = 0; i < run->slo_count; i++) {
		const struct run_slo *slo = &run->slos[i];
		fprintf(out, "  SLO        %-32s %s", slo->text, slo->held ? "held" : "BROKEN");
		if (isfinite(slo->value))
			fprintf(out, " (%.4g)", slo->value);
		if (slo->broken_at >= 0)
			fprintf(out, " after %.0f s", slo->broken_at);
		fputc('\n', out);
	}
	if (total->late > 0)
		fprintf(out, "  late       %llu requests were sent late by the generator, up to %.1f ms\n",
		        (unsigned long long)total->late, total->late_max);
	if (run->request_count > 1)
		print_requests(run, out);
	fprintf(out, "  results    %s\n", run->folder);
}

static int read_word(struct cli *cli, const char *word, struct run *run, struct err *err)
{
	char *results = load_results(cli), *folder = run_folder_find(results, word, err);
	int result = folder ? run_folder_read(run, folder, err) : -1;
	free(folder);
	free(results);
	return result;
}

int run_load_show(struct cli *cli, int argc, const char *const *argv)
{
	struct run *run = mem_new(sizeof(*run));
	struct err err = {0};
	int code = EXIT_DONE;
	run_init(run);
	if (read_word(cli, argc ? argv[0] : "last", run, &err) < 0) {
		code = cli_fail(EXIT_FAILED, &err);
	} else if (cli->output != OUTPUT_TABLE) {
		cJSON *json = run_brief_json(run);
		code = cli_print_json(cli, json);
		cJSON_Delete(json);
	} else {
		printf("run %s\n%s, %s", run->id, run->name, run->target);
		load_print_run(run, stdout);
	}
	run_release(run);
	free(run);
	return code;
}

/* Until nobody owns the folder; whether that came in time. */
static int wait_gone(const char *folder)
{
	for (int i = 0; i < SECONDS_OF_STOP * 50; i++) {
		if (run_folder_owner(folder) == 0)
			return 1;
		poll(NULL, 0, 20);
	}
	return 0;
}

int run_load_stop(struct cli *cli, int argc, const char *const *argv)
{
	char *results = load_results(cli);
	struct vec folders;
	struct err err = {0};
	int code = EXIT_DONE, found = 0;
	if (argc > 0) {
		char *folder = run_folder_find(results, argv[0], &err);
		vec_init(&folders);
		if (folder)
			vec_push(&folders, folder);
	} else {
		run_folder_list(results, &folders);
	}
	/* All are told before one is waited for: this is the switch that ends them all. */
	for (size_t i = 0; i < folders.len; i++)
		found += engine_stop(folders.items[i]) == 0;
	for (size_t i = 0; i < folders.len; i++)
		if (run_folder_owner(folders.items[i]) > 0 && !wait_gone(folders.items[i])) {
			fprintf(stderr, "flagdeck: %s still runs\n", (char *)folders.items[i]);
			code = EXIT_TIMED_OUT;
		}
	if (err.text[0])
		code = cli_fail(EXIT_FAILED, &err);
	else if (code == EXIT_DONE)
		printf(found ? "stopped %d run%s\n" : "nothing runs\n", found, found == 1 ? "" : "s");
	free_all(&folders);
	free(results);
	return code;
}

static void compare_table(const struct comparison *comparison)
{
	static const char *const titles[] = {"", "BEFORE", "AFTER", "CHANGE", "99 % BETWEEN", "VERDICT"};
	struct table table;
	table_init(&table, 6);
	for (int i = 0; i < 6; i++)
		table_add(&table, titles[i]);
	for (size_t i = 0; i < comparison->count; i++) {
		const struct compare_row *row = &comparison->rows[i];
		char name[40], change[40], range[60];
		snprintf(name, sizeof(name), "%s %s", row->name, row->unit);
		snprintf(change, sizeof(change), "%+.1f %%", 100 * (row->after - row->before) / row->before);
		snprintf(range, sizeof(range), "%+.3g and %+.3g", row->low, row->high);
		table_add(&table, name);
		add_number(&table, "%.4g", row->before);
		add_number(&table, "%.4g", row->after);
		table_add(&table, isfinite(row->after) && row->before > 0 ? change : "–");
		table_add(&table, isfinite(row->low) ? range : "–");
		table_add(&table, compare_verdict_name(row->verdict));
	}
	table_print(&table, stdout);
}

int run_load_compare(struct cli *cli, int argc, const char *const *argv)
{
	struct run *runs = mem_new_array(2, sizeof(*runs));
	struct comparison comparison;
	struct err err = {0};
	int code = EXIT_FAILED;
	run_init(&runs[0]);
	run_init(&runs[1]);
	if (argc < 1 || argc > 2) {
		err_set(&err, "load compare takes the run to compare with, and the run: flagdeck load "
		              "compare BEFORE [AFTER]");
		code = EXIT_USAGE;
	} else if (read_word(cli, argv[0], &runs[0], &err) == 0 &&
	           read_word(cli, argc > 1 ? argv[1] : "last", &runs[1], &err) == 0) {
		runs_compare(&comparison, &runs[0], &runs[1], 0.05);
		printf("before %s\nafter  %s\n", runs[0].id, runs[1].id);
		compare_table(&comparison);
		printf("%s\n", comparison.words);
		code = comparison.verdict == COMPARE_WORSE     ? EXIT_FAILED
		       : comparison.verdict == COMPARE_UNKNOWN ? EXIT_REFUSED
		                                               : EXIT_DONE;
	}
	if (err.text[0])
		cli_fail((enum exit_code)code, &err);
	run_release(&runs[0]);
	run_release(&runs[1]);
	free(runs);
	return code;
}
