/* SPDX-License-Identifier: MIT */
/*
 * The YAML of the service's first workload as the API server has it, read when the tab is opened.
 * It does not follow the object: when that changed since, the title says so and the refresh key
 * reads it again.
 */
#include <stdio.h>
#include <string.h>

#include "model/workload.h"
#include "view/page.h"
#include "view/views.h"

struct yaml_view {
	struct view view;
	struct pager pager;
	unsigned reads;
	int reveal; /* number of the masked value that is shown; 0: none */
};

static void yaml_open(struct view *view)
{
	pager_init(&((struct yaml_view *)view)->pager);
}

static void yaml_select(struct view *view)
{
	struct yaml_view *yaml = (struct yaml_view *)view;

	pager_home(&yaml->pager);
	yaml->pager.match = -1;
	yaml->reveal = 0;
}

static const struct workload *yaml_workload(const struct view *view)
{
	const struct service *service = view_service(view);

	return service && service->workloads.len > 0 ? service->workloads.items[0] : NULL;
}

static void yaml_demand(const struct view *view, struct demand *demand)
{
	const struct workload *workload = yaml_workload(view);

	if (!workload)
		return;
	snprintf(demand->object.service, sizeof(demand->object.service), "%s", view->service);
	snprintf(demand->object.name, sizeof(demand->object.name), "%s", workload->object.name);
	demand->object.kind = workload->object.kind;
	demand->object.reads = ((const struct yaml_view *)view)->reads;
	demand->object.reveal = ((const struct yaml_view *)view)->reveal;
}

void yaml_conceal(struct view *view)
{
	((struct yaml_view *)view)->reveal = 0;
}

void yaml_reread(struct view *view)
{
	((struct yaml_view *)view)->reads++;
}

/* What the scene has is of this object; perhaps of an earlier reading, which is shown meanwhile. */
static int yaml_is_mine(const struct view *view)
{
	struct demand demand;

	demand_init(&demand);
	yaml_demand(view, &demand);
	demand.object.reads = view->scene->answers.object.reads;
	return *demand.object.service &&
	       memcmp(&demand.object, &view->scene->answers.object, sizeof(demand.object)) == 0;
}

static const char *yaml_line(void *arg, size_t index, uint16_t *style)
{
	const struct view *view = arg;

	(void)style;
	return index < view->scene->object.count ? view->scene->object.lines[index] : "";
}

static uint16_t value_style(const char *value)
{
	static const char *const words[] = {"true", "false", "null", "~", "{}", "[]"};

	if (*value == '"' || *value == '\'')
		return STYLE_YAML_STRING;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(value, words[i]) == 0)
			return STYLE_YAML_NUMBER;
	if (*value && value[strspn(value, "0123456789.+-eE")] == '\0' && strpbrk(value, "0123456789"))
		return STYLE_YAML_NUMBER;
	return STYLE_TEXT;
}

/* Bytes of the key at the beginning of text, without its colon; 0: there is none. */
static size_t key_length(const char *text)
{
	const char *end = text;

	if (*text == '"' || *text == '\'') {
		end = strchr(text + 1, *text);
		end = end ? end + 1 : text;
	} else {
		while (*end && !(*end == ':' && (end[1] == ' ' || end[1] == '\0')))
			end++;
	}
	return end > text && *end == ':' && (end[1] == ' ' || end[1] == '\0') ? (size_t)(end - text) : 0;
}

static size_t yaml_spans(void *arg, size_t index, const char *line, struct pager_span *out, size_t max)
{
	size_t at = strspn(line, " "), key, count = 0;

	(void)arg;
	(void)index;
	if (max < 2)
		return 0;
	if (line[at] == '#') {
		out[0] = (struct pager_span){(int)at, (int)strlen(line + at), STYLE_YAML_COMMENT};
		return 1;
	}
	while (line[at] == '-' && line[at + 1] == ' ')
		at += 2;
	key = key_length(line + at);
	if (key > 0) {
		out[count++] = (struct pager_span){(int)at, (int)key, STYLE_YAML_KEY};
		at += key + 1;
		at += strspn(line + at, " ");
	}
	if (value_style(line + at) != STYLE_TEXT)
		out[count++] = (struct pager_span){(int)at, (int)strlen(line + at), value_style(line + at)};
	return count;
}

static void yaml_source(struct view *view, struct pager_source *source)
{
	const struct scene_object *object = &view->scene->object;

	memset(source, 0, sizeof(*source));
	source->count = yaml_is_mine(view) ? object->count : 0;
	source->line = yaml_line;
	source->spans = yaml_spans;
	source->arg = view;
	source->empty = !*view->service            ? "no service is selected"
	                : !yaml_workload(view)     ? "the workload is not known yet"
	                : yaml_is_mine(view) && *object->error ? NULL
	                                           : "reading…";
}

static void yaml_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct yaml_view *yaml = (struct yaml_view *)view;
	struct pager_source source;

	(void)focused;
	rect_cut_left(&rect, 1);
	view->rect = rect;
	yaml_source(view, &source);
	if (yaml_is_mine(view) && *view->scene->object.error) {
		struct page page = {0};
		page_line(&page);
		page_put(&page, STYLE_TEXT, " ");
		page_wrap(&page, STYLE_BAD, rect.cols - 1, view->scene->object.error);
		page_source(&page, &source);
		pager_draw(&yaml->pager, grid, rect, &source);
		page_release(&page);
		return;
	}
	pager_draw(&yaml->pager, grid, rect, &source);
}

static void yaml_status(struct view *view, struct text *out)
{
	struct yaml_view *yaml = (struct yaml_view *)view;
	const struct scene_object *object = &view->scene->object;
	const struct workload *workload = yaml_workload(view);
	struct pager_source source;
	char position[48];

	yaml_source(view, &source);
	if (source.count == 0)
		return;
	if (object->loading)
		text_add(out, "reading again…  ");
	else if (workload && *object->version && strcmp(object->version, workload->object.version) != 0)
		text_add(out, "changed since it was read  ");
	if (object->revealed)
		text_add(out, "ONE SECRET IS SHOWN  ");
	if (object->masked > 0)
		text_printf(out, "%d value%s masked  ", object->masked, object->masked == 1 ? "" : "s");
	pager_position(&yaml->pager, &source, view->rect, position, sizeof(position));
	text_add(out, position);
}

/* Its number stands in the mask. From the current line on the first one, else the first at all. */
static int masked_from(const struct pager_source *source, size_t line)
{
	uint16_t style;
	int number;

	for (; line < source->count; line++) {
		const char *mask = strstr(source->line(source->arg, line, &style), "*** masked ");
		if (mask && sscanf(mask, "*** masked %d ***", &number) == 1)
			return number;
	}
	return 0;
}

static void yaml_reveal(struct yaml_view *yaml, const struct pager_source *source)
{
	if (yaml->reveal) {
		yaml->reveal = 0;
		return;
	}
	yaml->reveal = masked_from(source, pager_current(&yaml->pager, source));
	if (!yaml->reveal)
		yaml->reveal = masked_from(source, 0);
}

static int yaml_act(struct view *view, enum action_id action)
{
	struct pager_source source;

	yaml_source(view, &source);
	if (action == ACTION_YAML_REVEAL) {
		yaml_reveal((struct yaml_view *)view, &source);
		return 1;
	}
	return pager_act(&((struct yaml_view *)view)->pager, &source, view->rect, action);
}

static int yaml_copy(struct view *view, struct buf *out)
{
	struct yaml_view *yaml = (struct yaml_view *)view;
	struct pager_source source;

	yaml_source(view, &source);
	return pager_copy(&yaml->pager, &source, out);
}

static int yaml_search(struct view *view, const char *text)
{
	struct pager_source source;

	yaml_source(view, &source);
	return pager_search(&((struct yaml_view *)view)->pager, &source, view->rect, text);
}

static const char *yaml_searching(const struct view *view)
{
	return ((const struct yaml_view *)view)->pager.search;
}

const struct view_ops yaml_view = {
	.name = "yaml",
	.scope = SCOPE_YAML,
	.size = sizeof(struct yaml_view),
	.hints = {
		{ACTION_SEARCH, "search"},
		{ACTION_SEARCH_NEXT, "next"},
		{ACTION_TEXT_WRAP, "wrap"},
		{ACTION_APP_REFRESH, "read again"},
		{ACTION_APP_BACK, "back"},
		{ACTION_YAML_REVEAL, "show a masked value"},
	},
	.open = yaml_open,
	.select = yaml_select,
	.status = yaml_status,
	.draw = yaml_draw,
	.act = yaml_act,
	.search = yaml_search,
	.copy = yaml_copy,
	.searching = yaml_searching,
	.demand = yaml_demand,
};
