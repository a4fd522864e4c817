/* SPDX-License-Identifier: MIT */
/* The log file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

static void test_lines_are_stamped_sanitised_and_appended(void **state)
{
	char folder[] = "/tmp/test_log.XXXXXX", path[64];
	struct err err = {""};
	struct stat stat_of;
	struct log *log;
	struct buf buf;
	int64_t ms;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/log", folder);
	log = log_open(path, &err);
	assert_non_null(log);
	log_line(log, "first %d", 1);
	log_close(log);
	log = log_open(path, &err);
	log_line(log, "two\nlines \x1b[31m%s", "\xff");
	log_line(log, "%*s", 10000, "long");
	log_close(log);
	assert_int_equal(stat(path, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0600);

	buf_init(&buf, 1 << 20);
	assert_int_equal(buf_read_file(&buf, path, &err), 0);
	assert_memory_equal(buf.data + 20, " first 1\n", 9);
	assert_memory_equal(buf.data + 29 + 20, " two lines [31m\xef\xbf\xbd\n", 19);
	assert_int_equal(buf.data[buf.len - 1], '\n');
	assert_true(buf.len < 5000);
	buf.data[20] = '\0';
	assert_int_equal(stamp_parse(buf.data, &ms), 0);
	buf_release(&buf);
	unlink(path);
	rmdir(folder);
}

static void test_no_log_swallows(void **state)
{
	(void)state;
	log_line(NULL, "nothing %s", "here");
	log_close(NULL);
}

static void test_a_path_that_cannot_be(void **state)
{
	struct err err;

	(void)state;
	assert_null(log_open("/nowhere/at/all", &err));
	assert_string_equal(err.text, "cannot open the log file /nowhere/at/all: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines_are_stamped_sanitised_and_appended),
	    cmocka_unit_test(test_no_log_swallows),
	    cmocka_unit_test(test_a_path_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
