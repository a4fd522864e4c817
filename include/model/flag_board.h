/* SPDX-License-Identifier: MIT */
#ifndef MODEL_FLAG_BOARD_H
#define MODEL_FLAG_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"

struct fleet;
struct service;

/*
 * The platform's flags as a repository declares them, resolved: a row for each service, environment
 * and region, a cell for each flag. Built anew for each commit, and const from then on. Strings and
 * arrays are the arena's; all of them were sanitised.
 */
enum flag_kind { FLAG_KIND_SWITCH, FLAG_KIND_CHOICE, FLAG_KIND_TEXT };

struct flag_column {
	const char *key, *docs, *risk, *owner; /* owner "" */
	const char *letter;   /* of the services table; "" without */
	const char *creates;  /* kind of object that it makes, "HorizontalPodAutoscaler"; "" */
	const char *expires;  /* the flag itself; "" */
	enum flag_kind kind;
	const char *const *values; /* of a choice */
	size_t value_count;
	long approvals;
	int is_main;          /* of the matrix: switches and choices */
};

struct flag_cell {
	const char *value;    /* as one line of YAML; "null" */
	const char *origin;   /* "services/pay/prod/platform.yaml:4", or "default" */
	unsigned on : 1;
	unsigned own : 1;     /* the service's file says it */
	unsigned uncertain : 1; /* a file that speaks for it cannot be read */
	int64_t expires_ms;   /* when the override runs out; 0: not at all */
	const struct flag_event *changed; /* the last commit that set it; NULL: none in sight */
};

struct flag_row {
	const char *service, *env, *region; /* region "" */
	const char *place;                  /* "pay/prod/eu-west-1": unique */
	const char *letters;                /* "HP··" */
	struct flag_cell *cells;            /* by column */
	int protected;
};

/* A commit that changed flags; the newest first. */
struct flag_event {
	const char *sha, *change, *author, *subject, *reason; /* reason "" */
	const char *what;      /* "hpa.enabled unset → true" and how many more */
	int64_t at_ms, expires_ms, guarded_ms; /* 0: neither */
	int reverted;
};

struct flag_board {
	struct arena *arena;
	struct flag_column *columns;
	size_t column_count;
	struct flag_row *rows; /* by service, environment, region */
	size_t row_count;
	struct map by_place;   /* const struct flag_row * */
	struct flag_event *events;
	size_t event_count;
	const char *repository, *branch, *revision; /* as they may be shown */
	const char *trouble;   /* files that cannot be read, in words; "" */
	size_t issues;         /* that lint finds */
};

/* What a view sees: the newest board, and how it stands. */
struct flag_state {
	const struct flag_board *board; /* NULL: none yet */
	char words[240];                /* "reading…", or why the board is old or missing; "" when all is well */
	char busy[160];                 /* a change on its way: "pushing hpa.enabled"; "" without */
};

struct flag_board *flag_board_new(void);
void flag_board_free(struct flag_board *board); /* NULL is fine */
/* After rows were filled. */
void flag_board_index(struct flag_board *board);
char *flag_board_text(struct flag_board *board, const char *text); /* copied; NULL reads as "" */
/* The row that speaks for a service of a cluster: by name, and the cluster's environment and region.
 * NULL: the repository has none, or the cluster does not say which environment it is. */
const struct flag_row *flag_board_row(const struct flag_board *board, const struct service *service);
/* Gives every service the letters of its row; "" where there is none. Returns whether any changed. A NULL
 * board takes them away. */
int fleet_set_flags(struct fleet *fleet, const struct flag_board *board);
long flag_board_column(const struct flag_board *board, const char *key); /* -1 */

#endif
