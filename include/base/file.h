/* SPDX-License-Identifier: MIT */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Folders and files that are made whole. -1 leaves the reason in errno: who calls knows what the file is
 * for, and says so.
 */

/* Makes what is missing of the path, with that mode. 1: the last part was made, 0: it was there, or -1. */
int folder_make(const char *path, mode_t mode);
/* The same for the folders that a file of this path stands in. 0, or -1. */
int folder_make_for(const char *path, mode_t mode);
/* Writes "PATH.new", waits until it is on the disk and renames it: who looks meanwhile finds the old file
 * or the whole new one, and so does who looks after a crash. */
int file_replace(const char *path, const char *bytes, size_t len, mode_t mode) MUST_USE;

#endif
