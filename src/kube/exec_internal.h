/* SPDX-License-Identifier: MIT */
#ifndef KUBE_EXEC_INTERNAL_H
#define KUBE_EXEC_INTERNAL_H

#include "base/map.h"
#include "base/vec.h"
#include "credential_secret.h"
#include "kube/credential.h"
#include "net/proc.h"

/* What a plugin answered. Strings are of `pool`. */
struct exec_result {
	struct secret_pool pool;
	const char *token;              /* NULL: none */
	const char *cert_pem, *key_pem; /* both or neither */
	int64_t expires;                /* Unix milliseconds; 0: never */
};

/* exec_decode.c: reads a plugin's standard output. Errors quote nothing of it. */
int exec_decode(const char *bytes, size_t len, const char *api_version, struct exec_result *result,
                struct err *err) MUST_USE;
void exec_result_release(struct exec_result *result);

/* exec_errors.c: the end of a plugin's standard error in one safe line, without what looks like a secret. */
void exec_errors_shown(const char *bytes, size_t len, char *out, size_t size);

/* Someone who waits for a run. Linked so that it can be taken out of whatever list it is in. */
struct exec_wait {
	struct exec_wait *next, **link;
	void (*finished)(struct exec_wait *wait, const char *error); /* error: NULL when there is a result */
};
void exec_wait_remove(struct exec_wait *wait);

/* One plugin with its arguments, environment and cluster. */
struct exec_entry {
	char key[65];
	struct credential_cache *cache;
	struct secret_pool pool;
	struct exec_spec spec; /* of the pool */

	struct exec_result result;
	uint64_t sequence; /* of the result; 0: none yet */
	int rejected;      /* the server refused the result */

	char error[ERR_MAX]; /* of the last run, when it failed */
	int failures;        /* in a row */
	int64_t hold_until;  /* monotonic ms; no run before it */

	struct proc *proc; /* running */
	int queued;        /* about to run, waits for the terminal */
	int with_terminal; /* has the terminal */
	int (*borrow_terminal)(void *arg, int take);
	void *arg;
	double timeout;
	struct exec_wait *waits;
};

struct credential_cache {
	struct loop *loop;
	const struct clock *clock;
	struct map entries;               /* by key */
	struct exec_entry *terminal_user; /* one at a time has the terminal, */
	struct vec terminal_queue;        /* these wait for it, */
	struct timer *terminal_next;      /* and this starts the first of them */
};

/* exec_cache.c */
struct exec_entry *exec_entry_get(struct credential_cache *cache, const struct exec_spec *spec);
/* Whether there is a result that may still be used. */
int exec_entry_is_fresh(const struct exec_entry *entry);
/* The error to give at once instead of running, or NULL. */
const char *exec_entry_held(const struct exec_entry *entry);
void exec_entry_reject(struct exec_entry *entry, uint64_t sequence);
/* For exec_run.c: keeps the outcome and tells all who wait. The last thing to do with an entry. */
void exec_entry_finish(struct exec_entry *entry, const struct err *failure);

/* exec_run.c: runs the plugin; the outcome comes by exec_entry_finish, from the loop. Nothing is
 * running yet. -1 and err when it could not even be started, which is kept as the last error. */
int exec_run(struct exec_entry *entry, struct err *err) MUST_USE;
int exec_is_running(const struct exec_entry *entry);
void exec_stop(struct exec_entry *entry); /* kills it, and takes the terminal back */
void exec_next(void *cache);              /* the timer's: runs who waits for the terminal */

#endif
