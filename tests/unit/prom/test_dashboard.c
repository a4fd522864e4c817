/* SPDX-License-Identifier: MIT */
/* Dashboards of Grafana: panels of new and old ones, variables, what is not supported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "prom/dashboard.h"

static const char json[] = "{\"dashboard\":{\"title\":\"Ser\\u001bvice\",\"panels\":[{\"type\":\"row\",\"title\":\"Load\",\"panels\":["
	"{\"type\":\"timeseries\",\"title\":\"rps\",\"fieldConfig\":{\"defaults\":{\"unit\":\"reqps\"}},\"targets\":[{\"expr\":"
	"\"sum(rate(x{ns=\\\"$ns\\\",a=~\\\"${app:regex}\\\"}[$__rate_interval]))\",\"legendFormat\":\"{{pod}}\"},{\"expr\":\"y\",\"hide\":true}]}]},"
	"{\"type\":\"piechart\",\"title\":\"pie\"},{\"type\":\"stat\",\"title\":\"up\",\"targets\":[{\"expr\":\"up{n=\\\"[[ns]]\\\"}\"}]}],"
	"\"templating\":{\"list\":[{\"name\":\"ns\",\"type\":\"query\",\"current\":{\"value\":\"pay\"}},"
	"{\"name\":\"app\",\"type\":\"custom\",\"current\":{\"value\":[\"$__all\"]}}]}}}";

static void test_panels_and_variables(void **state)
{
	struct dashboard dashboard;
	struct err err;
	struct buf out;
	(void)state;
	assert_int_equal(dashboard_decode(&dashboard, json, strlen(json), &err), 0);
	assert_string_equal(dashboard.title, "Service");
	assert_int_equal(dashboard.panels.len, 4);
	const struct dashboard_panel *rps = dashboard.panels.items[1], *pie = dashboard.panels.items[2], *up = dashboard.panels.items[3];
	assert_int_equal(rps->shape, SHAPE_CHART);
	assert_int_equal(rps->target_count, 1);
	assert_int_equal(pie->shape, SHAPE_UNSUPPORTED);
	assert_int_equal(up->shape, SHAPE_STAT);
	buf_init(&out, 4096);
	assert_int_equal(dashboard_expand(&dashboard, rps->targets[0].expr, 15, 3600, &out, &err), 0);
	assert_string_equal(out.data, "sum(rate(x{ns=\"pay\",a=~\".*\"}[300s]))");
	buf_clear(&out);
	assert_int_equal(dashboard_set(&dashboard, "ns=orders", &err), 0);
	assert_int_equal(dashboard_expand(&dashboard, up->targets[0].expr, 15, 3600, &out, &err), 0);
	assert_string_equal(out.data, "up{n=\"orders\"}");
	assert_int_equal(dashboard_set(&dashboard, "nss=x", &err), -1);
	assert_string_equal(err.text, "the dashboard has no variable \"nss\"; did you mean \"ns\"?");
	assert_int_equal(dashboard_expand(&dashboard, "x{a=\"$unknown\"}", 15, 3600, &out, &err), -1);
	buf_release(&out);
	dashboard_release(&dashboard);
}

static void test_what_is_no_dashboard(void **state)
{
	static const char *const broken[] = {"", "{}", "[]", "{\"panels\":", "null", "{\"dashboard\":3}"};
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct dashboard dashboard;
		struct err err = {.text = ""};
		assert_int_equal(dashboard_decode(&dashboard, broken[i], strlen(broken[i]), &err), -1);
		assert_true(err.text[0] != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_panels_and_variables), cmocka_unit_test(test_what_is_no_dashboard)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
