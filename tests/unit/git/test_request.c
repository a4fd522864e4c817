/* SPDX-License-Identifier: MIT */
/* Pull requests: where they are opened, what is sent, what the answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "git/request.h"

static void test_calls(void **state)
{
	static const struct {
		const char *url, *provider, *api, *base, *path, *body;
	} cases[] = {
	    {"https://github.com/acme/platform.git", NULL, NULL, "https://api.github.com", "/repos/acme/platform/pulls",
	     "{\"head\":\"flagdeck/1\",\"base\":\"main\",\"title\":\"t\",\"body\":\"b\"}"},
	    {"git@github.example.org:acme/platform.git", "github", NULL, "https://github.example.org/api/v3", "/repos/acme/platform/pulls", NULL},
	    {"https://user:pw@gitlab.example.org:8443/a/b/c.git", NULL, NULL, "https://gitlab.example.org:8443/api/v4", "/projects/a%2Fb%2Fc/merge_requests",
	     "{\"source_branch\":\"flagdeck/1\",\"target_branch\":\"main\",\"title\":\"t\",\"description\":\"b\",\"remove_source_branch\":true}"},
	    {"ssh://git@git.example.org:2222/acme/platform", "gitea", NULL, "https://git.example.org/api/v1", "/repos/acme/platform/pulls", NULL},
	    {"http://127.0.0.1:3000/acme/platform.git", "gitea", NULL, "http://127.0.0.1:3000/api/v1", "/repos/acme/platform/pulls", NULL},
	    {"https://dev.azure.com/org/My%20Team/_git/platform", NULL, NULL, "https://dev.azure.com", "/org/My%20Team/_apis/git/repositories/platform/pullrequests?api-version=7.1",
	     "{\"sourceRefName\":\"refs/heads/flagdeck/1\",\"targetRefName\":\"refs/heads/main\",\"title\":\"t\",\"description\":\"b\"}"},
	    {"git@ssh.dev.azure.com:v3/org/proj/platform", NULL, NULL, "https://dev.azure.com", "/org/proj/_apis/git/repositories/platform/pullrequests?api-version=7.1", NULL},
	    {"file:///srv/acme/platform.git", "gitea", "http://127.0.0.1:9/api/v1/", "http://127.0.0.1:9/api/v1", "/repos/srv/acme/platform/pulls", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct forge_place place;
		struct forge_call call;
		struct err err = {0};
		if (forge_find(&place, cases[i].url, cases[i].provider, cases[i].api, &err) < 0)
			fail_msg("%s: %s", cases[i].url, err.text);
		assert_string_equal(place.api, cases[i].base);
		assert_int_equal(forge_open_call(&call, &place, "flagdeck/1", "main", "t", "b", &err), 0);
		assert_string_equal(call.path, cases[i].path);
		if (cases[i].body)
			assert_memory_equal(call.body.data, cases[i].body, strlen(cases[i].body));
		assert_null(strstr(place.web, "pw"));
		forge_call_release(&call);
	}
	struct forge_place place;
	struct err err = {0};
	assert_int_equal(forge_find(&place, "https://git.example.org/a/b", NULL, NULL, &err), -1);
	assert_non_null(strstr(err.text, "provider"));
}

static void test_answers(void **state)
{
	static const struct {
		enum forge forge;
		int status;
		const char *body;
		long number;
		enum request_state state;
		const char *url, *merged, *words;
	} cases[] = {
	    {FORGE_GITHUB, 201, "{\"number\":7,\"html_url\":\"https://x/7\",\"state\":\"open\"}", 7, REQUEST_OPEN, "https://x/7", "", NULL},
	    {FORGE_GITHUB, 200, "{\"number\":7,\"html_url\":\"u\",\"state\":\"closed\",\"merged\":true,\"merge_commit_sha\":\"1111111111111111111111111111111111111111\"}", 7,
	     REQUEST_MERGED, "u", "1111111111111111111111111111111111111111", NULL},
	    {FORGE_GITLAB, 201, "{\"iid\":3,\"web_url\":\"https://g/3\",\"state\":\"opened\"}", 3, REQUEST_OPEN, "https://g/3", "", NULL},
	    {FORGE_GITLAB, 200, "{\"iid\":3,\"state\":\"merged\",\"squash_commit_sha\":\"2222222222222222222222222222222222222222\"}", 3, REQUEST_MERGED, "",
	     "2222222222222222222222222222222222222222", NULL},
	    {FORGE_GITEA, 200, "{\"number\":1,\"state\":\"closed\",\"merged\":false}", 1, REQUEST_CLOSED, "", "", NULL},
	    {FORGE_AZURE, 201, "{\"pullRequestId\":9,\"status\":\"active\"}", 9, REQUEST_OPEN, "https://w/o/_git/n/pullrequest/9", "", NULL},
	    {FORGE_AZURE, 200, "{\"pullRequestId\":9,\"status\":\"completed\",\"lastMergeCommit\":{\"commitId\":\"x\"}}", 9, REQUEST_MERGED,
	     "https://w/o/_git/n/pullrequest/9", "", NULL},
	    {FORGE_GITHUB, 422, "{\"message\":\"Validation Failed\",\"errors\":[{\"message\":\"A pull request already exists\"}]}", 0, 0, NULL, NULL,
	     "Validation Failed, A pull request already exists"},
	    {FORGE_GITLAB, 409, "{\"message\":[\"Another open merge request\"]}", 0, 0, NULL, NULL, "Another open merge request"},
	    {FORGE_GITEA, 401, "", 0, 0, NULL, NULL, "FLAGDECK_GIT_TOKEN"},
	    {FORGE_GITEA, 200, "[1]", 0, 0, NULL, NULL, "names no pull request"},
	    {FORGE_GITEA, 500, "<html>\x1b[31m", 0, 0, NULL, NULL, "500"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct forge_place place = {.forge = cases[i].forge, .web = "https://w", .owner = "o", .name = "n"};
		struct request request;
		struct err err = {0};
		int result = request_decode(&request, &place, cases[i].status, cases[i].body, strlen(cases[i].body), &err);
		if ((result < 0) != (cases[i].words != NULL))
			fail_msg("%zu: %d %s", i, result, err.text);
		if (cases[i].words) {
			if (!strstr(err.text, cases[i].words))
				fail_msg("%zu: %s", i, err.text);
			continue;
		}
		assert_int_equal(request.number, cases[i].number);
		assert_int_equal(request.state, cases[i].state);
		assert_string_equal(request.url, cases[i].url);
		assert_string_equal(request.merged, cases[i].merged);
	}
}

static void test_headers(void **state)
{
	char *azure = forge_header(FORGE_AZURE, "pat"), *gitea = forge_header(FORGE_GITEA, "t"), *github = forge_header(FORGE_GITHUB, "t");
	(void)state;
	assert_string_equal(azure, "Authorization: Basic OnBhdA==");
	assert_string_equal(gitea, "Authorization: token t");
	assert_string_equal(github, "Authorization: Bearer t");
	free(azure);
	free(gitea);
	free(github);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_calls), cmocka_unit_test(test_answers), cmocka_unit_test(test_headers)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
