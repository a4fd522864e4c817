/* SPDX-License-Identifier: MIT */
#ifndef LOAD_PODS_H
#define LOAD_PODS_H

#include "load/profile.h"

/*
 * A load test as Kubernetes objects: shards of JMeter that know nothing of each other, each with its part
 * of the rate and an agent beside it. One Job owns everything: it is made first, it has a deadline and a
 * time to live, and what belongs to it goes with it, whoever forgets it. There is no RMI in it.
 *
 *	Job            the shards; they begin together, at a moment that is given
 *	Secret         the plan, which holds the profile's headers and bodies
 *	NetworkPolicy  nobody reaches the shards
 */
#define POD_RUN_LABEL "flagdeck.io/load-run"

struct pods_wish {
	const struct profile *profile;
	const char *run;      /* its id; a name of the Job is made of it */
	const char *job_uid;  /* of the Secret and the NetworkPolicy */
	int64_t begin_ms;     /* when the shards begin */
};

void pods_job_name(const char *run, char out[64]);
int pods_job_write(const struct pods_wish *wish, struct buf *out, struct err *err) MUST_USE;
int pods_secret_write(const struct pods_wish *wish, struct buf *out, struct err *err) MUST_USE;
int pods_policy_write(const struct pods_wish *wish, struct buf *out, struct err *err) MUST_USE;
/* The answer of the server to a created Job: its uid into 64 bytes. */
int pods_uid_read(const char *json, size_t len, char out[64], struct err *err) MUST_USE;

struct pods_state {
	int active, ready, succeeded, failed, over; /* over: complete or failed for good */
	char words[200];                            /* why it failed; "" otherwise */
};
int pods_state_read(const char *json, size_t len, struct pods_state *state, struct err *err) MUST_USE;

#endif
