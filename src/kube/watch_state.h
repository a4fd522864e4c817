/* SPDX-License-Identifier: MIT */
#ifndef KUBE_WATCH_STATE_H
#define KUBE_WATCH_STATE_H

/* The inside of a watch, shared by watch.c (what happens next) and watch_feed.c (what arrives). */
#include "base/arena.h"
#include "kube/scan.h"
#include "kube/watch.h"
#include "kube/wire.h"
#include "net/backoff.h"

enum watch_phase {
	WATCH_IDLE,
	WATCH_QUEUED,    /* waits for its turn to list */
	WATCH_LISTING,   /* a page is under way */
	WATCH_STREAMING, /* a WatchList is under way, its initial events not yet complete */
	WATCH_OPEN,      /* a watch is under way */
	WATCH_PROBING,   /* silent for long: is the server there? */
	WATCH_WAITING,   /* for the retry timer */
};

/* What the retry timer does. */
enum watch_next { NEXT_LIST, NEXT_WATCH };

/* An error that came inside a stream with status 200. */
struct stream_error {
	int set, code;
	double retry_after;
	char reason[64], message[240];
};

struct watch {
	struct watch_context context;
	const struct kind *kind;
	const char *version_used; /* one of the kind's; NULL: its best */
	struct watch_timing timing;
	struct scan_filter *filter;
	struct arena *arena;
	enum watch_phase phase;
	enum watch_next next;
	struct client_call *call;
	struct scan *scan;
	struct wire *wire;     /* instead of scan: the answer under way is protobuf */
	struct backoff backoff;
	struct timer *retry, *silence;
	uint32_t epoch;
	char version[64];      /* where a watch would go on; "" when nothing is known */
	char page_version[64]; /* of the list under way: its first page's */
	char *page_next;       /* continue token; NULL on the first and after the last page */
	int page_version_seen; /* this page had its metadata */
	int whole;             /* list without pages: tokens expired twice */
	int expired_pages;     /* continue tokens refused in a row */
	int latest;            /* list the newest state: the last version is gone or from the future */
	int no_stream;         /* the server does not do WatchList */
	int no_wire;           /* nor protobuf that we understand */
	int scoped;            /* only context.namespace may be read */
	char denied[240];      /* what the server said of the whole cluster */
	int busy;              /* answers 429 in a row */
	int synced;            /* the stream's initial events are complete */
	int events;            /* in the watch under way */
	int head;              /* a 2xx head came */
	int begun;             /* so did a first byte of the body */
	int unreadable;        /* objects that no decoder could read */
	int wrote;             /* the model was written since the last report */
	int64_t opened_ms;     /* monotonic, of the request under way */
	int64_t failing_ms;    /* monotonic: the first failure in a row; 0: none */
	struct stream_error error;
	struct err scan_error;
	int scan_failed;
};

/* watch_feed.c: bytes of a page or a stream into the model. */
void feed_begin(struct watch *watch, enum scan_form form);
int feed_body(struct watch *watch, const char *bytes, size_t len);
int feed_finish(const struct watch *watch, struct err *err) MUST_USE; /* the body is over: was it whole? */
void feed_end(struct watch *watch);
/* watch.c: whether the list under way is asked for as protobuf. */
int watch_wants_wire(const struct watch *watch);
/* watch.c: the bookmark that ends a WatchList's initial events came. */
void watch_synced(struct watch *watch);

/* watch_queue.c */
void queue_join(struct watch_queue *queue, struct watch *watch);
void queue_leave(struct watch_queue *queue, struct watch *watch);
void queue_ask(struct watch_queue *queue, struct watch *watch);     /* watch_turn() when it may */
void queue_release(struct watch_queue *queue, struct watch *watch); /* done, failed or no longer asking */
void queue_open(struct watch_queue *queue);                         /* a first page has come */
void queue_hurry(struct watch_queue *queue);                        /* the server answers again */
void watch_turn(struct watch *watch);

#endif
