/* SPDX-License-Identifier: MIT */
/*
 * One operation, and how it is prepared: a chain of questions, one after the other. send.c carries out
 * what comes of it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "base/when.h"
#include "flux/kinds.h"
#include "kube/kind.h"
#include "op_state.h"

enum { BODY_MAX = 4 << 20 };

/* The version that the server has, or the best one that we know of. */
static const char *version_of(const struct ops *ops, const char *cluster, enum object_kind kind)
{
	const struct ops_options *options = &ops->options;
	const char *there = options->version ? options->version(options->client_arg, cluster, kind) : NULL;
	const struct kind *row = kind_of(kind) ? kind_of(kind) : flux_kind(kind);

	return there ? there : row ? row->versions[0] : "v1";
}

struct api_object op_object(const struct ops *ops, const char *cluster, enum object_kind kind, const char *namespace,
                            const char *name)
{
	return (struct api_object){.group = kind_rows[kind].group, .version = version_of(ops, cluster, kind),
	                           .plural = kind_rows[kind].plural, .namespace = namespace, .name = name};
}

struct op_step *op_step_add(struct op *op, enum object_kind kind, const char *namespace, const char *name,
                            enum write_kind write, cJSON *body)
{
	struct op_step *step;
	struct buf text;

	if (op->step_count == OP_STEPS)
		abort(); /* a mistake of ours */
	step = &op->steps[op->step_count++];
	step->kind = kind;
	step->write = write;
	snprintf(step->namespace, sizeof(step->namespace), "%s", namespace);
	snprintf(step->name, sizeof(step->name), "%s", name);
	buf_init(&text, BODY_MAX);
	if (json_write(&text, body, 0) < 0)
		buf_clear(&text); /* an object cannot be larger than the server's 1.5 MiB */
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	step->body = mem_copy_string(buf_string(&text));
	buf_release(&text);
	cJSON_Delete(body);
	return step;
}

struct op_step *op_step_self(struct op *op, enum write_kind write, cJSON *body)
{
	return op_step_add(op, op->request.kind, op->request.namespace, op->request.name, write, body);
}

void op_effect_add(struct op *op, const char *fmt, ...)
{
	size_t len = strlen(op->effect);
	va_list args;

	if (len > 0 && len + 1 < sizeof(op->effect))
		op->effect[len++] = '\n';
	va_start(args, fmt);
	vsnprintf(op->effect + len, sizeof(op->effect) - len, fmt, args);
	va_end(args);
}

void op_selected_path(const struct op *op, const char *root, char *path, size_t size)
{
	const cJSON *label;
	struct text text = text_in(path, size);
	char selector[640];
	struct text chosen = text_in(selector, sizeof(selector));

	cJSON_ArrayForEach(label, json_at(op->live, "spec/selector/matchLabels"))
		if (cJSON_IsString(label))
			text_printf(&chosen, "%s%s=%s", chosen.len ? "," : "", label->string, label->valuestring);
	text_printf(&text, "%s/namespaces/", root);
	text_add_escaped(&text, op->request.namespace);
	text_add(&text, "/");
	text_add(&text, strstr(root, "/apps/") && op->request.kind != OBJECT_DEPLOYMENT && op->request.kind != OBJECT_ROLLOUT
	                    ? "controllerrevisions" : "replicasets");
	text_add(&text, "?limit=500&labelSelector=");
	text_add_escaped(&text, selector);
}

const char *op_by(const struct op *op)
{
	const char *user = who_user(op->ops, op->request.cluster);

	return *op->ops->git ? op->ops->git : user && *user ? user : op->ops->login;
}

cJSON *op_held_annotations(const struct op *op, int hold)
{
	cJSON *annotations = cJSON_CreateObject();
	char until[32], since[32];

	stamp_format(op->ops->options.clock->wall(op->ops->options.clock), since);
	stamp_format(op->request.until_ms, until);
	const char *const values[][2] = {
		{ANNOTATION_HELD_BY, op_by(op)},
		{ANNOTATION_HELD_WHY, *op->request.reason ? op->request.reason : NULL},
		{ANNOTATION_HELD_SINCE, since},
		{ANNOTATION_HELD_UNTIL, op->request.until_ms ? until : NULL},
	};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (hold && values[i][1])
			cJSON_AddStringToObject(annotations, values[i][0], values[i][1]);
		else
			cJSON_AddNullToObject(annotations, values[i][0]);
	}
	return annotations;
}

void op_let_go(struct op *op)
{
	client_cancel(op->call);
	rights_cancel(op->rights);
	whoami_cancel(op->whoami);
	follow_free(op->follow);
	op->call = NULL;
	op->rights = NULL;
	op->whoami = NULL;
	op->follow = NULL;
	timer_stop(op->timer);
}

static void op_prepared(struct op *op, enum operation_state state)
{
	op_let_go(op);
	op->stage = PREPARED;
	op->state = state;
	op->prepared(op->arg, op);
}

static void op_refuse(struct op *op, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void op_refuse(struct op *op, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(op->words, sizeof(op->words), fmt, args);
	va_end(args);
	op_prepared(op, OPERATION_REFUSED);
}

static void live_read(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct op *op = arg;

	op->call = NULL;
	if (result->status == 404) {
		op_refuse(op, "there is no %s", op->subject);
		return;
	}
	if (result->error[0] || !(op->live = json_parse_heap(body, len, NULL))) {
		op_refuse(op, "it cannot be read: %s", result->error[0] ? result->error : "the answer is no JSON");
		return;
	}
	op->stage = READ_ALSO;
	op_continue(op);
}

static void also_read(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct op *op = arg;

	op->call = NULL;
	if (result->status != 404 && result->status != 403 && result->error[0]) {
		op_refuse(op, "what it depends on cannot be read: %s", result->error);
		return;
	}
	/* What is not there or not permitted is NULL: the plan knows what that means for it. */
	op->also[op->also_count++] = result->error[0] ? NULL : json_parse_heap(body, len, NULL);
	op_continue(op);
}

static void owner_read(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct op *op = arg;

	op->call = NULL;
	op->owner = result->error[0] ? NULL : json_parse_heap(body, len, NULL);
	op->stage = PLAN;
	op_continue(op);
}

static void user_answered(void *arg, const char *user)
{
	struct op *op = arg;

	op->whoami = NULL;
	who_user_set(op->ops, op->request.cluster, user);
	op->stage = READ_LIVE;
	op_continue(op);
}

static void rights_answered(void *arg, int allowed, const char *words)
{
	struct op *op = arg;

	op->rights = NULL;
	if (allowed == 0) {
		op_refuse(op, "%s", words);
		return;
	}
	/* Where it is not known the write itself will tell. */
	op->at++;
	op_continue(op);
}

static void ask_rights(struct op *op)
{
	const struct op_step *step = &op->steps[op->at];
	struct api_object object = op_object(op->ops, op->request.cluster, step->kind, step->namespace, step->name);

	object.subresource = step->subresource;
	op->rights = rights_ask(op->client, write_verb(step->write), &object, rights_answered, op);
}

static void read_live(struct op *op)
{
	struct api_object object = op_object(op->ops, op->request.cluster, op->request.kind, op->request.namespace, op->request.name);
	char path[1024];

	api_object_path(&object, path, sizeof(path));
	op->call = client_get(op->client, path, NULL, live_read, op);
}

static int read_also(struct op *op)
{
	char path[1600];

	if (!op->row->also || op->also_count == OP_ALSO || !op->row->also(op, op->also_count, path, sizeof(path)))
		return 0;
	op->call = client_get(op->client, path, NULL, also_read, op);
	return 1;
}

static int read_owner(struct op *op)
{
	enum object_kind kind;
	const char *namespace, *name;
	char path[1024];

	if (!owner_of(op->live, &kind, &namespace, &name))
		return 0;
	struct api_object object = op_object(op->ops, op->request.cluster, kind, namespace, name);
	api_object_path(&object, path, sizeof(path));
	op->call = client_get(op->client, path, NULL, owner_read, op);
	return 1;
}

static void op_plan(struct op *op)
{
	struct err err = {.text = ""};

	if (op->row->plan(op, &err) < 0) {
		op_refuse(op, "%s", err.text);
		return;
	}
	owner_describe(op);
	op->at = 0;
	op->stage = ASK_RIGHTS;
	op_continue(op);
}

void op_continue(struct op *op)
{
	switch (op->stage) {
	case ASK_GIT:
		if (op->ops->asking_git) {
			vec_push(&op->ops->waiting, op);
			return;
		}
		op->stage = ASK_USER;
		/* fall through */
	case ASK_USER:
		if (!who_user(op->ops, op->request.cluster)) {
			op->whoami = whoami_ask(op->client, user_answered, op);
			return;
		}
		op->stage = READ_LIVE;
		/* fall through */
	case READ_LIVE:
		read_live(op);
		return;
	case READ_ALSO:
		if (read_also(op))
			return;
		op->stage = READ_OWNER;
		/* fall through */
	case READ_OWNER:
		if (read_owner(op))
			return;
		op->stage = PLAN;
		/* fall through */
	case PLAN:
		op_plan(op);
		return;
	case ASK_RIGHTS:
		if (op->at < op->step_count) {
			ask_rights(op);
			return;
		}
		op->at = 0;
		op_prepared(op, OPERATION_READY);
		return;
	case PREPARED:
		return;
	}
}

static void request_copy(struct op *op, const struct op_request *request)
{
	const char *reason = request->reason ? request->reason : "";

	op->request = *request;
	op->request.cluster = mem_copy_string(request->cluster);
	op->request.namespace = mem_copy_string(request->namespace ? request->namespace : "");
	op->request.name = mem_copy_string(request->name);
	op->request.reason = utf8_sanitised(reason, strlen(reason), 1000);
}

struct op *op_prepare(struct ops *ops, const struct op_request *request, void (*prepared)(void *arg, struct op *op),
                      void *arg, struct err *err)
{
	const struct clock *clock = ops->options.clock;
	struct client *client = ops->options.client(ops->options.client_arg, request->cluster, err);
	struct op *op;
	int64_t now = clock->wall(clock);

	if (!client)
		return NULL;
	op = mem_new(sizeof(*op));
	op->ops = ops;
	op->client = client;
	op->row = verb_row(request->verb);
	op->prepared = prepared;
	op->arg = arg;
	op->id = ++ops->last_id;
	request_copy(op, request);
	snprintf(op->subject, sizeof(op->subject), "%s %s%s%s", kind_rows[request->kind].word, op->request.namespace,
	         *op->request.namespace ? "/" : "", op->request.name);
	snprintf(op->about, sizeof(op->about), "%s/%s", op->request.name, op->request.cluster);
	stamp_format(now, op->token);
	/* "2026-11-24T06:04:01Z" to "2026-11-24T06:04:01.123Z": two within a second are two. */
	snprintf(op->token + 19, sizeof(op->token) - 19, ".%03dZ", (int)(now % 1000));
	op->timer = timer_new(ops->options.loop, op_time_over, op);
	timer_start(op->timer, 0);
	return op;
}

void op_free(struct op *op)
{
	if (!op)
		return;
	vec_remove_item(&op->ops->waiting, op);
	op_let_go(op);
	timer_free(op->timer);
	cJSON_Delete(op->live);
	cJSON_Delete(op->owner);
	for (size_t i = 0; i < OP_ALSO; i++)
		cJSON_Delete(op->also[i]);
	for (size_t i = 0; i < op->step_count; i++)
		free(op->steps[i].body);
	free((char *)(uintptr_t)op->request.cluster);
	free((char *)(uintptr_t)op->request.namespace);
	free((char *)(uintptr_t)op->request.name);
	free((char *)(uintptr_t)op->request.reason);
	free(op);
}

enum operation_state op_state(const struct op *op)
{
	return op->state;
}

const struct op_request *op_request_of(const struct op *op)
{
	return &op->request;
}

const char *op_subject(const struct op *op)
{
	return op->subject;
}

const char *op_words(const struct op *op)
{
	return op->words;
}

const char *op_change(const struct op *op)
{
	return op->change;
}

const char *op_effect(const struct op *op)
{
	return op->effect;
}

const char *op_git(const struct op *op)
{
	return op->git;
}

int op_send_text(const struct op *op, struct buf *out)
{
	for (size_t i = 0; i < op->step_count; i++) {
		const struct write write = op_step_write(op, &op->steps[i], 0);
		char path[2048];
		char *body = utf8_sanitised(write.body, strlen(write.body), 400);
		size_t len = strlen(write.body);
		write_path(&write, path, sizeof(path));
		int result = buf_printf(out, "%s %s\n  %s%s\n", write_method(write.kind), path, body, len > 400 ? "…" : "");
		free(body);
		if (result < 0)
			return -1;
	}
	return 0;
}
