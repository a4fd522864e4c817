/* SPDX-License-Identifier: MIT */
/*
 * One way to run git. Settings come by environment (GIT_CONFIG_*), which rank above every file, and
 * above what a hostile repository's own config could say. The user's own config is read, because it
 * holds the credential helpers.
 */
#include "git/git.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "git/url.h"

enum { ENV_MAX = 80, ARGV_MAX = 64, OUT_USUAL = 1024 * 1024, SAID_MAX = 400 };

static const double TIMEOUT_USUAL = 30;

/* Name and value of settings that hold for every call. */
static const char *const settings[][2] = {
	{"core.hooksPath", "/dev/null"},
	{"core.fsmonitor", "false"},
	{"core.quotePath", "false"},
	{"gc.autoDetach", "false"},
	{"maintenance.auto", "false"}, /* nothing of ours may run on after we are gone */
	{"gc.auto", "0"},
	{"advice.detachedHead", "false"},
	{"i18n.logOutputEncoding", "UTF-8"},
	{"log.showSignature", "false"},
	{"log.showRoot", "true"},
	{"fetch.recurseSubmodules", "false"},
	{"fetch.fsckObjects", "false"},
	{"fetch.writeCommitGraph", "false"},
	{"push.recurseSubmodules", "no"},
	{"submodule.recurse", "false"},
	{"transfer.bundleURI", "false"},
	{"http.lowSpeedLimit", "1000"},
	{"http.lowSpeedTime", "30"},
	{"color.ui", "false"},
};
enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

/* Left over from a shell or a hook that started us, they would point git elsewhere. */
static const char *const taken_away[] = {
	"GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR",
	"GIT_NAMESPACE", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG", "GIT_PREFIX", "GIT_QUARANTINE_PATH", "GIT_TRACE",
	"GIT_TRACE_CURL", "GIT_CURL_VERBOSE", "GIT_TRACE_PACKET", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "LANGUAGE",
	"GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_REPLACE_REF_BASE",
};
enum { TAKEN = sizeof(taken_away) / sizeof(taken_away[0]) };

struct git {
	struct loop *loop;
	char *folder, *url, *shown, *program;
	int insecure;
	char *env[ENV_MAX]; /* NULL-terminated, without a call's own */
	size_t env_count;
};

struct git_call {
	struct git *git;
	struct proc *proc;
	struct timer *late; /* tells of a start that failed, from the loop */
	char *doing;
	int plain_exit;
	struct err failed;
	void (*done)(void *arg, const struct git_answer *answer);
	void *arg;
};

static void env_add(struct git *git, char *entry)
{
	if (git->env_count + 1 >= ENV_MAX)
		abort(); /* a constant too small, found by any test */
	git->env[git->env_count++] = entry;
}

static void env_fill(struct git *git)
{
	env_add(git, mem_printf("GIT_DIR=%s", git->folder));
	env_add(git, mem_copy_string("GIT_TERMINAL_PROMPT=0"));
	env_add(git, mem_printf("GIT_ALLOW_PROTOCOL=%s", url_protocols(git->insecure)));
	env_add(git, mem_copy_string("GIT_OPTIONAL_LOCKS=0"));
	env_add(git, mem_copy_string("GIT_NO_REPLACE_OBJECTS=1"));
	env_add(git, mem_copy_string("GIT_MERGE_AUTOEDIT=no"));
	env_add(git, mem_copy_string("LC_ALL=C"));
	for (size_t i = 0; i < TAKEN; i++)
		env_add(git, mem_copy_string(taken_away[i]));
	env_add(git, mem_printf("GIT_CONFIG_COUNT=%d", SETTINGS + 1));
	for (size_t i = 0; i < SETTINGS; i++) {
		env_add(git, mem_printf("GIT_CONFIG_KEY_%zu=%s", i, settings[i][0]));
		env_add(git, mem_printf("GIT_CONFIG_VALUE_%zu=%s", i, settings[i][1]));
	}
	env_add(git, mem_printf("GIT_CONFIG_KEY_%d=remote.origin.url", SETTINGS));
	env_add(git, mem_printf("GIT_CONFIG_VALUE_%d=%s", SETTINGS, git->url));
}

struct git *git_new(const struct git_options *options)
{
	struct git *git = mem_new(sizeof(*git));
	char room[512];
	struct text shown = text_in(room, sizeof(room));

	url_show(options->url, &shown);
	git->loop = options->loop;
	git->folder = mem_copy_string(options->folder);
	git->url = mem_copy_string(options->url);
	git->shown = mem_copy_string(room);
	git->program = mem_copy_string(options->program ? options->program : "git");
	git->insecure = options->insecure;
	env_fill(git);
	return git;
}

void git_free(struct git *git)
{
	if (!git)
		return;
	for (size_t i = 0; i < git->env_count; i++) {
		explicit_bzero(git->env[i], strlen(git->env[i])); /* the address may hold a password */
		free(git->env[i]);
	}
	explicit_bzero(git->url, strlen(git->url));
	free(git->folder);
	free(git->url);
	free(git->shown);
	free(git->program);
	free(git);
}

const char *git_folder(const struct git *git)
{
	return git->folder;
}

const char *git_shown(const struct git *git)
{
	return git->shown;
}

static void call_free(struct git_call *call)
{
	timer_free(call->late);
	free(call->doing);
	free(call);
}

/*
 * The line of stderr that says most, sanitised: the first "fatal:" or "error:" or what the server
 * said. What it says about the address could hold the password, so the address is taken out.
 */
static void said_briefly(const struct git *git, const char *said, size_t len, char *out, size_t size)
{
	static const char *const starts[] = {"fatal: ", "error: ", "ERROR: ", "remote: ", ""};
	const char *line = NULL, *place;
	char *safe;

	for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]) && !line; s++)
		for (const char *at = said; at < said + len && !line; at++)
			if ((at == said || at[-1] == '\n' || at[-1] == '\r') && *at != '\n' &&
			    strncmp(at, starts[s], strlen(starts[s])) == 0)
				line = at + (s < 2 ? strlen(starts[s]) : 0);
	out[0] = '\0';
	if (!line)
		return;
	safe = utf8_sanitised(line, strcspn(line, "\r\n"), SAID_MAX);
	place = strcmp(git->url, git->shown) != 0 ? strstr(safe, git->url) : NULL;
	if (place)
		snprintf(out, size, "%.*s%s%s", (int)(place - safe), safe, git->shown, place + strlen(git->url));
	else
		snprintf(out, size, "%s", safe);
	free(safe);
}

static enum git_trouble trouble_of(const struct git_call *call, const struct proc_result *result)
{
	if (result->timed_out)
		return GIT_TIMED_OUT;
	if (result->too_much)
		return GIT_TOO_MUCH;
	if (result->exit_code == 0 || (result->exit_code == 1 && call->plain_exit))
		return GIT_WELL;
	return git_trouble_of(result->errors, result->errors_len);
}

static void call_ended(void *arg, const struct proc_result *result)
{
	struct git_call *call = arg;
	struct git *git = call->git;
	struct err err = {.text = ""};
	char said[SAID_MAX + 1];
	struct git_answer answer = {
	    .trouble = trouble_of(call, result), .exit_code = result->timed_out ? -1 : result->exit_code,
	    .out = result->out, .out_len = result->out_len, .said = result->errors, .said_len = result->errors_len,
	};
	const struct git_trouble_row *row = &git_troubles[answer.trouble];

	if (answer.trouble != GIT_WELL) {
		said_briefly(git, result->errors, result->errors_len, said, sizeof(said));
		err_set(&err, "%s %s: %s%s%s%s%s%s", call->doing, git->shown, row->words, said[0] ? " (" : "", said,
		        said[0] ? ")" : "", row->advice[0] ? "; " : "", row->advice);
	}
	answer.error = err.text;
	call->done(call->arg, &answer);
	call_free(call);
}

static void call_failed(void *arg)
{
	struct git_call *call = arg;
	struct git_answer answer = {.trouble = GIT_NO_PROGRAM, .exit_code = -1, .out = "", .said = "",
	                            .error = call->failed.text};

	call->done(call->arg, &answer);
	call_free(call);
}

/* git's own words first, then the call's. */
static void fill_argv(const struct git *git, const char *const *argv, const char *out[ARGV_MAX])
{
	size_t count = 0;

	out[count++] = git->program;
	out[count++] = "--no-pager";
	for (size_t i = 0; argv[i]; i++) {
		if (count + 1 >= ARGV_MAX)
			abort();
		out[count++] = argv[i];
	}
	out[count] = NULL;
}

static void fill_env(const struct git *git, const char *const *extra, const char *out[2 * ENV_MAX])
{
	size_t count = 0;

	/* A call's own come first, because of two entries of one name the first counts. */
	for (size_t i = 0; extra && extra[i] && count < ENV_MAX; i++)
		out[count++] = extra[i];
	for (size_t i = 0; i < git->env_count; i++) {
		size_t name = strcspn(git->env[i], "=");
		size_t j = 0;
		while (extra && extra[j] && (strcspn(extra[j], "=") != name || strncmp(extra[j], git->env[i], name) != 0))
			j++;
		if (!extra || !extra[j])
			out[count++] = git->env[i];
	}
	out[count] = NULL;
}

struct git_call *git_run(struct git *git, const struct git_command *command)
{
	const char *argv[ARGV_MAX], *env[2 * ENV_MAX];
	struct git_call *call = mem_new(sizeof(*call));
	struct proc_options options = {
	    .argv = argv, .extra_env = env, .input = command->input, .input_len = command->input_len,
	    .max_output = command->max_output ? command->max_output : OUT_USUAL,
	    .timeout = command->timeout > 0 ? command->timeout : TIMEOUT_USUAL,
	};

	fill_argv(git, command->argv, argv);
	fill_env(git, command->extra_env, env);
	call->git = git;
	call->doing = mem_copy_string(command->doing ? command->doing : "asking git about");
	call->plain_exit = command->plain_exit;
	call->done = command->done;
	call->arg = command->arg;
	call->proc = proc_start(git->loop, &options, call_ended, call, &call->failed);
	if (!call->proc) {
		call->late = timer_new(git->loop, call_failed, call);
		timer_start(call->late, 0);
	}
	return call;
}

void git_cancel(struct git_call *call)
{
	if (!call)
		return;
	if (call->proc)
		proc_cancel(call->proc);
	call_free(call);
}

struct proc *git_converse(struct git *git, const char *const *argv,
                          void (*on_out)(void *arg, const char *bytes, size_t len),
                          void (*done)(void *arg, const struct proc_result *result), void *arg, struct err *err)
{
	const char *full[ARGV_MAX], *env[2 * ENV_MAX];
	struct proc_options options = {.argv = full, .extra_env = env, .max_output = OUT_USUAL, .converse = 1,
	                               .on_out = on_out};

	fill_argv(git, argv, full);
	fill_env(git, NULL, env);
	return proc_start(git->loop, &options, done, arg, err);
}
