/* SPDX-License-Identifier: MIT */
/*
 * Cells of metrics. Absent writes nothing, NaN writes NaN, and zero is 0. An old value has a ~ in
 * front, so that it is told without colours too.
 */
#include "column_metrics.h"

#include <math.h>
#include <string.h>

static const double PERCENT = 100, HOURS_OF_MONTH = 730;

/* Three significant figures: "4.2k", "0.31", "NaN". */
static void number_format(double value, struct text *out)
{
	static const char units[] = "kMGTP";
	int unit = -1;
	if (isnan(value) || isinf(value)) {
		text_add(out, isnan(value) ? "NaN" : value < 0 ? "-Inf" : "+Inf");
		return;
	}
	for (; fabs(value) >= 999.5 && unit < 4; unit++)
		value /= 1000;
	double size = fabs(value);
	if (size == 0)
		text_add(out, "0");
	else if (size < 0.005)
		text_printf(out, "%.1g", value);
	else
		text_printf(out, size < 9.995 ? "%.2f" : size < 99.95 ? "%.1f" : "%.0f", value);
	if (unit >= 0)
		text_printf(out, "%c", units[unit]);
}

static void old_format(const struct service *service, enum metric metric, struct text *out)
{
	if (service_metric_is_old(service, metric))
		text_add(out, "~");
}

static int order_of(double a, double b)
{
	/* NaN below every number, so that it is never on top. */
	if (isnan(a) || isnan(b))
		return isnan(a) && isnan(b) ? 0 : isnan(a) ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* A column of one metric: `scale` to the unit of the cell. */
#define METRIC_COLUMN(name, metric, scale) \
	double column_##name##_number(const struct service *service) \
	{ \
		return service_metric_or(service, metric, NAN) * (scale); \
	} \
	int column_##name##_absent(const struct service *service) \
	{ \
		return !service_metric(service, metric); \
	} \
	int column_##name##_compare(const struct service *a, const struct service *b) \
	{ \
		return order_of(column_##name##_number(a), column_##name##_number(b)); \
	}
#define PLAIN_FORMAT(name, metric) \
	void column_##name##_format(const struct service *service, struct text *out) \
	{ \
		if (column_##name##_absent(service)) \
			return; \
		old_format(service, metric, out); \
		number_format(column_##name##_number(service), out); \
	}
#define TONE(name, metric, condition_bad, condition_warning) \
	enum tone column_##name##_tone(const struct service *service) \
	{ \
		double value = column_##name##_number(service); \
		(void)value; \
		if (service_metric_is_old(service, metric)) \
			return TONE_DIM; \
		return (condition_bad) ? TONE_BAD : (condition_warning) ? TONE_WARNING : TONE_PLAIN; \
	}

METRIC_COLUMN(rps, METRIC_RPS, 1)
PLAIN_FORMAT(rps, METRIC_RPS)
TONE(rps, METRIC_RPS, 0, 0)
METRIC_COLUMN(err, METRIC_ERROR_RATIO, PERCENT)
PLAIN_FORMAT(err, METRIC_ERROR_RATIO)
TONE(err, METRIC_ERROR_RATIO, value >= 5, value >= 1)
/* Latencies: "182" milliseconds, "2.50s" from a second on. */
#define LATENCY_FORMAT(name, metric) \
	void column_##name##_format(const struct service *service, struct text *out) \
	{ \
		double value = column_##name##_number(service); \
		int seconds = value >= 999.5 && isfinite(value); \
		if (column_##name##_absent(service)) \
			return; \
		old_format(service, metric, out); \
		number_format(seconds ? value / 1000 : value, out); \
		text_add(out, seconds ? "s" : ""); \
	}

METRIC_COLUMN(p50, METRIC_P50, 1)
LATENCY_FORMAT(p50, METRIC_P50)
TONE(p50, METRIC_P50, 0, 0)
METRIC_COLUMN(p99, METRIC_P99, 1)
LATENCY_FORMAT(p99, METRIC_P99)
TONE(p99, METRIC_P99, 0, 0)
METRIC_COLUMN(cpu, METRIC_CPU, 1)
METRIC_COLUMN(mem, METRIC_MEMORY, 1)
METRIC_COLUMN(throttled, METRIC_THROTTLED, PERCENT)
PLAIN_FORMAT(throttled, METRIC_THROTTLED)
TONE(throttled, METRIC_THROTTLED, value >= 25, value >= 5)

/* Used, in percent of what was asked for or allowed. */
#define RATIO_COLUMN(name, used, of) \
	double column_##name##_number(const struct service *service) \
	{ \
		double whole = service_metric_or(service, of, NAN); \
		return whole > 0 ? PERCENT * service_metric_or(service, used, NAN) / whole : NAN; \
	} \
	int column_##name##_absent(const struct service *service) \
	{ \
		return !service_metric(service, used) || !service_metric(service, of); \
	} \
	int column_##name##_compare(const struct service *a, const struct service *b) \
	{ \
		return order_of(column_##name##_number(a), column_##name##_number(b)); \
	}
RATIO_COLUMN(cpu_request, METRIC_CPU, METRIC_CPU_REQUEST)
PLAIN_FORMAT(cpu_request, METRIC_CPU)
TONE(cpu_request, METRIC_CPU, 0, value >= 100)
RATIO_COLUMN(cpu_limit, METRIC_CPU, METRIC_CPU_LIMIT)
PLAIN_FORMAT(cpu_limit, METRIC_CPU)
TONE(cpu_limit, METRIC_CPU, value >= 95, value >= 80)
RATIO_COLUMN(mem_request, METRIC_MEMORY, METRIC_MEMORY_REQUEST)
PLAIN_FORMAT(mem_request, METRIC_MEMORY)
TONE(mem_request, METRIC_MEMORY, 0, value >= 100)
RATIO_COLUMN(mem_limit, METRIC_MEMORY, METRIC_MEMORY_LIMIT)
PLAIN_FORMAT(mem_limit, METRIC_MEMORY)
TONE(mem_limit, METRIC_MEMORY, value >= 95, value >= 85)

/* Near the limit it is told red: there it is throttled, or killed. */
TONE(cpu, METRIC_CPU, column_cpu_limit_number(service) >= 95, column_cpu_limit_number(service) >= 80)
TONE(mem, METRIC_MEMORY, column_mem_limit_number(service) >= 95, column_mem_limit_number(service) >= 85)

static void share_format(double percent, struct text *out)
{
	if (isfinite(percent))
		text_printf(out, percent < 9999.5 ? " %3.0f%%" : " >9k%%", percent);
}

void column_cpu_format(const struct service *service, struct text *out)
{
	if (column_cpu_absent(service))
		return;
	old_format(service, METRIC_CPU, out);
	number_format(column_cpu_number(service), out);
	share_format(column_cpu_request_number(service), out);
}

void column_mem_format(const struct service *service, struct text *out)
{
	static const char units[] = "KMGTP";
	double value = column_mem_number(service);
	int unit = -1;
	if (column_mem_absent(service))
		return;
	old_format(service, METRIC_MEMORY, out);
	for (; isfinite(value) && fabs(value) >= 1000 && unit < 4; unit++)
		value /= 1024;
	if (!isfinite(value))
		number_format(value, out);
	else if (unit < 0)
		text_printf(out, "%.0fB", value);
	else
		text_printf(out, value < 9.95 ? "%.1f%ci" : "%.0f%ci", value, units[unit]);
	share_format(column_mem_request_number(service), out);
}

enum { TREND_CELLS = 8, TREND_EACH = 4 };

/* Averages of two minutes each, the oldest first; gaps are NaN. */
static void trend_read(const struct service *service, double cells[TREND_CELLS])
{
	const struct service_metrics *metrics = service->metrics;
	double values[TREND_CELLS * TREND_EACH];
	int64_t end = metrics ? metrics->last_step[METRIC_RPS] * METRIC_STEP_MS : 0;
	service_metric_history(service, METRIC_RPS, end, values, TREND_CELLS * TREND_EACH);
	for (int i = 0; i < TREND_CELLS; i++) {
		double sum = 0;
		int count = 0;
		for (int k = 0; k < TREND_EACH; k++)
			if (isfinite(values[i * TREND_EACH + k])) {
				sum += values[i * TREND_EACH + k];
				count++;
			}
		cells[i] = count ? sum / count : NAN;
	}
}

void column_trend_format(const struct service *service, struct text *out)
{
	static const char *const levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	double cells[TREND_CELLS], high = 0;
	if (column_trend_absent(service))
		return;
	trend_read(service, cells);
	for (int i = 0; i < TREND_CELLS; i++)
		if (cells[i] > high)
			high = cells[i];
	for (int i = 0; i < TREND_CELLS; i++) {
		int level = isnan(cells[i]) ? -1 : high > 0 ? (int)(cells[i] / high * 7 + 0.5) : 0;
		text_add(out, level < 0 ? " " : levels[level]);
	}
}

enum tone column_trend_tone(const struct service *service)
{
	return service_metric_is_old(service, METRIC_RPS) ? TONE_DIM : TONE_PLAIN;
}

/* How much the newest part differs from the oldest one, in percent of that. */
double column_trend_number(const struct service *service)
{
	double cells[TREND_CELLS], first = NAN;
	trend_read(service, cells);
	for (int i = TREND_CELLS - 2; i >= 0; i--)
		if (isfinite(cells[i]))
			first = cells[i];
	return first > 0 ? PERCENT * (cells[TREND_CELLS - 1] / first - 1) : NAN;
}

int column_trend_absent(const struct service *service)
{
	return !service_metric(service, METRIC_RPS);
}

int column_trend_compare(const struct service *a, const struct service *b)
{
	return order_of(column_trend_number(a), column_trend_number(b));
}

int prices_are_set(const struct prices *prices)
{
	return prices->vcpu_hour > 0 || prices->gib_hour > 0 || prices->million_requests > 0;
}

double column_cost_number(const struct service *service)
{
	return service_cost(service) * HOURS_OF_MONTH;
}

int column_cost_absent(const struct service *service)
{
	return isnan(service_cost(service));
}

void column_cost_format(const struct service *service, struct text *out)
{
	if (!column_cost_absent(service))
		number_format(column_cost_number(service), out);
}

enum tone column_cost_tone(const struct service *service)
{
	(void)service;
	return TONE_DIM;
}

int column_cost_compare(const struct service *a, const struct service *b)
{
	return order_of(column_cost_number(a), column_cost_number(b));
}

/* What is left of the error budget, in percent. */
double column_slo_number(const struct service *service)
{
	return PERCENT * slo_budget(service);
}

int column_slo_absent(const struct service *service)
{
	return !service->metrics || !service->metrics->slo;
}

void column_slo_format(const struct service *service, struct text *out)
{
	if (column_slo_absent(service))
		return;
	number_format(column_slo_number(service), out);
	text_add(out, isnan(column_slo_number(service)) ? "" : "%");
}

enum tone column_slo_tone(const struct service *service)
{
	double left = column_slo_number(service);
	return left < 0 ? TONE_BAD : left < 20 ? TONE_WARNING : TONE_GOOD;
}

int column_slo_compare(const struct service *a, const struct service *b)
{
	return order_of(column_slo_number(a), column_slo_number(b));
}

double column_burn_number(const struct service *service)
{
	return slo_burn(service);
}

int column_burn_absent(const struct service *service)
{
	return column_slo_absent(service);
}

void column_burn_format(const struct service *service, struct text *out)
{
	if (!column_burn_absent(service))
		number_format(slo_burn(service), out);
}

enum tone column_burn_tone(const struct service *service)
{
	static const enum tone tones[] = {TONE_PLAIN, TONE_WARNING, TONE_BAD};
	return tones[slo_urgency(service)];
}

int column_burn_compare(const struct service *a, const struct service *b)
{
	return order_of(slo_burn(a), slo_burn(b));
}
