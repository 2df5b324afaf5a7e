"""Plays the session blocks of a sheet at a terminal.

A block is fenced by ```session.  In it a line that begins with a prompt is
typed, up to its end; the other lines are the answer.  "…" stands for any text
on a line, and alone on a line for any lines; a time as a trace has it at the
beginning of a line, "0.004 S: +OK", stands for any.  A block that begins with "$ "
begins at a new terminal, any other one goes on where the last one stood.
examples/README.md says it to those who write sheets.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

PROMPT = (r"(?:\$|data>|idle>|literal \d+>|User:|Password[^:\n]*:|"
          r"(?:[\w.-]+: )?(?:pop3|smtp|lmtp|imap|postel)s?!?(?: [^\n]*?)? >)")
TYPED = re.compile(rf"^({PROMPT})(?: (.*))?$")
AT_PROMPT = re.compile(rf"^({PROMPT}) $")
KEYS = {"^C": "\x03", "^D": "\x04"}
COLUMNS = 1000
PATIENCE, QUIET = 15, 1  # seconds: for a prompt, for a wrong answer

# What is another at each time: a port of the lab, the stamp of a greeting, a
# digest that comes of it, the number of a process.  A sheet shows what its
# author saw; what the player sees takes its place from there on.
CHANGING = re.compile(r"(?<= port )\d{4,5}\b|(?<=127\.0\.0\.1 )\d{5}\b|"
                      r"<\d+\.\d+\.\d+@[\w.]+>|\b[0-9a-f]{32}\b")


class Step:
    """A prompt, what is typed at it (None: nothing), and the answer."""

    def __init__(self, place, prompt, typed):
        self.place, self.prompt, self.typed = place, prompt, typed
        self.answer = []


class Block:
    def __init__(self, place):
        self.place, self.steps = place, []

    def add(self, place, line):
        found = TYPED.match(line)
        if found:
            self.steps.append(Step(place, found[1], found[2] or ""))
        elif self.steps:
            self.steps[-1].answer.append(line)
        else:
            raise ValueError(f"{place}: a session begins with a prompt")

    def end(self):
        """A prompt at the very end is where the session stands then."""
        if self.steps and not self.steps[-1].typed and \
                self.steps[-1].prompt not in ("data>", "idle>"):
            self.steps[-1].typed = None

    @property
    def is_new(self):
        return self.steps[0].prompt == "$"


def blocks(path):
    """The session blocks of a sheet, in their order."""
    found, block = [], None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        place = f"{path.parent.name}/{path.name}:{number}"
        if block is None and line == "```session":
            block = Block(place)
        elif block is not None and line == "```":
            block.end()
            found.append(block)
            block = None
        elif block is not None:
            block.add(place, line.rstrip())
    if block is not None:
        raise ValueError(f"{block.place}: the session has no end")
    return found


def sessions(path):
    """The blocks of a sheet, as lists that belong together."""
    found = []
    for block in blocks(path):
        if block.is_new:
            found.append([])
        if not found:
            raise ValueError(f"{block.place}: there is nothing to go on with")
        found[-1].append(block)
    return found


class Screen:
    """What a terminal with little art shows: lines, of which the last one
    grows.  A line of progress is erased in the end."""

    def __init__(self):
        self.lines, self.column, self.escape = [""], 0, False

    def feed(self, text):
        for char in text:
            if self.escape:
                self.escape = not char.isalpha()
                if char == "K":  # erase to the end of the line
                    self.lines[-1] = self.lines[-1][:self.column]
            elif char == "\x1b":
                self.escape = True
            elif char == "\n":
                self.lines.append("")
                self.column = 0
            elif char == "\r":
                self.column = 0
            elif char == "\b":
                self.column = max(0, self.column - 1)
            elif char != "\a":
                line = self.lines[-1]
                self.lines[-1] = (line[:self.column] + char
                                  + line[self.column + 1:])
                self.column += 1

    @property
    def typed_at(self):
        """The last line, as far as the cursor."""
        return self.lines[-1][:self.column]


class Difference(AssertionError):
    pass


class Player:
    """A shell at a terminal, which plays blocks."""

    def __init__(self, folder, environment):
        self.screen, self.known, self.pending = Screen(), {}, b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(folder)
                os.execve("/bin/sh", ["sh", "-i"],
                          environment | {"PS1": "$ ", "TERM": "dumb"})
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 50, COLUMNS, 0, 0))

    def read(self, seconds):
        if not select.select([self.fd], [], [], max(seconds, 0))[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.pending += data
        text = self.pending.decode(errors="ignore")
        self.pending = b"" if text.encode() == self.pending else self.pending
        if not self.pending:
            self.screen.feed(text)
        return bool(data)

    def wait(self, fits):
        """Until fits() is true while nothing more comes; false if the screen
        stands still at a prompt and it is not."""
        limit = time.monotonic() + PATIENCE
        still = time.monotonic()
        while time.monotonic() < limit:
            if self.read(0.02):
                still = time.monotonic()
            elif fits():
                return True
            elif AT_PROMPT.match(self.screen.typed_at) and \
                    time.monotonic() > still + QUIET:
                return False
        return False

    def changing(self, text):
        """Where the text has what is known to be another one this time, or
        what may be."""
        known = "|".join(rf"\b{re.escape(k)}\b" if k.isalnum()
                         else re.escape(k) for k in self.known)
        return re.finditer(f"{known}|{CHANGING.pattern}" if known
                           else CHANGING.pattern, text)

    def now(self, text):
        """A text of the sheet, with what changes as it is this time."""
        at, parts = 0, []
        for m in self.changing(text):
            parts += [text[at:m.start()], self.known.get(m[0], m[0])]
            at = m.end()
        return "".join([*parts, text[at:]])

    def pattern(self, line):
        """A line of an answer as a pattern; what is new in it is a group."""
        time_of = re.match(r"\d+\.\d{3} (?=[CS]:|--)", line)
        if time_of:
            return r"\d+\.\d{3} " + self.pattern(line[time_of.end():])
        parts, at = [], 0
        for m in self.changing(line):
            parts.append(self.literal(line[at:m.start()]))
            if m[0] in self.known:
                parts.append(re.escape(self.known[m[0]]))
            else:
                parts.append(f"({kind_of(m[0])})")
            at = m.end()
        parts.append(self.literal(line[at:]))
        return "".join(parts)

    @staticmethod
    def literal(text):
        return ".*?".join(re.escape(part) for part in text.split("…"))

    def matches(self, wanted, seen):
        """Whether the lines seen are those of the answer; learns from it."""
        pattern, news = r"\A", []
        for line in wanted:
            if line == "…":
                pattern += r"(?:.*\n)*?"
            else:
                pattern += self.pattern(line) + r" *\n"
                news += [m[0] for m in self.changing(line)
                         if m[0] not in self.known]
        found = re.match(pattern + r"\Z", "".join(x + "\n" for x in seen))
        if not found:
            return False
        self.known.update(zip(news, found.groups()))
        return True

    def at_prompt(self, step):
        line = self.screen.typed_at
        return bool(re.fullmatch(self.pattern(step.prompt) + " ?", line))

    def fail(self, step, after, at):
        wanted = [f"{step.prompt} {step.typed or ''}", *step.answer]
        if after is not None:
            wanted.append(after.prompt)
        raise Difference("\n".join([
            f"{step.place}: the terminal shows something else",
            "--- the sheet has", *wanted, "--- the terminal shows",
            *self.screen.lines[at:]]))

    def play(self, steps):
        """Plays steps; the prompt behind the last one is waited for."""
        for step, after in zip(steps, [*steps[1:], None]):
            at = len(self.screen.lines) - 1
            if not self.wait(lambda step=step: self.at_prompt(step)):
                self.fail(step, None, at)
            if step.typed is None:
                continue
            at = len(self.screen.lines) - 1
            self.type(step)
            if not self.wait(lambda step=step, after=after, at=at:
                             self.answered(step, after, at)):
                self.fail(step, after, at)

    def type(self, step):
        text = self.now(step.typed)
        if step.prompt.startswith("Password"):
            text = re.fullmatch(r"\((.*)\)", text)[1]
            self.wait(self.echo_is_off)
        os.write(self.fd, (KEYS.get(text) or text + "\r").encode())

    def echo_is_off(self):
        return not termios.tcgetattr(self.fd)[3] & termios.ECHO

    def answered(self, step, after, at):
        lines = self.screen.lines
        if len(lines) - 1 <= at or not AT_PROMPT.match(self.screen.typed_at):
            return False
        if after is not None and not self.at_prompt(after):
            return False
        return self.matches(step.answer, lines[at + 1:-1])

    def close(self):
        os.close(self.fd)  # a hang-up for all that runs there
        limit = time.monotonic() + 5
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > limit:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def kind_of(text):
    if text.startswith("<"):
        return r"<\d+\.\d+\.\d+@[\w.]+>"
    return r"[0-9a-f]{32}" if len(text) == 32 else r"\d{4,5}"
