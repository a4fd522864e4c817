/* SPDX-License-Identifier: MIT */
/* What all decoders share: identity, owners, conditions and safe text. */
#include "kube/decode.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { TEXT_MAX = 1024, MESSAGE_MAX = 512 };

const char *decode_intern(const struct decode *decode, const char *text)
{
	char safe[TEXT_MAX];
	if (!text || !*text)
		return "";
	size_t len = strlen(text);
	if (len < TEXT_MAX && utf8_is_safe(text, len))
		return intern_take(decode->fleet->strings, text);
	utf8_sanitise(safe, sizeof(safe), text, len);
	return intern_take(decode->fleet->strings, safe);
}

char *decode_copy(const char *text, size_t max)
{
	return text && *text ? utf8_sanitised(text, strlen(text), max) : NULL;
}

void decode_text(char *out, size_t size, const char *text)
{
	utf8_sanitise(out, size, text ? text : "", text ? strlen(text) : 0);
}

int decode_count(const cJSON *json, const char *path, int fallback)
{
	int64_t value = json_int(json, path, fallback);
	return value < 0 ? 0 : value > 1000000000 ? 1000000000 : (int)value;
}

const char *decode_joined(const struct decode *decode, const cJSON *list, const char *member, char *room, size_t size)
{
	size_t len = 0;
	const cJSON *item;
	room[0] = '\0';
	cJSON_ArrayForEach(item, list)
	{
		const char *text = json_string(item, member);
		int n = snprintf(room + len, size - len, "%s%s", len ? "," : "", text ? text : "");
		if (n < 0 || (size_t)n >= size - len)
			break;
		len += (size_t)n;
	}
	return decode_intern(decode, room);
}

static const char *identity_text(const cJSON *metadata, const char *name, char *out, size_t size)
{
	decode_text(out, size, json_string(metadata, name));
	return out;
}

int decode_identity(const struct decode *decode, const cJSON *json, enum object_kind kind, struct object *object,
                    struct err *err)
{
	const cJSON *metadata = json_get(json, "metadata");
	char namespace[256], name[256], uid[128], version[64];
	identity_text(metadata, "name", name, sizeof(name));
	if (!name[0])
		return err_set(err, "an object has no metadata.name");
	object_init(object, kind, decode->fleet->strings,
	            identity_text(metadata, "namespace", namespace, sizeof(namespace)), name,
	            identity_text(metadata, "uid", uid, sizeof(uid)),
	            identity_text(metadata, "resourceVersion", version, sizeof(version)));
	object->created_ms = json_stamp(metadata, "creationTimestamp");
	return 0;
}

const char *decode_selector(const struct decode *decode, const cJSON *selector)
{
	char room[1024] = "";
	struct text text = text_in(room, sizeof(room));
	const cJSON *labels = json_get(selector, "matchLabels"), *label;
	if (cJSON_IsArray(json_get(selector, "matchExpressions")) && cJSON_GetArraySize(json_get(selector, "matchExpressions")) > 0)
		return "";
	if (!cJSON_IsObject(labels))
		return "";
	cJSON_ArrayForEach(label, labels)
	{
		if (cJSON_IsString(label))
			text_printf(&text, "%s%s=%s", text.len ? "," : "", label->string, label->valuestring);
	}
	return text.len + 1 < sizeof(room) ? decode_intern(decode, room) : "";
}

void decode_controller(const cJSON *json, char *out, size_t size)
{
	const cJSON *owner;
	out[0] = '\0';
	cJSON_ArrayForEach(owner, json_at(json, "metadata/ownerReferences"))
	{
		const char *uid = json_string(owner, "uid");
		if (uid && json_bool(owner, "controller", 0)) {
			utf8_sanitise(out, size, uid, strlen(uid));
			return;
		}
	}
}

void decode_condition(const struct decode *decode, const cJSON *status, const char *type, struct condition *condition)
{
	const cJSON *item;
	*condition = (struct condition){.status = ' ', .reason = ""};
	cJSON_ArrayForEach(item, json_get(status, "conditions"))
	{
		const char *item_type = json_string(item, "type");
		if (!item_type || strcmp(item_type, type) != 0)
			continue;
		const char *word = json_string(item, "status");
		condition->status = !word ? 'U' : word[0] == 'T' ? 'T' : word[0] == 'F' ? 'F' : 'U';
		condition->reason = decode_intern(decode, json_string(item, "reason"));
		condition->message = decode_copy(json_string(item, "message"), MESSAGE_MAX);
		condition->changed_ms = json_stamp(item, "lastTransitionTime");
		condition->updated_ms = json_stamp(item, "lastUpdateTime");
		return;
	}
}
