/* SPDX-License-Identifier: MIT */
/* Logs and events that are followed while somebody looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "kube/events.h"
#include "kube/logs.h"
#include "unit/kube/sourced.h"

static void put_pod(struct sourced *s, const char *name)
{
	char *text = mem_printf("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\","
	                        "\"namespace\":\"n\"},\"spec\":{\"containers\":["
	                        "{\"name\":\"a\"},{\"name\":\"b\"}]}}", name);
	sourced_put(s, text);
	free(text);
}

static void count_change(void *arg)
{
	++*(int *)arg;
}

/* "p/a:one|p/b:two" of the ring. */
static int ring_is(const struct logring *ring, const char *expected)
{
	char text[4096];
	size_t len = 0;
	text[0] = '\0';
	for (size_t i = 0; i < logring_count(ring); i++) {
		const struct logring_line *line = logring_at(ring, i);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s:%s", i ? "|" : "",
		                        logring_source_name(ring, line->source), line->text);
		if (len >= sizeof(text))
			return 0;
	}
	return strcmp(text, expected) == 0;
}

static void test_follows_from_the_tail(void **state)
{
	struct sourced s;
	struct logring *ring = logring_new();
	int changes = 0;
	const struct logs_target targets[] = {{"n", "p", "a"}, {"n", "q", "b"}};
	char words[200];

	(void)state;
	sourced_start(&s, &(struct api_options){0});
	put_pod(&s, "p");
	put_pod(&s, "q");
	api_log(s.api, "n", "p", "a", 0, "zero");
	api_log(s.api, "n", "p", "a", 0, "one");
	api_log(s.api, "n", "p", "a", 0, "two \x1b[31mred\x1b[0m \xff \x07");
	struct logs *logs = logs_follow(s.source, &(struct logs_options){.targets = targets,
	                                                                 .count = 1,
	                                                                 .tail = 2,
	                                                                 .ring = ring,
	                                                                 .changed = count_change,
	                                                                 .arg = &changes});
	WAIT_FOR(s.loop, ring_is(ring, "p/a:one|p/a:two red \xef\xbf\xbd "));
	assert_true(logring_at(ring, 0)->at_ms > 1700000000000);
	api_log(s.api, "n", "p", "a", 0, "three");
	WAIT_FOR(s.loop, logring_count(ring) == 3);
	/* Another target beside it: what is followed goes on, without its tail again. */
	api_log(s.api, "n", "q", "b", 0, "other");
	logs_retarget(logs, targets, 2);
	WAIT_FOR(s.loop, logring_count(ring) == 4);
	api_log(s.api, "n", "p", "a", 0, "four");
	WAIT_FOR(s.loop, logring_count(ring) == 5);
	assert_true(ring_is(ring, "p/a:one|p/a:two red \xef\xbf\xbd |p/a:three|q/b:other|p/a:four"));
	assert_int_equal(api_requests(s.api, "/api/v1/namespaces/n/pods/p/log", ""), 1);
	logs_describe(logs, words, sizeof(words));
	assert_string_equal(words, "2 containers");
	logs_retarget(logs, targets, 0);
	logs_free(logs);
	assert_true(changes > 0);
	sourced_end(&s);
	logring_free(ring);
}

/* The stream breaks and is taken up again: no line is lost, none comes twice. */
static void test_goes_on_after_a_break(void **state)
{
	static const struct sim_fault breaks[] = {{.kind = FAULT_CUT, .number = 130},
	                                          {.kind = FAULT_RESET, .number = 130},
	                                          {.kind = FAULT_CUT_CHUNK, .number = 130},
	                                          {.kind = FAULT_STATUS, .number = 500, .seconds = -1}};
	const struct logs_target target = {"n", "p", "a"};

	(void)state;
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		struct sourced s;
		struct logring *ring = logring_new();
		struct sim_fault fault = breaks[i];
		int changes = 0, seen[10] = {0};
		sourced_start(&s, &(struct api_options){0});
		put_pod(&s, "p");
		fault.path = "/api/v1/namespaces/n/pods/p/log";
		int rule = api_fault(s.api, &fault);
		for (int n = 0; n < 5; n++) {
			char line[40];
			/* Stamps differ by a millisecond at least. */
			int64_t now = clock_system.wall(&clock_system);
			while (clock_system.wall(&clock_system) == now)
				;
			snprintf(line, sizeof(line), "line %d", n);
			api_log(s.api, "n", "p", "a", 0, line);
		}
		struct logs *logs = logs_follow(s.source, &(struct logs_options){.targets = &target,
		                                                                 .count = 1,
		                                                                 .tail = 100,
		                                                                 .ring = ring,
		                                                                 .changed = count_change,
		                                                                 .arg = &changes});
		WAIT_FOR(s.loop, api_fault_hits(s.api, rule) == 1 && logring_count(ring) >= 5);
		for (int n = 5; n < 8; n++) {
			char line[40];
			snprintf(line, sizeof(line), "line %d", n);
			api_log(s.api, "n", "p", "a", 0, line);
		}
		WAIT_FOR(s.loop, logring_count(ring) >= 8);
		for (size_t n = 0; n < logring_count(ring); n++) {
			int number;
			if (sscanf(logring_at(ring, n)->text, "line %d", &number) == 1 && number >= 0 && number < 10)
				seen[number]++;
		}
		for (int n = 0; n < 8; n++)
			assert_int_equal(seen[n], 1);
		logs_free(logs);
		sourced_end(&s);
		logring_free(ring);
	}
}

static void test_previous_and_missing(void **state)
{
	struct sourced s;
	struct logring *ring = logring_new();
	int changes = 0;
	const struct logs_target targets[] = {{"n", "p", "a"}, {"n", "gone", "a"}, {"n", "p", "none"}};
	char words[300];

	(void)state;
	sourced_start(&s, &(struct api_options){0});
	put_pod(&s, "p");
	api_log(s.api, "n", "p", "a", 1, "before the crash");
	struct logs *logs = logs_follow(s.source, &(struct logs_options){.targets = targets,
	                                                                 .count = 1,
	                                                                 .tail = 10,
	                                                                 .previous = 1,
	                                                                 .ring = ring,
	                                                                 .changed = count_change,
	                                                                 .arg = &changes});
	WAIT_FOR(s.loop, ring_is(ring, "p/a:before the crash"));
	logs_free(logs);
	logring_clear(ring);
	logs = logs_follow(s.source, &(struct logs_options){.targets = targets + 1,
	                                                    .count = 2,
	                                                    .tail = 10,
	                                                    .ring = ring,
	                                                    .changed = count_change,
	                                                    .arg = &changes});
	WAIT_FOR(s.loop, logring_count(ring) == 2);
	logs_describe(logs, words, sizeof(words));
	assert_non_null(strstr(words, "2 containers, 2 failed: 40"));
	assert_non_null(strstr(logring_at(ring, 0)->text, logring_at(ring, 0)->source == 1 ? "not "
		"found" : "not"));
	logs_free(logs);
	sourced_end(&s);
	logring_free(ring);
}

static void test_only_so_many_at_once(void **state)
{
	struct sourced s;
	struct logring *ring = logring_new();
	struct logs_target targets[LOGS_MAX + 10];
	char names[LOGS_MAX + 10][16], words[200];
	int changes = 0;

	(void)state;
	sourced_start(&s, &(struct api_options){0});
	for (size_t i = 0; i < LOGS_MAX + 10; i++) {
		snprintf(names[i], sizeof(names[i]), "p%zu", i);
		put_pod(&s, names[i]);
		api_log(s.api, "n", names[i], "a", 0, "x");
		targets[i] = (struct logs_target){"n", names[i], "a"};
	}
	struct logs *logs = logs_follow(s.source, &(struct logs_options){.targets = targets,
	                                                                 .count = LOGS_MAX + 10,
	                                                                 .tail = 10,
	                                                                 .ring = ring,
	                                                                 .changed = count_change,
	                                                                 .arg = &changes});
	WAIT_FOR(s.loop, logring_count(ring) == LOGS_MAX);
	logs_describe(logs, words, sizeof(words));
	assert_string_equal(words, "50 of 60 containers");
	logs_free(logs);
	sourced_end(&s);
	logring_free(ring);
}

static void test_a_line_without_end(void **state)
{
	struct sourced s;
	struct logring *ring = logring_new();
	int changes = 0;
	const struct logs_target target = {"n", "p", "a"};
	char *fill = mem_new(2000001);

	(void)state;
	sourced_start(&s, &(struct api_options){0});
	put_pod(&s, "p");
	memset(fill, 'x', 2000000);
	api_log(s.api, "n", "p", "a", 0, fill);
	api_log(s.api, "n", "p", "a", 0, "after it");
	struct logs *logs = logs_follow(s.source, &(struct logs_options){.targets = &target,
	                                                                 .count = 1,
	                                                                 .tail = 10,
	                                                                 .ring = ring,
	                                                                 .changed = count_change,
	                                                                 .arg = &changes});
	WAIT_FOR(s.loop, logring_count(ring) == 2);
	assert_true(strlen(logring_at(ring, 0)->text) <= LOGRING_LINE);
	assert_string_equal(logring_at(ring, 1)->text, "after it");
	logs_free(logs);
	sourced_end(&s);
	logring_free(ring);
	free(fill);
}

static int about_web(void *arg, const char *kind, const char *name, const char *uid)
{
	(void)arg, (void)uid;
	return strcmp(kind, "Pod") == 0 && strncmp(name, "web", 3) == 0;
}

static void put_event(struct sourced *s, const char *name, const char *about, const char *type, int count,
                      int second)
{
	char *text = mem_printf("{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"%s\","
	                        "\"namespace\":\"n\"},\"involvedObject\":{"
	                        "\"kind\":\"Pod\",\"name\":\"%s\"},\"type\":\"%s\",\"reason\":\"R\","
	                        "\"message\":\"m\\u001b[31m\",\"count\":%d,"
	                        "\"lastTimestamp\":\"2024-01-01T00:00:%02dZ\"}",
	                        name, about, type, count, second);
	sourced_put(s, text);
	free(text);
}

static void test_events_of_what_is_open(void **state)
{
	struct sourced s;
	struct eventlog log;
	int changes = 0;
	struct err err = {0};

	(void)state;
	sourced_start(&s, &(struct api_options){0});
	eventlog_init(&log);
	put_event(&s, "a", "web-1", "Normal", 1, 1);
	put_event(&s, "b", "db-1", "Normal", 1, 2);
	struct events *events = events_follow(
	    s.source,
	    &(struct events_options){
	        .namespace = "n", .wanted = about_web, .log = &log, .changed = count_change, .arg = &changes});
	WAIT_FOR(s.loop, log.len == 1);
	put_event(&s, "c", "web-2", "Warning", 1, 3);
	put_event(&s, "a", "web-1", "Normal", 7, 4);
	WAIT_FOR(s.loop, log.len == 2 && log.entries[0].count == 7);
	assert_true(log.entries[1].warning);
	assert_string_equal(log.entries[0].about, "Pod/web-1");
	assert_null(strchr(log.entries[0].message, '\033'));
	assert_int_equal(api_delete(s.api, "events", "n", "a", &err), 0);
	WAIT_FOR(s.loop, log.len == 1);
	/* The stream ends and is opened again; entries are not doubled. */
	api_disturb(s.api, "events", &(struct sim_fault){.kind = FAULT_RESET});
	WAIT_FOR(s.loop, events_trouble(events)[0] != '\0');
	put_event(&s, "d", "web-3", "Normal", 1, 5);
	WAIT_FOR(s.loop, log.len == 2);
	assert_string_equal(events_trouble(events), "");
	events_free(events);
	eventlog_release(&log);
	sourced_end(&s);
}

/* The source as a whole: all kinds, a refresh, and its end in the middle of things. */
static void test_a_source_fills_the_model(void **state)
{
	struct sourced s;

	(void)state;
	sourced_start(&s, &(struct api_options){0});
	api_fill(s.api, 12, 4);
	source_start(s.source);
	WAIT_FOR(s.loop, s.cluster->objects[OBJECT_POD].len == 48 && cluster_is_true(s.cluster));
	fleet_settle(s.fleet);
	assert_int_equal(s.fleet->services.len, 12);
	const struct service *service = fleet_find(s.fleet, "test", "payments", "payments-api");
	assert_non_null(service);
	assert_int_equal(service->pods_ready, 4);
	assert_int_equal(service->health, HEALTH_OK);
	source_refresh(s.source);
	loop_poll(s.loop, 1);
	assert_int_equal(s.cluster->objects[OBJECT_POD].len, 48);
	sourced_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_follows_from_the_tail), cmocka_unit_test(test_goes_on_after_a_break),
		cmocka_unit_test(test_previous_and_missing), cmocka_unit_test(test_only_so_many_at_once),
		cmocka_unit_test(test_a_line_without_end), cmocka_unit_test(test_events_of_what_is_open),
		cmocka_unit_test(test_a_source_fills_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
