/* SPDX-License-Identifier: MIT */
/*
 * Data files (CSV with a head line) and the ${variables} that take their values: ${file.column} the next
 * row's, ${seq} the number of the request, ${uuid} a random one. What stands together in the end is
 * checked here too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/spell.h"
#include "profile_internal.h"

enum { DATA_BYTES_MAX = 64 << 20, DATA_COLUMNS_MAX = 64 };

/* Cuts a line of CSV in place; a quoted field may hold commas, line ends and "" for a quote. Returns
 * the start of the next line, or NULL when a quote never ends. */
static char *cut_line(char *at, const char *end, const char **fields, size_t max, size_t *count)
{
	*count = 0;
	for (;;) {
		char *out = at, *start = at;
		if (at < end && *at == '"') {
			for (at++; at < end && !(*at == '"' && at[1] != '"'); *out++ = *at++)
				at += *at == '"';
			if (at++ >= end)
				return NULL;
		} else {
			while (at < end && *at != ',' && *at != '\n')
				at++;
			out = at > start && at[-1] == '\r' ? at - 1 : at;
		}
		if (*count < max)
			fields[*count] = start;
		(*count)++;
		at += at < end && *at == '\r';
		int ended = at >= end || *at == '\n';
		int comma = !ended && *at == ',';
		*out = '\0';
		if (!comma)
			return ended ? (at < end ? at + 1 : at) : NULL;
		at++;
	}
}

/* Fills the rows. 0, or the line (from 1) where it is no table. */
static size_t data_cut(struct profile_data *data, size_t len)
{
	const char *heads[DATA_COLUMNS_MAX];
	char *at = data->bytes, *end = data->bytes + len;
	size_t count, room = 0, line = 1;
	at = cut_line(at, end, heads, DATA_COLUMNS_MAX, &count);
	if (!at || count > DATA_COLUMNS_MAX)
		return 1;
	data->columns = count;
	for (size_t used = 0;;) {
		if (used + data->columns > room) {
			room = room ? room * 2 : 64 * data->columns;
			data->fields = mem_resize(data->fields, room, sizeof(*data->fields));
		}
		if (used == 0) {
			memcpy(data->fields, heads, count * sizeof(*heads));
		} else if (at >= end) {
			return 0;
		} else {
			line++;
			at = cut_line(at, end, data->fields + used, data->columns, &count);
			if (!at || count != data->columns)
				return line;
			data->rows++;
		}
		used += data->columns;
	}
}

void read_data(struct reader *reader, const struct yaml_node *node, void *into)
{
	struct profile *profile = reader->profile;
	(void)into;
	if (node->kind != YAML_MAP) {
		reader_problem(reader, node->line,
		               "data must be a map of names to CSV files: {users: users.csv}");
		return;
	}
	for (size_t i = 0; i < node->count && profile->data_count < PROFILE_DATA; i++) {
		struct profile_data *data = &profile->data[profile->data_count];
		struct err err = {0};
		struct buf bytes;
		if (!yaml_string(node->items[i])) {
			reader_problem(reader, node->items[i]->line,
			               "data.%.40s must be the name of a CSV file", node->keys[i]->value);
			continue;
		}
		*data = (struct profile_data){.name = node->keys[i]->value, .file = node->items[i]->value};
		profile->data_count++;
		char *path = profile_beside(profile, data->file);
		buf_init(&bytes, DATA_BYTES_MAX);
		if (buf_read_file(&bytes, path, &err) < 0) {
			reader_problem(reader, node->items[i]->line, "data.%s: %s", data->name, err.text);
		} else {
			data->bytes = mem_copy(buf_string(&bytes), bytes.len);
			size_t line = data_cut(data, bytes.len);
			if (line > 0)
				reader_problem(reader, node->items[i]->line,
				               "data.%s: %s:%zu: not as many fields as in the head line",
				               data->name, path, line);
			else if (data->rows == 0)
				reader_problem(reader, node->items[i]->line,
				               "data.%s: %s has no row below its head line", data->name,
				               path);
		}
		buf_release(&bytes);
		free(path);
	}
}

static void check_variable(struct reader *reader, const char *name, size_t len, int line)
{
	const struct profile *profile = reader->profile;
	const char *dot = memchr(name, '.', len);
	char copy[80];
	snprintf(copy, sizeof(copy), "%.*s", (int)(len < 79 ? len : 79), name);
	if (!dot) {
		if (strcmp(copy, "seq") != 0 && strcmp(copy, "uuid") != 0)
			reader_problem(reader, line,
			               "there is no ${%s}; there are ${seq}, ${uuid} and ${data.column}",
			               copy);
		return;
	}
	for (size_t i = 0; i < profile->data_count; i++) {
		const struct profile_data *data = &profile->data[i];
		if (strlen(data->name) != (size_t)(dot - name) ||
		    strncmp(data->name, name, (size_t)(dot - name)) != 0)
			continue;
		for (size_t k = 0; k < data->columns && data->fields; k++)
			if (strcmp(data->fields[k], strchr(copy, '.') + 1) == 0)
				return;
		const char *near =
		    data->fields ? spell_nearest(strchr(copy, '.') + 1, data->fields, data->columns) : NULL;
		reader_problem(reader, line, "${%s}: data.%s has no such column%s%s%s", copy, data->name,
		               near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		return;
	}
	reader_problem(reader, line, "${%s}: there is no such data file under `data`", copy);
}

static void check_variables(struct reader *reader, const char *text, int line)
{
	while ((text = strstr(text, "${"))) {
		const char *end = strchr(text, '}');
		if (!end) {
			reader_problem(reader, line, "a ${ without its }");
			return;
		}
		check_variable(reader, text + 2, (size_t)(end - text - 2), line);
		text = end;
	}
}

static void check_all_variables(struct reader *reader)
{
	for (size_t i = 0; i < reader->profile->request_count; i++) {
		const struct profile_request *request = &reader->profile->requests[i];
		check_variables(reader, request->path ? request->path : "", request->line);
		check_variables(reader, request->body ? request->body : "", request->line);
		for (size_t k = 0; k < request->header_count; k++)
			check_variables(reader, request->headers[k].value ? request->headers[k].value : "",
			                request->headers[k].line);
	}
}

void check_profile(struct reader *reader)
{
	struct profile *profile = reader->profile;
	int line = profile->yaml.root->line;
	check_all_variables(reader);
	if (!profile->name)
		profile->name = "load";
	if (strlen(profile->name) > 80 || strpbrk(profile->name, "/\r\n"))
		reader_problem(reader, line, "name must be one short line without a slash");
	if (!profile->target && !profile->plan)
		reader_problem(reader, line, "a profile needs a target: target: https://shop.example");
	if (profile->request_count == 0 && !profile->plan)
		reader_problem(reader, line, "a profile needs requests: [{path: /}]");
	int models = (profile->stage_count > 0) + (profile->users > 0) + (profile->search.high > 0);
	if (models != 1 && !profile->plan && !reader->problems->len)
		reader_problem(reader, line,
		               "a profile needs either stages (requests a second) or users (a closed loop)");
	if (profile->plan && profile->engine == ENGINE_NATIVE)
		reader_problem(reader, line, "plan is for the engines jmeter and k6");
	if (profile->search.high > 0 && profile->slo_count == 0)
		reader_problem(reader, line, "a search needs slos: what shall hold at the rate it looks for");
	if (profile->threads > profile->connections)
		profile->threads = profile->connections;
	if (profile->users > 0)
		profile->connections = profile->users;
	if (profile->users > 0 && profile->threads > profile->users)
		profile->threads = profile->users;
}
