/* SPDX-License-Identifier: MIT */
/* A file server for one folder. */
#include "report/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/server.h"
#include "report/site.h"

enum { FILE_MAX = 64 << 20 };

struct site_server {
	struct server *server;
	char *folder;
};

int site_host_is_ours(const char *host)
{
	static const char *const ours[] = {"127.0.0.1", "localhost", "[::1]"};
	for (size_t i = 0; host && i < 3; i++) {
		size_t len = strlen(ours[i]);
		if (strncasecmp(host, ours[i], len) == 0 &&
		    (!host[len] || (host[len] == ':' && host[len + 1] &&
		                    strspn(host + len + 1, "0123456789") == strlen(host + len + 1))))
			return 1;
	}
	return 0;
}

char *site_path(const char *folder, const char *path)
{
	if (path[0] != '/' || strstr(path, "/.") || strchr(path, '\\'))
		return NULL;
	if (strcmp(path, "/") == 0)
		path = "/index.html";
	return mem_printf("%s%s", folder, path);
}

static void handle(void *arg, struct server_call *call, const struct server_request *request)
{
	static const char headers[] =
	    "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n"
	    "Cache-Control: no-cache\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; "
	    "style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action "
	    "'none'; "
	    "frame-ancestors 'none'\r\n";
	const struct site_server *site = arg;
	char host[300];
	struct buf bytes;
	if (!site_host_is_ours(server_header(request, "host", host, sizeof(host)))) {
		call_reply(call, 421, "text/plain", headers, "not here\n", 9);
		return;
	}
	if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0) {
		call_reply(call, 405, "text/plain", headers, "only GET\n", 9);
		return;
	}
	char *path = site_path(site->folder, request->path);
	buf_init(&bytes, FILE_MAX);
	if (!path || buf_read_file(&bytes, path, NULL) < 0)
		call_reply(call, 404, "text/plain", headers, "there is no such file\n", 22);
	else
		call_reply(call, 200, site_type(path), headers, buf_string(&bytes), bytes.len);
	buf_release(&bytes);
	free(path);
}

struct site_server *site_serve(struct loop *loop, const char *folder, int port, struct err *err)
{
	struct site_server *site = mem_new(sizeof(*site));
	const struct server_options options = {.port = port, .handle = handle, .arg = site};
	site->folder = mem_copy_string(folder);
	site->server = server_new(loop, &options, err);
	if (site->server)
		return site;
	site_server_free(site);
	return NULL;
}

void site_server_free(struct site_server *site)
{
	if (!site)
		return;
	if (site->server)
		server_free(site->server);
	free(site->folder);
	free(site);
}

int site_server_port(const struct site_server *site)
{
	return server_port(site->server);
}
