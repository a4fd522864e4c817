/* SPDX-License-Identifier: MIT */
/* Signals: watchers on the loop for the calm ones, one handler on a stack of its own for crashes. */
#include "app/signals.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "term/screen.h"

static const int calm[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGUSR1, SIGINT, SIGTERM, SIGHUP};
/* A sanitizer has its own handlers, which say more than ours would leave. */
#ifdef __SANITIZE_ADDRESS__
static const int fatal[] = {SIGABRT};
#else
static const int fatal[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
#endif

enum { CALM = sizeof(calm) / sizeof(calm[0]), FATAL = sizeof(fatal) / sizeof(fatal[0]), STACK = 64 * 1024 };

struct signals {
	struct watcher *watchers[CALM];
	struct sigaction before[FATAL];
	stack_t stack, stack_before;
};

static void crashed(int number)
{
	screen_emergency_restore();
	/* SA_RESETHAND put the default back: what would have happened happens. */
	raise(number);
}

static void crashes_watch(struct signals *signals)
{
	struct sigaction action;

	/* A stack overflow leaves no stack to handle it on. */
	signals->stack.ss_sp = mem_new(STACK);
	signals->stack.ss_size = STACK;
	sigaltstack(&signals->stack, &signals->stack_before);
	memset(&action, 0, sizeof(action));
	action.sa_handler = crashed;
	action.sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK);
	for (int i = 0; i < FATAL; i++)
		sigaction(fatal[i], &action, &signals->before[i]);
}

struct signals *signals_new(struct loop *loop, void (*raised)(void *arg, int number), void *arg)
{
	struct signals *signals = mem_new(sizeof(*signals));

	for (int i = 0; i < CALM; i++)
		signals->watchers[i] = watcher_new_signal(loop, calm[i], raised, arg);
	crashes_watch(signals);
	return signals;
}

void signals_free(struct signals *signals)
{
	if (!signals)
		return;
	for (int i = 0; i < FATAL; i++)
		sigaction(fatal[i], &signals->before[i], NULL);
	sigaltstack(&signals->stack_before, NULL);
	for (int i = 0; i < CALM; i++)
		watcher_free(signals->watchers[i]);
	free(signals->stack.ss_sp);
	free(signals);
}

void signals_stop_self(void)
{
	/* The whole group, as the terminal's own Ctrl-Z would: a wrapper script stops with us. */
	kill(0, SIGSTOP);
}
