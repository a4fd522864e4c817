/* SPDX-License-Identifier: MIT */
#include "model/flux.h"
#include "model/owner.h"

void flux_change(struct cluster *cluster, enum object_kind kind, struct object *old, struct object *fresh)
{
	(void)kind, (void)old, (void)fresh;
	cluster->fleet->stirred = 1;
}
