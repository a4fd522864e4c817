/* SPDX-License-Identifier: MIT */
/* Profiles in the languages of other tools. Texts become literals there: nothing of them may end one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/xml.h"
#include "load/tool.h"

/* A JavaScript string. Variables become expressions: ${seq}, ${uuid}; data files are not carried over. */
static int add_js(struct buf *out, const char *text)
{
	int result = buf_add(out, "`", 1);
	for (; *text; text++) {
		if (strncmp(text, "${seq}", 6) == 0) {
			result |= buf_add_string(out, "${exec.scenario.iterationInTest}");
			text += 5;
		} else if (strncmp(text, "${uuid}", 7) == 0) {
			result |= buf_add_string(out, "${uuid()}");
			text += 6;
		} else if (*text == '`' || *text == '\\' || *text == '$') {
			result |= buf_printf(out, "\\%c", *text);
		} else {
			result |= buf_add(out, text, 1);
		}
	}
	return result | buf_add(out, "`", 1);
}

static int k6_scenario(const struct profile *profile, struct buf *out)
{
	if (profile->users > 0)
		return buf_printf(out, "{executor: 'constant-vus', vus: %d, duration: '%.0fs'}",
		                  profile->users, profile->users_seconds);
	double first = profile->stages[0].from;
	/* In thousandths of a request a second, so that rates below one survive. */
	int result = buf_printf(out,
	                        "{executor: 'ramping-arrival-rate', timeUnit: '1000s', startRate: %.0f, "
	                        "preAllocatedVUs: %d, maxVUs: %d, stages: [",
	                        first * 1000, profile->connections, profile->connections);
	double before = first;
	if (profile->warmup > 0)
		result |=
		    buf_printf(out, "{target: %.0f, duration: '%.3fs'}, ", first * 1000, profile->warmup);
	for (size_t i = 0; i < profile->stage_count; i++) {
		const struct profile_stage *stage = &profile->stages[i];
		if (stage->from != before)
			result |= buf_printf(out, "{target: %.0f, duration: '0s'}, ", stage->from * 1000);
		result |=
		    buf_printf(out, "{target: %.0f, duration: '%.3fs'}, ", stage->to * 1000, stage->seconds);
		before = stage->to;
	}
	return result | buf_add_string(out, "]}");
}

static int k6_request(const struct profile *profile, const struct profile_request *request, double upto,
                      struct buf *out)
{
	char *url = mem_printf("%s%s", profile->target, request->path);
	int result = buf_printf(out, "\tif (at < %.9f) { http.request(", upto);
	result |= add_js(out, request->method);
	result |= buf_add_string(out, ", ");
	result |= add_js(out, url);
	result |= buf_add_string(out, ", ");
	result |= request->body ? add_js(out, request->body) : buf_add_string(out, "null");
	result |= buf_add_string(out, ", {headers: {");
	for (size_t i = 0; i < request->header_count; i++) {
		result |= buf_add_string(out, i ? ", [" : "[");
		result |= add_js(out, request->headers[i].name);
		result |= buf_add_string(out, "]: ");
		result |= add_js(out, request->headers[i].value);
	}
	result |= buf_add_string(out, "}, tags: {name: ");
	result |= add_js(out, request->name);
	if (request->expect.status_count > 0) {
		result |= buf_add_string(out, "}, responseCallback: http.expectedStatuses(");
		for (size_t i = 0; i < request->expect.status_count; i++) {
			int status = request->expect.statuses[i];
			result |= status < 10 ? buf_printf(out, "%s{min: %d, max: %d}", i ? ", " : "",
			                                   status * 100, status * 100 + 99)
			                      : buf_printf(out, "%s%d", i ? ", " : "", status);
		}
		result |= buf_printf(out, "), timeout: '%.3fs'}); return; }\n", profile->request_timeout);
	} else {
		result |= buf_printf(out, "}, timeout: '%.3fs'}); return; }\n", profile->request_timeout);
	}
	free(url);
	return result;
}

int k6_script_write(const struct profile *profile, struct buf *out)
{
	double sum = 0, at = 0;
	int result = buf_add_string(
	    out,
	    "import http from 'k6/http';\nimport exec from 'k6/execution';\nimport { sleep } from 'k6';\n"
	    "const uuid = () => 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => "
	    "Math.floor(Math.random() * 16).toString(16));\nexport const options = {discardResponseBodies: "
	    "true, ");
	result |= buf_printf(
	    out, "insecureSkipTLSVerify: %s, scenarios: {load: ", profile->tls.insecure ? "true" : "false");
	result |= k6_scenario(profile, out);
	result |= buf_add_string(out, "}};\nexport default function () {\n\tconst at = Math.random();\n");
	for (size_t i = 0; i < profile->request_count; i++)
		sum += profile->requests[i].weight;
	/* The last one takes what rounding leaves. */
	for (size_t i = 0; i < profile->request_count; i++) {
		at += profile->requests[i].weight / sum;
		result |=
		    k6_request(profile, &profile->requests[i], i + 1 == profile->request_count ? 2 : at, out);
	}
	if (profile->users > 0 && profile->think > 0)
		result |= buf_printf(out, "\tsleep(%.3f);\n", profile->think);
	return result | buf_add_string(out, "}\n");
}

static int prop(struct buf *out, const char *kind, const char *name, const char *value)
{
	int result = buf_printf(out, "<%s name=\"%s\">", kind, name);
	result |= xml_add(out, value);
	return result | buf_printf(out, "</%s>", kind);
}

static int jmx_request(const struct profile *profile, const struct profile_request *request, struct buf *out)
{
	char port[16], *path = mem_printf("%s%s", profile->at.prefix, request->path);
	int result = buf_add_string(
	    out,
	    "<HTTPSamplerProxy guiclass=\"HttpTestSampleGui\" testclass=\"HTTPSamplerProxy\" testname=\"");
	snprintf(port, sizeof(port), "%d", profile->at.port);
	result |= xml_add(out, request->name);
	result |= buf_add_string(out, "\">");
	result |= prop(out, "stringProp", "HTTPSampler.protocol", profile->at.tls ? "https" : "http");
	result |= prop(out, "stringProp", "HTTPSampler.domain", profile->at.host);
	result |= prop(out, "stringProp", "HTTPSampler.port", port);
	result |= prop(out, "stringProp", "HTTPSampler.path", path);
	result |= prop(out, "stringProp", "HTTPSampler.method", request->method);
	result |= prop(out, "boolProp", "HTTPSampler.use_keepalive", "true");
	if (request->body) {
		result |= prop(out, "boolProp", "HTTPSampler.postBodyRaw", "true");
		result |= buf_add_string(
		    out,
		    "<elementProp name=\"HTTPsampler.Arguments\" elementType=\"Arguments\"><collectionProp "
		    "name=\"Arguments.arguments\"><elementProp name=\"\" elementType=\"HTTPArgument\">");
		result |= prop(out, "stringProp", "Argument.value", request->body);
		result |= buf_add_string(out, "</elementProp></collectionProp></elementProp>");
	}
	result |= buf_add_string(out, "</HTTPSamplerProxy><hashTree>");
	if (request->header_count > 0) {
		result |= buf_add_string(
		    out,
		    "<HeaderManager testname=\"headers\"><collectionProp name=\"HeaderManager.headers\">");
		for (size_t i = 0; i < request->header_count; i++) {
			result |= buf_add_string(out, "<elementProp name=\"\" elementType=\"Header\">");
			result |= prop(out, "stringProp", "Header.name", request->headers[i].name);
			result |= prop(out, "stringProp", "Header.value", request->headers[i].value);
			result |= buf_add_string(out, "</elementProp>");
		}
		result |= buf_add_string(out, "</collectionProp></HeaderManager><hashTree/>");
	}
	free(path);
	return result | buf_add_string(out, "</hashTree>\n");
}

static int jmx_group(const struct profile *profile, struct buf *out)
{
	if (profile->users > 0)
		return buf_printf(
		    out,
		    "<ThreadGroup guiclass=\"ThreadGroupGui\" testclass=\"ThreadGroup\" "
		    "testname=\"users\"><intProp name=\"ThreadGroup.num_threads\">%d"
		    "</intProp><intProp name=\"ThreadGroup.ramp_time\">%.0f</intProp><boolProp "
		    "name=\"ThreadGroup.scheduler\">true</boolProp>"
		    "<stringProp name=\"ThreadGroup.duration\">%.0f</stringProp><elementProp "
		    "name=\"ThreadGroup.main_controller\" "
		    "elementType=\"LoopController\"><intProp "
		    "name=\"LoopController.loops\">-1</intProp></elementProp></ThreadGroup><hashTree>\n",
		    profile->users, profile->users_ramp, profile->users_seconds);
	int result = buf_add_string(out, "<OpenModelThreadGroup guiclass=\"OpenModelThreadGroupGui\" "
	                                 "testclass=\"OpenModelThreadGroup\" testname=\"arrivals\">"
	                                 "<stringProp name=\"OpenModelThreadGroup.schedule\">");
	for (size_t i = 0; i < profile->stage_count; i++)
		result |= buf_printf(out, "rate(%g/sec) %s_arrivals(%g sec) rate(%g/sec) ",
		                     profile->stages[i].from, profile->poisson ? "random" : "even",
		                     profile->stages[i].seconds, profile->stages[i].to);
	return result | buf_add_string(out, "</stringProp></OpenModelThreadGroup><hashTree>\n");
}

int jmx_write(const struct profile *profile, struct buf *out)
{
	int result = buf_add_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<jmeterTestPlan "
	                                 "version=\"1.2\" properties=\"5.0\" jmeter=\"5.6.3\"><hashTree>"
	                                 "<TestPlan testname=\"");
	result |= xml_add(out, profile->name);
	result |= buf_add_string(out, "\"/><hashTree>\n");
	result |= jmx_group(profile, out);
	double most = 0;
	for (size_t i = 0; i < profile->request_count; i++)
		most = profile->requests[i].weight > most ? profile->requests[i].weight : most;
	/* A share of the iterations each, as JMeter's throughput controllers have it. */
	for (size_t i = 0; i < profile->request_count; i++) {
		result |= buf_printf(out,
		                     "<ThroughputController testname=\"share\"><intProp "
		                     "name=\"ThroughputController.style\">1</intProp><FloatProperty>"
		                     "<name>ThroughputController.percentThroughput</name><value>%g</value></"
		                     "FloatProperty></ThroughputController><hashTree>",
		                     100 * profile->requests[i].weight / most);
		result |= jmx_request(profile, &profile->requests[i], out);
		result |= buf_add_string(out, "</hashTree>\n");
	}
	return result | buf_add_string(out, "</hashTree></hashTree></hashTree></jmeterTestPlan>\n");
}
