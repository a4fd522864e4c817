/* SPDX-License-Identifier: MIT */
/*
 * The scanner knows strings, numbers and brackets; the place of a value is the stack of the names and
 * indexes above it. What stands at a place that nobody asks for is passed over without being kept.
 */
#include "prom/answer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { DEPTH = 32, SCALAR_MAX = 4 * ANSWER_TEXT };

/* Names that mean something here. */
enum name { NAME_OTHER, NAME_STATUS, NAME_DATA, NAME_RESULT_TYPE, NAME_RESULT, NAME_METRIC, NAME_VALUE, NAME_VALUES,
	NAME_HISTOGRAM, NAME_HISTOGRAMS, NAME_COUNT, NAME_SUM, NAME_BUCKETS, NAME_ERROR_TYPE, NAME_ERROR, NAME_WARNINGS,
	NAME_INFOS };
static const char *const names[] = {
	[NAME_STATUS] = "status", [NAME_DATA] = "data", [NAME_RESULT_TYPE] = "resultType", [NAME_RESULT] = "result",
	[NAME_METRIC] = "metric", [NAME_VALUE] = "value", [NAME_VALUES] = "values", [NAME_HISTOGRAM] = "histogram",
	[NAME_HISTOGRAMS] = "histograms", [NAME_COUNT] = "count", [NAME_SUM] = "sum", [NAME_BUCKETS] = "buckets",
	[NAME_ERROR_TYPE] = "errorType", [NAME_ERROR] = "error", [NAME_WARNINGS] = "warnings", [NAME_INFOS] = "infos",
};

enum scan_state { BEFORE_VALUE, BEFORE_KEY, AFTER_KEY, AFTER_VALUE, IN_STRING, IN_ESCAPE, IN_UNICODE, IN_PLAIN, OVER };

struct level {
	char bracket;      /* '{' or '[' */
	uint8_t name;      /* of the member of an object that is read */
	size_t index;      /* of the item of an array */
};

struct answer {
	struct answer_events events;
	struct answer_head head;
	enum scan_state state;
	int after_comma;             /* a value or key must follow */
	int is_key;                  /* the string under way is a member's name */
	struct level levels[DEPTH];
	size_t depth;
	/* The string or plain word under way; kept only where it is wanted. */
	char scalar[SCALAR_MAX + 8];
	size_t scalar_len;
	unsigned unicode, unicode_digits, surrogate;
	/* The series under way. */
	char room[ANSWER_ROOM];
	size_t room_used, label_count;
	struct answer_label labels[ANSWER_LABELS];
	const char *label_name;      /* in room; NULL: no room */
	int told;                    /* `series` was called for it */
	int64_t at_ms;
	struct answer_histogram histogram;
	struct answer_bucket bucket;
	int stopped, broken;
	size_t offset;
	struct err err;
};

struct answer *answer_new(const struct answer_events *events)
{
	struct answer *answer = mem_new(sizeof(*answer));
	answer->events = *events;
	return answer;
}

void answer_free(struct answer *answer)
{
	free(answer);
}

const struct answer_head *answer_head(const struct answer *answer)
{
	return &answer->head;
}

const char *answer_label(const struct answer_label *labels, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(labels[i].name, name) == 0)
			return labels[i].value;
	return "";
}

/* Whether the open levels are these members: NAME_OTHER stands for an item of an array. */
static int is_at(const struct answer *answer, size_t depth, const uint8_t *path, size_t count)
{
	if (depth < count)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (answer->levels[i].bracket != (path[i] == NAME_OTHER ? '[' : '{') ||
		    (path[i] != NAME_OTHER && answer->levels[i].name != path[i]))
			return 0;
	return 1;
}

/* The member of the series that is open, NAME_OTHER when none is. */
static enum name series_member(const struct answer *answer)
{
	static const uint8_t path[] = {NAME_DATA};
	if (answer->depth < 3 || !is_at(answer, answer->depth, path, 1) || answer->levels[1].bracket != '{' ||
	    answer->levels[1].name != NAME_RESULT || answer->levels[2].bracket != '[' || answer->depth < 4 ||
	    answer->levels[3].bracket != '{')
		return NAME_OTHER;
	return (enum name)answer->levels[3].name;
}

/* levels: 0 {data}, 1 {result}, 2 [series], 3 {metric|value|values|…}, 4 … */
static int is_wanted(const struct answer *answer)
{
	if (answer->depth <= 2)
		return 1;
	if (answer->levels[0].name == NAME_WARNINGS || answer->levels[0].name == NAME_INFOS)
		return answer->depth == 2;
	return answer->levels[0].name == NAME_DATA && answer->levels[1].bracket == '{' &&
	       answer->levels[1].name == NAME_RESULT;
}

static const char *room_take(struct answer *answer, const char *text, size_t len)
{
	char *at = answer->room + answer->room_used;
	size_t left = sizeof(answer->room) - answer->room_used;
	if (len > ANSWER_TEXT)
		len = ANSWER_TEXT;
	if (left < len + 1 || left < 4)
		return NULL;
	size_t used = len;
	if (utf8_is_safe(text, len)) {
		memcpy(at, text, len);
		at[len] = '\0';
	} else {
		used = utf8_sanitise(at, left < ANSWER_TEXT + 1 ? left : ANSWER_TEXT + 1, text, len);
	}
	answer->room_used += used + 1;
	return at;
}

static void series_tell(struct answer *answer)
{
	if (answer->told)
		return;
	answer->told = 1;
	answer->head.series++;
	if (answer->events.series(answer->events.arg, answer->labels, answer->label_count) != 0)
		answer->stopped = 1;
}

static void sample_tell(struct answer *answer, const char *text)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text)
		value = NAN;
	series_tell(answer);
	if (answer->stopped)
		return;
	answer->head.samples++;
	answer->events.sample(answer->events.arg, answer->at_ms, value);
}

static void stamp_take(struct answer *answer, const char *text)
{
	double seconds = strtod(text, NULL);
	answer->at_ms = isfinite(seconds) && fabs(seconds) < 1e14 ? (int64_t)llround(seconds * 1000) : 0;
}

/* A scalar inside a [time, value] pair whose array is level `at`. */
static void pair_take(struct answer *answer, size_t at, const char *text)
{
	if (answer->depth != at + 1 || answer->levels[at].bracket != '[')
		return;
	if (answer->levels[at].index == 0)
		stamp_take(answer, text);
	else if (answer->levels[at].index == 1)
		sample_tell(answer, text);
}

/* Inside [time, {count, sum, buckets: [[kind, low, high, count]]}] whose array is level `at`. */
static void histogram_take(struct answer *answer, size_t at, const char *text)
{
	const struct level *levels = answer->levels;
	double value = strtod(text, NULL);
	if (answer->depth == at + 1 && levels[at].index == 0) {
		stamp_take(answer, text);
	} else if (answer->depth == at + 2 && levels[at + 1].bracket == '{') {
		if (levels[at + 1].name == NAME_COUNT)
			answer->histogram.count = value;
		else if (levels[at + 1].name == NAME_SUM)
			answer->histogram.sum = value;
	} else if (answer->depth == at + 4 && levels[at + 1].name == NAME_BUCKETS && levels[at + 3].bracket == '[') {
		struct answer_bucket *bucket = &answer->bucket;
		switch (levels[at + 3].index) {
		case 1: bucket->low = value; break;
		case 2: bucket->high = value; break;
		case 3:
			bucket->count = value;
			if (answer->histogram.bucket_count < ANSWER_BUCKETS)
				answer->histogram.buckets[answer->histogram.bucket_count++] = *bucket;
			break;
		default: break;
		}
	}
}

static void copy_text(char *out, size_t size, const char *text, size_t len)
{
	utf8_sanitise(out, size, text, len);
}

static void head_take(struct answer *answer, enum name name, const char *text, size_t len)
{
	struct answer_head *head = &answer->head;
	if (name == NAME_STATUS)
		head->success = strcmp(text, "success") == 0;
	else if (name == NAME_ERROR_TYPE)
		copy_text(head->error_type, sizeof(head->error_type), text, len);
	else if (name == NAME_ERROR)
		copy_text(head->error, sizeof(head->error), text, len);
}

static void label_take(struct answer *answer, const char *text, size_t len)
{
	const char *value = answer->label_name ? room_take(answer, text, len) : NULL;
	if (value && answer->label_count < ANSWER_LABELS)
		answer->labels[answer->label_count++] = (struct answer_label){answer->label_name, value};
	answer->label_name = NULL;
}

/* A string, number or word is complete. */
static void scalar_take(struct answer *answer, int is_string)
{
	const char *text = answer->scalar;
	size_t len = answer->scalar_len;
	const struct level *levels = answer->levels;
	enum name member = series_member(answer);
	if (answer->depth == 1 && levels[0].bracket == '{') {
		if (is_string)
			head_take(answer, (enum name)levels[0].name, text, len);
	} else if (answer->depth == 2 && levels[0].bracket == '{' && levels[1].bracket == '[' &&
	           (levels[0].name == NAME_WARNINGS || levels[0].name == NAME_INFOS)) {
		if (answer->head.warnings++ == 0)
			copy_text(answer->head.warning, sizeof(answer->head.warning), text, len);
	} else if (answer->depth == 2 && levels[0].name == NAME_DATA && levels[1].name == NAME_RESULT_TYPE &&
	           levels[1].bracket == '{') {
		copy_text(answer->head.result_type, sizeof(answer->head.result_type), text, len);
	} else if (answer->depth == 3 && levels[0].name == NAME_DATA && levels[1].bracket == '{' &&
	           levels[1].name == NAME_RESULT) {
		pair_take(answer, 2, text); /* a scalar result */
	} else if (member == NAME_METRIC && answer->depth == 5 && levels[4].bracket == '{') {
		label_take(answer, text, len);
	} else if (member == NAME_VALUE) {
		pair_take(answer, 4, text);
	} else if (member == NAME_VALUES && answer->depth > 4) {
		pair_take(answer, 5, text);
	} else if (member == NAME_HISTOGRAM && answer->depth > 4) {
		histogram_take(answer, 4, text);
	} else if (member == NAME_HISTOGRAMS && answer->depth > 5) {
		histogram_take(answer, 5, text);
	}
}

static void key_take(struct answer *answer)
{
	struct level *level = &answer->levels[answer->depth - 1];
	level->name = NAME_OTHER;
	if (answer->depth == 5 && series_member(answer) == NAME_METRIC) {
		answer->label_name = room_take(answer, answer->scalar, answer->scalar_len);
		return;
	}
	for (size_t i = NAME_OTHER + 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], answer->scalar) == 0)
			level->name = (uint8_t)i;
}

static int fail(struct answer *answer, const char *why)
{
	answer->broken = 1;
	return err_set(&answer->err, "this is no answer of a Prometheus: %s at byte %zu", why, answer->offset);
}

static int level_open(struct answer *answer, char bracket)
{
	if (answer->depth == DEPTH)
		return fail(answer, "it is nested too deep");
	answer->levels[answer->depth++] = (struct level){.bracket = bracket};
	answer->after_comma = 0;
	answer->state = bracket == '{' ? BEFORE_KEY : BEFORE_VALUE;
	/* A series begins. */
	if (answer->depth == 4 && bracket == '{' && answer->levels[0].name == NAME_DATA &&
	    answer->levels[1].name == NAME_RESULT && answer->levels[1].bracket == '{') {
		answer->room_used = answer->label_count = 0;
		answer->label_name = NULL;
		answer->told = 0;
	}
	if (answer->depth == 3 && answer->levels[1].name == NAME_RESULT)
		answer->room_used = answer->label_count = 0, answer->told = 0;
	return 0;
}

static int level_close(struct answer *answer, char bracket)
{
	if (answer->depth == 0 || answer->levels[answer->depth - 1].bracket != (bracket == '}' ? '{' : '['))
		return fail(answer, "brackets do not match");
	if (answer->after_comma)
		return fail(answer, "a comma stands before a closing bracket");
	enum name member = series_member(answer);
	size_t pair = member == NAME_HISTOGRAM ? 4 : 5;
	answer->depth--;
	/* A [time, histogram] pair is over. */
	if ((member == NAME_HISTOGRAM || member == NAME_HISTOGRAMS) && answer->depth == pair && bracket == ']') {
		series_tell(answer);
		answer->head.samples++;
		if (!answer->stopped && answer->events.histogram)
			answer->events.histogram(answer->events.arg, answer->at_ms, &answer->histogram);
		answer->histogram = (struct answer_histogram){0};
	}
	/* A series without a value is one too. */
	if (answer->depth == 3 && bracket == '}' && answer->levels[0].name == NAME_DATA &&
	    answer->levels[1].name == NAME_RESULT && answer->levels[2].bracket == '[')
		series_tell(answer);
	answer->state = answer->depth ? AFTER_VALUE : OVER;
	return 0;
}

static void scalar_add(struct answer *answer, const char *bytes, size_t len)
{
	size_t left = SCALAR_MAX - answer->scalar_len;
	if (!answer->is_key && !is_wanted(answer))
		return;
	if (len > left)
		len = left;
	memcpy(answer->scalar + answer->scalar_len, bytes, len);
	answer->scalar_len += len;
}

static void scalar_begin(struct answer *answer, enum scan_state state)
{
	answer->state = state;
	answer->scalar_len = 0;
	answer->surrogate = 0;
	answer->after_comma = 0;
}

static void scalar_end(struct answer *answer, int is_string)
{
	answer->scalar[answer->scalar_len] = '\0';
	if (answer->is_key) {
		key_take(answer);
		answer->is_key = 0;
		answer->state = AFTER_KEY;
		return;
	}
	if (is_wanted(answer))
		scalar_take(answer, is_string);
	answer->state = answer->depth ? AFTER_VALUE : OVER;
}

static int plain_is_fine(const char *text)
{
	char *end;
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0 || strcmp(text, "null") == 0)
		return 1;
	(void)strtod(text, &end);
	return *text && !*end;
}

static int unicode_digit(struct answer *answer, char byte)
{
	char out[4];
	unsigned digit = byte >= '0' && byte <= '9'   ? (unsigned)(byte - '0')
	                 : byte >= 'a' && byte <= 'f' ? (unsigned)(byte - 'a' + 10)
	                 : byte >= 'A' && byte <= 'F' ? (unsigned)(byte - 'A' + 10)
	                                              : 16;
	if (digit == 16)
		return fail(answer, "a \\u escape is not four hexadecimal digits");
	answer->unicode = answer->unicode << 4 | digit;
	if (++answer->unicode_digits < 4)
		return 0;
	answer->state = IN_STRING;
	unsigned code = answer->unicode;
	if (code >= 0xd800 && code < 0xdc00) {
		answer->surrogate = code;
		return 0;
	}
	if (answer->surrogate && code >= 0xdc00 && code < 0xe000)
		code = 0x10000 + ((answer->surrogate - 0xd800) << 10) + (code - 0xdc00);
	answer->surrogate = 0;
	scalar_add(answer, out, utf8_encode(code, out));
	return 0;
}

static int escape_take(struct answer *answer, char byte)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = byte ? strchr(from, byte) : NULL;
	if (byte == 'u') {
		answer->state = IN_UNICODE;
		answer->unicode = answer->unicode_digits = 0;
		return 0;
	}
	if (!at)
		return fail(answer, "there is an unknown escape");
	answer->state = IN_STRING;
	scalar_add(answer, &to[at - from], 1);
	return 0;
}

static int between(struct answer *answer, char byte)
{
	struct level *level = answer->depth ? &answer->levels[answer->depth - 1] : NULL;
	switch (answer->state) {
	case BEFORE_KEY:
		if (byte == '}')
			return level_close(answer, byte);
		if (byte != '"')
			return fail(answer, "a name is missing");
		scalar_begin(answer, IN_STRING);
		answer->is_key = 1;
		return 0;
	case AFTER_KEY:
		if (byte != ':')
			return fail(answer, "a colon is missing");
		answer->state = BEFORE_VALUE;
		answer->after_comma = 1;
		return 0;
	case AFTER_VALUE:
		if (byte == ',') {
			level->index++;
			answer->after_comma = 1;
			answer->state = level->bracket == '{' ? BEFORE_KEY : BEFORE_VALUE;
			return 0;
		}
		if (byte == '}' || byte == ']')
			return level_close(answer, byte);
		return fail(answer, "a comma is missing");
	case BEFORE_VALUE:
		if (byte == '{' || byte == '[')
			return level_open(answer, byte);
		if (byte == ']' && level && level->bracket == '[')
			return level_close(answer, byte);
		if (answer->depth == 0)
			return fail(answer, "it does not begin with a brace");
		scalar_begin(answer, byte == '"' ? IN_STRING : IN_PLAIN);
		if (byte != '"')
			scalar_add(answer, &byte, 1);
		return 0;
	default: return fail(answer, "there is more behind its end");
	}
}

/* Takes what belongs to a string as a whole; returns the bytes taken. */
static size_t string_run(struct answer *answer, const char *bytes, size_t len)
{
	size_t run = 0;
	while (run < len && bytes[run] != '"' && bytes[run] != '\\')
		run++;
	if (run > 0)
		scalar_add(answer, bytes, run);
	return run;
}

static int feed_byte(struct answer *answer, char byte)
{
	switch (answer->state) {
	case IN_STRING:
		if (byte == '"')
			scalar_end(answer, 1);
		else
			answer->state = IN_ESCAPE;
		return 0;
	case IN_ESCAPE: return escape_take(answer, byte);
	case IN_UNICODE: return unicode_digit(answer, byte);
	case IN_PLAIN:
		if (!strchr(",]} \t\r\n", byte)) {
			scalar_add(answer, &byte, 1);
			return 0;
		}
		answer->scalar[answer->scalar_len] = '\0';
		if (is_wanted(answer) && !plain_is_fine(answer->scalar))
			return fail(answer, "a word is neither a number nor true, false or null");
		scalar_end(answer, 0);
		return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' ? 0 : between(answer, byte);
	default:
		return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' ? 0 : between(answer, byte);
	}
}

int answer_feed(struct answer *answer, const char *bytes, size_t len, struct err *err)
{
	for (size_t i = 0; i < len && !answer->broken && !answer->stopped;) {
		if (answer->state == IN_STRING) {
			size_t run = string_run(answer, bytes + i, len - i);
			i += run;
			answer->offset += run;
			if (run > 0)
				continue;
		}
		if (feed_byte(answer, bytes[i]) < 0)
			break;
		i++;
		answer->offset++;
	}
	if (answer->broken)
		return err_set(err, "%s", answer->err.text);
	return answer->stopped;
}

int answer_finish(const struct answer *answer, struct err *err)
{
	if (answer->broken)
		return err_set(err, "%s", answer->err.text);
	if (answer->state != OVER)
		return err_set(err, "the answer ends in the middle, after %zu bytes", answer->offset);
	return 0;
}
