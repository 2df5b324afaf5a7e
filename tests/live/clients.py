"""Real mail clients, run against posteld, and what is left in its Maildirs.

What a Maildir holds is read here by Python alone, so that nothing of
posteld's own is believed.
"""

import pathlib
import re
import subprocess

import mails
from authority import Authority
from harness import LiveCase
from servers import Posteld, need

PASSWORD = "Menhir77"


class Done:
    """What a program that ended has said."""

    def __init__(self, command, status, out, err):
        self.command = [str(word) for word in command]
        self.status, self.out, self.err = status, out, err

    def __str__(self):
        return (f"{' '.join(self.command)}\nstatus {self.status}\n"
                f"--- out ({len(self.out)})\n"
                f"{self.out[-2000:].decode(errors='replace')}\n--- err\n"
                f"{self.err[-4000:].decode(errors='replace')}")


def flags(path):
    """The flags of a file in a Maildir, as its name has them; None in new."""
    if path.parent.name == "new":
        return None
    return path.name.partition(":2,")[2]


def stored(letter):
    """How a Maildir stores what came with the line ends of a protocol."""
    return letter.replace(b"\r\n", b"\n")


def by_number(letters):
    """{number: letter} of generated messages, none of which comes twice."""
    found = {}
    for letter in letters:
        number = mails.number(letter)
        assert number not in found, f"message {number} is there twice"
        found[number] = letter
    return found


class ClientCase(LiveCase):
    """One posteld with TLS, and a user of his own for each test.

    `name` is the program, found by need(); a test runs it by self.program.
    """

    USERS = 60
    OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = cls.enterClassContext(Authority())
        cls.posteld = cls.with_users(
            lambda users: Posteld(users, authority=cls.authority,
                                  options=cls.OPTIONS),
            PASSWORD, cls.USERS)

    def setUp(self):
        super().setUp()
        self.take_user(self.posteld)

    def address(self, user=None):
        return f"{user or self.user}@mail.test"

    def port(self, service):
        return getattr(self.posteld, service)

    def program(self, name, *arguments, status=0, input=b"", timeout=60,
                env=None):
        """Runs it in the test's home; status None is any."""
        command = [need(name), *map(str, arguments)]
        run = subprocess.run(
            command, input=input, capture_output=True, cwd=self.home.path,
            env=self.home.environment | (env or {}), timeout=timeout,
            check=False)
        done = Done(command, run.returncode, run.stdout, run.stderr)
        if status is not None:
            self.assertEqual(done.status, status, done)
        return done

    def fill(self, letters, inbox=None, flags=None):
        inbox = self.inbox if inbox is None else inbox
        for letter in letters:
            inbox.put(letter, flags)
        return letters

    def assertSame(self, came, letters, exact=False):
        """Each letter came once.  Line ends are normalised, and fields that
        were put in front are passed over, unless they are to be exact."""
        found = by_number(came)
        self.assertEqual(sorted(found), sorted(map(mails.number, letters)))
        for letter in letters:
            number = mails.number(letter)
            if exact:
                self.assertEqual(found[number], letter, f"message {number}")
                continue
            lines, body = mails.split(letter)
            head, got = mails.split(found[number])
            self.assertEqual(head[-len(lines):], lines, f"message {number}")
            self.assertEqual(got, body, f"message {number}")

    def assertLogged(self, pattern):
        self.assertRegex(self.posteld.log(), re.compile(pattern, re.M))


def folder(path):
    path = pathlib.Path(path)
    path.mkdir(parents=True, exist_ok=True)
    return path
