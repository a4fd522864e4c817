/* SPDX-License-Identifier: MIT */
/* A run as the report's pages read it: seconds as columns, which is half as long as rows. */
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "report/site.h"

static double r3(double value)
{
	return round(value * 1000) / 1000;
}

static void put(cJSON *object, const char *name, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, name, r3(value));
	else
		cJSON_AddNullToObject(object, name);
}

static void push(cJSON *array, double value)
{
	cJSON_AddItemToArray(array, isfinite(value) ? cJSON_CreateNumber(r3(value)) : cJSON_CreateNull());
}

#define REAL(field)                                                                                          \
	static double of_##field(const struct run_second *s)                                                 \
	{                                                                                                    \
		return (double)s->field;                                                                     \
	}
REAL(at)
REAL(seconds)
REAL(intended)
REAL(sent)
REAL(ok)
REAL(p50)
REAL(p90)
REAL(p99)
REAL(p999)
REAL(max)
REAL(mean)
REAL(service_p99)
REAL(open)
REAL(in_flight)
REAL(backlog)
REAL(late)
REAL(cpu)
REAL(busiest)
REAL(warmup)
REAL(bytes)

static double of_failed(const struct run_second *s)
{
	return (double)run_failed(s);
}

static const struct {
	const char *name;
	double (*of)(const struct run_second *second);
} columns[] = {
    {"at", of_at},
    {"seconds", of_seconds},
    {"intended", of_intended},
    {"sent", of_sent},
    {"ok", of_ok},
    {"failed", of_failed},
    {"p50", of_p50},
    {"p90", of_p90},
    {"p99", of_p99},
    {"p999", of_p999},
    {"max", of_max},
    {"mean", of_mean},
    {"serviceP99", of_service_p99},
    {"open", of_open},
    {"inFlight", of_in_flight},
    {"backlog", of_backlog},
    {"late", of_late},
    {"cpu", of_cpu},
    {"busiest", of_busiest},
    {"warmup", of_warmup},
    {"bytes", of_bytes},
};

static void add_heat(cJSON *series, const struct run *run)
{
	cJSON *heat = cJSON_AddArrayToObject(series, "heat");
	for (size_t i = 0; i < run->second_count; i++) {
		cJSON *row = cJSON_CreateArray();
		int last = RUN_HEAT;
		while (last > 0 && run->seconds[i].heat[last - 1] == 0)
			last--;
		for (int k = 0; k < last; k++)
			push(row, run->seconds[i].heat[k]);
		cJSON_AddItemToArray(heat, row);
	}
}

static void add_series(cJSON *object, const struct run *run)
{
	cJSON *series = cJSON_AddObjectToObject(object, "series");
	for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++) {
		cJSON *array = cJSON_AddArrayToObject(series, columns[c].name);
		/* The head is kept while adding: cJSON's own adding walks nowhere, its tail is known. */
		for (size_t i = 0; i < run->second_count; i++)
			push(array, columns[c].of(&run->seconds[i]));
	}
	cJSON *errors = cJSON_AddObjectToObject(series, "errors"),
	      *codes = cJSON_AddArrayToObject(series, "codes");
	for (int k = 0; k < RUN_ERRORS; k++) {
		uint64_t sum = 0;
		for (size_t i = 0; i < run->second_count; i++)
			sum += run->seconds[i].errors[k];
		cJSON *array = sum ? cJSON_AddArrayToObject(errors, run_error_name((enum run_error)k)) : NULL;
		for (size_t i = 0; array && i < run->second_count; i++)
			push(array, (double)run->seconds[i].errors[k]);
	}
	for (int k = 0; k < RUN_CODES; k++) {
		cJSON *array = cJSON_CreateArray();
		cJSON_AddItemToArray(codes, array);
		for (size_t i = 0; i < run->second_count; i++)
			push(array, (double)run->seconds[i].codes[k]);
	}
	add_heat(series, run);
}

static void add_texts(cJSON *object, const struct run *run)
{
	const struct {
		const char *name, *text;
	} texts[] = {{"id", run->id},           {"name", run->name},
	             {"service", run->service}, {"env", run->env},
	             {"target", run->target},   {"engine", run->engine},
	             {"commit", run->commit},   {"state", run_state_name(run->state)},
	             {"words", run->words}};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cJSON_AddStringToObject(object, texts[i].name, texts[i].text);
	cJSON_AddNumberToObject(object, "startedMs", (double)run->started_ms);
}

static void add_total(cJSON *object, const struct run_second *total)
{
	cJSON *to = cJSON_AddObjectToObject(object, "total"), *errors;
	for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++)
		put(to, columns[c].name, columns[c].of(total));
	errors = cJSON_AddObjectToObject(to, "errors");
	for (int k = 0; k < RUN_ERRORS; k++)
		if (total->errors[k])
			put(errors, run_error_name((enum run_error)k), (double)total->errors[k]);
}

static void add_lists(cJSON *object, const struct run *run)
{
	cJSON *list = cJSON_AddArrayToObject(object, "requests"), *item;
	for (size_t i = 0; i < run->request_count; i++) {
		const struct run_request *request = &run->requests[i];
		cJSON_AddItemToArray(list, item = cJSON_CreateObject());
		cJSON_AddStringToObject(item, "name", request->name);
		put(item, "count", (double)request->count);
		put(item, "failed", (double)request->failed);
		put(item, "mean", request->mean);
		put(item, "p50", request->p50);
		put(item, "p90", request->p90);
		put(item, "p99", request->p99);
		put(item, "p999", request->p999);
		put(item, "max", request->max);
	}
	list = cJSON_AddArrayToObject(object, "slos");
	for (size_t i = 0; i < run->slo_count; i++) {
		const struct run_slo *slo = &run->slos[i];
		cJSON_AddItemToArray(list, item = cJSON_CreateObject());
		cJSON_AddStringToObject(item, "text", slo->text);
		cJSON_AddBoolToObject(item, "held", slo->held);
		put(item, "value", slo->value);
		put(item, "brokenAt", slo->broken_at);
	}
	list = cJSON_AddArrayToObject(object, "failures");
	for (size_t i = 0; i < run->failure_count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(run->failures[i]));
}

int site_run_write(const struct run *run, struct buf *out)
{
	cJSON *object = cJSON_CreateObject();
	add_texts(object, run);
	cJSON_AddStringToObject(object, "generator", run->generator);
	cJSON_AddStringToObject(object, "host", run->host);
	cJSON_AddNumberToObject(object, "threads", run->threads);
	cJSON_AddNumberToObject(object, "connections", run->connections);
	cJSON_AddNumberToObject(object, "users", run->users);
	put(object, "foundRate", run->found_rate);
	add_total(object, &run->total);
	add_lists(object, run);
	add_series(object, run);
	int result = json_write(out, object, 0);
	cJSON_Delete(object);
	return result;
}

struct site_index {
	cJSON *object, *runs;
};

struct site_index *site_index_new(void)
{
	struct site_index *index = mem_new(sizeof(*index));
	index->object = cJSON_CreateObject();
	index->runs = cJSON_AddArrayToObject(index->object, "runs");
	return index;
}

void site_index_add(struct site_index *index, const struct run *run)
{
	const struct run_second *total = &run->total;
	double ended = (double)(total->ok + run_failed(total));
	cJSON *item = cJSON_CreateObject();
	add_texts(item, run);
	put(item, "rate", total->seconds > 0 ? ended / total->seconds : NAN);
	put(item, "p50", ended > 0 ? total->p50 : NAN);
	put(item, "p99", ended > 0 ? total->p99 : NAN);
	if (ended > 0)
		cJSON_AddNumberToObject(item, "errorRatio", (double)run_failed(total) / ended);
	else
		cJSON_AddNullToObject(item, "errorRatio");
	cJSON_AddItemToArray(index->runs, item);
}

int site_index_write(struct site_index *index, struct buf *out)
{
	int result = json_write(out, index->object, 0);
	cJSON_Delete(index->object);
	free(index);
	return result;
}
