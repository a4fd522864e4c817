/* SPDX-License-Identifier: MIT */
/* Load tests: names of states and errors, and the arithmetic on seconds. */
#include "model/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const double heat_first = 0.0625; /* ms */

static const char *const states[RUN_STATES] = {
	[RUN_RUNNING] = "running", [RUN_PASSED] = "passed",   [RUN_FAILED] = "failed",
	[RUN_ABORTED] = "aborted", [RUN_STOPPED] = "stopped", [RUN_INTERRUPTED] = "interrupted",
};

static const struct {
	const char *name, *words;
} errors[RUN_ERRORS] = {
	[RUN_ERROR_DNS] = {"dns", "the name was not resolved"},
	[RUN_ERROR_REFUSED] = {"refused", "the connection was refused"},
	[RUN_ERROR_UNREACHABLE] = {"unreachable", "the target cannot be reached"},
	[RUN_ERROR_CONNECT_TIMEOUT] = {"connect-timeout", "connecting took too long"},
	[RUN_ERROR_TLS] = {"tls", "TLS failed"},
	[RUN_ERROR_RESET] = {"reset", "the connection was reset"},
	[RUN_ERROR_CLOSED] = {"closed", "the connection ended before the answer did"},
	[RUN_ERROR_TIMEOUT] = {"timeout", "no whole answer in time"},
	[RUN_ERROR_PROTOCOL] = {"protocol", "the answer was no HTTP"},
	[RUN_ERROR_STATUS] = {"status", "another status than expected"},
	[RUN_ERROR_EXPECT] = {"expect", "the answer was not as expected"},
	[RUN_ERROR_UNSENT] = {"unsent", "no connection came free in time"},
	[RUN_ERROR_CUT] = {"cut", "cut off by the end of the run"},
};

void run_init(struct run *run)
{
	*run = (struct run){.found_rate = -1};
}

void run_release(struct run *run)
{
	free(run->seconds);
	run_init(run);
}

struct run_second *run_add_second(struct run *run)
{
	if (run->second_count == run->second_room) {
		run->second_room = run->second_room ? run->second_room * 2 : 64;
		run->seconds = mem_resize(run->seconds, run->second_room, sizeof(*run->seconds));
	}
	struct run_second *second = &run->seconds[run->second_count++];
	memset(second, 0, sizeof(*second));
	return second;
}

const char *run_state_name(enum run_state state)
{
	return states[state];
}

const char *run_error_name(enum run_error error)
{
	return errors[error].name;
}

const char *run_error_words(enum run_error error)
{
	return errors[error].words;
}

uint64_t run_failed(const struct run_second *second)
{
	uint64_t sum = 0;
	for (int i = 0; i < RUN_ERRORS; i++)
		sum += second->errors[i];
	return sum;
}

int run_heat_of(double ms)
{
	double place = ms > heat_first ? floor(2 * log2(ms / heat_first)) : 0;
	return place >= RUN_HEAT ? RUN_HEAT - 1 : (int)place;
}

double run_heat_from(int place)
{
	return heat_first * exp2(place / 2.0);
}

void run_second_add(struct run_second *to, const struct run_second *from)
{
	to->seconds += from->seconds;
	to->intended += from->intended;
	to->sent += from->sent;
	to->ok += from->ok;
	for (int i = 0; i < RUN_ERRORS; i++)
		to->errors[i] += from->errors[i];
	for (int i = 0; i < RUN_CODES; i++)
		to->codes[i] += from->codes[i];
	for (int i = 0; i < RUN_HEAT; i++)
		to->heat[i] += from->heat[i];
	to->bytes += from->bytes;
	to->connects += from->connects;
	to->late += from->late;
	if (from->late_max > to->late_max)
		to->late_max = from->late_max;
}

double run_heat_percentile(const struct run_second *second, double percentile)
{
	uint64_t total = 0, seen = 0;
	for (int i = 0; i < RUN_HEAT; i++)
		total += second->heat[i];
	if (total == 0)
		return NAN;
	for (int i = 0; i < RUN_HEAT; i++) {
		seen += second->heat[i];
		if ((double)seen >= percentile / 100 * (double)total)
			return (run_heat_from(i) + run_heat_from(i + 1)) / 2;
	}
	return run_heat_from(RUN_HEAT);
}
