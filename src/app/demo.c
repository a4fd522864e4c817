/* SPDX-License-Identifier: MIT */
/*
 * The child process of the embedded platform. Two pipes join it to its parent: on `ready` it says
 * once how its start went (nothing at all is well), and `life` tells it that the parent is gone.
 * It alone removes the folder; the parent does so only when the child could not.
 */
#include "app/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/demo_folder.h"
#include "base/mem.h"
#include "flag/catalog.h"
#include "net/loop.h"
#include "sim/sim.h"

enum { NICENESS = 5 };

struct demo {
	struct demo_folder folder;
	pid_t pid;
	int life; /* our end: closing it ends the child */
};

/* What the child is made of. */
struct platform_run {
	struct loop *loop;
	struct sim *sim;
	struct watcher *parent, *term;
};

static void parent_gone(void *arg, int events)
{
	(void)events;
	loop_stop(((struct platform_run *)arg)->loop);
}

static int platform_make(struct platform_run *run, const struct demo_options *options, const char *folder, int life,
                         struct err *err)
{
	const struct sim_options sim = {
		.services = options->services, .speed = options->speed, .seed = options->seed, .story = options->story, .folder = folder,
		.catalog = flag_catalog_builtin,
	};
	run->loop = loop_new(err);
	if (!run->loop)
		return -1;
	run->parent = watcher_new(run->loop, life, LOOP_READ, parent_gone, run);
	run->term = watcher_new_signal(run->loop, SIGTERM, parent_gone, run);
	run->sim = sim_new(run->loop, &sim, err);
	for (size_t i = 0; run->sim && options->faults && i < options->faults->len; i++)
		sim_spoil(run->sim, options->faults->items[i]);
	return run->sim ? 0 : -1;
}

static void platform_release(struct platform_run *run)
{
	sim_free(run->sim);
	watcher_free(run->parent);
	watcher_free(run->term);
	if (run->loop)
		loop_free(run->loop);
}

/* Nobody reads what the child would say on the terminal; a log in its folder is for who looks for a fault. */
static void stdio_leave(const char *folder)
{
	char *log = mem_printf("%s/platform.log", folder);
	int null = open("/dev/null", O_RDWR), fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(fd >= 0 ? fd : null, STDERR_FILENO);
	for (int i = 0; i < 2; i++) {
		int opened = i ? fd : null;
		if (opened > STDERR_FILENO)
			close(opened);
	}
	free(log);
}

static void child_run(struct demo *demo, const struct demo_options *options, int life, int ready)
{
	struct platform_run run = {0};
	struct err err = {0};
	ssize_t told = 0;
	setpgid(0, 0); /* the terminal's Ctrl-C is the parent's: it ends us in order */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	(void)!setpriority(PRIO_PROCESS, 0, NICENESS);
	stdio_leave(demo->folder.path);
	int result = platform_make(&run, options, demo->folder.path, life, &err);
	if (result < 0)
		told = write(ready, err.text, strlen(err.text));
	else if (options->whole)
		sim_fill(run.sim);
	close(ready);
	(void)told;
	if (result == 0 && !options->whole)
		sim_fill(run.sim);
	if (result == 0)
		loop_run(run.loop);
	platform_release(&run);
	demo_folder_remove(&demo->folder);
	_exit(0);
}

/* What the child says until it closes its end; NULL: it started well. */
static char *ready_wait(int ready)
{
	char text[ERR_MAX];
	size_t len = 0;
	ssize_t got;
	while (len < sizeof(text) - 1 &&
	       ((got = read(ready, text + len, sizeof(text) - 1 - len)) > 0 || (got < 0 && errno == EINTR)))
		len += got > 0 ? (size_t)got : 0;
	return len ? mem_copy(text, len) : NULL;
}

static int child_start(struct demo *demo, const struct demo_options *options, struct err *err)
{
	int life[2] = {-1, -1}, ready[2] = {-1, -1};
	if (pipe2(life, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0 || (demo->pid = fork()) < 0) {
		err_set(err, "the embedded platform cannot be started: %s", strerror(errno));
		demo->pid = 0;
	} else if (demo->pid == 0) {
		close(life[1]);
		close(ready[0]);
		child_run(demo, options, life[0], ready[1]);
	}
	close(life[0]);
	close(ready[1]);
	demo->life = life[1];
	char *refusal = demo->pid ? ready_wait(ready[0]) : NULL;
	if (refusal)
		err_set(err, "%s", refusal);
	close(ready[0]);
	int result = demo->pid && !refusal ? 0 : -1;
	free(refusal);
	return result;
}

struct demo *demo_start(const struct demo_options *options, struct err *err)
{
	struct demo *demo = mem_new(sizeof(*demo));
	struct err unheard;
	demo->life = -1;
	if (demo_folder_take(&demo->folder, options->folder, err) < 0) {
		free(demo);
		return NULL;
	}
	if (child_start(demo, options, err) == 0)
		return demo;
	(void)!demo_end(demo, &unheard);
	return NULL;
}

int demo_end(struct demo *demo, struct err *err)
{
	int status = 0, result = 0;
	if (demo->life >= 0)
		close(demo->life);
	while (demo->pid > 0 && waitpid(demo->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (demo->pid > 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		result = WIFSIGNALED(status)
		             ? err_set(err, "the embedded platform was ended by signal %d", WTERMSIG(status))
		             : err_set(err, "the embedded platform failed with code %d", WEXITSTATUS(status));
	demo_folder_remove(&demo->folder);
	if (result == 0 && access(demo->folder.path, F_OK) == 0 && demo->folder.made)
		result = err_set(err, "the folder %s could not be removed", demo->folder.path);
	demo_folder_release(&demo->folder);
	free(demo);
	return result;
}

const char *demo_folder(const struct demo *demo)
{
	return demo->folder.path;
}

int demo_pid(const struct demo *demo)
{
	return demo->pid;
}
