/* SPDX-License-Identifier: MIT */
#ifndef APP_CLI_H
#define APP_CLI_H

#include <stdio.h>

#include "app/config.h"
#include "app/session.h"
#include "base/err.h"
#include "base/log.h"
#include "base/vec.h"
#include "kube/kubeconfig.h"

/*
 * The command line. Options and commands are two tables: parsing, --help, the manual and shell
 * completion come from them. Exit codes are for scripts.
 */
enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_REFUSED = 3, EXIT_TIMED_OUT = 4 };
enum output { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_YAML, OUTPUT_CSV, OUTPUT_CHART };

struct cJSON;

/* What `flagdeck demo` was asked for. */
struct demo_wish {
	const char *story, *folder;
	struct vec faults; /* const char * */
	double speed;
	long services, seed;
	int serve;
};

/* What `flagdeck load` was asked for. */
struct load_wish {
	const char *results, *junit, *summary;
	int ci, detach;
	long port;
};

/* What `flagdeck flag` was asked for. */
struct flag_wish {
	const char *repository, *branch, *reason, *expires, *guard, *guard_for, *override;
	struct vec services, envs, regions; /* const char * */
	int dry_run, yes, by_request, insecure;
};

/* What the command line says; strings point into argv. */
struct cli {
	const char *kubeconfig, *config_path, *theme, *keymap, *log_file, *trace_start, *dump;
	struct vec contexts; /* const char * */
	int all_contexts, read_only, allow_unaudited, ascii, screen_reader, no_color, help, version;
	/* Of commands. */
	enum output output;
	const char *namespace, *labels, *sort;
	const char *reason, *commit;
	int64_t until_ms;
	long revision;
	int replicas, replicas_given, yes, dry_run, force, reset, with_source, full;
	double timeout;  /* seconds; 0: the command's own */
	double since;    /* seconds back from now; 0: from the beginning */
	double range, step; /* of queries, in seconds; 0: an instant, or what fits */
	const char *comment, *author;
	double duration; /* of a silence, in seconds */
	int no_watch;
	struct demo_wish demo;
	struct load_wish load;
	size_t document; /* of a YAML file, from 1; 0: the only one */
	int as_string;
	struct flag_wish flag;
	struct vec words; /* the command and what follows */

	struct config config;
	struct log *log;
};

struct command {
	const char *words;  /* "get services" */
	const char *usage;  /* what follows: "[FILTER]" */
	const char *help;   /* one sentence */
	const char *options; /* letters of the command's own options, see cli_options */
	int (*run)(struct cli *cli, int argc, const char *const *argv);
};

struct option_row {
	const char *name;    /* "--kubeconfig" */
	const char *brief;   /* "-n", or NULL */
	const char *value;   /* "FILE" in the help; NULL: none is taken */
	char command;        /* 0: of all commands; else the letter in struct command's options */
	const char *help;
	int (*set)(struct cli *cli, const char *value, struct err *err);
};

extern const struct command cli_commands[];
extern const size_t cli_command_count;
extern const struct option_row cli_options[];
extern const size_t cli_option_count;

/* Reads argv. On failure err has a sentence and the program ends with EXIT_USAGE. */
int cli_parse(struct cli *cli, int argc, char **argv, struct err *err) MUST_USE;
void cli_release(struct cli *cli);
/* The command that the words name; *used is how many of them. NULL when there is none. */
const struct command *cli_find(const struct cli *cli, size_t *used);
void cli_help(FILE *out, const struct command *command); /* NULL: of everything */

/* "flagdeck: " and the text, to stderr; gives the exit code back. */
int cli_fail(enum exit_code code, const struct err *err);
/* Prints a JSON value as the command line asks, to stdout. */
int cli_print_json(const struct cli *cli, const struct cJSON *value);

/* The contexts the user chose: --context, --all-contexts, the configuration's clusters, or the
 * current one. Unusable ones are in it with their error; none at all is an error. */
struct contexts {
	struct session_context *items;
	size_t count;
	struct kube_access *accesses;
	struct kubeconfig kubeconfig;
	char **errors;
};
int contexts_choose(struct contexts *contexts, const struct cli *cli, struct err *err) MUST_USE;
void contexts_release(struct contexts *contexts);

int run_console(struct cli *cli, int argc, const char *const *argv);
int run_get_services(struct cli *cli, int argc, const char *const *argv);
int run_get_pods(struct cli *cli, int argc, const char *const *argv);
int run_get_flux(struct cli *cli, int argc, const char *const *argv);
int run_get_paused(struct cli *cli, int argc, const char *const *argv);
int run_get_rollouts(struct cli *cli, int argc, const char *const *argv);
int run_rollout_status(struct cli *cli, int argc, const char *const *argv);
int run_rollout_watch(struct cli *cli, int argc, const char *const *argv);
int run_flux_diff(struct cli *cli, int argc, const char *const *argv);
int run_flux_trace(struct cli *cli, int argc, const char *const *argv);
int run_demo(struct cli *cli, int argc, const char *const *argv);
int run_get_alerts(struct cli *cli, int argc, const char *const *argv);
int run_silence_list(struct cli *cli, int argc, const char *const *argv);
int run_silence_add(struct cli *cli, int argc, const char *const *argv);
int run_silence_expire(struct cli *cli, int argc, const char *const *argv);
int run_dashboard(struct cli *cli, int argc, const char *const *argv);
int run_query(struct cli *cli, int argc, const char *const *argv);
int run_doctor(struct cli *cli, int argc, const char *const *argv);
int run_rollout_restart(struct cli *cli, int argc, const char *const *argv);
int run_rollout_undo(struct cli *cli, int argc, const char *const *argv);
int run_rollout_pause(struct cli *cli, int argc, const char *const *argv);
int run_rollout_resume(struct cli *cli, int argc, const char *const *argv);
int run_rollout_scale(struct cli *cli, int argc, const char *const *argv);
int run_rollout_promote(struct cli *cli, int argc, const char *const *argv);
int run_rollout_abort(struct cli *cli, int argc, const char *const *argv);
int run_rollout_retry(struct cli *cli, int argc, const char *const *argv);
int run_flux_reconcile(struct cli *cli, int argc, const char *const *argv);
int run_flux_suspend(struct cli *cli, int argc, const char *const *argv);
int run_flux_resume(struct cli *cli, int argc, const char *const *argv);
int run_audit_list(struct cli *cli, int argc, const char *const *argv);
int run_audit_export(struct cli *cli, int argc, const char *const *argv);
int run_audit_verify(struct cli *cli, int argc, const char *const *argv);
int run_flag_list(struct cli *cli, int argc, const char *const *argv);
int run_flag_get(struct cli *cli, int argc, const char *const *argv);
int run_flag_matrix(struct cli *cli, int argc, const char *const *argv);
int run_flag_lint(struct cli *cli, int argc, const char *const *argv);
int run_flag_schema(struct cli *cli, int argc, const char *const *argv);
int run_flag_history(struct cli *cli, int argc, const char *const *argv);
int run_flag_set(struct cli *cli, int argc, const char *const *argv);
int run_flag_unset(struct cli *cli, int argc, const char *const *argv);
int run_flag_plan(struct cli *cli, int argc, const char *const *argv);
int run_flag_revert(struct cli *cli, int argc, const char *const *argv);
int run_flag_expire(struct cli *cli, int argc, const char *const *argv);
int run_flag_promote(struct cli *cli, int argc, const char *const *argv);
int run_yaml_get(struct cli *cli, int argc, const char *const *argv);
int run_yaml_set(struct cli *cli, int argc, const char *const *argv);
int run_yaml_delete(struct cli *cli, int argc, const char *const *argv);
int run_config_show(struct cli *cli, int argc, const char *const *argv);
int run_config_validate(struct cli *cli, int argc, const char *const *argv);

#endif
