/* SPDX-License-Identifier: MIT */
#ifndef MODEL_COLUMN_H
#define MODEL_COLUMN_H

#include <stddef.h>

#include "base/text.h"

struct fleet;
struct service;

/* What a cell says, so that a theme can colour it; words always say it too. */
enum tone { TONE_PLAIN, TONE_DIM, TONE_GOOD, TONE_BUSY, TONE_WARNING, TONE_BAD, TONE_TONES };

/*
 * A column of the services table: declared once, used by the table, sort and filter,
 * `get services`, help and the README.
 */
struct column {
	const char *key;   /* in filters and JSON: "ready" */
	const char *title; /* in the table: "READY" */
	const char *help;  /* one line, for people */
	int min_width;     /* cells */
	int weight;        /* share of what is left */
	int keep;          /* 0 is dropped last when the screen is narrow */
	int descends;      /* the first sort puts the largest on top */
	int right;         /* aligned to the right */
	int in_table;      /* of the console and of `get services`; others sort and filter only */

	/* Writes the cell's text. What is absent writes nothing: absent is not zero. */
	void (*format)(const struct service *service, struct text *out);
	enum tone (*tone)(const struct service *service); /* NULL: plain */
	/* Orders two services whose value is there, the smallest first. Absent ones sort last in either
	 * direction: query_run sees to that. */
	int (*compare)(const struct service *a, const struct service *b);
	int (*absent)(const struct service *service); /* NULL: never */
	/* What filters compare with < and >: in the unit of the cell's text. NULL: it has no number. */
	double (*number)(const struct service *service);
	int flagged;       /* stands in the table only where flags are known */
	int metered;       /* stands in the table only where metrics are read */
};

extern const struct column columns[];
extern const size_t column_count;

/* Whether the table has it, as the fleet is now. */
int column_is_shown(const struct column *column, const struct fleet *fleet);
const struct column *column_find(const char *key); /* NULL when there is none */

#endif
