/* SPDX-License-Identifier: MIT */
/*
 * One object of a list on one page: how it is and why; the way up to the commit that it comes from;
 * what it waits for; who holds it; what it has applied. Built anew only when the fleet, the minute,
 * the object or the width changed.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/flux_tree.h"
#include "model/repository.h"
#include "model/revision.h"
#include "model/workload.h"
#include "view/age.h"
#include "view/header.h"
#include "view/held.h"
#include "view/page.h"
#include "view/place.h"

enum { LABEL = 12, CELL = 320, APPLIED_SHOWN = 200, UP_MAX = 8 };

struct object_page {
	struct view view;
	struct page page;
	struct pager pager;
	uint64_t version;
	int64_t now_ms;
	int width, built;
};

const struct object *object_by_key(const struct fleet *fleet, const char *key, const struct cluster **cluster)
{
	const char *slash = strchr(key, '/'), *kind_end = slash ? strchr(slash + 1, '/') : NULL;
	char name[128];
	for (size_t i = 0; kind_end && i < fleet->clusters.len; i++) {
		const struct cluster *one = fleet->clusters.items[i];
		size_t len = strlen(one->name);
		/* Names of contexts may hold slashes themselves. */
		if (strncmp(key, one->name, len) != 0 || key[len] != '/')
			continue;
		kind_end = strchr(key + len + 1, '/');
		if (!kind_end || (size_t)(kind_end - key) - len - 1 >= sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(kind_end - key - (long)len - 1), key + len + 1);
		enum object_kind kind = kind_find(name);
		if (kind == OBJECT_KINDS)
			return NULL;
		*cluster = one;
		return map_get(&one->objects[kind], kind_end + 1);
	}
	return NULL;
}

const struct service *object_service(const struct cluster *cluster, const struct object *object)
{
	const struct object_ref *ref = NULL;
	if (kind_rows[object->kind].role == KIND_WORKLOAD)
		return ((const struct workload *)object)->joined;
	if (object->kind == OBJECT_CANARY)
		ref = &((const struct canary *)object)->target;
	else if (object->kind == OBJECT_SCALEDOBJECT)
		ref = &((const struct scaled_object *)object)->target;
	else if (object->kind == OBJECT_HPA)
		return ((const struct hpa *)object)->target ? ((const struct hpa *)object)->target->joined : NULL;
	else if (object->kind == OBJECT_ANALYSISRUN)
		ref = &((const struct analysis_run *)object)->resource.owner;
	const struct object *target = ref ? ref_resolve(cluster, ref) : NULL;
	return target && kind_rows[target->kind].role == KIND_WORKLOAD ? ((const struct workload *)target)->joined : NULL;
}

static void label(struct page *page, const char *text)
{
	page_line(page);
	page_put(page, STYLE_TEXT, " ");
	page_put(page, STYLE_DIM, text);
	page_pad(page, LABEL);
}

static void section(struct page *page, const char *title)
{
	page_line(page);
	page_line(page);
	page_put(page, STYLE_TEXT, " ");
	page_put(page, STYLE_TITLE, title);
}

static void put_state(struct object_page *object, const struct object *it)
{
	static const char *const words[TONE_TONES] = {[TONE_BAD] = "✖ not ready", [TONE_BUSY] = "◐ at work",
		[TONE_WARNING] = "‖ held", [TONE_GOOD] = "✔ ready", [TONE_DIM] = "– says nothing"};
	enum tone tone = flux_tone(it);
	struct page *page = &object->page;
	page_line(page);
	page_put(page, STYLE_TEXT, " ");
	page_put(page, tone_style(tone), words[tone] ? words[tone] : "");
	page_pad(page, LABEL + 2);
	page_wrap(page, tone == TONE_BAD ? tone_style(tone) : STYLE_TEXT, object->width, flux_message(it));
}

/* Flagger says how it is in its phase, not in a Ready. */
static void put_canary_state(struct object_page *object, const struct canary *canary)
{
	struct page *page = &object->page;
	int failed = strcmp(canary->phase, "Failed") == 0;
	page_line(page);
	page_printf(page, failed ? STYLE_BAD : STYLE_STRONG, " %s", *canary->phase ? canary->phase : "not seen yet");
	page_pad(page, LABEL + 2);
	page_wrap(page, STYLE_TEXT, object->width, flux_message(&canary->resource.object));
	label(page, "traffic");
	page_printf(page, STYLE_TEXT, "%d %% for the new revision", canary->weight);
	if (canary->max_weight)
		page_printf(page, STYLE_DIM, ", at most %d %%", canary->max_weight);
	if (canary->step_iterations)
		page_printf(page, STYLE_TEXT, "  iteration %d of %d", canary->iterations, canary->step_iterations);
	label(page, "checks");
	page_printf(page, canary->failed_checks ? STYLE_WARNING : STYLE_TEXT, "%d failed, of %d that end it",
	            canary->failed_checks, canary->threshold);
	if (*canary->metrics)
		page_printf(page, STYLE_DIM, "  by %s", canary->metrics);
	if (*canary->gates) {
		label(page, "gates");
		page_wrap(page, STYLE_TEXT, object->width, canary->gates);
	}
}

static void put_workload_state(struct object_page *object, const struct workload *workload)
{
	char words[CELL];
	struct text text = text_in(words, sizeof(words));
	struct page *page = &object->page;
	rollout_describe(workload, &text);
	page_line(page);
	page_printf(page, STYLE_TEXT, " %d/%d ready", workload->ready, workload->desired);
	page_pad(page, LABEL + 2);
	page_wrap(page, STYLE_TEXT, object->width, words);
}

/* One line of the way up: kind, name, revision, whether it is ready. */
static void put_step(struct object_page *object, const struct object *it, int depth)
{
	struct page *page = &object->page;
	char words[CELL];
	struct text text = text_in(words, sizeof(words));
	page_line(page);
	page_printf(page, STYLE_DIM, "  %*s%s ", 2 * depth, "", depth ? "↑" : " ");
	page_printf(page, STYLE_TEXT, "%s %s", kind_rows[it->kind].word, it->key);
	revision_brief(flux_revision(it), &text);
	if (words[0])
		page_printf(page, STYLE_STRONG, "  %s", words);
	const char *ready = flux_ready(it);
	if (!*ready && !(resource_of(it) && resource_of(it)->suspended))
		return;
	page_printf(page, tone_style(flux_tone(it)), "  %s",
	            resource_of(it)->suspended ? "suspended" : *ready == 'T' ? "ready" : *ready == 'F' ? "not ready" : "not decided");
}

static void put_commit(struct object_page *object, const char *revision, int depth)
{
	char sha[65], age[32] = "";
	struct text text = text_in(age, sizeof(age));
	struct page *page = &object->page;
	if (!revision_commit(revision, sha))
		return;
	page_line(page);
	page_printf(page, STYLE_DIM, "  %*s↑ ", 2 * depth, "");
	const struct commit *commit = fleet_commit(object->view.scene->fleet, sha, NULL);
	page_printf(page, STYLE_TEXT, "commit %.7s", sha);
	if (!commit)
		return;
	age_text(object->view.scene->now_ms, commit->at_ms, &text);
	page_printf(page, STYLE_STRONG, "  %s", commit->subject);
	page_printf(page, STYLE_DIM, "  %s  %s", commit->author, age);
}

/* What the object comes from: what applied it, else the source it reads; NULL at the top. */
static const struct object *above(const struct cluster *cluster, const struct object *it)
{
	const struct resource *resource = resource_of(it);
	const struct object_ref *ref;
	if (kind_rows[it->kind].role == KIND_WORKLOAD) {
		const struct service *service = ((const struct workload *)it)->joined;
		return service ? ref_resolve(cluster, &service->flux.by) : NULL;
	}
	if (it->kind == OBJECT_KUSTOMIZATION || it->kind == OBJECT_HELMCHART)
		return ref_resolve(cluster, flux_source_of(it));
	ref = resource && resource->applied_by.kind[0] ? &resource->applied_by : flux_source_of(it);
	return ref_resolve(cluster, ref);
}

static void put_way(struct object_page *object, const struct cluster *cluster, const struct object *it)
{
	const struct object *at = it;
	const char *revision = "";
	int depth = 0;
	section(&object->page, "from");
	for (; at && depth < UP_MAX; at = above(cluster, at), depth++) {
		put_step(object, at, depth);
		if (flux_revision(at)[0])
			revision = flux_revision(at);
		if (at == above(cluster, at))
			break;
	}
	put_commit(object, revision, depth);
}

static void put_depends(struct object_page *object, const struct cluster *cluster, const struct object *it)
{
	const struct object_refs *refs = flux_depends_on(it);
	for (uint16_t i = 0; i < refs->count; i++) {
		const struct object *other = ref_resolve(cluster, &refs->items[i]);
		label(&object->page, i ? "" : "depends on");
		page_printf(&object->page, STYLE_TEXT, "%s/%s  ", refs->items[i].namespace, refs->items[i].name);
		if (!other)
			page_put(&object->page, STYLE_BAD, "not there");
		else
			page_put(&object->page, tone_style(flux_tone(other)), *flux_ready(other) == 'T' ? "ready" : "not ready");
	}
}

static void put_facts(struct object_page *object, const struct object *it)
{
	const struct resource *resource = resource_of(it);
	struct page *page = &object->page;
	char age[32];
	struct text text = text_in(age, sizeof(age));
	const char *attempted = flux_attempted(it);
	if (*attempted && !revision_same(attempted, flux_revision(it))) {
		char words[CELL];
		struct text brief = text_in(words, sizeof(words));
		revision_brief(attempted, &brief);
		label(page, "attempted");
		page_put(page, STYLE_WARNING, words);
	}
	if (resource && resource->interval_ms) {
		label(page, "interval");
		age_format(resource->interval_ms, age, sizeof(age));
		page_put(page, STYLE_TEXT, age);
		text_clear(&text);
	}
	if (resource && !resource_is_observed(resource)) {
		label(page, "generation");
		page_printf(page, STYLE_WARNING, "%lld, the controller has seen %lld", (long long)resource->generation,
		            (long long)resource->observed);
	}
	if (resource && resource->deleted_ms) {
		label(page, "deleted");
		age_text(object->view.scene->now_ms, resource->deleted_ms, &text);
		page_printf(page, STYLE_BAD, "%s ago, waits for %s", age, resource->finalizers);
	}
}

static void put_conditions(struct object_page *object, const struct resource *resource)
{
	struct page *page = &object->page;
	if (!resource || resource->condition_count == 0)
		return;
	section(page, "conditions");
	for (uint16_t i = 0; i < resource->condition_count; i++) {
		const struct named_condition *named = &resource->conditions[i];
		char age[32];
		struct text text = text_in(age, sizeof(age));
		age_text(object->view.scene->now_ms, named->is.changed_ms, &text);
		page_line(page);
		page_printf(page, STYLE_TEXT, "   %-18s ", named->type);
		page_printf(page, STYLE_STRONG, "%-8s", named->is.status == 'T' ? "True" : named->is.status == 'F' ? "False" : "Unknown");
		page_printf(page, STYLE_TEXT, " %s", named->is.reason);
		page_printf(page, STYLE_DIM, "  %s", age);
		if (!named->is.message || strcmp(named->type, "Ready") == 0)
			continue; /* the page begins with that one */
		page_line(page);
		page_put(page, STYLE_TEXT, "     ");
		page_wrap(page, STYLE_DIM, object->width, named->is.message);
	}
}

static void put_history(struct object_page *object, const struct object *it)
{
	const struct helm_release *release = it->kind == OBJECT_HELMRELEASE ? (const struct helm_release *)it : NULL;
	struct page *page = &object->page;
	if (!release || release->history_count == 0)
		return;
	section(page, "releases");
	for (uint16_t i = 0; i < release->history_count; i++) {
		const struct release_record *record = &release->history[i];
		char age[32];
		struct text text = text_in(age, sizeof(age));
		age_text(object->view.scene->now_ms, record->last_ms, &text);
		page_line(page);
		page_printf(page, STYLE_TEXT, "   %3d  %-11s %s", record->version, record->status, record->chart_version);
		page_printf(page, STYLE_DIM, "  %s%s", age,
		            i == 0 && release->attempted_digest[0] && record->config_digest != release->attempted_digest
		                ? "  not the configuration that was tried last"
		                : "");
	}
}

static void put_applied(struct object_page *object, const struct cluster *cluster, const struct object *it)
{
	const struct inventory *inventory = flux_inventory(it);
	struct page *page = &object->page;
	if (inventory->count == 0)
		return;
	section(page, "applied");
	page_printf(page, STYLE_DIM, "  %u object%s%s", inventory->count, inventory->count == 1 ? "" : "s",
	            inventory->cut ? " and more" : "");
	for (uint32_t i = 0; i < inventory->count && i < APPLIED_SHOWN; i++) {
		char words[CELL];
		struct text text = text_in(words, sizeof(words));
		const struct object *leaf = inventory_resolve(cluster, inventory->ids[i]);
		inventory_describe(inventory->ids[i], &text);
		page_line(page);
		page_printf(page, STYLE_TEXT, "   %s", words);
		if (leaf && kind_rows[leaf->kind].role == KIND_WORKLOAD)
			page_printf(page, STYLE_DIM, "  %d/%d ready", ((const struct workload *)leaf)->ready,
			            ((const struct workload *)leaf)->desired);
		else if (leaf && *flux_ready(leaf))
			page_printf(page, tone_style(flux_tone(leaf)), "  %s", *flux_ready(leaf) == 'T' ? "ready" : "not ready");
	}
}

/* A row that is about no object, an alert: all its columns, whole, one below the other. */
static int put_row(struct object_page *object, const struct sheet *sheet)
{
	struct sheet_row *rows = NULL;
	size_t count = sheet->run(object->view.scene->fleet, NULL, &rows), at = 0;
	char room[ROW_KEY];
	for (; at < count; at++) {
		struct text key = text_in(room, sizeof(room));
		sheet_row_key(&rows[at], &key);
		if (strcmp(room, object->view.service) == 0)
			break;
	}
	for (size_t i = 0; at < count && i < sheet->column_count; i++) {
		const struct sheet_column *column = &sheet->columns[i];
		struct text cell = text_in(room, sizeof(room));
		char name[32];
		column->format(&rows[at], object->view.scene->now_ms, &cell);
		if (cell.len == 0)
			continue;
		for (size_t c = 0; c == 0 || name[c - 1]; c++)
			name[c] = c + 1 < sizeof(name) ? (char)tolower((unsigned char)column->title[c]) : '\0';
		label(&object->page, name);
		page_wrap(&object->page, column->tone ? tone_style(column->tone(&rows[at])) : STYLE_TEXT, object->width, room);
	}
	free(rows);
	return at < count;
}

static void put_unheld(struct object_page *object)
{
	for (size_t i = 0; *object->view.service && i < sheet_count; i++)
		if (sheets[i]->service && put_row(object, sheets[i]))
			return;
	page_line(&object->page);
	page_put(&object->page, STYLE_DIM, *object->view.service ? " nothing more is known of it than the list says"
	                                                         : " nothing is selected");
}

static void object_build(struct object_page *object)
{
	const struct cluster *cluster = NULL;
	const struct object *it = object_by_key(object->view.scene->fleet, object->view.service, &cluster);
	page_clear(&object->page);
	if (!it) {
		put_unheld(object);
		return;
	}
	if (kind_rows[it->kind].role == KIND_WORKLOAD)
		put_workload_state(object, (const struct workload *)it);
	else if (it->kind == OBJECT_CANARY)
		put_canary_state(object, (const struct canary *)it);
	else if (resource_of(it))
		put_state(object, it);
	page_holds(&object->page, object->view.scene, cluster, it, "held", LABEL, object->width);
	put_facts(object, it);
	put_depends(object, cluster, it);
	put_way(object, cluster, it);
	put_conditions(object, resource_of(it));
	put_history(object, it);
	put_applied(object, cluster, it);
}

static void object_refresh(struct object_page *object)
{
	const struct scene *scene = object->view.scene;
	int width = object->view.rect.cols - 1;
	if (object->built && object->version == scene->fleet->version && object->now_ms == scene->now_ms &&
	    object->width == width)
		return;
	object->version = scene->fleet->version;
	object->now_ms = scene->now_ms;
	object->width = width;
	object->built = 1;
	object_build(object);
}

static void object_open(struct view *view)
{
	pager_init(&((struct object_page *)view)->pager);
}

static void object_close(struct view *view)
{
	page_release(&((struct object_page *)view)->page);
}

static void object_select(struct view *view)
{
	struct object_page *object = (struct object_page *)view;
	object->built = 0;
	pager_home(&object->pager);
}

static void object_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct object_page *object = (struct object_page *)view;
	struct pager_source source;
	(void)focused;
	object_refresh(object);
	page_source(&object->page, &source);
	pager_draw(&object->pager, grid, rect, &source);
}

static int object_act(struct view *view, enum action_id action)
{
	struct object_page *object = (struct object_page *)view;
	struct pager_source source;
	object_refresh(object);
	page_source(&object->page, &source);
	return pager_act(&object->pager, &source, view->rect, action);
}

static int object_search(struct view *view, const char *text)
{
	struct object_page *object = (struct object_page *)view;
	struct pager_source source;
	object_refresh(object);
	page_source(&object->page, &source);
	return pager_search(&object->pager, &source, view->rect, text);
}

static const char *object_searching(const struct view *view)
{
	return ((const struct object_page *)view)->pager.search;
}

const struct view_ops object_view = {
	.name = "object",
	.scope = SCOPE_OBJECT,
	.size = sizeof(struct object_page),
	.hints = {{ACTION_SEARCH, "search"}, {ACTION_PANE_ZOOM, "zoom"}, {ACTION_APP_BACK, "back"}},
	.open = object_open,
	.close = object_close,
	.select = object_select,
	.draw = object_draw,
	.act = object_act,
	.search = object_search,
	.searching = object_searching,
};
