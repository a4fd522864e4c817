/* SPDX-License-Identifier: MIT */
/*
 * A child is done when it has ended and its pipes are at their end. What it started in its turn
 * may hold the pipes open for ever, so after its end they get half a second and no more.
 *
 * It runs in a session of its own: that is a process group of its own, which a deadline can kill
 * whole, and it has no terminal, so no ssh or git below it can ask for a password on our screen.
 */
#include "net/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define GRACE 0.5 /* seconds */

enum { PIECE = 16 * 1024 };

struct stream {
	struct proc *proc;
	int fd; /* ours; -1 once closed */
	struct watcher *watcher;
	struct buf bytes;
};

struct proc {
	struct loop *loop;
	pid_t pid;
	int in_group;
	int ended, status;
	int timed_out, too_much;
	int finished; /* done is being called */
	int talking, cancelled; /* on_out is being called; proc_cancel was, from there */
	struct stream out, errors;
	int input_fd;
	struct watcher *input_watcher;
	char *input;
	size_t input_len, input_sent;
	int input_stays; /* open, though all that there is was written */
	void (*on_out)(void *arg, const char *bytes, size_t len);
	struct watcher *child;
	struct timer *deadline, *grace;
	void (*done)(void *arg, const struct proc_result *result);
	void *arg;
};

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void stream_close(struct stream *stream)
{
	watcher_free(stream->watcher);
	stream->watcher = NULL;
	fd_close(&stream->fd);
}

static void input_close(struct proc *proc)
{
	watcher_free(proc->input_watcher);
	proc->input_watcher = NULL;
	fd_close(&proc->input_fd);
}

static void proc_free(struct proc *proc)
{
	stream_close(&proc->out);
	stream_close(&proc->errors);
	buf_release(&proc->out.bytes);
	buf_release(&proc->errors.bytes);
	input_close(proc);
	if (proc->input)
		explicit_bzero(proc->input, proc->input_len); /* often a credential */
	free(proc->input);
	watcher_free(proc->child);
	timer_free(proc->deadline);
	timer_free(proc->grace);
	free(proc);
}

static void proc_kill(struct proc *proc)
{
	if (!proc->ended)
		kill(proc->in_group ? -proc->pid : proc->pid, SIGKILL);
}

static void proc_finish(struct proc *proc)
{
	struct proc_result result = {
	    .exit_code = WIFEXITED(proc->status) ? WEXITSTATUS(proc->status) : -1,
	    .signal = WIFSIGNALED(proc->status) ? WTERMSIG(proc->status) : 0,
	    .timed_out = proc->timed_out,
	    .too_much = proc->too_much,
	    .out = buf_string(&proc->out.bytes),
	    .out_len = proc->out.bytes.len,
	    .errors = buf_string(&proc->errors.bytes),
	    .errors_len = proc->errors.bytes.len,
	};

	proc->finished = 1;
	stream_close(&proc->out);
	stream_close(&proc->errors);
	proc->done(proc->arg, &result);
	proc_free(proc);
}

static int stream_take(struct stream *stream, const char *bytes, size_t len)
{
	struct proc *proc = stream->proc;
	size_t room = stream->bytes.max - stream->bytes.len;

	if (stream == &proc->out && proc->on_out) {
		proc->talking = 1;
		proc->on_out(proc->arg, bytes, len);
		proc->talking = 0;
		if (proc->cancelled)
			stream_close(stream);
		return 0;
	}
	return buf_add(&stream->bytes, bytes, len < room ? len : room) || len > room ? -1 : 0;
}

/* Reads what is there. A stream over its maximum keeps its first part and ends the child. */
static void stream_read(struct stream *stream)
{
	struct proc *proc = stream->proc;
	char piece[PIECE];

	while (stream->fd >= 0) {
		ssize_t got = read(stream->fd, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			stream_close(stream);
			return;
		}
		if (stream_take(stream, piece, (size_t)got) < 0) {
			proc->too_much = 1;
			stream_close(stream);
			proc_kill(proc);
		} else if (!proc->ended) {
			return; /* the loop calls again: others get their turn */
		}
	}
}

/* After reading: done when the child has ended and both pipes have. proc may be gone then. */
static void proc_check(struct proc *proc)
{
	if (proc->cancelled) {
		proc_free(proc);
		return;
	}
	if (!proc->ended)
		return;
	if (proc->out.fd < 0 && proc->errors.fd < 0)
		proc_finish(proc);
	else if (!timer_is_running(proc->grace))
		timer_start(proc->grace, GRACE);
}

static void stream_ready(void *arg, int events)
{
	struct stream *stream = arg;

	(void)events;
	stream_read(stream);
	proc_check(stream->proc);
}

static void input_ready(void *arg, int events)
{
	struct proc *proc = arg;
	ssize_t sent;

	(void)events;
	sent = write(proc->input_fd, proc->input + proc->input_sent, proc->input_len - proc->input_sent);
	if (sent >= 0)
		proc->input_sent += (size_t)sent;
	else if (errno == EAGAIN || errno == EINTR)
		return;
	if (sent >= 0 && proc->input_sent < proc->input_len)
		return;
	if (sent >= 0 && proc->input_stays) {
		explicit_bzero(proc->input, proc->input_len);
		proc->input_len = proc->input_sent = 0;
		watcher_set(proc->input_watcher, 0);
	} else { /* a child need not read it all */
		input_close(proc);
	}
}

void proc_write(struct proc *proc, const char *bytes, size_t len)
{
	if (proc->input_fd < 0 || len == 0)
		return;
	proc->input = mem_resize(proc->input, proc->input_len + len, 1);
	memcpy(proc->input + proc->input_len, bytes, len);
	proc->input_len += len;
	watcher_set(proc->input_watcher, LOOP_WRITE);
}

void proc_end_input(struct proc *proc)
{
	proc->input_stays = 0;
	if (proc->input_fd >= 0 && proc->input_len == proc->input_sent)
		input_close(proc);
}

void proc_set_timeout(struct proc *proc, double seconds)
{
	timer_stop(proc->deadline);
	if (seconds > 0 && !proc->ended)
		timer_start(proc->deadline, seconds);
}

static void child_ended(void *arg, int status)
{
	struct proc *proc = arg;

	proc->ended = 1;
	proc->status = status;
	input_close(proc);
	timer_stop(proc->deadline);
	stream_read(&proc->out);
	stream_read(&proc->errors);
	proc_check(proc);
}

static void deadline_passed(void *arg)
{
	struct proc *proc = arg;

	proc->timed_out = 1;
	proc_kill(proc);
}

static void grace_passed(void *arg)
{
	proc_finish(arg);
}

/* Our environment with the extra values over it. The array is the caller's to free. */
static char **environment_make(const char *const *extra)
{
	size_t count = 0, extra_count = 0, used = 0;
	char **all;

	while (environ && environ[count])
		count++;
	while (extra && extra[extra_count])
		extra_count++;
	all = mem_new_array(count + extra_count + 1, sizeof(*all));
	for (size_t i = 0; i < count; i++) {
		size_t name = strcspn(environ[i], "=");
		size_t j = 0;

		while (j < extra_count && (strcspn(extra[j], "=") != name || strncmp(extra[j], environ[i], name) != 0))
			j++;
		if (j == extra_count)
			all[used++] = environ[i];
	}
	for (size_t i = 0; i < extra_count; i++)
		if (strchr(extra[i], '='))
			all[used++] = (char *)extra[i];
	return all;
}

struct pipes {
	int in[2], out[2], errors[2];
};

static void pipes_close(struct pipes *pipes)
{
	for (int i = 0; i < 2; i++) {
		fd_close(&pipes->in[i]);
		fd_close(&pipes->out[i]);
		fd_close(&pipes->errors[i]);
	}
}

/* Only our ends are non-blocking; programs expect theirs to block. */
static int pipes_open(struct pipes *pipes, const struct proc_options *options)
{
	*pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
	if (pipe2(pipes->out, O_CLOEXEC) || fcntl(pipes->out[0], F_SETFL, O_NONBLOCK))
		return -1;
	if (options->use_terminal)
		return 0;
	if (pipe2(pipes->errors, O_CLOEXEC) || fcntl(pipes->errors[0], F_SETFL, O_NONBLOCK))
		return -1;
	if ((options->input || options->converse) && (pipe2(pipes->in, O_CLOEXEC) || fcntl(pipes->in[1], F_SETFL, O_NONBLOCK)))
		return -1;
	return 0;
}

static int spawn(pid_t *pid, const struct pipes *pipes, const struct proc_options *options)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	char **environment = environment_make(options->extra_env);
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	int code;

	if (!options->use_terminal)
		flags |= POSIX_SPAWN_SETSID;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, flags);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all); /* an ignored SIGPIPE would be inherited */
	if (pipes->in[0] >= 0)
		posix_spawn_file_actions_adddup2(&actions, pipes->in[0], STDIN_FILENO);
	else if (!options->use_terminal)
		posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, pipes->out[1], STDOUT_FILENO);
	if (pipes->errors[1] >= 0)
		posix_spawn_file_actions_adddup2(&actions, pipes->errors[1], STDERR_FILENO);
#if __GLIBC_PREREQ(2, 34)
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
#endif
	code = posix_spawnp(pid, options->argv[0], &actions, &attributes, (char *const *)options->argv,
	                    environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(environment);
	return code;
}

static int start_fail(const char *name, int code, struct err *err)
{
	if (code == ENOENT)
		return err_set(err, "cannot start %s: there is no such program%s", name,
		               strchr(name, '/') ? "" : " in PATH; install it or correct PATH");
	if (code == EACCES)
		return err_set(err, "cannot start %s: the file may not be executed; see its permissions",
		               name);
	return err_set(err, "cannot start %s: %s", name, strerror(code));
}

static int take_end(int *end)
{
	int fd = *end;

	*end = -1;
	return fd;
}

static void stream_init(struct stream *stream, struct proc *proc, int fd, size_t max)
{
	stream->proc = proc;
	stream->fd = fd;
	buf_init(&stream->bytes, max);
	if (fd >= 0)
		stream->watcher = watcher_new(proc->loop, fd, LOOP_READ, stream_ready, stream);
}

static void input_init(struct proc *proc, int fd, const struct proc_options *options)
{
	proc->input_fd = fd;
	if (fd < 0)
		return;
	proc->input_stays = options->converse;
	if (options->input && options->input_len) {
		proc->input = mem_copy(options->input, options->input_len);
		proc->input_len = options->input_len;
	}
	if (proc->input_len || proc->input_stays)
		proc->input_watcher =
		    watcher_new(proc->loop, fd, proc->input_len ? LOOP_WRITE : 0, input_ready, proc);
	else
		input_close(proc);
}

struct proc *proc_start(struct loop *loop, const struct proc_options *options,
                        void (*done)(void *arg, const struct proc_result *result), void *arg, struct err *err)
{
	struct pipes pipes;
	struct proc *proc = NULL;
	pid_t pid;
	int code;

	code = pipes_open(&pipes, options) ? errno : spawn(&pid, &pipes, options);
	if (code) {
		start_fail(options->argv[0], code, err);
		goto out;
	}
	proc = mem_new(sizeof(*proc));
	proc->loop = loop;
	proc->pid = pid;
	proc->in_group = !options->use_terminal;
	proc->done = done;
	proc->arg = arg;
	proc->on_out = options->on_out;
	stream_init(&proc->out, proc, take_end(&pipes.out[0]), options->max_output);
	stream_init(&proc->errors, proc, take_end(&pipes.errors[0]), options->max_output);
	input_init(proc, take_end(&pipes.in[1]), options);
	proc->deadline = timer_new(loop, deadline_passed, proc);
	proc->grace = timer_new(loop, grace_passed, proc);
	if (options->timeout > 0)
		timer_start(proc->deadline, options->timeout);
	proc->child = watcher_new_child(loop, pid, child_ended, proc);
	if (!proc->child) {
		proc_cancel(proc);
		proc = NULL;
		err_set(err, "cannot start %s: only the main thread's loop sees children end",
		        options->argv[0]);
	}
out:
	pipes_close(&pipes);
	return proc;
}

void proc_cancel(struct proc *proc)
{
	if (!proc || proc->finished)
		return;
	if (!proc->ended) {
		proc_kill(proc);
		while (waitpid(proc->pid, NULL, 0) < 0 && errno == EINTR)
			;
		proc->ended = 1;
	}
	if (proc->talking)
		proc->cancelled = 1; /* freed once on_out has returned */
	else
		proc_free(proc);
}
