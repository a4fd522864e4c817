/* SPDX-License-Identifier: MIT */
/* Digests, base64 and random numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"

static void test_sha256(void **state)
{
	char out[65];

	(void)state;
	sha256_hex("", 0, out);
	assert_string_equal(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_hex("abc", 3, out);
	assert_string_equal(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* The vectors of RFC 4648, section 10. */
static const struct {
	const char *plain, *encoded;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void test_base64_vectors(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		buf_clear(&buf);
		assert_int_equal(base64_encode(vectors[i].plain, strlen(vectors[i].plain), &buf), 0);
		assert_string_equal(buf_string(&buf), vectors[i].encoded);
		buf_clear(&buf);
		assert_int_equal(base64_decode(vectors[i].encoded, strlen(vectors[i].encoded), &buf), 0);
		assert_string_equal(buf_string(&buf), vectors[i].plain);
	}
	buf_clear(&buf);
	assert_int_equal(base64_decode(" Zm9v\r\n\tYg =\n=\n", 15, &buf), 0);
	assert_string_equal(buf_string(&buf), "foob");
	buf_clear(&buf);
	assert_int_equal(base64_decode("+/+/", 4, &buf), 0);
	assert_memory_equal(buf.data, "\xfb\xff\xbf", 3);
	buf_release(&buf);
}

static void test_base64_refuses(void **state)
{
	static const char *const cases[] = {
	    "Z",     "Zg",       "Zm8",      "Zg=",  "Zg===", "=",    "====",    "Z===",
	    "Zm9v=", "Zm9v====", "Zg==Zg==", "Zm=v", "Zm9v-", "Zm-_", "Zm9\x80", "Zm9v\\n",
	};
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	assert_int_equal(buf_add_string(&buf, "kept"), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (base64_decode(cases[i], strlen(cases[i]), &buf) != -1)
			fail_msg("\"%s\" was decoded", cases[i]);
		assert_string_equal(buf.data, "kept");
	}
	assert_int_equal(base64_decode("Zm9\0", 4, &buf), -1);
	buf_release(&buf);
	buf_init(&buf, 5);
	assert_int_equal(base64_decode("Zm9vYmFy", 8, &buf), -1);
	assert_int_equal(buf.len, 0);
	assert_int_equal(base64_encode("foob", 4, &buf), -1);
	assert_int_equal(buf.len, 0);
	buf_release(&buf);
}

static void test_base64_round_trip(void **state)
{
	static unsigned char bytes[10000];
	struct buf text, back;

	(void)state;
	random_bytes(bytes, sizeof(bytes));
	buf_init(&text, 20000);
	buf_init(&back, 10000);
	for (size_t len = 0; len <= sizeof(bytes); len = len < 70 ? len + 1 : len + 331) {
		buf_clear(&text);
		buf_clear(&back);
		assert_int_equal(base64_encode(bytes, len, &text), 0);
		assert_int_equal(text.len, (len + 2) / 3 * 4);
		assert_int_equal(base64_decode(buf_string(&text), text.len, &back), 0);
		assert_int_equal(back.len, len);
		assert_true(len == 0 || memcmp(back.data, bytes, len) == 0);
	}
	buf_release(&text);
	buf_release(&back);
}

static void test_random(void **state)
{
	unsigned char a[16], b[16];
	double sum = 0;

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	for (int i = 0; i < 1000; i++) {
		double fraction = random_fraction();

		assert_true(fraction >= 0 && fraction < 1);
		sum += fraction;
	}
	assert_true(sum > 300 && sum < 700); /* twenty standard deviations */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sha256),         cmocka_unit_test(test_base64_vectors),
	    cmocka_unit_test(test_base64_refuses), cmocka_unit_test(test_base64_round_trip),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
