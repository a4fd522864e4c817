/* SPDX-License-Identifier: MIT */
/*
 * "Did you mean": the distance of Damerau and Levenshtein without overlapping transpositions. Case
 * does not count. Three rows are enough, for a transposition looks two rows back.
 */
#include "base/spell.h"

#include <ctype.h>
#include <string.h>

enum { SPELL_MAX = 64 }; /* longer words are not names that a person typed */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][SPELL_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
		int c = tolower((unsigned char)a[i - 1]);

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			int d = tolower((unsigned char)b[j - 1]);

			row[j] = least(above[j] + 1, row[j - 1] + 1);
			row[j] = least(row[j], above[j - 1] + (c != d));
			if (i > 1 && j > 1 && c == tolower((unsigned char)b[j - 2]) &&
			    d == tolower((unsigned char)a[i - 2]))
				row[j] = least(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

const char *spell_nearest(const char *word, const char *const *names, size_t count)
{
	size_t len = strlen(word), best = len / 3 + 1;
	const char *nearest = NULL;

	if (len == 0 || len > SPELL_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t name_len = strlen(names[i]), found;

		if (name_len > SPELL_MAX)
			continue;
		found = distance(word, len, names[i], name_len);
		if (found >= best)
			continue;
		best = found;
		nearest = names[i];
	}
	return nearest;
}
