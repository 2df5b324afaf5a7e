"""IMAP responses as Python values, read strictly by the grammar.

A response is a list: atoms are str, strings bytes, lists lists, NIL None.  An
atom may hold brackets with spaces in them, as BODY[HEADER.FIELDS (TO)] does.
"""

import re
import socket

ATOM = re.compile(rb'(?:[^\s()\[\]"{}]|\[[^\]]*\])+')
QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')
LITERAL = re.compile(rb"~?\{(\d+)\}$")


class Closed(Exception):
    """The server has hung up."""


class Garbled(Exception):
    """What the server says is no IMAP."""


class Parser:
    """The text of one response, and its literals in their order."""

    def __init__(self, text, literals):
        self.text, self.at, self.literals = text, 0, iter(literals)

    def skip(self, octets):
        if not self.text.startswith(octets, self.at):
            raise Garbled(f"{octets!r} missing at {self.at}: {self.text!r}")
        self.at += len(octets)

    def peek(self):
        return self.text[self.at:self.at + 1]

    def list(self):
        self.skip(b"(")
        values = []
        while self.peek() != b")":
            if values and self.peek() != b"(":
                self.skip(b" ")
            elif values and self.peek() == b" ":
                self.skip(b" ")
            values.append(self.value())
        self.skip(b")")
        return values

    def value(self):
        head = self.peek()
        if head == b"(":
            return self.list()
        if head == b'"':
            return self.quoted()
        if head == b"\0":
            self.skip(b"\0")
            return next(self.literals)
        found = ATOM.match(self.text, self.at)
        if not found:
            raise Garbled(f"no value at {self.at}: {self.text!r}")
        self.at = found.end()
        atom = found[0].decode("utf-8", "surrogateescape")
        return None if atom == "NIL" else atom

    def quoted(self):
        found = QUOTED.match(self.text, self.at)
        if not found:
            raise Garbled(f"no string at {self.at}: {self.text!r}")
        self.at = found.end()
        return re.sub(rb"\\(.)", rb"\1", found[1])

    def all(self):
        """Values with a space between them, to the end."""
        values = [self.value()]
        while self.at < len(self.text):
            self.skip(b" ")
            values.append(self.value())
        return values


class Response:
    """tag ("*", "+" or a command's), name in upper case, number of "* 3
    EXISTS" or None; code and text of OK, NO, BAD, BYE; values of others."""

    STATUS = ("OK", "NO", "BAD", "BYE", "PREAUTH")

    def __init__(self, line, literals):
        self.line, self.literals = line, literals
        self.number = self.code = None
        self.values, self.text = [], b""
        tag, _, rest = line.partition(b" ")
        self.tag = tag.decode()
        if self.tag == "+":
            self.name, self.text = "+", rest
            return
        word, _, rest = rest.partition(b" ")
        if word.isdigit():
            self.number = int(word)
            word, _, rest = rest.partition(b" ")
        self.name = word.decode().upper()
        if self.name in self.STATUS:
            self._status(rest)
        elif rest:
            self.values = Parser(rest, literals).all()

    def _status(self, rest):
        found = re.match(rb"\[([^\]]*)\] ?", rest)
        if found:
            self.code = found[1].decode("utf-8", "surrogateescape").split(" ")
            rest = rest[found.end():]
        self.text = rest

    def items(self):
        """The pairs of a FETCH."""
        pairs = self.values[0]
        if not isinstance(pairs, list) or len(pairs) % 2:
            raise Garbled(f"no pairs: {self.line!r}")
        return list(zip(pairs[::2], pairs[1::2]))

    def __str__(self):
        text = self.line.decode(errors="backslashreplace")
        return text if len(text) < 300 else f"{text[:300]}…"


class Line:
    """A connection, read a response at a time."""

    def __init__(self, host, port, timeout):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.at = b"", 0

    def send(self, octets):
        try:
            self.socket.sendall(octets)
        except ConnectionError as e:
            raise Closed from e

    def _more(self):
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionError as e:
            raise Closed from e
        if not data:
            raise Closed
        self.buffer = self.buffer[self.at:] + data
        self.at = 0

    def _line(self):
        start = 0
        while (end := self.buffer.find(b"\r\n", self.at + start)) < 0:
            start = max(len(self.buffer) - self.at - 1, 0)
            self._more()
        line = self.buffer[self.at:end]
        self.at = end + 2
        return line

    def _octets(self, n):
        while len(self.buffer) - self.at < n:
            self._more()
        data = self.buffer[self.at:self.at + n]
        self.at += n
        return data

    def response(self):
        line = self._line()
        if b"\n" in line or b"\0" in line or b"\r" in line:
            raise Garbled(f"control characters in {line!r}")
        literals = []
        while found := LITERAL.search(line):
            literals.append(self._octets(int(found[1])))
            line = line[:found.start()] + b"\0" + self._line()
        return Response(line, literals)

    def pending(self):
        return self.at < len(self.buffer)

    def close(self):
        self.socket.close()
