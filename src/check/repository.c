/* SPDX-License-Identifier: MIT */
/* Three questions to git, one after the other; a failed one does not end the others. */
#include "check/repository.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/utf8.h"

enum question { ASK_BRANCH, ASK_AUTHOR, ASK_PUSH, QUESTIONS };

static const char *const names[QUESTIONS] = {"reach the repository", "name of commits", "push"};

struct repository_check {
	struct git *git;
	const char *branch;
	char *ref, *refspec;
	struct git_call *call;
	enum question at;
	struct {
		int answered;
		enum finding_verdict verdict;
		char said[300];
		const char *advice;
	} answers[QUESTIONS];
	void (*done)(void *arg);
	void *arg;
};

static void ask(struct repository_check *check);

static void note(struct repository_check *check, enum finding_verdict verdict, const char *said, const char *advice)
{
	check->answers[check->at].answered = 1;
	check->answers[check->at].verdict = verdict;
	check->answers[check->at].advice = advice;
	utf8_sanitise(check->answers[check->at].said, sizeof(check->answers[check->at].said), said, strlen(said) < 95 ? strlen(said) : 95);
}

static void judge(struct repository_check *check, const struct git_answer *answer)
{
	char said[400];
	const char *advice = git_troubles[answer->trouble].advice;
	int bad = answer->trouble != GIT_WELL;
	switch (check->at) {
	case ASK_BRANCH:
		if (bad) {
			note(check, FINDING_FAILED, git_troubles[answer->trouble].words, advice);
		} else if (!answer->out_len) {
			note(check, FINDING_FAILED, "the branch does not exist there", git_troubles[GIT_NO_BRANCH].advice);
		} else {
			snprintf(said, sizeof(said), "%.80s is at %.7s", check->branch, answer->out);
			note(check, FINDING_OK, said, "");
		}
		break;
	case ASK_AUTHOR: {
		const char *end = bad ? NULL : strchr(answer->out, '>');
		snprintf(said, sizeof(said), "%.*s", end ? (int)(end - answer->out + 1) : 0, answer->out);
		if (end)
			note(check, FINDING_OK, said, "");
		else
			note(check, FINDING_WARNING, "git knows no name for you, so flags cannot be changed",
			     "git config --global user.name and user.email");
		break;
	}
	default:
		/* A clone without the branch has nothing to offer; that is no fault. */
		if (strstr(answer->said, "src refspec"))
			note(check, FINDING_SKIPPED, "nothing was fetched yet", "run `flagdeck flag list` once");
		/* Behind the branch, which our own git notices: the server let us in. */
		else if (bad && !strstr(answer->out, "[rejected]"))
			note(check, FINDING_WARNING, git_troubles[answer->trouble].words, *advice ? advice : "flags can be read, and not changed by a push");
		else
			note(check, FINDING_OK, "permitted, by a dry run; a protected branch may still refuse", "");
	}
}

static void answered(void *arg, const struct git_answer *answer)
{
	struct repository_check *check = arg;
	check->call = NULL;
	judge(check, answer);
	check->at++;
	if (check->at < QUESTIONS)
		ask(check);
	else
		check->done(check->arg);
}

static void ask(struct repository_check *check)
{
	const char *const branch[] = {"ls-remote", "--quiet", "origin", check->ref, NULL};
	const char *const author[] = {"var", "GIT_AUTHOR_IDENT", NULL};
	const char *const push[] = {"push", "--dry-run", "--porcelain", "--no-verify", "origin", check->refspec, NULL};
	const char *const *const argvs[QUESTIONS] = {branch, author, push};
	/* Before the first fetch there is no folder to work in; a name without a value takes the variable away. */
	static const char *const nowhere[] = {"GIT_DIR", NULL};
	struct stat status;
	int cloned = stat(git_folder(check->git), &status) == 0;
	if (check->at == ASK_PUSH && !cloned) {
		note(check, FINDING_SKIPPED, "nothing was fetched yet", "run `flagdeck flag list` once");
		check->done(check->arg);
		return;
	}
	check->call = git_run(check->git, &(struct git_command){.argv = argvs[check->at], .extra_env = cloned ? NULL : nowhere, .timeout = 20, .doing = "asking", .done = answered, .arg = check});
}

struct repository_check *repository_check_start(struct git *git, const char *branch, void (*done)(void *arg), void *arg)
{
	struct repository_check *check = mem_new(sizeof(*check));
	*check = (struct repository_check){.git = git, .branch = branch, .ref = mem_printf("refs/heads/%s", branch),
	    .refspec = mem_printf("refs/remotes/origin/%s:refs/heads/%s", branch, branch), .done = done, .arg = arg};
	ask(check);
	return check;
}

void repository_check_findings(const struct repository_check *check, struct findings *findings)
{
	for (int i = 0; i < QUESTIONS; i++) {
		if (check->answers[i].answered)
			findings_add(findings, check->answers[i].verdict, git_shown(check->git), names[i], check->answers[i].advice, "%s", check->answers[i].said);
		else
			findings_add(findings, FINDING_FAILED, git_shown(check->git), names[i], "see the network and the address", "no answer in time");
	}
}

void repository_check_free(struct repository_check *check)
{
	if (!check)
		return;
	git_cancel(check->call);
	free(check->ref);
	free(check->refspec);
	free(check);
}
