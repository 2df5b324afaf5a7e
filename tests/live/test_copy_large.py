"""Accounts of many messages: postel copy keeps all that they are, and none of
the scripts needs much memory.  MESSAGES=10000 makes it as large as a real one."""

import base64
import imaplib
import os
import random
import re
import time

import mails
from harness import SANITIZED
from servers import Dovecot, Posteld, own
from test_copy import CopyCase

MESSAGES = int(os.environ.get("MESSAGES", "200"))  # in all mailboxes
MANY = 4000  # in one, for memory
GARBAGE = 2048  # KiB that the collector leaves of many more than of few
TIME_LIMIT = 1800
NAMES = ["INBOX", "Work", "Work/2026", "Work/2026/March & April", "Ünï cödé",
         "A&B", "&-&", 'quo"te', '"', "sp ace", " in front/behind ", "日本",
         "日本/東京/駅", "a/b/c/d/e", "Пошта", "😀 smile", "it's", "x{3}",
         "(list)", "back[slash]"]


def mutf7(name):
    """RFC 9051 A: as IMAP4rev1 has names."""
    def encode(found):
        text = base64.b64encode(found[0].encode("utf-16-be")).rstrip(b"=")
        return "&" + text.decode().replace("/", ",") + "-"
    return re.sub(r"[^\x20-\x7e]+", encode, name.replace("&", "&-"))


class Mdbox(Dovecot):
    """Another store, and another delimiter."""

    def _configuration(self):
        return super()._configuration().replace(
            "separator = /", "separator = .").replace(
            "maildir:~/Maildir", "mdbox:~/mdbox")


class Account:
    """A user's mail as the server tells it."""

    def __init__(self, server, user, delimiter="/"):
        self.conn = imaplib.IMAP4("127.0.0.1", server.imap)
        self.conn.login(user, "secret")
        self.delimiter = delimiter

    def name(self, name):
        name = mutf7(name.replace("/", self.delimiter))
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def select(self, name):
        status, words = self.conn.select(self.name(name))
        assert status == "OK", (name, words)

    def mailbox(self, name):
        """Each message as (digest, number, flags, seconds)."""
        self.select(name)
        _, data = self.conn.fetch(
            "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
        found, head, content = [], b"", None
        for part in data:
            if isinstance(part, tuple):
                head, content = part
                continue
            head += part or b""
            if content is None:
                continue
            flags = re.search(rb"FLAGS \(([^)]*)\)", head)[1].split()
            when = imaplib.Internaldate2tuple(head)
            found.append((mails.digest(content), mails.number(content),
                          tuple(sorted(set(flags) - {b"\\Recent"})),
                          time.mktime(when)))
            content = None
        return sorted(found)


class Large(CopyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = {user: "secret" for user in ("a", "b", "few", "many")}
        cls.dovecot = cls.with_server(Dovecot(users))
        cls.posteld = cls.with_server(Posteld(users))
        cls.mdbox = cls.with_server(Mdbox(users))

    def account(self, *arguments):
        account = Account(*arguments)
        self.addCleanup(account.conn.logout)
        return account

    def fill(self):
        """Messages with flags and keywords and dates on Dovecot."""
        rng = random.Random(3)
        account = self.account(self.dovecot, "a")
        per_box = MESSAGES // len(NAMES)
        for i, name in enumerate(NAMES):
            if name != "INBOX":
                account.conn.create(account.name(name))
            folder = None if name == "INBOX" else mutf7(name).replace("/", ".")
            box = self.dovecot.inbox("a", folder)
            for n in range(per_box):
                path = box.put(mails.message(n, seed=i), "".join(sorted(
                    rng.sample("DFRST", rng.randrange(5)))))
                when = 1_500_000_000 + 86_461 * n + i
                os.utime(path, (when, when))
            account.select(name)
            for word in ("$Forwarded", "Work", "NonJunk"):
                some = rng.sample(range(1, per_box + 1), per_box // 4)
                account.conn.store(",".join(map(str, some)), "+FLAGS.SILENT",
                                   f"({word})")
        self.total = per_box * len(NAMES)

    def copy(self, source, target):
        result = self.done("copy", source, target, "--json",
                           timeout=TIME_LIMIT)
        if MESSAGES > 1000:
            print(f"\n{result.seconds:.1f} s, {result.rss} KiB: "
                  f"{result.out.decode().strip()}", flush=True)
        return self.totals(result)

    def same(self, one, other):
        for name in NAMES:
            self.assertEqual(one.mailbox(name), other.mailbox(name), name)

    def test_everything_is_kept(self):
        self.fill()
        one = self.account(self.dovecot, "a")
        for source, target, user, delimiter in (
                (self.dovecot, self.posteld, "a", "/"),
                (self.posteld, self.dovecot, "b", "/"),
                (self.posteld, self.mdbox, "b", ".")):
            way = source.url("imap", "a"), target.url("imap", user)
            self.assertEqual(self.copy(*way)["done"], self.total)
            self.same(one, self.account(target, user, delimiter))
            totals = self.copy(*way)
            self.assertEqual((totals["done"], totals["octets"]), (0, 0))
            self.assertNotIn("flags", totals)

    def many(self, user, count):
        """An INBOX of so many small messages, with gaps between the UIDs."""
        box = self.dovecot.inbox(user)
        lines = [f"3 V1700000000 N{2 * count + 1} "
                 f"G{'0123456789abcdef' * 2}\n"]
        for i in range(count):
            name = f"1700000000.M{i:06d}P1.live"
            path = box.path / "cur" / f"{name}:2,S"
            path.write_bytes(
                b"Subject: m%d\nMessage-ID: <%d@x.test>\n\nbody\n" % (i, i))
            own(path)
            lines.append(f"{2 * i + 2} :{name}\n")
        uids = box.path / "dovecot-uidlist"
        uids.write_text("".join(lines))
        own(uids)

    def test_memory_grows_by_little_for_each_message(self):
        """Of a mailbox of 100,000 no more than 32 MiB are to be needed: 5 MiB,
        270 octets for each message, and, while messages are moved, what is
        collected later; tables double now and then."""
        peaks = {}
        for user, count in (("few", MANY // 4), ("many", MANY)):
            self.many(user, count)
            for protocol in ("imap", "pop3"):
                folder = self.home.path / f"{protocol}{count}"
                for step in ("first", "again", "lost"):
                    if step == "lost":
                        (folder / "postel-backup").unlink()
                    result = self.done(
                        "backup", self.dovecot.url(protocol, user), folder,
                        "--json")
                    peaks.setdefault((protocol, step), []).append(result.rss)
        for case, (few, many) in peaks.items():
            moves = case[1] != "again"
            slope = ((many - few - moves * GARBAGE) * 1024 /
                     (MANY - MANY // 4))
            if not SANITIZED:
                self.assertLess(slope, 500 if "lost" in case else 300,
                                (case, few, many))


if __name__ == "__main__":
    import unittest
    unittest.main()
