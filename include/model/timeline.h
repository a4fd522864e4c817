/* SPDX-License-Identifier: MIT */
#ifndef MODEL_TIMELINE_H
#define MODEL_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What happened, newest last: changes of health and rollout, Warning events, clusters lost and
 * found, operations. A ring of TIMELINE_MAX entries; the oldest give way.
 */
enum { TIMELINE_MAX = 1000, TIMELINE_TEXT = 200, TIMELINE_NEAR = 16 };
enum timeline_level { TIMELINE_INFO, TIMELINE_GOOD, TIMELINE_WARNING, TIMELINE_BAD };

struct timeline_entry {
	int64_t at_ms;
	uint64_t id;            /* of what may be written anew (timeline_put); 0: as it was said */
	enum timeline_level level;
	int count;              /* equal ones among the newest are counted, not repeated */
	size_t topic;           /* bytes of `text` that make two entries equal */
	char subject[96];       /* "payments-api/eu-prod", or a cluster's name */
	char text[TIMELINE_TEXT];
};

struct timeline {
	struct timeline_entry *ring;
	size_t first, len;
	uint64_t version;
};

void timeline_init(struct timeline *timeline);
void timeline_release(struct timeline *timeline);
void timeline_add(struct timeline *timeline, int64_t at_ms, enum timeline_level level, const char *subject,
                  const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/*
 * The same with a topic in front ("BackOff" gives "BackOff: …"). Entries of one subject, level and
 * topic are equal whatever the rest says; the newest rest stands. timeline_add compares all of the
 * text. An entry equal to one of the TIMELINE_NEAR newest takes its place, counted, as the newest.
 */
void timeline_note(struct timeline *timeline, int64_t at_ms, enum timeline_level level, const char *subject,
                   const char *topic, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* An entry that is written anew as what it tells of goes on: the one with that id keeps its place; the
 * first time, or when it has given way meanwhile, it is the newest. Never counted with others. */
void timeline_put(struct timeline *timeline, uint64_t id, int64_t at_ms, enum timeline_level level, const char *subject,
                  const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* index 0 is the newest; NULL past the end. */
const struct timeline_entry *timeline_at(const struct timeline *timeline, size_t index);

#endif
