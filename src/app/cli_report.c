/* SPDX-License-Identifier: MIT */
/* `report build` and `report serve`. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli_load.h"
#include "base/mem.h"
#include "net/loop.h"
#include "report/serve.h"
#include "report/site.h"

static int build(struct cli *cli, const char *out, struct err *err)
{
	char *results = load_results(cli);
	struct site_report report;
	struct buf trouble;
	buf_init(&trouble, 64 << 10);
	int result = site_build(results, out, &report, &trouble, err);
	if (trouble.len)
		fprintf(stderr, "left out:\n%s", buf_string(&trouble));
	if (result == 0)
		printf("%s: %zu runs, %zu written, %zu as they were\n", out, report.runs, report.written,
		       report.skipped);
	buf_release(&trouble);
	free(results);
	return result;
}

int run_report_build(struct cli *cli, int argc, const char *const *argv)
{
	struct err err = {0};
	if (argc != 1) {
		err_set(&err, "report build takes the folder to write to: flagdeck report build public");
		return cli_fail(EXIT_USAGE, &err);
	}
	return build(cli, argv[0], &err) < 0 ? cli_fail(EXIT_FAILED, &err) : EXIT_DONE;
}

static void stopped(void *arg, int number)
{
	(void)number;
	loop_stop(arg);
}

int run_report_serve(struct cli *cli, int argc, const char *const *argv)
{
	struct err err = {0};
	char *usual = NULL, *results = load_results(cli);
	const char *out = argc ? argv[0] : (usual = mem_printf("%s/.site", results));
	struct loop *loop = NULL;
	struct site_server *server = NULL;
	int code = EXIT_FAILED;
	if (build(cli, out, &err) < 0 || !(loop = loop_new(&err)) ||
	    !(server = site_serve(loop, out, (int)cli->load.port, &err))) {
		cli_fail(EXIT_FAILED, &err);
		goto out;
	}
	struct watcher *stops[] = {watcher_new_signal(loop, SIGINT, stopped, loop),
	                           watcher_new_signal(loop, SIGTERM, stopped, loop)};
	printf("http://127.0.0.1:%d/ (Ctrl-C ends it)\n", site_server_port(server));
	fflush(stdout);
	loop_run(loop);
	watcher_free(stops[0]);
	watcher_free(stops[1]);
	code = EXIT_DONE;
out:
	site_server_free(server);
	loop_free(loop);
	free(usual);
	free(results);
	return code;
}
