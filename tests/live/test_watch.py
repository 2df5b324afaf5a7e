"""postel watch: each new message is dealt with once, whatever happens."""

import hashlib
import imaplib
import json
import os
import pathlib
import re
import signal
import smtplib
import time

import hostile
import mails
import servers
from harness import (AUTH, CONNECT, DONE, INTERRUPTED, LOST, PARTLY, SANITIZED,
                     USAGE, LiveCase, Terminal)

READY = b"watching "

# Keeps what the command got: the message by its digest, and what is said of it.
KEEP = ("cat >$OUT/new.$$; mv $OUT/new.$$ "
        "$OUT/$(date +%s%N).$POSTEL_MAILBOX.$POSTEL_UID")


def until(done, seconds=10):
    limit = time.monotonic() + seconds
    while not done():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


class Watched:
    """A postel watch under way, and what its command has kept."""

    def __init__(self, case, *arguments, ready=1, env=None):
        self.case = case
        self.out = case.home.path / "kept"
        self.out.mkdir(exist_ok=True)
        self.running = case.start(
            "watch", "--pause=0.1", *arguments,
            env={"OUT": str(self.out)} | (env or {}))
        case.addCleanup(self.running.signal, signal.SIGKILL)
        if ready:
            self.wait_for(READY, ready)

    def said(self, stream="err"):
        file = getattr(self.running, stream)
        return os.pread(file.fileno(), 1 << 20, 0)

    def wait_for(self, text, count=1, stream="err"):
        if not until(lambda: self.said(stream).count(text) >= count):
            raise AssertionError(f"no {text!r} in {self.said(stream)!r}")

    def kept(self):
        """What was kept, in the order in which it was dealt with."""
        files = sorted(p for p in self.out.iterdir()
                       if not p.name.startswith("new."))
        return [(p.name.split(".", 1)[1].rsplit(".", 1)[0], p.read_bytes())
                for p in files]

    def wait_kept(self, count):
        if not until(lambda: len(self.kept()) >= count):
            raise AssertionError(
                f"{len(self.kept())} of {count}: {self.said()!r}")
        return self.kept()

    def end(self, number=signal.SIGTERM, status=DONE):
        # To the program alone, as a service manager does it.
        os.kill(self.running.process.pid, number)
        result = self.running.wait(15)
        self.case.assertEqual(result.status, status, result)
        return result


class Watch:
    """What holds on every server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.with_users(cls.SERVER)

    def setUp(self):
        super().setUp()
        self.take_user(self.server)
        self.url = self.server.url("imap", self.user)

    def deliver(self, content, user=None):
        """By LMTP, as mail comes."""
        with smtplib.LMTP("127.0.0.1", self.server.lmtp) as lmtp:
            lmtp.sendmail("a@gaul.test", [user or self.user],
                          mails.crlf(content))

    def mailbox(self, name, user=None):
        """A mailbox besides INBOX, as a folder."""
        return self.server.inbox(user or self.user, name)

    def assertKept(self, watched, expected):
        """What was kept are these messages, each once, octet by octet."""
        kept = watched.wait_kept(len(expected))
        digests = [hashlib.sha256(c).hexdigest() for _, c in kept]
        wanted = [hashlib.sha256(mails.crlf(c)).hexdigest() for c in expected]
        self.assertEqual(sorted(digests), sorted(wanted))

    def test_exact_octets_of_what_comes(self):
        """Of all awkward kinds, in order; what was there is not touched."""
        self.inbox.put(mails.message(99))
        watched = Watched(self, self.url, f"--run={KEEP}")
        expected = [mails.message(n) for n in range(12)]
        expected.append(mails.message(49, kind=mails.large))
        for content in expected:
            self.inbox.put(content)
        self.assertKept(watched, expected)
        self.assertEqual([mails.number(c) for _, c in watched.kept()],
                         [mails.number(c) for c in expected])
        time.sleep(0.3)
        self.assertEqual(len(watched.kept()), len(expected))
        result = watched.end()
        self.assertRegex(result.err, rb"13 messages, ")
        flags = [p.name for p in self.inbox.files() if "S" in
                 p.name.rpartition(":2,")[2]]
        self.assertEqual(flags, [], "nothing is read by that")

    def test_mailboxes_of_two_accounts(self):
        other = next(type(self).fresh)
        for user in (self.user, other):
            for name in ("Work", "Play", "Junk"):
                self.mailbox(name, user)
        watched = Watched(self, "--mailbox=*", "--exclude=Junk", "--mailbox=x",
                          self.url, self.server.url("imap", other),
                          f"--run={KEEP}")
        self.deliver(mails.message(1, kind=mails.plain))
        self.deliver(mails.message(2, kind=mails.plain), other)
        self.mailbox("Work").put(mails.message(3))
        self.mailbox("Play", other).put(mails.message(4))
        self.mailbox("Junk").put(mails.message(5))
        kept = {(name, mails.number(c)) for name, c in watched.wait_kept(4)}
        time.sleep(0.3)
        self.assertEqual(kept, {("INBOX", 1), ("INBOX", 2), ("Work", 3),
                                ("Play", 4)})
        self.assertEqual(len(watched.kept()), 4)
        watched.end()

    def test_server_killed(self):
        """What comes while there is no server is found behind that, once."""
        with self.SERVER({"asterix": "gaul"}) as server:
            self.server, self.user = server, "asterix"
            self.inbox = server.inbox("asterix")
            try:
                self.kill_server(server)
            finally:
                del self.server

    def kill_server(self, server):
        watched = Watched(self, server.url("imap"), "--run=touch $OUT/new.begun; "
                          f"sleep 0.4; {KEEP}")
        expected = [mails.message(n) for n in range(4)]
        begun = watched.out / "new.begun"
        self.inbox.put(expected[0])
        self.assertTrue(until(begun.exists))
        server.kill()
        self.inbox.put(expected[1])
        watched.wait_kept(1)
        watched.wait_for(b"; again in ")
        server.start()
        watched.wait_for(b"connected again")
        for content in expected[2:]:
            self.inbox.put(content)
        self.assertKept(watched, expected)
        self.assertRegex(watched.said(),
                         rb"asterix@127\.0\.0\.1:\d+/INBOX: .*; again in 0\.")
        time.sleep(0.2)
        self.assertEqual(len(watched.kept()), 4)
        watched.end()

    def test_command_that_fails(self):
        """It is tried again, then left and told; the next run tries it."""
        first, second = mails.message(1), mails.message(2)
        run = ("--run=echo x >>$OUT/new.tries; if grep -q 'Number: 1'; then "
               "exit 3; fi")
        watched = Watched(self, self.url, run, "--tries=3", "--since-last")
        self.inbox.put(first)
        self.inbox.put(second)
        watched.wait_for(b"left after attempt 3")
        tries = watched.out / "new.tries"
        self.assertTrue(until(lambda: tries.read_text().count("x") == 4))
        result = watched.end(status=PARTLY)
        self.assertRegex(result.err, rb"message 1: the command ended with "
                         rb"status 3; again in 0\.1 s")
        self.assertRegex(result.err, rb"again in 0\.2 s")
        again = Watched(self, self.url, f"--run={KEEP}", "--since-last")
        self.assertKept(again, [first])
        again.end()

    def test_since_last(self):
        """What came while nobody watched is dealt with once, and only that."""
        options = (self.url, f"--run={KEEP}", "--since-last")
        expected = [mails.message(n) for n in range(7)]
        self.inbox.put(mails.message(90))
        watched = Watched(self, *options)
        self.inbox.put(expected[0])
        watched.wait_kept(1)
        watched.end()
        for content in expected[1:4]:
            self.inbox.put(content)
        watched = Watched(self, *options)
        watched.wait_kept(4)
        self.inbox.put(expected[4])
        watched.wait_kept(5)
        watched.end(signal.SIGINT, INTERRUPTED)
        self.inbox.put(expected[5])
        result = self.done("watch", *options, "--once",
                           env={"OUT": str(watched.out)})
        self.assertRegex(result.err, rb"1 message, ")
        self.done("watch", *options, "--once", env={"OUT": str(watched.out)})
        self.inbox.put(expected[6])
        self.done("watch", *options, "--once", env={"OUT": str(watched.out)})
        self.assertKept(watched, expected)

    def test_unseen(self):
        """Unread mail too, once, though it stays unread."""
        self.inbox.put(mails.message(1), "S")
        self.inbox.put(mails.message(2))
        self.inbox.put(mails.message(3), "")
        options = (self.url, f"--run={KEEP}", "--unseen", "--once")
        out = {"OUT": str(self.home.path)}
        (self.home.path / "kept").mkdir()
        out = {"OUT": str(self.home.path / "kept")}
        self.done("watch", *options, env=out)
        self.done("watch", *options, env=out)
        kept = sorted(p.name.rpartition(".")[2]
                      for p in (self.home.path / "kept").iterdir())
        self.assertEqual(len(kept), 2, kept)

    def test_uidvalidity(self):
        """Another mailbox of the same name: told, and begun anew."""
        options = (self.url + "/Box", f"--run={KEEP}", "--since-last")
        self.mailbox("Box").put(mails.message(1))
        watched = Watched(self, *options)
        self.mailbox("Box").put(mails.message(2))
        watched.wait_kept(1)
        watched.end()
        client = imaplib.IMAP4("127.0.0.1", self.server.imap)
        self.addCleanup(client.shutdown)
        client.login(self.user, "secret")
        for command in ("DELETE", "CREATE"):
            self.assertEqual(client._simple_command(command, "Box")[0], "OK")
        watched = Watched(self, *options)
        watched.wait_for(b"UIDVALIDITY has changed")
        self.mailbox("Box").put(mails.message(3))
        self.assertKept(watched, [mails.message(2), mails.message(3)])
        watched.end()

    def test_expunge_by_another(self):
        """Numbers shift while commands run: UIDs do not."""
        contents = [mails.message(n, kind=mails.plain) for n in range(6)]
        watched = Watched(self, self.url, f"--run=sleep 0.1; {KEEP}")
        paths = [self.inbox.put(c) for c in contents]
        watched.wait_kept(1)
        for i in (0, 3):  # one that was dealt with, and one that waits
            for path in self.inbox.files():
                if path.name.startswith(paths[i].name):
                    path.unlink()
        self.assertKept(watched, [c for i, c in enumerate(contents) if i != 3])
        watched.end()


class WatchDovecot(Watch, LiveCase):
    SERVER = servers.Dovecot

    def test_lines(self):
        """Without a command: date, mailbox, sender, subject, made harmless."""
        self.mailbox("Work")
        watched = Watched(self, self.url, self.url + "/Work")
        self.mailbox("Work").put(
            b"From: =?utf-8?q?Ob=C3=A9lix?= <o@gaul.test>\n"
            b"Subject: =?utf-8?q?caf=C3=A9_=1B]0;x=07_?=\x1b[2J\n\nx\n")
        watched.wait_for(b"\n", stream="out")
        line = watched.said("out").decode()
        self.assertRegex(line, r"^\d{4}-\d\d-\d\d \d\d:\d\d  \S*Work +"
                         r"Obélix <o@gaul\.test> +café \^\[\]0;x\^G")
        self.assertNotRegex(line[:-1], "[\x00-\x1f]")
        watched.end()
        result = self.done("watch", self.url + "/Work", "--once", "--json",
                           "--unseen")
        one, end = map(json.loads, result.out.splitlines())
        self.assertEqual((one["mailbox"], one["from"]),
                         ("Work", "Obélix <o@gaul.test>"))
        self.assertEqual((end["job"], end["done"]), ("watch", 1))

    def test_hostile_subject(self):
        """Nothing of it becomes code, or harms a terminal."""
        trap = self.home.path / "trap"
        subject = (f"$(touch {trap}) `touch {trap}` '; touch {trap}; ' \" "
                   f"() {{ :;}}; touch {trap} %s \x07 \x1b[2J ").encode()
        watched = Watched(
            self, self.url,
            '--run=printf "%s|%s|%s|%s|%s\\n" "$POSTEL_SUBJECT" '
            '"$POSTEL_FROM" $POSTEL_MAILBOX $POSTEL_UID $POSTEL_URL')
        self.inbox.put(b"From: \"$(touch x)\" <a@gaul.test>\nSubject: "
                       + subject + b"\n\nx\n")
        self.inbox.put(b"Subject: " + b"long " * 400 + b"\n\nx\n")
        watched.wait_for(b"\n", 2, stream="out")
        first, second = watched.said("out").splitlines()
        text, sender, mailbox, uid, url = first.decode().rsplit("|", 4)
        self.assertIn(f"$(touch {trap}) `touch {trap}` '; touch", text)
        self.assertIn("^G ^[[2J", text)
        self.assertNotRegex(text, "[\x00-\x1f]")
        self.assertEqual((sender, mailbox, uid),
                         ("$(touch x) <a@gaul.test>", "INBOX", "1"))
        self.assertIn(f"imap://{self.user}@127.0.0.1", url)
        self.assertNotIn("secret", url)
        self.assertLess(len(second), 1200)
        self.assertFalse(trap.exists())
        watched.end()

    def test_burst(self):
        """Many at once: no more commands at a time than --jobs says."""
        for name in ("A", "B", "C"):
            self.mailbox(name)
        watched = Watched(
            self, *(f"{self.url}/{name}" for name in ("INBOX", "A", "B", "C")),
            "--jobs=2", "--run=echo + >>$OUT/log; sleep 0.02; "
            "echo - >>$OUT/log; echo $POSTEL_MAILBOX $POSTEL_UID >>$OUT/uids")
        for n in range(12):
            for name in (None, "A", "B", "C"):
                self.mailbox(name).put(mails.message(n, kind=mails.plain))
        log, uids = watched.out / "log", watched.out / "uids"
        self.assertTrue(until(lambda: log.exists() and log.read_text().count(
            "-") == 48, 20), watched.said())
        level = most = 0
        for mark in log.read_text().split():
            level += 1 if mark == "+" else -1
            most = max(most, level)
        self.assertEqual(most, 2)
        for name in ("INBOX", "A", "B", "C"):
            numbers = [int(line.split()[1]) for line in
                       uids.read_text().splitlines()
                       if line.split()[0] == name]
            self.assertEqual(numbers, list(range(1, 13)), "in order")
        watched.end()

    def test_one_account_fails(self):
        """The others go on; the failures are told, the end says so."""
        port = servers.free_port()
        watched = Watched(
            self, f"imap://u:p@127.0.0.1:{port}/INBOX",
            self.server.url("imap", next(type(self).fresh), password="wrong"),
            self.url,
            self.url + "/Nowhere", f"--run={KEEP}")
        self.inbox.put(mails.message(1))
        self.assertKept(watched, [mails.message(1)])
        result = watched.end(status=PARTLY)
        self.assertRegex(result.err, b"(?m)^postel: u@127.0.0.1:%d/INBOX: .*"
                         b"refused; again in" % port)
        self.assertRegex(result.err, b"/Nowhere: .*NO")
        self.assertRegex(result.err, rb"INBOX: .*(?i:authentication|login)")

    def test_all_accounts_fail(self):
        self.fails(AUTH, "(?i)authent|login", "watch", self.server.url(
            "imap", self.user, password="wrong"))
        result = self.postel("watch",
                             f"imap://u:p@127.0.0.1:{servers.free_port()}")
        self.assertEqual(result.status, CONNECT, result)

    def test_repeated_command_gets_all_again(self):
        content = mails.message(7, kind=mails.large)
        watched = Watched(
            self, self.url, "--run=cat >$OUT/new.$$; if mkdir $OUT/new.first; "
            "then exit 1; fi; mv $OUT/new.$$ $OUT/1.INBOX.1")
        self.inbox.put(content)
        self.assertKept(watched, [content])
        watched.end()

    def test_killed(self):
        """SIGKILL at any moment: nothing is lost, and at most the message
        that it was at comes twice."""
        options = (self.url, f"--run=sleep 0.01; {KEEP}", "--since-last")
        watched = Watched(self, *options)
        watched.end()
        expected = [mails.message(n, kind=mails.plain) for n in range(30)]
        for content in expected:
            self.inbox.put(content)
        kills = 0
        for moment in (0.1, 0.2, 0.25, 0.3):
            running = Watched(self, *options, ready=0).running
            time.sleep(moment)
            running.signal(signal.SIGKILL)
            running.wait()
            kills += 1
        self.done("watch", *options, "--once", env={"OUT": str(watched.out)})
        time.sleep(0.1)
        kept = [mails.number(c) for _, c in watched.kept()]
        self.assertEqual(set(kept), set(range(30)))
        self.assertLessEqual(len(kept), 30 + kills)

    def test_two_with_one_journal(self):
        options = (self.url, f"--run={KEEP}", "--since-last")
        watched = Watched(self, *options)
        self.fails(1, "in use by another", "watch", *options)
        watched.end()

    def test_signals_wait_for_commands(self):
        for number, status in ((signal.SIGINT, INTERRUPTED),
                               (signal.SIGTERM, DONE)):
            watched = Watched(self, self.url, "--since-last",
                              f"--run=touch $OUT/new.begun; sleep 0.4; {KEEP}",
                              "--trace=trace")
            for _ in range(2):
                self.inbox.put(mails.message(int(number)))
            begun = watched.out / "new.begun"
            self.assertTrue(until(begun.exists))
            begun.unlink()
            result = watched.end(number, status)
            self.assertRegex(result.err, b"1 message, ")
            trace = (self.home.path / "trace").read_bytes()
            self.assertEqual(trace.count(b" IDLE\n"), trace.count(b"DONE\n"))
            self.assertEqual(trace.count(b"LOGOUT\n"), 1)
            (self.home.path / "trace").unlink()
            self.done("watch", self.url, "--once", f"--run={KEEP}",
                      env={"OUT": str(watched.out)})
        self.assertEqual(len(watched.kept()), 4, "each once")

    def test_end_while_idle(self):
        watched = Watched(self, self.url, "--trace=trace")
        time.sleep(0.3)
        began = time.monotonic()
        watched.end(signal.SIGINT, INTERRUPTED)
        self.assertLess(time.monotonic() - began, 2)
        trace = (self.home.path / "trace").read_bytes()
        self.assertRegex(trace, rb"(?s)IDLE\n.*DONE.*LOGOUT")

    def test_accounts_of_init_lua(self):
        folder = self.home.path / "config" / "postel"
        folder.mkdir(parents=True)
        (folder / "init.lua").write_text(
            'postel.account {name = "work", password = "secret", url = '
            f'"{self.server.url("imap", self.user, password="")}"}}\n'
            .replace(":@", "@"))
        (folder / "init.lua").chmod(0o600)
        self.mailbox("Work")
        watched = Watched(
            self, "work", "--mailbox=Work",
            '--run=echo "$POSTEL_ACCOUNT $POSTEL_URL $POSTEL_DATE"')
        self.mailbox("Work").put(mails.message(1))
        watched.wait_for(b"\n", stream="out")
        self.assertRegex(watched.said("out"),
                         b"^work imap://%s@127.0.0.1:\\d+ "
                         rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$"
                         % self.user.encode())
        watched.end()

    def test_password_is_asked_for_once(self):
        """For all mailboxes, and for what is connected again."""
        self.mailbox("Work")
        url = self.server.url("imap", self.user, password="").replace(":@", "@")
        with Terminal(self.home, "watch", url, url + "/Work",
                      "--pause=0.1") as terminal:
            terminal.expect("Password for ")
            terminal.line("secret")
            terminal.expect("watching 2 mailboxes")
            terminal.type("\x03")
            self.assertEqual(terminal.wait(), INTERRUPTED)
            self.assertEqual(terminal.seen.count(b"Password for"), 1)

    def test_call(self):
        """A function that reads, one that deletes, and one that fails."""
        path = self.home.file("deal.lua", """
            local tries = 0
            return function(message, box)
                local text = message.body:text()
                local number = text:match "X%-Live%-Number: (%d+)"
                if number == "1" then
                    print(message.uid, message.subject, #text, box.name)
                elseif number == "2" then
                    message:delete()
                else
                    tries = tries + 1
                    assert(tries > 1, "not yet")
                    print "third"
                end
            end""")
        watched = Watched(self, self.url, f"--call={path}")
        contents = [mails.message(n, kind=mails.plain) for n in (1, 2, 3)]
        for content in contents:
            self.inbox.put(content)
        watched.wait_for(b"third", stream="out")
        result = watched.end()
        self.assertIn(b"1\tlive message 1, plain\t%d\tINBOX\n"
                      % len(mails.crlf(contents[0])), result.out)
        self.assertIn(b"not yet; again in", result.err)
        self.assertEqual([mails.number(c) for c in self.inbox.contents()],
                         [1, 3])

    def test_dry_run(self):
        self.inbox.put(mails.message(1))
        watched = Watched(self, self.url, "-n", "--since-last",
                          f"--run={KEEP}")
        self.inbox.put(mails.message(2))
        watched.wait_for(b"live message 2", stream="out")
        watched.wait_for(b"would run cat >", stream="out")
        watched.end()
        self.assertEqual(watched.kept(), [])
        self.assertFalse((self.home.path / "state").exists())

    def test_every(self):
        """IDLE is begun anew, and mail is still found."""
        watched = Watched(self, self.url, f"--run={KEEP}", "--every=0.2",
                          "--trace=trace")
        time.sleep(1)
        self.inbox.put(mails.message(1))
        self.assertKept(watched, [mails.message(1)])
        watched.end()
        self.assertGreater((self.home.path / "trace").read_bytes().count(
            b" IDLE\n"), 4)


class WatchPosteld(Watch, LiveCase):
    SERVER = servers.Posteld

    def test_memory_of_fifty(self):
        """Fifty connections, and a message of 10 MiB."""
        for n in range(50):
            self.mailbox(f"m{n}")
        watched = Watched(self, "--mailbox=m*", self.url,
                          "--run=sha256sum >$OUT/sum")
        large = b"Subject: large\n\n" + (b"x" * 75 + b"\n") * 140000
        self.mailbox("m7").put(large)
        total = watched.out / "sum"
        self.assertTrue(until(lambda: total.exists() and total.read_text(),
                              20), watched.said())
        self.assertEqual(total.read_text().split()[0],
                         hashlib.sha256(mails.crlf(large)).hexdigest())
        self.assertIn(b"watching 50 mailboxes", watched.said())
        status = pathlib.Path(
            f"/proc/{watched.running.process.pid}/status").read_text()
        peak = int(status.split("VmHWM:")[1].split()[0])
        if not SANITIZED:
            self.assertLess(peak, 32 << 10)
        watched.end()

    def test_without_idle(self):
        """A server that has no IDLE is asked every so often."""
        with servers.Posteld(options=["--fault", "imap:hide IDLE"]) as server:
            watched = Watched(self, server.url("imap"), f"--run={KEEP}",
                              "--every=0.2", "--trace=trace")
            server.inbox("asterix").put(mails.message(1))
            self.assertKept(watched, [mails.message(1)])
            watched.end()
        trace = (self.home.path / "trace").read_bytes()
        self.assertEqual(trace.count(b" IDLE\n"), 1, "it has IMAP4rev2")
        self.assertIn(b"NOOP", trace)


class WatchOfHostile(LiveCase):
    """What a broken server says stops one message, and not those behind it."""

    SELECT = [hostile.say(b"* 9 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
                          b"* OK [UIDNEXT 9] ok\r\n%t OK selected\r\n")]

    def watch(self, fetch):
        def answer(peer):
            found = re.match(rb"\S+ UID FETCH ([\d:]+) \((.*)\)", peer.line)
            peer.send(fetch(found[1], found[2]))

        with hostile.Hostile("imap", {
                "EXAMINE": self.SELECT, "UID FETCH": [answer],
                "UID SEARCH": [hostile.say(
                    b"* SEARCH 9 10\r\n%t OK done\r\n")]}) as server:
            watched = Watched(self, server.url(), f"--run={KEEP}", "--tries=2",
                              ready=0)
            kept = watched.wait_kept(1)
            watched.wait_for(b"left after")
            result = watched.end(status=PARTLY)
            return result, kept

    @staticmethod
    def good(uid, items):
        if b"BODY" in items:
            return (b"* 2 FETCH (UID %s BODY[] {3}\r\nabc)\r\n%%t OK done\r\n"
                    % uid)
        return b"* 2 FETCH (UID %s RFC822.SIZE 3)\r\n%%t OK done\r\n" % uid

    def test_once_ends(self):
        """Though each connection does."""
        with hostile.Hostile("imap", {
                "EXAMINE": self.SELECT,
                "UID SEARCH": [hostile.hang_up]}) as server:
            result = self.postel("watch", server.url(), "--once",
                                 "--pause=0.001")
            self.assertEqual(result.status, LOST, result)
            self.assertEqual(server.connections, 11)

    def test_refused(self):
        result, kept = self.watch(
            lambda uid, items: self.good(uid, items) if uid == b"10"
            else b"%t NO disk trouble\r\n")
        self.assertEqual(kept, [("INBOX", b"abc")])
        self.assertRegex(result.err, b"message 9: .*disk trouble; left after")

    def test_ends_the_connection(self):
        result, kept = self.watch(
            lambda uid, items:
            b"* 1 FETCH (UID 9 BODY[] {3}\r\nabcdef)\r\n%t OK done\r\n"
            if b"BODY" in items and uid == b"9" else
            self.good(b"9", items).replace(b"%t OK done\r\n", b"")
            + self.good(b"10", items) if uid == b"9:10"
            else self.good(uid, items))
        self.assertEqual(kept, [("INBOX", b"abc")])
        self.assertRegex(result.err, b"message 9: .*longer than was announced"
                         b"; left after")


class Arguments(LiveCase):
    def test_usage(self):
        """What is wrong is told before anything is connected."""
        for pattern, *arguments in (
                ("URL is missing",),
                ("no IMAP account", "pop3://u:p@127.0.0.1:1"),
                ("exclude each other", "imap://x", "--run=a", "--call=b"),
                ("--jobs: 0", "imap://x", "--jobs=0"),
                ("--tries: x", "imap://x", "--tries=x"),
                ("No such file", "imap://x", "--call=nowhere.lua")):
            self.fails(USAGE, pattern, "watch", *arguments)
        path = self.home.file("no.lua", "return 7")
        self.fails(USAGE, "returns no function", "watch", "imap://x",
                   f"--call={path}")

    def test_help(self):
        result = self.done("watch", "--help")
        self.assertIn(b"--since-last", result.out)
