"""mpop against posteld: POP3 into a Maildir, a mailbox file and SMTP.

mpop 1.4 writes each line with an LF at its end, also the last one that had
none and those that had CRLF already.
"""

import mailbox
import re

import mails
from clients import PASSWORD, ClientCase, flags
from servers import Maildir


class Mpop(ClientCase):
    def setUp(self):
        super().setUp()
        self.box = Maildir(self.home.path / "box")

    def fetch(self, *words, service="pop3", delivery=None, **options):
        """words: settings of mpop's own."""
        settings = "\n".join(words)
        rc = self.home.file("rc", f"""\
defaults
host localhost
port {self.port(service)}
user {self.user}
password {PASSWORD}
tls off
uidls_file {self.home.path}/uidls
received_header off
keep on
delivery {delivery or f'maildir {self.box.path}'}
{settings}
account default
""", 0o600)
        return self.program("mpop", "--file", rc, "--debug", **options)

    def test_maildir(self):
        letters = self.fill(mails.messages(60))
        self.fetch()
        self.assertSame(self.box.contents(), letters)
        self.assertEqual(self.inbox.contents(), letters)
        self.assertEqual({flags(p) for p in self.inbox.files()}, {"S"})

    def test_mailbox_file(self):
        letters = self.fill(mails.messages(60))
        path = self.home.path / "mbox"
        self.fetch(delivery=f"mbox {path}")
        # Lines that begin with From, or > and From, have one > more.
        came = [re.sub(rb"^>(>*From )", rb"\1", bytes(letter), flags=re.M)
                for letter in mailbox.mbox(path)]
        self.assertSame(came, letters)

    def test_uidls(self):
        """Only what is new comes, also when others are gone."""
        letters = self.fill(mails.messages(5))
        self.fetch()
        self.fetch()
        self.assertSame(self.box.contents(), letters)
        for path in self.inbox.files()[1:3]:
            path.unlink()
        letters += self.fill([mails.message(5), mails.message(6)])
        self.fetch()
        self.assertSame(self.box.contents(), letters)
        self.fetch("only_new off")
        self.assertEqual(len(self.box), 12)

    def test_what_is_fetched_is_removed(self):
        letters = self.fill(mails.messages(20, seed=4))
        self.fetch("keep off")
        self.assertSame(self.box.contents(), letters)
        self.assertEqual(len(self.inbox), 0)

    def test_by_size(self):
        letters = self.fill([mails.message(0), mails.message(49),
                             mails.message(2)])
        self.fetch("skipsize 20000")
        self.assertSame(self.box.contents(), [letters[0], letters[2]])
        self.fetch("killsize 20000", "keep off", "only_new off")
        self.assertEqual(len(self.box), 4)
        self.assertEqual(len(self.inbox), 0)

    def test_pipelining_or_not(self):
        letters = self.fill(mails.messages(40, seed=9))
        for word in ("on", "off"):
            self.fetch(f"pipelining {word}", "only_new off")
            self.assertSame(self.box.contents(), letters)
            for path in self.box.files():
                path.unlink()

    def test_each_mechanism(self):
        self.fill(mails.messages(1))
        for mechanism, said in (
                ("user", "USER"), ("apop", f"APOP {self.user}"),
                ("plain", "AUTH PLAIN"), ("login", "AUTH LOGIN"),
                ("cram-md5", "AUTH CRAM-MD5"),
                ("scram-sha-256", "AUTH SCRAM-SHA-256")):
            with self.subTest(mechanism):
                done = self.fetch(f"auth {mechanism}")
                self.assertIn(f"--> {said}".encode(), done.out)
                self.assertIn(b"has 1 message", done.out)
        done = self.fetch()
        self.assertNotIn(b"USER " + self.user.encode(), done.out,
                         "left to itself it takes no clear password")

    def test_wrong_password(self):
        for mechanism in ("user", "apop", "plain", "login", "cram-md5",
                          "scram-sha-256"):
            with self.subTest(mechanism):
                done = self.fetch(f"auth {mechanism}", "password wrong",
                                  status=None)
                self.assertNotEqual(done.status, 0, done)
                self.assertIn(b"-ERR [AUTH]", done.out)

    def test_tls(self):
        letters = self.fill(mails.messages(10))
        trust = f"tls_trust_file {self.authority.ca}"
        for service, words, said in (
                ("pop3", ["tls_starttls on"], b"--> STLS"),
                ("pop3s", ["tls_starttls off"], b"<-- +OK posteld")):
            with self.subTest(service):
                done = self.fetch("tls on", trust, "only_new off", *words,
                                  service=service)
                self.assertIn(said, done.out)
                self.assertSame(self.box.contents(), letters)
                for path in self.box.files():
                    path.unlink()

    def test_hands_on_by_a_program(self):
        letters = self.fill(mails.messages(10))
        other = next(type(self).fresh)
        self.fetch(delivery="mda msmtp --host=127.0.0.1 "
                   f"--port={self.port('smtp')} --from=%F "
                   f"{self.address(other)}")
        self.assertSame(self.posteld.inbox(other).contents(), letters)

    def test_serverinfo(self):
        out = self.program("mpop", "--host=127.0.0.1", "--serverinfo",
                           f"--port={self.port('pop3')}").out.decode()
        for word in ("PIPELINING", "TOP", "UIDL", "STLS", "SCRAM-SHA-256",
                     "APOP", "EXPIRE NEVER", "RESP-CODES"):
            self.assertIn(word, out)
