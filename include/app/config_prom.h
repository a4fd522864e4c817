/* SPDX-License-Identifier: MIT */
#ifndef APP_CONFIG_PROM_H
#define APP_CONFIG_PROM_H

#include "prom/slo.h"
#include "prom/source.h"

/*
 * The part of the configuration that is about metrics: `fleet.clusters[].prometheus`, and `metrics`
 * with presets, prices, service level objectives and the links to Grafana.
 */
struct yaml_node;
struct config;
struct config_key;

struct config_metrics {
	struct preset *presets;
	size_t preset_count;
	struct slo_rule *slos;
	size_t slo_count;
	struct prices prices;
	const char *grafana_url;       /* NULL: none */
	const char *grafana_token_file;
};

/* Readers of the two subtrees; errors name file:line and the nearest key. */
int config_read_prometheus(struct config *config, const struct yaml_node *node, const char *key, struct err *err) MUST_USE;
int config_read_metrics(struct config *config, const struct yaml_node *node, const char *key, struct err *err) MUST_USE;
void config_metrics_release(struct config_metrics *metrics);
/* Their keys, for `config show`; NULL past the last. */
const struct config_key *config_prom_key_at(size_t index);

#endif
