/* SPDX-License-Identifier: MIT */
/*
 * Carries an operation out: a chain of steps, each observed before the next is sent. The audit's two rows
 * stand around it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "op_state.h"

enum { BODY_MAX = 4 << 20 };

static const double UNSURE_SECONDS = 15;

static void op_note(struct op *op, enum operation_state state, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void op_note(struct op *op, enum operation_state state, const char *fmt, ...)
{
	const struct ops_options *options = &op->ops->options;
	char words[sizeof(op->words)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	if (op->state == state && strcmp(op->words, words) == 0)
		return;
	op->state = state;
	snprintf(op->words, sizeof(op->words), "%s", words);
	if (options->fleet && state >= OPERATION_INTENDED)
		operation_tell(&options->fleet->timeline, op->id, options->clock->wall(options->clock), state, op->about,
		               op->row->word, op->words);
	if (options->changed)
		options->changed(options->arg);
}

static void step_send(struct op *op);

/* The last line of everything that was started. */
static void op_finish(struct op *op, enum operation_state state, const char *words)
{
	static const char *const outcomes[OPERATION_STATES] = {
		[OPERATION_OBSERVED] = "done", [OPERATION_FAILED] = "failed", [OPERATION_TIMED_OUT] = "timed out"};
	struct err err = {.text = ""};
	char kept[sizeof(op->words)];

	snprintf(kept, sizeof(kept), "%s", words); /* may be op->words itself */
	op_let_go(op);
	if (audit_conclude(op->ops->options.audit, op->change, outcomes[state], kept, NULL, &err) < 0) {
		log_line(op->ops->options.log, "%s", err.text);
		op_note(op, state, "%.300s (%.300s)", kept, err.text);
	} else {
		op_note(op, state, "%s", kept);
	}
	op->ended(op->arg, op);
}

static void step_observed(struct op *op, const char *words)
{
	char kept[sizeof(op->words)];

	follow_free(op->follow);
	op->follow = NULL;
	op->unsure = 0;
	if (++op->at < op->step_count) {
		step_send(op);
		return;
	}
	snprintf(kept, sizeof(kept), "%s", words);
	op_finish(op, OPERATION_OBSERVED, kept);
}

static void object_seen(void *arg, const cJSON *object)
{
	struct op *op = arg;
	const struct op_step *step = &op->steps[op->at];
	char words[480];
	struct text text = text_in(words, sizeof(words));
	enum op_verdict verdict = (step->judge ? step->judge : judge_written)(op, step, object, &text);

	if (verdict == OP_HAPPENED)
		step_observed(op, words);
	else if (verdict == OP_WENT_WRONG)
		op_finish(op, OPERATION_FAILED, words);
	else
		op_note(op, OPERATION_SENT, "%s", words);
}

void op_time_over(void *arg)
{
	struct op *op = arg;
	char words[sizeof(op->words)];

	if (op->stage != PREPARED) { /* the first call after op_prepare: begin */
		op_continue(op);
		return;
	}
	if (op->state == OPERATION_REFUSED) { /* by op_start */
		op->ended(op->arg, op);
		return;
	}
	if (op->unsure) {
		op_finish(op, OPERATION_FAILED, "the connection was lost while it was sent, and what was to be written is not "
		                                "there");
		return;
	}
	snprintf(words, sizeof(words), "%.600s", *op->words ? op->words : "nothing was seen of it");
	op_finish(op, OPERATION_TIMED_OUT, words);
}

static void step_observe(struct op *op)
{
	const struct op_step *step = &op->steps[op->at];
	const struct follow_options options = {
		.client = op->client, .loop = op->ops->options.loop, .seen = object_seen, .arg = op,
		.object = op_object(op->ops, op->request.cluster, step->kind, step->namespace, step->name),
	};
	double seconds = op->request.timeout > 0 ? op->request.timeout : op->row->timeout;

	timer_start(op->timer, op->unsure && seconds > UNSURE_SECONDS ? UNSURE_SECONDS : seconds);
	op->follow = follow_new(&options);
}

static void step_answered(void *arg, const struct client_result *result, const char *answer, size_t len)
{
	struct op *op = arg;
	struct op_step *step = &op->steps[op->at];
	char words[560];

	op->call = NULL;
	if (result->status >= 300 || (result->error[0] && result->expired)) {
		int moved = step->write == WRITE_JSON && (result->status == 409 || strstr(result->error, "test") ||
		                                           strstr(result->error, "rejected our request"));
		snprintf(words, sizeof(words), "%s: %s",
		         moved ? "it was changed since it was looked at, so nothing was written" : "the server refused it",
		         result->error);
		op_finish(op, OPERATION_FAILED, words);
		return;
	}
	if (result->error[0]) {
		op->unsure = 1;
		op_note(op, OPERATION_SENT, "whether it arrived is not known (%.300s); looking", result->error);
	} else {
		cJSON *json = json_parse_heap(answer, len, NULL);
		step->generation = json_int(json, "metadata/generation", 0);
		cJSON_Delete(json);
		op_note(op, OPERATION_SENT, "the server took it");
	}
	step_observe(op);
}

struct write op_step_write(const struct op *op, const struct op_step *step, int dry_run)
{
	struct write write = {.kind = step->write, .object = op_object(op->ops, op->request.cluster, step->kind, step->namespace, step->name),
	                      .body = step->body, .dry_run = dry_run};

	write.object.subresource = step->subresource;
	return write;
}

static void step_send(struct op *op)
{
	const struct write write = op_step_write(op, &op->steps[op->at], 0);

	op->call = write_send(op->client, &write, step_answered, op);
}

/* What the next start of the program needs to look how it went. */
static char *resume_data(const struct op *op)
{
	const struct op_step *step = &op->steps[op->step_count - 1];
	cJSON *json = cJSON_CreateObject();
	struct buf text;

	cJSON_AddStringToObject(json, "verb", op->row->name);
	cJSON_AddStringToObject(json, "kind", kind_rows[step->kind].word);
	cJSON_AddStringToObject(json, "namespace", step->namespace);
	cJSON_AddStringToObject(json, "name", step->name);
	cJSON_AddStringToObject(json, "method", write_method(step->write));
	cJSON_AddNumberToObject(json, "write", step->write);
	/* A template of an undo can hold values that are nobody's business here; the digest of none of it
	 * helps looking. Its revision is in the words. */
	if (step->write != WRITE_JSON && step->write != WRITE_STRATEGIC)
		cJSON_AddStringToObject(json, "body", step->body);
	buf_init(&text, BODY_MAX);
	char *data = json_write(&text, json, 0) == 0 ? mem_copy_string(buf_string(&text)) : NULL;
	buf_release(&text);
	cJSON_Delete(json);
	return data;
}

static int op_intend(struct op *op, struct err *err)
{
	char what[700];
	char *data = resume_data(op);
	struct text text = text_in(what, sizeof(what));

	text_add(&text, op->row->word);
	if (op->request.verb == VERB_UNDO)
		text_printf(&text, " to revision %ld", op->request.revision);
	if (op->request.verb == VERB_SCALE)
		text_printf(&text, " to %d", op->request.replicas);
	if (op->request.until_ms) {
		char until[32];
		stamp_format(op->request.until_ms, until);
		text_printf(&text, " until %s", until);
	}
	for (size_t i = 0; i < op->step_count; i++) {
		const struct write write = op_step_write(op, &op->steps[i], 0);
		char path[600];
		write_path(&write, path, sizeof(path));
		text_printf(&text, "; %s %s", write_method(write.kind), path);
	}
	const struct audit_record record = {
		.git = op->ops->git, .kube = who_user(op->ops, op->request.cluster), .action = op->row->name,
		.cluster = op->request.cluster, .target = op->subject, .what = what, .why = op->request.reason, .data = data,
	};
	int result = audit_intend(op->ops->options.audit, &record, op->change, err);
	free(data);
	return result;
}

void op_start(struct op *op, void (*ended)(void *arg, struct op *op), void *arg)
{
	struct err err = {.text = ""};
	const char *refusal = ops_refusal(op->ops);

	op->ended = ended;
	op->arg = arg;
	op->at = 0;
	if (refusal || op_intend(op, &err) < 0) {
		/* Nothing was sent and the audit has nothing of it: `ended` alone tells. */
		op->state = OPERATION_REFUSED;
		snprintf(op->words, sizeof(op->words), "%s", refusal ? refusal : err.text);
		timer_start(op->timer, 0);
		return;
	}
	op->words[0] = '\0';
	op_note(op, OPERATION_INTENDED, "%s", op->request.reason);
	step_send(op);
}

static void dry_answered(void *arg, const struct client_result *result, const char *answer, size_t len);

static void dry_send(struct op *op)
{
	const struct write write = op_step_write(op, &op->steps[op->at], 1);

	op->call = write_send(op->client, &write, dry_answered, op);
}

static void dry_answered(void *arg, const struct client_result *result, const char *answer, size_t len)
{
	struct op *op = arg;

	(void)answer, (void)len;
	op->call = NULL;
	if (result->error[0]) {
		snprintf(op->words, sizeof(op->words), "the server would refuse it: %s", result->error);
		op->dry(op->arg, op, 0, op->words);
		return;
	}
	if (++op->at < op->step_count) {
		dry_send(op);
		return;
	}
	op->at = 0;
	op->dry(op->arg, op, 1, "the server would take it");
}

void op_dry_run(struct op *op, void (*ended)(void *arg, struct op *op, int accepted, const char *words), void *arg)
{
	op->dry = ended;
	op->arg = arg;
	op->at = 0;
	dry_send(op);
}
