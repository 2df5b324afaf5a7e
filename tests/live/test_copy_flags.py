"""postel copy and backup, run again: flags that have changed are changed, and
nothing comes twice though a journal is lost."""

import contextlib
import imaplib
import re

import mails
from servers import Dovecot, Maildir, Posteld
from test_copy import BackupCase, CopyCase, letters


@contextlib.contextmanager
def session(server, user, mailbox="INBOX"):
    with imaplib.IMAP4("127.0.0.1", server.imap) as conn:
        conn.login(user, "secret")
        status, words = conn.select(mailbox)
        assert status == "OK", words
        yield conn


def store(server, user, number, how, flags):
    with session(server, user) as conn:
        status, words = conn.uid("STORE", str(number), how, flags)
        assert status == "OK", words


def flags_of(server, user, mailbox="INBOX"):
    """{number in the message: its flags but \\Recent}, as the server tells."""
    found = {}
    with session(server, user, mailbox) as conn:
        _, data = conn.fetch("1:*", "(FLAGS BODY.PEEK[])")
        for part in data:
            if isinstance(part, tuple):
                head, content = part
                key = mails.number(content)
            else:
                head = part
            for words in re.findall(rb"FLAGS \(([^)]*)\)", head):
                found[key] = set(words.decode().split()) - {"\\Recent"}
    return found


class CopyFlags(CopyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = {f"user{i}": "secret" for i in range(10)}
        cls.fresh = iter(users)
        cls.dovecot = cls.with_server(Dovecot(users))
        cls.posteld = cls.with_server(Posteld(users))

    def copy(self, *options):
        return self.totals(self.done(
            "copy", self.source.url("imap", self.user),
            self.target.url("imap", self.user), "--json", *options))

    def begin(self, source, target):
        self.take_user(source)
        self.source, self.target = source, target
        for content in mails.messages(6):
            self.inbox.put(content, "")
        store(source, self.user, "2:3", "+FLAGS", "(\\Seen Work)")
        self.copy()
        self.assertSame()

    def assertSame(self):
        self.assertEqual(flags_of(self.target, self.user),
                         flags_of(self.source, self.user))

    def change(self, source, target):
        self.begin(source, target)
        self.assertNotIn("flags", self.copy())
        store(source, self.user, 1, "+FLAGS", "(\\Seen Later \\Deleted)")
        store(source, self.user, 2, "-FLAGS", "(\\Seen Work)")
        self.assertEqual(self.copy()["flags"], 2)
        self.assertSame()
        # What was changed there stays, also when more changes here.
        store(target, self.user, 4, "+FLAGS", "(\\Flagged)")
        store(target, self.user, 3, "-FLAGS", "(\\Seen)")
        self.assertNotIn("flags", self.copy())
        store(source, self.user, 4, "+FLAGS", "(\\Answered)")
        self.assertEqual(self.copy()["flags"], 1)
        there = flags_of(target, self.user)
        self.assertEqual(there[3], {"\\Flagged", "\\Answered"})
        self.assertEqual(there[2], {"Work"})
        store(source, self.user, 5, "+FLAGS", "(\\Answered)")
        self.assertNotIn("flags", self.copy("--no-flags"))
        self.assertEqual(flags_of(target, self.user)[4], set())

    def test_with_condstore(self):
        self.change(self.dovecot, self.posteld)

    def test_without_condstore(self):
        self.change(self.posteld, self.dovecot)

    def test_behind_a_lost_journal(self):
        for source, target in ((self.dovecot, self.posteld),
                               (self.posteld, self.dovecot)):
            self.begin(source, target)
            store(target, self.user, 5, "+FLAGS", "(\\Flagged)")
            totals = self.copy("--journal=new")
            self.assertEqual((totals["done"], totals["skipped"]), (0, 6))
            self.assertEqual(flags_of(target, self.user)[4], {"\\Flagged"})
            store(source, self.user, 5, "+FLAGS", "(\\Seen)")
            self.assertEqual(self.copy("--journal=new")["flags"], 1)
            self.assertEqual(flags_of(target, self.user)[4],
                             {"\\Flagged", "\\Seen"})


class Backup(BackupCase):
    def backup(self, *options, protocol="imap"):
        return self.totals(self.done(
            "backup", self.dovecot.url(protocol, self.user), self.folder,
            "--json", *options))

    def here(self):
        return {mails.number(p.read_bytes()): letters(p)
                for p in Maildir(self.folder).files()}

    def test_maildir_flags(self):
        for content in mails.messages(5):
            self.inbox.put(content, "")
        self.backup()
        self.assertEqual(set(self.here().values()), {""})
        path = [p for p in Maildir(self.folder).files()
                if mails.number(p.read_bytes()) == 1][0]
        path.rename(self.folder / "cur" / f"{path.name.split(':')[0]}:2,Fa")
        store(self.dovecot, self.user, "1:2", "+FLAGS", "(\\Seen)")
        totals = self.backup()
        self.assertEqual((totals["flags"], totals["done"]), (2, 0))
        self.assertEqual(self.here(), {0: "S", 1: "FS", 2: "", 3: "", 4: ""})
        self.assertTrue(any(p.name.endswith(":2,FSa")
                            for p in Maildir(self.folder).files()))
        store(self.dovecot, self.user, "1", "-FLAGS", "(\\Seen)")
        self.assertEqual(self.backup()["flags"], 1)
        self.assertEqual(self.here(), {0: "", 1: "FS", 2: "", 3: "", 4: ""})
        self.assertNotIn("flags", self.backup())

    def journals(self):
        return [*self.folder.rglob("postel-backup"),
                *self.folder.rglob(".*.journal")]

    def contents(self, kind):
        if kind == "maildir":
            return Maildir(self.folder).contents()
        if kind == "files":
            return [p.read_bytes() for p in self.folder.rglob("*.eml")]
        text = (self.folder / "INBOX.mbox").read_bytes()
        return [re.sub(rb"^>(>*From )", rb"\1", part, flags=re.M)
                for part in re.split(rb"(?:\A|\n)From MAILER-DAEMON .*\n",
                                     text[:-1])[1:]]

    def lose(self, kind, protocol, spoil):
        self.folder = self.home.path / f"{protocol}-{kind}-{spoil.__name__}"
        options = [f"--as={kind}"] + (
            ["--mailbox=INBOX"] if protocol == "imap" else [])
        self.backup(*options, protocol=protocol)
        (journal,) = self.journals()
        spoil(journal)
        self.inbox.put(mails.message(100 + self.extra), "")
        self.extra += 1
        totals = self.backup(*options, protocol=protocol)
        # Of an mbox the message that was begun last may not be whole.
        again = kind == "mbox" and spoil.__name__ == "cut"
        self.assertEqual(totals["done"], 2 if again else 1, (kind, protocol))
        self.assertEqual(self.backup(*options, protocol=protocol)["done"], 0)
        self.assertEqual(
            sorted(map(mails.number, self.contents(kind))),
            sorted(map(mails.number, self.inbox.contents())))

    def test_lost_journal_nothing_comes_twice(self):
        """All of it, or its end: journals are not synced."""
        self.extra = 0
        for content in mails.messages(24):
            self.inbox.put(content, "")

        def gone(journal):
            journal.unlink()

        def cut(journal):
            lines = journal.read_bytes().splitlines(keepends=True)
            journal.write_bytes(b"".join(lines[:len(lines) // 2]) + b"x")

        for kind in ("maildir", "mbox", "files"):
            for protocol in ("imap", "pop3"):
                for spoil in (gone, cut):
                    with self.subTest(kind=kind, protocol=protocol,
                                      spoil=spoil.__name__):
                        self.lose(kind, protocol, spoil)


if __name__ == "__main__":
    import unittest
    unittest.main()
