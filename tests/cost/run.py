"""Runs a talk, and counts what it takes."""

import collections
import os
import re
import subprocess

import gate
import recorded  # its path to harness
from recorded import KEPT, harness

assert recorded

# Instructions depend on what the processor offers: not here.  (glibc ignores names that
# it does not know.)
PLAIN = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=" + ",".join(
        f"-{name}" for name in (
            "AVX2", "AVX2_Usable", "AVX512F", "AVX512VL", "AVX512BW", "EVEX",
            "AVX_Fast_Unaligned_Load", "Prefer_No_VZEROUPPER", "ERMS", "FSRM",
            "BMI2", "SSE4_1", "SSE4_2", "SSSE3", "RTM")),
    "OPENSSL_ia32cap": ":0",
}


def callgrind(name):
    """A command that counts instructions, and the file where they stand."""
    out = KEPT / f"{name}.callgrind"
    return ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}"], out


def instructions(out):
    return int(re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.M)[1])


def talk(make, count, prefix, inspect=lambda home: None):
    """Runs postel, after the words of prefix, in a talk of so many messages; returns
    how many round trips it took, and what inspect(home) says."""
    makers, arguments = make(count)
    with harness.Home() as home, gate.Gate(*makers) as g, \
            open(home.path / "err", "w+b") as err:
        command = [*prefix, harness.POSTEL, *arguments(home, *g.ports)]
        status = g.run([str(word) for word in command], stdout=err, stderr=err,
                       env=home.environment | PLAIN, cwd=home.path)
        if status != 0:
            text = (home.path / "err").read_text(errors="replace")
            raise AssertionError(f"{command[:20]} ended with {status}:\n"
                                 f"{text[-2000:]}")
        return g.trips, inspect(home)


def traced(make, count):
    """Round trips, and system calls by name."""
    def calls(home):
        names = re.findall(r"^\d+ +(\w+)\(", (home.path / "calls").read_text(),
                           re.M)
        counts = collections.Counter(names)
        # What a process does that was stopped in its sleep (gate.py).
        del counts["restart_syscall"]
        return counts
    # -D: it is postel that is our child, not strace.
    return talk(make, count, ["strace", "-D", "-f", "-qq", "-e", "signal=none",
                              "-o", "calls"], calls)


def counted(make, count, name):
    """Instructions."""
    prefix, out = callgrind(f"{name}-{count}")
    talk(make, count, prefix)
    return instructions(out)


def parsed(kind, count):
    """Instructions of tests/cost/parse.c."""
    prefix, out = callgrind(f"{kind}-{count}")
    program = os.path.join(os.environ["BUILD"], "tests", "cost", "parse")
    subprocess.run([*prefix, program, kind, str(count)], check=True,
                   stdout=subprocess.DEVNULL, env=os.environ | PLAIN)
    return instructions(out)
