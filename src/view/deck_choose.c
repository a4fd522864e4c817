/* SPDX-License-Identifier: MIT */
/* Questions of the deck: which column sorts, which cluster, which pod's log, and "are you sure". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deck_state.h"
#include "model/pod.h"
#include "view/header.h"

struct choices {
	char text[DIALOG_CHOICES][DIALOG_CHOICE];
	const char *items[DIALOG_CHOICES];
	size_t count, chosen;
};

static char *choice_add(struct choices *choices)
{
	choices->items[choices->count] = choices->text[choices->count];
	return choices->text[choices->count++];
}

static void choices_ask(struct deck *deck, const struct choices *choices, enum deck_question question,
                        const char *title)
{
	dialog_choose(&deck->dialog, title, choices->items, choices->count, choices->chosen);
	deck->question = question;
}

void deck_sort_choose(struct deck *deck)
{
	struct choices choices = {.count = 0};

	snprintf(choice_add(&choices), DIALOG_CHOICE, "trouble first");
	for (size_t i = 0; i < column_count && choices.count < DIALOG_CHOICES; i++) {
		if (&columns[i] == services_sorted(deck->list))
			choices.chosen = choices.count;
		snprintf(choice_add(&choices), DIALOG_CHOICE, "%-12s %s", columns[i].key, columns[i].help);
	}
	choices_ask(deck, &choices, DECK_ASKS_SORT, "Sort by");
}

void deck_cluster_choose(struct deck *deck)
{
	const struct fleet *fleet = deck->scene->fleet;
	const char *only = services_cluster(deck->list);
	struct choices choices = {.count = 0};

	snprintf(choice_add(&choices), DIALOG_CHOICE, "all clusters  %d services", fleet->totals.services);
	for (size_t i = 0; i < fleet->clusters.len && choices.count < DIALOG_CHOICES; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		char words[96];
		struct text text = text_in(words, sizeof(words));
		cluster_describe(cluster, &text);
		if (only && strcmp(only, cluster->name) == 0)
			choices.chosen = choices.count;
		snprintf(choice_add(&choices), DIALOG_CHOICE, "%s %s  %s  %d services", link_glyph(cluster->link),
		         cluster->name, words, cluster->services);
	}
	choices_ask(deck, &choices, DECK_ASKS_CLUSTER, "Show");
}

struct log_list {
	struct choices choices;
	char (*targets)[DEMAND_NAME * 2];
	const char *pod, *container; /* the present target */
};

static void log_choice(struct log_list *list, const char *pod, const char *container, size_t length)
{
	char *target;

	if (list->choices.count == DIALOG_CHOICES)
		return;
	target = list->targets[list->choices.count];
	snprintf(target, DEMAND_NAME * 2, "%s/%.*s", pod, (int)length, container);
	if (strcmp(pod, list->pod) == 0 && strlen(list->container) == length &&
	    strncmp(list->container, container, length) == 0)
		list->choices.chosen = list->choices.count;
	if (!*pod && length == 0)
		snprintf(choice_add(&list->choices), DIALOG_CHOICE, "all pods and containers");
	else
		snprintf(choice_add(&list->choices), DIALOG_CHOICE, "%s%s%.*s", pod, length > 0 ? " / " : "",
		         (int)length,
		         container);
}

static void log_pod(void *arg, const struct pod *pod)
{
	struct log_list *list = arg;
	const char *container = pod->containers;

	log_choice(list, pod->object.name, "", 0);
	/* One container is the pod. */
	while (strchr(pod->containers, ',') && *container) {
		size_t length = strcspn(container, ",");
		log_choice(list, pod->object.name, container, length);
		container += length + (container[length] == ',');
	}
}

void deck_log_choose(struct deck *deck)
{
	struct view *logs = deck->tabs[DECK_LOGS];
	const struct service *service = view_service(logs);
	struct log_list list = {.choices = {.count = 0}};

	if (!service)
		return;
	free(deck->log_choices);
	deck->log_choices = mem_new_array(DIALOG_CHOICES, sizeof(*deck->log_choices));
	list.targets = deck->log_choices;
	logs_target(logs, &list.pod, &list.container);
	log_choice(&list, "", "", 0);
	service_each_pod(service, log_pod, &list);
	choices_ask(deck, &list.choices, DECK_ASKS_LOG, "Follow the log of");
}

static void log_chosen(struct deck *deck, size_t chosen)
{
	char *pod = deck->log_choices[chosen], *slash = strchr(pod, '/');

	*slash = '\0';
	logs_set_target(deck->tabs[DECK_LOGS], pod, slash + 1);
	*slash = '/';
}

void deck_cluster_set(struct deck *deck, const char *name)
{
	for (int place = 0; place < DECK_PLACES; place++)
		deck->places[place]->ops->place->set_cluster(deck->places[place], name);
	if (name)
		deck_say(deck, 0, "only %s", name);
	else
		deck_say(deck, 0, "all clusters");
}

void deck_dialog_answered(struct deck *deck)
{
	const struct fleet *fleet = deck->scene->fleet;
	size_t chosen = deck->dialog.chosen;

	switch (deck->question) {
	case DECK_ASKS_SORT:
		services_sort(deck->list, chosen == 0 || chosen > column_count ? NULL : &columns[chosen - 1]);
		break;
	case DECK_ASKS_CLUSTER:
		if (chosen <= fleet->clusters.len)
			deck_cluster_set(deck, chosen == 0 ? NULL
			                                   : ((const struct cluster *)fleet->clusters.items[chosen - 1])->name);
		break;
	case DECK_ASKS_LOG:
		if (deck->log_choices && chosen < DIALOG_CHOICES)
			log_chosen(deck, chosen);
		break;
	case DECK_ASKS_ACTION:
	case DECK_ASKS_NOTHING: break;
	}
}

int deck_ask(struct deck *deck, enum action_id action)
{
	const struct action *row = action_get(action);
	const struct service *service = services_selected(deck->list);
	int protected = service && service->cluster->protected;
	const char *name = service ? service->name : "";
	char body[DIALOG_BODY];

	if (!row || row->confirm == CONFIRM_NONE || row->confirm == CONFIRM_PREVIEW || (row->confirm == CONFIRM_PROD && !protected))
		return 0;
	snprintf(body, sizeof(body), "%s: %s in %s", row->help, name, service ? service->cluster->name : "");
	if (row->confirm == CONFIRM_TYPE || protected)
		dialog_type(&deck->dialog, protected, row->help, body, name);
	else
		dialog_confirm(&deck->dialog, 0, row->help, body);
	deck->question = DECK_ASKS_ACTION;
	deck->asked = action;
	return 1;
}

void deck_ask_form(struct deck *deck, enum action_id action, const struct form *form)
{
	deck->form = *form;
	deck->form_is_open = 1;
	deck->asked = action;
}

const struct form *deck_form(const struct deck *deck)
{
	return &deck->form;
}

void deck_ask_agreement(struct deck *deck, enum action_id action, int danger, const char *title, const char *body,
                        const char *expected)
{
	if (expected)
		dialog_type(&deck->dialog, danger, title, body, expected);
	else
		dialog_confirm(&deck->dialog, danger, title, body);
	deck->question = DECK_ASKS_ACTION;
	deck->asked = action;
}

void deck_notice(struct deck *deck, const char *title, const char *body)
{
	dialog_notice(&deck->dialog, title, body);
	deck->question = DECK_ASKS_NOTHING;
}

struct target_list {
	void (*each)(void *arg, const struct deck_target *target);
	void *arg;
};

static void target_service(const struct target_list *list, const struct service *service)
{
	const struct deck_target target = {.service = service, .cluster = service->cluster};

	list->each(list->arg, &target);
}

static void target_row(void *arg, const struct sheet_row *row)
{
	const struct target_list *list = arg;
	const struct deck_target target = {.cluster = row->cluster, .object = row->object};

	if (row->object)
		list->each(list->arg, &target);
}

void deck_each_target(struct deck *deck, void (*each)(void *arg, const struct deck_target *target), void *arg)
{
	const struct fleet *fleet = deck->scene->fleet;
	struct target_list list = {each, arg};
	int marks = deck->focus == PANE_LIST;

	if (deck->place != DECK_SERVICES) {
		const struct sheet_row *row = sheet_selected(deck_main(deck));
		if (marks)
			sheet_each_target(deck_main(deck), target_row, &list);
		else if (row)
			target_row(&list, row);
		return;
	}
	if (!marks || services_marked(deck->list) == 0) {
		if (services_selected(deck->list))
			target_service(&list, services_selected(deck->list));
		return;
	}
	for (size_t i = 0; i < fleet->services.len; i++) {
		const struct service *service = fleet->services.items[i];
		if (services_is_marked(deck->list, service->key))
			target_service(&list, service);
	}
}

long deck_revision(const struct deck *deck)
{
	return deck->place == DECK_SERVICES && deck->focus == PANE_DETAIL && deck->tab == DECK_ROLLOUT
	           ? rollout_selected(deck->tabs[DECK_ROLLOUT]) : 0;
}
