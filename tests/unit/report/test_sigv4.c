/* SPDX-License-Identifier: MIT */
/* Signatures, against the examples of Amazon's documentation of S3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "report/sigv4.h"

static const struct sigv4_keys keys = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL};
static const int64_t day = INT64_C(1369353600000); /* 2013-05-24 */
static const char *const empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static void check(const struct sigv4_request *request, const char *mac)
{
	struct buf lines[4];
	for (int i = 0; i < 4; i++)
		buf_init(&lines[i], 4096);
	assert_int_equal(sigv4_sign(request, &keys, lines), 3);
	if (!strstr(buf_string(&lines[0]), mac))
		fail_msg("%s", buf_string(&lines[0]));
	assert_string_equal(buf_string(&lines[1]), "x-amz-date: 20130524T000000Z");
	for (int i = 0; i < 4; i++)
		buf_release(&lines[i]);
}

static void test_documented(void **state)
{
	const char *const lifecycle[] = {"lifecycle", "", NULL}, *const list[] = {"prefix", "J", "max-keys", "2", NULL};
	struct sigv4_request request = {.method = "GET", .host = "examplebucket.s3.amazonaws.com", .path = "/test.txt",
	                                .payload_hash = empty_hash, .region = "us-east-1", .service = "s3",
	                                .extra_header = "range:bytes=0-9", .now_ms = day};
	(void)state;
	check(&request, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
	request.extra_header = NULL;
	request.path = "/";
	request.query = lifecycle;
	check(&request, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
	request.query = list;
	check(&request, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void test_presigned(void **state)
{
	struct sigv4_request request = {.method = "GET", .host = "examplebucket.s3.amazonaws.com", .path = "/test.txt",
	                                .region = "us-east-1", .service = "s3", .now_ms = day};
	struct buf out;
	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(sigv4_presign(&request, &keys, 86400, &out), 0);
	assert_non_null(strstr(out.data, "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"));
	assert_null(strstr(out.data, "wJalr"));
	buf_release(&out);
}

static void test_encoding(void **state)
{
	const char *const query[] = {"b", "1 2", "a", "x/y", NULL};
	struct sigv4_request request = {.path = "/runs/a b+c%/ü.json", .query = query};
	struct buf out;
	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(sigv4_target(&request, &out), 0);
	assert_string_equal(out.data, "/runs/a%20b%2Bc%25/%C3%BC.json?a=x%2Fy&b=1%202");
	buf_release(&out);
}

static void test_hmac(void **state)
{
	unsigned char mac[32];
	(void)state;
	hmac_sha256("key", 3, "The quick brown fox jumps over the lazy dog", 43, mac);
	assert_int_equal(mac[0], 0xf7);
	assert_int_equal(mac[31], 0xd8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_documented), cmocka_unit_test(test_presigned),
	                                   cmocka_unit_test(test_encoding), cmocka_unit_test(test_hmac)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
