/* SPDX-License-Identifier: MIT */
/*
 * Feeds a fuzz target what is known: every file of a corpus, each also cut short at a few places. It
 * stands in for libFuzzer's main, so that a compiler without libFuzzer replays the corpora too.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A copy of exactly that size, so that a read past its end is seen. */
static void feed(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static int file_replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = NULL;
	long len = -1;
	int status = -1;

	if (!file || fseek(file, 0, SEEK_END) != 0 || (len = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
		goto out;
	bytes = malloc((size_t)len + 1);
	if (!bytes || fread(bytes, 1, (size_t)len, file) != (size_t)len)
		goto out;
	/* Says which input a crash belongs to: the line stands last in the log. */
	fprintf(stderr, "replay %s\n", path);
	feed(bytes, (size_t)len);
	for (size_t part = 1; part < 8; part++)
		feed(bytes, (size_t)len * part / 8);
	status = 0;
out:
	if (status)
		perror(path);
	free(bytes);
	if (file)
		fclose(file);
	return status;
}

int main(int argc, char **argv)
{
	size_t files = 0;
	DIR *dir = NULL;
	struct dirent *entry;
	char path[4096];
	int status = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	feed((const uint8_t *)"", 0);
	dir = opendir(argv[1]);
	if (!dir) {
		perror(argv[1]);
		return 1;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name) >= sizeof(path) || file_replay(path))
			status = 1;
		files++;
	}
	closedir(dir);
	printf("%zu files\n", files);
	/* An empty corpus proves nothing. */
	return status || files == 0;
}
