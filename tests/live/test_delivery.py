"""Messages that are sent ahead: in one packet with the final dot, by BDAT, over
several connections; and servers that do not bear it."""

import re
import signal
import socket
import threading
import time

import hostile
import mails
from delay import Delay
from harness import DONE, LATER, LOST, PARTLY, USAGE
from servers import Dovecot, Exim, Maildir, Posteld, Sink
from test_transfer import TransferCase, stuffed
from test_transfer_ways import SAID

ENVELOPE = ("--from=a@gaul.test", "--to=obelix@mail.test")
CHUNKING = b"250-bait.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 CHUNKING\r\n"


def read_data(peer):
    """The message behind a DATA, dots unstuffed."""
    peer.send(b"354 go\r\n")
    lines = []
    while (line := peer.read_line()) != b".":
        lines.append(line.removeprefix(b".") + b"\r\n")
    return b"".join(lines)


def read_chunk(peer):
    """The octets that a BDAT has announced."""
    peer.chunks = [*getattr(peer, "chunks", ()),
                   peer.read(int(peer.line.split()[1]))]


class DeliveryCase(TransferCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_server(Dovecot())
        cls.posteld = cls.with_server(Posteld())

    def setUp(self):
        super().setUp()
        self.maildir = Maildir(self.home.path / "Maildir")
        for box in (self.dovecot.inbox("asterix"),
                    self.posteld.inbox("obelix")):
            for path in box.files():
                path.unlink()

    def fill(self, box, count, **kind):
        sent = [mails.message(n, **kind) for n in range(count)]
        for content in sent:
            box.put(content)
        return sent

    def jobs(self, count, **kind):
        """transfer from Dovecot and from a Maildir, and send: what they send,
        and their words without the destination."""
        for box in (self.dovecot.inbox("asterix"), self.maildir):
            for path in box.files():
                path.unlink()
        sent = self.fill(self.dovecot.inbox("asterix"), count, **kind)
        self.fill(self.maildir, count, **kind)
        files = [self.home.file(f"letter{n}", content)
                 for n, content in enumerate(sent)]
        yield sent, ["transfer", self.dovecot.url("pop3")], []
        yield sent, ["transfer", self.dovecot.url("imap")], []
        yield sent, ["transfer", self.maildir.path], []
        yield sent, ["send"], ["--", *files]


class OnePacket(DeliveryCase):
    def serve(self, listener, packets):
        """A server that answers all that it got at once."""
        peer = listener.accept()[0]
        with peer:
            peer.sendall(b"220 hi\r\n")
            inside, rest = False, b""
            while data := peer.recv(1 << 20):
                packets.append(data)
                lines = (rest + data).split(b"\r\n")
                rest, answer = lines.pop(), b""
                for line in lines:
                    if inside and line != b".":
                        continue
                    inside = not inside and line == b"DATA"
                    answer += (b"354 go\r\n" if inside else
                               b"250-hi\r\n250 PIPELINING\r\n"
                               if line.startswith(b"EHLO") else b"250 ok\r\n")
                peer.sendall(answer)

    def test_mail_stands_in_the_packet_of_the_dot(self):
        """RFC 2920 3.1, whatever is sent; and so with a journal."""
        for n, (_, words, files) in enumerate(self.jobs(8, kind=mails.dots)):
            for more in ([], [f"--journal={n}"]
                         if words[0] == "transfer" else []):
                packets = []
                with socket.create_server(("127.0.0.1", 0)) as listener:
                    server = threading.Thread(
                        target=self.serve, args=(listener, packets))
                    server.start()
                    self.done(*words, "smtp://127.0.0.1:%d"
                              % listener.getsockname()[1], *ENVELOPE, *more,
                              *files)
                    server.join(10)
                dots = [p for p in packets
                        if re.search(rb"(^|\r\n)\.\r\n", p)]
                self.assertEqual(len(dots), 8)
                for packet in dots[:-1]:
                    self.assertRegex(
                        packet, rb"(?s)^.*\n?\.\r\nMAIL FROM:<a@gaul.test>[^\r]*"
                        rb"\r\nRCPT TO:<obelix@mail.test>\r\nDATA\r\n$")
                if not more:  # and the message, too
                    self.assertLess(len(packets), 8 + 6)


class Chunks(DeliveryCase):
    def test_each_kind_arrives_unchanged(self):
        """By BDAT but for what is large, or holds NUL; Exim writes K into its
        log."""
        with Exim() as exim:
            for server in (exim, self.posteld):
                for sent, words, files in self.jobs(24):
                    with self.subTest(f"{words} to {server.name}"):
                        for path in server.inbox("obelix").files():
                            path.unlink()
                        trace = self.home.path / "trace"
                        trace.unlink(missing_ok=True)
                        self.done(*words, f"smtp://127.0.0.1:{server.smtp}",
                                  *ENVELOPE, f"--trace={trace}", *files)
                        if server is exim:
                            exim.wait_delivered("obelix", len(sent))
                        self.compare(sent, server.inbox("obelix"))
                        said = trace.read_bytes()
                        large = sum(len(c) > 256 << 10 for c in sent)
                        self.assertEqual(len(re.findall(
                            rb"C: DATA\n", said)), large)
                        self.assertEqual(len(re.findall(
                            rb"C: BDAT \d+ LAST", said)), 24 - large)
            log = "".join(path.read_text() for path in exim.logs())
            self.assertEqual(len(re.findall(r" <= .* K ", log)), 4 * (24 - large))

    def test_lmtp(self):
        """One of two recipients is refused behind the message, each time."""
        for sent, words, files in self.jobs(6):
            for path in self.posteld.inbox("obelix").files():
                path.unlink()
            result = self.postel(
                *words, f"lmtp://127.0.0.1:{self.posteld.lmtp}", *ENVELOPE,
                "--to=data-452@error.test", *files)
            self.assertEqual(result.status, PARTLY, result)
            self.assertIn(b"data-452@error.test: 452", result.err)
            self.compare(sent, self.posteld.inbox("obelix"))

    def test_refused_recipients_and_senders_do_not_mix(self):
        """A transaction without a recipient leaves nothing behind."""
        files = [self.home.file(f"letter{n}", mails.message(n).replace(
            b"\n", b"\nSender: s%d@gaul.test\nX-To: %s\nBcc: %s\n" % (
                n, who, who), 1))
            for n, who in enumerate([b"obelix@mail.test",
                                     b"nosuch@mail.test"] * 5)]
        with Exim() as exim:
            result = self.postel("send", exim.url(), "--read-recipients", "--",
                                 *files)
            self.assertEqual(result.status, PARTLY, result)
            self.assertEqual(result.err.count(b"550"), 1, result)
            inbox = exim.wait_delivered("obelix", 5).contents()
        for content in inbox:
            sender = re.search(rb"Sender: (s\d@gaul.test)", content)[1]
            self.assertIn(b"Return-path: <%s>" % sender, content)

    def test_round_trips(self):
        """None for a message.  (What is counted is that something was said
        behind a reply, whether that was waited for or not.)"""
        for n, (_, words, files) in enumerate(self.jobs(60, kind=mails.dots)):
            for more, most in (([], 40), (["--journal=%d" % n], 50)):
                if more and words[0] == "send":
                    continue
                with Delay(self.posteld.smtp, 0.02) as far:
                    self.done(*words, f"smtp://127.0.0.1:{far.port}", *ENVELOPE,
                              *more, *files)
                    self.assertLess(far.trips, most, (words, more))


    def test_size_that_is_a_lie(self):
        """A message that is longer than LIST has it goes on as it comes."""
        sent = (mails.header(9, "long") + b"\n"
                + (b"x" * 76 + b"\n.\n") * 5000)[:-1]
        reply = b"+OK\r\n" + stuffed(mails.crlf(sent)) + b".\r\n"
        with hostile.Hostile("pop3", {
                "STAT": [hostile.say(b"+OK 1 10\r\n")],
                "LIST": [hostile.say(b"+OK\r\n1 10\r\n.\r\n")],
                "RETR": [hostile.say(reply)]}) as pop:
            for more in ([], ["--delete"]):
                self.done("transfer", pop.url(),
                          f"smtp://127.0.0.1:{self.posteld.smtp}", *ENVELOPE,
                          *more)
        self.compare([sent], self.posteld.inbox("obelix"), 1)
        self.assertEqual(len(self.posteld.inbox("obelix")), 2)


class NoChunks(DeliveryCase):
    """Servers that offer CHUNKING and do not know BDAT.  (Fewer than MANY messages
    go by DATA anyway.)"""

    MANY = 16

    def broken(self, steps, count=1):
        """The first chunks are answered so, and other ones taken."""
        left, got = [steps] * count, []

        def bdat(peer):
            for step in left.pop() if left else [
                    read_chunk, lambda peer: got.append(peer.chunks[-1]),
                    hostile.say(b"250 taken\r\n")]:
                step(peer)

        def data(peer):
            got.append(read_data(peer))
            peer.send(b"250 taken\r\n")
        return got, hostile.Hostile("smtp", {
            "EHLO": [hostile.say(CHUNKING)], "BDAT": [bdat], "DATA": [data]})

    def test_all_goes_by_data_on_another_connection(self):
        """Also where the octets were taken for commands."""
        smuggled = (b"NOOP\nMAIL FROM:<evil@x.test>\nRCPT TO:<v@x.test>\n")
        for steps in ([read_chunk, hostile.say(b"502 what?\r\n")],
                      [read_chunk, hostile.say(b"503 no\r\n")],
                      [hostile.say(b"500 what?\r\n")],
                      [hostile.say(b"502 what?\r\n")]):
            for sent, words, files in [*self.jobs(
                    self.MANY, kind=lambda rng: smuggled)][2:]:
                for more in ([], ["--journal=j"]
                             if words[0] == "transfer" else []):
                    got, server = self.broken(steps)
                    with server:
                        self.done(*words, server.url(login=""), *ENVELOPE, *more,
                                  *files)
                    self.assertEqual(sorted(map(mails.digest, got)),
                                     sorted(map(mails.digest, sent)))
                    self.assertEqual(server.connections, 2)
                    self.assertEqual(server.heard.count(b"DATA"),
                                     self.MANY)
                    (self.home.path / "j").unlink(missing_ok=True)

    def test_later_chunk_that_is_not_known(self):
        """Those behind it are heard out; it and the rest go by DATA."""
        taken = [read_chunk, hostile.say(b"250 taken\r\n")]
        refused = [read_chunk, hostile.say(b"503 no more\r\n")]
        for sent, words, files in self.jobs(self.MANY, kind=mails.dots):
            for more in ([], ["--journal=j"]
                         if words[0] == "transfer" else []):
                got, server = self.broken(taken)
                count = []

                def bdat(peer, first=server.table["BDAT"][0], count=count,
                         got=got):
                    count.append(1)
                    if len(count) == 4:
                        for step in refused:
                            step(peer)
                        return
                    first(peer)
                    if len(count) == 1:
                        got.append(peer.chunks[-1])
                server.table["BDAT"] = [bdat]
                with server:
                    self.done(*words, server.url(login=""), *ENVELOPE, *more,
                              *files)
                self.assertEqual(sorted(map(mails.digest, got)),
                                 sorted(map(mails.digest, sent)))
                (self.home.path / "j").unlink(missing_ok=True)

    def test_message_that_is_refused_is_refused(self):
        """552, 554: the server knows BDAT."""
        self.fill(self.maildir, self.MANY)
        got, server = self.broken([read_chunk, hostile.say(b"554 spam\r\n")])
        with server:
            result = self.postel("transfer", self.maildir.path,
                                 server.url(login=""), *ENVELOPE)
        self.assertEqual(result.status, PARTLY, result)
        self.assertEqual((len(got), server.connections),
                         (self.MANY - 1, 1))

    def test_hangs_up_at_each_chunk(self):
        """It is told, and not tried for ever."""
        self.fill(self.maildir, self.MANY)
        for steps, said in (([hostile.hang_up], b"hung up"),
                            ([read_chunk, hostile.hang_up],
                             b"whether message .* was taken is unknown")):
            _, server = self.broken(steps, 9)
            with server:
                result = self.postel("transfer", self.maildir.path,
                                     server.url(login=""), *ENVELOPE)
            self.assertEqual(result.status, LOST, result)
            self.assertRegex(result.err, said)
            self.assertLess(server.connections, 4)


class Connections(DeliveryCase):
    def test_more_of_them_to_a_server_that_is_far(self):
        """Without CHUNKING a message costs a round trip."""
        with Sink() as sink, Delay(sink.smtp, 0.05) as far:
            for _, words, files in [*self.jobs(200, kind=mails.dots)][::3]:
                result = self.done(*words, f"smtp://127.0.0.1:{far.port}",
                                   *ENVELOPE, *files)
                self.assertLess(result.seconds, 5, words)  # one takes 10
                self.assertRegex(result.out, b"^200 messages")
            far.trips = 0
            result = self.done(*words, f"smtp://127.0.0.1:{far.port}",
                               *ENVELOPE, "--jobs=1", *files[:21])
            self.assertGreater(result.seconds, 1)
            self.assertEqual(far.trips, 20 + 3)

    def test_one_to_a_server_that_is_near(self):
        for _, words, files in self.jobs(40, kind=mails.dots):
            with hostile.Hostile("smtp") as smtp:
                self.done(*words, smtp.url(login=""), *ENVELOPE, *files)
                self.assertEqual(smtp.connections, 1)

    def test_each_message_once_over_all_of_them(self):
        for sent, words, files in self.jobs(60):
            for path in self.posteld.inbox("obelix").files():
                path.unlink()
            self.done(*words, f"smtp://127.0.0.1:{self.posteld.smtp}",
                      *ENVELOPE, "--jobs=4", *files)
            self.compare(sent, self.posteld.inbox("obelix"))

    def refusing(self, verb, reply):
        """A server that takes mail on its first connection only."""
        peers, got = [], []

        def once(peer):
            if peer not in peers:
                peers.append(peer)
            if peer is peers[0]:
                time.sleep(0.01 if verb == "MAIL" else 0)
                peer.send(b"220 hi\r\n" if verb == "" else b"250 ok\r\n")
                return
            peer.send(reply)
            hostile.hang_up(peer)

        def data(peer):
            got.append(read_data(peer))
            time.sleep(0.01)
            peer.send(b"250 taken\r\n")
        if verb == "":
            greet = [once]
        else:
            greet = [lambda peer: (peers.append(peer),
                                   peer.send(b"220 hi\r\n"))]
        return got, hostile.Hostile("smtp", {
            "": greet, "EHLO": [hostile.say(b"250-hi\r\n250 PIPELINING\r\n")],
            "DATA": [data], **({verb: [once]} if verb else {})})

    def test_those_that_are_refused_are_done_without(self):
        for verb, reply in (("", b"421 too many connections\r\n"),
                            ("", b"554 no\r\n"),
                            ("", b""),
                            ("MAIL", b"421 too many connections\r\n")):
            for sent, words, files in [*self.jobs(16, kind=mails.dots)][2:]:
                with self.subTest(f"{verb} {reply} {words[0]}"):
                    got, server = self.refusing(verb, reply)
                    with server:
                        result = self.done(*words, server.url(login=""),
                                           *ENVELOPE, "--jobs=3", *files)
                    self.assertEqual(server.connections, 3)
                    self.assertEqual(sorted(map(mails.digest, got)),
                                     sorted(map(mails.digest, sent)))
                    self.assertEqual(result.err, b"")

    def test_refused_for_now_altogether(self):
        self.fill(self.maildir, 3)
        with hostile.Hostile("smtp", {"": [
                hostile.say(b"421 later\r\n"), hostile.hang_up]}) as smtp:
            result = self.postel("transfer", self.maildir.path,
                                 smtp.url(login=""), *ENVELOPE, "--jobs=3")
        self.assertEqual(result.status, LATER, result)

    def test_wrong_number(self):
        for word in ("0", "x", "-1", "1000"):
            for words in (["transfer", self.maildir.path], ["send"]):
                self.fails(USAGE, "--jobs", *words, "smtp://127.0.0.1:9",
                           *ENVELOPE, f"--jobs={word}")


class Killed(DeliveryCase):
    """SIGKILL, then once more: none is lost, and what comes twice was said."""

    def strike(self, way, *options):
        rng = __import__("random").Random(11)
        inbox, box = self.posteld.inbox("obelix"), self.dovecot.inbox("asterix")
        sent, said = [], 0
        arguments = ("transfer", self.dovecot.url("pop3"),
                     f"smtp://127.0.0.1:{way}", *ENVELOPE, "--delete",
                     *options)
        for i in range(4):
            for n in range(30):
                sent.append(mails.message(30 * i + n, kind=mails.dots))
                box.put(sent[-1])
            before = len(inbox)
            running = self.start(*arguments)
            limit = time.monotonic() + 10
            while (len(inbox) == before and not running.has_ended()
                   and time.monotonic() < limit):
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.06))
            running.signal(signal.SIGKILL)
            said += len(re.findall(SAID, running.wait().err))
            self.dovecot.remove_locks()
        result = self.done(*arguments, timeout=60)
        said += len(re.findall(SAID, result.err))
        self.compare(sent, inbox, said)
        self.assertEqual(len(box), 0)
        return said

    def test_over_several_connections(self):
        self.strike(self.posteld.smtp, "--jobs=3")

    def test_by_chunks_to_a_server_that_is_far(self):
        with Delay(self.posteld.smtp, 0.03) as far:
            self.strike(far.port)


if __name__ == "__main__":
    import unittest
    unittest.main()
