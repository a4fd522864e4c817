/* SPDX-License-Identifier: MIT */
/* The audit: intent before outcome, a chain that shows every change to it, refusal where it is not kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/audit.h"
#include "store/db.h"

struct rig {
	char folder[64], path[128];
	struct clock_fixed clock;
	char anchored[1024], said[1024];
	int anchors, sayings;
};

static void note_anchor(void *arg, const char *line)
{
	struct rig *rig = arg;
	rig->anchors++;
	snprintf(rig->anchored, sizeof(rig->anchored), "%s", line);
}

static void note_saying(void *arg, const char *line)
{
	struct rig *rig = arg;
	rig->sayings++;
	snprintf(rig->said, sizeof(rig->said), "%s", line);
}

static int setup(void **state)
{
	struct rig *rig = mem_new(sizeof(*rig));
	snprintf(rig->folder, sizeof(rig->folder), "/tmp/flagdeck-audit-XXXXXX");
	if (!mkdtemp(rig->folder))
		return -1;
	snprintf(rig->path, sizeof(rig->path), "%s/audit.db", rig->folder);
	clock_fixed_init(&rig->clock, 1795600000000);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;
	char *command = mem_printf("chmod -R u+w %s && rm -r %s", rig->folder, rig->folder);
	int code = system(command);
	free(command);
	free(rig);
	return code;
}

static struct audit *open_audit(struct rig *rig, int allow)
{
	const struct audit_options options = {.path = rig->path, .clock = &rig->clock.clock, .allow_unaudited = allow,
	                                      .anchor = note_anchor, .say = note_saying, .arg = rig};
	return audit_open(&options);
}

static const struct audit_record restart = {
	.git = "Ann Lee <ann@example.org>", .kube = "ann", .action = "rollout.restart", .cluster = "eu-prod",
	.target = "Deployment payments/payments-api", .what = "restart", .why = "leaks\nmemory\x1b[31m", .data = "{}",
};

static void intend(struct audit *audit, char change[AUDIT_CHANGE])
{
	struct err err = {.text = ""};
	if (audit_intend(audit, &restart, change, &err) < 0)
		fail_msg("%s", err.text);
}

static void conclude(struct audit *audit, const char *change, const char *outcome)
{
	struct err err = {.text = ""};
	if (audit_conclude(audit, change, outcome, "12 of 12 pods are new", "", &err) < 0)
		fail_msg("%s", err.text);
}

struct seen {
	int rows;
	char text[4096];
};

static int see(void *arg, const struct audit_row *row)
{
	struct seen *seen = arg;
	seen->rows++;
	snprintf(seen->text + strlen(seen->text), sizeof(seen->text) - strlen(seen->text), "%lld %s %s %s %s|%s|%s|%s\n",
	         (long long)row->seq, row->stage, row->record.action, row->record.cluster, row->record.target,
	         row->record.why, row->outcome, row->detail);
	return 0;
}

static void a_change_is_two_rows(void **state)
{
	struct rig *rig = *state;
	struct audit *audit = open_audit(rig, 0);
	struct seen seen = {0};
	struct err err = {.text = ""};
	struct audit_verdict verdict;
	char change[AUDIT_CHANGE], head[AUDIT_HASH], first[AUDIT_HASH];

	assert_null(audit_trouble(audit));
	assert_true(audit_permits(audit));
	assert_int_equal(audit_head(audit, head, &err), 0);
	assert_string_equal(head, "");
	intend(audit, change);
	assert_int_equal(strlen(change), 16);
	assert_int_equal(audit_head(audit, first, &err), 0);
	assert_non_null(strstr(rig->anchored, first));
	assert_non_null(strstr(rig->anchored, "stage=intent"));
	conclude(audit, change, "done");
	assert_int_equal(rig->anchors, 2);
	assert_int_equal(audit_each(audit, 0, see, &seen, &err), 0);
	/* What somebody typed is one line and safe to print. */
	assert_string_equal(seen.text,
	                    "1 intent rollout.restart eu-prod Deployment payments/payments-api|leaks memory[31m||\n"
	                    "2 outcome rollout.restart eu-prod Deployment payments/payments-api||done|12 of 12 pods are new\n");
	audit_close(audit);
	audit = open_audit(rig, 0);
	assert_int_equal(audit_verify(audit, first, &verdict, &err), 0);
	assert_string_equal(verdict.why, "");
	assert_int_equal(verdict.rows, 2);
	assert_int_equal(verdict.open, 0);
	assert_true(verdict.head_found);
	assert_int_equal(audit_head(audit, head, &err), 0);
	assert_string_equal(verdict.head, head);
	assert_int_equal(audit_verify(audit, "00ff", &verdict, &err), 0);
	assert_non_null(strstr(verdict.why, "not in this chain"));
	audit_close(audit);
}

static void an_outcome_needs_its_intent(void **state)
{
	struct audit *audit = open_audit(*state, 0);
	struct err err = {.text = ""};

	assert_int_equal(audit_conclude(audit, "0123456789abcdef", "done", "", "", &err), -1);
	assert_non_null(strstr(err.text, "knows no change"));
	audit_close(audit);
}

/* As somebody would who edits the file: the triggers dropped, then one statement. */
static void tamper(struct rig *rig, const char *sql)
{
	static const struct db_schema none = {"audit", NULL, 1};
	struct err err = {.text = ""};
	struct db *db = db_open_with(rig->path, &none, &err);
	const char *const all[] = {"DROP TRIGGER audit_stays", "DROP TRIGGER audit_keeps", sql};

	assert_non_null(db);
	for (int i = 0; i < 3; i++) {
		struct statement *statement = db_prepare(db, all[i], &err);
		if (!statement || statement_step(statement, &err) < 0)
			fail_msg("%s: %s", all[i], err.text);
		statement_free(statement);
	}
	db_close(db);
}

static void tampering_shows(void **state)
{
	static const struct {
		const char *sql, *words;
	} rows[] = {
		{"UPDATE audit SET why = 'for fun' WHERE seq = 3", "row 3 was changed"},
		{"UPDATE audit SET git = kube, kube = git WHERE seq = 5", "row 5 was changed"},
		{"UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 1", "row 1 was changed"},
		{"DELETE FROM audit WHERE seq = 2", "row 2 is missing"},
		{"UPDATE audit SET hash = 'ab' WHERE seq = 4", "row 4 was changed"},
		{"UPDATE audit SET previous = (SELECT previous FROM audit WHERE seq = 1) WHERE seq = 6", "row 6 does not follow"},
		{"INSERT INTO audit SELECT 0, at_ms, change, stage, git, kube, host, pid, action, cluster, target, what, why,"
		 " commit_sha, data, outcome, detail, previous, hash FROM audit WHERE seq = 1", "row 1 is missing"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig *rig;
		struct audit_verdict verdict;
		struct err err = {.text = ""};
		char change[AUDIT_CHANGE];
		void *own;
		assert_int_equal(setup(&own), 0);
		rig = own;
		struct audit *audit = open_audit(rig, 0);
		for (int n = 0; n < 4; n++) {
			intend(audit, change);
			conclude(audit, change, n % 2 ? "done" : "failed");
		}
		audit_close(audit);
		tamper(rig, rows[i].sql);
		audit = open_audit(rig, 0);
		assert_int_equal(audit_verify(audit, NULL, &verdict, &err), 0);
		if (!strstr(verdict.why, rows[i].words))
			fail_msg("%s: '%s'", rows[i].sql, verdict.why);
		audit_close(audit);
		assert_int_equal(teardown(&own), 0);
	}
	(void)state;
}

static void rows_cannot_be_changed_by_the_way(void **state)
{
	struct rig *rig = *state;
	static const struct db_schema none = {"audit", NULL, 1};
	static const char *const sql[] = {"UPDATE audit SET why = ''", "DELETE FROM audit"};
	struct audit *audit = open_audit(rig, 0);
	struct err err = {.text = ""};
	char change[AUDIT_CHANGE];

	intend(audit, change);
	audit_close(audit);
	struct db *db = db_open_with(rig->path, &none, &err);
	for (int i = 0; i < 2; i++) {
		struct statement *statement = db_prepare(db, sql[i], &err);
		assert_non_null(statement);
		assert_int_equal(statement_step(statement, &err), -1);
		assert_non_null(strstr(err.text, "append-only"));
		statement_free(statement);
	}
	db_close(db);
}

static void without_an_audit_nothing_is_changed(void **state)
{
	struct rig *rig = *state;
	struct err err = {.text = ""};
	char change[AUDIT_CHANGE];
	struct audit *audit;

	/* A folder where the file should be. */
	assert_int_equal(mkdir(rig->path, 0700), 0);
	audit = open_audit(rig, 0);
	assert_non_null(audit_trouble(audit));
	assert_false(audit_permits(audit));
	assert_int_equal(audit_intend(audit, &restart, change, &err), -1);
	assert_non_null(strstr(err.text, "nothing was changed"));
	assert_non_null(strstr(err.text, "--allow-unaudited"));
	assert_int_equal(rig->anchors, 0);
	audit_close(audit);
	audit = open_audit(rig, 1);
	assert_true(audit_permits(audit));
	assert_int_equal(audit_intend(audit, &restart, change, &err), 0);
	assert_int_equal(audit_conclude(audit, change, "done", "", "", &err), 0);
	assert_int_equal(rig->sayings, 1);
	assert_non_null(strstr(rig->said, "UNAUDITED rollout.restart eu-prod"));
	assert_string_equal(rig->said, rig->anchored);
	audit_close(audit);
}

/* The disk fills up while the program runs. A process of its own: the limit stays. */
static void a_full_disk_refuses(void **state)
{
	struct rig *rig = *state;
	struct audit *audit = open_audit(rig, 0);
	struct err err = {.text = ""};
	char change[AUDIT_CHANGE];
	int status;

	intend(audit, change);
	audit_close(audit);
	pid_t child = fork();
	if (child == 0) {
		const struct rlimit limit = {1024, 1024};
		audit = open_audit(rig, 0);
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		int refused = audit_intend(audit, &restart, change, &err) < 0 && strstr(err.text, "nothing was changed");
		_exit(refused ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	audit = open_audit(rig, 0);
	struct audit_verdict verdict;
	assert_int_equal(audit_verify(audit, NULL, &verdict, &err), 0);
	assert_string_equal(verdict.why, "");
	assert_int_equal(verdict.rows, 1);
	audit_close(audit);
}

static void what_a_dead_process_left_is_open(void **state)
{
	struct rig *rig = *state;
	struct err err = {.text = ""};
	struct seen seen = {0};
	char change[AUDIT_CHANGE];
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct audit *audit = open_audit(rig, 0);
		struct audit_record named = restart;
		named.change = "dead0000";
		_exit(audit_intend(audit, &named, change, &err) < 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	struct audit *audit = open_audit(rig, 0);
	intend(audit, change); /* our own is under way, not open */
	assert_int_equal(audit_each_open(audit, see, &seen, &err), 0);
	assert_int_equal(seen.rows, 1);
	conclude(audit, "dead0000", "unknown");
	assert_int_equal(audit_each_open(audit, see, &seen, &err), 0);
	assert_int_equal(seen.rows, 1);
	/* However alive a process of that number is, after so long it is another. */
	rig->clock.wall_ms += 3 * 3600 * 1000;
	assert_int_equal(audit_each_open(audit, see, &seen, &err), 0);
	assert_int_equal(seen.rows, 2);
	audit_close(audit);
}

static void many_writers_make_one_chain(void **state)
{
	enum { WRITERS = 5, EACH = 12 };
	struct rig *rig = *state;
	struct audit *audit = open_audit(rig, 0);
	struct audit_verdict verdict;
	struct err err = {.text = ""};
	char change[AUDIT_CHANGE];
	int status;

	audit_close(audit);
	for (int i = 0; i < WRITERS; i++) {
		if (fork() != 0)
			continue;
		audit = open_audit(rig, 0);
		for (int n = 0; n < EACH; n++) {
			/* Over NFS a lock may take longer than we wait: that is said, and tried again. */
			for (int tries = 0; audit_intend(audit, &restart, change, &err) < 0; tries++)
				if (tries == 100)
					_exit(1);
			for (int tries = 0; audit_conclude(audit, change, "done", "", "", &err) < 0; tries++)
				if (tries == 100)
					_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < WRITERS; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	audit = open_audit(rig, 0);
	assert_int_equal(audit_verify(audit, NULL, &verdict, &err), 0);
	assert_string_equal(verdict.why, "");
	assert_int_equal(verdict.rows, 2 * WRITERS * EACH);
	assert_int_equal(verdict.open, 0);
	audit_close(audit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_change_is_two_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(an_outcome_needs_its_intent, setup, teardown),
		cmocka_unit_test(tampering_shows),
		cmocka_unit_test_setup_teardown(rows_cannot_be_changed_by_the_way, setup, teardown),
		cmocka_unit_test_setup_teardown(without_an_audit_nothing_is_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_dead_process_left_is_open, setup, teardown),
		cmocka_unit_test_setup_teardown(many_writers_make_one_chain, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
