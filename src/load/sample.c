/* SPDX-License-Identifier: MIT */
/*
 * CSV a byte at a time: quotes may hold commas, line ends and doubled quotes. The head line says which
 * field means what; JMeter leaves it out when it is told to, and then its usual order holds.
 */
#include "load/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum meaning { TIME, ELAPSED, LABEL, CODE, SUCCESS, MESSAGE, BYTES, ACTIVE, METRIC, VALUE, MEANINGS };

static const struct {
	const char *jtl, *k6;
	int usual; /* place in a JTL without head line; -1: not there */
} names[MEANINGS] = {
    [TIME] = {"timeStamp", "timestamp", 0},
    [ELAPSED] = {"elapsed", NULL, 1},
    [LABEL] = {"label", "name", 2},
    [CODE] = {"responseCode", "status", 3},
    [MESSAGE] = {"responseMessage", "error", 4},
    [SUCCESS] = {"success", "expected_response", 7},
    [BYTES] = {"bytes", NULL, 9},
    [ACTIVE] = {"allThreads", NULL, 12},
    [METRIC] = {NULL, "metric_name", -1},
    [VALUE] = {NULL, "metric_value", -1},
};

void sample_reader_init(struct sample_reader *reader, enum sample_format format,
                        void (*take)(void *arg, const struct sample *sample), void *arg)
{
	*reader = (struct sample_reader){.format = format, .take = take, .arg = arg};
	buf_init(&reader->row, SAMPLE_ROW);
	for (int i = 0; i < 16; i++)
		reader->columns[i] = -1;
}

void sample_reader_release(struct sample_reader *reader)
{
	buf_release(&reader->row);
}

static const char *field(const struct sample_reader *reader, enum meaning meaning)
{
	int column = reader->columns[meaning];
	return column >= 0 && (size_t)column < reader->fields ? reader->row.data + reader->starts[column]
	                                                      : "";
}

/* Whether the row names columns; then they are known from now on. */
static int take_head(struct sample_reader *reader)
{
	int found = 0, columns[16];
	for (int m = 0; m < MEANINGS; m++) {
		const char *name = reader->format == SAMPLE_JTL ? names[m].jtl : names[m].k6;
		columns[m] = -1;
		for (size_t i = 0; name && i < reader->fields; i++)
			if (strcmp(reader->row.data + reader->starts[i], name) == 0) {
				columns[m] = (int)i;
				found++;
			}
	}
	if (found < 3 || columns[TIME] < 0)
		return 0;
	memcpy(reader->columns, columns, sizeof(int) * MEANINGS);
	reader->has_head = 1;
	return 1;
}

static int number(const char *text, double least, double most, double *out)
{
	char *end;
	*out = strtod(text, &end);
	return end != text && !*end && isfinite(*out) && *out >= least && *out <= most ? 0 : -1;
}

static int take_jtl(struct sample_reader *reader, struct sample *sample)
{
	double start, elapsed, value;
	if (number(field(reader, TIME), 0, 1e14, &start) < 0 ||
	    number(field(reader, ELAPSED), 0, 1e10, &elapsed) < 0)
		return -1;
	const char *success = field(reader, SUCCESS);
	if (strcmp(success, "true") != 0 && strcmp(success, "false") != 0)
		return -1;
	sample->end_ms = (int64_t)(start + elapsed);
	sample->elapsed_us = (int64_t)(elapsed * 1000);
	sample->ok = success[0] == 't';
	sample->status = number(field(reader, CODE), 100, 599, &value) == 0 ? (int)value : 0;
	sample->bytes = number(field(reader, BYTES), 0, 1e15, &value) == 0 ? (uint64_t)value : 0;
	sample->active = number(field(reader, ACTIVE), 0, 1e7, &value) == 0 ? (int)value : -1;
	return 0;
}

/* k6 writes a row for each of its metrics; one of them is the request. Times are in microseconds. */
static int take_k6(struct sample_reader *reader, struct sample *sample)
{
	const char *metric = field(reader, METRIC);
	double at, value, status;
	int is_request = strcmp(metric, "http_req_duration") == 0,
	    is_drop = strcmp(metric, "dropped_iterations") == 0;
	if (!*metric || number(field(reader, TIME), 0, 1e17, &at) < 0 ||
	    number(field(reader, VALUE), -1e12, 1e12, &value) < 0)
		return -1;
	if ((!is_request && !is_drop) || value < 0)
		return 1;
	sample->end_ms = (int64_t)(at / 1000);
	sample->active = -1;
	if (is_drop) {
		sample->dropped = (uint64_t)value;
		return 0;
	}
	sample->elapsed_us = value < 1e7 ? (int64_t)(value * 1000) : 0;
	sample->status = number(field(reader, CODE), 100, 599, &status) == 0 ? (int)status : 0;
	sample->ok = strcmp(field(reader, SUCCESS), "true") == 0;
	return 0;
}

static void take_row(struct sample_reader *reader)
{
	struct sample sample = {.active = -1};
	if (reader->fields == 1 && !reader->row.data[reader->starts[0]])
		return; /* an empty line */
	if (take_head(reader))
		return;
	if (!reader->has_head && reader->format == SAMPLE_JTL) {
		for (int m = 0; m < MEANINGS; m++)
			reader->columns[m] = names[m].usual;
		reader->has_head = 1;
	}
	int result = reader->format == SAMPLE_JTL ? take_jtl(reader, &sample) : take_k6(reader, &sample);
	if (result < 0)
		reader->bad++;
	if (result != 0)
		return;
	const char *label = field(reader, LABEL), *error = sample.ok ? "" : field(reader, MESSAGE);
	utf8_sanitise(sample.label, sizeof(sample.label), label, strlen(label));
	utf8_sanitise(sample.error, sizeof(sample.error), error, strlen(error));
	reader->take(reader->arg, &sample);
}

static void put(struct sample_reader *reader, char c)
{
	if (reader->too_long || buf_add(&reader->row, &c, 1) < 0)
		reader->too_long = 1;
}

static void end_field(struct sample_reader *reader)
{
	put(reader, '\0');
	if (reader->fields < SAMPLE_FIELDS)
		reader->fields++;
	if (reader->fields < SAMPLE_FIELDS)
		reader->starts[reader->fields] = reader->row.len;
}

static void end_row(struct sample_reader *reader)
{
	if (reader->row.len > 0 && reader->row.data[reader->row.len - 1] == '\r')
		reader->row.len--;
	end_field(reader);
	if (reader->too_long)
		reader->bad++;
	else
		take_row(reader);
	buf_clear(&reader->row);
	reader->fields = 0;
	reader->starts[0] = 0;
	reader->too_long = reader->quoted = reader->was_quote = 0;
}

void sample_reader_feed(struct sample_reader *reader, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];
		int at_start =
		    reader->row.len == (reader->fields < SAMPLE_FIELDS ? reader->starts[reader->fields] : 0);
		if (reader->quoted && reader->was_quote && c != '"')
			reader->quoted = 0;
		if (reader->quoted && c == '"') {
			if (reader->was_quote)
				put(reader, '"');
			reader->was_quote = !reader->was_quote;
			continue;
		}
		reader->was_quote = 0;
		/* A quote that never ends must not swallow the rest of the file. */
		if (reader->quoted && !(reader->too_long && c == '\n')) {
			put(reader, c);
			continue;
		}
		if (c == '"' && at_start)
			reader->quoted = 1;
		else if (c == ',')
			end_field(reader);
		else if (c == '\n')
			end_row(reader);
		else
			put(reader, c);
	}
}
