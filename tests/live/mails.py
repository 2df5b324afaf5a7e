"""Generated mail of every awkward kind, and how it is recognised again."""

import base64
import hashlib
import random
import re

HEADER = b"X-Live-Number"


def unix(content):
    """Line ends normalised: CRLF, bare CR and bare LF are one thing."""
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def crlf(content):
    """What a server gives of a stored message: each LF becomes CRLF."""
    return re.sub(rb"(?<!\r)\n", b"\r\n", content)


def split(content):
    """Header lines and body, with normalised line ends."""
    head, gap, body = unix(content).partition(b"\n\n")
    if body and not body.endswith(b"\n"):
        body += b"\n"
    return head.strip(b"\n").split(b"\n"), body if gap else b""


def number(content):
    """The number that a generated message carries, or None."""
    found = re.search(rb"^" + HEADER + rb": (\d+)", unix(content), re.M)
    return int(found[1]) if found else None


def digest(content):
    return hashlib.sha256(split(content)[1]).hexdigest()


def header(n, kind, extra=b""):
    return (b"From: Asterix <asterix@gaul.test>\n"
            b"To: obelix@mail.test\n"
            b"Subject: live message %d, %s\n"
            b"Date: Mon, 2 Mar 2026 10:%02d:%02d +0100\n"
            b"Message-ID: <live.%d@gaul.test>\n"
            b"%s: %d\n%s" % (n, kind.encode(), n // 60 % 60, n % 60, n,
                              HEADER, n, extra))


def plain(rng):
    return b"".join(b"line %d of the letter\n" % i
                    for i in range(rng.randrange(1, 30)))


def dots(rng):
    lines = [b".", b"..", b".a", b"...", b". ", b"x.", b".\t", b"", b"a"]
    return b"\n".join(rng.choices(lines, k=40)) + b"\n.\n..\n"


def eight_bit(rng):
    return "Ça va? Gruß, señor — ελληνικά 日本\n".encode() * 3 + bytes(
        rng.choices(range(0xA0, 0x100), k=200)) + b"\n"


def long_lines(rng):
    return b"".join(bytes(rng.choices(b"abc .xyz", k=998)) + b"\n"
                    for _ in range(5)) + b"." + b"x" * 997 + b"\n"


def line_ends(rng):
    """Written by another system: CRLF, with bare LF in between."""
    return b"".join(b"line %d" % i + rng.choice([b"\n", b"\r\n"])
                    for i in range(40)) + b"\n.\r\nafter a lone dot\n.\n"


def blank_lines(_rng):
    return b"\n\n\ntext\n\n\n\n"


def empty(_rng):
    return b""


def unfinished(_rng):
    return b"the last line has no end"


def from_lines(_rng):
    return b"From nobody Mon Mar  2 10:00:00 2026\n>From quoted\n"


def attachment(rng):
    data = base64.encodebytes(rng.randbytes(rng.randrange(500, 20000)))
    return (b"--cut\nContent-Type: text/plain\n\nsee attachment\n"
            b"--cut\nContent-Type: application/octet-stream\n"
            b"Content-Transfer-Encoding: base64\n"
            b"Content-Disposition: attachment; filename=data.bin\n\n"
            + data + b"--cut--\n")


def large(rng):
    return b"".join(base64.b64encode(rng.randbytes(54)) + b"\n"
                    for _ in range(rng.randrange(1000, 4000)))


KINDS = [plain, dots, eight_bit, long_lines, line_ends, blank_lines, empty,
         unfinished, from_lines, attachment]
EXTRA = {attachment: b'MIME-Version: 1.0\n'
                     b'Content-Type: multipart/mixed; boundary="cut"\n'}


def message(n, seed=1, kind=None):
    """Message n as a Maildir stores it; the same for the same seed."""
    rng = random.Random(seed * 100003 + n)
    kind = kind or (large if n % 50 == 49 else KINDS[n % len(KINDS)])
    return (header(n, kind.__name__.replace("_", " "), EXTRA.get(kind, b""))
            + b"\n" + kind(rng))


def messages(count, seed=1):
    return [message(n, seed) for n in range(count)]
