"""Passwords asked for at the terminal, or got from a command."""

import os
import pty
import re
import select
import signal
import sys
import termios
import time
import unittest

from harness import AUTH, IMAP, POSTEL, SCRIPT, USAGE, Case

SERVER = """S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready"""
# alice, menhir
LOGIN = """C: a1 AUTHENTICATE PLAIN AGFsaWNlAG1lbmhpcg==
           S: a1 OK [CAPABILITY IMAP4rev1] in"""

# A shell with job control, as far as one job needs one: says on the terminal
# that the job has stopped, and whether there is an echo then; Enter goes on.
SHELL = """
import os, signal, sys, termios
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    _, status = os.waitpid(job, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        break
    os.tcsetpgrp(0, os.getpgrp())
    echo = termios.tcgetattr(0)[3] & termios.ECHO
    print("stopped, echo", "on" if echo else "off", flush=True)
    input()
    os.tcsetpgrp(0, job)
    os.killpg(job, signal.SIGCONT)
"""


def echoes(screen):
    return bool(termios.tcgetattr(screen.fd)[3] & termios.ECHO)


class Asked(Case):
    def url(self, *more):
        return f"imap://alice@127.0.0.1:{self.listen(SERVER, *more)}"

    def test_interrupt(self):
        screen = self.terminal(self.url())
        screen.expect("Password for alice at 127.0.0.1: $")
        self.assertFalse(echoes(screen))
        screen.type("men\x03")
        screen.expect("postel: interrupted\r\n")
        screen.ends(130)
        self.assertTrue(echoes(screen))

    def test_end(self):
        screen = self.terminal(self.url())
        screen.expect("Password for alice at 127.0.0.1: $")
        screen.type("\x04")
        screen.expect("postel: no answer given\r\n")
        screen.ends(130)
        self.assertTrue(echoes(screen))

    def test_no_terminal(self):
        result = self.run_postel(self.url())
        self.assertEqual(result.returncode, AUTH)
        self.assertIn(b"no password for alice", result.stderr)

    def test_stopped(self):
        """Ctrl-Z at the question leaves a terminal with an echo; behind it the
        question stands again, and what was typed before is forgotten."""
        command = [sys.executable, "-c", SHELL, POSTEL, self.url(LOGIN)]
        pid, fd = pty.fork()
        if pid == 0:
            os.execve(command[0], command, self.environment)
        seen = b""

        def expect(pattern):
            nonlocal seen
            limit = time.monotonic() + 10
            while not (found := re.search(pattern, seen)):
                ready, _, _ = select.select([fd], [], [], 1)
                if not ready and time.monotonic() > limit:
                    self.fail(f"waited for {pattern}, got {seen}")
                seen += os.read(fd, 4096) if ready else b""
            seen = seen[found.end():]

        try:
            expect(b"Password for alice at 127.0.0.1: $")
            os.write(fd, b"rubbish\x1a")
            expect(b"stopped, echo on\r\n")
            os.write(fd, b"\n")
            expect(b"Password for alice at 127.0.0.1: $")
            os.write(fd, b"menhir\n")
            expect(rb"alice@127.0.0.1 > ")
        finally:
            os.kill(pid, signal.SIGKILL)
            os.close(fd)
            os.waitpid(pid, 0)


class Commands(Case):
    url = Asked.url

    def test_it_may_ask(self):
        """As pinentry does, on the terminal; its errors are seen."""
        command = ("echo 'which stone?' >&2; read -r x; "
                   "test \"$x\" = one && echo menhir")
        screen = self.terminal(f"--password-command={command}",
                               self.url(LOGIN))
        screen.expect("which stone\\?\r\n")
        screen.line("one")
        screen.expect("alice@127.0.0.1 > $")

    def test_interrupt(self):
        screen = self.terminal(
            "--password-command=echo begun >&2; exec sleep 60", self.url())
        screen.expect("begun\r\n")
        screen.type("\x03")
        screen.expect("postel: interrupted\r\n")
        screen.ends(130)

    def test_others_are_heard(self):
        """A server that says something while the command runs."""
        other = self.peer("imap", IMAP, """
            C: a1 NOOP
            S: a1 OK
            S: * 7 EXISTS""")
        mark = self.home / "heard"
        url = self.url(LOGIN)
        screen = self.terminal(
            f"--trace={mark}", "--password-command=until grep -q EXISTS "
            f"{mark}; do sleep 0.02; done; echo menhir", other)
        screen.expect("> $")
        screen.line("NOOP")
        screen.line(f":open {url}")
        screen.expect("alice@127.0.0.1 > $")

    def test_failures(self):
        for command, status, says in (
                ("exit 3", AUTH,
                 "password command failed with status 3: exit"),
                ("kill -9 $$", AUTH,
                 "password command failed with status 137: kill"),
                ("true", AUTH, "password command: its first line is empty")):
            result = self.run_postel(f"--password-command={command}",
                                     self.url())
            self.assertEqual(
                (result.stderr.decode(), result.returncode),
                (f"postel: {says}\n", status))


class Errors(Case):
    """What messages quote is no password."""

    def test_option(self):
        result = self.run_postel("--pasword=menhir", "imap://h")
        self.assertEqual(result.returncode, USAGE)
        self.assertIn(b"unknown option --pasword;", result.stderr)

    def test_init_file(self):
        path = self.home / ".config" / "postel"
        path.mkdir(parents=True)
        (path / "init.lua").write_text(
            'postel.account {name = "a", password = "menhir\n}\n')
        result = self.run_postel("-c", ":set")
        self.assertEqual(result.returncode, SCRIPT)
        self.assertIn(b"init.lua:1: unfinished string", result.stderr)
        self.assertNotIn(b"menhir", result.stderr)

    def test_script_argument(self):
        """A script sees a URL without its password, and it works."""
        script = self.file("s.lua", """
            print((...), postel.url(...).password, arg[1] == ...)
            print(postel.connect(...).user)""")
        url = self.url(LOGIN, """
            C: a2 LOGOUT
            S: * BYE
            S: a2 OK""").replace("alice", "alice:menhir")
        result = self.run_postel(script, url)
        self.assertEqual(
            (result.stdout.decode(), result.returncode),
            (f"{url.replace('menhir', '%011')}\t<secret>\ttrue\nalice\n", 0),
            result.stderr)

    url = Asked.url


if __name__ == "__main__":
    unittest.main()
