"""Servers whose numbers, names and compressed streams lie: checked before use,
in bounded time and memory; nothing outside of the folder that was named."""

import os
import zlib

from harness import DONE, LOST, PROTOCOL
from hostile import Hostile, hang_up, say, silence, slow
from test_hostile import MEMORY, HostileCase


def opened(count):
    """A mailbox that claims to hold so many messages."""
    return [say(b"* %s EXISTS\r\n* FLAGS ()\r\n* OK [UIDVALIDITY 7] ok\r\n"
                b"%%t OK [READ-WRITE] open\r\n" % count)]


class Numbers(HostileCase):
    def script(self, status, pattern, protocol, answers, *words):
        """The one line that the script says, and no deletion."""
        with Hostile(protocol, answers) as server, Hostile("smtp") as smtp:
            result = self.postel(
                words[0], server.url(), *(w.replace("SMTP", smtp.url(login=""))
                                          for w in words[1:]), "--timeout=3")
        if status == DONE:
            self.assertEqual(result.status, DONE, result)
        else:
            self.assertFailed(result, status, pattern)
        self.assertFalse(server.said(b"STORE|EXPUNGE|DELE"), server.heard)
        self.assertFalse(smtp.said(b"DATA"), result)
        if MEMORY:
            self.assertLess(result.rss, MEMORY, result)
        return result

    def test_counts_of_a_mailbox(self):
        for count in (b"4294967296", b"9223372036854775808", b"0x10",
                      b"18446744073709551616"):
            for words in (["inbox"], ["purge"]):
                self.script(PROTOCOL, "out of range", "imap", {
                    "SELECT": opened(count), "EXAMINE": opened(count)},
                    *words)
        for count in (b"-1", b"4294967295"):
            for words in (["inbox"], ["purge", "-n"]):
                self.script(DONE, None, "imap", {
                    "SELECT": opened(count), "EXAMINE": opened(count)},
                    *words)

    def test_a_large_count_costs_nothing(self):
        result = self.meet("imap", {"SELECT": opened(b"4294967295")},
                           "SELECT INBOX", ":save 1:* all/")
        self.assertEqual(result.status, DONE, result)

    def test_counts_of_a_maildrop(self):
        for stat, why in ((b"2147483648 5", "says it has"),
                          (b"4294967296 5", "says it has"),
                          (b"9223372036854775807 5", "says it has|no numbers"),
                          (b"18446744073709551616 5", "no numbers"),
                          (b"3 41", "STAT counts 3 messages, LIST 1"),
                          (b"0 0", "STAT counts 0 messages, LIST 1")):
            self.script(PROTOCOL, why, "pop3",
                        {"STAT": [say(b"+OK " + stat + b"\r\n")]},
                        "transfer", "SMTP", "--to=a@b.test", "--delete")

    def test_numbers_of_messages(self):
        """What is not the message that was asked for deletes nothing."""
        for fetch in (b"* 0 FETCH (UID 1 FLAGS ())",
                      b"* 1 FETCH (UID 0 BODY[] {3}\r\nabc)",
                      b"* 2 FETCH (UID 4294967297 BODY[] {3}\r\nabc)",
                      b"* 9 FETCH (UID 99 BODY[] {3}\r\nabc)"):
            self.script(DONE, None, "imap", {
                "UID FETCH": [say(fetch + b"\r\n%t OK\r\n")]}, "purge")
        self.script(PROTOCOL, "out of range", "imap", {"UID FETCH": [say(
            b"* 4294967296 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n%t OK\r\n")]},
            "purge")

    def test_numbers_found(self):
        for found in (b"0", b"-1", b"4294967296", b"18446744073709551617",
                      b"x", b"1:3"):
            self.script(PROTOCOL, "no UID", "imap", {"UID SEARCH": [say(
                b"* SEARCH " + found + b"\r\n%t OK\r\n")]}, "purge")

    def test_greeting_by_drops(self):
        for protocol, words in (("imap", b"* OK hello"), ("smtp", b"220-hi"),
                                ("pop3", b"+OK hello")):
            self.ends(LOST, "no word from the server", protocol, {
                "": [slow(words + b"x" * 40, 0.2)]}, "NOOP", timeout=1)


def deflated(data):
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)


def octets(data):
    return lambda peer: peer.sock.sendall(data)


class Compressed(HostileCase):
    """RFC 4978: what comes behind the OK to COMPRESS."""

    def compressed(self, status, why, *steps):
        self.ends(status, why, "imap", {
            "COMPRESS": [say(b"%t OK go\r\n"), *steps]},
            "COMPRESS DEFLATE", "NOOP", timeout=5)

    def test_bombs(self):
        for data, why in ((b"* OK " + b"x" * (64 << 20), "endless line"),
                          (b"* 1 EXISTS\r\n" * (6 << 20), "too long"),
                          (b"(" * (64 << 20), "endless line")):
            self.compressed(PROTOCOL, why, octets(deflated(data)), silence)

    def test_streams_that_are_none(self):
        for steps, status, why in (
                ([octets(b"\xff" * 1000), silence], PROTOCOL, "corrupt"),
                ([say(b"* OK evil\r\na9 OK evil\r\n"), silence], PROTOCOL,
                 "corrupt"),
                ([octets(deflated(b"* OK hello there\r\n" * 99)[:20]),
                  hang_up], (PROTOCOL, LOST), "cut off"),
                ([octets(zlib.compress(b"* OK bye\r\n")[2:-4]), silence],
                 LOST, "hung up")):
            self.compressed(status, why, *steps)


class Names(HostileCase):
    """Nothing that a server says becomes the name of a file."""

    FETCH = {"SELECT": opened(b"1"), "UID FETCH": [say(
        b"* 1 FETCH (UID 1 FLAGS (\\Seen ../x /etc/y \\Flagged) BODY[] "
        b"{3}\r\nabc)\r\n%t OK done\r\n")]}

    def below(self):
        return sorted(str(p.relative_to(self.home.path))
                      for p in self.home.path.rglob("*") if p.is_file())

    def test_flags_in_a_maildir(self):
        os.makedirs(self.home.path / "box" / "tmp")
        for name in ("new", "cur"):
            os.mkdir(self.home.path / "box" / name)
        result = self.meet("imap", self.FETCH, "SELECT INBOX", ":save 1 box/")
        self.assertEqual(result.status, DONE, result)
        name, = self.below()
        self.assertRegex(name, r"\Abox/cur/[^/]+:2,FS\Z")

    def test_unique_ids_and_names_of_parts(self):
        mail = (b"Subject: ../../evil\r\nContent-Type: text/plain; "
                b"name=\"../evil\"\r\nContent-Disposition: attachment; "
                b"filename=\"/etc/evil\"\r\n\r\nx\r\n.\r\n")
        (self.home.path / "all").mkdir()
        result = self.meet("pop3", {
            "UIDL": [say(b"+OK\r\n1 ../../evil\r\n.\r\n")],
            "RETR": [say(b"+OK\r\n" + mail)]}, ":save 1 all", login="a:b@")
        self.assertEqual(result.status, DONE, result)
        self.assertEqual(len(self.below()), 1, self.below())
        self.assertRegex(self.below()[0], r"\Aall/1\.eml\Z")

    def test_links_and_files_that_wait(self):
        victim = self.home.file("victim", "as it was\n")
        for make in (lambda p: p.symlink_to(victim),
                     lambda p: p.symlink_to(self.home.path / "nowhere"),
                     lambda p: p.write_bytes(b"as it was\n")):
            path = self.home.path / "mail.eml"
            make(path)
            result = self.meet("imap", self.FETCH, "SELECT INBOX",
                               ":save 1 mail.eml")
            self.assertNotEqual(result.status, DONE, result)
            self.assertEqual(victim.read_bytes(), b"as it was\n")
            self.assertFalse((self.home.path / "nowhere").exists())
            path.unlink()
