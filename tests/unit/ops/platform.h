/* SPDX-License-Identifier: MIT */
#ifndef TEST_OPS_PLATFORM_H
#define TEST_OPS_PLATFORM_H

/*
 * Operations against the embedded API server. It has no controllers: a test says what they would have
 * written (controller_*), so that every order of events can be had.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "kube/client.h"
#include "kube/credential.h"
#include "model/writer.h"
#include "ops/batch.h"
#include "ops/resolve.h"
#include "sim/api.h"
#include "unit/sim/wait.h"

struct platform {
	char folder[64], audit_path[128];
	struct loop *loop;
	struct api *api;
	struct http *http;
	struct credential_cache *credentials;
	struct client *client;
	struct clock_fixed clock;
	struct fleet *fleet;
	struct audit *audit;
	struct ops *ops;
	int anchors, prepared, ended;
};

static inline void count_anchor(void *arg, const char *line)
{
	(void)line;
	((struct platform *)arg)->anchors++;
}

static inline struct client *platform_client(void *arg, const char *cluster, struct err *err)
{
	struct platform *platform = arg;

	if (strcmp(cluster, "eu-prod") == 0)
		return platform->client;
	err_set(err, "%s cannot be reached", cluster);
	return NULL;
}

static inline void platform_ops(struct platform *platform, int read_only, int unaudited)
{
	const struct audit_options audit = {.path = platform->audit_path, .clock = &platform->clock.clock,
	                                    .allow_unaudited = unaudited, .anchor = count_anchor, .say = count_anchor,
	                                    .arg = platform};
	const struct ops_options ops = {.loop = platform->loop, .clock = &platform->clock.clock, .fleet = platform->fleet,
	                                .read_only = read_only, .no_git_identity = 1, .client = platform_client,
	                                .client_arg = platform};
	struct ops_options copy = ops;

	if (platform->ops)
		ops_free(platform->ops);
	audit_close(platform->audit);
	platform->audit = audit_open(&audit);
	copy.audit = platform->audit;
	platform->ops = ops_new(&copy);
}

static inline int platform_setup(void **state)
{
	static const struct api_resource custom[] = {
		{"kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "kustomization", "Kustomization", 1, NULL},
		{"helm.toolkit.fluxcd.io", "v2", "helmreleases", "helmrelease", "HelmRelease", 1, NULL},
		{"source.toolkit.fluxcd.io", "v1", "gitrepositories", "gitrepository", "GitRepository", 1, NULL},
		{"source.toolkit.fluxcd.io", "v1", "helmcharts", "helmchart", "HelmChart", 1, NULL},
		{"argoproj.io", "v1alpha1", "rollouts", "rollout", "Rollout", 1, NULL},
		{"flagger.app", "v1beta1", "canaries", "canary", "Canary", 1, NULL},
		{"keda.sh", "v1alpha1", "scaledobjects", "scaledobject", "ScaledObject", 1, NULL},
		{"apps", "v1", "controllerrevisions", "controllerrevision", "ControllerRevision", 1, NULL},
	};
	struct platform *platform = mem_new(sizeof(*platform));
	struct api_options options = {0};
	struct err err = {.text = ""};

	snprintf(platform->folder, sizeof(platform->folder), "/tmp/flagdeck-ops-XXXXXX");
	if (!mkdtemp(platform->folder))
		return -1;
	snprintf(platform->audit_path, sizeof(platform->audit_path), "%s/audit.db", platform->folder);
	clock_fixed_init(&platform->clock, 1795600000123);
	platform->loop = loop_new(&err);
	platform->http = http_new(platform->loop, &err);
	platform->api = api_new(platform->loop, &options, &err);
	platform->credentials = credential_cache_new(platform->loop, &clock_system);
	for (size_t i = 0; i < sizeof(custom) / sizeof(custom[0]); i++)
		api_add_resource(platform->api, &custom[i]);
	const struct credential_spec spec = {.where = "user \"test\""};
	const struct credential_options credential = {.loop = platform->loop, .clock = &clock_system,
	                                              .cache = platform->credentials, .spec = &spec};
	const struct client_options client = {.loop = platform->loop, .http = platform->http,
	                                      .credential = credential_new(&credential, &err),
	                                      .endpoint = {.url = api_url(platform->api)}};
	platform->client = client_new(&client, &err);
	platform->fleet = fleet_new(&platform->clock.clock);
	platform_ops(platform, 0, 0);
	*state = platform;
	return 0;
}

static inline int platform_teardown(void **state)
{
	struct platform *platform = *state;
	char *command = mem_printf("rm -rf %s", platform->folder);
	int code;

	ops_free(platform->ops);
	audit_close(platform->audit);
	client_free(platform->client);
	credential_cache_free(platform->credentials);
	http_free(platform->http);
	api_free(platform->api);
	fleet_free(platform->fleet);
	loop_free(platform->loop);
	code = system(command);
	free(command);
	free(platform);
	return code;
}

/* Puts an object there, of generation 1. */
static inline void have(struct platform *platform, const char *text)
{
	struct err err = {.text = ""};
	cJSON *json = json_parse_heap(text, strlen(text), &err);

	if (json && !json_at(json, "metadata/generation"))
		cJSON_AddNumberToObject(cJSON_GetObjectItemCaseSensitive(json, "metadata"), "generation", 1);
	if (!json || api_put(platform->api, json, &err) < 0)
		fail_msg("%s", err.text);
	cJSON_Delete(json);
}

/* What a controller writes. */
static inline void controller(struct platform *platform, const char *plural, const char *name, const char *merge)
{
	struct err err = {.text = ""};

	if (api_patch(platform->api, plural, "payments", name, merge, &err) < 0)
		fail_msg("%s", err.text);
}

static inline void note_prepared(void *arg, struct op *op)
{
	(void)op;
	((struct platform *)arg)->prepared++;
}

static inline void note_ended(void *arg, struct op *op)
{
	(void)op;
	((struct platform *)arg)->ended++;
}

static inline struct op *prepare(struct platform *platform, const struct op_request *request)
{
	struct err err = {.text = ""};
	struct op_request full = *request;

	full.cluster = full.cluster ? full.cluster : "eu-prod";
	full.namespace = full.namespace ? full.namespace : "payments";
	platform->prepared = platform->ended = 0;
	struct op *op = op_prepare(platform->ops, &full, note_prepared, platform, &err);
	if (!op)
		fail_msg("%s", err.text);
	WAIT_FOR(platform->loop, platform->prepared);
	assert_int_equal(platform->prepared, 1);
	return op;
}

static inline struct op *ready(struct platform *platform, const struct op_request *request)
{
	struct op *op = prepare(platform, request);

	if (op_state(op) != OPERATION_READY)
		fail_msg("it was refused: %s", op_words(op));
	return op;
}

static inline void refused(struct platform *platform, const struct op_request *request, const char *words)
{
	struct op *op = prepare(platform, request);

	assert_int_equal(op_state(op), OPERATION_REFUSED);
	if (!strstr(op_words(op), words))
		fail_msg("refused with '%s', not '%s'", op_words(op), words);
	op_free(op);
}

static inline void start(struct platform *platform, struct op *op)
{
	op_start(op, note_ended, platform);
}

static inline void until_state(struct platform *platform, struct op *op, enum operation_state state)
{
	WAIT_FOR(platform->loop, op_state(op) == state || operation_is_final(op_state(op)));
	if (op_state(op) != state)
		fail_msg("%s: %s", operation_words[op_state(op)], op_words(op));
}

static inline void until_ended(struct platform *platform, struct op *op, enum operation_state state)
{
	WAIT_FOR(platform->loop, platform->ended);
	assert_int_equal(platform->ended, 1);
	if (op_state(op) != state)
		fail_msg("it is %s: %s", operation_words[op_state(op)], op_words(op));
}

/* A text of the object as it is on the server; "" when absent. */
static inline const char *stored(struct platform *platform, const char *plural, const char *name, const char *path)
{
	static char text[512];
	cJSON *json = api_get(platform->api, plural, "payments", name);
	const char *last = strrchr(path, '|');
	const cJSON *value;
	char parent[256];

	text[0] = '\0';
	/* "metadata/annotations|a.b/c": a name with slashes after the bar. */
	snprintf(parent, sizeof(parent), "%.*s", last ? (int)(last - path) : (int)strlen(path), path);
	value = json_at(json, parent);
	value = last ? json_get(value, last + 1) : value;
	if (cJSON_IsString(value))
		snprintf(text, sizeof(text), "%s", value->valuestring);
	else if (cJSON_IsNumber(value))
		snprintf(text, sizeof(text), "%lld", (long long)value->valuedouble);
	else if (cJSON_IsBool(value))
		snprintf(text, sizeof(text), "%s", cJSON_IsTrue(value) ? "true" : "false");
	cJSON_Delete(json);
	return text;
}

struct audit_seen {
	int rows;
	char last_stage[16], last_outcome[32], last_detail[512], kube[64], why[128], what[512];
};

static inline int see_audit(void *arg, const struct audit_row *row)
{
	struct audit_seen *seen = arg;

	seen->rows++;
	snprintf(seen->last_stage, sizeof(seen->last_stage), "%s", row->stage);
	snprintf(seen->last_outcome, sizeof(seen->last_outcome), "%s", row->outcome);
	snprintf(seen->last_detail, sizeof(seen->last_detail), "%s", row->detail);
	if (strcmp(row->stage, "intent") == 0) {
		snprintf(seen->kube, sizeof(seen->kube), "%s", row->record.kube);
		snprintf(seen->why, sizeof(seen->why), "%s", row->record.why);
		snprintf(seen->what, sizeof(seen->what), "%s", row->record.what);
	}
	return 0;
}

static inline struct audit_seen audit_look(struct platform *platform)
{
	struct audit_seen seen = {0};
	struct err err = {.text = ""};

	assert_int_equal(audit_each(platform->audit, 0, see_audit, &seen, &err), 0);
	return seen;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, platform_setup, platform_teardown)

#endif
