/* SPDX-License-Identifier: MIT */
/* /readyz, whose answer names what fails: "[-]etcd failed: reason withheld". */
#include "kube/heartbeat.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"

enum { BAD_MAX = 2 };

const struct heartbeat_timing heartbeat_timing_default = {.every = 15, .again = 5, .refused = 600};

struct heartbeat {
	struct heartbeat_options options;
	struct heartbeat_timing timing;
	struct client_call *call;
	struct timer *timer;
	int bad; /* answers in a row */
};

static void told(struct heartbeat *heartbeat, const char *words)
{
	if (cluster_set_unready(heartbeat->options.cluster, words) && heartbeat->options.changed)
		heartbeat->options.changed(heartbeat->options.changed_arg);
}

static void is_well(struct heartbeat *heartbeat)
{
	int was_old = heartbeat->bad >= BAD_MAX;
	heartbeat->bad = 0;
	told(heartbeat, NULL);
	if (was_old && heartbeat->options.recovered)
		heartbeat->options.recovered(heartbeat->options.recovered_arg);
}

static void next_in(struct heartbeat *heartbeat, double seconds)
{
	/* Many consoles that began together do not ask together. */
	timer_start(heartbeat->timer, seconds * (0.9 + 0.2 * random_fraction()));
}

static void answered(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct heartbeat *heartbeat = arg;
	(void)body, (void)len;
	heartbeat->call = NULL;
	if (result->status == 200 && !result->error[0]) {
		is_well(heartbeat);
		next_in(heartbeat, heartbeat->timing.every);
	} else if (result->status >= 300 && result->status < 500) {
		/* Too busy, or not for us: no sign of anything. Trouble with credentials is the watches' to tell. */
		is_well(heartbeat);
		next_in(heartbeat, result->status == 429 ? heartbeat->timing.every : heartbeat->timing.refused);
	} else {
		if (++heartbeat->bad >= BAD_MAX)
			told(heartbeat, result->error);
		next_in(heartbeat, heartbeat->timing.again);
	}
}

static void ask(void *arg)
{
	struct heartbeat *heartbeat = arg;
	heartbeat->call = client_get(heartbeat->options.client, "/readyz", "*/*", answered, heartbeat);
}

struct heartbeat *heartbeat_new(const struct heartbeat_options *options)
{
	struct heartbeat *heartbeat = mem_new(sizeof(*heartbeat));
	heartbeat->options = *options;
	heartbeat->timing = options->timing ? *options->timing : heartbeat_timing_default;
	heartbeat->timer = timer_new(options->loop, ask, heartbeat);
	return heartbeat;
}

void heartbeat_free(struct heartbeat *heartbeat)
{
	if (!heartbeat)
		return;
	client_cancel(heartbeat->call);
	timer_free(heartbeat->timer);
	free(heartbeat);
}

void heartbeat_start(struct heartbeat *heartbeat)
{
	next_in(heartbeat, heartbeat->timing.every);
}
