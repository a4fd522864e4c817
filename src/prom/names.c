/* SPDX-License-Identifier: MIT */
/* The names of metrics and labels: two requests. */
#include "prom/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct names_read {
	struct prom_call *calls[2];
	size_t waiting;
	char **names;
	size_t count;
	void (*done)(void *arg, char **names, size_t count);
	void *arg;
};

static int order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void came(struct names_read *read, size_t which, const struct prom_result *result, const char *body, size_t len)
{
	read->calls[which] = NULL;
	if (!result->failed)
		(void)names_decode(&read->names, &read->count, body, len);
	if (--read->waiting > 0)
		return;
	if (read->count > 1)
		qsort(read->names, read->count, sizeof(*read->names), order);
	void (*done)(void *, char **, size_t) = read->done;
	void *arg = read->arg;
	char **names = read->names;
	size_t count = read->count;
	free(read);
	done(arg, names, count);
}

static void metrics_came(void *arg, const struct prom_result *result, const char *body, size_t len)
{
	came(arg, 0, result, body, len);
}

static void labels_came(void *arg, const struct prom_result *result, const char *body, size_t len)
{
	came(arg, 1, result, body, len);
}

struct names_read *names_read(struct prom_client *client, void (*done)(void *arg, char **names, size_t count), void *arg)
{
	struct names_read *read = mem_new(sizeof(*read));
	read->done = done;
	read->arg = arg;
	read->waiting = 2;
	read->calls[0] = prom_send(client, NULL, "/api/v1/label/__name__/values", NULL, metrics_came, read);
	read->calls[1] = prom_send(client, NULL, "/api/v1/labels", NULL, labels_came, read);
	return read;
}

void names_cancel(struct names_read *read)
{
	if (!read)
		return;
	prom_cancel(read->calls[0]);
	prom_cancel(read->calls[1]);
	for (size_t i = 0; i < read->count; i++)
		free(read->names[i]);
	free(read->names);
	free(read);
}
