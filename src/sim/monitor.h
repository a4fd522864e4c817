/* SPDX-License-Identifier: MIT */
#ifndef SIM_MONITOR_H
#define SIM_MONITOR_H

#include "net/server.h"
#include "promql.h"
#include "stage.h"
#include "traffic.h"

/*
 * What a Prometheus and an Alertmanager know of one cluster. The series are made for whoever asks
 * from the traffic and from the pods that there are; rules are looked at every few seconds.
 */
struct alert {
	const struct alert_rule *rule;
	size_t service;
	int64_t since_ms, fired_ms; /* fired_ms 0: pending */
	int64_t seen_ms;            /* when it was last true */
	double value;
};

struct silence {
	char id[40];
	cJSON *json; /* as it was posted, with id */
};

struct monitor {
	struct stage *stage;
	struct traffic *traffic;
	const char *cluster, *region;
	struct vec alerts, silences; /* struct alert *, struct silence * */
	uint64_t silence_ids;
};

void monitor_init(struct monitor *monitor);
void monitor_release(struct monitor *monitor);
/* A request behind the service proxy: `service` is "prometheus" or "alertmanager". Returns 0 when it is for neither. */
int monitor_answer(struct monitor *monitor, struct server_call *call, const struct server_request *request,
                   const char *service, const char *path);
void monitor_look(void *monitor, const char *key); /* at the rules, and again later */
/* A workload changed: how many pods are ready, and how many of them run a release that a verdict is on. */
void monitor_follow(struct monitor *monitor, const struct table *table, const struct doc *doc);

/* monitor_series.c */
void monitor_find(void *monitor, const struct matchers *matchers, void (*found)(void *to, const struct series *series), void *to);
const char *monitor_metric(size_t index); /* NULL past the last */
/* alerts.c */
void alerts_answer(struct monitor *monitor, struct server_call *call, const struct server_request *request, const char *path);
void alerts_rules_write(const struct monitor *monitor, struct buf *out);
void alerts_write(const struct monitor *monitor, struct buf *out);
void json_text_write(struct buf *out, const char *text); /* quoted */
void alerts_find(struct monitor *monitor, const struct matchers *matchers, void (*found)(void *to, const struct series *series), void *to);

#endif
