/* SPDX-License-Identifier: MIT */
/* A token, then one call. The token lives in this file alone, and is overwritten when it was used. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "git/request.h"

enum { ANSWER_MAX = 4 << 20 };

struct sending {
	struct http *http;
	const struct forge_place *place;
	struct http_server *server;
	struct forge_call call;
	struct buf answer;
	int status;
	void (*done)(void *arg, const struct request *request, const struct err *err);
	void *arg;
};

static void finish(struct sending *sending, const struct request *request, const struct err *err)
{
	sending->done(sending->arg, request, err);
	http_server_free(sending->server);
	forge_call_release(&sending->call);
	buf_release(&sending->answer);
	free(sending);
}

static void head_came(void *arg, int status, const char *content_type)
{
	(void)content_type;
	((struct sending *)arg)->status = status;
}

static int body_came(void *arg, const char *bytes, size_t len)
{
	return buf_add(&((struct sending *)arg)->answer, bytes, len) < 0;
}

static void call_ended(void *arg, const struct http_result *result)
{
	struct sending *sending = arg;
	struct request request;
	struct err err = {0};
	if (result->outcome != HTTP_DONE) {
		err_set(&err, "the pull request was not opened: %s", result->outcome == HTTP_FAILED ? result->error : "the answer is too large");
		finish(sending, NULL, &err);
	} else if (request_decode(&request, sending->place, result->status, buf_string(&sending->answer), sending->answer.len, &err) < 0) {
		err_wrap(&err, "the pull request at %s", sending->place->web);
		finish(sending, NULL, &err);
	} else {
		finish(sending, &request, NULL);
	}
}

static void send_with(struct sending *sending, const char *token)
{
	char *header = forge_header(sending->place->forge, token);
	const char *const headers[] = {header, "Content-Type: application/json", "Accept: application/json", "User-Agent: flagdeck", NULL};
	struct err err = {0};
	const struct http_endpoint endpoint = {.url = sending->place->api};
	const struct http_request request = {.method = sending->call.method, .path = sending->call.path, .headers = headers,
	    .body = sending->call.body.len ? sending->call.body.data : NULL, .body_len = sending->call.body.len, .patience = HTTP_CALL,
	    .on_head = head_came, .on_body = body_came, .on_done = call_ended, .arg = sending};
	sending->server = http_server_new(sending->http, &endpoint, &err);
	int sent = sending->server && http_send(sending->server, &request, &err);
	explicit_bzero(header, strlen(header));
	free(header);
	if (!sent)
		finish(sending, NULL, &err);
}

/* "password=…" among the lines of `git credential fill`. */
static void credential_came(void *arg, const struct git_answer *answer)
{
	struct sending *sending = arg;
	const char *line = strstr(answer->out, "password=");
	struct err err = {0};
	if (answer->exit_code != 0 || !line || (line != answer->out && line[-1] != '\n')) {
		err_set(&err, "there is no token for %s: store one with git's credential helper, or set FLAGDECK_GIT_TOKEN", sending->place->web);
		finish(sending, NULL, &err);
		return;
	}
	char *token = mem_copy(line + 9, strcspn(line + 9, "\r\n"));
	send_with(sending, token);
	explicit_bzero(token, strlen(token));
	free(token);
}

int request_send(const struct request_wish *wish, struct err *err)
{
	const char *token = getenv("FLAGDECK_GIT_TOKEN"), *web = wish->place->web, *sep = strstr(web, "://");
	struct sending *sending = mem_new(sizeof(*sending));
	*sending = (struct sending){.http = wish->http, .place = wish->place, .done = wish->done, .arg = wish->arg};
	buf_init(&sending->answer, ANSWER_MAX);
	int result = wish->number ? forge_look_call(&sending->call, wish->place, wish->number, err)
	                          : forge_open_call(&sending->call, wish->place, wish->from, wish->to, wish->title, wish->text, err);
	if (result < 0) {
		forge_call_release(&sending->call);
		buf_release(&sending->answer);
		free(sending);
		return -1;
	}
	if (token && *token) {
		send_with(sending, token);
		return 0;
	}
	static const char *const argv[] = {"credential", "fill", NULL};
	char *input = mem_printf("protocol=%.*s\nhost=%s\npath=%s/%s\n\n", sep ? (int)(sep - web) : 5, sep ? web : "https", sep ? sep + 3 : web,
	                         wish->place->owner, wish->place->name);
	git_run(wish->git, &(struct git_command){.argv = argv, .input = input, .input_len = strlen(input), .timeout = 20,
	        .doing = "asking for credentials of", .done = credential_came, .arg = sending});
	free(input);
	return 0;
}
