/* SPDX-License-Identifier: MIT */
#ifndef APP_CLI_LOAD_H
#define APP_CLI_LOAD_H

#include "app/cli.h"
#include "load/profile.h"
#include "model/run.h"

/* The commands of load tests; one file each group. */
int run_load_run(struct cli *cli, int argc, const char *const *argv);
int run_load_engine(struct cli *cli, int argc, const char *const *argv); /* what load run starts */
int run_load_agent(struct cli *cli, int argc, const char *const *argv);
int run_load_lint(struct cli *cli, int argc, const char *const *argv);
int run_load_init(struct cli *cli, int argc, const char *const *argv);
int run_load_list(struct cli *cli, int argc, const char *const *argv);
int run_load_show(struct cli *cli, int argc, const char *const *argv);
int run_load_sweep(struct cli *cli, int argc, const char *const *argv);
int run_load_stop(struct cli *cli, int argc, const char *const *argv);
int run_report_build(struct cli *cli, int argc, const char *const *argv);
int run_report_serve(struct cli *cli, int argc, const char *const *argv);
int run_load_publish(struct cli *cli, int argc, const char *const *argv);
int run_load_compare(struct cli *cli, int argc, const char *const *argv);

/* The folder of runs: --results, the configuration's, or the usual one. free() it. */
char *load_results(const struct cli *cli);
/* The folder of profiles that the console offers; free() it. */
char *load_profiles(const struct cli *cli);
/* Puts a run's folder into a place, s3:// or file://. */
int load_publish(struct cli *cli, const char *folder, const char *url, struct err *err) MUST_USE;
/* Runs a profile that names a namespace as pods; gives the exit code. */
int load_run_pods(struct cli *cli, const struct profile *profile, struct err *err);
/* What a run's state is as an exit code. */
int load_exit_code(const struct run *run);
/* The whole run as text for people. */
void load_print_run(const struct run *run, FILE *out);
/* Its profile, or every problem on stderr and -1. */
int load_read_profile(struct profile *profile, const char *path, struct buf *text);

#endif
