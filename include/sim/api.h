/* SPDX-License-Identifier: MIT */
#ifndef SIM_API_H
#define SIM_API_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "net/loop.h"
#include "net/server.h"
#include "sim/fault.h"

struct cJSON;

/*
 * An API server on loopback that keeps its objects in memory: lists in pages of one snapshot,
 * watches with bookmarks and a window of history, WatchList, tables and partial metadata,
 * discovery, patches, access reviews and pod logs. What it says of errors is worded as
 * kube-apiserver words it, because that is what clients read. No controllers: a Deployment makes
 * no pods, whoever fills it does.
 *
 * And it can be told to fail in every way that matters: struct sim_fault for requests to come,
 * api_disturb for the watches that are open.
 */
struct api;

struct api_resource {
	const char *group, *version, *plural, *singular, *kind; /* group "" for core */
	int namespaced;
	const char *brief; /* "deploy"; NULL: none */
};

struct api_options {
	int port;                  /* 0: a free one */
	int tls;                   /* with a certificate of its own, see api_ca */
	int asleep;                /* answers nobody until api_wake; who connects waits */
	const char *client_ca_pem; /* demand client certificates of this authority */
	const char *release;       /* gitVersion; NULL: a recent one */
	const struct clock *clock; /* NULL: the system's */
	size_t history;            /* changes kept of each resource; 0: 1000. Before them: 410 */
	double bookmark_seconds;   /* between bookmarks of a watch; 0: 60 */
	int no_watch_list;         /* sendInitialEvents is refused with 422, as with the gate off */
	int gone_as_status;        /* a watch from before the window: HTTP 410, not an ERROR event */
	/* Requests that no API path answers. Returns 1 when it took the call over. May be NULL. */
	int (*other)(void *arg, struct server_call *call, const struct server_request *request);
	void *arg;
};

struct api *api_new(struct loop *loop, const struct api_options *options, struct err *err);
void api_wake(struct api *api);
void api_free(struct api *api);
const char *api_url(const struct api *api);  /* "https://127.0.0.1:PORT" */
const char *api_ca(const struct api *api);   /* PEM, changes with api_rotate; NULL without TLS */
uint64_t api_version(const struct api *api); /* the newest resourceVersion */

/* Built-in kinds are there from the start; this adds one, such as a custom resource. */
void api_add_resource(struct api *api, const struct api_resource *resource);

/*
 * The store. Objects are found by apiVersion and kind, or by the plural in which they are listed
 * ("pods"; of two groups with one name: "deployments.apps"). Each change gets the next
 * resourceVersion and is told to the watches.
 */
/* Creates or replaces; what is missing of uid, creationTimestamp and generation is filled in. The
 * object stays the caller's. */
int api_put(struct api *api, const struct cJSON *object, struct err *err) MUST_USE;
int api_put_text(struct api *api, const char *json, struct err *err) MUST_USE;
/* A JSON merge patch (RFC 7386). */
int api_patch(struct api *api, const char *plural, const char *namespace, const char *name, const char *merge,
              struct err *err) MUST_USE;
int api_delete(struct api *api, const char *plural, const char *namespace, const char *name, struct err *err) MUST_USE;
/* The object's JSON to free with cJSON_Delete; NULL when there is none. */
struct cJSON *api_get(const struct api *api, const char *plural, const char *namespace, const char *name);
size_t api_count(const struct api *api, const char *plural);
/* What a list of all of them answers now: the truth that a client's store is compared with. */
int api_list_text(const struct api *api, const char *plural, struct buf *out) MUST_USE;
/* Adds a line to a container's log, stamped now; `previous`: to that before the last restart. */
void api_log(struct api *api, const char *namespace, const char *pod, const char *container, int previous,
             const char *line);

/* Namespaces, nodes and `services` times a Deployment, its ReplicaSets, pods, HPA and an event, as
 * real clusters have them: with managedFields, env, probes and volumes. */
void api_fill(struct api *api, int services, int pods_each);

/* Forgets all history: watches and continue tokens from before are gone (410). */
void api_compact(struct api *api);
/* Only tokens in this list are let in. Without any, everybody is. */
void api_allow_token(struct api *api, const char *token);
void api_refuse_token(struct api *api, const char *token);
/* Answers 403. verb NULL: all; resource is a plural, NULL: all; namespace NULL: only requests over
 * all namespaces, "*": those and all others. */
void api_deny(struct api *api, const char *verb, const char *resource, const char *namespace);
void api_allow_all(struct api *api); /* takes all of these back */
/* The group's API service is down: 503, "Stale" in the discovery. */
void api_break_group(struct api *api, const char *group, int broken);

/* Faults. The rule is copied; the number it gets names it. */
int api_fault(struct api *api, const struct sim_fault *fault);
int api_fault_hits(const struct api *api, int rule); /* how many requests it spoiled */
void api_clear_faults(struct api *api);
/* Spoils the watches of a resource (NULL: all) that are open. FAULT_RESET, CUT, CUT_CHUNK (a part of a
 * frame), FREEZE, END, ERROR_EVENT and FRAME make sense here. Returns how many there were. */
int api_disturb(struct api *api, const char *plural, const struct sim_fault *fault);
int api_watches(const struct api *api, const char *plural); /* that are open */
/* Requests so far whose path starts with `path` and whose query holds `query`; both may be "". */
int api_requests(const struct api *api, const char *path, const char *query);
/* A new certificate and key; existing connections are reset. */
int api_rotate(struct api *api, struct err *err) MUST_USE;
/* Plays a dead server, and a living one again. */
int api_set_listening(struct api *api, int listening, struct err *err) MUST_USE;
int api_bookmark(struct api *api); /* sends all open watches that want them a bookmark now; how many */

#endif
