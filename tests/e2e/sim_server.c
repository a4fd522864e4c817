/* SPDX-License-Identifier: MIT */
/*
 * The embedded API server on a port of its own, filled, and a little alive: for tests that want a cluster
 * without Kubernetes. Prints a kubeconfig on its output, flushes, and serves until it is killed.
 *
 * usage: sim_server SERVICES PODS_EACH [CHANGES_PER_SECOND]
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "net/loop.h"
#include "sim/api.h"

struct living {
	struct api *api;
	struct timer *timer;
	cJSON *pods; /* a list, to pick names from */
	int count;
	unsigned turn;
	double gap;
};

/* Another pod restarts, and writes a line into its log. */
static void live(void *arg)
{
	struct living *living = arg;
	struct err err = {0};
	char merge[160];
	const cJSON *pod = cJSON_GetArrayItem(json_get(living->pods, "items"), (int)(living->turn * 7919u % (unsigned)living->count));
	const char *namespace = json_string(pod, "metadata/namespace"), *name = json_string(pod, "metadata/name");
	snprintf(merge, sizeof(merge), "{\"metadata\":{\"annotations\":{\"turn\":\"%u\"}},\"status\":{\"phase\":\"%s\"}}", living->turn,
	         living->turn % 5 ? "Running" : "Pending");
	if (api_patch(living->api, "pods", namespace, name, merge, &err) < 0)
		fprintf(stderr, "%s\n", err.text);
	snprintf(merge, sizeof(merge), "turn %u: GET /healthz 200", living->turn);
	api_log(living->api, namespace, name, "app", 0, merge);
	living->turn++;
	timer_start(living->timer, living->gap);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	struct living living = {0};
	struct buf text;
	struct loop *loop = loop_new(&err);
	if (argc < 3) {
		fprintf(stderr, "usage: %s SERVICES PODS_EACH [CHANGES_PER_SECOND]\n", argv[0]);
		return 2;
	}
	living.api = loop ? api_new(loop, &(struct api_options){.history = 100000}, &err) : NULL;
	if (!living.api) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	api_fill(living.api, atoi(argv[1]), atoi(argv[2]));
	buf_init(&text, (size_t)1 << 30);
	if (api_list_text(living.api, "pods", &text) < 0 || !(living.pods = json_parse_heap(text.data, text.len, &err)))
		return 1;
	buf_release(&text);
	living.count = cJSON_GetArraySize(json_get(living.pods, "items"));
	printf("{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"current-context\":\"sim\",\"clusters\":[{\"name\":\"sim\",\"cluster\":"
	       "{\"server\":\"%s\"}}],\"users\":[{\"name\":\"sim\",\"user\":{}}],\"contexts\":[{\"name\":\"sim\",\"context\":"
	       "{\"cluster\":\"sim\",\"user\":\"sim\"}}]}\n", api_url(living.api));
	fflush(stdout);
	if (argc > 3 && atof(argv[3]) > 0) {
		living.gap = 1 / atof(argv[3]);
		living.timer = timer_new(loop, live, &living);
		timer_start(living.timer, living.gap);
	}
	loop_run(loop);
	return 0;
}
