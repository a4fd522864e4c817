/* SPDX-License-Identifier: MIT */
/* The HTTP/1.1 parser: framing of every kind, in pieces of every size, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load/response.h"

struct seen {
	char body[256];
	size_t len;
	char type[64];
};

static void header(void *arg, const char *name, size_t name_len, const char *value, size_t value_len)
{
	struct seen *seen = arg;
	if (name_len == 12 && strncmp(name, "Content-Type", 12) == 0)
		snprintf(seen->type, sizeof(seen->type), "%.*s", (int)value_len, value);
}

static void body(void *arg, const char *bytes, size_t len)
{
	struct seen *seen = arg;
	memcpy(seen->body + seen->len, bytes, len);
	seen->len += len;
	seen->body[seen->len] = '\0';
}

static const struct {
	const char *text;
	int head;
	enum response_result result;
	int status, keeps, ends;
	const char *body;
	size_t left; /* bytes behind the answer */
} cases[] = {
	{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, RESPONSE_DONE, 200, 1, 0, "hello", 0},
	{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP", 0, RESPONSE_DONE, 200, 1, 0, "hello", 4},
	{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, RESPONSE_DONE, 200, 1, 0, "", 0},
	{"HTTP/1.1 404 Not Found\nContent-Length:3\n\nabc", 0, RESPONSE_DONE, 404, 1, 0, "abc", 0},
	{"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", 0, RESPONSE_DONE, 200, 1, 0, "x", 0},
	{"HTTP/1.1 204 No Content\r\n\r\n", 0, RESPONSE_DONE, 204, 1, 0, "", 0},
	{"HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n", 0, RESPONSE_DONE, 304, 1, 0, "", 0},
	{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 1, RESPONSE_DONE, 200, 1, 0, "", 0},
	{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 0, RESPONSE_DONE, 200, 0, 0, "ok", 0},
	{"HTTP/1.1 200 OK\r\nconnection: foo, Close\r\nContent-Length: 0\r\n\r\n", 0, RESPONSE_DONE, 200, 0, 0, "", 0},
	{"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 0, RESPONSE_DONE, 200, 0, 0, "", 0},
	{"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", 0, RESPONSE_DONE, 200, 1, 0, "", 0},
	{"HTTP/1.1 200 OK\r\n\r\nto the end", 0, RESPONSE_MORE, 200, 0, 1, "to the end", 0},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", 0, RESPONSE_DONE,
	 200, 1, 0, "hello0123456789", 0},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\nHTTP", 0, RESPONSE_DONE, 200, 1, 0, "", 4},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabcdef", 0, RESPONSE_MORE, 200, 0, 1, "abcdef", 0},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1\r\na\r\n0\r\n\r\n", 0, RESPONSE_DONE, 200, 0,
	 0, "a", 0},
	{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx",
	 0, RESPONSE_DONE, 201, 1, 0, "x", 0},
	{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", 0, RESPONSE_MORE, 200, 1, 0, "hel", 0},
	{"HTTP/2 200\r\n\r\n", 0, RESPONSE_BAD, 0, 0, 0, "", 0},
	{"SSH-2.0-OpenSSH_9.2\r\n", 0, RESPONSE_BAD, 0, 0, 0, "", 0},
	{"HTTP/1.1 2x0 OK\r\n\r\n", 0, RESPONSE_BAD, 0, 0, 0, "", 0},
	{"HTTP/1.1 099 No\r\n\r\n", 0, RESPONSE_BAD, 0, 0, 0, "", 0},
	{"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 0, RESPONSE_BAD, 0, 0, 0, "", 0},
	{"HTTP/1.1 200 OK\r\nContent-Length : 4\r\n\r\n", 0, RESPONSE_BAD, 0, 0, 0, "", 0},
	{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n", 0, RESPONSE_BAD, 0, 0, 0, "", 0},
	{"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n", 0, RESPONSE_BAD, 0, 0, 0, "", 0},
	{"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", 0, RESPONSE_BAD, 0, 0, 0, "", 0},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 0, RESPONSE_BAD, 0, 0, 0, "", 0},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 0, RESPONSE_BAD, 0, 0, 0, "", 0},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 0, RESPONSE_BAD, 0, 0, 0, "", 0},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 40; piece++) {
			struct seen seen = {0};
			struct response_watch watch = {header, body, &seen};
			struct response response;
			enum response_result result = RESPONSE_MORE;
			size_t at = 0, len = strlen(cases[i].text), used;
			response_init(&response);
			response_begin(&response, cases[i].head);
			while (at < len && result == RESPONSE_MORE) {
				result = response_feed(&response, cases[i].text + at, len - at < piece ? len - at : piece, &used, &watch);
				at += used;
			}
			if (result != cases[i].result)
				fail_msg("case %zu in pieces of %zu: result %d: %s", i, piece, (int)result, cases[i].text);
			if (result != RESPONSE_BAD) {
				assert_int_equal(response.status, cases[i].status);
				assert_int_equal(response_keeps(&response), cases[i].keeps);
				assert_int_equal(response_ends(&response), cases[i].ends);
				assert_string_equal(seen.body, cases[i].body);
				assert_int_equal(len - at, cases[i].left);
			}
			response_release(&response);
		}
}

static void test_bounds(void **state)
{
	struct response response;
	size_t used, total = 0;
	enum response_result result = RESPONSE_MORE;
	(void)state;
	response_init(&response);
	response_begin(&response, 0);
	assert_int_equal(response_feed(&response, "HTTP/1.1 200 OK\r\n", 17, &used, NULL), RESPONSE_MORE);
	while (result == RESPONSE_MORE && total < 4 * RESPONSE_HEAD) {
		result = response_feed(&response, "X-Long: yyyyyyyyyyyyyyyyyyyyyy\r\n", 32, &used, NULL);
		total += 32;
	}
	assert_int_equal(result, RESPONSE_BAD);
	assert_true(total <= RESPONSE_HEAD + 32);
	response_begin(&response, 0);
	result = RESPONSE_MORE;
	for (total = 0; result == RESPONSE_MORE && total < 4 * RESPONSE_HEAD; total += 8)
		result = response_feed(&response, "aaaaaaaa", 8, &used, NULL);
	assert_int_equal(result, RESPONSE_BAD);
	response_release(&response);
}

static void test_many_chunks(void **state)
{
	struct response response;
	size_t used;
	(void)state;
	response_init(&response);
	response_begin(&response, 0);
	const char *head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	assert_int_equal(response_feed(&response, head, strlen(head), &used, NULL), RESPONSE_MORE);
	for (int i = 0; i < 50000; i++)
		assert_int_equal(response_feed(&response, "1\r\nx\r\n", 6, &used, NULL), RESPONSE_MORE);
	assert_int_equal(response_feed(&response, "0\r\n\r\n", 5, &used, NULL), RESPONSE_DONE);
	response_release(&response);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases), cmocka_unit_test(test_bounds), cmocka_unit_test(test_many_chunks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
