/* SPDX-License-Identifier: MIT */
/* Requests of a profile: what is sent and what the answer must be like. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/spell.h"
#include "profile_internal.h"

/* Letters and signs that RFC 9110 lets into names of methods and headers. */
static int is_token(const char *text)
{
	if (!*text)
		return 0;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("!#$%&'*+-.^_`|~", *text))
			return 0;
	return 1;
}

static void read_header(struct reader *reader, const struct yaml_node *key, const struct yaml_node *node,
                        struct profile_header *header)
{
	static const char *const ours[] = {"content-length", "connection", "transfer-encoding", "expect",
	                                   "upgrade"};
	*header = (struct profile_header){.name = key->value, .value = yaml_string(node), .line = key->line};
	if (!is_token(key->value))
		reader_problem(reader, key->line, "\"%.60s\" is no name of a header", key->value);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcasecmp(ours[i], key->value) == 0)
			reader_problem(reader, key->line, "the engine itself writes the header %s",
			               key->value);
	if (node->kind == YAML_MAP) {
		static const struct field fields[] = {
		    {"env", FIELD_TEXT, offsetof(struct profile_header, from_env), 0, 0, NULL},
		};
		reader_map(reader, node, "a header", fields, 1, header, NULL);
		if (header->from_env && !(header->value = getenv(header->from_env)))
			header->value = ""; /* whoever starts a run asks for it; reading does not need it */
	}
	if (!header->value || strpbrk(header->value, "\r\n"))
		reader_problem(reader, node->line,
		               "header %.60s must be one line of text, or {env: VARIABLE}", key->value);
}

void read_headers(struct reader *reader, const struct yaml_node *node, struct profile_header *headers,
                  size_t *count)
{
	if (node->kind != YAML_MAP) {
		reader_problem(reader, node->line, "headers must be a map: {Accept: application/json}");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		if (*count == PROFILE_HEADERS) {
			reader_problem(reader, node->line, "there are more than %d headers", PROFILE_HEADERS);
			return;
		}
		read_header(reader, node->keys[i], node->items[i], &headers[(*count)++]);
	}
}

static void read_request_headers(struct reader *reader, const struct yaml_node *node, void *into)
{
	struct profile_request *request = into;
	read_headers(reader, node, request->headers, &request->header_count);
}

static void read_status(struct reader *reader, const struct yaml_node *node, struct profile_expect *expect)
{
	const char *text = yaml_string(node);
	int status = 0;
	if (text && strlen(text) == 3 && text[0] >= '1' && text[0] <= '5') {
		if (strcasecmp(text + 1, "xx") == 0)
			status = text[0] - '0';
		else if (isdigit((unsigned char)text[1]) && isdigit((unsigned char)text[2]))
			status = atoi(text);
	}
	if (!status || expect->status_count == PROFILE_STATUSES)
		reader_problem(reader, node->line,
		               "status must be 200, 2xx, or a list of such, not \"%.20s\"", text ? text : "");
	else
		expect->statuses[expect->status_count++] = status;
}

static void read_statuses(struct reader *reader, const struct yaml_node *node, void *into)
{
	if (node->kind != YAML_LIST) {
		read_status(reader, node, into);
		return;
	}
	for (size_t i = 0; i < node->count; i++)
		read_status(reader, node->items[i], into);
}

static void read_expected_header(struct reader *reader, const struct yaml_node *node, void *into)
{
	struct profile_expect *expect = into;
	if (node->kind != YAML_MAP || node->count != 1 || !yaml_string(node->items[0])) {
		reader_problem(reader, node->line,
		               "expect.header must be one name and text: {Content-Type: application/json}");
		return;
	}
	expect->header =
	    (struct profile_header){.name = node->keys[0]->value, .value = node->items[0]->value};
}

static void read_under(struct reader *reader, const struct yaml_node *node, void *into)
{
	struct profile_expect *expect = into;
	double seconds;
	if (!yaml_string(node) || seconds_parse(node->value, &seconds) < 0 || seconds <= 0)
		reader_problem(reader, node->line, "under must be a duration such as 500ms");
	else
		expect->under_us = (int64_t)(seconds * 1e6);
}

static void read_expect(struct reader *reader, const struct yaml_node *node, void *into)
{
	static const struct field fields[] = {
	    {"status", FIELD_CUSTOM, 0, 0, 0, read_statuses},
	    {"contains", FIELD_TEXT, offsetof(struct profile_expect, contains), 0, 0, NULL},
	    {"lacks", FIELD_TEXT, offsetof(struct profile_expect, lacks), 0, 0, NULL},
	    {"header", FIELD_CUSTOM, 0, 0, 0, read_expected_header},
	    {"under", FIELD_CUSTOM, 0, 0, 0, read_under},
	};
	reader_map(reader, node, "expect", fields, 5, into, NULL);
}

#define AT(field) offsetof(struct profile_request, field)
static const struct field request_fields[] = {
    {"name", FIELD_TEXT, AT(name), 0, 0, NULL},
    {"method", FIELD_TEXT, AT(method), 0, 0, NULL},
    {"path", FIELD_TEXT, AT(path), 0, 0, NULL},
    {"headers", FIELD_CUSTOM, 0, 0, 0, read_request_headers},
    {"body", FIELD_TEXT, AT(body), 0, 0, NULL},
    {"weight", FIELD_NUMBER, AT(weight), 0.000001, 1e6, NULL},
    {"expect", FIELD_CUSTOM, AT(expect), 0, 0, read_expect},
};

static void check_request(struct reader *reader, struct profile_request *request)
{
	if (!request->path || request->path[0] != '/' || strpbrk(request->path, " \t\r\n#"))
		reader_problem(reader, request->line,
		               "a request needs a path that begins with / and has no blanks");
	if (!is_token(request->method))
		reader_problem(reader, request->line, "\"%.20s\" is no method", request->method);
	if (!request->name)
		request->name = request->path ? request->path : "request";
	for (size_t i = 0; i + 1 < reader->profile->request_count; i++)
		if (strcmp(reader->profile->requests[i].name, request->name) == 0)
			reader_problem(reader, request->line,
			               "two requests are named \"%.60s\"; give each its own name",
			               request->name);
}

void read_requests(struct reader *reader, const struct yaml_node *node, void *into)
{
	struct profile *profile = reader->profile;
	(void)into;
	if (node->kind != YAML_LIST || node->count == 0) {
		reader_problem(reader, node->line, "requests must be a list with at least one: [{path: /}]");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		if (profile->request_count == PROFILE_REQUESTS) {
			reader_problem(reader, node->items[i]->line, "there are more than %d requests",
			               PROFILE_REQUESTS);
			return;
		}
		struct profile_request *request = &profile->requests[profile->request_count++];
		*request =
		    (struct profile_request){.method = "GET", .weight = 1, .line = node->items[i]->line};
		reader_map(reader, node->items[i], "a request", request_fields,
		           sizeof(request_fields) / sizeof(request_fields[0]), request, NULL);
		check_request(reader, request);
	}
}
