/* SPDX-License-Identifier: MIT */
/* What may be loaded, and how much. */
#include "app/load_limits.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;
	if (strcasecmp(host, "localhost") == 0)
		return 1;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* "shop.example", "*.example" (what is under it), each with an optional port. */
static int fits(const char *pattern, const char *host, int port)
{
	const char *colon = strrchr(pattern, ':');
	size_t len = strlen(pattern);
	if (colon && strspn(colon + 1, "0123456789") == strlen(colon + 1) && colon[1]) {
		if (atoi(colon + 1) != port)
			return 0;
		len = (size_t)(colon - pattern);
	}
	if (len > 2 && pattern[0] == '*' && pattern[1] == '.') {
		size_t host_len = strlen(host);
		return host_len > len - 1 &&
		       strncasecmp(host + host_len - (len - 1), pattern + 1, len - 1) == 0;
	}
	return strlen(host) == len && strncasecmp(host, pattern, len) == 0;
}

static const struct config_load *rule_of(const struct config *config, const char *env)
{
	for (size_t i = 0; i < config->load_count; i++)
		if (strcmp(config->loads[i].env, env) == 0)
			return &config->loads[i];
	return NULL;
}

static int check_amount(const struct config_load *rule, const struct profile *profile, struct err *err)
{
	double peak = profile_peak(profile), seconds = profile_seconds(profile);
	if (rule->rate > 0 && peak > rule->rate)
		return err_set(err,
		               "%g requests a second are more than load.limits allows for env \"%s\" (%g)",
		               peak, rule->env, rule->rate);
	if (rule->connections > 0 && profile->connections > rule->connections)
		return err_set(err, "%d connections are more than load.limits allows for env \"%s\" (%d)",
		               profile->connections, rule->env, rule->connections);
	if (rule->seconds > 0 && seconds > rule->seconds)
		return err_set(err, "%.0f seconds are longer than load.limits allows for env \"%s\" (%.0f)",
		               seconds, rule->env, rule->seconds);
	return 0;
}

int load_limits_check(const struct config *config, const struct profile *profile, struct err *err)
{
	const struct config_load *rule = rule_of(config, profile->env);
	const char *host = profile->at.host;
	int allowed = is_loopback(host);
	for (size_t i = 0; rule && !allowed && i < rule->target_count; i++)
		allowed = fits(rule->targets[i], host, profile->at.port);
	if (rule && rule->off)
		return err_set(err, "load tests are switched off for env \"%s\" (load.limits in %s)",
		               rule->env, config->path);
	if (!allowed && !rule)
		return err_set(
		    err,
		    "%s may not be loaded: the configuration has no load.limits for env \"%s\"; add "
		    "{%s%s%stargets: [%s]} there",
		    host, profile->env, profile->env[0] ? "env: " : "", profile->env,
		    profile->env[0] ? ", " : "", host);
	if (!allowed)
		return err_set(
		    err,
		    "%s may not be loaded: it is not among the targets of load.limits for env \"%s\" in %s",
		    host, rule->env, config->path);
	return rule ? check_amount(rule, profile, err) : 0;
}
