"""Mailboxes of very many messages: memory by the message, and time that grows as they
do and no faster.  MESSAGES=1000000 makes them as large as the name says, with UIDs in a
row, of which two in three are missing, and with gaps as chance has it; that takes ten
minutes, and tells its figures.
"""

import os
import resource

import fake
from recorded import CostCase, harness

MESSAGES = int(os.environ.get("MESSAGES", "50000"))
FEW = max(10000, MESSAGES // 10)
GAPS = ("none", "third", "random") if MESSAGES > 50000 else ("third",)
OCTETS = 64  # of memory for each message, at most
TIME_LIMIT = 3600 if MESSAGES > 50000 else 120


class Million(CostCase):
    def postel(self, home, *arguments):
        """The peak of its memory in octets, and the processor's time."""
        def spent():
            usage = resource.getrusage(resource.RUSAGE_CHILDREN)
            return usage.ru_utime + usage.ru_stime
        before = spent()
        with open(os.devnull, "wb") as out:
            result = harness.Running(home, arguments, stdout=out).wait(TIME_LIMIT)
        self.assertEqual(result.status, 0, result)
        return result.rss * 1024, spent() - before

    def purge(self, home, uids):
        with fake.Threads(lambda: fake.Imap(uids)) as source:
            cost = self.postel(home, "purge", "-q",
                               f"imap://a:secret@127.0.0.1:{source.port}")
        self.assertEqual(len(source.machines[0].uids), 0)
        self.assertEqual(source.machines[0].fetched, len(uids))
        return {"purge": cost}

    def copy(self, home, uids):
        """And again, with the journal of all that is there."""
        with fake.Threads(lambda: fake.Imap(uids, seen=True)) as source, \
                fake.Threads(lambda: fake.Imap(())) as target:
            way = ("copy", "-q", f"imap://a:secret@127.0.0.1:{source.port}",
                   f"imap://b:secret@127.0.0.1:{target.port}", "--mailbox",
                   "INBOX")
            costs = {"copy": self.postel(home, *way),
                     "copy again": self.postel(home, *way)}
        appended = [m.appended for m in target.machines]
        self.assertEqual(appended, [len(uids), 0])
        return costs

    def compare_sizes(self, run, gaps):
        costs = {}
        for count in (FEW, MESSAGES):
            with harness.Home() as home:
                for name, cost in run(home, fake.uids(count, gaps)).items():
                    costs.setdefault(name, []).append(cost)
        for name, ((few, short), (many, long)) in costs.items():
            slope = (many - few) / (MESSAGES - FEW)
            text = (f"{name}, UIDs with {gaps} missing: {FEW} messages {few >> 10} "
                    f"KiB, {short:.1f} s; {MESSAGES} {many >> 10} KiB, {long:.1f} s;"
                    f" {slope:.1f} octets a message")
            if MESSAGES > 50000:
                print(f"# note: {text}", flush=True)
            with self.subTest(name, gaps=gaps):
                self.assertLess(slope, OCTETS, text)
                # Half as much again as what is linear is noise; a square is more.
                self.assertLess(long / short, 1.6 * MESSAGES / FEW, text)


for job_name in ("purge", "copy"):
    for which in GAPS:
        setattr(Million, f"test_{job_name}_{which}",
                lambda self, j=job_name, g=which: self.compare_sizes(
                    getattr(self, j), g))
