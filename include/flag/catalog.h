/* SPDX-License-Identifier: MIT */
#ifndef FLAG_CATALOG_H
#define FLAG_CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/yaml.h"

/*
 * The catalog of a repository's flags (platform/flags.yaml): what may be switched, within which bounds,
 * what it does, and where the values stand. Unknown keys and wrong types are refused with file:line and
 * the nearest known name. Immutable once read.
 */
enum flag_type {
	FLAG_BOOL,
	FLAG_INT,
	FLAG_ENUM,
	FLAG_QUANTITY, /* 250m, 1Gi */
	FLAG_DURATION, /* 30s, 5m */
	FLAG_STRING,
	FLAG_LIST,
	FLAG_OBJECT,
	FLAG_TYPES
};
enum flag_risk { RISK_LOW, RISK_MEDIUM, RISK_HIGH };
enum flag_disable { DISABLE_SAFE, DISABLE_DRAIN, DISABLE_DESTRUCTIVE };

extern const char *const flag_type_names[FLAG_TYPES];
extern const char *const flag_risk_names[3];
extern const char *const flag_disable_names[3];

/* "hpa.enabled" (is on) or "network.zone=dmz" (has that value). */
struct flag_condition {
	const char *key, *value; /* value NULL: is on */
};

struct flag_effect {
	const char *gvk; /* "autoscaling/v2/HorizontalPodAutoscaler" */
	const char *op;  /* "create", "update", "delete" */
	int restarts_pods;
};

struct flag_texts {
	const char *const *items;
	size_t count;
};

struct flag {
	const char *key;
	const char *path;     /* of the value in its file; the key where nothing is said */
	const char *file;     /* template of the file that overrides go to; NULL: the layout's */
	enum flag_type type;
	const struct yaml_node *fallback; /* the catalog's default; NULL: none */
	double min, max;      /* of int, quantity (base units), duration (seconds); NAN: none */
	struct flag_texts values, envs, regions, crds;
	struct flag_condition *requires, *conflicts;
	size_t require_count, conflict_count;
	struct flag_effect *effects;
	size_t effect_count;
	enum flag_disable disable;
	enum flag_risk risk;
	long approvals;
	const char *owner, *docs, *expires, *pattern, *letter; /* NULL: nothing is said */
	const char *below, *at_most; /* keys whose value this one must be under, or not over */
	int line;
};

struct flag_env {
	const char *name;
	int protected;
	struct flag_texts regions;
};

/* A time in which nothing is changed without a reason that is kept. */
struct flag_freeze {
	int64_t from_ms, to_ms;
	struct flag_texts envs; /* none: all */
	const char *reason;
};

enum flag_layer { LAYER_CATALOG, LAYER_DEFAULTS, LAYER_ENV, LAYER_REGION, LAYER_SERVICE, LAYER_SERVICE_REGION, FLAG_LAYERS };
extern const char *const flag_layer_names[FLAG_LAYERS];

struct flag_catalog {
	struct yaml yaml;
	char *name;            /* the file, as messages name it */
	int is_builtin;
	const char *layout[FLAG_LAYERS]; /* templates of paths; NULL: there is no such layer */
	struct flag *flags;    /* in the order of the file */
	size_t count;
	struct flag_env *envs;
	size_t env_count;
	struct flag_freeze *freezes;
	size_t freeze_count;
	const char *render_chart;   /* folder of the chart, for previews; NULL: none */
	const char *render_release; /* template of the release's name */
	struct flag_texts others; /* keys at the top of a file of values that are no flags: the chart's own */
};

/* bytes NULL: the catalog that is built in. */
int catalog_parse(struct flag_catalog *catalog, const char *name, const char *bytes, size_t len, struct err *err) MUST_USE;
void catalog_release(struct flag_catalog *catalog);
extern const char *const flag_catalog_builtin;

const struct flag *catalog_flag(const struct flag_catalog *catalog, const char *key); /* NULL: there is none */
/* The same, or an error with the nearest name. */
const struct flag *catalog_need(const struct flag_catalog *catalog, const char *key, struct err *err);
const struct flag_env *catalog_env(const struct flag_catalog *catalog, const char *name);
/* The freeze that holds for the environment at that time; NULL: none. */
const struct flag_freeze *catalog_freeze(const struct flag_catalog *catalog, const char *env, int64_t at_ms);

int texts_hold(const struct flag_texts *texts, const char *text);

/* Whether the value is one of the flag; the reason otherwise, without file and line. */
int flag_check_value(const struct flag *flag, const struct yaml_node *value, struct err *err) MUST_USE;
/* The number of an int, quantity or duration; NAN when it is none. */
double flag_number(enum flag_type type, const char *text);

/* Fills {service}, {env} and {region}; NULL when one is needed that is not given. free() it. */
char *flag_template_fill(const char *template, const char *service, const char *env, const char *region);
/* Whether a template stays within the repository and away from Git's and the CI's own files. */
int flag_template_check(const char *template, struct err *err) MUST_USE;

/* The JSON schema (draft 2020-12) of a file of values. */
int catalog_write_schema(const struct flag_catalog *catalog, struct buf *out) MUST_USE;

#endif
