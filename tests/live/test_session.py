"""Sessions in a batch: lines from -c, -f and standard input."""

import base64
import hashlib
import os
import signal

import hostile
import mails
from harness import (AUTH, CONNECT, DONE, LATER, LOST, PROTOCOL, REFUSED,
                     SCRIPT, USAGE, LiveCase)
from servers import Dovecot, Exim, free_port, have_ipv6

PASSWORD = "Menhir77"


class Session(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_users(Dovecot, PASSWORD)
        cls.exim = cls.with_server(Exim())

    def setUp(self):
        super().setUp()
        self.take_user(self.dovecot)
        self.imap = self.dovecot.url("imap", self.user)
        self.pop3 = self.dovecot.url("pop3", self.user)
        self.smtp = self.exim.url()

    def lines(self, url, *lines, **options):
        arguments = [a for line in lines for a in ("-c", line)]
        return self.postel(url, *arguments, **options)

    def ok(self, url, *lines, **options):
        result = self.lines(url, *lines, **options)
        self.assertEqual(result.status, DONE, result)
        return result.out


class Imap(Session):
    def test_replies_are_data(self):
        self.inbox.put(mails.message(0))
        out = self.ok(self.imap, "SELECT INBOX", "FETCH 1 (FLAGS)", "LOGOUT")
        self.assertRegex(out, rb"\* 1 EXISTS")
        self.assertRegex(out, rb"\* 1 FETCH \(FLAGS \(")

    def test_the_same_by_file_and_by_standard_input(self):
        self.inbox.put(mails.message(0))
        script = "SELECT INBOX\nUID SEARCH ALL\nLOGOUT\n"
        path = self.home.file("lines", script)
        by_file = self.postel(self.imap, "-f", path)
        by_input = self.postel(self.imap, input=script.encode())
        for result in (by_file, by_input):
            self.assertEqual(result.status, DONE, result)
            self.assertRegex(result.out, rb"\* SEARCH 1")

    def test_addresses_of_either_family(self):
        hosts = ["127.0.0.1", "localhost"] + ["[::1]"] * have_ipv6()
        for host in hosts:
            with self.subTest(host):
                url = self.imap.replace("127.0.0.1", host)
                self.assertIn(b"EXISTS", self.ok(url, "SELECT INBOX"))

    def test_own_tags(self):
        out = self.ok(self.imap, "a1 NOOP", "x.y NOOP")
        self.assertRegex(out, rb"(?m)^a1 OK")
        self.assertRegex(out, rb"(?m)^x\.y OK")

    def test_fetch_into_a_file_is_exact(self):
        for n in range(10):
            content = mails.message(n)
            self.inbox.put(content)
            path = self.home.path / f"{n}.eml"
            self.ok(self.imap, "SELECT INBOX",
                    f"FETCH {n + 1} BODY.PEEK[] :> {path}")
            self.assertEqual(path.read_bytes(), mails.crlf(content))

    def test_fetch_appended_and_piped(self):
        content = mails.message(6)
        self.inbox.put(content)
        path = self.home.file("both", "before\n")
        self.ok(self.imap, "SELECT INBOX", f"FETCH 1 BODY[] :>> {path}")
        self.assertEqual(path.read_bytes(),
                         b"before\n" + mails.crlf(content))
        out = self.ok(self.imap, "SELECT INBOX",
                      "FETCH 1 BODY[] :| sha256sum")
        want = hashlib.sha256(mails.crlf(content)).hexdigest()
        self.assertIn(want.encode(), out)

    def test_append_from_a_file(self):
        content = mails.message(9)
        path = self.home.file("draft.eml", mails.crlf(content))
        out = self.ok(self.imap, f"APPEND Drafts :< {path}",
                      f"APPEND Drafts (\\Seen) :< {path}")
        self.assertEqual(out.count(b"APPENDUID"), 2)
        came = self.dovecot.inbox(self.user, "Drafts").contents()
        self.assertEqual([mails.unix(c) for c in came],
                         [mails.unix(content)] * 2)

    def test_append_with_a_literal_in_the_lines(self):
        letter = b"Subject: typed\r\n\r\nbody\r\n"
        script = (b"APPEND Drafts {%d}\n" % len(letter)
                  + letter.replace(b"\r\n", b"\n") + b"\nNOOP\n")
        result = self.postel(self.imap, input=script)
        self.assertEqual(result.status, DONE, result)
        came = self.dovecot.inbox(self.user, "Drafts").contents()
        self.assertEqual([mails.unix(c) for c in came],
                         [mails.unix(letter)])

    def test_refusal_ends_the_batch_unless_told(self):
        result = self.lines(self.imap, "SELECT Nowhere",
                            "STATUS INBOX (UIDNEXT)")
        self.assertEqual(result.status, REFUSED, result)
        self.assertNotIn(b"UIDNEXT", result.out)
        result = self.postel(self.imap, "-k", "-c", "SELECT Nowhere", "-c",
                             "STATUS INBOX (UIDNEXT)")
        self.assertIn(b"UIDNEXT", result.out)
        self.assertEqual(result.status, REFUSED, result)

    def test_bad_command(self):
        result = self.lines(self.imap, "FETCH 1")
        self.assertEqual(result.status, PROTOCOL, result)

    def test_authenticate_and_login_by_hand(self):
        url = f"imap://127.0.0.1:{self.dovecot.imap}"
        out = self.ok(url, f"LOGIN {self.user} {PASSWORD}", "SELECT INBOX")
        self.assertIn(b"EXISTS", out)
        result = self.lines(url, f"LOGIN {self.user} wrong")
        self.assertEqual(result.status, AUTH, result)

    def test_compress(self):
        if b"COMPRESS" not in self.ok(self.imap, "CAPABILITY"):
            self.fail("this Dovecot has no COMPRESS=DEFLATE")
        content = mails.message(49)
        self.inbox.put(content)
        path = self.home.path / "big"
        self.ok(self.imap, "COMPRESS DEFLATE", "SELECT INBOX",
                f"FETCH 1 BODY[] :> {path}", "LOGOUT")
        self.assertEqual(path.read_bytes(), mails.crlf(content))

    def test_dry_run_changes_nothing(self):
        self.inbox.put(mails.message(0))
        result = self.postel(self.imap, "-n", "-c", "SELECT INBOX", "-c",
                             r"STORE 1 +FLAGS (\Deleted)", "-c", "EXPUNGE")
        self.assertEqual(result.status, DONE, result)
        self.assertIn(b"STORE 1", result.out + result.err)
        self.assertEqual(len(self.inbox), 1)

    def test_mixed_with_lua(self):
        out = self.ok(self.imap, "SELECT INBOX", "=1 + 41", "NOOP")
        self.assertIn(b"42", out)


class Pop3(Session):
    def test_session(self):
        contents = [mails.message(n) for n in range(3)]
        for content in contents:
            self.inbox.put(content)
        path = self.home.path / "one.eml"
        out = self.ok(self.pop3, "STAT", "LIST", "UIDL", "TOP 2 0",
                      f"RETR 1 :> {path}", "DELE 1", "QUIT")
        self.assertRegex(out, rb"\+OK 3 \d+")
        self.assertEqual(path.read_bytes(), mails.crlf(contents[0]))
        self.assertEqual([mails.number(c) for c in self.inbox.contents()],
                         [1, 2])

    def test_dots_are_unstuffed(self):
        content = mails.message(1)
        self.inbox.put(content)
        path = self.home.path / "dots.eml"
        self.ok(self.pop3, f"RETR 1 :> {path}")
        self.assertEqual(path.read_bytes(), mails.crlf(content))

    def test_user_and_pass_by_hand(self):
        url = f"pop3://127.0.0.1:{self.dovecot.pop3}"
        self.ok(url, f"USER {self.user}", f"PASS {PASSWORD}", "STAT", "QUIT")
        result = self.lines(url, f"USER {self.user}", "PASS wrong", "STAT")
        self.assertEqual(result.status, AUTH, result)
        self.assertNotIn(b"wrong", result.out + result.err)

    def test_apop_by_url(self):
        url = (f"pop3://{self.user};AUTH=+APOP:{PASSWORD}@127.0.0.1:"
               f"{self.dovecot.pop3}")
        out = self.ok(url, "STAT")
        self.assertRegex(out, rb"\+OK 0 0")

    def test_refusal(self):
        result = self.lines(self.pop3, "RETR 99", "STAT")
        self.assertEqual(result.status, REFUSED, result)
        self.assertNotRegex(result.out, rb"\+OK 0 0")

    def test_host_and_port(self):
        result = self.postel("127.0.0.1", self.dovecot.pop3, "-c",
                             f"USER {self.user}", "-c", f"PASS {PASSWORD}",
                             "-c", "STAT", "-c", "QUIT")
        self.assertEqual(result.status, DONE, result)
        self.assertRegex(result.out, rb"\+OK 0 0")


class Smtp(Session):
    def test_message_from_a_file(self):
        for n in (1, 2, 7):
            content = mails.message(n)
            path = self.home.file(f"{n}.eml", content)
            self.ok(self.smtp, "EHLO client.test",
                    "MAIL FROM:<a@gaul.test> BODY=8BITMIME",
                    "RCPT TO:<miraculix@mail.test>", f"DATA :< {path}",
                    "QUIT")
        inbox = self.exim.wait_delivered("miraculix", 3)
        came = {mails.number(c): mails.digest(c) for c in inbox.contents()}
        self.assertEqual(came, {n: mails.digest(mails.message(n))
                                for n in (1, 2, 7)})

    def test_message_in_the_lines(self):
        script = (b"HELO client.test\nMAIL FROM:<a@gaul.test>\n"
                  b"RCPT TO:<idefix@mail.test>\nDATA\nSubject: in line\n\n"
                  b":help\n..two dots\n=1\n.\nNOOP\nQUIT\n")
        result = self.postel(self.smtp, input=script)
        self.assertEqual(result.status, DONE, result)
        inbox = self.exim.wait_delivered("idefix", 1)
        self.assertTrue(inbox.contents()[-1].endswith(
            b"\n\n:help\n...two dots\n=1\n".replace(b"...", b"..")),
            inbox.contents())

    def test_bdat(self):
        content = mails.crlf(mails.message(1))
        path = self.home.file("chunk.eml", content)
        out = self.ok(self.smtp, "EHLO client.test",
                      "MAIL FROM:<a@gaul.test>",
                      "RCPT TO:<asterix@mail.test>", f"BDAT :< {path}")
        self.assertIn(b"250", out)
        inbox = self.exim.wait_delivered("asterix", 1)
        self.assertIn(mails.digest(content),
                      map(mails.digest, inbox.contents()))

    def test_refused_recipient(self):
        self.fails(REFUSED, "550", self.smtp, "-q", "-c", "EHLO c.test",
                   "-c", "MAIL FROM:<a@b.test>", "-c",
                   "RCPT TO:<nosuch@mail.test>", "-c", "NOOP")

    def test_refused_for_now(self):
        self.fails(LATER, "450", self.smtp, "-q", "-c", "EHLO c.test",
                   "-c", "MAIL FROM:<a@b.test>", "-c",
                   "RCPT TO:<later@mail.test>")

    def test_login(self):
        url = self.exim.url(user="asterix")
        out = self.ok(url, "NOOP")
        self.assertIn(b"250", out)


class Lmtp(Session):
    def test_a_reply_for_each_recipient(self):
        content = mails.message(0)
        path = self.home.file("letter", content)
        url = f"lmtp://127.0.0.1:{self.dovecot.lmtp}"
        out = self.ok(url, "LHLO client.test", "MAIL FROM:<a@b.test>",
                      f"RCPT TO:<{self.user}>", "RCPT TO:<user39>",
                      f"DATA :< {path}", "QUIT")
        self.assertGreaterEqual(out.count(b"250 2.0.0 <"), 2)
        self.assertEqual(len(self.inbox), 1)
        self.assertEqual(len(self.dovecot.inbox("user39")), 1)


class Faults(Session):
    """Each fault of the outside: one line, and the status of its kind."""

    def test_unknown_host(self):
        self.fails(CONNECT, r"nowhere\.invalid",
                   "imap://nowhere.invalid/", "-c", "NOOP")

    def test_refused_port(self):
        for protocol in ("imap", "pop3", "smtp"):
            self.fails(CONNECT, "(?i)refused",
                       f"{protocol}://127.0.0.1:{free_port()}", "-c", "NOOP")

    def test_wrong_password(self):
        for protocol in ("imap", "pop3"):
            url = self.dovecot.url(protocol, self.user, password="wrong1")
            result = self.fails(AUTH, "(?i)auth", url, "-c", "NOOP")
            self.assertNotIn(b"wrong1", result.err)
        url = self.exim.url(user="asterix").replace("gaul", "wrong1")
        self.fails(AUTH, "535", url, "-c", "NOOP")

    def test_unknown_options_and_urls(self):
        for arguments in (["--nonsense"], ["imap://"], ["imap://h:99999"],
                          ["gopher://h"], ["no-such-script"],
                          [self.imap, "-f", "/nonexistent"],
                          ["imap://h?nonsense=1"]):
            with self.subTest(arguments):
                self.fails((USAGE, CONNECT), ".", *arguments)

    def test_bodies_from_files_that_are_not_there(self):
        result = self.lines(self.imap, "APPEND Drafts :< /nonexistent")
        self.assertNotEqual(result.status, DONE, result)
        self.assertRegex(result.err, b"nonexistent")
        self.assertEqual(len(self.dovecot.inbox(self.user, "Drafts")), 0)

    def test_file_that_cannot_be_written(self):
        self.inbox.put(mails.message(0))
        result = self.lines(self.imap, "SELECT INBOX",
                            "FETCH 1 BODY[] :> /dev/full", "NOOP")
        self.assertNotEqual(result.status, DONE, result)
        self.assertRegex(result.err, b"(?i)no space")

    def test_full_disk(self):
        self.inbox.put(mails.message(49))
        for url, lines in ((self.imap, ["SELECT INBOX", "FETCH 1 BODY[]"]),
                           (self.pop3, ["RETR 1"])):
            with open("/dev/full", "wb") as full:
                result = self.lines(url, *lines, stdout=full)
            self.assertFailed(result, SCRIPT, "(?i)no space")

    def test_reader_that_goes_away(self):
        self.inbox.put(mails.message(49))
        for url, lines in ((self.imap, ["SELECT INBOX", "FETCH 1 BODY[]"]),
                           (self.pop3, ["RETR 1"])):
            reader, writer = os.pipe()
            with open(writer, "wb") as out:
                running = self.start(url, *(a for line in lines
                                            for a in ("-c", line)),
                                     stdout=out)
            os.read(reader, 20)
            os.close(reader)
            result = running.wait(10)
            self.assertIn(result.status, (SCRIPT, -signal.SIGPIPE), result)
            self.assertLessEqual(len(result.lines), 1, result)

    def test_timeout(self):
        with hostile.Hostile("imap", {"NOOP": [hostile.silence]}) as server:
            result = self.fails(LOST, "(?i)no word|time", server.url(login=""),
                                "--timeout=1", "-c", "NOOP")
        self.assertLess(result.seconds, 4)

    def test_connect_timeout(self):
        with hostile.Hostile("smtp", {"": [hostile.silence]}) as server:
            result = self.fails((LOST, CONNECT), "(?i)no word|time|greeting",
                                server.url(login=""), "--timeout=1", "-c",
                                "NOOP")
        self.assertLess(result.seconds, 4)

    def test_line_ends_in_arguments(self):
        """CR, LF and NUL never get into a command."""
        chunk = ("local c <close> = postel.connect '{}'\n"
                 "c:call('SELECT', 'INBOX')\nc:call('DELETE', {!r})\n")
        for name in (r"a\r\nx LOGOUT", r"a\nb", r"a\0b"):
            with self.subTest(name):
                text = chunk.format(self.imap, name).replace("\\\\", "\\")
                self.fails((1, USAGE), ".", "-e", text)

    def test_secrets_stay_out_of_the_trace(self):
        trace = self.home.path / "trace"
        cases = ((self.imap, self.user, PASSWORD),
                 (self.pop3, self.user, PASSWORD),
                 (self.exim.url(user="asterix"), "asterix", "gaul"))
        for url, user, password in cases:
            result = self.postel(url, f"--trace={trace}", "-c", "NOOP")
            self.assertEqual(result.status, DONE, result)
            wire = trace.read_bytes()
            self.assertIn(b"NOOP", wire)
            trace.unlink()
            whole = base64.b64encode(f"\0{user}\0{password}".encode())
            for secret in (password.encode() + b"\n", whole,
                           base64.b64encode(password.encode())):
                self.assertNotIn(secret, wire)
            self.assertNotIn(PASSWORD.encode(), wire)
