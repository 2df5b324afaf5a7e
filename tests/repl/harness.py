"""postel with a scripted peer, on pipes or at a terminal."""

import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import textwrap
import time
import unittest

from glass import Glass

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
POSTEL = os.path.abspath(os.environ.get(
    "POSTEL", ROOT / "build" / "release" / "postel"))

# Exit statuses.
(DONE, SCRIPT, USAGE, CONNECT, TLS, AUTH, REFUSED, LATER, PROTOCOL, LOST,
 PARTLY) = range(11)

# What a peer says first, so that postel has nothing to ask.
IMAP = "S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE LITERAL+] ready"
POP3 = """S: +OK ready
          C: CAPA
          S: +OK
          S: UIDL
          S: USER
          S: ."""
SMTP = """S: 220 mx.test ESMTP
          C~ EHLO .*
          S: 250 mx.test"""
LOGOUT = """C~ \\S+ LOGOUT
            S: * BYE
            S: {tag} OK"""


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="postel-repl-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.environment = {
            "PATH": os.defpath, "HOME": str(self.home), "TERM": "dumb",
            "LC_ALL": "C.UTF-8", "TMPDIR": str(self.home),
            "XDG_STATE_HOME": str(self.home / "state"),
            "NETRC": str(self.home / "netrc")}
        for name, value in os.environ.items():
            if name.endswith("SAN_OPTIONS"):
                self.environment[name] = value
        self.peers = 0

    def file(self, name, content=b""):
        path = self.home / name
        path.write_bytes(content if isinstance(content, bytes)
                         else content.encode())
        return path

    def script(self, *parts):
        """A file for peer.py out of these texts."""
        self.peers += 1
        lines = (line.strip() for part in parts
                 for line in textwrap.dedent(part).splitlines())
        return self.file(f"peer{self.peers}", "\n".join(lines) + "\n")

    def peer(self, protocol, *parts):
        """The URL of a peer that follows these texts."""
        command = f"exec {sys.executable} {HERE / 'peer.py'} {self.script(*parts)}"
        return f"{protocol}+pipe:{command}"

    def listen(self, *parts):
        """The port of such a peer."""
        ports = self.home / f"port{self.peers}"
        peer = subprocess.Popen([sys.executable, HERE / "peer.py",
                                 self.script(*parts), ports])
        self.addCleanup(peer.wait)
        self.addCleanup(peer.kill)
        limit = time.monotonic() + 10
        while not ports.exists():
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.01)
        return ports.read_text()

    def run_postel(self, *arguments, input=None, **options):
        options.setdefault("stdout", subprocess.PIPE)
        stdin = ({"input": input.encode() if isinstance(input, str) else input}
                 if input is not None else {"stdin": subprocess.DEVNULL})
        return subprocess.run(
            [POSTEL, *map(str, arguments)], **stdin, stderr=subprocess.PIPE,
            env=self.environment, cwd=self.home, timeout=50, check=False,
            **options)

    def batch(self, url, lines, *options, status=DONE, out=None, err=""):
        """Runs lines from standard input; stdout and stderr must be these
        (None: anything)."""
        result = self.run_postel(*options, url,
                                 input=textwrap.dedent(lines).lstrip("\n"))
        told = result.stdout, result.stderr, result.returncode
        if out is not None:
            out = textwrap.dedent(out).lstrip("\n").encode()
            self.assertEqual(result.stdout, out, told)
        if err is not None:
            err = textwrap.dedent(err).lstrip("\n").encode()
            self.assertEqual(result.stderr, err, told)
        self.assertEqual(result.returncode, status, told)
        return result

    def terminal(self, *arguments, **environment):
        terminal = Terminal(self, arguments, environment)
        self.addCleanup(terminal.close)
        return terminal


class Terminal:
    """postel at a pseudo-terminal."""

    def __init__(self, case, arguments, environment):
        self.case, self.seen, self.mark, self.status = case, b"", 0, None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(case.home)
                os.execve(POSTEL, ["postel", *map(str, arguments)],
                          case.environment | environment)
            finally:
                os._exit(127)
        self.resize(40, 120)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def line(self, text):
        self.type(text + "\r")

    def read(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], max(seconds, 0))
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.seen += data
        return bool(data)

    def expect(self, pattern, seconds=10):
        """Waits for something new that matches."""
        limit = time.monotonic() + seconds
        while not (found := re.search(pattern.encode(),
                                      self.seen[self.mark:], re.S)):
            if not self.read(limit - time.monotonic()):
                self.case.fail(f"waited for {pattern!r} behind "
                               f"{self.seen[:self.mark].decode()!r}, got "
                               f"{self.seen[self.mark:].decode()!r}")
        self.mark += found.end()
        return found

    def quiet(self, seconds=0.3):
        """All that comes until nothing has come for a while."""
        before = self.mark
        while self.read(seconds):
            pass
        self.mark = len(self.seen)
        return self.seen[before:]

    def shown(self, seconds=0.15, columns=120):
        """The lines that a person sees, once nothing more comes."""
        while self.read(seconds):
            pass
        self.mark = len(self.seen)
        return Glass(columns).show(self.seen).text()

    def tab(self, text, keys="\t"):
        """What stands behind the prompt after text and TAB in an empty
        line."""
        self.type("\x01\x0b" + text + keys)
        return self.shown()[-1].partition(" > ")[2]

    def listed(self, text):
        """The lines that TAB TAB shows behind text."""
        before = len(self.shown())
        self.tab(text, "")
        self.type("\x1b?")
        lines = self.shown()[before:]
        return lines[:-1]

    def cooked(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ICANON)

    def ends(self, status=0, seconds=10):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            self.read(0.02)
            if self.poll():
                while self.read(0):
                    pass
                self.case.assertEqual(self.status, status, self.seen)
                return
        self.case.fail(f"still running, showing {self.seen!r}")

    def poll(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def close(self):
        if not self.poll():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
