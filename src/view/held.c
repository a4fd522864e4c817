/* SPDX-License-Identifier: MIT */
/* The sentence about who holds an object, the same wherever it stands. */
#include "view/held.h"

#include "model/census.h"
#include "view/age.h"

enum { SENTENCE = 512, WORDS = 256 };

static void add_time(const struct scene *scene, const struct held *held, struct text *out)
{
	char age[32];
	if (held->since_ms) {
		text_add(out, " for ");
		age_text(scene->now_ms, held->since_ms, out);
	}
	if (!held->until_ms)
		return;
	int over = held->until_ms <= scene->now_ms;
	struct text text = text_in(age, sizeof(age));
	age_text(over ? scene->now_ms : held->until_ms, over ? held->until_ms : scene->now_ms, &text);
	text_printf(out, over ? ", due %s ago" : ", due in %s", age);
}

static void add_release(const struct scene *scene, const struct held_row *row, struct text *out)
{
	char key[KEYMAP_HINT] = "";
	enum action_id action = action_find(row->action);
	text_printf(out, "; %s", row->release);
	if (scene->keymap && action != ACTION_NONE && keymap_hint(scene->keymap, action, SCOPE_GLOBAL, key) == 0)
		text_printf(out, " (%s)", key);
}

int page_holds(struct page *page, const struct scene *scene, const struct cluster *cluster, const struct object *object,
               const char *title, int column, int width)
{
	const struct hold *hold = object_hold(object);
	int count = 0;
	for (size_t i = 0; i < held_row_count; i++) {
		const struct held_row *row = &held_rows[i];
		char sentence[SENTENCE], by[WORDS] = "";
		struct text text = text_in(sentence, sizeof(sentence)), who = text_in(by, sizeof(by));
		if (!row->matches(object))
			continue;
		int64_t since = hold && hold->since_ms ? hold->since_ms : row->since ? row->since(object) : 0;
		const struct held held = {cluster, object, row, since, hold ? hold->until_ms : 0};
		row->describe(object, &text);
		add_time(scene, &held, &text);
		held_by(&held, &who);
		if (by[0])
			text_printf(&text, ", by %s", by);
		if (*held_why(&held))
			text_printf(&text, ": %s", held_why(&held));
		add_release(scene, row, &text);
		page_line(page);
		page_put(page, STYLE_TEXT, " ");
		page_put(page, STYLE_DIM, count++ ? "" : title);
		page_pad(page, column);
		page_wrap(page, STYLE_WARNING, width, sentence);
	}
	return count;
}
