/* SPDX-License-Identifier: MIT */
/* Questions are a table of rows made from the kinds table; each holds its own answer. */
#include "check/cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "flux/kinds.h"
#include "kube/discovery.h"

static const char review_path[] = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

struct question {
	struct cluster_check *check;
	struct client_call *call;
	char what[96], advice[240];
	const char *verb, *group, *resource, *subresource; /* of a right; the kinds table's */
	int namespaced; /* can be allowed in one namespace only */
	int scoped;     /* the whole cluster is refused: the context's namespace is being asked for */
	int needed;     /* a refusal is a failure, else a warning */
	int answered;
	enum finding_verdict verdict;
	char said[420];
};

struct cluster_check {
	char *name;
	struct client *client;
	const char *namespace; /* of the context, or NULL */
	struct question *questions;
	size_t count, open;
	struct discovery_read *discovering;
	struct discovery *discovery; /* NULL until it came, or when it cannot be read */
	char discovery_words[420];
	void (*done)(void *arg);
	void *arg;
};

static void check_closed(struct cluster_check *check)
{
	if (--check->open == 0)
		check->done(check->arg);
}

static void question_closed(struct question *question)
{
	question->call = NULL;
	question->answered = 1;
	check_closed(question->check);
}

static void question_failed(struct question *question, const struct client_result *result)
{
	question->verdict = FINDING_FAILED;
	snprintf(question->said, sizeof(question->said), "%s", result->error);
	if (result->expired)
		snprintf(question->advice, sizeof(question->advice),
		         "sign in again with what the kubeconfig's user uses (a token, a certificate, an exec plugin)");
	else if (!result->status)
		snprintf(question->advice, sizeof(question->advice),
		         "check the server's address in the kubeconfig, the network, VPN and proxy settings");
}

static void version_answered(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct question *question = arg;
	if (result->error[0]) {
		question_failed(question, result);
	} else {
		cJSON *json = json_parse_heap(body, len, NULL);
		const char *version = json_string(json, "gitVersion");
		question->verdict = version ? FINDING_OK : FINDING_WARNING;
		int at = snprintf(question->said, sizeof(question->said), "Kubernetes ");
		const char *text = version ? version : "of an unknown version";
		utf8_sanitise(question->said + at, sizeof(question->said) - (size_t)at, text, strlen(text));
		cJSON_Delete(json);
	}
	question_closed(question);
}

static void review_ask(struct question *question);

/* Refused for the whole cluster: the console then reads the context's namespace, so that is what counts. */
static int ask_for_namespace(struct question *question)
{
	if (question->scoped || !question->namespaced || !question->check->namespace)
		return 0;
	question->scoped = 1;
	review_ask(question);
	return 1;
}

static void say_scoped(struct question *question)
{
	char more[sizeof(question->advice)];
	question->verdict = FINDING_WARNING;
	snprintf(question->said, sizeof(question->said), "allowed in namespace %s only, which is what is shown",
	         question->check->namespace);
	snprintf(more, sizeof(more), "to see all namespaces, %s", question->advice);
	memcpy(question->advice, more, sizeof(more));
}

static void review_answered(void *arg, const struct client_result *result, const char *body, size_t len)
{
	struct question *question = arg;
	question->call = NULL;
	if (result->error[0]) {
		question_failed(question, result);
	} else {
		cJSON *json = json_parse_heap(body, len, NULL);
		const char *reason = json_string(json, "status/reason");
		int allowed = json_bool(json, "status/allowed", 0);
		if (!allowed && ask_for_namespace(question)) {
			cJSON_Delete(json);
			return;
		}
		question->verdict = allowed ? FINDING_OK : question->needed ? FINDING_FAILED : FINDING_WARNING;
		int at = snprintf(question->said, sizeof(question->said), "%s%s", allowed ? "allowed" : "not permitted",
		                  !allowed && reason && *reason ? ": " : "");
		if (!allowed && reason)
			utf8_sanitise(question->said + at, sizeof(question->said) - (size_t)at, reason, strlen(reason));
		if (allowed && question->scoped)
			say_scoped(question);
		cJSON_Delete(json);
	}
	question_closed(question);
}

static struct question *question_add(struct cluster_check *check, int needed, const char *what, const char *advice)
{
	struct question *question = &check->questions[check->count++];
	question->check = check;
	question->needed = needed;
	question->verdict = FINDING_FAILED;
	snprintf(question->what, sizeof(question->what), "%s", what);
	snprintf(question->advice, sizeof(question->advice), "%s", advice);
	check->open++;
	return question;
}

static void review_ask(struct question *question)
{
	char body[700];
	snprintf(body, sizeof(body),
	         "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SelfSubjectAccessReview\",\"spec\":"
	         "{\"resourceAttributes\":{\"namespace\":\"%s\",\"verb\":\"%s\",\"group\":\"%s\",\"resource\":\"%s\","
	         "\"subresource\":\"%s\"}}}",
	         question->scoped ? question->check->namespace : "", question->verb, question->group, question->resource,
	         question->subresource);
	question->call = client_post(question->check->client, "POST", review_path, "application/json", body,
	                             review_answered, question);
}

static void ask_right(struct cluster_check *check, const char *verb, const char *group, const char *resource,
                      const char *subresource, int namespaced, int needed)
{
	char what[96], advice[240];
	snprintf(what, sizeof(what), "%s %s%s%s", verb, resource, *subresource ? "/" : "", subresource);
	snprintf(advice, sizeof(advice), "ask for a ClusterRole that allows %s on %s%s%s%s%s", verb, resource,
	         *subresource ? "/" : "", subresource, *group ? " in " : "", group);
	struct question *question = question_add(check, needed, what, advice);
	question->verb = verb;
	question->group = group;
	question->resource = resource;
	question->subresource = subresource;
	question->namespaced = namespaced;
	review_ask(question);
}

static void ask_kind(struct cluster_check *check, const struct kind *kind)
{
	const struct kind_row *names = kind_names(kind);
	int needed = names->role >= KIND_NEEDED;
	ask_right(check, "list", names->group, names->plural, "", kind->namespaced, needed);
	ask_right(check, "watch", names->group, names->plural, "", kind->namespaced, needed);
}

/* Kinds that a server may be without; the first ones are of Flux and its kin. */
static const struct kind *const optional_tables[] = {flux_kinds, later_kinds, NULL};

static int is_served(const struct discovery *discovery, const struct kind *kind)
{
	const struct kind_row *names = kind_names(kind);
	for (size_t i = 0; kind->versions[i]; i++)
		if (discovery_has(discovery, names->group, kind->versions[i], names->plural))
			return 1;
	return 0;
}

/* Rights on optional kinds are asked for where the server has them. */
static void kinds_answered(void *arg, struct discovery *found, const char *words)
{
	struct cluster_check *check = arg;
	check->discovering = NULL;
	check->discovery = found;
	snprintf(check->discovery_words, sizeof(check->discovery_words), "%s", words);
	for (const struct kind *const *table = optional_tables; found && *table; table++)
		for (const struct kind *kind = *table; kind->decode; kind++)
			if (is_served(found, kind))
				ask_kind(check, kind);
	check_closed(check);
}

struct cluster_check *cluster_check_start(struct source *source, const char *name, void (*done)(void *arg), void *arg)
{
	struct cluster_check *check = mem_new(sizeof(*check));
	struct client *client = source_client(source);
	check->name = mem_copy_string(name);
	check->client = client;
	check->namespace = source_namespace(source);
	check->questions = mem_new_array(2 * OBJECT_KINDS + 2, sizeof(*check->questions));
	check->done = done;
	check->arg = arg;
	struct question *version = question_add(check, 1, "reach the API server", "look at the server's own health");
	version->call = client_get(client, "/version", NULL, version_answered, version);
	check->open++;
	check->discovering = discovery_read(client, NULL, kinds_answered, check);
	for (size_t i = 0; i < kind_count; i++)
		ask_kind(check, &kinds[i]);
	ask_right(check, "get", "", "pods", "log", 1, 0);
	return check;
}

static void kinds_findings(const struct cluster_check *check, struct findings *findings)
{
	const struct discovery *discovery = check->discovery;
	size_t missing = 0;
	if (!discovery) {
		findings_add(findings, FINDING_WARNING, check->name, "discover kinds", "ask for the ClusterRole system:discovery",
		             "%s", check->discovering ? "no answer in time" : check->discovery_words);
		return;
	}
	for (size_t i = 0; i < kind_count; i++) {
		const struct kind_row *names = kind_names(&kinds[i]);
		char what[96];
		if (discovery_has(discovery, names->group, kinds[i].versions[0], names->plural))
			continue;
		missing++;
		snprintf(what, sizeof(what), "serve %s", names->plural);
		findings_add(findings, FINDING_WARNING, check->name, what, "what needs this kind stays empty",
		             "the server has no %s/%s of version %s", names->group, names->plural, kinds[i].versions[0]);
	}
	if (discovery->broken)
		findings_add(findings, FINDING_WARNING, check->name, "discover kinds",
		             "look at the APIService behind it: kubectl get apiservices", "%zu groups cannot be read, such as %s",
		             discovery->broken, discovery->broken_name);
	else if (!missing)
		findings_add(findings, FINDING_OK, check->name, "serve the kinds", "", "all %zu of them", kind_count);
}

/* Which of the optional kinds there are, by what people call them: "flux, canaries, rollouts". */
static void optional_findings(const struct cluster_check *check, struct findings *findings)
{
	char room[240];
	struct text found = text_in(room, sizeof(room));
	for (const struct kind *kind = flux_kinds; check->discovery && kind->decode; kind++) {
		const struct kind_row *names = kind_names(kind);
		const char *area = names->area ? names->area : names->plural;
		if (is_served(check->discovery, kind) && !strstr(room, area))
			text_printf(&found, "%s%s", found.len ? ", " : "", area);
	}
	if (check->discovery)
		findings_add(findings, FINDING_OK, check->name, "look for GitOps", "", "%s",
		             found.len ? room : "no Flux, Flagger, Argo Rollouts or KEDA here");
}

void cluster_check_findings(const struct cluster_check *check, struct findings *findings)
{
	const struct question *version = &check->questions[0];
	for (size_t i = 0; i < check->count; i++) {
		const struct question *question = &check->questions[i];
		findings_add(findings, question->verdict, check->name, question->what, question->advice, "%s",
		             question->answered ? question->said : "no answer in time");
		/* Without a server every other answer is the same one. */
		if (i == 0 && version->verdict == FINDING_FAILED)
			return;
	}
	kinds_findings(check, findings);
	optional_findings(check, findings);
}

void cluster_check_free(struct cluster_check *check)
{
	if (!check)
		return;
	for (size_t i = 0; i < check->count; i++)
		client_cancel(check->questions[i].call);
	discovery_cancel(check->discovering);
	discovery_free(check->discovery);
	free(check->questions);
	free(check->name);
	free(check);
}
