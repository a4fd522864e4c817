/* SPDX-License-Identifier: MIT */
/*
 * Objects of any shape through their decoders into a fleet, and the chain of each service over them;
 * what comes out must be drawable, and every stage has a state.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "flux/kinds.h"
#include "kube/kind.h"
#include "model/writer.h"
#include "trace/chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const char *text)
{
	if (text && !utf8_is_safe(text, strlen(text)))
		abort();
}

static void put(const struct decode *decode, struct cluster *cluster, const cJSON *json)
{
	const char *word = json_string(json, "kind");
	enum object_kind object = word ? kind_find(word) : OBJECT_KINDS;
	const struct kind *kind = object == OBJECT_KINDS ? NULL : flux_kind(object) ? flux_kind(object) : kind_of(object);
	struct object *made = kind ? kind->decode(decode, json, NULL) : NULL;

	if (made)
		cluster_put(cluster, made);
}

static void look(const struct fleet *fleet, const struct service *service, const char *sha)
{
	const struct chain_question question = {.fleet = fleet, .service = service, .sha = sha, .now_ms = 1795503600000};
	struct chain *first = chain_derive(&question);
	struct chain_question again = question;
	char room[600];
	struct text text = text_in(room, sizeof(room));

	again.before = first;
	again.now_ms += 10000;
	struct chain *second = chain_derive(&again);
	for (size_t i = 0; i < CHAIN_STAGES; i++) {
		check(second->links[i].words);
		check(second->links[i].object);
		if (second->links[i].state >= CHAIN_STATES || second->links[i].hang >= HANG_COUNT)
			abort();
	}
	chain_line(fleet, second, again.now_ms, &text);
	check(room);
	text_clear(&text);
	chain_sentence(fleet, second, &text);
	check(room);
	chain_free(second);
	chain_free(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	cJSON *json = json_parse_heap((const char *)bytes, len, NULL);
	struct fleet *fleet;
	struct cluster *cluster;
	const cJSON *item;

	if (!json)
		return 0;
	fleet = fleet_new(&clock_system);
	cluster = fleet_add_cluster(fleet, "fuzz", "", "", 0);
	const struct decode decode = {fleet, "app.kubernetes.io/name", "team"};
	cJSON_ArrayForEach(item, json_get(json, "objects")) put(&decode, cluster, item);
	fleet_settle(fleet);
	for (size_t i = 0; i < fleet->services.len && i < 8; i++) {
		look(fleet, fleet->services.items[i], NULL);
		look(fleet, fleet->services.items[i], json_string(json, "follow"));
	}
	fleet_free(fleet);
	cJSON_Delete(json);
	return 0;
}
