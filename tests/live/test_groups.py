"""backup and purge --save put many messages on disk together: in which order, and
what is there when they are killed, interrupted or refused at each step of it."""

import collections
import json
import re
import shutil
import signal
import subprocess

import mails
from harness import DONE, INTERRUPTED, POSTEL, SCRIPT, LiveCase
from servers import Posteld

COUNT = 40
KINDS = ("maildir", "files", "mbox")

# The call that puts a group on disk, and the one that gives a message its name.
SYNC = {"maildir": "syncfs", "files": "syncfs", "mbox": "fsync"}
NAME = {"maildir": "renameat", "files": "link"}


class Groups(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.with_users(Posteld)

    def setUp(self):
        super().setUp()
        if shutil.which("strace") is None:
            self.skipTest("there is no strace here")
        self.take_user(self.server)
        self.sent = mails.messages(COUNT)
        for n, content in enumerate(self.sent):
            self.inbox.put(content, "S" if n % 2 else "")
        self.folder = self.home.path / "mail"

    def traced(self, words, *options, path=None):
        """What strace has seen of it, and how it has ended."""
        log = self.home.path / "trace"
        child = subprocess.run(
            ["strace", "-o", log, *(["-P", path] if path else []), *options,
             "--", str(POSTEL), *map(str, words)],
            capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
            env=self.home.environment, cwd=self.home.path, check=False)
        return child, log.read_text(errors="replace").splitlines()

    def words(self, kind, *options, protocol="imap"):
        return ("backup", self.server.url(protocol, self.user), self.folder,
                f"--as={kind}", "--json", *options)

    def journal(self, kind):
        return {"maildir": self.folder / "postel-backup",
                "files": self.folder / "INBOX" / "postel-backup",
                "mbox": self.folder / ".INBOX.journal"}[kind]

    def numbers(self, kind):
        """How often each message has come, by its number."""
        if kind == "maildir":
            parts = [p for f in ("new", "cur")
                     for p in (self.folder / f).glob("*")]
        else:
            parts = list(self.folder.rglob(
                "*.eml" if kind == "files" else "*.mbox"))
        text = b"".join(p.read_bytes() for p in parts)
        return collections.Counter(re.findall(
            rb"^" + mails.HEADER + rb": (\d+)", text, re.M))

    def left(self):
        """Files that are not finished."""
        return [p for p in self.folder.rglob("*")
                if p.parent.name == "tmp" or
                re.search(r"\.eml\.\w{6}$", p.name)]

    def assert_all_come_once(self, kind):
        child = subprocess.run(
            [str(POSTEL), *map(str, self.words(kind))], capture_output=True,
            timeout=60, env=self.home.environment, cwd=self.home.path,
            check=False)
        self.assertEqual(child.returncode, DONE, child.stderr)
        totals = json.loads(child.stdout)
        count = self.numbers(kind)
        self.assertEqual((len(count), set(count.values())), (COUNT, {1}), kind)
        shutil.rmtree(self.folder)
        return totals

    @staticmethod
    def where(lines, pattern):
        return [n for n, line in enumerate(lines) if re.match(pattern, line)]

    def test_order_on_disk(self):
        """Written, synced, noted, named, and the folder synced: each of them once
        for all."""
        child, lines = self.traced(
            self.words("maildir"), "-y", "-s", "60", "-e",
            "trace=openat,write,syncfs,fsync,renameat")
        self.assertEqual(child.returncode, DONE, child.stderr)
        made = self.where(lines, r'openat\(.*"tmp/')
        written = self.where(lines, r"write\(.*/mail/tmp/")
        (synced,) = self.where(lines, r"syncfs\(")
        noted = [n for n in self.where(lines, r"write\(.*postel-backup>")
                 if re.search(r'"\d+\\t\d+\.M', lines[n])]
        named = self.where(lines, r'renameat\(.*"tmp/')
        folders = self.where(lines, r"fsync\(\d+<.*/mail/(new|cur)>")
        self.assertEqual([len(x) for x in (made, written, noted, named,
                                           folders)],
                         [COUNT, COUNT, 1, COUNT, 2])
        self.assertLess(max(made + written), synced)
        self.assertLess(synced, noted[0])
        self.assertLess(noted[0], named[0])
        self.assertLess(named[-1], folders[0])
        self.assertEqual(self.left(), [])

    def test_purge_deletes_what_is_on_disk(self):
        """Nothing is marked before the names are on disk."""
        for kind in KINDS:
            child, lines = self.traced(
                ("purge", self.server.url("imap", self.user), "--seen",
                 f"--save={self.folder}", f"--as={kind}"),
                "-y", "-s", "60", "-e",
                "trace=write,sendto,writev,sendmsg,syncfs,fsync,"
                f"{NAME.get(kind, 'fsync')}")
            self.assertEqual(child.returncode, DONE, child.stderr)
            (marked,) = self.where(lines, r".*UID STORE")
            last = self.where(
                lines, r"fsync\(\d+<.*/mail/?(cur|INBOX|INBOX\.mbox)>")
            self.assertTrue(last and last[-1] < marked, (kind, last, marked))
            if kind in NAME:
                names = self.where(lines, NAME[kind] + r"\(")
                self.assertEqual(len(names), COUNT // 2)
                self.assertLess(names[-1], last[-1])
            shutil.rmtree(self.folder)
            for content in self.sent[1::2]:
                self.inbox.put(content, "S")

    def test_killed_at_each_step(self):
        steps = [(kind, call, when, None) for kind in KINDS
                 for call, when in ((SYNC[kind], 1), (NAME.get(kind), 1),
                                    (NAME.get(kind), 7), ("fsync", 2))
                 if call]
        steps += [(kind, "write", 2, self.journal(kind)) for kind in KINDS]
        for kind, call, when, path in steps:
            child, _ = self.traced(
                self.words(kind), "-e",
                f"inject={call}:signal=SIGKILL:when={when}", path=path)
            self.assertIn(child.returncode, (-signal.SIGKILL, DONE),
                          (kind, call, when))
            if call in (SYNC[kind], NAME.get(kind)):
                self.assertEqual(child.returncode, -signal.SIGKILL,
                                 (kind, call, when))
            if call == NAME.get(kind):
                self.assertEqual(len(self.numbers(kind)), when - 1)
            self.assert_all_come_once(kind)

    @staticmethod
    def steps():
        """(kind, system call, its how-manyeth): the sync of a group, and the naming
        of a message in the middle of it."""
        for kind in KINDS:
            for call, when in ((SYNC[kind], 1), (NAME.get(kind), 7)):
                # The first fsync is of the folder of the journal.
                if call:
                    yield kind, call, when + (call == "fsync")

    def test_what_fails_leaves_nothing_and_counts_nothing(self):
        for kind, call, when in self.steps():
            child, _ = self.traced(
                self.words(kind), "-e",
                f"inject={call}:error=ENOSPC:when={when}")
            self.assertEqual(child.returncode, SCRIPT, (kind, call))
            self.assertIn(b"No space left", child.stderr)
            self.assertEqual(json.loads(child.stdout)["done"], 0)
            self.assertEqual(sum(self.numbers(kind).values()), 0,
                             (kind, call))
            self.assertEqual(self.left(), [], (kind, call))
            self.assertEqual(self.assert_all_come_once(kind)["done"],
                             COUNT)

    def test_journal_that_cannot_be_written(self):
        for kind in ("maildir", "mbox"):
            child, _ = self.traced(
                self.words(kind), "-e", "inject=write:error=ENOSPC:when=2+",
                path=self.journal(kind))
            self.assertEqual(child.returncode, SCRIPT, child.stderr)
            self.assertEqual(json.loads(child.stdout)["done"], 0)
            self.assertEqual(self.left(), [])
            self.assert_all_come_once(kind)

    def test_interrupted_what_has_come_counts(self):
        for kind, call, when in self.steps():
            child, _ = self.traced(
                self.words(kind), "-e",
                f"inject={call}:signal=SIGINT:when={when}")
            self.assertEqual(child.returncode, INTERRUPTED, (kind, call))
            done = json.loads(child.stdout)["done"]
            self.assertEqual(done, COUNT, (kind, call))
            self.assertEqual(sum(self.numbers(kind).values()), done)
            self.assertEqual(self.left(), [], (kind, call))
            totals = self.assert_all_come_once(kind)
            self.assertEqual(totals["done"], COUNT - done, (kind, call))


if __name__ == "__main__":
    import unittest
    unittest.main()
