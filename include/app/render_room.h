/* SPDX-License-Identifier: MIT */
#ifndef APP_RENDER_ROOM_H
#define APP_RENDER_ROOM_H

#include <stddef.h>

#include "base/buf.h"
#include "net/loop.h"

/*
 * A folder of our own for programs that render manifests (helm, kustomize), and what is run in it. It is
 * for its owner alone, and goes away with all that is in it. Calls run the loop until they are answered.
 */
struct render_room {
	struct loop *loop;
	char *top; /* NULL: not open */
};

int room_open(struct render_room *room, struct loop *loop, struct err *err) MUST_USE;
void room_close(struct render_room *room);
/* What it prints goes to `out` (may be NULL), which is initialised here, failed or not. */
int room_run(struct loop *loop, const char *const *argv, struct buf *out, struct err *err) MUST_USE;
int room_write(const char *path, const char *bytes, size_t len, struct err *err) MUST_USE;
/* A tar file into a folder that is there. Links that lead out of the folder are taken away. */
int room_unpack(struct render_room *room, const char *tar, const char *folder, struct err *err) MUST_USE;
/* Whether PATH has such a program. */
int room_has(const char *program);

#endif
