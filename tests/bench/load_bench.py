# SPDX-License-Identifier: MIT
"""Figures of the native load engine, as a Markdown table with their conditions.

The target is nginx with one worker on one core; generators get the other cores (with two cores: one). What is
missing (wrk, k6, JMeter) is left out and named. --seconds N shortens it; --steady N is the length of the
open-model run at --rate. Everything is loopback.
"""
import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
import rig  # noqa: E402

BIN = rig.binary()
TMP = tempfile.mkdtemp(prefix="flagdeck-load-bench-")
RESULTS = os.path.join(TMP, "runs")
PORT = 27180
ENV = dict(os.environ, XDG_STATE_HOME=TMP, XDG_CONFIG_HOME=TMP)
CORES = os.cpu_count() or 1
GENERATOR = ["taskset", "-c", "1-%d" % (CORES - 1)] if CORES > 1 else []
ROWS = []


def row(what, figure, note=""):
    ROWS.append((what, figure, note))
    print(f"{what}: {figure} {note}", flush=True)


def nginx():
    config = os.path.join(TMP, "nginx.conf")
    with open(config, "w") as out:
        out.write(f"daemon off; worker_processes 1; pid {TMP}/nginx.pid; error_log {TMP}/nginx.err crit; worker_rlimit_nofile 40000;\n"
                  "events { worker_connections 30000; }\nhttp { access_log off; keepalive_requests 1000000000; keepalive_timeout 300; "
                  f"client_body_temp_path {TMP}/b; proxy_temp_path {TMP}/p; fastcgi_temp_path {TMP}/f; uwsgi_temp_path {TMP}/u; "
                  f"scgi_temp_path {TMP}/s; server {{ listen 127.0.0.1:{PORT} backlog=16384; location / {{ return 200 \"hello\\n\"; }} }} }}\n")
    process = subprocess.Popen([*(["taskset", "-c", "0"] if CORES > 1 else []), "nginx", "-c", config], stderr=subprocess.DEVNULL)
    time.sleep(0.7)
    return process


def profile(name, load, connections=50, threads=1, more=""):
    path = os.path.join(TMP, name + ".yaml")
    with open(path, "w") as out:
        out.write(f"name: {name}\ntarget: http://127.0.0.1:{PORT}\nconnections: {connections}\nthreads: {threads}\n{load}\n{more}\n"
                  "requests: [{name: home, path: /}]\n")
    return path


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ours(name, load, watch=None, **options):
    """Runs a profile and gives its verdict, its engine's CPU seconds and its peak memory in MB."""
    subprocess.run([*GENERATOR, BIN, "load", "run", profile(name, load, **options), "--detach", "--results", RESULTS], env=ENV, check=True,
                   stdout=subprocess.DEVNULL)
    folder = os.path.join(RESULTS, sorted(os.listdir(RESULTS))[-1])
    pid = json.load(open(os.path.join(folder, "manifest.json")))["pid"]
    peak, cpu, ticks = 0, 0, os.sysconf("SC_CLK_TCK")
    while not os.path.exists(os.path.join(folder, "verdict.json")):
        try:
            stat = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            cpu = (int(stat[11]) + int(stat[12])) / ticks
            for line in open(f"/proc/{pid}/status"):
                if line.startswith("VmHWM"):
                    peak = int(line.split()[1]) / 1024
        except OSError:
            pass
        time.sleep(0.02)
    shown = json.loads(subprocess.run([BIN, "load", "show", os.path.basename(folder), "--results", RESULTS, "-o", "json"], env=ENV,
                                      capture_output=True, text=True, check=True).stdout)
    shown["rows"] = [json.loads(line) for line in open(os.path.join(folder, "series.jsonl"))]
    shown["cpu"], shown["peak"] = cpu, peak
    return shown


def wrk(seconds):
    before = cpu_of_children()
    out = subprocess.run([*GENERATOR, "wrk", "-t1", "-c50", f"-d{seconds}s", f"http://127.0.0.1:{PORT}/"], capture_output=True, text=True, check=True).stdout
    cpu = cpu_of_children() - before
    rate = float([line for line in out.splitlines() if "Requests/sec" in line][0].split()[1])
    count = int([line for line in out.splitlines() if "requests in" in line][0].split()[0])
    return rate, cpu / count * 1e6


def k6(seconds):
    program = shutil.which("k6") or os.path.join(rig.BIN, "k6")
    if not os.access(program, os.X_OK):
        return None
    script = os.path.join(TMP, "k6.js")
    with open(script, "w") as out:
        out.write(f"import http from 'k6/http'; export const options = {{vus: 50, duration: '{seconds}s', discardResponseBodies: true}};\n"
                  f"export default function () {{ http.get('http://127.0.0.1:{PORT}/'); }}\n")
    before = cpu_of_children()
    out = subprocess.run([*GENERATOR, program, "run", "--quiet", "--summary-export", os.path.join(TMP, "k6.json"), script], capture_output=True, text=True)
    cpu = cpu_of_children() - before
    if out.returncode:
        print("k6:", out.stderr[-300:])
        return None
    summary = json.load(open(os.path.join(TMP, "k6.json")))["metrics"]["http_reqs"]
    return summary["rate"], cpu / summary["count"] * 1e6


def jmeter(seconds):
    home = os.environ.get("JMETER_HOME", "")
    program = os.path.join(home, "bin", "jmeter") if home else shutil.which("jmeter")
    if not program or not os.access(program, os.X_OK):
        return None
    plan = os.path.join(TMP, "plan.jmx")
    with open(plan, "w") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?><jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3"><hashTree>'
                  '<TestPlan testname="p"/><hashTree><ThreadGroup testname="t"><intProp name="ThreadGroup.num_threads">50</intProp>'
                  '<elementProp name="ThreadGroup.main_controller" elementType="LoopController"><intProp name="LoopController.loops">-1</intProp>'
                  f'</elementProp><boolProp name="ThreadGroup.scheduler">true</boolProp><stringProp name="ThreadGroup.duration">{seconds}</stringProp>'
                  '</ThreadGroup><hashTree><HTTPSamplerProxy testname="home"><stringProp name="HTTPSampler.domain">127.0.0.1</stringProp>'
                  f'<stringProp name="HTTPSampler.port">{PORT}</stringProp><stringProp name="HTTPSampler.path">/</stringProp>'
                  '<stringProp name="HTTPSampler.method">GET</stringProp><boolProp name="HTTPSampler.use_keepalive">true</boolProp>'
                  '</HTTPSamplerProxy><hashTree/></hashTree></hashTree></hashTree></jmeterTestPlan>')
    out = subprocess.run([*GENERATOR, program, "-n", "-t", plan, "-l", os.path.join(TMP, "out.jtl"), "-j", os.path.join(TMP, "jmeter.log")],
                         capture_output=True, text=True)
    lines = [line for line in out.stdout.splitlines() if line.startswith("summary =")]
    return float(lines[-1].split("=")[2].split("/s")[0]) if lines else None


def throughput(seconds):
    wrk_rate, wrk_cpu = wrk(seconds)
    shown = ours("closed", f"users: {{count: 50, for: {seconds}s}}")
    rate, cpu = shown["sent"] / shown["seconds"], shown["cpu"] / shown["sent"] * 1e6
    row("nginx on one core, 50 connections, one thread: flagdeck", f"{rate:,.0f}/s", f"{cpu:.1f} µs of CPU a request")
    row("the same: wrk", f"{wrk_rate:,.0f}/s", f"{wrk_cpu:.1f} µs of CPU a request; flagdeck has {rate / wrk_rate:.2f} × its rate, "
        f"{cpu / wrk_cpu:.2f} × its CPU a request")
    other = k6(seconds)
    row("the same: k6", f"{other[0]:,.0f}/s" if other else "not measured", f"flagdeck has {rate / other[0]:.1f} × its rate" if other else "there is no k6")
    other = jmeter(seconds)
    row("the same: JMeter", f"{other:,.0f}/s" if other else "not measured", f"flagdeck has {rate / other:.1f} × its rate" if other else "JMETER_HOME is not set")


def memory(seconds):
    shown = ours("memory", f"users: {{count: 10000, for: {seconds}s, think: 1s, ramp: 1s}}")
    most = max(r["open"] for r in shown["rows"])
    row("10,000 plain connections: peak memory of the engine", f"{shown['peak']:.0f} MB", f"{most:,} open at once, {shown['sent']:,} requests, {shown['failed']} failed")


def steady(rate, seconds):
    shown = ours("steady", f"stages: [{{rate: {rate}/s, for: {seconds}s}}]", connections=200, threads=max(1, CORES - 1))
    intended = sum(r["intended"] for r in shown["rows"])
    ended = sum(r["ok"] + sum(r["errors"].values()) for r in shown["rows"])
    assert intended == ended, (intended, ended)
    row(f"open model, {rate:,} requests a second for {seconds} s", f"{shown['ok'] / shown['seconds']:,.0f}/s",
        f"{intended:,} intended, {ended:,} accounted for, {shown['failed']:,} failed, {shown['late'] / max(1, intended) * 100:.2f} % late, "
        f"p99 {shown['p99Ms']:.1f} ms, {shown['cpu'] / shown['seconds']:.2f} cores, {shown['peak']:.0f} MB")


def first_sample():
    begun = time.time()
    subprocess.run([BIN, "load", "run", profile("first", "stages: [{rate: 100/s, for: 2s}]"), "--detach", "--results", RESULTS], env=ENV, check=True,
                   stdout=subprocess.DEVNULL)
    folder = os.path.join(RESULTS, sorted(os.listdir(RESULTS))[-1])
    started = json.load(open(os.path.join(folder, "manifest.json")))["startedMs"] / 1000
    row("from the command to the engine's first request", f"{(started - begun) * 1000:.0f} ms", "the first second is readable one second later")
    while not os.path.exists(os.path.join(folder, "verdict.json")):
        time.sleep(0.05)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=10)
    options.add_argument("--rate", type=int, default=60000)
    options.add_argument("--steady", type=int, default=60)
    options = options.parse_args()
    for program in ("nginx", "wrk", "taskset"):
        if not shutil.which(program):
            rig.skip(f"{program} is not installed")
    load = os.getloadavg()[0]
    server = nginx()
    try:
        first_sample()
        throughput(options.seconds)
        memory(min(options.seconds, 5))
        steady(options.rate, options.steady)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)
        shutil.rmtree(TMP, ignore_errors=True)
    print(f"\n| Figure | Measured | |\n|---|---|---|")
    for what, figure, note in ROWS:
        print(f"| {what} | {figure} | {note} |")
    print(f"\n{CORES} cores, load average {load:.1f} before")


if __name__ == "__main__":
    main()
