/* SPDX-License-Identifier: MIT */
/* Starting and stopping an engine from outside. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/mem.h"
#include "load/engine.h"
#include "model/run_folder.h"

char *run_folder_make(const char *results, const char *name, struct err *err)
{
	char stamp[32], clean[48] = "";
	unsigned char noise[2];
	time_t now = time(NULL);
	struct tm tm;
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	for (size_t i = 0; name[i] && i + 1 < sizeof(clean); i++)
		clean[i] = isalnum((unsigned char)name[i]) ? name[i] : '-';
	random_bytes(noise, sizeof(noise));
	char *path = mem_printf("%s/%s-%s-%02x%02x", results, stamp, clean, noise[0], noise[1]);
	if (folder_make(results, 0700) >= 0 && mkdir(path, 0700) == 0)
		return path;
	err_set(err, "the run's folder %s cannot be made: %s", path, strerror(errno));
	free(path);
	return NULL;
}

/* The profile goes through a pipe: what it holds stays out of files and command lines. */
static int feed(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, text, len);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		text += done;
		len -= (size_t)done;
	}
	return 0;
}

static int spawn_engine(const char *folder, const char *profile_path, int input, pid_t *pid)
{
	const char *argv[] = {"flagdeck", "load", "engine", folder, profile_path, NULL};
	char *log = mem_printf("%s/" RUN_ENGINE_LOG, folder);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGINT);
	sigaddset(&defaults, SIGTERM);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&actions, input, 0);
	posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	/* A session of its own: neither the terminal's end nor its Ctrl-C reaches it. */
	posix_spawnattr_setflags(&attributes,
	                         POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	int code = posix_spawn(pid, "/proc/self/exe", &actions, &attributes, (char *const *)(uintptr_t)argv,
	                       environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(log);
	return code;
}

/* Waits until the engine has its lock and manifest, or is gone. */
static int wait_for_life(const char *folder, pid_t pid, struct err *err)
{
	char *manifest = mem_printf("%s/" RUN_MANIFEST, folder),
	     *log = mem_printf("%s/" RUN_ENGINE_LOG, folder);
	int result = -1, status = 0;
	for (int i = 0; i < 1000 && result < 0; i++) {
		if (access(manifest, F_OK) == 0)
			result = 0;
		else if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		else
			poll(NULL, 0, 5);
	}
	if (result < 0) {
		struct buf text;
		buf_init(&text, 64 << 10);
		(void)!buf_read_file(&text, log, NULL);
		err_set(err, "the load engine did not start: %.300s",
		        text.len ? buf_string(&text) : "it said nothing");
		buf_release(&text);
	}
	free(manifest);
	free(log);
	return result;
}

int engine_start(const char *folder, const char *profile_path, const char *text, size_t len, struct err *err)
{
	int pipes[2], result = -1;
	pid_t pid = 0;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_set(err, "the load engine cannot be started: %s", strerror(errno));
	int code = spawn_engine(folder, profile_path, pipes[0], &pid);
	close(pipes[0]);
	if (code)
		err_set(err, "the load engine cannot be started: %s", strerror(code));
	else if (feed(pipes[1], text, len) < 0)
		err_set(err, "the load engine did not take its profile: %s", strerror(errno));
	else
		result = 0;
	close(pipes[1]);
	return result == 0 ? wait_for_life(folder, pid, err) : result;
}

int engine_stop(const char *folder)
{
	int owner = run_folder_owner(folder);
	return owner > 0 && kill(owner, SIGTERM) == 0 ? 0 : -1;
}

int run_signals_open(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
