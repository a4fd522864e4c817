/* SPDX-License-Identifier: MIT */
#ifndef SIM_STORY_H
#define SIM_STORY_H

struct sim;

/*
 * What happens by itself: a row of steps, each at its second of the platform's time. A step does what
 * a person or the weather would do: commits, suspends, sends traffic. What follows from it is the
 * controllers' work.
 */
struct story {
	const char *name, *help;
};

extern const struct story stories[];
extern const int story_count;

/* The index of that name, or -1. */
int story_find(const char *name);
/* Puts its steps on the agenda. */
void story_begin(struct sim *sim, int story);

#endif
