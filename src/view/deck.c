/* SPDX-License-Identifier: MIT */
/*
 * The deck: which views there are, where they stand, how they are drawn over one another. The
 * detail follows the selection of the list; on a narrow screen it takes the list's place.
 */
#include "deck_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/bars.h"
#include "ui/tabs.h"
#include "view/header.h"

static const struct view_ops *const tab_views[DECK_TABS] = {
	[DECK_OVERVIEW] = &overview_view, [DECK_PODS] = &pods_view, [DECK_LOGS] = &logs_view,
	[DECK_EVENTS] = &events_view,     [DECK_YAML] = &yaml_view, [DECK_METRICS] = &metrics_view,
	[DECK_CHAIN] = &chain_view,       [DECK_FLAGS] = &flags_view, [DECK_ROLLOUT] = &rollout_view,
};

static const struct view_ops *const place_views[DECK_PLACES] = {
	[DECK_SERVICES] = &services_view, [DECK_FLUX] = &flux_view, [DECK_ROLLOUTS] = &rollouts_view,
	[DECK_PAUSED] = &paused_view,     [DECK_ALERTS] = &alerts_view, [DECK_SILENCES] = &silences_view,
};

struct deck *deck_new(const struct scene *scene)
{
	struct deck *deck = mem_new(sizeof(*deck));

	deck->scene = scene;
	for (int place = 0; place < DECK_PLACES; place++)
		deck->places[place] = view_new(place_views[place], scene);
	deck->list = deck->places[DECK_SERVICES];
	deck->object = view_new(&object_view, scene);
	deck->timeline = view_new(&timeline_view, scene);
	for (int tab = 0; tab < DECK_TABS; tab++)
		deck->tabs[tab] = view_new(tab_views[tab], scene);
	deck->overs[DECK_OVER_HELP] = view_new(&help_view, scene);
	deck->overs[DECK_OVER_MESSAGES] = view_new(&messages_view, scene);
	deck->overs[DECK_OVER_LOADS] = view_new(&loads_view, scene);
	deck->overs[DECK_OVER_FLAGS] = view_new(&matrix_view, scene);
	deck->list_share = LAYOUT_SHARE;
	deck->timeline_rows = -1;
	deck->rows = 24;
	deck->cols = 80;
	dialog_init(&deck->dialog);
	deck_layout(deck);
	return deck;
}

void deck_free(struct deck *deck)
{
	if (!deck)
		return;
	for (int place = 0; place < DECK_PLACES; place++)
		view_free(deck->places[place]);
	view_free(deck->object);
	view_free(deck->timeline);
	for (int tab = 0; tab < DECK_TABS; tab++)
		view_free(deck->tabs[tab]);
	for (int over = 0; over < DECK_OVERS; over++)
		view_free(deck->overs[over]);
	prompt_history_release(&deck->filters);
	prompt_history_release(&deck->searches);
	prompt_history_release(&deck->commands);
	prompt_history_release(&deck->queries);
	free(deck->filter_before);
	free(deck->log_choices);
	free(deck);
}

struct view *deck_main(const struct deck *deck)
{
	return deck->places[deck->place];
}

struct view *deck_detail(const struct deck *deck)
{
	return deck->place == DECK_SERVICES ? deck->tabs[deck->tab] : deck->object;
}

struct view *deck_focused(const struct deck *deck)
{
	if (deck->over)
		return deck->overs[deck->over];
	return deck->focus == PANE_LIST     ? deck_main(deck)
	       : deck->focus == PANE_DETAIL ? deck_detail(deck)
	                                    : deck->timeline;
}

/* A screen of ordinary height has a few rows to spare for what happened, a tall one more. */
static int timeline_rows(const struct deck *deck)
{
	if (deck->timeline_hidden)
		return 0;
	if (deck->timeline_rows >= 0)
		return deck->timeline_rows;
	return deck->rows < 20 ? 0 : deck->rows < 40 ? 4 : deck->rows < 55 ? 7 : 10;
}

void deck_layout(struct deck *deck)
{
	struct layout_wish wish = {
		.rows = deck->rows,
		.cols = deck->cols,
		.list_share = deck->list_share,
		.timeline_rows = timeline_rows(deck),
		.plain = deck->scene->plain,
		.detail_open = deck->detail_open,
		.zoomed = deck->zoomed,
		.focus = deck->focus,
	};

	layout_compute(&wish, &deck->layout);
	/* A pane that has no room (the screen shrank) cannot keep the focus. */
	if (rect_is_empty(layout_pane(&deck->layout, deck->focus)))
		deck->focus = layout_next_pane(&deck->layout, deck->focus, 1);
}

void deck_follow_selection(struct deck *deck)
{
	const struct service *service = services_selected(deck->list);

	for (int tab = 0; tab < DECK_TABS; tab++)
		view_select(deck->tabs[tab], service ? service->key : "");
	if (deck_main(deck)->ops->place->key) {
		char key[ROW_KEY] = "";
		struct text text = text_in(key, sizeof(key));
		deck_main(deck)->ops->place->key(deck_main(deck), &text);
		view_select(deck->object, key);
	}
}

static void detail_title(const struct service *service, char *out, size_t size)
{
	struct text title = text_in(out, size);

	if (!service) {
		text_add(&title, "detail");
		return;
	}
	text_printf(&title, "%s  %s/%s", service->name, service->cluster->name, service->namespace);
	if (*service->cluster->env || *service->cluster->region)
		text_printf(&title, "  %s%s%s", service->cluster->env, *service->cluster->env ? " " : "",
		            service->cluster->region);
	if (service->cluster->protected)
		text_add(&title, "  protected");
}

static void object_title(const struct deck *deck, char *out, size_t size)
{
	const struct cluster *cluster = NULL;
	const struct object *object = object_by_key(deck->scene->fleet, deck->object->service, &cluster);
	struct text title = text_in(out, size);

	if (!object) {
		text_add(&title, "detail");
		return;
	}
	text_printf(&title, "%s %s  %s", kind_rows[object->kind].word, object->key, cluster->name);
	if (cluster->protected)
		text_add(&title, "  protected");
}

/* The tabs, and beside them, or on a line of its own, what the open one says of itself. */
static void tabs_row_draw(struct deck *deck, struct grid *grid, struct rect *rect)
{
	enum { STATUS_WIDTH = 24 };
	struct view *view = deck->tabs[deck->tab];
	struct rect row = rect_cut_top(rect, 1);
	const char *names[DECK_TABS];
	char room[320];
	struct text status = text_in(room, sizeof(room));

	for (int tab = 0; tab < DECK_TABS; tab++)
		names[tab] = deck->tabs[tab]->ops->name;
	/* Without a repository there are no flags, and no tab for them. */
	int count = deck->scene->flags ? DECK_TABS : DECK_FLAGS;
	tabs_draw(grid, row, names, count, deck->tab);
	/* Its place on the screen is known to it only after its first drawing, but its status may want it. */
	view->rect = *rect;
	if (view->ops->status)
		view->ops->status(view, &status);
	if (status.len == 0)
		return;
	int width = tabs_cells(names, count);
	if (row.cols > width + STATUS_WIDTH) {
		rect_cut_left(&row, width);
		title_draw(grid, row, "", room, 0);
	} else if (rect->rows > 4) {
		rect_put_cut(grid, rect_cut_top(rect, 1), 0, 1, STYLE_DIM, room);
	}
}

static void detail_draw(struct deck *deck, struct grid *grid, struct rect rect)
{
	struct view *view = deck_detail(deck);
	int focused = deck->focus == PANE_DETAIL && !deck->over;
	char title[320];

	if (rect_is_empty(rect))
		return;
	if (deck->place == DECK_SERVICES)
		detail_title(view_service(view), title, sizeof(title));
	else
		object_title(deck, title, sizeof(title));
	title_draw(grid, rect_cut_top(&rect, 1), title, "", focused);
	if (!rect_is_empty(rect) && deck->place == DECK_SERVICES)
		tabs_row_draw(deck, grid, &rect);
	view_draw(view, grid, rect, focused);
}

/* Key and word of each hint that has a key here. */
static size_t hints_collect(const struct deck *deck, struct hint *hints, char (*keys)[KEYMAP_HINT],
                            size_t max)
{
	static const struct view_hint always[] = {{ACTION_APP_COMMAND, "command"}, {ACTION_APP_HELP, "help"}};
	const struct view_hint *own = deck_focused(deck)->ops->hints;
	unsigned scopes[DECK_SCOPES], bits = 0;
	size_t count = 0, scope_count = deck_scopes(deck, scopes);

	if (!deck->scene->keymap)
		return 0;
	for (size_t i = 0; i < scope_count; i++)
		bits |= scopes[i];
	for (size_t i = 0; i < VIEW_HINTS + 2 && count < max; i++) {
		const struct view_hint *hint = i < VIEW_HINTS ? &own[i] : &always[i - VIEW_HINTS];
		if (hint->action == ACTION_NONE || keymap_hint(deck->scene->keymap, hint->action, bits,
		                                               keys[count]) != 0)
			continue;
		hints[count] = (struct hint){.key = keys[count], .text = hint->text};
		count++;
	}
	return count;
}

static void footer_draw(struct deck *deck, struct grid *grid, struct rect row)
{
	const struct cluster *cluster = deck_main(deck)->ops->place->cluster(deck_main(deck));
	struct hint hints[VIEW_HINTS + 2];
	char keys[VIEW_HINTS + 2][KEYMAP_HINT], right[160];
	struct text text = text_in(right, sizeof(right));
	size_t count;

	if (deck->prompting) {
		if (*deck->prompt_error)
			grid_put_cut(grid, row.row - 1, row.col, row.cols, STYLE_ERROR, deck->prompt_error);
		prompt_draw(&deck->prompt, grid, row);
		if (deck->prompting == DECK_PROMPT_QUERY)
			prompt_draw_offers(&deck->prompt, grid, row);
		return;
	}
	if (*deck->message) {
		message_draw(grid, row, deck->message, deck->message_is_error ? STYLE_ERROR : STYLE_MESSAGE);
		return;
	}
	count = hints_collect(deck, hints, keys, VIEW_HINTS + 2);
	if (deck->pending.count > 0) {
		for (size_t i = 0; i < deck->pending.count; i++) {
			char name[KEY_NAME_MAX];
			key_format(deck->pending.keys[i], name);
			text_printf(&text, "%s ", name);
		}
		text_add(&text, "…");
	} else if (cluster) {
		text_printf(&text, "%s: ", cluster->name);
		cluster_describe(cluster, &text);
	}
	hints_draw(grid, row, hints, count, right, cluster ? link_style(cluster->link) : STYLE_FOOTER);
}

static void palette_show(struct deck *deck, struct grid *grid)
{
	struct palette_row rows[DECK_PALETTE];
	char keys[DECK_PALETTE][KEYMAP_HINT];
	struct rect above = grid_rect(grid);

	rect_cut_bottom(&above, 1);
	for (size_t i = 0; i < deck->palette_count; i++) {
		enum action_id id = (enum action_id)deck->palette[i];
		const struct action *action = action_get(id);
		keys[i][0] = '\0';
		if (deck->scene->keymap)
			keymap_hint(deck->scene->keymap, id, action->scopes, keys[i]);
		rows[i] = (struct palette_row){.name = action->name, .help = action->help, .key = keys[i]};
	}
	palette_draw(grid, above, rows, deck->palette_count, deck->palette_at);
}

static void panes_draw(struct deck *deck, struct grid *grid)
{
	const struct layout *layout = &deck->layout;
	int lines = !deck->over;

	if (!rect_is_empty(layout->list))
		view_draw(deck_main(deck), grid, layout->list, lines && deck->focus == PANE_LIST);
	if (!rect_is_empty(layout->line))
		grid_vline(grid, layout->line.row, layout->line.col, layout->line.rows, STYLE_BORDER);
	detail_draw(deck, grid, layout->detail);
	if (!rect_is_empty(layout->timeline))
		view_draw(deck->timeline, grid, layout->timeline, lines && deck->focus == PANE_TIMELINE);
}

void deck_draw(struct deck *deck, struct grid *grid)
{
	grid_clear(grid);
	deck->rows = grid->rows;
	deck->cols = grid->cols;
	deck_layout(deck);
	deck_follow_selection(deck);
	header_view_draw(deck->scene, grid, deck->layout.header, services_cluster(deck->list));
	if (deck->over) {
		struct rect rect = grid_rect(grid);
		rect_cut_top(&rect, 1);
		rect_cut_bottom(&rect, 1);
		view_draw(deck->overs[deck->over], grid, rect, 1);
	} else {
		panes_draw(deck, grid);
	}
	footer_draw(deck, grid, deck->layout.footer);
	if (deck->prompting == DECK_PROMPT_COMMAND)
		palette_show(deck, grid);
	if (deck->form_is_open)
		form_draw(&deck->form, grid, grid_rect(grid));
	if (dialog_is_open(&deck->dialog))
		dialog_draw(&deck->dialog, grid, grid_rect(grid));
	deck->drawn = deck->over || deck->place != DECK_SERVICES || rect_is_empty(deck->layout.list) ? 0 : deck->list->ops->rows(deck->list);
}

size_t deck_rows_drawn(const struct deck *deck)
{
	return deck->drawn;
}

size_t deck_scopes(const struct deck *deck, unsigned scopes[DECK_SCOPES])
{
	size_t count = 0;

	scopes[count++] = deck_focused(deck)->ops->scope;
	if (!deck->over && deck->focus == PANE_DETAIL && deck->place == DECK_SERVICES)
		scopes[count++] = SCOPE_DETAIL;
	scopes[count++] = SCOPE_GLOBAL;
	return count;
}

int deck_works_here(const struct deck *deck, enum action_id action)
{
	unsigned scopes[DECK_SCOPES];
	size_t count = deck_scopes(deck, scopes);
	const struct action *row = action_get(action);

	for (size_t i = 0; row && i < count; i++)
		if (row->scopes & scopes[i])
			return 1;
	return 0;
}

void deck_say(struct deck *deck, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(deck->message, sizeof(deck->message), fmt, args);
	va_end(args);
	deck->message_is_error = error;
	messages_add(deck->overs[DECK_OVER_MESSAGES],
	             deck->scene->fleet->clock->wall(deck->scene->fleet->clock), error,
	             deck->message);
}

void deck_demand(struct deck *deck, struct demand *demand)
{
	const struct view *view = deck_detail(deck);

	demand_init(demand);
	deck_layout(deck);
	deck_follow_selection(deck);
	if (deck->tab != DECK_YAML || deck->over || rect_is_empty(deck->layout.detail))
		yaml_conceal(deck->tabs[DECK_YAML]);
	/* The columns; under a help page nobody looks at them. */
	demand->fleet_metrics = !deck->over;
	/* What nobody sees is not asked for. */
	if (deck->over && deck->overs[deck->over]->ops->demand)
		deck->overs[deck->over]->ops->demand(deck->overs[deck->over], demand);
	if (!rect_is_empty(deck->layout.detail) && view->ops->demand && *view->service)
		view->ops->demand(view, demand);
}

int deck_copy(struct deck *deck, struct buf *out)
{
	struct view *view = deck_focused(deck);

	return view->ops->copy ? view->ops->copy(view, out) : -1;
}

void deck_reread(struct deck *deck)
{
	if (deck->tab == DECK_YAML)
		yaml_reread(deck->tabs[DECK_YAML]);
}
