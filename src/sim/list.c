/* SPDX-License-Identifier: MIT */
/*
 * Lists. All pages of one list show one version: a continue token holds the version and the key to
 * go on behind. As in kube-apiserver, resourceVersion=0 is answered from a cache that knows no
 * pages, and a version from the future is waited for in vain.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/crypto.h"

struct listing {
	struct api *api;
	struct server_call *call;
	const struct ask *ask;
	struct table *table;
	struct selector selector;
	uint64_t version;
	long limit;
	char after[2 * SIM_NAME]; /* "" on the first page */
};

static long query_number(const struct server_request *request, const char *name)
{
	char text[32];
	return server_query(request, name, text, sizeof(text)) ? strtol(text, NULL, 10) : 0;
}

static void token_write(struct buf *out, uint64_t version, const char *key)
{
	char text[2 * SIM_NAME + 64];
	int len = snprintf(text, sizeof(text), "{\"v\":\"meta.k8s.io/v1\",\"rv\":%" PRIu64 ","
		"\"start\":\"%s\"}", version, key);
	buf_must(base64_encode(text, (size_t)len, out));
}

static int token_read(struct listing *listing, const char *token)
{
	struct buf text;
	buf_init(&text, 4 * SIM_NAME);
	int result = base64_decode(token, strlen(token), &text);
	cJSON *json = result == 0 ? json_parse_heap(buf_string(&text), text.len, NULL) : NULL;
	const char *start = json_string(json, "start");
	result = start && strlen(start) < sizeof(listing->after) ? 0 : -1;
	if (start && result == 0)
		memcpy(listing->after, start, strlen(start) + 1);
	listing->version = (uint64_t)json_int(json, "rv", 0);
	cJSON_Delete(json);
	buf_release(&text);
	return result;
}

static void refuse_token(struct listing *listing)
{
	static const char words[] =
		"The provided continue parameter is too old to display a consistent list result. You can start a "
		"new list "
		"without the continue parameter, or use the continue token in this response to retrieve the "
		"remainder of the "
		"results. Continuing with the provided token results in an inconsistent list - objects that were "
		"created, "
		"modified, or deleted between the time the first chunk was returned and now may show up in the list.";
	status_reply(listing->api, listing->call, 410, "Expired", words, NULL, NULL);
}

static void refuse_future(struct listing *listing)
{
	char message[160];
	snprintf(message, sizeof(message), "Timeout: Too large resource version: %" PRIu64 ", current: %" PRIu64,
	         listing->version, listing->api->version);
	status_reply(listing->api, listing->call, 504, "Timeout", message,
	             "{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\",\"message\":\"Too large resource "
	             "version\"}],"
	             "\"retryAfterSeconds\":1}", NULL);
}

/* Which version to show; 0, or -1 when the answer was no. */
static int listing_choose(struct listing *listing)
{
	const struct server_request *request = listing->ask->request;
	char token[4 * SIM_NAME] = "", version[64] = "", match[32] = "";
	server_query(request, "continue", token, sizeof(token));
	server_query(request, "resourceVersion", version, sizeof(version));
	server_query(request, "resourceVersionMatch", match, sizeof(match));
	listing->limit = query_number(request, "limit");
	char *end = version;
	listing->version = strtoull(version, &end, 10);
	if (*end || (match[0] && !version[0]) || (token[0] && version[0] && strcmp(version, "0") != 0)) {
		status_reply(listing->api, listing->call, 400, "BadRequest",
		             *end ? "resourceVersion: Invalid value" : "specifying resource version is not allowed "
		             	"here", NULL, NULL);
		return -1;
	}
	if (token[0]) {
		if (token_read(listing, token) < 0) {
			status_reply(listing->api, listing->call, 400, "BadRequest", "continue key is not "
				"valid", NULL, NULL);
			return -1;
		}
		if (listing->version < listing->api->token_floor || listing->version < listing->table->floor) {
			refuse_token(listing);
			return -1;
		}
		return 0;
	}
	if (listing->version > listing->api->version) {
		refuse_future(listing);
		return -1;
	}
	if (strcmp(match, "Exact") == 0 && listing->version < listing->table->floor) {
		status_reply(listing->api, listing->call, 410, "Expired",
		             "The resourceVersion for the provided list is too old.", NULL, NULL);
		return -1;
	}
	if (strcmp(version, "0") == 0)
		listing->limit = 0;
	if (strcmp(match, "Exact") != 0)
		listing->version = listing->api->version;
	return 0;
}

/* Those of the namespace and the selector behind the last page, in place. */
static void keep_wanted(const struct listing *listing, struct vec *docs)
{
	size_t kept = 0;
	for (size_t i = 0; i < docs->len; i++) {
		struct doc *doc = docs->items[i];
		if (listing->after[0] && strcmp(doc->key, listing->after) <= 0)
			continue;
		if (listing->ask->namespace[0] && strcmp(doc->namespace, listing->ask->namespace) != 0)
			continue;
		if (selector_matches(&listing->selector, doc))
			docs->items[kept++] = doc;
	}
	docs->len = kept;
}

static void list_write(const struct listing *listing, struct buf *body)
{
	const struct sim_fault *fault = listing->ask->fault;
	enum form form = form_of(listing->ask->request, 1);
	struct vec docs;
	struct buf metadata;
	vec_init(&docs);
	buf_init(&metadata, 8 * SIM_NAME);
	table_at(listing->table, listing->version, &docs);
	keep_wanted(listing, &docs);
	size_t count =
	    listing->limit > 0 && docs.len > (size_t)listing->limit ? (size_t)listing->limit : docs.len;
	buf_must(buf_printf(&metadata, "{"));
	if (!fault || fault->kind != FAULT_NO_VERSION)
		buf_must(buf_printf(&metadata, "\"resourceVersion\":\"%" PRIu64 "\"", listing->version));
	if (count < docs.len) {
		buf_must(buf_printf(&metadata, "%s\"continue\":\"", metadata.len > 1 ? "," : ""));
		token_write(&metadata, listing->version, ((const struct doc *)docs.items[count - 1])->key);
		buf_must(buf_add(&metadata, "\"", 1));
		if (listing->selector.terms.len == 0)
			buf_must(buf_printf(&metadata, ",\"remainingItemCount\":%zu", docs.len - count));
	}
	buf_must(buf_add(&metadata, "}", 1));
	form_list_head(body, listing->table, form, buf_string(&metadata));
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_must(buf_add(body, ",", 1));
		form_object(body, listing->table, docs.items[i], form, 1);
	}
	buf_must(buf_add_string(body, "]}\n"));
	buf_release(&metadata);
	vec_release(&docs);
}

void answer_list(struct api *api, struct server_call *call, const struct ask *ask, struct table *table)
{
	struct listing listing = {.api = api, .call = call, .ask = ask, .table = table};
	char fields[512] = "", labels[512] = "";
	struct err err = {0};
	struct buf body;
	if (listing_choose(&listing) < 0)
		return;
	server_query(ask->request, "fieldSelector", fields, sizeof(fields));
	server_query(ask->request, "labelSelector", labels, sizeof(labels));
	if (selector_parse(&listing.selector, fields, labels, &err) < 0) {
		status_reply(api, call, 400, "BadRequest", err.text, NULL, NULL);
		return;
	}
	buf_init(&body, SIM_BODY_MAX);
	list_write(&listing, &body);
	if (ask->fault)
		fault_spoil(ask->fault, &body);
	send_whole(api, call, ask->fault, 200, form_content_type(FORM_PLAIN), &body);
	buf_release(&body);
	selector_release(&listing.selector);
}

void answer_get(struct api *api, struct server_call *call, const struct ask *ask, struct table *table)
{
	char key[2 * SIM_NAME], message[3 * SIM_NAME], details[3 * SIM_NAME];
	struct buf body;
	doc_key(key, sizeof(key), ask->namespace, ask->name);
	struct doc *doc = table_get(table, key);
	if (!doc) {
		snprintf(message, sizeof(message), "%s%s%s \"%s\" not "
			"found", ask->plural, ask->group[0] ? "." : "", ask->group,
		         ask->name);
		snprintf(details, sizeof(details), "{\"name\":\"%s\",\"kind\":\"%s\"}", ask->name, ask->plural);
		status_reply(api, call, 404, "NotFound", message, details, NULL);
		return;
	}
	buf_init(&body, SIM_BODY_MAX);
	form_object(&body, table, doc, form_of(ask->request, 0), 0);
	buf_must(buf_add(&body, "\n", 1));
	if (ask->fault)
		fault_spoil(ask->fault, &body);
	send_whole(api, call, ask->fault, 200, form_content_type(FORM_PLAIN), &body);
	buf_release(&body);
}
