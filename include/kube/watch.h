/* SPDX-License-Identifier: MIT */
#ifndef KUBE_WATCH_H
#define KUBE_WATCH_H

#include "base/log.h"
#include "kube/client.h"
#include "kube/kind.h"

/*
 * Keeps one kind of one cluster in the model: lists it (in pages or as a stream), watches it, and
 * does what the API's contract asks for after every way in which that can end. client-go's
 * reflector is the model; kube/watch.c has the rules one by one.
 *
 * All watches of a cluster share a struct watch_queue: big lists go one at a time in each of two
 * lanes, in the order of their context, because a list costs the server's fairness queue a seat
 * per 100 objects.
 */
struct watch;
struct watch_queue;

/* How long things may take, in seconds. Tests make them short. */
struct watch_timing {
	int page;                 /* objects asked for at once */
	double pause, pause_max;  /* between attempts: the first, and what doubling leads to */
	double silence_stream;    /* of a WatchList before its objects are complete: then pages */
	double silence_watch;     /* then the server is asked whether it is there */
	double retry_denied, retry_absent; /* looks again at what was refused, or is not there */
	double retry_after_max;   /* a server that asks for more gets this */
	double quick_end;         /* a watch that ends sooner did not work */
	double failing_relist;    /* a watch that fails for so long is begun anew from a list */
};
extern const struct watch_timing watch_timing_default;

struct watch_context {
	struct loop *loop;
	const struct clock *clock;
	struct log *log;              /* may be NULL */
	struct client *client;
	struct cluster *cluster;      /* written through model/writer.h */
	const char *namespace;        /* tried when the whole cluster may not be read; NULL: none */
	struct decode decode;
	struct watch_queue *queue;
	int order;                    /* among those of the queue: the smaller is read first */
	const struct watch_timing *timing; /* NULL: the default */
	void (*changed)(void *arg);   /* something was written; may be NULL */
	/* The server does not have the kind (any more): what there was is removed and the watch rests until
	 * it is started again. NULL: it looks again by itself, slowly. */
	void (*absent)(void *arg);
	void *arg;
};

struct watch_queue *watch_queue_new(struct loop *loop);
/* `opened`: once, when the first page has come, or cannot: what is not urgent may begin. */
void watch_queue_tell(struct watch_queue *queue, void (*opened)(void *arg), void *arg);
void watch_queue_free(struct watch_queue *queue); /* after its watches */

struct watch *watch_new(const struct watch_context *context, const struct kind *kind);
void watch_free(struct watch *watch);
void watch_start(struct watch *watch);
/* The same in one of the kind's versions; again in another one, it reads everything anew. */
void watch_start_version(struct watch *watch, const char *version);
int watch_is_started(const struct watch *watch);
const char *watch_version(const struct watch *watch); /* of its kind, as it is asked for */
/* Reads everything anew, now (the user's refresh); what is shown stays until it is replaced. */
void watch_relist(struct watch *watch);
/* Ends waiting: tries again now. For the moment a cluster is known to be back. */
void watch_hurry(struct watch *watch);

#endif
