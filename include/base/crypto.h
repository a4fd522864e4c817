/* SPDX-License-Identifier: MIT */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stddef.h>

#include "base/buf.h"

/* Digests and encodings by OpenSSL. */

void sha256_hex(const void *bytes, size_t len, char out[65]);
void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len, unsigned char out[32]);
/* RFC 4648 with padding; white space is skipped. Returns 0, or -1 when it is no base64. */
int base64_decode(const char *text, size_t len, struct buf *out) MUST_USE;
int base64_encode(const void *bytes, size_t len, struct buf *out) MUST_USE;
/* len bytes from the system's generator; aborts when there is none. */
void random_bytes(void *out, size_t len);
/* A fraction in [0, 1), for jitter. */
double random_fraction(void);

#endif
