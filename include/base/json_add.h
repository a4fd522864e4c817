/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_ADD_H
#define BASE_JSON_ADD_H

#include <stdint.h>

struct cJSON;

/* Members of what commands print as JSON. What is absent is there as null, so that every object of a list
 * has the same members. */
void json_add_text(struct cJSON *object, const char *name, const char *text); /* null: NULL or "" */
void json_add_stamp(struct cJSON *object, const char *name, int64_t ms);      /* RFC 3339; null: 0 */

#endif
