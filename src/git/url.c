/* SPDX-License-Identifier: MIT */
/* An address is cut into scheme, user, host and path by hand: ssh's short form is no URL. */
#include "git/url.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

struct part {
	const char *at;
	size_t len;
};

struct parts {
	struct part scheme, host, path; /* scheme "" for a path of this machine, "ssh" for the short form */
};

static int part_is(struct part part, const char *word)
{
	return part.len == strlen(word) && strncasecmp(part.at, word, part.len) == 0;
}

/* Leaves user info, query and fragment out. */
static struct parts parts_of(const char *url)
{
	struct parts parts = {.scheme = {url, 0}, .host = {url, 0}, .path = {url, strlen(url)}};
	const char *colon = strchr(url, ':'), *slash = strchr(url, '/'), *rest, *at;
	size_t len;

	if (colon && strncmp(colon, "://", 3) == 0) {
		parts.scheme.len = (size_t)(colon - url);
		rest = colon + 3;
		len = strcspn(rest, "/?#");
		parts.path = (struct part){rest + len, strcspn(rest + len, "?#")};
	} else if (colon && (!slash || colon < slash)) { /* host:path; git reads it so too */
		parts.scheme = (struct part){"ssh", 3};
		rest = url;
		len = (size_t)(colon - url);
		parts.path = (struct part){colon + 1, strlen(colon + 1)};
	} else {
		return parts;
	}
	at = rest;
	for (size_t i = 0; i < len; i++)
		if (rest[i] == '@')
			at = rest + i + 1;
	parts.host = (struct part){at, len - (size_t)(at - rest)};
	return parts;
}

const char *url_protocols(int insecure)
{
	return insecure ? "https:ssh:http:file" : "https:ssh";
}

int url_check(const char *url, int insecure, struct err *err)
{
	struct parts parts = parts_of(url);
	char shown[256];
	struct text text = text_in(shown, sizeof(shown));

	url_show(url, &text);
	for (const char *at = url; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return err_set(err, "the repository address \"%s\" holds a blank or a control character", shown);
	if (*url == '\0' || *url == '-')
		return err_set(err, "\"%s\" is no address of a repository", shown);
	if (strstr(url, "::"))
		return err_set(err, "the repository address \"%s\" names a transport helper, which could run any program; "
		                    "use https or ssh", shown);
	if (parts.scheme.len && !part_is(parts.scheme, "file") && (parts.host.len == 0 || parts.host.at[0] == '-'))
		return err_set(err, "the repository address \"%s\" has no host", shown);
	if (part_is(parts.scheme, "https") || part_is(parts.scheme, "ssh"))
		return 0;
	if (part_is(parts.scheme, "http") || part_is(parts.scheme, "file") || parts.scheme.len == 0) {
		if (insecure)
			return 0;
		return err_set(err, "the repository address \"%s\" is neither https nor ssh, so that nobody proves to be the "
		                    "server; where that is meant, set `insecure: true` beside it", shown);
	}
	return err_set(err, "the repository address \"%s\": git is not asked for \"%.*s\" here; use https or ssh", shown,
	               (int)parts.scheme.len, parts.scheme.at);
}

static void add_part(struct text *out, struct part part, int lower)
{
	char bytes[1024], safe[1024];
	size_t len = part.len < sizeof(bytes) / 4 ? part.len : sizeof(bytes) / 4;

	for (size_t i = 0; i < len; i++)
		bytes[i] = lower ? (char)tolower((unsigned char)part.at[i]) : part.at[i];
	utf8_sanitise(safe, sizeof(safe), bytes, len);
	text_add(out, safe);
}

void url_show(const char *url, struct text *out)
{
	struct parts parts = parts_of(url);
	const char *colon = strchr(url, ':');

	if (parts.scheme.len && colon && strncmp(colon, "://", 3) == 0) {
		add_part(out, parts.scheme, 1);
		text_add(out, "://");
	}
	add_part(out, parts.host, 0);
	if (parts.host.len && colon && strncmp(colon, "://", 3) != 0)
		text_add(out, ":");
	add_part(out, parts.path, 0);
}

void url_identity(const char *url, struct text *out)
{
	struct parts parts = parts_of(url);
	struct part host = parts.host, path = parts.path;

	for (size_t i = 0; i < host.len; i++)
		if (host.at[i] == ':' && !memchr(host.at + i, ']', host.len - i))
			host.len = i;
	while (path.len && path.at[0] == '/')
		path = (struct part){path.at + 1, path.len - 1};
	while (path.len && path.at[path.len - 1] == '/')
		path.len--;
	if (path.len > 4 && strncmp(path.at + path.len - 4, ".git", 4) == 0)
		path.len -= 4;
	add_part(out, host, 1);
	text_add(out, "/");
	add_part(out, path, 0);
}
