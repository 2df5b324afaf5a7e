"""postel inbox: what is in a mailbox, and one message of it."""

import mails
from harness import AUTH, REFUSED, USAGE, LiveCase
from servers import Dovecot


class Inbox(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_server(Dovecot())
        inbox = cls.dovecot.inbox("asterix")
        cls.contents = mails.messages(12)
        for content in cls.contents:
            inbox.put(content)
        inbox.put(b"From: e@evil.test\nSubject: \x1b]0;owned\x07 \x9b2J\n\n"
                  b"x\n")

    def test_list(self):
        for protocol in ("pop3", "imap"):
            result = self.done("inbox", self.dovecot.url(protocol))
            for n in range(12):
                self.assertIn(b"live message %d" % n, result.out)

    def test_one_message(self):
        for protocol in ("pop3", "imap"):
            for n in range(12):
                result = self.done("inbox", self.dovecot.url(protocol),
                                   n + 1)
                self.assertIn(
                    mails.unix(self.contents[n]).strip(b"\n"),
                    mails.unix(result.out))

    def test_nothing_is_changed(self):
        before = [p.name for p in self.dovecot.inbox("asterix").files()]
        for protocol in ("pop3", "imap"):
            self.done("inbox", self.dovecot.url(protocol))
        after = [p.name for p in self.dovecot.inbox("asterix").files()]
        self.assertEqual(len(before), len(after))
        self.assertFalse([p for p in after if "S" in p.split(":2,")[-1]
                          and p not in before])

    def test_empty(self):
        for protocol in ("pop3", "imap"):
            self.done("inbox", self.dovecot.url(protocol, "obelix"))

    def test_replies_are_shown_when_asked(self):
        result = self.done("inbox", self.dovecot.url("pop3"), "-v")
        self.assertIn(b"+OK", result.out + result.err)
        result = self.done("inbox", self.dovecot.url("pop3"), "-v", 2)
        self.assertRegex(result.err, rb"S: \+OK \d+ octets\n")

    def test_number_that_is_not_there(self):
        for protocol in ("pop3", "imap"):
            self.fails((REFUSED, USAGE), "99", "inbox",
                       self.dovecot.url(protocol), 99)

    def test_wrong_password(self):
        for protocol in ("pop3", "imap"):
            url = self.dovecot.url(protocol, password="wrong1")
            self.fails(AUTH, "(?i)auth", "inbox", url)

    def test_help_on_each_script(self):
        for script in ("transfer", "purge", "send", "inbox"):
            result = self.done(script, "--help")
            self.assertRegex(result.out, rb"(?i)usage")
            self.assertEqual(result.err, b"")
            self.fails(USAGE, ".", script)
            self.fails(USAGE, "nonsense", script, "--nonsense")
