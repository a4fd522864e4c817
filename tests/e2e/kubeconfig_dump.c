/* SPDX-License-Identifier: MIT */
/*
 * Prints as JSON what we make of a kubeconfig: the access of one context and the headers and
 * certificate that would be sent. kubeconfig_vs_kubectl.py compares it with the real kubectl.
 * It prints secrets: it is for made-up ones.
 *
 * usage: kubeconfig_dump [--kubeconfig PATH] [--context NAME] [--account-dir DIR]
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "kube/kubeconfig.h"
#include "net/loop.h"

struct dump {
	struct loop *loop;
	cJSON *json;
	int is_done;
};

static void add_text(cJSON *json, const char *name, const char *text)
{
	cJSON_AddItemToObject(json, name, text ? cJSON_CreateString(text) : cJSON_CreateNull());
}

static void credential_ready(void *arg, const struct credential_answer *answer)
{
	struct dump *dump = arg;
	cJSON *headers = cJSON_AddArrayToObject(dump->json, "headers");

	for (const char *const *header = answer->headers; header && *header; header++)
		cJSON_AddItemToArray(headers, cJSON_CreateString(*header));
	if (answer->error)
		add_text(dump->json, "error", answer->error);
	add_text(dump->json, "certificate", answer->cert_pem);
	cJSON_AddBoolToObject(dump->json, "key", answer->key_pem != NULL);
	dump->is_done = 1;
	loop_stop(dump->loop);
}

static void add_access(cJSON *json, const struct kube_access *access)
{
	add_text(json, "context", access->raw_context ? access->raw_context : access->context);
	add_text(json, "namespace", access->namespace);
	add_text(json, "server", access->endpoint.url);
	add_text(json, "ca", access->endpoint.ca_pem);
	add_text(json, "tlsServerName", access->endpoint.tls_name);
	add_text(json, "proxy", access->endpoint.proxy_url);
	cJSON_AddBoolToObject(json, "insecure", access->endpoint.insecure);
	cJSON_AddBoolToObject(json, "noCompression", access->endpoint.no_compression);
	cJSON_AddBoolToObject(json, "inCluster", access->in_cluster);
	add_text(json, "plugin", access->credential.exec.command);
}

static int dump_credential(struct dump *dump, const struct kube_access *access, struct err *err)
{
	struct credential_options options = {
	    .clock = &clock_system, .spec = &access->credential, .exec_timeout = 10};
	struct credential *credential;
	int result = -1;

	dump->loop = options.loop = loop_new(err);
	if (!dump->loop)
		return -1;
	options.cache = credential_cache_new(options.loop, options.clock);
	credential = credential_new(&options, err);
	if (credential) {
		credential_get(credential, credential_ready, dump);
		if (!dump->is_done)
			loop_run(dump->loop);
		result = 0;
	}
	credential_free(credential);
	credential_cache_free(options.cache);
	loop_free(dump->loop);
	return result;
}

int main(int argc, char **argv)
{
	const char *path = NULL, *context = NULL;
	struct dump dump = {.json = cJSON_CreateObject()};
	struct kubeconfig_env env;
	struct kubeconfig config = {0};
	struct kube_access access = {0};
	struct err err = {0};
	char *text;
	int failed;

	kubeconfig_env_init(&env);
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--kubeconfig") == 0)
			path = argv[i + 1];
		else if (strcmp(argv[i], "--context") == 0)
			context = argv[i + 1];
		else if (strcmp(argv[i], "--account-dir") == 0)
			env.account_dir = argv[i + 1];
	}
	failed =
	    kubeconfig_load(&config, path, &env, &err) || kubeconfig_resolve(&config, context, &access, &err);
	if (!failed) {
		add_access(dump.json, &access);
		failed = dump_credential(&dump, &access, &err);
	}
	if (failed)
		add_text(dump.json, "error", err.text);
	kube_access_release(&access);
	kubeconfig_release(&config);
	text = cJSON_Print(dump.json);
	puts(text);
	failed = json_get(dump.json, "error") != NULL;
	cJSON_free(text);
	cJSON_Delete(dump.json);
	return failed;
}
