/* SPDX-License-Identifier: MIT */
#ifndef MODEL_EVENTLOG_H
#define MODEL_EVENTLOG_H

#include <stddef.h>
#include <stdint.h>

/*
 * The events of what is open, newest first by their last time, at most EVENTLOG_MAX. An event with
 * the uid of one that is there replaces it (a repeated event counts up).
 */
enum { EVENTLOG_MAX = 1000 };

struct eventlog_entry {
	char uid[64];
	int64_t last_ms;
	int count, warning;
	char about[160];   /* "Pod/payments-api-5d…" */
	char reason[64];
	char message[512]; /* all sanitised by the writer */
};

struct eventlog {
	struct eventlog_entry *entries; /* sorted; allocated on first use */
	size_t len;
	uint64_t version;
};

void eventlog_init(struct eventlog *log);
void eventlog_release(struct eventlog *log);
void eventlog_clear(struct eventlog *log);
void eventlog_put(struct eventlog *log, const struct eventlog_entry *entry);
void eventlog_remove(struct eventlog *log, const char *uid);

#endif
