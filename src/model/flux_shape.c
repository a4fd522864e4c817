/* SPDX-License-Identifier: MIT */
/* What the kinds of model/flux.h own: rows of offsets, and loops over their lists. */
#include <stdlib.h>

#include "model/flux.h"
#include "model/workload.h"
#include "shape.h"

#define AT(type, field) offsetof(struct type, field)
#define WORDS(...) (const size_t[]){__VA_ARGS__, 0}

static void refs_release(struct intern *pool, struct object_refs *refs)
{
	for (uint16_t i = 0; i < refs->count; i++)
		ref_release(pool, &refs->items[i]);
	free(refs->items);
}

static void refs_complete(struct object_refs *refs)
{
	for (uint16_t i = 0; i < refs->count; i++)
		ref_complete(&refs->items[i]);
}

static void inventory_release(struct intern *pool, struct inventory *inventory)
{
	for (uint32_t i = 0; i < inventory->count; i++)
		intern_drop(pool, inventory->ids[i]);
	free(inventory->ids);
}

/* The interned strings of the items of a list. */
static void each_word(struct intern *pool, const size_t *offsets, void *items, size_t size, size_t count)
{
	const char **word;
	for (size_t at = 0; at < count; at++)
		for (size_t i = 0; (word = shape_word(offsets, (char *)items + at * size, i)); i++) {
			if (pool)
				intern_drop(pool, *word);
			else
				word_complete(word);
		}
}

static const size_t apply_words[] = {AT(apply_record, digest), AT(apply_record, status), AT(apply_record, revision), 0};
static const size_t release_words[] = {AT(release_record, status), AT(release_record, chart),
	AT(release_record, chart_version), AT(release_record, app_version), AT(release_record, config_digest),
	AT(release_record, digest), AT(release_record, oci_digest), 0};
static const size_t metric_words[] = {AT(metric_result, name), AT(metric_result, phase), AT(metric_result, message), AT(metric_result, value), 0};

static void kustomization_complete(struct object *object)
{
	struct kustomization *k = (struct kustomization *)object;
	refs_complete(&k->depends_on);
	each_word(NULL, apply_words, k->history, sizeof(*k->history), k->history_count);
}

static void kustomization_release(struct intern *pool, struct object *object)
{
	struct kustomization *k = (struct kustomization *)object;
	refs_release(pool, &k->depends_on);
	inventory_release(pool, &k->inventory);
	each_word(pool, apply_words, k->history, sizeof(*k->history), k->history_count);
	free(k->history);
}

static void helm_complete(struct object *object)
{
	struct helm_release *h = (struct helm_release *)object;
	refs_complete(&h->depends_on);
	refs_complete(&h->values);
	each_word(NULL, release_words, h->history, sizeof(*h->history), h->history_count);
}

static void helm_release_release(struct intern *pool, struct object *object)
{
	struct helm_release *h = (struct helm_release *)object;
	refs_release(pool, &h->depends_on);
	refs_release(pool, &h->values);
	inventory_release(pool, &h->inventory);
	each_word(pool, release_words, h->history, sizeof(*h->history), h->history_count);
	free(h->history);
}

static void analysis_complete(struct object *object)
{
	struct analysis_run *run = (struct analysis_run *)object;
	each_word(NULL, metric_words, run->metrics, sizeof(*run->metrics), run->metric_count);
}

static void analysis_release(struct intern *pool, struct object *object)
{
	struct analysis_run *run = (struct analysis_run *)object;
	each_word(pool, metric_words, run->metrics, sizeof(*run->metrics), run->metric_count);
	free(run->metrics);
}

static void canary_release(struct intern *pool, struct object *object)
{
	(void)pool;
	free(((struct canary *)object)->target_key);
}

static void scaled_release(struct intern *pool, struct object *object)
{
	(void)pool;
	free(((struct scaled_object *)object)->target_key);
}

static void action_set_release(struct intern *pool, struct object *object)
{
	(void)pool;
	free(((struct action_set *)object)->error);
}

static void terraform_complete(struct object *object)
{
	refs_complete(&((struct terraform *)object)->depends_on);
}

static void terraform_release(struct intern *pool, struct object *object)
{
	struct terraform *terraform = (struct terraform *)object;
	refs_release(pool, &terraform->depends_on);
	inventory_release(pool, &terraform->inventory);
}

static const size_t argo_words[] = {AT(argo_rollout, phase), AT(argo_rollout, message), AT(argo_rollout, observed), AT(argo_rollout, current_hash),
	AT(argo_rollout, stable_hash), AT(argo_rollout, preview_hash), AT(argo_rollout, active_hash),
	AT(argo_rollout, pause_reason), AT(argo_rollout, analysis_run), AT(argo_rollout, analysis_status),
	REF_WORDS(struct argo_rollout, workload), 0};

void argo_complete(struct argo_rollout *argo)
{
	if (!argo)
		return;
	each_word(NULL, argo_words, argo, sizeof(*argo), 1);
	condition_complete(&argo->healthy);
	condition_complete(&argo->invalid);
	condition_complete(&argo->completed);
}

void argo_release(struct intern *pool, struct argo_rollout *argo)
{
	if (!argo)
		return;
	each_word(pool, argo_words, argo, sizeof(*argo), 1);
	condition_release(pool, &argo->healthy);
	condition_release(pool, &argo->invalid);
	condition_release(pool, &argo->completed);
	free(argo->steps);
	free(argo);
}

#define SOURCE_WORDS \
	WORDS(AT(flux_source, url), AT(flux_source, branch), AT(flux_source, tag), AT(flux_source, semver), \
	      AT(flux_source, commit), AT(flux_source, ref_name), AT(flux_source, version), AT(flux_source, verify), \
	      AT(flux_source, secret), REF_WORDS(struct flux_source, source), AT(flux_source, revision), \
	      AT(flux_source, digest), AT(flux_source, observed_source_revision))
#define OTHER_WORDS \
	WORDS(AT(flux_other, about), AT(flux_other, revision), REF_WORDS(struct flux_other, source))

const struct shape flux_shapes[OBJECT_KINDS] = {
	[OBJECT_CRONJOB] = {WORDS(AT(cronjob, schedule)), NULL, NULL},
	[OBJECT_PDB] = {WORDS(AT(disruption_budget, selector)), NULL, NULL},
	[OBJECT_GITREPOSITORY] = {SOURCE_WORDS, NULL, NULL},
	[OBJECT_OCIREPOSITORY] = {SOURCE_WORDS, NULL, NULL},
	[OBJECT_BUCKET] = {SOURCE_WORDS, NULL, NULL},
	[OBJECT_HELMREPOSITORY] = {SOURCE_WORDS, NULL, NULL},
	[OBJECT_HELMCHART] = {SOURCE_WORDS, NULL, NULL},
	[OBJECT_KUSTOMIZATION] = {
		WORDS(REF_WORDS(struct kustomization, source), AT(kustomization, path), AT(kustomization, target_namespace),
		      AT(kustomization, applied), AT(kustomization, attempted), AT(kustomization, applied_origin),
		      AT(kustomization, attempted_origin)),
		kustomization_release, kustomization_complete},
	[OBJECT_HELMRELEASE] = {
		WORDS(REF_WORDS(struct helm_release, source), REF_WORDS(struct helm_release, chart_object),
		      AT(helm_release, chart), AT(helm_release, chart_version), AT(helm_release, release_name),
		      AT(helm_release, target_namespace), AT(helm_release, storage_namespace), AT(helm_release, attempted),
		      AT(helm_release, attempted_digest), AT(helm_release, attempted_action), AT(helm_release, drift_mode),
		      AT(helm_release, force_requested), AT(helm_release, force_handled), AT(helm_release, reset_requested),
		      AT(helm_release, reset_handled)),
		helm_release_release, helm_complete},
	[OBJECT_CANARY] = {
		WORDS(REF_WORDS(struct canary, target), REF_WORDS(struct canary, autoscaler), AT(canary, phase),
		      AT(canary, applied_spec), AT(canary, promoted_spec), AT(canary, steps), AT(canary, metrics),
		      AT(canary, gates)),
		canary_release, NULL},
	[OBJECT_ANALYSISRUN] = {WORDS(AT(analysis_run, phase), AT(analysis_run, message)), analysis_release,
		analysis_complete},
	[OBJECT_SCALEDOBJECT] = {
		WORDS(REF_WORDS(struct scaled_object, target), AT(scaled_object, hpa), AT(scaled_object, failing),
		      AT(scaled_object, triggers)),
		scaled_release, NULL},
	[OBJECT_ACTIONSET] = {
		WORDS(AT(action_set, state), AT(action_set, action), AT(action_set, phase), AT(action_set, phase_state)),
		action_set_release, NULL},
	[OBJECT_TERRAFORM] = {
		WORDS(REF_WORDS(struct terraform, source), AT(terraform, path), AT(terraform, approve),
		      AT(terraform, plan_pending), AT(terraform, plan_applied), AT(terraform, planned),
		      AT(terraform, attempted), AT(terraform, applied), AT(terraform, lock)),
		terraform_release, terraform_complete},
	[OBJECT_IMAGEREPOSITORY] = {OTHER_WORDS, NULL, NULL},
	[OBJECT_IMAGEPOLICY] = {OTHER_WORDS, NULL, NULL},
	[OBJECT_IMAGEUPDATE] = {OTHER_WORDS, NULL, NULL},
	[OBJECT_PROVIDER] = {OTHER_WORDS, NULL, NULL},
	[OBJECT_ALERT] = {OTHER_WORDS, NULL, NULL},
	[OBJECT_RECEIVER] = {OTHER_WORDS, NULL, NULL},
};
