/* SPDX-License-Identifier: MIT */
/* The chart comes out of the commit that was read, the values from the trees before and after; helm does
 * the rest, in a folder that goes away again. */
#include "app/flag_render.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/render_room.h"
#include "base/mem.h"

enum { PLACES_MAX = 12 };

struct rendering {
	char *kind, *name, *text;
};

struct renderings {
	struct rendering *items;
	size_t count;
};

/* The chart as a folder on disk; free() it. */
static char *chart_get(struct flag_desk *desk, struct render_room *room, const char *chart, struct err *err)
{
	if (desk->folder)
		return mem_printf("%s/%s", desk->folder, chart);
	char *tar = mem_printf("%s/chart.tar", room->top);
	const char *const archive[] = {"archive", "--format=tar", "-o", tar, desk->ref, "--", chart, NULL};
	int result = desk_git(desk, archive, "reading the chart of", NULL, err);
	if (result == 0)
		result = room_unpack(room, tar, room->top, err);
	free(tar);
	return result < 0 ? NULL : mem_printf("%s/%s", room->top, chart);
}

static void objects_release(struct renderings *objects)
{
	for (size_t i = 0; i < objects->count; i++) {
		free(objects->items[i].kind);
		free(objects->items[i].name);
		free(objects->items[i].text);
	}
	free(objects->items);
}

static char *word_after(const char *text, const char *key)
{
	const char *at = strncmp(text, key, strlen(key)) == 0 ? text : NULL;
	char line[64];
	snprintf(line, sizeof(line), "\n%s", key);
	if (!at && (at = strstr(text, line)))
		at++;
	return at ? mem_copy(at + strlen(key), strcspn(at + strlen(key), "\r\n")) : NULL;
}

/* Documents of helm's output. Kind and name stand where helm's users write them: at the top, and first in metadata. */
static void objects_take(struct renderings *objects, const char *text)
{
	*objects = (struct renderings){0};
	while (*text) {
		const char *end = strstr(text, "\n---");
		size_t len = end ? (size_t)(end - text) + 1 : strlen(text);
		char *document = mem_copy(text, len), *body = document;
		while (strncmp(body, "---", 3) == 0 || *body == '#' || *body == '\n')
			body += strcspn(body, "\n") + (body[strcspn(body, "\n")] == '\n');
		char *kind = word_after(body, "kind: "), *name = word_after(body, "  name: ");
		if (kind && name) {
			objects->items = mem_resize(objects->items, objects->count + 1, sizeof(*objects->items));
			objects->items[objects->count++] = (struct rendering){kind, name, mem_copy_string(body)};
		} else {
			free(kind);
			free(name);
		}
		free(document);
		text += len;
	}
}

static int render(struct flag_desk *desk, const struct flag_tree *tree, const char *top, const char *chart, const char *release,
                  const struct desk_place *place, struct renderings *objects, struct err *err)
{
	const char *argv[2 * FLAG_LAYERS + 8] = {"helm", "template", release, chart};
	char *files[FLAG_LAYERS] = {0};
	struct flag_scope scope;
	struct buf out;
	size_t n = 4;
	int result = 0;
	flag_scope_init(&scope, tree, place->service, place->env, place->region);
	for (size_t i = LAYER_DEFAULTS; i < FLAG_LAYERS && result == 0; i++) {
		if (!scope.files[i])
			continue;
		files[i] = mem_printf("%s/values-%zu.yaml", top, i);
		result = room_write(files[i], scope.files[i]->bytes, scope.files[i]->len, err);
		argv[n++] = "-f";
		argv[n++] = files[i];
	}
	if (result == 0) {
		result = room_run(desk->loop, argv, &out, err);
		if (result == 0)
			objects_take(objects, buf_string(&out));
		buf_release(&out);
	}
	for (size_t i = 0; i < FLAG_LAYERS; i++)
		free(files[i]);
	return result;
}

static const struct rendering *object_find(const struct renderings *objects, const struct rendering *like)
{
	for (size_t i = 0; i < objects->count; i++)
		if (strcmp(objects->items[i].kind, like->kind) == 0 && strcmp(objects->items[i].name, like->name) == 0)
			return &objects->items[i];
	return NULL;
}

/* The lines of spec.template, which is what pods are made of. */
static const char *template_of(const char *text, size_t *len)
{
	const char *at = strstr(text, "\n  template:"), *end = at;
	*len = 0;
	if (!at)
		return NULL;
	do
		end += 1 + strcspn(end + 1, "\n");
	while (*end && strncmp(end + 1, "   ", 3) == 0);
	*len = (size_t)(end - at);
	return at;
}

static int restarts(const struct rendering *before, const struct rendering *after)
{
	size_t a_len, b_len;
	const char *a = template_of(before->text, &a_len), *b = template_of(after->text, &b_len);
	return a && b && (a_len != b_len || memcmp(a, b, a_len) != 0);
}

static void add(struct rendered *rendered, const char *place, const char *op, const struct rendering *object, char *diff, int pods)
{
	rendered->items = mem_resize(rendered->items, rendered->count + 1, sizeof(*rendered->items));
	rendered->items[rendered->count++] = (struct rendered_object){mem_copy_string(place), mem_copy_string(op), mem_copy_string(object->kind),
	    mem_copy_string(object->name), diff ? diff : mem_copy_string(""), pods};
}

static void compare(struct rendered *rendered, const char *place, const struct renderings *before, const struct renderings *after)
{
	for (size_t i = 0; i < after->count; i++) {
		const struct rendering *now = &after->items[i], *was = object_find(before, now);
		struct buf diff;
		if (!was) {
			add(rendered, place, "create", now, NULL, 0);
			continue;
		}
		if (strcmp(was->text, now->text) == 0)
			continue;
		buf_init(&diff, 4 << 20);
		char *name = mem_printf("%s/%s", now->kind, now->name);
		/* What a Secret holds is never shown. */
		int made = strcmp(now->kind, "Secret") != 0 && flag_diff(&diff, name, was->text, strlen(was->text), now->text, strlen(now->text)) == 0;
		add(rendered, place, "change", now, mem_copy_string(made ? buf_string(&diff) : ""), restarts(was, now));
		free(name);
		buf_release(&diff);
	}
	for (size_t i = 0; i < before->count; i++)
		if (!object_find(after, &before->items[i]))
			add(rendered, place, "delete", &before->items[i], NULL, 0);
}

static int one_place(struct flag_desk *desk, const struct flag_plan *plan, const struct desk_place *place, const char *top, const char *chart,
                     struct rendered *rendered, struct err *err)
{
	struct renderings before = {0}, after = {0};
	char *release = flag_template_fill(desk->tree->catalog.render_release, place->service, place->env, place->region ? place->region : "");
	char name[600];
	int result = -1;
	snprintf(name, sizeof(name), "%s/%s%s%s", place->service, place->env, place->region ? "/" : "", place->region ? place->region : "");
	if (!release)
		err_set(err, "the catalog's render.release needs a region that is not given");
	else if (render(desk, desk->tree, top, chart, release, place, &before, err) == 0 &&
	         render(desk, plan->after, top, chart, release, place, &after, err) == 0) {
		compare(rendered, name, &before, &after);
		result = 0;
	}
	objects_release(&before);
	objects_release(&after);
	free(release);
	return result < 0 ? err_wrap(err, "%s", name) : 0;
}

void desk_render(struct flag_desk *desk, const struct flag_plan *plan, const struct flag_change *change, struct rendered *rendered)
{
	const struct flag_catalog *catalog = &desk->tree->catalog;
	struct render_room room;
	char *chart;
	struct err err = {0};
	size_t places = 0;
	*rendered = (struct rendered){0};
	if (!catalog->render_chart) {
		snprintf(rendered->why, sizeof(rendered->why), "the catalog names no chart to render");
		return;
	}
	if (room_open(&room, desk->loop, &err) < 0) {
		snprintf(rendered->why, sizeof(rendered->why), "%.390s", err.text);
		return;
	}
	chart = chart_get(desk, &room, catalog->render_chart, &err);
	for (size_t i = 0; chart && i < change->count && places < PLACES_MAX && !err.text[0]; i++) {
		const struct flag_intent *intent = &change->items[i];
		const struct flag_env *env = catalog_env(catalog, intent->env);
		int seen = 0;
		for (size_t k = 0; k < i && !seen; k++)
			seen = strcmp(change->items[k].service, intent->service) == 0 && strcmp(change->items[k].env, intent->env) == 0;
		for (size_t r = 0; !seen && r < (env && env->regions.count ? env->regions.count : 1) && !err.text[0]; r++) {
			const char *region = intent->region ? intent->region : env && env->regions.count ? env->regions.items[r] : NULL;
			const struct desk_place place = {intent->service, intent->env, region};
			places++;
			if (one_place(desk, plan, &place, room.top, chart, rendered, &err) < 0 || intent->region)
				break;
		}
	}
	if (err.text[0])
		snprintf(rendered->why, sizeof(rendered->why), "%.390s", err.text);
	room_close(&room);
	free(chart);
}

void rendered_release(struct rendered *rendered)
{
	for (size_t i = 0; i < rendered->count; i++) {
		struct rendered_object *object = &rendered->items[i];
		free(object->place);
		free(object->op);
		free(object->kind);
		free(object->name);
		free(object->diff);
	}
	free(rendered->items);
	*rendered = (struct rendered){0};
}

void rendered_print(const struct rendered *rendered)
{
	if (rendered->why[0])
		printf("rendered: not known, %s\n", rendered->why);
	else if (!rendered->count)
		printf("rendered: nothing changes\n");
	for (size_t i = 0; i < rendered->count; i++) {
		const struct rendered_object *object = &rendered->items[i];
		printf("rendered: %s %s %s: %s%s\n", object->op, object->kind, object->name, object->place, object->restarts_pods ? " (its pods restart)" : "");
		if (*object->diff)
			printf("%s", object->diff);
	}
}

struct cJSON *rendered_json(const struct rendered *rendered)
{
	cJSON *list = cJSON_CreateArray();
	if (rendered->why[0]) {
		cJSON_Delete(list);
		return cJSON_CreateNull();
	}
	for (size_t i = 0; i < rendered->count; i++) {
		const struct rendered_object *object = &rendered->items[i];
		cJSON *json = cJSON_CreateObject();
		cJSON_AddStringToObject(json, "place", object->place);
		cJSON_AddStringToObject(json, "op", object->op);
		cJSON_AddStringToObject(json, "kind", object->kind);
		cJSON_AddStringToObject(json, "name", object->name);
		cJSON_AddBoolToObject(json, "restartsPods", object->restarts_pods);
		cJSON_AddStringToObject(json, "diff", object->diff);
		cJSON_AddItemToArray(list, json);
	}
	return list;
}
