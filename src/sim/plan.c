/* SPDX-License-Identifier: MIT */
/*
 * The company in numbers. Traffic is as uneven as it is in life: a few services carry most of it,
 * and what stands at the edge carries more than what stands behind it.
 */
#include "plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct {
	const char *name, *team;
	double weight; /* of its traffic */
} domains[] = {
	{"payments", "payments", 1.0},   {"checkout", "storefront", 1.6}, {"catalog", "discovery", 3.0},
	{"search", "discovery", 2.4},    {"cart", "storefront", 1.8},     {"identity", "trust", 2.0},
	{"ledger", "payments", 0.5},     {"pricing", "commerce", 1.4},    {"shipping", "logistics", 0.6},
	{"inventory", "logistics", 0.9}, {"loyalty", "growth", 0.4},      {"fraud", "trust", 0.8},
	{"billing", "payments", 0.4},    {"notify", "engagement", 0.7},   {"media", "content", 2.2},
	{"reviews", "content", 0.5},     {"orders", "commerce", 1.0},     {"returns", "logistics", 0.2},
	{"tax", "commerce", 0.5},        {"geo", "platform", 0.9},        {"partner", "growth", 0.3},
	{"support", "engagement", 0.2},  {"reports", "data", 0.1},        {"risk", "trust", 0.5},
	{"quotes", "commerce", 0.3},     {"coupons", "growth", 0.4},      {"wallet", "payments", 0.6},
	{"invoice", "payments", 0.2},    {"stock", "logistics", 0.5},     {"routing", "platform", 0.8},
};

static const struct {
	const char *name;
	enum plan_kind kind;
	double weight, latency;
} roles[] = {
	{"api", PLAN_DEPLOYMENT, 1.0, 0.035},     {"web", PLAN_DEPLOYMENT, 1.2, 0.060},
	{"worker", PLAN_DEPLOYMENT, 0.3, 0.120},  {"gateway", PLAN_DEPLOYMENT, 1.4, 0.020},
	{"cron", PLAN_DEPLOYMENT, 0.05, 0.200},   {"stream", PLAN_STATEFUL_SET, 0.5, 0.015},
	{"admin", PLAN_DEPLOYMENT, 0.1, 0.090},   {"cache", PLAN_STATEFUL_SET, 1.6, 0.002},
	{"sync", PLAN_DEPLOYMENT, 0.2, 0.080},    {"edge", PLAN_DEPLOYMENT, 1.5, 0.012},
};

enum { DOMAINS = sizeof(domains) / sizeof(domains[0]), ROLES = sizeof(roles) / sizeof(roles[0]) };

/* Those that differ from the rest, so that each way to roll out can be tried. */
static const struct {
	const char *name;
	enum plan_kind kind;
	enum plan_extra extra;
} special[] = {
	{"checkout-web", PLAN_DEPLOYMENT, PLAN_CANARY},
	{"search-api", PLAN_ROLLOUT, PLAN_PLAIN},
	{"notify-worker", PLAN_DEPLOYMENT, PLAN_KEDA},
};

uint64_t mix(uint64_t n)
{
	n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
	n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
	return n ^ (n >> 31);
}

double mix_fraction(uint64_t n)
{
	return (double)(mix(n) >> 11) / 9007199254740992.0;
}

void mix_word(uint64_t n, size_t len, char *out)
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
	uint64_t bits = mix(n + 1);
	for (size_t i = 0; i < len; i++, bits /= 27)
		out[i] = letters[bits % 27];
	out[len] = '\0';
}

void mix_uid(uint64_t n, char out[40])
{
	uint64_t a = mix(n), b = mix(a);
	snprintf(out, 40, "%08x-%04x-4%03x-b%03x-%012" PRIx64, (unsigned)(a >> 32), (unsigned)a & 0xffff,
	         (unsigned)(a >> 16) & 0xfff, (unsigned)(b >> 52), b & 0xffffffffffffu);
}

static void service_make(struct plan_service *service, int number, double crowd, uint64_t seed)
{
	int domain = number % DOMAINS, role = number / DOMAINS;
	uint64_t own = mix(seed * 1000003 + (uint64_t)number);
	double busy = exp(2.0 * mix_fraction(own) - 1.0); /* from a third to three times its kind's */
	service->number = number;
	service->namespace = domains[domain].name;
	service->team = domains[domain].team;
	service->role = roles[role % ROLES].name;
	service->kind = roles[role % ROLES].kind;
	if (role < ROLES)
		snprintf(service->name, sizeof(service->name), "%s-%s", service->namespace, service->role);
	else
		snprintf(service->name, sizeof(service->name), "%s-%s-%d", service->namespace, service->role,
		         role / ROLES + 1);
	service->minor = 3 + (int)(mix(own + 1) % 37);
	service->settings = 18 + (int)(mix(own + 2) % 12);
	service->rps = 220 * domains[domain].weight * roles[role % ROLES].weight * busy;
	service->latency = roles[role % ROLES].latency * (0.7 + 0.6 * mix_fraction(own + 3));
	service->errors = 0.0002 + 0.0012 * mix_fraction(own + 4) * mix_fraction(own + 5);
	/* Larger companies have more pods for a service: five each of 240, ten each of 2,000. */
	service->pod_rps = (14 + 26 * mix_fraction(own + 6)) / crowd;
	if (service->rps > 22 * service->pod_rps) /* nobody runs a hundred pods of one service here */
		service->pod_rps = service->rps / 22;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (strcmp(special[i].name, service->name) == 0) {
			service->kind = special[i].kind;
			service->extra = special[i].extra;
		}
}

static int service_order(const void *a, const void *b)
{
	const struct plan_service *one = a, *other = b;
	int order = strcmp(one->namespace, other->namespace);
	return order ? order : strcmp(one->name, other->name);
}

void plan_make(struct plan *plan, int services, uint64_t seed)
{
	plan->count = (size_t)services;
	plan->services = mem_new_array(plan->count + 1, sizeof(*plan->services));
	double crowd = services <= 240 ? 1 : 1 + (services - 240) / 1760.0 * 0.8;
	for (int i = 0; i < services; i++)
		service_make(&plan->services[i], i, crowd, seed);
	qsort(plan->services, plan->count, sizeof(*plan->services), service_order);
}

void plan_release(struct plan *plan)
{
	free(plan->services);
	*plan = (struct plan){0};
}

const struct plan_service *plan_find(const struct plan *plan, const char *namespace, const char *name)
{
	struct plan_service key = {.namespace = namespace};
	if (strlen(name) >= sizeof(key.name))
		return NULL;
	memcpy(key.name, name, strlen(name) + 1);
	return bsearch(&key, plan->services, plan->count, sizeof(*plan->services), service_order);
}

size_t plan_namespace_count(void)
{
	return DOMAINS;
}

const char *plan_namespace(size_t index, const char **team)
{
	if (index >= DOMAINS)
		return NULL;
	if (team)
		*team = domains[index].team;
	return domains[index].name;
}
