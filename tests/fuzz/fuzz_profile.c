/* SPDX-License-Identifier: MIT */
/* Profiles: a broken one is told, one that is taken can be planned and written for the other tools. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "load/plan.h"
#include "load/tool.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void use(const struct profile *profile)
{
	struct plan *plan = mem_new(sizeof(*plan));
	struct arrivals arrivals;
	struct buf out;
	double last = 0;
	buf_init(&out, 64 << 20);
	plan_init(plan, profile);
	arrivals_init(&arrivals, plan, 0, 1, profile->poisson, 1);
	for (int i = 0; i < 1000 && !isinf(arrivals.next); i++) {
		if (!(arrivals.next >= last) || arrivals.next > plan_end(plan) + 1e-6)
			abort();
		last = arrivals.next;
		arrivals_take(&arrivals);
	}
	if (!profile->plan && profile->search.high <= 0 && (k6_script_write(profile, &out) < 0 || jmx_write(profile, &out) < 0))
		abort();
	buf_release(&out);
	free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct profile *profile = mem_new(sizeof(*profile));
	struct vec problems;
	struct err err = {0};
	/* A folder without files: data files are not read from the machine that fuzzes. */
	int result = profile_parse(profile, "/nonexistent/p.yaml", (const char *)bytes, len, &problems, &err);
	if ((result < 0) != (problems.len > 0))
		abort();
	if (result == 0)
		use(profile);
	problems_release(&problems);
	profile_release(profile);
	free(profile);
	return 0;
}
