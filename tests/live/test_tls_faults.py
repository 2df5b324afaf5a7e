"""What is said of a bad certificate, a handshake that fails, and pins."""

import ssl
import subprocess

import hostile
from authority import Authority, TlsCase
from harness import DONE, LOST, TLS, USAGE

GREETED = {"imap": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n%t OK\r\n",
           "pop3": b"+OK\r\nSTLS\r\nUSER\r\n.\r\n",
           "smtp": b"250-bait.test\r\n250 STARTTLS\r\n"}
GO = {"imap": b"%t OK go\r\n", "pop3": b"+OK go\r\n", "smtp": b"220 go\r\n"}
ASKS = {"imap": "CAPABILITY", "pop3": "CAPA", "smtp": "EHLO", "lmtp": "LHLO"}
BEGINS = {"imap": "STARTTLS", "pop3": "STLS", "smtp": "STARTTLS",
          "lmtp": "STARTTLS"}


def upgrading(protocol, context):
    """A server that begins TLS when it is asked to."""
    spoken = "smtp" if protocol == "lmtp" else protocol
    return hostile.Hostile(spoken, {
        ASKS[protocol]: [hostile.say(GREETED[spoken])],
        BEGINS[protocol]: [hostile.say(GO[spoken]),
                           hostile.start_tls(context)]})


class FaultCase(TlsCase):
    def colons(self, name):
        plain = self.authority.fingerprint(name).upper()
        return ":".join(plain[i:i + 2] for i in range(0, 64, 2))

    def hostile(self, *arguments):
        return self.enterContext(hostile.Hostile(*arguments))

    def told(self, result, status, *patterns):
        """The lines on standard error, one for each pattern."""
        self.assertEqual(result.status, status, result)
        self.assertEqual(len(result.lines), len(patterns), result)
        for line, pattern in zip(result.lines, patterns):
            self.assertRegex(line, pattern, result)
        self.assertNotRegex(result.err, rb"[\x00-\x08\x0b-\x1f\x7f]", result)


class Certificates(FaultCase):
    # Alternatives, other arguments, what is said, and how to go on.
    FAULTS = {
        "past": ("IP:127.0.0.1", {"dates": Authority.EXPIRED},
                 "it expired on 2020-02-01 00:00 UTC", "clock"),
        "future": ("IP:127.0.0.1", {"dates": Authority.FUTURE},
                   "it is not valid before 2090-01-01 00:00 UTC", "clock"),
        "other": ("DNS:a.test,IP:127.0.0.2", {},
                  r"it is not for 127\.0\.0\.1, but for a\.test, 127\.0\.0\.2",
                  "use a name that it has"),
        "star": ("DNS:*.0.0.1", {}, r"it is not for 127\.0\.0\.1, but for \*\.0\.0\.1",
                 "one whole label"),
        "nameless": ("", {}, "it names no server in subjectAltName, where "
                     r"127\.0\.0\.1 must be; its subject CN=nameless does not",
                     "owner must mend"),
        "client": ("IP:127.0.0.1", {"usage": "clientAuth"},
                   "it is for clients, not for servers", "owner must mend"),
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, (names, more, _, _) in cls.FAULTS.items():
            cls.authority.issue(name, names, **more)
        cls.authority.self_sign("itself")

    def refused(self, name, words, hint, *options):
        """In each protocol, in TLS from the first octet on and by upgrade."""
        context = self.authority.context(name)
        said = (f"certificate refused: {words}", hint)
        for protocol in ("imap", "pop3", "smtp"):
            with self.subTest(name, protocol=protocol + "s"), \
                    hostile.Hostile(protocol, None, context) as server:
                self.told(self.postel(*options, server.url(
                    scheme=protocol + "s"), "-c", "NOOP"), TLS, *said)
                self.assertEqual(server.heard, [])
        for protocol in BEGINS:
            with self.subTest(name, protocol=protocol), \
                    upgrading(protocol, context) as server:
                self.told(self.postel(*options, server.url(
                    scheme=protocol), "-c", "NOOP"), TLS, *said)
                self.assertFalse(server.said(b"gaul|LOGIN|AUTH|USER"))

    def test_faults(self):
        for name, (_, _, words, hint) in self.FAULTS.items():
            self.refused(name, words, hint, self.ca)

    def test_self_signed(self):
        self.refused("itself", "it is self-signed", "--ca=FILE.*"
                     f"--fingerprint={self.colons('itself')}", self.ca)

    def test_unknown_issuer(self):
        self.refused("localhost", "it was issued by CN=live test authority",
                     "--ca=FILE")

    def test_no_authorities_at_all(self):
        server = self.hostile("imap", None, self.authority.context())
        self.told(self.postel(
            server.url(scheme="imaps"), "-c", "NOOP",
            env={"SSL_CERT_FILE": "/nonexistent/a",
                 "SSL_CERT_DIR": "/nonexistent/b"}), TLS,
            "no authority is known: there are none in /nonexistent/a and "
            "/nonexistent/b", "package ca-certificates")

    def test_in_lua(self):
        server = self.hostile("imap", None, self.authority.context("past"))
        result = self.done(self.ca, "-e", f"""
            local ok, e = pcall(postel.connect, "{server.url(scheme='imaps')}")
            print(ok, e.kind, e.reason, e.fingerprint)
            print(e.hint ~= nil, e.message:find "expired" ~= nil)""")
        self.assertEqual(result.out.decode(), "false\ttls\texpired\t"
                         f"{self.colons('past')}\ntrue\ttrue\n")

    def test_by_hand(self):
        with upgrading("imap", self.authority.context("past")) as server:
            result = self.postel(
                self.ca, server.url(login="", tail="?starttls=no"), "-q",
                "-c", "STARTTLS", "-c", "NOOP")
        self.told(result, TLS, "STARTTLS: certificate refused: it expired",
                  "--fingerprint=")


class Pins(FaultCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority.self_sign("itself", "DNS:elsewhere.test")
        cls.pin = cls.authority.fingerprint("itself")

    def server(self, cert="itself"):
        server = self.hostile("imap", None, self.authority.context(cert))
        return server.url(login="", scheme="imaps")

    def test_holds(self):
        colons = self.colons("itself")
        for pin in (self.pin, self.pin.upper(), colons, colons.lower()):
            with self.subTest(pin):
                self.done(f"--fingerprint={pin}", self.server(), "-c", "NOOP")
                self.done(f"{self.server()}?fingerprint={pin}", "-c", "NOOP")

    def test_in_lua(self):
        self.home.file("init.lua", f"""postel.account {{name = "pinned",
            url = "{self.server()}", fingerprint = "{self.pin}"}}""")
        folder = self.home.path / "config" / "postel"
        folder.mkdir(parents=True)
        (self.home.path / "init.lua").rename(folder / "init.lua")
        result = self.done("pinned", "-e", "print(conn.tls.verified, "
                           "conn.tls.pinned, conn.tls.reason)", "-c", ":tls")
        self.assertIn(b"true\ttrue\tnil\n", result.out)
        self.assertIn(b"verified     yes: it is the one of the fingerprint",
                      result.out)
        self.done("-e", f"""local c <close> = postel.connect("{self.server()}",
            {{fingerprint = "{self.colons('itself')}"}})""")

    def test_another_certificate(self):
        """Even one that is good, and even if any is."""
        for more in ((), ("--insecure",)):
            self.told(self.postel(
                self.ca, *more, f"--fingerprint={self.pin}",
                self.server("localhost"), "-c", "NOOP"), TLS,
                "it is not the pinned one, whose fingerprint is "
                f"{self.colons('itself')}", "ask its owner")

    def test_another_in_lua_says_both(self):
        result = self.done(self.ca, "-e", f"""
            local ok, e = pcall(postel.connect, "{self.server('localhost')}",
                {{fingerprint = "{self.pin}"}})
            print(e.reason, e.fingerprint)""")
        self.assertEqual(result.out.decode(),
                         f"pin\t{self.colons('localhost')}\n")

    def test_by_upgrade(self):
        for protocol in BEGINS:
            with self.subTest(protocol), upgrading(
                    protocol, self.authority.context("itself")) as server:
                url = server.url(login="", scheme=protocol)
                self.done(f"--fingerprint={self.pin}", url, "-c", "NOOP")
                self.told(self.postel(f"--fingerprint={'0' * 64}", url, "-c",
                                      "NOOP"), TLS, "not the pinned", ".")

    def test_wants_tls(self):
        """Where there is none to be had nothing could be compared."""
        server = self.hostile("imap")
        self.told(self.postel(f"--fingerprint={self.pin}", server.url(), "-q",
                              "-c", "NOOP"), TLS, "no STARTTLS on offer")
        self.assertFalse(server.said(b"LOGIN|AUTH"))

    def test_malformed(self):
        form = "64 hexadecimal digits"
        for pin in ("", "00", self.pin[:-1], self.pin + "0", "z" + self.pin[1:],
                    self.colons("itself").replace(":", "-"),
                    "sha256:" + self.pin):
            with self.subTest(pin):
                self.fails(USAGE, form, f"--fingerprint={pin}",
                           "imaps://127.0.0.1", "-c", "NOOP")
                self.fails(USAGE, form,
                           f"imaps://127.0.0.1?fingerprint={pin}", "-c",
                           "NOOP")
                self.fails(USAGE, form, "inbox", f"--fingerprint={pin}",
                           "imaps://127.0.0.1")
        result = self.postel("-e", 'postel.connect("imaps://127.0.0.1", '
                             '{fingerprint = "ab"})')
        self.assertRegex(result.err.decode(), form)


class Handshakes(FaultCase):
    def context(self, version):
        context = self.authority.context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
        return context

    def test_old_servers(self):
        """Those of their time answer with their own version."""
        for minor, name in ((0, "SSL 3.0"), (1, "TLS 1.0"), (2, "TLS 1.1")):
            hello = bytes((3, minor)) + 32 * b"r" + b"\0\0\x2f\0"
            shake = b"\2" + len(hello).to_bytes(3, "big") + hello
            server = self.hostile("imap", {"": [hostile.say(
                bytes((22, 3, minor)) + len(shake).to_bytes(2, "big")
                + shake), hostile.silence]})
            self.told(self.postel(
                self.ca, server.url(scheme="imaps"), "-c", "NOOP"), TLS,
                f"the server speaks only {name}; TLS 1.2 is the least")

    def test_old_versions(self):
        """Newer ones that are set so see what we have, and tell by alert."""
        for version, name in ((ssl.TLSVersion.TLSv1, "1.0"),
                              (ssl.TLSVersion.TLSv1_1, "1.1")):
            for server in (hostile.Hostile("imap", None,
                                           self.context(version)),
                           upgrading("imap", self.context(version))):
                scheme = "imaps" if server.context else "imap"
                with self.subTest(name, scheme=scheme), server:
                    self.told(self.postel(
                        self.ca, server.url(scheme=scheme), "-c", "NOOP"),
                        TLS, "the server speaks neither TLS 1.2 nor 1.3",
                        "not safe")

    def test_plain_server_behind_a_tls_url(self):
        for protocol, greeting in (("imap", r"\* OK ready"),
                                   ("pop3", r"\+OK ready"),
                                   ("smtp", "220 bait.test")):
            server = self.hostile(protocol)
            self.told(self.postel(self.ca, server.url(scheme=protocol + "s"),
                                  "-c", "NOOP"), TLS,
                      f'the answer is not TLS, it begins with "{greeting}',
                      "without the s")

    def test_tls_server_behind_a_plain_url(self):
        server = self.hostile("imap", None, self.authority.context())
        result = self.postel(server.url(), "--timeout=1", "-c", "NOOP")
        self.told(result, LOST, "no word from the server for 1 s", "imaps://")
        self.assertLess(result.seconds, 5)

    def test_how_to_get_it(self):
        """What :tls says where there is none."""
        server = self.hostile("imap")
        result = self.done(server.url(login=""), "-c", ":tls")
        self.assertIn(b"does not offer STARTTLS; it may have TLS on another "
                      b"port: :open imaps://127.0.0.1\n", result.out)

    def test_stalled(self):
        def stall(peer):
            hostile.silence(peer)
        server = self.hostile("imap", {"": [stall]})
        result = self.postel(self.ca, server.url(scheme="imaps"),
                             "--timeout=1", "-c", "NOOP")
        self.told(result, LOST, "the TLS handshake is not over after 1 s")
        self.assertLess(result.seconds, 5)

    def test_dripping(self):
        server = self.hostile("imap", {
            "": [hostile.slow(b"\x16\x03\x03\x40\x00" + 99 * b"\x02", 0.3)]})
        result = self.postel(self.ca, server.url(scheme="imaps"),
                             "--timeout=1", "-c", "NOOP")
        self.told(result, LOST, "the TLS handshake is not over after 1 s")
        self.assertLess(result.seconds, 5)

    def test_garbled_and_cut(self):
        for data in (b"\x16\x03\x03\x00\x04\x02\x00\x00\x00",
                     b"\x16\x03\x03\xff\xff\xff\xff",
                     b"\x15\x03\x03\x00\x02\x02\x28", b"\x16\x03", b""):
            server = self.hostile("imap", {
                "": [hostile.say(data), lambda peer: peer.fill(),
                     hostile.hang_up]})
            with self.subTest(data):
                result = self.postel(self.ca, server.url(scheme="imaps"),
                                     "--timeout=5", "-c", "NOOP")
                self.assertFailed(result, TLS, "TLS handshake")
                self.assertLess(result.seconds, 4)


class ClientCertificates(FaultCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority.issue("asterix", "email:asterix@mail.test",
                            usage="clientAuth")
        cls.authority.issue("past", "email:asterix@mail.test",
                            usage="clientAuth", dates=Authority.EXPIRED)
        cls.authority.self_sign("itself")

    def server(self, version):
        context = self.authority.context()
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.authority.ca)
        context.minimum_version = context.maximum_version = version
        server = self.hostile("imap", None, context)
        return server.url(login="", scheme="imaps")

    def shown(self, version, cert, key=None):
        arguments = [f"--cert={self.authority.cert(cert)}",
                     f"--key={key or self.authority.key(cert)}"]
        return self.postel(self.ca, *arguments, self.server(version), "-c",
                           "NOOP")

    def test_versions(self):
        """In TLS 1.3 the alert comes when the handshake is over for us."""
        for version, words in ((ssl.TLSVersion.TLSv1_2, "no way that both"),
                               (ssl.TLSVersion.TLSv1_3,
                                "the server wants a certificate of ours")):
            with self.subTest(version):
                self.told(self.postel(self.ca, self.server(version), "-c",
                                      "NOOP"), TLS, words, "--cert")
                result = self.shown(version, "asterix")
                self.assertEqual(result.status, DONE, result)
                self.told(self.shown(version, "past"), TLS,
                          "does not take our certificate: it has expired")
                self.told(self.shown(version, "itself"), TLS,
                          "does not know who issued our certificate")

    def test_one_file(self):
        both = self.home.file("both.pem", (
            self.authority.cert("asterix").read_bytes()
            + self.authority.key("asterix").read_bytes()))
        url = self.server(ssl.TLSVersion.TLSv1_3)
        self.done(self.ca, f"--cert={both}", url, "-c", "NOOP")
        self.done(self.ca, f"{url}?cert={both}", "-c", "NOOP")
        self.done(self.ca, f"{url}?cert={self.authority.cert('asterix')}"
                  f"&key={self.authority.key('asterix')}", "-c", "NOOP")

    def test_key_belongs_to_its_certificate(self):
        """One of the command line is none of a URL's certificate."""
        both = self.home.file("both.pem", (
            self.authority.cert("asterix").read_bytes()
            + self.authority.key("asterix").read_bytes()))
        url = self.server(ssl.TLSVersion.TLSv1_3)
        self.done(self.ca, f"--cert={self.authority.cert('past')}",
                  f"--key={self.authority.key('past')}", f"{url}?cert={both}",
                  "-c", "NOOP")

    def test_unusable(self):
        locked = self.home.path / "locked.key"
        subprocess.run(["openssl", "pkey", "-in",
                        self.authority.key("asterix"), "-aes128", "-passout",
                        "pass:secret", "-out", locked], check=True)
        self.told(self.shown(ssl.TLSVersion.TLSv1_3, "asterix", locked), TLS,
                  "locked.key: the key has a passphrase",
                  "openssl pkey -in .*locked.key -out FILE")
        self.told(self.shown(ssl.TLSVersion.TLSv1_3, "asterix",
                             self.authority.key("past")), TLS,
                  "not the key of the certificate in")
        self.told(self.shown(ssl.TLSVersion.TLSv1_3, "asterix",
                             "/nonexistent"), TLS, "/nonexistent: No such")
        self.fails(USAGE, "a key is of no use without its certificate",
                   self.ca, f"--key={self.authority.key()}",
                   self.server(ssl.TLSVersion.TLSv1_3), "-c", "NOOP")
