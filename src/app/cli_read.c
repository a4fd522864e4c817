/* SPDX-License-Identifier: MIT */
/* Connects, waits until everything is there or known to be missing, and says what is missing. */
#include "app/cli_read.h"

#include <stdio.h>

static const double WAIT = 60;

int reading_open(struct reading *reading, const struct cli *cli, int whole, struct err *err)
{
	*reading = (struct reading){.whole = whole};
	if (contexts_choose(&reading->contexts, cli, err) < 0)
		return -1;
	const struct session_options options = {
		.contexts = reading->contexts.items, .context_count = reading->contexts.count,
		.service_label = cli->config.service_label, .team_label = cli->config.team_label, .log = cli->log,
		.metrics = &cli->config.metrics,
	};
	reading->session = session_new(&options, err);
	if (!reading->session) {
		contexts_release(&reading->contexts);
		return -1;
	}
	session_start(reading->session);
	double seconds = cli->timeout > 0 ? cli->timeout : WAIT;
	reading->timed_out = (whole ? session_wait_whole(reading->session, seconds) : session_wait(reading->session, seconds)) < 0;
	return 0;
}

void reading_close(struct reading *reading)
{
	session_free(reading->session);
	contexts_release(&reading->contexts);
}

static int is_missed(const struct reading *reading, const struct cluster *cluster, enum object_kind kind)
{
	const struct kind_state *state = &cluster->kinds[kind];
	if (state->complete || state->sync == SYNC_ABSENT || (!reading->whole && kind_rows[kind].role < KIND_SHOWN))
		return 0;
	return !(kind_rows[kind].optional && state->sync == SYNC_IDLE);
}

/* Says on stderr what is missing of each cluster; gives the exit code. */
int reading_report(const struct reading *reading)
{
	const struct fleet *fleet = reading->session->fleet;
	int code = EXIT_DONE;
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
			const struct kind_state *state = &cluster->kinds[kind];
			if (!is_missed(reading, cluster, kind))
				continue;
			const char *why = state->error[0] ? state->error : cluster->error[0] ? cluster->error : "no answer in time";
			fprintf(stderr, "flagdeck: %s: %s are missing: %s\n", cluster->name, kind_rows[kind].plural, why);
			if (kind_rows[kind].role <= KIND_SHOWN && !reading->whole)
				continue; /* a column is empty, which is said; the rows are true */
			if (code == EXIT_DONE || state->sync == SYNC_DENIED)
				code = state->sync == SYNC_DENIED ? EXIT_REFUSED : EXIT_FAILED;
			if (cluster->link == LINK_UNREACHABLE || cluster->link == LINK_EXPIRED)
				break;
		}
	}
	return code == EXIT_FAILED && reading->timed_out ? EXIT_TIMED_OUT : code;
}
