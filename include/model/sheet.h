/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SHEET_H
#define MODEL_SHEET_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/column.h"

struct cJSON;
struct cluster;
struct fleet;
struct object;
struct service;

/*
 * A list over all clusters beside that of the services: declared once, shown by the console in the
 * services' place (`:flux`) and by the command line (`get flux`). To add one, write its rows and cells
 * and put it into the table of sheet.c: drawing, filtering, marks, JSON and the commands follow.
 */
struct sheet_row {
	const struct cluster *cluster;
	const struct object *object; /* NULL: of a thing that the model does not hold; then `label` says what */
	const void *detail;          /* the sheet's own */
	const char *label;           /* of a tree's leaf: "ns_name_group_kind" */
	int depth;                   /* in a tree; 0 in a list */
	int rank;                    /* trouble first: the smaller the worse; TONE_… of the row by itself */
};

struct sheet_column {
	const char *title, *help;
	int min_width, weight, keep, right; /* as in struct column */
	/* Writes the cell; what is absent writes nothing. `now_ms`: wall clock that ages are told from. */
	void (*format)(const struct sheet_row *row, int64_t now_ms, struct text *out);
	enum tone (*tone)(const struct sheet_row *row); /* NULL: plain */
};

struct sheet {
	const char *name;  /* "flux": in commands */
	const char *help;  /* one sentence */
	const char *empty; /* said when there is no row at all */
	const struct sheet_column *columns;
	size_t column_count;
	/* Fills *rows (on the heap: free() it) for one cluster, or all for NULL; worst first. Rows point
	 * into the model: they are good until it is written. */
	size_t (*run)(const struct fleet *fleet, const struct cluster *only, struct sheet_row **rows);
	size_t (*tree)(const struct fleet *fleet, const struct cluster *only, struct sheet_row **rows); /* may be NULL */
	struct cJSON *(*json)(const struct sheet_row *row, int64_t now_ms);
	/* Of rows without an object: the service that one is about. NULL: they are about none. */
	const struct service *(*service)(const struct sheet_row *row);
};

extern const struct sheet flux_sheet, paused_sheet, rollouts_sheet, alerts_sheet, silences_sheet;
extern const struct sheet *const sheets[];
extern const size_t sheet_count;

const struct sheet *sheet_find(const char *name); /* NULL: there is none */
/* What tells a row from all others as long as it exists: "cluster/Kind/namespace/name". */
void sheet_row_key(const struct sheet_row *row, struct text *out);
/* Whether every word of the filter (separated by blanks, case ignored, "!word": not) stands in a cell. */
int sheet_row_matches(const struct sheet *sheet, const struct sheet_row *row, const char *filter, int64_t now_ms);

/* For sheets: a growing array of rows. */
struct sheet_rows {
	struct sheet_row *items;
	size_t len, cap;
};
struct sheet_row *sheet_rows_add(struct sheet_rows *rows, const struct cluster *cluster, const struct object *object);
/* Cells that most lists have; the first two are for rows with an object. */
void sheet_kind_cell(const struct sheet_row *row, int64_t now_ms, struct text *out);
void sheet_key_cell(const struct sheet_row *row, int64_t now_ms, struct text *out); /* "namespace/name" */
void sheet_cluster_cell(const struct sheet_row *row, int64_t now_ms, struct text *out);
/* The age of a moment as kubectl prints ages; nothing for 0. */
void sheet_age(int64_t now_ms, int64_t at_ms, struct text *out);

#endif
