/* SPDX-License-Identifier: MIT */
#ifndef TEST_KUBE_SOURCED_H
#define TEST_KUBE_SOURCED_H

/* A whole source of one cluster against the embedded API server. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kube/source.h"
#include "model/writer.h"
#include "sim/api.h"
#include "unit/sim/wait.h"

struct sourced {
	struct loop *loop;
	struct api *api;
	struct http *http;
	struct fleet *fleet;
	struct cluster *cluster;
	struct credential_cache *credentials;
	struct source *source;
	int changes;
};

static inline void sourced_changed(void *arg)
{
	((struct sourced *)arg)->changes++;
}

/* `kind_tables`, `timing`: as kinds and timing in struct source_options; `prepare` is called before the source exists. */
static inline void sourced_start_with(struct sourced *s, const struct api_options *options,
                                      const struct kind *const *kind_tables, const struct source_timing *timing,
                                      void (*prepare)(struct api *api))
{
	struct err err = {0};
	struct kube_access access = {.context = "test",
	                             .raw_context = "test",
	                             .cluster = "test",
	                             .user = "",
	                             .namespace = "default",
	                             .is_plain = 1,
	                             .credential = {.where = "user \"test\""}};
	*s = (struct sourced){.loop = loop_new(&err)};
	s->http = http_new(s->loop, &err);
	s->api = api_new(s->loop, options, &err);
	if (prepare)
		prepare(s->api);
	s->fleet = fleet_new(&clock_system);
	s->cluster = fleet_add_cluster(s->fleet, "test", "", "", 0);
	s->credentials = credential_cache_new(s->loop, &clock_system);
	access.endpoint.url = api_url(s->api);
	const struct source_options source = {
	    .loop = s->loop,
	    .http = s->http,
	    .clock = &clock_system,
	    .fleet = s->fleet,
	    .cluster = s->cluster,
	    .access = &access,
	    .credentials = s->credentials,
	    .kinds = kind_tables,
	    .timing = timing,
	    .changed = sourced_changed,
	    .arg = s,
	};
	s->source = source_new(&source, &err);
	if (!s->source)
		fail_msg("%s", err.text);
}

static inline void sourced_start(struct sourced *s, const struct api_options *options)
{
	sourced_start_with(s, options, NULL, NULL, NULL);
}

static inline void sourced_end(struct sourced *s)
{
	source_free(s->source);
	credential_cache_free(s->credentials);
	http_free(s->http);
	api_free(s->api);
	fleet_free(s->fleet);
	loop_free(s->loop);
}

static inline void sourced_put(struct sourced *s, const char *json)
{
	struct err err = {0};
	if (api_put_text(s->api, json, &err) < 0)
		fail_msg("%s", err.text);
}

#endif
