/* SPDX-License-Identifier: MIT */
/*
 * Styled lines: all text in one block, lines and spans as offsets into it, so that building a page
 * anew costs no allocation once it has grown.
 */
#include "view/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { PAGE_TEXT = 1024 };

struct page_line {
	size_t start, first_span;
	int cells;
};

void page_release(struct page *page)
{
	free(page->bytes);
	free(page->lines);
	free(page->spans);
	memset(page, 0, sizeof(*page));
}

void page_clear(struct page *page)
{
	page->len = page->count = page->span_count = 0;
}

static void page_bytes(struct page *page, const char *bytes, size_t len)
{
	if (page->len + len + 1 > page->cap) {
		page->cap = (page->len + len + 1) * 2;
		page->bytes = mem_resize(page->bytes, page->cap, 1);
	}
	memcpy(page->bytes + page->len, bytes, len);
	page->len += len;
	page->bytes[page->len] = '\0';
}

void page_line(struct page *page)
{
	if (page->count > 0)
		page_bytes(page, "", 1); /* the NUL of the line before */
	if (page->count == page->lines_cap) {
		page->lines_cap = page->lines_cap ? page->lines_cap * 2 : 32;
		page->lines = mem_resize(page->lines, page->lines_cap, sizeof(*page->lines));
	}
	page->lines[page->count++] = (struct page_line){.start = page->len, .first_span = page->span_count};
	page_bytes(page, "", 0);
}

int page_column(const struct page *page)
{
	return page->count ? page->lines[page->count - 1].cells : 0;
}

static void page_put_bytes(struct page *page, uint16_t style, const char *bytes, size_t len)
{
	struct page_line *line = &page->lines[page->count - 1];
	size_t start = page->len;

	if (len == 0)
		return;
	page_bytes(page, bytes, len);
	line->cells += utf8_cells(page->bytes + start);
	if (style == STYLE_TEXT)
		return;
	if (page->span_count == page->spans_cap) {
		page->spans_cap = page->spans_cap ? page->spans_cap * 2 : 64;
		page->spans = mem_resize(page->spans, page->spans_cap, sizeof(*page->spans));
	}
	page->spans[page->span_count++] =
		(struct pager_span){.first = (int)(start - line->start), .bytes = (int)len, .style = style};
}

void page_put(struct page *page, uint16_t style, const char *text)
{
	page_put_bytes(page, style, text, strlen(text));
}

void page_printf(struct page *page, uint16_t style, const char *fmt, ...)
{
	char text[PAGE_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	page_put(page, style, text);
}

void page_pad(struct page *page, int column)
{
	int now = page_column(page);

	if (now >= column && now > 0)
		column = now + 1;
	for (; now < column; now++)
		page_put_bytes(page, STYLE_TEXT, " ", 1);
}

/* Bytes of the words that fit into so many cells; at least one word, or as much of it as fits. */
static size_t words_prefix(const char *text, int cells)
{
	size_t fits = utf8_prefix(text, cells), cut = fits;

	if (text[fits] == '\0' || text[fits] == ' ')
		return fits;
	while (cut > 0 && text[cut - 1] != ' ')
		cut--;
	return cut > 0 ? cut : fits > 0 ? fits : strlen(text);
}

void page_wrap(struct page *page, uint16_t style, int width, const char *text)
{
	int indent = page_column(page);

	if (width < indent + 10)
		width = indent + 10;
	while (*text) {
		size_t len = words_prefix(text, width - indent), shown = len;

		while (shown > 0 && text[shown - 1] == ' ')
			shown--;
		page_put_bytes(page, style, text, shown);
		text += len;
		while (*text == ' ')
			text++;
		if (!*text)
			return;
		page_line(page);
		for (int i = 0; i < indent; i++)
			page_put_bytes(page, STYLE_TEXT, " ", 1);
	}
}

static const char *source_line(void *arg, size_t index, uint16_t *style)
{
	const struct page *page = arg;

	(void)style;
	return index < page->count ? page->bytes + page->lines[index].start : "";
}

static size_t source_spans(void *arg, size_t index, const char *text, struct pager_span *out, size_t max)
{
	const struct page *page = arg;
	size_t first, end, count = 0;

	(void)text;
	if (index >= page->count)
		return 0;
	first = page->lines[index].first_span;
	end = index + 1 < page->count ? page->lines[index + 1].first_span : page->span_count;
	for (size_t i = first; i < end && count < max; i++)
		out[count++] = page->spans[i];
	return count;
}

void page_source(struct page *page, struct pager_source *source)
{
	memset(source, 0, sizeof(*source));
	source->count = page->count;
	source->line = source_line;
	source->spans = source_spans;
	source->arg = page;
}

size_t pager_current(const struct pager *pager, const struct pager_source *source)
{
	size_t line = pager->match >= 0 ? (size_t)pager->match : pager->top;

	if (pager->follow || line >= source->count)
		line = source->count > 0 ? source->count - 1 : 0;
	return line;
}

int pager_copy(const struct pager *pager, const struct pager_source *source, struct buf *out)
{
	uint16_t style = STYLE_TEXT;

	if (source->count == 0)
		return -1;
	return buf_add_string(out, source->line(source->arg, pager_current(pager, source), &style));
}

int pager_act(struct pager *pager, const struct pager_source *source, struct rect rect,
              enum action_id action)
{
	enum { SIDE = 8 };
	long page = rect.rows > 2 ? rect.rows - 1 : 1, half = rect.rows > 2 ? rect.rows / 2 : 1;

	switch (action) {
	case ACTION_MOVE_DOWN: pager_scroll(pager, source, rect, 1); break;
	case ACTION_MOVE_UP: pager_scroll(pager, source, rect, -1); break;
	case ACTION_MOVE_PAGE_DOWN: pager_scroll(pager, source, rect, page); break;
	case ACTION_MOVE_PAGE_UP: pager_scroll(pager, source, rect, -page); break;
	case ACTION_MOVE_HALF_DOWN: pager_scroll(pager, source, rect, half); break;
	case ACTION_MOVE_HALF_UP: pager_scroll(pager, source, rect, -half); break;
	case ACTION_MOVE_FIRST: pager_home(pager); break;
	case ACTION_MOVE_LAST: pager_end(pager, source, rect, 0); break;
	case ACTION_MOVE_LEFT: pager_scroll_side(pager, -SIDE); break;
	case ACTION_MOVE_RIGHT: pager_scroll_side(pager, SIDE); break;
	case ACTION_SEARCH_NEXT: pager_search_step(pager, source, rect, 1); break;
	case ACTION_SEARCH_PREVIOUS: pager_search_step(pager, source, rect, -1); break;
	case ACTION_TEXT_WRAP: pager->wrap = !pager->wrap; break;
	default: return 0;
	}
	return 1;
}

int list_act(struct list *list, size_t rows, struct rect rect, enum action_id action)
{
	long page = (long)list_page(rect), delta = 0;

	switch (action) {
	case ACTION_MOVE_DOWN: delta = 1; break;
	case ACTION_MOVE_UP: delta = -1; break;
	case ACTION_MOVE_PAGE_DOWN: delta = page > 1 ? page - 1 : 1; break;
	case ACTION_MOVE_PAGE_UP: delta = page > 1 ? 1 - page : -1; break;
	case ACTION_MOVE_HALF_DOWN: delta = page > 1 ? page / 2 : 1; break;
	case ACTION_MOVE_HALF_UP: delta = page > 1 ? -(page / 2) : -1; break;
	case ACTION_MOVE_FIRST: delta = -(long)rows; break;
	case ACTION_MOVE_LAST: delta = (long)rows; break;
	default: return 0;
	}
	list_move(list, rows, rect, delta);
	return 1;
}
