/* SPDX-License-Identifier: MIT */
/* `flag list|get|matrix|lint|schema|history`: what only reads. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli_print.h"
#include "app/flag_desk.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

static int fail_close(struct flag_desk *desk, enum exit_code code, const struct err *err)
{
	desk_close(desk);
	return cli_fail(code, err);
}

/* The flags that the words name; all where there are none. free() it. */
static const struct flag **flags_chosen(const struct flag_desk *desk, int argc, const char *const *argv, size_t *count,
                                        struct err *err)
{
	const struct flag_catalog *catalog = &desk->tree->catalog;
	const struct flag **flags = mem_new_array(catalog->count + (size_t)argc + 1, sizeof(*flags));
	*count = 0;
	for (int i = 0; i < argc; i++)
		if (!(flags[(*count)++] = catalog_need(catalog, argv[i], err))) {
			free(flags);
			return NULL;
		}
	for (size_t i = 0; !argc && i < catalog->count; i++)
		flags[(*count)++] = &catalog->flags[i];
	return flags;
}

static void origin_text(const struct flag_value *value, char *out, size_t size)
{
	if (value->file)
		snprintf(out, size, "%s:%d", value->file->path, value->line);
	else
		snprintf(out, size, "the catalog's default");
}

static char *value_text(const struct flag_value *value)
{
	struct buf text;
	buf_init(&text, 1 << 20);
	char *copy = mem_copy_string(flag_value_text(value, &text) == 0 ? buf_string(&text) : "?");
	buf_release(&text);
	return copy;
}

static cJSON *value_json(const struct desk_place *place, const struct flag_value *value)
{
	cJSON *json = cJSON_CreateObject();
	char *text = value_text(value), origin[400];
	cJSON_AddStringToObject(json, "service", place->service);
	cJSON_AddStringToObject(json, "env", place->env);
	place->region ? (void)cJSON_AddStringToObject(json, "region", place->region) : (void)cJSON_AddNullToObject(json, "region");
	cJSON_AddStringToObject(json, "key", value->flag->key);
	cJSON_AddStringToObject(json, "type", flag_type_names[value->flag->type]);
	cJSON_AddStringToObject(json, "value", text);
	cJSON_AddBoolToObject(json, "on", flag_is_on(value));
	cJSON_AddStringToObject(json, "layer", flag_layer_names[value->layer]);
	value->file ? (void)cJSON_AddStringToObject(json, "file", value->file->path) : (void)cJSON_AddNullToObject(json, "file");
	if (value->file)
		cJSON_AddNumberToObject(json, "line", value->line);
	origin_text(value, origin, sizeof(origin));
	cJSON_AddStringToObject(json, "origin", origin);
	if (value->trouble)
		cJSON_AddStringToObject(json, "trouble", value->trouble->trouble);
	free(text);
	return json;
}

/* One file that cannot be read makes values uncertain: said once each, on stderr. */
static void say_troubles(const struct flag_desk *desk)
{
	for (size_t i = 0; i < desk->tree->files.len; i++) {
		const struct flag_file *file = desk->tree->files.items[i];
		if (file->trouble)
			fprintf(stderr, "flagdeck: %s; what it says counts as nothing here\n", file->trouble);
	}
}

static int print_values(struct flag_desk *desk, const struct flag *const *flags, size_t flag_count, const struct desk_place *places,
                        size_t place_count)
{
	static const char *const titles[] = {"SERVICE", "ENV", "REGION", "FLAG", "VALUE", "FROM"};
	cJSON *list = cJSON_CreateArray();
	struct table table;
	int is_table = desk->cli->output == OUTPUT_TABLE;
	table_init(&table, 6);
	for (size_t i = 0; i < 6; i++)
		table_add(&table, titles[i]);
	for (size_t p = 0; p < place_count; p++) {
		struct flag_scope scope;
		flag_scope_init(&scope, desk->tree, places[p].service, places[p].env, places[p].region);
		for (size_t f = 0; f < flag_count; f++) {
			struct flag_value value;
			flag_resolve(&scope, flags[f], &value);
			if (!is_table) {
				cJSON_AddItemToArray(list, value_json(&places[p], &value));
				continue;
			}
			char *text = value_text(&value), origin[400];
			origin_text(&value, origin, sizeof(origin));
			const char *const cells[] = {places[p].service, places[p].env, places[p].region ? places[p].region : "-", flags[f]->key, text,
			                             value.trouble ? "uncertain: a file cannot be read" : origin};
			for (size_t i = 0; i < 6; i++)
				table_add(&table, cells[i]);
			free(text);
		}
	}
	int code = is_table ? EXIT_DONE : cli_print_json(desk->cli, list);
	if (is_table)
		table_print(&table, stdout);
	else
		table_release(&table);
	cJSON_Delete(list);
	return code;
}

int run_flag_list(struct cli *cli, int argc, const char *const *argv)
{
	struct flag_desk desk;
	struct err err = {0};
	struct desk_place *places = NULL;
	size_t place_count, flag_count;
	if (desk_open(&desk, cli, 0, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	const struct flag **flags = flags_chosen(&desk, argc, argv, &flag_count, &err);
	if (!flags || desk_places(&desk, 0, 0, &places, &place_count, &err) < 0) {
		free(flags);
		free(places);
		return fail_close(&desk, EXIT_FAILED, &err);
	}
	say_troubles(&desk);
	int code = print_values(&desk, flags, flag_count, places, place_count);
	free(flags);
	free(places);
	desk_close(&desk);
	return code;
}

int run_flag_get(struct cli *cli, int argc, const char *const *argv)
{
	struct flag_desk desk;
	struct err err = {0};
	struct desk_place *places = NULL;
	size_t count;
	struct flag_value value;
	struct flag_scope scope;
	int code = EXIT_DONE;
	if (argc != 1) {
		err_set(&err, "say which flag: flagdeck flag get hpa.enabled --service pay --env prod");
		return cli_fail(EXIT_USAGE, &err);
	}
	if (desk_open(&desk, cli, 0, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	const struct flag *flag = catalog_need(&desk.tree->catalog, argv[0], &err);
	if (!flag || desk_places(&desk, 1, 0, &places, &count, &err) < 0) {
		free(places);
		return fail_close(&desk, EXIT_FAILED, &err);
	}
	if (count > 1) {
		err_set(&err, "that names %zu places; `flagdeck flag list` prints several", count);
		free(places);
		return fail_close(&desk, EXIT_USAGE, &err);
	}
	flag_scope_init(&scope, desk.tree, places[0].service, places[0].env, places[0].region);
	flag_resolve(&scope, flag, &value);
	say_troubles(&desk);
	if (cli->output == OUTPUT_TABLE) {
		char *text = value_text(&value);
		puts(text);
		free(text);
	} else {
		cJSON *json = value_json(&places[0], &value);
		code = cli_print_json(cli, json);
		cJSON_Delete(json);
	}
	free(places);
	desk_close(&desk);
	return code;
}

/* Switches and enums only, where no flag is named: a matrix of everything is no matrix. */
static size_t keep_switches(const struct flag **flags, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (flags[i]->letter || flags[i]->type == FLAG_BOOL)
			flags[kept++] = flags[i];
	return kept;
}

int run_flag_matrix(struct cli *cli, int argc, const char *const *argv)
{
	struct flag_desk desk;
	struct err err = {0};
	struct desk_place *places = NULL;
	size_t place_count, flag_count;
	struct table table;
	if (cli->output != OUTPUT_TABLE)
		return run_flag_list(cli, argc, argv);
	if (desk_open(&desk, cli, 0, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	const struct flag **flags = flags_chosen(&desk, argc, argv, &flag_count, &err);
	if (!flags || desk_places(&desk, 0, 0, &places, &place_count, &err) < 0) {
		free(flags);
		free(places);
		return fail_close(&desk, EXIT_FAILED, &err);
	}
	if (!argc)
		flag_count = keep_switches(flags, flag_count);
	if (flag_count + 2 > TABLE_COLUMNS_MAX)
		flag_count = TABLE_COLUMNS_MAX - 2;
	table_init(&table, flag_count + 2);
	table_add(&table, "SERVICE");
	table_add(&table, "ENV");
	for (size_t f = 0; f < flag_count; f++)
		table_add(&table, flags[f]->key);
	for (size_t p = 0; p < place_count; p++) {
		struct flag_scope scope;
		flag_scope_init(&scope, desk.tree, places[p].service, places[p].env, places[p].region);
		table_add(&table, places[p].service);
		table_add(&table, places[p].env);
		for (size_t f = 0; f < flag_count; f++) {
			struct flag_value value;
			flag_resolve(&scope, flags[f], &value);
			char *text = value_text(&value);
			table_add(&table, value.trouble ? "?" : flags[f]->type != FLAG_BOOL ? text : flag_is_on(&value) ? "on" : "-");
			free(text);
		}
	}
	say_troubles(&desk);
	table_print(&table, stdout);
	free(flags);
	free(places);
	desk_close(&desk);
	return EXIT_DONE;
}

static int print_issues(const struct cli *cli, const struct flag_issues *issues)
{
	static const char *const words[] = {[FLAG_ERROR] = "error", [FLAG_WARNING] = "warning"};
	cJSON *list = cJSON_CreateArray();
	int code = EXIT_DONE;
	for (size_t i = 0; i < issues->count; i++) {
		const struct flag_issue *issue = &issues->items[i];
		if (cli->output == OUTPUT_TABLE) {
			if (issue->line)
				printf("%s:%d: %s: %s\n", issue->file, issue->line, words[issue->severity], issue->text);
			else
				printf("%s: %s: %s\n", issue->file, words[issue->severity], issue->text);
			continue;
		}
		cJSON *json = cJSON_CreateObject();
		cJSON_AddStringToObject(json, "severity", words[issue->severity]);
		cJSON_AddStringToObject(json, "file", issue->file);
		cJSON_AddNumberToObject(json, "line", issue->line);
		cJSON_AddStringToObject(json, "text", issue->text);
		cJSON_AddItemToArray(list, json);
	}
	if (cli->output != OUTPUT_TABLE)
		code = cli_print_json(cli, list);
	cJSON_Delete(list);
	return code;
}

int run_flag_lint(struct cli *cli, int argc, const char *const *argv)
{
	struct flag_desk desk;
	struct flag_issues issues;
	struct err err = {0};
	(void)argc, (void)argv;
	if (desk_open(&desk, cli, 0, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	flag_lint(desk.tree, clock_system.wall(&clock_system), &issues);
	int code = print_issues(cli, &issues);
	if (cli->output == OUTPUT_TABLE)
		printf("%zu services, %zu files, %zu flags: %zu errors, %zu warnings\n", desk.tree->services.len, desk.tree->files.len,
		       desk.tree->catalog.count, issues.errors, issues.count - issues.errors);
	if (issues.errors && code == EXIT_DONE)
		code = EXIT_FAILED;
	flag_issues_release(&issues);
	desk_close(&desk);
	return code;
}

int run_flag_schema(struct cli *cli, int argc, const char *const *argv)
{
	struct flag_desk desk = {0};
	struct flag_catalog builtin;
	struct err err = {0};
	struct buf out;
	int known = cli->flag.repository || cli->config.repository_count, code = EXIT_DONE;
	(void)argc, (void)argv;
	if (known ? desk_open(&desk, cli, 0, &err) < 0 : catalog_parse(&builtin, NULL, NULL, 0, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	buf_init(&out, 8 << 20);
	if (catalog_write_schema(known ? &desk.tree->catalog : &builtin, &out) < 0)
		code = EXIT_FAILED;
	else
		fwrite(out.data, 1, out.len, stdout);
	buf_release(&out);
	known ? desk_close(&desk) : catalog_release(&builtin);
	return code;
}

static int is_wanted(const struct flag_desk *desk, const struct flag_commit *commit, const char *key)
{
	const struct flag_wish *wish = &desk->cli->flag;
	for (size_t i = 0; i < commit->change.count; i++) {
		const struct flag_intent *intent = &commit->change.items[i];
		int fits = !key || strcmp(intent->key, key) == 0;
		for (size_t k = 0; k < wish->services.len && fits; k++)
			fits = strcmp(wish->services.items[k], intent->service) == 0;
		for (size_t k = 0; k < wish->envs.len && fits; k++)
			fits = strcmp(wish->envs.items[k], intent->env) == 0;
		if (fits)
			return 1;
	}
	return 0;
}

static cJSON *commit_json(const struct flag_commit *commit)
{
	cJSON *json = cJSON_CreateObject(), *values = cJSON_CreateArray();
	char stamp[32];
	stamp_format(commit->at_ms, stamp);
	cJSON_AddStringToObject(json, "commit", commit->sha);
	cJSON_AddStringToObject(json, "change", commit->change.id);
	cJSON_AddStringToObject(json, "at", stamp);
	cJSON_AddStringToObject(json, "author", commit->author);
	cJSON_AddStringToObject(json, "subject", commit->change.subject);
	const struct {
		const char *name, *text;
	} texts[] = {{"reason", commit->change.reason}, {"expires", commit->change.expires}, {"guard", commit->change.guard},
	             {"guardFor", commit->change.guard_for}, {"reverts", commit->change.reverts}};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		texts[i].text ? (void)cJSON_AddStringToObject(json, texts[i].name, texts[i].text) : (void)cJSON_AddNullToObject(json, texts[i].name);
	cJSON_AddBoolToObject(json, "reverted", commit->reverted);
	for (size_t i = 0; i < commit->change.count; i++) {
		const struct flag_intent *intent = &commit->change.items[i];
		cJSON *value = cJSON_CreateObject();
		char scope[600];
		flag_intent_scope(intent, scope, sizeof(scope));
		cJSON_AddStringToObject(value, "key", intent->key);
		cJSON_AddStringToObject(value, "scope", scope);
		intent->from ? (void)cJSON_AddStringToObject(value, "from", intent->from) : (void)cJSON_AddNullToObject(value, "from");
		intent->to ? (void)cJSON_AddStringToObject(value, "to", intent->to) : (void)cJSON_AddNullToObject(value, "to");
		cJSON_AddItemToArray(values, value);
	}
	cJSON_AddItemToObject(json, "values", values);
	return json;
}

int run_flag_history(struct cli *cli, int argc, const char *const *argv)
{
	static const char *const titles[] = {"WHEN", "COMMIT", "AUTHOR", "WHAT", "WHY", "STATE"};
	struct flag_desk desk;
	struct err err = {0};
	struct table table;
	cJSON *list;
	int64_t now = clock_system.wall(&clock_system);
	int code = EXIT_DONE;
	if (desk_open(&desk, cli, 0, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	if ((argc && !catalog_need(&desk.tree->catalog, argv[0], &err)) || desk_read_history(&desk, &err) < 0)
		return fail_close(&desk, EXIT_FAILED, &err);
	list = cJSON_CreateArray();
	table_init(&table, 6);
	for (size_t i = 0; i < 6; i++)
		table_add(&table, titles[i]);
	for (size_t i = 0; i < desk.history.count; i++) {
		const struct flag_commit *commit = &desk.history.items[i];
		char stamp[32], sha[8];
		int64_t until;
		if (!is_wanted(&desk, commit, argc ? argv[0] : NULL) || (cli->since > 0 && commit->at_ms < now - (int64_t)(cli->since * 1000)))
			continue;
		if (cli->output != OUTPUT_TABLE) {
			cJSON_AddItemToArray(list, commit_json(commit));
			continue;
		}
		stamp_format(commit->at_ms, stamp);
		snprintf(sha, sizeof(sha), "%s", commit->sha);
		const char *state = commit->reverted ? "reverted" : flag_commit_is_due(commit, now) ? "expired: to be reverted"
		                    : flag_commit_is_guarded(commit, now, &until) ? "guarded" : commit->change.expires ? "expires" : "in force";
		const char *const cells[] = {stamp, sha, commit->author, commit->change.subject, commit->change.reason ? commit->change.reason : "", state};
		for (size_t k = 0; k < 6; k++)
			table_add(&table, cells[k]);
	}
	if (cli->output == OUTPUT_TABLE) {
		table_print(&table, stdout);
	} else {
		table_release(&table);
		code = cli_print_json(cli, list);
	}
	cJSON_Delete(list);
	desk_close(&desk);
	return code;
}
