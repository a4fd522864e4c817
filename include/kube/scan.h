/* SPDX-License-Identifier: MIT */
#ifndef KUBE_SCAN_H
#define KUBE_SCAN_H

#include <stddef.h>

#include "base/err.h"

/*
 * Reads a Kubernetes list or watch while it arrives, and lets through only the fields that a kind
 * asks for: what nobody decodes (managedFields, env, volumes, probes) is passed over at the speed
 * of memory and never stored. Nothing the size of a page is ever held.
 *
 * The scanner checks structure, not meaning: what it lets through is parsed by cJSON afterwards.
 * Any chunk boundary is fine, in the middle of an escape or a character too. Depth over 128, an
 * object over SCAN_OBJECT_MAX bytes as received, and text that is not JSON are errors; after one,
 * every further call fails with the same words.
 */
enum { SCAN_DEPTH = 128, SCAN_OBJECT_MAX = 16 << 20 };

enum scan_form {
	SCAN_LIST,   /* {"metadata": {...}, "items": [...]} */
	SCAN_WATCH,  /* {"type": "...", "object": {...}} again and again */
	SCAN_OBJECT, /* one object */
};

/*
 * The fields to let through: paths of names separated by spaces ("spec containers name"; names
 * hold dots and slashes). Arrays on the way are descended into; the last name lets its whole value
 * through. `metadata resourceVersion`, the mark of a WatchList's last initial event and what a Status
 * object holds are always let through.
 * Shared by any number of scanners; must outlive them.
 */
struct scan_filter;

struct scan_filter *scan_filter_new(const char *const *paths); /* NULL-terminated */
void scan_filter_free(struct scan_filter *filter);

struct scan_events {
	/* An item of a list, a watch event's object, or the one object, filtered: JSON text, valid
	 * during the call. `type` is the watch event's type, "" otherwise. Non-zero stops the scan. */
	int (*object)(void *arg, const char *type, const char *json, size_t len);
	/* The list's metadata, whole; it comes before or after the items, as the server likes. */
	void (*list_metadata)(void *arg, const char *json, size_t len);
	void *arg;
};

struct scan;

struct scan *scan_new(enum scan_form form, const struct scan_filter *filter, const struct scan_events *events);
void scan_free(struct scan *scan);
/* Takes the next bytes. Returns 0, 1 when `object` stopped it, or -1. */
int scan_feed(struct scan *scan, const char *bytes, size_t len, struct err *err) MUST_USE;
/* The body is over: an error unless it ended at the closing brace of a list, between two watch
 * events, or after the one object. */
int scan_finish(const struct scan *scan, struct err *err) MUST_USE;

#endif
