/* SPDX-License-Identifier: MIT */
/*
 * From an endpoint to what curl wants. Two things are less than obvious. A TLS name goes into the
 * URL, because curl verifies the URL's host, while connect_to leads to the real one and a Host
 * header names it: what Go's ServerName does. And the proxy is always decided here, "" for none,
 * because curl's own reading of the environment differs from Go's.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "http_internal.h"
#include "net/proxy.h"

/* A part of a parsed URL as a string of ours, or NULL when it has none. */
static char *url_part(CURLU *url, CURLUPart part, unsigned flags)
{
	char *text = NULL;
	char *copy;

	if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
		return NULL;
	copy = mem_copy_string(text);
	curl_free(text);
	return copy;
}

/* A host as addresses are read: without the brackets of IPv6. */
static char *host_bare(const char *host)
{
	size_t len = strlen(host);

	return host[0] == '[' && host[len - 1] == ']' ? mem_copy(host + 1, len - 2) : mem_copy_string(host);
}

/* What people see: made of the parts, so that nothing secret can hide in it. */
static char *shown_make(CURLU *url)
{
	char *scheme = url_part(url, CURLUPART_SCHEME, 0);
	char *host = url_part(url, CURLUPART_HOST, 0);
	char *port = url_part(url, CURLUPART_PORT, 0);
	char *whole = mem_printf("%s://%s%s%s", scheme ? scheme : "", host ? host : "", port ? ":" : "",
	                         port ? port : "");
	char *safe = utf8_sanitised(whole, strlen(whole), 255);

	free(scheme);
	free(host);
	free(port);
	free(whole);
	return safe;
}

static char *host_bracketed(const char *host)
{
	return strchr(host, ':') && host[0] != '[' ? mem_printf("[%s]", host) : mem_copy_string(host);
}

static int proxy_fail(const char *shown, const char *why, struct err *err)
{
	return err_set(err,
	               "cannot use the proxy %s: %s; set it to http://, https://, socks5:// or socks5h:// "
	               "and host:port",
	               shown, why);
}

/* curl's default port of every proxy is 1080 and its socks5 resolves here: neither is Go's. */
static int proxy_set(struct http_target *target, const char *text, struct err *err)
{
	static const struct {
		const char *scheme, *ours, *port;
	} kinds[] = {
	    {"http", "http", "80"},
	    {"https", "https", "443"},
	    {"socks5", "socks5h", "1080"},
	    {"socks5h", "socks5h", "1080"},
	};
	char *with_scheme = strstr(text, "://") ? mem_copy_string(text) : mem_printf("http://%s", text);
	CURLU *url = curl_url();
	char *scheme = NULL, *port = NULL;
	char shown[256];
	size_t i = 0;
	int rc = -1;

	url_shown(with_scheme, shown, sizeof(shown));
	if (!url || curl_url_set(url, CURLUPART_URL, with_scheme, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
		proxy_fail(shown, "its address cannot be read", err);
		goto out;
	}
	scheme = url_part(url, CURLUPART_SCHEME, 0);
	port = url_part(url, CURLUPART_PORT, 0);
	while (i < 4 && (!scheme || strcmp(kinds[i].scheme, scheme) != 0))
		i++;
	if (i == 4) {
		proxy_fail(shown, "its scheme is unknown", err);
		goto out;
	}
	target->proxy_shown = shown_make(url);
	if (curl_url_set(url, CURLUPART_SCHEME, kinds[i].ours, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
	    curl_url_set(url, CURLUPART_PORT, port ? port : kinds[i].port, 0) != CURLUE_OK ||
	    curl_url_set(url, CURLUPART_PATH, "/", 0) != CURLUE_OK ||
	    !(target->proxy = url_part(url, CURLUPART_URL, 0))) {
		proxy_fail(shown, "its address cannot be read", err);
		goto out;
	}
	rc = 0;
out:
	curl_url_cleanup(url);
	free(with_scheme);
	free(scheme);
	free(port);
	return rc;
}

static int proxy_find(struct http_target *target, const struct http_endpoint *endpoint, const char *host,
                      int port, struct err *err)
{
	struct proxy_settings settings;
	const char *chosen = endpoint->proxy_url;
	char *bare;

	if (!chosen || !*chosen) {
		proxy_from_environment(&settings);
		bare = host_bare(host);
		chosen = proxy_choose(&settings, target->tls, bare, port);
		free(bare);
	}
	if (chosen)
		return proxy_set(target, chosen, err);
	target->proxy = mem_copy_string("");
	return 0;
}

static int blob_copy(struct curl_blob *blob, const char *pem, size_t len, const char *what, const char *shown,
                     struct err *err)
{
	if (!pem || !len)
		return 0;
	if (!memmem(pem, len, "-----BEGIN ", 11))
		return err_set(err,
		               "cannot use the %s for %s: it holds no PEM block; expected \"-----BEGIN ...\"",
		               what, shown);
	blob->data = mem_copy(pem, len);
	blob->len = len;
	blob->flags = CURL_BLOB_NOCOPY; /* outlives every handle of the pool */
	return 0;
}

static int tls_set(struct http_target *target, const struct http_endpoint *endpoint, struct err *err)
{
	int has_cert = endpoint->cert_pem && endpoint->cert_pem_len;
	int has_key = endpoint->key_pem && endpoint->key_pem_len;

	if (has_cert != has_key)
		return err_set(
		    err, "cannot use the client %s for %s: its %s is missing; give both or neither",
		    has_cert ? "certificate" : "key", target->shown, has_cert ? "key" : "certificate");
	target->insecure = endpoint->insecure;
	if (blob_copy(&target->ca, endpoint->ca_pem, endpoint->ca_pem_len, "certificate authority",
	              target->shown, err) ||
	    blob_copy(&target->cert, endpoint->cert_pem, endpoint->cert_pem_len, "client certificate",
	              target->shown, err) ||
	    blob_copy(&target->key, endpoint->key_pem, endpoint->key_pem_len, "client key", target->shown,
	              err))
		return -1;
	return 0;
}

/* base, host_header and connect_to: see the top. */
static void names_set(struct http_target *target, const char *tls_name, const char *host, const char *port,
                      const char *prefix)
{
	char *name = host_bracketed(tls_name && *tls_name && target->tls ? tls_name : host);
	char *connect;
	int is_default = strcmp(port, target->tls ? "443" : "80") == 0;

	target->base = mem_printf("%s://%s:%s%s", target->tls ? "https" : "http", name, port, prefix);
	if (strcmp(name, host) != 0) {
		target->host_header =
		    mem_printf("Host: %s%s%s", host, is_default ? "" : ":", is_default ? "" : port);
		connect = mem_printf("::%s:%s", host, port);
		target->connect_to = curl_slist_append(NULL, connect);
		free(connect);
	}
	free(name);
}

int target_init(struct http_target *target, const struct http_endpoint *endpoint, struct err *err)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL, *query = NULL, *bare = NULL;
	char shown[256];
	size_t len;
	int rc = -1;

	*target = (struct http_target){0};
	url_shown(endpoint->url ? endpoint->url : "", shown, sizeof(shown));
	target->shown = mem_copy_string(shown);
	if (!url || !endpoint->url || curl_url_set(url, CURLUPART_URL, endpoint->url, 0) != CURLUE_OK) {
		err_set(err, "cannot use the server address \"%s\": it is no URL; expected https://host:port",
		        shown);
		goto out;
	}
	scheme = url_part(url, CURLUPART_SCHEME, 0);
	host = url_part(url, CURLUPART_HOST, 0);
	port = url_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	path = url_part(url, CURLUPART_PATH, 0);
	query = url_part(url, CURLUPART_QUERY, 0);
	target->user = url_part(url, CURLUPART_USER, CURLU_URLDECODE);
	target->password = url_part(url, CURLUPART_PASSWORD, CURLU_URLDECODE);
	if (!scheme || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) || !host || !port ||
	    query) {
		err_set(err,
		        "cannot use the server address \"%s\": expected http:// or https://, a host, and no "
		        "query",
		        shown);
		goto out;
	}
	free(target->shown);
	target->shown = shown_make(url);
	target->tls = strcmp(scheme, "https") == 0;
	for (len = path ? strlen(path) : 0; len && path[len - 1] == '/'; len--)
		path[len - 1] = '\0';
	names_set(target, endpoint->tls_name, host, port, path ? path : "");
	/* Compressing costs more than it saves on any link faster than about 30 MB/s, so it is asked
	 * for only where the link may be slow: beyond the private ranges. */
	bare = host_bare(host);
	target->gzip = !endpoint->no_compression && !host_is_near(bare);
	if (tls_set(target, endpoint, err) || proxy_find(target, endpoint, host, atoi(port), err))
		goto out;
	rc = 0;
out:
	curl_url_cleanup(url);
	free(scheme);
	free(host);
	free(port);
	free(path);
	free(query);
	free(bare);
	if (rc)
		target_release(target);
	return rc;
}

static void blob_free(struct curl_blob *blob, int secret)
{
	if (blob->data && secret)
		explicit_bzero(blob->data, blob->len);
	free(blob->data);
}

void target_release(struct http_target *target)
{
	free(target->base);
	free(target->shown);
	free(target->host_header);
	curl_slist_free_all(target->connect_to);
	free(target->user);
	free(target->password);
	free(target->proxy);
	free(target->proxy_shown);
	blob_free(&target->ca, 0);
	blob_free(&target->cert, 0);
	blob_free(&target->key, 1);
	*target = (struct http_target){0};
}
