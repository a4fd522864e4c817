/* SPDX-License-Identifier: MIT */
#ifndef APP_CLI_READ_H
#define APP_CLI_READ_H

#include "app/cli.h"

/* The fleet, read once, for commands that print something of it. */
struct reading {
	struct contexts contexts;
	struct session *session;
	int whole;     /* kinds that rows of services do without are wanted too */
	int timed_out;
};

int reading_open(struct reading *reading, const struct cli *cli, int whole, struct err *err) MUST_USE;
void reading_close(struct reading *reading);
/* Says on stderr what is missing of each cluster, so that nobody takes a part for the whole; gives the
 * exit code. */
int reading_report(const struct reading *reading);

#endif
