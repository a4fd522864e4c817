/* SPDX-License-Identifier: MIT */
/*
 * The server's side of a context: its address, whom to trust and which way to go. An address without
 * a scheme is plain HTTP, as in client-go; to a plain server neither credentials nor trust apply.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "kubeconfig_internal.h"

#define PEM_CERTIFICATE "-----BEGIN CERTIFICATE-----"

static int fail(const struct kubeconfig_entry *cluster, const char *what, struct err *err)
{
	return err_set(err, "%s: the cluster \"%.100s\" %s", cluster->where, cluster->shown, what);
}

/* An address for messages: without the user and password that may stand in it. */
static char *address_shown(const char *address)
{
	const char *scheme = strstr(address, "://");
	const char *rest = scheme ? scheme + 3 : address;
	size_t host_end = strcspn(rest, "/?#");
	const char *at = memrchr(rest, '@', host_end);
	char *without = mem_printf("%.*s%s", (int)(rest - address), address, at ? at + 1 : rest);
	char *shown = shown_text(without);

	free(without);
	return shown;
}

static int fail_address(const struct kubeconfig_entry *cluster, const char *key, const char *address,
                        const char *expected, struct err *err)
{
	char *shown = address_shown(address);

	err_set(err, "%s: the cluster \"%.100s\" has a %s that cannot be used: \"%.150s\"; expected %s",
	        cluster->where, cluster->shown, key, shown, expected);
	free(shown);
	return -1;
}

/* Whether an address has the scheme, in any case. */
static int has_scheme(const char *address, const char *scheme)
{
	size_t len = strlen(scheme);

	return strncasecmp(address, scheme, len) == 0 && strncmp(address + len, "://", 3) == 0;
}

static int is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return 0;
	return 1;
}

static int server_resolve(struct kube_access *access, const struct kubeconfig_entry *cluster, struct err *err)
{
	static const char expected[] = "https://host:port";
	const char *server = field_text(cluster->body, "server");
	const char *host;
	size_t host_len;

	if (!server)
		return fail(cluster, "has no \"server\"", err);
	if (!is_printable(server))
		return fail_address(cluster, "server", server, expected, err);
	if (!strstr(server, "://")) {
		if (server[strcspn(server, "/")] == '/' && strchr(server, '/')[1] != '\0')
			return fail_address(cluster, "server", server, expected, err);
		server = secret_printf(&access->memory->pool, "http://%s", server);
	}
	if (!has_scheme(server, "https") && !has_scheme(server, "http"))
		return fail_address(cluster, "server", server, expected, err);
	host = strstr(server, "://") + 3;
	host_len = strcspn(host, "/?#");
	if (host_len == 0 || host[host_len - 1] == '@' || host[0] == ':')
		return fail_address(cluster, "server", server, expected, err);
	access->is_plain = has_scheme(server, "http");
	access->endpoint.url = secret_copy(&access->memory->pool, server, strcspn(server, "?#"));
	return 0;
}

static int proxy_resolve(struct kube_access *access, const struct kubeconfig_entry *cluster, struct err *err)
{
	const char *proxy = field_text(cluster->body, "proxy-url");

	if (!proxy)
		return 0;
	if (!is_printable(proxy) ||
	    (!has_scheme(proxy, "http") && !has_scheme(proxy, "https") && !has_scheme(proxy, "socks5")))
		return fail_address(cluster, "proxy-url", proxy,
		                    "http://, https:// or socks5:// and host:port", err);
	access->endpoint.proxy_url = secret_string(&access->memory->pool, proxy);
	return 0;
}

/* Decodes a checked field of base64 into the pool; NULL when it is not there. */
static char *data_decode(struct secret_pool *pool, const char *data, size_t *len)
{
	struct buf bytes;
	char *copy = NULL;

	if (!data)
		return NULL;
	buf_init(&bytes, KUBECONFIG_MAX);
	if (base64_decode(data, strlen(data), &bytes) == 0) {
		copy = secret_copy(pool, buf_string(&bytes), bytes.len);
		*len = bytes.len;
	}
	secret_buf_release(&bytes);
	return copy;
}

static int trust_read(struct kube_access *access, const struct kubeconfig_entry *cluster, const char *file,
                      struct err *err)
{
	struct secret_pool *pool = &access->memory->pool;
	char *path = path_from(pool, cluster->file, file);
	char *bytes = NULL;
	size_t len = 0;

	if (secret_read_file(path, PEM_MAX, &bytes, &len, err))
		return err_wrap(err, "%s: the certificate-authority of the cluster \"%.100s\"",
		                cluster->where, cluster->shown);
	access->endpoint.ca_pem = secret_copy(pool, bytes, len);
	access->endpoint.ca_pem_len = len;
	access->credential.ca_file = path;
	secret_free(bytes, len);
	return 0;
}

static int trust_resolve(struct kube_access *access, const struct kubeconfig_entry *cluster, struct err *err)
{
	struct http_endpoint *endpoint = &access->endpoint;
	const char *file = field_text(cluster->body, "certificate-authority");
	const char *data = field_text(cluster->body, "certificate-authority-data");

	if (file && data)
		return fail(cluster,
		            "has both certificate-authority and certificate-authority-data; remove one", err);
	endpoint->insecure = field_bool(cluster->body, "insecure-skip-tls-verify");
	endpoint->tls_name =
	    secret_string(&access->memory->pool, field_text(cluster->body, "tls-server-name"));
	endpoint->ca_pem = data_decode(&access->memory->pool, data, &endpoint->ca_pem_len);
	if (file && trust_read(access, cluster, file, err))
		return -1;
	if (access->is_plain) {
		endpoint->insecure = 0;
		endpoint->tls_name = endpoint->ca_pem = access->credential.ca_file = NULL;
		endpoint->ca_pem_len = 0;
		return 0;
	}
	if (endpoint->insecure && endpoint->ca_pem)
		return fail(cluster, "has a certificate authority and insecure-skip-tls-verify; remove one",
		            err);
	if (endpoint->ca_pem &&
	    !memmem(endpoint->ca_pem, endpoint->ca_pem_len, PEM_CERTIFICATE, strlen(PEM_CERTIFICATE)))
		return fail(cluster,
		            "has a certificate authority without a certificate in it; expected PEM, "
		            "\"" PEM_CERTIFICATE "\"",
		            err);
	return 0;
}

int cluster_resolve(struct kube_access *access, const struct kubeconfig_entry *cluster, struct err *err)
{
	access->endpoint.no_compression = field_bool(cluster->body, "disable-compression");
	if (server_resolve(access, cluster, err) || proxy_resolve(access, cluster, err))
		return -1;
	return trust_resolve(access, cluster, err);
}

/* The extension of that name which kubectl hands to plugins. */
static cJSON *plugin_config(const struct yaml_node *body)
{
	const struct yaml_node *list = yaml_get(body, "extensions");

	for (size_t i = 0; list && i < list->count; i++) {
		const char *name = field_text(list->items[i], "name");

		if (name && strcmp(name, "client.authentication.k8s.io/exec") == 0)
			return yaml_to_json(yaml_get(list->items[i], "extension"));
	}
	return cJSON_CreateNull();
}

char *cluster_for_plugin(struct kube_access *access, const struct kubeconfig_entry *cluster)
{
	const struct http_endpoint *endpoint = &access->endpoint;
	cJSON *object = cJSON_CreateObject();
	struct buf data;
	char *text, *copy;

	buf_init(&data, 2 * PEM_MAX);
	cJSON_AddStringToObject(object, "server", endpoint->url);
	if (endpoint->tls_name)
		cJSON_AddStringToObject(object, "tls-server-name", endpoint->tls_name);
	if (endpoint->insecure)
		cJSON_AddTrueToObject(object, "insecure-skip-tls-verify");
	if (endpoint->ca_pem && base64_encode(endpoint->ca_pem, endpoint->ca_pem_len, &data) == 0)
		cJSON_AddStringToObject(object, "certificate-authority-data", buf_string(&data));
	if (endpoint->proxy_url)
		cJSON_AddStringToObject(object, "proxy-url", endpoint->proxy_url);
	if (endpoint->no_compression)
		cJSON_AddTrueToObject(object, "disable-compression");
	cJSON_AddItemToObject(object, "config", plugin_config(cluster->body));
	text = cJSON_PrintUnformatted(object);
	copy = secret_string(&access->memory->pool, text);
	cJSON_free(text);
	cJSON_Delete(object);
	buf_release(&data);
	return copy;
}
