"""postel copy, backup and restore: each message once, with its flags and its
date, whatever happens on the way.  Maildirs are read by the tests' own code."""

import collections
import json
import os
import random
import re
import shutil
import signal
import time

import mails
from harness import (CONNECT, INTERRUPTED, LOST, PARTLY, USAGE, LiveCase)
from servers import Dovecot, Maildir, Posteld, write

KILLS = int(os.environ.get("KILLS", "6"))  # of each kind
TIME_LIMIT = 120

# As IMAP has them, and as Dovecot's Maildir (modified UTF-7) has them.
ODD = {
    "Work": "Work", "Work/2026": "Work.2026", "Ünï cödé": "&ANw-n&AO8- c&APY-d&AOk-",
    "A&B": "A&-B", 'quo"te': 'quo"te', "sp ace": "sp ace", "日本": "&ZeVnLA-",
    "a/b/c": "a.b.c",
}
DOVECOT_MAILBOXES = {None: "INBOX"} | {dove: imap for imap, dove in ODD.items()}


def letters(path):
    """The flags in a file's name that all servers know."""
    _, _, flags = path.name.partition(":2,")
    return "".join(c for c in flags if c in "DFRST")


def seen_in(box):
    """Each message as (digest of its header and body, flags, date)."""
    return sorted((mails.digest(p.read_bytes()), mails.number(p.read_bytes()),
                   letters(p), int(p.stat().st_mtime)) for p in box.files())


class CopyCase(LiveCase):
    def fill(self, box, n, seed=1, flags=True):
        rng = random.Random(seed)
        for i, content in enumerate(mails.messages(n, seed=seed)):
            path = box.put(content, "".join(sorted(rng.sample(
                "DFRS", rng.randrange(5)))) if flags else None)
            when = 1_600_000_000 + 7919 * i
            os.utime(path, (when, when))

    def totals(self, result):
        """What the line in JSON at the end says."""
        return json.loads(result.out.splitlines()[-1])


class Copy(CopyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_users(Dovecot)
        cls.posteld = cls.with_server(Posteld(
            {f"user{i}": "secret" for i in range(40)}))

    def setUp(self):
        super().setUp()
        self.take_user(self.dovecot)
        self.source = self.dovecot.url("imap", self.user)
        self.target = self.posteld.url("imap", self.user)

    def fill_all(self, n=12):
        for i, name in enumerate(DOVECOT_MAILBOXES):
            self.fill(self.dovecot.inbox(self.user, name), n, seed=i)

    def compare_all(self):
        for there, imap in DOVECOT_MAILBOXES.items():
            here = self.posteld.inbox(
                self.user, None if imap == "INBOX" else imap)
            self.assertEqual(
                seen_in(here), seen_in(self.dovecot.inbox(self.user, there)),
                imap)

    def copy(self, *options, **how):
        return self.done("copy", self.source, self.target, "--json", *options,
                         **how)

    def test_all_mailboxes_with_flags_and_dates(self):
        self.fill_all()
        totals = self.totals(self.copy())
        self.assertEqual(totals["done"], 12 * len(DOVECOT_MAILBOXES))
        self.compare_all()
        again = self.totals(self.copy())
        self.assertEqual((again["done"], again["octets"]), (0, 0))
        self.compare_all()

    def test_only_what_is_new(self):
        self.fill_all(3)
        self.copy()
        self.fill(self.dovecot.inbox(self.user), 5, seed=99)
        self.assertEqual(self.totals(self.copy())["done"], 5)
        self.compare_all()

    def test_without_the_journal_nothing_comes_twice(self):
        self.fill_all(5)
        # Equal messages are as many there as here.
        for _ in range(3):
            self.fill(self.dovecot.inbox(self.user), 1, seed=7, flags=False)
        self.copy("--journal=one")
        self.assertTrue((self.home.path / "one").is_dir())
        again = self.totals(self.copy("--journal=two"))
        self.assertEqual(again["done"], 0)
        self.assertEqual(again["skipped"], 5 * len(DOVECOT_MAILBOXES) + 3)
        self.compare_all()

    def test_chosen_mailboxes(self):
        self.fill_all(2)
        totals = self.totals(self.copy("--mailbox=Work*", "--mailbox=inbox",
                                       "--exclude=*2026"))
        self.assertEqual((totals["mailboxes"], totals["done"]), (2, 4))

    def test_dry_run_changes_nothing(self):
        self.fill_all(2)
        result = self.done("copy", self.source, self.target, "-n")
        self.assertIn("Work/2026: 2 messages", result.out.decode())
        self.assertEqual(len(self.posteld.inbox(self.user)), 0)

    def test_uidvalidity_that_changes_is_told(self):
        self.fill(self.dovecot.inbox(self.user), 4)
        self.copy()
        home = self.dovecot.home(self.user) / "Maildir"
        for path in home.glob("dovecot*"):
            path.unlink() if path.is_file() else shutil.rmtree(path)
        time.sleep(1.1)  # Dovecot takes the time for the new one
        result = self.copy()
        self.assertIn(b"UIDVALIDITY has changed", result.err)
        self.assertEqual(self.totals(result)["done"], 0)
        self.assertEqual(len(self.posteld.inbox(self.user)), 4)

    def test_killed_at_any_moment_each_comes_once(self):
        """Behind a kill a run first waits for the server to be quiet, for two
        seconds."""
        self.fill_all(20)
        rng = random.Random(5)
        for _ in range(KILLS):
            running = self.start("copy", self.source, self.target)
            time.sleep(rng.uniform(*rng.choice([(0.05, 0.5), (2, 2.5)])))
            running.signal(signal.SIGKILL)
            running.wait()
        self.copy(timeout=TIME_LIMIT)
        self.compare_all()

    def test_destination_killed_the_copy_goes_on(self):
        self.fill_all(12)
        running = self.start("copy", self.source, self.target, "--json")
        for _ in range(3):
            time.sleep(0.4)
            if running.has_ended():
                break
            self.posteld.kill()
            self.posteld.start()
        result = running.wait(TIME_LIMIT)
        self.assertEqual(result.status, 0, result)
        self.compare_all()

    def test_interrupted_it_tells_what_is_done(self):
        self.fill(self.dovecot.inbox(self.user), 400)
        here = self.posteld.inbox(self.user)
        running = self.start("copy", self.source, self.target)
        limit = time.monotonic() + 20
        while len(here) < 40 and time.monotonic() < limit:
            time.sleep(0.01)
        running.signal(signal.SIGINT)
        result = running.wait()
        self.assertEqual(result.status, 130, result)
        self.assertRegex(result.out, rb"^\d+ messages?, ", result)
        done = int(re.match(rb"(\d+) messages?, ", result.out)[1])
        self.assertGreater(done, 0)
        self.copy(timeout=TIME_LIMIT)
        self.compare_all()

    def test_wrong_arguments(self):
        self.fails(USAGE, "DST is no IMAP", "copy", self.source,
                   "smtp://localhost:1")
        self.fails(CONNECT, "refused", "copy", self.source,
                   "imap://a:b@localhost:1")


class BackupCase(CopyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_users(Dovecot)

    def setUp(self):
        super().setUp()
        self.take_user(self.dovecot)
        self.folder = self.home.path / "backup"


class Backup(BackupCase):
    def backup(self, *options, protocol="imap", **how):
        return self.done("backup", self.dovecot.url(protocol, self.user),
                         self.folder, "--json", *options, **how)

    def fill_all(self, n=10):
        for i, name in enumerate(DOVECOT_MAILBOXES):
            self.fill(self.dovecot.inbox(self.user, name), n, seed=i)

    def here(self, imap):
        if imap == "INBOX":
            return Maildir(self.folder)
        return Maildir(self.folder / ("." + imap.replace("/", ".")))

    def compare_all(self):
        for there, imap in DOVECOT_MAILBOXES.items():
            self.assertEqual(
                seen_in(self.here(imap)),
                seen_in(self.dovecot.inbox(self.user, there)), imap)

    def test_maildir(self):
        self.fill_all()
        totals = self.totals(self.backup())
        self.assertEqual(totals["done"], 10 * len(DOVECOT_MAILBOXES))
        self.compare_all()
        self.assertEqual(self.totals(self.backup())["done"], 0)
        self.fill(self.dovecot.inbox(self.user), 2, seed=77)
        self.assertEqual(self.totals(self.backup())["done"], 2)
        self.compare_all()

    def test_nothing_of_it_is_for_others(self):
        self.fill_all(1)
        for kind in ("maildir", "mbox", "files"):
            self.folder = self.home.path / kind
            self.backup(f"--as={kind}")
            for path in [self.folder, *self.folder.rglob("*")]:
                self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_interrupted_it_tells_what_is_done(self):
        """Also of what no other message stands behind yet."""
        self.fill(self.dovecot.inbox(self.user), 400)
        for kind, of in (("maildir", "cur/*"), ("files", "INBOX/*.eml")):
            self.folder = self.home.path / kind
            running = self.start("backup",
                                 self.dovecot.url("imap", self.user),
                                 self.folder, f"--as={kind}")
            limit = time.monotonic() + 20
            while not running.has_ended() and time.monotonic() < limit:
                if len(list(self.folder.glob(of))) >= 3:
                    break
            running.signal(signal.SIGINT)
            result = running.wait()
            self.assertEqual(result.status, INTERRUPTED, result)
            there = len(list(self.folder.glob(of)))
            if kind == "maildir":
                there += len(list(self.folder.glob("new/*")))
            done = int(re.match(rb"(\d+) messages?, ", result.out)[1])
            self.assertIn(there - done, (0, 1))

    def numbers(self, contents):
        return sorted(map(mails.number, contents))

    def test_mbox(self):
        self.fill_all()
        self.backup("--as=mbox")
        self.assertEqual(self.totals(self.backup())["done"], 0)
        text = (self.folder / "Work.2026.mbox").read_bytes()
        came = [re.sub(rb"^>(>*From )", rb"\1", part, flags=re.M)
                for part in re.split(rb"(?:\A|\n)From MAILER-DAEMON .*\n",
                                     text[:-1])[1:]]
        sent = self.dovecot.inbox(self.user, "Work.2026").contents()
        self.assertEqual(sorted(map(mails.digest, came)),
                         sorted(map(mails.digest, sent)))

    def test_files_have_the_exact_octets(self):
        self.fill_all(4)
        self.backup("--as=files")
        self.assertEqual(self.totals(self.backup())["done"], 0)
        came = [p.read_bytes()
                for p in (self.folder / "INBOX").glob("*.eml")]
        self.assertEqual(sorted(came), sorted(
            map(mails.crlf, self.dovecot.inbox(self.user).contents())))

    def test_pop3(self):
        self.fill(self.dovecot.inbox(self.user), 30, flags=False)
        for kind in ("maildir", "mbox", "files"):
            self.folder = self.home.path / kind
            totals = self.totals(self.backup(f"--as={kind}",
                                             protocol="pop3"))
            self.assertEqual(totals["done"], 30)
            totals = self.totals(self.backup(protocol="pop3"))
            self.assertEqual((totals["done"], totals["skipped"]), (0, 30))

    def strike(self, options=(), protocol="imap"):
        rng = random.Random(6)
        for _ in range(KILLS):
            running = self.start(
                "backup", self.dovecot.url(protocol, self.user), self.folder,
                *options)
            time.sleep(rng.uniform(0.02, 0.4))
            running.signal(signal.SIGKILL)
            running.wait()
        self.backup(*options, protocol=protocol, timeout=TIME_LIMIT)

    def test_killed_at_any_moment_each_comes_once(self):
        self.fill_all(40)
        self.strike()
        self.compare_all()

    def test_killed_mbox(self):
        self.fill_all(40)
        self.strike(("--as=mbox",))
        text = (self.folder / "INBOX.mbox").read_bytes()
        count = collections.Counter(re.findall(
            rb"^" + mails.HEADER + rb": (\d+)", text, re.M))
        self.assertEqual(len(count), 40)
        self.assertEqual(set(count.values()), {1})

    def test_killed_files(self):
        self.fill_all(40)
        self.strike(("--as=files",))
        for there, imap in DOVECOT_MAILBOXES.items():
            came = [p.read_bytes() for p in
                    (self.folder / imap.replace("/", ".")).glob("*.eml")]
            self.assertEqual(self.numbers(came), self.numbers(
                self.dovecot.inbox(self.user, there).contents()))

    def test_killed_pop3(self):
        self.fill(self.dovecot.inbox(self.user), 150, flags=False)
        for kind in ("maildir", "mbox", "files"):
            self.folder = self.home.path / kind
            self.strike((f"--as={kind}",), "pop3")
            content = b"".join(
                p.read_bytes() for p in self.folder.rglob("*")
                if p.parent.name in ("new", "cur") or
                p.suffix in (".eml", ".mbox"))
            count = collections.Counter(re.findall(
                rb"^" + mails.HEADER + rb": (\d+)", content, re.M))
            self.assertEqual((len(count), set(count.values())), (150, {1}),
                             (kind, count.most_common(3)))

    def test_full_disk_is_told_and_mended(self):
        self.fill(self.dovecot.inbox(self.user), 20)
        self.folder.mkdir()
        (self.folder / "cur").write_text("no folder")
        result = self.postel("backup", self.dovecot.url("imap", self.user),
                             self.folder)
        self.assertEqual(result.status, 1, result)
        (self.folder / "cur").unlink()
        self.backup("--mailbox=INBOX")
        self.assertEqual(len(self.here("INBOX")), 20)

    def restore(self, server, user, *options):
        return self.totals(self.done("restore", self.folder,
                                     server.url("imap", user), "--json",
                                     *options))

    def test_restored(self):
        self.fill_all(5)
        users = {"maildir": "x", "mbox": "x", "files": "x"}
        posteld = self.enterContext(Posteld(users))
        dovecot = self.enterContext(Dovecot(users))
        for kind in users:
            self.folder = self.home.path / kind
            self.backup(f"--as={kind}")
            for server in (posteld, dovecot):
                for total in (5 * len(DOVECOT_MAILBOXES), 0):
                    self.assertEqual(self.restore(server, kind)["done"],
                                     total)
            for there, imap in DOVECOT_MAILBOXES.items():
                wanted = seen_in(self.dovecot.inbox(self.user, there))
                for here in (posteld.inbox(kind, None if imap == "INBOX"
                                           else imap),
                             dovecot.inbox(kind, there)):
                    came = seen_in(here)
                    if kind == "maildir":
                        self.assertEqual(came, wanted, imap)
                    self.assertEqual([m[:2] for m in came],
                                     [m[:2] for m in wanted], imap)

    def test_restored_in_part(self):
        self.fill_all(2)
        self.backup("--as=mbox")
        posteld = self.enterContext(Posteld({"a": "x"}))
        chosen = ("--mailbox=Work*", "--mailbox=inbox", "--exclude=*2026")
        totals = self.restore(posteld, "a", "-n", *chosen)
        self.assertEqual({w["mailbox"]: w["messages"]
                          for w in totals["would"]}, {"INBOX": 2, "Work": 2})
        self.assertEqual(len(posteld.inbox("a")), 0)
        self.assertEqual(self.restore(posteld, "a", *chosen)["done"], 4)
        # A mail program has taken one out: numbers have changed.
        path = self.folder / "INBOX.mbox"
        parts = re.split(rb"(?<=\n\n)(?=From )", path.read_bytes())
        path.write_bytes(b"".join(parts[1:]))
        self.fill(self.dovecot.inbox(self.user), 1, seed=88)
        self.backup("--as=mbox", "--mailbox=INBOX")
        self.assertEqual(self.restore(posteld, "a")["done"],
                         1 + 2 * (len(DOVECOT_MAILBOXES) - 2))
        # Nor does anything if the backup has been made anew in its place.
        shutil.rmtree(self.folder)
        self.backup()
        self.assertEqual(self.restore(posteld, "a")["done"], 0)
        # Without its journal, too, nothing comes twice.
        self.assertEqual(self.restore(posteld, "a", "--journal=new")["done"],
                         0)


if __name__ == "__main__":
    import unittest
    unittest.main()
