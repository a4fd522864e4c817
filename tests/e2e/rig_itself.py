#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# limit: 300
"""The platform itself does what the other tests rely on: failing pods, restarts, logs, several side by side."""
import os
import subprocess

import rig


def states(r, stage):
    """What the pods of a stage wait for, and how their last run ended."""
    pods = r.get("pods", "-A", "-l", f"stage={stage}")
    statuses = [s for pod in pods for s in pod["status"].get("containerStatuses", [])]
    return {
        "waiting": {s["state"].get("waiting", {}).get("reason") for s in statuses},
        "ended": {s["lastState"].get("terminated", {}).get("reason") for s in statuses},
        "restarts": max([s["restartCount"] for s in statuses], default=0),
        "ready": [s["ready"] for s in statuses],
    }


def check_stages(r):
    rig.eventually("a crash loop", lambda: states(r, "crash")["waiting"] == {"CrashLoopBackOff"} and
                   states(r, "crash")["ended"] == {"Error"} and states(r, "crash")["restarts"] >= 2)
    rig.eventually("pods killed for memory", lambda: states(r, "oom")["ended"] == {"OOMKilled"})
    rig.eventually("an image that cannot be pulled", lambda: states(r, "pull")["waiting"] == {"ImagePullBackOff"})
    rig.eventually("slow pods to get ready", lambda: states(r, "slow")["ready"] == [True, True], 40)
    assert states(r, "unready")["ready"] == [False, False], "pods whose probe fails are ready"


def check_healing(r):
    """A Deployment whose template loses the label becomes healthy by an ordinary rollout."""
    namespace = r.namespace()
    r.deployment("patient", namespace, 2, stage="crash")
    rig.eventually("the patient to fail", lambda: r.get("pods", "-n", namespace, "-l", "stage=crash"))
    r.deployment("patient", namespace, 2, version="2.0.0")


def check_logs(r):
    pod = r.get("pods", "-n", "payments", "-l", "app.kubernetes.io/name=payments-svc-0000")[0]["metadata"]["name"]
    r.log_line("first words", "2026-01-02T15:04:05.000000001Z")
    r.log_line("and later ones")
    lines = r.kubectl("logs", "-n", "payments", pod, "--timestamps").splitlines()
    assert lines[0] == "2026-01-02T15:04:05.000000001Z first words", lines
    assert lines[1].endswith(" and later ones"), lines


def check_faults(r):
    r.ctl("pause", "apiserver")
    assert "apiserver            silent" in r.ctl("status")
    r.ctl("resume", "apiserver")
    before = {pod["metadata"]["uid"] for pod in r.get("pods", "-n", "payments")}
    r.ctl("kill", "apiserver")
    assert "apiserver            down" in r.ctl("status")
    r.ctl("restart", "etcd")
    r.ctl("start", "apiserver")
    assert {pod["metadata"]["uid"] for pod in r.get("pods", "-n", "payments")} == before, "pods were lost in a restart"


def check_churn(r):
    with rig.Churn(r, per_second=50) as churn:
        rig.eventually("fifty changes", lambda: churn.done >= 50, 20)
    assert churn.failed == 0, f"{churn.failed} of {churn.done} changes failed"


def check_contexts(r, other):
    env = dict(os.environ, KUBECONFIG=f"{r.kubeconfig}:{other.kubeconfig}")

    def run(context, *args):
        return subprocess.run([os.path.join(rig.BIN, "kubectl"), "--context", context, *args], env=env,
                              capture_output=True, text=True, check=False)

    assert run("east", "get", "namespace", "payments").returncode == 0
    assert run("west", "get", "namespace", "payments").returncode != 0, "the two platforms are one"
    refused = run("west-viewer", "get", "pods", "-A")
    assert refused.returncode and "forbidden" in refused.stderr.lower(), refused.stderr


def main():
    with rig.Rig("east") as r, rig.Rig("west") as other:
        r.fleet(24, 3, 3, trouble=True)
        for check in (check_stages, check_healing, check_logs, check_churn, check_faults):
            print(check.__name__, flush=True)
            check(r)
        check_contexts(r, other)


if __name__ == "__main__":
    main()
