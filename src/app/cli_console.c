/* SPDX-License-Identifier: MIT */
/* `flagdeck` without a command. */
#include <stdlib.h>

#include "app/cli.h"
#include "app/cli_load.h"
#include "app/console.h"

int run_console(struct cli *cli, int argc, const char *const *argv)
{
	struct contexts contexts;
	struct err err = {0};
	(void)argc, (void)argv;
	if (contexts_choose(&contexts, cli, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	char *state = config_state_path(), *results = load_results(cli), *profiles = load_profiles(cli),
	     *audit = config_audit_path();
	const struct console_options options = {
		.contexts = contexts.items, .context_count = contexts.count,
		.service_label = cli->config.service_label, .team_label = cli->config.team_label,
		.metrics = &cli->config.metrics, .graph = cli->config.graph,
		.theme = cli->theme ? cli->theme : cli->config.theme,
		.keymap = cli->keymap ? cli->keymap : cli->config.keymap,
		.state_path = state, .audit_path = audit, .load_results = results, .load_profiles = profiles,
		.config = &cli->config, .allow_unaudited = cli->allow_unaudited, .ascii = cli->ascii, .screen_reader = cli->screen_reader, .no_color = cli->no_color,
		.read_only = cli->read_only,
		.log = cli->log, .dump = cli->dump, .trace_start = cli->trace_start,
	};
	int code = console_run(&options, &err);
	if (err.text[0])
		cli_fail((enum exit_code)code, &err);
	free(state);
	free(results);
	free(profiles);
	free(audit);
	contexts_release(&contexts);
	return code;
}
