/* SPDX-License-Identifier: MIT */
#ifndef APP_FLAG_BOOK_H
#define APP_FLAG_BOOK_H

#include "app/config.h"
#include "base/clock.h"
#include "base/log.h"
#include "flag/change.h"
#include "flag/history.h"
#include "flag/tree.h"
#include "git/write.h"
#include "model/flag_board.h"
#include "net/loop.h"

/*
 * The flags of the configured repository for a running console: fetched now and then, resolved when the
 * branch has moved, and changed by commits, one at a time.
 */
struct flag_book;

struct flag_book_options {
	struct loop *loop;
	const struct clock *clock;
	struct log *log;
	const struct config_repository *repository; /* outlives the book */
	double interval;                            /* between fetches, in seconds; 0: 60 */
	void (*changed)(void *arg);                 /* the state is another */
	void (*said)(void *arg, const char *words); /* what an earlier run left, in a sentence; may be NULL */
	void *arg;
};

/* NULL and err when the address is refused. */
struct flag_book *flag_book_new(const struct flag_book_options *options, struct err *err);
void flag_book_free(struct flag_book *book); /* NULL is fine. What is being pushed may still arrive: the journal knows */
void flag_book_start(struct flag_book *book);
void flag_book_refresh(struct flag_book *book); /* fetches now */

const struct flag_state *flag_book_state(const struct flag_book *book);
const struct flag_tree *flag_book_tree(const struct flag_book *book); /* NULL: not read yet; until the next change of state */
const struct flag_history *flag_book_history(const struct flag_book *book);
const char *flag_book_shown(const struct flag_book *book); /* the address as it may be shown */
int flag_book_by_request(const struct flag_book *book);
const char *flag_book_author(const struct flag_book *book); /* as commits will have it; "" when it is not known */
struct git *flag_book_git(const struct flag_book *book);
const struct config_repository *flag_book_repository(const struct flag_book *book);
int flag_book_is_busy(const struct flag_book *book); /* a change is on its way */

/*
 * Carries a change out; it is the book's from then on, whatever comes of it. `own_branch`: not the
 * configured one, copied. `done` is called once, from the loop. -1 when it cannot even begin.
 */
int flag_book_write(struct flag_book *book, struct flag_change *change, const char *own_branch,
                    void (*done)(void *arg, const struct flag_change *change, const struct git_written *written), void *arg,
                    struct err *err) MUST_USE;

#endif
