#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# limit: 300
"""The console on a real terminal follows what happens on the platform, and gives the terminal back as it was."""
import os
import re
import signal
import subprocess
import termios
import time

import rig
import terminal

T = terminal.Terminal
ROWS = r"\bok +\d+/\d+ +complete"


def start(r, *args, env=None, **size):
    t = T([rig.binary(), *args], env or rig.environment(r.kubeconfig), **size)
    t.until("live", lambda t: re.search(r"\blive\b", t.lines()[0]), 30)
    return t


def row(t, name, pattern, seconds=30):
    """Waits until the list's line of a service matches."""
    return t.wait_for(rf"(?m)^[^│]*\b{re.escape(name)}\b[^│]*{pattern}", seconds)


def narrow_to(t, ns):
    t.send("/", ns, T.ENTER)
    t.wait_for(rf"services +/{ns}")


def check_changes(r, ns):
    r.deployment("walnut", ns, 4)
    with start(r) as t:
        narrow_to(t, ns)
        row(t, "walnut", r"\bok\b.* 4/4 .*complete")
        # A new image: new pods come up one after the other, each after a second or more.
        r.kubectl("set", "image", "deployment/walnut", "app=registry.example/walnut:2", "-n", ns)
        row(t, "walnut", r"\bprogressing\b")
        t.wait_for(r"\d rolling")
        row(t, "walnut", r"\bok\b.* 4/4 .*complete", 60)
        t.wait_for(r"registry\.example/walnut:2|walnut\n?[^\n]*:2")
        # Scale, up and to nothing.
        r.kubectl("scale", "deployment/walnut", "--replicas=6", "-n", ns)
        row(t, "walnut", " 6/6 ", 60)
        r.kubectl("scale", "deployment/walnut", "--replicas=0", "-n", ns)
        row(t, "walnut", " 0/0 .*scaled to zero", 60)
        # Trouble rises to the top by itself.
        r.deployment("zebra", ns, 1, stage="crash")
        row(t, "zebra", r"\bdown\b.* 0/1 ", 60)
        t.wait_for("1 of 1 pods CrashLoopBackOff", 60)
        assert t.row_of(r"^.{0,4}zebra\b") < t.row_of(r"^.{0,4}walnut\b"), "trouble is not first"
        t.wait_for(r"(?m)^ \d\d:\d\d:\d\d +.*zebra")   # the timeline tells of it
        r.kubectl("delete", "deployment", "zebra", "-n", ns)
        t.wait_gone(r"(?m)^.{0,4}zebra\b", 30)
        r.kubectl("scale", "deployment/walnut", "--replicas=4", "-n", ns)
        row(t, "walnut", " 4/4 .*complete", 60)
        t.send("q")
        assert t.wait() == 0


def check_list(r, ns):
    """Sorting, filters and marks."""
    r.deployment("almond", ns, 1)
    r.deployment("zucchini", ns, 3)
    with start(r) as t:
        narrow_to(t, ns)
        t.wait_for(r"3 of \d+")

        def order():
            found = [re.match(r".{0,4}(almond|walnut|zucchini)\b", line) for line in t.lines()]
            return [m[1] for m in found if m]

        t.send(">")
        t.wait_for("by service")
        t.until("names in order", lambda _: order() == ["almond", "walnut", "zucchini"])
        t.send("O")
        t.wait_for("by service reversed")
        t.until("names in reverse order", lambda _: order() == ["zucchini", "walnut", "almond"])
        t.send("!")
        t.wait_for("by trouble")
        t.send(T.HOME, T.SPACE, T.SPACE)
        t.wait_for("2 marked")
        t.send("\x1c")
        t.wait_gone("marked")
        t.send("/", "\x15", ns, " walnut", T.ENTER)
        t.wait_for(r"1 of \d+")
        assert order() == ["walnut"], order()
        t.send("\x11")
        t.wait_gone(r"services +/")
        t.wait_for("-svc-")


def kettle(t, r, pods):
    """A line that every container named app logs is there once for each pod, with the pod's name in front.

    What the pods said before comes pod by pod, and may push one of ours off the screen: then the next will do.
    """
    def boils(stamp):
        return all(re.search(rf"{name[-5:]} +level=info msg=.the kettle is on. n={stamp}", t.text()) for name in pods)

    def check():
        stamp = str(time.time_ns())
        r.log_line(f"level=info msg=\"the kettle is on\" n={stamp}")
        t.until("a line of every pod", lambda _: boils(stamp), 5)
        return len(re.findall(stamp, t.text())) == len(pods)

    rig.eventually("a line of every pod, once", check, 40)


def check_tabs(r, ns):
    secret = "tuna-and-42-pears"
    r.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "any", "namespace": ns}})
    r.kubectl("set", "env", "deployment/walnut", f"DB_PASSWORD={secret}", "COLOUR=teal", "-n", ns)
    r.kubectl("rollout", "status", "deployment/walnut", "-n", ns, "--timeout=60s")
    pods = {p["metadata"]["name"] for p in r.get("pods", "-n", ns, "-l", "app.kubernetes.io/name=walnut") if "deletionTimestamp" not in p["metadata"]}
    with start(r, columns=200, lines=50) as t:
        narrow_to(t, f"{ns} walnut")
        row(t, "walnut", " 4/4 .*complete")
        t.send(T.ENTER)
        t.wait_for("successfully rolled out")
        t.wait_for("conditions")
        t.send("2")
        t.wait_for("4 of 4 ready")
        t.until("all pods", lambda t: all(name in t.text() for name in pods))
        t.send("3")
        t.wait_for("following", 20)
        kettle(t, r, pods)
        t.send("4")
        t.wait_for(r"\d+ events?", 20)
        t.wait_for("ScalingReplicaSet|SuccessfulCreate|Scheduled", 20)
        t.send("5")
        t.wait_for("kind: Deployment", 20)
        t.send("/", "DB_PASSWORD", T.ENTER)
        t.wait_for(r"name: DB_PASSWORD")
        t.send("j")
        t.wait_for(r"masked")
        t.send("/", "\x15", "COLOUR", T.ENTER)
        t.wait_for(r"value: ['\"]?teal")
        assert secret not in t.text() and secret.encode() not in bytes(t.raw), "the password is on the screen"
        t.send("?")
        t.wait_for(r"Everywhere|Keys that work here")
        t.send("q")
        t.wait_gone("Everywhere")
        assert t.is_running(), "q in the help ended the program"
        t.send(T.ESCAPE)
        t.settle(0.5)   # or the two keys would be Alt-q
        t.send("q")
        assert t.wait() == 0
    assert secret.encode() not in bytes(t.raw)


def check_sizes(r, ns):
    with start(r, columns=160, lines=45) as t:
        narrow_to(t, ns)
        row(t, "walnut", " 4/4 ")
        t.wait_for("1 overview")
        t.resize(80, 24)
        t.wait_gone("1 overview")
        row(t, "walnut", " 4/4 ")
        t.settle()
        assert any(word in t.lines()[23] for word in ("live", "help")), f"the last line is no footer: {t.lines()[23]!r}"
        t.send(T.ENTER)
        t.wait_for("1 overview")
        t.wait_gone(r"services +/")
        t.resize(160, 45)
        t.wait_for(r"services +/")
        t.wait_for("1 overview")
        for columns, lines in ((20, 5), (1, 1), (60, 15), (250, 70), (160, 45)):
            t.resize(columns, lines)
            t.settle()
            assert t.is_running(), f"it ended at {columns}x{lines} with {t.status}"
        row(t, "walnut", " 4/4 ")
        # Drawn anew, nothing is left of other sizes.
        before = t.text()
        t.send("\x0c")
        t.settle()
        assert t.text() == before, f"the screen was not what it should be; anew it is:\n{t.framed()}\nbefore:\n{before}"


def check_looks(r, ns):
    def colours(t):
        return {(t.style(y, x).fg, t.style(y, x).bg) for y in range(t.screen.lines) for x in range(t.screen.columns)}

    seen = {}
    for theme in ("dark", "light"):
        with start(r, "--theme", theme, columns=120, lines=40) as t:
            t.wait_for(ROWS)
            t.settle()
            seen[theme] = colours(t)
    assert seen["dark"] != seen["light"], "the two themes look the same"
    with start(r, "--no-color", columns=120, lines=40) as t:
        t.wait_for(ROWS)
        t.settle()
        assert colours(t) == {("default", "default")}, f"--no-color has colours: {colours(t)}"
    with start(r, "--ascii", columns=120, lines=40) as t:
        t.wait_for(ROWS)
        t.send(T.ENTER, "2", "?")
        t.settle()
        strange = set(bytes(t.raw).decode("utf-8", "replace")) - set(map(chr, range(128)))
        assert not strange, f"--ascii drew {strange}"
    env = rig.environment(r.kubeconfig, LANG="C", LC_ALL="C")
    with start(r, env=env, columns=120, lines=40) as t:
        t.wait_for(ROWS)
        assert not [b for b in t.raw if b > 127], "bytes that are no ASCII on a terminal of the locale C"


def check_quiet(r):
    """Nothing changes, so nothing is sent: this is about bytes, not about time."""
    with start(r, columns=160, lines=45) as t:
        t.wait_for(r"1,2\d\d/1,2\d\d pods", 30)
        t.settle(2, 30)
        before, end = t.received, time.monotonic() + 20
        while time.monotonic() < end:
            t.pump(1)
        sent = t.received - before
        assert sent < 2048, f"{sent} bytes in 20 s in which nothing happened: {bytes(t.raw[-600:])}"


def restored(t, before):
    t.pump(0.2)
    after = termios.tcgetattr(t.fd)
    assert after == before, f"termios: {before} became {after}"
    assert not t.screen.alternate, "the alternate screen was not left"
    assert not t.screen.cursor.hidden, "the cursor stays hidden"
    raw = bytes(t.raw)
    for mode, what in ((b"?2004", "bracketed paste"), (b"?1000", "mouse"), (b"?1002", "mouse"), (b"?1006", "mouse"), (b"?1", "application cursor keys")):
        on, off = raw.rfind(b"\x1b[" + mode + b"h"), raw.rfind(b"\x1b[" + mode + b"l")
        assert on <= off, f"{what} ({mode.decode()}) stays on"


def check_ends(r):
    """However it ends, the terminal is as it was."""
    def typed(key):
        return lambda t: t.send(key)

    def signalled(number):
        return lambda t: t.signal(number)

    ends = [("q", typed("q"), 0), ("Ctrl-C", typed("\x03"), 0), ("SIGTERM", signalled(signal.SIGTERM), 143),
            ("SIGHUP", signalled(signal.SIGHUP), 129), ("SIGINT", signalled(signal.SIGINT), 130),
            ("SIGSEGV", signalled(signal.SIGSEGV), -signal.SIGSEGV), ("SIGABRT", signalled(signal.SIGABRT), -signal.SIGABRT)]
    with open(rig.binary(), "rb") as f:
        if b"__asan_init" in f.read():
            ends = [end for end in ends if end[0] != "SIGSEGV"]   # the sanitizer's own
    env = rig.environment(r.kubeconfig)
    for name, act, code in ends:
        with T([rig.binary()], env, 120, 40) as t:
            before = termios.tcgetattr(t.fd)
            t.until("live", lambda t: "live" in t.lines()[0], 30)
            assert t.screen.alternate and termios.tcgetattr(t.fd) != before, "it does not use the terminal as programs do"
            act(t)
            ended = t.wait()
            # 128 + n or the signal itself are the same to a shell.
            assert ended == code or (code > 128 and ended == 128 - code), f"{name}: it ended with {ended}, not {code}"
            restored(t, before)


def check_job_control(r):
    """Ctrl-Z and fg in a shell, and `stty` says the same before and after."""
    shell = next((s for s in ("/bin/dash", "/bin/sh") if os.path.exists(s)), None)
    env = rig.environment(r.kubeconfig, PS1="PROMPT> ", ENV="")
    with T([shell, "-i"], env, 120, 40) as t:
        t.wait_for("PROMPT>")
        t.send("stty -g; echo first\r")
        t.wait_for(r"(?m)^first")
        saved = t.wait_for(r"(?m)^([0-9a-f:]{30,})")[1]
        t.send(f"{rig.binary()}; echo ended $?\r")
        t.until("the console", lambda t: "live" in t.lines()[0], 30)
        t.send("\x1a")
        t.wait_for(r"PROMPT>", 20)
        assert not t.screen.alternate and not t.screen.cursor.hidden, "Ctrl-Z left the screen as it was"
        t.send("clear; stty -g; echo second\r")
        t.wait_for(r"(?m)^second")
        assert t.wait_for(r"(?m)^([0-9a-f:]{30,})")[1] == saved, "after Ctrl-Z the terminal is not as before"
        t.send("fg\r")
        t.until("the console again", lambda t: "live" in t.lines()[0] and t.screen.alternate, 20)
        t.wait_for(ROWS)
        t.send("q")
        t.wait_for(r"PROMPT>", 20)
        assert not t.screen.alternate and not t.screen.cursor.hidden
        t.send("clear; stty -g; echo third\r")
        t.wait_for(r"(?m)^third")
        assert t.wait_for(r"(?m)^([0-9a-f:]{30,})")[1] == saved, "after its end the terminal is not as before"
        t.send("exit\r")
        t.wait()


def check_without_terminal(r):
    done = subprocess.run([rig.binary()], env=rig.environment(r.kubeconfig), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=30, check=False)
    assert done.returncode == 2 and "terminal" in done.stderr, (done.returncode, done.stderr)
    assert "\x1b" not in done.stdout + done.stderr, "escape sequences without a terminal"


def check_remembered(r):
    """The next start shows the rows of the last one at once, and says that they are old until they are confirmed."""
    env = rig.environment(r.kubeconfig)
    with start(r, env=env) as t:
        t.wait_for(r"240|2\d\d svc")
        t.settle(1, 30)
        t.send("q")
        assert t.wait() == 0
    other = dict(env, KUBECONFIG=r.config(context=r.name, server="https://127.0.0.1:1"))
    with T([rig.binary()], other, 160, 45) as t:
        t.wait_for(r"-svc-\d+", 20)
        t.wait_for(r"last run", 20)
        t.until("the old rows' age", lambda t: re.search(r"rows .*old", t.lines()[0]), 20)
    with start(r, env=env) as t:
        t.wait_for(ROWS, 20)
        t.wait_gone("last run", 20)
    for name in ("flagdeck.db", "flagdeck.db-wal"):
        path = os.path.join(env["HOME"], ".local", "state", "flagdeck", name)
        assert not os.path.exists(path) or os.stat(path).st_mode & 0o777 == 0o600, f"{path} can be read by others"


def main():
    r = rig.shared()
    ns = r.namespace("live")
    try:
        for check in (check_changes, check_list, check_tabs, check_sizes, check_looks):
            began = time.monotonic()
            check(r, *([ns] if check.__code__.co_argcount > 1 else []))
            print(f"{check.__name__} {time.monotonic() - began:.1f} s", flush=True)
    finally:
        r.kubectl("delete", "namespace", ns, "--wait=true", check=False)
    for check in (check_quiet, check_ends, check_job_control, check_without_terminal, check_remembered):
        began = time.monotonic()
        check(r)
        print(f"{check.__name__} {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()
