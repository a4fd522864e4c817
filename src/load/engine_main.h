/* SPDX-License-Identifier: MIT */
#ifndef LOAD_ENGINE_MAIN_H
#define LOAD_ENGINE_MAIN_H

#include "engine_files.h"
#include "engine_internal.h"
#include "load/judge.h"

/* What the main thread holds beside what it shares with the workers. */
struct lead {
	struct engine engine;
	struct run run;
	struct run_files files;
	struct judge judge;
	struct histogram one, all, service;
	struct histogram of_request[PROFILE_REQUESTS];
	double requests_from;
	struct tally *waiting;
	long second;             /* the next one to close */
	int told_to_stop;
	char trouble[ERR_MAX];   /* why the engine cannot go on */
	double process_cpu, measured_at, thread_cpu[PROFILE_THREADS], last_cpu, last_busiest;
	struct {
		double rate, good, bad; /* tried now; the best that held, the least that did not (0: none) */
		double from, until;     /* of the try, its first second left out */
	} search;
};

/* engine_search.c */
void lead_search_begin(struct lead *lead);
void lead_search(struct lead *lead, const struct run_second *second);

#endif
