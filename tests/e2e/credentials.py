#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# limit: 300
"""Credentials that end, change and cannot be got, while the console runs: it says so, and goes on by itself."""
import json
import os
import re
import stat
import textwrap
import time

import rig
import terminal

ROWS = r"\bok +\d+/\d+ +complete"


def token(r, ns, secret):
    """A ServiceAccount's token that ends with a Secret."""
    r.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret, "namespace": ns}})
    return r.kubectl("create", "token", "reader", "-n", ns, "--bound-object-kind=Secret", f"--bound-object-name={secret}",
                     "--duration=1h").strip()


def revoke(r, ns, secret):
    r.kubectl("delete", "secret", secret, "-n", ns)


def refused(r, text):
    """Whether the server refuses a token by now: it remembers good ones for ten seconds."""
    connection = r.connection()
    try:
        connection.request("GET", "/version", headers={"Authorization": f"Bearer {text}"})
        return connection.getresponse().status == 401
    finally:
        connection.close()


def write(path, text):
    """As kubelets and plugins do: a whole new file takes the place of the old one."""
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)


def console(kubeconfig, **more):
    env = rig.environment(kubeconfig, **more)
    return terminal.Terminal([rig.binary()], env, 160, 45)


def live(t):
    return re.search(r"test . live", t.lines()[0])


def quits(t):
    t.send("q")
    assert t.wait() == 0


def check_fixed_token(r, ns):
    """A token in the kubeconfig itself cannot be got anew: the words say what to do, and rows stay."""
    text = token(r, ns, "fixed")
    kubeconfig = r.config(user={"token": text})
    with console(kubeconfig) as t:
        t.until("live", live, 30)
        t.wait_for(ROWS)
        revoke(r, ns, "fixed")
        rig.eventually("the server to refuse the token", lambda: refused(r, text), 60)
        t.send("\x12")   # open watches outlive their token; what is asked anew does not
        t.until("credentials expired", lambda t: "credentials expired" in t.lines()[0], 60)
        t.wait_for(ROWS)
        t.wait_for("sign in again")
        quits(t)
    assert text.encode() not in bytes(t.raw), "the token is on the screen"
    done = rig.flagdeck("get", "services", kubeconfig=kubeconfig, expect=None)
    assert done.returncode == 1 and "401" in done.stderr and "sign in again" in done.stderr, (done.returncode, done.stderr)
    assert done.stderr.count("\n") == 1, f"one reason, told many times:\n{done.stderr}"
    findings = json.loads(rig.flagdeck("doctor", "-o", "json", kubeconfig=kubeconfig, expect=1))
    finding = next(f for f in findings if f["what"] == "reach the API server")
    assert finding["verdict"] == "failed" and "sign in again" in finding["advice"], finding


def check_token_file(r, ns):
    """The file's token ends, a fresh one is put there: first the words, then live again without a key pressed."""
    path = os.path.join(rig.folder(), "token")
    first = token(r, ns, "first")
    write(path, first)
    with console(r.config(user={"tokenFile": path})) as t:
        t.until("live", live, 30)
        t.wait_for(ROWS)
        revoke(r, ns, "first")
        rig.eventually("the server to refuse the token", lambda: refused(r, first), 60)
        t.send("\x12")
        t.until("credentials expired", lambda t: "credentials expired" in t.lines()[0], 60)
        write(path, token(r, ns, "second"))
        t.until("live again", live, 90)
        quits(t)
    # Replaced in time, nobody notices: a new connection takes the new one.
    write(path, token(r, ns, "third"))
    revoke(r, ns, "second")
    out = rig.flagdeck("get", "services", "-o", "json", kubeconfig=r.config(user={"tokenFile": path}))
    assert len(json.loads(out)) >= 240


class Plugin:
    """An exec plugin of the test's: counts its runs and does what it is told to in a file beside it."""

    def __init__(self, name):
        self.base = os.path.join(rig.folder(), f"{name}-{os.getpid()}")
        self.answer("")
        with open(self.base, "w") as f:
            f.write(textwrap.dedent(f"""\
                #!/bin/sh
                echo x >>{self.base}.runs
                . {self.base}.does
                """))
        os.chmod(self.base, stat.S_IRWXU)

    def does(self, script):
        write(self.base + ".does", script)

    def answer(self, text, seconds=None):
        """Answers with a token, which runs out `seconds` after each run."""
        expires = f"$(date -u -d '+{seconds} seconds' +%Y-%m-%dT%H:%M:%SZ)" if seconds is not None else ""
        status = '"token": "%s"' % text + (', "expirationTimestamp": "\'"%s"\'"' % expires if expires else "")
        self.does(f"echo '{{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {{{status}}}}}'\n")

    @property
    def runs(self):
        try:
            with open(self.base + ".runs") as f:
                return len(f.readlines())
        except FileNotFoundError:
            return 0

    @property
    def user(self):
        return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": self.base, "interactiveMode": "Never",
                         "installHint": "ask the platform team for the plugin"}}


def check_plugin(r, ns):
    """One that renews: it runs out every few seconds; then its token is refused before its time."""
    plugin = Plugin("renews")
    text = token(r, ns, "plugin-1")
    plugin.answer(text, 3600)
    kubeconfig = r.config(user=plugin.user)
    rig.flagdeck("get", "services", kubeconfig=kubeconfig)
    assert plugin.runs == 1, f"the plugin ran {plugin.runs} times for one command"
    plugin.answer(text, 3)
    with console(kubeconfig) as t:
        t.until("live", live, 30)
        t.wait_for(ROWS)
        started = plugin.runs

        def again(t):
            t.send("\x12")
            t.pump(0.5)
            return plugin.runs >= started + 2
        t.until("the plugin to be run again when its token has run out", again, 60)
        t.until("live", live, 30)
        # Refused, though it should last: 401 asks the plugin once more.
        plugin.answer(text, 3600)
        t.until("the long one to be taken", lambda t: (again(t), plugin.runs)[1] > started + 2, 60)
        t.until("live", live, 30)
        fresh = token(r, ns, "plugin-2")
        before = plugin.runs
        plugin.answer(fresh, 3600)
        revoke(r, ns, "plugin-1")
        rig.eventually("the server to refuse the token", lambda: refused(r, text), 60)
        t.send("\x12")
        t.until("the plugin to be run after a 401", lambda _: plugin.runs > before, 60)
        t.until("live", live, 30)
        r.kubectl("scale", "deployment/watched", "-n", ns, "--replicas=2")
        t.send("/watched", t.ENTER)
        t.wait_for(r"watched +.* 2/2 ", 60)
        assert plugin.runs <= before + 2, f"one 401 ran the plugin {plugin.runs - before} times"
        quits(t)
    for secret in (text, fresh):
        assert secret.encode() not in bytes(t.raw), "a token is on the screen"


def check_broken_plugins(r, ns):
    plugin = Plugin("broken")
    kubeconfig = r.config(user=plugin.user)
    secret = "eyJhbGciOiJSUzI1NiIsImtpZCI6IkFCQ0RFRjAxMjM0NTY3ODkifQ.c2VjcmV0LXBheWxvYWQ"
    scripts = {
        "garbage": ("echo 'this is no JSON \033[31m'", "exec plugin|plugin"),
        "nothing": ("true", "plugin"),
        "another kind": ("echo '{\"kind\": \"Pod\", \"apiVersion\": \"v1\"}'", "plugin"),
        "no token": ("echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1\", \"status\": {}}'", "plugin"),
        "fails": (f"echo 'session is over, run: example login {secret}' >&2; exit 3", "session is over"),
        "killed": ("kill -9 $$", "plugin"),
        "floods": ("head -c 30000000 /dev/zero", "plugin"),
    }
    for name, (script, words) in scripts.items():
        plugin.does(script + "\n")
        done = rig.flagdeck("get", "services", kubeconfig=kubeconfig, expect=None)
        assert done.returncode == 1, f"{name}: exit {done.returncode}: {done.stderr}"
        assert re.search(words, done.stderr) and plugin.base in done.stderr, f"{name}: {done.stderr}"
        assert "\x1b" not in done.stderr, f"{name}: an escape sequence of the plugin's is printed: {done.stderr!r}"
        assert secret not in done.stderr, f"{name}: the token is printed"
    # In the console: the words, a screen that listens, and recovery when the plugin does its work again.
    plugin.does("echo 'session is over, run: example login' >&2; exit 3\n")
    with console(kubeconfig) as t:
        t.until("credentials expired", lambda t: "credentials expired" in t.lines()[0], 30)
        t.wait_for("session is over")
        plugin.answer("admin-token")
        t.until("live", live, 90)
        quits(t)
    # One that hangs keeps nobody waiting for ever, and ends with the console.
    plugin.does(f"echo $$ >{plugin.base}.pid; exec sleep 600\n")
    began = time.monotonic()
    done = rig.flagdeck("get", "services", "--timeout", "3s", kubeconfig=kubeconfig, expect=None)
    assert done.returncode in (1, 4) and done.stderr.strip(), (done.returncode, done.stderr)
    assert time.monotonic() - began < 30, "--timeout was not kept"
    with console(kubeconfig) as t:
        t.wait_for("connecting", 20)
        t.send("?")
        t.wait_for("Everywhere")
        t.send("q")
        rig.eventually("the plugin's process", lambda: os.path.exists(plugin.base + ".pid"))
        t.settle()
        quits(t)
    with open(plugin.base + ".pid") as f:
        pid = int(f.read())
    rig.eventually("the plugin to end with the console", lambda: not os.path.exists(f"/proc/{pid}"))
    # Not there at all: the hint of the kubeconfig is what helps.
    os.unlink(plugin.base)
    done = rig.flagdeck("get", "services", kubeconfig=kubeconfig, expect=None)
    assert done.returncode == 1 and "ask the platform team for the plugin" in done.stderr, (done.returncode, done.stderr)


def main():
    r = rig.shared()
    ns = r.namespace("credentials")
    role = f"reads-{ns}"
    try:
        r.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader", "namespace": ns}})
        r.kubectl("create", "clusterrolebinding", role, "--clusterrole=cluster-admin", f"--serviceaccount={ns}:reader")
        r.deployment("watched", ns)
        for check in (check_fixed_token, check_token_file, check_plugin, check_broken_plugins):
            began = time.monotonic()
            check(r, ns)
            print(f"{check.__name__} {time.monotonic() - began:.1f} s", flush=True)
    finally:
        r.kubectl("delete", "clusterrolebinding", role, check=False)
        r.kubectl("delete", "namespace", ns, "--wait=false", check=False)


if __name__ == "__main__":
    main()
