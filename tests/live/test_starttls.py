"""Someone in the middle before TLS: every attack of "Why TLS Is Better Without
STARTTLS" (Poddebniak et al., USENIX Security 2021) and its kin, on each
protocol, in each way in which postel is used.  No secret leaves, no octet that
was injected counts as the server's, and the exit status says why."""

import base64
import collections
import concurrent.futures
import re
import ssl

from authority import TlsCase
from harness import AUTH, DONE, LATER, LOST, PROTOCOL, REFUSED, TLS, Terminal
from hostile import (HONEST, OFF_LOOPBACK, Hostile, hang_up, pause, read_line,
                     say, silence, start_tls)

PROTOCOLS = ("imap", "pop3", "smtp", "lmtp")
ASK = {"imap": "CAPABILITY", "pop3": "CAPA", "smtp": "EHLO", "lmtp": "LHLO"}
VERB = {p: "STLS" if p == "pop3" else "STARTTLS" for p in PROTOCOLS}

# What may be said in clear, whatever happens.
ALLOWED = re.compile(rb"(a\d+ )?(CAPABILITY|CAPA|STARTTLS|STLS|LOGOUT|QUIT)|"
                     rb"(EHLO|LHLO|HELO) [\w.:\[\]-]+")
SECRETS = [b"asterix", b"gaul"] + [
    base64.b64encode(s).rstrip(b"=") for s in (
        b"asterix", b"gaul", b"\0asterix\0gaul", b"asterix\0asterix\0gaul")]


def per(imap=None, pop3=None, smtp=None, lmtp=None):
    """Octets for each protocol; LMTP says what SMTP says."""
    words = {"imap": imap, "pop3": pop3, "smtp": smtp, "lmtp": lmtp or smtp}
    return {p: w for p, w in words.items() if w is not None}


def offer(protocol, *words):
    """The reply that lists capabilities; all of them tempt to log in."""
    if protocol == "imap":
        return (b"* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=CRAM-MD5 %s\r\n"
                b"%%t OK done\r\n" % b" ".join(words))
    if protocol == "pop3":
        return b"+OK\r\nUSER\r\nSASL PLAIN CRAM-MD5\r\n%s.\r\n" % b"".join(
            w + b"\r\n" for w in words)
    return b"250-bait.test\r\n%s250 AUTH PLAIN LOGIN CRAM-MD5\r\n" % b"".join(
        b"250-" + w + b"\r\n" for w in words)


def offered(protocol):
    return offer(protocol, VERB[protocol].encode())


YES = per(b"%t OK go\r\n", b"+OK go\r\n", b"220 go\r\n")
# What somebody would have the client believe, said behind the consent.
MORE = {
    "a reply": per(b"a3 OK evil\r\n", b"+OK evil\r\n", b"250 evil\r\n"),
    "a refusal": per(b"* NO [ALERT] evil\r\n", b"-ERR [SYS/PERM] evil\r\n",
                     b"550 5.1.1 evil\r\n"),
    "capabilities": per(b"* CAPABILITY IMAP4rev1 XEVIL\r\na3 OK evil\r\n",
                        b"+OK\r\nXEVIL\r\n.\r\n",
                        b"250-evil\r\n250 XEVIL\r\n"),
    "last words": per(b"* BYE evil\r\n", b"-ERR evil\r\n", b"421 evil\r\n"),
    "half a line": per(b"* OK ev", b"+OK ev", b"250-ev"),
    "one octet": per(b"*", b"+", b"2"),
    "a line end": per(b"\r\n", b"\r\n", b"\r\n"),
    "a NUL": per(b"\0", b"\0", b"\0"),
    "a login": per(b"a3 OK [CAPABILITY IMAP4rev1] in\r\na4 OK evil\r\n",
                   b"+OK\r\n.\r\n+OK\r\n+OK evil\r\n",
                   b"250 evil\r\n235 evil\r\n"),
    "a mailbox": per(b'* LIST () "/" evil\r\n* STATUS evil (MESSAGES 6)\r\n'),
    "more of the reply": per(smtp=b"220-evil\r\n220 evil\r\n",
                             pop3=b"evil\r\n.\r\n"),
}
# What somebody would have it believe, said before; none of it ends anything.
BAIT = (b"* STATUS evil (MESSAGES 66 UNSEEN 66)\r\n* LIST () \"/\" evil\r\n"
        b"* LSUB () \"/\" evil\r\n* SEARCH 66\r\n* FLAGS (evil)\r\n"
        b"* 66 EXISTS\r\n* 66 RECENT\r\n* 66 EXPUNGE\r\n"
        b"* 66 FETCH (FLAGS (evil) UID 66)\r\n* ENABLED UTF8=ACCEPT\r\n"
        b"* CAPABILITY IMAP4rev1 STARTTLS XEVIL\r\n* NO [ALERT] evil\r\n"
        b"* BAD evil\r\n* OK [UIDVALIDITY 66] evil\r\n* BYE evil\r\n"
        b"* OK [REFERRAL imap://evil.test/] evil\r\n+ evil\r\n")

Attack = collections.namedtuple(
    "Attack", "name protocol answers status said typed slow",
    defaults=(None, False))  # typed: its status, and False for not at all


STRIPPED = (r"no (STARTTLS|STLS) on offer: .*someone on the way took the "
            r"offer away")
INJECTED = "clear text behind its consent to TLS"
UNASKED = "nobody|none was due"


def stripped():
    for p in PROTOCOLS:
        word = VERB[p].encode()
        yield "offer taken away", p, {ASK[p]: [say(offer(p))]}
        yield "word like it", p, {ASK[p]: [say(offer(
            p, word + b"X", b"X" + word, b"START-TLS"))]}
    yield "EHLO refused, HELO taken", "smtp", {
        "EHLO": [say(b"502 5.5.1 what?\r\n")]}
    yield "CAPA refused", "pop3", {"CAPA": [say(b"-ERR what?\r\n")]}
    yield "greeting without it", "imap", {"": [say(
        b"* OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5 LOGINDISABLED] hi\r\n")]}


def blinded():
    """The question what there is, refused."""
    yield "CAPABILITY refused", "imap", {
        "CAPABILITY": [say(b"%t BAD what?\r\n")]}
    yield "LHLO refused", "lmtp", {"LHLO": [say(b"502 5.5.1 what?\r\n")]}
    for code in (b"354", b"421", b"501", b"504", b"530", b"550"):
        yield f"EHLO {code.decode()}", "smtp", {
            "EHLO": [say(code + b" what?\r\n")]}


def refused():
    for name, no in (
            ("refused", per(b"%t NO evil\r\n", b"-ERR evil\r\n",
                            b"454 4.7.0 evil\r\n")),
            ("not known", per(b"%t BAD evil\r\n", b"-ERR [SYS/PERM] evil\r\n",
                              b"502 5.5.1 evil\r\n")),
            ("refused at length", per(
                b"* OK [ALERT] evil\r\n%t NO [UNAVAILABLE] evil\r\n",
                b"-ERR [SYS/TEMP] evil\r\n", b"530-evil\r\n530 evil\r\n")),
            ("sent elsewhere", per(
                b"%t NO [REFERRAL imap://evil.test/] evil\r\n",
                smtp=b"551 5.7.1 evil; try <evil@evil.test>\r\n"))):
        for p, words in no.items():
            yield name, p, {VERB[p]: [say(words)]}


def wrong():
    """Answers that are none."""
    for name, answer in (
            ("a tag nobody sent", per(b"a99 OK go\r\n")),
            ("a number nobody knows", per(smtp=b"999 go\r\n")),
            ("a continuation", per(pop3=b"+ go\r\n", smtp=b"354 go\r\n")),
            ("garbage", per(b"go!\r\n", b"go!\r\n", b"go!\r\n")),
            ("an empty line", per(b"\r\n", b"\r\n", b"\r\n")),
            ("another protocol's", per(b"+OK go\r\n", b"220 go\r\n",
                                       b"a2 OK go\r\n"))):
        for p, words in answer.items():
            yield name, p, {VERB[p]: [say(words), silence]}


def injected():
    for name, more in MORE.items():
        for p, words in more.items():
            yield f"{name} behind the consent", p, {
                VERB[p]: [say(YES[p] + words), silence]}
    yield "a literal behind the consent", "imap", {"STARTTLS": [
        say(b"%t OK {4}\r\nevil\r\n"), silence]}
    yield "the consent twice", "imap", {"STARTTLS": [
        say(b"%t OK go\r\n%t OK go\r\n"), silence]}


def early():
    """Answers to what was not asked yet."""
    for p in PROTOCOLS:
        yes = YES[p].replace(b"%t", b"a2")
        yield "the consent ahead", p, {ASK[p]: [say(offered(p) + yes)]}
        yield "all of it in the greeting", p, {"": [say(
            {"imap": b"* OK hi\r\n", "pop3": b"+OK hi\r\n",
             "smtp": b"220 hi\r\n", "lmtp": b"220 LMTP\r\n"}[p] +
            offered(p).replace(b"%t", b"a1") + yes)]}


def late():
    """Clear text where a ServerHello is due, and other ends."""
    for p in PROTOCOLS:
        for name, steps in (
                ("clear text in place of TLS",
                 [pause(0.1), say(MORE["a refusal"][p])]),
                ("half a line in place of TLS",
                 [pause(0.1), say(MORE["half a line"][p]), silence]),
                ("an alert in place of TLS",
                 [pause(0.1), say(b"\x15\x03\x03\0\x02\x02\x28"), silence]),
                ("a record of clear text",
                 [pause(0.1), say(b"\x17\x03\x03\0\x06* OK\r\n"), silence]),
                ("garbage in place of TLS",
                 [say(b"\x16\x03\x01garbage" * 100), silence])):
            yield name, p, {VERB[p]: [say(YES[p]), *steps]}


def lost():
    for p in PROTOCOLS:
        yield "an end in place of an answer", p, {VERB[p]: [hang_up]}
        yield "an end in place of TLS", p, {
            VERB[p]: [say(YES[p]), pause(0.1), hang_up]}


def hanging():
    for p in PROTOCOLS:
        yield "no answer", p, {VERB[p]: [silence]}
        yield "no TLS", p, {VERB[p]: [say(YES[p]), silence]}
    yield "untagged consent", "imap", {
        "STARTTLS": [say(b"* OK go\r\n"), silence]}
    yield "a continuation", "imap", {"STARTTLS": [say(b"+ go\r\n"), silence]}
    yield "more of a reply that never ends", "smtp", {
        "STARTTLS": [say(b"220-go\r\n"), silence]}


def preauth():
    for code in (b"", b"[CAPABILITY IMAP4rev1 STARTTLS] ",
                 b"[REFERRAL imap://evil.test/] ", b"[ALERT] "):
        yield f"PREAUTH {code.decode()}", "imap", {
            "": [say(b"* PREAUTH %sevil\r\n" % code)]}


KINDS = (
    # attacks, exit status, what the one line says, exit status if typed
    (stripped, TLS, STRIPPED, False),
    (blinded, (REFUSED, LATER, PROTOCOL), r"what\?", False),
    (refused, TLS, r"(STARTTLS|STLS): .*evil.*TLS was refused",
     (REFUSED, LATER, PROTOCOL)),
    (wrong, PROTOCOL, ".", None),
    (injected, PROTOCOL, INJECTED, None),
    (early, PROTOCOL, UNASKED, False),
    (late, TLS, "TLS", None),
    (lost, (LOST, TLS), "hung up|connection lost|TLS", None),
    (hanging, LOST, "no word from the server|TLS handshake is not over", None),
    (preauth, TLS, "PREAUTH, so no TLS", False),
)


def attacks():
    for kind, status, said, typed in KINDS:
        for name, protocol, answers in kind():
            if ASK[protocol] not in answers:
                answers = {ASK[protocol]: [say(offered(protocol))], **answers}
            yield Attack(name, protocol, answers, status, said, typed,
                         kind is hanging)


LUA = """
local c = postel.connect {url = "%s", starttls = "require"}
print(c.tls, c.state)"""

# How postel is used: a URL where TLS is required, one where it is not, a
# script, HOST PORT, and the verb as a person types it.
WAYS = {
    "require": lambda s: [s.url(tail="?starttls=require"), "-c", "NOOP"],
    "auto": lambda s: [s.url(host=OFF_LOOPBACK), "-c", "NOOP"],
    "script": lambda s: ["-e", LUA % s.url()],
    "port": lambda s: ["--starttls=require", OFF_LOOPBACK, str(s.port), "-c",
                       "NOOP"],
    "typed": lambda s: [
        s.url(login="", tail="?starttls=no", host=OFF_LOOPBACK),
        "-c", VERB[s.protocol], "-c", "NOOP"],
}


class MiddleCase(TlsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.context = cls.authority.context()

    def assertNothingLeft(self, server, why):
        """Nothing went out in clear beyond what asks for TLS."""
        for secret in SECRETS:
            self.assertNotIn(secret, server.clear, why)
        for line in bytes(server.clear).split(b"\x16\x03")[0].splitlines():
            self.assertIsNotNone(ALLOWED.fullmatch(line),
                                 f"{line} went out\n{why}")
        self.assertEqual(server.connections, 1, why)


class Attacked(MiddleCase):
    """What ends the connection."""

    def attack(self, attack, way):
        with Hostile(attack.protocol, attack.answers) as server:
            result = self.postel(
                "-q", self.ca, f"--timeout={1 if attack.slow else 20}",
                *WAYS[way](server))
        why = f"{attack.protocol}, {attack.name}, {way}\n{result}"
        self.assertNothingLeft(server, why)
        self.assertLess(result.seconds, 15, why)
        if way == "typed" and attack.typed:  # what was asked is shown
            self.assertIn(result.status, attack.typed, why)
            self.assertRegex(result.out + result.err, b"evil", why)
        else:
            self.assertNotRegex(result.out, rb"\bev(il)?\b", why)
            self.assertFailed(result, attack.status, attack.said)

    def test_in_each_way(self):
        tried = [(a, way) for a in attacks() for way in WAYS
                 if way != "typed" or a.typed is not False]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for (attack, way), done in [
                    (t, pool.submit(self.attack, *t)) for t in tried]:
                with self.subTest(f"{attack.protocol}, {attack.name}, {way}"):
                    done.result()
        self.assertGreater(len(tried), 400)

    def test_refused_on_loopback(self):
        """Who offers TLS and refuses it is no server that has none, and behind
        a loopback address may be a tunnel."""
        for name, protocol, answers in refused():
            answers = {ASK[protocol]: [say(offered(protocol))], **answers}
            with self.subTest(protocol=protocol, name=name), \
                    Hostile(protocol, answers) as server:
                self.fails(TLS, "TLS was refused; .*starttls=no", "-q",
                           server.url(), "-c", "NOOP")
                self.assertNothingLeft(server, name)


def in_clear(steps, later):
    """The first steps until TLS is there, the others under it."""
    def step(peer):
        for one in later if isinstance(peer.sock, ssl.SSLSocket) else steps:
            one(peer)
    return [step]


def believed():
    """Lies in clear that end nothing: what is said under TLS counts."""
    greetings = per(b"* OK [CAPABILITY IMAP4rev1 STARTTLS XEVIL] evil\r\n",
                    b"+OK evil <66.66@evil.test>\r\n",
                    b"220-evil\r\n220 evil\r\n",
                    b"220-LMTP evil\r\n220 LMTP evil\r\n")
    for p in PROTOCOLS:
        yield "a greeting", p, {"": [say(greetings[p])]}
        yield "an offer", p, {ASK[p]: in_clear(
            [say(offer(p, VERB[p].encode(), b"XEVIL"))], UNDER_TLS[p])}
    yield "an offer in small letters", "imap", {"CAPABILITY": in_clear(
        [say(b"* capability imap4REV1 starttls xevil\r\n%t ok\r\n")],
        UNDER_TLS["imap"])}
    yield "a reply in lines", "smtp", {"STARTTLS": [
        say(b"220-evil\r\n220-evil\r\n220 evil\r\n")]}
    yield "responses behind the greeting", "imap", {
        "": [say(b"* OK hi\r\n" + BAIT)]}
    yield "responses with the offer", "imap", {"CAPABILITY": in_clear(
        [say(BAIT + offered("imap"))], UNDER_TLS["imap"])}
    yield "responses with the consent", "imap", {
        "STARTTLS": [say(BAIT + b"%t OK [ALERT] evil\r\n")]}
    yield "an alert in the greeting", "imap", {
        "": [say(b"* OK [ALERT] evil\r\n")]}
    yield "a referral in the greeting", "imap", {
        "": [say(b"* OK [REFERRAL imap://evil.test/] evil\r\n")]}


UNDER_TLS = {
    "imap": HONEST["imap"]["CAPABILITY"], "pop3": HONEST["pop3"]["CAPA"],
    "smtp": [say(b"250-bait.test\r\n250 AUTH PLAIN\r\n")],
    "lmtp": [say(b"250-bait.test\r\n250 AUTH PLAIN\r\n")]}

ASKED = """
local seen = 0
c:on("*", function() seen = seen + 1 end)
c:call "NOOP"
print(c.tls ~= nil, c.state, c:capability "XEVIL", c.stamp, seen)
"""
STATE = {"imap": b"authenticated", "pop3": b"transaction", "smtp": b"ready",
         "lmtp": b"ready"}


class Forgotten(MiddleCase):
    """What does not end the connection is forgotten under TLS."""

    def meet(self, protocol, answers):
        yes = answers.get(VERB[protocol], [say(YES[protocol])])
        return self.enterContext(Hostile(protocol, {
            ASK[protocol]: in_clear([say(offered(protocol))],
                                    UNDER_TLS[protocol]),
            "AUTH": [say(b"235 2.7.0 in\r\n")], **answers,
            VERB[protocol]: [*yes, start_tls(self.context)]}))

    def each(self, play):
        """Calls play(server) with each liar."""
        for name, protocol, answers in believed():
            with self.subTest(f"{protocol}, {name}"):
                server = self.meet(protocol, answers)
                play(server)
                self.assertNothingLeft(server, name)

    def test_by_a_batch(self):
        def play(server):
            for way in ("require", "auto"):
                result = self.done(self.ca, *WAYS[way](server))
                self.assertNotIn(b"evil", result.out + result.err, result)
                self.assertTrue(server.said(b"LOGIN|PASS|AUTH"))
                server.connections = 1
        self.each(play)

    def test_by_a_script(self):
        def play(server):
            result = self.done(self.ca, "-e", LUA % server.url() + ASKED)
            self.assertEqual(
                result.out.splitlines()[-1],
                b"true\t%s\tnil\tnil\t0" % STATE[server.protocol], result)
            self.assertNotIn(b"evil", result.out.lower(), result)
        self.each(play)

    def test_as_typed(self):
        """What came in clear is shown before the consent, nothing behind."""
        def play(server):
            ask = ASK[server.protocol] + (
                " x" if "mtp" in server.protocol else "")
            result = self.done(
                self.ca, server.url(login="", tail="?starttls=no"), "-c", ask,
                "-c", VERB[server.protocol],
                "-c", "=conn:capability 'XEVIL', conn.stamp", "-c", "NOOP")
            self.assertEqual(result.out.splitlines()[-2], b"nil\tnil", result)
            self.assertRegex(result.out, rb"(OK|ok)[^\n]*\n\Z", result)
        self.each(play)

    def test_at_a_terminal(self):
        def play(server):
            screen = self.enterContext(Terminal(
                self.home, self.ca, server.url(tail="?starttls=require")))
            screen.expect(r"s asterix@127[^\r\n]* > $")
            screen.line("NOOP")
            screen.expect(r"(?i)ok[^\r\n]*\r\n[^\r\n]* > $")
            screen.type("\x04")
            self.assertEqual(screen.wait(), DONE)
            self.assertNotIn(b"evil", screen.seen)
        self.each(play)

    def test_recorded_from_a_host_and_a_port(self):
        """The script begins TLS, as --starttls=require did."""
        for protocol in PROTOCOLS:
            server = self.meet(protocol, {})
            script = self.home.path / f"{protocol}.lua"
            self.done("--starttls=require", self.ca, "-c", f":record {script}",
                      "-c", f":open 127.0.0.1 {server.port}", "-c", "NOOP")
            self.assertNotIn(b"NOOP", server.clear)
            server.clear.clear()
            self.done(self.ca, script)
            self.assertNotIn(b"NOOP", server.clear)
            server.connections = 1
            self.assertNothingLeft(server, script.read_text())
            self.assertEqual(
                sum(b"NOOP" in line for line in server.heard), 2)

    def test_last_words_counts_and_encoding(self):
        """A BYE in clear explains no later end; UTF8=ACCEPT is forgotten."""
        server = self.meet("imap", {
            "CAPABILITY": in_clear([say(BAIT + offered("imap"))],
                                   UNDER_TLS["imap"]),
            "SELECT": [say(b"%t OK\r\n")],
            "NOOP": [lambda peer: peer.sock.unwrap(), hang_up]})
        result = self.postel(
            "-q", self.ca, server.url(tail="?starttls=require"), "-e",
            'local b = conn:select "\u00e9" print(b.exists, b.uidvalidity)',
            "-c", "NOOP")
        self.assertEqual(result.out, b"0\t0\n", result)
        self.assertTrue(server.said(rb"SELECT &AOk-$"), server.heard)
        self.assertFailed(result, LOST, "hung up")
        self.assertNotIn(b"evil", result.err, result)


class WithoutTls(MiddleCase):
    """Off loopback, where no TLS is to be had."""

    CRAM = [say(b"+ PDEuMkBiYWl0LnRlc3Q+\r\n"), read_line,
            say(b"%t OK in\r\n")]

    def serve(self, *words, **answers):
        return self.enterContext(Hostile("imap", {
            "CAPABILITY": [say(b"* CAPABILITY IMAP4rev1 %s\r\n%%t OK\r\n"
                               % b" ".join(words))],
            "AUTHENTICATE": self.CRAM, **answers}))

    def test_no_mechanism_makes_up_for_it(self):
        """What hides the password does not hide the mail."""
        server = self.serve(b"AUTH=CRAM-MD5")
        self.fails(TLS, STRIPPED + ".*starttls=no", "-q",
                   server.url(host=OFF_LOOPBACK), "-c", "NOOP")
        self.assertNothingLeft(server, "auto")
        server.connections = 0
        self.fails(TLS, STRIPPED, "-e", f"""
            local c = postel.connect "{server.url('', host=OFF_LOOPBACK)}"
            c:login {{user = "asterix", password = "gaul"}}""")
        self.assertNothingLeft(server, "a login by a script")

    def test_login_of_a_script_before_the_offer_is_taken(self):
        server = self.serve(b"AUTH=CRAM-MD5", b"STARTTLS")
        self.fails(TLS, "STARTTLS was not done", "-e", f"""
            local c = postel.connect("{server.url('', host=OFF_LOOPBACK)}",
                {{raw = true}})
            c:login {{user = "asterix", password = "gaul"}}""")
        self.assertNothingLeft(server, "a raw connection")

    def test_where_it_is_meant(self):
        server = self.serve(b"AUTH=CRAM-MD5")
        self.done(server.url(host=OFF_LOOPBACK, tail="?starttls=no"), "-c",
                  "NOOP")
        self.assertTrue(server.said(b"AUTHENTICATE CRAM-MD5"), server.heard)
        self.done("--starttls=no", "-e", f"""
            local c = postel.connect "{server.url('', host=OFF_LOOPBACK)}"
            c:login {{user = "asterix", password = "gaul"}}""")
        server = self.serve(b"AUTH=PLAIN", AUTHENTICATE=[
            say(b"+ \r\n"), read_line, say(b"%t OK\r\n")])
        self.fails(AUTH, "would go in clear", "-q", server.url(
            host=OFF_LOOPBACK, tail="?starttls=no"), "-c", "NOOP")
        self.assertNothingLeft(server, "a clear password")
        self.done(server.url(host=OFF_LOOPBACK, tail="?insecure"), "-c",
                  "NOOP")

    def test_it_is_told(self):
        """By a note, and by the prompt; on loopback there is no danger."""
        server = self.serve()
        for words in ([server.url("", host=OFF_LOOPBACK)],
                      [OFF_LOOPBACK, server.port]):
            result = self.done(*words, "-c", "NOOP")
            self.assertIn("no TLS: whoever is on the way can read and change "
                          "this session; :tls says more", result.lines)
            screen = self.enterContext(Terminal(self.home, *words))
            screen.expect(r"no TLS: .*imap! [^\r\n]* > $")
        for words in ([server.url("")], ["127.0.0.1", server.port]):
            self.assertNotIn(b"no TLS", self.done(*words, "-c", "NOOP").err)


class AtATerminal(MiddleCase):
    def test_what_ends_it_is_told(self):
        """One attack of each kind, and the exit status."""
        seen = set()
        for attack in attacks():
            kind = (attack.protocol, attack.status, attack.said)
            if kind in seen or attack.slow:
                continue
            seen.add(kind)
            with self.subTest(f"{attack.protocol}, {attack.name}"), \
                    Hostile(attack.protocol, attack.answers) as server:
                screen = self.enterContext(Terminal(
                    self.home, self.ca, server.url(host=OFF_LOOPBACK)))
                screen.expect(attack.said)
                self.assertIn(screen.wait(), attack.status if isinstance(
                    attack.status, tuple) else (attack.status,))
                self.assertNothingLeft(server, screen.seen)
