/* SPDX-License-Identifier: MIT */
/* Credentials without plugins: what is sent, and files that are replaced under us. */
#include "credential_fixture.h"

static const char *const groups[] = {"one", "two", NULL};
static const char *const extra[] = {"scopes", "a", "scopes", "b", "odd key%/ü", "c", NULL};

static const struct {
	struct credential_spec spec;
	const char *headers;
} kinds[] = {
    {{.token = "t"}, "Authorization: Bearer t\n"},
    {{.username = "ann", .password = "p:w"}, "Authorization: Basic YW5uOnA6dw==\n"},
    {{.username = "ann"}, "Authorization: Basic YW5uOg==\n"},
    {{0}, ""},
    {{.as = "bob"}, "Impersonate-User: bob\n"},
    {{.token = "t", .as = "bob", .as_uid = "7", .as_groups = groups, .as_extra = extra},
     "Authorization: Bearer t\nImpersonate-User: bob\nImpersonate-Uid: 7\nImpersonate-Group: one\n"
     "Impersonate-Group: two\nImpersonate-Extra-scopes: a\nImpersonate-Extra-scopes: b\n"
     "Impersonate-Extra-odd%20key%25%2F%C3%BC: c\n"},
};

static void sends_the_headers(void **state)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct credential *credential = fixture_credential(*state, &kinds[i].spec, NULL);
		struct given given = {0};
		uint64_t generation;

		/* Known at once: called back from inside, and there is nothing to wait for. */
		assert_null(credential_get(credential, given_take, &given));
		assert_int_equal(given.count, 1);
		assert_string_equal(given.error, "");
		assert_string_equal(given.headers, kinds[i].headers);
		assert_string_equal(given.cert, "");
		generation = given.generation;
		assert_int_equal(credential_reject(credential, generation), 0);
		fixture_ask(*state, credential, &given);
		assert_int_equal(given.generation, generation);
		credential_free(credential);
	}
}

static void sends_the_certificate(void **state)
{
	const char cert[] = PEM_CERT("data"), key[] = PEM_KEY("data");
	const struct credential_spec spec = {
	    .cert_data = cert, .cert_data_len = strlen(cert), .key_data = key, .key_data_len = strlen(key)};
	struct credential *credential = fixture_credential(*state, &spec, NULL);
	struct given given;

	fixture_ask(*state, credential, &given);
	assert_string_equal(given.cert, cert);
	assert_string_equal(given.key, key);
	assert_string_equal(given.headers, "");
	credential_free(credential);
}

static void reads_the_token_again_each_minute(void **state)
{
	struct fixture *fixture = *state;
	const struct credential_spec spec = {
	    .token_file = mem_copy_string(folder_put(&fixture->folder, "token", " one\n"))};
	struct credential *credential = fixture_credential(fixture, &spec, NULL);
	struct given given;
	uint64_t generation;

	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.headers, "Authorization: Bearer one\n");
	generation = given.generation;
	folder_put(&fixture->folder, "token", "two");
	fixture_pass(fixture, 59);
	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.headers, "Authorization: Bearer one\n");
	assert_int_equal(given.generation, generation);
	fixture_pass(fixture, 1);
	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.headers, "Authorization: Bearer two\n");
	assert_int_equal(given.generation, generation + 1);
	assert_int_equal(given.tls_generation, 1);

	/* What cannot be a token leaves the old one. */
	for (int i = 0; i < 3; i++) {
		if (i == 0)
			folder_put(&fixture->folder, "token", "\n");
		else if (i == 1)
			folder_put(&fixture->folder, "token", "a\nX-Evil: 1");
		else
			unlink(spec.token_file);
		fixture_pass(fixture, 60);
		fixture_ask(fixture, credential, &given);
		assert_string_equal(given.headers, "Authorization: Bearer two\n");
	}

	/* Refused by the server: read at once. A second refusal of the old one does nothing more. */
	folder_put(&fixture->folder, "token", "three");
	generation = given.generation;
	assert_int_equal(credential_reject(credential, generation), 1);
	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.headers, "Authorization: Bearer three\n");
	folder_put(&fixture->folder, "token", "four");
	assert_int_equal(credential_reject(credential, generation), 1);
	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.headers, "Authorization: Bearer three\n");
	credential_free(credential);
	free((char *)spec.token_file);
}

static void uses_the_token_until_its_file_is_there(void **state)
{
	struct fixture *fixture = *state;
	struct credential_spec spec = {.token = "fixed",
	                               .token_file = mem_copy_string(folder_path(&fixture->folder, "token"))};
	struct credential *credential = fixture_credential(fixture, &spec, NULL);
	struct given given;

	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.headers, "Authorization: Bearer fixed\n");
	folder_put(&fixture->folder, "token", "file");
	fixture_pass(fixture, 60);
	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.headers, "Authorization: Bearer file\n");
	credential_free(credential);
	free((char *)spec.token_file);
}

/* A kubelet's or cert-manager's rotation, half done and whole. */
static void sees_new_certificates(void **state)
{
	struct fixture *fixture = *state;
	struct folder *folder = &fixture->folder;
	const struct credential_spec spec = {
	    .cert_file = mem_copy_string(folder_put(folder, "crt", PEM_CERT("1"))),
	    .key_file = mem_copy_string(folder_put(folder, "key", PEM_KEY("1"))),
	    .ca_file = mem_copy_string(folder_put(folder, "ca", PEM_CERT("ca1"))),
	};
	struct credential *credential = fixture_credential(fixture, &spec, NULL);
	struct given given;

	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.ca, PEM_CERT("ca1"));
	assert_int_equal(given.tls_generation, 1);
	folder_put(folder, "crt", PEM_CERT("2"));
	fixture_pass(fixture, 299);
	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.cert, PEM_CERT("1"));
	fixture_pass(fixture, 1);
	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.cert, PEM_CERT("2"));
	assert_int_equal(given.tls_generation, 2);
	/* The key comes a moment later: it is not left alone for five minutes. */
	folder_put(folder, "key", PEM_KEY("2"));
	fixture_pass(fixture, 10);
	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.key, PEM_KEY("2"));
	assert_int_equal(given.tls_generation, 3);
	/* Empty and broken files while they are being written, and the authority's turn. */
	folder_put(folder, "crt", "");
	folder_put(folder, "key", "no key");
	folder_put(folder, "ca", PEM_CERT("ca2"));
	fixture_pass(fixture, 300);
	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.cert, PEM_CERT("2"));
	assert_string_equal(given.key, PEM_KEY("2"));
	assert_string_equal(given.ca, PEM_CERT("ca2"));
	assert_int_equal(given.tls_generation, 4);
	/* Refused: looked at without waiting. */
	folder_put(folder, "crt", PEM_CERT("3"));
	assert_int_equal(credential_reject(credential, given.generation), 1);
	fixture_ask(fixture, credential, &given);
	assert_string_equal(given.cert, PEM_CERT("3"));
	credential_free(credential);
	free((char *)spec.cert_file);
	free((char *)spec.key_file);
	free((char *)spec.ca_file);
}

static void refuses_unusable_files(void **state)
{
	struct fixture *fixture = *state;
	char *empty = mem_copy_string(folder_put(&fixture->folder, "empty", "  \n"));
	char *text = mem_copy_string(folder_put(&fixture->folder, "text", "line\nline"));
	char *cert = mem_copy_string(folder_put(&fixture->folder, "cert", PEM_CERT("1")));
	const struct {
		struct credential_spec spec;
		const char *says;
	} cases[] = {
	    {{.token_file = "/nonexistent/token"}, "cannot open /nonexistent/token"},
	    {{.token_file = empty}, "empty is empty"},
	    {{.token_file = text}, "holds no token"},
	    {{.cert_file = "/nonexistent/c", .key_file = cert}, "cannot open /nonexistent/c"},
	    {{.cert_file = text, .key_file = cert}, "holds no PEM with \"-----BEGIN CERTIFICATE-----\""},
	    {{.cert_file = cert, .key_file = cert}, "holds no PEM with \"PRIVATE KEY-----\""},
	    {{.token = "t", .ca_file = text}, "holds no PEM"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct credential_spec spec = cases[i].spec;
		struct err err = {0};

		spec.where = "config:3: the user \"ann\"";
		assert_null(fixture_credential(fixture, &spec, &err));
		if (!strstr(err.text, cases[i].says) ||
		    strncmp(err.text, spec.where, strlen(spec.where)) != 0)
			fail_msg("case %zu: expected \"%s\", got \"%s\"", i, cases[i].says, err.text);
	}
	free(empty);
	free(text);
	free(cert);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(sends_the_headers),
	    TEST(sends_the_certificate),
	    TEST(reads_the_token_again_each_minute),
	    TEST(uses_the_token_until_its_file_is_there),
	    TEST(sees_new_certificates),
	    TEST(refuses_unusable_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
