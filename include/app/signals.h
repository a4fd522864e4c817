/* SPDX-License-Identifier: MIT */
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H

#include "net/loop.h"

/*
 * Signals of a program that owns a terminal. Those that can be handled calmly arrive on the loop;
 * those of a crash restore the terminal and then take their course (core dump, exit status).
 */
struct signals;

/* `raised` gets SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM and SIGHUP. */
struct signals *signals_new(struct loop *loop, void (*raised)(void *arg, int number), void *arg);
void signals_free(struct signals *signals); /* NULL is fine; handlers are as they were before */
/* Stops the process group as the shell's job control expects; returns when it goes on. */
void signals_stop_self(void);

#endif
