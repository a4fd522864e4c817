/* SPDX-License-Identifier: MIT */
/* How states look: one glyph and one element each. The words beside them come from the model. */
#include "view/header.h"

uint16_t link_style(enum link link)
{
	static const uint16_t styles[LINK_STATES] = {
		[LINK_CONNECTING] = STYLE_PROGRESS, [LINK_LIVE] = STYLE_OK,      [LINK_STALE] = STYLE_STALE,
		[LINK_DENIED] = STYLE_WARNING,      [LINK_EXPIRED] = STYLE_BAD,  [LINK_UNREACHABLE] = STYLE_BAD,
	};

	return styles[link];
}

const char *link_glyph(enum link link)
{
	static const char *const glyphs[LINK_STATES] = {
		[LINK_CONNECTING] = "○", [LINK_LIVE] = "●",    [LINK_STALE] = "◌",
		[LINK_DENIED] = "✘",     [LINK_EXPIRED] = "✘", [LINK_UNREACHABLE] = "✘",
	};

	return glyphs[link];
}

uint16_t health_style(enum health health)
{
	static const uint16_t styles[HEALTH_LEVELS] = {
		[HEALTH_DOWN] = STYLE_BAD,      [HEALTH_DEGRADED] = STYLE_WARNING, [HEALTH_PROGRESSING] = STYLE_PROGRESS,
		[HEALTH_PAUSED] = STYLE_PAUSED, [HEALTH_UNKNOWN] = STYLE_UNKNOWN,  [HEALTH_OK] = STYLE_OK,
	};

	return styles[health];
}

const char *health_glyph(enum health health)
{
	static const char *const glyphs[HEALTH_LEVELS] = {
		[HEALTH_DOWN] = "✘",   [HEALTH_DEGRADED] = "▲", [HEALTH_PROGRESSING] = "▶",
		[HEALTH_PAUSED] = "■", [HEALTH_UNKNOWN] = "○",  [HEALTH_OK] = "●",
	};

	return glyphs[health];
}

uint16_t tone_style(enum tone tone)
{
	static const uint16_t styles[TONE_TONES] = {
		[TONE_PLAIN] = STYLE_TEXT,   [TONE_DIM] = STYLE_DIM,         [TONE_GOOD] = STYLE_OK,
		[TONE_BUSY] = STYLE_PROGRESS, [TONE_WARNING] = STYLE_WARNING, [TONE_BAD] = STYLE_BAD,
	};

	return styles[tone];
}
