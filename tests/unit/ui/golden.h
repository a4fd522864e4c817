/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_UI_GOLDEN_H
#define TESTS_UNIT_UI_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "term/grid.h"

/*
 * Compares a grid with tests/golden/ui/NAME.txt, seen from the root of the source tree. With
 * GOLDEN=update in the environment the file is written instead: look at the difference before it
 * is committed.
 */
static void golden_check(const struct grid *grid, const char *name, int flags)
{
	char path[256];
	const char *mode = getenv("GOLDEN");
	struct buf got, want;
	struct err err;

	snprintf(path, sizeof(path), "tests/golden/ui/%s.txt", name);
	buf_init(&got, 4 << 20);
	buf_init(&want, 4 << 20);
	assert_int_equal(grid_dump(grid, &got, flags), 0);
	if (mode && strcmp(mode, "update") == 0) {
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		fputs(buf_string(&got), file);
		fclose(file);
	} else if (buf_read_file(&want, path, &err) < 0) {
		fail_msg("%s (GOLDEN=update writes it)", err.text);
	} else if (strcmp(buf_string(&got), buf_string(&want)) != 0) {
		fail_msg("%s differs. Now it is:\n%s", path, buf_string(&got));
	}
	buf_release(&got);
	buf_release(&want);
}

#endif
