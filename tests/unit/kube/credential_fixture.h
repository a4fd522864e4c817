/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CREDENTIAL_FIXTURE_H
#define TESTS_CREDENTIAL_FIXTURE_H

/* Credentials of a made-up user: a folder for files and plugins, a loop, a clock that stands. */
#include "kubeconfig_fixture.h"

#include "base/mem.h"
#include "kube/credential.h"

struct fixture {
	struct folder folder;
	struct loop *loop;
	struct clock_fixed clock;
	struct credential_cache *cache;
};

static inline int fixture_setup(void **state)
{
	struct fixture *fixture = mem_new(sizeof(*fixture));
	struct err err = {0};

	folder_make(&fixture->folder);
	fixture->loop = loop_new(&err);
	assert_non_null(fixture->loop);
	clock_fixed_init(&fixture->clock, 1700000000000);
	fixture->clock.mono_ms = 1000;
	fixture->cache = credential_cache_new(fixture->loop, &fixture->clock.clock);
	*state = fixture;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	credential_cache_free(fixture->cache);
	loop_free(fixture->loop);
	folder_remove(&fixture->folder);
	free(fixture);
	return 0;
}

static inline struct credential *fixture_credential(struct fixture *fixture,
                                                    const struct credential_spec *spec, struct err *err)
{
	const struct credential_options options = {
	    .loop = fixture->loop, .clock = &fixture->clock.clock, .cache = fixture->cache, .spec = spec};

	return credential_new(&options, err);
}

static inline void fixture_pass(struct fixture *fixture, int64_t seconds)
{
	fixture->clock.mono_ms += seconds * 1000;
	fixture->clock.wall_ms += seconds * 1000;
}

/* An answer that was given, in copies. */
struct given {
	int count;
	char error[ERR_MAX];
	char headers[4096]; /* one a line */
	char cert[256], key[256], ca[256];
	uint64_t generation, tls_generation;
	void (*then)(void *arg); /* what to do inside the callback */
	void *arg;
};

static inline void given_take(void *arg, const struct credential_answer *answer)
{
	struct given *given = arg;

	given->count++;
	given->headers[0] = '\0';
	snprintf(given->error, sizeof(given->error), "%s", answer->error ? answer->error : "");
	for (const char *const *header = answer->headers; header && *header; header++) {
		strcat(given->headers, *header);
		strcat(given->headers, "\n");
	}
	snprintf(given->cert, sizeof(given->cert), "%s", answer->cert_pem ? answer->cert_pem : "");
	snprintf(given->key, sizeof(given->key), "%s", answer->key_pem ? answer->key_pem : "");
	snprintf(given->ca, sizeof(given->ca), "%s", answer->ca_pem ? answer->ca_pem : "");
	given->generation = answer->generation;
	given->tls_generation = answer->tls_generation;
	if (given->then)
		given->then(given->arg);
}

static inline void given_wait(struct fixture *fixture, const struct given *given, int count)
{
	while (given->count < count)
		loop_poll(fixture->loop, 1);
}

/* Asks, and lets the plugin run if one has to. */
static inline void fixture_ask(struct fixture *fixture, struct credential *credential, struct given *given)
{
	*given = (struct given){0};
	credential_get(credential, given_take, given);
	given_wait(fixture, given, 1);
	assert_int_equal(given->count, 1);
}

#define PEM_CERT(text) "-----BEGIN CERTIFICATE-----\n" text "\n-----END CERTIFICATE-----\n"
#define PEM_KEY(text) "-----BEGIN PRIVATE KEY-----\n" text "\n-----END PRIVATE KEY-----\n"

#endif
