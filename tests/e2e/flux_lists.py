#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# limit: 240
"""What the real Flux, Flagger and Argo Rollouts do is told as they tell it: lists, rows, what is held, kinds that go."""
import json
import os
import re
import sys
import time

import rig
import terminal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "rig"))
import fleet as fleet_module  # noqa: E402
import gitops  # noqa: E402

NS = "payments"
KINDS = {"GitRepository": "gitrepositories", "HelmChart": "helmcharts", "Kustomization": "kustomizations",
         "HelmRelease": "helmreleases"}


def listed(r, what, *words):
    return json.loads(rig.flagdeck("get", what, "-o", "json", *words, kubeconfig=r.kubeconfig))


def one(r, what, kind, name):
    return next((x for x in listed(r, what) if x["kind"] == kind and x["name"] == name), None)


def held(r):
    return {(x["kind"], x["name"]): x for x in listed(r, "paused")}


def ready(obj):
    found = [c for c in obj.get("status", {}).get("conditions", []) if c["type"] == "Ready"]
    return found[0] if found else {}


def check_list(r):
    """Every object, with the revision, Ready and message that its own status has."""
    rows = {(x["kind"], x["namespace"], x["name"]): x for x in listed(r, "flux")}
    wanted = 0
    for kind, plural in KINDS.items():
        for obj in r.get(plural, "-A"):
            row = rows[(kind, obj["metadata"]["namespace"], obj["metadata"]["name"])]
            status, condition = obj["status"], ready(obj)
            revision = {"Kustomization": lambda s: s.get("lastAppliedRevision"),
                        "HelmRelease": lambda s: s["history"][0]["chartVersion"]}.get(kind, lambda s: s["artifact"]["revision"])
            assert row["revision"] == revision(status), (kind, row["revision"])
            assert row["ready"] == condition["status"] and row["message"] == condition["message"], row
            assert row["reason"] == condition["reason"] and row["suspended"] == obj["spec"].get("suspend", False), row
            wanted += 1
    assert len(rows) == wanted, f"{len(rows)} rows for {wanted} objects"


def check_services(r, sha):
    rows = {x["name"]: x for x in json.loads(rig.flagdeck("get", "services", "-o", "json", kubeconfig=r.kubeconfig))}
    for name, kind, by in (("walnut", "Kustomization", "apps"), ("maple", "HelmRelease", "maple")):
        flux = rows[name]["flux"]
        assert (flux["kind"], flux["name"]) == (kind, by), flux
        assert flux["revision"] == f"main@sha1:{sha}" and flux["ready"] is True and flux["suspended"] is False, flux


def check_suspend(r):
    """A person's note is told; without one, the program that did it; and it is over when it is resumed."""
    before = time.time()
    r.kubectl("-n", "flux-system", "patch", "kustomization", "releases", "--type=merge", "--field-manager=flux",
              "-p", '{"spec":{"suspend":true}}')
    row = rig.eventually("the suspension", lambda: held(r).get(("Kustomization", "releases")))
    assert row["by"] == "flux (program)" and row["held"] == "flux-suspended", row
    since = time.mktime(time.strptime(row["since"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert before - 2 <= since <= time.time() + 1, row
    r.kubectl("-n", "flux-system", "annotate", "kustomization", "releases", "flagdeck.io/held-by=ann@laptop",
              "flagdeck.io/held-why=database migration")
    row = rig.eventually("who did it", lambda: held(r)[("Kustomization", "releases")]["by"] == "ann@laptop" and
                         held(r)[("Kustomization", "releases")])
    assert row["why"] == "database migration", row
    # What comes after it is told that no commit comes down.
    table = rig.flagdeck("get", "services", kubeconfig=r.kubeconfig)
    assert re.search(r"(?m)^maple .* held [0-9a-f]{7}", table), table
    r.kubectl("-n", "flux-system", "patch", "kustomization", "releases", "--type=merge", "-p", '{"spec":{"suspend":false}}')
    rig.eventually("the end of it", lambda: ("Kustomization", "releases") not in held(r))


def check_failure(r, repo):
    """A commit that cannot be built: the old revision stays, the reason is told, and the fix is seen."""
    repo.commit({"apps/broken.yaml": "a: [\n"}, "break it")
    row = rig.eventually("the failed build", lambda: (x := one(r, "flux", "Kustomization", "apps"))["ready"] == "False" and x, 60)
    assert row["reason"] == "BuildFailed" and row["revision"] != row["attemptedRevision"], row
    sha = repo.commit({"apps/broken.yaml": None}, "mend it")
    rig.eventually("the fix", lambda: one(r, "flux", "Kustomization", "apps")["revision"].endswith(sha), 60)


def check_rollouts(r):
    """Every other way to be held, by the real controllers where there are some."""
    rollout = gitops.deployment("cedar", NS, "1")
    rollout.update(apiVersion="argoproj.io/v1alpha1", kind="Rollout")
    rollout["spec"]["strategy"] = {"canary": {"steps": [{"setWeight": 20}, {"pause": {}}]}}
    r.apply(rollout, {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly", "namespace": NS}, "spec": {
        "schedule": "0 1 * * *", "suspend": True, "jobTemplate": {"spec": {"template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "app", "image": "x"}]}}}}}},
            {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {
                "name": "hazel", "namespace": NS, "annotations": {"autoscaling.keda.sh/paused-replicas": "2"}},
             "spec": {"scaleTargetRef": {"name": "hazel"}, "triggers": [{"type": "cron", "metadata": {}}]}})
    rig.eventually("the Rollout", lambda: one(r, "rollouts", "Rollout", "cedar")["phase"] == "Healthy", 60)
    rollout["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/cedar:2"
    r.apply(rollout)
    row = rig.eventually("its pause", lambda: (x := one(r, "rollouts", "Rollout", "cedar"))["phase"] == "Paused" and x, 60)
    assert row["step"] == "1/2" and row["weight"] == 20, row
    r.kubectl("-n", NS, "annotate", "deployment", "walnut", "kustomize.toolkit.fluxcd.io/reconcile=disabled")
    r.kubectl("-n", NS, "rollout", "pause", "deployment/walnut")
    wanted = {("Rollout", "cedar"): "rollout-paused", ("Deployment", "walnut"): "reconcile-disabled",
              ("CronJob", "nightly"): "cronjob-suspended", ("ScaledObject", "hazel"): "keda-paused"}
    rig.eventually("all that is held", lambda: {k: x["held"] for k, x in held(r).items()} == wanted)
    both = [x["held"] for x in listed(r, "paused", "walnut")]
    assert sorted(both) == ["deployment-paused", "reconcile-disabled"], both


def check_screen(r):
    """The same on the screen, live; and the definitions of a kind go while it is open."""
    with terminal.Terminal([rig.binary()], rig.environment(r.kubeconfig)) as t:
        t.wait_for(r"\d paused", 30)
        t.send("F")
        t.wait_for(r"(?m)^[^│]*Kustomization +flux-system/apps")
        r.kubectl("-n", "flux-system", "patch", "kustomization", "apps", "--type=merge", "-p", '{"spec":{"suspend":true}}')
        t.wait_for(r"(?m)^[^│]*flux-system/apps[^│]*suspended", 10)
        t.send("t")
        t.wait_for(r"as a tree")
        t.send("P")
        t.wait_for(r"(?m)^[^│]*payments/nightly")
        r.kubectl("delete", "crd", "helmreleases.helm.toolkit.fluxcd.io", "--wait=false")
        r.ctl("kill", "helm-controller")    # which would hold on to its finalizers
        r.kubectl("-n", NS, "patch", "helmrelease", "maple", "--type=merge", "-p", '{"metadata":{"finalizers":null}}', check=False)
        t.send("F")
        t.wait_gone(r"(?m)^[^│]*payments/maple", 60)
        t.wait_for(r"\blive\b")


def main():
    with rig.FluxRig("gitops") as r:
        r.apply(*fleet_module.fleet(0, 0, 3)["items"], fleet_module.namespace(NS))
        repo = r.repository("platform")
        sha = repo.commit(gitops.platform(NS, "platform"), "first apps")
        r.source("platform", repo)
        r.kustomization("apps", "platform", "./apps", wait=True, timeout="30s")
        r.kustomization("releases", "platform", "./releases", dependsOn=[{"name": "apps"}])
        r.ready("helmrelease", "maple", NS, 90)
        r.ready("kustomization", "releases")
        for check, args in ((check_list, ()), (check_services, (sha,)), (check_suspend, ()), (check_failure, (repo,)),
                            (check_rollouts, ()), (check_screen, ())):
            print(check.__name__, flush=True)
            check(r, *args)


if __name__ == "__main__":
    main()
