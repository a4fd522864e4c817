/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The state file ($XDG_STATE_HOME/flagdeck/state.db), by SQLite; nothing else includes sqlite3.h.
 * One connection; every write is a transaction that is on the disk when db_commit returns. Secrets
 * are never stored. Single-threaded.
 *
 * The program works without its state. Where the file cannot be made or written, the database is
 * one in memory; where it is damaged, it is moved aside and a new one begun. db_notice says so in
 * words, for the header and for `doctor`. Only a file that a newer version wrote is refused, because
 * a newer version may rely on what it holds.
 */
struct db;

/* The tables of a file. Step n takes them from version n to n + 1; a step that was released is never
 * changed, later ones follow it. */
struct db_schema {
	const char *name;         /* of the file in messages: "state", "audit" */
	const char *const *steps;
	int count;
};

extern const struct db_schema db_state_schema; /* the state file's */

/* Opens or makes the file (0600) and its folder (0700), and brings its tables up to date. */
struct db *db_open(const char *path, struct err *err) MUST_USE;
/* The same for a file with other tables. The schema outlives it. */
struct db *db_open_with(const char *path, const struct db_schema *schema, struct err *err) MUST_USE;
/* A database in memory, whose notice is `why`. */
struct db *db_memory(const char *why);
void db_close(struct db *db); /* NULL is fine */

/* What a person should know about the state, in one sentence, or NULL. It may come later too: a
 * disk fills up while the program runs. */
const char *db_notice(const struct db *db);
/* Whether what is written now will be there in the next run. */
int db_is_durable(const struct db *db);

int db_begin(struct db *db, struct err *err) MUST_USE;  /* BEGIN IMMEDIATE: waits for others for a while */
int db_commit(struct db *db, struct err *err) MUST_USE;
void db_rollback(struct db *db);                        /* does nothing outside of a transaction */

/*
 * A prepared statement. Parameters count from 1 and columns from 0; text that is bound must live
 * until the statement ran. db_step returns 1 for a row, 0 at the end (the statement can then be
 * bound and run again), -1 on failure. An absent text binds as NULL and reads as "".
 */
struct statement;

struct statement *db_prepare(struct db *db, const char *sql, struct err *err) MUST_USE;
void statement_free(struct statement *statement);
void statement_bind_text(struct statement *statement, int index, const char *text);
void statement_bind_int(struct statement *statement, int index, int64_t value);
int statement_step(struct statement *statement, struct err *err) MUST_USE;
const char *statement_text(const struct statement *statement, int column); /* until the next step */
int64_t statement_int(const struct statement *statement, int column);

/* Where a statement has found the file damaged: moves it aside and goes on with a new one, as
 * db_open does. All statements must be free. Returns whether it was damaged. */
int db_renew_if_damaged(struct db *db);

#endif
