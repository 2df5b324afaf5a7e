"""Logins by each mechanism that Dovecot and Exim have, right and wrong."""

import base64
import contextlib
import http.server
import json
import socket
import ssl
import threading
import urllib.parse

import hostile
from authority import Authority, TlsCase
from harness import AUTH, DONE, USAGE, Terminal
from servers import Dovecot, Exim, Posteld, make_folder, temporary_folder, write

PASSWORDS = "plain login digest-md5 cram-md5 scram-sha-1 scram-sha-256"


class SaslCase(TlsCase):
    def url(self, server, protocol, user="asterix"):
        return (f"{protocol}://{user}@127.0.0.1:"
                f"{getattr(server, protocol)}")

    def password(self, password):
        """An option; each password has a file of its own."""
        name = base64.urlsafe_b64encode(password.encode()).decode()
        return f"--password-file={self.home.file(name, password)}"

    def said(self, *arguments):
        """What the wire carried in a login that works."""
        return self.done("--trace", *arguments, "-c", "NOOP").err.decode()


class Passwords(SaslCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_server(Dovecot(
            authority=cls.authority, mechanisms=PASSWORDS + " apop"))
        cls.exim = cls.with_server(Exim(
            authority=cls.authority, authenticators="\n".join((
                "cram:", "  driver = cram_md5", "  public_name = CRAM-MD5",
                "  server_secret = ${if eq{$auth1}{asterix}{gaul}fail}",
                "  server_set_id = $auth1"))))

    def test_each(self):
        right, wrong = self.password("gaul"), self.password("roman")
        servers = [(self.dovecot, p, PASSWORDS) for p in ("imaps", "pop3s")]
        servers.append((self.exim, "smtps", "plain login cram-md5"))
        for server, protocol, mechanisms in servers:
            url = self.url(server, protocol)
            for mech in mechanisms.upper().split():
                with self.subTest((protocol, mech)):
                    self.assertIn(f" {mech}", self.said(
                        self.ca, f"--auth={mech}", right, url))
                    result = self.fails(
                        AUTH, "(?i)auth", self.ca, f"--auth={mech}", wrong,
                        url, "-c", "NOOP")
                    self.assertNotIn(b"roman", result.err)

    def test_without_an_initial_response(self):
        """himalaya#729: a server that offers SASL-IR and does not mean it."""
        right = self.password("gaul")
        for server, protocol in ((self.dovecot, "imaps"),
                                 (self.dovecot, "pop3s"),
                                 (self.exim, "smtps")):
            for option in ((), ("--no-initial",)):
                with self.subTest((protocol, option)):
                    said = self.said(self.ca, "--auth=PLAIN", right, *option,
                                     self.url(server, protocol))
                    self.assertEqual(" PLAIN <secret>" in said, not option)

    def test_the_best_is_taken(self):
        right = self.password("gaul")
        for server, protocol, best in (
                (self.dovecot, "imaps", "SCRAM-SHA-256"),
                (self.dovecot, "pop3s", "SCRAM-SHA-256"),
                (self.exim, "smtps", "PLAIN")):
            with self.subTest(protocol):
                self.assertIn(f" {best} ", self.said(
                    self.ca, right, self.url(server, protocol)))

    def test_what_is_not_on_offer(self):
        url = self.url(self.dovecot, "imaps")
        self.fails(AUTH, "SCRAM-SHA-512 is not on offer; the server offers "
                   "PLAIN LOGIN", self.ca, "--auth=SCRAM-SHA-512",
                   self.password("gaul"), url, "-c", "NOOP")
        self.fails(AUTH, "SCRAM-SHA-256-PLUS is not on offer", self.ca,
                   "--auth=SCRAM-SHA-256-PLUS", self.password("gaul"), url,
                   "-c", "NOOP")

    def test_passwords_of_all_kinds(self):
        """SASLprep, quotes, and what is newer than SASLprep."""
        for password in ("naïve", "a,b=c", 'say "x"\\', "\N{KEY}" "key"):
            with Dovecot({"asterix": password}, self.authority,
                         mechanisms=PASSWORDS) as dovecot:
                for mech in PASSWORDS.upper().split():
                    with self.subTest((password, mech)):
                        # Dovecot has it in ISO 8859-1; libgsasl does not
                        # know a character that is so young.
                        if (mech == "DIGEST-MD5" and not password.isascii()
                                or mech == "CRAM-MD5" and "key" in password):
                            continue
                        self.done(self.ca, f"--auth={mech}",
                                  self.password(password),
                                  self.url(dovecot, "imaps"), "-c", "NOOP")

    def test_forbidden_passwords(self):
        self.fails(USAGE, r"RFC 4013", self.ca, "--auth=SCRAM-SHA-256",
                   self.password("be\x07ll"), self.url(self.dovecot, "imaps"),
                   "-c", "NOOP")


class Others(SaslCase):
    """Who logs in is known otherwise, or to nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cert = cls.authority.client("asterix")
        cls.stranger = cls.enterClassContext(Authority()).client("asterix")
        cls.dovecot = cls.with_server(Dovecot(
            authority=cls.authority, mechanisms="plain external anonymous",
            more="passdb {\n  driver = static\n  mechanisms = external\n"
            "  args = nopassword=y\n}\n"
            f"ssl_ca = <{cls.authority.ca}\nssl_require_crl = no\n"
            "ssl_verify_client_cert = yes\n"
            "auth_ssl_username_from_cert = yes\n"
            "auth_anonymous_username = obelix\n"))
        cls.exim = cls.with_server(Exim(
            authority=cls.authority,
            more="tls_try_verify_hosts = *\n"
            f"tls_verify_certificates = {cls.authority.ca}",
            authenticators="\n".join((
                "external:", "  driver = external",
                "  public_name = EXTERNAL",
                "  server_advertise_condition = $tls_in_certificate_verified",
                "  server_param2 = ${certextract {subject,CN}"
                "{$tls_in_peercert}}",
                "  server_condition = ${if eq{$auth2}{asterix}}",
                "  server_set_id = $auth2"))))

    def test_external(self):
        cert = f"--cert={self.cert}"
        for server, protocol in ((self.dovecot, "imaps"),
                                 (self.dovecot, "pop3s"),
                                 (self.exim, "smtps")):
            url = self.url(server, protocol)
            with self.subTest(protocol):
                # By itself where there is no password, and by name.
                self.assertIn(" EXTERNAL ", self.said(self.ca, cert, url))
                self.assertIn(" EXTERNAL ", self.said(
                    self.ca, cert, "--auth=EXTERNAL", self.password("gaul"),
                    url))
                # The certificate says who it is.
                self.assertIn(" EXTERNAL ", self.said(
                    self.ca, cert, "--auth=EXTERNAL",
                    url.replace("asterix@", "")))
                # A password that is given is meant.
                self.assertIn(" PLAIN ", self.said(
                    self.ca, cert, self.password("gaul"), url))

    def test_external_without_a_certificate(self):
        url = self.url(self.dovecot, "imaps")
        self.fails(AUTH, "(?i)auth", self.ca, "--auth=EXTERNAL", url, "-c",
                   "NOOP")
        self.fails(AUTH, "not on offer", self.ca, "--auth=EXTERNAL",
                   self.url(self.exim, "smtps"), "-c", "NOOP")

    def test_external_as_somebody_else(self):
        """Dovecot wants to see a master user, which asterix is not."""
        self.fails(AUTH, "(?i)auth", self.ca, f"--cert={self.cert}",
                   "--auth=EXTERNAL", self.url(self.dovecot, "imaps",
                                               "obelix"), "-c", "NOOP")

    def test_external_by_a_stranger(self):
        result = self.postel(self.ca, f"--cert={self.stranger}",
                             "--auth=EXTERNAL",
                             self.url(self.dovecot, "imaps"), "-c", "NOOP")
        self.assertNotEqual(result.status, DONE, result)

    def test_anonymous(self):
        url = self.url(self.dovecot, "imaps", "guest%40mail.test")
        self.assertIn(" ANONYMOUS ", self.said(
            self.ca, "--auth=ANONYMOUS", url))
        self.assertIn(" ANONYMOUS ", self.said(
            self.ca, "--auth=ANONYMOUS", url.replace("guest%40mail.test@",
                                                     "")))

    def test_no_ticket(self):
        """Kerberos without a ticket; the peer need not know it."""
        self.fails(AUTH, "GSSAPI is not on offer", self.ca, "--auth=GSSAPI",
                   self.url(self.dovecot, "imaps"), "-c", "NOOP")
        url = self.url(self.dovecot, "imaps").replace("asterix@", "")
        self.fails(AUTH, "no Kerberos ticket", self.ca, "-e",
                   f"local c <close> = postel.connect '{url}' "
                   "c:authenticate {mech = 'GSSAPI', initial = true}:wait()")


class Introspection(http.server.BaseHTTPRequestHandler):
    """Says whose a token is, as RFC 7662 has it."""

    TOKENS = {"good-" + "t" * 700: "asterix", "short": "asterix"}

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        form = urllib.parse.parse_qs(self.rfile.read(length).decode())
        user = self.TOKENS.get(form.get("token", [""])[0])
        answer = json.dumps(
            {"active": True, "username": user, "scope": "mail"}
            if user else {"active": False}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Tokens(SaslCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Introspection)
        cls.addClassCleanup(web.server_close)
        cls.addClassCleanup(web.shutdown)
        threading.Thread(target=web.serve_forever, args=(0.05,),
                         daemon=True).start()
        folder = temporary_folder("oauth")
        cls.addClassCleanup(lambda: [p.unlink() for p in folder.iterdir()]
                            + [folder.rmdir()])
        make_folder(folder)
        write(folder / "oauth2", "introspection_mode = post\n"
              f"introspection_url = http://127.0.0.1:{web.server_port}/\n"
              "username_attribute = username\nactive_attribute = active\n"
              "active_value = true\nscope = mail\nopenid_configuration_url = "
              "https://sso.mail.test/.well-known/openid-configuration\n")
        cls.dovecot = cls.with_server(Dovecot(
            authority=cls.authority,
            mechanisms="plain oauthbearer xoauth2 scram-sha-256",
            more="passdb {\n  driver = oauth2\n"
            "  mechanisms = oauthbearer xoauth2\n"
            f"  args = {folder}/oauth2\n}}\n"))

    def token(self, token, protocol="imaps", user="asterix", auth=""):
        """An account that has this token."""
        url = self.url(self.dovecot, protocol, user)
        (self.home.path / "config" / "postel").mkdir(
            parents=True, exist_ok=True)
        self.home.file("config/postel/init.lua", (
            f'postel.account {{name = "work", url = "{url}",'
            f'token_command = "echo {token}",'
            f'auth = "{auth or "*"}"}}').encode())
        return "work"

    def test_right_and_wrong(self):
        for protocol in ("imaps", "pop3s"):
            for mech in ("OAUTHBEARER", "XOAUTH2"):
                with self.subTest((protocol, mech)):
                    for token in Introspection.TOKENS:
                        said = self.said(self.ca, self.token(
                            token, protocol, auth=mech))
                        self.assertIn(f" {mech}", said)
                        self.assertNotIn(token[:12], said)
                    result = self.fails(
                        AUTH, "refuses the token: (401|invalid_token)",
                        self.ca, self.token("stolen", protocol, auth=mech),
                        "-c", "NOOP")
                    self.assertIn(b", openid-configuration https://sso.",
                                  result.err)
                    self.assertNotIn(b"stolen", result.err)

    def test_a_token_is_taken_for_what_it_is(self):
        url = self.url(self.dovecot, "imaps")
        self.assertIn(" OAUTHBEARER ", self.said(
            self.ca, self.token("short")))
        self.assertIn(" SCRAM-SHA-256 ", self.said(
            self.ca, self.password("gaul"), url))
        self.assertIn(" XOAUTH2 ", self.said(
            self.ca, "--auth=XOAUTH2", self.password("short"), url))

    def test_of_somebody_else(self):
        self.fails(AUTH, "(?i)auth", self.ca,
                   self.token("short", user="obelix"), "-c", "NOOP")


class Offers(SaslCase):
    """What was offered before TLS, anybody may have said."""

    def heard(self, before, after):
        context = self.authority.context()

        def offer(peer):
            tls = isinstance(peer.sock, ssl.SSLSocket)
            peer.send(b"250-bait.test\r\n250-AUTH %s\r\n250 STARTTLS\r\n"
                      % (after if tls else before))

        answers = {"EHLO": [offer], "AUTH": [hostile.say(b"535 no\r\n")],
                   "STARTTLS": [hostile.say(b"220 go\r\n"),
                                hostile.start_tls(context)]}
        with hostile.Hostile("smtp", answers) as server:
            self.fails(AUTH, "535 no", self.ca, self.password("gaul"),
                       server.url("asterix@"), "-c", "NOOP")
        return [line for line in server.heard if line.startswith(b"AUTH")]

    def test_of_before_tls_are_forgotten(self):
        for before, after, taken in (
                (b"SCRAM-SHA-256", b"CRAM-MD5 PLAIN", b"AUTH PLAIN "),
                (b"PLAIN", b"LOGIN SCRAM-SHA-1", b"AUTH SCRAM-SHA-1 ")):
            with self.subTest(before):
                heard = self.heard(before, after)
                self.assertEqual(len(heard), 1, heard)  # and no second try
                self.assertTrue(heard[0].startswith(taken), heard)


class Between:
    """Somebody in the middle with a certificate that the client believes; he
    may change what the server says."""

    def __init__(self, authority, port, replace=(b"", b"")):
        self.server = authority.context()
        self.client = ssl.create_default_context(cafile=authority.ca)
        self.port, self.replace = port, replace
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listening = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                inside, _ = self.listener.accept()
                threading.Thread(target=self.join, args=(inside,),
                                 daemon=True).start()

    def join(self, inside):
        with contextlib.suppress(OSError, ValueError):
            near = self.server.wrap_socket(inside, server_side=True)
            far = self.client.wrap_socket(
                socket.create_connection(("127.0.0.1", self.port)),
                server_hostname="127.0.0.1")
            threading.Thread(target=self.carry, daemon=True, args=(
                near, far, (b"", b""))).start()
            self.carry(far, near, self.replace)

    @staticmethod
    def carry(source, sink, replace):
        with contextlib.suppress(OSError, ValueError), source, sink:
            while data := source.recv(65536):
                sink.sendall(data.replace(*replace) if replace[0] else data)

    def close(self):
        self.listener.close()


class Bound(SaslCase):
    """SCRAM-SHA-256-PLUS, which only posteld has here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.posteld = cls.with_server(Posteld(authority=cls.authority))

    def between(self, protocol, *replace):
        it = Between(self.authority, getattr(self.posteld, protocol), *replace)
        self.addCleanup(it.close)
        return f"{protocol}://asterix@127.0.0.1:{it.listening}"

    def test_each_protocol_and_version(self):
        old = self.home.file("openssl.cnf", "openssl_conf = a\n[a]\n"
                             "ssl_conf = b\n[b]\nsystem_default = c\n"
                             "[c]\nMaxProtocol = TLSv1.2\n")
        for conf, name in ((None, "tls-exporter"), (old, "tls-unique")):
            env = {"OPENSSL_CONF": str(conf)} if conf else {}
            for protocol in ("imaps", "pop3s", "smtps", "imap", "pop3",
                             "smtp"):
                with self.subTest((protocol, name)):
                    result = self.done(
                        "--trace", self.ca, self.password("gaul"),
                        self.url(self.posteld, protocol)
                        + "?starttls=require", "-c", "NOOP", env=env)
                    self.assertIn(b" SCRAM-SHA-256-PLUS ", result.err)
                    said = self.shown(protocol, env, "gaul")
                    self.assertIn(f"client: p={name},,n=asterix,r=", said)

    def shown(self, protocol, env, password):
        """The steps of the exchange, as :auth shows them."""
        url = self.url(self.posteld, protocol).replace("asterix@", "")
        greet = "" if "smtp" not in protocol else "EHLO c.test"
        with Terminal(self.home, self.ca, url + "?starttls=require",
                      env=env) as t:
            t.expect("> ")
            if greet:
                t.line(greet)
                t.expect("SIZE.*> ")
            t.line(":auth SCRAM-SHA-256-PLUS asterix")
            t.expect("Password: ")
            t.line(password)
            t.expect("> $")
            return t.seen.decode()

    def test_somebody_between(self):
        for protocol in ("imaps", "pop3s", "smtps"):
            with self.subTest(protocol):
                url = self.between(protocol)
                # What he could have by a mechanism that does not notice.
                self.done(self.ca, "--auth=PLAIN", self.password("gaul"), url,
                          "-c", "NOOP")
                self.fails(AUTH, "(?i)wrong|auth|password|535", self.ca,
                           self.password("gaul"), url, "-c", "NOOP")

    def test_somebody_who_strips_the_offer(self):
        for protocol, before in (("imaps", b" AUTH=SCRAM-SHA-256-PLUS"),
                                 ("pop3s", b" SCRAM-SHA-256-PLUS"),
                                 ("smtps", b" SCRAM-SHA-256-PLUS")):
            with self.subTest(protocol):
                url = self.between(protocol, (before, b""))
                result = self.fails(
                    AUTH, "(?i)wrong|auth|password|535", self.ca,
                    self.password("gaul"), url, "-c", "NOOP")
                self.assertNotIn(b"PLUS", result.err)

    def test_one_that_is_hidden_is_not_there(self):
        """And so "y" is no sign of somebody who has changed the offer."""
        with Posteld(authority=self.authority, options=(
                "--fault", "hide SCRAM-SHA-256-PLUS")) as server:
            self.assertIn(" SCRAM-SHA-256 ", self.said(
                self.ca, self.password("gaul"), self.url(server, "imaps")))

    def test_not_without_tls(self):
        url = self.url(self.posteld, "imap") + "?starttls=no"
        self.fails(AUTH, "SCRAM-SHA-256-PLUS is not on offer", self.ca,
                   "--auth=SCRAM-SHA-256-PLUS", self.password("gaul"), url,
                   "-c", "NOOP")
