/* SPDX-License-Identifier: MIT */
#ifndef VIEW_CHAIN_PAGE_H
#define VIEW_CHAIN_PAGE_H

#include "view/page.h"
#include "view/view.h"

/*
 * The chain of a service on a page, for whichever view has room for it. Nothing is drawn while it
 * has none.
 *
 * Short: the commit, then its stages in a row while it is on its way, or since when it is live; the
 * reason where it hangs. Lines begin at the cell `indent`, the first where the page stands.
 */
void chain_page_short(struct page *page, const struct scene *scene, const struct service *service, int indent, int width);
/* All of it: a line for each stage with its times, reasons and what to do, commits in flight, and how
 * the repositories stand. */
void chain_page_full(struct page *page, const struct scene *scene, const struct service *service, int width);

#endif
