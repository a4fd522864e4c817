/* SPDX-License-Identifier: MIT */
#ifndef PROM_SLO_H
#define PROM_SLO_H

#include "model/fleet.h"
#include "prom/client.h"
#include "prom/preset.h"

/*
 * Service level objectives: the share of failed requests over the objective's window and over the four
 * windows of burn rates, one query a window for all services that have one. Asked every minute.
 */
struct slo_rule {
	const char *service;   /* its name */
	const char *namespace; /* NULL: any */
	double objective;      /* 0.999 */
	double window_ms;      /* 30 days */
	const char *window;    /* as it is written: "30d" */
};

struct slo_poll;

struct slo_options {
	struct loop *loop;
	struct cluster *cluster;
	const struct slo_rule *rules; /* outlive the poll */
	size_t rule_count;
	void (*changed)(void *arg);
	void *arg;
};

struct slo_poll *slo_poll_new(const struct slo_options *options);
void slo_poll_free(struct slo_poll *poll); /* NULL is fine */
/* Asks when a minute is over since it did; `preset` tells requests. */
void slo_poll_due(struct slo_poll *poll, struct prom_client *client, const struct preset *preset,
                  const struct preset_scope *scope, int64_t at_ms);
int slo_poll_is_asking(const struct slo_poll *poll);
/* Ends what is under way: before the client is freed. */
void slo_poll_forget(struct slo_poll *poll);
/* The query of one window, for all rules whose window it is (NULL: for all). -1: none, or no room. */
int slo_query(const struct slo_rule *rules, size_t count, const char *own_window, const struct preset *preset,
              const struct preset_scope *scope, struct buf *out) MUST_USE;

#endif
