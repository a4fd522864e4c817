/* SPDX-License-Identifier: MIT */
/*
 * Keys are dotted paths in one table. A list's items are a path of their own, "[]". The walk goes
 * over the document, not over the table, so that what the table does not know is found.
 */
#include "app/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/spell.h"
#include "base/vec.h"
#include "base/yaml.h"
#include "load/slo.h"

/* VALUE_PART: a subtree that has its own table and reader. */
enum value { VALUE_TEXT, VALUE_BOOL, VALUE_MAP, VALUE_LIST, VALUE_PART };

enum place { NO_PLACE, PLACE_CONTEXT, PLACE_ENV, PLACE_REGION, PLACE_PROTECTED, PLACE_SERVICE_LABEL, PLACE_TEAM_LABEL,
	PLACE_THEME, PLACE_KEYMAP, PLACE_GRAPH, PLACE_URL, PLACE_BRANCH, PLACE_MODE, PLACE_FLAGS, PLACE_PROVIDER, PLACE_API, PLACE_INSECURE,
	PLACE_RESULTS, PLACE_PROFILES, PLACE_LOAD_ENV, PLACE_LOAD_RATE, PLACE_LOAD_TIME, PLACE_LOAD_CONNECTIONS, PLACE_LOAD_OFF };

static const struct config_row {
	struct config_key key;
	enum value value;
	enum place place;
} rows[] = {
	{{"fleet", "", "Which clusters are shown, and what their objects' labels mean."}, VALUE_MAP, NO_PLACE},
	{{"fleet.clusters", "the current context", "The clusters, in the order in which they are shown."}, VALUE_LIST, NO_PLACE},
	{{"fleet.clusters[]", "", ""}, VALUE_MAP, NO_PLACE},
	{{"fleet.clusters[].context", "", "A context of the kubeconfig; required."}, VALUE_TEXT, PLACE_CONTEXT},
	{{"fleet.clusters[].env", "none", "Its environment, such as dev or prod."}, VALUE_TEXT, PLACE_ENV},
	{{"fleet.clusters[].region", "none", "Its region."}, VALUE_TEXT, PLACE_REGION},
	{{"fleet.clusters[].protected", "false", "Whether changes there ask for a typed name."}, VALUE_BOOL, PLACE_PROTECTED},
	{{"fleet.clusters[].prometheus", "found by itself", "Where its metrics are, key by key below."}, VALUE_PART, NO_PLACE},
	{{"fleet.labels", "", "Labels that say what belongs together."}, VALUE_MAP, NO_PLACE},
	{{"fleet.labels.service", "app.kubernetes.io/name", "The label that names the service of a workload."},
	 VALUE_TEXT, PLACE_SERVICE_LABEL},
	{{"fleet.labels.team", "team", "The label that names the team, on the workload or its namespace."},
	 VALUE_TEXT, PLACE_TEAM_LABEL},
	{{"repositories", "none", "The Git repositories that clusters are run from; flags are read and written there."},
	 VALUE_LIST, NO_PLACE},
	{{"repositories[]", "", ""}, VALUE_MAP, NO_PLACE},
	{{"repositories[].url", "", "https, ssh or user@host:path; required."}, VALUE_TEXT, PLACE_URL},
	{{"repositories[].branch", "main", "The branch that clusters follow."}, VALUE_TEXT, PLACE_BRANCH},
	{{"repositories[].mode", "push", "How changes get there: push, or pr for a pull request."}, VALUE_TEXT, PLACE_MODE},
	{{"repositories[].flags", "platform/flags.yaml", "The catalog of flags in it."}, VALUE_TEXT, PLACE_FLAGS},
	{{"repositories[].provider", "by the address", "Whose pull requests: github, gitlab, gitea or azure."}, VALUE_TEXT,
	 PLACE_PROVIDER},
	{{"repositories[].api", "its usual place", "Where that server's API is, when it is elsewhere."}, VALUE_TEXT, PLACE_API},
	{{"repositories[].insecure", "false", "Permits http and paths on this disk, for demonstrations and tests."}, VALUE_BOOL,
	 PLACE_INSECURE},
	{{"metrics", "", "Presets, prices, objectives and Grafana, key by key below."}, VALUE_PART, NO_PLACE},
	{{"load", "", "Load tests: where results go, what may be loaded."}, VALUE_MAP, NO_PLACE},
	{{"load.results", "the state folder", "A folder for the folders of runs."}, VALUE_TEXT, PLACE_RESULTS},
	{{"load.profiles", "load/ beside this file", "A folder of profiles that the console offers."}, VALUE_TEXT, PLACE_PROFILES},
	{{"load.limits", "this machine only", "What may be loaded, by environment."}, VALUE_LIST, NO_PLACE},
	{{"load.limits[]", "", ""}, VALUE_MAP, NO_PLACE},
	{{"load.limits[].env", "", "The env of profiles that it is about; those without one when not given."}, VALUE_TEXT, PLACE_LOAD_ENV},
	{{"load.limits[].targets", "none", "Hosts: shop.example, *.dev.example, shop.example:8443."}, VALUE_LIST, NO_PLACE},
	{{"load.limits[].rate", "none", "The highest rate, in requests a second."}, VALUE_TEXT, PLACE_LOAD_RATE},
	{{"load.limits[].duration", "none", "The longest run, such as 30m."}, VALUE_TEXT, PLACE_LOAD_TIME},
	{{"load.limits[].connections", "none", "The most connections of a run."}, VALUE_TEXT, PLACE_LOAD_CONNECTIONS},
	{{"load.limits[].off", "false", "Refuses every load test there."}, VALUE_BOOL, PLACE_LOAD_OFF},
	{{"ui", "", "How the console looks and listens."}, VALUE_MAP, NO_PLACE},
	{{"ui.theme", "dark", "dark, light, or a YAML file."}, VALUE_TEXT, PLACE_THEME},
	{{"ui.keymap", "vim", "vim, k9s, or a YAML file."}, VALUE_TEXT, PLACE_KEYMAP},
	{{"ui.graph", "braille", "The glyphs of charts: braille, block or tty."}, VALUE_TEXT, PLACE_GRAPH},
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

/* Who reads the parts. */
static const struct {
	const char *key;
	int (*read)(struct config *config, const struct yaml_node *node, const char *key, struct err *err);
} parts[] = {
	{"fleet.clusters[].prometheus", config_read_prometheus},
	{"metrics", config_read_metrics},
};

struct config_memory {
	struct yaml yaml;
	struct vec kept; /* blocks to free */
};

void *config_keep(struct config *config, void *block)
{
	vec_push(&config->memory->kept, block);
	return block;
}

const struct config_key *config_key_at(size_t index)
{
	return index < ROW_COUNT ? &rows[index].key : config_prom_key_at(index - ROW_COUNT);
}

static const struct config_row *row_find(const char *key)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (strcmp(rows[i].key.key, key) == 0)
			return &rows[i];
	return NULL;
}

static int refuse_unknown(const struct config *config, const struct yaml_node *node, const char *parent, const char *name,
                          struct err *err)
{
	const char *names[ROW_COUNT];
	size_t count = 0, len = strlen(parent);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		const char *key = rows[i].key.key;
		if (strncmp(key, parent, len) == 0 && (len == 0 || key[len] == '.') && !strpbrk(key + len + (len > 0), ".["))
			names[count++] = key + len + (len > 0);
	}
	const char *near = spell_nearest(name, names, count);
	return err_set(err, "%s:%d: there is no key \"%.60s\"%s%s%s%s%s", config->path, node->line, name,
	               len ? " in " : "", parent, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int refuse_type(const struct config *config, const struct yaml_node *node, const char *key, const char *wanted,
                       struct err *err)
{
	return err_set(err, "%s:%d: %s must be %s", config->path, node->line, key, wanted);
}

static int place_limit(struct config *config, const struct config_row *row, const struct yaml_node *node, const char *text,
                       struct err *err)
{
	struct config_load *load = &config->loads[config->load_count - 1];
	double number;
	switch (row->place) {
	case PLACE_LOAD_ENV:
		load->env = text;
		return 0;
	case PLACE_LOAD_TIME:
		return seconds_parse(text, &load->seconds) < 0 ? refuse_type(config, node, row->key.key, "a duration such as 30m", err) : 0;
	case PLACE_LOAD_CONNECTIONS:
		if (rate_parse(text, &number) < 0 || number < 1 || number > 1e6)
			return refuse_type(config, node, row->key.key, "a number", err);
		load->connections = (int)number;
		return 0;
	default:
		return rate_parse(text, &load->rate) < 0 ? refuse_type(config, node, row->key.key, "a rate such as 500/s", err) : 0;
	}
}

static int place_value(struct config *config, const struct config_row *row, const struct yaml_node *node, struct err *err)
{
	struct config_cluster *last = config->cluster_count ? &config->clusters[config->cluster_count - 1] : NULL;
	const char *text = yaml_string(node);
	struct config_repository *repository = config->repository_count ? &config->repositories[config->repository_count - 1] : NULL;
	if (row->value == VALUE_BOOL) {
		int *flag = row->place == PLACE_INSECURE ? &repository->insecure
		            : row->place == PLACE_LOAD_OFF ? &config->loads[config->load_count - 1].off : &last->protected;
		if (yaml_bool(node, flag) < 0)
			return refuse_type(config, node, row->key.key, "true or false", err);
		return 0;
	}
	if (!text || !*text)
		return refuse_type(config, node, row->key.key, "a text", err);
	switch (row->place) {
	case PLACE_CONTEXT: last->context = text; break;
	case PLACE_ENV: last->env = text; break;
	case PLACE_REGION: last->region = text; break;
	case PLACE_SERVICE_LABEL: config->service_label = text; break;
	case PLACE_TEAM_LABEL: config->team_label = text; break;
	case PLACE_RESULTS: config->load_results = text; break;
	case PLACE_PROFILES: config->load_profiles = text; break;
	case PLACE_LOAD_ENV:
	case PLACE_LOAD_RATE:
	case PLACE_LOAD_TIME:
	case PLACE_LOAD_CONNECTIONS: return place_limit(config, row, node, text, err);
	case PLACE_THEME: config->theme = text; break;
	case PLACE_KEYMAP: config->keymap = text; break;
	case PLACE_GRAPH:
		if (graph_parse(text, &config->graph) < 0)
			return refuse_type(config, node, row->key.key, "braille, block or tty", err);
		break;
	case PLACE_URL: repository->url = text; break;
	case PLACE_BRANCH: repository->branch = text; break;
	case PLACE_FLAGS: repository->flags = text; break;
	case PLACE_PROVIDER: repository->provider = text; break;
	case PLACE_API: repository->api = text; break;
	case PLACE_MODE:
		if (strcmp(text, "push") != 0 && strcmp(text, "pr") != 0)
			return refuse_type(config, node, row->key.key, "push or pr", err);
		repository->by_request = text[1] == 'r';
		break;
	default: break;
	}
	return 0;
}

static int read_map(struct config *config, const struct yaml_node *map, const char *path, struct err *err);

static int read_part(struct config *config, const struct yaml_node *node, const char *key, struct err *err)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strcmp(parts[i].key, key) == 0)
			return parts[i].read(config, node, key, err);
	return 0;
}

static int read_clusters(struct config *config, const struct yaml_node *list, const char *path, struct err *err)
{
	char item_path[96];
	snprintf(item_path, sizeof(item_path), "%s[]", path);
	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *item = list->items[i];
		if (item->kind != YAML_MAP)
			return refuse_type(config, item, path, "a list of maps such as {context: prod}", err);
		config->clusters = mem_resize(config->clusters, config->cluster_count + 1, sizeof(*config->clusters));
		struct config_cluster *cluster = &config->clusters[config->cluster_count++];
		*cluster = (struct config_cluster){.env = "", .region = ""};
		if (read_map(config, item, item_path, err) < 0)
			return -1;
		if (!cluster->context)
			return err_set(err, "%s:%d: a cluster needs a context: the name of one in the kubeconfig", config->path,
			               item->line);
		for (size_t k = 0; k + 1 < config->cluster_count; k++)
			if (strcmp(config->clusters[k].context, cluster->context) == 0)
				return err_set(err, "%s:%d: context \"%.80s\" is listed twice", config->path, item->line,
				               cluster->context);
	}
	return 0;
}

static int read_repositories(struct config *config, const struct yaml_node *list, const char *path, struct err *err)
{
	char item_path[96];
	snprintf(item_path, sizeof(item_path), "%s[]", path);
	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *item = list->items[i];
		if (item->kind != YAML_MAP)
			return refuse_type(config, item, path, "a list of maps such as {url: https://…}", err);
		config->repositories = mem_resize(config->repositories, config->repository_count + 1, sizeof(*config->repositories));
		struct config_repository *repository = &config->repositories[config->repository_count++];
		*repository = (struct config_repository){.branch = "main"};
		if (read_map(config, item, item_path, err) < 0)
			return -1;
		if (!repository->url)
			return err_set(err, "%s:%d: a repository needs its url", config->path, item->line);
	}
	return 0;
}

static int read_limits(struct config *config, const struct yaml_node *list, const char *path, struct err *err)
{
	char item_path[96];
	snprintf(item_path, sizeof(item_path), "%s[]", path);
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i]->kind != YAML_MAP)
			return refuse_type(config, list->items[i], path, "a list of maps such as {env: dev, targets: [shop.dev.example]}", err);
		config->loads = mem_resize(config->loads, config->load_count + 1, sizeof(*config->loads));
		config->loads[config->load_count++] = (struct config_load){.env = ""};
		if (read_map(config, list->items[i], item_path, err) < 0)
			return -1;
	}
	return 0;
}

static int read_targets(struct config *config, const struct yaml_node *list, const char *path, struct err *err)
{
	struct config_load *load = &config->loads[config->load_count - 1];
	for (size_t i = 0; i < list->count; i++) {
		if (!yaml_string(list->items[i]) || load->target_count == sizeof(load->targets) / sizeof(load->targets[0]))
			return refuse_type(config, list->items[i], path, "a list of at most 32 hosts", err);
		load->targets[load->target_count++] = yaml_string(list->items[i]);
	}
	return 0;
}

static int read_map(struct config *config, const struct yaml_node *map, const char *path, struct err *err)
{
	for (size_t i = 0; i < map->count; i++) {
		const char *name = map->keys[i]->value;
		const struct yaml_node *node = map->items[i];
		char key[160];
		snprintf(key, sizeof(key), "%s%s%.100s", path, *path ? "." : "", name);
		const struct config_row *row = row_find(key);
		int result = 0;
		if (!row)
			return refuse_unknown(config, map->keys[i], path, name, err);
		if (yaml_is_null(node))
			continue;
		if (row->value == VALUE_MAP)
			result = node->kind == YAML_MAP ? read_map(config, node, key, err)
			                                : refuse_type(config, node, key, "a map", err);
		else if (row->value == VALUE_LIST)
			result = node->kind != YAML_LIST                ? refuse_type(config, node, key, "a list", err)
			         : strcmp(key, "repositories") == 0 ? read_repositories(config, node, key, err)
			         : strcmp(key, "load.limits") == 0  ? read_limits(config, node, key, err)
			         : strcmp(key, "load.limits[].targets") == 0 ? read_targets(config, node, key, err)
			                                            : read_clusters(config, node, key, err);
		else if (row->value == VALUE_PART)
			result = read_part(config, node, key, err);
		else
			result = place_value(config, row, node, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

static char *xdg_path(const char *variable, const char *below_home, const char *file)
{
	const char *root = getenv(variable), *home = getenv("HOME");
	if (root && root[0] == '/') /* the XDG rules: a relative path is to be ignored */
		return mem_printf("%s/flagdeck/%s", root, file);
	return mem_printf("%s/%s/flagdeck/%s", home && *home ? home : "", below_home, file);
}

char *config_usual_path(void)
{
	return xdg_path("XDG_CONFIG_HOME", ".config", "config.yaml");
}

char *config_state_path(void)
{
	return xdg_path("XDG_STATE_HOME", ".local/state", "flagdeck.db");
}

char *config_git_folder(void)
{
	return xdg_path("XDG_STATE_HOME", ".local/state", "git");
}

char *config_journal_folder(void)
{
	return xdg_path("XDG_STATE_HOME", ".local/state", "journal");
}

char *config_audit_path(void)
{
	return xdg_path("XDG_STATE_HOME", ".local/state", "audit.db");
}

int config_load(struct config *config, const char *path, struct err *err)
{
	char *usual = config_usual_path();
	int result = -1, wanted = path != NULL;
	*config = (struct config){.service_label = "app.kubernetes.io/name", .team_label = "team", .theme = "dark", .graph = GRAPH_BRAILLE,
	                          .keymap = "vim"};
	config->memory = mem_new(sizeof(*config->memory));
	if (!path)
		path = usual;
	if (!wanted && access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		result = 0;
		goto out;
	}
	config->path = mem_copy_string(path);
	if (yaml_parse_file(&config->memory->yaml, path, err) < 0)
		goto out;
	const struct yaml_node *root = config->memory->yaml.root;
	if (root && root->kind != YAML_MAP)
		refuse_type(config, root, "the file", "a map of keys", err);
	else if (!root || read_map(config, root, "", err) == 0)
		result = 0;
out:
	free(usual);
	if (result < 0)
		config_release(config);
	return result;
}

void config_release(struct config *config)
{
	config_metrics_release(&config->metrics);
	if (config->memory) {
		for (size_t i = 0; i < config->memory->kept.len; i++)
			free(config->memory->kept.items[i]);
		vec_release(&config->memory->kept);
		yaml_release(&config->memory->yaml);
	}
	free(config->memory);
	free(config->clusters);
	free(config->repositories);
	free(config->loads);
	free(config->path);
	*config = (struct config){0};
}

const struct config_cluster *config_cluster(const struct config *config, const char *context)
{
	for (size_t i = 0; i < config->cluster_count; i++)
		if (strcmp(config->clusters[i].context, context) == 0)
			return &config->clusters[i];
	return NULL;
}
