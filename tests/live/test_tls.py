"""TLS by port and by upgrade: what is trusted, and what is not."""

import hostile
from authority import Authority, TlsCase
from harness import DONE, TLS, USAGE
from servers import Dovecot, Exim


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

    def test_authority_and_pin_as_settings(self):
        url = next(self.urls())
        pin = self.authority.fingerprint()
        for setting in (f"ca {self.authority.ca}", f"fingerprint {pin}"):
            self.done("-c", f":set {setting}", "-c", f":open {url}",
                      "-c", "NOOP")
        self.fails(TLS, "no trusted authority", "-c",
                   f":set ca {self.authority.ca}", "-c", ":set ca system",
                   "-c", f":open {url}")
        self.fails(USAGE, "it is SHA256 . none", "-c", ":set fingerprint x")

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


class Cut(TlsCase):
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
