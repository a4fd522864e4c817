/* SPDX-License-Identifier: MIT */
/*
 * Who we are: to git, because its identity is the one that people know each other by; to each
 * cluster, because that is the one that rights hang on; and the login on this machine.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "op_state.h"

static const double GIT_SECONDS = 3;

struct ops_user {
	char *cluster, *user;
};

static void copy_line(char *out, size_t size, const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, key, len) == 0 && line[len] == ' ')
			utf8_sanitise(out, size, line + len + 1, strcspn(line + len + 1, "\n"));
}

static void git_known(struct ops *ops, const char *name, const char *mail)
{
	if (*name && *mail)
		snprintf(ops->git, sizeof(ops->git), "%s <%s>", name, mail);
	else
		snprintf(ops->git, sizeof(ops->git), "%s%s", name, mail);
	while (ops->waiting.len > 0) {
		struct op *op = ops->waiting.items[0];
		vec_remove(&ops->waiting, 0);
		op_continue(op);
	}
}

static void git_answered(void *arg, const struct proc_result *result)
{
	struct ops *ops = arg;
	char name[100] = "", mail[120] = "";

	ops->asking_git = NULL;
	if (result->exit_code == 0) {
		copy_line(name, sizeof(name), result->out, "user.name");
		copy_line(mail, sizeof(mail), result->out, "user.email");
	}
	git_known(ops, name, mail);
}

static void login_find(struct ops *ops)
{
	const struct passwd *passwd = getpwuid(getuid());
	char host[200] = "";

	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	if (passwd)
		snprintf(ops->login, sizeof(ops->login), "%.100s@%s", passwd->pw_name, host);
	else
		snprintf(ops->login, sizeof(ops->login), "uid %u@%s", (unsigned)getuid(), host);
}

void who_begin(struct ops *ops)
{
	static const char *const argv[] = {"git", "config", "--get-regexp", "^user\\.(name|email)$", NULL};
	const struct proc_options options = {.argv = argv, .max_output = 4096, .timeout = GIT_SECONDS};
	const char *name = getenv("GIT_AUTHOR_NAME"), *mail = getenv("GIT_AUTHOR_EMAIL");
	struct err err;

	login_find(ops);
	if (ops->options.no_git_identity)
		return;
	if (name && mail) {
		char safe_name[100], safe_mail[120];
		utf8_sanitise(safe_name, sizeof(safe_name), name, strlen(name));
		utf8_sanitise(safe_mail, sizeof(safe_mail), mail, strlen(mail));
		git_known(ops, safe_name, safe_mail);
		return;
	}
	/* Without git nobody is known by its name; the other two are. */
	ops->asking_git = proc_start(ops->options.loop, &options, git_answered, ops, &err);
}

void who_end(struct ops *ops)
{
	if (ops->asking_git)
		proc_cancel(ops->asking_git);
	for (size_t i = 0; i < ops->users.len; i++) {
		struct ops_user *user = ops->users.items[i];
		free(user->cluster);
		free(user->user);
		free(user);
	}
	vec_release(&ops->users);
	vec_release(&ops->waiting);
}

const char *who_user(const struct ops *ops, const char *cluster)
{
	for (size_t i = 0; i < ops->users.len; i++) {
		const struct ops_user *user = ops->users.items[i];
		if (strcmp(user->cluster, cluster) == 0)
			return user->user;
	}
	return NULL;
}

void who_user_set(struct ops *ops, const char *cluster, const char *name)
{
	struct ops_user *user;

	if (who_user(ops, cluster))
		return;
	user = mem_new(sizeof(*user));
	user->cluster = mem_copy_string(cluster);
	user->user = mem_copy_string(name);
	vec_push(&ops->users, user);
}
