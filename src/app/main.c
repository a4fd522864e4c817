/* SPDX-License-Identifier: MIT */
/* The program: options, configuration, log, then the command. */
#include <locale.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "app/cli.h"
#include "base/spell.h"
#include "base/vec.h"

/* "flagdeck rollout": what may follow. Whether there is such a group. */
static int name_group(const char *word)
{
	size_t len = strlen(word);
	int any = 0;
	for (size_t i = 0; i < cli_command_count; i++) {
		const char *words = cli_commands[i].words;
		if (strncmp(words, word, len) != 0 || words[len] != ' ')
			continue;
		fprintf(stderr, "%s%s%s", any ? ", " : "flagdeck: ", any ? "" : word, any ? "" : " takes one of ");
		fprintf(stderr, "%s", words + len + 1);
		any = 1;
	}
	if (any)
		fputc('\n', stderr);
	return any;
}

static int unknown_command(const struct cli *cli)
{
	struct vec names;
	const char *word = cli->words.items[0], *near;
	char all[160] = "";
	if (cli->words.len == 1 && name_group(word))
		return EXIT_USAGE;
	for (size_t i = 0; i < cli->words.len && i < 2; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%.60s", i ? " " : "", (const char *)cli->words.items[i]);
	vec_init(&names);
	for (size_t i = 0; i < cli_command_count; i++)
		if (cli_commands[i].words[0])
			vec_push(&names, (char *)(uintptr_t)cli_commands[i].words);
	near = spell_nearest(all, (const char *const *)names.items, names.len);
	for (size_t i = 0; !near && i < names.len; i++)
		if (strncmp(names.items[i], word, strlen(word)) == 0)
			near = names.items[i];
	fprintf(stderr, "flagdeck: there is no command \"%s\"%s%s%s (flagdeck --help lists them)\n", all,
	        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	vec_release(&names);
	return EXIT_USAGE;
}

static int run(struct cli *cli)
{
	struct err err = {0};
	size_t used = 0;
	const struct command *command = cli_find(cli, &used);
	if (cli->version) {
		printf("flagdeck %s\n", FLAGDECK_VERSION);
		return EXIT_DONE;
	}
	if (cli->help && !command && cli->words.len)
		return unknown_command(cli);
	if (cli->help) {
		cli_help(stdout, command);
		return EXIT_DONE;
	}
	if (!command)
		return unknown_command(cli);
	if (config_load(&cli->config, cli->config_path, &err) < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (cli->log_file && !(cli->log = log_open(cli->log_file, &err)))
		return cli_fail(EXIT_USAGE, &err);
	return command->run(cli, (int)(cli->words.len - used), (const char *const *)(cli->words.items + used));
}

int main(int argc, char **argv)
{
	struct cli cli = {0};
	struct err err = {0};
	int code;
	setlocale(LC_CTYPE, ""); /* never LC_NUMERIC: JSON and PromQL have a decimal point */
	signal(SIGPIPE, SIG_IGN);
	if (cli_parse(&cli, argc, argv, &err) < 0)
		code = cli_fail(EXIT_USAGE, &err);
	else
		code = run(&cli);
	if (fflush(stdout) != 0 && code == EXIT_DONE)
		code = EXIT_FAILED;
	cli_release(&cli);
	return code;
}
