/* SPDX-License-Identifier: MIT */
/*
 * Answers of Prometheus: whole, byte by byte and in odd chunks they must be heard alike, and everything
 * heard must be safe for a terminal. Alerts, silences and Services are read too.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "prom/alerts.h"
#include "prom/answer.h"
#include "prom/dashboard.h"
#include "prom/discover.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct heard {
	uint64_t digest;
	size_t series;
};

static void digest(struct heard *heard, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		heard->digest = (heard->digest ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
}

static int on_series(void *arg, const struct answer_label *labels, size_t count)
{
	struct heard *heard = arg;
	for (size_t i = 0; i < count; i++) {
		if (!utf8_is_safe(labels[i].name, strlen(labels[i].name)) || !utf8_is_safe(labels[i].value, strlen(labels[i].value)))
			abort();
		digest(heard, labels[i].name, strlen(labels[i].name) + 1);
		digest(heard, labels[i].value, strlen(labels[i].value) + 1);
	}
	return ++heard->series > 1000;
}

static void on_sample(void *arg, int64_t at_ms, double value)
{
	digest(arg, &at_ms, sizeof(at_ms));
	digest(arg, &value, sizeof(value));
}

static void on_histogram(void *arg, int64_t at_ms, const struct answer_histogram *histogram)
{
	digest(arg, &at_ms, sizeof(at_ms));
	digest(arg, histogram->buckets, histogram->bucket_count * sizeof(histogram->buckets[0]));
}

static int read_in(const uint8_t *bytes, size_t len, size_t chunk, struct heard *heard)
{
	const struct answer_events events = {on_series, on_sample, on_histogram, heard};
	struct answer *answer = answer_new(&events);
	struct err err = {0};
	int result = 0;
	for (size_t at = 0; at < len && result == 0; at += chunk)
		result = answer_feed(answer, (const char *)bytes + at, chunk < len - at ? chunk : len - at, &err);
	if (result == 0)
		result = answer_finish(answer, &err);
	if (result < 0 && !err.text[0])
		abort();
	answer_free(answer);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const size_t chunks[] = {1, 3, 17};
	struct heard whole = {0};
	int result = read_in(bytes, len, len ? len : 1, &whole);
	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		struct heard heard = {0};
		if (read_in(bytes, len, chunks[i], &heard) != result || heard.digest != whole.digest)
			abort();
	}
	struct discover_found found = {0};
	struct err err = {0};
	if (discover_decode(&found, DISCOVER_PROMETHEUS, (const char *)bytes, len, &err) < 0 && !err.text[0])
		abort();
	struct vec items;
	vec_init(&items);
	if (alerts_decode(&items, (const char *)bytes, len, &err) == 0 && items.len > ALERTS_MAX)
		abort();
	if (alerts_decode_held(&items, (const char *)bytes, len, &err) < 0 && !err.text[0])
		abort();
	alerts_free(&items);
	if (silences_decode(&items, (const char *)bytes, len, &err) < 0 && !err.text[0])
		abort();
	alerts_free(&items);
	struct dashboard dashboard;
	if (dashboard_decode(&dashboard, (const char *)bytes, len, &err) == 0)
		dashboard_release(&dashboard);
	return 0;
}
