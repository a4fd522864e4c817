/* SPDX-License-Identifier: MIT */
/*
 * What a running console believes, as `get services -o json` would print it: for a comparison with
 * the cluster after hours of watching, which a fresh list cannot make. The file appears whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "console_state.h"
#include "model/query.h"
#include "model/service_json.h"

enum { DUMP_MAX = 256 << 20 };

static int dump_write(const char *path, const struct buf *text)
{
	char *draft = mem_printf("%s.new", path);
	FILE *file = fopen(draft, "w");
	int result = -1;

	if (file) {
		size_t wrote = fwrite(text->data, 1, text->len, file);
		result = fclose(file) == 0 && wrote == text->len && rename(draft, path) == 0 ? 0 : -1;
		if (result < 0)
			remove(draft);
	}
	free(draft);
	return result;
}

void console_dump(struct console *console)
{
	const struct query query = {.filter = NULL};
	struct vec rows;
	struct buf text;

	if (!console->options->dump)
		return;
	console_settle(console);
	vec_init(&rows);
	buf_init(&text, DUMP_MAX);
	query_run(&query, console->session->fleet, &rows);
	cJSON *array = services_json(&rows);
	if (json_write(&text, array, 1) < 0 || dump_write(console->options->dump, &text) < 0)
		deck_say(console->deck, 1, "the services could not be written to the --dump file");
	cJSON_Delete(array);
	buf_release(&text);
	vec_release(&rows);
}
