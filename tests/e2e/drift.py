#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Drift on the real API server and the real Flux: `flux diff` says nothing right after Flux has applied, and
afterwards exactly what was changed by hand, field by field, of a Kustomization and of a HelmRelease; fields of
others do not count, values of a Secret are not in it, and nothing is written."""
import json
import os
import shutil
import subprocess

import rig
import gitops  # (rig/gitops.py, which rig puts into the path)


def diff(env, *args, expect=0):
    done = subprocess.run([rig.binary(), "flux", "diff", *args, "-o", "json"], env=env, capture_output=True, text=True, timeout=90,
                          stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == expect, f"{args}: exit {done.returncode}, not {expect}\n{done.stdout}{done.stderr}"
    return json.loads(done.stdout) if done.stdout else done.stderr


def drifted(found):
    """{"Kind/name": state or {path: (live, git)}} of all that is not as in Git."""
    return {f"{o['kind']}/{o['name']}": {f["path"]: (f["live"], f["git"]) for f in o["fields"]} or o["state"]
            for o in found["objects"] if o["state"] != "same"}


def check_kustomization(r, env, ns):
    found = diff(env, "ks/apps")
    assert not found["drift"] and len(found["objects"]) == 4, found
    # By hand: a field of Git's, one that Git does not set, and what is in a Secret.
    r.kubectl("set", "image", "deployment/walnut", "app=registry.example/walnut:9.9.9", "-n", ns)
    r.kubectl("annotate", "deployment/walnut", "-n", ns, "somebody=was-here")
    r.kubectl("patch", "secret", "keys", "-n", ns, "-p", '{"data":{"password":"b3RoZXI="}}')
    r.kubectl("delete", "configmap", "settings", "-n", ns)
    generation = r.get("deployment", "walnut", "-n", ns)["metadata"]["generation"]
    found = diff(env, "ks/apps", expect=1)
    assert drifted(found) == {
        "Deployment/walnut": {"spec.template.spec.containers[name=app].image":
                              ('"registry.example/walnut:9.9.9"', '"registry.example/walnut:1.0.0"')},
        "Secret/keys": {"data.password": ("(masked)", "(masked)")},
        "ConfigMap/settings": "missing"}, drifted(found)
    assert "b3RoZXI" not in json.dumps(found) and "hunter" not in json.dumps(found)
    after = r.get("deployment", "walnut", "-n", ns)["metadata"]
    assert after["generation"] == generation, "the dry run wrote something"


def check_release(r, env, ns):
    found = diff(env, "hr/maple", "-n", ns)
    assert not found["drift"] and len(found["objects"]) == 1, found
    r.kubectl("scale", "deployment/maple", "--replicas=3", "-n", ns)
    assert drifted(diff(env, "hr/maple", "-n", ns, expect=1)) == {"Deployment/maple": {"spec.replicas": ("3", "1")}}


def check_other_commit(env, repository, first):
    # A commit that takes an object away, before Flux has it: what it would prune.
    sha = repository.commit({"apps/hazel.yaml": None, "apps/extra.yaml": gitops.text(
        {"apiVersion": "nowhere.example/v1", "kind": "Thing", "metadata": {"name": "x"}})}, "take hazel away")
    found = drifted(diff(env, "ks/apps", "--commit", sha, expect=1))
    assert found["Deployment/hazel"] == "extra" and found["Thing/x"] == "unknown", found
    assert sha != first


def check_refusals(env):
    assert "read-only" in diff(env, "ks/apps", "--read-only", expect=3)
    assert "there is no Kustomization" in diff(env, "ks/none", expect=1)
    diff(env, "deployment/walnut", expect=2)
    assert "commit" in diff(env, "ks/apps", "--commit", "0" * 40, expect=1)


def main():
    path = rig.environment()["PATH"]   # with the platform's own servers and tools
    if not shutil.which("helm", path=path) or not (shutil.which("kustomize", path=path) or shutil.which("kubectl", path=path)):
        rig.skip("helm, and kustomize or kubectl, are needed to render")
    with rig.FluxRig("drift") as r:
        ns = r.namespace("drift")
        repository = r.repository("platform")
        files = gitops.platform(ns, "platform")
        files["apps/more.yaml"] = gitops.text(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": ns}, "stringData": {"password": "hunter"}},
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": ns}, "data": {"a": "1"}})
        # There are no nodes, so no pod gets ready: nobody waits for one.
        files["releases/maple.yaml"] = gitops.text(gitops.helm_release("maple", ns, "platform", install={"disableWait": True}))
        first = repository.commit(files)
        r.source("platform", repository)
        r.kustomization("apps", "platform", "./apps")
        r.kustomization("releases", "platform", "./releases")
        env = rig.environment(r.kubeconfig)
        os.makedirs(os.path.join(env["HOME"], ".config", "flagdeck"))
        with open(os.path.join(env["HOME"], ".config", "flagdeck", "config.yaml"), "w", encoding="utf-8") as f:
            json.dump({"repositories": [{"url": repository.url, "insecure": True}]}, f)
        r.ready("kustomization", "apps")
        r.ready("kustomization", "releases")
        r.kubectl("-n", "flux-system", "patch", "kustomization", "apps", "--type=merge", "-p", '{"spec":{"suspend":true}}')
        check_kustomization(r, env, ns)
        r.ready("helmrelease", "maple", ns)
        check_release(r, env, ns)
        check_other_commit(env, repository, first)
        check_refusals(env)


if __name__ == "__main__":
    main()
