/* SPDX-License-Identifier: MIT */
/*
 * Running in a pod without a kubeconfig: the service account's token, authority and namespace stand
 * in a folder, the server in two variables. The token is rotated, so its file is what we keep.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "kubeconfig_internal.h"

static char *account_path(const struct kubeconfig_env *env, const char *name)
{
	return mem_printf("%s/%s", env->account_dir, name);
}

static int is_set(const char *text)
{
	return text && *text;
}

int incluster_is_possible(const struct kubeconfig_env *env)
{
	struct stat about;
	char *path;
	int is_there;

	if (!is_set(env->service_host) || !is_set(env->service_port) || !is_set(env->account_dir))
		return 0;
	path = account_path(env, "token");
	is_there = stat(path, &about) == 0 && !S_ISDIR(about.st_mode);
	free(path);
	return is_there;
}

/* The first line of a small file, or NULL. */
static char *read_word(struct secret_pool *pool, const char *path)
{
	char *bytes = NULL, *word;
	size_t len = 0, start;

	if (secret_read_file(path, SHOWN_MAX, &bytes, &len, NULL))
		return NULL;
	start = strspn(bytes, " \t\r\n");
	word = secret_copy(pool, bytes + start, strcspn(bytes + start, " \t\r\n"));
	secret_free(bytes, len);
	return *word ? word : NULL;
}

static const char *find_namespace(struct secret_pool *pool, const struct kubeconfig_env *env)
{
	char *path, *found;

	if (is_set(env->pod_namespace))
		return secret_string(pool, env->pod_namespace);
	path = account_path(env, "namespace");
	found = read_word(pool, path);
	free(path);
	return found ? found : secret_string(pool, "default");
}

int incluster_resolve(struct kube_access *access, const struct kubeconfig_env *env, struct err *err)
{
	struct secret_pool *pool = &access->memory->pool;
	int is_ipv6 = strchr(env->service_host, ':') != NULL;
	char *ca_path = account_path(env, "ca.crt"), *token_path = account_path(env, "token");
	char *ca = NULL, *token = NULL;
	size_t ca_len = 0, token_len = 0;
	int result = -1;

	access->context = access->cluster = secret_string(pool, "in-cluster");
	access->user = secret_string(pool, "service account");
	access->namespace = find_namespace(pool, env);
	access->in_cluster = 1;
	access->endpoint.url = secret_printf(pool, "https://%s%s%s:%s", is_ipv6 ? "[" : "", env->service_host,
	                                     is_ipv6 ? "]" : "", env->service_port);
	if (secret_read_file(token_path, TOKEN_MAX, &token, &token_len, err)) {
		err_wrap(err, "cannot use the service account");
		goto out;
	}
	/* Without its authority the system's are trusted, as kubectl does: some platforms leave it out. */
	if (secret_read_file(ca_path, PEM_MAX, &ca, &ca_len, NULL) == 0 &&
	    memmem(ca, ca_len, "-----BEGIN ", 11)) {
		access->endpoint.ca_pem = secret_copy(pool, ca, ca_len);
		access->endpoint.ca_pem_len = ca_len;
		access->credential.ca_file = secret_string(pool, ca_path);
	}
	access->credential.where = secret_string(pool, "the service account");
	access->credential.token_file = secret_string(pool, token_path);
	result = 0;
out:
	secret_free(token, token_len);
	secret_free(ca, ca_len);
	free(ca_path);
	free(token_path);
	return result;
}
