/* SPDX-License-Identifier: MIT */
/*
 * `flagdeck dashboard`: the panels of a Grafana dashboard on the terminal, from a file or by the UID of
 * one in the configured Grafana. One Prometheus answers: that of the one chosen cluster.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/cli_chart.h"
#include "base/mem.h"
#include "prom/dashboard.h"
#include "prom/range.h"

static const double WAIT = 30;
enum { PANEL_ROWS = 14, FILE_MAX = 16 << 20 };

struct board {
	struct cli *cli;
	struct session *session;
	struct prom_client *client;
	struct dashboard dashboard;
	int64_t end_ms, range_ms, step_ms;
};

struct wait {
	int over;
	struct series_set set;
	char error[420];
	struct buf body;
};

static void range_came(void *arg, struct series_set *set, const struct prom_result *result)
{
	struct wait *wait = arg;
	wait->over = 1;
	wait->set = *set;
	*set = (struct series_set){0};
	snprintf(wait->error, sizeof(wait->error), "%s", result->failed ? result->error : "");
}

static void body_came(void *arg, const struct prom_result *result, const char *body, size_t len)
{
	struct wait *wait = arg;
	wait->over = 1;
	snprintf(wait->error, sizeof(wait->error), "%s", result->failed ? result->error : "");
	if (buf_add(&wait->body, body, len) < 0)
		snprintf(wait->error, sizeof(wait->error), "the dashboard is too large");
}

/* A file, or by its UID from Grafana. */
static int board_read(struct board *board, const char *which, struct err *err)
{
	const struct config_metrics *metrics = &board->cli->config.metrics;
	struct wait wait = {0};
	struct prom_client *grafana = NULL;
	char path[256];
	struct text text = text_in(path, sizeof(path));
	int result = -1;
	buf_init(&wait.body, FILE_MAX);
	if (strchr(which, '/') || strstr(which, ".json")) {
		result = buf_read_file(&wait.body, which, err);
	} else if (!metrics->grafana_url) {
		err_set(err, "%s is no file, and no Grafana is configured to ask for it (metrics.grafana.url)", which);
	} else {
		const struct prom_access access = {.url = metrics->grafana_url, .token_file = metrics->grafana_token_file};
		const struct prom_client_options options = {.loop = board->session->loop, .http = board->session->http, .access = &access};
		text_add(&text, "/api/dashboards/uid/");
		text_add_escaped(&text, which);
		grafana = prom_client_new(&options, err);
		if (grafana) {
			prom_send(grafana, NULL, path, NULL, body_came, &wait);
			while (!wait.over)
				loop_poll(board->session->loop, 1);
			result = wait.error[0] ? err_set(err, "Grafana: %s", wait.error) : 0;
		}
	}
	if (result == 0)
		result = dashboard_decode(&board->dashboard, buf_string(&wait.body), wait.body.len, err);
	if (result < 0)
		err_wrap(err, "dashboard %.100s", which);
	prom_client_free(grafana);
	buf_release(&wait.body);
	return result;
}

/* "{{label}}" of the legend, else the series' own name. */
static void legend_of(const struct series *series, const char *format, char *out, size_t size)
{
	struct text text = text_in(out, size);
	for (const char *at = format; *at;) {
		const char *end = strncmp(at, "{{", 2) == 0 ? strstr(at, "}}") : NULL;
		if (!end) {
			text_printf(&text, "%c", *at++);
			continue;
		}
		char name[80], value[200];
		at += 2 + strspn(at + 2, " ");
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, " }"), at);
		series_label(series, name, value, sizeof(value));
		text_add(&text, value);
		at = end + 2;
	}
	if (text.len == 0 || strcmp(format, "__auto") == 0) {
		text_clear(&text);
		text_add(&text, series->name);
	}
}

static int ask(struct board *board, const char *expr, int instant, struct wait *wait, struct err *err)
{
	struct buf buf;
	buf_init(&buf, 64 << 10);
	int result = dashboard_expand(&board->dashboard, expr, (double)board->step_ms / 1000, (double)board->range_ms / 1000, &buf, err);
	if (result == 0) {
		const struct range_request request = {
			.expr = buf_string(&buf), .start_ms = board->end_ms - board->range_ms, .end_ms = board->end_ms,
			.step_ms = instant ? 0 : board->step_ms, .max_series = CHART_SERIES_MAX, .timeout = WAIT, .done = range_came, .arg = wait,
		};
		range_read(board->client, &request);
		while (!wait->over)
			loop_poll(board->session->loop, 1);
		if (wait->error[0])
			result = err_set(err, "%s", wait->error);
	}
	buf_release(&buf);
	return result;
}

static void values_print(const struct series_set *set, const char *legend, const char *unit)
{
	for (size_t i = 0; i < set->count; i++) {
		char name[300], room[32];
		struct text number = text_in(room, sizeof(room));
		double value = set->items[i].values[set->points - 1];
		legend_of(&set->items[i], legend, name, sizeof(name));
		if (isnan(value))
			text_add(&number, "NaN");
		else
			number_text(value, &number);
		printf("  %10s %-8s %s\n", room, unit, set->count > 1 || *legend ? name : "");
	}
	if (set->count == 0)
		printf("  no data\n");
}

static int chart_print(struct board *board, const struct dashboard_panel *panel, struct wait *waits, struct err *err)
{
	static struct chart_series series[CHART_SERIES_MAX];
	static char names[CHART_SERIES_MAX][300];
	struct chart chart = {.title = panel->title, .unit = panel->unit, .series = series, .graph = cli_graph(board->cli), .legend = 2};
	struct grid grid;
	int rows, cols;
	for (size_t t = 0; t < panel->target_count; t++) {
		const struct series_set *set = &waits[t].set;
		for (size_t i = 0; i < set->count && chart.series_count < 16; i++) {
			size_t at = chart.series_count++;
			legend_of(&set->items[i], panel->targets[t].legend, names[at], sizeof(names[at]));
			series[at] = (struct chart_series){names[at], set->items[i].values, set->points, chart_style(at), 0};
			chart.start_ms = set->start_ms;
			chart.end_ms = set->start_ms + (int64_t)(set->points - 1) * set->step_ms;
		}
	}
	cli_terminal_size(&rows, &cols);
	grid_init(&grid, PANEL_ROWS, cols);
	chart_draw(&grid, grid_rect(&grid), &chart);
	int result = cli_print_grid(board->cli, &grid, err);
	grid_release(&grid);
	return result;
}

static int panel_print(struct board *board, const struct dashboard_panel *panel)
{
	struct wait waits[DASHBOARD_TARGETS] = {0};
	struct err err = {0};
	int failed = 0;
	if (panel->shape == SHAPE_ROW) {
		printf("%s\n\n", panel->title);
		return 0;
	}
	if (panel->shape == SHAPE_UNSUPPORTED || panel->target_count == 0) {
		printf("%s\n  %s%s\n\n", panel->title, panel->shape == SHAPE_UNSUPPORTED ? "not supported: a panel of type " : "no query of Prometheus in it",
		       panel->shape == SHAPE_UNSUPPORTED ? panel->type : "");
		return 0;
	}
	for (size_t t = 0; t < panel->target_count && !failed; t++)
		failed = ask(board, panel->targets[t].expr, panel->shape != SHAPE_CHART, &waits[t], &err) < 0;
	if (!failed && panel->shape == SHAPE_CHART) {
		failed = chart_print(board, panel, waits, &err) < 0;
	} else {
		printf("%s\n", panel->title);
		for (size_t t = 0; t < panel->target_count && !failed; t++)
			values_print(&waits[t].set, panel->targets[t].legend, panel->unit);
	}
	if (failed)
		printf("  %s\n", err.text);
	printf("\n");
	for (size_t t = 0; t < panel->target_count; t++)
		series_set_release(&waits[t].set);
	return failed;
}

static int board_open(struct board *board, struct contexts *contexts, struct err *err)
{
	struct cli *cli = board->cli;
	if (contexts_choose(contexts, cli, err) < 0)
		return -1;
	const struct session_options options = {.contexts = contexts->items, .context_count = contexts->count,
	                                        .metrics = &cli->config.metrics, .only_ask = 1, .log = cli->log};
	board->session = session_new(&options, err);
	if (!board->session)
		return -1;
	if (contexts->count != 1)
		return err_set(err, "a dashboard is drawn from one cluster: choose it with --context");
	session_start(board->session);
	(void)!session_wait_metrics(board->session, cli->timeout > 0 ? cli->timeout : WAIT);
	const struct cluster *cluster = board->session->fleet->clusters.items[0];
	board->client = prom_source_client(session_meter(board->session, cluster));
	if (!board->client)
		return err_set(err, "%s: %s", cluster->name, cluster->metrics.words[0] ? cluster->metrics.words : "no answer in time");
	board->range_ms = (int64_t)((cli->range > 0 ? cli->range : 3600) * 1000);
	board->step_ms = cli->step > 0 ? (int64_t)(cli->step * 1000) : chart_step(board->range_ms, 250);
	board->end_ms = clock_system.wall(&clock_system) + cluster->metrics.skew_ms;
	return 0;
}

int run_dashboard(struct cli *cli, int argc, const char *const *argv)
{
	struct board board = {.cli = cli};
	struct contexts contexts = {0};
	struct err err = {0};
	int code = EXIT_FAILED, failed = 0;
	if (argc < 1) {
		err_set(&err, "dashboard takes a file, or a UID of the configured Grafana, and variables as name=value");
		return cli_fail(EXIT_USAGE, &err);
	}
	if (board_open(&board, &contexts, &err) < 0 || board_read(&board, argv[0], &err) < 0)
		goto out;
	for (int i = 1; i < argc; i++)
		if (dashboard_set(&board.dashboard, argv[i], &err) < 0) {
			code = EXIT_USAGE;
			goto out;
		}
	printf("%s\n\n", board.dashboard.title);
	for (size_t i = 0; i < board.dashboard.panels.len; i++)
		failed |= panel_print(&board, board.dashboard.panels.items[i]);
	code = failed ? EXIT_FAILED : EXIT_DONE;
out:
	dashboard_release(&board.dashboard);
	session_free(board.session);
	contexts_release(&contexts);
	return err.text[0] ? cli_fail((enum exit_code)code, &err) : code;
}
