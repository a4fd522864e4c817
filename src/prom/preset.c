/* SPDX-License-Identifier: MIT */
/*
 * The presets, and the queries that follow from a row. Errors are `errors or 0 * requests`: a
 * service without a single error has the ratio 0 and not none.
 */
#include "prom/preset.h"

#include <string.h>

#define POD_BY {"namespace", "pod"}
#define WORKLOAD_OF " * on (namespace, pod) group_left (workload) max by (namespace, pod, workload) " \
	"(namespace_workload_pod:kube_pod_owner:relabel{$select})"
#define CONTAINERS "{$select container!=\"\",container!=\"POD\"}"

const struct preset presets[] = {
	{.name = "istio", .help = "Istio's requests at the destination's proxy", .target = TARGET_SERVICE,
	 .by = {"destination_service_namespace", "destination_service_name"}, .requests = "istio_requests_total",
	 .only = "reporter=\"destination\"", .failed = "response_code=~\"5..\"",
	 .latency = "istio_request_duration_milliseconds", .latency_ms = 1},
	{.name = "linkerd", .help = "Linkerd's inbound responses", .target = TARGET_WORKLOAD,
	 .by = {"namespace", "deployment"}, .requests = "response_total", .only = "direction=\"inbound\",deployment!=\"\"",
	 .failed = "classification=\"failure\"", .latency = "response_latency_ms", .latency_ms = 1},
	{.name = "otel", .help = "OpenTelemetry's HTTP server, with the attributes of Kubernetes", .target = TARGET_WORKLOAD,
	 .by = {"k8s_namespace_name", "k8s_deployment_name"}, .requests = "http_server_request_duration_seconds_count",
	 .only = "k8s_deployment_name!=\"\"", .failed = "http_response_status_code=~\"5..\"",
	 .latency = "http_server_request_duration_seconds", .latency_ms = 1000},
	{.name = "otel", .help = "OpenTelemetry's HTTP server, scraped through a Service", .target = TARGET_SERVICE,
	 .by = {"namespace", "service"}, .requests = "http_server_request_duration_seconds_count",
	 .only = "service!=\"\"", .failed = "http_response_status_code=~\"5..\"",
	 .latency = "http_server_request_duration_seconds", .latency_ms = 1000},
	{.name = "nginx", .help = "ingress-nginx, with the labels of the backend in exported_*", .target = TARGET_SERVICE,
	 .by = {"exported_namespace", "exported_service"}, .requests = "nginx_ingress_controller_requests",
	 .only = "exported_service!=\"\"", .failed = "status=~\"5..\"",
	 .latency = "nginx_ingress_controller_request_duration_seconds", .latency_ms = 1000},
	{.name = "nginx", .help = "ingress-nginx", .target = TARGET_SERVICE, .by = {"namespace", "service"},
	 .requests = "nginx_ingress_controller_requests", .only = "service!=\"\"", .failed = "status=~\"5..\"",
	 .latency = "nginx_ingress_controller_request_duration_seconds", .latency_ms = 1000},
	{.name = "generic-native", .help = "A native histogram http_request_duration_seconds", .target = TARGET_SERVICE,
	 .by = {"namespace", "service"}, .probe = "http_request_duration_seconds{$select service!=\"\"}", .native = 1,
	 .only = "service!=\"\"", .latency = "http_request_duration_seconds", .latency_ms = 1000,
	 .exprs = {
		[METRIC_RPS] = "sum by ($by) (histogram_count(rate(http_request_duration_seconds{$select service!=\"\"}[$window])))",
		[METRIC_ERRORS] = "sum by ($by) (histogram_count(rate(http_request_duration_seconds{$select service!=\"\","
			"code=~\"5..\"}[$window]))) or 0 * sum by ($by) (histogram_count(rate("
			"http_request_duration_seconds{$select service!=\"\"}[$window])))"}},
	{.name = "generic", .help = "http_requests_total, scraped through a Service", .target = TARGET_SERVICE,
	 .by = {"namespace", "service"}, .requests = "http_requests_total", .only = "service!=\"\"",
	 .failed = "code=~\"5..\"", .latency = "http_request_duration_seconds", .latency_ms = 1000},
	{.name = "generic-pods", .help = "http_requests_total, scraped from pods", .target = TARGET_POD, .by = POD_BY,
	 .requests = "http_requests_total", .only = "pod!=\"\"", .failed = "code=~\"5..\"",
	 .latency = "http_request_duration_seconds", .latency_ms = 1000},
	/* What pods use. Recorded by the kubernetes-mixin, by workload already, else from the kubelet by pod. */
	{.name = "mixin", .help = "The kubernetes-mixin's recording rules", .target = TARGET_WORKLOAD,
	 .by = {"namespace", "workload"},
	 .probe = "node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate{$select} and on () "
		"namespace_workload_pod:kube_pod_owner:relabel{$select}",
	 .exprs = {
		[METRIC_CPU] = "sum by ($by) (node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate{$select}"
			WORKLOAD_OF ")",
		[METRIC_MEMORY] = "sum by ($by) (sum by (namespace, pod) (container_memory_working_set_bytes" CONTAINERS ")"
			WORKLOAD_OF ")",
		[METRIC_THROTTLED] = "sum by ($by) (sum by (namespace, pod) (rate(container_cpu_cfs_throttled_periods_total"
			CONTAINERS "[$window]))" WORKLOAD_OF ") / sum by ($by) (sum by (namespace, pod) "
			"(rate(container_cpu_cfs_periods_total" CONTAINERS "[$window]))" WORKLOAD_OF ")"}},
	{.name = "kubelet", .help = "The kubelet's cAdvisor", .target = TARGET_POD, .by = POD_BY,
	 .probe = "container_cpu_usage_seconds_total" CONTAINERS,
	 .exprs = {
		[METRIC_CPU] = "sum by ($by) (rate(container_cpu_usage_seconds_total" CONTAINERS "[$window]))",
		[METRIC_MEMORY] = "sum by ($by) (container_memory_working_set_bytes" CONTAINERS ")",
		[METRIC_THROTTLED] = "sum by ($by) (rate(container_cpu_cfs_throttled_periods_total" CONTAINERS "[$window])) / "
			"sum by ($by) (rate(container_cpu_cfs_periods_total" CONTAINERS "[$window]))"}},
	/* Both resources in one query each: the poller tells them apart by the label `resource`. */
	{.name = "kube-state-metrics", .help = "Requests and limits, from kube-state-metrics", .target = TARGET_POD,
	 .by = POD_BY, .probe = "kube_pod_container_resource_requests{$select}",
	 .exprs = {
		[METRIC_CPU_REQUEST] = "sum by ($by, resource) (kube_pod_container_resource_requests"
			"{$select resource=~\"cpu|memory\"})",
		[METRIC_CPU_LIMIT] = "sum by ($by, resource) (kube_pod_container_resource_limits"
			"{$select resource=~\"cpu|memory\"})"}},
};
const size_t preset_count = sizeof(presets) / sizeof(presets[0]);

int preset_has(const struct preset *preset, enum metric metric)
{
	if (preset->exprs[metric])
		return 1;
	switch (metric) {
	case METRIC_RPS: return preset->requests != NULL;
	case METRIC_ERRORS: return preset->requests && preset->failed && !preset->exprs[METRIC_ERROR_RATIO];
	case METRIC_P50:
	case METRIC_P99: return preset->latency != NULL;
	default: return 0;
	}
}

static int add_variable(const struct preset *preset, const struct preset_scope *scope, const char **at, struct buf *out)
{
	static const char *const variables[] = {"$by", "$select", "$window"};
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		size_t len = strlen(variables[i]);
		if (strncmp(*at, variables[i], len) != 0)
			continue;
		*at += len;
		if (i == 0)
			return buf_printf(out, "%s, %s", preset->by[0], preset->by[1]);
		return buf_add_string(out, i == 1 ? scope->select : scope->window);
	}
	(*at)++;
	return buf_add(out, "$", 1);
}

static int add_template(const struct preset *preset, const struct preset_scope *scope, const char *at, struct buf *out)
{
	while (*at) {
		size_t len = strcspn(at, "$");
		if (len > 0 && buf_add(out, at, len) < 0)
			return -1;
		at += len;
		if (*at && add_variable(preset, scope, &at, out) < 0)
			return -1;
	}
	return 0;
}

/* "sum by (a, b) (rate(counter{matchers}[5m]))" */
static int add_rate(const struct preset *preset, const struct preset_scope *scope, const char *more, struct buf *out)
{
	return buf_printf(out, "sum by (%s, %s) (rate(%s{%s%s%s%s}[%s]))", preset->by[0], preset->by[1], preset->requests,
	                  scope->select, preset->only ? preset->only : "", preset->only && more ? "," : "", more ? more : "",
	                  scope->window);
}

static int add_buckets(const struct preset *preset, const struct preset_scope *scope, struct buf *out)
{
	const char *only = preset->latency_only ? preset->latency_only : preset->only ? preset->only : "";
	return buf_printf(out, "sum by (%s, %s%s) (rate(%s%s{%s%s}[%s]))", preset->by[0], preset->by[1],
	                  preset->native ? "" : ", le", preset->latency, preset->native ? "" : "_bucket", scope->select,
	                  only, scope->window);
}

int preset_buckets(const struct preset *preset, const struct preset_scope *scope, struct buf *out)
{
	return preset->latency ? add_buckets(preset, scope, out) : -1;
}

int preset_query(const struct preset *preset, enum metric metric, const struct preset_scope *scope, struct buf *out)
{
	if (!preset_has(preset, metric))
		return -1;
	if (preset->exprs[metric])
		return add_template(preset, scope, preset->exprs[metric], out);
	if (metric == METRIC_RPS)
		return add_rate(preset, scope, NULL, out);
	if (metric == METRIC_ERRORS)
		return add_rate(preset, scope, preset->failed, out) < 0 || buf_add_string(out, " or 0 * ") < 0
		     ? -1 : add_rate(preset, scope, NULL, out);
	if (buf_printf(out, "%s%.10g * histogram_quantile(%s, ", "", preset->latency_ms,
	               metric == METRIC_P50 ? "0.5" : "0.99") < 0 || add_buckets(preset, scope, out) < 0)
		return -1;
	return buf_add(out, ")", 1);
}

int preset_probe(const struct preset *const *rows, size_t count, const struct preset_scope *scope, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct preset *row = rows[i];
		if (buf_printf(out, "%slabel_replace(count(", i ? " or " : "") < 0)
			return -1;
		if (row->probe ? add_template(row, scope, row->probe, out) < 0
		               : buf_printf(out, "%s{%s%s}", row->requests, scope->select, row->only ? row->only : "") < 0)
			return -1;
		if (buf_printf(out, "), \"preset\", \"%zu\", \"\", \"\")", i) < 0)
			return -1;
	}
	return 0;
}
