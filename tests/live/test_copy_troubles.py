"""postel copy while others are at work on the same mailboxes, and where the
destination does not want what comes: nothing is lost or doubled, one mailbox's
trouble is told and does not stop the others."""

import imaplib
import time

import mails
from harness import LATER, PARTLY, REFUSED
from hostile import MAIL, Hostile, read_literal, say
from servers import Dovecot, Posteld
from test_copy import CopyCase

QUOTA = """mail_plugins = quota
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=40K
}
"""
PAUSE = 30  # seconds, for something to happen


class Troubles(CopyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = {f"user{i}": "secret" for i in range(12)}
        cls.fresh = iter(users)
        cls.dovecot = cls.with_server(Dovecot(users))
        cls.posteld = cls.with_server(Posteld(users))
        cls.pairs = ((cls.dovecot, cls.posteld), (cls.posteld, cls.dovecot))

    def login(self, server):
        conn = self.enterContext(imaplib.IMAP4("127.0.0.1", server.imap))
        conn.login(self.user, "secret")
        return conn

    def begin(self, source, target, n, mailbox=None):
        self.take_user(source)
        self.source, self.target = source, target
        box = source.inbox(self.user, mailbox)
        for i in range(n):
            box.put(mails.message(i, kind=mails.plain), "")
        return box

    def arguments(self):
        return ("copy", self.source.url("imap", self.user),
                self.target.url("imap", self.user), "--json")

    def copy_until(self, box, n):
        """A copy under way, of which n messages have come."""
        running = self.start(*self.arguments())
        limit = time.monotonic() + PAUSE
        while len(box) < n and time.monotonic() < limit:
            time.sleep(0.002)
        return running

    def numbers(self, box):
        return sorted(map(mails.number, box.contents()))

    def test_others_expunge_meanwhile(self):
        for source, target in self.pairs:
            box = self.begin(source, target, 500)
            there = target.inbox(self.user)
            other = self.login(source)
            other.select()
            running = self.copy_until(there, 20)
            other.uid("STORE", "1:10,300:310,490:495", "+FLAGS.SILENT",
                      "(\\Deleted)")
            other.expunge()
            result = running.wait()
            self.assertEqual(result.status, 0, result)
            came = self.numbers(there)
            self.assertEqual(len(came), len(set(came)))
            self.assertLessEqual(set(self.numbers(box)), set(came))
            self.assertEqual(self.totals(self.done(*self.arguments()))["done"],
                             0)

    def test_destination_expunged_meanwhile(self):
        for source, target in self.pairs:
            self.begin(source, target, 200)
            there = target.inbox(self.user)
            other = self.login(target)
            running = self.copy_until(there, 30)
            other.select()
            other.store("1:5", "+FLAGS.SILENT", "(\\Deleted)")
            other.expunge()
            result = running.wait()
            self.assertEqual(self.totals(result)["done"], 200, result)
            self.assertEqual(self.numbers(there), list(range(5, 200)))

    def test_destination_made_anew_meanwhile(self):
        """Its UIDs are others then; all comes again, each once."""
        for source, target in self.pairs:
            box = self.begin(source, target, 150, "Box")
            there = target.inbox(self.user, "Box")
            other = self.login(target)
            running = self.copy_until(there, 40)
            deleted, _ = other.delete("Box")
            other.create("Box")
            result = running.wait()
            if deleted == "NO":  # "New mails were added during deletion"
                continue         # and the old ones are gone: Dovecot
            # Dovecot refuses what comes at that very moment.
            self.assertIn(result.status, (0, PARTLY), result)
            if result.status == 0:
                self.assertEqual(self.numbers(there), self.numbers(box),
                                 result)
            self.done(*self.arguments())
            self.assertEqual(self.numbers(there), self.numbers(box), result)

    def test_source_with_another_uidvalidity_meanwhile(self):
        validity = [b"7"]

        def examine(peer):
            peer.send(b"* 2 EXISTS\r\n* OK [UIDVALIDITY %s] ok\r\n"
                      b"%%t OK [READ-ONLY] done\r\n" % validity[0])

        def fetch(peer):
            for uid in (1, 2):
                mail = MAIL.replace(b"Number: 1", b"Number: %d" % uid)
                part = (b"BODY[]" if b"BODY.PEEK[]" in peer.line else
                        b"BODY[HEADER.FIELDS (SUBJECT)]")
                text = mail if part == b"BODY[]" else b"Subject: bait\r\n\r\n"
                peer.send(b"* %d FETCH (UID %d FLAGS () RFC822.SIZE %d %s "
                          b"{%d}\r\n%s)\r\n" % (uid, uid, len(mail), part,
                                                len(text), text))
                if uid == 1 and validity[0] == b"7":
                    validity[0] = b"8"
                    peer.send(b"* OK [UIDVALIDITY 8] made anew\r\n")
            peer.send(b"%t OK done\r\n")

        self.begin(self.dovecot, self.posteld, 0)
        fake = self.enterContext(Hostile("imap", {
            "EXAMINE": [examine], "UID FETCH": [fetch],
            "UID SEARCH": [say(b"* SEARCH 1 2\r\n%t OK done\r\n")],
            "LIST": [say(b'* LIST () "/" INBOX\r\n%t OK done\r\n')]}))
        result = self.done("copy", fake.url(), self.posteld.url(
            "imap", self.user), "--json")
        self.assertIn(b"UIDVALIDITY has changed", result.err)
        self.assertEqual(self.numbers(self.posteld.inbox(self.user)), [1, 2])

    def test_mailbox_that_cannot_be_made(self):
        self.begin(self.dovecot, self.posteld, 3)
        for name in ("100%", "Zoo"):
            self.dovecot.inbox(self.user, name).put(mails.message(9))
        result = self.postel(*self.arguments())
        self.assertEqual(result.status, PARTLY, result)
        self.assertRegex(result.err, rb"postel: 100%: .*CREATE.*NO ")
        totals = self.totals(result)
        self.assertEqual([r["mailbox"] for r in totals["refused"]], ["100%"])
        self.assertEqual(totals["done"], 4)
        self.assertEqual(len(self.posteld.inbox(self.user, "Zoo")), 1)

    def test_parent_that_was_no_mailbox(self):
        for source, target in self.pairs:
            dovecot = source is self.dovecot
            self.begin(source, target, 1, "a.b" if dovecot else "a/b")
            self.done(*self.arguments())
            source.inbox(self.user, "a").put(mails.message(5))
            self.login(source).create("a")
            self.done(*self.arguments())
            self.assertEqual(self.numbers(target.inbox(self.user, "a")), [5])

    def test_full_quota(self):
        """Told, and given up soon; what fits in has come, others go on."""
        full = self.enterContext(Dovecot({"full": "secret"}, more=QUOTA))
        self.begin(self.dovecot, full, 300)
        self.dovecot.inbox(self.user, "Zoo").put(mails.message(1), "")
        result = self.postel("copy", self.source.url("imap", self.user),
                             full.url("imap", "full"), "--json")
        self.assertEqual(result.status, PARTLY, result)
        self.assertIn(b"OVERQUOTA", result.err)
        totals = self.totals(result)
        self.assertGreater(totals["done"], 10)
        self.assertEqual(totals["done"], len(full.inbox("full")))
        self.assertEqual({r["mailbox"] for r in totals["refused"]},
                         {"INBOX", "Zoo"})
        self.assertLess(len(totals["refused"]), 80)

    def test_all_refused(self):
        self.begin(self.dovecot, self.posteld, 3)
        for words, status in ((b"NO [CANNOT] never", REFUSED),
                              (b"NO [UNAVAILABLE] later", LATER),
                              (b"NO [TRYCREATE] where?", REFUSED)):
            fake = self.enterContext(Hostile("imap", {
                "SELECT": [say(b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
                               b"%t OK [READ-WRITE] done\r\n")],
                "UID SEARCH": [say(b"* SEARCH\r\n%t OK done\r\n")],
                "APPEND": [read_literal, say(b"%t " + words + b"\r\n")]}))
            result = self.postel("copy", self.source.url("imap", self.user),
                                 fake.url(), "--json", "--mailbox=INBOX")
            self.assertEqual(result.status, status, result)
            self.assertIn(words.split()[-1], result.err)
            self.assertEqual(self.totals(result)["done"], 0)


if __name__ == "__main__":
    import unittest
    unittest.main()
