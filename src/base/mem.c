/* SPDX-License-Identifier: MIT */
/*
 * Allocation that cannot fail. What we allocate here is small and bounded by our own doing, so a
 * failure leaves nothing sensible to do: it is said once and the program ends.
 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A size of 0 still gives a pointer of its own, so that NULL never comes back. */
static size_t at_least_one(size_t size)
{
	return size == 0 ? 1 : size;
}

static void *must(void *memory)
{
	if (memory == NULL) {
		fputs("flagdeck: out of memory; the program ends here.\n", stderr);
		abort();
	}
	return memory;
}

static size_t product(size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		must(NULL);
	return total;
}

void *mem_new(size_t size)
{
	return must(calloc(1, at_least_one(size)));
}

void *mem_new_array(size_t count, size_t size)
{
	return must(calloc(1, at_least_one(product(count, size))));
}

void *mem_resize(void *old, size_t count, size_t size)
{
	return must(realloc(old, at_least_one(product(count, size))));
}

char *mem_copy(const char *bytes, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		must(NULL);
	copy = must(malloc(len + 1));
	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

char *mem_copy_string(const char *text)
{
	return text == NULL ? NULL : mem_copy(text, strlen(text));
}

char *mem_printf(const char *fmt, ...)
{
	va_list args;
	char *text = NULL;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	return must(len < 0 ? NULL : text);
}
