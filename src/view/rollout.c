/* SPDX-License-Identifier: MIT */
/*
 * The rollout of a service's workload: how it stands (with the steps of a Canary or an Argo Rollout), its
 * revisions with the pods that live of each, and what the selected revision has that the present one has
 * not. Revisions are read on demand; the pods and the progress are the model's, and live.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diff.h"
#include "base/mem.h"
#include "base/when.h"
#include "model/census.h"
#include "model/flux.h"
#include "model/history.h"
#include "model/pod.h"
#include "model/workload.h"
#include "ui/bars.h"
#include "ui/list.h"
#include "view/age.h"
#include "view/page.h"
#include "view/views.h"

enum { COL_REVISION, COL_PODS, COL_AGE, COL_IMAGES, COL_CAUSE, COLUMNS };
enum { CONTEXT = 3, STEPS_SHOWN = 12 };

struct rollout_view {
	struct view view;
	struct list list;
	struct pager pager;
	struct page head, diff;
	long selected;    /* revision; 0: the newest */
	/* What `diff` is of: this reading of the history, this revision. */
	const struct history *diffed_of;
	int64_t diffed_observed;
	long diffed;
	int *live;        /* pods by row of the history; valid during one call */
	int *ready;
};

static const struct list_column columns_of[COLUMNS] = {
	[COL_REVISION] = {.title = "REVISION", .min_width = 8},
	[COL_PODS] = {.title = "PODS", .min_width = 5, .right = 1},
	[COL_AGE] = {.title = "AGE", .min_width = 5, .right = 1, .keep = 1},
	[COL_IMAGES] = {.title = "IMAGES", .min_width = 16, .weight = 3},
	[COL_CAUSE] = {.title = "CHANGE CAUSE", .min_width = 14, .weight = 2, .keep = 2},
};

static const struct workload *rollout_workload(const struct view *view)
{
	const struct service *service = view_service(view);

	return service && service->workloads.len > 0 ? service->workloads.items[0] : NULL;
}

static void rollout_demand(const struct view *view, struct demand *demand)
{
	const struct workload *workload = rollout_workload(view);

	if (!workload)
		return;
	snprintf(demand->history.service, sizeof(demand->history.service), "%s", view->service);
	snprintf(demand->history.name, sizeof(demand->history.name), "%s", workload->object.name);
	demand->history.kind = workload->object.kind;
	demand->history.observed = workload->observed;
}

/* What the scene has, if it is of this workload; perhaps of an earlier generation, shown meanwhile. */
static const struct history *rollout_history(const struct view *view)
{
	const struct demand_history *answer = &view->scene->answers.history;
	struct demand demand;

	demand_init(&demand);
	rollout_demand(view, &demand);
	return *demand.history.service && strcmp(demand.history.service, answer->service) == 0 &&
	               strcmp(demand.history.name, answer->name) == 0 && demand.history.kind == answer->kind
	           ? view->scene->history : NULL;
}

static void rollout_select(struct view *view)
{
	struct rollout_view *rollout = (struct rollout_view *)view;

	list_init(&rollout->list);
	pager_init(&rollout->pager);
	rollout->selected = 0;
	rollout->diffed_of = NULL;
}

static void rollout_close(struct view *view)
{
	struct rollout_view *rollout = (struct rollout_view *)view;

	page_release(&rollout->head);
	page_release(&rollout->diff);
}

/* --- how it stands --- */

static void label(struct page *page, const char *text)
{
	page_line(page);
	page_printf(page, STYLE_DIM, " %-10s", text);
	page_pad(page, 12);
}

static uint16_t phase_style(enum rollout_phase phase)
{
	switch (phase) {
	case ROLLOUT_COMPLETE: return STYLE_OK;
	case ROLLOUT_PROGRESSING:
	case ROLLOUT_WAITING: return STYLE_PROGRESS;
	case ROLLOUT_PAUSED: return STYLE_PAUSED;
	case ROLLOUT_FAILED: return STYLE_BAD;
	default: return STYLE_UNKNOWN;
	}
}

static void put_hold(struct page *page, const struct object *object)
{
	const struct hold *hold = object_hold(object);
	char moment[32];

	if (!hold || (!*hold->by && !*hold->why && !*hold->manager))
		return;
	label(page, "held");
	page_printf(page, STYLE_PAUSED, "by %s", *hold->by ? hold->by : *hold->manager ? hold->manager : "somebody");
	if (hold->since_ms) {
		when_format(hold->since_ms, moment);
		page_printf(page, STYLE_TEXT, " since %s", moment);
	}
	if (hold->until_ms) {
		when_format(hold->until_ms, moment);
		page_printf(page, STYLE_TEXT, " until %s", moment);
	}
	if (*hold->why)
		page_printf(page, STYLE_TEXT, ": %s", hold->why);
}

static void put_step(struct page *page, const struct argo_step *step, uint16_t style)
{
	switch (step->kind) {
	case ARGO_STEP_WEIGHT: page_printf(page, style, "%d%%", step->value); break;
	case ARGO_STEP_PAUSE:
		if (step->value < 0)
			page_put(page, style, "pause");
		else
			page_printf(page, style, "pause %ds", step->value);
		break;
	case ARGO_STEP_ANALYSIS: page_put(page, style, "analysis"); break;
	case ARGO_STEP_EXPERIMENT: page_put(page, style, "experiment"); break;
	case ARGO_STEP_OTHER: page_put(page, style, "step"); break;
	}
}

static void put_run(struct page *page, const struct cluster *cluster, const struct workload *workload)
{
	const struct argo_rollout *argo = workload->argo;
	const struct object *object =
		cluster_object(cluster, OBJECT_ANALYSISRUN, workload->object.namespace, argo->analysis_run);
	const struct analysis_run *run = (const struct analysis_run *)object;

	label(page, "analysis");
	page_printf(page, strcmp(argo->analysis_status, "Failed") == 0 ? STYLE_BAD : STYLE_PROGRESS, "%s %s",
	            argo->analysis_run, argo->analysis_status);
	for (uint16_t i = 0; run && i < run->metric_count; i++) {
		const struct metric_result *metric = &run->metrics[i];
		label(page, "");
		page_printf(page, STYLE_TEXT, "%s %s  %d ok  %d failed  %d inconclusive  %d errors", metric->name, metric->phase,
		            metric->successful, metric->failed, metric->inconclusive, metric->error);
	}
}

static void build_argo(struct page *page, const struct cluster *cluster, const struct workload *workload)
{
	const struct argo_rollout *argo = workload->argo;
	int first = argo->step > STEPS_SHOWN / 2 ? argo->step - STEPS_SHOWN / 2 : 0;

	label(page, argo->blue_green ? "blue-green" : "canary");
	if (!argo_is_observed(workload))
		page_put(page, STYLE_PROGRESS, "the controller has not seen the present spec yet");
	else
		page_put(page, argo->aborted ? STYLE_BAD : strcmp(argo->phase, "Healthy") == 0 ? STYLE_OK : STYLE_PROGRESS,
		         argo->aborted ? "aborted" : *argo->phase ? argo->phase : "no phase yet");
	if (argo->step >= 0 && argo->step_count > 0)
		page_printf(page, STYLE_TEXT, "  step %d of %d", argo->step, argo->step_count);
	if (argo->weight >= 0)
		page_printf(page, STYLE_TEXT, "  new %d%%  stable %d%%", argo->weight, argo->stable_weight);
	if (*argo->message) {
		label(page, "");
		page_put(page, STYLE_TEXT, argo->message);
	}
	if (argo->step_count > 0) {
		label(page, "steps");
		for (int i = first; i < argo->step_count && i < first + STEPS_SHOWN; i++) {
			page_put(page, STYLE_DIM, i > first ? " → " : first > 0 ? "… → " : "");
			page_put(page, STYLE_TEXT, i == argo->step ? "▸" : "");
			put_step(page, &argo->steps[i], i < argo->step ? STYLE_OK : i == argo->step ? STYLE_STRONG : STYLE_DIM);
		}
		if (first + STEPS_SHOWN < argo->step_count)
			page_put(page, STYLE_DIM, " → …");
	}
	if (*argo->analysis_run)
		put_run(page, cluster, workload);
}

static const struct canary *canary_of(const struct cluster *cluster, const struct workload *workload)
{
	const struct map *canaries = &cluster->objects[OBJECT_CANARY];
	const struct canary *canary;

	for (size_t i = 0; (canary = map_next(canaries, &i));)
		if (strcmp(canary->resource.object.namespace, workload->object.namespace) == 0 &&
		    strncmp(workload->object.name, canary->target.name, strlen(canary->target.name)) == 0 &&
		    (workload->object.name[strlen(canary->target.name)] == '\0' ||
		     strcmp(workload->object.name + strlen(canary->target.name), "-primary") == 0))
			return canary;
	return NULL;
}

static void build_canary(struct page *page, const struct canary *canary)
{
	int failed = strcmp(canary->phase, "Failed") == 0;

	label(page, "canary");
	page_put(page, failed ? STYLE_BAD : strcmp(canary->phase, "Succeeded") == 0 || strcmp(canary->phase, "Initialized") == 0
	                                        ? STYLE_OK : STYLE_PROGRESS,
	         canary->resource.suspended ? "suspended" : *canary->phase ? canary->phase : "not seen by Flagger yet");
	page_printf(page, STYLE_TEXT, "  weight %d%%", canary->weight);
	if (canary->max_weight > 0)
		page_printf(page, STYLE_TEXT, " of %d%% in steps of %d%%", canary->max_weight, canary->step_weight);
	if (canary->threshold > 0)
		page_printf(page, canary->failed_checks > 0 ? STYLE_WARNING : STYLE_TEXT, "  %d of %d failed checks",
		            canary->failed_checks, canary->threshold);
	if (*canary->steps) {
		label(page, "steps");
		page_put(page, STYLE_TEXT, canary->steps);
	}
	if (*canary->metrics || *canary->gates) {
		label(page, "checks");
		page_printf(page, STYLE_TEXT, "%s%s%s", canary->metrics, *canary->metrics && *canary->gates ? "  waits for " : "",
		            canary->gates);
	}
	put_hold(page, &canary->resource.object);
}

static void build_head(struct rollout_view *rollout, const struct workload *workload, const struct history *history)
{
	const struct service *service = view_service(&rollout->view);
	const struct canary *canary = canary_of(service->cluster, workload);
	struct page *page = &rollout->head;
	struct rollout state = rollout_of(workload);

	page_clear(page);
	label(page, kind_rows[workload->object.kind].word);
	page_put(page, phase_style(state.phase), rollout_phase_words[state.phase]);
	page_printf(page, STYLE_TEXT, "  %d wanted  %d updated  %d ready  %d available", workload->desired, workload->updated,
	            workload->ready, workload->available);
	if (history && *history->strategy) {
		label(page, "strategy");
		page_put(page, STYLE_TEXT, history->strategy);
	}
	put_hold(page, &workload->object);
	if (workload->argo)
		build_argo(page, service->cluster, workload);
	if (canary)
		build_canary(page, canary);
}

/* --- revisions --- */

struct pod_count {
	const struct history *history;
	int *live, *ready;
};

static void pod_counted(void *arg, const struct pod *pod)
{
	const struct pod_count *count = arg;

	for (size_t i = 0; i < count->history->count; i++) {
		if (strcmp(count->history->items[i].hash, pod->hash) != 0)
			continue;
		count->live[i] += !pod->finished && !pod->terminating;
		count->ready[i] += pod->ready && !pod->finished && !pod->terminating;
	}
}

/* Without their registries, which are alike: the tag is what people look for. */
static void put_images(struct text *text, const char *images)
{
	while (*images) {
		size_t len = strcspn(images, ","), from = len;
		while (from > 0 && images[from - 1] != '/')
			from--;
		text_printf(text, "%s%.*s", text->len ? "," : "", (int)(len - from), images + from);
		images += len + (images[len] == ',');
	}
}

static void revision_cell(void *arg, size_t row, size_t column, struct text *text, uint16_t *style)
{
	const struct rollout_view *rollout = arg;
	const struct history_item *item = &rollout_history(&rollout->view)->items[row];

	switch (column) {
	case COL_REVISION:
		text_printf(text, "%ld%s", item->revision, row == 0 ? " now" : "");
		break;
	case COL_PODS:
		if (rollout->live[row] > 0) {
			text_printf(text, "%d/%d", rollout->ready[row], rollout->live[row]);
			*style = rollout->ready[row] == rollout->live[row] ? STYLE_OK : STYLE_PROGRESS;
		}
		break;
	case COL_AGE: age_text(rollout->view.scene->now_ms, item->created_ms, text); break;
	case COL_IMAGES: put_images(text, item->images); break;
	default: text_add(text, item->cause);
	}
}

static size_t selected_row(const struct rollout_view *rollout, const struct history *history)
{
	for (size_t i = 0; i < history->count; i++)
		if (history->items[i].revision == rollout->selected)
			return i;
	return 0;
}

/* Lines that differ with a few around them; what is alike in between is counted. */
static void diff_put(struct page *page, const struct history_item *before, const struct history_item *now)
{
	struct diff_line *lines;
	size_t count = diff_lines((const char *const *)before->lines, before->line_count, (const char *const *)now->lines,
	                          now->line_count, &lines), alike = 0;

	for (size_t i = 0; i < count; i++) {
		int near = 0;
		for (size_t k = i > CONTEXT ? i - CONTEXT : 0; k < count && k <= i + CONTEXT; k++)
			near |= lines[k].mark != ' ';
		if (!near) {
			alike++;
			continue;
		}
		if (alike > 0) {
			page_line(page);
			page_printf(page, STYLE_DIFF_HUNK, " … %zu line%s alike", alike, alike == 1 ? "" : "s");
			alike = 0;
		}
		page_line(page);
		page_printf(page, lines[i].mark == '+' ? STYLE_DIFF_ADD : lines[i].mark == '-' ? STYLE_DIFF_REMOVE : STYLE_TEXT,
		            " %c %s", lines[i].mark, lines[i].mark == '+' ? now->lines[lines[i].line] : before->lines[lines[i].line]);
	}
	free(lines);
}

/* The newest is compared with the one before it, any other with the newest: what an undo would change. */
static void build_diff(struct rollout_view *rollout, const struct history *history, size_t row)
{
	const struct history_item *item = &history->items[row];
	const struct history_item *other = row > 0 ? &history->items[0] : history->count > 1 ? &history->items[1] : NULL;
	int64_t observed = rollout->view.scene->answers.history.observed;
	struct page *page = &rollout->diff;

	if (rollout->diffed_of == history && rollout->diffed == item->revision && rollout->diffed_observed == observed)
		return;
	rollout->diffed_of = history;
	rollout->diffed = item->revision;
	rollout->diffed_observed = observed;
	pager_init(&rollout->pager);
	page_clear(page);
	if (!other)
		return;
	diff_put(page, other, item);
	if (page->count == 0) {
		page_line(page);
		page_put(page, STYLE_DIM, " the two templates are alike");
	}
}

static void diff_title(const struct history *history, size_t row, char *out, size_t size)
{
	if (row > 0)
		snprintf(out, size, "what undo to %ld would change", history->items[row].revision);
	else if (history->count > 1)
		snprintf(out, size, "what %ld changed after %ld", history->items[0].revision, history->items[1].revision);
	else
		snprintf(out, size, "there is no revision before it");
}

static void page_show(struct page *page, struct grid *grid, struct rect rect)
{
	struct pager_source source;
	struct pager pager;

	page_source(page, &source);
	pager_init(&pager);
	pager_draw(&pager, grid, rect, &source);
}

static void revisions_draw(struct rollout_view *rollout, const struct history *history, struct grid *grid,
                           struct rect rect, int focused)
{
	struct list_source source = {.rows = history->count, .columns = COLUMNS, .column = columns_of, .cell = revision_cell,
	                             .arg = rollout, .empty = "no revision is kept"};
	struct pod_count pods = {.history = history};
	size_t row = selected_row(rollout, history);
	int rows = (int)history->count + 1 < rect.rows / 2 ? (int)history->count + 1 : rect.rows / 2;
	struct rect list = rect_cut_top(&rect, rows < 2 ? 2 : rows);
	struct pager_source text;
	char title[96];

	pods.live = rollout->live = mem_new_array(history->count + 1, sizeof(int));
	pods.ready = rollout->ready = mem_new_array(history->count + 1, sizeof(int));
	service_each_pod(view_service(&rollout->view), pod_counted, &pods);
	rollout->list.selected = row;
	list_draw(&rollout->list, grid, list, &source, focused);
	free(pods.live);
	free(pods.ready);
	rollout->live = rollout->ready = NULL;
	if (history->count == 0 || rect.rows < 2)
		return;
	build_diff(rollout, history, row);
	diff_title(history, row, title, sizeof(title));
	title_draw(grid, rect_cut_top(&rect, 1), title, "", 0);
	rollout->view.rect = rect;
	page_source(&rollout->diff, &text);
	pager_draw(&rollout->pager, grid, rect, &text);
}

static void rollout_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct rollout_view *rollout = (struct rollout_view *)view;
	const struct workload *workload = rollout_workload(view);
	const struct history *history = rollout_history(view);
	int head;

	if (!workload) {
		rect_put(grid, rect, 0, 1, STYLE_DIM, *view->service ? "the workload is not known yet" : "no service is selected");
		return;
	}
	build_head(rollout, workload, history);
	head = (int)rollout->head.count < rect.rows / 2 ? (int)rollout->head.count : rect.rows / 2;
	page_show(&rollout->head, grid, rect_cut_top(&rect, head));
	rect_cut_top(&rect, 1);
	if (history)
		revisions_draw(rollout, history, grid, rect, focused);
	else
		rect_put_cut(grid, rect, 0, 1, *view->scene->history_error ? STYLE_BAD : STYLE_DIM,
		             *view->scene->history_error ? view->scene->history_error : "reading its revisions…");
}

static int rollout_act(struct view *view, enum action_id action)
{
	struct rollout_view *rollout = (struct rollout_view *)view;
	const struct history *history = rollout_history(view);
	struct pager_source source;
	size_t row;

	if (!history || history->count == 0)
		return 0;
	row = selected_row(rollout, history);
	if (action == ACTION_MOVE_DOWN && row + 1 < history->count)
		row++;
	else if (action == ACTION_MOVE_UP && row > 0)
		row--;
	else if (action != ACTION_MOVE_DOWN && action != ACTION_MOVE_UP) {
		page_source(&rollout->diff, &source);
		return pager_act(&rollout->pager, &source, view->rect, action);
	}
	rollout->selected = history->items[row].revision;
	return 1;
}

static void rollout_status(struct view *view, struct text *out)
{
	const struct history *history = rollout_history(view);

	if (history && history->masked > 0)
		text_printf(out, "%d value%s masked", history->masked, history->masked == 1 ? "" : "s");
}

static size_t rollout_rows(struct view *view)
{
	const struct history *history = rollout_history(view);

	return history ? history->count : 0;
}

long rollout_selected(const struct view *view)
{
	const struct rollout_view *rollout = (const struct rollout_view *)view;
	const struct history *history = rollout_history(view);
	size_t row = history && history->count > 0 ? selected_row(rollout, history) : 0;

	return row > 0 ? history->items[row].revision : 0;
}

const struct view_ops rollout_view = {
	.name = "rollout",
	.scope = SCOPE_ROLLOUT,
	.size = sizeof(struct rollout_view),
	.hints = {
		{ACTION_MOVE_DOWN, "older"},
		{ACTION_ROLLOUT_UNDO, "undo to it"},
		{ACTION_ROLLOUT_RESTART, "restart"},
		{ACTION_ROLLOUT_PROMOTE, "promote"},
		{ACTION_APP_BACK, "back"},
	},
	.close = rollout_close,
	.select = rollout_select,
	.status = rollout_status,
	.draw = rollout_draw,
	.act = rollout_act,
	.rows = rollout_rows,
	.demand = rollout_demand,
};
