/* SPDX-License-Identifier: MIT */
/* Verdicts for pipelines: JUnit, where each SLO is a test, and Markdown, for people who read the run's page.
 */
#include "app/load_summary.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xml.h"

enum { SUMMARY_MAX = 1 << 20 };

static int junit_case(struct buf *out, const struct run *run, const char *name, int held, const char *why,
                      double value)
{
	int result = buf_add_string(out, "  <testcase classname=\"load.");
	result |= xml_add(out, run->name);
	result |= buf_add_string(out, "\" name=\"");
	result |= xml_add(out, name);
	if (held)
		return result | buf_add_string(out, "\"/>\n");
	result |= buf_add_string(out, "\">\n    <failure message=\"");
	result |= xml_add(out, why);
	result |= isfinite(value) ? buf_printf(out, " (it was %g)", value) : 0;
	return result | buf_add_string(out, "\"/>\n  </testcase>\n");
}

int load_junit_write(const struct run *run, struct buf *out)
{
	size_t failed = run->state != RUN_PASSED;
	for (size_t i = 0; i < run->slo_count; i++)
		failed += !run->slos[i].held;
	int result = buf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"");
	result |= xml_add(out, run->id);
	result |= buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" time=\"%.3f\">\n", run->slo_count + 1,
	                     failed, (double)(run->ended_ms - run->started_ms) / 1000);
	result |= junit_case(out, run, "verdict", run->state == RUN_PASSED, run->words, NAN);
	for (size_t i = 0; i < run->slo_count; i++)
		result |= junit_case(out, run, run->slos[i].text, run->slos[i].held, "the SLO was broken",
		                     run->slos[i].value);
	return result | buf_add_string(out, "</testsuite>\n");
}

/* Names come from profiles: nothing of them may begin a table cell or a tag. */
static int add_cell(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("|<>`*_[]\\", *text) && buf_add(out, "\\", 1) < 0)
			return -1;
		if (buf_add(out, text, 1) < 0)
			return -1;
	}
	return 0;
}

int load_markdown_write(const struct run *run, struct buf *out)
{
	const struct run_second *total = &run->total;
	uint64_t failed = run_failed(total);
	int result = buf_add_string(out, "## Load test ");
	result |= add_cell(out, run->name);
	result |= buf_printf(out, ": %s\n\n", run_state_name(run->state));
	result |= add_cell(out, run->words);
	result |= buf_add_string(out, "\n\n| | |\n|---|---|\n| Target | ");
	result |= add_cell(out, run->target);
	result |= buf_printf(out,
	                     " |\n| Requests | %llu intended, %llu sent, %llu failed |\n| Rate | %.0f/s |\n"
	                     "| Latency | p50 %.2f, p90 %.2f, p99 %.2f, p99.9 %.2f, max %.1f ms |\n",
	                     (unsigned long long)total->intended, (unsigned long long)total->sent,
	                     (unsigned long long)failed,
	                     total->seconds > 0 ? (double)(total->ok + failed) / total->seconds : 0,
	                     total->p50, total->p90, total->p99, total->p999, total->max);
	result |= buf_add_string(out, "\n| SLO | | measured |\n|---|---|---|\n");
	for (size_t i = 0; i < run->slo_count; i++) {
		result |= buf_add_string(out, "| ");
		result |= add_cell(out, run->slos[i].text);
		result |= buf_printf(out, " | %s | %g |\n", run->slos[i].held ? "held" : "**broken**",
		                     run->slos[i].value);
	}
	if (run->generator[0]) {
		result |= buf_add_string(out, "\n> ");
		result |= add_cell(out, run->generator);
		result |= buf_add_string(out, "\n");
	}
	for (size_t i = 0; i < run->failure_count; i++) {
		result |= buf_add_string(out, "\n- ");
		result |= add_cell(out, run->failures[i]);
	}
	return result | buf_add_string(out, "\n");
}

static int write_to(const char *path, const char *mode, const struct run *run,
                    int (*write)(const struct run *, struct buf *), struct err *err)
{
	struct buf text;
	int result = -1;
	buf_init(&text, SUMMARY_MAX);
	FILE *file = fopen(path, mode);
	if (!file || write(run, &text) < 0 || fwrite(buf_string(&text), 1, text.len, file) != text.len)
		err_set(err, "%s cannot be written: %s", path, strerror(errno));
	else
		result = 0;
	if (file && fclose(file) != 0 && result == 0)
		result = err_set(err, "%s cannot be written: %s", path, strerror(errno));
	buf_release(&text);
	return result;
}

int load_summaries(const struct cli *cli, const struct run *run, struct err *err)
{
	const char *page = cli->load.ci ? getenv("GITHUB_STEP_SUMMARY") : NULL;
	if (cli->load.junit && write_to(cli->load.junit, "w", run, load_junit_write, err) < 0)
		return -1;
	if (cli->load.summary && write_to(cli->load.summary, "w", run, load_markdown_write, err) < 0)
		return -1;
	if (page && *page && write_to(page, "a", run, load_markdown_write, err) < 0)
		return -1;
	return 0;
}
