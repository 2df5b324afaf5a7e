"""System calls and round trips of each message that a job carries."""

import run
import talks
from recorded import CostCase, per_piece

FEW, MANY = 100, 300
TIME_LIMIT = 120


class Talks(CostCase):
    def compare_talk(self, name):
        make = talks.TALKS[name]
        runs = {count: run.traced(make, count) for count in (FEW, MANY)}
        names = runs[FEW][1].keys() | runs[MANY][1].keys()
        each = {n: per_piece(lambda count, n=n: runs[count][1][n], FEW, MANY)
                for n in names}
        hint = ", ".join(f"{n} {value:g}" for n, value in sorted(
            each.items(), key=lambda item: -item[1]) if value)
        with self.subTest("round trips"):
            self.compare("round trips", name, per_piece(
                lambda count: runs[count][0], FEW, MANY))
        self.compare("system calls", name, sum(each.values()), hint)


for talk_name in talks.TALKS:
    setattr(Talks, "test_" + talk_name.replace("-", "_"),
            lambda self, name=talk_name: self.compare_talk(name))
