/* SPDX-License-Identifier: MIT */
#ifndef FLAG_YAML_EDIT_H
#define FLAG_YAML_EDIT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Changes one value of a YAML file and not one byte beside it: comments, quotes, blank lines, line
 * ends, order and alignment stay as their authors left them.
 *
 * An edit is one splice of the bytes. Its result is parsed again and compared: exactly the path that
 * was asked for may differ, and it must hold what was asked for. Otherwise the edit is refused with
 * the reason and the buffer is untouched. Refused as well: what cannot be parsed, duplicate keys,
 * UTF-16, SOPS files (unless their MAC covers encrypted values only), and edits that would change
 * other places too, through an anchor.
 *
 * A path is keys joined by dots and indexes of lists in brackets: spec.ports[0].name. A key that
 * holds a dot, a bracket or a quote is written in double quotes: labels."app.kubernetes.io/name".
 */
enum yaml_style {
	YAML_AS_TYPED,  /* as a person typed it: true, 5, [a, b], text; over a quoted value it stays a string */
	YAML_AS_STRING, /* a string, whatever it looks like; quoted where it must be */
	YAML_AS_PLAIN,  /* written as it is: true, 5, null, 250m, [a, b] */
};

struct yaml_edit {
	const char *name;  /* of the file, for messages */
	size_t document;   /* from 1; 0: the only one */
	const char *path;
	enum yaml_style style;
	const char *value; /* of yaml_edit_set */
};

/* What was done. */
struct yaml_edited {
	size_t offset, removed, added; /* of the splice, in bytes */
	size_t line;                   /* from 1, where it begins */
	int unchanged;                 /* the value was there already: the bytes are the same */
	char warning[200];             /* one sentence for a person, or "" */
};

enum { YAML_EDIT_MAX = 16 << 20, YAML_VALUE_MAX = 64 << 10 };

/* Sets the value at the path. A missing key comes after the last of its siblings, missing parents
 * with it; [N] with N the length of a list appends. */
int yaml_edit_set(struct buf *bytes, const struct yaml_edit *edit, struct yaml_edited *done, struct err *err)
    MUST_USE;
/* Removes it, and the parents that would be left empty. What is not there is no error: unchanged. */
int yaml_edit_delete(struct buf *bytes, const struct yaml_edit *edit, struct yaml_edited *done, struct err *err)
    MUST_USE;

/*
 * Reads the value at the path into `out`: a scalar's text, or the bytes of a collection as they
 * stand. Aliases are followed and merge keys applied. *line is where it stands. Returns 1, 0 when
 * there is nothing, or -1.
 */
int yaml_edit_get(const char *bytes, size_t len, const struct yaml_edit *edit, struct buf *out, size_t *line,
                  struct err *err) MUST_USE;

/* The same edits on a file, which is replaced in one step (rename), its mode and owner kept; a
 * symbolic link is followed. Nothing is written when nothing changes. `set` 0 deletes. */
int yaml_edit_file(const char *path, int set, struct yaml_edit *edit, struct yaml_edited *done, struct err *err)
    MUST_USE;

#endif
