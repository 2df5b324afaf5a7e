"""Logins led step by step, with libgsasl and by hand."""

import base64
import re
import time
import unittest

from harness import (AUTH, DONE, PROTOCOL, ROOT, Case, IMAP, LOGOUT, POP3,
                     SMTP, USAGE)


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

    def test_a_token_is_not_shown(self):
        json = '{"status":"invalid_token","scope":"mail","x":"\\u001b[2J"}'
        url = self.peer("smtp", SMTP, f"""
            C~ AUTH OAUTHBEARER bixhPWFzdGVyaXg.*
            S: 334 {b64(json)}
            C: AQ==
            S: 535 5.7.8 no""")
        t = self.login(url, ":auth OAUTHBEARER asterix", ("Token: ", "ge.heim"))
        t.expect(r"client: n,a=asterix,\^Aauth=Bearer <secret>\^A\^A\r\n")
        t.expect(r'server: \{"status":"invalid_token"[^\r]*\r\n')
        t.expect(r"client: \^A\r\n")
        t.expect("535 5.7.8 no\r\n")
        t.expect("AUTH OAUTHBEARER.*refuses the token: invalid_token, "
                 "scope mail\r\n")
        t.expect("smtp pipe > ")
        self.assertNotIn(b"ge.heim", t.seen)
        self.assertNotIn(b"\x1b[2J", t.seen)

    def test_without_user_and_password(self):
        url = self.peer("smtp", SMTP, f"""
            C: AUTH EXTERNAL =
            S: 535 no
            C: AUTH EXTERNAL {b64("asterix")}
            S: 535 no
            C: AUTH ANONYMOUS {b64("guest")}
            S: 235 hello""")
        t = self.login(url, ":auth EXTERNAL")
        t.expect(r"client: \(nothing\)\r\n")
        t.expect("535 no\r\n.*> ")
        t.line(":auth EXTERNAL asterix")
        t.expect("client: asterix\r\n")
        t.expect("535 no\r\n.*> ")
        t.line(":auth ANONYMOUS guest")
        t.expect("client: guest\r\n")
        t.expect("235 hello")

    def test_bound_without_tls(self):
        t = self.terminal(self.peer("smtp", SMTP))
        t.expect("> ")
        t.line(":auth SCRAM-SHA-1-PLUS asterix")
        t.expect("Password: ")
        t.line("x")
        t.expect("SCRAM-SHA-1-PLUS: this connection has no TLS that it could "
                 "be bound to\r\n")

    def test_no_initial_response(self):
        """By option, by setting, and what is typed keeps to it."""
        talk = f"""
            C: AUTH PLAIN
            S: 334
            C: {b64(chr(0) + "a" + chr(0) + "b")}
            S: 235 ok"""
        t = self.terminal("--no-initial", self.peer("smtp", SMTP, talk))
        t.expect("> ")
        t.line(":auth PLAIN a")
        t.expect("Password: ")
        t.line("b")
        t.expect("235 ok")
        t = self.terminal(self.peer("smtp", SMTP, talk))
        t.expect("> ")
        t.line(":set initial off")
        t.line("AUTH PLAIN")
        t.expect("User: ")
        t.line("a")
        t.expect("Password: ")
        t.line("b")
        t.expect("235 ok")

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

    def test_what_is_completed_is_what_there_is(self):
        """:auth and --auth offer each mechanism of proto/sasl.c."""
        source = (ROOT / "proto" / "sasl.c").read_text()
        table = re.search(r"mechs\[\] = \{(.*?)^\};", source, re.S | re.M)[1]
        there = set(re.findall(r'^    (?:SCRAM\(|\{)"([A-Z0-9-]+)"', table, re.M))
        self.assertGreater(len(there), 15)
        fish = self.run_postel("--completion=fish").stdout.decode()
        option = re.search(r"-l auth -x -a '([^']*)'", fish)[1].split()
        self.assertEqual(set(option), there | {"APOP", "USER"})
        t = self.terminal(self.peer("smtp", SMTP))
        t.expect("> ")
        shown = " ".join(t.listed(":auth ")).split()
        self.assertEqual(set(shown), there | {"APOP"})

    def test_without_a_connection(self):
        result = self.run_postel("-c", ":auth PLAIN a")
        self.assertEqual(result.returncode, USAGE)
        self.assertEqual(result.stderr, b"postel: nothing is open\n")

    def test_the_command_line_has_the_password(self):
        """In a batch there was nobody to ask."""
        self.file("pw", "geheim").chmod(0o600)
        for line in (":auth PLAIN a\n", "AUTHENTICATE PLAIN\na\n"):
            with self.subTest(line):
                url = self.peer("imap", IMAP, """
                    C: a1 AUTHENTICATE PLAIN
                    S: +
                    C: AGEAZ2VoZWlt
                    S: a1 OK welcome
                    C: a2 LOGOUT
                    S: * BYE
                    S: a2 OK""")
                self.batch(url, line, "--password-file=pw", err=None)

    def test_without_a_terminal(self):
        url = self.peer("imap", IMAP, LOGOUT)
        self.batch(url, ":auth PLAIN a\n", status=USAGE,
                   err="postel: no terminal to ask on\n")


class Hostile(Case):
    """Each ends at once, with one line, and with the status of its kind; then
    the connection is good for a goodbye, or gone."""

    FIRST = "r={nonce}x,s=QUJD,i=4096"

    def attempt(self, mech, *talk, options=()):
        self.file("pw", "b").chmod(0o600)
        return self.run_postel(*options, "-e", f"""
            local c <close> = postel.connect {{protocol = "imap",
                transport = "pipe", path = [[{self.path(*talk)}]], user = "a",
                auth = "{mech}", password_file = "pw", netrc = false}}""")

    def path(self, *talk):
        return self.peer("imap", *talk).removeprefix("imap+pipe:")

    def ends(self, status, words, mech, *talk):
        began = time.monotonic()
        result = self.attempt(
            mech, f"S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH={mech}] hi",
            *talk)
        lines = result.stderr.decode().splitlines()
        self.assertEqual(len(lines), 1, result)
        self.assertIn(words, lines[0])
        self.assertEqual(result.returncode, status, result)
        self.assertLess(time.monotonic() - began, 5)

    def test_scram(self):
        for status, words, challenge in (
                (AUTH, "nonce", "r=fyko,s=QUJD,i=4096"),
                (PROTOCOL, "none of this", "r=,s=,i="),
                (AUTH, "extension", "m=x,r=a,s=QUJD,i=4096")):
            with self.subTest(challenge):
                self.ends(status, words, "SCRAM-SHA-256", f"""
                    C~ a1 AUTHENTICATE SCRAM-SHA-256 .*
                    S: + {b64(challenge)}
                    C: *
                    S: a1 BAD cancelled""")

    def test_success_at_once(self):
        self.ends(AUTH, "before the login is over", "SCRAM-SHA-1", """
            C~ a1 AUTHENTICATE SCRAM-SHA-1 .*
            S: a1 OK hello""")

    def test_as_somebody_else_by_option(self):
        """Not hostile, but the same to begin with."""
        plain = b64("obelix" + chr(0) + "a" + chr(0) + "b")
        result = self.attempt("PLAIN", f"""
            S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi
            C: a1 AUTHENTICATE PLAIN {plain}
            S: a1 OK [CAPABILITY IMAP4rev1] in""", LOGOUT.replace(
                "{tag}", "a2"), options=["--authzid=obelix"])
        self.assertEqual(result.returncode, DONE, result)

    def test_iterations_in_bounded_time(self):
        """A million is taken, and costs less than a second or two; what is
        beyond is not even begun."""
        for n, status, words in ((1, AUTH, "must ask for 4096"),
                                 (10 ** 6, AUTH, "does not prove"),
                                 (10 ** 6 + 1, PROTOCOL, "more than 1000000"),
                                 (2 ** 32 + 1, PROTOCOL, "more than")):
            with self.subTest(n):
                more = f"""
                    C~ .*
                    S: + {b64("v=AAAA")}""" if n == 10 ** 6 else ""
                self.ends(status, words, "SCRAM-SHA-1", f"""
                    SCRAM a1 {n}{more}
                    C: *
                    S: a1 BAD cancelled""")

    def test_wrong_proof(self):
        self.ends(AUTH, "refuses: invalid-proof", "SCRAM-SHA-1", f"""
            SCRAM a1 4096
            C~ .*
            S: + {b64("e=invalid-proof")}
            C: *
            S: a1 NO [AUTHENTICATIONFAILED] no""")

    def test_success_without_a_signature(self):
        self.ends(AUTH, "without proving who it is", "SCRAM-SHA-256", """
            SCRAM a1 4096
            C~ .*
            S: a1 OK welcome""")

    def test_digest_without_its_proof(self):
        """RFC 2831 2.1.3: rspauth is due, and must be right."""
        begin = f"""
            C: a1 AUTHENTICATE DIGEST-MD5
            S: + {b64('realm="x",nonce="OA6MG9",qop="auth",charset=utf-8,'
                      'algorithm=md5-sess')}
            C~ .*"""
        self.ends(AUTH, "without proving who it is", "DIGEST-MD5", begin,
                  "S: a1 OK welcome")
        self.ends(AUTH, "does not prove who it is", "DIGEST-MD5", begin, f"""
            S: + {b64("rspauth=" + 32 * "0")}
            C: *
            S: a1 BAD cancelled""")

    def test_challenges_without_end(self):
        self.ends(PROTOCOL, "a challenge of the login is too long",
                  "CRAM-MD5", f"""
            C: a1 AUTHENTICATE CRAM-MD5
            s: + {"A" * 100000}\\r\\n
            C: *
            S: a1 BAD no""")

    def test_refused_and_nothing_else_is_tried(self):
        result = self.attempt("*", """
            S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN] hi
            C~ a1 AUTHENTICATE SCRAM-SHA-256 .*
            S: a1 NO [AUTHENTICATIONFAILED] no
            CLOSE""")
        self.assertEqual(result.returncode, AUTH, result)
        self.assertNotIn(b"peer:", result.stderr)

    def test_an_empty_challenge_in_any_form(self):
        for empty in ("S: +", "S: + ", "s: +  \\r\\n"):
            with self.subTest(empty):
                result = self.attempt("PLAIN", f"""
                    S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi
                    C: a1 AUTHENTICATE PLAIN
                    {empty}
                    C: {b64(chr(0) + "a" + chr(0) + "b")}
                    S: a1 OK [CAPABILITY IMAP4rev1] in""", LOGOUT.replace(
                        "{tag}", "a2"))
                self.assertEqual(result.returncode, DONE, result)


if __name__ == "__main__":
    unittest.main()
