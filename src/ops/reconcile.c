/* SPDX-License-Identifier: MIT */
/*
 * Reconcile: a token in an annotation, which the controller repeats in its status once it has acted on
 * it. That, and the revision, decide that it is over; no clock does. With its source: that first, and
 * then what is applied has to be what the source brought.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "op_state.h"

static enum object_kind kind_named(const char *word)
{
	return word ? kind_find(word) : OBJECT_KINDS;
}

/* What an object takes its manifests from. Returns 0 when there is none that we know. */
static int source_of(const cJSON *live, enum object_kind *kind, const char **namespace, const char **name)
{
	static const char *const places[] = {"spec/chartRef", "spec/chart/spec/sourceRef", "spec/sourceRef"};
	const cJSON *ref = NULL;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !ref; i++)
		ref = json_at(live, places[i]);
	*kind = kind_named(json_string(ref, "kind"));
	*name = json_string(ref, "name");
	*namespace = json_string(ref, "namespace");
	if (!*namespace)
		*namespace = json_string(live, "metadata/namespace");
	return *kind != OBJECT_KINDS && *name && *namespace;
}

static int reconcile_also(const struct op *op, size_t n, char *path, size_t size)
{
	enum object_kind kind;
	const char *namespace, *name;

	if (n > 0 || !op->request.with_source || !source_of(op->live, &kind, &namespace, &name))
		return 0;
	const struct api_object object = op_object(op->ops, op->request.cluster, kind, namespace, name);
	api_object_path(&object, path, size);
	return 1;
}

static cJSON *token_body(const struct op *op, int force, int reset)
{
	cJSON *body = cJSON_CreateObject();
	cJSON *annotations = cJSON_AddObjectToObject(cJSON_AddObjectToObject(body, "metadata"), "annotations");

	cJSON_AddStringToObject(annotations, "reconcile.fluxcd.io/requestedAt", op->token);
	if (force)
		cJSON_AddStringToObject(annotations, "reconcile.fluxcd.io/forceAt", op->token);
	if (reset)
		cJSON_AddStringToObject(annotations, "reconcile.fluxcd.io/resetAt", op->token);
	return body;
}

static int is_handled(const struct op *op, const cJSON *object)
{
	const char *handled = json_string(object, "status/lastHandledReconcileAt");

	return handled && strcmp(handled, op->token) == 0;
}

static const char *revision_at(const cJSON *object)
{
	static const char *const places[] = {"status/artifact/revision", "status/lastAppliedRevision",
	                                     "status/history", "status/lastPushCommit"};
	const char *found = NULL;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !found; i++)
		found = json_string(object, places[i]);
	if (!found)
		found = json_string(cJSON_GetArrayItem(json_at(object, "status/history"), 0), "chartVersion");
	return found ? found : "";
}

/* "main@sha1:a1b2…" and "refs/heads/main@sha1:a1b2…" are one revision: what counts is the digest. */
static int same_revision(const char *a, const char *b)
{
	const char *left = strrchr(a, '@'), *right = strrchr(b, '@');

	return strcmp(left ? left + 1 : a, right ? right + 1 : b) == 0;
}

/* Reasons after which the controller tries again by itself, and nothing is decided yet. */
static int is_passing(const char *reason)
{
	static const char *const passing[] = {"DependencyNotReady", "Progressing", "ProgressingWithRetry",
	                                      "SourceNotReady", "HealthCheckCanceled"};

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (strcmp(reason, passing[i]) == 0)
			return 1;
	return 0;
}

static enum op_verdict judge_ready(const struct op *op, const cJSON *object, struct text *words)
{
	const char *reason, *message, *ready = condition_read(object, "Ready", &reason, &message);

	if (!is_handled(op, object)) {
		text_add(words, "the controller has not handled it yet");
		return OP_WAITING;
	}
	if (!generation_is_observed(object, json_int(object, "metadata/generation", 0)))
		ready = "Unknown";
	if (!*ready) /* a kind without conditions, or one that has nothing to say of a static object */
		return OP_HAPPENED;
	words_add(words, *reason ? reason : ready);
	if (*message) {
		text_add(words, ": ");
		words_add(words, message);
	}
	if (strcmp(ready, "True") == 0)
		return OP_HAPPENED;
	return strcmp(ready, "False") == 0 && !is_passing(reason) ? OP_WENT_WRONG : OP_WAITING;
}

/* What a source brought is what the object after it has to apply. */
static enum op_verdict judge_source(const struct op *op, const struct op_step *step, const cJSON *object,
                                    struct text *words)
{
	enum op_verdict verdict;

	text_printf(words, "%s %s: ", kind_rows[step->kind].word, step->name);
	if (!object) {
		text_add(words, "it is gone");
		return OP_WENT_WRONG;
	}
	verdict = judge_ready(op, object, words);
	/* The op is ours alone; only this judge notes something in it. */
	if (verdict == OP_HAPPENED)
		snprintf(((struct op *)(uintptr_t)op)->revision, sizeof(op->revision), "%s", revision_at(object));
	return verdict;
}

static enum op_verdict judge_reconciled(const struct op *op, const struct op_step *step, const cJSON *object,
                                        struct text *words)
{
	char said[400];
	struct text text = text_in(said, sizeof(said));
	enum op_verdict verdict;

	if (!object) {
		text_add(words, "it is gone");
		return OP_WENT_WRONG;
	}
	verdict = judge_ready(op, object, &text);
	if (verdict == OP_HAPPENED && step->kind == OBJECT_KUSTOMIZATION && *op->revision &&
	    !same_revision(op->revision, revision_at(object))) {
		text_add(words, "it has not applied what its source brought yet: ");
		words_add(words, op->revision);
		return OP_WAITING;
	}
	text_add(words, said);
	return verdict;
}

/* A Helm repository of type oci, and the like, have nothing that could be fetched. */
static int is_static(enum object_kind kind, const cJSON *source)
{
	const char *type = json_string(source, "spec/type");

	return kind == OBJECT_HELMREPOSITORY && type && strcmp(type, "oci") == 0;
}

static int plan_source(struct op *op, struct err *err)
{
	enum object_kind kind;
	const char *namespace, *name, *chart, *slash;

	if (!source_of(op->live, &kind, &namespace, &name))
		return err_set(err, "it names no source that could be reconciled before it");
	if (!op->also[0])
		return err_set(err, "its source %s %s/%s is not there, or cannot be read", kind_rows[kind].word, namespace, name);
	if (json_bool(op->also[0], "spec/suspend", 0))
		return err_set(err, "its source %s %s/%s is suspended: resume that first", kind_rows[kind].word, namespace, name);
	if (!is_static(kind, op->also[0]))
		op_step_add(op, kind, namespace, name, WRITE_MERGE, token_body(op, 0, 0))->judge = judge_source;
	/* The HelmChart that the controller made of it, "namespace/name". */
	chart = json_string(op->live, "status/helmChart");
	slash = chart ? strchr(chart, '/') : NULL;
	if (slash && !json_at(op->live, "spec/chartRef")) {
		char in[OP_NAME];
		snprintf(in, sizeof(in), "%.*s", (int)(slash - chart), chart);
		op_step_add(op, OBJECT_HELMCHART, in, slash + 1, WRITE_MERGE, token_body(op, 0, 0))->judge = judge_source;
	}
	op_effect_add(op, "First its source %s %s/%s is fetched.", kind_rows[kind].word, namespace, name);
	return 0;
}

static int reconcile_plan(struct op *op, struct err *err)
{
	int helm = op->request.kind == OBJECT_HELMRELEASE;

	if (json_bool(op->live, "spec/suspend", 0))
		return err_set(err, "it is suspended, so nothing would happen: resume it first");
	if ((op->request.force || op->request.reset) && !helm)
		return err_set(err, "force and reset are for HelmReleases");
	if (op->request.with_source && plan_source(op, err) < 0)
		return -1;
	op_step_self(op, WRITE_MERGE, token_body(op, op->request.force, op->request.reset))->judge = judge_reconciled;
	op_effect_add(op, "Its controller acts on it now instead of at its next interval.");
	if (op->request.force)
		op_effect_add(op, "Force: a release is installed or upgraded once even where nothing changed.");
	if (op->request.reset)
		op_effect_add(op, "Reset: its counts of failures begin at zero, so that it may try again.");
	return 0;
}

const struct verb_row op_reconcile = {
	.name = "flux.reconcile",
	.word = "reconcile",
	.help = "Let Flux act now instead of at the next interval",
	.kinds = KINDS_FLUX,
	.asks = ASKS_SOURCE | ASKS_FORCE,
	.timeout = 300,
	.also = reconcile_also,
	.plan = reconcile_plan,
};
