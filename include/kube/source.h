/* SPDX-License-Identifier: MIT */
#ifndef KUBE_SOURCE_H
#define KUBE_SOURCE_H

#include "base/buf.h"
#include "base/log.h"
#include "kube/client.h"
#include "kube/kind.h"
#include "kube/kubeconfig.h"
#include "model/logring.h"

/*
 * One cluster as a source of facts: its client and its watches, from one context of a kubeconfig.
 * Sources are independent: nothing of one delays another. Kinds that the model calls optional are
 * watched where the server has them, in the best version that both know: it is asked once the first
 * rows have come, and again on a refresh, after a kind went, and every ten minutes or so.
 */
struct source;

/* When optional kinds are looked for again, in seconds. Tests make them short. */
struct source_timing {
	double soon;       /* after a kind went, and after a first search that failed; doubled, */
	double failed_max; /* up to this */
	double again;      /* after a search that found the answer */
};
extern const struct source_timing source_timing_default;

struct source_options {
	struct loop *loop;
	struct http *http;
	const struct clock *clock;
	struct log *log;
	struct fleet *fleet;
	struct cluster *cluster;           /* this source's part of the model */
	const struct kube_access *access;  /* copied as far as needed */
	struct credential_cache *credentials; /* shared by all sources */
	const char *service_label, *team_label;
	const struct kind *const *kinds;   /* tables, NULL-terminated; NULL: Kubernetes' own alone */
	const struct source_timing *timing; /* NULL: the default */
	int (*borrow_terminal)(void *arg, int take); /* for interactive plugins; may be NULL */
	void (*changed)(void *arg);        /* the model was written; cheap and frequent */
	void *arg;
};

/* NULL and err when the access cannot work at all (unreadable certificate). */
struct source *source_new(const struct source_options *options, struct err *err);
void source_free(struct source *source);
void source_start(struct source *source);   /* watches every kind */
void source_refresh(struct source *source); /* reads everything anew */
/* The kind as this server has it, with its version; NULL when the source does not know the kind. */
const struct kind *source_kind(const struct source *source, enum object_kind object, const char **version);
struct client *source_client(struct source *source);
struct loop *source_loop(struct source *source);
/* Of the context: what is read where the whole cluster may not be; NULL: none. */
const char *source_namespace(const struct source *source);

#endif
