/* SPDX-License-Identifier: MIT */
#ifndef VIEW_DEMAND_H
#define VIEW_DEMAND_H

#include "model/object.h"

/*
 * What the screen wants to see beside the fleet, as a pure value. Views fill it, the app compares
 * it with the last one and subscribes or cancels at the sources. Views never ask a source.
 */
enum { DEMAND_NAME = 256, DEMAND_KEY = 640, DEMAND_EXPR = 512 };

struct demand {
	struct demand_logs {
		char service[DEMAND_KEY];    /* its key; "": no log is open */
		char pod[DEMAND_NAME];       /* "": all pods */
		char container[DEMAND_NAME]; /* "": all containers */
		int previous;                /* of the containers before the last restart */
	} logs;
	struct demand_runs {
		int wanted;                  /* somebody looks at load tests */
		char open[96];               /* the run that is open; "": the list */
	} runs;
	struct demand_events {
		char service[DEMAND_KEY];    /* "": none are open */
	} events;
	struct demand_object {
		char service[DEMAND_KEY];    /* "": none is open */
		enum object_kind kind;
		char name[DEMAND_NAME];
		unsigned reads;              /* another number: read it again */
		int reveal;                  /* number of the one masked value to show; 0: none */
	} object;
	struct demand_history {
		char service[DEMAND_KEY];    /* whose revisions are wanted; "": nobody's */
		enum object_kind kind;
		char name[DEMAND_NAME];
		int64_t observed;            /* the generation that its controller has seen: another one, other revisions */
	} history;
	struct demand_charts {
		char service[DEMAND_KEY];    /* "": none are open */
		char expr[DEMAND_EXPR];      /* that somebody typed; "" without */
		unsigned panels;             /* in sight: bits of enum panel */
		int points;                  /* values that fit the width */
		int names;                   /* those of metrics are wanted, for completion */
		int64_t range_ms, end_ms;    /* end 0: follows now */
		int64_t compare_ms;          /* 0: no comparison */
	} charts;
	int fleet_metrics;               /* columns or header are in sight: values of all are wanted */
};

void demand_init(struct demand *demand); /* nothing is wanted */

#endif
