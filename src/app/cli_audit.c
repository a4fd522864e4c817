/* SPDX-License-Identifier: MIT */
/*
 * `audit list|export|verify`: what was changed through this program, from this machine. A list has a
 * line for each change, its intent and outcome joined; an export has every row as it is kept, hashes
 * included, so that the chain can be checked elsewhere.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/cli_print.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/json_add.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/when.h"
#include "store/audit.h"

static struct audit *audit_of(struct cli *cli)
{
	char *path = config_audit_path();
	const struct audit_options options = {.path = path, .clock = &clock_system, .allow_unaudited = cli->allow_unaudited};
	struct audit *audit = audit_open(&options);

	free(path);
	return audit;
}

static cJSON *row_json(const struct audit_row *row)
{
	cJSON *json = cJSON_CreateObject();
	char stamp[32];

	stamp_format(row->at_ms, stamp);
	cJSON_AddNumberToObject(json, "seq", (double)row->seq);
	cJSON_AddStringToObject(json, "at", stamp);
	cJSON_AddNumberToObject(json, "atMs", (double)row->at_ms);
	json_add_text(json, "change", row->record.change);
	json_add_text(json, "stage", row->stage);
	json_add_text(json, "git", row->record.git);
	json_add_text(json, "kube", row->record.kube);
	json_add_text(json, "host", row->host);
	cJSON_AddNumberToObject(json, "pid", (double)row->pid);
	json_add_text(json, "action", row->record.action);
	json_add_text(json, "cluster", row->record.cluster);
	json_add_text(json, "target", row->record.target);
	json_add_text(json, "what", row->record.what);
	json_add_text(json, "why", row->record.why);
	json_add_text(json, "commit", row->record.commit);
	json_add_text(json, "data", row->record.data);
	json_add_text(json, "outcome", row->outcome);
	json_add_text(json, "detail", row->detail);
	json_add_text(json, "previous", row->previous);
	json_add_text(json, "hash", row->hash);
	return json;
}

static int row_export(void *arg, const struct audit_row *row)
{
	struct buf line;
	cJSON *json = row_json(row);

	(void)arg;
	buf_init(&line, 1 << 20);
	if (json_write(&line, json, 0) == 0)
		fwrite(line.data, 1, line.len, stdout);
	cJSON_Delete(json);
	buf_release(&line);
	return ferror(stdout);
}

/* A change: its intent, and how it went as far as that is known. */
struct change {
	char *id;
	cJSON *json;
};

struct changes {
	struct map by_id;
	struct vec list; /* struct change *, oldest first */
};

static const char *json_text(const cJSON *json, const char *name)
{
	const char *text = json_string(json, name);

	return text ? text : "";
}

static int row_gather(void *arg, const struct audit_row *row)
{
	struct changes *changes = arg;
	struct change *change = map_get(&changes->by_id, row->record.change);

	if (!change) {
		change = mem_new(sizeof(*change));
		change->id = mem_copy_string(row->record.change);
		change->json = row_json(row);
		map_put(&changes->by_id, change->id, change);
		vec_push(&changes->list, change);
	}
	if (strcmp(row->stage, "outcome") != 0)
		return 0;
	cJSON *outcome = row_json(row);
	static const char *const taken[] = {"outcome", "detail", "commit"};
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		cJSON_ReplaceItemInObjectCaseSensitive(change->json, taken[i],
		                                       cJSON_DetachItemFromObjectCaseSensitive(outcome, taken[i]));
	cJSON_DeleteItemFromObjectCaseSensitive(change->json, "endedAt");
	cJSON_AddStringToObject(change->json, "endedAt", json_text(outcome, "at"));
	cJSON_Delete(outcome);
	return 0;
}

static void changes_free(struct changes *changes)
{
	for (size_t i = 0; i < changes->list.len; i++) {
		struct change *change = changes->list.items[i];
		cJSON_Delete(change->json);
		free(change->id);
		free(change);
	}
	vec_release(&changes->list);
	map_release(&changes->by_id);
}

/* Every word has to be somewhere in the change. */
static int change_matches(const struct change *change, int argc, const char *const *argv)
{
	for (int i = 0; i < argc; i++) {
		int found = 0;
		for (const cJSON *item = change->json->child; item && !found; item = item->next)
			found = cJSON_IsString(item) && strcasestr(item->valuestring, argv[i]);
		if (!found)
			return 0;
	}
	return 1;
}

static void change_print(struct table *table, const cJSON *json)
{
	char when[32] = "";
	const char *outcome = json_text(json, "outcome"), *git = json_text(json, "git"), *kube = json_text(json, "kube");

	when_format(json_int(json, "atMs", 0), when);
	table_add(table, when);
	table_add(table, *git ? git : *kube ? kube : json_text(json, "host"));
	table_add(table, json_text(json, "action"));
	table_add(table, json_text(json, "cluster"));
	table_add(table, json_text(json, "target"));
	table_add(table, *outcome ? outcome : "not known");
	table_add(table, json_text(json, "why"));
}

static int changes_print(const struct cli *cli, const struct changes *changes, int argc, const char *const *argv)
{
	static const char *const titles[] = {"WHEN", "WHO", "ACTION", "CLUSTER", "TARGET", "OUTCOME", "WHY"};
	cJSON *array = cJSON_CreateArray();
	int code = EXIT_DONE;

	for (size_t i = 0; i < changes->list.len; i++) {
		struct change *change = changes->list.items[i];
		if (change_matches(change, argc, argv))
			cJSON_AddItemReferenceToArray(array, change->json);
	}
	if (cli->output != OUTPUT_TABLE) {
		code = cli_print_json(cli, array);
	} else if (cJSON_GetArraySize(array) == 0) {
		fprintf(stderr, "flagdeck: the audit has no %schange\n", argc || cli->since ? "such " : "");
	} else {
		struct table table;
		const cJSON *item;
		table_init(&table, sizeof(titles) / sizeof(titles[0]));
		for (size_t i = 0; i < table.columns; i++)
			table_add(&table, titles[i]);
		cJSON_ArrayForEach(item, array)
			change_print(&table, item);
		table_print(&table, stdout);
	}
	cJSON_Delete(array);
	return code;
}

static int64_t since_ms(const struct cli *cli)
{
	return cli->since > 0 ? clock_system.wall(&clock_system) - (int64_t)(cli->since * 1000) : 0;
}

int run_audit_list(struct cli *cli, int argc, const char *const *argv)
{
	struct audit *audit = audit_of(cli);
	struct changes changes;
	struct err err = {.text = ""};
	int code;

	map_init(&changes.by_id);
	vec_init(&changes.list);
	if (audit_each(audit, since_ms(cli), row_gather, &changes, &err) < 0)
		code = cli_fail(EXIT_FAILED, &err);
	else
		code = changes_print(cli, &changes, argc, argv);
	changes_free(&changes);
	audit_close(audit);
	return code;
}

int run_audit_export(struct cli *cli, int argc, const char *const *argv)
{
	struct audit *audit = audit_of(cli);
	struct err err = {.text = ""};
	int code = EXIT_DONE;

	(void)argc, (void)argv;
	if (audit_each(audit, since_ms(cli), row_export, NULL, &err) < 0)
		code = cli_fail(EXIT_FAILED, &err);
	audit_close(audit);
	return code;
}

static int verdict_print(const struct cli *cli, const struct audit_verdict *verdict)
{
	int whole = !*verdict->why;

	if (cli->output != OUTPUT_TABLE) {
		cJSON *json = cJSON_CreateObject();
		cJSON_AddBoolToObject(json, "whole", whole);
		cJSON_AddNumberToObject(json, "rows", (double)verdict->rows);
		cJSON_AddNumberToObject(json, "open", (double)verdict->open);
		json_add_text(json, "head", verdict->head);
		json_add_text(json, "why", verdict->why);
		cli_print_json(cli, json);
		cJSON_Delete(json);
	} else if (whole) {
		printf("the audit is whole: %lld rows, head %s\n", (long long)verdict->rows,
		       *verdict->head ? verdict->head : "none");
		if (verdict->open > 0)
			printf("%lld change%s without an outcome: under way, or cut off\n", (long long)verdict->open,
			       verdict->open == 1 ? " is" : "s are");
	} else {
		printf("THE AUDIT IS NOT WHOLE: %s\n", verdict->why);
	}
	return whole ? EXIT_DONE : EXIT_FAILED;
}

int run_audit_verify(struct cli *cli, int argc, const char *const *argv)
{
	struct err err = {.text = ""};
	struct audit_verdict verdict;
	struct audit *audit;
	int code;

	if (argc > 1) {
		err_set(&err, "audit verify takes at most one head, as syslog or a commit's Audit-Head trailer names it");
		return cli_fail(EXIT_USAGE, &err);
	}
	audit = audit_of(cli);
	if (audit_verify(audit, argc ? argv[0] : NULL, &verdict, &err) < 0)
		code = cli_fail(EXIT_FAILED, &err);
	else
		code = verdict_print(cli, &verdict);
	audit_close(audit);
	return code;
}
