/* SPDX-License-Identifier: MIT */
/* The source against a server that answers as it is told: presets, rounds, and everything that goes wrong. */
#include "unit/model/build.h"

#include <math.h>

#include "net/server.h"
#include "prom/range.h"
#include "prom/slo.h"
#include "prom/source.h"

/* How the double answers. */
enum mood { FINE, DEAD, SLOW, LYING, CUT, WRONG, PARTIAL, ODD, HUGE_ANSWER, DENIED };

struct world {
	struct loop *loop;
	struct http *http;
	struct server *server;
	struct fleet *fleet;
	struct cluster *cluster;
	struct prom_source *source;
	struct prom_config config;
	char url[64];
	enum mood mood;
	int64_t skew_ms;
	const char *probe_row; /* what the probe finds: "istio_requests_total" in the expression's row */
	size_t asked, concurrent, most;
	char last_query[8192], last_headers[2048];
	char seen[16384];      /* every expression, a line each */
	double patience;
	const struct slo_rule *slos;
	size_t slo_count;
};

static void answer(struct server_call *call, const char *body)
{
	call_reply(call, 200, "application/json", NULL, body, strlen(body));
}

static int64_t now_of(const struct world *world)
{
	return clock_system.wall(&clock_system) + world->skew_ms;
}

/* The number that the probe gives the row whose selector holds the text. */
static int probe_number(const char *expr, const char *selector)
{
	const char *at = strstr(expr, selector), *row = at ? strstr(at, "\"preset\", \"") : NULL;
	return row ? atoi(row + 11) : -1;
}

static void answer_probe(struct world *world, struct server_call *call, const char *expr)
{
	char body[1024];
	int rows[] = {probe_number(expr, "istio_requests_total"), probe_number(expr, "container_cpu_usage_seconds_total{")};
	int len = snprintf(body, sizeof(body), "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[");
	for (int i = 0; i < 2; i++)
		len += snprintf(body + len, sizeof(body) - (size_t)len, "%s{\"metric\":{\"preset\":\"%d\"},\"value\":[%.3f,\"5\"]}", i ? "," : "",
		                rows[i], (double)now_of(world) / 1000);
	snprintf(body + len, sizeof(body) - (size_t)len, "]}}");
	answer(call, body);
}

static void answer_huge(struct server_call *call)
{
	char row[160];
	call_begin(call, 200, "application/json", NULL);
	static const char head[] = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[";
	call_write(call, head, strlen(head));
	for (int i = 0; i < 100000; i++) {
		int len = snprintf(row, sizeof(row), "%s{\"metric\":{\"destination_service_namespace\":\"x\","
		                   "\"destination_service_name\":\"s%d\"},\"value\":[1,\"1\"]}", i ? "," : "", i);
		call_write(call, row, (size_t)len);
	}
	call_write(call, "]}}", 3);
	call_end(call);
}

static void answer_rows(struct world *world, struct server_call *call, const char *expr)
{
	const char *value = strstr(expr, "or 0 *") ? "2.5" : strstr(expr, "0.5,") ? "20" : strstr(expr, "0.99") ? "180" : "100";
	char body[1024];
	if (world->mood == ODD)
		value = strstr(expr, "or 0 *") ? "NaN" : strstr(expr, "0.99") ? "+Inf" : "100";
	int by_pod = strstr(expr, "namespace, pod") != NULL;
	snprintf(body, sizeof(body),
	         "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"%s\":\"pay\",\"%s\":\"%s\"},"
	         "\"value\":[%.3f,\"%s\"]},{\"metric\":{},\"value\":[1,\"7\"]}]}%s}",
	         by_pod ? "namespace" : "destination_service_namespace", by_pod ? "pod" : "destination_service_name",
	         by_pod ? "api-1-a" : "api", (double)now_of(world) / 1000, value,
	         world->mood == PARTIAL ? ",\"warnings\":[\"store eu-2 is down\"]" : "");
	answer(call, body);
}

static const char refusal[] =
	"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error: \\u001b[31munexpected\"}";

static void handle(void *arg, struct server_call *call, const struct server_request *request)
{
	struct world *world = arg;
	world->asked++;
	if (!server_query(request, "query", world->last_query, sizeof(world->last_query)))
		world->last_query[0] = '\0';
	snprintf(world->last_headers, sizeof(world->last_headers), "%s", request->headers);
	size_t len = strlen(world->seen);
	snprintf(world->seen + len, sizeof(world->seen) - len, "%s\n", world->last_query);
	int probe = strncmp(world->last_query, "label_replace", 13) == 0;
	if (strcmp(request->path, "/prefix/api/v1/alerts") == 0)
		answer(call, "{\"status\":\"success\",\"data\":{\"alerts\":[]}}");
	else if (probe)
		answer_probe(world, call, world->last_query);
	else if (world->mood == SLOW)
		call_freeze(call);
	else if (world->mood == LYING)
		answer(call, "<html>Sign in</html>");
	else if (world->mood == WRONG)
		call_reply(call, 400, "application/json", NULL, refusal, strlen(refusal));
	else if (world->mood == DENIED)
		call_reply(call, 403, "text/plain", NULL, "no", 2);
	else if (world->mood == CUT) {
		call_begin(call, 200, "application/json", NULL);
		call_write(call, "{\"status\":\"success\",\"data\":{\"res", 32);
		call_cut(call);
	} else if (world->mood == HUGE_ANSWER)
		answer_huge(call);
	else
		answer_rows(world, call, world->last_query);
}

static void changed(void *arg)
{
	(void)arg;
}

static int setup(void **state)
{
	struct world *world = mem_new(sizeof(*world));
	struct err err;
	assert_non_null(world->loop = loop_new(&err));
	assert_non_null(world->http = http_new(world->loop, &err));
	const struct server_options options = {.handle = handle, .arg = world};
	assert_non_null(world->server = server_new(world->loop, &options, &err));
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%d/prefix", server_port(world->server));
	world->fleet = fleet_new(&clock_system);
	world->cluster = fleet_add_cluster(world->fleet, "eu", "", "", 0);
	put(world->cluster, make_workload(world->cluster, OBJECT_DEPLOYMENT, "pay", "api", "u1", 1));
	put(world->cluster, make_replicaset(world->cluster, "pay", "api-1", "r1", "u1"));
	put(world->cluster, make_pod(world->cluster, "pay", "api-1-a", "p1", "r1", REASON_NONE));
	make_live(world->cluster);
	fleet_settle(world->fleet);
	world->config = (struct prom_config){.access = {.url = world->url}, .interval = 0.02, .window = "2m"};
	world->config.alertmanager.url = world->url;
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;
	prom_source_free(world->source);
	server_free(world->server);
	http_free(world->http);
	fleet_free(world->fleet);
	loop_free(world->loop);
	free(world);
	return 0;
}

static void start(struct world *world)
{
	const struct prom_source_options options = {.loop = world->loop, .http = world->http, .clock = &clock_system,
	                                            .cluster = world->cluster, .config = &world->config,
	                                            .patience = world->patience, .slos = world->slos,
	                                            .slo_count = world->slo_count, .changed = changed};
	world->source = prom_source_new(&options);
	prom_source_start(world->source);
}

static void until(struct world *world, enum metering state)
{
	for (int i = 0; i < 200000 && world->cluster->metrics.state != state; i++)
		loop_poll(world->loop, 1);
	if (world->cluster->metrics.state != state)
		fail_msg("it is %s: %s", metering_words[world->cluster->metrics.state], world->cluster->metrics.words);
}

static const struct service *api(const struct world *world)
{
	return map_get(&world->fleet->by_key, "eu/pay/api");
}

static void test_rounds_fill_the_service(void **state)
{
	struct world *world = *state;
	world->config.match = "cluster=\"eu\"";
	world->config.access.org_id = "team-a";
	start(world);
	until(world, METERING_LIVE);
	assert_true(service_metric_or(api(world), METRIC_RPS, NAN) == 100);
	assert_true(service_metric_or(api(world), METRIC_ERROR_RATIO, NAN) == 0.025);
	assert_true(service_metric_or(api(world), METRIC_P50, NAN) == 20);
	assert_true(service_metric_or(api(world), METRIC_P99, NAN) == 180);
	assert_true(service_metric_or(api(world), METRIC_CPU, NAN) == 100);
	assert_null(service_metric(api(world), METRIC_CPU_REQUEST)); /* the probe found none */
	assert_string_equal(world->cluster->metrics.preset, "istio");
	/* One grouped query a metric, for this cluster's series, in the configured window. */
	assert_non_null(strstr(world->seen, "sum by (destination_service_namespace, destination_service_name) (rate("
	                       "istio_requests_total{cluster=\"eu\",reporter=\"destination\"}[2m]))\n"));
	assert_non_null(strstr(world->last_headers, "X-Scope-OrgID: team-a"));
	assert_true(prom_source_queries(world->source) <= 10);
}

static void test_bad_answers_are_told(void **state)
{
	static const struct {
		enum mood mood;
		const char *words;
	} rows[] = {
		{LYING, "no answer of a Prometheus"}, {CUT, ""}, {WRONG, "parse error: [31munexpected"}, {DENIED, "does not let us in (403"},
	};
	struct world *world = *state;
	start(world);
	until(world, METERING_LIVE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world->mood = rows[i].mood;
		until(world, METERING_STALE);
		if (!strstr(world->cluster->metrics.words, rows[i].words))
			fail_msg("'%s' is not in '%s'", rows[i].words, world->cluster->metrics.words);
		assert_true(strchr(world->cluster->metrics.words, '\033') == NULL);
		/* The value stands, and is marked as old. */
		assert_true(service_metric_or(api(world), METRIC_RPS, NAN) == 100);
		assert_true(service_metric_is_old(api(world), METRIC_RPS));
		world->mood = FINE;
		until(world, METERING_LIVE);
		assert_false(service_metric_is_old(api(world), METRIC_RPS));
	}
}

static void test_a_dead_server_and_its_return(void **state)
{
	struct world *world = *state;
	struct err err;
	start(world);
	until(world, METERING_LIVE);
	assert_int_equal(server_set_listening(world->server, 0, &err), 0);
	until(world, METERING_STALE);
	assert_non_null(strstr(world->cluster->metrics.words, "refused"));
	assert_int_equal(server_set_listening(world->server, 1, &err), 0);
	until(world, METERING_LIVE);
}

/* An answer that never ends: the values grow old, and the server is asked again. */
static void test_a_slow_server(void **state)
{
	struct world *world = *state;
	world->patience = 0.2;
	start(world);
	until(world, METERING_LIVE);
	world->mood = SLOW;
	until(world, METERING_STALE);
	assert_non_null(strstr(world->cluster->metrics.words, "gave no whole answer within"));
	world->mood = FINE;
	until(world, METERING_LIVE);
}

static void test_warnings_are_partial(void **state)
{
	struct world *world = *state;
	world->mood = PARTIAL;
	start(world);
	until(world, METERING_PARTIAL);
	assert_non_null(strstr(world->cluster->metrics.words, "store eu-2 is down"));
	assert_true(service_metric_or(api(world), METRIC_RPS, NAN) == 100);
	assert_false(service_metric_is_old(api(world), METRIC_RPS));
}

static void test_odd_numbers(void **state)
{
	struct world *world = *state;
	world->mood = ODD;
	start(world);
	until(world, METERING_LIVE);
	assert_true(isnan(service_metric(api(world), METRIC_ERROR_RATIO)->value));
	assert_true(isinf(service_metric(api(world), METRIC_P99)->value));
	assert_true(world->cluster->metrics.rps == 100);
}

/* A server whose clock is two hours ahead is asked for its own now. */
static void test_a_clock_that_differs(void **state)
{
	struct world *world = *state;
	world->skew_ms = 7200000;
	start(world);
	until(world, METERING_LIVE);
	assert_true(llabs(world->cluster->metrics.skew_ms - 7200000) < 5000);
	assert_true(llabs(service_metric(api(world), METRIC_RPS)->at_ms - now_of(world)) < 60000);
}

/* 100,000 series that are nobody's: passed over, in the memory of one. */
static void test_a_huge_answer(void **state)
{
	struct world *world = *state;
	world->mood = HUGE_ANSWER;
	start(world);
	until(world, METERING_LIVE);
	assert_null(service_metric(api(world), METRIC_RPS));
	assert_true(http_received(world->http) > 5000000);
}

static void test_nothing_is_asked_while_paused(void **state)
{
	struct world *world = *state;
	start(world);
	until(world, METERING_LIVE);
	prom_source_pause(world->source, 1);
	for (int i = 0; i < 50; i++)
		loop_poll(world->loop, 0);
	size_t asked = prom_source_queries(world->source);
	for (int i = 0; i < 3000; i++)
		loop_poll(world->loop, 0);
	assert_true(prom_source_queries(world->source) <= asked + METRICS);
	asked = prom_source_queries(world->source);
	prom_source_pause(world->source, 0);
	for (int i = 0; i < 200000 && prom_source_queries(world->source) == asked; i++)
		loop_poll(world->loop, 1);
	assert_true(prom_source_queries(world->source) > asked);
}

static void test_an_unknown_preset_says_so(void **state)
{
	struct world *world = *state;
	world->config.preset = "linkerd";
	start(world);
	until(world, METERING_FAILED);
	assert_non_null(strstr(world->cluster->metrics.words, "no series of the preset linkerd"));
	assert_true(prom_source_settled(world->source));
}

struct read {
	int over, failed;
	size_t count, points;
	double first;
};

static void read_over(void *arg, struct series_set *set, const struct prom_result *result)
{
	struct read *read = arg;
	read->over = 1;
	read->failed = result->failed;
	read->count = set->count;
	read->points = set->points;
	read->first = set->count ? set->items[0].values[0] : NAN;
}

/* Ranges are aligned, and never more than 11,000 points. */
static void test_ranges(void **state)
{
	struct world *world = *state;
	struct read read = {0};
	start(world);
	until(world, METERING_LIVE);
	const struct range_request request = {.expr = "rate(x[5m])", .start_ms = 1000, .end_ms = 1000 + 20000 * 1000, .step_ms = 1000,
	                                      .done = read_over, .arg = &read};
	range_read(prom_source_client(world->source), &request);
	while (!read.over)
		loop_poll(world->loop, 1);
	assert_false(read.failed);
	assert_int_equal(read.points, SERIES_POINTS);
}

/* Objectives: one query a window, names in the selector, budget and burn rates by the book. */
static void test_objectives(void **state)
{
	struct world *world = *state;
	const struct slo_rule rules[] = {{"api", "pay", 0.9, 3600000, "1h"}, {"web.x", NULL, 0.99, 86400000, "1d"}};
	const struct preset_scope scope = {"", "1h"};
	struct buf expr;
	buf_init(&expr, 4096);
	assert_int_equal(slo_query(rules, 2, NULL, &presets[0], &scope, &expr), 0);
	assert_non_null(strstr(expr.data, "destination_service_name=~\"(api|web\\\\.x)(-primary|-canary)?\""));
	buf_clear(&expr);
	assert_int_equal(slo_query(rules, 2, "1h", &presets[0], &scope, &expr), 0);
	assert_null(strstr(expr.data, "web"));
	buf_release(&expr);
	world->slos = rules;
	world->slo_count = 2;
	start(world);
	while (!prom_source_settled(world->source))
		loop_poll(world->loop, 1);
	/* The double answers 2.5 to every ratio of errors and requests: a burn of 25, and nothing left. */
	assert_true(fabs(slo_burn(api(world)) - 25) < 1e-9);
	assert_true(fabs(slo_budget(api(world)) + 24) < 1e-9);
	assert_int_equal(slo_urgency(api(world)), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(rounds_fill_the_service), TEST(bad_answers_are_told), TEST(a_dead_server_and_its_return), TEST(a_slow_server), TEST(warnings_are_partial),
		TEST(odd_numbers), TEST(a_clock_that_differs), TEST(a_huge_answer), TEST(nothing_is_asked_while_paused),
		TEST(an_unknown_preset_says_so), TEST(ranges), TEST(objectives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
