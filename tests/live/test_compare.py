"""posteld beside Dovecot: what FETCH says of odd mail."""

import unittest

import compare_mails
import odd_mails
from compare import CompareCase, fetched
from imapwire import Literal

# Where they differ, by name of the message: none of it is FETCH's doing.
NO_EMPTY_LINE = {
    name for name, content in compare_mails.messages()
    if b"\n\n" not in content.replace(b"\r\n", b"\n")
    and not content.startswith(b"\n")}

# What is in these is a message to RFC 9051, and not to Dovecot.
GLOBAL = {name for name, content in compare_mails.messages()
          if b"message/global" in content}

# Dovecot's decoder dies of these, or fails the command for all messages.
BAD_CODING = {
    name for name, _ in compare_mails.messages()
    if name.startswith(("base64, ", "quoted-printable, ", "field ",
                        "random ", "unknown enc", "letter", "part of letter",
                        "encoded"))}


def not_nil(items):
    """NIL is what does not exist (RFC 9051 4.5); Dovecot has it empty."""
    return items and {k: b"" if v is None and k.startswith("B") else v
                      for k, v in items.items()}


class Items(CompareCase):
    """Whole messages, of the other collection of odd mail."""

    odd = odd_mails

    def items_of(self, item, numbers=b"1:*"):
        """The item of all messages at both, by number."""
        found = []
        for reply in self.pair(b"FETCH", numbers, item):
            found.append((reply.status, {
                r.number: fetched(r.values[0]) for r in reply.of("FETCH")}))
        return found

    def compare(self, *items, skip=()):
        for item in items:
            (status, theirs), (our_status, ours) = self.items_of(item)
            self.equal((item, "status"), status, our_status)
            self.equal((item, "count"), len(theirs), len(ours))
            for n, name in enumerate(self.names, 1):
                if name not in skip:
                    self.equal(f"{item.decode()} of {n}, {name}",
                               theirs.get(n), not_nil(ours.get(n)))

    def setUp(self):
        super().setUp()
        self.names = self.put_odd()
        self.pair = self.imap(b"INBOX")

    def test_envelope(self):
        self.compare(b"ENVELOPE")

    def test_structure(self):
        self.compare(b"BODY", b"BODYSTRUCTURE")

    def test_whole(self):
        self.compare(b"RFC822.SIZE", b"INTERNALDATE", b"FLAGS", b"UID",
                     b"BODY.PEEK[]", b"BODY.PEEK[HEADER]", b"BODY.PEEK[TEXT]",
                     b"RFC822.HEADER", b"ALL", b"FAST", b"FULL")

    def test_what_makes_it_seen(self):
        self.compare(b"RFC822.HEADER", b"FLAGS", b"RFC822.TEXT", b"FLAGS")
        self.same(self.pair, rb"STORE 1:* -FLAGS.SILENT (\Seen)")
        self.compare(b"RFC822")
        self.same(self.pair, rb"STORE 1:* -FLAGS.SILENT (\Seen)")
        self.compare(b"(BODY[HEADER] FLAGS)", b"BODY[1]", b"FLAGS")


class Fetch(Items):
    """The same, and parts of messages."""

    odd = compare_mails

    SECTIONS = (b"1 2 3 99 1.1 1.2 2.1 2.2 3.1 3.2 2.1.1 4.2 4.2.2 4.2.2.1 "
                b"1.1.1.1.1 1.99 4294967295").split()
    OF_PARTS = b"", b".MIME", b".HEADER", b".TEXT"

    def value(self, item):
        """The item of all messages at both, by number."""
        return [{n: next(iter(items.values())) for n, items in found.items()}
                for _, found in self.items_of(b"BODY.PEEK[" + item + b"]")]

    def leaf(self, found, section, of):
        """What Dovecot gives where there is no such part: a part that is no
        multipart and no message has no part 1 (RFC 9051 6.4.5.1), but to
        Dovecot it is its own."""
        while section.endswith(b".1"):
            section = section.removesuffix(b".1")
            if any(found.get((section, of), [{}, {}])[1].values()):
                return found[section, of][1]
        return {}

    @staticmethod
    def allowed(theirs, ours, leaf, of):
        if ours is None:
            return theirs in (b"", leaf) or leaf == theirs + b"\r\n"
        # The empty line of a header that ends at once in a boundary is a
        # part of the header (RFC 9051 6.4.5.1) or of the boundary (RFC 2046
        # 5.1.1).
        return theirs == ours or (of in (b".HEADER", b".MIME")
                                  and ours == theirs + b"\r\n")

    def test_sections(self):
        found = {}
        for section in self.SECTIONS:
            for of in self.OF_PARTS:
                theirs, ours = found[section, of] = self.value(section + of)
                leaf = self.leaf(found, section, of)
                for n, name in enumerate(self.names, 1):
                    if name in GLOBAL:
                        continue
                    if self.allowed(theirs[n], ours[n], leaf.get(n), of):
                        theirs[n] = ours[n]
                    self.equal(f"[{section}{of}] of {n}, {name}", theirs[n],
                               ours[n])

    def test_missing_is_nil(self):
        for section in (b"99", b"99.MIME", b"99.HEADER", b"99.TEXT",
                        b"1.99.1", b"99.HEADER.FIELDS (From)"):
            self.differ(self.pair, (b"FETCH 1 BODY.PEEK[" + section + b"]",),
                        rb'\{0\}\r\n|""', rb"\] NIL\)", "RFC 9051 4.5")

    def test_partial(self):
        self.compare(*(b"BODY.PEEK[" + section + b"]" + part
                       for section in (b"", b"TEXT", b"HEADER", b"1",
                                       b"2.MIME", b"99",
                                       b"HEADER.FIELDS (Subject To)")
                       for part in (b"<0.100>", b"<10.1>", b"<3.50>",
                                    b"<100000.10>", b"<0.4294967295>")),
                     skip=NO_EMPTY_LINE | {"boundary that begins alike"})

    def test_fields(self):
        """A header without an empty line has none to be given (RFC 9051
        6.4.5.1); Dovecot makes one for HEADER.FIELDS, but not for .NOT."""
        lists = (b"(From Subject)", b'("To" nothing)', b"(nothing)",
                 b"(DATE message-id X-NUL)", b"(Content-Type)")
        for of in b"", b"2.", b"1.":
            headers = self.value(of + b"HEADER")[1]
            ends = {n: (header or b"").endswith(b"\r\n\r\n")
                    or header == b"\r\n" for n, header in headers.items()}
            for item in (of + b"HEADER.FIELDS" + no + b" " + names
                         for no in (b"", b".NOT") for names in lists):
                theirs, ours = self.value(item)
                for n, name in enumerate(self.names, 1):
                    if name in GLOBAL or (ours[n] is None
                                          and theirs[n] == b""):
                        continue
                    if not ends[n] and theirs[n].startswith(ours[n]):
                        theirs[n] = theirs[n].rstrip(b"\r\n")
                        ours[n] = ours[n].rstrip(b"\r\n")
                    self.equal(f"{item} of {n}, {name}", theirs[n], ours[n])

    def sane(self):
        return b",".join(b"%d" % n for n, name in enumerate(self.names, 1)
                         if name not in BAD_CODING)

    def test_binary(self):
        """Dovecot dies of some encodings that are not in order."""
        for part in b"1", b"2", b"3.2", b"4.2.2.1", b"99":
            for item in (b"BINARY.PEEK[" + part + b"]",
                         b"BINARY.SIZE[" + part + b"]",
                         b"BINARY.PEEK[" + part + b"]<3.7>"):
                (_, theirs), (_, ours) = self.items_of(item, self.sane())
                for n, found in theirs.items():
                    found.pop("UID", None)
                    self.equal(f"{item.decode()} of {n}, {self.names[n - 1]}",
                               found, not_nil(ours[n]))

    def test_binary_form(self):
        """A literal8 only where a NUL is (RFC 9051 7.5.2)."""
        for content, form in (b"AGEA", rb"~\{3\}"), (b"YWJj", rb"\] \{3\}"):
            self.put(compare_mails.part(
                b"application/octet-stream", content, compare_mails.MIME
                + b"Content-Transfer-Encoding: base64\n"))
            self.pair(b"NOOP")
            self.differ(self.pair, (b"FETCH * BINARY.PEEK[1]",),
                        rb"~?\{3\}", form, "RFC 9051 7.5.2")

    def test_unknown_encoding(self):
        number = self.names.index("unknown encoding") + 1
        for item in b"BINARY.PEEK[1]", b"BINARY.SIZE[1]":
            self.differ(self.pair, (b"FETCH %d " % number + item,),
                        rb"NO \[UNKNOWN-CTE\]", rb"NO \[UNKNOWN-CTE\]",
                        "RFC 9051 6.4.5")

    def test_binary_of_what_is_no_leaf(self):
        """What has parts is in no encoding of its own (RFC 2045 6.4), and
        Dovecot decodes its parts nevertheless."""
        number = self.names.index("mixed") + 1
        self.differ(self.pair, (b"FETCH %d BINARY.PEEK[]" % number,),
                    rb"Content-Transfer-Encoding: binary",
                    rb"Content-Transfer-Encoding: base64", "RFC 9051 6.4.5")


class Syntax(CompareCase):
    SAME = rb"""
        FETCH|FETCH 1|FETCH 1 x|FETCH 1 ()|FETCH 1 (FLAGS UID)
        FETCH 1 (ALL)|FETCH 1 (FLAGS ALL)|FETCH 1 FLAGS UID|FETCH 1 FLAGS)
        FETCH 1 (FLAGS|FETCH 1 ((FLAGS))|FETCH 1 "FLAGS"|FETCH 1 flags
        FETCH 1 fast|FETCH 1 Full|FETCH 1 BODY.PEEK[]<0.1>
        FETCH 1 BODY.PEEK[]<18446744073709551616.1>
        FETCH 1 BODY.PEEK[]<-1.1>|FETCH 1 BODY.PEEK[]<0.1.2>
        FETCH 1 BODY.PEEK[]<>|FETCH 1 BODY.PEEK[]<.1>|FETCH 1 BODY.PEEK[]x
        FETCH 1 BODY.PEEK[|FETCH 1 BODY.PEEK[]]|FETCH 1 BODY.PEEK[1.]
        FETCH 1 BODY.PEEK[.1]|FETCH 1 BODY.PEEK[1..1]
        FETCH 1 BODY.PEEK[header]|FETCH 1 BODY.PEEK[HEADER.TEXT]
        FETCH 1 BODY.PEEK[MIME]|FETCH 1 BODY.PEEK[TEXT.1]
        FETCH 1 BODY.PEEK[FOO]|FETCH 1 BODY.PEEK[1.FOO]
        FETCH 1 BODY.PEEK[HEADER.FIELDS]|FETCH 1 BODY.PEEK[HEADER.FIELDS ()]
        FETCH 1 BODY.PEEK[HEADER.FIELDS From]
        FETCH 1 BODY.PEEK[HEADER.FIELDS (From]
        FETCH 1 BODY.PEEK[HEADER.FIELDS(From)]
        FETCH 1 BODY.PEEK[HEADER.FIELDS (From From)]
        FETCH 1 BODY.PEEK[HEADER.FIELDS (from TO)]
        FETCH 1 BODY.PEEK[HEADER.FIELDS ("From")]
        FETCH 1 BODY.PEEK[HEADER.FIELDS ("a b" "From:")]
        FETCH 1 BODY.PEEK[HEADER.FIELDS (From)]<0.5>
        FETCH 1 BODY.PEEK|FETCH 1 RFC822.PEEK|FETCH 1 RFC822.HEADER.LINES
        FETCH 1 RFC822[]|FETCH 1 BINARY|FETCH 1 BINARY.PEEK[1]<0.5>
        FETCH 1 (BODY[] FLAGS)|FETCH 1 FLAGS|FETCH 1 BODY[]|FETCH 2 RFC822.TEXT
        FETCH 2 FLAGS|UID FETCH 1 BODY.PEEK[]|UID FETCH 1 (UID FLAGS)"""

    # The grammar has none of these (RFC 9051 9: partial, section-part,
    # section-binary, fetch-att).
    BAD = rb"""
        FETCH 1 BODY.PEEK[]<0>|FETCH 1 BODY.PEEK[]<0.0>|FETCH 1 BODY.PEEK[0]
        FETCH 1 BODY.PEEK[1.0]|FETCH 1 BODY.PEEK[01]
        FETCH 1 BODY.PEEK[4294967296]|FETCH 1 BODY.PEEK[1.99999999999]
        FETCH 1 BODYSTRUCTURE[]|FETCH 1 BINARY.PEEK[HEADER]
        FETCH 1 BINARY.SIZE[1]<0.5>|FETCH 1 BINARY.PEEK[0]
        FETCH 1 BODY.PEEK[HEADER.FIELDS (From) ]"""

    def setUp(self):
        super().setUp()
        for _ in range(3):
            self.put(compare_mails.LETTER)
        self.pair = self.imap(b"INBOX")

    def test_the_same(self):
        self.all_same(self.pair, self.SAME)

    def test_bad(self):
        self.all_differ(self.pair, self.BAD, rb" OK ", rb"^t\d+ BAD ",
                        "RFC 9051 9")

    def test_literal_as_a_field_name(self):
        self.same(self.pair, b"FETCH 1 BODY.PEEK[HEADER.FIELDS (",
                  Literal(b"From"), b")]")


if __name__ == "__main__":
    unittest.main()
