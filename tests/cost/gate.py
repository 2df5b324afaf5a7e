"""Lets a client and its servers talk in turns, so that a conversation is the same each
time, however busy the machine is.

What servers have to say is given to the client only while that is asleep, waiting for
it, and stopped; what it says to that is taken when it is asleep again.  So no wake-up,
no read(2) and no round trip depends on who was quicker.
"""

import os
import select
import signal
import socket
import subprocess
import time

# So much at a time, on each connection: less than the first window of TCP.
SLICE = 48 << 10
# poll(2) and ppoll(2) of x86-64.
WAITS = ("7", "271")


def read(path):
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def state(pid):
    """A letter of proc(5): "S" asleep, "T" and "t" stopped; "" if there is none."""
    return read(f"/proc/{pid}/stat").rpartition(") ")[2][:1]


def waits(pid):
    """Whether the process is asleep until something comes."""
    return (state(pid) == "S" and
            read(f"/proc/{pid}/syscall").partition(" ")[0] in WAITS)


class Talk:
    """One connection to a machine (fake.Machine)."""

    def __init__(self, peer, machine):
        peer.setblocking(False)
        self.peer, self.machine = peer, machine
        self.out, self.heard, self.open = machine.greeting, True, True

    def take(self):
        """Whether the client has said something."""
        data = []
        try:
            while part := self.peer.recv(1 << 18):
                data.append(part)
            self.open = False
        except BlockingIOError:
            pass
        except OSError:
            self.open = False
        if data:
            self.out += self.machine.feed(b"".join(data))
        return bool(data)

    def give(self):
        """Whether something was said to the client."""
        try:
            n = self.peer.send(self.out[:SLICE]) if self.out else 0
        except BlockingIOError:
            n = 0
        except OSError:
            self.open, n = False, 0
        self.out = self.out[n:]
        if not self.out and self.machine.over:
            self.open = False
        if not self.open:
            self.peer.close()
        return n > 0


class Gate:
    """Ports to machines, by functions that make one for each connection.  `trips`
    counts how often the client said something after it had heard something, on all
    connections together: round trips, as bench/delay.py counts them."""

    def __init__(self, *makers):
        self.makers, self.talks, self.trips = makers, [], 0
        self.listeners = [socket.create_server(("127.0.0.1", 0))
                          for _ in makers]
        self.ports = [s.getsockname()[1] for s in self.listeners]

    def _due(self):
        """Whether there is anything to do."""
        if any(t.out for t in self.talks):
            return True
        sockets = [*self.listeners, *(t.peer for t in self.talks)]
        return bool(select.select(sockets, [], [], 0)[0])

    def _turn(self):
        for listener, make in zip(self.listeners, self.makers):
            while select.select([listener], [], [], 0)[0]:
                self.talks.append(Talk(listener.accept()[0], make()))
        for talk in self.talks:
            if talk.take() and talk.heard:
                self.trips += 1
                talk.heard = False
        for talk in self.talks:
            if talk.give():
                talk.heard = True
        self.talks = [t for t in self.talks if t.open]

    def run(self, command, seconds=120, **how):
        """Runs a command, which execs or is the client; returns its exit status."""
        limit = time.monotonic() + seconds
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, **how) as process:
            pid = process.pid
            while process.poll() is None and time.monotonic() < limit:
                if not waits(pid) or not self._due():
                    time.sleep(0.0002)
                    continue
                os.kill(pid, signal.SIGSTOP)
                while state(pid) not in "TtZX":
                    time.sleep(0.00005)
                self._turn()
                os.kill(pid, signal.SIGCONT)
            process.kill()
        return process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for listener in self.listeners:
            listener.close()
        for talk in self.talks:
            talk.peer.close()
