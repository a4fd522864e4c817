/* SPDX-License-Identifier: MIT */
/*
 * One chain of calls at a time: make the clone, fetch, see whether the tip moved, read the tree, read
 * the log, build the board. A change of ours runs beside it, and asks for a fetch when it has landed.
 */
#include "app/flag_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "flag/board.h"
#include "flag/load.h"
#include "git/repo.h"
#include "git/url.h"

enum book_step { BOOK_REST, BOOK_INIT, BOOK_AUTHOR, BOOK_FETCH, BOOK_TIP, BOOK_LOAD, BOOK_HISTORY };

struct flag_book {
	struct loop *loop;
	const struct clock *clock;
	struct log *log;
	const struct config_repository *repository;
	double interval;
	void (*changed)(void *arg);
	void (*said)(void *arg, const char *words);
	void *arg;

	struct git *git;
	char *ref, *refspec, *journal;
	enum book_step step;
	struct git_call *call;
	struct flag_load *load;
	struct timer *timer;
	int again, locked, recovered;
	struct git_recovery *recovery;
	char tip[GIT_SHA], author[300];
	struct flag_tree *tree, *fresh;
	struct flag_history history;
	struct flag_board *board;
	struct flag_state state;

	struct git_write *write;
	struct flag_change change; /* that is being written */
	void (*written)(void *arg, const struct flag_change *change, const struct git_written *written);
	void *written_arg;
};

static void step_go(struct flag_book *book);

static void tell(struct flag_book *book)
{
	if (book->changed)
		book->changed(book->arg);
}

static void rest(struct flag_book *book, double seconds)
{
	book->step = BOOK_REST;
	if (book->again) {
		book->again = 0;
		book->step = BOOK_FETCH;
		step_go(book);
		return;
	}
	timer_start(book->timer, seconds);
}

static void fail(struct flag_book *book, const char *words)
{
	if (strcmp(book->state.words, words) != 0)
		log_line(book->log, "flags: %s", words);
	snprintf(book->state.words, sizeof(book->state.words), "%s", words);
	tell(book);
	rest(book, 15);
}

static void board_put(struct flag_book *book)
{
	struct flag_board *old = book->board;
	book->board = flag_board_build(book->tree, &book->history, git_shown(book->git), book->repository->branch,
	                               book->clock->wall(book->clock));
	book->state.board = book->board;
	snprintf(book->state.words, sizeof(book->state.words), "%s", book->board->trouble);
	tell(book);
	flag_board_free(old);
}

static void recovered(void *arg, const struct git_recovered *one)
{
	struct flag_book *book = arg;
	char words[200];
	snprintf(words, sizeof(words), "change %.12s of a run that was ended %s", one->change_id,
	         one->landed ? "had reached its branch" : "never reached its branch, and is forgotten");
	log_line(book->log, "flags: %s", words);
	if (book->said)
		book->said(book->arg, words);
}

static void recovery_over(void *arg, const struct err *err)
{
	struct flag_book *book = arg;
	book->recovery = NULL;
	if (err)
		log_line(book->log, "flags: %s", err->text);
}

static void history_read(void *arg, struct flag_history *history, const struct err *err)
{
	struct flag_book *book = arg;
	book->call = NULL;
	if (!history) {
		fail(book, err->text);
		return;
	}
	flag_history_release(&book->history);
	book->history = *history;
	*history = (struct flag_history){0};
	flag_tree_free(book->tree);
	book->tree = book->fresh;
	book->fresh = NULL;
	board_put(book);
	if (!book->recovered) {
		book->recovered = 1;
		book->recovery = git_recover(book->git, book->loop, book->journal, recovered, recovery_over, book);
	}
	rest(book, book->interval);
}

static void tree_read(void *arg, struct flag_tree *tree, const struct err *err)
{
	struct flag_book *book = arg;
	book->load = NULL;
	if (!tree) {
		fail(book, err->text);
		return;
	}
	flag_tree_free(book->fresh);
	book->fresh = tree;
	book->step = BOOK_HISTORY;
	step_go(book);
}

static void take_tip(struct flag_book *book, const struct git_answer *answer)
{
	size_t len = strcspn(answer->out, "\n");
	if (len >= GIT_SHA || answer->exit_code != 0) {
		fail(book, "the branch is not in the repository");
		return;
	}
	snprintf(book->tip, sizeof(book->tip), "%.*s", (int)len, answer->out);
	if (book->tree && strcmp(book->tree->revision, book->tip) == 0) {
		if (*book->state.words && book->board) {
			snprintf(book->state.words, sizeof(book->state.words), "%s", book->board->trouble);
			tell(book);
		}
		rest(book, book->interval);
		return;
	}
	book->step = BOOK_LOAD;
	step_go(book);
}

static void step_ended(void *arg, const struct git_answer *answer)
{
	struct flag_book *book = arg;
	book->call = NULL;
	/* Somebody else fetches into the same clone: it is over in a moment. */
	if (book->step == BOOK_FETCH && (answer->trouble == GIT_LOCKED || answer->trouble == GIT_MOVED) && book->locked++ < 20) {
		timer_start(book->timer, 0.05);
		return;
	}
	book->locked = 0;
	if (book->step == BOOK_AUTHOR) {
		/* "Ada Lee <ada@example.org> 1795500000 +0000"; without one, the commit will say what to do. */
		const char *end = answer->exit_code == 0 ? strchr(answer->out, '>') : NULL;
		if (end)
			utf8_sanitise(book->author, sizeof(book->author), answer->out, (size_t)(end - answer->out) + 1 < 90 ? (size_t)(end - answer->out) + 1 : 90);
		book->step = BOOK_FETCH;
		step_go(book);
		return;
	}
	if (answer->trouble != GIT_WELL) {
		fail(book, answer->error);
		return;
	}
	if (book->step == BOOK_TIP) {
		take_tip(book, answer);
		return;
	}
	book->step = book->step == BOOK_INIT ? BOOK_AUTHOR : BOOK_TIP;
	step_go(book);
}

static void run(struct flag_book *book, const char *const *argv, const char *doing)
{
	book->call = git_run(book->git, &(struct git_command){.argv = argv, .doing = doing, .timeout = 600, .done = step_ended, .arg = book});
}

static void step_go(struct flag_book *book)
{
	const char *const init[] = {"init", "--quiet", "--bare", "--template=", git_folder(book->git), NULL};
	const char *const fetch[] = {"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
	                             "--no-auto-maintenance", "origin", book->refspec, NULL};
	const char *const tip[] = {"rev-parse", "--verify", "--quiet", "--end-of-options", book->ref, NULL};
	const char *const author[] = {"var", "GIT_AUTHOR_IDENT", NULL};
	switch (book->step) {
	case BOOK_AUTHOR: run(book, author, "asking"); break;
	case BOOK_INIT: run(book, init, "making the clone of"); break;
	case BOOK_FETCH: run(book, fetch, "fetching"); break;
	case BOOK_TIP: run(book, tip, "asking the clone of"); break;
	case BOOK_LOAD: book->load = flag_load_start(book->git, book->tip, book->repository->flags, tree_read, book); break;
	case BOOK_HISTORY: book->call = flag_history_start(book->git, book->tip, history_read, book); break;
	case BOOK_REST: break;
	}
}

static void time_to_go(void *arg)
{
	struct flag_book *book = arg;
	if (book->step == BOOK_REST)
		book->step = BOOK_FETCH;
	step_go(book);
}

struct flag_book *flag_book_new(const struct flag_book_options *options, struct err *err)
{
	const struct config_repository *repository = options->repository;
	if (url_check(repository->url, repository->insecure, err) < 0)
		return NULL;
	if (!branch_is_name(repository->branch)) {
		err_set(err, "\"%.80s\" is no name of a branch", repository->branch);
		return NULL;
	}
	struct flag_book *book = mem_new(sizeof(*book));
	char *folder = config_git_folder(), *place = repo_place(folder, repository->url);
	const struct git_options git = {.loop = options->loop, .folder = place, .url = repository->url, .insecure = repository->insecure};
	(void)folder_make(folder, 0700);
	*book = (struct flag_book){.loop = options->loop, .clock = options->clock, .log = options->log, .repository = repository,
	    .interval = options->interval > 0 ? options->interval : 60, .changed = options->changed, .said = options->said, .arg = options->arg, .git = git_new(&git),
	    .ref = mem_printf("refs/remotes/origin/%s", repository->branch), .journal = config_journal_folder(),
	    .refspec = mem_printf("+refs/heads/%s:refs/remotes/origin/%s", repository->branch, repository->branch)};
	book->timer = timer_new(options->loop, time_to_go, book);
	snprintf(book->state.words, sizeof(book->state.words), "reading flags…");
	free(folder);
	free(place);
	return book;
}

void flag_book_free(struct flag_book *book)
{
	if (!book)
		return;
	git_write_cancel(book->write);
	git_recovery_cancel(book->recovery);
	git_cancel(book->call);
	flag_load_cancel(book->load);
	timer_free(book->timer);
	flag_change_release(&book->change);
	flag_tree_free(book->tree);
	flag_tree_free(book->fresh);
	flag_history_release(&book->history);
	flag_board_free(book->board);
	git_free(book->git);
	free(book->ref);
	free(book->refspec);
	free(book->journal);
	free(book);
}

void flag_book_start(struct flag_book *book)
{
	book->step = BOOK_INIT;
	step_go(book);
}

void flag_book_refresh(struct flag_book *book)
{
	if (book->step != BOOK_REST) {
		book->again = 1;
		return;
	}
	timer_stop(book->timer);
	time_to_go(book);
}

const struct flag_state *flag_book_state(const struct flag_book *book)
{
	return &book->state;
}

const struct flag_tree *flag_book_tree(const struct flag_book *book)
{
	return book->tree;
}

const struct flag_history *flag_book_history(const struct flag_book *book)
{
	return &book->history;
}

const char *flag_book_shown(const struct flag_book *book)
{
	return git_shown(book->git);
}

int flag_book_by_request(const struct flag_book *book)
{
	return book->repository->by_request;
}

const char *flag_book_author(const struct flag_book *book)
{
	return book->author;
}

struct git *flag_book_git(const struct flag_book *book)
{
	return book->git;
}

const struct config_repository *flag_book_repository(const struct flag_book *book)
{
	return book->repository;
}

int flag_book_is_busy(const struct flag_book *book)
{
	return book->write != NULL;
}

static int write_apply(void *arg, const char *base, const struct git_before *before, struct git_after *after, size_t count,
                       char **message, struct err *err)
{
	struct flag_book *book = arg;
	return flag_change_apply(&book->change, base, before, after, count, message, err);
}

static void write_done(void *arg, const struct git_written *written)
{
	struct flag_book *book = arg;
	book->write = NULL;
	book->state.busy[0] = '\0';
	book->written(book->written_arg, &book->change, written);
	flag_change_release(&book->change);
	flag_book_refresh(book);
	tell(book);
}

int flag_book_write(struct flag_book *book, struct flag_change *change, const char *own_branch,
                    void (*done)(void *arg, const struct flag_change *change, const struct git_written *written), void *arg,
                    struct err *err)
{
	size_t count;
	if (book->write) {
		flag_change_release(change);
		return err_set(err, "another change is on its way; wait until it has landed");
	}
	book->change = *change;
	*change = (struct flag_change){0};
	book->written = done;
	book->written_arg = arg;
	const char **paths = flag_change_paths(&book->change, &count);
	const struct git_write_options options = {.git = book->git, .loop = book->loop, .branch = book->repository->branch, .push_branch = own_branch,
	    .journal = book->journal, .change_id = book->change.id, .paths = paths, .path_count = count, .change = write_apply, .done = write_done, .arg = book};
	book->write = git_write_start(&options, err);
	free(paths);
	if (!book->write) {
		flag_change_release(&book->change);
		return -1;
	}
	snprintf(book->state.busy, sizeof(book->state.busy), "pushing %.100s…", book->change.items[0].key);
	tell(book);
	return 0;
}
