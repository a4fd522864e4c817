/* SPDX-License-Identifier: MIT */
/*
 * A ring that is made on the first entry. Entries that say the same again within the newest few are
 * taken out and put back as the newest with a higher count, so that a pod in a crash loop is one
 * line and two of them are two, not a thousand.
 */
#include "model/timeline.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

void timeline_init(struct timeline *timeline)
{
	*timeline = (struct timeline){0};
}

void timeline_release(struct timeline *timeline)
{
	free(timeline->ring);
	timeline_init(timeline);
}

/* index 0 is the newest */
static struct timeline_entry *entry_at(const struct timeline *timeline, size_t index)
{
	return &timeline->ring[(timeline->first + timeline->len - 1 - index) % TIMELINE_MAX];
}

static int entries_are_equal(const struct timeline_entry *a, const struct timeline_entry *b)
{
	return a->id == b->id && a->level == b->level && a->topic == b->topic && strcmp(a->subject, b->subject) == 0 &&
	       memcmp(a->text, b->text, a->topic) == 0;
}

static void entry_add(struct timeline *timeline, struct timeline_entry *entry)
{
	if (!timeline->ring)
		timeline->ring = mem_new_array(TIMELINE_MAX, sizeof(*timeline->ring));
	timeline->version++;
	for (size_t i = 0; i < timeline->len && i < TIMELINE_NEAR; i++) {
		struct timeline_entry *near = entry_at(timeline, i);
		if (!entries_are_equal(near, entry))
			continue;
		entry->count += near->count;
		for (; i > 0; i--)
			*entry_at(timeline, i) = *entry_at(timeline, i - 1);
		*entry_at(timeline, 0) = *entry;
		return;
	}
	if (timeline->len < TIMELINE_MAX)
		timeline->len++;
	else
		timeline->first = (timeline->first + 1) % TIMELINE_MAX;
	*entry_at(timeline, 0) = *entry;
}

static void entry_write(struct timeline *timeline, int64_t at_ms, enum timeline_level level,
                        const char *subject, const char *topic, const char *fmt, va_list args)
{
	struct timeline_entry entry = {.at_ms = at_ms, .level = level, .count = 1};
	struct text about = text_in(entry.subject, sizeof(entry.subject));
	struct text text = text_in(entry.text, sizeof(entry.text));
	char rest[TIMELINE_TEXT * 4];
	vsnprintf(rest, sizeof(rest), fmt, args);
	text_add(&about, subject);
	if (topic) {
		text_add(&text, topic);
		entry.topic = text.len;
		if (rest[0])
			text_add(&text, ": ");
	}
	text_add(&text, rest);
	if (!topic)
		entry.topic = text.len;
	entry_add(timeline, &entry);
}

void timeline_add(struct timeline *timeline, int64_t at_ms, enum timeline_level level, const char *subject,
                  const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	entry_write(timeline, at_ms, level, subject, NULL, fmt, args);
	va_end(args);
}

void timeline_note(struct timeline *timeline, int64_t at_ms, enum timeline_level level, const char *subject,
                   const char *topic, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	entry_write(timeline, at_ms, level, subject, topic, fmt, args);
	va_end(args);
}

void timeline_put(struct timeline *timeline, uint64_t id, int64_t at_ms, enum timeline_level level, const char *subject,
                  const char *fmt, ...)
{
	struct timeline_entry entry = {.at_ms = at_ms, .id = id, .level = level, .count = 1};
	struct text about = text_in(entry.subject, sizeof(entry.subject));
	char words[TIMELINE_TEXT * 4];
	struct text text = text_in(entry.text, sizeof(entry.text));
	va_list args;
	va_start(args, fmt);
	vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	text_add(&about, subject);
	text_add(&text, words);
	entry.topic = text.len;
	for (size_t i = 0; i < timeline->len; i++) {
		struct timeline_entry *known = entry_at(timeline, i);
		if (known->id != id)
			continue;
		entry.at_ms = known->at_ms; /* entries stand in the order of their times */
		*known = entry;
		timeline->version++;
		return;
	}
	entry_add(timeline, &entry);
}

const struct timeline_entry *timeline_at(const struct timeline *timeline, size_t index)
{
	return index < timeline->len ? entry_at(timeline, index) : NULL;
}
