/* SPDX-License-Identifier: MIT */
/*
 * A run of a credential plugin: found in PATH here rather than by the spawn, so that a missing one can
 * be told from one that fails; never through a shell; killed with all it started when it takes too
 * long. With the terminal it talks to the person itself, so its errors are not ours to show.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "exec_internal.h"

#define TIMEOUT 60.0 /* seconds */
enum { TERMINAL_FACTOR = 5, OUTPUT_MAX = 1 << 20 };

static void plugin_done(void *arg, const struct proc_result *done);

static int is_program(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && S_ISREG(about.st_mode) && access(path, X_OK) == 0;
}

/* The program of a command; free(). NULL when there is none. Folders of PATH that are not absolute are
 * passed over: a program of the folder we happen to be in must not get at credentials. */
static char *find_program(const char *command)
{
	const char *path = getenv("PATH");

	if (strchr(command, '/'))
		return is_program(command) ? mem_copy_string(command) : NULL;
	for (const char *at = path ? path : "/usr/local/bin:/usr/bin:/bin"; *at;) {
		size_t len = strcspn(at, ":");
		char *program = *at == '/' ? mem_printf("%.*s/%s", (int)len, at, command) : NULL;

		if (program && is_program(program))
			return program;
		free(program);
		at += len + (at[len] == ':');
	}
	return NULL;
}

static int fail_missing(const struct exec_entry *entry, struct err *err)
{
	const char *hint = entry->spec.install_hint;

	return err_set(err, "the credential plugin \"%.100s\" is not installed%s%s%s", entry->spec.command,
	               strchr(entry->spec.command, '/') ? " or may not be executed" : " (not found in PATH)",
	               hint && *hint ? ": " : "", hint ? hint : "");
}

/* KUBERNETES_EXEC_INFO=... */
static char *info_make(const struct exec_entry *entry, int interactive)
{
	const struct exec_spec *spec = &entry->spec;
	int has_cluster = spec->provide_cluster && spec->cluster_json;

	return mem_printf(
	    "KUBERNETES_EXEC_INFO={\"kind\":\"ExecCredential\",\"apiVersion\":\"%s\",\"spec\":{%s%s%s"
	    "\"interactive\":%s}}",
	    spec->api_version, has_cluster ? "\"cluster\":" : "", has_cluster ? spec->cluster_json : "",
	    has_cluster ? "," : "", interactive ? "true" : "false");
}

static size_t count_strings(const char *const *list)
{
	size_t count = 0;

	while (list && list[count])
		count++;
	return count;
}

static int start(struct exec_entry *entry, const char *program, struct err *err)
{
	const struct exec_spec *spec = &entry->spec;
	size_t args = count_strings(spec->args), vars = count_strings(spec->env);
	const char **argv = mem_new_array(args + 2, sizeof(*argv));
	const char **env = mem_new_array(vars + 2, sizeof(*env));
	char *info = info_make(entry, entry->with_terminal);
	double timeout = entry->timeout > 0 ? entry->timeout : TIMEOUT;
	const struct proc_options options = {
	    .argv = argv,
	    .extra_env = env,
	    .max_output = OUTPUT_MAX,
	    .timeout = entry->with_terminal ? TERMINAL_FACTOR * timeout : timeout,
	    .use_terminal = entry->with_terminal,
	};

	argv[0] = program;
	for (size_t i = 0; i < args; i++)
		argv[i + 1] = spec->args[i];
	for (size_t i = 0; i < vars; i++)
		env[i] = spec->env[i];
	env[vars] = info;
	entry->proc = proc_start(entry->cache->loop, &options, plugin_done, entry, err);
	free(info);
	free(env);
	free(argv);
	return entry->proc ? 0 : -1;
}

static void terminal_return(struct exec_entry *entry)
{
	struct credential_cache *cache = entry->cache;

	if (cache->terminal_user != entry)
		return;
	cache->terminal_user = NULL;
	entry->borrow_terminal(entry->arg, 0);
	if (cache->terminal_queue.len)
		timer_start(cache->terminal_next, 0);
}

static int run_with_terminal(struct exec_entry *entry, const char *program, struct err *err)
{
	struct credential_cache *cache = entry->cache;

	if (cache->terminal_user && entry->borrow_terminal) {
		vec_push(&cache->terminal_queue, entry);
		entry->queued = 1;
		return 0;
	}
	if (!entry->borrow_terminal || entry->borrow_terminal(entry->arg, 1))
		return err_set(
		    err,
		    "the credential plugin \"%.100s\" wants to ask a person (interactiveMode: Always), and "
		    "there is no terminal for it",
		    entry->spec.command);
	cache->terminal_user = entry;
	entry->with_terminal = 1;
	if (start(entry, program, err) == 0)
		return 0;
	terminal_return(entry);
	return -1;
}

static int run(struct exec_entry *entry, int with_terminal, struct err *err)
{
	char *program = find_program(entry->spec.command);
	int result;

	if (!program)
		result = fail_missing(entry, err);
	else if (with_terminal)
		result = run_with_terminal(entry, program, err);
	else
		result = start(entry, program, err);
	free(program);
	return result;
}

int exec_run(struct exec_entry *entry, struct err *err)
{
	struct err failure = {0};

	entry->with_terminal = 0;
	if (run(entry, entry->spec.mode == EXEC_ALWAYS, &failure) == 0)
		return 0;
	err_set(err, "%s", failure.text);
	exec_entry_finish(entry, &failure);
	return -1;
}

int exec_is_running(const struct exec_entry *entry)
{
	return entry->proc || entry->queued;
}

void exec_stop(struct exec_entry *entry)
{
	vec_remove_item(&entry->cache->terminal_queue, entry);
	entry->queued = 0;
	if (entry->proc)
		proc_cancel(entry->proc);
	entry->proc = NULL;
	terminal_return(entry);
	entry->with_terminal = 0;
}

void exec_next(void *arg)
{
	struct credential_cache *cache = arg;
	struct exec_entry *entry;
	struct err failure = {0};

	if (cache->terminal_user || !cache->terminal_queue.len)
		return;
	entry = cache->terminal_queue.items[0];
	vec_remove(&cache->terminal_queue, 0);
	entry->queued = 0;
	if (run(entry, 1, &failure) == 0)
		return;
	if (cache->terminal_queue.len)
		timer_start(cache->terminal_next, 0);
	exec_entry_finish(entry, &failure);
}

static int fail_run(const struct exec_entry *entry, const struct proc_result *done, struct err *err)
{
	char said[300];
	const char *command = entry->spec.command;
	double timeout = entry->timeout > 0 ? entry->timeout : TIMEOUT;

	exec_errors_shown(done->errors, done->errors_len, said, sizeof(said));
	if (done->timed_out)
		return err_set(err,
		               "the credential plugin \"%.80s\" did not answer within %g s and was ended%s%s",
		               command, entry->with_terminal ? TERMINAL_FACTOR * timeout : timeout,
		               *said ? ": " : "", said);
	if (done->too_much)
		return err_set(err, "the credential plugin \"%.80s\" printed more than %d KiB and was ended",
		               command, OUTPUT_MAX / 1024);
	if (done->signal)
		return err_set(err, "the credential plugin \"%.80s\" was ended by signal %d%s%s", command,
		               done->signal, *said ? ": " : "", said);
	return err_set(err, "the credential plugin \"%.80s\" failed with exit code %d%s%s", command,
	               done->exit_code, *said ? ": " : "", said);
}

/* A failure without the terminal may have been for want of it. */
static int is_worth_asking(const struct exec_entry *entry, const struct proc_result *done)
{
	return entry->spec.mode == EXEC_IF_AVAILABLE && !entry->with_terminal && entry->borrow_terminal &&
	       done->exit_code > 0 && !done->timed_out && !done->too_much;
}

static void plugin_done(void *arg, const struct proc_result *done)
{
	struct exec_entry *entry = arg;
	struct exec_result result;
	struct err failure = {0};
	int failed;

	entry->proc = NULL;
	terminal_return(entry);
	failed = done->exit_code != 0 || done->timed_out || done->too_much;
	if (failed && is_worth_asking(entry, done) && run(entry, 1, NULL) == 0)
		return;
	if (failed) {
		fail_run(entry, done, &failure);
	} else if (exec_decode(done->out, done->out_len, entry->spec.api_version, &result, &failure) == 0) {
		exec_result_release(&entry->result);
		entry->result = result;
	} else {
		failed = 1;
		err_wrap(&failure, "the credential plugin \"%.100s\"", entry->spec.command);
	}
	exec_entry_finish(entry, failed ? &failure : NULL);
}
