"""Connections through a proxy: SOCKS 5 and HTTP CONNECT."""

import base64
import signal
import time
import unittest

import servers
from authority import TlsCase
from harness import (AUTH, CONNECT, DONE, INTERRUPTED, LOST, TLS, USAGE,
                     Terminal)
from proxy import Proxy

PASSWORD = "s3same"
NAME = "mx.example"  # known to the proxy alone

REFUSALS = {
    1: "general failure",
    2: "connection not allowed by its rules",
    3: "the server's network is unreachable",
    4: "the server is unreachable",
    5: "the server refused the connection",
    6: r"the way to the server is too long \(TTL expired\)",
    7: "it does not know the command CONNECT",
    8: "it does not know addresses of this kind",
    99: "refused by the unknown code 99",
}


class ProxyCase(TlsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.posteld = cls.with_server(servers.Posteld(
            authority=cls.authority))

    def proxy(self, **options):
        to = {NAME: ("127.0.0.1", self.posteld.imap),
              "localhost": ("127.0.0.1", self.posteld.imap),
              "::1": ("127.0.0.1", self.posteld.imap)}
        return self.enterContext(Proxy(hosts=to, **options))

    def url(self, host="127.0.0.1", protocol="imap", user="", tail=""):
        port = getattr(self.posteld, protocol)
        return f"{protocol}://{user and user + '@'}{host}:{port}{tail}"

    def goes(self, proxy, scheme, url, *options, asked=None, login="",
             **more):
        """Runs NOOP through the proxy, which must have been asked for that
        host."""
        before = len(proxy.asked)
        result = self.done(self.ca, f"--proxy={proxy.url(scheme, login)}",
                           *options, url, "-c", "NOOP", **more)
        self.assertRegex(result.out, b"OK|250 ")
        self.assertEqual(len(proxy.asked), before + 1)
        if asked is not None:
            self.assertEqual(proxy.asked[-1][0], asked)
        return result


class Ways(ProxyCase):
    def test_each_kind_of_proxy_and_address(self):
        proxy = self.proxy()
        for scheme in ("socks5h", "socks5", "http"):
            for host in ("127.0.0.1", "[::1]"):
                with self.subTest((scheme, host)):
                    self.goes(proxy, scheme,
                              self.url(host, tail="?starttls=no"),
                              asked=host.strip("[]"))
            with self.subTest(scheme):
                self.goes(proxy, scheme, self.url(protocol="imaps"))
                self.goes(proxy, scheme, self.url(protocol="smtp"))
                self.goes(proxy, scheme, self.url(tail="?starttls=require"))
        for scheme in ("socks5h", "http"):
            self.goes(proxy, scheme, self.url(NAME, tail="?starttls=no"),
                      asked=NAME)

    def test_socks5_looks_names_up_here(self):
        proxy = self.proxy()
        self.goes(proxy, "socks5", self.url("localhost"))
        self.assertIn(proxy.asked[-1][0], ("127.0.0.1", "::1"))
        self.goes(proxy, "socks5h", self.url("localhost"), asked="localhost")
        self.fails(CONNECT, "look up nowhere.invalid: ",
                   f"--proxy={proxy.url('socks5')}",
                   self.url("nowhere.invalid"))

    @unittest.skipUnless(servers.have_ipv6(), "no IPv6 here")
    def test_over_ipv6(self):
        proxy = self.proxy(host="::1")
        self.goes(proxy, "socks5h", self.url())
        self.goes(proxy, "http", self.url())

    def test_login(self):
        proxy = self.proxy(login=("u@x", PASSWORD))
        for scheme in ("socks5h", "http"):
            self.goes(proxy, scheme, self.url(), login=f"u%40x:{PASSWORD}")
            self.assertEqual(proxy.logins.pop(), ("u@x", PASSWORD))

    def test_wrong_login(self):
        proxy = self.proxy(login=("u", PASSWORD))
        for scheme in ("socks5h", "http"):
            self.fails(CONNECT,
                       f"proxy 127.0.0.1 port {proxy.port}: it does not "
                       "accept the proxy's user and password",
                       f"--proxy={proxy.url(scheme, 'u:wrong')}", self.url())
        self.fails(CONNECT, "407 Proxy Authentication Required",
                   f"--proxy={proxy.url('http')}", self.url())
        self.fails(CONNECT, "it wants a login, and its URL names no user",
                   f"--proxy={proxy.url('socks5h')}", self.url())
        self.assertEqual(proxy.asked, [(("127.0.0.1"), self.posteld.imap)] * 2)

    def test_greeting_with_the_answer(self):
        proxy = self.proxy(glue=True)
        for scheme in ("socks5h", "http"):
            self.goes(proxy, scheme, self.url(user="asterix:gaul"))

    def test_octet_by_octet(self):
        proxy = self.proxy(slow=0.002)
        for scheme in ("socks5h", "http"):
            self.goes(proxy, scheme, self.url(user="asterix:gaul"))

    def test_host_and_port(self):
        proxy = self.proxy()
        self.done(f"--proxy={proxy.url('socks5h')}", NAME, self.posteld.imap,
                  "-c", "NOOP")
        self.assertEqual(proxy.asked, [(NAME, self.posteld.imap)])

    def test_script(self):
        proxy = self.proxy()
        self.done("inbox", f"--proxy={proxy.url('socks5h')}", self.ca,
                  self.url(user="asterix:gaul"))
        self.assertEqual(len(proxy.asked), 1)

    def test_query(self):
        proxy = self.proxy()
        self.done(self.ca, self.url(tail=f"?proxy={proxy.url('http')}"),
                  "-c", "NOOP")
        self.assertEqual(len(proxy.asked), 1)
        result = self.fails(
            USAGE, "password of a proxy does not stand in the URL of a server",
            self.url(tail=f"?proxy=http://u:{PASSWORD}@127.0.0.1:1"))
        self.assertNotIn(PASSWORD.encode(), result.err)


class Failures(ProxyCase):
    def test_refused(self):
        for code, words in REFUSALS.items():
            proxy = self.proxy(refuse=code)
            self.fails(CONNECT, f"proxy 127.0.0.1 port {proxy.port}: {words}$",
                       f"--proxy={proxy.url('socks5h')}", self.url())
        proxy = self.proxy(refuse="403 Forbidden")
        self.fails(CONNECT, f"proxy 127.0.0.1 port {proxy.port}: 403 "
                   "Forbidden$", f"--proxy={proxy.url('http')}", self.url())

    def test_hangs_up_midway(self):
        for scheme, most in (("socks5h", 13), ("http", 40)):
            for n in range(0, most, 4):
                proxy = self.proxy(hang_up=n)
                with self.subTest((scheme, n)):
                    self.fails(
                        CONNECT, f"proxy 127.0.0.1 port {proxy.port}: "
                        "(it hung up instead of an answer|.*reset|.*pipe)",
                        f"--proxy={proxy.url(scheme)}", self.url())

    def test_no_proxy_at_all(self):
        proxy = self.proxy(says=b"220 mx.example ESMTP\r\n")
        self.fails(CONNECT, "this is no SOCKS 5 proxy",
                   f"--proxy={proxy.url('socks5h')}", self.url())
        self.fails(CONNECT, "this is no HTTP proxy",
                   f"--proxy={proxy.url('http')}", self.url())
        port = servers.free_port()
        self.fails(CONNECT, f"proxy: connect to 127.0.0.1 port {port}: ",
                   f"--proxy=socks5h://127.0.0.1:{port}", self.url())
        self.fails(CONNECT, "proxy: look up nowhere.invalid: ",
                   "--proxy=socks5h://nowhere.invalid", self.url())

    def test_endless(self):
        proxy = self.proxy(says=b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 99999)
        self.fails(CONNECT, "its answer is endless",
                   f"--proxy={proxy.url('http')}", self.url())

    def test_deadline(self):
        for says, slow in ((b"", 0), (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 999,
                                      0.1)):
            proxy = self.proxy(says=says, slow=slow)
            result = self.fails(
                LOST, "the proxy made no way to the server in 1 s",
                "--timeout=1", f"--proxy={proxy.url('http')}", self.url())
            self.assertLess(result.seconds, 5)

    def test_interrupted(self):
        proxy = self.proxy(says=b"")
        running = self.start(f"--proxy={proxy.url('http')}", self.url(),
                             "-c", "NOOP")
        limit = time.monotonic() + 10
        while not proxy.peers and time.monotonic() < limit:
            time.sleep(0.02)
        time.sleep(0.1)
        running.signal(signal.SIGINT)
        self.assertEqual(running.wait().status, INTERRUPTED)

    def test_no_proxys_url(self):
        for url, words in (("socks4://p", "unknown kind of proxy socks4"),
                           (f"u:{PASSWORD}@p", "a proxy is none or"),
                           (f"http://u:{PASSWORD}/@p", "behind the host")):
            result = self.fails(USAGE, words, f"--proxy={url}", self.url())
            self.assertNotIn(PASSWORD.encode(), result.err)


class Environment(ProxyCase):
    def run_with(self, environment, *arguments):
        return self.postel(self.ca, *arguments, "-c", "NOOP", env=environment)

    def assertGoes(self, proxy, environment, *arguments):
        proxy.asked.clear()
        result = self.run_with(environment, *arguments)
        self.assertEqual((result.status, len(proxy.asked)), (DONE, 1), result)

    def assertStays(self, proxy, environment, *arguments, status):
        proxy.asked.clear()
        result = self.run_with(environment, *arguments)
        self.assertEqual((result.status, proxy.asked), (status, []), result)

    def test_all_proxy(self):
        proxy = self.proxy()
        other = "http://127.0.0.1:1"
        url = self.url(NAME, tail="?starttls=no")
        ours = proxy.url("socks5h")
        for environment in (
                {"ALL_PROXY": ours}, {"all_proxy": ours},
                {"all_proxy": ours, "ALL_PROXY": other},
                {"ALL_PROXY": f"127.0.0.1:{proxy.port}"},
                {"ALL_PROXY": ours, "NO_PROXY": "other.example"},
                {"ALL_PROXY": ours, "all_proxy": ""},
                {"ALL_PROXY": ours, "no_proxy": "a.test",
                 "NO_PROXY": "*"}):
            with self.subTest(environment):
                self.assertGoes(proxy, environment, url)
        self.assertGoes(proxy, {"ALL_PROXY": ours}, NAME, self.posteld.imap)
        self.assertGoes(proxy, {"ALL_PROXY": other}, f"--proxy={ours}", url)

    def test_no_proxy(self):
        proxy = self.proxy()
        ours = proxy.url("socks5h")
        for no in (NAME, ".example", "example", "a.test, mx.example", "*"):
            for name in ("NO_PROXY", "no_proxy"):
                with self.subTest((name, no)):
                    self.assertStays(
                        proxy, {"ALL_PROXY": ours, name: no}, self.url(NAME),
                        status=CONNECT)
        self.assertStays(proxy, {"ALL_PROXY": ours, "no_proxy": "",
                                 "NO_PROXY": NAME}, self.url(NAME),
                         status=CONNECT)
        # A proxy that is named is asked all the same.
        self.assertGoes(proxy, {"NO_PROXY": "*"}, f"--proxy={ours}",
                        self.url(NAME, tail="?starttls=no"))

    def test_loopback_goes_without(self):
        proxy = self.proxy()
        environment = {"ALL_PROXY": proxy.url("socks5h")}
        for host in ("127.0.0.1", "localhost"):
            self.assertStays(proxy, environment, self.url(host), status=DONE)
            self.assertGoes(proxy, {}, f"--proxy={environment['ALL_PROXY']}",
                            self.url(host))

    def test_switched_off(self):
        proxy = self.proxy()
        environment = {"ALL_PROXY": proxy.url("socks5h")}
        for off in ("--proxy=", "--proxy=none"):
            self.assertStays(proxy, environment, off, self.url(NAME),
                             status=CONNECT)
        self.assertStays(proxy, {"ALL_PROXY": ""}, self.url(NAME),
                         status=CONNECT)

    def test_unusable(self):
        environment = {"ALL_PROXY": f"socks4://u:{PASSWORD}@p"}
        for target in ([self.url(NAME)], [NAME, self.posteld.imap]):
            result = self.run_with(environment, *target)
            self.assertFailed(result, USAGE,
                              "ALL_PROXY: unknown kind of proxy socks4")
            self.assertNotIn(PASSWORD.encode(), result.err)

    def test_stays_for_commands(self):
        url = f"socks5h://u:{PASSWORD}@p"
        result = self.done("-c", "!echo $ALL_PROXY", env={"ALL_PROXY": url})
        self.assertEqual(result.out.decode(), url + "\n")
        result = self.done(f"--proxy={url}", "-c", "!echo $ALL_PROXY; env")
        self.assertNotIn(PASSWORD.encode(), result.out)


class Privacy(ProxyCase):
    def heard(self, proxy, *secrets):
        return [s for s in secrets if s in proxy.heard or
                base64.b64encode(b"\0asterix\0" + s) in proxy.heard]

    def test_loopback_by_a_proxy_is_not_private(self):
        proxy = self.proxy()
        clear = self.url("localhost", user="asterix;AUTH=PLAIN:gaul",
                         tail="?starttls=no")
        self.done(clear, "-c", "NOOP")
        self.fails(AUTH, "clear|encrypt", f"--proxy={proxy.url('socks5h')}", clear)
        self.assertEqual(len(proxy.asked), 1)
        self.assertEqual(self.heard(proxy, b"gaul"), [])
        result = self.done(f"--proxy={proxy.url('socks5h')}", "localhost",
                           self.posteld.imap, "-c", ":conns", "-c", ":tls",
                           "-c", "=conn.private")
        self.assertIn(b"imap! localhost by socks5h://127.0.0.1:", result.out)
        self.assertIn(b"whoever is on the way can read", result.out)
        self.assertIn(b"\nfalse\n", result.out)

    def test_tls_names_the_server(self):
        proxy = self.proxy()
        # The certificate is the proxy's host's, and not the server's.
        self.fails(TLS, f"it is not for {NAME}", self.ca,
                   f"--proxy={proxy.url('socks5h')}",
                   self.url(NAME, tail="?starttls=require"))

    def test_tls_to_the_proxy(self):
        proxy = self.proxy(tls=self.authority.context())
        for url in (self.url(protocol="imaps"), self.url(),
                    self.url(protocol="smtp", tail="?starttls=no")):
            self.goes(proxy, "https", url)
        # It protects nothing of what the server is told.
        result = self.goes(proxy, "https", self.url(tail="?starttls=no"),
                           "-c", "=conn.tls, conn.private")
        self.assertIn(b"nil\tfalse\n", result.out)
        self.fails(AUTH, "clear|encrypt", self.ca, f"--proxy={proxy.url('https')}",
                   self.url("localhost", user="asterix;AUTH=PLAIN:gaul",
                            tail="?starttls=no"))
        self.assertEqual(self.heard(proxy, b"gaul"), [])
        self.fails(TLS, f"proxy 127.0.0.1 port {proxy.port}: certificate",
                   f"--proxy={proxy.url('https')}", self.url())

    def test_password_stays_secret(self):
        proxy = self.proxy(login=("u", PASSWORD))
        url = proxy.url("socks5h", f"u:{PASSWORD}")
        shown = proxy.url("socks5h", "u").encode()
        trace = self.home.path / "trace"
        ours = "tr '\\0' '\\n' </proc/$PPID/cmdline; env"
        record = self.home.path / "record.lua"
        result = self.postel(
            self.ca, f"--proxy={url}", f"--trace={trace}", "-k", self.url(),
            "-c", ":conns", "-c", ":set", "-c", "=conn.proxy",
            "-c", "=postel.options.proxy", "-c", f"!{ours}",
            "-c", f":set proxy {url}", "-c", ":set proxy",
            "-c", f":set proxy socks4://u:{PASSWORD}@p",
            "-c", f":record {record}", "-c", ":record off")
        self.assertEqual(proxy.logins, [("u", PASSWORD)], result)
        self.assertIn(b"by " + shown, result.out)
        self.assertIn(b"\n" + shown + b"\n<secret>\n", result.out)
        self.assertIn(b"proxy cannot be socks4://u:***@p", result.err)
        self.assertIn(b"-- connected to the proxy " + shown,
                      trace.read_bytes())
        self.assertNotIn(PASSWORD.encode(), result.out + result.err, result)
        self.assertNotIn(b"\x05", trace.read_bytes())
        self.assertEqual(self.home.contains(PASSWORD.encode()), [])

    def test_arguments_of_scripts(self):
        script = self.home.file(
            "x.lua", "print((io.open '/proc/self/cmdline':read 'a'))")
        for url in (f"u:{PASSWORD}@p", f"http://u:{PASSWORD}@p"):
            result = self.done(script, f"--proxy={url}")
            self.assertIn(b"--proxy=", result.out)
            self.assertNotIn(PASSWORD.encode(), result.out)

    def test_history(self):
        proxy = self.proxy(login=("u", PASSWORD))
        url = proxy.url("socks5h", f"u:{PASSWORD}")
        with Terminal(self.home, "--norc") as terminal:
            terminal.expect("postel > ")
            terminal.line(f":set proxy {url}")
            terminal.expect("postel > ")
            terminal.line(f":set proxy u:{PASSWORD}@p")
            terminal.expect(r"proxy cannot be u:\*\*\*@p")
            terminal.line(f":open {self.url(tail='?starttls=no')}")
            terminal.expect("imap! .* > ")
            terminal.line(f":open {self.url(tail=f'?proxy={url}')}")
            terminal.expect("does not stand in the URL")
            terminal.line(":quit")
            terminal.expect("BYE")
        self.assertEqual(len(proxy.logins), 1)
        self.assertEqual(self.home.contains(PASSWORD.encode()), [])


class Policy(ProxyCase):
    def init(self, text):
        folder = self.home.path / "config" / "postel"
        folder.mkdir(parents=True)
        (folder / "init.lua").write_text(text)
        (folder / "init.lua").chmod(0o600)

    def test_account(self):
        proxy = self.proxy(login=("u", PASSWORD))
        url = proxy.url("http", f"u:{PASSWORD}")
        self.init(f'''postel.account {{ name = "work", proxy = "{url}",
            url = "{self.url(NAME, tail='?starttls=no')}" }}''')
        result = self.done("work", "-c", "=conn.proxy")
        self.assertIn(proxy.url("http", "u").encode(), result.out)
        self.assertEqual(proxy.asked, [(NAME, self.posteld.imap)])
        # The command line goes before the account.
        self.fails(CONNECT, f"look up {NAME}", "--proxy=none", "work")
        self.fails(CONNECT, "proxy: connect to 127.0.0.1 port 1:",
                   "--proxy=socks5h://127.0.0.1:1", "work")

    def test_setting(self):
        proxy = self.proxy()
        self.init(f'postel.set {{ proxy = "{proxy.url("http")}" }}')
        url = self.url(tail="?starttls=no")
        result = self.done(
            "-c", f":open {url}", "-c", "=conn.proxy", "-c", ":set proxy none",
            "-c", f":open {url}", "-c", "=conn.proxy", "-c", ":set proxy")
        self.assertIn(f'{proxy.url("http")}\nnil\n'.encode(), result.out)
        self.assertRegex(result.out, rb"proxy +none ")
        self.assertEqual(len(proxy.asked), 1)

    def test_from_lua(self):
        proxy = self.proxy(login=("u", PASSWORD))
        url = proxy.url("socks5h", f"u:{PASSWORD}")
        for value in (f'"{url}"', f'postel.secret "{url}"'):
            result = self.done("-e", f'''
                local c <close> = postel.connect("{self.url()}",
                    {{proxy = {value}, starttls = "no"}})
                print(c.proxy, c.private)''')
            self.assertEqual(result.out.decode(),
                             f"{proxy.url('socks5h', 'u')}\tfalse\n")

    def test_time(self):
        proxy = self.proxy(slow=0.01)
        result = self.done(f"--proxy={proxy.url('socks5h')}", self.ca,
                           self.url(protocol="imaps"), "-c", ":time")
        times = dict(part.rsplit(" ", 2)[:2] for part in
                     result.lines[-1].removeprefix("-- ").split(", "))
        self.assertEqual(list(times), ["connect", "proxy", "TLS", "greeting"])
        self.assertGreater(float(times["proxy"]), 80)
        self.assertLess(float(times["TLS"]), 80)


if __name__ == "__main__":
    unittest.main()
