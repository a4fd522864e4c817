/* SPDX-License-Identifier: MIT */
/* Requests with credentials: what is asked again, what is said of an error, what a cancel means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/kube/rig.h"

struct answer {
	int called;
	struct client_result result;
	char body[256];
	size_t len;
	struct client_call **cancels; /* another call that is cancelled from the callback */
};

static void answered(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct answer *answer = arg;
	answer->called++;
	answer->result = *result;
	answer->len = len;
	snprintf(answer->body, sizeof(answer->body), "%s", body);
	assert_int_equal(strlen(body) <= len, 1);
	if (answer->cancels)
		client_cancel(*answer->cancels);
}

static void ask(struct rig *rig, const char *path, struct answer *answer)
{
	*answer = (struct answer){0};
	client_get(rig->client, path, NULL, answered, answer);
	assert_int_equal(answer->called, 0); /* never from inside */
	WAIT_FOR(rig->loop, answer->called);
	assert_int_equal(answer->called, 1);
}

static void test_answers_and_errors(void **state)
{
	static const struct {
		const char *what;
		struct sim_fault fault;
		enum http_outcome outcome;
		int status, expired;
		const char *reason, *words; /* words "": no error */
		int retry_after;
	} cases[] = {
	    {"well", {.kind = FAULT_LATE}, HTTP_DONE, 200, 0, "", "", -1},
	    {"a Status",
	     {.kind = FAULT_STATUS,
	      .number = 403,
	      .seconds = -1,
	      .text = "no "
	              "\x1b[31mway"},
	     HTTP_DONE,
	     403,
	     0,
	     "Forbidden",
	     "403: no [31mway",
	     -1},
	    {"a time to wait",
	     {.kind = FAULT_STATUS, .number = 429, .seconds = 7},
	     HTTP_DONE,
	     429,
	     0,
	     "TooManyRequests",
	     "429: too many",
	     7},
	    {"none to wait",
	     {.kind = FAULT_STATUS, .number = 429, .seconds = 0},
	     HTTP_DONE,
	     429,
	     0,
	     "TooManyRequests",
	     "429: too many",
	     0},
	    {"401 of a fixed token",
	     {.kind = FAULT_STATUS, .number = 401, .seconds = -1, .times = 2},
	     HTTP_DONE,
	     401,
	     1,
	     "Unauthorized",
	     "401",
	     -1},
	    {"a portal's page",
	     {.kind = FAULT_BODY, .text = "<html>\033[31m", .type = "text/html; charset=utf-8"},
	     HTTP_STOPPED,
	     200,
	     0,
	     "",
	     "answered with a web page",
	     -1},
	    {"reset", {.kind = FAULT_RESET, .number = 10}, HTTP_FAILED, 200, 0, "", "127.0.0.1", -1},
	    {"cut", {.kind = FAULT_CUT, .number = 10}, HTTP_FAILED, 200, 0, "", "127.0.0.1", -1},
	};
	struct rig rig;
	struct answer answer;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		api_clear_faults(rig.api);
		api_fault(rig.api, &cases[i].fault);
		ask(&rig, "/api/v1/nodes", &answer);
		if (answer.result.outcome != cases[i].outcome || answer.result.status != cases[i].status ||
		    answer.result.expired != cases[i].expired || strcmp(answer.result.reason, cases[i].reason) != 0 ||
		    (cases[i].words[0] ? !strstr(answer.result.error, cases[i].words) : answer.result.error[0]) ||
		    (int)answer.result.retry_after != cases[i].retry_after)
			fail_msg("%s: %d %d %d %s \"%s\" %f", cases[i].what, answer.result.outcome, answer.result.status,
			         answer.result.expired, answer.result.reason, answer.result.error,
			         answer.result.retry_after);
	}
	/* An error that is no Status: a number, a place, and none of the page. */
	ask(&rig, "/nowhere", &answer);
	assert_int_equal(answer.result.status, 404);
	assert_non_null(strstr(answer.result.error, "404"));
	struct err err = {0};
	assert_int_equal(api_set_listening(rig.api, 0, &err), 0);
	ask(&rig, "/api/v1/nodes", &answer);
	assert_int_equal(answer.result.refused, 1);
	assert_int_equal(answer.result.status, 0);
	assert_non_null(strstr(answer.result.error, "127.0.0.1"));
	rig_end(&rig);
}

static void test_an_answer_that_is_too_large(void **state)
{
	struct rig rig;
	struct answer answer;

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
	api_fault(rig.api, &(struct sim_fault){.kind = FAULT_HUGE, .number = 9 << 20, .path = "/api/v1/nodes"});
	ask(&rig, "/api/v1/nodes", &answer);
	assert_int_equal(answer.result.outcome, HTTP_STOPPED);
	assert_non_null(strstr(answer.result.error, "8 MiB"));
	rig_end(&rig);
}

static void test_a_cancelled_call_is_silent(void **state)
{
	struct rig rig;
	struct answer first = {0}, second = {0};

	(void)state;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing()});
	client_cancel(client_get(rig.client, "/version", NULL, answered, &first));
	/* From the callback of another call. */
	api_fault(rig.api, &(struct sim_fault){.kind = FAULT_LATE, .path = "/api/v1/nodes", .seconds = 0.05});
	struct client_call *late = client_get(rig.client, "/api/v1/nodes", NULL, answered, &second);
	struct answer third = {.cancels = &late};
	client_get(rig.client, "/version", NULL, answered, &third);
	WAIT_FOR(rig.loop, third.called);
	struct answer fourth;
	ask(&rig, "/version", &fourth);
	assert_non_null(strstr(fourth.body, "gitVersion"));
	assert_int_equal(first.called + second.called, 0);
	/* And all that is left when the client goes. */
	client_get(rig.client, "/version", NULL, answered, &first);
	rig_end(&rig);
	assert_int_equal(first.called, 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* One 401 leads to one run of the plugin and one more try, however many calls it hits at once. */
static void test_a_401_is_tried_once_more(void **state)
{
	struct rig rig;
	struct answer answers[8] = {{0}};
	char path[] = "/tmp/client-token-XXXXXX";
	const char *args[] = {"-c", NULL, NULL};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	write_file(path, "one");
	char *script = mem_printf("printf x >>%s.runs; printf '{"
	                          "\"apiVersion\":\"client.authentication.k8s.io/v1\","
	                          "\"kind\":\"ExecCredential\","
	                          "\"status\":{\"token\":\"%%s\"}}' \"$(cat %s)\"", path, path);
	args[1] = script;
	rig_start(&rig, &(struct rig_options){.timing = rig_timing(),
	                                      .api = {.tls = 1},
	                                      .exec = {.api_version = "client.authentication.k8s.io/v1",
	                                               .command = "/bin/sh",
	                                               .args = args,
	                                               .install_hint = ""}});
	api_allow_token(rig.api, "one");
	ask(&rig, "/api/v1/nodes", &answers[0]);
	assert_int_equal(answers[0].result.status, 200);
	api_refuse_token(rig.api, "one");
	api_allow_token(rig.api, "two");
	write_file(path, "two");
	for (size_t i = 0; i < 8; i++) {
		answers[i] = (struct answer){0};
		client_get(rig.client, "/api/v1/nodes", NULL, answered, &answers[i]);
	}
	for (size_t i = 0; i < 8; i++) {
		WAIT_FOR(rig.loop, answers[i].called);
		assert_int_equal(answers[i].result.status, 200);
	}
	struct buf runs;
	char *name = mem_printf("%s.runs", path);
	buf_init(&runs, 1000);
	assert_int_equal(buf_read_file(&runs, name, NULL), 0);
	assert_int_equal(runs.len, 2);
	/* The new one is refused too: said, and not asked for ever. */
	api_refuse_token(rig.api, "two");
	int before = api_requests(rig.api, "/api/v1/nodes", "");
	ask(&rig, "/api/v1/nodes", &answers[0]);
	assert_int_equal(answers[0].result.expired, 1);
	assert_int_equal(api_requests(rig.api, "/api/v1/nodes", "") - before, 2);
	rig_end(&rig);
	buf_release(&runs);
	remove(name);
	remove(path);
	free(name);
	free(script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_and_errors), cmocka_unit_test(test_an_answer_that_is_too_large),
		cmocka_unit_test(test_a_cancelled_call_is_silent), cmocka_unit_test(test_a_401_is_tried_once_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
