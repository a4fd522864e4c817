/* SPDX-License-Identifier: MIT */
#ifndef GIT_LOG_DECODE_H
#define GIT_LOG_DECODE_H

#include <stddef.h>

#include "model/repository.h"

/*
 * What `git log` prints for us, turned into facts. Both take any bytes: a commit's message, author and
 * paths are whatever somebody pushed. An entry that is cut or is none ends the reading.
 */

/* Fields end with NUL, which no message can hold. */
#define LOG_FORMAT "--format=tformat:%H%x00%P%x00%ct%x00%an%x00%s%x00%b"
enum { LOG_PARENTS = 32, LOG_PATHS = 64 };

/* With LOG_FORMAT and -z. Puts each commit into the repository; returns how many. */
size_t log_decode(struct repository *repository, const char *bytes, size_t len);

/* With LOG_PATHS_FORMAT, -z and --name-only: gives commits their paths. `cut`: the bytes end early, so
 * the last commit may change more. */
#define LOG_PATHS_FORMAT "--format=tformat:%x00%H"
size_t log_decode_paths(struct repository *repository, const char *bytes, size_t len, int cut);

#endif
