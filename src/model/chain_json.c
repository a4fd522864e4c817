/* SPDX-License-Identifier: MIT */
/* The chain for programs: every stage is there, those that have nothing to do too. */
#include "model/chain_json.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "base/clock.h"
#include "base/json_add.h"
#include "model/fleet.h"

static void add_number(cJSON *object, const char *name, double value)
{
	if (isnan(value))
		cJSON_AddNullToObject(object, name);
	else
		cJSON_AddNumberToObject(object, name, value);
}

static cJSON *link_json(const struct chain *chain, enum chain_stage stage, int64_t now_ms)
{
	const struct chain_link *link = &chain->links[stage];
	const struct hang_row *hang = link->hang != HANG_NONE ? &hangs[link->hang] : NULL;
	int64_t took = link_took(link, now_ms);
	cJSON *json = cJSON_CreateObject();

	json_add_text(json, "stage", stage_words[stage]);
	json_add_text(json, "state", chain_state_words[link->state]);
	json_add_text(json, "hang", hang ? hang->key : NULL);
	json_add_text(json, "reason", hang ? hang->words : NULL);
	json_add_text(json, "message", link->words);
	json_add_text(json, "advice", hang ? hang->advice : NULL);
	json_add_text(json, "object", link->object);
	json_add_stamp(json, "began", link->began_ms);
	json_add_stamp(json, "ended", link->state == CHAIN_DONE ? link->ended_ms : 0);
	cJSON_AddBoolToObject(json, "exact", link->exact);
	add_number(json, "seconds", took < 0 ? NAN : (double)took / 1000);
	add_number(json, "usualSeconds", link->usual_ms > 0 ? (double)link->usual_ms / 1000 : NAN);
	cJSON_AddBoolToObject(json, "slow", link_is_slow(link, now_ms));
	return json;
}

static cJSON *flights_json(const struct fleet *fleet, const struct chain *chain)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < chain->flight_count; i++) {
		const struct chain_flight *flight = &chain->flights[i];
		const struct commit *commit = fleet_commit(fleet, flight->sha, NULL);
		cJSON *json = cJSON_CreateObject();
		json_add_text(json, "sha", flight->sha);
		json_add_text(json, "subject", commit ? commit->subject : NULL);
		json_add_text(json, "author", commit ? commit->author : NULL);
		json_add_text(json, "stage", stage_words[flight->stage]);
		cJSON_AddItemToArray(list, json);
	}
	return list;
}

cJSON *chain_json(const struct fleet *fleet, const struct chain *chain, int64_t now_ms)
{
	const struct commit *commit = *chain->sha ? fleet_commit(fleet, chain->sha, NULL) : NULL;
	cJSON *json = cJSON_CreateObject(), *list;

	json_add_text(json, "commit", chain->sha);
	json_add_text(json, "subject", commit ? commit->subject : NULL);
	json_add_text(json, "author", commit ? commit->author : NULL);
	json_add_text(json, "applied", chain->applied);
	json_add_text(json, "verdict", chain_verdict_words[chain->verdict]);
	json_add_text(json, "at", stage_words[chain->at]);
	list = cJSON_AddArrayToObject(json, "stages");
	for (enum chain_stage stage = 0; stage < CHAIN_STAGES; stage++)
		cJSON_AddItemToArray(list, link_json(chain, stage, now_ms));
	cJSON_AddItemToObject(json, "inFlight", flights_json(fleet, chain));
	return json;
}
