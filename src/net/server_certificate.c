/* SPDX-License-Identifier: MIT */
/*
 * A certificate for the loopback server that is its own authority, so that a client can be told to
 * trust exactly this server. It serves as a client's certificate as well.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "net/server.h"

enum { NAMES_MAX = 16 * 1024, HOUR = 3600, YEARS_TEN = 10 * 365 * 24 * HOUR };

static int extension_add(X509 *cert, X509V3_CTX *context, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
	int done = extension && X509_add_ext(cert, extension, -1);

	X509_EXTENSION_free(extension);
	return done;
}

static int extensions_add(X509 *cert, const char *names)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
	return extension_add(cert, &context, NID_basic_constraints, "critical,CA:TRUE") &&
	       extension_add(cert, &context, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
	       extension_add(cert, &context, NID_ext_key_usage, "serverAuth,clientAuth") &&
	       extension_add(cert, &context, NID_subject_key_identifier, "hash") &&
	       extension_add(cert, &context, NID_subject_alt_name, names);
}

static X509 *certificate_make(EVP_PKEY *key, const char *names)
{
	X509 *cert = X509_new();
	X509_NAME *subject = cert ? X509_get_subject_name(cert) : NULL;
	uint64_t serial;

	random_bytes(&serial, sizeof(serial));
	if (cert && X509_set_version(cert, X509_VERSION_3) &&
	    ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1) &&
	    X509_gmtime_adj(X509_getm_notBefore(cert), -HOUR) &&
	    X509_gmtime_adj(X509_getm_notAfter(cert), YEARS_TEN) &&
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"flagdeck", -1, -1,
	                               0) &&
	    X509_set_issuer_name(cert, subject) && X509_set_pubkey(cert, key) &&
	    extensions_add(cert, names) && X509_sign(cert, key, EVP_sha256()))
		return cert;
	X509_free(cert);
	return NULL;
}

static char *bio_text(BIO *bio)
{
	char *bytes;
	long len = BIO_get_mem_data(bio, &bytes);

	return mem_copy(bytes, (size_t)len);
}

int server_certificate(const char *const *names, char **cert_pem, char **key_pem, struct err *err)
{
	struct buf list;
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	BIO *cert_out = BIO_new(BIO_s_mem());
	BIO *key_out = BIO_new(BIO_s_mem());
	int rc = -1;

	buf_init(&list, NAMES_MAX);
	if (buf_add_string(&list, "IP:127.0.0.1,IP:::1,DNS:localhost"))
		goto out;
	for (size_t i = 0; names && names[i]; i++)
		if (!names[i][0] || strpbrk(names[i], ",:\r\n") || buf_printf(&list, ",DNS:%s", names[i])) {
			err_set(err, "cannot make a certificate: \"%s\" is no DNS name", names[i]);
			goto out;
		}
	key = EVP_EC_gen("P-256");
	cert = key ? certificate_make(key, buf_string(&list)) : NULL;
	if (!cert || !cert_out || !key_out || !PEM_write_bio_X509(cert_out, cert) ||
	    !PEM_write_bio_PKCS8PrivateKey(key_out, key, NULL, NULL, 0, NULL, NULL)) {
		err_set(err, "cannot make a certificate for the loopback server: OpenSSL refuses");
		goto out;
	}
	*cert_pem = bio_text(cert_out);
	*key_pem = bio_text(key_out);
	rc = 0;
out:
	BIO_free(key_out);
	BIO_free(cert_out);
	X509_free(cert);
	EVP_PKEY_free(key);
	buf_release(&list);
	return rc;
}
