/* SPDX-License-Identifier: MIT */
/*
 * Bytes to keys: a buffer and a parser that is asked again with every byte that arrives. Each part
 * of it looks at the beginning of the buffer and says how many bytes it used, that it needs more,
 * or that this is nothing of its own. What never becomes complete is given up after a while: a lone
 * Esc is a key after ESC_DELAY_MS, a torn sequence is dropped after SEQUENCE_DELAY_MS.
 */
#include "term/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum {
	SEQUENCE_DELAY_MS = 300,
	PASTE_DELAY_MS = 2000,
	SEQUENCE_MAX = 48,
	LEARNED_MAX = 64,
	LEARNED_LEN = 16
};
enum { NEED_MORE = -1, NOT_MINE = 0 };

static const char paste_begin[] = "\033[200~", paste_end[] = "\033[201~";

struct learned {
	char sequence[LEARNED_LEN];
	size_t len;
	struct key key;
};

struct decoder {
	char store[INPUT_MAX];
	char *bytes; /* the first in store that was not used yet */
	size_t len;
	int64_t fed_ms; /* when the last bytes came */
	struct learned learned[LEARNED_MAX];
	size_t learned_count;
	int pasting, has_sync;
	size_t paste_len;
	char paste[PASTE_MAX], pasted[3 * PASTE_MAX + 1];
};

struct decoder *decoder_new(void)
{
	struct decoder *decoder = mem_new(sizeof(*decoder));

	decoder->bytes = decoder->store;
	return decoder;
}

void decoder_free(struct decoder *decoder)
{
	free(decoder);
}

void decoder_learn(struct decoder *decoder, const char *sequence, struct key key)
{
	size_t len = strlen(sequence);
	struct learned *learned = &decoder->learned[decoder->learned_count];

	/* Single bytes mean the same on every terminal. */
	if (len < 2 || len >= LEARNED_LEN || sequence[0] != '\033' || decoder->learned_count == LEARNED_MAX)
		return;
	memcpy(learned->sequence, sequence, len + 1);
	learned->len = len;
	learned->key = key;
	decoder->learned_count++;
}

size_t decoder_feed(struct decoder *decoder, const char *bytes, size_t len, int64_t now_ms)
{
	size_t room = INPUT_MAX - decoder->len;

	if (len > room)
		len = room;
	memmove(decoder->store, decoder->bytes, decoder->len);
	decoder->bytes = decoder->store;
	memcpy(decoder->bytes + decoder->len, bytes, len);
	decoder->len += len;
	decoder->fed_ms = now_ms;
	return len;
}

static void consume(struct decoder *decoder, size_t len)
{
	decoder->len -= len;
	decoder->bytes += len;
}

static int learned_read(const struct decoder *decoder, struct key *key)
{
	int result = NOT_MINE;

	for (size_t i = 0; i < decoder->learned_count; i++) {
		const struct learned *learned = &decoder->learned[i];
		size_t len = decoder->len < learned->len ? decoder->len : learned->len;
		if (memcmp(decoder->bytes, learned->sequence, len) != 0)
			continue;
		if (len == learned->len && (int)len > result) {
			*key = learned->key;
			result = (int)len;
		}
	}
	return result;
}

/* Bits of xterm's modifier parameter: 1 + shift + 2 alt + 4 ctrl. */
static uint8_t mods_of(long parameter)
{
	return parameter > 1 && parameter <= 16 ? (uint8_t)((parameter - 1) & 7) : 0;
}

static uint32_t final_code(char final)
{
	static const struct {
		char final;
		uint32_t code;
	} finals[] = {{'A', KEYCODE_UP},     {'B', KEYCODE_DOWN},   {'C', KEYCODE_RIGHT},
	              {'D', KEYCODE_LEFT},   {'H', KEYCODE_HOME},   {'F', KEYCODE_END},
	              {'P', KEYCODE_F1},     {'Q', KEYCODE_F1 + 1}, {'R', KEYCODE_F1 + 2},
	              {'S', KEYCODE_F1 + 3}, {'M', KEYCODE_ENTER}};

	for (size_t i = 0; i < sizeof(finals) / sizeof(finals[0]); i++)
		if (finals[i].final == final)
			return finals[i].code;
	return 0;
}

static uint32_t tilde_code(long number)
{
	static const uint32_t codes[25] = {
	    [1] = KEYCODE_HOME,    [2] = KEYCODE_INSERT,    [3] = KEYCODE_DELETE,   [4] = KEYCODE_END,
	    [5] = KEYCODE_PAGE_UP, [6] = KEYCODE_PAGE_DOWN, [7] = KEYCODE_HOME,     [8] = KEYCODE_END,
	    [11] = KEYCODE_F1,     [12] = KEYCODE_F1 + 1,   [13] = KEYCODE_F1 + 2,  [14] = KEYCODE_F1 + 3,
	    [15] = KEYCODE_F1 + 4, [17] = KEYCODE_F1 + 5,   [18] = KEYCODE_F1 + 6,  [19] = KEYCODE_F1 + 7,
	    [20] = KEYCODE_F1 + 8, [21] = KEYCODE_F1 + 9,   [23] = KEYCODE_F1 + 10, [24] = KEYCODE_F12,
	};

	return number > 0 && number < 25 ? codes[number] : 0;
}

/* A character with modifiers, as "CSI code ; mods u" and "CSI 27 ; mods ; code ~" send it. */
static struct key text_key(long code, long mods)
{
	struct key key = {0}, read;
	char name[KEY_NAME_MAX];

	if (code <= 0 || code >= KEYCODE_FIRST)
		return key;
	read = (struct key){code == '\n' ? KEYCODE_ENTER : (uint32_t)code, mods_of(mods)};
	if (code > ' ' && code != KEYCODE_BACKSPACE && (read.mods & MOD_SHIFT) &&
	    !(code >= 'a' && code <= 'z') && !(code >= 'A' && code <= 'Z'))
		read.mods &= (uint8_t)~MOD_SHIFT;
	if (code < ' ' && code != KEYCODE_TAB && code != KEYCODE_ENTER && code != KEYCODE_ESC && code != '\n')
		return key;
	/* Through its name and back: the normal form. What has none is no key. */
	key_format(read, name);
	if (key_parse(name, &key, NULL) < 0)
		return (struct key){0};
	return key;
}

static struct key csi_key(const char *parameters, char final)
{
	long number[3] = {0};
	struct key key = {0};

	sscanf(parameters, "%ld;%ld;%ld", &number[0], &number[1], &number[2]);
	if (final == '~' && number[0] == 27)
		return text_key(number[2], number[1]);
	if (final == 'u')
		return text_key(number[0], number[1]);
	if (final == 'Z')
		return (struct key){KEYCODE_TAB, MOD_SHIFT};
	/* "ESC O M" is Enter of the keypad, "ESC [ M" is not. */
	key.code = final == '~' ? tilde_code(number[0]) : final == 'M' ? 0 : final_code(final);
	key.mods = key.code ? mods_of(number[1]) : 0;
	return key;
}

/* "ESC [ parameters intermediates final". *key is {0} when it means nothing to us. */
static int csi_read(struct decoder *decoder, struct key *key)
{
	char parameters[SEQUENCE_MAX + 1];
	size_t at = 2;

	if (decoder->len < 2 || decoder->bytes[1] != '[')
		return NOT_MINE;
	/* The Linux console sends F1 to F5 as "ESC [ [ A" to "E". */
	if (decoder->len > 2 && decoder->bytes[2] == '[') {
		if (decoder->len < 4)
			return NEED_MORE;
		if (decoder->bytes[3] >= 'A' && decoder->bytes[3] <= 'E')
			key->code = KEYCODE_F1 + (uint32_t)(decoder->bytes[3] - 'A');
		return 4;
	}
	while (at < decoder->len && decoder->bytes[at] >= 0x20 && decoder->bytes[at] < 0x40)
		if (++at > SEQUENCE_MAX)
			return (int)at;
	if (at == decoder->len)
		return NEED_MORE;
	/* A control character or ESC in the middle: the sequence was torn. */
	if (decoder->bytes[at] < 0x40 || decoder->bytes[at] > 0x7e)
		return (int)at;
	memcpy(parameters, decoder->bytes + 2, at - 2);
	parameters[at - 2] = 0;
	if (decoder->bytes[at] == 'y' && strncmp(parameters, "?2026;", 6) == 0)
		decoder->has_sync = parameters[6] == '1' || parameters[6] == '2';
	else if (parameters[0] != '?' && parameters[0] != '>')
		*key = csi_key(parameters, decoder->bytes[at]);
	return (int)at + 1;
}

static int utf8_need(unsigned char first)
{
	return first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
}

/* One character or control byte at `bytes`. */
static int char_read(const char *bytes, size_t len, int give_up, struct key *key)
{
	unsigned char first = (unsigned char)bytes[0];
	size_t used;

	*key = (struct key){0};
	if (first == 0)
		*key = (struct key){' ', MOD_CTRL};
	else if (first == '\t' || first == '\033')
		key->code = first;
	else if (first == '\r' || first == '\n')
		key->code = KEYCODE_ENTER;
	else if (first == '\b' || first == 0x7f)
		key->code = KEYCODE_BACKSPACE;
	else if (first < 0x1b)
		*key = (struct key){first + 'a' - 1u, MOD_CTRL};
	else if (first < 0x20)
		*key = (struct key){first + 0x40u, MOD_CTRL};
	if (key->code)
		return 1;
	if (!give_up && first >= 0xc2 && first < 0xf5 && (int)len < utf8_need(first))
		return NEED_MORE;
	key->code = utf8_decode(bytes, len, &used);
	/* What the sanitiser would take out is no text that anybody typed. */
	if (key->code == 0xfffd || !utf8_is_safe(bytes, used))
		key->code = 0;
	return (int)used;
}

static int escape_read(struct decoder *decoder, int64_t age, struct key *key)
{
	int used;

	if (decoder->len == 1) {
		key->code = KEYCODE_ESC;
		return age >= ESC_DELAY_MS ? 1 : NEED_MORE;
	}
	used = learned_read(decoder, key);
	if (used != NOT_MINE)
		return used;
	used = csi_read(decoder, key);
	if (used == NEED_MORE && age >= SEQUENCE_DELAY_MS && decoder->len == 2) {
		*key = (struct key){'[', MOD_ALT};
		return 2;
	}
	if (used == NEED_MORE && age >= SEQUENCE_DELAY_MS)
		return (int)decoder->len;
	if (used != NOT_MINE)
		return used;
	if (decoder->bytes[1] == 'O') {
		if (decoder->len < 3 && age < SEQUENCE_DELAY_MS)
			return NEED_MORE;
		if (decoder->len >= 3 && final_code(decoder->bytes[2])) {
			key->code = final_code(decoder->bytes[2]);
			return 3;
		}
	}
	if (decoder->bytes[1] == '\033') {
		key->code = KEYCODE_ESC;
		return 1;
	}
	used = char_read(decoder->bytes + 1, decoder->len - 1, age >= SEQUENCE_DELAY_MS, key);
	if (used == NEED_MORE)
		return used;
	if (key->code)
		key->mods |= MOD_ALT;
	return 1 + used;
}

static void paste_add(struct decoder *decoder, size_t len)
{
	size_t room = PASTE_MAX - decoder->paste_len, taken = len < room ? len : room;

	memcpy(decoder->paste + decoder->paste_len, decoder->bytes, taken);
	decoder->paste_len += taken;
	consume(decoder, len);
}

/* Inside a paste everything is text up to its end mark; 1 when that came. */
static int paste_read(struct decoder *decoder, int64_t age, struct input *input)
{
	size_t mark = sizeof(paste_end) - 1;
	char *end = memmem(decoder->bytes, decoder->len, paste_end, mark);

	if (end) {
		paste_add(decoder, (size_t)(end - decoder->bytes));
		consume(decoder, mark);
	} else {
		/* The tail may be the beginning of the mark. */
		if (decoder->len >= mark)
			paste_add(decoder, decoder->len - (mark - 1));
		if (age < PASTE_DELAY_MS)
			return 0;
		paste_add(decoder, decoder->len);
	}
	for (size_t i = 0; i < decoder->paste_len; i++)
		if (decoder->paste[i] == '\r')
			decoder->paste[i] =
			    '\n'; /* terminals paste line ends so; the sanitiser would drop it */
	utf8_sanitise(decoder->pasted, sizeof(decoder->pasted), decoder->paste, decoder->paste_len);
	decoder->pasting = 0;
	decoder->paste_len = 0;
	*input = (struct input){.kind = INPUT_PASTE, .paste = decoder->pasted};
	return 1;
}

int decoder_next(struct decoder *decoder, int64_t now_ms, struct input *input)
{
	int64_t age = now_ms - decoder->fed_ms;

	*input = (struct input){.kind = INPUT_NONE};
	while (decoder->len > 0 || decoder->pasting) {
		struct key key = {0};
		size_t mark = sizeof(paste_begin) - 1;
		int used;
		if (decoder->pasting)
			return paste_read(decoder, age, input);
		if (decoder->len >= mark && memcmp(decoder->bytes, paste_begin, mark) == 0) {
			consume(decoder, mark);
			decoder->pasting = 1;
			continue;
		}
		used = decoder->bytes[0] == '\033'
		           ? escape_read(decoder, age, &key)
		           : char_read(decoder->bytes, decoder->len, age >= SEQUENCE_DELAY_MS, &key);
		if (used == NEED_MORE)
			return 0;
		consume(decoder, (size_t)used);
		if (key.code) {
			*input = (struct input){.kind = INPUT_KEY, .key = key};
			return 1;
		}
	}
	return 0;
}

int decoder_wait_ms(const struct decoder *decoder, int64_t now_ms)
{
	int64_t left = decoder->pasting                                   ? PASTE_DELAY_MS
	               : decoder->len == 0                                ? -1
	               : decoder->len == 1 && decoder->bytes[0] == '\033' ? ESC_DELAY_MS
	                                                                  : SEQUENCE_DELAY_MS;

	if (left < 0)
		return -1;
	left -= now_ms - decoder->fed_ms;
	return left > 0 ? (int)left : 0;
}

int decoder_saw_sync(const struct decoder *decoder)
{
	return decoder->has_sync;
}
