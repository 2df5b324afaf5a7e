"""Mail of all ages, and none: messages that servers must agree on.

Each is as a Maildir stores it, with LF or CRLF at the ends of its lines.
ENVELOPE, BODY and BODYSTRUCTURE of all of these are known to be the same, up
to the form of strings, in Dovecot 2.3 and in wire/imap_mail.h.  What is known
to differ is not here:

- "a*0=x; b*=y": Dovecot 2.3 takes the number of one parameter for the next
  one that has none ("b*0*").
- A NUL in a field's name, which Dovecot takes for its end.
- A folded line of one blank: Dovecot knows of no line end in front of it,
  which shows where a comment or a quoted string does not end.
- A text/plain in US-ASCII and 7bit: Dovecot gives types and parameters as
  they are written once, and then from its cache in lower case.
- A message/global in a multipart without a body of its own: Dovecot looks
  into none, so the last line end of its header is the boundary's.
- Headers of more than 256 KiB.
"""

import random
import re

ADDRESSES = r'''
a@b.example
John Doe <jdoe@machine.example>
"Joe Q. Public" <john.q.public@example.org>
Joe Q. Public <john.q.public@example.org>
Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>
<boss@nil.test>, "Giant; \"Big\" Box" <sysservices@example.org>
A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;
Undisclosed recipients:;
(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;
Pete(A nice \) chap) <pete(his account)@silly.test(his host)>
jdoe@test  . example
<@node.test,@b.test:mary@example.net>
"x"@b
"x y" @ b
a . b @ c . d
a..b@c
a.@c
.a@c
a@b..c
a@.b
a@b.
a@b.c.
a@[1.2.3.4]
a@[1.2
a@ [1.2] x
a@[1[2], c@d
a@[1\[2], c@d
a@[a(b)c] (d)
a@[ 1 2 ]
<a>
<a@b
<a@b> x
x <a@b> y, c@d
<>
x <>, c@d
x <a@b, c@d
<@r:a@b>
<@r a@b>
<@r,:a@b>
<@r,,@s:a@b>
<@r@s:a@b>
<@:a@b>
<@r>
<@r:>
<:a@b>
<a b@c>, d@e
<a@>
<@b>
<
<(
"a" <
< a @ b >
<a@b><c@d>
a@b<c@d>
a <b <c@d>
<"a b"@c>
<mailto:a@b>
mailto:a@b
g:;
g: ;
g:;,h:;
g:a@b;
g:a@b,c;x@y
g:a@b
g: a@b, (c
g:,a@b;
g (c):a@b;
"g h" i: a@b ; x@y
(g):a@b;
:a@b;
g: h: a@b;;, c@d
g: <a@b>, x y;
g:(
g:a b,c@d;,e@f
g:<a;,e@f
g:<a,b@c;,e@f
a:b:c
a
a (b)
a (b (c) d)
a (x) b
a (x) b (y)
(b) a
a@b (c) (d)
a@b ()
a@b (c\)d)
a@b (c\(d)
a@b (x) c
a@b (c\
a(
a@(
a@b(
a,(
a b
a b.
a.b.
a "b"
a [b]
a b c@d, e@f
a@b c@d, e@f
a b@c.d <e@f>
a@
@b
@
"a"
"a"@
"a" (x)
"a" b@c
"a".b@c
b."a"@c
""@c
"" <c@d>
"a\"b" <c@d>
"a\\" <c@d>
"a
a@b, "x
a.b <c@d>
a. b <c@d>
a .b <c@d>
. <c@d>
a\b <c@d>
a,b <c@d>
,a@b
a@b,,c@d
a@b, c@d,
a@b, (closed)
a@b, (unclosed
a@b;c@d
a;b
a, b:c@d,e;f
<a@b> (n)
n <a@b> (m)
(m) <a@b>
''
'a' <a@b>
root@localhost (Cron Daemon)
=?utf-8?q?a_b?= <c@d>
"=?utf-8?q?a_b?=" <c@d>
é <é@b>
"é" <a@é> (é)
'''.strip("\n").split("\n")

# Behind "Content-Type: ".
TYPES = r'''
text
text;charset=x
text /html
text/ html
text/
text/;a=b
/plain
text/plain foo
text/plain/x; a=b
text/pl@in; c=d
text/plain a=b; c=d
text/plain (comment
text (
text )
text (a)
(
(a)
multipart
multipart/
multipart/;boundary=x
message/rfc822 x
foo/bar
te.xt/pl.in
x
text/html; a
text/html;
text/html;;a=b
text/html; a=b;
text/html; a=b c=d; e=f
text/html; a="unterminated; b=c
text/html; =x; a=b
(c) text (c) / (c) html (c) ; (c) a (c) = (c) b (c)
text/html; a==?utf-8?q?b?= ; c=d
text/html; a=; b=c
text/html; a=b/c; d=e
text/html; a="x\"y\\"; b=c
text/html; a='x y'
text/html; a=""
text/html; a=b; a=c; A=d
text/html; charset
text/html; charset=""
text/html; CHARSET*0="x"
text/html; charset*="x"
text/html; a=b,c; d=e
text/html; a*1=x; a*0=y; b=z
text/html; a*0=x; A*1=y
text/html; A*0=x; a*1=y
text/html; a*0*=u''x%; a*1=%y; a*2*=z
text/html; a*0=x; a*1*=z%
text/html; a*=u''x; b=c
text/html; a*1*=1
text/html; a**=1
text/html; a*x=1
text/html; a*00=1; a*01=2
text/html; a*0=x; a*0=y
text/html; *0=2
text/html; a=é; b="é"
text/htmlé
application/octet-stream; name*0*=utf-8''%e2%82%ac; name*1=" rates"
'''.strip("\n").split("\n")

# Whole headers.
HEADERS = [
    b"", b"\n", b"Subject: x", b"Subject: x\n", b"Subject: x\n\n",
    b"\n\n", b"\nbody\n", b"\nbody",
    b"Subject:\n", b"Subject: \n", b"Subject:  \n", b"Subject: \t \n \n",
    b"Subject:  a \n b \n", b"Subject:\n a\n", b"Subject: a\n\tb\n\t\tc\n",
    b"Subject: a\t\tb\n", b"Subject: a\n \nDate: y\n",
    b"Subject: a\n \n b\nDate: y\n", b"Subject: a\nSubject: b\n",
    b"Subject: a\rb\n", b"Subject: a\r\rb\n", b"Subject: \ra\n",
    b"Subject: a\r\r\nDate: y\n", b"Subject: a\n\r\r\nDate: y\n",
    b"Subject: a\r", b"\rSubject: a\nDate: y\n",
    b"Subject: a\0\0b \0 c\n", b"Subject: \0\n", b"Subject: a\x01\x02\x7f\n",
    b"Subject: a\\\"\n", b"Subject: gr\xfc\xdf\n", b"Subject: \xc3\xbc\n",
    b"Subject: =?utf-8?q?x?=\n =?utf-8?q?y?=\n",
    b"Subject: " + b"a" * 5000 + b"\n", b"Subject: a\n" + b" b\n" * 1000,
    b"Subject : x\n", b"Subject\t: x\n", b"Subject\n : x\n",
    b" Subject: x\n", b"Sub ject: x\n", b"SUBJECT:x\n",
    b"Subject: x\n\x01: y\n z\nDate: q\n", b": x\nSubject: y\n",
    b"From x@y Mon\nSubject: x\n", b">From x@y Mon\nSubject: x\n",
    b"foo\n bar\nSubject: x\n", b"\xef\xbb\xbfSubject: x\nDate: y\n",
    b"Date:\n a\n", b"Date: \n", b"Date:  \n", b"Date:\n",
    b"Date:   x  \n", b"Date: x\n y\n", b"Date: a\rb  c\t\n d\n",
    b"Date: a\r\rb\n", b"Date: a\r b\n", b"Date: a \rb\n", b"Date: \ra\n",
    b"Date: a\n \rb\n", b"Date: a\r\r\n b\n", b"Date: a\0b\n",
    b"Date: \xec\n", b"Date: \xc3\xa9\"\\\n", b'Date: "x" \\ "y" " \n',
    b"Message-ID:\n\t<a>\n", b"Message-ID: <a>\nMessage-ID: <b>\n",
    b"In-Reply-To: <a>\n <b>\n", b"Message-ID: <a\n  b>\n",
    b"From: a@b\nSender:\n", b"From: a@b\nSender: \nReply-To: (c)\n",
    b"Sender: a@b\n", b"From: a@b\nSender: c@d\nReply-To: e@f\n",
    b"From: a@b\nFrom: c@d\n", b"To: a@b\nTo: c@d\nTo: \nTo: e@f\n",
    b"To: (x\nTo: c@d\n", b"To: g:a@b\nTo: c@d\nCc: x\nBcc: y\n",
    b"From: a\n b\n <c\n @d>\n", b'From: "a\n b" <"c\n d"@e>\n',
    b'From: "a\\\n b" <"c\\\n d"@e>\n', b"To: a@b (c\\\n d)\n",
    b"To: a@[b\n\tc]\n", b"To: a@[b\\\n c]\n", b"To: a@b (c\rd\n\te)\n",
    b'From: "a\rb" <"a\rb"@c>\n', b'From: "\x01\x7f" <a@b>\n',
    b'From: "\0" <"\0"@[\0]>\n', b"To: a\0b@c\n", b"To: a@b (x\0y)\n",
    b"To: \x01a@b\n", b"To: a@b\t\n", b"To: a@b, c@d, \n", b"To: x\xec@b\n",
    b"Content-Disposition: attachment\n",
    b"Mime-Version: 1.0\nContent-Disposition: attachment\n",
    b"MIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\n",
    b"MIME-Version: x\nContent-ID: a\rb\n c\0d \nContent-Description: \n"
    b"Content-MD5:\n a\nContent-Location:\n \n",
    b"Content-Type: a/b\nContent-Type: c/d\nContent-ID: a\nContent-ID: b\n"
    b"Content-Transfer-Encoding: x\nContent-Transfer-Encoding: y\n"
    b"Content-Disposition: a\nContent-Disposition: b; c=d\n"
    b"Content-Disposition: e; f=g\nContent-Language: a\n"
    b"Content-Language: b\nContent-MD5: a\nContent-MD5: b\n"
    b"Content-Location: a\nContent-Location: b\n"
    b"Content-Description: a\nContent-Description: b\n",
    b"Content-Type: a/b\nContent-Transfer-Encoding: \n"
    b"Content-Disposition: \nContent-Language: \n",
    b"Content-Type: a/b\nContent-Transfer-Encoding: 8bit x\n"
    b"Content-Disposition: (x) a(y)b; c=d\n"
    b"Content-Language: a-b , c(d),,e\n",
    b"Content-Type: a/b\nContent-Transfer-Encoding: (a) 8bit (x)\n"
    b"Content-Disposition: ;a=b\nContent-Language: ,a\n"
    b"Content-Language: de\n",
    b"Content-Type: a/b\nContent-Transfer-Encoding: 8bit;\n"
    b"Content-Disposition: a b; c=d\nContent-Language: a b, c\n",
    b"Content-Type: a/b\nContent-Transfer-Encoding: \"8bit\"\n"
    b"Content-Disposition: \"a\"; c=d\nContent-Language: \"a\"\n",
    b"Content-Type: a/b\nContent-Transfer-Encoding: 8bit(\n"
    b"Content-Disposition: a(; c=d\nContent-Language: a(, c\n",
    b"Content-Type: a/b\nContent-Disposition: attachment;\n"
    b" filename=\"gr\xfc\xdf \xc3\xbc \\\"x\\\" %s.txt\"; size=1;\n"
    b" filename*0*=utf-8''%c3%bc; filename*1=\"x\"\n",
    b"Content-Type: text/html; a=\"b\rc\n d\0e\"; f=\"\"\n",
    b"Content-Type: text/html; a=\"b\r\r\n c\\\n d\"\n",
    b"Content-Type:\n text/html;\n\tcharset\n =\n \"utf-8\"\n",
    b"Content-Type: text/html; a=b " + b"x" * 120 + b"; c=d\n",
    b"Content-Type: text/html; a=b " + b"x" * 150 + b"; c=d\n",
    b"Content-Type: text/html"
    + b"".join(b"; a%d=b" % i for i in range(200)) + b"\n",
    b"Content-Type: text/html"
    + b"".join(b"; a*%d=b" % i for i in range(200)) + b"\n",
    b"To: " + b"a, " * 500 + b"b@c\n",
]


def multipart(boundary, body, kind=b"mixed"):
    return (b"Content-Type: multipart/" + kind + b'; boundary="' + boundary
            + b'"\n\n' + body)


def nested(depth):
    """Multiparts in multiparts, none of whose boundaries begins another."""
    inner = b"\nx\n"
    for i in reversed(range(depth)):
        inner = multipart(b"=%d=" % i, b"--=%d=\n%s\n--=%d=--\n"
                          % (i, inner, i))
    return inner


LONG = b"x" * 200
MESSAGE = b"--a\nContent-Type: message/rfc822\n"

STRUCTURES = [
    multipart(b"a", b""),
    multipart(b"a", b"x\n"),
    multipart(b"a", b"--a\n\nx\n--a--\n"),
    multipart(b"a", b"pre\n--a\n\n\n\n--a--\nepi\n--a\n\nx\n"),
    multipart(b"a", b"--aX\n\nx\n--a Y\n\ny\n--a-\n\nz\n--a--foo\nepi\n"),
    multipart(b"a", b"--a\n\nx\n--a"), multipart(b"a", b"--a\n\nx\n--a--"),
    multipart(b"a", b"--a\n\nx\n--a\n"), multipart(b"a", b"--a\n\nx\n-"),
    multipart(b"a", b"--a\n\nx\n--"), multipart(b"a", b"--a\n\nx"),
    multipart(b"a", b"--a\n\n\r--a\n --a\n\t--a\n-a\n--A\n--a--\n"),
    multipart(b"a", b"--a\n\nx\n--a\r\r\n\nz\n--a--"),
    multipart(b"a", b"--a\nA: b\n--a\n--a\n\n--a\n\n\n--a--\n"),
    multipart(b"a--", b"--a--\n\nx\n--a----\n"),
    multipart(b"a--", b"--a--x\n\nx\n--a----x\n"),
    multipart(b"", b"--\n\nx\n--foo\n\ny\n----\nz\n--\n\nq\n"),
    multipart(b"a b", b"--a b\n\nx\n--a b--\n"),
    multipart(b"a ", b"--a \n\nx\n--a\n\nz\n--a --\n"),
    multipart(LONG, b"--" + LONG + b"\n\nx\n--" + LONG[:80] + b"\n\ny\n--"
              + LONG[:79] + b"\n\nz\n--" + LONG + b"--\n"),
    multipart(LONG[:80], b"--" + LONG[:80] + b"\n\nx\n--" + LONG[:81]
              + b"\n\ny\n--" + LONG[:79] + b"\n\nz\n--" + LONG[:80]
              + b"--\nq"),
    multipart(b"a", b"--a\n\n" + b"-" * 100000 + b"\n--a--\n"),
    multipart(b"a", b"--a\n\n" + b"--b\n" * 2000 + b"--a--\n"),
    multipart(b"a", b"--a\n\n" * 500 + b"--a--\n"),
    # nested: forgotten, reused, beginning each other
    multipart(b"a", b"--a\n" + multipart(
        b"b", b"--b\n\nx\n--a\n\n--b\n\ny\n--a--\n")),
    multipart(b"a", b"--a\n" + multipart(
        b"b", b"--b\n\nx\n--b--\n--a\n\ny\n--a--\n")),
    multipart(b"a", b"--a\n" + multipart(
        b"ab", b"--ab\n\nx\n--ab--\n--a\n\n--a--\n")),
    multipart(b"ab", b"--ab\n" + multipart(
        b"a", b"--a\n\nx\n--ab\n\n--a\n\n--ab--\n")),
    multipart(b"a", b"--a\n" + multipart(
        b"a", b"--a\n\nx\n--a--\n--a\n\n--a--\n")),
    multipart(b"a", b"--a\nContent-Type: multipart/x; boundary=b\n--b\n\nx\n"
              b"--b--\n--a\n\n--a--\n"),
    # messages in messages, whole and cut short
    b"Content-Type: message/rfc822\n",
    b"Content-Type: message/rfc822\n\n",
    b"Content-Type: message/rfc822\n\nSubject: in\nFrom: z\n\nx\n",
    b"Content-Type: message/rfc822\n\nContent-Type: text/html; name=x\n",
    b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
    b"Subject: in\n\nx\n",
    b"Content-Type: message/partial; id=x\n\nSubject: in\n\nx\n",
    b"Content-Type: message/global\n\nSubject: in\n\nx\n",
    b"Content-Type: message/rfc822; a=b\nContent-ID: i\nContent-MD5: m\n"
    b"Content-Disposition: a; b=c\nContent-Language: a,b\n"
    b"Content-Location: l\n\nContent-Disposition: none\n\ny\n",
    b"Content-Type: message/rfc822\n\n" + multipart(
        b"a", b"--a\n\nx\n--a--\nepi\n"),
    b"Content-Type: message/rfc822\n\n" + multipart(b"a", b"pre\n--a\n\nx\n"),
    multipart(b"a", MESSAGE + b"--a\n\n--a--\n"),
    multipart(b"a", MESSAGE + b"\n--a\n\n--a--\n"),
    multipart(b"a", MESSAGE + b"\nSubject: x\n--a\n\n--a--\n"),
    multipart(b"a", MESSAGE + b"\nSubject: x\n\n--a\n\n--a--\n"),
    multipart(b"a", MESSAGE + b"\n" + multipart(
        b"b", b"--b\n\nx\n--b--\n--a\n\n--a--\n")),
    multipart(b"a", MESSAGE + b"\n" + multipart(
        b"b", b"--b\nA: b\n--a\n\n--a--\n")),
    multipart(b"a", b"--a\nContent-Type: message/global\n\nA: b\n\nx\n"
              b"--a--\n"),
    # digests
    multipart(b"a", b"--a\n\nSubject: x\n\nfoo\n--a\nContent-Type: a/b\n\nx\n"
              b"--a--\n", b"digest"),
    multipart(b"a", b"--a\nSubject: x\n\nbody\n--a\n\nSubject: y\n"
              + multipart(b"b", b"--b\n\nfoo\n--b--\n")
              + b"--a\nContent-Type:\n\nx\n--a--\n", b"Digest"),
    multipart(b"a", b"--a\n--a\n\n--a\n\n\n--a--\n", b"digest"),
    # boundaries said in other ways
    b"Content-Type: multipart/mixed\n\n--a\n\nx\n--a--\n",
    b"Content-Type: multipart/mixed; boundary=a\n--a\n\nx\n--a--\n",
    b"Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\n\n--ab\n\n"
    b"x\n--ab--\n",
    b"Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\nx\n"
    b"--b\n\nx\n--a--\n",
    b"Content-Type: multipart/mixed; boundary*=a\n\n--a\n\nx\n--a--\n",
    b"Content-Type: text/html; boundary=a\n\n--a\n\nx\n--a--\n",
    b"Content-Type: multipart/mixed; boundary=a b c\n\n--a\n\nx\n--a--\n",
    b"Content-Type: multipart/mixed; boundary=a/b\n\n--a/b\n\nx\n--a/b--\n",
    b"Content-Type: multipart/mixed; boundary==a\n\n--=a\n\nx\n--=a--\n",
    b"Content-Type: multipart/; boundary=a\n\n--a\n\nx\n--a--\n",
    # too deep, too many
    nested(20), nested(99), nested(100), nested(150),
    b"Content-Type: message/rfc822\nSubject: s\n\n" * 99 + b"\nx\n",
    b"Content-Type: message/rfc822\nSubject: s\n\n" * 1000 + b"\nx\n",
    multipart(b"b", b"--b\n\n" * 9998 + b"--b--\n"),
    multipart(b"b", b"--b\n\n" * 9999 + b"--b--\n"),
    multipart(b"b", b"--b\n\n" * 10000 + b"--b--\n"),
    multipart(b"b", b"--b\nContent-Type: message/rfc822\n\n\n" * 6000
              + b"--b--\n"),
    multipart(b"b", b"--b\n" * 12000 + b"--b--\n"),
]

ORDINARY = b"""Return-Path: <a@b.example>
Received: from x (y [192.0.2.1])
\tby z; Mon, 1 Jan 2024 00:00:00 +0000
MIME-Version: 1.0
Date: Mon, 1 Jan 2024 00:00:00 +0000 (UTC)
Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= folded
 "subject" with (comment)
From: "A. B." <a.b@c.example>, Group: x@y.example, "Q, R" <q@r.example>;
To: undisclosed-recipients:;
Cc: a@b (Name), <@r.example,@s.example:x@y>, bare, two words
Reply-To: =?iso-8859-1?q?x?= <a@[127.0.0.1]>
In-Reply-To: <1@x.example>
Message-ID: <2@x.example>
Content-Type: multipart/mixed;
 boundary="=_outer"; charset=utf-8

preamble
--=_outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset="utf-8"; format=flowed
Content-Transfer-Encoding: quoted-printable

text =3D
--inner
Content-Type: text/html
Content-ID: <x@y.example>

<p>html</p>
--inner--

epilogue
--=_outer
Content-Type: application/pdf;
\tname*0*=utf-8''%e2%82%ac; name*1=" rates"; x=y
Content-Disposition: attachment; filename="a \\"b\\".pdf"; size=10
Content-Transfer-Encoding: base64
Content-MD5: abcd==
Content-Language: de, en-GB
Content-Location: http://x.example/
Content-Description: a description

AAAA
--=_outer
Content-Type: message/rfc822

From: in@side.example
Subject: inner
Content-Type: multipart/digest; boundary="=_outer2"

--=_outer2

Subject: d1

x
--=_outer2
Content-Type: text/html

y
--=_outer2--
--=_outer--
trailer
"""


def messages():
    """Pairs of a name, without spaces, and a message."""
    yield "ordinary", ORDINARY
    yield "ordinary-crlf", ORDINARY.replace(b"\n", b"\r\n")
    for i, value in enumerate(ADDRESSES):
        yield f"address-{i}", b"To: " + value.encode() + b"\n\nx\n"
        yield (f"address-latin1-{i}", b"From: " + value.encode(
            "latin-1") + b"\n\nx\n")
    for i, value in enumerate(TYPES):
        yield f"type-{i}", b"Content-Type: " + value.encode() + b"\n\nx\ny"
    for i, header in enumerate(HEADERS):
        yield f"header-{i}", header
        if b"\n\n" not in header and header.endswith(b"\n"):
            yield f"header-body-{i}", header + b"\nx\n"
    for i, message in enumerate(STRUCTURES):
        yield f"structure-{i}", message
        yield f"structure-crlf-{i}", message.replace(b"\n", b"\r\n")


OCTETS = b"()<>@,;:\\\"[]?=./*%' \t\n\r-a\xe9"


def _mutate(rng, seeds, lines):
    message = rng.choice(seeds)
    for _ in range(rng.choice([1, 1, 2, 3, 5, 8])):
        split = message.split(b"\n")
        at, other = rng.randrange(len(split)), rng.randrange(len(split))
        where = rng.randrange(len(message) + 1)
        how = rng.randrange(10)
        if how < 4:
            message = (message[:where] + bytes([rng.choice(OCTETS)])
                       + message[where + rng.choice([0, 0, 1, 2]):])
        elif how == 4:
            message = message[:where] + message[where + rng.randrange(1, 4):]
        elif how == 5:
            split.insert(at, rng.choice(lines))
            message = b"\n".join(split)
        elif how == 6:
            split[at], split[other] = split[other], split[at]
            message = b"\n".join(split)
        elif how == 7:
            split.insert(at, split[other])
            message = b"\n".join(split)
        elif how == 8:
            message = message[:where]
        else:
            seed = rng.choice(seeds)
            message = message[:where] + seed[rng.randrange(len(seed) + 1):]
    return message[:20000]


# What the docstring says.
DIFFERS = re.compile(rb"\*\d+\*?\s*=.*\*\s*=|^content-type:\s*text/plain\b"
                     rb"|\n[ \t]\r?(?:\n|\Z)|message/global",
                     re.I | re.S | re.M)


def mutations(count, seed=1):
    """So many messages of which each was one of those above, and is odder."""
    rng = random.Random(seed)
    seeds = [m for _, m in messages() if len(m) < 5000 and b"\0" not in m]
    lines = sorted({line for m in seeds for line in m.split(b"\n")})
    done = 0
    while done < count:
        message = _mutate(rng, seeds, lines)
        if not DIFFERS.search(message):
            yield f"mutation-{seed}-{done}", message
            done += 1
