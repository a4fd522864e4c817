/* SPDX-License-Identifier: MIT */
/* PromQL's grammar, by recursive descent with a precedence for each operator. */
#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "promql_tree.h"

struct parsing {
	struct promql *query;
	const char *text, *at;
	struct err *err;
	int depth;
};

enum { DEPTH_MAX = 64, WORD_MAX = 256 };

static int refuse(struct parsing *parsing, const char *what)
{
	if (!parsing->err->text[0])
		err_set(parsing->err, "invalid parameter \"query\": 1:%d: parse error: %s", (int)(parsing->at - parsing->text) + 1, what);
	return -1;
}

static void blanks(struct parsing *parsing)
{
	while (isspace((unsigned char)*parsing->at))
		parsing->at++;
}

static int took(struct parsing *parsing, const char *word)
{
	size_t len = strlen(word);
	blanks(parsing);
	if (strncasecmp(parsing->at, word, len) != 0)
		return 0;
	if (isalpha((unsigned char)*word) && (isalnum((unsigned char)parsing->at[len]) || parsing->at[len] == '_'))
		return 0;
	parsing->at += len;
	return 1;
}

static char *copy(struct parsing *parsing, const char *text, size_t len)
{
	char *out = arena_alloc(parsing->query->arena, len + 1);
	if (!out) {
		refuse(parsing, "the query is too large");
		return NULL;
	}
	memcpy(out, text, len);
	out[len] = '\0';
	return out;
}

static struct node *node_new(struct parsing *parsing, enum node_kind kind)
{
	struct node *node = arena_alloc(parsing->query->arena, sizeof(*node));
	if (node) {
		memset(node, 0, sizeof(*node));
		node->kind = kind;
	} else {
		refuse(parsing, "the query is too large");
	}
	return node;
}

/* A name; colons belong to those of metrics. */
static char *name_take(struct parsing *parsing)
{
	size_t len = 0;
	blanks(parsing);
	while (isalpha((unsigned char)parsing->at[len]) || parsing->at[len] == '_' || parsing->at[len] == ':' ||
	       (len > 0 && isdigit((unsigned char)parsing->at[len])))
		len++;
	if (len == 0) {
		refuse(parsing, "unexpected character, a name was expected");
		return NULL;
	}
	char *out = copy(parsing, parsing->at, len);
	parsing->at += len;
	return out;
}

static char *string_take(struct parsing *parsing)
{
	blanks(parsing);
	char quote = *parsing->at;
	if (quote != '"' && quote != '\'' && quote != '`') {
		refuse(parsing, "unexpected character, a string was expected");
		return NULL;
	}
	size_t len = strcspn(++parsing->at, "");
	char *out = copy(parsing, parsing->at, len), *to = out;
	if (!out)
		return NULL;
	for (; *parsing->at && *parsing->at != quote; parsing->at++) {
		char c = *parsing->at;
		if (c == '\\' && quote != '`' && parsing->at[1]) {
			c = *++parsing->at;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		*to++ = c;
	}
	*to = '\0';
	if (*parsing->at != quote) {
		refuse(parsing, "unterminated quoted string");
		return NULL;
	}
	parsing->at++;
	return out;
}

static int duration_take(struct parsing *parsing, double *seconds)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {"y", 31536000}};
	*seconds = 0;
	blanks(parsing);
	do {
		char *end;
		double number = strtod(parsing->at, &end);
		size_t unit = 0;
		if (end == parsing->at)
			return refuse(parsing, "a duration such as 5m was expected");
		while (unit < sizeof(units) / sizeof(units[0]) && strncmp(end, units[unit].unit, strlen(units[unit].unit)) != 0)
			unit++;
		if (unit == sizeof(units) / sizeof(units[0]))
			return refuse(parsing, "not a valid duration string");
		*seconds += number * units[unit].seconds;
		parsing->at = end + strlen(units[unit].unit);
	} while (isdigit((unsigned char)*parsing->at));
	return 0;
}

static int matcher_take(struct parsing *parsing, struct matchers *matchers)
{
	static const struct {
		const char *text;
		enum match_kind kind;
	} kinds[] = {{"=~", MATCH_LIKE}, {"!~", MATCH_NOT_LIKE}, {"!=", MATCH_IS_NOT}, {"=", MATCH_IS}};
	struct matcher matcher = {.name = name_take(parsing)};
	size_t kind = 0;
	while (matcher.name && kind < 4 && !took(parsing, kinds[kind].text))
		kind++;
	if (!matcher.name || kind == 4)
		return refuse(parsing, "unexpected character in label matching");
	matcher.kind = kinds[kind].kind;
	matcher.value = string_take(parsing);
	if (!matcher.value)
		return -1;
	if (matchers->count == LABELS_MAX)
		return refuse(parsing, "too many label matchers for this server");
	if (matcher.kind == MATCH_LIKE || matcher.kind == MATCH_NOT_LIKE) {
		char whole[2 * WORD_MAX];
		regex_t *pattern = malloc(sizeof(*pattern));
		if (snprintf(whole, sizeof(whole), "^(%s)$", matcher.value) >= (int)sizeof(whole) || !pattern ||
		    regcomp(pattern, whole, REG_EXTENDED | REG_NOSUB) != 0) {
			free(pattern);
			return refuse(parsing, "error parsing regexp");
		}
		matcher.pattern = pattern;
		vec_push(&parsing->query->patterns, pattern);
	}
	matchers->items[matchers->count++] = matcher;
	return 0;
}

static struct node *selector_take(struct parsing *parsing, char *name)
{
	struct node *node = node_new(parsing, NODE_SELECTOR);
	if (!node)
		return NULL;
	if (name)
		node->matchers.items[node->matchers.count++] = (struct matcher){.name = "__name__", .value = name};
	if (took(parsing, "{")) {
		while (!took(parsing, "}")) {
			if (matcher_take(parsing, &node->matchers) < 0)
				return NULL;
			if (!took(parsing, ",") && *parsing->at != '}') {
				refuse(parsing, "unexpected character inside braces");
				return NULL;
			}
		}
	}
	if (node->matchers.count == 0) {
		refuse(parsing, "vector selector must contain at least one non-empty matcher");
		return NULL;
	}
	if (took(parsing, "[")) {
		if (duration_take(parsing, &node->range) < 0)
			return NULL;
		if (took(parsing, ":")) {
			refuse(parsing, "subqueries are not supported by this server");
			return NULL;
		}
		if (!took(parsing, "]")) {
			refuse(parsing, "missing closing bracket");
			return NULL;
		}
	}
	if (took(parsing, "offset") && duration_take(parsing, &node->offset) < 0)
		return NULL;
	if (took(parsing, "@")) {
		refuse(parsing, "the @ modifier is not supported by this server");
		return NULL;
	}
	return node;
}

static int names_take(struct parsing *parsing, struct names *names)
{
	if (!took(parsing, "("))
		return refuse(parsing, "unexpected character in grouping opts");
	while (!took(parsing, ")")) {
		if (names->count == LABELS_MAX)
			return refuse(parsing, "too many labels");
		names->items[names->count] = name_take(parsing);
		if (!names->items[names->count++])
			return -1;
		took(parsing, ",");
	}
	return 0;
}

static int grouping_take(struct parsing *parsing, struct node *node)
{
	int by = took(parsing, "by");
	node->without = by ? 0 : took(parsing, "without");
	return by || node->without ? names_take(parsing, &node->names) : 0;
}

static const struct {
	const char *name;
	enum aggregate kind;
	int parameter;
} aggregates[] = {{"sum", AGGREGATE_SUM, 0}, {"avg", AGGREGATE_AVG, 0}, {"min", AGGREGATE_MIN, 0}, {"max", AGGREGATE_MAX, 0},
                  {"count", AGGREGATE_COUNT, 0}, {"group", AGGREGATE_GROUP, 0}, {"topk", AGGREGATE_TOPK, 1},
                  {"bottomk", AGGREGATE_BOTTOMK, 1}};

static struct node *expression(struct parsing *parsing, int least);

static int arguments_take(struct parsing *parsing, struct node *node)
{
	if (!took(parsing, "("))
		return refuse(parsing, "unexpected character, a ( was expected");
	while (!took(parsing, ")")) {
		if (node->argument_count == ARGUMENTS_MAX)
			return refuse(parsing, "too many arguments");
		blanks(parsing);
		struct node *argument;
		if (*parsing->at == '"' || *parsing->at == '\'' || *parsing->at == '`') {
			argument = node_new(parsing, NODE_STRING);
			if (argument)
				argument->text = string_take(parsing);
			if (!argument || !argument->text)
				return -1;
		} else if (!(argument = expression(parsing, 0))) {
			return -1;
		}
		node->arguments[node->argument_count++] = argument;
		if (!took(parsing, ",") && *parsing->at != ')')
			return refuse(parsing, "unexpected character in a call");
	}
	return 0;
}

static struct node *aggregate_take(struct parsing *parsing, size_t which)
{
	struct node *node = node_new(parsing, NODE_AGGREGATE);
	if (!node)
		return NULL;
	node->aggregate = aggregates[which].kind;
	if (grouping_take(parsing, node) < 0 || arguments_take(parsing, node) < 0 ||
	    (node->names.count == 0 && grouping_take(parsing, node) < 0))
		return NULL;
	if (node->argument_count != 1 + aggregates[which].parameter) {
		refuse(parsing, "wrong number of arguments for an aggregate expression");
		return NULL;
	}
	return node;
}

static struct node *call_take(struct parsing *parsing, char *name)
{
	char message[WORD_MAX + 64];
	struct node *node = node_new(parsing, NODE_CALL);
	if (!node)
		return NULL;
	node->function = function_find(name);
	if (node->function == FUNCTION_NONE) {
		snprintf(message, sizeof(message), "function \"%.200s\" is not supported by this server", name);
		refuse(parsing, message);
		return NULL;
	}
	return arguments_take(parsing, node) < 0 ? NULL : node;
}

static struct node *number_take(struct parsing *parsing)
{
	char *end;
	double number = strtod(parsing->at, &end);
	struct node *node = node_new(parsing, NODE_NUMBER);
	if (!node)
		return NULL;
	node->number = number;
	parsing->at = end;
	return node;
}

static struct node *primary(struct parsing *parsing)
{
	struct node *node;
	blanks(parsing);
	if (took(parsing, "(")) {
		node = expression(parsing, 0);
		if (node && !took(parsing, ")")) {
			refuse(parsing, "unclosed left parenthesis");
			return NULL;
		}
		return node;
	}
	if (took(parsing, "-")) {
		struct node *inner = primary(parsing);
		node = inner ? node_new(parsing, NODE_BINARY) : NULL;
		struct node *zero = node ? node_new(parsing, NODE_NUMBER) : NULL;
		if (!zero)
			return NULL;
		node->op = OP_SUB;
		node->left = zero;
		node->right = inner;
		return node;
	}
	if (isdigit((unsigned char)*parsing->at) || *parsing->at == '.')
		return number_take(parsing);
	if (*parsing->at == '{')
		return selector_take(parsing, NULL);
	char *name = name_take(parsing);
	if (!name)
		return NULL;
	if (strcasecmp(name, "inf") == 0 || strcasecmp(name, "nan") == 0) {
		if ((node = node_new(parsing, NODE_NUMBER)))
			node->number = strcasecmp(name, "inf") == 0 ? INFINITY : NAN;
		return node;
	}
	blanks(parsing);
	for (size_t i = 0; i < sizeof(aggregates) / sizeof(aggregates[0]); i++)
		if (strcmp(aggregates[i].name, name) == 0 && (*parsing->at == '(' || *parsing->at == 'b' || *parsing->at == 'w'))
			return aggregate_take(parsing, i);
	return *parsing->at == '(' ? call_take(parsing, name) : selector_take(parsing, name);
}

static const struct {
	const char *text;
	enum op op;
	int strength;
} ops[] = {{"or", OP_OR, 1}, {"and", OP_AND, 2}, {"unless", OP_UNLESS, 2}, {"==", OP_EQ, 3}, {"!=", OP_NE, 3},
           {">=", OP_GE, 3}, {"<=", OP_LE, 3}, {">", OP_GT, 3}, {"<", OP_LT, 3}, {"+", OP_ADD, 4}, {"-", OP_SUB, 4},
           {"*", OP_MUL, 5}, {"/", OP_DIV, 5}, {"%", OP_MOD, 5}, {"^", OP_POW, 6}};

static int matching_take(struct parsing *parsing, struct node *node)
{
	node->returns_bool = took(parsing, "bool");
	node->on = took(parsing, "on");
	if (node->on || took(parsing, "ignoring")) {
		node->matched = 1;
		if (names_take(parsing, &node->names) < 0)
			return -1;
	}
	node->group = took(parsing, "group_left") ? -1 : took(parsing, "group_right") ? 1 : 0;
	blanks(parsing);
	return node->group && *parsing->at == '(' ? names_take(parsing, &node->include) : 0;
}

static struct node *expression(struct parsing *parsing, int least)
{
	if (++parsing->depth > DEPTH_MAX) {
		refuse(parsing, "the query is nested too deeply");
		return NULL;
	}
	struct node *left = primary(parsing);
	while (left) {
		size_t i = 0;
		const char *before = parsing->at;
		while (i < sizeof(ops) / sizeof(ops[0]) && !took(parsing, ops[i].text))
			i++;
		if (i == sizeof(ops) / sizeof(ops[0]) || ops[i].strength < least) {
			parsing->at = before;
			break;
		}
		struct node *node = node_new(parsing, NODE_BINARY);
		if (!node || (node->op = ops[i].op, matching_take(parsing, node) < 0))
			return NULL;
		node->left = left;
		node->right = expression(parsing, ops[i].strength + (node->op != OP_POW));
		if (!node->right)
			return NULL;
		left = node;
	}
	parsing->depth--;
	return left;
}

struct promql *promql_parse(struct arena *arena, const char *text, struct err *err)
{
	struct promql *query = arena_alloc(arena, sizeof(*query));
	if (!query) {
		err_set(err, "the query is too large");
		return NULL;
	}
	*query = (struct promql){.arena = arena};
	vec_init(&query->patterns);
	struct parsing parsing = {.query = query, .text = text, .at = text, .err = err};
	err->text[0] = '\0';
	query->root = expression(&parsing, 0);
	blanks(&parsing);
	if (query->root && *parsing.at) {
		refuse(&parsing, "unexpected character after the expression");
		query->root = NULL;
	}
	if (query->root)
		return query;
	promql_free(query);
	return NULL;
}

void promql_free(struct promql *query)
{
	for (size_t i = 0; query && i < query->patterns.len; i++) {
		regfree(query->patterns.items[i]);
		free(query->patterns.items[i]);
	}
	if (query)
		vec_release(&query->patterns);
}

int promql_selector(const struct promql *query, const struct matchers **out)
{
	if (query->root->kind != NODE_SELECTOR || query->root->range > 0)
		return -1;
	*out = &query->root->matchers;
	return 0;
}
