/* SPDX-License-Identifier: MIT */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/loop.h"

struct api;

/*
 * The embedded platform: three clusters of one company, each an API server (sim/api.h) with what
 * lives in it. It serves on loopback only, keeps everything in memory, and writes into `folder`
 * and nowhere else: the certificate's authority, a kubeconfig and a configuration for the console.
 *
 * The same options and seed give the same platform and the same story.
 */
struct sim;

struct sim_options {
	int services;              /* in each cluster; 0: 240, at most SIM_SERVICES_MAX */
	int small;                 /* fewer pods and smaller ones: for tests, which look at what happens, not at how much */
	double speed;              /* how many times faster than life things happen; 0: 1 */
	uint64_t seed;
	const char *story;         /* one of sim_story_at; NULL: the first one */
	const char *catalog;       /* the text of the repository's platform/flags.yaml; NULL: it has none */
	const char *folder;        /* exists, and is the platform's alone */
	const struct clock *clock; /* NULL: the system's */
};

enum { SIM_CLUSTERS = 3, SIM_SERVICES_MAX = 2000 };

/* A cluster as it appears in kubeconfig and configuration. */
struct sim_cluster_facts {
	const char *name, *env, *region;
	int protected;
};
extern const struct sim_cluster_facts sim_clusters[SIM_CLUSTERS];

/* Listens and writes the files; clients may connect from then on, and wait until sim_fill is done. */
struct sim *sim_new(struct loop *loop, const struct sim_options *options, struct err *err);
/* Puts everything there. Takes tens of milliseconds, at the largest size more than a second. */
void sim_fill(struct sim *sim);
void sim_free(struct sim *sim);

/*
 * For tests whose clock stands still until they move it: does what is due now and says in how many
 * milliseconds of the clock the next thing is. While sim_waits, git is at work: run the loop.
 */
int64_t sim_turn(struct sim *sim);
int sim_waits(const struct sim *sim);

struct api *sim_api(const struct sim *sim, int cluster);

/* The stories that there are; -1 past the last. */
int sim_story_at(int index, const char **name, const char **help) MUST_USE;

/* The faults that may be asked for; -1 past the last. */
int sim_fault_at(int index, const char **name, const char **help) MUST_USE;
/* "NAME" in every cluster, "NAME@eu-prod" in one. */
void sim_spoil(struct sim *sim, const char *name);

/* Files below the folder; free() them. */
char *sim_kubeconfig_path(const char *folder);
char *sim_config_path(const char *folder);

#endif
