/* SPDX-License-Identifier: MIT */
/*
 * Help, written by the tables themselves: actions with their keys for where the focus was, the
 * commands without a key, columns, the order of health, reasons of pods. Keys stand in two columns
 * where there is room; sentences are wrapped, never cut.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "ui/bars.h"
#include "view/page.h"
#include "view/views.h"

enum { KEYS = 64, MARGIN = 3, WORD_CELLS = 20, SCOPES = 8 };

struct help {
	struct view view;
	unsigned scopes[SCOPES];
	size_t scope_count;
	struct page page;
	struct pager pager;
	int width;
};

static void help_open(struct view *view)
{
	pager_init(&((struct help *)view)->pager);
}

static void help_close(struct view *view)
{
	page_release(&((struct help *)view)->page);
}

static void section(struct help *help, const char *title)
{
	page_line(&help->page);
	page_line(&help->page);
	page_put(&help->page, STYLE_TEXT, " ");
	page_put(&help->page, STYLE_TITLE, title);
}

/* The actions of a scope that have a key there; returns how many. */
static size_t actions_find(const struct help *help, unsigned scope, enum action_id out[ACTION_COUNT])
{
	size_t count = 0;

	for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
		char keys[KEYS] = "";
		if (!(action_get((enum action_id)id)->scopes & scope))
			continue;
		if (help->view.scene->keymap)
			keymap_keys(help->view.scene->keymap, (enum action_id)id, scope, keys, sizeof(keys));
		if (*keys)
			out[count++] = (enum action_id)id;
	}
	return count;
}

static void put_action(struct help *help, enum action_id id, unsigned scope, int column, int keys_width)
{
	char keys[KEYS] = "";

	keymap_keys(help->view.scene->keymap, id, scope, keys, sizeof(keys));
	page_pad(&help->page, column + MARGIN);
	page_put(&help->page, STYLE_KEY, keys);
	page_pad(&help->page, column + MARGIN + keys_width + 2);
	page_put(&help->page, STYLE_TEXT, action_get(id)->help);
}

/* Cells that the widest keys and the longest sentence take. */
static void actions_measure(const struct help *help, const enum action_id *ids, size_t count, unsigned scope,
                            int *keys_width, int *text_width)
{
	*keys_width = *text_width = 0;
	for (size_t i = 0; i < count; i++) {
		char keys[KEYS] = "";
		int cells, text = utf8_cells(action_get(ids[i])->help);
		keymap_keys(help->view.scene->keymap, ids[i], scope, keys, sizeof(keys));
		cells = utf8_cells(keys);
		*keys_width = cells > *keys_width ? cells : *keys_width;
		*text_width = text > *text_width ? text : *text_width;
	}
}

/* In two columns where they fit whole. */
static void put_actions(struct help *help, unsigned scope)
{
	enum action_id ids[ACTION_COUNT];
	size_t count = actions_find(help, scope, ids), rows = count;
	int keys_width, text_width, half = help->width / 2;

	if (count == 0)
		return;
	section(help, scope_title(scope));
	actions_measure(help, ids, count, scope, &keys_width, &text_width);
	if (MARGIN + keys_width + 2 + text_width < half)
		rows = (count + 1) / 2;
	for (size_t i = 0; i < rows; i++) {
		page_line(&help->page);
		put_action(help, ids[i], scope, 0, keys_width);
		if (i + rows < count)
			put_action(help, ids[i + rows], scope, half, keys_width);
	}
}

static void put_sentence(struct help *help, uint16_t style, const char *word, const char *sentence)
{
	page_line(&help->page);
	page_pad(&help->page, MARGIN);
	page_put(&help->page, style, word);
	page_pad(&help->page, MARGIN + WORD_CELLS);
	page_wrap(&help->page, STYLE_TEXT, help->width, sentence);
}

/* Actions that no key reaches: by name, in the command prompt. */
static void put_commands(struct help *help)
{
	const struct keymap *keymap = help->view.scene->keymap;
	int titled = 0;

	for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
		const struct action *action = action_get((enum action_id)id);
		char keys[KEYS] = "";
		if (keymap)
			keymap_keys(keymap, (enum action_id)id, action->scopes, keys, sizeof(keys));
		if (*keys)
			continue;
		if (!titled++)
			section(help, "Commands without a key");
		put_sentence(help, STYLE_STRONG, action->name, action->help);
	}
}

static void put_filters(struct help *help)
{
	static const struct {
		const char *word, *sentence;
	} rows[] = {
		{"pay", "the name, namespace, team, cluster or reason contains it"},
		{"!pay", "does not"},
		{"team=payments", "a column is; != is not, ~ contains"},
		{"-l tier=web", "a label of a workload is; -l tier: it has the label"},
	};

	section(help, "Filters: words that must all be true");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		put_sentence(help, STYLE_STRONG, rows[i].word, rows[i].sentence);
}

static void put_tables(struct help *help)
{
	section(help, "Columns, to sort and to filter by");
	for (size_t i = 0; i < column_count; i++)
		put_sentence(help, STYLE_STRONG, columns[i].key, columns[i].help);
	section(help, "Health: the first that is true, worst first");
	for (size_t i = 0; i < health_row_count; i++)
		put_sentence(help, STYLE_STRONG, health_words[health_rows[i].health], health_rows[i].help);
	section(help, "Why a pod is not well, worst first");
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
		put_sentence(help, STYLE_STRONG, reasons[i].word, reasons[i].help);
}

/* Built anew at each call: it is a screen that somebody reads, not one that moves. */
static void help_source(struct help *help, struct pager_source *source)
{
	help->width = help->view.rect.cols - 1;
	page_clear(&help->page);
	for (size_t i = 0; i < help->scope_count; i++)
		put_actions(help, help->scopes[i]);
	put_commands(help);
	put_filters(help);
	put_tables(help);
	page_source(&help->page, source);
}

void help_set_scopes(struct view *view, const unsigned *scopes, size_t count)
{
	struct help *help = (struct help *)view;

	help->scope_count = count < SCOPES ? count : SCOPES;
	memcpy(help->scopes, scopes, help->scope_count * sizeof(*scopes));
	pager_init(&help->pager);
}

static void help_draw_view(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct help *help = (struct help *)view;
	struct pager_source source;
	struct rect title = rect_cut_top(&rect, 1);
	char position[48];

	view->rect = rect;
	help_source(help, &source);
	pager_position(&help->pager, &source, rect, position, sizeof(position));
	title_draw(grid, title, "help", position, focused);
	pager_draw(&help->pager, grid, rect, &source);
}

static int help_act(struct view *view, enum action_id action)
{
	struct help *help = (struct help *)view;
	struct pager_source source;

	help_source(help, &source);
	return pager_act(&help->pager, &source, view->rect, action);
}

static int help_copy(struct view *view, struct buf *out)
{
	struct help *help = (struct help *)view;
	struct pager_source source;

	help_source(help, &source);
	return pager_copy(&help->pager, &source, out);
}

static int help_search(struct view *view, const char *text)
{
	struct help *help = (struct help *)view;
	struct pager_source source;

	help_source(help, &source);
	return pager_search(&help->pager, &source, view->rect, text);
}

static const char *help_searching(const struct view *view)
{
	return ((const struct help *)view)->pager.search;
}

const struct view_ops help_view = {
	.name = "help",
	.scope = SCOPE_TEXT,
	.size = sizeof(struct help),
	.hints = {
		{ACTION_SEARCH, "search"},
		{ACTION_SEARCH_NEXT, "next"},
		{ACTION_MOVE_PAGE_DOWN, "more"},
		{ACTION_APP_BACK, "close"},
	},
	.open = help_open,
	.close = help_close,
	.draw = help_draw_view,
	.act = help_act,
	.search = help_search,
	.copy = help_copy,
	.searching = help_searching,
};
