/* SPDX-License-Identifier: MIT */
#ifndef VIEW_PAGE_H
#define VIEW_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "action/action.h"
#include "ui/list.h"
#include "ui/pager.h"

/*
 * Text in lines with styles, built anew when its subject changes and shown by a pager: overview,
 * events, messages. Text put into it was sanitised before.
 */
struct page {
	char *bytes;
	size_t len, cap;
	struct page_line *lines;
	size_t count, lines_cap;
	struct pager_span *spans;
	size_t span_count, spans_cap;
};

/* Zero-initialise. */
void page_release(struct page *page);
void page_clear(struct page *page);
void page_line(struct page *page);                    /* begins a line */
int page_column(const struct page *page);             /* cells in the line so far */
void page_pad(struct page *page, int column);         /* blanks up to that cell, at least one unless at 0 */
void page_put(struct page *page, uint16_t style, const char *text);
void page_printf(struct page *page, uint16_t style, const char *fmt, ...) __attribute__((format(printf, 3,
                                                                                                4)));
/* Words, wrapped at `width` cells; lines after the first are indented to where the text began. */
void page_wrap(struct page *page, uint16_t style, int width, const char *text);
void page_source(struct page *page, struct pager_source *source); /* valid until the page changes */

/* What all views with a list, or with a pager, do alike: 1 when the action was theirs. */
int list_act(struct list *list, size_t rows, struct rect rect, enum action_id action); /* moving */
/* The line that "copy" means: where the search stands, the last one while following, else the first in sight. */
size_t pager_current(const struct pager *pager, const struct pager_source *source);
int pager_copy(const struct pager *pager, const struct pager_source *source, struct buf *out);
int pager_act(struct pager *pager, const struct pager_source *source, struct rect rect,
              enum action_id action);

#endif
