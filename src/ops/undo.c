/* SPDX-License-Identifier: MIT */
/*
 * Undo: the template of an earlier revision becomes the present one, as `kubectl rollout undo` does it.
 * A Deployment's revisions are its ReplicaSets, an Argo Rollout's too; those of the other two are
 * ControllerRevisions, which hold a patch. The patch of a Deployment names the generation that was looked
 * at: a change that came in between is not overwritten.
 */
#include <stdlib.h>
#include <string.h>

#include "kube/history.h"
#include "op_state.h"

static int undo_also(const struct op *op, size_t n, char *path, size_t size)
{
	if (n > 0)
		return 0;
	op_selected_path(op, "/apis/apps/v1", path, size);
	return 1;
}

static int64_t revision_of(const struct op *op, const cJSON *item)
{
	const cJSON *annotations = json_at(item, "metadata/annotations");
	const cJSON *text = json_get(annotations, op->request.kind == OBJECT_ROLLOUT ? "rollout.argoproj.io/revision"
	                                                                              : "deployment.kubernetes.io/revision");

	if (!history_keeps_sets(op->request.kind))
		return json_int(item, "revision", 0);
	return cJSON_IsString(text) ? strtoll(text->valuestring, NULL, 10) : 0;
}

/* The newest revision, and the one that is wanted: by number, or the newest before it. */
static const cJSON *revision_find(const struct op *op, int64_t wanted, int64_t *newest, int64_t *found, size_t *count)
{
	const cJSON *item, *best = NULL;

	*newest = *found = 0;
	*count = 0;
	cJSON_ArrayForEach(item, json_get(op->also[0], "items"))
		if (history_holds(op->live, item) && revision_of(op, item) > 0) {
			++*count;
			if (revision_of(op, item) > *newest)
				*newest = revision_of(op, item);
		}
	cJSON_ArrayForEach(item, json_get(op->also[0], "items"))
	{
		int64_t revision = revision_of(op, item);
		if (!history_holds(op->live, item) || revision <= 0)
			continue;
		if (wanted ? revision == wanted : revision < *newest && revision > *found) {
			best = item;
			*found = revision;
		}
	}
	return best;
}

static cJSON *template_of(const cJSON *set)
{
	cJSON *template = cJSON_Duplicate(json_at(set, "spec/template"), 1);
	cJSON *labels = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(template, "metadata"), "labels");

	cJSON_DeleteItemFromObjectCaseSensitive(labels, "pod-template-hash");
	cJSON_DeleteItemFromObjectCaseSensitive(labels, "rollouts-pod-template-hash");
	return template;
}

static void patch_add(cJSON *patch, const char *op, const char *path, cJSON *value)
{
	cJSON *change = cJSON_CreateObject();

	cJSON_AddStringToObject(change, "op", op);
	cJSON_AddStringToObject(change, "path", path);
	cJSON_AddItemToObject(change, "value", value);
	cJSON_AddItemToArray(patch, change);
}

/* What kubectl leaves alone: those that the controller and the client keep for themselves. */
static int annotation_stays(const char *name)
{
	static const char *const own[] = {
		"kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision",
		"deployment.kubernetes.io/revision-history", "deployment.kubernetes.io/desired-replicas",
		"deployment.kubernetes.io/max-replicas", "deprecated.deployment.rollback.to"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcmp(name, own[i]) == 0)
			return 1;
	return 0;
}

/* The Deployment's annotations go back to those of the revision, change cause included. */
static cJSON *annotations_of(const struct op *op, const cJSON *set)
{
	cJSON *annotations = cJSON_CreateObject();
	const cJSON *item;

	cJSON_ArrayForEach(item, json_at(op->live, "metadata/annotations"))
		if (annotation_stays(item->string))
			cJSON_AddItemToObject(annotations, item->string, cJSON_Duplicate(item, 1));
	cJSON_ArrayForEach(item, json_at(set, "metadata/annotations"))
		if (!annotation_stays(item->string))
			cJSON_AddItemToObject(annotations, item->string, cJSON_Duplicate(item, 1));
	return annotations;
}

static enum op_verdict judge_undone(const struct op *op, const struct op_step *step, const cJSON *object,
                                    struct text *words)
{
	enum op_verdict verdict = judge_written(op, step, object, words);

	if (verdict == OP_HAPPENED)
		text_printf(words, "the template of revision %ld is the present one", op->request.revision);
	return verdict;
}

static int plan_set(struct op *op, const cJSON *set, struct err *err)
{
	cJSON *template = template_of(set), *patch;

	if (!template)
		return err_set(err, "revision %ld has no template", op->request.revision);
	if (cJSON_Compare(template, json_at(op->live, "spec/template"), 1)) {
		cJSON_Delete(template);
		return err_set(err, "its template is that of revision %ld already", op->request.revision);
	}
	patch = cJSON_CreateArray();
	patch_add(patch, "test", "/metadata/generation",
	          cJSON_CreateNumber((double)json_int(op->live, "metadata/generation", 0)));
	patch_add(patch, "replace", "/spec/template", template);
	if (op->request.kind == OBJECT_DEPLOYMENT)
		patch_add(patch, json_at(op->live, "metadata/annotations") ? "replace" : "add", "/metadata/annotations",
		          annotations_of(op, set));
	op_step_self(op, WRITE_JSON, patch)->judge = judge_undone;
	return 0;
}

static int undo_plan(struct op *op, struct err *err)
{
	int64_t newest, found;
	size_t count;
	const cJSON *item = revision_find(op, op->request.revision, &newest, &found, &count);

	if (!op->also[0])
		return err_set(err, "its revisions cannot be read (%s)",
		               history_keeps_sets(op->request.kind) ? "list replicasets.apps" : "list controllerrevisions.apps");
	if (json_bool(op->live, "spec/paused", 0))
		return err_set(err, "its rollout is paused, and what is paused is not rolled back: resume it first");
	if (!item && op->request.revision)
		return err_set(err, "there is no revision %ld of it; the newest is %lld", op->request.revision, (long long)newest);
	if (!item)
		return err_set(err, "there is no revision before %lld to go back to", (long long)newest);
	op->request.revision = (long)found;
	if (history_keeps_sets(op->request.kind)) {
		if (plan_set(op, item, err) < 0)
			return -1;
	} else {
		if (found == newest && count > 0 && json_get(item, "data"))
			return err_set(err, "revision %lld is the present one", (long long)found);
		op_step_self(op, WRITE_STRATEGIC, cJSON_Duplicate(json_get(item, "data"), 1))->judge = judge_undone;
	}
	op_effect_add(op, "The template of revision %lld becomes the present one, as a new revision; its pods are replaced.",
	              (long long)found);
	return 0;
}

const struct verb_row op_undo = {
	.name = "rollout.undo",
	.word = "undo",
	.help = "Go back to an earlier revision",
	.kinds = KINDS_APPS | KIND_BIT(OBJECT_ROLLOUT),
	.asks = ASKS_REASON | ASKS_REVISION,
	.timeout = 30,
	.also = undo_also,
	.plan = undo_plan,
	.field = "f:spec f:template f:spec",
};
