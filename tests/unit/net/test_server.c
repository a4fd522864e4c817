/* SPDX-License-Identifier: MIT */
/* The loopback server by itself, spoken to over a bare socket on the same loop. */
#include "fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
	struct net *net;
	int fd;
	struct watcher *watcher;
	struct buf heard;
	int ended, reset;
};

static void peer_reads(void *arg, int events)
{
	struct peer *peer = arg;
	char bytes[4096];
	ssize_t got = recv(peer->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)events;
	if (got > 0) {
		assert_int_equal(buf_add(&peer->heard, bytes, (size_t)got), 0);
		return;
	}
	if (got < 0 && errno == EAGAIN)
		return;
	peer->ended = 1;
	peer->reset = got < 0;
	watcher_set(peer->watcher, 0);
}

static void peer_open(struct peer *peer, struct net *net)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_port = htons((uint16_t)server_port(net->server))};

	memset(peer, 0, sizeof(*peer));
	peer->net = net;
	buf_init(&peer->heard, 64 << 20);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(peer->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	peer->watcher = watcher_new(net->loop, peer->fd, LOOP_READ, peer_reads, peer);
}

static void peer_close(struct peer *peer)
{
	watcher_free(peer->watcher);
	close(peer->fd);
	buf_release(&peer->heard);
}

static void peer_say(struct peer *peer, const char *text, size_t len)
{
	while (len) {
		ssize_t sent = send(peer->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0) {
			text += sent;
			len -= (size_t)sent;
		} else if (errno != EAGAIN) {
			return;
		}
		loop_poll(peer->net->loop, 0);
	}
}

static void peer_hear_end(struct peer *peer)
{
	while (!peer->ended)
		loop_poll(peer->net->loop, 1);
}

static void handle_tell(struct net *net, struct server_call *call, const struct server_request *request)
{
	char text[512], value[64] = "-", field[64] = "-";

	(void)net;
	server_query(request, "a", value, sizeof(value));
	server_header(request, "x-field", field, sizeof(field));
	snprintf(text, sizeof(text), "[%s %s a=%s field=%s body=%.*s]", request->method, request->path, value,
	         field, (int)request->body_len, request->body);
	call_reply(call, 200, NULL, NULL, text, strlen(text));
}

static void test_requests(void **state)
{
	static const struct {
		const char *said, *answer;
	} rows[] = {
	    {"GET /x%2Fy?b=1&a=%31+%32&c HTTP/1.1\r\nConnection: close\r\n\r\n",
	     "[GET /x/y a=1 2 field=- body=]"},
	    {"GET / HTTP/1.1\r\nX-FIELD: \t v \r\nConnection: close\r\n\r\n", "field=v body="},
	    {"GET / HTTP/1.0\r\n\r\n", "Connection: close\r\n\r\n[GET / a=- field=- body=]"},
	    {"GET http://h/p?a=5 HTTP/1.1\r\nConnection: close\r\n\r\n", "[GET /p a=5 field=- body=]"},
	    {"POST / HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc", "body=abc]"},
	    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: "
	     "close\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n",
	     "body=abc]"},
	    {"GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 1\r\n\r\nz"
	     "GET /3 HTTP/1.1\r\nConnection: close\r\n\r\n",
	     "[POST /2 a=- field=- body=z]HTTP/1.1 200 OK\r\n"},
	    {"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 400 "},
	    {"POST / HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n", "HTTP/1.1 413 "},
	    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400 "},
	    {"GET /%zz HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
	    {"GET /%00 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
	    {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
	};
	struct net net;
	struct peer peer;

	(void)state;
	net_open(&net, handle_tell);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int by_byte = 0; by_byte < 2; by_byte++) {
			size_t len = strlen(rows[i].said);

			peer_open(&peer, &net);
			for (size_t at = 0; at < len; at += by_byte ? 1 : len)
				peer_say(&peer, rows[i].said + at, by_byte ? 1 : len);
			peer_hear_end(&peer);
			assert_has(buf_string(&peer.heard), rows[i].answer);
			assert_false(peer.reset);
			peer_close(&peer);
		}
	net_close(&net);
}

static void test_long_head(void **state)
{
	struct net net;
	struct peer peer;
	char *text = mem_new(100 * 1024);

	(void)state;
	memset(text, 'x', 100 * 1024);
	memcpy(text, "GET / HTTP/1.1\r\nA: ", 19);
	net_open(&net, handle_tell);
	peer_open(&peer, &net);
	peer_say(&peer, text, 100 * 1024);
	peer_hear_end(&peer);
	assert_has(buf_string(&peer.heard), "HTTP/1.1 431 ");
	peer_close(&peer);
	free(text);
	net_close(&net);
}

static void test_continue(void **state)
{
	static const char put[] = "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n"
	                          "Connection: close\r\n\r\n";
	struct net net;
	struct peer peer;

	(void)state;
	net_open(&net, handle_tell);
	peer_open(&peer, &net);
	peer_say(&peer, put, sizeof(put) - 1);
	while (!peer.heard.len)
		loop_poll(net.loop, 1);
	assert_string_equal(buf_string(&peer.heard), "HTTP/1.1 100 Continue\r\n\r\n");
	peer_say(&peer, "bo", 2);
	peer_say(&peer, "dy", 2);
	peer_hear_end(&peer);
	assert_has(buf_string(&peer.heard), "Continue\r\n\r\nHTTP/1.1 200 OK");
	assert_has(buf_string(&peer.heard), "body=body]");
	peer_close(&peer);
	net_close(&net);
}

static void handle_head(struct net *net, struct server_call *call, const struct server_request *request)
{
	(void)net;
	if (strcmp(request->path, "/stream") == 0) {
		call_begin(call, 200, "text/plain", "X-A: b\r\n");
		call_write(call, "hello", 5);
		call_write(call, "", 0);
		call_end(call);
	} else {
		call_reply(call, strcmp(request->path, "/204") == 0 ? 204 : 200, "text/plain", NULL, "hello",
		           5);
	}
}

static void test_framing(void **state)
{
	static const struct {
		const char *said, *heard;
	} rows[] = {
	    {"GET /stream HTTP/1.1\r\nConnection: close\r\n\r\n",
	     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\nX-A: b\r\n"
	     "Connection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
	    {"GET /stream HTTP/1.0\r\n\r\n",
	     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: b\r\nConnection: close\r\n\r\nhello"},
	    {"HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n",
	     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"},
	    {"GET /204 HTTP/1.1\r\nConnection: close\r\n\r\n",
	     "HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"},
	};
	struct net net;
	struct peer peer;

	(void)state;
	net_open(&net, handle_head);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		peer_open(&peer, &net);
		peer_say(&peer, rows[i].said, strlen(rows[i].said));
		peer_hear_end(&peer);
		assert_string_equal(buf_string(&peer.heard), rows[i].heard);
		peer_close(&peer);
	}
	net_close(&net);
}

static void test_peer_goes_away(void **state)
{
	struct net net;
	struct peer peer;

	(void)state;
	net_open(&net, net_keep);
	peer_open(&peer, &net);
	peer_say(&peer, "GET / HTTP/1.1\r\n\r\n", 18);
	while (!net.call)
		loop_poll(net.loop, 1);
	peer_close(&peer);
	while (!net.closed)
		loop_poll(net.loop, 1);
	assert_int_equal(net.closed, 1);
	net_close(&net);
	assert_int_equal(net.closed, 1);
}

static void test_closed_at_free(void **state)
{
	struct net net;
	struct peer peer;

	(void)state;
	net_open(&net, net_keep);
	peer_open(&peer, &net);
	peer_say(&peer, "GET / HTTP/1.1\r\n\r\n", 18);
	while (!net.call)
		loop_poll(net.loop, 1);
	server_free(net.server);
	net.server = NULL;
	assert_int_equal(net.closed, 1);
	peer_hear_end(&peer);
	peer_close(&peer);
	net_close(&net);
}

/* A handler may stop or free the server under its own connection. */
static void handle_stop(struct net *net, struct server_call *call, const struct server_request *request)
{
	net_keep(net, call, request);
	if (strcmp(request->path, "/stop") == 0) {
		assert_int_equal(server_set_listening(net->server, 0, &net->err), 0);
	} else {
		server_free(net->server);
		net->server = NULL;
	}
}

static void test_stop_from_handler(void **state)
{
	static const char *const said[] = {"GET /stop HTTP/1.1\r\n\r\n", "GET /free HTTP/1.1\r\n\r\n"};
	struct net net;
	struct peer peer;

	(void)state;
	for (int i = 0; i < 2; i++) {
		net_open(&net, handle_stop);
		peer_open(&peer, &net);
		peer_say(&peer, said[i], strlen(said[i]));
		peer_hear_end(&peer);
		assert_int_equal(net.closed, 1);
		assert_true(peer.reset);
		peer_close(&peer);
		net_close(&net);
	}
}

static void test_freeze(void **state)
{
	struct net net;
	struct peer peer;

	(void)state;
	net_open(&net, net_keep);
	peer_open(&peer, &net);
	peer_say(&peer, "GET / HTTP/1.1\r\n\r\n", 18);
	while (!net.call)
		loop_poll(net.loop, 1);
	call_write_raw(net.call, "before", 6);
	call_freeze(net.call);
	call_write_raw(net.call, "after", 5);
	while (peer.heard.len < 6)
		loop_poll(net.loop, 1);
	for (int i = 0; i < 10; i++)
		loop_poll(net.loop, 0);
	assert_string_equal(buf_string(&peer.heard), "before");
	assert_false(peer.ended);
	assert_int_equal(net.closed, 0);
	peer_close(&peer);
	net_close(&net);
	assert_int_equal(net.closed, 1);
}

/* A peer that reads nothing: the queue grows to its bound, then the connection is reset. */
static void test_backpressure(void **state)
{
	struct net net;
	struct peer peer;
	size_t len = 8 << 20;
	char *bytes = mem_new(len);

	(void)state;
	net_open(&net, net_keep);
	peer_open(&peer, &net);
	peer_say(&peer, "GET / HTTP/1.1\r\n\r\n", 18);
	while (!net.call)
		loop_poll(net.loop, 1);
	watcher_set(peer.watcher, 0);
	call_begin(net.call, 200, NULL, NULL);
	call_write(net.call, bytes, len);
	loop_poll(net.loop, 1);
	assert_true(call_pending(net.call) > 0 && call_pending(net.call) < len + 200);
	for (int i = 0; i < 40 && net.call; i++)
		call_write(net.call, bytes, len);
	while (!net.closed)
		loop_poll(net.loop, 1);
	peer_close(&peer);
	free(bytes);
	net_close(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),          cmocka_unit_test(test_long_head),
	    cmocka_unit_test(test_continue),          cmocka_unit_test(test_framing),
	    cmocka_unit_test(test_peer_goes_away),    cmocka_unit_test(test_closed_at_free),
	    cmocka_unit_test(test_stop_from_handler), cmocka_unit_test(test_freeze),
	    cmocka_unit_test(test_backpressure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
