"""posteld: what its options do, and what outlives it."""

import base64
import hashlib
import hmac
import re
import shutil
import ssl
import subprocess
import time
import unittest

import mails
import servers
from authority import Authority
from harness import PosteldCase
from imapwire import Imap
from wire import Pop3, Smtp, Stream, wait_until


class Start(PosteldCase):
    def run_posteld(self, *options, timeout=10):
        program = servers.Posteld.command(self.idle)[0]
        return subprocess.run([program, *map(str, options)],
                              capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, check=False)

    def setUp(self):
        super().setUp()
        self.idle = servers.Posteld()
        self.addCleanup(self.idle.close)

    def test_wrong_use_is_told_in_one_line(self):
        root = ["--root", self.home.path]
        for options, words in (
                ([], "--root"),
                (root, "no port"),
                ([*root, "--pop3"], "argument"),
                ([*root, "--pop3", "0", "more"], "more"),
                ([*root, "--nonsense"], "--nonsense"),
                ([*root, "--pop3", "0", "--fault", "explode"], "explode"),
                ([*root, "--pop3", "0", "--size", "much"], "--size"),
                ([*root, "--imaps", "0"], "--tls"),
                (["--root", "", "--pop3", "0"], "--root"),
                ([*root, "--pop3", "70000"], "pop3 wants a port"),
                ([*root, "--imap", "imap"], "imap wants a port"),
                ([*root, "--pop3", "0", "--listen", "example.org"],
                 "--listen"),
                ([*root, "--pop3", "0", "--host", "mail test"], "--host"),
                ([*root, "--pop3", "0", "--host", "x\r\ny"], "--host"),
                ([*root, "--pop3", "0", "--tls", "one"], "KEY")):
            with self.subTest(options):
                result = self.run_posteld(*options)
                self.assertEqual(result.returncode, 2)
                self.assertEqual(result.stdout, "")
                self.assertIn(words, result.stderr)
                self.assertEqual(result.stderr.count("\n"), 1)

    def test_what_cannot_be_is_told_in_one_line(self):
        (self.home.path / "bad").mkdir()
        (self.home.path / "bad" / "users").write_text("no colon\n")
        for options, words in (
                (["--root", self.home.path, "--pop3", "0"], "users"),
                (["--root", self.home.path / "bad", "--pop3", "0"], "line 1"),
                (["--root", "/proc/nowhere", "--pop3", "0"], "/proc"),
                (["--root", self.home.path / "none", "--pop3", "0"], "none"),
                (["--root", self.idle.root, "--pop3", "0", "--tls",
                  "/dev/null", "/dev/null"], "/dev/null")):
            with self.subTest(options):
                result = self.run_posteld(*options)
                self.assertEqual(result.returncode, 1)
                self.assertIn(words, result.stderr)
                self.assertEqual(result.stderr.count("\n"), 1)
        self.assertFalse((self.home.path / "none").exists())

    def test_help_and_version(self):
        self.assertIn("--imap", self.run_posteld("-h").stdout)
        self.assertRegex(self.run_posteld("-V").stdout, r"^posteld \d")

    def test_manual_has_each_option(self):
        page = (servers.ROOT / "doc" / "posteld.1").read_text()
        listed = re.search(r"^\.Ss Options\n(.*?)^\.Sh ", page, re.S | re.M)[1]
        described = {"-" + name for line in re.findall(
            r"^\.It (.*)$", listed, re.M)
            for name in re.findall(r"Fl (\S+)", line)}
        said = self.run_posteld("-h").stdout
        self.assertEqual(described, set(re.findall(
            r"(?<![\w-])--?[a-z][\w-]*", said, re.I)))

    def test_one_folder_has_one_server(self):
        with self.idle:
            result = self.run_posteld("--root", self.idle.root, "--pop3", 0)
            self.assertEqual(result.returncode, 1)
            self.assertIn("another posteld", result.stderr)

    def test_help_names_what_there_is(self):
        server = self.serve(options=["--fault", "hide EXPN"])
        with Smtp(server.smtp) as c:
            c.say("EHLO me.test")
            self.assertEqual(c.code("STARTTLS"), 502)
            c.send("HELP\r\n")
            said = b"\n".join(c.reply())
        self.assertIn(b" VRFY", said)
        self.assertNotIn(b" EXPN", said)
        self.assertNotIn(b" STARTTLS", said)

    def test_a_network_is_warned_of(self):
        """Loopback only unless --listen says otherwise."""
        for address, warned in (("127.0.0.1", False), ("127.0.0.2", False),
                                ("0.0.0.0", True)):
            with self.subTest(address):
                result = self.run_posteld(
                    "--root", self.idle.root, "--pop3", 0, "--listen",
                    address, "--until-eof")
                self.assertEqual(result.returncode, 0)
                self.assertEqual("passwords can be read" in result.stderr,
                                 warned, result.stderr)
                self.assertRegex(result.stdout,
                                 rf"^pop3 {address} \d+\nready\n$")

    def test_sample(self):
        root = self.home.path / "lab"
        for _ in range(2):
            result = self.run_posteld("--root", root, "--sample", "--pop3", 0,
                                      "--until-eof")
            self.assertEqual(result.returncode, 0, result.stderr)
        inbox = servers.Maildir(root / "asterix")
        contents = inbox.contents()
        self.assertEqual(len(contents), 10)
        everything = b"\n".join(contents)
        for kind in (rb"^\.$", rb"multipart/mixed", rb"=\?utf-8\?B\?",
                     rb"message/rfc822", rb"\xc3", rb"In-Reply-To:"):
            self.assertRegex(everything, re.compile(kind, re.M))
        self.assertTrue((root / "obelix" / ".Drafts" / "cur").is_dir())


class Accounts(PosteldCase):
    def test_hashed_passwords(self):
        users = {
            f"user{method}": subprocess.run(
                [servers.need("openssl"), "passwd", f"-{method}", "menhir"],
                capture_output=True, text=True, check=True).stdout.strip()
            for method in (1, 5, 6)}
        server = self.serve(users)
        for user, secret in users.items():
            with Imap(server.imap) as c:
                self.assertIn(b"NO", c.login(user, "gaul"))
                self.assertIn(b"NO", c.say(f'LOGIN {user} "{secret}"')[-1])
                self.assertIn(b"OK", c.login(user, "menhir"))
            plain = base64.b64encode(f"\0{user}\0menhir".encode()).decode()
            with Pop3(server.pop3) as c:
                self.assertIn(b"+OK", c.say(f"AUTH PLAIN {plain}"))

    def test_the_file_of_users_may_change(self):
        server = self.serve()
        with Imap(server.imap) as c:
            self.assertIn(b"OK", c.login())
            servers.write(server.root / "users",
                          "asterix:new\nidefix:bone:Dogmatix\n")
            self.assertIn(b"OK", c.say("NOOP")[-1])
        with Imap(server.imap) as c:
            self.assertIn(b"NO", c.login())
        for user, password in (("asterix", "new"), ("idefix", "bone")):
            with Imap(server.imap) as c:
                self.assertIn(b"OK", c.login(user, password))
        with Smtp(server.smtp) as c:
            c.say("EHLO me")
            self.assertIn(b"Dogmatix", c.say("VRFY idefix"))

    def test_mechanisms(self):
        server = self.serve()
        for make, start, wanted in ((Pop3, "AUTH {}", b"+OK"),
                                    (Smtp, "AUTH {}", b"235"),
                                    (Imap, "x AUTHENTICATE {}", b"x OK")):
            for password, good in (("gaul", True), ("roma", False)):
                with self.subTest(make=make.__name__, password=password):
                    self.mechanisms(server, make, start, wanted, password,
                                    good)

    def mechanisms(self, server, make, start, wanted, password, good):
        port = getattr(server, make.__name__.lower())
        plain = base64.b64encode(f"\0asterix\0{password}".encode()).decode()

        connections = []

        def connect():
            """One at a time: POP3 locks the maildrop."""
            if connections:
                connections[-1].close()
                time.sleep(0.05)
            c = make(port)
            connections.append(c)
            self.addCleanup(c.close)
            if make is Smtp:
                c.say("EHLO me.test")
            return c

        def tell(c, text):
            c.send(text + "\r\n")
            return c.line()

        c = connect()
        self.assertEqual(
            tell(c, start.format("PLAIN") + " " + plain).startswith(wanted),
            good)
        c = connect()
        tell(c, start.format("PLAIN"))
        self.assertEqual(tell(c, plain).startswith(wanted), good)
        c = connect()
        tell(c, start.format("LOGIN"))
        tell(c, base64.b64encode(b"asterix").decode())
        self.assertEqual(
            tell(c, base64.b64encode(password.encode()).decode())
            .startswith(wanted), good)
        c = connect()
        challenge = base64.b64decode(
            tell(c, start.format("CRAM-MD5")).split(b" ")[1])
        digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
        answer = base64.b64encode(f"asterix {digest}".encode()).decode()
        self.assertEqual(tell(c, answer).startswith(wanted), good)
        self.scram(connect(), tell, start, wanted, password, good)

    def scram(self, c, tell, start, wanted, password, good):
        """SCRAM-SHA-256 by RFC 5802 3 and RFC 7677."""
        first = "n=asterix,r=clientnonce"
        reply = tell(c, start.format("SCRAM-SHA-256") + " "
                     + base64.b64encode(b"n,," + first.encode()).decode())
        server_first = base64.b64decode(reply.split(b" ")[1]).decode()
        fields = dict(f.split("=", 1) for f in server_first.split(","))
        self.assertTrue(fields["r"].startswith("clientnonce"))
        self.assertGreaterEqual(int(fields["i"]), 4096)
        salted = hashlib.pbkdf2_hmac(
            "sha256", password.encode(), base64.b64decode(fields["s"]),
            int(fields["i"]))

        def mac(key, text):
            return hmac.new(key, text, "sha256").digest()

        key = mac(salted, b"Client Key")
        final = f"c=biws,r={fields['r']}"
        text = f"{first},{server_first},{final}".encode()
        signature = mac(hashlib.sha256(key).digest(), text)
        proof = bytes(a ^ b for a, b in zip(key, signature))
        reply = tell(c, base64.b64encode(
            f"{final},p={base64.b64encode(proof).decode()}".encode())
            .decode())
        if good:
            proved = base64.b64decode(reply.split(b" ")[1])
            verifier = mac(mac(salted, b"Server Key"), text)
            self.assertEqual(proved, b"v=" + base64.b64encode(verifier))
            reply = tell(c, "")
        self.assertEqual(reply.startswith(wanted), good)

    def test_apop(self):
        server = self.serve()
        for password, good in (("gaul", True), ("roma", False)):
            with Pop3(server.pop3) as c:
                stamp = re.search(rb"<\S+@\S+>", c.greeting)[0]
                digest = hashlib.md5(stamp + password.encode()).hexdigest()
                self.assertEqual(
                    c.say(f"APOP asterix {digest}").startswith(b"+OK"), good)

    def test_guessing_is_slow_and_ends(self):
        server = self.serve()
        for make, attempt in ((Pop3, "USER asterix\r\nPASS {}"),
                              (Imap, "t LOGIN asterix {}")):
            port = getattr(server, make.__name__.lower())
            with make(port) as c:
                begin = time.monotonic()
                c.send("".join(attempt.format(n) + "\r\n"
                               for n in range(50)))
                said = c.rest()
                self.assertGreater(time.monotonic() - begin, 3)
                self.assertEqual(len(re.findall(rb"wrong user", said)), 5)


class Faults(PosteldCase):
    def fault(self, *rules):
        return self.serve(options=[o for r in rules for o in ("--fault", r)])

    def test_slow(self):
        server = self.fault("pop3:slow 200")
        begin = time.monotonic()
        with Pop3(server.pop3) as c:
            self.assertLess(len(c.greeting), 100)
            c.say("CAPA")
            c.body()
        slow = time.monotonic() - begin
        self.assertGreater(slow, 0.7)
        begin = time.monotonic()
        with Imap(server.imap) as c:
            c.login()
        self.assertLess(time.monotonic() - begin, slow)

    def test_drop(self):
        server = self.fault("smtp:drop 60")
        with Stream(server.smtp) as c:
            c.send("EHLO me\r\n")
            self.assertEqual(len(c.rest()), 60)

    def test_refuse(self):
        server = self.fault("smtp:refuse MAIL 452 4.3.1 no room",
                            "imap:refuse SELECT NO [INUSE] later",
                            "pop3:refuse RETR [SYS/TEMP] later",
                            "lmtp:refuse RCPT 421 4.3.2 bye")
        server.inbox("asterix").put(mails.message(0))
        with Smtp(server.smtp) as c:
            c.say("EHLO me")
            self.assertEqual(c.say("MAIL FROM:<a@b.test>"),
                             b"452 4.3.1 no room")
            self.assertEqual(c.code("NOOP"), 250)
        with Imap(server.imap) as c:
            c.login()
            self.assertEqual(c.say("SELECT INBOX"), [b"NO [INUSE] later"])
            self.assertIn(b"OK", c.say("EXAMINE INBOX")[-1])
        with Pop3(server.pop3) as c:
            c.login()
            self.assertEqual(c.say("RETR 1"), b"-ERR [SYS/TEMP] later")
            self.assertIn(b"+OK", c.say("TOP 1 0"))
        with Smtp(server.lmtp) as c:
            c.say("LHLO me")
            c.say("MAIL FROM:<a@b.test>")
            self.assertEqual(c.code("RCPT TO:<asterix@mail.test>"), 421)
            self.assertTrue(c.is_closed())

    def test_hang_and_cut(self):
        server = self.fault("hang NOOP", "cut QUIT")
        for make, tag in ((Pop3, ""), (Smtp, ""), (Imap, "t ")):
            port = getattr(server, make.__name__.lower())
            with self.subTest(make.__name__), make(port, timeout=0.5) as c:
                c.send(f"{tag}NOOP\r\n")
                self.assertRaises(TimeoutError, c.line)
        with Pop3(server.pop3) as c:
            c.send("QUIT\r\n")
            self.assertTrue(c.is_closed())

    def test_hide_a_mechanism(self):
        server = self.fault("hide PLAIN", "imap:hide AUTH=LOGIN",
                            "imap:hide SASL-IR")
        plain = base64.b64encode(b"\0asterix\0gaul").decode()
        with Smtp(server.smtp) as c:
            c.send("EHLO me\r\n")
            self.assertIn(b"250-AUTH LOGIN CRAM-MD5 SCRAM-SHA-256", c.reply())
            self.assertEqual(c.code(f"AUTH PLAIN {plain}"), 504)
        with Pop3(server.pop3) as c:
            c.say("CAPA")
            self.assertIn(b"SASL LOGIN CRAM-MD5 SCRAM-SHA-256", c.body())
            self.assertIn(b"-ERR", c.say(f"AUTH PLAIN {plain}"))
        with Imap(server.imap) as c:
            self.assertIn(b" AUTH=CRAM-MD5 ", c.greeting.raw)
            self.assertNotRegex(c.greeting.raw, rb"PLAIN|=LOGIN|SASL-IR")
            self.assertIn(b"NO", c.say("AUTHENTICATE PLAIN")[-1])
            self.assertIn(b"BAD", c.say("AUTHENTICATE SCRAM-SHA-256 =")[-1])

    def test_what_hashes_leave(self):
        """Who computes with a password must have it (RFC 5802 2)."""
        server = self.serve()
        hashed = subprocess.run(["openssl", "passwd", "-6", "gaul"],
                                capture_output=True, check=True).stdout
        servers.write(server.root / "users",
                      b"obelix:menhir\nasterix:" + hashed)
        with Smtp(server.smtp) as c:
            c.send("EHLO me\r\n")
            self.assertIn(b"250-AUTH PLAIN LOGIN", c.reply())
        with Imap(server.imap) as c:
            self.assertIn(b"NO", c.say("AUTHENTICATE CRAM-MD5")[-1])

    def test_hide(self):
        server = self.fault("smtp:hide PIPELINING", "smtp:hide CHUNKING",
                            "smtp:hide ENHANCEDSTATUSCODES", "imap:hide IDLE",
                            "imap:hide LITERAL+", "pop3:hide UIDL",
                            "pop3:hide APOP")
        with Smtp(server.smtp) as c:
            c.send("EHLO me\r\n")
            self.assertNotRegex(b"\n".join(c.reply()),
                                rb"PIPELINING|CHUNKING|ENHANCED")
            self.assertEqual(c.code("BDAT 3 LAST"), 500)
            self.assertNotRegex(c.say("NOOP"), rb"2\.0\.0")
        with Imap(server.imap) as c:
            c.login()
            self.assertNotRegex(c.say("CAPABILITY")[0], rb"IDLE|LITERAL")
            self.assertIn(b"BAD", c.say("IDLE")[-1])
            self.assertIn(b"BAD", c.say("CREATE {3+}\r\nabc")[-1])
            self.assertEqual(c.say('LIST "" abc'), [b"OK that is all"])
        with Pop3(server.pop3) as c:
            self.assertNotIn(b"<", c.greeting)
            c.login()
            self.assertIn(b"-ERR", c.say("UIDL"))

    def test_addresses(self):
        server = self.fault("tempfail obelix@mail.test")
        with Smtp(server.smtp) as c:
            c.begin("asterix@mail.test", "data-552@error.test")
            self.assertEqual(c.code("RCPT TO:<obelix@mail.test>"), 451)
            for code in (450, 451, 452, 550, 551, 552, 553, 554):
                self.assertEqual(c.code(f"RCPT TO:<{code}@error.test>"), code)
            self.assertEqual(c.code("RCPT TO:<250@error.test>"), 550)
            self.assertEqual(c.code("DATA"), 354)
            self.assertEqual(c.code("x\r\n."), 552)
            self.assertEqual(len(server.inbox("asterix")), 0)
            c.say("MAIL FROM:<>")
            self.assertEqual(c.code("RCPT TO:<421@error.test>"), 421)
            self.assertTrue(c.is_closed())


class Lasting(PosteldCase):
    def test_uids_outlive_the_server(self):
        server = self.serve()
        inbox = server.inbox("asterix")
        for n in range(5):
            inbox.put(mails.message(n))

        def look():
            with Imap(server.imap) as c:
                c.login()
                validity = re.search(rb"UIDVALIDITY (\d+)",
                                     b"".join(c.say("SELECT INBOX")))[1]
                uids = c.say("UID SEARCH ALL")[0]
                following = re.search(rb"UIDNEXT (\d+)", c.say(
                    "STATUS INBOX (UIDNEXT)")[0])[1]
                return validity, uids, following

        with Imap(server.imap) as c:
            c.login()
            c.say("SELECT INBOX")
            c.say("STORE 2,5 +FLAGS.SILENT (\\Deleted)")
            c.say("EXPUNGE")
        before = look()
        self.assertEqual(before[1:], (b"* SEARCH 1 3 4", b"6"))
        with Pop3(server.pop3) as c:
            c.login()
            c.say("UIDL")
            ids = c.body()
        server.stop()
        inbox.put(mails.message(9))
        server.start()
        self.assertEqual(look(), (before[0], b"* SEARCH 1 3 4 6", b"7"))
        with Pop3(server.pop3) as c:
            c.login()
            c.say("UIDL")
            self.assertEqual(c.body()[:3], ids)

    def test_recent_by_the_book(self):
        """RFC 3501 2.3.2: recent is told to one session, and EXAMINE takes
        it from none."""
        server = self.serve()
        inbox = server.inbox("asterix")

        def recent(c, command):
            return int(re.search(rb"(\d+) RECENT",
                                 b"\n".join(c.say(command)))[1])

        inbox.put(mails.message(0))
        inbox.put(mails.message(1), flags="S")
        first = self.enterContext(Imap(server.imap))
        second = self.enterContext(Imap(server.imap))
        for c in (first, second):
            c.login()
        status = first.say("STATUS INBOX (RECENT)")[0]
        self.assertIn(b"RECENT 2", status)
        self.assertEqual(recent(first, "EXAMINE INBOX"), 2)
        self.assertEqual(recent(second, "SELECT INBOX"), 2)
        self.assertEqual(recent(first, "SELECT INBOX"), 0)
        self.assertIn(b"\\Recent", second.say("FETCH 1 (FLAGS)")[0])
        self.assertNotIn(b"\\Recent", first.say("FETCH 1 (FLAGS)")[0])
        server.stop()
        inbox.put(mails.message(2))
        server.start()
        with Imap(server.imap) as c:
            c.login()
            self.assertEqual(recent(c, "SELECT INBOX"), 1)
            self.assertEqual(recent(c, "SELECT INBOX"), 0)

    def test_sessions_see_each_other(self):
        server = self.serve()
        inbox = server.inbox("asterix")
        for n in range(3):
            inbox.put(mails.message(n))
        a, b = (self.enterContext(Imap(server.imap)) for _ in range(2))
        for c in (a, b):
            c.login()
            c.say("SELECT INBOX")
        a.say("STORE 1 +FLAGS (\\Flagged)")
        self.assertIn(b"* 1 FETCH (FLAGS (\\Flagged))",
                      [re.sub(rb" \\Recent", b"", line)
                       for line in b.say("NOOP")])
        a.say("STORE 2 +FLAGS.SILENT (\\Deleted)")
        a.say("EXPUNGE")
        # RFC 9051 7.5.1: no EXPUNGE while numbers are in use.
        said = b.say("FETCH 1:3 (UID)")
        self.assertNotIn(b"* 2 EXPUNGE", said)
        self.assertIn(b"[EXPUNGEISSUED]", said[-1])
        self.assertIn(b"* 2 EXPUNGE", b.say("NOOP"))
        inbox.put(mails.message(3))
        self.assertTrue(wait_until(lambda: b"* 3 EXISTS" in b.say("NOOP")))
        self.assertTrue(wait_until(lambda: b"* 3 EXISTS" in a.say("NOOP")))

    def test_idle_is_told_at_once(self):
        server = self.serve()
        with Imap(server.imap) as idle, Smtp(server.smtp) as smtp, \
                Imap(server.imap) as other:
            idle.login()
            idle.say("SELECT INBOX")
            tag = idle.begin("IDLE")
            self.assertTrue(idle.line().startswith(b"+"))
            smtp.begin()
            smtp.say("DATA")
            smtp.say("Subject: x\r\n\r\nx\r\n.")
            self.assertEqual(idle.line(), b"* 1 EXISTS")
            self.assertEqual(idle.line(), b"* 1 RECENT")
            other.login()
            other.say("SELECT INBOX")
            other.say("STORE 1 +FLAGS (\\Seen)")
            self.assertRegex(idle.line(), rb"^\* 1 FETCH \(FLAGS \(\\Seen")
            # What another program puts there is found, too.
            server.inbox("asterix").put(mails.message(0))
            self.assertEqual(idle.line(), b"* 2 EXISTS")
            idle.send("DONE\r\n")
            self.assertTrue(idle.lines(tag)[-1].startswith(b"OK"))

    def test_a_deleted_mailbox_ends_its_sessions(self):
        server = self.serve()
        with Imap(server.imap) as a, Imap(server.imap) as b:
            for c in (a, b):
                c.login()
            a.say("CREATE Work")
            b.say("SELECT Work")
            b.send("x IDLE\r\n")
            b.line()
            a.say("DELETE Work")
            self.assertTrue(b.line().startswith(b"* BYE"))
            self.assertTrue(b.is_closed())

    def test_a_removed_maildir_is_made_again(self):
        """Another program may remove anything, also what is open."""
        server = self.serve()
        with Imap(server.imap) as imap, Smtp(server.smtp) as smtp:
            imap.login()
            imap.say("SELECT INBOX")
            shutil.rmtree(server.home("asterix"))
            smtp.begin("asterix")
            smtp.code("DATA")
            self.assertEqual(smtp.code("Subject: x\r\n\r\nx\r\n."), 250)
            self.assertEqual(len(server.inbox("asterix")), 1)
            self.assertTrue(imap.say("NOOP")[0].startswith(b"* BYE"))

    def test_pop3_locks(self):
        server = self.serve()
        server.inbox("asterix").put(mails.message(0))
        with Pop3(server.pop3) as a:
            a.login()
            with Pop3(server.pop3) as b:
                self.assertIn(b"[IN-USE]", b.login())
                self.assertIn(b"+OK", b.login("obelix", "menhir"))
            a.say("DELE 1")
        # Hung up without QUIT: nothing is deleted, and the lock is gone.
        with Pop3(server.pop3) as c:
            self.assertTrue(wait_until(
                lambda: c.login().startswith(b"+OK")))
            self.assertEqual(c.say("STAT").split()[1], b"1")
            c.say("DELE 1")
            self.assertIn(b"+OK", c.say("QUIT"))
        self.assertEqual(len(server.inbox("asterix")), 0)

    def test_pop3_by_imap_and_back(self):
        """One mailbox for both; what another removes is told, not sent."""
        server = self.serve()
        for n in range(3):
            server.inbox("asterix").put(mails.message(n))
        with Pop3(server.pop3) as pop, Imap(server.imap) as imap:
            pop.login()
            imap.login()
            imap.say("SELECT INBOX")
            imap.say("STORE 2 +FLAGS (\\Deleted)")
            imap.say("EXPUNGE")
            self.assertIn(b"-ERR", pop.say("RETR 2"))
            self.assertIn(b"+OK", pop.say("RETR 1"))
            pop.body()
            pop.say("DELE 3")
            pop.say("QUIT")
            said = b"\n".join(imap.say("NOOP"))
            self.assertIn(b"* 2 EXPUNGE", said)
            self.assertIn(b"\\Seen", said)


class Tls(PosteldCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = cls.enterClassContext(Authority())

    def setUp(self):
        super().setUp()
        self.server = self.serve(authority=self.authority)

    def test_upgrades(self):
        for make, ask, again in ((Pop3, "STLS", "CAPA"),
                                 (Smtp, "STARTTLS", "EHLO me.test"),
                                 (Imap, "x STARTTLS", "x CAPABILITY")):
            with self.subTest(make.__name__), make(
                    getattr(self.server, make.__name__.lower())) as c:
                if make is Smtp:
                    c.say("EHLO me.test")
                c.send(ask + "\r\n")
                self.assertRegex(c.line(), rb"^(\+OK|220|x OK)")
                c.starttls(self.authority.ca)
                c.send(again + "\r\n")
                time.sleep(0.1)
                c.send("NOOP\r\n")
                said = b""
                while b"\r\n" not in said or b"TLS" in said:
                    said += c.line() + b"\r\n"
                    if said.startswith((b"* CAP", b"250")):
                        break
                self.assertNotIn(b"STARTTLS", said)

    def test_what_was_said_before_tls_is_forgotten(self):
        with Smtp(self.server.smtp) as c:
            c.begin()
            self.assertEqual(c.code("STARTTLS"), 220)
            c.starttls(self.authority.ca)
            self.assertEqual(c.code("RCPT TO:<asterix@mail.test>"), 503)
            self.assertEqual(c.code("MAIL FROM:<a@b.test>"), 503)

    # The verb, and what somebody on the way would have said under TLS.
    INJECTED = (
        (Pop3, "pop3", "STLS", "USER obelix"),
        (Pop3, "pop3", "STLS", "QUIT"),
        (Smtp, "smtp", "STARTTLS", "HELO x"),
        (Smtp, "smtp", "STARTTLS", "EHLO x\r\nMAIL FROM:<evil@b.test>"),
        (Smtp, "lmtp", "STARTTLS", "LHLO x"),
        (Imap, "imap", "x STARTTLS", "y LOGIN obelix menhir"),
        (Imap, "imap", "x STARTTLS", "y APPEND INBOX {9+}\r\nevil mail"))

    def asked(self, make, service):
        c = self.enterContext(make(getattr(self.server, service)))
        if make is Smtp:
            c.say("LHLO me.test" if service == "lmtp" else "EHLO me.test")
        return c

    def test_injected_commands_end_the_connection(self):
        """CVE-2011-0411 and its kin; RFC 3207 4.2: nothing said in clear
        counts as said under TLS."""
        for make, service, ask, inject in self.INJECTED:
            for more in (inject + "\r\n", inject[:3], "\r\n", "\0"):
                with self.subTest(f"{service} {more!r}"):
                    c = self.asked(make, service)
                    c.send(f"{ask}\r\n{more}")
                    said = c.rest()
                    self.assertEqual(said.count(b"\r\n"), 1, said)

    def test_commands_in_place_of_a_handshake_are_not_heard(self):
        for make, service, ask, inject in self.INJECTED:
            with self.subTest(f"{service} {inject!r}"):
                c = self.asked(make, service)
                c.send(f"{ask}\r\n")
                self.assertRegex(c.line(), rb"^(\+OK|220|x OK)")
                c.send(f"{inject}\r\n")
                with self.assertRaises((OSError, ssl.SSLError)):
                    c.starttls(self.authority.ca)

    def test_a_login_in_clear_does_not_count_under_tls(self):
        """Somebody's own, so that mail goes to him (session fixation)."""
        plain = base64.b64encode(b"\0obelix\0menhir").decode()
        with Smtp(self.server.smtp, "EHLO me.test") as c:
            self.assertEqual(c.code(f"AUTH PLAIN {plain}"), 235)
            self.assertEqual(c.code("STARTTLS"), 220)
            c.starttls(self.authority.ca)
            self.assertEqual(c.code("EHLO me.test"), 250)
            self.assertEqual(c.code(f"AUTH PLAIN {plain}"), 235)
        with Pop3(self.server.pop3) as c:
            c.say("USER obelix")
            c.say("STLS")
            c.starttls(self.authority.ca)
            self.assertRegex(c.say("PASS menhir"), b"^-ERR")
        for make, service, line, ask in (
                (Pop3, "pop3", "USER obelix\r\nPASS menhir", "STLS"),
                (Imap, "imap", "a LOGIN obelix menhir", "b STARTTLS")):
            c = self.asked(make, service)
            c.send(f"{line}\r\n{ask}\r\n")
            c.through(re.compile(rb"(-ERR|b BAD|b NO)[^\n]*\n$"))

    def test_implicit(self):
        for service, greeting in (("pop3s", b"+OK"), ("smtps", b"220"),
                                  ("imaps", b"* OK")):
            with Stream(getattr(self.server, service)) as c:
                c.starttls(self.authority.ca)
                self.assertTrue(c.line().startswith(greeting))

    def test_how_it_came_is_noted(self):
        plain = base64.b64encode(b"\0asterix\0gaul").decode()
        with Smtp(self.server.smtp) as c:
            c.say("EHLO me.test")
            c.say("STARTTLS")
            c.starttls(self.authority.ca)
            c.say("EHLO me.test")
            self.assertEqual(c.code(f"AUTH PLAIN {plain}"), 235)
            c.say("MAIL FROM:<obelix@mail.test>")
            c.say("RCPT TO:<asterix@mail.test>")
            c.say("DATA")
            self.assertEqual(c.code("Subject: x\r\n\r\nx\r\n."), 250)
        mail, = self.server.inbox("asterix").contents()
        self.assertRegex(mail, rb"^Return-Path: <obelix@mail\.test>\n"
                         rb"Received: from me\.test \(\[127\.0\.0\.1\]\)\n"
                         rb"\tby mail\.test \(posteld\) with ESMTPSA id \S+\n"
                         rb"\tfor <asterix@mail\.test>;\n"
                         rb"\t\w{3}, \d\d? \w{3} \d{4} \d\d:\d\d:\d\d "
                         rb"[+-]\d{4}\nSubject: x\n\nx\n$")


if __name__ == "__main__":
    unittest.main()
