"""SMTP on lab sheets (rows 3 to 7 and 16 to 18 of what courses ask for): the
same sessions with posteld and with Exim, with the same answers."""

import re
import smtplib
import socket

import hostile
import mails
from authority import Authority
from harness import CONNECT, DONE, LATER, PARTLY, REFUSED, USAGE, LiveCase
from labs import LabCase
from servers import Dovecot, Exim, Posteld

FROM, TO = "asterix@gaul.test", "obelix@mail.test"


class SmtpCase(LabCase):
    """Here the users are the mailboxes that Exim has."""

    other_class = Exim

    @classmethod
    def setUpClass(cls):
        LiveCase.setUpClass()
        cls.posteld = cls.with_server(Posteld(dict.fromkeys(
            Exim.MAILBOXES, "gaul")))
        cls.other = cls.with_server(Exim())
        cls.servers = (cls.posteld, cls.other)

    def setUp(self):
        LiveCase.setUp(self)
        for user in Exim.MAILBOXES:
            for server in self.servers:
                for path in server.inbox(user).files():
                    path.unlink()

    def delivered(self, user, count):
        """What lies in the user's INBOX of each server: header lines and
        body of every message."""
        self.other.wait_delivered(user, count)
        found = [[mails.split(c) for c in server.inbox(user).contents()]
                 for server in self.servers]
        for letters in found:
            self.assertEqual(len(letters), count)
        return found

    LETTER = ("From: Asterix <asterix@gaul.test>", "To: obelix@mail.test",
              "Subject: by hand", "", "First line.", ".dots lead", "..",
              "Last line.", ".")


class Row3SmtpByHand(SmtpCase):
    def test_the_session_of_the_sheet(self):
        answers = self.same("smtp", "HELO client.test",
                            f"MAIL FROM:<{FROM}>", f"RCPT TO:<{TO}>", "DATA",
                            *self.LETTER, "QUIT")
        self.assertEqual(answers, ["250", "250", "250", "250", "221"])
        for (lines, body), in self.delivered("obelix", 1):
            self.assertEqual(lines[-3:], [x.encode()
                                          for x in self.LETTER[:3]])
            self.assertEqual(body, b"First line.\n.dots lead\n..\n"
                                   b"Last line.\n")
            self.assertIn(f"Return-path: <{FROM}>".lower().encode(),
                          [x.lower() for x in lines])

    def test_data_is_asked_for_by_354(self):
        for server in self.servers:
            answers = self.session(server, "smtp", "HELO client.test",
                                   f"MAIL FROM:<{FROM}>", f"RCPT TO:<{TO}>",
                                   "DATA", "x", ".")
            self.assertEqual([line[:3] for line in answers[3]],
                             ["354", "250"])

    def test_order_of_the_commands(self):
        answers = self.same("smtp", f"MAIL FROM:<{FROM}>",
                            "HELO client.test", f"RCPT TO:<{TO}>",
                            f"MAIL FROM:<{FROM}>",
                            f"MAIL FROM:<{FROM}>", "RSET", "QUIT")
        self.assertEqual(answers, ["503", "250", "503", "250", "503", "250",
                                   "221"])

    def test_data_before_a_recipient(self):
        for server in self.servers:
            self.fails(REFUSED, "503", "127.0.0.1", server.smtp, "-q",
                       "-c", "HELO client.test", "-c", f"MAIL FROM:<{FROM}>",
                       "-c", "DATA")

    def test_unknown_recipient_and_unknown_command(self):
        answers = self.same("smtp", "HELO client.test",
                            f"MAIL FROM:<{FROM}>",
                            "RCPT TO:<nobody@mail.test>", "FOO")
        self.assertEqual(answers, ["250", "250", "550", "500"])


class Row4SendProgram(SmtpCase):
    def test_sends_and_shows_the_replies(self):
        path = self.home.file("letter", mails.message(1))
        for server in self.servers:
            result = self.done(
                "send", "-v", f"smtp://127.0.0.1:{server.smtp}", "--from",
                FROM, "--to", TO, path)
            codes = re.findall(r"(?m)^127\.0\.0\.1 S: (\d{3}) ",
                               result.err.decode())
            self.assertEqual(codes, ["220", "250", "250", "250", "354",
                                     "250", "221"])
        for (_, body), in self.delivered("obelix", 1):
            self.assertEqual(body, mails.split(mails.message(1))[1])


class Row7Smtp(SmtpCase):
    def test_several_recipients_of_one_message(self):
        answers = self.same(
            "smtp", "HELO client.test", f"MAIL FROM:<{FROM}>",
            "RCPT TO:<obelix@mail.test>", "RCPT TO:<nobody@mail.test>",
            "RCPT TO:<idefix@mail.test>", "DATA", "Subject: for two", "",
            "x", ".", "QUIT")
        self.assertEqual(answers, ["250", "250", "250", "550", "250", "250",
                                   "221"])
        for user in ("obelix", "idefix"):
            for (lines, _), in self.delivered(user, 1):
                self.assertEqual(lines[-1], b"Subject: for two")
        self.delivered("asterix", 0)

    def test_rset_forgets_the_transaction_and_keeps_the_session(self):
        answers = self.same(
            "smtp", "HELO client.test", f"MAIL FROM:<{FROM}>",
            "RCPT TO:<obelix@mail.test>", "RSET",
            "RCPT TO:<obelix@mail.test>", f"MAIL FROM:<{FROM}>",
            "RCPT TO:<idefix@mail.test>", "DATA", "x", ".", "QUIT")
        self.assertEqual(answers, ["250", "250", "250", "250", "503", "250",
                                   "250", "250", "221"])
        self.delivered("idefix", 1)
        self.delivered("obelix", 0)

    def test_capture_of_the_exchange(self):
        for server in self.servers:
            wire = self.trace(server, "smtp", "HELO client.test",
                              f"MAIL FROM:<{FROM}>", f"RCPT TO:<{TO}>",
                              "DATA", ".dot", ".", "QUIT")
            told = [(who, line[:3] if who == "S" else line)
                    for who, line in wire]
            self.assertEqual(told, [
                ("S", "220"), ("C", "HELO client.test"), ("S", "250"),
                ("C", f"MAIL FROM:<{FROM}>"), ("S", "250"),
                ("C", f"RCPT TO:<{TO}>"), ("S", "250"), ("C", "DATA"),
                ("S", "354"), ("C", "..dot"), ("C", "."), ("S", "250"),
                ("C", "QUIT"), ("S", "221")])


class Row5And6Transfer(LiveCase):
    """From either server with POP3 to either one with SMTP."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_server(Dovecot())
        cls.contents = mails.messages(7)
        for content in cls.contents:
            cls.dovecot.inbox("asterix").put(content)

    def setUp(self):
        super().setUp()
        self.posteld = self.enterContext(Posteld())
        self.exim = self.enterContext(Exim())
        self.logged = (*self.logged, self.posteld, self.exim)
        for content in self.contents:
            self.posteld.inbox("asterix").put(content)

    def ways(self):
        for source in (self.posteld, self.dovecot):
            for destination in (self.posteld, self.exim):
                with self.subTest(f"{source.name} to {destination.name}"):
                    yield source, destination
                for path in destination.inbox("obelix").files():
                    path.unlink()

    def transfer(self, source, destination, *options):
        return self.done("transfer", source.url("pop3", "asterix"),
                         f"smtp://127.0.0.1:{destination.smtp}", "--to", TO,
                         "--from", FROM, *options)

    def came(self, destination, count):
        inbox = destination.inbox("obelix")
        if destination is self.exim:
            self.exim.wait_delivered("obelix", count)
        return {mails.number(c): mails.digest(c) for c in inbox.contents()}

    def wanted(self, *numbers):
        return {mails.number(c): mails.digest(c) for c in
                (self.contents[n - 1] for n in numbers)}

    def test_some_messages_with_the_replies_of_both(self):
        for source, destination in self.ways():
            result = self.transfer(source, destination, "-v", "--messages",
                                   "1,3-5")
            self.assertEqual(self.came(destination, 4),
                             self.wanted(1, 3, 4, 5))
            self.assertRegex(result.out, rb"\A4 messages, \d+ octets: "
                                         rb"transferred\n\Z")
            shown = result.err.decode()
            pop, smtp = source.pop3, destination.smtp
            self.assertEqual(len(re.findall(
                rf"(?m)^127\.0\.0\.1:{smtp} S: 354", shown)), 4)
            self.assertRegex(shown, rf"127\.0\.0\.1:{pop} S: \+OK")
            self.assertEqual(len(source.inbox("asterix")), 7)

    def test_all_messages(self):
        for source, destination in self.ways():
            self.transfer(source, destination)
            self.assertEqual(self.came(destination, 7),
                             self.wanted(*range(1, 8)))
            self.assertEqual(len(source.inbox("asterix")), 7)

    def test_what_is_refused_stays(self):
        result = self.postel(
            "transfer", "--delete", self.posteld.url("pop3", "asterix"),
            f"smtp://127.0.0.1:{self.posteld.smtp}", "--to", TO, "--to",
            "550@error.test", "--from", FROM)
        self.assertEqual(result.status, PARTLY, result)
        self.assertEqual(len(self.posteld.inbox("asterix")), 7)
        self.transfer(self.posteld, self.posteld, "--delete")
        self.assertEqual(len(self.posteld.inbox("asterix")), 0)


class Row16SmtpClient(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = cls.enterClassContext(Authority())
        cls.posteld = cls.with_server(Posteld(authority=cls.authority))
        cls.exim = cls.with_server(Exim(cls.authority))

    def setUp(self):
        super().setUp()
        self.letter = self.home.file("letter.txt", mails.message(1))

    def send(self, url, *options, **more):
        return self.postel("send", url, "--from", FROM, "--to", TO,
                           f"--ca={self.authority.ca}", *options,
                           self.letter, **more)

    def test_text_file_arrives_as_it_is(self):
        for server in (self.posteld, self.exim):
            inbox = server.inbox("obelix")
            before = len(inbox)
            result = self.send(f"smtp://localhost:{server.smtp}")
            self.assertEqual(result.status, DONE, result)
            if server is self.exim:
                server.wait_delivered("obelix", before + 1)
            came = inbox.contents()[-1]
            self.assertEqual(mails.digest(came),
                             mails.digest(mails.message(1)))
        self.letter = self.home.path / "nosuch.txt"
        self.assertFailed(self.send(f"smtp://localhost:{self.exim.smtp}"),
                          USAGE, "nosuch.txt: No such file")

    def test_implicit_tls(self):
        """Port 465 is TLS from the first octet."""
        for server in (self.posteld, self.exim):
            result = self.send(f"smtps://localhost:{server.smtps}", "-v")
            self.assertEqual(result.status, DONE, result)
            codes = re.findall(rb"(?m)^localhost S: (\d{3}) ", result.err)
            self.assertEqual(codes, [b"220", b"250", b"250", b"250", b"354",
                                     b"250", b"221"])
            wrong = self.postel("send", f"smtps://localhost:{server.smtps}",
                                "--from", FROM, "--to", TO, self.letter)
            self.assertFailed(wrong, 4, "certificate")

    def test_ports_by_number_and_by_name(self):
        """25, 465 and 587, on an address where nobody else listens."""
        if not may_bind("127.25.110.143", 25):
            for name, number in (("smtp", 25), ("submission", 587),
                                 ("submissions", 465)):
                self.fails(CONNECT, f"127.25.110.143.*{number}.*refused",
                           "127.25.110.143", name, "-c", "NOOP")
            return
        with OnWellKnownPorts(authority=self.authority) as server:
            for port, protocol in (("smtp", b"smtp"), ("25", b"smtp"),
                                   ("smtps", b"smtps"),
                                   ("submissions", b"smtps"),
                                   ("465", b"smtps"), ("pop3", b"pop3"),
                                   ("pop3s", b"pop3s"), ("imap", b"imap"),
                                   ("imaps", b"imaps")):
                out = self.done(server.ADDRESS, port, "--insecure", "-c",
                                "NOOP" if b"pop3" not in protocol
                                else "CAPA", "-c", ":conns").out
                self.assertIn(b" %s %s" % (
                    protocol, server.ADDRESS.encode()), out)
            self.fails(CONNECT, "587", server.ADDRESS, "submission", "-c",
                       "NOOP")
            for url in (f"smtp://{server.ADDRESS}",
                        f"smtps://{server.ADDRESS}"):
                result = self.send(url, "--insecure")
                self.assertEqual(result.status, DONE, result)
            self.assertEqual(len(server.inbox("obelix")), 2)

    def test_names_are_looked_up(self):
        self.assertEqual(self.send(
            f"smtp://localhost:{self.posteld.smtp}").status, DONE)
        self.assertFailed(self.send("smtp://mail.nowhere.invalid"), CONNECT,
                          "mail.nowhere.invalid")

    def test_every_reply_is_checked(self):
        for verb in ("EHLO", "MAIL", "RCPT", "DATA"):
            for reply, status in (("554 5.0.0 no", REFUSED),
                                  ("451 4.0.0 not now", LATER)):
                rules = ["--fault", f"refuse {verb} {reply}"]
                if verb == "EHLO":
                    rules += ["--fault", f"refuse HELO {reply}"]
                with self.subTest(f"{verb} {reply}"), \
                        Posteld(options=rules) as server:
                    result = self.send(f"smtp://localhost:{server.smtp}")
                    self.assertFailed(result, status, reply[:3])
                    self.assertEqual(len(server.inbox("obelix")), 0)

    def test_message_refused_behind_its_end(self):
        for code, status in ((552, REFUSED), (450, LATER)):
            result = self.postel(
                "send", f"smtp://localhost:{self.posteld.smtp}", "--from",
                FROM, "--to", f"data-{code}@error.test",
                f"--ca={self.authority.ca}", self.letter)
            self.assertFailed(result, status, str(code))

    def test_positive_replies_of_other_numbers(self):
        """200 to 355 are positive; 251 forwards, and is no refusal."""
        for code in (200, 251, 252):
            answers = {"RCPT": [hostile.say(b"%d ok\r\n" % code)]}
            with hostile.Hostile("smtp", answers) as server:
                result = self.send(server.url(login="") + "?starttls=no")
            self.assertEqual(result.status, DONE, result)
            self.assertTrue(server.said(rb"^Subject: live message 1"))

    def test_reply_of_a_hundred_long_lines(self):
        line = b"x" * 950
        text = b"".join(b"250-X%02d %s\r\n" % (i, line) for i in range(99))
        answers = {"EHLO": [hostile.say(b"250-bait.test\r\n" + text
                                        + b"250 SIZE\r\n")],
                   "HELP": [hostile.say(text.replace(b"250-", b"214-")
                                        + b"214 that was all\r\n")]}
        with hostile.Hostile("smtp", answers) as server:
            result = self.send(server.url(login="") + "?starttls=no", "-v")
            self.assertEqual(result.status, DONE, result)
            self.assertEqual(result.err.count(line), 99)
            help_ = self.done("127.0.0.1", server.port, "-c", "HELP")
        lines = help_.out.splitlines()
        self.assertEqual([x for x in lines if x.startswith(b"214-")],
                         [b"214-X%02d %s" % (i, line) for i in range(99)])
        self.assertEqual(lines[-1], b"214 that was all")


def may_bind(address, port):
    with socket.socket() as s:
        try:
            s.bind((address, port))
            return True
        except OSError:
            return False


class OnWellKnownPorts(Posteld):
    ADDRESS = "127.25.110.143"
    PORTS = {"pop3": 110, "smtp": 25, "imap": 143, "pop3s": 995,
             "smtps": 465, "imaps": 993}

    def __init__(self, **options):
        super().__init__(options=("--listen", self.ADDRESS), **options)
        self.services = list(self.PORTS)
        for service, port in self.PORTS.items():
            setattr(self, service, port)
        self.ports = list(self.PORTS.values())

    def _answers(self, port):
        try:
            socket.create_connection((self.ADDRESS, port), 2).close()
            return True
        except OSError:
            return False


class Row17Extensions(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = cls.enterClassContext(Authority())
        cls.posteld = cls.with_server(Posteld(
            authority=cls.authority, options=("--size", "100000")))
        cls.exim = cls.with_server(Exim(cls.authority))

    def replies(self, server, *lines):
        out = self.postel("-k", f"--ca={self.authority.ca}", "127.0.0.1",
                          server.smtp, *(a for line in lines
                                         for a in ("-c", line))).out
        return out.decode().splitlines()

    def test_helo_has_one_line_and_ehlo_the_extensions(self):
        for server in (self.posteld, self.exim):
            helo = self.replies(server, "HELO client.test")[1:]
            self.assertEqual([line[:4] for line in helo], ["250 "])
            ehlo = self.replies(server, "EHLO client.test")[1:]
            words = {line[4:].split()[0] for line in ehlo[1:]}
            self.assertLessEqual({"SIZE", "8BITMIME", "PIPELINING",
                                  "STARTTLS", "HELP"}, words)
            self.assertEqual({line[:4] for line in ehlo[:-1]}, {"250-"})
            self.assertEqual(ehlo[-1][:4], "250 ")

    def test_size_is_checked_before_the_message(self):
        answers = self.replies(
            self.posteld, "EHLO client.test",
            f"MAIL FROM:<{FROM}> SIZE=100001",
            f"MAIL FROM:<{FROM}> SIZE=100000")
        self.assertIn("250 SIZE 100000", answers)
        self.assertEqual([a[:3] for a in answers[-2:]], ["552", "250"])
        before = len(self.posteld.inbox("obelix"))
        large = self.home.file("large", b"Subject: x\n\n" + b"x\n" * 60000)
        self.fails(REFUSED, "100000", "send",
                   f"smtp://localhost:{self.posteld.smtp}", "--from", FROM,
                   "--to", TO, f"--ca={self.authority.ca}", large)
        self.assertEqual(len(self.posteld.inbox("obelix")), before)

    def test_parameters_are_for_those_who_said_ehlo(self):
        for parameter in ("SIZE=10", "BODY=8BITMIME"):
            line = f"MAIL FROM:<{FROM}> {parameter}"
            helo = self.replies(self.posteld, "HELO c.test", line)[-1]
            ehlo = self.replies(self.posteld, "EHLO c.test", line)[-1]
            self.assertEqual((helo[:3], ehlo[:3]), ("555", "250"))
            self.assertIn("want EHLO", helo)

    def test_pipelining_sends_before_it_is_answered(self):
        letter = self.home.file("letter", mails.message(0))
        for offered, rules in ((True, ()), (False, (
                "--fault", "hide PIPELINING"))):
            with Posteld(options=rules) as server:
                path = self.home.path / f"trace{offered}"
                self.done("send", f"--trace={path}",
                          f"smtp://localhost:{server.smtp}", "--from", FROM,
                          "--to", TO, letter)
            wire = [line for line in path.read_text().splitlines()
                    if "C: " in line or "S: " in line]
            mail = next(i for i, line in enumerate(wire) if "C: MAIL" in line)
            together = "C: RCPT" in wire[mail + 1]
            self.assertEqual(together, offered, wire)

    def test_starttls(self):
        for server in (self.posteld, self.exim):
            out = self.replies(server, "EHLO c.test", "STARTTLS",
                               f"MAIL FROM:<{FROM}>", "EHLO c.test",
                               ":conns")
            at = next(i for i, line in enumerate(out)
                      if line.startswith("220 ") and i > 0)
            before, after = out[:at], out[at + 1:]
            self.assertTrue(any("STARTTLS" in x for x in before))
            # What was said before is forgotten (RFC 3207 4.2).
            self.assertRegex(after[0], "^503 ")
            self.assertFalse(any("STARTTLS" in x for x in after))
            self.assertIn(" smtps 127.0.0.1", after[-1])

    def test_eight_bits_arrive(self):
        content = mails.message(2)
        self.assertTrue(any(octet > 127 for octet in content))
        letter = self.home.file("letter", content)
        for server in (self.posteld, self.exim):
            path = self.home.path / f"trace-{server.name}"
            self.done("send", f"--trace={path}", f"--ca={self.authority.ca}",
                      f"smtp://localhost:{server.smtp}", "--from", FROM,
                      "--to", TO, letter)
            self.assertRegex(path.read_text(errors="replace"),
                             "C: MAIL FROM:.* BODY=8BITMIME")
        self.assertEqual(
            mails.digest(self.posteld.inbox("obelix").contents()[-1]),
            mails.digest(content))

    def test_each_word_is_explained(self):
        for word, rfc in (("SIZE", "RFC 1870"), ("8BITMIME", "RFC 6152"),
                          ("PIPELINING", "RFC 2920"), ("EHLO", "RFC 5321"),
                          ("HELO", "RFC 5321"), ("STARTTLS", "RFC 3207"),
                          ("HELP", "RFC 5321"), ("CHUNKING", "RFC 3030"),
                          ("DSN", "RFC 3461"), ("SMTPUTF8", "RFC 6531"),
                          ("ENHANCEDSTATUSCODES", "RFC 2034")):
            self.assertIn(rfc, self.done("-c", f"?{word}").out.decode(), word)


class Village(Posteld):
    """posteld with the sample that the program makes itself."""

    def __init__(self):
        super().__init__(options=("--sample",))
        (self.root / "users").unlink()


class Row18Names(SmtpCase):
    """The codes of Exim, too; it neither lists nor guesses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.village = cls.with_server(Village())

    def reply(self, *lines):
        return self.session(self.village, "smtp", *lines)[-1]

    def test_vrfy(self):
        self.assertEqual(self.same("smtp", "HELO c.test",
                                   "VRFY obelix@mail.test"), ["250", "250"])
        self.assertEqual(self.reply("VRFY nobody")[0][:3], "550")
        self.assertEqual(self.reply("VRFY <>")[0][:3], "550")
        self.assertEqual(self.reply("VRFY obelix"), [
            "250 2.1.5 Obelix the Gaul <obelix@mail.test>"])
        self.assertEqual(self.reply("VRFY Asterix the Gaul"), [
            "250 2.1.5 Asterix the Gaul <asterix@mail.test>"])

    def test_ambiguous_name(self):
        """553 and a line for each who may be meant (RFC 5321 3.5.1)."""
        answer = self.reply("VRFY gaul")
        self.assertEqual([line[:4] for line in answer],
                         ["553-", "553-", "553 "])
        self.assertTrue(answer[1].endswith(
            "Asterix the Gaul <asterix@mail.test>"), answer)
        self.assertTrue(answer[2].endswith(
            "Obelix the Gaul <obelix@mail.test>"), answer)
        self.fails(REFUSED, "553", "127.0.0.1", self.village.smtp, "-q",
                   "-c", "VRFY gaul")

    def test_name_of_another_domain(self):
        self.assertEqual(self.reply("VRFY caesar@[192.0.2.1]")[0][:3], "252")

    def test_expn(self):
        self.assertEqual(self.reply("EXPN gauls"), [
            "250-2.1.5 Asterix the Gaul <asterix@mail.test>",
            "250 2.1.5 Obelix the Gaul <obelix@mail.test>"])
        self.assertEqual(self.reply("EXPN nosuchlist")[0][:3], "550")
        self.assertEqual(self.reply("EXPN asterix")[0][:3], "550")
        self.assertEqual(self.reply("VRFY gauls")[0][:3], "550")

    def test_mail_for_a_list_reaches_its_members(self):
        before = [len(self.village.inbox(u)) for u in ("asterix", "obelix")]
        self.session(self.village, "smtp", "HELO c.test",
                     f"MAIL FROM:<{FROM}>", "RCPT TO:<gauls@mail.test>",
                     "DATA", "Subject: all", "", "x", ".", "QUIT")
        after = [len(self.village.inbox(u)) for u in ("asterix", "obelix")]
        self.assertEqual(after, [n + 1 for n in before])

    def test_help_noop_rset(self):
        self.assertEqual(self.same("smtp", "HELO c.test", "HELP", "NOOP",
                                   "RSET", "QUIT"),
                         ["250", "214", "250", "250", "221"])
        lines = self.session(self.posteld, "smtp", "HELP")[0]
        words = {line[4:].split()[1] for line in lines}
        self.assertLessEqual({"HELO", "EHLO", "MAIL", "RCPT", "DATA", "RSET",
                              "VRFY", "EXPN", "HELP", "NOOP", "QUIT"}, words)

    def test_table_of_reply_codes_is_explained(self):
        said = set()
        codes = (211, 214, 220, 221, 250, 251, 252, 354, 421, 450, 451, 452,
                 500, 501, 502, 503, 504, 550, 551, 552, 553, 554)
        for code in codes:
            lines = self.done("-c", f"?{code}").out.decode().splitlines()
            self.assertEqual(lines[0], f"{code}: SMTP reply code")
            self.assertRegex(lines[-1], "RFC 5321")
            said.add(lines[1])
        self.assertEqual(len(said), len(codes))

    def test_each_refusal_of_the_table_can_be_had(self):
        for code in (450, 451, 452, 550, 551, 552, 553, 554):
            status = LATER if code < 500 else REFUSED
            for prefix in ("", "data-"):
                letter = self.home.file("letter", mails.message(0))
                result = self.postel(
                    "send", f"smtp://127.0.0.1:{self.posteld.smtp}",
                    "--from", FROM, "--to", f"{prefix}{code}@error.test",
                    letter)
                self.assertFailed(result, status, str(code))

    def test_421_ends_the_session(self):
        answers = self.session(self.posteld, "smtp", "HELO c.test",
                               f"MAIL FROM:<{FROM}>",
                               "RCPT TO:<421@error.test>")
        self.assertEqual(answers[2][0][:3], "421")
        result = self.postel("127.0.0.1", self.posteld.smtp, "-k", "-c",
                             "HELO c.test", "-c", f"MAIL FROM:<{FROM}>",
                             "-c", "RCPT TO:<421@error.test>", "-c", "NOOP")
        self.assertNotIn(b"nothing", result.out)

    def test_another_client_hears_the_same(self):
        with smtplib.SMTP("127.0.0.1", self.village.smtp, timeout=10) as c:
            self.assertEqual(c.vrfy("obelix")[0], 250)
            self.assertEqual(c.vrfy("gaul")[0], 553)
            self.assertEqual(c.expn("gauls")[0], 250)
            self.assertEqual(c.docmd("HELP")[0], 214)
