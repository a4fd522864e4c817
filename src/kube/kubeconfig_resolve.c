/* SPDX-License-Identifier: MIT */
/*
 * From the name of a context to everything it takes to reach its cluster. What goes wrong here is a
 * person's slip most of the time, so each message names the place and, where there is one, the name
 * that was probably meant.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/spell.h"
#include "base/text.h"
#include "base/utf8.h"
#include "kubeconfig_internal.h"

enum { LISTED = 6 }; /* names in a message */

static const char *nearest(const struct vec *entries, const char *name)
{
	const char **names = mem_new_array(entries->len + 1, sizeof(*names));
	const char *found;

	for (size_t i = 0; i < entries->len; i++)
		names[i] = ((struct kubeconfig_entry *)entries->items[i])->shown;
	found = spell_nearest(name, names, entries->len);
	free(names);
	return found;
}

/* "a, b, c and 4 more". */
static void list_names(struct text *out, const struct vec *entries)
{
	for (size_t i = 0; i < entries->len && i < LISTED; i++)
		text_printf(out, "%s%.60s", i ? ", " : "",
		            ((struct kubeconfig_entry *)entries->items[i])->shown);
	if (entries->len > LISTED)
		text_printf(out, " and %zu more", entries->len - LISTED);
}

/* The names to choose from, as the end of a message; or the one that was probably meant. */
static void add_choice(struct text *out, const struct vec *entries, const char *name)
{
	const char *meant = name ? nearest(entries, name) : NULL;

	if (meant) {
		text_printf(out, "did you mean \"%.100s\"?", meant);
	} else if (entries->len) {
		text_add(out, "there are: ");
		list_names(out, entries);
	} else {
		text_add(out, "there are none");
	}
}

static int fail_nothing(const struct kubeconfig_memory *memory, struct err *err)
{
	char room[ERR_MAX];
	struct text choice = text_in(room, sizeof(room));

	if (!memory->files.len)
		return err_set(
		    err, "there is no kubeconfig: looked for %.300s; set KUBECONFIG or use --kubeconfig",
		    memory->searched ? memory->searched : "~/.kube/config, but HOME is not set");
	if (!memory->contexts.len)
		return err_set(err, "there is no context in %.300s", memory->searched);
	list_names(&choice, &memory->contexts);
	return err_set(err, "no current-context is set in %.200s; choose one with --context: %s",
	               memory->searched, room);
}

static int fail_unknown(const struct kubeconfig_memory *memory, const char *name, const char *where,
                        struct err *err)
{
	char room[ERR_MAX];
	struct text choice = text_in(room, sizeof(room));
	char *shown = shown_text(name);

	add_choice(&choice, &memory->contexts, shown);
	if (where)
		err_set(err, "%s: the current-context \"%.100s\" does not exist; %s", where, shown, room);
	else
		err_set(err, "the context \"%.100s\" does not exist in %.200s; %s", shown,
		        memory->searched ? memory->searched : "any kubeconfig", room);
	free(shown);
	return -1;
}

/* The entry that a context refers to by `key`, or NULL and err. */
static const struct kubeconfig_entry *refer(const struct kubeconfig_entry *context, const char *key,
                                            const struct vec *entries, struct err *err)
{
	const char *name = field_text(context->body, key);
	const struct kubeconfig_entry *entry;
	char room[ERR_MAX];
	struct text choice = text_in(room, sizeof(room));
	char *shown;

	if (!name) {
		err_set(err, "%s: the context \"%.100s\" names no %s", context->where, context->shown, key);
		return NULL;
	}
	entry = entry_find(entries, name);
	if (entry)
		return entry;
	shown = shown_text(name);
	add_choice(&choice, entries, shown);
	err_set(err, "%s: the context \"%.100s\" names the %s \"%.100s\", which does not exist; %s",
	        context->where, context->shown, key, shown, room);
	free(shown);
	return NULL;
}

/* It becomes a part of request paths. kubectl refuses the same ones, when it first uses them. */
static int check_namespace(const struct kubeconfig_entry *context, const char *name, struct err *err)
{
	if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strpbrk(name, "/%?# ") &&
	    utf8_is_safe(name, strlen(name)) && strlen(name) < SHOWN_MAX)
		return 0;
	return err_set(
	    err,
	    "%s: the context \"%.100s\" has a namespace that cannot exist: \"%.60s\"; namespaces are "
	    "of lower case letters, digits and \"-\"",
	    context->where, context->shown, name);
}

static const struct kubeconfig_entry *find_context(const struct kubeconfig_memory *memory, const char *name)
{
	const struct kubeconfig_entry *entry = entry_find(&memory->contexts, name);

	/* As it was shown on the screen is good too. */
	for (size_t i = 0; !entry && i < memory->contexts.len; i++)
		if (strcmp(((struct kubeconfig_entry *)memory->contexts.items[i])->shown, name) == 0)
			entry = memory->contexts.items[i];
	return entry;
}

static int resolve_context(const struct kubeconfig_memory *memory, const struct kubeconfig_entry *context,
                           struct kube_access *access, struct err *err)
{
	struct secret_pool *pool = &access->memory->pool;
	const struct kubeconfig_entry *cluster, *user;
	const char *namespace = field_text(context->body, "namespace");

	cluster = refer(context, "cluster", &memory->clusters, err);
	user = cluster ? refer(context, "user", &memory->users, err) : NULL;
	if (!user || (namespace && check_namespace(context, namespace, err)))
		return -1;
	access->context = secret_string(pool, context->shown);
	access->raw_context = secret_string(pool, context->name);
	access->cluster = secret_string(pool, cluster->shown);
	access->user = secret_string(pool, user->shown);
	access->namespace = secret_string(pool, namespace ? namespace : "default");
	if (cluster_resolve(access, cluster, err))
		return -1;
	return user_resolve(access, user, cluster, err);
}

int kubeconfig_resolve(const struct kubeconfig *config, const char *name, struct kube_access *access,
                       struct err *err)
{
	const struct kubeconfig_memory *memory = config->memory;
	const struct kubeconfig_entry *context;
	const char *wanted = name && *name ? name : memory->current;
	int result;

	*access = (struct kube_access){0};
	if (!wanted && !incluster_is_possible(&memory->env))
		return fail_nothing(memory, err);
	context = wanted ? find_context(memory, wanted) : NULL;
	if (wanted && !context)
		return fail_unknown(memory, wanted, name && *name ? NULL : memory->current_where, err);
	access->memory = mem_new(sizeof(*access->memory));
	if (context)
		result = resolve_context(memory, context, access, err);
	else
		result = incluster_resolve(access, &memory->env, err);
	if (result)
		kube_access_release(access);
	return result;
}

void kube_access_release(struct kube_access *access)
{
	if (access->memory) {
		secret_pool_release(&access->memory->pool);
		free(access->memory);
	}
	*access = (struct kube_access){0};
}
