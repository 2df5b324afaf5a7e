"""Sessions of lab sheets, played through postel against several servers, and
their answers without what each server words in its own way."""

import re

import mails
from harness import LiveCase
from servers import Dovecot, Exim, Posteld

BETWEEN = "--- next ---"
SYSTEM_FLAGS = {"\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft",
                "\\Recent"}
CODES = {"READ-ONLY", "READ-WRITE", "ALREADYEXISTS"}


class LabCase(LiveCase):
    """A fresh user for each test, with the same mail on posteld and on the
    other server that the class wants."""

    other_class = Dovecot
    COUNT = 60

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {f"user{i}": "gaul" for i in range(cls.COUNT)}
        cls.posteld = cls.with_server(Posteld(cls.users))
        cls.other = cls.with_server(
            Dovecot(cls.users) if cls.other_class is Dovecot else Exim())
        cls.servers = (cls.posteld, cls.other)
        cls.fresh = iter(cls.users)

    def setUp(self):
        super().setUp()
        self.user = next(type(self).fresh)

    def put(self, *numbers, flags=None):
        """The messages of these numbers, delivered on both servers."""
        contents = [mails.message(n) for n in numbers]
        for content in contents:
            for server in self.servers:
                server.inbox(self.user).put(content, flags)
        return contents

    def left(self, server, user=None):
        """The numbers of the messages that lie in a user's INBOX."""
        return [mails.number(c)
                for c in server.inbox(user or self.user).contents()]

    def session(self, server, service, *lines):
        """Types lines at `postel HOST PORT`; the lines of the answer to each
        of them.  What follows DATA is the message, up to the dot."""
        arguments, message, count = [], False, 0
        for line in lines:
            arguments += ["-c", line]
            message = line == "DATA" or (message and line != ".")
            if not message:
                arguments += ["-c", f"=print '{BETWEEN}'"]
                count += 1
        result = self.postel("-k", "127.0.0.1", getattr(server, service),
                             *arguments)
        text = result.out.decode("latin-1").replace("\r\n", "\n")
        answers = text.split(BETWEEN + "\n")
        self.assertEqual(len(answers), count + 1, result)
        answers = [a.removesuffix("\n").split("\n") for a in answers[:-1]]
        answers[0] = answers[0][1:]  # behind the greeting
        return answers

    def same(self, service, *lines):
        """The answers of posteld, normalised; the other server's must be the
        same."""
        normal = {"pop3": pop3, "imap": imap, "smtp": smtp}[service]
        typed = commands(lines)
        ours, theirs = ([normal(line, answer) for line, answer in
                         zip(typed, self.session(server, service, *lines))]
                        for server in self.servers)
        for line, one, two in zip(typed, ours, theirs):
            self.assertEqual(one, two, f"posteld and {self.other.name} on "
                                       f"{line}")
        return ours

    def trace(self, server, service, *lines):
        """What went over the wire: ("C" or "S", line)."""
        path = self.home.path / f"trace-{server.name}"
        path.unlink(missing_ok=True)
        self.postel("-k", f"--trace={path}", "127.0.0.1",
                    getattr(server, service),
                    *(a for line in lines for a in ("-c", line)))
        return re.findall(r"^[\d.]+ ([CS]): ?(.*)$", path.read_text(), re.M)


def commands(lines):
    """The lines that have an answer of their own."""
    found, message = [], False
    for line in lines:
        message = line == "DATA" or (message and line != ".")
        if not message:
            found.append("DATA" if line == "." else line)
    return found


# -- What is the protocol's in an answer -----------------------------------

def pop3(line, answer):
    """The status, the numbers of STAT and LIST, and the lines of a body."""
    words = line.upper().split()
    status, *body = answer
    first = status.split()[0]
    if first != "+OK":
        return (first,)
    if words[0] == "UIDL":
        return (first, *(row.split()[0] for row in body))
    if words[0] == "STAT" or words[0] == "LIST" and len(words) > 1:
        return (first, *map(int, status.split()[1:3]))
    return (first, *body)


def smtp(_line, answer):
    """The code of the reply.  (How many lines it takes is the server's.)"""
    return answer[-1].split()[0]


def flags_of(words):
    return tuple(sorted(SYSTEM_FLAGS & set(words.split())))


def untagged(line):
    """What is the protocol's in an untagged response, or None."""
    if m := re.fullmatch(r"\* (\d+) (EXISTS|RECENT)", line):
        return m[2], int(m[1])
    if m := re.fullmatch(r"\* FLAGS \((.*)\)", line):
        return "FLAGS", flags_of(m[1])
    if m := re.match(r"\* OK \[PERMANENTFLAGS \((.*?)\)\]", line):
        return "PERMANENTFLAGS", flags_of(m[1])
    if m := re.match(r"\* OK \[(UNSEEN|UIDNEXT) (\d+)\]", line):
        return m[1], int(m[2])
    if m := re.match(r"\* OK \[(UIDVALIDITY) (\d+)\]", line):
        return m[1], int(m[2]) > 0
    if m := re.fullmatch(r"\* LIST \((.*)\) (\S+) (\S+)", line):
        return "LIST", m[3].strip('"'), m[2], "\\Noselect" in m[1]
    if m := re.fullmatch(r"\* STATUS (\S+) \((.*)\)", line):
        words = m[2].split()
        return "STATUS", m[1], tuple(sorted(zip(words[::2], words[1::2])))
    if m := re.fullmatch(r"\* SEARCH ?(.*)", line):
        return "SEARCH", tuple(map(int, m[1].split()))
    return ("BYE",) if line.startswith("* BYE") else None


def expunged(numbers):
    """The numbers that messages had before EXPUNGE responses named them, in
    whichever order."""
    left = list(range(1, max(numbers) + len(numbers) + 1))
    return "EXPUNGED", tuple(sorted(left.pop(n - 1) for n in numbers))


def imap(line, answer):
    """A set of what was said untagged, with the tagged status and code.  The
    count of recent mail is told by SELECT; elsewhere a server may."""
    verb = line.upper().split()[0]
    said, lines, gone = set(), list(answer), []
    while lines:
        line = lines.pop(0)
        if m := re.fullmatch(r"\* (\d+) FETCH \((.*)", line):
            said.add(fetched(int(m[1]), m[2], lines))
        elif m := re.fullmatch(r"\* (\d+) EXPUNGE", line):
            gone.append(int(m[1]))
        elif line.startswith("* "):
            said.add(untagged(line))
        elif m := re.match(r"a\d+ (OK|NO|BAD)(?: \[(\S+)[^\]]*\])?", line):
            code = m[2] if m[2] in CODES else None
            said.add((m[1], code) if code else (m[1],))
    if gone:
        said.add(expunged(gone))
    if verb not in ("SELECT", "EXAMINE"):
        said = {x for x in said if x is None or x[0] != "RECENT"}
    return said - {None}


def fetched(number, rest, lines):
    """One FETCH response: the flags in it, and its literal, wherever they
    stand."""
    flags, data = re.search(r"FLAGS \((.*?)\)", rest), None
    if m := re.search(r"\{(\d+)\}$", rest):
        size, octets, taken = int(m[1]), 0, []
        while octets < size:
            taken.append(lines.pop(0))
            octets += len(taken[-1]) + 2
        data = tuple(taken)
        rest = lines.pop(0)
        flags = flags or re.search(r"FLAGS \((.*?)\)", rest)
    return ("FETCH", number, flags_of(flags[1]) if flags else None, data)


# -- Messages --------------------------------------------------------------

def sizes(contents):
    return [len(mails.crlf(c)) for c in contents]


def text_lines(content):
    """A message as the lines of an answer."""
    text = mails.crlf(content).decode("latin-1").replace("\r\n", "\n")
    return text.removesuffix("\n").split("\n")
