/* SPDX-License-Identifier: MIT */
#ifndef TERM_EMBEDDED_H
#define TERM_EMBEDDED_H

#include <stddef.h>

/*
 * Files compiled into the program (themes, keymaps): contrib/embed.sh writes the table at build
 * time. Names are as in the source tree: "themes/dark.yaml".
 */
struct embedded {
	const char *name, *text;
};

extern const struct embedded embedded_files[];
extern const size_t embedded_count;

const char *embedded_find(const char *name); /* its text, or NULL */

#endif
