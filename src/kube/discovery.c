/* SPDX-License-Identifier: MIT */
/* A list of paths to ask for, one at a time; a document may add more. */
#include "kube/discovery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "kube/discovery_decode.h"

static const char accept[] = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

struct discovery_read {
	struct client *client;
	struct client_call *call;
	struct discovery *found;
	struct vec paths; /* char * */
	const char *const *groups;
	size_t next;
	char words[400];  /* of the last failure */
	void (*done)(void *arg, struct discovery *found, const char *words);
	void *arg;
};

static void read_next(struct discovery_read *read);

static void read_free(struct discovery_read *read)
{
	for (size_t i = 0; i < read->paths.len; i++)
		free(read->paths.items[i]);
	vec_release(&read->paths);
	free(read);
}

static void read_end(struct discovery_read *read)
{
	struct discovery *found = read->found;
	if (!found->read || (!read->groups && found->resources.len == 0)) {
		discovery_free(found);
		found = NULL;
	}
	read->done(read->arg, found, found ? "" : read->words);
	read_free(read);
}

static int is_wanted(const struct discovery_read *read, const char *path)
{
	static const char root[] = "/apis/";
	size_t len = strcspn(path + sizeof(root) - 1, "/");
	if (!read->groups || strncmp(path, root, sizeof(root) - 1) != 0)
		return 1;
	for (size_t i = 0; read->groups[i]; i++)
		if (strlen(read->groups[i]) == len && strncmp(path + sizeof(root) - 1, read->groups[i], len) == 0)
			return 1;
	return 0;
}

/* Of the documents that have just been named, those that nobody wants. */
static void drop_unwanted(struct discovery_read *read, size_t from)
{
	for (size_t i = read->paths.len; i-- > from;) {
		if (is_wanted(read, read->paths.items[i]))
			continue;
		free(read->paths.items[i]);
		vec_remove(&read->paths, i);
	}
}

static void read_answered(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct discovery_read *read = arg;
	const char *path = read->paths.items[read->next++];
	size_t known = read->paths.len;
	read->call = NULL;
	if (result->error[0])
		snprintf(read->words, sizeof(read->words), "%s", result->error);
	else if (discovery_decode(read->found, body, len, &read->paths) < 0)
		snprintf(read->words, sizeof(read->words), "%s is no discovery document", path);
	else
		read->words[0] = '\0', read->found->read = 1;
	drop_unwanted(read, known);
	if (read->words[0]) {
		char name[128];
		utf8_sanitise(name, sizeof(name), path, strlen(path));
		discovery_break(read->found, name);
	}
	if (read->next < read->paths.len && !(read->next == 1 && !result->status)) /* no server: do not ask on */
		read_next(read);
	else
		read_end(read);
}

static void read_next(struct discovery_read *read)
{
	read->call = client_get(read->client, read->paths.items[read->next], accept, read_answered, read);
}

struct discovery_read *discovery_read(struct client *client, const char *const *groups,
                                      void (*done)(void *arg, struct discovery *found, const char *words), void *arg)
{
	struct discovery_read *read = mem_new(sizeof(*read));
	read->client = client;
	read->found = mem_new(sizeof(*read->found));
	map_init(&read->found->resources);
	vec_init(&read->paths);
	read->groups = groups;
	if (!groups)
		vec_push(&read->paths, mem_copy_string("/api"));
	vec_push(&read->paths, mem_copy_string("/apis"));
	read->done = done;
	read->arg = arg;
	read_next(read);
	return read;
}

void discovery_cancel(struct discovery_read *read)
{
	if (!read)
		return;
	client_cancel(read->call);
	discovery_free(read->found);
	read_free(read);
}

int discovery_has(const struct discovery *discovery, const char *group, const char *version, const char *plural)
{
	char key[256];
	snprintf(key, sizeof(key), "%s%s%s/%s", group, *group ? "/" : "", version, plural);
	return map_get(&discovery->resources, key) != NULL;
}

void discovery_free(struct discovery *discovery)
{
	char *key;
	if (!discovery)
		return;
	for (size_t at = 0; (key = map_next(&discovery->resources, &at));)
		free(key);
	map_release(&discovery->resources);
	free(discovery);
}
