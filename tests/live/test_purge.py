"""postel purge: prints the unread mail byte for byte, then deletes it."""

import imaplib
import signal
import subprocess
import time

import hostile
import mails
from harness import (DONE, LOST, PARTLY, POSTEL, PROTOCOL, REFUSED, SCRIPT,
                     LiveCase)
from servers import Dovecot


class Purge(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_users(Dovecot)

    def setUp(self):
        super().setUp()
        self.take_user(self.dovecot)
        self.url = self.dovecot.url("imap", self.user, tail="/INBOX")

    def put(self, *numbers, flags=None, kind=None):
        contents = [mails.message(n, kind=kind) for n in numbers]
        for content in contents:
            self.inbox.put(content, flags)
        return contents

    def left(self):
        return sorted(mails.number(c) for c in self.inbox.contents())

    def client(self):
        """Another client, which is no part of postel."""
        other = imaplib.IMAP4("127.0.0.1", self.dovecot.imap)
        self.addCleanup(other.shutdown)
        other.login(self.user, "secret")
        other.select()
        return other

    def through_a_pipe(self):
        return subprocess.Popen(
            [POSTEL, "purge", self.url], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, bufsize=0,
            env=self.home.environment, cwd=self.home.path)

    @staticmethod
    def printed(contents):
        return b"".join(map(mails.crlf, contents))

    def test_unread_is_printed_exactly_and_goes(self):
        read = self.put(*range(100, 103), flags="S")
        unread = self.put(*range(20))
        read += self.put(*range(200, 203), flags="FRS")
        result = self.done("purge", self.url)
        self.assertEqual(result.out, self.printed(unread))
        self.assertEqual(result.err, b"")
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
        result = self.done("purge", self.url)
        self.assertEqual(result.out, b"")
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
        drafts = self.dovecot.inbox(self.user, "Drafts")
        drafts.put(mails.message(2))
        url = self.dovecot.url("imap", self.user, tail="/Drafts")
        result = self.done("purge", url)
        self.assertEqual(result.out, self.printed([mails.message(2)]))
        self.assertEqual((len(drafts), self.left()), (0, [1]))

    def test_mailbox_that_is_not_there(self):
        url = self.dovecot.url("imap", self.user, tail="/Nowhere")
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


class PurgeOfHostile(LiveCase):
    """What a broken server says is never taken as success."""

    def purge(self, answers, **options):
        with hostile.Hostile("imap", answers) as server:
            result = self.postel("purge", server.url(tail="/INBOX"),
                                 "--timeout=3", **options)
            return result, server

    def test_honest_first(self):
        result, server = self.purge({})
        self.assertEqual((result.status, result.out),
                         (DONE, hostile.MAIL), result)
        self.assertTrue(server.said(rb"(?i)UID EXPUNGE 1"))

    def test_store_refused(self):
        result, server = self.purge(
            {"UID STORE": [hostile.say(b"%t NO not yours\r\n")]})
        self.assertFailed(result, (REFUSED, PARTLY), "not yours")
        self.assertFalse(server.said(rb"(?i)EXPUNGE"))

    def test_expunge_refused(self):
        result, _ = self.purge(
            {"UID EXPUNGE": [hostile.say(b"%t NO not now\r\n")]})
        self.assertFailed(result, (REFUSED, PARTLY), "not now")

    def test_literal_cut_off(self):
        result, server = self.purge({"UID FETCH": [
            hostile.say(b"* 1 FETCH (UID 1 BODY[] {1000}\r\nSubject: cut"),
            hostile.hang_up]})
        self.assertFailed(result, LOST, ".")
        self.assertFalse(server.said(rb"(?i)STORE"))

    def test_literal_longer_than_announced(self):
        result, server = self.purge({"UID FETCH": [
            hostile.say(b"* 1 FETCH (UID 1 BODY[] {5}\r\nhello and more)\r\n"
                        b"%t OK done\r\n")]})
        self.assertFailed(result, PROTOCOL, ".")
        self.assertFalse(server.said(rb"(?i)STORE"))

    def test_fetch_says_no(self):
        result, server = self.purge(
            {"UID FETCH": [hostile.say(b"%t NO disk trouble\r\n")]})
        self.assertFailed(result, (REFUSED, PARTLY), "disk trouble")
        self.assertFalse(server.said(rb"(?i)STORE"))

    def test_message_that_never_comes(self):
        """OK, but no FETCH response: nothing printed, nothing deleted."""
        result, server = self.purge(
            {"UID FETCH": [hostile.say(b"%t OK done\r\n")]})
        self.assertFalse(server.said(rb"(?i)STORE"), result)

    def test_another_message_than_asked(self):
        result, server = self.purge({"UID FETCH": [
            hostile.say(b"* 2 FETCH (UID 5 BODY[] {3}\r\nabc)\r\n"
                        b"%t OK done\r\n")]})
        self.assertFalse(server.said(rb"(?i)STORE 5"), result)
        self.assertFalse(server.said(rb"(?i)STORE 1 "), result)
