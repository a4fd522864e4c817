/* SPDX-License-Identifier: MIT */
/*
 * From a list of Services to those worth trying. A port is chosen by its usual name, then by its
 * usual number, then the first. Headless Services work too: the API server picks one endpoint.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "prom/discover.h"

static const char *const not_these[] = {"exporter", "pushgateway", "operator", "adapter", "sidecar", "ruler", "store",
	"compact", "insert", "webhook", "agent"};
static const char *const port_names[2][6] = {
	[DISCOVER_PROMETHEUS] = {"http-web", "web", "http", "https", "http-query", "query"},
	[DISCOVER_ALERTMANAGER] = {"http-web", "web", "http", "https"},
};
static const int port_numbers[2][4] = {
	[DISCOVER_PROMETHEUS] = {9090, 10902, 8481, 8428},
	[DISCOVER_ALERTMANAGER] = {9093},
};

static int is_excluded(const char *name)
{
	for (size_t i = 0; i < sizeof(not_these) / sizeof(not_these[0]); i++)
		if (strstr(name, not_these[i]))
			return 1;
	return 0;
}

static const cJSON *port_choose(const cJSON *ports, enum discover_what what)
{
	const cJSON *port;
	for (size_t i = 0; i < 6 && port_names[what][i]; i++)
		cJSON_ArrayForEach(port, ports) {
			const char *name = json_string(port, "name");
			if (name && strcmp(name, port_names[what][i]) == 0)
				return port;
		}
	for (size_t i = 0; i < 4 && port_numbers[what][i]; i++)
		cJSON_ArrayForEach(port, ports)
			if (json_int(port, "port", 0) == port_numbers[what][i])
				return port;
	return ports ? ports->child : NULL;
}

static int is_name(const char *text)
{
	return text && *text && strlen(text) < 254 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(text);
}

static void candidate_add(struct discover_found *found, enum discover_what what, const cJSON *service)
{
	const char *name = json_string(service, "metadata/name"), *namespace = json_string(service, "metadata/namespace");
	const cJSON *port = port_choose(json_at(service, "spec/ports"), what);
	char text[DISCOVER_NAME];
	if (found->count == DISCOVER_MAX || !is_name(name) || !is_name(namespace) || is_excluded(name))
		return;
	int64_t number = json_int(port, "port", what == DISCOVER_PROMETHEUS ? 9090 : 9093);
	const char *port_name = json_string(port, "name");
	int tls = number == 443 || number == 8443 || (port_name && strncmp(port_name, "https", 5) == 0);
	int len = snprintf(text, sizeof(text), "%s%s/%s:%d", tls ? "https:" : "", namespace, name, (int)number);
	if (number <= 0 || number > 65535 || len < 0 || (size_t)len >= sizeof(text))
		return;
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->services[i], text) == 0)
			return;
	memcpy(found->services[found->count++], text, (size_t)len + 1);
}

int discover_decode(struct discover_found *found, enum discover_what what, const char *body, size_t len,
                    struct err *err)
{
	cJSON *json = json_parse_heap(body, len, err);
	const cJSON *items = json_get(json, "items"), *item;
	if (!json)
		return -1;
	cJSON_ArrayForEach(item, items)
		candidate_add(found, what, item);
	cJSON_Delete(json);
	return 0;
}
