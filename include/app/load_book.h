/* SPDX-License-Identifier: MIT */
#ifndef APP_LOAD_BOOK_H
#define APP_LOAD_BOOK_H

#include "model/run_book.h"
#include "net/loop.h"
#include "view/demand.h"

/*
 * Keeps the book of load tests while somebody looks: rereads the list once a second, follows the run
 * that is open ten times a second. It reads folders only and never waits for an engine.
 */
struct load_book;

struct load_book *load_book_new(struct loop *loop, const char *results, const char *profiles,
                                void (*changed)(void *arg), void *arg);
void load_book_free(struct load_book *book); /* NULL is fine */
void load_book_set(struct load_book *book, const struct demand_runs *demand);
const struct run_book *load_book(const struct load_book *book);
void load_book_profiles(struct load_book *book); /* reads them anew */

#endif
