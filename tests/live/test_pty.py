"""Sessions typed at a terminal."""

import base64
import imaplib
import time

import hostile
import mails
from harness import LiveCase, Terminal
from servers import Dovecot, Exim

PASSWORD = "Menhir77"


class Typed(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_users(Dovecot, PASSWORD)
        cls.exim = cls.with_server(Exim())

    def setUp(self):
        super().setUp()
        self.take_user(self.dovecot)

    def at_terminal(self, *arguments):
        return self.enterContext(Terminal(self.home, *arguments))

    def assertSecretNowhere(self, terminal):
        for secret in (PASSWORD.encode(), base64.b64encode(
                f"\0{self.user}\0{PASSWORD}".encode())):
            self.assertNotIn(secret, terminal.seen)
            self.assertEqual(self.home.contains(secret), [])

    def test_imap(self):
        self.inbox.put(mails.message(0))
        screen = self.at_terminal(self.dovecot.url("imap", self.user))
        screen.expect("> ?")
        screen.line("SELECT INBOX")
        screen.expect(r"\* 1 EXISTS")
        screen.expect(r"OK \[READ-WRITE\]")
        screen.expect(r"INBOX.*>")
        screen.line("FETCH 1 (FLAGS BODY[HEADER.FIELDS (SUBJECT)])")
        screen.expect("live message 0, plain")
        screen.expect(r"OK Fetch")
        screen.line("APPEND Drafts {29}")
        time.sleep(0.5)
        screen.line("Subject: typed")
        screen.line("")
        screen.line("a body line")
        screen.expect("APPENDUID")
        drafts = self.dovecot.inbox(self.user, "Drafts").contents()
        self.assertEqual(drafts, [b"Subject: typed\n\na body line"])
        screen.line("IDLE")
        screen.expect(r"(?i)idl")
        time.sleep(0.3)
        self.inbox.put(mails.message(1))
        screen.expect(r"\* 2 EXISTS")
        screen.type("\r")
        time.sleep(0.3)
        screen.type("\x03")
        screen.expect(r"OK Idle completed")
        screen.line("LOGOUT")
        screen.expect(r"\* BYE")
        screen.type("\x04")
        self.assertEqual(screen.wait(), 0)

    def test_pop3(self):
        content = mails.message(1)
        self.inbox.put(content)
        screen = self.at_terminal("127.0.0.1", self.dovecot.pop3)
        screen.expect(r"\+OK .*ready")
        screen.line(f"USER {self.user}")
        screen.expect(r"\+OK")
        screen.line("PASS")
        self.hidden(screen)
        screen.expect(r"\+OK")
        screen.line("STAT")
        screen.expect(r"\+OK 1 \d+")
        screen.line("RETR 1")
        screen.expect("live message 1, dots")
        screen.line("DELE 1")
        screen.expect(r"\+OK Marked")
        screen.line("QUIT")
        screen.expect(r"\+OK Logging out")
        screen.type("\x04")
        self.assertEqual(screen.wait(), 0)
        self.assertEqual(len(self.inbox), 0)
        self.assertSecretNowhere(screen)

    def test_smtp(self):
        screen = self.at_terminal("127.0.0.1", self.exim.smtp)
        screen.expect("220 mx.test")
        screen.line("HELO client.test")
        screen.expect("250 mx.test")
        screen.line("MAIL FROM:<asterix@gaul.test>")
        screen.expect("250 OK")
        screen.line("RCPT TO:<nosuch@mail.test>")
        screen.expect("550 5.1.1")
        screen.line("RCPT TO:<obelix@mail.test>")
        screen.expect("250 Accepted")
        screen.line("DATA")
        screen.expect("354")
        screen.expect("data>")
        for line in ("Subject: typed", "", ":help", ".hidden dot", "QUIT"):
            screen.line(line)
        screen.line(".")
        screen.expect("250 OK id=")
        screen.line("QUIT")
        screen.expect("221")
        screen.type("\x04")
        self.assertEqual(screen.wait(), 0)
        letter = self.exim.wait_delivered("obelix", 1).contents()[-1]
        self.assertTrue(letter.endswith(
            b"Subject: typed\n\n:help\n.hidden dot\nQUIT\n"), letter)

    def hidden(self, screen):
        """Types the password once the terminal has stopped to echo."""
        limit = time.monotonic() + 5
        screen.expect(r"(?i)pass[a-z]*[^\r\n]*:")
        while not screen.echo_is_off():
            self.assertLess(time.monotonic(), limit, "the echo stays on")
            time.sleep(0.02)
        screen.line(PASSWORD)

    def test_refused_select_leaves_the_mailbox(self):
        """Dovecot's view of RFC 3501 6.3.1 is ours, and the prompt's."""
        screen = self.at_terminal(self.dovecot.url("imap", self.user))
        screen.expect("> ?")
        screen.line("SELECT INBOX")
        screen.expect(r"INBOX\[0\] >")
        screen.line("SELECT Nowhere")
        screen.expect(r" NO [^\r\n]*\r\n[^\[\r\n]*> ")
        screen.line("CHECK")
        screen.expect("BAD No mailbox selected")
        screen.line("LOGOUT")
        screen.expect("BYE")

    def test_hidden_password_of_login(self):
        screen = self.at_terminal("127.0.0.1", self.dovecot.imap)
        screen.expect(r"\* OK")
        screen.line(f"LOGIN {self.user}")
        self.hidden(screen)
        screen.expect("Logged in")
        screen.line("LOGOUT")
        screen.expect("BYE")
        screen.type("\x04")
        screen.wait()
        self.assertSecretNowhere(screen)
        history = self.home.path / "state" / "postel" / "history"
        self.assertIn(f"LOGIN {self.user}".encode(), history.read_bytes())
        self.assertEqual(history.stat().st_mode & 0o777, 0o600)

    def test_password_typed_in_the_open_is_not_kept(self):
        screen = self.at_terminal("127.0.0.1", self.dovecot.imap)
        screen.expect(r"\* OK")
        screen.line(f"LOGIN {self.user} {PASSWORD}")
        screen.expect("Logged in")
        screen.line("LOGOUT")
        screen.expect("BYE")
        screen.type("\x04")
        screen.wait()
        self.assertEqual(self.home.contains(PASSWORD.encode()), [])

    def test_password_of_a_url_is_asked_for(self):
        url = self.dovecot.url("imap", self.user).replace(f":{PASSWORD}", "")
        screen = self.at_terminal(url)
        self.hidden(screen)
        screen.line("STATUS INBOX (MESSAGES)")
        screen.expect("MESSAGES 0")
        screen.line("LOGOUT")
        screen.expect("BYE")
        screen.type("\x04")
        screen.wait()
        self.assertSecretNowhere(screen)

    def test_half_typed_line_survives_what_comes_unasked(self):
        screen = self.at_terminal(self.dovecot.url("imap", self.user))
        screen.line("SELECT INBOX")
        screen.expect(r"OK \[READ-WRITE\]")
        screen.type("NO")
        with self.other_client() as other:
            other.append("INBOX", None, None, b"Subject: x\r\n\r\nx\r\n")
        screen.type("OP\r")
        screen.expect("NOOP")
        screen.expect("OK NOOP completed")
        self.assertIn(b"* 1 EXISTS", screen.seen)
        screen.line("LOGOUT")
        screen.expect("BYE")

    def other_client(self):
        other = imaplib.IMAP4("127.0.0.1", self.dovecot.imap)
        other.login(self.user, PASSWORD)
        return other

    def test_control_octets_never_reach_the_screen(self):
        evil = b"%t OK \x1b]0;owned\x07\x1b[2J\x9b1mdone\r\n"
        answers = {"NOOP": [hostile.say(evil)]}
        with hostile.Hostile("imap", answers) as server:
            screen = self.at_terminal(server.url(login=""))
            screen.expect("ready")
            screen.line("NOOP")
            screen.expect("done")
            screen.line("LOGOUT")
            screen.expect("BYE")
        for bad in (b"\x1b]0;owned", b"\x1b[2J", b"\x9b1m"):
            self.assertNotIn(bad, screen.seen)

    def test_interrupt_gives_the_prompt_back(self):
        answers = {"NOOP": [lambda peer: time.sleep(1.5),
                            hostile.say(b"%t OK late answer\r\n")]}
        with hostile.Hostile("imap", answers) as server:
            screen = self.at_terminal(server.url(login=""))
            screen.expect("ready")
            screen.line("NOOP")
            time.sleep(0.3)
            screen.type("\x03")
            screen.expect(">")
            screen.line("=6 * 7")
            screen.expect("42")
            screen.expect("late answer")

    def test_server_that_hangs_up(self):
        with hostile.Hostile("imap", {"NOOP": [hostile.hang_up]}) as server:
            screen = self.at_terminal(server.url(login=""))
            screen.expect("ready")
            screen.line("NOOP")
            screen.expect("(?i)closed|hung up|lost")
            screen.line("NOOP")
            screen.expect("(?i)no connection|closed|not open|not connected")
            screen.type("\x04")
            screen.wait()

    def test_mail_on_a_terminal_is_harmless(self):
        """purge and inbox print a stranger's octets; quoted ones, too."""
        mail = b"\x1b]0;owned\x07\x9b31m\rover"
        for literal in (b"{%d}\r\n%s" % (len(mail), mail),
                        b'"\x1b]0;owned"'):
            with hostile.Hostile("imap", {
                    "EXAMINE": hostile.HONEST["imap"]["SELECT"],
                    "UID FETCH": [hostile.say(
                        b"* 1 FETCH (UID 1 BODY[] %s)\r\n" % literal +
                        b"%t OK done\r\n")]}) as server:
                for script in (["purge", "-n"], ["inbox", "1"]):
                    words = [script[0], server.url(), *script[1:]]
                    screen = self.at_terminal(*words)
                    screen.expect(rb"\^\[\]0;owned")
                    self.assertEqual(screen.wait(), 0, screen.seen)
                    self.assertNotRegex(screen.seen, b"\x1b\\]|\x9b|\rover")

    def test_shell_commands(self):
        screen = self.at_terminal()
        screen.expect(">")
        screen.line(f":open {self.dovecot.url('pop3', self.user)}")
        screen.expect("pop3.*>")
        screen.line(f":open {self.dovecot.url('imap', self.user)}")
        screen.expect("imap.*>")
        screen.line(":conns")
        screen.expect("pop3")
        screen.line("?FETCH")
        screen.expect("(?i)RFC 9051")
        screen.line(":help")
        screen.expect(":open")
        screen.line(":trace on")
        screen.line("NOOP")
        screen.expect(r"C: .*NOOP")
        screen.line("=conn.protocol")
        screen.expect("imap")
        screen.line(":quit")
        self.assertEqual(screen.wait(), 0)
