"""Several IMAP clients at random on one mailbox: posteld, alone and beside
another program, and Dovecot, which shows that the checks are fair.

STRESS_SECONDS is how long each takes.
"""

import os
import random

import stress
from harness import LiveCase
from servers import Dovecot, Posteld
from stress_world import HIGH, letter

SECONDS = float(os.environ.get("STRESS_SECONDS", 5))
TIME_LIMIT = int(3 * SECONDS) + 60


class OtherProgram:
    """Changes the files of a Maildir as mail programs do: delivers, marks,
    and removes what is marked as deleted."""

    def __init__(self, inbox):
        self.inbox, self.rng = inbox, random.Random()

    def __call__(self, run):
        act = self.rng.choice([self.mark, self.mark, self.remove,
                               self.deliver])
        try:
            act(run)
        except FileNotFoundError:
            pass  # the server was faster

    def mark(self, _run):
        """Flags that are nobody's own; a file in new goes to cur."""
        files = self.inbox.files()
        if not files:
            return
        path = self.rng.choice(files)
        base, _, letters = path.name.partition(":2,")
        letters = set(letters) ^ {self.rng.choice("FS")}
        path.rename(self.inbox.path / "cur"
                    / f"{base}:2,{''.join(sorted(letters))}")

    def remove(self, _run):
        marked = [p for p in self.inbox.files()
                  if "T" in p.name.partition(":2,")[2]]
        if marked:
            self.rng.choice(marked).unlink()

    def deliver(self, run):
        if len(self.inbox) < HIGH:
            octets = letter(run.new_number())
            self.inbox.put(octets.replace(b"\r\n", b"\n"))


class Stress(LiveCase):
    def stress(self, server, **options):
        self.logged = (server,)
        run = stress.Run("127.0.0.1", server.imap, "asterix", "gaul",
                         seed=random.randrange(1 << 30), **options)
        run.go(SECONDS)
        print("#", str(run).replace("\n", "\n# "), flush=True)
        self.assertEqual(run.violations, [], run)
        self.assertGreater(run.rounds, 0)
        self.assertGreater(run.commands, 50 * SECONDS)

    def test_posteld(self):
        self.stress(self.enterContext(Posteld()))

    def test_posteld_with_many(self):
        self.stress(self.enterContext(Posteld()), clients=12)

    def test_posteld_beside_another_program(self):
        server = self.enterContext(Posteld())
        self.stress(server, disturb=OtherProgram(server.inbox("asterix")))

    def test_dovecot(self):
        self.stress(self.enterContext(Dovecot()), strict=False)
