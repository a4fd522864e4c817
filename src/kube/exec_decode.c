/* SPDX-License-Identifier: MIT */
/*
 * A plugin's answer: an ExecCredential in JSON, or in YAML, which client-go's decoder takes as well.
 * It is made of secrets, so no message quotes it and the tree is wiped before it goes.
 */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "exec_internal.h"
#include "kubeconfig_internal.h"

static void json_wipe(cJSON *value)
{
	for (; value; value = value->next) {
		if (value->valuestring)
			explicit_bzero(value->valuestring, strlen(value->valuestring));
		json_wipe(value->child);
	}
}

static cJSON *parse(const char *bytes, size_t len, struct err *err)
{
	size_t start = 0;
	struct yaml yaml;
	cJSON *json;

	while (start < len && strchr(" \t\r\n", bytes[start]) && bytes[start])
		start++;
	if (start == len) {
		err_set(err, "it printed nothing");
		return NULL;
	}
	if (bytes[start] == '{') {
		json = json_parse_heap(bytes, len, err);
		if (!json)
			err_wrap(err, "its answer cannot be read");
		return json;
	}
	if (yaml_parse(&yaml, "answer", bytes, len, NULL)) {
		err_set(err, "its answer is neither JSON nor YAML");
		return NULL;
	}
	json = yaml_to_json(yaml.root);
	yaml_wipe(&yaml);
	return json;
}

/* A field that is a text or not there. */
static int take_text(const cJSON *status, const char *name, const cJSON **out, struct err *err)
{
	const cJSON *value = json_get(status, name);

	*out = NULL;
	if (value && !cJSON_IsString(value))
		return err_set(err, "its answer has a %s that is no text", name);
	if (value && value->valuestring[0])
		*out = value;
	return 0;
}

static int check_version(const cJSON *json, const char *api_version, struct err *err)
{
	const char *version = json_string(json, "apiVersion"), *kind = json_string(json, "kind");

	if (json_get(json, "kind") && (!kind || strcmp(kind, "ExecCredential") != 0))
		return err_set(err, "its answer is no ExecCredential");
	if (!version)
		return err_set(err, "its answer has no apiVersion; expected %s", api_version);
	if (strcmp(version, api_version) != 0)
		return err_set(
		    err, "it answered with apiVersion %.60s, and the kubeconfig says %s; make them the same",
		    version, api_version);
	return 0;
}

static int check_token(const char *token, struct err *err)
{
	for (; *token; token++)
		if ((unsigned char)*token < ' ' || *token == 0x7f)
			return err_set(err, "its token has control characters in it");
	return 0;
}

static int take_status(const cJSON *status, struct exec_result *result, struct err *err)
{
	const cJSON *token, *cert, *key, *expires;

	if (take_text(status, "token", &token, err) ||
	    take_text(status, "clientCertificateData", &cert, err) ||
	    take_text(status, "clientKeyData", &key, err) ||
	    take_text(status, "expirationTimestamp", &expires, err))
		return -1;
	if (!token && !cert && !key)
		return err_set(err, "its answer has neither a token nor a certificate");
	if (!cert != !key)
		return err_set(err, "its answer has only a %s; it takes the %s too",
		               cert ? "certificate" : "key", cert ? "key" : "certificate");
	if (token && check_token(token->valuestring, err))
		return -1;
	if (cert && (!strstr(cert->valuestring, "-----BEGIN CERTIFICATE-----") ||
	             !strstr(key->valuestring, "PRIVATE KEY-----")))
		return err_set(err, "its certificate or key is not in PEM");
	if (expires && stamp_parse(expires->valuestring, &result->expires))
		return err_set(err, "its expirationTimestamp is no time as in RFC 3339");
	if (token)
		result->token = secret_string(&result->pool, token->valuestring);
	if (cert) {
		result->cert_pem = secret_string(&result->pool, cert->valuestring);
		result->key_pem = secret_string(&result->pool, key->valuestring);
	}
	return 0;
}

int exec_decode(const char *bytes, size_t len, const char *api_version, struct exec_result *result,
                struct err *err)
{
	cJSON *json = parse(bytes, len, err);
	const cJSON *status = json_get(json, "status");
	int outcome = -1;

	*result = (struct exec_result){0};
	if (!json)
		return -1;
	if (check_version(json, api_version, err) == 0) {
		if (cJSON_IsObject(status))
			outcome = take_status(status, result, err);
		else
			err_set(err, "its answer has no status");
	}
	json_wipe(json);
	cJSON_Delete(json);
	if (outcome)
		exec_result_release(result);
	return outcome;
}

void exec_result_release(struct exec_result *result)
{
	secret_pool_release(&result->pool);
	*result = (struct exec_result){0};
}
