"""A way to a server that takes its time: what comes in goes out half a round
trip later, however much it is; and the round trips are counted."""

import collections
import selectors
import socket
import threading
import time

CHUNK = 1 << 18


class Pipe:
    """One direction of one connection."""

    def __init__(self, source, sink, half):
        self.source, self.sink, self.half = source, sink, half
        self.queue = collections.deque()  # (when it is due, octets)
        self.over = False  # nothing more comes in

    def take(self, now):
        try:
            data = self.source.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.queue.append((now + self.half, data))
        self.over = not data

    def give(self, now):
        """Sends what is due; whether anything went out."""
        went = False
        while self.queue and self.queue[0][0] <= now:
            due, data = self.queue[0]
            try:
                if not data:
                    self.sink.shutdown(socket.SHUT_WR)
                    n = 0
                else:
                    n = self.sink.send(data)
            except BlockingIOError:
                break
            except OSError:
                self.queue.clear()
                return went
            went = went or n > 0
            self.queue.popleft()
            if n < len(data):
                self.queue.appendleft((due, data[n:]))
        return went


class Delay:
    """A port of its own that leads to another one.  `trips` counts how often the
    client said something after it had heard something: round trips, on all
    connections together."""

    def __init__(self, port, seconds):
        self.target, self.half = port, seconds / 2
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.trips, self.open = 0, True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.listener, selectors.EVENT_READ)
            pairs = []
            while self.open:
                due = [p.queue[0][0] for pair in pairs for p in pair[:2]
                       if p.queue]
                wait = min(due) - time.monotonic() if due else 0.2
                for key, _ in selector.select(max(0, min(wait, 0.2))):
                    if key.fileobj is self.listener:
                        pairs.append(self._accept(selector))
                    else:
                        key.data.take(time.monotonic())
                        if key.data.over:
                            selector.unregister(key.fileobj)
                pairs = [p for p in pairs if self._carry(p)]

    def _accept(self, selector):
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.target))
        for s in (client, server):
            s.setblocking(False)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        up = Pipe(client, server, self.half)
        down = Pipe(server, client, self.half)
        selector.register(client, selectors.EVENT_READ, up)
        selector.register(server, selectors.EVENT_READ, down)
        return [up, down, True]  # the last: it has heard since it spoke

    def _carry(self, pair):
        up, down, heard = pair
        now = time.monotonic()
        if up.give(now) and heard:
            self.trips += 1
            pair[2] = False
        if down.give(now):
            pair[2] = True
        if up.over and down.over and not up.queue and not down.queue:
            up.source.close()
            down.source.close()
            return False
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open = False
        self.thread.join()
        self.listener.close()
