/* SPDX-License-Identifier: MIT */
/*
 * Load tests: the list of runs, and one of them over the whole room, live while it runs. What is
 * intended stands beside what was reached, and what the generator says of itself beside the target.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "load_chart.h"
#include "ui/bars.h"
#include "ui/list.h"
#include "ui/spark.h"
#include "view/age.h"
#include "view/views.h"

struct loads {
	struct view view;
	struct list list;
	char open[RUN_TEXT]; /* the run's id; "" the list */
	int generator;       /* its chart instead of the failures' */
};

enum load_column {
	COLUMN_RUN,
	COLUMN_STATE,
	COLUMN_AGE,
	COLUMN_RATE,
	COLUMN_P50,
	COLUMN_P99,
	COLUMN_ERRORS,
	COLUMN_VERDICT,
	COLUMNS
};

static const struct list_column list_columns[COLUMNS] = {
    [COLUMN_RUN] = {"RUN", 18, 2, 0, 0},    [COLUMN_STATE] = {"STATE", 11, 0, 0, 0},
    [COLUMN_AGE] = {"AGE", 5, 0, 1, 3},     [COLUMN_RATE] = {"RATE/S", 7, 0, 1, 2},
    [COLUMN_P50] = {"P50 MS", 7, 0, 1, 4},  [COLUMN_P99] = {"P99 MS", 8, 0, 1, 1},
    [COLUMN_ERRORS] = {"ERR%", 6, 0, 1, 2}, [COLUMN_VERDICT] = {"VERDICT", 12, 4, 0, 5},
};

static const struct run_book *book_of(const struct loads *loads)
{
	return loads->view.scene->runs;
}

static const struct run *run_at(const struct loads *loads, size_t row)
{
	const struct run_book *book = book_of(loads);
	return book && row < book->count ? book->runs[row] : NULL;
}

static uint16_t state_style(enum run_state state)
{
	switch (state) {
	case RUN_RUNNING:
		return STYLE_PROGRESS;
	case RUN_PASSED:
		return STYLE_OK;
	case RUN_FAILED:
	case RUN_ABORTED:
		return STYLE_BAD;
	default:
		return STYLE_WARNING;
	}
}

static void number(struct text *text, const char *format, double value) __attribute__((format(printf, 2, 0)));
static void number(struct text *text, const char *format, double value)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (isfinite(value))
		text_printf(text, format, value);
#pragma GCC diagnostic pop
}

static void cell(void *arg, size_t row, size_t column, struct text *text, uint16_t *style)
{
	const struct loads *loads = arg;
	const struct run *run = run_at(loads, row);
	if (!run)
		return;
	const struct run_second *total = &run->total;
	double ended = (double)(total->ok + run_failed(total));
	switch ((enum load_column)column) {
	case COLUMN_RUN:
		text_add(text, run->id);
		break;
	case COLUMN_STATE:
		text_add(text, run_state_name(run->state));
		*style = state_style(run->state);
		break;
	case COLUMN_AGE:
		age_text(loads->view.scene->now_ms, run->started_ms, text);
		break;
	case COLUMN_RATE:
		number(text, "%.0f", total->seconds > 0 ? ended / total->seconds : NAN);
		break;
	case COLUMN_P50:
		number(text, "%.2f", ended > 0 ? total->p50 : NAN);
		break;
	case COLUMN_P99:
		number(text, "%.2f", ended > 0 ? total->p99 : NAN);
		break;
	case COLUMN_ERRORS:
		number(text, "%.2f", ended > 0 ? 100 * (double)run_failed(total) / ended : NAN);
		break;
	case COLUMN_VERDICT:
		text_add(text, run->words);
		break;
	case COLUMNS:
		break;
	}
}

static void list_source_of(struct loads *loads, struct list_source *source)
{
	const struct run_book *book = book_of(loads);
	*source = (struct list_source){
	    .rows = book ? book->count : 0,
	    .columns = COLUMNS,
	    .column = list_columns,
	    .cell = cell,
	    .arg = loads,
	    .empty = book && *book->trouble
	                 ? book->trouble
	                 : "no load test ran here yet; a profile: flagdeck load init smoke URL > smoke.yaml",
	};
}

/* --- one run --- */

static void put_line(struct grid *grid, struct rect *rect, uint16_t style, const char *text)
{
	if (!rect_is_empty(*rect))
		rect_put_cut(grid, rect_cut_top(rect, 1), 0, 1, style, text);
}

static void figures(const struct run *run, struct text *text)
{
	const struct run_second *now = run->state == RUN_RUNNING && run->second_count
	                                   ? &run->seconds[run->second_count - 1]
	                                   : &run->total;
	uint64_t failed = run_failed(now);
	double seconds = now->seconds > 0 ? now->seconds : 1, ended = (double)(now->ok + failed);
	text_printf(text, "%.0f/s of %.0f  ", ended / seconds, (double)now->intended / seconds);
	if (isfinite(now->p50))
		text_printf(text, "p50 %.2f  p90 %.2f  p99 %.2f  max %.1f ms  ", now->p50, now->p90, now->p99,
		            now->max);
	text_printf(text, "failed %.2f %%", ended > 0 ? 100 * (double)failed / ended : 0);
	static const char *const codes[RUN_CODES] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
	for (int i = 0; i < RUN_CODES; i++)
		if (now->codes[i])
			text_printf(text, "  %s %llu", codes[i], (unsigned long long)now->codes[i]);
}

static void health(const struct run *run, struct text *text)
{
	const struct run_second *now = run->second_count ? &run->seconds[run->second_count - 1] : &run->total;
	text_printf(
	    text,
	    "generator: %.0f %% cpu, busiest thread %.0f %%, %d open, %d under way, %llu waiting, %llu late",
	    100 * now->cpu, 100 * now->busiest, now->open, now->in_flight, (unsigned long long)now->backlog,
	    (unsigned long long)now->late);
	if (run->generator[0])
		text_printf(text, "; %s", run->generator);
}

/* The service that is loaded; where several clusters have it, one of the run's environment. */
static const struct service *loaded_service(const struct loads *loads, const struct run *run)
{
	const struct fleet *fleet = loads->view.scene->fleet;
	const struct service *found = NULL;
	for (size_t i = 0; run->service[0] && i < fleet->services.len; i++) {
		const struct service *service = fleet->services.items[i];
		if (strcmp(service->name, run->service) != 0)
			continue;
		if (!found || strcmp(service->cluster->env, run->env) == 0)
			found = service;
	}
	return found;
}

static void metric_add(const struct service *service, enum metric metric, const char *name, struct text *text)
{
	double value = service_metric_or(service, metric, NAN);
	if (!isfinite(value))
		return;
	text_printf(text, "  %s ", name);
	number_text(value, text);
	text_add(text, metric_infos[metric].unit);
}

static void target_line(const struct run *run, const struct service *service, struct text *text)
{
	text_printf(text, "target: %s", run->target);
	if (service) {
		text_printf(text, "  %s %d/%d ready, %s", service->cluster->name, service->ready,
		            service->desired, health_words[service->health]);
		metric_add(service, METRIC_RPS, "rps", text);
		metric_add(service, METRIC_P99, "p99", text);
		metric_add(service, METRIC_CPU, "cpu", text);
	} else if (run->service[0])
		text_printf(text, "  service %s is in no cluster that is shown", run->service);
}

static void slo_lines(struct grid *grid, struct rect *rect, const struct run *run)
{
	for (size_t i = 0; i < run->slo_count && rect->rows > 8; i++) {
		const struct run_slo *slo = &run->slos[i];
		char room[200];
		struct text text = text_in(room, sizeof(room));
		if (run->state == RUN_RUNNING) {
			text_printf(&text, "· SLO %s", slo->text);
		} else {
			text_printf(&text, "%s SLO %s: %s", slo->held ? "✔" : "✘", slo->text,
			            slo->held ? "held" : "broken");
			if (isfinite(slo->value))
				text_printf(&text, " (%.4g)", slo->value);
		}
		put_line(grid, rect,
		         run->state == RUN_RUNNING ? STYLE_DIM
		         : slo->held               ? STYLE_OK
		                                   : STYLE_BAD,
		         room);
	}
}

static void head_draw(const struct loads *loads, struct grid *grid, struct rect *rect, const struct run *run)
{
	char room[400];
	struct text text = text_in(room, sizeof(room));
	if (run->state == RUN_RUNNING)
		text_printf(&text, "▶ running %zu s of %.0f", run->second_count, run->planned_seconds);
	else
		text_printf(&text, "%s %s: %s", run->state == RUN_PASSED ? "✔" : "✘",
		            run_state_name(run->state), run->words);
	put_line(grid, rect, state_style(run->state), room);
	text_clear(&text);
	figures(run, &text);
	put_line(grid, rect, STYLE_TEXT, room);
	text_clear(&text);
	target_line(run, loaded_service(loads, run), &text);
	put_line(grid, rect, STYLE_DIM, room);
	text_clear(&text);
	health(run, &text);
	put_line(grid, rect, run->generator[0] ? STYLE_WARNING : STYLE_DIM, room);
	slo_lines(grid, rect, run);
	for (size_t i = 0; i < run->failure_count && i < 3 && rect->rows > 12; i++) {
		text_clear(&text);
		text_printf(&text, "✘ %s", run->failures[i]);
		put_line(grid, rect, STYLE_WARNING, room);
	}
}

static void run_draw(const struct loads *loads, struct grid *grid, struct rect rect, const struct run *run)
{
	enum load_chart last = loads->generator ? LOAD_GENERATOR : LOAD_ERRORS;
	const struct fleet *fleet = loads->view.scene->fleet;
	const struct load_target target = {loaded_service(loads, run), &fleet->timeline,
	                                   fleet->clock->wall(fleet->clock)};
	head_draw(loads, grid, &rect, run);
	if (rect.rows < 4)
		return;
	if (rect.cols >= 100 && rect.rows >= 12) {
		struct rect left = rect_cut_left(&rect, rect.cols / 2);
		left.cols--;
		load_chart_draw(grid, rect_cut_top(&left, left.rows / 2), run, LOAD_RATE, &target);
		load_chart_draw(grid, left, run, LOAD_LATENCY, &target);
		load_chart_draw(grid, rect_cut_top(&rect, rect.rows / 2), run, last, &target);
		load_chart_draw(grid, rect, run, LOAD_HEAT, &target);
		return;
	}
	load_chart_draw(grid, rect_cut_top(&rect, rect.rows / 2), run,
	                loads->generator ? LOAD_GENERATOR : LOAD_RATE, &target);
	load_chart_draw(grid, rect, run, LOAD_LATENCY, &target);
}

static void loads_draw(struct view *view, struct grid *grid, struct rect rect, int focused)
{
	struct loads *loads = (struct loads *)view;
	const struct run_book *book = book_of(loads);
	const struct run *run = book ? book->open : NULL;
	struct list_source source;
	char title[200] = "load tests";
	if (*loads->open)
		snprintf(title, sizeof(title), "load test %s", loads->open);
	title_draw(grid, rect_cut_top(&rect, 1), title, book && !*loads->open ? book->results : "", focused);
	if (!*loads->open) {
		list_source_of(loads, &source);
		list_draw(&loads->list, grid, rect, &source, focused);
		return;
	}
	if (!run || strcmp(run->id, loads->open) != 0)
		put_line(grid, &rect, STYLE_DIM, "reading the run…");
	else
		run_draw(loads, grid, rect, run);
}

static int list_act(struct loads *loads, enum action_id action)
{
	const struct run_book *book = book_of(loads);
	size_t rows = book ? book->count : 0;
	struct rect rect = loads->view.rect;
	rect_cut_top(&rect, 1);
	long page = (long)list_page(rect);
	switch (action) {
	case ACTION_MOVE_DOWN:
		list_move(&loads->list, rows, rect, 1);
		return 1;
	case ACTION_MOVE_UP:
		list_move(&loads->list, rows, rect, -1);
		return 1;
	case ACTION_MOVE_PAGE_DOWN:
		list_move(&loads->list, rows, rect, page);
		return 1;
	case ACTION_MOVE_PAGE_UP:
		list_move(&loads->list, rows, rect, -page);
		return 1;
	case ACTION_MOVE_HALF_DOWN:
		list_move(&loads->list, rows, rect, (page + 1) / 2);
		return 1;
	case ACTION_MOVE_HALF_UP:
		list_move(&loads->list, rows, rect, -(page + 1) / 2);
		return 1;
	case ACTION_MOVE_FIRST:
		list_move_to(&loads->list, rows, rect, 0);
		return 1;
	case ACTION_MOVE_LAST:
		list_move_to(&loads->list, rows, rect, rows ? rows - 1 : 0);
		return 1;
	case ACTION_OPEN:
		if (run_at(loads, loads->list.selected))
			snprintf(loads->open, sizeof(loads->open), "%s",
			         run_at(loads, loads->list.selected)->id);
		return 1;
	default:
		return 0;
	}
}

static int loads_act(struct view *view, enum action_id action)
{
	struct loads *loads = (struct loads *)view;
	if (action == ACTION_LOAD_CHART) {
		loads->generator = !loads->generator;
		return 1;
	}
	if (action == ACTION_APP_BACK && *loads->open) {
		loads->open[0] = '\0';
		return 1;
	}
	return *loads->open ? 0 : list_act(loads, action);
}

void loads_open(struct view *view, const char *id)
{
	struct loads *loads = (struct loads *)view;
	snprintf(loads->open, sizeof(loads->open), "%s", id);
}

const char *loads_selected(struct view *view)
{
	struct loads *loads = (struct loads *)view;
	const struct run *run = run_at(loads, loads->list.selected);
	return *loads->open ? loads->open : run ? run->id : NULL;
}

static size_t loads_rows(struct view *view)
{
	const struct run_book *book = book_of((struct loads *)view);
	return book ? book->count : 0;
}

static void loads_demand(const struct view *view, struct demand *demand)
{
	demand->runs.wanted = 1;
	snprintf(demand->runs.open, sizeof(demand->runs.open), "%s", ((const struct loads *)view)->open);
}

static void loads_begin(struct view *view)
{
	list_init(&((struct loads *)view)->list);
}

const struct view_ops loads_view = {
    .name = "load",
    .scope = SCOPE_LOADS,
    .size = sizeof(struct loads),
    .hints =
        {
            {ACTION_OPEN, "open"},
            {ACTION_LOAD_START, "start one"},
            {ACTION_LOAD_STOP, "stop it"},
            {ACTION_LOAD_CHART, "generator"},
            {ACTION_APP_BACK, "back"},
        },
    .open = loads_begin,
    .draw = loads_draw,
    .act = loads_act,
    .rows = loads_rows,
    .demand = loads_demand,
};
