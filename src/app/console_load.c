/* SPDX-License-Identifier: MIT */
/*
 * Load tests from the console: which profile, a confirmation that says what will happen to whom, then
 * an engine of its own process, which goes on when the console ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/load_book.h"
#include "app/load_limits.h"
#include "base/mem.h"
#include "console_state.h"
#include "load/engine.h"
#include "model/run_folder.h"
#include "ui/dialog.h"

enum { PROFILE_MAX = 4 << 20 };

static void choose(struct console *console)
{
	const struct run_book *book = load_book(console->loads);
	const char *names[FORM_CHOICES];
	struct form form;
	char body[FORM_BODY];
	size_t count = 0;
	load_book_profiles(console->loads);
	for (size_t i = 0; i < book->profile_count && count < FORM_CHOICES; i++)
		names[count++] = book->profiles[i].name;
	if (count == 0) {
		snprintf(
		    body, sizeof(body),
		    "There is no profile in %.300s. One to begin with:\n\nflagdeck load init smoke URL > "
		    "%.300s/smoke.yaml",
		    book->profiles_from, book->profiles_from);
		deck_notice(console->deck, "No load test to start", body);
		return;
	}
	form_init(&form, "Start a load test", "What it does, and to whom, is said before it starts.");
	form_choice(&form, "profile", book->profiles_from, names, count, 0);
	deck_ask_form(console->deck, ACTION_LOAD_START, &form);
}

static const struct run_profile *chosen(const struct console *console)
{
	const struct run_book *book = load_book(console->loads);
	const char *name = form_value(deck_form(console->deck), "profile");
	for (size_t i = 0; i < book->profile_count; i++)
		if (strcmp(book->profiles[i].name, name) == 0)
			return &book->profiles[i];
	return NULL;
}

/* Reads the profile anew: what is agreed to is what is started. */
static int with_profile(struct console *console, const struct run_profile *told,
                        int (*then)(struct console *, const struct run_profile *, const struct profile *,
                                    const struct buf *, struct err *))
{
	struct profile *profile = mem_new(sizeof(*profile));
	struct vec problems;
	struct err err = {0};
	struct buf text;
	int result = -1;
	vec_init(&problems);
	buf_init(&text, PROFILE_MAX);
	if (buf_read_file(&text, told->path, &err) == 0 &&
	    profile_parse(profile, told->path, buf_string(&text), text.len, &problems, &err) == 0)
		result = then(console, told, profile, &text, &err);
	if (result < 0)
		deck_notice(console->deck, "The load test was not started", err.text);
	problems_release(&problems);
	profile_release(profile);
	buf_release(&text);
	free(profile);
	return result;
}

static int ask(struct console *console, const struct run_profile *told, const struct profile *profile,
               const struct buf *text, struct err *err)
{
	char body[DIALOG_BODY];
	int danger = strcmp(profile->env, "prod") == 0;
	(void)text;
	if (profile->pods.namespace)
		return err_set(err, "it runs on Kubernetes: flagdeck load run %.200s", told->path);
	if (!profile->target)
		return err_set(err,
		               "a plan needs a target too, so that it is known whether it may be loaded");
	if (load_limits_check(console->options->config, profile, err) < 0)
		return -1;
	snprintf(body, sizeof(body),
	         "%s\n%s\n%s%s%s\n\nIt runs in a process of its own and goes on when the console ends; it is "
	         "stopped "
	         "here, or with: flagdeck load stop",
	         told->target, told->words, profile->env[0] ? "env " : "", profile->env,
	         profile->env[0] ? "" : "no env is named");
	deck_ask_agreement(console->deck, ACTION_LOAD_START, danger, told->name, body,
	                   danger ? told->name : NULL);
	return 0;
}

static int start(struct console *console, const struct run_profile *told, const struct profile *profile,
                 const struct buf *text, struct err *err)
{
	const struct run_book *book = load_book(console->loads);
	if (load_limits_check(console->options->config, profile, err) < 0)
		return -1;
	char *folder = run_folder_make(book->results, profile->name, err);
	int result = folder ? engine_start(folder, told->path, buf_string(text), text->len, err) : -1;
	if (result == 0) {
		deck_open_loads(console->deck, strrchr(folder, '/') + 1);
		deck_say(console->deck, 0, "load test %s started", told->name);
	}
	free(folder);
	return result;
}

static void stop(struct console *console)
{
	const char *id = deck_load_selected(console->deck);
	if (!id)
		return;
	char *folder = mem_printf("%s/%s", load_book(console->loads)->results, id);
	if (engine_stop(folder) == 0)
		deck_say(console->deck, 0, "stopping %s: it is gone within two seconds", id);
	else
		deck_say(console->deck, 1, "%s does not run", id);
	free(folder);
}

void console_load(void *arg, enum action_id action, enum deck_answer answer)
{
	struct console *console = arg;
	const struct run_profile *told;
	if (action == ACTION_LOAD_STOP) {
		stop(console);
	} else if (console->options->read_only) {
		deck_say(console->deck, 1, "This session is read-only (--read-only).");
	} else if (answer == DECK_UNASKED) {
		choose(console);
	} else if (!(told = chosen(console))) {
		deck_say(console->deck, 1, "that profile is gone");
	} else if (answer == DECK_FILLED) {
		with_profile(console, told, ask);
	} else {
		with_profile(console, told, start);
	}
	console_changed(console);
}
