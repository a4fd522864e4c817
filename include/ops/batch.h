/* SPDX-License-Identifier: MIT */
#ifndef OPS_BATCH_H
#define OPS_BATCH_H

#include "base/text.h"
#include "ops/ops.h"

/*
 * One verb on one object or on many: prepared together, agreed to once, started together (a few at a
 * time), counted. What may not go ahead is left out and said; it keeps nobody else.
 */
struct batch;

enum { BATCH_MAX = 1000 };

/* `prepared` comes once, later, when every operation is ready or refused. */
struct batch *batch_new(struct ops *ops, const struct op_request *requests, size_t count,
                        void (*prepared)(void *arg, struct batch *batch), void *arg);
void batch_free(struct batch *batch); /* as op_free */

enum verb batch_verb(const struct batch *batch);
size_t batch_count(const struct batch *batch);
size_t batch_ready(const struct batch *batch);      /* that may go ahead */
const struct op *batch_at(const struct batch *batch, size_t index); /* NULL: it could not even be asked */
const char *batch_words(const struct batch *batch, size_t index);   /* why it was left out, or how it went */
enum operation_state batch_state(const struct batch *batch, size_t index);
const struct op_request *batch_request(const struct batch *batch, size_t index);
int batch_is_protected(const struct batch *batch);

/* For the person who is to agree. The title is "restart payments-api in eu-prod", or "restart 12
 * objects"; the body says what would happen, what Git makes of it, and what would be sent. */
void batch_title(const struct batch *batch, char *out, size_t size);
int batch_preview(const struct batch *batch, struct buf *out) MUST_USE;
/* What to type on a protected cluster: the object's name, or "restart 12". */
void batch_expected(const struct batch *batch, char *out, size_t size);

/* Starts what is ready. `ended` comes once, when all of it is final. */
void batch_start(struct batch *batch, void (*ended)(void *arg, struct batch *batch), void *arg);
/* The server is asked what it would say; nothing is kept. `ended` comes once; batch_words tell. */
void batch_dry_run(struct batch *batch, void (*ended)(void *arg, struct batch *batch), void *arg);
/* "12 of 12 restarted", "10 done, 1 failed (…), 1 left out (…)". */
void batch_summary(const struct batch *batch, struct text *out);
int batch_all_done(const struct batch *batch); /* nothing failed, timed out or was left out */
size_t batch_in_state(const struct batch *batch, enum operation_state state);

#endif
