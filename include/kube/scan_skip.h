/* SPDX-License-Identifier: MIT */
#ifndef KUBE_SCAN_SKIP_H
#define KUBE_SCAN_SKIP_H

#include <stddef.h>

/*
 * Passes over a JSON container whose opening bracket was just read, whatever is in it, in chunks
 * of any size. Only brackets and strings are understood; which bracket closes which is not
 * checked, since nothing of it is used. Part of the scanner: see kube/scan.h.
 */
struct skip {
	int depth, base;   /* containers open now, and before the skipped one */
	int in_string, escaped;
};

void skip_begin(struct skip *skip, int depth); /* depth: with the container that is open now */
/* Returns the bytes used; *done is 1 when the container closed (the rest is not looked at), -1
 * when it is nested deeper than SCAN_DEPTH, else 0. */
size_t skip_bytes(struct skip *skip, const char *bytes, size_t len, int *done);

#endif
