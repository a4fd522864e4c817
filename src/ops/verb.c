/* SPDX-License-Identifier: MIT */
/* The table of what can be done. Each row stands in a file of its own. */
#include "op_state.h"

static const struct verb_row *const rows[VERBS] = {
	[VERB_RESTART] = &op_restart,
	[VERB_UNDO] = &op_undo,
	[VERB_PAUSE] = &op_pause,
	[VERB_RESUME] = &op_resume,
	[VERB_SCALE] = &op_scale,
	[VERB_PROMOTE] = &op_promote,
	[VERB_PROMOTE_FULL] = &op_promote_full,
	[VERB_ABORT] = &op_abort,
	[VERB_RETRY] = &op_retry,
	[VERB_RECONCILE] = &op_reconcile,
	[VERB_SUSPEND] = &op_suspend,
	[VERB_UNSUSPEND] = &op_unsuspend,
};

const struct verb_row *verb_row(enum verb verb)
{
	return rows[verb];
}

const char *verb_name(enum verb verb)
{
	return rows[verb]->name;
}

const char *verb_word(enum verb verb)
{
	return rows[verb]->word;
}

const char *verb_help(enum verb verb)
{
	return rows[verb]->help;
}

unsigned verb_asks(enum verb verb)
{
	return rows[verb]->asks;
}

int verb_fits(enum verb verb, enum object_kind kind)
{
	return kind < OBJECT_KINDS && (rows[verb]->kinds & KIND_BIT(kind)) != 0;
}
