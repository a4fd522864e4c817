/* SPDX-License-Identifier: MIT */
/* Protobuf's framing: any chunk, any cut, and lengths that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "kube/kind.h"
#include "kube/scan.h"
#include "kube/wire.h"
#include "unit/kube/wire_encode.h"

static const char list_json[] =
	"{\"metadata\":{\"resourceVersion\":\"42\",\"continue\":\"next\",\"remainingItemCount\":7},\"items\":["
	"{\"metadata\":{\"name\":\"one\",\"labels\":{\"pod-template-hash\":\"abc\",\"app\":\"x\"}}},{},"
	"{\"metadata\":{\"name\":\"two\",\"creationTimestamp\":\"2024-01-02T03:04:05Z\"},\"status\":{\"phase\":\"Running\","
	"\"containerStatuses\":[{\"name\":\"a\",\"restartCount\":3,\"ready\":true,\"state\":{\"running\":{}}}]}}]}";

struct told {
	struct arena *arena;
	struct buf text;
	int objects;
};

static int take(struct told *told, const struct wire_message *message, const char *bytes, size_t len)
{
	cJSON *tree = wire_decode(told->arena, message, bytes, len, NULL);
	if (!tree)
		return 1;
	assert_int_equal(json_write(&told->text, tree, 0), 0);
	arena_reset(told->arena);
	return 0;
}

static int take_object(void *arg, const char *bytes, size_t len)
{
	struct told *told = arg;
	told->objects++;
	return take(told, &wire_pod, bytes, len);
}

static int take_metadata(void *arg, const char *bytes, size_t len)
{
	return take(arg, &wire_list_metadata, bytes, len);
}

static void told_init(struct told *told)
{
	*told = (struct told){.arena = arena_new(1 << 20)};
	buf_init(&told->text, 1 << 20);
}

static void told_release(struct told *told)
{
	arena_free(told->arena);
	buf_release(&told->text);
}

/* Feeds in pieces of that size: 0 when all of it was read and whole. */
static int feed(struct told *told, const char *bytes, size_t len, size_t piece, struct err *err)
{
	const struct wire_events events = {take_object, take_metadata, told};
	struct wire *wire = wire_new(&events);
	int result = 0;
	for (size_t at = 0; at < len && result == 0; at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		char *copy = malloc(n);
		memcpy(copy, bytes + at, n);
		result = wire_feed(wire, copy, n, err);
		free(copy);
	}
	if (result == 0)
		result = wire_finish(wire, err);
	wire_free(wire);
	return result;
}

static void encode(struct buf *out)
{
	cJSON *list = json_parse_heap(list_json, strlen(list_json), NULL);
	buf_init(out, WIRE_ROOM);
	wire_put_list(out, &wire_pod, list);
	cJSON_Delete(list);
}

static void test_any_chunk_gives_the_same(void **state)
{
	struct buf bytes;
	(void)state;
	encode(&bytes);
	for (size_t piece = 1; piece <= bytes.len; piece = piece < 40 ? piece + 1 : piece * 2) {
		struct told told;
		struct err err = {0};
		told_init(&told);
		if (feed(&told, bytes.data, bytes.len, piece, &err) != 0)
			fail_msg("in pieces of %zu: %s", piece, err.text);
		assert_int_equal(told.objects, 3);
		assert_string_equal(buf_string(&told.text),
		                    "{\"resourceVersion\":\"42\",\"continue\":\"next\",\"remainingItemCount\":7}\n"
		                    "{\"metadata\":{\"name\":\"one\",\"labels\":{\"pod-template-hash\":\"abc\"}}}\n{}\n"
		                    "{\"metadata\":{\"name\":\"two\",\"creationTimestamp\":\"2024-01-02T03:04:05Z\"},"
		                    "\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"a\",\"state\":"
		                    "{\"running\":{}},\"ready\":true,\"restartCount\":3}]}}\n");
		told_release(&told);
	}
	buf_release(&bytes);
}

static void test_no_cut_looks_whole(void **state)
{
	struct buf bytes;
	(void)state;
	encode(&bytes);
	/* Behind the list there are two empty fields of the envelope: 4 bytes that nobody would miss. */
	for (size_t len = 0; len < bytes.len - 4; len++) {
		struct told told;
		told_init(&told);
		if (feed(&told, bytes.data, len, 64, NULL) == 0)
			fail_msg("a cut after %zu of %zu bytes was taken for the end", len, bytes.len);
		told_release(&told);
	}
	buf_release(&bytes);
}

static void test_lengths_that_lie(void **state)
{
	static const struct {
		const char *what, *bytes;
		size_t len;
		const char *words;
	} cases[] = {
	    {"JSON", "{\"items\":[]}", 12, "mark"},
	    {"no list", "k8s\0\x0a\x08\x12\x06Status\x12\x00", 16, "no list"},
	    {"field 0", "k8s\0\x02\x00", 6, "number 0"},
	    {"a group", "k8s\0\x0b", 5, "type that does not exist"},
	    {"eleven bytes", "k8s\0\x12\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 16, "ten bytes"},
	    {"an item longer than its list", "k8s\0\x12\x03\x12\x05" "abcde", 13, "longer than its list"},
	    {"a list that ends in a tag", "k8s\0\x12\x01\x12\x00", 8, "middle of a field"},
	    {"a length that passes 2^63", "k8s\0\x12\x03\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 17, "list"},
	    {"two lists", "k8s\0\x12\x02\x12\x00\x12\x02\x12\x00", 12, "two lists"},
	    {"17 MiB of item", "k8s\0\x12\x80\x80\x80\x80\x01\x12\x80\x80\x80\x09", 15, "16 MiB"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t piece = 1; piece < 20; piece += 18) {
			struct told told;
			struct err err = {0};
			told_init(&told);
			if (feed(&told, cases[i].bytes, cases[i].len, piece, &err) >= 0)
				fail_msg("%s was read", cases[i].what);
			if (!strstr(err.text, cases[i].words))
				fail_msg("%s: %s", cases[i].what, err.text);
			told_release(&told);
		}
	}
}

static void test_memory_that_runs_out(void **state)
{
	struct buf bytes;
	cJSON *list = json_parse_heap(list_json, strlen(list_json), NULL);
	(void)state;
	buf_init(&bytes, WIRE_ROOM);
	wire_put_message(&bytes, &wire_pod, cJSON_GetArrayItem(json_get(list, "items"), 2));
	for (size_t nth = 1;; nth++) {
		struct arena *arena = arena_new(1 << 20);
		struct err err = {0};
		arena_fail_after(arena, nth);
		cJSON *tree = wire_decode(arena, &wire_pod, bytes.data, bytes.len, &err);
		assert_true(tree || err.text[0]);
		arena_free(arena);
		if (tree)
			break;
		assert_true(nth < 1000);
	}
	buf_release(&bytes);
	cJSON_Delete(list);
}

/* A field that a decoder is given from JSON must come from protobuf too. */
static void test_tables_hold_all_that_is_asked_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < kind_count; i++)
		for (const char *const *path = kinds[i].fields; kinds[i].wire && *path; path++)
			if (!wire_knows(kinds[i].wire, *path))
				fail_msg("%s: \"%s\" is missing in the table of wire_decode.c", kind_names(&kinds[i])->word, *path);
	assert_false(wire_knows(&wire_pod, "spec tolerations"));
	assert_false(wire_knows(&wire_pod, "metadata labels"));
	assert_false(wire_knows(&wire_pod, "status phase more"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_chunk_gives_the_same),
	    cmocka_unit_test(test_no_cut_looks_whole),
	    cmocka_unit_test(test_lengths_that_lie),
	    cmocka_unit_test(test_memory_that_runs_out),
	    cmocka_unit_test(test_tables_hold_all_that_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
