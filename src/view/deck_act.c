/* SPDX-License-Identifier: MIT */
/*
 * Actions that are about the screen alone: panes, tabs, what is shown, where Enter and Esc lead.
 * One table; what has no row is offered to the view with the focus.
 */
#include <stdio.h>
#include <string.h>

#include "deck_state.h"
#include "model/workload.h"

static void act_help(struct deck *deck, enum action_id action)
{
	unsigned scopes[DECK_SCOPES];
	size_t count = deck_scopes(deck, scopes);

	(void)action;
	if (deck->over == DECK_OVER_HELP) {
		deck->over = DECK_OVER_NONE;
		return;
	}
	help_set_scopes(deck->overs[DECK_OVER_HELP], scopes, count);
	deck->over = DECK_OVER_HELP;
}

static void act_messages(struct deck *deck, enum action_id action)
{
	(void)action;
	deck->over = deck->over == DECK_OVER_MESSAGES ? DECK_OVER_NONE : DECK_OVER_MESSAGES;
}

static void act_loads(struct deck *deck, enum action_id action)
{
	(void)action;
	deck->over = deck->over == DECK_OVER_LOADS ? DECK_OVER_NONE : DECK_OVER_LOADS;
}

static void act_flags(struct deck *deck, enum action_id action)
{
	(void)action;
	deck->over = deck->over == DECK_OVER_FLAGS ? DECK_OVER_NONE : DECK_OVER_FLAGS;
}

int deck_is_asking(const struct deck *deck)
{
	return deck->form_is_open || dialog_is_open(&deck->dialog);
}

size_t deck_flag_pick(struct deck *deck, struct flag_pick *pick)
{
	if (deck->over == DECK_OVER_FLAGS)
		return matrix_pick(deck->overs[DECK_OVER_FLAGS], pick);
	return flags_pick(deck->tabs[DECK_FLAGS], pick);
}

void deck_open_loads(struct deck *deck, const char *id)
{
	deck->over = DECK_OVER_LOADS;
	loads_open(deck->overs[DECK_OVER_LOADS], id);
}

const char *deck_load_selected(struct deck *deck)
{
	return loads_selected(deck->overs[DECK_OVER_LOADS]);
}

static void act_command(struct deck *deck, enum action_id action)
{
	(void)action;
	deck_prompt_open(deck, DECK_PROMPT_COMMAND);
}

static void filter_clear(struct deck *deck)
{
	struct err err;

	/* No filter at all cannot fail. */
	if (deck_main(deck)->ops->place->set_filter(deck_main(deck), "", &err) < 0)
		deck_say(deck, 1, "%s", err.text);
}

/* One step back each time: what lies over the screen, a search, the zoom, the detail, the timeline,
 * the filter, another list than the services, the one cluster. */
static void act_back(struct deck *deck, enum action_id action)
{
	struct view *view = deck_focused(deck);

	(void)action;
	if (deck->pending.count > 0)
		memset(&deck->pending, 0, sizeof(deck->pending));
	else if (view->ops->searching && *view->ops->searching(view))
		view->ops->search(view, "");
	else if (deck->over && view->ops->act(view, action))
		return; /* a step back within it */
	else if (deck->over)
		deck->over = DECK_OVER_NONE;
	else if (deck->zoomed)
		deck->zoomed = 0;
	else if (deck->focus != PANE_LIST || deck->detail_open) {
		deck->detail_open = 0;
		deck->focus = PANE_LIST;
	} else if (*deck_main(deck)->ops->place->filter(deck_main(deck)))
		filter_clear(deck);
	else if (deck->place != DECK_SERVICES)
		deck->place = DECK_SERVICES;
	else if (services_cluster(deck->list))
		deck_cluster_set(deck, NULL);
	else
		deck_say(deck, 0, "nothing to go back from; :q quits");
}

static void act_cluster_step(struct deck *deck, enum action_id action)
{
	const struct fleet *fleet = deck->scene->fleet;
	const char *only = services_cluster(deck->list);
	size_t count = fleet->clusters.len + 1, at = 0; /* 0 is all of them */
	size_t step = action == ACTION_CLUSTER_NEXT ? 1 : count - 1;

	for (size_t i = 0; only && i < fleet->clusters.len; i++)
		if (strcmp(((const struct cluster *)fleet->clusters.items[i])->name, only) == 0)
			at = i + 1;
	at = (at + step) % count;
	deck_cluster_set(deck, at == 0 ? NULL : ((const struct cluster *)fleet->clusters.items[at - 1])->name);
}

static void act_cluster_all(struct deck *deck, enum action_id action)
{
	(void)action;
	deck_cluster_set(deck, NULL);
}

static void act_cluster_list(struct deck *deck, enum action_id action)
{
	(void)action;
	deck_cluster_choose(deck);
}

static void act_pane_step(struct deck *deck, enum action_id action)
{
	int step = action == ACTION_PANE_NEXT ? 1 : -1;

	/* Zoomed or narrow, the next pane takes the room. */
	deck->over = DECK_OVER_NONE;
	if (deck->zoomed) {
		deck->focus = (enum pane)(((int)deck->focus + 3 + step) % 3);
		return;
	}
	if (deck->layout.narrow && deck->focus == PANE_LIST && step > 0) {
		deck->detail_open = 1;
		deck->focus = PANE_DETAIL;
		return;
	}
	deck->focus = layout_next_pane(&deck->layout, deck->focus, step);
	if (deck->layout.narrow && deck->focus == PANE_TIMELINE && step > 0)
		deck->detail_open = 0;
}

static void act_pane_zoom(struct deck *deck, enum action_id action)
{
	(void)action;
	deck->zoomed = !deck->zoomed;
}

static void act_pane_size(struct deck *deck, enum action_id action)
{
	enum { STEP = 5, TIMELINE_LEAST = 2 };
	int step = action == ACTION_PANE_GROW ? 1 : -1;

	if (deck->focus == PANE_TIMELINE) {
		int rows = deck->layout.timeline.rows + step;
		deck->timeline_rows = rows < TIMELINE_LEAST ? TIMELINE_LEAST : rows;
		return;
	}
	deck->list_share += (deck->focus == PANE_LIST ? STEP : -STEP) * step;
	if (deck->list_share < LAYOUT_SHARE_MIN)
		deck->list_share = LAYOUT_SHARE_MIN;
	if (deck->list_share > LAYOUT_SHARE_MAX)
		deck->list_share = LAYOUT_SHARE_MAX;
}

static void act_timeline(struct deck *deck, enum action_id action)
{
	(void)action;
	deck->timeline_hidden = !rect_is_empty(deck->layout.timeline);
	if (deck->timeline_hidden && deck->focus == PANE_TIMELINE)
		deck->focus = PANE_LIST;
	/* Asked for on a screen so low that it has none by itself. */
	if (!deck->timeline_hidden && deck->rows < 20)
		deck->timeline_rows = 4;
}

static void act_place(struct deck *deck, enum action_id action)
{
	static const enum action_id actions[DECK_PLACES] = {[DECK_SERVICES] = ACTION_VIEW_SERVICES,
		[DECK_FLUX] = ACTION_VIEW_FLUX, [DECK_ROLLOUTS] = ACTION_VIEW_ROLLOUTS, [DECK_PAUSED] = ACTION_VIEW_PAUSED,
		[DECK_ALERTS] = ACTION_VIEW_ALERTS, [DECK_SILENCES] = ACTION_VIEW_SILENCES};

	for (int place = 0; place < DECK_PLACES; place++)
		if (actions[place] == action)
			deck->place = (enum deck_place)place;
	deck->over = DECK_OVER_NONE;
	deck->detail_open = 0;
	deck->focus = PANE_LIST;
}

/* From a row of another list to the service it is about. Returns 0 when it is about none. */
static int place_leave(struct deck *deck)
{
	const struct service *service = deck_main(deck)->ops->place->service(deck_main(deck));

	if (deck->place == DECK_SERVICES)
		return 1;
	if (!service || services_go(deck->list, service->key) < 0) {
		deck_say(deck, 0, service ? "%s is not in the list of services as it is filtered" : "this is of no one service",
		         service ? service->name : "");
		return 0;
	}
	deck->place = DECK_SERVICES;
	deck_follow_selection(deck);
	return 1;
}

static void tab_open(struct deck *deck, enum deck_tab tab)
{
	if (!place_leave(deck))
		return;
	deck->over = DECK_OVER_NONE;
	deck->tab = tab;
	deck->focus = PANE_DETAIL;
	deck->detail_open = 1;
}

static void act_tab(struct deck *deck, enum action_id action)
{
	tab_open(deck, (enum deck_tab)(DECK_OVERVIEW + (int)action - (int)ACTION_TAB_OVERVIEW));
}

static void act_tab_step(struct deck *deck, enum action_id action)
{
	int count = deck->scene->flags ? DECK_TABS : DECK_FLAGS;
	int step = action == ACTION_TAB_NEXT ? 1 : count - 1;

	tab_open(deck, (enum deck_tab)(((int)deck->tab + step) % count));
}

static void open_pod(struct deck *deck)
{
	const char *pod = pods_selected(deck->tabs[DECK_PODS]);

	if (!pod)
		return;
	logs_set_target(deck->tabs[DECK_LOGS], pod, "");
	tab_open(deck, DECK_LOGS);
}

static void open_event(struct deck *deck)
{
	const char *about = events_about(deck->tabs[DECK_EVENTS]);

	if (about && strncmp(about, "Pod/", 4) == 0 && pods_go(deck->tabs[DECK_PODS], about + 4) == 0)
		tab_open(deck, DECK_PODS);
	else
		deck_say(deck, 0, "%s is no pod that is still there", about ? about : "this");
}

/* "Kustomization apps/eu-prod": its list, narrowed to it. Returns 0 when the subject is none such. */
static int open_object(struct deck *deck, const char *subject, const char *slash)
{
	const char *blank = strchr(subject, ' ');
	char word[64], filter[320];
	struct text text = text_in(filter, sizeof(filter));
	struct err err;

	if (!blank || !slash || blank > slash || (size_t)(blank - subject) >= sizeof(word))
		return 0;
	snprintf(word, sizeof(word), "%.*s", (int)(blank - subject), subject);
	if (!kind_is_resource(kind_find(word)))
		return 0;
	deck->place = kind_find(word) == OBJECT_CANARY ? DECK_ROLLOUTS : DECK_FLUX;
	deck->focus = PANE_LIST;
	text_printf(&text, "%s %.*s %s", word, (int)(slash - blank - 1), blank + 1, slash + 1);
	/* Words are always a filter. */
	return deck_main(deck)->ops->place->set_filter(deck_main(deck), filter, &err) == 0;
}

/* The subject is "service/cluster", an object, or a cluster. */
static void open_subject(struct deck *deck)
{
	const struct fleet *fleet = deck->scene->fleet;
	const char *subject = timeline_subject(deck->timeline), *slash = subject ? strrchr(subject, '/') : NULL;

	for (size_t i = 0; slash && i < fleet->services.len; i++) {
		const struct service *service = fleet->services.items[i];
		if (strlen(service->name) != (size_t)(slash - subject) ||
		    strncmp(service->name, subject, (size_t)(slash - subject)) != 0 ||
		    strcmp(service->cluster->name, slash + 1) != 0)
			continue;
		deck->place = DECK_SERVICES;
		if (services_go(deck->list, service->key) < 0)
			deck_say(deck, 0, "%s is not in the list as it is filtered", service->name);
		else
			tab_open(deck, DECK_OVERVIEW);
		return;
	}
	if (subject && fleet_cluster(fleet, subject))
		deck_cluster_set(deck, subject);
	else if (!subject || !open_object(deck, subject, slash))
		deck_say(deck, 0, "there is nothing to open for '%s'", subject ? subject : "");
}

static void act_open(struct deck *deck, enum action_id action)
{
	if (deck->over)
		deck_focused(deck)->ops->act(deck_focused(deck), action);
	else if (deck->focus == PANE_TIMELINE)
		open_subject(deck);
	else if (deck->focus == PANE_LIST && deck->place != DECK_SERVICES) {
		deck->focus = PANE_DETAIL;
		deck->detail_open = 1;
	} else if (deck->focus == PANE_LIST)
		tab_open(deck, deck->tab);
	else if (deck->tab == DECK_PODS)
		open_pod(deck);
	else if (deck->tab == DECK_EVENTS)
		open_event(deck);
	else if (deck->tab == DECK_METRICS)
		deck->tabs[DECK_METRICS]->ops->act(deck->tabs[DECK_METRICS], action);
}

static void act_filter(struct deck *deck, enum action_id action)
{
	(void)action;
	deck_prompt_open(deck, DECK_PROMPT_FILTER);
}

static void act_clear_filter(struct deck *deck, enum action_id action)
{
	(void)action;
	filter_clear(deck);
}

static void act_sort_choose(struct deck *deck, enum action_id action)
{
	(void)action;
	deck_sort_choose(deck);
}

static void act_search(struct deck *deck, enum action_id action)
{
	(void)action;
	deck_prompt_open(deck, DECK_PROMPT_SEARCH);
}

static void act_chart_query(struct deck *deck, enum action_id action)
{
	(void)action;
	metrics_ask_names(deck->tabs[DECK_METRICS]);
	deck_prompt_open(deck, DECK_PROMPT_QUERY);
}

static void act_log_choose(struct deck *deck, enum action_id action)
{
	(void)action;
	deck_log_choose(deck);
}

static void (*const handlers[ACTION_COUNT])(struct deck *deck, enum action_id action) = {
	[ACTION_APP_HELP] = act_help,
	[ACTION_APP_COMMAND] = act_command,
	[ACTION_APP_BACK] = act_back,
	[ACTION_APP_MESSAGES] = act_messages,
	[ACTION_LOAD_OPEN] = act_loads,
	[ACTION_FLAG_OPEN] = act_flags,
	[ACTION_CLUSTER_NEXT] = act_cluster_step,
	[ACTION_CLUSTER_PREVIOUS] = act_cluster_step,
	[ACTION_CLUSTER_ALL] = act_cluster_all,
	[ACTION_CLUSTER_LIST] = act_cluster_list,
	[ACTION_VIEW_SERVICES] = act_place,
	[ACTION_VIEW_FLUX] = act_place,
	[ACTION_VIEW_ROLLOUTS] = act_place,
	[ACTION_VIEW_PAUSED] = act_place,
	[ACTION_VIEW_ALERTS] = act_place,
	[ACTION_VIEW_SILENCES] = act_place,
	[ACTION_PANE_NEXT] = act_pane_step,
	[ACTION_PANE_PREVIOUS] = act_pane_step,
	[ACTION_PANE_ZOOM] = act_pane_zoom,
	[ACTION_PANE_GROW] = act_pane_size,
	[ACTION_PANE_SHRINK] = act_pane_size,
	[ACTION_TIMELINE_TOGGLE] = act_timeline,
	[ACTION_TAB_NEXT] = act_tab_step,
	[ACTION_TAB_PREVIOUS] = act_tab_step,
	[ACTION_TAB_OVERVIEW] = act_tab,
	[ACTION_TAB_PODS] = act_tab,
	[ACTION_TAB_LOGS] = act_tab,
	[ACTION_TAB_EVENTS] = act_tab,
	[ACTION_TAB_YAML] = act_tab,
	[ACTION_TAB_METRICS] = act_tab,
	[ACTION_TAB_CHAIN] = act_tab,
	[ACTION_TAB_FLAGS] = act_tab,
	[ACTION_TAB_ROLLOUT] = act_tab,
	[ACTION_CHART_QUERY] = act_chart_query,
	[ACTION_OPEN] = act_open,
	[ACTION_VIEW_FILTER] = act_filter,
	[ACTION_VIEW_CLEAR_FILTER] = act_clear_filter,
	[ACTION_SORT_CHOOSE] = act_sort_choose,
	[ACTION_SEARCH] = act_search,
	[ACTION_LOGS_CONTAINER] = act_log_choose,
};

int deck_act(struct deck *deck, enum action_id action)
{
	struct view *view;

	deck_layout(deck);
	deck_follow_selection(deck);
	if ((unsigned)action < ACTION_COUNT && handlers[action]) {
		handlers[action](deck, action);
		return 1;
	}
	view = deck_focused(deck);
	if (!view->ops->act(view, action))
		return 0;
	deck_follow_selection(deck);
	return 1;
}

unsigned deck_met(struct deck *deck)
{
	struct view *view = deck_focused(deck), *main = deck_main(deck);
	const struct place_ops *place = main->ops->place;
	const struct cluster *cluster = place->cluster(main);
	unsigned met = 0;

	if (cluster)
		met |= NEED_SELECTION;
	if (cluster && cluster->link == LINK_LIVE)
		met |= NEED_CLUSTER;
	if (view->ops->rows && view->ops->rows(view) > 0)
		met |= NEED_ROW;
	if (place->marked(main) > 0)
		met |= NEED_MARKS;
	if (*place->filter(main))
		met |= NEED_FILTER;
	if (view->ops->searching && *view->ops->searching(view))
		met |= NEED_SEARCH;
	if (!deck->scene->read_only)
		met |= NEED_WRITE;
	if (!deck->scene->unaudited)
		met |= NEED_AUDIT;
	return met;
}
