/* SPDX-License-Identifier: MIT */
/* What a person most likely meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/spell.h"

static const char *const names[] = {"namespace", "services", "service",   "theme",
                                    "refresh",   "ns",       "errorRatio"};

static void test_nearest(void **state)
{
	char long_word[200];
	static const struct {
		const char *word, *expected;
	} cases[] = {
	    {"namespace", "namespace"},
	    {"namespcae", "namespace"},
	    {"nmaespaec", "namespace"},
	    {"servce", "service"},
	    {"servicess", "services"},
	    {"theem", "theme"},
	    {"teme", "theme"},
	    {"ERRORratio", "errorRatio"},
	    {"refreshh", "refresh"},
	    {"NS", "ns"},
	    {"nx", NULL},
	    {"xyzzy", NULL},
	    {"", NULL},
	    {"them", "theme"},
	    {"tm", NULL},
	    {"namesp", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *found = spell_nearest(cases[i].word, names, sizeof(names) / sizeof(names[0]));

		if (cases[i].expected == NULL)
			assert_null(found);
		else
			assert_string_equal(found, cases[i].expected);
	}
	memset(long_word, 'a', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	assert_null(spell_nearest(long_word, names, 7));
	assert_null(spell_nearest("ns", names, 0));
	long_word[64] = '\0';
	assert_string_equal(spell_nearest(long_word, (const char *const[]){long_word}, 1), long_word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
