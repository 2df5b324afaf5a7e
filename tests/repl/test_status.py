"""Exit statuses tell the truth: one peer for each (SHELL, "Batch")."""

import signal
import subprocess
import time

from harness import (AUTH, CONNECT, DONE, IMAP, LATER, LOST, POP3, POSTEL,
                     PROTOCOL, REFUSED, SCRIPT, SMTP, TLS, USAGE, Case)


class Statuses(Case):
    def assertStatus(self, status, *arguments, input=""):
        result = self.run_postel(*arguments, input=input)
        self.assertEqual(result.returncode, status, result)
        if status != DONE:
            self.assertNotEqual(result.stderr, b"")

    def test_without_a_server(self):
        for status, arguments in (
                (DONE, ["-c", "=1"]), (SCRIPT, ["-e", "error 'x'"]),
                (USAGE, ["--no-such-option"]), (USAGE, ["-c", "NOOP"]),
                (CONNECT, ["imap://127.0.0.1:1/"]),
                (CONNECT, ["127.0.0.1", "1"])):
            with self.subTest(arguments):
                self.assertStatus(status, *arguments)

    def test_with_a_peer(self):
        bye = "C~ (\\S+ LOGOUT|QUIT)\nCLOSE"
        for status, protocol, talk, line in (
                (DONE, "imap", "C: a1 NOOP\nS: a1 OK", "NOOP"),
                (AUTH, "pop3", "C: USER a\nS: +OK\nC: PASS b\nS: -ERR no",
                 "USER a\nPASS b"),
                (AUTH, "imap", "C: a1 LOGIN a b\nS: a1 NO no", "LOGIN a b"),
                (REFUSED, "smtp", "C: VRFY x\nS: 550 no", "VRFY x"),
                (REFUSED, "pop3", "C: RETR 1\nS: -ERR no", "RETR 1"),
                (LATER, "smtp", "C: VRFY x\nS: 450 later", "VRFY x"),
                (LATER, "imap", "C: a1 NOOP\nS: a1 NO [INUSE] x", "NOOP"),
                (PROTOCOL, "imap", "C: a1 NOOP\nS: a1 BAD x", "NOOP"),
                (PROTOCOL, "imap", "C: a1 NOOP\nS: what", "NOOP"),
                (LOST, "imap", "C: a1 NOOP\nCLOSE", "NOOP")):
            with self.subTest((protocol, talk)):
                start = {"imap": IMAP, "pop3": POP3, "smtp": SMTP}[protocol]
                done = ("C~ a2 LOGOUT\nS: * BYE\nS: a2 OK"
                        if status == DONE else bye)
                self.assertStatus(status, self.peer(
                    protocol, start, talk, done), input=line + "\n")

    def test_tls(self):
        port = self.listen("S: this is no TLS")
        self.assertStatus(TLS, f"imaps://127.0.0.1:{port}/")

    def test_timeout(self):
        self.assertStatus(LOST, "--timeout=1", self.peer(
            "imap", IMAP, "C: a1 NOOP\nSLEEP 4"), input="NOOP\n")

    def test_interrupted(self):
        run = subprocess.Popen(
            [POSTEL, self.peer("imap", IMAP, "C: a1 NOOP\nSLEEP 20"),
             "-c", "NOOP"], env=self.environment, cwd=self.home,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        time.sleep(0.8)
        run.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(10), 130)
