/* SPDX-License-Identifier: MIT */
#ifndef CHECK_MACHINE_H
#define CHECK_MACHINE_H

#include "check/check.h"

/* What the console needs of the machine it runs on: a folder for its state, an audit that can be
 * written and is whole, open files, kubectl for what is handed over to it. */
void machine_check(const char *state_path, const char *audit_path, struct findings *findings);

#endif
