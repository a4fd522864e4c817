/* SPDX-License-Identifier: MIT */
/* The faults that a person may ask the demo for, by name: what API servers and the ways to them do in real life. */
#include <string.h>

#include "api_state.h"
#include "sim/sim.h"

static const struct {
	const char *name, *help;
	struct sim_fault fault;
} named[] = {
	{"truncated-list", "lists end cleanly in the middle", {.kind = FAULT_CUT_BARE, .query = "limit=", .number = SIM_HALF, .times = 3}},
	{"reset-list", "the connection is reset in the middle of lists", {.kind = FAULT_RESET, .query = "limit=", .number = 20000, .times = 3}},
	{"gone-page", "the next pages of lists are too old", {.kind = FAULT_STATUS, .query = "continue=", .number = 410, .seconds = -1, .times = 3}},
	{"gone-watch", "watches are told that their version is too old", {.kind = FAULT_ERROR_EVENT, .only = SIM_ONLY_WATCH, .number = 410, .times = 6}},
	{"short-watch", "watches end at once without an event", {.kind = FAULT_END, .only = SIM_ONLY_WATCH, .times = 20}},
	{"half-open", "watches fall silent and stay open", {.kind = FAULT_FREEZE, .only = SIM_ONLY_WATCH, .number = 100, .times = 4}},
	{"no-initial-end", "the bookmark that ends a watch's initial events is missing", {.kind = FAULT_NO_BOOKMARK, .only = SIM_ONLY_WATCH, .times = -1}},
	{"too-many-requests", "429 with a Retry-After", {.kind = FAULT_STATUS, .number = 429, .seconds = 2, .times = 12}},
	{"unauthorized", "401 in the middle of a session", {.kind = FAULT_STATUS, .number = 401, .seconds = -1, .skip = 10, .times = 6}},
	{"huge-frame", "an object of 17 MiB", {.kind = FAULT_HUGE, .number = 17 << 20, .times = 2}},
	{"deep-json", "an object 1001 levels deep", {.kind = FAULT_DEEP, .number = 1001, .times = 2}},
	{"escape-sequences", "terminal escape sequences in every text", {.kind = FAULT_TAINT, .text = "\\u001b[2J", .times = -1}},
	{"invalid-utf8", "bytes that are no UTF-8 in every text", {.kind = FAULT_TAINT, .text = "\xff", .times = -1}},
	{"slow-heads", "a proxy that holds answers back", {.kind = FAULT_LATE, .seconds = 5, .times = 20}},
};

int sim_fault_at(int index, const char **name, const char **help)
{
	if (index < 0 || (size_t)index >= sizeof(named) / sizeof(named[0]))
		return -1;
	*name = named[index].name;
	*help = named[index].help;
	return 0;
}

void sim_spoil(struct sim *sim, const char *name)
{
	size_t len = strcspn(name, "@");
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (strlen(named[i].name) == len && strncmp(named[i].name, name, len) == 0)
			for (int k = 0; k < SIM_CLUSTERS; k++)
				if (!name[len] || strcmp(name + len + 1, sim_clusters[k].name) == 0)
					api_fault(sim_api(sim, k), &named[i].fault);
}
