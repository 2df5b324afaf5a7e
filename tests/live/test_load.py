"""posteld with many clients, and a mailbox with many messages: what the
newcomer's class of two hundred would do to it."""

import resource
import statistics
import time

import mails
from clients import by_number
from harness import SANITIZED, PosteldCase, peak
from wire import Imap, Pop3, Smtp, wait_until

CLIENTS = 200
MESSAGES = 10_000
LIMIT = 64 * 1024  # KiB
ANSWER = 0.05  # seconds, where nothing but the answer is to be done
ANY = 1 if not SANITIZED else 10  # times slower


def fill(inbox, count):
    for number in range(count):
        inbox.put(b"Subject: %d\n\nThe mail with the number %d.\n"
                  % (number, number))


class Load(PosteldCase):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE,
                        (soft, hard))

    def clients(self, kind, port, count=CLIENTS, **options):
        return [self.enterContext(kind(port, **options))
                for _ in range(count)]

    def imap(self, server, count=CLIENTS):
        found = self.clients(Imap, server.imap, count)
        for c in found:
            self.assertIn(b"OK", c.login())
        return found

    def seconds(self, client, command, times=9):
        """The median of what the command takes."""
        taken = []
        for _ in range(times):
            began = time.monotonic()
            self.assertEqual(client.status(command), b"OK", command)
            taken.append(time.monotonic() - began)
        return statistics.median(taken)

    def assertSmall(self, server):
        memory = peak(server)
        print(f"# {self.id()}: {memory} KiB", flush=True)
        if not SANITIZED:
            self.assertLess(memory, LIMIT)

    def test_select_of_ten_thousand(self):
        server = self.serve()
        fill(server.inbox("asterix"), MESSAGES)
        (client,) = self.imap(server, 1)
        began = time.monotonic()
        lines = client.say("SELECT INBOX")
        cold = time.monotonic() - began
        self.assertIn(b"* %d EXISTS" % MESSAGES, lines)
        warm = self.seconds(client, "SELECT INBOX")
        print(f"# SELECT: {1000 * cold:.1f} ms cold, {1000 * warm:.1f} warm",
              flush=True)
        self.assertLess(warm, ANSWER * ANY)
        self.assertSmall(server)

    def test_two_hundred_in_one_large_mailbox(self):
        server = self.serve()
        fill(server.inbox("asterix"), MESSAGES)
        clients = self.imap(server)
        for c in clients:
            self.assertIn(b"* %d EXISTS" % MESSAGES, c.say("SELECT INBOX"))
        for c in clients[::4]:
            lines = c.say("FETCH 1:* (UID FLAGS)")
            self.assertEqual(len(lines), MESSAGES + 1)
        self.assertLess(self.seconds(clients[0], "SELECT INBOX"),
                        ANSWER * ANY)
        for c in clients:
            c.send("w IDLE\r\n")
            self.assertTrue(c.line().startswith(b"+"))
        server.inbox("asterix").put(b"Subject: new\n\nnew\n")
        for c in clients:
            while c.line() != b"* %d EXISTS" % (MESSAGES + 1):
                pass
        self.assertSmall(server)

    def test_two_hundred_of_all_protocols(self):
        """Mail comes in, is read and is listed at the same time."""
        users = {f"user{i}": "gaul" for i in range(CLIENTS // 4)}
        server = self.serve(users)
        quarter = CLIENTS // 4
        senders = self.clients(Smtp, server.smtp, quarter)
        deliverers = self.clients(Smtp, server.lmtp, quarter)
        readers = self.clients(Imap, server.imap, quarter)
        poppers = self.clients(Pop3, server.pop3, quarter)
        letters = [mails.message(n, kind=mails.plain)
                   for n in range(2 * CLIENTS)]
        for user, c in zip(users, readers):
            self.assertIn(b"OK", c.login(user))
            self.assertEqual(c.status("SELECT INBOX"), b"OK")
        for c in senders:
            self.assertEqual(c.code("EHLO me.test"), 250)
        for c in deliverers:
            self.assertEqual(c.code("LHLO me.test"), 250)
        everybody = list(zip([*users, *users], [*senders, *deliverers]))
        for round_ in range(4):
            for user, c in everybody:
                c.send(f"MAIL FROM:<a@me.test>\r\n"
                       f"RCPT TO:<{user}@mail.test>\r\nDATA\r\n")
            for i, (_, c) in enumerate(everybody):
                self.assertEqual([int(c.reply()[-1][:3]) for _ in range(3)],
                                 [250, 250, 354])
                letter = letters[round_ * len(everybody) + i]
                c.send(mails.crlf(letter) + b".\r\n")
            for _, c in everybody:
                self.assertEqual(c.reply()[-1][:3], b"250")
        stored = []
        for user, reader, popper in zip(users, readers, poppers):
            self.assertEqual(reader.status("NOOP"), b"OK")
            self.assertIn(b"SEARCH 1 2 3 4 5 6 7 8",
                          reader.say("SEARCH ALL")[0])
            self.assertIn(b"+OK", popper.login(user))
            self.assertTrue(popper.say("STAT").startswith(b"+OK 8 "))
            stored += server.inbox(user).contents()
        self.assertEqual(sorted(by_number(stored)),
                         sorted(map(mails.number, letters)))
        self.assertSmall(server)

    def test_a_hundred_slow_ones_delay_nobody(self):
        """Some say half a command, some a byte now and then, some ask for
        much and read nothing."""
        server = self.serve()
        inbox = server.inbox("obelix")
        for n in range(20):
            inbox.put(b"Subject: %d\n\n" % n + b"x" * 76 + b"\n"
                      + (b"y" * 76 + b"\n") * 13_000)
        halves = self.clients(Imap, server.imap, 40)
        typists = self.clients(Smtp, server.smtp, 30)
        deaf = self.clients(Imap, server.imap, 30)
        for c in halves:
            c.send("a LOGIN aster")
        for c in deaf:
            self.assertIn(b"OK", c.login("obelix", "menhir"))
            self.assertEqual(c.status("SELECT INBOX"), b"OK")
            c.send("b FETCH 1:* BODY.PEEK[]\r\n")
        (client,) = self.imap(server, 1)
        taken = []
        for octet in "EHLO me.test\r\nNOOP\r\n":
            for c in typists:
                c.send(octet)
            taken.append(self.seconds(client, "NOOP", 3))
        self.assertLess(statistics.median(taken), ANSWER * ANY)
        for c in typists:
            self.assertTrue(c.reply()[0].startswith(b"250"))
            self.assertTrue(c.reply()[0].startswith(b"250"))
        self.assertTrue(wait_until(
            lambda: self.seconds(client, "SELECT INBOX") < ANSWER * ANY))
        self.assertSmall(server)
