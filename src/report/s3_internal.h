/* SPDX-License-Identifier: MIT */
#ifndef REPORT_S3_INTERNAL_H
#define REPORT_S3_INTERNAL_H

#include "base/buf.h"
#include "net/http.h"
#include "net/loop.h"
#include "report/s3.h"
#include "report/sigv4.h"

struct s3_keys {
	char *access_key, *secret_key, *session_token; /* session_token may be NULL */
	int64_t expires_ms;                            /* 0: never */
};

struct place {
	char *folder;              /* file://; NULL: s3 */
	char *bucket, *prefix, *endpoint, *region;
	int path_style;
	struct loop *loop;
	struct http *http;
	struct http_server *server;
	struct s3_keys keys;
	struct log *log;
};

/* One exchange, waited for. */
struct s3_reply {
	int status;                /* 0: no answer, `error` says why */
	char error[300];
	struct buf body;           /* at most S3_REPLY bytes; what is more is dropped */
	size_t received;
	char hash[65];             /* of the body, where `hashed` */
};
enum { S3_REPLY = 1 << 20 };

void s3_exchange(struct place *place, struct http_server *server, const struct http_request *wish, struct s3_reply *reply,
                 int hashed);
int s3_keys_find(struct place *place, struct err *err) MUST_USE; /* anew when they are about to expire */
void s3_keys_release(struct s3_keys *keys);
/* The S3 half of place_put. */
int s3_put(struct place *place, const char *name, const char *type, const char *bytes, size_t len, struct err *err) MUST_USE;
/* The text between <tag> and </tag>, from *at on, which moves behind it; NULL: no more. free(). */
char *s3_xml(const char **at, const char *tag);
/* s3_json.c: the keys of a container or metadata answer. */
int s3_keys_read(struct s3_keys *keys, const char *json, size_t len, struct err *err) MUST_USE;

#endif
