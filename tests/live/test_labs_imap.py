"""IMAP and Lua on lab sheets (rows 11 to 15 and 20 of what courses ask for):
the same sessions with posteld and with Dovecot, with the same answers."""

import imaplib
import socket

import mails
from harness import REFUSED, Terminal
from labs import LabCase, text_lines


class Row11ImapByHand(LabCase):
    def test_the_session_of_the_sheet(self):
        self.put(0, 1)
        (login, create, twice, listed, select, stored, close, status, delete,
         missing, logout) = self.same(
            "imap", f"LOGIN {self.user} gaul", "CREATE Village",
            "CREATE Village", 'LIST "" "Village"', "SELECT INBOX",
            r"STORE 2 +FLAGS (\Flagged)", "CLOSE",
            "STATUS INBOX (MESSAGES UNSEEN UIDNEXT)", "DELETE Village",
            "SELECT Village", "LOGOUT")
        for answer in (login, create, close, delete):
            self.assertEqual(answer, {("OK",)})
        self.assertEqual(twice, {("NO", "ALREADYEXISTS")})
        self.assertIn(("LIST", "Village", '"/"', False), listed)
        self.assertLessEqual({("OK", "READ-WRITE"), ("EXISTS", 2)}, select)
        self.assertIn(("FETCH", 2, ("\\Flagged", "\\Recent"), None), stored)
        self.assertIn(("STATUS", "INBOX", (
            ("MESSAGES", "2"), ("UIDNEXT", "3"), ("UNSEEN", "2"))), status)
        self.assertEqual(missing, {("NO",)})
        self.assertEqual(logout, {("BYE",), ("OK",)})
        for server in self.servers:
            self.assertEqual(self.left(server), [0, 1])

    def test_each_command_has_a_tag_of_its_own(self):
        self.put(0)
        for server in self.servers:
            wire = self.trace(server, "imap", f"a1 LOGIN {self.user} gaul",
                              "SELECT INBOX", "FETCH 1 (FLAGS)", "NOOP",
                              "x.7 NOOP", "LOGOUT")
            sent = [line.split()[0] for who, line in wire if who == "C"]
            done = [line.split()[0] for who, line in wire if who == "S"
                    and not line.startswith("* ")]
            self.assertEqual(sent, ["a1", "a2", "a3", "a4", "x.7", "a5"])
            self.assertEqual(done, sent)

    def test_without_a_tag_the_line_is_refused(self):
        """What telnet users learn first; here on a socket of our own."""
        for server in self.servers:
            with socket.create_connection(("127.0.0.1", server.imap)) as s:
                f = s.makefile("rwb")
                f.readline()
                f.write(b"NOOP\r\n")
                f.flush()
                self.assertRegex(f.readline(), rb"^(\*|NOOP) BAD")

    def test_commands_of_another_state(self):
        self.put(0)
        early, login, unselected, select, closed, gone = self.same(
            "imap", "SELECT INBOX", f"LOGIN {self.user} gaul",
            "FETCH 1 (FLAGS)", "SELECT INBOX", "CLOSE", "FETCH 1 (FLAGS)")
        self.assertEqual((login, closed), ({("OK",)}, {("OK",)}))
        self.assertEqual((early, unselected, gone), ({("BAD",)},) * 3)
        self.assertIn(("OK", "READ-WRITE"), select)

    def test_wrong_password(self):
        self.assertEqual(self.same("imap", f"LOGIN {self.user} wrong"),
                         [{("NO",)}])

    def test_fetch_and_store_to_another_client(self):
        contents = self.put(0, 1)
        for server in self.servers:
            other = imaplib.IMAP4("127.0.0.1", server.imap)
            self.addCleanup(other.shutdown)
            other.login(self.user, "gaul")
            self.assertEqual(other.select(), ("OK", [b"2"]))
            self.assertEqual(other.fetch("2", "(BODY.PEEK[])")[1][0][1],
                             mails.crlf(contents[1]))
            self.session(server, "imap", f"LOGIN {self.user} gaul",
                         "SELECT INBOX", r"STORE 1 +FLAGS (\Answered)")
            other.noop()
            self.assertIn(b"\\Answered", other.fetch("1", "(FLAGS)")[1][0])


class Row12Select(LabCase):
    LOGIN = property(lambda self: f"LOGIN {self.user} gaul")

    def test_what_select_returns(self):
        self.put(0, flags="S")
        self.put(1, 4)
        select = self.same("imap", self.LOGIN, "SELECT INBOX")[1]
        flags = ("\\Answered", "\\Deleted", "\\Draft", "\\Flagged",
                 "\\Seen")
        self.assertEqual(select, {
            ("FLAGS", flags), ("PERMANENTFLAGS", flags), ("EXISTS", 3),
            ("RECENT", 3), ("UNSEEN", 2), ("UIDVALIDITY", True),
            ("UIDNEXT", 4), ("OK", "READ-WRITE")})

    def test_recent_is_told_once(self):
        """The first SELECT has them all, the second none: only the server
        changes \\Recent, and one session is the first to hear of a mail."""
        self.put(0, 1, 4)
        recent = [self.recent(*self.same(
            "imap", self.LOGIN, "SELECT INBOX", "LOGOUT")[1])
            for _ in range(2)]
        self.assertEqual(recent, [3, 0])
        self.put(5)
        again = self.same("imap", self.LOGIN, "SELECT INBOX",
                          "FETCH 1:* (FLAGS)")
        self.assertEqual(self.recent(*again[1]), 1)
        self.assertEqual({flags for _, n, flags, _ in
                          again[2] - {("OK",)} if n < 4}, {()})
        self.assertIn(("FETCH", 4, ("\\Recent",), None), again[2])

    def test_examine_leaves_recent_to_the_next(self):
        self.put(0, 1)
        recent = [self.recent(*self.same(
            "imap", self.LOGIN, f"{verb} INBOX", "LOGOUT")[1])
            for verb in ("EXAMINE", "EXAMINE", "SELECT", "EXAMINE")]
        self.assertEqual(recent, [2, 2, 2, 0])

    @staticmethod
    def recent(*said):
        return dict(x for x in said if len(x) == 2)["RECENT"]

    def test_the_same_session_keeps_recent(self):
        """Two sessions at once: the first has \\Recent, the second has not."""
        self.put(0)
        for server in self.servers:
            screen = self.enterContext(
                Terminal(self.home, "127.0.0.1", server.imap))
            for line in (self.LOGIN, "SELECT INBOX"):
                screen.expect("> $")
                screen.line(line)
            screen.expect(r"\* 1 RECENT.*> $")
            other = self.session(server, "imap", self.LOGIN, "SELECT INBOX")
            self.assertIn("* 0 RECENT", other[1])
            screen.line("FETCH 1 (FLAGS)")
            screen.expect(r"\* 1 FETCH \(FLAGS \(\\Recent\)\)")
            screen.line("LOGOUT")
            screen.expect("BYE")

    def test_uidvalidity_and_uids_stay(self):
        self.put(0, 1)
        for server in self.servers:
            seen = {tuple(line for line in self.session(
                server, "imap", self.LOGIN, "SELECT INBOX")[1]
                if "UIDVALIDITY" in line) for _ in range(2)}
            self.assertEqual(len(seen), 1)
            self.assertRegex(*seen.pop(), r"\[UIDVALIDITY [1-9]\d*\]")


class Row13Flags(LabCase):
    def test_the_session_of_the_sheet(self):
        contents = self.put(0, 1)
        every, header, whole, after, unseen = self.same(
            "imap", f"LOGIN {self.user} gaul", "SELECT INBOX",
            "FETCH 1:* (FLAGS)",
            "FETCH 2 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])", "FETCH 1 (BODY[])",
            "FETCH 1:* (FLAGS)", "SEARCH UNSEEN")[2:]
        new, seen = ("\\Recent",), ("\\Recent", "\\Seen")
        self.assertEqual(every, {("FETCH", 1, new, None),
                                 ("FETCH", 2, new, None), ("OK",)})
        self.assertEqual(header, {
            ("FETCH", 2, None, ("Subject: live message 1, dots", "")),
            ("OK",)})
        self.assertEqual(whole, {
            ("FETCH", 1, seen, tuple(text_lines(contents[0]))), ("OK",)})
        self.assertEqual(after, {("FETCH", 1, seen, None),
                                 ("FETCH", 2, new, None), ("OK",)})
        self.assertEqual(unseen, {("SEARCH", (2,)), ("OK",)})

    def test_seen_lasts_and_recent_does_not(self):
        self.put(0, 1)
        login = f"LOGIN {self.user} gaul"
        self.same("imap", login, "SELECT INBOX", "FETCH 1 (BODY[])")
        self.assertEqual(
            self.same("imap", login, "SELECT INBOX", "FETCH 1:* (FLAGS)")[2],
            {("FETCH", 1, ("\\Seen",), None), ("FETCH", 2, (), None),
             ("OK",)})

    def test_star_is_the_last_message(self):
        self.put(0, 1, 4)
        login = f"LOGIN {self.user} gaul"
        for numbers, wanted in (("1:*", {1, 2, 3}), ("2:*", {2, 3}),
                                ("*", {3}), ("*:2", {2, 3}),
                                ("1,3", {1, 3}), ("9", set())):
            answer = self.same("imap", login, "EXAMINE INBOX",
                               f"FETCH {numbers} (FLAGS)")[2]
            self.assertEqual({x[1] for x in answer if x[0] == "FETCH"},
                             wanted, numbers)
        # Of numbers beyond the last none is there; of UIDs it is 3:9.
        answers = self.same("imap", login, "EXAMINE INBOX",
                            "FETCH 9 (FLAGS)", "UID SEARCH UID 9:*",
                            "UID SEARCH UID 9")[2:]
        self.assertEqual(answers, [{("BAD",)}, {("SEARCH", (3,)), ("OK",)},
                                   {("SEARCH", ()), ("OK",)}])

    def test_recent_cannot_be_set(self):
        self.put(0)
        self.same("imap", f"LOGIN {self.user} gaul", "SELECT INBOX", "LOGOUT")
        for server in self.servers:
            answers = self.session(server, "imap", f"LOGIN {self.user} gaul",
                                   "SELECT INBOX",
                                   r"STORE 1 +FLAGS (\Recent)",
                                   "FETCH 1 (FLAGS)")
            self.assertIn("* 1 FETCH (FLAGS ())", answers[3])


class Row14Expunge(LabCase):
    def end(self, *lines):
        self.put(0, 1)
        answers = self.same("imap", f"LOGIN {self.user} gaul",
                            "SELECT INBOX", r"STORE 1 +FLAGS (\Deleted)",
                            *lines)
        self.assertIn(("FETCH", 1, ("\\Deleted", "\\Recent"), None),
                      answers[2])
        return [self.left(server) for server in self.servers], answers[3:]

    def test_logout_keeps_it_marked(self):
        left, _ = self.end("LOGOUT")
        self.assertEqual(left, [[0, 1]] * 2)
        answer = self.same("imap", f"LOGIN {self.user} gaul",
                           "EXAMINE INBOX", "FETCH 1 (FLAGS)")[2]
        self.assertIn(("FETCH", 1, ("\\Deleted",), None), answer)

    def test_close_expunges_without_telling_which(self):
        left, (close, _) = self.end("CLOSE", "LOGOUT")
        self.assertEqual(left, [[1]] * 2)
        self.assertEqual(close, {("OK",)})

    def test_expunge_tells_which(self):
        left, (expunge, _) = self.end("EXPUNGE", "LOGOUT")
        self.assertEqual(left, [[1]] * 2)
        self.assertEqual(expunge, {("EXPUNGED", (1,)), ("OK",)})

    def test_unselect_and_hanging_up_keep_it(self):
        for line in ("UNSELECT", ":drop"):
            self.user = next(type(self).fresh)
            self.assertEqual(self.end(line)[0], [[0, 1]] * 2)

    def test_close_behind_examine_keeps_it(self):
        self.end("LOGOUT")
        self.same("imap", f"LOGIN {self.user} gaul", "EXAMINE INBOX",
                  "CLOSE")
        for server in self.servers:
            self.assertEqual(self.left(server), [0, 1])

    def test_numbers_move_up_and_uids_do_not(self):
        self.put(0, 1, 4)
        answers = self.same(
            "imap", f"LOGIN {self.user} gaul", "SELECT INBOX",
            r"STORE 1:2 +FLAGS.SILENT (\Deleted)", "EXPUNGE",
            "FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])", "UID SEARCH ALL")
        self.assertEqual(answers[3], {("EXPUNGED", (1, 2)), ("OK",)})
        self.assertIn(("FETCH", 1, None,
                       ("Subject: live message 4, line ends", "")),
                      answers[4])
        self.assertIn(("SEARCH", (3,)), answers[5])


class Row15PurgeProgram(LabCase):
    def test_prints_every_unread_mail_and_deletes_just_these(self):
        self.put(10, flags="S")
        unread = self.put(0, 1, 4)
        self.put(11, flags="FRS")
        for server in self.servers:
            result = self.done("purge", server.url("imap", self.user))
            self.assertEqual(result.out, b"".join(map(mails.crlf, unread)))
            self.assertEqual(self.left(server), [10, 11])
            again = self.done("purge", server.url("imap", self.user))
            self.assertEqual(again.out, b"")
            self.assertEqual(self.left(server), [10, 11])

    def test_nothing_goes_if_it_cannot_be_printed(self):
        self.put(0, 1)
        for server in self.servers:
            with open("/dev/full", "wb") as full:
                result = self.postel("purge", server.url("imap", self.user),
                                     stdout=full)
            self.assertFailed(result, 1, "(?i)no space.*nothing was deleted")
            self.assertEqual(self.left(server), [0, 1])


class Row20Lua(LabCase):
    def lua(self, server, service, chunk):
        """Runs a chunk with the URL of the service in `url`."""
        script = self.home.file("script.lua", "local url = ...\n" + chunk)
        return self.done(script, server.url(service, self.user)).out

    def test_count_of_the_messages(self):
        self.put(0, 1, 4)
        for server in self.servers:
            self.assertEqual(self.lua(server, "pop3", """
                local pop <close> = postel.connect(url)
                print((pop:stat()))"""), b"3\n")
            self.assertEqual(self.lua(server, "imap", """
                local c <close> = postel.connect(url)
                print(c:select("INBOX").exists, #c:search {unseen = true})
                """), b"3\t3\n")

    def test_message_as_text(self):
        contents = self.put(0, 1, 2)
        for server in self.servers:
            for n, content in enumerate(contents, 1):
                self.assertEqual(self.lua(server, "pop3", f"""
                    local pop <close> = postel.connect(url)
                    io.write(pop:retr({n}):text())"""), mails.crlf(content))

    def test_lines_of_at_most_998_characters(self):
        contents = self.put(0, 3)
        wanted = [any(len(line) > 998 for line in text_lines(c))
                  for c in contents]
        for server in self.servers:
            server.inbox(self.user).put(
                b"Subject: long\n\n" + b"x" * 999 + b"\n")
            self.assertEqual(self.lua(server, "pop3", """
                local pop <close> = postel.connect(url)
                for n = 1, pop:stat() do
                    local long = false
                    for line in pop:retr(n):lines() do
                        long = long or #line > 998
                    end
                    print(long)
                end""").decode().split(),
                [str(x).lower() for x in (*wanted, True)])

    def test_header_fields(self):
        self.put(0, 1)
        for server in self.servers:
            self.assertEqual(self.lua(server, "pop3", """
                local pop <close> = postel.connect(url)
                for line in pop:top(2, 0):lines() do
                    local name, value = line:match "^([%w-]+):%s*(.*)$"
                    if name then print(name:lower() .. "=" .. value) end
                end""").decode().split("\n")[:3], [
                    "from=Asterix <asterix@gaul.test>", "to=obelix@mail.test",
                    "subject=live message 1, dots"])
            self.assertEqual(self.lua(server, "imap", """
                local c <close> = postel.connect(url)
                for m in c:select("INBOX"):search():fetch "ENVELOPE" do
                    print(m.envelope.subject, m.envelope.from[1].address)
                end"""), b"live message 0, plain\tasterix@gaul.test\n"
                         b"live message 1, dots\tasterix@gaul.test\n")

    def test_what_is_not_text(self):
        """IMAP names the parts of a MIME message, and gives one of them."""
        self.put(9)
        for server in self.servers:
            self.assertEqual(self.lua(server, "imap", """
                local c <close> = postel.connect(url)
                local all = c:select("INBOX"):search()
                for m in all:fetch "BODYSTRUCTURE" do
                    for i, part in ipairs(m.structure) do
                        if type(part) ~= "table" then break end
                        print(i, part[1]:lower() .. "/" .. part[2]:lower(),
                            part[6]:lower())
                    end
                end
                for m in all:fetch "BODY.PEEK[1]" do
                    io.write((m.body:text():gsub("%s+$", "")))
                end"""),
                b"1\ttext/plain\t7bit\n2\tapplication/octet-stream\tbase64\n"
                b"see attachment")

    def test_script_fails_with_the_status_of_the_refusal(self):
        for server in self.servers:
            script = self.home.file("script.lua", """
                local pop <close> = postel.connect((...))
                pop:retr(9)""")
            self.fails(REFUSED, "RETR 9: -ERR", script,
                       server.url("pop3", self.user))
