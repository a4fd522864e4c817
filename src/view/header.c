/* SPDX-License-Identifier: MIT */
/*
 * The header. What it says is built at up to three levels of brevity, and the first one that fits
 * is drawn; ui/bars drops cells only when even the briefest is too wide.
 */
#include "view/header.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "ui/bars.h"

enum { CELL_TEXT = 96 };
enum { KEEP_BRAND = 4, KEEP_LUXURY = 5 };
enum brevity { BREVITY_FULL, BREVITY_SHORT, BREVITY_COUNTED, BREVITY_LEVELS };

struct bar {
	struct bar_cell cells[BAR_CELLS];
	char room[BAR_CELLS][CELL_TEXT];
	size_t count;
};

static struct bar_cell *bar_add(struct bar *bar, uint16_t style, int keep, const char *text)
{
	struct bar_cell *cell;
	char *room;

	if (bar->count == BAR_CELLS)
		return &bar->cells[BAR_CELLS - 1];
	room = bar->room[bar->count];
	snprintf(room, CELL_TEXT, "%s", text);
	cell = &bar->cells[bar->count++];
	*cell = (struct bar_cell){.text = room, .style = style, .keep = keep};
	return cell;
}

/* Cells that it takes, but for what is a luxury and goes without ado. */
static int bar_width(const struct bar *bar)
{
	int width = 2;

	for (size_t i = 0; i < bar->count; i++)
		if (bar->cells[i].keep < KEEP_LUXURY)
			width += utf8_cells(bar->cells[i].text) + (i == 0 ? 0 : bar->cells[i].line ? 3 : 2);
	return width;
}

static void cluster_cell(struct bar *bar, const struct cluster *cluster, enum brevity brevity,
                         const char *only)
{
	int chosen = only && strcmp(only, cluster->name) == 0;
	char room[CELL_TEXT], words[64];
	struct text text = text_in(room, sizeof(room)), description = text_in(words, sizeof(words));

	cluster_describe(cluster, &description);
	text_printf(&text, "%s%s %s", chosen ? "[" : "", cluster->name, link_glyph(cluster->link));
	if (brevity == BREVITY_FULL || cluster->link != LINK_LIVE)
		text_printf(&text, " %s", words);
	text_add(&text, chosen ? "]" : "");
	bar_add(bar, link_style(cluster->link), cluster->link == LINK_LIVE && !chosen ? 2 : 0, room);
}

static void clusters_add(struct bar *bar, const struct fleet *fleet, enum brevity brevity, const char *only)
{
	enum { CLUSTERS_MAX = BAR_CELLS - 12 };
	size_t live = 0, added = 0;
	char room[CELL_TEXT];

	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		int chosen = only && strcmp(only, cluster->name) == 0;
		if (cluster->link == LINK_LIVE && brevity == BREVITY_COUNTED && !chosen)
			live++;
		else if (added++ < CLUSTERS_MAX)
			cluster_cell(bar, cluster, brevity, only);
	}
	if (live > 0) {
		snprintf(room, sizeof(room), "%zu ● live", live);
		bar_add(bar, STYLE_OK, 2, room);
	}
}

/* "12,345": digits in threes, for counts that people compare. */
static void count_text(int count, char out[24])
{
	if (count >= 1000000)
		snprintf(out, 24, "%d,%03d,%03d", count / 1000000, count / 1000 % 1000, count % 1000);
	else if (count >= 1000)
		snprintf(out, 24, "%d,%03d", count / 1000, count % 1000);
	else
		snprintf(out, 24, "%d", count);
}

static void totals_add(struct bar *bar, const struct fleet_totals *totals)
{
	const struct {
		int count, keep;
		uint16_t style;
		const char *word;
	} parts[] = {
		{totals->by_health[HEALTH_DOWN], 0, STYLE_BAD, "down"},
		{totals->by_health[HEALTH_DEGRADED], 0, STYLE_WARNING, "degraded"},
		{totals->rolling, 1, STYLE_PROGRESS, "rolling"},
		{totals->held, 1, STYLE_PAUSED, "paused"},
	};
	char room[CELL_TEXT], number[24], of[24];

	count_text(totals->services, number);
	snprintf(room, sizeof(room), "%s svc", number);
	bar_add(bar, STYLE_HEADER, 2, room)->line = 1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].count == 0)
			continue;
		count_text(parts[i].count, number);
		snprintf(room, sizeof(room), "%s %s", number, parts[i].word);
		bar_add(bar, parts[i].style, parts[i].keep, room);
	}
	if (totals->pods == 0)
		return;
	count_text(totals->pods_ready, number);
	count_text(totals->pods, of);
	snprintf(room, sizeof(room), "%s/%s pods", number, of);
	bar_add(bar, STYLE_HEADER, KEEP_LUXURY, room)->line = 1;
}

static void short_number(double value, struct text *out)
{
	static const char units[] = "kMG";
	int unit = -1;

	for (; value >= 999.5 && unit < 2; unit++)
		value /= 1000;
	text_printf(out, value < 9.995 && value != floor(value) ? "%.2f" : value < 99.95 && value != floor(value) ? "%.1f" : "%.0f",
	            value);
	if (unit >= 0)
		text_printf(out, "%c", units[unit]);
}

/* What the fleet serves, and what is wrong with those who measure it. */
static void metrics_add_cells(struct bar *bar, const struct fleet *fleet)
{
	double rps = NAN, errors = NAN;
	int old = 0;
	char room[CELL_TEXT];
	struct text text = text_in(room, sizeof(room));

	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster_metrics *metrics = &((const struct cluster *)fleet->clusters.items[i])->metrics;
		if (!isnan(metrics->rps))
			rps = (isnan(rps) ? 0 : rps) + metrics->rps;
		if (!isnan(metrics->errors))
			errors = (isnan(errors) ? 0 : errors) + metrics->errors;
		old |= !isnan(metrics->rps) && (metrics->state == METERING_STALE || metrics->state == METERING_FAILED);
	}
	if (isnan(rps))
		return;
	text_add(&text, old ? "~" : "");
	short_number(rps, &text);
	text_add(&text, " rps");
	if (!isnan(errors) && rps > 0)
		text_printf(&text, " %.2f%%", 100 * errors / rps);
	bar_add(bar, old ? STYLE_STALE : rps > 0 && errors / rps >= 0.05 ? STYLE_BAD : rps > 0 && errors / rps >= 0.01 ? STYLE_WARNING
	                                                                              : STYLE_HEADER,
	        2, room)->line = 1;
	if (old)
		bar_add(bar, STYLE_STALE, 1, "metrics old");
}

static void alerts_add(struct bar *bar, const struct fleet *fleet)
{
	int firing = 0, pending = 0;
	char room[CELL_TEXT];

	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		firing += cluster->alerts.firing;
		pending += cluster->alerts.pending;
	}
	if (firing) {
		snprintf(room, sizeof(room), "%d alert%s", firing, firing == 1 ? "" : "s");
		bar_add(bar, STYLE_BAD, 0, room);
	}
	if (pending) {
		snprintf(room, sizeof(room), "%d pending", pending);
		bar_add(bar, STYLE_WARNING, 3, room);
	}
}

static void bar_build(struct bar *bar, const struct scene *scene, enum brevity brevity, const char *only)
{
	char clock[16];

	bar->count = 0;
	bar_add(bar, STYLE_BRAND, KEEP_BRAND, "FLAGDECK");
	clusters_add(bar, scene->fleet, brevity, only);
	if (scene->read_only)
		bar_add(bar, STYLE_PAUSED, 1, "read-only");
	if (scene->fleet->services.len > 0)
		totals_add(bar, &scene->fleet->totals);
	metrics_add_cells(bar, scene->fleet);
	alerts_add(bar, scene->fleet);
	stamp_format_clock(scene->now_ms, clock);
	clock[5] = '\0'; /* without seconds: it would never be still */
	bar_add(bar, STYLE_HEADER, 3, clock)->at_end = 1;
}

void header_view_draw(const struct scene *scene, struct grid *grid, struct rect row, const char *only)
{
	struct bar bar;

	for (int brevity = BREVITY_FULL; brevity < BREVITY_LEVELS; brevity++) {
		bar_build(&bar, scene, (enum brevity)brevity, only);
		if (bar_width(&bar) <= row.cols)
			break;
	}
	header_draw(grid, row, bar.cells, bar.count);
}
