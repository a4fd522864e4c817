/* SPDX-License-Identifier: MIT */
/*
 * Our side of a context. First what kubectl refuses is refused, whatever the server; then, only when
 * the server has TLS, what proves who we are is taken over. Whom to impersonate is no secret and is
 * sent to a plain server too, as kubectl does.
 */
#include <fcntl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "kubeconfig_internal.h"

enum { HINT_MAX = 300 };

static const struct {
	const char *name;
	enum exec_mode mode;
} modes[] = {
    {"Never", EXEC_NEVER},
    {"IfAvailable", EXEC_IF_AVAILABLE},
    {"Always", EXEC_ALWAYS},
};

static int fail(const struct kubeconfig_entry *user, const char *what, struct err *err)
{
	return err_set(err, "%s: the user \"%.100s\" %s", user->where, user->shown, what);
}

static const struct yaml_node *field_map(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_get(map, key);

	return node && node->kind == YAML_MAP ? node : NULL;
}

static int is_readable(struct secret_pool *pool, const struct kubeconfig_entry *user, const char *key,
                       struct err *err)
{
	const char *path = path_from(pool, user->file, field_text(user->body, key));
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;

	if (path && fd < 0)
		return err_set(err, "%s: the user \"%.100s\": cannot open the %s %.250s: %s", user->where,
		               user->shown, key, path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return 0;
}

static int check_certificate(struct secret_pool *pool, const struct kubeconfig_entry *user, struct err *err)
{
	const char *cert = field_text(user->body, "client-certificate");
	const char *cert_data = field_text(user->body, "client-certificate-data");
	const char *key = field_text(user->body, "client-key");
	const char *key_data = field_text(user->body, "client-key-data");

	if (!cert && !cert_data)
		return 0;
	if (cert && cert_data)
		return fail(user, "has both client-certificate and client-certificate-data; remove one", err);
	if (key && key_data)
		return fail(user, "has both client-key and client-key-data; remove one", err);
	if (!key && !key_data)
		return fail(user, "has a client certificate without client-key or client-key-data", err);
	if (is_readable(pool, user, "client-certificate", err) || is_readable(pool, user, "client-key", err))
		return -1;
	return 0;
}

/* The mode, -1 when it is missing or unknown. Before v1 it could be left out. */
static int exec_mode(const struct yaml_node *exec)
{
	const char *mode = field_text(exec, "interactiveMode");
	const char *version = field_text(exec, "apiVersion");

	if (!mode)
		return version && (strcmp(version, "client.authentication.k8s.io/v1beta1") == 0 ||
		                   strcmp(version, "client.authentication.k8s.io/v1alpha1") == 0)
		           ? EXEC_IF_AVAILABLE
		           : -1;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, mode) == 0)
			return modes[i].mode;
	return -1;
}

static int check_exec(const struct kubeconfig_entry *user, const struct yaml_node *exec, struct err *err)
{
	const struct yaml_node *env = yaml_get(exec, "env");

	if (!exec)
		return 0;
	if (field_map(user->body, "auth-provider"))
		return fail(user, "has both exec and auth-provider; remove one", err);
	if (!field_text(exec, "command"))
		return fail(user, "has an exec plugin without \"command\"", err);
	if (!field_text(exec, "apiVersion"))
		return fail(
		    user,
		    "has an exec plugin without \"apiVersion\"; expected client.authentication.k8s.io/v1",
		    err);
	for (size_t i = 0; env && i < env->count; i++)
		if (!field_text(env->items[i], "name"))
			return fail(
			    user, "has an exec plugin with a variable in \"env\" that has no \"name\"", err);
	if (exec_mode(exec) < 0)
		return fail(
		    user,
		    "has an exec plugin without a valid \"interactiveMode\"; expected Never, IfAvailable or "
		    "Always",
		    err);
	return 0;
}

static int check(struct secret_pool *pool, const struct kubeconfig_entry *user, struct err *err)
{
	const struct yaml_node *body = user->body, *groups = yaml_get(body, "as-groups");
	const struct yaml_node *extra = yaml_get(body, "as-user-extra");
	int is_basic = field_text(body, "username") || field_text(body, "password");

	if (check_certificate(pool, user, err) || check_exec(user, field_map(body, "exec"), err))
		return -1;
	if (is_basic && field_text(body, "token"))
		return fail(user, "has both a token and a username or password; remove one", err);
	if (!field_text(body, "as") &&
	    (field_text(body, "as-uid") || (groups && groups->count) || (extra && extra->count)))
		return fail(user, "has as-uid, as-groups or as-user-extra without \"as\"", err);
	return 0;
}

/* A value of a header may not end it and begin another. */
static int check_header(const struct kubeconfig_entry *user, const char *key, const char *value,
                        struct err *err)
{
	for (; value && *value; value++)
		if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7f)
			return err_set(err, "%s: the user \"%.100s\" has control characters in \"%s\"",
			               user->where, user->shown, key);
	return 0;
}

static const char *text_or_empty(struct secret_pool *pool, const struct yaml_node *node)
{
	const char *text = yaml_string(node);

	return secret_string(pool, text ? text : "");
}

static int impersonation_resolve(struct kube_access *access, const struct kubeconfig_entry *user,
                                 struct err *err)
{
	struct secret_pool *pool = &access->memory->pool;
	struct credential_spec *spec = &access->credential;
	const struct yaml_node *groups = yaml_get(user->body, "as-groups"),
	                       *extra = yaml_get(user->body, "as-user-extra");
	size_t count = 0;
	const char **list;

	spec->as = secret_string(pool, field_text(user->body, "as"));
	spec->as_uid = secret_string(pool, field_text(user->body, "as-uid"));
	if (check_header(user, "as", spec->as, err) || check_header(user, "as-uid", spec->as_uid, err))
		return -1;
	if (groups && groups->count) {
		list = secret_alloc(pool, (groups->count + 1) * sizeof(*list));
		for (size_t i = 0; i < groups->count; i++) {
			list[i] = text_or_empty(pool, groups->items[i]);
			if (check_header(user, "as-groups", list[i], err))
				return -1;
		}
		spec->as_groups = list;
	}
	for (size_t i = 0; extra && i < extra->count; i++)
		count += extra->items[i]->count;
	if (!count)
		return 0;
	list = secret_alloc(pool, (2 * count + 1) * sizeof(*list));
	count = 0;
	for (size_t i = 0; i < extra->count; i++) {
		for (size_t j = 0; j < extra->items[i]->count; j++) {
			list[count++] = secret_string(pool, scalar_key(extra->keys[i]));
			list[count++] = text_or_empty(pool, extra->items[i]->items[j]);
			if (check_header(user, "as-user-extra", list[count - 1], err))
				return -1;
		}
	}
	spec->as_extra = list;
	return 0;
}

/* Decoded bytes of a checked field, or the path of the file beside it. */
static const char *data_or_file(struct kube_access *access, const struct kubeconfig_entry *user,
                                const char *key, const char *data_key, size_t *len, const char **file)
{
	struct secret_pool *pool = &access->memory->pool;
	const char *data = field_text(user->body, data_key);
	const char *copy = NULL;
	struct buf bytes;

	if (!data) {
		*file = path_from(pool, user->file, field_text(user->body, key));
		return NULL;
	}
	buf_init(&bytes, KUBECONFIG_MAX);
	if (base64_decode(data, strlen(data), &bytes) == 0) {
		copy = secret_copy(pool, buf_string(&bytes), bytes.len);
		*len = bytes.len;
	}
	secret_buf_release(&bytes);
	return copy;
}

static int certificate_resolve(struct kube_access *access, const struct kubeconfig_entry *user,
                               struct err *err)
{
	struct credential_spec *spec = &access->credential;

	if (!field_text(user->body, "client-certificate") &&
	    !field_text(user->body, "client-certificate-data"))
		return 0; /* a key alone proves nothing, and kubectl passes over it */
	spec->cert_data = data_or_file(access, user, "client-certificate", "client-certificate-data",
	                               &spec->cert_data_len, &spec->cert_file);
	spec->key_data =
	    data_or_file(access, user, "client-key", "client-key-data", &spec->key_data_len, &spec->key_file);
	if (spec->cert_data &&
	    !memmem(spec->cert_data, spec->cert_data_len, "-----BEGIN CERTIFICATE-----", 27))
		return fail(user, "has client-certificate-data that is no certificate in PEM", err);
	if (spec->key_data && !memmem(spec->key_data, spec->key_data_len, "PRIVATE KEY-----", 16))
		return fail(user, "has client-key-data that is no private key in PEM", err);
	return 0;
}

static int token_resolve(struct kube_access *access, const struct kubeconfig_entry *user, struct err *err)
{
	struct secret_pool *pool = &access->memory->pool;
	struct credential_spec *spec = &access->credential;

	spec->token = secret_string(pool, field_text(user->body, "token"));
	spec->token_file = path_from(pool, user->file, field_text(user->body, "tokenFile"));
	spec->username = secret_string(pool, field_text(user->body, "username"));
	spec->password = secret_string(pool, field_text(user->body, "password"));
	if (check_header(user, "token", spec->token, err))
		return -1;
	if (spec->token_file && (spec->username || spec->password))
		return fail(user, "has both a tokenFile and a username or password; remove one", err);
	return spec->token_file && !spec->token ? is_readable(pool, user, "tokenFile", err) : 0;
}

static const char *const *exec_env(struct secret_pool *pool, const struct yaml_node *env)
{
	const char **list;

	if (!env || !env->count)
		return NULL;
	list = secret_alloc(pool, (env->count + 1) * sizeof(*list));
	for (size_t i = 0; i < env->count; i++) {
		const char *value = yaml_string(yaml_get(env->items[i], "value"));

		list[i] = secret_printf(pool, "%s=%s", field_text(env->items[i], "name"), value ? value : "");
	}
	return list;
}

static const char *const *exec_args(struct secret_pool *pool, const struct yaml_node *args)
{
	const char **list;

	if (!args || !args->count)
		return NULL;
	list = secret_alloc(pool, (args->count + 1) * sizeof(*list));
	for (size_t i = 0; i < args->count; i++)
		list[i] = text_or_empty(pool, args->items[i]);
	return list;
}

static int exec_resolve(struct kube_access *access, const struct kubeconfig_entry *user,
                        const struct kubeconfig_entry *cluster, struct err *err)
{
	struct secret_pool *pool = &access->memory->pool;
	struct credential_spec *spec = &access->credential;
	const struct yaml_node *exec = field_map(user->body, "exec");
	const char *version = field_text(exec, "apiVersion"), *command = field_text(exec, "command");
	const char *hint = field_text(exec, "installHint");
	char *safe_hint;

	if (!exec)
		return 0;
	if (strcmp(version, "client.authentication.k8s.io/v1") != 0 &&
	    strcmp(version, "client.authentication.k8s.io/v1beta1") != 0)
		return fail(user,
		            "has an exec plugin of an apiVersion that is not known; expected "
		            "client.authentication.k8s.io/v1 or v1beta1",
		            err);
	/* Whoever has a credential already runs no plugin. */
	if (spec->token || spec->token_file || spec->username || spec->password || spec->cert_data ||
	    spec->cert_file)
		return 0;
	safe_hint = utf8_sanitised(hint ? hint : "", hint ? strlen(hint) : 0, HINT_MAX);
	spec->exec = (struct exec_spec){
	    .api_version = secret_string(pool, version),
	    .command =
	        strchr(command, '/') ? path_from(pool, user->file, command) : secret_string(pool, command),
	    .args = exec_args(pool, yaml_get(exec, "args")),
	    .env = exec_env(pool, yaml_get(exec, "env")),
	    .mode = (enum exec_mode)exec_mode(exec),
	    .provide_cluster = field_bool(exec, "provideClusterInfo"),
	    .cluster_json = cluster_for_plugin(access, cluster),
	    .install_hint = secret_string(pool, safe_hint),
	};
	free(safe_hint);
	return 0;
}

static int has_credential(const struct credential_spec *spec)
{
	return spec->token || spec->token_file || spec->username || spec->cert_data || spec->cert_file ||
	       spec->exec.command;
}

int user_resolve(struct kube_access *access, const struct kubeconfig_entry *user,
                 const struct kubeconfig_entry *cluster, struct err *err)
{
	struct credential_spec *spec = &access->credential;
	const struct yaml_node *provider = field_map(user->body, "auth-provider");

	spec->where =
	    secret_printf(&access->memory->pool, "%s: the user \"%.100s\"", user->where, user->shown);
	if (check(&access->memory->pool, user, err) || impersonation_resolve(access, user, err))
		return -1;
	if (access->is_plain)
		return 0;
	if (certificate_resolve(access, user, err) || token_resolve(access, user, err) ||
	    exec_resolve(access, user, cluster, err))
		return -1;
	if (provider)
		return fail(user,
		            "has an auth-provider, which is not supported; use an exec plugin: "
		            "https://kubernetes.io/docs/reference/access-authn-authz/authentication/",
		            err);
	if (!has_credential(spec))
		return fail(
		    user,
		    "has no credential: no token, no client certificate, no password and no exec plugin",
		    err);
	return 0;
}
