/* SPDX-License-Identifier: MIT */
#ifndef KUBE_DISCOVERY_DECODE_H
#define KUBE_DISCOVERY_DECODE_H

#include "base/vec.h"
#include "kube/discovery.h"

/* One discovery document of any shape: adds what it has; `paths` gets the documents that have to
 * be asked for after it (char *, free() them). -1: it is no discovery document. */
int discovery_decode(struct discovery *discovery, const char *body, size_t len, struct vec *paths);
void discovery_add(struct discovery *discovery, const char *group_version, const char *plural);
void discovery_break(struct discovery *discovery, const char *group_version);

#endif
