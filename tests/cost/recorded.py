"""The figures that are recorded, in recorded.json, and how a new one compares.

Under each unit stand its margins, of which the larger counts: a part of the figure, and
so much of the unit; "loose" has other parts for figures that vary by themselves (when
garbage is collected).  RECORD=1 records what is measured instead of comparing it.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import platform
import shutil
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "live"))

import harness  # noqa: E402  (the path comes first)

FILE = pathlib.Path(__file__).with_name("recorded.json")
# What a run under callgrind has found, for callgrind_annotate.
KEPT = pathlib.Path(os.environ.get("BUILD", ROOT / "build" / "release")) / "cost"


@contextlib.contextmanager
def recorded():
    """All of it, to be changed: test files run side by side."""
    with open(FILE, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        content = json.load(file)
        yield content
        text = json.dumps(content, indent="\t", sort_keys=True) + "\n"
        if os.environ.get("RECORD"):
            file.seek(0)
            file.truncate()
            file.write(text)


class CostCase(unittest.TestCase):
    """A test that compares a figure."""

    longMessage = True

    @classmethod
    def setUpClass(cls):
        if platform.machine() != "x86_64" or sys.platform != "linux":
            raise unittest.SkipTest("the figures are of Linux on x86-64")
        for program in ("valgrind", "strace"):
            if not shutil.which(program):
                raise unittest.SkipTest(f"{program} is missing")
        KEPT.mkdir(parents=True, exist_ok=True)

    def compare(self, unit, name, value, hint=""):
        """Fails if the value is worse than what is recorded; one that is better is
        told: then the record is to be made anew, or it guards nothing."""
        value = round(value, 3) if value < 100 else round(value)
        with recorded() as content:
            part = content[unit]
            before = part["figures"].get(name)
            if os.environ.get("RECORD"):
                part["figures"][name] = value
        text = f"{name}: {value:g} {unit}, {before} recorded"
        if os.environ.get("RECORD"):
            if value != before:
                print(f"# note: {text}", flush=True)
            return
        self.assertIsNotNone(before, f"{text}: RECORD=1 is missing")
        margin = max(part.get("loose", {}).get(name, part["margin"]) * before,
                     part["slack"])
        if value < before - margin:
            print(f"# note: {text}: better; make check KIND=cost RECORD=1",
                  flush=True)
        self.assertLessEqual(value, before + margin, f"{text}\n{hint}")


def per_piece(fn, few, many):
    """What each piece costs: what more of them cost more, so that what is done once
    does not count."""
    return (fn(many) - fn(few)) / (many - few)
