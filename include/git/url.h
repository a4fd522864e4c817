/* SPDX-License-Identifier: MIT */
#ifndef GIT_URL_H
#define GIT_URL_H

#include "base/err.h"
#include "base/text.h"

/*
 * Addresses of repositories: of the configuration only, never of a cluster's object. Pure.
 * "https://host/path", "ssh://host/path" and ssh's "user@host:path" are good; http, and files
 * ("file:///path", "/path"), only where the configuration says `insecure`, for demonstrations and
 * tests. What names another transport ("ext::…"), or would read as an option, never is.
 */
int url_check(const char *url, int insecure, struct err *err) MUST_USE;
/* The address as it may be shown: without user name and password, query and fragment, sanitised. */
void url_show(const char *url, struct text *out);
/* "host/path" without scheme, user, port, ".git" and slashes at the end, host in lower case: the
 * same for all ways to one repository. */
void url_identity(const char *url, struct text *out);
/* For GIT_ALLOW_PROTOCOL. */
const char *url_protocols(int insecure);

#endif
