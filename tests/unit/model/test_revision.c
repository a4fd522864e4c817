/* SPDX-License-Identifier: MIT */
/* Revisions of every shape that a controller, or a hand, can have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/revision.h"

#define SHA "0123456789abcdef0123456789abcdef01234567"
#define SHA256 SHA "89abcdef0123456789abcdef"

static const struct row {
	const char *text, *pointer, *algo, *hex, *commit, *brief, *narrow;
} rows[] = {
	{"main@sha1:" SHA, "main", "sha1", SHA, SHA, "main@0123456", "0123456"},
	{"refs/heads/feature/x@y@sha1:" SHA, "refs/heads/feature/x@y", "sha1", SHA, SHA, "feature/x@y@0123456", "0123456"},
	{"refs/heads/main@sha256:" SHA256, "refs/heads/main", "sha256", SHA256, SHA256, "main@0123456", "0123456"},
	{"refs/tags/v1.0@sha1:" SHA, "refs/tags/v1.0", "sha1", SHA, SHA, "refs/tags/v1.0@0123456", "0123456"},
	{"sha1:" SHA, "", "sha1", SHA, SHA, "0123456", "0123456"},
	{"main/" SHA, "main", "", SHA, SHA, "main@0123456", "0123456"},
	{"feature/x/" SHA, "feature/x", "", SHA, SHA, "feature/x@0123456", "0123456"},
	{SHA, "", "", SHA, SHA, "0123456", "0123456"},
	{"6.5.0@sha256:" SHA256, "6.5.0", "sha256", SHA256, NULL, "6.5.0@0123456", "0123456"},
	{"sha256:" SHA256, "", "sha256", SHA256, NULL, "0123456", "0123456"},
	{"6.5.0", "6.5.0", "", "", NULL, "6.5.0", "6.5.0"},
	{"6.5.0+1", "6.5.0+1", "", "", NULL, "6.5.0+1", "6.5.0+1"},
	{"", "", "", "", NULL, "", ""},
	{"main@sha1:xyz", "main@sha1:xyz", "", "", NULL, "main@sha1:xyz", "main@sha1:xyz"},
	{"main@", "main@", "", "", NULL, "main@", "main@"},
	{"@sha1:" SHA, "", "sha1", SHA, SHA, "0123456", "0123456"},
	{"main@:" SHA, "main@:" SHA, "", "", NULL, "main@:" SHA, "main@:" SHA},
	{"release/2024", "release/2024", "", "", NULL, "release/2024", "release/2024"},
	{"deadbeef", "deadbeef", "", "", NULL, "deadbeef", "deadbeef"},
};

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct revision got = revision_parse(row->text);
		char room[160], commit[65];
		struct text text = text_in(room, sizeof(room));
		assert_int_equal(got.pointer_len, strlen(row->pointer));
		assert_memory_equal(got.pointer, row->pointer, got.pointer_len);
		assert_int_equal(got.algo_len, strlen(row->algo));
		assert_memory_equal(got.algo, row->algo, got.algo_len);
		assert_int_equal(got.hex_len, strlen(row->hex));
		assert_memory_equal(got.hex, row->hex, got.hex_len);
		assert_int_equal(revision_commit(row->text, commit), row->commit != NULL);
		if (row->commit)
			assert_string_equal(commit, row->commit);
		revision_brief(row->text, &text);
		assert_string_equal(room, row->brief);
		text_clear(&text);
		revision_short(row->text, &text);
		assert_string_equal(room, row->narrow);
	}
}

static void test_same(void **state)
{
	(void)state;
	assert_true(revision_same("main@sha1:" SHA, "refs/heads/main@sha1:" SHA));
	assert_true(revision_same("main/" SHA, "sha1:" SHA));
	assert_true(revision_same("1.2.3", "1.2.3"));
	assert_false(revision_same("1.2.3", "1.2.4"));
	assert_false(revision_same("main@sha1:" SHA, "main"));
	assert_true(revision_same("", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes), cmocka_unit_test(test_same)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
