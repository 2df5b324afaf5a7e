"""TLS by port and by upgrade: what is trusted, and what is not."""

import hostile
from authority import Authority
from harness import DONE, PROTOCOL, TLS, LiveCase
from servers import Dovecot, Exim


class TlsCase(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = cls.enterClassContext(Authority())
        cls.ca = f"--ca={cls.authority.ca}"


class Trust(TlsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = {
            cert: (cls.with_server(Dovecot(authority=cls.authority,
                                           cert=cert)),
                   cls.with_server(Exim(authority=cls.authority, cert=cert)))
            for cert in Authority.NAMES}

    def urls(self, cert="localhost"):
        """By implicit TLS, and by upgrade, in each protocol."""
        dovecot, exim = self.servers[cert]
        upgrade = "?starttls=require"
        yield dovecot.url("imaps")
        yield dovecot.url("pop3s")
        yield exim.url("smtps", user="asterix")
        yield dovecot.url("imap", tail=upgrade)
        yield dovecot.url("pop3", tail=upgrade)
        yield exim.url("smtp", user="asterix", tail=upgrade)

    def test_private_authority(self):
        for url in self.urls():
            with self.subTest(url):
                self.done(self.ca, url, "-c", "NOOP")
                self.done(self.ca, url.replace("127.0.0.1", "localhost"),
                          "-c", "NOOP")

    def test_unknown_authority(self):
        for url in self.urls():
            with self.subTest(url):
                self.fails(TLS, "(?i)certificate|issuer", url, "-c", "NOOP")

    def test_wrong_name(self):
        for url in self.urls("elsewhere"):
            with self.subTest(url):
                self.fails(TLS, "it is not for", self.ca, url,
                           "-c", "NOOP")

    def test_expired(self):
        for url in self.urls("expired"):
            with self.subTest(url):
                self.fails(TLS, "(?i)expired", self.ca, url, "-c", "NOOP")

    def test_insecure_when_told(self):
        for url in self.urls("expired"):
            with self.subTest(url):
                self.done("--insecure", url, "-c", "NOOP")

    def test_upgrade_by_hand(self):
        dovecot, exim = self.servers["localhost"]
        cases = ((dovecot.url("imap", tail="?starttls=no"), "STARTTLS"),
                 (dovecot.url("pop3", tail="?starttls=no"), "STLS"),
                 (exim.url(tail="?starttls=no"), "STARTTLS"))
        for url, verb in cases:
            with self.subTest(url):
                bare = url.replace("asterix:gaul@", "")
                greet = ["-c", "EHLO c.test"] if "smtp" in url else []
                self.done(self.ca, bare, *greet, "-c", verb, *greet, "-c",
                          "NOOP" if verb == "STARTTLS" else "CAPA")
                self.fails(TLS, "(?i)certificate|issuer", bare, "-q", *greet,
                           "-c", verb, "-c", "NOOP")

    def test_scripts_over_tls(self):
        dovecot, exim = self.servers["localhost"]
        dovecot.inbox("asterix").put(b"Subject: x\n\nbody\n")
        self.done("transfer", self.ca, dovecot.url("pop3s"),
                  exim.url("smtps"), "--to", "obelix@mail.test", "--delete")
        exim.wait_delivered("obelix", 1)
        self.assertEqual(len(dovecot.inbox("asterix")), 0)

    def test_plain_server_behind_a_tls_url(self):
        dovecot, _ = self.servers["localhost"]
        url = f"imaps://127.0.0.1:{dovecot.imap}"
        self.fails(TLS, ".", self.ca, url, "-c", "NOOP")

    def test_tls_server_behind_a_plain_url(self):
        """Both wait: the deadline ends it."""
        dovecot, _ = self.servers["localhost"]
        url = f"imap://127.0.0.1:{dovecot.imaps}"
        result = self.postel(self.ca, url, "--timeout=2", "-c", "NOOP")
        self.assertNotEqual(result.status, DONE, result)
        self.assertLess(result.seconds, 6)


class Attacked(TlsCase):
    """Someone in the middle, before TLS (NO STARTTLS, USENIX 2021)."""

    REQUIRE = "?starttls=require"
    VERBS = {"imap": "STARTTLS", "pop3": "STLS", "smtp": "STARTTLS"}
    OFFERS = {
        "imap": {"CAPABILITY": [hostile.say(
            b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n%t OK\r\n")]},
        "pop3": {"CAPA": [hostile.say(b"+OK\r\nSTLS\r\nUSER\r\n.\r\n")]},
        "smtp": {"EHLO": [hostile.say(
            b"250-bait.test\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n")]},
    }
    YES = {"imap": b"%t OK go\r\n", "pop3": b"+OK go\r\n",
           "smtp": b"220 go\r\n"}
    MORE = {"imap": b"* OK injected\r\n", "pop3": b"+OK injected\r\n",
            "smtp": b"250 injected\r\n"}

    def attack(self, protocol, steps=None, offer=True, tail=REQUIRE):
        answers = dict(self.OFFERS[protocol]) if offer else {}
        if steps:
            answers[self.VERBS[protocol]] = steps
        with hostile.Hostile(protocol, answers) as server:
            result = self.postel(self.ca, server.url(tail=tail), "-q",
                                 "--timeout=3", "-c", "NOOP")
        self.assertFalse(server.said(rb"(?i)LOGIN|PASS|USER|AUTH|gaul"),
                         f"{result}\n{server.heard}")
        return result, server

    def test_not_offered(self):
        for protocol in self.VERBS:
            with self.subTest(protocol):
                result, _ = self.attack(protocol, offer=False)
                self.assertFailed(result, TLS, "(?i)tls")

    def test_refused(self):
        no = {"imap": b"%t NO\r\n", "pop3": b"-ERR\r\n", "smtp": b"454 no\r\n"}
        for protocol in self.VERBS:
            with self.subTest(protocol):
                result, _ = self.attack(protocol, [hostile.say(no[protocol])])
                self.assertFailed(result, TLS, "(?i)tls")

    def test_capabilities_refused(self):
        """EHLO or CAPA refused, so that the offer cannot be seen."""
        with hostile.Hostile("smtp", {
                "EHLO": [hostile.say(b"502 5.5.1 what?\r\n")],
                "STARTTLS": [hostile.say(b"502 5.5.1 what?\r\n")]}) as server:
            result = self.postel(self.ca, server.url(tail=self.REQUIRE), "-q",
                                 "-c", "NOOP")
        self.assertFailed(result, TLS, "(?i)tls")
        self.assertFalse(server.said(b"(?i)AUTH"))

    def test_preauth(self):
        with hostile.Hostile("imap", {
                "": [hostile.say(b"* PREAUTH hello\r\n")]}) as server:
            result = self.postel(self.ca, server.url(tail=self.REQUIRE), "-q",
                                 "-c", "NOOP")
        self.assertFailed(result, TLS, "(?i)tls")

    def test_preauth_is_no_login_of_the_user_in_the_clear(self):
        """127.1 is this machine, but no loopback address by its name."""
        with hostile.Hostile("imap", {
                "": [hostile.say(b"* PREAUTH hello\r\n")]}) as server:
            result = self.postel(server.url().replace("127.0.0.1", "127.1"),
                                 "-q", "-c", "NOOP")
        self.assertFailed(result, TLS, "PREAUTH")
        self.assertEqual(server.heard, [])

    def test_replies_injected_behind_the_yes(self):
        for protocol in self.VERBS:
            with self.subTest(protocol):
                result, _ = self.attack(protocol, [
                    hostile.say(self.YES[protocol] + self.MORE[protocol]),
                    hostile.start_tls(self.authority.context())])
                self.assertFailed(result, (TLS, PROTOCOL), ".")
                self.assertNotIn(b"injected", result.out)

    def test_garbage_instead_of_a_handshake(self):
        for protocol in self.VERBS:
            with self.subTest(protocol):
                result, _ = self.attack(protocol, [
                    hostile.say(self.YES[protocol]), hostile.read_line,
                    hostile.say(b"\x16\x03\x01garbage" * 100)])
                self.assertFailed(result, (TLS, PROTOCOL), ".")

    def test_handshake_that_stalls(self):
        result, _ = self.attack("imap", [
            hostile.say(self.YES["imap"]), hostile.silence])
        self.assertFailed(result, (TLS, 9), ".")
        self.assertLess(result.seconds, 8)

    def test_capabilities_are_asked_again(self):
        """What was said before TLS is forgotten under it."""
        answers = dict(self.OFFERS["imap"])
        answers["STARTTLS"] = [hostile.say(self.YES["imap"]),
                               hostile.start_tls(self.authority.context())]
        with hostile.Hostile("imap", answers) as server:
            self.postel(self.ca, server.url(tail=self.REQUIRE),
                        "--timeout=3", "-c", "NOOP")
        asked = [h for h in server.heard if b"CAPABILITY" in h.upper()]
        upgraded = [i for i, h in enumerate(server.heard)
                    if b"STARTTLS" in h.upper()]
        self.assertEqual(len(upgraded), 1, server.heard)
        self.assertTrue(any(server.heard.index(h) > upgraded[0]
                            for h in asked), server.heard)

    def test_nothing_said_before_tls_is_known_after_it(self):
        """Alerts, last words, UTF8=ACCEPT, counts, UIDVALIDITY."""
        first = [hostile.say(
            b"* ENABLED UTF8=ACCEPT\r\n* BYE evil\r\n"
            b"* OK [ALERT] evil\r\n* 77 EXISTS\r\n"
            b"* OK [UIDVALIDITY 666] evil\r\n"
            b"* CAPABILITY IMAP4rev1 STARTTLS\r\n%t OK\r\n")]
        later = hostile.HONEST["imap"]["CAPABILITY"]
        answers = {
            "CAPABILITY": [lambda peer: (first or later[:]).pop()(peer)],
            "STARTTLS": [hostile.say(self.YES["imap"]),
                         hostile.start_tls(self.authority.context())],
            "SELECT": [hostile.say(b"%t OK\r\n")],
            "NOOP": [lambda peer: peer.sock.unwrap(), hostile.hang_up]}
        with hostile.Hostile("imap", answers) as server:
            result = self.postel(
                self.ca, server.url(tail=self.REQUIRE), "--timeout=3",
                "-e", 'local b = conn:select "\u00e9" '
                "print(b.exists, b.uidvalidity)", "-c", "NOOP")
        self.assertNotIn(b"evil", result.out + result.err, result)
        self.assertEqual(result.out, b"0\t0\n", result)
        self.assertTrue(server.said(rb"SELECT &AOk-$"), server.heard)
        self.assertFailed(result, 9, ".")

    def test_truncated_connection_is_no_success(self):
        """TLS ends without close_notify in the middle of a body."""
        answers = {"RETR": [hostile.say(b"+OK\r\nSubject: cut\r\n\r\nha"),
                            hostile.reset]}
        path = self.home.path / "cut.eml"
        with hostile.Hostile("pop3", answers, self.authority.context()) as server:
            result = self.postel(self.ca, server.url(scheme="pop3s"), "-q",
                                 "-c", f"RETR 1 :> {path}")
        self.assertFailed(result, (9, TLS), ".")
        self.assertFalse(path.exists(), "no partial file under the name")
