/* SPDX-License-Identifier: MIT */
#ifndef REPORT_SIGV4_H
#define REPORT_SIGV4_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * AWS Signature Version 4. Signed ourselves, because older libcurls sign the wrong bytes (an empty
 * body's digest, raw paths and queries). Keys are never written anywhere.
 */
struct sigv4_keys {
	const char *access_key, *secret_key;
	const char *session_token; /* NULL or "": none */
};

struct sigv4_request {
	const char *method;
	const char *host;         /* with its port where it is not the usual one */
	const char *path;         /* not encoded, begins with '/' */
	const char *const *query; /* name, value, name, value, …, NULL; not encoded; NULL: none */
	const char *payload_hash; /* hexadecimal SHA-256, or "UNSIGNED-PAYLOAD" */
	const char *region, *service;
	const char *extra_header; /* one more to sign, lower case "range:bytes=0-9"; NULL: none. S3 puts it in
	                             its order. */
	int64_t now_ms;
};

/* Adds header lines, each as a string: "Authorization: …", "x-amz-date: …", "x-amz-content-sha256: …" and
 * "x-amz-security-token: …" where there is a token. `lines` are 4 buffers, initialised; returns how many. */
size_t sigv4_sign(const struct sigv4_request *request, const struct sigv4_keys *keys, struct buf lines[4]);
/* The path and query of a URL that anybody may use for so long, without keys: "/a/b?X-Amz-Algorithm=…". */
int sigv4_presign(const struct sigv4_request *request, const struct sigv4_keys *keys, int seconds,
                  struct buf *out) MUST_USE;
/* The path and query as they go over the wire. */
int sigv4_target(const struct sigv4_request *request, struct buf *out) MUST_USE;

#endif
