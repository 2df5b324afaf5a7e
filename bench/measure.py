"""Runs programs and takes their time."""

import os
import statistics
import subprocess
import time

import harness
import servers

LONGEST = 1800  # seconds


FIELDS = ("seconds", "user", "system", "peak")


class Cost:
    """What a run took: seconds by the clock, and of the CPU in the program and
    in the kernel, its children's included; the largest of them in MiB."""

    def __init__(self, seconds=0, user=0, system=0, peak=0):
        self.seconds, self.user, self.system = seconds, user, system
        self.peak = peak

    def __add__(self, other):
        return Cost(self.seconds + other.seconds, self.user + other.user,
                    self.system + other.system, max(self.peak, other.peak))

    def times(self, n):
        """What it would take n times as often."""
        return Cost(self.seconds * n, self.user * n, self.system * n,
                    self.peak)


def fail(command, process, log):
    text = log.read_text(errors="replace")[-2000:]
    raise servers.ServerError(f"{' '.join(map(str, command))[:500]} ended with "
                              f"{process.returncode}:\n{text}")


def run(command, home, output=None, wait_for_word=False, good=(0,)):
    """Runs a command to its end, which must be a good one (its status).  output: a
    file for what it prints; wait_for_word: its time begins when it has said that
    it is ready."""
    log = home.path / "log"
    with open(log, "wb") as err, open(output or os.devnull, "wb") as out:
        begin = time.monotonic()
        process = subprocess.Popen(
            [str(c) for c in command], env=home.environment, cwd=home.path,
            stdin=subprocess.PIPE if wait_for_word else subprocess.DEVNULL,
            stdout=subprocess.PIPE if wait_for_word else out, stderr=err)
        if wait_for_word:
            process.stdout.readline()
            begin = time.monotonic()
            process.stdin.write(b"\n")
            process.stdin.close()
        # Not ru_maxrss: that counts what we had when the child was forked.
        peak, over = harness.watch(process.pid, LONGEST)
        if not over:
            process.kill()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begin
    if wait_for_word:
        process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in good:
        fail(command, process, log)
    return Cost(seconds, usage.ru_utime, usage.ru_stime, peak / 1024)


def median(costs):
    return Cost(*(statistics.median(getattr(c, f) for c in costs)
                  for f in FIELDS))


def interleaved(runs, rounds):
    """The median cost of each; one run of each after the other, so that a busy
    machine troubles all alike."""
    costs = {name: [] for name in runs}
    for _ in range(rounds):
        for name, fn in runs.items():
            costs[name].append(fn())
    return {name: median(all_of) for name, all_of in costs.items()}
