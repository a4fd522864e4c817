/* SPDX-License-Identifier: MIT */
/*
 * From a request to a curl handle. What a caller passes may come from a cluster or a config file,
 * so nothing that could end a line early gets through: header injection is refused here, once.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "http_internal.h"

enum { LIST_BUFFER = 512 * 1024, IDLE_SECONDS = 30, PROBE_SECONDS = 10, PROBES = 3, SILENT_MS = 30 * 1000 };

/* An option that this libcurl lacks must not be passed over: it may be the one that verifies. */
#define SET(option, value) (failed |= curl_easy_setopt(call->easy, option, value) != CURLE_OK)

static int is_token(const char *text, size_t len)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      strchr(others, c)))
			return 0;
	}
	return len > 0;
}

static int request_check(const struct http_request *request, const char *shown, struct err *err)
{
	if (request->method && !is_token(request->method, strlen(request->method)))
		return err_set(err, "cannot send to %s: the method is no HTTP method", shown);
	if (!request->path || request->path[0] != '/')
		return err_set(err, "cannot send to %s: the path must begin with \"/\"", shown);
	for (const char *c = request->path; *c; c++)
		if (*c <= ' ' || *c == 0x7f || *c == '#')
			return err_set(
			    err, "cannot send to %s: the path holds a character that must be percent-encoded",
			    shown);
	for (size_t i = 0; request->headers && request->headers[i]; i++) {
		const char *header = request->headers[i];
		const char *colon = strchr(header, ':');

		/* The text may be a token: it is not repeated in the message. */
		if (!colon || !is_token(header, (size_t)(colon - header)))
			return err_set(err, "cannot send to %s: header %zu is not \"Name: value\"", shown,
			               i + 1);
		for (const char *c = colon; *c; c++)
			if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
				return err_set(err,
				               "cannot send to %s: the header %.*s holds a control character",
				               shown, (int)(colon - header), header);
	}
	return 0;
}

static void header_add(struct http_call *call, const char *header)
{
	struct curl_slist *list = curl_slist_append(call->headers, header);

	if (list)
		call->headers = list;
}

static int has_header(const struct http_request *request, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; request->headers && request->headers[i]; i++)
		if (strncasecmp(request->headers[i], name, len) == 0 && request->headers[i][len] == ':')
			return 1;
	return 0;
}

static void headers_set(struct http_call *call, const struct http_request *request)
{
	const struct http_target *target = &call->pool->target;

	for (size_t i = 0; request->headers && request->headers[i]; i++) {
		const char *header = request->headers[i];
		const char *colon = strchr(header, ':');
		char *empty;

		if (colon[1 + strspn(colon + 1, " \t")]) {
			header_add(call, header);
			continue;
		}
		/* curl takes "Name:" for "leave it out" and "Name;" for an empty value. */
		empty = mem_printf("%.*s;", (int)(colon - header), header);
		header_add(call, empty);
		free(empty);
	}
	if (target->host_header && !has_header(request, "Host"))
		header_add(call, target->host_header);
	if (!has_header(request, "Content-Type"))
		header_add(call, "Content-Type:"); /* curl would claim a form */
	header_add(call, "Expect:");               /* no round trip before a body */
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;
	size_t len = size * count;

	if (call->cancelled)
		return 0;
	call->received += len;
	call->pool->http->received += len;
	if (len && call->on_body && call->on_body(call->arg, bytes, len)) {
		call->stopped = 1;
		return 0;
	}
	return call->cancelled ? 0 : len;
}

static double retry_after_parse(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);
	time_t date;

	if (end != text && strspn(text, "0123456789") == (size_t)(end - text) && !*end)
		return seconds;
	date = curl_getdate(text, NULL);
	if (date == (time_t)-1)
		return -1;
	seconds = (double)date - (double)clock_system.wall(&clock_system) / 1000;
	return seconds > 0 ? seconds : 0;
}

/* A header's value, trimmed, if the line has that name. */
static int header_value(const char *line, size_t len, const char *name, char *out, size_t size)
{
	size_t name_len = strlen(name);

	if (len <= name_len || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
		return 0;
	line += name_len + 1;
	len -= name_len + 1;
	while (len && (*line == ' ' || *line == '\t'))
		line++, len--;
	while (len && memchr("\r\n \t", line[len - 1], 4))
		len--;
	utf8_sanitise(out, size, line, len);
	return 1;
}

static void head_ends(struct http_call *call)
{
	call->in_head = 0;
	if (call->status < 200) /* an interim head: the real one follows */
		return;
	call->head_seen = 1;
	if (call->head_timer)
		timer_stop(call->head_timer);
	if (call->on_head)
		call->on_head(call->arg, call->status, call->content_type);
}

/* Called for each line of a head, and for trailers, which come when no head is open. */
static size_t take_header(char *line, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;
	size_t len = size * count;
	char value[1024];
	const char *space;

	if (call->cancelled)
		return 0;
	if (!call->head_seen && len > 5 && strncmp(line, "HTTP/", 5) == 0) {
		space = memchr(line, ' ', len); /* the line is not NUL-terminated, but digits end at its CR */
		call->status = space ? (int)strtol(space + 1, NULL, 10) : 0;
		call->in_head = 1;
		call->retry_after = -1;
		call->content_type[0] = call->redirect[0] = '\0';
	} else if (call->in_head && (len == 0 || line[0] == '\r' || line[0] == '\n')) {
		head_ends(call);
	} else if (call->in_head) {
		header_value(line, len, "Content-Type", call->content_type, sizeof(call->content_type));
		if (header_value(line, len, "Retry-After", value, sizeof(value)))
			call->retry_after = retry_after_parse(value);
		if (call->status / 100 == 3 && header_value(line, len, "Location", value, sizeof(value)))
			url_shown(value, call->redirect, sizeof(call->redirect));
	}
	return call->cancelled ? 0 : len;
}

/* When a pooled connection dies before the answer, curl repeats the request on a fresh one. The
 * server may have carried the first one out, so what is not safe to repeat is stopped here. */
static int before_request(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	struct http_call *call = arg;

	(void)ip, (void)local_ip, (void)port, (void)local_port;
	if (call->cancelled)
		return CURL_PREREQFUNC_ABORT;
	if (call->attempts++ && call->once) {
		call->repeated = 1;
		return CURL_PREREQFUNC_ABORT;
	}
	return CURL_PREREQFUNC_OK;
}

/* Child processes must not inherit connections, and curl does not close them on exec by itself. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)arg, (void)purpose;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A half-open connection must be found out by the kernel: nobody else looks at a quiet watch. */
static int socket_opened(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	unsigned silent = SILENT_MS;
	int probes = PROBES;

	(void)arg, (void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent, sizeof(silent));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	return CURL_SOCKOPT_OK;
}

static int method_set(struct http_call *call, const struct http_request *request)
{
	const char *method = request->method ? request->method : "GET";
	int failed = 0;

	call->once = strcmp(method, "POST") == 0 || strcmp(method, "PATCH") == 0;
	if (strcmp(method, "HEAD") == 0)
		return SET(CURLOPT_NOBODY, 1L);
	if (request->body || call->once || strcmp(method, "PUT") == 0) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(request->body ? request->body_len : 0));
		SET(CURLOPT_COPYPOSTFIELDS, request->body ? request->body : "");
	}
	if (strcmp(method, "GET") != 0 || request->body)
		SET(CURLOPT_CUSTOMREQUEST, method);
	return failed;
}

static int connection_set(struct http_call *call, int fresh)
{
	const struct http_pool *pool = call->pool;
	const struct http_target *target = &pool->target;
	int failed = 0;

	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_QUICK_EXIT, 1L); /* a DNS black hole must not hold up quitting */
	SET(CURLOPT_HTTP_VERSION, pool->http->version);
	SET(CURLOPT_SHARE, pool->share);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_TCP_KEEPIDLE, (long)IDLE_SECONDS);
	SET(CURLOPT_TCP_KEEPINTVL, (long)PROBE_SECONDS);
	SET(CURLOPT_SOCKOPTFUNCTION, socket_opened);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_PREREQFUNCTION, before_request);
	SET(CURLOPT_PREREQDATA, call);
	SET(CURLOPT_CONNECT_TO, target->connect_to);
	SET(CURLOPT_PROXY, target->proxy);
	SET(CURLOPT_NOPROXY, ""); /* decided already; NULL would read the environment */
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE); /* our Authorization is not the proxy's */
	if (call->once)
		SET(CURLOPT_MAXAGE_CONN, 20L); /* makes the case of before_request rarer still */
	if (fresh) {
		SET(CURLOPT_FRESH_CONNECT, 1L);
		SET(CURLOPT_FORBID_REUSE, 1L);
	}
	return failed;
}

static int tls_set(struct http_call *call)
{
	struct http_target *target = &call->pool->target;
	int failed = 0;

	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, target->insecure ? 0L : 1L);
	SET(CURLOPT_SSL_VERIFYHOST, target->insecure ? 0L : 2L);
	SET(CURLOPT_PROXY_SSL_VERIFYPEER, target->insecure ? 0L : 1L);
	SET(CURLOPT_PROXY_SSL_VERIFYHOST, target->insecure ? 0L : 2L);
	if (target->ca.data) {
		/* The blob replaces the file only: without this the system's folder stays trusted. As in
		 * Go, the same authority vouches for an https proxy. */
		SET(CURLOPT_CAINFO_BLOB, &target->ca);
		SET(CURLOPT_CAPATH, NULL);
		SET(CURLOPT_PROXY_CAINFO_BLOB, &target->ca);
		SET(CURLOPT_PROXY_CAPATH, NULL);
	}
	if (target->cert.data) {
		SET(CURLOPT_SSLCERTTYPE, "PEM");
		SET(CURLOPT_SSLCERT_BLOB, &target->cert);
		SET(CURLOPT_SSLKEYTYPE, "PEM");
		SET(CURLOPT_SSLKEY_BLOB, &target->key);
		SET(CURLOPT_KEYPASSWD, ""); /* an encrypted key fails instead of asking on the terminal */
	}
	return failed;
}

static int patience_set(struct http_call *call)
{
	const struct http_limits *limits = &call->pool->http->limits[call->patience];
	int failed = 0;

	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(limits->connect * 1000));
	SET(CURLOPT_TIMEOUT_MS, (long)(limits->whole * 1000));
	if (limits->silence > 0) {
		SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
		SET(CURLOPT_LOW_SPEED_TIME, (long)(limits->silence < 1 ? 1 : limits->silence));
	}
	if (call->patience == HTTP_LIST)
		SET(CURLOPT_BUFFERSIZE, (long)LIST_BUFFER);
	return failed;
}

int call_set_up(struct http_call *call, const struct http_request *request, struct err *err)
{
	const struct http_target *target = &call->pool->target;
	char *url;
	int failed = 0;

	if (request_check(request, target->shown, err))
		return -1;
	call->easy = curl_easy_init();
	if (!call->easy)
		return err_set(err, "cannot send to %s: libcurl gives no handle", target->shown);
	headers_set(call, request);
	url = mem_printf("%s%s", target->base, request->path);
	SET(CURLOPT_URL, url);
	free(url);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_PRIVATE, call);
	SET(CURLOPT_ERRORBUFFER, call->curl_error);
	SET(CURLOPT_HTTPHEADER, call->headers);
	SET(CURLOPT_USERAGENT, "flagdeck/" FLAGDECK_VERSION);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, call);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, call);
	SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	if (target->user || target->password) {
		SET(CURLOPT_USERNAME, target->user ? target->user : "");
		SET(CURLOPT_PASSWORD, target->password ? target->password : "");
	}
	/* A stream must come as it is written, never wait in a compressor. */
	if (target->gzip && call->patience != HTTP_STREAM)
		SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	failed |= method_set(call, request) | connection_set(call, request->fresh) | tls_set(call) |
	          patience_set(call);
	if (failed)
		return err_set(err, "cannot send to %s: this libcurl (%s) lacks an option that is needed",
		               target->shown, curl_version_info(CURLVERSION_NOW)->version);
	return 0;
}
