/* SPDX-License-Identifier: MIT */
/* One cluster: a client, a queue for big lists, and one watch for each row of the kinds table. */
#include "kube/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kube/watch.h"
#include "model/writer.h"

struct source {
	struct client *client;
	struct watch_queue *queue;
	struct watch **watches; /* kind_count */
	char *service_label, *team_label, *namespace;
	struct cluster *cluster;
	struct loop *loop;
	struct log *log;
};

static struct client *source_connect(const struct source_options *options, struct err *err)
{
	const struct credential_options credential_options = {
		.loop = options->loop, .clock = options->clock, .cache = options->credentials,
		.spec = &options->access->credential, .borrow_terminal = options->borrow_terminal, .arg = options->arg,
	};
	struct client_options client_options = {
		.loop = options->loop, .http = options->http, .endpoint = options->access->endpoint,
		.credential = credential_new(&credential_options, err),
	};
	return client_options.credential ? client_new(&client_options, err) : NULL;
}

struct source *source_new(const struct source_options *options, struct err *err)
{
	struct client *client = source_connect(options, err);
	if (!client)
		return NULL;
	struct source *source = mem_new(sizeof(*source));
	const char *namespace = options->access->namespace;
	source->client = client;
	source->cluster = options->cluster;
	source->loop = options->loop;
	source->log = options->log;
	source->queue = watch_queue_new(options->loop);
	source->service_label = mem_copy_string(options->service_label ? options->service_label : "app.kubernetes.io/name");
	source->team_label = mem_copy_string(options->team_label ? options->team_label : "team");
	source->namespace = namespace && *namespace ? mem_copy_string(namespace) : NULL;
	source->watches = mem_new_array(kind_count, sizeof(struct watch *));
	const struct watch_context context = {
		.loop = options->loop, .clock = options->clock, .log = options->log, .client = client,
		.cluster = options->cluster, .namespace = source->namespace, .queue = source->queue,
		.decode = {options->fleet, source->service_label, source->team_label},
		.changed = options->changed, .arg = options->arg,
	};
	for (size_t i = 0; i < kind_count; i++)
		source->watches[i] = watch_new(&context, &kinds[i]);
	return source;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < kind_count; i++)
		watch_free(source->watches[i]);
	watch_queue_free(source->queue);
	client_free(source->client);
	free(source->watches);
	free(source->service_label);
	free(source->team_label);
	free(source->namespace);
	free(source);
}

void source_start(struct source *source)
{
	for (size_t i = 0; i < kind_count; i++)
		watch_start(source->watches[i]);
}

void source_refresh(struct source *source)
{
	for (size_t i = 0; i < kind_count; i++)
		watch_relist(source->watches[i]);
}

struct client *source_client(struct source *source)
{
	return source->client;
}

struct loop *source_loop(struct source *source)
{
	return source->loop;
}
