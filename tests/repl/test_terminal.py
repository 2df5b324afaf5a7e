"""A person at a terminal: prompts, what comes unasked, secrets, keys."""

import os
import signal
import stat
import time

from harness import IMAP, POP3, SMTP, Case

LOGOUT = """C~ a\\d+ LOGOUT
            S: * BYE see you
            CLOSE"""


class Prompts(Case):
    def test_imap(self):
        screen = self.terminal(self.peer("imap", IMAP, """
            C: a1 SELECT INBOX
            S: * 22 EXISTS
            S: a1 OK [READ-WRITE] there
            C: a2 SELECT Nowhere
            S: a2 NO no such mailbox
            C: a3 SELECT Other
            S: * 1 EXISTS
            S: a3 OK [READ-ONLY] there""", LOGOUT))
        screen.expect(r"PREAUTH.*ready\r\nimap pipe > $")
        screen.line("SELECT INBOX")
        screen.expect(r"C: a1 SELECT INBOX\r\n\* 22 EXISTS\r\na1 OK")
        screen.expect(r"imap pipe INBOX\[22\] > $")
        screen.line("SELECT Nowhere")
        # RFC 9051 6.3.2: the mailbox before is left, even if this fails.
        screen.expect(r"a2 NO no such mailbox\r\nimap pipe > $")
        screen.line("SELECT Other")
        screen.expect(r"imap pipe Other\[1\][^>]*> $")

    def test_pop3(self):
        screen = self.terminal(self.peer("pop3", POP3, """
            C: USER alice
            S: +OK
            C: PASS x
            S: -ERR no
            C: USER alice
            S: +OK
            C: PASS y
            S: +OK
            C: STAT
            S: +OK 3 300
            C: DELE 1
            S: +OK
            C: DELE 9
            S: -ERR
            C: STAT
            S: +OK 2 200
            C: RSET
            S: +OK"""))
        screen.expect("pop3 pipe > $")
        for line, prompt in (("USER alice", "pop3 pipe"),
                             ("PASS x", "pop3 pipe"),
                             ("USER alice", "pop3 pipe"),
                             ("PASS y", "pop3 alice@pipe"),
                             ("STAT", r"pop3 alice@pipe \S*3\S*"),
                             ("DELE 1", r"pop3 alice@pipe 1/3 del"),
                             ("DELE 9", r"pop3 alice@pipe 1/3 del"),
                             ("STAT", r"pop3 alice@pipe 1/3 del"),
                             ("RSET", r"pop3 alice@pipe 3")):
            screen.line(line)
            screen.expect(rf"[+-]\w+[^\n]*\r\n{prompt} > $")

    def test_smtp(self):
        screen = self.terminal(self.peer("smtp", SMTP, """
            C: MAIL FROM:<a@b.test>
            S: 250 ok
            C: RCPT TO:<x@b.test>
            S: 550 no
            C: RCPT TO:<y@b.test>
            S: 250 ok
            C: QUIT
            S: 221 bye
            CLOSE"""))
        screen.expect("220 mx.test ESMTP|250 mx.test")
        for line, prompt in (("MAIL FROM:<a@b.test>", r" \(mail\)"),
                             ("RCPT TO:<x@b.test>", r" \(mail\)"),
                             ("RCPT TO:<y@b.test>", r" \(1 rcpt\)"),
                             ("QUIT", r" \(closed\)")):
            screen.line(line)
            screen.expect(rf"smtp pipe{prompt} > $")
        screen.line("NOOP")
        screen.expect("is closed, and the line went nowhere")

    def test_several(self):
        screen = self.terminal(self.peer("imap", IMAP, LOGOUT))
        screen.expect("imap pipe > $")
        url = self.peer("pop3", POP3, "C: QUIT\nS: +OK")
        screen.line(f":open '{url}'")
        screen.expect("pop3: pop3 pipe > $")
        screen.line(":conns")
        screen.expect(r"  imap +imap pipe\r\n\* pop3 +pop3 pipe\r\n")
        screen.line(":use imap")
        screen.expect("imap: imap pipe > $")
        screen.line(":close")
        screen.expect(r"BYE see you\r\n.*pop3 pipe > $")
        screen.line(":drop")
        screen.expect("postel > $")
        screen.line("quit")
        screen.ends(0)

    def test_closed_while_one_thinks(self):
        flag = self.home / "now"
        screen = self.terminal(self.peer("imap", IMAP, f"""
            WAIT {flag}
            S: * BYE idle for too long
            CLOSE"""))
        screen.expect("imap pipe > $")
        screen.type("SEL")
        flag.touch()
        screen.expect(r"\* BYE idle for too long\r\n")
        screen.expect(r"imap pipe \(closed\) > SEL$")


class Unasked(Case):
    def test_half_typed_text_survives(self):
        flag = self.home / "now"
        screen = self.terminal(self.peer("imap", IMAP, f"""
            WAIT {flag}
            S: * 23 EXISTS
            C: a1 NOOP
            S: a1 OK done"""), TERM="xterm")
        screen.expect("imap pipe > $")
        screen.type("NO")
        screen.expect("NO")
        flag.touch()
        screen.expect(r"\* 23 EXISTS\r\nimap pipe > NO")
        screen.line("OP")
        screen.expect("a1 OK done")

    def test_from_another_connection(self):
        flag = self.home / "now"
        screen = self.terminal(self.peer("imap", IMAP, f"""
            WAIT {flag}
            S: * 23 EXISTS"""))
        screen.expect("imap pipe > $")
        screen.line(f":open '{self.peer('pop3', POP3)}'")
        screen.expect("pop3: pop3 pipe > $")
        flag.touch()
        screen.expect(r"[\r\n]imap: \* 23 EXISTS\r\n")

    def test_late_answer(self):
        flag = self.home / "now"
        screen = self.terminal(self.peer("imap", IMAP, f"""
            C: a1 NOOP
            WAIT {flag}
            S: a1 OK at last"""))
        screen.expect("imap pipe > $")
        screen.line("NOOP")
        screen.expect("C: a1 NOOP")
        time.sleep(0.2)
        screen.type("\x03")
        screen.expect(r"imap pipe \+1 > $")
        screen.line("=6*7")
        screen.expect(r"42\r\nimap pipe \+1 > $")
        flag.touch()
        screen.expect(r"a1 OK at last\r\nimap pipe > $")

    def test_escapes_are_made_visible(self):
        screen = self.terminal(self.peer("imap", r"""
            S: * PREAUTH [CAPABILITY IMAP4rev1] ready
            C: a1 NOOP
            s: * OK \x1b]0;title\x07 \x9b2J \xe2\x80\xae\r\n
            s: * 1 FETCH (BODY[] {8}\r\na\x1b[2J\rb\n)\r\n
            S: a1 OK done"""), TERM="xterm")
        screen.line("NOOP")
        screen.expect("a1 OK done")
        for bad in (b"\x1b]0;", b"\x07", b"\x9b", b"\x1b[2J", b"\rb",
                    b"\xe2\x80\xae"):
            self.assertNotIn(bad, screen.seen)
        self.assertIn(b"^[]0;title^G", screen.seen)
        self.assertIn(b"a^[[2J^Mb", screen.seen)

    def test_colours_where_they_are_wanted(self):
        for environment, coloured in (({"TERM": "xterm"}, True),
                                      ({"TERM": "dumb"}, False),
                                      ({"TERM": "xterm", "NO_COLOR": "1"},
                                       False)):
            screen = self.terminal(self.peer("imap", IMAP, """
                C: a1 NOOP
                S: a1 NO never"""), **environment)
            screen.line("NOOP")
            screen.expect("a1 NO never")
            self.assertEqual(b"\x1b[31m" in screen.seen, coloured)


class Secrets(Case):
    def history(self):
        path = self.home / "state" / "postel" / "history"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        return path.read_text().splitlines()

    def hidden(self, screen, secret):
        screen.expect("Password: $")
        screen.line(secret)

    def test_asked_for(self):
        trace = self.home / "trace"
        for protocol, start, line, wire in (
                ("imap", "S: * OK [CAPABILITY IMAP4rev1] ready",
                 "LOGIN alice", ['C: a1 LOGIN alice "hu\\"sh"',
                                 "S: a1 OK in"]),
                ("pop3", POP3, "PASS", ['C: PASS hu"sh', "S: +OK in"]),
                ("pop3", POP3.replace("ready", "<1.2@mx.test>"), "APOP alice",
                 ["C~ APOP alice [0-9a-f]{32}", "S: +OK in"])):
            with self.subTest(line):
                screen = self.terminal(self.peer(protocol, start,
                                                 "\n".join(wire)))
                screen.expect("pipe > $")
                screen.line(f":trace {trace}")
                screen.line(line)
                self.hidden(screen, 'hu"sh')
                screen.expect("OK in")
                self.assertNotIn(b"sh", screen.seen.split(b"Password")[1])
                self.assertIn(line, self.history())
        self.assertNotIn("sh", trace.read_text().lower().replace("sha", ""))

    def test_sasl(self):
        trace = self.home / "trace"
        screen = self.terminal(self.peer("smtp", """
            S: 220 mx.test ESMTP
            C~ EHLO .*
            S: 250-mx.test
            S: 250 AUTH PLAIN LOGIN
            C: AUTH PLAIN AGFsaWNlAGh1c2g=
            S: 235 in
            C: AUTH LOGIN
            S: 334 VXNlcm5hbWU6
            C: YWxpY2U=
            S: 334 UGFzc3dvcmQ6
            C: aHVzaA==
            S: 235 in again"""))
        screen.expect("smtp pipe > $")
        screen.line(f":trace {trace}")
        screen.line("AUTH PLAIN")
        screen.expect("User: $")
        screen.line("alice")
        self.hidden(screen, "hush")
        screen.expect("235 in")
        screen.line("AUTH LOGIN")
        screen.expect("Username:.*answer> $")
        screen.line("alice")
        screen.expect(r"Password:.*answer \(hidden; \* gives up\)> $")
        screen.line("hush")
        screen.expect("235 in again")
        for secret in ("hush", "aHVzaA", "AGFsaWNl"):
            self.assertNotIn(secret.encode(), screen.seen)
            self.assertNotIn(secret, trace.read_text())
        self.assertEqual(self.history()[1:], ["AUTH PLAIN", "AUTH LOGIN"])

    def test_typed_in_the_open_is_not_kept(self):
        screen = self.terminal(self.peer("imap", """
            S: * OK [CAPABILITY IMAP4rev1] ready
            C: a1 LOGIN alice hush
            S: a1 NO
            C: x login "al ice" {4}
            S: + go
            C: hush
            S: x NO
            C: a2 authenticate plain AGFsaWNlAGh1c2g=
            S: a2 NO"""))
        screen.expect("imap pipe > $")
        screen.line("LOGIN alice hush")
        screen.expect("a1 NO")
        screen.line('x login "al ice" {4}')
        screen.expect("literal 4> $")
        screen.line("hush")
        screen.expect("x NO")
        screen.line("authenticate plain AGFsaWNlAGh1c2g=")
        screen.expect("a2 NO")
        screen.line(":open imap://alice:hush@127.0.0.1:1/")
        screen.expect("refused")
        screen.line("PASS hush")
        screen.expect("C: a3 PASS")
        self.assertEqual(self.history(), [
            "LOGIN alice", 'x login "al ice"', "authenticate plain",
            ":open imap://alice@127.0.0.1:1/", "PASS"])
        for path in self.home.rglob("*"):
            if path.is_file() and not path.name.startswith("peer"):
                self.assertNotIn(b"hush", path.read_bytes(), path)

    def test_interrupted(self):
        screen = self.terminal(self.peer("pop3", POP3, """
            C: NOOP
            S: +OK still here"""))
        screen.expect("pop3 pipe > $")
        screen.line("PASS")
        screen.expect("Password: $")
        screen.type("hus\x03")
        screen.expect("postel: interrupted\r\npop3 pipe > $")
        screen.line("NOOP")
        screen.expect("OK still here")

    def test_history_is_appended_line_by_line(self):
        screen = self.terminal()
        screen.expect("> $")
        screen.line("=1")
        screen.expect(r"1\r\npostel > $")
        screen.line("=2")
        screen.expect(r"2\r\npostel > $")
        self.assertEqual(self.history(), ["=1", "=2"])
        os.kill(screen.pid, signal.SIGKILL)
        again = self.terminal()
        again.expect("> $")
        again.type("\x10\r")
        again.expect(r"=2\r\n2\r\n")

    def test_history_that_others_could_read(self):
        path = self.home / "state" / "postel" / "history"
        path.parent.mkdir(parents=True)
        path.write_text("=0\n")
        path.chmod(0o644)
        self.terminal().expect("> $")
        self.assertEqual(self.history(), ["=0"])


class Keys(Case):
    def test_interrupt_clears_the_line(self):
        screen = self.terminal()
        screen.expect("> $")
        screen.type("rubbish")
        screen.expect("rubbish")
        screen.type("\x03")
        screen.expect(r"\^C\r\npostel > $")
        screen.line("=6*7")
        screen.expect("42")

    def test_end_says_goodbye(self):
        screen = self.terminal(self.peer("imap", IMAP, """
            C: a1 LOGOUT
            S: * BYE see you
            S: a1 OK done"""))
        screen.expect("imap pipe > $")
        screen.type("\x04")
        screen.expect(r"\* BYE see you\r\na1 OK done")
        screen.ends(0)

    def test_end_tells_what_quit_deletes(self):
        screen = self.terminal(self.peer("pop3", POP3, """
            C: USER a
            S: +OK
            C: PASS b
            S: +OK in
            C: STAT
            S: +OK 2 20
            C: DELE 1
            S: +OK gone
            C: QUIT
            S: +OK bye"""))
        for line in ("USER a", "PASS b", "STAT", "DELE 1"):
            screen.expect("> $")
            screen.line(line)
        screen.expect("1/2 del > $")
        screen.type("\x04")
        screen.expect("1/2 del: QUIT deletes them for good; Ctrl-D again")
        screen.expect("1/2 del > $")
        screen.type("\x04")
        screen.expect(r"\+OK bye")
        screen.ends(0)

    def test_data(self):
        screen = self.terminal(self.peer("smtp", SMTP, """
            C: DATA
            S: 354 go
            C: :help
            C: ...
            C: .
            S: 250 taken
            C: DATA
            S: 354 go
            C: by key
            C: .
            S: 250 taken too"""))
        screen.expect("smtp pipe > $")
        screen.line("DATA")
        screen.expect("354 go\r\ndata> $")
        for line in (":help", ".."):
            screen.line(line)
            screen.expect("data> $")
        screen.type("\x03")
        screen.expect(r"drop the connection\? \[y/N\] $")
        screen.line("n")
        screen.expect("data> $")
        screen.line(".")
        screen.expect("250 taken")
        screen.line("DATA")
        screen.expect("data> $")
        screen.line("by key")
        screen.expect("data> $")
        screen.type("\x04")
        screen.expect("250 taken too")
        self.assertNotIn("by key", (self.home / "state/postel/history")
                         .read_text())

    def test_data_left_by_hanging_up(self):
        screen = self.terminal(self.peer("smtp", SMTP, "C: DATA\nS: 354 go"))
        screen.expect("smtp pipe > $")
        screen.line("DATA")
        screen.expect("data> $")
        screen.type("\x03")
        screen.expect(r"\[y/N\] $")
        screen.line("y")
        screen.expect(r"smtp pipe \(closed\) > $")

    def test_server_that_hangs_up_in_data(self):
        flag = self.home / "now"
        screen = self.terminal(self.peer("smtp", SMTP, f"""
            C: DATA
            S: 354 go
            WAIT {flag}
            S: 421 too slow
            CLOSE"""))
        screen.expect("smtp pipe > $")
        screen.line("DATA")
        screen.expect("data> $")
        screen.type("half a li")
        flag.touch()
        screen.expect("421 too slow")
        screen.expect(r"smtp pipe \(closed\) > $")

    def test_idle(self):
        flag = self.home / "now"
        screen = self.terminal(self.peer("imap", IMAP, f"""
            C: a1 IDLE
            S: + idling
            WAIT {flag}
            S: * 4 EXISTS
            C: DONE
            S: a1 OK done
            C: a2 IDLE
            S: + idling
            C: DONE
            S: a2 OK done"""))
        screen.expect("imap pipe > $")
        screen.line("IDLE")
        screen.expect(r"\+ idling\r\nidle> $")
        flag.touch()
        screen.expect(r"\* 4 EXISTS\r\n")
        screen.type("\x03")
        screen.expect(r"a1 OK done\r\nimap pipe > $")
        screen.line("IDLE")
        screen.expect("idle> $")
        screen.line("hm")
        screen.expect("DONE or Ctrl-C ends that")
        screen.line("DONE")
        screen.expect("a2 OK done")

    def test_typed_ahead(self):
        """What is typed while a reply is awaited is neither lost nor echoed
        twice."""
        screen = self.terminal(self.peer("imap", IMAP, """
            C: a1 NOOP
            SLEEP 0.4
            S: a1 OK one
            C: a2 CHECK
            S: a2 OK two"""))
        screen.expect("imap pipe > $")
        screen.type("NOOP\rCHECK\r")
        screen.expect("a2 OK two")
        self.assertEqual(screen.seen.count(b"CHECK"), 2)  # typed, and "C:"

    def test_pasted_lines(self):
        screen = self.terminal(self.peer("imap", IMAP, """
            C: a1 NOOP
            S: a1 OK one
            C: a2 CHECK
            S: a2 OK two"""), TERM="xterm")
        screen.expect("imap pipe > $")
        self.assertNotIn(b"\x1b[?2004h", screen.seen)
        screen.type("NOOP\rCHECK\r")
        screen.expect("a2 OK two")

    def test_terminal_is_given_back(self):
        screen = self.terminal()
        screen.expect("> $")
        self.assertFalse(screen.cooked())
        screen.line("!stty -a | grep -c -- ' icanon'; read x; echo got $x")
        screen.expect("1\r\n")
        screen.type("word\r")
        screen.expect("got word\r\npostel > $")
        self.assertFalse(screen.cooked())
        screen.type("\x04")
        screen.ends(0)

    def test_terminated(self):
        screen = self.terminal(self.peer("imap", IMAP))
        screen.expect("imap pipe > $")
        os.kill(screen.pid, signal.SIGTERM)
        screen.ends(-signal.SIGTERM)
        self.assertTrue(screen.cooked())

    def test_pipe_to_a_command_at_the_terminal(self):
        screen = self.terminal(self.peer("pop3", POP3, """
            C: RETR 1
            S: +OK
            S: hello there
            S: .
            C: NOOP
            S: +OK still"""))
        screen.expect("pop3 pipe > $")
        screen.line("RETR 1 :| cat; read x </dev/tty; echo got $x")
        screen.expect("hello there")
        screen.type("word\r")
        screen.expect("got word\r\npop3 pipe > $")
        screen.line("NOOP")
        screen.expect(r"\+OK still")

    def test_file_is_told(self):
        screen = self.terminal(self.peer("pop3", POP3, """
            C: RETR 1
            S: +OK
            S: hello
            S: ."""))
        screen.expect("pop3 pipe > $")
        screen.line("RETR 1 :> hello.eml")
        screen.expect("hello.eml: 7 octets")

    def test_resized(self):
        screen = self.terminal(TERM="xterm")
        screen.expect("> $")
        screen.type("=11")
        screen.expect("11")
        screen.resize(20, 60)
        os.kill(screen.pid, signal.SIGWINCH)
        screen.type("+1\r")
        screen.expect("\n12\r\n")


class AfterTheAnswer(Case):
    def test_unknown_verb_is_named_after_the_answer(self):
        screen = self.terminal(self.peer("imap", IMAP, """
            C: a1 SLECT INBOX
            S: a1 BAD what"""))
        screen.expect("imap pipe > $")
        screen.line("SLECT INBOX")
        screen.expect(r"a1 BAD what\r\ndid you mean SELECT\?")

    def test_wrong_state_is_named_after_the_answer(self):
        screen = self.terminal(self.peer("pop3", POP3, """
            C: STAT
            S: -ERR what"""))
        screen.expect("pop3 pipe > $")
        screen.line("STAT")
        screen.expect(r"-ERR what\r\nSTAT is for the state transaction; "
                      "this is authorization")

    def test_refused_message_was_in_the_right_state(self):
        screen = self.terminal(self.peer("smtp", SMTP, """
            C: MAIL FROM:<a@x.test>
            S: 250 ok
            C: RCPT TO:<b@x.test>
            S: 250 ok
            C: DATA
            S: 354 go
            C: .
            S: 554 no"""))
        for line in ("MAIL FROM:<a@x.test>", "RCPT TO:<b@x.test>", "DATA"):
            screen.expect("smtp pipe [^\r\n]*> $")
            screen.line(line)
        screen.expect("data> $")
        screen.line(".")
        screen.expect(r"554 no\r\nsmtp pipe > $")

    def test_trace_above_the_prompt(self):
        screen = self.terminal(self.peer("imap", IMAP, """
            C: a1 NOOP
            S: a1 OK done"""))
        screen.expect("imap pipe > $")
        screen.line(":trace on")
        screen.expect("imap pipe > $")
        screen.line("NOOP")
        screen.expect(r"NOOP\r\n0\.\d{3} C: a1 NOOP\r\n0\.\d{3} S: a1 OK done\r\n"
                      r"a1 OK done\r\nimap pipe > $")
