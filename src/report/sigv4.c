/* SPDX-License-Identifier: MIT */
/* The canonical request, its digest in the string to sign, and the chain of HMACs over it. */
#include "report/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crypto.h"
#include "base/mem.h"

enum { TEXT_MAX = 64 << 10, QUERY_MAX = 32 };

/* RFC 3986's unreserved characters stay; a path keeps its slashes too. */
static void add_encoded(struct buf *out, const char *text, int keep_slash)
{
	for (; *text; text++) {
		char c = *text;
		int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		            strchr("-_.~", c) || (keep_slash && c == '/');
		if (plain)
			(void)!buf_add(out, &c, 1);
		else
			(void)!buf_printf(out, "%%%02X", (unsigned char)c);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "name=value&…", encoded and in order. */
static void add_query(struct buf *out, const char *const *query)
{
	char *pairs[QUERY_MAX];
	size_t count = 0;
	for (size_t i = 0; query && query[i] && count < QUERY_MAX; i += 2) {
		struct buf pair;
		buf_init(&pair, TEXT_MAX);
		add_encoded(&pair, query[i], 0);
		(void)!buf_add(&pair, "=", 1);
		add_encoded(&pair, query[i + 1], 0);
		pairs[count++] = mem_copy_string(buf_string(&pair));
		buf_release(&pair);
	}
	if (count > 1)
		qsort(pairs, count, sizeof(*pairs), by_text);
	for (size_t i = 0; i < count; i++) {
		(void)!buf_printf(out, "%s%s", i ? "&" : "", pairs[i]);
		free(pairs[i]);
	}
}

static void stamps(int64_t now_ms, char stamp[20], char day[12])
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm;
	gmtime_r(&now, &tm);
	strftime(stamp, 20, "%Y%m%dT%H%M%SZ", &tm);
	strftime(day, 12, "%Y%m%d", &tm);
}

static void signature(const struct sigv4_request *request, const struct sigv4_keys *keys,
                      const struct buf *canonical, char out[65])
{
	unsigned char key[32], next[32];
	char hash[65], stamp[20], day[12];
	stamps(request->now_ms, stamp, day);
	sha256_hex(buf_string(canonical), canonical->len, hash);
	char *text = mem_printf("AWS4-HMAC-SHA256\n%s\n%s/%s/%s/aws4_request\n%s", stamp, day,
	                        request->region, request->service, hash);
	char *secret = mem_printf("AWS4%s", keys->secret_key);
	const char *const steps[] = {request->region, request->service, "aws4_request", text};
	hmac_sha256(secret, strlen(secret), day, strlen(day), key);
	for (int i = 0; i < 4; i++) {
		hmac_sha256(key, sizeof(key), steps[i], strlen(steps[i]), next);
		memcpy(key, next, sizeof(key));
	}
	for (int i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", key[i]);
	explicit_bzero(secret, strlen(secret));
	explicit_bzero(key, sizeof(key));
	free(secret);
	free(text);
}

int sigv4_target(const struct sigv4_request *request, struct buf *out)
{
	size_t before = out->len;
	add_encoded(out, request->path, 1);
	if (request->query && request->query[0]) {
		(void)!buf_add(out, "?", 1);
		add_query(out, request->query);
	}
	return out->len > before ? 0 : -1;
}

static void canonical_head(const struct sigv4_request *request, struct buf *out)
{
	(void)!buf_printf(out, "%s\n", request->method);
	add_encoded(out, request->path, 1);
	(void)!buf_add(out, "\n", 1);
}

size_t sigv4_sign(const struct sigv4_request *request, const struct sigv4_keys *keys, struct buf lines[4])
{
	char stamp[20], day[12], mac[65];
	struct buf canonical, names;
	int has_token = keys->session_token && *keys->session_token;
	/* Headers stand in the order of their names: one that is given comes between "host" and "x-amz-…". */
	size_t extra = request->extra_header ? strcspn(request->extra_header, ":") : 0;
	buf_init(&canonical, TEXT_MAX);
	buf_init(&names, TEXT_MAX);
	stamps(request->now_ms, stamp, day);
	canonical_head(request, &canonical);
	add_query(&canonical, request->query);
	(void)!buf_printf(&canonical, "\nhost:%s\n", request->host);
	if (request->extra_header)
		(void)!buf_printf(&canonical, "%s\n", request->extra_header);
	(void)!buf_printf(&canonical, "x-amz-content-sha256:%s\nx-amz-date:%s\n", request->payload_hash,
	                  stamp);
	if (has_token)
		(void)!buf_printf(&canonical, "x-amz-security-token:%s\n", keys->session_token);
	(void)!buf_printf(&names, "host%s%.*s;x-amz-content-sha256;x-amz-date%s", extra ? ";" : "",
	                  (int)extra, request->extra_header ? request->extra_header : "",
	                  has_token ? ";x-amz-security-token" : "");
	(void)!buf_printf(&canonical, "\n%s\n%s", buf_string(&names), request->payload_hash);
	signature(request, keys, &canonical, mac);
	(void)!buf_printf(&lines[0],
	                  "Authorization: AWS4-HMAC-SHA256 "
	                  "Credential=%s/%s/%s/%s/aws4_request,SignedHeaders=%s,Signature=%s",
	                  keys->access_key, day, request->region, request->service, buf_string(&names), mac);
	(void)!buf_printf(&lines[1], "x-amz-date: %s", stamp);
	(void)!buf_printf(&lines[2], "x-amz-content-sha256: %s", request->payload_hash);
	if (has_token)
		(void)!buf_printf(&lines[3], "x-amz-security-token: %s", keys->session_token);
	buf_release(&canonical);
	buf_release(&names);
	return has_token ? 4 : 3;
}

int sigv4_presign(const struct sigv4_request *request, const struct sigv4_keys *keys, int seconds,
                  struct buf *out)
{
	char stamp[20], day[12], mac[65], lasts[16];
	const char *query[QUERY_MAX + 1];
	size_t count = 0;
	struct buf canonical;
	stamps(request->now_ms, stamp, day);
	snprintf(lasts, sizeof(lasts), "%d", seconds);
	char *credential =
	    mem_printf("%s/%s/%s/%s/aws4_request", keys->access_key, day, request->region, request->service);
	const char *const ours[] = {"X-Amz-Algorithm",     "AWS4-HMAC-SHA256",
	                            "X-Amz-Credential",    credential,
	                            "X-Amz-Date",          stamp,
	                            "X-Amz-Expires",       lasts,
	                            "X-Amz-SignedHeaders", "host"};
	for (size_t i = 0; i < 10; i++)
		query[count++] = ours[i];
	if (keys->session_token && *keys->session_token) {
		query[count++] = "X-Amz-Security-Token";
		query[count++] = keys->session_token;
	}
	for (size_t i = 0; request->query && request->query[i] && count + 2 <= QUERY_MAX; i++)
		query[count++] = request->query[i];
	query[count] = NULL;
	buf_init(&canonical, TEXT_MAX);
	canonical_head(request, &canonical);
	add_query(&canonical, query);
	(void)!buf_printf(&canonical, "\nhost:%s\n\nhost\nUNSIGNED-PAYLOAD", request->host);
	signature(request, keys, &canonical, mac);
	add_encoded(out, request->path, 1);
	(void)!buf_add(out, "?", 1);
	add_query(out, query);
	int result = buf_printf(out, "&X-Amz-Signature=%s", mac);
	buf_release(&canonical);
	free(credential);
	return result;
}
