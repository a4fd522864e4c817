/* SPDX-License-Identifier: MIT */
/*
 * As the controllers do it: kustomize-controller puts targetNamespace, patches, images and the like into the
 * kustomization file, for which an overlay stands here, and then labels every object; helm-controller runs a
 * chart with the values of the release.
 */
#include "app/drift_render.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/render_room.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "git/repo.h"
#include "kube/write.h"
#include "model/revision.h"

enum { FILES_MAX = 10000, DEPTH_MAX = 32, TEXT_MAX = 32 << 20 };

struct reply {
	int done, status;
	cJSON *json;
	struct err *err;
};

static void answer_came(void *arg, const struct client_result *result, const char *answer, size_t len)
{
	struct reply *reply = arg;

	reply->done = 1;
	reply->status = result->status;
	if (result->error[0])
		err_set(reply->err, "%s", result->error);
	else
		reply->json = json_parse_heap(answer, len, reply->err);
}

cJSON *drift_get(struct loop *loop, struct client *client, const char *path, int *status, struct err *err)
{
	struct reply reply = {.err = err};

	client_get(client, path, NULL, answer_came, &reply);
	while (!reply.done)
		loop_poll(loop, 1);
	if (status)
		*status = reply.status;
	return reply.json;
}

static void note(struct drift_render *render, const char *text)
{
	vec_push(&render->notes, mem_copy_string(text));
}

static void safe_text(const char *text, char *out, size_t size)
{
	utf8_sanitise(out, size, text ? text : "", text ? strlen(text) : 0);
}

/* --- the files --- */

static void git_said(void *arg, const struct git_answer *answer)
{
	struct reply *reply = arg;

	reply->done = 1;
	reply->status = answer->trouble == GIT_WELL ? answer->exit_code : -1;
	if (reply->status != 0)
		err_set(reply->err, "%s", answer->error[0] ? answer->error : "git refused");
}

static int git_do(const struct drift_render *render, struct git *git, const char *const *argv, const char *doing, struct err *err)
{
	struct reply reply = {.err = err};

	git_run(git, &(struct git_command){.argv = argv, .doing = doing, .timeout = 120, .done = git_said, .arg = &reply});
	while (!reply.done)
		loop_poll(render->loop, 1);
	return reply.status == 0 ? 0 : -1;
}

static struct git *repository_with(const struct drift_render *render, struct err *err)
{
	char *name = mem_printf("%s^{commit}", render->commit);
	const char *const argv[] = {"cat-file", "-e", name, NULL};
	struct git *found = NULL;

	for (size_t i = 0; i < render->repository_count && !found; i++) {
		struct repo *repo = gitops_repo(render->gitops, i);
		if (repo && git_do(render, repo_git(repo), argv, "looking for a commit in", NULL) == 0)
			found = repo_git(repo);
	}
	free(name);
	if (!found && !render->repository_count)
		err_set(err, "what Git renders cannot be known because no repository is configured (repositories)");
	else if (!found)
		err_set(err, "what Git renders cannot be known because no configured repository has commit %.12s", render->commit);
	return found;
}

/* The whole commit: bases and charts may lie anywhere in it. */
static int files_get(struct drift_render *render, struct render_room *room, struct err *err)
{
	struct git *git = repository_with(render, err);
	char *tar = mem_printf("%s/commit.tar", room->top), *tree = mem_printf("%s/tree", room->top);
	const char *const argv[] = {"archive", "--format=tar", "-o", tar, render->commit, NULL};
	int result = -1;

	if (git && mkdir(tree, 0700) == 0)
		result = git_do(render, git, argv, "reading the files of", err);
	if (result == 0)
		result = room_unpack(room, tar, tree, err);
	unlink(tar);
	free(tar);
	free(tree);
	return result;
}

static int commit_choose(struct drift_render *render, const char *applied, const char *origin, struct err *err)
{
	if (render->commit_wish) {
		if (strspn(render->commit_wish, "0123456789abcdef") != strlen(render->commit_wish) || strlen(render->commit_wish) < 7 ||
		    strlen(render->commit_wish) >= sizeof(render->commit))
			return err_set(err, "--commit takes a sha of at least 7 hex digits, not \"%.70s\"", render->commit_wish);
		snprintf(render->commit, sizeof(render->commit), "%s", render->commit_wish);
		return 0;
	}
	if (revision_commit(origin ? origin : "", render->commit) || revision_commit(applied ? applied : "", render->commit))
		return 0;
	if (applied && *applied)
		return err_set(err, "what Git renders cannot be known because the revision %.100s names no commit: choose one with --commit", applied);
	return err_set(err, "nothing was applied yet: choose a commit with --commit");
}

static int is_inside(const char *path)
{
	return *path != '/' && !strstr(path, "..");
}

/* --- what the renderers print --- */

static int document_take(struct drift_render *render, const char *bytes, size_t len, struct err *err)
{
	struct yaml yaml;

	if (yaml_parse(&yaml, "the rendered manifest", bytes, len, err) < 0)
		return -1;
	cJSON *json = yaml.root ? yaml_json(yaml.root) : NULL, *items = NULL, *item;
	yaml_release(&yaml);
	const char *kind = json_string(json, "kind");
	if (kind && strlen(kind) > 4 && strcmp(kind + strlen(kind) - 4, "List") == 0)
		items = cJSON_GetObjectItemCaseSensitive(json, "items");
	if (cJSON_IsArray(items)) {
		while ((item = cJSON_DetachItemFromArray(items, 0)))
			cJSON_AddItemToArray(render->objects, item);
	} else if (cJSON_IsObject(json)) {
		cJSON_AddItemToArray(render->objects, json);
		return 0;
	}
	cJSON_Delete(json);
	return 0;
}

static int documents_take(struct drift_render *render, const char *text, struct err *err)
{
	while (*text) {
		/* A line of dashes at the left edge stands in no text of a manifest. */
		const char *end = strncmp(text, "---", 3) == 0 ? text : strstr(text, "\n---");
		size_t len = !end ? strlen(text) : end == text ? 0 : (size_t)(end - text) + 1;
		if (len && document_take(render, text, len, err) < 0)
			return -1;
		text += len;
		if (strncmp(text, "---", 3) == 0)
			text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return 0;
}

static void label(cJSON *object, const char *part, const char *name, const char *value)
{
	cJSON *metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata"), *map;

	if (!cJSON_IsObject(metadata) || !value)
		return;
	map = cJSON_GetObjectItemCaseSensitive(metadata, part);
	if (!cJSON_IsObject(map)) {
		cJSON_DeleteItemFromObjectCaseSensitive(metadata, part);
		map = cJSON_AddObjectToObject(metadata, part);
	}
	cJSON_DeleteItemFromObjectCaseSensitive(map, name);
	cJSON_AddStringToObject(map, name, value);
}

/* What the controller writes on each object: its own name, and spec.commonMetadata. */
static void label_all(struct drift_render *render, const char *group)
{
	static const char *const parts[] = {"labels", "annotations"};
	const cJSON *item, *common = json_at(render->owner, "spec/commonMetadata");
	char *name = mem_printf("%s/name", group), *namespace = mem_printf("%s/namespace", group);
	cJSON *object;

	cJSON_ArrayForEach(object, render->objects)
	{
		for (size_t i = 0; i < 2; i++)
			cJSON_ArrayForEach(item, json_get(common, parts[i]))
				if (cJSON_IsString(item))
					label(object, parts[i], item->string, item->valuestring);
		label(object, "labels", name, json_string(render->owner, "metadata/name"));
		label(object, "labels", namespace, json_string(render->owner, "metadata/namespace"));
	}
	free(name);
	free(namespace);
}

/* --- Kustomization --- */

static int has_kustomization(const char *folder)
{
	static const char *const names[] = {"kustomization.yaml", "kustomization.yml", "Kustomization"};
	int has = 0;

	for (size_t i = 0; i < 3 && !has; i++) {
		char *path = mem_printf("%s/%s", folder, names[i]);
		has = access(path, R_OK) == 0;
		free(path);
	}
	return has;
}

/* Every manifest below the folder, and folders that are kustomizations themselves, as the controller lists them. */
static void list_files(const char *top, const char *below, cJSON *list, int depth)
{
	char *folder = mem_printf("%s%s", top, below);
	DIR *dir = depth < DEPTH_MAX ? opendir(folder) : NULL;
	struct dirent *entry;
	struct stat status;

	while (dir && (entry = readdir(dir)) && cJSON_GetArraySize(list) < FILES_MAX) {
		char *path = mem_printf("%s/%s", folder, entry->d_name), *own = mem_printf("%s/%s", below, entry->d_name);
		const char *end = strrchr(entry->d_name, '.');
		if (entry->d_name[0] != '.' && stat(path, &status) == 0) {
			if (S_ISDIR(status.st_mode) && !has_kustomization(path))
				list_files(top, own, list, depth + 1);
			else if (S_ISDIR(status.st_mode) || (end && (strcmp(end, ".yaml") == 0 || strcmp(end, ".yml") == 0)))
				cJSON_AddItemToArray(list, cJSON_CreateString(own + 1));
		}
		free(path);
		free(own);
	}
	if (dir)
		closedir(dir);
	free(folder);
}

static cJSON *kustomization_new(void)
{
	cJSON *file = cJSON_CreateObject();

	cJSON_AddStringToObject(file, "apiVersion", "kustomize.config.k8s.io/v1beta1");
	cJSON_AddStringToObject(file, "kind", "Kustomization");
	return file;
}

static int json_to_file(const char *path, const cJSON *json, struct err *err)
{
	struct buf text;
	int result;

	buf_init(&text, TEXT_MAX);
	result = json_write(&text, json, 1) < 0 ? err_set(err, "%s: too big", path) : room_write(path, buf_string(&text), text.len, err);
	buf_release(&text);
	return result;
}

static int generate(const char *folder, struct err *err)
{
	cJSON *file = kustomization_new(), *list = cJSON_AddArrayToObject(file, "resources");
	char *path = mem_printf("%s/kustomization.yaml", folder);
	int result;

	list_files(folder, "", list, 0);
	result = json_to_file(path, file, err);
	free(path);
	cJSON_Delete(file);
	return result;
}

/* What the Kustomization says beside its path; NULL: nothing. */
static cJSON *overlay_of(const cJSON *spec, const char *path)
{
	static const struct {
		const char *of, *file;
	} parts[] = {{"targetNamespace", "namespace"}, {"namePrefix", "namePrefix"}, {"nameSuffix", "nameSuffix"},
	             {"patches", "patches"}, {"images", "images"}};
	cJSON *file = kustomization_new(), *list;
	const cJSON *component;
	int any = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const cJSON *part = json_get(spec, parts[i].of);
		if (!part || (cJSON_IsString(part) && !*part->valuestring))
			continue;
		cJSON_AddItemToObject(file, parts[i].file, cJSON_Duplicate(part, 1));
		any = 1;
	}
	if (cJSON_GetArraySize(json_get(spec, "components")) > 0) {
		list = cJSON_AddArrayToObject(file, "components");
		cJSON_ArrayForEach(component, json_get(spec, "components"))
		{
			char *from = mem_printf("../tree/%s/%s", path, cJSON_IsString(component) ? component->valuestring : "");
			cJSON_AddItemToArray(list, cJSON_CreateString(from));
			free(from);
		}
		any = 1;
	}
	char *base = mem_printf("../tree/%s", path);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(file, "resources"), cJSON_CreateString(base));
	free(base);
	if (any)
		return file;
	cJSON_Delete(file);
	return NULL;
}

static int kustomize(struct drift_render *render, const char *folder, struct err *err)
{
	const char *const own[] = {"kustomize", "build", folder, NULL}, *const of_kubectl[] = {"kubectl", "kustomize", folder, NULL};
	const char *const *argv = room_has("kustomize") ? own : of_kubectl;
	struct buf out;
	int result;

	if (argv == of_kubectl && !room_has("kubectl"))
		return err_set(err, "what Git renders cannot be known because neither kustomize nor kubectl is installed");
	result = room_run(render->loop, argv, &out, err);
	if (result == 0)
		result = documents_take(render, buf_string(&out), err);
	buf_release(&out);
	return result;
}

static int build(struct drift_render *render, struct render_room *room, const char *path, struct err *err)
{
	char *folder = mem_printf("%s/tree/%s", room->top, path), *over = mem_printf("%s/overlay", room->top);
	char *file = mem_printf("%s/kustomization.yaml", over);
	cJSON *overlay = overlay_of(json_get(render->owner, "spec"), path);
	struct stat status;
	int result = 0;

	if (!is_inside(path) || stat(folder, &status) < 0 || !S_ISDIR(status.st_mode))
		result = err_set(err, "commit %.12s has no folder %.200s", render->commit, *path ? path : ".");
	else if (!has_kustomization(folder))
		result = generate(folder, err);
	if (result == 0 && overlay)
		result = mkdir(over, 0700) == 0 ? json_to_file(file, overlay, err) : err_set(err, "%s cannot be made", over);
	if (result == 0)
		result = kustomize(render, overlay ? over : folder, err);
	cJSON_Delete(overlay);
	free(folder);
	free(over);
	free(file);
	return result;
}

static int render_kustomization(struct drift_render *render, struct render_room *room, struct err *err)
{
	const cJSON *owner = render->owner;
	const char *source = json_string(owner, "spec/sourceRef/kind"), *path = json_string(owner, "spec/path");
	const char *origin = json_string(owner, "status/lastAppliedOriginRevision");
	char safe[80];

	safe_text(source, safe, sizeof(safe));
	if (!source || (strcmp(source, "GitRepository") != 0 && !origin && !render->commit_wish))
		return err_set(err, "what Git renders cannot be known because its source is a %s, which names no commit: choose one with --commit",
		               safe);
	for (path = path ? path : ""; *path == '.' || *path == '/';)
		path += strncmp(path, "..", 2) == 0 ? strlen(path) : 1;
	if (commit_choose(render, json_string(owner, "status/lastAppliedRevision"), origin, err) < 0 || files_get(render, room, err) < 0 ||
	    build(render, room, path, err) < 0)
		return -1;
	label_all(render, "kustomize.toolkit.fluxcd.io");
	if (json_at(owner, "spec/postBuild"))
		render->substituted = "spec.postBuild";
	return 0;
}

/* --- HelmRelease --- */

/* Where the chart is, and which commit of it. */
static int chart_commit(struct drift_render *render, struct err *err)
{
	const cJSON *owner = render->owner;
	const char *kind = json_string(owner, "spec/chart/spec/sourceRef/kind"), *name = json_string(owner, "spec/chart/spec/sourceRef/name");
	const char *namespace = json_string(owner, "spec/chart/spec/sourceRef/namespace");
	char path[1200], safe[80];
	cJSON *source;
	int result;

	safe_text(kind ? kind : json_string(owner, "spec/chartRef/kind"), safe, sizeof(safe));
	if (!kind || !name || strcmp(kind, "GitRepository") != 0)
		return err_set(err, "what is rendered cannot be known because the chart comes from %s%s, not from a Git repository that is configured",
		               *safe ? "a " : "no source", safe);
	if (render->commit_wish)
		return commit_choose(render, NULL, NULL, err);
	api_object_path(&(struct api_object){.group = "source.toolkit.fluxcd.io", .version = "v1", .plural = "gitrepositories",
	                                     .namespace = namespace ? namespace : json_string(owner, "metadata/namespace"), .name = name},
	                path, sizeof(path));
	if (!(source = drift_get(render->loop, render->client, path, NULL, err)))
		return err_wrap(err, "the chart's GitRepository");
	result = commit_choose(render, json_string(source, "status/artifact/revision"), NULL, err);
	cJSON_Delete(source);
	return result;
}

struct helm_words {
	const char *argv[80];
	size_t count;
	struct vec owned;
};

static void word(struct helm_words *words, const char *option, char *value)
{
	vec_push(&words->owned, value);
	if (words->count + 3 > sizeof(words->argv) / sizeof(words->argv[0]))
		return;
	if (option)
		words->argv[words->count++] = option;
	words->argv[words->count++] = value;
}

/* A ConfigMap's values into a file. A Secret's are not put on disk. */
static int values_from(struct drift_render *render, const cJSON *from, const char *file, int *absent, struct err *err)
{
	const char *kind = json_string(from, "kind"), *name = json_string(from, "name"), *key = json_string(from, "valuesKey");
	const cJSON *value;
	char path[1200], safe[200];
	int status = 0, result = -1;
	cJSON *map;

	safe_text(name, safe, sizeof(safe));
	*absent = 0;
	if (!kind || !name || strcmp(kind, "ConfigMap") != 0)
		return err_set(err, "what is rendered cannot be known because values come from the Secret %s, which is not put on disk here", safe);
	if (json_string(from, "targetPath"))
		return err_set(err, "what is rendered cannot be known because a value of the ConfigMap %s goes to a targetPath", safe);
	api_object_path(&(struct api_object){.group = "", .version = "v1", .plural = "configmaps",
	                                     .namespace = json_string(render->owner, "metadata/namespace"), .name = name},
	                path, sizeof(path));
	map = drift_get(render->loop, render->client, path, &status, err);
	if (!map && status == 404 && json_bool(from, "optional", 0)) {
		*absent = 1;
		return 0;
	}
	value = json_get(json_get(map, "data"), key ? key : "values.yaml");
	if (!map)
		err_wrap(err, "the values of ConfigMap %s", safe);
	else if (!cJSON_IsString(value))
		err_set(err, "the ConfigMap %s has no %.60s", safe, key ? key : "values.yaml");
	else
		result = room_write(file, value->valuestring, strlen(value->valuestring), err);
	cJSON_Delete(map);
	return result;
}

/* Values in their order: files of the chart's source, valuesFrom, the release's own. */
static int values_words(struct drift_render *render, struct render_room *room, struct helm_words *words, struct err *err)
{
	const cJSON *item, *own = json_at(render->owner, "spec/values");
	int at = 0, absent;

	cJSON_ArrayForEach(item, json_at(render->owner, "spec/chart/spec/valuesFiles"))
	{
		if (!cJSON_IsString(item) || !is_inside(item->valuestring))
			return err_set(err, "spec.chart.spec.valuesFiles leads out of the repository");
		word(words, "-f", mem_printf("%s/tree/%s", room->top, item->valuestring));
	}
	cJSON_ArrayForEach(item, json_at(render->owner, "spec/valuesFrom"))
	{
		char *file = mem_printf("%s/from-%d.yaml", room->top, at++);
		if (values_from(render, item, file, &absent, err) < 0 || at > 20) {
			free(file);
			return at > 20 ? err_set(err, "spec.valuesFrom names over 20 places") : -1;
		}
		if (absent)
			free(file);
		else
			word(words, "-f", file);
	}
	if (own) {
		word(words, "-f", mem_printf("%s/values.json", room->top));
		return json_to_file(words->owned.items[words->owned.len - 1], own, err);
	}
	return 0;
}

static int helm(struct drift_render *render, struct render_room *room, const char *release, const char *namespace, struct err *err)
{
	const char *chart = json_string(render->owner, "spec/chart/spec/chart");
	struct helm_words words = {.argv = {"helm", "template", "--no-hooks", "--is-upgrade"}, .count = 4};
	struct buf out;
	int result = -1;

	while (chart && strncmp(chart, "./", 2) == 0)
		chart += 2;
	if (!room_has("helm"))
		return err_set(err, "what is rendered cannot be known because helm is not installed");
	if (!chart || !is_inside(chart))
		return err_set(err, "spec.chart.spec.chart names no folder of the repository");
	word(&words, "--namespace", mem_copy_string(namespace));
	if (values_words(render, room, &words, err) == 0) {
		word(&words, "--", mem_copy_string(release));
		word(&words, NULL, mem_printf("%s/tree/%s", room->top, chart));
		result = room_run(render->loop, words.argv, &out, err);
		if (result == 0)
			result = documents_take(render, buf_string(&out), err);
		buf_release(&out);
	}
	for (size_t i = 0; i < words.owned.len; i++)
		free(words.owned.items[i]);
	vec_release(&words.owned);
	return result;
}

static int render_release(struct drift_render *render, struct render_room *room, struct err *err)
{
	const cJSON *owner = render->owner;
	const char *target = json_string(owner, "spec/targetNamespace"), *name = json_string(owner, "spec/releaseName");
	const char *namespace = target && *target ? target : json_string(owner, "metadata/namespace"), *own = json_string(owner, "metadata/name");
	cJSON *object;
	char *release;
	int result = -1;

	if (!own || !namespace)
		return err_set(err, "it has no name");
	if (cJSON_GetArraySize(json_at(owner, "spec/postRenderers")) > 0)
		return err_set(err, "what is rendered cannot be known because spec.postRenderers changes it afterwards");
	release = name && *name ? mem_copy_string(name) : target && *target ? mem_printf("%s-%s", target, own) : mem_copy_string(own);
	if (chart_commit(render, err) == 0 && files_get(render, room, err) == 0 && helm(render, room, release, namespace, err) == 0) {
		label_all(render, "helm.toolkit.fluxcd.io");
		cJSON_ArrayForEach(object, render->objects)
		{
			label(object, "labels", "app.kubernetes.io/managed-by", "Helm");
			label(object, "annotations", "meta.helm.sh/release-name", release);
			label(object, "annotations", "meta.helm.sh/release-namespace", namespace);
		}
		note(render, "helm renders without the cluster: what a chart asks of it (lookup, capabilities) may differ; hooks are left out");
		note(render, "objects that the chart has no longer are not looked for");
		result = 0;
	}
	free(release);
	return result;
}

int drift_render(struct drift_render *render, struct err *err)
{
	const char *kind = json_string(render->owner, "kind");
	struct render_room room;
	int result;

	render->objects = cJSON_CreateArray();
	vec_init(&render->notes);
	if (json_at(render->owner, "spec/kubeConfig"))
		return err_set(err, "it applies to another cluster (spec.kubeConfig), which is not looked at");
	if (room_open(&room, render->loop, err) < 0)
		return -1;
	result = kind && strcmp(kind, "HelmRelease") == 0 ? render_release(render, &room, err) : render_kustomization(render, &room, err);
	room_close(&room);
	return result;
}

void drift_render_release(struct drift_render *render)
{
	for (size_t i = 0; i < render->notes.len; i++)
		free(render->notes.items[i]);
	vec_release(&render->notes);
	cJSON_Delete(render->objects);
}
