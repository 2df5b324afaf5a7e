"""posteld beside Dovecot: commands, their arguments and their errors."""

import base64

import mails
from compare import CompareCase, Pair
from imapwire import Imap, Literal


class Errors(CompareCase):
    ANYWHERE = rb"""
        NOOP|CAPABILITY 1 2|BOGUS|BOGUS x|UID|UID BOGUS|UID NOOP|UID CAPABILITY
        STARTTLS|LOGIN a b|LOGIN|AUTHENTICATE PLAIN|AUTHENTICATE|NAMESPACE"""
    WITHOUT_MAILBOX = rb"""
        CHECK|CLOSE|UNSELECT|EXPUNGE|FETCH 1 FLAGS|UID FETCH 1 FLAGS
        STORE 1 FLAGS (\Seen)|SEARCH ALL|COPY 1 INBOX|MOVE 1 INBOX
        UID EXPUNGE 1"""
    MAILBOXES = rb"""
        SELECT|SELECT nothere|NOOP|SELECT ""|SELECT "a//b"|SELECT "/a"
        SELECT "a/"|EXAMINE|EXAMINE nothere|SELECT (INBOX)|SELECT NIL
        CREATE|CREATE INBOX|CREATE inbox|CREATE ""|CREATE "/"|CREATE "x/"
        CREATE x|CREATE "x/y/z"|CREATE "x/y"|CREATE "x//q"|CREATE "/lead"|CREATE lead
        CREATE "&"|CREATE "&-"|CREATE "&AOQ-"|CREATE "&AOQ"|CREATE "&Jjo!"
        CREATE "&U,BTFw-&ZeVnLIqe-"|CREATE "&AGE-"|CREATE INBOX/sub
        CREATE inbox/sub2|CREATE {x|CREATE "x|DELETE|DELETE INBOX
        DELETE nothere|CREATE gone|DELETE gone
        DELETE gone|RENAME|RENAME a|RENAME nothere b|RENAME x INBOX|RENAME x x
        RENAME x x/in|RENAME x &-|RENAME x/y/z moved|SELECT moved|UNSELECT
        RENAME x z|DELETE z|DELETE x
        SUBSCRIBE|SUBSCRIBE nothere|SUBSCRIBE lead|SUBSCRIBE lead|UNSUBSCRIBE
        UNSUBSCRIBE nothere|UNSUBSCRIBE lead|UNSUBSCRIBE lead|STATUS|STATUS INBOX
        STATUS INBOX ()|STATUS INBOX MESSAGES|STATUS INBOX (BOGUS)
        STATUS nothere (MESSAGES)|STATUS INBOX (MESSAGES BOGUS)
        STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN RECENT)
        STATUS INBOX (SIZE)|STATUS INBOX ((MESSAGES))|STATUS "INBOX" (size)
        LIST|LIST ""|LIST "" ""|LIST "" INBOX BOGUS|LSUB|LSUB ""
        LIST () ()|LIST "" (INBOX|ENABLE (x)"""
    # RFC 9051 6 names the arguments of each command; Dovecot reads no
    # further than it wants to.
    TOO_MANY = rb"""
        NOOP x|CAPABILITY x|CHECK x|SELECT INBOX x|EXPUNGE x|UNSELECT x
        STATUS INBOX (MESSAGES) x|NAMESPACE x|COPY 1 INBOX x
        ID|ID (name x)|ID ("name")|ENABLE"""

    def setUp(self):
        super().setUp()
        for i in range(6):
            self.put(mails.message(i), ["", "S", "F", "T", "SR", ""][i])

    def test_before_the_login(self):
        for command in (b"NOOP", b"BOGUS", b"SELECT INBOX", b'LIST "" *',
                        b"FETCH 1 FLAGS", b"IDLE", b"NAMESPACE",
                        b"UID FETCH 1 FLAGS", b"CLOSE", b"LOGIN", b"LOGIN a",
                        b"AUTHENTICATE", b"AUTHENTICATE BOGUS",
                        b"LOGIN nobody x", b"LOGOUT"):
            self.same(self.anonymous(), command)
        for command in b"LOGIN a b c", b"AUTHENTICATE PLAIN a b", b"ENABLE x":
            self.differ(self.anonymous(), (command,), rb" (BAD|NO|OK) ",
                        rb" BAD ", "RFC 9051 6.2, 6.3.1")

    def test_authenticate(self):
        """Each exchange in a session of its own."""
        secret = self.posteld.users[self.user]
        plain = base64.b64encode(f"\0{self.user}\0{secret}".encode())
        wrong = base64.b64encode(f"\0{self.user}\0wrong".encode())
        other = base64.b64encode(f"user1\0{self.user}\0{secret}".encode())
        name, word = (base64.b64encode(w.encode())
                      for w in (self.user, secret))
        for lines in (
                [b"PLAIN " + plain], [b"PLAIN", plain], [b"PLAIN", b"*"],
                [b"PLAIN", b"x"], [b"PLAIN", b"=AAA"], [b"PLAIN " + wrong],
                [b"PLAIN", wrong], [b"plain", plain], [b"PLAIN", b""],
                [b"PLAIN ="], [b"LOGIN", name, word], [b"LOGIN", name, b"*"],
                [b"LOGIN", b"*"], [b"LOGIN", name, name],
                [b"CRAM-MD5", b"*"], [b"CRAM-MD5", plain]):
            found = []
            for session in self.anonymous().both:
                tag = session.begin(b"AUTHENTICATE " + lines[0])
                for line in lines[1:]:
                    _, last = session.until(
                        lambda r, tag=tag: r.tag in (tag, "+"))
                    self.equal((lines, line), "+", last.tag)
                    session.send(line + b"\r\n")
                reply = session.end(tag)
                found.append((reply.status,
                              session(b'LIST "" INBOX').status))
            self.equal(lines, *found)
        # RFC 9051 6.2.2: no base64.
        session = self.anonymous().posteld
        tag = session.begin(b"AUTHENTICATE LOGIN")
        session.until(lambda r: r.tag == "+")
        session.send(b"~\r\n")
        self.equal("~", "BAD", session.end(tag).status)
        # RFC 9051 6.2.2; to Dovecot the initial response is not there.
        self.equal("CRAM-MD5", "BAD", self.anonymous().posteld(
            b"AUTHENTICATE CRAM-MD5 " + plain).status)
        self.equal("another's name", "NO", self.anonymous().posteld(
            b"AUTHENTICATE PLAIN " + other).status)

    def test_login(self):
        for arguments in (b"%s Menhir77", b'"%s" "Menhir77"', b"%s menhir77",
                          b"%s wrong", b"nobody Menhir77", b'"" ""',
                          b"%s {8+}\r\nMenhir77", b"{5+}\r\nuser1 wrong"):
            arguments = arguments.replace(b"%s", self.user.encode())
            self.same(self.anonymous(), b"LOGIN " + arguments)

    def test_states(self):
        pair = self.imap()
        self.all_same(pair, self.ANYWHERE.replace(b"CAPABILITY 1 2|", b""))
        self.all_same(pair, self.WITHOUT_MAILBOX)
        self.same(pair, b"SELECT INBOX")
        self.all_same(pair, self.ANYWHERE.replace(b"CAPABILITY 1 2|", b""))

    def test_mailboxes(self):
        self.all_same(self.imap(), self.MAILBOXES)

    def test_too_many_arguments(self):
        pair = self.imap(b"INBOX")
        for command in self.TOO_MANY.replace(b"\n", b"|").split(b"|"):
            if command.strip():
                self.differ(pair, (command.strip(),), rb" OK ",
                            rb"^t\d+ BAD ", "RFC 9051 6")
                self.pair_again(pair)

    def pair_again(self, pair):
        pair(b"SELECT INBOX")

    def test_tags(self):
        pair = self.anonymous()
        for tag in (b"*", b"a*b", b"a%", b"a+b", b"+", b'"a"', b"(a)", b"a{",
                    b"\\a", b"\xe9"):
            pair.posteld.send(tag + b" NOOP\r\n")
            self.equal(tag, b"* BAD", pair.posteld.response().raw[:5])
        for tag in b"]", b"a[]":  # which Dovecot does not know of
            pair.posteld.send(tag + b" NOOP\r\n")
            self.equal(tag, tag + b" OK",
                       pair.posteld.response().raw[:len(tag) + 3])
        for tag in b"a", b"1", b"a.b-c", b"a" * 300, b"NOOP", b"a'b", b"~":
            answers = []
            for session in self.imap().both:
                session.send(tag + b" NOOP\r\n")
                answers.append(session.line().split(b" ")[:2])
            self.equal(tag, *answers)

    WORDS = rb"""
        SELECT a{b|SELECT a"b|SELECT "a|SELECT a]b
        SELECT [ab]|SELECT a[b|SELECT a~b|SELECT "a\xb"|SELECT NIL
        SELECT "NIL"|SELECT {|SELECT {1 }|SELECT ~{1|SELECT (|SELECT )
        SELECT  INBOX|SELECT INBOX |FETCH 1 ( FLAGS )|FETCH 1 (FLAGS  UID)
        FETCH  1 FLAGS|FETCH 1 FLAGS |LIST ""  INBOX|FETCH 1(FLAGS)
        FETCH 1 (FLAGS)UID|STORE 1 FLAGS(\Seen)
        FETCH 1 (BODY.PEEK[HEADER]BODY.PEEK[TEXT])|FETCH 1 (FLAGS(UID))
        FETCH 1 BODY.PEEK [HEADER]|SEARCH ALL  SEEN
        FETCH 1 BODY.PEEK[ HEADER]|STATUS INBOX ( MESSAGES )
        STATUS INBOX(MESSAGES)|SELECT "a\"b"|SELECT "a\\b" """

    def test_words(self):
        pair = self.imap(b"INBOX")
        self.all_same(pair, self.WORDS)
        for octet in b"\x01", b"\x7f", b"\xe9", b"\xc3\xa9", b"\t":
            self.same(pair, b"SELECT a" + octet + b"b")
            self.same(pair, b'SELECT "a' + octet + b'b"')
            self.same(pair, b"SEARCH SUBJECT a" + octet)

    def test_octets_that_want_quotes(self):
        """What is no ASTRING-CHAR, or for patterns no list-char."""
        self.all_differ(self.imap(), rb"""
            SELECT a\b|SELECT \b|SELECT a*b|STATUS a%b (MESSAGES)
            CREATE a\b|LIST a*b *|LIST "" a\b|SUBSCRIBE a%b|RENAME x a*
            LSUB a%b *|LSUB "" a\b|ENABLE a]b|ENABLE a%b""",
            rb" (NO|OK) ", rb"^t\d+ BAD ", "RFC 9051 9")
        for arguments in b"user1 Menhir%77", b"us*er1 x", b"user1 a\\b":
            self.differ(self.anonymous(), (b"LOGIN " + arguments,), rb" NO ",
                        rb" BAD ", "RFC 9051 9")
        for mechanism in b'"PLAIN"', b"{5+}\r\nPLAIN":
            self.differ(self.anonymous(), (b"AUTHENTICATE " + mechanism,
                                           b"="), rb".", rb" BAD ",
                        "RFC 9051 9: auth-type")

    def test_missing_spaces(self):
        self.all_differ(self.imap(b"INBOX"), rb"""
            LIST ""INBOX|LIST "" ("INBOX""x")|SEARCH (ALL)(SEEN)
            LIST "" INBOX RETURN (STATUS (MESSAGES)CHILDREN)
            SEARCH SUBJECT "a""b" ALL""", rb".", rb"^t\d+ BAD ",
            "RFC 9051 9")

    def test_numbers_that_begin_with_a_zero(self):
        self.all_differ(self.imap(b"INBOX"), rb"""
            FETCH 01 FLAGS|FETCH 1:02 FLAGS|UID FETCH 01 FLAGS
            SEARCH UID 01|COPY 01 INBOX""", rb" OK ", rb"^t\d+ BAD ",
            "RFC 9051 9: nz-number")

    def test_lines_that_are_no_command(self):
        for line in (b"", b" ", b"a", b"a ", b" a NOOP", b"NOOP", b"a NOOP ",
                     b"a  NOOP"):
            answers = []
            for session in self.imap().both:
                session.send(line + b"\r\n")
                answers.append(session.line().split(b" ")[:2])
            self.equal(line, *answers)

    def test_level_without_a_mailbox(self):
        """It is there to be listed (RFC 9051 6.3.5, HASCHILDREN)."""
        pair = self.imap()
        self.same(pair, b"CREATE a/b")
        self.differ(pair, (b"DELETE a",), rb" NO \[NONEXISTENT\]",
                    rb" NO \[HASCHILDREN\]", "RFC 9051 6.3.5")
        self.same(pair, b"SELECT a")
        self.same(pair, b"DELETE a/b")
        self.same(pair, b"DELETE a")

    def test_rename_inbox(self):
        """Its mail moves; Dovecot does not do it."""
        pair = self.imap()
        self.differ(pair, (b"RENAME INBOX old/mail",), rb" NO \[CANNOT\]",
                    rb" OK ", "RFC 9051 6.3.6")
        for name, count in (b"old/mail", 6), (b"INBOX", 0):
            self.differ(pair, (b"STATUS " + name + b" (MESSAGES)",), rb".",
                        rb"\(MESSAGES %d\)" % count, "RFC 9051 6.3.6")

    def test_names_with_wildcards(self):
        """RFC 9051 5.1 warns of them, and posteld has none."""
        pair = self.imap()
        self.all_differ(pair, rb'CREATE "a*b"|CREATE "a%b"', rb" OK ",
                        rb" NO \[CANNOT\]", "RFC 9051 5.1")

    def test_names_that_maildirs_forbid(self):
        """Dovecot's folders have these names as they are."""
        pair = self.imap()
        self.all_differ(pair, rb'CREATE "a.b"|CREATE "~a"|CREATE "..."',
                        rb" NO \[CANNOT\]", rb" OK ", "RFC 9051 5.1")

    def test_enabled_always(self):
        self.all_differ(self.imap(), rb"ENABLE BOGUS", rb"^t\d+ OK",
                        rb"^\* ENABLED\r\nt\d+ OK", "RFC 9051 6.3.1")

    def test_literals(self):
        for form in b"{%d}", b"{%d+}":
            pair = self.imap()
            for parts in (
                    (b"SELECT", Literal(b"INBOX", form)),
                    (b"STATUS", Literal(b"INBOX", form), b"(MESSAGES)"),
                    (b"CREATE", Literal(b"two words", form)),
                    (b"CREATE", Literal(b"a\r\nb", form)),
                    (b"CREATE", Literal(b"", form)),
                    (b"RENAME", Literal(b"two words", form),
                     Literal(b"three words now", form)),
                    (b"SEARCH SUBJECT", Literal(b"live", form), b"SEEN"),
                    (b"SEARCH", Literal(b"ALL", form)),
                    (b"BOGUS", Literal(b"a b c", form)),
                    (b"NOOP",)):
                self.same(pair, *parts)

    def anonymous(self):
        pair = Pair(Imap(self.dovecot.imap), Imap(self.posteld.imap))
        self.addCleanup(pair.close)
        return pair


class Messages(CompareCase):
    """STORE, COPY, MOVE, EXPUNGE, and sets of numbers."""

    SETS = rb"""
        FETCH 0 FLAGS|FETCH 7 FLAGS|FETCH 1:7 FLAGS|FETCH 7:8 FLAGS
        FETCH 5:7 UID|FETCH 1:* UID|FETCH *:1 UID|FETCH 3:1 UID|FETCH * UID
        FETCH *:* UID|FETCH 4:* UID|FETCH *:4 UID|FETCH 9:* UID
        FETCH 1,3,5 UID|FETCH 5,3,1 UID|FETCH 1,1,1 UID|FETCH 1:3,2:4 UID
        FETCH ,1 UID|FETCH 1: UID|FETCH :1 UID|FETCH 1:2:3 UID
        FETCH 1,2:*,x UID|FETCH -1 UID|FETCH +1 UID|FETCH 4294967295 UID
        FETCH 4294967296 UID|FETCH 99999999999999999999 UID|FETCH a UID
        FETCH "1" UID|FETCH (1) UID|FETCH $ UID|FETCH 1.5 UID|FETCH 1;2 UID
        UID FETCH 1 FLAGS|UID FETCH 7 FLAGS|UID FETCH 0 FLAGS
        UID FETCH 100:200 FLAGS|UID FETCH 100:* FLAGS|UID FETCH *:100 FLAGS
        UID FETCH * FLAGS|UID FETCH 4:2 FLAGS|UID FETCH 1:4294967295 UID
        UID FETCH 4294967296 UID|UID FETCH 1|UID FETCH 6:7,1 UID
        SEARCH 1:3|SEARCH 3:1|SEARCH 2,4|SEARCH *|SEARCH 4:*|SEARCH 7
        SEARCH 1:100|SEARCH UID 1:3|SEARCH UID 100:*
        SEARCH UID 7|UID SEARCH 2:3|UID SEARCH UID *|SEARCH NOT 2|SEARCH 0"""
    EMPTY = rb"""
        FETCH 1 UID|FETCH * UID|FETCH 1:* UID|UID FETCH * UID
        UID FETCH 1:* UID|STORE 1:* FLAGS ()|UID STORE 1:* FLAGS ()
        COPY 1:* INBOX|UID COPY 1:* INBOX|SEARCH ALL|SEARCH 1|SEARCH *
        SEARCH 1:*|UID SEARCH UID *|UID SEARCH ALL|EXPUNGE|MOVE * INBOX
        UID MOVE * INBOX|UID EXPUNGE 1:*|CLOSE"""
    BAD_STORE = rb"""
        STORE|STORE 1|STORE 1 FLAGS (\Recent)|STORE 1 +FLAGS (\Recent)
        STORE 1 +FLAGS (\Bogus)|STORE 1 +FLAGS (\*)|STORE 1 +FLAGS ("x")
        STORE 1 +FLAGS (x (y))|STORE 1 FLAGSX (\Seen)|STORE 1 (FLAGS) (\Seen)
        STORE 7 +FLAGS (\Seen)|STORE 0 +FLAGS (\Seen)|STORE 1:7 +FLAGS (\Seen)
        STORE x +FLAGS (\Seen)|STORE 1 FLAGS.LOUD (\Seen)|STORE 1 ++FLAGS x
        UID STORE 77 FLAGS (\Seen)|STORE $ +FLAGS (\Seen)"""
    STORES = rb"""
        FLAGS (\Seen)|+FLAGS (\Answered \Flagged)|-FLAGS (\Answered)
        FLAGS ()|FLAGS \Draft|FLAGS \Seen \Flagged|+FLAGS.SILENT (\Answered)
        FLAGS.SILENT (\Draft \Deleted)|-FLAGS.SILENT (\Deleted)
        flags (\seen)|+FLAGS (keyword)|+FLAGS (KEYWORD Other)
        -FLAGS (keyword)|+FLAGS ($Forwarded $MDNSent)|-FLAGS ($forwarded)
        +FLAGS x y z|-FLAGS x|FLAGS (\Seen \Seen \SEEN)|FLAGS (\Answered)"""

    def setUp(self):
        super().setUp()
        for i in range(6):
            self.put(mails.message(i), ["", "S", "F", "T", "SR", ""][i])

    def test_sets(self):
        self.all_same(self.imap(b"INBOX"), self.SETS)
        self.all_differ(self.imap(b"INBOX"), rb"FETCH 1, UID", rb" OK ",
                        rb" BAD ", "RFC 9051 9")
        # 100:* is *:100, in which the last message is.
        self.all_differ(self.imap(b"INBOX"), rb"SEARCH 100:*",
                        rb"SEARCH\r\n", rb"SEARCH 6\r\n", "RFC 9051 9")

    def test_empty_mailbox(self):
        pair = self.imap()
        self.all_same(pair, b"CREATE empty|SELECT empty")
        self.all_same(pair, self.EMPTY)

    def test_store(self):
        """STORE tells the flags (RFC 9051 6.4.6); Dovecot, only those that
        it has changed."""
        pair = self.imap(b"INBOX")
        self.all_same(pair, self.BAD_STORE)
        for numbers in b"1", b"2:4", b"*":
            for what in self.STORES.replace(b"\n", b"|").split(b"|"):
                if not what.strip():
                    continue
                dovecot, posteld = pair(b"STORE", numbers, what.strip())
                self.equal(what, dovecot.status, posteld.status)
                self.equal(what, numbers == b"2:4" and 3 or 1,
                           3 if b"SILENT" in what and numbers == b"2:4"
                           else 1 if b"SILENT" in what
                           else len(posteld.of("FETCH")))
                told = {r.number: r.values for r in posteld.of("FETCH")}
                for r in dovecot.of("FETCH"):
                    self.equal((what, r.number), self.flags(r.values),
                               self.flags(told.get(r.number)))
                self.same(pair, b"FETCH 1:* FLAGS")

    @staticmethod
    def flags(values):
        return values and sorted(str(v).lower() for v in values[0][1])

    def test_no_atom_is_no_keyword(self):
        self.all_differ(self.imap(b"INBOX"), rb"""
            STORE 1 +FLAGS (a]b)|STORE 1 +FLAGS (a%b)""",
            rb" NO \[CANNOT\]", rb" BAD ", "RFC 9051 9: flag-keyword")
        self.all_differ(self.imap(b"INBOX"), rb"STORE 1 FLAGS", rb" OK ",
                        rb" BAD ", "RFC 9051 9: store-att-flags")

    def test_copy_and_move(self):
        self.all_same(self.imap(b"INBOX"), rb"""
            COPY|COPY 1|COPY 1 nothere|COPY 9 INBOX|COPY 1 "a//b"
            COPY 1:2 INBOX|UID COPY 77 INBOX|UID COPY 1:3 INBOX|COPY 3:1 INBOX
            FETCH 7:* (FLAGS UID INTERNALDATE)|MOVE 1 nothere|MOVE 99 INBOX
            MOVE|UID MOVE 99 INBOX|CREATE dest|MOVE 2 dest|MOVE 5:6,1 dest
            STATUS dest (MESSAGES UIDNEXT RECENT UNSEEN)|FETCH 1:* (UID FLAGS)
            UID MOVE 1:* dest|SELECT dest|FETCH 1:* (UID FLAGS INTERNALDATE)
            MOVE 1:2 dest|FETCH 1:* (UID FLAGS)|COPY 1:* dest
            FETCH 1:* (UID FLAGS)|MOVE 1:* INBOX|SELECT INBOX
            FETCH 1:* (UID FLAGS)""")

    def test_expunge(self):
        self.all_same(self.imap(b"INBOX"), rb"""
            UID EXPUNGE|UID EXPUNGE x|EXPUNGE|FETCH 1:* UID
            STORE 2,4:5 +FLAGS.SILENT (\Deleted)|UID EXPUNGE 1:3
            FETCH 1:* (UID FLAGS)|EXPUNGE|EXPUNGE|UID EXPUNGE 1:*
            FETCH 1:* (UID FLAGS)|STORE 1 +FLAGS.SILENT (\Deleted)|CLOSE
            SELECT INBOX|FETCH 1:* (UID FLAGS)
            STORE 1 +FLAGS.SILENT (\Deleted)|UNSELECT|SELECT INBOX
            FETCH 1:* (UID FLAGS)|EXAMINE INBOX|CLOSE
            STATUS INBOX (MESSAGES RECENT)""")

    def test_nothing_changes_under_examine(self):
        """Dovecot says OK to what it does not do, and moves."""
        pair = self.imap()
        self.all_same(pair, b"CREATE dest|EXAMINE INBOX|FETCH 1 (BODY[])"
                      b"|FETCH 1 FLAGS|COPY 1 dest|UID EXPUNGE x")
        self.all_differ(pair, rb"""
            STORE 1 FLAGS (\Seen)|STORE 1 +FLAGS.SILENT (\Deleted)
            UID STORE 1 FLAGS ()|EXPUNGE|UID EXPUNGE 1:*""", rb" OK ",
            rb" NO \[READ-ONLY\]", "RFC 9051 6.3.3, 6.4.6, 6.4.3")
        self.same(pair, b"FETCH 1:* FLAGS")
        self.differ(pair, (b"MOVE 1 dest",), rb" OK ", rb" NO \[READ-ONLY\]",
                    "RFC 9051 6.3.3")


class Append(CompareCase):
    LETTER = b"Subject: appended\r\n\r\nbody\r\n"

    GOOD = rb"""
        ()|(\Seen)|(\Seen \Flagged keyword)|(\seen $Forwarded)
        " 1-Feb-2020 12:30:45 +0100"|"01-Feb-2020 12:30:45 -0800"
        "29-Feb-2024 23:59:59 +0000"|(\Deleted) "17-Jul-1996 02:44:25 -0700"
        " 1-jan-1970 00:00:01 +0000"|"31-Dec-2025 23:59:59 +1400"
        (\Draft \Answered) "01-Jan-2021 00:00:00 +0000"
        ( \Seen )|(\Seen) "01-Jan-2021 00:00:00 +0000" """
    BAD = rb"""
        (\Recent)|(\Bogus)|\Seen|"1-Feb-2020"|"31-Feb-2020 00:00:00 +0000"
        "01-Feb-2020 25:00:00 +0000"|"01-Feb-2020 12:30:45"|"x"|x|(\Seen) x
        "01-Foo-2020 12:30:45 +0000"|(\Seen) (\Seen)|()()|"" ()|INBOX
        "01-Feb-2020 12:30:45 +0000" (\Seen)|((
        "1-Feb-2020 12:30:45 +0000"|(\Seen)"01-Feb-2020 12:30:45 +0000" """

    def test_options(self):
        self.pair = self.imap(b"INBOX")
        self.same(self.pair, b"APPEND INBOX", Literal(self.LETTER))
        for options in self.GOOD.replace(b"\n", b"|").split(b"|"):
            if options.strip():
                self.same(self.pair, b"APPEND INBOX", options.strip(),
                          Literal(self.LETTER))
        self.same(self.pair, b"FETCH 1:* (UID FLAGS RFC822.SIZE)")
        self.same(self.pair, b"FETCH 6:12,14 INTERNALDATE")  # those given

    def test_bad_options(self):
        """Dovecot takes the message for commands, or none where it has asked
        for one; posteld must not (RFC 7888 4)."""
        session = self.imap(b"INBOX").posteld
        for options in self.BAD.replace(b"\n", b"|").split(b"|"):
            for form in b"{%d}", b"{%d+}":
                if options.strip():
                    reply = session(b"APPEND INBOX", options.strip(),
                                    Literal(self.LETTER, form))
                    self.equal(options, ("BAD", []),
                               (reply.status, reply.untagged))
        self.equal("NOOP", "OK", session(b"NOOP").status)
        self.equal("messages", 0, session.exists)

    def test_places(self):
        pair = self.imap()
        self.same(pair, b"CREATE other")
        for name in (b"other", b'"other"', b"nothere", b'"a//b"', b'""',
                     b"inbox", b"&", b"(INBOX)"):
            for form in b"{%d}", b"{%d+}":
                self.same(pair, b"APPEND", name, Literal(self.LETTER, form))
        for name in b"other", b"nothere", b"INBOX":
            self.same(pair, b"APPEND", Literal(name), b"()",
                      Literal(self.LETTER))
        self.same(pair, b"SELECT other")
        self.same(pair, b"APPEND other", Literal(self.LETTER))
        self.same(pair, b"APPEND INBOX", Literal(self.LETTER))
        self.same(pair, b"FETCH 1:* (UID FLAGS BODY.PEEK[])")

    def test_messages(self):
        pair = self.imap(b"INBOX")
        for message in (b"", b"\r\n", b"x", b"no line end", b"bare\nlf\n",
                        b"bare\rcr", b"a\r\n.\r\nb\r\n", b"\xff\xfe\r\n",
                        b"Subject: x\r\n\r\n" + b"y" * 70000):
            self.same(pair, b"APPEND INBOX", Literal(message))
        self.same(pair, b"FETCH 1:* (UID RFC822.SIZE BODY.PEEK[])")

    def test_syntax(self):
        self.all_same(self.imap(), rb"""
            APPEND|APPEND INBOX|APPEND INBOX ()|APPEND INBOX "x"
            APPEND INBOX (\Seen) x|APPEND INBOX {x}
            APPEND INBOX {-1}|APPEND INBOX {1 }""")
