#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pods read as protobuf are the pods that JSON gives, in every field that the console holds.

The real server answers the same list twice, at one version: once in each form. Pods of every kind of trouble
that the platform can play are among them, and one with init containers, a sidecar and a readiness gate.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

STAGES = ("crash", "oom", "pull", "slow", "unready")


def rich_pod(namespace):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "rich", "namespace": namespace, "labels": {"pod-template-hash": "abc", "team": "x"},
                         "annotations": {"note": "\u00e9\u4e16"}, "finalizers": ["example.com/wait"]},
            "spec": {"readinessGates": [{"conditionType": "example.com/gate"}], "nodeSelector": {"there-is": "none"},
                     "initContainers": [{"name": "first", "image": "busybox"},
                                        {"name": "side", "image": "proxy", "restartPolicy": "Always"}],
                     "containers": [{"name": "app", "image": "app:1", "env": [{"name": "A", "value": "b"}]},
                                    {"name": "more", "image": "more:1"}]}}


def rich_status():
    ended = {"exitCode": 137, "signal": 9, "reason": "OOMKilled", "message": "no memory",
             "startedAt": "2026-01-02T03:04:05Z", "finishedAt": "2026-01-02T03:04:09Z"}
    return {"status": {
        "phase": "Pending", "podIP": "10.9.8.7", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"},
            {"type": "Initialized", "status": "True"}],
        "initContainerStatuses": [
            {"name": "first", "ready": False, "restartCount": 2, "image": "", "imageID": "", "state": {"terminated": dict(ended, exitCode=0)}},
            {"name": "side", "ready": True, "started": True, "restartCount": 1, "image": "", "imageID": "",
             "state": {"running": {"startedAt": "2026-01-02T03:04:05Z"}}}],
        "containerStatuses": [
            {"name": "app", "ready": False, "started": False, "restartCount": 7, "image": "", "imageID": "",
             "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}, "lastState": {"terminated": ended}},
            {"name": "more", "ready": False, "restartCount": 0, "image": "", "imageID": "", "state": {"terminated": {"exitCode": 3}}}]}}


def save(r, name, path, accept):
    connection = r.connection()
    connection.request("GET", path, headers={"Authorization": "Bearer admin-token", "Accept": accept})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (answer.status, body[:300])
    file = os.path.join(rig.folder(), name)
    with open(file, "wb") as f:
        f.write(body)
    return file, body


def lines(file):
    program = os.path.join(os.environ.get("E2E_PROGRAMS") or os.path.join(rig.ROOT, "build/tests/e2e"), "pod_lines")
    done = subprocess.run([program, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def compare(r, namespace):
    for stage in STAGES:
        r.deployment(stage, namespace, 1, stage=stage)
    r.apply(rich_pod(namespace))
    status, _ = r.request(r.connection(), "PATCH", f"/api/v1/namespaces/{namespace}/pods/rich/status", rich_status())
    assert status == 200, status
    # Terminating until its finalizer goes; on no node, so that nobody but us writes its status.
    r.kubectl("delete", "pod", "rich", "-n", namespace, "--wait=false")
    rig.eventually("a pod of each stage", lambda: len(r.get("pods", "-n", namespace)) >= len(STAGES))
    version = r.kubectl("get", "--raw", "/api/v1/pods?limit=1&fields=none").split('"resourceVersion":"', 1)[1].split('"', 1)[0]
    path = f"/api/v1/pods?resourceVersion={version}&resourceVersionMatch=Exact&limit=5000"
    as_json, json_body = save(r, "pods.json", path, "application/json")
    as_wire, wire_body = save(r, "pods.wire", path, "application/vnd.kubernetes.protobuf,application/json")
    assert wire_body[:4] == b"k8s\0", f"the server did not answer with protobuf: {wire_body[:40]!r}"
    theirs, ours = lines(as_json), lines(as_wire)
    assert len(theirs) >= 1200, len(theirs)
    for a, b in zip(theirs, ours):
        assert a == b, f"one pod, two readings:\n  JSON     {a}\n  protobuf {b}"
    assert len(theirs) == len(ours), (len(theirs), len(ours))
    assert any("/rich " in line and "status=Terminating" in line and " restarts=8/" in line for line in ours), \
        [line for line in ours if "/rich " in line]
    print(f"{len(ours)} pods are the same; JSON {len(json_body) >> 10} KB, protobuf {len(wire_body) >> 10} KB")


def main():
    r = rig.shared()
    namespace = r.namespace("wire")
    try:
        compare(r, namespace)
    finally:
        r.kubectl("patch", "pod", "rich", "-n", namespace, "--type=merge", "-p", '{"metadata":{"finalizers":null}}', check=False)
        r.kubectl("delete", "namespace", namespace, "--wait=false", check=False)


if __name__ == "__main__":
    main()
