/* SPDX-License-Identifier: MIT */
/* The stories. A new one is a table of steps and a row in the list at the end. */
#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sim_state.h"

enum { EU_PROD, US_PROD, EU_DEV };

struct step {
	double seconds;
	void (*work)(struct sim *sim, const struct step *step);
	const char *service, *text;
	const char *author, *message;
	struct verdict verdict; /* of the release that the step makes; its strings are filled in */
	int cluster;
	double number, until;
};

static const char tom[] = "Tom Okafor <tom@example.com>", mei[] = "Mei Lindqvist <mei@example.com>",
                  ines[] = "Ines Duarte <ines@example.com>", bot[] = "release-bot <release-bot@example.com>";

/* "payments-api" is in namespace "payments". */
static const struct plan_service *service_of(const struct sim *sim, const char *name)
{
	for (size_t i = 0; i < sim->plan.count; i++)
		if (strcmp(sim->plan.services[i].name, name) == 0)
			return &sim->plan.services[i];
	return NULL;
}

static void verdict_add(struct sim *sim, const struct verdict *like, const char *service, const char *tag)
{
	struct verdict *verdict = mem_new(sizeof(*verdict));
	*verdict = *like;
	verdict->service = mem_copy_string(service);
	verdict->tag = mem_copy_string(tag);
	vec_push(&sim->verdicts, verdict);
}

/* The text with the first value of `key:` replaced; NULL when there is none. */
static char *value_replaced(const char *text, const char *key, const char *value)
{
	char wanted[64];
	snprintf(wanted, sizeof(wanted), "%s: ", key);
	const char *at = strstr(text, wanted);
	if (!at)
		return NULL;
	at += strlen(wanted);
	return mem_printf("%.*s%s%s", (int)(at - text), text, value, at + strcspn(at, "\n"));
}

static void path_of(const struct step *step, char *out, size_t size)
{
	snprintf(out, size, "services/%s/%s/platform.yaml", step->service, step->cluster == EU_DEV ? "dev" : "prod");
}

/* A release by a commit. `text` is the tag; "+": the next minor one; "-": back to the plan's own. */
static void release(struct sim *sim, const struct step *step)
{
	const struct plan_service *service = service_of(sim, step->service);
	char path[256], tag[64], message[256];
	path_of(step, path, sizeof(path));
	const struct origin_file *file = service ? snapshot_file(origin_head(sim->origin), path) : NULL;
	if (!file)
		return;
	if (strcmp(step->text, "+") == 0 || strcmp(step->text, "-") == 0)
		snprintf(tag, sizeof(tag), "1.%d.0", service->minor + (*step->text == '+'));
	else
		snprintf(tag, sizeof(tag), "%s", step->text);
	char *text = value_replaced(file->text, "tag", tag);
	if (step->verdict.errors > 0 || step->verdict.slower > 0 || step->verdict.life != LIFE_WELL)
		verdict_add(sim, &step->verdict, service->name, tag);
	snprintf(message, sizeof(message), step->message, service->name, tag);
	if (text)
		origin_commit(sim->origin, path, text, step->author, message);
	free(text);
}

/* Breaks a file as people do, or repairs it: `text` is what is put at its end, NULL: what the plan says stands there. */
static void edit(struct sim *sim, const struct step *step)
{
	const struct plan_service *service = service_of(sim, step->service);
	char path[256];
	path_of(step, path, sizeof(path));
	const struct origin_file *file = service ? snapshot_file(origin_head(sim->origin), path) : NULL;
	struct buf text;
	if (!file)
		return;
	buf_init(&text, 1 << 20);
	if (step->text)
		buf_must(buf_printf(&text, "%.60000s%s", file->text, step->text));
	else
		service_text(&text, service, step->cluster == EU_DEV ? "dev" : "prod", service->minor);
	origin_commit(sim->origin, path, buf_string(&text), step->author, step->message);
	buf_release(&text);
}

/* Suspends (text: why) or resumes (NULL) a Kustomization. */
static void hold(struct sim *sim, const struct step *step)
{
	struct stage *stage = &sim->stages[step->cluster];
	char key[2 * SIM_NAME], now[32];
	doc_key(key, sizeof(key), "flux-system", step->service);
	cJSON *object = stage_get(stage, "kustomizations", key);
	if (!object)
		return;
	cJSON *marks = sub_object(sub_object(object, "metadata"), "annotations"), *spec = sub_object(object, "spec");
	cJSON_DeleteItemFromObjectCaseSensitive(spec, "suspend");
	if (step->text)
		cJSON_AddTrueToObject(spec, "suspend");
	stage_stamp(stage, now);
	set_text(marks, "flagdeck.io/held-by", step->text ? step->author : NULL);
	set_text(marks, "flagdeck.io/held-why", step->text);
	set_text(marks, "flagdeck.io/held-since", step->text ? now : NULL);
	stage_put(stage, "kustomizations", object);
}

static void surge(struct sim *sim, const struct step *step)
{
	const struct clock *clock = sim->apis[0]->options.clock;
	double speed = agenda_speed(sim->agenda);
	int64_t now = clock->wall(clock);
	const struct surge wave = {
		.cluster = step->cluster, .factor = step->number, .from_ms = now,
		.to_ms = now + (int64_t)(step->until * 1000 / speed), .ramp_ms = (int64_t)(45000 / speed),
	};
	traffic_surge(&sim->traffic, &wave);
}

/* number 0: nobody reaches the cluster's API; 1: everybody does again. */
static void reach(struct sim *sim, const struct step *step)
{
	struct err err = {0};
	if (api_set_listening(sim->apis[step->cluster], step->number > 0, &err) < 0)
		fprintf(stderr, "%s\n", err.text);
}

static const struct step calm[] = {
	{20, release, "catalog-web", "+", bot, "%s: release %s", {.cluster = -1}, EU_PROD, 0, 0},
	{110, release, "orders-api", "+", bot, "%s: release %s", {.cluster = -1}, EU_PROD, 0, 0},
	{200, release, "identity-web", "+", bot, "%s: release %s", {.cluster = -1}, EU_DEV, 0, 0},
	{290, release, "shipping-web", "+", bot, "%s: release %s", {.cluster = -1}, EU_PROD, 0, 0},
};

static const struct step bad_release[] = {
	{5, release, "orders-api", "+", bot, "%s: release %s", {.cluster = EU_DEV, .life = LIFE_CRASH}, EU_DEV, 0, 0},
	{15, release, "checkout-api", "+", bot, "%s: release %s", {.cluster = -1, .errors = 0.17, .slower = 2.4}, EU_PROD, 0, 0},
	{300, release, "checkout-api", "-", ines, "%s: back to %s, it fails one checkout in six", {.cluster = -1}, EU_PROD, 0, 0},
};

static const struct step canary_abort[] = {
	{10, release, "checkout-web", "+", bot, "%s: release %s", {.cluster = -1, .errors = 0.09, .slower = 1.8}, EU_PROD, 0, 0},
	{20, release, "search-api", "+", bot, "%s: release %s", {.cluster = -1}, EU_PROD, 0, 0},
	{420, release, "checkout-web", "-", mei, "%s: back to %s, its canary failed", {.cluster = -1}, EU_PROD, 0, 0},
};

static const struct step stuck_kustomization[] = {
	{10, edit, "loyalty-api", "hpa:\n   enabled: true\n  maxReplicas: 12\n", tom, "loyalty-api: more pods for the campaign",
	 {.cluster = -1}, EU_PROD, 0, 0},
	{35, hold, "fraud", "rules engine is being migrated by hand", mei, NULL, {.cluster = -1}, EU_PROD, 0, 0},
	{50, release, "billing-web", "+", bot, "%s: release %s", {.cluster = -1, .life = LIFE_UNREADY}, EU_PROD, 0, 0},
	{420, edit, "loyalty-api", NULL, tom, "loyalty-api: repair the indentation", {.cluster = -1}, EU_PROD, 0, 0},
	{520, hold, "fraud", NULL, mei, NULL, {.cluster = -1}, EU_PROD, 0, 0},
};

static const struct step region_down[] = {
	{20, reach, NULL, NULL, NULL, NULL, {.cluster = -1}, US_PROD, 0, 0},
	{22, surge, NULL, NULL, NULL, NULL, {.cluster = -1}, EU_PROD, 1.7, 240},
	{240, reach, NULL, NULL, NULL, NULL, {.cluster = -1}, US_PROD, 1, 0},
};

static const struct step traffic_peak[] = {
	{15, surge, NULL, NULL, NULL, NULL, {.cluster = -1}, -1, 2.6, 480},
};

static const struct step tour[] = {
	{2, release, "media-api", "fix-thumbnails", tom, "%s: try %s", {.cluster = EU_DEV, .life = LIFE_PULL}, EU_DEV, 0, 0},
	{10, release, "catalog-web", "+", bot, "%s: release %s", {.cluster = -1}, EU_PROD, 0, 0},
	{40, release, "checkout-api", "+", bot, "%s: release %s", {.cluster = -1, .errors = 0.17, .slower = 2.4}, EU_PROD, 0, 0},
	{70, release, "checkout-web", "+", bot, "%s: release %s", {.cluster = -1, .errors = 0.09, .slower = 1.8}, EU_PROD, 0, 0},
	{100, hold, "fraud", "rules engine is being migrated by hand", mei, NULL, {.cluster = -1}, EU_PROD, 0, 0},
	{130, release, "search-api", "+", bot, "%s: release %s", {.cluster = -1}, EU_PROD, 0, 0},
	{160, edit, "loyalty-api", "hpa:\n   enabled: true\n  maxReplicas: 12\n", tom, "loyalty-api: more pods for the campaign",
	 {.cluster = -1}, EU_PROD, 0, 0},
	{230, release, "checkout-api", "-", ines, "%s: back to %s, it fails one checkout in six", {.cluster = -1}, EU_PROD, 0, 0},
	{270, surge, NULL, NULL, NULL, NULL, {.cluster = -1}, -1, 1.7, 150},
	{330, edit, "loyalty-api", NULL, tom, "loyalty-api: repair the indentation", {.cluster = -1}, EU_PROD, 0, 0},
	{450, reach, NULL, NULL, NULL, NULL, {.cluster = -1}, US_PROD, 0, 0},
	{490, reach, NULL, NULL, NULL, NULL, {.cluster = -1}, US_PROD, 1, 0},
	{540, hold, "fraud", NULL, mei, NULL, {.cluster = -1}, EU_PROD, 0, 0},
};

#define STEPS(steps) steps, sizeof(steps) / sizeof(steps[0])
static const struct {
	const struct step *steps;
	size_t count;
} scripts[] = {{STEPS(tour)}, {STEPS(calm)}, {STEPS(bad_release)}, {STEPS(canary_abort)}, {STEPS(stuck_kustomization)},
               {STEPS(region_down)}, {STEPS(traffic_peak)}};

const struct story stories[] = {
	{"tour", "a little of everything in ten minutes"},
	{"calm", "releases that go well"},
	{"bad-release", "a release that answers one request in six with an error"},
	{"canary-abort", "a canary that is taken back"},
	{"stuck-kustomization", "a commit that cannot be built, and one that never gets ready"},
	{"region-down", "a cluster that nobody reaches, and its traffic elsewhere"},
	{"traffic-peak", "more traffic than there are pods for"},
};
const int story_count = sizeof(stories) / sizeof(stories[0]);

int story_find(const char *name)
{
	for (int i = 0; i < story_count; i++)
		if (strcmp(stories[i].name, name) == 0)
			return i;
	return -1;
}

/* The key of a task says which step of which story. */
static void step_due(void *arg, const char *key)
{
	size_t story, step;
	if (sscanf(key, "%zu %zu", &story, &step) == 2)
		scripts[story].steps[step].work(arg, &scripts[story].steps[step]);
}

void story_begin(struct sim *sim, int story)
{
	char key[32];
	for (size_t i = 0; i < scripts[story].count; i++) {
		snprintf(key, sizeof(key), "%d %zu", story, i);
		agenda_add(sim->agenda, scripts[story].steps[i].seconds, step_due, sim, key);
	}
}
