#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hours with the console: random keys and sizes, churn, rollouts and a dying API server, and it must still be right.

usage: soak.py [--minutes N] [--seed N] [--fleet SERVICES/REPLICAS/NODES]

Each round of half a minute ends with silence and three questions:
  - is the console alive?
  - does what it holds equal what kubectl says? (`--dump FILE`: on SIGUSR1 the console writes its services to FILE,
    in the form of `get services -o json`)
  - does a fresh `flagdeck get services -o json` equal it too?
At the end: has the memory grown? The seed is printed, so that a run's keys can be typed again.
"""
import argparse
import json
import os
import random
import signal
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import rig  # noqa: E402
import terminal  # noqa: E402

T = terminal.Terminal
ROUND = 30
# Everything that moves, opens, closes, sorts, marks and searches. Not q, ':' and Ctrl-Z, which leave.
KEYS = list("jkhlgGnNvsSw123456789+_-=?[]{}<>*") + [T.TAB, T.ENTER, T.SPACE, T.ESCAPE, T.UP, T.DOWN, T.LEFT, T.RIGHT,
        T.PAGE_UP, T.PAGE_DOWN, T.HOME, T.END, "\x06", "\x02", "\x04", "\x15", "\x0c",
        "/pay" + T.ENTER, "/svc-00" + T.ENTER, "/nothing has this name" + T.ENTER, "/!" + T.ESCAPE]
SIZES = [(160, 45), (80, 24), (200, 60), (120, 40), (60, 15), (20, 5), (100, 30)]


def rss_mb(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1]) / 1024


def from_kubectl(r):
    """(namespace, name) of each service, and the facts that both sides must agree on."""
    restarts = {}
    rows = r.kubectl("get", "pods", "-A", "-l", "team", "--no-headers", "-o", "custom-columns="
                     "NS:.metadata.namespace,S:.metadata.labels.app\\.kubernetes\\.io/name,"
                     "N:.status.containerStatuses[*].restartCount")
    for namespace, service, count in map(str.split, rows.splitlines()):
        key = namespace, service
        restarts[key] = restarts.get(key, 0) + sum(int(n) for n in count.split(",") if n.isdigit())
    facts = {}
    for d in r.get("deployments", "-A", "-l", "team"):
        key, status = (d["metadata"]["namespace"], d["metadata"]["name"]), d.get("status", {})
        facts[key] = {
            "desired": d["spec"]["replicas"], "ready": status.get("readyReplicas", 0),
            "updated": status.get("updatedReplicas", 0), "available": status.get("availableReplicas", 0),
            "generation": d["metadata"]["generation"], "observedGeneration": status.get("observedGeneration", 0),
            "image": d["spec"]["template"]["spec"]["containers"][0]["image"], "restarts": restarts.get(key, 0),
        }
    return facts


def from_console(text):
    return {(s["namespace"], s["name"]): s for s in json.loads(text)}


def difference(theirs, ours):
    """What of kubectl's facts the console does not say; "" when nothing."""
    wrong = [f"{'/'.join(key)} is missing" for key in theirs.keys() - ours.keys()]
    wrong += [f"{'/'.join(key)} is gone, but still shown" for key in ours.keys() - theirs.keys()]
    for key in theirs.keys() & ours.keys():
        for field, value in theirs[key].items():
            if ours[key].get(field) != value:
                wrong.append(f"{'/'.join(key)} {field}: {ours[key].get(field)}, kubectl says {value}")
    return "; ".join(sorted(wrong)[:8])


class Soak:
    def __init__(self, r, args):
        self.r, self.random = r, random.Random(args.seed)
        self.dump = os.path.join(rig.folder(), "soak-dump.json")
        self.can_dump = "--dump" in rig.flagdeck("--help")
        extra = ["--dump", self.dump] if self.can_dump else []
        self.t = terminal.Terminal([rig.binary(), "--read-only", *extra], rig.environment(r.kubeconfig), 160, 45)
        self.typed, self.sizes = [], []

    def press(self):
        if self.random.random() < 0.03:
            self.t.resize(*self.random.choice(SIZES))
        key = self.random.choice(KEYS)
        self.typed.append(key)
        self.t.send(key)

    def change(self):
        """A change of the fleet that makes objects come and go."""
        name = f"soak-{self.random.randrange(5)}"
        what = self.random.randrange(4)
        if what == 0:
            self.r.deployment(name, "media", self.random.randrange(4), f"{self.random.randrange(99)}.0.0", ready=False)
        elif what == 1:
            self.r.kubectl("delete", "deployment", name, "-n", "media", "--ignore-not-found", "--wait=false")
        elif what == 2:
            self.r.kubectl("scale", "deployment", "-n", "risk", "-l", "team=risk", f"--replicas={self.random.randrange(1, 6)}")
        else:
            self.r.kubectl("delete", "pods", "-n", "data", "-l", "team=data", "--wait=false")

    def fault(self):
        what = self.random.choice(["kill", "restart", "pause"])
        print("  apiserver:", what, flush=True)
        if what == "restart":
            self.r.ctl("restart", "apiserver")
            return
        self.r.ctl(what, "apiserver")
        self.run(self.random.uniform(1, 6))
        self.r.ctl("resume" if what == "pause" else "start", "apiserver")

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.press()
            # Mostly a person's pace, with bursts like a key held down.
            rest = time.monotonic() + self.random.choice([0.001, 0.02, 0.1, 0.2])
            while self.t.pump(rest - time.monotonic()) or time.monotonic() < rest:
                if time.monotonic() > rest:
                    break
            self.alive()

    def alive(self):
        if not self.t.is_running():
            self.t.pump(0)
            raise AssertionError(f"the console ended with {self.t.status}; the last keys: {self.typed[-40:]}")

    def dumped(self):
        if os.path.exists(self.dump):
            os.unlink(self.dump)
        self.t.signal(signal.SIGUSR1)
        self.t.until("the dump", lambda _: os.path.exists(self.dump), 10)
        with open(self.dump, encoding="utf-8") as f:
            return f.read()

    def questions(self):
        """Asked until the answer is right, for a reconnect may be under way; 40 s is more than any backoff of these faults."""
        sides = [("get services", lambda: rig.flagdeck("get", "services", "-o", "json", kubeconfig=self.r.kubeconfig))]
        if self.can_dump:
            sides.insert(0, ("the console", self.dumped))
        for name, ask in sides:
            deadline = time.monotonic() + 40
            while True:
                self.t.pump(0.2)
                self.alive()
                wrong = difference(from_kubectl(self.r), from_console(ask()))
                if not wrong:
                    break
                if time.monotonic() > deadline:
                    raise AssertionError(f"{name} is not what kubectl says: {wrong}")
        self.sizes.append(rss_mb(self.t.pid))

    def round(self, number, seconds):
        with rig.Churn(self.r, 100) as churn:
            self.run(seconds / 3)
            self.change()
            self.run(seconds / 3)
            if number % 2:
                self.fault()
            self.change()
            self.run(seconds / 3)
        self.questions()
        print(f"round {number}: {len(self.typed)} keys so far, {churn.done} pod changes ({churn.failed} failed), "
              f"{self.sizes[-1]:.1f} MB", flush=True)

    def memory(self):
        """The last quarter against the second one: the first still fills caches and rings."""
        quarter = len(self.sizes) // 4
        if quarter < 3:
            return
        early, late = statistics.median(self.sizes[quarter:2 * quarter]), statistics.median(self.sizes[-quarter:])
        print(f"memory: {early:.1f} MB in the second quarter, {late:.1f} MB in the last")
        assert late < early * 1.1 + 4, f"the memory grew from {early:.1f} to {late:.1f} MB"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--seed", type=int, default=random.randrange(10 ** 9))
    parser.add_argument("--fleet", default="120/3/6")
    args = parser.parse_args()
    rig.need()
    print(f"seed {args.seed}", flush=True)
    with rig.Rig("soak") as r:
        r.fleet(*map(int, args.fleet.split("/")))
        soak = Soak(r, args)
        with soak.t:
            if not soak.can_dump:
                print("warning: flagdeck has no --dump, so what the console itself holds was not compared")
            end, number = time.monotonic() + args.minutes * 60, 0
            while number == 0 or time.monotonic() < end:
                number += 1
                soak.round(number, min(ROUND, args.minutes * 30))
            soak.memory()
            code = soak.t.close()
            assert code == 128 + 15, f"after SIGTERM the console ended with {code}"


if __name__ == "__main__":
    main()
