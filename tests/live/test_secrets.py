"""What a session leaves of a password: nothing, wherever one looks.

Each session logs in, and while it waits at its prompt the test looks through
all that it has: memory, a core, /proc, open files, what it wrote, and what its
children were given."""

import base64
import contextlib
import os
import time
import unittest

import remains
from authority import TlsCase
from harness import SANITIZED, Running, Terminal
from servers import Posteld

PROTOCOLS = ("imap", "pop3", "smtp")

# What a child tells of itself and of its parent.
TELL = ("for f in environ cmdline; do cat /proc/self/$f /proc/$PPID/$f; done "
        ">>told 2>&1; ls -l /proc/self/fd >>told")


def b64(text):
    return base64.b64encode(text.encode()).decode()


@unittest.skipIf(SANITIZED, "a sanitizer keeps what was freed")
class SecretsCase(TlsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = {f"user{i}": remains.random_secret() for i in range(90)}
        # Words that must be quoted, or encoded in a URL.
        users |= {f"odd{i}": remains.random_secret(" \"%\\'/@é") for i in range(9)}
        cls.fresh = iter([u for u in users if u.startswith("user")])
        cls.odd = iter([u for u in users if u.startswith("odd")])
        cls.server = cls.with_server(Posteld(users, cls.authority))

    def setUp(self):
        super().setUp()
        self.take(next(self.fresh))
        (self.home.path / "config" / "postel").mkdir(parents=True)

    def take(self, user):
        self.user, self.password = user, self.server.users[user]

    def url(self, protocol, password=None, user=True):
        """In TLS if the name of the protocol ends in s, else in clear."""
        login = self.user + (f":{password}" if password else "") + "@"
        tail = "" if protocol.endswith("s") else "?starttls=no"
        return (f"{protocol}://{login if user else ''}127.0.0.1:"
                f"{getattr(self.server, protocol)}{tail}")

    def init(self, text):
        self.home.file("config/postel/init.lua", text)

    # ---- what is looked at ----

    def left(self, pid, typed=b"", own=False):
        """Every place where the password still is.  own: in the memory that
        is kept out of cores it may be, since an account lives there."""
        secret = self.password
        return (remains.in_memory(pid, secret, own)
                + remains.in_proc(pid, secret)
                + [line for child in remains.children(pid)
                   for line in remains.in_proc(child, secret)]
                + remains.in_files(self.home.path, secret)
                + remains.search(typed, secret, "the screen"))

    def assertNothing(self, lines):
        self.assertFalse(lines, "\n" + "\n".join(lines[:25]))

    # ---- sessions ----

    def at_terminal(self, *arguments):
        """A session whose trace goes to a file."""
        return self.enterContext(Terminal(
            self.home, "--trace=trace", f"--ca={self.authority.ca}",
            *arguments))

    def use(self, screen):
        """What sessions do behind a login, and what they write."""
        screen.line("NOOP")
        screen.expect(r"NOOP[^\n]*\n.*> ")
        screen.line(f"!{TELL}; echo do''ne")
        screen.expect("done.*> ")

    def typed(self, arguments, *steps, echoed=False, own=False, core=False):
        """Types lines, each once what is to come before it has come; then
        looks, while the session goes on and once it is over."""
        screen = self.at_terminal(*arguments)
        for before, line in steps:
            screen.expect(before)
            screen.line(line)
        screen.expect(rf"({self.user}@|welcome, {self.user}).*> ")
        seen = b"" if echoed else screen.seen
        self.assertNothing(self.left(screen.pid, seen, own))
        self.use(screen)
        self.assertNothing(self.left(screen.pid, seen, own))
        going = True
        if core:
            lines, going = remains.in_core(screen.pid, self.password,
                                           self.server.folder)
            self.assertNothing(lines)
        if going:
            screen.type("\x04")
            self.assertEqual(screen.wait(), 0)
        self.assertNothing(remains.in_files(self.home.path, self.password))
        self.assertIn("NOOP", (self.home.path / "trace").read_text())

    @contextlib.contextmanager
    def fresh_user(self, what):
        """A subtest with a user, a home and a password of its own."""
        self.setUp()
        with self.subTest(what):
            yield


class Sources(SecretsCase):
    """Logins that the program does by itself."""

    def test_url(self):
        for protocol in (*PROTOCOLS, "imaps", "pop3s", "smtps"):
            with self.fresh_user(protocol):
                self.typed([self.url(protocol, password=self.password)],
                           core=protocol in ("imap", "imaps"))

    def test_prompt(self):
        for protocol in ("imap", "pop3s", "smtps"):
            with self.fresh_user(protocol):
                self.typed([self.url(protocol)], ("Password for ", self.password))

    def test_file(self):
        for protocol in ("imaps", "pop3"):
            with self.fresh_user(protocol):
                path = self.server.folder / "password"
                path.write_text(self.password + "\r\n")
                path.chmod(0o600)
                self.typed([f"--password-file={path}", self.url(protocol)])

    def test_command(self):
        path = self.server.folder / "password"
        path.write_text(self.password + "\n")
        self.typed([f"--password-command={TELL}; cat {path}",
                    self.url("imaps")])
        self.assertTrue((self.home.path / "told").stat().st_size)

    def test_netrc(self):
        path = self.server.folder / "netrc"
        path.write_text("macdef init\n\tcd /\n\nmachine 127.0.0.1 login "
                        f"{self.user} password {self.password}\n")
        path.chmod(0o600)
        self.home.environment["NETRC"] = str(path)
        self.typed([self.url("pop3s")])

    def test_account(self):
        """It lives on, for the next login, in memory that no core holds."""
        for protocol in ("imaps", "smtp"):
            with self.fresh_user(protocol):
                config = self.server.folder / "config"
                (config / "postel").mkdir(parents=True, exist_ok=True)
                init = config / "postel" / "init.lua"
                init.write_text(f"postel.account {{name = 'work', password = "
                                f"'{self.password}', url = "
                                f"'{self.url(protocol)}'}}\n")
                init.chmod(0o600)
                self.home.environment["XDG_CONFIG_HOME"] = str(config)
                self.typed(["work"], own=True, core=True)

    def test_odd_password(self):
        self.take(next(self.odd))
        self.typed([self.url("imap")], ("Password for ", self.password))


class Typed(SecretsCase):
    """Logins that a person types."""

    def plain(self):
        return b64(f"\0{self.user}\0{self.password}")

    def connect(self, protocol):
        return ["127.0.0.1", getattr(self.server, protocol)]

    def test_verbs(self):
        for protocol in PROTOCOLS:
            with self.fresh_user(protocol):
                lines = {
                    "imap": [("> ", f"LOGIN {self.user} {self.password}")],
                    "pop3": [("> ", f"user {self.user}"),
                             (r"\+OK.*> ", f"pass {self.password}")],
                    "smtp": [("> ", "EHLO me.test"),
                             ("250 .*> ", f"AUTH PLAIN {self.plain()}")],
                }[protocol]
                self.typed(self.connect(protocol), *lines, echoed=True)

    def test_verbs_that_ask(self):
        for protocol in PROTOCOLS:
            with self.fresh_user(protocol):
                lines = {
                    "imap": [("> ", f"LOGIN {self.user}")],
                    "pop3": [("> ", f"USER {self.user}"), (r"\+OK.*> ", "PASS")],
                    "smtp": [("> ", "EHLO me.test"), ("250 .*> ", "AUTH PLAIN"),
                             ("User: ", self.user)],
                }[protocol]
                self.typed(self.connect(protocol), *lines,
                           ("Password: ", self.password))

    def test_login(self):
        for protocol in ("imap", "pop3"):
            with self.fresh_user(protocol):
                self.typed(self.connect(protocol), ("> ", f":login {self.user}"),
                           ("Password ", self.password))

    def test_auth(self):
        for mech in ("PLAIN", "CRAM-MD5", "SCRAM-SHA-256"):
            with self.fresh_user(mech):
                self.typed(self.connect("imap"),
                           ("> ", f":auth {mech} {self.user}"),
                           ("Password: ", self.password))

    def test_answers(self):
        """The mechanism LOGIN is answered by hand (draft-murchison-sasl-login
        has no more than its two questions)."""
        for protocol in ("imap", "smtp"):
            with self.fresh_user(protocol):
                verb = "AUTH" if protocol == "smtp" else "AUTHENTICATE"
                hello = [("> ", "EHLO me.test")] if protocol == "smtp" else []
                self.typed(self.connect(protocol), *hello,
                           ("> ", f"{verb} LOGIN"),
                           ("answer> ", self.user),
                           ("gives up[^>]*> ", self.password))

    def test_apop(self):
        self.typed(self.connect("pop3"), ("> ", f"APOP {self.user}"),
                   ("Password: ", self.password))

    def test_literal(self):
        """RFC 9051 4.3, RFC 7888: the password is a literal."""
        n = len(self.password)
        self.typed(self.connect("imap"),
                   ("> ", f"LOGIN {self.user} {{{n}}}"),
                   (r"\n[^\n]*> $", self.password), echoed=True)

    def test_wrong_password(self):
        right = self.password
        self.password = remains.random_secret()
        screen = self.at_terminal(*self.connect("imap"))
        screen.expect("> ")
        screen.line(f"LOGIN {self.user} {self.password}")
        screen.expect(r"\n\S+ NO [^\n]*\n.*> ")
        screen.line(f":auth SCRAM-SHA-256 {self.user}")
        screen.expect("Password: ")
        screen.line(self.password)
        screen.expect(r" NO [^\n]*\n.*> ")
        self.use(screen)
        self.assertNothing(self.left(screen.pid))
        self.assertNotEqual(right, self.password)

    def test_misspelt_verbs(self):
        """A line that would be a login if it were not misspelt."""
        for protocol in ("imap", "pop3", "smtp"):
            with self.fresh_user(protocol):
                line = {"imap": f"LOGN {self.user} {self.password}",
                        "pop3": f"PAS {self.password}",
                        "smtp": f"AUHT PLAIN {self.plain()}"}[protocol]
                screen = self.at_terminal(*self.connect(protocol))
                screen.expect("> ")
                screen.line(line)
                screen.expect(r"(BAD|-ERR|50\d) [^\n]*\n.*> ")
                self.use(screen)
                self.assertNothing(
                    remains.in_files(self.home.path, self.password))

    def test_lua(self):
        for protocol in ("imap", "pop3"):
            with self.fresh_user(protocol):
                self.typed(self.connect(protocol),
                           ("> ", f"=conn:login {{user = '{self.user}', "
                                  f"password = '{self.password}'}} and 'logged in'"),
                           echoed=True)

    def test_open(self):
        self.typed([], ("> ", f":open {self.url('imap', self.password)}"),
                   echoed=True)


class Batch(SecretsCase):
    """Without a terminal: the session waits for a child, or for a line."""

    def waiting(self, *arguments):
        """Runs postel until it has written the file `ready`."""
        running = Running(self.home, [
            "--trace=trace", f"--ca={self.authority.ca}", *arguments])
        self.addCleanup(running.process.wait)
        self.addCleanup(running.process.kill)
        ready = self.home.path / "ready"
        while not ready.exists():
            if running.has_ended():
                self.fail(f"it ended too soon: {running.wait()}")
            time.sleep(0.01)
        return running

    def looks(self, *arguments, own=False):
        running = self.waiting(*arguments)
        lines = self.left(running.process.pid, own=own)
        (self.home.path / "go").write_text("")
        result = running.wait()
        self.assertEqual(result.status, 0, result)
        self.assertNothing(lines + remains.search(
            result.out + result.err, self.password, "what was printed"))

    WAIT = f"!{TELL}; : >ready; while ! [ -e go ]; do sleep 0.02; done"

    def test_lines(self):
        for json in ("--json", "--quiet"):
            with self.fresh_user(json):
                self.looks(json, self.url("imap", user=False),
                           "-c", f"LOGIN {self.user} {self.password}",
                           "-c", self.WAIT)

    def test_file_of_lines(self):
        lines = self.server.folder / "lines"
        os.mkfifo(lines)
        with open(lines, "r+b", buffering=0) as fifo:
            fifo.write((f"USER {self.user}\nPASS {self.password}\n"
                        f"{self.WAIT}\n:quit\n").encode())
            self.looks(self.url("pop3", user=False), "-f", lines)

    def test_url(self):
        self.looks("--json", self.url("smtp", self.password),
                   "-c", self.WAIT)

    def test_recording(self):
        self.looks(self.url("imap", user=False),
                   "-c", ":record script.lua",
                   "-c", f"LOGIN {self.user} {self.password}",
                   "-c", ":record off", "-c", self.WAIT)
        self.assertTrue((self.home.path / "script.lua").exists())

    def test_script_with_a_url(self):
        self.home.file("wait.lua", """
            local conn = postel.connect(...)
            os.execute [[: >ready; while ! [ -e go ]; do sleep 0.02; done]]
            conn:close()""")
        self.looks("wait.lua", self.url("imap", self.password), own=True)

    def test_hook(self):
        self.init(f"postel.on('login', function() os.execute [[{TELL}]] end)")
        self.looks(self.url("imap", self.password), "-c", self.WAIT)


if __name__ == "__main__":
    unittest.main()
