/* SPDX-License-Identifier: MIT */
#ifndef VIEW_SERVICES_STATE_H
#define VIEW_SERVICES_STATE_H

#include "base/map.h"
#include "base/vec.h"
#include "model/query.h"
#include "ui/list.h"
#include "view/page.h"
#include "view/views.h"

/* The list of services: what services.c keeps and services_draw.c draws. */
struct services {
	struct view view;
	struct list list;
	struct query query;
	struct vec rows;         /* const struct service *, valid while `version` is the fleet's */
	uint64_t version;
	int asked;               /* the query changed: run it again */
	char *selected;          /* key; "" while the user has not chosen: then the first row is */
	char *filter;            /* its text; "" */
	char *cluster;           /* NULL: all */
	struct map marks;        /* key -> the same key, owned */
	uint64_t membership;     /* the fleet's when marks were last looked through */
	char *last_mark;         /* key; "" */
	int name_cells, cluster_cells; /* the widest of the rows: no name is cut without need */
	int any_old;             /* one of the rows is not as its cluster has it now */
	struct page notes;       /* what is said in place of rows */
};

void services_refresh(struct services *services); /* rows and selection as the fleet is now */
struct rect services_list_rect(const struct services *services);
/* Why a row is old, in a word; NULL when it is not. */
const char *service_old(const struct service *service);
void services_draw(struct view *view, struct grid *grid, struct rect rect, int focused);

#endif
