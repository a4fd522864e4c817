/* SPDX-License-Identifier: MIT */
/* Paths: spec.ports[0]."a.b". Steps point into a copy of the text, which is unquoted in place. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "yaml_edit_tree.h"

/* Takes one key off *at, which begins with it; quotes go. NULL: it is none. */
static char *key_take(char **at)
{
	char *start = *at, *out = *at;
	if (**at != '"') {
		*at += strcspn(*at, ".[\"");
		return *at == start || **at == '"' ? NULL : start;
	}
	for ((*at)++; **at && **at != '"'; (*at)++) {
		if (**at == '\\' && (*at)[1])
			(*at)++;
		*out++ = **at;
	}
	if (**at != '"' || out == start)
		return NULL;
	(*at)++;
	if (**at && **at != '.' && **at != '[')
		return NULL;
	*out = '\0'; /* at the latest where the closing quote stood */
	return start;
}

static int index_take(char **at, size_t *index)
{
	char *end;
	if (!isdigit((unsigned char)(*at)[1]))
		return -1;
	*index = strtoul(*at + 1, &end, 10);
	if (*end != ']' || end - *at > 8)
		return -1;
	*at = end + 1;
	return **at && **at != '.' && **at != '[' ? -1 : 0;
}

int edit_path_parse(struct edit_path *path, const char *text, struct err *err)
{
	char *at;
	*path = (struct edit_path){.text = mem_copy_string(text)};
	at = path->text;
	while (*at) {
		struct edit_step step = {0};
		if (path->count == EDIT_STEPS_MAX)
			goto bad;
		if (*at == '[' ? index_take(&at, &step.index) < 0 : !(step.key = key_take(&at)))
			goto bad;
		path->steps[path->count++] = step;
		if (*at == '.') {
			*at++ = '\0';
			if (!*at || *at == '[')
				goto bad;
		} else if (*at == '[') {
			/* The key before must end here: the index is read first, from a copy of its bracket. */
			char *bracket = at;
			struct edit_step index = {0};
			while (*at == '[') {
				if (path->count == EDIT_STEPS_MAX || index_take(&at, &index.index) < 0)
					goto bad;
				path->steps[path->count++] = index;
			}
			*bracket = '\0';
			if (*at == '.' && (!*++at || *at == '['))
				goto bad;
		}
	}
	if (path->count)
		return 0;
bad:
	edit_path_release(path);
	return err_set(err, "\"%.80s\" is no path: write keys joined by dots and indexes in brackets, as in "
	               "spec.ports[0].name, and quote keys that hold a dot", text);
}

void edit_path_release(struct edit_path *path)
{
	free(path->text);
	*path = (struct edit_path){0};
}

void edit_path_write(const struct edit_path *path, size_t count, char *out, size_t size)
{
	struct text text = text_in(out, size);
	for (size_t i = 0; i < count; i++) {
		const struct edit_step *step = &path->steps[i];
		if (!step->key)
			text_printf(&text, "[%zu]", step->index);
		else if (step->key[strcspn(step->key, ".[\"")])
			text_printf(&text, "%s\"%s\"", i ? "." : "", step->key);
		else
			text_printf(&text, "%s%s", i ? "." : "", step->key);
	}
}
