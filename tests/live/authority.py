"""A certificate authority, and what it signs, right and wrong."""

import hashlib
import random
import shutil
import ssl
import subprocess

from harness import LiveCase
from servers import need, own, temporary_folder


def openssl(*arguments):
    subprocess.run([need("openssl"), *map(str, arguments)], check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)


class Authority:
    """A certificate authority of its own, and what it signs: `localhost`
    is right, `elsewhere` names another host, `expired` is out of date."""

    NAMES = {
        "localhost": "DNS:localhost,IP:127.0.0.1,IP:::1",
        "elsewhere": "DNS:elsewhere.test",
        "expired": "DNS:localhost,IP:127.0.0.1,IP:::1",
    }

    EXPIRED = ["-startdate", "20200101000000Z", "-enddate",
               "20200201000000Z"]
    FUTURE = ["-startdate", "20900101000000Z", "-enddate", "20900201000000Z"]

    def __init__(self):
        self.folder = temporary_folder("ca")
        self.ca = self.folder / "ca.pem"
        self._key = self.folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", 30,
                "-subj", "/CN=live test authority", "-keyout", self._key,
                "-out", self.ca)
        for name, alternatives in self.NAMES.items():
            self._sign(name, alternatives)
        for path in self.folder.iterdir():
            path.chmod(0o644)
            own(path)

    def client(self, name):
        """A file with certificate and key of somebody who logs in."""
        self._sign(name, f"email:{name}@mail.test", "clientAuth")
        both = self.folder / f"{name}.both.pem"
        both.write_text(self.cert(name).read_text()
                        + self.key(name).read_text())
        both.chmod(0o600)
        return both

    def _sign(self, name, alternatives, usage="serverAuth", dates=None):
        folder = self.folder
        (folder / "extensions").write_text(
            (f"subjectAltName={alternatives}\n" if alternatives else "")
            + f"extendedKeyUsage={usage}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", self.key(name), "-out", folder / "request")
        (folder / "index").write_text("")
        (folder / "serial").write_text(f"{random.getrandbits(60):016x}\n")
        (folder / "ca.conf").write_text(
            f"[ca]\ndefault_ca=own\n[own]\ndatabase={folder}/index\n"
            f"serial={folder}/serial\nnew_certs_dir={folder}\n"
            "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n")
        dates = dates or (self.EXPIRED if name == "expired"
                          else ["-days", 30])
        openssl("ca", "-batch", "-notext", "-config", folder / "ca.conf",
                "-cert", self.ca, "-keyfile", self._key, "-extfile",
                folder / "extensions", "-in", folder / "request", "-out",
                self.cert(name), *dates)

    def issue(self, name, alternatives, **options):
        """One more: with other names, a usage, or dates."""
        self._sign(name, alternatives, **options)
        for path in (self.cert(name), self.key(name)):
            path.chmod(0o644)
            own(path)

    def self_sign(self, name, alternatives="IP:127.0.0.1,DNS:localhost"):
        """One that no authority vouches for."""
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", 30,
                "-subj", f"/CN={name}", "-addext",
                f"subjectAltName={alternatives}", "-keyout", self.key(name),
                "-out", self.cert(name))

    def fingerprint(self, name="localhost"):
        """The SHA-256 of a certificate, in lower case without colons."""
        pem = self.cert(name).read_text()
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()

    def context(self, name="localhost"):
        """For a server of Python's that shows this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert(name), self.key(name))
        return context

    def cert(self, name="localhost"):
        return self.folder / f"{name}.pem"

    def key(self, name="localhost"):
        return self.folder / f"{name}.key"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


class TlsCase(LiveCase):
    """Tests with an authority of their own, which `ca` has postel trust."""

    AUTHORITY = Authority

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = cls.enterClassContext(cls.AUTHORITY())
        cls.ca = f"--ca={cls.authority.ca}"
