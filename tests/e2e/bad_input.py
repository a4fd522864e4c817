#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# limit: 300
"""What is broken, hostile or not there gives one clear sentence and the right exit code: never a crash, never a lie."""
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import rig
import terminal

# What a hostile text would do to a terminal: title, colour, clear, clipboard, and C1's one-byte CSI.
EVIL = ["\x1b]0;pwned-title\x07", "\x1b[31mpwned-colour", "\x1b[2Jpwned-clear", "\x1b]52;c;cHduZWQ=\x07pwned-clip", "\u009b5mpwned-c1",
        "\x9dpwned-osc", "pwned\u202eltr", "pwned\rreturn", "pwned\x08\x08back"]


def file_of(text):
    with tempfile.NamedTemporaryFile("wb", dir=rig.folder(), delete=False) as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    return f.name


def sane(done, what):
    """No crash, no noise: a sentence of ours, and nothing that moves a cursor."""
    assert done.returncode >= 0, f"{what}: ended by signal {-done.returncode}"
    assert "Sanitizer" not in done.stderr, f"{what}: {done.stderr}"
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.stderr), f"{what}: control characters in {done.stderr!r}"


def fails(what, code, words, *args, kubeconfig=None, env=None, stdout=None, seconds=90):
    done = rig.flagdeck(*args, kubeconfig=kubeconfig, env=env, expect=None, seconds=seconds)
    sane(done, what)
    assert done.returncode == code, f"{what}: exit {done.returncode}, not {code}\n{done.stdout[:500]}{done.stderr}"
    assert re.search(words, done.stderr), f"{what}: no {words!r} in: {done.stderr}"
    assert done.stderr.startswith("flagdeck: "), f"{what}: {done.stderr}"
    print(f"  {what}: {done.stderr.strip()[:300]}", flush=True)
    if stdout is not None:
        assert done.stdout.strip() == stdout, f"{what}: printed {done.stdout[:500]!r}"
    return done.stderr


def in_console(what, words, kubeconfig, seconds=40):
    """The console starts, shows the words, still listens and ends properly."""
    with terminal.Terminal([rig.binary()], rig.environment(kubeconfig), 160, 45) as t:
        t.wait_for(words, seconds)
        t.send("?")
        t.wait_for("Everywhere")
        t.send("q", "q")
        assert t.wait() == 0, f"{what}: the console ended with {t.status}"


def check_usage(r):
    for args, words in ((("get", "servces"), "did you mean"), (("frobnicate",), "no command"), (("--frobnicate",), "frobnicate"),
                        (("get", "services", "-o", "xml"), "table, json and yaml"), (("get", "services", "--sort", "beauty"), "beauty"),
                        (("get", "pods", "one", "two"), "one service"), (("get", "services", "-o"), "-o|--output"),
                        (("get", "services", "--config", "/nonexistent/config.yaml"), "/nonexistent/config.yaml"),
                        (("--theme", "no-such-theme", "config", "validate"), "no-such-theme")):
        fails(f"usage: {args}", 1 if "validate" in args else 2, words, *args, kubeconfig=r.kubeconfig)
    for text, words in (("fleet:\n  clustrs: []\n", r":2:.*clustrs.*did you mean.*clusters"), ("ui: 7\n", r":1:.*ui"), ("a: [1,\n", r":\d+"),
                        ("\tx: 1\n", r":1"), ("fleet: {clusters: [{env: prod}]}\n", "context")):
        fails(f"configuration {text!r}", 2, words, "get", "services", "--config", file_of(text), kubeconfig=r.kubeconfig)


def check_kubeconfigs(r):
    good = r.kubectl("config", "view", "--raw", "--flatten")
    head = "apiVersion: v1\nkind: Config\n"
    broken = {
        "empty": ("", ""), "nothing in it": (head, ""), "not YAML": ("{{{{ :", r":\d+|YAML"), "binary": (os.urandom(4096), ""),
        "a list": ("- 1\n- 2\n", ""), "a text": ("hello", ""), "cut off": (good[:len(good) // 2], ""),
        "no such current context": (good.replace("current-context: shared", "current-context: elsewhere"), "elsewhere"),
        "an alias bomb": ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefghi", "bcdefghij")), ""),
        "deep": ("[" * 20000, ""), "a bad port": (re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:99999", good), ""),
        "a scheme that is none": (re.sub(r"https://127", "gopher://127", good), "gopher"),
        "no server": (re.sub(r"server: .*", "server: ''", good), ""),
        "a certificate that is none": (re.sub(r"certificate-authority-data: .*", "certificate-authority-data: aGVsbG8=", good), "certificate|authority"),
        "base64 that is none": (re.sub(r"certificate-authority-data: .*", "certificate-authority-data: '%%%'", good), "base64|certificate-authority-data"),
        "a control character in the token": (re.sub(r"token: admin-token", r'token: "a\\nb: c"', good), "token"),
    }
    for what, (text, words) in broken.items():
        fails(f"kubeconfig: {what}", 1, words, "get", "services", kubeconfig=file_of(text), stdout=None)
    fails("no such context", 1, "nowhere", "get", "services", "--context", "nowhere", kubeconfig=r.kubeconfig)
    fails("no such file", 1, "/nonexistent", "get", "services", "--kubeconfig", "/nonexistent/kubeconfig")
    fails("a folder", 1, "directory", "get", "services", kubeconfig=rig.folder())
    # None at all: where it was looked for, and what to do.
    env = rig.environment()
    words = fails("no kubeconfig", 1, "no kubeconfig", "get", "services", env=env)
    assert ".kube/config" in words and "KUBECONFIG" in words and "--kubeconfig" in words, words
    with terminal.Terminal([rig.binary()], env, 80, 24) as t:
        assert t.wait() == 1, f"the console without a cluster ended with {t.status}"
        assert "no kubeconfig" in t.text() and not t.screen.alternate, t.text()
    done = rig.flagdeck("doctor", env=env, expect=None)
    sane(done, "doctor without a kubeconfig")
    assert done.returncode == 1 and "set KUBECONFIG" in done.stdout, done.stdout
    # The first context that is good is not lost for the others.
    two = json.loads(r.kubectl("config", "view", "--raw", "--flatten", "-o", "json"))
    two["contexts"].append({"name": "bad", "context": {"cluster": "missing", "user": "missing"}})
    done = rig.flagdeck("get", "services", "-o", "json", "--context", r.name, "--context", "bad", kubeconfig=file_of(json.dumps(two)), expect=None)
    sane(done, "one good context, one bad")
    assert done.returncode == 1 and "bad" in done.stderr and len(json.loads(done.stdout)) >= 240, (done.returncode, done.stderr)


class Server:
    """Answers every connection with the same bytes, or with a page over TLS."""

    def __init__(self, behave, tls=False):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.context = None
        if tls:
            base = os.path.join(rig.folder(), f"tls-{self.port}")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", base + ".key", "-out", base + ".crt", "-days", "2",
                            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
            self.ca = base + ".crt"
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(base + ".crt", base + ".key")
        self.behave = behave
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            connection.settimeout(60)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.behave(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def page(body, status="200 OK", kind="text/html", more=""):
    """Answers each request on a connection with a page."""
    body = body if isinstance(body, bytes) else body.encode()

    def behave(connection):
        while True:
            request = b""
            while b"\r\n\r\n" not in request:
                data = connection.recv(65536)
                if not data:
                    return
                request += data
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return behave


def check_servers(r):
    with socket.create_server(("127.0.0.1", 0)) as s:
        nobody = s.getsockname()[1]
    config = r.config(server=f"https://127.0.0.1:{nobody}")
    fails("nobody listens", 1, "cannot reach https://127.0.0.1.*refused", "get", "services", kubeconfig=config)
    fails("nobody listens", 1, "refused", "rollout", "status", "x", kubeconfig=config)
    in_console("nobody listens", "refused", config)
    done = rig.flagdeck("doctor", kubeconfig=config, expect=None)
    sane(done, "doctor, nobody listens")
    assert done.returncode == 1 and "refused" in done.stdout and "network" in done.stdout, done.stdout
    fails("a name that is none", 1, "resolved", "get", "services", kubeconfig=r.config(server="https://no-such-host.invalid:6443"))

    with Server(page("hello"), tls=True) as other:
        config = r.config(**{"certificate-authority": other.ca})
        fails("another's authority", 1, "cannot trust", "get", "services", kubeconfig=config)
        in_console("another's authority", "cannot trust", config)
    fails("plain HTTP to TLS", 1, "", "get", "services", kubeconfig=r.config(server=r.server.replace("https:", "http:"), **{"certificate-authority": None}))

    portal = "<!DOCTYPE html><html><body><h1>Sign in to the guest network \x1b[31m</h1></body></html>"
    cases = {
        "a portal's page": (page(portal), "web page"),
        "a redirect to it": (page(portal, "302 Found", more="Location: https://user:pw@portal.invalid/?token=x\r\n"), r"302.*https://portal\.invalid,"),
        "a gateway's error": (page(portal, "502 Bad Gateway"), "502"),
        "a login that is wanted": (page(portal, "401 Unauthorized"), "401"),
        "an empty answer": (page(""), ""),
        "JSON of no list": (page('{"hello": "world"}', kind="application/json"), ""),
        "JSON that ends": (page('{"kind":"DeploymentList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"x"', kind="application/json"), ""),
        "JSON that is deep": (page("[" * 300000, kind="application/json"), ""),
        "items of another kind": (page('{"kind":"DeploymentList","metadata":{"resourceVersion":7},"items":[7,null,"x",{"metadata":[]}]}', kind="application/json"), ""),
        "closes at once": (lambda connection: None, ""),
        "not HTTP": (lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n" * 10), ""),
    }
    for what, (behave, words) in cases.items():
        with Server(behave, tls=True) as server:
            config = r.config(server=f"https://127.0.0.1:{server.port}", **{"certificate-authority": server.ca})
            text = fails(what, 1, words, "get", "services", "--timeout", "20s", kubeconfig=config)
            assert "<" not in text, f"{what}: a page's text is printed: {text}"
            in_console(what, "(?s)unreachable|credentials expired", config)
    with Server(lambda connection: connection.recv(1) and connection.recv(1 << 20) and threading.Event().wait(30), tls=True) as server:
        config = r.config(server=f"https://127.0.0.1:{server.port}", **{"certificate-authority": server.ca})
        done = rig.flagdeck("get", "services", "--timeout", "2s", kubeconfig=config, expect=None)
        sane(done, "silent")
        assert done.returncode == 4 and done.stderr.strip(), (done.returncode, done.stderr)
    # A proxy that answers CONNECT with a page.
    with Server(page(portal, "403 Forbidden")) as proxy:
        fails("a proxy's page", 1, "proxy", "get", "services", kubeconfig=r.config(**{"proxy-url": f"http://127.0.0.1:{proxy.port}"}))


def hostile(r, ns):
    """Texts that reach the screen: labels cannot hold such bytes, everything else can."""
    r.deployment("trap", ns, 2)
    spec = r.get("deployment", "trap", "-n", ns)
    evil = " | ".join(EVIL)
    # Past kubectl, which goes through YAML and there has no control characters.
    connection = r.connection()

    def send(method, path, body, *kind):
        code, answer = r.request(connection, method, path, body, *kind)
        assert code in (200, 201), answer

    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    send("POST", f"/api/v1/namespaces/{ns}/events", {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "evil", "namespace": ns}, "type": "Warning", "reason": "Evil\x1b[31mpwned-reason",
        "message": evil, "count": 3, "lastTimestamp": now, "firstTimestamp": now,
        "involvedObject": {"kind": "Deployment", "name": "trap", "namespace": ns, "uid": spec["metadata"]["uid"]}}, "application/json")
    send("PATCH", f"/apis/apps/v1/namespaces/{ns}/deployments/trap", {
        "metadata": {"annotations": {"example.com/evil": evil}},
        "spec": {"template": {"metadata": {"annotations": {"example.com/evil": evil}}, "spec": {"containers": [
            {"name": "app", "image": "registry.example/trap:2", "env": [{"name": "EVIL", "value": evil}]}]}}}})
    r.kubectl("rollout", "status", "deployment/trap", "-n", ns, "--timeout=60s")
    # A waiting container's words, as a registry or a runtime might write them.
    r.deployment("bait", ns, 1, stage="by-hand")
    pods = rig.eventually("the pod", lambda: r.get("pods", "-n", ns, "-l", "stage=by-hand"))
    status = {"phase": "Pending", "message": evil, "containerStatuses": [{
        "name": "app", "image": evil, "imageID": "", "ready": False, "restartCount": 1,
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "pull: " + evil}}}]}
    send("PATCH", f"/api/v1/namespaces/{ns}/pods/{pods[0]['metadata']['name']}/status", {"status": status})
    connection.close()
    for text in EVIL:
        r.log_line(text.replace("\r", "") + " in a log line")


def harmless(t):
    """The bytes that reached the terminal hold none of the hostile sequences, though their words are on the screen."""
    raw = bytes(t.raw)
    for bad in (b"\x1b]0;pwned", b"\x1b[31mpwned", b"\x1b[2Jpwned", b"\x1b]52;", b"\xc2\x9b", b"\xc2\x9d", "\u202e".encode(), b"pwned\rreturn", b"\x08\x08back"):
        assert bad not in raw, f"{bad!r} reached the terminal: ...{raw[max(0, raw.find(bad) - 80):raw.find(bad) + 80]!r}"
    # UTF-8's own bytes aside, no C1 control either.
    text = raw.decode("utf-8", "replace")
    assert not re.search("[\x80-\x9f]", text), f"a C1 control reached the terminal: {re.search('.{20}[' + chr(128) + '-' + chr(159) + '].{20}', text)}"


def check_hostile(r, ns):
    hostile(r, ns)
    with terminal.Terminal([rig.binary()], rig.environment(r.kubeconfig), 200, 60) as t:
        t.wait_for(r"svc-\d+", 30)
        t.send("/", ns, t.ENTER)
        t.wait_for(r"\bbait\b")
        t.wait_for(r"\btrap\b")
        t.wait_for("ImagePullBackOff")
        t.send(">")          # by name: bait is first
        t.send(t.HOME)
        t.send(t.ENTER)
        t.wait_for("pull: .*pwned")
        t.send("2")
        t.wait_for("bait-[0-9a-z-]+ +0/1 +ImagePullBackOff")
        t.settle()
        harmless(t)
        t.send(t.ESCAPE)
        t.settle(0.5)
        t.send("/", "\x15", ns, " trap", t.ENTER)
        t.wait_for(r"1 of \d+")
        t.send("1")
        t.settle()
        for tab, words in (("4", "pwned"), ("5", "example.com/evil"), ("3", "pwned")):
            t.send(tab)
            t.wait_for(words, 30)
            if tab == "5":
                t.send("/", "EVIL", t.ENTER)
                t.wait_for("name: EVIL")
                t.send("w")
            t.settle()
            harmless(t)
        t.send("t")
        t.send("M")
        t.settle()
        harmless(t)
        assert t.is_running()
        t.send("q")
        t.settle(0.5)
        t.send("q")
        assert t.wait() == 0
        harmless(t)
    for args in (("get", "services"), ("get", "services", "-o", "json"), ("get", "pods", "-n", ns), ("get", "pods", "-n", ns, "-o", "yaml"),
                 ("rollout", "status", "bait", "-n", ns, "--no-watch")):
        done = rig.flagdeck(*args, kubeconfig=r.kubeconfig, expect=None)
        bad = re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", done.stdout.replace("\t", " "))
        assert not bad, f"{args}: {done.stdout[max(0, bad.start() - 60):bad.end() + 60]!r}"


def check_names_of_contexts(r):
    """A kubeconfig may have been given to somebody: its names are not trusted either."""
    evil = "".join(EVIL[:3])
    config = r.config(context=evil)
    for args in (("get", "services"), ("doctor",)):
        done = rig.flagdeck(*args, kubeconfig=config, expect=0)
        assert "\x1b" not in done and "pwned" in done, f"{args}: {done[:300]!r}"
    with terminal.Terminal([rig.binary()], rig.environment(config), 160, 45) as t:
        t.wait_for(r"svc-\d+", 30)
        t.settle()
        harmless(t)
        t.send("C")
        t.settle()
        harmless(t)
    fails("a hostile context", 1, "pwned", "get", "services", "--context", "\x1b[31mpwned", kubeconfig=r.kubeconfig)


def main():
    r = rig.shared()
    ns = r.namespace("bad")
    try:
        for check in (check_usage, check_kubeconfigs, check_servers, check_names_of_contexts, check_hostile):
            check(r, *([ns] if check.__code__.co_argcount > 1 else []))
            print(check.__name__, flush=True)
    finally:
        r.kubectl("delete", "namespace", ns, "--wait=false", check=False)


if __name__ == "__main__":
    sys.exit(main())
