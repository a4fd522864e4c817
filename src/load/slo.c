/* SPDX-License-Identifier: MIT */
/* Promises about a run, and the quantities that people write in them. */
#include "load/slo.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* strtod without hexadecimal, infinity and signs. */
static int number_parse(const char *text, char **end, double *value)
{
	if (!isdigit((unsigned char)*text) && *text != '.')
		return -1;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return -1;
	*value = strtod(text, end);
	return *end != text && isfinite(*value) ? 0 : -1;
}

int seconds_parse(const char *text, double *seconds)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = {{"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
	double total = 0, value;
	char *at = (char *)(uintptr_t)text;
	if (!*text)
		return -1;
	while (*at) {
		size_t letters, i;
		if (number_parse(at, &at, &value) < 0)
			return -1;
		letters = strspn(at, "abcdefghijklmnopqrstuvwxyz");
		for (i = 0; i < 5; i++)
			if (letters == strlen(units[i].unit) && strncmp(at, units[i].unit, letters) == 0)
				break;
		if (i == 5)
			return -1;
		total += value * units[i].seconds;
		at += letters;
	}
	if (total > 30 * 86400.0)
		return -1;
	*seconds = total;
	return 0;
}

int rate_parse(const char *text, double *per_second)
{
	char *at;
	double value;
	if (number_parse(text, &at, &value) < 0)
		return -1;
	if (*at == 'k' || *at == 'K') {
		value *= 1000;
		at++;
	}
	if (strcmp(at, "/m") == 0)
		value /= 60;
	else if (strcmp(at, "/h") == 0)
		value /= 3600;
	else if (*at && strcmp(at, "/s") != 0 && strcmp(at, "rps") != 0)
		return -1;
	if (value > 1e8)
		return -1;
	*per_second = value;
	return 0;
}

int ratio_parse(const char *text, double *ratio)
{
	char *at;
	double value;
	if (number_parse(text, &at, &value) < 0)
		return -1;
	if (*at == '%' && !at[1])
		value /= 100;
	else if (*at)
		return -1;
	if (value > 1)
		return -1;
	*ratio = value;
	return 0;
}

/* The name at the beginning: 0, or -1 when it is none of ours. */
static int what_parse(struct slo *slo, const char *name)
{
	static const struct {
		const char *name;
		enum slo_what what;
	} names[] = {{"mean", SLO_MEAN}, {"max", SLO_MAXIMUM}, {"errors", SLO_ERRORS}, {"rate", SLO_RATE}};
	char *end;
	for (size_t i = 0; i < 4; i++)
		if (strcmp(names[i].name, name) == 0) {
			slo->what = names[i].what;
			return 0;
		}
	if (name[0] != 'p' || number_parse(name + 1, &end, &slo->percentile) < 0 || *end ||
	    slo->percentile <= 0 || slo->percentile > 100)
		return -1;
	slo->what = SLO_PERCENTILE;
	return 0;
}

static int limit_parse(struct slo *slo, const char *text, struct err *err)
{
	double seconds;
	switch (slo->what) {
	case SLO_ERRORS:
		if (ratio_parse(text, &slo->limit) < 0)
			return err_set(err, "\"%.40s\" is no share: write 1%% or 0.01", text);
		return 0;
	case SLO_RATE:
		if (rate_parse(text, &slo->limit) < 0)
			return err_set(err, "\"%.40s\" is no rate: write 500/s", text);
		return 0;
	default:
		if (seconds_parse(text, &seconds) < 0)
			return err_set(err, "\"%.40s\" is no duration: write 250ms or 1.5s", text);
		slo->limit = seconds * 1000;
		return 0;
	}
}

/* Copies the next word of letters, digits and points, or of comparison signs; blanks before it are skipped.
 */
static const char *next_word(const char *at, char out[64])
{
	size_t len = 0;
	at += strspn(at, " \t");
	int is_sign = *at == '<' || *at == '>' || *at == '=';
	while (*at && *at != ' ' && *at != '\t' && len < 63 &&
	       is_sign == (*at == '<' || *at == '>' || *at == '='))
		out[len++] = *at++;
	out[len] = '\0';
	return at;
}

int slo_parse(struct slo *slo, const char *text, struct err *err)
{
	char word[64];
	*slo = (struct slo){0};
	snprintf(slo->text, sizeof(slo->text), "%s", text);
	text = next_word(text, word);
	if (what_parse(slo, word) < 0)
		return err_set(
		    err,
		    "\"%.40s\" is nothing that can be promised: p50, p99, p99.9, mean, max, errors, rate",
		    word);
	text = next_word(text, word);
	slo->at_least = word[0] == '>';
	if (strcmp(word, "<") != 0 && strcmp(word, "<=") != 0 && strcmp(word, ">") != 0 &&
	    strcmp(word, ">=") != 0)
		return err_set(err, "after \"%.20s\" comes < or >, as in \"p99 < 250ms for 30s\"", slo->text);
	if (slo->at_least != (slo->what == SLO_RATE))
		return err_set(err, "\"%.60s\" promises the wrong way round: %s is to be %s a limit",
		               slo->text, slo->what == SLO_RATE ? "a rate" : "this",
		               slo->what == SLO_RATE ? "over" : "under");
	text = next_word(text, word);
	if (limit_parse(slo, word, err) < 0)
		return -1;
	text = next_word(text, word);
	if (!word[0])
		return 0;
	if (strcmp(word, "for") != 0)
		return err_set(err, "\"%.40s\" is too much: only \"for\" and a duration may follow", word);
	text = next_word(text, word);
	if (seconds_parse(word, &slo->seconds) < 0 || slo->seconds < 1)
		return err_set(err, "\"%.40s\" is no duration of at least 1s: write \"for 30s\"", word);
	next_word(text, word);
	return word[0] ? err_set(err, "\"%.40s\" is too much", word) : 0;
}

double slo_value(const struct slo *slo, const struct slo_measure *measure)
{
	switch (slo->what) {
	case SLO_PERCENTILE:
		return measure->percentile_ms(measure->arg, slo->percentile);
	case SLO_MEAN:
		return measure->mean_ms;
	case SLO_MAXIMUM:
		return measure->max_ms;
	case SLO_ERRORS:
		return measure->error_ratio;
	case SLO_RATE:
		return measure->rate;
	}
	return NAN;
}

int slo_holds(const struct slo *slo, const struct slo_measure *measure)
{
	double value = slo_value(slo, measure);
	if (measure->idle)
		return 1;
	/* Written so that NaN does not hold. */
	return slo->at_least ? value >= slo->limit : value <= slo->limit;
}
