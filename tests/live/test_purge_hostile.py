"""postel purge: what broken and hostile servers can make of it, and how much
memory it takes."""

import json
import os
import signal
import time

import hostile
from harness import (DONE, INTERRUPTED, LOST, PARTLY, PROTOCOL, REFUSED,
                     SANITIZED, LiveCase)


def in_turn(*steps):
    """One step after the other, the last one for good."""
    left = list(steps)
    return [lambda peer: (left.pop(0) if len(left) > 1 else left[0])(peer)]


def opened_as(validity):
    return hostile.say(b"* 1 EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n"
                       b"%%t OK [READ-WRITE] ok\r\n" % validity)


class PurgeOfHostile(LiveCase):
    """What a broken server says is never taken as success."""

    def purge(self, answers, *more, tail="/INBOX", **options):
        with hostile.Hostile("imap", answers) as server:
            result = self.postel("purge", server.url(tail=tail),
                                 "--timeout=3", "--quiet", *more,
                                 **options)
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

    def test_search_that_finds_what_is_not_there(self):
        """Only what came is deleted, not what was said to be there."""
        _, server = self.purge({"UID SEARCH": [hostile.say(
            b"* SEARCH 1 2 3 4000000000\r\n%t OK done\r\n")]})
        self.assertTrue(server.said(rb"UID STORE 1 "))
        self.assertTrue(server.said(rb"UID EXPUNGE 1$"))

    def test_found_but_not_what_was_searched_for(self):
        """A server that passes over a key it does not know, or a message
        that somebody has read meanwhile."""
        for options, items in (
                ([], b"FLAGS (\\Seen)"), (["--seen"], b"FLAGS ()"),
                (["--all", "--unflagged"], b"FLAGS (\\Flagged)"),
                (["--before=2026-01-31"],
                 b'INTERNALDATE "02-Feb-2026 00:00:00 +0000"'),
                (["--larger=1k"], b"RFC822.SIZE 1000")):
            for mail in (b"%s BODY[] {3}\r\nabc" % items,
                         b"BODY[] {3}\r\nabc %s" % items):
                result, server = self.purge({"UID FETCH": [hostile.say(
                    b"* 1 FETCH (UID 1 %s)\r\n%%t OK\r\n" % mail)]},
                    *options)
                self.assertEqual((result.status, result.out), (DONE, b""))
                self.assertFalse(server.said(rb"STORE|EXPUNGE"), options)

    def test_keep_without_dates_deletes_nothing(self):
        result, server = self.purge({"UID SEARCH": [hostile.say(
            b"* SEARCH 1 2\r\n%t OK done\r\n")], "UID FETCH": [hostile.say(
                b"* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2 INTERNALDATE x)\r\n"
                b"%t OK\r\n")]}, "--keep=1")
        self.assertEqual((result.status, result.out), (DONE, b""))
        self.assertFalse(server.said(rb"STORE|EXPUNGE"))

    FETCHED = b"".join((b"* 1 FETCH (UID 1 FLAGS () BODY[] {%d}\r\n"
                        % len(hostile.MAIL), hostile.MAIL, b")\r\n"))

    def test_uidvalidity_changes_while_it_prints(self):
        result, server = self.purge({"UID FETCH": [hostile.say(
            self.FETCHED + b"* OK [UIDVALIDITY 8] new\r\n%t OK\r\n")]})
        self.assertFailed(result, REFUSED, "UIDVALIDITY")
        self.assertFalse(server.said(rb"STORE|EXPUNGE"))

    def test_uidvalidity_changes_while_it_marks(self):
        result, server = self.purge({"UID STORE": [hostile.say(
            b"* OK [UIDVALIDITY 8] new\r\n%t OK\r\n")]})
        self.assertFailed(result, REFUSED, "UIDVALIDITY")
        self.assertFalse(server.said(rb"EXPUNGE"))

    def test_uidvalidity_of_a_mailbox_that_is_opened_again(self):
        opened = hostile.HONEST["imap"]["SELECT"][0]
        new = opened_as(8)
        result, server = self.purge(
            {"SELECT": in_turn(opened, opened, new, new),
             "LIST": [hostile.say(b'* LIST () "/" INBOX\r\n'
                                  b'* LIST () "/" Work\r\n%t OK\r\n')]},
            "--mailbox=*", tail="")
        self.assertEqual(result.status, REFUSED, result)
        self.assertEqual(result.out, 2 * hostile.MAIL)
        self.assertIn(b"INBOX: UIDVALIDITY has changed", result.err)
        self.assertFalse(server.said(rb"EXPUNGE"))

    def test_expunge_of_others_in_between(self):
        """Numbers shift, UIDs do not."""
        for verb in ("UID SEARCH", "UID FETCH", "UID STORE"):
            answer = {"UID SEARCH": b"* SEARCH 7\r\n",
                      "UID FETCH": self.FETCHED.replace(b"UID 1", b"UID 7"),
                      "UID STORE": b""}
            answer[verb] = b"* 1 EXPUNGE\r\n" + answer[verb] + \
                b"* 3 EXISTS\r\n* 2 EXPUNGE\r\n"
            answers = {v: [hostile.say(a + b"%t OK\r\n")]
                       for v, a in answer.items()}
            answers["SELECT"] = [hostile.say(
                b"* 9 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
                b"%t OK [READ-WRITE] ok\r\n")]
            result, server = self.purge(answers)
            self.assertEqual((result.status, result.out),
                             (DONE, hostile.MAIL), (verb, result))
            self.assertTrue(server.said(rb"UID EXPUNGE 7$"), verb)

    def test_connection_lost_while_it_prints(self):
        """Half a message cannot be taken back: no second attempt."""
        result, server = self.purge({"UID FETCH": [
            hostile.say(self.FETCHED), hostile.hang_up]})
        self.assertFailed(result, LOST, "1 message was printed, nothing was")
        self.assertEqual(server.connections, 1)

    def test_connection_lost_while_it_deletes(self):
        """All is printed: what is left is deleted by another connection."""
        for verb in ("UID STORE", "UID EXPUNGE"):
            result, server = self.purge({verb: in_turn(
                hostile.hang_up, hostile.say(b"%t OK\r\n"))})
            self.assertEqual((result.status, result.out),
                             (DONE, hostile.MAIL), result)
            self.assertEqual(server.connections, 2)
            self.assertTrue(server.said(rb"UID EXPUNGE 1$"))

    def test_connection_lost_when_some_are_gone(self):
        """Only what the server still has is marked again; all count."""
        both = self.FETCHED + self.FETCHED.replace(b"1 FETCH (UID 1",
                                                   b"2 FETCH (UID 2")
        with hostile.Hostile("imap", {
                "SELECT": [hostile.say(
                    b"* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
                    b"%t OK [READ-WRITE] ok\r\n")],
                "UID SEARCH": in_turn(
                    hostile.say(b"* SEARCH 1 2\r\n%t OK\r\n"),
                    hostile.say(b"* SEARCH 2\r\n%t OK\r\n")),
                "UID FETCH": [hostile.say(both + b"%t OK\r\n")],
                "UID EXPUNGE": in_turn(hostile.hang_up, hostile.say(
                    b"%t OK\r\n"))}) as server:
            result = self.done("purge", server.url(tail="/INBOX"), "--json")
        stores = [x for x in server.heard if b"UID STORE" in x]
        self.assertEqual([x.split()[3] for x in stores], [b"1:2", b"2"])
        self.assertEqual(json.loads(result.err.splitlines()[-1])["done"], 2)

    def test_connection_lost_and_another_uidvalidity(self):
        opened = hostile.HONEST["imap"]["SELECT"][0]
        result, server = self.purge({
            "UID STORE": [hostile.hang_up],
            "SELECT": in_turn(opened, opened_as(8))})
        self.assertEqual(result.status, REFUSED, result)
        self.assertIn(b"UIDVALIDITY has changed", result.err)
        self.assertEqual(server.connections, 2)
        self.assertFalse(server.said(rb"EXPUNGE"))

    def test_interrupted_while_it_marks(self):
        """The marks are taken back, and what happened is told."""
        with hostile.Hostile("imap", {"UID STORE": [
                hostile.pause(1), hostile.say(b"%t OK\r\n")]}) as server:
            running = self.start("purge", server.url(tail="/INBOX"),
                                 "--timeout=5")
            limit = time.monotonic() + 20
            while not server.said(rb"STORE") and time.monotonic() < limit:
                time.sleep(0.01)
            running.signal(signal.SIGINT)
            result = running.wait()
        self.assertEqual(result.status, INTERRUPTED, result)
        self.assertTrue(server.said(rb"UID STORE 1 -FLAGS.SILENT"))
        self.assertFalse(server.said(rb"EXPUNGE"))
        self.assertIn(b"interrupted; 1 message was printed, nothing was "
                      b"deleted", result.err)

    def test_interrupted_while_it_expunges(self):
        """What the server has got, it does; that is counted."""
        with hostile.Hostile("imap", {
                "UID EXPUNGE": [hostile.pause(1), hostile.say(
                    b"* 1 EXPUNGE\r\n%t OK\r\n")],
                "UID SEARCH": in_turn(
                    hostile.say(b"* SEARCH 1\r\n%t OK\r\n"),
                    hostile.say(b"* SEARCH\r\n%t OK\r\n"))}) as server:
            running = self.start("purge", server.url(tail="/INBOX"),
                                 "--timeout=5")
            limit = time.monotonic() + 20
            while not server.said(rb"EXPUNGE") and time.monotonic() < limit:
                time.sleep(0.01)
            running.signal(signal.SIGINT)
            result = running.wait()
        self.assertEqual(result.status, INTERRUPTED, result)
        self.assertIn(b"1 message, 41 B; printed and deleted", result.err)


class Memory(LiveCase):
    """A server that has much: 32 MiB are enough."""

    LIMIT = 32 << 10  # KiB

    def purge(self, answers, *options, **how):
        with hostile.Hostile("imap", answers) as server:
            result = self.done("purge", server.url(tail="/INBOX"), *options,
                               **how)
            if not SANITIZED:
                self.assertLess(result.rss, self.LIMIT)
            return result, server

    @staticmethod
    def many(peer):
        """Odd UIDs, so that no set of them is short."""
        peer.send(b"* SEARCH " + b" ".join(
            b"%d" % n for n in range(1, 200_000, 2)) + b"\r\n%t OK\r\n")

    @staticmethod
    def fetched(peer):
        uids = peer.line.split()[3].split(b",")
        peer.send(b"".join(
            b"* %d FETCH (UID %d FLAGS () INTERNALDATE "
            b'"01-Jan-2026 00:00:00 +0000" BODY[] {%d}\r\n%s)\r\n'
            % (int(u) // 2 + 1, int(u), len(hostile.MAIL), hostile.MAIL)
            for u in uids) + b"%t OK\r\n")

    def test_hundred_thousand_messages(self):
        opened = hostile.say(
            b"* 100000 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
            b"%t OK [READ-WRITE] ok\r\n")
        with open(os.devnull, "wb") as null:
            result, server = self.purge(
                {"SELECT": [opened], "UID SEARCH": [self.many],
                 "UID FETCH": [self.fetched]}, "--keep=10", "--json",
                stdout=null)
        self.assertEqual(json.loads(result.err)["done"], 99_990)
        for verb in (b"STORE", b"EXPUNGE"):
            lines = [x for x in server.heard if verb in x]
            self.assertLess(max(map(len, lines)), 8000)
            self.assertEqual(sum(x.count(b",") + 1 for x in lines), 99_990)

    def test_large_message(self):
        block, count = b"x" * 78 + b"\r\n", 512 << 20
        count -= count % len(block)

        def send(peer):
            peer.send(b"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE %d BODY[] "
                      b"{%d}\r\n" % (count, count))
            for _ in range(count // len(block) // 1024):
                peer.send(block * 1024)
            peer.send(block * (count // len(block) % 1024))
            peer.send(b")\r\n%t OK\r\n")
        with open(os.devnull, "wb") as null:
            result, _ = self.purge({"UID FETCH": [send]}, "--json",
                                   stdout=null)
        self.assertEqual(json.loads(result.err)["octets"], count)
