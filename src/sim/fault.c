/* SPDX-License-Identifier: MIT */
/* Which request a rule is for, and what a fault makes of a text. */
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"

void fault_copy(struct sim_fault *to, const struct sim_fault *from)
{
	*to = *from;
	to->method = mem_copy_string(from->method);
	to->path = mem_copy_string(from->path);
	to->query = mem_copy_string(from->query);
	/* A body may be binary. */
	to->text = from->kind == FAULT_BODY && from->number > 0 ? mem_copy(from->text, (size_t)from->number)
	                                                        : mem_copy_string(from->text);
	to->type = mem_copy_string(from->type);
}

void fault_release(struct sim_fault *fault)
{
	free((char *)fault->method);
	free((char *)fault->path);
	free((char *)fault->query);
	free((char *)fault->text);
	free((char *)fault->type);
}

int api_fault(struct api *api, const struct sim_fault *fault)
{
	struct rule *rule = mem_new(sizeof(*rule));
	rule->id = ++api->rule_ids;
	fault_copy(&rule->fault, fault);
	vec_push(&api->rules, rule);
	return rule->id;
}

int api_fault_hits(const struct api *api, int id)
{
	for (size_t i = 0; i < api->rules.len; i++) {
		const struct rule *rule = api->rules.items[i];
		if (rule->id == id)
			return rule->hits;
	}
	return 0;
}

void api_clear_faults(struct api *api)
{
	for (size_t i = 0; i < api->rules.len; i++) {
		struct rule *rule = api->rules.items[i];
		fault_release(&rule->fault);
		free(rule);
	}
	vec_clear(&api->rules);
}

static int path_matches(const char *pattern, const char *path)
{
	size_t len = strlen(pattern);
	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(pattern, path, len - 1) == 0;
	return strcmp(pattern, path) == 0;
}

static int fault_matches(const struct sim_fault *fault, const struct server_request *request, int is_watch)
{
	if (fault->only != SIM_ANY && (fault->only == SIM_ONLY_WATCH) != is_watch)
		return 0;
	return (!fault->method || strcmp(fault->method, request->method) == 0) &&
	       (!fault->path || path_matches(fault->path, request->path)) &&
	       (!fault->query || strstr(request->query, fault->query));
}

const struct sim_fault *fault_find(struct api *api, const struct server_request *request, int is_watch)
{
	for (size_t i = 0; i < api->rules.len; i++) {
		struct rule *rule = api->rules.items[i];
		int times = rule->fault.times ? rule->fault.times : 1;
		if (!fault_matches(&rule->fault, request, is_watch))
			continue;
		if (rule->seen++ < rule->fault.skip || (times > 0 && rule->hits >= times))
			continue;
		rule->hits++;
		return &rule->fault;
	}
	return NULL;
}

static void insert(struct buf *body, size_t at, const struct buf *what)
{
	struct buf out;
	buf_init(&out, SIM_BODY_MAX);
	buf_must(buf_add(&out, body->data, at));
	buf_must(buf_add(&out, buf_string(what), what->len));
	buf_must(buf_add(&out, body->data + at, body->len - at));
	buf_release(body);
	*body = out;
}

/* Puts a member into the first object of a list or a watch event. */
static void spoil_first(const struct sim_fault *fault, struct buf *body)
{
	static const char item[] = "\"items\":[{", object[] = "\"object\":{";
	const char *at = strstr(buf_string(body), item);
	size_t behind = at ? sizeof(item) - 1 : sizeof(object) - 1;
	struct buf extra;
	char *fill = mem_new((size_t)fault->number + 1);
	if (!at)
		at = strstr(buf_string(body), object);
	buf_init(&extra, SIM_BODY_MAX);
	if (fault->kind == FAULT_HUGE) {
		memset(fill, 'x', (size_t)fault->number);
		buf_must(buf_printf(&extra, "\"padding\":\"%s\",", fill));
	} else {
		memset(fill, '[', (size_t)fault->number);
		buf_must(buf_printf(&extra, "\"deep\":%s", fill));
		memset(fill, ']', (size_t)fault->number);
		buf_must(buf_printf(&extra, "%s,", fill));
	}
	if (at)
		insert(body, (size_t)(at - body->data) + behind, &extra);
	buf_release(&extra);
	free(fill);
}

static int is_spared(const char *key, size_t len, int identity_too)
{
	static const char *const always[] = {"kind", "apiVersion", "resourceVersion", "continue", "type"};
	static const char *const identity[] = {"name", "namespace", "uid"};
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (strlen(always[i]) == len && memcmp(always[i], key, len) == 0)
			return 1;
	for (size_t i = 0; !identity_too && i < sizeof(identity) / sizeof(identity[0]); i++)
		if (strlen(identity[i]) == len && memcmp(identity[i], key, len) == 0)
			return 1;
	return 0;
}

static void spoil_strings(const struct sim_fault *fault, struct buf *body)
{
	struct buf out;
	const char *text = buf_string(body), *key = "";
	size_t len = body->len, key_len = 0;
	buf_init(&out, SIM_BODY_MAX);
	for (size_t i = 0; i < len;) {
		if (text[i] != '"') {
			buf_must(buf_add(&out, text + i++, 1));
			continue;
		}
		size_t end = i + 1;
		while (end < len && text[end] != '"')
			end += text[end] == '\\' ? 2 : 1;
		if (end + 1 < len && text[end + 1] == ':') {
			key = text + i + 1;
			key_len = end - i - 1;
		}
		buf_must(buf_add(&out, "\"", 1));
		if (!(end + 1 < len && text[end + 1] == ':') && !is_spared(key, key_len, fault->number == 1))
			buf_must(buf_add_string(&out, fault->text));
		buf_must(buf_add(&out, text + i + 1, (end < len ? end + 1 : len) - i - 1));
		i = end + 1;
	}
	buf_release(body);
	*body = out;
}

void fault_spoil(const struct sim_fault *fault, struct buf *body)
{
	if (fault->kind == FAULT_HUGE || fault->kind == FAULT_DEEP)
		spoil_first(fault, body);
	else if (fault->kind == FAULT_TAINT)
		spoil_strings(fault, body);
}
