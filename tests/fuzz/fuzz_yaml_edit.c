/* SPDX-License-Identifier: MIT */
/* A path, a value and a document, each on from the first NUL or line: whatever comes of it, the bytes
 * beside the splice stay, and what is refused stays whole. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "flag/yaml_edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const char *old, size_t old_len, const struct buf *now, const struct yaml_edited *done)
{
	size_t tail = old_len - done->offset - done->removed;
	if (done->unchanged)
		return;
	if (now->len != old_len - done->removed + done->added || memcmp(old, buf_string(now), done->offset) != 0 ||
	    memcmp(old + old_len - tail, buf_string(now) + now->len - tail, tail) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const uint8_t *first = len ? memchr(bytes, '\n', len) : NULL;
	const uint8_t *second = first ? memchr(first + 1, '\n', (size_t)(bytes + len - first - 1)) : NULL;
	struct yaml_edited done = {0};
	struct err err = {0};
	struct buf text, out;
	if (!second || len > 65536)
		return 0;
	char *path = mem_copy((const char *)bytes, (size_t)(first - bytes));
	char *value = mem_copy((const char *)first + 1, (size_t)(second - first - 1));
	const char *old = (const char *)second + 1;
	size_t old_len = (size_t)(bytes + len - second - 1), line;
	struct yaml_edit edit = {"fuzz", 0, path, (enum yaml_style)(len % 3), value};
	buf_init(&text, 1 << 20);
	buf_init(&out, 1 << 20);
	for (int set = 0; set < 2; set++) {
		buf_clear(&text);
		if (buf_add(&text, old, old_len) < 0)
			abort();
		int result = set ? yaml_edit_set(&text, &edit, &done, &err) : yaml_edit_delete(&text, &edit, &done, &err);
		if (result == 0)
			check(old, old_len, &text, &done);
		else if (!err.text[0] || text.len != old_len || memcmp(buf_string(&text), old, old_len) != 0)
			abort();
	}
	if (yaml_edit_get(old, old_len, &edit, &out, &line, &err) < 0 && !err.text[0])
		abort();
	buf_release(&text);
	buf_release(&out);
	free(path);
	free(value);
	return 0;
}
