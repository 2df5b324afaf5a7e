"""Messages into files: octets, names, and what is never overwritten."""

import mailbox
import resource

from harness import (DONE, IMAP, LOGOUT, LOST, POP3, POSTEL, SCRIPT,
                     USAGE, Case)

SELECTED = r"""
    C: a1 SELECT INBOX
    S: * 3 EXISTS
    S: a1 OK [READ-WRITE] there"""


def found(tag, criteria, uids):
    return (f"C: {tag} UID SEARCH {criteria}\nS: * SEARCH {uids}\n"
            f"S: {tag} OK")


def fetched(tag, uids, *messages):
    """Three messages, a command."""
    return "\n".join(
        [f"C: {tag} UID FETCH {uids} (UID FLAGS BODY.PEEK[])"] +
        [f"s: * {n} FETCH (UID {uid} FLAGS ({flags}) BODY[] "
         f"{{{len(text)}}}\\r\\n" + repr(text)[2:-1].replace("\\'", "'") +
         ")\\r\\n" for n, uid, flags, text in messages] +
        [f"S: {tag} OK"])


ONE = (1, 11, "", b"Subject: 1\r\n\r\nFrom me\r\n>From you\r\n.\r\n")
TWO = (2, 12, "\\\\Seen \\\\Flagged", b"Subject: 2\r\n\r\n\xff\x00\r\nend")


class Save(Case):
    def imap(self, lines, *talk, status=DONE, err="", tag="a4"):
        """tag: of LOGOUT; None: it ends without one, for a reply is not over."""
        bye = [LOGOUT.format(tag=tag)] if tag else []
        url = self.peer("imap", IMAP, SELECTED, *talk, *bye)
        return self.batch(url, "SELECT INBOX\n" + lines, "-k", status=status,
                          err=err)

    def content(self, name):
        return (self.home / name).read_bytes()

    def test_one_message_octet_by_octet(self):
        self.imap(":save 2 two.eml\n", found("a2", "2:2", "12"),
                  fetched("a3", "12", TWO))
        self.assertEqual(self.content("two.eml"), TWO[3])
        self.assertEqual((self.home / "two.eml").stat().st_mode & 0o777,
                         0o600)

    def test_no_overwriting(self):
        self.file("two.eml", "mine")
        self.imap(":save 2 two.eml\n", found("a2", "2:2", "12"),
                  fetched("a3", "12", TWO), status=SCRIPT, tag=None,
                  err="postel: two.eml: File exists\n")
        self.assertEqual(self.content("two.eml"), b"mine")

    def test_question_at_a_terminal(self):
        self.file("two.eml", "mine")
        t = self.terminal(self.peer(
            "imap", IMAP, SELECTED, found("a2", "2:2", "12"),
            fetched("a3", "12", TWO), LOGOUT.format(tag="a4")))
        t.expect("> ")
        t.line("SELECT INBOX")
        t.expect("INBOX")
        t.line(":save 2 two.eml")
        t.expect("two.eml is there already; overwrite it")
        t.line("n")
        t.expect("> ")
        self.assertEqual(self.content("two.eml"), b"mine")
        t.line(":save 2 two.eml")
        t.expect("overwrite it")
        t.line("y")
        t.expect("1 message saved to two.eml")
        self.assertEqual(self.content("two.eml"), TWO[3])

    def test_last_fetched(self):
        self.imap("FETCH 2 FLAGS\n:save two.eml\n",
                  "C: a2 FETCH 2 FLAGS\nS: a2 OK",
                  found("a3", "2:2", "12"), fetched("a4", "12", TWO),
                  tag="a5")
        self.assertEqual(self.content("two.eml"), TWO[3])

    def test_last_fetched_by_uid(self):
        self.imap("UID FETCH 12 FLAGS\n:save two.eml\n",
                  "C: a2 UID FETCH 12 FLAGS\nS: a2 OK",
                  found("a3", "UID 12", "12"), fetched("a4", "12", TWO),
                  tag="a5")
        self.assertEqual(self.content("two.eml"), TWO[3])

    def test_number_that_an_expunge_may_have_changed(self):
        self.imap("FETCH 2 FLAGS\nNOOP\n:save two.eml\n",
                  "C: a2 FETCH 2 FLAGS\nS: a2 OK",
                  "C: a3 NOOP\nS: * 1 EXPUNGE\nS: a3 OK", status=USAGE,
                  err="postel: which message? None was fetched here yet: "
                      ":save 3 two.eml\n")

    def test_a_file_each(self):
        (self.home / "folder").mkdir()
        for target, names in (("m-%d.eml", ("m-1.eml", "m-2.eml")),
                              ("folder", ("folder/1.eml", "folder/2.eml"))):
            self.imap(f":save 1:2 {target}\n", found("a2", "1:2", "11 12"),
                      fetched("a3", "11:12", ONE, TWO))
            self.assertEqual([self.content(name) for name in names],
                             [ONE[3], TWO[3]])

    def test_mbox(self):
        self.imap(":save 1:2 mail.mbox\n", found("a2", "1:2", "11 12"),
                  fetched("a3", "11:12", ONE, TWO))
        text = self.content("mail.mbox")
        self.assertIn(b"\n>From me\n>>From you\n", text)
        box = mailbox.mbox(self.home / "mail.mbox")
        self.addCleanup(box.close)
        self.assertEqual([m["Subject"] for m in box], ["1", "2"])

    def test_maildir(self):
        self.imap(":save 1:* mail/\n", found("a2", "1:3", "11 12"),
                  fetched("a3", "11:12", ONE, TWO))
        box = mailbox.Maildir(self.home / "mail", create=False)
        one, two = sorted(box, key=lambda m: m["Subject"])
        self.assertEqual((one.get_subdir(), two.get_subdir(),
                          two.get_flags()), ("new", "cur", "FS"))
        new, = (self.home / "mail" / "new").iterdir()
        self.assertEqual(new.read_bytes(), ONE[3].replace(b"\r\n", b"\n"))
        self.assertEqual(list((self.home / "mail" / "tmp").iterdir()), [])

    def test_several_into_one_file(self):
        self.imap(":save 1:2 x\n", found("a2", "1:2", "11 12"), tag="a3",
                  status=USAGE,
                  err="postel: 2 messages do not go into one file: put %d "
                      "into its name, or let it end in .mbox or /\n")

    def test_sets_that_are_none(self):
        for typed, says in (
                ("4", "there is no message 4; there are 3"),
                ("2:9", "there is no message 9; there are 3"),
                ("0", "there is no message 0; there are 3"),
                ("a,b", "a,b is no set of messages: 3, 1:5, 7:* or 1,4"),
                ("uid x", "x is no set of UIDs: 17, 17:20 or 17:*")):
            with self.subTest(typed):
                self.imap(f":save {typed} x\n", tag="a2", status=USAGE,
                          err=f"postel: {says}\n")

    def test_hang_up_leaves_nothing(self):
        url = self.peer("imap", IMAP, SELECTED, found("a2", "1:1", "11"), """
            C: a3 UID FETCH 11 (UID FLAGS BODY.PEEK[])
            s: * 1 FETCH (UID 11 BODY[] {100}\\r\\nhalf
            CLOSE""")
        self.batch(url, "SELECT INBOX\n:save 1 x.eml\n", status=LOST,
                   err=None)
        self.assertEqual([p.name for p in self.home.glob("x*")], [])

    def test_pop3(self):
        url = self.peer("pop3", POP3, """
            C: STAT
            S: +OK 2 20
            C: STAT
            S: +OK 2 20
            C: LIST
            S: +OK
            S: 1 10
            S: 2 10
            S: .
            C: RETR 1
            S: +OK
            S: ..one
            S: .
            C: RETR 2
            S: +OK
            S: two
            S: .
            C: QUIT
            S: +OK""")
        self.batch(url, ":save 1:* %d.eml\n")
        self.assertEqual((self.content("1.eml"), self.content("2.eml")),
                         (b".one\r\n", b"two\r\n"))

    def test_large_message_in_little_memory(self):
        line = "x" * 60000 + "\\r\\n"
        url = self.peer("pop3", POP3, "C: STAT\nS: +OK 1 9\n" * 2 +
                        "C: LIST\nS: +OK\nS: 1 9\nS: .\nC: RETR 1\nS: +OK",
                        *[f"s: {line}"] * 1200, "S: .\nC: QUIT\nS: +OK")
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        result = self.run_postel(url, "-c", ":save 1 big.eml",
                                 "-e", "print(collectgarbage 'count')",
                                 "-e", "for l in io.lines '/proc/self/status'"
                                 " do if l:find 'VmHWM' then print(l) end end")
        self.assertEqual((result.returncode, result.stderr), (DONE, b""),
                         before)
        self.assertEqual((self.home / "big.eml").stat().st_size,
                         1200 * 60002)
        if "asan" not in POSTEL:
            peak = int(result.stdout.split(b"VmHWM:")[1].split()[0])
            self.assertLess(peak, 40000)

    def test_other_protocols(self):
        self.batch(self.peer("smtp", "S: 220 x\nC~ EHLO .*\nS: 250 x\n"
                             "C: QUIT\nS: 221 x"), ":save 1 x\n",
                   status=USAGE,
                   err="postel: there are no messages in SMTP to save\n")
        result = self.run_postel("-c", ":save 1 x")
        self.assertEqual(result.stderr,
                         b"postel: nothing is open that has messages\n")
