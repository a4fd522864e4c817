/* SPDX-License-Identifier: MIT */
/*
 * Keys: a dialog has the first word, then a prompt, then the keymap. The filter works while it is
 * typed; what is not a filter yet leaves the last one in force and says why.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deck_state.h"
#include "view/promql.h"

/* Names of actions that complete what is typed, best first; they are the palette's rows as well. */
static size_t command_complete(void *arg, const char *text, char (*offers)[PROMPT_OFFER], size_t max)
{
	struct deck *deck = arg;
	const char *names[ACTION_COUNT];
	size_t order[ACTION_COUNT], count = 0, found;

	for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++)
		names[count++] = action_get((enum action_id)id)->name;
	found = fuzzy_rank(text, names, count, order, max < DECK_PALETTE ? max : DECK_PALETTE);
	for (size_t i = 0; i < found; i++)
		snprintf(offers[i], PROMPT_OFFER, "%s", names[order[i]]);
	(void)deck;
	return found;
}

/* The palette shows what the prompt offers. */
static void palette_follow(struct deck *deck)
{
	deck->palette_count = 0;
	deck->palette_at = deck->prompt.offer_at > 0 ? (size_t)deck->prompt.offer_at : 0;
	for (size_t i = 0; i < deck->prompt.offer_count && i < DECK_PALETTE; i++) {
		enum action_id id = action_find(deck->prompt.offers[i]);
		if (id != ACTION_NONE)
			deck->palette[deck->palette_count++] = (size_t)id;
	}
	/* Nothing is typed: what can be done here. */
	if (deck->prompt.len > 0)
		return;
	for (int id = ACTION_NONE + 1; id < ACTION_COUNT && deck->palette_count < DECK_PALETTE; id++)
		if (action_get((enum action_id)id)->scopes & SCOPE_GLOBAL)
			deck->palette[deck->palette_count++] = (size_t)id;
}

void deck_prompt_open(struct deck *deck, enum deck_prompt kind)
{
	static const char *const labels[] = {
		[DECK_PROMPT_FILTER] = "filter", [DECK_PROMPT_SEARCH] = "search", [DECK_PROMPT_COMMAND] = ":",
		[DECK_PROMPT_QUERY] = "PromQL"};

	prompt_init(&deck->prompt, labels[kind]);
	deck->prompting = kind;
	deck->prompt_error[0] = '\0';
	deck->message[0] = '\0';
	if (kind == DECK_PROMPT_FILTER) {
		deck->prompt.history = &deck->filters;
		free(deck->filter_before);
		deck->filter_before = mem_copy_string(deck_main(deck)->ops->place->filter(deck_main(deck)));
		prompt_set(&deck->prompt, deck->filter_before);
	} else if (kind == DECK_PROMPT_SEARCH) {
		deck->prompt.history = &deck->searches;
	} else if (kind == DECK_PROMPT_QUERY) {
		deck->prompt.history = &deck->queries;
		deck->prompt.complete = promql_prompt_complete;
		deck->prompt.complete_arg = (void *)(uintptr_t)deck->scene;
		prompt_set(&deck->prompt, metrics_expr(deck->tabs[DECK_METRICS]));
	} else {
		deck->prompt.history = &deck->commands;
		deck->prompt.complete = command_complete;
		deck->prompt.complete_arg = deck;
		palette_follow(deck);
	}
}

static void filter_apply(struct deck *deck, const char *text)
{
	struct err err = {.text = ""};

	deck->prompt_error[0] = '\0';
	if (deck_main(deck)->ops->place->set_filter(deck_main(deck), text, &err) < 0)
		snprintf(deck->prompt_error, sizeof(deck->prompt_error), "%s", err.text);
}

static void search_apply(struct deck *deck, const char *text)
{
	struct view *view = deck_focused(deck);

	if (view->ops->search && view->ops->search(view, text) < 0 && *text)
		deck_say(deck, 1, "nothing here has '%s'", text);
}

/* The action that a typed command means: its name, or the best offer. */
static enum action_id command_find(struct deck *deck, const char *text)
{
	/* What people's fingers know from other programs. */
	static const struct {
		const char *word;
		enum action_id id;
	} habits[] = {{"q", ACTION_APP_QUIT}, {"quit", ACTION_APP_QUIT}, {"help", ACTION_APP_HELP}};
	enum action_id id = action_find(text);

	for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++)
		if (strcmp(habits[i].word, text) == 0)
			return habits[i].id;
	if (id == ACTION_NONE && *text && deck->palette_count > 0)
		id = (enum action_id)deck->palette[deck->palette_at < deck->palette_count ? deck->palette_at : 0];
	if (id == ACTION_NONE && *text) {
		const char *nearest = action_nearest(text);
		deck_say(deck, 1, "there is no command '%s'%s%s", text, nearest ? ", perhaps " : "",
		         nearest ? nearest : "");
	}
	return id;
}

static void prompt_close(struct deck *deck)
{
	deck->prompting = DECK_PROMPT_NONE;
	deck->prompt_error[0] = '\0';
	deck->palette_count = 0;
}

static struct deck_order prompt_result(struct deck *deck, enum prompt_result result)
{
	struct deck_order order = {ACTION_NONE, DECK_UNASKED};
	enum deck_prompt kind = deck->prompting;

	switch (result) {
	case PROMPT_OPEN:
	case PROMPT_CHANGED:
		if (kind == DECK_PROMPT_FILTER && result == PROMPT_CHANGED)
			filter_apply(deck, deck->prompt.text);
		if (kind == DECK_PROMPT_COMMAND)
			palette_follow(deck);
		break;
	case PROMPT_ACCEPTED:
		if (kind == DECK_PROMPT_FILTER) {
			filter_apply(deck, deck->prompt.text);
			if (*deck->prompt_error)
				deck_say(deck, 1, "%s", deck->prompt_error);
		}
		if (kind == DECK_PROMPT_COMMAND)
			order.action = command_find(deck, deck->prompt.text);
		if (kind == DECK_PROMPT_QUERY)
			metrics_set_expr(deck->tabs[DECK_METRICS], deck->prompt.text);
		prompt_close(deck);
		if (kind == DECK_PROMPT_SEARCH)
			search_apply(deck, deck->prompt.text);
		break;
	case PROMPT_CANCELLED:
		if (kind == DECK_PROMPT_FILTER)
			filter_apply(deck, deck->filter_before);
		prompt_close(deck);
		break;
	}
	return order;
}

static struct deck_order dialog_result(struct deck *deck, enum dialog_result result)
{
	struct deck_order order = {ACTION_NONE, DECK_UNASKED};

	if (result == DIALOG_OPEN)
		return order;
	if (result == DIALOG_ACCEPTED) {
		if (deck->question == DECK_ASKS_ACTION)
			order = (struct deck_order){deck->asked, DECK_AGREED};
		else
			deck_dialog_answered(deck);
	}
	deck->question = DECK_ASKS_NOTHING;
	deck->asked = ACTION_NONE;
	return order;
}

static struct deck_order form_answer(struct deck *deck, enum form_result result)
{
	struct deck_order order = {ACTION_NONE, DECK_UNASKED};

	if (result == FORM_OPEN)
		return order;
	if (result == FORM_DONE)
		order = (struct deck_order){deck->asked, DECK_FILLED};
	deck->form_is_open = 0;
	deck->asked = ACTION_NONE;
	return order;
}

struct deck_order deck_key(struct deck *deck, struct key key)
{
	struct deck_order order = {ACTION_NONE, DECK_UNASKED};
	unsigned scopes[DECK_SCOPES];
	size_t count;

	if (dialog_is_open(&deck->dialog))
		return dialog_result(deck, dialog_key(&deck->dialog, key));
	if (deck->form_is_open)
		return form_answer(deck, form_key(&deck->form, key));
	if (deck->prompting)
		return prompt_result(deck, prompt_key(&deck->prompt, key));
	deck->message[0] = '\0';
	if (!deck->scene->keymap)
		return order;
	count = deck_scopes(deck, scopes);
	order.action = keymap_lookup(deck->scene->keymap, scopes, count, key, &deck->pending);
	return order;
}

void deck_paste(struct deck *deck, const char *text)
{
	/* A paste is text: where none is asked for it does nothing, least of all run as keys. */
	if (dialog_is_open(&deck->dialog))
		dialog_result(deck, dialog_paste(&deck->dialog, text));
	else if (deck->form_is_open)
		form_paste(&deck->form, text);
	else if (deck->prompting)
		prompt_result(deck, prompt_paste(&deck->prompt, text));
}
