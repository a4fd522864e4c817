/* SPDX-License-Identifier: MIT */
/*
 * JSON written as YAML by libyaml's emitter. The emitter knows which styles a text permits; what
 * it does not know is which plain texts other readers take for a number, a date or a yes, in YAML
 * 1.1 or 1.2. Those are quoted here, rather too many than too few. libyaml counts tabs and
 * what lies above U+FFFF as unprintable, so such a text comes out quoted: ugly, but the same text.
 */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/yaml.h"

struct writer {
	yaml_emitter_t emitter;
	struct buf *out;
	int is_full;
};

static int write_bytes(void *context, unsigned char *bytes, size_t len)
{
	struct writer *writer = context;

	if (buf_add(writer->out, bytes, len) == 0)
		return 1;
	writer->is_full = 1;
	return 0;
}

static int is_word(const char *text)
{
	static const char *const words[] = {
	    "",  "~", "null", "true", "false", "yes",   "no",    "on",   "off",
	    "y", "n", "<<",   "=",    ".inf",  "+.inf", "-.inf", ".nan",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return 1;
	return 0;
}

/* Could be an integer in any base, a float, a sexagesimal or a date. "10.0.0.1" could not. */
static int is_numeric(const char *text)
{
	size_t points = 0, first = text[0] == '+' || text[0] == '-';

	if (!isdigit((unsigned char)text[first + (text[first] == '.')]))
		return 0;
	for (const char *c = text + first; *c != '\0'; c++) {
		if (strchr("0123456789abcdefABCDEFxXoO_:.+-tTzZ ", *c) == NULL)
			return 0;
		points += *c == '.';
	}
	return points <= 1;
}

/*
 * Line and paragraph separators break lines in YAML 1.1 and do not in 1.2, and a BOM may be dropped:
 * where they stand in the open, readers disagree on the text.
 */
static int has_odd_break(const char *text)
{
	return strstr(text, "\xe2\x80\xa8") != NULL || strstr(text, "\xe2\x80\xa9") != NULL ||
	       strstr(text, "\xef\xbb\xbf") != NULL;
}

/* A wish: where the syntax does not allow it, the emitter quotes, and escapes what does not print. */
static yaml_scalar_style_t style_of(const char *text, int is_key)
{
	if (has_odd_break(text))
		return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	if (!is_key && strchr(text, '\n') != NULL)
		return YAML_LITERAL_SCALAR_STYLE;
	if (is_word(text) || is_numeric(text))
		return YAML_SINGLE_QUOTED_SCALAR_STYLE;
	return YAML_PLAIN_SCALAR_STYLE;
}

static int emit(struct writer *writer, yaml_event_t *event, int initialised)
{
	return initialised && yaml_emitter_emit(&writer->emitter, event) ? 0 : -1;
}

static int emit_scalar(struct writer *writer, const char *text, size_t len, yaml_scalar_style_t style)
{
	yaml_event_t event;

	return emit(writer, &event,
	            yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)len, 1,
	                                         1, style));
}

/* The text with invalid UTF-8 replaced, which the emitter refuses. Everything else stays. */
static int emit_repaired(struct writer *writer, const char *text, int is_key)
{
	size_t len = strlen(text), used, written = 0;
	char *copy = mem_new(3 * len + 1);
	int result;

	for (size_t i = 0; i < len; i += used) {
		char one[4];
		size_t count = utf8_encode(utf8_decode(text + i, len - i, &used), one);

		memcpy(copy + written, one, count);
		written += count;
	}
	result = emit_scalar(writer, copy, written, style_of(copy, is_key));
	free(copy);
	return result;
}

static int emit_text(struct writer *writer, const char *text, int is_key)
{
	if (text == NULL)
		text = "";
	if (!utf8_is_safe(text, strlen(text)))
		return emit_repaired(writer, text, is_key);
	return emit_scalar(writer, text, strlen(text), style_of(text, is_key));
}

/* Numbers, booleans and null look the same in JSON. */
static int emit_json_scalar(struct writer *writer, const cJSON *value)
{
	struct buf buf;
	int result = -1;

	buf_init(&buf, 1 << 20);
	if (json_write(&buf, value, 0) == 0)
		result = emit_scalar(writer, buf.data, buf.len - 1, YAML_PLAIN_SCALAR_STYLE);
	buf_release(&buf);
	return result;
}

static int emit_start(struct writer *writer, int is_map)
{
	yaml_event_t event;

	if (is_map)
		return emit(
		    writer, &event,
		    yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
	return emit(writer, &event,
	            yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
}

static int emit_end(struct writer *writer, int is_map)
{
	yaml_event_t event;

	if (is_map)
		return emit(writer, &event, yaml_mapping_end_event_initialize(&event));
	return emit(writer, &event, yaml_sequence_end_event_initialize(&event));
}

static int emit_value(struct writer *writer, const cJSON *value)
{
	int is_map = cJSON_IsObject(value);

	if (cJSON_IsString(value))
		return emit_text(writer, value->valuestring, 0);
	if (!is_map && !cJSON_IsArray(value))
		return emit_json_scalar(writer, value);
	if (emit_start(writer, is_map) != 0)
		return -1;
	for (const cJSON *child = value->child; child != NULL; child = child->next) {
		if (is_map && emit_text(writer, child->string, 1) != 0)
			return -1;
		if (emit_value(writer, child) != 0)
			return -1;
	}
	return emit_end(writer, is_map);
}

static int emit_stream(struct writer *writer, const cJSON *value)
{
	yaml_event_t event;

	if (emit(writer, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) != 0 ||
	    emit(writer, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) != 0 ||
	    emit_value(writer, value) != 0 ||
	    emit(writer, &event, yaml_document_end_event_initialize(&event, 1)) != 0)
		return -1;
	return emit(writer, &event, yaml_stream_end_event_initialize(&event));
}

/*
 * Takes away the "..." that the emitter puts behind a literal block that ends in empty lines. The
 * end of the text does as well, and what a block holds is indented, so this is never content.
 */
static void drop_end_mark(struct buf *out, size_t from)
{
	static const char mark[] = "\n...\n";
	const size_t len = sizeof(mark) - 1;

	if (out->len < from + len || memcmp(out->data + out->len - len, mark, len) != 0)
		return;
	out->len -= len - 1;
	out->data[out->len] = '\0';
}

int yaml_write_json(struct buf *out, const cJSON *value, struct err *err)
{
	struct writer writer = {.out = out};
	size_t before = out->len;
	int result;

	if (!yaml_emitter_initialize(&writer.emitter))
		return err_set(err, "cannot write YAML: out of memory");
	yaml_emitter_set_output(&writer.emitter, write_bytes, &writer);
	yaml_emitter_set_unicode(&writer.emitter, 1);
	yaml_emitter_set_width(&writer.emitter, -1);
	yaml_emitter_set_indent(&writer.emitter, 2);
	result = emit_stream(&writer, value);
	if (result == 0)
		drop_end_mark(out, before);
	else if (writer.is_full)
		err_set(err, "cannot write YAML: it is larger than %zu bytes", out->max);
	else
		err_set(err, "cannot write YAML: %s",
		        writer.emitter.problem == NULL ? "out of memory" : writer.emitter.problem);
	yaml_emitter_delete(&writer.emitter);
	return result;
}
