/* SPDX-License-Identifier: MIT */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include <stddef.h>

#include "app/config_prom.h"
#include "base/err.h"
#include "ui/spark.h"

/*
 * The configuration: $XDG_CONFIG_HOME/flagdeck/config.yaml, every key optional. Its keys are one
 * table in config.c, from which checking, `config show` and the documentation follow. Unknown keys
 * and wrong types are refused with file:line and the nearest known key.
 */
struct config_cluster {
	const char *context; /* of the kubeconfig; required */
	const char *env, *region; /* "" when not given */
	int protected;
	const struct prom_config *prometheus; /* NULL: nothing is said */
};

/* Addresses come from here only, never from a cluster's object. */
struct config_repository {
	const char *url;      /* required; see git/url.h */
	const char *branch;
	const char *flags;    /* the catalog's path; NULL: the usual one */
	const char *provider; /* of pull requests; NULL: by the address */
	const char *api;      /* its API; NULL: the usual place */
	int by_request;       /* changes go by pull request */
	int insecure;
};

/* What may be loaded in an environment. 0: no limit is set. */
struct config_load {
	const char *env;      /* "" is that of profiles without one */
	const char *targets[32]; /* hosts, "*.example", each with an optional port */
	size_t target_count;
	double rate, seconds;
	int connections, off;
};

struct config {
	struct config_cluster *clusters;
	size_t cluster_count;
	struct config_repository *repositories;
	size_t repository_count;
	struct config_load *loads;
	size_t load_count;
	const char *load_results, *load_profiles; /* NULL: the usual folders */
	const char *service_label, *team_label;
	const char *theme, *keymap;
	enum graph graph;
	struct config_metrics metrics;
	char *path;   /* of the file that was read; NULL: there is none */
	struct config_memory *memory;
};

/* Reads `path` (which must exist), or without one the usual file when it exists. */
int config_load(struct config *config, const char *path, struct err *err) MUST_USE;
void config_release(struct config *config);
/* What is said about that context; NULL when nothing is. */
const struct config_cluster *config_cluster(const struct config *config, const char *context);

/* The usual places by the XDG base directory rules; free() them. */
char *config_usual_path(void);
char *config_state_path(void); /* of the database */
char *config_git_folder(void);     /* clones */
char *config_journal_folder(void); /* pushes that are under way */
char *config_audit_path(void);

/* The keys, for `config show` and the documentation; NULL past the last. */
struct config_key {
	const char *key;      /* "fleet.labels.team" */
	const char *fallback; /* in words */
	const char *help;
};
const struct config_key *config_key_at(size_t index);

/* For readers of parts: the config frees the block with itself. Returns it. */
void *config_keep(struct config *config, void *block);

#endif
