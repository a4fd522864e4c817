/* SPDX-License-Identifier: MIT */
#ifndef GIT_WRITE_STATE_H
#define GIT_WRITE_STATE_H

#include "base/buf.h"
#include "base/err.h"
#include "git/write.h"
#include "net/loop.h"

enum write_step {
	WRITE_SETTINGS, /* is signing asked for? */
	WRITE_FETCH,
	WRITE_TIP,
	WRITE_LIST,     /* modes and names of the files */
	WRITE_READ,
	WRITE_HASH,
	WRITE_INDEX,
	WRITE_UPDATE,
	WRITE_TREE,
	WRITE_COMMIT,
	WRITE_PUSH,
	WRITE_ASK,      /* after a lost connection: where does the branch stand? */
	WRITE_ASK_FETCH,
	WRITE_ASK_HOLDS,
};

struct write_file {
	char *path;
	char mode[8]; /* "100644"; "" while there is none */
	char oid[GIT_SHA], fresh[GIT_SHA];
	char *before;
	size_t before_len;
	struct git_after after;
};

struct git_write {
	struct git *git;
	struct loop *loop;
	char *branch, *push_branch, *journal, *change_id, *refspec, *ref, *push_ref;
	struct write_file *files;
	size_t count, listed;
	int (*change)(void *arg, const char *base, const struct git_before *before, struct git_after *after, size_t count,
	              char **message, struct err *err);
	void (*progress)(void *arg, const char *words);
	void (*done)(void *arg, const struct git_written *written);
	void *arg;
	int dry, sign, asked, locked, fresh;
	double backoff;

	enum write_step step;
	struct git_call *call;
	struct timer *timer;
	char *index, *folder; /* of this attempt: the index, and the files to be hashed */
	char tree[GIT_SHA];
	char *message;
	struct buf input; /* of the call that runs */
	struct git_written written;
};

/* The journal: one file an entry, named by its change, held locked by the program that writes it. */
int journal_write(struct git_write *write, struct err *err) MUST_USE;
void journal_forget(const struct git_write *write);
/* A folder for this attempt's files, below the journal. */
int journal_make_room(struct git_write *write, struct err *err) MUST_USE;
void journal_clear_room(struct git_write *write);

#endif
