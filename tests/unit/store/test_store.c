/* SPDX-License-Identifier: MIT */
/* The state file: its rights, its refusals, what is done about damage, and the rows of the last run. */
#include "unit/model/build.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/db.h"
#include "store/warm.h"

struct rig {
	char folder[64], path[128];
	struct clock_fixed clock;
	struct fleet *fleet;
	struct cluster *cluster;
};

static void fleet_start(struct rig *rig, int services)
{
	char name[32];
	clock_fixed_init(&rig->clock, NOW);
	rig->fleet = fleet_new(&rig->clock.clock);
	rig->cluster = fleet_add_cluster(rig->fleet, "eu-prod", "prod", "eu-west-1", 1);
	for (int i = 0; i < services; i++) {
		snprintf(name, sizeof(name), "svc-%04d", i);
		struct workload *w = make_workload(rig->cluster, OBJECT_DEPLOYMENT, "a", name, name, 3);
		set_word(rig->fleet, &w->team, "payments");
		put(rig->cluster, w);
		snprintf(name, sizeof(name), "svc-%04d-x", i);
		put(rig->cluster, make_pod(rig->cluster, "a", name, name, w->object.uid, REASON_NONE));
	}
}

static int setup(void **state)
{
	struct rig *rig = mem_new(sizeof(*rig));
	snprintf(rig->folder, sizeof(rig->folder), "/tmp/flagdeck-store-XXXXXX");
	if (!mkdtemp(rig->folder))
		return -1;
	snprintf(rig->path, sizeof(rig->path), "%s/state/flagdeck/state.db", rig->folder);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;
	char pattern[160];
	static const char *const levels[] = {"/state/flagdeck/*", "/state/flagdeck", "/state", ""};
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		glob_t found;
		snprintf(pattern, sizeof(pattern), "%s%s", rig->folder, levels[i]);
		if (glob(pattern, 0, NULL, &found) == 0)
			for (size_t j = 0; j < found.gl_pathc; j++)
				(void)!remove(found.gl_pathv[j]);
		globfree(&found);
	}
	if (rig->fleet)
		fleet_free(rig->fleet);
	free(rig);
	return 0;
}

static struct db *open_ok(const struct rig *rig)
{
	struct err err = {{0}};
	struct db *db = db_open(rig->path, &err);
	if (!db)
		fail_msg("%s", err.text);
	return db;
}

static mode_t rights(const char *path)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 0777;
}

static int64_t number(struct db *db, const char *sql)
{
	struct err err = {{0}};
	struct statement *statement = db_prepare(db, sql, &err);
	assert_non_null(statement);
	assert_int_equal(statement_step(statement, &err), 1);
	int64_t value = statement_int(statement, 0);
	statement_free(statement);
	return value;
}

static void run(struct db *db, const char *sql)
{
	struct err err = {{0}};
	struct statement *statement = db_prepare(db, sql, &err);
	assert_non_null(statement);
	assert_true(statement_step(statement, &err) >= 0);
	statement_free(statement);
}

static void write_over(const char *path, long offset, const char *bytes, size_t len)
{
	int file = open(path, O_WRONLY | O_CREAT, 0644);
	assert_true(file >= 0);
	assert_int_equal(pwrite(file, bytes, len, offset), len);
	close(file);
}

static void test_folder_and_file_are_private(void **state)
{
	struct rig *rig = *state;
	char folder[160];
	umask(0);
	struct db *db = open_ok(rig);
	assert_null(db_notice(db));
	assert_true(db_is_durable(db));
	assert_int_equal(rights(rig->path), 0600);
	snprintf(folder, sizeof(folder), "%s/state/flagdeck", rig->folder);
	assert_int_equal(rights(folder), 0700);
	assert_int_equal(number(db, "PRAGMA synchronous"), 2);
	db_close(db);
	/* A file that became too open is closed again. */
	chmod(rig->path, 0666);
	db = open_ok(rig);
	assert_int_equal(rights(rig->path), 0600);
	struct err err = {{0}};
	struct statement *mode = db_prepare(db, "PRAGMA journal_mode", &err);
	assert_int_equal(statement_step(mode, &err), 1);
	assert_string_equal(statement_text(mode, 0), "truncate");
	statement_free(mode);
	db_close(db);
	umask(022);
}

static void test_newer_tables_are_refused(void **state)
{
	struct rig *rig = *state;
	struct err err = {{0}};
	struct db *db = open_ok(rig);
	run(db, "PRAGMA user_version = 99");
	db_close(db);
	assert_null(db_open(rig->path, &err));
	assert_non_null(strstr(err.text, "newer flagdeck"));
	assert_non_null(strstr(err.text, "version 99"));
	assert_non_null(strstr(err.text, rig->path));
	db = db_memory(err.text);
	assert_non_null(strstr(db_notice(db), "memory only"));
	assert_false(db_is_durable(db));
	db_close(db);
}

static void test_no_home_is_memory(void **state)
{
	struct rig *rig = *state;
	struct err err = {{0}};
	char file[160];
	/* A file where a folder should be: fails for root too. */
	snprintf(file, sizeof(file), "%s/state", rig->folder);
	write_over(file, 0, "x", 1);
	struct db *db = open_ok(rig);
	assert_non_null(strstr(db_notice(db), "memory only"));
	assert_non_null(strstr(db_notice(db), "Not a directory"));
	assert_false(db_is_durable(db));
	fleet_start(rig, 3);
	make_live(rig->cluster);
	fleet_settle(rig->fleet);
	assert_int_equal(warm_save(db, rig->fleet, &err), 0);
	assert_int_equal(number(db, "SELECT count(*) FROM warm_service"), 3);
	db_close(db);
}

static int count_files(const struct rig *rig, const char *tail)
{
	char pattern[200];
	glob_t found;
	snprintf(pattern, sizeof(pattern), "%s%s", rig->path, tail);
	int count = glob(pattern, 0, NULL, &found) == 0 ? (int)found.gl_pathc : 0;
	globfree(&found);
	return count;
}

static void test_a_file_that_is_no_database(void **state)
{
	struct rig *rig = *state;
	struct db *db = open_ok(rig);
	db_close(db);
	write_over(rig->path, 0, "this is not a database, but text of some length", 47);
	db = open_ok(rig);
	assert_non_null(strstr(db_notice(db), "was damaged"));
	assert_non_null(strstr(db_notice(db), ".damaged-"));
	assert_true(db_is_durable(db));
	assert_int_equal(count_files(rig, ".damaged-*[0-9]"), 1);
	assert_int_equal(number(db, "SELECT count(*) FROM warm_service"), 0);
	db_close(db);
	db = open_ok(rig);
	assert_null(db_notice(db));
	db_close(db);
}

/* Damage that shows only when the rows are read: the run starts cold, and the next one is fine. */
static void test_damage_inside(void **state)
{
	struct rig *rig = *state;
	struct err err = {{0}};
	char garbage[4096];
	struct stat status;
	struct db *db = open_ok(rig);
	fleet_start(rig, 500);
	make_live(rig->cluster);
	fleet_settle(rig->fleet);
	assert_int_equal(warm_save(db, rig->fleet, &err), 0);
	db_close(db);
	memset(garbage, 0xee, sizeof(garbage));
	assert_int_equal(stat(rig->path, &status), 0);
	for (long at = 4096 * 5; at + 4096 <= status.st_size; at += 4096)
		write_over(rig->path, at, garbage, sizeof(garbage));
	db = open_ok(rig);
	fleet_free(rig->fleet);
	fleet_start(rig, 0);
	assert_int_equal(warm_load(db, rig->cluster, &err), -1);
	assert_true(err.text[0]);
	assert_non_null(strstr(db_notice(db), "was damaged"));
	assert_true(db_is_durable(db));
	assert_int_equal(count_files(rig, ".damaged-*[0-9]"), 1);
	assert_int_equal(warm_load(db, rig->cluster, &err), 0);
	db_close(db);
}

static void test_rows_come_back(void **state)
{
	struct rig *rig = *state;
	struct err err = {{0}};
	struct db *db = open_ok(rig);
	fleet_start(rig, 20);
	struct workload *w = make_workload(rig->cluster, OBJECT_STATEFULSET, "b", "db", "db", 3);
	w->ready = w->available = 2;
	put(rig->cluster, w);
	struct pod *pod = make_pod(rig->cluster, "b", "db-0", "p", "db", REASON_OOM_KILLED);
	pod->restarts = 9;
	put(rig->cluster, pod);
	make_live(rig->cluster);
	fleet_settle(rig->fleet);
	struct service was = *fleet_find(rig->fleet, "eu-prod", "b", "db");
	assert_int_equal(warm_save(db, rig->fleet, &err), 0);
	assert_int_equal(warm_save(db, rig->fleet, &err), 0); /* not twice as many */
	db_close(db);

	struct fleet *before = rig->fleet;
	fleet_start(rig, 0);
	rig->clock.wall_ms = NOW + 60000;
	db = open_ok(rig);
	assert_int_equal(warm_load(db, rig->cluster, &err), 0);
	fleet_settle(rig->fleet);
	assert_int_equal(rig->fleet->services.len, 21);
	assert_int_equal(rig->cluster->remembered_ms, NOW);
	const struct service *is = fleet_find(rig->fleet, "eu-prod", "b", "db");
	assert_true(is->remembered);
	assert_string_equal(is->reason, was.reason);
	assert_string_equal(is->kind, "StatefulSet");
	assert_string_equal(is->images, was.images);
	assert_string_equal(is->revision, was.revision);
	assert_int_equal(is->health, was.health);
	assert_int_equal(is->health_row, was.health_row);
	assert_int_equal(is->rollout.phase, was.rollout.phase);
	assert_int_equal(is->rollout.done, was.rollout.done);
	assert_int_equal(is->ready, 2);
	assert_int_equal(is->desired, 3);
	assert_int_equal(is->pods, 1);
	assert_int_equal(is->restarts, 9);
	assert_int_equal(is->created_ms, was.created_ms);
	assert_string_equal(fleet_find(rig->fleet, "eu-prod", "a", "svc-0003")->team, "payments");
	/* A run that never saw its cluster leaves what is kept as it is. */
	assert_int_equal(warm_save(db, rig->fleet, &err), 0);
	assert_int_equal(number(db, "SELECT count(*) FROM warm_service"), 21);
	assert_int_equal(number(db, "SELECT saved_ms FROM warm_cluster"), NOW);
	/* A cluster that is no longer configured is forgotten after a month. */
	rig->clock.wall_ms = NOW + 31LL * 86400000;
	assert_int_equal(warm_save(db, rig->fleet, &err), 0);
	assert_int_equal(number(db, "SELECT count(*) FROM warm_service"), 0);
	db_close(db);
	fleet_free(before);
}

/* Whatever somebody wrote into the file, it is safe to draw and cannot break a sum. */
static void test_rows_that_were_tampered_with(void **state)
{
	struct rig *rig = *state;
	struct err err = {{0}};
	struct db *db = open_ok(rig);
	fleet_start(rig, 0);
	run(db, "INSERT INTO warm_cluster VALUES ('eu-prod', 1)");
	run(db,
	    "INSERT INTO warm_service (cluster, namespace, name, health, phase, reason, kind, ready) VALUES "
	    "('eu-prod', 'a', 'esc', 'ok', 'complete', char(27) || '[31m', 'Nonsense', -7),"
	    "('eu-prod', 'a', 'bad-health', 'splendid', 'complete', '', '', 1),"
	    "('eu-prod', 'a', 'bad-phase', 'ok', NULL, '', '', 1),"
	    "('eu-prod', '', 'no-namespace', 'ok', 'complete', '', '', 1),"
	    "('eu-prod', 'a', 'big', 'down', 'failed', NULL, NULL, 9223372036854775807),"
	    "('elsewhere', 'a', 'other', 'ok', 'complete', '', '', 1)");
	assert_int_equal(warm_load(db, rig->cluster, &err), 0);
	fleet_settle(rig->fleet);
	assert_int_equal(rig->fleet->services.len, 2);
	assert_string_equal(fleet_find(rig->fleet, "eu-prod", "a", "esc")->reason, "[31m");
	assert_int_equal(fleet_find(rig->fleet, "eu-prod", "a", "esc")->ready, 0);
	assert_int_equal(fleet_find(rig->fleet, "eu-prod", "a", "big")->ready, 1000000000);
	db_close(db);
}

static void test_without_a_store(void **state)
{
	struct rig *rig = *state;
	struct err err = {{0}};
	fleet_start(rig, 1);
	assert_int_equal(warm_save(NULL, rig->fleet, &err), 0);
	assert_int_equal(warm_load(NULL, rig->cluster, &err), 0);
	db_close(NULL);
}

/* Runs `body` in a process of its own and returns its exit code. */
static pid_t spawn(int (*body)(struct rig *rig), struct rig *rig)
{
	pid_t child = fork();
	if (child == 0)
		_exit(body(rig));
	assert_true(child > 0);
	return child;
}

static int exit_code(pid_t child)
{
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int save_often(struct rig *rig)
{
	struct err err = {{0}};
	struct db *db = db_open(rig->path, &err);
	if (!db || db_notice(db))
		return 2;
	for (int i = 0; i < 20; i++)
		if (warm_save(db, rig->fleet, &err) < 0)
			return 3;
	int durable = db_is_durable(db);
	db_close(db);
	return durable ? 0 : 4;
}

static void test_two_processes(void **state)
{
	struct rig *rig = *state;
	fleet_start(rig, 50);
	make_live(rig->cluster);
	fleet_settle(rig->fleet);
	pid_t first = spawn(save_often, rig), second = spawn(save_often, rig);
	assert_int_equal(exit_code(first), 0);
	assert_int_equal(exit_code(second), 0);
	struct db *db = open_ok(rig);
	assert_int_equal(number(db, "SELECT count(*) FROM warm_service"), 50);
	db_close(db);
}

/* Two that find the same damaged file move it aside once. */
static void test_two_processes_and_damage(void **state)
{
	struct rig *rig = *state;
	fleet_start(rig, 5);
	make_live(rig->cluster);
	fleet_settle(rig->fleet);
	struct db *db = open_ok(rig);
	db_close(db);
	write_over(rig->path, 0, "garbage instead of the magic words", 34);
	pid_t first = spawn(save_often, rig), second = spawn(save_often, rig);
	int one = exit_code(first), two = exit_code(second);
	assert_int_equal(one + two, 2); /* one was told, the other never knew */
	assert_int_equal(count_files(rig, ".damaged-*[0-9]"), 1);
}

/* The disk is full: the save fails in words, the program lives on; later there is room again. */
static int save_on_a_full_disk(struct rig *rig)
{
	struct err err = {{0}};
	struct rlimit limit;
	struct db *db = db_open(rig->path, &err);
	if (!db || db_notice(db))
		return 2;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	rlim_t old = limit.rlim_cur;
	limit.rlim_cur = 64 * 1024;
	setrlimit(RLIMIT_FSIZE, &limit);
	if (warm_save(db, rig->fleet, &err) == 0 || !err.text[0])
		return 3;
	if (!db_notice(db) || !strstr(db_notice(db), "cannot be written") || db_is_durable(db))
		return 4;
	limit.rlim_cur = old;
	setrlimit(RLIMIT_FSIZE, &limit);
	if (warm_save(db, rig->fleet, &err) < 0 || db_notice(db) || !db_is_durable(db))
		return 5;
	db_close(db);
	return 0;
}

static void test_full_disk(void **state)
{
	struct rig *rig = *state;
	fleet_start(rig, 2000);
	make_live(rig->cluster);
	fleet_settle(rig->fleet);
	assert_int_equal(exit_code(spawn(save_on_a_full_disk, rig)), 0);
	struct db *db = open_ok(rig);
	assert_int_equal(number(db, "SELECT count(*) FROM warm_service"), 2000);
	db_close(db);
}

static void test_rollback(void **state)
{
	struct rig *rig = *state;
	struct err err = {{0}};
	struct db *db = open_ok(rig);
	db_rollback(db);
	assert_int_equal(db_begin(db, &err), 0);
	run(db, "INSERT INTO warm_cluster VALUES ('x', 1)");
	db_rollback(db);
	assert_int_equal(number(db, "SELECT count(*) FROM warm_cluster"), 0);
	assert_null(db_prepare(db, "SELECT nonsense", &err));
	assert_non_null(strstr(err.text, "no such column"));
	db_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_folder_and_file_are_private),
	    TEST(test_newer_tables_are_refused),
	    TEST(test_no_home_is_memory),
	    TEST(test_a_file_that_is_no_database),
	    TEST(test_damage_inside),
	    TEST(test_rows_come_back),
	    TEST(test_rows_that_were_tampered_with),
	    TEST(test_without_a_store),
	    TEST(test_two_processes),
	    TEST(test_two_processes_and_damage),
	    TEST(test_full_disk),
	    TEST(test_rollback),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
