"""The jobs that are measured: for each what postel does, what its peers do, and
what the floor is.  A job's `runs` are functions by the name of a program; the
first is postel."""

import pathlib
import shutil
import sys

import harness
import measure
import servers
import world

HERE = pathlib.Path(__file__).parent


class Job:
    """home: a harness.Home; mail, other: world.Mail with the corpus in it, and an
    empty one; sink: takes mail; port(server, protocol) is where it is reached,
    which may be a slower way."""

    name, what, mark = "", "", None
    peers = {}  # program: the name of a method

    def __init__(self, bench):
        self.bench, self.home = bench, bench.home
        self.mail, self.sink, self.corpus = bench.mail, bench.sink, bench.corpus

    def checked(self):
        """One run of postel, and what it has delivered is looked at."""
        cost = self.postel()
        self.verify()
        return cost

    def verify(self):
        """What postel's last run has delivered is what there was."""

    def check(self):
        """The first run; where only another server can tell what came, the one
        that is looked at."""
        self.checked()

    def runs(self):
        runs = {"postel": self.checked, "floor": self.floor}
        for program, method in self.peers.items():
            if program == "python" or shutil.which(program) or \
                    program == "smtp-source":
                runs[program] = getattr(self, method)
        return runs

    def run(self, *command, **how):
        return measure.run(command, self.home, **how)

    def floor_of(self, *words):
        return self.run(sys.executable, HERE / "floor.py", *words,
                        wait_for_word=True)

    def peer_of(self, *words, **how):
        return self.run(sys.executable, HERE / "peer.py", *words, **how)

    def port(self, server, protocol):
        return self.bench.port(server, protocol)

    def place(self, server, protocol):
        return f"127.0.0.1:{self.port(server, protocol)}"

    def url(self, protocol, user=world.TEMPLATE, server=None):
        return (f"{protocol}://{user}:secret@"
                f"{self.place(server or self.mail, protocol)}")

    def file(self, name, content):
        return self.home.file(name, content)

    def folder(self, name):
        return world.remove(self.home.path / name)

    def postel_script(self, *words, **how):
        world.remove(self.home.path / "state")
        return self.run(harness.POSTEL, words[0], "-q", *words[1:], **how)


def curl_config(entries):
    return "next\n".join("".join(f'{key} = "{value}"\n' for key, value in e)
                         for e in entries)


class Pop3ToSmtp(Job):
    name, what, mark = "pop3-smtp", "POP3 to SMTP, all", ("floor", 1.5)
    peers = {"curl": "curl", "fetchmail": "fetchmail", "python": "python"}
    FEW = 500  # messages that fetchmail is given, which takes 50 ms for each
    AT_LIMIT = 13  # its status then

    def postel(self):
        return self.postel_script(
            "transfer", self.url("pop3"), f"smtp://{self.place(self.sink, 'smtp')}",
            "--from", "a@bench.test", "--to", "b@bench.test")

    def floor(self):
        return self.floor_of(
            "both", "pop3", self.place(self.mail, "pop3"),
            f"{world.TEMPLATE}:secret", len(self.corpus), "--",
            "smtp", self.place(self.sink, "smtp"), self.bench.wire)

    def curl(self):
        return curl_pop3(self) + curl_smtp(self, self.home.path / "curl")

    def fetchmail(self):
        count = len(self.corpus)
        few = min(count, self.FEW)
        config = self.file("fetchmailrc", (
            f"poll 127.0.0.1 service {self.port(self.mail, 'pop3')} protocol "
            f"pop3\nuser {world.TEMPLATE} password secret is b@bench.test here "
            f"keep fetchall sslproto '' fetchlimit {few} smtphost "
            f"127.0.0.1/{self.port(self.sink, 'smtp')}\n"))
        cost = self.run("fetchmail", "--fetchmailrc", config, "--nosyslog",
                        "--silent", good=(0, self.AT_LIMIT))
        return cost.times(count / few)

    def python(self):
        return self.peer_of("pop3-smtp", self.port(self.mail, "pop3"),
                            world.TEMPLATE, "secret",
                            self.port(self.sink, "smtp"))

    def check(self):
        with world.Keeper() as keeper:
            before, self.sink = self.sink, keeper
            self.checked()
            self.sink = before

    def verify(self):
        if isinstance(self.sink, world.Keeper):
            world.check(self.name, self.sink.taken(), self.corpus)


def curl_pop3(job):
    folder = job.folder("curl")
    folder.mkdir()
    config = job.file("curl.pop3", 'user = "template:secret"\nsilent\n' + "".join(
        f'url = "pop3://{job.place(job.mail, "pop3")}/{n}"\n'
        f'output = "{folder}/{n:06d}"\n'
        for n in range(1, len(job.corpus) + 1)))
    return job.run("curl", "-K", config)


def curl_smtp(job, folder):
    config = job.file("curl.smtp", curl_config(
        [("url", f"smtp://{job.place(job.sink, 'smtp')}"),
         ("mail-from", "a@bench.test"), ("mail-rcpt", "b@bench.test"),
         ("upload-file", path)] for path in sorted(folder.iterdir())))
    return job.run("curl", "-s", "-K", config)


class Pop3ToMaildir(Job):
    name, what, mark = "pop3-maildir", "POP3 to Maildir", ("floor", 1.5)
    peers = {"mpop": "mpop", "python": "python"}

    def postel(self):
        return self.postel_script("backup", self.url("pop3"),
                                  self.folder("maildir"))

    def floor(self):
        return self.floor_of("pop3", self.place(self.mail, "pop3"),
                             f"{world.TEMPLATE}:secret", len(self.corpus))

    def mpop(self):
        folder = self.folder("mpop")
        (self.home.path / "uidls").unlink(missing_ok=True)
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True)
        config = self.file("mpoprc", (
            f"account default\nhost 127.0.0.1\n"
            f"port {self.port(self.mail, 'pop3')}\n"
            f"user {world.TEMPLATE}\npassword secret\nauth user\ntls off\n"
            f"keep on\nuidls_file {self.home.path / 'uidls'}\n"
            f"delivery maildir {folder}\nreceived_header off\n"))
        config.chmod(0o600)
        return self.run("mpop", "-q", "-C", config)

    def python(self):
        return self.peer_of("pop3-maildir", self.port(self.mail, "pop3"),
                            world.TEMPLATE, "secret", self.folder("python"))

    def verify(self):
        world.check(self.name, world.in_maildir(self.home.path / "maildir"),
                    self.corpus)


class ImapToMaildir(Job):
    name, what, mark = "imap-maildir", "IMAP mailbox to Maildir", ("floor", 2.0)
    peers = {"mbsync": "mbsync", "python": "python"}

    def postel(self):
        return self.postel_script("backup", self.url("imap"),
                                  self.folder("maildir"), "--mailbox", "INBOX")

    def floor(self):
        return self.floor_of("imap", self.place(self.mail, "imap"),
                             f"{world.TEMPLATE}:secret")

    def mbsync(self):
        folder = self.folder("mbsync")
        folder.mkdir()
        config = self.file("mbsyncrc", (
            imap_store(self, "far", self.mail, world.TEMPLATE) +
            f"MaildirStore near\nInbox {folder}/INBOX\nPath {folder}/\n\n"
            f"Channel c\nFar :far:INBOX\nNear :near:INBOX\nSync Pull\n"
            f"SyncState {folder}/state-\nCreate Near\nCopyArrivalDate yes\n"))
        return self.run("mbsync", "-q", "-c", config, "c")

    def python(self):
        return self.peer_of("imap-maildir", self.port(self.mail, "imap"),
                            world.TEMPLATE, "secret", self.folder("python"))

    def verify(self):
        world.check(self.name, world.in_maildir(self.home.path / "maildir"),
                    self.corpus)


def imap_store(job, name, server, user):
    return (f"IMAPAccount {name}\nHost 127.0.0.1\n"
            f"Port {job.port(server, 'imap')}\nUser {user}\nPass secret\n"
            f"SSLType None\nAuthMechs LOGIN\n\nIMAPStore {name}\n"
            f"Account {name}\n\n")


class ImapPurge(Job):
    name, what, mark = "imap-purge", "IMAP purge of the unread half", ("best", 0.6)
    peers = {"python": "python", "imapfilter": "imapfilter"}

    def postel(self):
        self.user = self.mail.user()
        return self.postel_script("purge", self.url("imap", self.user),
                                  output=self.home.path / "printed")

    def floor(self):
        return self.floor_of("imap", self.place(self.mail, "imap"),
                             f"{self.mail.user()}:secret")

    def python(self):
        return self.peer_of("imap-purge", self.port(self.mail, "imap"),
                            self.mail.user(), "secret",
                            output=self.home.path / "printed")

    def imapfilter(self):
        config = self.file("imapfilter.lua", (
            "options.timeout = 60\noptions.subscribe = false\n"
            "a = IMAP {server = '127.0.0.1', "
            f"port = {self.port(self.mail, 'imap')}, "
            f"username = '{self.mail.user()}', password = 'secret'}}\n"
            "r = a.INBOX:is_unseen()\n"
            "for _, m in ipairs(r) do local box, uid = table.unpack(m)\n"
            "io.write(box[uid]:fetch_message()) end\n"
            "r:delete_messages()\n"))
        return self.run("imapfilter", "-c", config,
                        output=self.home.path / "printed")

    def verify(self):
        unread = b"".join(list(self.corpus.sent())[::2])
        if (self.home.path / "printed").read_bytes() != unread:
            raise servers.ServerError("purge printed something else")
        world.check(self.name, self.mail.contents(self.user),
                    self.bench.part(slice(1, None, 2)))


class SmtpSend(Job):
    name, what, mark = "smtp-send", "SMTP send, one session", ("floor", 1.2)
    peers = {"curl": "curl", "smtp-source": "smtp_source", "python": "python"}

    def postel(self):
        return self.postel_script(
            "send", f"smtp://{self.place(self.sink, 'smtp')}", "--from",
            "a@bench.test", "--to=b@bench.test", "--",
            *sorted(self.bench.wire.iterdir()))

    def floor(self):
        return self.floor_of("smtp", self.place(self.sink, "smtp"),
                             self.bench.wire)

    def curl(self):
        return curl_smtp(self, self.bench.wire)

    def smtp_source(self):
        program = servers.Copies.path("postfix", "usr/sbin/smtp-source")
        self.home.environment["LD_LIBRARY_PATH"] = str(
            program.parents[1] / "lib" / "postfix")
        count = len(self.corpus)
        try:
            return self.run(program, "-d", "-m", count, "-s", 1, "-l",
                            self.corpus.octets // count,
                            self.place(self.sink, "smtp"))
        finally:
            del self.home.environment["LD_LIBRARY_PATH"]

    def python(self):
        return self.peer_of("send", self.port(self.sink, "smtp"),
                            self.bench.wire)

    check, verify = Pop3ToSmtp.check, Pop3ToSmtp.verify


class ImapCopy(Job):
    name, what, mark = "imap-copy", "IMAP to IMAP copy", ("floor", 1.7)
    peers = {"mbsync": "mbsync"}

    def postel(self):
        self.user = self.bench.other.user(full=False)
        return self.postel_script(
            "copy", self.url("imap"),
            self.url("imap", self.user, self.bench.other), "--mailbox", "INBOX",
            "--journal", self.folder("journal"))

    def floor(self):
        user = self.bench.other.user(full=False)
        return self.floor_of(
            "both", "imap", self.place(self.mail, "imap"),
            f"{world.TEMPLATE}:secret", "--", "append",
            self.place(self.bench.other, "imap"), f"{user}:secret",
            self.bench.wire)

    def mbsync(self):
        folder = self.folder("mbsync")
        folder.mkdir()
        config = self.file("mbsyncrc", (
            imap_store(self, "far", self.mail, world.TEMPLATE) +
            imap_store(self, "near", self.bench.other,
                       self.bench.other.user(full=False)) +
            f"Channel c\nFar :far:INBOX\nNear :near:INBOX\nSync Pull\n"
            f"SyncState {folder}/state-\nCopyArrivalDate yes\n"))
        return self.run("mbsync", "-q", "-c", config, "c")

    def verify(self):
        world.check(self.name, self.bench.other.contents(self.user),
                    self.corpus)


class Start(Job):
    name, what, mark = "start", "start, one command, end", ("seconds", 0.003)
    peers = {"lua5.4": "lua", "imapfilter": "imapfilter", "curl": "curl"}
    rounds = 40

    def postel(self):
        return self.run(harness.POSTEL, "-e", "")

    def lua(self):
        return self.run("lua5.4", "-e", "")

    def imapfilter(self):
        return self.run("imapfilter", "-c", self.file("empty.lua", ""))

    def curl(self):
        return self.run("curl", "-V")

    def floor(self):
        return self.run("/bin/true")


JOBS = [Pop3ToSmtp, Pop3ToMaildir, ImapToMaildir, ImapPurge, SmtpSend, ImapCopy,
        Start]
