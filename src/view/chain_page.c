/* SPDX-License-Identifier: MIT */
/*
 * Durations of what is over are exact; what still runs is told in whole minutes, like every age on a
 * screen that is quiet while nothing happens.
 */
#include "view/chain_page.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "model/chain.h"
#include "view/age.h"

enum { WORDS = 640, STAGE_COLUMN = 3, STATE_COLUMN = 18, TOOK_COLUMN = 28, WORDS_COLUMN = 36, DEEP = 6 };

static uint16_t state_style(const struct chain_link *link)
{
	static const uint16_t styles[CHAIN_STATES] = {
		[CHAIN_WAITING] = STYLE_DIM, [CHAIN_ACTIVE] = STYLE_PROGRESS, [CHAIN_DONE] = STYLE_OK,
		[CHAIN_HUNG] = STYLE_WARNING, [CHAIN_FAILED] = STYLE_BAD, [CHAIN_SKIPPED] = STYLE_DIM,
		[CHAIN_UNKNOWN] = STYLE_UNKNOWN,
	};

	return styles[link->state];
}

static uint16_t verdict_style(enum chain_verdict verdict)
{
	static const uint16_t styles[CHAIN_VERDICTS] = {
		[VERDICT_UNKNOWN] = STYLE_UNKNOWN, [VERDICT_MOVING] = STYLE_PROGRESS, [VERDICT_HUNG] = STYLE_WARNING,
		[VERDICT_FAILED] = STYLE_BAD,      [VERDICT_HEALTHY] = STYLE_OK,      [VERDICT_NOTHING] = STYLE_OK,
	};

	return styles[verdict];
}

/* "4s"; of what runs, whole minutes. */
static void took_words(const struct chain_link *link, int64_t now_ms, struct text *out)
{
	if (link->state == CHAIN_ACTIVE || link->state == CHAIN_HUNG)
		age_text(now_ms, link->began_ms, out);
	else
		took_text(link_took(link, now_ms), out);
}

static void put_reason(struct page *page, const struct chain_link *link, int width)
{
	char words[WORDS] = "";
	struct text text = text_in(words, sizeof(words));

	if (link->hang != HANG_NONE)
		text_add(&text, hangs[link->hang].words);
	if (link->words)
		text_printf(&text, "%s%s", text.len ? ": " : "", link->words);
	page_wrap(page, link->hang != HANG_NONE ? state_style(link) : STYLE_TEXT, width, words);
}

static void next_line(struct page *page, int indent)
{
	page_line(page);
	page_pad(page, indent);
}

/* One more stage in the row, or in the next one where it would not fit. */
static void put_step(struct page *page, const struct chain *chain, enum chain_stage stage, int64_t now_ms, int indent, int width,
                     int first)
{
	const struct chain_link *link = &chain->links[stage];
	char room[64] = "", took[24] = "";
	struct text text = text_in(room, sizeof(room)), how_long = text_in(took, sizeof(took));

	took_words(link, now_ms, &how_long);
	text_printf(&text, "%s %s%s%s", stage_words[stage], chain_glyph(link->state), took[0] ? " " : "", took);
	if (page_column(page) + utf8_cells(room) + (first ? 0 : 3) > width)
		next_line(page, indent);
	else if (!first)
		page_put(page, STYLE_DIM, " → ");
	page_put(page, state_style(link), room);
}

static int is_over(const struct chain *chain)
{
	return chain->verdict == VERDICT_HEALTHY || chain->verdict == VERDICT_NOTHING;
}

void chain_page_short(struct page *page, const struct scene *scene, const struct service *service, int indent, int width)
{
	const struct chain *chain = service->chain;
	char words[WORDS] = "", age[32] = "";
	struct text text = text_in(words, sizeof(words)), since = text_in(age, sizeof(age));
	int first = 1;

	if (!chain || !*chain->sha)
		return;
	commit_describe(scene->fleet, chain->sha, &text);
	page_wrap(page, STYLE_TEXT, width, words);
	next_line(page, indent);
	if (is_over(chain)) {
		age_text(scene->now_ms, chain->ended_ms, &since);
		page_printf(page, STYLE_OK, "%s %s", chain_glyph(CHAIN_DONE), chain_verdict_words[chain->verdict]);
		if (age[0])
			page_printf(page, STYLE_TEXT, " for %s", age);
		return;
	}
	for (enum chain_stage stage = STAGE_SOURCE; stage < CHAIN_STAGES; stage++) {
		const struct chain_link *link = &chain->links[stage];
		if (link->state == CHAIN_SKIPPED)
			continue;
		put_step(page, chain, stage, scene->now_ms, indent, width, first);
		first = 0;
		if (link->state == CHAIN_WAITING)
			break; /* the rest waits too */
	}
	if (chain->links[chain->at].hang == HANG_NONE)
		return;
	next_line(page, indent);
	put_reason(page, &chain->links[chain->at], width);
}

static void put_stage(struct page *page, const struct scene *scene, const struct chain *chain, enum chain_stage stage, int width)
{
	const struct chain_link *link = &chain->links[stage];
	char took[24] = "", at[16];
	struct text text = text_in(took, sizeof(took));
	int narrow = width < 2 * WORDS_COLUMN, slow = link_is_slow(link, scene->now_ms);

	took_words(link, scene->now_ms, &text);
	page_line(page);
	page_pad(page, STAGE_COLUMN);
	page_put(page, stage == chain->at && !is_over(chain) ? STYLE_STRONG : STYLE_TEXT, stage_words[stage]);
	page_pad(page, STATE_COLUMN);
	page_printf(page, state_style(link), "%s %s", chain_glyph(link->state), chain_state_words[link->state]);
	page_pad(page, TOOK_COLUMN);
	page_put(page, slow ? STYLE_WARNING : STYLE_TEXT, took);
	if (link->state == CHAIN_DONE && link->ended_ms) {
		stamp_format_clock(link->ended_ms, at);
		page_pad(page, WORDS_COLUMN);
		page_put(page, STYLE_TIME, at);
	}
	/* Where there is little room, only the object that matters is named. */
	if (link->object && link->state != CHAIN_WAITING && link->state != CHAIN_SKIPPED && (!narrow || link->state != CHAIN_DONE)) {
		page_pad(page, link->state == CHAIN_DONE ? WORDS_COLUMN + 10 : WORDS_COLUMN);
		page_put(page, STYLE_DIM, link->object);
	}
	if (slow && link->usual_ms) {
		char usual[24] = "";
		struct text other = text_in(usual, sizeof(usual));
		took_text(link->usual_ms, &other);
		next_line(page, DEEP);
		page_printf(page, STYLE_WARNING, "slower than usual: %s here", usual);
	}
	if (link->hang != HANG_NONE || link->words) {
		next_line(page, DEEP);
		put_reason(page, link, width);
	}
	if (link->hang != HANG_NONE) {
		next_line(page, DEEP);
		page_put(page, STYLE_HINT, "→ ");
		page_wrap(page, STYLE_HINT, width, hangs[link->hang].advice);
	}
}

static void put_title(struct page *page, const char *title)
{
	page_line(page);
	page_line(page);
	page_put(page, STYLE_TEXT, " ");
	page_put(page, STYLE_TITLE, title);
}

static void put_flights(struct page *page, const struct scene *scene, const struct chain *chain, int width)
{
	if (chain->flight_count == 0)
		return;
	put_title(page, "in flight");
	for (size_t i = 0; i < chain->flight_count; i++) {
		const struct chain_flight *flight = &chain->flights[i];
		char words[WORDS] = "";
		struct text text = text_in(words, sizeof(words));
		next_line(page, STAGE_COLUMN);
		page_put(page, STYLE_PROGRESS, stage_words[flight->stage]);
		page_pad(page, STATE_COLUMN);
		commit_describe(scene->fleet, flight->sha, &text);
		page_wrap(page, STYLE_TEXT, width, words);
	}
	if (chain->flights_more > 0) {
		next_line(page, STAGE_COLUMN);
		page_printf(page, STYLE_DIM, "and %d more", chain->flights_more);
	}
}

static void put_repositories(struct page *page, const struct scene *scene, int width)
{
	const struct vec *all = &scene->fleet->repositories;

	put_title(page, "repositories");
	if (all->len == 0) {
		next_line(page, STAGE_COLUMN);
		page_wrap(page, STYLE_DIM, width,
		          "none is configured: commits are told by their sha alone, and which contains which is not known");
	}
	for (size_t i = 0; i < all->len; i++) {
		const struct repository *repository = all->items[i];
		char age[32] = "";
		struct text text = text_in(age, sizeof(age));
		next_line(page, STAGE_COLUMN);
		page_printf(page, STYLE_TEXT, "%s %s  ", repository->url, repository->branch);
		page_put(page, repository->state == REPOSITORY_LIVE ? STYLE_OK : STYLE_STALE, repository_state_words[repository->state]);
		age_text(scene->now_ms, repository->fetched_ms, &text);
		if (age[0])
			page_printf(page, STYLE_DIM, "  fetched %s ago", age);
		if (repository->error[0]) {
			next_line(page, DEEP);
			page_wrap(page, STYLE_WARNING, width, repository->error);
		}
		if (repository->rewritten_ms) {
			next_line(page, DEEP);
			page_printf(page, STYLE_WARNING, "the branch was rewritten: %.7s is no longer on it", repository->rewritten);
		}
	}
}

void chain_page_full(struct page *page, const struct scene *scene, const struct service *service, int width)
{
	const struct chain *chain = service->chain;
	char words[WORDS] = "", took[24] = "";
	struct text text = text_in(words, sizeof(words)), how_long = text_in(took, sizeof(took));

	page_line(page);
	page_put(page, STYLE_TEXT, " ");
	if (!chain) {
		page_put(page, STYLE_DIM, "what applies this service is not read yet");
		return;
	}
	if (*chain->sha) {
		page_put(page, STYLE_DIM, "commit ");
		commit_describe(scene->fleet, chain->sha, &text);
		page_wrap(page, STYLE_STRONG, width, words);
	} else {
		page_put(page, STYLE_DIM, "no commit is known to lead here; the workload alone is followed");
	}
	page_line(page);
	page_put(page, STYLE_TEXT, " ");
	page_put(page, verdict_style(chain->verdict), chain_verdict_words[chain->verdict]);
	if (is_over(chain) && chain->began_ms && chain->ended_ms > chain->began_ms) {
		took_text(chain->ended_ms - chain->began_ms, &how_long);
		page_printf(page, STYLE_TEXT, " after %s", took);
	} else if (!is_over(chain)) {
		page_printf(page, STYLE_TEXT, " at %s", stage_words[chain->at]);
	}
	page_line(page);
	for (enum chain_stage stage = *chain->sha ? STAGE_COMMIT : STAGE_SOURCE; stage < CHAIN_STAGES; stage++)
		if (chain->links[stage].state != CHAIN_SKIPPED || chain->links[stage].words)
			put_stage(page, scene, chain, stage, width);
	put_flights(page, scene, chain, width);
	put_repositories(page, scene, width);
}
