"""fetchmail against posteld: it fetches over POP3 and IMAP, and hands on to a
program or, over SMTP or LMTP, to posteld again.

fetchmail 6.4 puts a Received field in front of each message, and over SMTP
ends one whose last line has no end; both are passed over here.  It knows no
SCRAM.
"""

import subprocess
import time

import mails
from clients import PASSWORD, ClientCase, Done, flags, folder
from servers import need

NO_MAIL, SOME_LEFT = 1, 10  # exit statuses


class Fetchmail(ClientCase):
    def setUp(self):
        super().setUp()
        self.box = folder(self.home.path / "box")
        self.mda = self.home.file(
            "mda", f"#!/bin/sh\nexec cat >{self.box}/$$.$(date +%s%N)\n",
            0o700)

    def command(self, service, server="", user="", host="127.0.0.1",
                deliver=None):
        """server, user: words of fetchmail's own for either."""
        protocol = service.removesuffix("s").upper()
        deliver = deliver or f'mda "{self.mda}"'
        rc = self.home.file("rc", f"""\
poll {host} service {self.port(service)} protocol {protocol} {server}
  user {self.user} password {PASSWORD} is {self.user} here {user}
  {deliver}
""", 0o600)
        return ["--fetchmailrc", rc, "--nodetach", "--nosyslog", "-v", "-v"]

    def fetch(self, *arguments, status=0, **options):
        return self.program(
            "fetchmail", *self.command(*arguments, **options), status=status,
            env={"FETCHMAILHOME": str(self.home.path)})

    def came(self):
        """What the mda was given; it is forgotten then."""
        letters = []
        for path in sorted(self.box.iterdir()):
            letters.append(path.read_bytes())
            path.unlink()
        return letters

    PLAIN = "sslproto ''"

    def test_pop3_keep_fetchall(self):
        letters = self.fill(mails.messages(60))
        self.fetch("pop3", user=f"keep fetchall {self.PLAIN}")
        self.assertSame(self.came(), letters)
        self.assertEqual(self.inbox.contents(), letters)
        self.assertEqual({flags(p) for p in self.inbox.files()}, {"S"})

    def test_pop3_removes_what_it_has_fetched(self):
        letters = self.fill(mails.messages(30, seed=4))
        self.fetch("pop3", user=self.PLAIN)
        self.assertSame(self.came(), letters)
        self.assertEqual(len(self.inbox), 0)
        self.fetch("pop3", user=self.PLAIN, status=NO_MAIL)

    def test_pop3_uidl_fetches_only_what_is_new(self):
        letters = self.fill(mails.messages(5))
        options = dict(server="uidl", user=f"keep {self.PLAIN}")
        self.fetch("pop3", **options)
        self.assertSame(self.came(), letters)
        self.fetch("pop3", status=NO_MAIL, **options)
        self.assertEqual(self.came(), [])
        self.inbox.files()[0].unlink()
        more = self.fill([mails.message(5), mails.message(6)])
        self.fetch("pop3", **options)
        self.assertSame(self.came(), more)
        self.assertEqual(self.inbox.contents(), letters[1:] + more)

    def test_imap_keep_fetches_only_what_is_unseen(self):
        letters = self.fill(mails.messages(60))
        seen = self.fill([mails.message(60)], flags="S")
        self.fetch("imap", user=f"keep {self.PLAIN}")
        self.assertSame(self.came(), letters)
        self.assertEqual({flags(p) for p in self.inbox.files()}, {"S"})
        self.fetch("imap", user=f"keep {self.PLAIN}", status=NO_MAIL)
        self.fetch("imap", user=f"keep fetchall {self.PLAIN}")
        self.assertSame(self.came(), letters + seen)
        self.assertSame(self.inbox.contents(), letters + seen, exact=True)

    def test_imap_removes_what_it_has_fetched(self):
        letters = self.fill(mails.messages(30, seed=4))
        seen = self.fill([mails.message(60)], flags="S")
        self.fetch("imap", user=f"expunge 7 {self.PLAIN}")
        self.assertSame(self.came(), letters)
        self.assertSame(self.inbox.contents(), seen, exact=True)

    def test_imap_folders(self):
        work = self.posteld.inbox(self.user, "Work/2026 v1.5")
        odd = self.posteld.inbox(self.user, "Grüße")
        letters = self.fill(mails.messages(2))
        letters += self.fill([mails.message(2)], work)
        letters += self.fill([mails.message(3)], odd)
        self.fetch("imap", user='folder INBOX, "Work/2026 v1.5", '
                   f'"Gr&APwA3w-e" keep {self.PLAIN}')
        self.assertSame(self.came(), letters)

    def test_limit_leaves_the_large_one(self):
        letters = self.fill([mails.message(0), mails.message(49),
                             mails.message(2)])
        for service in ("pop3", "imap"):
            with self.subTest(service):
                self.fetch(service, user=f"keep fetchall limit 20000 "
                           f"{self.PLAIN}", status=None)
                self.assertSame(self.came(), [letters[0], letters[2]])

    def test_each_mechanism(self):
        self.fill(mails.messages(1))
        for service, words, said in (
                ("pop3", "auth password", "POP3> PASS"),
                ("pop3", "auth cram-md5", "POP3> AUTH CRAM-MD5"),
                ("pop3", "protocol APOP", f"POP3> APOP {self.user} "),
                ("imap", "auth password", r"IMAP> A\d+ LOGIN"),
                ("imap", "auth cram-md5", r"> A\d+ AUTHENTICATE CRAM-MD5")):
            with self.subTest(words, service=service):
                done = self.fetch(service, server=words,
                                  user=f"keep fetchall {self.PLAIN}")
                self.assertRegex(done.out.decode(), said)
                self.assertSame(self.came(), [mails.message(0)])

    def test_tls(self):
        letters = self.fill(mails.messages(10))
        check = f"sslcertck sslcertfile {self.authority.ca}"
        for service, words, said in (
                ("pop3", f"sslproto TLS1.2+ {check}", "> STLS"),
                ("pop3s", f"ssl {check}", "poll completed"),
                ("imap", f"sslproto TLS1.2+ {check}", r"> A\d+ STARTTLS"),
                ("imaps", f"ssl {check}", "poll completed")):
            with self.subTest(service):
                done = self.fetch(service, user=f"keep fetchall {words}",
                                  host="localhost")
                self.assertSame(self.came(), letters)
                self.assertRegex(done.out.decode(), said)

    def test_idle(self):
        """It hears of what comes while it is idle."""
        self.fill([mails.message(0)])
        command = [need("fetchmail"), *map(str, self.command(
            "imap", user=f"idle {self.PLAIN}"))]
        with open(self.home.path / "said", "wb") as said:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                env=self.home.environment
                | {"FETCHMAILHOME": str(self.home.path)})
        try:
            for number in range(1, 4):
                self.wait_for(number, command)
                self.fill([mails.message(number)])
            self.wait_for(4, command)
        finally:
            process.terminate()
            process.wait(10)
        self.assertSame(self.came(), mails.messages(4))

    def wait_for(self, count, command, seconds=20):
        limit = time.monotonic() + seconds
        while len(list(self.box.iterdir())) < count or len(self.inbox):
            self.assertLess(time.monotonic(), limit, Done(
                command, None, (self.home.path / "said").read_bytes(), b""))
            time.sleep(0.05)

    # -- handing on to posteld --

    def to_posteld(self, service, address):
        return (f"{'lmtp' if service == 'lmtp' else ''} "
                f"smtphost 127.0.0.1/{self.port(service)} "
                f"smtpname {address}")

    def test_hands_on_to_posteld(self):
        letters = self.fill(mails.messages(60))
        for source, target in (("pop3", "smtp"), ("imap", "lmtp")):
            with self.subTest(source, target=target):
                other = next(type(self).fresh)
                self.fetch(source, user=f"keep fetchall {self.PLAIN}",
                           deliver=self.to_posteld(target,
                                                   self.address(other)))
                came = self.posteld.inbox(other).contents()
                self.assertSame(came, letters)
                word = b" with LMTP id " if target == "lmtp" else \
                    b" with ESMTP id "
                for letter in came:
                    self.assertIn(word, letter)
        self.assertEqual(self.inbox.contents(), letters)

    def test_refused_for_now_stays(self):
        letters = self.fill(mails.messages(3))
        for service in ("pop3", "imap"):
            with self.subTest(service):
                done = self.fetch(
                    service, user=self.PLAIN, status=None, deliver=self
                    .to_posteld("smtp", "452@error.test"))
                self.assertIn(b"452 4.0.0", done.out + done.err)
                self.assertSame(self.inbox.contents(), letters, exact=True)

    def test_moves_on_to_posteld(self):
        letters = self.fill(mails.messages(30, seed=6))
        other = next(type(self).fresh)
        self.fetch("imap", user=self.PLAIN, deliver=self.to_posteld(
            "lmtp", self.address(other)))
        self.assertSame(self.posteld.inbox(other).contents(), letters)
        self.assertEqual(len(self.inbox), 0)
