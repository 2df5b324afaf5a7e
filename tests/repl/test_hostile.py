"""Bytes of a hostile server at a terminal: shown, and harmless."""

import re

from harness import IMAP, Case

# Each as a peer's script writes it, and as a person may see a trace of it.
EVIL = (r"\x1b]0;title\x07", r"\x1b]52;c;aGk=\x1b\\", r"\x1b[2J\x1b[5;5H",
        r"\x9b2J", r"\xc2\x9b2J", r"\x9d0;t\x9c", r"\xe2\x80\xaeesrever",
        r"\xe2\x81\xa6x\xe2\x81\xa9", r"\x00", r"\x7f", r"\x07", r"\x08\x08",
        r"\xff\xfe", r"\xc0\xaf", r"\xed\xa0\x80", r"\xf4\x90\x80\x80",
        r"\x1bP+q\x1b\\", r"\x1b(0", r"\x0e")
LINE = "".join(EVIL).replace(r"\x00", "")  # NUL ends an IMAP connection
BODY = "".join(EVIL) + r"over\rwritten"

# What the shell and readline write of their own on an xterm.
OWN = re.compile(rb"\x1b\[[0-9;]*m|\x1b\[[0-9]*[KJCPA@]|\x1b\[\?2004[hl]|"
                 rb"\x1b\[\?1[hl]|\x1b[=>]|\x07|\x08|\r|\n")
ACTING = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f"
                    "\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


class Hostile(Case):
    def assertHarmless(self, screen):
        screen.shown()
        rest = OWN.sub(b"", screen.seen)
        text = rest.decode("utf-8")  # an error here is a failure, too
        self.assertIsNone(ACTING.search(text), text)
        for bad in (b"\x1b[2J", b"\x1b]", b"over\rw", b"\x1b[5;5H"):
            self.assertNotIn(bad, screen.seen)

    def session(self, protocol, *talk):
        screen = self.terminal(self.peer(protocol, *talk), TERM="xterm")
        screen.expect("> $")
        return screen

    def test_imap(self):
        flag = self.home / "now"
        screen = self.session("imap", rf"""
            s: * PREAUTH [CAPABILITY IMAP4rev1] hi {LINE}\r\n
            C: a1 NOOP
            s: * OK {LINE}\r\n
            s: * 1 FETCH (BODY[] {{5}}\r\n\x1b[2J\r)\r\n
            s: a1 NO [X{LINE.replace(']', '')}] {LINE}\r\n
            C: a2 LIST "" *
            s: * LIST () "/" "{LINE.replace(chr(92) * 2, '')}"\r\n
            S: a2 OK
            WAIT {flag}
            s: * OK {LINE}\r\n
            s: * BYE {LINE}\r\n
            CLOSE""")
        screen.line("NOOP")
        screen.expect("a1 NO")
        screen.line('LIST "" *')
        screen.expect("a2 OK")
        screen.tab("SELECT ", "\t\t")
        flag.touch()
        screen.expect("closed")
        self.assertHarmless(screen)
        self.assertIn(b"^[]0;title^G", screen.seen)
        self.assertIn(rb"^?^G^H^H\xff\xfe\xc0\xaf", screen.seen)

    def test_body(self):
        screen = self.session("pop3", rf"""
            s: +OK {LINE}\r\n
            C: CAPA
            s: +OK\r\nTOP\r\nIMPLEMENTATION {LINE}\r\n.\r\n
            C: USER a
            S: +OK
            C: PASS b
            s: +OK {LINE}\r\n
            C: TOP 1 0
            s: +OK {LINE}\r\nSubject: {LINE}\r\n\r\n{BODY}\r\n.\r\n
            C: STAT
            S: +OK 1 9
            C: QUIT
            s: -ERR {LINE}\r\n""")
        for line in ("USER a", "PASS b", "TOP 1 0", "STAT"):
            screen.line(line)
            screen.expect("> $")
        screen.listed("RETR ")
        screen.line("\x15QUIT")
        screen.expect("-ERR")
        self.assertHarmless(screen)
        self.assertIn(b"over^Mwritten", screen.seen)

    def test_smtp_and_the_trace(self):
        evil64 = "GyIbWzJKBxtdMDt0Bw=="  # ESC, CSI, BEL, OSC
        screen = self.session("smtp", rf"""
            s: 220 {LINE}\r\n
            C~ EHLO .*
            s: 250-{LINE}\r\n250 AUTH LOGIN X{LINE}\r\n
            C: NOOP
            s: 250-{LINE}\r\n250 {LINE}\r\n
            C: AUTH LOGIN
            S: 334 {evil64}
            C: Kg==|\*
            S: 501 no""".replace(r"C: Kg==|\*", r"C~ (Kg==|\*)"))
        screen.line(":trace on")
        screen.expect("> $")
        screen.line("NOOP")
        screen.expect(r"250 [^\r]*\r\n[^\r\n]*> $")
        screen.tab("AUTH ", "\t\t")
        screen.line("\x15AUTH LOGIN")
        screen.expect(r"gives up\)> $")
        screen.line("*")
        screen.expect("501 no")
        screen.line(":conns")
        self.assertHarmless(screen)

    def test_names_in_the_prompt(self):
        screen = self.session("imap", IMAP, r"""
            C~ a1 SELECT .*
            S: * 1 EXISTS
            S: a1 OK there""")
        # A name in modified UTF-7 that is a right-to-left override.
        screen.line('SELECT "&IC4-txet"')
        screen.expect("a1 OK")
        screen.line(":conns")
        self.assertHarmless(screen)

    def test_errors(self):
        screen = self.session("imap", IMAP, rf"""
            C: a1 NOOP
            s: zz OK {LINE}\r\n""")
        screen.line("NOOP")
        screen.expect("closed")
        self.assertHarmless(screen)
        other = self.terminal(self.peer("imap", rf"s: garbage {LINE}\r\n"),
                              TERM="xterm")
        while not other.poll():
            other.read(0.1)
        self.assertHarmless(other)

    def test_long_line(self):
        screen = self.session("imap", IMAP, r"""
            C: a1 NOOP
            BIG 1000000
            S: a1 OK done
            C: a2 NOOP
            S: a2 OK still here""")
        screen.line("NOOP")
        screen.expect("a1 OK done", 30)
        self.assertEqual(screen.seen.count(b"x"), 1000000)
        screen.line("NOOP")
        screen.expect("a2 OK still here")

    def test_many_short_lines(self):
        screen = self.session("imap", IMAP, r"""
            C: a1 NOOP
            FLOOD 10000
            S: a1 OK done""")
        screen.line("NOOP")
        screen.expect("a1 OK done", 30)
        self.assertEqual(screen.seen.count(b"* 1 EXISTS"), 10000)
