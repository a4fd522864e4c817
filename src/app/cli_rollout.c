/* SPDX-License-Identifier: MIT */
/*
 * `rollout status`: follows one service until its rollout is complete or has failed, printing each
 * new sentence once, as `kubectl rollout status` does; the verdict is the exit code.
 */
#include <stdio.h>
#include <string.h>

#include "app/cli.h"
#include "model/workload.h"
#include "model/writer.h"

static const double WAIT = 60;

struct follow {
	struct session *session;
	struct cli *cli;
	const char *service;
	char said[400];
	int code, over;
};

/* The one service of that name in the chosen namespace and clusters; NULL with words otherwise. */
static const struct service *find_service(const struct follow *follow, struct err *err)
{
	const struct fleet *fleet = follow->session->fleet;
	const struct service *found = NULL;
	for (size_t i = 0; i < fleet->services.len; i++) {
		const struct service *service = fleet->services.items[i];
		if (strcmp(service->name, follow->service) != 0)
			continue;
		if (follow->cli->namespace && strcmp(service->namespace, follow->cli->namespace) != 0)
			continue;
		if (found) {
			err_set(err, "\"%s\" is in several places (%s and %s): choose with --context and -n", follow->service,
			        found->key, service->key);
			return NULL;
		}
		found = service;
	}
	if (!found)
		err_set(err, "there is no service \"%s\"%s%s in the chosen clusters (flagdeck get services lists them)",
		        follow->service, follow->cli->namespace ? " in namespace " : "",
		        follow->cli->namespace ? follow->cli->namespace : "");
	return found;
}

static void say(struct follow *follow, const struct service *service)
{
	char words[400];
	struct text text = text_in(words, sizeof(words));
	text_printf(&text, "%s: %s", service->key, rollout_phase_words[service->rollout.phase]);
	for (size_t i = 0; i < service->workloads.len; i++) {
		text_add(&text, i ? "; " : ": ");
		rollout_describe(service->workloads.items[i], &text);
	}
	if (strcmp(words, follow->said) == 0)
		return;
	snprintf(follow->said, sizeof(follow->said), "%s", words);
	printf("%s\n", words);
	fflush(stdout);
}

/* Looks at the service once; returns whether the verdict is in. */
static int judge(struct follow *follow, struct err *err)
{
	const struct service *service = find_service(follow, err);
	if (!service) {
		follow->code = EXIT_FAILED;
		return 1;
	}
	say(follow, service);
	switch (service->rollout.phase) {
	case ROLLOUT_COMPLETE:
		follow->code = EXIT_DONE;
		return 1;
	case ROLLOUT_FAILED:
		follow->code = EXIT_FAILED;
		return 1;
	case ROLLOUT_UNKNOWN:
		follow->code = EXIT_REFUSED;
		return 1;
	default:
		follow->code = EXIT_TIMED_OUT;
		return follow->cli->no_watch;
	}
}

static void time_over(void *arg)
{
	((struct follow *)arg)->over = 1;
}

static int follow_rollout(struct follow *follow, struct err *err)
{
	struct loop *loop = follow->session->loop;
	struct timer *timer = timer_new(loop, time_over, follow);
	if (follow->cli->timeout > 0)
		timer_start(timer, follow->cli->timeout);
	while (!judge(follow, err) && !follow->over) {
		loop_poll(loop, 1);
		fleet_settle(follow->session->fleet);
	}
	timer_free(timer);
	return follow->code;
}

/* Why nothing could be read, in the words of the first cluster that says so. */
static int explain_missing(const struct session *session, struct err *err)
{
	for (size_t i = 0; i < session->fleet->clusters.len; i++) {
		const struct cluster *cluster = session->fleet->clusters.items[i];
		const struct kind_state *state = &cluster->kinds[OBJECT_DEPLOYMENT];
		if (state->complete)
			continue;
		err_set(err, "%s: workloads cannot be read: %s", cluster->name,
		        state->error[0] ? state->error : cluster->error[0] ? cluster->error : "no answer in time");
		return state->sync == SYNC_DENIED ? EXIT_REFUSED : EXIT_FAILED;
	}
	return EXIT_DONE;
}

int run_rollout_status(struct cli *cli, int argc, const char *const *argv)
{
	struct follow follow = {.cli = cli};
	struct contexts contexts;
	struct err err = {0};
	if (argc != 1) {
		err_set(&err, "rollout status takes one service: flagdeck rollout status payments-api -n payments");
		return cli_fail(EXIT_USAGE, &err);
	}
	if (contexts_choose(&contexts, cli, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	const struct session_options options = {
		.contexts = contexts.items, .context_count = contexts.count, .service_label = cli->config.service_label,
		.team_label = cli->config.team_label, .log = cli->log,
	};
	int code = EXIT_FAILED;
	follow.service = argv[0];
	follow.session = session_new(&options, &err);
	if (follow.session) {
		session_start(follow.session);
		int late = session_wait(follow.session, cli->timeout > 0 && cli->timeout < WAIT ? cli->timeout : WAIT) < 0;
		code = explain_missing(follow.session, &err);
		if (late && code != EXIT_DONE)
			code = EXIT_TIMED_OUT;
		if (code == EXIT_DONE)
			code = follow_rollout(&follow, &err);
	}
	if (err.text[0])
		cli_fail((enum exit_code)code, &err);
	session_free(follow.session);
	contexts_release(&contexts);
	return code;
}
