/* SPDX-License-Identifier: MIT */
/*
 * Operations in the console. A key leads to a form where the verb wants to know something, then the
 * objects are looked at, then the person sees what would happen and agrees, or not. From there on it
 * goes by itself: the timeline tells, and the footer says at the end how it went.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/operate.h"
#include "base/mem.h"
#include "base/when.h"
#include "console_state.h"
#include "model/census.h"
#include "ops/batch.h"
#include "ops/resolve.h"
#include "ui/dialog.h"

struct operating {
	struct ops *ops;
	struct resolve *resolve;
	enum action_id action;    /* that is being asked about */
	struct targets targets;
	struct err refused;       /* of services that were left out */
	struct batch *asked;      /* prepared, or on its way to be; not started */
	struct vec running;       /* struct batch * */
	int64_t reminded_ms;      /* wall clock: what was due before was told */
};

static const struct {
	enum action_id action;
	enum verb verb;
	unsigned asks; /* what the form asks for; 0: there is none */
} operations[] = {
	{ACTION_ROLLOUT_RESTART, VERB_RESTART, 0},
	{ACTION_ROLLOUT_UNDO, VERB_UNDO, ASKS_REVISION | ASKS_REASON},
	{ACTION_ROLLOUT_PAUSE, VERB_PAUSE, ASKS_REASON | ASKS_UNTIL},
	{ACTION_ROLLOUT_RESUME, VERB_RESUME, 0},
	{ACTION_ROLLOUT_SCALE, VERB_SCALE, ASKS_REPLICAS | ASKS_REASON},
	{ACTION_ROLLOUT_PROMOTE, VERB_PROMOTE, 0},
	{ACTION_ROLLOUT_PROMOTE_FULL, VERB_PROMOTE_FULL, 0},
	{ACTION_ROLLOUT_ABORT, VERB_ABORT, ASKS_REASON},
	{ACTION_ROLLOUT_RETRY, VERB_RETRY, 0},
	{ACTION_FLUX_RECONCILE, VERB_RECONCILE, 0},
	{ACTION_FLUX_RECONCILE_WITH, VERB_RECONCILE, ASKS_SOURCE | ASKS_FORCE},
	{ACTION_FLUX_SUSPEND, VERB_SUSPEND, ASKS_REASON | ASKS_UNTIL},
	{ACTION_FLUX_RESUME, VERB_UNSUSPEND, 0},
};

static const char field_why[] = "why", field_until[] = "until", field_revision[] = "revision";
static const char field_replicas[] = "replicas", field_source[] = "with source", field_force[] = "force";
static const char field_reset[] = "reset";

static size_t operation_row(enum action_id action)
{
	size_t row = 0;

	while (operations[row].action != action)
		row++;
	return row;
}

static void say_aloud(void *arg, const char *line)
{
	struct console *console = arg;

	/* On stderr it would stand in the middle of the screen; it goes there when the screen is gone. */
	if (console->deck)
		deck_say(console->deck, 1, "%s", line);
	if (!console->screen)
		fprintf(stderr, "flagdeck: %s\n", line);
}

static void open_told(void *arg, int unsure, const char *words)
{
	struct console *console = arg;
	const struct fleet *fleet = console->session->fleet;

	timeline_add(&console->session->fleet->timeline, fleet->clock->wall(fleet->clock),
	             unsure ? TIMELINE_WARNING : TIMELINE_INFO, "audit", "%s", words);
	deck_say(console->deck, unsure, "%s", words);
	console_changed(console);
}

void console_operate_begin(struct console *console)
{
	const struct console_options *options = console->options;
	const struct audit_options audit = {.path = options->audit_path, .clock = console->session->fleet->clock,
	                                    .allow_unaudited = options->allow_unaudited, .say = say_aloud, .arg = console};
	struct operating *operating;

	console->scene.unaudited = 1;
	if (!options->audit_path)
		return;
	console->audit = audit_open(&audit);
	console->scene.unaudited = !audit_permits(console->audit);
	if (options->allow_unaudited && audit_trouble(console->audit))
		fprintf(stderr, "flagdeck: changes will not be audited: %s\n", audit_trouble(console->audit));
	operating = mem_new(sizeof(*operating));
	vec_init(&operating->running);
	operating->ops = operate_ops(console->session, console->audit, options->log, options->read_only, console_changed,
	                             console);
	console->operating = operating;
	if (!options->read_only)
		operating->resolve = resolve_begin(operating->ops, open_told, NULL, console);
}

void console_operate_end(struct console *console)
{
	struct operating *operating = console->operating;

	if (operating) {
		resolve_free(operating->resolve);
		batch_free(operating->asked);
		for (size_t i = 0; i < operating->running.len; i++)
			batch_free(operating->running.items[i]);
		vec_release(&operating->running);
		targets_release(&operating->targets);
		ops_free(operating->ops);
		free(operating);
	}
	audit_close(console->audit);
	console->operating = NULL;
	console->audit = NULL;
}

/* --- asking --- */

static int check_number(void *arg, const char *text, struct err *err)
{
	(void)arg;
	if (strlen(text) <= 6 && text[strspn(text, "0123456789")] == '\0')
		return 0;
	return err_set(err, "a whole number, not \"%.40s\"", text);
}

static int check_until(void *arg, const char *text, struct err *err)
{
	const struct clock *clock = arg;
	int64_t ms;

	return when_parse(text, clock->wall(clock), &ms, err);
}

static void ask_form(struct console *console, unsigned asks, const char *title)
{
	const struct clock *clock = console->session->fleet->clock;
	struct form form;

	form_init(&form, title, "");
	for (size_t i = 0; i < console->operating->targets.count; i++)
		form.danger |= console->operating->targets.items[i].protected;
	if (asks & ASKS_REVISION) {
		struct form_field *field =
			form_text(&form, field_revision, "its number; empty: the one before the present one", 0, check_number, NULL);
		char number[24];
		snprintf(number, sizeof(number), "%ld", deck_revision(console->deck));
		if (strcmp(number, "0") != 0)
			prompt_set(&field->prompt, number);
	}
	if (asks & ASKS_REPLICAS)
		form_text(&form, field_replicas, "how many; 0 ends them all", 1, check_number, NULL);
	if (asks & ASKS_SOURCE)
		form_switch(&form, field_source, "fetch its source first, and wait until that is applied", 1);
	if (asks & ASKS_FORCE) {
		form_switch(&form, field_force, "HelmRelease: install or upgrade once even where nothing changed", 0);
		form_switch(&form, field_reset, "HelmRelease: try again although it failed too often", 0);
	}
	if (asks & ASKS_REASON)
		form_text(&form, field_why,
		          asks & ASKS_UNTIL ? "everybody who looks at it sees it, and the audit keeps it" : "for the audit",
		          (asks & ASKS_UNTIL) != 0, form_check_line, NULL);
	if (asks & ASKS_UNTIL)
		form_text(&form, field_until, "2h, 18:00, 2026-12-01: everybody is reminded then; empty: no end", 0, check_until,
		          (void *)(uintptr_t)clock);
	deck_ask_form(console->deck, console->operating->action, &form);
}

static void form_take(struct console *console)
{
	const struct form *form = deck_form(console->deck);
	const struct clock *clock = console->session->fleet->clock;
	struct targets *targets = &console->operating->targets;
	const char *until = form_value(form, field_until), *replicas = form_value(form, field_replicas);
	int64_t until_ms = 0;
	struct err err;

	/* It was right when the form was filled; a moment that passed meanwhile is none. */
	if (*until && when_parse(until, clock->wall(clock), &until_ms, &err) < 0)
		until_ms = 0;
	for (size_t i = 0; i < targets->count; i++) {
		struct op_request *request = &targets->items[i];
		request->reason = form_value(form, field_why);
		request->until_ms = until_ms;
		request->revision = strtol(form_value(form, field_revision), NULL, 10);
		request->replicas = *replicas ? (int)strtol(replicas, NULL, 10) : -1;
		request->with_source = form_is_on(form, field_source);
		request->force = form_is_on(form, field_force);
		request->reset = form_is_on(form, field_reset);
	}
}

static void ask_agreement(void *arg, struct batch *batch)
{
	struct console *console = arg;
	struct operating *operating = console->operating;
	char title[DIALOG_TITLE], expected[256], words[600];
	struct text text = text_in(words, sizeof(words));
	struct buf body;

	console_changed(console);
	if (batch_ready(batch) == 0) {
		batch_summary(batch, &text);
		deck_say(console->deck, 1, "%s", words);
		batch_free(batch);
		operating->asked = NULL;
		return;
	}
	buf_init(&body, 1 << 20);
	batch_title(batch, title, sizeof(title));
	batch_expected(batch, expected, sizeof(expected));
	if (batch_preview(batch, &body) < 0)
		buf_clear(&body);
	deck_say(console->deck, 0, "nothing is changed until you say so");
	deck_ask_agreement(console->deck, operating->action, batch_is_protected(batch), title, buf_string(&body),
	                   batch_is_protected(batch) ? expected : NULL);
	buf_release(&body);
}

static void look(struct console *console)
{
	struct operating *operating = console->operating;
	struct targets *targets = &operating->targets;

	batch_free(operating->asked);
	operating->asked = batch_new(operating->ops, targets->items, targets->count, ask_agreement, console);
	deck_say(console->deck, 0, "looking at %zu object%s…", targets->count, targets->count == 1 ? "" : "s");
}

static void has_ended(void *arg, struct batch *batch)
{
	struct console *console = arg;
	char words[900];
	struct text text = text_in(words, sizeof(words));

	batch_summary(batch, &text);
	deck_say(console->deck, !batch_all_done(batch), "%s", words);
	vec_remove_item(&console->operating->running, batch);
	batch_free(batch);
	console_changed(console);
}

static void take_target(void *arg, const struct deck_target *target)
{
	struct operating *operating = arg;
	struct targets *targets = &operating->targets;
	struct err err = {.text = ""};
	enum verb verb = targets->common.verb;
	int result;

	/* Of what is held, some is suspended and some paused; letting go is one wish. */
	if (target->object && verb == VERB_UNSUSPEND && verb_fits(VERB_RESUME, target->object->kind))
		targets->common.verb = VERB_RESUME;
	if (target->service)
		result = targets_add_service(targets, target->service, &err);
	else
		result = targets_add_object(targets, target->cluster, target->object->kind, target->object->namespace,
		                            target->object->name, &err);
	targets->common.verb = verb;
	if (result < 0)
		operating->refused = err;
}

static void begin(struct console *console, size_t row)
{
	struct operating *operating = console->operating;
	const struct op_request common = {.verb = operations[row].verb, .replicas = -1};

	targets_release(&operating->targets);
	targets_init(&operating->targets, &common);
	operating->refused.text[0] = '\0';
	operating->action = operations[row].action;
	deck_each_target(console->deck, take_target, operating);
	if (operating->targets.count == 0) {
		deck_say(console->deck, 1, "%s", *operating->refused.text ? operating->refused.text : "there is nothing to act on");
		return;
	}
	/* The plain key means what people mostly want: what is in Git now. */
	if (operations[row].action == ACTION_FLUX_RECONCILE)
		for (size_t i = 0; i < operating->targets.count; i++)
			operating->targets.items[i].with_source = 1;
	if (operations[row].asks) {
		char title[FORM_TITLE];
		if (operating->targets.count == 1)
			snprintf(title, sizeof(title), "%s %s", verb_word(operations[row].verb), operating->targets.items[0].name);
		else
			snprintf(title, sizeof(title), "%s %zu objects", verb_word(operations[row].verb), operating->targets.count);
		ask_form(console, operations[row].asks, title);
	} else {
		look(console);
	}
}

void console_operate(void *arg, enum action_id action, enum deck_answer answer)
{
	struct console *console = arg;
	struct operating *operating = console->operating;

	if (!operating)
		return;
	switch (answer) {
	case DECK_UNASKED: begin(console, operation_row(action)); break;
	case DECK_FILLED:
		form_take(console);
		look(console);
		break;
	case DECK_AGREED:
		if (!operating->asked)
			return;
		vec_push(&operating->running, operating->asked);
		batch_start(operating->asked, has_ended, console);
		operating->asked = NULL;
		deck_say(console->deck, 0, "sending; the timeline tells how it goes");
		break;
	}
}

/* --- reminding --- */

void console_remind(struct console *console)
{
	struct operating *operating = console->operating;
	struct fleet *fleet = console->session->fleet;
	int64_t now = fleet->clock->wall(fleet->clock);
	struct held *held;
	size_t count;

	if (!operating)
		return;
	count = census_run(fleet, NULL, &held);
	for (size_t i = 0; i < count; i++) {
		char subject[160], who[120];
		struct text by = text_in(who, sizeof(who));
		if (held[i].until_ms == 0 || held[i].until_ms > now || held[i].until_ms <= operating->reminded_ms)
			continue;
		held_by(&held[i], &by);
		snprintf(subject, sizeof(subject), "%s/%s", held[i].object->name, held[i].cluster->name);
		timeline_note(&fleet->timeline, now, TIMELINE_WARNING, subject, "held longer than it was to be",
		              "%s by %s: %s; %s", held[i].row->key, who, held_why(&held[i]), held[i].row->release);
	}
	free(held);
	operating->reminded_ms = now;
}
