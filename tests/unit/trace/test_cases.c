/* SPDX-License-Identifier: MIT */
/*
 * Every way to hang, on objects as the real controllers wrote them (those of Flagger and Argo
 * Rollouts by their documentation): tests/unit/trace/cases/X.json, each with what is to be found. A
 * row of the table of hangs without a case fails the test.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/trace/platform.h"

#define CASES "tests/unit/trace/cases"

static int seen[HANG_COUNT], failures;

static void fail_case(const char *name, const struct chain *chain, const struct fleet *fleet, const char *what)
{
	char line[600], sentence[900];
	struct text text = text_in(line, sizeof(line)), words = text_in(sentence, sizeof(sentence));

	chain_line(fleet, chain, fleet->clock->wall(fleet->clock), &text);
	chain_sentence(fleet, chain, &words);
	failures++;
	print_error("%s: %s\n  %s\n  %s (%s)\n", name, what, line, sentence, hangs[chain->links[chain->at].hang].key);
}

static void check_case(const char *name, const cJSON *json)
{
	struct platform platform;
	struct chain *chain, *before = NULL;
	const char *stage = json_string(json, "expect/stage"), *state = json_string(json, "expect/state");
	const char *hang = json_string(json, "expect/hang"), *words = json_string(json, "expect/words");
	const char *verdict = json_string(json, "expect/verdict");

	platform_init(&platform, json);
	if (json_get(json, "seen")) { /* it was followed since then, and nothing came */
		int64_t now = platform.clock.wall_ms;
		platform.clock.wall_ms = json_stamp(json, "seen");
		before = platform_chain(&platform, json_string(json, "follow"), NULL);
		platform.clock.wall_ms = now;
	}
	chain = platform_chain(&platform, json_string(json, "follow"), before);
	const struct chain_link *link = &chain->links[chain->at];
	if (verdict && strcmp(verdict, chain_verdict_words[chain->verdict]) != 0)
		fail_case(name, chain, platform.fleet, verdict);
	if (stage && strcmp(stage, stage_words[chain->at]) != 0)
		fail_case(name, chain, platform.fleet, stage);
	if (state && strcmp(state, chain_state_words[link->state]) != 0)
		fail_case(name, chain, platform.fleet, state);
	if (hang && strcmp(hang, hangs[link->hang].key) != 0)
		fail_case(name, chain, platform.fleet, hang);
	if (words && (!link->words || !strstr(link->words, words)))
		fail_case(name, chain, platform.fleet, words);
	if (!hang && link->hang != HANG_NONE)
		fail_case(name, chain, platform.fleet, "no hang");
	if (!verdict && !hang)
		fail_msg("%s expects nothing", name);
	seen[link->hang]++;
	chain_free(chain);
	chain_free(before);
	platform_release(&platform);
}

static void test_cases(void **state)
{
	struct dirent **files;
	int count = scandir(CASES, &files, NULL, alphasort), cases = 0;

	(void)state;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		char path[512];
		struct buf bytes;
		struct err err = {.text = ""};
		if (strstr(files[i]->d_name, ".json")) {
			snprintf(path, sizeof(path), "%s/%s", CASES, files[i]->d_name);
			buf_init(&bytes, 4 << 20);
			if (buf_read_file(&bytes, path, &err) < 0)
				fail_msg("%s", err.text);
			cJSON *json = json_parse_heap(bytes.data, bytes.len, &err);
			if (!json)
				fail_msg("%s: %s", path, err.text);
			check_case(files[i]->d_name, json);
			cJSON_Delete(json);
			buf_release(&bytes);
			cases++;
		}
		free(files[i]);
	}
	free(files);
	assert_true(cases > 40);
	assert_int_equal(failures, 0);
}

static void test_no_hang_without_a_case(void **state)
{
	(void)state;
	for (enum hang hang = 1; hang < HANG_COUNT; hang++)
		if (!seen[hang])
			print_error("no case is named %s\n", hangs[hang].key);
	for (enum hang hang = 1; hang < HANG_COUNT; hang++)
		assert_true(seen[hang]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_no_hang_without_a_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
