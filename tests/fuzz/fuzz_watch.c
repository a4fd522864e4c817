/* SPDX-License-Identifier: MIT */
/*
 * A watch's stream: in pieces it says what it says whole. And line by line, as a reader would do it
 * who holds each frame in memory: a line that is one JSON object gives one event, of the same type,
 * whose text is JSON and whose name is the frame's.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "kube/kind.h"
#include "kube/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { ROOM = 64 << 20 };

struct told {
	struct buf text;
	size_t events;
	int json; /* every event's text was JSON */
	char type[32], name[256];
};

static int take(void *arg, const char *type, const char *text, size_t len)
{
	struct told *told = arg;
	cJSON *json = json_parse_heap(text, len, NULL);
	const char *name = json_string(json, "metadata/name");
	told->json &= json != NULL;
	told->events++;
	strncpy(told->type, type, sizeof(told->type) - 1);
	strncpy(told->name, name ? name : "", sizeof(told->name) - 1);
	cJSON_Delete(json);
	if (buf_add_string(&told->text, type) < 0 || buf_add(&told->text, text, len) < 0 ||
	    buf_add(&told->text, "\n", 1) < 0)
		abort();
	return strcmp(type, "ERROR") == 0;
}

static int scan_in(struct told *told, const struct scan_filter *filter, const char *bytes, size_t len,
                   size_t piece)
{
	const struct scan_events events = {.object = take, .arg = told};
	struct scan *scan = scan_new(SCAN_WATCH, filter, &events);
	int result = 0;
	*told = (struct told){.json = 1};
	buf_init(&told->text, ROOM);
	for (size_t at = 0; at < len && result == 0; at += piece)
		result = scan_feed(scan, bytes + at, len - at < piece ? len - at : piece, NULL);
	if (result == 0)
		result = scan_finish(scan, NULL);
	scan_free(scan);
	return result;
}

/* cJSON takes control characters for white space, JSON and the scanner do not. */
static int has_control(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t' && line[i] != '\r')
			return 1;
	return 0;
}

/* cJSON takes the first of two members of one name, the scanner reads on: such frames say nothing
 * here. Nor do names with escapes, which the scanner compares as they are written. */
static int is_plain(const cJSON *json)
{
	const cJSON *a, *b;
	cJSON_ArrayForEach(a, json)
	{
		for (b = cJSON_IsObject(json) ? a->next : NULL; b; b = b->next)
			if (strcmp(a->string, b->string) == 0)
				return 0;
		if (!is_plain(a))
			return 0;
	}
	return 1;
}

static void check_line(const struct scan_filter *filter, const char *line, size_t len)
{
	struct told told;
	cJSON *json = memchr(line, '\\', len) || has_control(line, len) ? NULL : json_parse_heap(line, len, NULL);
	const cJSON *object = json_get(json, "object");
	const char *type = json_string(json, "type"), *name = json_string(object, "metadata/name");
	if (cJSON_IsObject(json) && is_plain(json) && cJSON_IsObject(object) && type &&
	    strlen(type) < sizeof(told.type)) {
		if (scan_in(&told, filter, line, len, len + 1) < 0 || told.events != 1 || !told.json ||
		    strcmp(told.type, type) != 0 ||
		    (name && strlen(name) < sizeof(told.name) && strcmp(told.name, name) != 0))
			abort();
		buf_release(&told.text);
	}
	cJSON_Delete(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct told whole, parts;
	if (len < 2)
		return 0;
	const char *text = (const char *)bytes + 2;
	struct scan_filter *filter = scan_filter_new(kinds[bytes[0] % kind_count].fields);
	len -= 2;
	int a = scan_in(&whole, filter, text, len, len + 1),
	    b = scan_in(&parts, filter, text, len, 1 + bytes[1] % 80);
	if (a != b || whole.events != parts.events || whole.text.len != parts.text.len ||
	    memcmp(buf_string(&whole.text), buf_string(&parts.text), whole.text.len) != 0)
		abort();
	for (const char *line = text, *end; line < text + len; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + len - line));
		if (!end)
			end = text + len;
		check_line(filter, line, (size_t)(end - line));
	}
	buf_release(&whole.text);
	buf_release(&parts.text);
	scan_filter_free(filter);
	return 0;
}
