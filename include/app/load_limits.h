/* SPDX-License-Identifier: MIT */
#ifndef APP_LOAD_LIMITS_H
#define APP_LOAD_LIMITS_H

#include "app/config.h"
#include "load/profile.h"

/*
 * Whether a profile may run: its target must be allowed for its environment, its rate and length
 * within what the configuration says there. Without configuration only this machine may be loaded.
 */
int load_limits_check(const struct config *config, const struct profile *profile, struct err *err) MUST_USE;

#endif
