/* SPDX-License-Identifier: MIT */
/*
 * The fields of a kubeconfig as kubectl knows them, with their types. kubectl decodes a whole file
 * or refuses it, whichever context is wanted, so all of it is checked when it is loaded; what reads
 * the tree afterwards finds the right type or nothing. Unknown fields pass, as they do there.
 */
#include <stdint.h>
#include <string.h>

#include "base/crypto.h"
#include "base/map.h"
#include "kubeconfig_internal.h"

enum field_type {
	FIELD_TEXT,
	FIELD_BOOL,
	FIELD_BYTES,     /* base64 */
	FIELD_TEXTS,     /* a list of texts */
	FIELD_TEXT_MAP,  /* text to text */
	FIELD_TEXTS_MAP, /* text to a list of texts */
	FIELD_MAP,       /* a map with fields of its own */
	FIELD_MAPS,      /* a list of such */
	FIELD_NAMED,     /* a list of maps with a "name" that is there once */
};

struct field {
	const char *name;
	enum field_type type;
	const struct field *fields;
};

static const struct field extension_fields[] = {{"name", FIELD_TEXT, NULL}, {0}};

static const struct field cluster_fields[] = {
    {"server", FIELD_TEXT, NULL},
    {"tls-server-name", FIELD_TEXT, NULL},
    {"insecure-skip-tls-verify", FIELD_BOOL, NULL},
    {"certificate-authority", FIELD_TEXT, NULL},
    {"certificate-authority-data", FIELD_BYTES, NULL},
    {"proxy-url", FIELD_TEXT, NULL},
    {"disable-compression", FIELD_BOOL, NULL},
    {"extensions", FIELD_NAMED, extension_fields},
    {0},
};

static const struct field env_fields[] = {{"name", FIELD_TEXT, NULL}, {"value", FIELD_TEXT, NULL}, {0}};

static const struct field exec_fields[] = {
    {"command", FIELD_TEXT, NULL},         {"args", FIELD_TEXTS, NULL},
    {"env", FIELD_MAPS, env_fields},       {"apiVersion", FIELD_TEXT, NULL},
    {"installHint", FIELD_TEXT, NULL},     {"provideClusterInfo", FIELD_BOOL, NULL},
    {"interactiveMode", FIELD_TEXT, NULL}, {0},
};

static const struct field provider_fields[] = {
    {"name", FIELD_TEXT, NULL},
    {"config", FIELD_TEXT_MAP, NULL},
    {0},
};

static const struct field user_fields[] = {
    {"client-certificate", FIELD_TEXT, NULL},
    {"client-certificate-data", FIELD_BYTES, NULL},
    {"client-key", FIELD_TEXT, NULL},
    {"client-key-data", FIELD_BYTES, NULL},
    {"token", FIELD_TEXT, NULL},
    {"tokenFile", FIELD_TEXT, NULL},
    {"as", FIELD_TEXT, NULL},
    {"as-uid", FIELD_TEXT, NULL},
    {"as-groups", FIELD_TEXTS, NULL},
    {"as-user-extra", FIELD_TEXTS_MAP, NULL},
    {"username", FIELD_TEXT, NULL},
    {"password", FIELD_TEXT, NULL},
    {"auth-provider", FIELD_MAP, provider_fields},
    {"exec", FIELD_MAP, exec_fields},
    {"extensions", FIELD_NAMED, extension_fields},
    {0},
};

static const struct field context_fields[] = {
    {"cluster", FIELD_TEXT, NULL},
    {"user", FIELD_TEXT, NULL},
    {"namespace", FIELD_TEXT, NULL},
    {"extensions", FIELD_NAMED, extension_fields},
    {0},
};

static const struct field clusters_fields[] = {
    {"name", FIELD_TEXT, NULL}, {"cluster", FIELD_MAP, cluster_fields}, {0}};
static const struct field users_fields[] = {
    {"name", FIELD_TEXT, NULL}, {"user", FIELD_MAP, user_fields}, {0}};
static const struct field contexts_fields[] = {
    {"name", FIELD_TEXT, NULL}, {"context", FIELD_MAP, context_fields}, {0}};

static const struct field preferences_fields[] = {
    {"colors", FIELD_BOOL, NULL},
    {"extensions", FIELD_NAMED, extension_fields},
    {0},
};

static const struct field root_fields[] = {
    {"kind", FIELD_TEXT, NULL},
    {"apiVersion", FIELD_TEXT, NULL},
    {"preferences", FIELD_MAP, preferences_fields},
    {"clusters", FIELD_NAMED, clusters_fields},
    {"users", FIELD_NAMED, users_fields},
    {"contexts", FIELD_NAMED, contexts_fields},
    {"current-context", FIELD_TEXT, NULL},
    {"extensions", FIELD_NAMED, extension_fields},
    {0},
};

struct checker {
	const char *file;
	struct err *err;
};

static int check_fields(const struct checker *checker, const struct yaml_node *map,
                        const struct field *fields);

/* The value is not told: it may be a secret. */
static int fail(const struct checker *checker, const struct yaml_node *node, const char *name,
                const char *what)
{
	return err_set(checker->err, "%s:%d: \"%s\" must be %s", checker->file, node->line, name, what);
}

static int check_text(const struct checker *checker, const struct yaml_node *node, const char *name)
{
	if (node->kind != YAML_SCALAR)
		return fail(checker, node, name, "a text");
	if (scalar_kind(node) == SCALAR_BOOL || scalar_kind(node) == SCALAR_NUMBER)
		return fail(checker, node, name, "a text: put it into quotes");
	return 0;
}

static int check_bool(const struct checker *checker, const struct yaml_node *node, const char *name)
{
	if (node->kind != YAML_SCALAR ||
	    (scalar_kind(node) != SCALAR_BOOL && scalar_kind(node) != SCALAR_NULL))
		return fail(checker, node, name, "true or false, without quotes");
	return 0;
}

static int check_bytes(const struct checker *checker, const struct yaml_node *node, const char *name)
{
	const char *text = yaml_string(node);
	struct buf bytes;
	int result;

	if (check_text(checker, node, name))
		return -1;
	if (!text)
		return 0;
	buf_init(&bytes, KUBECONFIG_MAX);
	result = base64_decode(text, strlen(text), &bytes);
	secret_buf_release(&bytes);
	return result ? fail(checker, node, name, "base64") : 0;
}

static int check_texts(const struct checker *checker, const struct yaml_node *node, const char *name)
{
	if (node->kind != YAML_LIST)
		return fail(checker, node, name, "a list");
	for (size_t i = 0; i < node->count; i++)
		if (check_text(checker, node->items[i], name))
			return -1;
	return 0;
}

static int check_text_map(const struct checker *checker, const struct yaml_node *node, const char *name,
                          int lists)
{
	if (node->kind != YAML_MAP)
		return fail(checker, node, name, "a map");
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *item = node->items[i];

		if (yaml_is_null(item))
			continue;
		if (lists ? check_texts(checker, item, node->keys[i]->value)
		          : check_text(checker, item, node->keys[i]->value))
			return -1;
	}
	return 0;
}

static int check_maps(const struct checker *checker, const struct yaml_node *node, const struct field *field)
{
	if (node->kind != YAML_LIST)
		return fail(checker, node, field->name, "a list");
	for (size_t i = 0; i < node->count; i++) {
		if (yaml_is_null(node->items[i]))
			continue;
		if (node->items[i]->kind != YAML_MAP)
			return fail(checker, node->items[i], field->name, "a list of maps");
		if (check_fields(checker, node->items[i], field->fields))
			return -1;
	}
	return 0;
}

static int check_names(const struct checker *checker, const struct yaml_node *list, const char *what)
{
	struct map seen;
	int result = 0;

	map_init(&seen);
	for (size_t i = 0; i < list->count && !result; i++) {
		const char *name = yaml_string(yaml_get(list->items[i], "name"));
		const struct yaml_node *before =
		    map_put(&seen, name ? name : "", (void *)(uintptr_t)list->items[i]);

		if (before)
			result = err_set(checker->err,
			                 "%s:%d: the name \"%.100s\" stands twice in \"%s\", "
			                 "first at line %d; remove one",
			                 checker->file, list->items[i]->line, name ? name : "", what,
			                 before->line);
	}
	map_release(&seen);
	return result;
}

static int check_field(const struct checker *checker, const struct yaml_node *node, const struct field *field)
{
	switch (field->type) {
	case FIELD_TEXT:
		return check_text(checker, node, field->name);
	case FIELD_BOOL:
		return check_bool(checker, node, field->name);
	case FIELD_BYTES:
		return check_bytes(checker, node, field->name);
	case FIELD_TEXTS:
		return check_texts(checker, node, field->name);
	case FIELD_TEXT_MAP:
		return check_text_map(checker, node, field->name, 0);
	case FIELD_TEXTS_MAP:
		return check_text_map(checker, node, field->name, 1);
	case FIELD_MAP:
		if (node->kind != YAML_MAP)
			return fail(checker, node, field->name, "a map");
		return check_fields(checker, node, field->fields);
	case FIELD_NAMED:
		if (check_maps(checker, node, field))
			return -1;
		return check_names(checker, node, field->name);
	case FIELD_MAPS:
		break;
	}
	return check_maps(checker, node, field);
}

static int check_fields(const struct checker *checker, const struct yaml_node *map,
                        const struct field *fields)
{
	for (; fields->name; fields++) {
		const struct yaml_node *node = yaml_get(map, fields->name);

		if (node && !yaml_is_null(node) && check_field(checker, node, fields))
			return -1;
	}
	return 0;
}

int kubeconfig_check(const struct kubeconfig_file *file, struct err *err)
{
	const struct yaml_node *root = file->yaml.root;
	struct checker checker = {.file = file->shown, .err = err};
	const char *kind, *version;

	if (!root || yaml_is_null(root))
		return 0;
	if (root->kind != YAML_MAP)
		return err_set(
		    err,
		    "%s:%d: this is no kubeconfig: expected a map with \"clusters\", \"users\" and "
		    "\"contexts\"",
		    file->shown, root->line);
	if (check_fields(&checker, root, root_fields))
		return -1;
	kind = field_text(root, "kind");
	version = field_text(root, "apiVersion");
	if ((kind && strcmp(kind, "Config") != 0) || (version && strcmp(version, "v1") != 0))
		return err_set(
		    err, "%s:%d: this is no kubeconfig: it says kind %.40s of %.40s; expected Config of v1",
		    file->shown, yaml_get(root, kind ? "kind" : "apiVersion")->line, kind ? kind : "Config",
		    version ? version : "v1");
	return 0;
}
