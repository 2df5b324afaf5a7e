"""IMAP on the bare wire: a client that sends what it is told, and reads
responses strictly by the grammar.

Of a response, atoms are str, strings bytes, numbers int, lists lists, and NIL
is None.  An atom may hold brackets with spaces in them, as
BODY[HEADER.FIELDS (TO)] does.
"""

import re

from wire import Stream, octets_of

QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')
ATOM = re.compile(rb'(?:[^\x00-\x20\x7f()\[\]"{}]'
                  rb'|\[(?:[^\]"]|' + QUOTED.pattern + rb')*\])+')
NUMBER = re.compile(rb"0|[1-9][0-9]*")
LITERAL = re.compile(rb"~?\{(\d+)\}\Z")
# The text of a status is for people, whatever it ends in.
STATUS = re.compile(rb"[^ ]+ (OK|NO|BAD|BYE|PREAUTH) |\+")
CODE = re.compile(rb"\[((?:[^\]\"]|" + QUOTED.pattern + rb")*)\] ?")


class Garbled(Exception):
    """What the server says is no IMAP."""


class Parser:
    """The text of a response, and its literals in their order; in the text
    each is a NUL."""

    def __init__(self, text, literals=()):
        self.text, self.at, self.literals = text, 0, iter(literals)

    def skip(self, octets):
        if not self.text.startswith(octets, self.at):
            raise Garbled(f"{octets!r} missing at {self.at}: {self.text!r}")
        self.at += len(octets)

    def match(self, pattern):
        found = pattern.match(self.text, self.at)
        if not found:
            raise Garbled(f"no value at {self.at}: {self.text!r}")
        self.at = found.end()
        return found

    def peek(self):
        return self.text[self.at:self.at + 1]

    def list(self):
        self.skip(b"(")
        values = []
        while self.peek() != b")":
            # Bodies of parts stand side by side (RFC 9051 9, body-type-mpart).
            if values and self.peek() != b"(":
                self.skip(b" ")
            values.append(self.value())
        self.skip(b")")
        return values

    def value(self):
        head = self.peek()
        if head == b"(":
            return self.list()
        if head == b'"':
            return re.sub(rb"\\(.)", rb"\1", self.match(QUOTED)[1])
        if head == b"\0":
            self.skip(b"\0")
            return next(self.literals)
        word = self.match(ATOM)[0]
        if NUMBER.fullmatch(word):
            return int(word)
        return None if word.upper() == b"NIL" else word.decode(
            "utf-8", "surrogateescape")

    def all(self):
        """Values with a space between them, to the end."""
        values = [self.value()]
        while self.at < len(self.text):
            self.skip(b" ")
            values.append(self.value())
        return values


class Response:
    """tag ("*", "+" or a command's), name in upper case, number of "* 3
    EXISTS" or None; code (as values, or None) and text of OK, NO, BAD, BYE;
    values of others.  raw: as it came."""

    def __init__(self, line, literals, raw):
        self.raw = raw
        self.number = self.code = None
        self.values, self.text = [], b""
        tag, _, rest = line.partition(b" ")
        self.tag = tag.decode("latin-1")
        if self.tag == "+":
            self.name, self.text = "+", rest
            return
        word, _, rest = rest.partition(b" ")
        if word.isdigit():
            self.number = int(word)
            word, _, rest = rest.partition(b" ")
        self.name = word.decode("latin-1").upper()
        if STATUS.match(line):
            self._status(rest)
        elif rest:
            self.values = Parser(rest, literals).all()

    def _status(self, rest):
        if rest.startswith(b"["):
            found = CODE.match(rest)
            if not found:
                raise Garbled(f"the code does not end: {rest!r}")
            self.code = Parser(found[1]).all()
            rest = rest[found.end():]
        self.text = rest

    def items(self):
        """The pairs of a FETCH."""
        pairs = self.values[0]
        if not isinstance(pairs, list) or len(pairs) % 2:
            raise Garbled(f"no pairs: {self}")
        return list(zip(pairs[::2], pairs[1::2]))

    def __str__(self):
        text = self.raw.decode(errors="backslashreplace").rstrip("\r\n")
        return text if len(text) < 300 else f"{text[:300]}…"

    __repr__ = __str__


class Reply:
    """What came of a command: the untagged responses and the tagged one."""

    def __init__(self, untagged, tagged):
        self.untagged, self.tagged = untagged, tagged
        self.status, self.code = tagged.name, tagged.code

    def of(self, name):
        return [r for r in self.untagged if r.name == name]

    @property
    def raw(self):
        return b"".join(r.raw for r in (*self.untagged, self.tagged))

    @property
    def lines(self):
        """As lines, the tagged one last and without its tag."""
        *lines, last = self.raw.removesuffix(b"\r\n").split(b"\r\n")
        return [*lines, last.partition(b" ")[2]]

    def __repr__(self):
        return self.raw.decode("utf-8", "backslashreplace")


class Literal:
    """An argument that goes as a literal; `form` is how it is announced."""

    def __init__(self, octets, form=b"{%d}"):
        self.octets = octets
        self.announcement = form % len(octets)
        self.waits = b"+" not in form


class Imap(Stream):
    """Tags count from t1; what a server says unasked stays for the reply to
    the next command.  `exists`, `recent`, `flags` and `permanent` are what it
    has told last."""

    def __init__(self, port, user=None, password=None, **options):
        super().__init__(port, **options)
        self.count = 0
        self.early = None
        self.exists = self.recent = self.flags = self.permanent = None
        self.greeting = self.response()
        if user:
            reply = self(f"LOGIN {user} {password}")
            assert reply.status == "OK", reply

    def response(self):
        line = raw = self.line()
        literals = []
        while not STATUS.match(line) and (found := LITERAL.search(line)):
            literals.append(self.octets(int(found[1])))
            more = self.line()
            line = line[:found.start()] + b"\0" + more
            raw += b"\r\n" + literals[-1] + more
        if re.search(rb"[\r\n]", line) or line.count(b"\0") != len(literals):
            raise Garbled(f"control characters in {line!r}")
        response = Response(line, literals, raw + b"\r\n")
        self._note(response)
        return response

    def _note(self, response):
        if response.name == "EXISTS":
            self.exists = response.number
        elif response.name == "EXPUNGE":
            self.exists -= 1
        elif response.name == "RECENT":
            self.recent = response.number
        elif response.name == "FLAGS":
            self.flags = response.values[0]
        elif response.code and response.code[0] == "PERMANENTFLAGS":
            self.permanent = response.code[1]

    def until(self, wanted):
        """The responses up to the first for which wanted() is true, and
        that."""
        found = []
        while not wanted(response := self.response()):
            found.append(response)
        return found, response

    def begin(self, *parts):
        """Sends a command and returns its tag.  parts: words, with a space
        between them, and literals."""
        self.count += 1
        tag = f"t{self.count}"
        self.early = None
        line = tag.encode()
        for part in parts:
            if isinstance(part, Literal):
                self.send(line + b" " + part.announcement + b"\r\n")
                if part.waits and self._refused(tag):
                    return tag
                self.send(part.octets)
                line = b""
            else:
                line += b" " + octets_of(part)
        self.send(line + b"\r\n")
        return tag

    def _refused(self, tag):
        """Whether the command is answered before its literal is asked for."""
        found, last = self.until(lambda r: r.tag in ("+", tag))
        if last.tag == tag:
            self.early = Reply(found, last)
        return last.tag == tag

    def end(self, tag):
        early, self.early = self.early, None
        return early or Reply(*self.until(lambda r: r.tag == tag))

    def __call__(self, *parts):
        return self.end(self.begin(*parts))

    def say(self, text):
        """A command as it stands, and the lines of its reply."""
        return self(text).lines

    def lines(self, tag):
        return self.end(tag).lines

    def unparsed(self, tag):
        """A reply as octets, when there is too much of it to be taken
        apart."""
        return self.through(re.compile(
            rb"\r\n%s [^\r\n]*\r\n\Z" % tag.encode()))

    def login(self, user="asterix", password="gaul"):
        return self.say(f"LOGIN {user} {password}")[-1]
