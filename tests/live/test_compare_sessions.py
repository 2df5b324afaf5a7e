"""posteld beside Dovecot: what one session is told of another's doing."""

import time

import mails
from compare import CompareCase, fetched
from imapwire import Literal


class Sessions(CompareCase):
    def setUp(self):
        super().setUp()
        for i in range(6):
            self.put(mails.message(i))
        self.one, self.other = self.imap(b"INBOX"), self.imap(b"INBOX")

    def play(self, script):
        """Lines "1 COMMAND" and "2 COMMAND", by the one and the other."""
        for line in script.strip().splitlines():
            who, _, command = line.strip().partition(b" ")
            self.same(self.one if who == b"1" else self.other, command)

    def test_flags(self):
        self.play(rb"""
            1 STORE 1 +FLAGS (\Flagged)
            2 NOOP
            2 NOOP
            1 STORE 2 +FLAGS (kw)
            2 FETCH 3 UID
            1 STORE 1:2 +FLAGS.SILENT (\Answered)
            2 STORE 1 +FLAGS.SILENT (\Draft)
            1 NOOP
            1 STORE 3 FLAGS (\Seen)
            2 STORE 3 +FLAGS (\Flagged)
            1 CHECK
            1 FETCH 4 BODY[]
            2 NOOP
            2 UID STORE 5 +FLAGS (\Seen)
            1 FETCH 1 UID
            1 STORE 1 -FLAGS (\Flagged)
            1 STORE 1 +FLAGS (\Flagged)
            2 NOOP
            2 FETCH 1:* FLAGS
            1 FETCH 1:* FLAGS""")

    def test_expunges(self):
        self.play(rb"""
            1 STORE 1:2,5 +FLAGS (\Deleted)
            2 NOOP
            1 EXPUNGE
            2 FETCH 3 UID
            2 SEARCH SUBJECT live
            2 STORE 3 +FLAGS (\Flagged)
            2 NOOP
            2 FETCH 1:* UID
            1 STORE 1 +FLAGS.SILENT (\Deleted)
            1 EXPUNGE
            2 NOOP
            2 FETCH 1:* UID""")

    def test_new_mail(self):
        self.play(rb"""
            1 COPY 1 INBOX
            2 FETCH 1 UID
            2 NOOP
            1 COPY 1:3 INBOX
            2 STORE 1 +FLAGS (\Seen)
            1 STORE 7 +FLAGS.SILENT (\Deleted)
            1 EXPUNGE
            2 NOOP
            2 COPY 1 INBOX
            1 NOOP
            1 SEARCH RECENT
            2 SEARCH RECENT
            1 SEARCH NEW""")
        self.same(self.one, b"APPEND INBOX (\\Flagged new)",
                  Literal(mails.message(8)))
        self.play(rb"""
            2 NOOP
            2 FETCH * (UID FLAGS)
            1 FETCH * (UID FLAGS)""")

    def test_delivery(self):
        """Files that come, go and change by another program's hand."""
        for _ in range(3):
            self.put(mails.message(9))
        self.play(b"1 NOOP\n2 CHECK\n1 FETCH 1:* (UID FLAGS)")
        for server in self.dovecot, self.posteld:
            inbox = server.inbox(self.user)
            files = inbox.files()
            files[0].unlink()
            files[1].rename(str(files[1]) + "FS")
        self.one(b"NOOP")  # in which order is for the server to say
        self.other(b"NOOP")
        self.play(b"1 FETCH 1:* (UID FLAGS)\n2 FETCH 1:* (UID FLAGS)")

    def test_gone_and_not_told(self):
        """RFC 2180 4 leaves this open; Dovecot answers from its index."""
        self.play(b"1 STORE 1:2 +FLAGS.SILENT (\\Deleted)\n1 EXPUNGE")
        for command, posteld in (
                (b"FETCH 1:3 UID", rb"^\* 3 FETCH.* NO \[EXPUNGEISSUED\]"),
                (b"FETCH 1 BODY.PEEK[]", rb"^t\d+ NO \[EXPUNGEISSUED\]"),
                (b"STORE 1 +FLAGS (\\Seen)", rb"^t\d+ NO \[EXPUNGEISSUED\]"),
                (b"STORE 1 +FLAGS.SILENT (\\Seen)", rb"^t\d+ OK"),
                (b"SEARCH ALL", rb"SEARCH 3 4 5 6\r\n"),
                (b"UID FETCH 1:3 UID", rb"^\* 3 FETCH \(UID 3\)")):
            self.differ(self.other, (command,), rb".", posteld,
                        "RFC 2180 4.1.2, 4.2, 4.3")
        self.play(b"2 NOOP\n2 FETCH 1:* UID")

    def test_copy_of_what_is_gone(self):
        self.play(rb"""
            1 STORE 2 +FLAGS.SILENT (\Deleted)
            1 EXPUNGE
            2 COPY 1:3 INBOX
            2 NOOP
            1 NOOP
            1 STORE 2 +FLAGS.SILENT (\Deleted)
            1 EXPUNGE""")
        # A UID that is not there is no error.
        self.differ(self.other, (b"UID COPY 1:3 INBOX",),
                    rb"NO \[EXPUNGEISSUED\]", rb"OK \[COPYUID \d+ 1 7\]",
                    "RFC 9051 6.4.9")

    def test_mailboxes(self):
        self.play(rb"""
            1 CREATE box
            2 LIST "" box
            2 STATUS box (MESSAGES RECENT)
            1 COPY 1:2 box
            2 STATUS box (MESSAGES RECENT UNSEEN UIDNEXT)
            2 SELECT box
            1 STATUS box (MESSAGES RECENT)
            1 SUBSCRIBE box
            2 LSUB "" *
            2 FETCH 1:* (UID FLAGS)""")
        # Dovecot ends a session whose mailbox gets another name.
        one, other = self.one.posteld, self.other.posteld
        self.equal("RENAME", "OK", one(b"RENAME box moved").status)
        self.equal("FETCH", 2, len(other(b"FETCH 1:* UID").of("FETCH")))
        self.equal("STORE", 1,
                   len(other(b"STORE 1 +FLAGS (\\Seen)").of("FETCH")))
        self.equal("SEARCH", [1], one(b"SELECT moved") and one(
            b"SEARCH SEEN").of("SEARCH")[0].values)

    def test_deleted_while_selected(self):
        """BYE is one of the ways (RFC 2180 3.3)."""
        self.play(b"1 CREATE box\n2 SELECT box\n1 DELETE box")
        for session in self.other.both:
            session.send(b"t NOOP\r\n")
            self.assertRegex(session.rest(), rb"^\* BYE ")

    # -- IDLE ----------------------------------------------------------------

    def idle(self, *commands):
        """What both servers tell a session in IDLE of these commands, as a
        state: how many there are, and the last flags of each number."""
        tags = []
        for session in self.other.both:
            tags.append(session.begin(b"IDLE"))
            session.until(lambda r: r.tag == "+")
        for command in commands:
            self.same(self.one, *command)
        time.sleep(1.5)  # as much as either takes to look
        states = []
        for session, tag in zip(self.other.both, tags):
            session.send(b"DONE\r\n")
            found, last = session.until(lambda r, tag=tag: r.tag == tag)
            self.assertEqual(last.name, "OK", last)
            flags = [(r.number, fetched(r.values[0])["FLAGS"])
                     for r in found if r.name == "FETCH"]
            # Of what goes at once some is told, and some not.
            flags = {n: f for n, f in flags if "\\deleted" not in f}
            states.append((session.exists, session.recent, flags))
        return states

    def test_idle(self):
        for commands in (
                [(b"STORE 1 +FLAGS (\\Flagged)",)],
                [(b"APPEND INBOX", Literal(mails.message(9)))],
                [(b"STORE 2 +FLAGS.SILENT (\\Deleted)",), (b"EXPUNGE",)],
                [(b"COPY 1:2 INBOX",)], [(b"CREATE away",)],
                [(b"MOVE 1 away",)], [(b"NOOP",)]):
            self.equal(commands, *self.idle(*commands))
        self.same(self.other, b"FETCH 1:* (UID FLAGS)")

    def test_idle_without_a_mailbox(self):
        self.play(b"2 UNSELECT")
        self.equal("idle", *self.idle((b"STORE 1 +FLAGS (\\Seen)",)))

    def test_idle_ended_otherwise(self):
        for line, status in (b"done", "OK"), (b"NOOP", "BAD"), (b"", "BAD"):
            pair = self.imap(b"INBOX")
            found = []
            for session in pair.both:
                tag = session.begin(b"IDLE")
                session.until(lambda r: r.tag == "+")
                session.send(line + b"\r\n")
                found.append(session.until(
                    lambda r, tag=tag: r.tag == tag)[1].name)
            self.equal(line, status, found[0])
            self.equal(line, status, found[1])
