/* SPDX-License-Identifier: MIT */
/* What commands print: JSON values as JSON or YAML, and tables. */
#include "app/cli_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/yaml.h"

enum { OUTPUT_BYTES_MAX = 1 << 30 };

int cli_print_json(const struct cli *cli, const cJSON *value)
{
	struct err err = {0};
	struct buf out;
	int code = EXIT_DONE;
	buf_init(&out, OUTPUT_BYTES_MAX);
	int result = cli->output == OUTPUT_YAML ? yaml_write_json(&out, value, &err) : json_write(&out, value, 1);
	if (result < 0) {
		err_wrap(&err, "cannot print");
		code = cli_fail(EXIT_FAILED, &err);
	} else if (fwrite(out.data, 1, out.len, stdout) != out.len) {
		code = EXIT_FAILED;
	}
	buf_release(&out);
	return code;
}

void table_init(struct table *table, size_t columns)
{
	*table = (struct table){.columns = columns};
	vec_init(&table->cells);
}

void table_add(struct table *table, const char *text)
{
	vec_push(&table->cells, mem_copy_string(text));
}

void table_print(struct table *table, FILE *out)
{
	int widths[TABLE_COLUMNS_MAX] = {0};
	for (size_t i = 0; i < table->cells.len; i++) {
		int cells = utf8_cells(table->cells.items[i]);
		if (cells > widths[i % table->columns])
			widths[i % table->columns] = cells;
	}
	for (size_t i = 0; i < table->cells.len; i++) {
		const char *text = table->cells.items[i];
		int last = i % table->columns == table->columns - 1;
		int pad = last ? 0 : widths[i % table->columns] - utf8_cells(text) + 3;
		fprintf(out, "%s%*s%s", text, pad, "", last ? "\n" : "");
		free(table->cells.items[i]);
	}
	vec_release(&table->cells);
}

void table_release(struct table *table)
{
	for (size_t i = 0; i < table->cells.len; i++)
		free(table->cells.items[i]);
	vec_release(&table->cells);
}
