#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The reference platform of contrib/platform: every combination of its flags renders, every object that comes of it is
accepted by the API server, and a flag that `flagdeck flag set` flips reaches the cluster through Flux, and reverts."""
import itertools
import json
import os
import shutil
import subprocess
import tempfile

import rig
import terminal

PLATFORM = os.path.join(rig.ROOT, "contrib", "platform")
ZONES = ("open", "internal", "dmz", "vsr")
MONITORS = ("none", "serviceMonitor", "podMonitor")


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.stderr[-3000:]}{done.stdout[-1000:]}")
    return done.stdout


def combinations():
    """Values of every combination that the catalog permits."""
    switches = itertools.product((False, True), (False, True), (False, True), (False, True), ZONES, MONITORS, (False, True),
                                 (False, True), ("RollingUpdate", "Recreate"))
    for hpa, keda, pdb, canary, zone, monitor, tracing, backup, strategy in switches:
        if (hpa and keda) or (canary and strategy == "Recreate"):
            continue
        yield {"app": {"team": "t", "metricsPort": 9090 if tracing else 8080},
               "hpa": {"enabled": hpa}, "pdb": {"enabled": pdb}, "progressive": {"enabled": canary},
               "keda": {"enabled": keda, "triggers": [{"type": "cron", "metadata": {
                   "timezone": "UTC", "start": "0 6 * * *", "end": "0 20 * * *", "desiredReplicas": "5"}}] if keda else []},
               "network": {"zone": zone, "egress": ["10.0.0.0/8"], "peers": ["partner"]}, "backup": {"enabled": backup},
               "rollout": {"strategy": strategy}, "observability": {
                   "serviceMonitor": monitor == "serviceMonitor", "podMonitor": monitor == "podMonitor", "tracing": tracing}}


def render_all(helm):
    """All of them in one call: a chart of charts, each under a name of its own."""
    values = {f"c{i}": {**v, "app": {**v["app"], "name": f"c{i}"}} for i, v in enumerate(combinations())}
    with tempfile.TemporaryDirectory(dir=rig.folder()) as top:
        shutil.copytree(os.path.join(PLATFORM, "chart"), os.path.join(top, "charts", "service"))
        with open(os.path.join(top, "Chart.yaml"), "w") as f:
            json.dump({"apiVersion": "v2", "name": "all", "version": "1.0.0", "dependencies": [
                {"name": "service", "version": "1.0.0", "alias": name} for name in values]}, f)
        with open(os.path.join(top, "values.json"), "w") as f:
            json.dump(values, f)
        out = run(helm, "template", "all", top, "-f", os.path.join(top, "values.json"))
    return values, out


def test_chart(r, helm):
    run(helm, "lint", "--strict", os.path.join(PLATFORM, "chart"))
    with open(os.path.join(PLATFORM, "chart", "values.schema.json")) as f:
        assert json.load(f) == json.loads(rig.flagdeck("flag", "schema")), "values.schema.json is not what `flag schema` prints"
    for bad in ("hpa.enabled=true,keda.enabled=true", "keda.enabled=true", "hpa.minReplicas=0", "network.zone=dms", "hpa.enabeld=true",
                "progressive.enabled=true,rollout.strategy=Recreate", "hpa.enabled=true,hpa.minReplicas=1,pdb.enabled=true"):
        done = subprocess.run([helm, "template", "x", os.path.join(PLATFORM, "chart"), "--set", bad], capture_output=True, text=True, check=False)
        assert done.returncode, f"the chart rendered {bad}"
    values, out = render_all(helm)
    # Each object once for each shape that it takes: the name says nothing.
    shapes, count = {}, 0
    for document in out.split("\n---\n"):
        lines = [line for line in document.splitlines() if line.strip() and not line.startswith(("#", "---"))]
        if not lines:
            continue
        count += 1
        body = "\n".join(lines)
        name = next(line.split()[1] for line in lines if line.startswith("  name: "))
        shapes.setdefault(body.replace(name.split("-")[0], "NAME"), body)
    kinds = {line for shape in shapes for line in shape.splitlines() if line.startswith("kind: ")}
    assert len(values) >= 800 and len(kinds) == 11, (len(values), kinds)
    r.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shapes"}})
    text = "\n---\n".join(shapes.values())
    done = run(os.path.join(rig.BIN, "kubectl"), "apply", "--server-side", "--dry-run=server", "-n", "shapes", "-f", "-", input=text,
               env=dict(os.environ, KUBECONFIG=r.kubeconfig))
    print(f"{len(values)} combinations, {count} objects, {len(shapes)} shapes accepted: {len(done.splitlines())}")
    assert len(done.splitlines()) == len(shapes)


def test_files(r):
    """The repository's own files: lint is clean, policies and Flux objects are accepted, a team's file is short."""
    rig.flagdeck("flag", "lint", "--repo", PLATFORM)
    kubectl = os.path.join(rig.BIN, "kubectl")
    env = dict(os.environ, KUBECONFIG=r.kubeconfig)
    for folder in ("policies", "clusters/eu-prod", "clusters/us-prod", "clusters/eu-dev", "expire"):
        run(kubectl, "apply", "--server-side", "--dry-run=server", "-f", os.path.join(PLATFORM, folder), env=env)
    for top, _, names in os.walk(os.path.join(PLATFORM, "services")):
        for name in names:
            with open(os.path.join(top, name)) as f:
                assert len(f.readlines()) < 10, f"{top}/{name} is too long for a team's file"


def repository_with_platform(r):
    repo = r.repository("platform")
    files = {}
    for top, _, names in os.walk(PLATFORM):
        for name in names:
            path = os.path.join(top, name)
            with open(path, encoding="utf-8") as f:
                files[os.path.relpath(path, PLATFORM)] = f.read()
    repo.commit(files, "the platform")
    return repo


def test_flip(r):
    """autoscaling, network and monitoring of edge-web, on and off again, by commits alone."""
    repo = repository_with_platform(r)
    r.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "payments"}})
    r.source("platform", repo)
    r.kustomization("payments-api", "platform", "./services/payments-api/dev", wait=True, timeout="60s")
    r.ready("HelmRelease", "payments-api-release", "payments", 90)
    state = tempfile.mkdtemp(dir=rig.folder())
    env = rig.environment(r.kubeconfig, XDG_STATE_HOME=state, GIT_AUTHOR_NAME="Ann", GIT_AUTHOR_EMAIL="ann@example.org",
                          GIT_COMMITTER_NAME="Ann", GIT_COMMITTER_EMAIL="ann@example.org")

    def flag(*words):
        return rig.flagdeck("flag", *words, "--repo", repo.bare, env=env)

    def exists(kind, name):
        done = subprocess.run([os.path.join(rig.BIN, "kubectl"), "get", kind, name, "-n", "payments", "-o", "json"], text=True,
                              env=dict(os.environ, KUBECONFIG=r.kubeconfig), capture_output=True, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    assert exists("servicemonitor", "payments-api"), "the defaults switch monitoring on"
    assert not exists("hpa", "payments-api") and not exists("networkpolicy", "payments-api-internal")
    place = ("--service", "payments-api", "--env", "dev", "--yes")
    done = json.loads(flag("set", "hpa.enabled=on", "hpa.maxReplicas=5", "network.zone=internal", "observability.serviceMonitor=off", *place,
                           "--reason", "load of the season", "--dry-run", "-o", "json"))
    assert done["approvals"] == 1 and "create HorizontalPodAutoscaler: payments-api/dev" in done["effects"], done
    rendered = {(o["op"], o["kind"]) for o in done["rendered"]}
    assert rendered == {("create", "HorizontalPodAutoscaler"), ("create", "NetworkPolicy"), ("delete", "ServiceMonitor"),
                        ("change", "Deployment")}, rendered
    flag("set", "hpa.enabled=on", "hpa.maxReplicas=5", "observability.serviceMonitor=off", *place, "--reason", "load of the season")
    # The network asks for approval: it comes on a branch of its own, which somebody merges.
    out = json.loads(flag("set", "network.zone=internal", *place, "--reason", "close it", "-o", "json"))
    assert out["branch"].startswith("flagdeck/"), out
    repo.git("fetch", "-q", "origin")
    repo.git("checkout", "-q", "-B", "main", "origin/main")
    repo.git("merge", "-q", "--no-edit", "origin/" + out["branch"])
    repo.git("push", "-q", "origin", "HEAD:main")
    hpa = rig.eventually("an HPA", lambda: exists("hpa", "payments-api"), 60)
    assert hpa["spec"]["maxReplicas"] == 5 and hpa["spec"]["minReplicas"] == 1, hpa["spec"]
    rig.eventually("a NetworkPolicy", lambda: exists("networkpolicy", "payments-api-internal"), 60)
    rig.eventually("no ServiceMonitor", lambda: not exists("servicemonitor", "payments-api"), 60)
    history = json.loads(flag("history", "-o", "json"))
    # The newest is the network's; the other is taken back exactly.
    before = run("git", "-C", repo.bare, "show", "main:services/payments-api/dev/platform.yaml")
    flag("revert", next(c["change"] for c in history if len(c["values"]) == 3), "--yes", "--reason", "enough")
    rig.eventually("no HPA", lambda: not exists("hpa", "payments-api"), 60)
    rig.eventually("a ServiceMonitor again", lambda: exists("servicemonitor", "payments-api"), 60)
    after = run("git", "-C", repo.bare, "show", "main:services/payments-api/dev/platform.yaml")
    assert "hpa" in before and "hpa" not in after and "zone: internal" in after, after
    audit = rig.flagdeck("audit", "verify", env=env)
    print(audit.strip())


def test_console(r):
    """The same from the console's screen: set in the matrix, live in the cluster, taken back by a key."""
    bare = os.path.join(r.dir, "git", "platform.git")
    env = rig.environment(r.kubeconfig, GIT_AUTHOR_NAME="Ann", GIT_AUTHOR_EMAIL="ann@example.org", GIT_COMMITTER_NAME="Ann",
                          GIT_COMMITTER_EMAIL="ann@example.org")
    context = run(os.path.join(rig.BIN, "kubectl"), "config", "current-context", env=dict(os.environ, KUBECONFIG=r.kubeconfig)).strip()
    config = os.path.join(r.dir, "console.yaml")
    with open(config, "w") as f:
        json.dump({"fleet": {"clusters": [{"context": context, "env": "dev"}]}, "repositories": [{"url": bare, "insecure": True}]}, f)

    def hpa():
        done = subprocess.run([os.path.join(rig.BIN, "kubectl"), "get", "hpa", "payments-api", "-n", "payments"], capture_output=True,
                              env=dict(os.environ, KUBECONFIG=r.kubeconfig), check=False)
        return done.returncode == 0

    assert not hpa()
    with terminal.Terminal([rig.binary(), "--config", config], env=env, columns=160, lines=45) as t:
        t.wait_for("payments-api")
        t.send("f")
        t.wait_for("services × flags")
        t.wait_for("hpa.enabled")
        t.send("/", "payments-api", t.ENTER)
        t.wait_for("/payments-api")
        t.send("s")
        t.wait_for("why")
        t.send(t.TAB, "from the screen", t.ENTER, t.ENTER)
        t.wait_for("will create HorizontalPodAutoscaler: payments-api/dev")
        t.send("y")
        t.wait_for("pushed")
        rig.eventually("an HPA by the console", hpa, 60)
        t.wait_for("[on*]")
        t.send("x")
        t.wait_for("will delete HorizontalPodAutoscaler: payments-api/dev")
        t.send("y")
        rig.eventually("no HPA by the console", lambda: not hpa(), 60)
    subject = run("git", "-C", bare, "log", "-1", "--format=%s", "main").strip()
    assert subject.startswith('Revert "hpa.enabled true'), subject


def main():
    helm = os.path.join(rig.BIN, "helm")
    if not os.access(helm, os.X_OK):
        helm = shutil.which("helm") or rig.skip("there is no helm: tests/e2e/rig/build.sh builds it")
    if not shutil.which("git"):
        rig.skip("there is no git")
    with rig.FluxRig("platform") as r:
        r.fleet(1, 1, 2)  # nodes, for pods to get ready on
        test_chart(r, helm)
        test_files(r)
        test_flip(r)
        test_console(r)


if __name__ == "__main__":
    main()
