"""Lines that break the rules, and verbs that nobody knows."""

import unittest

from harness import (Case, DONE, IMAP, LOGOUT, LOST, POP3, REFUSED, SMTP, USAGE)

QUIT = """C: QUIT
          S: 221 bye"""
POP3_QUIT = """C: QUIT
               S: +OK bye"""


class Raw(Case):
    def test_octets_go_out_as_they_are_meant(self):
        url = self.peer("smtp", SMTP, r"""
            c: EHLO x\r\n
            s: 250 mx.test\r\n
            c: MAIL\n
            c: \x00\xff\\:\r\n
            s: 500 what?\n
            s: no reply at all\r\n
            c: .\r\n""")
        self.batch(url, r"""
            :raw on
            EHLO x
            MAIL\n\c
            \0\xff\\\:
            .
            """, out="250 mx.test\r\n500 what?\nno reply at all\r\n")

    def test_back_to_the_protocol(self):
        url = self.peer("smtp", SMTP, """
            C: NOOP
            S: 250 raw
            C: NOOP
            S: 250 parsed""", QUIT)
        self.batch(url, """
            :raw on
            NOOP
            :raw off
            NOOP
            """, out="250 raw\r\n250 parsed\n")

    def test_an_answer_that_comes_late_is_waited_for(self):
        url = self.peer("smtp", SMTP, """
            C: NOOP
            SLEEP 0.4
            S: 250 late""")
        self.batch(url, """
            :raw on
            NOOP
            """, out="250 late\r\n")

    def test_an_escape_that_is_none_is_not_sent(self):
        url = self.peer("smtp", SMTP, "C: NOOP", "S: 250 ok")
        self.batch(url, r"""
            :raw on
            NO\qOP
            NOOP
            """, "-k", status=USAGE, out="250 ok\r\n",
            err="postel: \\q is no escape; these are: \\r \\n \\t \\0 \\e "
                "\\xHH \\\\, and \\c at the end\n")

    def test_a_hang_up_is_told(self):
        url = self.peer("smtp", SMTP, "C: NOOP", "s: half a line", "CLOSE")
        self.batch(url, """
            :raw on
            NOOP
            NOOP
            """, status=LOST, out="half a line",
            err="postel: the server hung up\n")

    def test_tags_and_dots_are_not_added(self):
        url = self.peer("imap", IMAP, r"""
            c: .dot\r\n
            c: NOOP\r\n
            S: NOOP BAD no tag""")
        self.batch(url, """
            :raw on
            .dot
            NOOP
            """, out="NOOP BAD no tag\r\n")

    def test_what_waits_for_replies_is_refused_meanwhile(self):
        url = self.peer("pop3", POP3, "C: NOOP", "S: +OK", POP3_QUIT)
        refused = ("postel: raw is on, and replies cannot be told apart; "
                   ":raw off comes first\n")
        self.batch(url, """
            :raw on
            =conn:noop()
            :save 1 x.eml
            :multi XLIST
            :login a
            :raw off
            NOOP
            """, "-k", status=USAGE, out="+OK\n", err=4 * refused)

    def test_a_background_idle_makes_way(self):
        url = self.peer("imap", IMAP, r"""
            C: a1 IDLE
            S: + idling
            C: DONE
            S: a1 OK done
            c: RAW\r\n
            S: raw BAD""")
        t = self.terminal(url)
        t.expect("imap pipe > ")
        t.line(":idle on")
        t.expect("imap pipe idle > ")
        t.line(":raw on")
        t.expect("imap pipe raw > ")
        t.line("RAW")
        t.expect("raw BAD")

    def test_not_in_a_dry_run(self):
        url = self.peer("smtp", SMTP, QUIT)
        self.batch(url, ":raw on\n", "-n", status=USAGE,
                   err="postel: nothing is sent raw in a dry run\n")

    def test_a_secret_is_no_secret_of_the_trace(self):
        trace = self.home / "trace"
        url = self.peer("pop3", POP3, r"""
            c: USER a\r\nPASS geheim\r\n
            S: +OK""")
        self.batch(url, r"""
            :raw on
            USER a\r\nPASS geheim
            """, f"--trace={trace}", out="+OK\r\n")
        self.assertIn("C: PASS <secret>", trace.read_text())
        self.assertNotIn("geheim", trace.read_text())

    def test_the_prompt_and_lines_above_it(self):
        gate = self.home / "gate"
        url = self.peer("smtp", SMTP, rf"""
            c: HE\r\n
            WAIT {gate}
            S: 250 unasked
            S: 250-and more""")
        t = self.terminal(url)
        t.expect("smtp pipe > ")
        t.line(":raw on")
        t.expect("smtp pipe raw > ")
        t.line("HE")
        t.expect("raw > ")
        t.type("half")
        gate.touch()
        t.expect("250 unasked\r\n.*250-and more\r\n.*raw > half")
        t.type("\x15:raw off\r")
        t.expect("smtp pipe > ")
        t.line(":drop")
        t.type("\x04")
        t.ends()


class Send(Case):
    def test_a_file_octet_by_octet(self):
        data = bytes(range(256)) + b"\n.\n\r.\r\n"
        path = self.file("odd", data)
        escaped = "".join(f"\\x{c:02x}" for c in data)
        url = self.peer("smtp", SMTP, f"""
            c: {escaped}
            S: 250 strange""")
        self.batch(url, f"""
            :send {path}
            """, out="250 strange\r\n",
            err="raw is on; :raw off goes back to the protocol\n")

    def test_a_big_file(self):
        path = self.file("big", b"x" * 998 + b"\r\n")
        path.write_bytes(path.read_bytes() * 4000)
        url = self.peer("smtp", SMTP, "".join(
            f"c: {'x' * 998}\\r\\n\n" for _ in range(4000)), "S: 250 all")
        self.batch(url, f":send {path}\n", "-q", out="250 all\r\n")

    def test_a_file_that_is_not_there(self):
        url = self.peer("smtp", SMTP, QUIT)
        self.batch(url, ":send nowhere\n", status=USAGE,
                   err="postel: nowhere: No such file or directory\n")


class Multi(Case):
    def test_a_verb_that_lists(self):
        url = self.peer("pop3", POP3, """
            C: XLIST all
            S: +OK here
            S: one
            S: ..two
            S: .""", POP3_QUIT)
        self.batch(url, ":multi XLIST all\n", out="+OK here\none\r\n.two\r\n")

    def test_into_a_file(self):
        url = self.peer("pop3", POP3, """
            C: XLIST
            S: +OK here
            S: one
            S: .""", POP3_QUIT)
        self.batch(url, ":multi XLIST :> list\n", out="+OK here\n")
        self.assertEqual((self.home / "list").read_bytes(), b"one\r\n")

    def test_a_refusal_is_one_line(self):
        url = self.peer("pop3", POP3, "C: XLIST", "S: -ERR no", POP3_QUIT)
        self.batch(url, ":multi XLIST\n", status=REFUSED, out="-ERR no\n",
                   err="postel: XLIST: -ERR no\n")

    def test_only_pop3_needs_it(self):
        url = self.peer("imap", IMAP, LOGOUT)
        self.batch(url, ":multi XLIST\n", status=USAGE,
                   err="postel: replies say by themselves where they end, "
                       "except on POP3\n")

    def test_not_sent_in_a_dry_run(self):
        url = self.peer("pop3", POP3, POP3_QUIT)
        self.batch(url, ":multi DELE 1\n", "-n", status=DONE,
                   err="postel: not sent: DELE 1\n")


if __name__ == "__main__":
    unittest.main()
