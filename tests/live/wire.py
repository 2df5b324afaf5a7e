"""A client of the bare wire, for what no mail program would say."""

import socket
import ssl
import time


class Closed(Exception):
    """The server has hung up."""


class Wire:
    """Lines to and from a server; the greeting is read."""

    def __init__(self, port, greeting=True, timeout=10):
        self.socket = socket.create_connection(("127.0.0.1", port),
                                               timeout=timeout)
        self.buffer = b""
        self.greeting = self.line() if greeting else None

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes)
                            else data.encode())

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError as e:
            raise Closed from e
        if not data:
            raise Closed
        self.buffer += data

    def line(self):
        """The next line, its end taken off."""
        while b"\r\n" not in self.buffer:
            self._more()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def octets(self, n):
        while len(self.buffer) < n:
            self._more()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def rest(self):
        """All that comes until the server hangs up."""
        try:
            while True:
                self._more()
        except Closed:
            data, self.buffer = self.buffer, b""
            return data

    def is_closed(self):
        """Whether the server hangs up without another word."""
        return self.rest() == b""

    def starttls(self, ca):
        context = ssl.create_default_context(cafile=str(ca))
        self.socket = context.wrap_socket(self.socket,
                                          server_hostname="localhost")

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Pop3(Wire):
    def say(self, text):
        """Sends a line, returns the status line."""
        self.send(text + "\r\n")
        return self.line()

    def body(self):
        lines = []
        while (line := self.line()) != b".":
            lines.append(line)
        return lines

    def login(self, user="asterix", password="gaul"):
        self.say(f"USER {user}")
        return self.say(f"PASS {password}")


class Smtp(Wire):
    def reply(self):
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        return lines

    def say(self, text):
        """Sends a line, returns the last line of the reply."""
        self.send(text + "\r\n")
        return self.reply()[-1]

    def code(self, text):
        return int(self.say(text)[:3])

    def begin(self, *recipients, sender="obelix@mail.test"):
        """As far as DATA."""
        self.say("EHLO me.test")
        self.say(f"MAIL FROM:<{sender}>")
        for recipient in recipients or ["asterix@mail.test"]:
            self.say(f"RCPT TO:<{recipient}>")


class Imap(Wire):
    number = 0

    def say(self, text):
        """Sends a command, returns its responses, the tagged one last
        and without its tag."""
        Imap.number += 1
        tag = b"t%d" % Imap.number
        self.send(tag + b" " + (text if isinstance(text, bytes)
                                else text.encode()) + b"\r\n")
        return self.responses(tag)

    def responses(self, tag):
        lines = []
        while True:
            line = self.line()
            if line.startswith(tag + b" "):
                return lines + [line[len(tag) + 1:]]
            lines.append(line)

    def status(self, text):
        return self.say(text)[-1].split(b" ")[0]

    def login(self, user="asterix", password="gaul"):
        return self.say(f"LOGIN {user} {password}")[-1]


def wait_until(fact, seconds=5):
    """Waits until fact() holds; returns whether it does."""
    limit = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > limit:
            return False
        time.sleep(0.01)
    return True
