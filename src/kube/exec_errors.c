/* SPDX-License-Identifier: MIT */
/*
 * What a plugin says on its standard error, for people. Its end tells most. A careless plugin may
 * print its token there, and our messages end up in logs and on shared screens: long words that mix
 * capitals, small letters and digits, and the beginnings of JSON Web Tokens, are left out.
 */
#include <ctype.h>
#include <string.h>

#include "base/utf8.h"
#include "exec_internal.h"

enum { TAIL = 600, SECRET_LEN = 32 };

static int is_word(char c)
{
	return isalnum((unsigned char)c) || strchr("_-.+=", c);
}

static int looks_secret(const char *word, size_t len)
{
	int has_upper = 0, has_lower = 0, has_digit = 0;

	if (len >= 16 && memcmp(word, "eyJ", 3) == 0)
		return 1;
	if (len < SECRET_LEN)
		return 0;
	for (size_t i = 0; i < len; i++) {
		has_upper |= isupper((unsigned char)word[i]) != 0;
		has_lower |= islower((unsigned char)word[i]) != 0;
		has_digit |= isdigit((unsigned char)word[i]) != 0;
	}
	return has_digit && has_lower && has_upper;
}

/* Replaces secrets in place: a shorter text never grows. */
static void hide_secrets(char *text)
{
	static const char hidden[] = "[hidden]";
	char *to = text;

	for (const char *from = text; *from;) {
		size_t len = 0;

		while (from[len] && is_word(from[len]))
			len++;
		if (len && looks_secret(from, len)) {
			memcpy(to, hidden, sizeof(hidden) - 1);
			to += sizeof(hidden) - 1;
		} else {
			len = len ? len : 1;
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	*to = '\0';
}

void exec_errors_shown(const char *bytes, size_t len, char *out, size_t size)
{
	char room[3 * TAIL + 1];
	size_t start = len > TAIL ? len - TAIL : 0, total;
	char *text = room;

	/* A word that is cut in front could be the end of a secret that no longer looks like one. */
	while (start > 0 && start < len && is_word(bytes[start]))
		start++;
	total = utf8_sanitise(room, sizeof(room), bytes + start, len - start);
	while (total && room[total - 1] == ' ')
		room[--total] = '\0';
	while (*text == ' ')
		text++;
	hide_secrets(text);
	total = strlen(text);
	/* The last words are the ones that tell. */
	if (total >= size)
		text += total - size + 1;
	utf8_sanitise(out, size, text, strlen(text));
}
