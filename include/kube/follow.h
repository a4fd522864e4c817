/* SPDX-License-Identifier: MIT */
#ifndef KUBE_FOLLOW_H
#define KUBE_FOLLOW_H

#include "kube/write.h"
#include "net/loop.h"

struct cJSON;

/*
 * One object, followed while somebody waits for it to change: what an operation did is believed when
 * it is seen here. A watch of this object alone, begun anew from what is there whenever it ends; where
 * a watch is not permitted, the object is read again every other second.
 *
 * `seen` gets the object as it is (spec, status and metadata whole, text not sanitised) first as soon
 * as it is known and then at each change; NULL: it is not there (any more). `trouble` gets words while
 * it cannot be read; may be NULL. Either may free the follow.
 */
struct follow;

struct follow_options {
	struct client *client;
	struct loop *loop;
	struct api_object object; /* copied */
	void (*seen)(void *arg, const struct cJSON *object);
	void (*trouble)(void *arg, const char *words);
	void *arg;
};

struct follow *follow_new(const struct follow_options *options);
void follow_free(struct follow *follow); /* NULL is fine */

#endif
