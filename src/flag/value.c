/* SPDX-License-Identifier: MIT */
/* What a value of a flag may be, and the templates of the files that hold them. */
#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/spell.h"
#include "flag/catalog.h"

struct unit {
	const char *name;
	double factor;
};

static const struct unit quantity_units[] = {{"", 1}, {"m", 1e-3}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15},
    {"Ki", 1024.0}, {"Mi", 1048576.0}, {"Gi", 1073741824.0}, {"Ti", 1099511627776.0}, {"Pi", 1125899906842624.0}, {"n", 1e-9}, {"u", 1e-6}};
static const struct unit duration_units[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

static double read_units(const char *text, const struct unit *units, size_t count, int several)
{
	double sum = 0;
	if (!*text)
		return NAN;
	while (*text) {
		char *end, name[4] = "";
		size_t len = 0, i = 0;
		if (!isdigit((unsigned char)*text) && *text != '.')
			return NAN;
		double number = strtod(text, &end);
		if (end == text || strpbrk(text, "xXpPeE") == text + 1)
			return NAN;
		while (isalpha((unsigned char)*end) && len < 3)
			name[len++] = *end++;
		name[len] = '\0';
		while (i < count && strcmp(units[i].name, name) != 0)
			i++;
		if (i == count)
			return NAN;
		sum += number * units[i].factor;
		text = end;
		if (!several && *text)
			return NAN;
	}
	return sum;
}

double flag_number(enum flag_type type, const char *text)
{
	if (type == FLAG_INT) {
		char *end;
		long number = strtol(text, &end, 10);
		return end == text || *end || strlen(text) > 15 || isspace((unsigned char)*text) ? (double)NAN : (double)number;
	}
	if (type == FLAG_QUANTITY)
		return read_units(text, quantity_units, sizeof(quantity_units) / sizeof(quantity_units[0]), 0);
	if (type == FLAG_DURATION)
		return read_units(text, duration_units, sizeof(duration_units) / sizeof(duration_units[0]), 1);
	return NAN;
}

static int check_number(const struct flag *flag, const struct yaml_node *value, struct err *err)
{
	static const char *const wanted[FLAG_TYPES] = {[FLAG_INT] = "a whole number", [FLAG_QUANTITY] = "a quantity such as 250m or 1Gi",
	                                               [FLAG_DURATION] = "a duration such as 30s or 5m"};
	double number = flag_number(flag->type, value->value);
	if (isnan(number) || (flag->type == FLAG_INT && !value->plain))
		return err_set(err, "%s must be %s, not %s\"%.40s\"", flag->key, wanted[flag->type], value->plain ? "" : "the string ", value->value);
	if (number < flag->min)
		return err_set(err, "%s must be at least %g, not %.40s", flag->key, flag->min, value->value);
	if (number > flag->max)
		return err_set(err, "%s must be at most %g, not %.40s", flag->key, flag->max, value->value);
	return 0;
}

static int check_enum(const struct flag *flag, const char *text, struct err *err)
{
	if (texts_hold(&flag->values, text))
		return 0;
	const char *near = spell_nearest(text, flag->values.items, flag->values.count);
	return err_set(err, "%s has no value \"%.40s\"%s%s%s", flag->key, text, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int check_string(const struct flag *flag, const char *text, struct err *err)
{
	regex_t regex;
	if (!flag->pattern)
		return 0;
	if (regcomp(&regex, flag->pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return err_set(err, "the pattern of %s is no regular expression", flag->key);
	int result = regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return result == 0 ? 0 : err_set(err, "%s must match %.60s, not \"%.40s\"", flag->key, flag->pattern, text);
}

int flag_check_value(const struct flag *flag, const struct yaml_node *value, struct err *err)
{
	int on;
	if (flag->type == FLAG_LIST || flag->type == FLAG_OBJECT) {
		if (value->kind == (flag->type == FLAG_LIST ? YAML_LIST : YAML_MAP))
			return 0;
		return err_set(err, "%s must be a %s", flag->key, flag->type == FLAG_LIST ? "list" : "map");
	}
	if (value->kind != YAML_SCALAR || yaml_is_null(value))
		return err_set(err, "%s must be a single value", flag->key);
	switch (flag->type) {
	case FLAG_BOOL:
		if (yaml_bool(value, &on) == 0)
			return 0;
		return err_set(err, "%s must be true or false, not %s\"%.40s\"", flag->key, value->plain ? "" : "the string ", value->value);
	case FLAG_ENUM:
		return check_enum(flag, value->value, err);
	case FLAG_STRING:
		return check_string(flag, value->value, err);
	default:
		return check_number(flag, value, err);
	}
}

static const char *placeholder_value(const char *at, size_t *len, const char *service, const char *env, const char *region)
{
	const struct {
		const char *name, *value;
	} names[] = {{"{service}", service}, {"{env}", env}, {"{region}", region}};
	for (size_t i = 0; i < 3; i++)
		if (strncmp(at, names[i].name, strlen(names[i].name)) == 0) {
			*len = strlen(names[i].name);
			return names[i].value;
		}
	*len = 0;
	return NULL;
}

char *flag_template_fill(const char *template, const char *service, const char *env, const char *region)
{
	char out[1024];
	size_t used = 0;
	for (const char *at = template; *at;) {
		size_t len;
		const char *value = placeholder_value(at, &len, service, env, region);
		if (len && (!value || !*value))
			return NULL;
		size_t add = len ? strlen(value) : 1;
		if (used + add >= sizeof(out))
			return NULL;
		memcpy(out + used, len ? value : at, add);
		used += add;
		at += len ? len : 1;
	}
	return mem_copy(out, used);
}

/* Names that a commit of ours never writes: Git's own, and what a CI system would run. */
static int is_forbidden(const char *part, size_t len)
{
	static const char *const names[] = {".github", ".gitlab", ".gitea", ".forgejo", ".circleci", ".azuredevops", ".azure-pipelines", ".buildkite", ".woodpecker", ".tekton", ".ci"};
	if (len == 0 || (len == 1 && part[0] == '.') || (len == 2 && memcmp(part, "..", 2) == 0))
		return 1;
	if (len >= 4 && strncasecmp(part, ".git", 4) == 0)
		return 1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && strncasecmp(part, names[i], len) == 0)
			return 1;
	return len >= 15 && strncasecmp(part, "azure-pipelines", 15) == 0;
}

int flag_template_check(const char *template, struct err *err)
{
	if (template[0] == '/' || strpbrk(template, "\\\n\r\t:*?[") || strlen(template) > 500)
		return err_set(err, "\"%.80s\" is no path within the repository", template);
	for (const char *at = template;;) {
		size_t len = strcspn(at, "/");
		if (is_forbidden(at, len))
			return err_set(err, "\"%.80s\" leaves the repository, or is Git's or the CI's own", template);
		if (!at[len])
			return 0;
		at += len + 1;
	}
}
