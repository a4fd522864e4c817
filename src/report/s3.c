/* SPDX-License-Identifier: MIT */
/*
 * S3 as far as results need it: put, in parts where a file is large, and look whether it arrived. What
 * may pass (no connection, 429, 5xx) is tried again with growing pauses; what will not is told at once.
 */
#include "report/s3.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "s3_internal.h"

enum { TRIES = 5, PART = 16 << 20, PARTS_MAX = 10000, LINES = 4 };
static const double first_pause = 0.2;
static const size_t whole_max = 64 << 20;

struct waiting {
	struct loop *loop;
	struct s3_reply *reply;
	struct buf *hashed;
	int done;
};

static int took(void *arg, const char *bytes, size_t len)
{
	struct waiting *waiting = arg;
	size_t room = S3_REPLY - waiting->reply->body.len;
	waiting->reply->received += len;
	if (waiting->hashed)
		(void)!buf_add(waiting->hashed, bytes, len);
	else
		(void)!buf_add(&waiting->reply->body, bytes, len < room ? len : room);
	return 0;
}

static void done(void *arg, const struct http_result *result)
{
	struct waiting *waiting = arg;
	waiting->reply->status = result->outcome == HTTP_FAILED ? 0 : result->status;
	snprintf(waiting->reply->error, sizeof(waiting->reply->error), "%s",
	         result->error ? result->error : "");
	waiting->done = 1;
	loop_stop(waiting->loop);
}

void s3_exchange(struct place *place, struct http_server *server, const struct http_request *wish,
                 struct s3_reply *reply, int hashed)
{
	struct http_request request = *wish;
	struct err err = {0};
	struct buf whole;
	struct waiting waiting = {.loop = place->loop, .reply = reply};
	buf_init(&whole, whole_max);
	buf_clear(&reply->body);
	reply->status = 0;
	reply->received = 0;
	reply->hash[0] = '\0';
	waiting.hashed = hashed ? &whole : NULL;
	request.on_body = took;
	request.on_done = done;
	request.arg = &waiting;
	request.patience = HTTP_LIST;
	if (!http_send(server, &request, &err))
		snprintf(reply->error, sizeof(reply->error), "%.299s", err.text);
	else
		while (!waiting.done)
			loop_run(place->loop);
	if (hashed && reply->received == whole.len)
		sha256_hex(buf_string(&whole), whole.len, reply->hash);
	buf_release(&whole);
}

char *s3_xml(const char **at, const char *tag)
{
	char *open = mem_printf("<%s>", tag), *close = mem_printf("</%s>", tag), *result = NULL;
	const char *start = strstr(*at, open), *end = start ? strstr(start, close) : NULL;
	if (end) {
		start += strlen(open);
		result = mem_copy(start, (size_t)(end - start));
		*at = end + strlen(close);
	}
	free(open);
	free(close);
	return result;
}

/* --- one request --- */

static char *host_of(const struct place *place)
{
	const char *host = strstr(place->endpoint, "://") + 3;
	return place->path_style ? mem_copy_string(host) : mem_printf("%s.%s", place->bucket, host);
}

static char *path_of(const struct place *place, const char *name)
{
	char *bucket = place->path_style ? mem_printf("/%s", place->bucket) : mem_copy_string("");
	char *path = mem_printf("%s/%s%s%s", bucket, place->prefix, *place->prefix && *name ? "/" : "", name);
	free(bucket);
	return path;
}

struct s3_wish {
	const char *method, *name, *type, *body;
	size_t len;
	const char *const *query;
	int hashed;
};

static int send_once(struct place *place, const struct s3_wish *wish, struct s3_reply *reply, struct err *err)
{
	char hash[65], *host = host_of(place), *path = path_of(place, wish->name),
	               *type = mem_printf("Content-Type: %s", wish->type ? wish->type : "");
	struct buf lines[LINES], target;
	const char *headers[LINES + 2];
	size_t count = 0;
	if (s3_keys_find(place, err) < 0) {
		free(host), free(path), free(type);
		return -1;
	}
	for (int i = 0; i < LINES; i++)
		buf_init(&lines[i], 16 << 10);
	buf_init(&target, 64 << 10);
	sha256_hex(wish->body ? wish->body : "", wish->len, hash);
	const struct sigv4_request request = {.method = wish->method,
	                                      .host = host,
	                                      .path = path,
	                                      .query = wish->query,
	                                      .payload_hash = hash,
	                                      .region = place->region,
	                                      .service = "s3",
	                                      .now_ms = clock_system.wall(&clock_system)};
	const struct sigv4_keys keys = {place->keys.access_key, place->keys.secret_key,
	                                place->keys.session_token};
	size_t signed_lines = sigv4_sign(&request, &keys, lines);
	for (size_t i = 0; i < signed_lines; i++)
		headers[count++] = buf_string(&lines[i]);
	if (wish->type)
		headers[count++] = type;
	headers[count] = NULL;
	(void)!sigv4_target(&request, &target);
	s3_exchange(place, place->server,
	            &(struct http_request){.method = wish->method,
	                                   .path = buf_string(&target),
	                                   .headers = headers,
	                                   .body = wish->body,
	                                   .body_len = wish->len},
	            reply, wish->hashed);
	for (int i = 0; i < LINES; i++)
		buf_release(&lines[i]);
	buf_release(&target);
	free(host), free(path), free(type);
	return 0;
}

static int is_passing(int status)
{
	return status == 0 || status == 408 || status == 429 || status >= 500;
}

static int tell(const struct place *place, const struct s3_wish *wish, const struct s3_reply *reply,
                struct err *err)
{
	const char *at = buf_string(&reply->body);
	if (!reply->status)
		return err_set(err, "s3://%s/%s: %s", place->bucket, wish->name, reply->error);
	char *code = s3_xml(&at, "Code");
	char *message = s3_xml(&at, "Message");
	char *safe = utf8_sanitised(message ? message : "", message ? strlen(message) : 0, 160);
	char *safe_code = utf8_sanitised(code ? code : "", code ? strlen(code) : 0, 60);
	err_set(err, "s3://%s/%s: status %d %s %s", place->bucket, wish->name, reply->status, safe_code,
	        safe);
	free(safe);
	free(safe_code);
	free(code);
	free(message);
	return -1;
}

static void resume(void *arg)
{
	loop_stop(arg);
}

static void pause_for(struct place *place, double seconds)
{
	struct timer *timer = timer_new(place->loop, resume, place->loop);
	timer_start(timer, seconds * (0.5 + random_fraction()));
	loop_run(place->loop);
	timer_free(timer);
}

static int send_wish(struct place *place, const struct s3_wish *wish, struct s3_reply *reply, struct err *err)
{
	double pause = first_pause;
	for (int i = 0; i < TRIES; i++, pause *= 2) {
		if (send_once(place, wish, reply, err) < 0)
			return -1;
		if (reply->status >= 200 && reply->status < 300)
			return 0;
		if (!is_passing(reply->status) || i + 1 == TRIES)
			break;
		log_line(place->log, "s3: %s %s: status %d %s, trying again", wish->method, wish->name,
		         reply->status, reply->error);
		pause_for(place, pause);
	}
	return tell(place, wish, reply, err);
}

/* --- putting --- */

/* Read back and compared: an answer of 200 is a promise, this is a look. */
static int verify(struct place *place, const char *name, const char *bytes, size_t len, struct err *err)
{
	struct s3_reply reply = {0};
	char hash[65];
	buf_init(&reply.body, S3_REPLY);
	int result =
	    send_wish(place, &(struct s3_wish){.method = "GET", .name = name, .hashed = 1}, &reply, err);
	sha256_hex(bytes, len, hash);
	if (result == 0 && (reply.received != len || (len <= whole_max && strcmp(hash, reply.hash) != 0)))
		result =
		    err_set(err, "s3://%s/%s: what was read back is not what was written (%zu of %zu bytes)",
		            place->bucket, name, reply.received, len);
	buf_release(&reply.body);
	return result;
}

static int put_parts(struct place *place, const char *name, const char *id, const char *bytes, size_t len,
                     struct buf *list, struct err *err)
{
	struct s3_reply reply = {0};
	int result = 0, number = 1;
	buf_init(&reply.body, S3_REPLY);
	for (size_t at = 0; result == 0 && at < len; at += PART, number++) {
		char text[16];
		snprintf(text, sizeof(text), "%d", number);
		const char *const query[] = {"partNumber", text, "uploadId", id, NULL};
		result = send_wish(place,
		                   &(struct s3_wish){.method = "PUT",
		                                     .name = name,
		                                     .query = query,
		                                     .body = bytes + at,
		                                     .len = len - at < PART ? len - at : PART},
		                   &reply, err);
	}
	/* The digests of the parts, as the server has them. */
	const char *const query[] = {"uploadId", id, "max-parts", "1000", NULL};
	if (result == 0)
		result = send_wish(place, &(struct s3_wish){.method = "GET", .name = name, .query = query},
		                   &reply, err);
	if (result == 0) {
		const char *at = buf_string(&reply.body);
		char *part, *tag;
		int listed = 0;
		(void)!buf_add_string(list, "<CompleteMultipartUpload>");
		while ((part = s3_xml(&at, "PartNumber"))) {
			tag = s3_xml(&at, "ETag");
			(void)!buf_printf(list, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>",
			                  atoi(part), tag ? tag : "");
			listed += tag != NULL;
			free(part);
			free(tag);
		}
		(void)!buf_add_string(list, "</CompleteMultipartUpload>");
		if (listed != number - 1)
			result = err_set(err, "s3://%s/%s: %d of %d parts arrived", place->bucket, name,
			                 listed, number - 1);
	}
	buf_release(&reply.body);
	return result;
}

static int put_large(struct place *place, const char *name, const char *type, const char *bytes, size_t len,
                     struct err *err)
{
	const char *const begin[] = {"uploads", "", NULL};
	struct s3_reply reply = {0};
	struct buf list;
	char *id = NULL;
	int result;
	buf_init(&reply.body, S3_REPLY);
	buf_init(&list, 4 << 20);
	if (len / PART >= 1000) {
		result = err_set(err, "%s is too large to be published", name);
		goto out;
	}
	result = send_wish(
	    place,
	    &(struct s3_wish){.method = "POST", .name = name, .type = type, .query = begin, .body = ""},
	    &reply, err);
	const char *at = buf_string(&reply.body);
	if (result == 0 && !(id = s3_xml(&at, "UploadId")))
		result = err_set(err, "s3://%s/%s: the server began no upload in parts", place->bucket, name);
	if (result < 0)
		goto out;
	const char *const query[] = {"uploadId", id, NULL};
	result = put_parts(place, name, id, bytes, len, &list, err);
	if (result == 0)
		result = send_wish(place,
		                   &(struct s3_wish){.method = "POST",
		                                     .name = name,
		                                     .type = "application/xml",
		                                     .query = query,
		                                     .body = buf_string(&list),
		                                     .len = list.len},
		                   &reply, err);
	if (result == 0 && strstr(buf_string(&reply.body), "<Error>"))
		result = tell(place, &(struct s3_wish){.name = name}, &reply, err);
	if (result < 0) {
		/* Parts that nobody puts together cost money until somebody finds them. */
		struct err unheard;
		(void)!send_wish(place, &(struct s3_wish){.method = "DELETE", .name = name, .query = query},
		                 &reply, &unheard);
	}
out:
	free(id);
	buf_release(&list);
	buf_release(&reply.body);
	return result;
}

int s3_put(struct place *place, const char *name, const char *type, const char *bytes, size_t len,
           struct err *err)
{
	struct s3_reply reply = {0};
	int result;
	buf_init(&reply.body, S3_REPLY);
	if (len > PART)
		result = put_large(place, name, type, bytes, len, err);
	else
		result = send_wish(
		    place,
		    &(struct s3_wish){.method = "PUT", .name = name, .type = type, .body = bytes, .len = len},
		    &reply, err);
	buf_release(&reply.body);
	return result < 0 ? -1 : verify(place, name, bytes, len, err);
}

char *place_presign(struct place *place, const char *method, const char *name, int seconds, struct err *err)
{
	struct buf out;
	char *result = NULL;
	if (place->folder) {
		err_set(err, "only s3:// has URLs that are signed");
		return NULL;
	}
	if (s3_keys_find(place, err) < 0)
		return NULL;
	char *host = host_of(place), *path = path_of(place, name);
	const struct sigv4_request request = {.method = method,
	                                      .host = host,
	                                      .path = path,
	                                      .region = place->region,
	                                      .service = "s3",
	                                      .now_ms = clock_system.wall(&clock_system)};
	const struct sigv4_keys keys = {place->keys.access_key, place->keys.secret_key,
	                                place->keys.session_token};
	buf_init(&out, 64 << 10);
	if (sigv4_presign(&request, &keys, seconds, &out) == 0)
		result = mem_printf("%.*s://%s%s", (int)(strstr(place->endpoint, "://") - place->endpoint),
		                    place->endpoint, host, buf_string(&out));
	buf_release(&out);
	free(host);
	free(path);
	return result;
}
