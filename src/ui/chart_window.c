/* SPDX-License-Identifier: MIT */
/* Which part of time a chart shows: ranges, panning, the cursor, the period it is compared with. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ui/chart.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

const int64_t chart_ranges[] = {5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY};
const size_t chart_range_count = sizeof(chart_ranges) / sizeof(chart_ranges[0]);

void chart_window_init(struct chart_window *window)
{
	*window = (struct chart_window){.range_ms = HOUR};
}

void chart_window_bounds(const struct chart_window *window, int64_t now_ms, int64_t *start_ms, int64_t *end_ms)
{
	*end_ms = window->end_ms ? window->end_ms : now_ms;
	*start_ms = *end_ms - window->range_ms;
}

static void keep_cursor(struct chart_window *window, int64_t now_ms)
{
	int64_t start, end;
	chart_window_bounds(window, now_ms, &start, &end);
	if (window->cursor_ms && window->cursor_ms < start)
		window->cursor_ms = start;
	if (window->cursor_ms > end)
		window->cursor_ms = end;
}

void chart_window_zoom(struct chart_window *window, int64_t now_ms, int step)
{
	int64_t start, end, center = window->cursor_ms;
	size_t at = 0;
	chart_window_bounds(window, now_ms, &start, &end);
	while (at + 1 < chart_range_count && chart_ranges[at] < window->range_ms)
		at++;
	if ((step < 0 && at == 0) || (step > 0 && at + 1 == chart_range_count))
		return;
	window->range_ms = chart_ranges[step < 0 ? at - 1 : at + 1];
	/* Without a cursor the end stays where it is; with one, what is under it stays in sight. */
	if (center) {
		double share = (double)(center - start) / (double)(end - start);
		window->end_ms = center + (int64_t)((1 - share) * (double)window->range_ms);
		if (window->end_ms >= now_ms)
			window->end_ms = 0;
	}
	keep_cursor(window, now_ms);
}

void chart_window_pan(struct chart_window *window, int64_t now_ms, int step)
{
	int64_t end = window->end_ms ? window->end_ms : now_ms;
	end += step * (window->range_ms / 4);
	window->end_ms = end >= now_ms ? 0 : end;
	keep_cursor(window, now_ms);
}

void chart_window_cursor(struct chart_window *window, int64_t now_ms, int step)
{
	int64_t start, end;
	chart_window_bounds(window, now_ms, &start, &end);
	if (!window->cursor_ms) {
		window->cursor_ms = end;
		window->end_ms = end; /* it stands still while it is read */
		return;
	}
	window->cursor_ms += step * (window->range_ms / 100);
	if (window->cursor_ms < start || window->cursor_ms > end) {
		window->end_ms += window->cursor_ms < start ? window->cursor_ms - start : window->cursor_ms - end;
		if (window->end_ms > now_ms)
			window->end_ms = now_ms;
		keep_cursor(window, now_ms);
	}
}

void chart_window_live(struct chart_window *window)
{
	window->end_ms = window->cursor_ms = 0;
}

void chart_window_compare(struct chart_window *window)
{
	const int64_t periods[] = {window->range_ms, DAY, 7 * DAY};
	for (size_t i = 0; i < 3; i++)
		if (periods[i] > window->compare_ms) {
			window->compare_ms = periods[i];
			return;
		}
	window->compare_ms = 0;
}

static void range_text(int64_t ms, struct text *out)
{
	if (ms % DAY == 0)
		text_printf(out, "%lldd", (long long)(ms / DAY));
	else if (ms % HOUR == 0)
		text_printf(out, "%lldh", (long long)(ms / HOUR));
	else if (ms % MINUTE == 0)
		text_printf(out, "%lldm", (long long)(ms / MINUTE));
	else
		text_printf(out, "%llds", (long long)(ms / 1000));
}

void chart_window_describe(const struct chart_window *window, struct text *out)
{
	range_text(window->range_ms, out);
	if (window->end_ms) {
		char clock[16];
		stamp_format_clock(window->end_ms, clock);
		text_printf(out, ", to %.5s", clock);
	}
	if (window->compare_ms) {
		text_add(out, ", against ");
		range_text(window->compare_ms, out);
		text_add(out, " before");
	}
}

int64_t chart_step(int64_t range_ms, size_t points)
{
	static const int64_t seconds[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400};
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
		if (range_ms / (seconds[i] * 1000) <= (int64_t)(points ? points : 1))
			return seconds[i] * 1000;
	return 86400000;
}

int64_t chart_range_parse(const char *text)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'s', 1000}, {'m', MINUTE}, {'h', HOUR}, {'d', DAY}, {'w', 7 * DAY}};
	int64_t sum = 0;
	while (*text) {
		char *end;
		long amount = strtol(text, &end, 10);
		size_t i = 0;
		while (i < 5 && units[i].unit != *end)
			i++;
		if (end == text || amount <= 0 || amount > 1000000 || i == 5)
			return -1;
		sum += amount * units[i].ms;
		text = end + 1;
	}
	return sum > 0 && sum <= 400 * DAY ? sum : -1;
}
