/* SPDX-License-Identifier: MIT */
/* Stages: how the rate goes over time. Each form comes down to straight lines. */
#include <math.h>
#include <string.h>

#include "profile_internal.h"

struct stage_wish {
	double rate, from, seconds, spike;
	struct {
		double from, to, by;
	} steps;
	struct profile_search search;
	int has_search;
};

#define AT(field) offsetof(struct stage_wish, field)
enum { HAS_RATE = 1, HAS_FROM = 2, HAS_FOR = 4, HAS_SPIKE = 8, HAS_STEPS = 16, HAS_SEARCH = 32 };

static void stage_add(struct reader *reader, int line, double seconds, double from, double to)
{
	struct profile *profile = reader->profile;
	if (profile->stage_count == PROFILE_STAGES) {
		reader_problem(reader, line, "there are more than %d stages, steps counted", PROFILE_STAGES);
		return;
	}
	profile->stages[profile->stage_count++] = (struct profile_stage){seconds, from, to};
}

static void read_steps(struct reader *reader, const struct yaml_node *node, void *into)
{
	static const struct field fields[] = {
	    {"from", FIELD_RATE, AT(steps.from), 0, 0, NULL},
	    {"to", FIELD_RATE, AT(steps.to), 0, 0, NULL},
	    {"by", FIELD_RATE, AT(steps.by), 0, 0, NULL},
	};
	unsigned seen = 0;
	reader_map(reader, node, "steps", fields, 3, into, &seen);
	if (seen != 7)
		reader_problem(reader, node->line, "steps needs from, to and by");
}

static void read_search(struct reader *reader, const struct yaml_node *node, void *into)
{
	static const struct field fields[] = {
	    {"from", FIELD_RATE, AT(search.low), 0, 0, NULL},
	    {"to", FIELD_RATE, AT(search.high), 0, 0, NULL},
	    {"precision", FIELD_RATIO, AT(search.precision), 0.001, 0.5, NULL},
	};
	struct stage_wish *wish = into;
	unsigned seen = 0;
	wish->search.precision = 0.05;
	reader_map(reader, node, "search", fields, 3, into, &seen);
	if ((seen & 3) != 3 || wish->search.low <= 0 || wish->search.high <= wish->search.low)
		reader_problem(reader, node->line,
		               "search needs from and to, rates over 0 and to the larger one");
}

static void add_wish(struct reader *reader, const struct yaml_node *node, const struct stage_wish *wish,
                     unsigned seen)
{
	struct profile *profile = reader->profile;
	double before = profile->stage_count ? profile->stages[profile->stage_count - 1].to : 0;
	switch (seen & ~(unsigned)(HAS_FOR)) {
	case HAS_RATE:
		stage_add(reader, node->line, wish->seconds, wish->rate, wish->rate);
		break;
	case HAS_RATE | HAS_FROM:
		stage_add(reader, node->line, wish->seconds, wish->from, wish->rate);
		break;
	case HAS_SPIKE:
		if (wish->spike <= before)
			reader_problem(reader, node->line,
			               "a spike must be higher than the rate before it (%g/s)", before);
		stage_add(reader, node->line, wish->seconds, wish->spike, wish->spike);
		break;
	case HAS_STEPS:
		if (!(wish->steps.by > 0) ||
		    fabs(wish->steps.to - wish->steps.from) / wish->steps.by > PROFILE_STAGES) {
			reader_problem(reader, node->line,
			               "steps needs a `by` over 0, and at most %d of them", PROFILE_STAGES);
			break;
		}
		for (int i = 0, down = wish->steps.to < wish->steps.from;; i++) {
			double rate = wish->steps.from + (down ? -i : i) * wish->steps.by;
			if (down ? rate < wish->steps.to - 1e-9 : rate > wish->steps.to + 1e-9)
				break;
			stage_add(reader, node->line, wish->seconds, rate, rate);
		}
		break;
	case HAS_SEARCH:
		profile->search = wish->search;
		profile->search.seconds = wish->seconds;
		break;
	default:
		reader_problem(reader, node->line,
		               "a stage is one of: {rate, for}, {from, rate, for} (a ramp), {spike, for}, "
		               "{steps, for}, {search, for}");
	}
}

void read_stages(struct reader *reader, const struct yaml_node *node, void *into)
{
	static const struct field fields[] = {
	    {"rate", FIELD_RATE, AT(rate), 0, 0, NULL},
	    {"from", FIELD_RATE, AT(from), 0, 0, NULL},
	    {"for", FIELD_SECONDS, AT(seconds), 0.1, 30 * 86400.0, NULL},
	    {"spike", FIELD_RATE, AT(spike), 0, 0, NULL},
	    {"steps", FIELD_CUSTOM, 0, 0, 0, read_steps},
	    {"search", FIELD_CUSTOM, 0, 0, 0, read_search},
	};
	(void)into;
	if (node->kind != YAML_LIST) {
		reader_problem(reader, node->line, "stages must be a list: [{rate: 100/s, for: 2m}]");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		struct stage_wish wish = {0};
		unsigned seen = 0;
		size_t before = reader->problems->len;
		reader_map(reader, node->items[i], "a stage", fields, 6, &wish, &seen);
		if (reader->problems->len > before)
			continue;
		if (!(seen & HAS_FOR))
			reader_problem(reader, node->items[i]->line, "a stage needs a time: for: 30s");
		else
			add_wish(reader, node->items[i], &wish, seen);
	}
	if (reader->profile->search.high > 0 && reader->profile->stage_count > 0)
		reader_problem(reader, node->line, "a search stands alone: it makes its own stages");
}

double profile_seconds(const struct profile *profile)
{
	double seconds = profile->warmup;
	if (profile->users > 0)
		return seconds + profile->users_seconds;
	for (size_t i = 0; i < profile->stage_count; i++)
		seconds += profile->stages[i].seconds;
	if (profile->search.high > 0) {
		/* Doublings to the top, then halvings down to the precision. */
		double tries = 2 + log2(profile->search.high / profile->search.low) +
		               log2(1 / profile->search.precision);
		seconds += ceil(tries) * profile->search.seconds;
	}
	return seconds;
}

double profile_peak(const struct profile *profile)
{
	double peak = profile->search.high;
	for (size_t i = 0; i < profile->stage_count; i++)
		peak = fmax(peak, fmax(profile->stages[i].from, profile->stages[i].to));
	return peak;
}
