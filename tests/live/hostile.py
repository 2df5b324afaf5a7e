"""A scripted server that misbehaves on purpose.

It answers by a table: for each verb a list of steps.  What the table does
not name is answered as an honest small server of that protocol would.
"""

import re
import socket
import ssl
import struct
import threading
import time

# This machine by a name that does not say so: to postel, a network.
OFF_LOOPBACK = "127.1"
FLOOD_LIMIT = 400 << 20  # no step sends more


class Gone(Exception):
    """The client or this side ended the connection."""


class Peer:
    """One connection: what was heard, and how to answer."""

    def __init__(self, sock):
        self.sock, self.buffer = sock, b""
        self.line, self.tag = b"", b""
        self.heard, self.clear = [], bytearray()

    def send(self, data):
        try:
            self.sock.sendall(data.replace(b"%t", self.tag))
        except OSError as e:
            raise Gone from e

    def fill(self):
        try:
            data = self.sock.recv(65536)
        except OSError as e:
            raise Gone from e
        if not data:
            raise Gone
        if not isinstance(self.sock, ssl.SSLSocket):
            self.clear += data
        self.buffer += data

    def read(self, n):
        while len(self.buffer) < n:
            self.fill()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def read_line(self):
        while b"\n" not in self.buffer:
            self.fill()
        line, self.buffer = self.buffer.split(b"\n", 1)
        self.line = line.rstrip(b"\r")
        self.heard.append(self.line)
        return self.line


# The steps.

def say(data):
    return lambda peer: peer.send(data)


def slow(data, gap):
    """One octet at a time, with a gap of seconds between them."""
    def step(peer):
        for i in range(len(data)):
            peer.send(data[i:i + 1])
            time.sleep(gap)
    return step


def flood(data, total=FLOOD_LIMIT):
    """The same again and again, until total octets or the client goes."""
    def step(peer):
        block = data * max(1, 65536 // len(data))
        for _ in range(min(total, FLOOD_LIMIT) // len(block) + 1):
            peer.sock.sendall(block)
    return step


def pause(seconds):
    return lambda peer: time.sleep(seconds)


def silence(peer):
    """Nothing, until the client goes."""
    while True:
        peer.fill()


def hang_up(peer):
    raise Gone


def reset(peer):
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
    raise Gone


def read_line(peer):
    peer.read_line()


def read_body(peer):
    """Lines up to the lone dot."""
    while peer.read_line() != b".":
        pass


def read_literal(peer):
    """The literal that the last line announced, and the line's end."""
    size = int(re.search(rb"\{(\d+)\+?\}$", peer.line)[1])
    if not peer.line.endswith(b"+}"):
        peer.send(b"+ go on\r\n")
    peer.heard.append(peer.read(size))
    peer.read_line()


def start_tls(context):
    def step(peer):
        try:
            peer.sock = context.wrap_socket(peer.sock, server_side=True)
        except OSError as e:
            raise Gone from e
    return step


MAIL = b"Subject: bait\r\nX-Live-Number: 1\r\n\r\nbody\r\n"

HONEST = {
    "pop3": {
        "": [say(b"+OK ready <1.2@bait.test>\r\n")],
        "CAPA": [say(b"+OK\r\nUSER\r\nUIDL\r\nTOP\r\n.\r\n")],
        "STAT": [say(b"+OK 1 %d\r\n" % len(MAIL))],
        "LIST": [say(b"+OK\r\n1 %d\r\n.\r\n" % len(MAIL))],
        "UIDL": [say(b"+OK\r\n1 bait1\r\n.\r\n")],
        "RETR": [say(b"+OK\r\n" + MAIL + b".\r\n")],
        "TOP": [say(b"+OK\r\nSubject: bait\r\n\r\n.\r\n")],
        "STLS": [say(b"-ERR no TLS here\r\n")],
        "QUIT": [say(b"+OK bye\r\n"), hang_up],
        "*": [say(b"+OK\r\n")],
    },
    "smtp": {
        "": [say(b"220 bait.test ESMTP\r\n")],
        "EHLO": [say(b"250-bait.test\r\n250-8BITMIME\r\n250 SIZE\r\n")],
        "DATA": [say(b"354 go\r\n"), read_body, say(b"250 2.0.0 taken\r\n")],
        "STARTTLS": [say(b"454 4.7.0 no TLS now\r\n")],
        "QUIT": [say(b"221 2.0.0 bye\r\n"), hang_up],
        "*": [say(b"250 2.0.0 ok\r\n")],
    },
    "imap": {
        "": [say(b"* OK ready\r\n")],
        "CAPABILITY": [say(b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n"
                           b"%t OK done\r\n")],
        "SELECT": [say(b"* 1 EXISTS\r\n* 0 RECENT\r\n"
                       b"* FLAGS (\\Seen \\Deleted)\r\n"
                       b"* OK [UIDVALIDITY 7] ok\r\n"
                       b"* OK [UIDNEXT 9] ok\r\n"
                       b"%t OK [READ-WRITE] selected\r\n")],
        "UID SEARCH": [say(b"* SEARCH 1\r\n%t OK done\r\n")],
        "SEARCH": [say(b"* SEARCH 1\r\n%t OK done\r\n")],
        "UID FETCH": [say(b"* 1 FETCH (UID 1 FLAGS () BODY[] {%d}\r\n%s)\r\n"
                          b"%%t OK done\r\n" % (len(MAIL), MAIL))],
        "FETCH": [say(b"* 1 FETCH (FLAGS () BODY[] {%d}\r\n%s)\r\n"
                      b"%%t OK done\r\n" % (len(MAIL), MAIL))],
        "APPEND": [read_literal, say(b"%t OK appended\r\n")],
        "STARTTLS": [say(b"%t BAD no TLS here\r\n")],
        "LOGOUT": [say(b"* BYE bye\r\n%t OK done\r\n"), hang_up],
        "*": [say(b"%t OK done\r\n")],
    },
}
HONEST["lmtp"] = {**HONEST["smtp"], "": [say(b"220 bait.test LMTP\r\n")],
                  "LHLO": HONEST["smtp"]["EHLO"]}


class Hostile:
    """Listens on a free port; every connection meets the same table.

    `answers` maps a verb to its steps; "" is the greeting, "*" any verb.
    `heard` keeps the lines of all connections, in order, `clear` each octet
    that came outside of TLS."""

    def __init__(self, protocol, answers=None, context=None):
        self.protocol = protocol
        self.table = {**HONEST[protocol], **(answers or {})}
        self.context = context
        self.heard, self.clear, self.connections = [], bytearray(), 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self.listener.getsockname()[1]
        self.closing = False
        self.sockets = []
        self.thread = threading.Thread(target=self._accept, daemon=True)

    def url(self, login="asterix:gaul@", tail="", scheme=None,
            host="127.0.0.1"):
        return f"{scheme or self.protocol}://{login}{host}:{self.port}{tail}"

    def said(self, pattern):
        """Whether the client sent a line that matches."""
        return any(re.search(pattern, line) for line in self.heard)

    def _accept(self):
        while not self.closing:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            if self.closing:
                sock.close()
                return
            self.connections += 1
            self.sockets.append(sock)
            threading.Thread(target=self._serve, args=(sock,),
                             daemon=True).start()

    def _serve(self, sock):
        peer = Peer(sock)
        peer.heard, peer.clear = self.heard, self.clear
        try:
            if self.context:
                start_tls(self.context)(peer)
            self._play(peer, "")
            while True:
                self._play(peer, self._verb(peer))
        except (Gone, OSError):
            pass
        finally:
            peer.sock.close()

    def _verb(self, peer):
        words = peer.read_line().decode("latin-1").upper().split()
        if self.protocol == "imap" and words:
            peer.tag = peer.line.split()[0]
            words = words[1:]
            if words[:1] == ["UID"]:
                return " ".join(words[:2])
        return words[0] if words else "*"

    def _play(self, peer, verb):
        for step in self.table.get(verb, self.table["*"]):
            step(peer)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing = True
        for sock in self.sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        try:  # wakes accept
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            pass
        self.listener.close()
        self.thread.join(5)
