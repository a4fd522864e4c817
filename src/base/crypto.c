/* SPDX-License-Identifier: MIT */
/*
 * Digests, random bytes and base64. OpenSSL's base64 decoder takes texts without their padding and
 * stops without a word at some bytes, so decoding is done here.
 */
#include "base/crypto.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

enum { ENCODE_STEP = 3 * 1024 };

static void must(int worked, const char *what)
{
	if (worked)
		return;
	fprintf(stderr, "flagdeck: OpenSSL cannot %s; the program ends here.\n", what);
	abort();
}

void sha256_hex(const void *bytes, size_t len, char out[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned count = 0;

	must(EVP_Digest(bytes, len, digest, &count, EVP_sha256(), NULL) == 1 && count == 32,
	     "compute SHA-256");
	for (unsigned i = 0; i < count; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len, unsigned char out[32])
{
	unsigned count = 0;

	must(HMAC(EVP_sha256(), key, (int)key_len, bytes, len, out, &count) != NULL && count == 32, "compute an HMAC");
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Four characters: `count` values, the rest padding. */
static int add_group(struct buf *out, uint32_t bits, int count)
{
	unsigned char bytes[3];

	if (count < 2)
		return -1;
	bits <<= 6 * (4 - count);
	bytes[0] = (unsigned char)(bits >> 16);
	bytes[1] = (unsigned char)(bits >> 8 & 0xff);
	bytes[2] = (unsigned char)(bits & 0xff);
	return buf_add(out, bytes, (size_t)count - 1);
}

static int decode(const char *text, size_t len, struct buf *out)
{
	uint32_t bits = 0;
	int count = 0, padding = 0;

	for (size_t i = 0; i < len; i++) {
		int value = base64_value(text[i]);

		if (is_space(text[i]))
			continue;
		if (text[i] == '=') {
			padding++;
			if (count + padding > 4)
				return -1;
			continue;
		}
		if (value < 0 || padding > 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
		if (++count < 4)
			continue;
		if (add_group(out, bits, 4) != 0)
			return -1;
		bits = 0;
		count = 0;
	}
	if (count == 0)
		return padding == 0 ? 0 : -1;
	return count + padding == 4 ? add_group(out, bits, count) : -1;
}

int base64_decode(const char *text, size_t len, struct buf *out)
{
	size_t before = out->len;

	if (decode(text, len, out) == 0)
		return 0;
	/* Half of a key is worse than none. */
	out->len = before;
	if (out->data != NULL)
		out->data[before] = '\0';
	return -1;
}

int base64_encode(const void *bytes, size_t len, struct buf *out)
{
	unsigned char room[ENCODE_STEP / 3 * 4 + 1];
	const unsigned char *from = bytes;
	size_t before = out->len;

	/* A step is a multiple of three bytes, so padding comes at the end only. */
	while (len > 0) {
		size_t step = len < ENCODE_STEP ? len : ENCODE_STEP;
		int count = EVP_EncodeBlock(room, from, (int)step);

		if (buf_add(out, room, (size_t)count) != 0) {
			out->len = before;
			if (out->data != NULL)
				out->data[before] = '\0';
			return -1;
		}
		from += step;
		len -= step;
	}
	return 0;
}

void random_bytes(void *out, size_t len)
{
	unsigned char *to = out;

	while (len > 0) {
		size_t step = len < 4096 ? len : 4096;

		must(RAND_bytes(to, (int)step) == 1, "get random bytes");
		to += step;
		len -= step;
	}
}

double random_fraction(void)
{
	uint64_t bits;

	random_bytes(&bits, sizeof(bits));
	return (double)(bits >> 11) / 9007199254740992.0; /* 53 bits: exact, and below 1 */
}
