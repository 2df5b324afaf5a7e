"""s-nail (mailx) against posteld: it reads folders over IMAP and POP3, copies,
marks and deletes in them, and sends.

s-nail 14.9 has a fact of its own: behind a literal whose last line has no end
it takes nothing but ")", and waits for ever if there is more.
"""

import re

import mails
from clients import PASSWORD, ClientCase, flags, folder
from servers import Maildir


def bare(letter):
    """Without what s-nail puts in: a field, ">" in front of "From ", and an
    empty line at the end where there is none yet."""
    head, gap, body = letter.partition(b"\n\n")
    head = re.sub(rb"\n(?:X-)?Status: .*", b"", head)
    body = re.sub(rb"^>From ", b"From ", body, flags=re.M)
    return head + gap + body.rstrip(b"\n")


class Snail(ClientCase):
    def setUp(self):
        super().setUp()
        self.rc = self.home.file("rc", f"""\
set v15-compat imap-auth=login
set tls-ca-file={self.authority.ca} tls-ca-no-defaults tls-verify=strict
""")

    def snail(self, *arguments, **options):
        return self.program("s-nail", "-:", "u", *arguments, timeout=30,
                            env={"MAILRC": str(self.rc)}, **options)

    def url(self, service, mailbox="", host="127.0.0.1"):
        tail = f"/{mailbox or 'INBOX'}" if "imap" in service else ""
        return (f"{service}://{self.user}:{PASSWORD}@{host}:"
                f"{self.port(service)}{tail}")

    def run_in(self, url, *commands, settings=()):
        words = [word for s in settings for word in ("-S", s)]
        words += [word for c in commands for word in ("-Y", c)]
        return self.snail(*words, "-#", "-Y", "quit", "-f", url)

    def test_headers(self):
        self.fill(mails.messages(10))
        for service in ("imap", "pop3"):
            with self.subTest(service):
                out = self.snail("-R", "-H", "-f", self.url(service)).out
                subjects = re.findall(r"live message (\d), (\w+)",
                                      out.decode())
                self.assertEqual(subjects, [
                    (str(n), mails.KINDS[n].__name__.partition("_")[0])
                    for n in range(10)])
        self.assertNotIn("S", {flags(p) for p in self.inbox.files()})

    def test_each_message_is_copied_unchanged(self):
        letters = self.fill(mails.messages(60))
        for service in ("imap", "pop3"):
            with self.subTest(service):
                box = folder(self.home.path / service)
                self.run_in(self.url(service), f"copy * maildir://{box}/box")
                self.assertSame(map(bare, Maildir(box / "box").contents()),
                                list(map(bare, letters)))
        self.assertSame(self.inbox.contents(), letters, exact=True)
        self.assertEqual({flags(p) for p in self.inbox.files()}, {"S"})

    def test_nothing_stands_behind_a_literal(self):
        """It hung, since UID came behind BODY[]."""
        letter = self.fill([mails.message(7)])[0]
        self.assertFalse(letter.endswith(b"\n"))
        out = self.run_in(self.url("imap"), "type 1").out
        self.assertIn(b"the last line has no end", out)

    def test_marks_and_deletes(self):
        letters = self.fill(mails.messages(6), flags="")
        self.run_in(self.url("imap"), "flag 2", "answered 3", "seen 4",
                    "delete 5", "draft 6")
        self.assertSame(self.inbox.contents(), letters[:4] + letters[5:],
                        exact=True)
        self.assertEqual([flags(p) for p in self.inbox.files()],
                         ["", "F", "R", "S", "D"])
        self.run_in(self.url("pop3"), "delete 1 3")
        self.assertSame(self.inbox.contents(),
                        [letters[n] for n in (1, 3, 5)], exact=True)

    def test_copies_to_other_mailboxes(self):
        letters = self.fill(mails.messages(6))
        self.run_in(self.url("imap"),
                    f"copy 1-3 {self.url('imap', 'Work/2026')}")
        work = self.posteld.inbox(self.user, "Work/2026")
        self.assertSame(map(bare, work.contents()),
                        list(map(bare, letters[:3])))
        self.assertEqual(len(self.inbox), 6)

    def test_searches(self):
        self.fill(mails.messages(10))
        out = self.run_in(self.url("imap"),
                          'from "(subject dots)"').out.decode()
        self.assertEqual(re.findall(r"live message (\d)", out), ["1"])

    def test_tls_and_mechanisms(self):
        self.fill(mails.messages(1))
        for service, setting in (
                ("imap", "imap-auth=login"), ("imap", "imap-auth=cram-md5"),
                ("imap", "imap-use-starttls"), ("imaps", "x"),
                ("pop3", "pop3-use-starttls"), ("pop3s", "x"),
                ("pop3", "pop3-no-apop"), ("pop3", "x")):
            with self.subTest(service, setting=setting):
                done = self.run_in(self.url(service, host="localhost"),
                                   "from", settings=[setting])
                self.assertIn(b"live message 0", done.out)

    def send(self, service="smtp", *arguments, body=b"Stra\xc3\x9fe\n.\n",
             host="127.0.0.1", more=()):
        mta = (f"mta={service}://{self.user}:{PASSWORD}@{host}:"
               f"{self.port(service)}")
        return self.snail(
            "-r", "druid@gaul.example", "-S", mta, "-S",
            "ttycharset=utf-8", "-S", "mime-encoding=8bit", *more, "-s",
            "Grüße", *arguments, self.address(), input=body)

    def sent(self):
        path = self.inbox.files()[0]
        letter = path.read_bytes()
        path.unlink()
        return letter

    def test_sends(self):
        self.send()
        letter = self.sent()
        self.assertIn(b"\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\n", letter)
        head, body = mails.split(letter)
        self.assertIn(b"Content-Transfer-Encoding: 8bit", head)
        self.assertEqual(body, b"Stra\xc3\x9fe\n.\n")

    def test_sends_a_file(self):
        path = self.home.file("data.bin", bytes(range(256)) * 10)
        self.send("smtp", "-a", path)
        self.assertIn(b'filename=data.bin', self.sent().replace(b'"', b""))

    def test_each_way_to_send(self):
        for service, setting, word in (
                ("smtp", "smtp-auth=plain", "ESMTPA"),
                ("smtp", "smtp-auth=login", "ESMTPA"),
                ("smtp", "smtp-auth=cram-md5", "ESMTPA"),
                ("smtp", "smtp-use-starttls", "ESMTPSA"),
                ("smtps", "smtp-auth=plain", "ESMTPSA")):
            with self.subTest(service, setting=setting):
                self.send(service, host="localhost", more=["-S", setting])
                self.assertIn(f" with {word} id ".encode(), self.sent())
