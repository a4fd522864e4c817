/* SPDX-License-Identifier: MIT */
/* The arena: alignment, its maximum, reset, and failing on request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void test_allocations_are_aligned_and_apart(void **state)
{
	struct arena *arena = arena_new(1 << 24);
	unsigned char *pieces[2000];

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		pieces[i] = arena_alloc(arena, i % 97);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
		memset(pieces[i], (int)(i % 256), i % 97);
	}
	for (size_t i = 0; i < 2000; i++)
		for (size_t j = 0; j < i % 97; j++)
			assert_int_equal(pieces[i][j], i % 256);
	assert_true(pieces[0] != pieces[97]);
	arena_free(arena);
	arena_free(NULL);
}

static void test_maximum(void **state)
{
	struct arena *arena = arena_new(1024);

	(void)state;
	assert_null(arena_alloc(arena, 1025));
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_alloc(arena, SIZE_MAX - 8));
	for (int i = 0; i < 64; i++)
		assert_non_null(arena_alloc(arena, 16));
	assert_int_equal(arena_used(arena), 1024);
	assert_null(arena_alloc(arena, 1));
	arena_reset(arena);
	assert_int_equal(arena_used(arena), 0);
	assert_non_null(arena_alloc(arena, 1024));
	assert_null(arena_alloc(arena, 0));
	arena_free(arena);
	arena = arena_new(0);
	assert_null(arena_alloc(arena, 0));
	arena_free(arena);
	arena = arena_new(SIZE_MAX);
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_non_null(arena_alloc(arena, 1));
	arena_free(arena);
}

static void test_large_and_small_mixed_over_resets(void **state)
{
	struct arena *arena = arena_new((size_t)64 << 20);

	(void)state;
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < 200; i++) {
			size_t size = i % 50 == 7 ? (size_t)round * 200000 + 1 : i * 37;
			char *piece = arena_alloc(arena, size);

			assert_non_null(piece);
			memset(piece, 'x', size);
		}
		arena_reset(arena);
		assert_int_equal(arena_used(arena), 0);
	}
	arena_free(arena);
}

static void test_reset_keeps_a_block(void **state)
{
	struct arena *arena = arena_new(1 << 24);
	void *first = arena_alloc(arena, 1000);

	(void)state;
	for (int i = 0; i < 5; i++) {
		arena_reset(arena);
		assert_ptr_equal(arena_alloc(arena, 1000), first);
	}
	arena_free(arena);
}

static void test_failing_on_request(void **state)
{
	struct arena *arena = arena_new(1 << 20);

	(void)state;
	arena_fail_after(arena, 1);
	assert_null(arena_alloc(arena, 1));
	assert_null(arena_alloc(arena, 1));
	arena_fail_after(arena, 3);
	assert_non_null(arena_alloc(arena, 1));
	assert_non_null(arena_alloc(arena, 1));
	assert_null(arena_alloc(arena, 1));
	arena_reset(arena);
	assert_null(arena_alloc(arena, 1));
	arena_fail_after(arena, 0);
	for (int i = 0; i < 10; i++)
		assert_non_null(arena_alloc(arena, 1));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_allocations_are_aligned_and_apart),
	    cmocka_unit_test(test_maximum),
	    cmocka_unit_test(test_large_and_small_mixed_over_resets),
	    cmocka_unit_test(test_reset_keeps_a_block),
	    cmocka_unit_test(test_failing_on_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
