/* SPDX-License-Identifier: MIT */
#ifndef LOAD_TOOL_H
#define LOAD_TOOL_H

#include "load/engine.h"
#include "load/sample.h"

/*
 * A run whose requests another program sends: k6 or JMeter, started by us, or an agent beside one, whose
 * rows a file gets. Its samples become the same folder, seconds and verdict as those of the native engine.
 */
int tool_run(const struct engine_options *options, struct err *err);
/* Follows a JTL until FILE.done exists; every second also goes to stdout as a line of JSON. */
int agent_run(const char *jtl, const char *folder, const struct profile *profile, struct err *err);

/* The profile as a script for k6, and as a plan for JMeter. They hold the profile's headers and bodies. */
int k6_script_write(const struct profile *profile, struct buf *out) MUST_USE;
int jmx_write(const struct profile *profile, struct buf *out) MUST_USE;

#endif
