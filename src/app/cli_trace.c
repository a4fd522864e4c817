/* SPDX-License-Identifier: MIT */
/* `flux trace`: from an object up to the commit, one line for each that applied the one before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli_read.h"
#include "app/gitops.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/flux.h"
#include "model/repository.h"
#include "model/revision.h"
#include "model/workload.h"
#include "app/operate.h"

static const double READ_REPOSITORIES = 30;
enum { DEPTH = 16, LINE = 700 };

struct tracing {
	const struct cli *cli;
	const struct fleet *fleet;
	const struct cluster *cluster;
	cJSON *steps;
};

static const struct object *find_ref(const struct tracing *tracing, const struct object_ref *ref)
{
	enum object_kind kind = *ref->kind ? kind_find(ref->kind) : OBJECT_KINDS;

	return kind == OBJECT_KINDS ? NULL : cluster_object(tracing->cluster, kind, ref->namespace, ref->name);
}

static const struct object_ref *applied_by(const struct object *object)
{
	static const struct object_ref nobody = {"", "", ""};
	const struct resource *resource = resource_of(object);

	if (resource)
		return &resource->applied_by;
	switch (object->kind) {
	case OBJECT_DEPLOYMENT:
	case OBJECT_STATEFULSET:
	case OBJECT_DAEMONSET:
	case OBJECT_ROLLOUT: return &((const struct workload *)object)->applied_by;
	default: return &nobody;
	}
}

static void say(struct tracing *tracing, const char *role, const char *kind, const char *namespace, const char *name,
                const char *revision, const char *words)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "role", role);
	cJSON_AddStringToObject(json, "kind", kind);
	if (*namespace)
		cJSON_AddStringToObject(json, "namespace", namespace);
	cJSON_AddStringToObject(json, "name", name);
	if (*revision)
		cJSON_AddStringToObject(json, "revision", revision);
	if (*words)
		cJSON_AddStringToObject(json, "message", words);
	cJSON_AddItemToArray(tracing->steps, json);
	if (tracing->cli->output == OUTPUT_TABLE)
		printf("%-11s %s %s%s%s%s%s%s%s\n", role, kind, namespace, *namespace ? "/" : "", name, *revision ? "  " : "", revision,
		       *words ? "  " : "", words);
}

static void say_commit(struct tracing *tracing, const char *revision)
{
	const struct repository *home = NULL;
	char sha[COMMIT_SHA], stamp[32] = "", line[LINE];
	const struct commit *commit;

	if (!revision_commit(revision, sha))
		return;
	commit = fleet_commit(tracing->fleet, sha, &home);
	cJSON *json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "role", "commit");
	cJSON_AddStringToObject(json, "sha", sha);
	if (commit) {
		stamp_format(commit->at_ms, stamp);
		cJSON_AddStringToObject(json, "subject", commit->subject);
		cJSON_AddStringToObject(json, "author", commit->author);
		cJSON_AddStringToObject(json, "time", stamp);
		cJSON_AddStringToObject(json, "repository", home->url);
		snprintf(line, sizeof(line), "%.7s %s – %s, %s", sha, commit->subject, commit->author, stamp);
	} else {
		snprintf(line, sizeof(line), "%.7s  (%s)", sha,
		         tracing->fleet->repositories.len ? "in no repository that is configured"
		                                          : "no repository is configured, so that subject and author are not known");
	}
	cJSON_AddItemToArray(tracing->steps, json);
	if (tracing->cli->output == OUTPUT_TABLE)
		printf("%-11s %s\n", "commit", line);
}

/* What a Kustomization takes its files from, and which commit that is. */
static void say_source(struct tracing *tracing, const struct object *object)
{
	const struct object_ref *ref = flux_source_of(object);
	const struct object *source = find_ref(tracing, ref);
	const struct kustomization *kustomization = (const struct kustomization *)object;
	const char *origin = kustomization->applied_origin;

	say(tracing, "from", ref->kind, ref->namespace, ref->name, source ? flux_revision(source) : "",
	    source ? flux_message(source) : "it does not exist, or may not be read");
	say_commit(tracing, *origin ? origin : kustomization->applied);
}

static int trace(struct tracing *tracing, const struct object *object)
{
	const char *role = "object";
	const struct object *source_user = NULL;

	for (int depth = 0; object && depth < DEPTH; depth++) {
		const struct object_ref *by = applied_by(object);
		say(tracing, role, kind_rows[object->kind].word, object->namespace, object->name,
		    resource_of(object) ? flux_revision(object) : "", resource_of(object) ? flux_message(object) : "");
		if (object->kind == OBJECT_KUSTOMIZATION) {
			source_user = object;
			break; /* what applied this one has another source, which is not this object's */
		}
		if (!*by->kind)
			break;
		role = "applied by";
		object = find_ref(tracing, by);
		if (!object)
			say(tracing, role, by->kind, by->namespace, by->name, "", "it does not exist, or may not be read");
	}
	if (source_user) {
		say_source(tracing, source_user);
		return EXIT_DONE;
	}
	fprintf(stderr, "flagdeck: no Kustomization applies it, so that no commit is known\n");
	return EXIT_FAILED;
}

/* "KIND/NAME", or a service by its name. */
static const struct object *find_object(struct tracing *tracing, const char *word, const char *namespace, struct err *err)
{
	const char *slash = strchr(word, '/');
	char *kind_word = slash ? mem_copy(word, (size_t)(slash - word)) : NULL;
	enum object_kind kind = kind_word ? kind_of_person(kind_word) : OBJECT_KINDS;
	const struct object *found = NULL, *object;

	if (kind_word && kind == OBJECT_KINDS) {
		err_set(err, "there is no kind \"%.60s\" that flagdeck knows", kind_word);
		free(kind_word);
		return NULL;
	}
	free(kind_word);
	for (size_t c = 0; c < tracing->fleet->clusters.len; c++) {
		const struct cluster *cluster = tracing->fleet->clusters.items[c];
		for (enum object_kind at = slash ? kind : OBJECT_DEPLOYMENT; at < (slash ? kind + 1 : OBJECT_KINDS); at++)
			for (size_t i = 0; (object = map_next(&cluster->objects[at], &i));) {
				if (strcmp(object->name, slash ? slash + 1 : word) != 0 || (namespace && strcmp(object->namespace, namespace) != 0) ||
				    (!slash && kind_rows[at].role != KIND_WORKLOAD))
					continue;
				if (found) {
					err_set(err, "%.200s is in several places (%s/%s and %s/%s): choose with --context and -n", word,
					        tracing->cluster->name, found->key, cluster->name, object->key);
					return NULL;
				}
				found = object;
				tracing->cluster = cluster;
			}
	}
	if (!found)
		err_set(err, "there is no %.200s%s%s in the chosen clusters", word, namespace ? " in namespace " : "", namespace ? namespace : "");
	return found;
}

int run_flux_trace(struct cli *cli, int argc, const char *const *argv)
{
	struct tracing tracing = {.cli = cli};
	struct reading reading;
	struct err err = {.text = ""};

	if (argc != 1) {
		err_set(&err, "flux trace takes one object: flagdeck flux trace deployment/payments-api -n payments");
		return cli_fail(EXIT_USAGE, &err);
	}
	if (reading_open(&reading, cli, 1, &err) < 0)
		return cli_fail(EXIT_FAILED, &err);
	const struct gitops_options options = {.session = reading.session, .repositories = cli->config.repositories,
	                                       .repository_count = cli->config.repository_count, .log = cli->log};
	struct gitops *gitops = gitops_new(&options);
	gitops_start(gitops);
	int code = EXIT_FAILED;
	tracing.fleet = reading.session->fleet;
	tracing.steps = cJSON_CreateArray();
	const struct object *object = find_object(&tracing, argv[0], cli->namespace, &err);
	if (object) {
		if (gitops_wait(gitops, READ_REPOSITORIES) < 0)
			fprintf(stderr, "flagdeck: not every repository was read in time\n");
		object = find_object(&tracing, argv[0], cli->namespace, &err); /* it may have been replaced meanwhile */
	}
	if (object) {
		code = trace(&tracing, object);
		if (cli->output != OUTPUT_TABLE)
			cli_print_json(cli, tracing.steps);
	} else {
		int missing = reading_report(&reading);
		code = cli_fail(missing == EXIT_DONE ? EXIT_FAILED : (enum exit_code)missing, &err);
	}
	cJSON_Delete(tracing.steps);
	gitops_free(gitops);
	reading_close(&reading);
	return code;
}
