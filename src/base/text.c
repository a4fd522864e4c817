/* SPDX-License-Identifier: MIT */
/*
 * Short texts in the caller's array. Everything is written as far as there is room and the torn
 * character that may then stand at the end is taken away again.
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text text_in(char *room, size_t size)
{
	struct text text = {.data = room, .size = size};

	text_clear(&text);
	return text;
}

void text_clear(struct text *text)
{
	text->len = 0;
	if (text->size > 0)
		text->data[0] = '\0';
}

static size_t sequence_length(unsigned char lead)
{
	if (lead >= 0xf0)
		return 4;
	if (lead >= 0xe0)
		return 3;
	return lead >= 0xc0 ? 2 : 1;
}

/* The length without an unfinished character at the end. */
static size_t whole_characters(const char *data, size_t len)
{
	size_t lead = len;

	while (lead > 0 && len - lead < 3 && ((unsigned char)data[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (lead == 0)
		return len;
	lead--;
	return sequence_length((unsigned char)data[lead]) > len - lead ? lead : len;
}

/* After `wanted` bytes were asked for and as many as fit were written. */
static void text_settle(struct text *text, size_t wanted)
{
	size_t room = text->size - text->len - 1;

	if (wanted <= room) {
		text->len += wanted;
		return;
	}
	text->len = text->len + whole_characters(text->data + text->len, room);
	text->data[text->len] = '\0';
}

void text_add(struct text *text, const char *string)
{
	size_t wanted = strlen(string), room;

	if (text->size == 0)
		return;
	room = text->size - text->len - 1;
	memcpy(text->data + text->len, string, wanted < room ? wanted : room);
	text->data[text->len + (wanted < room ? wanted : room)] = '\0';
	text_settle(text, wanted);
}

void text_printf(struct text *text, const char *fmt, ...)
{
	va_list args;
	int wanted;

	if (text->size == 0)
		return;
	va_start(args, fmt);
	wanted = vsnprintf(text->data + text->len, text->size - text->len, fmt, args);
	va_end(args);
	if (wanted >= 0)
		text_settle(text, (size_t)wanted);
	else
		text->data[text->len] = '\0';
}

void text_add_escaped(struct text *text, const char *string)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *string != '\0'; string++) {
		int is_plain = strchr(unreserved, *string) != NULL;

		/* Half an escape would be another text: it ends before one that does not fit. */
		if (text->size - text->len <= (is_plain ? 1 : 3))
			return;
		text_printf(text, is_plain ? "%c" : "%%%02X", (unsigned char)*string);
	}
}
