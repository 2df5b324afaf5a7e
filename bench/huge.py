"""One message of 512 MiB: memory, and time beside the peers."""

import os

import jobs
import servers
import world

OCTETS = int(os.environ.get("HUGE", 512 << 20))
LINE = b"a line of a message that somebody should have sent in another way\n"


def content():
    return (b"From: a@bench.test\nTo: b@bench.test\nSubject: huge\n\n"
            + LINE * (OCTETS // len(LINE)))


class Huge(jobs.Job):
    memory = 16  # MiB

    def check_file(self, path):
        if world.size_of(path) != world.size_of(self.bench.huge_wire):
            raise servers.ServerError(
                f"{path}: {world.size_of(path)} octets, not "
                f"{world.size_of(self.bench.huge_wire)}")


class HugePop3(Huge):
    name, what, mark = "huge-pop3", "512 MiB: POP3 to file", ("best", 1.0)
    peers = {"curl": "curl"}

    def target(self):
        path = self.home.path / "huge"
        path.unlink(missing_ok=True)
        return path

    def postel(self):
        path = self.target()
        cost = self.postel_script(self.url("pop3", "huge"), "-c",
                                  f"RETR 1 :> {path}")
        self.check_file(path)
        return cost

    def floor(self):
        return self.floor_of("pop3", self.place(self.mail, "pop3"),
                             "huge:secret", 1)

    def curl(self):
        return self.run("curl", "-s", "-u", "huge:secret", "-o", self.target(),
                        f"pop3://{self.place(self.mail, 'pop3')}/1")


class HugeImap(HugePop3):
    name, what = "huge-imap", "512 MiB: IMAP to file"

    def postel(self):
        path = self.target()
        cost = self.postel_script(self.url("imap", "huge"), "-c",
                                  "EXAMINE INBOX", "-c",
                                  f"FETCH 1 BODY.PEEK[] :> {path}")
        self.check_file(path)
        return cost

    def floor(self):
        return self.floor_of("imap", self.place(self.mail, "imap"),
                             "huge:secret")

    def curl(self):
        return self.run("curl", "-s", "-u", "huge:secret", "-o", self.target(),
                        f"imap://{self.place(self.mail, 'imap')}/INBOX;"
                        "MAILINDEX=1")


class HugeToSink(Huge):
    def check(self):
        """One run to a sink that keeps it."""
        with world.Keeper() as keeper:
            before, self.sink = self.sink, keeper
            self.postel()
            self.sink = before
            keeper.check_one(self.name, self.bench.huge_wire)


class HugeSend(HugeToSink):
    name, what, mark = "huge-send", "512 MiB: SMTP send", ("best", 1.0)
    peers = {"curl": "curl"}

    def postel(self):
        return self.postel_script(
            "send", f"smtp://{self.place(self.sink, 'smtp')}", "--from",
            "a@bench.test", "--to=b@bench.test", "--", self.bench.huge_wire)

    def floor(self):
        return self.floor_of("smtp", self.place(self.sink, "smtp"),
                             self.bench.huge_wire.parent)

    def curl(self):
        return jobs.curl_smtp(self, self.bench.huge_wire.parent)


class HugeRelay(HugeToSink):
    name, what, mark = "huge-relay", "512 MiB: POP3 to SMTP", ("floor", 1.15)
    peers = {"curl": "curl"}

    def postel(self):
        return self.postel_script(
            "transfer", self.url("pop3", "huge"),
            f"smtp://{self.place(self.sink, 'smtp')}", "--from",
            "a@bench.test", "--to", "b@bench.test")

    def floor(self):
        return self.floor_of(
            "both", "pop3", self.place(self.mail, "pop3"), "huge:secret", 1,
            "--", "smtp", self.place(self.sink, "smtp"),
            self.bench.huge_wire.parent)

    def curl(self):
        folder = self.folder("curl")
        folder.mkdir()
        return self.run(
            "curl", "-s", "-u", "huge:secret", "-o", folder / "1",
            f"pop3://{self.place(self.mail, 'pop3')}/1") + jobs.curl_smtp(
                self, folder)


JOBS = [HugePop3, HugeImap, HugeSend, HugeRelay]
