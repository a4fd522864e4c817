/* SPDX-License-Identifier: MIT */
/*
 * A push-down automaton over bytes. Each open container has a frame that says what becomes of its
 * members: SKIP (nothing below is wanted), FILTER (a node of the filter's tree decides by name) or
 * KEEP (all of it is copied). Containers that are skipped do not even get frames: they are counted
 * by skip_bytes, which is where nearly all of a pod goes.
 *
 * The envelope (list or watch event) is a filter too, written by hand: `envelope_enter` decides
 * what the values under the root are.
 */
#include "kube/scan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "kube/scan_skip.h"

struct scan_filter {
	char *name; /* NULL at the root */
	size_t len;
	int whole;  /* the value is let through whole */
	struct scan_filter **children;
	size_t count;
};

enum { NAME_MAX_BYTES = 512, KEPT_MAX = 4 << 20 };

/* What a frame does with its members. */
enum fate { FATE_SKIP, FATE_FILTER, FATE_KEEP, FATE_ENVELOPE, FATE_ITEMS };

struct frame {
	char close;                      /* '}' or ']' */
	char fate;
	char wrote;                      /* a member was copied: the next needs a comma */
	char captures;                   /* this container is the object itself: emitted at its close */
	const struct scan_filter *node;  /* FATE_FILTER */
};

enum state {
	AT_VALUE,        /* a value must come */
	AT_VALUE_OR_END, /* first in an array */
	AT_NAME,         /* a name must come */
	AT_NAME_OR_END,  /* first in an object */
	AT_COLON,
	AT_COMMA_OR_END,
	IN_NAME,
	IN_STRING,
	IN_LITERAL,      /* number, true, false, null */
	IN_SKIP,         /* inside a skipped container */
	AT_ROOT_END,     /* a root value is closed */
};

struct scan {
	enum scan_form form;
	const struct scan_filter *filter;
	struct scan_events events;
	enum state state;
	struct frame frames[SCAN_DEPTH];
	int depth;
	struct skip skip;
	enum fate fate;                 /* of the value to come */
	const struct scan_filter *node; /* of the value to come */
	int escaped;                    /* in a string: the last byte was a backslash */
	char name[NAME_MAX_BYTES];
	size_t name_len;                /* over NAME_MAX_BYTES: the name is longer and matches nothing */
	char type[32];                  /* of the watch event */
	size_t type_len;
	int in_type, in_metadata, in_object, has_items, roots;
	struct buf kept;
	size_t received;                /* bytes of the object so far */
	int stopped, failed;
	struct err err;
};

static struct scan_filter *filter_child(struct scan_filter *node, const char *name, size_t len)
{
	for (size_t i = 0; i < node->count; i++)
		if (node->children[i]->len == len && memcmp(node->children[i]->name, name, len) == 0)
			return node->children[i];
	struct scan_filter *child = mem_new(sizeof(*child));
	child->name = mem_copy(name, len);
	child->len = len;
	node->children = mem_resize(node->children, node->count + 1, sizeof(*node->children));
	node->children[node->count++] = child;
	return child;
}

static void filter_add(struct scan_filter *root, const char *path)
{
	struct scan_filter *node = root;
	while (*path) {
		size_t len = strcspn(path, " ");
		node = filter_child(node, path, len);
		path += len + (path[len] == ' ');
	}
	node->whole = 1;
}

struct scan_filter *scan_filter_new(const char *const *paths)
{
	static const char *const always[] = {"metadata resourceVersion", "metadata annotations k8s.io/initial-events-end",
		"code", "reason", "message", "details retryAfterSeconds", NULL};
	struct scan_filter *root = mem_new(sizeof(*root));
	for (; *paths; paths++)
		filter_add(root, *paths);
	for (const char *const *path = always; *path; path++)
		filter_add(root, *path);
	return root;
}

void scan_filter_free(struct scan_filter *filter)
{
	if (!filter)
		return;
	for (size_t i = 0; i < filter->count; i++)
		scan_filter_free(filter->children[i]);
	free(filter->children);
	free(filter->name);
	free(filter);
}

struct scan *scan_new(enum scan_form form, const struct scan_filter *filter, const struct scan_events *events)
{
	struct scan *scan = mem_new(sizeof(*scan));
	scan->form = form;
	scan->filter = filter;
	scan->events = *events;
	scan->state = AT_VALUE;
	scan->fate = FATE_ENVELOPE;
	buf_init(&scan->kept, KEPT_MAX);
	return scan;
}

void scan_free(struct scan *scan)
{
	if (!scan)
		return;
	buf_release(&scan->kept);
	free(scan);
}

static int scan_fail(struct scan *scan, const char *what)
{
	scan->failed = 1;
	return err_set(&scan->err, "the server's answer is not what a Kubernetes API server sends: %s", what);
}

static int scan_keep(struct scan *scan, const char *bytes, size_t len)
{
	if (buf_add(&scan->kept, bytes, len) < 0)
		return scan_fail(scan, "an object's shown fields are over 4 MiB");
	return 0;
}

static struct frame *scan_top(struct scan *scan)
{
	return scan->depth > 0 ? &scan->frames[scan->depth - 1] : NULL;
}

static int copies(enum fate fate)
{
	return fate == FATE_KEEP || fate == FATE_FILTER;
}

/* Whether the value to come is one whose text is handed out whole at its end. */
static int starts_capture(const struct scan *scan)
{
	return scan->in_metadata == 1 || scan->in_object == 1;
}

/* Decides what becomes of the member `name` of the envelope. */
static void envelope_enter(struct scan *scan)
{
	size_t len = scan->name_len;
	scan->fate = FATE_SKIP;
	scan->node = NULL;
	if (scan->form == SCAN_LIST && len == 5 && memcmp(scan->name, "items", 5) == 0) {
		scan->fate = FATE_ITEMS;
		scan->has_items = 1;
	} else if (scan->form == SCAN_LIST && len == 8 && memcmp(scan->name, "metadata", 8) == 0) {
		scan->fate = FATE_KEEP;
		scan->in_metadata = 1;
	} else if (scan->form == SCAN_WATCH && len == 4 && memcmp(scan->name, "type", 4) == 0) {
		scan->fate = FATE_KEEP;
		scan->in_type = 1;
		scan->type_len = 0;
	} else if (scan->form == SCAN_WATCH && len == 6 && memcmp(scan->name, "object", 6) == 0) {
		scan->fate = FATE_FILTER;
		scan->node = scan->filter;
		scan->in_object = 1;
	}
}

/* A name has been read: what becomes of its value? Copied names go out with it. */
static int name_done(struct scan *scan)
{
	struct frame *top = scan_top(scan);
	scan->state = AT_COLON;
	if (top->fate == FATE_ENVELOPE) {
		envelope_enter(scan);
		return 0;
	}
	if (top->fate == FATE_KEEP) {
		scan->fate = FATE_KEEP;
		return scan_keep(scan, "\":", 2); /* its characters were copied as they came */
	}
	scan->fate = FATE_SKIP;
	scan->node = NULL;
	if (scan->name_len > NAME_MAX_BYTES)
		return 0;
	for (size_t i = 0; i < top->node->count; i++) {
		const struct scan_filter *child = top->node->children[i];
		if (child->len != scan->name_len || memcmp(child->name, scan->name, child->len) != 0)
			continue;
		scan->fate = child->whole ? FATE_KEEP : FATE_FILTER;
		scan->node = child;
		if ((top->wrote && scan_keep(scan, ",", 1) < 0) || scan_keep(scan, "\"", 1) < 0 ||
		    scan_keep(scan, scan->name, scan->name_len) < 0)
			return -1;
		top->wrote = 1;
		return scan_keep(scan, "\":", 2);
	}
	return 0;
}

static int capture_done(struct scan *scan)
{
	int stop = 0;
	if (scan->in_metadata) {
		scan->in_metadata = 0;
		if (scan->events.list_metadata)
			scan->events.list_metadata(scan->events.arg, buf_string(&scan->kept), scan->kept.len);
		buf_clear(&scan->kept);
	} else if (scan->form != SCAN_WATCH) {
		stop = scan->events.object(scan->events.arg, "", buf_string(&scan->kept), scan->kept.len);
		buf_clear(&scan->kept);
		scan->received = 0;
	}
	/* A watch event's object waits for the end of the event: its type may come after it. */
	scan->in_object = scan->form == SCAN_WATCH && scan->in_object ? 2 : 0;
	scan->stopped = stop;
	return stop ? 1 : 0;
}

static int root_done(struct scan *scan)
{
	int stop = 0;
	scan->state = AT_ROOT_END;
	scan->roots++;
	if (scan->form != SCAN_WATCH)
		return 0;
	scan->type[scan->type_len] = '\0';
	if (scan->in_object == 2)
		stop = scan->events.object(scan->events.arg, scan->type, buf_string(&scan->kept), scan->kept.len);
	scan->type_len = 0;
	scan->in_object = 0;
	scan->received = 0;
	buf_clear(&scan->kept);
	scan->stopped = stop;
	return stop ? 1 : 0;
}

/* A value has ended; what may follow depends on what it stands in. */
static int value_done(struct scan *scan)
{
	struct frame *top = scan_top(scan);
	if (!top)
		return root_done(scan);
	scan->state = AT_COMMA_OR_END;
	return 0;
}

static int container_open(struct scan *scan, char open)
{
	enum fate fate = scan->fate;
	if (scan->depth >= SCAN_DEPTH)
		return scan_fail(scan, "it is nested deeper than 128 levels");
	if (scan->depth == 0 && open != '{')
		return scan_fail(scan, "it does not start with an object");
	if (scan->in_object == 1 && scan_top(scan)->fate == FATE_ITEMS && open != '{')
		return scan_fail(scan, "an item is no object");
	if (fate == FATE_SKIP) {
		skip_begin(&scan->skip, scan->depth + 1);
		scan->state = IN_SKIP;
		return 0;
	}
	struct frame *frame = &scan->frames[scan->depth];
	*frame = (struct frame){.close = open == '{' ? '}' : ']', .fate = (char)fate, .node = scan->node};
	if (fate == FATE_ENVELOPE && scan->form == SCAN_OBJECT) {
		frame->fate = FATE_FILTER;
		frame->node = scan->filter;
		frame->captures = 1;
	} else if (fate == FATE_FILTER || fate == FATE_KEEP) {
		frame->captures = (char)starts_capture(scan);
		if (frame->captures)
			scan->in_metadata *= 2, scan->in_object *= 2;
	} else if (fate == FATE_ITEMS && open != '[') {
		return scan_fail(scan, "\"items\" is no array");
	}
	scan->depth++;
	scan->state = open == '{' ? AT_NAME_OR_END : AT_VALUE_OR_END;
	if (copies((enum fate)frame->fate))
		return scan_keep(scan, &open, 1);
	return 0;
}

static int container_close(struct scan *scan, char close)
{
	struct frame *top = scan_top(scan);
	if (!top || top->close != close)
		return scan_fail(scan, "brackets do not match");
	if (copies((enum fate)top->fate) && scan_keep(scan, &close, 1) < 0)
		return -1;
	int captured = top->captures;
	scan->depth--;
	if (captured && capture_done(scan) != 0)
		return scan->failed ? -1 : 1;
	return value_done(scan);
}

/* Before a value in an array: its fate, and a comma where the array is copied. */
static int element_begin(struct scan *scan)
{
	struct frame *top = scan_top(scan);
	if (!top || top->close != ']')
		return 0;
	scan->fate = (enum fate)top->fate;
	scan->node = top->node;
	if (top->fate == FATE_ITEMS) {
		scan->fate = FATE_FILTER;
		scan->node = scan->filter;
		scan->in_object = 1;
		scan->received = 0;
		return 0;
	}
	if (copies(scan->fate) && top->wrote && scan_keep(scan, ",", 1) < 0)
		return -1;
	top->wrote = 1;
	return 0;
}

static int value_begin(struct scan *scan, char c)
{
	if (element_begin(scan) < 0)
		return -1;
	if (c == '{' || c == '[')
		return container_open(scan, c);
	if (scan->depth == 0)
		return scan_fail(scan, "it does not start with an object");
	if (scan->in_object == 1 && scan_top(scan)->fate == FATE_ITEMS)
		return scan_fail(scan, "an item is no object");
	if (scan->fate == FATE_ITEMS && c != 'n') /* null is how some servers write an empty list */
		return scan_fail(scan, "\"items\" is no array");
	/* A scalar where the filter goes deeper has nothing to select from: let it through, the
	 * decoder's type checks see it. */
	scan->in_metadata = scan->in_metadata == 1 ? 0 : scan->in_metadata;
	scan->in_object = scan->in_object == 1 ? 0 : scan->in_object;
	if (scan_top(scan)->fate == FATE_ENVELOPE && !scan->in_type)
		scan->fate = FATE_SKIP;
	if (c == '"') {
		scan->state = IN_STRING;
		scan->escaped = 0;
		return copies(scan->fate) && !scan->in_type ? scan_keep(scan, "\"", 1) : 0;
	}
	if (c == '-' || (c >= '0' && c <= '9') || c == 't' || c == 'f' || c == 'n') {
		scan->in_type = 0;
		scan->state = IN_LITERAL;
		return copies(scan->fate) ? scan_keep(scan, &c, 1) : 0;
	}
	return scan_fail(scan, "a value starts with a character that none can start with");
}

static int name_begin(struct scan *scan)
{
	struct frame *top = scan_top(scan);
	scan->state = IN_NAME;
	scan->name_len = 0;
	scan->escaped = 0;
	if (top->fate != FATE_KEEP)
		return 0;
	if (top->wrote && scan_keep(scan, ",", 1) < 0)
		return -1;
	top->wrote = 1;
	return scan_keep(scan, "\"", 1);
}

/* Reads on in a string up to its closing quote; returns the bytes used. */
static size_t string_run(struct scan *scan, const char *bytes, size_t len, int *closed)
{
	size_t i = 0;
	*closed = 0;
	if (scan->escaped && len > 0) {
		scan->escaped = 0;
		i = 1;
	}
	for (; i < len; i++) {
		if (bytes[i] == '"') {
			*closed = 1;
			break;
		}
		if (bytes[i] == '\\' && ++i == len) {
			scan->escaped = 1;
			break;
		}
	}
	return i < len ? i : len;
}

static int take_name(struct scan *scan, const char *bytes, size_t len, size_t *used)
{
	int closed;
	size_t n = string_run(scan, bytes, len, &closed);
	*used = n + (size_t)closed;
	if (scan_top(scan)->fate == FATE_KEEP) {
		if (scan_keep(scan, bytes, n) < 0)
			return -1;
	} else if (scan->name_len + n <= NAME_MAX_BYTES) {
		memcpy(scan->name + scan->name_len, bytes, n);
		scan->name_len += n;
	} else {
		scan->name_len = NAME_MAX_BYTES + 1;
	}
	return closed ? name_done(scan) : 0;
}

static int take_string(struct scan *scan, const char *bytes, size_t len, size_t *used)
{
	int closed;
	size_t n = string_run(scan, bytes, len, &closed);
	*used = n + (size_t)closed;
	if (scan->in_type) {
		for (size_t i = 0; i < n && scan->type_len < sizeof(scan->type) - 1; i++)
			scan->type[scan->type_len++] = bytes[i];
		if (closed)
			scan->in_type = 0;
	} else if (copies(scan->fate) && scan_keep(scan, bytes, *used) < 0) {
		return -1;
	}
	return closed ? value_done(scan) : 0;
}

static int take_literal(struct scan *scan, const char *bytes, size_t len, size_t *used)
{
	size_t i = 0;
	while (i < len && bytes[i] != ',' && bytes[i] != '}' && bytes[i] != ']' && (unsigned char)bytes[i] > ' ')
		i++;
	*used = i;
	if (copies(scan->fate) && i > 0 && scan_keep(scan, bytes, i) < 0)
		return -1;
	return i < len ? value_done(scan) : 0;
}

/* Between tokens: one byte decides. */
static int take_mark(struct scan *scan, char c)
{
	switch (scan->state) {
	case AT_ROOT_END:
		if (scan->form != SCAN_WATCH)
			return scan_fail(scan, "something follows after its end");
		scan->fate = FATE_ENVELOPE;
		return value_begin(scan, c);
	case AT_VALUE_OR_END:
		if (c == ']')
			return container_close(scan, c);
		return value_begin(scan, c);
	case AT_VALUE:
		return value_begin(scan, c);
	case AT_NAME_OR_END:
		if (c == '}')
			return container_close(scan, c);
		return c == '"' ? name_begin(scan) : scan_fail(scan, "a member's name is missing");
	case AT_NAME:
		return c == '"' ? name_begin(scan) : scan_fail(scan, "a member's name is missing");
	case AT_COLON:
		scan->state = AT_VALUE;
		return c == ':' ? 0 : scan_fail(scan, "a colon is missing");
	case AT_COMMA_OR_END:
		if (c != ',')
			return container_close(scan, c);
		scan->state = scan_top(scan)->close == '}' ? AT_NAME : AT_VALUE;
		return 0;
	default:
		return scan_fail(scan, "the reader is lost");
	}
}

static int scan_step(struct scan *scan, const char *bytes, size_t len, size_t *used)
{
	switch (scan->state) {
	case IN_SKIP: {
		int done = 0;
		*used = skip_bytes(&scan->skip, bytes, len, &done);
		if (done < 0)
			return scan_fail(scan, "it is nested deeper than 128 levels");
		return done ? value_done(scan) : 0;
	}
	case IN_NAME:
		return take_name(scan, bytes, len, used);
	case IN_STRING:
		return take_string(scan, bytes, len, used);
	case IN_LITERAL:
		return take_literal(scan, bytes, len, used);
	default:
		*used = 1;
		if (*bytes == ' ' || *bytes == '\n' || *bytes == '\r' || *bytes == '\t')
			return 0;
		return take_mark(scan, *bytes);
	}
}

int scan_feed(struct scan *scan, const char *bytes, size_t len, struct err *err)
{
	int result = scan->stopped ? 1 : 0;
	if (scan->failed)
		return err_set(err, "%s", scan->err.text);
	while (len > 0 && result == 0) {
		size_t used = 0;
		result = scan_step(scan, bytes, len, &used);
		bytes += used;
		len -= used;
		scan->received += used;
		if (result == 0 && scan->received > SCAN_OBJECT_MAX && scan->in_object)
			result = scan_fail(scan, "one object is over 16 MiB");
	}
	if (result < 0)
		return err_set(err, "%s", scan->err.text);
	return result;
}

int scan_finish(const struct scan *scan, struct err *err)
{
	if (scan->failed)
		return err_set(err, "%s", scan->err.text);
	if (scan->form == SCAN_WATCH && scan->depth == 0 && scan->state != IN_SKIP && scan->state != IN_STRING)
		return 0;
	if (scan->state != AT_ROOT_END)
		return err_set(err, "the server's answer ended in the middle");
	if (scan->form == SCAN_LIST && !scan->has_items)
		return err_set(err, "the server's answer is no list: it has no \"items\"");
	return 0;
}
