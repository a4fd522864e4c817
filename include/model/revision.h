/* SPDX-License-Identifier: MIT */
#ifndef MODEL_REVISION_H
#define MODEL_REVISION_H

#include <stddef.h>

#include "base/text.h"

/*
 * A revision as Flux writes it: `[pointer@]algo:hex`, where the pointer may hold '/' and '@'
 * ("refs/heads/x@sha1:…", "main@sha1:…", "6.5.0@sha256:…", "sha1:…"); the legacy forms
 * "main/<sha>" and a bare sha; or, from Helm, a version that is no digest ("6.5.0+1").
 */
struct revision {
	const char *pointer;   /* into the text; pointer_len 0: none */
	size_t pointer_len;
	const char *algo;      /* "sha1"; algo_len 0: none said */
	size_t algo_len;
	const char *hex;       /* the digest; hex_len 0: this is a version only */
	size_t hex_len;
};

/* Never fails: what is no digest is a pointer. The parts point into `text`. */
struct revision revision_parse(const char *text);
/* Whether it names a Git commit: 40 or 64 hex digits, and not of an OCI artifact. Writes it to out. */
int revision_commit(const char *text, char out[65]);
/* For a narrow column: "a1b2c3d", a version as it is, "" for "". */
void revision_short(const char *text, struct text *out);
/* For a wide one: "main@a1b2c3d", as `flux get` has it. */
void revision_brief(const char *text, struct text *out);
/* Whether two name the same content: the digests where both have one, else the texts. */
int revision_same(const char *a, const char *b);

#endif
