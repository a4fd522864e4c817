/* SPDX-License-Identifier: MIT */
/* Credential plugins: scripts that answer well, badly, late and never. */
#include "credential_fixture.h"

#include "base/buf.h"

#define V1 "client.authentication.k8s.io/v1"
#define ANSWER(status) "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":" status "}"
#define SAY(text) "cat <<'END'\n" text "\nEND"

/* A plugin in the folder that also leaves a line in "runs" each time. */
static const char *plugin(struct fixture *fixture, const char *name, const char *script)
{
	char text[4096];

	snprintf(text, sizeof(text), "echo %s >>'%s/runs'\n%s", name, fixture->folder.path, script);
	return folder_put_script(&fixture->folder, name, text);
}

static int runs(struct fixture *fixture)
{
	FILE *file = fopen(folder_path(&fixture->folder, "runs"), "r");
	int count = 0, c;

	while (file && (c = fgetc(file)) != EOF)
		count += c == '\n';
	if (file)
		fclose(file);
	return count;
}

struct terminal {
	int taken, given_back, refuse;
};

static int terminal_borrow(void *arg, int take)
{
	struct terminal *terminal = arg;

	if (take && terminal->refuse)
		return -1;
	/* Never two at a time. */
	assert_int_equal(terminal->taken - terminal->given_back, take ? 0 : 1);
	if (take)
		terminal->taken++;
	else
		terminal->given_back++;
	return 0;
}

static struct credential *make(struct fixture *fixture, const struct exec_spec *exec, struct terminal *terminal,
                               double timeout)
{
	const struct credential_spec spec = {.exec = *exec};
	const struct credential_options options = {
		.loop = fixture->loop, .clock = &fixture->clock.clock, .cache = fixture->cache, .spec = &spec,
		.borrow_terminal = terminal ? terminal_borrow : NULL, .arg = terminal, .exec_timeout = timeout,
	};

	return credential_new(&options, NULL);
}

static struct credential *make_script(struct fixture *fixture, const char *name, const char *script)
{
	const struct exec_spec exec = {.api_version = V1, .command = plugin(fixture, name, script)};

	return make(fixture, &exec, NULL, 0);
}

/* ---- answers ---- */

static const struct {
	const char *script, *says;
} answers[] = {
	{SAY(ANSWER("{\"token\":\"t\"}")), ""},
	{SAY("{\"unknown\":[1],\"apiVersion\":\"" V1 "\",\"status\":{\"token\":\"t\",\"more\":{}}}"), ""},
	{SAY("apiVersion: " V1 "\nkind: ExecCredential\nstatus: {token: t}"), ""},
	{SAY(ANSWER("{\"token\":\"t\",\"expirationTimestamp\":null,\"clientKeyData\":\"\"}")), ""},
	{"true", "it printed nothing"},
	{"printf ' \\n'", "it printed nothing"},
	{"echo sEcReT", "its answer"},
	{"echo '{\"token\": sEcReT}'", "its answer cannot be read"},
	{"printf '\\0\\377\\001'", "its answer is neither"},
	{SAY(ANSWER("{\"token\":\"sEcReT\"}") " x"), "its answer cannot be read"},
	{SAY("{\"kind\":\"Pod\",\"apiVersion\":\"" V1 "\",\"status\":{\"token\":\"sEcReT\"}}"), "is no ExecCredential"},
	{SAY("{\"status\":{\"token\":\"sEcReT\"}}"), "has no apiVersion"},
	{SAY("{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"status\":{\"token\":\"sEcReT\"}}"),
	 "it answered with apiVersion client.authentication.k8s.io/v1beta1, and the kubeconfig says " V1},
	{SAY(ANSWER("null")), "has no status"},
	{SAY(ANSWER("[]")), "has no status"},
	{SAY(ANSWER("{}")), "neither a token nor a certificate"},
	{SAY(ANSWER("{\"token\":\"\"}")), "neither a token nor a certificate"},
	{SAY(ANSWER("{\"token\":7}")), "has a token that is no text"},
	{SAY(ANSWER("{\"token\":\"sEcReT\\nX-Evil: 1\"}")), "control characters"},
	{SAY(ANSWER("{\"clientCertificateData\":\"sEcReT\"}")), "only a certificate; it takes the key too"},
	{SAY(ANSWER("{\"token\":\"t\",\"clientKeyData\":\"sEcReT\"}")), "only a key; it takes the certificate too"},
	{SAY(ANSWER("{\"clientCertificateData\":\"sEcReT\",\"clientKeyData\":\"sEcReT\"}")), "is not in PEM"},
	{SAY(ANSWER("{\"token\":\"sEcReT\",\"expirationTimestamp\":\"soon\"}")), "expirationTimestamp"},
	{"echo 'please log in' >&2; exit 7", "failed with exit code 7: please log in"},
	{"printf '\\033[2J\\033]0;x\\007\\nlog  in\\n' >&2; exit 1", "failed with exit code 1: [2J]0;x log  in"},
	{"echo token eyJhbGciOiJSUzI1NiIs.eyJzdWIi is bad >&2; exit 1", "token [hidden] is bad"},
	{"echo key=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789 >&2; exit 1", "exit code 1: [hidden]"},
	{"kill -9 $$", "was ended by signal 9"},
	{"head -c 2000000 /dev/zero", "printed more than 1024 KiB"},
};

static void understands_answers(void **state)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		char name[32];
		struct credential *credential;
		struct given given;

		snprintf(name, sizeof(name), "plugin%zu", i);
		credential = make_script(*state, name, answers[i].script);
		fixture_ask(*state, credential, &given);
		if (answers[i].says[0] ? !strstr(given.error, answers[i].says) || strstr(given.error, "sEcReT")
		                       : strcmp(given.headers, "Authorization: Bearer t\n") != 0)
			fail_msg("case %zu: expected \"%s\", got \"%s\" %s", i, answers[i].says, given.error, given.headers);
		credential_free(credential);
	}
}

static void tells_the_plugin_what_it_wants(void **state)
{
	struct fixture *fixture = *state;
	static const char *const args[] = {"a b", "$HOME", NULL}, *const env[] = {"MY=own value", NULL};
	struct exec_spec exec = {
		.api_version = "client.authentication.k8s.io/v1beta1", .args = args, .env = env,
		.cluster_json = "{\"server\":\"https://h\"}",
		.command = plugin(fixture, "tell", "{ printf '%s|' \"$@\" \"$MY\" \"$KUBERNETES_EXEC_INFO\"; readlink /proc/$$/fd/0; }"
		                  " >\"$(dirname \"$0\")/told\"; exit 1"),
	};
	static const char *const told[] = {
		"a b|$HOME|own value|{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\","
		"\"spec\":{\"interactive\":false}}|/dev/null\n",
		"a b|$HOME|own value|{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\","
		"\"spec\":{\"cluster\":{\"server\":\"https://h\"},\"interactive\":false}}|/dev/null\n",
	};

	for (exec.provide_cluster = 0; exec.provide_cluster < 2; exec.provide_cluster++) {
		struct credential *credential = make(fixture, &exec, NULL, 0);
		struct given given;
		struct buf buf;

		fixture_ask(fixture, credential, &given);
		buf_init(&buf, 4096);
		assert_int_equal(buf_read_file(&buf, folder_path(&fixture->folder, "told"), NULL), 0);
		assert_string_equal(buf_string(&buf), told[exec.provide_cluster]);
		buf_release(&buf);
		credential_free(credential);
	}
}

static void names_the_missing_program(void **state)
{
	struct fixture *fixture = *state;
	const char *const commands[] = {"flagdeck-no-such-plugin", folder_path(&fixture->folder, "gone"),
	                                folder_put(&fixture->folder, "plain", "no program")};

	for (size_t i = 0; i < 3; i++) {
		const struct exec_spec exec = {.api_version = V1, .command = commands[i], .install_hint = "brew install it"};
		struct credential *credential = make(fixture, &exec, NULL, 0);
		struct given given = {0};

		assert_null(credential_get(credential, given_take, &given));
		assert_non_null(strstr(given.error, commands[i]));
		assert_non_null(strstr(given.error, "is not installed"));
		assert_non_null(strstr(given.error, ": brew install it"));
		credential_free(credential);
	}
}

static void ends_a_plugin_that_hangs(void **state)
{
	struct fixture *fixture = *state;
	const struct exec_spec exec = {.api_version = V1,
	                               .command = plugin(fixture, "hang", "echo waiting >&2; sleep 600 & wait")};
	struct credential *credential = make(fixture, &exec, NULL, 0.2);
	struct given given;

	fixture_ask(fixture, credential, &given);
	assert_non_null(strstr(given.error, "did not answer within 0.2 s and was ended: waiting"));
	credential_free(credential);
}

/* ---- caching ---- */

static void runs_once_for_all_who_wait(void **state)
{
	struct fixture *fixture = *state;
	struct exec_spec exec = {.api_version = V1, .command = plugin(fixture, "p", SAY(ANSWER("{\"token\":\"t\"}"))),
	                         .cluster_json = "{\"server\":\"a\"}"};
	struct credential *one = make(fixture, &exec, NULL, 0), *two, *three;
	struct given given[4] = {0};

	/* Another cluster of which the plugin hears nothing is no other question. */
	exec.cluster_json = "{\"server\":\"b\"}";
	two = make(fixture, &exec, NULL, 0);
	assert_non_null(credential_get(one, given_take, &given[0]));
	assert_non_null(credential_get(one, given_take, &given[1]));
	assert_non_null(credential_get(two, given_take, &given[2]));
	assert_int_equal(given[0].count, 0);
	given_wait(fixture, &given[2], 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(given[i].count, 1);
		assert_string_equal(given[i].headers, "Authorization: Bearer t\n");
	}
	assert_null(credential_get(two, given_take, &given[3]));
	assert_int_equal(given[3].count, 1);
	assert_int_equal(runs(fixture), 1);
	/* One of which it hears is. */
	exec.provide_cluster = 1;
	three = make(fixture, &exec, NULL, 0);
	fixture_ask(fixture, three, &given[0]);
	assert_int_equal(runs(fixture), 2);
	credential_free(one);
	credential_free(two);
	credential_free(three);
}

static void runs_again_when_it_expires(void **state)
{
	struct fixture *fixture = *state;
	struct credential *credential;
	struct given given;

	/* 2023-11-14T22:13:20Z is the fixture's now. */
	credential = make_script(fixture, "p", SAY(ANSWER("{\"token\":\"t\",\"expirationTimestamp\":\"2023-11-14T22:14:20Z\"}")));
	fixture_ask(fixture, credential, &given);
	fixture_pass(fixture, 60);
	fixture_ask(fixture, credential, &given);
	assert_int_equal(runs(fixture), 1);
	fixture_pass(fixture, 1);
	fixture_ask(fixture, credential, &given);
	assert_int_equal(runs(fixture), 2);
	assert_int_equal(given.generation, 2);
	assert_string_equal(given.headers, "Authorization: Bearer t\n");
	credential_free(credential);

	/* Expired when it comes: good for those who wait, and no longer. */
	credential = make_script(fixture, "q", SAY(ANSWER("{\"token\":\"u\",\"expirationTimestamp\":\"2001-01-01T00:00:00Z\"}")));
	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.headers, "Authorization: Bearer u\n");
	fixture_ask(fixture, credential, &given);
	assert_int_equal(runs(fixture), 4);
	credential_free(credential);
}

static void runs_again_when_refused(void **state)
{
	struct fixture *fixture = *state;
	struct credential *one = make_script(fixture, "p", SAY(ANSWER("{\"token\":\"t\"}")));
	const struct exec_spec same = {.api_version = V1, .command = folder_path(&fixture->folder, "p")};
	struct credential *two = make(fixture, &same, NULL, 0);
	struct given given, other;
	uint64_t first;

	fixture_ask(fixture, one, &given);
	fixture_ask(fixture, two, &other);
	first = given.generation;
	assert_int_equal(credential_reject(one, first), 1);
	fixture_ask(fixture, one, &given);
	assert_int_equal(runs(fixture), 2);
	assert_int_equal(given.generation, first + 1);
	/* Others who were refused with the old one find the new one. */
	assert_int_equal(credential_reject(one, first), 1);
	assert_int_equal(credential_reject(two, other.generation), 1);
	fixture_ask(fixture, one, &given);
	fixture_ask(fixture, two, &other);
	assert_int_equal(runs(fixture), 2);
	credential_free(one);
	credential_free(two);
}

static void changes_the_certificate(void **state)
{
	struct fixture *fixture = *state;
	struct credential *credential = make_script(fixture, "p",
		"n=$(wc -l <\"$(dirname \"$0\")/runs\")\nprintf '{\"apiVersion\":\"" V1 "\",\"status\":{\"clientCertificateData\":\""
		"-----BEGIN CERTIFICATE-----\\\\n%d\",\"clientKeyData\":\"-----BEGIN PRIVATE KEY-----\"}}' $((n / 2))");
	struct given given;
	static const uint64_t generations[] = {1, 2, 2}; /* the certificates say 0, 1, 1 */

	for (int i = 0; i < 3; i++) {
		fixture_ask(fixture, credential, &given);
		assert_string_equal(given.error, "");
		assert_string_equal(given.cert, i ? "-----BEGIN CERTIFICATE-----\n1" : "-----BEGIN CERTIFICATE-----\n0");
		assert_string_equal(given.key, "-----BEGIN PRIVATE KEY-----");
		assert_string_equal(given.headers, "");
		assert_int_equal(given.tls_generation, generations[i]);
		assert_int_equal(given.generation, i + 1);
		credential_reject(credential, given.generation);
	}
	credential_free(credential);
}

static void holds_a_failure_for_a_while(void **state)
{
	struct fixture *fixture = *state;
	struct credential *credential = make_script(fixture, "p", "exit 1");
	static const int holds[] = {1, 2, 4, 8, 16, 30, 30};
	struct given given;

	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		fixture_ask(fixture, credential, &given);
		assert_int_equal(runs(fixture), i + 1);
		fixture->clock.mono_ms += holds[i] * 1000 - 1;
		given = (struct given){0};
		assert_null(credential_get(credential, given_take, &given));
		assert_non_null(strstr(given.error, "exit code 1"));
		assert_int_equal(runs(fixture), i + 1);
		fixture->clock.mono_ms += 1;
	}
	fixture_ask(fixture, credential, &given);
	credential_retry(credential);
	fixture_ask(fixture, credential, &given);
	assert_int_equal(runs(fixture), 9);
	/* Success ends it. */
	plugin(fixture, "p", SAY(ANSWER("{\"token\":\"t\"}")));
	credential_retry(credential);
	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.headers, "Authorization: Bearer t\n");
	credential_free(credential);
}

/* ---- the terminal ---- */

#define SAY_INTERACTIVE "case $KUBERNETES_EXEC_INFO in *'\"interactive\":true'*) " SAY(ANSWER("{\"token\":\"asked\"}")) "\n;; " \
	"*) exit 1;; esac"

static void lends_the_terminal(void **state)
{
	struct fixture *fixture = *state;
	char *command = mem_copy_string(plugin(fixture, "p", SAY_INTERACTIVE));
	static const struct {
		enum exec_mode mode;
		int has_hook, refuse, taken, runs;
		const char *says;
	} cases[] = {
		{EXEC_NEVER, 1, 0, 0, 1, "exit code 1"},
		{EXEC_IF_AVAILABLE, 0, 0, 0, 1, "exit code 1"},
		{EXEC_IF_AVAILABLE, 1, 1, 0, 1, "exit code 1"},
		{EXEC_IF_AVAILABLE, 1, 0, 1, 2, ""},
		{EXEC_ALWAYS, 0, 0, 0, 0, "there is no terminal for it"},
		{EXEC_ALWAYS, 1, 1, 0, 0, "there is no terminal for it"},
		{EXEC_ALWAYS, 1, 0, 1, 1, ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct exec_spec exec = {.api_version = V1, .command = command, .mode = cases[i].mode};
		struct terminal terminal = {.refuse = cases[i].refuse};
		struct credential *credential;
		struct given given;
		int before = runs(fixture);

		credential_cache_free(fixture->cache);
		fixture->cache = credential_cache_new(fixture->loop, &fixture->clock.clock);
		credential = make(fixture, &exec, cases[i].has_hook ? &terminal : NULL, 0);
		fixture_ask(fixture, credential, &given);
		if (cases[i].says[0] ? !strstr(given.error, cases[i].says) : given.error[0] != '\0')
			fail_msg("case %zu: \"%s\"", i, given.error);
		assert_int_equal(terminal.taken, cases[i].taken);
		assert_int_equal(terminal.given_back, cases[i].taken);
		assert_int_equal(runs(fixture) - before, cases[i].runs);
		credential_free(credential);
	}
	free(command);
}

static void lends_the_terminal_to_one_at_a_time(void **state)
{
	struct fixture *fixture = *state;
	struct terminal terminal = {0};
	struct credential *credentials[3];
	struct given given[3] = {0};
	char name[8];

	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		const struct exec_spec exec = {.api_version = V1, .mode = EXEC_ALWAYS,
		                               .command = plugin(fixture, name, i == 1 ? "exit 1" : SAY_INTERACTIVE)};

		credentials[i] = make(fixture, &exec, &terminal, 0);
		assert_non_null(credential_get(credentials[i], given_take, &given[i]));
	}
	assert_int_equal(terminal.taken, 1);
	for (int i = 0; i < 3; i++)
		given_wait(fixture, &given[i], 1);
	assert_int_equal(terminal.taken, 3);
	assert_int_equal(terminal.given_back, 3);
	assert_string_equal(given[0].headers, "Authorization: Bearer asked\n");
	assert_non_null(strstr(given[1].error, "exit code 1"));
	assert_string_equal(given[2].headers, "Authorization: Bearer asked\n");
	for (int i = 0; i < 3; i++)
		credential_free(credentials[i]);
}

static void takes_the_terminal_back_at_the_end(void **state)
{
	struct fixture *fixture = *state;
	struct terminal terminal = {0};
	const struct exec_spec exec = {.api_version = V1, .mode = EXEC_ALWAYS, .command = plugin(fixture, "p", "exec sleep 600")};
	struct exec_spec other = exec;
	struct credential *one = make(fixture, &exec, &terminal, 0), *two;
	struct given given = {0};

	other.install_hint = "another";
	two = make(fixture, &other, &terminal, 0);
	credential_get(one, given_take, &given);
	credential_get(two, given_take, &given);
	assert_int_equal(terminal.taken, 1);
	credential_free(one);
	credential_free(two);
	credential_cache_free(fixture->cache);
	fixture->cache = credential_cache_new(fixture->loop, &fixture->clock.clock);
	assert_int_equal(terminal.taken, 1);
	assert_int_equal(terminal.given_back, 1);
	assert_int_equal(given.count, 0);
}

/* ---- leaving ---- */

struct leaving {
	struct fixture *fixture;
	struct credential *credential, *other;
	struct given again;
};

static void leave_all(void *arg)
{
	struct leaving *leaving = arg;

	credential_free(leaving->credential);
	credential_free(leaving->other);
	credential_cache_free(leaving->fixture->cache);
	leaving->fixture->cache = NULL;
}

static void ask_again(void *arg)
{
	struct leaving *leaving = arg;

	credential_get(leaving->credential, given_take, &leaving->again);
}

static void may_leave_from_the_callback(void **state)
{
	struct fixture *fixture = *state;
	struct leaving leaving = {.fixture = fixture};
	struct given first = {.then = leave_all, .arg = &leaving}, second = {0}, third = {0};

	leaving.credential = make_script(fixture, "p", SAY(ANSWER("{\"token\":\"t\"}")));
	const struct exec_spec same = {.api_version = V1, .command = folder_path(&fixture->folder, "p")};
	leaving.other = make(fixture, &same, NULL, 0);
	credential_get(leaving.credential, given_take, &first);
	credential_get(leaving.credential, given_take, &second);
	credential_get(leaving.other, given_take, &third);
	given_wait(fixture, &first, 1);
	assert_int_equal(second.count, 0);
	assert_int_equal(third.count, 0);
}

static void may_ask_again_from_the_callback(void **state)
{
	struct fixture *fixture = *state;
	struct leaving leaving = {.fixture = fixture};
	struct given first = {.then = ask_again, .arg = &leaving}, second = {0};

	/* Always expired: the new question needs a new run and must not be answered by the old one. */
	leaving.credential = make_script(fixture, "p",
		SAY(ANSWER("{\"token\":\"t\",\"expirationTimestamp\":\"2001-01-01T00:00:00Z\"}")));
	credential_get(leaving.credential, given_take, &first);
	credential_get(leaving.credential, given_take, &second);
	given_wait(fixture, &second, 1);
	assert_int_equal(leaving.again.count, 0);
	given_wait(fixture, &leaving.again, 1);
	assert_int_equal(runs(fixture), 2);
	credential_free(leaving.credential);
}

static void forgets_who_cancels(void **state)
{
	struct fixture *fixture = *state;
	struct credential *credential = make_script(fixture, "p", SAY(ANSWER("{\"token\":\"t\"}")));
	struct given given[3] = {0};
	struct credential_wait *middle;

	credential_get(credential, given_take, &given[0]);
	middle = credential_get(credential, given_take, &given[1]);
	credential_get(credential, given_take, &given[2]);
	credential_cancel(middle);
	given_wait(fixture, &given[2], 1);
	assert_int_equal(given[0].count, 1);
	assert_int_equal(given[1].count, 0);
	credential_free(credential);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(understands_answers),
		TEST(tells_the_plugin_what_it_wants),
		TEST(names_the_missing_program),
		TEST(ends_a_plugin_that_hangs),
		TEST(runs_once_for_all_who_wait),
		TEST(runs_again_when_it_expires),
		TEST(runs_again_when_refused),
		TEST(changes_the_certificate),
		TEST(holds_a_failure_for_a_while),
		TEST(lends_the_terminal),
		TEST(lends_the_terminal_to_one_at_a_time),
		TEST(takes_the_terminal_back_at_the_end),
		TEST(may_leave_from_the_callback),
		TEST(may_ask_again_from_the_callback),
		TEST(forgets_who_cancels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
