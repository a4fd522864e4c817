/* SPDX-License-Identifier: MIT */
/* Versions of objects. They are kept as text: most are read out far more often than changed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"

void doc_key(char *out, size_t size, const char *namespace, const char *name)
{
	snprintf(out, size, "%s%s%s", namespace ? namespace : "", namespace && *namespace ? "/" : "", name);
}

struct doc *doc_new(const cJSON *object, uint64_t version)
{
	const char *namespace = json_string(object, "metadata/namespace"),
	           *name = json_string(object, "metadata/name");
	char *text = cJSON_PrintUnformatted(object);
	size_t len = text ? strlen(text) : 0, space = namespace ? strlen(namespace) : 0, named = strlen(name);
	size_t key = space + (space > 0) + named;
	if (!text)
		abort(); /* out of memory, as mem.h has it */
	struct doc *doc = mem_new(sizeof(*doc) + len + 1 + key + 1 + space + 1);
	char *at = (char *)(doc + 1);
	doc->refs = 1;
	doc->version = version;
	doc->len = len;
	doc->text = memcpy(at, text, len + 1);
	at += len + 1;
	doc_key(at, key + 1, namespace, name);
	doc->key = at;
	doc->name = at + key - named;
	at += key + 1;
	if (space)
		memcpy(at, namespace, space + 1);
	doc->namespace = at;
	free(text);
	return doc;
}

struct cJSON *doc_json(const struct doc *doc)
{
	return json_parse_heap(doc->text, doc->len, NULL);
}

struct doc *doc_at_version(const struct doc *doc, uint64_t version)
{
	char text[32];
	cJSON *json = doc_json(doc), *metadata = cJSON_GetObjectItemCaseSensitive(json, "metadata");
	snprintf(text, sizeof(text), "%" PRIu64, version);
	cJSON_DeleteItemFromObjectCaseSensitive(metadata, "resourceVersion");
	cJSON_AddStringToObject(metadata, "resourceVersion", text);
	struct doc *made = doc_new(json, version);
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
	if (doc && --doc->refs == 0)
		free(doc);
}
