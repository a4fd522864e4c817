#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The whole console under a memory checker: on a pseudo terminal, against the embedded API server, with keys,
sizes, changes and a server that dies and comes back, until it is asked to end.

usage: console_memory.py [--valgrind] [--seconds N] PROGRAM SIM_SERVER

PROGRAM is the console, built with sanitizers or, with --valgrind, without. Needs nothing beside Python: the
screen is not looked at here, that is what the other tests are for.
"""
import argparse
import fcntl
import glob
import os
import pty
import random
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

ENTER, ESCAPE, TAB = "\r", "\x1b", "\t"
# What opens, closes and moves everything that there is; then the same keys by chance.
SCRIPT = (["j", "j", "k", "G", "g", "g", "\x06", "\x02", ">", ">", "O", "!", "o", "j", ENTER, " ", "v", "*", "'", "\x1c"]
          + ["/", "p", "a", "y", ENTER, ESCAPE, "/", "-", "l", " ", "t", "e", "a", "m", ENTER, "/", "[", ENTER, ESCAPE, ESCAPE]
          + [ENTER, "2", "j", ENTER, "3", "f", "t", "w", "/", "t", "u", ENTER, "n", "N", "c", ESCAPE, "4", "j", ENTER, "5", "/", "a", ENTER]
          + ["z", "z", "+", "_", "?", "j", "/", "s", ENTER, ESCAPE, "M", ESCAPE, ":", "t", "a", "b", TAB, ENTER, ":", "x", "x", ENTER, ESCAPE]
          + ["}", "{", "0", "C", ESCAPE, "T", "T", "\x0c", "\x12", TAB, TAB, "\x1bOQ", "\x1bOQ", "1", ESCAPE])
SIZES = [(40, 120), (24, 80), (60, 200), (10, 30), (3, 8), (45, 160)]


class Console:
    def __init__(self, argv, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(argv[0], argv, env)
        self.resize(*SIZES[0])
        self.seen = b""

    def resize(self, rows, cols):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def pump(self, seconds):
        """Takes what it writes for so long."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return
            try:
                self.seen = (self.seen + os.read(self.fd, 65536))[-65536:]
            except OSError:
                time.sleep(left)
                return

    def send(self, key):
        try:
            os.write(self.fd, key.encode())
        except OSError:
            pass   # it has ended: its status says how

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            self.pump(0.1)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return None


def server(program, folder):
    """The server process and its kubeconfig's text."""
    process = subprocess.Popen([program, "30", "3", "10"], stdout=subprocess.PIPE, text=True,
                               env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
    text = process.stdout.readline()
    assert text.startswith("{"), "the embedded server did not start"
    with open(os.path.join(folder, "kubeconfig"), "w", encoding="utf-8") as f:
        f.write(text)
    return process


def drive(console, args, process):
    """Keys for so long; the server dies in the middle."""
    end, half = time.monotonic() + args.seconds, time.monotonic() + args.seconds / 2
    chance, number = random.Random(1), 0
    while time.monotonic() < end:
        key = SCRIPT[number] if number < len(SCRIPT) else chance.choice(SCRIPT)
        number += 1
        console.send(key)
        if number % 25 == 0:
            console.resize(*SIZES[number // 25 % len(SIZES)])
        console.pump(0.15 if args.valgrind else 0.04)
        if process.poll() is None and time.monotonic() > half:
            process.kill()
            process.wait()
    return number


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--valgrind", action="store_true")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("program")
    parser.add_argument("sim_server")
    args = parser.parse_args()
    valgrind = shutil.which("valgrind")
    if args.valgrind and not valgrind:
        print("skipped: valgrind is not installed")
        return 77
    folder = tempfile.mkdtemp(prefix="flagdeck-memory-")
    log = os.path.join(folder, "memory")
    argv = [os.path.abspath(args.program)]
    if args.valgrind:
        argv = [valgrind, f"--log-file={log}", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite",
                "--num-callers=30", *argv]
    env = {"HOME": folder, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color", "KUBECONFIG": folder + "/kubeconfig",
           "ASAN_OPTIONS": f"log_path={log}:detect_leaks=1", "UBSAN_OPTIONS": f"log_path={log}:print_stacktrace=1"}
    process = server(os.path.abspath(args.sim_server), folder)
    try:
        console = Console(argv, env)
        end = time.monotonic() + 60
        while b"svc" not in console.seen and time.monotonic() < end:
            console.pump(0.2)
        assert b"svc" in console.seen, f"no services within a minute: {console.seen[-2000:]!r}"
        count = drive(console, args, process)
        os.kill(console.pid, signal.SIGTERM)
        code = console.wait(60)
        reports = "".join(open(name, encoding="utf-8", errors="replace").read() for name in glob.glob(log + "*"))
        wrong = code != 128 + signal.SIGTERM or (not args.valgrind and reports)
        if wrong or (args.valgrind and "ERROR SUMMARY: 0 errors" not in reports):
            print(f"after {count} keys the console ended with {code}\n{reports[-20000:]}")
            return 1
        print(f"{count} keys, no finding")
        return 0
    finally:
        process.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
