/* SPDX-License-Identifier: MIT */
/*
 * The embedded platform as a whole: its clusters are made, told to listen and written down for
 * clients here. What lives in a cluster is filled in by fill.c.
 */
#include "sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/mem.h"
#include "fill.h"
#include "journal.h"
#include "sim_state.h"
#include "story.h"
#include "sim/api.h"

const struct sim_cluster_facts sim_clusters[SIM_CLUSTERS] = {
	{"eu-prod", "prod", "eu-west-1", 1},
	{"us-prod", "prod", "us-east-1", 1},
	{"eu-dev", "dev", "eu-west-1", 0},
};

/* The custom resources that are installed. */
static const struct api_resource custom[] = {
	{"source.toolkit.fluxcd.io", "v1", "gitrepositories", "gitrepository", "GitRepository", 1, "gitrepo"},
	{"source.toolkit.fluxcd.io", "v1", "helmrepositories", "helmrepository", "HelmRepository", 1, "helmrepo"},
	{"source.toolkit.fluxcd.io", "v1", "helmcharts", "helmchart", "HelmChart", 1, "hc"},
	{"source.toolkit.fluxcd.io", "v1", "ocirepositories", "ocirepository", "OCIRepository", 1, "ocirepo"},
	{"source.toolkit.fluxcd.io", "v1", "buckets", "bucket", "Bucket", 1, NULL},
	{"kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "kustomization", "Kustomization", 1, "ks"},
	{"helm.toolkit.fluxcd.io", "v2", "helmreleases", "helmrelease", "HelmRelease", 1, "hr"},
	{"flagger.app", "v1beta1", "canaries", "canary", "Canary", 1, NULL},
	{"argoproj.io", "v1alpha1", "rollouts", "rollout", "Rollout", 1, "ro"},
	{"argoproj.io", "v1alpha1", "analysisruns", "analysisrun", "AnalysisRun", 1, "ar"},
	{"monitoring.coreos.com", "v1", "servicemonitors", "servicemonitor", "ServiceMonitor", 1, "smon"},
	{"monitoring.coreos.com", "v1", "podmonitors", "podmonitor", "PodMonitor", 1, "pmon"},
	{"keda.sh", "v1alpha1", "scaledobjects", "scaledobject", "ScaledObject", 1, "so"},
};

static const double shares[SIM_CLUSTERS] = {1, 0.7, 0.02}; /* of the plan's traffic */

enum { FILE_MAX = 1 << 20, SERVICES = 240, LOOK_SECONDS = 1 };

char *sim_kubeconfig_path(const char *folder)
{
	return mem_printf("%s/kubeconfig", folder);
}

char *sim_config_path(const char *folder)
{
	return mem_printf("%s/config.yaml", folder);
}

/* Takes the path. */
static int file_write(char *path, const struct buf *text, struct err *err)
{
	int result = file_replace(path, text->data, text->len, 0600);
	if (result < 0)
		err_set(err, "%s cannot be written: %s", path, strerror(errno));
	free(path);
	return result;
}

static int kubeconfig_write(const struct sim *sim, struct err *err)
{
	struct buf out, ca;
	int bad = 0;
	buf_init(&out, FILE_MAX);
	buf_init(&ca, FILE_MAX);
	bad |= buf_printf(&out, "apiVersion: v1\nkind: Config\ncurrent-context: %s\nclusters:\n", sim_clusters[0].name);
	for (int i = 0; i < SIM_CLUSTERS; i++) {
		const char *pem = api_ca(sim->apis[i]);
		buf_clear(&ca);
		bad |= base64_encode(pem, strlen(pem), &ca);
		bad |= buf_printf(&out, "- {name: %s, cluster: {server: \"%s\", certificate-authority-data: %s}}\n",
		                  sim_clusters[i].name, api_url(sim->apis[i]), buf_string(&ca));
	}
	bad |= buf_printf(&out, "users:\n- {name: demo, user: {token: %s}}\ncontexts:\n", sim->token);
	for (int i = 0; i < SIM_CLUSTERS; i++)
		bad |= buf_printf(&out, "- {name: %s, context: {cluster: %s, user: demo}}\n", sim_clusters[i].name,
		                  sim_clusters[i].name);
	int result = bad ? err_set(err, "the kubeconfig is too large")
	                 : file_write(sim_kubeconfig_path(sim->folder), &out, err);
	buf_release(&ca);
	buf_release(&out);
	return result;
}

static int config_write(const struct sim *sim, struct err *err)
{
	struct buf out;
	int bad = 0;
	buf_init(&out, FILE_MAX);
	bad |= buf_printf(&out, "# Written by flagdeck demo, and gone with it.\nfleet:\n  clusters:\n");
	for (int i = 0; i < SIM_CLUSTERS; i++) {
		const struct sim_cluster_facts *facts = &sim_clusters[i];
		bad |= buf_printf(&out, "    - {context: %s, env: %s, region: %s%s}\n", facts->name, facts->env,
		                  facts->region, facts->protected ? ", protected: true" : "");
	}
	bad |= buf_printf(&out, "  labels: {service: app.kubernetes.io/name, team: team}\nrepositories:\n"
	                        "  - {url: \"%s\", branch: main, mode: push, insecure: true}\n", sim->url);
	bad |= buf_printf(&out, "load:\n  profiles: \"%s/load\"\n  limits: # a web service that may be loaded: http://127.0.0.1:%d/\n    - {env: dev, targets: "
	                        "[\"127.0.0.1:%d\"], rate: 2000/s, duration: 10m, connections: 500}\n",
	                  sim->folder, target_port(sim->target), target_port(sim->target));
	int result = bad ? err_set(err, "the configuration is too large")
	                 : file_write(sim_config_path(sim->folder), &out, err);
	buf_release(&out);
	return result;
}

/* Load tests that the console offers: they lie in the folder where it looks by itself. */
static int profiles_write(const struct sim *sim, struct err *err)
{
	static const struct {
		const char *name, *connections, *body;
	} profiles[] = {
		{"smoke", "5", "stages:\n  - {rate: 5/s, for: 30s}\n"},
		{"knee", "400", "stages:\n  - {from: 20/s, rate: 600/s, for: 60s}\n"},
	};
	char *folder = mem_printf("%s/load", sim->folder);
	struct buf out;
	int result = folder_make(folder, 0700) < 0 ? err_set(err, "%s cannot be made: %s", folder, strerror(errno)) : 0;
	buf_init(&out, FILE_MAX);
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]) && result == 0; i++) {
		buf_clear(&out);
		buf_must(buf_printf(&out, "# Of the demo's own web service, which answers %d requests a second in good time.\nname: %s\n"
		                          "env: dev\ntarget: http://127.0.0.1:%d/\nconnections: %s\n%sslos:\n  - p99 < 250ms\n"
		                          "  - errors < 1%%\nrequests:\n  - {name: catalog, path: /v1/catalog}\n",
		                    TARGET_WORKERS * 1000 / TARGET_SERVICE_MS, profiles[i].name, target_port(sim->target),
		                    profiles[i].connections, profiles[i].body));
		result = file_write(mem_printf("%s/%s.yaml", folder, profiles[i].name), &out, err);
	}
	buf_release(&out);
	free(folder);
	return result;
}

static char *token_make(void)
{
	unsigned char bytes[16];
	char hex[65];
	random_bytes(bytes, sizeof(bytes));
	sha256_hex(bytes, sizeof(bytes), hex);
	return mem_copy(hex, 32);
}

struct sim *sim_new(struct loop *loop, const struct sim_options *options, struct err *err)
{
	struct sim *sim = mem_new(sizeof(*sim));
	sim->options = *options;
	sim->loop = loop;
	sim->folder = mem_copy_string(options->folder);
	sim->url = mem_printf("file://%s/platform.git", sim->folder);
	sim->token = token_make();
	vec_init(&sim->verdicts);
	sim->agenda = agenda_new(loop, options->clock ? options->clock : &clock_system, options->speed);
	if (sim->options.services <= 0)
		sim->options.services = SERVICES;
	for (int i = 0; i < SIM_CLUSTERS; i++) {
		const struct api_options api = {.tls = 1, .asleep = 1, .clock = options->clock};
		sim->apis[i] = api_new(loop, &api, err);
		if (!sim->apis[i])
			goto failed;
		for (size_t k = 0; k < sizeof(custom) / sizeof(custom[0]); k++)
			api_add_resource(sim->apis[i], &custom[k]);
		api_allow_token(sim->apis[i], sim->token);
	}
	sim->target = target_new(loop, options->seed, err);
	if (!sim->target || kubeconfig_write(sim, err) < 0 || config_write(sim, err) < 0 || profiles_write(sim, err) < 0)
		goto failed;
	return sim;
failed:
	sim_free(sim);
	return NULL;
}

static void pushed(void *arg, struct snapshot *snapshot)
{
	struct sim *sim = arg;
	(void)snapshot;
	for (int i = 0; i < SIM_CLUSTERS; i++)
		delivery_pushed(&sim->deliveries[i]);
}

/* What a hook in the repository would tell. */
static void look(void *arg, const char *key)
{
	struct sim *sim = arg;
	origin_look(sim->origin);
	agenda_add(sim->agenda, LOOK_SECONDS * agenda_speed(sim->agenda), look, sim, key);
}

static void observe(void *arg, struct table *table, const struct change *change)
{
	const struct playing *playing = arg;
	stage_observe(&playing->sim->stages[playing->cluster], table, change);
	if (!change->after)
		return;
	delivery_observe(&playing->sim->deliveries[playing->cluster], table, change->after);
	monitor_follow(&playing->sim->monitors[playing->cluster], table, change->after);
	if (strcmp(table->def.plural, "horizontalpodautoscalers") == 0)
		agenda_want(playing->sim->agenda, 1, autoscale_sync, &playing->sim->autoscalers[playing->cluster], change->after->key);
}

static int deleting(void *arg, struct table *table, const struct doc *doc)
{
	const struct playing *playing = arg;
	return stage_deleting(&playing->sim->stages[playing->cluster], table, doc);
}

static int proxy(void *arg, struct server_call *call, const struct ask *ask, const char *path)
{
	const struct playing *playing = arg;
	return monitor_answer(&playing->sim->monitors[playing->cluster], call, ask->request, ask->name, path);
}

static int tell_log(void *arg, const cJSON *pod, int previous, int64_t from_ms, int64_t to_ms, struct vec *lines)
{
	const struct playing *playing = arg;
	const struct journal journal = {&playing->sim->stages[playing->cluster], &playing->sim->traffic};
	return journal_tell(&journal, pod, previous, from_ms, to_ms, lines);
}

/* The objects beside the workloads that the values ask for. */
static void fill_flags(struct delivery *delivery)
{
	const struct plan *plan = delivery->stage->plan;
	struct err err;
	for (size_t i = 0; i < plan->count; i++) {
		cJSON *none = cJSON_CreateObject();
		cJSON *values = values_of(delivery->first, plan->services[i].name, delivery->env, delivery->region, &err);
		cJSON_DeleteItemFromObjectCaseSensitive(values, "hpa"); /* these are there */
		render(delivery->stage, &plan->services[i], NULL, values ? values : none);
		if (json_bool(values, "progressive/enabled", 0)) { /* it has long been taken over */
			char key[2 * SIM_NAME];
			doc_key(key, sizeof(key), plan->services[i].namespace, plan->services[i].name);
			canary_sync(delivery->stage, key);
		}
		cJSON_Delete(values);
		cJSON_Delete(none);
	}
}

/* The Services by which Prometheus and Alertmanager are found and reached. */
static void fill_monitoring(struct stage *stage)
{
	static const struct {
		const char *name;
		int port;
	} services[] = {{"prometheus", 9090}, {"alertmanager", 9093}};
	char text[1024];
	for (size_t i = 0; i < 2; i++) {
		const char *name = services[i].name;
		int len = snprintf(text, sizeof(text), "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"monitoring\",\"labels\":{"
		                   "\"app.kubernetes.io/name\":\"%s\"}},\"spec\":{\"type\":\"ClusterIP\",\"clusterIP\":\"10.96.0.%d\","
		                   "\"selector\":{\"app.kubernetes.io/name\":\"%s\"},\"ports\":[{\"name\":\"http-web\",\"protocol\":"
		                   "\"TCP\",\"port\":%d,\"targetPort\":%d}]},\"status\":{\"loadBalancer\":{}}}", name, name,
		                   (int)i + 20, name, services[i].port, services[i].port);
		stage_put(stage, "services", json_parse_heap(text, (size_t)len, NULL));
	}
}

static void fill_workloads(struct sim *sim, int i)
{
	const struct sim_cluster_facts *facts = &sim_clusters[i];
	struct filling filling = {
		.api = sim->apis[i], .cluster = i, .env = facts->env, .region = facts->region, .share = shares[i], .pods_each = -1,
	};
	fill_cluster(&filling, &sim->plan);
	for (size_t k = 0; k < sim->plan.count; k++)
		sim->traffic.services[i][k].pods = fill_replicas(&filling, &sim->plan.services[k]);
}

static void fill_delivery(struct sim *sim, int i, const char *trouble)
{
	const struct sim_cluster_facts *facts = &sim_clusters[i];
	sim->stages[i] = (struct stage){
		.api = sim->apis[i], .number = i, .plan = &sim->plan, .agenda = sim->agenda, .verdicts = &sim->verdicts,
		.dice = mix(sim->options.seed + (uint64_t)i),
	};
	sim->deliveries[i] = (struct delivery){
		.stage = &sim->stages[i], .env = facts->env, .region = facts->region, .cluster = facts->name, .url = sim->url,
		.origin = sim->origin,
	};
	delivery_init(&sim->deliveries[i], trouble);
	fill_flags(&sim->deliveries[i]);
	sim->monitors[i] = (struct monitor){
		.stage = &sim->stages[i], .traffic = &sim->traffic, .cluster = facts->name, .region = facts->region,
	};
	monitor_init(&sim->monitors[i]);
	fill_monitoring(&sim->stages[i]);
	monitor_look(&sim->monitors[i], "");
	sim->autoscalers[i] = (struct autoscaler){.stage = &sim->stages[i], .traffic = &sim->traffic};
	autoscale_init(&sim->autoscalers[i]);
	api_compact(sim->apis[i]);
	sim->apis[i]->observe = observe;
	sim->apis[i]->deleting = deleting;
	sim->apis[i]->proxy = proxy;
	sim->apis[i]->tell_log = tell_log;
	sim->playing[i] = (struct playing){sim, i};
	sim->apis[i]->observer = &sim->playing[i];
}

void sim_fill(struct sim *sim)
{
	char *path = mem_printf("%s/platform.git", sim->folder);
	const struct clock *clock = sim->options.clock ? sim->options.clock : &clock_system;
	const struct origin_options options = {.path = path, .plan = &sim->plan, .catalog = sim->options.catalog,
	                                     .clock = clock, .now_ms = clock->wall(clock), .moved = pushed, .arg = sim};
	plan_make(&sim->plan, sim->options.services, sim->options.seed);
	for (size_t i = 0; sim->options.small && i < sim->plan.count; i++) {
		sim->plan.services[i].settings = 1;
		sim->plan.services[i].pod_rps *= 4;
	}
	traffic_init(&sim->traffic, &sim->plan, shares, clock->wall(clock));
	sim->origin = origin_new(sim->loop, &options); /* git works while the clusters are filled */
	for (int i = 0; i < SIM_CLUSTERS; i++)
		fill_workloads(sim, i);
	const char *trouble = origin_ready(sim->origin);
	for (int i = 0; i < SIM_CLUSTERS; i++) {
		fill_delivery(sim, i, trouble);
		api_wake(sim->apis[i]);
	}
	look(sim, "");
	story_begin(sim, sim->options.story ? story_find(sim->options.story) : 0);
	free(path);
}

void sim_free(struct sim *sim)
{
	if (!sim)
		return;
	agenda_free(sim->agenda);
	target_free(sim->target);
	for (int i = 0; i < SIM_CLUSTERS; i++) {
		delivery_release(&sim->deliveries[i]);
		monitor_release(&sim->monitors[i]);
		autoscale_release(&sim->autoscalers[i]);
	}
	traffic_release(&sim->traffic);
	origin_free(sim->origin);
	for (int i = 0; i < SIM_CLUSTERS; i++)
		api_free(sim->apis[i]);
	for (size_t i = 0; i < sim->verdicts.len; i++) {
		struct verdict *verdict = sim->verdicts.items[i];
		free(verdict->service);
		free(verdict->tag);
		free(verdict);
	}
	vec_release(&sim->verdicts);
	plan_release(&sim->plan);
	free(sim->folder);
	free(sim->url);
	free(sim->token);
	free(sim);
}

int64_t sim_turn(struct sim *sim)
{
	const struct clock *clock = sim->options.clock ? sim->options.clock : &clock_system;
	agenda_run(sim->agenda);
	int64_t next = agenda_next(sim->agenda) - clock->mono(clock);
	return next > 0 ? next : 0;
}

int sim_waits(const struct sim *sim)
{
	return origin_waits(sim->origin);
}

int sim_story_at(int index, const char **name, const char **help)
{
	if (index < 0 || index >= story_count)
		return -1;
	*name = stories[index].name;
	*help = stories[index].help;
	return 0;
}

struct api *sim_api(const struct sim *sim, int cluster)
{
	return sim->apis[cluster];
}
