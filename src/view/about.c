/* SPDX-License-Identifier: MIT */
/* Events name what they are about; this finds out whether that is a part of a service. */
#include "view/about.h"

#include <string.h>

#include "model/pod.h"
#include "model/workload.h"

static int same_object(const struct object *object, const char *name, const char *uid)
{
	if (!object || strcmp(object->name, name) != 0)
		return 0;
	return !uid || !*uid || !*object->uid || strcmp(object->uid, uid) == 0;
}

static int owns_replicaset(const struct service *service, const char *name, const char *uid)
{
	const struct object *object = cluster_object(service->cluster, OBJECT_REPLICASET, service->namespace,
	                                             name);
	const struct replicaset *replicaset = (const struct replicaset *)object;

	if (!same_object(object, name, uid) || !replicaset->parent)
		return 0;
	for (size_t i = 0; i < service->workloads.len; i++) {
		const struct workload *workload = service->workloads.items[i];
		if (workload->owner == replicaset->parent)
			return 1;
	}
	return 0;
}

static int owns_pod(const struct service *service, const char *name, const char *uid)
{
	const struct object *object = cluster_object(service->cluster, OBJECT_POD, service->namespace, name);

	return same_object(object, name, uid) && pod_service((const struct pod *)object) == service;
}

static int owns_workload(const struct service *service, enum object_kind kind, const char *name,
                         const char *uid)
{
	for (size_t i = 0; i < service->workloads.len; i++) {
		const struct workload *workload = service->workloads.items[i];
		if (workload->object.kind == kind && same_object(&workload->object, name, uid))
			return 1;
	}
	return 0;
}

int service_owns(const struct service *service, const char *kind, const char *name, const char *uid)
{
	static const struct {
		const char *name;
		enum object_kind kind;
	} workload_kinds[] = {
		{"Deployment", OBJECT_DEPLOYMENT},
		{"StatefulSet", OBJECT_STATEFULSET},
		{"DaemonSet", OBJECT_DAEMONSET},
	};

	if (strcmp(kind, "Pod") == 0)
		return owns_pod(service, name, uid);
	if (strcmp(kind, "ReplicaSet") == 0)
		return owns_replicaset(service, name, uid);
	if (strcmp(kind, "HorizontalPodAutoscaler") == 0)
		return service->hpa && same_object(&service->hpa->object, name, uid);
	for (size_t i = 0; i < sizeof(workload_kinds) / sizeof(workload_kinds[0]); i++)
		if (strcmp(kind, workload_kinds[i].name) == 0)
			return owns_workload(service, workload_kinds[i].kind, name, uid);
	return 0;
}
