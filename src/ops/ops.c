/* SPDX-License-Identifier: MIT */
/* What operations share: who acts, whether anything may be changed at all. */
#include "ops/ops.h"

#include <stdlib.h>

#include "base/mem.h"
#include "op_state.h"

struct ops *ops_new(const struct ops_options *options)
{
	struct ops *ops = mem_new(sizeof(*ops));

	ops->options = *options;
	vec_init(&ops->waiting);
	vec_init(&ops->users);
	/* Ids of the timeline: others may have theirs, so these begin far away from them. */
	ops->last_id = UINT64_C(1) << 32;
	who_begin(ops);
	return ops;
}

void ops_free(struct ops *ops)
{
	if (!ops)
		return;
	who_end(ops);
	free(ops);
}

const char *ops_refusal(const struct ops *ops)
{
	if (ops->options.read_only)
		return "this session is read-only (--read-only): nothing is changed";
	if (!audit_permits(ops->options.audit))
		return audit_trouble(ops->options.audit);
	return NULL;
}

struct loop *ops_loop(const struct ops *ops)
{
	return ops->options.loop;
}
