"""postel inbox: what is in a mailbox, and one message of it."""

import json
import os
import re
import unicodedata

import hostile
import mails
from harness import (AUTH, DONE, REFUSED, SANITIZED, USAGE, LiveCase,
                     Terminal)
from servers import Dovecot, Posteld

MEMORY = 32 << 10  # KiB
BOTH = ("pop3", "imap")


class Inbox(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_server(Dovecot())
        inbox = cls.dovecot.inbox("asterix")
        cls.contents = mails.messages(12)
        for content in cls.contents:
            inbox.put(content)
        inbox.put(b"From: e@evil.test\nSubject: \x1b]0;owned\x07 \x9b2J\n\n"
                  b"x\n")

    def test_list(self):
        for protocol in ("pop3", "imap"):
            result = self.done("inbox", self.dovecot.url(protocol))
            for n in range(12):
                self.assertIn(b"live message %d" % n, result.out)

    def test_one_message(self):
        for protocol in ("pop3", "imap"):
            for n in range(12):
                result = self.done("inbox", self.dovecot.url(protocol),
                                   n + 1)
                self.assertIn(
                    mails.unix(self.contents[n]).strip(b"\n"),
                    mails.unix(result.out))

    def test_nothing_is_changed(self):
        before = [p.name for p in self.dovecot.inbox("asterix").files()]
        for protocol in ("pop3", "imap"):
            self.done("inbox", self.dovecot.url(protocol))
        after = [p.name for p in self.dovecot.inbox("asterix").files()]
        self.assertEqual(len(before), len(after))
        self.assertFalse([p for p in after if "S" in p.split(":2,")[-1]
                          and p not in before])

    def test_empty(self):
        for protocol in ("pop3", "imap"):
            self.done("inbox", self.dovecot.url(protocol, "obelix"))

    def test_replies_are_shown_when_asked(self):
        result = self.done("inbox", self.dovecot.url("pop3"), "-v")
        self.assertIn(b"+OK", result.out + result.err)
        result = self.done("inbox", self.dovecot.url("pop3"), "-v", 2)
        self.assertRegex(result.err, rb"S: \+OK \d+ octets\n")

    def test_number_that_is_not_there(self):
        for protocol in ("pop3", "imap"):
            self.fails((REFUSED, USAGE), "99", "inbox",
                       self.dovecot.url(protocol), 99)

    def test_wrong_password(self):
        for protocol in ("pop3", "imap"):
            url = self.dovecot.url(protocol, password="wrong1")
            self.fails(AUTH, "(?i)auth", "inbox", url)

    def test_help_on_each_script(self):
        for script in ("transfer", "purge", "send", "inbox"):
            result = self.done(script, "--help")
            self.assertRegex(result.out, rb"(?i)usage")
            self.assertEqual(result.err, b"")
            self.fails(USAGE, ".", script)
            self.fails(USAGE, "nonsense", script, "--nonsense")


def columns(text):
    """The columns that a text takes on a terminal."""
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


class Decoded(LiveCase):
    """What people see, on two servers."""

    WIDE = "日本語の件名がとても長いのでこの行には入らないはずです" * 3

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = [cls.with_server(Dovecot()), cls.with_server(Posteld())]
        cls.letters = [
            b"From: =?utf-8?q?Ast=C3=A9rix?= <asterix@gaul.test>\n"
            b"Date: Mon, 2 Mar 2026 10:00:00 +0100\n"
            b"Subject: =?iso-8859-1?q?Gr=FC=DFe?= und\n =?utf-8?b?5pel?=\n"
            b"\nx\n",
            b"from:  o@gaul.test (Obelix)\ndate: 3 Mar 26 09:15 GMT\n"
            b"subject:\n folded\n\ttwice\n\nx\n",
            b"Subject: " + cls.WIDE.encode() + b"\nFrom: " +
            "日本太郎日本太郎日本太郎日本太郎".encode() + b" <j@gaul.test>\n"
            b"Date: no date\n\nx\n",
            b"\nno header at all\n",
            b"From: e@evil.test\nSubject: =?utf-8?q?a=1B]0;owned=07=0A"
            b"=E2=80=AErtl=0D?= \x1b[2J \x9b2J\n\nx\n",
            b"Subject: =?utf-8?b?!!!?= =?nonsense?q?x?= =?utf-8?q?=ff?=\n"
            b"From: " + b", ".join(b"a%d@x.test" % i for i in range(2000))
            + b"\nDate: Mon, 2 Mar 99999 10:00:00 +0100\n\nx\n",
            b"X-Long: " + b"x" * 300000 + b"\nSubject: behind\n\nx\n",
            b"Subject: " + b"long " * 20000 + b"\n\nx\n",
        ]
        for server in cls.servers:
            for n, letter in enumerate(cls.letters):
                server.inbox("asterix").put(letter, "S" if n % 2 else "")

    def each(self):
        for server in self.servers:
            for protocol in BOTH:
                with self.subTest(f"{server.name} {protocol}"):
                    yield server.url(protocol), protocol

    def rows(self, url, *more):
        out = self.done("inbox", url, *more, env={"TZ": "UTC0"}).out.decode()
        self.assertNotRegex(out, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
        return out.splitlines()

    def test_list(self):
        for url, _ in self.each():
            rows = self.rows(url)
            self.assertEqual(len(rows), len(self.letters))
            size = len(mails.crlf(self.letters[0]))
            self.assertRegex(rows[0], rf"^   1 {size:8}  2026-03-02 09:00  "
                             r"Astérix  +Grüße und 日$")
            self.assertRegex(rows[1], r"2026-03-03 09:15  (Obelix|o@gaul"
                             r".test)  +folded\s+twice$")
            self.assertIn(self.WIDE, rows[2])
            self.assertEqual(rows[3].split(), ["4", str(len(mails.crlf(
                self.letters[3])))] + rows[3].split()[2:])
            self.assertIn("owned", rows[4])
            self.assertIn("<U+202E>rtl", rows[4])
            self.assertIn("a0@x.test", rows[5])
            self.assertLess(len(rows[7]), 1200)
            for row in rows:
                self.assertLess(len(row), 1200)

    def test_on_a_terminal_each_row_fits(self):
        for url, _ in self.each():
            for width in (40, 80):
                with Terminal(self.home, "inbox", url, env={"TZ": "UTC0"},
                              columns=width) as screen:
                    self.assertEqual(screen.wait(), DONE, screen.seen)
                rows = screen.seen.decode().replace("\r", "").splitlines()
                self.assertEqual(len(rows), len(self.letters), rows)
                for row in rows:
                    self.assertLessEqual(columns(row), width, row)
                self.assertIn("…", rows[2])

    def test_json(self):
        for url, protocol in self.each():
            told = [json.loads(line) for line in
                    self.done("inbox", url, "--json").out.splitlines()]
            self.assertEqual([m["number"] for m in told],
                             list(range(1, len(self.letters) + 1)))
            first = told[0]
            self.assertEqual(first["subject"], "Grüße und 日")
            self.assertEqual(first["from"], [
                {"name": "Astérix", "address": "asterix@gaul.test"}])
            self.assertEqual(first["date"], "2026-03-02T10:00:00+01:00")
            self.assertEqual(first["size"],
                             len(mails.crlf(self.letters[0])))
            if protocol == "imap":
                self.assertEqual(
                    ["\\Seen" in m["flags"] for m in told],
                    [n % 2 == 1 for n in range(len(told))])
                self.assertEqual(first["uid"], 1)

    def test_last_and_unseen(self):
        def numbers(*words):
            return [int(row.split()[0]) for row in self.rows(*words)]
        count = len(self.letters)
        for url, protocol in self.each():
            self.assertEqual(numbers(url, "--last=3"),
                             [count - 2, count - 1, count])
            self.assertEqual(numbers(url, "--last", 99),
                             list(range(1, count + 1)))
            if protocol == "imap":
                self.assertEqual(numbers(url, "--unseen"), [1, 3, 5, 7])
                self.assertEqual(numbers(url, "--unseen", "--last=2", "-n"),
                                 [5, 7])
        for words in (["--last=0"], ["--last=x"], ["--unseen"],
                      ["--mailbox=x"], ["1", "--last=2"], ["--text"]):
            self.fails(USAGE, "inbox: ", "inbox", "pop3://u@h.test", *words)

    def test_another_mailbox(self):
        for server in self.servers:
            box = server.inbox("obelix", "Work")
            box.put(b"Subject: elsewhere\n\nx\n", "")
            url = server.url("imap", "obelix")
            for words in ([url, "--mailbox=Work"], [url + "/Work"]):
                self.assertIn("elsewhere", self.rows(*words)[0])
            self.fails(REFUSED, "Nowhere", "inbox", url, "--mailbox=Nowhere")


class Shown(LiveCase):
    """One message, decoded."""

    LETTER = (
        b"From: =?utf-8?q?Ast=C3=A9rix?= <asterix@gaul.test>\n"
        b"To: o@gaul.test, =?utf-8?q?Z=0ABcc=3A_x?= <z@gaul.test>\n"
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe=1B]0;x=07?=\nX-Hidden: secret\n"
        b'Content-Type: multipart/mixed; boundary="cut"\n\n'
        b"--cut\nContent-Type: text/plain; charset=iso-8859-1\n"
        b"Content-Transfer-Encoding: quoted-printable\n\n"
        b"Sch=F6ne Gr=FC=DFe =1B]0;owned=07\n"
        b"--cut\nContent-Type: application/pdf\nContent-Disposition: "
        b"attachment; filename*=utf-8''pl%C3%A4ne.pdf\n\nxx\n--cut--\n")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = [cls.with_server(Dovecot()), cls.with_server(Posteld())]
        for server in cls.servers:
            server.inbox("asterix").put(cls.LETTER)

    def test_text(self):
        for server in self.servers:
            for protocol in BOTH:
                url = server.url(protocol)
                out = self.done("inbox", url, 1, "--text").out.decode()
                head, _, text = out.partition("\n\n")
                self.assertEqual(
                    head, "From: Astérix <asterix@gaul.test>\n"
                    "To: o@gaul.test, Z Bcc: x <z@gaul.test>\n"
                    "Subject: Grüße^[]0;x^G\n"
                    "Attached: pläne.pdf (application/pdf)")
                self.assertIn("Schöne Grüße", text)
                told = json.loads(self.done("inbox", url, 1, "--json").out)
                self.assertEqual(told["subject"], "Grüße\x1b]0;x\x07")
                self.assertEqual(told["attachments"], [
                    {"name": "pläne.pdf", "type": "application/pdf"}])
                self.assertTrue(told["text"].startswith("Schöne Grüße"))
                self.assertEqual(len(server.inbox("asterix")), 1)
                self.assertEqual(self.done("inbox", url, 1).out,
                                 mails.crlf(self.LETTER))
                with Terminal(self.home, "inbox", url, 1,
                              "--text") as screen:
                    self.assertEqual(screen.wait(), DONE, screen.seen)
                self.assertIn(b"^[]0;owned^G", screen.seen)
                self.assertNotIn(b"\x1b]", screen.seen)


class Hostile(LiveCase):
    def test_headers_without_an_end(self):
        """TOP and a literal that flood: memory stays, and it ends."""
        line = b"Subject: " + b"x" * 990 + b"\r\n"
        size = 100 << 20
        for protocol, answers in (
                ("pop3", {"TOP": [hostile.say(b"+OK\r\n"),
                                  hostile.flood(line, size),
                                  hostile.say(b".\r\n")]}),
                ("imap", {"UID FETCH": [
                    hostile.say(b"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (DATE "
                                b"FROM SUBJECT)] {%d}\r\n" % size),
                    hostile.flood(b"a: " + b"x" * 65533, size - 65536),
                    hostile.hang_up]})):
            with hostile.Hostile(protocol, answers) as server:
                result = self.postel("inbox", server.url(), "--timeout=10")
            if not SANITIZED:
                self.assertLess(result.rss, MEMORY, result)
            self.assertLess(len(result.out), 2000)

    def test_another_message_than_asked_for(self):
        """It is passed over, however its text comes."""
        first = (b"* 1 FETCH (UID 7 BODY[HEADER.FIELDS (DATE FROM SUBJECT)] "
                 b"{4}\r\n")
        rest = b"a: b)\r\n%t OK done\r\n"
        with hostile.Hostile("imap", {
                "UID FETCH": [hostile.say(first + rest)]}) as server:
            self.assertEqual(self.done("inbox", server.url()).out, b"")
        with hostile.Hostile("imap", {
                "UID FETCH": [hostile.say(first), hostile.pause(0.3),
                              hostile.say(rest)]}) as server:
            self.assertEqual(self.done("inbox", server.url()).out, b"")

    def test_a_server_without_top(self):
        with hostile.Hostile("pop3", {
                "CAPA": [hostile.say(b"+OK\r\nUSER\r\n.\r\n")]}) as server:
            result = self.done("inbox", server.url())
            self.assertRegex(result.out, rb"^   1 +\d+\n$")
            self.assertFalse(server.said(b"TOP"))


class Many(LiveCase):
    COUNT = 5000

    def test_memory_and_order(self):
        for make in (Dovecot, Posteld):
            with make() as server:
                inbox = server.inbox("asterix")
                source = inbox.put(b"Subject: one of many\n\nx\n", "")
                for n in range(1, self.COUNT):
                    os.link(source, f"{source}".replace(
                        ".live:2,", f".{n:06}:2,"))
                for protocol in BOTH:
                    result = self.done("inbox", server.url(protocol))
                    rows = result.out.decode().splitlines()
                    self.assertEqual([int(r.split()[0]) for r in rows],
                                     list(range(1, self.COUNT + 1)))
                    self.assertTrue(all(re.search("one of many$", r)
                                        for r in rows))
                    if not SANITIZED:
                        self.assertLess(result.rss, MEMORY // 2, result)
