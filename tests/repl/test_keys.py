"""Keys: Ctrl-C wherever one may be, arrows, widths, terminals of all kinds."""

import os
import signal
import time

from harness import IMAP, POP3, SMTP, Case


class Interrupts(Case):
    """Ctrl-C in each mode; that one can go on afterwards is the point."""

    def test_literal(self):
        screen = self.terminal(self.peer("imap", IMAP, """
            C: a1 APPEND x {5}
            S: + go"""))
        screen.expect("> $")
        screen.line("APPEND x {5}")
        screen.expect("literal 5> $")
        screen.type("ab\x03")
        screen.expect(r"drop the connection\? \[y/N\] $")
        screen.type("\x03")  # is no yes
        screen.expect("literal 5> $")
        screen.type("\x03")
        screen.expect(r"\[y/N\] $")
        screen.line("y")
        screen.expect(r"\(closed\) > $")

    def test_sasl(self):
        screen = self.terminal(self.peer("imap", """
            S: * OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] ready
            C: a1 AUTHENTICATE LOGIN
            S: + VXNlcm5hbWU6
            C: *
            S: a1 BAD gave up
            C: a2 NOOP
            S: a2 OK still"""))
        screen.expect("> $")
        screen.line("AUTHENTICATE LOGIN")
        screen.expect("answer> $")
        screen.type("\x03")
        screen.expect(r"\[y/N\] $|> $")
        if screen.seen.endswith(b"[y/N] "):
            screen.line("n")
            screen.expect("answer> $")
            screen.line("*")
        screen.expect("a1 BAD gave up")
        screen.line("NOOP")
        screen.expect("a2 OK still")

    def test_question(self):
        screen = self.terminal(self.peer("imap", """
            S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
            C: a1 NOOP
            S: a1 OK still"""))
        screen.expect("> $")
        screen.line("AUTHENTICATE PLAIN")
        screen.expect("User: $")
        screen.type("al\x03")
        screen.expect("nothing is sent\r\n[^\r\n]*imap pipe > $")
        screen.line("NOOP")
        screen.expect("a1 OK still")

    def test_waiting_twice(self):
        flag = self.home / "now"
        screen = self.terminal(self.peer("imap", IMAP, f"""
            C: a1 NOOP
            WAIT {flag}
            S: a1 OK late
            C: a2 CHECK
            S: a2 OK two"""))
        screen.expect("> $")
        screen.line("NOOP")
        screen.expect("C: a1 NOOP")
        screen.type("\x03")
        screen.expect(r"\+1 > $")
        for _ in range(2):
            screen.type("\x03")
            screen.expect(r"\^C\r\n[^\r\n]*\+1 > $")
        screen.type("half")
        screen.shown()
        flag.touch()
        screen.expect(r"a1 OK late\r\n[^\r\n]*> half$")
        screen.type("\x03")
        screen.line("CHECK")
        screen.expect("a2 OK two")

    def test_connecting(self):
        screen = self.terminal()
        screen.expect("> $")
        # It listens, and says nothing.
        flag = self.home / "never"
        port = self.listen(f"WAIT {flag}")
        screen.line(f":open 127.0.0.1 {port}")
        time.sleep(0.3)
        screen.type("\x03")
        screen.expect("interrupted\r\n[^\r\n]*postel > $")
        screen.line("=6*7")
        screen.expect("42")

    def test_command_of_the_system(self):
        screen = self.terminal()
        screen.expect("> $")
        screen.line("!sleep 60")
        time.sleep(0.3)
        screen.type("\x03")
        screen.expect("postel > $", 5)
        screen.line("=6*7")
        screen.expect("42")

    def test_lua(self):
        screen = self.terminal()
        screen.expect("> $")
        screen.line("=while true do end")
        time.sleep(0.3)
        screen.type("\x03")
        screen.expect("interrupted[^>]*> $", 5)
        self.assertTrue(screen.shown()[-1].endswith(">"))
        self.assertEqual(screen.seen.count(b"^C"), 1)
        screen.line("=6*7")
        screen.expect("42")

    def test_pipe(self):
        screen = self.terminal(self.peer("pop3", POP3, """
            C: RETR 1
            S: +OK
            S: hello
            S: .
            C: NOOP
            S: +OK still"""))
        screen.expect("> $")
        screen.line("RETR 1 :| sleep 60")
        time.sleep(0.4)
        screen.type("\x03")
        screen.expect("> $", 5)
        screen.line("NOOP")
        screen.expect(r"\+OK still")


class Lines(Case):
    def test_as_typed(self):
        """Byte for byte, whatever it looks like to others."""
        lines = (r"store 2 +FLAGS (\Seen)", r'SEARCH SUBJECT "a\\b\"c"',
                 "Q", "RCPT TO:<x@y.test>", "RENAME a b", "~. ~! $HOME `x` %s")
        talk = "".join(f"C: a{n} {line}\nS: a{n} BAD\n"
                       for n, line in enumerate(lines, 1))
        screen = self.terminal(self.peer("imap", IMAP, talk))
        for n, line in enumerate(lines, 1):
            screen.expect("> $")
            screen.line(line)
            screen.expect(f"a{n} BAD")

    def test_arrows_never_reach_the_server(self):
        screen = self.terminal(self.peer("imap", IMAP, """
            C: a1 NOOP
            S: a1 OK one
            C: a2 NOOP
            S: a2 OK two
            C: a3 CHECK
            S: a3 OK three"""), TERM="xterm")
        screen.expect("> $")
        screen.line("NP\x1b[DOO\x1b[C\x1b[H\x1b[F")
        screen.expect("a1 OK one")
        screen.expect("> $")
        screen.type("\x1b[A\r")
        screen.expect("a2 OK two")
        screen.expect("> $")
        screen.line("CHEC\x1b[5~\x1b[3~\x1bOAK\x15CHECK")
        screen.expect("a3 OK three")

    def test_closed_connection_gets_no_line(self):
        flag = self.home / "now"
        screen = self.terminal(self.peer("smtp", SMTP, f"""
            WAIT {flag}
            S: 421 bye
            CLOSE"""))
        screen.expect("> $")
        screen.type("touch ")
        flag.touch()
        screen.expect(r"\(closed\) > touch $")
        screen.line("owned")
        screen.expect("the line went nowhere")
        self.assertFalse((self.home / "owned").exists())

    def test_wide_and_long_lines(self):
        flag = self.home / "now"
        screen = self.terminal(self.peer("imap", IMAP, f"""
            WAIT {flag}
            S: * 23 EXISTS
            C~ a1 SEARCH SUBJECT .*
            S: a1 OK found"""), TERM="xterm")
        screen.resize(20, 40)
        os.kill(screen.pid, signal.SIGWINCH)
        screen.expect("> $")
        text = "SEARCH SUBJECT 日本語日本語日本語日本語éé" + "x" * 50
        screen.type(text)
        screen.shown()
        screen.resize(20, 60)
        os.kill(screen.pid, signal.SIGWINCH)
        screen.shown()
        before = len(screen.seen)
        flag.touch()
        screen.expect(r"\* 23 EXISTS\r\n")
        screen.shown()
        # All of the line stands behind the event again.
        again = screen.seen[before:].partition(b"EXISTS")[2].decode()
        again = "".join(c for c in again if c not in "\r\n\b ")
        self.assertIn(text.replace(" ", ""), again)
        screen.type("\r")
        screen.expect("a1 OK found")


class Terminals(Case):
    def test_dumb_unset_and_unknown(self):
        for term in ("dumb", "", "no-such-terminal", None):
            with self.subTest(term):
                environment = {} if term is None else {"TERM": term}
                if term is None:
                    del self.environment["TERM"]
                screen = self.terminal(self.peer("imap", IMAP, """
                    C: a1 NOOP
                    S: a1 NO never"""), **environment)
                screen.expect("imap pipe > $")
                screen.line("NOOP")
                screen.expect("a1 NO never[^\r]*\r\n[^\r\n]*imap pipe > $")
                if term != "no-such-terminal":
                    self.assertNotIn(b"\x1b", screen.seen)

    def test_none_at_all(self):
        result = self.run_postel(self.peer("imap", IMAP, """
            C: a1 NOOP
            S: a1 OK
            C: a2 LOGOUT
            S: a2 OK"""), input="NOOP\n")
        self.assertEqual((result.stdout, result.stderr, result.returncode),
                         (b"a1 OK\n", b"", 0))

    def test_no_color(self):
        screen = self.terminal(self.peer("imap", IMAP), TERM="xterm",
                               NO_COLOR="1")
        screen.expect("> $")
        self.assertNotIn(b"\x1b[3", screen.seen)

    def test_refused_select_leaves_nothing_selected(self):
        """RFC 3501 6.3.1, RFC 9051 6.3.2; after BAD no SELECT was tried."""
        screen = self.terminal(self.peer("imap", IMAP, """
            C: a1 SELECT INBOX
            S: * 2 EXISTS
            S: a1 OK
            C: a2 SELECT
            S: a2 BAD what
            C: a3 EXAMINE None
            S: a3 NO none"""))
        for line, prompt in (("SELECT INBOX", r"pipe INBOX\[2\] > $"),
                             ("SELECT", r"pipe INBOX\[2\] > $"),
                             ("EXAMINE None", "pipe > $")):
            screen.shown()
            screen.line(line)
            screen.expect(r"a\d (OK|BAD|NO)[^\r]*\r\n")
            screen.expect(prompt)


class Encrypted(Case):
    def test_prompt_says_so(self):
        screen = self.terminal("lab")
        screen.expect("> $", 20)
        for use, line, before, behind in (
                ("imap", "STARTTLS", "imap: imap 127", "imap: imaps 127"),
                ("pop3", "STLS", "pop3: pop3 127", "pop3: pop3s 127")):
            screen.line(f":use {use}")
            screen.expect(before + "[^\r\n]*> $")
            screen.line(line)
            screen.expect(behind + "[^\r\n]*> $")
        screen.type("\x04")
        screen.ends(0)


class Speed(Case):
    """Generous: shared machines.  The figures are printed."""

    def test_keystrokes(self):
        screen = self.terminal(self.peer("imap", IMAP), TERM="xterm")
        screen.expect("> $")
        times = []
        cpu = self.cpu(screen)
        for n in range(400):
            if n % 40 == 39:
                screen.type("\x15")
                screen.shown(0.05)
                continue
            begun = time.perf_counter()
            screen.type("a")
            screen.read(1)
            times.append(time.perf_counter() - begun)
        median = sorted(times)[len(times) // 2] * 1000
        each = (self.cpu(screen) - cpu) / len(times) * 1000
        print(f"# a key: {median:.3f} ms until its echo, {each:.3f} ms of CPU")
        self.assertLess(median, 10)
        self.assertLess(each, 10)

    def cpu(self, screen):
        with open(f"/proc/{screen.pid}/stat", encoding="ascii") as f:
            words = f.read().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def test_prompt_behind_the_greeting(self):
        times = []
        for _ in range(5):
            screen = self.terminal(self.peer("imap", "SLEEP 0.3", IMAP))
            screen.expect("ready")
            begun = time.perf_counter()
            screen.expect("> $")
            times.append(time.perf_counter() - begun)
        median = sorted(times)[2] * 1000
        print(f"# a prompt: {median:.3f} ms behind the greeting")
        self.assertLess(median, 200)
