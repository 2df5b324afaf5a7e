"""The mail that is moved: sizes as in real mailboxes, half of it below 7 KB,
with a tail of megabytes; the same for the same count."""

import hashlib
import math
import random

import mails

MEDIAN, SPREAD = 7000, 1.469  # of a log-normal distribution: 20.6 KB in the mean
LARGEST = 6 << 20
LINE = 72


def _pool(rng):
    """Text to cut bodies out of; some lines begin with dots."""
    words = [bytes(rng.choices(b"abcdefghijklmnopqrstuvwxyz", k=n))
             for n in (2, 3, 5, 7, 9) for _ in range(40)]
    lines = []
    for _ in range(100_000):
        line = b" ".join(rng.choices(words, k=12))[:LINE]
        lines.append(b"." + line if rng.random() < 0.02 else line)
    return b"\n".join(lines) + b"\n"


def digest(content):
    """Of all octets of a message, but how its lines end."""
    return hashlib.sha256(mails.unix(content).rstrip(b"\n")).hexdigest()


class Corpus:
    """contents: the messages as a Maildir stores them, lines end in LF."""

    def __init__(self, count, seed=7):
        rng = random.Random(seed)
        pool = _pool(rng)
        self.contents = []
        for n in range(count):
            size = int(min(LARGEST, MEDIAN * math.exp(
                rng.gauss(0, 1) * SPREAD)))
            start = pool.find(b"\n", rng.randrange(len(pool) // 2)) + 1
            body = (pool[start:start + size] if size < len(pool) // 2
                    else (pool * (size // len(pool) + 2))[start:start + size])
            self.contents.append(
                mails.header(n, "bench") + b"\n" + body + b"\n")
        self.octets = sum(map(len, self.contents))

    def __len__(self):
        return len(self.contents)

    def digests(self):
        return sorted(map(digest, self.contents))

    def sent(self):
        """As they go over the wire, CRLF."""
        return map(mails.crlf, self.contents)
