/* SPDX-License-Identifier: MIT */
/*
 * A chain is derived anew when its service changed, when a source of its cluster or a repository
 * did, when it said that time would change it, and once a second while it is on its way. All else
 * costs a comparison.
 */
#include "trace/tracer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/flux.h"
#include "model/revision.h"
#include "store/chains.h"

enum { LOOK_MS = 1000, NEWS_MS = 30 * 1000, TOLD = 64, TOLD_KEY = 300 };

struct record {
	char *key;              /* of the service */
	char pinned[COMMIT_SHA]; /* the commit that somebody asked to follow; "" */
	uint64_t seen;          /* the service's, when its chain was derived */
	int64_t looked_ms;
	char live[COMMIT_SHA];  /* the commit that was live last: what it passes again is no news; "" */
	int usual_known;
	struct chain_usual usual;
	unsigned alive : 1;
};

/* What the chains of a cluster depend on beside their services. */
struct ground {
	uint64_t sources;
	unsigned known : 1;     /* what applies services was read, or is not there */
};

struct tracer {
	struct tracer_options options;
	struct map records;     /* by service key */
	struct ground *grounds; /* by cluster */
	size_t ground_count;
	uint64_t repositories;  /* sum of their versions */
	uint64_t membership;    /* of the fleet, when records were last swept and names collected */
	struct map names;       /* see trace/chain.h; interned strings of the fleet, which hold as long as their services */
	int keeping;            /* a transaction is open */
	char told[TOLD][TOLD_KEY]; /* what was told of Kustomizations, which many services share */
	size_t told_next;
};

struct tracer *tracer_new(const struct tracer_options *options)
{
	struct tracer *tracer = mem_new(sizeof(*tracer));

	tracer->options = *options;
	map_init(&tracer->records);
	map_init(&tracer->names);
	return tracer;
}

static void record_free(struct record *record)
{
	free(record->key);
	free(record);
}

void tracer_free(struct tracer *tracer)
{
	struct record *record;

	if (!tracer)
		return;
	for (size_t i = 0; (record = map_next(&tracer->records, &i));)
		record_free(record);
	map_release(&tracer->records);
	map_release(&tracer->names);
	free(tracer->grounds);
	free(tracer);
}

static struct record *record_of(struct tracer *tracer, const struct service *service)
{
	struct record *record = map_get(&tracer->records, service->key);

	if (record)
		return record;
	record = mem_new(sizeof(*record));
	record->key = mem_copy_string(service->key);
	map_put(&tracer->records, record->key, record);
	return record;
}

/* What paths can be named after. Namespaces and teams are left out: their names are ordinary words. */
static void names_collect(struct tracer *tracer)
{
	const struct fleet *fleet = tracer->options.fleet;

	map_release(&tracer->names);
	map_init(&tracer->names);
	for (size_t i = 0; i < fleet->services.len; i++) {
		const struct service *service = fleet->services.items[i];
		map_put(&tracer->names, service->name, (void *)service->name);
	}
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		const char *const words[] = {cluster->name, cluster->env, cluster->region};
		for (size_t w = 0; w < 3; w++)
			if (*words[w])
				map_put(&tracer->names, words[w], (void *)words[w]);
	}
}

/* Services come and go; their records go with them. */
static void records_sweep(struct tracer *tracer)
{
	const struct fleet *fleet = tracer->options.fleet;
	struct record *record;

	if (tracer->membership == fleet->membership)
		return;
	tracer->membership = fleet->membership;
	names_collect(tracer);
	for (size_t i = 0; (record = map_next(&tracer->records, &i));) {
		if (map_get(&fleet->by_key, record->key))
			continue;
		map_remove(&tracer->records, record->key);
		record_free(record);
	}
}

static uint64_t mix(uint64_t sum, const struct object *object)
{
	uint64_t value = (uint64_t)(uintptr_t)object;

	for (const char *at = object->version; *at; at++)
		value = (value ^ (unsigned char)*at) * 0x100000001b3u;
	return sum + value;
}

static void want(struct tracer *tracer, const char *revision)
{
	char sha[COMMIT_SHA];

	if (tracer->options.want && revision_commit(revision, sha) && !fleet_commit(tracer->options.fleet, sha, NULL))
		tracer->options.want(tracer->options.arg, sha);
}

static int kind_is_known(const struct cluster *cluster, enum object_kind kind)
{
	const struct kind_state *state = &cluster->kinds[kind];

	return state->complete || state->sync == SYNC_DENIED || state->sync == SYNC_ABSENT || state->sync == SYNC_FAILED;
}

/* Returns whether it changed. */
static int ground_look(struct tracer *tracer, struct ground *ground, const struct cluster *cluster)
{
	static const enum object_kind kinds[] = {OBJECT_GITREPOSITORY, OBJECT_OCIREPOSITORY, OBJECT_BUCKET, OBJECT_HELMCHART,
	                                         OBJECT_ANALYSISRUN};
	struct ground now = {.known = kind_is_known(cluster, OBJECT_KUSTOMIZATION) && kind_is_known(cluster, OBJECT_HELMRELEASE) &&
	                              kind_is_known(cluster, OBJECT_GITREPOSITORY)};
	const struct object *object;

	/* (Services are stirred by their Kustomizations and releases; by what is above those they are not.) */
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (size_t i = 0; (object = map_next(&cluster->objects[kinds[k]], &i));)
			now.sources = mix(now.sources, object);
	if (now.sources == ground->sources && now.known == ground->known)
		return 0;
	*ground = now;
	for (size_t i = 0; (object = map_next(&cluster->objects[OBJECT_GITREPOSITORY], &i));)
		want(tracer, ((const struct flux_source *)object)->revision);
	return 1;
}

/* Whether this was told before. */
static int is_told(struct tracer *tracer, const char *key)
{
	for (size_t i = 0; i < TOLD; i++)
		if (strcmp(tracer->told[i], key) == 0)
			return 1;
	snprintf(tracer->told[tracer->told_next++ % TOLD], TOLD_KEY, "%s", key);
	return 0;
}

/* Who an entry is about: stages of the Kustomization are many services' at once. */
static int subject_of(struct tracer *tracer, const struct service *service, const struct chain *chain, enum chain_stage stage,
                      char out[96])
{
	const struct chain_link *link = &chain->links[stage];
	char key[TOLD_KEY];

	if (stage > STAGE_APPLY || !link->object) {
		snprintf(out, 96, "%s/%s", service->name, service->cluster->name);
		return 1;
	}
	const char *name = strrchr(link->object, '/');
	snprintf(out, 96, "%s/%s", name ? name + 1 : link->object, service->cluster->name);
	snprintf(key, sizeof(key), "%s %.40s %s %d %d", service->cluster->name, chain->sha, link->object, stage,
	         link->state * HANG_COUNT + link->hang);
	return !is_told(tracer, key);
}

static void tell_passed(struct tracer *tracer, const struct service *service, const struct chain *before,
                        const struct chain *chain, int64_t now)
{
	int same = strcmp(before->sha, chain->sha) == 0;

	for (enum chain_stage stage = STAGE_SOURCE; stage < STAGE_METRICS; stage++) {
		const struct chain_link *link = &chain->links[stage];
		const struct commit *commit;
		const char *slow = link_is_slow(link, now) ? ", slower than usual" : "";
		char subject[96], topic[160], took[32] = "";
		struct text text = text_in(took, sizeof(took));
		if (link->state != CHAIN_DONE || (same && before->links[stage].state == CHAIN_DONE) ||
		    stage == STAGE_WORKLOAD || stage == STAGE_REPLICASET || stage == STAGE_ATTEMPT)
			continue;
		/* Another commit is followed than a moment ago: what it has passed long since is no news. */
		if (!same && link->ended_ms < now - NEWS_MS)
			continue;
		if (!subject_of(tracer, service, chain, stage, subject))
			continue;
		commit = fleet_commit(tracer->options.fleet, chain->sha, NULL);
		took_text(link_took(link, now), &text);
		snprintf(topic, sizeof(topic), "commit %.7s%s%.80s%s  %s ✔", chain->sha, commit ? " \"" : "", commit ? commit->subject : "",
		         commit ? "\"" : "", stage_words[stage]);
		/* A commit passes every Kustomization of a cluster within seconds: one entry that counts them. */
		if (stage <= STAGE_APPLY && link->object)
			timeline_note(&tracer->options.fleet->timeline, link->ended_ms ? link->ended_ms : now, TIMELINE_INFO,
			              service->cluster->name, topic, "%.*s %s%s", (int)strcspn(subject, "/"), subject, took,
			              slow);
		else
			timeline_add(&tracer->options.fleet->timeline, link->ended_ms ? link->ended_ms : now, TIMELINE_INFO, subject,
			             "%s %s%s", topic, took, slow);
	}
}

/* `was_live`: an autoscaler or a restarted pod moves stages of a commit that was told to be live. */
static void tell(struct tracer *tracer, const struct service *service, const struct chain *before, const struct chain *chain,
                 int was_live, int64_t now)
{
	struct fleet *fleet = tracer->options.fleet;
	const struct chain_link *at = &chain->links[chain->at], *was = &before->links[before->at];
	int same = strcmp(before->sha, chain->sha) == 0;
	char subject[96], words[TIMELINE_TEXT];
	struct text text = text_in(words, sizeof(words));

	if (!*chain->sha || (!same && chain->verdict == VERDICT_NOTHING))
		return;
	if (!was_live)
		tell_passed(tracer, service, before, chain, now);
	if (same && chain->verdict == before->verdict && chain->at == before->at && at->hang == was->hang)
		return;
	if (chain->verdict == VERDICT_HEALTHY && same && !was_live) {
		snprintf(subject, sizeof(subject), "%s/%s", service->name, service->cluster->name);
		chain_sentence(fleet, chain, &text);
		if (chain->began_ms && chain->ended_ms > chain->began_ms) {
			text_add(&text, " after ");
			took_text(chain->ended_ms - chain->began_ms, &text);
		}
		timeline_add(&fleet->timeline, now, TIMELINE_GOOD, subject, "%s", words);
	} else if (chain->verdict == VERDICT_HUNG || chain->verdict == VERDICT_FAILED) {
		if (!subject_of(tracer, service, chain, chain->at, subject))
			return;
		chain_sentence(fleet, chain, &text);
		timeline_add(&fleet->timeline, now, chain->verdict == VERDICT_FAILED ? TIMELINE_BAD : TIMELINE_WARNING, subject, "%s",
		             words);
	}
}

static void place_of(const struct service *service, struct chain_place *place)
{
	*place = (struct chain_place){service->cluster->name, service->namespace, service->name};
}

static void add_usual(struct tracer *tracer, struct record *record, const struct service *service, struct chain *chain)
{
	struct chain_place place;
	struct err err = {.text = ""};

	place_of(service, &place);
	if (!record->usual_known && chain->verdict != VERDICT_UNKNOWN) {
		record->usual_known = 1;
		if (chains_usual(tracer->options.db, &place, &record->usual, &err) < 0)
			log_line(tracer->options.log, "how long stages take was not read: %s", err.text);
	}
	for (size_t i = 0; i < CHAIN_STAGES; i++) {
		chain->links[i].usual_ms = record->usual.median_ms[i];
		chain->links[i].slow_ms = record->usual.slow_ms[i];
	}
}

static void keep(struct tracer *tracer, struct record *record, const struct service *service, const struct chain *chain,
                 int64_t now)
{
	struct chain_place place;
	struct err err = {.text = ""};

	if (!tracer->options.db)
		return;
	place_of(service, &place);
	record->usual_known = 0;
	if (!tracer->keeping && db_begin(tracer->options.db, &err) < 0) {
		log_line(tracer->options.log, "a chain was not kept: %s", err.text);
		return;
	}
	tracer->keeping = 1;
	if (chains_save(tracer->options.db, &place, chain, now, &err) < 0)
		log_line(tracer->options.log, "a chain was not kept: %s", err.text);
}

/* Everything that one update has kept is one transaction. */
static void keep_end(struct tracer *tracer)
{
	struct err err = {.text = ""};

	if (!tracer->keeping)
		return;
	tracer->keeping = 0;
	if (db_commit(tracer->options.db, &err) == 0)
		return;
	log_line(tracer->options.log, "chains were not kept: %s", err.text);
	db_rollback(tracer->options.db);
}

/* Derives the chain of one service; returns whether it changed. */
static int look(struct tracer *tracer, struct record *record, struct service *service, int64_t now)
{
	const struct chain_question question = {
	    .fleet = tracer->options.fleet, .service = service, .sha = record->pinned, .names = &tracer->names, .before = service->chain, .now_ms = now,
	};
	struct chain *chain = chain_derive(&question), *before = service->chain;

	record->seen = service->seen;
	record->looked_ms = now;
	want(tracer, chain->applied);
	add_usual(tracer, record, service, chain);
	if (before && chain_same(before, chain)) {
		/* Only what is not shown: when to look again. */
		before->due_ms = chain->due_ms;
		before->applied_seen_ms = chain->applied_seen_ms;
		chain_free(chain);
		return 0;
	}
	if (before) {
		int same = strcmp(before->sha, chain->sha) == 0;
		int was_live = *record->live && strcmp(record->live, chain->sha) == 0;
		tell(tracer, service, before, chain, was_live, now);
		if ((chain->verdict == VERDICT_HEALTHY || chain->verdict == VERDICT_FAILED) && *chain->sha &&
		    (same ? before->verdict != chain->verdict : chain->ended_ms >= now - NEWS_MS))
			keep(tracer, record, service, chain, now);
	}
	if (chain->verdict == VERDICT_HEALTHY)
		snprintf(record->live, sizeof(record->live), "%s", chain->sha);
	service_set_chain(service, chain);
	return 1;
}

static int is_due(const struct record *record, const struct service *service, int64_t now)
{
	const struct chain *chain = service->chain;

	if (!chain || record->seen != service->seen)
		return 1;
	if (chain->due_ms && now >= chain->due_ms)
		return 1;
	return (chain->verdict == VERDICT_MOVING || chain->verdict == VERDICT_HUNG) && now >= record->looked_ms + LOOK_MS;
}

static uint64_t repositories_sum(const struct fleet *fleet)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < fleet->repositories.len; i++)
		sum += ((const struct repository *)fleet->repositories.items[i])->version;
	return sum;
}

int tracer_update(struct tracer *tracer)
{
	struct fleet *fleet = tracer->options.fleet;
	int64_t now = fleet->clock->wall(fleet->clock);
	uint64_t repositories = repositories_sum(fleet);
	int all = repositories != tracer->repositories, changed = 0;
	char *moved = mem_new(fleet->clusters.len + 1);

	tracer->repositories = repositories;
	if (tracer->ground_count != fleet->clusters.len) {
		tracer->grounds = mem_resize(tracer->grounds, fleet->clusters.len, sizeof(*tracer->grounds));
		memset(tracer->grounds, 0, fleet->clusters.len * sizeof(*tracer->grounds));
		tracer->ground_count = fleet->clusters.len;
	}
	for (size_t i = 0; i < fleet->clusters.len; i++)
		moved[i] = (char)ground_look(tracer, &tracer->grounds[i], fleet->clusters.items[i]);
	records_sweep(tracer);
	for (size_t i = 0; i < fleet->services.len; i++) {
		struct service *service = fleet->services.items[i];
		int place = service->cluster->configured_order;
		struct record *record;
		if (service->remembered || service->workloads.len == 0 || !tracer->grounds[place].known)
			continue;
		record = record_of(tracer, service);
		if (all || moved[place] || is_due(record, service, now))
			changed |= look(tracer, record, service, now);
	}
	free(moved);
	keep_end(tracer);
	return changed;
}

void tracer_follow(struct tracer *tracer, const struct service *service, const char *sha)
{
	struct record *record = record_of(tracer, service);

	snprintf(record->pinned, sizeof(record->pinned), "%s", sha ? sha : "");
	record->seen = 0;
}
