/* SPDX-License-Identifier: MIT */
/* Which clusters: from the command line, else the configuration, else the current context. */
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "base/mem.h"

/* The names in the order in which they are shown; NULL stands for the current context. */
static void choose_names(struct vec *names, const struct contexts *contexts, const struct cli *cli)
{
	if (cli->all_contexts) {
		for (size_t i = 0; i < contexts->kubeconfig.context_count; i++)
			vec_push(names, (char *)(uintptr_t)contexts->kubeconfig.contexts[i].name);
	} else if (cli->contexts.len > 0) {
		for (size_t i = 0; i < cli->contexts.len; i++) {
			size_t seen = 0;
			while (seen < names->len && strcmp(names->items[seen], cli->contexts.items[i]) != 0)
				seen++;
			if (seen == names->len)
				vec_push(names, cli->contexts.items[i]);
		}
	} else if (cli->config.cluster_count > 0) {
		for (size_t i = 0; i < cli->config.cluster_count; i++)
			vec_push(names, (char *)(uintptr_t)cli->config.clusters[i].context);
	} else {
		vec_push(names, NULL);
	}
}

static void add_context(struct contexts *contexts, const struct cli *cli, const char *name)
{
	struct err err = {0};
	size_t at = contexts->count++;
	struct session_context *item = &contexts->items[at];
	struct kube_access *access = &contexts->accesses[at];
	if (kubeconfig_resolve(&contexts->kubeconfig, name, access, &err) < 0) {
		contexts->errors[at] = mem_copy_string(err.text);
		item->error = contexts->errors[at];
		item->name = name ? name : contexts->kubeconfig.current;
	} else {
		item->access = access;
		item->name = access->context;
	}
	const struct config_cluster *cluster = config_cluster(&cli->config, item->name);
	item->env = cluster ? cluster->env : "";
	item->region = cluster ? cluster->region : "";
	item->protected = cluster ? cluster->protected : 0;
	item->prometheus = cluster ? cluster->prometheus : NULL;
}

int contexts_choose(struct contexts *contexts, const struct cli *cli, struct err *err)
{
	struct vec names;
	int usable = 0;
	*contexts = (struct contexts){0};
	if (kubeconfig_load(&contexts->kubeconfig, cli->kubeconfig, NULL, err) < 0)
		return -1;
	vec_init(&names);
	choose_names(&names, contexts, cli);
	contexts->items = mem_new_array(names.len + 1, sizeof(*contexts->items));
	contexts->accesses = mem_new_array(names.len + 1, sizeof(*contexts->accesses));
	contexts->errors = mem_new_array(names.len + 1, sizeof(*contexts->errors));
	for (size_t i = 0; i < names.len; i++)
		add_context(contexts, cli, names.items[i]);
	vec_release(&names);
	for (size_t i = 0; i < contexts->count; i++)
		usable += contexts->items[i].access != NULL;
	if (usable > 0)
		return 0;
	err_set(err, "%s", contexts->count ? contexts->errors[0] : "the kubeconfig has no contexts");
	contexts_release(contexts);
	return -1;
}

void contexts_release(struct contexts *contexts)
{
	for (size_t i = 0; i < contexts->count; i++) {
		if (contexts->items[i].access)
			kube_access_release(&contexts->accesses[i]);
		free(contexts->errors[i]);
	}
	free(contexts->items);
	free(contexts->accesses);
	free(contexts->errors);
	kubeconfig_release(&contexts->kubeconfig);
	*contexts = (struct contexts){0};
}
