"""Unix sockets and pipes in place of a network, in each protocol."""

import sys
import unittest

from authority import TlsCase
from bridge import Bridge
from harness import CONNECT, LOST, TLS
from servers import Posteld, make_folder, temporary_folder

# A command that is a connection to a port: what ssh or socat would be.
PIPE = """
import os, socket, sys, threading
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def carry(take, give, end):
    try:
        while data := take(65536):
            give(data)
        end()
    except OSError:
        pass
up = lambda n: os.read(0, n), s.sendall, lambda: s.shutdown(socket.SHUT_WR)
threading.Thread(target=carry, args=up, daemon=True).start()
carry(s.recv, lambda data: os.write(1, data), lambda: None)
"""


class Local(TlsCase):
    PROTOCOLS = {"imap": "CAPABILITY", "pop3": "CAPA", "smtp": "VRFY fred",
                 "lmtp": "VRFY fred"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.with_server(Posteld({"fred": "gaul"}, cls.authority))
        cls.folder = make_folder(temporary_folder("local") / "sockets")
        for name in cls.server.services:
            cls.enterClassContext(Bridge(cls.folder / name,
                                         getattr(cls.server, name)))
        (cls.folder / "pipe.py").write_text(PIPE)

    def urls(self, protocol):
        port = getattr(self.server, protocol)
        return (f"{protocol}+unix:{self.folder / protocol}",
                f"{protocol}+pipe:exec {sys.executable} "
                f"{self.folder / 'pipe.py'} {port}")

    def each(self):
        for protocol in self.PROTOCOLS:
            for url in self.urls(protocol):
                yield protocol, url

    def test_in_the_shell(self):
        for protocol, url in self.each():
            result = self.done(url, "-c", self.PROTOCOLS[protocol], "-c",
                               ":tls", "-c", ":conns")
            self.assertIn(b"a socket or a pipe of this machine", result.out)
            self.assertIn(protocol.encode(), result.out.splitlines()[-1])

    def test_open(self):
        for protocol, url in self.each():
            self.done("-c", f":open '{url}' other", "-c",
                      self.PROTOCOLS[protocol], "-c", ":use other")

    def test_login(self):
        """By the best mechanism, though nobody listens."""
        for protocol, url in self.each():
            if protocol == "lmtp":
                continue
            command = "STAT" if protocol == "pop3" else "NOOP"
            result = self.done(self.secret("gaul"), url, "-c", ":login fred",
                               "-c", command)
            self.assertIn(b"logged in as fred by SCRAM-SHA-256", result.err)

    def test_in_lua(self):
        for protocol, url in self.each():
            chunk = f"""
                local url = postel.url([[{url}]])
                local c = postel.connect(url)
                assert(c.path == url.path and not c.host and not c.port)
                assert(c.protocol == "{protocol}" and c.private and not c.tls)
                c:drop()
                local user = "{protocol}" ~= "lmtp" and "fred" or nil
                c = postel.connect {{protocol = "{protocol}",
                    transport = url.transport, path = url.path, user = user}}
                print(c.user)
                c:close()"""
            result = self.done(self.secret("gaul"), "-e", chunk)
            self.assertEqual(result.out.strip(),
                             b"" if protocol == "lmtp" else b"fred")

    def test_account(self):
        (self.home.path / "config" / "postel").mkdir(parents=True)
        self.home.file("config/postel/init.lua", f"""
            postel.account {{name = "box", protocol = "imap",
                transport = "unix", path = "{self.folder / 'imap'}",
                user = "fred", mailbox = "INBOX"}}""")
        result = self.done(self.secret("gaul"), "box", "-c", "CHECK", "-c",
                           ":conns")
        self.assertIn(b"INBOX", result.out)

    def test_mail_goes_through(self):
        letter = self.home.file("letter", "Subject: x\n\nhello\n.\n")
        for protocol in ("smtp", "lmtp"):
            for url in self.urls(protocol):
                self.done("send", url, "--from=a@mail.test",
                          "--to=fred@mail.test", letter)
        self.assertEqual(len(self.server.inbox("fred")), 4)
        for url in self.urls("pop3"):
            result = self.done(self.secret("gaul"), url, "-c", ":login fred",
                               "-c", "RETR 4")
            self.assertIn(b"hello", result.out)

    def test_recorded(self):
        for url in self.urls("imap"):
            script = self.home.path / "again.lua"
            script.unlink(missing_ok=True)
            self.done(self.secret("gaul"), url, "-c", f":record {script}",
                      "-c", ":login fred", "-c", "NOOP")
            self.done(self.secret("gaul"), script)

    def test_tls_has_no_name(self):
        """It crashed."""
        refused = ("^postel: .*a socket or a pipe has no name that a "
                   "certificate could have; insecure takes any$")
        for protocol in ("imaps", "pop3s", "smtps"):
            for url in self.urls(protocol):
                with self.subTest(url):
                    self.fails(TLS, refused, url, "-c", "NOOP")
                    result = self.done("--insecure", url, "-c", ":caps")
                    self.assertEqual(result.err, b"")
        for protocol in ("imap", "pop3", "smtp", "lmtp"):
            for url in self.urls(protocol):
                with self.subTest(url):
                    self.fails(TLS, refused, "--starttls=require", url, "-c",
                               "NOOP")
                    result = self.done("--starttls=require", "--insecure",
                                       url, "-c", ":tls")
                    self.assertIn(b"TLSv1.3", result.out)

    def test_nobody_is_there(self):
        self.fails(CONNECT, "connect to .*/none: No such file",
                   f"imap+unix:{self.folder}/none", "-c", "NOOP")
        self.fails(CONNECT, "connect to .*: File name too long",
                   f"imap+unix:/{'x' * 108}", "-c", "NOOP")
        self.fails(LOST, "exit 3: the server hung up without a greeting",
                   "imap+pipe:exit 3", "-c", "NOOP")


if __name__ == "__main__":
    unittest.main()
