/* SPDX-License-Identifier: MIT */
/* `get` of the lists beside the services: one function for every sheet of the model. */
#include <stdlib.h>
#include <string.h>

#include "app/cli_print.h"
#include "app/cli_read.h"
#include "base/json.h"
#include "model/fleet.h"
#include "model/sheet.h"

static const double METRICS_WAIT = 20;

/* The words of the command line are a filter, as on the screen. */
static void filter_text(struct text *out, int argc, const char *const *argv)
{
	for (int i = 0; i < argc; i++)
		text_printf(out, "%s%s", i ? " " : "", argv[i]);
}

static int wanted(const struct cli *cli, const struct sheet *sheet, const struct sheet_row *row, const char *filter,
                  int64_t now_ms)
{
	if (cli->namespace && (!row->object || strcmp(row->object->namespace, cli->namespace) != 0))
		return 0;
	return sheet_row_matches(sheet, row, filter, now_ms);
}

static int print_json(const struct cli *cli, const struct sheet *sheet, const struct sheet_row *rows, size_t count,
                      const char *filter, int64_t now_ms)
{
	cJSON *array = cJSON_CreateArray();
	for (size_t i = 0; i < count; i++)
		if (wanted(cli, sheet, &rows[i], filter, now_ms))
			cJSON_AddItemToArray(array, sheet->json(&rows[i], now_ms));
	int code = cli_print_json(cli, array);
	cJSON_Delete(array);
	return code;
}

static int print_table(const struct cli *cli, const struct sheet *sheet, const struct sheet_row *rows, size_t count,
                       const char *filter, int64_t now_ms)
{
	struct table table;
	int any = 0;
	table_init(&table, sheet->column_count);
	for (size_t i = 0; i < sheet->column_count; i++)
		table_add(&table, sheet->columns[i].title);
	for (size_t r = 0; r < count; r++) {
		if (!wanted(cli, sheet, &rows[r], filter, now_ms))
			continue;
		any = 1;
		for (size_t i = 0; i < sheet->column_count; i++) {
			char room[1024];
			struct text cell = text_in(room, sizeof(room));
			sheet->columns[i].format(&rows[r], now_ms, &cell);
			table_add(&table, room);
		}
	}
	table_print(&table, stdout);
	if (!any)
		fprintf(stderr, "flagdeck: %s\n", count ? "nothing matches" : sheet->empty);
	return EXIT_DONE;
}

/* Whose alerts are not known, and why; gives the exit code. */
static int alerts_report(const struct fleet *fleet, const struct sheet *sheet)
{
	int code = EXIT_DONE;
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		const struct cluster_alerts *alerts = &cluster->alerts;
		int manager = sheet == &silences_sheet;
		const char *why = manager ? alerts->manager_error : alerts->error;
		if (!why[0] && (manager ? !alerts->manager_known : !alerts->known))
			why = cluster->metrics.words[0] ? cluster->metrics.words : manager ? "no Alertmanager was found" : "no answer in time";
		if (!why[0])
			continue;
		fprintf(stderr, "flagdeck: %s: %s: %s\n", cluster->name, sheet->name, why);
		code = EXIT_FAILED;
	}
	return code;
}

static int run_sheet(struct cli *cli, const struct sheet *sheet, int argc, const char *const *argv)
{
	struct reading reading;
	struct err err = {0};
	struct sheet_row *rows;
	char filter[1024];
	struct text text = text_in(filter, sizeof(filter));
	filter_text(&text, argc, argv);
	int metered = sheet == &alerts_sheet || sheet == &silences_sheet;
	if (reading_open(&reading, cli, !metered, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	const struct fleet *fleet = reading.session->fleet;
	if (metered && session_wait_metrics(reading.session, cli->timeout > 0 ? cli->timeout : METRICS_WAIT) < 0)
		fprintf(stderr, "flagdeck: the alerts of some clusters have not come in time\n");
	int64_t now_ms = fleet->clock->wall(fleet->clock);
	size_t count = sheet->run(fleet, NULL, &rows);
	int code = cli->output == OUTPUT_TABLE ? print_table(cli, sheet, rows, count, filter, now_ms)
	                                       : print_json(cli, sheet, rows, count, filter, now_ms);
	int missing = metered ? alerts_report(fleet, sheet) : reading_report(&reading);
	free(rows);
	reading_close(&reading);
	return code != EXIT_DONE ? code : missing;
}

int run_get_flux(struct cli *cli, int argc, const char *const *argv)
{
	return run_sheet(cli, &flux_sheet, argc, argv);
}

int run_get_paused(struct cli *cli, int argc, const char *const *argv)
{
	return run_sheet(cli, &paused_sheet, argc, argv);
}

int run_get_rollouts(struct cli *cli, int argc, const char *const *argv)
{
	return run_sheet(cli, &rollouts_sheet, argc, argv);
}

int run_get_alerts(struct cli *cli, int argc, const char *const *argv)
{
	return run_sheet(cli, &alerts_sheet, argc, argv);
}

int run_silence_list(struct cli *cli, int argc, const char *const *argv)
{
	return run_sheet(cli, &silences_sheet, argc, argv);
}
