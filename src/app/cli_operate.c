/* SPDX-License-Identifier: MIT */
/*
 * `rollout restart|undo|pause|resume|scale|promote|abort|retry` and `flux reconcile|suspend|resume`:
 * the operations of the console for scripts and shells. What would happen is printed and asked about
 * before it does; without a terminal nothing is asked, and --yes has to say so.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/cli_print.h"
#include "app/operate.h"
#include "base/buf.h"
#include "base/mem.h"
#include "kube/kubeconfig.h"
#include "model/writer.h"
#include "ops/batch.h"
#include "ops/resolve.h"

static const double WAIT = 60;

struct operating {
	struct cli *cli;
	enum verb verb;
	struct contexts contexts;
	struct session *session;
	struct audit *audit;
	struct ops *ops;
	struct targets targets;
	struct batch *batch;
	int over;
};

static void is_over(void *arg, struct batch *batch)
{
	(void)batch;
	((struct operating *)arg)->over = 1;
}

static void loop_until_over(struct operating *operating)
{
	while (!operating->over)
		loop_poll(operating->session->loop, 1);
	operating->over = 0;
}

static void tell_open(void *arg, int unsure, const char *words)
{
	(void)arg, (void)unsure;
	fprintf(stderr, "flagdeck: an earlier change: %s\n", words);
}

static void open_told(void *arg, size_t changes)
{
	(void)changes;
	((struct operating *)arg)->over = 1;
}

/* What an earlier run left without an outcome, before anything new begins. */
static void resolve_open(struct operating *operating)
{
	struct resolve *resolve = resolve_begin(operating->ops, tell_open, open_told, operating);

	loop_until_over(operating);
	resolve_free(resolve);
}

static int connect_clusters(struct operating *operating, struct err *err)
{
	struct cli *cli = operating->cli;
	char *path;

	if (contexts_choose(&operating->contexts, cli, err) < 0)
		return -1;
	const struct session_options options = {
		.contexts = operating->contexts.items, .context_count = operating->contexts.count,
		.service_label = cli->config.service_label, .team_label = cli->config.team_label, .log = cli->log,
	};
	operating->session = session_new(&options, err);
	if (!operating->session)
		return -1;
	path = config_audit_path();
	const struct audit_options audit = {.path = path, .clock = &clock_system, .allow_unaudited = cli->allow_unaudited};
	operating->audit = audit_open(&audit);
	free(path);
	operating->ops = operate_ops(operating->session, operating->audit, cli->log, cli->read_only, NULL, NULL);
	return 0;
}

static void time_over(void *arg)
{
	*(int *)arg = 1;
}

/* Rows are enough: no pod is needed to know which workload a service is. */
static void wait_for_rows(struct operating *operating)
{
	struct session *session = operating->session;
	int late = 0, missing = 1;
	struct timer *timer = timer_new(session->loop, time_over, &late);

	session_start(session);
	timer_start(timer, WAIT);
	while (missing && !late) {
		missing = 0;
		for (size_t i = 0; i < session->fleet->clusters.len; i++)
			missing |= !cluster_has_rows(session->fleet->clusters.items[i]);
		if (missing)
			loop_poll(session->loop, 1);
	}
	timer_free(timer);
	fleet_settle(session->fleet);
}

static int add_service(struct operating *operating, const char *name, struct err *err)
{
	const struct fleet *fleet = operating->session->fleet;
	const char *namespace = operating->cli->namespace;
	const struct service *found = NULL;

	for (size_t i = 0; i < fleet->services.len; i++) {
		const struct service *service = fleet->services.items[i];
		if (strcmp(service->name, name) != 0 || (namespace && strcmp(service->namespace, namespace) != 0))
			continue;
		if (found)
			return err_set(err, "\"%s\" is in several places (%s and %s): choose with --context and -n", name, found->key,
			               service->key);
		found = service;
	}
	if (found)
		return targets_add_service(&operating->targets, found, err);
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		if (!cluster_has_rows(cluster) || *cluster->error)
			return err_set(err, "%s: workloads cannot be read: %s", cluster->name,
			               *cluster->error ? cluster->error : "no answer in time");
	}
	return err_set(err, "there is no service \"%s\"%s%s in the chosen clusters (flagdeck get services lists them)", name,
	               namespace ? " in namespace " : "", namespace ? namespace : "");
}

/* "ks/apps" in the one chosen cluster. */
static int add_named(struct operating *operating, const char *word, const char *slash, struct err *err)
{
	const struct session *session = operating->session;
	const struct kube_access *access = operating->contexts.items[0].access;
	char *kind_word = mem_copy(word, (size_t)(slash - word));
	enum object_kind kind = kind_of_person(kind_word);
	const char *namespace = operating->cli->namespace;
	int result = -1;

	if (kind == OBJECT_KINDS)
		err_set(err, "there is no kind \"%.60s\" that flagdeck knows", kind_word);
	else if (session->fleet->clusters.len != 1)
		err_set(err, "%.200s is looked for in one cluster: choose it with --context", word);
	else {
		if (!namespace)
			namespace = strstr(kind_rows[kind].group, "fluxcd.io") ? "flux-system"
			          : access && access->namespace && *access->namespace ? access->namespace : "default";
		result = targets_add_object(&operating->targets, session->fleet->clusters.items[0], kind, namespace, slash + 1,
		                            err);
	}
	free(kind_word);
	return result;
}

static int add_targets(struct operating *operating, int argc, const char *const *argv, struct err *err)
{
	int waited = 0;

	for (int i = 0; i < argc; i++) {
		const char *slash = strchr(argv[i], '/');
		if (slash ? add_named(operating, argv[i], slash, err) < 0 : 0)
			return -1;
		if (slash)
			continue;
		if (!waited)
			wait_for_rows(operating);
		waited = 1;
		if (add_service(operating, argv[i], err) < 0)
			return -1;
	}
	return 0;
}

/* --- what is said --- */

static void add_json_text(cJSON *json, const char *name, const char *text)
{
	if (text && *text)
		cJSON_AddStringToObject(json, name, text);
	else
		cJSON_AddNullToObject(json, name);
}

static int print_json(const struct operating *operating, int dry)
{
	cJSON *array = cJSON_CreateArray();
	const struct batch *batch = operating->batch;

	for (size_t i = 0; i < batch_count(batch); i++) {
		const struct op *op = batch_at(batch, i);
		const struct op_request *request = batch_request(batch, i);
		cJSON *json = cJSON_CreateObject();
		struct buf send;
		buf_init(&send, 1 << 20);
		cJSON_AddItemToArray(array, json);
		cJSON_AddStringToObject(json, "cluster", request->cluster);
		cJSON_AddStringToObject(json, "kind", kind_rows[request->kind].word);
		cJSON_AddStringToObject(json, "namespace", request->namespace);
		cJSON_AddStringToObject(json, "name", request->name);
		cJSON_AddStringToObject(json, "action", verb_name(request->verb));
		cJSON_AddStringToObject(json, "state", dry && batch_state(batch, i) == OPERATION_READY
		                                           ? "dry run" : operation_words[batch_state(batch, i)]);
		add_json_text(json, "message", batch_words(batch, i));
		add_json_text(json, "effect", op ? op_effect(op) : NULL);
		add_json_text(json, "git", op ? op_git(op) : NULL);
		if (op && op_send_text(op, &send) == 0)
			add_json_text(json, "sends", buf_string(&send));
		add_json_text(json, "change", op ? op_change(op) : NULL);
		buf_release(&send);
	}
	int code = cli_print_json(operating->cli, array);
	cJSON_Delete(array);
	return code;
}

static void print_preview(const struct operating *operating)
{
	char title[256];
	struct buf body;

	buf_init(&body, 1 << 20);
	batch_title(operating->batch, title, sizeof(title));
	if (batch_preview(operating->batch, &body) == 0)
		fprintf(stderr, "%s\n%s", title, buf_string(&body));
	buf_release(&body);
}

/* Asks on the terminal. Returns whether the person agreed. */
static int person_agrees(const struct operating *operating)
{
	char line[256] = "", expected[256];
	int typed = batch_is_protected(operating->batch);

	batch_expected(operating->batch, expected, sizeof(expected));
	if (typed)
		fprintf(stderr, "\nThe cluster is protected. Type %s to go on: ", expected);
	else
		fprintf(stderr, "\nGo on? [y/N] ");
	fflush(stderr);
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	line[strcspn(line, "\n")] = '\0';
	return typed ? strcmp(line, expected) == 0 : strcmp(line, "y") == 0 || strcmp(line, "yes") == 0;
}

static enum exit_code verdict(const struct batch *batch)
{
	if (batch_in_state(batch, OPERATION_FAILED) > 0)
		return EXIT_FAILED;
	if (batch_in_state(batch, OPERATION_TIMED_OUT) > 0)
		return EXIT_TIMED_OUT;
	return batch_in_state(batch, OPERATION_REFUSED) > 0 ? EXIT_REFUSED : EXIT_DONE;
}

static int finish(const struct operating *operating)
{
	char words[1200];
	struct text text = text_in(words, sizeof(words));
	enum exit_code code = verdict(operating->batch);

	if (operating->cli->output != OUTPUT_TABLE) {
		int printed = print_json(operating, 0);
		return code != EXIT_DONE ? (int)code : printed;
	}
	batch_summary(operating->batch, &text);
	fprintf(code == EXIT_DONE ? stdout : stderr, "%s%s\n", code == EXIT_DONE ? "" : "flagdeck: ", words);
	return (int)code;
}

static int dry_run(struct operating *operating)
{
	batch_dry_run(operating->batch, is_over, operating);
	loop_until_over(operating);
	int code = batch_all_done(operating->batch) ? EXIT_DONE : EXIT_REFUSED;
	if (operating->cli->output != OUTPUT_TABLE)
		return print_json(operating, 1) == EXIT_DONE ? code : EXIT_FAILED;
	print_preview(operating);
	for (size_t i = 0; i < batch_count(operating->batch); i++)
		if (*batch_words(operating->batch, i))
			printf("%s: %s\n", batch_request(operating->batch, i)->name, batch_words(operating->batch, i));
	return code;
}

static int carry_out(struct operating *operating)
{
	const struct cli *cli = operating->cli;
	struct err err = {.text = ""};
	const char *refusal = ops_refusal(operating->ops);

	if (refusal) {
		err_set(&err, "%s", refusal);
		return cli_fail(EXIT_REFUSED, &err);
	}
	resolve_open(operating);
	operating->batch = batch_new(operating->ops, operating->targets.items, operating->targets.count, is_over, operating);
	loop_until_over(operating);
	if (batch_ready(operating->batch) == 0)
		return finish(operating);
	if (cli->dry_run)
		return dry_run(operating);
	if (!cli->yes) {
		print_preview(operating);
		if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
			err_set(&err, "nothing was changed: there is no terminal to ask on; --yes says that you are sure");
			return cli_fail(EXIT_REFUSED, &err);
		}
		if (!person_agrees(operating)) {
			err_set(&err, "nothing was changed");
			return cli_fail(EXIT_REFUSED, &err);
		}
	}
	batch_start(operating->batch, is_over, operating);
	loop_until_over(operating);
	return finish(operating);
}

static int operate(struct cli *cli, enum verb verb, int argc, const char *const *argv)
{
	struct operating operating = {.cli = cli, .verb = verb};
	struct err err = {.text = ""};
	int code = EXIT_FAILED;
	const struct op_request common = {
		.verb = verb, .revision = cli->revision, .replicas = cli->replicas_given ? cli->replicas : -1,
		.with_source = cli->with_source, .force = cli->force, .reset = cli->reset, .reason = cli->reason,
		.until_ms = cli->until_ms, .timeout = cli->timeout,
	};

	if (argc < 1) {
		err_set(&err, "%s what? A service, or KIND/NAME", verb_word(verb));
		return cli_fail(EXIT_USAGE, &err);
	}
	if ((verb_asks(verb) & ASKS_UNTIL) && (!cli->reason || !*cli->reason)) {
		err_set(&err, "why? Others will see it: --reason \"chart 4.2 loses data\"%s",
		        cli->until_ms ? "" : ", and perhaps --until 18:00");
		return cli_fail(EXIT_USAGE, &err);
	}
	targets_init(&operating.targets, &common);
	if (connect_clusters(&operating, &err) < 0)
		code = cli_fail(EXIT_FAILED, &err);
	else if (add_targets(&operating, argc, argv, &err) < 0)
		code = cli_fail(EXIT_FAILED, &err);
	else
		code = carry_out(&operating);
	batch_free(operating.batch);
	targets_release(&operating.targets);
	ops_free(operating.ops);
	audit_close(operating.audit);
	session_free(operating.session);
	contexts_release(&operating.contexts);
	return code;
}

#define OPERATE(function, verb) \
	int function(struct cli *cli, int argc, const char *const *argv) \
	{ \
		return operate(cli, verb, argc, argv); \
	}

OPERATE(run_rollout_restart, VERB_RESTART)
OPERATE(run_rollout_undo, VERB_UNDO)
OPERATE(run_rollout_pause, VERB_PAUSE)
OPERATE(run_rollout_resume, VERB_RESUME)
OPERATE(run_rollout_scale, VERB_SCALE)
OPERATE(run_rollout_promote, cli->full ? VERB_PROMOTE_FULL : VERB_PROMOTE)
OPERATE(run_rollout_abort, VERB_ABORT)
OPERATE(run_rollout_retry, VERB_RETRY)
OPERATE(run_flux_reconcile, VERB_RECONCILE)
OPERATE(run_flux_suspend, VERB_SUSPEND)
OPERATE(run_flux_resume, VERB_UNSUSPEND)
