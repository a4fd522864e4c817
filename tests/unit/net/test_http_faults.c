/* SPDX-License-Identifier: MIT */
/* The HTTP client and servers that die, cut, reset, hang and lie; and what people are told. */
#include "fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define RAW(call, text) call_write_raw(call, text, sizeof(text) - 1)
#define WRITE(call, text) call_write(call, text, sizeof(text) - 1)

static void fault_short_length(struct server_call *call)
{
	RAW(call, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
	call_cut(call);
}

static void fault_short_chunks(struct server_call *call)
{
	call_begin(call, 200, "application/json", NULL);
	WRITE(call, "{\"items\":[");
	call_cut(call);
}

static void fault_reset_body(struct server_call *call)
{
	call_begin(call, 200, "application/json", NULL);
	WRITE(call, "{\"items\":[");
	call_reset(call);
}

static void fault_reset_head(struct server_call *call)
{
	call_reset(call);
}

static void fault_nothing(struct server_call *call)
{
	call_cut(call);
}

static void fault_half_head(struct server_call *call)
{
	RAW(call, "HTTP/1.1 200 OK\r\nContent-Ty");
	call_cut(call);
}

static void fault_not_http(struct server_call *call)
{
	RAW(call, "SSH-2.0-OpenSSH_9.2\r\n");
	call_cut(call);
}

static void fault_bad_chunk(struct server_call *call)
{
	call_begin(call, 200, "application/json", NULL);
	RAW(call, "zz\r\nhello\r\n");
	call_cut(call);
}

static const struct {
	const char *path;
	void (*play)(struct server_call *call);
	int status;
	const char *message;
} faults[] = {
    {"/short-length", fault_short_length, 200, "ended early, after 9 bytes"},
    {"/short-chunks", fault_short_chunks, 200, "ended early, after 10 bytes"},
    {"/reset-body", fault_reset_body, 200, "was cut off after 10 bytes: the connection was reset"},
    {"/reset-head", fault_reset_head, 0, "no answer from http://127.0.0.1"},
    {"/nothing", fault_nothing, 0, "it closed the connection"},
    {"/half-head", fault_half_head, 200, "ended early, within its head"},
    {"/not-http", fault_not_http, 0, "does not speak HTTP"},
    {"/bad-chunk", fault_bad_chunk, 200, "http://127.0.0.1"},
};

enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

static void handle_fault(struct net *net, struct server_call *call, const struct server_request *request)
{
	(void)net;
	for (size_t i = 0; i < FAULTS; i++)
		if (strcmp(request->path, faults[i].path) == 0) {
			faults[i].play(call);
			return;
		}
	call_reply(call, 200, NULL, NULL, "ok", 2);
}

static void test_faults(void **state)
{
	struct net net;
	struct record record;

	(void)state;
	net_open(&net, handle_fault);
	for (size_t i = 0; i < FAULTS; i++) {
		record_run(&record, &net,
		           (struct http_request){.path = faults[i].path, .patience = HTTP_LIST});
		if (record.result.outcome != HTTP_FAILED)
			fail_msg("%s passes for a whole answer", faults[i].path);
		assert_int_equal(record.result.status, faults[i].status);
		assert_has(record.error, faults[i].message);
		assert_int_equal(record.result.refused, 0);
		buf_release(&record.body);
		/* And the next call is well. */
		record_run(&record, &net, (struct http_request){.path = "/ok"});
		assert_int_equal(record.result.outcome, HTTP_DONE);
		assert_string_equal(buf_string(&record.body), "ok");
		buf_release(&record.body);
	}
	net_close(&net);
}

static void test_refused(void **state)
{
	struct net net;
	struct record record;
	char expected[128];

	(void)state;
	net_open(&net, handle_fault);
	assert_int_equal(server_set_listening(net.server, 0, &net.err), 0);
	record_run(&record, &net, (struct http_request){.path = "/?secret=1"});
	assert_int_equal(record.result.outcome, HTTP_FAILED);
	assert_int_equal(record.result.refused, 1);
	assert_int_equal(record.result.status, 0);
	snprintf(expected, sizeof(expected), "cannot reach http://127.0.0.1:%d: connection refused",
	         server_port(net.server));
	assert_string_equal(record.error, expected);
	assert_int_equal(server_set_listening(net.server, 1, &net.err), 0);
	record_run(&record, &net, (struct http_request){.path = "/ok"});
	assert_int_equal(record.result.outcome, HTTP_DONE);
	buf_release(&record.body);
	net_close(&net);
}

static void test_user_info_is_hidden(void **state)
{
	struct net net;
	struct record record;
	char *url;

	(void)state;
	net_open_loop(&net);
	net_serve(&net, NULL, handle_fault);
	url = mem_printf("http://bob:s3cret@127.0.0.1:%d", server_port(net.server));
	net_connect(&net, (struct http_endpoint){.url = url});
	assert_int_equal(server_set_listening(net.server, 0, &net.err), 0);
	record_run(&record, &net, (struct http_request){.path = "/"});
	assert_has(record.error, "http://127.0.0.1:");
	assert_null(strstr(record.error, "s3cret"));
	assert_null(strstr(record.error, "bob"));
	free(url);
	net_close(&net);
}

static void handle_authorization(struct net *net, struct server_call *call,
                                 const struct server_request *request)
{
	char value[128] = "none";

	(void)net;
	server_header(request, "Authorization", value, sizeof(value));
	call_reply(call, 200, NULL, NULL, value, strlen(value));
}

static void test_user_info_is_sent(void **state)
{
	static const char *const bearer[] = {"Authorization: Bearer t", NULL};
	struct net net;
	struct record record;
	char *url;

	(void)state;
	net_open_loop(&net);
	net_serve(&net, NULL, handle_authorization);
	url = mem_printf("http://bob:s%%3Aret@127.0.0.1:%d", server_port(net.server));
	net_connect(&net, (struct http_endpoint){.url = url});
	record_run(&record, &net, (struct http_request){.path = "/"});
	assert_string_equal(buf_string(&record.body), "Basic Ym9iOnM6cmV0");
	buf_release(&record.body);
	record_run(&record, &net, (struct http_request){.path = "/", .headers = bearer});
	assert_string_equal(buf_string(&record.body), "Bearer t");
	buf_release(&record.body);
	free(url);
	net_close(&net);
}

static void handle_freeze(struct net *net, struct server_call *call, const struct server_request *request)
{
	net_keep(net, call, request);
	if (strcmp(request->path, "/body") == 0) {
		call_begin(call, 200, "application/json", NULL);
		WRITE(call, "{");
	}
	call_freeze(call);
}

static void test_silence(void **state)
{
	static const struct {
		const char *path;
		enum http_patience patience;
		struct http_limits limits;
		const char *message;
	} rows[] = {
	    {"/", HTTP_CALL, {.connect = 5, .whole = 0.05}, "no answer from http://127.0.0.1"},
	    {"/body", HTTP_CALL, {.connect = 5, .whole = 0.05}, "gave up after 1 bytes"},
	    {"/",
	     HTTP_STREAM,
	     {.connect = 5, .head = 0.05},
	     "within 0.05 s: it took the request and stays silent"},
	};
	struct net net;
	struct record record;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		net_open(&net, handle_freeze);
		http_set_limits(net.http, rows[i].patience, &rows[i].limits);
		record_run(&record, &net,
		           (struct http_request){.path = rows[i].path, .patience = rows[i].patience});
		assert_int_equal(record.result.outcome, HTTP_FAILED);
		assert_has(record.error, rows[i].message);
		buf_release(&record.body);
		net_close(&net);
	}
}

static void timer_mark(void *arg)
{
	*(int *)arg = 1;
}

/* A stream whose head came may be quiet for longer than the head was given. */
static void test_quiet_stream_lives(void **state)
{
	const struct http_limits limits = {.connect = 5, .head = 1};
	struct net net;
	struct record record;
	int late = 0;
	struct timer *timer;

	(void)state;
	net_open(&net, net_keep);
	http_set_limits(net.http, HTTP_STREAM, &limits);
	record_init(&record, &net);
	record_send(&record, (struct http_request){.path = "/", .patience = HTTP_STREAM});
	while (!net.call)
		loop_poll(net.loop, 1);
	call_begin(net.call, 200, NULL, NULL);
	while (!record.heads && !record.done)
		loop_poll(net.loop, 1);
	timer = timer_new(net.loop, timer_mark, &late);
	timer_start(timer, 1.5);
	while (!late)
		loop_poll(net.loop, 1);
	assert_int_equal(record.done, 0);
	call_end(net.call);
	record_wait(&record);
	assert_int_equal(record.result.outcome, HTTP_DONE);
	timer_free(timer);
	net_close(&net);
}

/* A server that answers once on a connection and closes it, unannounced, at the second request. */
static void handle_second(struct net *net, struct server_call *call, const struct server_request *request)
{
	(void)request;
	if (net->handled == 2)
		call_cut(call);
	else
		call_reply(call, 200, NULL, NULL, "ok", 2);
}

static void test_never_twice(void **state)
{
	static const struct {
		const char *method;
		int handled;
		enum http_outcome outcome;
	} rows[] = {
	    {"GET", 3, HTTP_DONE}, /* repeated on a fresh connection, unseen */
	    {"POST", 2, HTTP_FAILED},
	    {"PATCH", 2, HTTP_FAILED},
	};
	struct net net;
	struct record record;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		net_open(&net, handle_second);
		record_run(&record, &net, (struct http_request){.path = "/"});
		buf_release(&record.body);
		record_run(&record, &net, (struct http_request){.method = rows[i].method, .path = "/"});
		assert_int_equal(record.result.outcome, rows[i].outcome);
		assert_int_equal(net.handled, rows[i].handled);
		if (rows[i].outcome == HTTP_FAILED)
			assert_has(record.error, "may have been carried out");
		buf_release(&record.body);
		net_close(&net);
	}
}

/* A proxy double: takes one connection, notes what it says first, answers and closes. */
struct double_proxy {
	struct net *net;
	int fd, peer;
	struct watcher *listener, *reader;
	struct buf heard;
	const char *answer;
	size_t answer_len;
};

static void proxy_reads(void *arg, int events)
{
	struct double_proxy *proxy = arg;
	char bytes[512];
	ssize_t got = read(proxy->peer, bytes, sizeof(bytes));

	(void)events;
	if (got > 0)
		assert_int_equal(buf_add(&proxy->heard, bytes, (size_t)got), 0);
	assert_true(write(proxy->peer, proxy->answer, proxy->answer_len) >= 0);
	shutdown(proxy->peer, SHUT_WR);
	watcher_free(proxy->reader);
	proxy->reader = NULL;
}

static void proxy_accepts(void *arg, int events)
{
	struct double_proxy *proxy = arg;

	(void)events;
	proxy->peer = accept(proxy->fd, NULL, NULL);
	proxy->reader = watcher_new(proxy->net->loop, proxy->peer, LOOP_READ, proxy_reads, proxy);
	watcher_free(proxy->listener);
	proxy->listener = NULL;
}

static void test_proxies(void **state)
{
	static const struct {
		const char *url, *format, *env;
		const char *heard;
		size_t heard_len;
		const char *answer;
		size_t answer_len;
		enum http_outcome outcome;
		const char *message;
	} rows[] = {
	    {"http://far.example:81", "http://u:s3cret@127.0.0.1:%d", NULL,
	     "GET http://far.example:81/x HTTP/1.1\r\n", 38, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
	     40, HTTP_DONE, ""},
	    {"https://far.example", "http://u:s3cret@127.0.0.1:%d", NULL,
	     "CONNECT far.example:443 HTTP/1.1\r\n", 34,
	     "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 45, HTTP_FAILED,
	     "refuses with status 403"},
	    {"https://far.example", "127.0.0.1:%d", "HTTPS_PROXY", "CONNECT far.example:443 HTTP/1.1\r\n", 34,
	     "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", 38, HTTP_FAILED, "refuses with status 407 (put"},
	    /* Version 5, one or more methods offered: the rest of the talk is curl's. */
	    {"https://far.example", "socks5://127.0.0.1:%d", NULL, "\x05", 1, "\x05\xff", 2, HTTP_FAILED,
	     "the proxy socks5://127.0.0.1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sockaddr_in address = {.sin_family = AF_INET};
		socklen_t len = sizeof(address);
		struct net net;
		struct record record;
		struct double_proxy proxy = {
		    .net = &net, .peer = -1, .answer = rows[i].answer, .answer_len = rows[i].answer_len};
		char url[128];

		net_open_loop(&net);
		buf_init(&proxy.heard, 4096);
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		proxy.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(proxy.fd, (struct sockaddr *)&address, sizeof(address)), 0);
		assert_int_equal(listen(proxy.fd, 4), 0);
		assert_int_equal(getsockname(proxy.fd, (struct sockaddr *)&address, &len), 0);
		proxy.listener = watcher_new(net.loop, proxy.fd, LOOP_READ, proxy_accepts, &proxy);
		snprintf(url, sizeof(url), rows[i].format, ntohs(address.sin_port));
		if (rows[i].env)
			setenv(rows[i].env, url, 1);
		net_connect(
		    &net, (struct http_endpoint){.url = rows[i].url, .proxy_url = rows[i].env ? NULL : url});
		record_run(&record, &net, (struct http_request){.path = "/x"});
		assert_int_equal(record.result.outcome, rows[i].outcome);
		assert_true(proxy.heard.len >= rows[i].heard_len);
		assert_memory_equal(proxy.heard.data, rows[i].heard, rows[i].heard_len);
		assert_has(record.error, rows[i].message);
		assert_null(strstr(record.error, "s3cret"));
		buf_release(&record.body);
		buf_release(&proxy.heard);
		watcher_free(proxy.listener);
		watcher_free(proxy.reader);
		close(proxy.fd);
		close(proxy.peer);
		net_close(&net);
	}
	unsetenv("HTTPS_PROXY");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_user_info_is_hidden),
	    cmocka_unit_test(test_user_info_is_sent),
	    cmocka_unit_test(test_silence),
	    cmocka_unit_test(test_quiet_stream_lives),
	    cmocka_unit_test(test_never_twice),
	    cmocka_unit_test(test_proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
