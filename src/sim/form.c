/* SPDX-License-Identifier: MIT */
/* An object as the client accepts it: whole, its metadata alone, or a row of a table. */
#include <stdlib.h>
#include <string.h>

#include "api_state.h"

void buf_must(int result)
{
	if (result < 0)
		abort();
}

enum form form_of(const struct server_request *request, int list)
{
	char accept[512];
	if (!server_header(request, "Accept", accept, sizeof(accept)))
		return FORM_PLAIN;
	/* The first one that is known wins, as it does there. */
	char *end = strchr(accept, ',');
	if (end)
		*end = '\0';
	if (strstr(accept, "as=Table"))
		return FORM_TABLE;
	if (strstr(accept, list ? "as=PartialObjectMetadataList" : "as=PartialObjectMetadata"))
		return FORM_METADATA;
	return FORM_PLAIN;
}

const char *form_content_type(enum form form)
{
	(void)form; /* kube-apiserver says no more than this for each of them */
	return "application/json";
}

static void add_kind(struct buf *out, const struct table *table)
{
	const struct api_resource *def = &table->def;
	buf_must(buf_printf(out, "\"kind\":\"%s\",\"apiVersion\":\"%s%s%s\"", def->kind, def->group,
	                    def->group[0] ? "/" : "", def->version));
}

int table_is_custom(const struct table *table)
{
	const char *group = table->def.group;
	size_t len = strlen(group);
	return strchr(group, '.') && (len < 7 || strcmp(group + len - 7, ".k8s.io") != 0);
}

/* The text from its byte `from` on. */
static void add_text(struct buf *out, const struct doc *doc, size_t from)
{
	struct buf room;
	buf_init(&room, SIM_TEXT_MAX);
	buf_must(buf_add(out, doc_text(doc, &room) + from, doc->len - from));
	buf_release(&room);
}

static void add_metadata(struct buf *out, const struct doc *doc)
{
	cJSON *json = doc_json(doc);
	char *text = cJSON_PrintUnformatted(json_get(json, "metadata"));
	buf_must(buf_printf(out, "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\","
		"\"metadata\":"));
	buf_must(buf_add_string(out, text ? text : "{}"));
	buf_must(buf_add(out, "}", 1));
	free(text);
	cJSON_Delete(json);
}

static const char table_head[] =
	"{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":";
static const char table_columns[] =
	",\"columnDefinitions\":[{\"name\":\"Name\",\"type\":\"string\",\"format\":\"name\","
	"\"description\":\"Name\","
	"\"priority\":0},{\"name\":\"Created At\",\"type\":\"date\",\"format\":\"\",\"description\":\"Created\","
	"\"priority\":0}],\"rows\":[";

static void add_row(struct buf *out, const struct doc *doc)
{
	cJSON *json = doc_json(doc);
	const char *created = json_string(json, "metadata/creationTimestamp");
	buf_must(buf_printf(out, "{\"cells\":[\"%s\",\"%s\"],\"object\":", doc->name, created ? created : ""));
	add_metadata(out, doc);
	buf_must(buf_add(out, "}", 1));
	cJSON_Delete(json);
}

void form_object(struct buf *out, const struct table *table, const struct doc *doc, enum form form,
                 int as_item)
{
	if (form == FORM_METADATA) {
		add_metadata(out, doc);
	} else if (form == FORM_TABLE && as_item) {
		add_row(out, doc);
	} else if (form == FORM_TABLE) {
		buf_must(buf_printf(out, "%s{}%s", table_head, table_columns));
		add_row(out, doc);
		buf_must(buf_add_string(out, "]}"));
	} else if (as_item && !table_is_custom(table)) { /* items of built-in kinds have no kind of their own */
		add_text(out, doc, 0);
	} else {
		buf_must(buf_add(out, "{", 1));
		add_kind(out, table);
		if (doc->len > 2)
			buf_must(buf_add(out, ",", 1));
		add_text(out, doc, 1);
	}
}

void form_list_head(struct buf *out, const struct table *table, enum form form, const char *metadata)
{
	const struct api_resource *def = &table->def;
	if (form == FORM_TABLE)
		buf_must(buf_printf(out, "%s%s%s", table_head, metadata, table_columns));
	else if (form == FORM_METADATA)
		buf_must(buf_printf(out, "{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/v1\","
		                         "\"metadata\":%s,\"items\":[", metadata));
	else
		buf_must(buf_printf(out, "{\"kind\":\"%sList\",\"apiVersion\":\"%s%s%s\",\"metadata\":%s,"
			"\"items\":[", def->kind,
		                    def->group, def->group[0] ? "/" : "", def->version, metadata));
}
