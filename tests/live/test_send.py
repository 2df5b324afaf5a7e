"""postel send: a file as mail, over SMTP."""

import hostile
import mails
from authority import Authority
from harness import AUTH, LATER, LOST, PARTLY, REFUSED, SCRIPT, USAGE, LiveCase
from servers import Exim


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
        for reply in (b"220 ", b"250 ", b"354 "):
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
