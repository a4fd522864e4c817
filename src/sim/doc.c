/* SPDX-License-Identifier: MIT */
/*
 * Versions of objects. They are kept as text: most are read out far more often than changed, and as
 * the difference from a base where a base is at hand.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"
#include "delta.h"

void doc_key(char *out, size_t size, const char *namespace, const char *name)
{
	snprintf(out, size, "%s%s%s", namespace ? namespace : "", namespace && *namespace ? "/" : "", name);
}

/* Takes over a share of the base. */
static struct doc *doc_make(const char *namespace, const char *name, uint64_t version, size_t len, struct base *base,
                            const char *kept, size_t kept_len)
{
	size_t space = namespace ? strlen(namespace) : 0, named = strlen(name), key = space + (space > 0) + named;
	struct doc *doc = mem_new(sizeof(*doc) + kept_len + key + 1 + space + 1);
	char *at = (char *)(doc + 1);
	doc->refs = 1;
	doc->version = version;
	doc->len = len;
	doc->base = base;
	doc->kept = memcpy(at, kept, kept_len);
	doc->kept_len = kept_len;
	at += kept_len;
	doc_key(at, key + 1, namespace, name);
	doc->key = at;
	doc->name = at + key - named;
	at += key + 1;
	if (space)
		memcpy(at, namespace, space + 1);
	doc->namespace = at;
	return doc;
}

struct doc *doc_from_text(const char *namespace, const char *name, uint64_t version, const char *text, size_t len,
                          const struct doc *like)
{
	struct buf steps;
	struct doc *doc;
	buf_init(&steps, SIM_TEXT_MAX);
	if (like && like->base)
		delta_write(like->base, text, len, &steps);
	/* What is too different becomes the base of those that come after it. */
	if (like && like->base && steps.len < len / 3)
		doc = doc_make(namespace, name, version, len, base_take(like->base), steps.data, steps.len);
	else if (like && len > 512) {
		struct base *base = base_new(text, len);
		buf_clear(&steps);
		delta_write(base, text, len, &steps);
		doc = doc_make(namespace, name, version, len, base, steps.data, steps.len);
	} else
		doc = doc_make(namespace, name, version, len, NULL, text, len);
	buf_release(&steps);
	return doc;
}

struct doc *doc_new(const cJSON *object, uint64_t version, const struct doc *like)
{
	char *text = cJSON_PrintUnformatted(object);
	if (!text)
		abort(); /* out of memory, as mem.h has it */
	struct doc *doc = doc_from_text(json_string(object, "metadata/namespace"), json_string(object, "metadata/name"),
	                                version, text, strlen(text), like);
	free(text);
	return doc;
}

const char *doc_text(const struct doc *doc, struct buf *room)
{
	if (!doc->base)
		return doc->kept;
	buf_clear(room);
	char *out = buf_extend(room, doc->len);
	if (!out)
		abort(); /* it was smaller than that when it came */
	delta_tell(doc->base, doc->kept, doc->kept_len, out, doc->len);
	return buf_string(room);
}

struct cJSON *doc_json(const struct doc *doc)
{
	struct buf room;
	buf_init(&room, SIM_TEXT_MAX);
	cJSON *json = json_parse_heap(doc_text(doc, &room), doc->len, NULL);
	buf_release(&room);
	return json;
}

struct doc *doc_at_version(const struct doc *doc, uint64_t version)
{
	char text[32];
	cJSON *json = doc_json(doc), *metadata = cJSON_GetObjectItemCaseSensitive(json, "metadata");
	snprintf(text, sizeof(text), "%" PRIu64, version);
	cJSON_DeleteItemFromObjectCaseSensitive(metadata, "resourceVersion");
	cJSON_AddStringToObject(metadata, "resourceVersion", text);
	struct doc *made = doc_new(json, version, doc);
	cJSON_Delete(json);
	return made;
}

struct doc *doc_take(struct doc *doc)
{
	if (doc)
		doc->refs++;
	return doc;
}

void doc_drop(struct doc *doc)
{
	if (!doc || --doc->refs > 0)
		return;
	base_drop(doc->base);
	free(doc);
}
