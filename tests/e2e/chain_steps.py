# SPDX-License-Identifier: MIT
"""The last stage of a commit, with the real Argo Rollouts and Flagger: a Rollout that pauses at a step, is aborted and
promoted; a Canary that waits for approval, one without metrics, and its failure."""
import json
import os

import rig
import chain
import gitops  # (rig/gitops.py, which rig puts into the path)

NAMESPACE = "shop"


def rollout(name, version):
    made = gitops.deployment(name, NAMESPACE, version=version, replicas=2)
    made.update({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"})
    del made["spec"]["progressDeadlineSeconds"]
    made["spec"]["strategy"] = {"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}}
    return made


def canary(name, **analysis):
    return {"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": {
        "provider": "kubernetes", "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "progressDeadlineSeconds": 60, "service": {"port": 80},
        "analysis": {"interval": "3s", "threshold": 2, "iterations": 2, **analysis}}}


def files(version):
    gate = {"webhooks": [{"name": "gate", "type": "confirm-rollout", "url": "http://127.0.0.1:1/gate"}]}
    blind = {"metrics": [{"name": "request-success-rate", "interval": "1m", "thresholdRange": {"min": 99}}]}
    return {"steps/all.yaml": gitops.text(
        rollout("pine", version), gitops.deployment("oak", NAMESPACE, version=version), canary("oak", **gate),
        gitops.deployment("elm", NAMESPACE, version=version), canary("elm", **blind))}


def until(r, config, service, what, check, seconds=60):
    """Looks until check(exit code, chain, its present stage) is true."""
    seen = [None]

    def look():
        code, chains, err = chain.watch(r, config, service, "-n", NAMESPACE, "--no-watch", "--timeout", "20s")
        assert chains, (code, err)
        at = chain.stages(chains[-1])[chains[-1]["at"]]
        seen[0] = (code, chains[-1]["verdict"], at["stage"], at["hang"], at["message"])
        return check(code, chains[-1], at)
    try:
        rig.eventually(f"{service}: {what}", look, seconds, 0.5)
    except AssertionError as error:
        raise AssertionError(f"{error}: {seen[0]}") from None
    print(f"{service}: {what}: {seen[0][4]}")


def live(code, _chain, _at):
    return code == 0


def hangs(key, wanted):
    return lambda code, _chain, at: at["hang"] == key and at["stage"] == "steps" and code == wanted


def patch(r, **status):
    """As the plugin of Argo Rollouts does it."""
    r.kubectl("patch", "rollout", "pine", "-n", NAMESPACE, "--subresource=status", "--type", "merge", "-p",
              json.dumps({"status": status}))


def main():
    with rig.FluxRig("steps") as r:
        r.fleet(1, 1, 2)
        r.kubectl("create", "namespace", NAMESPACE)
        repo = r.repository("platform")
        home = os.path.join(r.dir, "home")
        os.makedirs(home, exist_ok=True)
        config = os.path.join(home, "config.yaml")
        with open(config, "w", encoding="utf-8") as f:
            f.write(f"repositories:\n  - {{url: '{repo.url}', insecure: true}}\n")
        repo.commit(files("1.0.0"), "first")
        r.source("platform", repo)
        r.kustomization("steps", "platform", "./steps")
        r.ready("Kustomization", "steps")
        for name in ("pine", "oak", "elm"):
            until(r, config, name, "live", live)
        repo.commit(files("2.0.0"), "second")
        until(r, config, "pine", "paused at a step", hangs("rollout-paused", 4))
        until(r, config, "oak", "waits for approval", hangs("canary-approval", 4))
        until(r, config, "elm", "finds no metrics, or has failed for it", lambda code, chain_, at: at["hang"] in (
            "canary-no-metrics", "canary-failed"))
        patch(r, abort=True)
        until(r, config, "pine", "aborted", hangs("rollout-aborted", 1))
        patch(r, abort=False)
        until(r, config, "pine", "paused once more", hangs("rollout-paused", 4))
        patch(r, pauseConditions=None, promoteFull=True)
        until(r, config, "pine", "promoted", live)
        until(r, config, "elm", "failed", hangs("canary-failed", 1))


if __name__ == "__main__":
    main()
