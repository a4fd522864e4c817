/* SPDX-License-Identifier: MIT */
/* TLS for the loopback server, dressed up as recv and send so that server.c need not know of it. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/socket.h>

#include "server_internal.h"

static X509 *certificate_read(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return cert;
}

static EVP_PKEY *key_read(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return key;
}

static int authorities_add(SSL_CTX *tls, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509_STORE *store = SSL_CTX_get_cert_store(tls);
	X509 *cert;
	int added = 0;

	while (bio && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		added += X509_STORE_add_cert(store, cert) && SSL_CTX_add_client_CA(tls, cert);
		X509_free(cert);
	}
	BIO_free(bio);
	ERR_clear_error(); /* the end of the text counts as one */
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return added > 0;
}

SSL_CTX *server_tls_new(const struct server_options *options, struct err *err)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	X509 *cert = certificate_read(options->cert_pem);
	EVP_PKEY *key = options->key_pem ? key_read(options->key_pem) : NULL;
	static const unsigned char name[] = "flagdeck";
	int done = tls && cert && key && SSL_CTX_use_certificate(tls, cert) &&
	           SSL_CTX_use_PrivateKey(tls, key) && SSL_CTX_check_private_key(tls) &&
	           SSL_CTX_set_session_id_context(tls, name, sizeof(name) - 1) &&
	           (!options->client_ca_pem || authorities_add(tls, options->client_ca_pem));

	X509_free(cert);
	EVP_PKEY_free(key);
	if (!done) {
		SSL_CTX_free(tls);
		err_set(err,
		        "cannot start the loopback server: its certificate and key cannot be used together");
		return NULL;
	}
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
	return tls;
}

/* What an SSL call's result means in the language of recv: bytes, 0 at the end, -1 and errno. */
static long tls_result(struct connection *connection, int result)
{
	if (result > 0)
		return result;
	switch (SSL_get_error(connection->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_WANT_WRITE:
		connection->tls_waits = LOOP_WRITE;
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		errno = EPROTO;
		return -1;
	}
}

static int clamp(size_t len)
{
	return len > 1 << 20 ? 1 << 20 : (int)len;
}

long connection_recv(struct connection *connection, void *out, size_t size)
{
	if (!connection->ssl)
		return recv(connection->fd, out, size, 0);
	ERR_clear_error();
	connection->tls_waits = 0;
	return tls_result(connection, SSL_read(connection->ssl, out, clamp(size)));
}

long connection_send(struct connection *connection, const void *bytes, size_t len)
{
	if (!connection->ssl)
		return send(connection->fd, bytes, len, MSG_NOSIGNAL);
	ERR_clear_error();
	return tls_result(connection, SSL_write(connection->ssl, bytes, clamp(len)));
}
