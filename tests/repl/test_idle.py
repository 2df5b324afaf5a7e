"""IDLE in the background, and what commands cost."""

import unittest

from harness import Case, IMAP, LOGOUT, POP3, REFUSED, SMTP, USAGE


class Idle(Case):
    def test_events_come_while_something_is_typed(self):
        gate = self.home / "gate"
        url = self.peer("imap", IMAP, f"""
            C~ \\S+ IDLE
            S: + idling
            WAIT {gate}
            S: * 23 EXISTS
            C: DONE
            S: a1 OK done
            C: a2 NOOP
            S: a2 OK nothing
            C: a3 IDLE
            S: + idling
            C: DONE
            S: a3 OK done""", LOGOUT.replace("{tag}", "a4"))
        t = self.terminal(url)
        t.expect("imap pipe > ")
        t.line(":idle on")
        t.expect("imap pipe idle > ")
        t.type("NO")
        gate.touch()
        t.expect(r"\* 23 EXISTS\r\n.*idle > NO")
        t.line("OP")
        t.expect("a2 OK nothing\r\n")
        t.expect("imap pipe idle > ")
        t.line(":idle off")
        t.expect("imap pipe > ")
        t.type("\x04")
        t.ends()

    def test_lua_and_commands_interrupt_it(self):
        url = self.peer("imap", IMAP, """
            C: a1 IDLE
            S: + idling
            C: DONE
            S: a1 OK done
            C: a2 NOOP
            S: a2 OK by Lua
            C: a3 IDLE
            S: + idling
            C: DONE
            S: a3 OK done
            C: a4 CAPABILITY
            S: * CAPABILITY IMAP4rev1 IDLE
            S: a4 OK by JSON
            C: a5 IDLE
            S: + idling
            C: DONE
            S: a5 OK done""", LOGOUT.replace("{tag}", "a6"))
        t = self.terminal(url)
        t.expect("imap pipe > ")
        t.line(":idle on")
        t.expect("imap pipe idle > ")
        t.line("=conn:noop().text")
        t.expect("by Lua")
        t.expect("imap pipe idle > ")
        t.line(":json CAPABILITY")
        t.expect("by JSON")
        t.expect("imap pipe idle > ")
        t.type("\x04")
        t.ends()

    def test_ctrl_c_while_done_has_no_answer(self):
        url = self.peer("imap", IMAP, """
            C: a1 IDLE
            S: + idling
            C: DONE
            SLEEP 30""")
        t = self.terminal(url)
        t.expect("imap pipe > ")
        t.line(":idle on")
        t.expect("imap pipe idle > ")
        t.line("NOOP")
        t.quiet()
        t.type("\x03")
        t.expect("imap: the server does not end its IDLE; nothing else was "
                 "sent\r\n")
        t.expect("> ")
        t.line(":drop")
        t.expect("postel > ")
        self.assertNotIn(b"a2 NOOP", t.seen)

    def test_two_connections_at_once(self):
        gates = [self.home / "one", self.home / "two"]
        urls = [self.peer("imap", IMAP, f"""
            C: a1 IDLE
            S: + idling
            WAIT {gate}
            S: * {n} EXISTS
            C: DONE
            S: a1 OK done""", LOGOUT.replace("{tag}", "a2"))
            for n, gate in enumerate(gates)]
        t = self.terminal()
        t.expect("postel > ")
        for name, url in zip(("one", "two"), urls):
            t.line(f":open '{url}' {name}")
            t.expect("imap pipe > ")
            t.line(":idle on")
            t.expect("imap pipe idle > ")
        gates[0].touch()
        t.expect(r"one: \* 0 EXISTS\r\n")
        gates[1].touch()
        t.expect(r"\* 1 EXISTS\r\n")
        t.line(":quit")
        t.ends()

    def test_so_many_seconds_in_a_batch(self):
        url = self.peer("imap", IMAP, """
            C: a1 IDLE
            S: + idling
            SLEEP 0.2
            S: * 23 EXISTS
            C: DONE
            S: a1 OK done""", LOGOUT.replace("{tag}", "a2"))
        self.batch(url, ":idle 1\n", out="", err="* 23 EXISTS\n")

    def test_a_refusal_is_told_once(self):
        url = self.peer("imap", IMAP, """
            C: a1 IDLE
            S: a1 NO not today""", LOGOUT.replace("{tag}", "a2"))
        t = self.terminal(url)
        t.expect("imap pipe > ")
        t.line(":idle on")
        t.expect("postel: a1 IDLE: a1 NO not today\r\n")
        t.expect("imap pipe > ")
        t.type("\x04")
        t.ends()

    def test_a_server_that_hangs_up_in_the_middle(self):
        url = self.peer("imap", IMAP, """
            C: a1 IDLE
            S: + idling
            S: * BYE so long
            CLOSE""")
        t = self.terminal(url)
        t.expect("imap pipe > ")
        t.line(":idle on")
        t.expect(r"\* BYE so long\r\n")
        t.expect(r"imap pipe \(closed\) > ")

    def test_not_where_there_is_none(self):
        self.batch(self.peer("smtp", SMTP, "C: QUIT", "S: 221 bye"),
                   ":idle on\n", status=USAGE,
                   err="postel: smtp: the server has no IDLE\n")
        url = self.peer("imap", "S: * OK [CAPABILITY IMAP4rev1 IDLE] ready",
                        LOGOUT.replace("{tag}", "a1"))
        self.batch(url, ":idle on\n", status=USAGE,
                   err="postel: imap: IDLE comes behind a login\n")


class Time(Case):
    def test_behind_each_reply(self):
        url = self.peer("pop3", POP3, """
            C: STAT
            SLEEP 0.3
            S: +OK 1 2
            C: RETR 1
            S: +OK
            SLEEP 0.3
            S: x
            S: .
            C: QUIT
            S: +OK""")
        result = self.batch(url, """
            :time on
            STAT
            RETR 1
            """, err=None)
        stat, retr = result.stderr.decode().splitlines()
        self.assertRegex(stat, r"^-- STAT \d{3,4}\.\d ms$")
        self.assertRegex(retr, r"^-- RETR \d{3,4}\.\d ms, "
                               r"first line after \d{1,3}\.\d ms$")

    def test_of_connecting(self):
        port = self.listen("SLEEP 0.3", "S: 220 mx.test", "C: QUIT",
                           "S: 221 bye")
        result = self.run_postel("-c", ":time on", "-c",
                                 f":open localhost {port}")
        self.assertRegex(result.stderr.decode(),
                         r"^-- look-up \d+\.\d ms, connect \d+\.\d ms, greeting \d{3,4}\.\d ms$")
        self.assertEqual(result.returncode, 0)

    def test_typing_a_message_does_not_count(self):
        url = self.peer("smtp", SMTP, """
            C: DATA
            S: 354 go
            C: x
            C: .
            S: 250 ok""")
        t = self.terminal(url)
        t.expect("> ")
        t.line(":time on")
        t.expect("> ")
        t.line("DATA")
        t.expect("data> ")
        t.quiet(0.5)
        t.line("x")
        t.line(".")
        t.expect(r"-- DATA \d{1,3}\.\d ms\r\n")

    def test_on_or_off(self):
        result = self.run_postel("-c", ":time perhaps")
        self.assertEqual(result.returncode, USAGE)
        self.assertEqual(result.stderr, b"postel: on or off, not perhaps\n")


if __name__ == "__main__":
    unittest.main()
