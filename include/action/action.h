/* SPDX-License-Identifier: MIT */
#ifndef ACTION_ACTION_H
#define ACTION_ACTION_H

#include <stddef.h>

/*
 * Named actions. include/action/actions.def is the one table; app/dispatch alone carries them out.
 */
enum scope {
	SCOPE_GLOBAL = 1 << 0, /* works everywhere but in prompts and dialogs */
	SCOPE_LIST = 1 << 1,   /* the list of services has the focus */
	SCOPE_DETAIL = 1 << 2, /* the detail has it, whatever its tab */
	SCOPE_OVERVIEW = 1 << 3,
	SCOPE_PODS = 1 << 4,
	SCOPE_LOGS = 1 << 5,
	SCOPE_EVENTS = 1 << 6,
	SCOPE_YAML = 1 << 7,
	SCOPE_TIMELINE = 1 << 8,
	SCOPE_TEXT = 1 << 9, /* help, messages and other texts over the screen */
	SCOPE_METRICS = 1 << 10,
	SCOPE_LOADS = 1 << 11, /* load tests */
	SCOPE_SHEET = 1 << 12, /* another list in the services' place: Flux, paused, rollouts */
	SCOPE_OBJECT = 1 << 13, /* the detail beside such a list */
	SCOPE_CHAIN = 1 << 14, /* the way of a commit to a service */
	SCOPE_FLAGS = 1 << 15, /* flags: of a service, and the matrix */
	SCOPE_ROLLOUT = 1 << 16,
	SCOPE_BITS = 17,
	SCOPE_PAGER = SCOPE_OBJECT | SCOPE_OVERVIEW | SCOPE_LOGS | SCOPE_EVENTS | SCOPE_YAML | SCOPE_TEXT | SCOPE_CHAIN | SCOPE_ROLLOUT,
	SCOPE_MOVE = SCOPE_PAGER | SCOPE_LIST | SCOPE_SHEET | SCOPE_PODS | SCOPE_TIMELINE | SCOPE_METRICS | SCOPE_LOADS | SCOPE_FLAGS
};

/* What must hold before an action is carried out; each has its message in one table. */
enum need {
	NEED_SELECTION = 1 << 0, /* a service is selected */
	NEED_ROW = 1 << 1,       /* the list with the focus has a row */
	NEED_MARKS = 1 << 2,     /* services are marked */
	NEED_FILTER = 1 << 3,    /* a filter is set */
	NEED_SEARCH = 1 << 4,    /* a search is set */
	NEED_CLUSTER = 1 << 5,   /* the selection's cluster is live */
	NEED_WRITE = 1 << 6,     /* not --read-only */
	NEED_AUDIT = 1 << 7,     /* the audit can be written: no change without it */
	NEED_BITS = 8
};

/* What a person is asked before it is carried out. */
enum confirm {
	CONFIRM_NONE,
	CONFIRM_PROD, /* protected clusters: type the name; others: nothing */
	CONFIRM_ASK,  /* y or n; protected clusters: type the name */
	CONFIRM_TYPE, /* always type the name */
	CONFIRM_PREVIEW /* what would be sent and what would happen; then as CONFIRM_ASK. The app asks */
};

enum action_id {
	ACTION_NONE,
#define ACTION(id, name, scopes, needs, confirm, help) ACTION_##id,
#include "action/actions.def"
#undef ACTION
	ACTION_COUNT
};

struct action {
	const char *name;
	unsigned scopes, needs;
	enum confirm confirm;
	const char *help;
};

/* NULL for ACTION_NONE and what is no id. */
const struct action *action_get(enum action_id id);
enum action_id action_find(const char *name); /* ACTION_NONE when there is none */
const char *action_nearest(const char *name); /* the name most likely meant, or NULL */

/* The sentence for the first need that is not among `met` (enum need bits), or NULL: all are. */
const char *action_unmet(enum action_id id, unsigned met);

/* Scopes by name, as in keymaps: "global", "list", "logs", and the groups "pager" and "move". */
unsigned scope_find(const char *name);       /* bits, or 0 */
const char *scope_nearest(const char *name); /* the name most likely meant, or NULL */
const char *scope_name(unsigned scope);      /* NULL when it has none */
const char *scope_title(unsigned scope);     /* for help: "The list of services" */

#endif
