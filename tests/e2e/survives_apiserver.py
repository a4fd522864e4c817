#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# limit: 300
"""The API server and etcd die under the console: rows stay and are called old, then everything is true again."""
import json
import os
import re
import signal
import time
import urllib.request

import rig
import terminal

import kubectl_view  # rig/kubectl_view.py

HEALTH = "down|degraded|progressing|paused|unknown|ok"


def table(t):
    """(namespace, name) -> (health, READY) of the rows on a screen where all of them have room."""
    rows = {}
    for line in t.lines():
        m = re.match(rf".{{2,3}}(\S+) +(\S+) +life +({HEALTH}) +(\d+/\d+) ", line)
        if m:
            rows[m[2], m[1]] = m[3], m[4]
    return rows


def dumped(t, path):
    """What the running console believes, as it writes it on SIGUSR1."""
    if os.path.exists(path):
        os.unlink(path)
    t.signal(signal.SIGUSR1)
    t.until("the dump", lambda _: os.path.exists(path))
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def expected(r):
    rows = {}
    for d in r.get("deployments", "-A"):
        ready, desired = d["status"].get("readyReplicas", 0), d["spec"]["replicas"]
        rows[d["metadata"]["namespace"], d["metadata"]["name"]] = f"{ready}/{desired}"
    return rows


def header(t):
    return t.lines()[0]


def wait_equal(t, r, seconds=90):
    """Until the header says live and the rows are kubectl's."""
    def equal(t):
        rows, theirs = table(t), expected(r)
        return re.search(r"\blive\b", header(t)) and {key: row[1] for key, row in rows.items()} == theirs
    t.until("what kubectl says, live", equal, seconds)
    assert not re.search("stale|unreachable|connecting", header(t)), header(t)


def wait_old(t, rows):
    """Until the header says in words that what is shown is old; the rows are still there and say it too."""
    t.until("that it is stale", lambda t: re.search(r"life . stale", header(t)), 60)
    t.settle()
    shown = table(t)
    assert shown.keys() == rows.keys(), f"rows were lost with the connection: {rows.keys() ^ shown.keys()}"
    assert t.row_of(r"svc-\d+ .*stale") is not None, "the rows do not say that they are old"
    t.send("z")   # the timeline tells why
    t.wait_for(r"(?m)^ \d\d:\d\d:\d\d +life +stale: .*(refused|closed|ended early|broke|reset|cut off|no answer|in time|trouble|silent)")
    t.send("z")
    t.wait_gone("timeline")


def check_apiserver(t, r):
    """kill -9, changes that no watch can tell of, a new server."""
    rows = table(t)
    r.ctl("kill", "apiserver")
    wait_old(t, rows)
    t.send("j", "j", "/", "svc", t.ENTER)   # it still listens
    t.wait_for("services +/svc")
    t.send("\x11")
    t.wait_gone("services +/svc")
    r.ctl("start", "apiserver")
    wait_equal(t, r)


def check_changes_during_outage(t, r):
    """What is deleted, scaled and made while the console has no connection."""
    r.ctl("kill", "apiserver")
    wait_old(t, table(t))
    r.ctl("start", "apiserver")
    # At once, so that most of it happens while the console still waits to try again.
    r.kubectl("delete", "deployment", "payments-svc-0000", "-n", "payments", "--wait=false")
    r.kubectl("scale", "deployment", "checkout-svc-0001", "-n", "checkout", "--replicas=5")
    r.deployment("newcomer", "search", 2, ready=False)
    wanted = {("checkout", "checkout-svc-0001"): ("ok", "5/5"), ("search", "newcomer"): ("ok", "2/2")}
    t.until("what was scaled and made", lambda t: wanted.items() <= table(t).items(), 90)
    t.until("the end of what was deleted", lambda t: ("payments", "payments-svc-0000") not in table(t), 90)
    wait_equal(t, r)


def check_etcd(t, r):
    """etcd dies: the API server answers, but with errors; then it comes back with everything."""
    rows = table(t)
    r.ctl("kill", "etcd")
    # Watches are the API server's own and stay open and silent; nobody touches the console.
    t.until("that something is wrong", lambda t: re.search("stale|unreachable", header(t)), 60)
    t.wait_for("not ready: etcd", 10)
    assert table(t).keys() == rows.keys(), f"rows were lost with etcd: {rows.keys() ^ table(t).keys()}"
    r.ctl("start", "etcd")
    rig.eventually("the API server to be well", lambda: r.kubectl("get", "--raw", "/readyz").strip() == "ok", 60)
    r.kubectl("scale", "deployment", "identity-svc-0002", "-n", "identity", "--replicas=1")
    r.kubectl("delete", "deployment", "newcomer", "-n", "search", "--wait=false")
    wait_equal(t, r, 120)


def compact(r):
    """Makes etcd forget all versions but the present one."""
    version = json.loads(r.kubectl("get", "--raw", "/api/v1/namespaces?limit=1"))["metadata"]["resourceVersion"]
    body = json.dumps({"revision": version, "physical": True}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{r.port + 1}/v3/kv/compaction", body, timeout=30) as answer:
        assert answer.status == 200


def check_lost_history(t, r):
    """The console sleeps, as on a closed laptop; what happens meanwhile is in no watch's history when it wakes."""
    r.deployment("shortlived", "media", 1)
    t.until("a row that will go", lambda t: ("media", "shortlived") in table(t), 60)
    t.signal(signal.SIGSTOP)
    try:
        r.kubectl("delete", "deployment", "shortlived", "-n", "media", "--wait=true")
        r.kubectl("scale", "deployment", "catalog-svc-0004", "-n", "catalog", "--replicas=2")
        r.deployment("overnight", "risk", 1)
        rig.eventually("its pods to go", lambda: not r.get("pods", "-n", "media", "-l", "app.kubernetes.io/name=shortlived"))
        compact(r)
        r.ctl("restart", "apiserver")   # whose own memory begins after that
    finally:
        t.signal(signal.SIGCONT)
    t.until("the end of what was deleted", lambda t: ("media", "shortlived") not in table(t), 90)
    wait_equal(t, r)
    rows = table(t)
    assert rows["catalog", "catalog-svc-0004"][1] == "2/2" and ("risk", "overnight") in rows, rows


def main():
    with rig.Rig("life") as r:
        r.fleet(24, 3, 3)
        dump = os.path.join(r.dir, "dump.json")
        with terminal.Terminal([rig.binary(), "--dump", dump], rig.environment(r.kubeconfig), 220, 60) as t:
            t.wait_for("svc-0000", 30)
            t.send("z")
            wait_equal(t, r)
            for check in (check_apiserver, check_changes_during_outage, check_etcd, check_lost_history):
                began = time.monotonic()
                check(t, r)
                print(f"{check.__name__} {time.monotonic() - began:.1f} s", flush=True)
            for ask in (lambda: dumped(t, dump),
                        lambda: json.loads(rig.flagdeck("get", "services", "-o", "json", kubeconfig=r.kubeconfig))):
                kubectl_view.equal_services(r, ask, rig.eventually)
            t.send("q")
            assert t.wait() == 0


if __name__ == "__main__":
    main()
