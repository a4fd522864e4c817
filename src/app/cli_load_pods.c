/* SPDX-License-Identifier: MIT */
/*
 * Load tests on Kubernetes: `load run` with a profile that names a namespace, and `load sweep`. What is
 * made is owned by one Job with a deadline and a time to live, so that it ends without us too; we end it
 * sooner, and look until nothing of it is left.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/cli_load.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "kube/source.h"
#include "load/engine.h"
#include "load/pods.h"
#include "model/run_folder.h"

enum { BEGIN_AFTER = 20, GONE_SECONDS = 120 };

struct pods {
	struct session *session;
	struct contexts contexts;
	struct client *client;
	const char *context;
	/* Of the call that is waited for. */
	int done, status;
	struct buf answer;
	char error[400];
};

static void answered(void *arg, const struct client_result *result, const char *answer, size_t len)
{
	struct pods *pods = arg;
	pods->status = result->status;
	snprintf(pods->error, sizeof(pods->error), "%s", result->error);
	buf_clear(&pods->answer);
	(void)!buf_add(&pods->answer, answer ? answer : "", answer ? len : 0);
	pods->done = 1;
}

/* -1 and err unless the server answered 2xx; pods->status tells. */
static int call(struct pods *pods, const char *method, const char *path, const char *body, struct err *err)
{
	pods->done = pods->status = 0;
	if (body)
		client_post(pods->client, method, path, "application/json", body, answered, pods);
	else
		client_get(pods->client, path, NULL, answered, pods);
	while (!pods->done)
		loop_poll(pods->session->loop, 1);
	return pods->status >= 200 && pods->status < 300 ? 0
	                                                 : err_set(err, "%s: %s", pods->context, pods->error);
}

static int open_pods(struct pods *pods, struct cli *cli, size_t at, struct err *err)
{
	const struct session_options options = {.contexts = &pods->contexts.items[at],
	                                        .context_count = 1,
	                                        .service_label = cli->config.service_label,
	                                        .team_label = cli->config.team_label,
	                                        .log = cli->log};
	pods->context = pods->contexts.items[at].name;
	pods->session = session_new(&options, err);
	if (!pods->session)
		return -1;
	if (!pods->session->sources[0])
		return err_set(err, "%s: %s", pods->context,
		               pods->contexts.items[at].error ? pods->contexts.items[at].error
		                                              : "it cannot be reached");
	pods->client = source_client(pods->session->sources[0]);
	return 0;
}

static void close_pods(struct pods *pods)
{
	session_free(pods->session);
	pods->session = NULL;
	pods->client = NULL;
}

static void resumed(void *arg)
{
	*(int *)arg = 1;
}

static void rest(struct pods *pods, double seconds)
{
	int over = 0;
	struct timer *timer = timer_new(pods->session->loop, resumed, &over);
	timer_start(timer, seconds);
	while (!over)
		loop_poll(pods->session->loop, 1);
	timer_free(timer);
}

/* How many objects of a kind the label still has; -1: it cannot be known. */
static int count_left(struct pods *pods, const char *collection, const char *selector)
{
	char path[600];
	struct err err = {0};
	snprintf(path, sizeof(path), "%s?labelSelector=%s&limit=50", collection, selector);
	if (call(pods, "GET", path, NULL, &err) < 0)
		return pods->status == 404 ? 0 : -1;
	cJSON *list = json_parse_heap(buf_string(&pods->answer), pods->answer.len, NULL);
	int count = list ? cJSON_GetArraySize(json_get(list, "items")) : -1;
	cJSON_Delete(list);
	return count;
}

static const char *const owned[] = {
    "/apis/batch/v1/namespaces/%s/jobs",
    "/api/v1/namespaces/%s/pods",
    "/api/v1/namespaces/%s/secrets",
    "/apis/networking.k8s.io/v1/namespaces/%s/networkpolicies",
};

/* Asks for the deletion and looks until nothing is left. */
static int tear_down(struct pods *pods, const char *namespace, const char *job, const char *selector,
                     struct err *err)
{
	char path[600];
	int64_t until = clock_system.mono(&clock_system) + GONE_SECONDS * 1000;
	snprintf(path, sizeof(path), "/apis/batch/v1/namespaces/%s/jobs/%s", namespace, job);
	if (call(pods, "DELETE", path,
	         "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"propagationPolicy\":\"Background\"}",
	         err) < 0 &&
	    pods->status != 404)
		return -1;
	for (;;) {
		int left = 0;
		for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
			char collection[300];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(collection, sizeof(collection), owned[i], namespace);
#pragma GCC diagnostic pop
			int count = count_left(pods, collection, selector);
			left += count > 0 ? count : 0;
		}
		if (left == 0)
			return 0;
		if (clock_system.mono(&clock_system) > until)
			return err_set(err,
			               "%s: %d objects of %s are still there after %d s; flagdeck load sweep "
			               "looks again",
			               pods->context, left, job, GONE_SECONDS);
		rest(pods, 1);
	}
}

static int create(struct pods *pods, const struct profile *profile, const char *run, struct err *err)
{
	struct pods_wish wish = {.profile = profile,
	                         .run = run,
	                         .begin_ms = clock_system.wall(&clock_system) + BEGIN_AFTER * 1000};
	char uid[64], path[300];
	struct buf text;
	int result = -1;
	buf_init(&text, 4 << 20);
	snprintf(path, sizeof(path), "/apis/batch/v1/namespaces/%s/jobs?fieldManager=flagdeck",
	         profile->pods.namespace);
	/* The owner first: from then on nothing can be left behind. */
	if (pods_job_write(&wish, &text, err) < 0 || call(pods, "POST", path, buf_string(&text), err) < 0 ||
	    pods_uid_read(buf_string(&pods->answer), pods->answer.len, uid, err) < 0)
		goto out;
	wish.job_uid = uid;
	buf_clear(&text);
	snprintf(path, sizeof(path),
	         "/apis/networking.k8s.io/v1/namespaces/%s/networkpolicies?fieldManager=flagdeck",
	         profile->pods.namespace);
	if (pods_policy_write(&wish, &text, err) < 0 || call(pods, "POST", path, buf_string(&text), err) < 0)
		goto out;
	buf_clear(&text);
	snprintf(path, sizeof(path), "/api/v1/namespaces/%s/secrets?fieldManager=flagdeck",
	         profile->pods.namespace);
	if (pods_secret_write(&wish, &text, err) < 0 || call(pods, "POST", path, buf_string(&text), err) < 0)
		goto out;
	result = 0;
out:
	/* The plan holds headers and bodies. */
	if (text.data)
		explicit_bzero(text.data, text.len);
	buf_release(&text);
	return result;
}

/* Until the Job is over or somebody stops us. 1: over and good, 0: stopped, -1: failed. */
static int follow(struct pods *pods, const char *namespace, const char *job, int signals, struct err *err)
{
	struct pods_state state, before = {.active = -1};
	struct signalfd_siginfo info;
	char path[300];
	snprintf(path, sizeof(path), "/apis/batch/v1/namespaces/%s/jobs/%s", namespace, job);
	for (;;) {
		if (read(signals, &info, sizeof(info)) == sizeof(info))
			return 0;
		if (call(pods, "GET", path, NULL, err) < 0)
			return -1;
		if (pods_state_read(buf_string(&pods->answer), pods->answer.len, &state, err) < 0)
			return -1;
		if (memcmp(&state, &before, sizeof(state)) != 0) {
			printf("shards: %d active, %d ready, %d done, %d failed\n", state.active, state.ready,
			       state.succeeded, state.failed);
			fflush(stdout);
		}
		before = state;
		if (state.over)
			return state.words[0] ? err_set(err, "%s: %s", job, state.words) : 1;
		rest(pods, 1);
	}
}

int load_run_pods(struct cli *cli, const struct profile *profile, struct err *err)
{
	struct pods pods = {0};
	char job[64], selector[160], *results = load_results(cli), *folder = NULL;
	struct err left = {0};
	int code = EXIT_FAILED, result = -1, signals = run_signals_open();
	buf_init(&pods.answer, 8 << 20);
	if (contexts_choose(&pods.contexts, cli, err) < 0) {
		free(results);
		close(signals);
		return EXIT_FAILED;
	}
	/* Only its name is used: the id of the run, as everywhere. */
	folder = run_folder_make(results, profile->name, err);
	const char *run = folder ? strrchr(folder, '/') + 1 : "";
	if (folder)
		(void)!rmdir(folder);
	if (folder && open_pods(&pods, cli, 0, err) == 0) {
		pods_job_name(run, job);
		snprintf(selector, sizeof(selector), POD_RUN_LABEL "%%3D%.60s", run);
		printf("run %s on %s, namespace %s: %d shards\n", run, pods.context, profile->pods.namespace,
		       profile->workers);
		fflush(stdout);
		result = create(&pods, profile, run, err);
		if (result == 0)
			result = follow(&pods, profile->pods.namespace, job, signals, err);
		code = result > 0           ? EXIT_DONE
		       : result == 0        ? EXIT_FAILED
		       : pods.status == 403 ? EXIT_REFUSED
		                            : EXIT_FAILED;
		if (tear_down(&pods, profile->pods.namespace, job, selector, &left) < 0) {
			fprintf(stderr, "flagdeck: %s\n", left.text);
			code = EXIT_FAILED;
		} else {
			printf("%s; nothing of it is left on the cluster\n", result > 0    ? "done"
			                                                     : result == 0 ? "stopped"
			                                                                   : "failed");
		}
	}
	close_pods(&pods);
	contexts_release(&pods.contexts);
	buf_release(&pods.answer);
	free(folder);
	free(results);
	close(signals);
	return code;
}

/* Every Job of ours in a cluster, with what it owns. */
static int sweep_cluster(struct pods *pods, int *found, struct err *err)
{
	if (call(pods, "GET", "/apis/batch/v1/jobs?labelSelector=" POD_RUN_LABEL "&limit=500", NULL, err) < 0)
		return -1;
	cJSON *list = json_parse_heap(buf_string(&pods->answer), pods->answer.len, err);
	const cJSON *item;
	int result = list ? 0 : -1;
	const cJSON *items = list ? json_get(list, "items") : NULL;
	cJSON_ArrayForEach (item, items) {
		const char *namespace = json_string(item, "metadata/namespace"),
		           *name = json_string(item, "metadata/name");
		const cJSON *labels = json_at(item, "metadata/labels");
		const cJSON *run = labels ? cJSON_GetObjectItemCaseSensitive(labels, POD_RUN_LABEL) : NULL;
		char selector[160];
		if (!namespace || !name || !cJSON_IsString(run))
			continue;
		snprintf(selector, sizeof(selector), POD_RUN_LABEL "%%3D%.60s", run->valuestring);
		printf("%s: %s/%s\n", pods->context, namespace, name);
		(*found)++;
		if (tear_down(pods, namespace, name, selector, err) < 0)
			result = -1;
	}
	cJSON_Delete(list);
	return result;
}

int run_load_sweep(struct cli *cli, int argc, const char *const *argv)
{
	struct pods pods = {0};
	struct err err = {0};
	int code = EXIT_DONE, found = 0;
	(void)argc, (void)argv;
	if (cli->read_only) {
		err_set(&err, "--read-only: sweeping deletes what load tests left behind");
		return cli_fail(EXIT_REFUSED, &err);
	}
	if (contexts_choose(&pods.contexts, cli, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	buf_init(&pods.answer, 8 << 20);
	for (size_t i = 0; i < pods.contexts.count; i++) {
		struct err one = {0};
		if (open_pods(&pods, cli, i, &one) < 0 || sweep_cluster(&pods, &found, &one) < 0)
			code = cli_fail(pods.status == 403 ? EXIT_REFUSED : EXIT_FAILED, &one);
		close_pods(&pods);
	}
	if (found)
		printf("%d load tests were swept away\n", found);
	else
		printf("nothing was left behind\n");
	buf_release(&pods.answer);
	contexts_release(&pods.contexts);
	return code;
}
