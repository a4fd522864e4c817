/* SPDX-License-Identifier: MIT */
/*
 * From an action to what does it. An action without a row in the table cannot be carried out, and a
 * test fails: a new one in actions.def gets its row here.
 */
#include "app/dispatch.h"

static void to_deck(struct dispatch *dispatch, enum action_id action)
{
	if (!deck_act(dispatch->deck, action))
		deck_say(dispatch->deck, 1, "%s does nothing here", action_get(action)->name);
}

static void quit(struct dispatch *dispatch, enum action_id action)
{
	(void)action;
	dispatch->host.quit(dispatch->host.arg);
}

static void refresh(struct dispatch *dispatch, enum action_id action)
{
	(void)action;
	deck_reread(dispatch->deck);
	dispatch->host.refresh(dispatch->host.arg);
}

static void redraw(struct dispatch *dispatch, enum action_id action)
{
	(void)action;
	dispatch->host.redraw(dispatch->host.arg);
}

static void suspend(struct dispatch *dispatch, enum action_id action)
{
	(void)action;
	dispatch->host.suspend(dispatch->host.arg);
}

static void next_theme(struct dispatch *dispatch, enum action_id action)
{
	(void)action;
	dispatch->host.next_theme(dispatch->host.arg);
}

static void load(struct dispatch *dispatch, enum action_id action)
{
	if (dispatch->host.load)
		dispatch->host.load(dispatch->host.arg, action, dispatch->answer);
}

/* Asked in turns: the answer of the person comes back with the same action. */
static void operate(struct dispatch *dispatch, enum action_id action)
{
	dispatch->host.operate(dispatch->host.arg, action, dispatch->answer);
}

static void copy(struct dispatch *dispatch, enum action_id action)
{
	enum { COPY_MAX = 64 << 10 };
	struct buf text;

	(void)action;
	buf_init(&text, COPY_MAX);
	if (deck_copy(dispatch->deck, &text) < 0)
		deck_say(dispatch->deck, 1, "there is nothing to copy here");
	else
		dispatch->host.copy(dispatch->host.arg, buf_string(&text), text.len);
	buf_release(&text);
}

static void flag(struct dispatch *dispatch, enum action_id action)
{
	if (dispatch->host.flag)
		dispatch->host.flag(dispatch->host.arg, action, dispatch->answer);
}

static void (*const handlers[ACTION_COUNT])(struct dispatch *dispatch, enum action_id action) = {
	[ACTION_APP_QUIT] = quit,
	[ACTION_APP_HELP] = to_deck,
	[ACTION_APP_COMMAND] = to_deck,
	[ACTION_APP_REFRESH] = refresh,
	[ACTION_APP_REDRAW] = redraw,
	[ACTION_APP_SUSPEND] = suspend,
	[ACTION_APP_THEME] = next_theme,
	[ACTION_APP_BACK] = to_deck,
	[ACTION_APP_MESSAGES] = to_deck,
	[ACTION_CLUSTER_NEXT] = to_deck,
	[ACTION_CLUSTER_PREVIOUS] = to_deck,
	[ACTION_CLUSTER_ALL] = to_deck,
	[ACTION_CLUSTER_LIST] = to_deck,
	[ACTION_VIEW_SERVICES] = to_deck,
	[ACTION_VIEW_FLUX] = to_deck,
	[ACTION_VIEW_ROLLOUTS] = to_deck,
	[ACTION_VIEW_PAUSED] = to_deck,
	[ACTION_VIEW_ALERTS] = to_deck,
	[ACTION_VIEW_SILENCES] = to_deck,
	[ACTION_SHEET_TREE] = to_deck,
	[ACTION_PANE_NEXT] = to_deck,
	[ACTION_PANE_PREVIOUS] = to_deck,
	[ACTION_PANE_ZOOM] = to_deck,
	[ACTION_PANE_GROW] = to_deck,
	[ACTION_PANE_SHRINK] = to_deck,
	[ACTION_TIMELINE_TOGGLE] = to_deck,
	[ACTION_TAB_NEXT] = to_deck,
	[ACTION_TAB_PREVIOUS] = to_deck,
	[ACTION_TAB_OVERVIEW] = to_deck,
	[ACTION_TAB_PODS] = to_deck,
	[ACTION_TAB_LOGS] = to_deck,
	[ACTION_TAB_EVENTS] = to_deck,
	[ACTION_TAB_YAML] = to_deck,
	[ACTION_TAB_METRICS] = to_deck,
	[ACTION_TAB_CHAIN] = to_deck,
	[ACTION_TAB_FLAGS] = to_deck,
	[ACTION_FLAG_OPEN] = to_deck,
	[ACTION_FLAG_SET] = flag,
	[ACTION_FLAG_REVERT] = flag,
	[ACTION_FLAG_VIEW] = to_deck,
	[ACTION_FLAG_ENV] = to_deck,
	[ACTION_TAB_ROLLOUT] = to_deck,
	[ACTION_CHART_ZOOM_IN] = to_deck,
	[ACTION_CHART_ZOOM_OUT] = to_deck,
	[ACTION_CHART_EARLIER] = to_deck,
	[ACTION_CHART_LATER] = to_deck,
	[ACTION_CHART_CURSOR_LEFT] = to_deck,
	[ACTION_CHART_CURSOR_RIGHT] = to_deck,
	[ACTION_CHART_NOW] = to_deck,
	[ACTION_CHART_COMPARE] = to_deck,
	[ACTION_CHART_QUERY] = to_deck,
	[ACTION_CHART_TABLE] = to_deck,
	[ACTION_LOAD_OPEN] = to_deck,
	[ACTION_LOAD_START] = load,
	[ACTION_LOAD_STOP] = load,
	[ACTION_LOAD_CHART] = to_deck,
	[ACTION_MOVE_DOWN] = to_deck,
	[ACTION_MOVE_UP] = to_deck,
	[ACTION_MOVE_PAGE_DOWN] = to_deck,
	[ACTION_MOVE_PAGE_UP] = to_deck,
	[ACTION_MOVE_HALF_DOWN] = to_deck,
	[ACTION_MOVE_HALF_UP] = to_deck,
	[ACTION_MOVE_FIRST] = to_deck,
	[ACTION_MOVE_LAST] = to_deck,
	[ACTION_MOVE_LEFT] = to_deck,
	[ACTION_MOVE_RIGHT] = to_deck,
	[ACTION_OPEN] = to_deck,
	[ACTION_VIEW_FILTER] = to_deck,
	[ACTION_VIEW_CLEAR_FILTER] = to_deck,
	[ACTION_SORT_NEXT] = to_deck,
	[ACTION_SORT_PREVIOUS] = to_deck,
	[ACTION_SORT_REVERSE] = to_deck,
	[ACTION_SORT_TROUBLE] = to_deck,
	[ACTION_SORT_CHOOSE] = to_deck,
	[ACTION_MARK_TOGGLE] = to_deck,
	[ACTION_MARK_RANGE] = to_deck,
	[ACTION_MARK_ALL] = to_deck,
	[ACTION_MARK_CLEAR] = to_deck,
	[ACTION_MARK_NEXT] = to_deck,
	[ACTION_SEARCH] = to_deck,
	[ACTION_SEARCH_NEXT] = to_deck,
	[ACTION_SEARCH_PREVIOUS] = to_deck,
	[ACTION_TEXT_WRAP] = to_deck,
	[ACTION_COPY] = copy,
	[ACTION_YAML_REVEAL] = to_deck,
	[ACTION_LOGS_FOLLOW] = to_deck,
	[ACTION_LOGS_PREVIOUS] = to_deck,
	[ACTION_LOGS_TIME] = to_deck,
	[ACTION_LOGS_CONTAINER] = to_deck,
	[ACTION_LOGS_CLEAR] = to_deck,
	[ACTION_ROLLOUT_RESTART] = operate,
	[ACTION_ROLLOUT_UNDO] = operate,
	[ACTION_ROLLOUT_PAUSE] = operate,
	[ACTION_ROLLOUT_RESUME] = operate,
	[ACTION_ROLLOUT_SCALE] = operate,
	[ACTION_ROLLOUT_PROMOTE] = operate,
	[ACTION_ROLLOUT_PROMOTE_FULL] = operate,
	[ACTION_ROLLOUT_ABORT] = operate,
	[ACTION_ROLLOUT_RETRY] = operate,
	[ACTION_FLUX_RECONCILE] = operate,
	[ACTION_FLUX_RECONCILE_WITH] = operate,
	[ACTION_FLUX_SUSPEND] = operate,
	[ACTION_FLUX_RESUME] = operate,
};

int dispatch_handles(enum action_id action)
{
	return action > ACTION_NONE && action < ACTION_COUNT && handlers[action];
}

/* Where an action works, for the message that it does not here. */
static const char *works_in(const struct action *action)
{
	for (unsigned bit = 0; bit < SCOPE_BITS; bit++)
		if (action->scopes & 1u << bit)
			return scope_title(1u << bit);
	return "another place";
}

void dispatch_action(struct dispatch *dispatch, enum action_id action, enum deck_answer answer)
{
	const struct action *row = action_get(action);
	const char *unmet;

	if (!row || !dispatch_handles(action))
		return;
	if (!deck_works_here(dispatch->deck, action)) {
		deck_say(dispatch->deck, 1, "%s works in: %s", row->name, works_in(row));
		return;
	}
	unmet = action_unmet(action, deck_met(dispatch->deck));
	if (unmet) {
		deck_say(dispatch->deck, 1, "%s", unmet);
		return;
	}
	if (answer == DECK_UNASKED && deck_ask(dispatch->deck, action))
		return;
	dispatch->answer = answer;
	handlers[action](dispatch, action);
}
