/* SPDX-License-Identifier: MIT */
/* `load publish`, and what a profile's `results` asks for at the end of a run. */
#include <stdlib.h>
#include <string.h>

#include "app/cli_load.h"
#include "base/mem.h"
#include "model/run_folder.h"
#include "report/s3.h"
#include "report/site.h"

int load_publish(struct cli *cli, const char *folder, const char *url, struct err *err)
{
	struct place *place = place_open(url, cli->log, err);
	char *name = mem_printf("runs/%s", strrchr(folder, '/') + 1);
	size_t count = 0;
	int result = place ? place_put_folder(place, name, folder, &count, err) : -1;
	if (result == 0)
		printf("published %zu files to %.*s/%s\n", count, (int)strcspn(url, "?"), url, name);
	place_close(place);
	free(name);
	return result;
}

/* The site over all runs here, beside the published ones. */
static int publish_site(struct cli *cli, const char *results, const char *url, struct err *err)
{
	char *site = mem_printf("%s/.site", results);
	struct site_report report;
	struct place *place = NULL;
	size_t count = 0;
	int result = site_build(results, site, &report, NULL, err);
	if (result == 0)
		result = (place = place_open(url, cli->log, err))
		             ? place_put_folder(place, "", site, &count, err)
		             : -1;
	if (result == 0)
		printf("published the report (%zu files) to %.*s\n", count, (int)strcspn(url, "?"), url);
	place_close(place);
	free(site);
	return result;
}

int run_load_publish(struct cli *cli, int argc, const char *const *argv)
{
	struct err err = {0};
	char *results = load_results(cli), *folder = NULL;
	int code = EXIT_FAILED;
	if (argc != 2) {
		err_set(&err, "load publish takes a run, or \"report\", and a place: flagdeck load publish "
		              "last s3://BUCKET/PREFIX");
		code = EXIT_USAGE;
	} else if (strcmp(argv[0], "report") == 0) {
		code = publish_site(cli, results, argv[1], &err) == 0 ? EXIT_DONE : EXIT_FAILED;
	} else if ((folder = run_folder_find(results, argv[0], &err))) {
		if (run_folder_owner(folder) > 0)
			err_set(&err, "%s still runs", argv[0]);
		else if (load_publish(cli, folder, argv[1], &err) == 0)
			code = EXIT_DONE;
	}
	if (err.text[0])
		cli_fail((enum exit_code)code, &err);
	free(folder);
	free(results);
	return code;
}
