"""What goes out with a login, and how many round trips jobs take: nothing that
depends on a reply, and servers that cannot bear it get one command at a time."""

import imaplib
import sys
import time

import mails
from harness import AUTH, REFUSED, LiveCase
from hostile import OFF_LOOPBACK, Gone, Hostile, say
from servers import ROOT, Dovecot, Posteld

sys.path.append(str(ROOT / "bench"))
from delay import Delay  # noqa: E402  (the path comes first)

ROUND_TRIP = 0.02
SCRIPT = """
local c <close>, found = postel.connect(arg[1], {search = "ALL"})
print(c.mailbox.exists, #found)
"""
OPEN = {verb: [say(b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
                   b"%t OK [READ-WRITE] done\r\n")]
        for verb in ("SELECT", "EXAMINE")}


def take_ahead(peer):
    """All that came with the last line."""
    time.sleep(0.2)
    peer.sock.settimeout(0.01)
    try:
        peer.fill()
    except Gone:
        pass
    peer.sock.settimeout(None)
    ahead, peer.buffer = peer.buffer, b""
    return ahead


class Flights(LiveCase):
    def connect(self, answers, status=0, host="127.0.0.1", *options):
        server = self.enterContext(Hostile("imap", {**OPEN, **answers}))
        self.home.file("open.lua", SCRIPT)
        result = self.postel(*options, "open.lua",
                             server.url(tail="/INBOX", host=host))
        self.assertEqual(result.status, status, result)
        return server, result

    def test_a_server_that_loses_what_comes_with_the_login(self):
        def login(peer):
            take_ahead(peer)
            peer.send(b"%t OK in\r\n")
        server, result = self.connect({"LOGIN": [login]})
        self.assertEqual(result.out, b"1\t1\n")
        self.assertEqual(server.connections, 2)
        self.assertTrue(server.said(rb"NOOP"))

    def test_a_server_that_hangs_up_on_it(self):
        def login(peer):
            if take_ahead(peer):
                raise Gone
            peer.send(b"%t OK in\r\n")
        server, result = self.connect({"LOGIN": [login]})
        self.assertEqual((result.out, server.connections), (b"1\t1\n", 2))

    def test_a_server_that_takes_it_for_a_part_of_the_login(self):
        def login(peer):
            good = not take_ahead(peer)
            peer.send(b"%t OK in\r\n" if good else b"%t BAD what?\r\n")
        server, result = self.connect({"LOGIN": [login]})
        self.assertEqual((result.out, server.connections), (b"1\t1\n", 2))

    def test_a_server_that_is_not_logged_in_yet(self):
        """It answers what came with the login before that is through."""
        state = []

        def select(peer):
            state.append(peer)
            peer.send(b"%t BAD log in first\r\n" if len(state) == 1 else
                      b"* 3 EXISTS\r\n%t OK done\r\n")
        server, result = self.connect({"SELECT": [select]})
        self.assertEqual((result.out, server.connections), (b"3\t1\n", 1))

    def test_a_mailbox_that_is_not_there_is_asked_for_once(self):
        server, result = self.connect(
            {"SELECT": [say(b"%t NO there is none\r\n")]}, REFUSED)
        self.assertIn(b"there is none", result.err)
        self.assertEqual(sum(b"SELECT" in line for line in server.heard), 1)

    def test_a_refused_login_is_not_tried_again(self):
        server, result = self.connect(
            {"LOGIN": [say(b"%t NO [AUTHENTICATIONFAILED] wrong\r\n")],
             "SELECT": [say(b"%t BAD log in first\r\n")]}, AUTH)
        self.assertIn(b"wrong", result.err)
        self.assertEqual(server.connections, 1)
        self.assertEqual(sum(b"LOGIN" in line for line in server.heard), 1)

    def test_nothing_goes_ahead_over_a_network_in_clear(self):
        def login(peer):
            self.assertEqual(take_ahead(peer), b"")
            peer.send(b"%t OK in\r\n")
        server, result = self.connect({"LOGIN": [login]}, 0, OFF_LOOPBACK,
                                    "--insecure")
        self.assertEqual((result.out, server.connections), (b"1\t1\n", 1))

    def test_pop3_user_and_pass_with_pipelining_alone(self):
        for capa, together in ((b"PIPELINING\r\n", True), (b"", False)):
            def user(peer, together=together):
                self.assertEqual(take_ahead(peer), b"PASS gaul\r\n"
                                 if together else b"")
                peer.send(b"+OK\r\n+OK\r\n" if together else b"+OK\r\n")
            server = self.enterContext(Hostile("pop3", {
                "CAPA": [say(b"+OK\r\nUSER\r\n" + capa + b".\r\n")],
                "USER": [user]}))
            self.done(server.url(), "-c", "STAT")

    def test_pop3_user_refused(self):
        server = self.enterContext(Hostile("pop3", {
            "CAPA": [say(b"+OK\r\nUSER\r\nPIPELINING\r\n.\r\n")],
            "USER": [say(b"-ERR nobody of that name\r\n")],
            "PASS": [say(b"-ERR USER first\r\n")]}))
        result = self.postel(server.url(), "-c", "STAT")
        self.assertEqual(result.status, AUTH, result)
        self.assertIn(b"nobody of that name", result.err)


class Trips(LiveCase):
    """So many round trips, of which the first begins with the login."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = {f"user{i}": "secret" for i in range(12)}
        cls.fresh = iter(users)
        cls.servers = [cls.with_server(Dovecot(users)),
                       cls.with_server(Posteld(users))]

    def trips(self, server, run):
        with Delay(server.imap, ROUND_TRIP) as delay:
            run(f"imap://{self.user}:secret@127.0.0.1:{delay.port}")
            return delay.trips

    def begin(self, server):
        self.take_user(server)
        box = server.inbox(self.user)
        for i in range(20):
            box.put(mails.message(i, kind=mails.plain), "")

    def test_backup(self):
        for server in self.servers:
            self.begin(server)
            # LOGIN NAMESPACE LIST, EXAMINE SEARCH, FETCH, LOGOUT
            self.assertLessEqual(self.trips(server, lambda url: self.done(
                "backup", url, f"mail-{server.name}", "--mailbox=INBOX",
                "--auth=PLAIN")), 4)

    def test_copy(self):
        for source, target in (self.servers, self.servers[::-1]):
            self.begin(source)
            there = target.url("imap", self.user)
            self.assertLessEqual(self.trips(source, lambda url: self.done(
                "copy", url, there, "--mailbox=INBOX", "--auth=PLAIN",
                f"--journal={source.name}")), 4)

    def test_flags_that_have_changed(self):
        """In whatever ways: all STOREs are in flight together."""
        source, target = self.servers
        self.begin(source)
        copy = ("copy", "--journal=flags", source.url("imap", self.user))
        self.done(*copy, target.url("imap", self.user), "--mailbox=INBOX")
        conn = imaplib.IMAP4("127.0.0.1", source.imap)
        conn.login(self.user, "secret")
        conn.select()
        flags = ("\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Seen \\Draft")
        for n, words in enumerate(flags):
            conn.store(f"{2 * n + 1}:{2 * n + 2}", "+FLAGS.SILENT", f"({words})")
        conn.logout()
        # LOGIN NAMESPACE LIST, SELECT, STOREs, LOGOUT
        self.assertLessEqual(self.trips(target, lambda url: self.done(
            *copy, url, "--mailbox=INBOX", "--auth=PLAIN")), 4)
        self.assertEqual(
            sorted(p.name.partition(":2,")[2] for p in
                   target.inbox(self.user).files())[-10:],
            ["D", "D", "DS", "DS", "F", "F", "R", "R", "S", "S"])

    def test_login_select_search(self):
        for server in self.servers:
            self.begin(server)
            # All three, LOGOUT
            self.home.file("open.lua", SCRIPT)
            self.assertLessEqual(self.trips(server, lambda url: self.assertEqual(
                self.done("--auth=PLAIN", "open.lua", url + "/INBOX").out,
                b"20\t20\n")), 2)


if __name__ == "__main__":
    import unittest
    unittest.main()
