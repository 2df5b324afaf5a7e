"""One mail store twice, behind Dovecot and behind posteld, and one command
to both.

What the RFCs leave open is taken out of the answers before they are compared:
texts for people, the form of strings, the order of attributes, numbers that
each server chooses for itself.  What is left must be equal, or stand in the
test as a difference in which posteld follows an RFC and Dovecot does not.
"""

import os
import re

import compare_mails
from harness import LiveCase
from imapwire import Imap, Literal
from servers import Dovecot, Posteld

USES = ("Archive", "Junk", "Sent", "Trash")


class Reference(Dovecot):
    """Dovecot, with the special uses that posteld's names have."""

    def _configuration(self):
        return super()._configuration() + "".join(
            f"namespace inbox {{\n  mailbox {name} {{\n"
            f"    special_use = \\{name}\n  }}\n}}\n" for name in USES) + (
            "mail_max_userip_connections = 1000\n"
            "pop3_uidl_format = %v-%u\nmail_log_prefix = \"\"\n")


# -- what is equal -----------------------------------------------------------

def plain(value):
    """Strings, atoms and numbers of astrings are one thing."""
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, (str, int)):
        return str(value).encode("utf-8", "surrogateescape")
    return value


def words(values):
    return frozenset(str(v).lower() for v in values)


def keywords(values):
    """The flags of a mailbox; $Forwarded has a letter of Maildirs, so that
    posteld knows it always."""
    return words(values) - {"$forwarded"}


def label(item):
    """A FETCH item's name; names of header fields in any case and form."""
    head, bracket, rest = item.partition("[")
    return head.upper() + bracket + rest.upper().replace('"', "")


def fetched(values):
    """The items of a FETCH by name."""
    items = {}
    for name, value in zip(values[::2], values[1::2]):
        name = label(name)
        if name == "FLAGS":
            value = words(value)
        elif name in ("UID", "INTERNALDATE"):
            value = plain(value)
        elif isinstance(value, int) and "SIZE" not in name:
            value = str(value).encode()
        items[name] = value
    return items


def listed(values):
    attributes, delimiter, name, *more = values
    return (words(attributes), delimiter, plain(name),
            tuple(map(repr, plain(more))))


COUNTED = re.compile("UIDVALIDITY|UIDNEXT", re.I)


def status_items(items):
    return {str(k).upper(): None if str(k).upper() == "UIDVALIDITY" else v
            for k, v in zip(items[::2], items[1::2])}


def uid_code(code):
    """COPYUID and APPENDUID without the UIDVALIDITY."""
    return [code[0].upper(), *map(str, code[2:])]


CODES = {
    "UIDVALIDITY": lambda c: ["UIDVALIDITY"],
    "APPENDUID": uid_code,
    "COPYUID": uid_code,
    "BADCHARSET": lambda c: ["BADCHARSET"],
    "CAPABILITY": lambda c: ["CAPABILITY"],
}


def code(c):
    if not c:
        return None
    name = str(c[0]).upper()
    return CODES[name](c) if name in CODES else [name, *map(str, c[1:])]


VALUES = {
    "FETCH": lambda r: fetched(r.values[0]),
    "LIST": lambda r: listed(r.values),
    "LSUB": lambda r: listed(r.values),
    "STATUS": lambda r: (plain(r.values[0]), status_items(r.values[1])),
    "SEARCH": lambda r: sorted(r.values),
    "ESEARCH": lambda r: esearch(r.values),
}


def esearch(values):
    """In any order; the tag is known."""
    values = [v for v in values if not isinstance(v, list)]
    uid = "UID" in map(str, values)
    pairs = [v for v in values if str(v) != "UID"]
    return uid, {str(k).upper(): str(v)
                 for k, v in zip(pairs[::2], pairs[1::2])}


def response(r):
    """What of a response must be equal; None if nothing."""
    if r.name in ("OK", "NO", "BAD", "BYE"):
        found = code(r.code)
        if not found or found[0] in ("HIGHESTMODSEQ", "NOMODSEQ",
                                     "PERMANENTFLAGS"):
            return None
        return r.name, found
    if r.name in VALUES:
        return r.name, r.number, VALUES[r.name](r)
    return r.name, r.number, plain(r.values)


def weaker(dovecot, posteld):
    """Whether Dovecot's tagged response says something by its code that
    posteld's does not."""
    return code(dovecot) not in (None, ["ALERT"], ["CLIENTBUG"],
                                 code(posteld))


UNORDERED = {"LIST", "LSUB", "STATUS"}


# What these tell is compared as a state.
STATES = {"EXISTS", "RECENT", "EXPUNGE", "FLAGS"}


def state(session):
    return (session.exists, session.recent, keywords(session.flags or ()),
            keywords(session.permanent or ()))


def expunged(reply):
    """Which numbers have gone, as they were before the first did."""
    gone = []
    for r in reply.of("EXPUNGE"):
        number = r.number
        for other in sorted(gone):
            number += other <= number
        gone.append(number)
    return sorted(gone)


def normal(reply):
    """A reply as what must be equal."""
    responses = [r for r in map(response, reply.untagged)
                 if r and r[0] not in STATES]
    ordered = [expunged(reply)] + [
        r for r in responses if r[0] not in UNORDERED]
    others = sorted(repr(shown(r)) for r in responses if r[0] in UNORDERED)
    return ordered, others, reply.status


def shown(value):
    """For comparing by text: sets have no order of their own."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, dict):
        return sorted((k, shown(v)) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return [shown(v) for v in value]
    return value


# -- two servers -------------------------------------------------------------

class Pair:
    """A session at each server."""

    def __init__(self, dovecot, posteld):
        self.dovecot, self.posteld = dovecot, posteld

    @property
    def both(self):
        return self.dovecot, self.posteld

    def __call__(self, *parts):
        return tuple(session(*parts) for session in self.both)

    def close(self):
        for session in self.both:
            session.close()


class CompareCase(LiveCase):
    """Tests of posteld against Dovecot.  Each test has users of its own:
    self.user is one whose Maildirs hold the same mail at both."""

    TIME_LIMIT = 300
    odd = compare_mails
    compared = 0

    @classmethod
    def setUpClass(cls):
        users = {f"user{i}": "Menhir77" for i in range(60)}
        cls.dovecot = cls.enterClassContext(Reference(users))
        cls.posteld = cls.enterClassContext(Posteld(users))
        cls.fresh, cls.compared = iter(users), 0

    @classmethod
    def tearDownClass(cls):
        print(f"# {cls.__name__}: {cls.compared} answers compared",
              flush=True)

    def setUp(self):
        super().setUp()
        self.differences = []
        self.new_user()

    def new_user(self):
        self.user = next(type(self).fresh)

    def put(self, content, flags="", mailbox=None, when=None):
        """The same message in both Maildirs, with the same date."""
        for server in (self.dovecot, self.posteld):
            path = server.inbox(self.user, mailbox).put(content, flags)
            when = when or 1_772_440_000
            os.utime(path, (when, when))

    def fill(self, pairs):
        for _, content in pairs:
            self.put(content)

    def put_odd(self):
        """All of the odd mail; a list of its names by number."""
        mails = list(self.odd.messages())
        self.fill(mails)
        return [name for name, _ in mails]

    def imap(self, select=None):
        pair = Pair(*(Imap(s.imap, self.user, s.users[self.user])
                      for s in (self.dovecot, self.posteld)))
        self.addCleanup(pair.close)
        if select:
            for reply in pair(b"SELECT " + select):
                self.assertEqual(reply.status, "OK", reply)
        return pair

    # What is found is kept, so that a test tells all there is.

    def note(self, what, dovecot, posteld):
        self.differences.append(
            f"{what}\n   dovecot: {dovecot}\n   posteld: {posteld}")

    def equal(self, what, dovecot, posteld):
        type(self).compared += 1
        if dovecot != posteld:
            self.note(what, dovecot, posteld)

    def same(self, pair, *parts):
        """The command's answers must be equal; returns posteld's."""
        dovecot, posteld = pair(*parts)
        type(self).compared += 1
        states = [state(s) for s in pair.both]
        if (normal(dovecot) != normal(posteld) or states[0] != states[1]
                or weaker(dovecot.code, posteld.code)):
            if states[0] == states[1]:
                states = "", ""
            self.note(told(parts), f"{dovecot}{states[0]}",
                      f"{posteld}{states[1]}")
        return posteld

    def all_same(self, pair, commands):
        """Commands divided by line ends or "|"."""
        for command in commands.replace(b"\n", b"|").split(b"|"):
            if command.strip():
                self.same(pair, command.strip())

    def all_differ(self, pair, commands, dovecot, posteld, rfc):
        for command in commands.replace(b"\n", b"|").split(b"|"):
            if command.strip():
                self.differ(pair, (command.strip(),), dovecot, posteld, rfc)

    def differ(self, pair, parts, dovecot, posteld, rfc):
        """Here posteld follows the RFC, and Dovecot does not: both answers
        must match their patterns."""
        type(self).compared += 1
        self.assertTrue(rfc)
        for name, reply, pattern in zip(("dovecot", "posteld"), pair(*parts),
                                        (dovecot, posteld)):
            if not re.search(pattern, reply.raw, re.S):
                self.differences.append(
                    f"{told(parts)}: {name} should say {pattern!r} "
                    f"({rfc}) and says\n   {reply}")

    def tearDown(self):
        self.assertFalse(self.differences, "\n\n" + "\n".join(
            self.differences[:60]) + f"\n\n{len(self.differences)} differ")
        super().tearDown()


def told(parts):
    return " ".join(p.octets[:60].decode("utf-8", "backslashreplace")
                    if isinstance(p, Literal)
                    else p.decode("utf-8", "backslashreplace")
                    for p in parts)
