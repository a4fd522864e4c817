/* SPDX-License-Identifier: MIT */
/* A sorted array: it is short, and it is read far more often than it is written. */
#include "model/eventlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void eventlog_init(struct eventlog *log)
{
	*log = (struct eventlog){0};
}

void eventlog_release(struct eventlog *log)
{
	free(log->entries);
	*log = (struct eventlog){0};
}

void eventlog_clear(struct eventlog *log)
{
	if (log->len > 0)
		log->version++;
	log->len = 0;
}

static void eventlog_drop(struct eventlog *log, size_t at)
{
	memmove(&log->entries[at], &log->entries[at + 1], (log->len - at - 1) * sizeof(*log->entries));
	log->len--;
}

void eventlog_remove(struct eventlog *log, const char *uid)
{
	for (size_t i = 0; i < log->len; i++) {
		if (strcmp(log->entries[i].uid, uid) != 0)
			continue;
		eventlog_drop(log, i);
		log->version++;
		return;
	}
}

void eventlog_put(struct eventlog *log, const struct eventlog_entry *entry)
{
	size_t at = 0;
	if (!log->entries)
		log->entries = mem_new_array(EVENTLOG_MAX, sizeof(*log->entries));
	eventlog_remove(log, entry->uid);
	if (log->len == EVENTLOG_MAX) {
		if (entry->last_ms <= log->entries[log->len - 1].last_ms)
			return;
		log->len--;
	}
	while (at < log->len && log->entries[at].last_ms > entry->last_ms)
		at++;
	memmove(&log->entries[at + 1], &log->entries[at], (log->len - at) * sizeof(*log->entries));
	log->entries[at] = *entry;
	log->len++;
	log->version++;
}
