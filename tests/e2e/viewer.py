#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""People without rights, or with few: everything says so in words, and what may be seen is seen."""
import json
import os

import rig
import terminal

NEEDED = ("deployments", "statefulsets", "daemonsets", "replicasets", "pods")
USEFUL = ("namespaces", "nodes", "events", "horizontalpodautoscalers")
READ = ["get", "list", "watch"]


def rbac(kind, name, namespace=None, **more):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, **more}


def rules(*resources):
    return [{"apiGroups": ["", "apps", "autoscaling"], "resources": list(resources), "verbs": READ}]


def grant(user, name, resources, namespace=None):
    scope = "" if namespace else "Cluster"
    return (rbac(scope + "Role", name, namespace, rules=rules(*resources)),
            rbac(scope + "RoleBinding", name, namespace, subjects=[{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}],
                 roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": scope + "Role", "name": name}))


def console(kubeconfig, **size):
    return terminal.Terminal([rig.binary()], rig.environment(kubeconfig), **size)


def check_without_rights(kubeconfig):
    for command in (("get", "services"), ("get", "pods"), ("rollout", "status", "payments-svc-0000")):
        done = rig.flagdeck(*command, kubeconfig=kubeconfig, expect=None)
        assert done.returncode == 3, f"{command}: exit {done.returncode}, not 3\n{done.stdout}{done.stderr}"
        assert "forbidden" in done.stderr and "deployments" in done.stderr, done.stderr
    with console(kubeconfig) as t:
        t.wait_for(r"no permission", 20)
        t.wait_for(r"forbidden", 20)
        t.settle()
        assert "no permission" in t.lines()[0], f"the header does not say it: {t.lines()[0]}"
        assert t.row_of("connecting") is None, "it says that it is still connecting"
        t.send("q")
        assert t.wait() == 0


def doctor(kubeconfig, expect):
    return json.loads(rig.flagdeck("doctor", "-o", "json", kubeconfig=kubeconfig, expect=expect))


def check_doctor(kubeconfig):
    findings = {f["what"]: f for f in doctor(kubeconfig, 1)}
    for resource in NEEDED + USEFUL:
        for verb in ("list", "watch"):
            finding = findings[f"{verb} {resource}"]
            assert finding["verdict"] == ("failed" if resource in NEEDED else "warning"), finding
            assert "not permitted" in finding["said"], finding
            assert f"allows {verb} on {resource}" in finding["advice"], f"no advice: {finding}"
    assert "pods/log" in findings["get pods/log"]["advice"], findings["get pods/log"]
    assert findings["reach the API server"]["verdict"] == "ok", findings["reach the API server"]


def check_doctor_of_admin(r):
    bad = [f for f in doctor(r.kubeconfig, 0) if f["verdict"] not in ("ok", "skipped")]
    # What this machine lacks is not the platform's.
    bad = [f for f in bad if f["where"] != "this machine"]
    assert not bad, bad


def check_one_namespace(r, ns, user):
    """May read one namespace: with it in the context, its services are there, live, and no others."""
    kubeconfig = r.config(user=user, namespace=ns)
    done = rig.flagdeck("get", "services", "-o", "json", kubeconfig=kubeconfig)
    rows = {(s["namespace"], s["name"]): s for s in json.loads(done)}
    assert set(rows) == {(ns, "seen"), (ns, "seen-too")}, rows.keys()
    assert rows[ns, "seen"]["ready"] == 2 and rows[ns, "seen"]["restarts"] == 0, rows
    pods = json.loads(rig.flagdeck("get", "pods", "-o", "json", kubeconfig=kubeconfig))
    assert {p["service"] for p in pods} == {"seen", "seen-too"} and len(pods) == 3, pods
    with console(kubeconfig) as t:
        t.wait_for(r"seen +.*\b2/2\b", 20)
        t.until("live", lambda t: "live" in t.lines()[0], 20)
        r.kubectl("scale", "deployment/seen", "--replicas=3", "-n", ns)
        t.wait_for(r"seen +.*\b3/3\b", 30)
        t.send("q")
        assert t.wait() == 0
    r.kubectl("scale", "deployment/seen", "--replicas=2", "-n", ns)


def check_granted_while_it_runs(r, ns):
    """Rights that come later are found with the refresh key."""
    kubeconfig = r.config(user={"token": "admin-token", "as": f"late-{ns}"}, namespace=ns)
    with console(kubeconfig) as t:
        t.wait_for("no permission", 20)
        r.apply(*grant(f"late-{ns}", "late", NEEDED + ("events",), ns))
        # The server's authorizer learns of it a moment later.
        rig.eventually("the right", lambda: r.kubectl("auth", "can-i", "list", "pods", "-n", ns, "--as", f"late-{ns}").strip() == "yes")
        t.send("\x12")
        t.wait_for(r"seen +.*\b2/2\b", 30)


def check_workloads_only(r, ns):
    """May read workloads everywhere but no pods: rows are there, what comes from pods is not guessed."""
    user = f"half-{ns}"
    r.apply(*grant(user, user, [k for k in NEEDED + USEFUL if k not in ("pods", "replicasets")]))
    try:
        rig.eventually("the right", lambda: r.kubectl("auth", "can-i", "list", "deployments", "-A", "--as", user).strip() == "yes")
        kubeconfig = r.config(user={"token": "admin-token", "as": user})
        done = rig.flagdeck("get", "services", "-o", "json", kubeconfig=kubeconfig, expect=None)
        assert done.returncode == 3 and "pods" in done.stderr, (done.returncode, done.stderr)
        rows = json.loads(done.stdout)
        assert len(rows) >= 240 and all(s["restarts"] is None for s in rows), "restarts are claimed without pods"
        assert all(s["ready"] is not None for s in rows)
        with console(kubeconfig) as t:
            t.wait_for(r"no permission: .*pods", 20)
            t.wait_for(r"-svc-\d+ +.*\b5/5\b", 20)
    finally:
        r.kubectl("delete", "clusterrole,clusterrolebinding", user, check=False)


def main():
    r = rig.shared()
    viewer = r.config(user={"token": "viewer-token"})
    ns = r.namespace("viewer")
    try:
        r.deployment("seen", ns, 2)
        r.deployment("seen-too", ns, 1)
        print("without rights", flush=True)
        check_without_rights(viewer)
        check_doctor(viewer)
        check_doctor_of_admin(r)
        print("one namespace", flush=True)
        r.apply(*grant("viewer", "reader", NEEDED + ("events", "horizontalpodautoscalers"), ns))
        rig.eventually("the right", lambda: r.kubectl("auth", "can-i", "list", "pods", "-n", ns, "--as", "viewer").strip() == "yes")
        check_one_namespace(r, ns, {"token": "viewer-token"})
        print("granted while it runs", flush=True)
        check_granted_while_it_runs(r, ns)
        print("workloads only", flush=True)
        check_workloads_only(r, ns)
    finally:
        os.unlink(viewer)
        r.kubectl("delete", "namespace", ns, "--wait=false", check=False)


if __name__ == "__main__":
    main()
