/* SPDX-License-Identifier: MIT */
#include "flag_text.h"

#include <stdio.h>
#include <string.h>

#include "model/fleet.h"
#include "model/flux.h"
#include "model/workload.h"
#include "view/age.h"

void flag_observed(const struct service *service, const struct flag_column *column, const struct flag_cell *cell,
                   struct text *out, int *differs)
{
	const char *kind = column->creates;
	int there = -1;
	*differs = 0;
	if (!service || service->remembered || !*kind)
		return;
	if (strcmp(kind, "HorizontalPodAutoscaler") == 0) {
		there = service->hpa != NULL;
		if (service->hpa)
			text_printf(out, "HPA %d–%d", service->hpa->min, service->hpa->max);
	} else if (strcmp(kind, "Canary") == 0 && service->cluster->kinds[OBJECT_CANARY].complete) {
		there = service->canary != NULL;
		if (there)
			text_add(out, "Canary");
	} else if (strcmp(kind, "ScaledObject") == 0 && service->cluster->kinds[OBJECT_SCALEDOBJECT].complete) {
		there = service->scaler != NULL;
		if (there)
			text_add(out, "ScaledObject");
	}
	if (there == 0)
		text_add(out, "none");
	*differs = there >= 0 && there != (int)cell->on;
}

void flag_left(const struct scene *scene, int64_t at_ms, struct text *out)
{
	char room[32];
	if (!at_ms)
		return;
	if (at_ms <= scene->now_ms) {
		text_add(out, "over");
		return;
	}
	age_format(at_ms - scene->now_ms, room, sizeof(room));
	text_printf(out, "in %s", room);
}

static void put_change(struct page *page, const struct scene *scene, const struct flag_event *event, int width)
{
	char room[400];
	struct text text = text_in(room, sizeof(room));
	if (!event)
		return;
	page_line(page);
	text_printf(&text, "%.7s ", event->sha);
	age_text(scene->now_ms, event->at_ms, &text);
	size_t name = strcspn(event->author, "<");
	while (name && event->author[name - 1] == ' ')
		name--;
	text_printf(&text, " ago by %.*s%s%s%s", (int)name, event->author, *event->reason ? ": " : "", event->reason,
	            event->reverted ? " (reverted)" : "");
	page_put(page, STYLE_TEXT, " ");
	page_wrap(page, STYLE_DIM, width - 1, room);
}

void flag_explain(struct page *page, const struct scene *scene, const struct flag_row *row, const struct flag_column *column,
                  const struct flag_cell *cell, int width)
{
	char room[64];
	struct text left = text_in(room, sizeof(room));
	page_clear(page);
	page_line(page);
	page_printf(page, STYLE_STRONG, " %s", column->key);
	page_printf(page, cell->on ? STYLE_OK : STYLE_TEXT, "  %s", cell->value);
	page_printf(page, STYLE_DIM, "  %s", row->place);
	flag_left(scene, cell->expires_ms, &left);
	if (left.len)
		page_printf(page, STYLE_WARNING, "  expires %s", room);
	page_line(page);
	page_printf(page, STYLE_DIM, " from %s", cell->origin);
	put_change(page, scene, cell->changed, width);
	page_line(page);
	page_put(page, STYLE_TEXT, " ");
	page_wrap(page, STYLE_TEXT, width - 1, *column->docs ? column->docs : "the catalog says nothing about it");
	page_line(page);
	page_printf(page, STYLE_DIM, " risk %s%s%s%s%s", column->risk, column->approvals ? ", by pull request" : "",
	            *column->owner ? ", owned by " : "", column->owner, row->protected ? ", a protected environment" : "");
}

const char *flag_nothing(const struct scene *scene)
{
	if (!scene->flags)
		return "no repository is configured: name one under `repositories` in the configuration";
	if (*scene->flags->words)
		return scene->flags->words;
	return "the repository declares nothing here";
}
