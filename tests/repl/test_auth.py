"""Logins led step by step, with libgsasl and by hand."""

import base64
import unittest

from harness import Case, IMAP, LOGOUT, POP3, SMTP, USAGE


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Auth(Case):
    def login(self, url, command, *typed):
        t = self.terminal(url)
        t.expect("> ")
        t.line(command)
        for prompt, answer in typed:
            t.expect(prompt)
            t.line(answer)
        return t

    def test_plain_is_shown_without_its_password(self):
        url = self.peer("smtp", SMTP, f"""
            C: AUTH PLAIN {b64(chr(0) + "asterix" + chr(0) + "geheim")}
            S: 235 2.7.0 welcome""")
        t = self.login(url, ":auth PLAIN asterix", ("Password: ", "geheim"))
        t.expect(r"client: \^@asterix\^@<secret>\r\n")
        t.expect("235 2.7.0 welcome\r\n")
        t.expect("smtp asterix@pipe > ")
        self.assertNotIn(b"geheim", t.seen)

    def test_a_mechanism_that_is_not_announced(self):
        url = self.peer("pop3", POP3, f"""
            C: AUTH PLAIN {b64(chr(0) + "a" + chr(0) + "b")}
            S: -ERR [AUTH] no""")
        t = self.login(url, ":auth PLAIN a", ("Password: ", "b"))
        t.expect("-ERR \\[AUTH\\] no\r\n")

    def test_as_somebody_else(self):
        url = self.peer("smtp", SMTP, f"""
            C: AUTH PLAIN {b64("obelix" + chr(0) + "asterix" + chr(0) + "x1")}
            S: 235 ok""")
        t = self.login(url, ":auth PLAIN asterix obelix", ("Password: ", "x1"))
        t.expect(r"client: obelix\^@asterix\^@<secret>\r\n")
        t.expect("235 ok")

    def test_challenges_are_decoded(self):
        url = self.peer("smtp", SMTP, f"""
            C: AUTH CRAM-MD5
            S: 334 {b64("<1.2@mx.test>")}
            C~ [A-Za-z0-9+/=]+
            S: 535 5.7.8 wrong""")
        t = self.login(url, ":auth CRAM-MD5 asterix", ("Password: ", "geheim"))
        t.expect(r"server: <1\.2@mx\.test>\r\n")
        t.expect(r"client: asterix <secret>\r\n")
        t.expect("535 5.7.8 wrong\r\n")

    def test_the_proof_of_scram_is_not_shown(self):
        url = self.peer("smtp", SMTP, f"""
            C~ AUTH SCRAM-SHA-256 .*
            S: 334 {b64("r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")}
            C: *
            S: 501 broken off""")
        t = self.login(url, ":auth SCRAM-SHA-256 user", ("Password: ", "pencil"))
        t.expect(r"client: n,,n=user,r=\S+\r\n")
        t.expect(r"server: r=rOpr\S+,s=\S+,i=4096\r\n")
        t.expect(r"client: \*\r\n")

    def test_a_challenge_with_escapes_is_harmless(self):
        url = self.peer("smtp", SMTP, f"""
            C: AUTH CRAM-MD5
            S: 334 {b64("<1.2@" + chr(27) + "[2J>")}
            C~ [A-Za-z0-9+/=]+
            S: 535 no""")
        t = self.login(url, ":auth CRAM-MD5 a", ("Password: ", "b"))
        t.expect(r"server: <1\.2@\^\[\[2J>\r\n")

    def test_one_that_nobody_knows_is_led_by_hand(self):
        url = self.peer("imap", IMAP, f"""
            C~ \\S+ AUTHENTICATE X-MINE
            S: + {b64("who are you?")}
            C: {b64("asterix")}
            S: + {b64("prove it")}
            C: {b64("menhir")}
            S: {{tag}} OK so be it""".replace("{tag}", "a1"))
        t = self.login(url, ":auth X-MINE",
                       ("the challenge: who are you\\?.*> ", "asterix"),
                       ("the challenge: prove it.*> ", "menhir"))
        t.expect("a1 OK so be it")
        self.assertNotIn(b"menhir", t.seen)

    def test_no_password_on_a_clear_line_without_a_warning(self):
        port = self.listen("S: 220 mx.test ESMTP", "C~ AUTH.*", "S: 235 ok")
        t = self.terminal("127.0.0.1", port)
        t.expect("> ")
        t.line(":auth PLAIN a")
        t.expect("Password: ")
        t.line("b")
        t.expect("235 ok")
        self.assertNotIn(b"warning", t.seen)  # nobody listens on loopback

    def test_without_a_connection(self):
        result = self.run_postel("-c", ":auth PLAIN a")
        self.assertEqual(result.returncode, USAGE)
        self.assertEqual(result.stderr, b"postel: nothing is open\n")

    def test_without_a_terminal(self):
        url = self.peer("imap", IMAP, LOGOUT)
        self.batch(url, ":auth PLAIN a\n", status=USAGE,
                   err="postel: no terminal to ask on\n")


if __name__ == "__main__":
    unittest.main()
