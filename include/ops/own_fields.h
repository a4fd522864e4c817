/* SPDX-License-Identifier: MIT */
#ifndef OPS_OWN_FIELDS_H
#define OPS_OWN_FIELDS_H

#include <stddef.h>

#include "base/json.h"

/*
 * What an apply would change of an object, field by field: the live object beside the server's answer to a
 * dry run of the apply. Only fields that the manager applies count (managedFields, fieldsV1): what others
 * own, what the server fills in, and the status are not looked at. Values of a Secret are never in it. Pure.
 */
struct field_change {
	char *path;           /* "spec.template.spec.containers[name=web].image", sanitised */
	char *live, *applied; /* JSON; NULL: not there. Both may read the same where they are masked */
};

struct field_changes {
	struct field_change *items;
	size_t count;
	int cut; /* there were more than FIELD_CHANGES_MAX */
};
enum { FIELD_CHANGES_MAX = 500, FIELD_VALUE_MAX = 2000 };
#define FIELD_MASKED "(masked)"

/* Fills *out. Fails when the answer does not say what the manager applies. */
int own_fields_compare(const cJSON *live, const cJSON *applied, const char *manager, struct field_changes *out,
                       struct err *err) MUST_USE;
void field_changes_release(struct field_changes *changes);
/* By which of these names (NULL-terminated) an object's fields are managed; the first where it is by none. */
const char *own_fields_manager(const cJSON *live, const char *const *names);

#endif
