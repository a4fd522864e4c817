/* SPDX-License-Identifier: MIT */
/*
 * SQLite's one home. A rollback journal and full synchronisation: home folders of bastion hosts lie
 * on NFS, where a write-ahead log loses data. To change the tables, add a step to `migrations`;
 * never change one that was released.
 */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

enum { BUSY_MS = 2000, NOTICE_MAX = 512 };

struct db {
	const struct db_schema *schema;
	sqlite3 *sqlite;
	char *path;          /* NULL: in memory from the start */
	int in_memory, damaged, failed;
	char notice[NOTICE_MAX];
};

struct statement {
	struct db *db;
	sqlite3_stmt *sqlite;
	char name[32];       /* the start of its text, for messages */
};

/* Step n takes the tables from version n to n + 1. */
static const char *const migrations[] = {
	"CREATE TABLE warm_cluster (name TEXT PRIMARY KEY, saved_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE warm_service (cluster TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,"
	" kind TEXT, team TEXT, images TEXT, revision TEXT, reason TEXT, health TEXT, health_key TEXT,"
	" phase TEXT, done INTEGER, total INTEGER, desired INTEGER, replicas INTEGER, ready INTEGER, updated INTEGER,"
	" available INTEGER, pods INTEGER, pods_ready INTEGER, restarts INTEGER, generation INTEGER,"
	" observed INTEGER, created_ms INTEGER);"
	"CREATE INDEX warm_service_cluster ON warm_service (cluster);",
	"CREATE TABLE chain (cluster TEXT NOT NULL, namespace TEXT NOT NULL, service TEXT NOT NULL, sha TEXT NOT NULL,"
	" verdict TEXT, hang TEXT, began_ms INTEGER, ended_ms INTEGER, PRIMARY KEY (cluster, namespace, service, sha))"
	" WITHOUT ROWID;"
	"CREATE TABLE chain_stage (cluster TEXT NOT NULL, namespace TEXT NOT NULL, service TEXT NOT NULL, sha TEXT NOT NULL,"
	" stage TEXT NOT NULL, ended_ms INTEGER, took_ms INTEGER,"
	" PRIMARY KEY (cluster, namespace, service, sha, stage)) WITHOUT ROWID;",
};

const struct db_schema db_state_schema = {"state", migrations, sizeof(migrations) / sizeof(migrations[0])};

static void notice_set(struct db *db, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void notice_set(struct db *db, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(db->notice, sizeof(db->notice), fmt, args);
	va_end(args);
}

static int is_damage(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

/* What went wrong last, as an error about the file; remembers damage and disks that fill up. */
static int db_fail(struct db *db, const char *doing, struct err *err)
{
	int code = sqlite3_extended_errcode(db->sqlite);
	const char *path = db->path ? db->path : "memory";
	if (is_damage(code))
		db->damaged = 1;
	else if (!db->in_memory && (code & 0xff) != SQLITE_BUSY && !db->failed) {
		db->failed = 1;
		notice_set(db, "%s: %s cannot be written (%s); what happens now is not kept",
		           db->schema->name, path, sqlite3_errmsg(db->sqlite));
	}
	if ((code & 0xff) == SQLITE_BUSY)
		return err_set(err, "%s: %s: %s: another flagdeck holds it; try again", db->schema->name, doing, path);
	return err_set(err, "%s: %s: %s: %s", db->schema->name, doing, path, sqlite3_errmsg(db->sqlite));
}

static int db_exec(struct db *db, const char *sql, const char *doing, struct err *err)
{
	if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(db, doing, err);
	return 0;
}

static int db_schema(struct db *db, int *version, struct err *err)
{
	struct statement *statement = db_prepare(db, "PRAGMA user_version", err);
	int got = statement ? statement_step(statement, err) : -1;
	if (got > 0)
		*version = (int)statement_int(statement, 0);
	statement_free(statement);
	return got < 0 ? -1 : 0;
}

static int db_migrate(struct db *db, struct err *err)
{
	int version = 0;
	char pragma[64];
	/* Reading is enough where nothing is to be done, so that a file that is read-only still serves. */
	if (db_schema(db, &version, err) < 0)
		return -1;
	if (version >= db->schema->count)
		return 0; /* db_open refuses a newer one */
	if (db_begin(db, err) < 0)
		return -1;
	if (db_schema(db, &version, err) < 0) /* another process may have been faster */
		goto fail;
	for (int step = version; step < db->schema->count; step++)
		if (db_exec(db, db->schema->steps[step], "bringing its tables up to date", err) < 0)
			goto fail;
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", version > db->schema->count ? version : db->schema->count);
	if (db_exec(db, pragma, "bringing its tables up to date", err) < 0 || db_commit(db, err) < 0)
		goto fail;
	return 0;
fail:
	db_rollback(db);
	return -1;
}

/* Makes the file before SQLite does, so that it never exists with other rights than 0600. */
static int make_file(const char *path)
{
	struct stat status;
	if (folder_make_for(path, 0700) < 0)
		return -1;
	int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0 && (errno == EROFS || errno == EACCES))
		file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -1;
	/* A tree that was copied or restored may be too open; what cannot be changed is left alone. */
	if (fstat(file, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & 077))
		(void)!fchmod(file, 0600);
	close(file);
	return 0;
}

static void db_shut(struct db *db)
{
	sqlite3_close(db->sqlite);
	db->sqlite = NULL;
}

static void db_use_memory(struct db *db)
{
	struct err err = {{0}};
	db_shut(db);
	db->in_memory = 1;
	db->damaged = 0;
	if (sqlite3_open(":memory:", &db->sqlite) != SQLITE_OK || db_migrate(db, &err) < 0) {
		/* Only out of memory leads here. */
		fprintf(stderr, "flagdeck: %s\n", err.text[0] ? err.text : "out of memory");
		abort();
	}
}

/* Opens the file and brings it up to date. `err` says why not. */
static int db_try(struct db *db, struct err *err)
{
	if (make_file(db->path) < 0)
		return err_set(err, "%s: %s", db->path, strerror(errno));
	if (sqlite3_open_v2(db->path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		return db_fail(db, "opening", err);
	sqlite3_extended_result_codes(db->sqlite, 1);
	sqlite3_busy_timeout(db->sqlite, BUSY_MS);
	if (db_exec(db, "PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF;",
	            "opening", err) < 0 ||
	    db_migrate(db, err) < 0)
		return -1;
	/* After the first read: on a file that is none of SQLite's, it would hide why. */
	return db_exec(db, "PRAGMA journal_mode = TRUNCATE", "opening", err);
}

/* Puts a damaged file where it can be looked at, and its journal with it. */
static int move_aside(struct db *db)
{
	char *aside = mem_printf("%s.damaged-%lld", db->path, (long long)time(NULL));
	char *journal = mem_printf("%s-journal", db->path), *journal_aside = mem_printf("%s-journal", aside);
	int moved = rename(db->path, aside);
	if (moved == 0) {
		(void)!rename(journal, journal_aside);
		notice_set(db, "%s: %s was damaged; it is now %s, and a new one was begun", db->schema->name,
		           db->path, aside);
	}
	free(aside);
	free(journal);
	free(journal_aside);
	return moved;
}

/* Opens the file, or a new one in place of a damaged one, or memory. */
static void db_start(struct db *db)
{
	struct err err = {{0}};
	for (int attempt = 0; attempt < 2; attempt++) {
		db->damaged = db->failed = 0;
		if (db_try(db, &err) == 0) {
			if (sqlite3_db_readonly(db->sqlite, "main") == 1)
				notice_set(db, "%s: %s is read-only: what happens now is not kept",
				           db->schema->name, db->path);
			return;
		}
		db_shut(db);
		if (!db->damaged || move_aside(db) < 0)
			break;
	}
	notice_set(db, "%s is kept in memory only and ends with this run: %s", db->schema->name, err.text);
	db_use_memory(db);
}

/* Two processes must not both move a damaged file aside: the second would move the new one. A
 * folder that cannot be locked (some NFS) is not worth failing for. */
static int folder_lock(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder =
	    slash ? mem_copy(path, slash == path ? 1 : (size_t)(slash - path)) : mem_copy_string(".");
	(void)folder_make_for(path, 0700);
	int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock >= 0)
		(void)!flock(lock, LOCK_EX);
	free(folder);
	return lock;
}

struct db *db_open(const char *path, struct err *err)
{
	return db_open_with(path, &db_state_schema, err);
}

struct db *db_open_with(const char *path, const struct db_schema *schema, struct err *err)
{
	struct db *db = mem_new(sizeof(*db));
	int version = 0, lock = folder_lock(path);
	db->schema = schema;
	db->path = mem_copy_string(path);
	db_start(db);
	if (lock >= 0)
		close(lock);
	if (db_schema(db, &version, err) == 0 && version <= schema->count)
		return db;
	if (version > schema->count)
		err_set(err,
		        "%s: %s was written by a newer flagdeck (its tables are version %d, this one knows "
		        "%d); "
		        "use that version, or move the file away",
		        schema->name, path, version, schema->count);
	db_close(db);
	return NULL;
}

struct db *db_memory(const char *why)
{
	struct db *db = mem_new(sizeof(*db));
	db->schema = &db_state_schema;
	notice_set(db, "%s is kept in memory only and ends with this run: %s", db->schema->name, why);
	db_use_memory(db);
	return db;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	db_shut(db);
	free(db->path);
	free(db);
}

const char *db_notice(const struct db *db)
{
	return db->notice[0] ? db->notice : NULL;
}

int db_is_durable(const struct db *db)
{
	return !db->in_memory && !db->failed && !db->damaged && sqlite3_db_readonly(db->sqlite, "main") == 0;
}

int db_renew_if_damaged(struct db *db)
{
	if (!db->damaged)
		return 0;
	int lock = folder_lock(db->path);
	db_shut(db);
	if (move_aside(db) == 0) {
		db_start(db);
	} else {
		notice_set(db, "%s: %s is damaged and cannot be moved away: %s", db->schema->name,
		           db->path, strerror(errno));
		db_use_memory(db);
	}
	if (lock >= 0)
		close(lock);
	return 1;
}

int db_begin(struct db *db, struct err *err)
{
	return db_exec(db, "BEGIN IMMEDIATE", "beginning to write", err);
}

int db_commit(struct db *db, struct err *err)
{
	if (db_exec(db, "COMMIT", "writing", err) < 0)
		return -1;
	if (db->failed) { /* there is room on the disk again */
		db->failed = 0;
		db->notice[0] = '\0';
	}
	return 0;
}

void db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->sqlite))
		sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

struct statement *db_prepare(struct db *db, const char *sql, struct err *err)
{
	struct statement *statement = mem_new(sizeof(*statement));
	statement->db = db;
	snprintf(statement->name, sizeof(statement->name), "%s", sql);
	if (sqlite3_prepare_v2(db->sqlite, sql, -1, &statement->sqlite, NULL) == SQLITE_OK)
		return statement;
	db_fail(db, statement->name, err);
	free(statement);
	return NULL;
}

void statement_free(struct statement *statement)
{
	if (!statement)
		return;
	sqlite3_finalize(statement->sqlite);
	free(statement);
}

/* Binding fails only for an index that the text does not have: a mistake of ours, found by any test. */
void statement_bind_text(struct statement *statement, int index, const char *text)
{
	if (sqlite3_bind_text(statement->sqlite, index, text, -1, SQLITE_STATIC) != SQLITE_OK)
		abort();
}

void statement_bind_int(struct statement *statement, int index, int64_t value)
{
	if (sqlite3_bind_int64(statement->sqlite, index, value) != SQLITE_OK)
		abort();
}

int statement_step(struct statement *statement, struct err *err)
{
	switch (sqlite3_step(statement->sqlite)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		sqlite3_reset(statement->sqlite);
		return 0;
	default:
		db_fail(statement->db, statement->name, err);
		sqlite3_reset(statement->sqlite);
		return -1;
	}
}

const char *statement_text(const struct statement *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement->sqlite, column);
	return text ? (const char *)text : "";
}

int64_t statement_int(const struct statement *statement, int column)
{
	return sqlite3_column_int64(statement->sqlite, column);
}
