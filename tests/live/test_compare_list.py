"""posteld beside Dovecot: LIST and LSUB."""

from compare import CompareCase, listed, normal, shown

CHILDREN = {"\\haschildren", "\\hasnochildren"}
USES = {"\\archive", "\\drafts", "\\junk", "\\sent", "\\trash"}


class List(CompareCase):
    MAILBOXES = (
        b"Drafts", b"Work", b"Work/2026", b"Work/2026/Q1", b"Lost/a/b",
        b"Lost/a/c", b"Lost/d", b"Sent", b"Archive", b"Trash", b"&AOQ-rger",
        b"A&-B", b"INBOX/sub", b"INBOX/sub/x", b"gone", b"Junk/x",
        b'"two words"', b"Work-2", b"Work/2026-2", b"x/y/z/w", b"x/y2/z",
        # of RFC 9051 6.3.9.8, example 8
        b"foo2", b"foo2/bar1", b"foo2/bar2", b"baz2", b"baz2/bar2",
        b"baz2/bar22", b"baz2/bar222", b"eps2", b"eps2/mamba", b"qux2/bar2")
    SUBSCRIBED = (
        b"Work", b"Work/2026/Q1", b"Lost/a/b", b"Lost/a/c", b"Lost/d",
        b"&AOQ-rger", b"gone", b"INBOX", b"INBOX/sub/x", b'"two words"',
        b"Sent", b"x/y/z/w", b"x/y2/z", b"foo2/bar1", b"foo2/bar2",
        b"baz2/bar2", b"baz2/bar22", b"baz2/bar222", b"eps2", b"eps2/mamba",
        b"qux2/bar2")
    DELETED = b"gone", b"Work/2026/Q1", b"INBOX/sub/x"

    BASIC = rb"""
        LIST "" *|LIST "" %|LIST "" %/%|LIST "" %/%/%|LIST "" */*
        LIST "" Work|LIST "" Work/*|LIST "" Work/%|LIST "" Work*
        LIST "" Work%|LIST "Work/" %|LIST "Work" /%|LIST "Work" %
        LIST "Wo" rk|LIST "nothere/" %|LIST "" Lost|LIST "" Lost/%
        LIST "" Lost/*|LIST "" L*|LIST "" Lost/a|LIST "" inbox
        LIST "" INBOX|LIST "" InBoX|LIST "" inb%|LIST "" INB*
        LIST "" INBOX/%|LIST "" inbox/%|LIST "" "&AOQ-rger"
        LIST "" "&AOQ-*"|LIST "" "A&-B"|LIST "" "A&*"
        LIST "" "two words"|LIST "" nothere|LIST "" "&"|LIST "" "%%"
        LIST "" "**"|LIST "" "%*"|LIST "" "*%"|LIST "" "*/b"
        LIST "" "*b"|LIST "" "*2*"|LIST "" "W%k"|LIST "" "/"
        LIST "/" "*"|LIST "" "/*"|LIST "" x|LIST "" x/%|LIST "" x/%/%
        LIST "" ""|LIST "x" ""|LIST "*" "*"|LIST "%" ""|LIST "" "%/*/%"
        LIST "" work|LIST "" "Work/"|LIST "Work/2026/" "*"|LIST NIL NIL"""
    LSUB = rb"""
        LSUB "" *|LSUB "" %|LSUB "" Work|LSUB "" Work/%|LSUB "" Lost/%
        LSUB "Lost/" %|LSUB "" L*|LSUB "" "*2"|LSUB "" "%2"
        LSUB "" "%/%"|LSUB "" gone|LSUB "" inbox|LSUB "" INBOX/%
        LSUB "" ""|LSUB "" Lost|LSUB "" x|LSUB "" x/%|LSUB "" x/%/%
        LSUB "x/" %|LSUB "" "*%"|LSUB "" nothere|LSUB "" "%*"|LSUB "" "%/b%"
        LSUB "" "L%"|LSUB "" x/y%"""
    EXTENDED = rb"""
        LIST (SUBSCRIBED) "" *|LIST (SUBSCRIBED) "" %
        LIST (SUBSCRIBED) "" Work/*|LIST (SUBSCRIBED) "" gone
        LIST (SUBSCRIBED) "" ("" L% *2)|LIST () "" *|LIST () "" %
        LIST () "" ""|LIST "" ("")|LIST () "" ("" Work)
        LIST "" (Work Lost/%)|LIST "" (Work Work)|LIST "" (% Work/%)
        LIST "" (% Lost/%)|LIST "" * RETURN ()|LIST "" * RETURN (CHILDREN)
        LIST "" % RETURN (CHILDREN)|LIST "" % RETURN (SUBSCRIBED)
        LIST "" * RETURN (SUBSCRIBED CHILDREN)|LIST "" * RETURN (SPECIAL-USE)
        LIST (SPECIAL-USE) "" *|LIST (SPECIAL-USE) "" %
        LIST (SPECIAL-USE) "" S%|LIST (SUBSCRIBED SPECIAL-USE) "" *
        LIST (SUBSCRIBED SPECIAL-USE) "" * RETURN (CHILDREN)
        LIST (SUBSCRIBED RECURSIVEMATCH) "" *
        LIST (SUBSCRIBED RECURSIVEMATCH) "" %
        LIST (SUBSCRIBED RECURSIVEMATCH) "" "*2"
        LIST (SUBSCRIBED RECURSIVEMATCH) "" "x/%"
        LIST (SUBSCRIBED RECURSIVEMATCH) "" "x"
        LIST (SUBSCRIBED RECURSIVEMATCH) "" "%/%"
        LIST (SUBSCRIBED RECURSIVEMATCH) "" (Work Work/2026)
        LIST (SUBSCRIBED RECURSIVEMATCH) "" nothere
        LIST (RECURSIVEMATCH SUBSCRIBED) "" "%" RETURN (CHILDREN)
        LIST (RECURSIVEMATCH SUBSCRIBED) "" "Lost/%"
        LIST (RECURSIVEMATCH) "" %|LIST (RECURSIVEMATCH REMOTE) "" %
        LIST (REMOTE) "" %|LIST (REMOTE SUBSCRIBED) "" %
        LIST (BOGUS) "" *|LIST "" * RETURN (BOGUS)|LIST "" * RETURN
        LIST "" * BOGUS (CHILDREN)|LIST "" * (CHILDREN)
        LIST (SUBSCRIBED SUBSCRIBED) "" W*|list (subscribed) "" w*
        LIST "" % RETURN (STATUS (MESSAGES UNSEEN))
        LIST "" INBOX RETURN (STATUS (MESSAGES UIDNEXT RECENT))
        LIST "" * RETURN (STATUS (MESSAGES) SUBSCRIBED)
        LIST "" * RETURN (STATUS (MESSAGES) CHILDREN SPECIAL-USE SUBSCRIBED)
        LIST (SUBSCRIBED) "" * RETURN (STATUS (MESSAGES))
        LIST (SUBSCRIBED RECURSIVEMATCH) "" % RETURN (STATUS (MESSAGES))
        LIST "" % RETURN (STATUS)|LIST "" % RETURN (STATUS ())
        LIST "" % RETURN (STATUS (BOGUS))|LIST "" % RETURN (STATUS x)
        LIST "" "Work" RETURN (SUBSCRIBED)|LIST "" "Lost" RETURN (SUBSCRIBED)
        LIST "" "gone" RETURN (SUBSCRIBED)|LIST "" "" RETURN (SUBSCRIBED)
        LIST ((SUBSCRIBED)) "" *|LIST ("SUBSCRIBED") "" x"""

    def setUp(self):
        super().setUp()
        self.put(b"Subject: one\n\nbody\n")
        self.pair = self.imap()
        self.pair(b"CREATE Drafts")  # Dovecot has it from the beginning
        for name in self.MAILBOXES[1:]:
            self.same(self.pair, b"CREATE " + name)
        for name in self.SUBSCRIBED:
            self.same(self.pair, b"SUBSCRIBE " + name)
        for name in self.DELETED:
            self.same(self.pair, b"DELETE " + name)

    def test_basic(self):
        self.all_same(self.pair, self.BASIC)

    def test_part_of_a_shift(self):
        """A name is the octets that the client sees (RFC 3501 5.1.3)."""
        self.differ(self.pair, (b'LIST "" "&A*"',), rb"^t\d+ OK",
                    rb'"/" &AOQ-rger\r\n', "RFC 3501 6.3.8")

    def test_root(self):
        """The root of a reference may be empty (RFC 9051 6.3.9)."""
        self.differ(self.pair, (b'LIST "x/" ""',), rb'"/" x/\r\n',
                    rb'"/" ""\r\n', "RFC 9051 6.3.9")

    def without(self, attributes, reply):
        """A reply whose LISTs do not have these attributes."""
        for r in reply.untagged:
            if r.name in ("LIST", "LSUB"):
                r.values[0] = [a for a in r.values[0]
                               if a.lower() not in attributes]
        return normal(reply)

    def same_but(self, command, attributes):
        dovecot, posteld = self.pair(command)
        self.equal(command, self.without(attributes, dovecot),
                   self.without(attributes, posteld))

    def test_lsub(self):
        """Dovecot adds the special uses to LSUB."""
        for command in self.LSUB.replace(b"\n", b"|").split(b"|"):
            if command.strip():
                self.same_but(command.strip(), USES)

    def test_extended(self):
        """What was not asked for may be told, too (RFC 9051 6.3.9)."""
        for command in self.EXTENDED.replace(b"\n", b"|").split(b"|"):
            if command.strip():
                children = CHILDREN if b"CHILDREN" not in command else set()
                uses = USES if b"SPECIAL-USE" not in command else set()
                self.same_but(command.strip(), children | uses)

    def test_what_needs_a_base(self):
        """SPECIAL-USE is none for RECURSIVEMATCH (RFC 6154 6)."""
        self.differ(self.pair, (b'LIST (SPECIAL-USE RECURSIVEMATCH) "" %',),
                    rb" OK ", rb" BAD ", "RFC 6154 6, RFC 5258 6")

    def test_each_name_once(self):
        """RFC 9051 6.3.9.3."""
        for command in (self.BASIC + b"|" + self.LSUB + b"|"
                        + self.EXTENDED).replace(b"\n", b"|").split(b"|"):
            if not command.strip():
                continue
            names = [listed(r.values)[2] for kind in ("LIST", "LSUB")
                     for r in self.pair.posteld(command.strip()).of(kind)]
            self.equal(command, len(set(names)), len(names))

    def test_one_word_of_selection(self):
        """RFC 9051 9, mbx-list-sflag."""
        for command in b'LIST "" *', b'LIST "" * RETURN (SUBSCRIBED)':
            for r in self.pair.posteld(command).of("LIST"):
                found = {"\\noselect", "\\nonexistent"} & listed(r.values)[0]
                self.assertLess(len(found), 2, r)

    def test_status_follows_its_list(self):
        """RFC 9051 6.3.9.2."""
        reply = self.pair.posteld(b'LIST "" * RETURN (STATUS (MESSAGES))')
        last = None
        for r in reply.untagged:
            if r.name == "STATUS":
                self.equal(reply, last, shown(r.values[0]))
            last = shown(r.values[2]) if r.name == "LIST" else None
