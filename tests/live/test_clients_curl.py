"""curl against posteld, over all it knows of mail.

curl 7.88 has a fact of its own to each protocol: over POP3 it shows the line
end in front of the last dot as the message's, though the file had none; over
IMAP it sends the name of a mailbox as it stands in the URL, so that has to be
modified UTF-7; over SMTP it takes RCPT's refusal for a failure to send (55)
and a refusal behind the last dot for a weird reply (8).  Debian's has no
libgsasl, and so no SCRAM.
"""

import base64
import re

import mails
from clients import PASSWORD, ClientCase, flags, stored

FAILED_LOGIN, FAILED_SEND, WEIRD, BAD_CERTIFICATE, NO_TLS = 67, 55, 8, 60, 64


class CurlCase(ClientCase):
    def curl(self, service, path="", *arguments, host="127.0.0.1", user=None,
             **options):
        user = self.user if user is None else user
        return self.program(
            "curl", "--silent", "--show-error", "--verbose",
            *(["--user", f"{user}:{PASSWORD}"] if user else []), *arguments,
            f"{service}://{host}:{self.port(service)}/{path}", **options)

    def trusted(self, service, path="", *arguments, **options):
        return self.curl(service, path, "--cacert", self.authority.ca,
                         *arguments, host="localhost", **options)

    def fetched(self, service, path, count):
        """All messages over one connection, {number} in the path."""
        folder = self.home.path / "fetched"
        folder.mkdir()
        done = self.curl(service, path.format(number=f"[1-{count}]"),
                         "--output", folder / "#1")
        self.assertEqual(done.err.count(b"Connected to"), 1, done)
        return [(folder / str(n + 1)).read_bytes() for n in range(count)]

    def said(self, done):
        """What curl sent, a line each."""
        return re.findall(r"^> (.*?)\r?$", done.err.decode(errors="replace"),
                          re.M)


class Pop3(CurlCase):
    def test_list_tells_the_sizes_as_they_will_come(self):
        letters = self.fill(mails.messages(12))
        out = self.curl("pop3").out.decode().splitlines()
        self.assertEqual(out, [f"{n + 1} {len(mails.crlf(letter))}"
                               for n, letter in enumerate(letters)])

    def test_retr_gives_each_message_exactly(self):
        letters = self.fill(mails.messages(60))
        came = self.fetched("pop3", "{number}", 60)
        whole = [mails.crlf(letter) for letter in letters]
        self.assertEqual(came, [w if w.endswith(b"\r\n") else w + b"\r\n"
                                for w in whole])
        self.assertEqual({flags(p) for p in self.inbox.files()}, {"S"})

    def test_top(self):
        letter = self.fill([mails.message(1)])[0]
        head, _, body = mails.crlf(letter).partition(b"\r\n\r\n")
        for count in (0, 1, 3, 1000):
            lines = body.splitlines(keepends=True)[:count]
            out = self.curl("pop3", "", "-X", f"TOP 1 {count}").out
            self.assertEqual(out, head + b"\r\n\r\n" + b"".join(lines))
        self.assertEqual(flags(self.inbox.files()[0]) or "", "",
                         "TOP makes no message seen")

    def test_dele_removes_that_message_and_no_other(self):
        letters = self.fill(mails.messages(5))
        self.curl("pop3", "", "--head", "-X", "DELE 2")
        self.assertSame(self.inbox.contents(), letters[:1] + letters[2:],
                        exact=True)

    def test_message_that_is_not_there(self):
        self.fill(mails.messages(2))
        done = self.curl("pop3", "3", status=None)
        self.assertNotEqual(done.status, 0, done)
        self.assertRegex(done.err, rb"< -ERR no message 3")

    def test_uidl_and_stat(self):
        letters = self.fill(mails.messages(4))
        size = sum(len(mails.crlf(letter)) for letter in letters)
        done = self.curl("pop3", "", "--head", "-X", "STAT")
        self.assertRegex(done.err.decode(), rf"< \+OK 4 {size}\r")
        first = self.curl("pop3", "", "-X", "UIDL").out
        self.assertEqual(len(set(first.split())), 8, first)
        self.assertEqual(self.curl("pop3", "", "-X", "UIDL").out, first)
        self.curl("pop3", "", "--head", "-X", "DELE 1")
        rest = [line.split()[1] for line in first.splitlines()[1:]]
        again = self.curl("pop3", "", "-X", "UIDL").out
        self.assertEqual([line.split()[1] for line in again.splitlines()],
                         rest)

    def test_each_mechanism(self):
        self.fill(mails.messages(1))
        for name, verb in (("AUTH=PLAIN", "AUTH PLAIN"),
                           ("AUTH=LOGIN", "AUTH LOGIN"),
                           ("AUTH=CRAM-MD5", "AUTH CRAM-MD5"),
                           ("AUTH=+APOP", f"APOP {self.user}")):
            for more in ([], ["--sasl-ir"]):
                with self.subTest(name, more=more):
                    done = self.curl("pop3", "1", "--login-options", name,
                                     *more)
                    self.assertEqual(mails.number(done.out), 0)
                    self.assertTrue(any(line.startswith(verb)
                                        for line in self.said(done)), done)

    def test_wrong_password(self):
        for name in ("PLAIN", "LOGIN", "CRAM-MD5", "+APOP"):
            with self.subTest(name):
                done = self.program(
                    "curl", "-sSv", "--user", f"{self.user}:wrong",
                    "--login-options", f"AUTH={name}",
                    f"pop3://127.0.0.1:{self.port('pop3')}/",
                    status=FAILED_LOGIN)
                self.assertIn(b"-ERR [AUTH]", done.err)

    def test_tls(self):
        letter = self.fill([mails.message(49)])[0]
        for service, options in (("pop3", ["--ssl-reqd"]), ("pop3s", [])):
            with self.subTest(service):
                done = self.trusted(service, "1", *options)
                self.assertEqual(done.out, mails.crlf(letter))
                self.assertEqual("STLS" in self.said(done),
                                 service == "pop3", done)
        self.curl("pop3s", "1", status=BAD_CERTIFICATE)


class Imap(CurlCase):
    def test_by_uid_each_message_exactly(self):
        letters = self.fill(mails.messages(60))
        came = self.fetched("imap", "INBOX;UID={number}", 60)
        self.assertEqual(came, [mails.crlf(letter) for letter in letters])
        self.assertEqual({flags(p) for p in self.inbox.files()}, {"S"})

    def test_by_index_each_message_exactly(self):
        letters = self.fill(mails.messages(20, seed=3))
        came = self.fetched("imap", "INBOX;MAILINDEX={number}", 20)
        self.assertEqual(came, [mails.crlf(letter) for letter in letters])

    def test_uid_outlives_others_and_index_does_not(self):
        letters = self.fill(mails.messages(3))
        self.curl("imap", "INBOX;UID=1")
        self.inbox.files()[0].unlink()
        done = self.curl("imap", "INBOX;UID=3")
        self.assertEqual(done.out, mails.crlf(letters[2]))
        done = self.curl("imap", "INBOX;MAILINDEX=1")
        self.assertEqual(done.out, mails.crlf(letters[1]))
        done = self.curl("imap", "INBOX;MAILINDEX=3", status=None)
        self.assertNotEqual(done.status, 0, done)

    def test_uidvalidity(self):
        letter = self.fill([mails.message(4)])[0]
        done = self.curl("imap", "INBOX;UID=1")
        validity = re.search(rb"UIDVALIDITY (\d+)", done.err)[1].decode()
        done = self.curl("imap", f"INBOX;UIDVALIDITY={validity};UID=1")
        self.assertEqual(done.out, mails.crlf(letter))
        done = self.curl("imap", f"INBOX;UIDVALIDITY={int(validity) + 1};"
                         "UID=1", status=None)
        self.assertNotEqual(done.status, 0, done)
        self.assertEqual(done.out, b"")

    def test_sections(self):
        attachment = mails.message(9)
        self.fill([attachment])
        head, _, body = mails.crlf(attachment).partition(b"\r\n\r\n")
        parts = body.split(b"--cut")
        data = parts[2].partition(b"\r\n\r\n")[2]
        subject = re.search(rb"Subject: .*\r\n", head)[0]
        for section, want in (
                ("HEADER", head + b"\r\n\r\n"), ("TEXT", body),
                ("1", b"see attachment"), ("2", data.removesuffix(b"\r\n")),
                ("HEADER.FIELDS%20(SUBJECT)", subject + b"\r\n")):
            with self.subTest(section):
                done = self.curl("imap", f"INBOX;UID=1;SECTION={section}")
                self.assertEqual(done.out, want)
        done = self.curl("imap", "INBOX;UID=1;SECTION=TEXT;PARTIAL=7.100")
        self.assertEqual(done.out, body[7:107])

    def test_upload(self):
        """What is appended is in the Maildir, and comes back, as it was."""
        letters = mails.messages(30)
        for letter in letters:
            path = self.home.file("letter", mails.crlf(letter))
            self.curl("imap", "INBOX", "--upload-file", path)
        files = self.inbox.files()
        self.assertEqual([flags(p) for p in files], ["S"] * 30)
        self.assertSame(self.inbox.contents(),
                        [stored(mails.crlf(m)) for m in letters], exact=True)
        came = self.fetched("imap", "INBOX;UID={number}", 30)
        self.assertEqual(came, [mails.crlf(letter) for letter in letters])

    def test_upload_to_other_mailboxes(self):
        letter = mails.message(2)
        path = self.home.file("letter", mails.crlf(letter))
        for name, typed, url in (
                ("Grüße/2026", "Gr&APwA3w-e/2026", "Gr%26APwA3w-e%2F2026"),
                ("a b", "a b", "a%20b"),
                ('say "so"', 'say "so"', "say%20%22so%22")):
            with self.subTest(name):
                quoted = typed.replace("\\", r"\\").replace('"', r'\"')
                self.curl("imap", "", "-X", f'CREATE "{quoted}"')
                self.curl("imap", url, "--upload-file", path)
                inbox = self.posteld.inbox(self.user, name)
                self.assertEqual(inbox.contents(), [letter])
                done = self.curl("imap", f"{url};UID=1")
                self.assertEqual(done.out, mails.crlf(letter))

    def test_upload_to_a_mailbox_that_is_not_there(self):
        path = self.home.file("letter", mails.crlf(mails.message(0)))
        done = self.curl("imap", "Nowhere", "--upload-file", path,
                         status=None)
        self.assertNotEqual(done.status, 0, done)
        self.assertIn(b"NO [TRYCREATE]", done.err)

    def test_search(self):
        self.fill(mails.messages(20))
        out = self.curl("imap", "INBOX", "-X", "SEARCH ALL").out
        numbers = b" ".join(b"%d" % n for n in range(1, 21))
        self.assertEqual(out, b"* SEARCH %s\r\n" % numbers)
        out = self.curl("imap", "INBOX?SUBJECT%20%22eight%20bit%22").out
        self.assertEqual(out, b"* SEARCH 3 13\r\n")
        self.curl("imap", "INBOX;UID=3")
        out = self.curl("imap", "INBOX", "-X", "UID SEARCH SEEN").out
        self.assertEqual(out, b"* SEARCH 3\r\n")

    def test_list_examine_status(self):
        self.fill(mails.messages(3))
        self.curl("imap", "", "-X", "CREATE Work/2026")
        for out in (self.curl("imap").out,
                    self.curl("imap", "", "-X", 'LIST "" *').out):
            self.assertIn(b'* LIST (\\HasNoChildren) "/" INBOX\r\n', out)
            self.assertIn(b'"/" Work/2026\r\n', out)
        out = self.curl("imap", "", "-X", "EXAMINE INBOX").out
        self.assertIn(b"* 3 EXISTS\r\n", out)
        self.assertIn(b"[PERMANENTFLAGS ()]", out)
        out = self.curl("imap", "", "-X",
                        "STATUS INBOX (MESSAGES UNSEEN UIDNEXT)").out
        self.assertEqual(
            out, b"* STATUS INBOX (MESSAGES 3 UNSEEN 3 UIDNEXT 4)\r\n")
        self.assertEqual({flags(p) for p in self.inbox.files()}, {None})

    def test_store_and_expunge(self):
        letters = self.fill(mails.messages(3))
        self.curl("imap", "INBOX", "-X", r"STORE 2 +FLAGS (\Flagged)")
        self.curl("imap", "INBOX", "-X", r"STORE 3 +FLAGS (\Deleted)")
        self.assertEqual([flags(p) for p in self.inbox.files()],
                         ["", "F", "T"])
        out = self.curl("imap", "INBOX", "-X", "EXPUNGE").out
        self.assertEqual(out, b"* 3 EXPUNGE\r\n")
        self.assertEqual(self.inbox.contents(), letters[:2])

    def test_each_mechanism(self):
        for name in ("PLAIN", "LOGIN", "CRAM-MD5"):
            for more in ([], ["--sasl-ir"]):
                with self.subTest(name, more=more):
                    done = self.curl("imap", "", "-X", "NOOP",
                                     "--login-options", f"AUTH={name}",
                                     *more)
                    self.assertRegex(done.err.decode(),
                                     rf"> A002 AUTHENTICATE {name}")

    def test_tls(self):
        letter = self.fill([mails.message(49)])[0]
        for service, options in (("imap", ["--ssl-reqd"]), ("imaps", [])):
            with self.subTest(service):
                done = self.trusted(service, "INBOX;UID=1", *options)
                self.assertEqual(done.out, mails.crlf(letter))
                self.assertEqual(b"STARTTLS\r\n" in done.err,
                                 service == "imap", done)
        self.curl("imaps", "INBOX;UID=1", status=BAD_CERTIFICATE)


class Smtp(CurlCase):
    def send(self, letter, *to, sender="druid@gaul.example", more=(),
             service="smtp", run=None, **options):
        path = self.home.file("letter", mails.crlf(letter))
        recipients = [word for t in to for word in ("--mail-rcpt", t)]
        return (run or self.curl)(
            service, "client.example", "--mail-from", sender, *recipients,
            "--upload-file", path, *more, **options)

    def other(self):
        """Another user, whose mailbox is empty."""
        return next(type(self).fresh)

    def test_each_message_arrives_unchanged(self):
        letters = mails.messages(30)
        for letter in letters:
            self.send(letter, self.address())
        self.assertSame(self.inbox.contents(), letters)
        self.assertEqual({flags(p) for p in self.inbox.files()}, {None})

    def test_what_is_put_in_front(self):
        self.send(mails.message(0), self.address())
        head = mails.split(self.inbox.contents()[0])[0]
        self.assertEqual(head[0], b"Return-Path: <druid@gaul.example>")
        self.assertRegex(
            b"\n".join(head[1:4]),
            rb"^Received: from client\.example \(\[127\.0\.0\.1\]\)\n\t"
            rb"by mail\.test \(posteld\) with ESMTPA id \S+\n\t"
            rb"for <%s>;" % self.address().encode())

    def test_several_recipients(self):
        other = self.other()
        self.send(mails.message(1), self.address(), f"<{self.address(other)}>",
                  f"{other}+folder@mail.test")
        for user in (self.user, other):
            came = self.posteld.inbox(user).contents()
            self.assertSame(came, [mails.message(1)])

    def test_refused_recipient(self):
        done = self.send(mails.message(0), self.address(), "nobody@mail.test",
                         status=FAILED_SEND)
        self.assertIn(b"< 550 5.1.1", done.err)
        self.assertEqual(len(self.inbox), 0)
        self.send(mails.message(0), "nobody@mail.test", self.address(),
                  more=["--mail-rcpt-allowfails"])
        self.assertSame(self.inbox.contents(), [mails.message(0)])

    def test_refused_as_the_address_asks(self):
        for address, status, code in (
                ("550@error.test", FAILED_SEND, b"550"),
                ("452@error.test", FAILED_SEND, b"452"),
                ("data-552@error.test", WEIRD, b"552"),
                ("a@[192.0.2.1]", FAILED_SEND, b"550 5.7.1")):
            with self.subTest(address):
                done = self.send(mails.message(0), address, status=status)
                self.assertIn(b"< " + code, done.err)

    def test_too_big_by_what_is_announced(self):
        self.assertIn(b"SIZE 67108864", self.curl("smtp").err)
        path = self.home.path / "letter"
        with open(path, "wb") as file:
            file.truncate((64 << 20) + 1)
        done = self.curl("smtp", "", "--mail-from", "a@gaul.example",
                         "--mail-rcpt", self.address(), "--upload-file", path,
                         status=FAILED_SEND)
        self.assertIn(b"< 552 5.3.4", done.err)

    def test_utf8_in_addresses(self):
        done = self.send(mails.message(2), self.address(),
                         sender="dürer@gaul.example")
        self.assertRegex(done.err, rb"MAIL FROM:<d\xc3\xbcrer@gaul\.example> "
                         rb"SIZE=\d+ SMTPUTF8\r\n")
        head = mails.split(self.inbox.contents()[0])[0]
        self.assertEqual(head[0],
                         "Return-Path: <dürer@gaul.example>".encode())
        self.assertIn(b" with UTF8SMTPA id ", b"\n".join(head))

    def test_eight_bit_mime(self):
        """Said by hand: curl knows no BODY=8BITMIME."""
        done = self.curl("smtp", "", "-X",
                         "MAIL FROM:<a@gaul.example> BODY=8BITMIME")
        self.assertIn(b"< 250-8BITMIME\r\n", done.err)
        self.assertIn(b"< 250 2.1.0", done.err)

    def test_mime_that_curl_makes(self):
        self.curl("smtp", "", "--mail-from", "a@gaul.example", "--mail-rcpt",
                  self.address(), "-H", "Subject: parts", "-F",
                  "=(;type=multipart/mixed", "-F", "=Gruß;encoder=8bit", "-F",
                  f"file=@{self.home.file('data', bytes(range(256)))};"
                  "encoder=base64", "-F", "=)")
        letter = self.inbox.contents()[0]
        self.assertIn("\n\nGruß\n".encode(), letter)
        coded = letter.rpartition(b"\n\n--")[0].rpartition(b"\n\n")[2]
        self.assertEqual(base64.b64decode(coded.partition(b"\n--")[0]),
                         bytes(range(256)))

    def test_vrfy_expn_help(self):
        out = self.curl("smtp", "", "--mail-rcpt", self.user).out
        self.assertIn(f"<{self.user}@mail.test>".encode(), out)
        done = self.curl("smtp", "", "-X", "EXPN", "--mail-rcpt", self.user,
                         status=WEIRD)
        self.assertIn(b"< 550 5.2.4", done.err)
        self.assertIn(b"214-2.0.0 BDAT ", self.curl("smtp").out)

    def test_each_mechanism(self):
        for name in ("PLAIN", "LOGIN", "CRAM-MD5"):
            for more in ([], ["--sasl-ir"]):
                with self.subTest(name, more=more):
                    done = self.curl("smtp", "", "-X", "NOOP",
                                     "--login-options", f"AUTH={name}",
                                     *more)
                    self.assertIn(b"> AUTH " + name.encode(), done.err)
                    self.assertIn(b"< 235 2.7.0", done.err)

    def test_wrong_password(self):
        done = self.program(
            "curl", "-sSv", "--user", f"{self.user}:wrong", "-X", "NOOP",
            f"smtp://127.0.0.1:{self.port('smtp')}/", status=FAILED_LOGIN)
        self.assertIn(b"< 535 5.7.8", done.err)

    def test_tls(self):
        for service, options in (("smtp", ["--ssl-reqd"]), ("smtps", [])):
            with self.subTest(service):
                done = self.send(mails.message(3), self.address(),
                                 service=service, run=self.trusted,
                                 more=options)
                self.assertEqual(b"> STARTTLS\r\n" in done.err,
                                 service == "smtp", done)
        self.assertEqual(len(self.inbox), 2)
        for letter in self.inbox.contents():
            self.assertSame([letter], [mails.message(3)])
            self.assertIn(b" with ESMTPSA id ", letter)
        self.send(mails.message(0), self.address(), service="smtps",
                  status=BAD_CERTIFICATE)

    def test_without_login(self):
        """Mail for our own users is taken from anybody."""
        self.send(mails.message(0), self.address(), user="")
        self.assertIn(b" with ESMTP id ", self.inbox.contents()[0])
