/* SPDX-License-Identifier: MIT */
/*
 * Go's rules (golang.org/x/net/http/httpproxy), read entry by entry on every call: it happens once
 * per server, and a list that is never kept can never be stale.
 */
#include "net/proxy.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_LEN = 253, ENTRY_MAX = 320 };

/* An address of 4 or 16 bytes; an IPv4 one in IPv6 clothes counts as IPv4, as in Go. */
struct address {
	size_t len;
	uint8_t bytes[16];
};

static int address_parse(struct address *address, const char *text)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (inet_pton(AF_INET, text, address->bytes) == 1) {
		address->len = 4;
		return 0;
	}
	if (inet_pton(AF_INET6, text, address->bytes) != 1)
		return -1;
	address->len = 16;
	if (memcmp(address->bytes, mapped, sizeof(mapped)) == 0) {
		memmove(address->bytes, address->bytes + 12, 4);
		address->len = 4;
	}
	return 0;
}

static int address_is_in(const struct address *address, const struct address *range, unsigned long bits)
{
	size_t whole = bits / 8;
	unsigned rest = (unsigned)(bits % 8);

	if (address->len != range->len || memcmp(address->bytes, range->bytes, whole) != 0)
		return 0;
	return rest == 0 || (address->bytes[whole] ^ range->bytes[whole]) >> (8 - rest) == 0;
}

/* "10.0.0.0/8". Returns 0 and the number of leading bits, or -1 when the text is no range. */
static int range_parse(const char *text, struct address *range, unsigned long *bits)
{
	const char *slash = strchr(text, '/');
	char base[INET6_ADDRSTRLEN + 1];
	char *end;

	if (!slash || (size_t)(slash - text) >= sizeof(base) || !isdigit((unsigned char)slash[1]))
		return -1;
	memcpy(base, text, (size_t)(slash - text));
	base[slash - text] = '\0';
	*bits = strtoul(slash + 1, &end, 10);
	if (*end || address_parse(range, base) || *bits > 8 * range->len)
		return -1;
	return 0;
}

/* Takes ":port" off the entry's end. As in Go, bare IPv6 addresses have no port. */
static char *port_split(char *entry)
{
	char *colon = strrchr(entry, ':');
	char *end;

	if (entry[0] == '[') {
		end = strchr(entry, ']');
		if (!end || (end[1] && end[1] != ':'))
			return NULL;
		colon = end[1] ? end + 1 : NULL;
		*end = '\0';
		memmove(entry, entry + 1, strlen(entry + 1) + 1);
		return colon ? colon + 1 : NULL;
	}
	if (!colon || strchr(entry, ':') != colon)
		return NULL;
	*colon = '\0';
	return colon + 1;
}

static int name_matches(const char *pattern, const char *host)
{
	size_t host_len = strlen(host);
	size_t len;
	int exact;

	if (strncmp(pattern, "*.", 2) == 0)
		pattern++;
	exact = pattern[0] != '.';
	if (exact && strcasecmp(pattern, host) == 0)
		return 1;
	if (!exact)
		pattern++;
	len = strlen(pattern);
	return host_len > len && host[host_len - len - 1] == '.' &&
	       strcasecmp(host + host_len - len, pattern) == 0;
}

static int entry_matches(char *entry, const char *host, const struct address *address, const char *port)
{
	struct address other;
	unsigned long bits;
	const char *entry_port;

	if (strcmp(entry, "*") == 0)
		return 1;
	if (range_parse(entry, &other, &bits) == 0)
		return address && address_is_in(address, &other, bits);
	entry_port = port_split(entry);
	if (!entry[0])
		return 0;
	if (address_parse(&other, entry) == 0) {
		if (!address || !address_is_in(address, &other, 8 * other.len))
			return 0;
	} else if (!name_matches(entry, host)) {
		return 0;
	}
	return !entry_port || !entry_port[0] || strcmp(entry_port, port) == 0;
}

static int list_matches(const char *list, const char *host, const struct address *address, const char *port)
{
	char entry[ENTRY_MAX];

	while (list && *list) {
		size_t len = strcspn(list, ",");
		const char *next = list[len] ? list + len + 1 : NULL;

		while (len && isspace((unsigned char)*list))
			list++, len--;
		while (len && isspace((unsigned char)list[len - 1]))
			len--;
		if (len && len < sizeof(entry)) { /* a longer one names no host that exists */
			memcpy(entry, list, len);
			entry[len] = '\0';
			if (entry_matches(entry, host, address, port))
				return 1;
		}
		list = next;
	}
	return 0;
}

static int is_loopback(const struct address *address)
{
	static const uint8_t one[16] = {[15] = 1};

	return address->len == 4 ? address->bytes[0] == 127 : memcmp(address->bytes, one, sizeof(one)) == 0;
}

static const char *environment(const char *upper, const char *lower)
{
	const char *value = getenv(upper);

	return value && *value ? value : getenv(lower);
}

void proxy_from_environment(struct proxy_settings *settings)
{
	const char *cgi = getenv("REQUEST_METHOD");

	settings->https = environment("HTTPS_PROXY", "https_proxy");
	settings->http = cgi && *cgi ? NULL : environment("HTTP_PROXY", "http_proxy");
	settings->skip = environment("NO_PROXY", "no_proxy");
}

const char *proxy_choose(const struct proxy_settings *settings, int tls, const char *host, int port)
{
	const char *proxy = tls ? settings->https : settings->http;
	struct address address;
	int is_address = address_parse(&address, host) == 0;
	char digits[12];

	if (!proxy || !*proxy || strlen(host) > NAME_MAX_LEN)
		return NULL;
	if (strcasecmp(host, "localhost") == 0 || (is_address && is_loopback(&address)))
		return NULL;
	snprintf(digits, sizeof(digits), "%d", port);
	return list_matches(settings->skip, host, is_address ? &address : NULL, digits) ? NULL : proxy;
}

int host_is_near(const char *host)
{
	static const char *const ranges[] = {"127.0.0.0/8",    "10.0.0.0/8",     "172.16.0.0/12",
	                                     "192.168.0.0/16", "169.254.0.0/16", "::1/128",
	                                     "fc00::/7",       "fe80::/10"};
	struct address address, range;
	unsigned long bits;

	if (strcasecmp(host, "localhost") == 0)
		return 1;
	if (address_parse(&address, host))
		return 0;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (range_parse(ranges[i], &range, &bits) == 0 && address_is_in(&address, &range, bits))
			return 1;
	return 0;
}
