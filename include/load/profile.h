/* SPDX-License-Identifier: MIT */
#ifndef LOAD_PROFILE_H
#define LOAD_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "base/yaml.h"
#include "load/slo.h"

/*
 * What a load test does, read from YAML: where to, which requests, how many, how long, and what
 * counts as good. Everything wrong with it is found at once, each with file:line and the nearest
 * name that is known. Strings live in the profile's YAML and end with profile_release.
 *
 * Values of headers and bodies can be secrets: nobody writes them to a run's folder, a log or a
 * command line.
 */
enum engine_kind { ENGINE_NATIVE, ENGINE_JMETER, ENGINE_K6 };
enum load_protocol { PROTOCOL_HTTP1, PROTOCOL_HTTP2 };

enum {
	PROFILE_REQUESTS = 64,
	PROFILE_HEADERS = 64,
	PROFILE_STAGES = 256,
	PROFILE_STATUSES = 16,
	PROFILE_DATA = 8,
	PROFILE_CONNECTIONS = 100000,
	PROFILE_THREADS = 64,
};

struct profile_header {
	const char *name, *value;
	const char *from_env; /* the value is that variable's; NULL: `value` */
	int line;
};

/* What an answer must be like; what is absent is not looked at. */
struct profile_expect {
	int statuses[PROFILE_STATUSES]; /* 200, or 2 for all of 2xx */
	size_t status_count;            /* 0: below 400 */
	const char *contains, *lacks;
	struct profile_header header; /* name NULL: none */
	int64_t under_us;             /* slower ones failed; 0: no limit */
};

struct profile_request {
	const char *name, *method, *path, *body;
	double weight;
	struct profile_header headers[PROFILE_HEADERS];
	size_t header_count;
	struct profile_expect expect;
	int line;
};

/* Seconds from..to at a rate that goes evenly from one to the other (requests a second). */
struct profile_stage {
	double seconds, from, to;
};

/* Looks for the highest rate at which the SLOs hold; seconds each try. high 0: none is wanted. */
struct profile_search {
	double low, high, precision, seconds;
};

/* Rows of a CSV file with a head line; ${name.column} takes the next row's value. */
struct profile_data {
	const char *name, *file;
	char *bytes;          /* the file, NULs between fields */
	const char **fields;  /* rows * columns, row after row, the heads first */
	size_t columns, rows; /* rows without the head */
};

struct profile {
	char *path; /* of the file; for messages and for files beside it */
	const char *name, *service, *env, *results, *commit;
	const char *target; /* as written */
	struct profile_target {
		int tls;
		char *host; /* no brackets */
		int port;
		char *prefix; /* of every path; "" when none */
	} at;
	enum engine_kind engine;
	enum load_protocol protocol;
	int connections, streams, threads, preconnect, poisson;
	struct {
		const char *ca, *cert, *key, *name;
		int insecure;
	} tls;
	double connect_timeout, request_timeout, warmup; /* seconds */
	struct profile_request requests[PROFILE_REQUESTS];
	size_t request_count;
	struct profile_data data[PROFILE_DATA];
	size_t data_count;
	struct profile_stage stages[PROFILE_STAGES];
	size_t stage_count;
	struct profile_search search;
	int users; /* over 0: closed model, no stages */
	double think, users_ramp, users_seconds;
	struct slo slos[SLO_MAX];
	size_t slo_count;
	struct {
		const char *name, *value;
	} labels[16];
	size_t label_count;
	int workers; /* pods, for engines on Kubernetes */
	struct {
		const char *namespace, *image, *agent, *account; /* namespace NULL: this machine runs it */
	} pods;
	const char *plan; /* a JMX plan or a k6 script to run unchanged; NULL */
	struct yaml yaml;
};

/* Reads text; `path` is for messages and for files it names, relative to its folder. On -1 `problems`
 * (char *, to free) holds one line each, "file:line: ..."; err says how many. */
int profile_parse(struct profile *profile, const char *path, const char *bytes, size_t len,
                  struct vec *problems, struct err *err) MUST_USE;
int profile_read(struct profile *profile, const char *path, struct vec *problems, struct err *err) MUST_USE;
void profile_release(struct profile *profile);
void problems_release(struct vec *problems);

double profile_seconds(const struct profile *profile); /* of all stages; the longest a search can take */
double profile_peak(const struct profile *profile);    /* requests a second; 0 for closed users */
const char *engine_name(enum engine_kind kind);
/* Under `profile`'s folder unless absolute; free(). */
char *profile_beside(const struct profile *profile, const char *file);

/* Templates to begin with: smoke, baseline, stress, soak, spike, breakpoint. NULL past the last. */
struct profile_template {
	const char *name, *help, *text; /* text: YAML with one %s, the target */
};
const struct profile_template *profile_template_at(size_t index);

#endif
