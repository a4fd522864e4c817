/* SPDX-License-Identifier: MIT */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <stddef.h>
#include <stdint.h>

/*
 * The company whose platform is played: its services, who owns them, and how much they are used.
 * The same seed and number give the same company. Clusters differ only in how many pods they run.
 */
enum { PLAN_NAME = 48, PLAN_NODES = 24 };

enum plan_kind { PLAN_DEPLOYMENT, PLAN_STATEFUL_SET, PLAN_DAEMON_SET, PLAN_ROLLOUT };
/* How it is rolled out and scaled, where that is not by the workload alone. */
enum plan_extra { PLAN_PLAIN, PLAN_CANARY, PLAN_KEDA };

struct plan_service {
	char name[PLAN_NAME];
	const char *namespace, *team, *role; /* static */
	int number;          /* the same in every cluster: what is random about it hangs on this */
	enum plan_kind kind;
	enum plan_extra extra;
	int minor;           /* the image runs 1.MINOR.0 */
	int settings;        /* environment variables */
	double rps;          /* at the peak of an ordinary day, in a production cluster */
	double latency;      /* median, in seconds, when it has little to do */
	double errors;       /* share of answers that are errors on an ordinary day */
	double pod_rps;      /* what one pod carries at its target use of CPU */
};

struct plan {
	struct plan_service *services; /* in the order of lists: by namespace, then name */
	size_t count;
};

void plan_make(struct plan *plan, int services, uint64_t seed);
void plan_release(struct plan *plan);
const struct plan_service *plan_find(const struct plan *plan, const char *namespace, const char *name);
size_t plan_namespace_count(void);
const char *plan_namespace(size_t index, const char **team); /* NULL past the last */

/* Well mixed bits of a number; the same everywhere. */
uint64_t mix(uint64_t n);
double mix_fraction(uint64_t n); /* [0, 1) */
/* `len` letters as Kubernetes uses them for random names, and a NUL. */
void mix_word(uint64_t n, size_t len, char *out);
void mix_uid(uint64_t n, char out[40]);

#endif
