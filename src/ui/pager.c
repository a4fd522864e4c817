/* SPDX-License-Identifier: MIT */
/*
 * Text that scrolls. A place is (line, row within that line); without wrapping the second is 0. The
 * last place from which a page is full is found from the end backwards, so the cost of drawing
 * and scrolling does not depend on how many lines there are.
 */
#include "ui/pager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

struct place {
	size_t line;
	int part;
};

void pager_init(struct pager *pager)
{
	memset(pager, 0, sizeof(*pager));
	pager->match = -1;
}

static const char *line_at(const struct pager_source *source, size_t index, uint16_t *style)
{
	const char *text;

	*style = STYLE_TEXT;
	text = source->line(source->arg, index, style);
	return text ? text : "";
}

/* Bytes of the row that begins at text. */
static size_t row_bytes(const char *text, int cols)
{
	size_t bytes = utf8_prefix(text, cols), used;

	if (bytes == 0 && *text) {
		utf8_decode(text, strlen(text), &used);
		return used;
	}
	return bytes;
}

static int line_rows(const struct pager *pager, const struct pager_source *source, size_t index, int cols)
{
	uint16_t style;
	const char *text;
	int rows = 0;

	if (!pager->wrap)
		return 1;
	text = line_at(source, index, &style);
	do {
		text += row_bytes(text, cols);
		rows++;
	} while (*text);
	return rows;
}

/* The last place that still fills the page. */
static struct place place_end(const struct pager *pager, const struct pager_source *source, struct rect rect)
{
	struct place place = {source->count, 0};
	int rows = 0;

	while (place.line > 0 && rows < rect.rows)
		rows += line_rows(pager, source, --place.line, rect.cols);
	if (rows > rect.rows)
		place.part = rows - rect.rows;
	return place;
}

static int place_before(struct place a, struct place b)
{
	return a.line < b.line || (a.line == b.line && a.part < b.part);
}

static void pager_clamp(struct pager *pager, const struct pager_source *source, struct rect rect)
{
	struct place now = {pager->top, pager->part}, end = place_end(pager, source, rect);

	if (!pager->wrap)
		pager->part = 0;
	else
		pager->left = 0;
	if (pager->follow || !place_before(now, end)) {
		pager->top = end.line;
		pager->part = end.part;
	}
}

void pager_scroll(struct pager *pager, const struct pager_source *source, struct rect rect, long rows)
{
	pager_clamp(pager, source, rect);
	if (rows < 0)
		pager->follow = 0;
	for (; rows > 0 && pager->top < source->count; rows--)
		if (++pager->part >= line_rows(pager, source, pager->top, rect.cols)) {
			pager->top++;
			pager->part = 0;
		}
	for (; rows < 0 && (pager->top > 0 || pager->part > 0); rows++) {
		if (pager->part > 0) {
			pager->part--;
			continue;
		}
		pager->top--;
		pager->part = line_rows(pager, source, pager->top, rect.cols) - 1;
	}
	pager_clamp(pager, source, rect);
}

void pager_scroll_side(struct pager *pager, int cells)
{
	if (pager->wrap)
		return;
	pager->left += cells;
	if (pager->left < 0)
		pager->left = 0;
}

void pager_home(struct pager *pager)
{
	pager->top = 0;
	pager->part = pager->left = pager->follow = 0;
}

void pager_end(struct pager *pager, const struct pager_source *source, struct rect rect, int follow)
{
	struct place end = place_end(pager, source, rect);

	pager->top = end.line;
	pager->part = end.part;
	pager->follow = follow;
}

void pager_show(struct pager *pager, const struct pager_source *source, struct rect rect, size_t line)
{
	size_t seen = rect.rows > 0 ? (size_t)rect.rows : 1;

	pager_clamp(pager, source, rect);
	/* While wrapping fewer lines than rows may be in sight; then it is moved all the same. */
	if (line < pager->top || line >= pager->top + (pager->wrap ? seen / 2 + 1 : seen)) {
		pager->top = line > seen / 3 ? line - seen / 3 : 0;
		pager->part = 0;
	}
	pager->follow = 0;
	pager_clamp(pager, source, rect);
}

void pager_shift(struct pager *pager, size_t dropped)
{
	if (dropped > pager->top)
		pager->part = 0;
	pager->top -= dropped < pager->top ? dropped : pager->top;
	if (pager->match >= 0)
		pager->match = (size_t)pager->match >= dropped ? pager->match - (long)dropped : -1;
}

static int has_capital(const char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			return 1;
	return 0;
}

static const char *match_in(const struct pager *pager, const char *text)
{
	if (!pager->search[0])
		return NULL;
	return has_capital(pager->search) ? strstr(text, pager->search) : strcasestr(text, pager->search);
}

/* The next line with a match from `from` on in direction step, around the ends once. */
static long match_find(const struct pager *pager, const struct pager_source *source, size_t from, int step)
{
	uint16_t style;

	for (size_t i = 0, at = from; i < source->count; i++) {
		if (match_in(pager, line_at(source, at, &style)))
			return (long)at;
		at = step > 0 ? (at + 1) % source->count : at == 0 ? source->count - 1 : at - 1;
	}
	return -1;
}

static int match_show(struct pager *pager, const struct pager_source *source, struct rect rect)
{
	uint16_t style;
	const char *text, *found;

	if (pager->match < 0)
		return -1;
	pager_show(pager, source, rect, (size_t)pager->match);
	text = line_at(source, (size_t)pager->match, &style);
	found = match_in(pager, text);
	if (found && !pager->wrap) {
		/* Cells up to the match: what is left when the rest is taken away. */
		int before = utf8_cells(text) - utf8_cells(found);
		if (before < pager->left || before + utf8_cells(pager->search) > pager->left + rect.cols - 1)
			pager->left = before > rect.cols / 2 ? before - rect.cols / 2 : 0;
	}
	return 0;
}

int pager_search(struct pager *pager, const struct pager_source *source, struct rect rect, const char *text)
{
	pager->match = -1;
	snprintf(pager->search, sizeof(pager->search), "%s", text);
	if (!*text || source->count == 0)
		return *text ? -1 : 0;
	pager_clamp(pager, source, rect);
	pager->match = match_find(pager, source, pager->top < source->count ? pager->top : 0, 1);
	return match_show(pager, source, rect);
}

int pager_search_step(struct pager *pager, const struct pager_source *source, struct rect rect, int step)
{
	size_t from;

	if (!pager->search[0] || source->count == 0)
		return -1;
	from = pager->match >= 0 && (size_t)pager->match < source->count ? (size_t)pager->match : pager->top;
	if (pager->match >= 0)
		from = step > 0 ? (from + 1) % source->count : from == 0 ? source->count - 1 : from - 1;
	pager->match = match_find(pager, source, from % source->count, step);
	return match_show(pager, source, rect);
}

/* A line while it is drawn: its bytes have the style of the span they are in, and matches lie over. */
struct ink {
	const char *text;
	uint16_t style, match_style;
	struct pager_span spans[PAGER_SPANS];
	size_t span_count;
	const char *match, *match_end;
};

static uint16_t ink_style(struct ink *ink, const struct pager *pager, const char *at)
{
	uint16_t style = ink->style;
	long offset = at - ink->text;

	for (size_t i = 0; i < ink->span_count; i++)
		if (offset >= ink->spans[i].first && offset < ink->spans[i].first + ink->spans[i].bytes)
			style = ink->spans[i].style;
	while (ink->match && at >= ink->match_end) {
		ink->match = match_in(pager, ink->match_end);
		ink->match_end = ink->match ? ink->match + strlen(pager->search) : NULL;
	}
	if (ink->match && at >= ink->match)
		style = style_over(style, ink->match_style);
	return style;
}

/* Draws bytes of the ink's line into one row. */
static void row_draw(const struct pager *pager, struct grid *grid, struct rect row, struct ink *ink,
                     const char *from, size_t bytes)
{
	int col = 0;
	size_t used;

	for (const char *at = from; at < from + bytes; at += used) {
		uint32_t code = utf8_decode(at, (size_t)(from + bytes - at), &used);
		int width = utf8_width(code);
		if (width == 0)
			continue;
		if (col + width > row.cols)
			break;
		grid_put_code(grid, row.row, row.col + col, ink_style(ink, pager, at), code);
		col += width;
	}
}

static void ink_begin(struct ink *ink, const struct pager *pager, const struct pager_source *source,
                      size_t line)
{
	memset(ink, 0, sizeof(*ink));
	ink->text = line_at(source, line, &ink->style);
	if (source->spans)
		ink->span_count = source->spans(source->arg, line, ink->text, ink->spans, PAGER_SPANS);
	ink->match_style = (long)line == pager->match ? STYLE_MATCH_CURRENT : STYLE_MATCH;
	ink->match = match_in(pager, ink->text);
	ink->match_end = ink->match ? ink->match + strlen(pager->search) : NULL;
}

static void line_draw_cut(const struct pager *pager, struct grid *grid, struct rect row, struct ink *ink)
{
	const char *from = ink->text + utf8_prefix(ink->text, pager->left);

	row_draw(pager, grid, row, ink, from, strlen(from));
	if (pager->left > 0 && *ink->text)
		grid_put(grid, row.row, row.col, 1, STYLE_DIM, "‹");
	if (utf8_cells(from) > row.cols)
		grid_put(grid, row.row, row.col + row.cols - 1, 1, STYLE_DIM, "›");
}

void pager_draw(struct pager *pager, struct grid *grid, struct rect rect, const struct pager_source *source)
{
	int skip;

	if (rect_is_empty(rect))
		return;
	/* A screen reader reads from the cursor on. */
	if (grid->plain && grid->cursor_row < 0) {
		grid->cursor_row = rect.row;
		grid->cursor_col = rect.col;
	}
	if (source->count == 0) {
		pager->top = 0;
		pager->part = 0;
		if (source->empty)
			rect_put_cut(grid, rect, 0, 1, STYLE_DIM, source->empty);
		return;
	}
	pager_clamp(pager, source, rect);
	skip = pager->part;
	for (size_t line = pager->top; line < source->count && rect.rows > 0; line++) {
		struct ink ink;
		const char *at;
		ink_begin(&ink, pager, source, line);
		at = ink.text;
		if (!pager->wrap) {
			line_draw_cut(pager, grid, rect_cut_top(&rect, 1), &ink);
			continue;
		}
		do {
			size_t bytes = row_bytes(at, rect.cols);
			if (skip-- <= 0)
				row_draw(pager, grid, rect_cut_top(&rect, 1), &ink, at, bytes);
			at += bytes;
		} while (*at && rect.rows > 0);
		skip = 0;
	}
}

void pager_position(const struct pager *pager, const struct pager_source *source, struct rect rect, char *out,
                    size_t size)
{
	struct place now = {pager->top, pager->part}, end = place_end(pager, source, rect);

	if (source->count == 0)
		snprintf(out, size, "empty");
	else if (end.line == 0 && end.part == 0)
		snprintf(out, size, "all of %zu", source->count);
	else if (pager->follow || !place_before(now, end))
		snprintf(out, size, "end of %zu", source->count);
	else
		snprintf(out, size, "%zu of %zu", pager->top + 1, source->count);
}
