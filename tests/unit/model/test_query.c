/* SPDX-License-Identifier: MIT */
/* Filters, columns, sorting and the rows as JSON. */
#include "unit/model/build.h"

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/json.h"
#include "model/column.h"
#include "model/query.h"
#include "model/service_json.h"

struct rig {
	struct clock_fixed clock;
	struct fleet *fleet;
	struct cluster *eu, *us;
};

static void add_label(struct rig *rig, struct workload *w, const char *key, const char *value)
{
	w->labels = mem_resize(w->labels, w->label_count + 1u, sizeof(*w->labels));
	w->labels[w->label_count++] = (struct label){word_of(rig->fleet, key), word_of(rig->fleet, value)};
}

static struct workload *add(struct rig *rig, struct cluster *cluster, const char *namespace, const char *name,
                            int ready, int desired)
{
	struct workload *w = make_workload(cluster, OBJECT_DEPLOYMENT, namespace, name, name, desired);
	w->ready = w->available = ready;
	set_word(rig->fleet, &w->team, namespace);
	add_label(rig, w, "tier", ready == desired ? "web" : "data");
	return w;
}

static void rig_start(struct rig *rig)
{
	clock_fixed_init(&rig->clock, NOW);
	rig->fleet = fleet_new(&rig->clock.clock);
	rig->eu = fleet_add_cluster(rig->fleet, "eu-prod", "prod", "eu-west-1", 1);
	rig->us = fleet_add_cluster(rig->fleet, "us-dev", "dev", "us-east-1", 0);
	make_live(rig->eu);
	make_live(rig->us);
	put(rig->eu, add(rig, rig->eu, "payments", "payments-api", 1, 3));
	put(rig->eu, add(rig, rig->eu, "payments", "ledger", 3, 3));
	put(rig->us, add(rig, rig->us, "checkout", "checkout-web", 0, 9));
	struct workload *w = add(rig, rig->us, "checkout", "search", 2, 2);
	add_label(rig, w, "critical", "");
	set_word(rig->fleet, &w->revision, "10");
	set_word(rig->fleet, &w->images, "registry:5000/team/search@sha256:0123456789abcdef,envoy:1");
	w->object.created_ms = 0;
	put(rig->us, w);
	put(rig->eu, make_pod(rig->eu, "payments", "p", "p", "payments-api", REASON_CRASH_LOOP));
	fleet_settle(rig->fleet);
}

static void run(struct rig *rig, struct query query, const char *filter, char *out, size_t size)
{
	struct vec rows;
	struct text text = text_in(out, size);
	struct err err = {{0}};
	vec_init(&rows);
	query.filter = filter ? filter_parse(filter, &err) : NULL;
	assert_true(!filter || query.filter);
	query_run(&query, rig->fleet, &rows);
	for (size_t i = 0; i < rows.len; i++)
		text_printf(&text, "%s%s", i ? " " : "", ((const struct service *)rows.items[i])->name);
	filter_free(query.filter);
	vec_release(&rows);
}

static void test_filters(void **state)
{
	static const struct {
		const char *filter, *names;
	} cases[] = {
		{"", "checkout-web payments-api ledger search"},
		{"   ", "checkout-web payments-api ledger search"},
		{"PAY", "payments-api ledger"},                 /* ledger: by its namespace */
		{"pay !ledger", "payments-api"},
		{"!pay", "checkout-web search"},
		{"crashloop", "payments-api"},                  /* by its reason */
		{"eu-prod", "payments-api ledger"},
		{"team=payments", "payments-api ledger"},
		{"team=PAYMENTS ready=3/3", "ledger"},
		{"team!=payments", "checkout-web search"},
		{"image~search", "search"},
		{"env=dev region=us-east-1", "checkout-web search"},
		{"health=down", "checkout-web"},
		{"-l tier=web", "ledger search"},
		{"-l tier==web", "ledger search"},
		{"-l tier!=web", "checkout-web payments-api"},
		{"-l critical", "search"},
		{"-l !critical", "checkout-web payments-api ledger"},
		{"-l tier=web,critical", "search"},
		{"-l tier=web pay", "ledger"},
		{"reason~\"1 of 1 pods\"", "payments-api"},
		{"nothing-has-this", ""},
		{"age=", "search"},                             /* absent is empty */
	};
	struct rig rig;
	(void)state;
	rig_start(&rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char names[256];
		print_message("%s\n", cases[i].filter);
		run(&rig, (struct query){0}, cases[i].filter, names, sizeof(names));
		assert_string_equal(names, cases[i].names);
	}
	fleet_free(rig.fleet);
}

static void test_filter_errors_name_the_word(void **state)
{
	static const struct {
		const char *filter, *error;
	} cases[] = {
		{"taem=payments",
		 "filter: \"taem=payments\": there is no column \"taem\"; did you mean \"team\"?"},
		{"pay !", "filter: \"!\": nothing stands behind the !"},
		{"pay -l", "filter: -l needs a label: -l tier=web, -l tier!=web, -l tier or -l !tier"},
		{"reason~\"open", "filter: the quote before \"reason~open\" is not closed"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {{0}};
		assert_null(filter_parse(cases[i].filter, &err));
		assert_string_equal(err.text, cases[i].error);
	}
	char many[1024] = "";
	for (int i = 0; i < 400; i++)
		strcat(many, "a ");
	struct err err = {{0}};
	assert_null(filter_parse(many, &err));
	memset(many, 'x', sizeof(many) - 1);
	assert_null(filter_parse(many, &err));
}

static void test_sorting(void **state)
{
	static const struct {
		const char *column;
		int reverse;
		const char *names;
	} cases[] = {
		{"service", 0, "checkout-web ledger payments-api search"},
		{"service", 1, "search payments-api ledger checkout-web"},
		{"ready", 0, "checkout-web payments-api ledger search"},
		{"desired", 1, "checkout-web ledger payments-api search"},
		{"age", 0, "ledger payments-api checkout-web search"}, /* absent last ... */
		{"age", 1, "ledger payments-api checkout-web search"}, /* ... in either direction */
		{"revision", 0, "ledger payments-api checkout-web search"},
		{"reason", 0, "payments-api checkout-web ledger search"},
	};
	struct rig rig;
	char names[256];
	(void)state;
	rig_start(&rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct query query = {.sort = column_find(cases[i].column), .reverse = cases[i].reverse};
		print_message("%s %d\n", cases[i].column, cases[i].reverse);
		run(&rig, query, NULL, names, sizeof(names));
		assert_string_equal(names, cases[i].names);
	}
	run(&rig, (struct query){.reverse = 1}, NULL, names, sizeof(names));
	assert_string_equal(names, "search ledger payments-api checkout-web");
	run(&rig, (struct query){.cluster = rig.us}, NULL, names, sizeof(names));
	assert_string_equal(names, "checkout-web search");
	fleet_free(rig.fleet);
}

/* What alerts fire about comes before what is merely rolling or well, and after what is down or degraded. */
static void test_alerts_are_trouble(void **state)
{
	struct rig rig;
	char names[256], before[256];
	(void)state;
	rig_start(&rig);
	run(&rig, (struct query){0}, NULL, before, sizeof(before));
	assert_non_null(strstr(before, " search"));
	for (size_t i = 0; i < rig.fleet->services.len; i++) {
		struct service *service = rig.fleet->services.items[i];
		if (strcmp(service->name, "search") == 0)
			service->alerts_pending = 1;
	}
	run(&rig, (struct query){0}, NULL, names, sizeof(names));
	assert_string_equal(names, before);
	for (size_t i = 0; i < rig.fleet->services.len; i++) {
		struct service *service = rig.fleet->services.items[i];
		if (strcmp(service->name, "search") == 0)
			service->alerts_firing = 1;
	}
	run(&rig, (struct query){0}, NULL, names, sizeof(names));
	print_message("%s\n", names);
	assert_string_equal(names, "checkout-web payments-api search ledger");
	fleet_free(rig.fleet);
}

static void test_columns(void **state)
{
	static const struct {
		const char *service, *key, *text;
	} cells[] = {
		{"payments-api", "service", "payments-api"}, {"payments-api", "cluster", "eu-prod"},
		{"payments-api", "env", "prod"}, {"payments-api", "ready", "1/3"}, {"payments-api", "rollout",
		 "1/3"},
		{"payments-api", "health", "degraded"}, {"payments-api", "image", "api:1.0"},
		{"payments-api", "age", "24h"}, {"payments-api", "pods", "1"}, {"payments-api", "warnings",
		 "0"},
		{"payments-api", "restarts", "0"}, {"payments-api", "updated", "3"}, {"payments-api",
		 "revision", "1"},
		{"search", "image", "search@0123456789ab +"}, {"search", "age", ""}, {"search", "rollout",
		 "complete"},
		{"search", "reason", ""}, {"search", "kind", "Deployment"},
	};
	struct rig rig;
	(void)state;
	rig_start(&rig);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		char room[128];
		struct text text = text_in(room, sizeof(room));
		const struct service *service =
		    fleet_find(rig.fleet, "eu-prod", "payments", cells[i].service);
		if (!service)
			service = fleet_find(rig.fleet, "us-dev", "checkout", cells[i].service);
		column_find(cells[i].key)->format(service, &text);
		print_message("%s %s\n", cells[i].service, cells[i].key);
		assert_string_equal(room, cells[i].text);
	}
	for (size_t i = 0; i < column_count; i++) {
		assert_true(strlen(columns[i].help) > 10 && columns[i].title[0] && columns[i].min_width > 0);
		assert_ptr_equal(column_find(columns[i].key), &columns[i]);
		/* What is absent writes nothing, and what writes nothing is absent. */
		for (size_t j = 0; j < rig.fleet->services.len; j++) {
			char room[256];
			struct text text = text_in(room, sizeof(room));
			const struct service *service = rig.fleet->services.items[j];
			columns[i].format(service, &text);
			assert_int_equal(text.len == 0, columns[i].absent && columns[i].absent(service));
			if (columns[i].tone)
				assert_true(columns[i].tone(service) < TONE_TONES);
		}
	}
	assert_null(column_find("nothing"));
	fleet_free(rig.fleet);
}

static void test_rollout_cell(void **state)
{
	static const struct {
		struct rollout rollout;
		int rolling;
		const char *text;
	} cases[] = {
		{{ROLLOUT_PROGRESSING, 8, 10}, 1, "▓▓▓▓░80%"}, {{ROLLOUT_PROGRESSING, 0, 3}, 1, "░░░░░0%"},
		{{ROLLOUT_PROGRESSING, 11, 12}, 0, "11/12"}, {{ROLLOUT_COMPLETE, 3, 3}, 0, "complete"},
		{{ROLLOUT_WAITING, 0, 3}, 1, "waiting"}, {{ROLLOUT_PAUSED, 1, 3}, 0, "paused 1/3"},
		{{ROLLOUT_FAILED, 1, 3}, 0, "failed 1/3"}, {{ROLLOUT_UNKNOWN, 1, 3}, 0, "unknown"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct service service = {.rollout = cases[i].rollout, .rolling = cases[i].rolling != 0};
		char room[64];
		struct text text = text_in(room, sizeof(room));
		column_find("rollout")->format(&service, &text);
		assert_string_equal(room, cases[i].text);
	}
}

/* The order is total and the same whatever rows were left from before, gone services included. */
static void test_order_does_not_depend_on_the_last_run(void **state)
{
	struct rig rig;
	struct vec kept, fresh;
	uint32_t random = 7;
	(void)state;
	rig_start(&rig);
	vec_init(&kept);
	for (int round = 0; round < 300; round++) {
		char name[32];
		struct query query = {.sort = round % 3 ? &columns[(size_t)round % column_count] : NULL,
			.reverse = round & 1};
		for (int i = 0; i < 5; i++) {
			random = random * 1664525u + 1013904223u;
			snprintf(name, sizeof(name), "s%u", random >> 8 & 31);
			if (random >> 13 & 1) {
				put(rig.eu, add(&rig, rig.eu, "a", name, (int)(random >> 16 & 3), 3));
			} else {
				char key[40];
				snprintf(key, sizeof(key), "a/%s", name);
				cluster_remove(rig.eu, OBJECT_DEPLOYMENT, key);
			}
		}
		fleet_settle(rig.fleet);
		vec_init(&fresh);
		query_run(&query, rig.fleet, &kept);
		query_run(&query, rig.fleet, &fresh);
		assert_int_equal(kept.len, rig.fleet->services.len);
		assert_int_equal(kept.len, fresh.len);
		assert_memory_equal(kept.items, fresh.items, kept.len * sizeof(void *));
		vec_release(&fresh);
	}
	vec_release(&kept);
	fleet_free(rig.fleet);
}

static void test_json(void **state)
{
	static const char *const wanted =
		"{\"cluster\":\"eu-prod\",\"env\":\"prod\",\"region\":\"eu-west-1\",\"namespace\":\"payments\","
		"\"name\":\"ledger\",\"kind\":\"Deployment\",\"team\":\"payments\",\"image\":\"registry.example/api:1.0\","
		"\"ready\":3,\"desired\":3,\"updated\":3,\"available\":3,\"restarts\":0,\"health\":\"ok\",\"reason\":null,"
		"\"generation\":1,\"observedGeneration\":1,\"rollout\":{\"phase\":\"complete\",\"progress\":100,"
		"\"revision\":\"1\",\"message\":\"deployment \\\"ledger\\\" successfully rolled out\"},\"flux\":null,"
		"\"metrics\":{\"rps\":null,\"errors\":null,\"errorRatio\":null,\"p50Ms\":null,\"p99Ms\":null,"
		"\"cpuCores\":null,\"memBytes\":null,\"throttledRatio\":null,\"cpuRequestCores\":null,"
		"\"cpuLimitCores\":null,\"memRequestBytes\":null,\"memLimitBytes\":null,\"costHour\":null,"
		"\"at\":null,\"state\":\"off\"},"
		"\"flags\":{}}\n";
	static const char *const wanted_pod =
		"{\"cluster\":\"eu-prod\",\"namespace\":\"payments\",\"name\":\"p\",\"service\":\"payments-api\","
		"\"node\":\"node-1\",\"ip\":null,\"status\":\"CrashLoopBackOff\",\"ready\":\"0/1\",\"readyContainers\":0,"
		"\"containers\":1,\"restarts\":0,\"message\":null,\"age\":\"60m\",\"createdAt\":\"2023-11-14T21:13:20Z\"}\n";
	struct rig rig;
	struct buf buf;
	(void)state;
	rig_start(&rig);
	buf_init(&buf, 1 << 16);
	cJSON *json = service_json(fleet_find(rig.fleet, "eu-prod", "payments", "ledger"));
	assert_int_equal(json_write(&buf, json, 0), 0);
	assert_string_equal(buf_string(&buf), wanted);
	cJSON_Delete(json);
	buf_clear(&buf);
	json = pod_json(rig.eu, (const void *)cluster_object(rig.eu, OBJECT_POD, "payments", "p"));
	assert_int_equal(json_write(&buf, json, 0), 0);
	assert_string_equal(buf_string(&buf), wanted_pod);
	cJSON_Delete(json);
	buf_release(&buf);
	fleet_free(rig.fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_filters),      cmocka_unit_test(test_filter_errors_name_the_word),
	    cmocka_unit_test(test_sorting), cmocka_unit_test(test_alerts_are_trouble),      cmocka_unit_test(test_columns),
	    cmocka_unit_test(test_rollout_cell), cmocka_unit_test(test_order_does_not_depend_on_the_last_run),
	    cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
