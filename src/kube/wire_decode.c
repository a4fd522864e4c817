/* SPDX-License-Identifier: MIT */
/*
 * The tables are the field numbers of Kubernetes' published protobuf definitions (core/v1 and
 * meta/v1), which never change, of the fields that a decoder reads. The tree's nodes are laid out here
 * rather than through cJSON's constructors, whose allocator has no argument: names are the tables' own,
 * values lie in the arena, nothing is freed one by one.
 */
#include "kube/wire_decode.h"

#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "kube/wire.h"

#define MESSAGE(table) {(table), sizeof(table) / sizeof((table)[0])}

static const struct wire_member list_metadata_members[] = {
	{2, "resourceVersion", WIRE_TEXT, 0, NULL, NULL},
	{3, "continue", WIRE_TEXT, 0, NULL, NULL},
	{4, "remainingItemCount", WIRE_NUMBER, 0, NULL, NULL},
};
const struct wire_message wire_list_metadata = MESSAGE(list_metadata_members);

static const struct wire_member owner_members[] = {
	{1, "kind", WIRE_TEXT, 0, NULL, NULL},
	{4, "uid", WIRE_TEXT, 0, NULL, NULL},
	{6, "controller", WIRE_BOOL, 0, NULL, NULL},
};
static const struct wire_message owner = MESSAGE(owner_members);

static const char *const pod_labels[] = {"pod-template-hash", "controller-revision-hash", "rollouts-pod-template-hash", NULL};
static const struct wire_member pod_metadata_members[] = {
	{1, "name", WIRE_TEXT, 0, NULL, NULL},
	{3, "namespace", WIRE_TEXT, 0, NULL, NULL},
	{5, "uid", WIRE_TEXT, 0, NULL, NULL},
	{6, "resourceVersion", WIRE_TEXT, 0, NULL, NULL},
	{8, "creationTimestamp", WIRE_STAMP, 0, NULL, NULL},
	{9, "deletionTimestamp", WIRE_STAMP, 0, NULL, NULL},
	{11, "labels", WIRE_MAP, 0, NULL, pod_labels},
	{13, "ownerReferences", WIRE_MESSAGE, 1, &owner, NULL},
};
static const struct wire_message pod_metadata = MESSAGE(pod_metadata_members);

static const struct wire_member container_members[] = {
	{1, "name", WIRE_TEXT, 0, NULL, NULL},
	{24, "restartPolicy", WIRE_TEXT, 0, NULL, NULL},
};
static const struct wire_message container = MESSAGE(container_members);

static const struct wire_member readiness_gate_members[] = {
	{1, "conditionType", WIRE_TEXT, 0, NULL, NULL},
};
static const struct wire_message readiness_gate = MESSAGE(readiness_gate_members);

static const struct wire_member pod_spec_members[] = {
	{2, "containers", WIRE_MESSAGE, 1, &container, NULL},
	{10, "nodeName", WIRE_TEXT, 0, NULL, NULL},
	{20, "initContainers", WIRE_MESSAGE, 1, &container, NULL},
	{28, "readinessGates", WIRE_MESSAGE, 1, &readiness_gate, NULL},
};
static const struct wire_message pod_spec = MESSAGE(pod_spec_members);

static const struct wire_member pod_condition_members[] = {
	{1, "type", WIRE_TEXT, 0, NULL, NULL},
	{2, "status", WIRE_TEXT, 0, NULL, NULL},
	{5, "reason", WIRE_TEXT, 0, NULL, NULL},
	{6, "message", WIRE_TEXT, 0, NULL, NULL},
};
static const struct wire_message pod_condition = MESSAGE(pod_condition_members);

static const struct wire_member waiting_members[] = {
	{1, "reason", WIRE_TEXT, 0, NULL, NULL},
	{2, "message", WIRE_TEXT, 0, NULL, NULL},
};
static const struct wire_message waiting = MESSAGE(waiting_members);

static const struct wire_member running_members[] = {
	{1, "startedAt", WIRE_STAMP, 0, NULL, NULL},
};
static const struct wire_message running = MESSAGE(running_members);

static const struct wire_member terminated_members[] = {
	{1, "exitCode", WIRE_NUMBER, 0, NULL, NULL},
	{2, "signal", WIRE_NUMBER, 0, NULL, NULL},
	{3, "reason", WIRE_TEXT, 0, NULL, NULL},
	{4, "message", WIRE_TEXT, 0, NULL, NULL},
	{5, "startedAt", WIRE_STAMP, 0, NULL, NULL},
	{6, "finishedAt", WIRE_STAMP, 0, NULL, NULL},
};
static const struct wire_message terminated = MESSAGE(terminated_members);

static const struct wire_member container_state_members[] = {
	{1, "waiting", WIRE_MESSAGE, 0, &waiting, NULL},
	{2, "running", WIRE_MESSAGE, 0, &running, NULL},
	{3, "terminated", WIRE_MESSAGE, 0, &terminated, NULL},
};
static const struct wire_message container_state = MESSAGE(container_state_members);

static const struct wire_member container_status_members[] = {
	{1, "name", WIRE_TEXT, 0, NULL, NULL},
	{2, "state", WIRE_MESSAGE, 0, &container_state, NULL},
	{3, "lastState", WIRE_MESSAGE, 0, &container_state, NULL},
	{4, "ready", WIRE_BOOL, 0, NULL, NULL},
	{5, "restartCount", WIRE_NUMBER, 0, NULL, NULL},
	{9, "started", WIRE_BOOL, 0, NULL, NULL},
};
static const struct wire_message container_status = MESSAGE(container_status_members);

static const struct wire_member pod_status_members[] = {
	{1, "phase", WIRE_TEXT, 0, NULL, NULL},
	{2, "conditions", WIRE_MESSAGE, 1, &pod_condition, NULL},
	{3, "message", WIRE_TEXT, 0, NULL, NULL},
	{4, "reason", WIRE_TEXT, 0, NULL, NULL},
	{6, "podIP", WIRE_TEXT, 0, NULL, NULL},
	{8, "containerStatuses", WIRE_MESSAGE, 1, &container_status, NULL},
	{10, "initContainerStatuses", WIRE_MESSAGE, 1, &container_status, NULL},
};
static const struct wire_message pod_status = MESSAGE(pod_status_members);

static const struct wire_member pod_members[] = {
	{1, "metadata", WIRE_MESSAGE, 0, &pod_metadata, NULL},
	{2, "spec", WIRE_MESSAGE, 0, &pod_spec, NULL},
	{3, "status", WIRE_MESSAGE, 0, &pod_status, NULL},
};
const struct wire_message wire_pod = MESSAGE(pod_members);

/* NULL when the arena is full. */
static cJSON *node_new(struct arena *arena, int type)
{
	cJSON *node = arena_alloc(arena, sizeof(*node));
	if (!node)
		return NULL;
	memset(node, 0, sizeof(*node));
	node->type = type;
	return node;
}

static char *text_new(struct arena *arena, const char *bytes, size_t len)
{
	char *text = arena_alloc(arena, len + 1);
	if (!text)
		return NULL;
	memcpy(text, bytes, len);
	text[len] = '\0';
	return text;
}

/* cJSON's own shape of a list: the first child's `prev` is the last one. */
static void node_append(cJSON *parent, const char *name, cJSON *node)
{
	if (name) {
		node->string = (char *)(uintptr_t)name;
		node->type |= cJSON_StringIsConst;
	}
	if (!parent->child) {
		parent->child = node->prev = node;
		return;
	}
	cJSON *last = parent->child->prev;
	last->next = node;
	node->prev = last;
	parent->child->prev = node;
}

/* The array or map of a repeated member: made when its first item comes. */
static cJSON *node_gathering(struct arena *arena, cJSON *parent, const char *name, int type)
{
	cJSON *child;
	cJSON_ArrayForEach(child, parent)
		if (child->string == name) /* the table's own pointer */
			return child;
	child = node_new(arena, type);
	if (child)
		node_append(parent, name, child);
	return child;
}

static cJSON *node_text(struct arena *arena, const char *bytes, size_t len)
{
	cJSON *node = node_new(arena, cJSON_String);
	if (node)
		node->valuestring = text_new(arena, bytes, len);
	return node && node->valuestring ? node : NULL;
}

static cJSON *node_number(struct arena *arena, int64_t value)
{
	cJSON *node = node_new(arena, cJSON_Number);
	if (!node)
		return NULL;
	node->valuedouble = (double)value;
	node->valueint = value > INT_MAX ? INT_MAX : value < INT_MIN ? INT_MIN : (int)value;
	return node;
}

/* Seconds since 1970; without them the zero time, which is null in JSON. */
static int take_stamp(struct arena *arena, cJSON *parent, const struct wire_member *member,
                      const struct wire_field *field)
{
	struct wire_cursor cursor = {field->bytes, field->bytes + field->len};
	struct wire_field part;
	int64_t seconds = 0;
	int more;
	char text[32];
	while ((more = wire_next(&cursor, &part)) > 0)
		if (part.number == 1 && !part.is_bytes)
			seconds = (int64_t)part.value;
	/* Years of four digits, which is what RFC 3339 can say. */
	if (more < 0 || seconds <= 0 || seconds > 253402300799)
		return more;
	stamp_format(seconds * 1000, text);
	cJSON *node = node_text(arena, text, strlen(text));
	if (node)
		node_append(parent, member->name, node);
	return node ? 0 : -1;
}

static int key_wanted(const struct wire_member *member, const char *key, size_t len)
{
	if (!member->keys)
		return 1;
	for (const char *const *wanted = member->keys; *wanted; wanted++)
		if (strlen(*wanted) == len && memcmp(*wanted, key, len) == 0)
			return 1;
	return 0;
}

/* A map is a repeated message of key and value. */
static int take_entry(struct arena *arena, cJSON *parent, const struct wire_member *member,
                      const struct wire_field *field)
{
	struct wire_cursor cursor = {field->bytes, field->bytes + field->len};
	struct wire_field part, key = {.bytes = ""}, value = {.bytes = ""};
	int more;
	while ((more = wire_next(&cursor, &part)) > 0) {
		if (part.is_bytes && part.number == 1)
			key = part;
		else if (part.is_bytes && part.number == 2)
			value = part;
	}
	if (more < 0 || !key_wanted(member, key.bytes, key.len))
		return more;
	cJSON *map = node_gathering(arena, parent, member->name, cJSON_Object);
	cJSON *node = map ? node_text(arena, value.bytes, value.len) : NULL;
	char *name = node ? text_new(arena, key.bytes, key.len) : NULL;
	if (!name)
		return -1;
	node_append(map, name, node);
	return 0;
}

static int take_members(struct arena *arena, const struct wire_message *message, cJSON *parent, const char *bytes,
                        size_t len);

static int take_message(struct arena *arena, cJSON *parent, const struct wire_member *member,
                        const struct wire_field *field)
{
	cJSON *node = node_new(arena, cJSON_Object);
	cJSON *list = member->repeated && node ? node_gathering(arena, parent, member->name, cJSON_Array) : NULL;
	if (!node || (member->repeated && !list))
		return -1;
	node_append(list ? list : parent, list ? NULL : member->name, node);
	return take_members(arena, member->message, node, field->bytes, field->len);
}

static int take_member(struct arena *arena, cJSON *parent, const struct wire_member *member,
                       const struct wire_field *field)
{
	cJSON *node = NULL;
	if (field->is_bytes != (member->type != WIRE_NUMBER && member->type != WIRE_BOOL))
		return -1;
	switch (member->type) {
	case WIRE_STAMP:
		return take_stamp(arena, parent, member, field);
	case WIRE_MAP:
		return take_entry(arena, parent, member, field);
	case WIRE_MESSAGE:
		return take_message(arena, parent, member, field);
	case WIRE_TEXT:
		if (field->len == 0)
			return 0;
		node = node_text(arena, field->bytes, field->len);
		break;
	case WIRE_NUMBER:
		node = node_number(arena, (int64_t)field->value);
		break;
	case WIRE_BOOL:
		node = node_new(arena, field->value ? cJSON_True : cJSON_False);
		break;
	}
	if (node)
		node_append(parent, member->name, node);
	return node ? 0 : -1;
}

static int take_members(struct arena *arena, const struct wire_message *message, cJSON *parent, const char *bytes,
                        size_t len)
{
	struct wire_cursor cursor = {bytes, bytes + len};
	struct wire_field field;
	int more;
	while ((more = wire_next(&cursor, &field)) > 0) {
		const struct wire_member *member = NULL;
		for (size_t i = 0; i < message->count && !member; i++)
			if (message->members[i].number == field.number)
				member = &message->members[i];
		if (member && take_member(arena, parent, member, &field) < 0)
			return -1;
	}
	return more;
}

cJSON *wire_decode(struct arena *arena, const struct wire_message *message, const char *bytes, size_t len,
                   struct err *err)
{
	cJSON *root = node_new(arena, cJSON_Object);
	if (root && take_members(arena, message, root, bytes, len) == 0)
		return root;
	err_set(err, "cannot read an object's protobuf: it is malformed, or needs more memory than one may take");
	return NULL;
}

int wire_knows(const struct wire_message *message, const char *path)
{
	size_t len = strcspn(path, " ");
	const char *rest = path + len + (path[len] == ' ');
	for (size_t i = 0; message && i < message->count; i++) {
		const struct wire_member *member = &message->members[i];
		if (strlen(member->name) != len || memcmp(member->name, path, len) != 0)
			continue;
		if (!*rest)
			return member->type != WIRE_MAP || !member->keys;
		return member->type == WIRE_MAP ? key_wanted(member, rest, strlen(rest)) : wire_knows(member->message, rest);
	}
	return 0;
}
