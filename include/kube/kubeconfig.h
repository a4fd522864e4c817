/* SPDX-License-Identifier: MIT */
#ifndef KUBE_KUBECONFIG_H
#define KUBE_KUBECONFIG_H

#include <stddef.h>

#include "base/err.h"
#include "kube/credential.h"
#include "net/http.h"

/*
 * Kubeconfig files, read and merged as kubectl does, and what one context in them gives: an address
 * and a way to prove who we are. What kubectl refuses is refused, with the file and line. Unlike
 * kubectl, a context whose cluster or user does not exist is an error, not another server.
 */
struct kubeconfig_context {
	const char *name;      /* safe to draw */
	const char *raw_name;  /* as written: for kubectl's --context. Mostly the same text */
	const char *cluster, *user, *namespace; /* safe to draw; "" when not set */
	const char *where;     /* "/home/ann/.kube/config:12" */
};

struct kubeconfig {
	const struct kubeconfig_context *contexts; /* in the order of files and lines */
	size_t context_count;
	const char *current;   /* current-context, safe to draw; "" when none is set */
	struct kubeconfig_memory *memory;
};

/* The surroundings, injected for tests. NULL strings: not set. */
struct kubeconfig_env {
	const char *kubeconfig;   /* $KUBECONFIG */
	const char *home;         /* $HOME */
	const char *service_host, *service_port; /* $KUBERNETES_SERVICE_HOST, _PORT */
	const char *pod_namespace; /* $POD_NAMESPACE */
	const char *account_dir;  /* /var/run/secrets/kubernetes.io/serviceaccount */
};
void kubeconfig_env_init(struct kubeconfig_env *env); /* from the environment, which it points into */

/*
 * Loads `path` (which must exist), or without one (NULL or "") the files of $KUBECONFIG that exist,
 * or ~/.kube/config. Nothing at all is no error: contexts are then none. A file that cannot be read
 * or understood is. `env` may be NULL: the real one.
 */
int kubeconfig_load(struct kubeconfig *config, const char *path, const struct kubeconfig_env *env,
                    struct err *err) MUST_USE;
void kubeconfig_release(struct kubeconfig *config);

/* Everything to reach one cluster. Strings and secrets belong to it. */
struct kube_access {
	const char *context;      /* name, safe to draw; "in-cluster" for the service account */
	const char *raw_context;  /* for kubectl's --context; NULL in a cluster */
	const char *cluster;      /* name, safe to draw */
	const char *user;         /* name, safe to draw; "" when none */
	const char *namespace;    /* "default" when not set */
	int in_cluster;
	int is_plain;             /* the server has no TLS: nothing secret is in `credential` */
	struct http_endpoint endpoint; /* without client certificate: that is the credential's */
	struct credential_spec credential;
	struct kube_access_memory *memory;
};

/*
 * The access of a context: of `name`, or of current-context without one (NULL or ""). Without a
 * name and without any usable kubeconfig, the service account's when running in a cluster. The
 * access does not depend on `config` afterwards.
 */
int kubeconfig_resolve(const struct kubeconfig *config, const char *name, struct kube_access *access,
                       struct err *err) MUST_USE;
void kube_access_release(struct kube_access *access); /* wipes what is secret */

#endif
