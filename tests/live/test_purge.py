"""postel purge: prints the unread mail byte for byte, then deletes it."""

import imaplib
import json
import os
import signal
import subprocess
import time

import mails
from harness import (DONE, INTERRUPTED, PARTLY, POSTEL, REFUSED, SCRIPT, USAGE,
                     LiveCase)
from servers import Dovecot, Posteld


class PurgeCase(LiveCase):
    kind = Dovecot

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.with_users(cls.kind)

    def setUp(self):
        super().setUp()
        self.take_user(self.server)
        self.account = self.server.url("imap", self.user)
        self.url = self.account + "/INBOX"

    def put(self, *numbers, flags=None, kind=None, box=None, date=None,
            extra=None):
        """Puts messages into a mailbox; date is when they came."""
        contents = [mails.message(n, kind=kind) for n in numbers]
        if extra:
            contents = [extra + c for c in contents]
        for content in contents:
            path = (self.inbox if box is None else box).put(content, flags)
            if date is not None:
                os.utime(path, (date, date))
        return contents

    def left(self, box=None):
        return sorted(mails.number(c) for c in (self.inbox if box is None else box).contents())

    @staticmethod
    def printed(contents):
        return b"".join(map(mails.crlf, contents))


class Purge(PurgeCase):
    """On Dovecot; below, the same on posteld."""

    def client(self):
        """Another client, which is no part of postel."""
        other = imaplib.IMAP4("127.0.0.1", self.server.imap)
        self.addCleanup(other.shutdown)
        other.login(self.user, "secret")
        other.select()
        return other

    def through_a_pipe(self):
        return subprocess.Popen(
            [POSTEL, "purge", self.url], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, bufsize=0,
            env=self.home.environment, cwd=self.home.path)

    def test_unread_is_printed_exactly_and_goes(self):
        read = self.put(*range(100, 103), flags="S")
        unread = self.put(*range(20))
        read += self.put(*range(200, 203), flags="FRS")
        result = self.done("purge", self.url)
        self.assertEqual(result.out, self.printed(unread))
        self.assertRegex(result.err, rb"^20 messages, [\d.]+ kB; printed "
                         rb"and deleted\n$")
        self.assertEqual(self.left(), sorted(map(mails.number, read)))
        kept = sorted(self.inbox.contents())
        self.assertEqual(kept, sorted(read), "read mail is as it was")

    def test_into_a_file(self):
        unread = self.put(*range(10))
        path = self.home.path / "printed"
        with open(path, "wb") as out:
            result = self.postel("purge", self.url, stdout=out)
        self.assertEqual(result.status, DONE, result)
        self.assertEqual(path.read_bytes(), self.printed(unread))
        self.assertEqual(self.left(), [])

    def test_nothing_unread(self):
        self.put(1, 2, flags="S")
        result = self.done("purge", self.url, "--quiet")
        self.assertEqual((result.out, result.err), (b"", b""))
        self.assertEqual(self.left(), [1, 2])

    def test_mail_marked_deleted_by_another_stays(self):
        """Only what was printed is expunged (UID EXPUNGE, RFC 4315)."""
        self.put(50, flags="ST")
        unread = self.put(1)
        result = self.done("purge", self.url)
        self.assertEqual(result.out, self.printed(unread))
        self.assertEqual(self.left(), [50])

    def test_other_mailbox(self):
        self.put(1)
        drafts = self.server.inbox(self.user, "Drafts")
        drafts.put(mails.message(2))
        url = self.server.url("imap", self.user, tail="/Drafts")
        result = self.done("purge", url)
        self.assertEqual(result.out, self.printed([mails.message(2)]))
        self.assertEqual((len(drafts), self.left()), (0, [1]))

    def test_mailbox_that_is_not_there(self):
        url = self.server.url("imap", self.user, tail="/Nowhere")
        self.fails(REFUSED, "Nowhere|exist", "purge", url)

    def test_mail_that_arrives_meanwhile_stays(self):
        """A reader that takes its time; mail comes while it prints."""
        unread = self.put(*range(8), kind=mails.large)
        child = self.through_a_pipe()
        first = child.stdout.read(1000)
        self.put(70, 71)
        time.sleep(0.3)
        rest, err = child.communicate(timeout=30)
        self.assertEqual(child.returncode, DONE, err)
        self.assertEqual(first + rest, self.printed(unread))
        self.assertEqual(self.left(), [70, 71])

    def test_another_client_expunges_meanwhile(self):
        """Numbers shift under our hands: still only printed mail goes."""
        unread = self.put(*range(12), kind=mails.large)
        child = self.through_a_pipe()
        first = child.stdout.read(1000)
        other = self.client()
        other.store("10:11", "+FLAGS", r"(\Deleted)")
        other.expunge()
        self.put(70, 71)
        rest, err = child.communicate(timeout=30)
        out = first + rest
        self.assertIn(child.returncode, (DONE, PARTLY, REFUSED), err)
        gone = set(range(12)) - set(self.left())
        for n in gone - {9, 10}:
            self.assertIn(mails.crlf(unread[n]), out, f"message {n}")
        self.assertLessEqual({70, 71}, set(self.left()))

    def test_reader_that_goes_away(self):
        """`| head -1`: nothing goes that was not printed in full."""
        unread = self.put(*range(6), kind=mails.large)
        child = self.through_a_pipe()
        seen = child.stdout.read(100)
        child.stdout.close()
        err = child.stderr.read()
        child.stderr.close()
        status = child.wait(30)
        self.assertTrue(self.printed(unread).startswith(seen))
        self.assertEqual(self.left(), list(range(6)),
                         "the pipe never held one in full")
        self.assertIn(status, (SCRIPT, -signal.SIGPIPE), err)
        self.assertLessEqual(len(err.splitlines()), 1, err)

    def test_reader_that_goes_away_after_the_first(self):
        unread = self.put(*range(6), kind=mails.large)
        whole = mails.crlf(unread[0])
        child = self.through_a_pipe()
        seen = b""
        while len(seen) < len(whole) + 10:
            seen += child.stdout.read(len(whole) + 10 - len(seen))
        child.stdout.close()
        err = child.stderr.read()
        child.stderr.close()
        status = child.wait(30)
        self.assertNotEqual(status, DONE, err)
        self.assertLessEqual(set(range(2, 6)), set(self.left()))

    def test_full_disk_deletes_nothing(self):
        self.put(*range(3))
        with open("/dev/full", "wb") as full:
            result = self.postel("purge", self.url, stdout=full)
        self.assertFailed(result, SCRIPT, "(?i)no space")
        self.assertEqual(self.left(), [0, 1, 2])

    def test_file_size_limit_keeps_what_is_not_whole(self):
        """A disk that fills in the middle: what is not on it stays."""
        unread = self.put(*range(6), kind=mails.large)
        limit = len(self.printed(unread[:2])) + 1000
        path = self.home.path / "printed"
        with open(path, "wb") as out:
            child = subprocess.run(
                ["setpriv", "--", "sh", "-c",
                 'trap "" XFSZ; ulimit -f "$1"; shift; exec "$@"', "sh",
                 str(limit // 512), str(POSTEL), "purge", self.url],
                stdout=out, stderr=subprocess.PIPE, timeout=30,
                stdin=subprocess.DEVNULL, env=self.home.environment,
                cwd=self.home.path, check=False)
        self.assertEqual(child.returncode, SCRIPT, child.stderr)
        self.assertEqual(len(child.stderr.splitlines()), 1, child.stderr)
        content = path.read_bytes()
        for n in set(range(6)) - set(self.left()):
            self.assertIn(mails.crlf(unread[n]), content)
        self.assertLessEqual({3, 4, 5}, set(self.left()))

    def test_killed_at_any_moment(self):
        """What is gone from the mailbox is in the output, always."""
        unread = self.put(*range(40), kind=mails.large)
        for moment in (0.01, 0.03, 0.06, 0.1, 0.2):
            path = self.home.path / f"printed{moment}"
            with open(path, "wb") as out:
                running = self.start("purge", self.url, stdout=out)
                time.sleep(moment)
                running.signal(signal.SIGKILL)
                running.wait()
        with open(self.home.path / "printed", "wb") as out:
            result = self.postel("purge", self.url, stdout=out)
        self.assertEqual(result.status, DONE, result)
        content = b"".join(
            p.read_bytes() for p in self.home.path.glob("printed*"))
        for letter in unread:
            self.assertIn(mails.crlf(letter), content)
        self.assertEqual(self.left(), [])

    def test_large_mailbox_is_quick(self):
        self.put(*range(1000), kind=mails.plain)
        result = self.done("purge", self.url)
        self.assertEqual(self.left(), [])
        self.assertLess(result.seconds, 15)



class PurgeOnPosteld(Purge):
    kind = Posteld


DAY = 24 * 60 * 60
# Noon of 10 January 2026, UTC: days are the same in all zones that matter.
JANUARY = 1_768_046_400


class Choice(PurgeCase):
    """Which messages go: the same on both servers."""

    def purge(self, *options, url=None):
        return self.done("purge", url or self.url, *options)

    def test_before_a_day_however_it_is_written(self):
        for day in ("2026-01-10", "10-Jan-2026", "10-JAN-2026",
                    f"{int(time.time()) // DAY - JANUARY // DAY}d"):
            old = self.put(1, date=JANUARY - DAY) + self.put(
                2, date=JANUARY - 400 * DAY)
            new = self.put(3, date=JANUARY) + self.put(4)
            result = self.done("purge", self.url, f"--before={day}",
                               env={"TZ": "UTC0"})
            self.assertEqual(sorted(mails.number(c) for c in
                                    self.inbox.contents()), [3, 4], day)
            self.assertEqual(result.out, self.printed(old), day)
            self.assertEqual(len(new), len(self.inbox))
            for path in self.inbox.files():
                path.unlink()

    def test_seen_and_all(self):
        self.put(1, 2)
        read = self.put(3, flags="S")
        self.assertEqual(self.purge("--seen").out, self.printed(read))
        self.assertEqual(self.left(), [1, 2])
        self.put(4, flags="S")
        self.purge("--all")
        self.assertEqual(self.left(), [])

    def test_sender_subject_size_and_flag_together(self):
        text = b"From: C\xc3\xa9sar <c@rome.test>\nSubject: tax %d\n\n"
        big = b"x" * 70 + b"\n"
        for subject, size, flags in ((1, 100, None), (2, 1, None),
                                     (1, 100, "F")):
            self.inbox.put(text % subject + big * size, flags)
        self.put(5)
        result = self.purge("--from=C\u00e9sar", "--subject=TAX 1",
                            "--larger=7k", "--unflagged")
        self.assertEqual(result.out, mails.crlf(text % 1 + big * 100))
        self.assertEqual(len(self.inbox), 3)
        self.purge("--from=c@rome.test")
        self.assertEqual(self.left(), [5])

    def test_newest_stay_in_each_mailbox(self):
        """By the date on which they came, whatever their UIDs are."""
        other = self.server.inbox(self.user, "Drafts")
        for box in (self.inbox, other):
            for n, age in ((1, 5), (2, 1), (3, 4), (4, 2), (5, 3)):
                self.put(n, box=box, date=JANUARY - age * DAY)
        self.put(9, flags="S", date=JANUARY)
        result = self.purge("--keep=2", "--mailbox=INBOX", "Drafts",
                            url=self.account)
        self.assertEqual((self.left(), self.left(other)),
                         ([2, 4, 9], [2, 4]))
        self.assertEqual(result.out.count(mails.HEADER), 6)
        self.purge("--keep=2")
        self.purge("--keep=7")
        self.assertEqual(self.left(), [2, 4, 9])

    def boxes(self):
        names = ("Work", self.level("Work", "2026"), "Drafts")
        return {name: self.server.inbox(self.user, name) for name in names}

    def level(self, *levels):
        return ("/" if self.kind is Posteld else ".").join(levels)

    def test_mailboxes_by_pattern(self):
        boxes = self.boxes()
        for i, box in enumerate([self.inbox, *boxes.values()]):
            self.put(i, box=box)
        result = self.purge("--mailbox=INBOX", "Work*", "--exclude=*/2026",
                            url=self.account)
        self.assertEqual(result.out, self.printed(
            mails.message(n) for n in (0, 1)))
        self.assertEqual([self.left(b) for b in boxes.values()],
                         [[], [2], [3]])
        self.fails(REFUSED, "no mailbox Wrok", "purge", self.account,
                   "--mailbox=Wrok*", "--mailbox=*")
        self.assertEqual(self.left(boxes["Drafts"]), [3])

    def test_nothing_goes_anywhere_before_all_is_printed(self):
        """The pipe has what the first mailbox had, and may lose it."""
        boxes = self.boxes()
        first = boxes.pop("Drafts")
        self.put(77, box=first)
        for box in (self.inbox, *boxes.values()):
            self.put(*range(4), box=box, kind=mails.large)
        child = subprocess.Popen(
            [POSTEL, "purge", self.account, "--mailbox=*"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, bufsize=0, cwd=self.home.path,
            env=self.home.environment)
        seen = b""
        while len(seen) < 300_000:
            seen += child.stdout.read(65536)
        child.stdout.close()
        err = child.stderr.read()
        child.stderr.close()
        self.assertNotEqual(child.wait(30), DONE)
        self.assertIn(b"nothing was deleted", err)
        self.assertIn(mails.HEADER + b": 77", seen)
        self.assertEqual([len(b) for b in (first, self.inbox,
                                           *boxes.values())], [1, 4, 4, 4])

    def test_dry_run(self):
        unread = self.put(1, 2)
        self.put(3, flags="S")
        before = [p.name for p in self.inbox.files()]
        result = self.purge("-n")
        self.assertEqual((result.out, result.err), (
            self.printed(unread), b"postel: 2 would be deleted: UID 1:2\n"))
        result = self.purge("-n", "--json")
        would = json.loads(result.err)["would"]
        self.assertEqual(would, [{"mailbox": "INBOX", "messages": 2,
                                  "uids": "1:2"}])
        result = self.purge("-n", "--all", "--save=box")
        self.assertEqual(result.out,
                         b"postel: 3 would be deleted: UID 1:3\n")
        self.assertFalse((self.home.path / "box").exists())
        self.assertEqual(sorted(p.name.split(":")[0] for p in
                                self.inbox.files()),
                         sorted(n.split(":")[0] for n in before))

    def test_summary_in_json(self):
        unread = self.put(1, 2)
        result = self.purge("--json")
        totals = json.loads(result.err)
        self.assertEqual(
            [totals[k] for k in ("job", "done", "written", "octets",
                                 "mailboxes", "skipped")],
            ["purge", 2, 2, len(self.printed(unread)), 1, 0])
        self.assertEqual(result.out, self.printed(unread))

    def test_interrupted_while_it_prints(self):
        self.put(*range(6), kind=mails.large)
        child = subprocess.Popen(
            [POSTEL, "purge", self.url], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, bufsize=0,
            cwd=self.home.path, env=self.home.environment)
        child.stdout.read(1000)
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
        self.assertEqual(child.returncode, INTERRUPTED, err)
        self.assertRegex(err, b"interrupted; .*nothing was deleted")
        self.assertEqual(len(self.inbox), 6)

    def test_wrong_arguments(self):
        self.put(1)
        for options in (["--before=2026-02-30"], ["--before=yesterday"],
                        ["--before=1-Foo-2026"], ["--before=2026-1-1"],
                        ["--keep=-1"], ["--keep=x"], ["--keep=2k"],
                        ["--larger=1T"], ["--seen", "--all"],
                        ["--as=mbox"], ["--save=x", "--as=zip"],
                        ["--mailbox=Work"], ["--exclude=Work"]):
            with self.subTest(options):
                self.fails(USAGE, "^postel: purge: ", "purge", self.url,
                           *options)
        self.assertEqual(len(self.inbox), 1)


class ChoiceOnPosteld(Choice):
    kind = Posteld
