/* SPDX-License-Identifier: MIT */
/* Lines of words, for dialogs. */
#include "ui/wrap.h"

#include <string.h>

#include "base/utf8.h"

size_t wrap_line(const char *text, int cols, const char **next)
{
	size_t line = strcspn(text, "\n"), fits = utf8_prefix(text, cols > 0 ? cols : 1), cut;

	if (fits >= line) {
		*next = text + line + (text[line] == '\n');
		return line;
	}
	for (cut = fits; cut > 0 && text[cut] != ' '; cut--)
		;
	/* A word longer than the line, or a wide character in a line of one cell: go on regardless. */
	if (cut == 0) {
		cut = fits;
		if (cut == 0)
			utf8_decode(text, line, &cut);
		*next = text + cut;
		return cut;
	}
	*next = text + cut + 1;
	while (cut > 0 && text[cut - 1] == ' ')
		cut--;
	return cut;
}

int wrap_count(const char *text, int cols)
{
	int count = 0;

	while (*text) {
		wrap_line(text, cols, &text);
		count++;
	}
	return count;
}
