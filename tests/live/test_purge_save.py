"""postel purge --save: nothing goes that is not on disk, and nothing is on disk
twice.  Maildirs and files are read by the tests' own code."""

import collections
import json
import os
import random
import re
import signal
import subprocess
import time

import hostile
import mails
from harness import POSTEL, REFUSED, SCRIPT, LiveCase
from servers import Dovecot, Maildir, Posteld

KILLS = int(os.environ.get("KILLS", "6"))  # of each kind
TIME_LIMIT = 120
KINDS = ("files", "mbox", "maildir")


def saved(folder, kind, mailbox="INBOX"):
    """The messages that are saved, as octets."""
    if kind == "maildir":
        box = folder if mailbox == "INBOX" else folder / f".{mailbox}"
        return Maildir(box).contents() if box.is_dir() else []
    if kind == "files":
        return [p.read_bytes() for p in (folder / mailbox).glob("*.eml")]
    path = folder / f"{mailbox}.mbox"
    text = path.read_bytes() if path.is_file() else b""
    return [re.sub(rb"^>(>*From )", rb"\1", part, flags=re.M) for part in
            re.split(rb"(?:\A|\n)From MAILER-DAEMON .*\n", text[:-1])[1:]]


class SaveCase(LiveCase):
    def setUp(self):
        super().setUp()
        self.folder = self.home.path / "saved"

    def totals(self, result):
        return json.loads(result.out.splitlines()[-1])

    def compare(self, kind, sent, mailbox="INBOX"):
        """Each is saved once, none else, the body as it was."""
        came = saved(self.folder, kind, mailbox)
        self.assertEqual(sorted(map(mails.digest, came)),
                         sorted(map(mails.digest, sent)))
        self.assertEqual(sorted(map(mails.number, came)),
                         sorted(map(mails.number, sent)))
        if kind == "files":
            self.assertEqual(sorted(came), sorted(map(mails.crlf, sent)))


class Save(SaveCase):
    kind = Dovecot

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.with_users(cls.kind)

    def setUp(self):
        super().setUp()
        self.take_user(self.server)
        self.url = self.server.url("imap", self.user)

    def put(self, n, box=None, flags=None, seed=1):
        contents = mails.messages(n, seed=seed)
        for content in contents:
            (self.inbox if box is None else box).put(content, flags)
        return contents

    def purge(self, kind, *options, **how):
        return self.done("purge", self.url, f"--save={self.folder}",
                         f"--as={kind}", "--json", *options, **how)

    def test_saved_and_gone(self):
        for kind in KINDS:
            sent = self.put(30)
            self.put(2, flags="S")
            self.folder = self.home.path / kind
            totals = self.totals(self.purge(kind))
            self.assertEqual((totals["done"], totals["written"]), (30, 30))
            self.compare(kind, sent)
            self.assertEqual(len(self.inbox), 2)
            self.assertEqual(self.totals(self.purge(kind))["done"], 0)
            # A kind that is there is taken, and more goes into it.
            sent += self.put(3, seed=2)
            self.done("purge", self.url, f"--save={self.folder}")
            self.compare(kind, sent)
            for path in self.inbox.files():
                path.unlink()

    def test_files_are_the_default_and_the_summary_is_words(self):
        sent = self.put(2)
        result = self.done("purge", self.url, "--save=saved")
        self.assertRegex(result.out, rb"^2 messages, [\d.]+ k?B; saved and "
                         rb"deleted\n$")
        self.assertEqual(result.err, b"")
        self.compare("files", sent)
        for path in [self.folder, *self.folder.rglob("*")]:
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_several_mailboxes_and_back(self):
        """What restore brings back is what was there."""
        level = "/" if self.kind is Posteld else "."
        names = {"INBOX": None, "Work": "Work",
                 "Work.2026": f"Work{level}2026"}
        for kind in KINDS:
            self.folder = self.home.path / kind
            sent = {n: self.put(4, self.server.inbox(self.user, there), seed=i)
                    for i, (n, there) in enumerate(names.items())}
            totals = self.totals(self.purge(kind, "--mailbox=*"))
            self.assertEqual(totals["done"], 12)
            for name, contents in sent.items():
                self.compare(kind, contents, name)
            self.done("restore", self.folder, self.url)
            for name, there in names.items():
                box = self.server.inbox(self.user, there)
                self.assertEqual(
                    sorted(map(mails.digest, box.contents())),
                    sorted(map(mails.digest, sent[name])), name)
                for path in box.files():
                    path.unlink()

    def strike(self, kind):
        """Kills at any moment: what is gone is saved, always; at the end all
        is gone and each saved once."""
        sent = self.put(40)
        rng = random.Random(KINDS.index(kind))
        for _ in range(KILLS):
            running = self.start("purge", self.url, f"--save={self.folder}",
                                 f"--as={kind}")
            time.sleep(rng.uniform(0.02, 0.5))
            running.signal(signal.SIGKILL)
            running.wait()
            there = collections.Counter(
                map(mails.number, saved(self.folder, kind)))
            left = collections.Counter(
                map(mails.number, self.inbox.contents()))
            for content in sent:
                n = mails.number(content)
                self.assertTrue(there[n] or left[n], f"message {n}")
        self.purge(kind, timeout=TIME_LIMIT)
        self.compare(kind, sent)
        self.assertEqual(len(self.inbox), 0)

    def test_killed_files(self):
        self.strike("files")

    def test_killed_mbox(self):
        self.strike("mbox")

    def test_killed_maildir(self):
        self.strike("maildir")

    def test_server_killed_it_goes_on(self):
        sent = self.put(40)
        running = self.start("purge", self.url, f"--save={self.folder}")
        for _ in range(2):
            time.sleep(0.3)
            if running.has_ended():
                break
            self.server.kill()
            if self.kind is Dovecot:
                self.server.remove_locks()
            self.server.start()
        result = running.wait(TIME_LIMIT)
        self.assertEqual(result.status, 0, result)
        self.compare("files", sent)
        self.assertEqual(len(self.inbox), 0)

    def test_interrupted_it_tells_what_is_done(self):
        """Some groups of messages have come, and more are on their way."""
        sent = self.put(2000)
        running = self.start("purge", self.url, f"--save={self.folder}")
        limit = time.monotonic() + 20
        while (len(saved(self.folder, "files")) < 5
               and time.monotonic() < limit):
            time.sleep(0.01)
        running.signal(signal.SIGINT)
        result = running.wait()
        self.assertEqual(result.status, 130, result)
        self.assertRegex(result.err, rb"interrupted; \d+ messages? w\w+ "
                         rb"saved, nothing was deleted\n$")
        self.assertEqual(len(self.inbox), 2000)
        totals = self.totals(self.purge("files"))
        self.assertEqual(totals["skipped"] + totals["written"], 2000)
        self.assertGreater(totals["skipped"], 0)
        self.compare("files", sent)

    def test_disk_that_is_full_deletes_nothing(self):
        """In the middle: what does not fit ends it all."""
        sent = [mails.message(n, kind=kind) for n, kind in enumerate(
            (mails.plain, mails.large, mails.plain))]
        for kind in KINDS:
            self.folder = self.home.path / kind
            for content in sent:
                self.inbox.put(content)
            child = subprocess.run(
                ["setpriv", "--", "sh", "-c",
                 'trap "" XFSZ; ulimit -f 40; exec "$@"', "sh", str(POSTEL),
                 "purge", self.url, f"--save={self.folder}", f"--as={kind}"],
                capture_output=True, timeout=30, stdin=subprocess.DEVNULL,
                env=self.home.environment, cwd=self.home.path, check=False)
            self.assertEqual(child.returncode, SCRIPT, child.stderr)
            self.assertRegex(child.stderr, b"(?i)too large; 1 message was "
                             b"saved, nothing was deleted\n$")
            self.assertEqual(len(self.inbox), 3)
            self.purge(kind)
            self.compare(kind, sent)
            self.assertEqual(len(self.inbox), 0)


class SaveOnPosteld(Save):
    kind = Posteld


class SaveOfHostile(SaveCase):
    """Two servers, or one that lies, have the same numbers."""

    LIST = {"LIST": [hostile.say(b'* LIST () "/" INBOX\r\n%t OK\r\n')]}

    def purge(self, kind, answers=(), user="asterix"):
        with hostile.Hostile("imap", {**self.LIST, **dict(answers)}) as server:
            result = self.postel(
                "purge", server.url(f"{user}:gaul@", tail="/INBOX"),
                f"--save={self.folder}", f"--as={kind}", "--timeout=3")
            return result, server

    @staticmethod
    def fetch(mail):
        return {"UID FETCH": [hostile.say(
            b"* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"01-Jan-2026 00:00:00 "
            b"+0000\" BODY[] {%d}\r\n%s)\r\n%%t OK\r\n" % (len(mail), mail))]}

    REFUSED = {"UID STORE": [hostile.say(b"%t NO not yours\r\n")]}

    def test_same_numbers_of_another_account(self):
        for kind in KINDS:
            self.folder = self.home.path / kind
            sent = [mails.message(n) for n in range(2)]
            # The first account's run ends before it could delete.
            for content, more in zip(sent, (self.REFUSED, {})):
                self.purge(kind, self.fetch(mails.crlf(content)) | more)
            self.compare(kind, sent)

    def test_saved_but_not_deleted_is_not_saved_again(self):
        sent = mails.message(0)
        for kind in KINDS:
            self.folder = self.home.path / kind
            answers = self.LIST | self.fetch(mails.crlf(sent)) | {
                "UID STORE": [hostile.say(b"%t NO not yours\r\n")]}
            with hostile.Hostile("imap", answers) as server:
                command = ("purge", server.url(tail="/INBOX"),
                           f"--save={self.folder}", f"--as={kind}")
                result = self.postel(*command)
                self.assertEqual(result.status, REFUSED, result)
                self.compare(kind, [sent])
                server.table["UID STORE"] = [hostile.say(b"%t OK\r\n")]
                server.heard.clear()
                result = self.done(*command)
                self.compare(kind, [sent])
                self.assertTrue(server.said(rb"UID EXPUNGE 1"))
                self.assertFalse(server.said(rb"UID FETCH"))
                self.assertIn(b"1 were there already", result.out)
                # The same number once more is another message.
                other = mails.message(1)
                server.table.update(self.fetch(mails.crlf(other)))
                self.done(*command)
                self.compare(kind, [sent, other])

    def test_maildir_whose_file_is_gone(self):
        """What the journal says is worth nothing without it."""
        sent = mails.message(0)
        answers = self.LIST | self.fetch(mails.crlf(sent)) | self.REFUSED
        with hostile.Hostile("imap", answers) as server:
            command = ("purge", server.url(tail="/INBOX"),
                       f"--save={self.folder}", "--as=maildir")
            self.postel(*command)
            for path in Maildir(self.folder).files():
                path.unlink()
            server.table["UID STORE"] = [hostile.say(b"%t OK\r\n")]
            self.done(*command)
        self.compare("maildir", [sent])

    def test_another_message_than_asked(self):
        for kind in KINDS:
            self.folder = self.home.path / kind
            result, server = self.purge(kind, {"UID FETCH": [hostile.say(
                b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc JUNK {2}\r\nxy)\r\n"
                b"%t OK\r\n")]})
            self.assertNotEqual(result.status, 0, result)
            self.assertFalse(server.said(rb"STORE|EXPUNGE"))
            self.assertEqual(saved(self.folder, kind), [])


if __name__ == "__main__":
    import unittest
    unittest.main()
