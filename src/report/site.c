/* SPDX-License-Identifier: MIT */
/*
 * Writing the site. Pages are the same for everybody; a run's file is written once, when it has ended,
 * so that building again with a thousand runs costs as much as there is new.
 */
#include "report/site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/vec.h"
#include "model/run_folder.h"
#include "report/assets.h"

enum { RUN_JSON_MAX = 64 << 20, LICENSES_MAX = 64 << 10 };

static const char type_html[] = "text/html; charset=utf-8", type_js[] = "text/javascript; charset=utf-8",
                  type_css[] = "text/css; charset=utf-8", type_json[] = "application/json",
                  type_text[] = "text/plain; charset=utf-8";

const char *site_type(const char *name)
{
	const struct {
		const char *ending, *type;
	} types[] = {{".html", type_html},
	             {".js", type_js},
	             {".css", type_css},
	             {".json", type_json},
	             {".txt", type_text}};
	size_t len = strlen(name);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t ending = strlen(types[i].ending);
		if (len > ending && strcmp(name + len - ending, types[i].ending) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

int site_file_at(size_t index, struct site_file *file)
{
	const struct site_file all[] = {
	    {"index.html", type_html, report_index_html}, {"style.css", type_css, report_style_css},
	    {"stats.js", type_js, report_stats_js},       {"charts.js", type_js, report_charts_js},
	    {"app.js", type_js, report_app_js},           {"uplot.js", type_js, report_uplot_js},
	    {"uplot.css", type_css, report_uplot_css},    {"licenses.txt", type_text, report_uplot_license},
	};
	if (index >= sizeof(all) / sizeof(all[0]))
		return 0;
	*file = all[index];
	return 1;
}

static int write_file(const char *folder, const char *name, const char *bytes, size_t len, struct err *err)
{
	char *path = mem_printf("%s/%s", folder, name);
	int result = file_replace(path, bytes, len, 0644);
	if (result < 0)
		err_set(err, "%s cannot be written: %s", path, strerror(errno));
	free(path);
	return result;
}

static int make_folder(const char *path, struct err *err)
{
	return folder_make(path, 0755) < 0 ? err_set(err, "%s cannot be made: %s", path, strerror(errno)) : 0;
}

static int write_pages(const char *out, struct err *err)
{
	struct site_file file;
	if (strlen(report_uplot_js) < 1000)
		return err_set(err, "this flagdeck was built without the report's chart library; build it "
		                    "where npm and a network are "
		                    "(contrib/report-assets.sh)");
	for (size_t i = 0; site_file_at(i, &file); i++) {
		struct buf text;
		buf_init(&text, 1 << 20);
		if (strcmp(file.name, "licenses.txt") == 0)
			(void)!buf_add_string(
			    &text, "This report draws its charts with uPlot, whose licence follows.\n\n");
		(void)!buf_add_string(&text, file.text);
		int result = write_file(out, file.name, buf_string(&text), text.len, err);
		buf_release(&text);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int is_up_to_date(const char *data, const struct run *run)
{
	struct stat there, verdict;
	char *path = mem_printf("%s/%s.json", data, run->id),
	     *source = mem_printf("%s/" RUN_VERDICT, run->folder);
	int result = stat(path, &there) == 0 && stat(source, &verdict) == 0 &&
	             (there.st_mtim.tv_sec > verdict.st_mtim.tv_sec ||
	              (there.st_mtim.tv_sec == verdict.st_mtim.tv_sec &&
	               there.st_mtim.tv_nsec > verdict.st_mtim.tv_nsec));
	free(path);
	free(source);
	return result;
}

static int write_run(const char *data, struct run *run, struct err *err)
{
	char *name = mem_printf("%s.json", run->id);
	struct buf text;
	buf_init(&text, RUN_JSON_MAX);
	int result = site_run_write(run, &text) < 0
	                 ? err_set(err, "run %s is too long to be shown", run->id)
	                 : write_file(data, name, buf_string(&text), text.len, err);
	buf_release(&text);
	free(name);
	return result;
}

/* An id names a file: nothing of a manifest may lead elsewhere. */
static int is_plain_name(const char *id)
{
	return id[0] && id[0] != '.' && !strpbrk(id, "/\\") &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(id);
}

static int add_run(const char *folder, const char *data, struct site_index *index, struct site_report *report,
                   struct err *err)
{
	struct run *run = mem_new(sizeof(*run));
	int result = -1;
	run_init(run);
	if (run_folder_read_brief(run, folder, err) < 0)
		goto out;
	if (!is_plain_name(run->id)) {
		err_set(err, "%s: its id is no plain name", folder);
		goto out;
	}
	if (run->state != RUN_RUNNING && run->state != RUN_INTERRUPTED && is_up_to_date(data, run)) {
		report->skipped++;
	} else if (run_folder_read(run, folder, err) < 0 || write_run(data, run, err) < 0) {
		goto out;
	} else {
		report->written++;
	}
	site_index_add(index, run);
	report->runs++;
	result = 0;
out:
	run_release(run);
	free(run);
	return result;
}

int site_build(const char *results, const char *out, struct site_report *report, struct buf *trouble,
               struct err *err)
{
	char *data = mem_printf("%s/data", out);
	struct vec folders;
	struct buf text;
	int result = -1;
	*report = (struct site_report){0};
	buf_init(&text, RUN_JSON_MAX);
	run_folder_list(results, &folders);
	struct site_index *index = site_index_new();
	if (make_folder(data, err) == 0 && write_pages(out, err) == 0) {
		for (size_t i = 0; i < folders.len; i++) {
			struct err one = {0};
			if (add_run(folders.items[i], data, index, report, &one) < 0 && trouble)
				(void)!buf_printf(trouble, "%s\n", one.text);
		}
		result = 0;
	}
	if (site_index_write(index, &text) < 0)
		result = err_set(err, "the index is too long");
	else if (result == 0)
		result = write_file(data, "index.json", buf_string(&text), text.len, err);
	for (size_t i = 0; i < folders.len; i++)
		free(folders.items[i]);
	vec_release(&folders);
	buf_release(&text);
	free(data);
	return result;
}
