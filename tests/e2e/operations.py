#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Operations from the command line on the real API server and the real controllers: restart, undo, pause,
resume and scale do what kubectl does; Flux is reconciled, suspended and resumed, and it is over when the
controllers say so; a Rollout is promoted, aborted and retried; the console does the same; everything is in the audit, and what a kill -9 cut off is looked up by the next start."""
import json

import signal
import subprocess
import time

import rig
import terminal


class Console:
    """The command line with a home of its own, so that the audit is this test's."""

    def __init__(self, platform):
        self.platform = platform
        self.env = rig.environment(platform.kubeconfig, GIT_AUTHOR_NAME="Ann Lee", GIT_AUTHOR_EMAIL="ann@example.org")

    def run(self, *args, expect=0, seconds=90):
        done = subprocess.run([rig.binary(), *args], env=self.env, capture_output=True, text=True, timeout=seconds,
                              stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == expect, f"{' '.join(args)}: exit {done.returncode}, not {expect}\n{done.stdout}{done.stderr}"
        return done

    def json(self, *args, **more):
        return json.loads(self.run(*args, "-o", "json", **more).stdout)

    def audit(self):
        return [json.loads(line) for line in self.run("audit", "export").stdout.splitlines()]


def image(r, kind, name, ns):
    return r.get(kind, name, "-n", ns)["spec"]["template"]["spec"]["containers"][0]["image"]


def template(r, kind, name, ns):
    return r.get(kind, name, "-n", ns)["spec"]["template"]


def check_refusals(c, r, ns):
    r.deployment("api", ns, 2)
    before = r.get("deployment", "api", "-n", ns)["metadata"]["generation"]
    # Nobody to ask, and nobody who said yes.
    said = c.run("rollout", "restart", "api", "-n", ns, expect=3).stderr
    assert "All 2 pods are replaced" in said and "--yes" in said, said
    said = c.run("rollout", "restart", "api", "-n", ns, "--yes", "--read-only", expect=3).stderr
    assert "read-only" in said, said
    dry = c.json("rollout", "restart", "api", "-n", ns, "--dry-run")
    assert dry[0]["state"] == "dry run" and "the server would take it" in dry[0]["message"], dry
    assert "restartedAt" in dry[0]["sends"], dry
    said = c.run("rollout", "promote", "api", "-n", ns, "--yes", expect=1).stderr
    assert "is a Deployment: rollout.promote is not for it" in said, said
    c.run("rollout", "restart", "nobody", "-n", ns, "--yes", expect=1)
    c.run("rollout", "pause", "api", "-n", ns, "--yes", expect=2)
    assert r.get("deployment", "api", "-n", ns)["metadata"]["generation"] == before, "something was written"
    assert c.audit() == [], "nothing was changed, and the audit has something"


def check_deployment(c, r, ns):
    first = template(r, "deployment", "api", ns)
    done = c.json("rollout", "restart", "api", "-n", ns, "--yes", "--reason", "leaks memory")
    assert done[0]["state"] == "done", done
    after = template(r, "deployment", "api", ns)
    stamp = after["metadata"]["annotations"].pop("kubectl.kubernetes.io/restartedAt")
    if not after["metadata"]["annotations"]:
        del after["metadata"]["annotations"]
    first["metadata"].pop("creationTimestamp", None), after["metadata"].pop("creationTimestamp", None)
    assert stamp and after == first, f"more than the annotation was changed: {after}"
    managers = [m["manager"] for m in r.get("deployment", "api", "-n", ns, "--show-managed-fields")["metadata"]["managedFields"]]
    assert "flagdeck" in managers, managers
    rows = c.audit()
    assert [row["stage"] for row in rows] == ["intent", "outcome"], rows
    assert rows[0]["git"] == "Ann Lee <ann@example.org>" and rows[0]["kube"] == "admin", rows[0]
    assert rows[0]["why"] == "leaks memory" and rows[1]["outcome"] == "done", rows
    # Undo: the same as kubectl's, template and change cause, compared on a twin.
    for name in ("one", "two"):
        r.deployment(name, ns, 1)
        for version in "23":
            r.kubectl("set", "image", f"deployment/{name}", f"app=registry.example/{name}:{version}", "-n", ns)
            r.kubectl("annotate", f"deployment/{name}", f"kubernetes.io/change-cause=version {version}", "--overwrite", "-n", ns)
            r.kubectl("rollout", "status", f"deployment/{name}", "-n", ns, "--timeout=60s")
    r.kubectl("rollout", "undo", "deployment/one", "-n", ns)
    c.run("rollout", "undo", "two", "-n", ns, "--yes")
    one, two = (json.loads(json.dumps(r.get("deployment", n, "-n", ns)).replace(n, "X")) for n in ("one", "two"))
    assert one["spec"] == two["spec"], f"kubectl: {one['spec']}\nours: {two['spec']}"
    causes = [d["metadata"]["annotations"].get("kubernetes.io/change-cause") for d in (one, two)]
    assert causes[0] == causes[1], causes
    said = c.run("rollout", "undo", "two", "-n", ns, "--yes", "--to-revision", "99", expect=3).stderr
    assert "there is no revision 99" in said, said


def check_pause(c, r, ns):
    c.run("rollout", "pause", "api", "-n", ns, "--yes", "--reason", "database moves", "--until", "2h")
    paused = r.get("deployment", "api", "-n", ns)
    assert paused["spec"]["paused"] is True
    held = paused["metadata"]["annotations"]
    assert held["flagdeck.io/held-by"] == "Ann Lee <ann@example.org>" and held["flagdeck.io/held-why"] == "database moves", held
    assert "flagdeck.io/held-until" in held, held
    assert "paused" in c.run("rollout", "restart", "api", "-n", ns, "--yes", expect=3).stderr
    c.run("rollout", "resume", "api", "-n", ns, "--yes")
    resumed = r.get("deployment", "api", "-n", ns)
    assert not resumed["spec"].get("paused") and "flagdeck.io/held-by" not in resumed["metadata"]["annotations"], resumed
    c.run("rollout", "scale", "api", "-n", ns, "--yes", "--replicas", "3")
    assert r.get("deployment", "api", "-n", ns)["spec"]["replicas"] == 3


def check_statefulset(c, r, ns):
    labels = {"app.kubernetes.io/name": "store"}
    r.apply({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "store", "namespace": ns, "labels": labels},
             "spec": {"serviceName": "store", "replicas": 1, "selector": {"matchLabels": labels},
                      "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "store:1"}]}}}})
    r.kubectl("rollout", "status", "statefulset/store", "-n", ns, "--timeout=60s")
    r.kubectl("set", "image", "statefulset/store", "app=store:2", "-n", ns)
    r.kubectl("rollout", "status", "statefulset/store", "-n", ns, "--timeout=60s")
    c.run("rollout", "undo", "sts/store", "-n", ns, "--yes")
    assert image(r, "statefulset", "store", ns) == "store:1"
    c.run("rollout", "restart", "store", "-n", ns, "--yes")
    assert "kubectl.kubernetes.io/restartedAt" in template(r, "statefulset", "store", ns)["metadata"]["annotations"]


def manifest(ns, version):
    labels = {"app.kubernetes.io/name": "shop"}
    return json.dumps({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop", "namespace": ns, "labels": labels},
                       "spec": {"replicas": 1, "selector": {"matchLabels": labels},
                                "template": {"metadata": {"labels": labels},
                                             "spec": {"containers": [{"name": "app", "image": f"shop:{version}"}]}}}})


def check_flux(c, r, ns):
    repo = r.repository("platform")
    repo.commit({"apps/shop.yaml": manifest(ns, 1)}, "shop 1")
    r.source("platform", repo, interval="10m")
    r.kustomization("apps", "platform", "./apps", wait=True)
    r.ready("kustomization", "apps")
    # A commit that nobody looks at for ten minutes: reconciled with its source, it is there when we say so.
    sha = repo.commit({"apps/shop.yaml": manifest(ns, 2)}, "shop 2")
    done = c.json("flux", "reconcile", "ks/apps", "--with-source", "--yes")
    assert done[0]["state"] == "done", done
    assert image(r, "deployment", "shop", ns) == "shop:2", "it said done before it was"
    status = r.get("kustomization", "apps", "-n", "flux-system")["status"]
    assert sha in status["lastAppliedRevision"], status
    # By the service's name: what applies it is found by its labels.
    said = c.run("flux", "reconcile", "shop", "-n", ns, "--yes").stdout
    assert "reconcile apps: done" in said, said
    # Git owns the template: that is said before.
    said = c.run("rollout", "undo", "shop", "-n", ns, expect=3).stderr
    assert "Applied from Git by Kustomization flux-system/apps" in said and "put back within 10m" in said, said
    # A failing commit is a failure with the controller's words.
    repo.commit({"apps/shop.yaml": manifest(ns, 3).replace('"apps/v1"', '"apps/v9"')}, "a typo")
    said = c.run("flux", "reconcile", "ks/apps", "--with-source", "--yes", expect=1).stderr
    assert "failed" in said and "apps/v9" in said, said
    repo.commit({"apps/shop.yaml": manifest(ns, 4)}, "mended")
    c.run("flux", "suspend", "ks/apps", "--reason", "chart loses data", "--until", "2h", "--yes")
    held = r.get("kustomization", "apps", "-n", "flux-system")
    assert held["spec"]["suspend"] is True and held["metadata"]["annotations"]["flagdeck.io/held-why"] == "chart loses data", held
    said = c.run("flux", "reconcile", "ks/apps", "--yes", expect=3).stderr
    assert "suspended" in said, said
    said = c.run("flux", "suspend", "ks/apps", "--reason", "again", "--yes", expect=3).stderr
    assert "suspended already by Ann Lee" in said and "chart loses data" in said, said
    c.run("flux", "reconcile", "gitrepo/platform", "--yes")
    c.run("flux", "resume", "ks/apps", "--yes")
    freed = r.get("kustomization", "apps", "-n", "flux-system")
    assert not freed["spec"].get("suspend") and "flagdeck.io/held-by" not in freed["metadata"].get("annotations", {}), freed
    rig.eventually("what waited to come", lambda: image(r, "deployment", "shop", ns) == "shop:4", 30)


def check_argo(c, r, ns):
    """A Rollout of the real controller: from its pause on, aborted, retried, promoted in full."""
    labels = {"app.kubernetes.io/name": "web"}

    def rollout(version):
        r.apply({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "web", "namespace": ns, "labels": labels},
                 "spec": {"replicas": 2, "selector": {"matchLabels": labels},
                          "strategy": {"canary": {"steps": [{"setWeight": 50}, {"pause": {}}, {"setWeight": 75}, {"pause": {}}]}},
                          "template": {"metadata": {"labels": labels},
                                       "spec": {"containers": [{"name": "app", "image": f"web:{version}"}]}}}})

    def status():
        return r.get("rollout", "web", "-n", ns).get("status", {})

    rollout(1)
    rig.eventually("the first revision", lambda: status().get("phase") == "Healthy", 60)
    said = c.run("rollout", "promote", "ro/web", "-n", ns, "--yes", expect=3).stderr
    assert "nothing to promote" in said, said
    rollout(2)
    rig.eventually("its first pause", lambda: status().get("pauseConditions") and status().get("currentStepIndex") == 1, 60)
    said = c.run("rollout", "promote", "web", "-n", ns, "--yes").stdout
    assert "promote web: done" in said, said
    rig.eventually("its second pause", lambda: status().get("pauseConditions") and status().get("currentStepIndex") == 3, 60)
    c.run("rollout", "abort", "ro/web", "-n", ns, "--yes", "--reason", "errors")
    assert status()["abort"] is True and status()["phase"] == "Degraded", status()
    c.run("rollout", "retry", "ro/web", "-n", ns, "--yes")
    rig.eventually("its first pause again", lambda: status().get("pauseConditions"), 60)
    c.run("rollout", "promote", "ro/web", "-n", ns, "--yes", "--full")
    assert status()["currentPodHash"] == status()["stableRS"], status()


def check_console(c, r, ns):
    """The same on a screen: one key sequence, a preview, a yes, and the timeline tells."""
    with terminal.Terminal([rig.binary()], env=c.env, columns=160, lines=45) as t:
        t.wait_for("live")
        t.send("/", "two", t.ENTER)
        t.wait_for("two")
        before = r.get("deployment", "two", "-n", ns)["metadata"]["generation"]
        t.send("a", "r")
        t.wait_for("Its pod is replaced", seconds=20)
        t.send("n")
        t.wait_gone("PATCH")
        assert r.get("deployment", "two", "-n", ns)["metadata"]["generation"] == before, "a no was taken for a yes"
        t.send("a", "r")
        t.wait_for("PATCH", seconds=20)
        t.send("y")
        t.wait_for("restart two: done", seconds=30)
        t.wait_for("intended", seconds=10)
        assert r.get("deployment", "two", "-n", ns)["metadata"]["generation"] == before + 1
        t.send("r")
        t.wait_for("REVISION", seconds=20)
        t.wait_for("CHANGE CAUSE", seconds=20)
        # Undo to the selected one: the form has its number.
        t.send("j", "a", "u")
        t.wait_for("undo two", seconds=10)
        t.send(t.ENTER, "looks wrong", t.ENTER)
        t.wait_for("becomes the present one", seconds=20)
        t.send("y")
        t.wait_for("undo two: done", seconds=30)
    assert [row["action"] for row in c.audit()][-2:] == ["rollout.undo", "rollout.undo"], c.audit()[-2:]
    assert c.audit()[-2]["why"] == "looks wrong", c.audit()[-2]
    with terminal.Terminal([rig.binary(), "--read-only"], env=c.env, columns=120, lines=30) as t:
        t.wait_for("live")
        t.send("a", "r")
        t.wait_for("read-only", seconds=10)


def check_killed(c, r, ns):
    """kill -9 while the controller is awaited: the audit has the intent, and the next start looks."""
    r.kubectl("scale", "deployment/api", "--replicas=2", "-n", ns)
    before = len(c.audit())
    r.ctl("kill", "controller-manager")
    try:
        process = subprocess.Popen([rig.binary(), "rollout", "restart", "api", "-n", ns, "--yes", "--timeout", "60s"],
                                   env=c.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        rig.eventually("the intent", lambda: len(c.audit()) == before + 1, 30, 0.1)
        rig.eventually("the write", lambda: "kubectl.kubernetes.io/restartedAt" in
                       template(r, "deployment", "api", ns)["metadata"].get("annotations", {}), 30, 0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert c.audit()[-1]["stage"] == "intent", "a killed program wrote how it went"
        listed = c.run("audit", "list", "restart").stdout.splitlines()[-1]
        assert "not known" in listed, listed
    finally:
        r.ctl("start", "controller-manager")
    said = c.run("rollout", "scale", "api", "-n", ns, "--replicas", "4", "--yes").stderr
    assert "was cut off: what was to be written is there" in said, said
    rows = c.audit()
    assert rows[before + 1]["stage"] == "outcome" and rows[before + 1]["outcome"] == "done", rows[before:]
    verdict = c.json("audit", "verify")
    assert verdict["whole"] and verdict["open"] == 0, verdict


def main():
    with rig.FluxRig("operations") as r:
        ns = r.namespace("ops")
        r.fleet(1, 1, 2)
        c = Console(r)
        began = time.monotonic()
        for check in (check_refusals, check_deployment, check_pause, check_statefulset, check_console, check_flux, check_argo, check_killed):
            check(c, r, ns)
            print(f"{check.__name__}: {time.monotonic() - began:.1f} s since the beginning", flush=True)


if __name__ == "__main__":
    main()
