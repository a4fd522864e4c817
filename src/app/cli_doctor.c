/* SPDX-License-Identifier: MIT */
/* `doctor`: every check there is, each finding with what to do about it. */
#include <cjson/cJSON.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/cli_print.h"
#include "base/mem.h"
#include "check/cluster.h"
#include "check/machine.h"
#include "check/metrics.h"
#include "check/repository.h"
#include "git/repo.h"
#include "git/url.h"

static const double WAIT = 20;

struct doctor {
	struct findings findings;
	struct session *session;
	size_t open; /* clusters that have not answered everything yet */
	int over;
};

static void check_terminal(struct doctor *doctor)
{
	struct findings *findings = &doctor->findings;
	const char *term = getenv("TERM"), *codeset = nl_langinfo(CODESET);
	if (!term || !*term || strcmp(term, "dumb") == 0)
		findings_add(findings, FINDING_WARNING, "this machine", "terminal",
		             "set TERM to what your terminal is, such as xterm-256color", "TERM is %s",
		             term && *term ? term : "not set");
	else
		findings_add(findings, FINDING_OK, "this machine", "terminal", "", "%s", term);
	if (strcmp(codeset, "UTF-8") != 0)
		findings_add(findings, FINDING_WARNING, "this machine", "characters",
		             "set LC_CTYPE to a UTF-8 locale such as C.UTF-8; until then the console draws in ASCII",
		             "the locale's character set is %s", codeset);
	else
		findings_add(findings, FINDING_OK, "this machine", "characters", "", "UTF-8");
}

static void cluster_answered(void *arg)
{
	((struct doctor *)arg)->open--;
}

static void time_over(void *arg)
{
	((struct doctor *)arg)->over = 1;
}

static void check_clusters(struct doctor *doctor, const struct contexts *contexts, double seconds)
{
	struct session *session = doctor->session;
	struct cluster_check **checks = mem_new_array(contexts->count + 1, sizeof(struct cluster_check *));
	struct timer *timer = timer_new(session->loop, time_over, doctor);
	timer_start(timer, seconds);
	for (size_t i = 0; i < contexts->count; i++) {
		const struct cluster *cluster = session->fleet->clusters.items[i];
		struct source *source = session_source(session, cluster);
		if (!source)
			continue;
		doctor->open++;
		checks[i] = cluster_check_start(source, cluster->name, cluster_answered, doctor);
	}
	while (doctor->open > 0 && !doctor->over)
		loop_poll(session->loop, 1);
	for (size_t i = 0; i < contexts->count; i++) {
		const struct cluster *cluster = session->fleet->clusters.items[i];
		const char *advice = "mend the context in the kubeconfig; kubectl config view shows it";
		if (checks[i])
			cluster_check_findings(checks[i], &doctor->findings);
		else
			findings_add(&doctor->findings, FINDING_FAILED, cluster->name, "use the context", advice, "%s",
			             contexts->items[i].error ? contexts->items[i].error : cluster->error);
		cluster_check_free(checks[i]);
	}
	timer_free(timer);
	free(checks);
}

/* The session asks nobody else: no list is read for this. */
static void check_metrics(struct doctor *doctor)
{
	static const double METRICS_WAIT = 15;
	const struct fleet *fleet = doctor->session->fleet;
	session_start(doctor->session);
	/* Who gave no answer says so below. */
	(void)!session_wait_metrics(doctor->session, METRICS_WAIT);
	for (size_t i = 0; i < fleet->clusters.len; i++)
		metrics_findings(fleet->clusters.items[i], &doctor->findings);
}

static void check_repositories(struct doctor *doctor, const struct config *config, double seconds)
{
	struct timer *timer = timer_new(doctor->session->loop, time_over, doctor);
	char *folder = config_git_folder();
	doctor->over = 0;
	timer_start(timer, seconds);
	for (size_t i = 0; i < config->repository_count; i++) {
		const struct config_repository *repository = &config->repositories[i];
		struct err err = {0};
		if (url_check(repository->url, repository->insecure, &err) < 0 || !branch_is_name(repository->branch)) {
			findings_add(&doctor->findings, FINDING_FAILED, "repositories", "use the address", "mend it in the configuration", "%s",
			             err.text[0] ? err.text : "the branch is no name of a branch");
			continue;
		}
		char *place = repo_place(folder, repository->url);
		struct git *git = git_new(&(struct git_options){.loop = doctor->session->loop, .folder = place, .url = repository->url,
		                                                .insecure = repository->insecure});
		doctor->open = 1;
		struct repository_check *check = repository_check_start(git, repository->branch, cluster_answered, doctor);
		while (doctor->open > 0 && !doctor->over)
			loop_poll(doctor->session->loop, 1);
		repository_check_findings(check, &doctor->findings);
		repository_check_free(check);
		git_free(git);
		free(place);
	}
	timer_free(timer);
	free(folder);
}

static int print_json(const struct cli *cli, const struct findings *findings)
{
	cJSON *array = cJSON_CreateArray();
	for (size_t i = 0; i < findings->items.len; i++) {
		const struct finding *finding = findings->items.items[i];
		cJSON *item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "where", finding->where);
		cJSON_AddStringToObject(item, "what", finding->what);
		cJSON_AddStringToObject(item, "verdict", finding_words[finding->verdict]);
		cJSON_AddStringToObject(item, "said", finding->said);
		cJSON_AddStringToObject(item, "advice", finding->advice);
		cJSON_AddItemToArray(array, item);
	}
	int code = cli_print_json(cli, array);
	cJSON_Delete(array);
	return code;
}

static int print_table(const struct findings *findings)
{
	struct table table;
	table_init(&table, 4);
	table_add(&table, "WHERE");
	table_add(&table, "WHAT");
	table_add(&table, "VERDICT");
	table_add(&table, "SAID");
	for (size_t i = 0; i < findings->items.len; i++) {
		const struct finding *finding = findings->items.items[i];
		char *said = finding->advice[0] ? mem_printf("%s -> %s", finding->said, finding->advice)
		                                : mem_copy_string(finding->said);
		table_add(&table, finding->where);
		table_add(&table, finding->what);
		table_add(&table, finding_words[finding->verdict]);
		table_add(&table, said);
		free(said);
	}
	table_print(&table, stdout);
	printf("\n%zu ok, %zu to look at, %zu failed\n", findings_count(findings, FINDING_OK),
	       findings_count(findings, FINDING_WARNING), findings_count(findings, FINDING_FAILED));
	return EXIT_DONE;
}

int run_doctor(struct cli *cli, int argc, const char *const *argv)
{
	struct doctor doctor = {0};
	struct contexts contexts = {0};
	struct err err = {0};
	(void)argc, (void)argv;
	char *state = config_state_path(), *audit = config_audit_path();
	findings_init(&doctor.findings);
	check_terminal(&doctor);
	machine_check(state, audit, &doctor.findings);
	free(state);
	free(audit);
	if (contexts_choose(&contexts, cli, &err) < 0) {
		findings_add(&doctor.findings, FINDING_FAILED, "kubeconfig", "find a cluster",
		             "set KUBECONFIG, or give --kubeconfig and --context", "%s", err.text);
	} else {
		const struct session_options options = {
			.contexts = contexts.items, .context_count = contexts.count, .log = cli->log,
			.metrics = &cli->config.metrics, .only_ask = 1,
		};
		doctor.session = session_new(&options, &err);
		if (doctor.session)
			check_clusters(&doctor, &contexts, cli->timeout > 0 ? cli->timeout : WAIT);
		if (doctor.session)
			check_metrics(&doctor);
		if (doctor.session)
			check_repositories(&doctor, &cli->config, cli->timeout > 0 ? cli->timeout : WAIT);
		else
			findings_add(&doctor.findings, FINDING_FAILED, "this machine", "start", "", "%s", err.text);
	}
	int code = cli->output == OUTPUT_TABLE ? print_table(&doctor.findings) : print_json(cli, &doctor.findings);
	if (code == EXIT_DONE && findings_count(&doctor.findings, FINDING_FAILED) > 0)
		code = EXIT_FAILED;
	session_free(doctor.session);
	contexts_release(&contexts);
	findings_release(&doctor.findings);
	return code;
}
