/* SPDX-License-Identifier: MIT */
/* YAML as JSON, typed as manifests are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/yaml.h"

static void texts_get_their_types(void **state)
{
	static const struct {
		const char *yaml, *json;
	} rows[] = {
	    {"a: 1", "{\"a\":1}"},
	    {"a: \"1\"", "{\"a\":\"1\"}"},
	    {"a: 0644", "{\"a\":420}"},
	    {"a: 0o17", "{\"a\":15}"},
	    {"a: 0x1F", "{\"a\":31}"},
	    {"a: 089", "{\"a\":89}"},
	    {"a: -2.5e1", "{\"a\":-25}"},
	    {"a: 1.2.3", "{\"a\":\"1.2.3\"}"},
	    {"a: 10.0.0.1", "{\"a\":\"10.0.0.1\"}"},
	    {"a: 2026-11-24", "{\"a\":\"2026-11-24\"}"},
	    {"a: 100m", "{\"a\":\"100m\"}"},
	    {"a: -", NULL},
	    {"a: yes", "{\"a\":true}"},
	    {"a: 'off'", "{\"a\":\"off\"}"},
	    {"a: ~", "{\"a\":null}"},
	    {"a:", "{\"a\":null}"},
	    {"a: [x, {b: false}]", "{\"a\":[\"x\",{\"b\":false}]}"},
	    {"x: &x {p: 1, q: 2}\ny: {<<: *x, q: 3}", "{\"x\":{\"p\":1,\"q\":2},\"y\":{\"q\":3,\"p\":1}}"},
	    {"a: |\n  one\n  two\n", "{\"a\":\"one\\ntwo\\n\"}"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct yaml yaml;
		struct err err = {.text = ""};
		if (yaml_parse(&yaml, "row", rows[i].yaml, strlen(rows[i].yaml), &err) < 0) {
			assert_null(rows[i].json);
			continue;
		}
		cJSON *json = yaml_json(yaml.root);
		char *text = cJSON_PrintUnformatted(json);
		if (rows[i].json)
			assert_string_equal(text, rows[i].json);
		cJSON_free(text);
		cJSON_Delete(json);
		yaml_release(&yaml);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(texts_get_their_types)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
