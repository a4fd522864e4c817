/* SPDX-License-Identifier: MIT */
/*
 * JSON as text. Not cJSON_Print: that indents by tabs, needs memory for the whole text at once and
 * passes invalid UTF-8 on. What a terminal could obey is written as \u escapes, so that the output
 * of a command may go to a screen as it is.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

static int write_value(struct buf *out, const cJSON *value, int pretty, size_t depth) MUST_USE;

static int write_number(struct buf *out, double number)
{
	char room[40];

	if (isnan(number) || isinf(number))
		return buf_add_string(out, "null");
	if (fabs(number) <= 9007199254740992.0 && number == floor(number))
		return buf_printf(out, "%.0f", number == 0 ? 0.0 : number); /* no "-0" */
	/* The shorter form where it reads back as the same number. */
	snprintf(room, sizeof(room), "%.15g", number);
	if (strtod(room, NULL) != number)
		snprintf(room, sizeof(room), "%.17g", number);
	/* Whatever the locale's decimal point is. */
	for (char *c = room; *c != '\0'; c++)
		if (strchr("0123456789+-e", *c) == NULL)
			*c = '.';
	return buf_add_string(out, room);
}

static int write_escape(struct buf *out, uint32_t code)
{
	switch (code) {
	case '"':
		return buf_add_string(out, "\\\"");
	case '\\':
		return buf_add_string(out, "\\\\");
	case '\n':
		return buf_add_string(out, "\\n");
	case '\t':
		return buf_add_string(out, "\\t");
	case '\r':
		return buf_add_string(out, "\\r");
	default:
		return buf_printf(out, "\\u%04x", (unsigned)code);
	}
}

/* A character of the string. All that is unsafe lies below U+10000, so one escape does. */
static int write_char(struct buf *out, const char *text, size_t len, size_t *used)
{
	uint32_t code = utf8_decode(text, len, used);
	char replaced[4];

	if (code == '"' || code == '\\')
		return write_escape(out, code);
	if (utf8_is_safe(text, *used))
		return buf_add(out, text, *used);
	if (code == 0xfffd)
		return buf_add(out, replaced, utf8_encode(code, replaced));
	return write_escape(out, code);
}

static int write_string(struct buf *out, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text), used;

	if (buf_add_string(out, "\"") != 0)
		return -1;
	for (size_t i = 0; i < len; i += used)
		if (write_char(out, text + i, len - i, &used) != 0)
			return -1;
	return buf_add_string(out, "\"");
}

static int write_break(struct buf *out, int pretty, size_t depth)
{
	if (!pretty)
		return 0;
	return buf_printf(out, "\n%*s", (int)(2 * depth), "");
}

static int write_children(struct buf *out, const cJSON *value, int pretty, size_t depth)
{
	int is_object = cJSON_IsObject(value);
	const cJSON *child;

	if (value->child == NULL)
		return buf_add_string(out, is_object ? "{}" : "[]");
	if (buf_add_string(out, is_object ? "{" : "[") != 0)
		return -1;
	for (child = value->child; child != NULL; child = child->next) {
		if (child != value->child && buf_add_string(out, ",") != 0)
			return -1;
		if (write_break(out, pretty, depth + 1) != 0)
			return -1;
		if (is_object &&
		    (write_string(out, child->string) != 0 || buf_add_string(out, pretty ? ": " : ":") != 0))
			return -1;
		if (write_value(out, child, pretty, depth + 1) != 0)
			return -1;
	}
	if (write_break(out, pretty, depth) != 0)
		return -1;
	return buf_add_string(out, is_object ? "}" : "]");
}

static int write_value(struct buf *out, const cJSON *value, int pretty, size_t depth)
{
	if (cJSON_IsObject(value) || cJSON_IsArray(value))
		return write_children(out, value, pretty, depth);
	if (cJSON_IsString(value))
		return write_string(out, value->valuestring);
	if (cJSON_IsNumber(value))
		return write_number(out, value->valuedouble);
	if (cJSON_IsRaw(value) && value->valuestring != NULL)
		return buf_add_string(out, value->valuestring);
	if (cJSON_IsBool(value))
		return buf_add_string(out, cJSON_IsTrue(value) ? "true" : "false");
	return buf_add_string(out, "null");
}

int json_write(struct buf *out, const cJSON *value, int pretty)
{
	if (write_value(out, value, pretty, 0) != 0)
		return -1;
	return buf_add_string(out, "\n");
}
