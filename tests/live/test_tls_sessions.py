"""Sessions that are resumed, and their keys in SSLKEYLOGFILE."""

import hostile
from authority import TlsCase
from harness import TLS
from servers import Dovecot, Posteld


class Resumed(TlsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.posteld = cls.with_server(Posteld(authority=cls.authority))
        cls.dovecot = cls.with_server(Dovecot(authority=cls.authority))

    def urls(self):
        for server in (self.posteld, self.dovecot):
            for protocol in ("imaps", "pop3s", "imap", "pop3"):
                yield (f"{protocol}://asterix:gaul@127.0.0.1:"
                       f"{getattr(server, protocol)}?starttls=require")

    def test_second_connection(self):
        for url in self.urls():
            with self.subTest(url):
                result = self.done(self.ca, "-e", f"""
                    for i = 1, 3 do
                        local c <close> = postel.connect "{url}"
                        local t = c.tls
                        print(t.resumed, t.verified, #t.chain,
                            t.chain[1].names[1], t.chain[1].days_left > 20,
                            t.bindings[1])
                    end""")
                lines = result.out.decode().splitlines()
                known = "true\t1\tlocalhost\ttrue\ttls-exporter"
                self.assertEqual(lines, [f"false\t{known}",
                                         f"true\t{known}", f"true\t{known}"])

    def test_is_shown(self):
        url = next(self.urls())
        result = self.done(self.ca, url, "-c", f":open {url}", "-c", ":tls")
        self.assertIn(b"\n  session      resumed\n", result.out)
        self.assertIn(b"\n  verified     yes: authority, dates and name\n",
                      result.out)
        self.assertIn(b"\n  names        localhost, 127.0.0.1, ::1\n",
                      result.out)

    def test_not_with_another_trust(self):
        """An insecure connection opens no way for others, and gets none."""
        url = next(self.urls())
        pin = self.authority.fingerprint()
        result = self.done("-e", f"""
            local function open(options)
                local c <close> = postel.connect("{url}", options)
                print(c.tls.resumed, c.tls.verified)
            end
            open {{insecure = true}}
            open {{insecure = true}}
            print(pcall(open, {{}}))
            open {{ca = "{self.authority.ca}"}}
            open {{fingerprint = "{pin}"}}
            open {{ca = "{self.authority.ca}"}}
            open {{fingerprint = "{pin}"}}""")
        lines = result.out.decode().splitlines()
        self.assertRegex(lines.pop(2), "^false\t.*certificate refused")
        self.assertEqual(lines, ["false\tfalse"] * 2 + ["false\ttrue"] * 2
                         + ["true\ttrue"] * 2)


class Keys(TlsCase):
    def play(self, file, *options):
        with hostile.Hostile("imap", None, self.authority.context()) as server:
            url = server.url(login="", scheme="imaps")
            return self.done(self.ca, *options, url, "-c", f":open {url}",
                             "-c", "NOOP", env={"SSLKEYLOGFILE": str(file)})

    def test_told_once_even_if_quiet(self):
        for options in ((), ("-q",)):
            file = self.home.path / f"keys{len(options)}"
            result = self.play(file, *options)
            told = [line for line in result.lines if "SSLKEYLOG" in line]
            self.assertEqual(len(told), 1, result)
            self.assertIn(f"are written to {file}; who reads it", told[0])
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
            self.assertIn("TRAFFIC_SECRET", file.read_text())

    def test_others_can_read(self):
        file = self.home.file("keys", "", 0o644)
        self.assertIn(b"which others can read", self.play(file).err)

    def test_not_written(self):
        target = self.home.file("target", "")
        link = self.home.path / "link"
        link.symlink_to(target)
        for file in (link, self.home.path, "/nonexistent/keys"):
            result = self.play(file)
            self.assertIn(f"no keys are written to {file}: ",
                          result.err.decode())
        self.assertEqual(target.read_text(), "")

    def test_not_without_being_told(self):
        with hostile.Hostile("imap", None, self.authority.context()) as server:
            result = self.postel(server.url(scheme="imaps"), "-c", "NOOP")
        self.assertEqual(result.status, TLS, result)
        self.assertNotIn(b"SSLKEYLOG", result.err)
