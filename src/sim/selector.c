/* SPDX-License-Identifier: MIT */
/* Field and label selectors: "status.phase!=Running", "app in (a,b),tier,!canary". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_state.h"
#include "base/mem.h"

enum term_op { TERM_IS, TERM_IS_NOT, TERM_THERE, TERM_ABSENT, TERM_IN, TERM_NOT_IN };

struct term {
	enum term_op op;
	int is_label;
	char *name;   /* a label, or a path with slashes */
	char *values; /* one, or those of a set with commas in front, between and behind */
};

static void term_free(struct term *term)
{
	free(term->name);
	free(term->values);
	free(term);
}

void selector_release(struct selector *selector)
{
	for (size_t i = 0; i < selector->terms.len; i++)
		term_free(selector->terms.items[i]);
	vec_release(&selector->terms);
}

static char *trimmed(const char *text, size_t len)
{
	while (len > 0 && *text == ' ')
		text++, len--;
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return mem_copy(text, len);
}

/* ",a,b," of "(a, b)". */
static char *set_values(const char *text, size_t len)
{
	char *out = mem_new(len + 3), *to = out;
	*to++ = ',';
	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ' && text[i] != '(' && text[i] != ')')
			*to++ = text[i];
	*to = ',';
	return out;
}

static struct term *set_term(const char *text, size_t len, const char *word, enum term_op op)
{
	const char *at = memmem(text, len, word, strlen(word));
	if (!at)
		return NULL;
	struct term *term = mem_new(sizeof(*term));
	term->op = op;
	term->name = trimmed(text, (size_t)(at - text));
	at += strlen(word);
	term->values = set_values(at, len - (size_t)(at - text));
	return term;
}

static struct term *term_parse(const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len);
	struct term *term = NULL;
	if (memchr(text, '(', len))
		term = set_term(text, len, " notin ", TERM_NOT_IN);
	if (!term && memchr(text, '(', len))
		term = set_term(text, len, " in ", TERM_IN);
	if (term)
		return term;
	term = mem_new(sizeof(*term));
	if (equals) {
		size_t name = (size_t)(equals - text), value = name + 1;
		term->op = name > 0 && text[name - 1] == '!' ? TERM_IS_NOT : TERM_IS;
		name -= term->op == TERM_IS_NOT;
		value += value < len && text[value] == '=';
		term->name = trimmed(text, name);
		term->values = trimmed(text + value, len - value);
	} else {
		int absent = len > 0 && *text == '!';
		term->op = absent ? TERM_ABSENT : TERM_THERE;
		term->name = trimmed(text + absent, len - (size_t)absent);
	}
	return term;
}

/* Commas inside of parentheses belong to a set. */
static size_t term_length(const char *text)
{
	size_t len = 0;
	int deep = 0;
	for (; text[len] && (deep > 0 || text[len] != ','); len++)
		deep += (text[len] == '(') - (text[len] == ')');
	return len;
}

static int parse(struct selector *selector, const char *text, int is_label, struct err *err)
{
	while (*text) {
		size_t len = term_length(text);
		struct term *term = term_parse(text, len);
		term->is_label = is_label;
		vec_push(&selector->terms, term);
		if (!term->name[0] || (!is_label && term->op > TERM_IS_NOT))
			return err_set(err, "unable to parse the %s selector \"%s\"", is_label ? "label" : "field", text);
		for (char *c = term->name; !is_label && *c; c++)
			if (*c == '.')
				*c = '/';
		text += len + (text[len] == ',');
	}
	return 0;
}

int selector_parse(struct selector *selector, const char *fields, const char *labels, struct err *err)
{
	vec_init(&selector->terms);
	if (parse(selector, fields, 0, err) == 0 && parse(selector, labels, 1, err) == 0)
		return 0;
	selector_release(selector);
	return -1;
}

static int set_has(const char *set, const char *value)
{
	char wanted[512];
	int len = snprintf(wanted, sizeof(wanted), ",%s,", value);
	return len > 0 && (size_t)len < sizeof(wanted) && strstr(set, wanted) != NULL;
}

static int term_matches(const struct term *term, const cJSON *json)
{
	const cJSON *found = term->is_label ? json_get(json_at(json, "metadata/labels"), term->name)
	                                    : json_at(json, term->name);
	const char *value = cJSON_IsString(found) ? found->valuestring : cJSON_IsTrue(found) ? "true"
	                    : cJSON_IsFalse(found) ? "false" : NULL;
	/* A field that is not set has its zero value. */
	if (!value && !term->is_label)
		value = term->values && strcmp(term->values, "false") == 0 ? "false" : "";
	switch (term->op) {
	case TERM_IS:
		return value && strcmp(value, term->values) == 0;
	case TERM_IS_NOT:
		return !value || strcmp(value, term->values) != 0;
	case TERM_THERE:
		return value != NULL;
	case TERM_ABSENT:
		return value == NULL;
	case TERM_IN:
		return value && set_has(term->values, value);
	case TERM_NOT_IN:
		return !value || !set_has(term->values, value);
	}
	return 0;
}

int selector_matches(const struct selector *selector, const struct doc *doc)
{
	int matches = 1;
	if (!doc)
		return 0;
	if (selector->terms.len == 0)
		return 1;
	cJSON *json = doc_json(doc);
	for (size_t i = 0; matches && i < selector->terms.len; i++)
		matches = term_matches(selector->terms.items[i], json);
	cJSON_Delete(json);
	return matches;
}
