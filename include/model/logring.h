/* SPDX-License-Identifier: MIT */
#ifndef MODEL_LOGRING_H
#define MODEL_LOGRING_H

#include <stddef.h>
#include <stdint.h>

/*
 * The lines of the open log: bounded in lines and in bytes, the oldest give way. Lines are
 * sanitised on the way in and cut at LOGRING_LINE bytes (a cut line ends in "…").
 */
enum { LOGRING_LINES = 20000, LOGRING_BYTES = 4 << 20, LOGRING_LINE = 4096 };

struct logring_line {
	int64_t at_ms;      /* the runtime's stamp; 0: none */
	uint32_t source;    /* index into sources */
	const char *text;
};

struct logring;

struct logring *logring_new(void);
void logring_free(struct logring *ring);
void logring_clear(struct logring *ring);
/* Index for a source such as "pod/container"; known ones keep theirs. */
uint32_t logring_source(struct logring *ring, const char *name);
const char *logring_source_name(const struct logring *ring, uint32_t source);
/* At the end. */
void logring_add(struct logring *ring, uint32_t source, int64_t at_ms, const char *bytes, size_t len);
/* Puts the line where its time belongs, unless a line later by more than reach_ms stands behind that
 * place: then, and without a time, at the end. */
void logring_insert(struct logring *ring, uint32_t source, int64_t at_ms, int64_t reach_ms, const char *bytes,
                    size_t len);
size_t logring_count(const struct logring *ring);
const struct logring_line *logring_at(const struct logring *ring, size_t index); /* 0 is the oldest */
uint64_t logring_dropped(const struct logring *ring); /* lines that gave way so far */
uint64_t logring_version(const struct logring *ring);

#endif
