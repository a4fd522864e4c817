/* SPDX-License-Identifier: MIT */
/* Completion of the word under the cursor of a PromQL expression. */
#include "view/promql.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "view/panels.h"
#include "view/view.h"

static const char *const words[] = {"rate(", "irate(", "increase(", "sum by (", "sum(", "avg by (", "max by (", "min by (", "count by (",
	"topk(5, ", "bottomk(5, ", "histogram_quantile(0.99, ", "avg_over_time(", "max_over_time(", "min_over_time(",
	"quantile_over_time(0.99, ", "count_over_time(", "delta(", "deriv(", "predict_linear(", "label_replace(", "absent(", "clamp_min(",
	"group_left", "offset ", "without (", "histogram_count(", "histogram_sum("};

static void offer(const char *text, size_t keep, const char *word, char (*offers)[PROMPT_OFFER], size_t *found, size_t max)
{
	if (*found < max && keep + strlen(word) < PROMPT_OFFER)
		snprintf(offers[(*found)++], PROMPT_OFFER, "%.*s%s", (int)keep, text, word);
}

size_t promql_complete(char *const *names, size_t count, const char *text, char (*offers)[PROMPT_OFFER], size_t max)
{
	size_t len = strlen(text), start = len, found = 0;
	while (start > 0 && (isalnum((unsigned char)text[start - 1]) || strchr("_:", text[start - 1])))
		start--;
	const char *word = text + start;
	size_t word_len = len - start;
	if (word_len == 0)
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(words[i], word, word_len) == 0)
			offer(text, start, words[i], offers, &found, max);
	for (size_t i = 0; i < count; i++)
		if (strncmp(names[i], word, word_len) == 0 && names[i][word_len])
			offer(text, start, names[i], offers, &found, max);
	for (size_t i = 0; i < count && word_len >= 3; i++)
		if (strncmp(names[i], word, word_len) != 0 && strstr(names[i], word))
			offer(text, start, names[i], offers, &found, max);
	return found;
}

size_t promql_prompt_complete(void *scene, const char *text, char (*offers)[PROMPT_OFFER], size_t max)
{
	const struct scene_charts *charts = ((const struct scene *)scene)->charts;
	return promql_complete(charts ? charts->names : NULL, charts ? charts->name_count : 0, text, offers, max);
}
