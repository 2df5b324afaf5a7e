"""posteld beside Exim: SMTP; and what only RFCs can say of LMTP."""

import base64
import socket

import servers
from authority import Authority
from harness import LiveCase
from wire import Smtp

USERS = {name: "gaul77" for name in servers.Exim.MAILBOXES}
HELLO, SENDER = b"EHLO x.test", b"MAIL FROM:<a@x.test>"
RECIPIENT = b"RCPT TO:<asterix@mail.test>"
SHORT = {b"E": HELLO, b"M": SENDER, b"R": RECIPIENT}
PLAIN, WRONG = (base64.b64encode(b"\0asterix\0" + w)
                for w in (b"gaul77", b"wrong"))


class Reference(servers.Exim):
    """Exim that bears with many mistakes."""

    def _configuration(self):
        return ("smtp_max_synprot_errors = 1000\n"
                "smtp_accept_max_nonmail = 1000\n"
                "smtp_max_unknown_commands = 1000\n"
                + super()._configuration())


class Octets:
    """Octets that are sent as they are, and how many replies they want."""

    def __init__(self, octets, replies=1):
        self.octets, self.replies = octets, replies


class Case(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = cls.enterClassContext(Authority())
        cls.exim = cls.with_server(Reference(cls.authority, users=USERS))
        cls.posteld = cls.with_server(servers.Posteld(
            USERS, cls.authority, aliases={"gauls": "asterix, obelix"}))

    def codes(self, port, steps, hello=None):
        """The codes of the replies, and "end" when the server leaves."""
        found = []
        with Smtp(port, hello) as session:
            try:
                for step in steps:
                    if isinstance(step, bytes):
                        step = Octets(step + b"\r\n")
                    session.send(step.octets)
                    found += [int(session.reply()[-1][:3])
                              for _ in range(step.replies)]
            except ConnectionError:
                found.append("end")
        return found

    def both(self, steps):
        return [self.codes(server.smtp, steps)
                for server in (self.exim, self.posteld)]

    @staticmethod
    def steps(text):
        return [SHORT.get(step, step) for step in text.split(b"|")]

    def same(self, text):
        """Conversations, one a line: the same codes."""
        for line in filter(None, map(bytes.strip, text.split(b"\n"))):
            with self.subTest(line):
                exim, posteld = self.both(self.steps(line))
                self.assertEqual(exim, posteld)

    def differ(self, text, exim, posteld, rfc):
        """The last codes of each are these, and the RFC decides for that of
        posteld."""
        self.assertTrue(rfc)
        for line in filter(None, map(bytes.strip, text.split(b"\n"))):
            with self.subTest(line):
                found = self.both(self.steps(line))
                self.assertEqual([f[-1] for f in found], [exim, posteld], rfc)
                self.assertEqual(found[0][:-1], found[1][:-1])


class Commands(Case):
    def test_order(self):
        self.same(b"""
            E
            HELO x.test|NOOP
            NOOP|RSET|HELP|QUIT
            M
            R
            DATA
            E|R
            E|DATA
            E|M|DATA
            E|M|M
            E|M|R|E|R
            E|M|R|HELO x|DATA
            E|M|R|RSET|DATA
            E|M|R|RSET|R
            E|M|R|NOOP|DATA
            E|M|R|R|DATA
            E|M|RCPT TO:<nobody@mail.test>|DATA
            E|M|RCPT TO:<nobody@mail.test>|R|DATA
            E|M|R|QUIT
            E|E|M
            STARTTLS x
            E|STARTTLS x
            E|BOGUS
            E|
            E|TURN
            E|SEND FROM:<a@b.test>
            E|LHLO x.test""")

    def test_arguments(self):
        self.same(b"""
            E|NOOP x y
            E|QUIT x
            E|RSET x
            E|M|R|DATA x
            E|VRFY
            E|VRFY asterix@mail.test
            E|VRFY <asterix@mail.test>
            E|HELP NOOP
            e|ehlo x.test|noop""")
        self.differ(b"E|HELP x", 214, 504, "RFC 5321 4.3.2")
        self.differ(b"E|VRFY asterix", 501, 250,
                    "RFC 5321 3.5.1: a user's name")
        self.differ(b"E|VRFY nobody", 501, 550, "RFC 5321 3.5.3")
        self.differ(b"E|ETRN x", 458, 500, "RFC 1985, which is not offered")
        # RFC 5321 4.1.1.7 wants an argument; this Exim refuses them all.
        self.differ(b"E|EXPN", 550, 501, "RFC 5321 4.1.1.7")
        self.differ(b"E|EXPN gauls", 550, 250, "RFC 5321 3.5.2")
        # A list is none for VRFY, a user none for EXPN.
        for command, code in ((b"VRFY gauls", 550), (b"EXPN asterix", 550)):
            self.assertEqual(self.codes(self.posteld.smtp, [command]), [code])

    def test_leading_space_of_a_command(self):
        self.assertEqual(*self.both([b" EHLO x.test", b"  NOOP"]))

    def test_hello(self):
        for verb in b"EHLO", b"HELO":
            self.same(b"\n".join(verb + b" " + name for name in (
                b"x", b"x.test", b"X-1.test", b"[127.0.0.1]", b"[IPv6:::1]",
                b"1.2.3.4", b"x y", b"x_y", b"<x>", b"[1.2", b"[1.2.3]",
                b"[999.1.1.1]", b"[IPv6:x]", b"a@b", b"a;b", b"x/y",
                b"\xc3\xa9.test", b"", b"  ")))
            self.differ(verb + b" -x\n" + verb + b" .x\n" + verb + b" x.\n"
                        + verb + b" x..y\n" + verb + b" x-", 250, 501,
                        "RFC 5321 4.1.2: Domain")

    def test_refused_hello_changes_nothing(self):
        self.same(b"""
            EHLO <x>|M
            E|M|R|EHLO <x>|DATA""")

    def test_lines(self):
        for length in 500, 600, 3000, 13000:
            exim, posteld = self.both([HELLO, b"NOOP " + b"x" * length,
                                       b"NOOP"])
            self.assertEqual(exim, posteld)
        # Of a line that does not end posteld reads no more (500 is RFC 5321
        # 4.5.3.1.10).
        exim, posteld = self.both([HELLO, b"NOOP " + b"x" * 17000])
        self.assertEqual((exim, posteld), ([250, 500], [250, 500]))
        # RFC 5321 2.3.8: LF alone is no line end; Exim takes it.
        exim, posteld = self.both([Octets(HELLO + b"\n"), b"NOOP"])
        self.assertEqual((exim, posteld), ([250, 250], [500, 250]))
        # RFC 5321 4.1.2: NUL is in nothing.
        exim, posteld = self.both([HELLO, b"NOOP\0", b"NOOP"])
        self.assertEqual([c // 100 for c in exim], [2, 5, 2])
        self.assertEqual([c // 100 for c in posteld], [2, 5, 2])

    def test_too_many_errors(self):
        """RFC 5321 4.3.2, 3.8: 421, then the server may go."""
        found = self.codes(self.posteld.smtp, [b"BOGUS"] * 25)
        self.assertEqual(found, [500] * 20 + [421, "end"])

    def test_pipelining(self):
        for octets, replies in (
                (SENDER + b"\r\n" + RECIPIENT + b"\r\nDATA\r\n", 3),
                (SENDER + b"\r\nRCPT TO:<nobody@mail.test>\r\nDATA\r\n", 3),
                (SENDER + b"\r\nBOGUS\r\n" + RECIPIENT + b"\r\n", 3),
                (SENDER + b"\r\nRCPT TO:<nobody@mail.test>\r\n" + RECIPIENT
                 + b"\r\nRSET\r\n" + SENDER + b"\r\n", 5)):
            exim, posteld = self.both([HELLO, Octets(octets, replies)])
            self.assertEqual(exim, posteld)
        exim, posteld = self.both([
            HELLO, SENDER, RECIPIENT, b"DATA",
            Octets(b"a: b\r\n\r\nc\r\n.\r\n" + SENDER + b"\r\nQUIT\r\n", 3),
            b"NOOP"])
        self.assertEqual(exim, posteld)
        self.assertEqual(posteld[-4:], [250, 250, 221, "end"])


class Envelope(Case):
    def of(self, before, arguments, behind=b""):
        return b"\n".join(before + argument + behind
                          for argument in arguments)

    SENDERS = (
        b"<>", b"<a@x.test>", b" <a@x.test>", b"a@x.test", b"<a@x>",
        b"<a@x.test", b"a@x.test>", b"<<a@x.test>>", b"<a@>", b"<@x.test>",
        b"<a b@x.test>", b"<a@x y.test>", b"<a@b@x.test>", b'<"a b"@x.test>',
        b'<"a\\"b"@x.test>', b'<"a@x.test>', b'<"a"b@x.test>', b'<""@x.test>',
        b'<"a@b"@x.test>', b"<a@[999.0.0.1]>", b"<a@[127.0.0.1>", b"<a@[]>",
        b"<a@-x.test>", b"<a@x..test>", b"<a@x.test.>",
        b"<a@.x.test>", b"<a@x_y.test>", b"<a,b@x.test>", b"<a:b@x.test>",
        b"<a;b@x.test>", b"<a[b@x.test>", b"<!#$%&'*+-/=?^_`{|}~@x.test>",
        b"<a..b@x.test>", b"<.a@x.test>", b"<a.@x.test>",
        b"<@r.test:a@x.test>", b"<@r.test,@s.test:a@x.test>",
        b"<@r.test,a@x.test>", b"<r.test:a@x.test>", b"<@:a@x.test>",
        b"<@r.test:>", b"<@r.test>", b"<@r..test:a@x.test>",
        b"", b" ")

    def test_senders(self):
        self.same(self.of(b"E|MAIL FROM:", self.SENDERS))
        self.same(b"E|mail from:<a@x.test>")
        self.differ(b"E|MAIL FROM:<a@[127.0.0.1]>\n"
                    b"E|MAIL FROM:<a@[IPv6:::1]>", 501, 250,
                    "RFC 5321 4.1.3; Exim wants to be told so")
        self.differ(b"E|MAIL FROM:<a>", 501, 250,
                    "a user of this server; RFC 5321 4.1.2 has domains")
        self.differ(b"E|MAIL FROM:<a\\b@x.test>\nE|MAIL FROM:<a(b)@x.test>",
                    250, 501, "RFC 5321 4.1.2: Atom")
        self.differ(b"E|MAIL FROM:<a@x-.test>\n"
                    b"E|MAIL FROM:<@r.test,:a@x.test>", 250, 501,
                    "RFC 5321 4.1.2: Domain, A-d-l")
        self.differ(b"E|MAIL\nE|MAIL FROM\nE|MAIL TO:<a@x.test>\n"
                    b"E|MAIL FROM : <a@x.test>", 500, 501, "RFC 5321 4.2.4")

    def test_recipients(self):
        self.same(self.of(b"E|M|RCPT TO:", (
            b"<asterix@mail.test>", b" <asterix@mail.test>", b"<>", b"",
            b"<ASTERIX@MAIL.TEST>", b'<"asterix"@mail.test>',
            b'<"aster\\ix"@mail.test>', b'<"asterix "@mail.test>',
            b"<@r.test:asterix@mail.test>", b"asterix@mail.test",
            b"<@r.test,@s.test:asterix@mail.test>", b"<asterix@mail.test",
            b"<nobody@mail.test>", b"<asterix@gmail.com>", b"<asterix@>",
            b"<@mail.test>", b"<asterix@mail.test.>",
            b"<asterix@obelix@mail.test>")))
        self.same(b"E|M|rcpt to:<asterix@mail.test>")
        self.differ(b"E|M|RCPT TO:<a b@mail.test>", 550, 501,
                    "RFC 5321 4.1.2: Atom")
        # RFC 5321 4.5.1, 4.1.1.3.
        self.differ(b"E|M|RCPT TO:<postmaster@mail.test>\n"
                    b"E|M|RCPT TO:<Postmaster>", 550, 250, "RFC 5321 4.5.1")
        self.differ(b"E|M|RCPT TO:<asterix>", 501, 250,
                    "a user of this server; RFC 5321 4.1.2 has domains")
        self.differ(b"E|M|RCPT TO:<asterix@[127.0.0.1]>", 501, 250,
                    "RFC 5321 4.1.3: its own address")
        self.differ(b"E|M|RCPT TO:<asterix@elsewhere.example>", 550, 250,
                    "RFC 2606: domains for examples are all its own")
        self.differ(b"E|M|RCPT\nE|M|RCPT TO\n"
                    b"E|M|RCPT FROM:<asterix@mail.test>", 500, 501,
                    "RFC 5321 4.2.4")

    def test_parameters(self):
        self.same(self.of(b"E|MAIL FROM:<a@x.test>", (
            b" SIZE=10", b" size=10 body=8bitmime", b" SIZE=99999999999",
            b" BODY=7BIT", b" BODY=8BITMIME", b" BODY=BINARYMIME", b" BODY=x",
            b" BODY", b" SMTPUTF8", b" SMTPUTF8=x", b" AUTH=<>",
            b" AUTH=a@x.test", b" AUTH=a+2Bb", b" AUTH=a+zz", b"  SIZE=1 ",
            b"SIZE=10")))
        self.same(b"E|MAIL FROM:<> SIZE=1|R")
        self.differ(self.of(b"E|MAIL FROM:<a@x.test>", (
            b" SIZE=x", b" SIZE=", b" SIZE")), 250, 501, "RFC 1870 4")
        self.differ(b"E|MAIL FROM:<a@x.test> SIZE=-1", 552, 501, "RFC 1870 4")
        self.differ(b"E|MAIL FROM:<a@x.test> AUTH=", 250, 501, "RFC 3461 4")
        unknown = "RFC 5321 4.1.1.11: 555"
        self.differ(self.of(b"E|MAIL FROM:<a@x.test>", (
            b" BOGUS", b" BOGUS=1", b" =1", b" x y")), 501, 555, unknown)
        self.differ(self.of(b"E|M|RCPT TO:<asterix@mail.test>", (
            b" BOGUS=1", b" SIZE=1")), 501, 555, unknown)
        # RFC 5321 2.2.1: behind HELO there are no extensions.
        self.differ(self.of(b"HELO x|MAIL FROM:<a@x.test>", (
            b" SIZE=1", b" BODY=8BITMIME")), 501, 555, unknown)
        self.differ(b"E|HELO x|MAIL FROM:<a@x.test> SIZE=1", 501, 555,
                    unknown)

    def test_utf8(self):
        name = "é@x.test".encode()
        self.same(b"E|MAIL FROM:<" + name + b"> SMTPUTF8\n"
                  b"E|MAIL FROM:<a@" + name[:2] + b".test> SMTPUTF8|R\n"
                  b"E|MAIL FROM:<a@x.test> SMTPUTF8|"
                  b"RCPT TO:<" + name[:2] + b"@mail.test>")
        self.differ(b"E|MAIL FROM:<" + name + b">", 250, 553,
                    "RFC 6531 3.5")
        self.differ(b"E|MAIL FROM:<\xff@x.test> SMTPUTF8", 250, 501,
                    "RFC 6531 3.3")

    def test_dsn(self):
        """Exim offers no DSN: RFC 3461 4 alone."""
        for before, arguments, code in (
                (b"E|MAIL FROM:<a@x.test> ", (b"RET=FULL", b"RET=hdrs",
                                              b"ENVID=a+2Bb"), 250),
                (b"E|MAIL FROM:<a@x.test> ", (b"RET=x", b"RET", b"ENVID=",
                                              b"ENVID=a+b", b"ENVID=a=b"),
                 501),
                (b"E|M|RCPT TO:<asterix@mail.test> ", (
                    b"NOTIFY=NEVER", b"NOTIFY=success,FAILURE,DELAY",
                    b"ORCPT=rfc822;a@x.test"), 250),
                (b"E|M|RCPT TO:<asterix@mail.test> ", (
                    b"NOTIFY=", b"NOTIFY=NEVER,DELAY", b"NOTIFY=x",
                    b"ORCPT=a@x.test", b"ORCPT=;a", b"ORCPT=rfc822;"), 501)):
            for argument in arguments:
                with self.subTest(argument):
                    self.assertEqual(self.codes(
                        self.posteld.smtp,
                        self.steps(before + argument))[-1], code)

    def test_hundred_recipients(self):
        """RFC 5321 4.5.3.1.8; Exim has been told 200."""
        exim, posteld = self.both([HELLO, SENDER, *[RECIPIENT] * 101])
        self.assertEqual((exim[-1], posteld[-2:]), (250, [250, 452]))


class Login(Case):
    def test_exchanges(self):
        name, word, wrong = map(base64.b64encode,
                                (b"asterix", b"gaul77", b"wrong"))
        self.same(b"""
            E|AUTH BOGUS
            E|AUTH PLAIN %(plain)s
            E|AUTH PLAIN|%(plain)s
            E|auth plain %(plain)s
            E|AUTH PLAIN|*|NOOP
            E|AUTH PLAIN *|NOOP
            E|AUTH PLAIN|x|NOOP
            E|AUTH PLAIN =|NOOP
            E|AUTH PLAIN %(bad)s|NOOP
            E|AUTH LOGIN|%(name)s|%(word)s
            E|AUTH LOGIN|%(name)s|%(wrong)s
            E|AUTH LOGIN|*
            E|AUTH LOGIN|%(name)s|*
            E|AUTH LOGIN %(name)s|%(word)s
            E|AUTH PLAIN %(plain)s|AUTH PLAIN %(plain)s
            E|M|AUTH PLAIN %(plain)s
            AUTH PLAIN %(plain)s
            E|AUTH PLAIN %(plain)s|E|AUTH PLAIN %(plain)s
            E|AUTH PLAIN %(plain)s|RSET|AUTH PLAIN %(plain)s
            E|AUTH PLAIN %(bad)s|AUTH PLAIN %(plain)s
            """ % {b"plain": PLAIN, b"bad": WRONG, b"name": name,
                   b"word": word, b"wrong": wrong})
        self.differ(b"E|AUTH", 504, 501, "RFC 5321 4.2.4")

    def test_auth_wants_ehlo(self):
        self.same(b"HELO x|AUTH PLAIN " + PLAIN)

    def secure(self, server, before=()):
        """A session behind STARTTLS, and the codes until then."""
        session = Smtp(server.smtp)
        self.addCleanup(session.close)
        found = [session.code(line) for line in (*before, HELLO, b"STARTTLS")]
        session.starttls(self.authority.ca)
        return session, found

    def test_starttls_forgets(self):
        """RFC 3207 4.2."""
        for lines in ([SENDER], [RECIPIENT], [b"DATA"], [HELLO, RECIPIENT],
                      [HELLO, b"STARTTLS"], [HELLO, SENDER, RECIPIENT],
                      [b"AUTH PLAIN " + PLAIN],
                      [HELLO, b"AUTH PLAIN " + PLAIN, SENDER]):
            codes = []
            for server in self.exim, self.posteld:
                session, found = self.secure(
                    server, [HELLO, SENDER, RECIPIENT])
                codes.append([found, *(session.code(line) for line in lines)])
            self.assertEqual(*codes, lines)
        for server in self.exim, self.posteld:
            session, _ = self.secure(server)
            session.send(HELLO + b"\r\n")
            self.assertNotIn(b"STARTTLS", b"\n".join(session.reply()))

    def test_login_before_starttls_is_forgotten(self):
        session, _ = self.secure(self.posteld,
                                 [HELLO, b"AUTH PLAIN " + PLAIN])
        session.say(HELLO)
        self.assertEqual(session.code(b"AUTH PLAIN " + PLAIN), 235)


class Messages(Case):
    """What comes of DATA and BDAT."""

    def setUp(self):
        super().setUp()
        self.exim.wait_delivered("asterix", 0)
        for server in self.exim, self.posteld:
            for path in server.inbox("asterix").files():
                path.unlink()

    def bodies(self, server):
        """And they are gone."""
        inbox = (server.wait_delivered("asterix", 1)
                 if server is self.exim else server.inbox("asterix"))
        found = []
        for path in inbox.files():
            content = path.read_bytes().replace(b"\r\n", b"\n")
            found.append(content.partition(b"\n\n")[2])
            path.unlink()
        return found

    def delivered(self, steps):
        codes = self.both([HELLO, SENDER, RECIPIENT, *steps, b"NOOP"])
        self.assertEqual(codes[0], codes[1])
        return codes[1], self.bodies(self.exim), self.bodies(self.posteld)

    def test_octets_stay(self):
        for body in (b"a\r\n", b"..\r\n...\r\n..a\r\n .\r\n",
                     b"\xff\xfe\x80\r\n", b"a\0b\r\n", b"x" * 998 + b"\r\n",
                     b"x" * 999 + b"\r\n", b"x" * 70000 + b"\r\n",
                     b"\r\n\r\n", b" \r\n\t\r\n", b"From a\r\n>From b\r\n",
                     b"QUIT\r\nRSET\r\n"):
            with self.subTest(body[:20]):
                octets = b"Subject: x\r\n\r\n" + body + b".\r\n"
                codes, *bodies = self.delivered([b"DATA", Octets(octets)])
                self.assertEqual(codes[-2:], [250, 250])
                wanted = body.replace(b"\r\n", b"\n").replace(b"\n..", b"\n.")
                wanted = wanted[1:] if wanted.startswith(b"..") else wanted
                self.assertEqual(bodies, [[wanted], [wanted]])

    def test_bdat_octets_stay(self):
        """RFC 3030 2: dots are as they are; the chunks may cut anything."""
        body = b".\r\n..\r\n\0\xff.\r\n.\r\n"
        whole = b"a: b\r\n\r\n" + body
        for cuts in [], [3], [6, 7], [8], list(range(1, len(whole))):
            ends = [*cuts, len(whole)]
            octets = b"".join(
                b"BDAT %d%s\r\n" % (end - begin, b" LAST" * (end is ends[-1]))
                + whole[begin:end] for begin, end in zip([0, *cuts], ends))
            codes, *bodies = self.delivered([Octets(octets, len(ends))])
            self.assertEqual(codes[3:], [250] * (len(ends) + 1))
            wanted = body.replace(b"\r\n", b"\n")
            self.assertEqual(bodies, [[wanted], [wanted]], cuts)

    def test_bdat_order(self):
        self.same(b"""
            E|BDAT
            E|BDAT x
            E|BDAT 0
            E|BDAT 0 LAST
            E|M|BDAT 0 LAST
            E|M|R|BDAT 0|M
            E|M|R|BDAT 0|DATA""")
        for steps in (
                [HELLO, SENDER, RECIPIENT,
                 Octets(b"BDAT 8 LAST\r\na: b\r\n\r\n"), b"BDAT 0 LAST"],
                [HELLO, SENDER, Octets(b"BDAT 8 LAST\r\nNOOP\r\n\r\n"),
                 b"NOOP"],
                [HELLO, SENDER, b"RCPT TO:<nobody@mail.test>", Octets(
                    b"BDAT 8\r\nNOOP\r\n\r\nBDAT 6 LAST\r\nNOOP\r\n", 2),
                 b"NOOP"],
                [HELLO, SENDER, RECIPIENT, b"DATA", Octets(
                    b"x: y\r\n\r\n.\r\n"), b"BDAT 0 LAST", b"DATA", RECIPIENT],
                [HELLO, SENDER, RECIPIENT, b"DATA", Octets(
                    b".\r\n"), SENDER, RECIPIENT, b"DATA", Octets(b".\r\n")]):
            self.assertEqual(*self.both(steps))
        # RFC 3030 2: "LAST" is all there may be behind the size; and a size
        # has no sign.  What follows is then no command.
        for line in b"BDAT 0 FIRST", b"BDAT 0 LAST x", b"BDAT -1", b"BDAT +1":
            self.assertEqual(self.codes(self.posteld.smtp, [
                HELLO, SENDER, RECIPIENT, line, b"NOOP"])[-2:], [501, "end"])
        # RSET forgets the chunks; Exim loses its way here.
        self.assertEqual(self.codes(self.posteld.smtp, [
            HELLO, SENDER, RECIPIENT, Octets(b"BDAT 3\r\na: "), b"RSET",
            SENDER, RECIPIENT, Octets(b"BDAT 8 LAST\r\nb: c\r\n\r\n")])[3:],
            [250, 250, 250, 250, 250])

    def test_bdat_wants_ehlo(self):
        """The octets are thrown away all the same (RFC 3030 2); to Exim they
        are commands."""
        exim, posteld = self.both([b"HELO x", SENDER, RECIPIENT, Octets(
            b"BDAT 6 LAST\r\nQUIT\r\n"), b"NOOP"])
        self.assertEqual(exim[3], 503)
        self.assertEqual(posteld[3:], [503, 250])

    def test_no_recipient_behind_bdat(self):
        """Whom it is for is known when the message begins."""
        exim, posteld = self.both([
            HELLO, SENDER, RECIPIENT, Octets(b"BDAT 6\r\na: b\r\n"),
            b"RCPT TO:<obelix@mail.test>", Octets(b"BDAT 2 LAST\r\n\r\n")])
        self.assertEqual(exim[:-1], posteld[:-1])
        self.assertEqual(posteld[-2:], [503, 250])
        self.assertEqual(len(self.posteld.inbox("obelix")), 0)

    def test_line_ends(self):
        """RFC 5321 2.3.8, 4.1.1.4: posteld refuses what Exim repairs."""
        for body in (b"a\rb\r\n", b"a\nb\r\n", b"x\n.\nMAIL FROM:<e@v>\r\n",
                     b"x\n.\r\nNOOP\r\n", b"x\r.\rNOOP\r\n", b"x\r\n.\nb\r\n",
                     b"x\r\r\n"):
            steps = [HELLO, SENDER, RECIPIENT, b"DATA",
                     Octets(b"a: b\r\n\r\n" + body + b".\r\n"), b"NOOP"]
            with self.subTest(body):
                self.assertEqual(self.codes(self.posteld.smtp, steps),
                                 [250, 250, 250, 354, 554, 250])
        self.assertEqual(self.codes(self.posteld.smtp, [
            HELLO, SENDER, RECIPIENT,
            Octets(b"BDAT 11 LAST\r\na: b\r\n\r\nx\ny"), b"NOOP"])[3:],
            [554, 250])
        self.assertEqual(self.bodies(self.posteld), [])

    def test_cut_off(self):
        """Nothing of a message that does not end is kept."""
        for octets in (b"DATA\r\n", b"DATA\r\na: b\r\n\r\nc\r\n",
                       b"DATA\r\na: b\r\n\r\nc\r\n.", b"BDAT 9\r\na: b\r\n",
                       b"BDAT 6\r\na: b\r\n", b"BDAT 6 LAST\r\na: b\r"):
            with Smtp(self.posteld.smtp, HELLO) as session:
                for line in SENDER, RECIPIENT:
                    session.say(line)
                session.send(octets)
                session.socket.shutdown(socket.SHUT_WR)
                session.rest()
        self.assertEqual(self.bodies(self.posteld), [])

    def test_quit_in_a_transaction(self):
        self.same(b"E|M|R|QUIT|NOOP")
        self.assertEqual(self.bodies(self.posteld), [])


class Lmtp(Case):
    """RFC 2033; Exim speaks it as a client only."""

    HELLO = b"LHLO x.test"
    OTHER = b"RCPT TO:<obelix@mail.test>"
    NOBODY = b"RCPT TO:<nobody@mail.test>"

    def lmtp(self, *steps):
        return self.codes(self.posteld.lmtp, steps)

    def count(self, user):
        return len(self.posteld.inbox(user))

    def test_verbs(self):
        self.assertEqual(self.lmtp(b"EHLO x", b"HELO x", SENDER, b"LHLO",
                                   b"LHLO <x>", self.HELLO, SENDER),
                         [500, 500, 503, 501, 501, 250, 250])

    def test_a_reply_for_each_recipient(self):
        """RFC 2033 4.2: of those that were taken, in their order."""
        message = b"a: b\r\n\r\nc\r\n.\r\n"
        before = self.count("asterix"), self.count("obelix")
        found = self.lmtp(
            self.HELLO, SENDER, RECIPIENT, self.NOBODY, self.OTHER, RECIPIENT,
            b"RCPT TO:<gauls@mail.test>", b"DATA", Octets(message, 4),
            b"NOOP")
        self.assertEqual(found, [250, 250, 250, 550, 250, 250, 250, 354,
                                 250, 250, 250, 250, 250])
        after = self.count("asterix"), self.count("obelix")
        self.assertEqual(after, (before[0] + 1, before[1] + 1))

    def test_nobody(self):
        """RFC 2033 4.2: 503 for DATA then."""
        self.assertEqual(self.lmtp(self.HELLO, SENDER, self.NOBODY, b"DATA",
                                   b"NOOP"), [250, 250, 550, 503, 250])

    def test_refused_message(self):
        self.assertEqual(self.lmtp(
            self.HELLO, SENDER, RECIPIENT, self.OTHER, b"DATA",
            Octets(b"a\nb\r\n.\r\n", 2), b"NOOP")[4:], [354, 554, 554, 250])

    def test_bdat(self):
        """RFC 3030 2, RFC 2033 4.3: many replies for LAST only."""
        self.assertEqual(self.lmtp(
            self.HELLO, SENDER, RECIPIENT, self.OTHER,
            Octets(b"BDAT 6\r\na: b\r\n"),
            Octets(b"BDAT 2 LAST\r\n\r\n", 2), b"NOOP")[4:],
            [250, 250, 250, 250])

    def test_no_recipient_behind_bdat(self):
        self.assertEqual(self.lmtp(
            self.HELLO, SENDER, RECIPIENT, Octets(b"BDAT 6\r\na: b\r\n"),
            self.OTHER, Octets(b"BDAT 2 LAST\r\n\r\n"), b"NOOP")[3:],
            [250, 503, 250, 250])

    def test_list_for_which_there_is_no_room(self):
        """Of those whom it means nobody gets what others get."""
        users = {f"user{i}": "gaul77" for i in range(120)}
        everybody = ", ".join(list(users)[50:])
        with servers.Posteld(users, aliases={"all": everybody}) as server:
            found = self.codes(server.lmtp, [
                self.HELLO, SENDER, *[
                    b"RCPT TO:<user%d@mail.test>" % i for i in range(60)],
                b"RCPT TO:<all@mail.test>", b"DATA",
                Octets(b"a: b\r\n.\r\n", 60)])
            self.assertEqual(found, [250] * 62 + [452, 354] + [250] * 60)
            self.assertEqual([len(server.inbox(user)) for user in users],
                             [1] * 60 + [0] * 60)
            found = self.codes(server.smtp, [
                HELLO, SENDER, *[
                    b"RCPT TO:<user%d@mail.test>" % i for i in range(60)],
                b"RCPT TO:<all@mail.test>", b"DATA",
                Octets(b"a: b\r\n.\r\n")])
            self.assertEqual([len(server.inbox(user)) for user in users],
                             [2] * 60 + [0] * 60)
