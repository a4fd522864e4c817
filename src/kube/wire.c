/* SPDX-License-Identifier: MIT */
/*
 * Protobuf's framing. Two levels are read as a stream, the envelope's fields and the list's, one byte
 * of a tag or length at a time; a field that is wanted is handed out whole, straight from the chunk
 * where it lies in one piece. What is below is read from memory by wire_next.
 */
#include "kube/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "kube/scan.h"

enum { MAGIC = 4, VARINT_MAX = 10 };
static const char magic[MAGIC] = "k8s";

/* Protobuf's wire types. */
enum { TYPE_VARINT = 0, TYPE_FIXED64 = 1, TYPE_BYTES = 2, TYPE_FIXED32 = 5 };
/* Fields of the envelope and of every list. */
enum { ENVELOPE_TYPE = 1, ENVELOPE_RAW = 2, LIST_METADATA = 1, LIST_ITEM = 2, TYPE_KIND = 2 };

enum state { AT_MAGIC, AT_TAG, AT_LENGTH, IN_NUMBER, IN_SKIPPED, IN_FIELD };

struct wire {
	struct wire_events events;
	enum state state;
	size_t magic_seen;
	int in_list, had_list;
	uint64_t number;     /* the varint under way */
	int number_len;
	uint64_t tag;
	uint64_t list_left;  /* bytes of the list that are to come */
	uint64_t field_left; /* of the field under way */
	struct buf field;    /* its bytes so far */
	int failed;
	struct err err;
};

int wire_starts(char first)
{
	return first == magic[0];
}

struct wire *wire_new(const struct wire_events *events)
{
	struct wire *wire = mem_new(sizeof(*wire));
	wire->events = *events;
	buf_init(&wire->field, SCAN_OBJECT_MAX);
	return wire;
}

void wire_free(struct wire *wire)
{
	if (!wire)
		return;
	buf_release(&wire->field);
	free(wire);
}

static int wire_fail(struct wire *wire, const char *what)
{
	wire->failed = 1;
	return err_set(&wire->err, "the server's answer is not the protobuf of a Kubernetes API server: %s", what);
}

/* Adds a byte to the number under way: 1 when it is complete, -1 when it is too long. */
static int number_take(struct wire *wire, unsigned char byte)
{
	if (wire->number_len == VARINT_MAX)
		return wire_fail(wire, "a number is longer than ten bytes");
	wire->number |= (uint64_t)(byte & 0x7f) << (7 * wire->number_len);
	wire->number_len++;
	return !(byte & 0x80);
}

static void number_begin(struct wire *wire, enum state state)
{
	wire->state = state;
	wire->number = 0;
	wire->number_len = 0;
}

static int tag_done(struct wire *wire)
{
	wire->tag = wire->number;
	if (wire->tag >> 3 == 0)
		return wire_fail(wire, "a field has the number 0");
	switch (wire->tag & 7) {
	case TYPE_VARINT:
		number_begin(wire, IN_NUMBER);
		return 0;
	case TYPE_BYTES:
		number_begin(wire, AT_LENGTH);
		return 0;
	case TYPE_FIXED64:
	case TYPE_FIXED32:
		wire->field_left = (wire->tag & 7) == TYPE_FIXED64 ? 8 : 4;
		wire->state = IN_SKIPPED;
		return 0;
	default:
		return wire_fail(wire, "a field is of a type that does not exist");
	}
}

/* The envelope says what it holds: anything but a list has other fields. */
static int check_type(struct wire *wire, const char *bytes, size_t len)
{
	struct wire_cursor cursor = {bytes, bytes + len};
	struct wire_field field;
	while (wire_next(&cursor, &field) > 0)
		if (field.number == TYPE_KIND && field.is_bytes && field.len >= 4 &&
		    memcmp(field.bytes + field.len - 4, "List", 4) == 0)
			return 0;
	return wire_fail(wire, "it is no list");
}

static int field_done(struct wire *wire, const char *bytes, size_t len)
{
	uint64_t number = wire->tag >> 3;
	number_begin(wire, AT_TAG);
	if (!wire->in_list)
		return check_type(wire, bytes, len);
	if (number == LIST_ITEM)
		return wire->events.object(wire->events.arg, bytes, len) ? 1 : 0;
	return wire->events.list_metadata(wire->events.arg, bytes, len) ? 1 : 0;
}

static int length_done(struct wire *wire)
{
	uint64_t number = wire->tag >> 3;
	if (!wire->in_list && number == ENVELOPE_RAW) {
		if (wire->had_list)
			return wire_fail(wire, "it holds two lists");
		wire->had_list = 1;
		wire->in_list = wire->number > 0;
		wire->list_left = wire->number;
		number_begin(wire, AT_TAG);
		return 0;
	}
	wire->field_left = wire->number;
	wire->state = wire->in_list ? number == LIST_METADATA || number == LIST_ITEM ? IN_FIELD : IN_SKIPPED
	                            : number == ENVELOPE_TYPE ? IN_FIELD : IN_SKIPPED;
	if (wire->in_list && wire->field_left > wire->list_left)
		return wire_fail(wire, "a field is longer than its list");
	if (wire->state == IN_FIELD && wire->field_left > SCAN_OBJECT_MAX)
		return wire_fail(wire, "one object is over 16 MiB");
	if (wire->field_left > 0)
		return 0;
	if (wire->state == IN_FIELD)
		return field_done(wire, "", 0);
	number_begin(wire, AT_TAG);
	return 0;
}

static int take_field(struct wire *wire, const char *bytes, size_t len, size_t *used)
{
	int result = 0;
	*used = len < wire->field_left ? len : (size_t)wire->field_left;
	wire->field_left -= *used;
	/* In one piece it is handed out where it lies. */
	if (wire->field_left == 0 && wire->field.len == 0)
		return field_done(wire, bytes, *used);
	if (buf_add(&wire->field, bytes, *used) < 0)
		return wire_fail(wire, "one object is over 16 MiB");
	if (wire->field_left > 0)
		return 0;
	result = field_done(wire, wire->field.data, wire->field.len);
	buf_clear(&wire->field);
	return result;
}

static int take_number(struct wire *wire, unsigned char byte)
{
	int done = number_take(wire, byte);
	if (done <= 0)
		return done;
	if (wire->state == AT_TAG)
		return tag_done(wire);
	if (wire->state == AT_LENGTH)
		return length_done(wire);
	number_begin(wire, AT_TAG);
	return 0;
}

static int wire_step(struct wire *wire, const char *bytes, size_t len, size_t *used)
{
	*used = 1;
	switch (wire->state) {
	case AT_MAGIC:
		if (*bytes != magic[wire->magic_seen])
			return wire_fail(wire, "it does not start with its mark");
		if (++wire->magic_seen == MAGIC)
			number_begin(wire, AT_TAG);
		return 0;
	case IN_SKIPPED:
		*used = len < wire->field_left ? len : (size_t)wire->field_left;
		wire->field_left -= *used;
		if (wire->field_left == 0)
			number_begin(wire, AT_TAG);
		return 0;
	case IN_FIELD:
		return take_field(wire, bytes, len, used);
	default:
		return take_number(wire, (unsigned char)*bytes);
	}
}

/* Takes a step's bytes off the list, which may end only between two fields. */
static int list_advance(struct wire *wire, size_t used)
{
	if (used > wire->list_left)
		return wire_fail(wire, "a field is longer than its list");
	wire->list_left -= used;
	if (wire->list_left > 0)
		return 0;
	if (wire->state != AT_TAG || wire->number_len > 0)
		return wire_fail(wire, "its list ends in the middle of a field");
	wire->in_list = 0;
	return 0;
}

int wire_feed(struct wire *wire, const char *bytes, size_t len, struct err *err)
{
	int result = 0;
	if (wire->failed)
		return err_set(err, "%s", wire->err.text);
	while (len > 0 && result == 0) {
		size_t used = 0;
		int was_in_list = wire->in_list;
		result = wire_step(wire, bytes, len, &used);
		if (was_in_list && result >= 0 && list_advance(wire, used) < 0)
			result = -1;
		bytes += used;
		len -= used;
	}
	if (result < 0)
		return err_set(err, "%s", wire->err.text);
	return result;
}

int wire_finish(const struct wire *wire, struct err *err)
{
	if (wire->failed)
		return err_set(err, "%s", wire->err.text);
	if (wire->in_list || wire->state != AT_TAG || wire->number_len > 0)
		return err_set(err, "the server's answer ended in the middle");
	if (!wire->had_list)
		return err_set(err, "the server's answer is no list");
	return 0;
}

static int cursor_number(struct wire_cursor *cursor, uint64_t *number)
{
	*number = 0;
	for (int i = 0; i < VARINT_MAX && cursor->at < cursor->end; i++) {
		unsigned char byte = (unsigned char)*cursor->at++;
		*number |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80))
			return 0;
	}
	return -1;
}

int wire_next(struct wire_cursor *cursor, struct wire_field *field)
{
	uint64_t tag, len = 0;
	if (cursor->at == cursor->end)
		return 0;
	if (cursor_number(cursor, &tag) < 0 || tag >> 3 == 0)
		return -1;
	*field = (struct wire_field){.number = tag >> 3};
	switch (tag & 7) {
	case TYPE_VARINT:
		return cursor_number(cursor, &field->value) < 0 ? -1 : 1;
	case TYPE_BYTES:
		field->is_bytes = 1;
		if (cursor_number(cursor, &len) < 0)
			return -1;
		break;
	case TYPE_FIXED64:
	case TYPE_FIXED32:
		len = (tag & 7) == TYPE_FIXED64 ? 8 : 4;
		break;
	default:
		return -1;
	}
	if (len > (uint64_t)(cursor->end - cursor->at))
		return -1;
	field->bytes = cursor->at;
	field->len = (size_t)len;
	cursor->at += len;
	return 1;
}
