"""What a script in Python's own library does for the same jobs: in bulk, as its
documentation suggests.

    peer.py pop3-maildir PORT USER PASSWORD FOLDER
    peer.py pop3-smtp PORT USER PASSWORD PORT
    peer.py imap-maildir PORT USER PASSWORD FOLDER
    peer.py imap-purge PORT USER PASSWORD
    peer.py send PORT FOLDER
"""

import imaplib
import mailbox
import pathlib
import poplib
import smtplib
import sys

imaplib._MAXLINE = 10 << 20


def retrieved(port, user, password):
    """Each message of a maildrop, an array of lines."""
    conn = poplib.POP3("127.0.0.1", int(port))
    conn.user(user)
    conn.pass_(password)
    for n in range(1, conn.stat()[0] + 1):
        yield conn.retr(n)[1]
    conn.quit()


def pop3_maildir(port, user, password, folder):
    box = mailbox.Maildir(folder, create=True)
    for lines in retrieved(port, user, password):
        box.add(b"\n".join(lines) + b"\n")


def pop3_smtp(port, user, password, to_port):
    to = smtplib.SMTP("127.0.0.1", int(to_port), local_hostname="bench.test")
    for lines in retrieved(port, user, password):
        to.sendmail("a@bench.test", ["b@bench.test"],
                    b"\r\n".join(lines) + b"\r\n")
    to.quit()


def login(port, user, password):
    conn = imaplib.IMAP4("127.0.0.1", int(port))
    conn.login(user, password)
    return conn


def imap_maildir(port, user, password, folder):
    root = pathlib.Path(folder)
    for part in ("tmp", "new", "cur"):
        (root / part).mkdir(parents=True)
    conn = login(port, user, password)
    conn.select("INBOX", readonly=True)
    _, data = conn.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")
    for n, item in enumerate(i for i in data if isinstance(i, tuple)):
        (root / "new" / f"{n}.peer").write_bytes(
            item[1].replace(b"\r\n", b"\n"))
    conn.logout()


def imap_purge(port, user, password):
    conn = login(port, user, password)
    conn.select("INBOX")
    _, data = conn.uid("SEARCH", "UNSEEN")
    uids = data[0].decode().replace(" ", ",")
    _, data = conn.uid("FETCH", uids, "(BODY.PEEK[])")
    for item in data:
        if isinstance(item, tuple):
            sys.stdout.buffer.write(item[1])
    sys.stdout.buffer.flush()
    conn.uid("STORE", uids, "+FLAGS.SILENT", r"(\Deleted)")
    conn.expunge()
    conn.logout()


def send(port, folder):
    conn = smtplib.SMTP("127.0.0.1", int(port), local_hostname="bench.test")
    for path in sorted(pathlib.Path(folder).iterdir()):
        conn.sendmail("a@bench.test", ["b@bench.test"], path.read_bytes())
    conn.quit()


if __name__ == "__main__":
    {"pop3-maildir": pop3_maildir, "pop3-smtp": pop3_smtp,
     "imap-maildir": imap_maildir, "imap-purge": imap_purge,
     "send": send}[sys.argv[1]](*sys.argv[2:])
