/* SPDX-License-Identifier: MIT */
/*
 * Rows between runs. Health and phase are kept as their words, so that a file outlives a change of
 * the enums; text is sanitised on its way back, because a file may have been edited by anyone.
 */
#include "store/warm.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "model/service.h"
#include "model/writer.h"

#define FORGET_MS (30LL * 24 * 60 * 60 * 1000)

/* The columns of a row, in the order of its parameters and of what is read back. */
#define COLUMNS \
	"cluster, namespace, name, kind, team, images, revision, reason, health, health_key, phase, " \
	"done, total, desired, replicas, ready, updated, available, pods, pods_ready, restarts, " \
	"generation, observed, created_ms"
enum { TEXTS = 11, NUMBERS = 13, TEXT_MAX = 1024 };

static int save_service(struct statement *insert, const struct service *service, struct err *err)
{
	const char *const texts[TEXTS] = {service->cluster->name,
	                                  service->namespace,
	                                  service->name,
	                                  service->kind,
	                                  service->team,
	                                  service->images,
	                                  service->revision,
	                                  service->reason,
	                                  health_words[service->health],
	                                  health_rows[service->health_row].key,
	                                  rollout_phase_words[service->rollout.phase]};
	const int64_t numbers[NUMBERS] = {service->rollout.done, service->rollout.total, service->desired,
		service->replicas, service->ready, service->updated, service->available, service->pods,
		service->pods_ready, service->restarts, service->generation, service->observed,
		service->created_ms};
	for (int i = 0; i < TEXTS; i++)
		statement_bind_text(insert, 1 + i, texts[i]);
	for (int i = 0; i < NUMBERS; i++)
		statement_bind_int(insert, 1 + TEXTS + i, numbers[i]);
	return statement_step(insert, err);
}

/* Runs a statement without rows; its parameter 1 is the text, or the number where there is none. */
static int run_once(struct db *db, const char *sql, const char *text, int64_t number, struct err *err)
{
	struct statement *statement = db_prepare(db, sql, err);
	if (!statement)
		return -1;
	if (text)
		statement_bind_text(statement, 1, text);
	else
		statement_bind_int(statement, 1, number);
	int result = statement_step(statement, err);
	statement_free(statement);
	return result < 0 ? -1 : 0;
}

static int save_cluster(struct db *db, const char *name, int64_t now, struct err *err)
{
	struct statement *meta;
	int result;
	if (run_once(db, "DELETE FROM warm_service WHERE cluster = ?", name, 0, err) < 0)
		return -1;
	meta = db_prepare(db, "REPLACE INTO warm_cluster (name, saved_ms) VALUES (?, ?)", err);
	if (!meta)
		return -1;
	statement_bind_text(meta, 1, name);
	statement_bind_int(meta, 2, now);
	result = statement_step(meta, err);
	statement_free(meta);
	return result;
}

static int save_clusters(struct db *db, const struct fleet *fleet, int64_t now, struct err *err)
{
	for (size_t i = 0; i < fleet->clusters.len; i++) {
		const struct cluster *cluster = fleet->clusters.items[i];
		if (cluster_is_true(cluster) && save_cluster(db, cluster->name, now, err) < 0)
			return -1;
	}
	return 0;
}

static int save_services(struct db *db, const struct fleet *fleet, struct err *err)
{
	static const char sql[] = "INSERT INTO warm_service (" COLUMNS ") VALUES "
				  "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
	struct statement *insert = db_prepare(db, sql, err);
	int result = insert ? 0 : -1;
	for (size_t i = 0; i < fleet->services.len && result == 0; i++) {
		const struct service *service = fleet->services.items[i];
		if (!service->remembered && cluster_is_true(service->cluster))
			result = save_service(insert, service, err);
	}
	statement_free(insert);
	return result;
}

static int forget_old(struct db *db, int64_t now, struct err *err)
{
	static const char *const steps[] = {
		"DELETE FROM warm_service WHERE cluster IN "
		"(SELECT name FROM warm_cluster WHERE saved_ms < ?)",
		"DELETE FROM warm_cluster WHERE saved_ms < ?",
	};
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (run_once(db, steps[i], NULL, now - FORGET_MS, err) < 0)
			return -1;
	return 0;
}

int warm_save(struct db *db, const struct fleet *fleet, struct err *err)
{
	int64_t now = fleet->clock->wall(fleet->clock);
	if (!db)
		return 0;
	int result = db_begin(db, err);
	if (result == 0)
		result = save_clusters(db, fleet, now, err);
	if (result == 0)
		result = save_services(db, fleet, err);
	if (result == 0)
		result = forget_old(db, now, err);
	if (result == 0)
		result = db_commit(db, err);
	if (result < 0) {
		db_rollback(db);
		if (db_renew_if_damaged(db))
			err_wrap(err, "what was kept of the last run is lost");
	}
	return result;
}

static int word_index(const char *word, const char *const *words, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static int load_count(const struct statement *row, int column)
{
	int64_t value = statement_int(row, column);
	return value < 0 ? 0 : value > 1000000000 ? 1000000000 : (int)value;
}

/* Gives one row to the cluster; one that makes no sense is left out. */
static void load_service(struct cluster *cluster, const struct statement *row, int64_t saved_ms)
{
	char texts[TEXTS][TEXT_MAX];
	for (int i = 0; i < TEXTS; i++) {
		const char *text = statement_text(row, i);
		utf8_sanitise(texts[i], sizeof(texts[i]), text, strlen(text));
	}
	int health = word_index(texts[8], health_words, HEALTH_LEVELS);
	int phase = word_index(texts[10], rollout_phase_words, ROLLOUT_PHASES);
	if (health < 0 || phase < 0 || !texts[1][0] || !texts[2][0])
		return;
	const struct service_memory memory = {
		.cluster = texts[0], .namespace = texts[1], .name = texts[2], .kind = texts[3],
		.team = texts[4],
		.images = texts[5], .revision = texts[6], .reason = texts[7], .health = (enum health)health,
		.health_key = texts[9],
		.rollout = {.phase = (enum rollout_phase)phase, .done = load_count(row, 11),
		.total = load_count(row, 12)},
		.desired = load_count(row, 13), .replicas = load_count(row, 14), .ready = load_count(row, 15),
		.updated = load_count(row, 16), .available = load_count(row, 17), .pods = load_count(row, 18),
		.pods_ready = load_count(row, 19), .restarts = statement_int(row, 20),
		.generation = statement_int(row, 21), .observed = statement_int(row, 22),
		.created_ms = statement_int(row, 23), .saved_ms = saved_ms,
	};
	cluster_remember(cluster, &memory);
}

static int load_rows(struct db *db, struct cluster *cluster, struct err *err)
{
	static const char sql[] = "SELECT " COLUMNS ", (SELECT saved_ms FROM warm_cluster WHERE name = ?1) "
				  "FROM warm_service WHERE cluster = ?1";
	struct statement *row = db_prepare(db, sql, err);
	int got;
	if (!row)
		return -1;
	statement_bind_text(row, 1, cluster->name);
	while ((got = statement_step(row, err)) > 0)
		load_service(cluster, row, statement_int(row, TEXTS + NUMBERS));
	statement_free(row);
	return got;
}

int warm_load(struct db *db, struct cluster *cluster, struct err *err)
{
	if (!db)
		return 0;
	int result = load_rows(db, cluster, err);
	if (result < 0)
		db_renew_if_damaged(db);
	return result;
}
