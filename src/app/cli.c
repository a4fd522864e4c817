/* SPDX-License-Identifier: MIT */
/* The two tables of the command line, and what reads and prints them. */
#include "app/cli.h"
#include "app/cli_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/spell.h"
#include "sim/sim.h"
#include "base/when.h"

const struct command cli_commands[] = {
	{"", "", "Open the console.", "", run_console},
	{"demo", "", "Open the console on an embedded platform: three clusters that need nothing but this program.", "D",
	 run_demo},
	{"doctor", "", "Check every access and say what to do.", "ot", run_doctor},
	{"get services", "[FILTER]", "Print the services of the fleet, trouble first.", "oslt", run_get_services},
	{"get pods", "[SERVICE]", "Print the pods of the fleet, or of one service.", "ont", run_get_pods},
	{"get flux", "[WORD...]", "Print Flux' objects as `flux get` does: sources, Kustomizations, HelmReleases.", "ont",
	 run_get_flux},
	{"get rollouts", "[WORD...]", "Print Canaries, Argo Rollouts, and workloads that move, wait or failed.", "ont",
	 run_get_rollouts},
	{"get paused", "[WORD...]", "Print everything that is held: suspended, paused, disabled, waiting for a yes.", "ont",
	 run_get_paused},
	{"get alerts", "[FILTER]", "Print the alerts that fire or are pending, by service.", "ot", run_get_alerts},
	{"silence list", "[FILTER]", "Print Alertmanager's silences.", "ot", run_silence_list},
	{"silence add", "MATCHER...", "Silence alerts: name=value, name=~regex; shows what it matches first.", "tCuP",
	 run_silence_add},
	{"silence expire", "ID", "End a silence.", "tC", run_silence_expire},
	{"query", "EXPR", "Ask PromQL of each cluster's Prometheus, for now or over a range.", "otqV", run_query},
	{"dashboard", "FILE|UID [NAME=VALUE...]", "Draw the panels of a Grafana dashboard.", "tV", run_dashboard},
	{"rollout status", "SERVICE", "Follow a rollout to its end: exits 0 complete, 1 failed, 4 timed out.", "nwt",
	 run_rollout_status},
	{"rollout watch", "SERVICE", "Follow a commit until the service runs it: exits 0 healthy, 1 failed, 4 timed out.", "nowtk",
	 run_rollout_watch},
	{"rollout restart", "SERVICE...", "Replace all pods by new ones of the same revision.", "noQydt", run_rollout_restart},
	{"rollout undo", "SERVICE...", "Go back to an earlier revision.", "noQydtv", run_rollout_undo},
	{"rollout pause", "SERVICE...", "Let changes of its template wait, saying why.", "noQUydt", run_rollout_pause},
	{"rollout resume", "SERVICE...", "Roll out what waited while it was paused.", "noydt", run_rollout_resume},
	{"rollout scale", "SERVICE...", "Set the number of replicas, unless an autoscaler keeps it.", "noQydtN",
	 run_rollout_scale},
	{"rollout promote", "SERVICE...", "Let an Argo Rollout go on from where it waits.", "noQydtf", run_rollout_promote},
	{"rollout abort", "SERVICE...", "Send an Argo Rollout's traffic back to the stable revision.", "noQydt",
	 run_rollout_abort},
	{"rollout retry", "SERVICE...", "Roll an aborted Argo Rollout out again.", "noQydt", run_rollout_retry},
	{"flux trace", "KIND/NAME", "Say what applied an object, up to the commit with author and subject.", "not", run_flux_trace},
	{"flux diff", "KIND/NAME", "Compare what Git renders for a Kustomization or HelmRelease with the cluster, by server-side dry runs: "
	 "exits 0 without drift, 1 with drift or when something cannot be known.", "nok", run_flux_diff},
	{"flux reconcile", "KIND/NAME...", "Let Flux act now: ks/apps, hr/shop, or what applies a service.", "noydtrS",
	 run_flux_reconcile},
	{"flux suspend", "KIND/NAME...", "Stop reconciliation, saying why and until when.", "noQUydt", run_flux_suspend},
	{"flux resume", "KIND/NAME...", "Let reconciliation go on.", "noydt", run_flux_resume},
	{"flag list", "[KEY]", "Print flags of services with their values and where these come from.", "olF", run_flag_list},
	{"flag get", "KEY", "Print one value, of one service in one environment.", "oF", run_flag_get},
	{"flag matrix", "[KEY...]", "Print services against flags, by environment.", "olF", run_flag_matrix},
	{"flag history", "[KEY]", "Print changes of flags from Git: who, when, what and why.", "olaF", run_flag_history},
	{"flag plan", "KEY=VALUE...", "Say what a change would do, and change nothing.", "olFGP", run_flag_plan},
	{"flag set", "KEY=VALUE...", "Change flags by a commit, push it, and say what became of it.", "olFGPt", run_flag_set},
	{"flag unset", "KEY...", "Remove a service's own values, so that the more general ones hold again.", "olFGP", run_flag_unset},
	{"flag revert", "CHANGE", "Undo a change exactly, by its id or commit.", "oFGP", run_flag_revert},
	{"flag promote", "FROM TO [KEY...]", "Carry the values of one environment to another.", "olFGP", run_flag_promote},
	{"flag expire", "", "Take back what has run out or broken its guard; for a CronJob.", "oFGP", run_flag_expire},
	{"flag lint", "", "Check the catalog and every value.", "oF", run_flag_lint},
	{"flag schema", "", "Print the JSON schema of the values.", "F", run_flag_schema},
	{"yaml get", "FILE PATH", "Print the value at a path of a YAML file.", "Y", run_yaml_get},
	{"yaml set", "FILE PATH VALUE", "Change one value; no other byte of the file.", "YZ", run_yaml_set},
	{"yaml delete", "FILE PATH", "Remove a value, and parents that it leaves empty.", "Y", run_yaml_delete},
	{"load init", "TEMPLATE [TARGET]", "Print a profile to begin with: smoke, baseline, stress, soak, spike, breakpoint.", "",
	 run_load_init},
	{"load lint", "PROFILE...", "Check profiles: every mistake with file and line.", "", run_load_lint},
	{"load run", "PROFILE", "Run a load test and judge it: exits 0 when every SLO held.", "oLR", run_load_run},
	{"load list", "", "Print the load tests that run or ran, the newest first.", "oR", run_load_list},
	{"load show", "[RUN]", "Print one in full, the newest when none is named.", "oR", run_load_show},
	{"load stop", "[RUN]", "Stop one, or all that run here, within two seconds.", "R", run_load_stop},
	{"load compare", "BEFORE [AFTER]", "Say whether a run is worse than another, or whether it is noise: exits 1 on regression.",
	 "R", run_load_compare},
	{"load publish", "RUN|report PLACE", "Put a run, or the report, into s3://BUCKET/PREFIX or file:///FOLDER.", "R", run_load_publish},
	{"load sweep", "", "Delete what load tests left behind in the chosen clusters.", "", run_load_sweep},
	{"load agent", "JTL FOLDER", "Beside JMeter in a pod: follow its rows, tell every second, upload at the end.", "", run_load_agent},
	{"load engine", "FOLDER PROFILE", "What load run starts; not for people.", "", run_load_engine},
	{"report build", "FOLDER", "Write the load tests as a web site for any file server or bucket.", "R", run_report_build},
	{"report serve", "[FOLDER]", "Build it and serve it on this machine.", "RW", run_report_serve},
	{"audit list", "[WORD...]", "Print what was changed from here: who, when, what, why, and how it went.", "oa",
	 run_audit_list},
	{"audit export", "", "Print every row of the audit as a line of JSON, with its hash.", "a", run_audit_export},
	{"audit verify", "[HEAD]", "Check that no row was changed, and that a head from syslog or a commit is one of it.",
	 "o", run_audit_verify},
	{"config show", "", "Print the configuration's keys with their values and meaning.", "", run_config_show},
	{"config validate", "", "Read configuration, theme and keymap, and say what is wrong with them.", "",
	 run_config_validate},
};

const size_t cli_command_count = sizeof(cli_commands) / sizeof(cli_commands[0]);

#define TEXT_OPTION(function, field) \
	static int function(struct cli *cli, const char *value, struct err *err) \
	{ \
		(void)err; \
		cli->field = value; \
		return 0; \
	}
#define FLAG_OPTION(function, field) \
	static int function(struct cli *cli, const char *value, struct err *err) \
	{ \
		(void)err, (void)value; \
		cli->field = 1; \
		return 0; \
	}

TEXT_OPTION(set_kubeconfig, kubeconfig)
TEXT_OPTION(set_config, config_path)
TEXT_OPTION(set_theme, theme)
TEXT_OPTION(set_keymap, keymap)
TEXT_OPTION(set_log_file, log_file)
TEXT_OPTION(set_trace_start, trace_start)
TEXT_OPTION(set_dump, dump)
TEXT_OPTION(set_namespace, namespace)
TEXT_OPTION(set_labels, labels)
TEXT_OPTION(set_sort, sort)
TEXT_OPTION(set_reason, reason)
TEXT_OPTION(set_commit, commit)
FLAG_OPTION(set_flag_dry_run, flag.dry_run)
FLAG_OPTION(set_flag_yes, flag.yes)
FLAG_OPTION(set_yes, yes)
FLAG_OPTION(set_dry_run, dry_run)
FLAG_OPTION(set_force, force)
FLAG_OPTION(set_reset, reset)
FLAG_OPTION(set_with_source, with_source)
FLAG_OPTION(set_full, full)
FLAG_OPTION(set_all_contexts, all_contexts)
FLAG_OPTION(set_read_only, read_only)
FLAG_OPTION(set_allow_unaudited, allow_unaudited)
FLAG_OPTION(set_ascii, ascii)
FLAG_OPTION(set_screen_reader, screen_reader)
FLAG_OPTION(set_no_color, no_color)
FLAG_OPTION(set_help, help)
FLAG_OPTION(set_version, version)
FLAG_OPTION(set_no_watch, no_watch)
TEXT_OPTION(set_comment, comment)
TEXT_OPTION(set_author, author)
TEXT_OPTION(set_load_results, load.results)
TEXT_OPTION(set_load_junit, load.junit)
TEXT_OPTION(set_load_summary, load.summary)
FLAG_OPTION(set_load_ci, load.ci)
FLAG_OPTION(set_load_detach, load.detach)

FLAG_OPTION(set_as_string, as_string)

TEXT_OPTION(set_flag_reason, flag.reason)
TEXT_OPTION(set_flag_repository, flag.repository)
TEXT_OPTION(set_flag_branch, flag.branch)
TEXT_OPTION(set_flag_expires, flag.expires)
TEXT_OPTION(set_flag_guard, flag.guard)
TEXT_OPTION(set_flag_for, flag.guard_for)
TEXT_OPTION(set_flag_override, flag.override)
FLAG_OPTION(set_flag_request, flag.by_request)

#define LIST_OPTION(function, field) \
	static int function(struct cli *cli, const char *value, struct err *err) \
	{ \
		(void)err; \
		vec_push(&cli->field, (char *)(uintptr_t)value); \
		return 0; \
	}
LIST_OPTION(set_flag_service, flag.services)
LIST_OPTION(set_flag_env, flag.envs)
LIST_OPTION(set_flag_region, flag.regions)

static int set_document(struct cli *cli, const char *value, struct err *err)
{
	char *end;
	cli->document = strtoul(value, &end, 10);
	if (value[0] < '1' || value[0] > '9' || *end || cli->document > 1000000)
		return err_set(err, "--document takes a number, counted from 1, not \"%.40s\"", value);
	return 0;
}

static int set_context(struct cli *cli, const char *value, struct err *err)
{
	(void)err;
	vec_push(&cli->contexts, (char *)(uintptr_t)value);
	return 0;
}

static int set_output(struct cli *cli, const char *value, struct err *err)
{
	static const char *const names[] = {[OUTPUT_TABLE] = "table", [OUTPUT_JSON] = "json", [OUTPUT_YAML] = "yaml",
		[OUTPUT_CSV] = "csv", [OUTPUT_CHART] = "chart"};
	for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		cli->output = (enum output)i;
		return 0;
	}
	return err_set(err, "-o knows table, json and yaml, not \"%.40s\"", value);
}

static int set_duration(struct cli *cli, const char *value, struct err *err)
{
	return duration_parse(value, &cli->duration, err) < 0 ? err_wrap(err, "--duration") : 0;
}

static int set_range(struct cli *cli, const char *value, struct err *err)
{
	return duration_parse(value, &cli->range, err) < 0 ? err_wrap(err, "--range") : 0;
}

static int set_step(struct cli *cli, const char *value, struct err *err)
{
	return duration_parse(value, &cli->step, err) < 0 ? err_wrap(err, "--step") : 0;
}

static int set_timeout(struct cli *cli, const char *value, struct err *err)
{
	return duration_parse(value, &cli->timeout, err) < 0 ? err_wrap(err, "--timeout") : 0;
}

TEXT_OPTION(set_demo_folder, demo.folder)
FLAG_OPTION(set_demo_serve, demo.serve)

static int whole_number(const char *option, const char *value, long least, long most, long *out, struct err *err)
{
	char *end;
	long number = strtol(value, &end, 10);
	if (end == value || *end || number < least || number > most)
		return err_set(err, "%s takes a number from %ld to %ld, not \"%.40s\"", option, least, most, value);
	*out = number;
	return 0;
}

static int set_report_port(struct cli *cli, const char *value, struct err *err)
{
	return whole_number("--port", value, 0, 65535, &cli->load.port, err);
}

static int set_demo_services(struct cli *cli, const char *value, struct err *err)
{
	return whole_number("--services", value, 1, 2000, &cli->demo.services, err);
}

static int set_demo_seed(struct cli *cli, const char *value, struct err *err)
{
	return whole_number("--seed", value, 0, 1000000000, &cli->demo.seed, err);
}

static int set_demo_story(struct cli *cli, const char *value, struct err *err)
{
	const char *names[16], *help;
	size_t count = 0;
	while (count < 16 && sim_story_at((int)count, &names[count], &help) == 0)
		if (strcmp(names[count++], value) == 0) {
			cli->demo.story = value;
			return 0;
		}
	const char *near = spell_nearest(value, names, count);
	err_set(err, "there is no story \"%.40s\"%s%s%s; there are", value, near ? ", did you mean " : "", near ? near : "",
	        near ? "?" : "");
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len, "%s %s", i ? "," : "", names[i]);
	}
	return -1;
}

static int set_demo_fault(struct cli *cli, const char *value, struct err *err)
{
	const char *names[32], *help;
	char asked[64];
	size_t count = 0, known = 0;
	snprintf(asked, sizeof(asked), "%.*s", (int)strcspn(value, "@"), value);
	while (count < 32 && sim_fault_at((int)count, &names[count], &help) == 0)
		known |= strcmp(names[count++], asked) == 0;
	if (known) {
		vec_push(&cli->demo.faults, (char *)(uintptr_t)value);
		return 0;
	}
	const char *near = spell_nearest(asked, names, count);
	err_set(err, "there is no fault \"%.40s\"%s%s%s; there are", asked, near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len, "%s %s", i ? "," : "", names[i]);
	}
	return -1;
}

static int set_demo_speed(struct cli *cli, const char *value, struct err *err)
{
	char *end;
	cli->demo.speed = strtod(value, &end);
	if (end == value || *end || !(cli->demo.speed >= 0.1) || cli->demo.speed > 1000)
		return err_set(err, "--speed takes a factor from 0.1 to 1000, not \"%.40s\"", value);
	return 0;
}

static int set_until(struct cli *cli, const char *value, struct err *err)
{
	return when_parse(value, clock_system.wall(&clock_system), &cli->until_ms, err) < 0 ? err_wrap(err, "--until") : 0;
}

/* A whole number from `low` up to a million. */
static int number_parse(const char *name, const char *value, long low, long *out, struct err *err)
{
	char *end;

	*out = strtol(value, &end, 10);
	if (end == value || *end || *out < low || *out > 1000000)
		return err_set(err, "%s takes a whole number from %ld up, not \"%.40s\"", name, low, value);
	return 0;
}

static int set_revision(struct cli *cli, const char *value, struct err *err)
{
	return number_parse("--to-revision", value, 0, &cli->revision, err);
}

static int set_replicas(struct cli *cli, const char *value, struct err *err)
{
	long replicas = 0;

	if (number_parse("--replicas", value, 0, &replicas, err) < 0)
		return -1;
	cli->replicas = (int)replicas;
	cli->replicas_given = 1;
	return 0;
}

static int set_since(struct cli *cli, const char *value, struct err *err)
{
	return duration_parse(value, &cli->since, err) < 0 ? err_wrap(err, "--since") : 0;
}

const struct option_row cli_options[] = {
	{"--kubeconfig", NULL, "FILE", 0, "Use this kubeconfig; it must exist.", set_kubeconfig},
	{"--context", NULL, "NAME", 0, "Use this context; may be given several times.", set_context},
	{"--all-contexts", NULL, NULL, 0, "Use every context of the kubeconfig.", set_all_contexts},
	{"--config", NULL, "FILE", 0, "Use this configuration; it must exist.", set_config},
	{"--read-only", NULL, NULL, 0, "Refuse everything that changes a cluster.", set_read_only},
	{"--allow-unaudited", NULL, NULL, 0, "Change things even where the audit cannot be written; syslog gets it.",
	 set_allow_unaudited},
	{"--theme", NULL, "NAME", 0, "dark, light, or a YAML file.", set_theme},
	{"--keymap", NULL, "NAME", 0, "vim, k9s, or a YAML file.", set_keymap},
	{"--ascii", NULL, NULL, 0, "Draw with ASCII characters only.", set_ascii},
	{"--screen-reader", NULL, NULL, 0, "Draw for a screen reader: no decoration, one fact a line, the cursor where one is.",
	 set_screen_reader},
	{"--no-color", NULL, NULL, 0, "Draw without colours (NO_COLOR does the same).", set_no_color},
	{"--log-file", NULL, "FILE", 0, "Append to a log; it never holds secrets.", set_log_file},
	{"--trace-start", NULL, "FILE", 0, "Append the moments of the console's start, in milliseconds.", set_trace_start},
	{"--dump", NULL, "FILE", 0, "On SIGUSR1, write what the console shows to a file, as get services -o json.", set_dump},
	{"--help", "-h", NULL, 0, "Say what there is, or what a command takes.", set_help},
	{"--version", NULL, NULL, 0, "Print the version.", set_version},
	{"--output", "-o", "FORMAT", 'o', "table, json or yaml; query knows csv and chart too.", set_output},
	{"--namespace", "-n", "NAME", 'n', "Only this namespace.", set_namespace},
	{"--selector", "-l", "LABELS", 'l', "Only with these labels: app=web,tier=front.", set_labels},
	{"--sort", NULL, "COLUMN", 's', "Sort by a column instead of by trouble.", set_sort},
	{"--since", NULL, "DURATION", 'a', "Only what happened since so long: 2h, 30d.", set_since},
	{"--commit", NULL, "SHA", 'k', "Which commit; without it, the newest one that touches the service, or the one that was applied.", set_commit},
	{"--no-watch", NULL, NULL, 'w', "Say how it stands now instead of following it.", set_no_watch},
	{"--story", NULL, "NAME", 'D', "What happens: tour, calm, bad-release, canary-abort, stuck-kustomization, region-down, "
	 "traffic-peak.", set_demo_story},
	{"--fault", NULL, "NAME", 'D', "Let the clusters fail: truncated-list, half-open, gone-watch, …; NAME@eu-prod: one of them.",
	 set_demo_fault},
	{"--services", NULL, "N", 'D', "So many services in each cluster, 240 when not given; at most 2000.", set_demo_services},
	{"--speed", NULL, "N", 'D', "Let everything happen N times faster than in life.", set_demo_speed},
	{"--seed", NULL, "N", 'D', "The same seed gives the same platform and the same story.", set_demo_seed},
	{"--dir", NULL, "FOLDER", 'D', "Where its files are while it runs; empty or new. They go with it.", set_demo_folder},
	{"--serve", NULL, NULL, 'D', "Serve the platform without a console until interrupted.", set_demo_serve},
	{"--repo", NULL, "PLACE", 'F', "A folder to read, or the address of a repository; else the configuration's.", set_flag_repository},
	{"--branch", NULL, "NAME", 'F', "Its branch; main when not given.", set_flag_branch},
	{"--service", NULL, "NAME", 'F', "Only this service, or a pattern such as pay*; may be given several times.", set_flag_service},
	{"--env", NULL, "NAME", 'F', "Only this environment; may be given several times.", set_flag_env},
	{"--region", NULL, "NAME", 'F', "Only this region; may be given several times.", set_flag_region},
	{"--reason", NULL, "TEXT", 'G', "Why: one line, for the commit and the audit.", set_flag_reason},
	{"--dry-run", NULL, NULL, 'P', "Print what would be done; change nothing.", set_flag_dry_run},
	{"--yes", NULL, NULL, 'P', "Do not ask.", set_flag_yes},
	{"--expires", NULL, "WHEN", 'G', "Take it back then: 2h, or 2026-11-24T18:00:00Z.", set_flag_expires},
	{"--guard", NULL, "RULE", 'G', "Take it back when this breaks: errorRatio<1%.", set_flag_guard},
	{"--for", NULL, "DURATION", 'G', "How long the guard watches: 10m.", set_flag_for},
	{"--override-freeze", NULL, "TEXT", 'G', "Change in a freeze all the same, and say why; it is audited.", set_flag_override},
	{"--pr", NULL, NULL, 'G', "By a pull request instead of a push.", set_flag_request},
	{"--document", NULL, "N", 'Y', "Which document of the file, counted from 1.", set_document},
	{"--string", NULL, NULL, 'Z', "Write a string, whatever the value looks like.", set_as_string},
	{"--results", NULL, "FOLDER", 'R', "Where the folders of runs are, instead of the state folder.", set_load_results},
	{"--ci", NULL, NULL, 'L', "Plain lines, and a summary where the CI system wants one.", set_load_ci},
	{"--junit", NULL, "FILE", 'L', "Write the verdict as JUnit XML, each SLO a test.", set_load_junit},
	{"--summary", NULL, "FILE", 'L', "Write the verdict as Markdown.", set_load_summary},
	{"--port", NULL, "PORT", 'W', "The port to serve on; a free one when not given.", set_report_port},
	{"--detach", NULL, NULL, 'L', "Start it and leave it running.", set_load_detach},
	{"--comment", NULL, "TEXT", 'C', "Why; required for a new silence.", set_comment},
	{"--author", NULL, "NAME", 'u', "Who makes it; your user name without it.", set_author},
	{"--duration", NULL, "DURATION", 'u', "For so long: 30m, 2h; 2h without it.", set_duration},
	{"--range", NULL, "DURATION", 'V', "Over the last so long: 1h, 7d.", set_range},
	{"--step", NULL, "DURATION", 'V', "Between two values of a range; without it, what fits.", set_step},
	{"--reason", NULL, "TEXT", 'Q', "Why; everybody who looks at it sees it, and the audit keeps it.", set_reason},
	{"--until", NULL, "WHEN", 'U', "Until when: 2h, 18:00, 2026-12-01. Everybody is reminded then.", set_until},
	{"--yes", "-y", NULL, 'y', "Do not ask.", set_yes},
	{"--dry-run", NULL, NULL, 'd', "Say what would be sent and what the server says to it; change nothing.", set_dry_run},
	{"--to-revision", NULL, "N", 'v', "Which revision; without it, the one before.", set_revision},
	{"--replicas", NULL, "N", 'N', "How many.", set_replicas},
	{"--full", NULL, NULL, 'f', "Skip the steps and analysis that are left.", set_full},
	{"--force", NULL, NULL, 'r', "Install or upgrade a HelmRelease once even where nothing changed.", set_force},
	{"--reset", NULL, NULL, 'r', "Let a HelmRelease that has failed too often try again.", set_reset},
	{"--with-source", NULL, NULL, 'S', "Fetch its source first, and wait until that is applied.", set_with_source},
	{"--timeout", NULL, "DURATION", 't', "Give up after so long: 30s, 5m.", set_timeout},
};

const size_t cli_option_count = sizeof(cli_options) / sizeof(cli_options[0]);

static const struct option_row *option_find(const char *word, size_t len)
{
	for (size_t i = 0; i < cli_option_count; i++) {
		const struct option_row *row = &cli_options[i];
		if ((strlen(row->name) == len && strncmp(row->name, word, len) == 0) ||
		    (row->brief && strlen(row->brief) == len && strncmp(row->brief, word, len) == 0))
			return row;
	}
	return NULL;
}

static int option_unknown(const char *word, size_t len, struct err *err)
{
	const char *names[sizeof(cli_options) / sizeof(cli_options[0])];
	char cut[64];
	snprintf(cut, sizeof(cut), "%.*s", (int)(len < 60 ? len : 60), word);
	for (size_t i = 0; i < cli_option_count; i++)
		names[i] = cli_options[i].name;
	const char *near = spell_nearest(cut, names, cli_option_count);
	return err_set(err, "there is no option %s%s%s%s (flagdeck --help lists them)", cut, near ? "; did you mean " : "",
	               near ? near : "", near ? "?" : "");
}

/* Of the rows with that name, the one that the command takes: two commands may mean different things by it. */
static const struct option_row *option_of(const struct cli *cli, const struct option_row *row)
{
	size_t used;
	const struct command *command = cli_find(cli, &used);
	for (size_t i = 0; command && i < cli_option_count; i++)
		if (strcmp(cli_options[i].name, row->name) == 0 && cli_options[i].command &&
		    strchr(command->options, cli_options[i].command))
			return &cli_options[i];
	return row;
}

/* Whether the command the words name takes that option. */
static int option_fits(const struct cli *cli, const struct option_row *row, struct err *err)
{
	size_t used;
	const struct command *command = cli_find(cli, &used);
	if (row->set == set_output && cli->output >= OUTPUT_CSV && command && !strchr(command->options, 'q'))
		return err_set(err, "flagdeck %s -o knows table, json and yaml", command->words);
	if (!row->command || !command || strchr(command->options, row->command))
		return 0;
	return err_set(err, "flagdeck %s takes no %s", command->words, row->name);
}

int cli_parse(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct {
		const struct option_row *row;
		const char *value;
	} given[64];
	size_t given_count = 0;
	vec_init(&cli->contexts);
	vec_init(&cli->words);
	vec_init(&cli->flag.services);
	vec_init(&cli->flag.envs);
	vec_init(&cli->flag.regions);
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
		if (strcmp(word, "--") == 0) {
			while (++i < argc)
				vec_push(&cli->words, argv[i]);
			break;
		}
		if (word[0] != '-' || !word[1]) {
			vec_push(&cli->words, argv[i]);
			continue;
		}
		size_t len = equals ? (size_t)(equals - word) : strlen(word);
		const struct option_row *row = option_find(word, len);
		const char *value = equals ? equals + 1 : NULL;
		if (!row)
			return option_unknown(word, len, err);
		if (!row->value && value)
			return err_set(err, "%s takes no value", row->name);
		if (row->value && !value && !(value = argv[++i]))
			return err_set(err, "%s needs a value: %s", row->name, row->value);
		if (given_count == sizeof(given) / sizeof(given[0]))
			return err_set(err, "there are too many options");
		given[given_count].row = row;
		given[given_count++].value = value;
	}
	/* What an option means is known once all words are. */
	for (size_t i = 0; i < given_count; i++) {
		const struct option_row *row = option_of(cli, given[i].row);
		if (row->set(cli, given[i].value, err) < 0 || option_fits(cli, row, err) < 0)
			return -1;
	}
	return 0;
}

void cli_release(struct cli *cli)
{
	vec_release(&cli->contexts);
	vec_release(&cli->words);
	vec_release(&cli->demo.faults);
	vec_release(&cli->flag.services);
	vec_release(&cli->flag.envs);
	vec_release(&cli->flag.regions);
	config_release(&cli->config);
	log_close(cli->log);
}

/* How many of the cli's words the command's are, or -1 when they differ. */
static int command_matches(const struct command *command, const struct vec *words)
{
	const char *at = command->words;
	int count = 0;
	while (*at) {
		size_t len = strcspn(at, " ");
		const char *word = (size_t)count < words->len ? words->items[count] : "";
		if (strlen(word) != len || strncmp(word, at, len) != 0)
			return -1;
		at += len + (at[len] == ' ');
		count++;
	}
	return count;
}

const struct command *cli_find(const struct cli *cli, size_t *used)
{
	const struct command *best = NULL;
	int best_count = -1;
	for (size_t i = 0; i < cli_command_count; i++) {
		int count = command_matches(&cli_commands[i], &cli->words);
		if (count > best_count && (count > 0 || cli->words.len == 0)) {
			best = &cli_commands[i];
			best_count = count;
		}
	}
	*used = best_count > 0 ? (size_t)best_count : 0;
	return best;
}

static void help_options(FILE *out, const struct command *command)
{
	for (size_t i = 0; i < cli_option_count; i++) {
		const struct option_row *row = &cli_options[i];
		char left[64];
		if (row->command ? !command || !strchr(command->options, row->command) : command != NULL)
			continue;
		snprintf(left, sizeof(left), "%s%s%s%s%s", row->brief ? row->brief : "", row->brief ? ", " : "", row->name,
		         row->value ? " " : "", row->value ? row->value : "");
		fprintf(out, "  %-28s %s\n", left, row->help);
	}
}

void cli_help(FILE *out, const struct command *command)
{
	if (command && command->words[0]) {
		fprintf(out, "%s\n\nusage: flagdeck %s%s%s%s\n\n", command->help, command->words,
		        command->options[0] ? " [options]" : "", command->usage[0] ? " " : "", command->usage);
		help_options(out, command);
		fprintf(out, "\nOptions of all commands: flagdeck --help\n");
		return;
	}
	fprintf(out, "Flagdeck: every service of every cluster on one keyboard-driven screen.\n\n"
	             "usage: flagdeck [options] [command]\n\n");
	for (size_t i = 0; i < cli_command_count; i++) {
		char left[64];
		snprintf(left, sizeof(left), "flagdeck %s%s%s", cli_commands[i].words, cli_commands[i].usage[0] ? " " : "",
		         cli_commands[i].usage);
		fprintf(out, "  %-38s %s\n", left, cli_commands[i].help);
	}
	fprintf(out, "\nOptions:\n");
	help_options(out, NULL);
	fprintf(out, "\nExit codes: 0 done, 1 failed, 2 usage, 3 refused or not permitted, 4 timed out.\n");
}

int cli_fail(enum exit_code code, const struct err *err)
{
	fprintf(stderr, "flagdeck: %s\n", err->text);
	return (int)code;
}
