/* SPDX-License-Identifier: MIT */
/*
 * Everything about one service on one page, the reason for its health first. Built anew only when
 * the fleet, the minute or the width changed. What is absent has no line.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "model/flux.h"
#include "model/pod.h"
#include "model/revision.h"
#include "model/workload.h"
#include "ui/spark.h"
#include "model/chain.h"
#include "view/age.h"
#include "view/chain_page.h"
#include "view/header.h"
#include "view/held.h"
#include "view/page.h"
#include "view/views.h"

enum { LABEL = 13, WARNINGS_SHOWN = 6, ALERTS_SHOWN = 4, CELL = 256 };

struct overview {
	struct view view;
	struct page page;
	struct pager pager;
	uint64_t version; /* what the page was built from */
	int64_t now_ms;
	int width;
	int built;
};

static void overview_open(struct view *view)
{
	pager_init(&((struct overview *)view)->pager);
}

static void overview_close(struct view *view)
{
	page_release(&((struct overview *)view)->page);
}

static void overview_select(struct view *view)
{
	struct overview *overview = (struct overview *)view;

	overview->built = 0;
	pager_home(&overview->pager);
}

static void label(struct page *page, const char *text)
{
	page_line(page);
	page_put(page, STYLE_TEXT, " ");
	page_put(page, STYLE_DIM, text);
	page_pad(page, LABEL);
}

static void flow_room(struct overview *overview, int cells)
{
	int column = page_column(&overview->page);

	if (column <= LABEL)
		return;
	if (overview->view.scene->plain || column + 2 + cells > overview->width)
		label(&overview->page, "");
	else
		page_put(&overview->page, STYLE_TEXT, "  ");
}

/* One more item on the line, or on the next one where it would not fit. */
static void flow(struct overview *overview, uint16_t style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void flow(struct overview *overview, uint16_t style, const char *fmt, ...)
{
	char text[CELL];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	flow_room(overview, utf8_cells(text));
	page_put(&overview->page, style, text);
}

/* The key that leads from here to a tab, with its name. */
static void link_to(struct overview *overview, enum action_id action, const char *name)
{
	char key[KEYMAP_HINT] = "";
	const struct keymap *keymap = overview->view.scene->keymap;

	if (!keymap || keymap_hint(keymap, action, SCOPE_GLOBAL | SCOPE_OVERVIEW | SCOPE_DETAIL, key) != 0)
		return;
	flow_room(overview, utf8_cells(key) + 1 + utf8_cells(name));
	page_put(&overview->page, STYLE_KEY, key);
	page_printf(&overview->page, STYLE_HINT, " %s", name);
}

static void build_health(struct overview *overview, const struct service *service)
{
	struct page *page = &overview->page;
	uint16_t style = health_style(service->health);

	page_line(page);
	page_put(page, STYLE_TEXT, " ");
	page_printf(page, style, "%s %s", health_glyph(service->health), health_words[service->health]);
	page_pad(page, LABEL);
	page_wrap(page, service->health == HEALTH_OK ? STYLE_TEXT : style, overview->width, service->reason);
	if (service->remembered) {
		label(page, "");
		page_wrap(page, STYLE_STALE, overview->width, "remembered from the last run, not confirmed yet");
	} else if (service->cluster->link != LINK_LIVE && service->cluster->link != LINK_CONNECTING) {
		char words[CELL];
		struct text text = text_in(words, sizeof(words));
		cluster_describe(service->cluster, &text);
		label(page, "");
		page_printf(page, STYLE_STALE, "%s: %s", service->cluster->name, words);
		text = text_in(words, sizeof(words));
		cluster_trouble(service->cluster, &text);
		if (text.len > 0) {
			label(page, "");
			page_wrap(page, STYLE_STALE, overview->width, words);
		}
	}
}

/* What fires or is pending about it: pods may all be well while it answers with errors. */
static void build_alerts(struct overview *overview, const struct service *service)
{
	const struct vec *alerts = &service->cluster->alerts.alerts;
	struct page *page = &overview->page;
	int shown = 0, all = service->alerts_firing + service->alerts_pending;

	for (int state = ALERT_FIRING; state < ALERT_STATES; state++)
		for (size_t i = 0; all > 0 && shown < ALERTS_SHOWN && i < alerts->len; i++) {
			const struct alert *alert = alerts->items[i];
			char room[32];
			struct text age = text_in(room, sizeof(room));
			if ((int)alert->state != state || alert->inhibited || alert->silenced_by[0] ||
			    strcmp(alert->service, service->key) != 0)
				continue;
			label(page, shown++ ? "" : "alerts");
			flow(overview, state == ALERT_FIRING ? STYLE_BAD : STYLE_WARNING, "%s %s", alert_state_words[state],
			     alert->name);
			age_text(overview->view.scene->now_ms, alert->since_ms, &age);
			flow(overview, STYLE_DIM, "%s%s%s", alert->severity, *alert->severity && *room ? " " : "", room);
			if (!alert->summary[0])
				continue;
			label(page, "");
			page_put(page, STYLE_TEXT, "  ");
			page_wrap(page, STYLE_TEXT, overview->width, alert->summary);
		}
	if (all > shown) {
		label(page, "");
		flow(overview, STYLE_DIM, "%d more", all - shown);
	}
	if (all > 0)
		link_to(overview, ACTION_VIEW_ALERTS, "all alerts");
}

static void put_bar(struct page *page, int percent)
{
	char room[128];
	struct text text = text_in(room, sizeof(room));
	size_t done, rest;

	progress_text(percent, 20, &text);
	done = strcspn(room, "\xe2 ");
	while (strncmp(room + done, "▓", 3) == 0 || strncmp(room + done, "█", 3) == 0)
		done += 3;
	rest = done;
	while (strncmp(room + rest, "░", 3) == 0)
		rest += 3;
	page_printf(page, STYLE_BAR_DONE, "%.*s", (int)done, room);
	page_printf(page, STYLE_BAR_REST, "%.*s", (int)(rest - done), room + done);
	page_put(page, STYLE_TEXT, room + rest);
}

static uint16_t phase_style(enum rollout_phase phase)
{
	static const uint16_t styles[ROLLOUT_PHASES] = {
		[ROLLOUT_COMPLETE] = STYLE_OK,      [ROLLOUT_PROGRESSING] = STYLE_PROGRESS,
		[ROLLOUT_WAITING] = STYLE_PROGRESS, [ROLLOUT_PAUSED] = STYLE_PAUSED,
		[ROLLOUT_FAILED] = STYLE_BAD,       [ROLLOUT_UNKNOWN] = STYLE_UNKNOWN,
	};

	return styles[phase];
}

static void build_workload(struct overview *overview, const struct workload *workload, int named)
{
	struct page *page = &overview->page;
	struct rollout rollout = rollout_of(workload);
	char sentence[CELL];
	struct text text = text_in(sentence, sizeof(sentence));

	label(page, "rollout");
	page_put(page, phase_style(rollout.phase), rollout_phase_words[rollout.phase]);
	if (named)
		page_printf(page, STYLE_STRONG, "  %s", workload->object.name);
	if (rollout.phase != ROLLOUT_COMPLETE && rollout.total > 0) {
		page_put(page, STYLE_TEXT, "  ");
		put_bar(page, 100 * rollout.done / rollout.total);
	}
	rollout_describe(workload, &text);
	label(page, "");
	page_wrap(page, STYLE_TEXT, overview->width, sentence);
}

static void build_rollout(struct overview *overview, const struct service *service)
{
	struct page *page = &overview->page;

	for (size_t i = 0; i < service->workloads.len; i++)
		build_workload(overview, service->workloads.items[i], service->workloads.len > 1);
	/* A remembered row has no workloads yet, but the phase. */
	if (service->workloads.len == 0) {
		label(page, "rollout");
		page_put(page, STYLE_STALE, rollout_phase_words[service->rollout.phase]);
	}
	if (service->generation > 0) {
		label(page, "generation");
		flow(overview, STYLE_TEXT, "%lld", (long long)service->generation);
		if (service->observed == service->generation)
			flow(overview, STYLE_DIM, "seen by its controller");
		else
			flow(overview, STYLE_PROGRESS, "its controller has seen %lld", (long long)service->observed);
	}
	if (*service->revision) {
		label(page, "revision");
		page_put(page, STYLE_TEXT, service->revision);
	}
}

struct worst_pods {
	const struct pod *of[REASON_COUNT];
};

static void worst_take(void *arg, const struct pod *pod)
{
	struct worst_pods *worst = arg;
	const struct pod **best;

	if (pod->reason >= REASON_COUNT)
		return;
	best = &worst->of[pod->reason];
	/* One with words before one without; then by name, so that the choice is steady. */
	if (!*best || (!!pod->message > !!(*best)->message) ||
	    (!!pod->message == !!(*best)->message && strcmp(pod->object.name, (*best)->object.name) < 0))
		*best = pod;
}

static void build_reasons(struct overview *overview, const struct service *service)
{
	struct page *page = &overview->page;
	struct worst_pods worst = {{NULL}};

	service_each_pod(service, worst_take, &worst);
	for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
		const struct pod *pod = worst.of[reason];
		uint16_t style = reasons[reason].trouble ? STYLE_BAD : STYLE_WARNING;
		if (service->by_reason[reason] == 0 || !pod)
			continue;
		label(page, "");
		/* REASON_OTHER has no word of its own: the pod has. */
		flow(overview, style, "%u %s", service->by_reason[reason],
		     reason == REASON_OTHER ? pod->status : reasons[reason].word);
		flow(overview, STYLE_DIM, "%s", pod->object.name);
		/* The health's words often have it already. */
		if (pod->message && *pod->message && !strstr(service->reason, pod->message)) {
			label(page, "");
			page_put(page, STYLE_TEXT, "  ");
			page_wrap(page, STYLE_TEXT, overview->width, pod->message);
		}
	}
}

static void build_pods(struct overview *overview, const struct service *service)
{
	struct page *page = &overview->page;
	int all = service->ready == service->desired;

	label(page, "pods");
	flow(overview, all ? STYLE_OK : STYLE_WARNING, "%d/%d ready", service->ready, service->desired);
	flow(overview, STYLE_TEXT, "%d updated", service->updated);
	flow(overview, STYLE_TEXT, "%d available", service->available);
	if (service->pods_terminating > 0)
		flow(overview, STYLE_PROGRESS, "%d terminating", service->pods_terminating);
	if (service->restarts > 0)
		flow(overview, STYLE_TEXT, "%lld restart%s", (long long)service->restarts,
		     service->restarts == 1 ? "" : "s");
	link_to(overview, ACTION_TAB_PODS, "pods");
	build_reasons(overview, service);
}

static void build_hpa(struct overview *overview, const struct hpa *hpa)
{
	struct page *page = &overview->page;

	label(page, "autoscaler");
	flow(overview, STYLE_TEXT, "%d to %d pods", hpa->min, hpa->max);
	flow(overview, STYLE_TEXT, "%d now", hpa->current);
	flow(overview, hpa->desired == hpa->current ? STYLE_TEXT : STYLE_PROGRESS, "%d wanted", hpa->desired);
	if (hpa->limited.status == 'T')
		flow(overview, STYLE_WARNING, "limited: %s", hpa->limited.reason ? hpa->limited.reason : "");
	if (hpa->active.status == 'F') {
		label(page, "");
		page_printf(page, STYLE_WARNING, "not scaling: %s", hpa->active.reason ? hpa->active.reason : "");
		if (hpa->active.message) {
			label(page, "");
			page_wrap(page, STYLE_DIM, overview->width, hpa->active.message);
		}
	}
}

static void put_list(struct overview *overview, const char *name, const char *joined)
{
	char item[CELL];

	while (*joined) {
		size_t len = strcspn(joined, ",");
		label(&overview->page, name);
		snprintf(item, sizeof(item), "%.*s", (int)(len < sizeof(item) ? len : sizeof(item) - 1), joined);
		page_wrap(&overview->page, STYLE_TEXT, overview->width, item);
		joined += len + (joined[len] == ',');
		name = "";
	}
}

static void put_age(struct overview *overview, const char *name, int64_t at_ms, const char *after)
{
	char room[32];
	struct text text = text_in(room, sizeof(room));

	age_text(overview->view.scene->now_ms, at_ms, &text);
	if (text.len == 0)
		return;
	label(&overview->page, name);
	page_printf(&overview->page, STYLE_TEXT, "%s%s", room, after);
}

static void build_facts(struct overview *overview, const struct service *service)
{
	struct page *page = &overview->page;

	put_list(overview, "image", service->images);
	if (*service->team) {
		label(page, "team");
		page_put(page, STYLE_TEXT, service->team);
	}
	if (service->hpa)
		build_hpa(overview, service->hpa);
	put_age(overview, "changed", service->changed_ms, " ago");
	put_age(overview, "age", service->created_ms, "");
}

static void put_condition(struct overview *overview, const char *name, const struct condition *condition,
                          char good)
{
	static const struct {
		char status;
		const char *word;
	} words[] = {{'T', "True"}, {'F', "False"}, {'U', "Unknown"}};
	struct page *page = &overview->page;
	const char *word = "", *reason = condition->reason ? condition->reason : "";
	int well = condition->status == good;
	char room[32];
	struct text age = text_in(room, sizeof(room));

	if (condition->status == ' ' || condition->status == '\0')
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].status == condition->status)
			word = words[i].word;
	age_text(overview->view.scene->now_ms, condition->changed_ms, &age);
	page_line(page);
	page_printf(page, STYLE_TEXT, "   %-14s ", name);
	page_printf(page, well ? STYLE_OK : STYLE_BAD, "%-7s ", word);
	if (page_column(page) + utf8_cells(reason) > overview->width) {
		page_line(page);
		page_put(page, STYLE_TEXT, "     ");
	}
	page_put(page, STYLE_TEXT, reason);
	if (page_column(page) + 2 + utf8_cells(room) <= overview->width)
		page_printf(page, STYLE_DIM, "  %s", room);
	if (!well && condition->message) {
		page_line(page);
		page_put(page, STYLE_TEXT, "     ");
		page_wrap(page, STYLE_DIM, overview->width, condition->message);
	}
}

static void section(struct page *page, const char *title)
{
	page_line(page);
	page_line(page);
	page_put(page, STYLE_TEXT, " ");
	page_put(page, STYLE_TITLE, title);
}

static void build_conditions(struct overview *overview, const struct service *service)
{
	int titled = 0;

	for (size_t i = 0; i < service->workloads.len; i++) {
		const struct workload *workload = service->workloads.items[i];
		if (workload->object.kind != OBJECT_DEPLOYMENT)
			continue;
		if (!titled++)
			section(&overview->page, "conditions");
		if (service->workloads.len > 1) {
			page_line(&overview->page);
			page_printf(&overview->page, STYLE_STRONG, "  %s", workload->object.name);
		}
		put_condition(overview, "Available", &workload->is_available, 'T');
		put_condition(overview, "Progressing", &workload->progressing, 'T');
		put_condition(overview, "ReplicaFailure", &workload->failure, 'F');
	}
}

static void put_warning(struct overview *overview, const struct event *event)
{
	struct page *page = &overview->page;
	char room[32];
	struct text age = text_in(room, sizeof(room));

	age_text(overview->view.scene->now_ms, event->last_ms, &age);
	page_line(page);
	page_printf(page, STYLE_TIME, "   %-5s", room);
	page_printf(page, STYLE_WARNING, " %s", event->reason);
	if (event->count > 1)
		page_printf(page, STYLE_DIM, " ×%d", event->count);
	page_printf(page, STYLE_DIM, "  %s/%s", event->about_kind, event->about_name);
	if (event->message) {
		page_line(page);
		page_put(page, STYLE_TEXT, "         ");
		page_wrap(page, STYLE_TEXT, overview->width, event->message);
	}
}

/* The newest warnings about the service, newest first; returns how many. */
static size_t warnings_find(const struct service *service, const struct event *newest[WARNINGS_SHOWN])
{
	size_t count = 0;

	for (const struct event *event = service->events; event; event = event->next) {
		size_t at = count;
		while (at > 0 && newest[at - 1]->last_ms < event->last_ms)
			at--;
		if (at == WARNINGS_SHOWN)
			continue;
		if (count < WARNINGS_SHOWN)
			count++;
		memmove(&newest[at + 1], &newest[at], (count - at - 1) * sizeof(*newest));
		newest[at] = event;
	}
	return count;
}

static void build_warnings(struct overview *overview, const struct service *service)
{
	const struct event *newest[WARNINGS_SHOWN];
	size_t count = warnings_find(service, newest);

	if (count == 0)
		return;
	section(&overview->page, "warnings");
	page_printf(&overview->page, STYLE_DIM, "  %d in the last hour", service->warnings);
	link_to(overview, ACTION_TAB_EVENTS, "all events");
	for (size_t i = 0; i < count; i++)
		put_warning(overview, newest[i]);
}

/* What applies the service, and what applied that: revision, readiness, and who holds it. */
static void build_applier(struct overview *overview, const struct service *service, const struct object_ref *ref)
{
	struct page *page = &overview->page;
	const struct object *object = ref_resolve(service->cluster, ref);
	char words[CELL];
	struct text text = text_in(words, sizeof(words));
	if (!ref->kind[0])
		return;
	label(page, ref == &service->flux.by ? "flux" : "");
	page_printf(page, STYLE_TEXT, "%s %s/%s", ref->kind, ref->namespace, ref->name);
	if (!object) {
		flow(overview, STYLE_WARNING, "not there");
		return;
	}
	revision_brief(flux_revision(object), &text);
	if (words[0])
		flow(overview, STYLE_STRONG, "%s", words);
	const char *ready = flux_ready(object);
	flow(overview, *ready == 'T' ? STYLE_OK : *ready == 'F' ? STYLE_BAD : STYLE_WARNING, "%s",
	     *ready == 'T' ? "ready" : *ready == 'F' ? "not ready" : "not decided");
	page_holds(page, overview->view.scene, service->cluster, object, "", LABEL, overview->width);
	if (*ready != 'T' && *flux_message(object)) {
		label(page, "");
		page_wrap(page, *ready == 'F' ? STYLE_BAD : STYLE_DIM, overview->width, flux_message(object));
	}
}

/* The commit on its way here: where on-call looks first. */
static void build_chain(struct overview *overview, const struct service *service)
{
	if (!service->chain || !*service->chain->sha)
		return;
	label(&overview->page, "commit");
	chain_page_short(&overview->page, overview->view.scene, service, LABEL, overview->width);
	link_to(overview, ACTION_TAB_CHAIN, "chain");
}

static void build_holds(struct overview *overview, const struct service *service)
{
	for (size_t i = 0; i < service->workloads.len; i++) {
		const struct workload *workload = service->workloads.items[i];
		page_holds(&overview->page, overview->view.scene, service->cluster, &workload->object, "held", LABEL,
		           overview->width);
	}
	if (service->canary)
		page_holds(&overview->page, overview->view.scene, service->cluster, &service->canary->resource.object, "canary",
		           LABEL, overview->width);
	if (service->scaler)
		page_holds(&overview->page, overview->view.scene, service->cluster, &service->scaler->resource.object, "keda",
		           LABEL, overview->width);
}

static void overview_build(struct overview *overview, const struct service *service)
{
	page_clear(&overview->page);
	if (!service) {
		page_line(&overview->page);
		page_put(&overview->page, STYLE_DIM,
		         *overview->view.service ? " this service is gone from its cluster" : " no service is selected");
		return;
	}
	build_health(overview, service);
	build_alerts(overview, service);
	page_line(&overview->page);
	build_rollout(overview, service);
	build_pods(overview, service);
	build_chain(overview, service);
	build_holds(overview, service);
	build_applier(overview, service, &service->flux.by);
	build_applier(overview, service, &service->flux.above);
	build_facts(overview, service);
	build_conditions(overview, service);
	build_warnings(overview, service);
}

static void overview_refresh(struct overview *overview)
{
	const struct scene *scene = overview->view.scene;
	int width = overview->view.rect.cols - 1;

	if (overview->built && overview->version == scene->fleet->version && overview->now_ms == scene->now_ms &&
	    overview->width == width)
		return;
	overview->version = scene->fleet->version;
	overview->now_ms = scene->now_ms;
	overview->width = width;
	overview->built = 1;
	overview_build(overview, view_service(&overview->view));
}

static void overview_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct overview *overview = (struct overview *)view;
	struct pager_source source;

	(void)focused;
	overview_refresh(overview);
	page_source(&overview->page, &source);
	pager_draw(&overview->pager, grid, rect, &source);
}

static int overview_act(struct view *view, enum action_id action)
{
	struct overview *overview = (struct overview *)view;
	struct pager_source source;

	overview_refresh(overview);
	page_source(&overview->page, &source);
	return pager_act(&overview->pager, &source, view->rect, action);
}

static int overview_copy(struct view *view, struct buf *out)
{
	struct overview *overview = (struct overview *)view;
	struct pager_source source;

	overview_refresh(overview);
	page_source(&overview->page, &source);
	return pager_copy(&overview->pager, &source, out);
}

static int overview_search(struct view *view, const char *text)
{
	struct overview *overview = (struct overview *)view;
	struct pager_source source;

	overview_refresh(overview);
	page_source(&overview->page, &source);
	return pager_search(&overview->pager, &source, view->rect, text);
}

static const char *overview_searching(const struct view *view)
{
	return ((const struct overview *)view)->pager.search;
}

const struct view_ops overview_view = {
	.name = "overview",
	.scope = SCOPE_OVERVIEW,
	.size = sizeof(struct overview),
	.hints = {
		{ACTION_TAB_PODS, "pods"},
		{ACTION_TAB_LOGS, "logs"},
		{ACTION_TAB_EVENTS, "events"},
		{ACTION_TAB_YAML, "yaml"},
		{ACTION_SEARCH, "search"},
		{ACTION_APP_BACK, "back"},
	},
	.open = overview_open,
	.close = overview_close,
	.select = overview_select,
	.draw = overview_draw,
	.act = overview_act,
	.search = overview_search,
	.copy = overview_copy,
	.searching = overview_searching,
};
