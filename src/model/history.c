/* SPDX-License-Identifier: MIT */
#include "model/history.h"

#include <stdlib.h>

void history_free(struct history *history)
{
	if (!history)
		return;
	for (size_t i = 0; i < history->count; i++) {
		for (size_t k = 0; k < history->items[i].line_count; k++)
			free(history->items[i].lines[k]);
		free(history->items[i].lines);
	}
	free(history->items);
	free(history);
}
