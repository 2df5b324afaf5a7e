"""History, and where secrets must not be."""

import base64
import os
import pathlib
import stat

from harness import IMAP, POP3, Case

SECRET = "hU5h-s3cret"
PLAIN = base64.b64encode(f"\0alice\0{SECRET}".encode()).decode()


class History(Case):
    def lines(self):
        path = self.home / "state" / "postel" / "history"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        return path.read_text().splitlines()

    def assertNowhere(self, screen=None):
        """Neither in a file of the home, nor in what others see of us."""
        for secret in (SECRET, PLAIN,
                       base64.b64encode(SECRET.encode()).decode()):
            secret = secret.encode()
            for path in self.home.rglob("*"):
                if path.is_file() and not path.name.startswith("peer"):
                    self.assertNotIn(secret, path.read_bytes(), path)
            if screen is not None and not screen.poll():
                for name in ("cmdline", "environ"):
                    path = pathlib.Path(f"/proc/{screen.pid}/{name}")
                    self.assertNotIn(secret, path.read_bytes(), name)

    def test_an_empty_line_is_none(self):
        """The sanitizer saw a read beyond the line."""
        screen = self.terminal()
        screen.expect("postel > $")
        screen.line("")
        screen.expect("postel > $")
        screen.line(":quit")
        screen.ends()

    def test_each_shape_of_a_secret(self):
        """Typed with nothing open: what is kept depends on the line alone."""
        shapes = {
            f"LOGIN alice {SECRET}": "LOGIN alice",
            f'a1 login "al ice" "{SECRET}"': 'a1 login "al ice"',
            "LOGIN alice {11}": "LOGIN alice",
            "LOGIN {5}": "LOGIN {5}",
            f"PASS {SECRET}": "PASS",
            f"pass {SECRET} with spaces": "pass",
            f"APOP alice {SECRET}": "APOP alice",
            f"AUTH PLAIN {PLAIN}": "AUTH PLAIN",
            f"AUTHENTICATE PLAIN {PLAIN}": "AUTHENTICATE PLAIN",
            f"x authenticate plain {PLAIN}": "x authenticate plain",
            f"\tPASS\t{SECRET}": "PASS",
            f":open imap://alice:{SECRET}@127.0.0.1:1/":
                ":open imap://alice@127.0.0.1:1/",
            f":open imaps://a%40b:{SECRET}@127.0.0.1:1/ box":
                ":open imaps://a%40b@127.0.0.1:1/ box",
            f":open imap:alice:{SECRET}@127.0.0.1":
                ":open imap:alice@127.0.0.1",
            f":open imap://alice:x@{SECRET}@127.0.0.1:1/":
                ":open imap://alice@127.0.0.1:1/",
            f":open imap://alice:x/{SECRET}@127.0.0.1:1":
                ":open imap://alice@127.0.0.1:1",
            # Slips.
            f"PAS {SECRET}": "PAS",
            f"a1 LOGN alice {SECRET}": "a1 LOGN alice",
            f"auht plain {PLAIN}": "auht plain",
            f":login alice {SECRET}": ":login alice",
            f":json LOGIN alice {SECRET}": ":json LOGIN alice",
            "LIST pas *": "LIST pas *",
        }
        screen = self.terminal()
        for line in shapes:
            screen.expect("> $")
            screen.line(line.replace("\t", "\x16\t"))  # Ctrl-V TAB
        screen.expect("> $")
        self.assertEqual(self.lines(), list(shapes.values()))
        self.assertNowhere(screen)
        screen.type("\x12ogin \x12\x12")  # Ctrl-R
        self.assertNotIn(SECRET, screen.shown()[-1])

    def test_answers_are_no_lines(self):
        trace = self.home / "trace"
        screen = self.terminal(self.peer("imap", rf"""
            S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
            C: a1 LOGIN {{5}}
            S: + go
            C: alice {{11}}
            S: + go on
            C: {SECRET}
            S: a1 NO
            C: a2 AUTHENTICATE LOGIN
            S: + UGFzc3dvcmQ6
            C: {base64.b64encode(SECRET.encode()).decode()}
            S: a2 NO
            C: a3 LOGIN alice "{SECRET}"
            S: a3 NO
            C: a4 AUTHENTICATE PLAIN
            S: + 
            C: {PLAIN}
            S: a4 OK in"""))
        screen.expect("> $")
        screen.line(f":trace {trace}")
        screen.expect("> $")
        screen.line("LOGIN {5}")
        screen.expect("literal 5> $")
        screen.line("alice {11}")
        screen.expect("literal 11> $")
        screen.line(SECRET)
        screen.expect(r"rest of the line> $|a1 NO")
        if not screen.seen.endswith(b"NO"):
            screen.line("")
        screen.expect("imap pipe > $")
        screen.line("AUTHENTICATE LOGIN")
        screen.expect(r"gives up\)> $")
        screen.line(SECRET)
        screen.expect("a2 NO.*> $")
        screen.line("LOGIN alice")
        screen.expect("Password: $")
        screen.line(SECRET)
        screen.expect("a3 NO.*> $")
        screen.line("AUTHENTICATE PLAIN")
        screen.expect("User: $")
        screen.line("alice")
        screen.expect("Password: $")
        screen.line(SECRET)
        screen.expect("a4 OK in")
        self.assertEqual(self.lines()[1:], [
            "LOGIN {5}", "AUTHENTICATE LOGIN", "LOGIN alice",
            "AUTHENTICATE PLAIN"])
        self.assertNowhere(screen)
        self.assertNotIn(SECRET.encode(), screen.seen)

    def test_password_of_the_command_line(self):
        screen = self.terminal(self.peer("pop3", POP3))
        screen.expect("> $")
        url = f"pop3://alice:{SECRET}@127.0.0.1:{self.listen(POP3)}/"
        other = self.terminal("--insecure", url)
        other.shown(0.5)
        self.assertNowhere(other)
        self.assertNotIn(SECRET.encode(), other.seen)

    def test_two_shells_do_not_mix_lines(self):
        one, two = self.terminal(), self.terminal()
        for n in range(20):
            for name, screen in (("one", one), ("two", two)):
                screen.line(f'="{name}{n}"..("{name[0]}"):rep(200):len()')
        for screen in (one, two):
            screen.expect("19200\r\n[^\r\n]*> $", 20)
        self.assertEqual(
            sorted(self.lines()),
            sorted(f'="{name}{n}"..("{name[0]}"):rep(200):len()'
                   for n in range(20) for name in ("one", "two")))

    def test_search(self):
        screen = self.terminal(self.peer("imap", IMAP))
        screen.expect("> $")
        screen.line("=6*7")
        screen.expect("42\r\n[^\r\n]*> $")
        screen.line("=1")
        screen.expect("1\r\n[^\r\n]*> $")
        screen.type("\x12" + "6*")
        screen.shown()
        screen.type("\r")
        screen.expect("42\r\n")

    def test_no_home(self):
        del self.environment["XDG_STATE_HOME"]
        self.environment["HOME"] = "/proc/nowhere"
        screen = self.terminal()
        screen.expect("> $")
        screen.line("=6*7")
        screen.expect("42\r\n[^\r\n]*> $")

    def test_a_link_is_not_followed(self):
        target = self.file("target", "old\n")
        folder = self.home / "state" / "postel"
        folder.mkdir(parents=True)
        os.symlink(target, folder / "history")
        screen = self.terminal()
        screen.expect("> $")
        screen.line("=1")
        screen.expect("1\r\n[^\r\n]*> $")
        self.assertEqual(target.read_text(), "old\n")
