/* SPDX-License-Identifier: MIT */
#ifndef APP_DEMO_FOLDER_H
#define APP_DEMO_FOLDER_H

#include "base/err.h"

/*
 * A folder that belongs to one demo at a time. A marker file in it is locked as long as that demo
 * lives; a folder with a marker and no lock was left by one that could not clean up, and is emptied.
 * A folder with anything else in it is never touched.
 */
struct demo_folder {
	char *path; /* absolute */
	int lock;
	int made;   /* by us: it goes too */
};

/* NULL: the usual one. */
int demo_folder_take(struct demo_folder *folder, const char *path, struct err *err) MUST_USE;
/* Empties it, and removes it when it was made by us. Does nothing the second time. */
void demo_folder_remove(struct demo_folder *folder);
void demo_folder_release(struct demo_folder *folder); /* lets the lock go */

#endif
