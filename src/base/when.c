/* SPDX-License-Identifier: MIT */
/* Durations and moments as people type them. */
#include "base/when.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static const double YEAR = 366 * 86400.0;

/* Seconds of a unit; *used is how long its name is. 0: there is none. */
static double unit_seconds(const char *text, size_t *used)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400.0}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		*used = strlen(units[i].name);
		if (strncmp(text, units[i].name, *used) == 0 && !isalpha((unsigned char)text[*used]))
			return units[i].seconds;
	}
	return 0;
}

/* Digits with at most one point: strtod would take "inf", "nan" and "0x1p3" too. */
static const char *number_parse(const char *text, double *out)
{
	char *end;
	size_t digits = strspn(text, "0123456789");

	if (digits == 0)
		return NULL;
	*out = strtod(text, &end);
	return end == text + strspn(text, "0123456789.") ? end : NULL;
}

int duration_parse(const char *text, double *seconds, struct err *err)
{
	const char *at = text;
	double sum = 0, amount;

	while (at && *at) {
		size_t used = 0;
		at = number_parse(at, &amount);
		if (!at)
			break;
		double unit = *at ? unit_seconds(at, &used) : at != text && sum == 0 ? 1 : 0;
		if (unit == 0) {
			at = NULL;
			break;
		}
		sum += amount * unit;
		at += used;
	}
	if (!at || !(sum > 0) || sum > YEAR)
		return err_set(err, "a duration is written as 30s, 5m, 1h30m or 2d, not \"%.40s\"", text);
	*seconds = sum;
	return 0;
}

/* Local time of its parts; a month of 13 and the like was refused before. */
static int64_t local_ms(int year, int month, int day, int hour, int minute)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour,
	                .tm_min = minute, .tm_isdst = -1};

	return (int64_t)mktime(&tm) * 1000;
}

static int time_is_right(int hour, int minute)
{
	return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59;
}

/* "18:00": the next time that it is so late. */
static int clock_parse(const char *text, int64_t now_ms, int64_t *ms)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm = {0};
	int hour, minute, used = 0;

	if (sscanf(text, "%2d:%2d%n", &hour, &minute, &used) != 2 || text[used] || !time_is_right(hour, minute))
		return -1;
	localtime_r(&now, &tm);
	*ms = local_ms(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, hour, minute);
	if (*ms <= now_ms)
		*ms = local_ms(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday + 1, hour, minute);
	return 0;
}

static int date_parse(const char *text, int64_t *ms)
{
	char stamp[40];
	int year, month, day, hour = 0, minute = 0, used = 0, more = 0;
	int64_t unused;

	if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10)
		return -1;
	/* RFC 3339 knows which days there are. */
	snprintf(stamp, sizeof(stamp), "%.10sT00:00:00Z", text);
	if (stamp_parse(stamp, &unused) != 0)
		return -1;
	text += used;
	if (*text && (sscanf(text, "%*1[ T]%2d:%2d%n", &hour, &minute, &more) != 2 || text[more]))
		return -1;
	if (!time_is_right(hour, minute))
		return -1;
	*ms = local_ms(year, month, day, hour, minute);
	return 0;
}

int when_parse(const char *text, int64_t now_ms, int64_t *ms, struct err *err)
{
	double seconds;
	int64_t at;

	if (duration_parse(text, &seconds, NULL) == 0)
		at = now_ms + (int64_t)(seconds * 1000);
	else if (stamp_parse(text, &at) != 0 && clock_parse(text, now_ms, &at) != 0 && date_parse(text, &at) != 0)
		return err_set(err, "a moment is written as 2h, 3d, 18:00, 2026-12-01 or 2026-12-01 18:00, not \"%.40s\"",
		               text);
	if (at <= now_ms)
		return err_set(err, "\"%.40s\" is over already", text);
	*ms = at;
	return 0;
}

void when_format(int64_t ms, char out[32])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm = {0};

	localtime_r(&seconds, &tm);
	snprintf(out, 32, "%04u-%02u-%02u %02u:%02u", ((unsigned)tm.tm_year + 1900) % 10000,
	         ((unsigned)tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
	         (unsigned)tm.tm_min % 100);
}
