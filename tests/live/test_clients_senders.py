"""msmtp and swaks against posteld: what they send, and what they are told.

Both write each line of a message with CRLF and end the last one.  swaks
20201014 takes a lone dot in the last line for the end that it is to write
itself, and puts an empty line behind a header without a body.
"""

import base64

import mails
from clients import PASSWORD, ClientCase, flags

MECHANISMS = ("plain", "login", "cram-md5", "scram-sha-256")
UNAVAILABLE, USAGE = 69, 65  # sysexits of msmtp
NO_RECIPIENT, NOT_TAKEN, NO_LOGIN = 24, 26, 28


class Sender(ClientCase):
    def other(self):
        """Another user, whose mailbox is empty."""
        return next(type(self).fresh)


class Msmtp(Sender):
    def send(self, letter, *to, service="smtp", more=(), **options):
        password = self.home.file("password", PASSWORD)
        return self.program(
            "msmtp", "--host=localhost", f"--port={self.port(service)}",
            "--from=druid@gaul.example", f"--user={self.user}",
            f"--passwordeval=cat {password}", "--debug",
            *(["--protocol=lmtp"] if service == "lmtp" else []), *more,
            "--", *to, input=letter, **options)

    def test_each_message_arrives_unchanged(self):
        letters = mails.messages(30)
        for letter in letters:
            self.send(letter, self.address())
        self.assertSame(self.inbox.contents(), letters)

    def test_lmtp(self):
        letters, other = mails.messages(12, seed=2), self.other()
        for letter in letters:
            self.send(letter, self.address(), self.address(other),
                      service="lmtp")
        for user in (self.user, other):
            came = self.posteld.inbox(user).contents()
            self.assertSame(came, letters)
            self.assertIn(b" with LMTP id ", came[0])

    def test_lmtp_refuses_each_by_itself(self):
        other = self.other()
        done = self.send(mails.message(0), self.address(),
                         "data-452@error.test", self.address(other),
                         service="lmtp", status=UNAVAILABLE)
        self.assertIn(b"LMTP server message: 452 4.0.0", done.err)
        for user in (self.user, other):
            self.assertSame(self.posteld.inbox(user).contents(),
                            [mails.message(0)])

    def test_refusals(self):
        for address, status, code in (
                ("nobody@mail.test", USAGE, b"550 5.1.1"),
                ("550@error.test", USAGE, b"550 5.0.0"),
                ("a@[192.0.2.1]", USAGE, b"550 5.7.1"),
                ("data-552@error.test", UNAVAILABLE, b"552 5.0.0")):
            with self.subTest(address):
                done = self.send(mails.message(0), self.address(), address,
                                 status=status)
                self.assertIn(b"server message: " + code, done.err)
        self.assertEqual(len(self.inbox), 0)

    def test_each_mechanism(self):
        for mechanism in MECHANISMS:
            with self.subTest(mechanism):
                done = self.send(mails.message(0), self.address(),
                                 more=[f"--auth={mechanism}"])
                self.assertIn(f"--> AUTH {mechanism.upper()}".encode(),
                              done.out)
                self.assertIn(b"<-- 235 2.7.0", done.out)
                path = self.inbox.files()[0]
                self.assertIn(b" with ESMTPA id ", path.read_bytes())
                path.unlink()

    def test_wrong_password(self):
        for mechanism in MECHANISMS:
            with self.subTest(mechanism):
                done = self.send(
                    mails.message(0), self.address(), status=None, more=[
                        f"--auth={mechanism}", "--passwordeval=echo wrong"])
                self.assertNotEqual(done.status, 0, done)
                self.assertIn(b"535 5.7.8", done.out)
        self.assertEqual(len(self.inbox), 0)

    def test_tls(self):
        trust = ["--tls=on", f"--tls-trust-file={self.authority.ca}"]
        for service, words in (("smtp", ["--tls-starttls=on"]),
                               ("smtps", ["--tls-starttls=off"]),
                               ("lmtp", ["--tls-starttls=on"])):
            with self.subTest(service):
                self.send(mails.message(49), self.address(), service=service,
                          more=[*trust, *words, "--auth=on"])
                path = self.inbox.files()[0]
                self.assertSame([path.read_bytes()], [mails.message(49)])
                word = "LMTPSA" if service == "lmtp" else "ESMTPSA"
                self.assertIn(f" with {word} id ".encode(),
                              path.read_bytes())
                path.unlink()

    def test_serverinfo(self):
        for more in ([], ["--tls=on",
                          f"--tls-trust-file={self.authority.ca}"]):
            out = self.program(
                "msmtp", "--host=localhost", f"--port={self.port('smtp')}",
                "--serverinfo", *more).out.decode()
            for word in ("SIZE 67108864", "PIPELINING", "DSN",
                         "PLAIN SCRAM-SHA-256 CRAM-MD5 LOGIN"):
                self.assertIn(word, out)
            self.assertIn("STARTTLS", out)  # of before TLS, if any

    def test_delivery_status_notifications(self):
        done = self.send(mails.message(0), self.address(), more=[
            "--dsn-notify=failure,delay", "--dsn-return=headers"])
        self.assertIn(b"RET=HDRS", done.out)
        self.assertIn(b"NOTIFY=FAILURE,DELAY", done.out)
        self.assertSame(self.inbox.contents(), [mails.message(0)])


class Swaks(Sender):
    def swaks(self, *arguments, service="smtp", to=None, **options):
        return self.program(
            "swaks", "--server", "localhost", "--port", self.port(service),
            "--to", to or self.address(), "--from", "druid@gaul.example",
            "--helo", "client.example", *arguments, **options)

    def data(self, letter):
        """swaks puts a line's end behind it, whatever it ends in."""
        path = self.home.file("letter", letter.removesuffix(b"\n"))
        return "--data", f"@{path}"

    def test_features(self):
        out = self.swaks("--quit-after", "HELO").out.decode()
        for word in ("PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING",
                     "ENHANCEDSTATUSCODES", "DSN", "STARTTLS", "VRFY",
                     "AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256",
                     "SIZE 67108864"):
            self.assertRegex(out, rf"<-  250[- ]{word}\n")
        out = self.swaks("--protocol", "SMTP", "--quit-after", "HELO").out
        self.assertIn(b"-> HELO client.example\n<-  250 mail.test\n", out)

    def test_each_kind_with_and_without_pipelining(self):
        letters = [letter for letter in mails.messages(10, seed=8)
                   if mails.split(letter)[1]
                   and not letter.endswith(b"\n.\n")]
        self.assertEqual(len(letters), 8)
        for more in ([], ["--pipeline"]):
            for letter in letters:
                self.swaks(*self.data(letter), *more)
            self.assertSame(self.inbox.contents(), letters)
            for path in self.inbox.files():
                path.unlink()

    def test_pipelined_refusals(self):
        other = self.other()
        to = ",".join(["550@error.test", self.address(), "nobody@mail.test",
                       self.address(other), "452@error.test"])
        out = self.swaks("--pipeline", *self.data(mails.message(1)),
                         to=to).out
        for code in (b"550 5.0.0", b"550 5.1.1", b"452 4.0.0"):
            self.assertIn(b"<** " + code, out)
        for user in (self.user, other):
            self.assertSame(self.posteld.inbox(user).contents(),
                            [mails.message(1)])

    def test_pipelined_and_all_refused(self):
        """DATA is on its way already, and must be refused, too."""
        out = self.swaks("--pipeline", *self.data(mails.message(1)),
                         to="550@error.test,551@error.test",
                         status=NO_RECIPIENT).out
        self.assertRegex(out, rb"<\*\* 503 5\.5\.1")
        self.assertRegex(out, rb"<-  221 ")

    def test_addresses_that_fail(self):
        for address, status, code in (
                ("550@error.test", NO_RECIPIENT, b"550"),
                ("421@error.test", NO_RECIPIENT, b"421"),
                ("450@error.test", NO_RECIPIENT, b"450"),
                ("data-554@error.test", NOT_TAKEN, b"554"),
                ("data-451@error.test", NOT_TAKEN, b"451")):
            with self.subTest(address):
                done = self.swaks(*self.data(mails.message(0)), to=address,
                                  status=status)
                self.assertIn(b"<** " + code + b" ", done.out)

    def test_lmtp(self):
        other = self.other()
        out = self.swaks(
            "--protocol", "LMTP", *self.data(mails.message(5)),
            service="lmtp", to=",".join([
                self.address(), "data-552@error.test",
                self.address(other)])).out
        self.assertIn(b" -> LHLO client.example\n", out)
        self.assertEqual(out.count(b"<-  250 2.0.0 "), 2)
        self.assertEqual(out.count(b"<** 552 5.0.0 "), 1)
        for user in (self.user, other):
            self.assertSame(self.posteld.inbox(user).contents(),
                            [mails.message(5)])

    def test_each_mechanism(self):
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
            for password, status in ((PASSWORD, 0), ("wrong", NO_LOGIN)):
                with self.subTest(mechanism, status=status):
                    out = self.swaks(
                        "--auth", mechanism, "--auth-user", self.user,
                        "--auth-password", password, "--quit-after", "AUTH",
                        status=status).out
                    self.assertIn(b" -> AUTH " + mechanism.encode(), out)
                    self.assertIn(b"<** 535" if status else b"<-  235", out)

    def test_tls(self):
        trust = ["--tls-verify", "--tls-ca-path", self.authority.ca]
        for service, words in (("smtp", ["--tls"]),
                               ("smtps", ["--tls-on-connect"]),
                               ("lmtp", ["--tls", "--protocol", "LMTP"])):
            with self.subTest(service):
                self.swaks(*self.data(mails.message(5)), *words, *trust,
                           "--auth-user", self.user, "--auth-password",
                           PASSWORD, "--auth", "PLAIN", service=service)
                path = self.inbox.files()[0]
                self.assertSame([path.read_bytes()], [mails.message(5)])
                word = "LMTPSA" if service == "lmtp" else "ESMTPSA"
                self.assertIn(f" with {word} id ".encode(),
                              path.read_bytes())
                path.unlink()

    def test_attachments(self):
        data = bytes(range(256)) * 40
        path = self.home.file("data.bin", data)
        self.swaks("--attach-name", "data.bin", "--attach", f"@{path}",
                   "--body", "see attachment", "--header",
                   "Subject: with data")
        letter = self.inbox.contents()[0]
        self.assertIn(b"\nSubject: with data\n", letter)
        self.assertIn(b"see attachment\n", letter)
        coded = letter.partition(b"BASE64\n\n")[2].partition(b"\n--")[0]
        self.assertEqual(base64.b64decode(coded), data)
        self.assertEqual(flags(self.inbox.files()[0]), None)
