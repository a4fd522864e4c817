/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SERVICE_JSON_H
#define MODEL_SERVICE_JSON_H

#include "base/vec.h"

struct cJSON;
struct cluster;
struct pod;
struct service;

/*
 * What `get services` and `get pods` print with -o json and yaml: one element, on the heap; free it
 * with cJSON_Delete. What is absent is null, never zero. rollout.progress is the percentage of
 * wanted pods that are updated and available.
 */
struct cJSON *service_json(const struct service *service);
/* An array of rows (const struct service *). */
struct cJSON *services_json(const struct vec *rows);
struct cJSON *pod_json(const struct cluster *cluster, const struct pod *pod);

#endif
