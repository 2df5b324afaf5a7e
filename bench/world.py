"""The servers of the benchmark, and what their mailboxes hold."""

import os
import pathlib
import shutil
import socket
import threading

import servers
from corpus import digest
from servers import Dovecot, Sink

TEMPLATE = "template"


class Mail(Dovecot):
    """Dovecot with mdbox.  Each run gets a user of its own, with a copy of the
    mailbox of TEMPLATE."""

    def __init__(self, users, authority=None):
        names = [TEMPLATE, "huge", *(f"user{n}" for n in range(users))]
        # What was read by POP3 stays unread for the purge.
        super().__init__({name: "secret" for name in names}, authority,
                         location="mdbox:~/mdbox",
                         more="pop3_no_flag_updates = yes")
        self.fresh = iter(names[2:])

    def user(self, full=True):
        """The next user, whose mailbox is full, or is not there yet."""
        name = next(self.fresh)
        if full:
            source = self.home(TEMPLATE) / "mdbox"
            self.copy(source, self.home(name) / "mdbox")
        return name

    @staticmethod
    def copy(source, target):
        shutil.copytree(source, target, ignore=lambda _, names: [
            n for n in names if n.endswith((".lock", ".tmp"))])
        for path in [target, *target.rglob("*")]:
            servers.own(path)

    def fill(self, contents, user=TEMPLATE, seen=lambda n: n % 2):
        """By APPENDs that are sent ahead (RFC 7888)."""
        peer = socket.create_connection(("127.0.0.1", self.imap))
        # Dovecot's login process takes no more than a few commands.
        lines = peer.makefile("rb")
        peer.sendall(b"a LOGIN %b secret\r\n" % user.encode())
        while not (line := lines.readline()).startswith(b"a "):
            if not line:
                raise servers.ServerError("Dovecot does not let us in")
        commands = []
        for n, content in enumerate(contents):
            flags = b"(\\Seen) " if seen(n) else b""
            commands.append(b"b%d APPEND INBOX %b{%d+}\r\n%b\r\n"
                            % (n, flags, len(content), content))
        commands.append(b"z LOGOUT\r\n")

        def send():
            for command in commands:
                peer.sendall(command)
        threading.Thread(target=send, daemon=True).start()
        with lines:
            good = sum(b" OK " in line for line in lines
                       if line.startswith(b"b"))
        if good != len(contents):
            raise servers.ServerError(f"{good} of {len(contents)} stored")

    def contents(self, user):
        """All messages of INBOX, by Python's own client."""
        import imaplib
        imaplib._MAXLINE = 10 << 20
        conn = imaplib.IMAP4("127.0.0.1", self.imap)
        conn.login(user, "secret")
        conn.select("INBOX", readonly=True)
        _, data = conn.uid("FETCH", "1:*", "(BODY.PEEK[])")
        conn.logout()
        return [i[1] for i in data if isinstance(i, tuple)]


class Keeper(Sink):
    """A sink that keeps what it has got, for the one run that is looked at."""

    def __init__(self):
        super().__init__()
        self.kept = servers.make_folder(self.folder / "kept")
        self.options = ("-d", f"{self.kept}/%M.")

    @staticmethod
    def skip_added(lines):
        """Without the lines that the sink puts in front: the first other one."""
        for line in lines:
            if not line.startswith((b"X-", b"\t", b"Received:",
                                    b"Return-Path:", b" ")):
                return line
        return b""

    def taken(self):
        """The messages that have come, which go."""
        out = []
        for path in self.kept.iterdir():
            with open(path, "rb") as file:
                content = self.skip_added(file) + file.read()
            out.append(content.removesuffix(b"\n"))  # the sink adds one
            path.unlink()
        return out

    def check_one(self, what, wire):
        """The one message that has come is that of a file, in CRLF."""
        (path,) = self.kept.iterdir()
        with open(path, "rb") as file, open(wire, "rb") as wanted:
            line = self.skip_added(file)
            for expected in wanted:
                if line != expected.replace(b"\r\n", b"\n"):
                    raise servers.ServerError(f"{what}: {line!r} came, and "
                                              f"{expected!r} was there")
                line = file.readline()
            if (line + file.read()).strip():
                raise servers.ServerError(f"{what}: {line!r} came behind it")
        path.unlink()


def write_folder(folder, contents):
    """A file for each message."""
    folder.mkdir()
    for n, content in enumerate(contents):
        (folder / f"{n:06d}.eml").write_bytes(content)
    return folder


def in_maildir(folder):
    return [p.read_bytes() for part in ("new", "cur")
            for p in (pathlib.Path(folder) / part).iterdir()]


def check(what, contents, corpus):
    """What came is what there was, line ends aside."""
    got = sorted(map(digest, contents))
    if got != corpus.digests():
        raise servers.ServerError(f"{what}: {len(got)} messages came, and they "
                                  f"are not the {len(corpus)} that were there")


def remove(path):
    shutil.rmtree(path, ignore_errors=True)
    return path


def size_of(path):
    return os.stat(path).st_size
