/* SPDX-License-Identifier: MIT */
/* Many operations as one: a few under way at a time, however many there are. */
#include "ops/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { AT_ONCE = 8, LIST_MAX = 8 };
enum phase { PREPARING, WAITING, RUNNING, ENDED };

struct item {
	struct batch *batch;
	struct op *op;         /* NULL: its cluster has no client, `words` say so */
	struct op_request request; /* its texts are copies */
	char words[640];
	int dry_accepted;
};

struct batch {
	struct ops *ops;
	struct item *items;
	size_t count, next, open; /* next to begin; begun and not over */
	enum phase phase;
	int dry;
	struct timer *timer;
	void (*told)(void *arg, struct batch *batch);
	void *arg;
};

static void batch_go_on(struct batch *batch);

static void item_over(struct item *item)
{
	struct batch *batch = item->batch;

	batch->open--;
	batch_go_on(batch);
}

static void item_prepared(void *arg, struct op *op)
{
	struct item *item = arg;

	snprintf(item->words, sizeof(item->words), "%s", op_words(op));
	item_over(item);
}

static void item_ended(void *arg, struct op *op)
{
	struct item *item = arg;

	snprintf(item->words, sizeof(item->words), "%s", op_words(op));
	item_over(item);
}

static void item_tried(void *arg, struct op *op, int accepted, const char *words)
{
	struct item *item = arg;

	(void)op;
	item->dry_accepted = accepted;
	snprintf(item->words, sizeof(item->words), "%s", words);
	item_over(item);
}

/* Begins one; returns whether there is something to wait for. */
static int item_begin(struct item *item)
{
	struct batch *batch = item->batch;
	struct err err = {.text = ""};

	if (batch->phase == PREPARING) {
		item->op = op_prepare(batch->ops, &item->request, item_prepared, item, &err);
		if (!item->op)
			snprintf(item->words, sizeof(item->words), "%s", err.text);
		return item->op != NULL;
	}
	if (!item->op || op_state(item->op) != OPERATION_READY)
		return 0;
	if (batch->dry)
		op_dry_run(item->op, item_tried, item);
	else
		op_start(item->op, item_ended, item);
	return 1;
}

static void batch_tell(void *arg)
{
	struct batch *batch = arg;

	batch->phase = batch->phase == PREPARING ? WAITING : ENDED;
	batch->told(batch->arg, batch);
}

static void batch_go_on(struct batch *batch)
{
	while (batch->open < AT_ONCE && batch->next < batch->count)
		batch->open += (size_t)item_begin(&batch->items[batch->next++]);
	if (batch->open == 0 && batch->next == batch->count)
		timer_start(batch->timer, 0);
}

static void batch_run(struct batch *batch, enum phase phase, void (*told)(void *arg, struct batch *batch), void *arg)
{
	batch->phase = phase;
	batch->told = told;
	batch->arg = arg;
	batch->next = batch->open = 0;
	batch_go_on(batch);
}

struct batch *batch_new(struct ops *ops, const struct op_request *requests, size_t count,
                        void (*prepared)(void *arg, struct batch *batch), void *arg)
{
	struct batch *batch = mem_new(sizeof(*batch));

	batch->ops = ops;
	batch->count = count < BATCH_MAX ? count : BATCH_MAX;
	batch->items = mem_new_array(batch->count + 1, sizeof(*batch->items));
	batch->timer = timer_new(ops_loop(ops), batch_tell, batch);
	for (size_t i = 0; i < batch->count; i++) {
		struct op_request *request = &batch->items[i].request;
		batch->items[i].batch = batch;
		*request = requests[i];
		request->cluster = mem_copy_string(request->cluster);
		request->namespace = mem_copy_string(request->namespace ? request->namespace : "");
		request->name = mem_copy_string(request->name);
		request->reason = mem_copy_string(request->reason ? request->reason : "");
	}
	batch_run(batch, PREPARING, prepared, arg);
	return batch;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		op_free(item->op);
		free((char *)(uintptr_t)item->request.cluster);
		free((char *)(uintptr_t)item->request.namespace);
		free((char *)(uintptr_t)item->request.name);
		free((char *)(uintptr_t)item->request.reason);
	}
	timer_free(batch->timer);
	free(batch->items);
	free(batch);
}

void batch_start(struct batch *batch, void (*ended)(void *arg, struct batch *batch), void *arg)
{
	batch->dry = 0;
	batch_run(batch, RUNNING, ended, arg);
}

void batch_dry_run(struct batch *batch, void (*ended)(void *arg, struct batch *batch), void *arg)
{
	batch->dry = 1;
	batch_run(batch, RUNNING, ended, arg);
}

enum verb batch_verb(const struct batch *batch)
{
	return batch->items[0].request.verb;
}

size_t batch_count(const struct batch *batch)
{
	return batch->count;
}

enum operation_state batch_state(const struct batch *batch, size_t index)
{
	const struct item *item = &batch->items[index];

	return item->op ? op_state(item->op) : OPERATION_REFUSED;
}

size_t batch_in_state(const struct batch *batch, enum operation_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++)
		count += batch_state(batch, i) == state;
	return count;
}

size_t batch_ready(const struct batch *batch)
{
	return batch_in_state(batch, OPERATION_READY);
}

const struct op *batch_at(const struct batch *batch, size_t index)
{
	return batch->items[index].op;
}

const char *batch_words(const struct batch *batch, size_t index)
{
	return batch->items[index].words;
}

const struct op_request *batch_request(const struct batch *batch, size_t index)
{
	const struct item *item = &batch->items[index];

	return item->op ? op_request_of(item->op) : &item->request;
}

int batch_is_protected(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->items[i].request.protected)
			return 1;
	return 0;
}

void batch_title(const struct batch *batch, char *out, size_t size)
{
	const struct op_request *request = &batch->items[0].request;

	if (batch->count == 1)
		snprintf(out, size, "%s %s in %s", verb_word(request->verb), request->name, request->cluster);
	else
		snprintf(out, size, "%s %zu objects", verb_word(request->verb), batch_ready(batch));
}

void batch_expected(const struct batch *batch, char *out, size_t size)
{
	if (batch->count == 1)
		snprintf(out, size, "%s", batch->items[0].request.name);
	else
		snprintf(out, size, "%s %zu", verb_word(batch_verb(batch)), batch_ready(batch));
}

/* Those in one state, a line each with what `words` gives; the rest counted. */
static int list_state(const struct batch *batch, struct buf *out, enum operation_state state, const char *title,
                      int with_words)
{
	size_t total = batch_in_state(batch, state), told = 0;

	if (total == 0)
		return 0;
	if (buf_printf(out, "%s%s\n", out->len ? "\n" : "", title) < 0)
		return -1;
	for (size_t i = 0; i < batch->count && told < LIST_MAX; i++) {
		const struct op_request *request = &batch->items[i].request;
		if (batch_state(batch, i) != state)
			continue;
		told++;
		if (buf_printf(out, "  %s  %s %s/%s%s%s\n", request->cluster, kind_rows[request->kind].word,
		               request->namespace, request->name, with_words ? ": " : "",
		               with_words ? batch->items[i].words : "") < 0)
			return -1;
	}
	if (total > told && buf_printf(out, "  … and %zu more\n", total - told) < 0)
		return -1;
	return 0;
}

static int preview_one(const struct op *op, struct buf *out)
{
	if (buf_printf(out, "%s\n%s%s\n", op_effect(op), op_git(op), *op_git(op) ? "\n" : "") < 0)
		return -1;
	return op_send_text(op, out);
}

/* Of many: the effect of the first, which is of all of them in kind, and how many Git owns. */
static int preview_many(const struct batch *batch, struct buf *out)
{
	const struct op *first = NULL, *owned = NULL;
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++) {
		const struct op *op = batch->items[i].op;
		if (!op || op_state(op) != OPERATION_READY)
			continue;
		first = first ? first : op;
		if (!*op_git(op))
			continue;
		owned = owned ? owned : op;
		count++;
	}
	if (first && buf_printf(out, "\nThe first: %s\n", op_effect(first)) < 0)
		return -1;
	if (owned && buf_printf(out, "%zu applied from Git, such as %s: %s\n", count, op_subject(owned), op_git(owned)) < 0)
		return -1;
	return 0;
}

int batch_preview(const struct batch *batch, struct buf *out)
{
	if (batch->count == 1 && batch_ready(batch) == 1)
		return preview_one(batch->items[0].op, out);
	if (list_state(batch, out, OPERATION_READY, verb_help(batch_verb(batch)), 0) < 0 || preview_many(batch, out) < 0)
		return -1;
	return list_state(batch, out, OPERATION_REFUSED, "Left out:", 1);
}

void batch_summary(const struct batch *batch, struct text *out)
{
	static const enum operation_state bad[] = {OPERATION_FAILED, OPERATION_TIMED_OUT, OPERATION_REFUSED};

	if (batch->count == 1) {
		const struct item *item = &batch->items[0];
		text_printf(out, "%s %s: %s%s%s", verb_word(item->request.verb), item->request.name,
		            operation_words[batch_state(batch, 0)], *item->words ? ": " : "", item->words);
		return;
	}
	text_printf(out, "%s: %zu of %zu done", verb_word(batch_verb(batch)), batch_in_state(batch, OPERATION_OBSERVED),
	            batch->count);
	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
		size_t count = batch_in_state(batch, bad[k]);
		if (count == 0)
			continue;
		text_printf(out, ", %zu %s", count, bad[k] == OPERATION_REFUSED ? "left out" : operation_words[bad[k]]);
		for (size_t i = 0; i < batch->count; i++) {
			if (batch_state(batch, i) != bad[k])
				continue;
			text_printf(out, " (%s: %s)", batch->items[i].request.name, batch->items[i].words);
			break;
		}
	}
}

int batch_all_done(const struct batch *batch)
{
	if (batch->dry) {
		for (size_t i = 0; i < batch->count; i++)
			if (!batch->items[i].dry_accepted)
				return 0;
		return 1;
	}
	return batch_in_state(batch, OPERATION_OBSERVED) == batch->count;
}
