#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# limit: 300
"""Two clusters on one screen: what happens to one is no matter for the other."""
import json
import re
import time

import rig
import terminal


def cell(t, name):
    """What the header says of a cluster."""
    m = re.search(rf"\b{name} \S (.*?)(?:  | │|$)", t.lines()[0])
    return m[1] if m else ""


def ready(t, name, cluster):
    m = re.search(rf"(?m)^.{{2,3}}{name} .*\b{cluster} +\w+ +(\d+/\d+) ", t.text())
    return m[1] if m else ""


def follows(t, r, sizes):
    """Changes on the living cluster arrive as if nothing had happened to the other."""
    for size in sizes:
        r.kubectl("scale", "deployment/payments-svc-0000", "-n", "payments", f"--replicas={size}")
        t.until(f"{size} wanted in {r.name}", lambda t: ready(t, "payments-svc-0000", r.name).endswith(f"/{size}"), 15)
        assert cell(t, r.name) == "live", f"{r.name}: {t.lines()[0]}"


def equal(t, *platforms):
    for r in platforms:
        for d in r.get("deployments", "-A"):
            if f"{d['status'].get('readyReplicas', 0)}/{d['spec']['replicas']}" != ready(t, d["metadata"]["name"], r.name):
                return False
    return True


def main():
    with rig.Rig("east") as east, rig.Rig("west") as west:
        east.fleet(12, 2, 2)
        west.fleet(12, 2, 2)
        env = rig.environment(f"{east.kubeconfig}:{west.kubeconfig}")
        args = ["--context", "east", "--context", "west"]
        rows = json.loads(rig.flagdeck("get", "services", "-o", "json", *args, env=env))
        assert len(rows) == 24 and {s["cluster"] for s in rows} == {"east", "west"}, len(rows)
        with terminal.Terminal([rig.binary(), *args], env, 220, 60) as t:
            t.until("both live", lambda t: cell(t, "east") == cell(t, "west") == "live", 30)
            t.send("z")
            t.until("all rows", lambda t: equal(t, east, west), 30)
            print("both live", flush=True)
            follows(t, east, (3, 2))

            # Half open: the kernel takes what is sent, nobody answers.
            west.ctl("pause", "apiserver")
            print("west is paused", flush=True)
            follows(t, east, (3, 4, 3, 2))
            t.send("\x12")   # asks both anew; the silent one must not be waited for
            follows(t, east, (3, 2))
            t.until("west to be called old", lambda t: re.match("stale|unreachable", cell(t, "west")), 90)
            assert len(re.findall(r"(?m)^.{2,3}\S+-svc-\d+ .* west ", t.text())) == 12, "rows of the silent cluster are gone"
            follows(t, east, (3, 2))
            # The command line gives what there is, says what is missing, and that it is not all.
            began = time.monotonic()
            done = rig.flagdeck("get", "services", "-o", "json", "--timeout", "5s", *args, env=env, expect=None, seconds=60)
            rows = json.loads(done.stdout)
            assert done.returncode in (1, 4) and "west" in done.stderr, (done.returncode, done.stderr)
            assert len(rows) == 12 and {s["cluster"] for s in rows} == {"east"}, len(rows)
            assert time.monotonic() - began < 30, "--timeout was not kept"
            west.ctl("resume", "apiserver")
            west.kubectl("scale", "deployment/checkout-svc-0001", "-n", "checkout", "--replicas=4")
            t.until("west to be live and true again", lambda t: cell(t, "west") == "live" and equal(t, east, west), 90)

            west.ctl("kill", "apiserver")
            print("west is killed", flush=True)
            follows(t, east, (3, 2))
            t.until("west to be called stale", lambda t: cell(t, "west").startswith("stale"), 60)
            follows(t, east, (3, 2))
            # One cluster only, and back.
            t.send("}")
            t.wait_for("services of east")
            t.wait_gone(r"(?m)^.{2,3}\S+-svc-\d+ .* west ")
            t.send("0")
            t.wait_for(r"(?m)^.{2,3}\S+-svc-\d+ .* west ")
            # A start while one is down: the other's rows are there.
            with terminal.Terminal([rig.binary(), *args], rig.environment(env["KUBECONFIG"]), 220, 60) as second:
                second.until("east alone", lambda t: cell(t, "east") == "live" and "unreachable" in cell(t, "west"), 30)
                second.until("rows of east", lambda t: ready(t, "payments-svc-0000", "east") == "2/2", 30)
            west.ctl("start", "apiserver")
            t.until("west to be live and true again", lambda t: cell(t, "west") == "live" and equal(t, east, west), 90)
            t.send("q")
            assert t.wait() == 0


if __name__ == "__main__":
    main()
