/* SPDX-License-Identifier: MIT */
/* The bounded buffer: its maximum to the byte, growth, and that a failure changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/buf.h"

static void test_empty(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 10);
	assert_null(buf.data);
	assert_string_equal(buf_string(&buf), "");
	assert_int_equal(buf_add(&buf, NULL, 0), 0);
	assert_int_equal(buf_add_string(&buf, ""), 0);
	assert_int_equal(buf_printf(&buf, "%s", ""), 0);
	assert_null(buf.data);
	buf_clear(&buf);
	buf_consume(&buf, 5);
	assert_int_equal(buf.len, 0);
	buf_release(&buf);
	assert_int_equal(buf_add_string(&buf, "again"), 0);
	assert_string_equal(buf.data, "again");
	buf_release(&buf);
}

static void test_maximum_is_exact(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 5);
	assert_int_equal(buf_add_string(&buf, "abcdef"), -1);
	assert_null(buf.data);
	assert_int_equal(buf_add_string(&buf, "abc"), 0);
	assert_int_equal(buf_add_string(&buf, "def"), -1);
	assert_int_equal(buf_printf(&buf, "%d", 123), -1);
	assert_string_equal(buf.data, "abc");
	assert_int_equal(buf_printf(&buf, "%d", 12), 0);
	assert_string_equal(buf.data, "abc12");
	assert_true(buf.cap <= 6);
	assert_int_equal(buf_add(&buf, "x", 1), -1);
	assert_int_equal(buf.len, 5);
	buf_consume(&buf, 1);
	assert_int_equal(buf_add(&buf, "x", 1), 0);
	assert_string_equal(buf.data, "bc12x");
	assert_int_equal(buf_add(&buf, "x", SIZE_MAX), -1);
	buf_release(&buf);
	buf_init(&buf, 0);
	assert_int_equal(buf_add(&buf, "x", 1), -1);
	buf_init(&buf, SIZE_MAX);
	assert_int_equal(buf_add(&buf, "x", 1), 0);
	assert_int_equal(buf_add(&buf, "x", SIZE_MAX - 1), -1);
	buf_release(&buf);
}

static void test_growth_keeps_bytes_and_nul(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100000);
	for (unsigned i = 0; i < 100000; i++) {
		unsigned char byte = (unsigned char)(i % 251);

		assert_int_equal(buf_add(&buf, &byte, 1), 0);
		assert_int_equal(buf.data[buf.len], '\0');
	}
	assert_int_equal(buf.len, 100000);
	assert_int_equal(buf.cap, 100001);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal((unsigned char)buf.data[i], i % 251);
	buf_consume(&buf, 99999);
	assert_int_equal((unsigned char)buf.data[0], 99999 % 251);
	assert_int_equal(buf.data[1], '\0');
	buf_consume(&buf, 1000);
	assert_int_equal(buf.len, 0);
	assert_non_null(buf.data);
	assert_string_equal(buf_string(&buf), "");
	buf_release(&buf);
}

static void write_file(char *path, const char *bytes, size_t len)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static void test_read_file(void **state)
{
	char path[] = "/tmp/test_buf.XXXXXX", bytes[40000];
	struct err err = {""};
	struct buf buf;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	bytes[7] = '\0';
	write_file(path, bytes, sizeof(bytes));
	buf_init(&buf, sizeof(bytes) + 1);
	assert_int_equal(buf_add_string(&buf, ">"), 0);
	assert_int_equal(buf_read_file(&buf, path, &err), 0);
	assert_int_equal(buf.len, sizeof(bytes) + 1);
	assert_memory_equal(buf.data + 1, bytes, sizeof(bytes));
	assert_string_equal(err.text, "");
	buf_release(&buf);

	buf_init(&buf, sizeof(bytes));
	assert_int_equal(buf_add_string(&buf, ">"), 0);
	assert_int_equal(buf_read_file(&buf, path, &err), -1);
	assert_string_equal(buf.data, ">");
	assert_non_null(strstr(err.text, path));
	assert_non_null(strstr(err.text, "larger than 40000 bytes"));
	unlink(path);
	assert_int_equal(buf_read_file(&buf, path, &err), -1);
	assert_non_null(strstr(err.text, path));
	assert_non_null(strstr(err.text, "No such file"));
	assert_int_equal(buf_read_file(&buf, "/", &err), -1);
	assert_non_null(strstr(err.text, "directory"));
	assert_string_equal(buf.data, ">");
	buf_release(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_maximum_is_exact),
	    cmocka_unit_test(test_growth_keeps_bytes_and_nul),
	    cmocka_unit_test(test_read_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
