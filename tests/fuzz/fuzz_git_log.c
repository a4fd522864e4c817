/* SPDX-License-Identifier: MIT */
/* `git log` and its paths, which hold what anybody pushed; what comes out must be drawable. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "git/git.h"
#include "git/log_decode.h"
#include "git/url.h"
#include "model/fleet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const char *text)
{
	if (!utf8_is_safe(text, strlen(text)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fleet *fleet = fleet_new(&clock_system);
	struct repository *repository = fleet_add_repository(fleet, "https://x", "main");
	char *text = strndup((const char *)bytes, len), room[700];
	struct text shown = text_in(room, sizeof(room));
	struct commit *commit;

	repository_begin(repository);
	log_decode(repository, (const char *)bytes, len);
	repository_end(repository, "", 0, ANCESTRY_UNKNOWN);
	log_decode_paths(repository, (const char *)bytes, len, 1);
	for (size_t i = 0; (commit = map_next(&repository->by_sha, &i));) {
		check(commit->subject);
		check(commit->author);
		check(commit->change_id);
		for (size_t p = 0; p < commit->path_count; p++)
			check(commit->paths[p]);
		(void)repository_reverted_by(repository, commit);
		(void)repository_ancestry(repository, commit->sha, "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1");
	}
	url_show(text, &shown);
	check(room);
	(void)!url_check(text, (int)(len & 1), NULL);
	(void)git_trouble_of((const char *)bytes, len);
	free(text);
	fleet_free(fleet);
	return 0;
}
