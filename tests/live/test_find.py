"""Servers that are found by DNS: which is tried when, and which is believed.
The name server is nameserver.py, on loopback."""

import hashlib
import json
import signal
import socket
import subprocess
import time
import unittest

from authority import Authority, TlsCase
from harness import (AUTH, CONNECT, DONE, INTERRUPTED, LOST, TLS, USAGE,
                     Terminal)
from bridge import Bridge
from nameserver import NXDOMAIN, REFUSED, SERVFAIL, NameServer
from servers import Posteld, free_port, have_ipv6

USER = "fred@example.org"


class Names(Authority):
    """Certificates of the kinds that a hoster may have."""

    NAMES = {
        "domain": "DNS:example.org",
        "inside": "DNS:mail.example.org",
        "outside": "DNS:mail.hoster.test",
        "similar": "DNS:notexample.org",
        "service": "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_imaps.example.org",
        "expired": "DNS:mail.hoster.test",
    }


class FindCase(TlsCase):
    AUTHORITY = Names

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = {
            cert: cls.with_server(Posteld(
                {"fred": "gaul"}, cls.authority, cert))
            for cert in Names.NAMES}

    def serve(self, records, **options):
        """A name server that knows these, and the hosts of the tests."""
        hosts = {f"{host} A": ["127.0.0.1"] for host in (
            "mail.example.org", "mail.hoster.test", "other.test")}
        self.names = self.enterContext(NameServer(hosts | records, **options))
        return self.names

    def serve_imaps(self, cert, host, *before):
        """One server of the domain, behind others."""
        port = self.servers[cert].imaps
        return self.serve({"_imaps._tcp.example.org SRV":
                           [*before, f"9 1 {port} {host}"]})

    def options(self):
        return self.names.option, self.ca, self.secret("gaul")

    def opens(self, url, *more, **options):
        return self.done(*self.options(), *more, url, "-c", "NOOP",
                         **options)

    def refuses(self, status, pattern, url, *more, **options):
        return self.fails(status, pattern, *self.options(), *more, url, "-c",
                          "NOOP", **options)

    def assertNobodyLoggedIn(self, result):
        self.assertNotRegex(result.err, rb"C: .*(LOGIN|AUTH|PASS|USER)")


class Srv(FindCase):
    def test_the_first_are_dead(self):
        self.serve_imaps("inside", "mail.example.org",
                         f"1 0 {free_port()} mail.example.org",
                         f"2 0 {free_port()} nowhere.test",
                         f"3 0 {free_port()} other.test")
        result = self.opens("imap:fred@example.org", "-t")
        self.assertIn(b"-- SRV _imaps._tcp.example.org: 9 1 "
                      b"%d mail.example.org\n"
                      % self.servers["inside"].imaps, result.err)
        self.assertIn(b"C: a1 AUTHENTICATE SCRAM", result.err)
        self.assertIn(b"nowhere.test: there is no such name", result.err)
        asked = [name for name, _, _ in self.names.asked]
        self.assertNotIn("_imap._tcp.example.org", asked)
        # One after the other: no address of the last before its turn.
        self.assertLess(asked.index("nowhere.test"),
                        asked.index("other.test"))

    def test_all_are_dead(self):
        port = free_port()
        self.serve({"_imaps._tcp.example.org SRV":
                    [f"1 1 {port} mail.example.org"]})
        self.refuses(CONNECT, f"connect to mail.example.org port {port}: "
                     "Connection refused$", "imap:fred@example.org")
        self.names.records["_imap._tcp.example.org SRV"] = [
            f"1 1 {port} other.test"]
        self.refuses(CONNECT, "example.org: none of 2 servers could be "
                     f"reached; the last one: connect to other.test port "
                     f"{port}: Connection refused$", "imap:fred@example.org")

    def test_no_more_than_eight_are_tried(self):
        self.serve({"_imaps._tcp.example.org SRV":
                    [f"{i} 1 1 other.test" for i in range(20)]})
        self.refuses(CONNECT, "none of 8 servers", "imap:fred@example.org")

    def test_upgrade_is_required(self):
        server = self.servers["inside"]
        records = {"_imap._tcp.example.org SRV":
                   [f"1 1 {server.imap} mail.example.org"],
                   "_pop3._tcp.example.org SRV":
                   [f"1 1 {server.pop3} mail.example.org"],
                   "_submission._tcp.example.org SRV":
                   [f"1 1 {server.smtp} mail.example.org"]}
        self.serve(records)
        for scheme, verb in (("imap", b"C: a1 STARTTLS"), ("pop3", b"C: STLS"),
                             ("submission", b"C: STARTTLS")):
            with self.subTest(scheme):
                result = self.opens(f"{scheme}:fred@example.org", "-t")
                self.assertIn(verb, result.err)
                # One that insists on TLS is never told of another way.
                self.refuses(CONNECT, f"no SRV _{scheme}s._tcp",
                             f"{scheme}s:fred@example.org")

    def test_no_upgrade_no_login(self):
        bare = self.enterContext(Posteld({"fred": "gaul"}))
        self.serve({"_imap._tcp.example.org SRV":
                    [f"1 1 {bare.imap} mail.example.org"]})
        for more in ((), ("--starttls=auto",)):
            result = self.refuses(TLS, "no STARTTLS on offer",
                                  "imap:fred@example.org", *more)
        # Who says that it is right to do without, logs in nevertheless only
        # where the name is sure.
        url = "imap:fred@example.org?starttls=no"
        result = self.postel(*self.options(), "-t", url, "-c", "NOOP")
        self.assertEqual(result.status, TLS, result)
        self.assertIn(b"there is no TLS; no secret is sent", result.err)
        self.assertNobodyLoggedIn(result)
        self.opens(url + "&insecure")
        self.opens("imap:example.org?starttls=no")

    def test_each_scheme(self):
        server = self.servers["inside"]
        self.serve({
            f"_{service}._tcp.example.org SRV":
            [f"1 1 {getattr(server, port)} mail.example.org"]
            for service, port in (("imaps", "imaps"), ("pop3s", "pop3s"),
                                  ("submissions", "smtps"))})
        for scheme in ("imap", "imaps", "pop3", "pop3s", "submission",
                       "submissions"):
            with self.subTest(scheme):
                self.opens(f"{scheme}:fred@example.org")
                self.done(*self.options(), f"{scheme}:example.org", "-c",
                          ":caps")

    def test_user_is_the_whole_address(self):
        self.serve_imaps("inside", "mail.example.org")
        for url, user in (("imap:fred@example.org", USER),
                          ("imap:nobody%40x.test@example.org",
                           "nobody@x.test")):
            chunk = f"print(postel.connect('{url}').user)"
            result = self.postel(*self.options(), "-e", chunk)
            self.assertEqual(result.out.decode().strip(),
                             user if user == USER else "", result)
        chunk = ("local c = postel.connect('imap:example.org', "
                 "{user = 'fred'}); print(c.user)")
        result = self.done(*self.options(), "-e", chunk)
        self.assertEqual(result.out, b"fred\n")

    def test_each_mechanism(self):
        self.serve_imaps("inside", "mail.example.org")
        self.names.records["_pop3s._tcp.example.org SRV"] = [
            f"1 1 {self.servers['inside'].pop3s} mail.example.org"]
        for mech in ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"):
            self.opens("imap:fred@example.org", f"--auth={mech}")
        for mech in ("USER", "APOP"):
            self.opens("pop3:fred@example.org", f"--auth={mech}")

    def test_refused_login_is_not_tried_again(self):
        self.serve_imaps("inside", "mail.example.org")
        result = self.postel(self.names.option, self.ca, "-t",
                             self.secret("wrong"), "imap:fred@example.org",
                             "-c", "NOOP")
        self.assertEqual(result.status, AUTH, result)
        self.assertEqual(result.err.count(b"C: a1 AUTHENTICATE"), 1, result)

    def test_netrc_goes_by_the_domain(self):
        self.serve_imaps("inside", "mail.example.org")
        self.home.file("netrc", "machine mail.example.org login "
                       f"{USER} password wrong\nmachine example.org login "
                       f"{USER} password gaul\n")
        self.done(self.names.option, self.ca, "imap:fred@example.org", "-c",
                  "NOOP")

    def test_not_offered(self):
        self.serve({"_imap._tcp.example.org SRV": ["0 0 0 ."],
                    "_imaps._tcp.example.org SRV": ["0 0 0 ."],
                    "_pop3._tcp.example.org SRV": ["0 0 0 ."]})
        self.refuses(CONNECT, "^postel: example.org offers no imap: SRV "
                     "_imap._tcp says so$", "imap:fred@example.org")
        self.refuses(CONNECT, "example.org offers no pop3: SRV _pop3._tcp",
                     "pop3:fred@example.org")

    def test_one_of_two_is_offered(self):
        """RFC 6186 3.4 has this example."""
        self.serve_imaps("inside", "mail.example.org")
        self.names.records["_imap._tcp.example.org SRV"] = ["0 0 0 ."]
        self.opens("imap:fred@example.org")

    def test_nothing_is_said(self):
        self.serve({})
        self.refuses(
            CONNECT, r"^postel: example.org does not say where its imap "
            r"server is \(no SRV _imaps._tcp, _imap._tcp\); name it: "
            r"imaps://HOST$", "imap:fred@example.org")

    def test_addresses_are_asked_of_the_same_server(self):
        """Neither /etc/hosts nor the system's own server knows the names."""
        self.serve_imaps("inside", "mail.example.org")
        port = self.servers["inside"].imaps
        self.opens(f"imaps://fred@mail.example.org:{port}")
        self.assertIn(("mail.example.org", "A", "udp"), self.names.asked)
        self.refuses(CONNECT, "look up nowhere.test: there is no such name",
                     f"imaps://fred@nowhere.test:{port}")
        self.refuses(CONNECT, "look up example.org: no Internet address",
                     f"imaps://fred@example.org:{port}")
        result = self.done(self.names.option, "mail.example.org",
                           self.servers["inside"].imap, "-c",
                           "CAPABILITY")
        self.assertIn(b"IMAP4rev1", result.out)

    def test_international_domain(self):
        port = self.servers["inside"].imaps
        self.serve({"_imaps._tcp.xn--bcher-kva.example SRV":
                    [f"1 1 {port} mail.example.org"]})
        result = self.postel(*self.options(), "-t",
                             "imap:bücher.example", "-c", "NOOP")
        self.assertIn(b"SRV _imaps._tcp.xn--bcher-kva.example: 1 1",
                      result.err)

    def test_account_and_open(self):
        self.serve_imaps("inside", "mail.example.org")
        (self.home.path / "config" / "postel").mkdir(parents=True)
        self.home.file("config/postel/init.lua", f"""
            postel.account {{name = "work", url = "imap:fred@example.org",
                dns = "{self.names.address}", ca = "{self.authority.ca}",
                password_file = "{self.home.file('pw', 'gaul')}"}}""")
        self.done("work", "-c", "NOOP")
        self.done("-c", ":open work", "-c", "NOOP")
        self.done(*self.options(), "-c", ":open imap:fred@example.org",
                  "-c", "NOOP")

    def test_recorded(self):
        self.serve_imaps("inside", "mail.example.org")
        script = self.home.path / "again.lua"
        self.done(*self.options(), "-c", f":record {script}", "-c",
                  ":open imap:fred@example.org", "-c", "NOOP")
        self.done(self.secret("gaul"), script)
        self.assertIn(f'dns = "{self.names.address}"', script.read_text())

    def test_setting_and_environment(self):
        self.serve_imaps("inside", "mail.example.org")
        opens = "-c", ":open imap:fred@example.org", "-c", "NOOP"
        self.done(self.ca, self.secret("gaul"), "-c",
                  f":set dns {self.names.address}", *opens)
        self.done(self.ca, self.secret("gaul"), *opens,
                  env={"POSTEL_DNS": self.names.address})
        self.fails(USAGE, "--dns: x is no name server", "--dns=x", *opens)
        self.fails(USAGE, "POSTEL_DNS: x is no name server", *opens,
                   env={"POSTEL_DNS": "x"})

    @unittest.skipUnless(have_ipv6(), "no IPv6")
    def test_server_over_ipv6(self):
        self.serve({"_imaps._tcp.example.org SRV":
                    [f"1 1 {self.servers['inside'].imaps} mail.example.org"]},
                   address="::1")
        self.opens("imap:fred@example.org")
        self.assertTrue(self.names.asked)

    def test_time_tells_what_was_found(self):
        self.serve_imaps("inside", "mail.example.org",
                         f"1 0 {free_port()} mail.example.org")
        self.names.faults["_imaps._tcp.example.org"] = "slow"
        result = self.done(*self.options(), "imap:fred@example.org", "-c",
                           ":time")
        self.assertRegex(result.err, rb"-- SRV _imaps._tcp.example.org: 9 1 ")
        self.assertRegex(result.err, rb"-- look-up 1\d\d\d\.\d ms, connect ")

    def test_json(self):
        self.serve_imaps("inside", "mail.example.org")
        result = self.done(*self.options(), "--json",
                           "imap:fred@example.org", "-c", "NOOP")
        self.assertEqual(json.loads(result.out)["ok"], True)


class Belief(FindCase):
    """Whose certificate a server must have that DNS, which can be forged, has
    told."""

    REFUSED = (r"^postel: example.org: only DNS, which can be forged, says "
               r"that imaps://fred%40example.org@mail.hoster.test:\d+ is its "
               r"server: the certificate is not for example.org; if it is "
               r"right, use that URL$")

    def test_within_the_domain(self):
        self.serve_imaps("inside", "mail.example.org")
        self.opens("imap:fred@example.org")

    def test_for_the_domain(self):
        self.serve_imaps("domain", "mail.hoster.test")
        self.opens("imap:fred@example.org")

    def test_for_the_service(self):
        """RFC 4985: an SRV-ID, of this service and of no other."""
        self.serve_imaps("service", "mail.hoster.test")
        self.opens("imap:fred@example.org")
        self.names.records["_imap._tcp.example.org SRV"] = [
            f"1 1 {self.servers['service'].imap} mail.hoster.test"]
        del self.names.records["_imaps._tcp.example.org SRV"]
        self.refuses(TLS, "it names no server in subjectAltName",
                     "imap:fred@example.org")

    def test_spoofed(self):
        """The certificate is good, for somebody else."""
        self.serve_imaps("outside", "mail.hoster.test")
        self.refuses(TLS, self.REFUSED, "imap:fred@example.org")
        result = self.postel(*self.options(), "-t", "imap:fred@example.org",
                             "-c", "NOOP")
        self.assertNobodyLoggedIn(result)
        # Neither does a login that comes later.
        result = self.postel(*self.options(), "-t", "imap:example.org", "-c",
                             f":login {USER}")
        self.assertEqual(result.status, TLS, result)
        self.assertNobodyLoggedIn(result)
        # The URL that it names is right.
        url = result.err.decode().split("says that ")[1].split()[0]
        self.opens(url.replace("imaps://", "imaps://fred@"))
        self.opens("imap:fred@example.org", "--insecure")

    def test_spoofed_name_like_the_domain(self):
        """A name that ends like the domain is not within it."""
        self.serve({"notexample.org A": ["127.0.0.1"],
                    "_imaps._tcp.example.org SRV":
                    [f"1 1 {self.servers['similar'].imaps} notexample.org"]})
        self.refuses(TLS, "only DNS, which can be forged",
                     "imap:fred@example.org")

    def test_authenticated(self):
        """AD of a name server on loopback."""
        self.serve_imaps("outside", "mail.hoster.test")
        self.names.vouched.add("_imaps._tcp.example.org")
        result = self.opens("imap:fred@example.org", "-t")
        self.assertIn(b"mail.hoster.test (DNSSEC)", result.err)
        # The certificate is checked all the same.
        self.names.records["_imaps._tcp.example.org SRV"] = [
            f"1 1 {self.servers['outside'].imaps} other.test"]
        self.refuses(TLS, "not for other.test", "imap:fred@example.org")

    def test_authenticated_by_whom(self):
        """The word of a name server that is not on a loopback address, as far
        as its address tells, does not count."""
        self.serve_imaps("outside", "mail.hoster.test")
        self.names.vouched.add("*")
        self.names.option = f"--dns=0.0.0.0:{self.names.port}"
        self.refuses(TLS, self.REFUSED, "imap:fred@example.org")
        self.assertTrue(self.names.asked)

    def test_expired(self):
        self.serve_imaps("expired", "mail.hoster.test")
        self.refuses(TLS, "it expired on", "imap:fred@example.org")

    def ask(self, answer):
        self.serve_imaps("outside", "mail.hoster.test")
        terminal = Terminal(self.home, *self.options(),
                            "imap:fred@example.org")
        self.addCleanup(terminal.close)
        terminal.expect("DNS, which can be forged, names mail.hoster.test as "
                        "the imap server of example.org; its certificate is "
                        r"good, but not for example.org.  Use it\? \[y/N\] ")
        terminal.line(answer)
        return terminal

    def test_a_person_says_yes_once(self):
        terminal = self.ask("y")
        terminal.expect("fred@example.org@mail.hoster.test.* > ")
        terminal.line(":open imap:fred@example.org again")
        terminal.expect("again.* > |Use it", 10)
        self.assertNotIn(b"Use it", terminal.seen[terminal.mark - 40:])
        terminal.line(":quit")
        terminal.wait()
        self.assertEqual(terminal.seen.count(b"Use it?"), 1)

    def test_a_person_says_no(self):
        for answer in ("n", ""):
            terminal = self.ask(answer)
            terminal.expect("only DNS, which can be forged")
            self.assertEqual(terminal.wait(), TLS)

    def test_a_person_interrupts(self):
        terminal = self.ask("\x03")
        self.assertEqual(terminal.wait(), INTERRUPTED)


class Dane(FindCase):
    """RFC 7672, RFC 7673: where DNSSEC vouches for the way to the server, it
    may vouch for the certificate."""

    def digest(self, cert):
        """SHA-256 of its key, and of all of it."""
        pem = self.authority.cert(cert)
        der = subprocess.run(["openssl", "x509", "-in", pem, "-outform",
                              "DER"], capture_output=True, check=True).stdout
        key = subprocess.run(["openssl", "x509", "-in", pem, "-noout",
                              "-pubkey"], capture_output=True, check=True)
        spki = subprocess.run(["openssl", "pkey", "-pubin", "-outform",
                               "DER"], input=key.stdout, capture_output=True,
                              check=True).stdout
        return (hashlib.sha256(spki).hexdigest(),
                hashlib.sha256(der).hexdigest())

    def serve_tlsa(self, cert, host, *records, service="imaps", port=None):
        port = port or self.servers[cert].imaps
        self.tlsa = f"_{port}._tcp.{host}"
        self.serve({f"_{service}._tcp.example.org SRV":
                    [f"1 1 {port} {host}"], f"{self.tlsa} TLSA": records})
        self.names.vouched.add("*")

    URL = "imap:fred@example.org"

    def without_ca(self, *more, url=URL):
        return self.postel(self.names.option, self.secret("gaul"), *more, url,
                           "-c", ":tls", "-c", "NOOP")

    def test_the_record_is_enough(self):
        """Neither an authority that is known nor the name in it."""
        key, whole = self.digest("service")
        for record in (f"3 1 1 {key}", f"3 0 1 {whole}"):
            with self.subTest(record):
                self.serve_tlsa("service", "other.test", f"3 1 1 {'00' * 32}",
                                record)
                result = self.without_ca("-t")
                self.assertEqual(result.status, DONE, result)
                self.assertIn(b"yes: by a TLSA record (DANE)", result.out)
                self.assertIn(f"-- TLSA {self.tlsa}: {record[:6]}"
                              f"{record[6:].upper()} (DNSSEC)",
                              result.err.decode())
        chunk = f"print(postel.connect('{self.URL}').tls.dane)"
        result = self.done(self.names.option, self.secret("gaul"), "-e",
                           chunk)
        self.assertEqual(result.out, b"true\n")

    def test_mismatch(self):
        """A certificate that is right in all other ways is refused."""
        self.serve_tlsa("inside", "mail.example.org", f"3 1 1 {'ab' * 32}")
        result = self.refuses(TLS, "(?i)DANE", self.URL)
        result = self.postel(*self.options(), "-t", self.URL, "-c", "NOOP")
        self.assertNobodyLoggedIn(result)

    def test_what_nobody_vouches_for(self):
        """Of the TLSA record, or of the way to it."""
        self.serve_tlsa("inside", "mail.example.org", f"3 1 1 {'ab' * 32}")
        self.names.vouched = {"_imaps._tcp.example.org"}
        self.assertNotIn(b"DANE", self.opens(self.URL, "-c", ":tls").out)
        self.names.vouched = {self.tlsa}
        asked = len(self.names.asked)
        self.opens(self.URL)
        self.assertNotIn("TLSA", [kind for _, kind, _ in
                                  self.names.asked[asked:]])

    def test_no_use(self):
        self.serve_tlsa("inside", "mail.example.org", "3 1 1 abcd",
                        "9 1 1 " + "ab" * 32, "3 1 7 " + "ab" * 32)
        self.opens(self.URL)

    def test_held_back(self):
        """RFC 7672 2.1.2: somebody may not want it to be known."""
        self.serve_tlsa("inside", "mail.example.org")
        self.names.faults[self.tlsa] = SERVFAIL
        self.refuses(CONNECT, "look up TLSA .*SERVFAIL", self.URL)
        self.names.faults[self.tlsa] = NXDOMAIN
        self.opens(self.URL)

    def test_upgrade_is_required(self):
        bare = self.enterContext(Posteld({"fred": "gaul"}))
        self.serve_tlsa("inside", "mail.example.org", f"3 1 1 {'ab' * 32}",
                        service="imap", port=bare.imap)
        self.refuses(TLS, "no STARTTLS on offer", self.URL
                     + "?starttls=auto")


def may_listen(address):
    """Port 25 is for root."""
    try:
        socket.create_server((address, 25)).close()
    except OSError:
        return False
    return True


@unittest.skipUnless(may_listen("127.0.0.9"), "port 25 is not to be had")
class MxServer(FindCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bridge = cls.enterClassContext(Bridge(
            ("127.0.0.9", 25), cls.servers["outside"].smtp))

    def test_the_first_that_answers(self):
        self.serve({"example.org MX": ["5 dead.test", "10 mail.hoster.test",
                                       "1 nowhere.test"],
                    "dead.test A": ["127.0.0.8"],
                    "mail.hoster.test A": ["127.0.0.9"]})
        result = self.opens("mx:example.org", "-t")
        self.assertIn(b"C: STARTTLS", result.err)
        self.assertIn(b"dead.test port 25: Connection refused", result.err)
        result = self.done(*self.options(), "-c", ":open mx:example.org",
                           "-c", ":conns")
        self.assertIn(b"mail.hoster.test", result.out)
        # The certificate is for the server, or for the domain.
        self.names.records["mail.hoster.test MX"] = ["1 other.test"]
        self.names.records["other.test A"] = ["127.0.0.9"]
        self.opens("mx:mail.hoster.test")
        self.names.records["bad.test MX"] = ["1 other.test"]
        self.refuses(TLS, "not for other.test", "mx:bad.test")

    def test_no_login_at_a_server_that_may_be_forged(self):
        self.serve({"example.org MX": ["10 mail.hoster.test"],
                    "mail.hoster.test A": ["127.0.0.9"]})
        chunk = "postel.connect('mx:example.org', {user = 'fred'})"
        self.fails(TLS, "only DNS, which can be forged", *self.options(),
                   "-e", chunk)

    def test_dane(self):
        self.serve({"example.org MX": ["10 mail.hoster.test"],
                    "mail.hoster.test A": ["127.0.0.9"],
                    "_25._tcp.mail.hoster.test TLSA":
                    [f"3 1 1 {'ab' * 32}"]})
        self.opens("mx:example.org")
        self.names.vouched.add("*")
        self.refuses(TLS, "(?i)DANE", "mx:example.org")
        # RFC 7672 3.1.3: these are not for SMTP.
        self.names.records["_25._tcp.mail.hoster.test TLSA"] = [
            f"1 1 1 {'ab' * 32}"]
        self.opens("mx:example.org")


class Mx(FindCase):
    """Port 25 is not ours to have: who is asked is seen in the errors."""

    def test_order(self):
        self.serve({"example.org MX": ["20 b.test", "10 a.test", "30 c.test"]}
                   | {f"{x}.test A": ["127.0.0.7"] for x in "abc"})
        result = self.postel(*self.options(), "-t", "mx:example.org", "-c",
                             "NOOP")
        self.assertEqual(result.status, CONNECT, result)
        self.assertRegex(result.err, b"(?s)MX example.org: 20 b.test.*"
                         b"closed: connect to a.test port 25.*"
                         b"closed: connect to b.test port 25.*"
                         b"closed: connect to c.test port 25.*"
                         b"none of 3 servers")

    def test_implicit(self):
        self.serve({"bare.test A": ["127.0.0.7"], "alias.test CNAME":
                    ["bare.test"]})
        for domain in ("bare.test", "alias.test"):
            self.refuses(CONNECT, f"connect to {domain} port 25: Connection "
                         "refused", f"mx:{domain}")

    def test_null(self):
        self.serve({"null.test MX": ["0 ."], "null.test A": ["127.0.0.7"]})
        self.refuses(CONNECT, r"^postel: null.test takes no mail: its MX "
                     r"record says so \(RFC 7505\)$", "mx:null.test")

    def test_no_such_domain(self):
        self.serve({})
        self.refuses(CONNECT, "nowhere.test: there is no such domain",
                     "mx:nowhere.test")


class BadServers(FindCase):
    URL = "imap:fred@example.org"

    def test_dead(self):
        self.serve({})
        address = f"127.0.0.1:{free_port()}"
        result = self.fails(CONNECT, "look up SRV _imaps._tcp.example.org: "
                            "the name server: Connection refused$",
                            f"--dns={address}", self.URL, "-c", "NOOP")
        self.assertLess(result.seconds, 5)

    def test_slow_is_waited_for(self):
        self.serve_imaps("inside", "mail.example.org")
        self.names.faults["_imaps._tcp.example.org"] = "slow"
        self.assertGreater(self.opens(self.URL).seconds, 1)

    def test_no_answer_in_time(self):
        for fault in ("silent", "id", "garbage"):
            with self.subTest(fault):
                self.serve({})
                self.names.faults["*"] = fault
                result = self.refuses(
                    LOST, "look up SRV _imaps._tcp.example.org: timed out$",
                    self.URL, "--timeout=1")
                self.assertLess(result.seconds, 4)
        result = self.refuses(LOST, "look up mail.test: timed out$",
                              "imap://mail.test", "--timeout=1")
        self.assertLess(result.seconds, 4)

    def test_the_resolver_gives_up(self):
        self.serve({})
        self.names.faults["*"] = "silent"
        self.refuses(CONNECT, "the name server does not answer$", self.URL,
                     env={"RES_OPTIONS": "timeout:1 attempts:1"})

    def test_failures(self):
        for fault, word in ((SERVFAIL, "SERVFAIL"), (REFUSED, "REFUSED"),
                            (1, "FORMERR"), (4, "NOTIMP"), (9, "error 9"),
                            ("short", "garbled")):
            with self.subTest(word):
                self.serve({"_imaps._tcp.example.org SRV":
                            ["1 1 1 mail.example.org"]})
                self.names.faults["*"] = fault
                self.refuses(CONNECT, f"look up SRV .*{word}", self.URL)

    def test_truncated(self):
        """What does not fit is asked over TCP."""
        self.serve_imaps("inside", "mail.example.org")
        self.names.faults["_imaps._tcp.example.org"] = "cut"
        self.opens(self.URL)
        ways = [way for name, _, way in self.names.asked
                if name == "_imaps._tcp.example.org"]
        self.assertEqual(ways, ["udp", "tcp"])

    def test_hostile_hosts(self):
        """One good record among what names no host."""
        self.serve_imaps("inside", "mail.example.org",
                         b"\0\0\0\0\0\1\5a\x1b[2J\4test\0",
                         b"\0\0\0\0\0\1\3a\0b\4test\0",
                         b"\0\0\0\0\0\1\tlocal\nhost\0",
                         b"\0\0\0\0\0\1\x03127\x010\x010\x011\0", b"\0\0", b"")
        self.assertNotIn(b"\x1b", self.opens(self.URL, "-t").err)

    def test_interrupt(self):
        self.serve({})
        self.names.faults["*"] = "silent"
        for url in (self.URL, "mx:example.org", "imap://mail.test"):
            with self.subTest(url):
                asked = len(self.names.asked)
                running = self.start(*self.options(), url, "-c", "NOOP")
                limit = time.monotonic() + 10
                while len(self.names.asked) == asked:
                    self.assertLess(time.monotonic(), limit)
                    time.sleep(0.01)
                running.signal(signal.SIGINT)
                result = running.wait(10)
                self.assertEqual(result.status, INTERRUPTED, result)
                self.assertLess(result.seconds, 5)

    def test_interrupt_at_the_prompt(self):
        self.serve_imaps("inside", "mail.example.org")
        self.names.faults["_imaps._tcp.example.org"] = "silent"
        terminal = self.enterContext(Terminal(self.home, *self.options()))
        terminal.expect("> ")
        terminal.line(":open imap:fred@example.org")
        limit = time.monotonic() + 10
        while not self.names.asked:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.01)
        terminal.type("\x03")
        terminal.expect("interrupted.*> ")
        self.names.faults.clear()
        terminal.line(":open imap:fred@example.org")
        terminal.expect("mail.example.org.* > ")

    def test_tasks_look_up_together(self):
        self.serve({f"{i}.test MX": ["0 ."] for i in range(4)})
        for i in range(4):
            self.names.faults[f"{i}.test"] = NXDOMAIN
        chunk = """
            local tasks = {}
            for i = 0, 3 do
                tasks[i + 1] = postel.spawn(function()
                    local ok, e = pcall(postel.connect, "mx:" .. i .. ".test")
                    print(i, e.kind)
                end)
            end
            postel.join(table.unpack(tasks))"""
        result = self.done(self.names.option, "-e", chunk)
        self.assertEqual(sorted(result.out.split(b"\n")),
                         [b"", b"0\tdns", b"1\tdns", b"2\tdns", b"3\tdns"])


if __name__ == "__main__":
    unittest.main()
