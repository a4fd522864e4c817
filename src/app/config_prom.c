/* SPDX-License-Identifier: MIT */
/*
 * Keys are rows with the place of their value in the struct that they belong to. Expressions of own
 * presets are checked for what can be seen without a server: brackets, quotes and the variables.
 */
#include "app/config.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/spell.h"
#include "base/yaml.h"

enum shape { SHAPE_TEXT, SHAPE_FLAG, SHAPE_TERNARY, SHAPE_NUMBER, SHAPE_DURATION, SHAPE_WINDOW, SHAPE_HEADERS, SHAPE_MAP,
	SHAPE_EXPR, SHAPE_BY, SHAPE_TARGET, SHAPE_OBJECTIVE };
enum part { PART_PROMETHEUS, PART_METRICS, PART_PRESET, PART_SLO, PARTS };

struct row {
	struct config_key key; /* whole path */
	enum part part;
	const char *name;      /* under its part, with dots */
	enum shape shape;
	size_t offset;
};

#define P "fleet.clusters[].prometheus."
#define M "metrics."
#define PROM(name, shape, field, fallback, help) \
	{{P name, fallback, help}, PART_PROMETHEUS, name, shape, offsetof(struct prom_config, field)}
#define ALL(name, shape, field, fallback, help) \
	{{M name, fallback, help}, PART_METRICS, name, shape, offsetof(struct config_metrics, field)}
#define SET(name, shape, field, help) \
	{{M "presets[]." name, "none", help}, PART_PRESET, name, shape, offsetof(struct preset, field)}
#define SLO(name, shape, field, fallback, help) \
	{{M "slos[]." name, fallback, help}, PART_SLO, name, shape, offsetof(struct slo_rule, field)}

static const struct row rows[] = {
	PROM("off", SHAPE_FLAG, off, "false", "Whether no metrics are read."),
	PROM("url", SHAPE_TEXT, access.url, "found by itself", "The URL of a server with Prometheus' API, with its prefix."),
	PROM("service", SHAPE_TEXT, access.service, "found by itself",
	     "A Service behind the API server: [https:]namespace/name[:port][/prefix]."),
	PROM("headers", SHAPE_HEADERS, access.headers, "none", "More headers of each request, by name."),
	PROM("orgId", SHAPE_TEXT, access.org_id, "none", "The tenant: X-Scope-OrgID."),
	PROM("tokenFile", SHAPE_TEXT, access.token_file, "none", "A file with a bearer token, read for each request."),
	PROM("username", SHAPE_TEXT, access.username, "none", "User of basic authentication."),
	PROM("passwordFile", SHAPE_TEXT, access.password_file, "none", "A file with the password."),
	PROM("caFile", SHAPE_TEXT, access.ca_file, "the system's", "Certificates to trust."),
	PROM("certFile", SHAPE_TEXT, access.cert_file, "none", "A client certificate."),
	PROM("keyFile", SHAPE_TEXT, access.key_file, "none", "Its key."),
	PROM("insecure", SHAPE_FLAG, access.insecure, "false", "Whether the server's certificate is not checked."),
	PROM("partialResponse", SHAPE_TERNARY, access.partial_response, "the server's", "Thanos: answers without all stores."),
	PROM("dedup", SHAPE_TERNARY, access.dedup, "the server's", "Thanos: one series of several replicas."),
	PROM("preset", SHAPE_TEXT, preset, "the first with series", "Where requests are found: istio, nginx, an own one, …"),
	PROM("match", SHAPE_TEXT, match, "all", "Matchers of this cluster's series in a shared server: cluster=\"eu\"."),
	PROM("window", SHAPE_WINDOW, window, "5m", "The range of rates: at least four scrape intervals."),
	PROM("interval", SHAPE_DURATION, interval, "30s", "Between two readings."),
	PROM("alertmanager.url", SHAPE_TEXT, alertmanager.url, "found by itself", "The URL of an Alertmanager."),
	PROM("alertmanager.service", SHAPE_TEXT, alertmanager.service, "found by itself", "Or its Service, as above."),
	ALL("prices.vcpuHour", SHAPE_NUMBER, prices.vcpu_hour, "0", "What a vCPU costs an hour."),
	ALL("prices.gibHour", SHAPE_NUMBER, prices.gib_hour, "0", "What a GiB of memory costs an hour."),
	ALL("prices.millionRequests", SHAPE_NUMBER, prices.million_requests, "0", "What a million requests cost."),
	ALL("grafana.url", SHAPE_TEXT, grafana_url, "none", "The Grafana that dashboards are read from by their UID."),
	ALL("grafana.tokenFile", SHAPE_TEXT, grafana_token_file, "none", "A file with a token, to read dashboards by their UID."),
	SET("name", SHAPE_TEXT, name, "Its name; required."),
	SET("help", SHAPE_TEXT, help, "What it is."),
	SET("probe", SHAPE_EXPR, probe, "A selector that finds series where the preset fits."),
	SET("target", SHAPE_TARGET, target, "What the labels name: service, workload or pod."),
	SET("by", SHAPE_BY, by, "The labels of namespace and name: [namespace, service]."),
	SET("requests", SHAPE_TEXT, requests, "The counter of requests."),
	SET("only", SHAPE_TEXT, only, "Matchers of the requests that count."),
	SET("failed", SHAPE_TEXT, failed, "The matcher of those that failed: code=~\"5..\"."),
	SET("latency", SHAPE_TEXT, latency, "The latency histogram, without _bucket."),
	SET("latencyOnly", SHAPE_TEXT, latency_only, "Its matchers, where they differ."),
	SET("latencyUnitMs", SHAPE_NUMBER, latency_ms, "Milliseconds of its unit: 1000 for seconds."),
	SET("native", SHAPE_FLAG, native, "Whether it is a native histogram."),
	SET("rps", SHAPE_EXPR, exprs[METRIC_RPS], "Or an expression: requests a second, with $by, $select and $window."),
	SET("errors", SHAPE_EXPR, exprs[METRIC_ERRORS], "Failed requests a second."),
	SET("errorRatio", SHAPE_EXPR, exprs[METRIC_ERROR_RATIO], "Instead of errors: their share, from 0 to 1."),
	SET("p50Ms", SHAPE_EXPR, exprs[METRIC_P50], "The median latency in milliseconds."),
	SET("p99Ms", SHAPE_EXPR, exprs[METRIC_P99], "The 99th percentile."),
	SET("cpuCores", SHAPE_EXPR, exprs[METRIC_CPU], "Cores used."),
	SET("memBytes", SHAPE_EXPR, exprs[METRIC_MEMORY], "Bytes of memory used."),
	SET("throttledRatio", SHAPE_EXPR, exprs[METRIC_THROTTLED], "Share of CPU periods that were held back."),
	SLO("service", SHAPE_TEXT, service, "", "The service's name; required."),
	SLO("namespace", SHAPE_TEXT, namespace, "any", "Its namespace."),
	SLO("objective", SHAPE_OBJECTIVE, objective, "", "The share of requests that must succeed, in percent: 99.9; required."),
	SLO("window", SHAPE_WINDOW, window, "30d", "The time that the objective is about."),
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct config_key *config_prom_key_at(size_t index)
{
	return index < ROWS ? &rows[index].key : NULL;
}

static int refuse(const struct config *config, const struct yaml_node *node, const char *name, const char *wanted,
                  struct err *err)
{
	return err_set(err, "%s:%d: %s must be %s", config->path, node->line, name, wanted);
}

static int number_read(const struct yaml_node *node, double *out)
{
	const char *text = yaml_string(node);
	char *end;
	if (!text || !*text)
		return -1;
	*out = strtod(text, &end);
	return *end || !isfinite(*out) || *out < 0 ? -1 : 0;
}

/* "30s", "5m", "30d": as Prometheus writes ranges, one unit. Seconds, or -1. */
static double duration_of(const char *text)
{
	static const char units[] = "smhdw";
	static const double seconds[] = {1, 60, 3600, 86400, 604800};
	char *end;
	double amount = text ? strtod(text, &end) : -1;
	const char *unit = amount > 0 && end[0] && !end[1] ? strchr(units, end[0]) : NULL;
	return unit && amount < 1e6 ? amount * seconds[unit - units] : -1;
}

/* What can be wrong with an expression before a server sees it. */
static const char *expr_fault(const char *text, int is_template)
{
	char open[64];
	size_t depth = 0;
	for (const char *at = text; *at; at++) {
		if (strchr("\"'`", *at)) {
			char quote = *at;
			for (at++; *at && *at != quote; at++)
				at += *at == '\\' && quote != '`' && at[1];
			if (!*at)
				return "an expression whose quotes are closed";
		} else if (strchr("([{", *at)) {
			if (depth == sizeof(open))
				return "an expression that is not nested so deep";
			open[depth++] = *at;
		} else if (strchr(")]}", *at)) {
			char wanted = *at == ')' ? '(' : *at == ']' ? '[' : '{';
			if (depth == 0 || open[--depth] != wanted)
				return "an expression whose brackets match";
		} else if (*at == '$' && is_template && strncmp(at, "$by", 3) != 0 && strncmp(at, "$select", 7) != 0 &&
		           strncmp(at, "$window", 7) != 0) {
			return "an expression with no other variables than $by, $select and $window";
		}
	}
	return depth ? "an expression whose brackets are closed" : NULL;
}

static int headers_read(struct config *config, const struct yaml_node *node, const char *name, const char **headers,
                        struct err *err)
{
	if (node->kind != YAML_MAP)
		return refuse(config, node, name, "a map of header names to values", err);
	if (node->count > PROM_HEADERS)
		return refuse(config, node, name, "at most 16 headers", err);
	for (size_t i = 0; i < node->count; i++) {
		const char *value = yaml_string(node->items[i]), *header = node->keys[i]->value;
		if (!value || strpbrk(value, "\r\n") || !*header || strpbrk(header, ": \t\r\n"))
			return refuse(config, node->items[i], name, "of names without blanks, and values of one line", err);
		headers[i] = config_keep(config, mem_printf("%s: %s", header, value));
	}
	return 0;
}

static int by_read(struct config *config, const struct yaml_node *node, const char *name, const char **by, struct err *err)
{
	if (node->kind != YAML_LIST || node->count != 2 || !yaml_string(node->items[0]) || !yaml_string(node->items[1]))
		return refuse(config, node, name, "two labels: that of the namespace and that of the name", err);
	by[0] = yaml_string(node->items[0]);
	by[1] = yaml_string(node->items[1]);
	return 0;
}

static int value_read(struct config *config, const struct row *row, const struct yaml_node *node, void *place,
                      struct err *err)
{
	static const char *const targets[] = {[TARGET_SERVICE] = "service", [TARGET_WORKLOAD] = "workload",
		[TARGET_POD] = "pod"};
	const char *text = yaml_string(node), *name = row->key.key, *fault;
	int flag;
	switch (row->shape) {
	case SHAPE_FLAG:
	case SHAPE_TERNARY:
		if (yaml_bool(node, &flag) < 0)
			return refuse(config, node, name, "true or false", err);
		*(int *)place = row->shape == SHAPE_FLAG ? flag : flag ? 1 : -1;
		return 0;
	case SHAPE_NUMBER:
		return number_read(node, place) < 0 ? refuse(config, node, name, "a number that is not negative", err) : 0;
	case SHAPE_OBJECTIVE:
		if (number_read(node, place) < 0 || *(double *)place <= 0 || *(double *)place >= 100)
			return refuse(config, node, name, "a percentage over 0 and under 100, such as 99.9", err);
		*(double *)place /= 100;
		return 0;
	case SHAPE_DURATION:
		*(double *)place = duration_of(text);
		return *(double *)place < 1 ? refuse(config, node, name, "a duration of at least 1s, such as 30s", err) : 0;
	case SHAPE_HEADERS: return headers_read(config, node, name, place, err);
	case SHAPE_BY: return by_read(config, node, name, place, err);
	case SHAPE_TARGET:
		for (int i = 0; text && i < 3; i++)
			if (strcmp(text, targets[i]) == 0) {
				*(enum metric_target *)place = (enum metric_target)i;
				return 0;
			}
		return refuse(config, node, name, "service, workload or pod", err);
	case SHAPE_WINDOW:
		if (duration_of(text) < 1)
			return refuse(config, node, name, "a range such as 5m or 30d", err);
		break;
	case SHAPE_EXPR:
		if (text && (fault = expr_fault(text, 1)))
			return refuse(config, node, name, fault, err);
		break;
	default: break;
	}
	if (!text || !*text)
		return refuse(config, node, name, "a text", err);
	*(const char **)place = text;
	return 0;
}

static int unknown(const struct config *config, enum part part, const char *under, const struct yaml_node *key, struct err *err)
{
	const char *known[ROWS];
	char heads[ROWS][32];
	size_t count = 0, len = strlen(under);
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].part != part || strncmp(rows[i].name, under, len) != 0)
			continue;
		snprintf(heads[count], sizeof(heads[count]), "%.*s", (int)strcspn(rows[i].name + len, "."), rows[i].name + len);
		known[count] = heads[count];
		count++;
	}
	const char *near = spell_nearest(key->value, known, count);
	return err_set(err, "%s:%d: there is no key \"%.60s\" there%s%s%s", config->path, key->line, key->value,
	               near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* Reads a map into the struct of its part. `under`: "" or a group's name with its dot. */
static int part_read(struct config *config, enum part part, const struct yaml_node *map, const char *under, void *into,
                     struct err *err)
{
	if (map->kind != YAML_MAP)
		return refuse(config, map, *under ? under : "this", "a map", err);
	for (size_t i = 0; i < map->count; i++) {
		const struct row *found = NULL;
		char name[96];
		int group = 0;
		snprintf(name, sizeof(name), "%s%.60s", under, map->keys[i]->value);
		for (size_t k = 0; k < ROWS; k++) {
			size_t len = strlen(name);
			if (rows[k].part != part)
				continue;
			if (strcmp(rows[k].name, name) == 0)
				found = &rows[k];
			group |= strncmp(rows[k].name, name, len) == 0 && rows[k].name[len] == '.';
		}
		if (!found && !group)
			return unknown(config, part, under, map->keys[i], err);
		if (yaml_is_null(map->items[i]))
			continue;
		if (!found) {
			strcat(name, ".");
			if (part_read(config, part, map->items[i], name, into, err) < 0)
				return -1;
		} else if (value_read(config, found, map->items[i], (char *)into + found->offset, err) < 0) {
			return -1;
		}
	}
	return 0;
}

int config_read_prometheus(struct config *config, const struct yaml_node *node, const char *key, struct err *err)
{
	struct config_cluster *cluster = &config->clusters[config->cluster_count - 1];
	struct prom_config *prom = mem_new(sizeof(*prom));
	(void)key;
	config_keep(config, (char *)prom);
	cluster->prometheus = prom;
	if (part_read(config, PART_PROMETHEUS, node, "", prom, err) < 0)
		return -1;
	if (prom->access.url && prom->access.service)
		return err_set(err, "%s:%d: prometheus has a url or a service, not both", config->path, node->line);
	if (prom->access.url && strncmp(prom->access.url, "http://", 7) != 0 && strncmp(prom->access.url, "https://", 8) != 0)
		return err_set(err, "%s:%d: prometheus.url must begin with http:// or https://", config->path, node->line);
	if ((prom->access.cert_file != NULL) != (prom->access.key_file != NULL))
		return err_set(err, "%s:%d: certFile and keyFile go together", config->path, node->line);
	if (prom->access.token_file && prom->access.username)
		return err_set(err, "%s:%d: tokenFile or username, not both", config->path, node->line);
	if (prom->match && expr_fault(prom->match, 0))
		return refuse(config, node, "match", expr_fault(prom->match, 0), err);
	return 0;
}

static int preset_read(struct config *config, const struct yaml_node *node, struct err *err)
{
	struct config_metrics *metrics = &config->metrics;
	metrics->presets = mem_resize(metrics->presets, metrics->preset_count + 1, sizeof(*metrics->presets));
	struct preset *preset = &metrics->presets[metrics->preset_count++];
	*preset = (struct preset){.by = {"namespace", "service"}, .latency_ms = 1000, .help = ""};
	if (part_read(config, PART_PRESET, node, "", preset, err) < 0)
		return -1;
	if (!preset->name)
		return err_set(err, "%s:%d: a preset needs a name", config->path, node->line);
	if (!preset->probe && !preset->requests)
		return err_set(err, "%s:%d: preset %.40s needs `requests`, or expressions and a `probe`", config->path, node->line,
		               preset->name);
	for (enum metric metric = 0; metric < METRICS; metric++)
		if (preset_has(preset, metric))
			return 0;
	return err_set(err, "%s:%d: preset %.40s tells no metric", config->path, node->line, preset->name);
}

static int slo_read(struct config *config, const struct yaml_node *node, struct err *err)
{
	struct config_metrics *metrics = &config->metrics;
	metrics->slos = mem_resize(metrics->slos, metrics->slo_count + 1, sizeof(*metrics->slos));
	struct slo_rule *slo = &metrics->slos[metrics->slo_count++];
	*slo = (struct slo_rule){.window = "30d"};
	if (part_read(config, PART_SLO, node, "", slo, err) < 0)
		return -1;
	slo->window_ms = duration_of(slo->window) * 1000;
	if (!slo->service || slo->objective <= 0)
		return err_set(err, "%s:%d: a service level objective needs a service and an objective", config->path, node->line);
	return 0;
}

static int list_read(struct config *config, const struct yaml_node *list, const char *name,
                     int (*item)(struct config *config, const struct yaml_node *node, struct err *err), struct err *err)
{
	if (list->kind != YAML_LIST)
		return refuse(config, list, name, "a list of maps", err);
	for (size_t i = 0; i < list->count; i++)
		if (item(config, list->items[i], err) < 0)
			return -1;
	return 0;
}

int config_read_metrics(struct config *config, const struct yaml_node *node, const char *key, struct err *err)
{
	const struct yaml_node *presets_node = yaml_get(node, "presets"), *slos = yaml_get(node, "slos");
	if (node->kind != YAML_MAP)
		return refuse(config, node, key, "a map", err);
	if (presets_node && list_read(config, presets_node, "metrics.presets", preset_read, err) < 0)
		return -1;
	if (slos && list_read(config, slos, "metrics.slos", slo_read, err) < 0)
		return -1;
	/* The rest, without the two lists. */
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *one_key = node->keys[i], *one = node->items[i];
		if (one == presets_node || one == slos)
			continue;
		const struct yaml_node map = {.kind = YAML_MAP, .line = node->line, .column = node->column, .value = "",
		                              .count = 1, .keys = &one_key, .items = &one};
		if (part_read(config, PART_METRICS, &map, "", &config->metrics, err) < 0)
			return -1;
	}
	return 0;
}

void config_metrics_release(struct config_metrics *metrics)
{
	free(metrics->presets);
	free(metrics->slos);
	*metrics = (struct config_metrics){0};
}
