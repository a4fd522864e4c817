/* SPDX-License-Identifier: MIT */
#ifndef KUBE_KIND_H
#define KUBE_KIND_H

#include <stddef.h>

#include "base/err.h"
#include "model/fleet.h"

struct cJSON;
struct wire_message;

/*
 * A kind that is watched: one row of a table and one decoder. To add a kind, write its struct and its
 * row in the model (names, group and whether it is optional stand there), its decoder, and its row in
 * a table; finding it on a server, listing, watching, paging, sweeping, staleness, rights and `doctor`
 * follow by themselves. kind.c has Kubernetes' own kinds; app gives sources all tables there are.
 */

/* What decoders need to know beside the object. */
struct decode {
	struct fleet *fleet;          /* for its strings */
	const char *service_label;    /* of fleet.labels in the configuration */
	const char *team_label;
};

enum kind_reading {
	/* Pages of 500, one kind after the other: for kinds of which there are many. The first page is
	 * there long before a stream of the same objects would be through. */
	KIND_PAGED,
	/* The same in a second lane, for the kind of which there are by far the most: it begins when the
	 * first page of the others has come, and is read beside them. */
	KIND_PAGED_BESIDE,
	/* WatchList: one streaming request for the objects and the watch after them. For kinds of which
	 * there are few; falls back to pages where the server does not know it. */
	KIND_STREAMED,
};

struct kind {
	enum object_kind object;
	const char *const *versions; /* those that the decoder reads, best first; NULL-terminated */
	int namespaced;
	int metadata_only;      /* as PartialObjectMetadata: nothing of spec and status is wanted */
	enum kind_reading reading;
	const char *selector;   /* a query parameter such as "fieldSelector=type%3DWarning", or NULL */
	const char *const *fields; /* for scan_filter_new */
	/* Lists are read as protobuf by this table, see kube/wire_decode.h; NULL: as JSON, as watches are. */
	const struct wire_message *wire;
	/* Builds the model's object, or returns NULL and sets err. */
	struct object *(*decode)(const struct decode *decode, const struct cJSON *json, struct err *err);
};

/* Kubernetes' own, in the order in which they are read. As all tables, it ends with a row that has no
 * decoder, which kind_count does not count. */
extern const struct kind kinds[];
extern const size_t kind_count;
extern const struct kind later_kinds[]; /* Kubernetes' own too, but of no row: read after the rows */
extern const char *const kind_v1[]; /* {"v1", NULL}, which most kinds say */

const struct kind *kind_of(enum object_kind object); /* of Kubernetes' own; NULL when it is none */
static inline const struct kind_row *kind_names(const struct kind *kind)
{
	return &kind_rows[kind->object];
}
/* "/apis/apps/v1/deployments", or of one namespace, or of one object. NULLs leave parts out; of the
 * version, it means the best one. */
void kind_path(const struct kind *kind, const char *version, const char *namespace, const char *name, char *out,
               size_t size);

#endif
