/* SPDX-License-Identifier: MIT */
#ifndef KUBE_WRITE_H
#define KUBE_WRITE_H

#include <stddef.h>

#include "kube/client.h"

/*
 * What is written to a cluster, and what may be. Every write carries fieldManager=flagdeck; only a dry run, of
 * which nothing stays, may ask in another's name. That the
 * server took it is an answer; that it took effect is only known from what is read afterwards
 * (kube/follow.h).
 */

/* An object, or a subresource of it, as paths and rights name it. Absent parts are NULL or "". */
struct api_object {
	const char *group, *version, *plural; /* group "" for core */
	const char *namespace, *name, *subresource;
};

/* "/apis/apps/v1/namespaces/a/deployments/b/scale"; names are percent-encoded. */
void api_object_path(const struct api_object *object, char *out, size_t size);

enum write_kind {
	WRITE_CREATE,    /* POST to the collection: the name is in the body */
	WRITE_MERGE,     /* a JSON merge patch (RFC 7386) */
	WRITE_STRATEGIC, /* a strategic merge patch: built-in kinds only */
	WRITE_JSON,      /* a JSON patch (RFC 6902) */
	WRITE_APPLY,     /* server-side apply; the body is JSON, which is YAML */
	WRITE_DELETE,
	WRITE_KINDS
};

struct write {
	enum write_kind kind;
	struct api_object object;
	const char *body; /* of WRITE_DELETE: DeleteOptions, or NULL */
	int dry_run;      /* the server does everything but keep it */
	int force;        /* of WRITE_APPLY: takes fields over from other managers */
	const char *manager; /* of a dry run: whose fields; NULL: "flagdeck" */
};

const char *write_method(enum write_kind kind); /* "PATCH" */
const char *write_verb(enum write_kind kind);   /* of rights: "patch" */
/* The path with its query, for sending and for showing. */
void write_path(const struct write *write, char *out, size_t size);

/* As client_post: the answer is in memory, at most 8 MiB, and the handle is gone after `done`. */
struct client_call *write_send(struct client *client, const struct write *write,
                               void (*done)(void *arg, const struct client_result *result, const char *answer,
                                            size_t len),
                               void *arg);

/*
 * Asks whether we may (SelfSubjectAccessReview). `allowed` is 1, 0, or -1 where the server did not
 * say, and `words` then say why.
 */
struct rights_call;
struct rights_call *rights_ask(struct client *client, const char *verb, const struct api_object *object,
                               void (*done)(void *arg, int allowed, const char *words), void *arg);
void rights_cancel(struct rights_call *call); /* NULL is fine */

/* Who we are to the server (SelfSubjectReview): the user's name, sanitised; "" where it does not say. */
struct whoami_call;
struct whoami_call *whoami_ask(struct client *client, void (*done)(void *arg, const char *user), void *arg);
void whoami_cancel(struct whoami_call *call); /* NULL is fine */

#endif
