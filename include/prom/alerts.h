/* SPDX-License-Identifier: MIT */
#ifndef PROM_ALERTS_H
#define PROM_ALERTS_H

#include "base/buf.h"
#include "base/vec.h"
#include "model/alert.h"
#include "prom/client.h"

struct cluster;

/*
 * Alerts of a cluster: pending and firing ones from its Prometheus; what is silenced or inhibited, and
 * the silences, from an Alertmanager, which is found by itself where none is configured. Without an
 * Alertmanager alerts are shown as they are.
 */
struct alerting;

struct alerting_options {
	struct loop *loop;
	struct http *http;
	struct client *kube;              /* NULL: only a URL can work */
	const struct prom_access *manager; /* url and service NULL: discover */
	struct cluster *cluster;
	void (*changed)(void *arg);
	void *arg;
};

struct alerting *alerting_new(const struct alerting_options *options);
void alerting_free(struct alerting *alerting); /* NULL is fine */
/* Asks once; `prometheus` may be NULL: then only the Alertmanager. Does nothing while asking. */
void alerting_poll(struct alerting *alerting, struct prom_client *prometheus);
/* Ends what is under way: before the Prometheus that it asks is freed. */
void alerting_forget(struct alerting *alerting);
/* Whether the first answer came, or none will. */
int alerting_settled(const struct alerting *alerting);
/* NULL while none was found. */
struct prom_client *alerting_manager(const struct alerting *alerting);

/* Decoders: items of struct alert and struct silence, at most ALERTS_MAX and SILENCES_MAX. -1: no answer. */
int alerts_decode(struct vec *alerts, const char *body, size_t len, struct err *err) MUST_USE;
int silences_decode(struct vec *silences, const char *body, size_t len, struct err *err) MUST_USE;
/* Alertmanager's view of its alerts: marks those of `alerts` that it holds back; adds those that only it knows. */
int alerts_decode_held(struct vec *alerts, const char *body, size_t len, struct err *err) MUST_USE;

/* The body of a new silence. */
int silence_encode(struct buf *out, const struct silence *silence) MUST_USE;
/*
 * Sends a new silence, or ends one. `done` gets the id of the new one. The caller has written its audit
 * before.
 */
struct prom_call *silence_send(struct prom_client *manager, const struct silence *silence,
                               void (*done)(void *arg, const struct prom_result *result, const char *body, size_t len),
                               void *arg);
struct prom_call *silence_expire(struct prom_client *manager, const char *id,
                                 void (*done)(void *arg, const struct prom_result *result, const char *body, size_t len),
                                 void *arg);
/* The id in the answer to silence_send; "" when there is none. */
void silence_id_decode(const char *body, size_t len, char out[40]);

#endif
