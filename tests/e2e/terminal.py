# SPDX-License-Identifier: MIT
"""The console on a real pseudo terminal: keys go in, a screen comes out.

    with terminal.Terminal([rig.binary()], env=rig.environment(r.kubeconfig), columns=120, lines=40) as t:
        t.wait_for("payments-svc-0000")
        t.send("j", "j", t.ENTER)
        assert "overview" in t.text()

The screen is kept by pyte, a terminal emulator, to which the few sequences are added that ncurses sends
for xterm-256color and pyte does not know.
"""
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
sys.path.append(os.path.join(CACHE, "flagdeck-rig", "python"))
try:
    import pyte
except ImportError:
    print("skipped: the terminal emulator pyte is missing: contrib/install-deps.sh e2e installs it")
    sys.exit(77)


class Screen(pyte.Screen):
    """pyte's screen with REP, SU, SD and the alternate screen."""

    def draw(self, data):
        super().draw(data)
        self.drawn = data[-1:] or getattr(self, "drawn", " ")

    def repeat(self, count=1):
        self.draw(getattr(self, "drawn", " ") * (count or 1))

    def scroll_up(self, count=1):
        self._scroll("delete_lines", count)

    def scroll_down(self, count=1):
        self._scroll("insert_lines", count)

    def _scroll(self, how, count):
        x, y = self.cursor.x, self.cursor.y
        self.cursor.y = self.margins.top if self.margins else 0
        getattr(self, how)(count or 1)
        self.cursor.x, self.cursor.y = x, y

    def set_mode(self, *modes, **kwargs):
        if kwargs.get("private") and 1049 in modes:
            self.erase_in_display(2)
            self.alternate = True
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes, **kwargs):
        if kwargs.get("private") and 1049 in modes:
            self.erase_in_display(2)
            self.alternate = False
        super().reset_mode(*modes, **kwargs)


class Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, b="repeat", S="scroll_up", T="scroll_down")
    events = pyte.ByteStream.events | {"repeat", "scroll_up", "scroll_down"}


class Terminal:
    ENTER, ESCAPE, TAB, SPACE, BACKSPACE = "\r", "\x1b", "\t", " ", "\x7f"
    UP, DOWN, RIGHT, LEFT = "\x1bOA", "\x1bOB", "\x1bOC", "\x1bOD"
    PAGE_UP, PAGE_DOWN, HOME, END = "\x1b[5~", "\x1b[6~", "\x1bOH", "\x1bOF"

    def __init__(self, argv, env, columns=160, lines=45):
        self.screen = Screen(columns, lines)
        self.screen.alternate = False
        self.stream = Stream(self.screen)
        self.received = 0          # bytes so far
        self.last_output = None    # when the last ones came (monotonic)
        self.raw = bytearray()     # the last 256 KiB, for a failure's report
        self.status = None
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                # The size is set before the program can ask for it.
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
                os.execve(argv[0], argv, env)
            finally:
                os._exit(127)
        os.set_blocking(self.fd, False)
        # Answers to what the program asks its terminal (its attributes, where the cursor is).
        self.screen.write_process_input = lambda answer: self.send(answer)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, _):
        if kind not in (None, SystemExit):
            print(f"the screen when the test failed ({self.screen.columns}x{self.screen.lines}):\n{self.framed()}")
        self.close()

    def close(self, seconds=5):
        """Asks the program to end (SIGTERM), then makes it; returns its exit status as wait() does."""
        if self.status is None:
            self.signal(signal.SIGTERM)
            try:
                self.wait(seconds)
            except AssertionError:
                self.signal(signal.SIGKILL)
                self.wait(seconds)
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None
        return self.status

    def signal(self, number):
        os.kill(self.pid, number)

    def is_running(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is None

    def wait(self, seconds=10):
        """Waits for the program's end while taking its output; returns its exit code (-N: signal N)."""
        deadline = time.monotonic() + seconds
        while self.is_running():
            if time.monotonic() > deadline:
                raise AssertionError(f"the program did not end within {seconds} s")
            self.pump(0.05)
        self.pump(0)
        return self.status

    def resize(self, columns, lines):
        self.screen.resize(lines, columns)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def send(self, *keys):
        """Types keys; a string of several characters is typed as it is."""
        for key in keys:
            data = key.encode()
            while data:
                try:
                    data = data[os.write(self.fd, data):]
                except BlockingIOError:
                    # The program has stopped reading: take its output so that neither waits for the other.
                    self.pump(0.05)

    def pump(self, seconds=0.0):
        """Takes what arrives within `seconds`, returning after the first piece; how many bytes it was."""
        if self.fd is None or not select.select([self.fd], [], [], max(0, seconds))[0]:
            return 0
        total = 0
        while True:
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                break
            except OSError as e:
                if e.errno != errno.EIO:   # Linux's word for "the other side closed"
                    raise
                data = b""
            if not data:
                if not total:
                    time.sleep(min(0.05, max(0, seconds)))
                break
            self.last_output = time.monotonic()
            total += len(data)
            self.raw += data
            self.stream.feed(data)
        del self.raw[:-262144]
        self.received += total
        return total

    def settle(self, quiet=0.3, seconds=10):
        """Takes output until nothing came for `quiet` seconds."""
        deadline = time.monotonic() + seconds
        while self.pump(quiet):
            if time.monotonic() > deadline:
                raise AssertionError(f"the screen did not come to rest within {seconds} s")

    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def text(self):
        return "\n".join(self.lines())

    def framed(self):
        """The screen for a report: its lines with a bar in front, without the empty ones at the end."""
        return "\n".join("|" + line for line in self.text().rstrip("\n").split("\n"))

    def row_of(self, pattern):
        """Number of the first line that matches the regular expression, or None."""
        for number, line in enumerate(self.lines()):
            if re.search(pattern, line):
                return number
        return None

    def style(self, line, column):
        """A cell: .data, .fg, .bg, .bold, .reverse and so on."""
        return self.screen.buffer[line][column]

    def until(self, what, check, seconds=10):
        """Takes output until check(self) is true and returns that; fails with the screen after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            value = check(self)
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0 or (not self.pump(min(left, 0.1)) and not self.is_running() and not self.pump(0)):
                how = f"within {seconds} s" if self.is_running() else f"before the program ended with {self.status}"
                raise AssertionError(f"the screen did not show {what} {how}:\n{self.framed()}")

    def wait_for(self, pattern, seconds=10):
        """Waits until the screen matches the regular expression; returns the match."""
        return self.until(repr(pattern), lambda t: re.search(pattern, t.text()), seconds)

    def wait_gone(self, pattern, seconds=10):
        """Waits until the screen no longer matches."""
        self.until(f"the end of {pattern!r}", lambda t: not re.search(pattern, t.text()), seconds)
