/* SPDX-License-Identifier: MIT */
/* Places by their URL, and folders put into them. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "report/site.h"
#include "s3_internal.h"

enum { FILE_MAX = 1 << 30, DEPTH_MAX = 8 };

static const char *first_env(const char *const *names)
{
	for (; *names; names++) {
		const char *value = getenv(*names);
		if (value && *value)
			return value;
	}
	return NULL;
}

/* "region=eu-west-1&path-style=true" */
static int read_options(struct place *place, const char *query, int *styled, struct err *err)
{
	while (query && *query) {
		size_t len = strcspn(query, "&"), name = strcspn(query, "=&");
		const char *value = query + name + (name < len);
		char *text = mem_copy(value, len - name - (name < len));
		if (name == 6 && strncmp(query, "region", 6) == 0) {
			free(place->region);
			place->region = text;
		} else if (name == 8 && strncmp(query, "endpoint", 8) == 0) {
			free(place->endpoint);
			place->endpoint = text;
		} else if (name == 10 && strncmp(query, "path-style", 10) == 0) {
			place->path_style = strcmp(text, "true") == 0;
			*styled = 1;
			free(text);
		} else {
			free(text);
			return err_set(err, "s3:// knows region, endpoint and path-style, not \"%.*s\"",
			               (int)name, query);
		}
		query += len + (query[len] == '&');
	}
	return 0;
}

static int parse_s3(struct place *place, const char *url, struct err *err)
{
	static const char *const regions[] = {"AWS_REGION", "AWS_DEFAULT_REGION", NULL};
	static const char *const endpoints[] = {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", NULL};
	const char *at = url + 5, *query = strchr(at, '?');
	size_t len = query ? (size_t)(query - at) : strlen(at), bucket = strcspn(at, "/?");
	int styled = 0;
	place->region = mem_copy_string(first_env(regions));
	place->endpoint = mem_copy_string(first_env(endpoints));
	place->bucket = mem_copy(at, bucket);
	place->prefix = bucket < len ? mem_copy(at + bucket + 1, len - bucket - 1) : mem_copy_string("");
	for (size_t i = strlen(place->prefix); i > 0 && place->prefix[i - 1] == '/'; i--)
		place->prefix[i - 1] = '\0';
	if (bucket < 3 || strspn(place->bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-") != bucket)
		return err_set(err, "\"%.80s\" names no bucket: s3://BUCKET/PREFIX", url);
	if (read_options(place, query ? query + 1 : NULL, &styled, err) < 0)
		return -1;
	if (!place->region)
		place->region = mem_copy_string("us-east-1");
	if (place->endpoint && !styled)
		place->path_style = 1;
	if (!place->endpoint)
		place->endpoint = mem_printf("https://s3.%s.amazonaws.com", place->region);
	if (strncmp(place->endpoint, "https://", 8) != 0 && strncmp(place->endpoint, "http://", 7) != 0)
		return err_set(err, "the endpoint \"%.80s\" must begin with https:// or http://",
		               place->endpoint);
	for (size_t i = strlen(place->endpoint); i > 8 && place->endpoint[i - 1] == '/'; i--)
		place->endpoint[i - 1] = '\0';
	return 0;
}

static int connect_s3(struct place *place, struct err *err)
{
	const char *host = strstr(place->endpoint, "://") + 3;
	char *url = place->path_style ? mem_copy_string(place->endpoint)
	                              : mem_printf("%.*s%s.%s", (int)(host - place->endpoint),
	                                           place->endpoint, place->bucket, host);
	struct http_endpoint endpoint = {.url = url, .no_compression = 1};
	place->loop = loop_new(err);
	place->http = place->loop ? http_new(place->loop, err) : NULL;
	place->server = place->http ? http_server_new(place->http, &endpoint, err) : NULL;
	free(url);
	return place->server ? 0 : -1;
}

struct place *place_open(const char *url, struct log *log, struct err *err)
{
	struct place *place = mem_new(sizeof(*place));
	int result = -1;
	place->log = log;
	if (strncmp(url, "file:///", 8) == 0) {
		place->folder = mem_copy_string(url + 7);
		result = 0;
	} else if (strncmp(url, "s3://", 5) == 0) {
		result = parse_s3(place, url, err) == 0 ? connect_s3(place, err) : -1;
	} else {
		err_set(err, "\"%.80s\" is no place for results: s3://BUCKET/PREFIX or file:///FOLDER", url);
	}
	if (result == 0)
		return place;
	place_close(place);
	return NULL;
}

void place_close(struct place *place)
{
	if (!place)
		return;
	if (place->server)
		http_server_free(place->server);
	if (place->http)
		http_free(place->http);
	loop_free(place->loop);
	s3_keys_release(&place->keys);
	free(place->folder);
	free(place->bucket);
	free(place->prefix);
	free(place->endpoint);
	free(place->region);
	free(place);
}

static int put_in_folder(const struct place *place, const char *name, const char *bytes, size_t len,
                         struct err *err)
{
	char *path = mem_printf("%s/%s", place->folder, name);
	int result = folder_make_for(path, 0755) < 0 ? -1 : file_replace(path, bytes, len, 0644);
	if (result < 0)
		err_set(err, "%s cannot be written: %s", path, strerror(errno));
	free(path);
	return result;
}

int place_put(struct place *place, const char *name, const char *type, const char *bytes, size_t len,
              struct err *err)
{
	return place->folder ? put_in_folder(place, name, bytes, len, err)
	                     : s3_put(place, name, type, bytes, len, err);
}

int place_put_file(struct place *place, const char *name, const char *path, struct err *err)
{
	struct buf bytes;
	buf_init(&bytes, FILE_MAX);
	int result = buf_read_file(&bytes, path, err);
	if (result == 0)
		result = place_put(place, name, site_type(name), buf_string(&bytes), bytes.len, err);
	buf_release(&bytes);
	return result;
}

static int put_folder(struct place *place, const char *name, const char *folder, int depth, size_t *count,
                      struct err *err)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int result = 0;
	if (!dir)
		return err_set(err, "%s cannot be read: %s", folder, strerror(errno));
	while (result == 0 && (entry = readdir(dir))) {
		struct stat status;
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lock") == 0)
			continue;
		char *path = mem_printf("%s/%s", folder, entry->d_name),
		     *to = mem_printf("%s%s%s", name, *name ? "/" : "", entry->d_name);
		if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && depth < DEPTH_MAX)
			result = put_folder(place, to, path, depth + 1, count, err);
		else if (S_ISREG(status.st_mode)) {
			result = place_put_file(place, to, path, err);
			*count += result == 0;
		}
		free(to);
		free(path);
	}
	closedir(dir);
	return result;
}

int place_put_folder(struct place *place, const char *name, const char *folder, size_t *count,
                     struct err *err)
{
	*count = 0;
	return put_folder(place, name, folder, 0, count, err);
}
