/* SPDX-License-Identifier: MIT */
#ifndef KUBE_KUBECONFIG_INTERNAL_H
#define KUBE_KUBECONFIG_INTERNAL_H

#include "base/json.h"
#include "base/vec.h"
#include "base/yaml.h"
#include "credential_secret.h"
#include "kube/kubeconfig.h"

enum {
	SHOWN_MAX = 256,   /* bytes of a name on the screen */
	PEM_MAX = 4 << 20, /* certificates, keys and bundles of authorities */
	TOKEN_MAX = 1 << 20,
	KUBECONFIG_MAX = 16 << 20,
};

struct kubeconfig_file {
	char *path;  /* as given */
	char *shown; /* safe to draw */
	char *dir;   /* absolute: what relative paths in it are relative to */
	struct yaml yaml;
};

/* A named cluster, user or context of the merged configuration. */
struct kubeconfig_entry {
	const char *name; /* raw; in the file's tree */
	char *shown;
	const struct yaml_node *body; /* of "cluster:", "user:" or "context:"; NULL when it is not there */
	const struct kubeconfig_file *file;
	char *where; /* "file:line" */
};

struct kubeconfig_memory {
	struct vec files;                     /* of struct kubeconfig_file */
	struct vec clusters, users, contexts; /* of struct kubeconfig_entry */
	const char *current;                  /* raw, or NULL */
	char *current_where;
	char *searched;           /* the paths that were looked for, for messages */
	struct secret_pool texts; /* what struct kubeconfig shows, and the surroundings */
	struct kubeconfig_env env;
};

struct kube_access_memory {
	struct secret_pool pool;
};

/* kubeconfig_scalar.c: what YAML 1.1 makes of a scalar, which is what kubectl reads. */
enum scalar_kind { SCALAR_NULL, SCALAR_BOOL, SCALAR_NUMBER, SCALAR_STRING };
enum scalar_kind scalar_kind(const struct yaml_node *node);
int scalar_is_true(const struct yaml_node *node);
/* A key as kubectl's JSON has it: "n" is "false" there. */
const char *scalar_key(const struct yaml_node *key);
/* A node as JSON; free with cJSON_Delete. */
cJSON *yaml_to_json(const struct yaml_node *node);

/* kubeconfig_check.c: the types of all fields that kubectl knows, as kubectl's decoder wants them. */
int kubeconfig_check(const struct kubeconfig_file *file, struct err *err) MUST_USE;

/* Of a checked tree: a text that is not empty, or NULL. */
const char *field_text(const struct yaml_node *map, const char *key);
int field_bool(const struct yaml_node *map, const char *key);
const struct kubeconfig_entry *entry_find(const struct vec *entries, const char *name);
/* kubeconfig_path.c: the absolute folder of a path; free(). */
char *path_folder(const char *path);
/* A path in a file, made absolute by the file's folder; NULL gives NULL. */
char *path_from(struct secret_pool *pool, const struct kubeconfig_file *file, const char *path);
/* Wipes a tree's texts and releases it. */
void yaml_wipe(struct yaml *yaml);
/* A text made safe to draw, cut at SHOWN_MAX. */
char *shown_text(const char *text);

/* kubeconfig_cluster.c: fills access->endpoint, is_plain and the CA file of the credential. */
int cluster_resolve(struct kube_access *access, const struct kubeconfig_entry *cluster,
                    struct err *err) MUST_USE;
/* spec.cluster for a plugin. `cluster` is that of cluster_resolve. */
char *cluster_for_plugin(struct kube_access *access, const struct kubeconfig_entry *cluster);

/* kubeconfig_user.c: fills access->credential; its endpoint is known already. */
int user_resolve(struct kube_access *access, const struct kubeconfig_entry *user,
                 const struct kubeconfig_entry *cluster, struct err *err) MUST_USE;

/* incluster.c */
int incluster_is_possible(const struct kubeconfig_env *env);
int incluster_resolve(struct kube_access *access, const struct kubeconfig_env *env, struct err *err) MUST_USE;

#endif
