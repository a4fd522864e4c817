/* SPDX-License-Identifier: MIT */
#ifndef MODEL_COLUMN_METRICS_H
#define MODEL_COLUMN_METRICS_H

#include "model/column.h"
#include "model/fleet.h"

/* The columns that metrics fill, for the table in column.c. */
#define DECLARE(name) \
	void column_##name##_format(const struct service *service, struct text *out); \
	enum tone column_##name##_tone(const struct service *service); \
	int column_##name##_compare(const struct service *a, const struct service *b); \
	int column_##name##_absent(const struct service *service); \
	double column_##name##_number(const struct service *service);
DECLARE(rps)
DECLARE(err)
DECLARE(p50)
DECLARE(p99)
DECLARE(cpu)
DECLARE(mem)
DECLARE(trend)
DECLARE(cost)
DECLARE(cpu_request)
DECLARE(cpu_limit)
DECLARE(mem_request)
DECLARE(mem_limit)
DECLARE(throttled)
DECLARE(slo)
DECLARE(burn)
#undef DECLARE

int prices_are_set(const struct prices *prices);

#endif
