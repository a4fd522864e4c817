/* SPDX-License-Identifier: MIT */
#ifndef LOAD_PROFILE_INTERNAL_H
#define LOAD_PROFILE_INTERNAL_H

#include "load/profile.h"

/*
 * Reading maps by tables: a row says what a key's value is and where it goes. What is wrong becomes a
 * line in `problems`, and reading goes on, so that a person sees everything at once.
 */
struct reader {
	struct profile *profile;
	struct vec *problems;
	const char *name; /* of the file */
};

enum field_kind {
	FIELD_TEXT,    /* const char * */
	FIELD_INT,     /* int, low..high */
	FIELD_BOOL,    /* int */
	FIELD_SECONDS, /* double, low..high */
	FIELD_RATE,    /* double, a second */
	FIELD_RATIO,   /* double */
	FIELD_NUMBER,  /* double, low..high */
	FIELD_CUSTOM,  /* read() */
};

struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;
	double low, high;
	void (*read)(struct reader *reader, const struct yaml_node *node, void *into);
};

void reader_problem(struct reader *reader, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* `where` is for messages: "a request". Sets bit i of *seen for row i that was there. */
void reader_map(struct reader *reader, const struct yaml_node *node, const char *where,
                const struct field *fields, size_t count, void *into, unsigned *seen);
void reader_field(struct reader *reader, const struct yaml_node *node, const struct field *field, void *into);

/* Parts of a profile; each in its file. */
void read_requests(struct reader *reader, const struct yaml_node *node, void *into);
void read_headers(struct reader *reader, const struct yaml_node *node, struct profile_header *headers,
                  size_t *count);
void read_stages(struct reader *reader, const struct yaml_node *node, void *into);
void read_data(struct reader *reader, const struct yaml_node *node, void *into);
void check_profile(struct reader *reader);

#endif
