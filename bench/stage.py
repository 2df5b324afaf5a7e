"""What the jobs work on: servers with mail in them, near or far."""

import os
import pathlib
import shutil
import tempfile

import huge
import jobs
import world
from corpus import Corpus
from delay import Delay

COUNT = int(os.environ.get("COUNT", "10000"))  # messages
ROUND_TRIP = 0.050  # seconds, of the slow way
ROOM = 8 << 30  # octets that all of it takes at most
JOBS = jobs.JOBS + huge.JOBS


def find_room():
    """A folder in memory, if it is large enough and nobody names another one:
    the disk's part in what mail costs is the same for all, and large."""
    memory = pathlib.Path("/dev/shm")
    if "TMPDIR" not in os.environ and memory.is_dir() and \
            shutil.disk_usage(memory).free > ROOM:
        tempfile.tempdir = str(memory)
    print(f"in {tempfile.gettempdir()}, {os.cpu_count()} processors")


class Bench:
    """Servers with mail in them; `far` leads to them by a slow way."""

    def __init__(self, home, count, users, sink, authority=None):
        self.home, self.corpus = home, Corpus(count)
        self.mail, self.other = (world.Mail(users, authority)
                                 for _ in range(2))
        self.sink = sink
        self.delays, self.far = {}, False
        self.wire = world.write_folder(home.path / "wire", self.corpus.sent())

    def __enter__(self):
        for server in (self.mail, self.other, self.sink):
            server.start()
        self.mail.fill(self.corpus.contents)
        return self

    def __exit__(self, *_):
        for delay in self.delays.values():
            delay.__exit__()
        for server in (self.mail, self.other, self.sink):
            server.close()

    def add_huge(self):
        """A user with one large message."""
        content = huge.content()
        self.mail.fill([content], "huge")
        folder = self.home.path / "huge.d"
        self.huge_wire = world.write_folder(
            folder, [content.replace(b"\n", b"\r\n")]) / "000000.eml"

    def part(self, which):
        part = Corpus(0)
        part.contents = self.corpus.contents[which]
        return part

    def port(self, server, protocol):
        port = getattr(server, protocol)
        if not self.far:
            return port
        if port not in self.delays:
            self.delays[port] = Delay(port, ROUND_TRIP)
        return self.delays[port].port

    def trips(self):
        return sum(d.trips for d in self.delays.values())
