/* SPDX-License-Identifier: MIT */
/* The hash map, compared with a plain array over many random operations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/map.h"

enum { ORACLE_KEYS = 700, OPERATIONS = 100000 };

struct item {
	char key[40];
	int there;
};

/* A fixed sequence, so that a failure repeats. */
static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

static void assert_same(const struct map *map, struct item *items)
{
	size_t there = 0, seen = 0;
	struct item *item;

	for (size_t i = 0; i < ORACLE_KEYS; i++) {
		assert_ptr_equal(map_get(map, items[i].key), items[i].there ? &items[i] : NULL);
		there += items[i].there;
	}
	assert_int_equal(map->len, there);
	for (size_t i = 0; (item = map_next(map, &i)) != NULL; seen++)
		assert_true(item->there);
	assert_int_equal(seen, there);
}

static void test_random_operations(void **state)
{
	static struct item items[ORACLE_KEYS];
	uint64_t seed = 1;
	struct map map;

	(void)state;
	map_init(&map);
	for (int i = 0; i < ORACLE_KEYS; i++)
		snprintf(items[i].key, sizeof(items[i].key), "%.*skey-%d", i % 13, "namespace/abc", i);
	for (int i = 0; i < OPERATIONS; i++) {
		struct item *item = &items[next_random(&seed) % ORACLE_KEYS];
		/* Phases that mostly fill and mostly empty it. */
		int put = next_random(&seed) % 10 < (i / 5000 % 2 ? 2 : 8);

		if (put) {
			assert_ptr_equal(map_put(&map, item->key, item), item->there ? item : NULL);
			item->there = 1;
		} else {
			assert_ptr_equal(map_remove(&map, item->key), item->there ? item : NULL);
			item->there = 0;
		}
		assert_true(map.len + map.tombs < map.cap || map.cap == 0);
		if (i % 997 == 0)
			assert_same(&map, items);
	}
	assert_same(&map, items);
	/* Tombstones are used again: churn alone does not make it grow. */
	assert_true(map.cap <= 2048);
	map_release(&map);
}

static void test_replacing_takes_the_new_key_too(void **state)
{
	char first[] = "name", second[] = "name";
	int a, b;
	struct map map;

	(void)state;
	map_init(&map);
	assert_null(map_get(&map, "name"));
	assert_null(map_remove(&map, "name"));
	assert_null(map_put(&map, first, &a));
	assert_ptr_equal(map_put(&map, second, &b), &a);
	memset(first, 'x', 4); /* as if the first value were gone */
	assert_ptr_equal(map_get(&map, "name"), &b);
	assert_int_equal(map.len, 1);
	assert_null(map_put(&map, "", &a));
	assert_ptr_equal(map_get(&map, ""), &a);
	map_release(&map);
	assert_null(map_get(&map, "name"));
}

static void test_removing_while_iterating(void **state)
{
	static struct item items[300];
	struct item *item;
	size_t seen = 0;
	struct map map;

	(void)state;
	map_init(&map);
	for (int i = 0; i < 300; i++) {
		snprintf(items[i].key, sizeof(items[i].key), "%d", i);
		map_put(&map, items[i].key, &items[i]);
	}
	for (size_t i = 0; (item = map_next(&map, &i)) != NULL; seen++) {
		assert_int_equal(item->there, 0);
		item->there = 1;
		if (atoi(item->key) % 3 != 0)
			assert_ptr_equal(map_remove(&map, item->key), item);
	}
	assert_int_equal(seen, 300);
	assert_int_equal(map.len, 100);
	for (int i = 0; i < 300; i++)
		assert_ptr_equal(map_get(&map, items[i].key), i % 3 == 0 ? &items[i] : NULL);
	map_release(&map);
}

/* Keys that differ in one place only, wherever it is, must not fall into one another's probes. */
static void test_similar_keys_spread(void **state)
{
	static char keys[64 * 64][72];
	size_t count = 0, longest = 0, run = 0, position = 0;
	struct map map;

	(void)state;
	map_init(&map);
	for (size_t place = 0; place < 64; place++) {
		for (size_t letter = 0; letter < 64; letter++, count++) {
			memset(keys[count], 'a', 64);
			keys[count][place] = (char)('0' + letter);
			map_put(&map, keys[count], keys[count]);
		}
	}
	/* 'a' itself is among the letters: it is one key for all places. */
	assert_int_equal(map.len, 64 * 63 + 1);
	for (size_t i = 0; map_next(&map, &i) != NULL; position = i, longest = run > longest ? run : longest)
		run = i == position + 1 ? run + 1 : 1;
	assert_true(longest < 100);
	map_release(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_operations),
	    cmocka_unit_test(test_replacing_takes_the_new_key_too),
	    cmocka_unit_test(test_removing_while_iterating),
	    cmocka_unit_test(test_similar_keys_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
