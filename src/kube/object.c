/* SPDX-License-Identifier: MIT */
/*
 * Reads one object and turns it into lines of YAML that may be looked at. What is secret is
 * replaced before a line exists, so that no later copy, search or log can hold it.
 */
#include "kube/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "kube/kind.h"
#include "kube/source.h"

enum { TEXT_MAX = 32 << 20, LINE_MAX_BYTES = 8192 };

struct object_read {
	struct client_call *call;
	int reveal;
	void (*done)(void *arg, struct object_text *text, const struct err *err);
	void *arg;
};

static const char mask[] = "*** masked ***";
static const char last_applied[] = "kubectl.kubernetes.io/last-applied-configuration";

static int names_secret(const char *name)
{
	static const char *const words[] = {"password", "passwd", "passphrase", "secret", "token", "apikey", "api_key",
		"api-key", "access_key", "accesskey", "private_key", "privatekey", "credential", "dsn", "auth"};
	for (size_t i = 0; name && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(name, words[i]))
			return 1;
	return 0;
}

struct masking {
	int reveal;   /* number of the value that is left as it is */
	int numbered; /* so far */
	int masked, revealed;
};

static void mask_whole(struct masking *masking, cJSON *object, const char *name)
{
	if (!cJSON_GetObjectItemCaseSensitive(object, name))
		return;
	cJSON_ReplaceItemInObjectCaseSensitive(object, name, cJSON_CreateString(mask));
	masking->masked++;
}

/* A single value, which could be shown: its mask has a number by which to ask for it. */
static void mask_value(struct masking *masking, cJSON *object, const char *name)
{
	char numbered[40];
	if (!cJSON_GetObjectItemCaseSensitive(object, name))
		return;
	if (++masking->numbered == masking->reveal) {
		masking->revealed = 1;
		return;
	}
	snprintf(numbered, sizeof(numbered), "*** masked %d ***", masking->numbered);
	cJSON_ReplaceItemInObjectCaseSensitive(object, name, cJSON_CreateString(numbered));
	masking->masked++;
}

static void mask_all(struct masking *masking, cJSON *object)
{
	for (cJSON *item = object ? object->child : NULL, *next; item; item = next) {
		next = item->next;
		mask_value(masking, object, item->string);
	}
}

/* Environment entries {name, value} whose name speaks of a secret, wherever they stand. */
static void mask_env(struct masking *masking, cJSON *value)
{
	const char *name = cJSON_IsObject(value) ? json_string(value, "name") : NULL;
	if (name && names_secret(name) && json_string(value, "value"))
		mask_value(masking, value, "value");
	for (cJSON *child = cJSON_IsObject(value) || cJSON_IsArray(value) ? value->child : NULL, *next; child; child = next) {
		next = child->next;
		mask_env(masking, child);
	}
}

static void object_mask(struct masking *masking, cJSON *json)
{
	cJSON *metadata = cJSON_GetObjectItemCaseSensitive(json, "metadata");
	cJSON *annotations = cJSON_GetObjectItemCaseSensitive(metadata, "annotations");
	const char *kind = json_string(json, "kind");
	cJSON_DeleteItemFromObjectCaseSensitive(metadata, "managedFields");
	/* It repeats the object, with every value that is masked below. */
	mask_whole(masking, annotations, last_applied);
	if (kind && strcmp(kind, "Secret") == 0) {
		mask_all(masking, cJSON_GetObjectItemCaseSensitive(json, "data"));
		mask_all(masking, cJSON_GetObjectItemCaseSensitive(json, "stringData"));
	}
	mask_env(masking, json);
}

static struct object_text *text_split(const struct buf *yaml, const struct masking *masking)
{
	struct object_text *text = mem_new(sizeof(*text));
	size_t room = 0;
	text->masked = masking->masked;
	text->revealed = masking->revealed;
	for (const char *line = buf_string(yaml); *line;) {
		size_t len = strcspn(line, "\n");
		if (text->count == room) {
			room = room ? 2 * room : 256;
			text->lines = mem_resize(text->lines, room, sizeof(*text->lines));
		}
		text->lines[text->count++] = utf8_sanitised(line, len, LINE_MAX_BYTES);
		line += len + (line[len] == '\n');
	}
	return text;
}

static struct object_text *text_of(cJSON *json, int reveal, struct err *err)
{
	struct masking masking = {.reveal = reveal};
	struct object_text *text = NULL;
	struct buf yaml;
	buf_init(&yaml, TEXT_MAX);
	object_mask(&masking, json);
	if (yaml_write_json(&yaml, json, err) == 0)
		text = text_split(&yaml, &masking);
	if (masking.revealed && yaml.data)
		explicit_bzero(yaml.data, yaml.len);
	buf_release(&yaml);
	return text;
}

struct object_text *object_text_of(cJSON *json, struct err *err)
{
	return text_of(json, 0, err);
}

static struct object_text *object_render(const char *body, size_t len, int reveal, struct err *err)
{
	cJSON *json = json_parse_heap(body, len, err);
	struct object_text *text = json ? text_of(json, reveal, err) : NULL;
	cJSON_Delete(json);
	return text;
}

static void object_answered(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct object_read *read = arg;
	struct err err = {0};
	struct object_text *text = NULL;
	if (result->error[0] || result->status != 200)
		err_set(&err, "the object cannot be read: %s", result->error);
	else
		text = object_render(body, len, read->reveal, &err);
	read->done(read->arg, text, text ? NULL : &err);
	free(read);
}

struct object_read *object_read(struct source *source, enum object_kind kind, const char *namespace, const char *name,
                                int reveal,
                                void (*done)(void *arg, struct object_text *text, const struct err *err), void *arg)
{
	struct object_read *read = mem_new(sizeof(*read));
	const char *version = NULL;
	char path[1024];
	kind_path(source_kind(source, kind, &version), version, namespace, name, path, sizeof(path));
	read->done = done;
	read->reveal = reveal;
	read->arg = arg;
	read->call = client_get(source_client(source), path, NULL, object_answered, read);
	return read;
}

void object_read_cancel(struct object_read *read)
{
	if (!read)
		return;
	client_cancel(read->call);
	free(read);
}

void object_text_free(struct object_text *text)
{
	if (!text)
		return;
	for (size_t i = 0; i < text->count; i++) {
		if (text->revealed)
			explicit_bzero(text->lines[i], strlen(text->lines[i]));
		free(text->lines[i]);
	}
	free(text->lines);
	free(text);
}
