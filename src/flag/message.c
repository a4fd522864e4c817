/* SPDX-License-Identifier: MIT */
/* A change as a commit message, and back. Reading takes whatever anybody wrote: lines of one shape are
 * facts, everything else is prose. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "flag/change.h"

enum { LINE_MAX_BYTES = 1000 };

static const char *or_unset(const char *text)
{
	return text ? text : "unset";
}

static int same_group(const struct flag_intent *a, const struct flag_intent *b)
{
	return strcmp(a->key, b->key) == 0 && strcmp(or_unset(a->from), or_unset(b->from)) == 0 &&
	       strcmp(or_unset(a->to), or_unset(b->to)) == 0;
}

static char *subject_of(const struct flag_change *change)
{
	const struct flag_intent *first = &change->items[0];
	char scope[400], where[440];
	size_t keys = 1, scopes = 1;
	for (size_t i = 1; i < change->count; i++) {
		keys += strcmp(change->items[i].key, change->items[i - 1].key) != 0;
		scopes += strcmp(change->items[i].service, change->items[i - 1].service) != 0 || strcmp(change->items[i].env, change->items[i - 1].env) != 0;
	}
	flag_intent_scope(first, scope, sizeof(scope));
	if (scopes == 1)
		snprintf(where, sizeof(where), "%s", scope);
	else
		snprintf(where, sizeof(where), "%s and %zu more", scope, scopes - 1);
	if (change->reverts)
		return mem_printf("Revert \"%s %s in %s\"", first->key, or_unset(first->from), where);
	if (keys == 1)
		return mem_printf("%s %s in %s", first->key, or_unset(first->to), where);
	return mem_printf("%s %s and %zu more in %s", first->key, or_unset(first->to), keys - 1, where);
}

static int add_trailer(struct buf *out, const char *name, const char *value)
{
	return value ? buf_printf(out, "%s: %s\n", name, value) : 0;
}

char *flag_change_message(const struct flag_change *change)
{
	char *subject = change->subject ? mem_copy_string(change->subject) : subject_of(change), *text;
	struct buf out;
	int result;
	buf_init(&out, 8 << 20);
	result = buf_printf(&out, "%s\n\n", subject);
	if (change->reason)
		result |= buf_printf(&out, "%s\n\n", change->reason);
	if (change->reverts_commit)
		result |= buf_printf(&out, "This reverts commit %s.\n\n", change->reverts_commit);
	result |= add_trailer(&out, "Flag-Change-Id", change->id);
	for (size_t i = 0; i < change->count; i++) {
		const struct flag_intent *intent = &change->items[i];
		char scope[600];
		if (!i || !same_group(intent, intent - 1)) {
			result |= add_trailer(&out, "Flag", intent->key);
			result |= add_trailer(&out, "From", or_unset(intent->from));
			result |= add_trailer(&out, "To", or_unset(intent->to));
		}
		flag_intent_scope(intent, scope, sizeof(scope));
		result |= add_trailer(&out, "Scope", scope);
	}
	result |= add_trailer(&out, "Expires", change->expires);
	result |= add_trailer(&out, "Guard", change->guard);
	result |= add_trailer(&out, "Guard-For", change->guard_for);
	result |= add_trailer(&out, "Flag-Reverts", change->reverts);
	result |= add_trailer(&out, "Freeze-Override", change->override);
	result |= add_trailer(&out, "Audit-Head", change->audit);
	text = mem_copy_string(result < 0 ? subject : buf_string(&out));
	buf_release(&out);
	free(subject);
	return text;
}

struct group {
	char *key, *from, *to;
};

static void text_set(char **place, char *value)
{
	free(*place);
	*place = value;
}

static void add_scope(struct flag_change *change, const struct group *group, char *text)
{
	const char *service, *env, *region;
	if (!group->key || change->count >= FLAG_CHANGE_MAX || flag_scope_split(text, &service, &env, &region) < 0)
		return;
	change->items = mem_resize(change->items, change->count + 1, sizeof(*change->items));
	change->items[change->count++] = (struct flag_intent){.key = mem_copy_string(group->key), .service = mem_copy_string(service),
	    .env = mem_copy_string(env), .region = mem_copy_string(region),
	    .from = group->from && strcmp(group->from, "unset") != 0 ? mem_copy_string(group->from) : NULL,
	    .to = group->to && strcmp(group->to, "unset") != 0 ? mem_copy_string(group->to) : NULL};
}

static void take_trailer(struct flag_change *change, struct group *group, const char *name, const char *value, size_t len)
{
	const struct {
		const char *name;
		char **place;
	} places[] = {{"Flag", &group->key}, {"From", &group->from}, {"To", &group->to}, {"Expires", &change->expires},
	              {"Guard", &change->guard}, {"Guard-For", &change->guard_for}, {"Flag-Reverts", &change->reverts},
	              {"Freeze-Override", &change->override}, {"Audit-Head", &change->audit}};
	char *text = utf8_sanitised(value, len, LINE_MAX_BYTES);
	if (strcmp(name, "Flag-Change-Id") == 0) {
		if (strlen(text) == 32 && !text[strspn(text, "0123456789abcdef")])
			memcpy(change->id, text, 33);
	} else if (strcmp(name, "Scope") == 0) {
		add_scope(change, group, text);
	} else {
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
			if (strcmp(name, places[i].name) == 0) {
				text_set(places[i].place, text);
				if (i == 0) {
					text_set(&group->from, NULL);
					text_set(&group->to, NULL);
				}
				return;
			}
	}
	free(text);
}

/* Where the last paragraph begins: trailers stand there and nowhere else, so that prose cannot forge one. */
static const char *trailers_of(const char *body)
{
	size_t len = strlen(body);
	while (len && strchr("\r\n", body[len - 1]))
		len--;
	for (size_t at = len; at > 1; at--)
		if (body[at - 1] == '\n' && (body[at - 2] == '\n' || (at > 2 && body[at - 2] == '\r' && body[at - 3] == '\n')))
			return body + at;
	return body;
}

static void take_line(struct flag_change *change, struct group *group, const char *line, size_t len)
{
	size_t name_len = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");
	char name[32];
	if (!name_len || name_len >= sizeof(name) || name_len + 1 >= len || line[name_len] != ':' || line[name_len + 1] != ' ')
		return;
	memcpy(name, line, name_len);
	name[name_len] = '\0';
	take_trailer(change, group, name, line + name_len + 2, len - name_len - 2);
}

int flag_change_parse(struct flag_change *change, const char *subject, const char *body)
{
	static const char revert[] = "This reverts commit ";
	const char *trailers = trailers_of(body);
	struct group group = {0};
	*change = (struct flag_change){.subject = utf8_sanitised(subject, strlen(subject), LINE_MAX_BYTES)};
	for (const char *line = body; *line;) {
		size_t len = strcspn(line, "\r\n");
		if (line >= trailers) {
			take_line(change, &group, line, len);
		} else if (len > sizeof(revert) && strncmp(line, revert, sizeof(revert) - 1) == 0) {
			size_t sha = strspn(line + sizeof(revert) - 1, "0123456789abcdef");
			text_set(&change->reverts_commit, mem_copy(line + sizeof(revert) - 1, sha < 64 ? sha : 64));
		} else if (len && !change->reason) {
			change->reason = utf8_sanitised(line, len, LINE_MAX_BYTES);
		}
		line += len;
		line += strspn(line, "\r\n");
	}
	free(group.key);
	free(group.from);
	free(group.to);
	if (change->id[0] && change->count)
		return 1;
	flag_change_release(change);
	return 0;
}
