/* SPDX-License-Identifier: MIT */
#ifndef TERM_OUTPUT_H
#define TERM_OUTPUT_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Bytes on their way to a terminal that may not take them now. The descriptor is the caller's and
 * does not block. Bounded: a frame is only added when the last one is out, so OUTPUT_MAX is far
 * more than is ever needed; what would pass it is dropped and `lost` is set.
 */
enum { OUTPUT_MAX = 4 << 20 };

struct output {
	int fd, gone, lost;
	struct buf pending;
	size_t written;
};

void output_init(struct output *output, int fd);
void output_release(struct output *output);
void output_add(struct output *output, const char *bytes, size_t len);
int output_flush(struct output *output); /* writes what the terminal takes; 0, or -1: it is gone */
/* The same, but waits until all is out, at most so long. */
void output_drain(struct output *output, int max_ms);

#endif
