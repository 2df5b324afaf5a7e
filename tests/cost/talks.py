"""The conversations whose cost is watched: what postel is told to do, and with whom.

A talk is a function of how many messages there are: it returns the servers' makers, and
a function that makes postel's arguments of their ports.
"""

import fake

OCTETS = 2000  # of a message
CONTENT = fake.message(OCTETS)


def pop3(count):
    return lambda: fake.Pop3(count, CONTENT)


def imap(count, seen=False):
    return lambda: fake.Imap(fake.uids(count), CONTENT, seen)


def transfer(count, *more):
    def arguments(home, source, sink):
        return ("transfer", "-q", f"pop3://a:secret@127.0.0.1:{source}",
                f"smtp://127.0.0.1:{sink}", "--from", "a@village.test", "--to",
                "b@village.test")
    return (pop3(count), lambda: fake.Smtp(*more)), arguments


def transfer_bdat(count):
    return transfer(count, b"CHUNKING")


def transfer_delete(count):
    makers, arguments = transfer(count)
    return makers, lambda *ports: (*arguments(*ports), "--delete")


def pop3_maildir(count):
    def arguments(home, source):
        return ("backup", "-q", f"pop3://a:secret@127.0.0.1:{source}", "maildir")
    return (pop3(count),), arguments


def imap_maildir(count):
    def arguments(home, source):
        return ("backup", "-q", f"imap://a:secret@127.0.0.1:{source}", "maildir",
                "--mailbox", "INBOX")
    return (imap(count),), arguments


def purge(count):
    def arguments(home, source):
        return "purge", "-q", f"imap://a:secret@127.0.0.1:{source}"
    return (imap(count),), arguments


def copy(count):
    def arguments(home, source, target):
        return ("copy", "-q", f"imap://a:secret@127.0.0.1:{source}",
                f"imap://b:secret@127.0.0.1:{target}", "--mailbox", "INBOX")
    return (imap(count, True), imap(0)), arguments


def send(count):
    def arguments(home, sink):
        folder = home.path / "out"
        folder.mkdir()
        files = []
        for n in range(count):
            files.append(folder / f"{n:04d}.eml")
            files[-1].write_bytes(CONTENT.replace(b"\r\n", b"\n"))
        return ("send", "-q", f"smtp://127.0.0.1:{sink}", "--from",
                "a@village.test", "--to=b@village.test", "--", *files)
    return (fake.Smtp,), arguments


def start(_):
    return (), lambda home: ("-e", "")


TALKS = {fn.__name__.replace("_", "-"): fn for fn in (
    transfer, transfer_bdat, transfer_delete, pop3_maildir, imap_maildir, purge,
    copy, send)}
