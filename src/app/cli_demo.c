/* SPDX-License-Identifier: MIT */
/*
 * `flagdeck demo`: the embedded platform in a child process, and the console on it. The console is
 * pointed at it as a person would do it, by a kubeconfig and a configuration; what it remembers goes
 * into the demo's folder too, so that no row of the demo is ever shown beside a real cluster's.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/demo.h"
#include "base/mem.h"
#include "sim/sim.h"

/* What the command line and the environment say, as the rest of the program reads them. */
struct pointing {
	char *kubeconfig, *config, *state, *theme, *keymap;
};

static int point_at(struct pointing *to, struct cli *cli, const char *folder, struct err *err)
{
	to->kubeconfig = sim_kubeconfig_path(folder);
	to->config = sim_config_path(folder);
	to->state = mem_printf("%s/state", folder);
	/* The person's own looks stay; whatever else their configuration says is about other clusters. */
	to->theme = mem_copy_string(cli->config.theme);
	to->keymap = mem_copy_string(cli->config.keymap);
	cli->theme = cli->theme ? cli->theme : to->theme;
	cli->keymap = cli->keymap ? cli->keymap : to->keymap;
	config_release(&cli->config);
	if (config_load(&cli->config, to->config, err) < 0)
		return -1;
	cli->config_path = to->config;
	cli->kubeconfig = to->kubeconfig;
	(void)!mkdir(to->state, 0700);
	/* Children of the console (git, kubectl) look there too. */
	setenv("XDG_STATE_HOME", to->state, 1);
	setenv("KUBECONFIG", to->kubeconfig, 1);
	return 0;
}

static void pointing_release(struct pointing *to, struct cli *cli)
{
	config_release(&cli->config);
	free(to->kubeconfig);
	free(to->config);
	free(to->state);
	free(to->theme);
	free(to->keymap);
}

/* Until somebody interrupts, or the platform dies. */
static void serve_until_signal(const struct demo *demo, const struct pointing *to)
{
	sigset_t set;
	int number = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	printf("The embedded platform runs as process %d until you press Ctrl-C.\n\n"
	       "  export KUBECONFIG=%s\n  flagdeck --config %s\n\n"
	       "A web service to load, with its knee near 400 requests a second (its address is in the profile):\n\n"
	       "  flagdeck --config %s load run %s/load/knee.yaml\n",
	       demo_pid(demo), to->kubeconfig, to->config, to->config, demo_folder(demo));
	fflush(stdout);
	/* One that died before the signal was blocked would never be told. */
	siginfo_t info = {0};
	if (waitid(P_PID, (id_t)demo_pid(demo), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0)
		sigwait(&set, &number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int run_demo(struct cli *cli, int argc, const char *const *argv)
{
	const struct demo_options options = {
		.folder = cli->demo.folder, .services = (int)cli->demo.services, .speed = cli->demo.speed,
		.seed = (uint64_t)cli->demo.seed, .whole = cli->demo.serve,
		.story = cli->demo.story, .faults = &cli->demo.faults,
	};
	struct pointing to = {0};
	struct err err = {0};
	int code = EXIT_DONE;
	if (argc > 0) {
		err_set(&err, "demo takes no \"%.40s\" (flagdeck demo --help)", argv[0]);
		return cli_fail(EXIT_USAGE, &err);
	}
	if (!cli->demo.serve && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
		err_set(&err, "the console needs a terminal on standard input and output; flagdeck demo --serve serves the "
		              "platform without it");
		return cli_fail(EXIT_USAGE, &err);
	}
	struct demo *demo = demo_start(&options, &err);
	if (!demo)
		return cli_fail(EXIT_FAILED, &err);
	if (point_at(&to, cli, demo_folder(demo), &err) < 0)
		code = cli_fail(EXIT_FAILED, &err);
	else if (cli->demo.serve)
		serve_until_signal(demo, &to);
	else
		code = run_console(cli, 0, NULL);
	if (demo_end(demo, &err) < 0 && code == EXIT_DONE)
		code = cli_fail(EXIT_FAILED, &err);
	pointing_release(&to, cli);
	return code;
}
