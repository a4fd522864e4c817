/* SPDX-License-Identifier: MIT */
/* Requests made ready once: what never varies is one piece of memory that all connections write from. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "engine_internal.h"

static void piece_add(struct template *template, const struct template_piece *piece)
{
	if (piece->kind == PIECE_TEXT && piece->len == 0)
		return;
	template->pieces = mem_resize(template->pieces, template->count + 1, sizeof(*template->pieces));
	template->pieces[template->count++] = *piece;
}

/* The profile was checked: each name is one of these. */
static struct template_piece piece_of(const struct profile *profile, const char *name, size_t len)
{
	const char *dot = memchr(name, '.', len);
	if (!dot)
		return (struct template_piece){.kind = len == 3 ? PIECE_SEQ : PIECE_UUID};
	for (size_t i = 0; i < profile->data_count; i++) {
		const struct profile_data *data = &profile->data[i];
		size_t name_len = (size_t)(dot - name), column_len = len - name_len - 1;
		if (strlen(data->name) != name_len || strncmp(data->name, name, name_len) != 0)
			continue;
		for (size_t column = 0; column < data->columns; column++)
			if (strlen(data->fields[column]) == column_len &&
			    strncmp(data->fields[column], dot + 1, column_len) == 0)
				return (struct template_piece){
				    .kind = PIECE_DATA, .data = data, .column = column};
	}
	return (struct template_piece){.kind = PIECE_TEXT, .text = ""};
}

void template_make(struct template *template, const struct profile *profile, const char *text)
{
	char *at = template->text = mem_copy_string(text), *dollar;
	while ((dollar = strstr(at, "${"))) {
		char *end = strchr(dollar, '}');
		if (!end)
			break;
		struct template_piece piece = piece_of(profile, dollar + 2, (size_t)(end - dollar - 2));
		piece_add(template, &(struct template_piece){
		                        .kind = PIECE_TEXT, .text = at, .len = (size_t)(dollar - at)});
		piece_add(template, &piece);
		at = end + 1;
	}
	piece_add(template, &(struct template_piece){.kind = PIECE_TEXT, .text = at, .len = strlen(at)});
}

static void template_release(struct template *template)
{
	free(template->pieces);
	free(template->text);
}

int template_is_static(const struct template *template)
{
	for (size_t i = 0; i < template->count; i++)
		if (template->pieces[i].kind != PIECE_TEXT)
			return 0;
	return 1;
}

static void render_uuid(struct buf *out)
{
	unsigned char bytes[16];
	random_bytes(bytes, sizeof(bytes));
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	for (int i = 0; i < 16; i++)
		(void)!buf_printf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
}

void template_render(const struct template *template, uint64_t number, struct buf *out)
{
	for (size_t i = 0; i < template->count; i++) {
		const struct template_piece *piece = &template->pieces[i];
		switch (piece->kind) {
		case PIECE_TEXT:
			(void)!buf_add(out, piece->text, piece->len);
			break;
		case PIECE_SEQ:
			(void)!buf_printf(out, "%llu", (unsigned long long)number);
			break;
		case PIECE_UUID:
			render_uuid(out);
			break;
		case PIECE_DATA: {
			size_t row = 1 + (size_t)(number % piece->data->rows);
			(void)!buf_add_string(
			    out, piece->data->fields[row * piece->data->columns + piece->column]);
			break;
		}
		}
	}
}

static int has_header(const struct profile_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcasecmp(request->headers[i].name, name) == 0)
			return 1;
	return 0;
}

void target_authority(const struct profile *profile, struct buf *out)
{
	const struct profile_target *at = &profile->at;
	int is_v6 = strchr(at->host, ':') != NULL;
	(void)!buf_printf(out, "%s%s%s", is_v6 ? "[" : "", at->host, is_v6 ? "]" : "");
	if (at->port != (at->tls ? 443 : 80))
		(void)!buf_printf(out, ":%d", at->port);
}

static void payload_h1(struct engine *engine, struct payload *payload)
{
	const struct profile *profile = engine->profile;
	const struct profile_request *request = payload->request;
	struct buf text;
	buf_init(&text, 1 << 20);
	(void)!buf_printf(&text, "%s %s%s HTTP/1.1\r\n", request->method, profile->at.prefix, request->path);
	if (!has_header(request, "host")) {
		(void)!buf_add_string(&text, "Host: ");
		target_authority(profile, &text);
		(void)!buf_add_string(&text, "\r\n");
	}
	if (!has_header(request, "user-agent"))
		(void)!buf_add_string(&text, "User-Agent: flagdeck/" FLAGDECK_VERSION "\r\n");
	for (size_t i = 0; i < request->header_count; i++)
		(void)!buf_printf(&text, "%s: %s\r\n", request->headers[i].name, request->headers[i].value);
	template_make(&payload->head, profile, buf_string(&text));
	if (template_is_static(&payload->head) && template_is_static(&payload->body)) {
		if (request->body || strcmp(request->method, "POST") == 0 ||
		    strcmp(request->method, "PUT") == 0)
			(void)!buf_printf(&text, "Content-Length: %zu\r\n",
			                  request->body ? strlen(request->body) : 0);
		(void)!buf_printf(&text, "\r\n%s", request->body ? request->body : "");
		payload->wire_len = text.len;
		payload->wire = mem_copy(buf_string(&text), text.len);
	}
	buf_release(&text);
}

static void payload_h2(struct engine *engine, struct payload *payload)
{
	const struct profile *profile = engine->profile;
	const struct profile_request *request = payload->request;
	char *path = mem_printf("%s%s", profile->at.prefix, request->path);
	template_make(&payload->path, profile, path);
	free(path);
	for (size_t i = 0; i < request->header_count; i++) {
		if (strcasecmp(request->headers[i].name, "host") == 0)
			continue;
		payload->names[i] = mem_copy_string(request->headers[i].name);
		for (char *at = payload->names[i]; *at; at++)
			*at = (char)tolower((unsigned char)*at);
		template_make(&payload->values[i], profile, request->headers[i].value);
	}
}

void payloads_make(struct engine *engine)
{
	for (size_t i = 0; i < engine->profile->request_count; i++) {
		struct payload *payload = &engine->payloads[i];
		const struct profile_request *request = &engine->profile->requests[i];
		payload->request = request;
		payload->to_head = strcmp(request->method, "HEAD") == 0;
		payload->looks =
		    request->expect.contains || request->expect.lacks || request->expect.header.name;
		template_make(&payload->body, engine->profile, request->body ? request->body : "");
		payload_h1(engine, payload);
		payload_h2(engine, payload);
	}
}

void payloads_free(struct engine *engine)
{
	for (size_t i = 0; i < engine->profile->request_count; i++) {
		struct payload *payload = &engine->payloads[i];
		template_release(&payload->head);
		template_release(&payload->body);
		template_release(&payload->path);
		free(payload->wire);
		for (size_t k = 0; k < PROFILE_HEADERS; k++) {
			template_release(&payload->values[k]);
			free(payload->names[k]);
		}
	}
}
