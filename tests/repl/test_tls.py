""":tls, with and without it."""

import hashlib
import re
import ssl

from harness import DONE, POP3, USAGE, Case


class Tls(Case):
    def lab(self, *lines, options=()):
        arguments = [a for line in lines for a in ("-c", line)]
        result = self.run_postel(*options, "lab", "kept", *arguments)
        self.assertEqual(result.returncode, DONE, result)
        return result.stdout.decode()

    def test_before_and_behind_starttls(self):
        out = self.lab(":use imap", ":tls", "STARTTLS", ":tls")
        before, behind = out.split(" OK begin TLS\n")
        self.assertIn("This connection is not encrypted, but it does not "
                      "leave this machine.\nThe server offers TLS: STARTTLS "
                      "begins it.\n", before)
        self.assertRegex(behind, r"^  TLS          TLSv1\.3\n")
        self.assertIn("\n  verified     yes: authority, dates and name\n",
                      behind)
        self.assertIn("\n  issuer       itself\n", behind)
        self.assertRegex(behind, r"\n  valid        [\d-]+ to [\d-]+: 36\d "
                                 r"days left\n")
        pem = (self.home / "kept" / "posteld-cert.pem").read_text()
        print_ = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
        self.assertEqual(re.search(r"SHA-256 +(\S+)", behind)[1]
                         .replace(":", "").lower(), print_)

    def test_in_lua(self):
        out = self.lab(":use imap", "=conn.tls", "STARTTLS",
                       "=conn.tls.version, conn.tls.verified, #conn.tls.chain",
                       "=conn.tls.chain[1].names[1], conn.tls.alpn")
        self.assertIn("\nnil\n", out)
        self.assertIn('"TLSv1.3"\ttrue\t1\n"localhost"\tnil\n', out)

    def test_without(self):
        self.batch(self.peer("pop3", POP3, "C: QUIT\nS: +OK"), ":tls\n",
                   out="""
            This connection is not encrypted: a socket or a pipe of this machine needs no TLS.
            The server does not offer STLS.
            """)
        result = self.run_postel("-c", ":tls")
        self.assertEqual((result.stderr, result.returncode),
                         (b"postel: nothing is open\n", USAGE))

    def test_insecure(self):
        out = self.lab(":use imap", "STARTTLS", ":tls",
                       options=["--insecure", "--ca=/nonexistent"])
        self.assertIn("unverified   it is self-signed, no authority vouches "
                      "for it\n", out)
        self.assertIn("this may be another server", out)
