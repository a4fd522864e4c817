/* SPDX-License-Identifier: MIT */
/* Repositories are fetched as long as the program runs; a commit that a cluster names and nobody knows
 * is looked for in all of them, at once. */
#include "app/gitops.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "git/repo.h"
#include "git/url.h"
#include "model/writer.h"
#include "trace/tracer.h"

struct gitops {
	struct session *session;
	struct tracer *tracer;
	struct repo **repos;
	size_t count;
	int started;
	void (*changed)(void *arg);
	void *arg;
};

/* Beside the state file: its folder with "git" in place of its name. */
static char *clones_folder(void)
{
	char *state = config_state_path(), *slash = strrchr(state, '/'), *folder;

	if (slash)
		*slash = '\0';
	folder = mem_printf("%s/git", state);
	free(state);
	return folder;
}

static void want(void *arg, const char *sha)
{
	struct gitops *gitops = arg;

	for (size_t i = 0; i < gitops->count; i++)
		if (gitops->repos[i])
			repo_want(gitops->repos[i], sha);
}

static void repo_changed(void *arg)
{
	struct gitops *gitops = arg;

	if (gitops->changed)
		gitops->changed(gitops->arg);
}

static struct repo *repo_open(struct gitops *gitops, const struct gitops_options *options,
                              const struct config_repository *config, const char *folder)
{
	struct session *session = options->session;
	struct err err = {.text = ""};
	const struct repo_options repo = {
	    .loop = session->loop, .clock = session->fleet->clock, .log = options->log, .fleet = session->fleet, .folder = folder,
	    .url = config->url, .branch = config->branch, .insecure = config->insecure, .contents = 1, .changed = repo_changed,
	    .arg = gitops,
	};
	struct repo *opened = repo_new(&repo, &err);

	if (!opened) {
		char shown[256];
		struct text text = text_in(shown, sizeof(shown));
		url_show(config->url, &text);
		struct repository *facts = fleet_add_repository(session->fleet, shown, config->branch ? config->branch : "main");
		repository_set_state(facts, REPOSITORY_FAILED, err.text);
	}
	return opened;
}

struct gitops *gitops_new(const struct gitops_options *options)
{
	struct gitops *gitops = mem_new(sizeof(*gitops));
	const struct tracer_options tracer = {.fleet = options->session->fleet, .db = options->db, .log = options->log,
	                                      .want = want, .arg = gitops};
	char *folder = clones_folder();

	gitops->session = options->session;
	gitops->changed = options->changed;
	gitops->arg = options->arg;
	gitops->repos = mem_new_array(options->repository_count + 1, sizeof(struct repo *));
	gitops->count = options->repository_count;
	for (size_t i = 0; i < gitops->count; i++)
		gitops->repos[i] = repo_open(gitops, options, &options->repositories[i], folder);
	gitops->tracer = tracer_new(&tracer);
	free(folder);
	return gitops;
}

void gitops_free(struct gitops *gitops)
{
	if (!gitops)
		return;
	tracer_free(gitops->tracer);
	for (size_t i = 0; i < gitops->count; i++)
		repo_free(gitops->repos[i]);
	free(gitops->repos);
	free(gitops);
}

void gitops_start(struct gitops *gitops)
{
	if (gitops->started)
		return;
	gitops->started = 1;
	for (size_t i = 0; i < gitops->count; i++)
		if (gitops->repos[i])
			repo_start(gitops->repos[i]);
}

int gitops_update(struct gitops *gitops)
{
	if (!gitops || !tracer_update(gitops->tracer))
		return 0;
	fleet_settle(gitops->session->fleet);
	return 1;
}

void gitops_follow(struct gitops *gitops, const struct service *service, const char *sha)
{
	tracer_follow(gitops->tracer, service, sha);
}

void gitops_fetch(struct gitops *gitops)
{
	gitops_start(gitops);
	for (size_t i = 0; i < gitops->count; i++)
		if (gitops->repos[i] && !repo_is_busy(gitops->repos[i]))
			repo_fetch(gitops->repos[i]);
}

static void time_is_over(void *arg)
{
	*(int *)arg = 1;
}

static int all_are_read(const struct gitops *gitops)
{
	for (size_t i = 0; i < gitops->count; i++)
		if (gitops->repos[i] && (repo_facts(gitops->repos[i])->state == REPOSITORY_IDLE ||
		                         repo_facts(gitops->repos[i])->state == REPOSITORY_READING))
			return 0;
	return 1;
}

int gitops_wait(struct gitops *gitops, double seconds)
{
	int over = 0;
	struct timer *timer = timer_new(gitops->session->loop, time_is_over, &over);

	timer_start(timer, seconds);
	while (!over && !all_are_read(gitops))
		loop_poll(gitops->session->loop, 1);
	timer_free(timer);
	fleet_settle(gitops->session->fleet);
	return all_are_read(gitops) ? 0 : -1;
}

struct repo *gitops_repo(struct gitops *gitops, size_t index)
{
	return index < gitops->count ? gitops->repos[index] : NULL;
}
