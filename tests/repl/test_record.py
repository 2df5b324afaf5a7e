"""What was recorded does the same again, to the same server."""

import base64
import os
import re
import subprocess

from harness import (DONE, IMAP, LOGOUT, POP3, POSTEL, REFUSED, SMTP, USAGE,
                     Case)

POSTELD = os.path.join(os.path.dirname(POSTEL), "posteld")


class Record(Case):
    def again(self, url, lines, *options, status=DONE):
        """Runs lines, recorded, then the script.  The peer, which the script
        starts anew, says on standard error what it did not expect."""
        first = self.run_postel("-k", *options, url, input=":record s.lua\n" +
                                lines)
        script = (self.home / "s.lua").read_text()
        self.assertEqual(first.returncode, status, first)
        second = self.run_postel(*options, "s.lua")
        self.assertEqual(second.returncode, DONE, (second, script))
        self.assertNotIn(b"peer:", first.stderr + second.stderr, script)
        return script, first, second

    def test_pop3(self):
        url = self.peer("pop3", POP3, """
            C: STAT
            S: +OK 2 320
            C: RETR 9
            S: -ERR no such message
            C: RETR 1
            S: +OK
            S: Subject: x
            S: ..
            S: .
            C: RETR 2
            S: +OK
            S: two
            S: .
            C: XFOO "a\\b" é
            S: +OK
            C: QUIT
            S: +OK""")
        lines = ("STAT\nRETR 9\nRETR 1 :> one.eml\nRETR 2 :>> one.eml\n"
                 'XFOO "a\\b" é\n=print(6 * 7)\n=7\n!echo hello\n')
        script, first, second = self.again(url, lines, status=REFUSED)
        self.assertIn('assert(not imap:line("RETR 9"):wait().ok)'
                      .replace("imap", "pop3"), script)
        self.assertIn("-ERR no such message", script)
        # Appended to what the first run has written, like the second command.
        self.assertEqual((self.home / "one.eml").read_bytes(),
                         b"Subject: x\r\n.\r\ntwo\r\n")
        self.assertEqual(second.stdout, b"42\n7\nhello\n")

    def test_a_verb_that_lists(self):
        url = self.peer("pop3", POP3, """
            C: XLIST
            S: +OK
            S: one
            S: .
            C: NOOP
            S: +OK
            C: QUIT
            S: +OK""")
        script, _, _ = self.again(url, ":multi XLIST :> list\nNOOP\n")
        self.assertIn('pop3:line("XLIST", nil, true)', script)
        self.assertEqual((self.home / "list").read_bytes(), b"one\r\n")

    def test_login_by_the_policy(self):
        self.file("secret", "geheim\n").chmod(0o600)
        url = self.peer("pop3", """
            S: +OK ready
            C: CAPA
            S: +OK
            S: USER
            S: .
            C: USER asterix
            S: +OK
            C: PASS geheim
            S: +OK
            C: NOOP
            S: +OK
            C: QUIT
            S: +OK""")
        script, _, _ = self.again(url, ":login asterix\nNOOP\n",
                                  "--password-file=secret")
        self.assertIn('pop3:login {user = "asterix"}', script)
        self.assertNotIn("geheim", script)

    def test_login_by_hand(self):
        plain = base64.b64encode(b"\0a\0geheim").decode()
        url = self.peer("smtp", SMTP, f"""
            C: AUTH PLAIN {plain}
            S: 235 ok
            C: QUIT
            S: 221 bye""")
        t = self.terminal(url)
        t.expect("> ")
        t.line(":record s.lua")
        t.expect("> ")
        t.line(":auth PLAIN a")
        t.expect("Password: ")
        t.line("geheim")
        t.expect("235 ok")
        t.line(":quit")
        t.ends()
        script = (self.home / "s.lua").read_text()
        self.assertNotIn("geheim", script)
        self.file("secret", "geheim\n").chmod(0o600)
        again = self.run_postel("--password-file=secret", "s.lua")
        self.assertEqual((again.returncode, again.stderr), (DONE, b""), script)

    def test_a_password_in_lua_is_left_out(self):
        result = self.run_postel(input=":record s.lua\n"
                                 '=x = {user = "a", password = "geheim"}\n'
                                 "=print(x.user)\n")
        self.assertEqual(result.stderr,
                         b"a line of Lua with a password is not recorded\n")
        script = (self.home / "s.lua").read_text()
        self.assertNotIn("geheim", script)
        self.assertIn("print(x.user)", script)

    def test_what_is_not_recorded_is_told(self):
        url = self.peer("smtp", SMTP, "C: NOOP", "S: 250 ok")
        first = self.run_postel(url, input=":record s.lua\n:raw on\nNOOP\n")
        self.assertEqual(first.stderr, b"what goes out raw is not recorded\n")
        self.assertIn("-- Not recorded: what goes out raw.\n",
                      (self.home / "s.lua").read_text())

    def test_imap(self):
        url = self.peer("imap", IMAP, """
            C: a1 select "A b"
            S: a1 OK
            C: a2 FETCH 1 BODY[]
            s: * 1 FETCH (BODY[] {3}\\r\\na\\x00b)\\r\\n
            S: a2 OK
            C~ a3 APPEND x \\{5\\}
            S: + go
            C: hello
            S: a3 OK
            C: a4 APPEND x {6+}
            C: a{}b
            C: 
            S: a4 OK
            C: a5 APPEND y {3}
            S: a5 NO [TRYCREATE] no
            C: mine NOOP
            S: mine OK
            C: a6 IDLE
            S: + idling
            C: DONE
            S: a6 OK""", LOGOUT.format(tag="a7"))
        self.file("draft", "a{}b\n")
        script, _, _ = self.again(
            url, 'select "A b"\nFETCH 1 BODY[] :> x\n'
            "APPEND x {5}\nhello\n\nAPPEND x :< draft\nAPPEND y {3}\nabc\n\n"
            "mine NOOP\nIDLE\nDONE\n", status=REFUSED)
        self.assertEqual((self.home / "x").read_bytes(), b"a\0b")
        self.assertIn('postel.file "draft"', script)

    def test_smtp(self):
        url = self.peer("smtp", SMTP, """
            C: MAIL FROM:<a@b.test>
            S: 250 ok
            C: RCPT TO:<c@d.test>
            S: 250 ok
            C: DATA
            S: 354 go
            C: Subject: "quoted" \\x ]] é
            C: 
            C: ..dot
            C: .
            S: 250 ok
            C: QUIT
            S: 221 bye""")
        script, _, _ = self.again(
            url, "MAIL FROM:<a@b.test>\nRCPT TO:<c@d.test>\nDATA\n"
            'Subject: "quoted" \\x ]] é\n\n.dot\n.\nQUIT\n')
        self.assertIn('[=[\nSubject: "quoted" \\x ]] é\n\n.dot\n]=]', script)

    def test_message_with_odd_octets(self):
        url = self.peer("smtp", SMTP, """
            C: DATA
            S: 354 go
            C~ tab\\tbell.*]=] .*"
            C: second
            C: .
            S: 250 ok
            C: QUIT
            S: 221 bye""")
        lines = b'DATA\ntab\tbell\x07 ]=] \xff"\nsecond\n.\n'
        first = self.run_postel(url, input=b":record s.lua\n" + lines)
        self.assertEqual((first.stderr, first.returncode), (b"", DONE))
        second = self.run_postel("s.lua")
        self.assertEqual((second.stderr, second.returncode), (b"", DONE))

    def test_no_secret(self):
        for protocol, start, talk, typed in (
                ("imap", "S: * OK [CAPABILITY IMAP4rev1] hi",
                 "C: a1 LOGIN ali geheim\nS: a1 OK\nC: a2 NOOP\nS: a2 OK\n" +
                 LOGOUT.format(tag="a3"), "LOGIN ali geheim\nNOOP\n"),
                ("imap", "S: * OK [CAPABILITY IMAP4rev1] hi",
                 "C~ a1 LOGIN (ali geheim|\\{3\\})\nS: a1 OK\n" +
                 LOGOUT.format(tag="a2"), "LOGIN ali geheim\n"),
                ("pop3", POP3, "C: USER ali\nS: +OK\nC: PASS geheim\nS: +OK\n"
                 "C: QUIT\nS: +OK", "USER ali\nPASS geheim\n")):
            with self.subTest(typed):
                (self.home / "s.lua").unlink(missing_ok=True)
                secret = self.file("secret", "geheim\n")
                secret.chmod(0o600)
                script, _, _ = self.again(
                    self.peer(protocol, start, talk), typed,
                    f"--password-file={secret}")
                self.assertNotIn("geheim", script)
                self.assertIn('password("ali")', script)

    def test_login_that_was_refused_is_not_repeated(self):
        self.run_postel(
            "-k", self.peer("imap", "S: * OK [CAPABILITY IMAP4rev1] hi",
                            "C: a1 LOGIN ali geheim\nS: a1 NO wrong\n" +
                            LOGOUT.format(tag="a2")),
            input=":record s.lua\nLOGIN ali geheim\n")
        script = (self.home / "s.lua").read_text()
        self.assertIn('-- imap: "LOGIN ali" and a secret  -- a1 NO wrong\n',
                      script)
        self.assertNotIn("geheim", script)

    def test_several_connections(self):
        one = self.peer("imap", IMAP, "C: a1 NOOP\nS: a1 OK\n" +
                        "C: a2 CHECK\nS: a2 OK\nCLOSE")
        two = self.peer("pop3", POP3, "C: NOOP\nS: +OK\nC: QUIT\nS: +OK")
        script, _, _ = self.again(
            one, f"NOOP\n:open '{two}' end\nNOOP\n:close\nCHECK\n:drop\n"
            ":record off\n")
        self.assertEqual(re.findall(r"^(?:local )?(\w+)[: ]", script, re.M),
                         ["imap", "imap", "end_", "end_", "end_", "imap",
                          "imap"])

    def test_file_that_is_there(self):
        self.file("s.lua", "mine")
        self.batch(self.peer("imap", IMAP, LOGOUT.format(tag="a1")),
                   ":record s.lua\n", status=USAGE,
                   err="postel: s.lua: File exists\n")
        self.batch(self.peer("imap", IMAP, LOGOUT.format(tag="a1")),
                   ":record off\n", status=USAGE,
                   err="postel: nothing is being recorded\n")
        self.assertEqual((self.home / "s.lua").read_text(), "mine")

    def test_on_and_off(self):
        url = self.peer("imap", IMAP, "C: a1 NOOP\nS: a1 OK\nC: a2 CHECK\n"
                        "S: a2 OK", LOGOUT.format(tag="a3"))
        result = self.batch(url, ":record s.lua\nNOOP\n:record\n:record off\n"
                            "CHECK\n:record\n",
                            err="s.lua is written; run it by: postel s.lua\n")
        self.assertEqual(result.stdout.decode().splitlines(), [
            "a1 OK", "recorded to s.lua", "a2 OK",
            "nothing is being recorded"])
        self.assertNotIn("CHECK", (self.home / "s.lua").read_text())

    def test_posteld(self):
        server = subprocess.Popen(
            [POSTELD, "--root", self.home / "mail", "--sample", "--until-eof",
             "--pop3", "0", "--smtp", "0", "--imap", "0"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=self.environment)
        self.addCleanup(server.wait)
        self.addCleanup(server.stdin.close)
        self.addCleanup(server.stdout.close)
        ports = {}
        while len(ports) < 3:
            line = server.stdout.readline().decode()
            found = re.search(r"(pop3|smtp|imap)\D+(?:127\.0\.0\.1\D+)?(\d+)",
                              line)
            if found:
                ports[found[1]] = found[2]
        lines = f"""
            :open 127.0.0.1 {ports["imap"]} imap
            LOGIN asterix gaul
            SELECT INBOX
            STORE 1 +FLAGS (\\Flagged)
            FETCH 1 BODY.PEEK[] :> one.eml
            FETCH 99 FLAGS
            :open 127.0.0.1 {ports["smtp"]} smtp
            EHLO me.example
            MAIL FROM:<obelix@gaul.test>
            RCPT TO:<asterix@gaul.test>
            DATA
            Subject: recorded

            Twice.
            .
            QUIT
            :open pop3://asterix:gaul@127.0.0.1:{ports["pop3"]} pop
            STAT
            DELE 2
            RSET
            """
        lines = "\n".join(line.strip() for line in lines.splitlines())
        first = self.run_postel("-k", input=":record s.lua\n" + lines)
        script = (self.home / "s.lua").read_text()
        self.assertNotIn("gaul@", script)
        self.assertNotIn('"gaul"', script)
        one = (self.home / "one.eml").read_bytes()
        (self.home / "one.eml").unlink()
        secret = self.file("secret", "gaul\n")
        secret.chmod(0o600)
        second = self.run_postel(f"--password-file={secret}", "s.lua")
        self.assertEqual((second.stderr, second.returncode), (b"", DONE),
                         (script, first))
        self.assertEqual((self.home / "one.eml").read_bytes(), one)
        mail = [path.read_bytes() for path in
                (self.home / "mail" / "asterix").glob("[nc]??/*")]
        self.assertEqual(sum(b"Subject: recorded" in m for m in mail), 2)
