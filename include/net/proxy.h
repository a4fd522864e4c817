/* SPDX-License-Identifier: MIT */
#ifndef NET_PROXY_H
#define NET_PROXY_H

/*
 * Which proxy the environment asks for, by the rules of Go's net/http, so that we go the same way
 * as kubectl: HTTPS_PROXY and HTTP_PROXY by the scheme of the target, NO_PROXY with names (and
 * what is under them), ".suffix", "*.suffix", addresses, CIDR ranges, each with an optional port
 * but the ranges, and "*". "localhost" and loopback addresses never use a proxy.
 */
struct proxy_settings {
	const char *https; /* NULL or "": none */
	const char *http;
	const char *skip;
};

/* Upper case first, then lower case. HTTP_PROXY is left out under CGI, where a client can set it.
 * The strings belong to the environment. */
void proxy_from_environment(struct proxy_settings *settings);

/* The proxy's address as it was set (with or without a scheme), or NULL: connect directly. `host`
 * is a name or an address without brackets. */
const char *proxy_choose(const struct proxy_settings *settings, int tls, const char *host, int port);

/* Whether host is "localhost" or an address of a loopback, link-local or private range. */
int host_is_near(const char *host);

#endif
