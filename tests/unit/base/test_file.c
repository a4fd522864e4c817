/* SPDX-License-Identifier: MIT */
/* Folders and files that are made whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

static void test_folders_are_made_where_they_are_missing(void **state)
{
	char top[] = "/tmp/test_file.XXXXXX", path[80], file[96];
	struct stat status;

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(path, sizeof(path), "%s/a/b", top);
	snprintf(file, sizeof(file), "%s/c/file", path);
	assert_int_equal(folder_make(path, 0700), 1);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(folder_make(path, 0700), 0);
	assert_int_equal(folder_make_for(file, 0700), 0);
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(folder_make_for("file", 0700), 0);
	assert_int_equal(folder_make_for("/file", 0700), 0);

	/* What is below a file cannot be made. */
	assert_int_equal(file_replace(file, "x", 1, 0600), 0);
	snprintf(path, sizeof(path), "%s/a/b/c/file/d/e", top);
	assert_int_equal(folder_make(path, 0700), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(folder_make_for(path, 0700), -1);

	unlink(file);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%.*s", top, (int)(5 - 2 * i), "a/b/c");
		assert_int_equal(rmdir(path), 0);
	}
	assert_int_equal(rmdir(top), 0);
}

static void test_a_file_is_replaced_whole_or_not_at_all(void **state)
{
	char top[] = "/tmp/test_file.XXXXXX", path[80], fresh[96];
	struct err err = {""};
	struct stat status;
	struct buf read;

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(path, sizeof(path), "%s/file", top);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	assert_int_equal(file_replace(path, "one", 3, 0600), 0);
	assert_int_equal(file_replace(path, "second", 6, 0600), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(access(fresh, F_OK), -1);

	/* A folder in the way of the new one: the old one stays. */
	assert_int_equal(mkdir(fresh, 0700), 0);
	assert_int_equal(file_replace(path, "third", 5, 0600), -1);
	assert_int_equal(errno, EISDIR);
	buf_init(&read, 100);
	assert_int_equal(buf_read_file(&read, path, &err), 0);
	assert_string_equal(buf_string(&read), "second");
	buf_release(&read);

	assert_int_equal(rmdir(fresh), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folders_are_made_where_they_are_missing),
		cmocka_unit_test(test_a_file_is_replaced_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
