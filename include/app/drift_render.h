/* SPDX-License-Identifier: MIT */
#ifndef APP_DRIFT_RENDER_H
#define APP_DRIFT_RENDER_H

#include "app/gitops.h"
#include "base/json.h"
#include "base/vec.h"
#include "kube/client.h"

/*
 * What Git says that a Kustomization or HelmRelease applies: the commit that it applied last, out of the
 * configured clone, rendered by the kustomize (or kubectl) and helm programs as the controllers do it. What
 * cannot be known is said, never guessed. Calls run the loop until they are answered.
 */
struct drift_render {
	struct loop *loop;
	struct client *client;
	struct gitops *gitops;   /* its repositories were waited for */
	size_t repository_count;
	const cJSON *owner;      /* the Kustomization or HelmRelease */
	const char *commit_wish; /* NULL: the one that was applied */

	/* What came of it; release with drift_render_release. */
	char commit[65];
	cJSON *objects;          /* an array */
	const char *substituted; /* see struct drift_options */
	struct vec notes;        /* char *: what is true of the comparison as a whole */
};

int drift_render(struct drift_render *render, struct err *err) MUST_USE;
void drift_render_release(struct drift_render *render);

/* One GET that is waited for; free with cJSON_Delete. *status (may be NULL) is that of HTTP. */
cJSON *drift_get(struct loop *loop, struct client *client, const char *path, int *status, struct err *err);

#endif
