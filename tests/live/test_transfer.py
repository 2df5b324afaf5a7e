"""postel transfer: from Dovecot's POP3 through a whole MTA into a Maildir."""

import collections
import random
import signal
import time

import hostile
import mails
from harness import (INTERRUPTED, LATER, LOST, PARTLY, REFUSED, USAGE,
                     LiveCase, Running)
from servers import Dovecot, Exim

TIME_LIMIT = 120
TO = "obelix@mail.test"


class TransferCase(LiveCase):
    def compare(self, sent, inbox, doubles=0):
        """Each of the sent is in the inbox, its header lines and its body
        unchanged; at most so many stand there twice."""
        came = collections.defaultdict(list)
        for content in inbox.contents():
            came[mails.number(content)].append(content)
        self.assertEqual(sorted(came), sorted(map(mails.number, sent)))
        for content in sent:
            lines, _ = mails.split(content)
            for copy in came[mails.number(content)]:
                head, _ = mails.split(copy)
                self.assertEqual(mails.digest(copy), mails.digest(content),
                                 f"message {mails.number(content)}")
                self.assertEqual(head[-len(lines):], lines)
        twice = sum(len(copies) - 1 for copies in came.values())
        self.assertLessEqual(twice, doubles, "messages that came twice")
        return came


class Transfer(TransferCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_users(Dovecot)

    def setUp(self):
        super().setUp()
        self.take_user(self.dovecot)
        self.exim = Exim()
        self.logged = (self.dovecot, self.exim)
        self.enterContext(self.exim)
        self.pop = self.dovecot.url("pop3", self.user)

    def fill(self, contents):
        for content in contents:
            self.inbox.put(content)
        return contents

    def transfer(self, *options, status=0, to=TO, timeout=60):
        result = self.postel("transfer", self.pop, self.exim.url(),
                             "--to", to, *options, timeout=timeout)
        self.assertEqual(result.status, status, result)
        return result

    def test_every_kind_arrives_unchanged_and_stays(self):
        sent = self.fill(mails.messages(60))
        self.transfer()
        self.compare(sent, self.exim.wait_delivered("obelix", 60))
        self.assertEqual(len(self.inbox), 60, "nothing is deleted unasked")

    def test_thousand_messages_and_delete(self):
        sent = self.fill(mails.messages(1000, seed=2))
        self.transfer("--delete", timeout=240)
        self.compare(sent, self.exim.wait_delivered("obelix", 1000))
        self.assertEqual(len(self.inbox), 0)

    def test_chosen_messages(self):
        sent = self.fill(mails.messages(7))
        self.transfer("--messages", "1,3-5", "--delete")
        chosen = [sent[i - 1] for i in (1, 3, 4, 5)]
        self.compare(chosen, self.exim.wait_delivered("obelix", 4))
        self.assertEqual([mails.number(c) for c in self.inbox.contents()],
                         [1, 5, 6])

    def test_message_that_is_not_there(self):
        self.fill(mails.messages(3))
        result = self.postel("transfer", self.pop, self.exim.url(), "--to",
                             TO, "--messages", "2,9")
        self.assertNotEqual(result.status, 0, result)
        self.assertEqual(len(result.lines), 1, result)
        self.assertRegex(result.lines[0], "9")
        self.assertEqual(len(self.inbox), 3)

    def test_wrong_message_numbers(self):
        self.fill(mails.messages(3))
        for numbers in ("0", "-1", "x", "3-", "2-1", "1,,2", "1;2",
                        "99999999999999999999"):
            with self.subTest(numbers):
                result = self.postel(
                    "transfer", self.pop, self.exim.url(), "--to", TO,
                    f"--messages={numbers}", "--delete")
                self.assertIn(result.status, (USAGE, REFUSED), result)
                self.assertEqual(len(result.lines), 1, result)
        self.assertEqual(len(self.inbox), 3)
        self.assertEqual(len(self.exim.inbox("obelix")), 0)

    def test_sender_and_several_recipients(self):
        sent = self.fill(mails.messages(5))
        result = self.postel(
            "transfer", self.pop, self.exim.url(), "--to", TO, "--to",
            "idefix@mail.test", "--from", "druid@gaul.test", "--delete")
        self.assertEqual(result.status, 0, result)
        for user in ("obelix", "idefix"):
            came = self.compare(sent, self.exim.wait_delivered(user, 5))
            for copies in came.values():
                self.assertIn(b"Return-path: <druid@gaul.test>", copies[0])

    def test_refused_recipient_deletes_nothing(self):
        self.fill(mails.messages(5))
        result = self.transfer("--delete", to="nosuch@mail.test",
                               status=REFUSED)
        self.assertEqual(len(result.lines), 1, result)
        self.assertIn("550", result.lines[0])
        self.assertEqual(len(self.inbox), 5)

    def test_refused_for_now_deletes_nothing(self):
        self.fill(mails.messages(2))
        result = self.transfer("--delete", to="later@mail.test",
                               status=LATER)
        self.assertIn("450", result.lines[0])
        self.assertEqual(len(self.inbox), 2)

    def test_one_of_two_recipients_refused_keeps_the_mail(self):
        self.fill(mails.messages(2))
        result = self.postel("transfer", self.pop, self.exim.url(), "--to",
                             TO, "--to", "nosuch@mail.test", "--delete")
        self.assertIn(result.status, (REFUSED, PARTLY), result)
        self.assertEqual(len(self.inbox), 2)

    def test_empty_maildrop(self):
        self.transfer("--delete")
        self.assertEqual(len(self.exim.inbox("obelix")), 0)

    def test_destination_that_drops_the_connection(self):
        """No reply to the final dot: the message stays at its source."""
        self.fill(mails.messages(3))
        answers = {"DATA": [hostile.say(b"354 go\r\n"), hostile.read_body,
                            hostile.hang_up]}
        with hostile.Hostile("smtp", answers) as smtp:
            result = self.postel("transfer", self.pop, smtp.url(login=""),
                                 "--to", TO, "--delete")
        self.assertEqual(result.status, LOST, result)
        self.assertEqual(smtp.heard.count(b"DATA"), 2, "sent once more only")
        self.assertIn(b"whether message 1 was taken is unknown", result.err)
        self.assertEqual(len(self.inbox), 3)

    def test_one_message_refused(self):
        """What the destination took goes, what it refused stays."""
        for verdict, statuses in ((b"554 5.6.0 spam", (REFUSED, PARTLY)),
                                  (b"451 4.3.0 later", (LATER, PARTLY))):
            for path in self.inbox.files():
                path.unlink()
            self.fill(mails.messages(3))
            taken = []

            def decide(peer, verdict=verdict, taken=taken):
                start = len(peer.heard)
                hostile.read_body(peer)
                letter = b"\n".join(peer.heard[start:])
                good = mails.number(letter) != 1
                if good:
                    taken.append(mails.number(letter))
                peer.send((b"250 taken" if good else verdict) + b"\r\n")

            answers = {"DATA": [hostile.say(b"354 go\r\n"), decide]}
            with hostile.Hostile("smtp", answers) as smtp:
                result = self.postel("transfer", self.pop, smtp.url(login=""),
                                     "--to", TO, "--delete")
            self.assertIn(result.status, statuses, result)
            self.assertEqual(len(result.lines), 1, result)
            self.assertIn(verdict[:3], result.err)
            left = [mails.number(c) for c in self.inbox.contents()]
            self.assertEqual(sorted(left + taken), [0, 1, 2])
            self.assertIn(1, left)

    def test_source_that_ends_in_a_body(self):
        """The receiver never sees the end of a message cut off."""
        answers = {
            "RETR": [hostile.say(b"+OK\r\nSubject: cut\r\n\r\nhalf"),
                     hostile.hang_up]}
        with hostile.Hostile("pop3", answers) as pop:
            result = self.postel("transfer", pop.url(), self.exim.url(),
                                 "--to", TO, "--delete")
        self.assertEqual(result.status, LOST, result)
        self.assertEqual(len(result.lines), 3, result)  # tried thrice
        time.sleep(0.5)
        self.assertEqual(len(self.exim.inbox("obelix")), 0)
        self.assertEqual(self.exim.queued(), 0)

    def test_smuggled_end_stays_inside_the_message(self):
        """<LF>.<LF>, <CR>.<CR> and kin in a message end nothing."""
        body = (b"before\n.\r\nMAIL FROM:<evil@x.test>\r.\rRCPT TO:<"
                b"idefix@mail.test>\r\n.\nDATA\n.\r.\n.\r\r\nafter")
        sent = mails.header(1, "smuggling") + b"\n" + body
        reply = b"+OK\r\n" + stuffed(sent) + b".\r\n"
        with hostile.Hostile("pop3", {"RETR": [hostile.say(reply)]}) as pop:
            result = self.postel("transfer", pop.url(), self.exim.url(),
                                 "--to", TO, "--delete")
            self.assertEqual(result.status, 0, result)
            self.assertTrue(pop.said(rb"^DELE 1$"))
        self.compare([sent], self.exim.wait_delivered("obelix", 1))
        self.assertEqual(len(self.exim.inbox("idefix")), 0)


def stuffed(content):
    """A message in the dot framing of a careless server: its own line ends
    are CRLF, what else is inside goes as it is."""
    lines = content.split(b"\r\n")
    return b"\r\n".join(b"." + x if x.startswith(b".") else x
                        for x in lines) + b"\r\n"


class Killed(TransferCase):
    """SIGKILL at any moment, then once more: none is lost; doubled is only
    the one whose fate nobody can know (RFC 1047), one for each kill.  Where a
    server is killed the run goes on by itself."""

    MESSAGES, KILLS = 60, 5

    def setUp(self):
        super().setUp()
        seed = random.randrange(10 ** 9)
        self.random = random.Random(seed)
        self.seed = seed
        self.dovecot, self.exim = Dovecot(), Exim(spool_only=True)
        self.logged = (self.dovecot, self.exim)
        for server in self.logged:
            self.enterContext(server)
        self.inbox = self.dovecot.inbox("asterix")
        self.sent = [mails.message(n, kind=mails.large)
                     for n in range(self.MESSAGES)]
        for content in self.sent:
            self.inbox.put(content)
        self.arguments = ("transfer", self.dovecot.url("pop3"),
                          self.exim.url(), "--to", TO, "--delete")

    def moment(self, running):
        """Waits until a part of what is left has gone, and a little."""
        now = self.exim.queued()
        gone = now + int((self.MESSAGES - now) * self.random.uniform(0, 0.7))
        while self.exim.queued() < gone and not running.has_ended():
            time.sleep(0.002)
        time.sleep(self.random.uniform(0, 0.015))

    def strike(self, kill, kills=KILLS, ends=(-signal.SIGKILL,)):
        """Runs the transfer, calling kill in the middle, again and again,
        then until it is done; returns how often it was struck under way."""
        struck = 0
        for _ in range(kills):
            if self.exim.queued() >= self.MESSAGES:
                break
            running = Running(self.home, self.arguments)
            self.moment(running)
            under_way = not running.has_ended()
            kill(running)
            result = running.wait(60)
            self.assertIn(result.status, (0, *ends),
                          f"seed {self.seed}\n{result}")
            self.assertTrue(result.status == 0 or under_way, result)
            struck += result.status != 0 or b"again in" in result.err
        self.assertGreater(struck, 0, "no run was struck")
        self.done(*self.arguments)
        return struck

    def none_lost(self, doubles):
        self.assertEqual(len(self.inbox), 0)
        inbox = self.exim.wait_delivered("obelix", self.MESSAGES)
        self.compare(self.sent, inbox, doubles)

    def test_postel_killed(self):
        self.none_lost(self.strike(lambda r: r.signal(signal.SIGKILL)))

    def test_postel_interrupted(self):
        self.none_lost(self.strike(lambda r: r.signal(signal.SIGINT), 3,
                                   (INTERRUPTED, -signal.SIGINT)))

    def test_source_killed(self):
        def kill(_):
            self.dovecot.kill()
            self.dovecot.remove_locks()
            self.dovecot.start()
        self.none_lost(self.strike(kill, ends=()))

    def test_source_session_killed(self):
        def kill(_):
            self.dovecot.signal_all(signal.SIGKILL, "pop3")
            self.dovecot.remove_locks()
        self.none_lost(self.strike(kill, ends=()))

    def test_destination_killed(self):
        def kill(_):
            self.exim.kill()
            self.exim.start()
        self.none_lost(self.strike(kill, ends=()))
