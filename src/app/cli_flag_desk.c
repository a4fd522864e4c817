/* SPDX-License-Identifier: MIT */
/* Opens the repository that the command line or the configuration names, and reads its flags. */
#include "app/flag_desk.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/spell.h"
#include "flag/load.h"
#include "git/repo.h"
#include "git/url.h"

struct reply {
	int done, failed;
	struct buf *out;
	struct err *err;
	struct flag_tree *tree;
	struct flag_history history;
};

static void wait_for(struct flag_desk *desk, const struct reply *reply)
{
	while (!reply->done)
		loop_poll(desk->loop, 1);
}

static void git_said(void *arg, const struct git_answer *answer)
{
	struct reply *reply = arg;
	reply->done = 1;
	reply->failed = answer->trouble != GIT_WELL;
	if (reply->failed)
		err_set(reply->err, "%s", answer->error);
	else if (reply->out && buf_add(reply->out, answer->out, answer->out_len) < 0)
		reply->failed = 1, err_set(reply->err, "git answered with too much");
}

int desk_git(struct flag_desk *desk, const char *const *argv, const char *doing, struct buf *out, struct err *err)
{
	struct reply reply = {.out = out, .err = err};
	git_run(desk->git, &(struct git_command){.argv = argv, .doing = doing, .timeout = 600, .done = git_said, .arg = &reply});
	wait_for(desk, &reply);
	return reply.failed ? -1 : 0;
}

static void tree_read(void *arg, struct flag_tree *tree, const struct err *err)
{
	struct reply *reply = arg;
	reply->done = 1;
	reply->tree = tree;
	if (!tree)
		err_set(reply->err, "%s", err->text);
}

static void history_read(void *arg, struct flag_history *history, const struct err *err)
{
	struct reply *reply = arg;
	reply->done = 1;
	reply->failed = history == NULL;
	if (history) {
		reply->history = *history;
		*history = (struct flag_history){0};
	} else {
		err_set(reply->err, "%s", err->text);
	}
}

static int is_work_folder(const char *place)
{
	struct stat status;
	char *objects = mem_printf("%s/objects", place);
	int bare = stat(objects, &status) == 0 && S_ISDIR(status.st_mode);
	free(objects);
	return !bare && stat(place, &status) == 0 && S_ISDIR(status.st_mode);
}

/* A branch that was fetched, or was there before when it cannot be now. */
static int fetch(struct flag_desk *desk, struct err *err)
{
	char *refspec = mem_printf("+refs/heads/%s:%s", desk->branch, desk->ref);
	const char *const init[] = {"init", "--quiet", "--bare", "--template=", git_folder(desk->git), NULL};
	const char *const fetch[] = {"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
	                             "--no-auto-maintenance", "origin", refspec, NULL};
	struct stat status;
	int result = 0;
	if (stat(git_folder(desk->git), &status) < 0)
		result = desk_git(desk, init, "making the clone of", NULL, err);
	for (int i = 0; result == 0 && i < 20; i++) {
		struct err why = {0};
		if (desk_git(desk, fetch, "fetching", NULL, &why) == 0)
			break;
		/* Another flagdeck fetches into the same clone. */
		if (i == 19 || !strstr(why.text, "lock"))
			result = err_set(err, "%s", why.text);
		else
			usleep(20000);
	}
	free(refspec);
	return result;
}

static int load(struct flag_desk *desk, struct err *err)
{
	struct reply reply = {.err = err};
	flag_tree_free(desk->tree);
	desk->tree = NULL;
	flag_load_start(desk->git, desk->ref, desk->catalog, tree_read, &reply);
	wait_for(desk, &reply);
	desk->tree = reply.tree;
	return reply.tree ? 0 : -1;
}

int desk_refresh(struct flag_desk *desk, struct err *err)
{
	return fetch(desk, err) < 0 || load(desk, err) < 0 ? -1 : 0;
}

int desk_read_history(struct flag_desk *desk, struct err *err)
{
	struct reply reply = {.err = err};
	if (!desk->git)
		return err_set(err, "a folder has no history: name the repository's address");
	flag_history_release(&desk->history);
	flag_history_start(desk->git, desk->ref, history_read, &reply);
	wait_for(desk, &reply);
	desk->history = reply.history;
	desk->has_history = !reply.failed;
	return reply.failed ? -1 : 0;
}

static int open_repository(struct flag_desk *desk, const struct config_repository *repository, struct err *err)
{
	char *folder = config_git_folder(), *place = repo_place(folder, repository->url);
	const struct git_options options = {.loop = desk->loop, .folder = place, .url = repository->url, .insecure = repository->insecure};
	int result = -1;
	if (url_check(repository->url, repository->insecure, err) == 0) {
		(void)folder_make(folder, 0700);
		desk->git = git_new(&options);
		result = desk_refresh(desk, err);
	}
	free(place);
	free(folder);
	return result;
}

/* What the command line says, else the configuration's first. */
static int choose(struct flag_desk *desk, struct config_repository *out, struct err *err)
{
	const struct flag_wish *wish = &desk->cli->flag;
	const struct config *config = &desk->cli->config;
	*out = (struct config_repository){.branch = "main"};
	if (!wish->repository && !config->repository_count)
		return err_set(err, "no repository is known: name one with --repo, or in the configuration under `repositories`");
	if (!wish->repository || strstr(wish->repository, "://") || *wish->repository != '/')
		for (size_t i = 0; i < config->repository_count; i++)
			if (!wish->repository || strcmp(config->repositories[i].url, wish->repository) == 0) {
				*out = config->repositories[i];
				break;
			}
	if (!out->url) {
		out->url = wish->repository;
		/* A path that a person typed is theirs to permit; http never is. */
		out->insecure = *wish->repository == '/' || strncmp(wish->repository, "file://", 7) == 0;
	}
	if (wish->branch)
		out->branch = wish->branch;
	return 0;
}

int desk_open(struct flag_desk *desk, struct cli *cli, int to_write, struct err *err)
{
	struct config_repository repository;
	const char *place = cli->flag.repository;
	*desk = (struct flag_desk){.cli = cli};
	if (!(desk->loop = loop_new(err)))
		return -1;
	if (place && is_work_folder(place)) {
		if (to_write) {
			err_set(err, "%s is a work tree: changes go to the repository; name its address with --repo, or edit with `flagdeck yaml set`", place);
			goto fail;
		}
		desk->folder = mem_copy_string(place);
		if (!(desk->tree = flag_tree_load_folder(place, NULL, err)))
			goto fail;
		return 0;
	}
	if (choose(desk, &repository, err) < 0)
		goto fail;
	if (!branch_is_name(repository.branch)) {
		err_set(err, "\"%.80s\" is no name of a branch", repository.branch);
		goto fail;
	}
	desk->branch = mem_copy_string(repository.branch);
	desk->ref = mem_printf("refs/remotes/origin/%s", repository.branch);
	desk->journal = config_journal_folder();
	desk->catalog = repository.flags;
	desk->provider = repository.provider;
	desk->api = repository.api;
	desk->url = repository.url;
	desk->by_request = repository.by_request || cli->flag.by_request;
	if (open_repository(desk, &repository, err) == 0)
		return 0;
fail:
	desk_close(desk);
	return -1;
}

void desk_close(struct flag_desk *desk)
{
	flag_tree_free(desk->tree);
	flag_history_release(&desk->history);
	git_free(desk->git);
	if (desk->loop)
		loop_free(desk->loop);
	free(desk->folder);
	free(desk->branch);
	free(desk->ref);
	free(desk->journal);
	*desk = (struct flag_desk){0};
}

/* "team=payments,tier=web" against app.labels and app of the service's own file. */
static int labels_fit(const struct flag_desk *desk, const char *service, const char *env, const char *labels)
{
	struct flag_scope scope;
	flag_scope_init(&scope, desk->tree, service, env, NULL);
	const struct flag_file *file = scope.files[LAYER_SERVICE];
	const struct yaml_node *app = file && file->yaml.root ? yaml_get(file->yaml.root, "app") : NULL;
	const struct yaml_node *map = app && app->kind == YAML_MAP ? yaml_get(app, "labels") : NULL;
	char *copy = mem_copy_string(labels), *rest = copy, *word;
	int fits = 1;
	while (fits && (word = strsep(&rest, ","))) {
		char *equals = strchr(word, '=');
		if (equals)
			*equals = '\0';
		const struct yaml_node *node = map && map->kind == YAML_MAP ? yaml_get(map, word) : NULL;
		if (!node && app && app->kind == YAML_MAP)
			node = yaml_get(app, word);
		fits = node && (!equals || (node->kind == YAML_SCALAR && strcmp(node->value, equals + 1) == 0));
	}
	free(copy);
	return fits;
}

static int is_chosen(const struct vec *wanted, const char *name)
{
	for (size_t i = 0; i < wanted->len; i++)
		if (fnmatch(wanted->items[i], name, 0) == 0)
			return 1;
	return wanted->len == 0;
}

/* A name without a pattern that nothing has is a mistake, not an empty choice. */
static int check_names(const struct flag_desk *desk, struct err *err)
{
	const struct flag_catalog *catalog = &desk->tree->catalog;
	const struct flag_wish *wish = &desk->cli->flag;
	for (size_t i = 0; i < wish->services.len; i++) {
		const char *name = wish->services.items[i];
		if (strpbrk(name, "*?[") || map_get(&desk->tree->service_names, name))
			continue;
		const char *near = spell_nearest(name, (const char *const *)desk->tree->services.items, desk->tree->services.len);
		return err_set(err, "there is no service \"%.80s\" in the repository%s%s%s", name, near ? "; did you mean \"" : "", near ? near : "",
		               near ? "\"?" : "");
	}
	for (size_t i = 0; i < wish->envs.len; i++) {
		const char *name = wish->envs.items[i], *names[64];
		size_t count = 0;
		for (; count < catalog->env_count && count < 64; count++)
			names[count] = catalog->envs[count].name;
		if (catalog_env(catalog, name))
			continue;
		const char *near = spell_nearest(name, names, count);
		return err_set(err, "there is no environment \"%.60s\"%s%s%s", name, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	}
	return 0;
}

int desk_places(const struct flag_desk *desk, int narrow, int every_region, struct desk_place **places, size_t *count,
                struct err *err)
{
	const struct flag_catalog *catalog = &desk->tree->catalog;
	const struct flag_wish *wish = &desk->cli->flag;
	*places = NULL;
	*count = 0;
	if (narrow && (!(wish->services.len || desk->cli->labels) || !wish->envs.len))
		return err_set(err, "say where: --service NAME (or -l LABELS) and --env NAME");
	if (check_names(desk, err) < 0)
		return -1;
	for (size_t s = 0; s < desk->tree->services.len; s++)
		for (size_t e = 0; e < catalog->env_count; e++) {
			const char *service = desk->tree->services.items[s];
			const struct flag_env *env = &catalog->envs[e];
			if (!is_chosen(&wish->services, service) || !is_chosen(&wish->envs, env->name) || !flag_service_in(desk->tree, service, env->name) ||
			    (desk->cli->labels && !labels_fit(desk, service, env->name, desk->cli->labels)))
				continue;
			size_t regions = env->regions.count && (every_region || wish->regions.len) ? env->regions.count : 1;
			for (size_t r = 0; r < regions; r++) {
				const char *region = env->regions.count && (every_region || wish->regions.len) ? env->regions.items[r] : NULL;
				if (wish->regions.len && (!region || !is_chosen(&wish->regions, region)))
					continue;
				*places = mem_resize(*places, *count + 1, sizeof(**places));
				(*places)[(*count)++] = (struct desk_place){service, env->name, region};
			}
		}
	if (!*count)
		return err_set(err, "no service fits --service, -l, --env and --region");
	return 0;
}
