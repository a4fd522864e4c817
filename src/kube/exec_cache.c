/* SPDX-License-Identifier: MIT */
/*
 * The plugins of the whole program. Contexts that would run the same command in the same way share
 * an entry and so a run and its result. The key is a digest, for arguments and variables can be
 * secrets. Time to live is the plugin's to say; what fails is held back so that fifteen watches do
 * not start a broken program fifteen times a second.
 */
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "exec_internal.h"

enum { HOLD_FIRST_MS = 1000, HOLD_MAX_MS = 30000, HOLD_TERMINAL_MS = 60000, KEY_MAX = 32 << 20 };

struct credential_cache *credential_cache_new(struct loop *loop, const struct clock *clock)
{
	struct credential_cache *cache = mem_new(sizeof(*cache));

	cache->loop = loop;
	cache->clock = clock;
	map_init(&cache->entries);
	vec_init(&cache->terminal_queue);
	cache->terminal_next = timer_new(loop, exec_next, cache);
	return cache;
}

void credential_cache_free(struct credential_cache *cache)
{
	struct exec_entry *entry;

	if (!cache)
		return;
	for (size_t i = 0; (entry = map_next(&cache->entries, &i));) {
		map_remove(&cache->entries, entry->key);
		exec_stop(entry);
		exec_result_release(&entry->result);
		secret_pool_release(&entry->pool);
		explicit_bzero(entry, sizeof(*entry));
		free(entry);
	}
	map_release(&cache->entries);
	vec_release(&cache->terminal_queue);
	timer_free(cache->terminal_next);
	free(cache);
}

/* With its NUL, so that no two specs run together into one key. */
static int key_add(struct buf *key, const char *text)
{
	return text ? buf_add(key, text, strlen(text) + 1) : buf_add(key, "\1", 2);
}

static int key_add_all(struct buf *key, const char *const *list)
{
	for (; list && *list; list++)
		if (key_add(key, *list))
			return -1;
	return key_add(key, NULL);
}

static void key_make(const struct exec_spec *spec, char out[65])
{
	char flags[] = {(char)('0' + spec->mode), '\0'};
	struct buf key;

	buf_init(&key, KEY_MAX);
	/* A spec is part of a kubeconfig, which is smaller than the maximum. */
	if (key_add(&key, spec->api_version) || key_add(&key, spec->command) ||
	    key_add_all(&key, spec->args) || key_add_all(&key, spec->env) || key_add(&key, flags) ||
	    key_add(&key, spec->install_hint) ||
	    key_add(&key, spec->provide_cluster ? spec->cluster_json : NULL))
		abort();
	sha256_hex(key.data, key.len, out);
	secret_buf_release(&key);
}

struct exec_entry *exec_entry_get(struct credential_cache *cache, const struct exec_spec *spec)
{
	struct exec_entry *entry;
	char key[65];

	key_make(spec, key);
	entry = map_get(&cache->entries, key);
	if (entry)
		return entry;
	entry = mem_new(sizeof(*entry));
	memcpy(entry->key, key, sizeof(key));
	entry->cache = cache;
	entry->spec = (struct exec_spec){
	    .api_version = secret_string(&entry->pool, spec->api_version),
	    .command = secret_string(&entry->pool, spec->command),
	    .args = secret_strings(&entry->pool, spec->args),
	    .env = secret_strings(&entry->pool, spec->env),
	    .mode = spec->mode,
	    .provide_cluster = spec->provide_cluster,
	    .cluster_json = secret_string(&entry->pool, spec->cluster_json),
	    .install_hint = secret_string(&entry->pool, spec->install_hint),
	};
	map_put(&cache->entries, entry->key, entry);
	return entry;
}

int exec_entry_is_fresh(const struct exec_entry *entry)
{
	const struct clock *clock = entry->cache->clock;

	if (!entry->sequence || entry->rejected)
		return 0;
	return !entry->result.expires || clock->wall(clock) <= entry->result.expires;
}

const char *exec_entry_held(const struct exec_entry *entry)
{
	const struct clock *clock = entry->cache->clock;

	return entry->failures && clock->mono(clock) < entry->hold_until ? entry->error : NULL;
}

void exec_entry_reject(struct exec_entry *entry, uint64_t sequence)
{
	if (entry->sequence == sequence)
		entry->rejected = 1;
}

void exec_wait_remove(struct exec_wait *wait)
{
	if (wait->link) {
		*wait->link = wait->next;
		if (wait->next)
			wait->next->link = wait->link;
	}
	wait->link = NULL;
	wait->next = NULL;
}

static void hold(struct exec_entry *entry)
{
	const struct clock *clock = entry->cache->clock;
	int64_t wait = HOLD_FIRST_MS;

	for (int i = 0; i < entry->failures && wait < HOLD_MAX_MS; i++)
		wait *= 2;
	if (wait > HOLD_MAX_MS)
		wait = HOLD_MAX_MS;
	if (entry->with_terminal)
		wait = HOLD_TERMINAL_MS;
	entry->failures++;
	entry->hold_until = clock->mono(clock) + wait;
}

void exec_entry_finish(struct exec_entry *entry, const struct err *failure)
{
	struct exec_wait *batch = entry->waits;
	char error[ERR_MAX] = "";

	if (failure) {
		hold(entry);
		memcpy(entry->error, failure->text, sizeof(entry->error));
		memcpy(error, failure->text, sizeof(error));
	} else {
		entry->failures = 0;
		entry->rejected = 0;
		entry->sequence++;
	}
	entry->with_terminal = 0;
	/* Whoever is told may ask again, leave, or take others along, so those who wait now are taken off
	 * the entry, and nothing but the list is looked at between two of them. */
	entry->waits = NULL;
	if (batch)
		batch->link = &batch;
	while (batch) {
		struct exec_wait *wait = batch;

		exec_wait_remove(wait);
		wait->finished(wait, failure ? error : NULL);
	}
}
