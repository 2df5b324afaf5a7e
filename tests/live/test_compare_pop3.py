"""posteld beside Dovecot: POP3."""

import base64
import hashlib
import re

import compare_mails
from compare import CompareCase
from wire import Pop3

LETTERS = [
    compare_mails.HEAD + b"\none\ntwo\nthree\n", compare_mails.HEAD,
    compare_mails.HEAD + b"\n", b"", b"\n", compare_mails.HEAD + b"\n.\n..\n.a\n.\n",
    compare_mails.HEAD + b"\nno end", compare_mails.HEAD + b"\nbare\rcr\n\n\n",
    compare_mails.HEAD.rstrip(b"\n"), b"Subject: folded\n line\n\n\n\nbody\n",
    b"no header\n\nbody\n", compare_mails.HEAD + b"\n" + b"x" * 3000 + b"\nend\n",
    (compare_mails.HEAD + b"\none\ntwo\n").replace(b"\n", b"\r\n")]


def status(line):
    """What must be equal of a first line: the status, its code, numbers."""
    word, _, rest = line.partition(b" ")
    code = re.match(rb"\[([A-Z/-]+)\]", rest)
    return word, code and code[1]


class Pop(CompareCase):
    def setUp(self):
        super().setUp()
        for letter in LETTERS:
            self.put(letter)

    def sessions(self, login=True):
        found = []
        for server in self.dovecot, self.posteld:
            session = Pop3(server.pop3, *(
                (self.user, server.users[self.user]) if login else ()))
            self.addCleanup(session.close)
            found.append(session)
        return found

    def same_line(self, sessions, command, whole=False):
        """The first lines must be alike; with `whole`, equal."""
        dovecot, posteld = (s.say(command) for s in sessions)
        if whole:
            self.equal(command, dovecot, posteld)
        else:
            self.equal(command, (dovecot, status(dovecot)[0]),
                       (dovecot, status(posteld)[0]))
        return dovecot, posteld

    def same_body(self, sessions, command):
        dovecot, posteld = (s.multi(command) for s in sessions)
        self.equal(command, (status(dovecot[0]), dovecot[1]),
                   (status(posteld[0]), posteld[1]))
        return posteld

    def each(self, commands, login=True):
        """Each in a session of its own: Dovecot bears with few mistakes."""
        for command in commands.split(b"|"):
            self.same_line(self.sessions(login), command.strip())
            self.doCleanups()  # which frees the maildrop

    def test_before_the_login(self):
        self.each(b"PASS x|STAT|LIST|NOOP|RETR 1|RSET|TOP 1 1|UIDL|BOGUS||"
                  b"user nobody|PASS|DELE 1|LAST|AUTH BOGUS|AUTH PLAIN x|"
                  b"AUTH PLAIN =|APOP a|APOP a b|APOP|QUIT|quit|CAPA", False)

    def test_arguments(self):
        self.each(b"LIST x|LIST 0|LIST 14|LIST -1|LIST 1 2|LIST 99999999999|"
                  b"LIST +1|LIST 1x|LIST 18446744073709551617|UIDL x|UIDL 0|"
                  b"UIDL 14|UIDL 1 2|RETR|RETR x|RETR 0|RETR 14|RETR 1 2|TOP|"
                  b"TOP 1|TOP x 1|TOP 1 x|TOP 1 -1|TOP 14 1|TOP 0 1|"
                  b"TOP 1 2 3|DELE|DELE x|DELE 0|DELE 14|DELE 1 2|BOGUS||"
                  b"USER x|PASS x|APOP a b|AUTH PLAIN|STLS|UTF8|stat|list 1|"
                  b"LIST 01| NOOP|NOOP |LIST 1 |QUIT")

    def test_too_many_arguments(self):
        """RFC 1939 5 gives these none, and 7 one to USER."""
        for command in b"STAT x", b"NOOP x", b"RSET x", b"QUIT x", b"CAPA x":
            dovecot, posteld = (s.say(command) for s in self.sessions())
            self.doCleanups()
            self.equal(command, (b"+OK", b"-ERR"),
                       (status(dovecot)[0], status(posteld)[0]))
        for command in b"USER", b"USER a b", b"AUTH", b"CAPA x", b"QUIT x":
            posteld = self.sessions(False)[1].say(command)
            self.equal(command, b"-ERR", status(posteld)[0])

    def test_lists(self):
        sessions = self.sessions()
        self.same_line(sessions, b"STAT", whole=True)
        self.same_body(sessions, b"LIST")
        for n in range(1, len(LETTERS) + 1):
            self.same_line(sessions, b"LIST %d" % n, whole=True)
        for session in sessions:
            first, rows = session.multi(b"UIDL")
            found = [row.split(b" ") for row in rows]
            self.equal("UIDL", [b"%d" % n for n in
                                range(1, len(LETTERS) + 1)],
                       [row[0] for row in found])
            for number, uid in found:
                self.assertRegex(uid, rb"^[!-~]{1,70}$")
                self.equal("UIDL", b"+OK " + number + b" " + uid,
                           session.say(b"UIDL " + number))
            self.equal("UIDL", len(found), len({uid for _, uid in found}))
        self.assertTrue(first.startswith(b"+OK"))

    def test_uids_stay(self):
        before = [s.multi(b"UIDL")[1] for s in self.sessions()]
        self.doCleanups()
        sessions = self.sessions()
        self.equal("UIDL", before, [s.multi(b"UIDL")[1] for s in sessions])
        for session in sessions:
            session.say(b"DELE 2")
            session.say(b"QUIT")
        self.doCleanups()
        after = [s.multi(b"UIDL")[1] for s in self.sessions()]
        for old, new in zip(before, after):
            self.equal("UIDL", [u.split()[1] for u in old[:1] + old[2:]],
                       [u.split()[1] for u in new])

    def test_letters(self):
        sessions = self.sessions()
        for n in range(1, len(LETTERS) + 1):
            if not LETTERS[n - 1]:
                continue  # of nothing at all Dovecot makes a line
            first, lines = self.same_body(sessions, b"RETR %d" % n)
            self.assertTrue(first.startswith(b"+OK"))
            size = int(sessions[1].say(b"LIST %d" % n).split()[2])
            octets = sum(len(line) + 2 for line in lines)
            # A last line without an end gets one on its way.
            self.assertIn(octets - size, (0, 2), (n, size, octets))
            for count in 0, 1, 2, 3, 5, 1000, 4294967295:
                self.same_body(sessions, b"TOP %d %d" % (n, count))

    def test_odd_mail(self):
        self.new_user()
        names = self.put_odd()
        sessions = self.sessions()
        self.same_body(sessions, b"LIST")
        for n, name in enumerate(names, 1):
            if name == "empty file":
                continue
            self.same_body(sessions, b"RETR %d" % n)
            self.same_body(sessions, b"TOP %d 3" % n)

    def test_deleting(self):
        sessions = self.sessions()
        for command in (b"DELE 2", b"DELE 5", b"DELE 2", b"RETR 2", b"LIST 2",
                        b"UIDL 2", b"TOP 2 1", b"NOOP", b"RETR 2"):
            self.same_line(sessions, command)
        self.same_line(sessions, b"STAT", whole=True)
        self.same_body(sessions, b"LIST")
        for command in b"RSET", b"NOOP", b"DELE 3":
            self.same_line(sessions, command)
        self.same_line(sessions, b"STAT", whole=True)
        for command in b"RSET", b"DELE 1", b"DELE 13", b"NOOP":
            self.same_line(sessions, command)
        self.same_body(sessions, b"LIST")
        self.same_line(sessions, b"QUIT")
        for session in sessions:
            self.assertTrue(session.is_closed())
        sessions = self.sessions()
        self.same_line(sessions, b"STAT", whole=True)
        self.same_body(sessions, b"LIST")

    def test_without_quit(self):
        """RFC 1939 6: then nothing is removed."""
        for session in self.sessions():
            session.say(b"DELE 1")
        self.doCleanups()
        self.same_line(self.sessions(), b"STAT", whole=True)

    def test_what_was_fetched_is_seen(self):
        sessions = self.sessions()
        self.same_body(sessions, b"RETR 1")
        self.same_body(sessions, b"TOP 2 100")
        self.same_line(sessions, b"QUIT")
        self.imap(b"INBOX")  # to which mail is \\Recent is for IMAP to say
        self.same(self.imap(b"INBOX"), b"FETCH 1:* FLAGS")

    def test_pipelining(self):
        for commands in (
                b"STAT\r\nLIST\r\nRETR 1\r\nNOOP\r\nTOP 6 1\r\nLIST 14\r\n"
                b"DELE 1\r\nDELE 1\r\nRSET\r\nQUIT\r\n",):
            texts = []
            for session in self.sessions():
                session.send(commands)
                texts.append([
                    status(line)[0] if line[:1] in b"+-" else line
                    for line in session.rest().split(b"\r\n")])
            self.equal(commands, *texts)

    def test_logins(self):
        secret = self.posteld.users[self.user]
        plain = base64.b64encode(f"\0{self.user}\0{secret}".encode())
        wrong = base64.b64encode(f"\0{self.user}\0wrong".encode())
        name, word = (base64.b64encode(w.encode())
                      for w in (self.user, secret))
        for lines in (
                [b"AUTH PLAIN " + plain], [b"AUTH PLAIN", plain],
                [b"AUTH PLAIN", b"*"], [b"AUTH PLAIN", b"x"],
                [b"AUTH PLAIN " + wrong], [b"AUTH PLAIN", wrong],
                [b"auth plain " + plain], [b"AUTH LOGIN", name, word],
                [b"AUTH LOGIN", name, b"*"], [b"AUTH LOGIN", name, name],
                [b"AUTH CRAM-MD5", b"*"], [b"AUTH CRAM-MD5", plain],
                [b"AUTH PLAIN", b""], [b"AUTH PLAIN ="],
                [b"USER " + self.user.encode(), b"PASS wrong"],
                [b"USER nobody", b"PASS wrong"],
                [b"USER " + self.user.encode(), b"PASS"],
                [b"user " + self.user.encode(), b"pass " + secret.encode()]):
            found = []
            for session in self.sessions(False):
                replies = [status(session.say(line))[0] for line in lines]
                if replies[-1] == b"+OK":
                    replies.append(session.say(b"STAT").split()[:2])
                found.append(replies)
            self.doCleanups()  # the maildrop is free for the next one
            self.equal(lines, *found)

    def test_initial_response_of_a_server_first_mechanism(self):
        """RFC 5034 4; Dovecot passes over it."""
        self.equal("AUTH", b"-ERR", status(self.sessions(False)[1].say(
            b"AUTH CRAM-MD5 dXNlcjAgMDAwMA=="))[0])

    def test_apop(self):
        for session in self.sessions(False):
            stamp = re.search(rb"<[^>]*>", session.greeting)[0]
            digest = hashlib.md5(
                stamp + self.posteld.users[self.user].encode()).hexdigest()
            reply = session.say(f"APOP {self.user} {digest}".encode())
            self.equal("APOP", b"+OK", status(reply)[0])

    def test_capabilities(self):
        """Those of the authorization state are told in both (RFC 2449 5)."""
        dovecot, posteld = self.sessions(False)
        theirs, ours = ({line.split(b" ")[0] for line in s.multi(b"CAPA")[1]}
                        for s in (dovecot, posteld))
        self.equal("CAPA", set(), theirs - ours - {b"CAPA"})
        self.doCleanups()
        self.equal("CAPA", ours, {
            line.split(b" ")[0] for line in
            self.sessions()[1].multi(b"CAPA")[1]})

    def test_codes(self):
        """RFC 2449 8.1.1, RFC 3206."""
        for session in self.sessions(False):
            session.say(b"USER " + self.user.encode())
            self.equal("PASS", (b"-ERR", b"AUTH"),
                       status(session.say(b"PASS wrong")))
        self.doCleanups()
        self.sessions()
        session = Pop3(self.posteld.pop3)
        session.say(b"USER " + self.user.encode())
        self.equal("PASS", (b"-ERR", b"IN-USE"), status(session.say(
            b"PASS " + self.posteld.users[self.user].encode())))
        session.close()
