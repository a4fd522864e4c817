/* SPDX-License-Identifier: MIT */
/* One object as text: what is secret is not in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "kube/object.h"
#include "unit/kube/sourced.h"

struct answer {
	int called;
	struct object_text *text;
	char error[512];
};

static void answered(void *arg, struct object_text *text, const struct err *err)
{
	struct answer *answer = arg;
	answer->called++;
	answer->text = text;
	snprintf(answer->error, sizeof(answer->error), "%s", err ? err->text : "");
}

/* All lines as one text, to free. */
static char *joined(const struct object_text *text)
{
	char *all = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&all, &len);
	for (size_t i = 0; i < text->count; i++)
		fprintf(out, "%s\n", text->lines[i]);
	fclose(out);
	return all;
}

static void test_secrets_are_masked(void **state)
{
	struct sourced s;
	struct answer answer = {0};
	static const char *const shown[] = {"LOG_LEVEL", "debug", "image: a:1", "secretKeyRef"};
	static const char *const hidden[] = {"hunter2", "abc123", "managedFields", "f:metadata", "\033"};

	(void)state;
	sourced_start(&s, &(struct api_options){0});
	sourced_put(&s, "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\","
	                "\"namespace\":\"n\",\"managedFields\":[{\"f:metadata\":{}}],"
	                "\"annotations\":{\"note\":\"\\u001b[31mred\","
	                "\"kubectl.kubernetes.io/last-applied-configuration\":\"{DB_PASSWORD: hunter2}\"}},"
	                "\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"a:1\","
	                "\"env\":[{\"name\":\"LOG_LEVEL\",\"value\":\"debug\"},"
	                "{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"},{\"name\":\"apiToken\","
	                "\"value\":\"abc123\"},"
	                "{\"name\":\"OTHER_SECRET\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"x\","
	                "\"key\":\"y\"}}}]}]}}}}");
	object_read(s.source, OBJECT_DEPLOYMENT, "n", "web", 0, answered, &answer);
	assert_int_equal(answer.called, 0); /* never from inside */
	WAIT_FOR(s.loop, answer.called);
	assert_non_null(answer.text);
	char *all = joined(answer.text);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		assert_non_null(strstr(all, shown[i]));
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		assert_null(strstr(all, hidden[i]));
	assert_int_equal(answer.text->masked, 3);
	assert_int_equal(answer.text->revealed, 0);
	/* Only single values have a number; the copy of the whole object has none. */
	assert_non_null(strstr(all, "*** masked 1 ***"));
	assert_non_null(strstr(all, "*** masked 2 ***"));
	assert_null(strstr(all, "*** masked 3 ***"));
	free(all);
	object_text_free(answer.text);
	/* One at a time, on request. */
	answer = (struct answer){0};
	object_read(s.source, OBJECT_DEPLOYMENT, "n", "web", 2, answered, &answer);
	WAIT_FOR(s.loop, answer.called);
	all = joined(answer.text);
	assert_non_null(strstr(all, "abc123"));
	assert_null(strstr(all, "hunter2"));
	assert_int_equal(answer.text->masked, 2);
	assert_int_equal(answer.text->revealed, 1);
	free(all);
	object_text_free(answer.text);
	sourced_end(&s);
}

static void test_trouble_is_put_into_words(void **state)
{
	static const struct {
		struct sim_fault fault;
		const char *words;
	} cases[] = {
		{{.kind = FAULT_STATUS, .number = 403, .seconds = -1, .text = "deployments.apps \"web\" is "
			"forbidden"}, "403: deployments.apps \"web\" is forbidden"},
		{{.kind = FAULT_STATUS, .number = 500, .seconds = -1}, "500"},
		{{.kind = FAULT_BODY, .text = "<html>", .type = "text/html"}, "cannot"},
		{{.kind = FAULT_CUT, .number = 20}, "cannot be read"},
		{{.kind = FAULT_CUT_BARE, .number = 20}, "cannot parse JSON"},
		{{.kind = FAULT_RESET, .number = 20}, "cannot be read"},
		{{.kind = FAULT_HUGE, .number = 9 << 20}, "8 MiB"},
	};
	struct sourced s;

	(void)state;
	sourced_start(&s, &(struct api_options){0});
	sourced_put(&s, "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\","
		"\"namespace\":\"n\"},\"spec\":{\"object\":{}}}");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct answer answer = {0};
		struct sim_fault fault = cases[i].fault;
		fault.path = "/apis/apps/v1/namespaces/n/deployments/web";
		api_fault(s.api, &fault);
		object_read(s.source, OBJECT_DEPLOYMENT, "n", "web", 0, answered, &answer);
		WAIT_FOR(s.loop, answer.called);
		assert_null(answer.text);
		if (!strstr(answer.error, cases[i].words))
			fail_msg("case %zu: %s", i, answer.error);
	}
	struct answer answer = {0};
	object_read(s.source, OBJECT_DEPLOYMENT, "n", "none", 0, answered, &answer);
	WAIT_FOR(s.loop, answer.called);
	assert_non_null(strstr(answer.error, "404: deployments.apps \"none\" not found"));
	/* Cancelled: nothing is heard of it again, and nothing is lost. */
	answer = (struct answer){0};
	object_read_cancel(object_read(s.source, OBJECT_DEPLOYMENT, "n", "web", 0, answered, &answer));
	for (int i = 0; i < 20; i++)
		loop_poll(s.loop, 0);
	assert_int_equal(answer.called, 0);
	sourced_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets_are_masked), cmocka_unit_test(test_trouble_is_put_into_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
