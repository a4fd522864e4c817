/* SPDX-License-Identifier: MIT */
/*
 * One context's proof of who we are. Everything is looked at when it is asked for and at no other
 * time: a cluster that is asked nothing costs nothing. The answer is built anew each time from what
 * is there and compared by digest with the last one, so that generations move only when something
 * did. A digest, not a copy: there are enough copies of secrets already.
 */
#include "kube/credential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "base/vec.h"
#include "credential_files.h"
#include "exec_internal.h"
#include "kubeconfig_internal.h"

enum {
	TOKEN_LOOK_MS = 60 * 1000,
	CERT_LOOK_MS = 5 * 60 * 1000,
	CERT_SOON_MS = 10 * 1000, /* after a change: the other file of the pair may be on its way */
};

struct credential {
	const struct clock *clock;
	struct credential_options options; /* hooks; its spec is not used */
	struct secret_pool pool;
	struct credential_spec spec; /* of the pool */
	struct exec_entry *exec;     /* NULL: no plugin */
	struct kept_file token, cert, key, ca;
	int64_t token_look, cert_look; /* monotonic ms: when to look at them again */
	struct vec waits;              /* of struct credential_wait */

	uint64_t generation, tls_generation;
	uint64_t exec_sequence;          /* the plugin's result in the last answer */
	char digest[65], tls_digest[65]; /* of the last answer */
};

struct credential_wait {
	struct exec_wait exec; /* first: the cache gives back this */
	struct credential *credential;
	void (*ready)(void *arg, const struct credential_answer *answer);
	void *arg;
};

static void spec_copy(struct credential *credential, const struct credential_spec *from)
{
	struct secret_pool *pool = &credential->pool;
	struct credential_spec *spec = &credential->spec;

	*spec = (struct credential_spec){
	    .where = secret_string(pool, from->where),
	    .cert_data = secret_copy(pool, from->cert_data, from->cert_data_len),
	    .cert_data_len = from->cert_data_len,
	    .key_data = secret_copy(pool, from->key_data, from->key_data_len),
	    .key_data_len = from->key_data_len,
	    .cert_file = secret_string(pool, from->cert_file),
	    .key_file = secret_string(pool, from->key_file),
	    .ca_file = secret_string(pool, from->ca_file),
	    .token = secret_string(pool, from->token),
	    .token_file = secret_string(pool, from->token_file),
	    .username = secret_string(pool, from->username),
	    .password = secret_string(pool, from->password),
	    .as = secret_string(pool, from->as),
	    .as_uid = secret_string(pool, from->as_uid),
	    .as_groups = secret_strings(pool, from->as_groups),
	    .as_extra = secret_strings(pool, from->as_extra),
	};
}

static int64_t now(const struct credential *credential)
{
	return credential->clock->mono(credential->clock);
}

static int files_open(struct credential *credential, struct err *err)
{
	const struct credential_spec *spec = &credential->spec;

	credential->token = (struct kept_file){.path = spec->token_file, .max = TOKEN_MAX, .is_word = 1};
	credential->cert = (struct kept_file){
	    .path = spec->cert_file, .max = PEM_MAX, .must_hold = "-----BEGIN CERTIFICATE-----"};
	credential->key =
	    (struct kept_file){.path = spec->key_file, .max = PEM_MAX, .must_hold = "PRIVATE KEY-----"};
	credential->ca = (struct kept_file){
	    .path = spec->ca_file, .max = PEM_MAX, .must_hold = "-----BEGIN CERTIFICATE-----"};
	credential->token_look = now(credential) + TOKEN_LOOK_MS;
	credential->cert_look = now(credential) + CERT_LOOK_MS;
	if (kept_file_open(&credential->cert, err) || kept_file_open(&credential->key, err) ||
	    kept_file_open(&credential->ca, err))
		return -1;
	/* A token beside the file is used until the file can be read. */
	return kept_file_open(&credential->token, spec->token ? NULL : err) && !spec->token ? -1 : 0;
}

struct credential *credential_new(const struct credential_options *options, struct err *err)
{
	struct credential *credential = mem_new(sizeof(*credential));

	credential->clock = options->clock;
	credential->options = *options;
	credential->options.spec = NULL;
	vec_init(&credential->waits);
	spec_copy(credential, options->spec);
	if (files_open(credential, err)) {
		if (credential->spec.where)
			err_wrap(err, "%.200s", credential->spec.where);
		credential_free(credential);
		return NULL;
	}
	if (options->spec->exec.command && options->cache)
		credential->exec = exec_entry_get(options->cache, &options->spec->exec);
	return credential;
}

void credential_free(struct credential *credential)
{
	if (!credential)
		return;
	while (credential->waits.len)
		credential_cancel(credential->waits.items[credential->waits.len - 1]);
	vec_release(&credential->waits);
	kept_file_release(&credential->token);
	kept_file_release(&credential->cert);
	kept_file_release(&credential->key);
	kept_file_release(&credential->ca);
	secret_pool_release(&credential->pool);
	explicit_bzero(credential, sizeof(*credential));
	free(credential);
}

static void files_look(struct credential *credential)
{
	int64_t time = now(credential);

	if (credential->token.path && time >= credential->token_look) {
		kept_file_look(&credential->token);
		credential->token_look = time + TOKEN_LOOK_MS;
	}
	if (time >= credential->cert_look) {
		int changed = kept_file_look(&credential->ca);

		/* A pair of which one half is fixed is fixed. */
		if (credential->cert.path && credential->key.path) {
			changed |= kept_file_look(&credential->cert);
			changed |= kept_file_look(&credential->key);
		}
		credential->cert_look = time + (changed ? CERT_SOON_MS : CERT_LOOK_MS);
	}
}

/* Headers under construction. All of it is wiped with the pool. */
struct headers {
	struct secret_pool pool;
	struct vec list;
};

static void headers_add(struct headers *headers, char *header)
{
	vec_push(&headers->list, header);
}

static void add_basic(struct headers *headers, const struct credential_spec *spec)
{
	const char *username = spec->username ? spec->username : "",
	           *password = spec->password ? spec->password : "";
	char *pair = secret_printf(&headers->pool, "%s:%s", username, password);
	struct buf encoded;

	buf_init(&encoded, 4 * strlen(pair) + 4);
	if (base64_encode(pair, strlen(pair), &encoded) == 0)
		headers_add(headers,
		            secret_printf(&headers->pool, "Authorization: Basic %s", buf_string(&encoded)));
	secret_buf_release(&encoded);
}

/* What may not stand in a header's name is percent-encoded, "%" too (RFC 7230's tokens stay). */
static char *header_name(struct secret_pool *pool, const char *key)
{
	char *name = secret_alloc(pool, 3 * strlen(key) + 1), *to = name;

	for (; *key; key++) {
		unsigned char c = (unsigned char)*key;
		int is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		               strchr("!#$&'*+-.^_`|~", c);

		to += sprintf(to, is_plain ? "%c" : "%%%02X", c);
	}
	return name;
}

static void add_impersonation(struct headers *headers, const struct credential_spec *spec)
{
	struct secret_pool *pool = &headers->pool;

	if (!spec->as)
		return;
	headers_add(headers, secret_printf(pool, "Impersonate-User: %s", spec->as));
	if (spec->as_uid)
		headers_add(headers, secret_printf(pool, "Impersonate-Uid: %s", spec->as_uid));
	for (const char *const *group = spec->as_groups; group && *group; group++)
		headers_add(headers, secret_printf(pool, "Impersonate-Group: %s", *group));
	for (const char *const *pair = spec->as_extra; pair && *pair; pair += 2)
		headers_add(headers, secret_printf(pool, "Impersonate-Extra-%s: %s",
		                                   header_name(pool, pair[0]), pair[1]));
}

static const char *find_token(const struct credential *credential)
{
	if (credential->token.bytes)
		return credential->token.bytes;
	if (credential->spec.token)
		return credential->spec.token;
	return credential->exec ? credential->exec->result.token : NULL;
}

static void find_certificate(const struct credential *credential, struct credential_answer *answer)
{
	const struct credential_spec *spec = &credential->spec;
	const struct exec_result *result = credential->exec ? &credential->exec->result : NULL;

	if (result && result->cert_pem) {
		answer->cert_pem = result->cert_pem;
		answer->cert_pem_len = strlen(result->cert_pem);
		answer->key_pem = result->key_pem;
		answer->key_pem_len = strlen(result->key_pem);
	} else if (spec->cert_data || credential->cert.bytes) {
		answer->cert_pem = spec->cert_data ? spec->cert_data : credential->cert.bytes;
		answer->cert_pem_len = spec->cert_data ? spec->cert_data_len : credential->cert.len;
		answer->key_pem = spec->key_data ? spec->key_data : credential->key.bytes;
		answer->key_pem_len = spec->key_data ? spec->key_data_len : credential->key.len;
	}
	answer->ca_pem = credential->ca.bytes;
	answer->ca_pem_len = credential->ca.len;
}

static void digest_add(struct buf *digests, const char *bytes, size_t len)
{
	char one[65] = "none";

	if (bytes)
		sha256_hex(bytes, len, one);
	if (buf_add_string(digests, one))
		abort(); /* a digest more than there are headers */
}

/* Moves a generation on when what it stands for is not what it was. */
static void compare(uint64_t *generation, char last[65], const struct buf *digests, int is_newer)
{
	char digest[65];

	sha256_hex(buf_string(digests), digests->len, digest);
	if (is_newer || strcmp(digest, last) != 0)
		++*generation;
	memcpy(last, digest, sizeof(digest));
}

static void generations_set(struct credential *credential, const struct headers *headers,
                            struct credential_answer *answer)
{
	uint64_t sequence = credential->exec ? credential->exec->sequence : 0;
	int is_newer = sequence != credential->exec_sequence;
	struct buf digests;

	buf_init(&digests, 64 * (headers->list.len + 8));
	digest_add(&digests, answer->cert_pem, answer->cert_pem_len);
	digest_add(&digests, answer->key_pem, answer->key_pem_len);
	digest_add(&digests, answer->ca_pem, answer->ca_pem_len);
	compare(&credential->tls_generation, credential->tls_digest, &digests, 0);
	for (size_t i = 0; i < headers->list.len; i++)
		digest_add(&digests, headers->list.items[i], strlen(headers->list.items[i]));
	compare(&credential->generation, credential->digest, &digests, is_newer);
	buf_release(&digests);
	credential->exec_sequence = sequence;
	answer->generation = credential->generation;
	answer->tls_generation = credential->tls_generation;
}

/* Tells the answer that there is now. The credential may be gone afterwards. */
static void answer_give(struct credential *credential,
                        void (*ready)(void *arg, const struct credential_answer *answer), void *arg)
{
	struct headers headers = {0};
	struct credential_answer answer = {0};
	struct secret_pool own = {0};
	const char *token = find_token(credential);

	vec_init(&headers.list);
	if (token)
		headers_add(&headers, secret_printf(&headers.pool, "Authorization: Bearer %s", token));
	else if (credential->spec.username || credential->spec.password)
		add_basic(&headers, &credential->spec);
	add_impersonation(&headers, &credential->spec);
	find_certificate(credential, &answer);
	generations_set(credential, &headers, &answer);
	vec_push(&headers.list, NULL);
	answer.headers = (const char *const *)headers.list.items;
	/* The caller may free the credential, or make its plugin run, while it still reads this. */
	answer.cert_pem = secret_copy(&own, answer.cert_pem, answer.cert_pem_len);
	answer.key_pem = secret_copy(&own, answer.key_pem, answer.key_pem_len);
	answer.ca_pem = secret_copy(&own, answer.ca_pem, answer.ca_pem_len);
	ready(arg, &answer);
	vec_release(&headers.list);
	secret_pool_release(&headers.pool);
	secret_pool_release(&own);
}

static void error_give(const struct credential *credential, const char *error,
                       void (*ready)(void *arg, const struct credential_answer *answer), void *arg)
{
	struct credential_answer answer = {0};
	struct err err;

	err_set(&err, "%s", error);
	if (credential->spec.where)
		err_wrap(&err, "%.160s", credential->spec.where);
	answer.error = err.text;
	ready(arg, &answer);
}

static void wait_free(struct credential_wait *wait)
{
	exec_wait_remove(&wait->exec);
	vec_remove_item(&wait->credential->waits, wait);
	free(wait);
}

static void plugin_finished(struct exec_wait *exec, const char *error)
{
	struct credential_wait *wait = (struct credential_wait *)exec;
	struct credential *credential = wait->credential;
	void (*ready)(void *arg, const struct credential_answer *answer) = wait->ready;
	void *arg = wait->arg;

	wait_free(wait);
	if (error)
		error_give(credential, error, ready, arg);
	else
		answer_give(credential, ready, arg);
}

static struct credential_wait *wait_new(struct credential *credential,
                                        void (*ready)(void *arg, const struct credential_answer *answer),
                                        void *arg)
{
	struct exec_entry *entry = credential->exec;
	struct credential_wait *wait = mem_new(sizeof(*wait));
	struct exec_wait **link = &entry->waits;

	wait->credential = credential;
	wait->ready = ready;
	wait->arg = arg;
	wait->exec.finished = plugin_finished;
	/* In the order in which they came. */
	while (*link)
		link = &(*link)->next;
	*link = &wait->exec;
	wait->exec.link = link;
	vec_push(&credential->waits, wait);
	return wait;
}

struct credential_wait *credential_get(struct credential *credential,
                                       void (*ready)(void *arg, const struct credential_answer *answer),
                                       void *arg)
{
	struct exec_entry *entry = credential->exec;
	struct err err;

	files_look(credential);
	if (!entry || exec_entry_is_fresh(entry)) {
		answer_give(credential, ready, arg);
		return NULL;
	}
	if (!exec_is_running(entry)) {
		const char *held = exec_entry_held(entry);

		if (held) {
			error_give(credential, held, ready, arg);
			return NULL;
		}
		entry->borrow_terminal = credential->options.borrow_terminal;
		entry->arg = credential->options.arg;
		entry->timeout = credential->options.exec_timeout;
		if (exec_run(entry, &err)) {
			error_give(credential, err.text, ready, arg);
			return NULL;
		}
	}
	return wait_new(credential, ready, arg);
}

void credential_cancel(struct credential_wait *wait)
{
	if (wait)
		wait_free(wait);
}

void credential_retry(struct credential *credential)
{
	if (credential->exec)
		credential->exec->hold_until = INT64_MIN;
}

int credential_reject(struct credential *credential, uint64_t generation)
{
	int is_renewable = credential->exec || credential->token.path || credential->cert.path;

	if (generation != credential->generation)
		return 1;
	if (credential->exec)
		exec_entry_reject(credential->exec, credential->exec_sequence);
	credential->token_look = credential->cert_look = now(credential);
	return is_renewable;
}
