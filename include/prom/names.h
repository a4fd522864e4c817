/* SPDX-License-Identifier: MIT */
#ifndef PROM_NAMES_H
#define PROM_NAMES_H

#include "prom/client.h"

/* Names of metrics and labels that a server has, for completion: sorted, sanitised, at most NAMES_MAX. */
enum { NAMES_MAX = 20000 };

struct names_read;

/* Calls back exactly once, later; the callee takes names and strings over. None when it cannot be read. */
struct names_read *names_read(struct prom_client *client, void (*done)(void *arg, char **names, size_t count), void *arg);
void names_cancel(struct names_read *read); /* NULL is fine */

/* {"data": ["…"]}: adds to the list. Returns 0, or -1. */
int names_decode(char ***names, size_t *count, const char *body, size_t len);

#endif
