"""A small proxy on loopback: SOCKS 5 and HTTP CONNECT on one port."""

import base64
import socket
import threading
import time

from bridge import pump


def exactly(peer, n):
    data = b""
    while len(data) < n:
        more = peer.recv(n - len(data))
        if not more:
            raise ConnectionError("hung up")
        data += more
    return data


class Proxy:
    """login: (user, password) that it wants.  hosts: where names lead, to
    (host, port); other targets are taken as they are.  refuse: the code that
    it refuses with.  slow: seconds between octets of its answers.  hang_up: how
    many octets of its answers come out before it hangs up.  says: octets that
    it sends in place of any answer.  glue: it waits for the server's greeting,
    and sends it with the answer.  tls: an SSL context."""

    def __init__(self, host="127.0.0.1", login=None, hosts=None, refuse=None,
                 slow=0, hang_up=None, says=None, glue=False, tls=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family)
        self.host, self.port = host, self.listener.getsockname()[1]
        self.login, self.hosts, self.refuse = login, hosts or {}, refuse
        self.slow, self.hang_up, self.says = slow, hang_up, says
        self.glue, self.tls = glue, tls
        self.asked = []  # (what was asked for, port)
        self.logins = []  # what clients logged in with
        self.peers = []
        self.heard = bytearray()  # of what came behind the negotiation
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self, scheme, login=""):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{login and login + '@'}{host}:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for peer in (self.listener, *self.peers):
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            peer.close()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.peers.append(peer)
            threading.Thread(target=self.serve, args=(peer,),
                             daemon=True).start()

    def serve(self, peer):
        self.left = self.hang_up
        try:
            if self.tls:
                peer = self.tls.wrap_socket(peer, server_side=True)
                self.peers.append(peer)
            first = exactly(peer, 1)
            if self.says is not None:
                self.say(peer, self.says)
                while peer.recv(4096):
                    pass
            elif first == b"\x05":
                self.socks(peer)
            else:
                self.http(peer, first)
        except OSError:
            pass
        peer.close()

    def say(self, peer, data):
        if self.left is not None:
            data, cut = data[:self.left], len(data) >= self.left
            self.left -= len(data)
            peer.sendall(data)
            if cut:
                raise ConnectionError("hangs up as planned")
        elif self.slow:
            for octet in data:
                peer.sendall(bytes([octet]))
                time.sleep(self.slow)
        else:
            peer.sendall(data)

    # ---- SOCKS ----

    def socks(self, peer):
        methods = exactly(peer, exactly(peer, 1)[0])
        wanted = 2 if self.login else 0
        if wanted not in methods:
            self.say(peer, b"\x05\xff")
            return
        self.say(peer, bytes([5, wanted]))
        if self.login:
            exactly(peer, 1)
            login = tuple(exactly(peer, exactly(peer, 1)[0]).decode()
                          for _ in range(2))
            self.logins.append(login)
            self.say(peer, bytes([1, login != self.login]))
            if login != self.login:
                return
        _, _, _, kind = exactly(peer, 4)
        if kind == 3:
            host = exactly(peer, exactly(peer, 1)[0]).decode()
        else:
            family = socket.AF_INET if kind == 1 else socket.AF_INET6
            host = socket.inet_ntop(family,
                                    exactly(peer, 4 if kind == 1 else 16))
        self.asked.append((host, int.from_bytes(exactly(peer, 2))))
        if self.refuse is not None:
            self.say(peer, bytes([5, self.refuse, 0, 1, 0, 0, 0, 0, 0, 0]))
            return
        # The address that it is bound to, in turn of each kind.
        bound = ([1, 127, 0, 0, 1], [3, 4, *b"here"], [4, *bytes(16)])
        self.relay(peer, bytes([5, 0, 0, *bound[len(self.asked) % 3], 0, 1]))

    # ---- HTTP ----

    def http(self, peer, head):
        while not head.endswith(b"\r\n\r\n"):
            head += exactly(peer, 1)
        request, *fields = head.decode().split("\r\n")[:-2]
        method, target, version = request.split(" ")
        host, _, port = target.rpartition(":")
        assert (method, version) == ("CONNECT", "HTTP/1.1"), request
        assert f"Host: {target}" in fields, fields
        self.asked.append((host.strip("[]"), int(port)))
        for field in fields:
            name, _, value = field.partition(": Basic ")
            if name == "Proxy-Authorization":
                login = base64.b64decode(value).decode()
                self.logins.append(tuple(login.split(":", 1)))
        if self.login and self.login not in self.logins:
            self.say(peer, b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                     b"Proxy-Authenticate: Basic realm=\"x\"\r\n"
                     b"Content-Length: 2\r\n\r\nno")
        elif self.refuse is not None:
            self.say(peer, f"HTTP/1.0 {self.refuse}\r\n\r\nwhy".encode())
        else:
            self.relay(peer, b"HTTP/1.1 200 Connection established\r\n"
                       b"Via: test\r\n\r\n")

    # ---- the way through ----

    def relay(self, peer, answer):
        host, port = self.asked[-1]
        with socket.create_connection(
                self.hosts.get(host, (host, port))) as server:
            if self.glue:
                answer += server.recv(65536)
            self.say(peer, answer)
            back = threading.Thread(target=pump, args=(server, peer),
                                    daemon=True)
            back.start()
            pump(peer, server, self.heard)
            back.join()
