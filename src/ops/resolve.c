/* SPDX-License-Identifier: MIT */
/* Looks up how changes went whose outcome nobody wrote down. */
#include "ops/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "op_state.h"

enum { OPEN_MAX = 200 };

struct open_change {
	char change[AUDIT_CHANGE];
	char *cluster, *target, *action, *data;
};

struct resolve {
	struct ops *ops;
	struct vec changes; /* struct open_change * */
	size_t at, resolved;
	struct client_call *call;
	struct timer *timer;
	cJSON *data;
	void (*told)(void *arg, int unsure, const char *words);
	void (*ended)(void *arg, size_t changes);
	void *arg;
};

static void resolve_next(void *arg);

static int gather(void *arg, const struct audit_row *row)
{
	struct resolve *resolve = arg;
	struct open_change *change;

	if (!*row->record.data || resolve->changes.len >= OPEN_MAX)
		return 0; /* others' changes, such as of a repository, are resolved by whoever made them */
	change = mem_new(sizeof(*change));
	snprintf(change->change, sizeof(change->change), "%s", row->record.change);
	change->cluster = mem_copy_string(row->record.cluster);
	change->target = mem_copy_string(row->record.target);
	change->action = mem_copy_string(row->record.action);
	change->data = mem_copy_string(row->record.data);
	vec_push(&resolve->changes, change);
	return 0;
}

static void resolved(struct resolve *resolve, const char *outcome, const char *detail)
{
	const struct open_change *change = resolve->changes.items[resolve->at];
	struct err err = {.text = ""};
	char words[900];

	snprintf(words, sizeof(words), "%s %s in %s was cut off: %s", change->action, change->target, change->cluster, detail);
	if (audit_conclude(resolve->ops->options.audit, change->change, outcome, detail, NULL, &err) < 0)
		log_line(resolve->ops->options.log, "%s", err.text);
	resolve->resolved++;
	resolve->told(resolve->arg, strcmp(outcome, "done") != 0, words);
	cJSON_Delete(resolve->data);
	resolve->data = NULL;
	resolve->at++;
	timer_start(resolve->timer, 0);
}

static void looked(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct resolve *resolve = arg;
	const char *written = json_string(resolve->data, "body");
	enum write_kind write = (enum write_kind)json_int(resolve->data, "write", WRITE_KINDS);
	cJSON *object = NULL;

	resolve->call = NULL;
	if (result->error[0] && result->status != 404) {
		/* Not now: it stays open for another time. */
		resolve->told(resolve->arg, 1, result->error);
		cJSON_Delete(resolve->data);
		resolve->data = NULL;
		resolve->at++;
		timer_start(resolve->timer, 0);
		return;
	}
	object = result->error[0] ? NULL : json_parse_heap(body, len, NULL);
	if (!written)
		resolved(resolve, "unknown", "whether it was carried out cannot be told from the object; look at its revisions");
	else if (write_is_there(write, written, object))
		resolved(resolve, "done", "what was to be written is there");
	else
		resolved(resolve, "not there", "what was to be written is not there: it was never sent, or was put back since");
	cJSON_Delete(object);
}

static int look(struct resolve *resolve, const struct open_change *change)
{
	struct err err;
	struct client *client = resolve->ops->options.client(resolve->ops->options.client_arg, change->cluster, &err);
	const char *kind_word, *namespace, *name;
	char path[1024];

	resolve->data = json_parse_heap(change->data, strlen(change->data), NULL);
	kind_word = json_string(resolve->data, "kind");
	namespace = json_string(resolve->data, "namespace");
	name = json_string(resolve->data, "name");
	enum object_kind kind = kind_word ? kind_find(kind_word) : OBJECT_KINDS;
	if (!client || !name || !namespace || kind == OBJECT_KINDS) {
		cJSON_Delete(resolve->data);
		resolve->data = NULL;
		return 0;
	}
	const struct api_object object = op_object(resolve->ops, change->cluster, kind, namespace, name);
	api_object_path(&object, path, sizeof(path));
	resolve->call = client_get(client, path, NULL, looked, resolve);
	return 1;
}

static void resolve_next(void *arg)
{
	struct resolve *resolve = arg;

	while (resolve->at < resolve->changes.len && !look(resolve, resolve->changes.items[resolve->at]))
		resolve->at++;
	if (resolve->at == resolve->changes.len && !resolve->call && resolve->ended) {
		void (*ended)(void *, size_t) = resolve->ended;
		resolve->ended = NULL;
		ended(resolve->arg, resolve->resolved);
	}
}

struct resolve *resolve_begin(struct ops *ops, void (*told)(void *arg, int unsure, const char *words),
                              void (*ended)(void *arg, size_t changes), void *arg)
{
	struct resolve *resolve = mem_new(sizeof(*resolve));
	struct err err = {.text = ""};

	resolve->ops = ops;
	resolve->told = told;
	resolve->ended = ended;
	resolve->arg = arg;
	vec_init(&resolve->changes);
	resolve->timer = timer_new(ops->options.loop, resolve_next, resolve);
	if (!audit_trouble(ops->options.audit) &&
	    audit_each_open(ops->options.audit, gather, resolve, &err) < 0)
		log_line(ops->options.log, "%s", err.text);
	timer_start(resolve->timer, 0);
	return resolve;
}

void resolve_free(struct resolve *resolve)
{
	if (!resolve)
		return;
	client_cancel(resolve->call);
	timer_free(resolve->timer);
	cJSON_Delete(resolve->data);
	for (size_t i = 0; i < resolve->changes.len; i++) {
		struct open_change *change = resolve->changes.items[i];
		free(change->cluster);
		free(change->target);
		free(change->action);
		free(change->data);
		free(change);
	}
	vec_release(&resolve->changes);
	free(resolve);
}
