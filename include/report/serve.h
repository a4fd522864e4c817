/* SPDX-License-Identifier: MIT */
#ifndef REPORT_SERVE_H
#define REPORT_SERVE_H

#include "base/err.h"
#include "net/loop.h"

/* Serves a built report on loopback. It answers only to names of this machine (the Host header is
 * checked, so that no web page can read it through a name of its own), and only files of the report. */
struct site_server;

struct site_server *site_serve(struct loop *loop, const char *folder, int port,
                               struct err *err);   /* 0: a free port */
void site_server_free(struct site_server *server); /* NULL is fine */
int site_server_port(const struct site_server *server);
/* Whether a request may be answered: the Host header's value, NULL when there is none. */
int site_host_is_ours(const char *host);
/* The file below the folder that a path means, or NULL: no "..", no hidden files. free() it. */
char *site_path(const char *folder, const char *path);

#endif
