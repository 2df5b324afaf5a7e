"""COMPRESS=DEFLATE (RFC 4978) in copy and backup: by itself where a server that offers
it is far away, and never before the login."""

import sys

import mails
from harness import LiveCase
from hostile import OFF_LOOPBACK, Hostile, say
from servers import ROOT, Dovecot

sys.path.append(str(ROOT / "bench"))
from delay import Delay  # noqa: E402  (the path comes first)

OFFER = b"* CAPABILITY IMAP4rev1 COMPRESS=DEFLATE\r\n%t OK\r\n"


class Compress(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_users(Dovecot)

    def setUp(self):
        super().setUp()
        self.take_user(self.dovecot)
        self.box = self.dovecot.inbox(self.user)
        for i in range(20):
            self.box.put(mails.message(i), "")

    def backup(self, seconds, *options, host=OFF_LOOPBACK):
        """Whether it was compressed."""
        with Delay(self.dovecot.imap, seconds) as delay:
            self.done("backup", f"imap://{self.user}:secret@{host}:{delay.port}",
                      "mail", "--insecure", "--starttls=no", "--trace=trace",
                      *options)
        trace = self.home.path / "trace"
        text = trace.read_text()
        trace.unlink()
        came = sorted(p.read_bytes().replace(b"\r\n", b"\n") for p in
                      (self.home.path / "mail").glob("*/*") if p.is_file()
                      and p.parent.name in ("new", "cur"))
        self.assertEqual(came, sorted(c.replace(b"\r\n", b"\n")
                                      for c in self.box.contents()))
        if "COMPRESS DEFLATE" in text:
            self.assertLess(text.index("<secret>"),
                            text.index("COMPRESS DEFLATE"))
        return "compressed from here on" in text

    def test_far(self):
        self.assertTrue(self.backup(0.04))

    def test_near(self):
        self.assertFalse(self.backup(0))

    def test_this_machine(self):
        self.assertFalse(self.backup(0.04, host="127.0.0.1"))

    def test_never(self):
        self.assertFalse(self.backup(0.04, "--compress=never"))

    def test_always(self):
        self.assertTrue(self.backup(0, "--compress=always", host="127.0.0.1"))

    def test_a_server_that_cannot(self):
        """It refuses, or agrees and goes on in clear."""
        for answer, connections in ((b"%t NO not now\r\n", 1),
                                    (b"%t OK go\r\n", 2)):
            server = self.enterContext(Hostile("imap", {
                "CAPABILITY": [say(OFFER)], "COMPRESS": [say(answer)],
                "NOOP": [say(b"%t BAD what?\r\n")], "*": [say(b"%t OK\r\n")],
                "LIST": [say(b'* LIST () "/" INBOX\r\n%t OK\r\n')],
                "EXAMINE": [say(b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
                                b"%t OK [READ-ONLY] done\r\n")],
                "UID SEARCH": [say(b"* SEARCH\r\n%t OK\r\n")]}))
            self.done("backup", server.url(), f"mail-{connections}",
                      "--compress=always")
            self.assertEqual(server.connections, connections)


if __name__ == "__main__":
    import unittest
    unittest.main()
