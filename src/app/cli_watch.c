/* SPDX-License-Identifier: MIT */
/*
 * `rollout watch`: the chain of a commit to a service, printed as it moves: a line for each stage that
 * changes, or with -o json a line of JSON for each change. The verdict is the exit code, so that a
 * pipeline can wait for it. A service or a commit that is not there yet is waited for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli_read.h"
#include "app/gitops.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/chain_json.h"
#include "model/flux.h"
#include "model/writer.h"
#include "trace/chain.h"

enum { FETCH_TICKS = 10 };

static const double WATCH_SECONDS = 600, TICK = 0.5, READ_REPOSITORIES = 30;

struct watching {
	struct cli *cli;
	struct session *session;
	struct gitops *gitops;
	const char *name, *sha;
	struct chain *said;      /* what was printed last */
	struct chain *own;       /* of a service that is not there yet */
	char missing[400];       /* said when it is not there */
	struct timer *tick;
	unsigned ticks;
	int over, code;
};

/* The one service of that name. NULL: there is none yet; -1: there are several. */
static int find_service(const struct watching *watching, struct service **found, struct err *err)
{
	const struct fleet *fleet = watching->session->fleet;

	*found = NULL;
	for (size_t i = 0; i < fleet->services.len; i++) {
		struct service *service = fleet->services.items[i];
		if (strcmp(service->name, watching->name) != 0 ||
		    (watching->cli->namespace && strcmp(service->namespace, watching->cli->namespace) != 0))
			continue;
		if (*found)
			return err_set(err, "\"%s\" is in several places (%s and %s): choose with --context and -n", watching->name,
			               (*found)->key, service->key);
		*found = service;
	}
	return 0;
}

/* What will bring a service that is not there yet: a HelmRelease or Kustomization of its name. */
static const struct chain *chain_of_object(struct watching *watching)
{
	static const enum object_kind kinds[] = {OBJECT_HELMRELEASE, OBJECT_KUSTOMIZATION};
	const struct fleet *fleet = watching->session->fleet;

	for (size_t c = 0; c < fleet->clusters.len; c++)
		for (size_t k = 0; k < 2; k++) {
			const struct cluster *cluster = fleet->clusters.items[c];
			const struct object *object;
			for (size_t i = 0; (object = map_next(&cluster->objects[kinds[k]], &i));) {
				if (strcmp(object->name, watching->name) != 0 ||
				    (kinds[k] == OBJECT_HELMRELEASE && watching->cli->namespace &&
				     strcmp(object->namespace, watching->cli->namespace) != 0))
					continue;
				const struct chain_question question = {
				    .fleet = fleet, .cluster = cluster, .sha = watching->sha, .before = watching->own,
				    .release = k == 0 ? (const struct helm_release *)object : NULL,
				    .kustomization = k == 1 ? (const struct kustomization *)object : NULL,
				    .now_ms = fleet->clock->wall(fleet->clock),
				};
				struct chain *chain = chain_derive(&question);
				chain_free(watching->own);
				watching->own = chain;
				return chain;
			}
		}
	return NULL;
}

static void print_json(const struct watching *watching, const struct chain *chain, int64_t now)
{
	cJSON *json = chain_json(watching->session->fleet, chain, now);
	struct buf out;

	buf_init(&out, 1 << 20);
	cJSON_AddStringToObject(json, "service", watching->name);
	if (json_write(&out, json, 0) == 0)
		printf("%s", buf_string(&out));
	fflush(stdout);
	buf_release(&out);
	cJSON_Delete(json);
}

static void print_link(const struct chain *chain, enum chain_stage stage, int64_t now)
{
	const struct chain_link *link = &chain->links[stage];
	char clock[16], room[32] = "";
	struct text took = text_in(room, sizeof(room));

	stamp_format_clock(link->state == CHAIN_DONE && link->ended_ms ? link->ended_ms : now, clock);
	if (link->state != CHAIN_ACTIVE)
		took_text(link_took(link, now), &took);
	printf("%s  %-13s  %s %-8s %-6s%s", clock, stage_words[stage], chain_glyph(link->state), chain_state_words[link->state], room,
	       link_is_slow(link, now) ? " slower than usual;" : "");
	if (link->hang != HANG_NONE)
		printf(" %s%s", hangs[link->hang].words, link->words ? ":" : "");
	if (link->words)
		printf(" %s", link->words);
	else if (link->object && link->hang == HANG_NONE)
		printf(" %s", link->object);
	printf("\n");
	if (link->hang != HANG_NONE)
		printf("%8s  %-13s  → %s\n", "", "", hangs[link->hang].advice);
}

static void print_changes(struct watching *watching, const struct chain *chain, int64_t now)
{
	const struct chain *said = watching->said;
	char words[600];
	struct text text = text_in(words, sizeof(words));
	int fresh = !said || strcmp(said->sha, chain->sha) != 0;

	if (fresh && *chain->sha) {
		text_add(&text, "commit ");
		commit_describe(watching->session->fleet, chain->sha, &text);
		printf("%s\n", words);
	}
	for (enum chain_stage stage = STAGE_COMMIT; stage < CHAIN_STAGES; stage++) {
		const struct chain_link *link = &chain->links[stage], *was = said && !fresh ? &said->links[stage] : NULL;
		int same_words = was && (was->words == link->words || (was->words && link->words && strcmp(was->words, link->words) == 0));
		if (link->state == CHAIN_WAITING || (stage == STAGE_COMMIT && link->hang == HANG_NONE && !link->words))
			continue;
		if (link->state == CHAIN_SKIPPED && (fresh || !link->words || chain->links[stage].object == NULL))
			continue;
		if (!was || was->state != link->state || was->hang != link->hang || (!same_words && link->state != CHAIN_DONE))
			print_link(chain, stage, now);
	}
	fflush(stdout);
}

static void say(struct watching *watching, const struct chain *chain)
{
	int64_t now = watching->session->fleet->clock->wall(watching->session->fleet->clock);

	if (watching->said && chain_same(watching->said, chain))
		return;
	if (watching->cli->output == OUTPUT_JSON)
		print_json(watching, chain, now);
	else if (watching->cli->output == OUTPUT_TABLE)
		print_changes(watching, chain, now);
	chain_free(watching->said);
	watching->said = chain_copy(chain);
}

static void say_missing(struct watching *watching)
{
	if (watching->missing[0])
		return;
	snprintf(watching->missing, sizeof(watching->missing), "there is no service \"%s\"%s%s in the chosen clusters yet",
	         watching->name, watching->cli->namespace ? " in namespace " : "",
	         watching->cli->namespace ? watching->cli->namespace : "");
	fprintf(stderr, "flagdeck: %s; waiting for it\n", watching->missing);
}

/* Looks once; returns whether the verdict is in. */
static int judge(struct watching *watching, struct err *err)
{
	struct service *service;
	const struct chain *chain;

	if (find_service(watching, &service, err) < 0) {
		watching->code = EXIT_USAGE;
		return 1;
	}
	chain = service ? service->chain : chain_of_object(watching);
	watching->code = EXIT_TIMED_OUT;
	if (!service)
		say_missing(watching);
	if (!chain)
		return watching->cli->no_watch;
	say(watching, chain);
	if (chain->verdict == VERDICT_FAILED)
		watching->code = EXIT_FAILED;
	else if (service && (chain->verdict == VERDICT_HEALTHY || chain->verdict == VERDICT_NOTHING))
		watching->code = EXIT_DONE;
	/* A drain that waits is no fault of the commit, whose pods are all there. */
	else if (service && chain->links[chain->at].hang == HANG_PODS_DRAIN)
		watching->code = EXIT_DONE;
	else
		return watching->cli->no_watch;
	return 1;
}

/* A commit that was pushed a moment ago is looked for more often than the console would. */
static void ticked(void *arg)
{
	struct watching *watching = arg;

	timer_start(watching->tick, TICK);
	if (watching->sha && ++watching->ticks % FETCH_TICKS == 0 &&
	    !fleet_commit(watching->session->fleet, watching->sha, NULL))
		gitops_fetch(watching->gitops);
}

static void time_over(void *arg)
{
	((struct watching *)arg)->over = 1;
}

/* Pins the commit, once the service is there. */
static void pin(struct watching *watching)
{
	struct service *service;

	if (watching->sha && find_service(watching, &service, NULL) == 0 && service)
		gitops_follow(watching->gitops, service, watching->sha);
}

static void watch(struct watching *watching, struct err *err)
{
	struct loop *loop = watching->session->loop;
	struct timer *limit = timer_new(loop, time_over, watching);
	struct service *service = NULL, *known = NULL;

	watching->tick = timer_new(loop, ticked, watching);
	timer_start(limit, watching->cli->timeout > 0 ? watching->cli->timeout : WATCH_SECONDS);
	timer_start(watching->tick, TICK);
	for (;;) {
		fleet_settle(watching->session->fleet);
		if (find_service(watching, &service, NULL) == 0 && service != known) {
			known = service;
			pin(watching);
		}
		gitops_update(watching->gitops);
		if (judge(watching, err) || watching->over)
			break;
		loop_poll(loop, 1);
	}
	timer_free(limit);
	timer_free(watching->tick);
}

static void say_end(struct watching *watching)
{
	char words[900];
	struct text text = text_in(words, sizeof(words));

	if (watching->cli->output == OUTPUT_YAML && watching->said) {
		cJSON *json = chain_json(watching->session->fleet, watching->said,
		                         watching->session->fleet->clock->wall(watching->session->fleet->clock));
		cli_print_json(watching->cli, json);
		cJSON_Delete(json);
	}
	if (!watching->said || watching->cli->output != OUTPUT_TABLE)
		return;
	if (watching->over)
		text_add(&text, "timed out: ");
	chain_sentence(watching->session->fleet, watching->said, &text);
	if (watching->code == EXIT_DONE && watching->said->began_ms && watching->said->ended_ms > watching->said->began_ms) {
		text_add(&text, " after ");
		took_text(watching->said->ended_ms - watching->said->began_ms, &text);
	}
	printf("%s\n", words);
}

int run_rollout_watch(struct cli *cli, int argc, const char *const *argv)
{
	struct watching watching = {.cli = cli, .code = EXIT_FAILED, .sha = cli->commit};
	struct reading reading;
	struct err err = {.text = ""};
	char *state;

	if (argc != 1) {
		err_set(&err, "rollout watch takes one service: flagdeck rollout watch payments-api -n payments");
		return cli_fail(EXIT_USAGE, &err);
	}
	if (cli->commit && (strlen(cli->commit) < COMMIT_SHORT || cli->commit[strspn(cli->commit, "0123456789abcdef")])) {
		err_set(&err, "--commit takes at least %d digits of a sha, not \"%.80s\"; `git rev-parse` tells it", COMMIT_SHORT,
		        cli->commit);
		return cli_fail(EXIT_USAGE, &err);
	}
	watching.name = argv[0];
	if (reading_open(&reading, cli, 0, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	watching.session = reading.session;
	state = config_state_path();
	struct db *db = db_open(state, NULL);
	const struct gitops_options options = {.session = reading.session, .repositories = cli->config.repositories,
	                                       .repository_count = cli->config.repository_count, .db = db, .log = cli->log};
	watching.gitops = gitops_new(&options);
	gitops_start(watching.gitops);
	int code = reading_report(&reading);
	if (code == EXIT_DONE) {
		if (gitops_wait(watching.gitops, READ_REPOSITORIES) < 0)
			fprintf(stderr, "flagdeck: not every repository was read within %.0f s; going on without\n", READ_REPOSITORIES);
		for (size_t i = 0; i < reading.session->fleet->repositories.len; i++) {
			const struct repository *repository = reading.session->fleet->repositories.items[i];
			if (repository->error[0])
				fprintf(stderr, "flagdeck: %s\n", repository->error);
		}
		watch(&watching, &err);
		say_end(&watching);
		code = watching.code;
	}
	if (err.text[0])
		cli_fail((enum exit_code)code, &err);
	chain_free(watching.said);
	chain_free(watching.own);
	gitops_free(watching.gitops);
	reading_close(&reading);
	db_close(db);
	free(state);
	return code;
}
