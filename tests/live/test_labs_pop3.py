"""POP3 on lab sheets (rows 1, 2, 7, 8, 10 and 19 of what courses ask for): the
same sessions with posteld and with Dovecot, with the same answers."""

import hashlib
import poplib
import re
import socket

import hostile
import mails
from harness import AUTH, LATER, TLS, USAGE, LiveCase, Terminal
from labs import LabCase, sizes, text_lines
from servers import Posteld, write


class Row1Pop3ByHand(LabCase):
    def login(self):
        return f"USER {self.user}", "PASS gaul"

    def test_the_session_of_the_sheet(self):
        contents = self.put(0, 1, 4)
        total = sum(sizes(contents))
        (user, password, stat, listed, one, top, retr, dele, gone, last,
         quit_) = self.same("pop3", *self.login(), "STAT", "LIST", "LIST 2",
                            "TOP 1 1", "RETR 2", "DELE 1", "RETR 1", "STAT",
                            "QUIT")
        for answer in (user, password, dele, quit_):
            self.assertEqual(answer, ("+OK",))
        self.assertEqual(stat, ("+OK", 3, total))
        self.assertEqual(listed, ("+OK", *(
            f"{n} {size}" for n, size in enumerate(sizes(contents), 1))))
        self.assertEqual(one, ("+OK", 2, sizes(contents)[1]))
        header = text_lines(contents[0]).index("")
        self.assertEqual(top, ("+OK",
                               *text_lines(contents[0])[:header + 2]))
        self.assertEqual(retr, ("+OK", *text_lines(contents[1])))
        self.assertEqual(gone, ("-ERR",))
        self.assertEqual(last, ("+OK", 2, total - sizes(contents)[0]))
        for server in self.servers:
            self.assertEqual(self.left(server), [1, 4])

    def test_top_of_no_line_and_of_more_than_there_are(self):
        contents = self.put(0)
        none, all_ = self.same("pop3", *self.login(), "TOP 1 0",
                               "TOP 1 999")[2:]
        header = text_lines(contents[0]).index("")
        self.assertEqual(none[1:], (*text_lines(contents[0])[:header], ""))
        self.assertEqual(all_[1:], tuple(text_lines(contents[0])))

    def test_numbers_that_name_nothing(self):
        self.put(0, 4)
        answers = self.same("pop3", *self.login(), "RETR 3", "RETR 0",
                            "LIST 3", "DELE x", "TOP 1 x", "RETR", "FOO")
        self.assertEqual(answers[2:], [("-ERR",)] * 7)


class Row2InboxProgram(LabCase):
    def test_lists_and_shows_one_by_number(self):
        contents = self.put(0, 1, 4)
        for server in self.servers:
            url = server.url("pop3", self.user)
            listed = self.done("inbox", url).out.decode().splitlines()
            self.assertEqual([re.match(r" +(\d+) +(\d+)  [\d :-]{16}  Asterix .*"
                                       r"live message (\d+), ", line).groups()
                              for line in listed],
                             [(str(i), str(size), str(n)) for i, size, n in
                              zip((1, 2, 3), sizes(contents), (0, 1, 4))])
            for n in (1, 2, 3):
                self.assertEqual(self.done("inbox", url, n).out,
                                 mails.crlf(contents[n - 1]))
            self.fails(USAGE, "no message 4, for there are 3", "inbox", url,
                       4)

    def test_replies_of_the_server_are_shown(self):
        self.put(0)
        for server in self.servers:
            result = self.done("inbox", "-v", server.url("pop3", self.user),
                               1)
            shown = re.findall(r"(?m)^127\.0\.0\.1 S: (\+OK.*)$",
                               result.err.decode())
            self.assertGreaterEqual(len(shown), 4, result)
            self.assertIn(b"live message 0", result.out)


class Row7Pop3(LabCase):
    def test_uidl_names_a_message_for_good(self):
        self.put(0, 1, 4)
        login = (f"USER {self.user}", "PASS gaul")
        self.assertEqual(self.same("pop3", *login, "UIDL")[2],
                         ("+OK", "1", "2", "3"))
        for server in self.servers:
            first = self.session(server, "pop3", *login, "UIDL", "DELE 1",
                                 "QUIT")[2][1:]
            again = self.session(server, "pop3", *login, "UIDL",
                                 "UIDL 1")[2:]
            uids = [row.split()[1] for row in first]
            self.assertEqual(len(set(uids)), 3)
            self.assertEqual(again[0][1:], [f"1 {uids[1]}", f"2 {uids[2]}"])
            self.assertEqual(again[1], [f"+OK 1 {uids[1]}"])

    def test_rset_takes_deletions_back(self):
        self.put(0, 1)
        answers = self.same("pop3", f"USER {self.user}", "PASS gaul",
                            "DELE 1", "DELE 2", "STAT", "RSET", "STAT",
                            "RETR 1", "QUIT")
        self.assertEqual(answers[4], ("+OK", 0, 0))
        self.assertEqual(answers[6][:2], ("+OK", 2))
        for server in self.servers:
            self.assertEqual(self.left(server), [0, 1])

    def test_capture_of_the_exchange(self):
        """:trace FILE has all that was said, but the password."""
        self.put(1)
        for server in self.servers:
            path = self.home.path / f"capture-{server.name}"
            self.done("127.0.0.1", server.pop3, "-c", f":trace {path}",
                      "-c", f"USER {self.user}", "-c", "PASS gaul", "-c",
                      "RETR 1", "-c", "QUIT")
            lines = [line.partition(" ")[2]
                     for line in path.read_text().splitlines()]
            self.assertEqual([x for x in lines if x.startswith("C: ")],
                             [f"C: USER {self.user}", "C: PASS <secret>",
                              "C: RETR 1", "C: QUIT"])
            # As it is on the wire, with its dots stuffed.
            self.assertIn("S: ..", lines)
            self.assertEqual(lines.count("S: ."), 1)
            self.assertNotIn("gaul", path.read_text().replace("gaul.test",
                                                              ""))


class Row8Passwords(LabCase):
    def heard(self, *lines, url=None):
        """What travels, as one hears it who reads along."""
        stamp = b"<1896.697170952@bait.test>"
        answers = {"": [hostile.say(b"+OK ready " + stamp + b"\r\n")]}
        with hostile.Hostile("pop3", answers) as server:
            self.done(*(url(server) if url else
                        ("127.0.0.1", server.port)),
                      *(a for line in lines for a in ("-c", line)))
        return b"\n".join(server.heard), stamp

    def test_pass_travels_in_clear(self):
        heard, _ = self.heard("USER asterix", "PASS menhir77", "QUIT")
        self.assertIn(b"USER asterix\nPASS menhir77\nQUIT", heard)

    def test_apop_sends_a_digest_and_never_the_password(self):
        heard, stamp = self.heard(
            "NOOP", url=lambda server: (
                f"pop3://asterix;AUTH=+APOP:menhir77@127.0.0.1:{server.port}",
            ))
        digest = hashlib.md5(stamp + b"menhir77").hexdigest().encode()
        self.assertIn(b"APOP asterix " + digest, heard)
        self.assertNotIn(b"menhir77", heard)

    def test_digest_computed_by_hand(self):
        """The sheet's exercise: md5 of the greeting's stamp and password."""
        self.put(0)
        for server in self.servers:
            screen = self.enterContext(
                Terminal(self.home, "127.0.0.1", server.pop3))
            stamp = screen.expect(r"\+OK .*(<[^>\r\n]+@[^>\r\n]+>)")[1]
            wrong = hashlib.md5(stamp + b"wrong").hexdigest()
            right = hashlib.md5(stamp + b"gaul").hexdigest()
            screen.expect("> $")
            screen.line(f"APOP {self.user} {wrong}")
            screen.expect(r"-ERR")
            screen.expect("> $")
            screen.line(f"APOP {self.user} {right}")
            screen.expect(r"\+OK")
            screen.line("STAT")
            screen.expect(r"\+OK 1 \d+")

    def test_each_greeting_has_another_stamp(self):
        for server in self.servers:
            stamps = set()
            for _ in range(3):
                out = self.done("127.0.0.1", server.pop3, "-c", "QUIT").out
                stamps.add(re.search(rb"<[^>]+>", out)[0])
            self.assertEqual(len(stamps), 3)

    def test_warning_where_others_could_read_along(self):
        """0.0.0.0 is this machine, too, but no address for itself alone."""
        lines = ("-c", "USER asterix", "-c", "PASS menhir77")
        with hostile.Hostile("pop3") as server:
            private = self.done("127.0.0.1", server.port, *lines)
            open_ = self.done("0.0.0.0", server.port, *lines)
        self.assertEqual(private.err, b"")
        self.assertRegex(open_.err, rb"\Ano TLS: .*\npostel: warning: this "
                                    rb"connection is not encrypted")

    def test_login_by_url_sends_no_password_in_clear(self):
        answers = {"": [hostile.say(b"+OK no stamp here\r\n")]}
        with hostile.Hostile("pop3", answers) as server:
            url = f"pop3://asterix:menhir77@0.0.0.0:{server.port}"
            self.fails(TLS, "no STLS on offer", url, "-c", "NOOP")
            self.fails(AUTH, "would go in clear", url + "?starttls=no",
                       "-c", "NOOP")
            self.assertFalse(server.said(b"menhir77|PASS"))


class Row19Pop3States(LabCase):
    def test_commands_of_the_other_state(self):
        """Dovecot hangs up behind the third of them."""
        self.put(0)
        login = (f"USER {self.user}", "PASS gaul")
        for early in (("STAT", "LIST"), ("RETR 1", "DELE 1"),
                      ("RSET", "NOOP")):
            answers = self.same("pop3", *early, *login, "STAT", "QUIT")
            self.assertEqual(answers[:2], [("-ERR",)] * 2)
            self.assertEqual(answers[4][:2], ("+OK", 1))
        answers = self.same("pop3", *login, *login, "STAT", "QUIT")
        self.assertEqual(answers[2:4], [("-ERR",)] * 2)
        self.assertEqual(answers[4][:2], ("+OK", 1))
        for server in self.servers:
            self.assertEqual(self.left(server), [0])

    def test_pass_before_user(self):
        self.assertEqual(self.same("pop3", "PASS gaul"), [("-ERR",)])

    def test_wrong_password_and_unknown_user(self):
        """Who has only a wrong password learns no more than who has a
        wrong name."""
        for server in self.servers:
            said = []
            for user in (self.user, "nosuchuser"):
                name, word = self.session(server, "pop3", f"USER {user}",
                                          "PASS wrong")
                self.assertTrue(name[0].startswith("+OK"), name)
                self.assertTrue(word[0].startswith("-ERR"), word)
                said.append(word)
            self.assertEqual(*said)
            status = self.postel("127.0.0.1", server.pop3, "-c",
                                 f"USER {self.user}", "-c", "PASS wrong")
            self.assertEqual(status.status, AUTH, status)

    def test_deletion_is_deferred_until_quit(self):
        self.put(0, 1, 4)
        login = (f"USER {self.user}", "PASS gaul")
        for server in self.servers:
            screen = self.enterContext(
                Terminal(self.home, "127.0.0.1", server.pop3))
            for line in (*login, "DELE 2"):
                screen.expect("> $")
                screen.line(line)
            screen.expect(r"\+OK [^\r\n]*\r\n.*1.* del > $")
            self.assertEqual(self.left(server), [0, 1, 4])
            screen.line("QUIT")
            screen.expect(r"\+OK")
            self.assertEqual(self.left(server), [0, 4])

    def test_without_quit_nothing_is_deleted(self):
        self.put(0, 1)
        for server in self.servers:
            self.session(server, "pop3", f"USER {self.user}", "PASS gaul",
                         "DELE 1", ":drop")
            self.assertEqual(self.left(server), [0, 1])
            answers = self.session(server, "pop3", f"USER {self.user}",
                                   "PASS gaul", "STAT")
            self.assertRegex(answers[2][0], r"^\+OK 2 ")

    def test_the_prompt_names_the_state(self):
        self.put(0, 1)
        for server in self.servers:
            screen = self.enterContext(
                Terminal(self.home, "127.0.0.1", server.pop3))
            for prompt, line in (
                    ("pop3 127.0.0.1 > $", f"USER {self.user}"),
                    ("pop3 127.0.0.1 > $", "PASS gaul"),
                    (f"pop3 {self.user}@127.0.0.1 > $", "STAT"),
                    (f"pop3 {self.user}@127.0.0.1 2 > $", "DELE 2"),
                    (f"pop3 {self.user}@127.0.0.1 1/2 del > $", "QUIT"),
                    (f"pop3 {self.user}@127.0.0.1 \\(closed\\) > $", "STAT"),
                    ("closed, and the line went nowhere", ":quit")):
                screen.expect(prompt)
                screen.line(line)
            self.assertEqual(screen.wait(), 0)

    def test_second_session_at_once_is_refused(self):
        """RFC 1939 8: the maildrop is locked; RFC 2449: [IN-USE]."""
        self.put(0)
        url = f"pop3://127.0.0.1:{self.posteld.pop3}"
        login = (f"USER {self.user}", "PASS gaul")
        arguments = [a for line in (*login, f":open {url} second", *login)
                     for a in ("-c", line)]
        result = self.postel("127.0.0.1", self.posteld.pop3, *arguments)
        self.assertEqual(result.status, LATER, result)
        self.assertIn(b"-ERR [IN-USE]", result.out)
        # And free again when the first one has left.
        self.assertRegex(self.done("127.0.0.1", self.posteld.pop3, "-c",
                                   login[0], "-c", login[1]).out,
                         rb"\+OK .*has 1 message")


class Row10Pop3Server(LiveCase):
    """posteld is what the sheet asks for: two users, clear passwords, a
    folder for a mailbox and a text file for a mail."""

    LETTER = b"From: x@gaul.test\nSubject: by hand\n\nA line.\n.\nEnd.\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.posteld = cls.with_server(Posteld())

    def setUp(self):
        super().setUp()
        self.posteld.users = {"asterix": "gaul", "obelix": "menhir"}
        write(self.posteld.root / "users", "asterix:gaul\nobelix:menhir\n")
        for user in self.posteld.users:
            for path in self.posteld.inbox(user).files():
                path.unlink()

    def client(self, user="asterix"):
        """A client that is no part of postel."""
        pop = poplib.POP3("127.0.0.1", self.posteld.pop3, timeout=10)
        self.addCleanup(pop.close)
        pop.user(user)
        pop.pass_(self.posteld.users[user])
        return pop

    def by_hand(self, user, *lines):
        return self.done(
            "127.0.0.1", self.posteld.pop3, "-c", f"USER {user}", "-c",
            f"PASS {self.posteld.users[user]}",
            *(a for line in lines for a in ("-c", line))).out

    def test_users_are_lines_of_a_file(self):
        self.fails(AUTH, "AUTH", f"pop3://idefix:bone@127.0.0.1:"
                   f"{self.posteld.pop3}", "-c", "NOOP")
        write(self.posteld.root / "users",
              "asterix:gaul\nobelix:menhir\nidefix:bone\n")
        self.posteld.users["idefix"] = "bone"
        self.assertIn(b"+OK 0 0", self.by_hand("idefix", "STAT"))

    def test_hashed_password(self):
        """What `openssl passwd -6` made of bone."""
        write(self.posteld.root / "users", "asterix:gaul\nobelix:menhir\n"
              "idefix:$6$menhir$97.9BfkAqauwpI37NBIF0iB8SbynXbZH6vmD4VGFQHeEj"
              "FHiIGuV/v3D7r2irZajaVE35mQw.JZtjJ/5r2csj/\n")
        self.posteld.users["idefix"] = "bone"
        self.assertIn(b"+OK 0 0", self.by_hand("idefix", "STAT"))
        self.fails(AUTH, "AUTH", f"pop3://idefix:wrong@127.0.0.1:"
                   f"{self.posteld.pop3}", "-c", "NOOP")
        # RFC 1939 7: who has but a hash cannot compute APOP's digest.
        self.fails(AUTH, "AUTH", f"pop3://idefix;AUTH=+APOP:bone@127.0.0.1:"
                   f"{self.posteld.pop3}", "-c", "NOOP")

    def test_broken_file_of_users_leaves_things_as_they_were(self):
        write(self.posteld.root / "users", "asterix:gaul\nno colon here\n")
        self.assertIn(b"+OK 0 0", self.by_hand("obelix", "STAT"))
        self.assertIn("users line 2: ", self.posteld.log())

    def test_file_put_into_the_folder_is_a_mail(self):
        (self.posteld.home("asterix") / "new" / "letter").write_bytes(
            self.LETTER)
        out = self.by_hand("asterix", "STAT", "RETR 1")
        self.assertIn(mails.crlf(self.LETTER), out)
        self.assertIn(b"+OK 1 %d" % len(mails.crlf(self.LETTER)), out)
        self.assertIn(b"+OK 0 0", self.by_hand("obelix", "STAT"))

    def test_deleted_mail_is_no_file_any_more(self):
        inbox = self.posteld.inbox("asterix")
        for n in range(3):
            inbox.put(mails.message(n))
        self.by_hand("asterix", "DELE 2", "QUIT")
        self.assertEqual([mails.number(c) for c in inbox.contents()], [0, 2])

    def test_every_command_of_the_sheet_to_another_client(self):
        contents = [mails.message(n) for n in (0, 1)]
        for content in contents:
            self.posteld.inbox("asterix").put(content)
        pop = self.client()
        self.assertEqual(pop.stat(), (2, sum(sizes(contents))))
        self.assertEqual([int(row.split()[1]) for row in pop.list()[1]],
                         sizes(contents))
        self.assertEqual(b"\r\n".join(pop.retr(2)[1]) + b"\r\n",
                         mails.crlf(contents[1]))
        self.assertEqual(pop.top(1, 0)[1][-1], b"")
        pop.dele(1)
        self.assertEqual(pop.stat()[0], 1)
        pop.rset()
        self.assertEqual(pop.stat()[0], 2)
        self.assertTrue(pop.noop().startswith(b"+OK"))
        pop.dele(2)
        pop.quit()
        self.assertEqual(self.posteld.inbox("asterix").contents(),
                         contents[:1])

    def test_two_clients_at_once(self):
        self.posteld.inbox("asterix").put(mails.message(0))
        one, two = self.client("asterix"), self.client("obelix")
        self.assertEqual((one.stat()[0], two.stat()[0]), (1, 0))

    def test_wire_as_telnet_has_it(self):
        with socket.create_connection(("127.0.0.1", self.posteld.pop3)) as s:
            f = s.makefile("rwb")
            said = [f.readline()]
            for line in (b"user asterix", b"PaSs gaul", b"stat", b"quit"):
                f.write(line + b"\r\n")
                f.flush()
                said.append(f.readline())
            self.assertEqual(f.readline(), b"", "it hangs up behind QUIT")
        self.assertTrue(all(x.startswith(b"+OK") and x.endswith(b"\r\n")
                            for x in said), said)
        self.assertEqual(said[3], b"+OK 0 0\r\n")
