/* SPDX-License-Identifier: MIT */
/*
 * `flux diff`: what Git renders for a Kustomization or HelmRelease against what is in the cluster, field by
 * field. Exits 0 when nothing drifted, 1 when something did or could not be known, 3 when it is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/drift_render.h"
#include "app/operate.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "kube/source.h"
#include "kube/write.h"
#include "model/resource.h"
#include "ops/drift.h"

static const double READ_REPOSITORIES = 30;

struct drifting {
	const struct cli *cli;
	struct contexts contexts;
	struct session *session;
	struct client *client;
	struct gitops *gitops;
	enum object_kind kind;
	const char *namespace, *name;
	cJSON *owner;
	int over;
};

static void is_over(void *arg, struct drift *drift)
{
	(void)drift;
	((struct drifting *)arg)->over = 1;
}

static int connect_cluster(struct drifting *drifting, const char *word, struct err *err)
{
	const struct cli *cli = drifting->cli;
	struct source *source;

	if (contexts_choose(&drifting->contexts, cli, err) < 0)
		return -1;
	const struct session_options options = {
		.contexts = drifting->contexts.items, .context_count = drifting->contexts.count,
		.service_label = cli->config.service_label, .team_label = cli->config.team_label, .log = cli->log,
	};
	if (!(drifting->session = session_new(&options, err)))
		return -1;
	if (drifting->session->fleet->clusters.len != 1)
		return err_set(err, "%.200s is looked for in one cluster: choose it with --context", word);
	const struct cluster *cluster = drifting->session->fleet->clusters.items[0];
	if (!(source = session_source(drifting->session, cluster)))
		return err_set(err, "%s: %s", cluster->name, *cluster->error ? cluster->error : "it cannot be asked");
	drifting->client = source_client(source);
	return 0;
}

/* In the version that the cluster prefers. */
static int read_owner(struct drifting *drifting, struct err *err)
{
	const struct kind_row *row = &kind_rows[drifting->kind];
	char path[1200];
	int status = 0;

	snprintf(path, sizeof(path), "/apis/%s", row->group);
	cJSON *group = drift_get(drifting->session->loop, drifting->client, path, &status, err);
	const char *version = json_string(group, "preferredVersion/version");
	if (!version) {
		cJSON_Delete(group);
		return status == 404 || group ? err_set(err, "the cluster has no %s (%s)", row->plural, row->group) : -1;
	}
	api_object_path(&(struct api_object){.group = row->group, .version = version, .plural = row->plural,
	                                     .namespace = drifting->namespace, .name = drifting->name},
	                path, sizeof(path));
	drifting->owner = drift_get(drifting->session->loop, drifting->client, path, &status, err);
	cJSON_Delete(group);
	if (status == 404)
		return err_set(err, "there is no %s %.200s/%.200s", row->word, drifting->namespace, drifting->name);
	return drifting->owner ? 0 : err_wrap(err, "%s %.100s", row->word, drifting->name);
}

/* --- what is said --- */

static void print_fields(const struct drift_object *object)
{
	for (size_t i = 0; i < object->changes.count; i++) {
		const struct field_change *change = &object->changes.items[i];
		printf("  %s\n", change->path);
		if (change->live)
			printf("    - %s\n", change->live);
		if (change->applied)
			printf("    + %s\n", change->applied);
	}
	if (object->changes.cut)
		printf("  … and more\n");
}

static void print_objects(const struct drift *drift)
{
	for (size_t i = 0; i < drift_count(drift); i++) {
		const struct drift_object *object = drift_at(drift, i);
		if (object->state == DRIFT_NONE)
			continue;
		printf("%-10s %s %s%s%s%s%s\n", drift_words[object->state], object->kind, object->namespace, *object->namespace ? "/" : "",
		       object->name, *object->why ? ": " : "", object->why);
		print_fields(object);
	}
}

static void print_table(const struct drifting *drifting, const struct drift_render *render, const struct drift *drift)
{
	size_t same = drift_in_state(drift, DRIFT_NONE), left = drift_in_state(drift, DRIFT_LEFT), count = drift_count(drift);

	print_objects(drift);
	printf("%s %s/%s at %.12s: ", kind_rows[drifting->kind].word, drifting->namespace, drifting->name, render->commit);
	if (same + left == count)
		printf("no drift in %zu objects", count);
	else
		printf("%zu changed, %zu missing, %zu extra, %zu unknown, %zu as in Git", drift_in_state(drift, DRIFT_CHANGED),
		       drift_in_state(drift, DRIFT_MISSING), drift_in_state(drift, DRIFT_EXTRA), drift_in_state(drift, DRIFT_UNKNOWN), same);
	printf(left ? ", %zu left alone\n" : "\n", left);
	for (size_t i = 0; i < render->notes.len; i++)
		fprintf(stderr, "flagdeck: note: %s\n", (const char *)render->notes.items[i]);
}

static void add_text(cJSON *json, const char *name, const char *text)
{
	if (text && *text)
		cJSON_AddStringToObject(json, name, text);
	else
		cJSON_AddNullToObject(json, name);
}

static cJSON *object_json(const struct drift_object *object)
{
	cJSON *json = cJSON_CreateObject(), *fields;

	cJSON_AddStringToObject(json, "kind", object->kind);
	add_text(json, "namespace", object->namespace);
	cJSON_AddStringToObject(json, "name", object->name);
	cJSON_AddStringToObject(json, "state", drift_words[object->state]);
	add_text(json, "message", object->why);
	fields = cJSON_AddArrayToObject(json, "fields");
	for (size_t i = 0; i < object->changes.count; i++) {
		const struct field_change *change = &object->changes.items[i];
		cJSON *field = cJSON_CreateObject();
		cJSON_AddStringToObject(field, "path", change->path);
		add_text(field, "live", change->live);
		add_text(field, "git", change->applied);
		cJSON_AddItemToArray(fields, field);
	}
	cJSON_AddBoolToObject(json, "cut", object->changes.cut);
	return json;
}

static int print_json(const struct drifting *drifting, const struct drift_render *render, const struct drift *drift, int clean)
{
	cJSON *json = cJSON_CreateObject(), *list;

	cJSON_AddStringToObject(json, "kind", kind_rows[drifting->kind].word);
	cJSON_AddStringToObject(json, "namespace", drifting->namespace);
	cJSON_AddStringToObject(json, "name", drifting->name);
	cJSON_AddStringToObject(json, "commit", render->commit);
	cJSON_AddBoolToObject(json, "drift", !clean);
	list = cJSON_AddArrayToObject(json, "objects");
	for (size_t i = 0; i < drift_count(drift); i++)
		cJSON_AddItemToArray(list, object_json(drift_at(drift, i)));
	list = cJSON_AddArrayToObject(json, "notes");
	for (size_t i = 0; i < render->notes.len; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(render->notes.items[i]));
	int code = cli_print_json(drifting->cli, json);
	cJSON_Delete(json);
	return code;
}

/* --- the comparison --- */

static int compare(struct drifting *drifting, struct drift_render *render)
{
	static const char *const kustomize[] = {"kustomize-controller", NULL}, *const helm[] = {"helm-controller", "helm", NULL};
	const int is_helm = drifting->kind == OBJECT_HELMRELEASE;
	const char *target = json_string(drifting->owner, "spec/targetNamespace");
	const struct drift_options options = {
		.client = drifting->client, .managers = is_helm ? helm : kustomize,
		.namespace = target && *target ? target : is_helm ? drifting->namespace : "default", .objects = render->objects,
		.inventory = !is_helm && json_bool(drifting->owner, "spec/prune", 0) ? json_at(drifting->owner, "status/inventory/entries") : NULL,
		.substituted = render->substituted, .done = is_over, .arg = drifting,
	};
	struct drift *drift = drift_begin(&options);
	int code = EXIT_DONE;

	while (!drifting->over)
		loop_poll(drifting->session->loop, 1);
	const int clean = drift_in_state(drift, DRIFT_NONE) + drift_in_state(drift, DRIFT_LEFT) == drift_count(drift);
	if (drifting->cli->output == OUTPUT_TABLE)
		print_table(drifting, render, drift);
	else
		code = print_json(drifting, render, drift, clean);
	drift_free(drift);
	return code == EXIT_DONE && !clean ? EXIT_FAILED : code;
}

static int diff(struct drifting *drifting, struct err *err)
{
	const struct cli *cli = drifting->cli;
	const struct gitops_options options = {.session = drifting->session, .repositories = cli->config.repositories,
	                                       .repository_count = cli->config.repository_count, .log = cli->log};
	struct drift_render render = {.loop = drifting->session->loop, .client = drifting->client, .owner = drifting->owner,
	                              .repository_count = cli->config.repository_count, .commit_wish = cli->commit};
	int code = EXIT_FAILED;

	render.gitops = drifting->gitops = gitops_new(&options);
	gitops_start(drifting->gitops);
	if (gitops_wait(drifting->gitops, READ_REPOSITORIES) < 0)
		fprintf(stderr, "flagdeck: not every repository was read in time\n");
	if (drift_render(&render, err) == 0)
		code = compare(drifting, &render);
	else
		code = cli_fail(EXIT_FAILED, err);
	drift_render_release(&render);
	return code;
}

int run_flux_diff(struct cli *cli, int argc, const char *const *argv)
{
	struct drifting drifting = {.cli = cli, .kind = OBJECT_KINDS};
	struct err err = {.text = ""};
	const char *slash = argc == 1 ? strchr(argv[0], '/') : NULL;
	int code = EXIT_FAILED;

	if (slash) {
		char *word = mem_copy(argv[0], (size_t)(slash - argv[0]));
		drifting.kind = kind_of_person(word);
		free(word);
	}
	if (drifting.kind != OBJECT_KUSTOMIZATION && drifting.kind != OBJECT_HELMRELEASE) {
		err_set(&err, "flux diff takes one Kustomization or HelmRelease: flagdeck flux diff ks/apps");
		return cli_fail(EXIT_USAGE, &err);
	}
	if (cli->read_only) {
		err_set(&err, "read-only: a dry run is asked for as a write is, so it is not done");
		return cli_fail(EXIT_REFUSED, &err);
	}
	drifting.namespace = cli->namespace ? cli->namespace : "flux-system";
	drifting.name = slash + 1;
	if (connect_cluster(&drifting, argv[0], &err) < 0 || read_owner(&drifting, &err) < 0)
		code = cli_fail(EXIT_FAILED, &err);
	else
		code = diff(&drifting, &err);
	cJSON_Delete(drifting.owner);
	gitops_free(drifting.gitops);
	session_free(drifting.session);
	contexts_release(&drifting.contexts);
	return code;
}
