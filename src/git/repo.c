/* SPDX-License-Identifier: MIT */
/*
 * One call to git at a time, each chosen by what the last one left to do (next_step): make the clone,
 * read what it has, fetch, see what moved, read it. `init` and `fetch` in place of `clone`, because a
 * clone that is killed leaves nothing, and a fetch that is killed leaves all that was there before.
 */
#include "git/repo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/mem.h"
#include "git/log_decode.h"
#include "git/url.h"

enum { LOG_OUT_MAX = 64 * 1024 * 1024, PATHS_OUT_MAX = 16 * 1024 * 1024, WANTED_MAX = 1000 };

const struct repo_timing repo_timing_default = {
	.interval = 60, .retry = 5, .retry_max = 300, .clone = 1800, .fetch = 300, .ask = 60,
};

/* What there is to do, in the order in which it is done. */
enum step { STEP_INIT, STEP_TIP, STEP_FETCH, STEP_TIP_AFTER, STEP_DESCENDS, STEP_LOG, STEP_PATHS, STEP_WANTED, STEP_NONE };

struct repo {
	struct loop *loop;
	const struct clock *clock;
	struct log *log;
	struct repo_timing timing;
	struct repository *facts;
	struct git *git;
	struct blobs *blobs;
	char *branch, *ref, *refspec;
	int contents;
	void (*changed)(void *arg);
	void *arg;

	enum step step;
	struct git_call *call;
	struct timer *timer;         /* until the next fetch */
	char tip[COMMIT_SHA];        /* of the branch in the clone; "" when it is not there */
	char read_tip[COMMIT_SHA];   /* the tip whose log was read */
	enum ancestry descends;
	int fetched;                 /* a fetch of this run worked */
	int again;                   /* fetch once more */
	int renewed;                 /* the clone was put aside in this run already */
	double pause;                /* before the next attempt, while it fails */
	struct map wanted;           /* shas asked for; value: the sha itself, owned */
	struct vec wanting;          /* those that are still to be looked up */
};

static void step_go(struct repo *repo);

int branch_is_name(const char *branch)
{
	size_t len = strlen(branch);

	if (len == 0 || len > 200 || *branch == '-' || *branch == '/' || branch[len - 1] == '/' || branch[len - 1] == '.' ||
	    strstr(branch, "..") || strstr(branch, "//") || strstr(branch, "@{") || strstr(branch, "/.") || *branch == '.' ||
	    (len >= 5 && strcmp(branch + len - 5, ".lock") == 0))
		return 0;
	for (const char *at = branch; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f || strchr("~^:?*[\\", *at))
			return 0;
	return 1;
}

char *repo_place(const char *folder, const char *url)
{
	char room[512], name[64], digest[65];
	struct text identity = text_in(room, sizeof(room));
	const char *last;
	size_t len = 0;

	url_identity(url, &identity);
	sha256_hex(room, strlen(room), digest);
	last = strrchr(room, '/');
	last = last ? last + 1 : room;
	for (; *last && len + 1 < sizeof(name); last++)
		name[len++] = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", *last) ? *last : '_';
	name[len] = '\0';
	return mem_printf("%s/%s-%.12s.git", folder, name, digest);
}

static void tell(struct repo *repo)
{
	if (repo->changed)
		repo->changed(repo->arg);
}

static void say_state(struct repo *repo, enum repository_state state, const char *error)
{
	repository_set_state(repo->facts, state, error);
	if (error && *error)
		log_line(repo->log, "git: %s", error);
	tell(repo);
}

/* After a round: rest until the next fetch. */
static void rest(struct repo *repo, double seconds)
{
	repo->step = STEP_NONE;
	if (repo->again) {
		repo->again = 0;
		repo->step = STEP_FETCH;
		step_go(repo);
		return;
	}
	timer_start(repo->timer, seconds);
}

static void put_aside(struct repo *repo)
{
	char *aside = mem_printf("%s.damaged-%lld", git_folder(repo->git), (long long)repo->clock->wall(repo->clock));

	log_line(repo->log, "git: the clone is put aside as %s", aside);
	if (rename(git_folder(repo->git), aside) < 0)
		log_line(repo->log, "git: %s: %s", aside, strerror(errno));
	free(aside);
}

static void fail(struct repo *repo, const struct git_answer *answer)
{
	int known = repo->facts->head[0] != '\0';

	if (answer->trouble == GIT_DAMAGED && !repo->renewed) {
		repo->renewed = 1;
		put_aside(repo);
		repo->tip[0] = repo->read_tip[0] = '\0';
		repo->step = STEP_INIT;
		step_go(repo);
		return;
	}
	say_state(repo, known ? REPOSITORY_STALE : REPOSITORY_FAILED, answer->error);
	repo->pause = repo->pause > 0 ? 2 * repo->pause : repo->timing.retry;
	if (repo->pause > repo->timing.retry_max)
		repo->pause = repo->timing.retry_max;
	repo->again = 0;
	rest(repo, repo->pause);
}

static void take_tip(struct repo *repo, const struct git_answer *answer)
{
	char sha[COMMIT_SHA];
	size_t len = strcspn(answer->out, "\n");

	repo->tip[0] = '\0';
	if (answer->exit_code != 0 || len >= sizeof(sha))
		return;
	snprintf(sha, sizeof(sha), "%.*s", (int)len, answer->out);
	if (sha_is_whole(sha))
		memcpy(repo->tip, sha, sizeof(sha));
}

static void take_log(struct repo *repo, const struct git_answer *answer)
{
	size_t count;

	repository_begin(repo->facts);
	count = log_decode(repo->facts, answer->out, answer->out_len);
	repository_end(repo->facts, repo->tip, count >= REPO_COMMITS || answer->trouble == GIT_TOO_MUCH, repo->descends);
	memcpy(repo->read_tip, repo->tip, sizeof(repo->tip));
	tell(repo);
}

/* Shas that were looked up in vain may be there now. */
static void wanted_anew(struct repo *repo)
{
	char *sha;

	vec_clear(&repo->wanting);
	for (size_t i = 0; (sha = map_next(&repo->wanted, &i));)
		if (!map_get(&repo->facts->by_sha, sha))
			vec_push(&repo->wanting, sha);
}

/* The step after one that worked. */
static void step_done(struct repo *repo, const struct git_answer *answer)
{
	switch (repo->step) {
	case STEP_INIT:
		repo->step = STEP_TIP;
		break;
	case STEP_TIP:
		take_tip(repo, answer);
		repo->step = repo->tip[0] && strcmp(repo->tip, repo->read_tip) != 0 ? STEP_LOG : STEP_FETCH;
		break;
	case STEP_FETCH:
		repo->fetched = 1;
		repo->pause = 0;
		repo->step = STEP_TIP_AFTER;
		break;
	case STEP_TIP_AFTER:
		take_tip(repo, answer);
		repo->descends = ANCESTRY_UNKNOWN;
		if (strcmp(repo->tip, repo->read_tip) == 0)
			repo->step = STEP_WANTED;
		else
			repo->step = repo->read_tip[0] ? STEP_DESCENDS : STEP_LOG;
		break;
	case STEP_DESCENDS:
		repo->descends = answer->exit_code == 0 ? ANCESTRY_YES : answer->exit_code == 1 ? ANCESTRY_NO : ANCESTRY_UNKNOWN;
		repo->step = STEP_LOG;
		break;
	case STEP_LOG:
		take_log(repo, answer);
		wanted_anew(repo);
		repo->step = STEP_PATHS;
		break;
	case STEP_PATHS:
		log_decode_paths(repo->facts, answer->out, answer->out_len, answer->trouble == GIT_TOO_MUCH);
		tell(repo);
		repo->step = repo->fetched ? STEP_WANTED : STEP_FETCH;
		break;
	case STEP_WANTED:
		log_decode(repo->facts, answer->out, answer->out_len);
		vec_remove_swap(&repo->wanting, 0);
		tell(repo);
		break;
	case STEP_NONE:
		break;
	}
	step_go(repo);
}

/* Failures that are answers: a tip that is not there yet, more commits than are read, a sha that is unknown. */
static int is_an_answer(const struct repo *repo, const struct git_answer *answer)
{
	if (answer->trouble == GIT_WELL)
		return 1;
	if (repo->step == STEP_LOG || repo->step == STEP_PATHS)
		return answer->trouble == GIT_TOO_MUCH;
	if (repo->step == STEP_TIP || repo->step == STEP_DESCENDS || repo->step == STEP_WANTED)
		return answer->trouble != GIT_NO_PROGRAM;
	return 0;
}

static void step_ended(void *arg, const struct git_answer *answer)
{
	struct repo *repo = arg;

	repo->call = NULL;
	if (is_an_answer(repo, answer))
		step_done(repo, answer);
	else
		fail(repo, answer);
}

static void run(struct repo *repo, const char *const *argv, const char *doing, double timeout, size_t max_output)
{
	const struct git_command command = {
	    .argv = argv, .doing = doing, .timeout = timeout, .max_output = max_output,
	    .plain_exit = repo->step != STEP_FETCH && repo->step != STEP_LOG && repo->step != STEP_INIT,
	    .done = step_ended, .arg = repo,
	};

	repo->call = git_run(repo->git, &command);
}

static void run_fetch(struct repo *repo)
{
	const char *argv[16];
	size_t count = 0;

	argv[count++] = "fetch";
	argv[count++] = "--quiet";
	argv[count++] = "--no-tags";
	argv[count++] = "--no-write-fetch-head";
	argv[count++] = "--no-recurse-submodules";
	argv[count++] = "--no-auto-maintenance";
	if (!repo->contents)
		argv[count++] = "--filter=blob:none";
	argv[count++] = "origin";
	argv[count++] = repo->refspec;
	argv[count] = NULL;
	if (!repo->facts->head[0])
		say_state(repo, REPOSITORY_READING, NULL);
	run(repo, argv, "fetching", repo->tip[0] ? repo->timing.fetch : repo->timing.clone, 0);
}

static void run_log(struct repo *repo)
{
	char count[24], paths_count[24];
	const char *const log[] = {"log", "-z", "--topo-order", LOG_FORMAT, count, repo->tip, "--", NULL};
	const char *const paths[] = {"log", "-z", "--first-parent", "-m", "--name-only", "--no-renames", LOG_PATHS_FORMAT,
	                             paths_count, repo->tip, "--", NULL};

	snprintf(count, sizeof(count), "-n%d", REPO_COMMITS);
	snprintf(paths_count, sizeof(paths_count), "-n%d", REPO_COMMITS_WITH_PATHS);
	if (repo->step == STEP_LOG)
		run(repo, log, "reading the log of", repo->timing.ask, LOG_OUT_MAX);
	else
		run(repo, paths, "reading the log of", repo->timing.ask, PATHS_OUT_MAX);
}

/* The end of a round. */
static void round_done(struct repo *repo)
{
	struct err err = {.text = ""};

	if (!repo->tip[0]) {
		err_set(&err, "%s has no branch \"%s\"; see `branch` of this repository in the configuration", repo->facts->url,
		        repo->branch);
		say_state(repo, REPOSITORY_FAILED, err.text);
	} else {
		repo->facts->fetched_ms = repo->clock->wall(repo->clock);
		say_state(repo, REPOSITORY_LIVE, NULL);
	}
	rest(repo, repo->timing.interval);
}

static void step_go(struct repo *repo)
{
	const char *const init[] = {"init", "--quiet", "--bare", "--template=", git_folder(repo->git), NULL};
	const char *const tip[] = {"rev-parse", "--quiet", "--verify", "--end-of-options", repo->ref, NULL};
	const char *const descends[] = {"merge-base", "--is-ancestor", repo->read_tip, repo->tip, NULL};

	switch (repo->step) {
	case STEP_INIT:
		run(repo, init, "making the clone of", repo->timing.ask, 0);
		return;
	case STEP_TIP:
	case STEP_TIP_AFTER:
		run(repo, tip, "asking the clone of", repo->timing.ask, 0);
		return;
	case STEP_FETCH:
		run_fetch(repo);
		return;
	case STEP_DESCENDS:
		run(repo, descends, "asking the clone of", repo->timing.ask, 0);
		return;
	case STEP_LOG:
	case STEP_PATHS:
		run_log(repo);
		return;
	case STEP_WANTED:
		if (repo->wanting.len) {
			const char *const log[] = {"log", "-z", "--topo-order", LOG_FORMAT, "-n500", "--ignore-missing",
			                           repo->wanting.items[0], "--", NULL};
			run(repo, log, "asking the clone of", repo->timing.ask, LOG_OUT_MAX);
			return;
		}
		round_done(repo);
		return;
	case STEP_NONE:
		return;
	}
}

static void time_to_fetch(void *arg)
{
	struct repo *repo = arg;

	/* A clone that could not even be made is made now. */
	repo->step = repo->facts->head[0] ? STEP_FETCH : STEP_INIT;
	step_go(repo);
}

struct repo *repo_new(const struct repo_options *options, struct err *err)
{
	const char *branch = options->branch && *options->branch ? options->branch : "main";
	struct repo *repo;
	char *place;

	if (url_check(options->url, options->insecure, err) < 0)
		return NULL;
	if (!branch_is_name(branch)) {
		err_set(err, "\"%.80s\" is no name of a branch", branch);
		return NULL;
	}
	repo = mem_new(sizeof(*repo));
	place = repo_place(options->folder, options->url);
	(void)folder_make(options->folder, 0700); /* what is wrong with it, git will say */
	const struct git_options git = {.loop = options->loop, .folder = place, .url = options->url,
	                                .insecure = options->insecure, .program = options->program};
	repo->loop = options->loop;
	repo->clock = options->clock;
	repo->log = options->log;
	repo->timing = options->timing ? *options->timing : repo_timing_default;
	repo->git = git_new(&git);
	repo->blobs = blobs_new(repo->git, options->loop);
	repo->facts = fleet_add_repository(options->fleet, git_shown(repo->git), branch);
	repo->branch = mem_copy_string(branch);
	repo->ref = mem_printf("refs/remotes/origin/%s", branch);
	repo->refspec = mem_printf("+refs/heads/%s:refs/remotes/origin/%s", branch, branch);
	repo->contents = options->contents;
	repo->changed = options->changed;
	repo->arg = options->arg;
	repo->timer = timer_new(options->loop, time_to_fetch, repo);
	repo->step = STEP_NONE;
	map_init(&repo->wanted);
	vec_init(&repo->wanting);
	free(place);
	return repo;
}

void repo_free(struct repo *repo)
{
	char *sha;

	if (!repo)
		return;
	git_cancel(repo->call);
	timer_free(repo->timer);
	blobs_free(repo->blobs);
	git_free(repo->git);
	for (size_t i = 0; (sha = map_next(&repo->wanted, &i));)
		free(sha);
	map_release(&repo->wanted);
	vec_release(&repo->wanting);
	free(repo->branch);
	free(repo->ref);
	free(repo->refspec);
	free(repo);
}

void repo_start(struct repo *repo)
{
	if (repo->step != STEP_NONE || repo->call)
		return;
	timer_stop(repo->timer);
	repo->step = STEP_INIT;
	step_go(repo);
}

void repo_fetch(struct repo *repo)
{
	if (repo->step != STEP_NONE) {
		/* A fetch that has not begun yet will see what the caller means. */
		repo->again = repo->step >= STEP_FETCH;
		return;
	}
	timer_stop(repo->timer);
	time_to_fetch(repo);
}

void repo_want(struct repo *repo, const char *sha)
{
	char *copy;

	if (!sha_is_whole(sha) || repo->wanted.len >= WANTED_MAX || map_get(&repo->wanted, sha) || map_get(&repo->facts->by_sha, sha))
		return;
	copy = mem_copy_string(sha);
	map_put(&repo->wanted, copy, copy);
	vec_push(&repo->wanting, copy);
	repo_fetch(repo);
}

struct repository *repo_facts(struct repo *repo)
{
	return repo->facts;
}

struct git *repo_git(struct repo *repo)
{
	return repo->git;
}

struct blobs *repo_blobs(struct repo *repo)
{
	return repo->blobs;
}

int repo_is_busy(const struct repo *repo)
{
	return repo->step != STEP_NONE;
}
