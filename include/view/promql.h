/* SPDX-License-Identifier: MIT */
#ifndef VIEW_PROMQL_H
#define VIEW_PROMQL_H

#include "ui/prompt.h"

/*
 * What the word at the end of an expression may become: whole texts with the completed word, best
 * first; returns how many were written. PromQL's functions come first, then names that begin with
 * the word, then names that hold it. `names` are sorted. For prompts: the scene is `arg`.
 */
size_t promql_complete(char *const *names, size_t count, const char *text, char (*offers)[PROMPT_OFFER], size_t max);
size_t promql_prompt_complete(void *scene, const char *text, char (*offers)[PROMPT_OFFER], size_t max);

#endif
