/* SPDX-License-Identifier: MIT */
/*
 * Flags changed from the console: a value, a reason and an end are asked for, the plan is shown and
 * agreed to, the intent is in the audit before anything is sent, and the outcome after it. Taking a
 * change back goes the same way, without the questions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/when.h"
#include "console_state.h"
#include "flag/plan.h"
#include "flag/revert.h"
#include "model/writer.h"
#include "store/audit.h"
#include "ui/dialog.h"
#include "view/views.h"

/* What is being asked about, from the first key to the yes. */
struct flag_order {
	char *key;
	struct vec places; /* char *: "pay/prod" */
	char *event;       /* change id to take back; NULL: a value is set */
	struct flag_change change;
	char *own_branch;
};

static void order_clear(struct flag_order *order)
{
	free(order->key);
	free(order->event);
	free(order->own_branch);
	for (size_t i = 0; i < order->places.len; i++)
		free(order->places.items[i]);
	vec_release(&order->places);
	flag_change_release(&order->change);
	*order = (struct flag_order){0};
	vec_init(&order->places);
}

void console_flag_free(struct console *console)
{
	if (console->flag_order)
		order_clear(console->flag_order);
	free(console->flag_order);
	flag_book_free(console->flags);
}

static void flags_came(void *arg)
{
	struct console *console = arg;
	const struct flag_state *state = flag_book_state(console->flags);
	if (state->board != console->flag_board) {
		console->flag_board = state->board;
		console->flag_membership = 0;
	}
	console_flag_letters(console);
	console_changed(console);
}

/* The letters of what is on, for the table: set anew when the board or the rows are others. */
void console_flag_letters(struct console *console)
{
	struct fleet *fleet = console->session->fleet;
	if (!console->flag_board || console->flag_membership == fleet->membership + 1)
		return;
	console->flag_membership = fleet->membership + 1;
	if (fleet_set_flags(fleet, console->flag_board))
		console->dirty = 1;
}

static void recovered(void *arg, const char *words)
{
	struct console *console = arg;
	deck_say(console->deck, 0, "%s", words);
}

void console_flag_start(struct console *console)
{
	const struct config *config = console->options->config;
	struct err err = {0};
	if (!config || !config->repository_count)
		return;
	console->flags = flag_book_new(&(struct flag_book_options){.loop = console->session->loop, .clock = console->session->fleet->clock,
	    .log = console->options->log, .repository = &config->repositories[0], .changed = flags_came, .said = recovered, .arg = console}, &err);
	if (!console->flags) {
		deck_say(console->deck, 1, "flags: %s", err.text);
		return;
	}
	console->flag_order = mem_new(sizeof(*console->flag_order));
	vec_init(&console->flag_order->places);
	console->scene.flags = flag_book_state(console->flags);
	flag_book_start(console->flags);
}

static int check_when(void *arg, const char *text, struct err *err)
{
	const struct clock *clock = arg;
	int64_t ms;
	return *text ? when_parse(text, clock->wall(clock), &ms, err) : 0;
}

static void ask_value(struct console *console, const struct flag_pick *pick)
{
	static const char *const switches[] = {"on", "off", "unset"};
	const struct flag_board *board = console->flag_board;
	const struct flag_column *column = &board->columns[flag_board_column(board, pick->key)];
	const struct flag_cell *cell = &pick->rows[0]->cells[column - board->columns];
	const char *names[FORM_CHOICES];
	char title[FORM_TITLE], body[FORM_BODY];
	struct form form;
	size_t count = 0, chosen = 0;
	snprintf(title, sizeof(title), "%.60s", column->key);
	if (pick->count > 1)
		snprintf(body, sizeof(body), "%s and %zu more\n%.600s", pick->rows[0]->place, pick->count - 1, column->docs);
	else
		snprintf(body, sizeof(body), "%s: now %.200s (%.200s)\n%.500s", pick->rows[0]->place, cell->value, cell->origin, column->docs);
	form_init(&form, title, body);
	form.danger = pick->rows[0]->protected;
	if (column->kind == FLAG_KIND_SWITCH) {
		form_choice(&form, "value", "unset: what is more general holds", switches, 3, cell->on ? 1 : 0);
	} else if (column->kind == FLAG_KIND_CHOICE && column->value_count < FORM_CHOICES) {
		for (size_t i = 0; i < column->value_count; i++) {
			names[count++] = column->values[i];
			if (strcmp(column->values[i], cell->value) == 0)
				chosen = i;
		}
		names[count++] = "unset";
		form_choice(&form, "value", "unset: what is more general holds", names, count, chosen);
	} else {
		struct form_field *field = form_text(&form, "value", "empty: what is more general holds", 0, NULL, NULL);
		prompt_set(&field->prompt, cell->own ? cell->value : "");
	}
	form_text(&form, "why", "for the commit and the audit", 1, form_check_line, NULL);
	form_text(&form, "expires", "2h, 18:00, 2026-12-01; empty: it stays", 0, check_when, (void *)(uintptr_t)console->session->fleet->clock);
	deck_ask_form(console->deck, ACTION_FLAG_SET, &form);
}

static void begin_set(struct console *console)
{
	struct flag_order *order = console->flag_order;
	struct flag_pick *pick = mem_new(sizeof(*pick));
	if (!deck_flag_pick(console->deck, pick)) {
		deck_say(console->deck, 1, "there is no value to change here");
	} else {
		order_clear(order);
		order->key = mem_copy_string(pick->key);
		for (size_t i = 0; i < pick->count; i++)
			vec_push(&order->places, mem_copy_string(pick->rows[i]->place));
		ask_value(console, pick);
	}
	free(pick);
}

/* A place of an environment with regions is set for all of them, in the service's file of the environment. */
static int make_change(struct console *console, struct err *err)
{
	struct flag_order *order = console->flag_order;
	const struct flag_tree *tree = flag_book_tree(console->flags);
	const struct form *form = deck_form(console->deck);
	const char *value = form_value(form, "value"), *expires = form_value(form, "expires");
	const struct clock *clock = console->session->fleet->clock;
	const char *to = !*value || strcmp(value, "unset") == 0 ? NULL : value;
	struct map seen;
	int result = 0;
	flag_change_release(&order->change);
	flag_change_init(&order->change);
	map_init(&seen);
	for (size_t i = 0; i < order->places.len && result == 0; i++) {
		char *copy = mem_copy_string(order->places.items[i]);
		const char *service, *env, *region;
		if (flag_scope_split(copy, &service, &env, &region) < 0)
			result = err_set(err, "\"%.80s\" is no place", (char *)order->places.items[i]);
		char *place = mem_printf("%s/%s", service, env);
		if (result == 0 && !map_get(&seen, place)) {
			result = flag_change_add(&order->change, tree, order->key, service, env, NULL, to, err);
			map_put(&seen, place, place);
		} else {
			free(place);
		}
		free(copy);
	}
	char *place;
	for (size_t i = 0; (place = map_next(&seen, &i));)
		free(place);
	map_release(&seen);
	if (result == 0)
		result = flag_change_set_reason(&order->change, form_value(form, "why"), err);
	if (result == 0 && *expires) {
		int64_t ms;
		char stamp[32];
		result = when_parse(expires, clock->wall(clock), &ms, err);
		stamp_format(ms, stamp);
		order->change.expires = result == 0 ? mem_copy_string(stamp) : NULL;
	}
	return result;
}

/* The plan in the words that a person agrees to. */
static void plan_words(const struct flag_plan *plan, const struct flag_order *order, char *out, size_t size)
{
	struct text text = text_in(out, size);
	for (size_t i = 0; i < plan->count && i < 6; i++) {
		const struct flag_plan_row *row = &plan->rows[i];
		char scope[300];
		flag_intent_scope(row->intent, scope, sizeof(scope));
		if (row->same)
			text_printf(&text, "%s  %s stays %s\n", scope, row->intent->key, row->after);
		else
			text_printf(&text, "%s  %s  %s → %s\n", scope, row->intent->key, row->before, row->after);
	}
	if (plan->count > 6)
		text_printf(&text, "and %zu more\n", plan->count - 6);
	text_add(&text, "\n");
	if (plan->diff.len && plan->diff.len < 700)
		text_printf(&text, "%s\n", plan->diff.data);
	for (size_t i = 0; i < plan->effects.len && i < 5; i++)
		text_printf(&text, "will %s\n", (const char *)plan->effects.items[i]);
	if (plan->effects.len > 5)
		text_printf(&text, "and %zu effects more\n", plan->effects.len - 5);
	if (plan->nothing)
		text_add(&text, "nothing changes: every value that holds stays as it is\n");
	for (size_t i = 0; i < plan->warnings.len && i < 3; i++)
		text_printf(&text, "note: %s\n", (const char *)plan->warnings.items[i]);
	text_printf(&text, "risk %s, %zu files, one commit%s%s%s", flag_risk_names[plan->risk], plan->files,
	            order->own_branch ? " on a branch of its own: it waits for a pull request" : "", plan->restarts_pods ? ", pods restart" : "",
	            order->change.expires ? ", expires " : "");
	text_add(&text, order->change.expires ? order->change.expires : "");
}

/* Shows what would be done, and asks. */
static void ask_agreement(struct console *console, enum action_id action)
{
	struct flag_order *order = console->flag_order;
	const struct clock *clock = console->session->fleet->clock;
	char body[DIALOG_BODY], title[DIALOG_TITLE];
	struct flag_plan plan;
	struct err err = {0};
	if (flag_plan_make(&plan, flag_book_tree(console->flags), &order->change, clock->wall(clock), &err) < 0) {
		deck_notice(console->deck, "The change cannot be made", err.text);
		return;
	}
	if (plan.problems.errors || plan.freeze || !plan.files) {
		struct text text = text_in(body, sizeof(body));
		if (plan.freeze)
			text_printf(&text, "A freeze holds%s%s. `flagdeck flag set --override-freeze` overrides it, and is audited.\n",
			            plan.freeze->reason[0] ? ": " : "", plan.freeze->reason);
		if (!plan.files)
			text_add(&text, "The files are so already: nothing changes.\n");
		for (size_t i = 0; i < plan.problems.count && i < 8; i++)
			text_printf(&text, "%s\n", plan.problems.items[i].text);
		deck_notice(console->deck, plan.files ? "Refused" : "Nothing to change", body);
	} else {
		int danger = plan.protected || plan.destructive;
		free(order->own_branch);
		order->own_branch = flag_book_by_request(console->flags) || plan.approvals ? mem_printf("flagdeck/%.12s", order->change.id) : NULL;
		plan_words(&plan, order, body, sizeof(body));
		snprintf(title, sizeof(title), "%.80s", action == ACTION_FLAG_REVERT ? "Take back" : order->change.items[0].key);
		deck_ask_agreement(console->deck, action, danger, title, body, danger ? order->change.items[0].env : NULL);
	}
	flag_plan_release(&plan);
}

static void begin_revert(struct console *console)
{
	struct flag_order *order = console->flag_order;
	struct flag_pick *pick = mem_new(sizeof(*pick));
	const struct flag_commit *commit = NULL;
	struct err err = {0};
	deck_flag_pick(console->deck, pick);
	if (pick->event)
		commit = flag_history_find(flag_book_history(console->flags), pick->event->change, &err);
	free(pick);
	if (!commit) {
		deck_say(console->deck, 1, "%s", err.text[0] ? err.text : "no commit of ours has changed this");
		return;
	}
	if (commit->reverted) {
		deck_say(console->deck, 1, "%.7s was taken back already", commit->sha);
		return;
	}
	order_clear(order);
	order->event = mem_copy_string(commit->change.id);
	if (flag_revert_make(&order->change, flag_book_tree(console->flags), commit, &err) < 0) {
		deck_notice(console->deck, "Not reverted", err.text);
		return;
	}
	order->change.reason = mem_printf("taken back from the console");
	ask_agreement(console, ACTION_FLAG_REVERT);
}

static void request_came(void *arg, const struct request *request, const struct err *err)
{
	struct console *console = arg;
	if (request)
		deck_say(console->deck, 0, "pull request %ld: %s", request->number, request->url);
	else
		deck_notice(console->deck, "The branch is pushed, the pull request is not open", err->text);
	console_changed(console);
}

/* Asked for by the catalog or the configuration. Where the server's ways are not known, a person opens it. */
static void request_open(struct console *console, const struct flag_change *change, const char *branch)
{
	const struct config_repository *repository = flag_book_repository(console->flags);
	struct err err = {0};
	if (forge_find(&console->forge, repository->url, repository->provider, repository->api, &err) < 0) {
		deck_say(console->deck, 0, "pushed to %s: open a pull request from there", branch);
		return;
	}
	char *message = flag_change_message(change), *title = mem_copy(message, strcspn(message, "\n"));
	const char *text = message + strcspn(message, "\n");
	const struct request_wish wish = {.git = flag_book_git(console->flags), .http = console->session->http, .place = &console->forge,
	    .url = repository->url, .from = branch, .to = repository->branch, .title = title, .text = text + strspn(text, "\n"),
	    .done = request_came, .arg = console};
	if (request_send(&wish, &err) < 0)
		deck_notice(console->deck, "The branch is pushed, the pull request is not open", err.text);
	else
		deck_say(console->deck, 0, "pushed to %s: opening a pull request", branch);
	free(title);
	free(message);
}

static void write_ended(void *arg, const struct flag_change *change, const struct git_written *written)
{
	static const char *const outcomes[] = {[GIT_WRITE_DONE] = "done", [GIT_WRITE_NOTHING] = "done", [GIT_WRITE_REFUSED] = "failed",
	    [GIT_WRITE_REJECTED] = "failed", [GIT_WRITE_RACED] = "failed", [GIT_WRITE_FAILED] = "failed", [GIT_WRITE_UNKNOWN] = "unknown"};
	struct console *console = arg;
	struct flag_order *order = console->flag_order;
	struct fleet *fleet = console->session->fleet;
	struct err err = {0};
	char scope[600];
	flag_intent_scope(&change->items[0], scope, sizeof(scope));
	if (audit_conclude(console->audit, change->id, outcomes[written->end], written->err.text, written->commit, &err) < 0)
		deck_say(console->deck, 1, "the outcome is not in the audit: %s", err.text);
	if (written->end == GIT_WRITE_DONE) {
		timeline_add(&fleet->timeline, fleet->clock->wall(fleet->clock), TIMELINE_GOOD, scope, "flag %s %s → %s  %.7s pushed%s%s",
		             change->items[0].key, change->items[0].from ? change->items[0].from : "unset", change->items[0].to ? change->items[0].to : "unset",
		             written->commit, order->own_branch ? " to " : "", order->own_branch ? order->own_branch : "");
		if (order->own_branch)
			request_open(console, change, order->own_branch);
		else
			deck_say(console->deck, 0, "pushed %.7s: Flux takes it from here", written->commit);
	} else if (written->end == GIT_WRITE_NOTHING) {
		deck_say(console->deck, 0, "nothing to commit: the files are so already");
	} else {
		deck_notice(console->deck, "The change was not made", written->err.text);
	}
	order_clear(order);
}

static void carry_out(struct console *console, const char *action)
{
	struct flag_order *order = console->flag_order;
	char *what = flag_change_message(&order->change), scope[600], id[AUDIT_CHANGE], head[AUDIT_HASH];
	struct err err = {0};
	what[strcspn(what, "\n")] = '\0';
	flag_intent_scope(&order->change.items[0], scope, sizeof(scope));
	const struct audit_record record = {.change = order->change.id, .git = flag_book_author(console->flags), .action = action, .cluster = flag_book_shown(console->flags),
	                                    .target = scope, .what = what, .why = order->change.reason};
	int result = audit_intend(console->audit, &record, id, &err);
	if (result == 0 && audit_head(console->audit, head, NULL) == 0 && head[0])
		order->change.audit = mem_copy_string(head);
	char change[33];
	memcpy(change, order->change.id, sizeof(change));
	if (result == 0 && flag_book_write(console->flags, &order->change, order->own_branch, write_ended, console, &err) < 0) {
		result = -1;
		if (audit_conclude(console->audit, change, "failed", err.text, NULL, NULL) < 0)
			log_line(console->options->log, "the audit has no outcome of %s", change);
	}
	if (result < 0) {
		deck_notice(console->deck, "The change was not made", err.text);
		order_clear(order);
	}
	free(what);
}

void console_flag_take_back(struct console *console, const struct flag_commit *commit, const char *why)
{
	struct flag_order *order = console->flag_order;
	struct fleet *fleet = console->session->fleet;
	struct err err = {0};
	order_clear(order);
	if (flag_revert_make(&order->change, flag_book_tree(console->flags), commit, &err) < 0) {
		deck_say(console->deck, 1, "%.12s was to be taken back (%s), but %s", commit->change.id, why, err.text);
		order_clear(order);
		return;
	}
	order->change.reason = mem_copy_string(why);
	timeline_add(&fleet->timeline, fleet->clock->wall(fleet->clock), TIMELINE_WARNING, "flags", "%.12s is taken back: %s", commit->change.id, why);
	carry_out(console, "flag.expire");
}

void console_flag(void *arg, enum action_id action, enum deck_answer answer)
{
	struct console *console = arg;
	struct err err = {0};
	if (!console->flags || !flag_book_tree(console->flags)) {
		deck_say(console->deck, 1, "%s", console->flags ? flag_book_state(console->flags)->words : "no repository is configured");
	} else if (flag_book_is_busy(console->flags)) {
		deck_say(console->deck, 1, "another change is on its way; wait until it has landed");
	} else if (answer == DECK_UNASKED) {
		action == ACTION_FLAG_SET ? begin_set(console) : begin_revert(console);
	} else if (answer == DECK_FILLED) {
		if (make_change(console, &err) < 0)
			deck_notice(console->deck, "The change cannot be made", err.text);
		else
			ask_agreement(console, action);
	} else {
		carry_out(console, action == ACTION_FLAG_REVERT ? "flag.revert" : "flag.set");
	}
	console_changed(console);
}
