/* SPDX-License-Identifier: MIT */
/* NO_PROXY and its company, as Go reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/proxy.h"

static void test_skip(void **state)
{
	static const struct {
		const char *skip, *host;
		int port, direct;
	} rows[] = {
	    {NULL, "api.example.com", 443, 0},
	    {"", "api.example.com", 443, 0},
	    {NULL, "localhost", 443, 1},
	    {NULL, "127.0.0.1", 443, 1},
	    {NULL, "127.9.9.9", 443, 1},
	    {NULL, "::1", 443, 1},
	    {NULL, "localhost.example.com", 443, 0},
	    {"example.com", "example.com", 443, 1},
	    {"example.com", "api.example.com", 443, 1},
	    {"EXAMPLE.com", "api.Example.COM", 443, 1},
	    {"example.com", "badexample.com", 443, 0},
	    {"example.com", "example.com.evil.test", 443, 0},
	    {".example.com", "example.com", 443, 0},
	    {".example.com", "api.example.com", 443, 1},
	    {"*.example.com", "example.com", 443, 0},
	    {"*.example.com", "a.b.example.com", 443, 1},
	    {"example.com:6443", "api.example.com", 6443, 1},
	    {"example.com:6443", "api.example.com", 443, 0},
	    {"*", "anything.test", 443, 1},
	    {"a.test, *", "anything.test", 443, 1},
	    {" a.test ,\tb.test ", "b.test", 443, 1},
	    {",,b.test,", "b.test", 443, 1},
	    {":443", "b.test", 443, 0},
	    {"10.0.0.0/8", "10.20.30.40", 443, 1},
	    {"10.0.0.0/8", "11.0.0.1", 443, 0},
	    {"10.0.0.0/8", "10.example.com", 443, 0},
	    {"10.0.0.0/9", "10.127.255.255", 443, 1},
	    {"10.0.0.0/9", "10.128.0.0", 443, 0},
	    {"0.0.0.0/0", "8.8.8.8", 443, 1},
	    {"10.0.0.0/33", "10.0.0.1", 443, 0},
	    {"10.0.0.1/32", "10.0.0.1", 443, 1},
	    {"10.0.0.1", "10.0.0.1", 443, 1},
	    {"10.0.0.1:8443", "10.0.0.1", 443, 0},
	    {"10.0.0.1:8443", "10.0.0.1", 8443, 1},
	    {"10.0.0.1", "10.0.0.12", 443, 0},
	    {"2001:db8::/32", "2001:db8:1::5", 443, 1},
	    {"2001:db8::/32", "2001:db9::5", 443, 0},
	    {"2001:db8::1", "2001:0db8:0::1", 443, 1},
	    {"[2001:db8::1]:443", "2001:db8::1", 443, 1},
	    {"[2001:db8::1]:444", "2001:db8::1", 443, 0},
	    {"10.0.0.1", "::ffff:10.0.0.1", 443, 1},
	    {"::/0", "10.0.0.1", 443, 0},
	    {"com", "example.com", 443, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct proxy_settings settings = {.https = "http://proxy:3128", .skip = rows[i].skip};
		const char *got = proxy_choose(&settings, 1, rows[i].host, rows[i].port);

		if ((got == NULL) != rows[i].direct)
			fail_msg("NO_PROXY=%s %s:%d: %s", rows[i].skip ? rows[i].skip : "", rows[i].host,
			         rows[i].port, got ? got : "direct");
	}
}

static void test_scheme(void **state)
{
	const struct proxy_settings both = {.https = "s", .http = "h"}, one = {.https = "s", .http = ""};

	(void)state;
	assert_string_equal(proxy_choose(&both, 1, "a.test", 443), "s");
	assert_string_equal(proxy_choose(&both, 0, "a.test", 80), "h");
	assert_null(proxy_choose(&one, 0, "a.test", 80));
}

static void test_environment(void **state)
{
	struct proxy_settings settings;

	(void)state;
	setenv("HTTPS_PROXY", "", 1);
	setenv("https_proxy", "lower", 1);
	setenv("HTTP_PROXY", "upper", 1);
	setenv("http_proxy", "lower", 1);
	setenv("NO_PROXY", "x", 1);
	unsetenv("REQUEST_METHOD");
	proxy_from_environment(&settings);
	assert_string_equal(settings.https, "lower");
	assert_string_equal(settings.http, "upper");
	assert_string_equal(settings.skip, "x");
	setenv("REQUEST_METHOD", "GET", 1);
	proxy_from_environment(&settings);
	assert_null(settings.http);
	assert_string_equal(settings.https, "lower");
}

static void test_near(void **state)
{
	static const struct {
		const char *host;
		int near;
	} rows[] = {
	    {"localhost", 1},   {"127.0.0.1", 1},   {"10.1.2.3", 1},  {"172.16.0.1", 1}, {"172.32.0.1", 0},
	    {"192.168.1.1", 1}, {"169.254.1.1", 1}, {"8.8.8.8", 0},   {"::1", 1},        {"fd00::1", 1},
	    {"fe80::1", 1},     {"2001:db8::1", 0}, {"a.example", 0}, {"10.example", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (host_is_near(rows[i].host) != rows[i].near)
			fail_msg("%s", rows[i].host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_skip),
	    cmocka_unit_test(test_scheme),
	    cmocka_unit_test(test_environment),
	    cmocka_unit_test(test_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
