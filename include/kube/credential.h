/* SPDX-License-Identifier: MIT */
#ifndef KUBE_CREDENTIAL_H
#define KUBE_CREDENTIAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/loop.h"

/*
 * What a cluster wants to see of us, kept fresh: tokens and certificates from files are read again
 * when they may have changed, plugins are run when theirs run out. Secrets never appear in error
 * texts and are wiped when they are let go.
 */

/* A plugin's use of the terminal. One that only may ask is run without it first, so that a refresh
 * in the background does not take the screen; only when it fails so is it run again with it. */
enum exec_mode { EXEC_NEVER, EXEC_IF_AVAILABLE, EXEC_ALWAYS };

struct exec_spec {
	const char *api_version;  /* client.authentication.k8s.io/v1 or v1beta1 */
	const char *command;      /* NULL: no plugin. A path, or a plain name for PATH */
	const char *const *args;  /* NULL-terminated, or NULL */
	const char *const *env;   /* "NAME=value", NULL-terminated, over ours; or NULL */
	enum exec_mode mode;
	int provide_cluster;      /* the plugin is told `cluster_json` */
	const char *cluster_json; /* spec.cluster of KUBERNETES_EXEC_INFO, or NULL */
	const char *install_hint; /* sanitised; "" when none */
};

/* How one context proves who it is, as its kubeconfig says. A file stands beside its data only for
 * the token, where both may be given. Absent strings are NULL. */
struct credential_spec {
	const char *where;        /* for messages: "/home/ann/.kube/config:12: the user "ann"" */
	const char *cert_data, *key_data; /* PEM */
	size_t cert_data_len, key_data_len;
	const char *cert_file, *key_file;
	const char *ca_file;      /* of the server, read again beside the client certificate */
	const char *token;        /* used until token_file can be read */
	const char *token_file;
	const char *username, *password; /* either set: Basic */
	struct exec_spec exec;
	const char *as, *as_uid;
	const char *const *as_groups; /* NULL-terminated, or NULL */
	const char *const *as_extra;  /* key, value, key, value, ..., NULL; or NULL */
};

/* Results of plugins, shared by all contexts with the same plugin, arguments and cluster. Outlives
 * every credential made with it. */
struct credential_cache;

struct credential_cache *credential_cache_new(struct loop *loop, const struct clock *clock);
void credential_cache_free(struct credential_cache *cache);

struct credential_options {
	struct loop *loop;
	const struct clock *clock;
	struct credential_cache *cache;
	const struct credential_spec *spec; /* copied */
	/* Gives the terminal to a plugin that asks a person (take = 1), and takes it back (take = 0);
	 * 0, or -1 when there is none. NULL: there is never one. Callable as long as the cache lives. */
	int (*borrow_terminal)(void *arg, int take);
	void *arg;
	double exec_timeout; /* seconds; 0: 60. With the terminal, where a person types, five times as long */
};

struct credential;

/* Reads what is in files. NULL and err when a certificate or a key cannot be read. */
struct credential *credential_new(const struct credential_options *options, struct err *err);
void credential_free(struct credential *credential); /* cancels who waits, without callbacks */

/* What to send. Valid during the callback only; headers and keys are secret. */
struct credential_answer {
	const char *error;           /* a sentence for people, and nothing else is set; or NULL */
	const char *const *headers;  /* "Authorization: ...", "Impersonate-User: ..."; NULL-terminated */
	const char *cert_pem, *key_pem; /* client certificate; both or NULL */
	size_t cert_pem_len, key_pem_len;
	const char *ca_pem;          /* when ca_file is set: its present text, else NULL */
	size_t ca_pem_len;
	uint64_t generation;         /* of all of this; for credential_reject */
	uint64_t tls_generation;     /* differs from the last one: a certificate changed, close connections */
};

struct credential_wait; /* one caller that waits for a plugin */

/*
 * Calls back once: before it returns, and then the result is NULL, or later from the loop, and then
 * the result is a handle that is gone after the callback.
 */
struct credential_wait *credential_get(struct credential *credential,
                                       void (*ready)(void *arg, const struct credential_answer *answer),
                                       void *arg);
void credential_cancel(struct credential_wait *wait); /* no callback */

/* A plugin that failed is not run again for a while (1 s, doubled up to 30 s; a minute after it had
 * the terminal); who asks meanwhile gets the same error. This ends the wait: a person said "again". */
void credential_retry(struct credential *credential);

/* The server refused (401) what came with `generation`: the next credential_get asks the plugin or
 * reads the files anew. Does nothing when there is something newer already. Returns 1 when another
 * try may give another credential, else 0 (a fixed token stays what it is). */
int credential_reject(struct credential *credential, uint64_t generation);

#endif
