/* SPDX-License-Identifier: MIT */
#ifndef LOAD_RESPONSE_H
#define LOAD_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

/*
 * An HTTP/1.1 answer, taken apart as its bytes come, in pieces of any size. It keeps no bytes but a
 * line that a piece cut in two. RESPONSE_HEAD bounds the head and the trailers.
 */
enum { RESPONSE_HEAD = 64 << 10 };
enum response_result {
	RESPONSE_MORE, /* all was used, the answer goes on */
	RESPONSE_DONE, /* the answer is complete; bytes after it were not used */
	RESPONSE_BAD   /* no HTTP/1.x: the connection is of no use any more */
};

/* Both may be NULL. Names and values are not terminated; a body comes without its framing. */
struct response_watch {
	void (*header)(void *arg, const char *name, size_t name_len, const char *value, size_t value_len);
	void (*body)(void *arg, const char *bytes, size_t len);
	void *arg;
};

struct response {
	uint64_t left;       /* bytes of the body or the chunk */
	char *cut;           /* beginning of a line that is not complete */
	uint32_t cut_len, cut_room;
	uint32_t head;       /* bytes of head and trailers so far */
	short status;        /* 0: no status line yet */
	unsigned char state, old, no_body, chunked, has_length, close, keep;
	unsigned char started; /* a byte came */
};

void response_init(struct response *response);
void response_release(struct response *response);
/* The next answer on the connection; to a HEAD request it has no body. */
void response_begin(struct response *response, int to_head);
/* Takes `len` bytes; *used of them belong to this answer. */
enum response_result response_feed(struct response *response, const char *bytes, size_t len, size_t *used,
                                   const struct response_watch *watch);
/* The peer ended the connection: whether the answer is complete by that. */
int response_ends(const struct response *response);
/* After RESPONSE_DONE: whether the connection can be used again. */
int response_keeps(const struct response *response);

#endif
