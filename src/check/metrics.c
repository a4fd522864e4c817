/* SPDX-License-Identifier: MIT */
#include "check/metrics.h"

#include <stdlib.h>

static const char what[] = "ask Prometheus";
enum { SKEW_MS = 5000 };

void metrics_findings(const struct cluster *cluster, struct findings *findings)
{
	const struct cluster_metrics *metrics = &cluster->metrics;
	const char *words = metrics->words[0] ? metrics->words : "no answer in time";
	if (metrics->state == METERING_OFF) {
		findings_add(findings, FINDING_SKIPPED, cluster->name, what, "name it in fleet.clusters[].prometheus", "%s", words);
		return;
	}
	if (metrics->state != METERING_LIVE && metrics->state != METERING_PARTIAL) {
		findings_add(findings, FINDING_WARNING, cluster->name, what,
		             "check fleet.clusters[].prometheus: the URL with its prefix, credentials, preset", "%s", words);
		return;
	}
	findings_add(findings, metrics->preset[0] ? FINDING_OK : FINDING_WARNING, cluster->name, what,
	             "write a preset of your own (metrics.presets), or the columns of requests stay empty", "%s, requests by %s",
	             metrics->source, metrics->preset[0] ? metrics->preset : "no preset: none has series");
	if (llabs(metrics->skew_ms) > SKEW_MS)
		findings_add(findings, FINDING_WARNING, cluster->name, "compare clocks", "set both clocks by NTP",
		             "the Prometheus is %lld s %s", (long long)(llabs(metrics->skew_ms) / 1000),
		             metrics->skew_ms > 0 ? "ahead" : "behind");
}
