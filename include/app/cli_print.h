/* SPDX-License-Identifier: MIT */
#ifndef APP_CLI_PRINT_H
#define APP_CLI_PRINT_H

#include <stdio.h>

#include "app/cli.h"

/* A table for people: columns as wide as their widest cell, three blanks between. */
enum { TABLE_COLUMNS_MAX = 40 };

struct table {
	size_t columns;
	struct vec cells; /* char *, row after row, the titles first */
};

void table_init(struct table *table, size_t columns);
void table_add(struct table *table, const char *text); /* copied */
void table_print(struct table *table, FILE *out);      /* and releases it */
void table_release(struct table *table);

#endif
