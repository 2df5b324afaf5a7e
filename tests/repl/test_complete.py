"""TAB: what is put in, what is listed, and what is not offered."""

import re

from harness import IMAP, POP3, SMTP, Case

BOXES = r"""
    C: a1 LIST "" *
    S: * LIST (\HasNoChildren) "/" INBOX
    S: * LIST () "/" "Sent Items"
    S: * LIST () "/" Entw&APw-rfe
    S: * LIST () "/" R&-D
    s: * LIST () "/" {6}\r\nLi\"ter\r\n
    s: * LIST () "/" "Evil\x1b]0;x\x07"\r\n
    s: * LIST () "/" "Evil\xe2\x80\xaename"\r\n
    S: * LIST (\NonExistent) "/" Nothing
    S: a1 OK
    C: a2 SELECT INBOX
    S: * FLAGS (\Seen \Answered \Deleted Work)
    S: * 12 EXISTS
    S: * OK [PERMANENTFLAGS (\Seen Later \*)] kept
    S: * OK [UIDVALIDITY 7] valid
    S: a2 OK [READ-WRITE] there
    C: a3 FETCH 10:12 (UID ENVELOPE)
    S: * 10 FETCH (UID 110 ENVELOPE (NIL "ten" NIL NIL NIL NIL NIL NIL NIL NIL))
    S: * 11 FETCH (UID 111 ENVELOPE (NIL "=?utf-8?q?el=C3=A8ve?=" NIL NIL NIL NIL NIL NIL NIL NIL))
    S: * 12 FETCH (UID 112 ENVELOPE (NIL "z\x1b[2Jz" NIL NIL NIL NIL NIL NIL NIL NIL))
    S: a3 OK
    C: a4 FETCH 9 BODY.PEEK[HEADER]
    s: * 9 FETCH (BODY[HEADER] {19}\r\nSubject: nine\r\n b\r\n)\r\n
    S: a4 OK""".replace(r'"z\x1b[2Jz"', '"z z"')

CAPABILITIES = ("IMAP4rev1 IDLE LITERAL+ UIDPLUS SORT ESEARCH CONDSTORE ID "
                "ENABLE UTF8=ACCEPT LIST-EXTENDED LIST-STATUS SPECIAL-USE")


class Imap(Case):
    def session(self, *talk, capabilities=CAPABILITIES):
        screen = self.terminal(self.peer(
            "imap", f"S: * PREAUTH [CAPABILITY {capabilities}] ready", *talk))
        screen.expect("> $")
        return screen

    def learned(self, *talk):
        screen = self.session(BOXES, *talk)
        for line in ('LIST "" *', "SELECT INBOX",
                     "FETCH 10:12 (UID ENVELOPE)",
                     "FETCH 9 BODY.PEEK[HEADER]"):
            screen.line(line)
            screen.expect(r"a\d OK[^\r]*\r\n[^\r\n]*> $")
        return screen

    def assertTabs(self, screen, *pairs):
        for typed, wanted in pairs:
            with self.subTest(typed):
                self.assertEqual(screen.tab(typed), wanted)

    def assertLists(self, screen, typed, *words, without=()):
        with self.subTest(typed):
            lines = screen.listed(typed)
            there = " ".join(lines).split()
            for word in words:
                self.assertIn(word, there, lines)
            for word in without:
                self.assertNotIn(word, there, lines)

    def test_verbs_by_state_and_capability(self):
        screen = self.session()
        self.assertTabs(screen, ("FET", "FET"), ("SEL", "SELECT"),
                        ("sel", "select"), ("MOV", "MOV"), ("UIDB", "UIDB"),
                        ("x exam", "x examine"), ("NOO", "NOOP"))
        self.assertLists(screen, "", "SELECT", "ENABLE", ":help",
                         without=("FETCH", "MOVE", "LOGIN", "UID"))

    def test_no_space_that_would_be_sent(self):
        screen = self.session("""
            C: a1 NOOP
            S: a1 OK
            C: a2 SELECT INBOX
            S: a2 OK""")
        screen.line("NOO\t")
        screen.expect("a1 OK")
        screen.line("SEL\tINB\t")
        screen.expect("a2 OK")

    def test_two_words(self):
        screen = self.learned()
        self.assertTabs(screen, ("UI", "UID"), ("uid fe", "uid fetch"),
                        ("UID MO", "UID MO"))
        self.assertLists(screen, "UID ", "FETCH", "STORE", "EXPUNGE", "SORT",
                         without=("MOVE", "NOOP"))

    def test_mailboxes(self):
        screen = self.learned()
        self.assertTabs(
            screen, ("SELECT in", "SELECT INBOX"),
            ("SELECT Se", 'SELECT "Sent Items"'),
            ('SELECT "Se', 'SELECT "Sent Items"'),
            ('SELECT "Sent I', 'SELECT "Sent Items"'),
            ("STATUS Ent", "STATUS Entwürfe"), ("COPY 1 R", "COPY 1 R&-D"),
            ("SELECT Li", 'SELECT "Li\\"ter"'), ("SELECT Ev", "SELECT Ev"),
            ("RENAME Ent", "RENAME Entwürfe"),
            ('LIST "" Ent', 'LIST "" Entwürfe'), ("SELECT No", "SELECT No"))
        self.assertNotIn(b"\x1b]0", screen.seen)
        lines = " ".join(screen.listed("SELECT "))
        self.assertIn("Entwürfe", lines)
        self.assertNotIn("Evil", lines)

    def test_names_go_in_the_form_of_the_server(self):
        screen = self.session("""
            C: a1 CREATE Entw&APw-rfe
            S: a1 OK
            C: a2 SELECT "&AOk- x"
            S: a2 OK
            C: a3 SELECT R&D
            S: a3 OK
            C: a4 RENAME Entw&APw-rfe &AOQ-
            S: a4 OK
            C: x STATUS &AOQ- (UNSEEN)
            S: x OK
            C: a5 SEARCH SUBJECT ü
            S: a5 OK""")
        for line in ("CREATE Entwürfe", 'SELECT "é x"', "SELECT R&D",
                     "RENAME Entwürfe ä", "x STATUS ä (UNSEEN)",
                     "SEARCH SUBJECT ü"):
            screen.line(line)
            screen.expect(r"\w+ OK[^\r]*\r\n")
        self.assertIn(b"C: a1 CREATE Entw&APw-rfe", screen.seen)
        self.assertTabs(screen, ("SELECT ä", "SELECT ä"),
                        ("SELECT En", "SELECT En"))

    def test_names_in_a_session_of_utf8(self):
        screen = self.session("""
            C: a1 ENABLE UTF8=ACCEPT
            S: * ENABLED UTF8=ACCEPT
            S: a1 OK
            C: a2 CREATE Entwürfe
            S: a2 OK""")
        screen.line("ENABLE UTF8=ACCEPT")
        screen.expect("a1 OK")
        screen.line("CREATE Entwürfe")
        screen.expect("a2 OK")

    def test_fetch(self):
        screen = self.learned()
        self.assertTabs(
            screen, ("FETCH 1 BODYS", "FETCH 1 BODYSTRUCTURE"),
            ("fetch 1 (env", "fetch 1 (envelope"),
            ("FETCH 1 (FLAGS INT", "FETCH 1 (FLAGS INTERNALDATE"),
            ("FETCH 1 BODY.P", "FETCH 1 BODY.PEEK["),
            ("FETCH 1 BODY[TE", "FETCH 1 BODY[TEXT]"),
            ("FETCH 1 BODY[1.2.MI", "FETCH 1 BODY[1.2.MIME]"),
            ("FETCH 1 (BODY.PEEK[HEADER.FIELDS (Su",
             "FETCH 1 (BODY.PEEK[HEADER.FIELDS (Subject"),
            ("FETCH 1 BODY[HEADER.FIELDS (From M",
             "FETCH 1 BODY[HEADER.FIELDS (From M"),
            ("FETCH 1 (BODY[TEXT] RFC822.S", "FETCH 1 (BODY[TEXT] RFC822.SIZE"),
            ("FETCH 1 FLAGS (CH", "FETCH 1 FLAGS (CHANGEDSINCE"))
        self.assertLists(screen, "FETCH 1 ", "ALL", "FLAGS", "(", "MODSEQ",
                         without=("PREVIEW", "BINARY["))
        self.assertLists(screen, "FETCH 1 (", "FLAGS", "UID",
                         without=("ALL", "FAST"))
        self.assertLists(screen, "FETCH 1 BODY[", "HEADER]", "TEXT]", "]")

    def test_messages(self):
        screen = self.learned("""
            C: a5 EXPUNGE
            S: * 10 EXPUNGE
            S: a5 OK
            C: a6 SELECT "Sent Items"
            S: * 2 EXISTS
            S: a6 OK""")
        self.assertEqual(
            screen.listed("FETCH 1"),
            [" 1", "12  z z", "11  elève", "10  ten"])
        self.assertEqual(screen.listed("FETCH 9,10:")[:3],
                         ["12  z z", "11  elève", "10  ten"])
        self.assertEqual(screen.listed("UID FETCH "),
                         ["112  z z", "111  elève", "110  ten"])
        self.assertTabs(screen, ("STORE 9", "STORE 9"),
                        ("UID STORE 1", "UID STORE 11"),
                        ("FETCH 13", "FETCH 13"))
        self.assertIn(" 9  nine b", screen.listed("FETCH "))
        screen.line("\x15EXPUNGE")
        screen.expect("a5 OK")
        self.assertEqual(screen.listed("FETCH 1"),
                         [" 1", "11  z z", "10  elève"])
        screen.line('\x15SELECT "Sent Items"')
        screen.expect("a6 OK")
        self.assertEqual(screen.listed("COPY "), ["2  1"])

    def test_many_messages(self):
        screen = self.session("""
            C: a1 SELECT INBOX
            S: * 1000000 EXISTS
            S: a1 OK""")
        screen.line("SELECT INBOX")
        screen.expect("a1 OK")
        lines = screen.listed("FETCH ")
        self.assertIn("1000000", " ".join(lines))
        self.assertIn("... and 999950 more", lines)
        self.assertTabs(screen, ("FETCH 4", "FETCH 4"))

    def test_as_many_messages_as_there_can_be(self):
        screen = self.session("""
            C: a1 SELECT INBOX
            S: * 4294967295 EXISTS
            S: a1 OK""")
        screen.line("SELECT INBOX")
        screen.expect("a1 OK")
        self.assertTabs(screen, ("FETCH 9", "FETCH 9"))
        self.assertIn("4294967295", " ".join(screen.listed("FETCH ")))

    def test_text_is_no_header(self):
        screen = self.session(r"""
            C: a1 SELECT INBOX
            S: * 1 EXISTS
            S: a1 OK
            C: a2 FETCH 1 BODY[TEXT]
            s: * 1 FETCH (BODY[TEXT] {15}\r\nSubject: evil\r\n)\r\n
            S: a2 OK""")
        for line in ("SELECT INBOX", "FETCH 1 BODY[TEXT]"):
            screen.line(line)
            screen.expect(r"a\d OK")
        self.assertNotIn("evil", " ".join(screen.listed("FETCH ")))

    def test_flags(self):
        screen = self.learned()
        self.assertTabs(
            screen, ("STORE 1 +F", "STORE 1 +FLAGS"),
            ("STORE 1 +FLAGS (\\S", "STORE 1 +FLAGS (\\Seen"),
            ("STORE 1 +FLAGS (\\Seen \\Del", "STORE 1 +FLAGS (\\Seen \\Deleted"),
            ("STORE 1 FLAGS Wo", "STORE 1 FLAGS Work"),
            ("STORE 1 (UNC", "STORE 1 (UNCHANGEDSINCE"),
            ("STORE 1 (UNCHANGEDSINCE 5) -F", "STORE 1 (UNCHANGEDSINCE 5) -FLAGS"),
            ("APPEND INBOX (\\Dr", "APPEND INBOX (\\Draft"))
        self.assertLists(screen, "STORE 1 FLAGS (", "\\Seen", "Work", "Later",
                         without=("\\*", "\\Recent"))

    def test_search(self):
        screen = self.learned()
        self.assertTabs(
            screen, ("SEARCH UNS", "SEARCH UNSEEN"),
            ("search from x sub", "search from x subject"),
            ("SEARCH OR (SEEN ANS", "SEARCH OR (SEEN ANSWERED"),
            ("SEARCH NOT FL", "SEARCH NOT FLAGGED"),
            ("SEARCH SUBJECT UNS", "SEARCH SUBJECT UNS"),
            ("SEARCH HEADER Mess", "SEARCH HEADER Message-ID"),
            ("SEARCH HEADER Message-ID ANS", "SEARCH HEADER Message-ID ANS"),
            ("SEARCH HEADER X-A b ANSW", "SEARCH HEADER X-A b ANSWERED"),
            ("SEARCH KEYWORD Wo", "SEARCH KEYWORD Work"),
            ("SEARCH RET", "SEARCH RETURN ("),
            ("SEARCH RETURN (COU", "SEARCH RETURN (COUNT"),
            ("SEARCH RETURN (COUNT) UNS", "SEARCH RETURN (COUNT) UNSEEN"),
            ("SEARCH UID 11", "SEARCH UID 11"),
            ("SEARCH OLD", "SEARCH OLD"))
        dates = "\n".join(screen.listed("SEARCH SINCE "))
        self.assertRegex(dates, r"\d+-[A-Z][a-z]{2}-\d{4}  today\n")
        self.assertLists(screen, "SEARCH UID ", "110", "112")
        self.assertLists(screen, "SEARCH LARGER ", "1048576")

    def test_sort(self):
        screen = self.learned()
        self.assertTabs(screen, ("SORT ", "SORT ("),
                        ("SORT (REV", "SORT (REVERSE"),
                        ("SORT (REVERSE SU", "SORT (REVERSE SUBJECT"),
                        ("SORT (DATE) U", "SORT (DATE) U"),
                        ("SORT (DATE) UT", "SORT (DATE) UTF-8"),
                        ("SORT (DATE) UTF-8 UNSE", "SORT (DATE) UTF-8 UNSEEN"))

    def test_status_list_enable_id(self):
        screen = self.session()
        self.assertTabs(
            screen, ("STATUS INBOX ", "STATUS INBOX ("),
            ("status inbox (mess", "status inbox (messages"),
            ("STATUS INBOX (MESSAGES UNS", "STATUS INBOX (MESSAGES UNSEEN"),
            ('LIST "" * RET', 'LIST "" * RETURN'),
            ('LIST "" * RETURN (STA', 'LIST "" * RETURN (STATUS ('),
            ('LIST "" * RETURN (STATUS (MES',
             'LIST "" * RETURN (STATUS (MESSAGES'),
            ("LIST (SUB", "LIST (SUBSCRIBED"),
            ("ENABLE UT", "ENABLE UTF8=ACCEPT"), ("ENABLE QR", "ENABLE QR"),
            ("ID N", "ID NIL"), ('ID ("ven', 'ID ("vendor"'))
        self.assertLists(screen, "ENABLE ", "CONDSTORE", "UTF8=ACCEPT")
        self.assertLists(screen, "ID (", '"name"', '"version"')

    def test_mechanisms(self):
        screen = self.terminal(self.peer("imap", """
            S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=SCRAM-SHA-256] ready"""))
        screen.expect("> $")
        self.assertTabs(screen, ("AUTHENTICATE SC",
                                 "AUTHENTICATE SCRAM-SHA-256"),
                        ("AUTHENTICATE XO", "AUTHENTICATE XO"),
                        ("authenticate pl", "authenticate plain"))

    def test_nothing_is_asked(self):
        """The peer would end with a complaint, and the session with it."""
        screen = self.session("C: a1 NOOP\nS: a1 OK still")
        for text in ("SELECT ", "FETCH ", "STATUS x (", "A", "", "LIST "):
            screen.tab(text, "\t\t")
        screen.line("\x15NOOP")
        screen.expect("a1 OK still")

    def test_forgotten_with_another_mailbox_of_a_script(self):
        screen = self.learned("""
            C~ a5 SELECT Other
            S: * 3 EXISTS
            S: a5 OK""")
        screen.line('\x15=conn:send("SELECT", "Other"):wait()')
        screen.expect(r"Other\[3\] > $")
        self.assertEqual(screen.listed("FETCH "), ["3  2  1"])


class Smtp(Case):
    def session(self, *talk):
        screen = self.terminal(self.peer("smtp", """
            S: 220 mx.test ESMTP
            C~ EHLO .*
            S: 250-mx.test
            S: 250-SIZE 1000
            S: 250-8BITMIME
            S: 250-DSN
            S: 250 AUTH PLAIN CRAM-MD5""", *talk))
        screen.expect("> $")
        return screen

    def test_paths_and_parameters(self):
        screen = self.session("""
            C: MAIL FROM:<alice@x.test>
            S: 250 ok
            C: RCPT TO:<bob@x.test>
            S: 250 ok
            C: RSET
            S: 250 ok""")
        for line in ("MAIL FROM:<alice@x.test>", "RCPT TO:<bob@x.test>"):
            screen.line(line)
            screen.expect("250 ok")
        for typed, wanted in (
                ("RCPT ", "RCPT TO:<"), ("RCPT TO:<al", "RCPT TO:<alice@x.test>"),
                ("rcpt to:<bo", "rcpt to:<bob@x.test>"),
                ("RCPT TO:<b@x.test> NOTIFY=N", "RCPT TO:<b@x.test> NOTIFY=NEVER"),
                ("RCPT TO:<b@x.test> ORC", "RCPT TO:<b@x.test> ORCPT=rfc822;"),
                ("VRFY bo", "VRFY bob@x.test")):
            self.assertEqual(screen.tab(typed), wanted)
        screen.line("\x15RSET")
        screen.expect("250 ok")
        for typed, wanted in (
                ("MAIL", "MAIL"), ("mail f", "mail from:<"),
                ("MAIL FROM:<al", "MAIL FROM:<alice@x.test>"),
                ("MAIL FROM:<a@x.test> SI", "MAIL FROM:<a@x.test> SIZE="),
                ("MAIL FROM:<a@x.test> BODY=8", "MAIL FROM:<a@x.test> BODY=8BITMIME"),
                ("MAIL FROM:<a@x.test> SMTPU", "MAIL FROM:<a@x.test> SMTPU"),
                ("MAIL FROM:<a@x.test> RET=F", "MAIL FROM:<a@x.test> RET=FULL"),
                ("AUTH CR", "AUTH CRAM-MD5"), ("BDA", "BDA"), ("HELP RC", "HELP RCPT")):
            self.assertEqual(screen.tab(typed), wanted)

    def test_addresses_of_former_sessions(self):
        path = self.home / "state" / "postel"
        path.mkdir(parents=True)
        (path / "history").write_text(
            "MAIL FROM:<old@x.test> SIZE=5\nRCPT TO:<e\x1b[2Jvil@x.test>\n")
        screen = self.session()
        self.assertEqual(screen.tab("MAIL FROM:<ol"), "MAIL FROM:<old@x.test>")
        self.assertEqual(screen.tab("MAIL FROM:<e"), "MAIL FROM:<e")


class Pop3(Case):
    def test_messages(self):
        screen = self.terminal(self.peer("pop3", POP3.replace("USER", "TOP"), r"""
            C: USER alice
            S: +OK
            C: PASS x
            S: +OK
            C: LIST
            S: +OK
            S: 1 100
            S: 2 2000
            S: 12 300
            S: .
            C: TOP 2 0
            S: +OK
            S: Subject: =?utf-8?b?w6k=?= two
            s: \r\n
            S: .
            C: DELE 12
            S: +OK"""))
        for line in ("USER alice", "PASS x", "LIST", "TOP 2 0", "DELE 12"):
            screen.expect("> $")
            screen.line(line)
        screen.expect("> $")
        lines = screen.listed("RETR ")
        self.assertIn(" 2  é two", lines)
        self.assertIn(" 1  100 octets", lines)
        self.assertNotIn("12  300 octets", lines)
        self.assertEqual(screen.tab("TOP 2 2"), "TOP 2 20")
        self.assertEqual(screen.tab("RETR 2 "), "RETR 2 ".rstrip())

    def test_verbs(self):
        screen = self.terminal(self.peer("pop3", POP3))
        screen.expect("> $")
        for typed, wanted in (("ST", "ST"), ("CA", "CAPA"), ("AP", "AP"),
                              ("us", "user"), ("RE", "RE")):
            self.assertEqual(screen.tab(typed), wanted)


class Shell(Case):
    def setUp(self):
        super().setUp()
        self.file("letter one.eml", "x")
        self.file("lines.txt", "x")
        (self.home / "folder").mkdir()
        self.file("ev\x1b[2Jil.eml", "x")

    def test_files(self):
        screen = self.terminal(self.peer("smtp", SMTP))
        screen.expect("> $")
        for typed, wanted in (
                ("NOOP :< let", "NOOP :< letter one.eml"),
                ("NOOP :> letter o", "NOOP :> letter one.eml"),
                ("NOOP :>> fol", "NOOP :>> folder/"),
                ("NOOP :< ev", "NOOP :< ev"), ("NOOP let", "NOOP let"),
                ("!cat lin", "!cat lines.txt"),
                ("NOOP :| cat lin", "NOOP :| cat lines.txt"),
                (":trace lin", ":trace lines.txt"), (":trace o", ":trace o")):
            self.assertEqual(screen.tab(typed), wanted)
        self.assertNotIn(b"\x1b[2J", screen.seen)

    def test_commands_and_topics(self):
        screen = self.terminal(self.peer("smtp", SMTP))
        screen.expect("> $")
        for typed, wanted in (
                (":con", ":conns"), (":use sm", ":use smtp"),
                (":help recor", ":help record"), (":use smtp sm", ":use smtp sm"),
                ("?MAI", "?MAIL"), ("?5.x", "?5.x.x"), ("?\\Se", "?\\Se"),
                ("?\\See", "?\\Seen"), ("?UIDV", "?UIDVALIDITY"),
                ("?fet", "?FETCH"), ("?PIPEL", "?PIPELINING")):
            self.assertEqual(screen.tab(typed), wanted)
        screen.type("\x15")
        bare = self.terminal()
        bare.expect("> $")
        self.assertEqual(bare.tab("ope"), "open")
        self.assertEqual(bare.tab("?FETC"), "?FETCH")

    def test_lua(self):
        screen = self.terminal(self.peer("imap", IMAP))
        screen.expect("> $")
        screen.line("=answer = {deep = {thought = 42}}")
        screen.expect("> $")
        for typed, wanted in (
                ("=pri", "=print"), ("=conn:capab", "=conn:capability"),
                ("=conn.proto", "=conn.protocol"), ("=ans", "=answer"),
                ("=answer.deep.th", "=answer.deep.thought"),
                ("=postel.spa", "=postel.spawn"), ("=1 + string.fo", "=1 + string.format"),
                ("=nothing.at.all", "=nothing.at.all"), ("=co", "=co")):
            with self.subTest(typed):
                self.assertEqual(screen.tab(typed), wanted)
        self.assertRegex("\n".join(screen.listed("=conn:")), r"\bsend\b")

    def test_a_users_code_is_not_run(self):
        screen = self.terminal(self.peer("imap", IMAP))
        screen.expect("> $")
        screen.line("=trap = setmetatable({}, {__index = function() "
                    "os.exit(9) end})")
        screen.expect("> $")
        self.assertEqual(screen.tab("=trap.x.y"), "=trap.x.y")

    def test_menu(self):
        """Other ways of readline to complete."""
        self.file(".inputrc", 'TAB: menu-complete\n')
        screen = self.terminal(self.peer("imap", IMAP),
                               INPUTRC=str(self.home / ".inputrc"))
        screen.expect("> $")
        self.assertEqual(screen.tab("S", "\t"), "SELECT")
        self.assertEqual(screen.tab("S", "\t\t"), "STATUS")


class Typed(Case):
    def test_no_word_is_completed_in_a_message(self):
        screen = self.terminal(self.peer("smtp", SMTP, """
            C: DATA
            S: 354 go
            C: MAI
            C: .
            S: 250 taken"""))
        screen.expect("> $")
        screen.line("DATA")
        screen.expect("data> $")
        screen.line("MAI\t")
        screen.expect("data> $")
        screen.line(".")
        screen.expect("250 taken")
        self.assertIsNone(re.search(b"MAIL", screen.seen))
