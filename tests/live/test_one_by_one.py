"""Servers that say that they take several commands at once, and do not: postel
goes back to one at a time by itself."""

import unittest

import mails
from harness import LiveCase
from hostile import Gone, Hostile, say

COUNT = 5
MAILS = [mails.crlf(mails.message(i, kind=mails.plain)) for i in range(COUNT)]


def alone(answer):
    """Hangs up if the client has not waited for this command's reply."""
    def step(peer):
        peer.sock.settimeout(0.05)
        try:
            peer.fill()
        except (Gone, TimeoutError):
            pass
        peer.sock.settimeout(None)
        if peer.buffer:
            raise Gone
        answer(peer)
    return step


def retr(peer):
    number = int(peer.line.split()[1])
    peer.send(b"+OK\r\n" + MAILS[number - 1].replace(b"\r\n.", b"\r\n..") +
              b".\r\n")


POP3 = {
    "CAPA": [say(b"+OK\r\nUSER\r\nUIDL\r\nPIPELINING\r\n.\r\n")],
    "STAT": [alone(say(b"+OK %d %d\r\n" % (COUNT, sum(map(len, MAILS)))))],
    "LIST": [alone(say(b"+OK\r\n" + b"".join(
        b"%d %d\r\n" % (i + 1, len(m)) for i, m in enumerate(MAILS)) +
        b".\r\n"))],
    "UIDL": [alone(say(b"+OK\r\n" + b"".join(
        b"%d bait%d\r\n" % (i + 1, i) for i in range(COUNT)) + b".\r\n"))],
    "RETR": [alone(retr)],
}


class OneByOne(LiveCase):
    def test_a_maildrop_that_hangs_up_at_a_second_command(self):
        with Hostile("pop3", POP3) as server:
            folder = self.home.path / "backup"
            self.done("backup", server.url(), folder)
            came = [p.read_bytes() for part in ("new", "cur")
                    for p in (folder / part).iterdir()]
            self.assertEqual(sorted(map(mails.unix, came)),
                             sorted(map(mails.unix, MAILS)))
            self.assertEqual(server.connections, 2)


if __name__ == "__main__":
    unittest.main()
