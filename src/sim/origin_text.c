/* SPDX-License-Identifier: MIT */
/* The files that the repository begins with, and how it came to them. */
#include <stdio.h>
#include <string.h>

#include "api_state.h"
#include "origin.h"

#define ADD(...) buf_must(buf_printf(out, __VA_ARGS__))

int plan_most_pods(const struct plan_service *service)
{
	int usual = (int)(service->rps / service->pod_rps) + 1;
	return 2 * usual + 4 > 60 ? 60 : 2 * usual + 4;
}

int plan_fixed_pods(const struct plan_service *service, const char *env)
{
	int usual = (int)(service->rps / service->pod_rps) + 1;
	if (strcmp(env, "prod") != 0)
		return 1;
	return usual < 2 ? 2 : usual;
}

void service_text(struct buf *out, const struct plan_service *service, const char *env, int minor)
{
	int is_prod = strcmp(env, "prod") == 0;
	ADD("# %s in %s, owned by team %s.\napp:\n  image:\n    tag: 1.%d.0\n", service->name, env, service->team, minor);
	if (service->kind == PLAN_STATEFUL_SET)
		ADD("  replicas: %d\n", plan_fixed_pods(service, env));
	else if (service->extra == PLAN_KEDA && is_prod)
		ADD("keda:\n  enabled: true\n  maxReplicas: %d\n  triggers:\n    - {type: kafka, metadata: {topic: %s, "
		    "lagThreshold: \"50\"}}\n", plan_most_pods(service), service->namespace);
	else if (is_prod)
		ADD("hpa:\n  enabled: true\n  maxReplicas: %d\n", plan_most_pods(service));
	if (service->extra == PLAN_CANARY && is_prod)
		ADD("progressive:\n  enabled: true\n");
	uint64_t bits = mix((uint64_t)service->number * 2654435761u + 99);
	if (is_prod && bits % 10 < 4 && service->kind == PLAN_DEPLOYMENT && service->extra != PLAN_KEDA)
		ADD("pdb:\n  enabled: true\n");
	if (bits / 10 % 10 < 5 || bits / 100 % 12 == 0)
		ADD("observability:\n%s%s", bits / 10 % 10 < 5 ? "  serviceMonitor: true\n" : "",
		    bits / 100 % 12 == 0 && is_prod ? "  tracing: true\n" : bits / 10 % 10 < 5 ? "" : "  interval: 30s\n");
	if (is_prod && bits / 10000 % 10 < 2)
		ADD("network:\n  zone: %s\n", strcmp(service->role, "edge") == 0 || strcmp(service->role, "gateway") == 0 ? "dmz"
		                               : "internal");
}
#undef ADD
