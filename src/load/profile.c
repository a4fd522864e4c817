/* SPDX-License-Identifier: MIT */
/* The profile's own keys. Requests, stages and data files are read in their files. */
#include "load/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/spell.h"
#include "profile_internal.h"

static const char *const engines[] = {
    [ENGINE_NATIVE] = "native", [ENGINE_JMETER] = "jmeter", [ENGINE_K6] = "k6"};

const char *engine_name(enum engine_kind kind)
{
	return engines[kind];
}

/* One of a few words; its index goes into an int. */
static void read_word(struct reader *reader, const struct yaml_node *node, const char *key,
                      const char *const *words, size_t count, int *out)
{
	const char *text = yaml_string(node);
	for (size_t i = 0; text && i < count; i++)
		if (strcmp(words[i], text) == 0) {
			*out = (int)i;
			return;
		}
	char all[120] = "";
	const char *near = text ? spell_nearest(text, words, count) : NULL;
	for (size_t i = 0; i < count; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "", words[i]);
	reader_problem(reader, node->line, "%s must be one of %s, not \"%.40s\"%s%s%s", key, all,
	               text ? text : "", near ? "; did you mean \"" : "", near ? near : "",
	               near ? "\"?" : "");
}

static void read_engine(struct reader *reader, const struct yaml_node *node, void *into)
{
	int kind = ENGINE_NATIVE;
	read_word(reader, node, "engine", engines, 3, &kind);
	*(enum engine_kind *)into = (enum engine_kind)kind;
}

static void read_http(struct reader *reader, const struct yaml_node *node, void *into)
{
	static const char *const words[] = {"1.1", "2"};
	int kind = PROTOCOL_HTTP1;
	read_word(reader, node, "http", words, 2, &kind);
	*(enum load_protocol *)into = (enum load_protocol)kind;
}

static void read_arrivals(struct reader *reader, const struct yaml_node *node, void *into)
{
	static const char *const words[] = {"constant", "poisson"};
	read_word(reader, node, "arrivals", words, 2, into);
}

static void read_target(struct reader *reader, const struct yaml_node *node, void *into)
{
	const char *text = yaml_string(node), *at;
	struct profile_target *target = &reader->profile->at;
	char *end;
	if (!text) {
		reader_problem(reader, node->line, "target must be a URL such as https://shop.example:8443");
		return;
	}
	*(const char **)into = text;
	target->tls = strncasecmp(text, "https://", 8) == 0;
	if (!target->tls && strncasecmp(text, "http://", 7) != 0) {
		reader_problem(reader, node->line,
		               "target must begin with http:// or https://, not \"%.60s\"", text);
		return;
	}
	at = text + (target->tls ? 8 : 7);
	size_t authority = strcspn(at, "/?#"), host = authority;
	if (memchr(at, '@', authority)) {
		reader_problem(reader, node->line,
		               "target must hold no user and password; write an Authorization header");
		return;
	}
	if (at[0] == '[') {
		const char *closing = memchr(at, ']', authority);
		host = closing ? (size_t)(closing - at) + 1 : authority;
	} else {
		const char *colon = memchr(at, ':', authority);
		host = colon ? (size_t)(colon - at) : authority;
	}
	target->port = target->tls ? 443 : 80;
	if (at[host] == ':') {
		long port = strtol(at + host + 1, &end, 10);
		if (port < 1 || port > 65535 || end != at + authority)
			reader_problem(reader, node->line, "target's port must be 1 to 65535");
		else
			target->port = (int)port;
	}
	if (host == 0 || strpbrk(text, " \t\r\n?#"))
		reader_problem(reader, node->line,
		               "target must be scheme, host, port and path only, not \"%.60s\"", text);
	free(target->host);
	free(target->prefix);
	target->host = at[0] == '[' && host > 2 ? mem_copy(at + 1, host - 2) : mem_copy(at, host);
	target->prefix = mem_copy_string(at + authority);
	for (size_t len = strlen(target->prefix); len > 0 && target->prefix[len - 1] == '/'; len--)
		target->prefix[len - 1] = '\0';
}

static void read_tls(struct reader *reader, const struct yaml_node *node, void *into)
{
	static const struct field fields[] = {
	    {"ca", FIELD_TEXT, offsetof(struct profile, tls.ca), 0, 0, NULL},
	    {"cert", FIELD_TEXT, offsetof(struct profile, tls.cert), 0, 0, NULL},
	    {"key", FIELD_TEXT, offsetof(struct profile, tls.key), 0, 0, NULL},
	    {"name", FIELD_TEXT, offsetof(struct profile, tls.name), 0, 0, NULL},
	    {"insecure", FIELD_BOOL, offsetof(struct profile, tls.insecure), 0, 0, NULL},
	};
	reader_map(reader, node, "tls", fields, 5, into, NULL);
	if (!reader->profile->tls.cert != !reader->profile->tls.key)
		reader_problem(reader, node->line, "tls needs cert and key together");
}

static void read_timeouts(struct reader *reader, const struct yaml_node *node, void *into)
{
	static const struct field fields[] = {
	    {"connect", FIELD_SECONDS, offsetof(struct profile, connect_timeout), 0.001, 300, NULL},
	    {"request", FIELD_SECONDS, offsetof(struct profile, request_timeout), 0.001, 3600, NULL},
	};
	reader_map(reader, node, "timeouts", fields, 2, into, NULL);
}

static void read_pods(struct reader *reader, const struct yaml_node *node, void *into)
{
	static const struct field fields[] = {
	    {"namespace", FIELD_TEXT, offsetof(struct profile, pods.namespace), 0, 0, NULL},
	    {"image", FIELD_TEXT, offsetof(struct profile, pods.image), 0, 0, NULL},
	    {"agentImage", FIELD_TEXT, offsetof(struct profile, pods.agent), 0, 0, NULL},
	    {"serviceAccount", FIELD_TEXT, offsetof(struct profile, pods.account), 0, 0, NULL},
	};
	unsigned seen = 0;
	reader_map(reader, node, "kubernetes", fields, 4, into, &seen);
	if ((seen & 3) != 3)
		reader_problem(
		    reader, node->line,
		    "kubernetes needs namespace and image: {namespace: load, image: registry/jmeter:5.6.3}");
	if (reader->profile->engine != ENGINE_JMETER)
		reader_problem(reader, node->line,
		               "on Kubernetes only the engine jmeter runs so far (engine: jmeter above it)");
}

static void read_users(struct reader *reader, const struct yaml_node *node, void *into)
{
	static const struct field fields[] = {
	    {"count", FIELD_INT, offsetof(struct profile, users), 1, PROFILE_CONNECTIONS, NULL},
	    {"for", FIELD_SECONDS, offsetof(struct profile, users_seconds), 0.1, 30 * 86400.0, NULL},
	    {"think", FIELD_SECONDS, offsetof(struct profile, think), 0, 3600, NULL},
	    {"ramp", FIELD_SECONDS, offsetof(struct profile, users_ramp), 0, 86400, NULL},
	};
	unsigned seen = 0;
	reader_map(reader, node, "users", fields, 4, into, &seen);
	if ((seen & 3) != 3)
		reader_problem(reader, node->line, "users needs count and for: {count: 50, for: 2m}");
}

static void read_slo(struct reader *reader, const struct yaml_node *node, const char *text, int abort_run)
{
	struct profile *profile = reader->profile;
	struct err err = {0};
	if (profile->slo_count == SLO_MAX) {
		reader_problem(reader, node->line, "there are more than %d slos", SLO_MAX);
		return;
	}
	struct slo *slo = &profile->slos[profile->slo_count];
	if (slo_parse(slo, text, &err) < 0) {
		reader_problem(reader, node->line, "%s", err.text);
		return;
	}
	slo->abort = abort_run;
	if (abort_run && slo->seconds == 0)
		reader_problem(reader, node->line, "\"%s\" with abort needs a time: \"%s for 30s\"",
		               slo->text, slo->text);
	profile->slo_count++;
}

static void read_slos(struct reader *reader, const struct yaml_node *node, void *into)
{
	struct wish {
		const char *check;
		int abort;
	};
	static const struct field fields[] = {
	    {"check", FIELD_TEXT, offsetof(struct wish, check), 0, 0, NULL},
	    {"abort", FIELD_BOOL, offsetof(struct wish, abort), 0, 0, NULL},
	};
	(void)into;
	if (node->kind != YAML_LIST) {
		reader_problem(reader, node->line, "slos must be a list: [p99 < 250ms, errors < 1%%]");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *item = node->items[i];
		struct wish wish = {0};
		if (item->kind == YAML_MAP)
			reader_map(reader, item, "an SLO", fields, 2, &wish, NULL);
		else
			wish.check = yaml_string(item);
		if (wish.check)
			read_slo(reader, item, wish.check, wish.abort);
		else
			reader_problem(reader, item->line,
			               "an SLO is a text such as \"p99 < 250ms for 30s\"");
	}
}

static void read_labels(struct reader *reader, const struct yaml_node *node, void *into)
{
	struct profile *profile = reader->profile;
	(void)into;
	if (node->kind != YAML_MAP) {
		reader_problem(reader, node->line, "labels must be a map of texts");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		if (!yaml_string(node->items[i]) || profile->label_count == 16) {
			reader_problem(reader, node->keys[i]->line, "labels are at most 16 texts");
			return;
		}
		profile->labels[profile->label_count].name = node->keys[i]->value;
		profile->labels[profile->label_count++].value = node->items[i]->value;
	}
}

#define AT(field) offsetof(struct profile, field)
static const struct field profile_fields[] = {
    {"name", FIELD_TEXT, AT(name), 0, 0, NULL},
    {"target", FIELD_CUSTOM, AT(target), 0, 0, read_target},
    {"service", FIELD_TEXT, AT(service), 0, 0, NULL},
    {"env", FIELD_TEXT, AT(env), 0, 0, NULL},
    {"commit", FIELD_TEXT, AT(commit), 0, 0, NULL},
    {"labels", FIELD_CUSTOM, 0, 0, 0, read_labels},
    {"engine", FIELD_CUSTOM, AT(engine), 0, 0, read_engine},
    {"plan", FIELD_TEXT, AT(plan), 0, 0, NULL},
    {"kubernetes", FIELD_CUSTOM, 0, 0, 0, read_pods},
    {"workers", FIELD_INT, AT(workers), 1, 1000, NULL},
    {"http", FIELD_CUSTOM, AT(protocol), 0, 0, read_http},
    {"tls", FIELD_CUSTOM, 0, 0, 0, read_tls},
    {"timeouts", FIELD_CUSTOM, 0, 0, 0, read_timeouts},
    {"connections", FIELD_INT, AT(connections), 1, PROFILE_CONNECTIONS, NULL},
    {"streams", FIELD_INT, AT(streams), 1, 1000, NULL},
    {"preconnect", FIELD_BOOL, AT(preconnect), 0, 0, NULL},
    {"threads", FIELD_INT, AT(threads), 1, PROFILE_THREADS, NULL},
    {"arrivals", FIELD_CUSTOM, AT(poisson), 0, 0, read_arrivals},
    {"warmup", FIELD_SECONDS, AT(warmup), 0, 86400, NULL},
    {"stages", FIELD_CUSTOM, 0, 0, 0, read_stages},
    {"users", FIELD_CUSTOM, 0, 0, 0, read_users},
    {"data", FIELD_CUSTOM, 0, 0, 0, read_data},
    {"requests", FIELD_CUSTOM, 0, 0, 0, read_requests},
    {"slos", FIELD_CUSTOM, 0, 0, 0, read_slos},
    {"results", FIELD_TEXT, AT(results), 0, 0, NULL},
};

int profile_parse(struct profile *profile, const char *path, const char *bytes, size_t len,
                  struct vec *problems, struct err *err)
{
	struct reader reader = {.profile = profile, .problems = problems, .name = path};
	struct err own = {0};
	*profile = (struct profile){.connections = 10,
	                            .streams = 100,
	                            .threads = 1,
	                            .connect_timeout = 5,
	                            .request_timeout = 30,
	                            .workers = 1,
	                            .env = "",
	                            .service = "",
	                            .commit = ""};
	profile->path = mem_copy_string(path);
	vec_init(problems);
	if (yaml_parse(&profile->yaml, path, bytes, len, &own) < 0) {
		vec_push(problems, mem_copy_string(own.text));
	} else if (!profile->yaml.root) {
		vec_push(
		    problems,
		    mem_printf("%s:1: the profile is empty; begin with: flagdeck load init smoke", path));
	} else {
		reader_map(&reader, profile->yaml.root, "the profile", profile_fields,
		           sizeof(profile_fields) / sizeof(profile_fields[0]), profile, NULL);
		check_profile(&reader);
	}
	if (problems->len == 0)
		return 0;
	return err_set(err, "%s", (const char *)problems->items[0]);
}

int profile_read(struct profile *profile, const char *path, struct vec *problems, struct err *err)
{
	struct buf text;
	int result = -1;
	buf_init(&text, 4 << 20);
	*profile = (struct profile){0};
	vec_init(problems);
	if (buf_read_file(&text, path, err) == 0)
		result = profile_parse(profile, path, buf_string(&text), text.len, problems, err);
	else if (err)
		vec_push(problems, mem_copy_string(err->text));
	buf_release(&text);
	return result;
}

void profile_release(struct profile *profile)
{
	for (size_t i = 0; i < profile->data_count; i++) {
		free(profile->data[i].bytes);
		free(profile->data[i].fields);
	}
	free(profile->at.host);
	free(profile->at.prefix);
	free(profile->path);
	if (profile->yaml.memory)
		yaml_release(&profile->yaml);
	*profile = (struct profile){0};
}

void problems_release(struct vec *problems)
{
	for (size_t i = 0; i < problems->len; i++)
		free(problems->items[i]);
	vec_release(problems);
}

char *profile_beside(const struct profile *profile, const char *file)
{
	const char *slash = strrchr(profile->path, '/');
	if (file[0] == '/' || !slash)
		return mem_copy_string(file);
	return mem_printf("%.*s/%s", (int)(slash - profile->path), profile->path, file);
}
