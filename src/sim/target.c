/* SPDX-License-Identifier: MIT */
/* The workers are only the times at which they are free again: an answer is sent when its worker would be done. */
#include "target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/server.h"
#include "plan.h"

struct target {
	struct loop *loop;
	struct server *server;
	uint64_t dice;
	double free_ms[TARGET_WORKERS];
};

struct answer {
	struct server_call *call;
	struct timer *timer;
};

static void answer_free(void *arg)
{
	struct answer *answer = arg;
	timer_free(answer->timer);
	free(answer);
}

static void answer_due(void *arg)
{
	static const char body[] = "{\"status\":\"ok\",\"items\":[{\"id\":4711,\"name\":\"umbrella\"},{\"id\":4712,\"name\":\"lamp\"}]}\n";
	struct answer *answer = arg;
	struct server_call *call = answer->call;
	answer_free(answer);
	call_on_closed(call, NULL, NULL);
	call_reply(call, 200, "application/json", NULL, body, sizeof(body) - 1);
}

/* Around the mean, a few of them much longer. */
static double service_ms(struct target *target)
{
	target->dice = mix(target->dice + 0x9e3779b97f4a7c15u);
	double usual = 0.6 + 0.7 * mix_fraction(target->dice);
	return TARGET_SERVICE_MS * usual * (mix_fraction(target->dice + 1) < 0.02 ? 3.5 : 1);
}

static void handle(void *arg, struct server_call *call, const struct server_request *request)
{
	static const char full[] = "{\"error\":\"overloaded\"}\n";
	struct target *target = arg;
	(void)request;
	loop_update(target->loop);
	double now = (double)loop_now(target->loop), *first = &target->free_ms[0];
	for (size_t i = 1; i < TARGET_WORKERS; i++)
		first = target->free_ms[i] < *first ? &target->free_ms[i] : first;
	if (*first - now > TARGET_WAIT_MS) {
		call_reply(call, 503, "application/json", "Retry-After: 1\r\n", full, sizeof(full) - 1);
		return;
	}
	*first = (*first > now ? *first : now) + service_ms(target);
	struct answer *answer = mem_new(sizeof(*answer));
	answer->call = call;
	answer->timer = timer_new(target->loop, answer_due, answer);
	call_on_closed(call, answer_free, answer);
	timer_start(answer->timer, (*first - now) / 1000);
}

struct target *target_new(struct loop *loop, uint64_t seed, struct err *err)
{
	struct target *target = mem_new(sizeof(*target));
	const struct server_options options = {.handle = handle, .arg = target};
	target->loop = loop;
	target->dice = mix(seed + 77);
	target->server = server_new(loop, &options, err);
	if (target->server)
		return target;
	free(target);
	return NULL;
}

void target_free(struct target *target)
{
	if (!target)
		return;
	server_free(target->server); /* what is under way is closed */
	free(target);
}

int target_port(const struct target *target)
{
	return server_port(target->server);
}
