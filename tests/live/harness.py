"""Runs postel as a child, and says what it did."""

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest
import fcntl

import servers

POSTEL = pathlib.Path(os.environ.get(
    "POSTEL", servers.ROOT / "build" / "release" / "postel")).resolve()

# Exit statuses, by the kind of what went wrong.
(DONE, SCRIPT, USAGE, CONNECT, TLS, AUTH, REFUSED, LATER, PROTOCOL, LOST,
 PARTLY) = range(11)
INTERRUPTED = 130

# Sanitizers take memory and time of their own.
SANITIZED = "asan" in os.environ.get("BUILD", "")


class Result:
    """status is negative for a signal, rss is the peak in KiB."""

    def __init__(self, arguments, status, out, err, rss, seconds):
        self.arguments, self.status = arguments, status
        self.out, self.err = out, err
        self.rss, self.seconds = rss, seconds

    @property
    def lines(self):
        """The lines on standard error."""
        return self.err.decode(errors="replace").splitlines()

    def __str__(self):
        return (f"postel {' '.join(map(str, self.arguments))}\n"
                f"status {self.status}, {self.seconds:.2f} s, "
                f"{self.rss} KiB\n--- out ({len(self.out)})\n"
                f"{self.out[-800:].decode(errors='replace')}\n--- err\n"
                f"{self.err[-2000:].decode(errors='replace')}")


class Home:
    """A home of its own, so that no user's file takes part."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="postel-home-"))
        self.environment = {
            "PATH": os.defpath, "HOME": str(self.path), "TERM": "dumb",
            "LC_ALL": "C.UTF-8", "TMPDIR": str(self.path),
            "XDG_CONFIG_HOME": str(self.path / "config"),
            "XDG_STATE_HOME": str(self.path / "state"),
            "XDG_DATA_HOME": str(self.path / "data"),
            "NETRC": str(self.path / "netrc")}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def file(self, name, content, mode=0o600):
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes)
                         else content.encode())
        path.chmod(mode)
        return path

    def contains(self, secret):
        """The files that hold these octets."""
        return [p for p in self.path.rglob("*")
                if p.is_file() and secret in p.read_bytes()]

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def watch(pid, timeout):
    """Waits until a process ends, but no longer than timeout; returns its
    peak memory in KiB, and whether it has ended: waitid may say so a moment
    later.  (What getrusage says of a child is no less than what its parent
    had when it forked.)"""
    peak, limit, over = 0, time.monotonic() + timeout, False
    ended = select.poll()
    fd = os.pidfd_open(pid)
    try:
        ended.register(fd, select.POLLIN)
        while not (over := bool(ended.poll(5))) and time.monotonic() < limit:
            with open(f"/proc/{pid}/status", "rb") as status:
                found = re.search(rb"VmHWM:\s+(\d+)", status.read())
            peak = max(peak, int(found[1]) if found else 0)
    finally:
        os.close(fd)
    return peak, over


class Running:
    """A postel that is under way."""

    def __init__(self, home, arguments, input=b"", stdout=None, env=None):
        self.arguments = [str(a) for a in arguments]
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.began = time.monotonic()
        stdin = tempfile.TemporaryFile()
        stdin.write(input)
        stdin.seek(0)
        with stdin:
            self.process = subprocess.Popen(
                [POSTEL, *self.arguments], stdin=stdin,
                stdout=stdout or self.out, stderr=self.err, cwd=home.path,
                env=home.environment | (env or {}), start_new_session=True)

    def signal(self, number):
        """To the process and what it started, if it still runs."""
        if self.process.returncode is None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                pass

    def has_ended(self):
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED
                         | os.WNOHANG | os.WNOWAIT) is not None

    def wait(self, timeout=60):
        peak, over = watch(self.process.pid, timeout)
        if not over:
            self.signal(signal.SIGKILL)
        self.process.wait()
        seconds = time.monotonic() - self.began
        texts = []
        for stream in (self.out, self.err):
            stream.seek(0)
            texts.append(stream.read())
            stream.close()
        result = Result(self.arguments, self.process.returncode, *texts,
                        peak, seconds)
        if not over:
            raise AssertionError(f"not done after {timeout} s\n{result}")
        return result


class LiveCase(unittest.TestCase):
    """A test that runs postel; it prints its servers' logs if it fails."""

    longMessage = True
    logged = ()  # servers whose log helps

    @classmethod
    def setUpClass(cls):
        if not POSTEL.is_file():
            raise AssertionError(f"{POSTEL} is missing: build it first")

    @classmethod
    def with_server(cls, server):
        cls.logged = (*cls.logged, server)
        return cls.enterClassContext(server)

    @classmethod
    def with_users(cls, server, password="secret", count=40):
        """Starts server(users); take_user gives each test its own."""
        users = {f"user{i}": password for i in range(count)}
        cls.fresh = iter(users)
        return cls.with_server(server(users))

    def take_user(self, server):
        self.user = next(type(self).fresh)
        self.inbox = server.inbox(self.user)

    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.close)

    def run(self, result=None):
        result = result or self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for server in self.logged:
                print(f"\n=== {self.id()}: log of {server.name}\n"
                      f"{server.log()}", flush=True)
        return result

    def start(self, *arguments, **options):
        return Running(self.home, arguments, **options)

    def postel(self, *arguments, timeout=60, **options):
        return self.start(*arguments, **options).wait(timeout)

    def done(self, *arguments, **options):
        """Runs postel, which must end with status 0."""
        result = self.postel(*arguments, **options)
        self.assertEqual(result.status, DONE, result)
        return result

    def fails(self, status, pattern, *arguments, **options):
        """Runs postel, which must end with that status (or one of those)
        and exactly one line on standard error that matches; behind it how to
        go on may be told, where TLS did not come about or nothing came."""
        result = self.postel(*arguments, **options)
        self.assertFailed(result, status, pattern)
        return result

    def assertFailed(self, result, status, pattern):
        allowed = status if isinstance(status, tuple) else (status,)
        self.assertIn(result.status, allowed, result)
        self.assertIn(len(result.lines), (1, 2) if {TLS, LOST} & {*allowed}
                      else (1,), result)
        self.assertRegex(result.lines[0], pattern, result)
        self.assertNotRegex(result.err, rb"[\x00-\x08\x0b-\x1f\x7f]", result)
        self.assertNotIn(b"traceback", result.err.lower(), result)

    def secret(self, password):
        return f"--password-file={self.home.file('secret', password)}"


class PosteldCase(LiveCase):
    """A test of posteld, which is small whatever it is asked for."""

    MEMORY = 64 << 10  # KiB

    def serve(self, *arguments, **options):
        server = servers.Posteld(*arguments, **options)
        self.logged = (server,)
        return self.enterContext(server)

    def assertSmall(self, server):
        if not SANITIZED:
            self.assertLess(server.memory("VmHWM"), self.MEMORY)


class Terminal:
    """A postel at a terminal of its own, typed at and read from."""

    def __init__(self, home, *arguments, env=None, columns=200):
        self.seen, self.mark = b"", 0
        environment = home.environment | (env or {})
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(home.path)
                os.execve(POSTEL, ["postel", *map(str, arguments)],
                          environment)
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 50, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def line(self, text):
        self.type(text + "\r")

    def _read(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], max(seconds, 0))
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other side is closed
            data = b""
        self.seen += data
        return bool(data)

    def expect(self, pattern, seconds=10):
        """Waits for something new on the screen that matches; what stands
        before it counts as read."""
        limit = time.monotonic() + seconds
        pattern = pattern.encode() if isinstance(pattern, str) else pattern
        while True:
            found = re.search(pattern, self.seen[self.mark:], re.S)
            if found:
                self.mark += found.end()
                return found
            if not self._read(limit - time.monotonic()):
                raise AssertionError(
                    f"waited for {pattern!r}, the screen holds:\n"
                    f"{self.seen.decode(errors='replace')}")

    def echo_is_off(self):
        return not termios.tcgetattr(self.fd)[3] & termios.ECHO

    def wait(self, seconds=10):
        """The exit status, once the program has ended by itself."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            self._read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = None
                while self._read(0):
                    pass
                return os.waitstatus_to_exitcode(status)
        raise AssertionError(f"still running, the screen holds:\n"
                             f"{self.seen.decode(errors='replace')}")

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = None
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
