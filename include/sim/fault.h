/* SPDX-License-Identifier: MIT */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

/*
 * How an API server can disappoint, as values. A rule says which requests it is for, how many of
 * them are let through before, and how many it spoils; the first rule that matches wins.
 */
enum sim_fault_kind {
	/* Instead of the answer */
	FAULT_STATUS, /* a Status object of `number`; `seconds` >= 0 is sent as Retry-After */
	FAULT_BODY,   /* 200 with `text` (of `number` bytes, if > 0) as the body, of content type `type` */
	FAULT_FREEZE, /* `number` bytes of the answer, then nothing; the connection stays open */

	/* The way of its bytes */
	FAULT_RESET,  /* RST after `number` bytes */
	FAULT_CUT,    /* FIN after `number` bytes, without the last chunk */
	FAULT_CUT_BARE,  /* the same of a body without any framing: the end looks clean */
	FAULT_CUT_CHUNK, /* the JSON is cut after `number` bytes, the framing is whole */
	FAULT_LATE,   /* head and body wait `seconds`, and then for the first byte of the body */
	FAULT_SLOW,   /* `number` bytes every `seconds` */

	/* What is in them */
	FAULT_END,    /* a watch: ends with success before anything was said */
	FAULT_ERROR_EVENT,  /* a watch: an ERROR event of code `number` after its first events, then the end */
	FAULT_FRAME,  /* a watch: `text` as a line after its first events */
	FAULT_NO_BOOKMARK,  /* a watch: the bookmark that ends the initial events is missing */
	FAULT_NO_VERSION,   /* a list: metadata.resourceVersion is missing */
	FAULT_HUGE,   /* the first object has `number` more bytes, in a member nobody asked for */
	FAULT_DEEP,   /* the first object has a member `number` levels deep */
	FAULT_TAINT,  /* `text` in front of every string but kinds, versions and tokens; raw bytes of a JSON
	               * string, such as "\\u001b[2J" or "\xff". number = 1: names, namespaces and uids too */
	FAULT_KINDS
};

enum sim_only { SIM_ANY, SIM_ONLY_WATCH, SIM_ONLY_OTHER };

struct sim_fault {
	enum sim_fault_kind kind;
	const char *method;  /* NULL: any */
	const char *path;    /* without query; a final '*' stands for any rest. NULL: any */
	const char *query;   /* stands in the raw query, such as "continue="; NULL: any */
	enum sim_only only;
	int skip;            /* let so many through first */
	int times;           /* then spoil so many; 0 is one, -1 all */
	long number;         /* see above. For bytes: SIM_HALF is half of the first piece of the body */
	double seconds;
	const char *text, *type;
};

enum { SIM_HALF = -1, SIM_NO_HEAD = -2 /* FAULT_FREEZE: not even a head */ };

#endif
