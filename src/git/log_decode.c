/* SPDX-License-Identifier: MIT */
/* Entries are fields of bytes up to a NUL; nothing is copied but what the model keeps. */
#include "git/log_decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { FIELDS = 6, SUBJECT_MAX = 300, AUTHOR_MAX = 120, ID_MAX = 80, PATH_MAX_SHOWN = 600 };
enum { FIELD_SHA, FIELD_PARENTS, FIELD_TIME, FIELD_AUTHOR, FIELD_SUBJECT, FIELD_BODY };

struct reader {
	const char *at, *end;
};

/* The next field, NUL-terminated where it stands; NULL when there is no whole one. */
static const char *field_next(struct reader *reader)
{
	const char *start = reader->at;
	const char *nul = start < reader->end ? memchr(start, '\0', (size_t)(reader->end - start)) : NULL;

	if (!nul)
		return NULL;
	reader->at = nul + 1;
	return start;
}

/* The full shas of a list with blanks; their text goes to `room`. */
static size_t read_parents(const char *text, char room[LOG_PARENTS][COMMIT_SHA], const char *parents[LOG_PARENTS])
{
	size_t count = 0;

	while (*text && count < LOG_PARENTS) {
		size_t len = strcspn(text, " ");
		if (len > 0 && len < COMMIT_SHA) {
			memcpy(room[count], text, len);
			room[count][len] = '\0';
			if (sha_is_whole(room[count])) {
				parents[count] = room[count];
				count++;
			}
		}
		text += len + (text[len] == ' ');
	}
	return count;
}

/* "This reverts commit SHA", as `git revert` and the forges write it. */
static void read_reverts(const char *body, char out[COMMIT_SHA])
{
	static const char words[] = "This reverts commit ";
	const char *at = strstr(body, words);
	size_t len;

	out[0] = '\0';
	if (!at)
		return;
	at += sizeof(words) - 1;
	len = strspn(at, "0123456789abcdef");
	if (len != 40 && len != 64)
		return;
	memcpy(out, at, len);
	out[len] = '\0';
}

/* The last one counts: a squashed commit holds the messages of all before it. */
static void read_change_id(const char *body, char *out, size_t size)
{
	static const char name[] = "Flag-Change-Id:";

	out[0] = '\0';
	for (const char *line = body; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *value = line + sizeof(name) - 1;
		if (strncmp(line, name, sizeof(name) - 1) != 0)
			continue;
		value += strspn(value, " \t");
		utf8_sanitise(out, size, value, strcspn(value, "\r\n"));
	}
}

size_t log_decode(struct repository *repository, const char *bytes, size_t len)
{
	struct reader reader = {bytes, bytes + len};
	size_t count = 0;

	for (;; count++) {
		const char *fields[FIELDS], *parents[LOG_PARENTS];
		char room[LOG_PARENTS][COMMIT_SHA], reverts[COMMIT_SHA], id[ID_MAX], subject[SUBJECT_MAX], author[AUTHOR_MAX];
		for (size_t i = 0; i < FIELDS; i++)
			if (!(fields[i] = field_next(&reader)))
				return count;
		if (!sha_is_whole(fields[FIELD_SHA]))
			return count;
		read_reverts(fields[FIELD_BODY], reverts);
		read_change_id(fields[FIELD_BODY], id, sizeof(id));
		utf8_sanitise(subject, sizeof(subject), fields[FIELD_SUBJECT], strlen(fields[FIELD_SUBJECT]));
		utf8_sanitise(author, sizeof(author), fields[FIELD_AUTHOR], strlen(fields[FIELD_AUTHOR]));
		long long seconds = strtoll(fields[FIELD_TIME], NULL, 10);
		/* A commit may claim any date; what does not fit a year of four digits is none. */
		const struct commit_facts facts = {
		    .sha = fields[FIELD_SHA], .author = author, .subject = subject, .change_id = id, .reverts = reverts,
		    .at_ms = seconds > 0 && seconds < 253402300800LL ? seconds * 1000 : 0,
		    .parent_count = read_parents(fields[FIELD_PARENTS], room, parents), .parents = parents,
		};
		repository_put(repository, &facts);
	}
}

struct path_list {
	char sha[COMMIT_SHA];
	char room[LOG_PATHS][PATH_MAX_SHOWN];
	const char *paths[LOG_PATHS];
	size_t count;
	int cut;
};

static void paths_flush(struct repository *repository, struct path_list *list)
{
	if (list->sha[0])
		repository_set_paths(repository, list->sha, list->paths, list->count, list->cut);
	list->count = 0;
	list->cut = 0;
	list->sha[0] = '\0';
}

static void path_add(struct path_list *list, const char *path, size_t len)
{
	if (list->count == LOG_PATHS) {
		list->cut = 1;
		return;
	}
	utf8_sanitise(list->room[list->count], PATH_MAX_SHOWN, path, len);
	list->paths[list->count] = list->room[list->count];
	list->count++;
}

/* An empty field stands before each sha, the first path begins with a line feed, and no path is empty. */
size_t log_decode_paths(struct repository *repository, const char *bytes, size_t len, int cut)
{
	struct reader reader = {bytes, bytes + len};
	struct path_list *list = mem_new(sizeof(*list));
	const char *field;
	size_t commits = 0;

	while ((field = field_next(&reader))) {
		if (*field == '\0') {
			paths_flush(repository, list);
			field = field_next(&reader);
			if (!field || !sha_is_whole(field))
				break;
			memcpy(list->sha, field, strlen(field) + 1);
			commits++;
		} else if (list->sha[0]) {
			field += list->count == 0 && *field == '\n';
			path_add(list, field, strlen(field));
		}
	}
	list->cut |= cut;
	paths_flush(repository, list);
	free(list);
	return commits;
}
