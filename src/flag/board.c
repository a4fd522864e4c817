/* SPDX-License-Identifier: MIT */
/* Resolves everything once; what the screen asks later is a look into a table. */
#include "flag/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"

enum { VALUE_SHOWN = 400 };

static void *take(struct flag_board *board, size_t count, size_t size)
{
	void *memory = arena_alloc(board->arena, (count + 1) * size);
	if (!memory)
		abort();
	memset(memory, 0, (count + 1) * size);
	return memory;
}

static const char *safe(struct flag_board *board, const char *text)
{
	char *clean = utf8_sanitised(text ? text : "", text ? strlen(text) : 0, VALUE_SHOWN);
	const char *copy = flag_board_text(board, clean);
	free(clean);
	return copy;
}

static void fill_column(struct flag_board *board, struct flag_column *column, const struct flag *flag)
{
	const char **values = take(board, flag->values.count, sizeof(*values));
	for (size_t i = 0; i < flag->values.count; i++)
		values[i] = safe(board, flag->values.items[i]);
	*column = (struct flag_column){.key = safe(board, flag->key), .docs = safe(board, flag->docs), .risk = flag_risk_names[flag->risk],
	    .owner = safe(board, flag->owner), .letter = safe(board, flag->letter), .expires = safe(board, flag->expires), .creates = "",
	    .kind = flag->type == FLAG_BOOL ? FLAG_KIND_SWITCH : flag->type == FLAG_ENUM ? FLAG_KIND_CHOICE : FLAG_KIND_TEXT,
	    .values = values, .value_count = flag->values.count, .approvals = flag->approvals,
	    .is_main = flag->type == FLAG_BOOL || flag->letter != NULL};
	for (size_t i = 0; i < flag->effect_count && !*column->creates; i++)
		if (strcmp(flag->effects[i].op, "create") == 0) {
			const char *kind = strrchr(flag->effects[i].gvk, '/');
			column->creates = safe(board, kind ? kind + 1 : flag->effects[i].gvk);
		}
}

static int64_t moment(const char *stamp)
{
	int64_t ms;
	return stamp && stamp_parse(stamp, &ms) == 0 ? ms : 0;
}

static void fill_events(struct flag_board *board, const struct flag_history *history, int64_t now_ms)
{
	board->events = take(board, history->count, sizeof(*board->events));
	board->event_count = history->count;
	for (size_t i = 0; i < history->count; i++) {
		const struct flag_commit *commit = &history->items[i];
		const struct flag_intent *first = &commit->change.items[0];
		char room[300], scope[300];
		struct text what = text_in(room, sizeof(room));
		int64_t until;
		flag_intent_scope(first, scope, sizeof(scope));
		text_printf(&what, "%s %s → %s  %s", first->key, first->from ? first->from : "unset", first->to ? first->to : "unset", scope);
		if (commit->change.count > 1)
			text_printf(&what, " +%zu", commit->change.count - 1);
		board->events[i] = (struct flag_event){.sha = safe(board, commit->sha), .change = safe(board, commit->change.id),
		    .author = safe(board, commit->author), .subject = safe(board, commit->change.subject),
		    .reason = safe(board, commit->change.reason), .what = safe(board, room), .at_ms = commit->at_ms,
		    .expires_ms = moment(commit->change.expires), .reverted = commit->reverted,
		    .guarded_ms = flag_commit_is_guarded(commit, now_ms, &until) ? until : 0};
	}
}

static void fill_cell(struct flag_board *board, struct flag_cell *cell, const struct flag_value *value)
{
	struct buf text;
	char origin[700];
	buf_init(&text, 1 << 20);
	cell->value = flag_value_text(value, &text) == 0 ? safe(board, buf_string(&text)) : "?";
	buf_release(&text);
	if (value->file)
		snprintf(origin, sizeof(origin), "%s:%d", value->file->path, value->line);
	cell->origin = value->file ? safe(board, origin) : "default";
	cell->on = (unsigned)(flag_is_on(value) != 0);
	cell->own = value->layer >= LAYER_SERVICE;
	cell->uncertain = value->trouble != NULL;
}

static void fill_row(struct flag_board *board, const struct flag_tree *tree, const char *service, const struct flag_env *env,
                     const char *region)
{
	struct flag_row *row = &board->rows[board->row_count++];
	struct flag_scope scope;
	char place[600], letters[64];
	struct text drawn = text_in(letters, sizeof(letters));
	snprintf(place, sizeof(place), "%s/%s%s%s", service, env->name, region ? "/" : "", region ? region : "");
	*row = (struct flag_row){.service = safe(board, service), .env = safe(board, env->name), .region = safe(board, region),
	                         .place = safe(board, place), .cells = take(board, board->column_count, sizeof(*row->cells)), .protected = env->protected};
	flag_scope_init(&scope, tree, service, env->name, region);
	for (size_t i = 0; i < board->column_count; i++) {
		struct flag_value value;
		flag_resolve(&scope, &tree->catalog.flags[i], &value);
		fill_cell(board, &row->cells[i], &value);
		if (*board->columns[i].letter)
			text_add(&drawn, row->cells[i].uncertain ? "?" : row->cells[i].on ? board->columns[i].letter : "·");
	}
	row->letters = safe(board, letters);
}

/* What a commit says of a place without a region holds in all of its regions. */
static void mark_changes(struct flag_board *board, const struct flag_tree *tree, const struct flag_history *history)
{
	for (size_t i = history->count; i-- > 0;) {
		const struct flag_commit *commit = &history->items[i];
		for (size_t k = 0; k < commit->change.count; k++) {
			const struct flag_intent *intent = &commit->change.items[k];
			const struct flag_env *env = catalog_env(&tree->catalog, intent->env);
			long column = flag_board_column(board, intent->key);
			size_t regions = env && env->regions.count && !intent->region ? env->regions.count : 1;
			for (size_t r = 0; r < regions && column >= 0; r++) {
				char place[600];
				const char *region = env && env->regions.count && !intent->region ? env->regions.items[r] : intent->region;
				snprintf(place, sizeof(place), "%s/%s%s%s", intent->service, intent->env, region ? "/" : "", region ? region : "");
				struct flag_row *row = map_get(&board->by_place, place);
				if (!row)
					continue;
				row->cells[column].changed = &board->events[i];
				row->cells[column].expires_ms = commit->reverted ? 0 : board->events[i].expires_ms;
			}
		}
	}
}

static void say_trouble(struct flag_board *board, const struct flag_tree *tree)
{
	size_t count = 0;
	char room[400];
	const char *first = "";
	for (size_t i = 0; i < tree->files.len; i++) {
		const struct flag_file *file = tree->files.items[i];
		if (file->trouble && !count++)
			first = file->trouble;
	}
	if (!count)
		return;
	snprintf(room, sizeof(room), "%.300s%s", first, count > 1 ? " (and more)" : "");
	board->trouble = safe(board, room);
}

struct flag_board *flag_board_build(const struct flag_tree *tree, const struct flag_history *history, const char *repository,
                                    const char *branch, int64_t now_ms)
{
	struct flag_board *board = flag_board_new();
	struct flag_issues issues;
	size_t most = 0;
	board->repository = safe(board, repository);
	board->branch = safe(board, branch);
	board->revision = safe(board, tree->revision);
	board->column_count = tree->catalog.count;
	board->columns = take(board, board->column_count, sizeof(*board->columns));
	for (size_t i = 0; i < board->column_count; i++)
		fill_column(board, &board->columns[i], &tree->catalog.flags[i]);
	for (size_t e = 0; e < tree->catalog.env_count; e++)
		most += tree->services.len * (tree->catalog.envs[e].regions.count + 1);
	board->rows = take(board, most, sizeof(*board->rows));
	for (size_t s = 0; s < tree->services.len; s++)
		for (size_t e = 0; e < tree->catalog.env_count; e++) {
			const struct flag_env *env = &tree->catalog.envs[e];
			if (!flag_service_in(tree, tree->services.items[s], env->name))
				continue;
			for (size_t r = 0; r < (env->regions.count ? env->regions.count : 1); r++)
				fill_row(board, tree, tree->services.items[s], env, env->regions.count ? env->regions.items[r] : NULL);
		}
	flag_board_index(board);
	if (history) {
		fill_events(board, history, now_ms);
		mark_changes(board, tree, history);
	}
	say_trouble(board, tree);
	flag_lint(tree, now_ms, &issues);
	board->issues = issues.errors;
	flag_issues_release(&issues);
	return board;
}
