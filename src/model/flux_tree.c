/* SPDX-License-Identifier: MIT */
/*
 * The list and the tree of Flux' objects. The tree hangs Kustomizations below the source they read,
 * HelmReleases below the Kustomization that applied them (below their source when none did), and
 * below both what they applied. What refers to something that is not there stands at the end.
 */
#include "model/flux_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/owner.h"

static const enum object_kind shown[] = {
	OBJECT_GITREPOSITORY, OBJECT_OCIREPOSITORY, OBJECT_BUCKET, OBJECT_HELMREPOSITORY, OBJECT_HELMCHART,
	OBJECT_KUSTOMIZATION, OBJECT_HELMRELEASE, OBJECT_TERRAFORM, OBJECT_IMAGEREPOSITORY, OBJECT_IMAGEPOLICY,
	OBJECT_IMAGEUPDATE, OBJECT_PROVIDER, OBJECT_ALERT, OBJECT_RECEIVER,
};
enum { SHOWN = sizeof(shown) / sizeof(shown[0]), ID_MAX = 1024 };

static int depth_below(const struct cluster *cluster, const struct object *object, int limit)
{
	const struct object_refs *refs = flux_depends_on(object);
	int deepest = 0;
	for (uint16_t i = 0; i < refs->count && limit > 0; i++) {
		const struct object *other = ref_resolve(cluster, &refs->items[i]);
		int below = 1 + (other ? depth_below(cluster, other, limit - 1) : 0);
		deepest = below > deepest ? below : deepest;
		if (deepest >= limit)
			return limit; /* nothing deeper can be found, and a ring would be walked for ever */
	}
	return deepest;
}

int flux_depth(const struct cluster *cluster, const struct object *object)
{
	return depth_below(cluster, object, FLUX_DEPTH);
}

const struct object_ref *flux_waits_for(const struct cluster *cluster, const struct object *object)
{
	const struct object_refs *refs = flux_depends_on(object);
	for (uint16_t i = 0; i < refs->count; i++) {
		const struct resource *other = resource_of(ref_resolve(cluster, &refs->items[i]));
		if (!other || resource_condition(other, "Ready")->status != 'T' || !resource_is_observed(other))
			return &refs->items[i];
	}
	return NULL;
}

int flux_has_drifted(const struct object *object)
{
	const struct resource *resource = resource_of(object);
	if (object->kind == OBJECT_TERRAFORM)
		return ((const struct terraform *)object)->drift_ms > 0;
	return resource && resource_condition(resource, "Drifted")->status == 'T';
}

enum tone flux_tone(const struct object *object)
{
	const struct resource *resource = resource_of(object);
	char ready = resource ? resource_condition(resource, "Ready")->status : ' ';
	if (resource && resource_condition(resource, "Stalled")->status == 'T')
		return TONE_BAD;
	if (resource && resource->suspended)
		return TONE_WARNING; /* Ready stays True: nothing is done, so nothing fails */
	/* What the status says is of a spec that is no more. */
	if (resource && resource->observed >= 0 && resource->observed != resource->generation)
		return TONE_BUSY;
	if (ready == 'F')
		return TONE_BAD;
	if (ready == 'U' || (resource && resource_condition(resource, "Reconciling")->status == 'T'))
		return TONE_BUSY;
	return ready == 'T' ? TONE_GOOD : TONE_DIM;
}

int flux_stage(enum object_kind kind)
{
	int stage = 0;
	while (stage < SHOWN && shown[stage] != kind)
		stage++;
	return stage;
}

/* Splits "ns_name_group_kind" from both ends: only the name may hold '_' (of RBAC, as "__" for ':'). */
static int id_split(const char *id, char room[ID_MAX], const char *parts[4])
{
	if (snprintf(room, ID_MAX, "%s", id) >= ID_MAX)
		return -1;
	char *first = strchr(room, '_'), *last = strrchr(room, '_'), *middle;
	if (!first || last == first)
		return -1;
	*last = '\0';
	middle = strrchr(first + 1, '_');
	if (!middle)
		return -1;
	*first = *middle = '\0';
	parts[0] = room;
	parts[1] = first + 1;
	parts[2] = middle + 1;
	parts[3] = last + 1;
	return 0;
}

void inventory_describe(const char *id, struct text *out)
{
	char room[ID_MAX];
	const char *parts[4];
	if (id_split(id, room, parts) < 0)
		text_add(out, id);
	else
		text_printf(out, "%s %s%s%s", parts[3], parts[0], *parts[0] ? "/" : "", parts[1]);
}

const struct object *inventory_resolve(const struct cluster *cluster, const char *id)
{
	char room[ID_MAX];
	const char *parts[4];
	if (id_split(id, room, parts) < 0)
		return NULL;
	enum object_kind kind = kind_find(parts[3]);
	return kind < OBJECT_KINDS && strcmp(kind_rows[kind].group, parts[2]) == 0
	           ? cluster_object(cluster, kind, parts[0], parts[1])
	           : NULL;
}

static int rank_of(enum tone tone)
{
	static const int ranks[TONE_TONES] = {[TONE_BAD] = 0, [TONE_BUSY] = 1, [TONE_WARNING] = 2, [TONE_GOOD] = 3, [TONE_DIM] = 4};
	return ranks[tone];
}

/* Trouble, then the way of a commit, then who waits for whom, then by name: a total order. */
static int list_compare(const void *a, const void *b)
{
	const struct sheet_row *left = a, *right = b;
	const int orders[] = {
		left->rank - right->rank,
		flux_stage(left->object->kind) - flux_stage(right->object->kind),
		left->depth - right->depth,
		left->cluster->configured_order - right->cluster->configured_order,
	};
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (orders[i])
			return orders[i];
	return strcmp(left->object->key, right->object->key);
}

size_t flux_list(const struct fleet *fleet, const struct cluster *only, struct sheet_row **out)
{
	struct sheet_rows rows = {0};
	for (size_t c = 0; c < fleet->clusters.len; c++) {
		const struct cluster *cluster = fleet->clusters.items[c];
		const struct object *object;
		for (size_t k = 0; k < SHOWN && (!only || only == cluster); k++)
			for (size_t i = 0; (object = map_next(&cluster->objects[shown[k]], &i));) {
				struct sheet_row *row = sheet_rows_add(&rows, cluster, object);
				row->rank = rank_of(flux_tone(object));
				row->depth = flux_depth(cluster, object); /* borrowed as a sort key */
			}
	}
	if (rows.len)
		qsort(rows.items, rows.len, sizeof(*rows.items), list_compare);
	for (size_t i = 0; i < rows.len; i++)
		rows.items[i].depth = 0;
	*out = rows.items;
	return rows.len;
}

/* All that can hang somewhere, once. */
struct forest {
	const struct cluster *cluster;
	struct sheet_row *all;
	size_t count;
	struct branch {
		const struct object *parent; /* what it hangs below; NULL: nothing that is there */
		int placed;
	} *branches; /* one for each of `all` */
	struct sheet_rows out;
};

/* Looked up once an object: the tree is built anew with every change of the fleet. */
static const struct object *parent_of(const struct cluster *cluster, const struct object *object)
{
	const struct object *above = object->kind == OBJECT_HELMRELEASE
	                                 ? ref_resolve(cluster, &resource_of(object)->applied_by)
	                                 : NULL;
	return above ? above : ref_resolve(cluster, flux_source_of(object));
}

static void put_leaves(struct forest *forest, const struct object *object, int depth)
{
	const struct inventory *inventory = flux_inventory(object);
	for (uint32_t i = 0; i < inventory->count; i++) {
		const struct object *leaf = inventory_resolve(forest->cluster, inventory->ids[i]);
		if (leaf && flux_stage(leaf->kind) < SHOWN)
			continue; /* has a place of its own */
		struct sheet_row *row = sheet_rows_add(&forest->out, forest->cluster, leaf);
		row->label = inventory->ids[i];
		row->depth = depth;
	}
}

static void put_branch(struct forest *forest, size_t at, int depth)
{
	const struct object *object = forest->all[at].object;
	forest->branches[at].placed = 1;
	struct sheet_row *row = sheet_rows_add(&forest->out, forest->cluster, object);
	row->depth = depth;
	row->rank = forest->all[at].rank;
	for (size_t i = 0; i < forest->count && depth < FLUX_DEPTH; i++)
		if (!forest->branches[i].placed && forest->branches[i].parent == object)
			put_branch(forest, i, depth + 1);
	put_leaves(forest, object, depth + 1);
}

static int tree_compare(const void *a, const void *b)
{
	struct sheet_row left = *(const struct sheet_row *)a, right = *(const struct sheet_row *)b;
	left.rank = right.rank = 0;
	return list_compare(&left, &right);
}

static void put_cluster(struct forest *forest)
{
	for (int rest = 0; rest < 2; rest++)
		for (size_t i = 0; i < forest->count; i++) {
			enum object_kind kind = forest->all[i].object->kind;
			int is_root = kind < OBJECT_HELMCHART || kind == OBJECT_IMAGEREPOSITORY;
			if (!forest->branches[i].placed && (is_root || rest))
				put_branch(forest, i, 0);
		}
}

size_t flux_tree(const struct fleet *fleet, const struct cluster *only, struct sheet_row **out)
{
	struct sheet_rows rows = {0};
	for (size_t c = 0; c < fleet->clusters.len; c++) {
		struct forest forest = {.cluster = fleet->clusters.items[c], .out = rows};
		if (only && only != forest.cluster)
			continue;
		forest.count = flux_list(fleet, forest.cluster, &forest.all);
		for (size_t i = 0; i < forest.count; i++)
			forest.all[i].depth = flux_depth(forest.cluster, forest.all[i].object);
		if (forest.count)
			qsort(forest.all, forest.count, sizeof(*forest.all), tree_compare);
		forest.branches = mem_new_array(forest.count + 1, sizeof(*forest.branches));
		for (size_t i = 0; i < forest.count; i++)
			forest.branches[i].parent = parent_of(forest.cluster, forest.all[i].object);
		put_cluster(&forest);
		free(forest.branches);
		free(forest.all);
		rows = forest.out;
	}
	*out = rows.items;
	return rows.len;
}
