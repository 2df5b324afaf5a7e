#!/usr/bin/env python3
"""Several IMAP clients at random on one mailbox, which believe nothing:
stress.py HOST PORT USER PASSWORD [--seconds N] [--clients N] [--seed N]

In the manner of Dovecot's imaptest.  From the responses alone it checks that

- sequence numbers agree with EXISTS and EXPUNGE, and no EXPUNGE comes where
  numbers are in use (RFC 9051 7.5.1);
- UIDs ascend, new ones are not below any UIDNEXT told before, none comes
  back, and UIDVALIDITY stays;
- of a UID all that cannot change is always the same, octet by octet: each
  message bears a number, and is made anew from it to be compared;
- a message is recent in one session at most that may write (RFC 3501 2.3.2);
- APPENDUID and COPYUID name what was made (RFC 4315), and what was made and
  not deleted is there in every later SELECT;
- each message has an owner, who alone changes some of its flags and so knows
  them, while the others see them change in that order; the rest of the flags
  anybody changes;
- now and then all pause: then all know the same messages with the same flags,
  and those that were told are those that are fetched;
- each command is answered as it must be, NO only if a message is gone.
"""

import argparse
import collections
import random
import sys
import threading
import time
import traceback

from imapwire import Garbled
from stress_client import Client
from stress_world import MAIN, SIDE, Stopped, Violation, World
from wire import Closed


class Run:
    """seconds of `clients` clients; afterwards `violations` and `counts`."""

    ROUND = 1.0  # seconds between checkpoints
    ENOUGH = 10  # violations
    NOTICE = 1.3  # seconds until a change of files is known of

    def __init__(self, host, port, user, password, clients=4, seed=1,
                 strict=True, disturb=None):
        """strict: what one client was told all others know of, of what is
        gone nothing is said, and messages are copied into their own mailbox.
        Dovecot does not promise the first two, and with a Maildir loses such
        copies (its log names them: "Duplicate file entry").

        disturb(run) is called again and again while the clients work, by
        another thread, and may change anybody's flags in the files."""
        self.strict, self.disturb = strict, disturb
        self.alone = strict and disturb is None
        self.host, self.port = host, port
        self.user, self.password = user, password
        self.clients, self.seed = clients, seed
        self.lock = threading.RLock()
        self.worlds = {name: World(name) for name in (MAIN, SIDE)}
        self.violations, self.counts = [], collections.Counter()
        self.numbers = self.selections = self.expunged = self.rounds = 0
        self.removing = self.removals = 0  # commands by which messages go
        self.stop, self.busy = threading.Event(), threading.Event()
        self.barrier = threading.Barrier(clients)
        self.seen = {}
        self.offered = None
        self.seconds = 0.0

    def capabilities(self, client):
        if self.offered is None:
            _, responses = client.command("CAPABILITY")
            self.offered = {v.upper() for r in responses
                            if r.name == "CAPABILITY" for v in r.values}
        return self.offered

    def has(self, client, name):
        return name in self.capabilities(client)

    def new_number(self):
        with self.lock:
            self.numbers += 1
            return self.numbers

    def new_selection(self):
        with self.lock:
            self.selections += 1
            return self.selections

    def count(self, text):
        words = text.split(" ")
        with self.lock:
            self.counts[" ".join(words[:2]) if words[0] == "UID"
                        else words[0]] += 1

    def guard(self, client, act):
        """Runs act; a violation is written down, and the client begins
        anew."""
        try:
            return act()
        except Stopped:
            raise
        except (Violation, Garbled) as e:
            what = f"client {client.index}: {e}"
        except Closed:
            what = f"client {client.index}: the server hung up"
        except Exception:  # a fault of ours is no reason to hang
            what = f"client {client.index}: {traceback.format_exc()}"
        with self.lock:
            self.violations.append("\n".join([what, *client.log]))
            if len(self.violations) >= self.ENOUGH:
                self.stop.set()
        client.hang_up()
        return None

    def wait(self):
        try:
            self.barrier.wait(60)
        except threading.BrokenBarrierError as e:
            raise Stopped from e

    def work(self, client, end):
        while True:
            limit = min(time.monotonic() + self.ROUND, end)
            self.busy.set()
            while time.monotonic() < limit and not self.stop.is_set():
                self.guard(client, client.step)
            self.wait()
            self.busy.clear()
            if self.disturb:
                time.sleep(self.NOTICE)
            self.guard(client, client.settle)
            self.wait()
            self.seen[client.index] = self.guard(client, client.compare)
            self.wait()
            if client.index == 0:
                self.agree()
            self.wait()
            if time.monotonic() >= end or self.stop.is_set():
                return

    def agree(self):
        self.rounds += 1
        seen = [s for s in self.seen.values() if s is not None]
        for other in seen[1:]:
            if other != seen[0]:
                differ = {uid for uid in other.keys() | seen[0].keys()
                          if other.get(uid) != seen[0].get(uid)}
                self.violations.append(
                    f"clients see different mailboxes: {sorted(differ)}")
                return

    def thread(self, client, end):
        try:
            self.work(client, end)
        except Stopped:
            pass
        finally:
            self.stop.set() if time.monotonic() < end else None
            client.hang_up()

    def disturb_all(self, end):
        while time.monotonic() < end and not self.stop.is_set():
            if self.busy.wait(0.1):
                self.guard(self.disturber, lambda: self.disturb(self))
                time.sleep(0.005)

    def prepare(self):
        client = Client(self, 0)
        client.connect()
        client.command(f"CREATE {SIDE}", may_fail=True)
        client.leaving = True
        client.command("LOGOUT")
        client.hang_up()

    def go(self, seconds):
        self.prepare()
        begin = time.monotonic()
        clients = [Client(self, i) for i in range(self.clients)]
        threads = [threading.Thread(target=self.thread, daemon=True,
                                    args=(c, begin + seconds))
                   for c in clients]
        if self.disturb:
            self.disturber = Client(self, self.clients)
            threads.append(threading.Thread(
                target=self.disturb_all, args=(begin + seconds,),
                daemon=True))
        for t in threads:
            t.start()
        for t in threads:
            t.join(seconds + 120)
            if t.is_alive():
                self.violations.append("a client hangs")
        self.seconds = time.monotonic() - begin
        return self

    @property
    def commands(self):
        return sum(self.counts.values())

    def __str__(self):
        rate = self.commands / max(self.seconds, 0.001)
        words = ", ".join(f"{name} {n}" for name, n in
                          sorted(self.counts.items()))
        return (f"{self.clients} clients, {self.seconds:.1f} s, seed "
                f"{self.seed}: {self.commands} commands ({rate:.0f}/s), "
                f"{self.expunged} messages seen to go, {self.rounds} "
                f"checkpoints, {len(self.violations)} violations\n{words}")


def main():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("host")
    p.add_argument("port", type=int)
    p.add_argument("user")
    p.add_argument("password")
    p.add_argument("--seconds", type=float, default=10)
    p.add_argument("--clients", type=int, default=4)
    p.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    p.add_argument("--lax", action="store_true",
                   help="ask no more than Dovecot promises")
    args = p.parse_args()
    run = Run(args.host, args.port, args.user, args.password, args.clients,
              args.seed, strict=not args.lax).go(args.seconds)
    for violation in run.violations:
        print(violation, end="\n\n")
    print(run)
    return 1 if run.violations else 0


if __name__ == "__main__":
    sys.exit(main())
