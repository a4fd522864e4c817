/* SPDX-License-Identifier: MIT */
#ifndef GIT_REQUEST_H
#define GIT_REQUEST_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "git/git.h"
#include "net/http.h"

/*
 * Pull requests (merge requests) at the four servers that are spoken: opened for a branch that was
 * pushed, and followed until somebody merged or closed them. The token comes from git's credential
 * helpers, or from FLAGDECK_GIT_TOKEN; it is never shown, logged or kept.
 */
enum forge { FORGE_NONE, FORGE_GITHUB, FORGE_GITLAB, FORGE_GITEA, FORGE_AZURE, FORGES };
extern const char *const forge_names[FORGES];

/* Where a repository lives at its server. */
struct forge_place {
	enum forge forge;
	char api[300];     /* base of the API, without a slash at the end */
	char web[300];     /* scheme and host */
	char owner[200];   /* "team/sub" at GitLab; "org/project" at Azure */
	char name[200];
};

/* By the address, and by `provider` ("gitea", NULL: by the host's name). `api` NULL: the usual one. */
int forge_find(struct forge_place *place, const char *url, const char *provider, const char *api, struct err *err) MUST_USE;

/* A request for the API, ready to be sent. Pure. */
struct forge_call {
	const char *method;
	char path[900];
	struct buf body;   /* JSON; empty for GET */
};
int forge_open_call(struct forge_call *call, const struct forge_place *place, const char *from, const char *to, const char *title,
                    const char *text, struct err *err) MUST_USE;
int forge_look_call(struct forge_call *call, const struct forge_place *place, long number, struct err *err) MUST_USE;
void forge_call_release(struct forge_call *call);
/* "Authorization: …" for the token; free() it after overwriting. */
char *forge_header(enum forge forge, const char *token);

enum request_state { REQUEST_OPEN, REQUEST_MERGED, REQUEST_CLOSED };
struct request {
	long number;
	char url[400];
	enum request_state state;
	char merged[65]; /* the commit that landed; "" before, or when it is not said */
};
/* What the server answered; any bytes. Errors hold its own words. */
int request_decode(struct request *request, const struct forge_place *place, int status, const char *bytes, size_t len,
                   struct err *err) MUST_USE;

/* Opens one (number 0) or looks at one. `done` is called exactly once, from the loop. */
struct request_wish {
	struct git *git;
	struct http *http;
	const struct forge_place *place; /* lives until done */
	const char *url;                 /* of the repository, for the credential helper */
	long number;
	const char *from, *to, *title, *text;
	void (*done)(void *arg, const struct request *request, const struct err *err);
	void *arg;
};
int request_send(const struct request_wish *wish, struct err *err) MUST_USE;

#endif
