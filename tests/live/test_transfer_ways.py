"""postel transfer: each source to each destination, each message once, whatever
happens on the way.  Maildirs are read by the tests' own code."""

import json
import os
import random
import re
import signal
import time

import hostile
import mails
from harness import (DONE, INTERRUPTED, LOST, PARTLY, PROTOCOL, REFUSED,
                     SCRIPT, USAGE)
from servers import Dovecot, Maildir, Posteld
from test_transfer import TransferCase

KILLS = int(os.environ.get("KILLS", "6"))  # of each source
TIME_LIMIT = 120
SAID = rb"message (\S+?):? (?:it )?may have been taken already"


class WaysCase(TransferCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_users(Dovecot, count=120)
        cls.posteld = cls.with_server(Posteld(
            {f"user{i}": "secret" for i in range(120)}))

    def setUp(self):
        super().setUp()
        self.take_user(self.dovecot)
        self.maildir = Maildir(self.home.path / "Maildir")

    def sources(self):
        """Each kind of source: its name, its Maildir, and how it is called."""
        for server in (self.dovecot, self.posteld):
            for protocol in ("pop3", "imap"):
                self.user = next(type(self).fresh)
                yield (f"{protocol} {server.name}", server.inbox(self.user),
                       server.url(protocol, self.user))
        yield "maildir", self.maildir, str(self.maildir.path)

    def target(self, user, protocol="smtp"):
        return (f"{protocol}://127.0.0.1:{getattr(self.posteld, protocol)}",
                "--to", f"{user}@mail.test")

    def fill(self, box, n, seed=1):
        sent = mails.messages(n, seed=seed)
        for content in sent:
            box.put(content)
        return sent

    def totals(self, result):
        return json.loads(result.out.splitlines()[-1])

    def empty(self, box):
        for path in box.files():
            path.unlink()


class Ways(WaysCase):
    def test_each_source_to_each_destination(self):
        """The recipient is another user of posteld or of Dovecot."""
        to = next(type(self).fresh)
        ends = [(self.posteld, "smtp"), (self.posteld, "lmtp"),
                (self.dovecot, "lmtp")]
        for name, box, source in self.sources():
            for server, protocol in ends:
                with self.subTest(f"{name} to {protocol} {server.name}"):
                    self.empty(box)
                    self.empty(server.inbox(to))
                    sent = self.fill(box, 12)
                    port = getattr(server, protocol)
                    result = self.done(
                        "transfer", source, f"{protocol}://127.0.0.1:{port}",
                        f"--to={to}@mail.test" if server is self.posteld
                        else f"--to={to}", "--from=a@gaul.test", "--delete",
                        "--json")
                    self.assertEqual(self.totals(result)["done"], 12)
                    self.compare(sent, server.inbox(to))
                    self.assertEqual(len(box), 0)

    def test_journal_without_delete(self):
        """What was taken is not sent again; what is new is."""
        for name, box, source in self.sources():
            with self.subTest(name):
                to = next(type(self).fresh)
                arguments = ("transfer", source, *self.target(to),
                             f"--journal={name.replace(' ', '-')}.journal", "--json")
                sent = self.fill(box, 5)
                self.assertEqual(self.totals(self.done(*arguments))["done"], 5)
                box.put(mails.message(77))
                totals = self.totals(self.done(*arguments))
                self.assertEqual((totals["done"], totals["skipped"]), (1, 5))
                self.compare([*sent, mails.message(77)],
                             self.posteld.inbox(to))
                self.assertEqual(len(box), 6)

    def test_journal_of_another_source(self):
        self.fill(self.maildir, 1)
        self.done("transfer", self.maildir.path, *self.target(self.user),
                  "--journal=j", "--from=a@b.test")
        self.fails(USAGE, "this journal is of maildir", "transfer",
                   self.dovecot.url("imap", self.user),
                   *self.target(self.user), "--journal=j")

    def test_dry_run(self):
        for name, box, source in self.sources():
            with self.subTest(name):
                to = next(type(self).fresh)
                self.fill(box, 3)
                for option in ("--delete", "--journal=j"):
                    result = self.done("transfer", source, *self.target(to),
                                       option, "-n", "--json")
                    self.assertEqual(self.totals(result)["would"][0]["messages"],
                                     3)
                self.assertEqual((len(box), len(self.posteld.inbox(to))), (3, 0))
                self.assertFalse((self.home.path / "j").exists())

    def chosen(self, source, *options):
        to = next(type(self).fresh)
        self.done("transfer", source, *self.target(to), *options)
        return sorted(map(mails.number, self.posteld.inbox(to).contents()))

    def test_chosen_messages(self):
        for server in (self.dovecot, self.posteld, None):
            with self.subTest(server and server.name):
                box = server.inbox(self.user) if server else self.maildir
                source = (server.url("imap", self.user) if server
                          else self.maildir.path)
                for n in range(6):
                    box.put(mails.message(n), "S" if n % 2 else "")
                self.assertEqual(self.chosen(source, "--messages=2,4-5"),
                                 [1, 3, 4])
                self.assertEqual(self.chosen(source, "--unseen"), [0, 2, 4])
                self.assertEqual(
                    self.chosen(source, "--messages=1-3", "--unseen"), [0, 2])
                if server:
                    self.assertEqual(self.chosen(
                        source, '--search=OR SUBJECT "message 3" SEEN'),
                        [1, 3, 5])
                self.fails(USAGE, "no message 9", "transfer", source,
                           *self.target(self.user), "--messages=2,9")

    def test_wrong_arguments(self):
        pop, imap = (self.dovecot.url(p, self.user) for p in ("pop3", "imap"))
        for pattern, source, *options in (
                ("POP3 does not know", pop, "--unseen"),
                ("no IMAP mailbox", pop, "--search=ALL"),
                ("the source must be", "/no/such/folder"),
                ("the source must be", self.target(self.user)[0]),
                ("--from is missing", pop, "--from=", "--resent"),
                ("none of its values", imap, "--uncertain=never")):
            self.fails(USAGE, pattern, "transfer", source,
                       *self.target(self.user), *options)

    def test_resent_fields(self):
        """RFC 5322 3.6.6: a block in front, one for each message."""
        for name, box, source in self.sources():
            with self.subTest(name):
                to = next(type(self).fresh)
                sent = self.fill(box, 10)
                self.done("transfer", source, *self.target(to),
                          "--from=druid@gaul.test", "--resent")
                came = self.compare(sent, self.posteld.inbox(to))
                ids = set()
                for (content,) in came.values():
                    lines, _ = mails.split(content)
                    at = next(i for i, x in enumerate(lines)
                              if x.startswith(b"Resent-"))
                    block = b"\n".join(lines[at:at + 4]) + b"\n"
                    found = re.fullmatch(
                        rb"Resent-Date: \w{3}, \d+ \w{3} \d{4} [\d:]{8} "
                        rb"[+-]\d{4}\nResent-From: druid@gaul.test\n"
                        rb"Resent-To: " + to.encode() + rb"@mail.test\n"
                        rb"Resent-Message-ID: (<[^<>@ ]+@gaul.test>)\n", block)
                    self.assertTrue(found, block)
                    ids.add(found[1])
                self.assertEqual(len(ids), 10)

    def test_null_sender(self):
        self.fill(self.dovecot.inbox(self.user), 1)
        with hostile.Hostile("smtp") as smtp:
            self.done("transfer", self.dovecot.url("imap", self.user),
                      smtp.url(login=""), "--to=a@b.test", "--from=")
            self.assertTrue(smtp.said(rb"^MAIL FROM:<>"))


class Verdicts(WaysCase):
    """What servers say behind the dot, or do not say."""

    def lmtp(self, replies):
        """An LMTP server with these replies for each recipient in turn."""
        heard = []

        def decide(peer):
            start = len(peer.heard)
            rcpts = [x for x in peer.heard[:start] if x.startswith(b"RCPT")]
            del peer.heard[:start]
            hostile.read_body(peer)
            heard.append((mails.number(b"\n".join(peer.heard)), len(rcpts)))
            peer.send(b"".join(replies[x] for x in rcpts))
        return heard, hostile.Hostile("lmtp", {
            "DATA": [hostile.say(b"354 go\r\n"), decide]})

    def test_only_who_was_refused_gets_it_again(self):
        self.fill(self.maildir, 2)
        ok, no = b"250 2.0.0 ok\r\n", b"452 4.2.2 full\r\n"
        replies = {b"RCPT TO:<a@b.test>": ok, b"RCPT TO:<c@d.test>": no}
        heard, server = self.lmtp(replies)
        with server as lmtp:
            arguments = ("transfer", self.maildir.path, lmtp.url(login=""),
                         "--to=a@b.test", "--to=c@d.test", "--from=",
                         "--journal=j", "--delete")
            result = self.postel(*arguments)
            self.assertEqual(result.status, PARTLY, result)
            self.assertIn(b"c@d.test: 452", result.err)
            self.assertEqual(len(self.maildir), 2)
            replies[b"RCPT TO:<c@d.test>"] = ok
            self.done(*arguments)
        self.assertEqual(heard, [(0, 2), (1, 2), (0, 1), (1, 1)])
        self.assertEqual(len(self.maildir), 0)

    def test_what_one_server_cannot_carry_is_refused(self):
        """The others go."""
        self.maildir.put(mails.message(1))
        self.maildir.put(mails.message(2) + b"a\0b\n")
        self.maildir.put(mails.message(3))
        result = self.postel("transfer", self.maildir.path,
                             *self.target(self.user), "--from=", "--delete")
        self.assertEqual(result.status, PARTLY, result)
        self.assertIn(b"NUL", result.err)
        self.assertEqual(len(self.posteld.inbox(self.user)), 2)
        self.assertEqual(len(self.maildir), 1)

    def gap(self, *options):
        """A run that is killed between the final dot and its reply; then what
        the next one says."""
        self.fill(self.maildir, 3)
        count = []

        def second(peer):
            count.append(1)
            hostile.read_body(peer)
            if len(count) == 2:
                hostile.silence(peer)
            peer.send(b"250 ok\r\n")
        with hostile.Hostile("smtp", {
                "DATA": [hostile.say(b"354 go\r\n"), second]}) as smtp:
            running = self.start(
                "transfer", self.maildir.path, smtp.url(login=""),
                f"--to={self.user}@mail.test", "--from=", "--journal=j",
                "--delete")
            limit = time.monotonic() + 20
            while (smtp.heard.count(b".") < 2
                   and time.monotonic() < limit):
                time.sleep(0.01)
            running.signal(signal.SIGKILL)
            running.wait()
        self.assertEqual(len(self.maildir), 2)
        return self.postel("transfer", self.maildir.path,
                           *self.target(self.user), "--from=", "--journal=j",
                           "--delete", "--json", *options)

    def test_gap_is_said_and_sent_again(self):
        result = self.gap()
        self.assertEqual(len(re.findall(SAID, result.err)), 1, result)
        self.assertEqual(len(self.totals(result)["uncertain"]), 1)
        self.assertEqual(len(self.posteld.inbox(self.user)), 2)

    def test_gap_is_said_and_left_out(self):
        result = self.gap("--uncertain=skip")
        self.assertEqual(result.status, PARTLY, result)
        self.assertEqual(len(re.findall(SAID, result.err)), 1, result)
        self.assertEqual(len(self.posteld.inbox(self.user)), 1)
        self.assertEqual(len(self.maildir), 1)

    def test_interrupted_it_tells_what_is_done(self):
        for _, box, source in self.sources():
            with self.subTest(source):
                to = next(type(self).fresh)
                sent = self.fill(box, 100)
                here = self.posteld.inbox(to)
                arguments = ("transfer", source, *self.target(to), "--delete")
                running = self.start(*arguments)
                limit = time.monotonic() + 20
                while len(here) < 20 and time.monotonic() < limit:
                    time.sleep(0.01)
                running.signal(signal.SIGINT)
                result = running.wait()
                self.assertEqual(result.status, INTERRUPTED, result)
                self.assertEqual(int(re.match(rb"(\d+) messages?, ",
                                              result.out)[1]), len(here))
                self.done(*arguments)
                self.compare(sent, here)
                self.assertEqual(len(box), 0)


class Cut(WaysCase):
    def test_killed_at_any_moment_each_comes_once(self):
        """More than once only what a run has said."""
        rng = random.Random(8)
        figures = []
        for name, box, source in self.sources():
            with self.subTest(name):
                to, sent, said = next(type(self).fresh), [], 0
                arguments = ("transfer", source, *self.target(to), "--delete",
                             "--from=", "--journal=" + name.replace(" ", "-"))
                for i in range(KILLS):
                    for n in range(12):
                        sent.append(mails.message(12 * i + n))
                        box.put(sent[-1])
                    running = self.start(*arguments)
                    time.sleep(rng.uniform(0.02, 0.25))
                    running.signal(signal.SIGKILL)
                    said += len(re.findall(SAID, running.wait().err))
                    self.dovecot.remove_locks()
                result = self.done(*arguments, timeout=TIME_LIMIT)
                said += len(re.findall(SAID, result.err))
                self.compare(sent, self.posteld.inbox(to), said)
                self.assertEqual(len(box), 0)
                figures.append((name, len(sent), said, len(
                    self.posteld.inbox(to)) - len(sent)))
        if "KILLS" in os.environ:
            print("(source, messages, said, doubled):", *figures, flush=True)

    def test_connections_lost(self):
        """Made again, and the job goes on: source and destination are killed."""
        for kind in ("pop3", "imap", "maildir"):
            with self.subTest(kind):
                users = {"a": "x", "b": "x"}
                there = self.enterContext(Posteld(users))
                here = self.enterContext(Posteld(users))
                box = self.maildir if kind == "maildir" else there.inbox("a")
                sent, came = self.fill(box, 120), here.inbox("b")
                running = self.start(
                    "transfer", self.maildir.path if kind == "maildir"
                    else there.url(kind, "a"),
                    f"smtp://127.0.0.1:{here.smtp}", "--to=b@mail.test",
                    "--from=", "--delete")
                for server, count in ((here, 10), (there, 40)):
                    while len(came) < count and not running.has_ended():
                        time.sleep(0.005)
                    server.kill()
                    server.start()
                result = running.wait(TIME_LIMIT)
                self.assertEqual(result.status, DONE, result)
                self.assertIn(b"again in", result.err)
                self.compare(sent, came, len(re.findall(SAID, result.err)))
                self.assertEqual(len(box), 0)

    def test_lost_at_the_same_message(self):
        """Not tried for ever; the one whose fate is unknown only once more."""
        self.fill(self.maildir, 1)
        for steps, times in (([hostile.say(b"354 go\r\n"), hostile.read_body,
                               hostile.hang_up], 2), ([hostile.hang_up], 3)):
            with hostile.Hostile("smtp", {"DATA": steps}) as smtp:
                result = self.postel(
                    "transfer", self.maildir.path, smtp.url(login=""),
                    "--to=a@b.test", "--from=", "--journal=" + str(times))
            self.assertEqual(result.status, LOST, result)
            self.assertEqual(smtp.heard.count(b"DATA"), times, result)


class HostileSource(WaysCase):
    def imap(self, **answers):
        return hostile.Hostile("imap", {
            verb.replace("_", " "): steps for verb, steps in answers.items()})

    def fetch(self, *responses):
        return [hostile.say(b"".join(
            b"* 1 FETCH (UID %d RFC822.SIZE %d BODY[] {%d}\r\n%s)\r\n" % (
                uid, len(hostile.MAIL), len(hostile.MAIL), hostile.MAIL)
            for uid in responses) + b"%t OK done\r\n")]

    def transfer(self, server, *options):
        return self.postel("transfer", server.url(), *self.target(self.user),
                           "--from=", *options)

    def here(self):
        return len(self.posteld.inbox(self.user))

    def test_other_messages_than_asked_for(self):
        for uids, status in (((), REFUSED), ((7,), REFUSED),
                             ((1, 1), PROTOCOL)):
            with self.imap(UID_FETCH=self.fetch(*uids)) as server:
                before = self.here()
                result = self.transfer(server, "--delete", "--timeout=3")
                self.assertEqual(result.status, status, result)
                self.assertLessEqual(self.here() - before, uids.count(1))
                self.assertFalse(server.said(rb"STORE 7"))
                self.assertFalse(server.said(rb"EXPUNGE 7"))

    def test_literal_that_is_shorter_than_said(self):
        """The rest of it looks like items that nobody has asked for."""
        text = (b"* 1 FETCH (UID 1 BODY[] {20}\r\nSubject: x\r\n\r\nabcdef"
                b" X-EVIL \"ghi\")\r\n%t OK done\r\n")
        with self.imap(UID_FETCH=[hostile.say(text)]) as server:
            result = self.transfer(server, "--delete")
        self.assertEqual(result.status, PROTOCOL, result)
        self.assertEqual(self.here(), 0)
        self.assertFalse(server.said(rb"STORE"))

    def select(self, validity):
        return [hostile.say(
            b"* 1 EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n"
            b"* OK [UIDNEXT 9] ok\r\n%%t OK [READ-WRITE] ok\r\n" % validity)]

    def test_uidvalidity_that_changes(self):
        """Between two runs it is told, and nothing is sent unasked."""
        runs = ((7, (), DONE, 1), (7, (), DONE, 1), (8, (), SCRIPT, 1),
                (8, ("--uncertain=again",), DONE, 2), (8, (), DONE, 2))
        for validity, options, status, count in runs:
            select = self.select(validity)
            with self.imap(UID_FETCH=self.fetch(1), SELECT=select,
                           EXAMINE=select) as server:
                result = self.transfer(server, "--journal=j", *options)
            self.assertEqual(result.status, status, result)
            self.assertEqual(self.here(), count, result)
            if status != DONE or options:
                self.assertIn(b"UIDVALIDITY", result.err)

    def test_uidvalidity_that_changes_midway_deletes_nothing(self):
        fetch = [hostile.say(b"* OK [UIDVALIDITY 8] new\r\n"),
                 *self.fetch(1)]
        with self.imap(UID_FETCH=fetch) as server:
            result = self.transfer(server, "--delete")
        self.assertNotEqual(result.status, DONE, result)
        self.assertFalse(server.said(rb"STORE|EXPUNGE"))

    def test_expunged_by_another_meanwhile(self):
        """RFC 2180 4.1: a FETCH that is refused for what is gone."""
        search = []

        def found(peer):
            search.append(1)
            peer.send(b"* SEARCH 1 2\r\n" if len(search) == 1
                      else b"* SEARCH\r\n")
            peer.send(b"%t OK done\r\n")
        fetch = [hostile.say(
            b"* 1 FETCH (UID 1 RFC822.SIZE %d BODY[] {%d}\r\n%s)\r\n%%t NO "
            b"[EXPUNGEISSUED] some are gone\r\n" % (
                len(hostile.MAIL), len(hostile.MAIL), hostile.MAIL))]
        with self.imap(UID_SEARCH=[found], UID_FETCH=fetch,
                       EXAMINE=[hostile.say(
                           b"* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n%t OK "
                           b"[READ-ONLY] ok\r\n")]) as server:
            result = self.transfer(server)
        self.assertEqual(result.status, DONE, result)
        self.assertEqual(self.here(), 1)

    def test_server_without_unique_ids(self):
        """There is no journal; what was taken goes all the same."""
        answers = {"UIDL": [hostile.say(b"-ERR what?\r\n")]}
        with hostile.Hostile("pop3", answers) as server:
            result = self.transfer(server, "--journal=j", "--delete")
            self.assertEqual(result.status, SCRIPT, result)
            self.assertIn(b"no UIDL", result.err)
            for _ in range(2):
                result = self.transfer(server, "--delete")
                self.assertEqual(result.status, DONE, result)
        self.assertEqual(self.here(), 2)
        self.assertTrue(server.said(rb"DELE 1"))

    def test_unique_id_of_two_messages(self):
        """The second must not count as the first."""
        with hostile.Hostile("pop3", {
                "STAT": [hostile.say(b"+OK 2 10\r\n")],
                "LIST": [hostile.say(b"+OK\r\n1 5\r\n2 5\r\n.\r\n")],
                "UIDL": [hostile.say(b"+OK\r\n1 x\r\n2 x\r\n.\r\n")],
        }) as server:
            result = self.transfer(server, "--delete")
        self.assertEqual(result.status, PROTOCOL, result)
        self.assertFalse(server.said(rb"DELE"))

    def test_retr_refused(self):
        """It stays, and is told; the destination's connection lives on."""
        with hostile.Hostile("pop3", {"RETR": [
                hostile.say(b"-ERR no\r\n")]}) as server:
            result = self.transfer(server, "--delete")
        self.assertEqual(result.status, REFUSED, result)
        self.assertIn(b"-ERR no", result.err)
        self.assertFalse(server.said(rb"DELE"))


if __name__ == "__main__":
    import unittest
    unittest.main()
