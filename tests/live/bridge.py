"""A second way to a server."""

import socket
import threading


def pump(source, sink, heard=None):
    """Carries octets until there are no more, and keeps them in `heard`."""
    try:
        while data := source.recv(65536):
            if heard is not None:
                heard += data
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Bridge:
    """A path of a unix socket, or a (host, port), that leads to a port."""

    def __init__(self, place, port):
        self.port, self.open = port, True
        if isinstance(place, tuple):
            self.server = socket.create_server(place)
        else:
            self.server = socket.socket(socket.AF_UNIX)
            self.server.bind(str(place))
            self.server.listen(8)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while self.open:
            try:
                peer, _ = self.server.accept()
                other = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                continue
            for pair in ((peer, other), (other, peer)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open = False
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
