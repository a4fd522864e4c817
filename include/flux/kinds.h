/* SPDX-License-Identifier: MIT */
#ifndef FLUX_KINDS_H
#define FLUX_KINDS_H

#include "kube/kind.h"

/*
 * The kinds of Flux, Flagger, Argo Rollouts, KEDA, Kanister and tofu-controller: a table for
 * source_options.kinds. Those that rows show come first. All are optional: a server that lacks a
 * kind, or serves an older version of it, is asked nothing more.
 */
extern const struct kind flux_kinds[];

const struct kind *flux_kind(enum object_kind object); /* NULL when it is none of these */

#endif
