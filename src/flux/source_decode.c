/* SPDX-License-Identifier: MIT */
/* The five kinds of source fill one struct: what is fetched, from where, and what came. */
#include <stdio.h>

#include "base/json.h"
#include "flux/decode.h"

static struct flux_source *source_decode(const struct decode *decode, const cJSON *json, enum object_kind kind,
                                         const char *url, struct err *err)
{
	struct flux_source *source = decode_resource(decode, json, kind, sizeof(*source), err);
	if (!source)
		return NULL;
	source->url = decode_word(decode, json, url);
	source->secret = decode_word(decode, json, "spec/secretRef/name");
	source->timeout_ms = decode_duration(json, "spec/timeout");
	source->revision = decode_word(decode, json, "status/artifact/revision");
	source->digest = decode_word(decode, json, "status/artifact/digest");
	source->updated_ms = json_stamp(json, "status/artifact/lastUpdateTime");
	source->verify = decode_word(decode, json, "spec/verify/mode");
	if (!source->verify[0])
		source->verify = decode_word(decode, json, "spec/verify/provider");
	return source;
}

static void decode_spec_ref(const struct decode *decode, const cJSON *json, struct flux_source *source)
{
	source->branch = decode_word(decode, json, "spec/ref/branch");
	source->tag = decode_word(decode, json, "spec/ref/tag");
	source->semver = decode_word(decode, json, "spec/ref/semver");
	source->ref_name = decode_word(decode, json, "spec/ref/name");
}

struct object *gitrepository_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct flux_source *source = source_decode(decode, json, OBJECT_GITREPOSITORY, "spec/url", err);
	if (!source)
		return NULL;
	decode_spec_ref(decode, json, source);
	source->commit = decode_word(decode, json, "spec/ref/commit");
	return &source->resource.object;
}

struct object *ocirepository_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct flux_source *source = source_decode(decode, json, OBJECT_OCIREPOSITORY, "spec/url", err);
	if (!source)
		return NULL;
	decode_spec_ref(decode, json, source);
	source->commit = decode_word(decode, json, "spec/ref/digest");
	return &source->resource.object;
}

struct object *bucket_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct flux_source *source = source_decode(decode, json, OBJECT_BUCKET, "spec/none", err);
	if (!source)
		return NULL;
	const char *endpoint = json_string(json, "spec/endpoint"), *bucket = json_string(json, "spec/bucketName");
	char url[512];
	snprintf(url, sizeof(url), "%s/%s", endpoint ? endpoint : "", bucket ? bucket : "");
	source->url = decode_intern(decode, url);
	return &source->resource.object;
}

struct object *helmrepository_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct flux_source *source = source_decode(decode, json, OBJECT_HELMREPOSITORY, "spec/url", err);
	return source ? &source->resource.object : NULL;
}

struct object *helmchart_decode(const struct decode *decode, const cJSON *json, struct err *err)
{
	struct flux_source *source = source_decode(decode, json, OBJECT_HELMCHART, "spec/chart", err);
	if (!source)
		return NULL;
	source->version = decode_word(decode, json, "spec/version");
	source->observed_source_revision = decode_word(decode, json, "status/observedSourceArtifactRevision");
	decode_ref(decode, json_at(json, "spec/sourceRef"), "", source->resource.object.namespace, &source->source);
	return &source->resource.object;
}
