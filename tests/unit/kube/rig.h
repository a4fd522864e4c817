/* SPDX-License-Identifier: MIT */
#ifndef TEST_KUBE_RIG_H
#define TEST_KUBE_RIG_H

/*
 * The real client and its watches against the embedded API server, on one loop. The oracle: what
 * is in the model equals what a fresh list decodes to, in every field.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "kube/client.h"
#include "kube/source.h"
#include "kube/watch.h"
#include "model/writer.h"
#include "sim/api.h"
#include "unit/kube/same.h"
#include "unit/sim/wait.h"

struct rig_options {
	struct api_options api;
	struct watch_timing timing;
	const char *namespace;     /* of the context */
	const char *token;         /* needs api.tls */
	const char *ca_file;       /* read again when it changes */
	struct exec_spec exec;
	const struct clock *clock; /* NULL: the system's */
	int services, pods_each;   /* to fill the server with; 0: 6 times 3 */
	enum object_kind kinds[OBJECT_KINDS]; /* to watch; */
	size_t kind_count;         /* 0: all */
};

struct rig {
	struct loop *loop;
	struct api *api;
	struct http *http;
	struct fleet *fleet, *truth;
	struct cluster *cluster;
	struct credential_cache *credentials;
	struct client *client;
	struct watch_queue *queue;
	struct watch *watches[OBJECT_KINDS];
	const struct kind *kinds[OBJECT_KINDS];
	size_t count;
	int changes;
	size_t fewest_pods; /* since rig_count_pods */
	uint64_t dice;
};

/* Short pauses; but nothing that a slow machine could take for silence. */
static inline struct watch_timing rig_timing(void)
{
	return (struct watch_timing){
	    .page = 5,
	    .pause = 0.01,
	    .pause_max = 0.05,
	    .silence_stream = 30,
	    .silence_watch = 60,
	    .retry_denied = 0.05,
	    .retry_absent = 0.05,
	    .retry_after_max = 0.05,
	    .quick_end = 0,
	    .failing_relist = 60,
	};
}

static inline void rig_changed(void *arg)
{
	struct rig *rig = arg;
	size_t pods = rig->cluster->objects[OBJECT_POD].len;
	rig->changes++;
	if (pods < rig->fewest_pods)
		rig->fewest_pods = pods;
}

static inline void rig_connect(struct rig *rig, const struct rig_options *options, const struct clock *clock)
{
	struct err err = {0};
	const struct credential_spec spec = {.where = "user \"test\"",
	                                     .token = options->token,
	                                     .ca_file = options->ca_file,
	                                     .exec = options->exec};
	const struct credential_options credential = {
	    .loop = rig->loop, .clock = clock, .cache = rig->credentials, .spec = &spec};
	struct client_options client = {
		.loop = rig->loop, .http = rig->http, .credential = credential_new(&credential, &err),
		.endpoint = {.url = api_url(rig->api), .ca_pem = api_ca(rig->api)},
	};
	if (client.endpoint.ca_pem)
		client.endpoint.ca_pem_len = strlen(client.endpoint.ca_pem);
	if (!client.credential || !(rig->client = client_new(&client, &err)))
		fail_msg("%s", err.text);
}

/* Everything but the watches, which rig_watch starts: faults can be laid out in between. */
static inline void rig_start(struct rig *rig, const struct rig_options *options)
{
	struct err err = {0};
	const struct clock *clock = options->clock ? options->clock : &clock_system;
	*rig = (struct rig){.dice = 42, .fewest_pods = (size_t)-1};
	rig->loop = loop_new(&err);
	rig->http = http_new(rig->loop, &err);
	rig->api = api_new(rig->loop, &options->api, &err);
	if (!rig->loop || !rig->http || !rig->api)
		fail_msg("%s", err.text);
	api_fill(rig->api, options->services ? options->services : 6,
	         options->pods_each ? options->pods_each : 3);
	rig->fleet = fleet_new(clock);
	rig->truth = fleet_new(clock);
	rig->cluster = fleet_add_cluster(rig->fleet, "test", "", "", 0);
	rig->credentials = credential_cache_new(rig->loop, clock);
	rig_connect(rig, options, clock);
	rig->queue = watch_queue_new(rig->loop);
	const struct watch_context context = {
	    .loop = rig->loop,
	    .clock = clock,
	    .client = rig->client,
	    .cluster = rig->cluster,
	    .queue = rig->queue,
	    .namespace = options->namespace,
	    .decode = {rig->fleet, "app.kubernetes.io/name", "team"},
	    .timing = &options->timing,
	    .changed = rig_changed,
	    .arg = rig,
	};
	rig->count = options->kind_count ? options->kind_count : kind_count;
	for (size_t i = 0; i < rig->count; i++) {
		rig->kinds[i] = options->kind_count ? kind_of(options->kinds[i]) : &kinds[i];
		rig->watches[i] = watch_new(&context, rig->kinds[i]);
	}
}

static inline void rig_watch(struct rig *rig)
{
	for (size_t i = 0; i < rig->count; i++)
		watch_start(rig->watches[i]);
}

static inline void rig_end(struct rig *rig)
{
	for (size_t i = 0; i < rig->count; i++)
		watch_free(rig->watches[i]);
	watch_queue_free(rig->queue);
	client_free(rig->client);
	credential_cache_free(rig->credentials);
	http_free(rig->http);
	api_free(rig->api);
	fleet_free(rig->fleet);
	fleet_free(rig->truth);
	loop_free(rig->loop);
}

/* Compares one kind with the truth; what differs is put into words when `why` is given. */
static inline int rig_kind_is_true(struct rig *rig, const struct kind *kind, char *why, size_t size)
{
	const struct decode decode = {rig->truth, "app.kubernetes.io/name", "team"};
	const struct map *objects = &rig->cluster->objects[kind->object];
	const cJSON *item;
	struct buf text;
	size_t count = 0;
	int same = 1;
	buf_init(&text, 256 << 20);
	assert_int_equal(api_list_text(rig->api, kind_names(kind)->plural, &text), 0);
	cJSON *list = json_parse_heap(buf_string(&text), text.len, NULL);
	assert_non_null(list);
	cJSON_ArrayForEach(item, json_get(list, "items"))
	{
		const char *type = json_string(item, "type");
		if (kind->object == OBJECT_EVENT && (!type || strcmp(type, "Warning") != 0))
			continue;
		struct object *expected = kind->decode(&decode, item, NULL);
		assert_non_null(expected);
		const struct object *got = map_get(objects, expected->key);
		char *a = object_describe(expected), *b = got ? object_describe(got) : mem_copy_string("nothing");
		count++;
		if (same && strcmp(a, b) != 0) {
			same = 0;
			if (why)
				snprintf(why, size, "%s: wanted %s\n got %s", kind_names(kind)->plural, a, b);
		}
		free(a);
		free(b);
		object_discard(rig->truth, expected);
	}
	if (same && count != objects->len) {
		same = 0;
		if (why)
			snprintf(why, size, "%s: wanted %zu, got %zu", kind_names(kind)->plural, count, objects->len);
	}
	cJSON_Delete(list);
	buf_release(&text);
	return same;
}

/* Whether all kinds are live and true. */
static inline int rig_is_true(struct rig *rig)
{
	for (size_t i = 0; i < rig->count; i++)
		if (rig->cluster->kinds[rig->kinds[i]->object].sync != SYNC_LIVE)
			return 0;
	for (size_t i = 0; i < rig->count; i++)
		if (!rig_kind_is_true(rig, rig->kinds[i], NULL, 0))
			return 0;
	return 1;
}

static inline void rig_settle(struct rig *rig, const char *what)
{
	char why[4096] = "";
	struct wait wait_for = {.from = clock_system.mono(&clock_system)};
	wait_for.tick = timer_new(rig->loop, wait_due, &wait_for);
	while (!rig_is_true(rig)) {
		if (clock_system.mono(&clock_system) - wait_for.from > WAIT_MAX_MS) {
			for (size_t i = 0; i < rig->count; i++) {
				const struct kind_state *kind = &rig->cluster->kinds[rig->kinds[i]->object];
				printf("%s: sync %d complete %d: %s\n", kind_names(rig->kinds[i])->plural, kind->sync, kind->complete,
				       kind->error);
				if (rig_kind_is_true(rig, rig->kinds[i], why, sizeof(why)) == 0)
					break;
			}
			fail_msg("%s: the model did not become true. %s", what, why);
		}
		wait_for.due = 0;
		timer_start(wait_for.tick, 0.005);
		while (!wait_for.due)
			loop_poll(rig->loop, 1);
	}
	timer_free(wait_for.tick);
}

static inline const struct kind_state *rig_state(const struct rig *rig, enum object_kind kind)
{
	return &rig->cluster->kinds[kind];
}

static inline unsigned rig_roll(struct rig *rig, unsigned sides)
{
	rig->dice = rig->dice * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(rig->dice >> 33) % sides;
}

/* The identity of the nth object (modulo their number); 0 when there is none. */
static inline int rig_pick(struct rig *rig, const char *plural, unsigned nth, char namespace[256],
                           char name[256])
{
	struct buf text;
	buf_init(&text, 256 << 20);
	assert_int_equal(api_list_text(rig->api, plural, &text), 0);
	cJSON *list = json_parse_heap(buf_string(&text), text.len, NULL);
	const cJSON *items = json_get(list, "items");
	int count = cJSON_GetArraySize(items);
	if (count > 0) {
		const cJSON *item = cJSON_GetArrayItem(items, (int)(nth % (unsigned)count));
		const char *space = json_string(item, "metadata/namespace");
		snprintf(namespace, 256, "%s", space ? space : "");
		snprintf(name, 256, "%s", json_string(item, "metadata/name"));
	}
	cJSON_Delete(list);
	buf_release(&text);
	return count > 0;
}

static inline void rig_put_pod(struct rig *rig, const char *namespace, const char *name, const char *phase)
{
	struct err err = {0};
	char *text = mem_printf("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\","
	                        "\"namespace\":\"%s\"},\"spec\":{"
	                        "\"containers\":[{\"name\":\"app\",\"env\":[{\"name\":\"x\","
	                        "\"value\":\"{]\\\"\\\\\"}]}]},\"status\":{"
	                        "\"phase\":\"%s\"}}", name, namespace, phase);
	if (api_put_text(rig->api, text, &err) < 0)
		fail_msg("%s", err.text);
	free(text);
}

/* One thing that happens in a cluster. */
static inline void rig_churn(struct rig *rig)
{
	char namespace[256], name[256], text[256];
	struct err err = {0};
	static const char *const plurals[] = {"pods",   "deployments", "replicasets", "horizontalpodautoscalers",
	                                      "events", "nodes",       "namespaces"};
	const char *plural = plurals[rig_roll(rig, sizeof(plurals) / sizeof(plurals[0]))];
	unsigned what = rig_roll(rig, 10);
	if (what < 2) {
		snprintf(name, sizeof(name), "made-%u", rig_roll(rig, 40));
		rig_put_pod(rig, "payments", name, rig_roll(rig, 2) ? "Pending" : "Running");
	} else if (!rig_pick(rig, plural, rig_roll(rig, 1000), namespace, name)) {
		return;
	} else if (what < 3 && strcmp(plural, "namespaces") != 0) {
		assert_int_equal(api_delete(rig->api, plural, namespace, name, &err), 0);
	} else if (what < 4 && strcmp(plural, "pods") == 0) {
		/* A new one of the same name, as StatefulSets make them. */
		assert_int_equal(api_delete(rig->api, plural, namespace, name, &err), 0);
		rig_put_pod(rig, namespace, name, "Pending");
	} else {
		snprintf(text, sizeof(text),
		         "{\"metadata\":{\"labels\":{\"team\":\"team-%u\"}},\"status\":{"
		         "\"phase\":\"Phase%u\",\"readyReplicas\":%u,"
		         "\"currentReplicas\":%u},"
		         "\"type\":\"%s\"}",
		         rig_roll(rig, 50), rig_roll(rig, 50), rig_roll(rig, 50), rig_roll(rig, 50),
		         strcmp(plural, "events") == 0 && rig_roll(rig, 2) ? "Warning" : "Normal");
		assert_int_equal(api_patch(rig->api, plural, namespace, name, text, &err), 0);
	}
}

#endif
