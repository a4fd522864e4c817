/* SPDX-License-Identifier: MIT */
/* The values of a service, merged from the files of the repository that speak for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/yaml.h"
#include "origin.h"

static cJSON *scalar_json(const struct yaml_node *node)
{
	int flag;
	long number;
	if (yaml_is_null(node))
		return cJSON_CreateNull();
	if (yaml_bool(node, &flag) == 0)
		return cJSON_CreateBool(flag);
	if (node->plain && yaml_int(node, &number) == 0)
		return cJSON_CreateNumber((double)number);
	return cJSON_CreateString(node->value);
}

static cJSON *node_json(const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR)
		return scalar_json(node);
	cJSON *json = node->kind == YAML_LIST ? cJSON_CreateArray() : cJSON_CreateObject();
	for (size_t i = 0; i < node->count; i++)
		if (node->kind == YAML_LIST)
			cJSON_AddItemToArray(json, node_json(node->items[i]));
		else
			cJSON_AddItemToObject(json, node->keys[i]->value, node_json(node->items[i]));
	return json;
}

int values_add(cJSON *values, const char *name, const char *text, struct err *err)
{
	struct yaml yaml = {0};
	if (yaml_parse(&yaml, name, text, strlen(text), err) < 0)
		return -1;
	int result = 0;
	if (yaml.root && yaml.root->kind != YAML_MAP)
		result = err_set(err, "%s: the file is no map", name);
	if (yaml.root && result == 0) {
		cJSON *layer = node_json(yaml.root);
		merge_patch(values, layer);
		cJSON_Delete(layer);
	}
	yaml_release(&yaml);
	return result;
}

cJSON *values_of(const struct snapshot *snapshot, const char *service, const char *env, const char *region,
                 struct err *err)
{
	char paths[5][256];
	cJSON *values = cJSON_CreateObject();
	snprintf(paths[0], sizeof(paths[0]), "platform/defaults.yaml");
	snprintf(paths[1], sizeof(paths[1]), "platform/env/%s.yaml", env);
	snprintf(paths[2], sizeof(paths[2]), "platform/region/%s.yaml", region);
	snprintf(paths[3], sizeof(paths[3]), "services/%s/%s/platform.yaml", service, env);
	snprintf(paths[4], sizeof(paths[4]), "services/%s/%s/%s/platform.yaml", service, env, region);
	for (size_t i = 0; i < 5; i++) {
		const struct origin_file *file = snapshot_file(snapshot, paths[i]);
		if (file && values_add(values, file->path, file->text, err) < 0) {
			cJSON_Delete(values);
			return NULL;
		}
	}
	return values;
}
