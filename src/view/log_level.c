/* SPDX-License-Identifier: MIT */
/*
 * How grave a log line is, from how loggers write it: a level key of JSON or logfmt, a word in
 * capitals, a word in brackets, or klog's first letter. A bare "error" in a sentence is none of
 * them, so that "0 error(s)" stays calm. Only the beginning of the line is looked at.
 */
#include "view/log_level.h"

#include <ctype.h>
#include <string.h>

enum { LOOK_AT = 160 };

static const struct {
	const char *word; /* small letters */
	uint16_t style;
} levels[] = {
	{"error", STYLE_LOG_ERROR},   {"err", STYLE_LOG_ERROR},     {"fatal", STYLE_LOG_ERROR},
	{"panic", STYLE_LOG_ERROR},   {"critical", STYLE_LOG_ERROR}, {"crit", STYLE_LOG_ERROR},
	{"severe", STYLE_LOG_ERROR},  {"emerg", STYLE_LOG_ERROR},   {"alert", STYLE_LOG_ERROR},
	{"warn", STYLE_LOG_WARNING},  {"warning", STYLE_LOG_WARNING}, {"debug", STYLE_LOG_DEBUG},
	{"trace", STYLE_LOG_DEBUG},
};

static uint16_t level_of(const char *word, size_t len)
{
	char small[16];

	if (len >= sizeof(small))
		return STYLE_TEXT;
	for (size_t i = 0; i < len; i++)
		small[i] = (char)tolower((unsigned char)word[i]);
	small[len] = '\0';
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(levels[i].word, small) == 0)
			return levels[i].style;
	return STYLE_TEXT;
}

/* "E1123 14:02:11.000000": klog. */
static uint16_t level_klog(const char *line)
{
	for (int i = 1; i <= 4; i++)
		if (!isdigit((unsigned char)line[i]))
			return STYLE_TEXT;
	if (line[5] != ' ')
		return STYLE_TEXT;
	if (line[0] == 'E' || line[0] == 'F')
		return STYLE_LOG_ERROR;
	return line[0] == 'W' ? STYLE_LOG_WARNING : STYLE_TEXT;
}

/* Whether what stands before the word says that the word is a level: level=, "severity":", [. */
static int is_marked(const char *line, size_t at)
{
	static const char *const keys[] = {"level", "lvl", "severity", "loglevel"};
	size_t end = at;

	if (at > 0 && line[at - 1] == '[')
		return 1;
	while (end > 0 && strchr("\"'=: ", line[end - 1]))
		end--;
	if (end == at)
		return 0;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t len = strlen(keys[i]);
		if (end >= len && strncmp(line + end - len, keys[i], len) == 0)
			return 1;
	}
	return 0;
}

static int is_capital(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isupper((unsigned char)word[i]))
			return 0;
	return 1;
}

uint16_t log_level_style(const char *line)
{
	size_t at = 0;

	if (line[0] && strchr("EFW", line[0]) && level_klog(line) != STYLE_TEXT)
		return level_klog(line);
	while (line[at] && at < LOOK_AT) {
		size_t len = 0;
		uint16_t style;
		while (isalpha((unsigned char)line[at + len]))
			len++;
		if (len == 0) {
			at++;
			continue;
		}
		style = level_of(line + at, len);
		/* A word that goes on ("ERROR_RATE", "error2") is another word. */
		if (style != STYLE_TEXT && line[at + len] != '_' && !isdigit((unsigned char)line[at + len]) &&
		    (is_capital(line + at, len) || is_marked(line, at)))
			return style;
		at += len;
	}
	return STYLE_TEXT;
}
