/* SPDX-License-Identifier: MIT */
#ifndef SIM_API_STATE_H
#define SIM_API_STATE_H

/* What the files of the API server share. Nothing outside of src/sim includes it. */
#include "base/json.h"
#include "base/map.h"
#include "base/vec.h"
#include "sim/api.h"

enum { SIM_BODY_MAX = 256 << 20, SIM_TEXT_MAX = 64 << 20, SIM_NAME = 512 };

struct base;

/* One version of an object, shared by the store and its history. Never changes. */
struct doc {
	int refs;
	uint64_t version;
	const char *key;             /* "namespace/name", or "name"; the order of lists */
	const char *namespace, *name;
	size_t len;                  /* of the text: the JSON without kind and apiVersion */
	struct base *base;           /* what is kept is the difference from it; NULL: it is the text */
	const char *kept;            /* of one block with the rest, as the names are */
	size_t kept_len;
};

/* before NULL: created; after NULL: deleted. `last` is what watches are told of a deleted one. */
struct change {
	uint64_t version;
	struct doc *before, *after, *last;
};

struct ask;

struct table {
	struct api_resource def; /* strings are ours */
	struct vec docs;         /* struct doc *, sorted by key */
	struct vec changes;      /* struct change *, oldest first */
	uint64_t floor;          /* changes up to this version may be forgotten */
};

struct rule {
	int id, seen, hits;
	struct sim_fault fault; /* strings are ours */
};

struct denial {
	char *verb, *resource, *namespace;
};

struct api {
	struct loop *loop;
	struct api_options options;
	struct server *server;
	char *url, *cert, *key, *client_ca;
	int port;
	uint64_t version;
	uint64_t token_floor;   /* continue tokens of older lists are refused */
	uint64_t uids;
	struct vec tables;      /* struct table * */
	struct vec watches;     /* struct watching * */
	struct vec rules;       /* struct rule * */
	int rule_ids;
	struct vec tokens;      /* char * */
	struct vec denials;     /* struct denial * */
	struct vec broken;      /* char *: groups */
	struct vec requests;    /* char *: "path?query", for counting */
	struct vec logs;        /* struct podlog * */
	/* The controllers that live with it; all may be NULL. `observe` is told of every change and may only note it.
	 * `deleting` returns 1 when it takes a client's deletion over. */
	void (*observe)(void *observer, struct table *table, const struct change *change);
	int (*deleting)(void *observer, struct table *table, const struct doc *doc);
	/* What is behind the proxy of a Service; `path` begins with a slash. Returns 0 when there is nothing. */
	int (*proxy)(void *observer, struct server_call *call, const struct ask *ask, const char *path);
	/* What the pod's container has written after from_ms and up to to_ms: log_line_add, in order. `previous`: the run
	 * before the last restart. Returns 1 while it goes on writing, 0 when that run has ended, -1: there was none. */
	int (*tell_log)(void *observer, const struct cJSON *pod, int previous, int64_t from_ms, int64_t to_ms, struct vec *lines);
	void *observer;
};

/* A request taken apart. */
struct ask {
	const struct server_request *request;
	const struct sim_fault *fault; /* NULL: answer well */
	char group[128], version[64], namespace[SIM_NAME], plural[128], name[SIM_NAME], sub[64];
	int is_watch;
};

/* doc.c */
/* metadata.name must be there. `like`: one that will look much the same, or NULL, then it is kept whole. */
struct doc *doc_new(const struct cJSON *object, uint64_t version, const struct doc *like);
struct doc *doc_from_text(const char *namespace, const char *name, uint64_t version, const char *text, size_t len,
                          const struct doc *like);
/* Its text, doc->len long: kept by the doc, or told into `room`, a buf of the caller's. */
const char *doc_text(const struct doc *doc, struct buf *room);
struct doc *doc_at_version(const struct doc *doc, uint64_t version); /* the same with another resourceVersion */
struct doc *doc_take(struct doc *doc);
void doc_drop(struct doc *doc); /* NULL is fine */
struct cJSON *doc_json(const struct doc *doc);

/* table.c */
struct table *table_new(const struct api_resource *def);
void table_free(struct table *table);
struct doc *table_get(const struct table *table, const char *key);
/* The one at the key, or a neighbour of it, for doc_new; NULL: the table is empty. */
struct doc *table_like(const struct table *table, const char *key);
/* Where the key is in `docs`, or would be. */
size_t table_find(const struct table *table, const char *key, int *there);
/* Puts a doc, which becomes the table's, without noting a change: before anybody watches. */
void table_load(struct table *table, struct doc *doc);
/* Puts `after` (NULL: removes `key`) and notes the change, which stays valid until the next one. */
const struct change *table_set(struct table *table, const char *key, struct doc *after, uint64_t version, size_t history);
/* The docs as they were at that version, borrowed. The caller has compared it with the floor. */
void table_at(const struct table *table, uint64_t version, struct vec *out);
void table_forget(struct table *table, uint64_t version);
void doc_key(char *out, size_t size, const char *namespace, const char *name);

/* write.c: who changes the spec makes a new generation. */
void generation_count(struct cJSON *object, const struct doc *before);

/* store.c */
struct table *table_named(const struct api *api, const char *name); /* as in api_get */
struct table *api_table(const struct api *api, const char *group, const char *plural);
struct table *api_table_by_kind(const struct api *api, const char *api_version, const char *kind);
/* Stores the object (which it changes); NULL and err when it has no name. Told to the watches. */
struct doc *store_write(struct api *api, struct table *table, struct cJSON *object, struct err *err);
int store_remove(struct api *api, struct table *table, const char *key);

/* patch.c */
void merge_patch(struct cJSON *target, const struct cJSON *patch);
void strategic_patch(struct cJSON *target, const struct cJSON *patch);
int json_patch(struct cJSON *target, const struct cJSON *steps, struct err *err) MUST_USE;

/* selector.c */
struct selector {
	struct vec terms;
};
int selector_parse(struct selector *selector, const char *fields, const char *labels, struct err *err) MUST_USE;
int selector_matches(const struct selector *selector, const struct doc *doc);
void selector_release(struct selector *selector);

/* form.c: objects as the client accepts them. */
enum form { FORM_PLAIN, FORM_METADATA, FORM_TABLE };
enum form form_of(const struct server_request *request, int list);
void form_object(struct buf *out, const struct table *table, const struct doc *doc, enum form form, int as_item);
int table_is_custom(const struct table *table); /* of custom resources */
void form_list_head(struct buf *out, const struct table *table, enum form form, const char *metadata);
const char *form_content_type(enum form form);
void buf_must(int result); /* our own texts are below the maximum: no way to go on */

/* status.c */
void status_text(struct buf *out, int code, const char *reason, const char *message, const char *details);
const char *status_reason(int code);
void status_reply(struct api *api, struct server_call *call, int code, const char *reason, const char *message,
                  const char *details, const char *headers);
void reply_text(struct server_call *call, int code, const struct buf *body);

/* send.c: an answer on its way, as a fault wants it. `over` comes when it ended by itself (a fault,
 * the peer); not after sender_end. The sender is gone after either. */
struct sender;
struct sender *sender_new(struct api *api, struct server_call *call, const struct sim_fault *fault,
                          void (*over)(void *arg), void *arg);
/* Each of these may end it: `over` is then called from inside. */
void sender_begin(struct sender *sender, int status, const char *type);
void sender_write(struct sender *sender, const char *bytes, size_t len);
void sender_end(struct sender *sender);
void sender_disturb(struct sender *sender, const struct sim_fault *fault); /* now */
void send_whole(struct api *api, struct server_call *call, const struct sim_fault *fault, int status,
                const char *type, const struct buf *body);
int fault_is_of_way(enum sim_fault_kind kind);

/* fault.c */
const struct sim_fault *fault_find(struct api *api, const struct server_request *request, int is_watch);
void fault_copy(struct sim_fault *to, const struct sim_fault *from);
void fault_release(struct sim_fault *fault);
/* FAULT_HUGE, DEEP and TAINT. */
void fault_spoil(const struct sim_fault *fault, struct buf *body);

/* list.c, watch.c, write.c, discover.c, podlog.c, access.c */
void answer_list(struct api *api, struct server_call *call, const struct ask *ask, struct table *table);
void answer_get(struct api *api, struct server_call *call, const struct ask *ask, struct table *table);
void answer_watch(struct api *api, struct server_call *call, const struct ask *ask, struct table *table);
void watches_tell(struct api *api, struct table *table, const struct change *change);
void watches_free(struct api *api);
void answer_scale(struct api *api, struct server_call *call, const struct ask *ask, struct table *table);
void answer_write(struct api *api, struct server_call *call, const struct ask *ask, struct table *table);
/* Returns 1 when the path is one of these. */
int answer_discovery(struct api *api, struct server_call *call, const struct ask *ask);
int answer_review(struct api *api, struct server_call *call, const struct ask *ask);
void answer_log(struct api *api, struct server_call *call, const struct ask *ask, struct table *table);
void log_line_add(struct vec *lines, int64_t at_ms, const char *text);
void logs_free_all(struct api *api);
int group_is_broken(const struct api *api, const char *group);
/* Answers 401 or 403 and returns 1 when the request may not be served. */
int access_refused(struct api *api, struct server_call *call, const struct ask *ask);
int access_allows(const struct api *api, const char *verb, const char *resource, const char *namespace);
void access_free(struct api *api);

#endif
