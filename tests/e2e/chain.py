# SPDX-License-Identifier: MIT
"""A commit followed to its service by `rollout watch`, with the real Flux: each stage's time within a second of the
controllers' own, nothing to do said as such, and every way to hang that Flux can be brought into named."""
import datetime
import json
import os
import subprocess
import time

import rig
import gitops  # (rig/gitops.py, which rig puts into the path)

NAMESPACE = "shop"


def stamp(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def watch(r, config, service, *args, seconds=60):
    """Runs `rollout watch -o json`; returns its exit code and the chains it printed."""
    command = [rig.binary(), "--config", config, "--context", r.name, "rollout", "watch", service, "-o", "json", *args]
    done = subprocess.run(command, env=rig.environment(r.kubeconfig, home=os.path.dirname(config)), capture_output=True,
                          text=True, timeout=seconds)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def start_watch(r, config, service, *args):
    command = [rig.binary(), "--config", config, "--context", r.name, "rollout", "watch", service, "-o", "json", *args]
    return subprocess.Popen(command, env=rig.environment(r.kubeconfig, home=os.path.dirname(config)), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def stages(chain):
    return {stage["stage"]: stage for stage in chain["stages"]}


def condition(found, kind):
    return next(c for c in found["status"]["conditions"] if c["type"] == kind)


def near(what, ours, theirs):
    assert ours, f"{what}: no time"
    apart = abs(stamp(ours) - stamp(theirs))
    assert apart <= 1, f"{what}: {ours}, the controller says {theirs}"


def followed(r, repo, config):
    """A change of a Deployment and one of a HelmRelease, from push to pods."""
    sha = repo.commit({"apps/walnut.yaml": gitops.text(gitops.deployment("walnut", NAMESPACE, version="2.0.0"))}, "walnut 2",
                      push=False)
    child = start_watch(r, config, "walnut", "-n", NAMESPACE, "--commit", sha, "--timeout", "60s")
    time.sleep(1)
    repo.git("push", "-q", "origin", "HEAD:main")
    out, err = child.communicate(timeout=90)
    assert child.returncode == 0, (child.returncode, err, out[-2000:])
    chains = [json.loads(line) for line in out.splitlines()]
    end = chains[-1]
    assert end["verdict"] == "live" and end["commit"] == sha and end["subject"] == "walnut 2" and end["author"] == "Ann", end
    found = stages(end)
    source = r.get("gitrepository", "platform", "-n", "flux-system")
    apps = r.get("kustomization", "apps", "-n", "flux-system")
    deployment = r.get("deployment", "walnut", "-n", NAMESPACE)
    sets = [s for s in r.get("replicaset", "-n", NAMESPACE, "-l", "app.kubernetes.io/name=walnut")
            if s["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"]
    near("source", found["source"]["ended"], source["status"]["artifact"]["lastUpdateTime"])
    near("applied", found["applied"]["ended"], condition(apps, "Ready")["lastTransitionTime"])
    near("replicas", found["replicas"]["ended"], sets[0]["metadata"]["creationTimestamp"])
    near("pods", found["pods"]["ended"], condition(deployment, "Progressing")["lastUpdateTime"])
    order = [found[s]["ended"] for s in ("source", "kustomization", "applied", "pods")]
    assert order == sorted(order), order

    sha = repo.commit({"releases/maple.yaml": gitops.text(gitops.helm_release("maple", NAMESPACE, "platform", version="2.0.0"))},
                      "maple 2")
    code, chains, err = watch(r, config, "maple", "-n", NAMESPACE, "--commit", sha[:10], "--timeout", "60s", seconds=90)
    assert code == 0 and chains[-1]["verdict"] == "live", (code, err, chains[-1:])
    release = r.get("helmrelease", "maple", "-n", NAMESPACE)
    near("helm", stages(chains[-1])["helm"]["ended"], condition(release, "Ready")["lastTransitionTime"])
    assert r.get("deployment", "maple", "-n", NAMESPACE)["spec"]["template"]["spec"]["containers"][0]["image"].endswith("2.0.0")
    print("followed a Deployment and a HelmRelease")


def nothing(r, repo, config):
    sha = repo.commit({"README.md": "words"}, "only words")
    code, chains, err = watch(r, config, "walnut", "-n", NAMESPACE, "--commit", sha, "--timeout", "60s", seconds=90)
    assert code == 0 and chains[-1]["verdict"] == "nothing to do", (code, err, chains[-1:])
    print("a commit that changes nothing is said to")


def traced(r, config):
    for what in (f"deployment/maple", "maple"):
        done = subprocess.run([rig.binary(), "--config", config, "--context", r.name, "flux", "trace", what, "-n", NAMESPACE],
                              env=rig.environment(r.kubeconfig, home=os.path.dirname(config)), capture_output=True, text=True,
                              check=True)
        for words in ("HelmRelease shop/maple", "Kustomization flux-system/releases", "GitRepository flux-system/platform",
                      "only words – Ann"):
            assert words in done.stdout, (words, done.stdout)
    print("traced from a Deployment to its commit")


def failing_objects():
    """Folder -> objects that hang there, each with what is expected: (name, exit code, hang)."""
    release = lambda name, **spec: gitops.helm_release(name, NAMESPACE, "platform", **spec)
    chart = lambda path: {"spec": {"chart": path, "interval": "2s", "sourceRef": {
        "kind": "GitRepository", "name": "platform", "namespace": "flux-system"}}}
    return {
        "yaml": [gitops.deployment("yaml", NAMESPACE)],
        "health": [gitops.deployment("health", NAMESPACE, stage="unready")],
        "pull": [gitops.deployment("pull", NAMESPACE, stage="pull")],
        "hung": [
            release("novalues", valuesFrom=[{"kind": "ConfigMap", "name": "missing"}]),
            release("nochart", chart=chart("./charts/none")),
            release("template", chart=chart("./charts/bad")),
            release("back", timeout="6s", upgrade={"remediation": {"retries": 1, "remediateLastFailure": True}}),
            release("retries", timeout="6s", upgrade={"remediation": {"retries": 1, "remediateLastFailure": False}}),
            release("held"),
        ],
    }


EXPECTED = [
    ("yaml", 1, "kustomization-yaml"), ("missing", 1, "kustomization-path"), ("depends", 4, "kustomization-dependency"),
    ("health", 1, ("apply-health", "pods-deadline", "pods-unready")), ("suspended", 4, "kustomization-suspended"),
    ("pull", (1, 4), ("pods-image", "pods-deadline")), ("novalues", 4, "helm-values"), ("nochart", 4, "helm-chart"),
    ("template", 1, "helm-template"), ("back", 1, "helm-rolled-back"), ("retries", 1, "helm-retries"),
    ("held", 4, "helm-suspended"),
]


def hangs(r, repo, config):
    files = {f"{folder}/all.yaml": gitops.text(*objects) for folder, objects in failing_objects().items()}
    files["yaml/bad.yaml"] = "a: [1\nb: : 2\n"
    files["charts/bad/Chart.yaml"] = "apiVersion: v2\nname: bad\nversion: 0.1.0\n"
    files["charts/bad/templates/x.yaml"] = "a: {{ required \"a name is needed\" .Values.nope }}\n"
    repo.commit(files, "what will hang")
    for name in ("yaml", "health", "pull", "hung"):
        r.kustomization(name, "platform", "./" + name, **({"wait": True, "timeout": "8s"} if name == "health" else {}))
    r.kustomization("missing", "platform", "./nowhere")
    r.kustomization("depends", "platform", "./apps", dependsOn=[{"name": "missing"}])
    r.kustomization("suspended", "platform", "./apps", suspend=True)
    for name in ("back", "retries", "held"):
        r.ready("HelmRelease", name, NAMESPACE)
    objects = failing_objects()["hung"]
    for each in objects:
        if each["metadata"]["name"] in ("back", "retries"):
            each["spec"]["values"]["stage"] = "unready"
        if each["metadata"]["name"] == "held":
            each["spec"]["suspend"] = True
    sha = repo.commit({"hung/all.yaml": gitops.text(*objects)}, "breaks two, holds one")
    for name, code, hang in EXPECTED:
        codes, names = code if isinstance(code, tuple) else (code,), hang if isinstance(hang, tuple) else (hang,)
        seen = []

        def check():
            got, chains, err = watch(r, config, name, "--commit", sha, "--no-watch", "--timeout", "20s")
            if not chains:
                seen.append((got, err))
                return None
            at = stages(chains[-1])[chains[-1]["at"]]
            seen.append((got, at["hang"], at["message"]))
            return at["hang"] in names and got in codes
        try:
            rig.eventually(f"{name} hangs as {hang}", check, 60, 1)
        except AssertionError as error:
            raise AssertionError(f"{error}; last seen {seen[-1:]}") from None
        print(f"{name}: {seen[-1][1]}")


def main():
    with rig.FluxRig("chain") as r:
        r.fleet(1, 1, 2)
        r.kubectl("create", "namespace", NAMESPACE)
        repo = r.repository("platform")
        home = os.path.join(r.dir, "home")
        os.makedirs(home, exist_ok=True)
        config = os.path.join(home, "config.yaml")
        with open(config, "w", encoding="utf-8") as f:
            f.write(f"repositories:\n  - {{url: '{repo.url}', insecure: true}}\n")
        repo.commit(gitops.platform(NAMESPACE, "platform"), "first")
        r.source("platform", repo)
        r.kustomization("apps", "platform", "./apps")
        r.kustomization("releases", "platform", "./releases")
        r.ready("Kustomization", "apps")
        r.ready("HelmRelease", "maple", NAMESPACE)
        followed(r, repo, config)
        nothing(r, repo, config)
        traced(r, config)
        hangs(r, repo, config)


if __name__ == "__main__":
    main()
