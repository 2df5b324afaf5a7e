"""Mail of every odd kind, for servers that must read it alike.

messages() gives (name, message) pairs, the same ones each time.  Lines end as
a Maildir has them, in LF, but where a message is about line ends.
"""

import base64
import random

FROM = b"From: Asterix <asterix@gaul.test>\n"
HEAD = (FROM + b"To: obelix@gaul.test\nSubject: menhirs\n"
        b"Date: Mon, 2 Mar 2026 10:00:00 +0100\n"
        b"Message-ID: <odd@gaul.test>\n")
MIME = HEAD + b"MIME-Version: 1.0\n"
TEXT = b"The sky is still up there.\nSecond line.\n"


def multipart(subtype, parts, boundary=b"cut", head=MIME, before=b"",
              after=b"", last=b"\n--%s--\n", quoted=False):
    """parts are whole entities, header and body."""
    name = b'"%s"' % boundary if quoted else boundary
    return (head + b"Content-Type: multipart/%s; boundary=%s\n\n"
            % (subtype, name) + before
            + b"\n".join(b"--%s\n%s" % (boundary, p) for p in parts)
            + (last % boundary if b"%s" in last else last) + after)


def part(content_type, body, fields=b""):
    return b"Content-Type: " + content_type + b"\n" + fields + b"\n" + body


PLAIN = part(b"text/plain; charset=us-ascii", TEXT)
HTML = part(b"text/html; charset=utf-8", b"<p>The sky</p>\n")
DATA = part(b'application/octet-stream; name="data.bin"',
            base64.encodebytes(bytes(range(256))),
            b"Content-Transfer-Encoding: base64\n"
            b'Content-Disposition: attachment; filename="data.bin"; '
            b"size=256\n")
LETTER = HEAD + b"\nA letter in a letter.\n"


def headers():
    """Whole headers, or what stands in their place."""
    yield "empty file", b""
    yield "one line end", b"\n"
    yield "two line ends", b"\n\n"
    yield "no header", b"\nonly a body\n"
    yield "header alone", HEAD
    yield "header and empty line", HEAD + b"\n"
    yield "header without its line end", HEAD.rstrip(b"\n")
    yield "text in the header's place", b"no field at all\nnor here\n\nbody\n"
    yield "text behind the fields", HEAD + b"not a field\n\nbody\n"
    yield "line without a colon between", (
        FROM + b"nothing\nSubject: behind it\n\nbody\n")
    yield "blanks before the colon", (
        b"From : a@b.test\nSubject\t: tab\nTo  : c@d.test\n\nbody\n")
    yield "no blank behind the colon", b"From:a@b.test\nSubject:x\n\nbody\n"
    yield "many blanks behind the colon", b"Subject:   \t x  \n\nbody\n"
    yield "name of odd octets", b"Sub\xe9ject: x\nX-\x01: y\n" + HEAD + b"\nb\n"
    yield "empty name", b": nothing\n" + HEAD + b"\nbody\n"
    yield "first line goes on", b" folded\n" + HEAD + b"\nbody\n"
    yield "mbox line", b"From asterix Mon Mar  2 10:00:00 2026\n" + HEAD + (
        b"\nbody\n")
    yield "empty fields", (
        b"From:\nTo: \nCc:\t\nSubject:\nDate:\nMessage-ID:\nIn-Reply-To: \n"
        b"Sender:\nReply-To:\nBcc:\n\nbody\n")
    yield "fields twice", (
        b"Subject: one\nSubject: two\nFrom: a@x.test\nFrom: b@x.test\n"
        b"To: c@x.test\nTo: d@x.test, e@x.test\nDate: Mon, 2 Mar 2026 "
        b"10:00:00 +0000\nDate: Tue, 3 Mar 2026 10:00:00 +0000\n"
        b"Message-ID: <1@x.test>\nMessage-ID: <2@x.test>\n\nbody\n")
    yield "names in any case", (
        b"FROM: a@x.test\nsUBJECT: case\nto: b@x.test\n\nbody\n")
    yield "long line", HEAD + b"X-Long: " + b"x" * 9000 + b"\n\nbody\n"
    yield "long subject", b"Subject: " + b"word " * 600 + b"\n\nbody\n"
    yield "many fields", b"".join(
        b"X-Field-%d: %d\n" % (i, i) for i in range(300)) + HEAD + b"\nb\n"
    yield "many lines of one field", (
        b"References: <0@x.test>\n" + b"".join(
            b" <%d@x.test>\n" % i for i in range(200)) + HEAD + b"\nbody\n")


def folds():
    for name, fold in {
            "space": b"\n ", "tab": b"\n\t", "many": b"\n   \t ",
            "twice": b"\n \n ", "blank line": b"\n \t\n\t",
            "crlf": b"\r\n ", "trailing": b" \n\t"}.items():
        yield f"fold by {name}", (
            b"Subject: one%stwo%sthree\nFrom: \"A%sB\" <a%s@b.test>\n"
            b"To:%sc@d.test,%s e@f.test\nIn-Reply-To: <1@x.test>%s<2@x.test>\n"
            b"Date: Mon, 2 Mar 2026%s10:00:00 +0100\n\nbody\n"
            .replace(b"%s", fold))


def line_ends():
    yield "crlf throughout", (HEAD + b"\n" + TEXT).replace(b"\n", b"\r\n")
    yield "crlf in the header only", (
        HEAD.replace(b"\n", b"\r\n") + b"\r\n" + TEXT)
    yield "crlf in the body only", HEAD + b"\n" + TEXT.replace(b"\n", b"\r\n")
    yield "cr alone in the body", HEAD + b"\none\rtwo\r\rthree\n\r\nfour\r"
    yield "cr alone in the header", (
        FROM + b"Subject: one\rtwo\nTo: a@b.test\r, c@d.test\n\nbody\n")
    yield "no line end at the end", HEAD + b"\nthe end"
    yield "blank lines around", HEAD + b"\n\n\n\nbody\n\n\n\n"
    yield "dots", HEAD + b"\n.\n..\n.a\n. \n...\n\n.\n"
    yield "dot at the end", HEAD + b"\nbody\n."
    yield "dot from crlf", HEAD + b"\nbody\r\n.\r\nmore\r\n"
    yield "nul in the body", HEAD + b"\nbe\0fore\n\0\0after\n"
    yield "nul in the header", FROM + b"Subject: a\0b\nX-Nul: \0\n\nbody\n"
    yield "long lines", HEAD + b"\n" + b"y" * 5000 + b"\n" + b"z" * 998 + b"\n"
    yield "blank line of blanks", HEAD + b" \n\nbody\n"
    yield "control octets", HEAD + b"\n" + bytes(range(1, 32)) + b"\n\x7f\n"


SUBJECTS = [
    b"=?utf-8?q?caf=C3=A9?=", b"=?UTF-8?B?Y2Fmw6k=?=",
    b"=?iso-8859-1?Q?caf=E9?= au =?iso-8859-1?Q?lait?=",
    b"=?utf-8?q?one?= =?utf-8?q?two?=", b"=?utf-8?q?one?=\n =?utf-8?q?two?=",
    b"=?utf-8?q?one?= and =?utf-8?q?two?=", b"=?utf-8?q?with_space?=",
    b"a=?utf-8?q?glued?=b", b"(=?utf-8?q?comment?=)",
    b"=?utf-8?q?broken", b"=?utf-8?q?bro ken?=", b"=?utf-8?x?odd?=",
    b"=?nowhere?q?caf=E9?=", b"=?utf-8?b?Y2Fm?==", b"=?utf-8?b?Y2F?=",
    b"=?utf-8?q??=", b"=??q?x?=", b"=?utf-8?q?=C3?= =?utf-8?q?=A9?=",
    b"=?utf-8*fr?q?caf=C3=A9?=", b"=?us-ascii?q?=41?=",
    b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", b"=?windows-1252?q?=80uro?=",
    b"=?koi8-r?B?8NLJ18XU?=", b"=?utf-8?Q?=00nul?=", b"=?utf-8?q?=0d=0aX: y?=",
    "déjà vu".encode(), "déjà vu".encode("latin-1"), b"\x80\x81\xfe\xff",
    b'"quoted"', b"back\\slash", b"<angle>", b"{5}", b"NIL", b"%s*\"(",
    b"tab\there", b"two  blanks", b" leading", b"trailing \t ",
]


def subjects():
    for i, subject in enumerate(SUBJECTS):
        yield f"subject {i}: {subject!r}", (
            FROM + b"Subject: " + subject + b"\n\nbody\n")


ADDRESSES = [
    b"a@b.test", b"<a@b.test>", b"A <a@b.test>", b"\"A\" <a@b.test>",
    b"\"A \\\"B\\\" C\" <a@b.test>", b"A B C <a@b.test>", b"a@b.test (A)",
    b"(A) a@b.test", b"a@b.test (A) (B)", b"A (comment) <a@b.test>",
    b"a (one (two) three) @ b.test", b"<@r1.test,@r2.test:a@b.test>",
    b"<@r1.test:a@b.test>", b"<@r1.test,,@r2.test:a@b.test>", b"a", b"<a>",
    b"A <a>", b"a@", b"@b.test", b"<@b.test>", b"<>", b"A <>", b"A",
    b"A B", b"group:;", b"group: a@b.test;", b"group: a@b.test, c@d.test;",
    b"a@b.test, group: c@d.test;, e@f.test", b"group: a@b.test", b"group:",
    b"\"my group\": a@b.test;", b"a@b.test,", b",a@b.test", b",,a@b.test,,",
    b"a@b.test; c@d.test", b"a@b.test c@d.test", b"a@b@c.test",
    b"a@[127.0.0.1]", b"a@[IPv6:::1]", b"\"a b\"@c.test", b"\"a\".b@c.test",
    b"a.b.c@d.test", b".a@b.test", b"a.@b.test", b"a..b@c.test",
    b"a @ b . test", b"A. B. C <a@b.test>", b"A, B <a@b.test>",
    b"=?utf-8?q?Andr=C3=A9?= <a@b.test>",
    b"\"=?utf-8?q?Andr=C3=A9?=\" <a@b.test>",
    b"=?utf-8?q?A?= =?utf-8?q?B?= <a@b.test>",
    "André <a@b.test>".encode(), "André <a@b.test>".encode("latin-1"),
    "andré@b.test".encode(), b"A <a@b.test", b"A a@b.test>", b"\"A <a@b.test>",
    b"A <a@b.test> trailing", b"A <a@b.test> (c), B <b@c.test>",
    b"(only a comment)", b"(unended <a@b.test>", b"undisclosed-recipients:;",
    b"a@b.test\n (folded comment)", b"<a@b.test>, <c@d.test>,\n\t<e@f.test>",
    b"A\\B <a@b.test>", b"\"\" <a@b.test>", b"\"A\"\"B\" <a@b.test>",
    b"A <a@b.test>,\"B, C\" <b@c.test>", b"A <\"b c\"@d.test>",
    b"a%b@c.test", b"a!b@c.test", b"A:B <a@b.test>", b"A@B <a@b.test>",
    b"'A' <a@b.test>", b"[A] <a@b.test>", b"<<a@b.test>>", b"\"",
]


def addresses():
    for i, address in enumerate(ADDRESSES):
        yield f"address {i}: {address!r}", (
            b"From: " + address + b"\nTo: " + address + b", z@z.test\n"
            b"Cc: y@y.test, " + address + b"\nSubject: address\n\nbody\n")
    yield "many addresses", b"To: " + b",\n ".join(
        b"N%d <n%d@x.test>" % (i, i) for i in range(300)) + b"\n\nbody\n"
    yield "sender and reply-to", (
        HEAD + b"Sender: s@x.test\nReply-To: R <r@x.test>, q@x.test\n"
        b"Bcc: b@x.test\nIn-Reply-To: <0@x.test>\n\nbody\n")
    yield "no from", b"To: a@x.test\nSender: s@x.test\n\nbody\n"
    yield "message-ids", (
        b"Message-ID: no angle\nIn-Reply-To: <a@b> (c) \"q\" <d@e>\n"
        b"References: <1@x.test>\n\nbody\n")


DATES = [
    b"Mon, 2 Mar 2026 23:30:00 -0500", b"Tue, 3 Mar 2026 00:30:00 +0100",
    b"Tue, 03 Mar 2026 00:30:00 +0000", b"2 Mar 2026 12:00:00 GMT",
    b"Mon, 2 Mar 2026 12:00 +0100", b"Mon, 2 Mar 26 12:00:00 +0100",
    b"Mon, 2 Mar 2026 12:00:00 EST", b"Mon, 2 Mar 2026 12:00:00",
    b"Mon, 2 Mar 2026 12:00:00 +0100 (CET)", b"Fri, 2 Mar 2026 12:00:00 +0000",
    b"(comment) Mon, 2 Mar 2026 12:00:00 +0100", b"Mon,2 Mar 2026 12:00:00 Z",
    b"2026-03-02 12:00:00", b"yesterday", b"", b"Mon, 31 Feb 2026 12:00:00 +0000",
    b"Mon, 2 Mar 2026 23:59:60 +0000", b"Mon, 2 Mar 2026 12:00:00 +2400",
    b"MON, 2 MAR 2026 12:00:00 +0000", b"Thu, 1 Jan 1970 00:00:00 +0000",
    b"Sat, 31 Dec 1949 12:00:00 +0000", b"Mon, 2 Mar 126 12:00:00 +0000",
    b"Mon, 2 Mar 2026 24:00:00 +0000", b"Tue, 3 Mar 2026 00:00:00 -0000",
    b"Mon, 2 March 2026 12:00:00 +0000", b"Mon, 2 Mar 2026 9:05:07 +0000",
    b"Mon Mar  2 12:00:00 2026", b"Sun, 1 Mar 2026 23:59:59 -1200",
]


def dates():
    for i, date in enumerate(DATES):
        yield f"date {i}: {date!r}", (
            FROM + b"Subject: date\nDate: " + date + b"\n\nbody\n")
    yield "no date", FROM + b"Subject: no date\n\nbody\n"


TYPES = [
    b"text/plain", b"text/plain;", b"text/plain; charset=utf-8",
    b"text/plain; charset=\"utf-8\"", b"TEXT/PLAIN; CHARSET=UTF-8",
    b"text / plain ; charset = utf-8", b"text/plain (c) ; charset=(d)utf-8",
    b"text", b"text/", b"/plain", b"", b"text/plain charset=utf-8",
    b"text/plain; charset", b"text/plain; charset=", b"text/plain; =utf-8",
    b"text/plain; charset=utf-8; charset=latin1", b"text/plain; ; a=b",
    b"text/plain; a=\"b\\\"c\"", b"text/plain; a=\"unended",
    b"text/plain; a=b c=d", b"text/plain; a=b, c=d", b"text/plain, more",
    b"text/plain; a*0=one; a*1=two", b"text/plain; a*1=two; a*0=one",
    b"text/plain; a*=utf-8'en'caf%C3%A9", b"text/plain; a*=broken",
    b"text/plain; a*0*=utf-8''caf; a*1*=%C3%A9; a*2=plain",
    b"text/plain; a*0=one; a*2=three", b"text/plain; a*0=one; a=whole",
    b"text/plain;\n\tcharset=utf-8;\n format=flowed",
    b"text/plain; name=\"=?utf-8?q?caf=C3=A9?=\"", b"text/plain; name==?x?=",
    "text/plain; name=café".encode(), "text/plain; name=\"café\"".encode(),
    b"text/html", b"image/gif", b"application/octet-stream", b"a/b/c",
    b"x-own/y-own; z=1", b"message/rfc822", b"MESSAGE/RFC822", b"message/partial",
    b"message/external-body; access-type=local-file", b"message/global",
    b"message/delivery-status", b"multipart/mixed", b"multipart/mixed; boundary=",
    b"multipart/mixed; boundary=nowhere", b"multipart/mixed; boundary=\"\"",
    b"multipart", b"multipart/", b"\"text\"/plain", b"text/plain; a=b;",
    b"text/pla in", b"text;plain", b"text/plain; a=<b>", b"text/plain; a=b@c",
    b"text/plain; A=1; a=2", b"text/plain; \"a\"=b", b"text/plain; a = \"b c\"",
]


def types():
    for i, content_type in enumerate(TYPES):
        yield f"type {i}: {content_type!r}", part(content_type, TEXT, MIME)
    yield "type twice", part(b"text/html", TEXT, MIME + b"Content-Type: "
                             b"text/plain\n")
    yield "type without a version", part(b"text/html; charset=utf-8", TEXT,
                                         HEAD)
    yield "version in comments", part(
        b"text/html", TEXT, HEAD + b"MIME-Version: (a) 1 (b) . 0 (c)\n")
    yield "version two", part(b"text/html", TEXT, HEAD + b"MIME-Version: 2.0\n")


FIELDS = [
    b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: BASE64",
    b"Content-Transfer-Encoding: quoted-printable (c)",
    b"Content-Transfer-Encoding: \"base64\"", b"Content-Transfer-Encoding:",
    b"Content-Transfer-Encoding: x-own", b"Content-Transfer-Encoding: 7bit;a",
    b"Content-Transfer-Encoding: 8bit base64", b"Content-ID: <1@x.test>",
    b"Content-ID: no angle", b"Content-ID: <a@b>\n\t<c@d>", b"Content-ID:",
    b"Content-Description: what it is", b"Content-Description:",
    b"Content-Description: =?utf-8?q?caf=C3=A9?=",
    b"Content-Description: folded\n\tover  lines",
    "Content-Description: déjà".encode(), b"Content-MD5: Q2hlY2s=",
    b"Content-MD5: two words", b"Content-Location: http://x.test/a",
    b"Content-Location: http://x.test/a\n b", b"Content-Location:",
    b"Content-Language: de", b"Content-Language: de, en-GB (c),fr",
    b"Content-Language: ", b"Content-Language: de;en", b"Content-Language: ,,",
    b"Content-Disposition: inline", b"Content-Disposition: ATTACHMENT",
    b"Content-Disposition: attachment; filename=a.txt",
    b"Content-Disposition: attachment; filename=\"a b.txt\"; x=y",
    b"Content-Disposition: attachment; filename*=utf-8''caf%C3%A9",
    b"Content-Disposition: attachment; filename*0=\"a\"; filename*1=\"b\"",
    b"Content-Disposition: attachment; filename", b"Content-Disposition:",
    b"Content-Disposition: ; filename=a", b"Content-Disposition: a b; c=d",
    b"Content-Disposition: \"attachment\"; filename=a",
    b"Content-Disposition: attachment;\n filename=a\nContent-Disposition: inline",
]


def fields():
    for i, field in enumerate(FIELDS):
        yield f"field {i}: {field!r}", part(
            b"text/plain; charset=utf-8", TEXT, MIME + field + b"\n")
        yield f"field {i} of a part", multipart(b"mixed", [part(
            b"text/plain", TEXT, field + b"\n"), PLAIN])


def bodies():
    text = "Über den Wolken — ganz schön weit: naïve café\n" * 3
    for name, charset in {"utf-8": "utf-8", "latin-1": "iso-8859-1",
                          "cp1252": "windows-1252"}.items():
        raw = text.encode(name, "replace")
        kind = b"text/plain; charset=" + charset.encode()
        yield f"8bit {name}", part(
            kind, raw, MIME + b"Content-Transfer-Encoding: 8bit\n")
        yield f"base64 {name}", part(
            kind, base64.encodebytes(raw),
            MIME + b"Content-Transfer-Encoding: base64\n")
        yield f"quoted-printable {name}", part(
            kind, quoted_printable(raw),
            MIME + b"Content-Transfer-Encoding: quoted-printable\n")
    for name, raw in {
            "no padding": b"VGhlIHNreQ", "one line": b"VGhlIHNreQ==",
            "blanks": b"VG hl\nIH\t Nr eQ ==\n", "garbage": b"VG!hl~IHNreQ==\n",
            "two units": b"VGhl\nIHNreQ==\nVGhl\n", "text behind": b"VGhl\n\nx\n",
            "empty": b"", "nul in it": b"AGEAYg==\n", "cut": b"VGhlI\n",
            "odd padding": b"VGhlIA=\n=IHNreQ==\n"}.items():
        yield f"base64, {name}", part(
            b"text/plain", raw, MIME + b"Content-Transfer-Encoding: base64\n")
    for name, raw in {
            "soft ends": b"so=\nft =\n end=  \nx\n", "bad": b"a=b =G1 =4\n",
            "lower": b"caf=c3=a9\n", "blanks at the end": b"a   \nb\t\n",
            "cut": b"a=", "equals": b"1=3D1\n", "nul": b"a=00b\n",
            "crlf": b"a=0D=0Ab\n", "empty": b""}.items():
        yield f"quoted-printable, {name}", part(
            b"text/plain; charset=utf-8", raw,
            MIME + b"Content-Transfer-Encoding: quoted-printable\n")
    yield "unknown encoding", part(
        b"text/plain", TEXT, MIME + b"Content-Transfer-Encoding: x-own\n")
    yield "binary", part(b"application/octet-stream", bytes(range(1, 256)),
                         MIME + b"Content-Transfer-Encoding: binary\n")


def quoted_printable(raw):
    return b"".join(b"\n" if c == 10 else b"=%02X" % c
                    if c > 126 or c == 61 else bytes([c]) for c in raw)


def multiparts():
    both = [PLAIN, HTML]
    yield "mixed", multipart(b"mixed", [PLAIN, DATA])
    yield "alternative", multipart(b"alternative", both)
    yield "one part", multipart(b"mixed", [PLAIN])
    yield "uppercase", multipart(b"MIXED", both).replace(
        b"multipart/", b"MULTIPART/").replace(b"boundary=", b"BOUNDARY=")
    yield "preamble and epilogue", multipart(
        b"mixed", both, before=b"preamble\nof two lines\n\n",
        after=b"epilogue\n--cut\nno part\n")
    yield "no preamble's line", multipart(b"mixed", both, before=b"")
    yield "not closed", multipart(b"mixed", both, last=b"")
    yield "not closed, no line end", multipart(
        b"mixed", both, last=b"").rstrip(b"\n")
    yield "closed without a line end", multipart(
        b"mixed", both, last=b"\n--%s--")
    yield "closed at once", multipart(b"mixed", [], last=b"--%s--\n")
    yield "no part", multipart(b"mixed", [], last=b"")
    yield "no part, but text", multipart(b"mixed", [], last=b"just text\n")
    yield "part without a header", multipart(b"mixed", [b"\nbody\n", PLAIN])
    yield "part without an empty line", multipart(
        b"mixed", [b"no header\n", PLAIN])
    yield "part of a header", multipart(
        b"mixed", [b"Content-Type: text/html\n", PLAIN])
    yield "part of a header, unended", multipart(
        b"mixed", [b"Content-Type: text/html", PLAIN])
    yield "empty part", multipart(b"mixed", [b"", PLAIN, b"\n"])
    yield "blank parts", multipart(b"mixed", [b"\n\n", b"\n\n\n"])
    yield "boundary quoted", multipart(
        b"mixed", both, boundary=b"a b=c:d/e", quoted=True)
    yield "boundary of blanks behind", multipart(b"mixed", both).replace(
        b"--cut\n", b"--cut \t\n")
    yield "boundary that begins alike", multipart(
        b"mixed", [part(b"text/plain", b"--cutter\ntext\n--cu\nmore\n"), HTML])
    yield "boundary in the text", multipart(
        b"mixed", [part(b"text/plain", b"text --cut\n --cut\nmore\n"), HTML])
    yield "boundary longer than 70", multipart(
        b"mixed", both, boundary=b"b" * 120)
    yield "boundaries nested alike", multipart(b"mixed", [
        multipart(b"alternative", both, boundary=b"cut2", head=b""), PLAIN])
    yield "boundaries nested the same", multipart(b"mixed", [
        multipart(b"alternative", both, head=b""), PLAIN])
    yield "inner not closed", multipart(b"mixed", [
        multipart(b"alternative", both, boundary=b"in", head=b"", last=b""),
        PLAIN])
    yield "crlf", multipart(b"mixed", [PLAIN, DATA]).replace(b"\n", b"\r\n")
    yield "digest", multipart(b"digest", [
        b"\n" + LETTER, b"\n" + LETTER, PLAIN])
    yield "encoded multipart", multipart(
        b"mixed", both, head=MIME + b"Content-Transfer-Encoding: base64\n")
    yield "no version", multipart(b"mixed", both, head=HEAD)
    yield "with all fields", multipart(
        b"mixed; a=b", both, head=MIME + b"Content-Language: de\n"
        b"Content-Disposition: inline; x=y\nContent-Location: here\n")
    yield "many parts", multipart(b"mixed", [PLAIN] * 120)
    deep = PLAIN
    for i in range(30):
        deep = multipart(b"mixed", [deep], boundary=b"b%d" % i, head=b"")
    yield "deep", MIME + deep
    yield "fields of parts in the body", multipart(
        b"mixed", [PLAIN + b"Content-Type: text/html\n\nno header\n"])


def letters():
    """message/rfc822 of all kinds."""
    inner = multipart(b"mixed", [PLAIN, DATA], boundary=b"in")
    kinds = {
        "plain": LETTER, "multipart": inner, "empty": b"",
        "header only": HEAD, "body only": b"\njust a body\n",
        "unended": HEAD + b"\nno line end",
        "html": part(b"text/html", b"<b>x</b>\n", MIME),
        "letter": MIME + b"Content-Type: message/rfc822\n\n" + inner,
        "no header": b"no field\n\nbody\n", "line end": b"\n",
    }
    for name, letter in kinds.items():
        yield f"letter of {name}", (
            MIME + b"Content-Type: message/rfc822\n\n" + letter)
        yield f"part of letter of {name}", multipart(
            b"mixed", [PLAIN, part(b"message/rfc822", letter), HTML])
    yield "letter in base64", multipart(b"mixed", [part(
        b"message/rfc822", base64.encodebytes(LETTER),
        b"Content-Transfer-Encoding: base64\n"), PLAIN])
    yield "letter with fields", multipart(b"mixed", [part(
        b"message/rfc822; a=b", LETTER, b"Content-Description: a letter\n"
        b"Content-Disposition: attachment; filename=x.eml\n"
        b"Content-ID: <l@x.test>\nContent-Language: fr\n")])
    yield "the RFC's own example", multipart(b"mixed", [
        PLAIN, DATA, part(b"message/rfc822", multipart(
            b"mixed", [PLAIN, DATA], boundary=b"three")),
        multipart(b"mixed", [part(b"image/gif", b"GIF89a\n"), part(
            b"message/rfc822", multipart(b"mixed", [PLAIN, multipart(
                b"alternative", [PLAIN, part(b"text/richtext", TEXT)],
                boundary=b"alt", head=b"")], boundary=b"four2"))],
            boundary=b"four", head=b"")], boundary=b"outer")


def anything(rng, depth=0):
    """An entity at random, header and body."""
    kind = rng.randrange(8 if depth < 4 else 5)
    head = b"".join(rng.sample([f + b"\n" for f in FIELDS], rng.randrange(4)))
    if kind < 3:
        return part(rng.choice(TYPES), rng.choice(
            [TEXT, b"", b"\n", b"no end", b"a\r\nb\n", TEXT * 20]), head)
    if kind == 3:
        return head + b"\n" + TEXT
    if kind == 4:
        return part(b"message/rfc822", rng.choice([LETTER, HEAD, b"", TEXT]),
                    head)
    if kind == 5:
        return part(b"message/rfc822", HEAD + anything(rng, depth + 1), head)
    return multipart(
        rng.choice([b"mixed", b"alternative", b"digest", b"signed; a=b"]),
        [anything(rng, depth + 1) for _ in range(rng.randrange(5))],
        boundary=rng.choice([b"x", b"xy", b"xyz", b"q%d" % depth]),
        head=head, before=rng.choice([b"", b"preamble\n", b"\n"]),
        after=rng.choice([b"", b"epilogue\n", b"\n\n"]),
        last=rng.choice([b"\n--%s--\n", b"--%s--\n", b"\n--%s--", b"", b"\n"]))


def at_random(count=100, seed=11):
    rng = random.Random(seed)
    for i in range(count):
        header = FROM + b"".join(
            name + b": " + rng.choice(values) + b"\n"
            for name, values in ((b"To", ADDRESSES), (b"Subject", SUBJECTS),
                                 (b"Date", DATES), (b"Cc", ADDRESSES))
            if rng.random() < 0.7)
        yield f"random {i}", header + b"MIME-Version: 1.0\n" + anything(rng)


def messages():
    for kind in (headers, folds, line_ends, subjects, addresses, dates, types,
                 fields, bodies, multiparts, letters, at_random):
        yield from kind()
