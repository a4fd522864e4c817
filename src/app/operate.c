/* SPDX-License-Identifier: MIT */
/* From services and names to the objects that a verb is for. */
#include "app/operate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "kube/source.h"
#include "model/workload.h"

static struct client *client_of(void *arg, const char *cluster, struct err *err)
{
	const struct session *session = arg;
	const struct cluster *known = fleet_cluster(session->fleet, cluster);
	struct source *source = known ? session_source(session, known) : NULL;

	if (source)
		return source_client(source);
	err_set(err, "%s: %s", cluster, !known ? "there is no such cluster here"
	                                : *known->error ? known->error : "it cannot be asked");
	return NULL;
}

static const char *version_of(void *arg, const char *cluster, enum object_kind kind)
{
	const struct session *session = arg;
	const struct cluster *known = fleet_cluster(session->fleet, cluster);
	const struct source *source = known ? session_source(session, known) : NULL;
	const char *version = NULL;

	return source && source_kind(source, kind, &version) ? version : NULL;
}

struct ops *operate_ops(struct session *session, struct audit *audit, struct log *log, int read_only,
                        void (*changed)(void *arg), void *arg)
{
	/* `changed` has an argument of its own; the client's is the session. */
	struct ops_options options = {
		.loop = session->loop, .clock = session->fleet->clock, .audit = audit, .fleet = session->fleet, .log = log,
		.read_only = read_only, .client = client_of, .version = version_of, .client_arg = session, .changed = changed, .arg = arg,
	};

	return ops_new(&options);
}

void targets_init(struct targets *targets, const struct op_request *common)
{
	*targets = (struct targets){.common = *common};
}

void targets_release(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++) {
		free((char *)(uintptr_t)targets->items[i].cluster);
		free((char *)(uintptr_t)targets->items[i].namespace);
		free((char *)(uintptr_t)targets->items[i].name);
	}
	free(targets->items);
	*targets = (struct targets){.count = 0};
}

static int is_added(const struct targets *targets, const char *cluster, enum object_kind kind, const char *namespace,
                    const char *name)
{
	for (size_t i = 0; i < targets->count; i++) {
		const struct op_request *item = &targets->items[i];
		if (item->kind == kind && strcmp(item->name, name) == 0 && strcmp(item->namespace, namespace) == 0 &&
		    strcmp(item->cluster, cluster) == 0)
			return 1;
	}
	return 0;
}

int targets_add_object(struct targets *targets, const struct cluster *cluster, enum object_kind kind,
                       const char *namespace, const char *name, struct err *err)
{
	struct op_request *item;

	if (!verb_fits(targets->common.verb, kind))
		return err_set(err, "%s is not for a %s", verb_name(targets->common.verb), kind_rows[kind].word);
	/* Two services of one HelmRelease mean it once. */
	if (is_added(targets, cluster->name, kind, namespace, name))
		return 0;
	if (targets->count == targets->room) {
		targets->room = targets->room ? 2 * targets->room : 16;
		targets->items = mem_resize(targets->items, targets->room, sizeof(*targets->items));
	}
	item = &targets->items[targets->count++];
	*item = targets->common;
	item->cluster = mem_copy_string(cluster->name);
	item->protected = cluster->protected;
	item->kind = kind;
	item->namespace = mem_copy_string(namespace);
	item->name = mem_copy_string(name);
	return 0;
}

static const char *label_of(const struct workload *workload, const char *key)
{
	for (size_t i = 0; i < workload->label_count; i++)
		if (strcmp(workload->labels[i].key, key) == 0)
			return workload->labels[i].value;
	return NULL;
}

/* What Flux applies the workload with, as its labels say: the HelmRelease, or else the Kustomization. */
static int add_applier(struct targets *targets, const struct service *service, const struct workload *workload,
                       struct err *err)
{
	static const struct {
		enum object_kind kind;
		const char *name, *namespace;
	} labels[] = {
		{OBJECT_HELMRELEASE, "helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace"},
		{OBJECT_KUSTOMIZATION, "kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace"},
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		const char *name = label_of(workload, labels[i].name), *namespace = label_of(workload, labels[i].namespace);
		if (name && namespace && verb_fits(targets->common.verb, labels[i].kind))
			return targets_add_object(targets, service->cluster, labels[i].kind, namespace, name, err);
	}
	return 0;
}

int targets_add_service(struct targets *targets, const struct service *service, struct err *err)
{
	size_t before = targets->count;

	for (size_t i = 0; i < service->workloads.len; i++) {
		const struct workload *workload = service->workloads.items[i];
		int result = verb_fits(targets->common.verb, workload->object.kind)
		                 ? targets_add_object(targets, service->cluster, workload->object.kind,
		                                      workload->object.namespace, workload->object.name, err)
		                 : add_applier(targets, service, workload, err);
		if (result < 0)
			return -1;
	}
	if (targets->count > before || (before > 0 && service->workloads.len > 0 && verb_fits(targets->common.verb,
	                                                                                      OBJECT_KUSTOMIZATION)))
		return 0;
	if (service->workloads.len == 0)
		return err_set(err, "%s: its workload is not known yet", service->name);
	if (verb_fits(targets->common.verb, OBJECT_KUSTOMIZATION))
		return err_set(err, "%s is not applied by Flux, as far as its labels say", service->name);
	return err_set(err, "%s is a %s: %s is not for it", service->name, service->kind, verb_name(targets->common.verb));
}

enum object_kind kind_of_person(const char *word)
{
	static const struct {
		const char *word;
		enum object_kind kind;
	} brief[] = {
		{"ks", OBJECT_KUSTOMIZATION}, {"hr", OBJECT_HELMRELEASE}, {"gitrepo", OBJECT_GITREPOSITORY},
		{"ocirepo", OBJECT_OCIREPOSITORY}, {"helmrepo", OBJECT_HELMREPOSITORY}, {"hc", OBJECT_HELMCHART},
		{"deploy", OBJECT_DEPLOYMENT}, {"sts", OBJECT_STATEFULSET}, {"ds", OBJECT_DAEMONSET}, {"ro", OBJECT_ROLLOUT},
		{"so", OBJECT_SCALEDOBJECT}, {"cj", OBJECT_CRONJOB},
	};

	for (size_t i = 0; i < sizeof(brief) / sizeof(brief[0]); i++)
		if (strcasecmp(brief[i].word, word) == 0)
			return brief[i].kind;
	for (int kind = 0; kind < OBJECT_KINDS; kind++)
		if (kind_rows[kind].word && (strcasecmp(kind_rows[kind].word, word) == 0 ||
		                             strcasecmp(kind_rows[kind].plural, word) == 0))
			return (enum object_kind)kind;
	return OBJECT_KINDS;
}
