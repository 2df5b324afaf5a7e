"""postel report: what servers offer, compared with what Python's clients see."""

import imaplib
import json
import poplib
import re
import signal
import smtplib
import socket
import ssl
import time

import hostile
from authority import TlsCase
from harness import (AUTH, CONNECT, INTERRUPTED, LOST, PARTLY, REFUSED, TLS,
                     USAGE)
from proxy import Proxy
from servers import Dovecot, Exim, Posteld

ESCAPES = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
UPGRADE = {"imap": "STARTTLS", "pop3": "STLS", "smtp": "STARTTLS",
           "lmtp": "STARTTLS"}


class ReportCase(TlsCase):
    def one(self, *arguments, status=0):
        """The object for a single server."""
        result = self.postel("report", self.ca, "--json", *arguments)
        self.assertEqual(result.status, status, result)
        self.assertNotRegex(result.out, ESCAPES, result)
        whole = json.loads(result.out)
        self.assertEqual(whole["job"], "report")
        self.assertEqual(whole["status"], status)
        self.assertEqual(whole["done"], 1)
        self.assertEqual(whole["servers"][0]["status"], status)
        return whole["servers"][0]

    def words(self, *arguments, status=0):
        result = self.postel("report", self.ca, *arguments)
        self.assertEqual(result.status, status, result)
        self.assertNotRegex(result.out + result.err, ESCAPES, result)
        return result.out.decode()

    def hostile(self, *arguments):
        return self.enterContext(hostile.Hostile(*arguments))


def names(stage):
    """The capabilities of a stage, parameters behind a space."""
    return {f"{c['name']} {c['params']}".strip()
            for c in stage["capabilities"]}


def codes(server):
    return {f["code"] for f in server["findings"]}


class Seen:
    """What Python's own clients see: names of capabilities, in clear, under
    TLS and behind the login."""

    def __init__(self, authority):
        self.context = ssl.create_default_context(cafile=authority.ca)

    def imap(self, server):
        with imaplib.IMAP4("localhost", server.imap) as c:
            clear = set(c.capabilities)
            c.starttls(self.context)
            under = set(c.capabilities)
            c.login("asterix", "gaul")
            inside = set(c.capability()[1][0].decode().split())
        return [{n for n in seen if not n.startswith("AUTH=")}
                for seen in (clear, under, inside)]

    def pop3(self, server):
        def capa(c):
            return {" ".join([n, *v]) for n, v in c.capa().items()
                    if n != "SASL"}
        c = poplib.POP3("localhost", server.pop3)
        clear = capa(c)
        c.stls(self.context)
        under = capa(c)
        c.user("asterix")
        c.pass_("gaul")
        inside = capa(c)
        c.quit()
        return [clear, under, inside]

    def smtp(self, server, client=smtplib.SMTP, port=None, hello="ehlo"):
        def features(c):
            getattr(c, hello)()
            return {f"{n.upper()} {v}".strip()
                    for n, v in c.esmtp_features.items() if n != "auth"}
        with client("localhost", port or server.smtp) as c:
            seen = [features(c)]
            if c.has_extn("starttls"):
                c.starttls(context=self.context)
                seen.append(features(c))
        return seen

    def lmtp(self, server):
        return self.smtp(server, smtplib.LMTP, server.lmtp)


def same(protocol, seen):
    """As Python has it: of EHLO's keywords capitals, and no AUTH."""
    seen = {n for n in seen if not re.match("AUTH|SASL", n)}
    return {n.upper() for n in seen} if protocol == "imap" else seen


class Servers(ReportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_server(Dovecot(authority=cls.authority))
        cls.exim = cls.with_server(Exim(authority=cls.authority))
        cls.posteld = cls.with_server(Posteld(authority=cls.authority))
        cls.seen = Seen(cls.authority)

    def compare(self, server, protocol, login="asterix:gaul@"):
        report = self.one(f"{protocol}://{login}localhost:"
                          f"{getattr(server, protocol)}")
        stages = [report[s] for s in ("clear", "under_tls", "after_login")
                  if s in report]
        seen = getattr(self.seen, protocol)(server)
        self.assertGreaterEqual(len(stages), len(seen))
        for stage, other in zip(stages, seen):
            self.assertEqual(same(protocol, names(stage)),
                             same(protocol, other))
        return report

    def check_tls(self, report, protocol):
        tls, leaf = report["tls"], report["tls"]["chain"][0]
        self.assertTrue(tls["verified"] and tls["checked"])
        self.assertRegex(tls["version"], r"^TLSv1\.[23]$")
        self.assertEqual(report["tls_by"], UPGRADE[protocol])
        self.assertEqual(leaf["fingerprint"].replace(":", "").lower(),
                         self.authority.fingerprint())
        self.assertIn("localhost", leaf["names"])
        self.assertIn(leaf["days_left"], (29, 30))

    def test_the_same_as_other_clients_see(self):
        for server in (self.dovecot, self.posteld):
            for protocol in ("imap", "pop3"):
                with self.subTest(server.name, protocol=protocol):
                    report = self.compare(server, protocol)
                    self.check_tls(report, protocol)
                    self.assertEqual(report["login"]["user"], "asterix")
                    self.assertNotIn("gaul", json.dumps(report))
        for server in (self.exim, self.posteld):
            with self.subTest(server.name, protocol="smtp"):
                report = self.compare(server, "smtp")
                self.check_tls(report, "smtp")
                size = next(c for c in names(report["under_tls"])
                            if c.startswith("SIZE"))
                self.assertEqual(report["limits"]["SIZE"], int(size[5:]))
        for server in (self.dovecot, self.posteld):
            with self.subTest(server.name, protocol="lmtp"):
                self.check_tls(self.compare(server, "lmtp", ""), "lmtp")

    def test_mechanisms(self):
        for server, protocol, wanted in (
                (self.dovecot, "imap", {"PLAIN", "LOGIN", "CRAM-MD5"}),
                (self.dovecot, "pop3", {"PLAIN", "LOGIN", "CRAM-MD5",
                                        "USER", "APOP"}),
                (self.exim, "smtp", {"PLAIN", "LOGIN"})):
            report = self.one(f"{protocol}://localhost:"
                              f"{getattr(server, protocol)}")
            offered = {m["name"]: m for m in report["clear"]["logins"]}
            self.assertEqual(set(offered) | {"LOGIN"}, wanted | {"LOGIN"})
            self.assertTrue(offered["PLAIN"]["shown"])
            if "CRAM-MD5" in wanted:
                self.assertFalse(offered["CRAM-MD5"]["shown"])

    def test_who_the_server_is(self):
        report = self.one(self.posteld.url("imap"))
        self.assertEqual(report["id"]["name"], "posteld")
        self.assertEqual(report["limits"]["APPENDLIMIT"], 64 << 20)
        self.assertIn("posteld 0.1", self.words(self.posteld.url("pop3")))
        with imaplib.IMAP4("localhost", self.dovecot.imap) as c:
            c.login("asterix", "gaul")
            name = c.xatom("ID", "NIL") and c.response("ID")[1][0].decode()
        report = self.one(self.dovecot.url("imap"))
        self.assertIn(f'"{report["id"]["name"]}"', name)

    def test_all_of_it_is_explained(self):
        for server, protocols in ((self.dovecot, "imap pop3 lmtp"),
                                  (self.exim, "smtp"),
                                  (self.posteld, "imap pop3 smtp lmtp")):
            for protocol in protocols.split():
                login = "" if protocol in ("smtp", "lmtp") else "asterix:gaul@"
                text = self.words(f"{protocol}://{login}localhost:"
                                  f"{getattr(server, protocol)}")
                self.assertNotIn("No capability that postel knows", text)

    def test_tls_from_the_first_octet(self):
        for url in (self.dovecot.url("imaps"), self.dovecot.url("pop3s"),
                    self.exim.url("smtps"), self.posteld.url("imaps")):
            report = self.one(url)
            self.assertEqual(report["tls_by"], "connect")
            self.assertNotIn("clear", report)
            self.assertEqual(codes(report) & {"password-in-clear", "no-tls"},
                             set())

    def test_password_in_clear_over_a_network(self):
        for server, protocol in ((self.dovecot, "imap"),
                                 (self.dovecot, "pop3"), (self.exim, "smtp")):
            where = f"localhost:{getattr(server, protocol)}"
            self.assertNotIn("password-in-clear",
                             codes(self.one(f"{protocol}://{where}")))
            away = f"{protocol}://{where.replace('localhost', '127.1')}"
            report = self.one("--ignore=certificate-unverified", "--insecure",
                              away, status=PARTLY)
            self.assertIn("password-in-clear", codes(report))
            text = self.words("--starttls=no", away, status=PARTLY)
            self.assertRegex(text, r"WARNING +a password may be sent in "
                             r"clear\s.*PLAIN")
            self.assertRegex(text, "WARNING +nothing is encrypted")

    def test_days(self):
        url = f"imaps://127.0.0.1:{self.dovecot.imaps}"
        for days, status in ((14, 0), (28, 0), (31, PARTLY)):
            report = self.one(f"--days={days}", url, status=status)
            self.assertEqual("certificate-expires" in codes(report),
                             status == PARTLY)
        report = self.one("--days=31", "--ignore=certificate-expires", url)
        self.assertEqual(report["findings"], [])

    def test_lines_for_monitors(self):
        good, bad = self.dovecot.url("imaps"), self.dovecot.url(
            "imaps", password="wrong1")
        result = self.postel("report", self.ca, "--check", good,
                             self.exim.url("smtps"))
        self.assertEqual(result.status, 0, result)
        first, second = result.out.decode().splitlines()
        self.assertRegex(
            first, r"^OK imaps://asterix@127\.0\.0\.1:\d+: TLSv1\.\d, "
            r"certificate good for \d+ days, logged in "
            r"\| time=0\.\d{3}s;5 days=\d+;14:$")
        self.assertRegex(second, "^OK smtps://")
        result = self.postel("report", self.ca, "--check", good, bad)
        self.assertEqual(result.status, AUTH, result)
        self.assertRegex(result.out, rb"\nCRITICAL imaps://.*AUTH.*\|")
        self.assertNotIn(b"wrong1", result.out + result.err)
        result = self.postel("report", self.ca, "--days=60", "--quiet", good)
        self.assertEqual(result.status, PARTLY, result)
        self.assertRegex(result.out, rb"^WARNING imaps://.*expires in \d+ "
                         rb"days[^\n]*\n$")
        self.assertEqual(self.done("report", self.ca, "-q", good).out, b"")

    def test_nagios(self):
        good = self.dovecot.url("imaps")
        for options, url, status in (
                ((), good, 0), (("--days=60",), good, 1),
                ((), self.dovecot.url("imap", password="wrong1"), 2)):
            result = self.postel("report", self.ca, "--nagios", *options, url)
            self.assertEqual(result.status, status, result)
            self.assertEqual(result.out.count(b"\n"), 1)
            self.assertEqual(result.out.count(b"|"), 1)

    def test_nothing_is_changed(self):
        inbox = self.dovecot.inbox("obelix")
        inbox.put(b"Subject: one\n\n1\n")
        before = inbox.files()
        self.done("report", self.ca, self.dovecot.url("imap", "obelix"))
        self.assertEqual(inbox.files(), before)
        # Who logs in there takes the maildrop: it is no longer new.
        self.done("report", self.ca, self.dovecot.url("pop3", "obelix"))
        self.assertEqual([p.name.removesuffix(":2,") for p in inbox.files()],
                         [p.name for p in before])
        self.assertEqual(inbox.contents(), [b"Subject: one\n\n1\n"])

    def test_french(self):
        text = self.words("--starttls=no", "-n", self.posteld.url("imap"))
        self.assertIn("announced before TLS", text)
        result = self.done("report", self.ca, self.posteld.url("imap"),
                           env={"LC_ALL": "fr_FR.UTF-8"})
        french = result.out.decode()
        self.assertIn("Kerberos" if "Kerberos" in text else "certificat",
                      french)
        for english in ("announced", "greeting", "ways to log in", "times ", " left"):
            self.assertNotIn(english, french)

    def test_usage(self):
        url = self.dovecot.url("imap")
        self.fails(USAGE, "URL is missing", "report")
        self.fails(USAGE, "days", "report", "--days=x", url)
        self.fails(USAGE, "slow", "report", "--slow=0", url)
        self.fails(USAGE, "URL", "report", url, "nonsense")
        self.fails(USAGE, "together", "report", "--check", "--json", url)


class Certificates(ReportCase):
    """A certificate that does not verify is told, and no secret is sent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_server(Dovecot(authority=cls.authority,
                                              cert="expired"))

    def test_expired(self):
        for protocol in ("imaps", "pop3s", "imap", "pop3"):
            report = self.one(self.dovecot.url(protocol), status=TLS)
            self.assertIn("expired", codes(report))
            self.assertFalse(report["tls"]["verified"])
            self.assertLess(report["tls"]["chain"][0]["days_left"], -1000)
            self.assertGreater(len(names(report["under_tls"])), 3)
            self.assertNotIn("login", report)
            self.assertNotIn("after_login", report)
        text = self.words(self.dovecot.url("imap"), status=TLS)
        self.assertRegex(text, r"^imap://asterix@127\.0\.0\.1:\d+: CRITICAL\n")
        self.assertRegex(text, r"FAILURE .*certificate refused: it expired")
        self.assertRegex(text, r"verified +NO; so nobody was logged in")
        self.assertRegex(text, r"valid .*: expired \d+ days ago")

    def test_no_secret_is_sent(self):
        for name, protocol, tls in (("expired", "imap", False),
                                    ("elsewhere", "imap", True),
                                    ("expired", "pop3", True),
                                    ("expired", "smtp", False)):
            spoken = {} if tls else {
                {"imap": "CAPABILITY", "smtp": "EHLO"}[protocol]:
                [hostile.say({"imap": b"* CAPABILITY IMAP4rev1 STARTTLS "
                              b"AUTH=PLAIN\r\n%t OK\r\n",
                              "smtp": b"250-bait.test\r\n250-AUTH PLAIN\r\n"
                              b"250 STARTTLS\r\n"}[protocol])],
                "STARTTLS": [hostile.say({"imap": b"%t OK go\r\n",
                                          "smtp": b"220 go\r\n"}[protocol]),
                             hostile.start_tls(self.authority.context(name))]}
            server = self.hostile(protocol, spoken, self.authority.context(
                name) if tls else None)
            scheme = protocol + ("s" if tls else "")
            report = self.one(server.url(scheme=scheme), status=TLS)
            self.assertFalse(report["tls"]["verified"])
            self.assertEqual(server.connections, 2)
            self.assertFalse(server.said(b"(?i)LOGIN|AUTHENTICATE|AUTH |USER|"
                                         b"PASS|gaul"), server.heard)

    def test_pin(self):
        good, other = (self.authority.fingerprint(n)
                       for n in ("expired", "localhost"))
        report = self.one(f"--fingerprint={good}", self.dovecot.url("imaps"))
        self.assertTrue(report["tls"]["pinned"])
        self.assertEqual(report["login"]["user"], "asterix")
        report = self.one(f"--fingerprint={other}", self.dovecot.url("imaps"),
                          status=TLS)
        self.assertIn("pin", codes(report))
        self.assertFalse(report["tls"]["pinned"])
        self.assertNotIn("login", report)

    def test_insecure_is_the_users_word(self):
        report = self.one("--insecure", self.dovecot.url("imaps"),
                          status=PARTLY)
        self.assertIn("certificate-unverified", codes(report))
        self.assertEqual(report["login"]["user"], "asterix")

    def test_proxy_is_not_trusted_for_that(self):
        """Its certificate is not the server's: no second look, which would
        give it the password."""
        context = self.authority.context("expired")
        with Proxy(tls=context, login=("user", "proxysecret")) as proxy:
            url = proxy.url("https", "user:proxysecret")
            report = self.one(f"--proxy={url}", "imaps://mail.test",
                              status=TLS)
            self.assertEqual(proxy.logins, [])
        self.assertEqual(len(report["findings"]), 1)
        self.assertNotIn("proxysecret", json.dumps(report))


class Failures(ReportCase):
    def test_statuses(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        for protocol in ("imap", "pop3", "smtp", "lmtp"):
            report = self.one(f"{protocol}://127.0.0.1:{port}",
                              status=CONNECT)
            self.assertEqual(codes(report), {"connect"})
        server = self.hostile("imap", {"": [hostile.hang_up]})
        self.one(server.url(), status=LOST)
        server = self.hostile("imap", {"CAPABILITY": [hostile.silence]})
        report = self.one("--timeout=0.5", server.url(), status=LOST)
        self.assertIn("timeout", codes(report))
        self.assertEqual(report["greeting"], "* OK ready")
        server = self.hostile("smtp", {"": [
            hostile.say(b"554 no service\r\n")]})
        self.one(server.url(), status=REFUSED)
        server = self.hostile("imap")
        self.one(server.url(), "--starttls=require", status=TLS)

    def test_refused_starttls_ends_in_no_login(self):
        server = self.hostile("imap", {"CAPABILITY": [hostile.say(
            b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n%t OK\r\n")]})
        self.one(server.url(), status=TLS)
        self.assertFalse(server.said(b"AUTHENTICATE|LOGIN "), server.heard)

    def test_the_first_failure_counts(self):
        refused = self.hostile("smtp", {"": [hostile.say(b"554 no\r\n")]})
        lost = self.hostile("imap", {"": [hostile.hang_up]})
        fine = self.hostile("imap")
        for urls, status in (((fine, lost, refused), LOST),
                             ((refused, fine, lost), REFUSED)):
            result = self.postel("report", "--check",
                                 *(u.url("") for u in urls))
            self.assertEqual(result.status, status, result)
            self.assertEqual([line.split()[1].split(":")[2]
                              for line in result.out.decode().splitlines()],
                             [f"{u.port}" for u in urls])

    def test_at_the_same_time(self):
        slow = [self.hostile("imap", {"": [
            hostile.pause(1), hostile.say(b"* OK ready\r\n")]})
            for _ in range(6)]
        result = self.postel("report", "--check", "--slow=0.9",
                             *(s.url("") for s in slow))
        self.assertEqual(result.status, PARTLY, result)
        self.assertLess(result.seconds, 4)
        self.assertEqual(result.out.count(b"slow: greeting took 1."), 6)

    def test_interrupt(self):
        fine = self.hostile("imap")
        stuck = self.hostile("imap", {"": [hostile.silence]})
        run = self.start("report", "--check", stuck.url(""), fine.url(""))
        limit = time.monotonic() + 10
        while not fine.said(b"LOGOUT") and time.monotonic() < limit:
            time.sleep(0.01)
        time.sleep(0.2)
        run.signal(signal.SIGINT)
        result = run.wait(10)
        self.assertEqual(result.status, INTERRUPTED, result)
        self.assertRegex(result.out, rb"^OK imap://[^\n]*\n$")


class Quirks(ReportCase):
    def quirks(self, protocol, answers=None, login="", status=0, options=()):
        server = self.hostile(protocol, answers)
        self.server = server
        return codes(self.one(*options, server.url(login), status=status))

    def test_names(self):
        self.assertEqual(self.quirks("smtp", {"": [
            hostile.say(b"220 ESMTP ready\r\n")]}) & {"greeting-name"},
            {"greeting-name"})
        self.assertIn("ehlo-name", self.quirks("smtp", {"": [
            hostile.say(b"220 other.test ESMTP\r\n")]}))
        self.assertFalse(self.quirks("smtp") & {"greeting-name", "ehlo-name"})

    def test_helo(self):
        self.assertIn("no-ehlo", self.quirks("smtp", {
            "EHLO": [hostile.say(b"502 what?\r\n")],
            "HELO": [hostile.say(b"250 bait.test\r\n")]}))

    def test_what_is_missing(self):
        self.assertLessEqual({"no-pipelining", "no-enhancedstatuscodes"},
                             self.quirks("smtp"))
        self.assertNotIn("no-8bitmime", self.quirks("smtp"))
        found = self.quirks("pop3", {"CAPA": [
            hostile.say(b"+OK\r\nUSER\r\nTOP\r\n.\r\n")]})
        self.assertLessEqual({"no-uidl", "no-pipelining"}, found)
        self.assertNotIn("no-top", found)
        found = self.quirks("pop3", {"CAPA": [hostile.say(b"-ERR what?\r\n")]})
        self.assertIn("no-capa", found)
        self.assertNotIn("no-uidl", found)  # nobody knows
        found = self.quirks("imap", login="asterix:gaul@")
        self.assertLessEqual({"no-idle", "no-literal", "no-move"}, found)
        self.assertNotIn("no-uidplus", found)
        self.assertFalse({c for c in self.quirks("imap")
                          if c.startswith("no-")})
        self.assertIn("no-imap4", self.quirks("imap", {"CAPABILITY": [
            hostile.say(b"* CAPABILITY IDLE\r\n%t OK\r\n")]}))

    def test_logins(self):
        found = self.quirks("imap", {"CAPABILITY": [hostile.say(
            b"* CAPABILITY IMAP4rev2 AUTH=PLAIN\r\n%t OK\r\n")],
            "AUTHENTICATE": [hostile.say(b"+ \r\n"), hostile.read_line,
                             hostile.say(b"%t OK in\r\n")]},
            login="asterix:gaul@")
        self.assertLessEqual({"login-again", "login-changes-nothing"}, found)
        self.assertIn("preauth", self.quirks("imap", {"": [
            hostile.say(b"* PREAUTH hello\r\n")]}))

    def test_starttls_again(self):
        server = self.hostile("imap", {
            "CAPABILITY": [hostile.say(
                b"* CAPABILITY IMAP4rev1 STARTTLS\r\n%t OK\r\n")],
            "STARTTLS": [hostile.say(b"%t OK go\r\n"),
                         hostile.start_tls(self.authority.context())]})
        self.assertIn("starttls-again", codes(self.one(server.url(""))))

    def test_lines(self):
        self.assertIn("long-lines", self.quirks("smtp", {"EHLO": [hostile.say(
            b"250-bait.test\r\n250 SIZE " + b"1" * 502 + b"\r\n")]}))
        self.assertNotIn("long-lines", self.quirks("smtp", {"EHLO": [
            hostile.say(b"250-bait.test\r\n250 XX " + b"1" * 503
                        + b"\r\n")]}))
        self.assertIn("long-lines", self.quirks("pop3", {"CAPA": [hostile.say(
            b"+OK\r\nUSER " + b"x" * 600 + b"\r\n.\r\n")]}))

    def test_pipelining(self):
        """All is well, and a server that forgets what came with a line."""
        def forget(peer):
            time.sleep(0.2)
            peer.buffer = b""
            peer.sock.setblocking(False)
            try:
                peer.sock.recv(65536)
            except OSError:
                pass
            peer.sock.setblocking(True)
            peer.send(b"%t OK\r\n" if peer.tag else b"250 ok\r\n")
        table = {"EHLO": [hostile.say(b"250-bait.test\r\n250 PIPELINING\r\n")]}
        for protocol, table, verb, count in (
                ("smtp", table, "RSET", 3), ("imap", {}, "NOOP", 4)):
            self.assertNotIn("pipelining-breaks",
                             self.quirks(protocol, table))
            self.assertEqual(len([line for line in self.server.heard
                                  if verb.encode() in line]), count)
            self.assertIn("pipelining-breaks", self.quirks(
                protocol, {**table, verb: [forget]}, status=PARTLY,
                options=("--timeout=1",)))
        asked, lost = [], []

        def capa(peer):
            asked.append(1)
            if len(asked) > 1:  # what is sent at once
                time.sleep(0.2)
                peer.sock.setblocking(False)
                try:
                    lost.append(peer.buffer + peer.sock.recv(65536))
                except OSError:
                    lost.append(peer.buffer)
                peer.sock.setblocking(True)
                peer.buffer = b""
            peer.send(b"+OK\r\nPIPELINING\r\n.\r\n")
        self.assertIn("pipelining-breaks", self.quirks(
            "pop3", {"CAPA": [capa]}, status=PARTLY,
            options=("--timeout=1",)))
        self.assertEqual(lost, [b"CAPA\r\n" * 3])

    def test_no_goodbye(self):
        self.assertIn("no-goodbye", self.quirks("imap", {
            "LOGOUT": [hostile.hang_up]}))

    def test_values(self):
        server = self.hostile("smtp", {"EHLO": [hostile.say(
            b"250-bait.test\r\n250-LIMITS RCPTMAX=20 MAILMAX=5\r\n"
            b"250 SIZE 35882577\r\n")]})
        report = self.one(server.url(""))
        self.assertEqual(report["limits"], {
            "LIMITS": "RCPTMAX=20 MAILMAX=5", "SIZE": 35882577})
        text = self.words(server.url(""))
        self.assertRegex(text, r"limit +SIZE 35882577 - Here: 34\.2 MiB")
        self.assertRegex(text, r"limit .*Recipients a message: 20")
        server = self.hostile("pop3", {"CAPA": [hostile.say(
            b"+OK\r\nEXPIRE 60\r\nLOGIN-DELAY 900\r\n"
            b"IMPLEMENTATION Bait 1.0\r\n.\r\n")]})
        text = self.words(server.url(""))
        self.assertRegex(text, r"limit +EXPIRE 60 - Here: 60 days")
        self.assertRegex(text, r"limit +LOGIN-DELAY 900 - Here: 900 seconds")
        self.assertRegex(text, r"software +Bait 1\.0")
        server = self.hostile("imap", {
            "CAPABILITY": [hostile.say(
                b"* CAPABILITY IMAP4rev1 QUOTA ID MESSAGELIMIT=1000\r\n"
                b"%t OK\r\n")],
            "ID": [hostile.say(b'* ID ("name" "Bait" "x" NIL)\r\n%t OK\r\n')],
            "GETQUOTAROOT": [hostile.say(
                b'* QUOTAROOT INBOX ""\r\n'
                b'* QUOTA "" (STORAGE 10 512 MESSAGE 3 4)\r\n%t OK\r\n')]})
        report = self.one(server.url())
        self.assertEqual(report["quota"], [
            {"root": "", "name": "STORAGE", "used": 10, "limit": 512},
            {"root": "", "name": "MESSAGE", "used": 3, "limit": 4}])
        self.assertEqual(report["id"], {"name": "Bait"})
        self.assertEqual(report["limits"], {"MESSAGELIMIT": 1000})
        self.assertRegex(self.words(server.url()),
                         r"quota +STORAGE: 10\.2 kB of 524\.3 kB used")

    def test_escape_sequences_are_shown_and_not_played(self):
        evil = b"\x1b]0;owned\x07\x1b[2J\xc2\x9b2J\xe2\x80\xae"
        tables = {
            "imap": {"": [hostile.say(b"* OK " + evil + b"\r\n")],
                     "CAPABILITY": [hostile.say(
                         b"* CAPABILITY IMAP4rev1 ID X" + evil.replace(
                             b"]", b"") + b" AUTH=" + evil.replace(b"]", b"")
                         + b"\r\n%t OK\r\n")],
                     "ID": [hostile.say(b'* ID ("name" "' + evil
                                        + b'")\r\n%t OK\r\n')]},
            "pop3": {"": [hostile.say(b"+OK " + evil + b"\r\n")],
                     "CAPA": [hostile.say(
                         b"+OK\r\nX" + evil + b" y\r\nIMPLEMENTATION " + evil
                         + b"\r\nEXPIRE " + evil + b"\r\nSASL " + evil
                         + b"\r\n.\r\n")]},
            "smtp": {"": [hostile.say(b"220 " + evil + b" |\r\n")],
                     "EHLO": [hostile.say(
                         b"250-" + evil + b"\r\n250-X" + evil + b"\r\n"
                         b"250 AUTH " + evil + b"\r\n")]}}
        for protocol, table in tables.items():
            server = self.hostile(protocol, table)
            text = self.words(server.url(""))
            self.assertIn("^[", text)
            self.assertNotIn("\u202e", text)
            report = self.one(server.url(""))
            self.assertIn("control-characters", codes(report))
            self.assertIn("\x1b]0;owned\x07", report["greeting"])
            result = self.postel("report", "--check", server.url(""))
            self.assertNotRegex(result.out, ESCAPES, result)
        server = self.hostile("smtp", {"": [
            hostile.say(b"554 " + evil + b"|x|\r\n")]})
        result = self.postel("report", "--check", server.url(""))
        self.assertNotRegex(result.out, ESCAPES, result)
        self.assertEqual(result.out.count(b"|"), 1)
