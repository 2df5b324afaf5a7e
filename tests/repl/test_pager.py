"""Replies that are longer than the screen."""

import os
import unittest

from harness import Case, IMAP, POP3


class Pager(Case):
    def long_reply(self, lines):
        return self.peer("pop3", POP3, "C: RETR 1", "S: +OK",
                         "\n".join(f"S: line {n}" for n in range(lines)),
                         "S: .", "C: STAT", "S: +OK 1 2", "C: QUIT",
                         "S: +OK bye")

    def begin(self, url, *settings, **environment):
        t = self.terminal(url, TERM="xterm", NO_COLOR="1", **environment)
        t.expect("pop3 pipe > ")
        for line in settings:
            t.line(line)
            t.expect("pop3 pipe > ")
        return t

    def test_ten_thousand_lines_go_through_it(self):
        seen = self.home / "seen"
        t = self.begin(self.long_reply(10000), f":set pager cat >{seen}")
        t.line("RETR 1")
        t.expect("pop3 pipe > ")
        lines = seen.read_text().splitlines()
        self.assertEqual(lines, ["+OK"] + [f"line {n}" for n in range(10000)])
        self.assertNotIn(b"line 3", t.seen)
        t.line("STAT")
        t.expect("1 2")

    def test_PAGER_is_used(self):
        seen = self.home / "seen"
        t = self.begin(self.long_reply(100), ":set pager on",
                       PAGER=f"cat >{seen}")
        t.line("RETR 1")
        t.expect("pop3 pipe > ")
        self.assertEqual(len(seen.read_text().splitlines()), 101)

    def test_a_short_reply_needs_none(self):
        t = self.begin(self.long_reply(10), ":set pager false")
        t.line("RETR 1")
        t.expect("line 9\r\n.*pop3 pipe > ")

    def test_not_unless_it_is_wanted(self):
        t = self.begin(self.long_reply(200), PAGER="false")
        t.line("RETR 1")
        t.expect("line 199\r\n.*pop3 pipe > ")

    def test_one_that_reads_only_the_beginning(self):
        t = self.begin(self.long_reply(20000), ":set pager head -n 3")
        t.line("RETR 1")
        t.expect(r"\+OK\r\nline 0\r\nline 1\r\n.*pop3 pipe > ")
        t.line("STAT")
        t.expect("1 2")
        self.assertNotIn(b"line 3", t.seen)

    def test_one_that_reads_slowly_keeps_the_reply_waiting(self):
        seen = self.home / "seen"
        t = self.begin(self.long_reply(30000),
                       f":set pager sleep 1; cat >{seen}")
        t.line("RETR 1")
        t.expect("pop3 pipe > ")
        self.assertEqual(len(seen.read_text().splitlines()), 30001)

    def test_less_is_left_by_q(self):
        if not any(os.access(f"{d}/less", os.X_OK)
                   for d in os.defpath.split(":")):
            self.skipTest("there is no less here")
        t = self.begin(self.long_reply(500), ":set pager less")
        t.line("RETR 1")
        t.expect(r"line 30\D")
        t.quiet()
        self.assertNotIn(b"line 100", t.seen)
        t.type("q")
        t.expect("pop3 pipe > ")
        t.line("STAT")
        t.expect("1 2")

    def test_what_comes_slowly_is_not_held_back(self):
        gate = self.home / "gate"
        url = self.peer("imap", IMAP, f"""
            C: a1 NOOP
            S: * 1 EXISTS
            WAIT {gate}
            S: a1 OK""")
        t = self.terminal(url, TERM="xterm", NO_COLOR="1")
        t.expect("imap pipe > ")
        t.line(":set pager cat")
        t.expect("imap pipe > ")
        t.line("NOOP")
        t.expect(r"\* 1 EXISTS\r\n")
        gate.touch()
        t.expect("a1 OK\r\n.*imap pipe > ")
        self.assertEqual(t.seen.count(b"EXISTS"), 1)

    def test_ctrl_c_while_it_runs(self):
        gate = self.home / "gate"
        url = self.peer("pop3", POP3, "C: RETR 1", "S: +OK",
                        "\n".join(f"S: line {n}" for n in range(100)),
                        f"WAIT {gate}", "S: .", "C: STAT", "S: +OK 1 2")
        t = self.begin(url, ":set pager cat >/dev/null; sleep 60")
        t.line("RETR 1")
        t.quiet(1)
        t.type("\x03")
        t.expect("no answer yet; it will be shown when it comes\r\n")
        t.expect(r"\+1 > ")
        gate.touch()
        t.line("STAT")
        t.expect("1 2")

    def test_hostile_bytes_stay_harmless(self):
        seen = self.home / "seen"
        url = self.peer("pop3", POP3, "C: RETR 1", "S: +OK",
                        *[r"s: \x1b]0;evil\x07\r\n"] * 100, "S: .")
        t = self.begin(url, f":set pager cat >{seen}")
        t.line("RETR 1")
        t.expect("pop3 pipe > ")
        self.assertNotIn(b"\x1b", seen.read_bytes())
        self.assertIn(b"^[]0;evil^G", seen.read_bytes())


if __name__ == "__main__":
    unittest.main()
