/* SPDX-License-Identifier: MIT */
/* Drift against the embedded API server, which knows no owners of fields: what can be known without, and what
 * is said of the rest. */
#include "platform.h"

#include "ops/drift.h"

static void done(void *arg, struct drift *drift)
{
	(void)drift;
	*(int *)arg = 1;
}

static void check(const struct drift *drift, size_t index, enum drift_state state, const char *namespace, const char *why)
{
	const struct drift_object *object = drift_at(drift, index);

	if (object->state != state || strcmp(object->namespace, namespace) != 0 || !strstr(object->why, why))
		fail_msg("%s %s/%s is %s: %s", object->kind, object->namespace, object->name, drift_words[object->state], object->why);
}

static void each_object_has_its_own_answer(void **state)
{
	static const char *const managers[] = {"kustomize-controller", NULL};
	static const char rendered[] =
	    "[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"gone\"}},"
	    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"},\"spec\":{}},"
	    "{\"apiVersion\":\"nowhere.example/v1\",\"kind\":\"Thing\",\"metadata\":{\"name\":\"a\"}},"
	    "{\"apiVersion\":\"nowhere.example/v1\",\"kind\":\"Thing\",\"metadata\":{\"name\":\"b\"}},"
	    "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\"},\"sops\":{}},"
	    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"v\"},\"data\":{\"a\":\"${region}\"}},"
	    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"annotations\":"
	    "{\"kustomize.toolkit.fluxcd.io/reconcile\":\"disabled\"}},\"spec\":{}},{\"kind\":\"Pod\"}]";
	static const char inventory[] = "[{\"id\":\"shop_web_apps_Deployment\"},{\"id\":\"shop_old_apps_Deployment\"},{\"id\":\"_a_nowhere.example_Thing\"},"
	                                "{\"id\":\"rubbish\"},{\"id\":7},{\"id\":\"_\"},{\"id\":\"a_b_c\"}]";
	struct platform *platform = *state;
	int over = 0;
	cJSON *objects = json_parse_heap(rendered, strlen(rendered), NULL), *entries = json_parse_heap(inventory, strlen(inventory), NULL);
	const struct drift_options options = {.client = platform->client, .managers = managers, .namespace = "shop", .objects = objects,
	                                      .inventory = entries, .substituted = "spec.postBuild", .done = done, .arg = &over};

	have(platform, "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"},\"spec\":{\"replicas\":1}}");
	struct drift *drift = drift_begin(&options);
	assert_int_equal(over, 0);
	while (!over)
		loop_poll(platform->loop, 1);
	check(drift, 1, DRIFT_UNKNOWN, "shop", "managedFields");
	check(drift, 2, DRIFT_UNKNOWN, "shop", "no kind Thing in nowhere.example/v1");
	check(drift, 3, DRIFT_UNKNOWN, "shop", "no kind Thing in nowhere.example/v1");
	check(drift, 4, DRIFT_UNKNOWN, "shop", "SOPS");
	check(drift, 5, DRIFT_UNKNOWN, "shop", "spec.postBuild");
	check(drift, 6, DRIFT_LEFT, "shop", "reconcile: disabled");
	check(drift, 7, DRIFT_UNKNOWN, "shop", "no apiVersion");
	check(drift, 8, DRIFT_EXTRA, "shop", "");
	assert_string_equal(drift_at(drift, 8)->name, "old");
	assert_int_equal(drift_count(drift), 9);
	drift_free(drift);
	/* Given up while it is under way. */
	over = 0;
	drift_free(drift_begin(&options));
	assert_int_equal(over, 0);
	cJSON_Delete(objects);
	cJSON_Delete(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(each_object_has_its_own_answer, platform_setup, platform_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
