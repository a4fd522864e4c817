/* SPDX-License-Identifier: MIT */
/* `flag set|unset|plan|revert|promote|expire`: what makes a change and carries it out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli_read.h"
#include "app/flag_desk.h"
#include "flag/guard.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/when.h"
#include "flag/revert.h"

/* --expires, --guard and --for. */
static int take_terms(const struct cli *cli, struct flag_change *change, struct err *err)
{
	int64_t ms;
	char stamp[32];
	if (cli->flag.expires) {
		if (when_parse(cli->flag.expires, clock_system.wall(&clock_system), &ms, err) < 0)
			return err_wrap(err, "--expires");
		stamp_format(ms, stamp);
		change->expires = mem_copy_string(stamp);
	}
	if (!cli->flag.guard != !cli->flag.guard_for)
		return err_set(err, "--guard and --for belong together: --guard 'errorRatio<1%%' --for 10m");
	return cli->flag.guard ? flag_change_set_guard(change, cli->flag.guard, cli->flag.guard_for, err) : 0;
}

static int add_words(struct flag_desk *desk, struct flag_change *change, int argc, const char *const *argv, int with_values,
                     struct err *err)
{
	struct desk_place *places = NULL;
	size_t count = 0;
	int result = desk_places(desk, 1, 0, &places, &count, err);
	for (int i = 0; i < argc && result == 0; i++) {
		const char *equals = strchr(argv[i], '=');
		char *key = equals ? mem_copy(argv[i], (size_t)(equals - argv[i])) : mem_copy_string(argv[i]);
		if (with_values && !equals)
			result = err_set(err, "\"%.80s\": write FLAG=VALUE, as in hpa.enabled=true", argv[i]);
		else if (!with_values && equals)
			result = err_set(err, "\"%.80s\": unset takes names without values", argv[i]);
		for (size_t p = 0; p < count && result == 0; p++)
			result = flag_change_add(change, desk->tree, key, places[p].service, places[p].env, places[p].region,
			                         with_values ? equals + 1 : NULL, err);
		free(key);
	}
	free(places);
	return result;
}

static int set(struct cli *cli, int argc, const char *const *argv, int with_values)
{
	struct flag_desk desk;
	struct flag_change change;
	struct err err = {0};
	int code;
	if (argc < 1) {
		err_set(&err, with_values ? "say what: flagdeck flag set hpa.enabled=true --service pay --env prod --reason \"…\""
		                          : "say what: flagdeck flag unset hpa.enabled --service pay --env prod --reason \"…\"");
		return cli_fail(EXIT_USAGE, &err);
	}
	if (desk_open(&desk, cli, !cli->flag.dry_run, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	flag_change_init(&change);
	if (add_words(&desk, &change, argc, argv, with_values, &err) < 0 || take_terms(cli, &change, &err) < 0)
		code = cli_fail(EXIT_USAGE, &err);
	else
		code = desk_carry_out(&desk, &change, with_values ? "flag.set" : "flag.unset");
	flag_change_release(&change);
	desk_close(&desk);
	return code;
}

int run_flag_set(struct cli *cli, int argc, const char *const *argv)
{
	return set(cli, argc, argv, 1);
}

int run_flag_unset(struct cli *cli, int argc, const char *const *argv)
{
	return set(cli, argc, argv, 0);
}

int run_flag_plan(struct cli *cli, int argc, const char *const *argv)
{
	cli->flag.dry_run = 1;
	return set(cli, argc, argv, 1);
}

int run_flag_revert(struct cli *cli, int argc, const char *const *argv)
{
	struct flag_desk desk;
	struct flag_change change;
	struct err err = {0};
	int code;
	if (argc != 1) {
		err_set(&err, "say which change: its id or commit; `flagdeck flag history` lists them");
		return cli_fail(EXIT_USAGE, &err);
	}
	if (desk_open(&desk, cli, 1, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	const struct flag_commit *commit = desk_read_history(&desk, &err) == 0 ? flag_history_find(&desk.history, argv[0], &err) : NULL;
	if (!commit) {
		desk_close(&desk);
		return cli_fail(EXIT_FAILED, &err);
	}
	if (flag_revert_make(&change, desk.tree, commit, &err) < 0)
		code = cli_fail(EXIT_REFUSED, &err);
	else
		code = desk_carry_out(&desk, &change, "flag.revert");
	flag_change_release(&change);
	desk_close(&desk);
	return code;
}

/* Carries what the service itself says in one environment to the other. */
static int promote_add(struct flag_desk *desk, struct flag_change *change, const struct flag *flag, const char *service,
                       const char *from_env, const char *to_env, struct err *err)
{
	struct flag_scope from, to;
	struct flag_value value, other;
	struct buf text, other_text;
	int result = 0;
	flag_scope_init(&from, desk->tree, service, from_env, NULL);
	flag_scope_init(&to, desk->tree, service, to_env, NULL);
	flag_resolve(&from, flag, &value);
	flag_resolve(&to, flag, &other);
	if (value.layer < LAYER_SERVICE || !value.node)
		return 0;
	buf_init(&text, 1 << 20);
	buf_init(&other_text, 1 << 20);
	if (flag_node_text(value.node, &text) < 0 || flag_value_text(&other, &other_text) < 0)
		result = err_set(err, "the value of %s is too large", flag->key);
	if (result == 0 && strcmp(buf_string(&text), buf_string(&other_text)) != 0) {
		char *plain = flag_value_typed(flag->type, buf_string(&text));
		result = flag_change_add(change, desk->tree, flag->key, service, to_env, NULL, plain, err);
		free(plain);
	}
	buf_release(&text);
	buf_release(&other_text);
	return result;
}

static int promote_all(struct flag_desk *desk, struct flag_change *change, int argc, const char *const *argv, struct err *err)
{
	const struct flag_catalog *catalog = &desk->tree->catalog;
	struct desk_place *places = NULL;
	size_t count = 0;
	vec_clear(&desk->cli->flag.envs);
	vec_push(&desk->cli->flag.envs, (char *)(uintptr_t)argv[1]);
	int result = desk_places(desk, 0, 0, &places, &count, err);
	for (size_t p = 0; p < count && result == 0; p++) {
		if (!flag_service_in(desk->tree, places[p].service, argv[0]))
			continue;
		for (int i = 2; i < argc && result == 0; i++) {
			const struct flag *flag = catalog_need(catalog, argv[i], err);
			result = flag ? promote_add(desk, change, flag, places[p].service, argv[0], argv[1], err) : -1;
		}
		for (size_t f = 0; argc == 2 && f < catalog->count && result == 0; f++)
			result = promote_add(desk, change, &catalog->flags[f], places[p].service, argv[0], argv[1], err);
	}
	free(places);
	return result;
}

int run_flag_promote(struct cli *cli, int argc, const char *const *argv)
{
	struct flag_desk desk;
	struct flag_change change;
	struct err err = {0};
	int code;
	if (argc < 2) {
		err_set(&err, "say from where to where: flagdeck flag promote dev prod");
		return cli_fail(EXIT_USAGE, &err);
	}
	if (desk_open(&desk, cli, !cli->flag.dry_run, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	flag_change_init(&change);
	if (!catalog_env(&desk.tree->catalog, argv[0])) {
		err_set(&err, "there is no environment \"%.60s\"", argv[0]);
		code = cli_fail(EXIT_USAGE, &err);
	} else if (promote_all(&desk, &change, argc, argv, &err) < 0) {
		code = cli_fail(EXIT_USAGE, &err);
	} else if (!change.count) {
		printf("nothing to carry over: what services set in %s holds in %s already\n", argv[0], argv[1]);
		code = EXIT_DONE;
	} else {
		char *subject = mem_printf("Promote %zu values from %s to %s", change.count, argv[0], argv[1]);
		change.subject = subject;
		code = desk_carry_out(&desk, &change, "flag.promote");
	}
	flag_change_release(&change);
	desk_close(&desk);
	return code;
}

/* One that has run out, or whose guard is broken. Whoever else did it first has left nothing to do. */
static int expire_one(struct flag_desk *desk, const struct flag_commit *commit, const char *why)
{
	struct flag_change change;
	struct err err = {0};
	int code;
	if (flag_revert_make(&change, desk->tree, commit, &err) < 0) {
		fprintf(stderr, "flagdeck: %.12s is to be taken back (%s), but %s\n", commit->change.id, why, err.text);
		code = EXIT_DONE;
	} else {
		change.reason = mem_copy_string(why);
		code = desk_carry_out(desk, &change, "flag.expire");
	}
	flag_change_release(&change);
	return code;
}

/* What is to be taken back: change ids and why. */
struct verdicts {
	struct vec ids, whys; /* char * */
};

static void verdict_add(struct verdicts *verdicts, const char *id, const char *why)
{
	vec_push(&verdicts->ids, mem_copy_string(id));
	vec_push(&verdicts->whys, mem_copy_string(why));
}

/* Guards need the clusters, and their loop is another: the history is a copy of ours by then. */
static void judge_guards(struct cli *cli, const struct flag_history *history, int64_t now, struct verdicts *verdicts)
{
	struct reading reading;
	struct err err = {0};
	int64_t until;
	char words[300], why[360];
	if (reading_open(&reading, cli, 0, &err) < 0) {
		fprintf(stderr, "flagdeck: guards are not judged: %s\n", err.text);
		return;
	}
	if (session_wait_metrics(reading.session, 10) < 0)
		fprintf(stderr, "flagdeck: metrics are not complete\n");
	for (size_t i = 0; i < history->count; i++) {
		const struct flag_commit *commit = &history->items[i];
		if (!flag_commit_is_guarded(commit, now, &until))
			continue;
		enum guard_verdict verdict = flag_guard_judge(reading.session->fleet, commit, words, sizeof(words));
		fprintf(stderr, "flagdeck: guard of %.12s: %s\n", commit->change.id, words);
		snprintf(why, sizeof(why), "its guard is broken: %s", words);
		if (verdict == GUARD_BROKEN)
			verdict_add(verdicts, commit->change.id, why);
	}
	reading_close(&reading);
}

/* Reads the history and says what is to be taken back. */
static int look(struct cli *cli, struct verdicts *verdicts, struct err *err)
{
	struct flag_desk desk;
	struct flag_history history;
	int64_t now = clock_system.wall(&clock_system), until;
	int guarded = 0;
	char why[100];
	if (desk_open(&desk, cli, 1, err) < 0)
		return -1;
	if (desk_read_history(&desk, err) < 0) {
		desk_close(&desk);
		return -1;
	}
	history = desk.history;
	desk.history = (struct flag_history){0};
	desk_close(&desk);
	for (size_t i = 0; i < history.count; i++) {
		guarded |= flag_commit_is_guarded(&history.items[i], now, &until);
		snprintf(why, sizeof(why), "expired on %.40s", history.items[i].change.expires ? history.items[i].change.expires : "");
		if (flag_commit_is_due(&history.items[i], now))
			verdict_add(verdicts, history.items[i].change.id, why);
	}
	if (guarded)
		judge_guards(cli, &history, now, verdicts);
	flag_history_release(&history);
	return 0;
}

int run_flag_expire(struct cli *cli, int argc, const char *const *argv)
{
	struct verdicts verdicts;
	struct err err = {0};
	int code = EXIT_DONE;
	(void)argc, (void)argv;
	vec_init(&verdicts.ids);
	vec_init(&verdicts.whys);
	cli->flag.yes = 1; /* asked for when the end was set */
	if (look(cli, &verdicts, &err) < 0)
		code = cli_fail(EXIT_FAILED, &err);
	else if (!verdicts.ids.len && cli->output == OUTPUT_TABLE)
		printf("nothing has run out\n");
	for (size_t i = 0; i < verdicts.ids.len; i++) {
		struct flag_desk desk;
		if (desk_open(&desk, cli, 1, &err) < 0) {
			code = cli_fail(EXIT_FAILED, &err);
			break;
		}
		const struct flag_commit *commit = desk_read_history(&desk, &err) == 0 ? flag_history_find(&desk.history, verdicts.ids.items[i], &err) : NULL;
		int one = !commit ? cli_fail(EXIT_FAILED, &err) : commit->reverted ? EXIT_DONE : expire_one(&desk, commit, verdicts.whys.items[i]);
		code = one != EXIT_DONE ? one : code;
		desk_close(&desk);
	}
	for (size_t i = 0; i < verdicts.ids.len; i++) {
		free(verdicts.ids.items[i]);
		free(verdicts.whys.items[i]);
	}
	vec_release(&verdicts.ids);
	vec_release(&verdicts.whys);
	return code;
}
