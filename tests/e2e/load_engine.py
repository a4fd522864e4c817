# SPDX-License-Identifier: MIT
"""The native load engine against a target whose latencies are known.

Percentiles must be right to the histogram's precision, a stall must show in full (the answers that were
late by it, not only the one that waited), every intended request must be accounted for whatever the
target does, and what was written must survive a kill and be readable by HdrHistogram's own decoder.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

BIN = rig.binary()
PROGRAMS = os.environ.get("E2E_PROGRAMS") or os.path.join(rig.ROOT, "build", "tests", "e2e")
TMP = tempfile.mkdtemp(prefix="flagdeck-load-")
RESULTS = os.path.join(TMP, "runs")
ENV = dict(os.environ, XDG_STATE_HOME=TMP, XDG_CONFIG_HOME=TMP)
# The machine may be busy with other things: how much later than the target says an answer may come.
SLACK = 25.0 + 10.0 * os.getloadavg()[0]


def target():
    process = subprocess.Popen([os.path.join(PROGRAMS, "load_target")], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def profile(port, path="/", rest="stages: [{rate: 200/s, for: 2s}]", scheme="http", more="", host="127.0.0.1"):
    name = os.path.join(TMP, "p.yaml")
    with open(name, "w") as out:
        out.write(f"name: test\ntarget: {scheme}://{host}:{port}\nconnections: 60\n{rest}\n{more}\n"
                  f"requests:\n  - {{name: one, path: {path}}}\n")
    return name


def run(*args, code=None):
    got = subprocess.run([BIN, "load", *args, "--results", RESULTS], env=ENV, capture_output=True, text=True, timeout=60)
    if code is not None:
        assert got.returncode == code, (args, got.returncode, got.stdout, got.stderr)
    return got


def show(word="last"):
    return json.loads(run("show", word, "-o", "json", code=0).stdout)


def seconds(run_id):
    with open(os.path.join(RESULTS, run_id, "series.jsonl")) as lines:
        return [json.loads(line) for line in lines]


def accounted(shown):
    """Every intended request of the whole run ended in exactly one way."""
    rows = seconds(shown["id"])
    intended = sum(row["intended"] for row in rows)
    ended = sum(row["ok"] + sum(row["errors"].values()) for row in rows)
    assert intended == ended, (intended, ended)
    return intended


def known_latencies(port):
    run("run", profile(port, "/lat", "stages: [{rate: 300/s, for: 4s}]"), code=0)
    shown = show()
    assert accounted(shown) == 1200
    for key, ms in (("p50Ms", 5), ("p90Ms", 5), ("p99Ms", 20)):
        assert ms <= shown[key] <= ms * 1.3 + SLACK, (key, shown[key])
    assert 100 <= shown["maxMs"] <= 130 + SLACK + 100, shown["maxMs"]


def stall_shows_in_full(port):
    run("run", profile(port, "/stall", "stages: [{rate: 200/s, for: 5s}]"))
    shown = show()
    assert accounted(shown) == 1000
    # 200 of 1,000 requests fell into the stall and waited 500 ms on average: so the 90th percentile is
    # about half a second, although only as many as there are connections were under way.
    assert 350 <= shown["p90Ms"] <= 700 + SLACK, shown["p90Ms"]
    assert 900 <= shown["maxMs"] <= 1300 + SLACK, shown["maxMs"]


def failures_are_named(port):
    for path, kind in (("/cut", "closed"), ("/reset", "reset"), ("/garbage", "protocol"), ("/error", "status")):
        run("run", profile(port, path, "stages: [{rate: 100/s, for: 1s}]", more="slos: [errors < 1%]"), code=1)
        shown = show()
        assert accounted(shown) == 100
        assert shown["errors"].get(kind, 0) >= 95, (path, shown["errors"])
    run("run", profile(port, "/half", "stages: [{rate: 50/s, for: 1s}]", more="timeouts: {request: 500ms}"))
    shown = show()
    assert accounted(shown) == 50 and 20 <= shown["errors"]["timeout"] <= 30, shown["errors"]
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        run("run", profile(closed.getsockname()[1], rest="stages: [{rate: 100/s, for: 1s}]"), code=1)
    shown = show()
    assert accounted(shown) == 100 and shown["errors"] == {"refused": 100}, shown["errors"]
    run("run", profile(port, scheme="https", rest="stages: [{rate: 20/s, for: 1s}]"), code=1)
    shown = show()
    assert accounted(shown) == 20 and shown["errors"].get("tls") == 20, shown["errors"]


def names_and_limits(port):
    got = run("run", profile(port, host="nothing.invalid"), code=3)
    assert "load.limits" in got.stderr, got.stderr
    os.makedirs(os.path.join(TMP, "flagdeck"), exist_ok=True)
    config = os.path.join(TMP, "flagdeck", "config.yaml")
    with open(config, "w") as out:
        out.write("load: {limits: [{targets: [nothing.invalid], rate: 100/s, duration: 10s}]}\n")
    got = run("run", profile(port, host="nothing.invalid", rest="stages: [{rate: 200/s, for: 1s}]"), code=3)
    assert "more than load.limits" in got.stderr, got.stderr
    run("run", profile(port, host="nothing.invalid", rest="stages: [{rate: 50/s, for: 1s}]"), code=1)
    assert "was not resolved" in show()["words"], show()["words"]
    os.unlink(config)


def abort_and_stop(port):
    begun = time.time()
    run("run", profile(port, "/error", "stages: [{rate: 50/s, for: 30s}]",
                       more="slos: [{check: errors < 5% for 2s, abort: true}]"), code=1)
    assert time.time() - begun < 12 and show()["state"] == "aborted", show()
    accounted(show())
    run("run", profile(port, "/lat", "stages: [{rate: 200/s, for: 30s}]"), "--detach", code=0)
    time.sleep(1.5)
    begun = time.time()
    run("stop", code=0)
    assert time.time() - begun < 2.5, time.time() - begun
    assert show()["state"] == "stopped"
    accounted(show())


def survives_a_kill(port):
    run("run", profile(port, "/lat", "stages: [{rate: 200/s, for: 30s}]"), "--detach", code=0)
    time.sleep(3.5)
    shown = show()
    assert shown["state"] == "running", shown
    with open(os.path.join(RESULTS, shown["id"], "manifest.json")) as manifest:
        os.kill(json.load(manifest)["pid"], signal.SIGKILL)
    time.sleep(0.3)
    shown = show()
    assert shown["state"] == "interrupted" and shown["sent"] >= 300, shown
    # A line that was cut in half is left out, the others count.
    with open(os.path.join(RESULTS, shown["id"], "series.jsonl"), "a") as lines:
        lines.write('{"at": 99, "sent')
    assert show()["sent"] == shown["sent"]


def full_disk(port):
    mount = os.path.join(TMP, "small")
    os.makedirs(mount)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=320k", "tmpfs", mount],
                                           capture_output=True).returncode:
        print("full disk: not tried, a small file system cannot be mounted here")
        return
    try:
        filler = os.path.join(mount, "filler")
        name = profile(port, "/lat", "stages: [{rate: 300/s, for: 20s}]")
        subprocess.run([BIN, "load", "run", name, "--results", mount, "--detach"], env=ENV, capture_output=True, timeout=20)
        time.sleep(1.2)
        try:
            with open(filler, "wb") as out:
                out.write(b"x" * (1 << 20))
        except OSError:
            pass
        begun = time.time()
        while time.time() - begun < 16:
            got = subprocess.run([BIN, "load", "show", "--results", mount, "-o", "json"], env=ENV, capture_output=True, text=True)
            if got.returncode == 0 and json.loads(got.stdout)["state"] != "running":
                break
            time.sleep(0.2)
        shown = json.loads(got.stdout)
        assert shown["state"] == "aborted" and "No space left" in shown["words"], shown
        assert shown["sent"] > 0
    finally:
        subprocess.run(["umount", "-l", mount])


def readable_by_hdrhistogram():
    try:
        from hdrh.histogram import HdrHistogram
    except ImportError:
        print("HdrHistogram's decoder is not installed (pip install hdrhistogram): not compared")
        return
    shown = show([d for d in sorted(os.listdir(RESULTS)) if os.path.exists(os.path.join(RESULTS, d, "verdict.json"))][0])
    whole = HdrHistogram(1, 3600000000, 3)
    with open(os.path.join(RESULTS, shown["id"], "latency.hlog")) as lines:
        for line in lines:
            if line[0].isdigit():
                whole.add(HdrHistogram.decode(line.rsplit(",", 1)[1].strip()))
    for percentile, key in ((50, "p50Ms"), (90, "p90Ms"), (99, "p99Ms")):
        theirs, ours = whole.get_value_at_percentile(percentile) / 1000, shown[key]
        assert abs(theirs - ours) <= 0.002 * ours + 0.002, (key, theirs, ours)
    assert whole.get_total_count() == shown["ok"], (whole.get_total_count(), shown["ok"])
    print("equal to HdrHistogram's own decoder")


def main():
    process, port = target()
    try:
        known_latencies(port)
        stall, stall_port = target()
        try:
            stall_shows_in_full(stall_port)
        finally:
            stall.kill()
        failures_are_named(port)
        names_and_limits(port)
        abort_and_stop(port)
        survives_a_kill(port)
        full_disk(port)
        readable_by_hdrhistogram()
    finally:
        process.kill()
        run("stop")
        shutil.rmtree(TMP, ignore_errors=True)
    print("ok")


if __name__ == "__main__":
    main()
