/* SPDX-License-Identifier: MIT */
/* The JSON schema of the values, from the catalog: keys with dots become nested objects. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "flag/catalog.h"

static cJSON *flag_schema(const struct flag *flag)
{
	static const char *const types[FLAG_TYPES] = {"boolean", "integer", "string", "string", "string", "string", "array", "object"};
	static const char *const patterns[FLAG_TYPES] = {[FLAG_QUANTITY] = "^[0-9.]+(m|u|n|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$",
	                                                 [FLAG_DURATION] = "^([0-9.]+(ms|s|m|h|d))+$"};
	cJSON *schema = cJSON_CreateObject();
	const char *pattern = flag->pattern ? flag->pattern : patterns[flag->type];
	if (flag->type == FLAG_QUANTITY) { /* a bare number is one too */
		cJSON *both = cJSON_AddArrayToObject(schema, "type");
		cJSON_AddItemToArray(both, cJSON_CreateString("string"));
		cJSON_AddItemToArray(both, cJSON_CreateString("number"));
	} else {
		cJSON_AddStringToObject(schema, "type", types[flag->type]);
	}
	if (flag->docs)
		cJSON_AddStringToObject(schema, "description", flag->docs);
	if (pattern)
		cJSON_AddStringToObject(schema, "pattern", pattern);
	if (flag->type == FLAG_INT && !isnan(flag->min))
		cJSON_AddNumberToObject(schema, "minimum", flag->min);
	if (flag->type == FLAG_INT && !isnan(flag->max))
		cJSON_AddNumberToObject(schema, "maximum", flag->max);
	if (flag->type == FLAG_ENUM) {
		cJSON *values = cJSON_AddArrayToObject(schema, "enum");
		for (size_t i = 0; i < flag->values.count; i++)
			cJSON_AddItemToArray(values, cJSON_CreateString(flag->values.items[i]));
	}
	return schema;
}

/* The properties of the object that holds the last part of the path; *last is that part. */
static cJSON *properties_for(cJSON *root, char *path, const char **last)
{
	cJSON *properties = cJSON_GetObjectItemCaseSensitive(root, "properties");
	char *at = path, *dot;
	while ((dot = strchr(at, '.'))) {
		*dot = '\0';
		cJSON *child = cJSON_GetObjectItemCaseSensitive(properties, at);
		if (!child) {
			child = cJSON_AddObjectToObject(properties, at);
			cJSON_AddStringToObject(child, "type", "object");
			cJSON_AddObjectToObject(child, "properties");
			cJSON_AddFalseToObject(child, "additionalProperties");
		}
		properties = cJSON_GetObjectItemCaseSensitive(child, "properties");
		at = dot + 1;
	}
	*last = at;
	return properties;
}

int catalog_write_schema(const struct flag_catalog *catalog, struct buf *out)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "$schema", "https://json-schema.org/draft/2020-12/schema");
	cJSON_AddStringToObject(root, "title", "Values of the platform's flags");
	cJSON_AddStringToObject(root, "type", "object");
	cJSON_AddObjectToObject(root, "properties");
	cJSON_AddFalseToObject(root, "additionalProperties");
	for (size_t i = 0; i < catalog->count; i++) {
		char *path = mem_copy_string(catalog->flags[i].path);
		const char *last;
		cJSON *properties = properties_for(root, path, &last);
		if (properties)
			cJSON_AddItemToObject(properties, last, flag_schema(&catalog->flags[i]));
		free(path);
	}
	cJSON *properties = cJSON_GetObjectItemCaseSensitive(root, "properties");
	for (size_t i = 0; i < catalog->others.count; i++)
		if (!cJSON_GetObjectItemCaseSensitive(properties, catalog->others.items[i]))
			cJSON_AddObjectToObject(properties, catalog->others.items[i]);
	int result = json_write(out, root, 1);
	cJSON_Delete(root);
	return result;
}
