/* SPDX-License-Identifier: MIT */
/* `config show` and `config validate`. */
#include <stdio.h>
#include <stdlib.h>

#include "action/keymap.h"
#include "app/cli.h"
#include "term/theme.h"

int run_config_show(struct cli *cli, int argc, const char *const *argv)
{
	const struct config_key *key;
	(void)argc, (void)argv;
	if (cli->config.path) {
		printf("# read from %s\n", cli->config.path);
	} else {
		char *usual = config_usual_path();
		printf("# no configuration: %s does not exist, every key has its default\n", usual);
		free(usual);
	}
	for (size_t i = 0; (key = config_key_at(i)); i++)
		if (key->help[0])
			printf("%-32s %s%s%s\n", key->key, key->help, key->fallback[0] ? " Default: " : "", key->fallback);
	printf("\nIn force:\n  labels: service=%s team=%s\n  ui: theme=%s keymap=%s\n", cli->config.service_label,
	       cli->config.team_label, cli->config.theme, cli->config.keymap);
	for (size_t i = 0; i < cli->config.cluster_count; i++) {
		const struct config_cluster *cluster = &cli->config.clusters[i];
		printf("  cluster: %s env=%s region=%s%s\n", cluster->context, cluster->env, cluster->region,
		       cluster->protected ? " protected" : "");
	}
	return EXIT_DONE;
}

/* The configuration was read before any command runs: what is left are the files that it names. */
int run_config_validate(struct cli *cli, int argc, const char *const *argv)
{
	struct err err = {0};
	struct theme theme;
	(void)argc, (void)argv;
	if (theme_load(&theme, cli->theme ? cli->theme : cli->config.theme, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	struct keymap *keymap = keymap_load(cli->keymap ? cli->keymap : cli->config.keymap, &err);
	if (!keymap)
		return cli_fail(EXIT_FAILED, &err);
	keymap_free(keymap);
	printf("%s is valid; so are its theme and keymap\n", cli->config.path ? cli->config.path : "the default configuration");
	return EXIT_DONE;
}
