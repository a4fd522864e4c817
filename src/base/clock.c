/* SPDX-License-Identifier: MIT */
/*
 * Time and its texts. Dates are worked out here rather than by timegm: a stamp from the network
 * must be checked digit by digit anyway, and strptime takes what RFC 3339 does not.
 */
#include "base/clock.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static int64_t now_ms(clockid_t id)
{
	struct timespec now = {0};

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_mono(const struct clock *clock)
{
	(void)clock;
	return now_ms(CLOCK_MONOTONIC);
}

static int64_t system_wall(const struct clock *clock)
{
	(void)clock;
	return now_ms(CLOCK_REALTIME);
}

const struct clock clock_system = {.mono = system_mono, .wall = system_wall};

/* The cast holds because `clock` is the first member. */
static int64_t fixed_mono(const struct clock *clock)
{
	return ((const struct clock_fixed *)clock)->mono_ms;
}

static int64_t fixed_wall(const struct clock *clock)
{
	return ((const struct clock_fixed *)clock)->wall_ms;
}

void clock_fixed_init(struct clock_fixed *fixed, int64_t wall_ms)
{
	*fixed = (struct clock_fixed){.clock = {.mono = fixed_mono, .wall = fixed_wall}, .wall_ms = wall_ms};
}

/* Reads exactly `count` digits; NULL in or out: it did not match. */
static const char *take_number(const char *text, int count, int low, int high, int *out)
{
	*out = 0;
	if (text == NULL)
		return NULL;
	for (int i = 0; i < count; i++, text++) {
		if (*text < '0' || *text > '9')
			return NULL;
		*out = *out * 10 + (*text - '0');
	}
	return *out < low || *out > high ? NULL : text;
}

static const char *take_char(const char *text, char wanted)
{
	return text != NULL && toupper((unsigned char)*text) == wanted ? text + 1 : NULL;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

/* Days since 1970-01-01, by counting years from March so that the leap day comes last. */
static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = year - (month <= 2), era, in_era;

	era = (y >= 0 ? y : y - 399) / 400;
	in_era = y - era * 400;
	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 +
	       (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1 - 719468;
}

/* "Z" or "+02:00" up to the end of the text, in seconds. */
static int parse_offset(const char *text, int64_t *seconds)
{
	int hours, minutes, sign;

	*seconds = 0;
	if (text == NULL)
		return -1;
	if (*text == 'Z' || *text == 'z')
		return text[1] == '\0' ? 0 : -1;
	if (*text != '+' && *text != '-')
		return -1;
	sign = *text == '-' ? -1 : 1;
	text = take_number(text + 1, 2, 0, 23, &hours);
	text = take_number(take_char(text, ':'), 2, 0, 59, &minutes);
	if (text == NULL || *text != '\0')
		return -1;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return 0;
}

int stamp_parse(const char *text, int64_t *ms)
{
	int year, month, day, hour, minute, second, fraction = 0;
	int64_t offset, seconds;

	text = take_number(text, 4, 0, 9999, &year);
	text = take_number(take_char(text, '-'), 2, 1, 12, &month);
	if (text == NULL)
		return -1;
	text = take_number(take_char(text, '-'), 2, 1, month_days(year, month), &day);
	text = take_number(take_char(text, 'T'), 2, 0, 23, &hour);
	text = take_number(take_char(text, ':'), 2, 0, 59, &minute);
	text = take_number(take_char(text, ':'), 2, 0, 60, &second);
	if (text != NULL && *text == '.') {
		int scale = 100;

		if (!isdigit((unsigned char)*++text))
			return -1;
		for (; isdigit((unsigned char)*text); text++, scale /= 10)
			fraction += (*text - '0') * scale;
	}
	if (parse_offset(text, &offset) != 0)
		return -1;
	seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
	/* A leap second stands at the end of a UTC day and nowhere else. */
	if (second == 60 && seconds % 86400 != 0)
		return -1;
	*ms = seconds * 1000 + fraction;
	return 0;
}

/* Whole seconds, rounded down, within the years that four digits can write. */
static time_t stamp_seconds(int64_t ms)
{
	const int64_t first = -62167219200, last = 253402300799;
	int64_t seconds = ms / 1000 - (ms % 1000 < 0);

	return seconds < first ? first : seconds > last ? last : seconds;
}

void stamp_format(int64_t ms, char out[32])
{
	time_t seconds = stamp_seconds(ms);
	struct tm tm = {0};

	gmtime_r(&seconds, &tm);
	/* The remainders change nothing; they let the compiler see that it fits. */
	snprintf(out, 32, "%04u-%02u-%02uT%02u:%02u:%02uZ", ((unsigned)tm.tm_year + 1900) % 10000,
	         ((unsigned)tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
	         (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

void stamp_format_clock(int64_t ms, char out[16])
{
	time_t seconds = stamp_seconds(ms);
	struct tm tm = {0};

	localtime_r(&seconds, &tm);
	snprintf(out, 16, "%02u:%02u:%02u", (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
	         (unsigned)tm.tm_sec % 100);
}

/* "3h12m", or "3h" when there is nothing left over. */
static void format_two(char *out, size_t size, int64_t large, char large_unit, int64_t small, char small_unit)
{
	if (small == 0)
		snprintf(out, size, "%" PRId64 "%c", large, large_unit);
	else
		snprintf(out, size, "%" PRId64 "%c%" PRId64 "%c", large, large_unit, small, small_unit);
}

void age_format(int64_t ms, char *out, size_t size)
{
	int64_t seconds = ms / 1000, minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

	/* A clock may run up to two seconds behind the server's before it counts as wrong. */
	if (seconds < -1)
		snprintf(out, size, "<invalid>");
	else if (seconds < 0)
		snprintf(out, size, "0s");
	else if (seconds < 120)
		format_two(out, size, seconds, 's', 0, ' ');
	else if (minutes < 10)
		format_two(out, size, minutes, 'm', seconds % 60, 's');
	else if (minutes < 180)
		format_two(out, size, minutes, 'm', 0, ' ');
	else if (hours < 8)
		format_two(out, size, hours, 'h', minutes % 60, 'm');
	else if (hours < 48)
		format_two(out, size, hours, 'h', 0, ' ');
	else if (hours < 192)
		format_two(out, size, days, 'd', hours % 24, 'h');
	else if (days < 730)
		format_two(out, size, days, 'd', 0, ' ');
	else if (days < 2920)
		format_two(out, size, days / 365, 'y', days % 365, 'd');
	else
		format_two(out, size, days / 365, 'y', 0, ' ');
}
