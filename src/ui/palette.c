/* SPDX-License-Identifier: MIT */
/*
 * Fuzzy choice. The query's letters must stand in the text in their order; each is worth more at
 * the start of a word and next to the one before. Every place of the first letter is tried, the
 * rest follows greedily: good enough for names of a few words, and linear.
 */
#include "ui/palette.h"

#include <ctype.h>
#include <string.h>

#include "base/utf8.h"

enum { FIT = 10, FIT_WORD = 30, FIT_RUN = 20, FIT_START = 40, SCORES_MAX = 1024 };

static int same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static int begins_word(const char *text, size_t at)
{
	return at == 0 || strchr(" .-_/:", text[at - 1]) != NULL;
}

static int score_from(const char *query, const char *text, size_t start)
{
	size_t at = start, last = start;
	int score = start == 0 ? FIT_START : 0;

	for (const char *letter = query; *letter; letter++) {
		if (*letter == ' ')
			continue;
		while (text[at] && !same(text[at], *letter))
			at++;
		if (!text[at])
			return 0;
		score += FIT + (begins_word(text, at) ? FIT_WORD : 0) +
		         (at > start && at == last + 1 ? FIT_RUN : 0);
		last = at++;
	}
	return score;
}

int fuzzy_score(const char *query, const char *text)
{
	int best = 0;
	size_t len = strlen(text);

	while (*query == ' ')
		query++;
	if (!*query)
		return 1;
	for (size_t i = 0; i < len; i++) {
		int score = same(text[i], *query) ? score_from(query, text, i) : 0;
		best = score > best ? score : best;
	}
	/* Of two that fit alike the shorter one is meant. */
	if (best == 0)
		return 0;
	best = best * 4 - (int)(len < 100 ? len : 100);
	return best > 0 ? best : 1;
}

size_t fuzzy_rank(const char *query, const char *const *texts, size_t count, size_t *order, size_t max)
{
	int scores[SCORES_MAX];
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		int score = fuzzy_score(query, texts[i]);
		size_t at = found;
		if (score == 0)
			continue;
		while (at > 0 && scores[at - 1] < score)
			at--;
		if (at >= max || at >= SCORES_MAX)
			continue;
		if (found < max && found < SCORES_MAX)
			found++;
		memmove(&scores[at + 1], &scores[at], (found - at - 1) * sizeof(scores[0]));
		memmove(&order[at + 1], &order[at], (found - at - 1) * sizeof(order[0]));
		scores[at] = score;
		order[at] = i;
	}
	return found;
}

static int widest(const struct palette_row *rows, size_t count)
{
	int width = 0;

	for (size_t i = 0; i < count; i++) {
		int cells = utf8_cells(rows[i].name);
		width = cells > width ? cells : width;
	}
	return width;
}

void palette_draw(struct grid *grid, struct rect above, const struct palette_row *rows, size_t count,
                  size_t selected)
{
	int names = widest(rows, count), room = above.rows - 2;
	size_t shown = room > 0 ? (size_t)room : 0, top;
	struct rect box;

	if (count == 0 || shown == 0)
		return;
	shown = count < shown ? count : shown;
	top = selected >= shown ? selected - shown + 1 : 0;
	box = rect_cut_bottom(&above, (int)shown + 2);
	grid_fill(grid, box, STYLE_DIALOG, ' ');
	grid_box(grid, box, STYLE_DIALOG, STYLE_DIALOG_TITLE, NULL);
	box = rect_inset(box, 1, 1);
	for (size_t i = top; i < top + shown && i < count; i++) {
		struct rect line = rect_cut_top(&box, 1), text = rect_inset(line, 0, 1);
		int key = rows[i].key ? utf8_cells(rows[i].key) : 0;
		rect_put_cut(grid, text, 0, 0, STYLE_STRONG, rows[i].name);
		if (key > 0)
			grid_put(grid, text.row, text.col + text.cols - key, key, STYLE_KEY, rows[i].key);
		rect_cut_right(&text, key > 0 ? key + 2 : 0);
		if (rows[i].help)
			rect_put_cut(grid, text, 0, names + 2, STYLE_HINT, rows[i].help);
		grid_lay(grid, line, i == selected ? STYLE_SELECTED : STYLE_DIALOG);
	}
}
