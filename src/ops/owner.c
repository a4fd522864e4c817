/* SPDX-License-Identifier: MIT */
/*
 * What Git makes of a change: whether the object is applied by Flux, whether the changed field is
 * among those that Flux applies (managedFields is where the API server keeps that), and when it would
 * be put back. Said before the change is made, with what to do instead.
 */
#include <stdio.h>
#include <string.h>

#include "op_state.h"

static const struct {
	enum object_kind kind;
	const char *label_name, *label_namespace;
} labels[] = {
	{OBJECT_HELMRELEASE, "helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace"},
	{OBJECT_KUSTOMIZATION, "kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace"},
};

int owner_of(const cJSON *live, enum object_kind *kind, const char **namespace, const char **name)
{
	const cJSON *own = json_at(live, "metadata/labels");

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		const cJSON *of_name = json_get(own, labels[i].label_name), *in = json_get(own, labels[i].label_namespace);
		if (!cJSON_IsString(of_name) || !cJSON_IsString(in))
			continue;
		*kind = labels[i].kind;
		*name = of_name->valuestring;
		*namespace = in->valuestring;
		return 1;
	}
	return 0;
}

/* "f:spec f:paused" in one manager's fields; a field that is managed as a whole covers what is below. */
static int fields_have(const cJSON *fields, const char *path)
{
	char name[128];

	while (*path && fields) {
		size_t len = strcspn(path, " ");
		if (len >= sizeof(name))
			return 0;
		memcpy(name, path, len);
		name[len] = '\0';
		fields = json_get(fields, name);
		path += len + (path[len] == ' ');
	}
	return fields != NULL;
}

int owner_manages(const cJSON *live, const char *field)
{
	static const char *const managers[] = {"kustomize-controller", "helm-controller", "helm", "flux"};
	const cJSON *entry;

	cJSON_ArrayForEach(entry, json_at(live, "metadata/managedFields"))
	{
		const char *manager = json_string(entry, "manager");
		for (size_t i = 0; manager && i < sizeof(managers) / sizeof(managers[0]); i++)
			if (strcmp(manager, managers[i]) == 0 && fields_have(json_get(entry, "fieldsV1"), field))
				return 1;
	}
	return 0;
}

static int is_disabled(const cJSON *live)
{
	const cJSON *value = json_get(json_at(live, "metadata/annotations"), "kustomize.toolkit.fluxcd.io/reconcile");

	return cJSON_IsString(value) && strcmp(value->valuestring, "disabled") == 0;
}

static void describe_helm(const cJSON *owner, const char *interval, struct text *out)
{
	const char *mode = json_string(owner, "spec/driftDetection/mode");

	if (mode && strcmp(mode, "enabled") == 0)
		text_printf(out, "It will be put back within %s (drift detection is on).", interval);
	else if (mode && strcmp(mode, "warn") == 0)
		text_add(out, "It stays until the next upgrade of the release; drift detection will warn of it.");
	else
		text_add(out, "It stays until the next upgrade of the release, which puts it back.");
}

void owner_describe(struct op *op)
{
	struct text out = text_in(op->git, sizeof(op->git));
	const char *namespace, *name, *interval, *field = op->row->field;
	enum object_kind kind;

	if (!op->live || !owner_of(op->live, &kind, &namespace, &name))
		return;
	text_printf(&out, "Applied from Git by %s ", kind_rows[kind].word);
	words_add(&out, namespace);
	text_add(&out, "/");
	words_add(&out, name);
	text_add(&out, ". ");
	interval = op->owner ? json_string(op->owner, "spec/interval") : NULL;
	if (!field || !owner_manages(op->live, field)) {
		text_add(&out, "Git does not set what is changed here, so Flux leaves it.");
		return;
	}
	if (is_disabled(op->live)) {
		text_add(&out, "Its reconciliation is disabled for this object, so Flux leaves it.");
		return;
	}
	if (!op->owner) {
		text_add(&out, "Git sets what is changed here; whether and when it is put back is not known, because that "
		               "object cannot be read.");
		return;
	}
	if (json_bool(op->owner, "spec/suspend", 0)) {
		text_add(&out, "That is suspended: the change stays until it is resumed, and is put back then.");
		return;
	}
	char safe[40];
	struct text span = text_in(safe, sizeof(safe));
	words_add(&span, interval ? interval : "its interval");
	if (kind == OBJECT_HELMRELEASE)
		describe_helm(op->owner, safe, &out);
	else
		text_printf(&out, "It will be put back within %s.", safe);
	text_printf(&out, " Instead: change it in Git, or suspend the %s first.", kind_rows[kind].word);
}
