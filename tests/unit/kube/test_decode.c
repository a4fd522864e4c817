/* SPDX-License-Identifier: MIT */
/*
 * Decoders: what objects of real clusters become. Each document also goes through the scanner with
 * its kind's fields first, which must not make a difference, and is parsed with memory running out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "kube/decode.h"
#include "kube/scan.h"
#include "model/writer.h"
#include "unit/kube/same.h"
#include "unit/kube/wire_encode.h"

struct desk {
	struct clock_fixed clock;
	struct fleet *fleet;
	struct decode decode;
};

static void desk_init(struct desk *desk)
{
	clock_fixed_init(&desk->clock, 1700000000000);
	desk->fleet = fleet_new(&desk->clock.clock);
	desk->decode = (struct decode){desk->fleet, "app.kubernetes.io/name", "team"};
}

static int keep_text(void *arg, const char *type, const char *json, size_t len)
{
	(void)type;
	*(char **)arg = mem_copy(json, len);
	return 0;
}

/* The document as the scanner lets it through. */
static char *reduced(const struct kind *kind, const char *json)
{
	char *text = NULL;
	const struct scan_events events = {.object = keep_text, .arg = &text};
	struct scan_filter *filter = scan_filter_new(kind->fields);
	struct scan *scan = scan_new(SCAN_OBJECT, filter, &events);
	struct err err = {0};
	if (scan_feed(scan, json, strlen(json), &err) < 0 || scan_finish(scan, &err) < 0)
		fail_msg("%s: %s", err.text, json);
	scan_free(scan);
	scan_filter_free(filter);
	return text;
}

static struct object *decoded(const struct desk *desk, const struct kind *kind, const char *json)
{
	struct err err = {0};
	cJSON *whole = json_parse_heap(json, strlen(json), &err);
	if (!whole)
		fail_msg("%s: %s", err.text, json);
	struct object *object = kind->decode(&desk->decode, whole, &err);
	if (!object)
		fail_msg("%s: %s", err.text, json);
	cJSON_Delete(whole);
	return object;
}

/* The document by way of protobuf; NULL for kinds that are not read so. */
static char *wired(const struct desk *desk, const struct kind *kind, const char *json)
{
	struct err err = {0};
	struct buf bytes;
	if (!kind->wire)
		return NULL;
	struct arena *arena = arena_new(1 << 20);
	cJSON *whole = json_parse_heap(json, strlen(json), &err);
	buf_init(&bytes, WIRE_ROOM);
	wire_put_message(&bytes, kind->wire, whole);
	cJSON *tree = wire_decode(arena, kind->wire, bytes.data, bytes.len, &err);
	if (!tree)
		fail_msg("%s: %s", err.text, json);
	struct object *object = kind->decode(&desk->decode, tree, &err);
	char *text = object_describe(object);
	object_discard(desk->fleet, object);
	buf_release(&bytes);
	cJSON_Delete(whole);
	arena_free(arena);
	return text;
}

/* Decodes, and checks that the reduced document gives the same, and the one that came as protobuf. */
static struct object *take(const struct desk *desk, enum object_kind which, const char *json)
{
	const struct kind *kind = kind_of(which);
	char *less = reduced(kind, json);
	struct object *object = decoded(desk, kind, json), *other = decoded(desk, kind, less);
	char *a = object_describe(object), *b = object_describe(other), *c = wired(desk, kind, json);
	assert_string_equal(a, b);
	if (c)
		assert_string_equal(a, c);
	free(a);
	free(b);
	free(c);
	free(less);
	object_discard(desk->fleet, other);
	return object;
}

struct pod_case {
	const char *what, *metadata, *spec, *status; /* members, without braces */
	const char *word, *ready;
	int restarts;
	enum reason reason;
	const char *flags; /* r: ready, t: terminating, f: finished */
	const char *message;
};

/* In the table ' stands for ", and these words for what many pods have in common. */
static const char *const words[][2] = {
	{"@ready", "'conditions':[{'type':'Initialized','status':'True'},{'type':'Ready','status':'True'},"
		"{'type':'PodScheduled','status':'True'}]"},
	{"@unready", "'conditions':[{'type':'Initialized','status':'True'},{'type':'Ready','status':'False'},"
		"{'type':'PodScheduled','status':'True'}]"},
	{"@running", "'state':{'running':{'startedAt':'2024-01-01T00:00:00Z'}}"},
	{"@one", "'containers':[{'name':'app','image':'a:1','env':[{'name':'x','value':'y'}]}]"},
	{"@two", "'containers':[{'name':'app'},{'name':'proxy'}]"},
	{"@init", "'initContainers':[{'name':'i0'},{'name':'i1'}],@one"},
	{"@sidecar", "'initContainers':[{'name':'side','restartPolicy':'Always'},{'name':'i1'}],@one"},
};

/* The text of the table as JSON. */
static void expand(FILE *out, const char *text)
{
	while (*text) {
		const char *word = NULL;
		for (size_t i = 0; *text == '@' && i < sizeof(words) / sizeof(words[0]); i++)
			if (strncmp(text, words[i][0], strlen(words[i][0])) == 0) {
				word = words[i][1];
				text += strlen(words[i][0]);
				break;
			}
		if (word)
			expand(out, word);
		else
			fputc(*text == '\'' ? '"' : *text, out), text++;
	}
}

static const struct pod_case pod_cases[] = {
	{"running", "", "@one",
		"'phase':'Running',@ready,'containerStatuses':[{'name':'app','ready':true,'restartCount':2,"
		"@running,'lastState':{'terminated':{'exitCode':1,'reason':'Error',"
		"'finishedAt':'2024-01-01T00:00:00Z'}}}]",
		"Running", "1/1", 2, REASON_NONE, "r", NULL},
	{"running, not ready", "", "@one",
		"'phase':'Running',@unready,'containerStatuses':[{'name':'app','ready':false,'restartCount':0,"
		"@running}]",
		"Running", "0/1", 0, REASON_NOT_READY, "", NULL},
	{"crash loop", "", "@one",
		"'phase':'Running',@unready,'containerStatuses':[{'name':'app','ready':false,'restartCount':7,"
		"'state':{'waiting':{'reason':'CrashLoopBackOff','message':'back-off 5m0s restarting failed "
		"container'}},'lastState':{'terminated':{'exitCode':1,'reason':'Error',"
		"'finishedAt':'2024-01-01T00:00:00Z'}}}]",
		"CrashLoopBackOff", "0/1", 7, REASON_CRASH_LOOP, "", "back-off 5m0s restarting failed container"},
	{"killed for memory, waiting", "", "@one",
		"'phase':'Running',@unready,'containerStatuses':[{'name':'app','ready':false,'restartCount':3,"
		"'state':{'terminated':{'exitCode':137,'reason':'OOMKilled'}}}]",
		"OOMKilled", "0/1", 3, REASON_OOM_KILLED, "", NULL},
	{"image", "", "@one",
		"'phase':'Pending',@unready,'containerStatuses':[{'name':'app','ready':false,'restartCount':0,"
		"'state':{'waiting':{'reason':'ImagePullBackOff','message':'Back-off pulling image'}}}]",
		"ImagePullBackOff", "0/1", 0, REASON_IMAGE_PULL, "", "Back-off pulling image"},
	{"configuration", "", "@one",
		"'phase':'Pending',@unready,'containerStatuses':[{'name':'app','restartCount':0,'state':{"
		"'waiting':{'reason':'CreateContainerConfigError','message':'configmap \\'x\\' not found'}}}]",
		"CreateContainerConfigError", "0/1", 0, REASON_CONFIG, "", "configmap \"x\" not found"},
	{"creating", "", "@one",
		"'phase':'Pending',@unready,'containerStatuses':[{'name':'app','restartCount':0,'state':{"
		"'waiting':{'reason':'ContainerCreating'}}}]",
		"ContainerCreating", "0/1", 0, REASON_STARTING, "", NULL},
	{"no node", "", "@one",
		"'phase':'Pending','conditions':[{'type':'PodScheduled','status':'False',"
		"'reason':'Unschedulable','message':'0/3 nodes are available'}]",
		"Pending", "0/1", 0, REASON_UNSCHEDULABLE, "", "0/3 nodes are available"},
	{"gated", "", "@one",
		"'phase':'Pending','conditions':[{'type':'PodScheduled','status':'False',"
		"'reason':'SchedulingGated','message':'Scheduling is blocked'}]",
		"SchedulingGated", "0/1", 0, REASON_UNSCHEDULABLE, "", "Scheduling is blocked"},
	{"init waits", "", "@init",
		"'phase':'Pending','conditions':[{'type':'Initialized','status':'False'}],"
		"'initContainerStatuses':[{'name':'i0','restartCount':0,@running},{'name':'i1','restartCount':0,"
		"'state':{'waiting':{'reason':'PodInitializing'}}}],'containerStatuses':[{'name':'app',"
		"'restartCount':0,'state':{'waiting':{'reason':'PodInitializing'}}}]",
		"Init:0/2", "0/1", 0, REASON_STARTING, "", NULL},
	{"second init", "", "@init",
		"'phase':'Pending','conditions':[{'type':'Initialized','status':'False'}],"
		"'initContainerStatuses':[{'name':'i0','restartCount':1,'state':{'terminated':{'exitCode':0,"
		"'reason':'Completed'}}},{'name':'i1','restartCount':2,@running}]",
		"Init:1/2", "0/1", 3, REASON_STARTING, "", NULL},
	{"init crashes; the restarts of what follows do not count", "", "@init",
		"'phase':'Pending','conditions':[{'type':'Initialized','status':'False'}],"
		"'initContainerStatuses':[{'name':'i0','restartCount':4,'state':{'waiting':{"
		"'reason':'CrashLoopBackOff'}}},{'name':'i1','restartCount':9,'state':{'waiting':{"
		"'reason':'PodInitializing'}}}]",
		"Init:CrashLoopBackOff", "0/1", 4, REASON_CRASH_LOOP, "", NULL},
	{"init failed", "", "@init",
		"'phase':'Pending','initContainerStatuses':[{'name':'i0','restartCount':0,'state':{'terminated':{"
		"'exitCode':3,'reason':'Error','message':'no database'}}}]",
		"Init:Error", "0/1", 0, REASON_ERROR, "", "no database"},
	{"init, signal", "", "@init",
		"'phase':'Pending','initContainerStatuses':[{'name':'i0','restartCount':0,'state':{'terminated':{"
		"'exitCode':137,'signal':9}}}]",
		"Init:Signal:9", "0/1", 0, REASON_ERROR, "", NULL},
	{"init, code", "", "@init",
		"'phase':'Pending','initContainerStatuses':[{'name':'i0','restartCount':0,'state':{'terminated':{"
		"'exitCode':2}}}]",
		"Init:ExitCode:2", "0/1", 0, REASON_ERROR, "", NULL},
	{"sidecar runs", "", "@sidecar",
		"'phase':'Running',@ready,'initContainerStatuses':[{'name':'side','started':true,'ready':true,"
		"'restartCount':1,@running},{'name':'i1','restartCount':5,'state':{'terminated':{'exitCode':0,"
		"'reason':'Completed'}}}],'containerStatuses':[{'name':'app','ready':true,'restartCount':2,"
		"@running}]",
		"Running", "2/2", 3, REASON_NONE, "r", NULL},
	{"sidecar not started", "", "@sidecar",
		"'phase':'Pending','conditions':[{'type':'Initialized','status':'False'}],"
		"'initContainerStatuses':[{'name':'side','started':false,'ready':false,'restartCount':0,"
		"@running}]",
		"Init:0/2", "0/2", 0, REASON_STARTING, "", NULL},
	{"a sidecar behind the one that hangs is not counted", "", "'initContainers':[{'name':'i0'},"
		"{'name':'side','restartPolicy':'Always'}],@one",
		"'phase':'Pending','conditions':[{'type':'Initialized','status':'False'}],"
		"'initContainerStatuses':[{'name':'i0','restartCount':1,@running},{'name':'side','started':true,"
		"'ready':true,'restartCount':6,@running}]",
		"Init:0/2", "0/2", 1, REASON_STARTING, "", NULL},
	{"completed", "", "@one",
		"'phase':'Succeeded',@unready,'containerStatuses':[{'name':'app','ready':false,'restartCount':0,"
		"'state':{'terminated':{'exitCode':0,'reason':'Completed'}}}]",
		"Completed", "0/1", 0, REASON_NONE, "f", NULL},
	{"one of two completed, ready", "", "@two",
		"'phase':'Running',@ready,'containerStatuses':[{'name':'app','ready':false,'restartCount':0,"
		"'state':{'terminated':{'exitCode':0,'reason':'Completed'}}},{'name':'proxy','ready':true,"
		"'restartCount':0,@running}]",
		"Running", "1/2", 0, REASON_NONE, "r", NULL},
	{"one of two completed, not ready", "", "@two",
		"'phase':'Running',@unready,'containerStatuses':[{'name':'app','ready':false,'restartCount':0,"
		"'state':{'terminated':{'exitCode':0,'reason':'Completed'}}},{'name':'proxy','ready':true,"
		"'restartCount':0,@running}]",
		"NotReady", "1/2", 0, REASON_NOT_READY, "", NULL},
	{"the first container has the word", "", "@two",
		"'phase':'Running',@unready,'containerStatuses':[{'name':'app','ready':false,'restartCount':0,"
		"'state':{'waiting':{'reason':'ErrImagePull'}}},{'name':'proxy','ready':false,'restartCount':8,"
		"'state':{'waiting':{'reason':'CrashLoopBackOff'}}}]",
		"ErrImagePull", "0/2", 8, REASON_CRASH_LOOP, "", NULL},
	{"signal", "", "@one",
		"'phase':'Failed','containerStatuses':[{'name':'app','restartCount':0,'state':{'terminated':{"
		"'exitCode':139,'signal':11}}}]",
		"Signal:11", "0/1", 0, REASON_ERROR, "f", NULL},
	{"code", "", "@one",
		"'phase':'Failed','containerStatuses':[{'name':'app','restartCount':0,'state':{'terminated':{"
		"'exitCode':42}}}]",
		"ExitCode:42", "0/1", 0, REASON_ERROR, "f", NULL},
	{"evicted", "", "@one",
		"'phase':'Failed','reason':'Evicted','message':'The node was low on resource: memory.'",
		"Evicted", "0/1", 0, REASON_EVICTED, "f", "The node was low on resource: memory."},
	{"node lost", "'deletionTimestamp':'2024-01-01T00:00:00Z'", "@one",
		"'phase':'Running','reason':'NodeLost','message':'Node is gone'",
		"Unknown", "0/1", 0, REASON_TERMINATING, "t", NULL},
	{"terminating", "'deletionTimestamp':'2024-01-01T00:00:00Z'", "@one",
		"'phase':'Running',@ready,'containerStatuses':[{'name':'app','ready':true,'restartCount':1,"
		"@running}]",
		"Terminating", "1/1", 1, REASON_TERMINATING, "rt", NULL},
	{"deleted after its end", "'deletionTimestamp':'2024-01-01T00:00:00Z'", "@one",
		"'phase':'Succeeded','containerStatuses':[{'name':'app','restartCount':0,'state':{'terminated':{"
		"'exitCode':0,'reason':'Completed'}}}]",
		"Completed", "0/1", 0, REASON_TERMINATING, "tf", NULL},
	{"a word nobody knows", "", "@one",
		"'phase':'Pending','containerStatuses':[{'name':'app','restartCount':0,'state':{'waiting':{"
		"'reason':'SomethingNew'}}}]",
		"SomethingNew", "0/1", 0, REASON_OTHER, "", NULL},
	{"nothing said yet", "", "@one",
		"'phase':'Pending'",
		"Pending", "0/1", 0, REASON_STARTING, "", NULL},
};

static char *pod_text(const struct pod_case *one)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	expand(out, "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'p','namespace':'n','uid':'u',"
	            "'resourceVersion':'7','creationTimestamp':'2024-01-01T00:00:00Z',"
	            "'managedFields':[{'fieldsV1':{'f:x':{}}}]");
	expand(out, one->metadata[0] ? "," : "");
	expand(out, one->metadata);
	expand(out, "},'spec':{");
	expand(out, one->spec);
	expand(out, "},'status':{");
	expand(out, one->status);
	expand(out, "}}");
	fclose(out);
	return text;
}

static void test_pods_read_as_kubectl_reads_them(void **state)
{
	struct desk desk;

	(void)state;
	desk_init(&desk);
	for (size_t i = 0; i < sizeof(pod_cases) / sizeof(pod_cases[0]); i++) {
		const struct pod_case *one = &pod_cases[i];
		char *text = pod_text(one), got[512], expected[512];
		struct pod *pod = (struct pod *)take(&desk, OBJECT_POD, text);
		snprintf(got, sizeof(got), "%s: %s %d/%d %d %s %s%s%s %s", one->what, pod->status,
		         pod->ready_containers, pod->total_containers, pod->restarts,
		         pod->reason == REASON_NONE ? "-" : reasons[pod->reason].word, pod->ready ? "r" : "",
		         pod->terminating ? "t" : "", pod->finished ? "f" : "", pod->message ? pod->message : "-");
		snprintf(expected, sizeof(expected),
		         "%s: %s %s %d %s "
		         "%s %s",
		         one->what, one->word, one->ready, one->restarts,
		         one->reason == REASON_NONE ? "-" : reasons[one->reason].word, one->flags,
		         one->message ? one->message : "-");
		assert_string_equal(got, expected);
		object_discard(desk.fleet, &pod->object);
		free(text);
	}
	fleet_free(desk.fleet);
}

static void test_pod_details(void **state)
{
	struct desk desk;

	(void)state;
	desk_init(&desk);
	struct pod *pod = (struct pod *)take(&desk, OBJECT_POD,
		"{\"metadata\":{\"name\":\"p\",\"namespace\":\"n\",\"uid\":\"u\",\"resourceVersion\":\"7\","
		"\"labels\":{\"pod-template-hash\":\"abc\","
		"\"controller-revision-hash\":\"zzz\"},\"ownerReferences\":[{\"kind\":\"X\",\"uid\":\"other\"},{"
		"\"kind\":\"ReplicaSet\",\"uid\":\"set\","
		"\"controller\":true}]},\"spec\":{\"nodeName\":\"node-1\",\"containers\":[{\"name\":\"a\"},{"
		"\"name\":\"b\"}]},"
		"\"status\":{\"phase\":\"Running\",\"podIP\":\"10.0.0.1\",\"containerStatuses\":["
		"{\"name\":\"a\",\"restartCount\":1,\"lastState\":{\"terminated\":{"
		"\"finishedAt\":\"2024-01-01T00:00:10Z\"}}},"
		"{\"name\":\"b\",\"restartCount\":1,\"lastState\":{\"terminated\":{"
		"\"finishedAt\":\"2024-01-01T00:00:05Z\"}}}]}}");
	assert_string_equal(pod->owner_uid, "set");
	assert_string_equal(pod->hash, "abc");
	assert_string_equal(pod->node, "node-1");
	assert_string_equal(pod->ip, "10.0.0.1");
	assert_string_equal(pod->containers, "a,b");
	assert_int_equal(pod->restarted_ms, 1704067210000);
	assert_string_equal(pod->object.key, "n/p");
	assert_string_equal(pod->object.version, "7");
	object_discard(desk.fleet, &pod->object);
	fleet_free(desk.fleet);
}

static void test_workloads(void **state)
{
	struct desk desk;

	(void)state;
	desk_init(&desk);
	struct workload *w = (struct workload *)take(&desk, OBJECT_DEPLOYMENT,
		"{\"metadata\":{\"name\":\"web\",\"namespace\":\"n\",\"generation\":5,\"labels\":{"
		"\"app.kubernetes.io/name\":\"pay\",\"team\":\"core\",\"odd\":7},"
		"\"annotations\":{\"deployment.kubernetes.io/revision\":\"12\",\"other\":\"x\"}},"
		"\"spec\":{\"replicas\":4,\"paused\":true,\"template\":{\"spec\":{\"containers\":[{"
		"\"image\":\"a:1\"},{\"image\":\"b:2\"}]}}},"
		"\"status\":{\"observedGeneration\":4,\"replicas\":5,\"readyReplicas\":3,\"updatedReplicas\":2,"
		"\"availableReplicas\":1,\"conditions\":["
		"{\"type\":\"Progressing\",\"status\":\"False\",\"reason\":\"ProgressDeadlineExceeded\","
		"\"message\":\"timed out\",\"lastTransitionTime\":\"2024-01-01T00:00:00Z\"},"
		"{\"type\":\"Available\",\"status\":\"True\",\"reason\":\"MinimumReplicasAvailable\"}]}}");
	assert_string_equal(w->service, "pay");
	assert_string_equal(w->team, "core");
	assert_string_equal(w->images, "a:1,b:2");
	assert_string_equal(w->revision, "12");
	assert_int_equal(w->label_count, 2);
	assert_int_equal(w->desired, 4);
	assert_int_equal(w->replicas * 1000 + w->ready * 100 + w->updated * 10 + w->available, 5321);
	assert_int_equal(w->generation, 5);
	assert_int_equal(w->observed, 4);
	assert_true(w->paused);
	assert_int_equal(w->progressing.status, 'F');
	assert_string_equal(w->progressing.reason, "ProgressDeadlineExceeded");
	assert_string_equal(w->progressing.message, "timed out");
	assert_int_equal(w->progressing.changed_ms, 1704067200000);
	assert_int_equal(w->failure.status, ' ');
	object_discard(desk.fleet, &w->object);

	w = (struct workload *)take(&desk, OBJECT_DEPLOYMENT, "{\"metadata\":{\"name\":\"new\"},\"spec\":{}}");
	assert_int_equal(w->desired, 1); /* replicas left out are one */
	assert_string_equal(w->object.key, "new");
	object_discard(desk.fleet, &w->object);

	w = (struct workload *)take(&desk, OBJECT_STATEFULSET,
		"{\"metadata\":{\"name\":\"db\",\"namespace\":\"n\"},\"spec\":{\"replicas\":3,\"updateStrategy\":{"
		"\"type\":\"RollingUpdate\","
		"\"rollingUpdate\":{\"partition\":2}}},\"status\":{\"currentReplicas\":2,\"updatedReplicas\":1,"
		"\"currentRevision\":\"db-1\",\"updateRevision\":\"db-2\"}}");
	assert_int_equal(w->partition, 2);
	assert_true(w->has_partition);
	assert_false(w->on_delete);
	assert_string_equal(w->revision, "db-2");
	assert_string_equal(w->current_revision, "db-1");
	assert_int_equal(w->current, 2);
	object_discard(desk.fleet, &w->object);

	w = (struct workload *)take(&desk, OBJECT_DAEMONSET,
		"{\"metadata\":{\"name\":\"agent\",\"namespace\":\"n\"},\"spec\":{\"updateStrategy\":{"
		"\"type\":\"OnDelete\"}},\"status\":{"
		"\"desiredNumberScheduled\":9,\"currentNumberScheduled\":8,\"numberReady\":7,"
		"\"updatedNumberScheduled\":6,\"numberAvailable\":5}}");
	assert_true(w->on_delete);
	assert_int_equal(
	    w->desired * 10000 + w->replicas * 1000 + w->ready * 100 + w->updated * 10 + w->available, 98765);
	object_discard(desk.fleet, &w->object);
	fleet_free(desk.fleet);
}

static void test_the_other_kinds(void **state)
{
	struct desk desk;

	(void)state;
	desk_init(&desk);
	struct replicaset *set = (struct replicaset *)take(&desk, OBJECT_REPLICASET,
		"{\"kind\":\"PartialObjectMetadata\",\"metadata\":{\"name\":\"web-abc\",\"namespace\":\"n\","
		"\"labels\":{\"pod-template-hash\":\"abc\"},"
		"\"annotations\":{\"deployment.kubernetes.io/revision\":\"3\"},\"ownerReferences\":[{\"uid\":\"d\","
		"\"controller\":true}]}}");
	assert_string_equal(set->hash, "abc");
	assert_string_equal(set->revision, "3");
	assert_string_equal(set->owner_uid, "d");
	object_discard(desk.fleet, &set->object);

	struct hpa *hpa = (struct hpa *)take(&desk, OBJECT_HPA,
		"{\"metadata\":{\"name\":\"web\",\"namespace\":\"n\"},\"spec\":{\"scaleTargetRef\":{"
		"\"kind\":\"Deployment\",\"name\":\"web\"},\"maxReplicas\":9},"
		"\"status\":{\"currentReplicas\":2,\"desiredReplicas\":3,\"conditions\":[{"
		"\"type\":\"ScalingActive\",\"status\":\"False\",\"reason\":\"ScalingDisabled\"}]}}");
	assert_string_equal(hpa->target_kind, "Deployment");
	assert_int_equal(hpa->min * 1000 + hpa->max * 100 + hpa->current * 10 + hpa->desired, 1923);
	assert_int_equal(hpa->active.status, 'F');
	object_discard(desk.fleet, &hpa->object);

	struct node *node = (struct node *)take(&desk, OBJECT_NODE,
		"{\"metadata\":{\"name\":\"node-1\",\"labels\":{\"topology.kubernetes.io/zone\":\"z1\"}},\"spec\":{"
		"\"unschedulable\":true},"
		"\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"Unknown\","
		"\"reason\":\"NodeStatusUnknown\"}]}}");
	assert_string_equal(node->zone, "z1");
	assert_int_equal(node->ready, 'U');
	assert_true(node->cordoned);
	assert_string_equal(node->reason, "NodeStatusUnknown");
	object_discard(desk.fleet, &node->object);

	struct namespace *space = (struct namespace *)take(&desk, OBJECT_NAMESPACE,
		"{\"metadata\":{\"name\":\"n\",\"labels\":{\"team\":\"core\"}}}");
	assert_string_equal(space->team, "core");
	object_discard(desk.fleet, &space->object);
	fleet_free(desk.fleet);
}

static void test_event_times(void **state)
{
	static const struct {
		const char *members;
		int64_t at;
		int count;
	} cases[] = {
		{"\"count\":4,\"firstTimestamp\":\"2024-01-01T00:00:00Z\","
			"\"lastTimestamp\":\"2024-01-01T00:00:09Z\",\"eventTime\":null", 1704067209000, 4},
		{"\"firstTimestamp\":null,\"lastTimestamp\":null,"
			"\"eventTime\":\"2024-01-01T00:00:05.123456Z\"", 1704067205123, 1},
		{"\"eventTime\":\"2024-01-01T00:00:05Z\",\"series\":{\"count\":6,"
			"\"lastObservedTime\":\"2024-01-01T00:00:07.5Z\"}", 1704067207500, 6},
		{"\"firstTimestamp\":\"2024-01-01T00:00:02Z\"", 1704067202000, 1},
		{"\"count\":-5", 1704067201000, 0},
	};
	struct desk desk;

	(void)state;
	desk_init(&desk);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = mem_printf("{\"metadata\":{\"name\":\"e\",\"namespace\":\"n\","
		                        "\"creationTimestamp\":\"2024-01-01T00:00:01Z\"},\"type\":\"Warning\","
		                        "\"reason\":\"BackOff\",\"message\":\"m\",\"involvedObject\":{"
		                        "\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"u\"},%s}",
		                        cases[i].members);
		struct event *event = (struct event *)take(&desk, OBJECT_EVENT, text);
		assert_int_equal(event->last_ms, cases[i].at);
		assert_int_equal(event->count, cases[i].count);
		assert_true(event->warning);
		assert_string_equal(event->about_kind, "Pod");
		object_discard(desk.fleet, &event->object);
		free(text);
	}
	fleet_free(desk.fleet);
}

/* Documents that no server should send: nothing crashes, only a name is needed. */
static const char *const odd[] = {
	"{\"metadata\":{\"name\":\"x\"},\"spec\":null,\"status\":null}",
	"{\"metadata\":{\"name\":\"x\",\"labels\":[],\"annotations\":\"\",\"ownerReferences\":{},\"uid\":5},"
	"\"spec\":[],\"status\":\"\"}",
	"{\"metadata\":{\"name\":\"x\"},\"spec\":{\"replicas\":\"many\",\"containers\":{\"name\":\"a\"},"
	"\"initContainers\":[null,5,[]],"
	"\"updateStrategy\":[]},\"status\":{\"conditions\":[null,7,[],{\"type\":5}],\"containerStatuses\":[null,"
	"{\"restartCount\":1e300,"
	"\"state\":{\"waiting\":{\"reason\":7}}}],\"initContainerStatuses\":[{}],\"phase\":[]}}",
	"{\"metadata\":{\"name\":\"x\"},\"spec\":{\"replicas\":-9223372036854775808},\"status\":{"
	"\"replicas\":1e30,\"observedGeneration\":-1e30,"
	"\"containerStatuses\":[{\"restartCount\":-7},{\"restartCount\":99999999999}]}}",
	"{\"metadata\":{\"name\":\"\\u001b[31mx\\u0007\\u202e\",\"namespace\":\"\\u009b2J\",\"labels\":{"
	"\"app.kubernetes.io/name\":\"\\u001b]0;t\\u0007\"}},"
	"\"status\":{\"phase\":\"\\u001b[2J\",\"reason\":\"\\u001b[2J\",\"message\":\"\\r\\n\\u001b[2J\"},"
	"\"message\":\"\\u001b[2J\",\"reason\":\"\\u001b[2J\"}",
	"{\"metadata\":{\"name\":\"\xff\xfe\",\"uid\":\"\xc0\x80\"},\"status\":{\"phase\":\"\xed\xa0\x80\"},"
	"\"message\":\"\xf5\"}",
};

static void test_odd_documents(void **state)
{
	struct desk desk;

	(void)state;
	desk_init(&desk);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		for (size_t k = 0; k < kind_count; k++) {
			struct object *object = decoded(&desk, &kinds[k], odd[i]);
			char *text = object_describe(object);
			assert_null(strchr(text, '\033'));
			assert_null(strchr(text, '\a'));
			assert_null(strstr(text, "\xc2\x9b"));
			assert_null(strstr(text, "\xe2\x80\xae"));
			assert_null(strchr(text, '\xff'));
			free(text);
			object_discard(desk.fleet, object);
		}
	for (size_t k = 0; k < kind_count; k++) {
		static const char *const nameless[] = {"{}", "null", "[]", "{\"metadata\":{}}", "{\"metadata\":{"
			"\"name\":\"\"}}",
			"{\"metadata\":{\"name\":7}}", "{\"metadata\":{\"name\":\"\\u001b\"}}"};
		for (size_t i = 0; i < sizeof(nameless) / sizeof(nameless[0]); i++) {
			struct err err = {0};
			cJSON *json = json_parse_heap(nameless[i], strlen(nameless[i]), NULL);
			assert_null(kinds[k].decode(&desk.decode, json, &err));
			assert_non_null(strstr(err.text, "name"));
			cJSON_Delete(json);
		}
	}
	fleet_free(desk.fleet);
}

/* Long texts are cut, the objects stay. */
static void test_long_texts(void **state)
{
	struct desk desk;
	char *fill = mem_new(100001);

	(void)state;
	desk_init(&desk);
	memset(fill, 'y', 100000);
	char *text = mem_printf("{\"metadata\":{\"name\":\"%.300s\",\"namespace\":\"n\",\"labels\":{"
	                        "\"app.kubernetes.io/name\":\"%s\"}},"
	                        "\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"image\":\"%s\"}]}},"
	                        "\"containers\":[{\"name\":\"%s\"}]},"
	                        "\"status\":{\"message\":\"%s\",\"reason\":\"%s\",\"phase\":\"%s\"},"
	                        "\"message\":\"%s\"}", fill, fill, fill, fill,
	                        fill, fill, fill, fill);
	for (size_t k = 0; k < kind_count; k++) {
		struct object *object = decoded(&desk, &kinds[k], text);
		char *described = object_describe(object);
		assert_true(strlen(described) < 8000);
		free(described);
		object_discard(desk.fleet, object);
	}
	free(text);
	free(fill);
	fleet_free(desk.fleet);
}

/* Memory for the DOM ends at every place in turn: an error each time, until it suffices. */
static void test_allocation_failures(void **state)
{
	struct desk desk;
	char *text = pod_text(&pod_cases[15]);
	struct arena *arena = arena_new(1 << 20);
	size_t failures = 0;

	(void)state;
	desk_init(&desk);
	for (size_t nth = 1;; nth++) {
		struct err err = {0};
		arena_fail_after(arena, nth);
		cJSON *json = json_parse(arena, text, strlen(text), &err);
		arena_fail_after(arena, 0);
		if (json) {
			struct object *object = pod_decode(&desk.decode, json, &err);
			assert_non_null(object);
			object_discard(desk.fleet, object);
			break;
		}
		assert_non_null(strstr(err.text, "memory"));
		failures++;
		arena_reset(arena);
	}
	assert_true(failures > 50);
	arena_free(arena);
	free(text);
	fleet_free(desk.fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pods_read_as_kubectl_reads_them),
	    cmocka_unit_test(test_pod_details),
	    cmocka_unit_test(test_workloads),
	    cmocka_unit_test(test_the_other_kinds),
	    cmocka_unit_test(test_event_times),
	    cmocka_unit_test(test_odd_documents),
	    cmocka_unit_test(test_long_texts),
	    cmocka_unit_test(test_allocation_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
