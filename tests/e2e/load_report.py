# SPDX-License-Identifier: MIT
"""The report of load tests: 1,000 runs built, served and looked at with a real browser.

The pages must hold what the runs say, must not run what a target says, must ask nobody but their own server,
and must be quick. Without Chromium the pages are fetched only.
"""
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

BIN = rig.binary()
TMP = tempfile.mkdtemp(prefix="flagdeck-report-")
RUNS = 1000
HOSTILE = "<img src=x onerror=document.title='hacked'>"


def second(at, slow):
    return {"at": at, "seconds": 1, "intended": 100, "sent": 100, "ok": 99, "p50": 5 * slow, "p90": 9 * slow,
            "p99": (20 + at % 5) * slow, "p999": 30 * slow, "max": 40 * slow, "mean": 6 * slow, "serviceP99": 19 * slow,
            "bytes": 1000, "connects": 1, "open": 10, "inFlight": 2, "backlog": 0, "late": 0, "lateMax": 0, "cpu": 0.1,
            "busiest": 0.1, "warmup": 0, "errors": {"status": 1}, "codes": [0, 0, 99, 0, 0, 1], "heat": [0] * 12 + [90, 9]}


def make_run(results, number, slow=1.0, words="all SLOs held"):
    run_id = f"2026{1 + number // 90:02d}{1 + number % 28:02d}-120000-t{number % 7}-{number:04x}"
    folder = os.path.join(results, run_id)
    os.makedirs(folder)
    total = dict(second(0, slow), seconds=30, intended=3000, sent=3000, ok=2970, errors={"status": 30})
    with open(os.path.join(folder, "manifest.json"), "w") as out:
        json.dump({"format": 1, "id": run_id, "name": f"test-{number % 7}", "service": f"svc-{number % 40}", "env": "dev",
                   "target": "http://127.0.0.1:1", "engine": "native", "commit": "a1b2c3d", "host": "h", "version": "0",
                   "startedMs": 1770000000000 + number * 3600000, "threads": 1, "connections": 10, "slos": ["p99 < 1s"]}, out)
    with open(os.path.join(folder, "series.jsonl"), "w") as out:
        for at in range(30):
            out.write(json.dumps(second(at, slow)) + "\n")
    with open(os.path.join(folder, "verdict.json"), "w") as out:
        json.dump({"format": 1, "state": "passed", "endedMs": 1770000030000, "words": words, "generator": "", "total": total,
                   "requests": [dict(total, name=HOSTILE, count=3000, failed=30)],
                   "slos": [{"text": "p99 < 1s", "held": 1, "value": 0.02, "brokenAt": -1}], "failures": [HOSTILE]}, out)
    return run_id


def fetch(port, path, host=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def dom(port, fragment):
    """What a browser makes of a page, as text; and whether it complained."""
    chrome = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chrome:
        return None
    done = subprocess.run([chrome, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=6000", "--enable-logging=stderr",
                           f"--user-data-dir={TMP}/chrome", "--dump-dom", f"http://127.0.0.1:{port}/{fragment}"],
                          capture_output=True, text=True, timeout=90)
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not complaints, complaints
    return done.stdout


def main():
    results, site = os.path.join(TMP, "runs"), os.path.join(TMP, "site")
    ids = [make_run(results, number, words=HOSTILE if number == 999 else "all SLOs held") for number in range(RUNS - 1)]
    slow = make_run(results, RUNS - 1, slow=2.0, words=HOSTILE)
    begun = time.time()
    done = subprocess.run([BIN, "report", "build", site, "--results", results], capture_output=True, text=True, timeout=120)
    if done.returncode and "chart library" in done.stderr:
        rig.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    first = time.time() - begun
    begun = time.time()
    done = subprocess.run([BIN, "report", "build", site, "--results", results], capture_output=True, text=True, timeout=120)
    assert f"{RUNS} runs, 0 written" in done.stdout, done.stdout
    print(f"built {RUNS} runs in {first:.1f} s, again in {time.time() - begun:.1f} s")
    for name in os.listdir(site):
        if name.endswith((".html", ".js", ".css")) and not name.startswith("uplot"):
            with open(os.path.join(site, name)) as text:
                assert not re.search(r"(src|href)=[\"']?(https?:)?//|url\(", text.read()), name
    server = subprocess.Popen([BIN, "report", "serve", site, "--results", results, "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        port = 0
        for line in server.stdout:
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            if found:
                port = int(found[1])
                break
        answer, body = fetch(port, "/")
        assert answer.status == 200 and b"Load tests" in body
        assert "default-src 'none'" in answer.getheader("Content-Security-Policy")
        assert fetch(port, "/", host="evil.example")[0].status == 421
        assert fetch(port, "/data/../../runs/x")[0].status == 404
        assert len(json.loads(fetch(port, "/data/index.json")[1])["runs"]) == RUNS
        page = dom(port, "")
        if page is None:
            print("no browser here: pages were fetched only")
            return
        assert f"{RUNS} of {RUNS} runs" in page and "hacked" not in re.search("<title>(.*?)</title>", page)[1]
        page = dom(port, f"#/run/{slow}")
        assert "&lt;img src=x" in page and "<img src=x" not in page, "a target's words became markup"
        assert page.count("u-over") >= 6 and 'aria-label="Requests a second' in page
        page = dom(port, f"#/compare/{ids[5]}/{slow}")
        assert "Comparison: " in page and "regression" in page
        page = dom(port, f"#/compare/{ids[5]}/{ids[6]}")
        assert ">noise<" in page and ">regression<" not in page
        assert page.count("u-over") == 4
        assert dom(port, "#/trends").count("u-over") == 3
        assert "cannot be shown" in dom(port, "#/run/nothing")
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(TMP, ignore_errors=True)
    print("ok")


if __name__ == "__main__":
    main()
