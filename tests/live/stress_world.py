"""What the clients of stress.py know together: messages that are made anew
from their numbers, and of each mailbox what has been told.
"""

import collections
import functools
import random

MAIN, SIDE = "INBOX", "Stress"

# Flags that only a message's owner changes, and those that anybody does.
PRIVATE = ["\\Answered", "\\Draft", "$Private1", "$Private2"]
SHARED = ["\\Seen", "\\Flagged", "\\Deleted", "$Shared1", "$Shared2"]
SPELLING = {flag.lower(): flag for flag in PRIVATE + SHARED}

LOW, HIGH = 30, 120  # messages, more or less


class Violation(Exception):
    """The server did what it must not."""


class Stopped(Exception):
    """Another client has found something."""


# -- Messages ----------------------------------------------------------------

@functools.lru_cache(1000)
def letter(number):
    """Message `number`, the same each time."""
    rng = random.Random(number)
    lines = [b"Subject: stress %06d" % number, b"X-Stress: %06d" % number,
             b"From: Asterix <asterix@gaul.test>",
             b"Message-ID: <stress.%d@gaul.test>" % number, b""]
    size = rng.choice([0, 3, 10, 40, 40, 300])
    lines += [rng.choice([b".", b"", b"a line", b") \\ \" {3}",
                          "Grüße".encode(), b"x" * rng.randrange(998)])
              for _ in range(size)]
    return b"\r\n".join(lines) + rng.choice([b"\r\n", b"\r\n", b""])


def is_stand_in(value):
    """What Dovecot says of a message that is gone."""
    return (value in (None, 0, b"01-Jan-1970 00:00:00 +0000", [None] * 10)
            or isinstance(value, list)
            and value[:3] == [b"text", b"plain", None])


def number_of(octets):
    at = octets.find(b"X-Stress: ")
    return int(octets[at + 10:at + 16]) if at >= 0 else None


def expected(number, item):
    """What an item of FETCH that cannot change is, or None."""
    whole = letter(number)
    head, gap, body = whole.partition(b"\r\n\r\n")
    section, _, partial = item.partition("<")
    values = {"BODY[]": whole, "BODY[HEADER]": head + gap,
              "RFC822.HEADER": head + gap, "BODY[TEXT]": body,
              "BODY[1]": body, "RFC822.SIZE": len(whole)}
    if gap:  # else Dovecot and RFC 9051 6.4.5 differ
        values["BODY[HEADER.FIELDS (SUBJECT)]"] = (
            b"Subject: stress %06d\r\n\r\n" % number)
    value = values.get(section)
    if value is not None and partial:
        value = value[int(partial.rstrip(">")):]
    return value


# -- What all clients know of a mailbox --------------------------------------

class World:
    """Guarded by the lock of the run."""

    def __init__(self, name):
        self.name = name
        self.validity = None
        self.next = 1        # the greatest UIDNEXT that was told
        self.made = set()    # UIDs by APPEND, COPY, MOVE, that are answered
        self.doomed = set()  # UIDs that somebody may have removed
        self.gone = set()    # UIDs whose EXPUNGE was told
        self.numbers = {}    # of messages, by UID
        self.constant = {}   # (UID, item): value
        self.recent = {}     # UID: in which SELECT it was recent
        self.history = {}    # UID: private flags, in their order
        self.owner = {}      # UID: client
        self.changing = collections.Counter()  # UID: STOREs under way
        self.changed = collections.Counter()   # UID: STOREs so far
        self.events = collections.defaultdict(list)  # UID: what was done


class Message:
    """What a client knows of one, by sequence number."""

    def __init__(self):
        self.uid = self.flags = self.recent = None
        self.state = 0  # the place in the history that was seen last
        self.told = 0   # how often its flags were
        self.old = False  # it was there when the mailbox was selected


# -- Flags and numbers ------------------------------------------------------

def changed_flags(old, how, flags):
    new = frozenset(flags)
    if how == "":
        return new
    return old | new if how == "+" else old - new


def uids_of(text):
    """The numbers of a set without "*", which may be one alone."""
    numbers = []
    for part in str(text).split(","):
        first, _, last = part.partition(":")
        numbers += range(int(first), int(last or first) + 1)
    return numbers
