"""posteld under attack: it stays up, serves the others, keeps to its folder,
and acknowledges only what is on disk (the last row of the threats)."""

import base64
import hashlib
import os
import random
import resource
import threading
import time
import unittest

import mails
from harness import PosteldCase
from imapwire import Imap, Literal
from wire import Closed, Pop3, Smtp, Stream

MIB = 1 << 20


class Case(PosteldCase):
    def assertAlive(self, server):
        """Everything is as it was for somebody else."""
        self.assertIsNone(server.process.poll())
        with Imap(server.imap) as c:
            self.assertIn(b"OK", c.login())
            self.assertIn(b"OK", c.say("SELECT INBOX")[-1])
        self.assertSmall(server)


class Endless(Case):
    def flood(self, port, start, block, limit=64 * MIB):
        """Sends start, then blocks without an end; what the server says
        before it hangs up, and how many octets it took."""
        sent = 0
        with Stream(port) as c:
            c.line()
            c.send(start)
            try:
                while sent < limit:
                    c.send(block)
                    sent += len(block)
            except (ConnectionError, TimeoutError):
                pass
            try:
                return c.rest(), sent
            except TimeoutError:
                return c.pending(), sent

    def test_lines(self):
        server = self.serve()
        for port, start in ((server.pop3, "USER "), (server.smtp, "EHLO "),
                            (server.lmtp, "LHLO "), (server.imap, "a LOGIN "),
                            (server.imap, "a LOGIN asterix gaul\r\nb X ")):
            with self.subTest(start):
                said, sent = self.flood(port, start, b"x" * 65536)
                self.assertLess(sent, 16 * MIB)
                # A reset may overtake the last word.
                if said and not said.endswith(b"welcome, asterix\r\n"):
                    self.assertIn(b"line", said)
        self.assertAlive(server)

    def test_literals(self):
        server = self.serve()
        big = 1 << 62
        with Imap(server.imap) as c:
            for text in ("LOGIN {5000}", "LOGIN {99999999999}"):
                self.assertIn(b"BAD", c.say(text)[-1])
            for size in (1 << 63, 1 << 64, 10 ** 30):
                self.assertIn(b"BAD", c.say(f"LOGIN {{{size}}}")[-1])
            c.login()
            for text in (f"APPEND INBOX {{{big}}}", "SELECT {70000}",
                         "SEARCH SUBJECT {70000}"):
                self.assertRegex(c.say(text)[-1], rb"^(NO|BAD)")
            self.assertIn(b"OK", c.say("NOOP")[-1])
        # Octets that come unasked are thrown away, not run.
        for text in (f"a LOGIN {{{big}+}}\r\n",
                     f"a LOGIN asterix gaul\r\nb APPEND INBOX {{{big}+}}\r\n"):
            said, _ = self.flood(server.imap, text, b"z NOOP\r\n" * 8192,
                                 limit=8 * MIB)
            self.assertNotIn(b"z OK", said)
        self.assertAlive(server)

    def test_many_literals(self):
        server = self.serve()
        said, sent = self.flood(
            server.imap, "a LOGIN asterix gaul\r\nb SEARCH OR",
            b" SUBJECT {60000+}\r\n" + b"x" * 60000)
        self.assertLess(sent, 16 * MIB)
        self.assertAlive(server)

    def test_nesting(self):
        server = self.serve()
        server.inbox("asterix").put(mails.message(0))
        with Imap(server.imap) as c:
            c.login()
            c.say("SELECT INBOX")
            for text in ("SEARCH " + "(" * 10000 + "ALL" + ")" * 10000,
                         "SEARCH " + "NOT " * 10000 + "ALL",
                         "SEARCH " + "OR ALL " * 10000 + "ALL",
                         "FETCH 1 " + "(" * 10000,
                         "FETCH 1 BODY[" + "1." * 10000 + "1]",
                         "STORE 1 FLAGS " + "(" * 10000 + ")" * 10000,
                         "LIST " + "(" * 10000 + " \"\" *",
                         "ID " + "(" * 10000):
                with self.subTest(text[:30]):
                    self.assertIn(b"BAD", c.say(text)[-1])
            self.assertIn(b"OK", c.say("NOOP")[-1])
        self.assertAlive(server)

    def test_nested_mail(self):
        """Parts within parts, thousands deep."""
        server = self.serve()
        depth = 5000
        deep = b"MIME-Version: 1.0\n" + b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i)
            for i in range(depth)) + b"\nend\n"
        inbox = server.inbox("asterix")
        inbox.put(deep)
        inbox.put(b"MIME-Version: 1.0\n"
                  + b"Content-Type: message/rfc822\n\n" * depth)
        inbox.put(b"MIME-Version: 1.0\nContent-Type: multipart/mixed; "
                  b"boundary=b\n\n" + b"--b\n\nx\n" * 50000)
        inbox.put(b"Subject: x\n" + b" y\n" * 300000 + b"\nx\n")
        inbox.put(b"X: y\n" * 300000 + b"\nx\n")
        with Imap(server.imap) as c:
            c.login()
            c.say("SELECT INBOX")
            for n in range(1, 6):
                for item in ("BODYSTRUCTURE", "BODY", "ENVELOPE",
                             "BODY.PEEK[1.1.1]", "BODY.PEEK[HEADER]",
                             "BODY.PEEK[HEADER.FIELDS (Subject)]"):
                    said = c.unparsed(c.begin(f"FETCH {n} {item}"))
                    self.assertRegex(said[-40:], rb"\r\nt\d+ OK")
                self.assertEqual(c(f"SEARCH {n} TEXT y").status, "OK")
        self.assertAlive(server)

    def test_patterns(self):
        """Wildcards that some matchers need years for."""
        server = self.serve()
        with Imap(server.imap) as c:
            c.login()
            c.say("CREATE " + "a" * 200)
            begin = time.monotonic()
            for pattern in ("*a" * 100 + "b", "%a" * 100 + "b", "*" * 10000,
                            "*%" * 200 + "b"):
                self.assertIn(b"OK", c.say(f'LIST "" "{pattern}"')[-1])
            self.assertLess(time.monotonic() - begin, 5)

    def test_message_too_big(self):
        server = self.serve(options=["--size", "100000"])
        with Smtp(server.smtp) as c:
            c.begin()
            self.assertEqual(c.code("DATA"), 354)
            c.send(b"x" * 78 + b"\r\n")
            for _ in range(3000):
                c.send((b"x" * 78 + b"\r\n") * 10)
            self.assertEqual(c.code("."), 552)
            self.assertEqual(c.code("MAIL FROM:<a@b.test> SIZE=100001"), 552)
            self.assertEqual(c.code("MAIL FROM:<a@b.test> SIZE=100000"), 250)
            c.say("RCPT TO:<asterix>")
            c.send(b"BDAT 100001 LAST\r\n" + b"x" * 100001)
            self.assertEqual(c.reply()[0][:3], b"552")
        with Imap(server.imap) as c:
            c.login()
            self.assertIn(b"[TOOBIG]", c.say("APPEND INBOX {100001}")[-1])
            self.assertIn(b"[TOOBIG]", c.say(
                b"APPEND INBOX {100001+}\r\n" + b"x" * 100001)[-1])
            self.assertIn(b"OK", c.say("NOOP")[-1])
        self.assertEqual(len(server.inbox("asterix")), 0)


class Isolation(Case):
    SECRET = b"For Obelix only: the menhir is behind the house."

    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.obelix = self.server.inbox("obelix")
        self.obelix.put(b"Subject: secret\n\n" + self.SECRET + b"\n")
        self.server.inbox("obelix", "Work").put(self.SECRET)
        (self.server.root / "outside").write_bytes(self.SECRET)
        self.before = self.outside()

    def outside(self):
        """Everything that is not asterix's, and its content."""
        root = self.server.root
        return {p: p.read_bytes() if p.is_file() else None
                for p in root.parent.rglob("*")
                if "asterix" not in p.parts and p != self.server.output}

    def test_names_of_mailboxes(self):
        names = ["../obelix", "..", ".", "../../etc/passwd", "/etc/passwd",
                 "../obelix/.Work", "INBOX/../../obelix", "a/../../obelix/x",
                 "..%2Fobelix", "&AC4ALg-/obelix", "~obelix/x", "#user/obelix",
                 "a\\..\\b", "cur", "new", "tmp", "postel-uids", "../users",
                 "..&AC8-obelix", "%2E%2E/obelix", "x" * 300, "a/" * 200]
        with Imap(self.server.imap) as c:
            c.login()
            for name in names:
                quoted = '"' + name.replace("\\", "\\\\") + '"'
                said = []
                for command in ("CREATE {}", "SELECT {}", "STATUS {} (MESSAGES"
                                ")", "UNSELECT", "LIST {} *", "LIST \"\" {}",
                                "SUBSCRIBE {}", "LSUB \"\" {}",
                                "APPEND {} {{1+}}\r\nx", "RENAME {} moved",
                                "RENAME INBOX {}", "DELETE {}",
                                "DELETE moved"):
                    said += c.say(command.format(quoted))
                self.assertNotIn(self.SECRET, b"\n".join(said))
            c.say("SELECT INBOX")
            self.assertNotIn(b"menhir", b"\n".join(
                c.say("FETCH 1:* (BODY[])")))
        self.assertEqual(self.outside(), self.before)

    def test_names_of_users(self):
        for user in ("../obelix", "..", "obelix/../asterix", "", ".",
                     "asterix\0", "users", "obelix/.Work"):
            with self.subTest(user), Imap(self.server.imap) as c:
                self.assertRegex(
                    c.say(f'LOGIN "{user}" gaul'.replace("\0", "\\0"))[-1],
                    rb"^NO")
                with Pop3(self.server.pop3) as p:
                    self.assertIn(b"-ERR", p.login(user))
                with Smtp(self.server.smtp) as s:
                    s.begin()
                    self.assertIn(s.code(f'RCPT TO:<"{user}"@mail.test>'),
                                  (500, 501, 550))
        self.assertEqual(self.outside(), self.before)

    def test_links_are_not_followed(self):
        inbox = self.server.inbox("asterix")
        (inbox.path / "cur" / "1.link:2,").symlink_to(
            self.server.root / "outside")
        (inbox.path / "new" / "2.link").symlink_to("/etc/passwd")
        (inbox.path / "cur" / "3.dir:2,").mkdir()
        os.mkfifo(inbox.path / "new" / "4.fifo")
        inbox.put(mails.message(0))
        with Imap(self.server.imap) as c:
            c.login()
            self.assertIn(b"* 1 EXISTS", c.say("SELECT INBOX"))
        with Pop3(self.server.pop3) as c:
            c.login()
            self.assertEqual(c.say("STAT").split()[1], b"1")

    def test_states(self):
        """Nothing before the login, and nothing of the other protocol."""
        commands = ["SELECT INBOX", "LIST \"\" *", "FETCH 1 BODY[]",
                    "STATUS INBOX (MESSAGES)", "APPEND INBOX {1+}\r\nx",
                    "CREATE x", "IDLE", "UID SEARCH ALL", "CLOSE", "EXPUNGE",
                    "ENABLE IMAP4rev2", "NAMESPACE", "GET / HTTP/1.1"]
        with Imap(self.server.imap) as c:
            for command in commands:
                self.assertIn(b"BAD", c.say(command)[-1], command)
        with Pop3(self.server.pop3) as c:
            for command in ("STAT", "LIST", "RETR 1", "DELE 1", "UIDL",
                            "TOP 1 0", "RSET", "NOOP", "PASS gaul", "",
                            "GET / HTTP/1.1"):
                self.assertIn(b"-ERR", c.say(command), command)
            c.login()
            for command in ("USER obelix", "PASS menhir", "AUTH PLAIN",
                            "STLS", "APOP a b", "UTF8"):
                self.assertIn(b"-ERR", c.say(command), command)
        with Smtp(self.server.smtp) as c:
            for command in ("MAIL FROM:<a@b.test>", "RCPT TO:<asterix>",
                            "DATA", "AUTH PLAIN", "STARTTLS"):
                self.assertEqual(c.code(command), 503, command)
            self.assertEqual(c.code("GET / HTTP/1.1"), 500)


class Smuggling(Case):
    """RFC 5321 2.3.8 and 4.1.1.4, CVE-2023-51764 and kin."""

    def test_line_ends(self):
        server = self.serve()
        smuggled = (b"MAIL FROM:<x@b.test>\r\nRCPT TO:<obelix>\r\nDATA\r\n"
                    b"smuggled\r\n.\r\n")
        ends = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r",
                b"\r.\r\n", b"\r\r\n.\r\r\n", b"\n\r\n.\n\r\n", b"\r\n\n.\r\n",
                b"\r\n.\r\r\n", b"\r\n\0.\r\n"]
        for end in ends:
            with self.subTest(end), Smtp(server.smtp) as c:
                c.begin()
                c.send(b"DATA\r\nfirst" + end + smuggled + b"QUIT\r\n")
                said = c.rest()
                self.assertNotIn(b"250 2.1.0", said[said.index(b"354"):])
                self.assertEqual(len(server.inbox("obelix")), 0)
                for mail in server.inbox("asterix").contents():
                    # Only what came as one message, whole.
                    self.assertIn(b"smuggled", mail)
                    self.assertNotIn(b"\r", mail)

    def test_commands_with_bare_ends(self):
        server = self.serve()
        for line in (b"NOOP\n", b"NO\rOP\r\n", b"NOOP\r\r\n", b"NO\0OP\r\n"):
            with self.subTest(line), Smtp(server.smtp) as c:
                c.say("EHLO me.test")
                c.send(line)
                self.assertEqual(c.reply()[0][:3], b"500")

    def test_bdat(self):
        server = self.serve()
        with Smtp(server.smtp) as c:
            c.begin()
            for chunk, last, code in ((b"a\r", b"", b"250"),
                                      (b"\nb\r\n", b" LAST", b"250")):
                c.send(b"BDAT %d%s\r\n" % (len(chunk), last) + chunk)
                self.assertEqual(c.reply()[0][:3], code)
            for chunk in (b"a\nb\r\n", b"a\rb\r\n", b"a\r"):
                c.say("MAIL FROM:<a@b.test>")
                c.say("RCPT TO:<asterix>")
                c.send(b"BDAT %d LAST\r\n" % len(chunk) + chunk)
                self.assertEqual(c.reply()[0][:3], b"554")
            # Without a recipient its octets are still no commands.
            chunk = b"MAIL FROM:<evil@b.test>\r\n"
            c.send(b"BDAT %d LAST\r\n" % len(chunk) + chunk)
            self.assertEqual(c.reply()[0][:3], b"503")
            self.assertEqual(c.code("RCPT TO:<asterix>"), 503)
        mail, = server.inbox("asterix").contents()
        self.assertTrue(mail.endswith(b"\na\nb\n"))

    def test_header_injection(self):
        """What the client says of itself stays on its line."""
        server = self.serve()
        with Smtp(server.smtp) as c:
            for name in (b"evil\x1b[2J", b"evil\x80", b"evil X-Evil: 1",
                         b"[127.0.0.1\0]", b"[X-Evil:1]", b"(evil"):
                c.send(b"EHLO " + name + b"\r\n")
                self.assertRegex(c.reply()[0], rb"^50[01] ", name)
            c.say("EHLO evil.test")
            c.send(b'MAIL FROM:<"\x1b\t X-Evil: 1"@evil.test>\r\n')
            self.assertRegex(c.reply()[0], rb"^501 ")
            # RFC 5321 4.5.3.1.3: nor is that line as long as he likes.
            self.assertEqual(c.code(f"MAIL FROM:<{'x' * 250}@b.test>"), 501)
            c.say('MAIL FROM:<"> X-Evil: 1"@evil.test>')
            c.say("RCPT TO:<asterix>")
            c.say("DATA")
            c.say("Subject: x\r\n\r\nx\r\n.")
        mail, = server.inbox("asterix").contents()
        head = mail.split(b"\n\n")[0]
        self.assertNotRegex(head, rb"[\x00-\x08\x0b-\x1f\x7f-\xff]")
        self.assertNotRegex(head, rb"(?m)^X-Evil")

    def test_loops(self):
        server = self.serve()
        with Smtp(server.smtp) as c:
            c.begin()
            c.say("DATA")
            hops = "Received: from a by b; now\r\n" * 101
            self.assertEqual(c.code(hops + "\r\nx\r\n."), 554)
            c.say("MAIL FROM:<a@b.test>")
            c.say("RCPT TO:<asterix>")
            c.say("DATA")
            body = "Received: x\r\n" * 200
            self.assertEqual(c.code("Subject: x\r\n\r\n" + body + "."), 250)


class Disk(Case):
    def deliver(self, server, content):
        with Smtp(server.smtp) as c:
            c.begin()
            c.say("DATA")
            return c.code(content + "\r\n.")

    def limited(self, server, octets):
        """No file of the server may be longer, as on a full disk."""
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE,
                         (octets, resource.RLIM_INFINITY))

    @staticmethod
    def spoil(server, user):
        """Nothing can be written for him."""
        folder = server.inbox(user).path / "tmp"
        folder.rmdir()
        folder.write_text("in the way")

    def test_no_room(self):
        server = self.serve()
        self.limited(server, 100000)
        text = "\r\n".join(["x" * 70] * 3000)
        self.assertEqual(self.deliver(server, text), 452)
        with Imap(server.imap) as c:
            c.login()
            size = len(text) + 2
            self.assertIn(b"NO [OVERQUOTA]", c.say(
                f"APPEND INBOX {{{size}+}}\r\n{text}\r\n")[-1])
            self.limited(server, 0)
            self.assertIn(b"NO [OVERQUOTA]", c.say("SUBSCRIBE INBOX")[-1])
            self.limited(server, 100000)
        inbox = server.inbox("asterix")
        self.assertEqual(len(inbox), 0)
        self.assertEqual(list((inbox.path / "tmp").iterdir()), [])
        self.assertEqual(self.deliver(server, "small"), 250)
        self.assertEqual(len(inbox), 1)

    def test_no_room_for_one_of_several(self):
        """A message for two is delivered to both or to none."""
        server = self.serve()
        self.spoil(server, "obelix")
        with Smtp(server.smtp) as c:
            c.begin("asterix@mail.test", "obelix@mail.test")
            c.say("DATA")
            self.assertEqual(c.code("x\r\n."), 451)
        self.assertEqual(len(server.inbox("asterix")), 0)

    def test_lmtp_tells_each(self):
        server = self.serve()
        self.spoil(server, "obelix")
        with Smtp(server.lmtp) as c:
            c.say("LHLO me.test")
            c.say("MAIL FROM:<a@b.test>")
            for user in ("asterix", "obelix", "idefix"):
                c.say(f"RCPT TO:<{user}@mail.test>")
            c.say("DATA")
            c.send("x\r\n.\r\n")
            self.assertEqual([c.reply()[0][:3] for _ in range(2)],
                             [b"250", b"451"])
        self.assertEqual(len(server.inbox("asterix")), 1)


class Kills(Case):
    TIME_LIMIT = 120

    @staticmethod
    def content(rng):
        """A message that says itself whether it is whole."""
        body = b"".join(base64.b64encode(rng.randbytes(54)) + b"\r\n"
                        for _ in range(rng.randrange(1, 2000)))
        return (b"Subject: kills\r\n\r\n" + body
                + hashlib.sha256(body).hexdigest().encode() + b"\r\n")

    @staticmethod
    def digest(content):
        """The digest of a message, if it is whole."""
        head, _, rest = mails.unix(content).partition(b"\n\n")
        body, _, digest = rest.rstrip(b"\n").rpartition(b"\n")
        body = (body + b"\n").replace(b"\n", b"\r\n")
        whole = hashlib.sha256(body).hexdigest().encode() == digest
        return digest if whole and b"Subject: kills" in head else None

    def sender(self, server, acknowledged, stop, number):
        """Sends messages over SMTP or by APPEND, and notes the digests of
        those that were acknowledged."""
        rng = random.Random(number)
        send = self.by_smtp if number % 2 else self.by_append
        while not stop.is_set():
            content = self.content(rng)
            try:
                if send(server, content):
                    acknowledged.append(self.digest(content))
            except (Closed, OSError):
                stop.wait(0.01)

    @staticmethod
    def by_smtp(server, content):
        with Smtp(server.smtp, timeout=5) as c:
            c.begin()
            c.say("DATA")
            c.send(content + b".\r\n")
            return c.reply()[0].startswith(b"250")

    @staticmethod
    def by_append(server, content):
        with Imap(server.imap, timeout=5) as c:
            c.login()
            reply = c(b"APPEND INBOX", Literal(content, b"{%d+}"))
            return reply.status == "OK"

    def test_while_receiving(self):
        """Each acknowledged message is there, whole, and none is half."""
        server = self.serve()
        inbox = server.inbox("asterix")
        rng = random.Random(1)
        acknowledged, stop = [], threading.Event()
        whole = {}
        threads = [threading.Thread(
            target=self.sender, args=(server, acknowledged, stop, i))
            for i in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(25):
                time.sleep(rng.uniform(0.05, 0.3))
                self.look(inbox, whole)
                server.kill()
                self.look(inbox, whole)
                server.start()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.look(inbox, whole)
        self.assertGreater(len(acknowledged), 20)
        missing = set(acknowledged) - set(whole.values())
        self.assertEqual(len(missing), 0)
        self.uids(server, inbox)

    def look(self, inbox, whole):
        """Whatever can be seen is whole."""
        for path in inbox.files():
            if path.name in whole:
                continue
            try:
                whole[path.name] = self.digest(path.read_bytes())
            except FileNotFoundError:
                continue
            self.assertIsNotNone(whole[path.name], path)

    def uids(self, server, inbox):
        with Imap(server.imap) as c:
            c.login()
            self.assertIn(b"* %d EXISTS" % len(inbox), c.say("SELECT INBOX"))
            uids = [int(n) for n in c.say("UID SEARCH ALL")[0].split()[2:]]
            self.assertEqual(uids, sorted(set(uids)))

    def test_while_changing(self):
        """Flags, copies, moves and expunges: UIDs stay what they were, and
        no message is lost that was not expunged."""
        server = self.serve()
        inbox = server.inbox("asterix")
        for n in range(200):
            inbox.put(mails.message(n, kind=mails.plain))
        rng = random.Random(2)
        with Imap(server.imap) as c:
            c.login()
            c.say("CREATE Other")
        for _ in range(15):
            known = self.known(server)
            with Imap(server.imap) as c:
                c.login()
                c.say("SELECT INBOX")
                c.send("a STORE 1:* +FLAGS (\\Seen)\r\n"
                       "b COPY 1:50 Other\r\nc MOVE 1:3 Other\r\n"
                       "d STORE 1 +FLAGS (\\Deleted)\r\ne EXPUNGE\r\n")
                time.sleep(rng.uniform(0, 0.05))
                server.kill()
            server.start()
            for box, messages in self.known(server).items():
                for uid, number in messages.items():
                    if uid in known[box]:
                        self.assertEqual(number, known[box][uid])
        left = {n for box in self.known(server).values()
                for n in box.values()}
        self.assertGreaterEqual(len(left), 200 - 15)

    def known(self, server):
        """The number of the message behind each UID."""
        found = {}
        with Imap(server.imap) as c:
            c.login()
            for box in ("INBOX", "Other"):
                c.say(f"SELECT {box}")
                found[box] = {}
                uid = None
                for line in c.say("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS"
                                  f" ({mails.HEADER.decode()})])"):
                    if b"UID " in line:
                        uid = int(line.split(b"UID ")[1].split(b" ")[0])
                    if line.startswith(mails.HEADER):
                        found[box][uid] = int(line.split(b": ")[1])
        return found


if __name__ == "__main__":
    unittest.main()
