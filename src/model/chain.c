/* SPDX-License-Identifier: MIT */
/* A chain's life and its words for a line of the screen or of a log. */
#include "model/chain.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "model/fleet.h"

enum { SAY_MAX = 400, SLOW_BY_MS = 1000 };

struct chain *chain_new(void)
{
	struct chain *chain = mem_new(sizeof(*chain));

	chain->before = chain->after = (struct chain_metrics){NAN, NAN};
	return chain;
}

void chain_free(struct chain *chain)
{
	if (!chain)
		return;
	for (size_t i = 0; i < CHAIN_STAGES; i++) {
		free(chain->links[i].object);
		free(chain->links[i].words);
	}
	free(chain->flights);
	free(chain);
}

struct chain *chain_copy(const struct chain *chain)
{
	struct chain *copy = chain_new();

	*copy = *chain;
	for (size_t i = 0; i < CHAIN_STAGES; i++) {
		copy->links[i].object = mem_copy_string(chain->links[i].object);
		copy->links[i].words = mem_copy_string(chain->links[i].words);
	}
	if (chain->flight_count) {
		copy->flights = mem_new_array(chain->flight_count, sizeof(*copy->flights));
		memcpy(copy->flights, chain->flights, chain->flight_count * sizeof(*copy->flights));
	}
	return copy;
}

struct chain_flight *chain_add_flight(struct chain *chain)
{
	if (chain->flight_count == CHAIN_FLIGHTS)
		return NULL;
	if (!chain->flights)
		chain->flights = mem_new_array(CHAIN_FLIGHTS, sizeof(*chain->flights));
	return &chain->flights[chain->flight_count++];
}

void link_say(struct chain_link *link, const char *fmt, ...)
{
	char room[2 * SAY_MAX], safe[SAY_MAX];
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(room, sizeof(room), fmt, args) < 0)
		room[0] = '\0';
	va_end(args);
	utf8_sanitise(safe, sizeof(safe), room, strlen(room));
	free(link->words);
	link->words = safe[0] ? mem_copy_string(safe) : NULL;
}

void link_of(struct chain_link *link, const char *kind, const char *namespace, const char *name)
{
	free(link->object);
	link->object = mem_printf("%s %s%s%s", kind, namespace, *namespace ? "/" : "", name);
}

static int same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

int chain_same(const struct chain *a, const struct chain *b)
{
	if (!a || !b || strcmp(a->sha, b->sha) != 0 || strcmp(a->applied, b->applied) != 0 || a->verdict != b->verdict ||
	    a->at != b->at || a->flight_count != b->flight_count || a->flights_more != b->flights_more)
		return 0;
	for (size_t i = 0; i < a->flight_count; i++)
		if (strcmp(a->flights[i].sha, b->flights[i].sha) != 0 || a->flights[i].stage != b->flights[i].stage)
			return 0;
	for (size_t i = 0; i < CHAIN_STAGES; i++) {
		const struct chain_link *x = &a->links[i], *y = &b->links[i];
		if (x->state != y->state || x->hang != y->hang || x->began_ms != y->began_ms || x->ended_ms != y->ended_ms ||
		    !same_text(x->object, y->object) || !same_text(x->words, y->words))
			return 0;
	}
	return 1;
}

int64_t link_took(const struct chain_link *link, int64_t now_ms)
{
	int64_t end = link->ended_ms;

	if (link->state == CHAIN_ACTIVE || link->state == CHAIN_HUNG)
		end = now_ms;
	if (link->began_ms <= 0 || end < link->began_ms || link->state == CHAIN_SKIPPED || link->state == CHAIN_WAITING)
		return -1;
	return end - link->began_ms;
}

int link_is_slow(const struct chain_link *link, int64_t now_ms)
{
	return link->slow_ms > 0 && link_took(link, now_ms) > (int64_t)link->slow_ms + SLOW_BY_MS;
}

void took_text(int64_t ms, struct text *out)
{
	int64_t seconds = ms / 1000;

	if (ms < 0)
		return;
	if (seconds < 60)
		text_printf(out, "%llds", (long long)seconds);
	else if (seconds < 3600)
		text_printf(out, "%lldm%02llds", (long long)(seconds / 60), (long long)(seconds % 60));
	else if (seconds < 48 * 3600)
		text_printf(out, "%lldh%02lldm", (long long)(seconds / 3600), (long long)(seconds / 60 % 60));
	else
		text_printf(out, "%lldd", (long long)(seconds / 86400));
}

const char *chain_glyph(enum chain_state state)
{
	static const char *const glyphs[CHAIN_STATES] = {
		[CHAIN_WAITING] = "·", [CHAIN_ACTIVE] = "▶",  [CHAIN_DONE] = "✔",    [CHAIN_HUNG] = "‖",
		[CHAIN_FAILED] = "✖",  [CHAIN_SKIPPED] = "–", [CHAIN_UNKNOWN] = "?",
	};

	return glyphs[state];
}

static void add_commit(const struct fleet *fleet, const char *sha, struct text *out)
{
	const struct commit *commit = *sha ? fleet_commit(fleet, sha, NULL) : NULL;

	if (!*sha)
		return;
	text_printf(out, "commit %.*s", COMMIT_SHORT, sha);
	if (commit)
		text_printf(out, " \"%s\"", commit->subject);
}

void chain_line(const struct fleet *fleet, const struct chain *chain, int64_t now_ms, struct text *out)
{
	int first = 1;

	if (*chain->sha) {
		add_commit(fleet, chain->sha, out);
		first = 0;
	}
	for (size_t i = STAGE_SOURCE; i < CHAIN_STAGES; i++) {
		const struct chain_link *link = &chain->links[i];
		int64_t took = link_took(link, now_ms);
		if (link->state == CHAIN_SKIPPED)
			continue;
		text_printf(out, "%s%s %s", first ? "" : " → ", stage_words[i], chain_glyph(link->state));
		first = 0;
		if (took >= 0) {
			text_add(out, " ");
			took_text(took, out);
		}
		if (link->state == CHAIN_WAITING)
			break; /* what follows waits too */
	}
}

void chain_sentence(const struct fleet *fleet, const struct chain *chain, struct text *out)
{
	const struct chain_link *link = &chain->links[chain->at];

	if (*chain->sha) {
		add_commit(fleet, chain->sha, out);
		text_add(out, ": ");
	}
	text_add(out, chain_verdict_words[chain->verdict]);
	if (chain->verdict == VERDICT_HEALTHY)
		return;
	if (chain->verdict != VERDICT_NOTHING)
		text_printf(out, " at %s", stage_words[chain->at]);
	if (link->hang != HANG_NONE)
		text_printf(out, ": %s", hangs[link->hang].words);
	if (link->words)
		text_printf(out, "%s%s", link->hang != HANG_NONE ? " – " : ": ", link->words);
	if (link->object)
		text_printf(out, " (%s)", link->object);
	/* What waited for health failed because of something below it. */
	for (enum chain_stage below = chain->at + 1; (chain->at == STAGE_APPLY || chain->at == STAGE_HELM) && below < STAGE_METRICS;
	     below++) {
		const struct chain_link *cause = &chain->links[below];
		if (cause->hang == HANG_NONE)
			continue;
		text_printf(out, "; %s: %s%s%s", stage_words[below], hangs[cause->hang].words, cause->words ? " – " : "",
		            cause->words ? cause->words : "");
		break;
	}
}
