"""A name server on loopback, over UDP and TCP, with a table of records, that
can be as bad as the tests want."""

import socket
import struct
import threading
import time

TYPES = {"A": 1, "CNAME": 5, "MX": 15, "AAAA": 28, "SRV": 33, "TLSA": 52}
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)


def name(text):
    labels = [label for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode("latin-1")
                    for label in labels) + b"\0"


def rdata(kind, text):
    """What a record holds, from the words of a master file; octets stay."""
    if isinstance(text, bytes):
        return text
    words = text.split()
    if kind == "A":
        return socket.inet_pton(socket.AF_INET, text)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, text)
    if kind == "CNAME":
        return name(text)
    if kind == "MX":
        return struct.pack("!H", int(words[0])) + name(words[1])
    if kind == "SRV":
        return struct.pack("!HHH", *map(int, words[:3])) + name(words[3])
    usage, selector, matching, data = words
    return bytes(map(int, (usage, selector, matching))) + bytes.fromhex(data)


class NameServer:
    """`records` is {"NAME TYPE": [text, …]}.  What a name is in `faults`
    with happens to questions for it: a number is the RCODE, "silent", "slow"
    (a second), "cut" (TC over UDP), "garbage", "id" (not that of the
    question), "short" (the message ends within a record).  The answers for
    names in `vouched` have AD, if the question has it; all, if it holds
    "*"."""

    def __init__(self, records, address="127.0.0.1"):
        self.records = {key: list(texts) for key, texts in records.items()}
        self.faults, self.vouched = {}, set()
        self.asked = []  # (name, type, "udp" or "tcp")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        # UDP's port may be taken for TCP.
        for _ in range(50):
            self.udp = socket.socket(family, socket.SOCK_DGRAM)
            self.udp.bind((address, 0))
            self.port = self.udp.getsockname()[1]
            self.tcp = socket.socket(family, socket.SOCK_STREAM)
            try:
                self.tcp.bind((address, self.port))
                break
            except OSError:
                self.udp.close()
                self.tcp.close()
        self.tcp.listen(8)
        shown = f"[{address}]" if ":" in address else address
        self.address = f"{shown}:{self.port}"
        self.option = f"--dns={self.address}"
        self.stopped = False
        self.threads = [threading.Thread(target=run, daemon=True)
                        for run in (self._serve_udp, self._serve_tcp)]
        for thread in self.threads:
            thread.start()

    # -- Answers --

    def _question(self, message):
        at, labels = 12, []
        while message[at]:
            labels.append(message[at + 1:at + 1 + message[at]].decode())
            at += 1 + message[at]
        kind, _ = struct.unpack_from("!HH", message, at + 1)
        return ".".join(labels), kind, message[12:at + 5]

    def _found(self, asked, kind):
        """The records, aliases first, as (owner, type, text)."""
        owner, out = asked.lower(), []
        for _ in range(20):
            alias = self.records.get(f"{owner} CNAME")
            if not alias or TYPES[kind] == 5:
                break
            out.append((owner, "CNAME", alias[0]))
            owner = alias[0].rstrip(".").lower()
        out += [(owner, kind, text)
                for text in self.records.get(f"{owner} {kind}", ())]
        names = {key.split()[0] for key in self.records}
        known = any(n == owner or n.endswith("." + owner) for n in names)
        return out, known

    def answer(self, message, way):
        asked, number, question = self._question(message)
        kind = {v: k for k, v in TYPES.items()}.get(number, "?")
        self.asked.append((asked, kind, way))
        fault = self.faults.get(asked.lower(), self.faults.get("*"))
        if fault == "silent":
            return None
        if fault == "slow":
            time.sleep(1)
        if fault == "garbage":
            return message[:2] + b"\x81\x80" + b"\xff" * 40
        found, known = self._found(asked, kind)
        rcode = fault if isinstance(fault, int) else \
            NOERROR if known else NXDOMAIN
        ident, flags = struct.unpack_from("!HH", message)
        vouched = flags & 0x20 and ("*" in self.vouched
                                    or asked.lower() in self.vouched)
        out = 0x8180 | rcode | (0x20 if vouched else 0)
        body = b"".join(
            name(owner) + struct.pack("!HHIH", TYPES[k], 1, 60,
                                      len(data := rdata(k, text))) + data
            for owner, k, text in found)
        count = len(found)
        if fault == "id":
            ident ^= 0x5555
        if way == "udp" and (fault == "cut" or len(body) > 450):
            out, body, count = out | 0x200, b"", 0
        if fault == "short":
            body = body[:-3]
        return struct.pack("!HHHHHH", ident, out, 1, count, 0, 0) \
            + question + body

    # -- Ways --

    def _serve_udp(self):
        while not self.stopped:
            try:
                message, peer = self.udp.recvfrom(4096)
                reply = self.answer(message, "udp")
                if reply is not None:
                    self.udp.sendto(reply, peer)
            except (OSError, IndexError, struct.error):
                continue

    def _serve_tcp(self):
        while not self.stopped:
            try:
                peer, _ = self.tcp.accept()
            except OSError:
                continue
            with peer:
                peer.settimeout(5)
                try:
                    head = peer.recv(2, socket.MSG_WAITALL)
                    size, = struct.unpack("!H", head)
                    reply = self.answer(peer.recv(size, socket.MSG_WAITALL),
                                        "tcp")
                    if reply is not None:
                        peer.sendall(struct.pack("!H", len(reply)) + reply)
                except (OSError, IndexError, struct.error):
                    continue

    def close(self):
        self.stopped = True
        for sock in (self.udp, self.tcp):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
