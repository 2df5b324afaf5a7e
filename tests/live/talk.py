"""Plain clients for tests of servers: they send what they are told, and take
answers apart without an opinion of their own."""

import re
import socket

TIMEOUT = 20  # seconds


class Stream:
    """A connection to a port of this machine, read by lines and octets."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def send(self, octets):
        self.socket.sendall(octets)

    def line(self):
        """The next line without its end; at the end of all, EOFError."""
        line = self.file.readline()
        if not line.endswith(b"\n"):
            raise EOFError(f"the connection ended behind {line!r}")
        return line.rstrip(b"\r\n")

    def octets(self, count):
        data = self.file.read(count)
        if len(data) < count:
            raise EOFError("the connection ended in a literal")
        return data

    def ended(self):
        """Whether the other side says nothing more and closes."""
        try:
            return self.file.read() == b""
        except ConnectionError:
            return True

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# -- IMAP --------------------------------------------------------------------

class Atom(str):
    """What stands without quotes; strings of both kinds are bytes."""

    def __repr__(self):
        return str(self)


LITERAL = re.compile(rb"~?\{(\d+)\+?\}\Z")
ATOM = re.compile(rb"[^ ()\"]+")
SECTION = re.compile(rb"[^ ()\"\[]*\[(?:[^\]\"]|\"(?:\\.|[^\"\\])*\")*\]"
                     rb"(?:<[0-9.]+>)?")
QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')


class Parser:
    """A response, lines and literals in turns, as a list of values: lists,
    bytes, None for NIL, int, Atom."""

    def __init__(self, pieces):
        self.pieces = list(pieces)
        self.line = self.pieces.pop(0)
        self.at = 0

    def values(self, closing=False):
        found = []
        while True:
            while self.line.startswith(b" ", self.at):
                self.at += 1
            if self.at == len(self.line):
                if closing:
                    raise ValueError(f"a list does not end: {self.line!r}")
                return found
            if self.line.startswith(b")", self.at):
                if not closing:
                    raise ValueError(f"')' alone: {self.line!r}")
                self.at += 1
                return found
            found.append(self.value())

    def value(self):
        if self.line.startswith(b"(", self.at):
            self.at += 1
            return self.values(closing=True)
        if self.line.startswith(b'"', self.at):
            match = QUOTED.match(self.line, self.at)
            self.at = match.end()
            return re.sub(rb"\\(.)", rb"\1", match[1])
        if LITERAL.match(self.line, self.at):
            value = self.pieces.pop(0)
            self.line, self.at = self.pieces.pop(0), 0
            return value
        match = (SECTION.match(self.line, self.at)
                 or ATOM.match(self.line, self.at))
        if not match:
            raise ValueError(f"no value: {self.line[self.at:]!r}")
        self.at = match.end()
        word = match[0].decode("latin-1")
        if word.upper() == "NIL":
            return None
        return int(word) if word.isdigit() else Atom(word)


def code_of(text):
    """The response code of a status as a list, or None."""
    if not text.startswith(b"["):
        return None
    depth = text.index(b"]")
    return Parser([text[1:depth]]).values()


class Response:
    """One response: kind is "FETCH", "OK" …; number that in front of it."""

    def __init__(self, pieces):
        self.raw = b"".join(
            p if i % 2 else p + b"\r\n" for i, p in enumerate(pieces))
        self.literal = len(pieces) > 1
        self.number, self.code, self.values = None, None, None
        tag, _, rest = pieces[0].partition(b" ")
        self.tag = tag.decode("latin-1")
        if self.tag == "+":
            self.kind, self.text = "+", rest
            return
        word, _, rest = rest.partition(b" ")
        if word.isdigit():
            self.number = int(word)
            word, _, rest = rest.partition(b" ")
        self.kind = word.decode("latin-1").upper()
        self.text = rest
        if self.kind in ("OK", "NO", "BAD", "BYE", "PREAUTH"):
            self.code = code_of(rest)
        else:
            self.values = Parser([rest, *pieces[1:]]).values()

    def __repr__(self):
        return repr(self.raw[:300])


class Reply:
    """What came of a command: the untagged responses and the tagged one."""

    def __init__(self, untagged, tagged):
        self.untagged, self.tagged = untagged, tagged
        self.status = tagged.kind
        self.code = tagged.code

    def of(self, kind):
        return [r for r in self.untagged if r.kind == kind]

    @property
    def raw(self):
        return b"".join(r.raw for r in (*self.untagged, self.tagged))

    def __repr__(self):
        return self.raw.decode("utf-8", "backslashreplace")


class Imap(Stream):
    """Tags count from t1; what a server says unasked stays for the reply to
    the next command.  `exists`, `recent`, `flags` and `permanent` are what it
    has told last."""

    def __init__(self, port, user=None, password=None):
        super().__init__(port)
        self.count = 0
        self.exists = self.recent = self.flags = self.permanent = None
        self.greeting = self.response()
        if user:
            reply = self(b"LOGIN", user.encode(), password.encode())
            assert reply.status == "OK", reply

    def response(self):
        pieces = [self.line()]
        # The text of a status is for people, whatever it ends in.
        status = re.match(rb"(\*|[^ *]+) (OK|NO|BAD|BYE|PREAUTH) |\+",
                          pieces[0])
        while not status and (match := LITERAL.search(pieces[-1])):
            pieces += [self.octets(int(match[1])), self.line()]
        response = Response(pieces)
        self.note(response)
        return response

    def note(self, response):
        if response.kind == "EXISTS":
            self.exists = response.number
        elif response.kind == "EXPUNGE":
            self.exists -= 1
        elif response.kind == "RECENT":
            self.recent = response.number
        elif response.kind == "FLAGS":
            self.flags = response.values[0]
        elif response.code and response.code[0] == "PERMANENTFLAGS":
            self.permanent = response.code[1]

    def until(self, wanted):
        """The responses up to the first for which wanted() is true."""
        found = []
        while True:
            response = self.response()
            if wanted(response):
                return found, response
            found.append(response)

    def begin(self, *parts):
        """Sends a command and returns its tag.  parts are words; one that
        is no atom goes as a literal."""
        self.count += 1
        tag = f"t{self.count}"
        line = tag.encode()
        for part in parts:
            if isinstance(part, Literal):
                self.send(line + b" " + part.announcement + b"\r\n")
                if part.waits:
                    found, last = self.until(
                        lambda r, tag=tag: r.tag in ("+", tag))
                    if last.tag == tag:
                        self.early = Reply(found, last)
                        return tag
                self.send(part.octets)
                line = b""
            else:
                line += b" " + part
        self.early = None
        self.send(line + b"\r\n")
        return tag

    def end(self, tag):
        if self.early:
            return self.early
        return Reply(*self.until(lambda r: r.tag == tag))

    def __call__(self, *parts):
        return self.end(self.begin(*parts))


class Literal:
    """An argument that goes as a literal; `form` is how it is announced."""

    def __init__(self, octets, form=b"{%d}"):
        self.octets = octets
        self.announcement = form % len(octets)
        self.waits = b"+" not in form


# -- POP3 --------------------------------------------------------------------

class Pop3(Stream):
    def __init__(self, port, user=None, password=None):
        super().__init__(port)
        self.greeting = self.line()
        if user:
            assert self(b"USER " + user.encode()).startswith(b"+OK")
            reply = self(b"PASS " + password.encode())
            assert reply.startswith(b"+OK"), reply

    def __call__(self, line):
        """A command, and the first line of its answer."""
        self.send(line + b"\r\n")
        return self.line()

    def body(self):
        """The lines of an answer behind its first, dots undone."""
        lines = []
        while (line := self.line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        return lines

    def multi(self, line):
        """The first line, and the others if that is positive."""
        first = self(line)
        return first, self.body() if first.startswith(b"+OK") else None


# -- SMTP --------------------------------------------------------------------

class Smtp(Stream):
    def __init__(self, port, hello=None):
        super().__init__(port)
        self.greeting = self.reply()
        if hello:
            assert self(hello)[0] == 250

    def reply(self):
        """A reply: its code, and its lines behind the code."""
        lines = []
        while True:
            line = self.line()
            lines.append(line[4:])
            if line[3:4] != b"-":
                return int(line[:3]), lines

    def __call__(self, line):
        self.send(line + b"\r\n")
        return self.reply()
