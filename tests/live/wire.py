"""Clients of the bare wire: they send what they are told, also what no mail
program would say.  IMAP's is in imapwire.py."""

import socket
import ssl
import time


class Closed(ConnectionError):
    """The server has hung up."""


def octets_of(text):
    return text if isinstance(text, bytes) else text.encode()


class Stream:
    """A connection to a port of this machine (or of a host), read by lines
    and octets."""

    def __init__(self, port, host="127.0.0.1", timeout=20):
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.at = b"", 0

    def send(self, text):
        try:
            self.socket.sendall(octets_of(text))
        except ConnectionError as e:
            raise Closed from e

    def _more(self):
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionError as e:
            raise Closed from e
        if not data:
            raise Closed
        self.buffer, self.at = self.buffer[self.at:] + data, 0

    def line(self):
        """The next line, its CRLF taken off."""
        seen = 0
        while (end := self.buffer.find(b"\r\n", self.at + seen)) < 0:
            seen = max(len(self.buffer) - self.at - 1, 0)
            self._more()
        line = self.buffer[self.at:end]
        self.at = end + 2
        return line

    def octets(self, count):
        while len(self.buffer) - self.at < count:
            self._more()
        data = self.buffer[self.at:self.at + count]
        self.at += count
        return data

    def pending(self):
        """What has come and is not read yet."""
        return self.buffer[self.at:]

    def through(self, pattern):
        """All octets up to a last line that matches, by which the server
        has said all."""
        pieces, tail = [self.pending()], b"\r\n" + self.pending()
        while not pattern.search(tail):
            self.buffer, self.at = b"", 0
            self._more()
            pieces.append(self.buffer)
            tail = (tail + self.buffer)[-4096:]
        self.buffer, self.at = b"", 0
        return b"".join(pieces)

    def rest(self):
        """All that comes until the server hangs up."""
        try:
            while True:
                self._more()
        except Closed:
            data = self.pending()
            self.buffer, self.at = b"", 0
            return data

    def is_closed(self):
        """Whether the server hangs up without another word."""
        return self.rest() == b""

    def starttls(self, ca):
        context = ssl.create_default_context(cafile=str(ca))
        self.socket = context.wrap_socket(self.socket,
                                          server_hostname="localhost")

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Pop3(Stream):
    def __init__(self, port, user=None, password=None, **options):
        super().__init__(port, **options)
        self.greeting = self.line()
        if user:
            reply = self.login(user, password)
            assert reply.startswith(b"+OK"), reply

    def say(self, text):
        """Sends a line, returns the status line."""
        self.send(octets_of(text) + b"\r\n")
        return self.line()

    def body(self):
        """The lines behind it, their dots undone."""
        lines = []
        while (line := self.line()) != b".":
            lines.append(line.removeprefix(b"."))
        return lines

    def multi(self, text):
        """The status line, and the others if that is positive."""
        first = self.say(text)
        return first, self.body() if first.startswith(b"+OK") else None

    def login(self, user="asterix", password="gaul"):
        self.say(f"USER {user}")
        return self.say(f"PASS {password}")


class Smtp(Stream):
    def __init__(self, port, hello=None, **options):
        super().__init__(port, **options)
        self.greeting = self.reply()[-1]
        if hello:
            assert self.code(hello) == 250

    def reply(self):
        """The lines of a reply."""
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        return lines

    def say(self, text):
        """Sends a line, returns the last line of the reply."""
        self.send(octets_of(text) + b"\r\n")
        return self.reply()[-1]

    def code(self, text):
        return int(self.say(text)[:3])

    def begin(self, *recipients, sender="obelix@mail.test"):
        """As far as DATA."""
        self.say("EHLO me.test")
        self.say(f"MAIL FROM:<{sender}>")
        for recipient in recipients or ["asterix@mail.test"]:
            self.say(f"RCPT TO:<{recipient}>")


def wait_until(fact, seconds=5):
    """Waits until fact() holds; returns whether it does."""
    limit = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > limit:
            return False
        time.sleep(0.01)
    return True
