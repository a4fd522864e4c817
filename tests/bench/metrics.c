/* SPDX-License-Identifier: MIT */
/*
 * Figures of metrics, in the program's own CPU time: a refresh of 2,000 services by 8 metrics from a
 * server in a process of its own, and the redrawing of a chart of ten series over a week.
 *
 * usage: metrics [SERVICES [ROUNDS]]
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "model/writer.h"
#include "net/server.h"
#include "prom/source.h"
#include "ui/chart.h"

static double cpu_ms(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

static int order(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return left < right ? -1 : left > right;
}

struct double_server {
	int services, pods;
	struct buf by_service, by_pod, resources;
};

static void body_make(struct buf *body, int rows, const char *one, const char *other, const char *name, int resources)
{
	buf_init(body, 64 << 20);
	int failed = buf_add_string(body, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[");
	for (int i = 0; i < rows; i++)
		for (int r = 0; r <= resources; r++)
			failed |= buf_printf(body, "%s{\"metric\":{\"%s\":\"ns-%d\",\"%s\":\"%s-%04d\"%s},\"value\":[1700000000.000,\"%d.%d\"]}",
			                     i + r ? "," : "", one, i % 20, other, name, i, !resources ? "" : r ? ",\"resource\":\"memory\"" : ",\"resource\":\"cpu\"",
			                     i % 400 + r, i);
	failed |= buf_add_string(body, "]}}");
	if (failed)
		abort();
}

static void handle(void *arg, struct server_call *call, const struct server_request *request)
{
	const struct double_server *server = arg;
	static char query[1 << 16];
	char found[4096] = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[", *at = found + strlen(found);
	if (!server_query(request, "query", query, sizeof(query)))
		query[0] = '\0';
	const struct buf *body = strstr(query, "resource)") ? &server->resources : strstr(query, "namespace, pod") ? &server->by_pod
	                                                                                                            : &server->by_service;
	if (strncmp(query, "label_replace", 13) == 0) {
		/* Everything of the first preset, of the kubelet and of kube-state-metrics is there. */
		static const char *const probes[] = {"istio_requests_total", "container_cpu_usage_seconds_total{", "kube_pod_container"};
		for (int i = 0; i < 3; i++) {
			const char *row = strstr(query, probes[i]), *number = row ? strstr(row, "\"preset\", \"") : NULL;
			at += sprintf(at, "%s{\"metric\":{\"preset\":\"%d\"},\"value\":[%.3f,\"1\"]}", i ? "," : "", number ? atoi(number + 11) : -1,
			              (double)clock_system.wall(&clock_system) / 1000);
		}
		strcpy(at, "]}}");
		call_reply(call, 200, "application/json", NULL, found, strlen(found));
	} else if (strstr(request->path, "/alerts")) {
		call_reply(call, 200, "application/json", NULL, "{\"data\":{\"alerts\":[]}}", 22);
	} else {
		call_reply(call, 200, "application/json", NULL, body->data, body->len);
	}
}

static pid_t server_start(int services, int *port)
{
	int pipes[2];
	if (pipe(pipes) < 0)
		abort();
	pid_t pid = fork();
	if (pid == 0) {
		struct double_server self = {.services = services};
		struct err err;
		struct loop *loop = loop_new(&err);
		const struct server_options options = {.handle = handle, .arg = &self};
		body_make(&self.by_service, services, "destination_service_namespace", "destination_service_name", "svc", 0);
		body_make(&self.by_pod, services, "namespace", "pod", "pod", 0);
		body_make(&self.resources, services, "namespace", "pod", "pod", 1);
		struct server *server = server_new(loop, &options, &err);
		int number = server ? server_port(server) : 0;
		if (write(pipes[1], &number, sizeof(number)) != sizeof(number))
			_exit(1);
		loop_run(loop);
		_exit(0);
	}
	if (pid < 0 || read(pipes[0], port, sizeof(*port)) != sizeof(*port))
		abort();
	return pid;
}

static void fleet_fill(struct fleet *fleet, struct cluster *cluster, int services)
{
	for (int i = 0; i < services; i++) {
		char namespace[16], name[24], uid[24];
		struct workload *workload = mem_new(sizeof(*workload));
		snprintf(namespace, sizeof(namespace), "ns-%d", i % 20);
		snprintf(name, sizeof(name), "svc-%04d", i);
		snprintf(uid, sizeof(uid), "w%d", i);
		object_init(&workload->object, OBJECT_DEPLOYMENT, fleet->strings, namespace, name, uid, "1");
		workload->service = workload->team = workload->images = workload->revision = workload->current_revision = "";
		workload->progressing = workload->is_available = workload->failure = (struct condition){.status = ' ', .reason = ""};
		cluster_put(cluster, &workload->object);
		struct replicaset *set = mem_new(sizeof(*set));
		char set_uid[24];
		snprintf(set_uid, sizeof(set_uid), "r%d", i);
		object_init(&set->object, OBJECT_REPLICASET, fleet->strings, namespace, set_uid, set_uid, "1");
		set->owner_uid = intern_take(fleet->strings, uid);
		set->revision = set->hash = "";
		cluster_put(cluster, &set->object);
		struct pod *pod = mem_new(sizeof(*pod));
		snprintf(name, sizeof(name), "pod-%04d", i);
		object_init(&pod->object, OBJECT_POD, fleet->strings, namespace, name, name, "1");
		pod->owner_uid = intern_take(fleet->strings, set_uid);
		pod->node = pod->ip = pod->status = pod->hash = pod->containers = "";
		cluster_put(cluster, &pod->object);
	}
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
		cluster_set_sync(cluster, kind, SYNC_LIVE, NULL);
	fleet_settle(fleet);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void bench_refresh(int services, int rounds)
{
	struct err err;
	int port;
	pid_t pid = server_start(services, &port);
	struct loop *loop = loop_new(&err);
	struct http *http = http_new(loop, &err);
	struct fleet *fleet = fleet_new(&clock_system);
	struct cluster *cluster = fleet_add_cluster(fleet, "bench", "", "", 0);
	char url[64];
	double *times = mem_new_array((size_t)rounds, sizeof(*times));
	size_t most = 0;
	fleet_fill(fleet, cluster, services);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
	struct prom_config config = {.access = {.url = url}, .interval = 0.01};
	config.alertmanager.url = url;
	const struct prom_source_options options = {.loop = loop, .http = http, .clock = &clock_system, .cluster = cluster,
	                                            .config = &config, .changed = nothing};
	struct prom_source *source = prom_source_new(&options);
	prom_source_start(source);
	while (!prom_source_settled(source))
		loop_poll(loop, 1);
	for (int i = 0; i < rounds; i++) {
		unsigned long before = prom_source_rounds(source);
		size_t queries = prom_source_queries(source);
		double start = cpu_ms();
		while (prom_source_rounds(source) == before)
			loop_poll(loop, 1);
		fleet_settle(fleet);
		times[i] = cpu_ms() - start;
		queries = prom_source_queries(source) - queries;
		most = queries > most ? queries : most;
	}
	qsort(times, (size_t)rounds, sizeof(*times), order);
	printf("refresh of %d services by 8 metrics: %.1f ms of CPU in the median of %d, %.1f at most; at most %zu queries\n", services,
	       times[rounds / 2], rounds, times[rounds - 1], most);
	printf("memory of the metrics: %.1f MB with an hour of history\n",
	       (double)(sizeof(struct service_metrics) + 16) * services / 1048576);
	prom_source_free(source);
	http_free(http);
	fleet_free(fleet);
	loop_free(loop);
	free(times);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

static void bench_chart(enum graph graph, const char *glyphs)
{
	enum { SERIES = 10, POINTS = 10080, ROUNDS = 101 }; /* a week by minutes: more than any server sends */
	static double values[SERIES][POINTS], times[ROUNDS];
	struct chart_series series[SERIES];
	struct grid grid;
	for (int s = 0; s < SERIES; s++) {
		series[s] = (struct chart_series){"service", values[s], POINTS, chart_style((size_t)s), 0};
		for (int i = 0; i < POINTS; i++)
			values[s][i] = i % 997 < 20 ? NAN : 100 * (s + 1) + 60 * sin(i / 200.0 + s) + i % 17;
	}
	struct chart chart = {.title = "week", .series = series, .series_count = SERIES, .graph = graph, .legend = 2,
	                      .start_ms = 1700000000000, .end_ms = 1700000000000 + INT64_C(7) * 86400000};
	grid_init(&grid, 60, 200);
	for (int i = 0; i < ROUNDS; i++) {
		double start = cpu_ms();
		grid_clear(&grid);
		chart_draw(&grid, grid_rect(&grid), &chart);
		times[i] = cpu_ms() - start;
	}
	qsort(times, ROUNDS, sizeof(*times), order);
	printf("chart of 10 series of 10,080 values at 200x60, %s: %.2f ms in the median of %d, %.2f at most\n", glyphs,
	       times[ROUNDS / 2], ROUNDS, times[ROUNDS - 1]);
	grid_release(&grid);
}

int main(int argc, char **argv)
{
	int services = argc > 1 ? atoi(argv[1]) : 2000, rounds = argc > 2 ? atoi(argv[2]) : 21;
	bench_refresh(services < 1 ? 1 : services, rounds < 1 ? 1 : rounds);
	bench_chart(GRAPH_BRAILLE, "braille");
	bench_chart(GRAPH_BLOCK, "blocks");
	bench_chart(GRAPH_TTY, "tty");
	return 0;
}
