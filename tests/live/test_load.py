"""posteld under load: 200 clients at once, a mailbox of 10,000 messages, and
clients that are slow on purpose."""

import statistics
import time
import unittest

import harness
from imapwire import Imap
from servers import Posteld
from wire import Pop3, Smtp, Stream

CLIENTS = 200
MESSAGES = 10_000
SELECT_MS = 50
# What an answer may take: beside clients that do next to nothing, and beside
# those that keep the server busy.
SLOW_MS, BUSY_MS = 25, 100
TIME_LIMIT = 120

LETTER = (b"From: Asterix <asterix@gaul.test>\nSubject: load %d\n\n"
          + b"A line of a letter as people write them.\n" * 20)


def milliseconds(act, times, of=statistics.median):
    """How long act takes: of so many times that in the middle."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begin)
    return of(taken) * 1000


class LoadCase(harness.PosteldCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        users = {"asterix": "gaul", "obelix": "menhir"}
        users |= {f"user{n}": "x" for n in range(CLIENTS)}
        cls.server = cls.with_server(Posteld(users=users))
        cls.inbox = cls.server.inbox("asterix")
        for n in range(MESSAGES):
            cls.inbox.put(LETTER % n, ["", "S", "RS", None][n % 4])
        with Imap(cls.server.imap, "asterix", "gaul") as c:
            cls.cold = milliseconds(lambda: c("SELECT INBOX"), 1)

    def setUp(self):
        super().setUp()
        self.note = self.id().rpartition(".")[2]

    def tearDown(self):
        self.tell("memory", self.server.memory("VmHWM"), "KiB")
        self.assertSmall(self.server)

    def tell(self, what, value, unit="ms"):
        print(f"# {self.note}: {what}: {value:.1f} {unit}", flush=True)

    def imap(self, user="asterix", password="gaul", box="INBOX"):
        c = self.enterContext(Imap(self.server.imap, user, password,
                                   timeout=50))
        if box:
            self.assertEqual(c(f"SELECT {box}").status, "OK")
        return c

    def imaps(self, n):
        return [self.imap(box=None) for _ in range(n)]

    def all_ask(self, clients, text):
        """All of them at once; what each was told, and how long it took."""
        begin = time.perf_counter()
        tags = [c.begin(text) for c in clients]
        said = [c.unparsed(tag) for c, tag in zip(clients, tags)]
        self.tell(f"{len(clients)} times {text}",
                  (time.perf_counter() - begin) * 1000)
        return said

    def others(self):
        """A call that asks somebody of each protocol who has nothing to do
        with any of it."""
        imap = self.imap("obelix", "menhir")
        pop3 = self.enterContext(Pop3(self.server.pop3))
        pop3.login("obelix", "menhir")
        smtp = self.enterContext(Smtp(self.server.smtp))

        def noop():
            self.assertEqual(imap("NOOP").status, "OK")
            self.assertIn(b"+OK", pop3.say("NOOP"))
            self.assertEqual(smtp.code("NOOP"), 250)
        return noop


class Load(LoadCase):
    # - many -

    def test_select(self):
        clients = self.imaps(CLIENTS)
        taken = milliseconds(lambda: clients[0]("SELECT INBOX"), 15)
        self.tell("cold", self.cold)
        self.tell("warm", taken)
        self.assertLess(taken, SELECT_MS)
        for said in self.all_ask(clients, "SELECT INBOX"):
            self.assertIn(b"* %d EXISTS\r\n" % MESSAGES, said)

    def pop3(self, n):
        c = self.enterContext(Pop3(self.server.pop3, timeout=50))
        c.send(f"USER user{n}\r\nPASS x\r\nSTAT\r\n")
        return c

    def smtp(self, n):
        port, hello = ((self.server.smtp, "EHLO"), (self.server.lmtp, "LHLO"))[
            n % 2]
        c = self.enterContext(Smtp(port, timeout=50))
        c.send(f"{hello} me.test\r\nMAIL FROM:<>\r\nRCPT TO:<user{n}>\r\n")
        return c

    def test_mixed(self):
        """A third speaks POP3, a third SMTP or LMTP, a third IMAP, all at
        once."""
        third = CLIENTS // 3
        imaps = self.imaps(CLIENTS - 2 * third)
        smtps = [self.smtp(n) for n in range(third)]
        pop3s = [self.pop3(n + third) for n in range(third)]
        tags = [c.begin("SELECT INBOX") for c in imaps]
        for c in smtps:
            for code in (b"250", b"250", b"250"):
                self.assertEqual(c.reply()[-1][:3], code)
            self.assertEqual(c.code("DATA"), 354)
        for c, tag in zip(imaps, tags):
            c.end(tag)
            self.assertEqual(c.exists, MESSAGES)
        tags = [c.begin("FETCH 1:* (UID FLAGS)") for c in imaps]
        for n, c in enumerate(smtps):
            c.send((LETTER % n).replace(b"\n", b"\r\n") + b".\r\n")
        for c in pop3s:
            self.assertEqual([c.line()[:3] for _ in range(3)], [b"+OK"] * 3)
        for c in smtps:
            self.assertEqual(c.reply()[-1][:3], b"250")
        for c, tag in zip(imaps, tags):
            self.assertEqual(c.unparsed(tag).count(b" FETCH (UID "), MESSAGES)
        for n, c in enumerate(smtps):
            mail, = self.server.inbox(f"user{n}").contents()
            self.assertIn(b"Subject: load %d\n" % n, mail)
            with Pop3(self.server.pop3) as reader:
                self.assertIn(b"+OK", reader.login(f"user{n}", "x"))
                self.assertIn(b"+OK 1 ", reader.say("STAT"))

    def test_all_in_one_mailbox(self):
        clients = self.imaps(CLIENTS)
        for said in self.all_ask(clients, "SELECT INBOX"):
            self.assertIn(b"* %d EXISTS\r\n" % MESSAGES, said)
        for said in self.all_ask(clients, "FETCH 1:* (FLAGS)"):
            self.assertEqual(said.count(b" FETCH (FLAGS "), MESSAGES)
        for said in self.all_ask(clients, "SEARCH SEEN"):
            found = said.partition(b"\r\n")[0].split()[2:]
            self.assertEqual(len(found), MESSAGES // 2)
        self.idle(clients)

    def idle(self, clients):
        """Each is told of each message that comes, and that it goes."""
        tags = [c.begin("IDLE") for c in clients]
        for c in clients:
            self.assertEqual(c.response().tag, "+")
        try:
            self.deliver(5)
            for c in clients:
                c.until(lambda r: r.name == "EXISTS"
                        and r.number == MESSAGES + 5)
        finally:
            for c, tag in zip(clients, tags):
                c.send(b"DONE\r\n")
                self.assertEqual(c.end(tag).status, "OK")
            one, *others = clients
            one(f"STORE {MESSAGES + 1}:* +FLAGS.SILENT (\\Deleted)")
            self.assertEqual(len(one("EXPUNGE").of("EXPUNGE")), 5)
        for said in self.all_ask(others, "NOOP"):
            self.assertEqual(said.count(b"EXPUNGE"), 5)

    def deliver(self, times):
        with Smtp(self.server.smtp) as c:
            for n in range(times):
                c.begin("asterix")
                c.say("DATA")
                self.assertEqual(c.code(f"Subject: news {n}\r\n\r\nx\r\n."),
                                 250)

    def test_deliveries(self):
        """All to one mailbox; what is acknowledged is there once."""
        clients = [self.enterContext(Smtp(self.server.smtp, timeout=50))
                   for _ in range(CLIENTS)]
        times = 2
        begin = time.perf_counter()
        for turn in range(times):
            for n, c in enumerate(clients):
                c.send("RSET\r\nEHLO me.test\r\nMAIL FROM:<>\r\n"
                       "RCPT TO:<obelix>\r\nBDAT 9 LAST\r\n\r\n"
                       f"{turn} {n:3}\r\n")
            for c in clients:
                self.assertEqual([c.reply()[-1][:3] for _ in range(5)],
                                 [b"250"] * 5)
        self.tell("each", (time.perf_counter() - begin) * 1000
                  / (CLIENTS * times))
        there = sorted(mail.rpartition(b"\n\n")[2] for mail in
                       self.server.inbox("obelix").contents())
        self.assertEqual(len(there), times * CLIENTS)
        self.assertEqual(there, [b"%d %3d\n" % (turn, n)
                                 for turn in range(times)
                                 for n in range(CLIENTS)])

    # - a hundred that are no good -

    def a_byte_now_and_then(self):
        """[(connection, what it says octet by octet)]"""
        said = (b"NOOP\r\n" * 1000)
        found = [(Pop3(self.server.pop3), said) for _ in range(12)]
        found += [(Smtp(self.server.smtp), said) for _ in range(12)]
        found += [(Imap(self.server.imap), said.replace(b"N", b"a N"))
                  for _ in range(12)]
        for c, _ in found:
            self.enterContext(c)
        return found

    def half_commands(self):
        for port, text in ((self.server.imap, "a LOGIN asterix ga"),
                           (self.server.imap, "a LOGIN asterix {4}\r\n"),
                           (self.server.imap, "a LOGIN asterix gaul\r\nb "
                            "APPEND INBOX {100000+}\r\nhalf of it"),
                           (self.server.pop3, "USER asterix\r\nPASS "),
                           (self.server.smtp, "EHLO me.test\r\nMAIL FROM:<>"
                            "\r\nRCPT TO:<asterix>\r\nDATA\r\nhalf of it")):
            for _ in range(8):
                c = self.enterContext(Stream(port))
                c.send(text)

    def unread(self):
        """They ask for much more than fits anywhere, and read nothing."""
        for _ in range(24):
            c = self.imap()
            c.send(b"a FETCH 1:* (BODY.PEEK[])\r\n" * 20)

    def test_slow_clients(self):
        """The others do not feel them."""
        noop = self.others()
        alone = milliseconds(noop, 30)
        drip = self.a_byte_now_and_then()
        self.half_commands()
        self.unread()
        octets = [iter(said) for _, said in drip]

        def one_each():
            for (c, _), said in zip(drip, octets):
                c.send(bytes([next(said)]))

        def both():
            one_each()
            noop()
        milliseconds(both, 5)
        before = self.server.memory("VmRSS")
        taken = milliseconds(both, 100)
        self.tell("alone", alone)
        self.tell("beside them", taken)
        self.assertLess(taken, SLOW_MS)
        if not harness.SANITIZED:
            self.assertLess(self.server.memory("VmRSS") - before, 1024)

    def test_busy_clients(self):
        """Those who make it read all mail leave room for the others."""
        noop = self.others()
        clients = [self.imap() for _ in range(3)]
        for text in ("SEARCH TEXT nowhere", "FETCH 1:* (RFC822.SIZE FLAGS)",
                     "STORE 1:* FLAGS.SILENT ($Busy)",
                     "STORE 1:* FLAGS.SILENT (\\Seen)"):
            # The longest, at the best of three times: this machine may have
            # other things to do, too.
            taken = min(self.longest(clients, text, noop) for _ in range(3))
            self.tell(f"beside {text}", taken)
            self.assertLess(taken, BUSY_MS)

    def longest(self, clients, text, act):
        """How long act takes at most while they do that."""
        tags = [c.begin(text) for c in clients]
        taken = milliseconds(act, 5, of=max)
        for c, tag in zip(clients, tags):
            self.assertRegex(c.unparsed(tag), rb"t\d+ OK [^\r\n]*\r\n\Z")
        return taken


if __name__ == "__main__":
    unittest.main()
