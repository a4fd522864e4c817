#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# limit: 300
"""`get services` and `get pods` say of every workload and pod what kubectl says, also of those in trouble."""
import json
import os
import random
import subprocess
import sys

import rig
import kubectl_view  # rig/kubectl_view.py

LABEL = kubectl_view.LABEL
T0 = "2026-01-02T15:04:05Z"
# A pod with a stage that stages.yaml does not have is left alone: its status is what the test writes.
BY_HAND = {"stage": "by-hand"}


def workload(kind, name, namespace, replicas=2, service=None, stage=None, **spec):
    labels = {LABEL: service or name, "team": "platform"}
    selector = {"workload": name}
    pod_labels = dict(selector, **({"stage": stage} if stage else {}))
    body = {
        "selector": {"matchLabels": selector},
        "template": {"metadata": {"labels": pod_labels},
                     "spec": {"containers": [{"name": "app", "image": f"registry.example/{name}:1"},
                                             {"name": "proxy", "image": "registry.example/proxy:7"}]}},
        **spec,
    }
    if kind != "DaemonSet":
        body["replicas"] = replicas
    if kind == "StatefulSet":
        body["serviceName"] = name
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": namespace, "labels": labels}, "spec": body}


def own_workloads(r, ns):
    """Every kind, failing ones, one service of two workloads, one scaled to zero, one paused, one OnDelete."""
    for stage in "crash oom pull slow unready".split():
        r.deployment(f"bad-{stage}", ns, 2, stage=stage)
    r.apply(
        workload("StatefulSet", "ledger", ns, 3),
        workload("StatefulSet", "split", ns, 3, updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}),
        workload("StatefulSet", "byhand", ns, 2, updateStrategy={"type": "OnDelete"}),
        workload("DaemonSet", "agent", ns),
        workload("Deployment", "pair-web", ns, 2, service="pair"),
        workload("StatefulSet", "pair-db", ns, 1, service="pair"),
        workload("Deployment", "asleep", ns, 0),
        workload("Deployment", "held", ns, 2, paused=True),
        workload("Deployment", "stuck", ns, 2, stage="pull", progressDeadlineSeconds=5),
    )
    rig.eventually("the StatefulSets", lambda: {s["metadata"]["name"]: s["status"].get("readyReplicas") for s in r.get("statefulsets", "-n", ns)} ==
                   {"ledger": 3, "split": 3, "byhand": 2, "pair-db": 1}, 60)
    rig.eventually("the DaemonSet", lambda: r.get("daemonset", "agent", "-n", ns)["status"].get("numberReady", 0) >= 2, 60)
    # Second generations: a partition that holds two back, and an update that nobody rolls out.
    for name in ("split", "byhand"):
        r.kubectl("set", "image", f"statefulset/{name}", "app=registry.example/app:2", "-n", ns)
    r.kubectl("set", "image", "deployment/held", "app=registry.example/app:2", "-n", ns)


def container(name="app", ready=False, restarts=0, started=None, last=None, **state):
    return {"name": name, "image": "i", "imageID": "", "ready": ready, "started": ready if started is None else started,
            "restartCount": restarts, "state": state, "lastState": {"terminated": last} if last else {}}


def ended(code=0, reason=None, **more):
    out = {"exitCode": code, "startedAt": T0, "finishedAt": T0, **more}
    return dict(out, reason=reason) if reason else out


RUNS, READY = {"startedAt": T0}, [{"type": "Ready", "status": "True"}]
DONE = [{"type": "Initialized", "status": "True"}]
# name -> (containers, init containers, status); what kubectl makes of each is not written here: it is asked.
SHAPES = {
    "well": (1, [], {"phase": "Running", "conditions": READY, "containerStatuses": [container(ready=True, running=RUNS)]}),
    "half": (2, [], {"phase": "Running", "containerStatuses": [container(ready=True, running=RUNS, restarts=4),
                                                            container("app1", running=RUNS, restarts=3)]}),
    "config": (1, [], {"phase": "Pending", "containerStatuses": [container(waiting={"reason": "CreateContainerConfigError"})]}),
    "oom": (1, [], {"phase": "Running", "containerStatuses": [container(restarts=2, terminated=ended(137, "OOMKilled"))]}),
    "signal": (1, [], {"phase": "Running", "containerStatuses": [container(terminated=ended(0, signal=9))]}),
    "code": (1, [], {"phase": "Running", "containerStatuses": [container(terminated=ended(3))]}),
    "init-waits": (1, [{}, {}], {"phase": "Pending", "containerStatuses": [container(waiting={"reason": "PodInitializing"})],
                                 "initContainerStatuses": [container("init0", terminated=ended(), ready=True), container("init1", running=RUNS, restarts=2)]}),
    "init-crash": (1, [{}], {"phase": "Pending", "initContainerStatuses": [container("init0", restarts=6, waiting={"reason": "CrashLoopBackOff"}, last=ended(1, "Error"))]}),
    "init-error": (1, [{}], {"phase": "Pending", "initContainerStatuses": [container("init0", terminated=ended(2, "Error"))]}),
    "init-signal": (1, [{}], {"phase": "Pending", "initContainerStatuses": [container("init0", terminated=ended(1, signal=15))]}),
    "sidecar": (1, [{"restartPolicy": "Always"}], {"phase": "Running", "conditions": READY + DONE,
                "initContainerStatuses": [container("init0", ready=True, started=True, running=RUNS, restarts=3)],
                "containerStatuses": [container(ready=True, running=RUNS, restarts=1)]}),
    "sidecar-down": (1, [{"restartPolicy": "Always"}], {"phase": "Running", "conditions": DONE,
                     "initContainerStatuses": [container("init0", ready=False, started=True, running=RUNS, restarts=9)],
                     "containerStatuses": [container(ready=True, running=RUNS)]}),
    "completed": (1, [], {"phase": "Succeeded", "containerStatuses": [container(terminated=ended(0, "Completed"))]}),
    "one-done": (2, [], {"phase": "Running", "conditions": READY, "containerStatuses": [container(terminated=ended(0, "Completed")),
                                                                  container("app1", ready=True, running=RUNS)]}),
    "one-done-not-ready": (2, [], {"phase": "Running", "containerStatuses": [container(terminated=ended(0, "Completed")),
                                                                           container("app1", ready=True, running=RUNS)]}),
    "evicted": (1, [], {"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory."}),
    "failed": (1, [], {"phase": "Failed", "containerStatuses": [container(terminated=ended(1, "Error"), restarts=1)]}),
    "lost": (1, [], {"phase": "Running", "reason": "NodeLost", "containerStatuses": [container(ready=True, running=RUNS)]}),
    "back-off-twice": (2, [], {"phase": "Running", "containerStatuses": [
        container(waiting={"reason": "ImagePullBackOff"}), container("app1", restarts=7, waiting={"reason": "CrashLoopBackOff"}, last=ended(1, "Error"))]}),
    "no-status": (3, [], None),
}


def shape_pods(r, ns):
    """Pods in the states that a printer has to tell apart, without a kubelet to get them there."""
    def pod(name, containers=1, init=(), **spec):
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": BY_HAND},
                "spec": {"containers": [{"name": f"app{i or ''}", "image": "i"} for i in range(containers)],
                         "initContainers": [{"name": f"init{i}", "image": "i", **more} for i, more in enumerate(init)], **spec}}
    nowhere = pod("nowhere", nodeSelector={"there-is": "none"})
    gone = pod("gone", nodeSelector={"there-is": "none"})
    gone["metadata"]["finalizers"] = ["example.com/wait"]
    r.apply(*[pod("shape-" + name, containers, init) for name, (containers, init, _) in SHAPES.items()],
            nowhere, gone, pod("gated", schedulingGates=[{"name": "example.com/gate"}]))
    r.kubectl("delete", "pod", "gone", "-n", ns, "--wait=false")
    connection = r.connection()
    for name, (_, _, status) in SHAPES.items():
        path = f"/api/v1/namespaces/{ns}/pods/shape-{name}/status"
        if status:
            code, answer = r.request(connection, "PATCH", path, {"status": status})
            assert code == 200, answer
    connection.close()
    rig.eventually("the scheduler's word on what fits nowhere", lambda: r.get("pod", "nowhere", "-n", ns)["status"].get("conditions"))


def services(r, *args):
    return json.loads(rig.flagdeck("get", "services", *args, "-o", "json", kubeconfig=r.kubeconfig))


def kubectl_rollout(r, kind, name, namespace):
    done = subprocess.run([os.path.join(rig.BIN, "kubectl"), "--kubeconfig", r.kubeconfig, "rollout", "status", f"{kind}/{name}",
                           "-n", namespace, "--watch=false"], capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).strip().removeprefix("error: ")


def phase_of(code, words):
    """The phase in which kubectl's exit code and sentence say a rollout is."""
    if code:
        return "unknown" if "only available for" in words else "failed"
    if "spec update to be observed" in words:
        return "waiting"
    return "progressing" if words.lower().startswith("waiting for") else "complete"


def check_rollouts(r, ns):
    """Phase and sentence equal those of `kubectl rollout status`; exit codes of our own command follow them."""
    workloads = r.get("daemonsets,deployments,statefulsets", "-n", ns)
    workloads = [w for w in workloads if not w["metadata"]["name"].startswith("pair")]
    elsewhere = random.sample(r.get("deployments", "-A", "-l", "team"), 8)
    compared = set()

    def round():
        rows = {(s["namespace"], s["name"]): s["rollout"] for s in services(r)}
        for w in workloads + elsewhere:
            kind, name, namespace = w["kind"].lower(), w["metadata"]["name"], w["metadata"]["namespace"]
            code, words = kubectl_rollout(r, kind, name, namespace)
            rollout = rows[namespace, name]
            phase = phase_of(code, words)
            if name == "held":
                # kubectl waits for a paused one as for any other; the console says that it is held.
                phase = "paused"
            if (rollout["phase"], rollout["message"]) != (phase, words):
                raise AssertionError(f"{namespace}/{name} is {rollout['phase']} ({rollout['message']!r}); kubectl rollout status: exit {code}, {words!r}")
            compared.add(phase)
        return True

    rig.eventually("the phases to equal kubectl's", round, 60, every=1)
    assert {"complete", "progressing", "failed", "paused", "unknown"} <= compared, f"only {compared} were seen"


def check_filters(r, ns):
    def names(*args):
        return {s["name"] for s in services(r, *args)}
    team = {d["metadata"]["name"] for d in r.get("deployments", "-A", "-l", "team=payments")}
    assert names("-l", "team=payments") == team, "-l does not select what kubectl's does"
    assert names("payments-svc-0000") == {"payments-svc-0000"}, "a filter by name finds more or less"
    pods = json.loads(rig.flagdeck("get", "pods", "-n", ns, "-o", "json", kubeconfig=r.kubeconfig))
    assert {p["name"] for p in pods} == {p["metadata"]["name"] for p in r.get("pods", "-n", ns)}, "get pods -n"
    order = [s["name"] for s in services(r, "--sort", "service")]
    assert order == sorted(order), "--sort service does not sort"
    trouble = [s["health"] for s in services(r)]
    worst_first = ["down", "degraded", "progressing", "paused", "unknown", "ok"]
    assert trouble == sorted(trouble, key=worst_first.index), f"not trouble first: {trouble[:20]}"


def main():
    r = rig.shared()
    ns = r.namespace("equal")
    try:
        own_workloads(r, ns)
        shape_pods(r, ns)
        rig.eventually("a restarted container", lambda: any(row["restarts"] > 1 for key, row in kubectl_view.pods_table(r).items() if "bad-crash" in key[1]), 60)
        count = kubectl_view.equal_services(r, lambda: services(r), rig.eventually)
        assert count >= 240, f"only {count} services"
        print(f"{count} services equal kubectl's", flush=True)
        count = kubectl_view.equal_pods(r, lambda: json.loads(rig.flagdeck("get", "pods", "-o", "json", kubeconfig=r.kubeconfig)), rig.eventually)
        assert count >= 1200, f"only {count} pods"
        print(f"{count} pods equal kubectl's", flush=True)
        check_rollouts(r, ns)
        check_filters(r, ns)
    finally:
        r.kubectl("patch", "pod", "gone", "-n", ns, "--type=merge", "-p", '{"metadata":{"finalizers":null}}', check=False)
        r.kubectl("delete", "namespace", ns, "--wait=false", check=False)


if __name__ == "__main__":
    sys.exit(main())
