/* SPDX-License-Identifier: MIT */
/* `load lint`, `load init`, `load engine`, and what all load commands share. */
#include "app/cli_load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "load/engine.h"
#include "load/tool.h"
#include "model/run_folder.h"
#include "report/s3.h"

enum { PROFILE_MAX = 4 << 20 };

char *load_results(const struct cli *cli)
{
	if (cli->load.results)
		return mem_copy_string(cli->load.results);
	if (cli->config.load_results)
		return mem_copy_string(cli->config.load_results);
	return run_folder_usual();
}

char *load_profiles(const struct cli *cli)
{
	if (cli->config.load_profiles)
		return mem_copy_string(cli->config.load_profiles);
	char *config = config_usual_path(), *result;
	*strrchr(config, '/') = '\0';
	result = mem_printf("%s/load", config);
	free(config);
	return result;
}

int load_exit_code(const struct run *run)
{
	switch (run->state) {
	case RUN_RUNNING:
	case RUN_PASSED:
		return EXIT_DONE;
	default:
		return EXIT_FAILED;
	}
}

int load_read_profile(struct profile *profile, const char *path, struct buf *text)
{
	struct vec problems;
	struct err err = {0};
	int result = -1;
	vec_init(&problems);
	if (buf_read_file(text, path, &err) < 0)
		fprintf(stderr, "flagdeck: %s\n", err.text);
	else if ((result = profile_parse(profile, path, buf_string(text), text->len, &problems, &err)) < 0)
		for (size_t i = 0; i < problems.len; i++)
			fprintf(stderr, "%s\n", (const char *)problems.items[i]);
	problems_release(&problems);
	return result;
}

int run_load_lint(struct cli *cli, int argc, const char *const *argv)
{
	int code = EXIT_DONE;
	struct err err = {0};
	(void)cli;
	if (argc < 1) {
		err_set(&err, "load lint takes one or more profiles: flagdeck load lint checkout.yaml");
		return cli_fail(EXIT_USAGE, &err);
	}
	for (int i = 0; i < argc; i++) {
		struct profile *profile = mem_new(sizeof(*profile));
		struct buf text;
		buf_init(&text, PROFILE_MAX);
		if (load_read_profile(profile, argv[i], &text) < 0) {
			code = EXIT_FAILED;
		} else {
			printf("%s: %s, %zu request%s to %s for %.0f s", argv[i], profile->name,
			       profile->request_count, profile->request_count == 1 ? "" : "s",
			       profile->target ? profile->target : profile->plan, profile_seconds(profile));
			if (profile->users > 0)
				printf(", %d users\n", profile->users);
			else
				printf(", up to %.0f requests a second\n", profile_peak(profile));
		}
		profile_release(profile);
		buf_release(&text);
		free(profile);
	}
	return code;
}

int run_load_init(struct cli *cli, int argc, const char *const *argv)
{
	struct err err = {0};
	(void)cli;
	for (size_t i = 0; argc >= 1 && argc <= 2 && profile_template_at(i); i++) {
		const struct profile_template *template = profile_template_at(i);
		if (strcmp(template->name, argv[0]) != 0)
			continue;
		const char *target = argc > 1 ? argv[1] : "http://127.0.0.1:8080", *at = template->text;
		/* The text has one %s and else only %%. */
		for (; *at; at++) {
			if (at[0] == '%' && at[1] == 's')
				fputs(target, stdout);
			else if (at[0] == '%')
				putchar('%');
			else
				putchar(*at);
			at += at[0] == '%';
		}
		return EXIT_DONE;
	}
	char all[200] = "";
	for (size_t i = 0; profile_template_at(i); i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "",
		         profile_template_at(i)->name);
	err_set(&err, "load init takes a template and a target; templates: %s", all);
	return cli_fail(EXIT_USAGE, &err);
}

int run_load_agent(struct cli *cli, int argc, const char *const *argv)
{
	struct err err = {0};
	struct vec problems;
	struct place *place = NULL;
	const char *results = getenv("FLAGDECK_RESULTS");
	static const char text[] = "name: agent\nengine: jmeter\nplan: plan.jmx\n";
	struct profile *profile = mem_new(sizeof(*profile));
	size_t count;
	int state = -1;
	vec_init(&problems);
	if (argc != 2)
		err_set(&err, "load agent takes a JTL and a folder for what it makes of it: flagdeck load "
		              "agent out.jtl results/shard-0");
	else if (profile_parse(profile, "agent", text, sizeof(text) - 1, &problems, &err) == 0)
		state = agent_run(argv[0], argv[1], profile, &err);
	/* The pod's own identity, and only it: no key ever comes from the console. */
	if (state >= 0 && results && *results) {
		place = place_open(results, cli->log, &err);
		if (!place ||
		    place_put_folder(place, strrchr(argv[1], '/') ? strrchr(argv[1], '/') + 1 : argv[1],
		                     argv[1], &count, &err) < 0)
			state = -1;
		place_close(place);
	}
	profile_release(profile);
	problems_release(&problems);
	free(profile);
	return state < 0 ? cli_fail(argc == 2 ? EXIT_FAILED : EXIT_USAGE, &err) : EXIT_DONE;
}

/* Not for people: `load run` starts it as a process of its own. */
int run_load_engine(struct cli *cli, int argc, const char *const *argv)
{
	struct err err = {0};
	struct vec problems;
	struct buf text;
	char room[65536];
	ssize_t got;
	int code = EXIT_FAILED;
	(void)cli;
	if (argc != 2) {
		err_set(&err, "load engine is started by load run");
		return cli_fail(EXIT_USAGE, &err);
	}
	struct profile *profile = mem_new(sizeof(*profile));
	buf_init(&text, PROFILE_MAX);
	while ((got = read(0, room, sizeof(room))) > 0)
		if (buf_add(&text, room, (size_t)got) < 0)
			break;
	if (profile_parse(profile, argv[1], buf_string(&text), text.len, &problems, &err) == 0) {
		const struct engine_options options = {.folder = argv[0], .profile = profile};
		int state =
		    profile->engine == ENGINE_NATIVE ? engine_run(&options, &err) : tool_run(&options, &err);
		code = state == RUN_PASSED ? EXIT_DONE : EXIT_FAILED;
	}
	if (err.text[0])
		cli_fail(EXIT_FAILED, &err);
	problems_release(&problems);
	profile_release(profile);
	buf_release(&text);
	free(profile);
	return code;
}
