/* SPDX-License-Identifier: MIT */
/* The four shapes of discovery documents become names in one map. */
#include "kube/discovery_decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

enum { RESOURCES_MAX = 20000 }; /* a server with more kinds is not a Kubernetes server */

void discovery_add(struct discovery *discovery, const char *group_version, const char *plural)
{
	if (strchr(plural, '/') || discovery->resources.len >= RESOURCES_MAX) /* a subresource */
		return;
	char *key = mem_printf("%s/%s", group_version, plural);
	if (map_get(&discovery->resources, key))
		free(key);
	else
		map_put(&discovery->resources, key, key);
}

void discovery_break(struct discovery *discovery, const char *group_version)
{
	discovery->broken++;
	snprintf(discovery->broken_name, sizeof(discovery->broken_name), "%s", group_version);
}

/* apidiscovery.k8s.io/v2: items[].versions[].resources[]. */
static void decode_aggregated(struct discovery *discovery, const cJSON *json)
{
	const cJSON *group, *version, *resource;
	cJSON_ArrayForEach(group, json_get(json, "items"))
	{
		const char *group_name = json_string(group, "metadata/name");
		cJSON_ArrayForEach(version, json_get(group, "versions"))
		{
			const char *name = json_string(version, "version"), *fresh = json_string(version, "freshness");
			char group_version[256];
			if (!name)
				continue;
			snprintf(group_version, sizeof(group_version), "%s%s%s", group_name ? group_name : "",
			         group_name && *group_name ? "/" : "", name);
			if (fresh && strcmp(fresh, "Stale") == 0)
				discovery_break(discovery, group_version);
			cJSON_ArrayForEach(resource, json_get(version, "resources"))
			{
				const char *plural = json_string(resource, "resource");
				if (plural)
					discovery_add(discovery, group_version, plural);
			}
		}
	}
}

static void decode_resource_list(struct discovery *discovery, const cJSON *json)
{
	const char *group_version = json_string(json, "groupVersion");
	const cJSON *resource;
	cJSON_ArrayForEach(resource, json_get(json, "resources"))
	{
		const char *plural = json_string(resource, "name");
		if (group_version && plural)
			discovery_add(discovery, group_version, plural);
	}
}

/* APIGroupList: which documents have to be asked for, one by one. */
static void decode_groups(const cJSON *json, struct vec *paths)
{
	const cJSON *group, *version;
	cJSON_ArrayForEach(group, json_get(json, "groups"))
	{
		cJSON_ArrayForEach(version, json_get(group, "versions"))
		{
			const char *name = json_string(version, "groupVersion");
			if (name && paths->len < RESOURCES_MAX)
				vec_push(paths, mem_printf("/apis/%s", name));
		}
	}
}

int discovery_decode(struct discovery *discovery, const char *body, size_t len, struct vec *paths)
{
	cJSON *json = json_parse_heap(body, len, NULL);
	const char *kind = json_string(json, "kind");
	int known = 1;
	if (!kind)
		known = 0;
	else if (strcmp(kind, "APIGroupDiscoveryList") == 0)
		decode_aggregated(discovery, json);
	else if (strcmp(kind, "APIGroupList") == 0)
		decode_groups(json, paths);
	else if (strcmp(kind, "APIVersions") == 0)
		vec_push(paths, mem_copy_string("/api/v1"));
	else if (strcmp(kind, "APIResourceList") == 0)
		decode_resource_list(discovery, json);
	else
		known = 0;
	cJSON_Delete(json);
	return known ? 0 : -1;
}
