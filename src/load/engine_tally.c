/* SPDX-License-Identifier: MIT */
/* What a worker counts in a second, handed over whole; and examples of what went wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "engine_internal.h"

static struct tally *tally_new(size_t requests)
{
	struct tally *tally = mem_new(sizeof(*tally));
	tally->latency = mem_new_array(requests, sizeof(*tally->latency));
	tally->failed = mem_new_array(requests, sizeof(*tally->failed));
	for (size_t i = 0; i < requests; i++)
		histogram_init(&tally->latency[i], engine_latency_max, HISTOGRAM_DIGITS);
	histogram_init(&tally->service, engine_latency_max, HISTOGRAM_DIGITS);
	return tally;
}

struct tally *tally_take(struct engine *engine, long second)
{
	pthread_mutex_lock(&engine->lock);
	struct tally *tally = engine->spare;
	if (tally)
		engine->spare = tally->next;
	pthread_mutex_unlock(&engine->lock);
	if (!tally)
		tally = tally_new(engine->profile->request_count);
	tally->next = NULL;
	tally->second = second;
	return tally;
}

void tally_give(struct engine *engine, struct tally *tally)
{
	pthread_mutex_lock(&engine->lock);
	tally->next = engine->full;
	engine->full = tally;
	pthread_mutex_unlock(&engine->lock);
}

void tally_spare(struct engine *engine, struct tally *tally)
{
	size_t requests = engine->profile->request_count;
	for (size_t i = 0; i < requests; i++)
		histogram_clear(&tally->latency[i]);
	histogram_clear(&tally->service);
	memset(tally->failed, 0, requests * sizeof(*tally->failed));
	tally->counts = (struct run_second){0};
	tally->late_max = tally->until = 0;
	pthread_mutex_lock(&engine->lock);
	tally->next = engine->spare;
	engine->spare = tally;
	pthread_mutex_unlock(&engine->lock);
}

static void tally_free(struct tally *tally, size_t requests)
{
	for (size_t i = 0; i < requests; i++)
		histogram_release(&tally->latency[i]);
	histogram_release(&tally->service);
	free(tally->latency);
	free(tally->failed);
	free(tally);
}

void tally_free_all(struct engine *engine)
{
	struct tally **lists[] = {&engine->full, &engine->spare};
	for (int i = 0; i < 2; i++)
		while (*lists[i]) {
			struct tally *tally = *lists[i];
			*lists[i] = tally->next;
			tally_free(tally, engine->profile->request_count);
		}
}

/* The first of each kind is enough to find out what is wrong. */
void engine_note(struct engine *engine, enum run_error kind, const char *fmt, ...)
{
	char text[200];
	va_list args;
	pthread_mutex_lock(&engine->lock);
	if (!(engine->failures_of & 1u << kind) && engine->failure_count < 8) {
		engine->failures_of |= 1u << kind;
		va_start(args, fmt);
		vsnprintf(text, sizeof(text), fmt, args);
		va_end(args);
		utf8_sanitise(engine->failures[engine->failure_count++], sizeof(engine->failures[0]), text,
		              strlen(text));
	}
	pthread_mutex_unlock(&engine->lock);
}
