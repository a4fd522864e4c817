/* SPDX-License-Identifier: MIT */
/*
 * The target of the load tests' tests: an HTTP server on loopback whose latencies are known. It prints
 * its port. What a path does:
 *
 *	/lat      of 100 requests 90 are answered after 5 ms, 9 after 20 ms, 1 after 100 ms
 *	/stall    at once, but for one second, beginning two seconds after the first one: nothing is then
 *	/half     every second one is never answered
 *	/cut /reset /garbage /error    a body cut off, a reset, no HTTP, a 503
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/loop.h"
#include "net/server.h"

struct target {
	struct loop *loop;
	unsigned long count;
	int64_t first;
};

struct late {
	struct server_call *call;
	struct timer *timer;
};

static void gone(void *arg)
{
	struct late *late = arg;
	timer_free(late->timer);
	free(late);
}

static void answer(void *arg)
{
	struct late *late = arg;
	struct server_call *call = late->call;
	call_on_closed(call, NULL, NULL);
	gone(late);
	call_reply(call, 200, "text/plain", NULL, "hello\n", 6);
}

static void answer_after(struct target *target, struct server_call *call, double seconds)
{
	struct late *late = mem_new(sizeof(*late));
	late->call = call;
	late->timer = timer_new(target->loop, answer, late);
	call_on_closed(call, gone, late);
	timer_start(late->timer, seconds);
}

static void handle(void *arg, struct server_call *call, const struct server_request *request)
{
	struct target *target = arg;
	unsigned long number = target->count++;
	int64_t now = loop_now(target->loop), since;
	if (!target->first)
		target->first = now;
	since = now - target->first;
	if (strcmp(request->path, "/lat") == 0)
		/* 37 and 100 share no factor: the slow ones are spread out. */
		answer_after(target, call, number * 37 % 100 < 90 ? 0.005 : number * 37 % 100 < 99 ? 0.02 : 0.1);
	else if (strcmp(request->path, "/stall") == 0 && since >= 2000 && since < 3000)
		answer_after(target, call, (double)(3000 - since) / 1000);
	else if (strcmp(request->path, "/half") == 0 && number % 2)
		call_freeze(call);
	else if (strcmp(request->path, "/cut") == 0) {
		call_write_raw(call, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 43);
		call_cut(call);
	} else if (strcmp(request->path, "/reset") == 0)
		call_reset(call);
	else if (strcmp(request->path, "/garbage") == 0) {
		call_write_raw(call, "what is this\r\n\r\n", 16);
		call_cut(call);
	} else if (strcmp(request->path, "/error") == 0)
		call_reply(call, 503, "text/plain", NULL, "no\n", 3);
	else
		call_reply(call, 200, "text/plain", NULL, "hello\n", 6);
}

int main(void)
{
	struct target target = {0};
	struct err err = {0};
	target.loop = loop_new(&err);
	const struct server_options options = {.handle = handle, .arg = &target};
	struct server *server = target.loop ? server_new(target.loop, &options, &err) : NULL;
	if (!server) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	printf("%d\n", server_port(server));
	fflush(stdout);
	alarm(120); /* never longer than its test */
	loop_run(target.loop);
	return 0;
}
