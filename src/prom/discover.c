/* SPDX-License-Identifier: MIT */
/*
 * Asks for the usual labels first, then, when none has them, for the usual names, all requests of a
 * step at once: an answer that finds something ends the search after its step.
 */
#include "prom/discover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { STEPS = 2, ASKED_MAX = 8 };

static const char *const questions[2][STEPS][ASKED_MAX] = {
	[DISCOVER_PROMETHEUS] = {
		{"labelSelector=app.kubernetes.io%2Fname%20in%20(prometheus,thanos-query,query-frontend,vmsingle,vmselect,"
		 "victoria-metrics-single,mimir-gateway)",
		 "labelSelector=app%20in%20(prometheus,kube-prometheus-stack-prometheus,prometheus-server)",
		 "labelSelector=operated-prometheus%3Dtrue"},
		{"fieldSelector=metadata.name%3Dprometheus-operated", "fieldSelector=metadata.name%3Dprometheus-k8s",
		 "fieldSelector=metadata.name%3Dprometheus-server", "fieldSelector=metadata.name%3Dprometheus",
		 "fieldSelector=metadata.name%3Dthanos-query", "fieldSelector=metadata.name%3Dthanos-querier"},
	},
	[DISCOVER_ALERTMANAGER] = {
		{"labelSelector=app.kubernetes.io%2Fname%3Dalertmanager", "labelSelector=operated-alertmanager%3Dtrue",
		 "labelSelector=app%20in%20(alertmanager,kube-prometheus-stack-alertmanager)"},
		{"fieldSelector=metadata.name%3Dalertmanager-operated", "fieldSelector=metadata.name%3Dalertmanager-main",
		 "fieldSelector=metadata.name%3Dprometheus-alertmanager", "fieldSelector=metadata.name%3Dalertmanager"},
	},
};

struct discover {
	struct client *client;
	enum discover_what what;
	size_t step, waiting;
	struct asked {
		struct discover *discover;
		struct client_call *call;
		int came;
		struct discover_found found; /* of this question: their order is the order of questions */
	} asked[ASKED_MAX];
	char error[300];
	void (*done)(void *arg, const struct discover_found *found);
	void *arg;
};

static void step_start(struct discover *discover);

static void step_over(struct discover *discover)
{
	struct discover_found found = {0};
	for (size_t i = 0; i < ASKED_MAX; i++)
		for (size_t k = 0; k < discover->asked[i].found.count && found.count < DISCOVER_MAX; k++) {
			size_t seen = 0;
			while (seen < found.count && strcmp(found.services[seen], discover->asked[i].found.services[k]) != 0)
				seen++;
			if (seen == found.count)
				memcpy(found.services[found.count++], discover->asked[i].found.services[k], DISCOVER_NAME);
		}
	if (found.count == 0 && !discover->error[0] && ++discover->step < STEPS) {
		step_start(discover);
		return;
	}
	memcpy(found.error, discover->error, sizeof(found.error));
	void (*done)(void *, const struct discover_found *) = discover->done;
	void *arg = discover->arg;
	free(discover);
	done(arg, &found);
}

static void question_answered(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct asked *asked = arg;
	struct discover *discover = asked->discover;
	struct err err = {0};
	asked->call = NULL;
	if (!result->error[0] && discover_decode(&asked->found, discover->what, body, len, &err) < 0)
		snprintf(discover->error, sizeof(discover->error), "the Services cannot be read: %.200s", err.text);
	else if (result->error[0])
		snprintf(discover->error, sizeof(discover->error), "%.290s", result->error);
	if (--discover->waiting == 0)
		step_over(discover);
}

static void step_start(struct discover *discover)
{
	const char *const *texts = questions[discover->what][discover->step];
	for (size_t i = 0; i < ASKED_MAX && texts[i]; i++)
		discover->waiting++;
	for (size_t i = 0; i < ASKED_MAX; i++) {
		struct asked *asked = &discover->asked[i];
		char path[512];
		*asked = (struct asked){.discover = discover};
		if (!texts[i])
			continue;
		snprintf(path, sizeof(path), "/api/v1/services?limit=50&%s", texts[i]);
		asked->call = client_get(discover->client, path, NULL, question_answered, asked);
	}
}

struct discover *discover_start(struct client *client, enum discover_what what,
                                void (*done)(void *arg, const struct discover_found *found), void *arg)
{
	struct discover *discover = mem_new(sizeof(*discover));
	discover->client = client;
	discover->what = what;
	discover->done = done;
	discover->arg = arg;
	step_start(discover);
	return discover;
}

void discover_cancel(struct discover *discover)
{
	if (!discover)
		return;
	for (size_t i = 0; i < ASKED_MAX; i++)
		client_cancel(discover->asked[i].call);
	free(discover);
}
