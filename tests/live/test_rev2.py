"""posteld after ENABLE IMAP4rev2: what RFC 9051 wants, and its grammar."""

import base64
import re
import time

import mails
import servers
from harness import LiveCase
from imapwire import Imap, Literal

MIME = (b"Subject: parts\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: text/plain; charset=utf-8\n"
        b"Content-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe\n"
        b"--b\nContent-Type: application/octet-stream\n"
        b"Content-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(b"a\0b\r\nc\0d")
        + b"--b\nContent-Type: application/x\n"
        b"Content-Transfer-Encoding: x-unknown\n\nsecret\n"
        b"--b\nContent-Type: message/rfc822\n\n"
        b"Subject: inner\n\ninside\n--b--\n")


class Case(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = {f"user{i}": "Menhir77" for i in range(60)}
        cls.server = cls.with_server(servers.Posteld(users))
        cls.fresh = iter(users)

    def setUp(self):
        super().setUp()
        self.user = next(type(self).fresh)

    def put(self, *contents, flags=""):
        for content in contents:
            self.server.inbox(self.user).put(content, flags)

    def session(self, select=None, rev2=True):
        session = Imap(self.server.imap, self.user, "Menhir77")
        self.addCleanup(session.close)
        if rev2:
            self.assertEqual(self.told(session, b"ENABLE IMAP4rev2"),
                             ["* ENABLED IMAP4rev2", "OK"])
        if select:
            self.assertEqual(session(b"SELECT " + select).status, "OK")
        return session

    @staticmethod
    def lines(reply):
        """What is said, without texts for people."""
        return [r.raw.decode().rstrip("\r\n") if r.name not in (
            "OK", "NO", "BAD") else f"* OK [{', '.join(map(str, r.code))}]"
                for r in reply.untagged] + [reply.status]

    def told(self, session, *parts):
        return self.lines(session(*parts))

    def check(self, session, rows):
        """Rows of a command, and what is said."""
        for command, *wanted in rows:
            command = command.encode()
            with self.subTest(command):
                self.assertEqual(self.told(session, command), wanted)

    def each(self, session, commands, status):
        for command in commands.replace(b"\n", b"|").split(b"|"):
            if command.strip():
                with self.subTest(command):
                    reply = session(command.strip())
                    self.assertEqual(reply.status, status, reply)


class Differences(Case):
    """What RFC 9051 appendix E says has changed."""

    def test_select(self):
        self.put(*(mails.message(i) for i in range(3)))
        reply = self.session()(b"SELECT INBOX")
        kinds = [r.name if r.name != "OK" else r.code[0]
                 for r in reply.untagged]
        self.assertEqual(sorted(kinds), [
            "EXISTS", "FLAGS", "LIST", "PERMANENTFLAGS", "UIDNEXT",
            "UIDVALIDITY"])
        self.assertEqual(self.lines(reply)[-2:],
                         ['* LIST (\\HasNoChildren) "/" INBOX', "OK"])

    def test_nothing_is_recent(self):
        session = self.session(b"INBOX")
        self.put(*(mails.message(i) for i in range(3)))
        time.sleep(1.1)
        for command in (b"NOOP", b"FETCH 1:* FLAGS", b"STORE 1 +FLAGS (x)",
                        b"EXAMINE INBOX", b"SELECT INBOX", b"COPY 1 INBOX",
                        b"FETCH 1:* (FLAGS)", b"NOOP"):
            self.assertNotRegex(session(command).raw, rb"(?i)recent", command)
        self.assertIsNone(session.recent)

    def test_rev1_has_none_of_it(self):
        self.put(mails.message(0))
        session = self.session(rev2=False)
        reply = session(b"SELECT inbox")
        self.assertEqual(reply.of("LIST"), [])
        self.assertEqual(len(reply.of("RECENT")), 1)
        self.assertEqual(self.told(session, b"SEARCH ALL"),
                         ["* SEARCH 1", "OK"])
        self.assertEqual(session(b"CREATE inbox/x").untagged, [])

    def test_unasked_flags_come_with_the_uid(self):
        """RFC 9051 7.5.2."""
        self.put(*(mails.message(i) for i in range(3)))
        one, other = self.session(b"INBOX"), self.session(b"INBOX")
        one(b"STORE 1 +FLAGS.SILENT (\\Deleted)")
        one(b"EXPUNGE")
        other(b"NOOP")
        one(b"STORE 2 +FLAGS (\\Seen)")
        self.assertEqual(self.told(other, b"NOOP"),
                         ["* 2 FETCH (UID 3 FLAGS (\\Seen))", "OK"])

    def test_enable(self):
        session = self.session()
        self.check(session, (
            ("ENABLE IMAP4rev2", "* ENABLED IMAP4rev2", "OK"),
            ("ENABLE BOGUS imap4REV2 X", "* ENABLED IMAP4rev2", "OK"),
            ("ENABLE BOGUS UTF8=ACCEPT CONDSTORE", "* ENABLED", "OK")))
        self.each(session, rb'ENABLE|ENABLE "IMAP4rev2"|ENABLE (X)|ENABLE a]b'
                  rb"|ENABLE a%b|ENABLE a\b", "BAD")
        capabilities = session(b"CAPABILITY").of("CAPABILITY")[0].values
        self.assertIn("IMAP4rev2", capabilities)

    def test_enable_before_the_login_is_bad(self):
        session = Imap(self.server.imap)
        self.addCleanup(session.close)
        self.assertEqual(session(b"ENABLE IMAP4rev2").status, "BAD")

    def test_closed_at_reselect(self):
        session = self.session(b"INBOX")
        for command, closed in (
                (b"SELECT INBOX", True), (b"EXAMINE INBOX", True),
                (b"SELECT nothere", True), (b"SELECT nothere", False),
                (b"SELECT INBOX", False), (b"UNSELECT", False),
                (b"SELECT INBOX", False), (b"CLOSE", False)):
            first = session(command).untagged[:1]
            self.assertEqual(bool(first) and first[0].code == ["CLOSED"],
                             closed, command)

    def test_bad_select_leaves_the_mailbox_selected(self):
        session = self.session(b"INBOX")
        self.each(session, rb"SELECT (INBOX)|SELECT a%b|SELECT|EXAMINE a\b"
                  rb'|SELECT INBOX (CONDSTORE)|SELECT "a', "BAD")
        self.assertEqual(session(b"CHECK").status, "OK")


class Names(Case):
    def test_another_spelling_is_told(self):
        """OLDNAME, RFC 9051 6.3.9.7."""
        session = self.session()
        inbox = '* LIST (\\HasNoChildren) "/" INBOX ("OLDNAME" (iNbOx))'
        for verb in b"SELECT", b"EXAMINE":
            reply = session(verb + b" iNbOx")
            self.assertEqual(self.lines(reply)[-2:], [inbox, "OK"])
        session(b"UNSELECT")
        self.check(session, (
            ("CREATE inbox/x", '* LIST (\\HasNoChildren) "/" INBOX/x '
             '("OLDNAME" (inbox/x))', "OK"),
            ("CREATE y/", "OK"),
            ("RENAME y inbox/y", '* LIST (\\HasNoChildren) "/" INBOX/y '
             '("OLDNAME" (y))', "OK"),
            ("RENAME INBOX/y z", "OK"),
            ("DELETE inbox/x", '* LIST (\\NonExistent \\HasNoChildren) "/" '
             'INBOX/x ("OLDNAME" (inbox/x))', "OK"),
            ("STATUS inbox (MESSAGES)", "* STATUS INBOX (MESSAGES 0)", "OK"),
            ('LIST "" inbox', '* LIST (\\HasNoChildren) "/" INBOX', "OK")))

    def test_utf8(self):
        """RFC 9051 5.1: no modified UTF-7."""
        session, old = self.session(), self.session(rev2=False)
        self.check(session, (
            ('CREATE "Grüße"', "OK"), ("CREATE &AOQ-", "OK"),
            ("CREATE a&b", "OK"),
            ('LIST "" *', '* LIST (\\HasNoChildren) "/" INBOX',
             '* LIST (\\HasNoChildren) "/" &AOQ-',
             '* LIST (\\HasNoChildren) "/" "Grüße"',
             '* LIST (\\HasNoChildren) "/" a&b', "OK"),
            ('LIST "" "Grü*"', '* LIST (\\HasNoChildren) "/" "Grüße"', "OK"),
            ('STATUS "Grüße" (MESSAGES)', '* STATUS "Grüße" (MESSAGES 0)',
             "OK")))
        self.check(old, (
            ('LIST "" G*', '* LIST (\\HasNoChildren) "/" Gr&APwA3w-e', "OK"),
            ('LIST "" a*', '* LIST (\\HasNoChildren) "/" a&-b', "OK"),
            ("STATUS &-AOQ- (MESSAGES)", "* STATUS &-AOQ- (MESSAGES 0)",
             "OK")))
        name = "Grüße".encode()
        for form in b"{%d}", b"{%d+}":
            self.assertEqual(
                session(b"SELECT", Literal(name, form)).status, "OK")
        self.assertEqual(session(b"APPEND", b'"' + name + b'"',
                                 Literal(b"a: b\r\n\r\n")).status, "OK")

    def test_malformed_utf8(self):
        session = self.session(b"INBOX")
        for octets in (b"\xff", b"a\xc3", b"\xc3(", b"\xc0\xaf", b"\x80",
                       b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"):
            for command in (b"SELECT ", b"CREATE ", b"STATUS ", b'LIST "" ',
                            b"LIST ", b"SUBSCRIBE ", b"SEARCH SUBJECT ",
                            b"COPY 1 ", b"SEARCH CHARSET ISO-8859-1 TEXT "):
                tail = {b"STATUS ": b" (MESSAGES)", b"LIST ": b" x"}.get(
                    command, b"")
                reply = session(command + b'"' + octets + b'"' + tail)
                self.assertEqual(reply.status, "BAD", reply)
            # In a literal they are in the grammar, but no name.
            self.assertEqual(session(b"CREATE", Literal(octets)).status, "NO")
        self.assertEqual(session(b"NOOP").status, "OK")
        self.assertEqual(len(session(b'LIST "" *').untagged), 1)

    def test_octets_outside_of_quotes(self):
        session = self.session()
        for octets in b"\xc3\xa9", b"a\x01", b"\x7f", b"a\xff":
            self.assertEqual(session(b"CREATE " + octets).status, "BAD")

    def test_line_ends_and_nul_in_strings(self):
        session = self.session(b"INBOX")
        for command in b'CREATE "a\rb"', b'SEARCH TEXT "\r"', b'LIST "" "\r"':
            self.assertEqual(session(command).status, "BAD")
        for command in b"CREATE", b"SEARCH TEXT", b'LIST ""', b"SUBSCRIBE":
            for form in b"{%d}", b"{%d+}":
                reply = session(command, Literal(b"a\0b", form))
                self.assertEqual(reply.status, "BAD", command)
        self.assertEqual(session(b"NOOP").status, "OK")

    def test_namespace(self):
        self.check(self.session(), (
            ("NAMESPACE", '* NAMESPACE (("" "/")) NIL NIL', "OK"),
            ("NAMESPACE x", "BAD")))


class Search(Case):
    def setUp(self):
        super().setUp()
        self.put(*(mails.message(i) for i in range(5)))
        self.imap = self.session(b"INBOX")

    def search(self, command):
        """The ESEARCH of it, as text without the tag; None if there is
        none."""
        reply = self.imap(command)
        self.assertEqual(reply.status, "OK", reply)
        self.assertEqual(reply.of("SEARCH"), [])
        found = [r.raw.decode() for r in reply.of("ESEARCH")]
        tag = f'(TAG "{reply.tagged.tag}")'
        if not found:
            return None
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].startswith(f"* ESEARCH {tag}"), found)
        return found[0].rstrip().removeprefix(f"* ESEARCH {tag}").strip()

    def test_answers(self):
        for command, wanted in (
                (b"SEARCH ALL", "ALL 1:5"),
                (b"UID SEARCH ALL", "UID ALL 1:5"),
                (b"SEARCH DELETED", ""), (b"UID SEARCH DELETED", "UID"),
                (b"SEARCH RETURN () 2,4", "ALL 2,4"),
                (b"SEARCH RETURN (ALL) 2,4", "ALL 2,4"),
                (b"SEARCH RETURN (MIN) 2:4", "MIN 2"),
                (b"SEARCH RETURN (MAX) 2:4", "MAX 4"),
                (b"SEARCH RETURN (COUNT) 2:4", "COUNT 3"),
                (b"search return (min max all count) 2:4",
                 "MIN 2 MAX 4 ALL 2:4 COUNT 3"),
                (b"SEARCH RETURN (MIN MAX ALL COUNT) DELETED", "COUNT 0"),
                (b"SEARCH RETURN (MIN MAX ALL) DELETED", ""),
                (b"UID SEARCH RETURN (COUNT MIN) 2:4", "UID MIN 2 COUNT 3"),
                (b"SEARCH RETURN (SAVE) 2:4", None),
                (b"SEARCH RETURN (SAVE ALL) 2:4", "ALL 2:4"),
                (b"SEARCH RETURN (COUNT) CHARSET UTF-8 ALL", "COUNT 5")):
            with self.subTest(command):
                self.assertEqual(self.search(command), wanted)

    def test_rev1_extended(self):
        """RFC 4731: with RETURN only."""
        session = self.session(b"INBOX", rev2=False)
        self.assertEqual(self.told(session, b"SEARCH 2:3"),
                         ["* SEARCH 2 3", "OK"])
        self.assertRegex(session(b"SEARCH RETURN () 2:3").raw,
                         rb'\* ESEARCH \(TAG "t\d+"\) ALL 2:3\r\n')

    def saved(self):
        return self.search(b"SEARCH $")

    def test_what_is_saved(self):
        """RFC 9051 6.4.4.1, with its table of what MIN and MAX save."""
        for options, wanted in (
                (b"SAVE", "ALL 2:4"), (b"SAVE MIN", "ALL 2"),
                (b"MAX SAVE", "ALL 4"), (b"SAVE MIN MAX", "ALL 2,4"),
                (b"SAVE ALL", "ALL 2:4"), (b"SAVE COUNT", "ALL 2:4"),
                (b"SAVE MIN COUNT", "ALL 2:4"), (b"ALL MAX SAVE", "ALL 2:4"),
                (b"SAVE MIN MAX COUNT", "ALL 2:4")):
            with self.subTest(options):
                self.search(b"SEARCH RETURN (SAVE) DELETED")
                self.search(b"SEARCH RETURN (" + options + b") 2:4")
                self.assertEqual(self.saved(), wanted)
        self.search(b"SEARCH RETURN (COUNT) 1")
        self.assertEqual(self.saved(), "ALL 2:4")
        self.search(b"SEARCH RETURN (SAVE) DELETED")
        self.assertEqual(self.saved(), "")

    def test_where_it_can_be_used(self):
        self.search(b"UID SEARCH RETURN (SAVE) 2,4")
        for command, wanted in (
                (b"FETCH $ UID", ["* 2 FETCH (UID 2)", "* 4 FETCH (UID 4)"]),
                (b"UID FETCH $ UID", ["* 2 FETCH (UID 2)",
                                      "* 4 FETCH (UID 4)"]),
                (b"FETCH 1,$ UID", [f"* {n} FETCH (UID {n})"
                                    for n in (1, 2, 4)]),
                (b"STORE $ +FLAGS.SILENT (\\Flagged)", []),
                (b"COPY $ nothere", None)):
            reply = self.told(self.imap, command)
            self.assertEqual(reply, ["NO"] if wanted is None
                             else [*wanted, "OK"])
        for command, wanted in (
                (b"SEARCH $", "ALL 2,4"), (b"SEARCH NOT $", "ALL 1,3,5"),
                (b"SEARCH UID $", "ALL 2,4"), (b"SEARCH OR $ 1", "ALL 1:2,4"),
                (b"SEARCH FLAGGED", "ALL 2,4"), (b"SEARCH $ 1:3", "ALL 2"),
                (b"UID SEARCH $ SEEN", "UID")):
            self.assertEqual(self.search(command), wanted, command)
        self.each(self.imap, b"FETCH $,1 UID|FETCH 1,$,2 UID|FETCH $:3 UID|"
                  b"FETCH $$ UID|SEARCH $,1|SEARCH UID $,1", "BAD")

    def test_expunged_ones_go(self):
        self.search(b"SEARCH RETURN (SAVE) 2,4")
        self.imap(b"STORE 2 +FLAGS.SILENT (\\Deleted)")
        self.imap(b"EXPUNGE")
        self.assertEqual(self.told(self.imap, b"FETCH $ UID"),
                         ["* 3 FETCH (UID 4)", "OK"])

    def test_failures(self):
        """NO empties it, BAD does not, nor does SELECT keep it."""
        self.search(b"SEARCH RETURN (SAVE) 2")
        self.each(self.imap, b"SEARCH RETURN (SAVE) BOGUS"
                  b"|SEARCH RETURN (SAVE BOGUS) ALL", "BAD")
        self.assertEqual(self.saved(), "ALL 2")
        reply = self.imap(b"SEARCH RETURN (SAVE) CHARSET X-NONE SUBJECT x")
        self.assertEqual((reply.status, reply.code[0]), ("NO", "BADCHARSET"))
        self.assertEqual(self.saved(), "")
        self.search(b"SEARCH RETURN (SAVE) 2")
        self.imap(b"SELECT INBOX")
        self.assertEqual(self.saved(), "")

    GOOD = rb"""
        SEARCH ALL|SEARCH ANSWERED DELETED DRAFT FLAGGED SEEN
        SEARCH UNANSWERED UNDELETED UNDRAFT UNFLAGGED UNSEEN
        SEARCH BCC a CC b FROM c TO d SUBJECT e BODY f TEXT g
        SEARCH BCC "" CC "a" FROM NIL TO 12|SEARCH SUBJECT ]
        SEARCH BEFORE 1-Jan-2030 ON 01-feb-2020 SINCE "3-Mar-2020"
        SEARCH SENTBEFORE 1-Jan-2030 SENTON "01-Apr-2020" SENTSINCE 9-May-2020
        SEARCH KEYWORD $MDNSent UNKEYWORD x KEYWORD NIL KEYWORD 12
        SEARCH HEADER Subject "" HEADER "X-y" z|SEARCH LARGER 0 SMALLER 9
        SEARCH SMALLER 9223372036854775807|SEARCH NOT ALL|SEARCH NOT NOT SEEN
        SEARCH OR ALL (SEEN 1)|SEARCH OR NOT 1 OR 2 3|SEARCH UID 1:*,3
        SEARCH 1|SEARCH *|SEARCH 1:3,*:2,5|SEARCH $|SEARCH (1 (2))
        SEARCH CHARSET UTF-8 ALL|SEARCH CHARSET "us-ascii" TEXT x
        SEARCH RETURN () ALL|SEARCH RETURN (MIN) CHARSET UTF-8 (ALL)"""
    BAD = rb"""
        SEARCH|SEARCH ()|SEARCH (())|SEARCH (ALL|SEARCH BOGUS|SEARCH "ALL"
        SEARCH NOT|SEARCH OR|SEARCH OR ALL|SEARCH BCC|SEARCH BCC (x)
        SEARCH SUBJECT a%b|SEARCH SUBJECT a*|SEARCH SUBJECT a\b|SEARCH TEXT {x
        SEARCH BEFORE|SEARCH BEFORE x|SEARCH BEFORE " 1-Jan-2030"
        SEARCH BEFORE 001-Jan-2030|SEARCH BEFORE 1-Jan-30
        SEARCH BEFORE 31-Feb-2030|SEARCH BEFORE (1-Jan-2030)
        SEARCH KEYWORD "x"|SEARCH KEYWORD \Seen|SEARCH KEYWORD a]b
        SEARCH KEYWORD (x)|SEARCH UNKEYWORD a%|SEARCH HEADER x|SEARCH HEADER
        SEARCH LARGER|SEARCH LARGER x|SEARCH LARGER "1"|SEARCH LARGER -1
        SEARCH LARGER 9223372036854775808|SEARCH UID|SEARCH UID "1"
        SEARCH UID 0|SEARCH 0|SEARCH 01|SEARCH 1:|SEARCH ,1|SEARCH 1,
        SEARCH 1:2:3|SEARCH 4294967296|SEARCH YOUNGER 9|SEARCH MODSEQ 1
        SEARCH CHARSET|SEARCH CHARSET UTF-8|SEARCH CHARSET (UTF-8) ALL
        SEARCH CHARSET UTF-8 RETURN () ALL|SEARCH RETURN|SEARCH RETURN ALL
        SEARCH RETURN ()|SEARCH RETURN (BOGUS) ALL|SEARCH RETURN (PARTIAL 1:2)
        SEARCH RETURN ("MIN") ALL|SEARCH RETURN ((MIN)) ALL
        SEARCH RETURN (MIN)ALL|SEARCH (SEEN)(ALL)|SEARCH ALL RETURN ()
        UID SEARCH|UID SEARCH ()"""

    def test_grammar(self):
        self.each(self.imap, self.GOOD, "OK")
        self.each(self.imap, self.BAD, "BAD")

    def test_date_in_a_literal(self):
        """RFC 9051 9: a date is an atom or quoted."""
        self.assertEqual(self.imap(b"SEARCH BEFORE",
                                   Literal(b"1-Jan-2030")).status, "BAD")


class Fetch(Case):
    def setUp(self):
        super().setUp()
        self.put(MIME, mails.message(0))
        self.imap = self.session(b"INBOX")

    def value(self, items, number=1):
        """The response's values and its octets, behind the tagged OK."""
        reply = self.imap(b"FETCH %d %s" % (number, items))
        self.assertEqual(reply.status, "OK", reply)
        (response,) = reply.of("FETCH")
        return response.values[0], response.raw

    def test_binary(self):
        for section, octets, form in (
                (b"1", "Grüße".encode(), b" {7}\r\n"),
                (b"2", b"a\0b\r\nc\0d", b" ~{8}\r\n"),
                (b"4", b"Subject: inner\r\n\r\ninside", b" {24}\r\n"),
                (b"9", None, b" NIL"), (b"2.1", None, b" NIL")):
            with self.subTest(section):
                values, raw = self.value(b"BINARY.PEEK[%s]" % section)
                self.assertEqual(values, ["BINARY[%s]" % section.decode(),
                                          octets])
                self.assertIn(b"BINARY[%s]%s" % (section, form), raw)
                values, _ = self.value(b"BINARY.SIZE[%s]" % section)
                self.assertEqual(values[1], len(octets or b""))
        whole = mails.crlf(MIME)
        self.assertEqual(self.value(b"BINARY.PEEK[]")[0][1], whole)
        self.assertEqual(self.value(b"BINARY.SIZE[]")[0][1], len(whole))

    def test_binary_partial(self):
        """They count what is decoded (RFC 9051 6.4.5)."""
        octets = b"a\0b\r\nc\0d"
        for begin, length in (0, 1), (0, 8), (1, 3), (5, 99), (8, 1), (99, 9):
            values, _ = self.value(b"BINARY.PEEK[2]<%d.%d>" % (begin, length))
            self.assertEqual(values, [f"BINARY[2]<{begin}>",
                                      octets[begin:begin + length]])

    def test_unknown_encoding(self):
        for item in b"BINARY.PEEK[3]", b"BINARY.SIZE[3]", b"BINARY[3]":
            reply = self.imap(b"FETCH 1 " + item)
            self.assertEqual((reply.status, reply.code),
                             ("NO", ["UNKNOWN-CTE"]))
        self.assertEqual(self.value(b"BODY.PEEK[3]")[0][1], b"secret")

    def test_seen(self):
        for item, seen in ((b"BINARY.PEEK[1]", False),
                           (b"BINARY.SIZE[1]", False),
                           (b"BODY.PEEK[]", False), (b"ENVELOPE", False),
                           (b"BINARY[1]", True), (b"BODY[1]", True)):
            self.imap(b"STORE 1 -FLAGS.SILENT (\\Seen)")
            _, raw = self.value(item)
            self.assertEqual(b"FLAGS (\\Seen)" in raw, seen, item)
            self.assertEqual(b"Seen" in self.value(b"FLAGS")[1], seen, item)

    GOOD = rb"""
        FETCH 1 ALL|FETCH 1 FULL|FETCH 1 fast|FETCH 1 (FLAGS)|FETCH 1 ENVELOPE
        FETCH 1 (UID INTERNALDATE RFC822.SIZE BODY BODYSTRUCTURE ENVELOPE)
        FETCH 1 BODY[]|FETCH 1 BODY[HEADER]|FETCH 1 BODY[TEXT]<0.1>
        FETCH 1 BODY[HEADER.FIELDS (Subject)]|FETCH 1 body.peek[1.mime]
        FETCH 1 BODY[HEADER.FIELDS.NOT ("Subject" "a b")]<2.9>
        FETCH 1 BODY[4.HEADER]|FETCH 1 BODY[4.TEXT]|FETCH 1 BODY[4.1.MIME]
        FETCH 1 BODY[4.HEADER.FIELDS (X)]|FETCH 1 BODY[1]<4294967296.1>
        FETCH 1 BINARY[]|FETCH 1 BINARY[1]|FETCH 1 BINARY.PEEK[1]<0.1>
        FETCH 1 BINARY.SIZE[1]|FETCH 1 BODY.PEEK[]<0.9223372036854775807>
        UID FETCH 1:* FLAGS|UID FETCH 77 FLAGS|FETCH *:1 UID|FETCH 1,2,* UID"""
    BAD = rb"""
        FETCH|FETCH 1|FETCH 1 ()|FETCH 1 (ALL)|FETCH 1 (FLAGS FAST)
        FETCH 1 FLAGS UID|FETCH 1 BOGUS|FETCH 1 "FLAGS"|FETCH 1 (FLAGS (UID))
        FETCH 1 BODY[|FETCH 1 BODY[0]|FETCH 1 BODY[1.]|FETCH 1 BODY[.1]
        FETCH 1 BODY[01]|FETCH 1 BODY[1.0]|FETCH 1 BODY[MIME]|FETCH 1 BODY[x]
        FETCH 1 BODY[HEADER.1]|FETCH 1 BODY[HEADER.FIELDS]
        FETCH 1 BODY[HEADER.FIELDS ()]|FETCH 1 BODY[HEADER (x)]
        FETCH 1 BODY[HEADER.FIELDS (a%)]|FETCH 1 BODY[HEADER.FIELDS (a(b)]
        FETCH 1 BODY[HEADER.FIELDS (a) b]|FETCH 1 BODY[HEADER.FIELDS ("a"b)]
        FETCH 1 BODY[]<0>|FETCH 1 BODY[]<0.0>|FETCH 1 BODY[]<0.1>x
        FETCH 1 BODY[]<.1>|FETCH 1 BODY[]<-1.1>|FETCH 1 BODY[]x
        FETCH 1 BODYSTRUCTURE[]|FETCH 1 FLAGS[]|FETCH 1 BINARY
        FETCH 1 BINARY[TEXT]|FETCH 1 BINARY[1.MIME]|FETCH 1 BINARY[0]
        FETCH 1 BINARY.SIZE|FETCH 1 BINARY.SIZE[1]<0.1>|FETCH 1 MODSEQ
        FETCH 1 PREVIEW|FETCH 1 PREVIEW (LAZY)|FETCH 1 EMAILID
        FETCH 1 SAVEDATE|FETCH 1 X-GM-MSGID|FETCH 1 (FLAGS) (CHANGEDSINCE 1)
        FETCH 0 UID|FETCH 3 UID|FETCH 01 UID|FETCH 1: UID|FETCH 1,,2 UID
        FETCH "1" UID|FETCH (1) UID|FETCH 4294967296 UID|UID FETCH 1"""

    def test_grammar(self):
        self.each(self.imap, self.GOOD, "OK")
        self.each(self.imap, self.BAD, "BAD")

    def test_quoted_quotes_in_a_field_name(self):
        """What is told is what was asked for."""
        self.put(b'a"b: one\na\\b: two\nc: three\n\nbody\n')
        time.sleep(1.1)
        self.imap(b"NOOP")
        for name, line in ((b'"a\\"b"', b'a"b: one\r\n'),
                           (b'"a\\\\b"', b"a\\b: two\r\n"),
                           (b'"a\\"c"', b"")):
            reply = self.imap(b"FETCH 3 BODY.PEEK[HEADER.FIELDS (%s C)]"
                              % name)
            self.assertIn(b"BODY[HEADER.FIELDS (%s C)] " % name, reply.raw)
            self.assertEqual(reply.of("FETCH")[0].values[0][-1],
                             line + b"c: three\r\n\r\n")
        self.assertEqual(self.imap(
            b"FETCH 3 BODY.PEEK[HEADER.FIELDS (", ).status, "BAD")

    def test_what_others_expunge(self):
        """RFC 9051 7.5.1."""
        self.put(*(mails.message(i) for i in range(3)))
        other = self.session(b"INBOX")
        self.imap(b"NOOP")
        other(b"STORE 1 +FLAGS.SILENT (\\Deleted)")
        other(b"EXPUNGE")
        for command in (b"FETCH 2 UID", b"STORE 2 +FLAGS (x)", b"SEARCH ALL",
                        b"SEARCH 1", b"FETCH 1 FLAGS"):
            self.assertEqual(self.imap(command).of("EXPUNGE"), [], command)
        self.assertEqual(self.imap.exists, 5)
        self.assertEqual(len(self.imap(b"UID FETCH 2 UID").of("EXPUNGE")), 1)
        self.assertEqual(self.told(self.imap, b"FETCH 1 UID"),
                         ["* 1 FETCH (UID 2)", "OK"])

    def test_idle(self):
        self.imap.send(b"i IDLE\r\n")
        self.assertEqual(self.imap.response().tag, "+")
        other = self.session(b"INBOX")
        other(b"STORE 2 +FLAGS (\\Seen)")
        self.assertEqual(self.imap.response().raw,
                         b"* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n")
        other(b"STORE 1 +FLAGS.SILENT (\\Deleted)")
        self.assertIn(b"\\Deleted", self.imap.response().raw)
        other(b"EXPUNGE")
        self.assertEqual(self.imap.response().raw, b"* 1 EXPUNGE\r\n")
        other(b"APPEND INBOX", Literal(b"Subject: x\r\n\r\n"))
        self.assertEqual(self.imap.response().raw, b"* 2 EXISTS\r\n")
        self.imap.send(b"DONE\r\n")
        self.assertRegex(self.imap.response().raw, rb"^i OK ")
        self.imap.send(b"j IDLE\r\n")
        self.assertEqual(self.imap.response().tag, "+")
        self.imap.send(b"NOOP\r\n")
        self.assertRegex(self.imap.response().raw, rb"^j BAD ")


class Changes(Case):
    """STORE, COPY, MOVE, EXPUNGE, APPEND."""

    LETTER = b"Subject: appended\r\n\r\nbody\r\n"

    def setUp(self):
        super().setUp()
        self.put(*(mails.message(i) for i in range(4)))
        self.imap = self.session(b"INBOX")

    def validity(self, mailbox):
        reply = self.imap(b"STATUS " + mailbox + b" (UIDVALIDITY)")
        return reply.of("STATUS")[0].values[1][1]

    def test_move(self):
        """RFC 9051 6.4.8: COPYUID untagged, ahead of the expunges."""
        self.imap(b"CREATE dest")
        validity = self.validity(b"dest")
        self.assertEqual(self.told(self.imap, b"MOVE 2,4 dest"),
                         self.moved(validity, "2,4", "1:2", (2, 3)))
        self.assertEqual(self.told(self.imap, b"UID MOVE 3,77 dest"),
                         self.moved(validity, "3", "3", (2,)))
        self.assertEqual(self.told(self.imap, b"UID MOVE 77 dest"), ["OK"])

    @staticmethod
    def moved(validity, old, new, gone):
        return [f"* OK [COPYUID, {validity}, {old}, {new}]",
                *(f"* {n} EXPUNGE" for n in gone), "OK"]

    def test_copy(self):
        self.imap(b"CREATE dest")
        validity = self.validity(b"dest")
        for command, sets in ((b"COPY 1:3 dest", ["1:3", "1:3"]),
                              (b"UID COPY 4,1 dest", ["1,4", "4:5"])):
            reply = self.imap(command)
            self.assertEqual([str(c) for c in reply.code],
                             ["COPYUID", str(validity), *sets])
            self.assertEqual(reply.untagged, [])
        reply = self.imap(b"UID COPY 77 dest")
        self.assertEqual((reply.status, reply.code), ("OK", None))
        for verb in b"COPY", b"MOVE", b"UID COPY", b"UID MOVE":
            reply = self.imap(verb + b" 1 nothere")
            self.assertEqual((reply.status, reply.code),
                             ("NO", ["TRYCREATE"]))

    def test_uid_expunge(self):
        self.imap(b"STORE 1:3 +FLAGS.SILENT (\\Deleted)")
        self.check(self.imap, (
            ("UID EXPUNGE 2:9", "* 2 EXPUNGE", "* 2 EXPUNGE", "OK"),
            ("UID EXPUNGE 4", "OK"), ("EXPUNGE", "* 1 EXPUNGE", "OK"),
            ("FETCH 1 UID", "* 1 FETCH (UID 4)", "OK"),
            ("UID EXPUNGE", "BAD"), ("UID EXPUNGE x", "BAD"),
            ("EXPUNGE 1", "BAD")))

    def test_unselect_and_close(self):
        self.imap(b"STORE 1 +FLAGS.SILENT (\\Deleted)")
        self.check(self.imap, (("UNSELECT", "OK"), ("UNSELECT", "BAD"),
                               ("CLOSE", "BAD")))
        self.imap(b"SELECT INBOX")
        self.assertEqual(self.imap.exists, 4)
        self.check(self.imap, (("CLOSE", "OK"),))
        self.imap(b"SELECT INBOX")
        self.assertEqual(self.imap.exists, 3)

    def test_status(self):
        self.imap(b"STORE 1:2 +FLAGS.SILENT (\\Deleted)")
        size = sum(r.values[0][1] for r in
                   self.imap(b"FETCH 1:* RFC822.SIZE").of("FETCH"))
        self.check(self.imap, (
            ("STATUS INBOX (MESSAGES UIDNEXT UNSEEN DELETED SIZE)",
             "* STATUS INBOX (MESSAGES 4 UIDNEXT 5 UNSEEN 4 DELETED 2 "
             f"SIZE {size})", "OK"),
            ("STATUS INBOX (size)", f"* STATUS INBOX (SIZE {size})", "OK")))
        self.each(self.imap, rb"""STATUS|STATUS INBOX|STATUS INBOX ()
            STATUS INBOX MESSAGES|STATUS INBOX ("MESSAGES")
            STATUS INBOX (BOGUS)|STATUS INBOX (HIGHESTMODSEQ)
            STATUS (INBOX) (SIZE)|STATUS INBOX(SIZE)|STATUS INBOX (SIZE) x
            STATUS a*b (SIZE)""", "BAD")

    def test_store(self):
        self.each(self.imap, rb"""STORE 1 FLAGS (\Seen)|STORE 1 flags ()
            STORE 1:2 +FLAGS \Seen \Flagged|STORE * -FLAGS.SILENT ($Junk x)
            STORE 1 FLAGS (12 NIL)|UID STORE 77 FLAGS ()""", "OK")
        self.each(self.imap, rb"""STORE|STORE 1|STORE 1 FLAGS
            STORE 1 FLAGS "x"|STORE 1 FLAGS ("x")|STORE 1 FLAGS (x) y
            STORE 1 FLAGS (x) (y)|STORE 1 FLAGS ((x))|STORE 1 FLAGS (a\b)
            STORE 1 FLAGS (a]b)|STORE 1 FLAGS (a%b)|STORE 1 FLAGS (\*)
            STORE 1 *FLAGS ()|STORE 1 FLAGS.LOUD ()|STORE 1 FLAGS(x)
            STORE 1 (UNCHANGEDSINCE 1) FLAGS ()|STORE 77 FLAGS ()""", "BAD")

    def test_append(self):
        validity = self.validity(b"INBOX")
        for options in (b"", b"()", b"(\\Seen $Junk)",
                        b'" 1-Feb-2020 12:30:45 +0100"',
                        b'(\\Draft) "01-Feb-2020 12:30:45 -0800"'):
            for form in b"{%d}", b"{%d+}":
                count = self.imap.exists
                reply = self.imap(*filter(None, (b"APPEND INBOX", options)),
                                  Literal(self.LETTER, form))
                self.assertEqual(reply.code,
                                 ["APPENDUID", validity, count + 1])
                self.assertEqual(self.imap.exists, count + 1)
        reply = self.imap(b"APPEND nothere", Literal(self.LETTER))
        self.assertEqual((reply.status, reply.code), ("NO", ["TRYCREATE"]))

    def test_append_with_something_behind_the_message(self):
        for form in b"{%d}", b"{%d+}":
            for tail in (b"x", b"()", b"(\\Seen)", b'"x"', b"NIL",
                         b"{1+}\r\nx"):
                reply = self.imap(b"APPEND INBOX",
                                  Literal(self.LETTER, form), tail)
                self.assertEqual(reply.status, "BAD", tail)
        self.assertEqual(self.imap(b"NOOP").status, "OK")
        self.assertEqual(self.imap.exists, 4)

    def test_append_wants_two_places_for_the_day(self):
        """RFC 9051 9: date-day-fixed."""
        for date in (b'"1-Feb-2020 12:30:45 +0000"', b'"1-Feb-2020"',
                     b'"001-Feb-2020 12:30:45 +0000"',
                     b'"01-Feb-2020 12:30:45 +000"'):
            reply = self.imap(b"APPEND INBOX", date, Literal(self.LETTER))
            self.assertEqual(reply.status, "BAD", date)

    def test_literal8_is_not_for_clients(self):
        """RFC 9051 4.3.1."""
        for form in b"~{%d}", b"~{%d+}":
            for command in (b"APPEND INBOX", b"SEARCH TEXT", b"CREATE",
                            b"APPEND INBOX UTF8 ("):
                reply = self.imap(command, Literal(self.LETTER, form))
                self.assertEqual(reply.status, "BAD", command)
        self.assertEqual(self.imap(b"NOOP").status, "OK")
        self.assertEqual(self.imap.exists, 4)


class List(Case):
    def setUp(self):
        super().setUp()
        self.put(mails.message(0))
        self.imap = self.session()
        for name in b"Drafts", b"a/b/c", b"a/d", b"Sent/x":
            self.assertEqual(self.imap(b"CREATE " + name).status, "OK")
        for name in b"a/b/c", b"Drafts":
            self.imap(b"SUBSCRIBE " + name)

    def names(self, command):
        reply = self.imap(command)
        self.assertEqual(reply.status, "OK", reply)
        return [str(v) if not isinstance(v, bytes) else v.decode()
                for v in (r.values[2] for r in reply.of("LIST"))]

    def test_patterns(self):
        for command, wanted in (
                (b'LIST "" (INBOX a/% "a/b/*")', ["INBOX", "a/b", "a/b/c",
                                                  "a/d"]),
                (b'LIST "a/" %', ["a/b", "a/d"]), (b'LIST "" ("")', []),
                (b'LIST "" (Drafts Drafts)', ["Drafts"]),
                (b'LIST () "" a', ["a"])):
            self.assertEqual(self.names(command), wanted, command)

    def test_returned(self):
        self.check(self.imap, (
            ('LIST "" (INBOX Drafts) RETURN (STATUS (MESSAGES DELETED SIZE))',
             '* LIST (\\HasNoChildren) "/" INBOX',
             "* STATUS INBOX (MESSAGES 1 DELETED 0 SIZE "
             f"{len(mails.crlf(mails.message(0)))})",
             '* LIST (\\HasNoChildren \\Drafts) "/" Drafts',
             "* STATUS Drafts (MESSAGES 0 DELETED 0 SIZE 0)", "OK"),
            ('LIST "" (a Drafts) RETURN (SUBSCRIBED CHILDREN)',
             '* LIST (\\HasNoChildren \\Drafts \\Subscribed) "/" Drafts',
             '* LIST (\\NonExistent \\HasChildren) "/" a', "OK"),
            ('LIST (SUBSCRIBED) "" *',
             '* LIST (\\HasNoChildren \\Drafts \\Subscribed) "/" Drafts',
             '* LIST (\\HasNoChildren \\Subscribed) "/" a/b/c', "OK"),
            ('LIST (SUBSCRIBED RECURSIVEMATCH) "" %',
             '* LIST (\\HasNoChildren \\Drafts \\Subscribed) "/" Drafts',
             '* LIST (\\NonExistent \\HasChildren) "/" a '
             '("CHILDINFO" ("SUBSCRIBED"))', "OK"),
            ('LIST (SPECIAL-USE) "" * RETURN (SPECIAL-USE)',
             '* LIST (\\HasNoChildren \\Drafts) "/" Drafts',
             '* LIST (\\NonExistent \\HasChildren \\Sent) "/" Sent', "OK"),
            ('LIST "" ""', '* LIST (\\Noselect) "/" ""', "OK")))

    GOOD = rb"""
        LIST "" *|LIST NIL x|LIST "" ]|LIST () "" (x)|LIST "" * RETURN ()
        LIST (SUBSCRIBED REMOTE) "" *|LIST (REMOTE SUBSCRIBED) "" *
        LIST (REMOTE) "" *|list (subscribed recursivematch) "" (a b)
        LIST "" * RETURN (STATUS (MESSAGES) SUBSCRIBED STATUS (SIZE))
        LIST 12 12"""
    BAD = rb"""
        LIST|LIST ""|LIST "" ()|LIST "" ((a))|LIST "" (a (b))|LIST () ()
        LIST "" a\b|LIST a* b|LIST a%b b|LIST "" "a" b|LIST "" a RETURN
        LIST "" a RETURN x|LIST "" a RETURN (BOGUS)|LIST "" a RETURN ("CHILDREN")
        LIST "" a RETURN (STATUS)|LIST "" a RETURN (STATUS ())
        LIST "" a RETURN (STATUS (BOGUS))|LIST "" a RETURN (STATUS MESSAGES)
        LIST (RECURSIVEMATCH) "" a|LIST (REMOTE RECURSIVEMATCH) "" a
        LIST (BOGUS) "" a|LIST ("SUBSCRIBED") "" a|LIST ((SUBSCRIBED)) "" a
        LIST (SUBSCRIBED) (SUBSCRIBED) "" a|LIST ""a|LIST "" a RETURN () x
        LIST "" a RETURN (CHILDREN)(SUBSCRIBED)"""

    def test_grammar(self):
        self.each(self.imap, self.GOOD, "OK")
        self.each(self.imap, self.BAD, "BAD")


class Commands(Case):
    """The other commands of RFC 9051 9."""

    def test_grammar(self):
        session = self.session()
        self.each(session, rb"""CAPABILITY|NOOP|noop|CREATE a|CREATE "b c"
            CREATE 12|CREATE nil|CREATE d]|RENAME a e|SUBSCRIBE e
            UNSUBSCRIBE e|DELETE e|STATUS 12 (UNSEEN)|EXAMINE d]|UNSELECT
            NAMESPACE|SELECT INBOX|CLOSE""", "OK")
        self.each(session, rb"""CAPABILITY x|NOOP x|CREATE|CREATE a b
            CREATE (a)|CREATE a (USE (\Sent))|CREATE a*|CREATE a\b|DELETE
            DELETE a b|RENAME a|RENAME a b c|RENAME a% b|RENAME a (b)
            SUBSCRIBE|SUBSCRIBE a b|SUBSCRIBE (a)|UNSUBSCRIBE|SELECT
            SELECT (a)|SELECT INBOX (CONDSTORE)|EXAMINE|EXAMINE a b|ENABLE
            IDLE x|NAMESPACE x|LOGIN a b|AUTHENTICATE PLAIN|STARTTLS|CLOSE x
            UNSELECT x|UID|UID NOOP|UID CAPABILITY|UID UID FETCH 1 UID|BOGUS
            UNAUTHENTICATE|COMPRESS DEFLATE|GETQUOTAROOT INBOX|SORT (DATE) x y
            THREAD REFERENCES UTF-8 ALL|REPLACE 1 INBOX|ESEARCH ALL
            NOTIFY NONE|GETMETADATA "" x|SETACL INBOX x y|GENURLAUTH x
            LOGOUT x""", "BAD")
        self.assertEqual(session(b"NOOP").status, "OK")

    def test_before_the_login(self):
        session = Imap(self.server.imap)
        self.addCleanup(session.close)
        self.each(session, rb"""LOGIN|LOGIN a|LOGIN a b c|LOGIN (a) b
            LOGIN a% b|LOGIN a b*|LOGIN a b\c|LOGIN "a""b"|LOGIN a "b\r
            AUTHENTICATE|AUTHENTICATE "PLAIN" =|AUTHENTICATE (PLAIN)
            AUTHENTICATE PLAIN "="|AUTHENTICATE PLAIN = =""", "BAD")
        self.each(session, rb"LOGIN a b]|LOGIN NIL 12", "NO")

    def test_tags(self):
        session = self.session()
        for tag in b"+a", b"a+", b"a%", b"a*", b"a\\", b"(", b'"a"', b"a{":
            session.send(tag + b" NOOP\r\n")
            self.assertRegex(session.line(), rb"^\* BAD", tag)
        for tag in b"a]", b"1", b"~", b"&", b"a[", b"}":
            session.send(tag + b" NOOP\r\n")
            self.assertRegex(session.line(), re.escape(tag) + rb" OK", tag)
