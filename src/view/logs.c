/* SPDX-License-Identifier: MIT */
/*
 * The log of a service: lines of all its pods as they come, each with its pod in a colour of its
 * own. The lines live in the model's ring; this view only remembers where it stands in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/pod.h"
#include "view/log_level.h"
#include "view/page.h"
#include "view/views.h"

enum { PREFIX_MAX = 256, COLOURS = 4 };

struct logs_view {
	struct view view;
	struct pager pager;
	char *pod, *container; /* "": all */
	int previous, time;
	uint64_t total;        /* lines of the ring so far, those dropped too */
	uint64_t dropped;
	uint64_t hidden;       /* lines before this one were emptied off the screen */
	uint64_t paused_at;    /* total when following ended */
	int many, containers;  /* whether lines need a pod, a container in front */
	int first, bytes;      /* of the prefix in the line composed last */
	int stamp;             /* bytes of its time stamp */
	char line[LOGRING_LINE + PREFIX_MAX];
};

static void logs_open(struct view *view)
{
	struct logs_view *logs = (struct logs_view *)view;

	pager_init(&logs->pager);
	logs->pager.follow = 1;
	logs->pod = mem_copy_string("");
	logs->container = mem_copy_string("");
}

static void logs_close(struct view *view)
{
	struct logs_view *logs = (struct logs_view *)view;

	free(logs->pod);
	free(logs->container);
}

static void logs_reset(struct logs_view *logs)
{
	int wrap = logs->pager.wrap;

	pager_init(&logs->pager);
	logs->pager.follow = 1;
	logs->pager.wrap = wrap;
	logs->total = logs->dropped = logs->hidden = logs->paused_at = 0;
}

void logs_set_target(struct view *view, const char *pod, const char *container)
{
	struct logs_view *logs = (struct logs_view *)view;
	char *pod_copy = mem_copy_string(pod), *container_copy = mem_copy_string(container);

	free(logs->pod);
	free(logs->container);
	logs->pod = pod_copy;
	logs->container = container_copy;
	logs->previous = 0;
	logs_reset(logs);
}

static void logs_select(struct view *view)
{
	logs_set_target(view, "", "");
}

void logs_target(const struct view *view, const char **pod, const char **container)
{
	const struct logs_view *logs = (const struct logs_view *)view;

	*pod = logs->pod;
	*container = logs->container;
}

static void logs_demand(const struct view *view, struct demand *demand)
{
	const struct logs_view *logs = (const struct logs_view *)view;

	snprintf(demand->logs.service, sizeof(demand->logs.service), "%s", view->service);
	snprintf(demand->logs.pod, sizeof(demand->logs.pod), "%s", logs->pod);
	snprintf(demand->logs.container, sizeof(demand->logs.container), "%s", logs->container);
	demand->logs.previous = logs->previous;
}

/* Whether the ring holds what this view wants: the sources follow a moment later. */
static int logs_are_mine(const struct logs_view *logs)
{
	struct demand demand;

	demand_init(&demand);
	logs_demand(&logs->view, &demand);
	return logs->view.scene->logs && *logs->view.service &&
	       memcmp(&demand.logs, &logs->view.scene->answers.logs, sizeof(demand.logs)) == 0;
}

static uint64_t lines_before(const struct logs_view *logs)
{
	return logs->hidden > logs->dropped ? logs->hidden - logs->dropped : 0;
}

/* The part of a pod's name that tells it from the service's others: "x2k4p", or an ordinal. */
static const char *pod_short(const struct logs_view *logs, const char *pod, size_t len)
{
	enum { RANDOM = 5 }; /* letters that a ReplicaSet or DaemonSet adds */
	const struct service *service = view_service(&logs->view);
	size_t name = service ? strlen(service->name) : 0;

	if (len > RANDOM + 1 && pod[len - RANDOM - 1] == '-' && !memchr(pod + len - RANDOM, '-', RANDOM))
		return pod + len - RANDOM;
	if (name > 0 && len > name + 1 && strncmp(pod, service->name, name) == 0 && pod[name] == '-')
		return pod + name + 1;
	return pod;
}

static void prefix_add(struct logs_view *logs, struct text *text, const struct logring_line *line)
{
	const char *name = logring_source_name(logs->view.scene->logs, line->source), *slash, *pod;
	char stamp[16];

	logs->stamp = 0;
	if (logs->time && line->at_ms) {
		stamp_format_clock(line->at_ms, stamp);
		text_printf(text, "%s ", stamp);
		logs->stamp = (int)text->len;
	}
	logs->first = (int)text->len;
	logs->bytes = 0;
	if (!name || (!logs->many && !logs->containers))
		return;
	slash = strchr(name, '/');
	if (!slash)
		slash = name + strlen(name);
	pod = pod_short(logs, name, (size_t)(slash - name));
	if (logs->many)
		text_printf(text, "%.*s", (int)(slash - pod), pod);
	if (logs->containers && *slash)
		text_printf(text, "%s%s", logs->many ? " " : "", slash + 1);
	logs->bytes = (int)text->len - logs->first;
	text_add(text, " ");
}

static const char *source_line(void *arg, size_t index, uint16_t *style)
{
	struct logs_view *logs = arg;
	const struct logring_line *line = logring_at(logs->view.scene->logs, index + lines_before(logs));
	struct text text = text_in(logs->line, sizeof(logs->line));

	if (!line)
		return "";
	prefix_add(logs, &text, line);
	text_add(&text, line->text);
	*style = log_level_style(line->text);
	return logs->line;
}

static size_t source_spans(void *arg, size_t index, const char *composed, struct pager_span *out, size_t max)
{
	static const uint16_t colours[COLOURS] = {STYLE_CHART_1, STYLE_CHART_2, STYLE_CHART_3, STYLE_CHART_4};
	struct logs_view *logs = arg;
	const struct logring_line *line = logring_at(logs->view.scene->logs, index + lines_before(logs));
	size_t count = 0;

	(void)composed;
	if (!line)
		return 0;
	if (logs->stamp > 0 && count < max)
		out[count++] = (struct pager_span){0, logs->stamp, STYLE_TIME};
	if (logs->bytes > 0 && count < max)
		out[count++] = (struct pager_span){logs->first, logs->bytes, colours[line->source % COLOURS]};
	return count;
}

static void logs_shape(struct logs_view *logs)
{
	const struct service *service = view_service(&logs->view);
	const struct pod *pod = service ? service_worst_pod(service) : NULL;

	logs->many = !*logs->pod && (!service || service->pods != 1);
	logs->containers = !*logs->container && pod && strchr(pod->containers, ',');
}

static const char *logs_empty(const struct logs_view *logs)
{
	if (!*logs->view.service)
		return "no service is selected";
	if (!logs_are_mine(logs))
		return "opening the log…";
	if (*logs->view.scene->logs_state)
		return "no lines yet";
	return "no pods to read a log from";
}

/* Where the view stands in the ring, which moved on meanwhile. */
static void logs_source(struct logs_view *logs, struct pager_source *source)
{
	const struct logring *ring = logs_are_mine(logs) ? logs->view.scene->logs : NULL;
	uint64_t dropped = ring ? logring_dropped(ring) : 0, total = ring ? dropped + logring_count(ring) : 0;
	uint64_t before = lines_before(logs);

	if (total < logs->total)
		logs_reset(logs);
	else if (dropped > logs->dropped + before && !logs->pager.follow)
		pager_shift(&logs->pager, (size_t)(dropped - logs->dropped - before));
	logs->total = total;
	logs->dropped = dropped;
	if (logs->pager.follow)
		logs->paused_at = total;
	logs_shape(logs);
	memset(source, 0, sizeof(*source));
	source->count = ring ? logring_count(ring) - (size_t)lines_before(logs) : 0;
	source->line = source_line;
	source->spans = source_spans;
	source->arg = logs;
	source->empty = logs_empty(logs);
}

static void logs_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct logs_view *logs = (struct logs_view *)view;
	struct pager_source source;

	(void)focused;
	rect_cut_left(&rect, 1);
	view->rect = rect;
	logs_source(logs, &source);
	pager_draw(&logs->pager, grid, rect, &source);
}

static void logs_status(struct view *view, struct text *out)
{
	struct logs_view *logs = (struct logs_view *)view;
	struct pager_source source;

	logs_source(logs, &source);
	if (*logs->pod)
		text_printf(out, "%s%s%s  ", logs->pod, *logs->container ? "/" : "", logs->container);
	else if (*logs->container)
		text_printf(out, "container %s  ", logs->container);
	if (logs_are_mine(logs) && *view->scene->logs_state)
		text_printf(out, "%s  ", view->scene->logs_state);
	if (logs->previous)
		text_add(out, "before the last restart");
	else if (logs->pager.follow)
		text_add(out, "following");
	else if (logs->total > logs->paused_at)
		text_printf(out, "paused, %llu new", (unsigned long long)(logs->total - logs->paused_at));
	else
		text_add(out, "paused");
}

static int logs_act(struct view *view, enum action_id action)
{
	struct logs_view *logs = (struct logs_view *)view;
	struct pager_source source;

	logs_source(logs, &source);
	switch (action) {
	case ACTION_MOVE_LAST: pager_end(&logs->pager, &source, view->rect, 1); break;
	case ACTION_LOGS_FOLLOW:
		if (logs->pager.follow)
			logs->pager.follow = 0;
		else
			pager_end(&logs->pager, &source, view->rect, 1);
		break;
	case ACTION_LOGS_PREVIOUS:
		logs->previous = !logs->previous;
		logs_reset(logs);
		break;
	case ACTION_LOGS_TIME: logs->time = !logs->time; break;
	case ACTION_LOGS_CLEAR:
		logs->hidden = logs->total;
		logs->pager.top = 0;
		logs->pager.part = 0;
		logs->pager.follow = 1;
		break;
	default: return pager_act(&logs->pager, &source, view->rect, action);
	}
	return 1;
}

static int logs_copy(struct view *view, struct buf *out)
{
	struct logs_view *logs = (struct logs_view *)view;
	struct pager_source source;

	logs_source(logs, &source);
	return pager_copy(&logs->pager, &source, out);
}

static int logs_search(struct view *view, const char *text)
{
	struct logs_view *logs = (struct logs_view *)view;
	struct pager_source source;

	logs_source(logs, &source);
	return pager_search(&logs->pager, &source, view->rect, text);
}

static const char *logs_searching(const struct view *view)
{
	return ((const struct logs_view *)view)->pager.search;
}

const struct view_ops logs_view = {
	.name = "logs",
	.scope = SCOPE_LOGS,
	.size = sizeof(struct logs_view),
	.hints = {
		{ACTION_LOGS_FOLLOW, "follow"},
		{ACTION_SEARCH, "search"},
		{ACTION_TEXT_WRAP, "wrap"},
		{ACTION_LOGS_TIME, "time"},
		{ACTION_LOGS_PREVIOUS, "previous"},
		{ACTION_LOGS_CONTAINER, "pod, container"},
		{ACTION_APP_BACK, "back"},
	},
	.open = logs_open,
	.close = logs_close,
	.select = logs_select,
	.status = logs_status,
	.draw = logs_draw,
	.act = logs_act,
	.search = logs_search,
	.copy = logs_copy,
	.searching = logs_searching,
	.demand = logs_demand,
};
