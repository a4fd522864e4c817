/* SPDX-License-Identifier: MIT */
/* What the controllers of Flux share, and which of them a change concerns. */
#include "delivery.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { LOOK_SECONDS = 1 };

const char *asked_for(const cJSON *object, const char *annotation, const char *handled)
{
	const char *asked = text_of(json_at(object, "metadata/annotations"), annotation);
	const char *done = json_string(json_get(object, "status"), handled);
	return asked && (!done || strcmp(done, asked) != 0) ? asked : NULL;
}

void handled_set(cJSON *object)
{
	const char *asked = asked_for(object, "reconcile.fluxcd.io/requestedAt", "lastHandledReconcileAt");
	if (asked)
		set_text(sub_object(object, "status"), "lastHandledReconcileAt", asked);
}

int is_suspended(const cJSON *object)
{
	return json_bool(object, "spec/suspend", 0);
}

void flux_condition(cJSON *object, const char *type, const char *state, const char *reason, const char *now, const char *fmt, ...)
{
	char message[2 * SIM_NAME];
	cJSON *status = sub_object(object, "status"), *item;
	va_list args;
	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	set_condition(status, type, state, reason, message, now, 0);
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(status, "conditions"))
	{
		const char *own = json_string(item, "type");
		if (own && strcmp(own, type) == 0)
			set_number(item, "observedGeneration", (double)json_int(object, "metadata/generation", 1));
	}
}

void condition_drop(cJSON *status, const char *type)
{
	cJSON *all = cJSON_GetObjectItemCaseSensitive(status, "conditions");
	for (int i = cJSON_GetArraySize(all); i-- > 0;) {
		const char *own = json_string(cJSON_GetArrayItem(all, i), "type");
		if (own && strcmp(own, type) == 0)
			cJSON_DeleteItemFromArray(all, i);
	}
}

struct application *application_find(const struct delivery *delivery, const char *name)
{
	for (size_t i = 0; i < delivery->application_count; i++)
		if (strcmp(delivery->applications[i].name, name) == 0)
			return &delivery->applications[i];
	return NULL;
}

struct release *release_find(const struct delivery *delivery, const char *namespace, const char *name)
{
	const struct plan_service *service = plan_find(delivery->stage->plan, namespace, name);
	return service ? &delivery->releases[service - delivery->stage->plan->services] : NULL;
}

static void applications_make(struct delivery *delivery)
{
	const struct plan *plan = delivery->stage->plan;
	delivery->applications = mem_new_array(plan_namespace_count() + 1, sizeof(*delivery->applications));
	delivery->applications[delivery->application_count++].name = "infrastructure";
	for (size_t i = 0; i < plan->count; i++)
		if (strcmp(delivery->applications[delivery->application_count - 1].name, plan->services[i].namespace) != 0)
			delivery->applications[delivery->application_count++].name = plan->services[i].namespace;
	for (size_t i = 0; i < delivery->application_count; i++) {
		delivery->applications[i].applied = snapshot_take(delivery->artifact);
		vec_init(&delivery->applications[i].waits);
	}
}

void delivery_init(struct delivery *delivery, const char *trouble)
{
	const struct plan *plan = delivery->stage->plan;
	delivery->artifact = snapshot_take(origin_head(delivery->origin));
	delivery->first = snapshot_take(delivery->artifact);
	delivery->releases = mem_new_array(plan->count + 1, sizeof(*delivery->releases));
	for (size_t i = 0; i < plan->count; i++)
		delivery->releases[i].service = &plan->services[i];
	applications_make(delivery);
	delivery_fill(delivery, trouble);
}

void delivery_release(struct delivery *delivery)
{
	for (size_t i = 0; delivery->releases && i < delivery->stage->plan->count; i++) {
		cJSON_Delete(delivery->releases[i].values);
		cJSON_Delete(delivery->releases[i].coming);
	}
	for (size_t i = 0; i < delivery->application_count; i++) {
		snapshot_drop(delivery->applications[i].applied);
		snapshot_drop(delivery->applications[i].attempted);
		vec_release(&delivery->applications[i].waits);
	}
	free(delivery->releases);
	free(delivery->applications);
	snapshot_drop(delivery->artifact);
	snapshot_drop(delivery->first);
}

void delivery_pushed(struct delivery *delivery)
{
	/* Git's hook tells Flux' receiver; the three clusters hear of it one after the other. */
	agenda_want(delivery->stage->agenda, LOOK_SECONDS * (0.5 + 0.7 * delivery->stage->number), source_sync, delivery,
	            "flux-system/platform");
}

void delivery_observe(struct delivery *delivery, const struct table *table, const struct doc *doc)
{
	static const struct {
		const char *plural;
		agenda_work *work;
		int by_name;
	} rows[] = {{"gitrepositories", source_sync, 0}, {"kustomizations", application_sync, 1}, {"helmreleases", release_sync, 0}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(table->def.plural, rows[i].plural) == 0)
			agenda_want(delivery->stage->agenda, 0.3, rows[i].work, delivery, rows[i].by_name ? doc->name : doc->key);
}
