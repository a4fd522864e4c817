/* SPDX-License-Identifier: MIT */
#ifndef TEST_KUBE_SAME_H
#define TEST_KUBE_SAME_H

/* Whether two objects of the model say the same: identity and all that is shown. */
#include <stdio.h>
#include <string.h>

#include "model/fleet.h"
#include "model/pod.h"
#include "model/workload.h"

/* Every field as text; different texts are different objects. Strings are compared, not pointers. */
static inline void describe_condition(FILE *out, const char *name, const struct condition *condition)
{
	fprintf(out, " %s=%c/%s/%s/%lld", name, condition->status ? condition->status : ' ',
	        condition->reason ? condition->reason : "", condition->message ? condition->message : "",
	        (long long)condition->changed_ms);
}

static inline const char *or_none(const char *text)
{
	return text ? text : "";
}

static inline void describe_workload(FILE *out, const struct workload *w)
{
	fprintf(out,
	        " service=%s team=%s images=%s revision=%s/%s desired=%d %d/%d/%d/%d/%d partition=%d/%d "
	        "generation=%lld/%lld "
	        "paused=%d on_delete=%d labels=%d",
	        or_none(w->service), or_none(w->team), or_none(w->images), or_none(w->revision),
	        or_none(w->current_revision), w->desired, w->replicas, w->ready, w->updated, w->available,
	        w->current, w->partition, w->has_partition, (long long)w->generation, (long long)w->observed,
	        w->paused, w->on_delete, w->label_count);
	for (int i = 0; i < w->label_count; i++)
		fprintf(out, " %s:%s", w->labels[i].key, w->labels[i].value);
	describe_condition(out, "progressing", &w->progressing);
	describe_condition(out, "available", &w->is_available);
	describe_condition(out, "failure", &w->failure);
}

static inline void describe_pod(FILE *out, const struct pod *p)
{
	fprintf(out,
	        " owner=%s node=%s ip=%s status=%s hash=%s containers=%s restarts=%d/%lld ready=%d/%d "
	        "reason=%d flags=%d%d%d "
	        "message=%s",
	        or_none(p->owner_uid), or_none(p->node), or_none(p->ip), or_none(p->status), or_none(p->hash),
	        or_none(p->containers), p->restarts, (long long)p->restarted_ms, p->ready_containers,
	        p->total_containers, p->reason, p->ready, p->terminating, p->finished, or_none(p->message));
}

static inline char *object_describe(const struct object *object)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	fprintf(out, "%d %s uid=%s version=%s created=%lld", object->kind, object->key, object->uid,
	        object->version, (long long)object->created_ms);
	switch (object->kind) {
	case OBJECT_DEPLOYMENT:
	case OBJECT_STATEFULSET:
	case OBJECT_DAEMONSET:
		describe_workload(out, (const struct workload *)object);
		break;
	case OBJECT_POD:
		describe_pod(out, (const struct pod *)object);
		break;
	case OBJECT_REPLICASET: {
		const struct replicaset *set = (const struct replicaset *)object;
		fprintf(out, " owner=%s revision=%s hash=%s", or_none(set->owner_uid), or_none(set->revision),
		        or_none(set->hash));
		break;
	}
	case OBJECT_HPA: {
		const struct hpa *hpa = (const struct hpa *)object;
		fprintf(out, " target=%s/%s %d-%d %d/%d", or_none(hpa->target_kind), or_none(hpa->target_name),
		        hpa->min, hpa->max, hpa->current, hpa->desired);
		describe_condition(out, "active", &hpa->active);
		describe_condition(out, "limited", &hpa->limited);
		break;
	}
	case OBJECT_NAMESPACE:
		fprintf(out, " team=%s", or_none(((const struct namespace *)object)->team));
		break;
	case OBJECT_NODE: {
		const struct node *node = (const struct node *)object;
		fprintf(out, " zone=%s ready=%c cordoned=%d "
			"reason=%s", or_none(node->zone), node->ready, node->cordoned,
		        or_none(node->reason));
		break;
	}
	case OBJECT_EVENT: {
		const struct event *event = (const struct event *)object;
		fprintf(out,
		        " about=%s/%s/%s reason=%s message=%s count=%d last=%lld "
		        "warning=%d",
		        or_none(event->about_kind), or_none(event->about_name), or_none(event->about_uid),
		        or_none(event->reason), or_none(event->message), event->count, (long long)event->last_ms,
		        event->warning);
		break;
	}
	default:
		break;
	}
	fclose(out);
	return text;
}

#endif
