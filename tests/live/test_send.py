"""postel send: files as mail, over SMTP and LMTP."""

import base64
import email
import email.policy
import json
import re

import hostile
import mails
from authority import Authority
from harness import (AUTH, DONE, INTERRUPTED, LATER, LOST, PARTLY, REFUSED,
                     SANITIZED, SCRIPT, USAGE, LiveCase)
from servers import Dovecot, Exim, Posteld, Sink

MEMORY = 32 << 10  # KiB


def parsed(content):
    """A mail as Python reads it."""
    return email.message_from_bytes(content, policy=email.policy.default)


class Send(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = cls.enterClassContext(Authority())
        cls.exim = cls.with_server(Exim(cls.authority))
        cls.closed = cls.with_server(Exim(cls.authority, need_login=True))
        cls.count = 0

    def send(self, *to, url=None, file=None, **options):
        arguments = [a for t in to for a in ("--to", t)]
        return self.postel("send", url or self.exim.url(), "--from",
                           "druid@gaul.test", *arguments,
                           f"--ca={self.authority.ca}", file, **options)

    def test_each_kind_arrives_unchanged(self):
        sent = mails.messages(12, seed=5)
        for content in sent:
            path = self.home.file("letter", content)
            result = self.send("obelix@mail.test", file=path)
            self.assertEqual(result.status, 0, result)
            self.assertEqual(result.err, b"")
        inbox = self.exim.wait_delivered("obelix", len(sent))
        came = {mails.number(c): c for c in inbox.contents()}
        self.assertEqual(len(came), len(sent))
        for content in sent:
            copy = came[mails.number(content)]
            self.assertEqual(mails.digest(copy), mails.digest(content))
            self.assertIn(b"Return-path: <druid@gaul.test>", copy)

    def test_several_recipients(self):
        path = self.home.file("letter", mails.message(0))
        result = self.send("idefix@mail.test", "asterix@mail.test",
                           file=path)
        self.assertEqual(result.status, 0, result)
        self.exim.wait_delivered("idefix", 1)
        self.exim.wait_delivered("asterix", 1)

    def test_replies_are_shown_when_asked(self):
        path = self.home.file("letter", mails.message(0))
        result = self.postel(
            "send", self.exim.url(), "-v", "--from", "a@gaul.test", "--to",
            "miraculix@mail.test", f"--ca={self.authority.ca}", path)
        self.assertEqual(result.status, 0, result)
        shown = result.out + result.err
        for reply in (b"220 ", b"250 ", b"250 OK id="):
            self.assertIn(reply, shown)

    def test_refusals(self):
        path = self.home.file("letter", mails.message(0))
        for recipient, status, words in (
                ("nosuch@mail.test", REFUSED, "550"),
                ("full@mail.test", REFUSED, "552"),
                ("later@mail.test", LATER, "450"),
                ("a@elsewhere.example", REFUSED, "relay")):
            with self.subTest(recipient):
                self.assertFailed(self.send(recipient, file=path), status,
                                  words)

    def test_one_of_two_refused(self):
        path = self.home.file("letter", mails.message(0))
        result = self.send("nosuch@mail.test", "obelix@mail.test", file=path)
        self.assertFailed(result, (PARTLY, REFUSED), "nosuch")

    def test_login(self):
        path = self.home.file("letter", mails.message(77))
        url = self.closed.url(user="asterix")
        result = self.send("obelix@mail.test", url=url, file=path)
        self.assertEqual(result.status, 0, result)
        self.closed.wait_delivered("obelix", 1)
        result = self.send("obelix@mail.test", file=path,
                           url=url.replace("gaul", "wrong1"))
        self.assertFailed(result, AUTH, "535|auth")
        self.assertNotIn(b"wrong1", result.err)

    def test_wrong_use(self):
        path = self.home.file("letter", mails.message(0))
        self.assertFailed(self.send("obelix@mail.test", file="/nonexistent"),
                          (SCRIPT, USAGE), "nonexistent")
        self.assertFailed(self.send(file=path), USAGE, "to")

    def test_addresses_that_would_inject(self):
        path = self.home.file("letter", mails.message(0))
        for address in ("a@b.test>\r\nRSET", "a@b.test\nDATA"):
            self.assertFailed(self.send(address, file=path),
                              (SCRIPT, USAGE), ".")

    def test_connection_lost_after_the_final_dot(self):
        path = self.home.file("letter", mails.message(0))
        answers = {"DATA": [hostile.say(b"354 go\r\n"), hostile.read_body,
                            hostile.hang_up]}
        with hostile.Hostile("smtp", answers) as server:
            result = self.send("obelix@mail.test", file=path,
                               url=server.url(login=""))
        self.assertFailed(result, LOST, ".")

    def test_refused_after_the_data(self):
        path = self.home.file("letter", mails.message(0))
        answers = {"DATA": [hostile.say(b"354 go\r\n"), hostile.read_body,
                            hostile.say(b"554-5.6.0 spam\r\n554 no\r\n")]}
        with hostile.Hostile("smtp", answers) as server:
            result = self.send("obelix@mail.test", file=path,
                               url=server.url(login=""))
        self.assertFailed(result, REFUSED, "554")


class ComposedCase(LiveCase):
    """Servers that take the mail, emptied before each test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = [cls.with_server(Exim()), cls.with_server(Posteld()),
                       cls.with_server(Dovecot(
                           more="auth_username_format = %n"))]

    def setUp(self):
        super().setUp()
        self.exim, self.posteld, self.dovecot = self.servers
        for server in self.servers:
            for path in server.inbox("obelix").files():
                path.unlink()

    def urls(self):
        return ((self.exim, self.exim.url()),
                (self.posteld, self.posteld.url("smtp", None)),
                (self.posteld, self.posteld.url("lmtp", None)),
                (self.dovecot, self.dovecot.url("lmtp", "")))

    def send(self, url, *arguments, to=("obelix@mail.test",), status=DONE,
             **options):
        result = self.postel("send", url, "--from", "a@gaul.test",
                             *(w for t in to for w in ("--to", t)),
                             *arguments, **options)
        self.assertEqual(result.status, status, result)
        return result

    def came(self, server, count=1, user="obelix"):
        """The messages that came since, oldest first; they are taken away."""
        if server is self.exim:
            server.wait_delivered(user, count)
        files = sorted(server.inbox(user).files(),
                       key=lambda p: p.stat().st_mtime_ns)
        contents = [p.read_bytes() for p in files]
        for path in files:
            path.unlink()
        self.assertEqual(len(contents), count)
        return contents

class Composed(ComposedCase):
    """What send makes, read by Python."""

    def test_text_gets_a_header(self):
        text = "Ça va, Obélix ?\n.\nFrom here on\n" + "日本 " * 20 + "\n"
        for server, url in self.urls():
            with self.subTest(url):
                self.send(url, "--subject", "Grüße aus 日本", "-H",
                          "X-One: 1", "-H", "X-One: 2", "-H",
                          "Reply-To: Zoë \"x\" <zoe@gaul.test>",
                          input=text.encode())
                m = parsed(self.came(server)[0])
                self.assertEqual(m["Subject"], "Grüße aus 日本")
                self.assertEqual(m["From"].addresses[0].addr_spec,
                                 "a@gaul.test")
                self.assertEqual(m["To"], "obelix@mail.test")
                self.assertEqual(m.get_all("X-One"), ["1", "2"])
                self.assertEqual(m["Reply-To"].addresses[0].addr_spec,
                                 "zoe@gaul.test")
                self.assertIn("Zoë", m["Reply-To"])
                self.assertRegex(m["Message-ID"], r"^<\d+\.\w+@gaul.test>$")
                self.assertIsNotNone(m["Date"].datetime)
                self.assertEqual(m["MIME-Version"], "1.0")
                self.assertEqual(m.get_content(), text)
                self.assertEqual(m["Content-Transfer-Encoding"], "8bit")

    def test_what_is_there_stays(self):
        letter = (b"Subject: =?utf-8?q?as_it?= stands\nX-Odd:  a\n\tb\n"
                  b"Message-ID: <one@gaul.test>\nTo: x@gaul.test\n"
                  b"Bcc: hidden@gaul.test\nX-Eight: Gr\xc3\xbc\xc3\x9fe\n"
                  b"\nbody\n")
        path = self.home.file("letter", letter)
        self.send(self.exim.url(), "--add-missing", path)
        content = mails.unix(self.came(self.exim)[0])
        self.assertIn(b"\nSubject: =?utf-8?q?as_it?= stands\n", content)
        self.assertIn(b"\nX-Odd:  a\n\tb\n", content)
        self.assertNotIn(b"hidden", content)
        m = parsed(content)
        self.assertEqual(m.get_all("Message-ID"), ["<one@gaul.test>"])
        self.assertEqual(m["To"], "x@gaul.test")
        self.assertEqual(m["X-Eight"], "Grüße")
        self.assertEqual(m["From"], "a@gaul.test")
        self.assertEqual(m.get_content(), "body\n")
        # Without it the file goes as it is.
        self.send(self.posteld.url("smtp", None), path)
        self.assertTrue(mails.unix(self.came(self.posteld)[0])
                        .endswith(letter))

    def test_options_take_the_place_of_fields(self):
        path = self.home.file("letter", b"Subject: old\nSUBJECT: older\n"
                              b"X-A: y\n\nbody\n")
        self.send(self.exim.url(), "--subject", "new", "-H", "x-a: z", path)
        m = parsed(self.came(self.exim)[0])
        self.assertEqual(m.get_all("Subject"), ["new"])
        self.assertEqual(m.get_all("X-A"), ["z"])

    def test_text_that_looks_like_a_header(self):
        text = b"Note: this\n\nis text\n"
        for more in (["--text"], ["--text", "--subject=x"]):
            self.send(self.exim.url(), *more, input=text)
            self.assertEqual(parsed(self.came(self.exim)[0]).get_content(),
                             text.decode())
        self.send(self.exim.url(), "--add-missing",
                  input=b"Note: this\nis text\n")
        m = parsed(self.came(self.exim)[0])
        self.assertIsNone(m["Note"])
        self.assertEqual(m.get_content(), "Note: this\nis text\n")

    def test_without_8bitmime_it_is_quoted_printable(self):
        bare = {"EHLO": [hostile.say(b"250 bait.test\r\n")],
                "DATA": [hostile.say(b"354 go\r\n"), hostile.read_body,
                         hostile.say(b"250 ok\r\n")]}
        text = "Grüße = 日本 \n" + "x" * 2000 + "\nende\n"
        for name, options in (("bare", bare), ("honest", None)):
            with self.subTest(name):
                with hostile.Hostile("smtp", options or {}) as server:
                    self.send(server.url(login=""), "--text",
                              input=text.encode())
                    heard = server.heard
                lines = heard[heard.index(b"DATA") + 1:]
                lines = lines[:lines.index(b".")]
                m = parsed(b"\n".join(lines) + b"\n")
                self.assertEqual(m["Content-Transfer-Encoding"],
                                 "quoted-printable")
                self.assertEqual(m.get_content(), text)
                self.assertLess(max(map(len, lines)), 79)

    def test_other_character_sets(self):
        text = "Grüße\n".encode("latin-1")
        result = self.send(self.exim.url(), "--text", input=text,
                           status=USAGE)
        self.assertIn(b"--charset", result.err)
        self.send(self.exim.url(), "--text", "--charset=iso-8859-1",
                  input=text)
        self.assertEqual(parsed(self.came(self.exim)[0]).get_content(),
                         "Grüße\n")

    def test_attachments(self):
        data = bytes(range(256)) * 300
        files = {"plan.pdf": data, "liste €.csv": b"a,b\n", "leer": b"",
                 "ein \"name\"; x=.txt": b"text\n", "mail.eml": b"a: b\n\nc"}
        paths = [self.home.file(name, content)
                 for name, content in files.items()]
        letter = self.home.file("letter", b"Subject: x\n\nSee \xc3\xbc\n")
        for server, url in self.urls():
            with self.subTest(url):
                self.send(url, *(f"--attach={p}" for p in paths), letter)
                content = self.came(server)[0]
                m = parsed(content)
                self.assertEqual(m["Subject"], "x")
                self.assertEqual(m.get_body().get_content(), "See ü\n")
                got = {part.get_filename(): part.get_payload(decode=True)
                       for part in m.iter_attachments()}
                self.assertEqual(got, files)
                types = {part.get_filename(): part.get_content_type()
                         for part in m.iter_attachments()}
                self.assertEqual(types["plan.pdf"], "application/pdf")
                self.assertEqual(types["liste €.csv"], "text/csv")
                self.assertIn(b"filename*=", content)  # RFC 2231
        for wrong in (self.home.path / "nothing", self.home.path):
            self.send(self.exim.url(), f"--attach={wrong}", letter,
                      status=USAGE)

    def test_recipients_of_the_header(self):
        letter = self.home.file("letter", (
            "To: gauls: \"O, b\" <obelix@mail.test>, idefix@mail.test;\n"
            "Cc: asterix@mail.test (him),\n obelix@mail.test\n"
            "Bcc: Getafix <miraculix@mail.test>\nSubject: x\n\nx\n"))
        self.send(self.exim.url(), "--read-recipients", letter, to=())
        for user in ("obelix", "idefix", "asterix", "miraculix"):
            content = self.came(self.exim, user=user)[0]
            self.assertNotIn(b"Getafix", content)
            self.assertIn(b"\nCc: asterix@mail.test (him),", content)
        self.send(self.exim.url(), "--read-recipients", to=(), status=USAGE,
                  input=b"Subject: x\n\nTo: obelix@mail.test\n")
        result = self.send(self.exim.url(), to=(), status=USAGE, input=b"x\n")
        self.assertIn(b"--to", result.err)

    def test_sender_of_the_header(self):
        self.postel("send", self.exim.url(), "--to=obelix@mail.test",
                    input=b"From: B <b@gaul.test>, c@gaul.test\n\nx\n")
        self.assertIn(b"Return-path: <b@gaul.test>", self.came(self.exim)[0])
        result = self.postel("send", self.exim.url(),
                             "--to=obelix@mail.test", input=b"To: x\n\nx\n")
        self.assertFailed(result, USAGE, "--from is missing")

    def test_fields_that_would_inject(self):
        for field in ("no field", "X y: z", "X: a\nBcc: b@x.test", ": x",
                      "X: a\rb"):
            result = self.send(self.exim.url(), "-H", field, input=b"x\n",
                               status=USAGE)
            self.assertIn(b"no field of a header", result.err)
        self.send(self.exim.url(), "--subject", "x\nBcc: b@x.test",
                  input=b"x\n", status=USAGE)

    def test_notices_about_delivery(self):
        url = self.posteld.url("smtp", None)
        trace = self.home.path / "trace"
        self.send(url, "--dsn=delay,Success", "--dsn-return=hdrs",
                  "--dsn-id=a b+c=d", f"--trace={trace}", input=b"x\n")
        said = trace.read_text()
        self.assertRegex(said, r"MAIL FROM:<a@gaul\.test> .*RET=HDRS "
                         r"ENVID=a\+20b\+2Bc\+3Dd\n")
        self.assertRegex(said, r"RCPT TO:<obelix@mail\.test> "
                         r"NOTIFY=SUCCESS,DELAY ORCPT=rfc822;obelix@mail")
        self.send(url, "--dsn=never", input=b"x\n")
        for wrong in ("--dsn=never,delay", "--dsn=maybe", "--dsn=",
                      "--dsn-return=all", "--dsn-id=\n"):
            self.send(url, wrong, input=b"x\n", status=USAGE)
        result = self.send(self.exim.url(), "--dsn=never", input=b"x\n",
                           status=SCRIPT)
        self.assertIn(b"DSN", result.err)


class Many(ComposedCase):
    """Many files on one connection."""

    def letters(self, count):
        return [self.home.file(f"letter{n}.txt", mails.message(n, seed=9))
                for n in range(count)]

    def test_all_arrive(self):
        paths = self.letters(12)
        for server, url in self.urls():
            with self.subTest(url):
                trace = self.home.path / "trace"
                trace.unlink(missing_ok=True)
                result = self.send(url, f"--trace={trace}", "--", *paths)
                self.assertRegex(result.out, rb"^12 messages, ")
                self.assertEqual(len(re.findall(
                    r"(?m) C: (?:EHLO|LHLO) ", trace.read_text())), 1)
                came = {mails.number(c): mails.digest(c)
                        for c in self.came(server, 12)}
                self.assertEqual(came, {
                    n: mails.digest(p.read_bytes())
                    for n, p in enumerate(paths)})

    def test_the_next_one_stands_behind_the_dot(self):
        """MAIL of the second message does not wait for the first's verdict."""
        pause = {"EHLO": [hostile.say(b"250-hi\r\n250 PIPELINING\r\n")],
                 "DATA": [hostile.say(b"354 go\r\n"), hostile.read_body,
                          hostile.read_line,
                          hostile.say(b"250 one\r\n250 two\r\n")]}
        with hostile.Hostile("smtp", pause) as server:
            result = self.postel(
                "send", server.url(login=""), "--from=a@gaul.test",
                "--to=b@gaul.test", "--timeout=3", "--", *self.letters(2))
            first = server.heard.index(b".")
            self.assertRegex(server.heard[first + 1], b"^MAIL FROM", result)

    def test_refused_messages_stop_nobody(self):
        """Neither by the server, nor here; JSON says it of each."""
        paths = self.letters(4)
        paths[2].write_bytes(b"Subject: x\n\n" + b"x" * 70 * 1024)
        with Posteld(options=("--size", "65536")) as server:
            result = self.send(server.url("smtp", None), "--json", "--",
                               *paths, status=PARTLY,
                               to=("obelix@mail.test", "550@error.test"))
            told = json.loads(result.out)
            self.assertEqual(len(server.inbox("obelix")), 3)
        self.assertEqual([m["state"] for m in told["messages"]],
                         ["part", "part", "refused", "part"])
        for n, m in enumerate(told["messages"]):
            self.assertEqual(m["file"], str(paths[n]))
            if n == 2:
                self.assertIn("65536", m["reply"])
                continue
            self.assertEqual(m["accepted"], ["obelix@mail.test"])
            self.assertEqual(m["refused"][0]["address"], "550@error.test")
            self.assertRegex(m["refused"][0]["text"], "^550 ")
            self.assertRegex(m["reply"], "^250 ")
        self.assertEqual((told["job"], told["done"]), ("send", 0))

    def test_all_of_one_and_none_of_another(self):
        paths = self.letters(3)
        refuse = {"DATA": [hostile.say(b"354 go\r\n"), hostile.read_body,
                           hostile.say(b"554 5.7.1 not this\r\n")]}
        with hostile.Hostile("smtp", refuse) as server:
            result = self.send(server.url(login=""), "--", *paths,
                               status=REFUSED)
        self.assertEqual(result.err.count(b"554 5.7.1 not this"), 1)
        for path in paths:
            self.assertIn(str(path).encode(), result.err)

    def test_the_queue_id_is_told(self):
        result = self.send(self.exim.url(), "--json", "--", *self.letters(2))
        for m in json.loads(result.out)["messages"]:
            self.assertRegex(m["reply"], r"^250 (2\.0\.0 )?OK id=\S+$")
        self.came(self.exim, 2)

    def test_dry_run(self):
        result = self.send(self.posteld.url("smtp", None), "-n", "--json",
                           "--", *self.letters(2), status=PARTLY,
                           to=("obelix@mail.test", "550@error.test"))
        told = json.loads(result.out)
        self.assertEqual([w["to"] for w in told["would"]],
                         [["obelix@mail.test"]] * 2)
        self.assertEqual(len(self.posteld.inbox("obelix")), 0)

    def test_a_file_that_is_wrong_before_anything_is_connected(self):
        good = self.letters(1)
        nul = self.home.file("nul", b"Subject: x\n\na\0b\n")
        for wrong in (self.home.path / "nosuch", nul, self.home.path):
            with hostile.Hostile("smtp") as server:
                self.send(server.url(login=""), "--", *good, wrong,
                          status=USAGE)
                self.assertEqual(server.connections, 0)

    def lost(self, steps, count=3, **options):
        """Sends on a connection whose n-th DATA does steps[n]."""
        paths, left = self.letters(count), iter(steps)

        def data(peer):
            for step in next(left, [hostile.hang_up]):
                step(peer)
        with hostile.Hostile("smtp", {"DATA": [data]}) as server:
            result = self.postel(
                "send", server.url(login=""), "--from=a@gaul.test",
                "--to=b@gaul.test", "--json", "--", *paths, timeout=30,
                **options)
        return result, [m["state"] for m in json.loads(result.out)["messages"]]

    TAKE = [hostile.say(b"354 go\r\n"), hostile.read_body,
            hostile.say(b"250 taken\r\n")]

    def test_lost_behind_a_final_dot(self):
        swallow = [hostile.say(b"354 go\r\n"), hostile.read_body,
                   hostile.hang_up]
        result, states = self.lost([self.TAKE, swallow])
        self.assertEqual(result.status, LOST, result)
        self.assertEqual(states, ["sent", "unknown", "not sent"])
        self.assertRegex(result.err, rb"nobody knows whether it was taken: "
                         rb"\S*letter1.txt; taken: \S*letter0.txt; "
                         rb"not sent: \S*letter2.txt")

    def test_lost_before_a_final_dot_goes_on(self):
        """The connection is made again; nothing comes twice."""
        result, states = self.lost([self.TAKE, [hostile.hang_up], self.TAKE,
                                    self.TAKE])
        self.assertEqual(result.status, DONE, result)
        self.assertEqual(states, ["sent"] * 3)
        self.assertIn(b"again in 1 s", result.err)

    def test_lost_at_once_is_told_at_once(self):
        result, states = self.lost([[hostile.hang_up]])
        self.assertEqual(result.status, LOST, result)
        self.assertEqual(states, ["not sent"] * 3)
        self.assertLess(result.seconds, 5)

    def test_interrupted(self):
        paths = self.letters(2)
        wait = {"DATA": [hostile.say(b"354 go\r\n"), hostile.read_body,
                         hostile.silence]}
        with hostile.Hostile("smtp", wait) as server:
            running = self.start("send", server.url(login=""),
                                 "--from=a@gaul.test", "--to=b@gaul.test",
                                 "--json", "--", *paths)
            while b"." not in server.heard and not running.has_ended():
                pass
            running.signal(2)
            result = running.wait()
        self.assertEqual(result.status, INTERRUPTED, result)
        self.assertEqual([m["state"] for m in
                          json.loads(result.out)["messages"]],
                         ["unknown", "not sent"])


class Large(LiveCase):
    SIZE = 48 << 20

    def test_memory(self):
        """A large text, and a large file attached to a small one."""
        path = self.home.path / "large"
        line = "ü".encode() + b"x" * 61 + b"\n"
        with open(path, "wb") as out:
            for _ in range(self.SIZE >> 20):
                out.write(line * (1 << 14))
        small = self.home.file("small", b"Subject: x\n\nx\n")
        with Sink() as sink:
            for words in ([path], ["--text", path],
                          [f"--attach={path}", small]):
                result = self.done("send", sink.url(), "--from=a@x.test",
                                   "--to=b@x.test", *words, timeout=120)
                if not SANITIZED:
                    self.assertLess(result.rss, MEMORY, result)
                self.assertNotIn(b" 0 B", result.out)

    def test_attachment_is_whole(self):
        data = base64.b64encode(b"\0\xff" * 700000) + bytes(range(256)) * 2000
        path = self.home.file("data.bin", data)
        with Exim() as exim:
            self.done("send", exim.url(), "--from=a@x.test",
                      "--to=obelix@mail.test", "--text", f"--attach={path}",
                      input=b"see there\n")
            content = exim.wait_delivered("obelix", 1).contents()[0]
        part = next(parsed(content).iter_attachments())
        self.assertEqual(part.get_payload(decode=True), data)
