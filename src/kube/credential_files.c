/* SPDX-License-Identifier: MIT */
/* Files that others replace under us: kubelets rotate tokens, cert-manager and people certificates. */
#include "credential_files.h"

#include <string.h>

#include "base/mem.h"
#include "credential_secret.h"

/* Drops white space at both ends; returns the new length. */
static size_t trim(char *bytes, size_t len)
{
	static const char space[] = " \t\r\n\v\f";
	size_t start = 0;

	while (start < len && bytes[start] && strchr(space, bytes[start]))
		start++;
	while (len > start && bytes[len - 1] && strchr(space, bytes[len - 1]))
		len--;
	memmove(bytes, bytes + start, len - start);
	explicit_bzero(bytes + len - start, start);
	bytes[len - start] = '\0';
	return len - start;
}

/* A token goes into a header: a control character in it would begin another one. */
static int is_header_safe(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7f)
			return 0;
	return 1;
}

static int check(const struct kept_file *file, const char *bytes, size_t len, struct err *err)
{
	if (len == 0)
		return err_set(err, "the file %.250s is empty", file->path);
	if (file->is_word && !is_header_safe(bytes, len))
		return err_set(err, "the file %.250s holds no token: there are control characters in it",
		               file->path);
	if (file->must_hold && !memmem(bytes, len, file->must_hold, strlen(file->must_hold)))
		return err_set(err, "the file %.250s holds no PEM with \"%s\"", file->path, file->must_hold);
	return 0;
}

static int load(const struct kept_file *file, char **bytes, size_t *len, struct err *err)
{
	size_t read_len;

	if (secret_read_file(file->path, file->max, bytes, len, err))
		return -1;
	read_len = *len;
	if (file->is_word)
		*len = trim(*bytes, *len);
	if (check(file, *bytes, *len, err) == 0)
		return 0;
	secret_free(*bytes, read_len);
	*bytes = NULL;
	return -1;
}

int kept_file_open(struct kept_file *file, struct err *err)
{
	return file->path ? load(file, &file->bytes, &file->len, err) : 0;
}

int kept_file_look(struct kept_file *file)
{
	char *bytes;
	size_t len;

	if (!file->path || load(file, &bytes, &len, NULL))
		return 0;
	if (file->bytes && file->len == len && memcmp(file->bytes, bytes, len) == 0) {
		secret_free(bytes, len);
		return 0;
	}
	secret_free(file->bytes, file->len);
	file->bytes = bytes;
	file->len = len;
	return 1;
}

void kept_file_release(struct kept_file *file)
{
	secret_free(file->bytes, file->len);
	*file = (struct kept_file){0};
}
