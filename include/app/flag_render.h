/* SPDX-License-Identifier: MIT */
#ifndef APP_FLAG_RENDER_H
#define APP_FLAG_RENDER_H

#include "app/flag_desk.h"

/*
 * What a change does to the objects themselves: the repository's chart rendered by the helm program with
 * the values before and after, object by object. A preview: what is observed decides.
 */
struct rendered_object {
	char *place, *op, *kind, *name; /* op: "create", "change", "delete" */
	char *diff;                     /* of a change; "" */
	int restarts_pods;              /* the template of its pods is another */
};

struct rendered {
	struct rendered_object *items;
	size_t count;
	char why[400]; /* why there is none, in a sentence; "" when it was rendered */
};

void desk_render(struct flag_desk *desk, const struct flag_plan *plan, const struct flag_change *change, struct rendered *rendered);
void rendered_release(struct rendered *rendered);
void rendered_print(const struct rendered *rendered);
struct cJSON *rendered_json(const struct rendered *rendered);

#endif
