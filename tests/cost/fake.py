"""Servers that make up what they answer: mailboxes of any size that hold no mail,
and places where mail can go that keep none.

Each is a machine: `feed(data)` takes what the client has said and returns what there is
to answer.  What carries the octets is somebody else's: `Threads` here, `gate.Gate` where
nothing may depend on time.
"""

import array
import bisect
import random
import re
import socket
import threading

LINE = b"octets of a line that nobody has written and nobody will ever read\r\n"
CHUNK = 1 << 18


def message(octets):
    """A message of about so many octets, as it goes over the wire."""
    head = (b"From: asterix@village.test\r\nTo: obelix@village.test\r\n"
            b"Subject: menhirs\r\nMessage-ID: <1@village.test>\r\n\r\n")
    return head + LINE * max(0, (octets - len(head)) // len(LINE)) + b".\r\n"


def stuffed(content):
    return re.sub(rb"(?m)^\.", b"..", content)


def uids(count, gaps="none"):
    """So many UIDs, rising: one after the other, every third, or as chance has it."""
    if gaps == "none":
        return array.array("I", range(1, count + 1))
    if gaps == "third":
        return array.array("I", range(3, 3 * count + 1, 3))
    numbers, n, rng = array.array("I"), 0, random.Random(7)
    for _ in range(count):
        n += 1 + int(rng.random() * 8)
        numbers.append(n)
    return numbers


class Machine:
    """What reads lines; a subclass has line(line), which returns the answer, and may
    set `literal` to (how many octets come next, a function for them or None)."""

    greeting = b""

    def __init__(self):
        self.rest, self.literal, self.over = b"", None, False

    def feed(self, data):
        data = self.rest + data if self.rest else data
        at, out = 0, []
        while True:
            if self.literal:
                count, fn = self.literal
                if len(data) - at < count:
                    break
                self.literal = None
                out.append(fn(data[at:at + count]))
                at += count
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                break
            out.append(self.line(data[at:end]))
            at = end + 2
        self.rest = data[at:]
        return b"".join(out)


class Pop3(Machine):
    greeting = b"+OK ready\r\n"
    capabilities = [b"UIDL", b"USER", b"TOP", b"PIPELINING", b"RESP-CODES"]

    def __init__(self, count, content=message(200)):
        super().__init__()
        self.count, self.size = count, len(content)
        self.content = b"+OK\r\n" + stuffed(content) + b".\r\n"

    def listing(self, line):
        lines = b"".join(line(n) for n in range(1, self.count + 1))
        return b"+OK\r\n" + lines + b".\r\n"

    def line(self, line):
        verb = line[:4].upper()
        if verb == b"RETR":
            return self.content
        elif verb == b"STAT":
            return b"+OK %d %d\r\n" % (self.count, self.count * self.size)
        elif verb == b"LIST":
            return self.listing(lambda n: b"%d %d\r\n" % (n, self.size))
        elif verb == b"UIDL":
            return self.listing(lambda n: b"%d %016x.village\r\n" % (n, n))
        elif verb == b"CAPA":
            return b"+OK\r\n" + b"".join(
                c + b"\r\n" for c in self.capabilities) + b".\r\n"
        self.over = verb == b"QUIT"
        return b"+OK\r\n"


class Smtp(Machine):
    greeting = b"220 village.test ESMTP\r\n"
    capabilities = [b"PIPELINING", b"SIZE", b"8BITMIME"]
    after = {b"MAIL": b"250 2.1.0 Ok\r\n", b"RCPT": b"250 2.1.5 Ok\r\n",
             b"QUIT": b"221 2.0.0 Bye\r\n"}

    def __init__(self, *more):
        super().__init__()
        self.capabilities = [*self.capabilities, *more]
        self.taken, self.data = 0, False

    def feed(self, data):
        """A message is not read line by line."""
        out = []
        while True:
            if not self.data:
                out.append(super().feed(data))
                if not self.data:
                    return b"".join(out)
                data = b""
            data = self.rest + data
            end = data.find(b"\r\n.\r\n")
            if end < 0:
                # The end may come in two parts.
                self.rest = data[-4:]
                return b"".join(out)
            self.data, self.rest, data = False, b"", data[end + 5:]
            out.append(self.take())

    def take(self, *_):
        self.taken += 1
        return b"250 2.0.0 Ok: queued as %X\r\n" % self.taken

    def bdat(self, words):
        last = words[-1].upper() == b"LAST"
        self.literal = int(words[1]), lambda _: (
            self.take() if last else b"250 2.0.0 Ok\r\n")
        return b""

    def line(self, line):
        verb = line[:4].upper()
        if verb == b"EHLO":
            names = [b"village.test", *self.capabilities]
            return b"".join(b"250%b%b\r\n" % (b" " if n is names[-1] else b"-", n)
                            for n in names)
        elif verb == b"BDAT":
            return self.bdat(line.split())
        elif verb == b"DATA":
            # What follows is no line: feed() goes on with it.
            self.data = True
            return b"354 Go on\r\n"
        self.over = verb == b"QUIT"
        return self.after.get(verb, b"250 2.0.0 Ok\r\n")


LITERAL = re.compile(rb"\{(\d+)(\+?)\}\Z")
SECTION = re.compile(rb"BODY(?:\.PEEK)?(\[[^\]]*\])", re.I)


class Imap(Machine):
    """One mailbox, INBOX: the messages have these UIDs.  What is appended is
    counted, and gets the UID behind the last one."""

    greeting = b"* OK [CAPABILITY IMAP4rev1 LITERAL+ UIDPLUS] ready\r\n"
    capabilities = [b"IMAP4rev1", b"LITERAL+", b"UIDPLUS", b"NAMESPACE"]
    flags = b"\\Answered \\Flagged \\Deleted \\Seen \\Draft"

    def __init__(self, uids, content=message(200), seen=False, *more):
        super().__init__()
        self.capabilities = [*self.capabilities, *more]
        self.uids, self.content = array.array("I", uids), content
        self.head = content[:content.index(b"\r\n\r\n") + 4]
        self.seen, self.words = b"\\Seen" if seen else b"", []
        self.next = (uids[-1] if len(uids) else 0) + 1
        self.fetched = self.appended = 0

    def line(self, line):
        literal = LITERAL.search(line)
        self.words.append(line)
        if literal:
            def take(octets):
                self.words.append(octets)
                return b""
            self.literal = int(literal[1]), take
            return b"" if literal[2] else b"+ go on\r\n"
        words, self.words = self.words, []
        tag, _, command = words[0].partition(b" ")
        verb, _, rest = command.partition(b" ")
        verb = verb.upper().decode()
        if verb == "UID":
            verb, _, rest = rest.partition(b" ")
            verb = verb.upper().decode()
        fn = getattr(self, "do_" + verb.lower(), None)
        answer = fn(rest, words) if fn else b""
        if isinstance(answer, tuple):
            answer, text = answer
        else:
            text = b"done"
        return b"%b%b OK %b\r\n" % (answer, tag, text)

    # -- the mailbox --

    def do_capability(self, *_):
        return b"* CAPABILITY %b\r\n" % b" ".join(self.capabilities)

    def do_login(self, *_):
        return b"", b"[CAPABILITY %b] in" % b" ".join(self.capabilities)

    def do_namespace(self, *_):
        return b'* NAMESPACE (("" "/")) NIL NIL\r\n'

    def do_list(self, *_):
        return b'* LIST (\\HasNoChildren) "/" INBOX\r\n'

    do_lsub = do_list

    def do_select(self, *_):
        return (b"* FLAGS (%b)\r\n* %d EXISTS\r\n* 0 RECENT\r\n"
                b"* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT %d] .\r\n"
                b"* OK [PERMANENTFLAGS (%b \\*)] .\r\n"
                % (self.flags, len(self.uids), self.next, self.flags),
                b"[READ-WRITE] open")

    def do_examine(self, *arguments):
        return self.do_select(*arguments)[0], b"[READ-ONLY] open"

    def do_status(self, *_):
        return b"* STATUS INBOX (MESSAGES %d UIDNEXT %d UIDVALIDITY 7)\r\n" % (
            len(self.uids), self.next)

    def do_logout(self, *_):
        self.over = True
        return b"* BYE\r\n"

    # -- the messages --

    def indices(self, sequence):
        """The places of the messages of a set of UIDs, as ranges."""
        for part in sequence.split(b","):
            first, _, last = part.partition(b":")
            if last == b"*":
                last = b"%d" % (self.uids[-1] if self.uids else 0)
            yield range(bisect.bisect_left(self.uids, int(first)),
                        bisect.bisect_right(self.uids, int(last or first)))

    def do_search(self, rest, _):
        nothing = re.search(rb"\b(DELETED|UID|SEEN|NOT ALL)\b", rest.upper())
        found = () if nothing else self.uids
        return b"* SEARCH" + b"".join(b" %d" % n for n in found) + b"\r\n"

    def do_fetch(self, rest, _):
        sequence, _, items = rest.partition(b" ")
        fields = [b"UID %d"]
        for name, value in (
                (b"FLAGS", b"FLAGS (%b)" % self.seen),
                (b"INTERNALDATE", b'INTERNALDATE "17-Jul-2026 02:44:25 +0000"'),
                (b"RFC822.SIZE", b"RFC822.SIZE %d" % len(self.content))):
            if name in items.upper():
                fields.append(value)
        for section in SECTION.findall(items):
            part = self.content if section == b"[]" else self.head
            fields.append(b"BODY%b {%d}\r\n%b" % (section, len(part), part))
        line = b"* %d FETCH (" + b" ".join(fields) + b")\r\n"
        out = []
        for indices in self.indices(sequence):
            out += [line % (i + 1, self.uids[i]) for i in indices]
        self.fetched += len(out)
        return b"".join(out)

    def do_expunge(self, rest, _):
        """From the last one on, so that no number changes meanwhile; and what is left
        is moved once: a message at a time takes minutes of a million."""
        out, ranges = [], list(self.indices(rest or b"1:*"))
        first, left = ranges[0].start, array.array("I")
        for indices, behind in zip(ranges, [*ranges[1:], None]):
            out += [b"* %d EXPUNGE\r\n" % (i + 1) for i in indices]
            if behind:
                left += self.uids[indices.stop:behind.start]
        self.uids[first:ranges[-1].stop] = left
        return b"".join(reversed(out))

    def do_append(self, _, words):
        """Several literals are several messages (RFC 3502)."""
        count = len(words) // 2
        first, self.next = self.next, self.next + count
        self.appended += count
        return b"", b"[APPENDUID 7 %b] in" % (
            b"%d" % first if count == 1 else b"%d:%d" % (first, self.next - 1))


class Threads:
    """Serves each connection with a machine that make() returns; `machines` has them
    in their order."""

    def __init__(self, make):
        self.make, self.machines = make, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            machine = self.make()
            self.machines.append(machine)
            threading.Thread(target=self.serve, args=(peer, machine),
                             daemon=True).start()

    def serve(self, peer, machine):
        with peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                peer.sendall(machine.greeting)
                while not machine.over and (data := peer.recv(CHUNK)):
                    peer.sendall(machine.feed(data))
            except OSError:
                pass  # the client has ended

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
