#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# limit: 240
"""`flagdeck demo` from start to end: the console, a push that is rolled out, and nothing left behind in any way to end."""
import json
import os
import signal
import subprocess
import tempfile
import time

import rig
import terminal


def children(pid):
    """Processes that a process has started and that still run."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as f:
                rest = f.read().rsplit(")", 1)[1].split()
            if int(rest[1]) == pid and rest[0] != "Z":
                found.append(int(name))
        except (OSError, ValueError, IndexError):
            pass
    return found


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


class Served:
    """A demo without a console."""

    def __init__(self, *args):
        self.dir = os.path.join(tempfile.mkdtemp(prefix="demo-", dir=rig.folder()), "platform")
        self.env = rig.environment()
        self.process = subprocess.Popen([rig.binary(), "demo", "--serve", "--dir", self.dir, *args], env=self.env,
                                        stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "load run" in line:
                break
        self.child = children(self.process.pid)[0]
        self.env["KUBECONFIG"] = os.path.join(self.dir, "kubeconfig")

    def end(self, number, code):
        self.process.send_signal(number)
        assert self.process.wait(20) == code, self.process.returncode
        rig.eventually("nothing runs and nothing is left", lambda: gone(self.child) and not os.path.exists(self.dir), 20)


def console():
    home = tempfile.mkdtemp(prefix="home-", dir=rig.folder())
    env = rig.environment(home=home)
    place = os.path.join(home, ".cache", "flagdeck", "demo")
    with terminal.Terminal([rig.binary(), "demo", "--story", "calm"], env, 160, 45) as t:
        t.until("three clusters are live", lambda t: t.lines()[0].count("live") == 3, 60)
        t.until("services", lambda t: "eu-prod" in t.text() and "/" in t.text(), 20)
        second = rig.flagdeck("demo", "--serve", env=env, expect=None)
        assert second.returncode == 1 and "a demo is running" in second.stderr and "--dir" in second.stderr, second.stderr
        assert os.path.isdir(os.path.join(place, "platform.git"))
        t.send("q")
        assert t.wait(20) == 0
    assert not os.path.exists(place), os.listdir(place)
    assert os.listdir(home) in ([], [".cache"]), os.listdir(home)


def bad_input():
    full = tempfile.mkdtemp(prefix="full-", dir=rig.folder())
    with open(os.path.join(full, "mine"), "w", encoding="ascii") as f:
        f.write("keep me")
    refused = rig.flagdeck("demo", "--serve", "--dir", full, expect=None)
    assert refused.returncode == 1 and "not a demo's" in refused.stderr, refused.stderr
    assert os.listdir(full) == ["mine"]
    for args, code, words in ((["--story", "bad-relase"], 2, "bad-release"), (["--services", "9999"], 2, "2000"),
                              (["--speed", "fast"], 2, "factor"), (["--serve", "--dir", "/proc/none"], 1, "--dir"), ([], 2, "terminal")):
        done = rig.flagdeck("demo", *args, expect=None)
        assert done.returncode == code and words in done.stderr, (args, done.returncode, done.stderr)


def git(*args):
    subprocess.run(["git", "-c", "user.name=Test", "-c", "user.email=test@example.com", *args], check=True, timeout=60,
                   capture_output=True)


def flags(demo):
    """The repository has its catalog, and every value is in order."""
    ask = lambda *args: rig.flagdeck("--config", os.path.join(demo.dir, "config.yaml"), "flag", *args, env=demo.env)
    assert "0 errors, 0 warnings" in ask("lint")
    found = json.loads(ask("get", "hpa.enabled", "--service", "payments-api", "--env", "prod", "-o", "json"))
    assert "payments-api" in json.dumps(found), found
    assert "hpa.enabled" in ask("matrix").splitlines()[0]


def logs(demo, kubectl):
    """Pods tell what happens to them: the same when asked again, and more while somebody follows."""
    read = lambda *args: subprocess.run(["kubectl", "--context", "eu-prod", "logs", "-n", "payments", *args], env=demo.env, check=True,
                                        capture_output=True, text=True, timeout=60).stdout.splitlines()
    pod = next(p["metadata"]["name"] for p in kubectl("get", "pods", "-n", "payments")["items"]
               if p["metadata"]["name"].startswith("payments-api-"))
    whole = read(pod, "--timestamps")
    assert len(whole) > 100 and whole == sorted(whole), whole[:5]
    assert any("level=info msg=\"request\"" in line for line in whole), whole[:5]
    assert set(read(pod, "--timestamps", "--tail=3")[:1]) <= set(read(pod, "--timestamps"))
    with subprocess.Popen(["kubectl", "--context", "eu-prod", "logs", "-f", "-n", "payments", pod, "--tail=0"], env=demo.env,
                          stdout=subprocess.PIPE, text=True) as follow:
        assert "level=" in follow.stdout.readline()
        follow.kill()


def load(demo):
    """The demo's web service has a knee, and its own profiles are in order."""
    folder = os.path.join(demo.dir, "load")
    names = sorted(os.listdir(folder))
    assert names == ["knee.yaml", "smoke.yaml"], names
    rig.flagdeck("load", "lint", *[os.path.join(folder, name) for name in names], env=demo.env)
    with open(os.path.join(folder, "knee.yaml"), encoding="utf-8") as f:
        text = f.read()
    short = os.path.join(tempfile.mkdtemp(prefix="knee-", dir=rig.folder()), "knee.yaml")
    with open(short, "w", encoding="utf-8") as f:
        f.write(text.replace("  - {from: 20/s, rate: 600/s, for: 60s}", "  - {rate: 50/s, for: 4s}\n  - {rate: 800/s, for: 4s}"))
    out = rig.flagdeck("--config", os.path.join(demo.dir, "config.yaml"), "load", "run", short, env=demo.env, expect=None).stdout
    results = next(line.split()[-1] for line in out.splitlines() if line.strip().startswith("results"))
    with open(os.path.join(results, "series.jsonl"), encoding="utf-8") as f:
        medians = [json.loads(line)["p50"] for line in f]
    assert max(medians[5:]) > 4 * min(medians[:4]), medians


def push():
    """A commit by plain git goes through every stage."""
    demo = Served("--story", "calm", "--speed", "8", "--services", "60")
    kubectl = lambda *args: json.loads(subprocess.run(["kubectl", "--context", "eu-prod", *args, "-o", "json"], env=demo.env, check=True,
                                                      capture_output=True, timeout=60).stdout)
    flags(demo)
    logs(demo, kubectl)
    load(demo)
    work = tempfile.mkdtemp(prefix="work-", dir=rig.folder())
    git("clone", "-q", os.path.join(demo.dir, "platform.git"), work)
    path = os.path.join(work, "services/payments-api/prod/platform.yaml")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    lines = ["    tag: 7.7.0" if line.strip().startswith("tag:") else line for line in text.splitlines()]
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    git("-C", work, "commit", "-qam", "payments-api: release 7.7.0")
    git("-C", work, "push", "-q")
    sha = subprocess.run(["git", "-C", work, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    store = os.path.join(demo.dir, "platform.git")

    def has(kind, name, *path):
        """Whether that revision is the commit or one after it: the story commits too."""
        value = kubectl("get", kind, name, "-n", "flux-system")["status"]
        for part in path:
            value = value[part]
        return subprocess.run(["git", "--git-dir", store, "merge-base", "--is-ancestor", sha, value.split(":")[-1]], check=False).returncode == 0

    rig.eventually("source", lambda: has("gitrepositories", "platform", "artifact", "revision"), 60)
    rig.eventually("attempted", lambda: has("kustomizations", "payments", "lastAttemptedRevision"), 60)
    rig.eventually("applied", lambda: has("kustomizations", "payments", "lastAppliedRevision"), 90)
    rig.eventually("released", lambda: kubectl("get", "helmreleases", "payments-api", "-n", "payments")["status"]["conditions"][0]["status"] == "True", 90)
    release = kubectl("get", "helmreleases", "payments-api", "-n", "payments")
    assert release["status"]["observedGeneration"] == release["metadata"]["generation"]
    assert release["status"]["history"][0]["configDigest"] == release["status"]["lastAttemptedConfigDigest"]
    deployment = kubectl("get", "deployments", "payments-api", "-n", "payments")
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":7.7.0")
    assert deployment["status"]["updatedReplicas"] == deployment["status"]["availableReplicas"] == deployment["spec"]["replicas"]
    subprocess.run(["kubectl", "--context", "eu-prod", "rollout", "undo", "deployment/payments-api", "-n", "payments"], env=demo.env, check=True,
                   capture_output=True, timeout=60)
    rig.eventually("undone", lambda: not kubectl("get", "deployments", "payments-api", "-n", "payments")
                   ["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":7.7.0"), 30)
    demo.end(signal.SIGINT, 0)


def main():
    bad_input()
    print("bad input is refused", flush=True)
    console()
    print("the console starts, refuses a second one, and leaves nothing", flush=True)
    push()
    print("a push is rolled out", flush=True)
    Served("--services", "30").end(signal.SIGKILL, -signal.SIGKILL)
    demo = Served("--services", "30")
    os.kill(demo.child, signal.SIGKILL)
    assert demo.process.wait(20) == 1
    assert not os.path.exists(demo.dir)
    print("killed on either side, nothing is left", flush=True)


if __name__ == "__main__":
    main()
