"""Instructions, counted by callgrind: of the start, of each message that a job
carries, of 64 KiB that are cut into lines, taken for a message or framed as one, of three
responses of IMAP.  `callgrind_annotate build/release/cost/transfer-150.callgrind` shows
where they went."""

import run
import talks
from recorded import CostCase, per_piece

FEW, MANY = 50, 150
TIME_LIMIT = 120


class Instructions(CostCase):
    def test_start(self):
        self.compare("instructions", "start",
                     run.counted(talks.start, 0, "start"))


def add(name, fn):
    def test(self):
        self.compare("instructions", name, fn(), f"see {run.KEPT}/{name}-*")
    setattr(Instructions, "test_" + name.replace("-", "_"), test)


for talk_name in ("transfer", "pop3-maildir", "imap-maildir", "purge", "copy",
                  "send"):
    add(talk_name, lambda n=talk_name: per_piece(
        lambda count: run.counted(talks.TALKS[n], count, n), FEW, MANY))
for kind_name in ("lines", "dot", "frame", "imap"):
    add(kind_name, lambda n=kind_name: per_piece(
        lambda count: run.parsed(n, count), 10, 30))
