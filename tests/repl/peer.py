#!/usr/bin/env python3
"""A server that follows a script: peer.py FILE [PORT-FILE]

Each line of the file is one of

    S: text     sends text and CRLF
    s: text     sends text alone; \\r \\n \\x1b and the like are undone
    C: text     reads a line, which must be this
    C~ pattern  reads a line, which must match
    c: text     reads these octets, \\r \\n undone as above
    SCRAM t n   reads AUTHENTICATE SCRAM-… with tag t, and goes on from its
                nonce with n iterations
    WAIT path   waits until the file is there
    SLEEP n     seconds
    BIG n       sends "* OK xxx" of n octets in one line
    FLOOD n     sends "* 1 EXISTS" n times
    CLOSE       hangs up

It talks on standard input and output or, with PORT-FILE, to the first who
connects to the port that it writes there.  Behind the script it reads until
the other side hangs up.  A line that does not fit is told on standard error.
"""

import base64
import os
import re
import socket
import sys
import time


def connect(port_file):
    if port_file is None:
        return sys.stdin.buffer, sys.stdout.buffer
    with socket.create_server(("127.0.0.1", 0)) as server:
        with open(port_file + ".new", "w", encoding="ascii") as f:
            f.write(str(server.getsockname()[1]))
        os.rename(port_file + ".new", port_file)
        peer, _ = server.accept()
    return peer.makefile("rb"), peer.makefile("wb")


def expect(wanted, matches, reader):
    line = reader.readline()
    text = line.decode("utf-8", "backslashreplace").removesuffix("\r\n")
    if not line.endswith(b"\r\n") or not matches(wanted, text):
        sys.exit(f"peer: {wanted!r} was due, {line!r} came")


def octets(text):
    return text.encode().decode("unicode_escape").encode("latin-1")


def scram(tag, iterations, reader, writer):
    line = reader.readline().decode()
    heard = re.fullmatch(rf"{tag} AUTHENTICATE SCRAM-\S+ (\S+)\r\n", line)
    if not heard:
        sys.exit(f"peer: SCRAM was due, {line!r} came")
    nonce = base64.b64decode(heard[1]).decode().rpartition(",r=")[2]
    first = f"r={nonce}x,s=QUJD,i={iterations}".encode()
    writer.write(b"+ " + base64.b64encode(first) + b"\r\n")


def follow(line, reader, writer):
    word, _, rest = line.partition(" ")
    if word == "S:":
        writer.write(rest.encode() + b"\r\n")
    elif word == "s:":
        writer.write(octets(rest))
    elif word == "C:":
        expect(rest, str.__eq__, reader)
    elif word == "C~":
        expect(rest, re.fullmatch, reader)
    elif word == "c:":
        got = reader.read(len(octets(rest)))
        if got != octets(rest):
            sys.exit(f"peer: {rest!r} was due, {got!r} came")
    elif word == "SCRAM":
        scram(*rest.split(), reader, writer)
    elif word == "WAIT":
        while not os.path.exists(rest):
            time.sleep(0.01)
    elif word == "SLEEP":
        time.sleep(float(rest))
    elif word == "BIG":
        writer.write(b"* OK " + b"x" * int(rest) + b"\r\n")
    elif word == "FLOOD":
        writer.write(b"* 1 EXISTS\r\n" * int(rest))
    elif word == "CLOSE":
        os._exit(0)
    elif word:
        sys.exit(f"peer: {line!r} is no line of a script")
    writer.flush()


def main():
    reader, writer = connect(sys.argv[2] if len(sys.argv) > 2 else None)
    with open(sys.argv[1], encoding="utf-8") as script:
        for line in script:
            follow(line.rstrip("\n"), reader, writer)
    while reader.read(4096):
        pass


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os._exit(0)
