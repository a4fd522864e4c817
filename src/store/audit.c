/* SPDX-License-Identifier: MIT */
/*
 * A chain of rows. The hash of a row is taken over the previous one's and over every column, each
 * with its length in front, so that no text can run over into the next column. Two triggers keep
 * honest programs from changing rows; the chain shows it where somebody went around them.
 */
#include "store/audit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/db.h"

/* A text of a row; a plan in words is short, and what is longer is no plan in words. */
enum { TEXT_MAX = 16384, HOST_MAX = 256, OPEN_MS = 2 * 3600 * 1000 };

static const char genesis[] = "0000000000000000000000000000000000000000000000000000000000000000";

static const char *const steps[] = {
	"CREATE TABLE audit (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, change TEXT NOT NULL, stage TEXT NOT NULL,"
	" git TEXT, kube TEXT, host TEXT, pid INTEGER, action TEXT, cluster TEXT, target TEXT, what TEXT, why TEXT,"
	" commit_sha TEXT, data TEXT, outcome TEXT, detail TEXT, previous TEXT NOT NULL, hash TEXT NOT NULL);"
	"CREATE INDEX audit_change ON audit (change);"
	"CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;"
	"CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;",
};
static const struct db_schema schema = {"audit", steps, sizeof(steps) / sizeof(steps[0])};

#define COLUMNS \
	"seq, at_ms, change, stage, git, kube, host, pid, action, cluster, target, what, why, commit_sha, data," \
	" outcome, detail, previous, hash"

struct audit {
	struct audit_options options;
	struct db *db; /* NULL: it could not be opened at all */
	char host[HOST_MAX];
	char trouble[ERR_MAX];
};

static void to_syslog(void *arg, const char *line)
{
	(void)arg;
	syslog(LOG_AUTHPRIV | LOG_NOTICE, "%s", line);
}

static void to_stderr(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "flagdeck: %s\n", line);
}

struct audit *audit_open(const struct audit_options *options)
{
	struct audit *audit = mem_new(sizeof(*audit));
	struct err err = {.text = ""};

	audit->options = *options;
	if (!audit->options.anchor)
		audit->options.anchor = to_syslog;
	if (!audit->options.say)
		audit->options.say = to_stderr;
	if (gethostname(audit->host, sizeof(audit->host) - 1) < 0)
		snprintf(audit->host, sizeof(audit->host), "?");
	audit->db = db_open_with(options->path, &schema, &err);
	if (!audit->db)
		snprintf(audit->trouble, sizeof(audit->trouble), "%s", err.text);
	return audit;
}

void audit_close(struct audit *audit)
{
	if (!audit)
		return;
	db_close(audit->db);
	free(audit);
}

const char *audit_trouble(const struct audit *audit)
{
	if (*audit->trouble)
		return audit->trouble;
	return db_is_durable(audit->db) ? NULL : db_notice(audit->db) ? db_notice(audit->db) : "the audit is not kept";
}

int audit_permits(const struct audit *audit)
{
	return audit->options.allow_unaudited || !audit_trouble(audit);
}

static void hash_text(struct buf *bytes, const char *text)
{
	/* The texts of a row are bounded, so this cannot fail. */
	if (buf_printf(bytes, "%zu:%s,", text ? strlen(text) : 0, text ? text : "") < 0)
		abort();
}

static void hash_number(struct buf *bytes, int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	hash_text(bytes, text);
}

static void row_hash(const struct audit_row *row, char hash[AUDIT_HASH])
{
	const struct audit_record *record = &row->record;
	struct buf bytes;

	buf_init(&bytes, 32 * TEXT_MAX);
	hash_text(&bytes, row->previous);
	hash_number(&bytes, row->seq);
	hash_number(&bytes, row->at_ms);
	hash_text(&bytes, record->change);
	hash_text(&bytes, row->stage);
	hash_text(&bytes, record->git);
	hash_text(&bytes, record->kube);
	hash_text(&bytes, row->host);
	hash_number(&bytes, row->pid);
	hash_text(&bytes, record->action);
	hash_text(&bytes, record->cluster);
	hash_text(&bytes, record->target);
	hash_text(&bytes, record->what);
	hash_text(&bytes, record->why);
	hash_text(&bytes, record->commit);
	hash_text(&bytes, record->data);
	hash_text(&bytes, row->outcome);
	hash_text(&bytes, row->detail);
	sha256_hex(bytes.data, bytes.len, hash);
	buf_release(&bytes);
}

/* The row that a statement over COLUMNS stands on; its texts hold until the next step. */
static void row_read(const struct statement *statement, struct audit_row *row)
{
	*row = (struct audit_row){
		.seq = statement_int(statement, 0),
		.at_ms = statement_int(statement, 1),
		.stage = statement_text(statement, 3),
		.host = statement_text(statement, 6),
		.pid = statement_int(statement, 7),
		.record = {.change = statement_text(statement, 2), .git = statement_text(statement, 4),
		           .kube = statement_text(statement, 5), .action = statement_text(statement, 8),
		           .cluster = statement_text(statement, 9), .target = statement_text(statement, 10),
		           .what = statement_text(statement, 11), .why = statement_text(statement, 12),
		           .commit = statement_text(statement, 13), .data = statement_text(statement, 14)},
		.outcome = statement_text(statement, 15),
		.detail = statement_text(statement, 16),
	};
	snprintf(row->previous, sizeof(row->previous), "%s", statement_text(statement, 17));
	snprintf(row->hash, sizeof(row->hash), "%s", statement_text(statement, 18));
}

static int newest(struct audit *audit, int64_t *seq, char hash[AUDIT_HASH], struct err *err)
{
	struct statement *statement = db_prepare(audit->db, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", err);
	int got = statement ? statement_step(statement, err) : -1;

	*seq = got > 0 ? statement_int(statement, 0) : 0;
	snprintf(hash, AUDIT_HASH, "%s", got > 0 ? statement_text(statement, 1) : genesis);
	statement_free(statement);
	return got < 0 ? -1 : 0;
}

static int row_insert(struct audit *audit, const struct audit_row *row, struct err *err)
{
	struct statement *statement = db_prepare(
		audit->db, "INSERT INTO audit (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", err);
	const struct audit_record *record = &row->record;
	const char *const texts[] = {
		[2] = record->change, [3] = row->stage, [4] = record->git, [5] = record->kube, [6] = row->host,
		[8] = record->action, [9] = record->cluster, [10] = record->target, [11] = record->what,
		[12] = record->why, [13] = record->commit, [14] = record->data, [15] = row->outcome,
		[16] = row->detail, [17] = row->previous, [18] = row->hash};

	if (!statement)
		return -1;
	for (int i = 2; i < (int)(sizeof(texts) / sizeof(texts[0])); i++)
		if (i != 7)
			statement_bind_text(statement, i + 1, texts[i] ? texts[i] : "");
	statement_bind_int(statement, 1, row->seq);
	statement_bind_int(statement, 2, row->at_ms);
	statement_bind_int(statement, 8, row->pid);
	int result = statement_step(statement, err);
	statement_free(statement);
	return result < 0 ? -1 : 0;
}

/* One row at the end of the chain, on the disk when this returns. */
static int row_append(struct audit *audit, struct audit_row *row, struct err *err)
{
	char line[512];

	if (db_begin(audit->db, err) < 0)
		return -1;
	if (newest(audit, &row->seq, row->previous, err) < 0)
		goto fail;
	row->seq++;
	row->at_ms = audit->options.clock->wall(audit->options.clock);
	row->host = audit->host;
	row->pid = getpid();
	row_hash(row, row->hash);
	if (row_insert(audit, row, err) < 0 || db_commit(audit->db, err) < 0)
		goto fail;
	snprintf(line, sizeof(line), "audit seq=%lld head=%s change=%s stage=%s action=%s cluster=%.80s target=%.120s",
	         (long long)row->seq, row->hash, row->record.change, row->stage, row->record.action,
	         row->record.cluster ? row->record.cluster : "", row->record.target ? row->record.target : "");
	audit->options.anchor(audit->options.arg, line);
	return 0;
fail:
	db_rollback(audit->db);
	return -1;
}

/* Texts as they are kept: one line, bounded, safe to print. Free with texts_free. */
static struct audit_record texts_take(const struct audit_record *from)
{
	struct audit_record copy = *from;
	const char **const fields[] = {&copy.change, &copy.git, &copy.kube, &copy.action, &copy.cluster,
	                               &copy.target, &copy.what, &copy.why, &copy.commit, &copy.data};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		*fields[i] = utf8_sanitised(*fields[i] ? *fields[i] : "", *fields[i] ? strlen(*fields[i]) : 0, TEXT_MAX);
	return copy;
}

static void texts_free(struct audit_record *record)
{
	const char *const fields[] = {record->change, record->git, record->kube, record->action, record->cluster,
	                              record->target, record->what, record->why, record->commit, record->data};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		free((char *)(uintptr_t)fields[i]);
}

static void change_make(char change[AUDIT_CHANGE])
{
	unsigned char bytes[8];

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(change + 2 * i, 3, "%02x", bytes[i]);
}

/* A change that nobody will find in the audit: said where it cannot be missed. */
static void say_unaudited(struct audit *audit, const struct audit_record *record, const char *why)
{
	char line[900];

	snprintf(line, sizeof(line), "UNAUDITED %s %.80s %.120s: %.500s", record->action ? record->action : "",
	         record->cluster ? record->cluster : "", record->target ? record->target : "", why);
	audit->options.anchor(audit->options.arg, line);
	audit->options.say(audit->options.arg, line);
}

int audit_intend(struct audit *audit, const struct audit_record *record, char change[AUDIT_CHANGE], struct err *err)
{
	const char *trouble = audit_trouble(audit);
	struct err why = {.text = ""};
	struct audit_row row = {.stage = "intent", .record = texts_take(record)};
	int result = -1;

	if (record->change && *record->change)
		snprintf(change, AUDIT_CHANGE, "%s", row.record.change);
	else
		change_make(change);
	free((char *)(uintptr_t)row.record.change);
	row.record.change = mem_copy_string(change);
	if (!trouble && row_append(audit, &row, &why) == 0) {
		result = 0;
	} else if (audit->options.allow_unaudited) {
		say_unaudited(audit, &row.record, trouble ? trouble : why.text);
		result = 0;
	} else {
		err_set(err, "nothing was changed, because the audit cannot be written: %s. --allow-unaudited goes on without "
		        "it, and says so in the system's log", trouble ? trouble : why.text);
	}
	texts_free(&row.record);
	return result;
}

/* What the intent of a change says, to be repeated in its outcome. -1: there is none. */
static int intent_find(struct audit *audit, const char *change, struct audit_record *record, struct err *err)
{
	struct statement *statement =
		db_prepare(audit->db, "SELECT " COLUMNS " FROM audit WHERE change = ? AND stage = 'intent'", err);
	struct audit_row row;
	int got;

	if (!statement)
		return -1;
	statement_bind_text(statement, 1, change);
	got = statement_step(statement, err);
	if (got > 0) {
		row_read(statement, &row);
		const struct audit_record kept = {.change = change, .action = row.record.action,
		                                  .cluster = row.record.cluster, .target = row.record.target,
		                                  .commit = row.record.commit};
		*record = texts_take(&kept);
	} else if (got == 0) {
		err_set(err, "the audit knows no change %s", change);
	}
	statement_free(statement);
	return got > 0 ? 0 : -1;
}

int audit_conclude(struct audit *audit, const char *change, const char *outcome, const char *detail, const char *commit,
                   struct err *err)
{
	struct audit_row row = {.stage = "outcome"};
	struct audit_record nothing = {.change = change};
	char *words;
	int result;

	if (audit_trouble(audit) && audit->options.allow_unaudited)
		return 0; /* its intent was not kept either */
	if (audit_trouble(audit))
		return err_set(err, "how it went (%s) could not be written into the audit: %s", outcome, audit_trouble(audit));
	if (intent_find(audit, change, &row.record, err) < 0) {
		/* The intent went unaudited and the disk is back: there is nothing to conclude. */
		return audit->options.allow_unaudited ? 0 : -1;
	}
	nothing.what = detail;
	nothing.commit = commit && *commit ? commit : row.record.commit;
	nothing = texts_take(&nothing);
	words = mem_copy_string(nothing.what);
	row.outcome = outcome;
	row.detail = words;
	free((char *)(uintptr_t)row.record.commit);
	row.record.commit = mem_copy_string(nothing.commit);
	result = row_append(audit, &row, err);
	if (result < 0)
		err_wrap(err, "how it went (%s) could not be written into the audit", outcome);
	free(words);
	texts_free(&nothing);
	texts_free(&row.record);
	return result;
}

int audit_head(struct audit *audit, char head[AUDIT_HASH], struct err *err)
{
	int64_t seq;

	head[0] = '\0';
	if (!audit->db)
		return err_set(err, "%s", audit->trouble);
	if (newest(audit, &seq, head, err) < 0)
		return -1;
	if (seq == 0)
		head[0] = '\0';
	return 0;
}

static int each_row(struct audit *audit, const char *sql, int64_t bound,
                    int (*each)(void *arg, const struct audit_row *row), void *arg, struct err *err)
{
	struct statement *statement;
	struct audit_row row;
	int got;

	if (!audit->db)
		return err_set(err, "%s", audit->trouble);
	statement = db_prepare(audit->db, sql, err);
	if (!statement)
		return -1;
	statement_bind_int(statement, 1, bound);
	while ((got = statement_step(statement, err)) > 0) {
		row_read(statement, &row);
		if (each(arg, &row))
			break;
	}
	statement_free(statement);
	return got < 0 ? -1 : 0;
}

int audit_each(struct audit *audit, int64_t after_ms, int (*each)(void *arg, const struct audit_row *row), void *arg,
               struct err *err)
{
	return each_row(audit, "SELECT " COLUMNS " FROM audit WHERE at_ms >= ? ORDER BY seq", after_ms, each, arg, err);
}

struct open_rows {
	const struct audit *audit;
	int (*each)(void *arg, const struct audit_row *row);
	void *arg;
};

/* Whether the process that wrote the intent may still be at it. One on another host shares this file
 * over the network; it gets the time that no operation takes. */
static int may_be_at_it(const struct audit *audit, const struct audit_row *row)
{
	int64_t age = audit->options.clock->wall(audit->options.clock) - row->at_ms;

	if (age >= OPEN_MS)
		return 0;
	if (strcmp(row->host, audit->host) != 0)
		return 1;
	return row->pid == getpid() || kill((pid_t)row->pid, 0) == 0 || errno == EPERM;
}

static int open_row(void *arg, const struct audit_row *row)
{
	const struct open_rows *rows = arg;

	return may_be_at_it(rows->audit, row) ? 0 : rows->each(rows->arg, row);
}

static const char open_sql[] =
	"SELECT " COLUMNS " FROM audit AS a WHERE stage = 'intent' AND seq > ? AND NOT EXISTS"
	" (SELECT 1 FROM audit AS b WHERE b.change = a.change AND b.stage = 'outcome') ORDER BY seq";

int audit_each_open(struct audit *audit, int (*each)(void *arg, const struct audit_row *row), void *arg, struct err *err)
{
	struct open_rows rows = {audit, each, arg};

	return each_row(audit, open_sql, 0, open_row, &rows, err);
}

struct verifying {
	struct audit_verdict *verdict;
	const char *wanted;
	char previous[AUDIT_HASH];
};

static int verify_row(void *arg, const struct audit_row *row)
{
	struct verifying *verifying = arg;
	struct audit_verdict *verdict = verifying->verdict;
	char hash[AUDIT_HASH];

	row_hash(row, hash);
	if (row->seq != verdict->rows + 1)
		snprintf(verdict->why, sizeof(verdict->why), "row %lld is missing", (long long)verdict->rows + 1);
	else if (strcmp(row->previous, verifying->previous) != 0)
		snprintf(verdict->why, sizeof(verdict->why), "row %lld does not follow the row before it", (long long)row->seq);
	else if (strcmp(row->hash, hash) != 0)
		snprintf(verdict->why, sizeof(verdict->why), "row %lld was changed after it was written", (long long)row->seq);
	if (*verdict->why) {
		verdict->broken_at = row->seq;
		return 1;
	}
	verdict->rows++;
	snprintf(verifying->previous, sizeof(verifying->previous), "%s", row->hash);
	if (verifying->wanted && strcmp(verifying->wanted, row->hash) == 0)
		verdict->head_found = 1;
	return 0;
}

static int count_row(void *arg, const struct audit_row *row)
{
	(void)row;
	++*(int64_t *)arg;
	return 0;
}

int audit_verify(struct audit *audit, const char *head, struct audit_verdict *verdict, struct err *err)
{
	struct verifying verifying = {.verdict = verdict, .wanted = head};

	*verdict = (struct audit_verdict){.rows = 0};
	snprintf(verifying.previous, sizeof(verifying.previous), "%s", genesis);
	if (each_row(audit, "SELECT " COLUMNS " FROM audit WHERE seq > ? ORDER BY seq", INT64_MIN, verify_row, &verifying,
	             err) < 0 ||
	    each_row(audit, open_sql, 0, count_row, &verdict->open, err) < 0)
		return -1;
	if (verdict->rows > 0)
		snprintf(verdict->head, sizeof(verdict->head), "%s", verifying.previous);
	if (head && !verdict->broken_at && !verdict->head_found)
		snprintf(verdict->why, sizeof(verdict->why), "the head %.16s… is not in this chain: the file was written anew, "
		         "or is another one", head);
	return 0;
}
