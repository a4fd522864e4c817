#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs test programs and counts: the one runner of `make check` and `make e2e`.

usage: run.py [--jobs N] [--limit SECONDS] [--logs FOLDER] [--total FILE] [--only PATTERN] TEST...

TEST is a program, or NAME=COMMAND with words as in a shell. It passes with exit 0, is skipped with exit 77
(its last line that says "skipped" is shown), and fails with any other, when it is missing, or when it runs
longer than its limit; then it is ended with all its children, and its log is printed. A script can ask for
another limit in its first lines: "# limit: 300". A cmocka program counts as as many tests as it reports.
Lines "warning: ..." of a test are shown even when it passes. The last line is "N passed, N failed, N skipped";
with --total the three numbers are also added to a file, as a line, for who sums several runs.
"""
import argparse
import concurrent.futures
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time

FAILED_TAIL = 120  # lines of a failed test's log


class Test:
    def __init__(self, word, limit):
        name, _, command = word.partition("=") if re.match(r"^[\w./:-]+=", word) else ("", "", "")
        self.argv = shlex.split(command) if command else [word]
        self.name = name or re.sub(r"^.*?tests/", "", word)
        self.limit = self.declared_limit() or limit
        self.passed = self.failed = self.skipped = 0
        self.seconds, self.log, self.verdict, self.why = 0.0, "", "", ""

    def declared_limit(self):
        if not self.argv[-1].endswith((".py", ".sh")) or not os.path.exists(self.argv[-1]):
            return None
        with open(self.argv[-1], encoding="utf-8", errors="replace") as f:
            match = re.search(r"^# limit: (\d+)", f.read(2000), re.M)
        return int(match[1]) if match else None

    def run(self, logs):
        path = os.path.join(logs, re.sub(r"[^\w.-]+", "_", self.name) + ".log")
        argv = self.argv
        if len(argv) == 1 and argv[0].endswith(".py"):
            argv = [sys.executable] + argv
        elif len(argv) == 1:
            argv = [os.path.abspath(argv[0]) if "/" in argv[0] else argv[0]]
        began = time.monotonic()
        with open(path, "wb") as out:
            try:
                # A session of its own, so that the limit reaches what the test started.
                process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                           start_new_session=True)
                try:
                    code = process.wait(self.limit)
                except subprocess.TimeoutExpired:
                    code = None
                    self.end(process)
            except OSError as e:
                code = 127
                out.write(f"cannot be run: {e}\n".encode())
        self.seconds = time.monotonic() - began
        with open(path, encoding="utf-8", errors="replace") as f:
            self.log = f.read()
        self.judge(code)
        return self

    @staticmethod
    def end(process):
        for number, grace in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            try:
                os.killpg(process.pid, number)
                process.wait(grace)
                return
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue

    def judge(self, code):
        # What cmocka prints at the end of each group.
        counts = {word: sum(map(int, re.findall(rf"^\[  {word}  \] (\d+) test\(s\)", self.log, re.M)))
                  for word in ("PASSED", "FAILED", "SKIPPED")}
        if code == 77:
            self.skipped, self.verdict = 1, "SKIP"
            reasons = [line for line in self.log.splitlines() if "skip" in line.lower()] or ["skipped without a reason"]
            self.why = re.sub(r"^skipped: ", "", reasons[-1].strip())
        elif code == 0 and counts["FAILED"] == 0:
            self.passed, self.skipped = counts["PASSED"] or (0 if counts["SKIPPED"] else 1), counts["SKIPPED"]
            self.verdict = "ok"
        else:
            # A program that died after its tests passed (a leak, a crash at exit) has failed once more.
            self.passed, self.skipped, self.failed = counts["PASSED"], counts["SKIPPED"], max(1, counts["FAILED"])
            self.verdict = "FAIL"
            self.why = (f"ran longer than {self.limit} s" if code is None else
                        f"ended by signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}")

    def report(self):
        count = f"{self.passed} tests" if self.passed > 1 else ""
        line = f"{self.verdict:<5} {self.name:<44} {self.seconds:7.1f} s  {count}{self.why}"
        extra = re.findall(r"^warning: .*$", self.log, re.M)
        if self.verdict == "FAIL":
            extra = ["    " + text for text in self.log.splitlines()[-FAILED_TAIL:]]
        return "\n".join([line.rstrip()] + extra)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=float, default=120)
    parser.add_argument("--logs", default="build/test-logs")
    parser.add_argument("--total")
    parser.add_argument("--only", default="", help="only tests whose name matches")
    parser.add_argument("tests", nargs="*")
    args = parser.parse_args()
    os.makedirs(args.logs, exist_ok=True)
    tests = [test for test in (Test(word, args.limit) for word in args.tests) if re.search(args.only, test.name)]
    lock = threading.Lock()

    def run(test):
        test.run(args.logs)
        with lock:
            print(test.report(), flush=True)

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(run, tests))
    totals = [sum(getattr(test, word) for test in tests) for word in ("passed", "failed", "skipped")]
    if args.total:
        with open(args.total, "a") as f:
            print(*totals, file=f)
    for test in tests:
        if test.verdict == "SKIP":
            print(f"NOT RUN: {test.name}: {test.why}")
    print("%d passed, %d failed, %d skipped" % tuple(totals))
    sys.exit(1 if totals[1] else 0)


if __name__ == "__main__":
    main()
