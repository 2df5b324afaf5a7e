"""postel copy and restore to servers with MULTIAPPEND (RFC 3502): several messages in
one APPEND, and each comes once, whatever the server makes of it."""

import random
import re
import signal
import time

import mails
from harness import PARTLY
from hostile import Gone, Hostile, say
from servers import Dovecot, Posteld
from test_copy import KILLS, TIME_LIMIT, CopyCase, seen_in

OFFER = b"* CAPABILITY IMAP4rev1 UIDPLUS MULTIAPPEND"
NEVER = b"X-Never:"


class Store:
    """The steps of a server that keeps what it is given.  told(uids) is what it
    says of them; several(self, peer, messages) may refuse a batch or break it,
    which takes all of it or nothing."""

    def __init__(self, extra=b" LITERAL+", told=None, several=None):
        self.messages, self.sizes = [], []
        self.told = told or (lambda uids: b"%d:%d" % (uids[0], uids[-1]))
        self.several = several
        self.answers = {
            "": [say(b"* OK ready\r\n")],
            "CAPABILITY": [say(OFFER + extra + b"\r\n%t OK\r\n")],
            "LIST": [say(b'* LIST () "/" INBOX\r\n%t OK\r\n')],
            "SELECT": [self.select], "APPEND": [self.append],
            "UID SEARCH": [self.search], "UID FETCH": [say(b"%t OK\r\n")],
            "STATUS": [say(b"* STATUS INBOX (UIDNEXT 1000)\r\n%t OK\r\n")],
        }

    def select(self, peer):
        peer.send(b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n%%t OK [READ-WRITE] "
                  b"done\r\n" % len(self.messages))

    def search(self, peer):
        uids = b" ".join(b"%d" % (n + 1) for n in range(len(self.messages)))
        peer.send(b"* SEARCH %s\r\n%%t OK\r\n" % uids)

    def append(self, peer):
        """Reads the literals, up to a line that announces none."""
        came = []
        while literal := re.search(rb"\{(\d+)(\+?)\}$", peer.line):
            if not literal[2]:
                peer.send(b"+ go on\r\n")
            came.append(peer.read(int(literal[1])))
            peer.read_line()
        self.sizes.append(len(came))
        if len(came) > 1 and self.several and self.several(self, peer, came):
            return
        if any(NEVER in m for m in came):
            peer.send(b"%t NO [CANNOT] not this one\r\n")
            return
        first = len(self.messages) + 1
        self.messages += came
        uids = range(first, first + len(came))
        peer.send(b"%%t OK [APPENDUID 7 %s] done\r\n" % (
            b"%d" % first if len(uids) == 1 else self.told(uids)))


class Batches(CopyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = {f"user{i}": "secret" for i in range(20)}
        cls.fresh = iter(users)
        cls.posteld = cls.with_server(Posteld(users))
        cls.dovecot = cls.with_server(Dovecot(users))

    def setUp(self):
        super().setUp()
        self.take_user(self.posteld)
        self.box = self.posteld.inbox(self.user)

    def put(self, n, start=0):
        for i in range(start, start + n):
            self.box.put(mails.message(i, kind=mails.plain), "")

    def copy(self, store, status=0):
        server = self.enterContext(Hostile("imap", store.answers))
        result = self.postel("copy", self.posteld.url("imap", self.user),
                             server.url(), "--json", "--journal=journal")
        self.assertEqual(result.status, status, result)
        return result

    def compare(self, store, but=()):
        """All have come, once; the journal knows their UIDs, where told."""
        numbers = [mails.number(m) for m in store.messages]
        self.assertEqual(sorted(numbers), sorted(
            set(map(mails.number, self.box.contents())) - set(but)))
        journal = (self.home.path / "journal" / "INBOX").read_text()
        noted = re.findall(r"^(\d+)\t(\d*)/", journal, re.M)
        self.assertEqual(len(noted), len(numbers))
        by_uid = {i + 1: mails.number(m) for i, m in enumerate(store.messages)}
        source = {n + 1: mails.number(m) for n, m in enumerate(
            c for c in self.in_order())}
        for key, uid in noted:
            if uid:
                self.assertEqual(by_uid[int(uid)], source[int(key)])
        return [uid for _, uid in noted]

    def in_order(self):
        """The messages of the source, by UID."""
        import imaplib
        conn = imaplib.IMAP4("127.0.0.1", self.posteld.imap)
        conn.login(self.user, "secret")
        conn.select(readonly=True)
        _, data = conn.uid("FETCH", "1:*", "(BODY.PEEK[])")
        conn.logout()
        return [i[1] for i in data if isinstance(i, tuple)]

    def test_many_in_one_command(self):
        self.put(150)
        for extra in (b" LITERAL+", b" LITERAL-", b""):
            store = Store(extra)
            self.copy(store)
            self.assertEqual(store.sizes, [64, 64, 22], extra)
            self.assertNotIn("", self.compare(store))
            for path in (self.home.path / "journal").iterdir():
                path.unlink()

    def test_large_ones_go_alone(self):
        self.put(3)
        self.box.put(mails.message(3) + b"x" * 70 + b"\n" + b"y\n" * 40000, "")
        self.put(3, 4)
        store = Store()
        self.copy(store)
        self.assertEqual(sorted(store.sizes)[-1], max(store.sizes))
        self.assertIn(1, store.sizes)
        self.compare(store)

    def test_one_that_is_refused_keeps_no_other(self):
        self.put(100)
        self.box.put(NEVER + b" yes\n" + mails.message(100, kind=mails.plain), "")
        self.put(100, 101)
        store = Store()
        result = self.copy(store, PARTLY)
        self.assertIn(b"not this one", result.err)
        self.assertEqual(self.totals(result)["done"], 200)
        self.assertEqual(len(self.totals(result)["refused"]), 1)
        self.compare(store, but=(100,))

    def test_refused_as_a_whole(self):
        self.put(80)
        store = Store(several=lambda store, peer, came: peer.send(
            b"%t BAD one at a time\r\n") or True)
        self.assertEqual(self.totals(self.copy(store))["done"], 80)
        self.compare(store)

    def hang_up(self):
        def several(store, peer, came):
            raise Gone
        return several

    def test_a_server_that_hangs_up_on_it(self):
        """It is served one at a time, by itself."""
        self.put(80)
        store = Store(several=self.hang_up())
        self.assertEqual(self.totals(self.copy(store))["done"], 80)
        self.assertEqual(sum(n > 1 for n in store.sizes), 1)
        self.compare(store)

    def test_odd_uids(self):
        """None is believed that might be another's."""
        self.put(70)
        for told in (lambda u: b"%d" % u[0], lambda u: b"%d:4294967295" % u[0],
                     lambda u: b",".join(b"%d" % n for n in reversed(u)),
                     lambda u: b"%d:%d" % (u[-1], u[0]),
                     lambda u: b",".join([b"5"] * len(u)), lambda u: b"x"):
            store = Store(told=told)
            self.copy(store)
            self.assertEqual(set(self.compare(store)), {""})
            for path in (self.home.path / "journal").iterdir():
                path.unlink()
        store = Store(told=lambda u: b",".join(b"%d" % n for n in u))
        self.copy(store)
        self.assertNotIn("", self.compare(store))

    def test_dovecot(self):
        self.fill(self.box, 200)
        there = self.dovecot.url("imap", self.user)
        self.done("copy", self.posteld.url("imap", self.user), there)
        self.assertEqual(seen_in(self.dovecot.inbox(self.user)),
                         seen_in(self.box))

    def test_killed_at_any_moment_each_comes_once(self):
        self.fill(self.box, 400)
        words = ("copy", self.posteld.url("imap", self.user),
                 self.dovecot.url("imap", self.user))
        rng = random.Random(11)
        for _ in range(KILLS):
            running = self.start(*words)
            time.sleep(rng.uniform(*rng.choice([(0.05, 0.4), (2, 2.5)])))
            running.signal(signal.SIGKILL)
            running.wait()
        self.done(*words, timeout=TIME_LIMIT)
        self.assertEqual(seen_in(self.dovecot.inbox(self.user)),
                         seen_in(self.box))

    def test_line_ends_stay_as_they_are(self):
        """A literal of one server is that of the other, octet by octet."""
        self.put(1)
        self.box.put(mails.message(1, kind=mails.plain) + b"bare \r CR\n", "")
        store = Store()
        self.copy(store)
        self.assertEqual(sorted(store.messages), sorted(self.in_order()))


if __name__ == "__main__":
    import unittest
    unittest.main()
