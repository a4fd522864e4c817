# SPDX-License-Identifier: MIT
"""Kubernetes platforms for tests: what every test of this folder starts from.

A test is a program: it exits 0 when it passed, 77 when it was skipped (its last line says why), anything
else when it failed. The runner gives it FLAGDECK (the console's binary) and a folder in E2E_DIR.

    import rig
    r = rig.shared()                         # 240 services, 1,200 pods, 12 nodes; runs until the test run ends
    out = rig.flagdeck("get", "services", "-o", "json", kubeconfig=r.kubeconfig)

    with rig.Rig("mine") as r:               # one of its own, to break: starts in 5 s, ends with the block
        r.fleet(24, 3, 3, trouble=True)
        r.ctl("kill", "apiserver")

    with rig.FluxRig("gitops") as r:         # with Git, Flux, Flagger and Argo Rollouts: starts in 12 s
        repo = r.repository("platform")
        sha = repo.commit({"apps/kustomization.yaml": "..."}, "a subject")
        r.source("platform", repo)

The shared platform is read by many tests: change only what you put there, in a namespace of your own
(r.namespace()). rig/rig.sh tells what can be done to a component, rig/stages.yaml how pods can fail.
"""
import atexit
import contextlib
import http.client
import json
import multiprocessing
import os
import random
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "rig"))
import fleet as fleet_module  # noqa: E402  (rig/fleet.py)

CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
BIN = os.environ.get("BIN") or os.path.join(CACHE, "flagdeck-rig", "bin")
SERVERS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok")
FLUX_SERVERS = ("source-controller", "kustomize-controller", "helm-controller", "flagger", "rollouts-controller")
SHARED_FLEET = (240, 5, 12)


def skip(reason):
    """Ends the test as skipped. The reason is shown, so say what is missing and how to get it."""
    print("skipped: " + reason)
    sys.stdout.flush()
    # From a thread or a with-block too: nothing may turn this into a failure.
    raise SystemExit(77)


def need(*servers):
    """Skips the test unless these programs of the cache are there (all of them when none is named)."""
    for name in servers or SERVERS:
        if not os.access(os.path.join(BIN, name), os.X_OK):
            skip(f"{name} is not in {BIN}: tests/e2e/rig/build.sh builds it")


def binary():
    """The console under test."""
    path = os.environ.get("FLAGDECK") or os.path.join(ROOT, "flagdeck")
    if not os.access(path, os.X_OK):
        raise AssertionError(f"{path} is not built: run make")
    return os.path.abspath(path)


def folder():
    """Where the platforms of this run live; a folder of its own when the test is started by hand."""
    path = os.environ.get("E2E_DIR")
    if not path:
        path = os.environ["E2E_DIR"] = tempfile.mkdtemp(prefix="flagdeck-e2e-")
        atexit.register(end_all, path)
    os.makedirs(path, exist_ok=True)
    return path


def end_all(path):
    """Ends every platform under a folder and removes the folder."""
    for name in os.listdir(path) if os.path.isdir(path) else []:
        if os.path.exists(os.path.join(path, name, "settings")):
            subprocess.run([os.path.join(HERE, "rig", "rig.sh"), "down"], check=False,
                           env=dict(os.environ, RIG=os.path.join(path, name)))
    shutil.rmtree(path, ignore_errors=True)


def free_ports(count):
    """The first of `count` neighbouring ports that nobody listens on, below the kernel's own range."""
    while True:
        first = random.randrange(20000, 32000 - count)
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    stack.enter_context(contextlib.closing(socket.socket())).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first


def eventually(what, check, seconds=30, every=0.2):
    """Returns check()'s first true value; after `seconds`, fails with what was awaited and what it was.

    A check that fails with AssertionError, OSError or a failed program counts as not yet true.
    """
    deadline, last = time.monotonic() + seconds, None
    while True:
        try:
            last = check()
            if last:
                return last
        except (AssertionError, OSError, subprocess.CalledProcessError, http.client.HTTPException) as e:
            last = e
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}; last seen: {str(last)[:2000]}")
        time.sleep(every)


def environment(kubeconfig=None, home=None, **more):
    """A clean environment for the console: its own home, no proxy, nothing of the caller's settings."""
    home = home or tempfile.mkdtemp(prefix="home-", dir=folder())
    env = {"HOME": home, "PATH": BIN + os.pathsep + os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color",
           "TZ": "UTC", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""), "UBSAN_OPTIONS": "print_stacktrace=1"}
    if kubeconfig:
        env["KUBECONFIG"] = kubeconfig
    env.update(more)
    return env


def write_config(**parts):
    """Writes a kubeconfig of these parts (in JSON, which is YAML too) and returns its path."""
    with tempfile.NamedTemporaryFile("w", prefix="kubeconfig-", dir=folder(), delete=False) as f:
        json.dump({"apiVersion": "v1", "kind": "Config", **parts}, f)
    return f.name


def flagdeck(*args, kubeconfig=None, expect=0, seconds=60, env=None, stdin=None):
    """Runs a subcommand and returns its stdout; fails when the exit code is not the expected one.

    expect=None takes any exit code and returns the finished process instead.
    """
    done = subprocess.run([binary(), *args], env=env or environment(kubeconfig), input=stdin, text=True,
                          capture_output=True, timeout=seconds, check=False)
    if expect is None:
        return done
    if done.returncode != expect:
        raise AssertionError(f"flagdeck {' '.join(args)}: exit {done.returncode}, not {expect}\n"
                             f"stdout: {done.stdout[-3000:]}\nstderr: {done.stderr[-3000:]}")
    return done.stdout


class Rig:
    """One platform. `with Rig("name") as r:` ends it with the block; start() and stop() do it by hand."""

    parts = ()      # what rig.sh is told to start beside Kubernetes

    def __init__(self, name="rig", apiserver_args=""):
        need()
        self.name = name
        self.dir = os.path.join(folder(), name)
        self.kubeconfig = os.path.join(self.dir, "kubeconfig")
        self.apiserver_args = apiserver_args
        self.port = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self):
        settings = os.path.join(self.dir, "settings")
        if os.path.exists(settings):
            with open(settings) as f:
                self.port = int(f.read().split("PORT=")[1].split()[0])
        else:
            self.port = free_ports(21)
        env = dict(os.environ, RIG=self.dir, PORT=str(self.port), NAME=self.name, BIN=BIN,
                   APISERVER_ARGS=self.apiserver_args)
        subprocess.run([os.path.join(HERE, "rig", "rig.sh"), "up", *self.parts], env=env, check=True, stdout=subprocess.DEVNULL)
        return self

    def stop(self):
        self.ctl("down")

    def ctl(self, verb, *component):
        """rig.sh: kill, stop, start, restart, pause, resume a component; down; status."""
        return subprocess.run([os.path.join(HERE, "rig", "rig.sh"), verb, *component], env=dict(os.environ, RIG=self.dir),
                              check=True, stdout=subprocess.PIPE, text=True).stdout

    @property
    def server(self):
        return f"https://127.0.0.1:{self.port + 3}"

    @property
    def ca_file(self):
        return os.path.join(self.dir, "certs", "apiserver.crt")

    def config(self, user=None, context="test", namespace=None, **cluster):
        """Writes a kubeconfig with one context of this platform and returns its path.

        user: as in a kubeconfig (default: the administrator's token); cluster: overrides of its cluster.
        """
        where = {"server": self.server, "certificate-authority": self.ca_file, **cluster}
        parts = {"cluster": self.name, "user": "tester", **({"namespace": namespace} if namespace else {})}
        return write_config(clusters=[{"name": self.name, "cluster": {k: v for k, v in where.items() if v is not None}}],
                            users=[{"name": "tester", "user": {"token": "admin-token"} if user is None else user}],
                            contexts=[{"name": context, "context": parts}], **{"current-context": context})

    def kubectl(self, *args, stdin=None, check=True):
        """Runs kubectl as the administrator; returns its stdout."""
        done = subprocess.run([os.path.join(BIN, "kubectl"), "--kubeconfig", self.kubeconfig, *args], input=stdin,
                              capture_output=True, text=True, check=False, timeout=600)
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(args)} on {self.name}: {done.stderr.strip()}")
        return done.stdout

    def get(self, *args):
        """kubectl get -o json, parsed; a list gives its items."""
        answer = json.loads(self.kubectl("get", *args, "-o", "json"))
        return answer["items"] if answer["kind"].endswith("List") else answer

    def apply(self, *objects):
        items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        return self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(items))

    def fleet(self, services, replicas, nodes, trouble=False, seconds=None):
        """Applies a fleet and waits until its pods are Ready (all but those of the trouble)."""
        self.apply(*fleet_module.fleet(services, replicas, nodes, trouble)["items"])
        wanted = services * replicas

        def ready():
            # Not through pods: 20,000 of them are 300 MB of JSON.
            rows = self.kubectl("get", "deployments", "-A", "-l", "team", "--no-headers",
                                "-o", "custom-columns=N:.metadata.name,R:.status.readyReplicas")
            return sum(int(n) for name, n in map(str.split, rows.splitlines()) if "-svc-" in name and n != "<none>") >= wanted

        eventually(f"{wanted} ready pods on {self.name}", ready, seconds or 60 + wanted / 25, every=1)
        return self

    def namespace(self, prefix="test"):
        """A namespace that nobody else has."""
        name = f"{prefix}-{os.getpid()}-{random.randrange(16 ** 6):06x}"
        self.apply(fleet_module.namespace(name))
        return name

    def deployment(self, name, namespace, replicas=1, version="1.0.0", stage=None, ready=True):
        """Applies a Deployment and, unless told otherwise or set up to fail, waits until it is ready."""
        self.apply(fleet_module.deployment(name, namespace, replicas, version, stage))
        if ready and not stage:
            eventually(f"{namespace}/{name} ready", lambda: self.get("deployment", name, "-n", namespace)["status"].get("readyReplicas") == replicas)

    @contextlib.contextmanager
    def still(self):
        """While the block runs the controllers, the scheduler and kwok stand still: changes are the test's own,
        and on a small machine the API server has the cores to take them."""
        others = ("kwok", "controller-manager", "scheduler")
        for name in others:
            self.ctl("pause", name)
        try:
            yield self
        finally:
            for name in others:
                self.ctl("resume", name)

    def log_line(self, text, stamp=None):
        """Appends a line to the log of every container named app."""
        stamp = stamp or time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{time.time_ns() % 10 ** 9:09d}Z"
        with open(os.path.join(self.dir, "pod.log"), "a", encoding="utf-8") as f:
            f.write(f"{stamp} stdout F {text}\n")

    def connection(self):
        """A keep-alive connection as the administrator; see request()."""
        context = ssl.create_default_context(cafile=self.ca_file)
        return http.client.HTTPSConnection("127.0.0.1", self.port + 3, context=context, timeout=30)

    @staticmethod
    def request(connection, method, path, body=None, kind="application/merge-patch+json"):
        """One request on such a connection; returns (status, parsed body)."""
        headers = {"Authorization": "Bearer admin-token", "Content-Type": kind}
        connection.request(method, path, body=json.dumps(body) if body is not None else None, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text.startswith(b"{") else text


class Repository:
    """A bare repository that the platform's Git server has, and a clone to commit from."""

    def __init__(self, platform, name):
        self.url = f"http://127.0.0.1:{platform.port + 4}/{name}.git"
        self.bare = os.path.join(platform.dir, "git", name + ".git")
        self.tree = os.path.join(platform.dir, "clone-" + name)
        if not os.path.exists(self.bare):
            self._run("git", "init", "-q", "--bare", "-b", "main", self.bare)
            self._run("git", "-C", self.bare, "config", "http.receivepack", "true")
            self._run("git", "clone", "-q", self.bare, self.tree)
            self.git("checkout", "-q", "-B", "main")

    @staticmethod
    def _run(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def git(self, *args):
        return self._run("git", "-C", self.tree, "-c", "user.name=Ann", "-c", "user.email=ann@example.org", *args)

    def commit(self, files, subject="a change", push=True):
        """Writes {path: text} (None removes one), commits and pushes to main; returns the sha."""
        for path, text in files.items():
            full = os.path.join(self.tree, path)
            if text is None:
                os.remove(full)
                continue
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        if push:
            self.git("push", "-q", "origin", "HEAD:main")
        return self.git("rev-parse", "HEAD").strip()


def flux_object(kind, name, namespace="flux-system", **spec):
    """A Flux object of the present version; spec's names as in YAML."""
    group = {"Kustomization": "kustomize.toolkit.fluxcd.io/v1", "HelmRelease": "helm.toolkit.fluxcd.io/v2"}
    return {"apiVersion": group.get(kind, "source.toolkit.fluxcd.io/v1"), "kind": kind,
            "metadata": {"name": name, "namespace": namespace}, "spec": spec}


class FluxRig(Rig):
    """A platform with a Git server, Flux, Flagger and Argo Rollouts, all of them real."""
    parts = ("flux",)

    def __init__(self, name="flux", apiserver_args=""):
        need(*SERVERS, *FLUX_SERVERS)
        super().__init__(name, apiserver_args)

    def repository(self, name):
        return Repository(self, name)

    def source(self, name, repository, namespace="flux-system", **spec):
        """A GitRepository; looked at every 2 s unless told otherwise."""
        self.apply(flux_object("GitRepository", name, namespace, **{
            "url": repository.url, "interval": "2s", "ref": {"branch": "main"}, **spec}))

    def kustomization(self, name, source, path, namespace="flux-system", **spec):
        self.apply(flux_object("Kustomization", name, namespace, **{
            "interval": "10m", "retryInterval": "5s", "prune": True, "path": path,
            "sourceRef": {"kind": "GitRepository", "name": source}, **spec}))

    def ready(self, kind, name, namespace="flux-system", seconds=60):
        """Waits until the object is Ready and returns it."""
        def check():
            found = self.get(kind, name, "-n", namespace)
            conditions = {c["type"]: c["status"] for c in found.get("status", {}).get("conditions", [])}
            return found if conditions.get("Ready") == "True" else None
        return eventually(f"{kind} {namespace}/{name} ready", check, seconds)


class Churn:
    """Changes pods at a steady rate while the block runs: a restart count of the pods' only container.

    The change is one that the console shows, so it has to decode, join and draw it. `done` and `failed`
    count the requests; `rate` is what was reached. A process of its own sends them: threads beside one
    that measures would hold it up by Python's lock.
    """
    THREADS = 8

    def __init__(self, platform, per_second=100, selector="team"):
        # The server's own table: of 20,000 pods the objects would be 300 MB.
        rows = platform.kubectl("get", "pods", "-A", "-l", selector, "--field-selector=status.phase=Running", "--no-headers")
        self.pods = [tuple(line.split()[:2]) for line in rows.splitlines()]
        assert self.pods, f"no running pods on {platform.name} to change"
        self.platform, self.per_second = platform, per_second
        fork = multiprocessing.get_context("fork")
        self.counts, self.ended = fork.Array("q", [0, 0]), fork.Event()
        self.process = fork.Process(target=self._send, daemon=True)

    def __enter__(self):
        self.began = time.monotonic()
        self.process.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.process.join()
        self.seconds = time.monotonic() - self.began

    @property
    def done(self):
        return self.counts[0]

    @property
    def failed(self):
        return self.counts[1]

    @property
    def rate(self):
        return self.done / (getattr(self, "seconds", None) or time.monotonic() - self.began)

    def _send(self):
        threads = [threading.Thread(target=self._run, args=(i,)) for i in range(self.THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _run(self, index):
        connection, n, gap = None, 0, self.THREADS / self.per_second
        while not self.ended.is_set():
            # The schedule is kept: what one slow answer delays is caught up, not dropped.
            pause = self.began + n * gap - time.monotonic()
            if pause > 0 and self.ended.wait(pause):
                break
            namespace, name = self.pods[(n * self.THREADS + index) % len(self.pods)]
            body = {"status": {"containerStatuses": [{"name": "app", "restartCount": n % 50}]}}
            n += 1
            try:
                connection = connection or self.platform.connection()
                status, _ = Rig.request(connection, "PATCH", f"/api/v1/namespaces/{namespace}/pods/{name}/status", body,
                                        "application/strategic-merge-patch+json")
                ok = status == 200
            except (OSError, http.client.HTTPException):
                connection, ok = None, False
                self.ended.wait(0.2)
            with self.counts.get_lock():
                self.counts[0 if ok else 1] += 1


def shared(name="shared", size=SHARED_FLEET):
    """The platform that the tests of a run have in common, with a fleet on it; the first to ask starts it."""
    r = Rig(name).start()
    done = os.path.join(r.dir, "fleet")
    if not os.path.exists(done):
        r.fleet(*size)
        with open(done, "w") as f:
            f.write("%d %d %d\n" % size)
    return r


if __name__ == "__main__":
    # What the runner calls after the last test.
    if sys.argv[1:2] == ["end"] and os.environ.get("E2E_DIR"):
        end_all(os.environ["E2E_DIR"])
    else:
        print("usage: E2E_DIR=FOLDER rig.py end", file=sys.stderr)
        sys.exit(2)
