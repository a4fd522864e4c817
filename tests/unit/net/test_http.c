/* SPDX-License-Identifier: MIT */
/* The HTTP client against the loopback server: what is sent, what comes back, who may cancel when. */
#include "fixture.h"

/* Answers with what it was asked: "METHOD path ?query body|Content-Type|X-Test|Accept-Encoding|Expect". */
static void handle_echo(struct net *net, struct server_call *call, const struct server_request *request)
{
	static const char *const names[] = {"Content-Type", "X-Test", "Accept-Encoding", "Expect"};
	struct buf answer;
	char value[256];
	int full;

	(void)net;
	buf_init(&answer, 4096);
	full = buf_printf(&answer, "%s %s ?%s %.*s", request->method, request->path, request->query,
	                  (int)request->body_len, request->body);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		full |= buf_printf(&answer, "|%s",
		                   server_header(request, names[i], value, sizeof(value)) ? value : "-");
	assert_int_equal(full, 0);
	call_reply(call, 200, "text/plain", NULL, answer.data, answer.len);
	buf_release(&answer);
}

static void test_methods(void **state)
{
	static const char *const headers[] = {"X-Test: seen", NULL};
	static const char *const empty[] = {"X-Test:", NULL};
	static const char *const typed[] = {"Content-Type: application/json", NULL};
	static const struct {
		struct http_request request;
		const char *body;
	} rows[] = {
	    {{.path = "/a/b?limit=5&x=%20"}, "GET /a/b ?limit=5&x=%20 |-|-|-|-"},
	    {{.path = "/", .headers = headers}, "GET / ? |-|seen|-|-"},
	    {{.method = "DELETE", .path = "/pod%2Fone"}, "DELETE /pod/one ? |"},
	    {{.method = "POST", .path = "/p", .body = "hello", .body_len = 5}, "POST /p ? hello|-|-|-|-"},
	    {{.method = "POST", .path = "/p"}, "POST /p ? |-|-|-|-"},
	    {{.method = "PATCH", .path = "/p", .headers = typed, .body = "{}", .body_len = 2},
	     "PATCH /p ? {}|application/json|-|-|-"},
	    {{.method = "PUT", .path = "/p", .body = "a\0b", .body_len = 3}, "PUT /p ? a"},
	    {{.path = "/", .headers = empty}, "GET / ? |-||-|-"},
	    {{.path = "/list", .patience = HTTP_LIST}, "GET /list ? |-|-|-|-"},
	    {{.path = "/../up/./x"}, "GET /../up/./x ?"},
	};
	struct net net;
	struct record record;

	(void)state;
	net_open(&net, handle_echo);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		record_run(&record, &net, rows[i].request);
		assert_int_equal(record.result.outcome, HTTP_DONE);
		assert_int_equal(record.result.status, 200);
		assert_int_equal(record.heads, 1);
		assert_string_equal(record.content_type, "text/plain");
		assert_has(buf_string(&record.body), rows[i].body);
		assert_int_equal(record.result.received, record.body.len);
		assert_string_equal(record.error, "");
		buf_release(&record.body);
	}
	assert_true(http_received(net.http) > 100);
	net_close(&net);
}

static void test_prefix(void **state)
{
	struct net net;
	struct record record;
	char *url;

	(void)state;
	net_open_loop(&net);
	net_serve(&net, NULL, handle_echo);
	url = mem_printf("http://127.0.0.1:%d/k8s/clusters/c1/", server_port(net.server));
	net_connect(&net, (struct http_endpoint){.url = url});
	record_run(&record, &net, (struct http_request){.path = "/version"});
	assert_has(buf_string(&record.body), "GET /k8s/clusters/c1/version ?");
	buf_release(&record.body);
	free(url);
	net_close(&net);
}

static void test_refused_requests(void **state)
{
	static const char *const split[] = {"X: a\r\nY: b", NULL};
	static const char *const nameless[] = {"no colon", NULL};
	static const char *const spaced[] = {"X Y: b", NULL};
	static const struct http_request rows[] = {
	    {.path = "/a\r\nX: y"},
	    {.path = "/a b"},
	    {.path = "relative"},
	    {.path = NULL},
	    {.path = "/#f"},
	    {.method = "G T", .path = "/"},
	    {.method = "", .path = "/"},
	    {.path = "/\xc3\xa9"},
	    {.path = "/", .headers = split},
	    {.path = "/", .headers = nameless},
	    {.path = "/", .headers = spaced},
	};
	struct net net;

	(void)state;
	net_open(&net, handle_echo);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_request request = rows[i];

		request.on_done = record_done;
		net.err.text[0] = '\0';
		assert_null(http_send(net.client, &request, &net.err));
		assert_has(net.err.text, "cannot send to http://127.0.0.1");
	}
	net_close(&net);
}

static void test_refused_endpoints(void **state)
{
	static const struct {
		struct http_endpoint endpoint;
		const char *message;
	} rows[] = {
	    {{.url = NULL}, "is no URL"},
	    {{.url = "ftp://host/"}, "expected http:// or https://"},
	    {{.url = "https://u:s3cret@host:1?x=y"}, "no query"},
	    {{.url = "https://u:s3cr/et@host:99999999"}, "is no URL"},
	    {{.url = "https://h", .cert_pem = "-----BEGIN X", .cert_pem_len = 12}, "key is missing"},
	    {{.url = "https://h", .ca_pem = "junk", .ca_pem_len = 4}, "no PEM block"},
	    {{.url = "https://h", .proxy_url = "ftp://u:s3cret@p:1"},
	     "cannot use the proxy ftp://p:1: its scheme is"},
	};
	struct net net;

	(void)state;
	net_open_loop(&net);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_null(http_server_new(net.http, &rows[i].endpoint, &net.err));
		assert_has(net.err.text, rows[i].message);
		assert_null(strstr(net.err.text, "s3cr"));
	}
	net_close(&net);
}

static void handle_status(struct net *net, struct server_call *call, const struct server_request *request)
{
	char status[16] = "200", after[64], line[128] = "";

	(void)net;
	server_query(request, "status", status, sizeof(status));
	if (server_query(request, "after", after, sizeof(after)))
		snprintf(line, sizeof(line), "Retry-After: %s\r\n", after);
	call_reply(call, atoi(status), "application/json", line, "{}", 2);
}

static void test_status(void **state)
{
	static const struct {
		const char *path;
		int status, unauthorised;
		double low, high;
	} rows[] = {
	    {"/?status=200", 200, 0, -1, -1},
	    {"/?status=401", 401, 1, -1, -1},
	    {"/?status=429&after=0", 429, 0, 0, 0},
	    {"/?status=429&after=32", 429, 0, 32, 32},
	    {"/?status=503&after=soon", 503, 0, -1, -1},
	    {"/?status=503&after=-5", 503, 0, -1, -1},
	    {"/?status=503&after=Wed,%2021%20Oct%202015%2007:28:00%20GMT", 503, 0, 0, 0},
	    {"/?status=503&after=Sat,%2021%20Oct%202090%2007:28:00%20GMT", 503, 0, 1e6, 1e10},
	    {"/?status=302", 302, 0, -1, -1},
	    {"/?status=204", 204, 0, -1, -1},
	};
	struct net net;
	struct record record;

	(void)state;
	net_open(&net, handle_status);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		record_run(&record, &net, (struct http_request){.path = rows[i].path});
		assert_int_equal(record.result.outcome, HTTP_DONE);
		assert_int_equal(record.result.status, rows[i].status);
		assert_int_equal(record.result.unauthorised, rows[i].unauthorised);
		assert_true(record.result.retry_after >= rows[i].low &&
		            record.result.retry_after <= rows[i].high);
		buf_release(&record.body);
	}
	net_close(&net);
}

static void test_stream(void **state)
{
	struct net net;
	struct record record;

	(void)state;
	net_open(&net, net_keep);
	record_init(&record, &net);
	record_send(&record, (struct http_request){.path = "/watch", .patience = HTTP_STREAM});
	while (!net.call)
		loop_poll(net.loop, 1);
	assert_int_equal(record.heads, 0);
	call_begin(net.call, 200, "application/json", NULL);
	while (!record.heads)
		loop_poll(net.loop, 1);
	for (size_t i = 1; i <= 5; i++) { /* every piece comes through by itself, none is held back */
		call_write(net.call, "{\"n\":1}\n", 8);
		while (record.body.len < 8 * i)
			loop_poll(net.loop, 1);
		assert_int_equal(record.body.len, 8 * i);
	}
	assert_int_equal(record.done, 0);
	call_end(net.call);
	record_wait(&record);
	assert_int_equal(record.result.outcome, HTTP_DONE);
	assert_int_equal(record.result.received, 40);
	buf_release(&record.body);
	net_close(&net);
}

static void handle_big(struct net *net, struct server_call *call, const struct server_request *request)
{
	char *body = mem_new(8 << 20);

	(void)net, (void)request;
	for (size_t i = 0; i < 8 << 20; i++)
		body[i] = (char)('a' + i % 23);
	call_reply(call, 200, "text/plain", NULL, body, 8 << 20);
	free(body);
}

static void test_big_list(void **state)
{
	struct net net;
	struct record record;

	(void)state;
	net_open(&net, handle_big);
	record_run(&record, &net, (struct http_request){.patience = HTTP_LIST});
	assert_int_equal(record.result.outcome, HTTP_DONE);
	assert_int_equal(record.body.len, 8 << 20);
	for (size_t i = 0; i < record.body.len; i += 4093)
		assert_int_equal(record.body.data[i], 'a' + i % 23);
	buf_release(&record.body);
	net_close(&net);
}

static void test_stop(void **state)
{
	struct net net;
	struct record record;

	(void)state;
	net_open(&net, handle_big);
	record_init(&record, &net);
	record.stop_after = 2;
	record_send(&record, (struct http_request){.path = "/"});
	record_wait(&record);
	assert_int_equal(record.result.outcome, HTTP_STOPPED);
	assert_int_equal(record.pieces, 2);
	assert_string_equal(record.error, "");
	buf_release(&record.body);
	net_close(&net);
}

static void after_done(void *arg)
{
	*(int *)arg = 1;
}

/* Lets what could still come come: a whole other call's length. */
static void settle(struct net *net)
{
	struct record record;
	int quiet = 0;
	struct timer *timer = timer_new(net->loop, after_done, &quiet);

	record_run(&record, net, (struct http_request){.path = "/"});
	buf_release(&record.body);
	timer_start(timer, 0);
	while (!quiet)
		loop_poll(net->loop, 1);
	timer_free(timer);
}

static void test_cancel_inside(void **state)
{
	struct net net;
	struct record head, body;

	(void)state;
	net_open(&net, handle_big);
	record_init(&head, &net);
	head.cancel_on_head = 1;
	record_send(&head, (struct http_request){.path = "/"});
	record_init(&body, &net);
	body.cancel_on_body = 1;
	record_send(&body, (struct http_request){.path = "/"});
	while (!head.heads || !body.pieces)
		loop_poll(net.loop, 1);
	settle(&net);
	assert_int_equal(head.pieces, 0);
	assert_int_equal(head.done, 0);
	assert_int_equal(body.pieces, 1);
	assert_int_equal(body.done, 0);
	buf_release(&head.body);
	buf_release(&body.body);
	net_close(&net);
}

static void test_cancel_other(void **state)
{
	struct net net;
	struct record one, two;

	(void)state;
	net_open(&net, handle_big);
	record_init(&two, &net);
	record_send(&two, (struct http_request){.path = "/"});
	record_init(&one, &net);
	one.cancel_other = two.call;
	record_send(&one, (struct http_request){.path = "/"});
	record_wait(&one);
	settle(&net);
	assert_int_equal(one.result.outcome, HTTP_DONE);
	assert_true(two.body.len < 8 << 20 || two.done);
	assert_int_equal(two.done, 0);
	buf_release(&one.body);
	buf_release(&two.body);
	net_close(&net);
}

static void test_cancel_outside(void **state)
{
	struct net net;
	struct record record;

	(void)state;
	net_open(&net, net_keep);
	record_init(&record, &net);
	record_send(&record, (struct http_request){.path = "/"});
	http_cancel(record.call); /* before anything happened */
	record_send(&record, (struct http_request){.path = "/"});
	while (!net.call)
		loop_poll(net.loop, 1);
	http_cancel(record.call);
	while (!net.closed) /* the server sees the connection go */
		loop_poll(net.loop, 1);
	assert_int_equal(record.done, 0);
	net_close(&net);
}

struct chain {
	struct record record;
	struct record next;
	int free_server;
};

static void chain_done(void *arg, const struct http_result *result)
{
	struct chain *chain = arg;

	(void)result;
	chain->record.done++;
	if (chain->free_server) {
		http_server_free(chain->record.net->client);
		chain->record.net->client = NULL;
	} else {
		record_send(&chain->next, (struct http_request){.path = "/"});
	}
}

static int chain_body(void *arg, const char *bytes, size_t len)
{
	struct chain *chain = arg;

	(void)bytes, (void)len;
	if (!chain->next.call && !chain->free_server)
		record_send(&chain->next, (struct http_request){.path = "/"});
	if (chain->free_server) {
		http_server_free(chain->record.net->client);
		chain->record.net->client = NULL;
		chain->record.pieces = 1;
	}
	return 0;
}

static void test_send_from_done(void **state)
{
	struct net net;
	struct chain chain = {0};

	(void)state;
	net_open(&net, handle_echo);
	record_init(&chain.record, &net);
	record_init(&chain.next, &net);
	http_send(net.client, &(struct http_request){.path = "/", .on_done = chain_done, .arg = &chain},
	          &net.err);
	record_wait(&chain.next);
	assert_int_equal(chain.record.done, 1);
	assert_int_equal(chain.next.result.outcome, HTTP_DONE);
	buf_release(&chain.next.body);
	net_close(&net);
}

static void test_send_from_body(void **state)
{
	struct net net;
	struct chain chain = {0};

	(void)state;
	net_open(&net, handle_echo);
	record_init(&chain.record, &net);
	record_init(&chain.next, &net);
	http_send(
	    net.client,
	    &(struct http_request){.path = "/", .on_body = chain_body, .on_done = record_done, .arg = &chain},
	    &net.err);
	while (!chain.next.done || !chain.record.done)
		loop_poll(net.loop, 1);
	assert_int_equal(chain.next.result.outcome, HTTP_DONE);
	buf_release(&chain.next.body);
	net_close(&net);
}

static void test_free_from_callbacks(void **state)
{
	struct net net;
	struct chain chain;
	struct record other;

	(void)state;
	for (int from_body = 0; from_body < 2; from_body++) {
		net_open(&net, handle_echo);
		memset(&chain, 0, sizeof(chain));
		chain.free_server = 1;
		record_init(&chain.record, &net);
		record_init(&other, &net);
		http_send(net.client,
		          &(struct http_request){.path = "/",
		                                 .on_body = from_body ? chain_body : NULL,
		                                 .on_done = chain_done,
		                                 .arg = &chain},
		          &net.err);
		while (!chain.record.done && !chain.record.pieces)
			loop_poll(net.loop, 1);
		assert_null(net.client);
		assert_int_equal(chain.record.done, !from_body);
		net_close(&net);
	}
}

static void test_free_with_calls(void **state)
{
	struct net net;
	struct record one, two;

	(void)state;
	net_open(&net, net_keep);
	record_init(&one, &net);
	record_init(&two, &net);
	record_send(&one, (struct http_request){.path = "/"});
	record_send(&two, (struct http_request){.path = "/", .patience = HTTP_STREAM});
	while (!net.call)
		loop_poll(net.loop, 1);
	http_server_free(net.client);
	net.client = NULL;
	while (!net.closed)
		loop_poll(net.loop, 1);
	assert_int_equal(one.done + two.done, 0);
	net_close(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_methods),          cmocka_unit_test(test_prefix),
	    cmocka_unit_test(test_refused_requests), cmocka_unit_test(test_refused_endpoints),
	    cmocka_unit_test(test_status),           cmocka_unit_test(test_stream),
	    cmocka_unit_test(test_big_list),         cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_cancel_inside),    cmocka_unit_test(test_cancel_other),
	    cmocka_unit_test(test_cancel_outside),   cmocka_unit_test(test_send_from_done),
	    cmocka_unit_test(test_send_from_body),   cmocka_unit_test(test_free_from_callbacks),
	    cmocka_unit_test(test_free_with_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
