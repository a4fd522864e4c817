/* SPDX-License-Identifier: MIT */
/*
 * The scanner. What it lets through is compared with a filter that is written the slow way, over
 * the parsed document; every document is fed whole, in two pieces at every place, and byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "kube/kind.h"
#include "kube/scan.h"
#include "kube/scan_skip.h"

enum { TRACE_MAX = 32 << 20 };

/* What a scan told: "type|json\n" for objects, "M|json\n" for the list's metadata. */
struct trace {
	struct buf text;
	int stop_at, objects; /* stops at that object; 0: never */
};

static int trace_object(void *arg, const char *type, const char *json, size_t len)
{
	struct trace *trace = arg;
	assert_int_equal(buf_printf(&trace->text, "%s|", type), 0);
	assert_int_equal(buf_add(&trace->text, json, len), 0);
	assert_int_equal(buf_add(&trace->text, "\n", 1), 0);
	assert_int_equal(json[len], '\0');
	return ++trace->objects == trace->stop_at;
}

static void trace_metadata(void *arg, const char *json, size_t len)
{
	struct trace *trace = arg;
	assert_int_equal(buf_add_string(&trace->text, "M|"), 0);
	assert_int_equal(buf_add(&trace->text, json, len), 0);
	assert_int_equal(buf_add(&trace->text, "\n", 1), 0);
}

/* Feeds `text` in pieces that end at each of the offsets; returns scan_finish's result, or the feed's. */
static int scan_all(enum scan_form form, const struct scan_filter *filter, const char *text, size_t len,
                    const size_t *cuts, size_t cut_count, struct trace *trace, struct err *err)
{
	const struct scan_events events = {.object = trace_object, .list_metadata = trace_metadata, .arg = trace};
	struct scan *scan = scan_new(form, filter, &events);
	size_t at = 0;
	int result = 0;
	buf_init(&trace->text, TRACE_MAX);
	for (size_t i = 0; i <= cut_count && result == 0; i++) {
		size_t end = i < cut_count ? cuts[i] : len;
		/* A copy of its own, so that reading past a piece is seen. */
		char *piece = malloc(end - at + (end == at));
		memcpy(piece, text + at, end - at);
		result = scan_feed(scan, piece, end - at, err);
		free(piece);
		at = end;
	}
	if (result == 0)
		result = scan_finish(scan, err);
	scan_free(scan);
	return result;
}

static const char *const fields[] = {"metadata name", "metadata labels", "spec containers name", "spec "
	"containers image",
	"status conditions type", "status a.b/c deep", "status phase", NULL};

/* The filter, the slow way. `path` is what led here: "metadata labels". */
static int wanted(const char *path, int *whole)
{
	static const char *const always[] = {"metadata resourceVersion", "metadata annotations "
		"k8s.io/initial-events-end", "code",
		"reason", "message", "details retryAfterSeconds", NULL};
	const char *const *lists[] = {fields, always};
	size_t len = strlen(path);
	int inside = 0;
	*whole = 0;
	for (size_t l = 0; l < 2; l++)
		for (const char *const *field = lists[l]; *field; field++) {
			*whole |= strcmp(*field, path) == 0;
			inside |= strncmp(*field, path, len) == 0 && ((*field)[len] == ' ' || !(*field)[len]);
		}
	return inside;
}

static cJSON *filtered(const cJSON *value, const char *path)
{
	const cJSON *child;
	char inner[512];
	int whole;
	if (cJSON_IsArray(value)) {
		cJSON *out = cJSON_CreateArray();
		cJSON_ArrayForEach(child, value) cJSON_AddItemToArray(out, filtered(child, path));
		return out;
	}
	if (!cJSON_IsObject(value))
		return cJSON_Duplicate(value, 1);
	cJSON *out = cJSON_CreateObject();
	cJSON_ArrayForEach(child, value)
	{
		snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? " " : "", child->string);
		if (wanted(inner, &whole))
			cJSON_AddItemToObject(out, child->string,
			                      whole ? cJSON_Duplicate(child, 1) : filtered(child, inner));
	}
	return out;
}

/* Random documents of names that matter and names that do not. */
struct dice {
	uint64_t state;
};

static unsigned roll(struct dice *dice, unsigned sides)
{
	dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice->state >> 33) % sides;
}

static void add_random_string(struct dice *dice, struct buf *out)
{
	static const char *const parts[] = {"a",
	                                    "name",
	                                    "\\\"",
	                                    "\\\\",
	                                    "\\u00e9",
	                                    "{",
	                                    "}",
	                                    "[",
	                                    "]",
	                                    ",",
	                                    ":",
	                                    "\xc3\xa9",
	                                    "\\n",
	                                    " ",
	                                    "0123456789012345678901234567890123456789012345678901234567890123",
	                                    "\\\\\\\"",
	                                    "\\ud83d\\ude00"};
	assert_int_equal(buf_add(out, "\"", 1), 0);
	for (unsigned n = roll(dice, 6); n > 0; n--)
		assert_int_equal(buf_add_string(out, parts[roll(dice, sizeof(parts) / sizeof(parts[0]))]), 0);
	assert_int_equal(buf_add(out, "\"", 1), 0);
}

static void add_random_space(struct dice *dice, struct buf *out)
{
	static const char *const spaces[] = {"", "", "", "", " ", "\n", "\t ", "\r\n"};
	assert_int_equal(buf_add_string(out, spaces[roll(dice, 8)]), 0);
}

static void add_random_value(struct dice *dice, struct buf *out, int depth);

static void add_random_object(struct dice *dice, struct buf *out, int depth)
{
	static const char *const names[] = {"metadata", "name",          "labels",
	                                    "spec",     "containers",    "image",
	                                    "status",   "conditions",    "type",
	                                    "a.b/c",    "deep",          "phase",
	                                    "env",      "managedFields", "resourceVersion",
	                                    "object",   "items",         "f:x",
	                                    ""};
	unsigned count = roll(dice, 7), used = 0;
	assert_int_equal(buf_add(out, "{", 1), 0);
	for (unsigned i = 0; i < count; i++) {
		unsigned name = roll(dice, sizeof(names) / sizeof(names[0]));
		if (used & 1u << name)
			continue; /* names are unique in what a server sends */
		add_random_space(dice, out);
		assert_int_equal(buf_printf(out, "%s\"%s\"", used ? "," : "", names[name]), 0);
		used |= 1u << name;
		add_random_space(dice, out);
		assert_int_equal(buf_add(out, ":", 1), 0);
		add_random_value(dice, out, depth - 1);
	}
	add_random_space(dice, out);
	assert_int_equal(buf_add(out, "}", 1), 0);
}

static void add_random_value(struct dice *dice, struct buf *out, int depth)
{
	static const char *const literals[] = {"null", "true", "false", "0", "-1.5e3", "12345"};
	add_random_space(dice, out);
	unsigned what = depth > 0 ? roll(dice, 8) : 6 + roll(dice, 2);
	if (what < 4) {
		add_random_object(dice, out, depth);
	} else if (what < 6) {
		assert_int_equal(buf_add(out, "[", 1), 0);
		for (unsigned i = 0, n = roll(dice, 4); i < n; i++) {
			if (i > 0)
				assert_int_equal(buf_add(out, ",", 1), 0);
			add_random_value(dice, out, depth - 1);
		}
		add_random_space(dice, out);
		assert_int_equal(buf_add(out, "]", 1), 0);
	} else if (what == 6) {
		add_random_string(dice, out);
	} else {
		assert_int_equal(buf_add_string(out, literals[roll(dice, 6)]), 0);
	}
	add_random_space(dice, out);
}

/* Compares one line of a trace with the oracle's value. */
static void check_line(const char **line, const char *type, const cJSON *expected)
{
	size_t len = strcspn(*line, "\n"), prefix = strlen(type) + 1;
	struct err err = {0};
	assert_true(len > prefix && strncmp(*line, type, prefix - 1) == 0 && (*line)[prefix - 1] == '|');
	cJSON *got = json_parse_heap(*line + prefix, len - prefix, &err);
	if (!got)
		fail_msg("%s in %.*s", err.text, (int)len, *line);
	char *a = cJSON_PrintUnformatted(got), *b = cJSON_PrintUnformatted(expected);
	assert_string_equal(a, b);
	free(a);
	free(b);
	cJSON_Delete(got);
	*line += len + 1;
}

/* Strings of the generator hold no line feeds but white space does: traces want one line. */
static void check_against_oracle(enum scan_form form, const struct buf *text, const struct buf *trace)
{
	struct buf flat;
	buf_init(&flat, TRACE_MAX);
	cJSON *root = json_parse_heap(text->data, text->len, NULL);
	const char *line = buf_string(trace);
	assert_non_null(root);
	if (form == SCAN_OBJECT) {
		cJSON *expected = filtered(root, "");
		check_line(&line, "", expected);
		cJSON_Delete(expected);
	} else {
		const cJSON *child, *item;
		cJSON_ArrayForEach(child, root)
		{
			if (strcmp(child->string, "metadata") == 0 && cJSON_IsObject(child))
				check_line(&line, "M", child);
			if (strcmp(child->string, "items") != 0)
				continue;
			cJSON_ArrayForEach(item, child)
			{
				cJSON *expected = filtered(item, "");
				check_line(&line, "", expected);
				cJSON_Delete(expected);
			}
		}
	}
	assert_int_equal(*line, '\0');
	cJSON_Delete(root);
	buf_release(&flat);
}

/* Kept text is handed out as it came: white space inside of values too. Take it out for comparison. */
static void flatten(struct buf *trace)
{
	size_t to = 0, in_string = 0;
	for (size_t i = 0; i < trace->len; i++) {
		char c = trace->data[i];
		if (in_string && c == '\\') {
			trace->data[to++] = c;
			trace->data[to++] = trace->data[++i];
			continue;
		}
		in_string ^= c == '"';
		if (in_string || (c != ' ' && c != '\t' && c != '\r'))
			trace->data[to++] = c;
	}
	if (trace->data)
		trace->data[to] = '\0';
	trace->len = to;
}

static void test_random_documents_against_the_slow_way(void **state)
{
	struct scan_filter *filter = scan_filter_new(fields);
	struct dice dice = {20};
	int compared = 0;

	(void)state;
	for (int round = 0; round < 400; round++) {
		enum scan_form form = round % 2 ? SCAN_LIST : SCAN_OBJECT;
		struct buf text;
		struct trace whole = {0};
		struct err err = {0};
		buf_init(&text, TRACE_MAX);
		if (form == SCAN_OBJECT) {
			add_random_object(&dice, &text, 6);
		} else {
			assert_int_equal(buf_add_string(&text, "{\"kind\":\"X\",\"metadata\":{"
				"\"resourceVersion\":\"1\"},\"items\":["), 0);
			for (unsigned i = 0, n = roll(&dice, 5); i < n; i++) {
				assert_int_equal(buf_add_string(&text, i ? "," : ""), 0);
				add_random_object(&dice, &text, 5);
			}
			assert_int_equal(buf_add_string(&text, "]}\n"), 0);
		}
		if (scan_all(form, filter, text.data, text.len, NULL, 0, &whole, &err) < 0)
			fail_msg("%s: %s", err.text, text.data);
		for (size_t cut = 0; cut <= text.len; cut++) {
			struct trace split = {0};
			assert_int_equal(scan_all(form, filter, text.data, text.len, &cut, 1, &split, &err), 0);
			assert_int_equal(split.text.len, whole.text.len);
			assert_int_equal(memcmp(buf_string(&split.text), buf_string(&whole.text), whole.text.len), 0);
			buf_release(&split.text);
		}
		size_t *all = malloc((text.len + 1) * sizeof(*all));
		for (size_t i = 0; i < text.len; i++)
			all[i] = i + 1;
		struct trace bytes = {0};
		assert_int_equal(scan_all(form, filter, text.data, text.len, all, text.len, &bytes, &err), 0);
		assert_string_equal(buf_string(&bytes.text), buf_string(&whole.text));
		buf_release(&bytes.text);
		free(all);
		flatten(&whole.text);
		if (!strchr(buf_string(&whole.text), '\n') || !strstr(buf_string(&whole.text), "\n\n")) {
			/* Only where kept white space left no line feed behind. */
			size_t lines = 0;
			for (size_t i = 0; i < whole.text.len; i++)
				lines += whole.text.data[i] == '\n';
			if (lines == (size_t)whole.objects + (form == SCAN_LIST)) {
				check_against_oracle(form, &text, &whole.text);
				compared++;
			}
		}
		buf_release(&whole.text);
		buf_release(&text);
	}
	assert_true(compared > 200);
	scan_filter_free(filter);
}

static void test_watch_frames(void **state)
{
	static const char stream[] =
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"uid\":\"x\"},\"spec\":{"
		"\"env\":[1]}}}\n"
		"{\"object\":{\"metadata\":{\"name\":\"b\"}},\"type\":\"MODIFIED\",\"more\":[{}]}\n\n"
		"{\"type\":\"BOOKMARK\"}\n"
		"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\","
		"\"message\":\"too old\",\"x\":1}}\n"
		"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"annotations\":{"
		"\"k8s.io/initial-events-end\":\"true\",\"y\":\"\"}}}}\n"
		"{\"type\":\"ERROR\",\"object\":{\"code\":429,\"details\":{\"group\":\"\","
		"\"retryAfterSeconds\":5}}}\n";
	static const char told[] = "ADDED|{\"metadata\":{\"name\":\"a\"},\"spec\":{}}\n"
	                           "MODIFIED|{\"metadata\":{\"name\":\"b\"}}\n"
	                           "ERROR|{\"code\":410,\"reason\":\"Expired\",\"message\":\"too old\"}\n"
	                           "BOOKMARK|{\"metadata\":{\"annotations\":{"
	                           "\"k8s.io/initial-events-end\":\"true\"}}}\n"
	                           "ERROR|{\"code\":429,\"details\":{\"retryAfterSeconds\":5}}\n";
	struct scan_filter *filter = scan_filter_new(fields);
	struct err err = {0};

	(void)state;
	for (size_t cut = 0; cut < sizeof(stream); cut++) {
		struct trace trace = {0};
		assert_int_equal(scan_all(SCAN_WATCH, filter, stream, sizeof(stream) - 1, &cut,
		                          cut < sizeof(stream) - 1, &trace, &err),
		                 0);
		assert_string_equal(buf_string(&trace.text), told);
		buf_release(&trace.text);
	}
	/* It may end between two events, and nowhere else. */
	for (size_t len = 0; len < sizeof(stream) - 1; len++) {
		struct trace trace = {0};
		int ends = len == 0 || stream[len - 1] == '\n' || stream[len] == '\n';
		assert_int_equal(scan_all(SCAN_WATCH, filter, stream, len, NULL, 0, &trace, &err), ends ? 0 : -1);
		buf_release(&trace.text);
	}
	scan_filter_free(filter);
}

static void test_stops_when_told(void **state)
{
	static const char stream[] = "{\"type\":\"A\",\"object\":{}}{\"type\":\"B\",\"object\":{}}{"
		"\"type\":\"C\",\"object\":{}}";
	struct scan_filter *filter = scan_filter_new(fields);
	struct trace trace = {.stop_at = 2};
	struct err err = {0};

	(void)state;
	assert_int_equal(scan_all(SCAN_WATCH, filter, stream, sizeof(stream) - 1, NULL, 0, &trace, &err), 1);
	assert_string_equal(buf_string(&trace.text), "A|{}\nB|{}\n");
	buf_release(&trace.text);
	scan_filter_free(filter);
}

static void test_lists_are_whole_or_refused(void **state)
{
	static const struct {
		enum scan_form form;
		const char *text, *words; /* words NULL: fine */
	} cases[] = {
		{SCAN_LIST, "{\"metadata\":{},\"items\":[]}", NULL},
		{SCAN_LIST, "{\"items\":[],\"metadata\":{}}\n", NULL},
		{SCAN_LIST, "{\"items\":null,\"metadata\":{}}\n", NULL},
		{SCAN_LIST, "{\"metadata\":{}}", "no \"items\""},
		{SCAN_LIST, "{\"items\":{}}", "\"items\" is no array"},
		{SCAN_LIST, "{\"items\":\"\"}", "\"items\" is no array"},
		{SCAN_LIST, "{\"items\":0}", "\"items\" is no array"},
		{SCAN_LIST, "{\"items\":[1]}", "an item is no object"},
		{SCAN_LIST, "{\"items\":[[]]}", "an item is no object"},
		{SCAN_LIST, "{\"items\":[null]}", "an item is no object"},
		{SCAN_LIST, "{\"items\":[]", "ended in the middle"},
		{SCAN_LIST, "{\"items\":[]]", "brackets"},
		{SCAN_LIST, "{\"items\":[]}x", "follows"},
		{SCAN_LIST, "{\"items\":[]}{}", "follows"},
		{SCAN_LIST, "[]", "does not start with an object"},
		{SCAN_LIST, "null", "does not start with an object"},
		{SCAN_LIST, "<html>", "does not start with an object"},
		{SCAN_LIST, "", "ended in the middle"},
		{SCAN_LIST, "{\"a\" 1}", "colon"},
		{SCAN_LIST, "{a:1}", "name"},
		{SCAN_LIST, "{\"a\":1,}", "name"},
		{SCAN_LIST, "{\"items\":[{}{}]}", "brackets"},
		{SCAN_LIST, "{\"items\":[{\"metadata\":{\"name\":\"x\"]}]}", "brackets"},
		{SCAN_LIST, "{\"items\":[{\"metadata\":{\"name\":\"", "ended in the middle"},
		{SCAN_LIST, "{\"items\":[,]}", "an item is no object"},
		{SCAN_LIST, "{\"items\":[{},]}", "an item is no object"},
		{SCAN_OBJECT, "{\"metadata\":{\"name\":\"x\"}}", NULL},
		{SCAN_OBJECT, "{}{}", "follows"},
		{SCAN_OBJECT, "{\"metadata\":", "ended in the middle"},
		{SCAN_WATCH, "{\"type\":\"ADDED\"", "ended in the middle"},
		{SCAN_WATCH, "{}[]", "does not start with an object"},
	};
	struct scan_filter *filter = scan_filter_new(fields);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct trace trace = {0};
		struct err err = {0};
		int result =
		    scan_all(cases[i].form, filter, cases[i].text, strlen(cases[i].text), NULL, 0, &trace, &err);
		if (result != (cases[i].words ? -1 : 0) || (cases[i].words && !strstr(err.text, cases[i].words)))
			fail_msg("%s: %d %s", cases[i].text, result, err.text);
		buf_release(&trace.text);
	}
	scan_filter_free(filter);
}

/* `depth` containers in a member of the one item; `member` may be one that is kept or skipped. */
static int deep(const char *member, int depth, struct err *err)
{
	struct scan_filter *filter = scan_filter_new(fields);
	struct trace trace = {0};
	struct buf text;
	buf_init(&text, TRACE_MAX);
	assert_int_equal(buf_printf(&text, "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{"
		"\"%s\":", member), 0);
	for (int i = 0; i < depth; i++)
		assert_int_equal(buf_add(&text, "[", 1), 0);
	for (int i = 0; i < depth; i++)
		assert_int_equal(buf_add(&text, "]", 1), 0);
	assert_int_equal(buf_add_string(&text, "}]}"), 0);
	int result = scan_all(SCAN_LIST, filter, text.data, text.len, NULL, 0, &trace, err);
	buf_release(&trace.text);
	buf_release(&text);
	scan_filter_free(filter);
	return result;
}

static void test_depth(void **state)
{
	static const char *const members[] = {"skipped", "message", "status"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct err err = {0};
		assert_int_equal(deep(members[i], SCAN_DEPTH - 3, &err), 0);
		assert_int_equal(deep(members[i], SCAN_DEPTH - 2, &err), -1);
		assert_int_equal(deep(members[i], 1001, &err), -1);
		assert_non_null(strstr(err.text, "128 levels"));
	}
}

/* An item with a member of `size` bytes. */
static int large(const char *member, size_t size, int form, struct err *err)
{
	struct scan_filter *filter = scan_filter_new(fields);
	struct trace trace = {0};
	char *fill = malloc(size + 1);
	struct buf text;
	memset(fill, 'x', size);
	fill[size] = '\0';
	buf_init(&text, 64 << 20);
	assert_int_equal(buf_printf(&text, form == SCAN_LIST ? "{\"metadata\":{\"resourceVersion\":\"1\"},"
		"\"items\":[{\"%s\":\"%s\"}]}"
	                                                     : "{\"type\":\"ADDED\",\"object\":{"
	                                                     	"\"%s\":\"%s\"}}", member, fill), 0);
	const struct scan_events events = {
	    .object = trace_object, .list_metadata = trace_metadata, .arg = &trace};
	struct scan *scan = scan_new((enum scan_form)form, filter, &events);
	int result = 0;
	buf_init(&trace.text, TRACE_MAX);
	for (size_t at = 0; at < text.len && result == 0; at += 16384)
		result = scan_feed(scan, text.data + at, text.len - at < 16384 ? text.len - at : 16384, err);
	if (result == 0)
		result = scan_finish(scan, err);
	else
		assert_int_equal(scan_feed(scan, "}", 1, err), -1); /* stays failed */
	scan_free(scan);
	buf_release(&trace.text);
	buf_release(&text);
	free(fill);
	scan_filter_free(filter);
	return result;
}

static void test_size(void **state)
{
	(void)state;
	for (int form = SCAN_LIST; form <= SCAN_WATCH; form++) {
		struct err err = {0};
		assert_int_equal(large("skipped", SCAN_OBJECT_MAX - 100, form, &err), 0);
		assert_int_equal(large("skipped", SCAN_OBJECT_MAX + 100, form, &err), -1);
		assert_non_null(strstr(err.text, "16 MiB"));
		assert_int_equal(large("message", 3 << 20, form, &err), 0);
		assert_int_equal(large("message", 5 << 20, form, &err), -1);
		assert_non_null(strstr(err.text, "4 MiB"));
	}
}

/* Many small objects are no large object. */
static void test_size_is_per_object(void **state)
{
	struct scan_filter *filter = scan_filter_new(fields);
	struct trace trace = {0};
	const struct scan_events events = {
	    .object = trace_object, .list_metadata = trace_metadata, .arg = &trace};
	char *fill = calloc(1, (1 << 20) + 1);
	struct buf item;
	struct err err = {0};

	(void)state;
	memset(fill, 'x', 1 << 20);
	buf_init(&item, 4 << 20);
	buf_init(&trace.text, TRACE_MAX);
	assert_int_equal(buf_printf(&item, "{\"env\":\"%s\"}", fill), 0);
	struct scan *scan = scan_new(SCAN_LIST, filter, &events);
	assert_int_equal(scan_feed(scan, "{\"items\":[", 10, &err), 0);
	for (int i = 0; i < 40; i++) {
		if (i > 0)
			assert_int_equal(scan_feed(scan, ",", 1, &err), 0);
		assert_int_equal(scan_feed(scan, item.data, item.len, &err), 0);
	}
	assert_int_equal(scan_feed(scan, "],\"metadata\":{}}", 16, &err), 0);
	assert_int_equal(scan_finish(scan, &err), 0);
	assert_int_equal(trace.objects, 40);
	scan_free(scan);
	buf_release(&trace.text);
	buf_release(&item);
	free(fill);
	scan_filter_free(filter);
}

/* A container passed over byte by byte, by the rules in scan_skip.h. */
static size_t skip_reference(struct skip *skip, const char *bytes, size_t len, int *done)
{
	*done = 0;
	for (size_t i = 0; i < len; i++) {
		if (skip->in_string) {
			if (skip->escaped)
				skip->escaped = 0;
			else if (bytes[i] == '\\')
				skip->escaped = 1;
			else
				skip->in_string = bytes[i] != '"';
			continue;
		}
		if (bytes[i] == '"')
			skip->in_string = 1;
		else if ((bytes[i] == '{' || bytes[i] == '[') && ++skip->depth > SCAN_DEPTH)
			*done = -1;
		else if ((bytes[i] == '}' || bytes[i] == ']') && --skip->depth == skip->base)
			*done = 1;
		if (*done)
			return i + 1;
	}
	return len;
}

static void test_skip_against_the_slow_way(void **state)
{
	/* Weighted so that strings, escapes and runs of backslashes meet the borders of blocks. */
	static const char letters[] = "aaaaaaaa\"\"\\\\\\\\{[}]{[,: \xc3\x7f\x01";
	struct dice dice = {7};

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char bytes[700];
		size_t len = 1 + roll(&dice, sizeof(bytes) - 1);
		struct skip fast, slow;
		int fast_done = 0, slow_done = 0;
		size_t fast_used = 0, slow_used = 0;
		/* Rounds with ever fewer brackets, so that some get far. */
		for (size_t i = 0; i < len; i++) {
			bytes[i] = letters[roll(&dice, sizeof(letters) - 1)];
			if (round % 3 && strchr("}]", bytes[i]) && roll(&dice, 4))
				bytes[i] = 'b';
		}
		int depth = round % 5 ? 1 : 100;
		skip_begin(&fast, depth);
		skip_begin(&slow, depth);
		while (fast_used < len && !fast_done) {
			size_t piece = 1 + roll(&dice, 200);
			if (piece > len - fast_used)
				piece = len - fast_used;
			fast_used += skip_bytes(&fast, bytes + fast_used, piece, &fast_done);
		}
		slow_used = skip_reference(&slow, bytes, len, &slow_done);
		assert_int_equal(fast_done, slow_done);
		assert_int_equal(fast_used, slow_used);
		if (!fast_done)
			assert_true(fast.depth == slow.depth && fast.in_string == slow.in_string &&
			            fast.escaped == slow.escaped);
	}
}

/* The fields of every kind go through whole documents of that kind. */
static void test_kinds_keep_identity(void **state)
{
	static const char item[] = "{\"items\":[{\"metadata\":{\"name\":\"n\",\"namespace\":\"s\",\"uid\":\"u\","
	                           "\"resourceVersion\":\"5\","
	                           "\"creationTimestamp\":\"2024-01-01T00:00:00Z\",\"managedFields\":[{\"x\":{"
	                           "\"f:y\":{}}}]}}]}";

	(void)state;
	for (size_t i = 0; i < kind_count; i++) {
		struct scan_filter *filter = scan_filter_new(kinds[i].fields);
		struct trace trace = {0};
		struct err err = {0};
		assert_int_equal(scan_all(SCAN_LIST, filter, item, sizeof(item) - 1, NULL, 0, &trace, &err), 0);
		assert_string_equal(buf_string(&trace.text), "|{\"metadata\":{\"name\":\"n\",\"namespace\":\"s\","
		                                             "\"uid\":\"u\","
		                                             "\"resourceVersion\":\"5\","
		                                             "\"creationTimestamp\":\"2024-01-01T00:00:00Z\"}}\n");
		buf_release(&trace.text);
		scan_filter_free(filter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_documents_against_the_slow_way),
		cmocka_unit_test(test_watch_frames),
		cmocka_unit_test(test_stops_when_told),
		cmocka_unit_test(test_lists_are_whole_or_refused),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_size_is_per_object),
		cmocka_unit_test(test_skip_against_the_slow_way),
		cmocka_unit_test(test_kinds_keep_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
