/* SPDX-License-Identifier: MIT */
#ifndef MODEL_RUN_BOOK_H
#define MODEL_RUN_BOOK_H

#include "model/run.h"

/* Load tests as the console knows them: those that are on this machine, the one that is open in full,
 * and profiles that could be started. Filled by the app, const for views. */
struct run_profile {
	char name[RUN_TEXT], service[RUN_TEXT], target[256],
	    words[160]; /* words: "500/s for 2m, 20 connections" */
	char path[512];
	char trouble[256]; /* what is wrong with it; "" nothing */
};

struct run_book {
	struct run **runs; /* the newest first, without their seconds */
	size_t count;
	const struct run *open; /* in full; NULL: none, or not read yet */
	struct run_profile *profiles;
	size_t profile_count;
	char results[512], profiles_from[512]; /* where they are looked for */
	char trouble[256];                     /* "" all is well */
};

#endif
