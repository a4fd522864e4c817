/* SPDX-License-Identifier: MIT */
#include "model/flag_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/fleet.h"
#include "model/service.h"

enum { BOARD_MAX = 512 << 20 };

struct flag_board *flag_board_new(void)
{
	struct flag_board *board = mem_new(sizeof(*board));
	board->arena = arena_new(BOARD_MAX);
	map_init(&board->by_place);
	board->repository = board->branch = board->revision = board->trouble = "";
	return board;
}

void flag_board_free(struct flag_board *board)
{
	if (!board)
		return;
	map_release(&board->by_place);
	arena_free(board->arena);
	free(board);
}

char *flag_board_text(struct flag_board *board, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	char *copy = arena_alloc(board->arena, len + 1);
	if (!copy)
		abort(); /* half a gigabyte of flags: not from files that were bounded on the way in */
	memcpy(copy, text ? text : "", len);
	copy[len] = '\0';
	return copy;
}

void flag_board_index(struct flag_board *board)
{
	for (size_t i = 0; i < board->row_count; i++)
		map_put(&board->by_place, board->rows[i].place, &board->rows[i]);
}

const struct flag_row *flag_board_row(const struct flag_board *board, const struct service *service)
{
	char place[600];
	const struct flag_row *row = NULL;
	if (!board || !service || !*service->cluster->env)
		return NULL;
	if (*service->cluster->region) {
		snprintf(place, sizeof(place), "%s/%s/%s", service->name, service->cluster->env, service->cluster->region);
		row = map_get(&board->by_place, place);
	}
	if (!row) {
		snprintf(place, sizeof(place), "%s/%s", service->name, service->cluster->env);
		row = map_get(&board->by_place, place);
	}
	return row;
}

long flag_board_column(const struct flag_board *board, const char *key)
{
	for (size_t i = 0; i < board->column_count; i++)
		if (strcmp(board->columns[i].key, key) == 0)
			return (long)i;
	return -1;
}

int fleet_set_flags(struct fleet *fleet, const struct flag_board *board)
{
	int changed = fleet->flagged != (board != NULL);
	fleet->flagged = board != NULL;
	for (size_t i = 0; i < fleet->services.len; i++) {
		struct service *service = fleet->services.items[i];
		const struct flag_row *row = flag_board_row(board, service);
		const char *letters = intern_take(fleet->strings, row ? row->letters : "");
		/* Equal strings of the pool are equal pointers. */
		changed |= letters != service->flags && (*letters || service->flags);
		intern_drop(fleet->strings, service->flags);
		service->flags = letters;
	}
	if (changed)
		fleet->stirred = 1;
	return changed;
}
