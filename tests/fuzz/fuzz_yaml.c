/* SPDX-License-Identifier: MIT */
/* YAML into a tree, walked with its places; and JSON that came from it must be readable. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void walk(const struct yaml_node *node, int depth)
{
	int number;
	long value;
	if (!node || depth > 70)
		return;
	if (node->line < 1 || node->column < 1)
		abort();
	if (yaml_bool(node, &number) < 0 && yaml_int(node, &value) < 0 && yaml_string(node))
		number = (int)strlen(yaml_string(node));
	for (size_t i = 0; i < node->count && i < 50; i++) {
		if (node->kind == YAML_MAP) {
			walk(node->keys[i], depth + 1);
			(void)yaml_get(node, node->keys[i]->value);
		}
		walk(node->items[i], depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct yaml yaml;
	struct err err = {0};
	if (yaml_parse(&yaml, "fuzz", (const char *)bytes, len, &err) < 0) {
		if (!err.text[0] || !utf8_is_safe(err.text, strlen(err.text)))
			abort();
		return 0;
	}
	if (len < 4096)
		walk(yaml.root, 0);
	yaml_release(&yaml);
	return 0;
}
