"""The floor: what the servers need when a client fires all its commands at
once and drops the answers.  Nobody who checks anything can be quicker.

    floor.py pop3 HOST:PORT USER:PASSWORD COUNT
    floor.py imap HOST:PORT USER:PASSWORD
    floor.py smtp HOST:PORT FOLDER
    floor.py append HOST:PORT USER:PASSWORD FOLDER
    floor.py both FIRST... -- SECOND...        two of them at the same time

FOLDER holds messages as they go over the wire, in CRLF, without dots stuffed:
the floor has them ready before it begins.
"""

import pathlib
import re
import socket
import sys
import threading

CHUNK = 1 << 20


def fire(place, blocks, login=None):
    """Sends all and reads to the end of the connection.  A login process that
    takes few commands ahead is waited for."""
    host, port = place.split(":")
    peer = socket.create_connection((host, int(port)))
    if login:
        peer.sendall(login)
        heard = b""
        while b"\na OK" not in heard:
            heard += peer.recv(CHUNK) or sys.exit("floor: no login")

    def send():
        for block in blocks:
            peer.sendall(block)
    sender = threading.Thread(target=send)
    sender.start()
    buffer, last = bytearray(CHUNK), b""
    while n := peer.recv_into(buffer):
        last = bytes(buffer[max(0, n - 300):n])
    sender.join()
    return last


def messages(folder):
    return [p.read_bytes() for p in sorted(pathlib.Path(folder).iterdir())]


def grouped(parts):
    """In large pieces."""
    block, size = [], 0
    for part in parts:
        block.append(part)
        size += len(part)
        if size > CHUNK:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


def pop3(place, login, count):
    user, password = login.split(":")
    commands = [f"USER {user}\r\nPASS {password}\r\n"]
    commands += [f"RETR {n}\r\n" for n in range(1, int(count) + 1)]
    return place, ["".join([*commands, "QUIT\r\n"]).encode()], b"+OK"


def imap(place, login):
    user, password = login.split(":")
    return place, [(f"a LOGIN {user} {password}\r\nb EXAMINE INBOX\r\n"
                    "c UID FETCH 1:* (FLAGS BODY.PEEK[])\r\n"
                    "d LOGOUT\r\n").encode()], b"d OK"


def smtp(place, folder):
    def parts():
        yield b"EHLO bench.test\r\n"
        for m in messages(folder):
            yield (b"MAIL FROM:<a@bench.test>\r\nRCPT TO:<b@bench.test>\r\n"
                   b"DATA\r\n" + re.sub(rb"(?m)^\.", b"..", m) + b".\r\n")
        yield b"QUIT\r\n"
    return place, list(grouped(parts())), b"221"


def append(place, login, folder):
    user, password = login.split(":")

    def parts():
        for m in messages(folder):
            yield b"b APPEND INBOX {%d+}\r\n%b\r\n" % (len(m), m)
        yield b"d LOGOUT\r\n"
    return (place, list(grouped(parts())), b"d OK",
            f"a LOGIN {user} {password}\r\n".encode())


def prepare(words):
    place, blocks, end, *login = globals()[words[0]](*words[1:])

    def run():
        last = fire(place, blocks, *login)
        if end not in last:
            sys.exit(f"floor: {words[0]}: {last[-100:]!r}")
    return run


def main(words):
    if words[0] == "both":
        i = words.index("--")
        runs = [prepare(words[1:i]), prepare(words[i + 1:])]
    else:
        runs = [prepare(words)]
    # Who measures waits for this word: reading files is no part of it.
    print("ready", flush=True)
    sys.stdin.readline()
    threads = [threading.Thread(target=run) for run in runs]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


if __name__ == "__main__":
    main(sys.argv[1:])
