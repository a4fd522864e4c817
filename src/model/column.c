/* SPDX-License-Identifier: MIT */
/*
 * The columns of the services table. To add one, write its functions above the table and one row in
 * it: the table, sorting, filtering, `get services`, help and the README follow by themselves.
 */
#include "model/revision.h"
#include "model/column.h"

#include <string.h>

#include "column_metrics.h"
#include "model/fleet.h"

static int order_of(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

/* Columns that print a word of the service: `name_absent` is true where there is none. */
#define WORD_COLUMN(name, expression) \
	static const char *name##_word(const struct service *service) \
	{ \
		return expression; \
	} \
	static void name##_format(const struct service *service, struct text *out) \
	{ \
		text_add(out, name##_word(service)); \
	} \
	static int name##_absent(const struct service *service) \
	{ \
		return !name##_word(service)[0]; \
	} \
	static int name##_compare(const struct service *a, const struct service *b) \
	{ \
		return strcmp(name##_word(a), name##_word(b)); \
	}

/* Columns that print a number; `known` says whether there is one. */
#define NUMBER_COLUMN(name, field, known) \
	static int name##_absent(const struct service *service) \
	{ \
		(void)service; \
		return !(known); \
	} \
	static void name##_format(const struct service *service, struct text *out) \
	{ \
		if (!name##_absent(service)) \
			text_printf(out, "%lld", (long long)service->field); \
	} \
	static int name##_compare(const struct service *a, const struct service *b) \
	{ \
		return order_of(a->field, b->field); \
	} \
	static double name##_number(const struct service *service) \
	{ \
		return (double)service->field; \
	}

WORD_COLUMN(name, service->name)
WORD_COLUMN(namespace, service->namespace)
WORD_COLUMN(cluster, service->cluster->name)
WORD_COLUMN(env, service->cluster->env)
WORD_COLUMN(region, service->cluster->region)
WORD_COLUMN(team, service->team)
WORD_COLUMN(flags, service->flags ? service->flags : "")
WORD_COLUMN(kind, service->kind)
WORD_COLUMN(reason, service->reason)
NUMBER_COLUMN(desired, desired, 1)
NUMBER_COLUMN(updated, updated, 1)
NUMBER_COLUMN(available, available, 1)
NUMBER_COLUMN(pods, pods, service_knows_pods(service))
NUMBER_COLUMN(restarts, restarts, service_knows_pods(service))
/* Firing ones by their number, pending ones with a question mark. */
static int alerts_absent(const struct service *service)
{
	return !service->cluster->alerts.known;
}

static void alerts_format(const struct service *service, struct text *out)
{
	if (service->alerts_firing || service->alerts_pending)
		text_printf(out, service->alerts_pending ? "%d+%d?" : "%d", service->alerts_firing, service->alerts_pending);
}

static double alerts_number(const struct service *service)
{
	return service->alerts_firing + service->alerts_pending;
}

static int alerts_compare(const struct service *a, const struct service *b)
{
	int order = order_of(a->alerts_firing, b->alerts_firing);
	return order ? order : order_of(a->alerts_pending, b->alerts_pending);
}

static enum tone alerts_tone(const struct service *service)
{
	return service->alerts_firing ? TONE_BAD : service->alerts_pending ? TONE_WARNING : TONE_PLAIN;
}

NUMBER_COLUMN(warnings, warnings, service->cluster->kinds[OBJECT_EVENT].complete)

static enum tone health_tone(const struct service *service)
{
	static const enum tone tones[HEALTH_LEVELS] = {
		[HEALTH_DOWN] = TONE_BAD, [HEALTH_DEGRADED] = TONE_WARNING, [HEALTH_PROGRESSING] = TONE_BUSY,
		[HEALTH_PAUSED] = TONE_BUSY, [HEALTH_UNKNOWN] = TONE_DIM, [HEALTH_OK] = TONE_GOOD,
	};
	return tones[service->health];
}

static void health_format(const struct service *service, struct text *out)
{
	text_add(out, health_words[service->health]);
}

static int health_compare(const struct service *a, const struct service *b)
{
	return order_of(a->health_row, b->health_row);
}

static void ready_format(const struct service *service, struct text *out)
{
	text_printf(out, "%d/%d", service->ready, service->desired);
}

static enum tone ready_tone(const struct service *service)
{
	if (service->desired == 0)
		return TONE_DIM;
	if (service->ready >= service->desired)
		return TONE_PLAIN;
	return service->ready == 0 ? TONE_BAD : TONE_WARNING;
}

/* By the share that is ready; none wanted is all of them. */
static int ready_compare(const struct service *a, const struct service *b)
{
	int64_t left = a->desired ? a->ready : 1, right = b->desired ? b->ready : 1;
	int64_t of_a = a->desired ? a->desired : 1, of_b = b->desired ? b->desired : 1;
	return order_of(left * of_b, right * of_a);
}

static int rollout_percent(const struct service *service)
{
	const struct rollout *rollout = &service->rollout;
	return rollout->total > 0 ? (int)(100LL * rollout->done / rollout->total) : 100;
}

/* Where something moves, a bar of five and the percentage; else the phase's word. */
static void rollout_format(const struct service *service, struct text *out)
{
	const struct rollout *rollout = &service->rollout;
	if (rollout->phase == ROLLOUT_PROGRESSING && service->rolling) {
		int percent = rollout_percent(service);
		for (int i = 1; i <= 5; i++)
			text_add(out, percent >= 20 * i ? "▓" : "░");
		text_printf(out, "%d%%", percent);
	} else if (rollout->phase == ROLLOUT_PROGRESSING) {
		text_printf(out, "%d/%d", rollout->done, rollout->total);
	} else if (rollout->phase == ROLLOUT_PAUSED || rollout->phase == ROLLOUT_FAILED) {
		text_printf(out, "%s %d/%d", rollout_phase_words[rollout->phase], rollout->done,
		            rollout->total);
	} else {
		text_add(out, rollout_phase_words[rollout->phase]);
	}
}

static enum tone rollout_tone(const struct service *service)
{
	switch (service->rollout.phase) {
	case ROLLOUT_FAILED:
		return TONE_BAD;
	case ROLLOUT_PROGRESSING:
	case ROLLOUT_WAITING:
	case ROLLOUT_PAUSED:
		return TONE_BUSY;
	case ROLLOUT_UNKNOWN:
		return TONE_DIM;
	default:
		return TONE_PLAIN;
	}
}

static int rollout_compare(const struct service *a, const struct service *b)
{
	static const int ranks[ROLLOUT_PHASES] = {
		[ROLLOUT_FAILED] = 0, [ROLLOUT_PROGRESSING] = 1, [ROLLOUT_WAITING] = 2,
		[ROLLOUT_PAUSED] = 3, [ROLLOUT_UNKNOWN] = 4, [ROLLOUT_COMPLETE] = 5,
	};
	int order = order_of(ranks[a->rollout.phase], ranks[b->rollout.phase]);
	return order ? order : order_of(rollout_percent(a), rollout_percent(b));
}

/* The commit that Flux has applied; without Flux, the workload's own. A StatefulSet's is "NAME-HASH": the
 * hash says it. */
static const char *revision_word(const struct service *service)
{
	const char *dash = strrchr(service->revision, '-');
	return dash && dash[1] ? dash + 1 : service->revision;
}

static void revision_format(const struct service *service, struct text *out)
{
	/* The word comes first: it is what must be seen where the column is narrow. */
	if (service->flux.suspended || service->flux.above_suspended)
		text_add(out, "held ");
	else if (service->flux.ready == 'F')
		text_add(out, "failed ");
	if (service->flux.revision[0])
		revision_short(service->flux.revision, out);
	else
		text_add(out, revision_word(service));
}

static enum tone revision_tone(const struct service *service)
{
	if (service->flux.suspended || service->flux.above_suspended)
		return TONE_WARNING;
	return service->flux.ready == 'F' ? TONE_BAD : service->flux.ready == 'U' ? TONE_BUSY : TONE_PLAIN;
}

static int revision_absent(const struct service *service)
{
	return !service->revision[0] && !service->flux.revision[0];
}

/* Deployments count their revisions: 9 comes before 10. */
static int revision_compare(const struct service *a, const struct service *b)
{
	if (a->flux.revision[0] || b->flux.revision[0])
		return strcmp(a->flux.revision, b->flux.revision);
	const char *left = revision_word(a), *right = revision_word(b);
	size_t left_len = strlen(left), right_len = strlen(right);
	int numbers = strspn(left, "0123456789") == left_len && strspn(right, "0123456789") == right_len;
	if (numbers && left_len != right_len)
		return left_len < right_len ? -1 : 1;
	return strcmp(left, right);
}

/* The first image without its registry, folders and digest: "registry/team/api:1.2@sha256:…" is "api:1.2". */
static const char *image_short(const char *images, size_t *len)
{
	const char *start = images, *end = images;
	for (; *end && *end != ',' && *end != '@'; end++)
		if (*end == '/')
			start = end + 1;
	*len = (size_t)(end - start);
	return start;
}

/* With the digest's first twelve digits where there is no tag. */
static void image_format(const struct service *service, struct text *out)
{
	const char *images = service->images;
	size_t len = strcspn(images, ","), short_len;
	const char *start = image_short(images, &short_len), *digest = start + short_len;
	if (len == 0)
		return;
	text_printf(out, "%.*s", (int)short_len, start);
	const char *colon = *digest == '@' ? strchr(digest, ':') : NULL;
	if (colon && colon < images + len && !memchr(start, ':', short_len))
		text_printf(out, "@%.*s",
		            12 < images + len - colon - 1 ? 12 : (int)(images + len - colon - 1), colon + 1);
	if (images[len])
		text_add(out, " +");
}

static int image_absent(const struct service *service)
{
	return !service->images[0];
}

/* By what is shown; what only the digest or the registry tells apart comes after that. */
static int image_compare(const struct service *a, const struct service *b)
{
	size_t left_len, right_len;
	const char *left = image_short(a->images, &left_len), *right = image_short(b->images, &right_len);
	if (a->images == b->images) /* interned */
		return 0;
	int order = memcmp(left, right, left_len < right_len ? left_len : right_len);
	if (order || left_len != right_len)
		return order ? order : left_len < right_len ? -1 : 1;
	return strcmp(a->images, b->images);
}

static void age_column_format(const struct service *service, struct text *out)
{
	const struct clock *clock = service->cluster->fleet->clock;
	char age[24];
	if (!service->created_ms)
		return;
	int64_t ms = clock->wall(clock) - service->created_ms;
	age_format(ms < 0 ? 0 : ms, age, sizeof(age));
	text_add(out, age);
}

static int age_absent(const struct service *service)
{
	return !service->created_ms;
}

static int age_compare(const struct service *a, const struct service *b)
{
	return order_of(b->created_ms, a->created_ms);
}

static enum tone dim(const struct service *service)
{
	(void)service;
	return TONE_DIM;
}

static enum tone warnings_tone(const struct service *service)
{
	return service->warnings > 0 ? TONE_WARNING : TONE_DIM;
}

#define FUNCTIONS(name) .format = name##_format, .compare = name##_compare, .absent = name##_absent

const struct column columns[] = {
	{.key = "service", .title = "SERVICE", .min_width = 16, .weight = 4, .keep = 0, .in_table = 1,
	 .help = "Its service label, else the name of its workload", FUNCTIONS(name)},
	{.key = "namespace", .title = "NAMESPACE", .min_width = 9, .weight = 2, .keep = 7, .in_table = 1,
	 .help = "The namespace of its workloads", FUNCTIONS(namespace), .tone = dim},
	{.key = "cluster", .title = "CLUSTER", .min_width = 7, .weight = 1, .keep = 3, .in_table = 1,
	 .help = "The cluster, by the name of its context", FUNCTIONS(cluster)},
	{.key = "health", .title = "HEALTH", .min_width = 11, .keep = 1, .in_table = 1,
	 .help = "down, degraded, progressing, paused, unknown or ok", .format = health_format,
	 .compare = health_compare, .tone = health_tone},
	{.key = "ready", .title = "READY", .min_width = 5, .keep = 2, .right = 1, .in_table = 1,
	 .help = "Pods that pass their readiness checks, of those wanted", .format = ready_format,
	 .compare = ready_compare, .tone = ready_tone},
	{.key = "rollout", .title = "ROLLOUT", .min_width = 9, .keep = 4, .in_table = 1,
	 .help = "Updated pods that are available, of those wanted; the rollout's phase where nothing moves",
	 .format = rollout_format, .compare = rollout_compare, .tone = rollout_tone},
	{.key = "revision", .title = "REV", .min_width = 7, .weight = 1, .keep = 5, .in_table = 1,
	 .help = "The commit that Flux has applied (held: suspended; failed: not ready); else the workload's revision",
	 FUNCTIONS(revision), .tone = revision_tone},
	{.key = "flags", .title = "FLAGS", .min_width = 8, .keep = 6, .in_table = 1, .flagged = 1,
	 .help = "Letters of the platform flags that are on, as the repository declares them", FUNCTIONS(flags)},
#define METERED(name) \
	.format = column_##name##_format, .tone = column_##name##_tone, .compare = column_##name##_compare, \
	.absent = column_##name##_absent, .number = column_##name##_number, .metered = 1, .right = 1, .descends = 1
	{.key = "rps", .title = "RPS", .min_width = 5, .keep = 5, .in_table = 1, .help = "Requests a second", METERED(rps)},
	{.key = "err", .title = "ERR%", .min_width = 5, .keep = 5, .in_table = 1,
	 .help = "Share of the requests that failed, in percent", METERED(err)},
	{.key = "p50", .title = "P50", .min_width = 5, .keep = 21, .help = "Median latency in milliseconds", METERED(p50)},
	{.key = "p99", .title = "P99", .min_width = 5, .keep = 6, .in_table = 1,
	 .help = "99th percentile of the latency in milliseconds", METERED(p99)},
	{.key = "cpu", .title = "CPU", .min_width = 9, .keep = 8, .in_table = 1,
	 .help = "Cores used, and the share of those requested", METERED(cpu)},
	{.key = "mem", .title = "MEM", .min_width = 10, .keep = 8, .in_table = 1,
	 .help = "Memory used, and the share of that requested", METERED(mem)},
	{.key = "trend", .title = "TREND", .min_width = 8, .keep = 7, .in_table = 1,
	 .help = "Requests of the last 16 minutes; sorts by how much they changed", METERED(trend)},
	{.key = "alerts", .title = "ALERT", .min_width = 5, .keep = 5, .in_table = 1, .metered = 1, .right = 1, .descends = 1,
	 .help = "Alerts about it that fire; with a ?, that are pending", FUNCTIONS(alerts), .number = alerts_number,
	 .tone = alerts_tone},
	{.key = "cost", .title = "COST/MO", .min_width = 7, .keep = 12, .in_table = 1,
	 .help = "Cost a month, by the larger of use and request, at the configured prices", METERED(cost)},
	{.key = "restarts", .title = "RESTARTS", .min_width = 8, .keep = 6, .descends = 1, .right = 1,
	 .in_table = 1,
	 .help = "Restarts of its pods' containers, added up", FUNCTIONS(restarts), .number = restarts_number},
	{.key = "image", .title = "IMAGE", .min_width = 10, .weight = 3, .keep = 9, .in_table = 1,
	 .help = "Name and tag of the first container's image; + where there are more", FUNCTIONS(image),
	 .tone = dim},
	{.key = "age", .title = "AGE", .min_width = 4, .keep = 10, .right = 1, .in_table = 1,
	 .help = "Time since its oldest workload was created", .format = age_column_format,
	 .compare = age_compare,
	 .absent = age_absent, .tone = dim},
	{.key = "reason", .title = "REASON", .min_width = 16, .weight = 6, .keep = 5, .in_table = 1,
	 .help = "Why it is not well, with one pod as an example", FUNCTIONS(reason), .tone = health_tone},
	{.key = "team", .title = "TEAM", .min_width = 6, .weight = 1, .keep = 11,
	 .help = "The team label of its workload, else of its namespace", FUNCTIONS(team)},
	{.key = "env", .title = "ENV", .min_width = 4, .keep = 12, .help = "The cluster's environment",
	 FUNCTIONS(env)},
	{.key = "region", .title = "REGION", .min_width = 6, .keep = 13, .help = "The cluster's region",
	 FUNCTIONS(region)},
	{.key = "kind", .title = "KIND", .min_width = 6, .keep = 14,
	 .help = "Deployment, StatefulSet, DaemonSet, or mixed", FUNCTIONS(kind)},
	{.key = "desired", .title = "DESIRED", .min_width = 7, .keep = 15, .descends = 1, .right = 1,
	 .help = "Pods that are wanted", FUNCTIONS(desired), .number = desired_number},
	{.key = "updated", .title = "UPDATED", .min_width = 7, .keep = 16, .right = 1,
	 .help = "Pods of the newest revision", FUNCTIONS(updated), .number = updated_number},
	{.key = "available", .title = "AVAILABLE", .min_width = 9, .keep = 17, .right = 1,
	 .help = "Pods that have been ready for long enough", FUNCTIONS(available), .number = available_number},
	{.key = "pods", .title = "PODS", .min_width = 4, .keep = 18, .descends = 1, .right = 1,
	 .help = "Pods that exist and are not ending", FUNCTIONS(pods), .number = pods_number},
	{.key = "slo", .title = "BUDGET", .min_width = 6, .keep = 9, .in_table = 1,
	 .help = "What is left of the error budget of its objective, in percent", METERED(slo)},
	{.key = "burn", .title = "BURN", .min_width = 5, .keep = 10, .in_table = 1,
	 .help = "How fast the error budget is used, by two windows: 1 uses it up exactly in time", METERED(burn)},
	{.key = "cpu-request", .title = "CPU/REQ", .min_width = 7, .keep = 22, .help = "CPU used, in percent of the requests",
	 METERED(cpu_request)},
	{.key = "cpu-limit", .title = "CPU/LIM", .min_width = 7, .keep = 23, .help = "CPU used, in percent of the limits",
	 METERED(cpu_limit)},
	{.key = "mem-request", .title = "MEM/REQ", .min_width = 7, .keep = 24,
	 .help = "Memory used, in percent of the requests", METERED(mem_request)},
	{.key = "mem-limit", .title = "MEM/LIM", .min_width = 7, .keep = 25, .help = "Memory used, in percent of the limits",
	 METERED(mem_limit)},
	{.key = "throttled", .title = "THROTTLED", .min_width = 9, .keep = 26,
	 .help = "CPU periods in which it was held back, in percent", METERED(throttled)},
	{.key = "warnings", .title = "WARN", .min_width = 4, .keep = 19, .descends = 1, .right = 1,
	 .help = "Warning events of the last hour that are about it", FUNCTIONS(warnings), .number = warnings_number,
	 .tone = warnings_tone},
};

const size_t column_count = sizeof(columns) / sizeof(columns[0]);

int column_is_shown(const struct column *column, const struct fleet *fleet)
{
	if (column->flagged)
		return column->in_table && fleet->flagged;
	if (!column->in_table || !column->metered)
		return column->in_table;
	if (column->format == column_cost_format && !prices_are_set(&fleet->prices))
		return 0;
	if ((column->format == column_slo_format || column->format == column_burn_format) && !fleet->has_objectives)
		return 0;
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster_metrics *metrics = &((const struct cluster *)fleet->clusters.items[i])->metrics;
		if (metrics->heard_ms)
			return 1;
	}
	return 0;
}

const struct column *column_find(const char *key)
{
	for (size_t i = 0; i < column_count; i++)
		if (strcmp(columns[i].key, key) == 0)
			return &columns[i];
	return NULL;
}
