/* SPDX-License-Identifier: MIT */
/* The tables of actions, needs and scopes. */
#include "action/action.h"

#include <string.h>

#include "base/spell.h"

static const struct action actions[ACTION_COUNT] = {
#define ACTION(id, name, scopes, needs, confirm, help) [ACTION_##id] = {name, scopes, needs, confirm, help},
#include "action/actions.def"
#undef ACTION
};

/* Why an action cannot be carried out now, in the order in which a person would put it right. */
static const struct {
	unsigned need;
	const char *message;
} needs[] = {
    {NEED_SELECTION, "No service is selected."},
    {NEED_ROW, "There is nothing to select here."},
    {NEED_MARKS, "Nothing is marked. Mark services first."},
    {NEED_FILTER, "No filter is set."},
    {NEED_SEARCH, "Nothing was searched yet."},
    {NEED_CLUSTER, "The cluster is not connected; what is shown may be old. Try again once it is live."},
    {NEED_WRITE, "This session is read-only (--read-only)."},
    {NEED_AUDIT, "The audit cannot be written, and nothing is changed without it. See `flagdeck doctor`."},
};
_Static_assert(sizeof(needs) / sizeof(needs[0]) == NEED_BITS, "each need has its message");

static const struct {
	unsigned scope;
	const char *name, *title;
} scopes[] = {
    {SCOPE_GLOBAL, "global", "Everywhere"},
    {SCOPE_LIST, "list", "The list of services"},
    {SCOPE_DETAIL, "detail", "The service in detail"},
    {SCOPE_OVERVIEW, "overview", "Overview"},
    {SCOPE_PODS, "pods", "Pods"},
    {SCOPE_LOGS, "logs", "Logs"},
    {SCOPE_EVENTS, "events", "Events"},
    {SCOPE_YAML, "yaml", "YAML"},
    {SCOPE_TIMELINE, "timeline", "The timeline"},
    {SCOPE_METRICS, "metrics", "Metrics"},
    {SCOPE_TEXT, "text", "Help and messages"},
    {SCOPE_LOADS, "loads", "Load tests"},
    {SCOPE_SHEET, "sheet", "Another list in the services' place"},
    {SCOPE_OBJECT, "object", "The object in detail"},
    {SCOPE_CHAIN, "chain", "The chain"},
    {SCOPE_FLAGS, "flags", "Flags"},
    {SCOPE_ROLLOUT, "rollout", "Rollout and revisions"},
    {SCOPE_PAGER, "pager", "Text"},
    {SCOPE_MOVE, "move", "Moving"},
};
enum { SCOPES = sizeof(scopes) / sizeof(scopes[0]) };
_Static_assert(SCOPES == SCOPE_BITS + 2, "each scope, and two groups, has its name");

const struct action *action_get(enum action_id id)
{
	return id > ACTION_NONE && id < ACTION_COUNT ? &actions[id] : NULL;
}

enum action_id action_find(const char *name)
{
	for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++)
		if (strcmp(actions[id].name, name) == 0)
			return (enum action_id)id;
	return ACTION_NONE;
}

const char *action_nearest(const char *name)
{
	const char *names[ACTION_COUNT - 1];

	for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++)
		names[id - 1] = actions[id].name;
	return spell_nearest(name, names, ACTION_COUNT - 1);
}

const char *action_unmet(enum action_id id, unsigned met)
{
	const struct action *action = action_get(id);

	for (size_t i = 0; action && i < NEED_BITS; i++)
		if ((action->needs & needs[i].need) && !(met & needs[i].need))
			return needs[i].message;
	return NULL;
}

unsigned scope_find(const char *name)
{
	for (size_t i = 0; i < SCOPES; i++)
		if (strcmp(scopes[i].name, name) == 0)
			return scopes[i].scope;
	return 0;
}

const char *scope_nearest(const char *name)
{
	const char *names[SCOPES];

	for (size_t i = 0; i < SCOPES; i++)
		names[i] = scopes[i].name;
	return spell_nearest(name, names, SCOPES);
}

const char *scope_name(unsigned scope)
{
	for (size_t i = 0; i < SCOPES; i++)
		if (scopes[i].scope == scope)
			return scopes[i].name;
	return NULL;
}

const char *scope_title(unsigned scope)
{
	for (size_t i = 0; i < SCOPES; i++)
		if (scopes[i].scope == scope)
			return scopes[i].title;
	return NULL;
}
