/* SPDX-License-Identifier: MIT */
/*
 * The child answers "OID TYPE SIZE\n", the bytes and "\n", or "NAME missing\n" ("NAME ambiguous\n").
 * A name may hold blanks and an oid may not, so a line is a header only when it has exactly that
 * form. An answer that is none, a silence, and the child's end fail the oldest request with its
 * reason; the others go to a new child.
 */
#include "git/blobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"

enum { HEAD_MAX = BLOB_NAME + 128, QUIET_SECONDS = 60 };

static const double ANSWER_TIMEOUT = 60;

struct request {
	char *name;
	void (*done)(void *arg, const struct blob *blob, const struct err *err); /* NULL: cancelled */
	void *arg;
};

struct blobs {
	struct git *git;
	struct loop *loop;
	struct proc *child;
	struct timer *quiet, *late;
	struct vec requests; /* struct request *, oldest first */
	size_t first;        /* of `requests` that is not answered */
	struct buf in;       /* of the answer that is being read, up to BLOB_MAX */
	char oid[65], type[16];
	int in_body, skipping;
	size_t size, got;    /* of the body with its line feed */
	struct err failed;
};

static void child_start(struct blobs *blobs);

static void request_free(struct request *request)
{
	free(request->name);
	free(request);
}

static void quiet_passed(void *arg)
{
	struct blobs *blobs = arg;

	proc_cancel(blobs->child);
	blobs->child = NULL;
}

/* Ends the oldest request. */
static void answer(struct blobs *blobs, const struct blob *blob, const struct err *err)
{
	struct request *request = blobs->requests.items[blobs->first++];

	if (blobs->first == blobs->requests.len) {
		vec_clear(&blobs->requests);
		blobs->first = 0;
		timer_start(blobs->quiet, QUIET_SECONDS);
		if (blobs->child)
			proc_set_timeout(blobs->child, 0);
	} else if (blobs->child) {
		proc_set_timeout(blobs->child, ANSWER_TIMEOUT);
	}
	if (request->done)
		request->done(request->arg, blob, err);
	request_free(request);
}

static void head_reset(struct blobs *blobs)
{
	buf_clear(&blobs->in);
	blobs->in_body = blobs->skipping = 0;
	blobs->size = blobs->got = 0;
}

/* Whether a line is "OID TYPE SIZE". */
static int read_head(struct blobs *blobs, const char *line)
{
	size_t oid = strspn(line, "0123456789abcdef"), type, digits;
	const char *at = line + oid;

	if ((oid != 40 && oid != 64) || *at != ' ')
		return -1;
	type = strspn(++at, "abcdefghijklmnopqrstuvwxyz");
	if (type == 0 || type >= sizeof(blobs->type) || at[type] != ' ')
		return -1;
	digits = strspn(at + type + 1, "0123456789");
	if (digits == 0 || digits > 15 || at[type + 1 + digits] != '\0')
		return -1;
	snprintf(blobs->oid, sizeof(blobs->oid), "%.*s", (int)oid, line);
	snprintf(blobs->type, sizeof(blobs->type), "%.*s", (int)type, at);
	blobs->size = (size_t)strtoull(at + type + 1, NULL, 10);
	return 0;
}

static void head_done(struct blobs *blobs)
{
	const char *line = buf_string(&blobs->in);
	const struct request *request = blobs->requests.items[blobs->first];
	size_t name = strlen(request->name);
	struct blob blob = {.missing = 1, .oid = "", .type = "", .bytes = ""};

	if (read_head(blobs, line) == 0) {
		blobs->in_body = 1;
		blobs->got = 0;
		blobs->skipping = blobs->size > BLOB_MAX;
		buf_clear(&blobs->in);
		return;
	}
	if (strncmp(line, request->name, name) == 0 && (strcmp(line + name, " missing") == 0 ||
	                                                 strcmp(line + name, " ambiguous") == 0)) {
		head_reset(blobs);
		answer(blobs, &blob, NULL);
		return;
	}
	/* Out of step: nothing that follows can be trusted. */
	struct err err = {.text = ""};
	char *safe = utf8_sanitised(line, strlen(line), 120);
	err_set(&err, "reading \"%.100s\" from the clone of %s: git answered \"%s\"", request->name, git_shown(blobs->git), safe);
	free(safe);
	head_reset(blobs);
	proc_cancel(blobs->child);
	blobs->child = NULL;
	answer(blobs, NULL, &err);
}

static void body_done(struct blobs *blobs)
{
	const struct request *request = blobs->requests.items[blobs->first];
	struct err err = {.text = ""};

	if (blobs->skipping) {
		err_set(&err, "\"%.200s\" of %s has %zu bytes; at most %d are read", request->name, git_shown(blobs->git),
		        blobs->size, BLOB_MAX);
		head_reset(blobs);
		answer(blobs, NULL, &err);
		return;
	}
	/* The callback may ask for more, which does not touch the answer that is being read. */
	struct buf bytes = blobs->in;
	struct blob blob = {.oid = blobs->oid, .type = blobs->type, .bytes = buf_string(&bytes), .len = bytes.len};
	buf_init(&blobs->in, BLOB_MAX);
	head_reset(blobs);
	answer(blobs, &blob, NULL);
	buf_release(&bytes);
}

/* Takes from the front what belongs to the answer at hand; returns how much. */
static size_t take(struct blobs *blobs, const char *bytes, size_t len)
{
	size_t part;

	if (blobs->in_body) {
		part = blobs->size - blobs->got < len ? blobs->size - blobs->got : len;
		if (part == 0) { /* the line feed after the bytes */
			body_done(blobs);
			return 1;
		}
		if (!blobs->skipping && buf_add(&blobs->in, bytes, part) < 0)
			blobs->skipping = 1;
		blobs->got += part;
		return part;
	}
	const char *feed = memchr(bytes, '\n', len);
	part = feed ? (size_t)(feed - bytes) : len;
	if (blobs->in.len + part > HEAD_MAX || buf_add(&blobs->in, bytes, part) < 0)
		buf_clear(&blobs->in); /* no header of git's: head_done says so */
	if (!feed)
		return part;
	head_done(blobs);
	return part + 1;
}

static void child_said(void *arg, const char *bytes, size_t len)
{
	struct blobs *blobs = arg;
	struct proc *child = blobs->child;

	while (len && blobs->child == child && child && blobs->first < blobs->requests.len) {
		size_t used = take(blobs, bytes, len);
		bytes += used;
		len -= used;
	}
	if (!blobs->child && blobs->first < blobs->requests.len)
		child_start(blobs);
}

static void child_ended(void *arg, const struct proc_result *result)
{
	struct blobs *blobs = arg;
	struct err err = {.text = ""};
	char *said;

	blobs->child = NULL;
	head_reset(blobs);
	if (blobs->first == blobs->requests.len)
		return;
	said = utf8_sanitised(result->errors, strcspn(result->errors, "\n"), 200);
	err_set(&err, "reading from the clone of %s: %s%s%s", git_shown(blobs->git),
	        result->timed_out ? "git did not answer in time" : "git ended", *said ? ": " : "", said);
	free(said);
	answer(blobs, NULL, &err);
	if (!blobs->child && blobs->first < blobs->requests.len)
		child_start(blobs);
}

/* Where git cannot be started at all, everybody who waits is told. */
static void start_failed(void *arg)
{
	struct blobs *blobs = arg;
	size_t count = blobs->requests.len - blobs->first;

	while (count-- > 0 && blobs->first < blobs->requests.len)
		answer(blobs, NULL, &blobs->failed);
}

static void ask(struct blobs *blobs, const struct request *request)
{
	proc_write(blobs->child, request->name, strlen(request->name));
	proc_write(blobs->child, "\n", 1);
}

static void child_start(struct blobs *blobs)
{
	static const char *const argv[] = {"cat-file", "--batch", NULL};

	head_reset(blobs);
	blobs->child = git_converse(blobs->git, argv, child_said, child_ended, blobs, &blobs->failed);
	if (!blobs->child) {
		timer_start(blobs->late, 0);
		return;
	}
	proc_set_timeout(blobs->child, ANSWER_TIMEOUT);
	for (size_t i = blobs->first; i < blobs->requests.len; i++)
		ask(blobs, blobs->requests.items[i]);
}

struct blobs *blobs_new(struct git *git, struct loop *loop)
{
	struct blobs *blobs = mem_new(sizeof(*blobs));

	blobs->git = git;
	blobs->loop = loop;
	blobs->quiet = timer_new(loop, quiet_passed, blobs);
	blobs->late = timer_new(loop, start_failed, blobs);
	vec_init(&blobs->requests);
	buf_init(&blobs->in, BLOB_MAX);
	return blobs;
}

void blobs_free(struct blobs *blobs)
{
	if (!blobs)
		return;
	proc_cancel(blobs->child);
	timer_free(blobs->quiet);
	timer_free(blobs->late);
	for (size_t i = blobs->first; i < blobs->requests.len; i++)
		request_free(blobs->requests.items[i]);
	vec_release(&blobs->requests);
	buf_release(&blobs->in);
	free(blobs);
}

int blobs_read(struct blobs *blobs, const char *name,
               void (*done)(void *arg, const struct blob *blob, const struct err *err), void *arg, struct err *err)
{
	struct request *request;

	if (strchr(name, '\n') || strlen(name) >= BLOB_NAME || *name == '\0')
		return err_set(err, "\"%.80s\" cannot be read from Git: the name %s", name,
		               *name == '\0' ? "is empty" : strchr(name, '\n') ? "holds a line feed" : "is too long");
	request = mem_new(sizeof(*request));
	request->name = mem_copy_string(name);
	request->done = done;
	request->arg = arg;
	vec_push(&blobs->requests, request);
	timer_stop(blobs->quiet);
	if (!blobs->child) {
		if (!timer_is_running(blobs->late))
			child_start(blobs);
		return 0;
	}
	if (blobs->requests.len - blobs->first == 1)
		proc_set_timeout(blobs->child, ANSWER_TIMEOUT);
	ask(blobs, request);
	return 0;
}

void blobs_cancel(struct blobs *blobs, const void *arg)
{
	for (size_t i = blobs->first; i < blobs->requests.len; i++) {
		struct request *request = blobs->requests.items[i];
		if (request->arg == arg)
			request->done = NULL;
	}
}
