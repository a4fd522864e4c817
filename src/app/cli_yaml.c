/* SPDX-License-Identifier: MIT */
/* `yaml get|set|delete`: the editor that flags are changed with, for any file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "flag/yaml_edit.h"

static int edit_init(struct cli *cli, int argc, const char *const *argv, int words, struct yaml_edit *edit, struct err *err)
{
	if (argc != words)
		return err_set(err, words == 3 ? "say which file, path and value: flagdeck yaml set app.yaml spec.replicas 3"
		                               : "say which file and path: flagdeck yaml get app.yaml spec.replicas");
	*edit = (struct yaml_edit){.name = argv[0], .path = argv[1], .document = cli->document, .value = words == 3 ? argv[2] : NULL,
	                           .style = cli->as_string ? YAML_AS_STRING : YAML_AS_TYPED};
	return 0;
}

int run_yaml_get(struct cli *cli, int argc, const char *const *argv)
{
	struct yaml_edit edit;
	struct err err = {0};
	struct buf bytes, value;
	int code = EXIT_FAILED, found;
	if (edit_init(cli, argc, argv, 2, &edit, &err) < 0)
		return cli_fail(EXIT_USAGE, &err);
	buf_init(&bytes, YAML_EDIT_MAX);
	buf_init(&value, YAML_EDIT_MAX);
	if (buf_read_file(&bytes, edit.name, &err) < 0 ||
	    (found = yaml_edit_get(buf_string(&bytes), bytes.len, &edit, &value, NULL, &err)) < 0) {
		cli_fail(EXIT_FAILED, &err);
	} else if (!found) {
		err_set(&err, "%s: nothing stands at %s", edit.name, edit.path);
		cli_fail(EXIT_FAILED, &err);
	} else {
		fwrite(buf_string(&value), 1, value.len, stdout);
		if (!value.len || value.data[value.len - 1] != '\n')
			putchar('\n');
		code = EXIT_DONE;
	}
	buf_release(&bytes);
	buf_release(&value);
	return code;
}

static int change(struct cli *cli, int argc, const char *const *argv, int set)
{
	struct yaml_edit edit;
	struct yaml_edited done;
	struct err err = {0};
	if (edit_init(cli, argc, argv, set ? 3 : 2, &edit, &err) < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (cli->read_only) {
		err_set(&err, "--read-only: %s is not changed", edit.name);
		return cli_fail(EXIT_REFUSED, &err);
	}
	if (yaml_edit_file(argv[0], set, &edit, &done, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	if (done.warning[0])
		fprintf(stderr, "flagdeck: %s:%zu: %s\n", edit.name, done.line, done.warning);
	if (done.unchanged)
		printf("%s: unchanged\n", edit.name);
	else
		printf("%s:%zu: %s\n", edit.name, done.line, set ? "changed" : "deleted");
	return EXIT_DONE;
}

int run_yaml_set(struct cli *cli, int argc, const char *const *argv)
{
	return change(cli, argc, argv, 1);
}

int run_yaml_delete(struct cli *cli, int argc, const char *const *argv)
{
	return change(cli, argc, argv, 0);
}
