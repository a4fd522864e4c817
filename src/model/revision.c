/* SPDX-License-Identifier: MIT */
/*
 * A revision is read from its end: the digest is what stands after the last '@' (or, in the legacy
 * form, after the last '/'), because branch names may hold both.
 */
#include "model/revision.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { SHORT_HEX = 7, HEX_MIN = 7, SHA1_HEX = 40, SHA256_HEX = 64 };

static size_t hex_run(const char *text)
{
	size_t len = 0;
	while (isxdigit((unsigned char)text[len]))
		len++;
	return len;
}

/* Whether text is "algo:hex" or a hex digest of a known length; fills those parts. */
static int read_digest(const char *text, struct revision *out)
{
	const char *colon = strchr(text, ':');
	const char *hex = colon ? colon + 1 : text;
	size_t len = hex_run(hex);
	if (hex[len] || (colon ? len < HEX_MIN : len != SHA1_HEX && len != SHA256_HEX))
		return 0;
	for (const char *at = text; colon && at < colon; at++)
		if (!isalnum((unsigned char)*at))
			return 0;
	if (colon == text)
		return 0;
	out->algo = text;
	out->algo_len = colon ? (size_t)(colon - text) : 0;
	out->hex = hex;
	out->hex_len = len;
	return 1;
}

struct revision revision_parse(const char *text)
{
	struct revision out = {.pointer = text, .algo = text, .hex = text};
	const char *at = strrchr(text, '@'), *slash = strrchr(text, '/');
	if (at && read_digest(at + 1, &out)) {
		out.pointer_len = (size_t)(at - text);
		return out;
	}
	if (!at && read_digest(text, &out))
		return out;
	/* Only a bare sha follows a slash: "main/<sha>", of source-controller before 0.36. */
	if (slash && !strchr(slash, ':') && read_digest(slash + 1, &out)) {
		out.pointer_len = (size_t)(slash - text);
		return out;
	}
	out.pointer_len = strlen(text);
	return out;
}

int revision_commit(const char *text, char out[65])
{
	struct revision revision = revision_parse(text);
	int by_name = revision.algo_len == 4 && strncmp(revision.algo, "sha1", 4) == 0;
	int by_length = revision.algo_len == 0 && (revision.hex_len == SHA1_HEX || revision.hex_len == SHA256_HEX);
	/* sha256 is Git's too, but a pointer that is a branch tells it from an OCI digest's tag. */
	int by_pointer = revision.algo_len == 6 && strncmp(revision.pointer, "refs/", 5) == 0;
	if ((!by_name && !by_length && !by_pointer) || revision.hex_len > SHA256_HEX)
		return 0;
	for (size_t i = 0; i < revision.hex_len; i++)
		out[i] = (char)tolower((unsigned char)revision.hex[i]);
	out[revision.hex_len] = '\0';
	return 1;
}

static void add_short_hex(const struct revision *revision, struct text *out)
{
	text_printf(out, "%.*s", (int)(revision->hex_len < SHORT_HEX ? revision->hex_len : SHORT_HEX), revision->hex);
}

void revision_short(const char *text, struct text *out)
{
	struct revision revision = revision_parse(text);
	if (revision.hex_len)
		add_short_hex(&revision, out);
	else
		text_add(out, text);
}

void revision_brief(const char *text, struct text *out)
{
	struct revision revision = revision_parse(text);
	const char *pointer = revision.pointer;
	size_t len = revision.pointer_len;
	static const char heads[] = "refs/heads/";
	if (len > sizeof(heads) - 1 && strncmp(pointer, heads, sizeof(heads) - 1) == 0) {
		pointer += sizeof(heads) - 1;
		len -= sizeof(heads) - 1;
	}
	text_printf(out, "%.*s", (int)len, pointer);
	if (!revision.hex_len)
		return;
	if (len)
		text_add(out, "@");
	add_short_hex(&revision, out);
}

int revision_same(const char *a, const char *b)
{
	struct revision left = revision_parse(a), right = revision_parse(b);
	if (left.hex_len && right.hex_len)
		return left.hex_len == right.hex_len && strncasecmp(left.hex, right.hex, left.hex_len) == 0;
	return strcmp(a, b) == 0;
}
