/* SPDX-License-Identifier: MIT */
/*
 * `silence add` and `silence expire`. What a silence would match is shown before it is sent, and asked
 * for on a terminal; the intent is in the audit before anything goes out.
 */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/cli_read.h"
#include "base/when.h"
#include "model/alert.h"
#include "model/fleet.h"
#include "prom/alerts.h"
#include "prom/source.h"
#include "store/audit.h"

static const double WAIT = 20, HOURS_OF_SILENCE = 2;

struct change {
	struct cli *cli;
	struct reading reading;
	const struct cluster *cluster;
	struct prom_client *manager;
	struct audit *audit;
	int over, failed;
	char id[40], error[420];
};

static void answered(void *arg, const struct prom_result *result, const char *body, size_t len)
{
	struct change *change = arg;
	change->over = 1;
	change->failed = result->failed;
	snprintf(change->error, sizeof(change->error), "%s", result->error);
	if (!result->failed && !change->id[0])
		silence_id_decode(body, len, change->id);
}

/* Connects; a silence belongs to one cluster, so one must be chosen. */
static int change_open(struct change *change, struct cli *cli, struct err *err)
{
	*change = (struct change){.cli = cli};
	if (reading_open(&change->reading, cli, 0, err) < 0)
		return -1;
	struct session *session = change->reading.session;
	if (session_wait_metrics(session, cli->timeout > 0 ? cli->timeout : WAIT) < 0) {
		err_set(err, "the Alertmanager gave no answer in time");
		return -1;
	}
	if (session->fleet->clusters.len != 1) {
		err_set(err, "a silence belongs to one cluster: choose it with --context");
		return -1;
	}
	change->cluster = session->fleet->clusters.items[0];
	struct prom_source *meter = session_meter(session, change->cluster);
	change->manager = meter ? alerting_manager(prom_source_alerting(meter)) : NULL;
	if (!change->manager)
		return err_set(err, "%s: no Alertmanager was found; the configuration can name one (fleet.clusters[].prometheus."
		               "alertmanager)", change->cluster->name);
	char *path = config_audit_path();
	const struct audit_options audit = {.path = path, .clock = session->fleet->clock, .allow_unaudited = cli->allow_unaudited};
	change->audit = audit_open(&audit);
	free(path);
	return 0;
}

static void change_close(struct change *change)
{
	audit_close(change->audit);
	if (change->reading.session)
		reading_close(&change->reading);
}

/* Sends between intent and outcome. */
static int change_run(struct change *change, const char *action, const char *target, const char *what, const char *why,
                      const struct silence *silence, struct err *err)
{
	const struct audit_record record = {.action = action, .cluster = change->cluster->name, .target = target, .what = what,
	                                    .why = why};
	char id[AUDIT_CHANGE];
	if (audit_intend(change->audit, &record, id, err) < 0)
		return -1;
	if (silence)
		silence_send(change->manager, silence, answered, change);
	else
		silence_expire(change->manager, change->id, answered, change);
	while (!change->over)
		loop_poll(change->reading.session->loop, 1);
	struct err late = {0};
	if (audit_conclude(change->audit, id, change->failed ? "failed" : "done", change->failed ? change->error : change->id,
	                   NULL, &late) < 0)
		fprintf(stderr, "flagdeck: %s\n", late.text);
	return change->failed ? err_set(err, "%s", change->error) : 0;
}

static const char *who_am_i(void)
{
	const struct passwd *user = getpwuid(getuid());
	return user && user->pw_name ? user->pw_name : "unknown";
}

static int silence_read(struct silence *silence, const struct cli *cli, int argc, const char *const *argv, int64_t now,
                        struct err *err)
{
	double seconds = cli->duration > 0 ? cli->duration : HOURS_OF_SILENCE * 3600;
	*silence = (struct silence){.start_ms = now, .end_ms = now + (int64_t)(seconds * 1000)};
	if (argc == 0 || argc > SILENCE_MATCHERS)
		return err_set(err, "silence add takes 1 to %d matchers, such as alertname=HighErrors namespace=~pay.*", SILENCE_MATCHERS);
	for (int i = 0; i < argc; i++)
		if (matcher_parse(argv[i], &silence->matchers[silence->matcher_count++]) < 0)
			return err_set(err, "\"%.80s\" is no matcher: name=value, name!=value, name=~regex or name!~regex", argv[i]);
	if (!cli->comment || !*cli->comment)
		return err_set(err, "a silence needs --comment TEXT: those who find it want to know why");
	snprintf(silence->comment, sizeof(silence->comment), "%s", cli->comment);
	snprintf(silence->author, sizeof(silence->author), "%s", cli->author ? cli->author : who_am_i());
	return 0;
}

static void preview(const struct change *change, const struct silence *silence)
{
	const struct vec *alerts = &change->cluster->alerts.alerts;
	char ends[32], matchers[1024];
	struct text text = text_in(matchers, sizeof(matchers));
	size_t hits = 0;
	when_format(silence->end_ms, ends);
	silence_describe(silence, &text);
	fprintf(stderr, "silence on %s until %s: %s\n", change->cluster->name, ends, matchers);
	for (size_t i = 0; i < alerts->len; i++) {
		const struct alert *alert = alerts->items[i];
		if (!silence_matches(silence, alert))
			continue;
		if (hits++ < 10)
			fprintf(stderr, "  %s  %s  %s\n", alert_state_words[alert->state], alert->name, alert->summary);
	}
	fprintf(stderr, hits ? "it matches %zu alert%s now\n" : "it matches no alert now\n", hits, hits == 1 ? "" : "s");
}

/* As for every other change: asked on a terminal, and refused where there is none to ask on. */
static int is_confirmed(const struct cli *cli, struct err *err)
{
	char line[16] = "";

	if (cli->flag.yes)
		return 1;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		err_set(err, "nothing was created: there is no terminal to ask on; --yes says that you are sure");
		return 0;
	}
	fprintf(stderr, "Create it? [y/N] ");
	if (fgets(line, sizeof(line), stdin) && (strcmp(line, "y\n") == 0 || strcmp(line, "yes\n") == 0))
		return 1;
	err_set(err, "nothing was created");
	return 0;
}

static int is_read_only(const struct cli *cli, struct err *err)
{
	if (!cli->read_only)
		return 0;
	err_set(err, "this session is read-only (--read-only)");
	return 1;
}

int run_silence_add(struct cli *cli, int argc, const char *const *argv)
{
	struct change change = {0};
	struct silence silence;
	struct err err = {0};
	char what[1200];
	struct text text = text_in(what, sizeof(what));
	int code = EXIT_FAILED;
	if (silence_read(&silence, cli, argc, argv, clock_system.wall(&clock_system), &err) < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (is_read_only(cli, &err))
		return cli_fail(EXIT_REFUSED, &err);
	if (change_open(&change, cli, &err) < 0)
		goto out;
	preview(&change, &silence);
	if (cli->flag.dry_run) {
		code = EXIT_DONE;
		goto out;
	}
	if (!is_confirmed(cli, &err)) {
		code = EXIT_REFUSED;
		goto out;
	}
	silence_describe(&silence, &text);
	if (change_run(&change, "silence.add", "Alertmanager", what, silence.comment, &silence, &err) == 0) {
		printf("%s\n", change.id);
		code = EXIT_DONE;
	}
out:
	change_close(&change);
	return err.text[0] ? cli_fail((enum exit_code)code, &err) : code;
}

int run_silence_expire(struct cli *cli, int argc, const char *const *argv)
{
	struct change change = {0};
	struct err err = {0};
	int code = EXIT_FAILED, known = 0;
	if (argc != 1 || strlen(argv[0]) >= sizeof(change.id)) {
		err_set(&err, "silence expire takes the id of one silence (flagdeck silence list)");
		return cli_fail(EXIT_USAGE, &err);
	}
	if (is_read_only(cli, &err))
		return cli_fail(EXIT_REFUSED, &err);
	if (change_open(&change, cli, &err) < 0)
		goto out;
	const struct vec *silences = &change.cluster->alerts.silences;
	for (size_t i = 0; i < silences->len; i++)
		known |= strcmp(((const struct silence *)silences->items[i])->id, argv[0]) == 0;
	if (!known) {
		err_set(&err, "%s has no silence %s (flagdeck silence list)", change.cluster->name, argv[0]);
		goto out;
	}
	snprintf(change.id, sizeof(change.id), "%s", argv[0]);
	if (change_run(&change, "silence.expire", argv[0], "ends the silence", cli->comment, NULL, &err) == 0)
		code = EXIT_DONE;
out:
	change_close(&change);
	return err.text[0] ? cli_fail((enum exit_code)code, &err) : code;
}
