/* SPDX-License-Identifier: MIT */
#ifndef SIM_TARGET_H
#define SIM_TARGET_H

#include <stdint.h>

#include "base/err.h"
#include "net/loop.h"

/*
 * Something to load: a web service on loopback that answers every path. Requests queue for a few
 * workers, so its latency is flat as long as they keep up, rises where they no longer do, and what
 * would wait too long is refused with 503.
 */
struct target;

enum { TARGET_WORKERS = 8, TARGET_SERVICE_MS = 20, TARGET_WAIT_MS = 1500 }; /* 400 requests a second at most */

struct target *target_new(struct loop *loop, uint64_t seed, struct err *err);
void target_free(struct target *target); /* NULL is fine */
int target_port(const struct target *target);

#endif
