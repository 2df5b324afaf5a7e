"""posteld beside Dovecot: SEARCH."""

import base64
import itertools

import compare_mails
from compare import CompareCase
from imapwire import Literal

HOUR = 3600
MIDNIGHT = 1_772_409_600  # 2-Mar-2026 00:00:00 UTC


def qp(text):
    return compare_mails.quoted_printable(text.encode())


def letter(subject=b"plain", body=b"body\n", extra=b"", date=None):
    return (b"From: Asterix <asterix@gaul.test>\nTo: Obelix "
            b"<obelix@gaul.test>\nSubject: " + subject + b"\n"
            + (b"Date: " + date + b"\n" if date is not None else b"")
            + extra + b"\n" + body)


TEXT = "Die Wildschweine grüßen aus dem Wald, naïve Römer."

MAILS = [
    letter(),
    letter(b"Wild boar hunting", b"We hunt tomorrow.\n"),
    letter(b"=?utf-8?q?R=C3=B6mer?= im Wald"),
    letter(b"=?iso-8859-1?q?R=F6?=\n =?iso-8859-1?q?mer_folded?="),
    letter("Römer raw".encode()),
    letter("Römer latin".encode("latin-1")),
    letter(b"one\n two\n\tthree"),
    letter(b"x", TEXT.encode() + b"\n", b"MIME-Version: 1.0\nContent-Type: "
           b"text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"),
    letter(b"x", base64.encodebytes(TEXT.encode()),
           b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
           b"Content-Transfer-Encoding: base64\n"),
    letter(b"x", qp(TEXT) + b"soft=\nbreak end\n",
           b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
           b"Content-Transfer-Encoding: quoted-printable\n"),
    letter(b"x", TEXT.encode("latin-1") + b"\n",
           b"MIME-Version: 1.0\nContent-Type: text/plain; "
           b"charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n"),
    letter(b"x", b"--cut\nContent-Type: text/plain\n\nfirst words\n--cut\n"
           b"Content-Type: text/html\n\n<p>second <b>words</b></p>\n--cut\n"
           b"Content-Type: application/octet-stream; name=words.bin\n"
           b"Content-Transfer-Encoding: base64\n\n"
           + base64.encodebytes(b"third words") + b"--cut--\nepilogue words\n",
           b"MIME-Version: 1.0\nContent-Type: multipart/mixed; "
           b"boundary=cut\n"),
    letter(b"Fwd", b"--cut\nContent-Type: message/rfc822\n\n"
           + letter(b"inner subject", b"inner body\n", b"X-Inner: yes\n")
           + b"--cut--\n", b"MIME-Version: 1.0\nContent-Type: "
           b"multipart/mixed; boundary=cut\n"),
    letter(b"x", b"", b"Cc: Idefix <idefix@gaul.test>, x@y.test\n"
           b"Bcc: hidden@gaul.test\nReply-To: reply@gaul.test\n"),
    letter(b"x", b"", b"X-Empty:\nX-Spaces:   \nX-Long: " + b"w " * 3000
           + b"end-of-long\nX-Twice: one\nX-Twice: two\n"),
    letter(b"", b""),
    b"From: nobody@else.test\n\nno subject\n",
    b"",
    b"\nonly a body with Asterix in it\n",
    letter(b"x", b"line one ends\nline two begins\n"),
    letter(b"x", b"A" * 70000 + b"needle" + b"B" * 70000 + b"\n"),
    letter(b"x", b"From: bogus@in.body\nSubject: in the body\n"),
    letter(b"quotes", b'say "hello" and \\ backslash {5} (paren) %*\n'),
    letter(b"=?utf-8?b?w4nDqcOf?= =?utf-8?q?_STRASSE?=", "ÉCOLE ß\n".encode(),
           b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"),
    letter(b"x", b"nul \0 in it\n"),
    letter(b"(comment) \"quoted\" =?utf-8?q?and_encoded?=", b"",
           b"Cc: \"Doe, Jane\" <jane@doe.test>, "
           b"=?utf-8?q?J=C3=BCrgen?= <j@x.test>\n"),
]

DATES = [b"Mon, 2 Mar 2026 23:30:00 -0500", b"Tue, 3 Mar 2026 00:30:00 +0100",
         b"Tue, 3 Mar 2026 00:00:00 +0000", b"Mon, 2 Mar 2026 23:59:59 +0000",
         b"2 Mar 26 12:00 GMT", b"Wed, 4 Mar 2026 01:00:00 +1400",
         b"Sun, 1 Mar 2026 23:59:59 -1200", b"31 Dec 1999 12:00:00 +0000",
         b"Tue, 29 Feb 2024 12:00:00 +0000", b"yesterday", b""]


class Search(CompareCase):
    def setUp(self):
        super().setUp()
        for i, content in enumerate(MAILS):
            self.put(content, ["", "S", "F", "T", "SR", "D"][i % 6])
        self.pair = self.imap(b"INBOX")

    def same_text(self, key, text, charset=b""):
        self.same(self.pair, b"SEARCH" + charset + b" " + key, Literal(text))

    WORDS = ("", " ", "x", "asterix", "ASTERIX", "Asterix <", "gaul.test",
             "wild boar", "wild  boar", "Römer", "römer", "RÖMER", "Wald",
             "one two three", "one\ttwo", "two", "three", "wildschweine",
             "grüßen", "GRÜSSEN", "naïve", "soft", "softbreak", "soft=",
             "=C3", "=?utf-8", "first words", "second", "<b>", "third words",
             "dGhpcmQ", "words.bin", "epilogue", "inner subject",
             "inner body", "X-Inner", "yes", "idefix", "hidden", "reply@",
             "end-of-long", "w w w", "needle", "AneedleB", "ends line",
             "line two", "bogus@in.body",
             "in the body", "\"hello\"", "\\", "{5}", "(paren)", "%*", "éß",
             "ÉÉß straße", "école", "ss", "Subject", "Subject:", "From: Ast",
             "charset", "iso-8859-1", "jane", "Doe, Jane", "Jürgen",
             "and encoded", "=?utf-8?q?and_encoded?=", "comment", "quoted",
             "Content-Type", "boundary", "--cut", "x@y.test", "@", "nul",
             "nobody@else", "nowhere at all", "obelix@gaul.test> extra")
    TEXT_KEYS = b"BCC BODY CC FROM SUBJECT TEXT TO".split()

    def test_texts(self):
        for key, word in itertools.product(self.TEXT_KEYS, self.WORDS):
            self.same_text(key, word.encode(), b" CHARSET UTF-8")

    def test_headers(self):
        for name, word in itertools.product(
                (b"Subject", b"subject", b"X-Twice", b"X-Empty", b"X-Spaces",
                 b"X-Long", b"X-Nothing", b"Content-Type", b"Cc", b"From",
                 b"X-Inner", b"Received", b"Reply-To", b"Message-ID"),
                ("", "x", "one", "two", "yes", "Römer", "utf-8",
                 "asterix", "end-of-long", "plain", "jane", "reply")):
            self.same(self.pair, b"SEARCH CHARSET UTF-8 HEADER", name,
                      Literal(word.encode()))
        self.all_same(self.pair, rb"""
            SEARCH HEADER Subject|SEARCH HEADER|SEARCH HEADER "Subject" ""
            SEARCH HEADER "" ""|SEARCH HEADER "a b" ""
            SEARCH HEADER Subject: ""|SEARCH HEADER (Subject) ""
            SEARCH NOT HEADER Subject ""|SEARCH NOT HEADER X-Twice one""")

    FLAGS = b"""
        ALL|ANSWERED|DELETED|DRAFT|FLAGGED|NEW|OLD|RECENT|SEEN|UNANSWERED
        UNDELETED|UNDRAFT|UNFLAGGED|UNSEEN|KEYWORD x|UNKEYWORD x
        KEYWORD $Forwarded|UNKEYWORD $Forwarded|NOT SEEN|NOT ALL
        NOT NOT SEEN|NOT (SEEN)|OR SEEN FLAGGED|OR (SEEN) (FLAGGED)
        OR OR SEEN FLAGGED DELETED|OR SEEN OR FLAGGED DELETED
        SEEN FLAGGED|(SEEN FLAGGED)|(SEEN) (UNFLAGGED)|NOT OR SEEN FLAGGED
        ((((SEEN))))|OR NOT SEEN NOT FLAGGED|NOT (SEEN UNFLAGGED)
        OR (SEEN SUBJECT x) (UNSEEN FROM obelix)|seen|Or Seen Not Flagged
        1:5 SEEN|OR 1:3 5:7|NOT 1:3|UID 1:3 UNSEEN|OR UID 2 3|1,3,5 NOT 3
        LARGER 300|SMALLER 300|LARGER 0|SMALLER 0|LARGER 1000000
        SMALLER 4294967295|NOT LARGER 200|LARGER 100 SMALLER 300"""

    def test_flags(self):
        self.same(self.pair, rb"STORE 3:6 +FLAGS.SILENT (x $Forwarded)")
        for command in b"SEARCH ", b"UID SEARCH ":
            for keys in self.FLAGS.replace(b"\n", b"|").split(b"|"):
                if keys.strip():
                    self.same(self.pair, command + keys.strip())

    def test_sizes(self):
        """At each message's own size."""
        reply = self.pair.posteld(b"FETCH 1:* RFC822.SIZE")
        for size in {r.values[0][1] for r in reply.of("FETCH")}:
            for key in b"LARGER", b"SMALLER":
                for n in size - 1, size, size + 1:
                    if n >= 0:
                        self.same(self.pair, b"SEARCH " + key + b" %d" % n)

    BAD = rb"""
        SEARCH|SEARCH BOGUS|SEARCH ()|SEARCH (|SEARCH )|SEARCH NOT
        SEARCH OR|SEARCH OR SEEN|SEARCH SUBJECT|SEARCH KEYWORD
        SEARCH KEYWORD (x)|SEARCH LARGER|SEARCH LARGER x|SEARCH LARGER -1
        SEARCH SINCE|SEARCH SINCE x|SEARCH SINCE 1-Foo-2020
        SEARCH SINCE 1-Jan|SEARCH SINCE "1-Jan-2020 00:00:00 +0000"
        SEARCH BEFORE 1.1.2020|SEARCH UID|SEARCH UID x|SEARCH UID (1)
        SEARCH CHARSET|SEARCH CHARSET UTF-8|SEARCH CHARSET X-NOTHING ALL
        SEARCH CHARSET X-NOTHING SUBJECT x|SEARCH CHARSET UTF-8 BOGUS
        SEARCH SEEN CHARSET UTF-8 ALL|SEARCH RETURN|SEARCH RETURN (BOGUS) ALL
        SEARCH RETURN ALL|SEARCH RETURN (MIN)|SEARCH ALL RETURN (MIN)
        SEARCH SUBJECT (x)|SEARCH "ALL"|SEARCH SEEN)|SEARCH HEADER x
        SEARCH 1:2:3|SEARCH 1;2|UID SEARCH|UID SEARCH BOGUS"""

    def test_syntax(self):
        for command in self.BAD.replace(b"\n", b"|").split(b"|"):
            if command.strip():  # of BAD commands Dovecot takes but some
                self.same(self.imap(b"INBOX"), command.strip())

    DAYS = (b"1-Mar-2026", b"2-Mar-2026", b"03-Mar-2026", b'"4-Mar-2026"',
            b"5-mar-2026", b"29-Feb-2024", b"31-Dec-1999", b"1-Jan-2000",
            b"1-Jan-1970", b"1-Jan-2030")

    def test_dates(self):
        self.new_user()
        for i, date in enumerate(DATES):
            self.put(letter(date=date), when=MIDNIGHT + (i - 5) * 6 * HOUR)
        self.put(letter(), when=MIDNIGHT - 1)
        self.put(letter(), when=MIDNIGHT + 24 * HOUR - 1)
        pair = self.imap(b"INBOX")
        for key in b"BEFORE", b"ON", b"SINCE":
            for day in self.DAYS:
                self.same(pair, b"SEARCH", key, day)
                self.same(pair, b"SEARCH NOT", key, day)
        # Without a Date there is no day (RFC 9051 6.4.4); Dovecot has one.
        for key in b"SENTBEFORE", b"SENTON", b"SENTSINCE":
            for day in self.DAYS:
                self.same(pair, b"SEARCH 1:9", key, day)
                self.same(pair, b"SEARCH 1:9 NOT", key, day)
                self.differ(pair, (b"SEARCH 10:* " + key + b" " + day,),
                            rb".", rb"SEARCH\r\n", "RFC 9051 6.4.4")

    def test_line_ends(self):
        """They are CRLF, and Dovecot looks into files that have LF."""
        for text, dovecot, posteld in (
                (b"ends\r\nline", rb"SEARCH\r\n", rb"SEARCH 20\r\n"),
                (b"ends\nline", rb"SEARCH 20\r\n", rb"SEARCH\r\n")):
            self.differ(self.pair, (b"SEARCH BODY", Literal(text)), dovecot,
                        posteld, "RFC 5322 2.1")

    def test_charsets(self):
        for charset in ("utf-8", "iso-8859-1", "windows-1252", "us-ascii"):
            for key in self.TEXT_KEYS:
                for word in "Römer", "asterix", "grüßen", "naïve":
                    try:
                        text = word.encode(charset)
                    except UnicodeError:
                        continue
                    self.same_text(key, text,
                                   b" CHARSET " + charset.encode())
        for text in b"\xff\xfe", b"R\xf6mer", "Römer".encode():
            self.same_text(b"SUBJECT", text)
            self.same_text(b"BODY", text)
            self.same_text(b"SUBJECT", text, b" CHARSET US-ASCII")
            self.same_text(b"SUBJECT", text, b" CHARSET UTF-8")

    RESULTS = rb"""
        SEARCH RETURN () SEEN|SEARCH RETURN (MIN) SEEN
        SEARCH RETURN (MAX) SEEN|SEARCH RETURN (ALL) SEEN
        SEARCH RETURN (COUNT) SEEN|SEARCH RETURN (MIN MAX COUNT ALL) SEEN
        SEARCH RETURN (COUNT MIN) SEEN UNSEEN
        SEARCH RETURN (ALL) SEEN UNSEEN
        SEARCH RETURN (MIN MAX) SEEN UNSEEN
        UID SEARCH RETURN (MIN MAX ALL) SEEN|UID SEARCH RETURN (COUNT) ALL
        SEARCH RETURN (MIN MIN) SEEN|search return (all) all
        SEARCH RETURN (SAVE) SEEN|FETCH $ UID|SEARCH $|UID SEARCH $
        SEARCH RETURN (SAVE MIN) SEEN|FETCH $ UID|UID FETCH $ UID
        SEARCH RETURN (SAVE MIN MAX) SEEN|FETCH $ UID
        SEARCH RETURN (SAVE MAX COUNT) SEEN|FETCH $ UID
        UID SEARCH RETURN (SAVE ALL) FLAGGED|STORE $ +FLAGS (kept)
        SEARCH KEYWORD kept|SEARCH RETURN (SAVE) NOT $|FETCH $ UID
        SEARCH UID $|SEARCH OR $ SEEN|SEARCH (OR $ 1:2) UNSEEN
        SEARCH SEEN|FETCH $ UID|SEARCH RETURN (COUNT) $
        SEARCH RETURN (SAVE) SEEN UNSEEN|FETCH $ UID|COPY $ INBOX
        SEARCH $|STORE $ FLAGS (x)|SEARCH RETURN (SAVE) 2:6
        STORE 3 +FLAGS.SILENT (\Deleted)|UID EXPUNGE 3|FETCH $ UID
        SEARCH RETURN (SAVE) BOGUS|FETCH $ UID
        SEARCH RETURN (SAVE) CHARSET X-NOTHING SUBJECT x|FETCH $ UID
        SEARCH RETURN (SAVE) 1:3|SELECT INBOX|FETCH $ UID"""

    def test_results(self):
        """ESEARCH (RFC 4731) and "$" (RFC 5182)."""
        self.all_same(self.pair, self.RESULTS)


class SearchOdd(CompareCase):
    # Dovecot reads no language in an encoded word (RFC 2231 5), and nothing
    # behind an encoding or a type that is not in order; it takes a
    # message/global for a text.
    KNOWN = ("random ", "subject 18", "base64, garbage", "base64, odd",
             "unknown encoding", "type 7:", "type 43:", "field 3:",
             "field 4:", "field 5:", "field 7:")

    # Whether FROM looks at the header as it stands, or at addresses that it
    # writes anew from it, the RFCs leave open.
    ADDRESSES = ("address ",)

    def numbers(self, names, without):
        return b",".join(b"%d" % n for n, name in enumerate(names, 1)
                         if not name.startswith(without))

    def test_odd_mail(self):
        names = self.put_odd()
        pair = self.imap(b"INBOX")
        for key in Search.TEXT_KEYS:
            numbers = self.numbers(names, self.KNOWN + (
                self.ADDRESSES if key in (b"FROM", b"TO", b"CC") else ()))
            for word in (b"sky", b"menhirs", b"asterix", b"caf\xc3\xa9",
                         b"letter", b"x.test", b"plain", b"Second line",
                         b"nothing", b"no field", b"b.test", b"group"):
                self.same(pair, b"SEARCH CHARSET UTF-8", numbers, key,
                          Literal(word))
        for name in b"Subject", b"To", b"Content-Type", b"X-Nul":
            self.same(pair, b"SEARCH HEADER", Literal(name), b'""')
