/* SPDX-License-Identifier: MIT */
/* Alerts and silences: decoding, whom they are about, what holds them back, what a silence matches. */
#include "unit/model/build.h"

#include "model/alert.h"
#include "model/sheet.h"
#include "prom/alerts.h"

static const char rules[] = "{\"status\":\"success\",\"data\":{\"alerts\":["
	"{\"labels\":{\"alertname\":\"High\",\"namespace\":\"pay\",\"pod\":\"api-1-a\",\"severity\":\"critical\"},"
	"\"annotations\":{\"summary\":\"much\\u001b[2Jtoo much\"},\"state\":\"firing\",\"activeAt\":\"2023-11-14T22:00:00Z\","
	"\"value\":\"1.5e+00\"},"
	"{\"labels\":{\"alertname\":\"Slow\",\"namespace\":\"pay\",\"deployment\":\"web\"},\"annotations\":{},\"state\":\"pending\","
	"\"activeAt\":\"2023-11-14T22:10:00Z\",\"value\":\"NaN\"},"
	"{\"labels\":{\"alertname\":\"Lost\",\"namespace\":\"nowhere\"},\"annotations\":{},\"state\":\"firing\"}]}}";
static const char held[] = "[{\"labels\":{\"alertname\":\"Lost\",\"namespace\":\"nowhere\",\"prometheus\":\"eu\"},"
	"\"status\":{\"state\":\"suppressed\",\"silencedBy\":[\"s-1\"],\"inhibitedBy\":[]}},"
	"{\"labels\":{\"alertname\":\"High\",\"namespace\":\"pay\",\"pod\":\"api-1-a\",\"severity\":\"critical\"},"
	"\"generatorURL\":\"javascript:alert(1)\",\"status\":{\"state\":\"active\",\"silencedBy\":[],\"inhibitedBy\":[]}},"
	"{\"labels\":{\"alertname\":\"Watchdog\"},\"startsAt\":\"2023-11-14T20:00:00Z\",\"status\":{\"inhibitedBy\":[\"x\"]}}]";

struct world {
	struct clock_fixed clock;
	struct fleet *fleet;
	struct cluster *cluster;
};

static int setup(void **state)
{
	struct world *world = mem_new(sizeof(*world));
	clock_fixed_init(&world->clock, NOW);
	world->fleet = fleet_new(&world->clock.clock);
	world->cluster = fleet_add_cluster(world->fleet, "eu", "", "", 0);
	put(world->cluster, make_workload(world->cluster, OBJECT_DEPLOYMENT, "pay", "api", "u1", 1));
	put(world->cluster, make_workload(world->cluster, OBJECT_DEPLOYMENT, "pay", "web", "u2", 1));
	put(world->cluster, make_replicaset(world->cluster, "pay", "api-1", "r1", "u1"));
	put(world->cluster, make_pod(world->cluster, "pay", "api-1-a", "p1", "r1", REASON_NONE));
	make_live(world->cluster);
	fleet_settle(world->fleet);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;
	fleet_free(world->fleet);
	free(world);
	return 0;
}

static void read_both(struct world *world)
{
	struct vec alerts;
	struct err err;
	vec_init(&alerts);
	assert_int_equal(alerts_decode(&alerts, rules, strlen(rules), &err), 0);
	assert_int_equal(alerts_decode_held(&alerts, held, strlen(held), &err), 0);
	cluster_set_alerts(world->cluster, &alerts);
}

static void test_alerts_find_their_service(void **state)
{
	struct world *world = *state;
	const struct service *api, *web;
	read_both(world);
	api = map_get(&world->fleet->by_key, "eu/pay/api");
	web = map_get(&world->fleet->by_key, "eu/pay/web");
	assert_int_equal(api->alerts_firing, 1);
	assert_int_equal(web->alerts_pending, 1);
	/* What is silenced or inhibited does not count. */
	assert_int_equal(world->cluster->alerts.firing, 1);
	assert_int_equal(world->cluster->alerts.pending, 1);
	assert_int_equal(world->cluster->alerts.alerts.len, 4);
	const struct alert *high = world->cluster->alerts.alerts.items[0];
	assert_string_equal(high->summary, "much[2Jtoo much");
	assert_string_equal(high->url, ""); /* no web address */
	assert_true(high->value == 1.5);
}

static void test_the_list_is_ordered_and_named(void **state)
{
	struct world *world = *state;
	static const char *const wanted[] = {"firing", "pending", "inhibited", "silenced"};
	struct sheet_row *rows;
	read_both(world);
	size_t count = alerts_sheet.run(world->fleet, NULL, &rows);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < 2; i++) {
		char room[32];
		struct text text = text_in(room, sizeof(room));
		alerts_sheet.columns[1].format(&rows[i], NOW, &text);
		assert_string_equal(room, wanted[i]);
	}
	free(rows);
}

static void test_the_timeline_tells_beginning_and_end(void **state)
{
	struct world *world = *state;
	struct vec none;
	size_t before;
	vec_init(&none);
	cluster_set_alerts(world->cluster, &none);
	before = world->fleet->timeline.len;
	read_both(world);
	assert_int_equal(world->fleet->timeline.len, before + 1);
	assert_string_equal(timeline_at(&world->fleet->timeline, 0)->subject, "api/eu");
	vec_init(&none);
	cluster_set_alerts(world->cluster, &none);
	assert_int_equal(strncmp(timeline_at(&world->fleet->timeline, 0)->text, "alert over", 10), 0);
}

static void test_what_is_no_list(void **state)
{
	static const char *const broken[] = {"", "[", "{}", "\"x\"", "{\"data\":{}}", "null"};
	struct vec items;
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct err err = {.text = ""};
		vec_init(&items);
		assert_int_equal(alerts_decode(&items, broken[i], strlen(broken[i]), &err), -1);
		assert_true(err.text[0] != 0);
		assert_int_equal(alerts_decode_held(&items, broken[i], strlen(broken[i]), &err), -1);
		assert_int_equal(silences_decode(&items, broken[i], strlen(broken[i]), &err), -1);
		assert_int_equal(items.len, 0);
	}
}

static void test_matchers(void **state)
{
	struct world *world = *state;
	static const struct {
		const char *text;
		int parses, matches;
	} table[] = {{"alertname=High", 1, 1}, {"alertname=\"High\"", 1, 1}, {"alertname!=High", 1, 0}, {"alertname=~Hi.*", 1, 1},
		{"alertname=~Hi", 1, 0}, {"pod!~web.*", 1, 1}, {"absent=", 1, 1}, {"alertname", 0, 0}, {"=x", 0, 0}, {"1a=x", 0, 0},
		{"a=~(", 0, 0}, {"a!x", 0, 0}};
	read_both(world);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct silence silence = {.matcher_count = 1};
		int parses = matcher_parse(table[i].text, &silence.matchers[0]) == 0;
		if (parses != table[i].parses)
			fail_msg("%s", table[i].text);
		if (parses && silence_matches(&silence, world->cluster->alerts.alerts.items[0]) != table[i].matches)
			fail_msg("%s matches wrongly", table[i].text);
	}
}

static void test_a_silence_goes_out_and_comes_back(void **state)
{
	struct silence silence = {.start_ms = NOW, .end_ms = NOW + 3600000, .author = "ann", .comment = "a \"quote\""};
	struct buf body;
	struct vec back;
	struct err err;
	char id[40];
	(void)state;
	assert_int_equal(matcher_parse("alertname=~High|Low", &silence.matchers[silence.matcher_count++]), 0);
	buf_init(&body, 4096);
	assert_int_equal(buf_add_string(&body, "["), 0);
	assert_int_equal(silence_encode(&body, &silence), 0);
	assert_int_equal(buf_add_string(&body, "]"), 0);
	vec_init(&back);
	assert_int_equal(silences_decode(&back, body.data, body.len, &err), 0);
	const struct silence *first = back.items[0];
	assert_string_equal(first->comment, silence.comment);
	assert_int_equal(first->end_ms, silence.end_ms);
	assert_memory_equal(first->matchers, silence.matchers, sizeof(silence.matchers[0]));
	alerts_free(&back);
	buf_release(&body);
	silence_id_decode("{\"silenceID\":\"abc\"}", 19, id);
	assert_string_equal(id, "abc");
	silence_id_decode("[]", 2, id);
	assert_string_equal(id, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_alerts_find_their_service, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_list_is_ordered_and_named, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_timeline_tells_beginning_and_end, setup, teardown),
		cmocka_unit_test(test_what_is_no_list),
		cmocka_unit_test_setup_teardown(test_matchers, setup, teardown),
		cmocka_unit_test(test_a_silence_goes_out_and_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
