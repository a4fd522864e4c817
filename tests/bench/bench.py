#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the console against real platforms and prints the figures as a Markdown table with their conditions.

usage: bench.py [--fleet SERVICES/REPLICAS/NODES]... [--starts N] [--seconds N] [--json FILE]
       bench.py --smoke      a minute on the tests' shared platform: proves that measuring works, asserts no figure

What is measured, each in a terminal of 160x45 with TERM=xterm-256color:
  start    a cold start (no state file, warm page cache), median and worst of N: until a service row is drawn,
           seen from the terminal and by the console's own clock (--trace-start FILE: lines "first_rows_ms N" and
           "complete_ms N"), and until every service and pod is there
  rest     CPU share, resident memory and bytes sent to the terminal, nobody touching anything
  churn    the same while 100 pods a second change, and the time from a key to the paint of its selection
"""
import argparse
import json
import os
import platform as machine
import re
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import rig  # noqa: E402
import terminal  # noqa: E402

COLUMNS, LINES = 160, 45
FLEETS = ["240/5/12", "2000/10/60"]
# fleet.py names services so; the console may cut the end of a name, never this much.
SERVICE_ROW = re.compile(r"[a-z]+-svc-\d")
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of all threads."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def memory_mb(pid, field):
    """VmRSS or VmHWM."""
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(rf"^{field}:\s+(\d+) kB", f.read(), re.M)[1]) / 1024


def open_console(r, *args):
    env = rig.environment(r.kubeconfig)
    return terminal.Terminal([rig.binary(), *args], env, COLUMNS, LINES)


def traced(path):
    """The marks of --trace-start so far."""
    try:
        with open(path) as f:
            return {name: float(value) for name, value in map(str.split, f)}
    except OSError:
        return {}


def wait_complete(t, path, seconds):
    return t.until("every pod (complete_ms in the trace)", lambda _: traced(path).get("complete_ms"), seconds)


def start_once(r, seconds):
    """One cold start: what the terminal saw and what the console says, in milliseconds."""
    path = os.path.join(rig.folder(), f"trace-{time.monotonic_ns()}")
    with open_console(r, "--trace-start", path) as t:
        t.until("a service row", lambda t: SERVICE_ROW.search(t.text()), seconds)
        seen = (t.last_output - t.started) * 1000
        complete = wait_complete(t, path, seconds)
        marks = traced(path)
        assert "first_rows_ms" in marks, f"{path} has no first_rows_ms: {marks}"
        peak = memory_mb(t.pid, "VmHWM")
    return {"first_seen": seen, "first": marks["first_rows_ms"], "complete": complete, "peak": peak}


def idle(t, seconds):
    """Watches for a while; returns (CPU share in percent, bytes sent to the terminal)."""
    before, received, began = cpu_seconds(t.pid), t.received, time.monotonic()
    while time.monotonic() - began < seconds:
        t.pump(0.5)
    assert t.is_running(), f"the console ended with {t.status}"
    return 100 * (cpu_seconds(t.pid) - before) / (time.monotonic() - began), t.received - received


def selected_row(t):
    """The line that carries the selection's mark; where a theme has none, the first one drawn in reverse."""
    cells = [[t.screen.buffer[number][x] for x in range(3)] for number in range(t.screen.lines)]
    for is_selected in (lambda cell: cell.data in ("▸", ">"), lambda cell: cell.reverse):
        for number in range(2, t.screen.lines):
            if any(map(is_selected, cells[number])):
                return number
    return None


def keys(t, seconds, rate=10):
    """Types j and k in turns; the times from a key to the paint of its selection, in milliseconds."""
    times, began, n = [], time.monotonic(), 0
    while time.monotonic() - began < seconds:
        while time.monotonic() - began < n / rate:
            t.pump(max(0.0, began + n / rate - time.monotonic()))
        t.pump(0)
        before, sent = selected_row(t), time.monotonic()
        assert before is not None, f"no line is selected:\n{t.framed()}"
        t.send("jk"[n % 2])
        n += 1
        t.until("the selection's move", lambda t, old=before: selected_row(t) != old, 5)
        times.append((t.last_output - sent) * 1000)
    return times


def measure(r, size, args):
    services, replicas, nodes = size
    pods = services * replicas
    limit = 60 + pods / 100
    rig.flagdeck("--version")   # the page cache is warm from here on
    starts = [start_once(r, limit) for _ in range(args.starts)]
    values = {"services": services, "pods": pods, "nodes": nodes, "starts": starts}
    path = os.path.join(rig.folder(), f"trace-{services}")
    with open_console(r, "--trace-start", path) as t:
        wait_complete(t, path, limit)
        t.send("g", "g")
        t.settle(1, 30)
        values["rest_cpu"], values["rest_bytes"] = idle(t, args.seconds * 2)
        values["rest_rss"] = memory_mb(t.pid, "VmRSS")
        with rig.Churn(r, args.rate) as churn:
            idle(t, min(5, args.seconds))
            values["churn_cpu"], values["churn_bytes"] = idle(t, args.seconds)
            times = sorted(keys(t, args.seconds))
        values["churn_rate"], values["churn_failed"] = churn.rate, churn.failed
        values["keys"] = len(times)
        values["key_p50"] = statistics.median(times)
        values["key_p99"] = times[min(len(times) - 1, int(len(times) * 0.99))]
        values["churn_rss"], values["peak_rss"] = memory_mb(t.pid, "VmRSS"), memory_mb(t.pid, "VmHWM")
    return values


def spread(values, name, form="{:.0f}"):
    numbers = [start[name] for start in values["starts"]]
    return f"{form.format(statistics.median(numbers))} (worst {form.format(max(numbers))})"


def rows(args):
    """What the table shows: a title and how to print it from one fleet's values."""
    minute = 60 / (args.seconds * 2)
    return [
        ("first rows on the screen, ms", lambda v: spread(v, "first_seen")),
        ("first rows, the console's clock, ms", lambda v: spread(v, "first")),
        ("every service and pod, ms", lambda v: spread(v, "complete")),
        ("peak memory of the start, MB", lambda v: spread(v, "peak", "{:.1f}")),
        ("memory at rest, MB", lambda v: f"{v['rest_rss']:.1f}"),
        ("CPU at rest, % of a core", lambda v: f"{v['rest_cpu']:.2f}"),
        ("bytes to the terminal in a quiet minute", lambda v: f"{v['rest_bytes'] * minute:.0f}"),
        ("pod changes a second reached", lambda v: f"{v['churn_rate']:.0f}"),
        ("CPU in churn, % of a core", lambda v: f"{v['churn_cpu']:.1f}"),
        ("key to paint in churn, median, ms", lambda v: f"{v['key_p50']:.1f}"),
        ("key to paint in churn, 99th percentile, ms", lambda v: f"{v['key_p99']:.1f} ({v['keys']} keys)"),
        ("memory after churn, MB", lambda v: f"{v['churn_rss']:.1f}"),
        ("peak memory, MB", lambda v: f"{v['peak_rss']:.1f}"),
    ]


def table(results, args):
    heads = [f"{v['services']:,} services, {v['pods']:,} pods" for v in results]
    lines = ["| What | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads)]
    lines += [f"| {title} | " + " | ".join(show(v) for v in results) + " |" for title, show in rows(args)]
    return "\n".join(lines)


def conditions(args):
    with open("/proc/cpuinfo") as f:
        model = (re.search(r"^model name\s*: (.*)$", f.read(), re.M) or ["", machine.machine()])[1]
    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) / 1048576
    version = rig.flagdeck("--version").split("\n")[0]
    return (f"Conditions: {version}; {model.strip()}, {os.cpu_count()} cores shared with the whole platform, {memory:.0f} GB; "
            f"Linux {machine.release()}; kube-apiserver and kwok on loopback; "
            f"terminal {COLUMNS}x{LINES}, xterm-256color; cold start: no state file, warm page cache, {args.starts} starts; rest over {args.seconds * 2:.0f} s; "
            f"churn of {args.rate} pod changes a second over {args.seconds:.0f} s; {time.strftime('%Y-%m-%d')}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fleet", action="append", metavar="SERVICES/REPLICAS/NODES")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=int, default=100, help="pod changes a second")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--smoke", action="store_true")
    args = parser.parse_args()
    rig.need()
    if args.smoke:
        args.starts, args.seconds = 1, 5
        results = [measure(rig.shared(), rig.SHARED_FLEET, args)]
    else:
        results = []
        sizes = sorted(tuple(map(int, fleet.split("/"))) for fleet in args.fleet or FLEETS)
        with rig.Rig("bench") as r:
            for size in sizes:   # each larger fleet grows out of the one before
                print("loading %d services with %d pods each on %d nodes" % size, file=sys.stderr, flush=True)
                r.fleet(*size)
                time.sleep(20)   # the controllers' last words
                results.append(measure(r, size, args))
    print(table(results, args))
    print("\n" + conditions(args))
    if args.json:
        with open(args.json, "w") as f:
            json.dump(results, f, indent=1)


if __name__ == "__main__":
    main()
