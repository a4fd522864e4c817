/* SPDX-License-Identifier: MIT */
/* A keymap or a theme from a file: refused with words, or usable for every action and element. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "action/keymap.h"
#include "base/utf8.h"
#include "term/theme.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct err err = {0};
	struct theme theme;
	char hint[KEYMAP_HINT];
	struct keymap *keymap = keymap_parse("fuzz", (const char *)bytes, len, &err);
	for (int id = 0; keymap && id < ACTION_COUNT; id++)
		keymap_hint(keymap, (enum action_id)id, ~0u, hint);
	if (!keymap && (!err.text[0] || !utf8_is_safe(err.text, strlen(err.text))))
		abort();
	keymap_free(keymap);
	if (theme_parse(&theme, "fuzz", (const char *)bytes, len, &err) == 0)
		for (uint16_t element = 0; element < ELEMENT_COUNT; element++)
			theme_look(&theme, element, COLORS_16);
	return 0;
}
