/* SPDX-License-Identifier: MIT */
/*
 * The demo's stories, played at a clock that the test turns and seen by the console's own clients:
 * the same seed gives the same boards. A board says what is not well, as the model has it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/cli.h"
#include "app/demo_folder.h"
#include "base/mem.h"
#include "model/fleet.h"
#include "model/service.h"
#include "model/writer.h"
#include "sim/api.h"
#include "sim/sim.h"

enum { NOW_S = 1795000000, SERVICES = 60 };

struct play {
	struct clock_fixed clock;
	struct loop *loop;
	struct sim *sim;
	char folder[64];
	double passed; /* seconds of the story */
	struct demo_folder taken;
};

static void play_begin(struct play *play, const char *story)
{
	struct err err = {0};
	*play = (struct play){.folder = "/tmp/flagdeck-story-XXXXXX"};
	setenv("TZ", "UTC", 1);
	assert_non_null(mkdtemp(play->folder));
	assert_int_equal(demo_folder_take(&play->taken, play->folder, &err), 0);
	clock_fixed_init(&play->clock, (int64_t)NOW_S * 1000);
	play->loop = loop_new(&err);
	const struct sim_options options = {.services = SERVICES, .seed = 7, .small = 1, .story = story, .folder = play->folder,
	                                    .clock = &play->clock.clock};
	play->sim = sim_new(play->loop, &options, &err);
	if (!play->sim)
		fail_msg("%s", err.text);
	sim_fill(play->sim);
}

static void play_end(struct play *play)
{
	sim_free(play->sim);
	loop_free(play->loop);
	demo_folder_remove(&play->taken);
	rmdir(play->folder);
	assert_int_equal(access(play->folder, F_OK), -1);
	demo_folder_release(&play->taken);
}

/* Time passes only while git has nothing to do, so that it passes the same way every time. */
static void play_until(struct play *play, double seconds)
{
	int64_t end = play->clock.mono_ms + (int64_t)((seconds - play->passed) * 1000);
	while (play->clock.mono_ms < end) {
		int64_t next = sim_turn(play->sim);
		while (sim_waits(play->sim))
			loop_poll(play->loop, 1);
		next = next < 1 ? 1 : next > 500 ? 500 : next;
		next = next > end - play->clock.mono_ms ? end - play->clock.mono_ms : next;
		play->clock.mono_ms += next;
		play->clock.wall_ms += next;
	}
	sim_turn(play->sim);
	play->passed = seconds;
}

static int all_known(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		if (!cluster_is_complete(cluster) && cluster->link != LINK_UNREACHABLE)
			return 0;
	}
	return 1;
}

static int row_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void board_write(const struct fleet *fleet, struct buf *out)
{
	struct vec rows;
	vec_init(&rows);
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		assert_int_equal(buf_printf(out, "%s %s, %d services\n", cluster->name,
		                            cluster->link == LINK_UNREACHABLE ? "unreachable" : "reached", cluster->services), 0);
	}
	for (size_t i = 0; i < fleet->services.len; i++) {
		const struct service *service = fleet->services.items[i];
		if (service->health != HEALTH_OK)
			vec_push(&rows, mem_printf("%s  %d/%d %s: %s", service->key, service->ready, service->desired,
			                           health_words[service->health], service->reason));
	}
	if (rows.len > 0)
		qsort(rows.items, rows.len, sizeof(void *), row_order);
	for (size_t i = 0; i < rows.len; i++) {
		assert_int_equal(buf_printf(out, "%s\n", (char *)rows.items[i]), 0);
		free(rows.items[i]);
	}
	vec_release(&rows);
}

/* What a console that is opened now is told. */
static void board_read(struct play *play, struct buf *out)
{
	char *path = sim_kubeconfig_path(play->folder), *config = sim_config_path(play->folder);
	struct cli cli = {.kubeconfig = path};
	struct contexts contexts;
	struct err err = {0};
	if (config_load(&cli.config, config, &err) < 0 || contexts_choose(&contexts, &cli, &err) < 0)
		fail_msg("%s", err.text);
	const struct session_options options = {.contexts = contexts.items, .context_count = contexts.count,
	                                        .clock = &play->clock.clock};
	struct session *session = session_new(&options, &err);
	assert_non_null(session);
	session_start(session);
	for (int i = 0; i < 20000 && !all_known(session->fleet); i++) {
		loop_poll(play->loop, 0);
		loop_poll(session->loop, 0);
		fleet_settle(session->fleet);
		usleep(500);
	}
	fleet_settle(session->fleet);
	assert_true(all_known(session->fleet));
	board_write(session->fleet, out);
	session_free(session);
	contexts_release(&contexts);
	config_release(&cli.config);
	free(path);
	free(config);
}

static void story_plays(const char *story, const double *moments, size_t count)
{
	struct play play;
	struct buf got, want;
	struct err err;
	char path[128];
	const char *mode = getenv("GOLDEN");
	buf_init(&got, 1 << 20);
	buf_init(&want, 1 << 20);
	play_begin(&play, story);
	for (size_t i = 0; i < count; i++) {
		play_until(&play, moments[i]);
		assert_int_equal(buf_printf(&got, "after %.0f s\n", moments[i]), 0);
		board_read(&play, &got);
	}
	play_end(&play);
	snprintf(path, sizeof(path), "tests/golden/stories/%s.txt", story);
	if (mode && strcmp(mode, "update") == 0) {
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		fputs(buf_string(&got), file);
		fclose(file);
	} else if (buf_read_file(&want, path, &err) < 0) {
		fail_msg("%s (GOLDEN=update writes it)", err.text);
	} else if (strcmp(buf_string(&got), buf_string(&want)) != 0) {
		fail_msg("%s differs. Now it is:\n%s", path, buf_string(&got));
	}
	buf_release(&got);
	buf_release(&want);
}

#define STORY(test, name, ...) \
	static void test(void **state) \
	{ \
		static const double moments[] = {__VA_ARGS__}; \
		(void)state; \
		story_plays(name, moments, sizeof(moments) / sizeof(moments[0])); \
	}

STORY(test_tour, "tour", 30, 150, 400)
STORY(test_calm, "calm", 35, 320)
STORY(test_bad_release, "bad-release", 120, 420)
STORY(test_canary_abort, "canary-abort", 60, 200, 600)
STORY(test_stuck_kustomization, "stuck-kustomization", 100, 600)
STORY(test_region_down, "region-down", 60, 300)
STORY(test_traffic_peak, "traffic-peak", 150)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tour), cmocka_unit_test(test_calm), cmocka_unit_test(test_bad_release),
		cmocka_unit_test(test_canary_abort), cmocka_unit_test(test_stuck_kustomization),
		cmocka_unit_test(test_region_down), cmocka_unit_test(test_traffic_peak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
