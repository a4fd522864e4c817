/* SPDX-License-Identifier: MIT */
/* Kubeconfigs: good, broken and hostile. What the real kubectl makes of them: tests/e2e/kubeconfig_vs_kubectl.py. */
#include "kubeconfig_fixture.h"

#include "base/mem.h"
#include "kube/kubeconfig.h"

static const struct kubeconfig_env nowhere = {.account_dir = "/nonexistent"};

static int setup(void **state)
{
	struct folder *folder = mem_new(sizeof(*folder));

	folder_make(folder);
	folder_put(folder, "ca.crt", "-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n");
	folder_put(folder, "client.crt", "-----BEGIN CERTIFICATE-----\nc\n-----END CERTIFICATE-----\n");
	folder_put(folder, "client.key", "-----BEGIN PRIVATE KEY-----\nk\n-----END PRIVATE KEY-----\n");
	folder_put(folder, "token", "from-file\n");
	*state = folder;
	return 0;
}

static int teardown(void **state)
{
	folder_remove(*state);
	free(*state);
	return 0;
}

/* One cluster, user and context of given bodies, in flow style. */
static const char *config_text(const char *cluster, const char *user, const char *context)
{
	static char room[8192];

	snprintf(room, sizeof(room), "current-context: here\n"
	         "clusters:\n- name: c\n  cluster: %s\n"
	         "users:\n- name: u\n  user: %s\n"
	         "contexts:\n- name: here\n  context: %s\n",
	         cluster ? cluster : "{server: https://h:1}", user ? user : "{token: t}",
	         context ? context : "{cluster: c, user: u}");
	return room;
}

static int resolve_text(struct folder *folder, const char *text, const char *name, struct kube_access *access,
                        struct err *err)
{
	const char *path = folder_put(folder, "config", text);
	struct kubeconfig config;
	int result;

	if (kubeconfig_load(&config, path, &nowhere, err))
		return -1;
	result = kubeconfig_resolve(&config, name, access, err);
	/* The access must live without it. */
	kubeconfig_release(&config);
	return result;
}

/* ---- what is accepted ---- */

static void takes_everything_over(void **state)
{
	struct folder *folder = *state;
	struct kube_access access;
	struct err err = {0};

	assert_int_equal(resolve_text(folder, config_text(
		"{server: 'https://h:6443/p?x', certificate-authority: ca.crt, tls-server-name: name, proxy-url: 'socks5://p:1', "
		"disable-compression: true}",
		"{client-certificate: client.crt, client-key: client.key, token: t, tokenFile: token, as: ann, as-uid: '7', "
		"as-groups: [g, h], as-user-extra: {k: [v, w]}}",
		"{cluster: c, user: u, namespace: ns}"), NULL, &access, &err), 0);
	assert_string_equal(access.context, "here");
	assert_string_equal(access.raw_context, "here");
	assert_string_equal(access.namespace, "ns");
	assert_string_equal(access.endpoint.url, "https://h:6443/p");
	assert_non_null(strstr(access.endpoint.ca_pem, "\nca\n"));
	assert_int_equal(access.endpoint.ca_pem_len, strlen(access.endpoint.ca_pem));
	assert_string_equal(access.endpoint.tls_name, "name");
	assert_string_equal(access.endpoint.proxy_url, "socks5://p:1");
	assert_true(access.endpoint.no_compression);
	assert_false(access.is_plain);
	assert_string_equal(access.credential.cert_file, folder_path(folder, "client.crt"));
	assert_string_equal(access.credential.key_file, folder_path(folder, "client.key"));
	assert_string_equal(access.credential.token_file, folder_path(folder, "token"));
	assert_string_equal(access.credential.ca_file, folder_path(folder, "ca.crt"));
	assert_string_equal(access.credential.token, "t");
	assert_string_equal(access.credential.as, "ann");
	assert_string_equal(access.credential.as_uid, "7");
	assert_string_equal(access.credential.as_groups[1], "h");
	assert_null(access.credential.as_groups[2]);
	assert_string_equal(access.credential.as_extra[2], "k");
	assert_string_equal(access.credential.as_extra[3], "w");
	assert_null(access.credential.as_extra[4]);
	kube_access_release(&access);
	assert_null(access.endpoint.url);
}

static void takes_a_plugin_over(void **state)
{
	struct kube_access access;
	struct err err = {0};
	const struct exec_spec *exec = &access.credential.exec;

	assert_int_equal(resolve_text(*state, config_text(
		"{server: 'https://h:1', extensions: [{name: client.authentication.k8s.io/exec, extension: {a: 1, b: yes}}]}",
		"{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always, command: ./bin/p, args: [a, ''], "
		"env: [{name: X, value: v}], provideClusterInfo: true, installHint: \"get\\e[1m it\"}}", NULL), NULL, &access, &err), 0);
	assert_string_equal(exec->command, folder_path(*state, "bin/p"));
	assert_string_equal(exec->args[0], "a");
	assert_string_equal(exec->args[1], "");
	assert_null(exec->args[2]);
	assert_string_equal(exec->env[0], "X=v");
	assert_int_equal(exec->mode, EXEC_ALWAYS);
	assert_true(exec->provide_cluster);
	assert_string_equal(exec->cluster_json, "{\"server\":\"https://h:1\",\"config\":{\"a\":1,\"b\":true}}");
	assert_string_equal(exec->install_hint, "get[1m it");
	kube_access_release(&access);

	assert_int_equal(resolve_text(*state, config_text(NULL,
		"{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}}", NULL), NULL, &access, &err), 0);
	assert_string_equal(exec->command, "aws");
	assert_int_equal(exec->mode, EXEC_IF_AVAILABLE);
	assert_false(exec->provide_cluster);
	kube_access_release(&access);
}

static void gives_a_plain_server_no_secret(void **state)
{
	static const char *const users[] = {
		"{token: t, as: ann}", "{username: a, password: b, as: ann}", "{tokenFile: gone, as: ann}",
		"{client-certificate: client.crt, client-key: client.key, as: ann}",
		"{exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Never}, as: ann}",
	};
	static const char *const servers[] = {"{server: 'http://h:1', insecure-skip-tls-verify: true}", "{server: 'h:1'}",
	                                      "{server: 'HTTP://h:1'}"};

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		for (size_t j = 0; j < sizeof(servers) / sizeof(servers[0]); j++) {
			struct kube_access access;
			struct err err = {0};

			assert_int_equal(resolve_text(*state, config_text(servers[j], users[i], NULL), NULL, &access, &err), 0);
			assert_true(access.is_plain);
			assert_null(access.credential.token);
			assert_null(access.credential.token_file);
			assert_null(access.credential.username);
			assert_null(access.credential.password);
			assert_null(access.credential.cert_file);
			assert_null(access.credential.exec.command);
			assert_string_equal(access.credential.as, "ann");
			kube_access_release(&access);
		}
	}
}

/* ---- what is refused ---- */

static const struct {
	const char *cluster, *user, *context, *says;
} refused[] = {
	{"{}", NULL, NULL, "config:3: the cluster \"c\" has no \"server\""},
	{"{server: 'ftp://h'}", NULL, NULL, "has a server that cannot be used: \"ftp://h\""},
	{"{server: 'https://'}", NULL, NULL, "has a server that cannot be used"},
	{"{server: \"https://h\\n\"}", NULL, NULL, "has a server that cannot be used"},
	{"{server: 'h:1/path'}", NULL, NULL, "expected https://host:port"},
	{"{server: 'https://h', certificate-authority: ca.crt, certificate-authority-data: YQ==}", NULL, NULL,
	 "has both certificate-authority and certificate-authority-data; remove one"},
	{"{server: 'https://h', certificate-authority: ca.crt, insecure-skip-tls-verify: true}", NULL, NULL,
	 "and insecure-skip-tls-verify; remove one"},
	{"{server: 'https://h', certificate-authority: gone.crt}", NULL, NULL, "/gone.crt: No such file"},
	{"{server: 'https://h', certificate-authority: token}", NULL, NULL, "without a certificate in it"},
	{"{server: 'https://h', proxy-url: 'h:1'}", NULL, NULL, "has a proxy-url that cannot be used"},
	{"{server: 'https://h', insecure-skip-tls-verify: 'true'}", NULL, NULL, "must be true or false, without quotes"},
	{"[a]", NULL, NULL, "config:4: \"cluster\" must be a map"},
	{NULL, "{token: a, username: b}", NULL, "config:6: the user \"u\" has both a token and a username"},
	{NULL, "{tokenFile: token, password: b}", NULL, "has both a tokenFile and a username"},
	{NULL, "{tokenFile: gone}", NULL, "cannot open the tokenFile"},
	{NULL, "{token: 12}", NULL, "\"token\" must be a text: put it into quotes"},
	{NULL, "{token: [12]}", NULL, "\"token\" must be a text"},
	{NULL, "{token: \"a\\nX-Evil: 1\"}", NULL, "has control characters in \"token\""},
	{NULL, "{}", NULL, "has no credential"},
	{NULL, "~", NULL, "has no credential"},
	{NULL, "{client-key: client.key}", NULL, "has no credential"},
	{NULL, "{client-certificate: client.crt}", NULL, "a client certificate without client-key"},
	{NULL, "{client-certificate: client.crt, client-certificate-data: YQ==, client-key: client.key}", NULL,
	 "has both client-certificate and client-certificate-data"},
	{NULL, "{client-certificate: client.crt, client-key: client.key, client-key-data: YQ==}", NULL,
	 "has both client-key and client-key-data"},
	{NULL, "{client-certificate: gone, client-key: client.key}", NULL, "cannot open the client-certificate"},
	{NULL, "{client-certificate-data: YQ==, client-key-data: YQ==}", NULL, "no certificate in PEM"},
	{NULL, "{client-certificate-data: '*', client-key-data: YQ==}", NULL, "must be base64"},
	{NULL, "{token: t, as-groups: [a]}", NULL, "without \"as\""},
	{NULL, "{token: t, as: \"a\\rb\"}", NULL, "control characters in \"as\""},
	{NULL, "{token: t, as: a, as-groups: [\"a\\nb\"]}", NULL, "control characters in \"as-groups\""},
	{NULL, "{token: t, as: a, as-user-extra: {k: [\"a\\nb\"]}}", NULL, "control characters in \"as-user-extra\""},
	{NULL, "{auth-provider: {name: gcp}}", NULL, "an auth-provider, which is not supported"},
	{NULL, "{auth-provider: {name: gcp}, exec: {}}", NULL, "has both exec and auth-provider"},
	{NULL, "{exec: {}}", NULL, "without \"command\""},
	{NULL, "{exec: {command: x}}", NULL, "without \"apiVersion\""},
	{NULL, "{exec: {command: x, apiVersion: client.authentication.k8s.io/v1}}", NULL, "\"interactiveMode\""},
	{NULL, "{exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: always}}", NULL,
	 "\"interactiveMode\""},
	{NULL, "{exec: {command: x, apiVersion: v1, interactiveMode: Never}}", NULL, "apiVersion that is not known"},
	{NULL, "{exec: {command: x, args: {a: b}}}", NULL, "\"args\" must be a list"},
	{NULL, "{exec: {command: x, apiVersion: v1, env: [{value: x}]}}", NULL, "no \"name\""},
	{NULL, NULL, "{user: u}", "config:9: the context \"here\" names no cluster"},
	{NULL, NULL, "{cluster: c}", "names no user"},
	{NULL, NULL, "{cluster: d, user: u}", "names the cluster \"d\", which does not exist"},
	{NULL, NULL, "{cluster: c, user: v}", "names the user \"v\", which does not exist"},
	{NULL, NULL, "{cluster: c, user: u, namespace: ../x}", "a namespace that cannot exist"},
	{NULL, NULL, "{cluster: c, user: u, namespace: \"a\\e[2J\"}", "a namespace that cannot exist"},
};

static void refuses_with_the_reason(void **state)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct kube_access access = {0};
		struct err err = {0};
		int result = resolve_text(*state, config_text(refused[i].cluster, refused[i].user, refused[i].context), NULL,
		                          &access, &err);

		if (result != -1 || !strstr(err.text, refused[i].says))
			fail_msg("case %zu: expected \"%s\", got %d \"%s\"", i, refused[i].says, result, err.text);
		assert_null(access.memory);
	}
}

static const struct {
	const char *text, *says;
} broken[] = {
	{"clusters: [", "config:2:1: "},
	{"clusters: {}", "config:1: \"clusters\" must be a list"},
	{"[a]", "this is no kubeconfig"},
	{"kind: Pod", "it says kind Pod"},
	{"apiVersion: v2", "of v2"},
	{"current-context: 5", "\"current-context\" must be a text"},
	{"users:\n- name: a\n- name: a\n", "config:3: the name \"a\" stands twice in \"users\", first at line 2"},
	{"users:\n- name: a\n  user: {token: x, token: y}\n", "was there before"},
	{"a: b\n---\nc: d\n", "second document"},
	{"a: \001", "config:1"},
};

static void refuses_broken_files(void **state)
{
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		const char *path = folder_put(*state, "config", broken[i].text);
		struct kubeconfig config;
		struct err err = {0};

		if (kubeconfig_load(&config, path, &nowhere, &err) != -1 || !strstr(err.text, broken[i].says))
			fail_msg("case %zu: expected \"%s\", got \"%s\"", i, broken[i].says, err.text);
		assert_null(config.memory);
	}
}

/* Secrets of a broken file must not be in the message. */
static void quotes_no_secrets(void **state)
{
	static const char *const users[] = {
		"{token: [sEcReT]}", "{token: \"sEcReT\\n\"}", "{client-key-data: '*sEcReT*'}", "{password: {a: sEcReT}}",
		"{token: sEcReT, password: sEcReT}",
	};

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		struct kube_access access;
		struct err err = {0};

		assert_int_equal(resolve_text(*state, config_text(NULL, users[i], NULL), NULL, &access, &err), -1);
		assert_null(strstr(err.text, "sEcReT"));
	}
	for (int is_proxy = 0; is_proxy < 2; is_proxy++) {
		struct kube_access access;
		struct err err = {0};

		assert_int_equal(resolve_text(*state, config_text(is_proxy ? "{server: 'https://h', proxy-url: 'ftp://a:sEcReT@p'}"
			: "{server: 'ftp://a:sEcReT@h'}", NULL, NULL), NULL, &access, &err), -1);
		assert_null(strstr(err.text, "sEcReT"));
		assert_non_null(strstr(err.text, is_proxy ? "ftp://p" : "ftp://h"));
	}
}

/* ---- hostile names ---- */

static void makes_names_safe_to_draw(void **state)
{
	const char *path = folder_put(*state, "config", "current-context: \"\\e[31mred\"\n"
		"clusters: [{name: \"c\\u202e\", cluster: {server: 'https://h'}}]\n"
		"users: [{name: \"\\a\", user: {token: t}}]\n"
		"contexts: [{name: \"\\e[31mred\", context: {cluster: \"c\\u202e\", user: \"\\a\"}}]\n");
	struct kubeconfig config;
	struct kube_access access;
	struct err err = {0};
	static const char *const names[] = {NULL, "\033[31mred", "[31mred"};

	assert_int_equal(kubeconfig_load(&config, path, &nowhere, &err), 0);
	assert_string_equal(config.current, "[31mred");
	assert_string_equal(config.contexts[0].name, "[31mred");
	assert_string_equal(config.contexts[0].raw_name, "\033[31mred");
	assert_string_equal(config.contexts[0].cluster, "c");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(kubeconfig_resolve(&config, names[i], &access, &err), 0);
		assert_string_equal(access.context, "[31mred");
		assert_string_equal(access.raw_context, "\033[31mred");
		kube_access_release(&access);
	}
	kubeconfig_release(&config);
}

static void survives_a_name_of_a_megabyte(void **state)
{
	enum { LEN = 1 << 20 };
	char *name = mem_new(LEN + 1), *text;
	struct kube_access access;
	struct err err = {0};

	memset(name, 'n', LEN);
	text = mem_printf("current-context: %s\nclusters: [{name: c, cluster: {server: 'https://h'}}]\n"
	                  "users: [{name: u, user: {token: t}}]\ncontexts: [{name: %s, context: {cluster: c, user: u}}]\n",
	                  name, name);
	assert_int_equal(resolve_text(*state, text, NULL, &access, &err), 0);
	assert_int_equal(strlen(access.context), 256);
	assert_int_equal(strlen(access.raw_context), LEN);
	kube_access_release(&access);
	name[10] = 'x';
	assert_int_equal(resolve_text(*state, text, name, &access, &err), -1);
	assert_non_null(strstr(err.text, "does not exist in"));
	free(text);
	free(name);
}

/* ---- files ---- */

static const char *simple(const char *context, const char *token, int current)
{
	static char rooms[4][1024];
	static int turn;
	char *room = rooms[turn++ % 4];

	snprintf(room, sizeof(rooms[0]), "%s%s\nclusters: [{name: c, cluster: {server: 'https://h'}}]\n"
	         "users: [{name: u, user: {token: %s}}]\ncontexts: [{name: %s, context: {cluster: c, user: u}}]\n",
	         current ? "current-context: " : "#", context, token, context);
	return room;
}

static void merges_the_first_wins(void **state)
{
	struct folder *folder = *state;
	char list[1024];
	struct kubeconfig_env env = {.kubeconfig = list};
	struct kubeconfig config;
	struct kube_access access;
	struct err err = {0};

	folder_put(folder, "one", simple("a", "one", 0));
	folder_put(folder, "two", simple("b", "two", 1));
	folder_put(folder, "three", simple("a", "three", 1));
	snprintf(list, sizeof(list), "%s/gone::%s/one:%s/two:%s/one:%s/three:", folder->path, folder->path, folder->path,
	         folder->path, folder->path);
	assert_int_equal(kubeconfig_load(&config, NULL, &env, &err), 0);
	assert_int_equal(config.context_count, 2);
	assert_string_equal(config.contexts[0].name, "a");
	assert_string_equal(config.contexts[1].name, "b");
	assert_non_null(strstr(config.contexts[1].where, "/two:4"));
	assert_string_equal(config.current, "b");
	assert_int_equal(kubeconfig_resolve(&config, NULL, &access, &err), 0);
	assert_string_equal(access.context, "b");
	assert_string_equal(access.credential.token, "one");
	kube_access_release(&access);
	kubeconfig_release(&config);
}

static void finds_the_home(void **state)
{
	struct folder *folder = *state;
	struct kubeconfig_env env = {.home = folder->path, .kubeconfig = ""};
	struct kubeconfig config;
	struct kube_access access;
	struct err err = {0};

	assert_int_equal(kubeconfig_load(&config, NULL, &env, &err), 0);
	assert_int_equal(config.context_count, 0);
	assert_string_equal(config.current, "");
	assert_int_equal(kubeconfig_resolve(&config, NULL, &access, &err), -1);
	assert_non_null(strstr(err.text, "there is no kubeconfig: looked for "));
	assert_non_null(strstr(err.text, "/.kube/config; set KUBECONFIG"));
	kubeconfig_release(&config);

	env = (struct kubeconfig_env){0};
	assert_int_equal(kubeconfig_load(&config, NULL, &env, &err), 0);
	assert_int_equal(kubeconfig_resolve(&config, NULL, &access, &err), -1);
	assert_non_null(strstr(err.text, "HOME is not set"));
	kubeconfig_release(&config);
}

static void refuses_files_that_are_asked_for_and_not_there(void **state)
{
	struct folder *folder = *state;
	struct kubeconfig_env env = {.kubeconfig = folder->path}; /* a folder */
	struct kubeconfig config;
	struct err err = {0};

	assert_int_equal(kubeconfig_load(&config, folder_path(folder, "gone"), &nowhere, &err), -1);
	assert_non_null(strstr(err.text, "gone: No such file"));
	assert_int_equal(kubeconfig_load(&config, NULL, &env, &err), -1);
	assert_non_null(strstr(err.text, "directory"));
}

static void says_which_context_was_meant(void **state)
{
	struct kube_access access;
	struct err err = {0};

	assert_int_equal(resolve_text(*state, simple("eu-prod", "t", 0), "eu-prud", &access, &err), -1);
	assert_non_null(strstr(err.text, "did you mean \"eu-prod\"?"));
	assert_int_equal(resolve_text(*state, simple("eu-prod", "t", 0), "zzzzzzz", &access, &err), -1);
	assert_non_null(strstr(err.text, "there are: eu-prod"));
	assert_int_equal(resolve_text(*state, simple("eu-prod", "t", 0), NULL, &access, &err), -1);
	assert_non_null(strstr(err.text, "choose one with --context: eu-prod"));
	assert_int_equal(resolve_text(*state, "current-context: x", NULL, &access, &err), -1);
	assert_non_null(strstr(err.text, "config:1: the current-context \"x\" does not exist; there are none"));
}

/* ---- in a cluster ---- */

static void uses_the_service_account(void **state)
{
	struct folder *folder = *state;
	struct kubeconfig_env env = {.service_host = "10.0.0.1", .service_port = "443", .account_dir = folder->path};
	struct kubeconfig config;
	struct kube_access access;
	struct err err = {0};

	folder_put(folder, "namespace", "team-a\n");
	assert_int_equal(kubeconfig_load(&config, NULL, &env, &err), 0);
	assert_int_equal(kubeconfig_resolve(&config, "", &access, &err), 0);
	assert_true(access.in_cluster);
	assert_string_equal(access.endpoint.url, "https://10.0.0.1:443");
	assert_string_equal(access.namespace, "team-a");
	assert_null(access.raw_context);
	assert_string_equal(access.credential.token_file, folder_path(folder, "token"));
	assert_string_equal(access.credential.ca_file, folder_path(folder, "ca.crt"));
	assert_non_null(access.endpoint.ca_pem);
	kube_access_release(&access);
	assert_int_equal(kubeconfig_resolve(&config, "other", &access, &err), -1);
	kubeconfig_release(&config);

	env.service_host = "fd00::1";
	env.pod_namespace = "from-env";
	unlink(folder_path(folder, "ca.crt"));
	assert_int_equal(kubeconfig_load(&config, NULL, &env, &err), 0);
	assert_int_equal(kubeconfig_resolve(&config, NULL, &access, &err), 0);
	assert_string_equal(access.endpoint.url, "https://[fd00::1]:443");
	assert_string_equal(access.namespace, "from-env");
	assert_null(access.endpoint.ca_pem);
	assert_null(access.credential.ca_file);
	kube_access_release(&access);
	kubeconfig_release(&config);

	/* A kubeconfig comes first, and without a token this is no cluster. */
	env.kubeconfig = folder_put(folder, "config", simple("a", "t", 1));
	assert_int_equal(kubeconfig_load(&config, NULL, &env, &err), 0);
	assert_int_equal(kubeconfig_resolve(&config, NULL, &access, &err), 0);
	assert_string_equal(access.context, "a");
	kube_access_release(&access);
	kubeconfig_release(&config);
	env.kubeconfig = NULL;
	unlink(folder_path(folder, "token"));
	assert_int_equal(kubeconfig_load(&config, NULL, &env, &err), 0);
	assert_int_equal(kubeconfig_resolve(&config, NULL, &access, &err), -1);
	kubeconfig_release(&config);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(takes_everything_over),
		TEST(takes_a_plugin_over),
		TEST(gives_a_plain_server_no_secret),
		TEST(refuses_with_the_reason),
		TEST(refuses_broken_files),
		TEST(quotes_no_secrets),
		TEST(makes_names_safe_to_draw),
		TEST(survives_a_name_of_a_megabyte),
		TEST(merges_the_first_wins),
		TEST(finds_the_home),
		TEST(refuses_files_that_are_asked_for_and_not_there),
		TEST(says_which_context_was_meant),
		TEST(uses_the_service_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
