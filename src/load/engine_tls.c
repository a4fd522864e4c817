/* SPDX-License-Identifier: MIT */
/* TLS of the engine: OpenSSL on its sockets, and the plain reading and writing beside it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "engine_internal.h"

static const char *tls_why(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	return reason ? reason : "it failed";
}

static int tls_files(struct engine *engine, struct err *err)
{
	const struct profile *profile = engine->profile;
	char *ca = profile->tls.ca ? profile_beside(profile, profile->tls.ca) : NULL;
	char *cert = profile->tls.cert ? profile_beside(profile, profile->tls.cert) : NULL;
	char *key = profile->tls.key ? profile_beside(profile, profile->tls.key) : NULL;
	int result = -1;
	if (ca ? SSL_CTX_load_verify_locations(engine->tls, ca, NULL) != 1
	       : SSL_CTX_set_default_verify_paths(engine->tls) != 1)
		err_set(err, "tls.ca: %s: %s", ca ? ca : "the system's certificates", tls_why());
	else if (cert && SSL_CTX_use_certificate_chain_file(engine->tls, cert) != 1)
		err_set(err, "tls.cert: %s: %s", cert, tls_why());
	else if (key && SSL_CTX_use_PrivateKey_file(engine->tls, key, SSL_FILETYPE_PEM) != 1)
		err_set(err, "tls.key: %s: %s", key, tls_why());
	else
		result = 0;
	free(ca);
	free(cert);
	free(key);
	return result;
}

int tls_init(struct engine *engine, struct err *err)
{
	static const unsigned char h1[] = "\x08http/1.1", h2[] = "\x02h2";
	const struct profile *profile = engine->profile;
	if (!profile->at.tls)
		return 0;
	engine->tls = SSL_CTX_new(TLS_client_method());
	if (!engine->tls)
		return err_set(err, "TLS cannot be set up: %s", tls_why());
	SSL_CTX_set_min_proto_version(engine->tls, TLS1_2_VERSION);
	SSL_CTX_set_mode(engine->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                                  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(engine->tls, profile->tls.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	if (profile->protocol == PROTOCOL_HTTP2)
		SSL_CTX_set_alpn_protos(engine->tls, h2, sizeof(h2) - 1);
	else
		SSL_CTX_set_alpn_protos(engine->tls, h1, sizeof(h1) - 1);
	return tls_files(engine, err);
}

void tls_release(struct engine *engine)
{
	SSL_CTX_free(engine->tls);
}

int tls_begin(struct conn *conn)
{
	const struct engine *engine = conn->worker->engine;
	const char *name = engine->profile->tls.name ? engine->profile->tls.name : engine->profile->at.host;
	unsigned char address[16];
	int is_address = inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
	conn->ssl = SSL_new(engine->tls);
	if (!conn->ssl || SSL_set_fd(conn->ssl, conn->io.fd) != 1 ||
	    (is_address
	         ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(conn->ssl), name) != 1
	         : SSL_set1_host(conn->ssl, name) != 1 || SSL_set_tlsext_host_name(conn->ssl, name) != 1)) {
		conn_fail(conn, RUN_ERROR_TLS, "TLS: %s", tls_why());
		return -1;
	}
	SSL_set_connect_state(conn->ssl);
	return 0;
}

void tls_go_on(struct conn *conn)
{
	const unsigned char *protocol;
	unsigned len;
	ERR_clear_error();
	int result = SSL_do_handshake(conn->ssl);
	int why = result == 1 ? SSL_ERROR_NONE : SSL_get_error(conn->ssl, result);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
		conn_watch(conn, why == SSL_ERROR_WANT_READ ? EV_READ : EV_WRITE);
		return;
	}
	if (result != 1) {
		long verified = SSL_get_verify_result(conn->ssl);
		if (verified != X509_V_OK && !conn->worker->engine->profile->tls.insecure)
			conn_fail(conn, RUN_ERROR_TLS, "TLS: the certificate is refused: %s",
			          X509_verify_cert_error_string(verified));
		else
			conn_fail(conn, RUN_ERROR_TLS, "TLS handshake: %s", tls_why());
		return;
	}
	SSL_get0_alpn_selected(conn->ssl, &protocol, &len);
	if (conn->worker->engine->profile->protocol == PROTOCOL_HTTP2 &&
	    (len != 2 || memcmp(protocol, "h2", 2) != 0)) {
		conn_fail(conn, RUN_ERROR_TLS, "the target does not offer HTTP/2 (ALPN)");
		return;
	}
	conn_established(conn);
}

void tls_end(struct conn *conn)
{
	SSL_free(conn->ssl);
	conn->ssl = NULL;
}

/* What OpenSSL's answer means to us. */
static ssize_t tls_result(struct conn *conn, int result)
{
	int why = SSL_get_error(conn->ssl, result);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return -2;
	if (why == SSL_ERROR_ZERO_RETURN)
		return 0;
	/* OpenSSL 3 calls an end without close_notify a protocol error; to HTTP framing decides. */
	if (why == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return 0;
	if (why == SSL_ERROR_SSL)
		errno = 0;
	return -1;
}

ssize_t conn_read(struct conn *conn, char *room, size_t size)
{
	if (conn->ssl) {
		ERR_clear_error();
		int got = SSL_read(conn->ssl, room, (int)size);
		return got > 0 ? got : tls_result(conn, got);
	}
	ssize_t got = recv(conn->io.fd, room, size, 0);
	return got < 0 && (errno == EAGAIN || errno == EINTR) ? -2 : got;
}

ssize_t conn_write(struct conn *conn, const char *bytes, size_t len)
{
	if (conn->ssl) {
		ERR_clear_error();
		int done = SSL_write(conn->ssl, bytes, len > 1 << 20 ? 1 << 20 : (int)len);
		ssize_t result = done > 0 ? done : tls_result(conn, done);
		if (result == 0)
			errno = EPIPE;
		return result == 0 ? -1 : result;
	}
	ssize_t done = send(conn->io.fd, bytes, len, MSG_NOSIGNAL);
	return done < 0 && (errno == EAGAIN || errno == EINTR) ? -2 : done;
}
