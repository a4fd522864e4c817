/* SPDX-License-Identifier: MIT */
#ifndef MODEL_ALERT_H
#define MODEL_ALERT_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "base/vec.h"

struct cluster;
struct fleet;
struct service;

/*
 * Alerts that are pending or firing, and Alertmanager's silences, by cluster. A list of them is
 * replaced as a whole. Strings were sanitised by whoever made them; each block belongs to its struct.
 */
enum { ALERTS_MAX = 5000, SILENCES_MAX = 2000, ALERT_TEXT = 300, ALERT_LABELS = 2048 };

enum alert_state { ALERT_FIRING, ALERT_PENDING, ALERT_STATES };
extern const char *const alert_state_words[ALERT_STATES];

struct alert {
	enum alert_state state;
	char name[128], severity[32];
	char labels[ALERT_LABELS];     /* "name\1value\1…", alertname too */
	char summary[ALERT_TEXT];      /* the annotation summary, description or message */
	char url[ALERT_TEXT];          /* where it comes from (generatorURL), http or https; "" without */
	int64_t since_ms;
	double value;
	int inhibited;                 /* by another alert: shown as such, not counted */
	char silenced_by[40];          /* id of a silence; "" without: not counted either */
	char service[640];             /* key of the service it is about; "" when none is found */
};

enum silence_state { SILENCE_ACTIVE, SILENCE_PENDING, SILENCE_EXPIRED, SILENCE_STATES };
extern const char *const silence_state_words[SILENCE_STATES];

enum { SILENCE_MATCHERS = 12 };
struct silence_matcher {
	char name[128], value[256];
	int is_regex, is_equal; /* = (equal), != , =~ (regex, equal), !~ */
};

struct silence {
	char id[40];
	enum silence_state state;
	char author[96], comment[ALERT_TEXT];
	int64_t start_ms, end_ms;
	struct silence_matcher matchers[SILENCE_MATCHERS];
	size_t matcher_count;
};

/* Of a cluster. */
struct cluster_alerts {
	struct vec alerts;   /* struct alert * */
	struct vec silences; /* struct silence * */
	int known;           /* the rules' server answered at least once */
	int manager_known;   /* an Alertmanager did */
	char error[240], manager_error[240]; /* in words; "" when all is well */
	int firing, pending; /* that count: neither inhibited nor silenced */
};

/* Take ownership of the items and replace what is there. Services of alerts are looked up here. */
void cluster_set_alerts(struct cluster *cluster, struct vec *alerts);
void cluster_set_silences(struct cluster *cluster, struct vec *silences);
void cluster_set_alert_errors(struct cluster *cluster, const char *rules, const char *manager);
/* Services come and go: looks up again whom the alerts are about. Cheap. */
void cluster_join_alerts(struct cluster *cluster);
void cluster_release_alerts(struct cluster *cluster);
void alerts_free(struct vec *items); /* of either kind */

/* The value of a label, copied; "" without. */
void alert_label(const struct alert *alert, const char *name, char *out, size_t size);
/* Whether every matcher of the silence matches, as Alertmanager would (regular expressions whole). */
int silence_matches(const struct silence *silence, const struct alert *alert);
/* "alertname=\"HighErrors\" namespace=~\"pay.*\"" */
void silence_describe(const struct silence *silence, struct text *out);
/* name=value, name!=value, name=~regex, name!~regex, the value with or without quotes. 0, or -1. */
int matcher_parse(const char *text, struct silence_matcher *matcher);

#endif
