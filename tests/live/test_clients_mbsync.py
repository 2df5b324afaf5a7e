"""mbsync (isync) between posteld and a Maildir: both sides are the same after
a run, and another one moves nothing.

mbsync 1.4 puts an X-TUID field into what it copies, and makes one LF of the
CRLF in a message; the first is taken out here.  It does not decode modified
UTF-7, so its own folders bear the names that the server uses.
"""

import re
import shutil

import mails
from clients import PASSWORD, ClientCase, flags, folder
from servers import Maildir

# Names of mailboxes, and as modified UTF-7 has them.
ODD = {"Grüße": "Gr&APwA3w-e", "a b": "a b", 'say "so"': 'say "so"',
       "R&D": "R&-D", "v1.5": "v1.5", "back\\slash": "back\\slash",
       "Work/2026/Übung.1": "Work/2026/&ANw-bung.1",
       "日本語/台北": "&ZeVnLIqe-/&U,BTFw-", "(paren)": "(paren)",
       "{3}": "{3}", "~peter": "~peter", "NIL": "NIL", "tab!#$": "tab!#$"}


def bare(letter):
    """Without what mbsync puts in."""
    return re.sub(rb"^X-TUID: \S{12}\n", b"", letter, count=1, flags=re.M)


class Mbsync(ClientCase):
    TIME_LIMIT = 120

    def setUp(self):
        super().setUp()
        self.box = folder(self.home.path / "box")

    def near(self, name="INBOX"):
        return Maildir(self.box / name)

    def sync(self, account="", channel="", service="imap", host="127.0.0.1",
             user=None, **options):
        """Returns how many fetches, appends and stores posteld saw."""
        tls = {"imap": "None", "imaps": "IMAPS"}[service]
        account += "" if "SSLType" in account else f"\nSSLType {tls}"
        rc = self.home.file("rc", f"""\
FSync no
IMAPAccount lab
Host {host}
Port {self.port(service)}
User {user or self.user}
Pass {PASSWORD}
{account.strip()}

IMAPStore far
Account lab

MaildirStore near
Path {self.box}/
Inbox {self.box}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
{channel}
""")
        done = self.program("mbsync", "-c", rc, "-V", "-Dn", "all",
                            timeout=100, **options)
        return tuple(len(re.findall(rb">>> \d+ " + command, done.out))
                     for command in (rb"UID FETCH .*BODY", rb"APPEND ",
                                     rb"UID STORE "))

    def assertSynced(self, near, far):
        """The same messages with the same flags on both sides."""
        def state(inbox):
            return {mails.number(path.read_bytes()): flags(path) or ""
                    for path in inbox.files()}
        self.assertEqual(state(near), state(far))
        self.assertEqual(len(near), len(far))

    def assertStill(self):
        """Another run moves nothing."""
        def files():
            return [sorted(p for p in root.rglob("*")
                           if p.parent.name in ("cur", "new"))
                    for root in (self.posteld.home(self.user), self.box)]
        before = files()
        self.assertEqual(self.sync(), (0, 0, 0))
        self.assertEqual(files(), before)

    def test_new_on_both_sides(self):
        far = self.fill(mails.messages(60))
        near = self.fill([mails.message(n) for n in range(60, 90)],
                         self.near(), "S")
        self.assertEqual(self.sync(), (60, 30, 0))
        for inbox in (self.inbox, self.near()):
            self.assertSame(map(bare, inbox.contents()), far + near)
        self.assertSynced(self.near(), self.inbox)
        self.assertStill()

    def rename(self, path, new):
        name = path.name.partition(":2,")[0]
        path.rename(path.parent.with_name("cur") / f"{name}:2,{new}")

    def by_number(self, inbox):
        return {mails.number(p.read_bytes()): p for p in inbox.files()}

    def test_flags_on_both_sides(self):
        """P is $Forwarded, a keyword."""
        self.fill(mails.messages(12), flags="")
        self.sync()
        far, near = self.by_number(self.inbox), self.by_number(self.near())
        for number, letters in enumerate(("D", "F", "P", "R", "S", "DFPRS")):
            self.rename(far[number], letters)
            self.rename(near[6 + number], letters)
        self.assertEqual(self.sync()[:2], (0, 0))
        self.assertSynced(self.near(), self.inbox)
        self.assertEqual(
            [flags(self.by_number(self.inbox)[n]) for n in range(12)],
            ["D", "F", "P", "R", "S", "DFPRS"] * 2)
        for inbox in (self.inbox, self.near()):
            self.rename(self.by_number(inbox)[5 if inbox is self.inbox
                                              else 11], "R")
        self.assertEqual(self.sync()[:2], (0, 0))
        self.assertSynced(self.near(), self.inbox)
        self.assertStill()

    def test_expunged_on_both_sides(self):
        """Marked or simply gone, on either side."""
        letters = self.fill(mails.messages(20), flags="S")
        self.sync()
        far, near = self.by_number(self.inbox), self.by_number(self.near())
        far[1].unlink()
        self.rename(far[2], "ST")
        near[3].unlink()
        self.rename(near[4], "ST")
        self.sync()
        left = [m for n, m in enumerate(letters) if n not in (1, 2, 3, 4)]
        for inbox in (self.inbox, self.near()):
            self.assertSame(map(bare, inbox.contents()), left)
        self.assertSynced(self.near(), self.inbox)
        self.assertStill()

    def test_odd_names_from_posteld(self):
        for number, name in enumerate(ODD):
            self.fill([mails.message(number)],
                      self.posteld.inbox(self.user, name))
        self.sync()
        for number, coded in enumerate(ODD.values()):
            with self.subTest(coded):
                came = self.near(coded).contents()
                self.assertSame(map(bare, came), [mails.message(number)])
        self.assertStill()

    def test_odd_names_to_posteld(self):
        for number, coded in enumerate(ODD.values()):
            self.fill([mails.message(number)], self.near(coded))
        self.sync()
        for number, name in enumerate(ODD):
            with self.subTest(name):
                came = self.posteld.inbox(self.user, name).contents()
                self.assertSame(map(bare, came), [mails.message(number)])
        self.assertStill()

    def test_mailboxes_come_and_go(self):
        """Only empty ones go: so mbsync has it."""
        far = [self.posteld.inbox(self.user, name).path
               for name in ("one", "two/three")]
        near = [self.box / "one", self.box / "two" / "three"]
        for path in far:
            self.fill([mails.message(1)], Maildir(path))
        self.sync()
        for path in near:
            self.assertEqual(len(Maildir(path)), 1)
            Maildir(path).files()[0].unlink()
        self.sync()
        self.assertEqual([len(Maildir(path)) for path in far], [0, 0])
        for part in ("cur", "new", "tmp"):
            shutil.rmtree(near[0] / part)
        shutil.rmtree(far[1])
        self.sync()
        self.assertFalse(far[0].exists())
        self.assertFalse((near[1] / "cur").exists())

    def test_pipelining(self):
        for depth in (1, 3, 1000):
            with self.subTest(depth):
                user = next(type(self).fresh)
                self.box = folder(self.home.path / f"box{depth}")
                far = self.fill(mails.messages(40), self.posteld.inbox(user))
                near = self.fill([mails.message(n) for n in range(40, 60)],
                                 self.near())
                account = f"PipelineDepth {depth}"
                self.sync(account, user=user)
                for inbox in (self.posteld.inbox(user), self.near()):
                    self.assertSame(map(bare, inbox.contents()), far + near)
                self.assertEqual(self.sync(account, user=user), (0, 0, 0))

    def test_thousand_messages(self):
        letters = self.fill(mails.messages(1000, seed=2))
        self.assertEqual(self.sync(), (1000, 0, 0))
        self.assertSame(map(bare, self.near().contents()), letters)
        for number, path in self.by_number(self.near()).items():
            if number % 2:
                self.rename(path, "T")
            elif number % 10 == 0:
                self.rename(path, "FS")
        self.assertEqual(self.sync()[:2], (0, 0))
        self.assertSame(self.inbox.contents(), letters[::2], exact=True)
        self.assertSynced(self.near(), self.inbox)
        self.assertStill()

    def test_each_mechanism(self):
        """LOGIN is the command; the others are Cyrus SASL's."""
        self.fill(mails.messages(1))
        for mechanism in ("LOGIN", "PLAIN", "CRAM-MD5", "SCRAM-SHA-256"):
            with self.subTest(mechanism):
                self.sync(f"AuthMechs {mechanism}")
                self.assertEqual(len(self.near()), 1)

    def test_tls(self):
        letters = self.fill(mails.messages(10))
        trust = f"CertificateFile {self.authority.ca}\n"
        for service, words in (("imap", "SSLType STARTTLS\n"),
                               ("imaps", "SSLType IMAPS\n")):
            with self.subTest(service):
                self.box = folder(self.home.path / service)
                self.sync(trust + words, service=service, host="localhost")
                self.assertSame(map(bare, self.near().contents()), letters)
        self.sync("SSLType IMAPS", service="imaps", host="localhost",
                  status=1)
