#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`rollout status` follows a rollout to its end: 0 complete, 1 failed, 4 not in time, 2 and 1 for what cannot be."""
import subprocess
import time

import rig


def status(r, *args, expect, seconds=90):
    done = rig.flagdeck("rollout", "status", *args, kubeconfig=r.kubeconfig, expect=None, seconds=seconds)
    assert done.returncode == expect, f"rollout status {' '.join(args)}: exit {done.returncode}, not {expect}\n{done.stdout}{done.stderr}"
    return done


def check_good(r, ns):
    r.deployment("good", ns, 3)
    done = status(r, "good", "-n", ns, expect=0)
    assert 'deployment "good" successfully rolled out' in done.stdout, done.stdout
    # One under way is followed: started before the update is finished, it ends after it.
    r.kubectl("set", "image", "deployment/good", "app=registry.example/good:2", "-n", ns)
    done = status(r, "good", "-n", ns, "--timeout", "60s", expect=0)
    lines = done.stdout.splitlines()
    assert any("Waiting for" in line for line in lines[:-1]), f"no step was told: {lines}"
    assert "successfully rolled out" in lines[-1], lines
    assert len(lines) == len(set(lines)), f"a sentence was told twice: {lines}"
    deployment = r.get("deployment", "good", "-n", ns)
    assert deployment["status"]["updatedReplicas"] == deployment["status"]["availableReplicas"] == 3, "it ended too early"


def check_failing(r, ns):
    r.deployment("failing", ns, 2)
    patch = '{"spec":{"progressDeadlineSeconds":5,"template":{"metadata":{"labels":{"stage":"pull"}}}}}'
    r.kubectl("patch", "deployment", "failing", "-n", ns, "--type=merge", "-p", patch)
    done = status(r, "failing", "-n", ns, "--timeout", "80s", expect=1)
    assert 'deployment "failing" exceeded its progress deadline' in done.stdout, done.stdout
    done = status(r, "failing", "-n", ns, "--no-watch", expect=1)
    assert "failed" in done.stdout, done.stdout
    # It heals while somebody watches.
    r.kubectl("patch", "deployment", "failing", "-n", ns, "--type=json", "-p",
              '[{"op":"remove","path":"/spec/template/metadata/labels/stage"},{"op":"remove","path":"/spec/progressDeadlineSeconds"}]')
    rig.eventually("the verdict to change", lambda: status(r, "failing", "-n", ns, "--timeout", "60s", expect=0), 60)


def check_slow(r, ns):
    r.deployment("slow", ns, 2, stage="unready")
    began = time.monotonic()
    done = status(r, "slow", "-n", ns, "--timeout", "3s", expect=4)
    assert "progressing" in done.stdout and "available" in done.stdout, done.stdout
    took = time.monotonic() - began
    assert took >= 3, f"it gave up after {took:.1f} s, before its time"
    done = status(r, "slow", "-n", ns, "--no-watch", expect=4)
    assert "progressing" in done.stdout, done.stdout


def check_statefulset(r, ns):
    labels = {"app.kubernetes.io/name": "store"}
    r.apply({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "store", "namespace": ns, "labels": labels},
             "spec": {"serviceName": "store", "replicas": 2, "selector": {"matchLabels": labels},
                      "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "store:1"}]}}}})
    # The API server adds a partition of 0, so kubectl's word is this one.
    done = status(r, "store", "-n", ns, "--timeout", "60s", expect=0)
    assert "partitioned roll out complete: 2 new pods have been updated..." in done.stdout.splitlines()[-1], done.stdout


def check_refused(r, ns):
    done = status(r, "nobody-has-this-name", "-n", ns, expect=1)
    assert 'there is no service "nobody-has-this-name"' in done.stderr, done.stderr
    done = status(r, expect=2)
    assert "rollout status takes one service" in done.stderr, done.stderr
    done = status(r, "good", "--timeout", "soon", expect=2)
    assert "--timeout" in done.stderr, done.stderr
    # The same name in two namespaces is no guess.
    other = r.namespace("rollout")
    try:
        r.deployment("good", other)
        done = status(r, "good", expect=1)
        assert "several places" in done.stderr and ns in done.stderr and other in done.stderr, done.stderr
        status(r, "good", "-n", other, expect=0)
    finally:
        r.kubectl("delete", "namespace", other, "--wait=false")


def check_deleted(r, ns):
    """The service goes while it is watched."""
    r.deployment("leaving", ns, 2, stage="unready")
    rig.eventually("its pods", lambda: len(r.get("pods", "-n", ns, "-l", "app.kubernetes.io/name=leaving")) == 2)
    process = subprocess.Popen([rig.binary(), "rollout", "status", "leaving", "-n", ns, "--timeout", "60s"], text=True,
                               env=rig.environment(r.kubeconfig), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        first = process.stdout.readline()
        assert "leaving" in first and "progressing" in first, first
        r.kubectl("delete", "deployment", "leaving", "-n", ns)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1 and "there is no service" in errors, (process.returncode, errors)
    finally:
        process.kill()
        process.wait()


def main():
    r = rig.shared()
    ns = r.namespace("rollout")
    try:
        for check in (check_good, check_failing, check_slow, check_statefulset, check_refused, check_deleted):
            print(check.__name__, flush=True)
            check(r, ns)
    finally:
        r.kubectl("delete", "namespace", ns, "--wait=false", check=False)


if __name__ == "__main__":
    main()
