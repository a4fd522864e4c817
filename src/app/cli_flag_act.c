/* SPDX-License-Identifier: MIT */
/*
 * From a change to a pushed commit: plan, refuse what must be, ask, write the intent into the audit,
 * push, write the outcome.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/flag_desk.h"
#include "app/flag_render.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "git/request.h"
#include "store/audit.h"

void desk_print_plan(const struct flag_plan *plan, const struct flag_change *change)
{
	(void)change;
	for (size_t i = 0; i < plan->count; i++) {
		const struct flag_plan_row *row = &plan->rows[i];
		char scope[600];
		flag_intent_scope(row->intent, scope, sizeof(scope));
		if (row->same)
			printf("%s  %s stays %s%s\n", scope, row->intent->key, row->after, row->same_file ? "" : " (the file changes, the value does not)");
		else
			printf("%s  %s  %s → %s\n", scope, row->intent->key, row->before, row->after);
	}
	if (plan->diff.len)
		printf("\n%s\n", buf_string(&plan->diff));
	for (size_t i = 0; i < plan->effects.len; i++)
		printf("will %s\n", (const char *)plan->effects.items[i]);
	if (plan->nothing)
		printf("nothing changes: every value that holds stays as it is\n");
	for (size_t i = 0; i < plan->warnings.len; i++)
		printf("note: %s\n", (const char *)plan->warnings.items[i]);
	for (size_t i = 0; i < plan->problems.count; i++)
		printf("problem: %s:%d: %s\n", plan->problems.items[i].file, plan->problems.items[i].line, plan->problems.items[i].text);
	if (!plan->nothing)
		printf("risk: %s%s%s\n", flag_risk_names[plan->risk], plan->approvals ? "; the catalog asks for approval, by a pull request" : "",
		       plan->restarts_pods ? "; pods restart" : "");
	if (plan->freeze)
		printf("freeze: nothing is to be changed now%s%s\n", plan->freeze->reason[0] ? ": " : "", plan->freeze->reason);
}

static void add_texts(cJSON *json, const char *name, const struct vec *texts)
{
	cJSON *list = cJSON_AddArrayToObject(json, name);
	for (size_t i = 0; i < texts->len; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(texts->items[i]));
}

static void add_text(cJSON *json, const char *name, const char *text)
{
	text ? (void)cJSON_AddStringToObject(json, name, text) : (void)cJSON_AddNullToObject(json, name);
}

struct cJSON *desk_plan_json(const struct flag_plan *plan, const struct flag_change *change)
{
	cJSON *json = cJSON_CreateObject(), *values = cJSON_AddArrayToObject(json, "values"), *problems;
	for (size_t i = 0; i < plan->count; i++) {
		const struct flag_plan_row *row = &plan->rows[i];
		cJSON *value = cJSON_CreateObject();
		cJSON_AddStringToObject(value, "key", row->intent->key);
		cJSON_AddStringToObject(value, "service", row->intent->service);
		cJSON_AddStringToObject(value, "env", row->intent->env);
		add_text(value, "region", row->intent->region);
		cJSON_AddStringToObject(value, "file", row->intent->file);
		add_text(value, "from", row->intent->from);
		add_text(value, "to", row->intent->to);
		cJSON_AddStringToObject(value, "before", row->before);
		cJSON_AddStringToObject(value, "after", row->after);
		cJSON_AddBoolToObject(value, "changes", !row->same);
		cJSON_AddItemToArray(values, value);
	}
	cJSON_AddStringToObject(json, "change", change->id);
	cJSON_AddNumberToObject(json, "files", (double)plan->files);
	cJSON_AddStringToObject(json, "diff", buf_string(&plan->diff));
	add_texts(json, "effects", &plan->effects);
	add_texts(json, "warnings", &plan->warnings);
	problems = cJSON_AddArrayToObject(json, "problems");
	for (size_t i = 0; i < plan->problems.count; i++)
		cJSON_AddItemToArray(problems, cJSON_CreateString(plan->problems.items[i].text));
	cJSON_AddStringToObject(json, "risk", flag_risk_names[plan->risk]);
	cJSON_AddNumberToObject(json, "approvals", (double)plan->approvals);
	cJSON_AddBoolToObject(json, "protected", plan->protected);
	cJSON_AddBoolToObject(json, "restartsPods", plan->restarts_pods);
	cJSON_AddBoolToObject(json, "nothing", plan->nothing);
	add_text(json, "freeze", plan->freeze ? plan->freeze->reason : NULL);
	return json;
}

static void recovered_one(void *arg, const struct git_recovered *recovered)
{
	(void)arg;
	fprintf(stderr, "flagdeck: change %.12s of a run that was ended %s\n", recovered->change_id,
	        recovered->landed ? "had reached its branch" : "never reached its branch, and is forgotten");
}

static void recovered_all(void *arg, const struct err *err)
{
	*(int *)arg = 1;
	if (err)
		fprintf(stderr, "flagdeck: %s\n", err->text);
}

static void recover(struct flag_desk *desk)
{
	int over = 0;
	git_recover(desk->git, desk->loop, desk->journal, recovered_one, recovered_all, &over);
	while (!over)
		loop_poll(desk->loop, 1);
}

/* Reads a line from the terminal; NULL at its end. */
static char *ask(const char *question)
{
	char line[512];
	fprintf(stderr, "%s ", question);
	fflush(stderr);
	if (!fgets(line, sizeof(line), stdin))
		return NULL;
	line[strcspn(line, "\r\n")] = '\0';
	return mem_copy_string(line);
}

static int refuse(struct err *err, const char *words)
{
	err_set(err, "%s", words);
	return cli_fail(EXIT_REFUSED, err);
}

/* The reason and the yes. Returns an exit code, or -1 to go on. */
static int make_sure(struct flag_desk *desk, const struct flag_plan *plan, struct flag_change *change)
{
	const struct flag_wish *wish = &desk->cli->flag;
	int has_terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	struct err err = {0};
	if (!change->reason) {
		char *typed = !wish->reason && has_terminal ? ask("Why?") : NULL;
		int result = flag_change_set_reason(change, wish->reason ? wish->reason : typed ? typed : "", &err);
		free(typed);
		if (result < 0)
			return cli_fail(EXIT_USAGE, &err);
	}
	if (plan->freeze) {
		if (!wish->override || !*wish->override)
			return refuse(&err, "a freeze holds; --override-freeze \"why\" changes all the same, and is audited");
		if (!utf8_is_safe(wish->override, strlen(wish->override)) || strlen(wish->override) > FLAG_REASON_MAX)
			return refuse(&err, "the reason to override a freeze must be one line");
		change->override = mem_copy_string(wish->override);
	}
	if (wish->yes)
		return -1;
	if (!has_terminal)
		return refuse(&err, "there is no terminal to ask on; --yes says yes");
	const char *wanted = plan->protected || plan->destructive ? change->items[0].env : "y";
	char question[200];
	if (plan->protected || plan->destructive)
		snprintf(question, sizeof(question), "Type \"%.60s\" to change %zu files:", wanted, plan->files);
	else
		snprintf(question, sizeof(question), "Change %zu files? [y/N]", plan->files);
	char *answer = ask(question);
	int yes = answer && strcmp(answer, wanted) == 0;
	free(answer);
	return yes ? -1 : refuse(&err, "not confirmed; nothing was changed");
}

struct push {
	struct flag_change *change;
	struct git_written written;
	int done;
};

static int push_apply(void *arg, const char *base, const struct git_before *before, struct git_after *after, size_t count,
                      char **message, struct err *err)
{
	return flag_change_apply(((struct push *)arg)->change, base, before, after, count, message, err);
}

static void push_done(void *arg, const struct git_written *written)
{
	struct push *push = arg;
	push->written = *written;
	push->done = 1;
}

static int push_run(struct flag_desk *desk, struct push *push, const char *own_branch, struct err *err)
{
	size_t count;
	const char **paths = flag_change_paths(push->change, &count);
	const struct git_write_options options = {.git = desk->git, .loop = desk->loop, .branch = desk->branch, .push_branch = own_branch,
	    .journal = desk->journal, .change_id = push->change->id, .paths = paths, .path_count = count, .change = push_apply,
	    .done = push_done, .arg = push, .fresh = 1};
	struct git_write *write = git_write_start(&options, err);
	while (write && !push->done)
		loop_poll(desk->loop, 1);
	free(paths);
	return write ? 0 : -1;
}

/* "Ada Lee <ada@example.org>", as the commit will have it; "" when git knows none. */
static void identity(struct flag_desk *desk, char *out, size_t size)
{
	static const char *const argv[] = {"var", "GIT_AUTHOR_IDENT", NULL};
	struct buf text;
	buf_init(&text, 4096);
	out[0] = '\0';
	if (desk_git(desk, argv, "asking", &text, NULL) == 0 && strchr(buf_string(&text), '>'))
		snprintf(out, size, "%.*s", (int)(strchr(buf_string(&text), '>') - buf_string(&text) + 1), buf_string(&text));
	buf_release(&text);
}

static struct audit *audit_begin(struct flag_desk *desk, struct flag_change *change, const char *action, struct err *err)
{
	char *path = config_audit_path(), *what = flag_change_message(change), who[300], scope[600], id[AUDIT_CHANGE], head[AUDIT_HASH];
	const struct audit_options options = {.path = path, .clock = &clock_system, .allow_unaudited = desk->cli->allow_unaudited};
	struct audit *audit = audit_open(&options);
	identity(desk, who, sizeof(who));
	flag_intent_scope(&change->items[0], scope, sizeof(scope));
	what[strcspn(what, "\n")] = '\0';
	const struct audit_record record = {.change = change->id, .git = who, .action = action, .cluster = git_shown(desk->git), .target = scope,
	                                    .what = what, .why = change->reason};
	int result = audit_intend(audit, &record, id, err);
	if (result == 0 && audit_head(audit, head, NULL) == 0 && head[0])
		change->audit = mem_copy_string(head);
	free(what);
	free(path);
	if (result == 0)
		return audit;
	audit_close(audit);
	return NULL;
}

static void audit_end(struct audit *audit, const struct flag_change *change, const struct git_written *written)
{
	static const char *const outcomes[] = {[GIT_WRITE_DONE] = "done", [GIT_WRITE_NOTHING] = "done", [GIT_WRITE_REFUSED] = "failed",
	    [GIT_WRITE_REJECTED] = "failed", [GIT_WRITE_RACED] = "failed", [GIT_WRITE_FAILED] = "failed", [GIT_WRITE_UNKNOWN] = "unknown"};
	struct err err = {0};
	if (audit_conclude(audit, change->id, outcomes[written->end], written->err.text, written->commit, &err) < 0)
		fprintf(stderr, "flagdeck: the change is made, but its outcome is not in the audit: %s\n", err.text);
	audit_close(audit);
}

struct asked {
	struct request request;
	struct err err;
	int done, failed;
};

static void request_came(void *arg, const struct request *request, const struct err *err)
{
	struct asked *asked = arg;
	asked->done = 1;
	asked->failed = request == NULL;
	if (request)
		asked->request = *request;
	else
		asked->err = *err;
}

static int request_ask(struct flag_desk *desk, struct http *http, const struct forge_place *place, long number, const char *own_branch,
                       const char *message, struct request *out, struct err *err)
{
	struct asked asked = {0};
	char *title = mem_copy(message, strcspn(message, "\n"));
	const char *text = message + strcspn(message, "\n");
	const struct request_wish wish = {.git = desk->git, .http = http, .place = place, .url = desk->url, .number = number, .from = own_branch,
	    .to = desk->branch, .title = title, .text = text + strspn(text, "\n"), .done = request_came, .arg = &asked};
	int result = request_send(&wish, err);
	while (result == 0 && !asked.done)
		loop_poll(desk->loop, 1);
	free(title);
	if (result == 0 && asked.failed)
		return err_set(err, "%s", asked.err.text);
	*out = asked.request;
	return result;
}

static void nap_over(void *arg)
{
	*(int *)arg = 1;
}

/* Until somebody merged or closed it, at most --timeout. */
static int request_follow(struct flag_desk *desk, struct http *http, const struct forge_place *place, struct request *request, struct err *err)
{
	int64_t end = clock_system.mono(&clock_system) + (int64_t)(desk->cli->timeout * 1000);
	while (request->state == REQUEST_OPEN) {
		int over = 0;
		struct timer *nap = timer_new(desk->loop, nap_over, &over);
		timer_start(nap, 5);
		while (!over)
			loop_poll(desk->loop, 1);
		timer_free(nap);
		if (request_ask(desk, http, place, request->number, NULL, "", request, err) < 0)
			return cli_fail(EXIT_FAILED, err);
		if (request->state == REQUEST_OPEN && clock_system.mono(&clock_system) >= end) {
			err_set(err, "pull request %ld is still open", request->number);
			return cli_fail(EXIT_TIMED_OUT, err);
		}
	}
	if (request->state == REQUEST_CLOSED) {
		err_set(err, "pull request %ld was closed without a merge", request->number);
		return cli_fail(EXIT_REFUSED, err);
	}
	fprintf(stderr, "pull request %ld was merged%s%.10s\n", request->number, request->merged[0] ? " as " : "", request->merged);
	return EXIT_DONE;
}

/* After the branch was pushed: the request, where the server's ways are known. */
static int request_open(struct flag_desk *desk, const struct flag_change *change, const char *own_branch, struct request *request)
{
	struct forge_place place;
	struct err err = {0};
	struct http *http = NULL;
	char *message = flag_change_message(change);
	int code = EXIT_FAILED;
	if (forge_find(&place, desk->url, desk->provider, desk->api, &err) < 0) {
		fprintf(stderr, "flagdeck: %s is pushed; open the pull request to %s by hand: %s\n", own_branch, desk->branch, err.text);
		code = EXIT_DONE;
	} else if (!(http = http_new(desk->loop, &err)) || request_ask(desk, http, &place, 0, own_branch, message, request, &err) < 0) {
		err_wrap(&err, "%s is pushed, but", own_branch);
		cli_fail(EXIT_FAILED, &err);
	} else {
		fprintf(stderr, "pull request %ld: %s\n", request->number, request->url);
		code = desk->cli->timeout > 0 ? request_follow(desk, http, &place, request, &err) : EXIT_DONE;
	}
	if (http)
		http_free(http);
	free(message);
	return code;
}

static int report(struct flag_desk *desk, const struct flag_plan *plan, const struct flag_change *change, const struct push *push,
                  const char *own_branch, const struct request *request)
{
	const struct git_written *written = &push->written;
	int code = written->end == GIT_WRITE_DONE || written->end == GIT_WRITE_NOTHING ? EXIT_DONE
	           : written->end == GIT_WRITE_REFUSED || written->end == GIT_WRITE_REJECTED ? EXIT_REFUSED : EXIT_FAILED;
	if (desk->cli->output != OUTPUT_TABLE) {
		cJSON *json = desk_plan_json(plan, change);
		cJSON_AddStringToObject(json, "outcome", git_write_end_words[written->end]);
		add_text(json, "commit", written->commit[0] ? written->commit : NULL);
		add_text(json, "branch", own_branch ? own_branch : desk->branch);
		add_text(json, "request", request->url[0] ? request->url : NULL);
		add_text(json, "error", written->err.text[0] ? written->err.text : NULL);
		int printed = cli_print_json(desk->cli, json);
		cJSON_Delete(json);
		return code == EXIT_DONE ? printed : code;
	}
	if (code != EXIT_DONE)
		return cli_fail(code, &written->err);
	if (written->end == GIT_WRITE_NOTHING)
		printf("nothing to commit: the files are so already\n");
	else
		printf("pushed %.10s to %s as change %.12s\n", written->commit, own_branch ? own_branch : desk->branch, change->id);
	return EXIT_DONE;
}

int desk_carry_out(struct flag_desk *desk, struct flag_change *change, const char *action)
{
	struct flag_plan plan;
	struct err err = {0};
	struct audit *audit;
	char *own_branch = NULL;
	int code, as_json = desk->cli->output != OUTPUT_TABLE, dry = desk->cli->flag.dry_run;
	if (flag_plan_make(&plan, desk->tree, change, clock_system.wall(&clock_system), &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	if (!as_json)
		desk_print_plan(&plan, change);
	/* Who has said yes already does not wait for a preview. */
	struct rendered rendered = {.why = "not asked for"};
	if ((dry || !desk->cli->flag.yes) && plan.files && !plan.problems.errors)
		desk_render(desk, &plan, change, &rendered);
	if (!as_json && (dry || !desk->cli->flag.yes) && plan.files && !plan.problems.errors)
		rendered_print(&rendered);
	if (dry && as_json) {
		cJSON *json = desk_plan_json(&plan, change);
		cJSON_AddItemToObject(json, "rendered", rendered_json(&rendered));
		cli_print_json(desk->cli, json);
		cJSON_Delete(json);
	}
	code = plan.problems.errors ? EXIT_REFUSED : EXIT_DONE;
	if (dry)
		goto out;
	if (plan.problems.errors) {
		err_set(&err, "%s%s", plan.problems.items[0].text, plan.problems.count > 1 ? " (and more)" : "");
		code = cli_fail(EXIT_REFUSED, &err);
		goto out;
	}
	if (!plan.files) {
		printf(as_json ? "{\"outcome\": \"nothing to change\"}\n" : "nothing to commit: the files are so already\n");
		goto out;
	}
	if (desk->cli->read_only) {
		code = refuse(&err, "--read-only: nothing is changed");
		goto out;
	}
	recover(desk);
	if ((code = make_sure(desk, &plan, change)) >= 0)
		goto out;
	code = EXIT_REFUSED;
	if (!(audit = audit_begin(desk, change, action, &err))) {
		cli_fail(EXIT_REFUSED, &err);
		goto out;
	}
	if (desk->by_request || plan.approvals)
		own_branch = mem_printf("flagdeck/%.12s", change->id);
	struct push push = {.change = change};
	if (push_run(desk, &push, own_branch, &err) < 0)
		push.written = (struct git_written){.end = GIT_WRITE_REFUSED, .err = err};
	audit_end(audit, change, &push.written);
	struct request request = {0};
	int asked = own_branch && push.written.end == GIT_WRITE_DONE ? request_open(desk, change, own_branch, &request) : EXIT_DONE;
	code = report(desk, &plan, change, &push, own_branch, &request);
	code = code == EXIT_DONE ? asked : code;
out:
	rendered_release(&rendered);
	free(own_branch);
	flag_plan_release(&plan);
	return code;
}
