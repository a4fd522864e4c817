/* SPDX-License-Identifier: MIT */
/*
 * One cluster: a client, a queue for big lists, and one watch for each row of the kinds tables. What
 * comes with Kubernetes is watched at once. Whether the server has the rest, and in which version, is
 * one question that is asked when the first page has come, so that first rows never wait for it.
 */
#include "kube/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "kube/discovery.h"
#include "kube/heartbeat.h"
#include "kube/watch.h"
#include "model/writer.h"

enum { KINDS_MAX = 64 };

const struct source_timing source_timing_default = {.soon = 2, .failed_max = 60, .again = 600};

struct source {
	struct client *client;
	struct watch_queue *queue;
	const struct kind *kinds[KINDS_MAX];
	struct watch *watches[KINDS_MAX];
	size_t count;
	struct heartbeat *heartbeat;
	char *service_label, *team_label, *namespace;
	struct cluster *cluster;
	struct loop *loop;
	struct log *log;

	/* The search for optional kinds. */
	const char *groups[KINDS_MAX + 1];
	struct discovery_read *seeking;
	struct timer *seek;
	struct source_timing timing;
	double seek_pause; /* seconds after a search that failed; doubled each time */
	void (*changed)(void *arg);
	void *arg;
};

static const struct kind *const own_tables[] = {kinds, NULL};

static int is_optional(const struct kind *kind)
{
	return kind_names(kind)->optional;
}

static void source_seek(void *arg);

/* A little later: a definition that goes is often one of many. */
static void source_absent(void *arg)
{
	struct source *source = arg;
	if (!source->seeking)
		timer_start(source->seek, source->timing.soon);
}

static void source_say(struct source *source, const struct kind *kind, enum sync sync, const char *words)
{
	cluster_set_sync(source->cluster, kind->object, sync, words);
	if (source->changed)
		source->changed(source->arg);
}

/* The best version of a kind that the server serves; NULL for none. */
static const char *best_version(const struct discovery *found, const struct kind *kind)
{
	const struct kind_row *names = kind_names(kind);
	for (size_t i = 0; kind->versions[i]; i++)
		if (discovery_has(found, names->group, kind->versions[i], names->plural))
			return kind->versions[i];
	return NULL;
}

static void source_found(struct source *source, size_t i, const struct discovery *found)
{
	const struct kind *kind = source->kinds[i];
	const char *version = best_version(found, kind);
	if (version) {
		watch_start_version(source->watches[i], version);
		return;
	}
	if (watch_is_started(source->watches[i]))
		return; /* it has objects or an answer of its own; a 404 will tell when that ends */
	if (found->broken && strstr(found->broken_name, kind_names(kind)->group))
		source_say(source, kind, SYNC_FAILED, "its API group cannot be read");
	else
		source_say(source, kind, SYNC_ABSENT, "this server does not have the kind");
}

static void source_sought(void *arg, struct discovery *found, const char *words)
{
	struct source *source = arg;
	source->seeking = NULL;
	for (size_t i = 0; i < source->count; i++) {
		if (!is_optional(source->kinds[i]))
			continue;
		if (found)
			source_found(source, i, found);
		else if (!watch_is_started(source->watches[i]))
			source_say(source, source->kinds[i], SYNC_FAILED, words);
	}
	if (found) {
		source->seek_pause = source->timing.soon;
		timer_start(source->seek, source->timing.again * (1 + random_fraction()));
	} else {
		log_line(source->log, "%s: kinds cannot be discovered: %s", source->cluster->name, words);
		timer_start(source->seek, source->seek_pause * (1 + random_fraction()));
		source->seek_pause = source->seek_pause < source->timing.failed_max ? 2 * source->seek_pause : source->timing.failed_max;
	}
	discovery_free(found);
}

static void source_seek(void *arg)
{
	struct source *source = arg;
	timer_stop(source->seek);
	if (!source->groups[0] || source->seeking)
		return;
	source->seeking = discovery_read(source->client, source->groups, source_sought, source);
}

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

static void add_group(struct source *source, const char *group)
{
	size_t i = 0;
	while (source->groups[i] && strcmp(source->groups[i], group) != 0)
		i++;
	source->groups[i] = group;
}

/* The watch of an optional kind calls back into the source, which gives on what it says. */
static void source_changed(void *arg)
{
	struct source *source = arg;
	if (source->changed)
		source->changed(source->arg);
}

static void add_kind(struct source *source, const struct watch_context *shared, const struct kind *kind)
{
	struct watch_context context = *shared;
	context.order = (int)source->count;
	if (is_optional(kind)) {
		context.absent = source_absent;
		add_group(source, kind_names(kind)->group);
	}
	source->kinds[source->count] = kind;
	source->watches[source->count++] = watch_new(&context, kind);
}

/* The server is well again: what waits need not. */
static void source_recovered(void *arg)
{
	struct source *source = arg;
	for (size_t i = 0; i < source->count; i++)
		watch_hurry(source->watches[i]);
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
	source->changed = options->changed;
	source->arg = options->arg;
	source->queue = watch_queue_new(options->loop);
	source->seek = timer_new(options->loop, source_seek, source);
	source->timing = options->timing ? *options->timing : source_timing_default;
	source->seek_pause = source->timing.soon;
	source->service_label = mem_copy_string(options->service_label ? options->service_label : "app.kubernetes.io/name");
	source->team_label = mem_copy_string(options->team_label ? options->team_label : "team");
	source->namespace = namespace && *namespace ? mem_copy_string(namespace) : NULL;
	const struct watch_context context = {
		.loop = options->loop, .clock = options->clock, .log = options->log, .client = client,
		.cluster = options->cluster, .namespace = source->namespace, .queue = source->queue,
		.decode = {options->fleet, source->service_label, source->team_label},
		.changed = source_changed, .arg = source,
	};
	for (const struct kind *const *table = options->kinds ? options->kinds : own_tables; *table; table++)
		for (const struct kind *kind = *table; kind->decode && source->count < KINDS_MAX; kind++)
			add_kind(source, &context, kind);
	watch_queue_tell(source->queue, source_seek, source);
	source->heartbeat = heartbeat_new(&(struct heartbeat_options){
		.loop = options->loop, .client = client, .cluster = options->cluster, .changed = options->changed,
		.changed_arg = options->arg, .recovered = source_recovered, .recovered_arg = source,
	});
	return source;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	discovery_cancel(source->seeking);
	timer_free(source->seek);
	for (size_t i = 0; i < source->count; i++)
		watch_free(source->watches[i]);
	heartbeat_free(source->heartbeat);
	watch_queue_free(source->queue);
	client_free(source->client);
	free(source->service_label);
	free(source->team_label);
	free(source->namespace);
	free(source);
}

void source_start(struct source *source)
{
	for (size_t i = 0; i < source->count; i++) {
		if (is_optional(source->kinds[i]))
			source_say(source, source->kinds[i], SYNC_SEEKING, NULL);
		else
			watch_start(source->watches[i]);
	}
	heartbeat_start(source->heartbeat);
}

void source_refresh(struct source *source)
{
	for (size_t i = 0; i < source->count; i++)
		if (!is_optional(source->kinds[i]) || watch_is_started(source->watches[i]))
			watch_relist(source->watches[i]);
	source_seek(source);
}

const struct kind *source_kind(const struct source *source, enum object_kind object, const char **version)
{
	for (size_t i = 0; i < source->count; i++) {
		if (source->kinds[i]->object != object)
			continue;
		*version = watch_version(source->watches[i]);
		return source->kinds[i];
	}
	return NULL;
}

struct client *source_client(struct source *source)
{
	return source->client;
}

struct loop *source_loop(struct source *source)
{
	return source->loop;
}

const char *source_namespace(const struct source *source)
{
	return source->namespace;
}
