/* SPDX-License-Identifier: MIT */
/*
 * Runs as JSON. Numbers and texts are rows of tables, which write and read: so the two cannot differ.
 * A NaN is null.
 */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/run.h"

enum { FILE_MAX = 8 << 20 };
enum row_kind { ROW_TEXT, ROW_DOUBLE, ROW_COUNT, ROW_INT, ROW_INT64 };

struct row {
	const char *name;
	enum row_kind kind;
	size_t offset, size; /* size: of a text */
};

/* clang-format off: it takes these for blocks */
#define TEXT(type, field) \
	{#field, ROW_TEXT, offsetof(struct type, field), sizeof(((struct type *)0)->field)}
#define REAL(type, field) {#field, ROW_DOUBLE, offsetof(struct type, field), 0}
#define COUNT(type, field) {#field, ROW_COUNT, offsetof(struct type, field), 0}
#define INT(type, field) {#field, ROW_INT, offsetof(struct type, field), 0}
/* clang-format on */

static const struct row manifest_rows[] = {
    TEXT(run, id),
    TEXT(run, name),
    TEXT(run, service),
    TEXT(run, env),
    TEXT(run, target),
    TEXT(run, engine),
    TEXT(run, commit),
    TEXT(run, host),
    TEXT(run, version),
    {"startedMs", ROW_INT64, offsetof(struct run, started_ms), 0},
    {"plannedSeconds", ROW_DOUBLE, offsetof(struct run, planned_seconds), 0},
    {"peakRate", ROW_DOUBLE, offsetof(struct run, peak_rate), 0},
    INT(run, pid),
    INT(run, cpus),
    INT(run, threads),
    INT(run, connections),
    INT(run, users),
};

static const struct row second_rows[] = {
    REAL(run_second, at),
    REAL(run_second, seconds),
    COUNT(run_second, intended),
    COUNT(run_second, sent),
    COUNT(run_second, ok),
    REAL(run_second, p50),
    REAL(run_second, p90),
    REAL(run_second, p99),
    REAL(run_second, p999),
    REAL(run_second, max),
    REAL(run_second, mean),
    {"serviceP99", ROW_DOUBLE, offsetof(struct run_second, service_p99), 0},
    COUNT(run_second, bytes),
    COUNT(run_second, connects),
    INT(run_second, open),
    {"inFlight", ROW_INT, offsetof(struct run_second, in_flight), 0},
    COUNT(run_second, backlog),
    COUNT(run_second, late),
    {"lateMax", ROW_DOUBLE, offsetof(struct run_second, late_max), 0},
    REAL(run_second, cpu),
    REAL(run_second, busiest),
    INT(run_second, warmup),
};

static const struct row request_rows[] = {
    TEXT(run_request, name), COUNT(run_request, count), COUNT(run_request, failed),
    REAL(run_request, mean), REAL(run_request, p50),    REAL(run_request, p90),
    REAL(run_request, p99),  REAL(run_request, p999),   REAL(run_request, max),
};

static const struct row slo_rows[] = {
    TEXT(run_slo, text),
    INT(run_slo, held),
    REAL(run_slo, value),
    {"brokenAt", ROW_DOUBLE, offsetof(struct run_slo, broken_at), 0},
};

static const struct row verdict_rows[] = {
    {"endedMs", ROW_INT64, offsetof(struct run, ended_ms), 0},
    TEXT(run, words),
    TEXT(run, generator),
    {"generatorLimited", ROW_INT, offsetof(struct run, generator_limited), 0},
    {"foundRate", ROW_DOUBLE, offsetof(struct run, found_rate), 0},
};

#define ROWS(table) table, sizeof(table) / sizeof(table[0])

/* Microseconds are enough, and short lines are kept for hours. */
static double rounded(double value)
{
	return fabs(value) < 1e12 ? round(value * 1000) / 1000 : value;
}

static void write_rows(cJSON *object, const struct row *rows, size_t count, const void *from)
{
	for (size_t i = 0; i < count; i++) {
		const void *at = (const char *)from + rows[i].offset;
		double value = 0;
		switch (rows[i].kind) {
		case ROW_TEXT:
			cJSON_AddStringToObject(object, rows[i].name, at);
			continue;
		case ROW_DOUBLE:
			value = *(const double *)at;
			break;
		case ROW_COUNT:
			value = (double)*(const uint64_t *)at;
			break;
		case ROW_INT:
			value = *(const int *)at;
			break;
		case ROW_INT64:
			value = (double)*(const int64_t *)at;
			break;
		}
		if (isfinite(value))
			cJSON_AddNumberToObject(object, rows[i].name,
			                        rows[i].kind == ROW_DOUBLE ? rounded(value) : value);
		else
			cJSON_AddNullToObject(object, rows[i].name);
	}
}

static uint64_t to_count(double value)
{
	return value >= 0 && value < 9e15 ? (uint64_t)value : 0;
}

static void read_rows(const cJSON *object, const struct row *rows, size_t count, void *into)
{
	for (size_t i = 0; i < count; i++) {
		void *at = (char *)into + rows[i].offset;
		if (rows[i].kind == ROW_TEXT) {
			const char *text = json_string(object, rows[i].name);
			if (text)
				utf8_sanitise(at, rows[i].size, text, strlen(text));
			continue;
		}
		double value = json_number(object, rows[i].name, NAN);
		switch (rows[i].kind) {
		case ROW_DOUBLE:
			*(double *)at = value;
			break;
		case ROW_COUNT:
			*(uint64_t *)at = to_count(value);
			break;
		case ROW_INT:
			*(int *)at = value > -2e9 && value < 2e9 ? (int)value : 0;
			break;
		case ROW_INT64:
			*(int64_t *)at = value > -9e15 && value < 9e15 ? (int64_t)value : 0;
			break;
		case ROW_TEXT:
			break;
		}
	}
}

/* Only what is not zero, as {"timeout": 3}. */
static void write_errors(cJSON *object, const struct run_second *second)
{
	cJSON *errors = cJSON_AddObjectToObject(object, "errors");
	for (int i = 0; i < RUN_ERRORS; i++)
		if (second->errors[i])
			cJSON_AddNumberToObject(errors, run_error_name((enum run_error)i),
			                        (double)second->errors[i]);
	cJSON *codes = cJSON_AddArrayToObject(object, "codes");
	for (int i = 0; i < RUN_CODES; i++)
		cJSON_AddItemToArray(codes, cJSON_CreateNumber((double)second->codes[i]));
	cJSON *heat = cJSON_AddArrayToObject(object, "heat");
	int last = RUN_HEAT;
	while (last > 0 && second->heat[last - 1] == 0)
		last--;
	for (int i = 0; i < last; i++)
		cJSON_AddItemToArray(heat, cJSON_CreateNumber(second->heat[i]));
}

static void read_errors(const cJSON *object, struct run_second *second)
{
	const cJSON *item;
	int place = 0;
	for (int i = 0; i < RUN_ERRORS; i++)
		second->errors[i] =
		    to_count(json_number(json_get(object, "errors"), run_error_name((enum run_error)i), 0));
	cJSON_ArrayForEach (item, json_get(object, "codes")) {
		if (place < RUN_CODES)
			second->codes[place++] = cJSON_IsNumber(item) ? to_count(item->valuedouble) : 0;
	}
	place = 0;
	cJSON_ArrayForEach (item, json_get(object, "heat")) {
		if (place < RUN_HEAT)
			second->heat[place++] =
			    cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 4e9
			        ? (uint32_t)item->valuedouble
			        : 0;
	}
}

static int write_and_free(cJSON *object, struct buf *out, int pretty)
{
	int result = json_write(out, object, pretty);
	cJSON_Delete(object);
	return result;
}

int run_manifest_write(const struct run *run, struct buf *out)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddNumberToObject(object, "format", 1);
	write_rows(object, ROWS(manifest_rows), run);
	cJSON *slos = cJSON_AddArrayToObject(object, "slos");
	for (size_t i = 0; i < run->slo_count; i++)
		cJSON_AddItemToArray(slos, cJSON_CreateString(run->slos[i].text));
	return write_and_free(object, out, 1);
}

int run_manifest_read(struct run *run, const char *bytes, size_t len, struct err *err)
{
	const cJSON *item;
	struct arena *arena = arena_new(FILE_MAX);
	cJSON *object = json_parse(arena, bytes, len, err);
	int result = -1;
	if (!object)
		goto out;
	if (json_int(object, "format", 0) != 1) {
		err_set(err, "it was written by another version of flagdeck (format %lld)",
		        (long long)json_int(object, "format", 0));
		goto out;
	}
	read_rows(object, ROWS(manifest_rows), run);
	run->slo_count = 0;
	cJSON_ArrayForEach (item, json_get(object, "slos")) {
		if (!cJSON_IsString(item) || run->slo_count == RUN_SLOS)
			continue;
		struct run_slo *slo = &run->slos[run->slo_count++];
		*slo = (struct run_slo){.value = NAN, .broken_at = -1};
		utf8_sanitise(slo->text, sizeof(slo->text), item->valuestring, strlen(item->valuestring));
	}
	result = run->id[0] ? 0 : err_set(err, "it has no id");
out:
	arena_free(arena);
	return result;
}

int run_second_write(const struct run_second *second, struct buf *out)
{
	cJSON *object = cJSON_CreateObject();
	write_rows(object, ROWS(second_rows), second);
	write_errors(object, second);
	return write_and_free(object, out, 0);
}

int run_second_read(struct run *run, const char *line, size_t len)
{
	if (run->second_count >= RUN_LIVE_MAX)
		return -1;
	struct arena *arena = arena_new(1 << 20);
	cJSON *object = json_parse(arena, line, len, NULL);
	int result = object && isfinite(json_number(object, "at", NAN)) ? 0 : -1;
	if (result == 0) {
		struct run_second *second = run_add_second(run);
		read_rows(object, ROWS(second_rows), second);
		read_errors(object, second);
	}
	arena_free(arena);
	return result;
}

int run_verdict_write(const struct run *run, struct buf *out)
{
	cJSON *object = cJSON_CreateObject(), *item;
	cJSON_AddNumberToObject(object, "format", 1);
	cJSON_AddStringToObject(object, "state", run_state_name(run->state));
	write_rows(object, ROWS(verdict_rows), run);
	cJSON *total = cJSON_AddObjectToObject(object, "total");
	write_rows(total, ROWS(second_rows), &run->total);
	write_errors(total, &run->total);
	cJSON *requests = cJSON_AddArrayToObject(object, "requests");
	for (size_t i = 0; i < run->request_count; i++) {
		cJSON_AddItemToArray(requests, item = cJSON_CreateObject());
		write_rows(item, ROWS(request_rows), &run->requests[i]);
	}
	cJSON *slos = cJSON_AddArrayToObject(object, "slos");
	for (size_t i = 0; i < run->slo_count; i++) {
		cJSON_AddItemToArray(slos, item = cJSON_CreateObject());
		write_rows(item, ROWS(slo_rows), &run->slos[i]);
	}
	cJSON *failures = cJSON_AddArrayToObject(object, "failures");
	for (size_t i = 0; i < run->failure_count; i++)
		cJSON_AddItemToArray(failures, cJSON_CreateString(run->failures[i]));
	return write_and_free(object, out, 1);
}

static void read_lists(struct run *run, const cJSON *object)
{
	const cJSON *item;
	run->request_count = run->slo_count = run->failure_count = 0;
	cJSON_ArrayForEach (item, json_get(object, "requests")) {
		if (run->request_count < RUN_REQUESTS)
			read_rows(item, ROWS(request_rows), &run->requests[run->request_count++]);
	}
	cJSON_ArrayForEach (item, json_get(object, "slos")) {
		if (run->slo_count < RUN_SLOS)
			read_rows(item, ROWS(slo_rows), &run->slos[run->slo_count++]);
	}
	cJSON_ArrayForEach (item, json_get(object, "failures")) {
		if (run->failure_count < sizeof(run->failures) / sizeof(run->failures[0]) &&
		    cJSON_IsString(item))
			utf8_sanitise(run->failures[run->failure_count++], sizeof(run->failures[0]),
			              item->valuestring, strlen(item->valuestring));
	}
}

int run_verdict_read(struct run *run, const char *bytes, size_t len, struct err *err)
{
	struct arena *arena = arena_new(FILE_MAX);
	cJSON *object = json_parse(arena, bytes, len, err);
	const char *state = object ? json_string(object, "state") : NULL;
	int result = -1;
	for (int i = 0; state && i < RUN_STATES; i++)
		if (strcmp(state, run_state_name((enum run_state)i)) == 0) {
			run->state = (enum run_state)i;
			result = 0;
		}
	if (result == 0) {
		read_rows(object, ROWS(verdict_rows), run);
		read_rows(json_get(object, "total"), ROWS(second_rows), &run->total);
		read_errors(json_get(object, "total"), &run->total);
		read_lists(run, object);
	} else if (object) {
		err_set(err, "the verdict names no state");
	}
	arena_free(arena);
	return result;
}
