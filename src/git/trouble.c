/* SPDX-License-Identifier: MIT */
/*
 * What git's words mean. It has no error codes beyond 128, and its transports (curl, ssh, the
 * server's own lines after "remote:") add theirs, so that words are all there is. The first row that
 * matches wins: the particular stands before the general ("Could not read from remote repository"
 * follows after nearly everything that ssh says).
 */
#include <string.h>
#include <strings.h>

#include "git/git.h"

const struct git_trouble_row git_troubles[GIT_TROUBLES] = {
	[GIT_WELL] = {"well", "all is well", ""},
	[GIT_NO_PROGRAM] = {"no-program", "the git program cannot be started", "install git, or put it into PATH"},
	[GIT_TIMED_OUT] = {"timed-out", "git did not end in time", "see whether the server is slow or the network drops packets"},
	[GIT_TOO_MUCH] = {"too-much", "git answered with more than is read", ""},
	[GIT_AUTHENTICATION] = {"authentication", "the server refused our credentials",
	                        "see that `git fetch` of this address works in a shell without a prompt: a credential helper, a token or an ssh key that may read it"},
	[GIT_HOST_KEY] = {"host-key", "the server's ssh host key is not known, or has changed",
	                  "connect once with ssh and compare the key, or add it to known_hosts"},
	[GIT_UNREACHABLE] = {"unreachable", "the server cannot be reached", "see the address, name resolution, proxy and firewall"},
	[GIT_TLS] = {"tls", "the server's certificate is not trusted", "add its authority with git's http.sslCAInfo, or to the system"},
	[GIT_NO_REPOSITORY] = {"no-repository", "there is no such repository, or our credentials may not see it",
	                       "see the address, and whether the token or key may read this repository"},
	[GIT_NO_BRANCH] = {"no-branch", "the branch does not exist there", "see `branch` of this repository in the configuration"},
	[GIT_DISK_FULL] = {"disk-full", "there is no room left on our disk", "free some, or set XDG_STATE_HOME to another one"},
	[GIT_NO_PERMISSION] = {"no-permission", "the folder of the clone may not be written", "see the owner and rights of the state folder"},
	[GIT_PROTOCOL] = {"protocol", "this way to reach a repository is not permitted", "use https or ssh"},
	[GIT_LOCKED] = {"locked", "another git holds a lock in the clone", "it is tried again; where no git runs, remove the lock file that is named"},
	[GIT_DAMAGED] = {"damaged", "the clone on our disk is damaged", "it is made anew"},
	[GIT_MOVED] = {"moved", "the branch moved meanwhile", "fetch and try again"},
	[GIT_REJECTED] = {"rejected", "the server refused the push", "see its words: a protected branch, or a hook"},
	[GIT_OTHER] = {"other", "git failed", ""},
};

static const struct {
	const char *words;
	enum git_trouble trouble;
} signs[] = {
	{"no space left on device", GIT_DISK_FULL},
	{"disk quota exceeded", GIT_DISK_FULL},
	{"host key verification failed", GIT_HOST_KEY},
	{"remote host identification has changed", GIT_HOST_KEY},
	{"transport '", GIT_PROTOCOL}, /* "transport 'file' not allowed" */
	{"couldn't find remote ref", GIT_NO_BRANCH},
	{"remote branch", GIT_NO_BRANCH},
	{"authentication failed", GIT_AUTHENTICATION},
	{"terminal prompts disabled", GIT_AUTHENTICATION},
	{"could not read username", GIT_AUTHENTICATION},
	{"could not read password", GIT_AUTHENTICATION},
	{"invalid username or password", GIT_AUTHENTICATION},
	{"invalid credentials", GIT_AUTHENTICATION},
	{"http basic: access denied", GIT_AUTHENTICATION},
	{"permission denied (", GIT_AUTHENTICATION}, /* ssh: "(publickey)" */
	{"too many authentication failures", GIT_AUTHENTICATION},
	{"the requested url returned error: 401", GIT_AUTHENTICATION},
	{"the requested url returned error: 403", GIT_AUTHENTICATION},
	{"repository not found", GIT_NO_REPOSITORY},
	{"could not be found or you don't have permission", GIT_NO_REPOSITORY},
	{"does not appear to be a git repository", GIT_NO_REPOSITORY},
	{"the requested url returned error: 404", GIT_NO_REPOSITORY},
	{"' not found", GIT_NO_REPOSITORY}, /* "repository 'https://…' not found" */
	{"ssl certificate problem", GIT_TLS},
	{"certificate verif", GIT_TLS},
	{"tls handshake", GIT_TLS},
	{"fetch first", GIT_MOVED},
	{"non-fast-forward", GIT_MOVED},
	{"stale info", GIT_MOVED},
	{"cannot lock ref", GIT_MOVED},
	{"incorrect old value provided", GIT_MOVED},
	{"pre-receive hook declined", GIT_REJECTED},
	{"protected branch", GIT_REJECTED},
	{"[remote rejected]", GIT_REJECTED},
	{"hook declined", GIT_REJECTED},
	{".lock': file exists", GIT_LOCKED},
	{"another git process", GIT_LOCKED},
	{"not a git repository", GIT_DAMAGED},
	{"object file", GIT_DAMAGED}, /* "object file … is empty" */
	{"is corrupt", GIT_DAMAGED},
	{"bad object", GIT_DAMAGED},
	{"missing blob", GIT_DAMAGED},
	{"missing tree", GIT_DAMAGED},
	{"packfile", GIT_DAMAGED},
	{"bad config", GIT_DAMAGED},
	{"could not resolve host", GIT_UNREACHABLE},
	{"temporary failure in name resolution", GIT_UNREACHABLE},
	{"name or service not known", GIT_UNREACHABLE},
	{"connection refused", GIT_UNREACHABLE},
	{"connection timed out", GIT_UNREACHABLE},
	{"connection reset", GIT_UNREACHABLE},
	{"connection closed", GIT_UNREACHABLE},
	{"no route to host", GIT_UNREACHABLE},
	{"network is unreachable", GIT_UNREACHABLE},
	{"failed to connect", GIT_UNREACHABLE},
	{"operation too slow", GIT_UNREACHABLE},
	{"early eof", GIT_UNREACHABLE},
	{"the remote end hung up", GIT_UNREACHABLE},
	{"unexpected disconnect", GIT_UNREACHABLE},
	{"the requested url returned error: 5", GIT_UNREACHABLE},
	{"permission denied", GIT_NO_PERMISSION},
	{"read-only file system", GIT_NO_PERMISSION},
	{"could not read from remote repository", GIT_UNREACHABLE},
};

static int holds(const char *text, size_t len, const char *words)
{
	size_t wanted = strlen(words);

	for (size_t i = 0; i + wanted <= len; i++)
		if (strncasecmp(text + i, words, wanted) == 0)
			return 1;
	return 0;
}

enum git_trouble git_trouble_of(const char *errors, size_t len)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (holds(errors, len, signs[i].words))
			return signs[i].trouble;
	return GIT_OTHER;
}
