/* SPDX-License-Identifier: MIT */
#ifndef KUBE_CREDENTIAL_FILES_H
#define KUBE_CREDENTIAL_FILES_H

#include <stddef.h>

#include "base/err.h"

/*
 * A file whose text is kept and looked at again: what cannot be read, is empty or is not what it was
 * taken for leaves the old text in place. Secret: wiped when it changes and when it goes.
 */
struct kept_file {
	const char *path;      /* borrowed; NULL: there is none */
	const char *must_hold; /* a text without which it is not what it was taken for; NULL: any */
	size_t max;
	int is_word; /* white space around it is left out */
	char *bytes; /* NUL-terminated */
	size_t len;
};

int kept_file_open(struct kept_file *file, struct err *err) MUST_USE; /* 0 too when there is none */
int kept_file_look(struct kept_file *file);                           /* reads again; 1 when it changed */
void kept_file_release(struct kept_file *file);

#endif
