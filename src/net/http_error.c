/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, in words for the person who sees it: which server, what happened, and what to
 * do where that is known. curl's own text is a detail in brackets at most, and is sanitised, for
 * parts of it come from the peer.
 */
#include <errno.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "base/utf8.h"
#include "http_internal.h"

void url_shown(const char *url, char *out, size_t size)
{
	const char *scheme_end = strstr(url, "://");
	const char *host = scheme_end ? scheme_end + 3 : url;
	size_t scheme_len = (size_t)(host - url);
	size_t len = strcspn(host, "/?#");
	const char *at = memrchr(host, '@', len);
	size_t used;

	/* For URLs that do not parse: a password that nobody encoded may hold any of those characters. */
	if (!at && (at = strrchr(host, '@')))
		len = (size_t)(at - host) + strcspn(at, "/?#");
	if (at) {
		len -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	used = utf8_sanitise(out, size, url, scheme_len);
	utf8_sanitise(out + used, size - used, host, len);
}

/* Alerts by which a server refuses the client's certificate. A TLS 1.2 server that wants one and
 * gets none says "handshake failure". */
static int is_certificate_alert(const char *text)
{
	static const char *const alerts[] = {
	    "alert bad certificate",     "alert certificate expired",     "alert certificate revoked",
	    "alert certificate unknown", "alert unsupported certificate", "certificate required",
	    "alert unknown ca",          "alert access denied",
	};

	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (strstr(text, alerts[i]))
			return 1;
	return 0;
}

static const char *errno_words(long number)
{
	switch (number) {
	case ECONNREFUSED:
		return "connection refused";
	case ECONNRESET:
		return "the connection was reset";
	case EHOSTUNREACH:
		return "no route to the host";
	case ENETUNREACH:
		return "the network is unreachable";
	case ETIMEDOUT:
		return "no reply to the attempt to connect";
	case EACCES:
	case EPERM:
		return "the system forbids it (a firewall rule?)";
	case EMFILE:
	case ENFILE:
		return "too many open files (raise ulimit -n)";
	default:
		return "no connection";
	}
}

static const char *verify_words(long result)
{
	switch (result) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "its certificate has expired";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "its certificate is not valid yet (is this machine's clock right?)";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		return "its certificate is not signed by a certificate authority that we trust "
		       "(is the configured authority right?)";
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return "its certificate is for another name (set the TLS server name if that is intended)";
	default:
		return NULL;
	}
}

static void describe_verify(struct http_call *call, const char *detail, struct err *out)
{
	const char *shown = call->pool->target.shown;
	const char *words;
	long result = 0;

	curl_easy_getinfo(call->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	words = verify_words(result);
	if (!words && (strstr(detail, "subject name") || strstr(detail, "subjectAltName")))
		words = verify_words(X509_V_ERR_HOSTNAME_MISMATCH);
	if (words)
		err_set(out, "cannot trust %s: %s", shown, words);
	else
		err_set(out, "cannot trust %s: its certificate does not verify (%s)", shown, detail);
}

static void describe_timeout(struct http_call *call, struct err *out)
{
	const struct http_limits *limits = &call->pool->http->limits[call->patience];
	const char *shown = call->pool->target.shown;
	curl_off_t ready = 0;

	curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	if (call->head_late && ready)
		err_set(out, "no answer from %s within %g s: it took the request and stays silent", shown,
		        limits->head);
	else if (!ready)
		err_set(out, "cannot reach %s: no connection within %g s", shown,
		        call->head_late ? limits->head : limits->connect);
	else if (!call->head_seen)
		err_set(out, "no answer from %s in time: it took the request and stays silent", shown);
	else
		err_set(out, "the answer from %s stopped coming or takes too long: gave up after %llu bytes",
		        shown, (unsigned long long)call->received);
}

static void describe_connect(struct http_call *call, long number, struct err *out)
{
	const struct http_target *target = &call->pool->target;

	if (target->proxy_shown)
		err_set(out, "cannot reach %s through the proxy %s: %s", target->shown, target->proxy_shown,
		        errno_words(number));
	else
		err_set(out, "cannot reach %s: %s", target->shown, errno_words(number));
}

static void describe_handshake(struct http_call *call, const char *detail, struct err *out)
{
	const char *shown = call->pool->target.shown;

	if (strstr(detail, "wrong version number") || strstr(detail, "packet length too long") ||
	    strstr(detail, "http request"))
		err_set(out, "cannot reach %s: what answers there does not speak TLS (is it plain http?)",
		        shown);
	else
		err_set(out, "cannot reach %s: the TLS handshake failed (%s)", shown, detail);
}

/* The connection broke off during the exchange. */
static void describe_broken(struct http_call *call, const char *detail, long number, struct err *out)
{
	const struct http_target *target = &call->pool->target;
	const char *why = number == ECONNRESET || strstr(detail, "reset") ? "the connection was reset"
	                                                                  : "the connection broke off";
	long answered = 0; /* by the proxy, to CONNECT */

	curl_easy_getinfo(call->easy, CURLINFO_HTTP_CONNECTCODE, &answered);
	if (call->head_seen)
		err_set(out, "the answer from %s was cut off after %llu bytes: %s", target->shown,
		        (unsigned long long)call->received, why);
	else if (target->proxy_shown && answered && answered != 200)
		err_set(out, "cannot reach %s: the proxy %s refuses with status %ld%s", target->shown,
		        target->proxy_shown, answered,
		        answered == 407 ? " (put user and password into its URL)" : "");
	else if (target->proxy_shown && strcasestr(detail, "proxy"))
		err_set(out, "cannot reach %s: the proxy %s fails (%s)", target->shown, target->proxy_shown,
		        detail);
	else
		err_set(out, "no answer from %s: %s", target->shown, why);
}

static void describe_failure(struct http_call *call, const char *detail, long number, struct err *out)
{
	const struct http_target *target = &call->pool->target;
	const char *shown = target->shown;

	switch (call->code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		err_set(out, "cannot reach %s: its name cannot be resolved", shown);
		return;
	case CURLE_COULDNT_RESOLVE_PROXY:
		err_set(out, "cannot reach %s: the name of the proxy %s cannot be resolved", shown,
		        target->proxy_shown);
		return;
	case CURLE_COULDNT_CONNECT:
		describe_connect(call, number, out);
		return;
	case CURLE_OPERATION_TIMEDOUT:
		describe_timeout(call, out);
		return;
	case CURLE_PEER_FAILED_VERIFICATION:
		describe_verify(call, detail, out);
		return;
	case CURLE_SSL_CONNECT_ERROR:
		describe_handshake(call, detail, out);
		return;
	case CURLE_SSL_CERTPROBLEM:
		err_set(out, "cannot reach %s: the client certificate or its key cannot be used (%s)", shown,
		        detail);
		return;
	case CURLE_SSL_CACERT_BADFILE:
		err_set(out, "cannot reach %s: the certificate authority cannot be used (%s)", shown, detail);
		return;
	case CURLE_GOT_NOTHING:
		err_set(out, "no answer from %s: it closed the connection", shown);
		return;
	case CURLE_PARTIAL_FILE:
		err_set(out, "the answer from %s ended early, after %llu bytes", shown,
		        (unsigned long long)call->received);
		return;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		describe_broken(call, detail, number, out);
		return;
	case CURLE_PROXY:
		err_set(out, "cannot reach %s: the proxy %s fails (%s)", shown,
		        target->proxy_shown ? target->proxy_shown : "", detail);
		return;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		err_set(out, "cannot use %s: what answers there does not speak HTTP (is it https?)", shown);
		return;
	default:
		err_set(out, "the call to %s failed: %s", shown, detail);
	}
}

void call_describe(struct http_call *call, struct http_result *result, struct err *sentence)
{
	char detail[3 * CURL_ERROR_SIZE + 1];
	const char *raw = call->curl_error[0] ? call->curl_error : curl_easy_strerror(call->code);
	long number = 0;

	result->status = call->status;
	result->retry_after = call->retry_after;
	result->received = call->received;
	result->redirect = call->redirect;
	result->unauthorised = call->status == 401;
	if (call->stopped) {
		result->outcome = HTTP_STOPPED;
		return;
	}
	if (call->code == CURLE_OK && call->head_seen) {
		result->outcome = HTTP_DONE;
		return;
	}
	result->outcome = HTTP_FAILED;
	if (call->code == CURLE_OK) { /* curl takes a connection that ends within the head for an answer */
		err_set(sentence, "the answer from %s ended early, within its head",
		        call->pool->target.shown);
		return;
	}
	utf8_sanitise(detail, sizeof(detail), raw, strlen(raw));
	curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &number);
	if (call->repeated) {
		err_set(
		    sentence,
		    "no answer from %s: the connection broke off; the request was not repeated, because it "
		    "may have been carried out: look before you try again",
		    call->pool->target.shown);
		return;
	}
	if (call->code != CURLE_PEER_FAILED_VERIFICATION && is_certificate_alert(detail)) {
		result->unauthorised = 1;
		err_set(sentence, "%s refuses our client certificate (%s)", call->pool->target.shown, detail);
		return;
	}
	result->refused = call->code == CURLE_COULDNT_CONNECT && number == ECONNREFUSED;
	describe_failure(call, detail, number, sentence);
}
