"""A connection of stress.py: what is said to it is checked, and kept as what
this client knows.
"""

import collections
import contextlib
import random

from imapwire import Imap
from stress_world import PRIVATE, SPELLING, Message, Violation, expected, \
    is_stand_in, number_of

ANSWER = 30  # seconds until a command must be answered


class Session:
    def __init__(self, run, index):
        self.run, self.index = run, index
        self.rng = random.Random(run.seed * 1000 + index)
        self.line = None
        self.log = collections.deque(maxlen=120)
        self.tags = 0
        self.world = None

    # - wire -

    def check(self, fact, text):
        if not fact:
            raise Violation(text)

    def send(self, octets):
        self.log.append("C: " + octets[:300].decode(errors="backslashreplace")
                        .rstrip("\r\n"))
        self.line.send(octets)

    def read(self):
        try:
            response = self.line.response()
        except TimeoutError as e:
            raise Violation("no answer") from e
        self.log.append("S: " + str(response))
        return response

    def connect(self):
        self.line = Imap(self.run.port, host=self.run.host, timeout=ANSWER)
        self.world, self.view, self.read_only = None, [], False
        self.rev2, self.flags_told, self.asked = False, None, False
        self.log.append(f"-- client {self.index} connects")
        greeting = self.line.greeting
        self.log.append("S: " + str(greeting))
        self.check(greeting.name in ("OK", "PREAUTH"), "greeting")
        self.command(f'LOGIN "{self.run.user}" "{self.run.password}"')
        if ("IMAP4REV2" in self.run.capabilities(self)
                and self.rng.random() < 0.2):
            self.command("ENABLE IMAP4rev2")
            self.rev2 = True

    def hang_up(self):
        self.log.append("-- hangs up")
        if self.line is not None:
            self.line.close()
        self.line = None

    # - a command -

    def command(self, text, literal=None, numbers=False, may_fail=False):
        """Sends it and reads until it is answered.  numbers: no EXPUNGE may
        come.  Returns (the tagged response, the untagged ones)."""
        tag = self.start(text, literal)
        if tag is None:
            raise Violation("the literal was refused")
        return self.finish(tag, numbers, may_fail)

    def start(self, text, literal=None):
        self.tags += 1
        tag = f"x{self.tags}"
        self.asked = "FETCH" in text or "STORE" in text
        self.run.count(text)
        line = f"{tag} {text}".encode()
        if literal is None:
            self.send(line + b"\r\n")
            return tag
        self.send(line + b" {%d}\r\n" % len(literal))
        while (response := self.read()).tag == "*":
            self.untagged(response, numbers=False)
        if response.tag != "+":
            return None
        self.send(literal + b"\r\n")
        return tag

    def finish(self, tag, numbers=False, may_fail=False):
        responses = []
        while True:
            response = self.read()
            if response.tag == tag:
                break
            self.check(response.tag == "*", f"unknown tag: {response}")
            self.untagged(response, numbers)
            responses.append(response)
        allowed = ("OK", "NO") if may_fail else ("OK",)
        self.check(response.name in allowed, f"not answered OK: {response}")
        return response, responses

    # - untagged responses -

    def untagged(self, response, numbers):
        handler = getattr(self, "on_" + response.name.lower(), None)
        if handler is not None and (self.world or response.name == "BYE"):
            with self.run.lock:
                if response.name == "EXPUNGE":
                    self.check(not numbers, f"no EXPUNGE may come: {response}")
                handler(response)

    def on_bye(self, response):
        if not self.leaving:
            raise Violation(f"unasked: {response}")

    leaving = False

    def on_exists(self, response):
        n = response.number
        self.check(n >= len(self.view), f"EXISTS {n}, but {len(self.view)} "
                   "messages are known, and no EXPUNGE came")
        self.view += [Message() for _ in range(n - len(self.view))]

    def on_recent(self, response):
        self.check(not self.rev2, "RECENT to a client of IMAP4rev2")
        known = sum(m.recent is True for m in self.view)
        unknown = sum(m.recent is None for m in self.view)
        self.check(known <= response.number <= known + unknown,
                   f"{response}: of {len(self.view)} messages {known} are "
                   f"recent, {unknown} not known")

    def on_expunge(self, response):
        n = response.number
        self.check(1 <= n <= len(self.view),
                   f"{response}: there are {len(self.view)} messages")
        message = self.view.pop(n - 1)
        if message.uid is not None:
            self.world.gone.add(message.uid)
            self.run.expunged += 1

    def on_flags(self, response):
        self.flags_told = {flag.lower() for flag in response.values[0]}

    def on_search(self, response):
        self.check(not self.rev2, "SEARCH to a client of IMAP4rev2")

    def on_fetch(self, response):
        n = response.number
        self.check(1 <= n <= len(self.view),
                   f"{response}: there are {len(self.view)} messages")
        message, items = self.view[n - 1], response.items()
        for name, value in items:
            if name.upper() == "UID":
                self.take_uid(n, message, int(value))
        for name, value in items:
            if name.upper() == "FLAGS":
                self.take_flags(message, value)
            elif name.upper() != "UID" and message.uid is not None:
                self.take_constant(message.uid, name, value)
        if self.rev2 and not self.asked:  # RFC 9051 7.5.2
            self.check(any(name.upper() == "UID" for name, _ in items),
                       "an unasked FETCH without UID, for IMAP4rev2")

    def take_uid(self, n, message, uid):
        if message.uid is not None:
            self.check(message.uid == uid, f"message {n} had UID "
                       f"{message.uid}, and now {uid}")
            return
        before = [m.uid for m in self.view[:n - 1] if m.uid is not None]
        behind = [m.uid for m in self.view[n:] if m.uid is not None]
        self.check(not before or before[-1] < uid,
                   f"UID {uid} behind {before[-1:]}")
        self.check(not behind or uid < behind[0],
                   f"UID {uid} in front of {behind[:1]}")
        if not message.old:
            self.check(uid >= self.selected_next, f"new UID {uid}, though "
                       f"UIDNEXT was {self.selected_next}")
        message.uid = uid
        self.world.owner.setdefault(uid, uid % self.run.clients)

    def take_flags(self, message, flags):
        low = [flag.lower() for flag in flags]
        self.check(len(set(low)) == len(low), f"a flag twice: {flags}")
        recent = "\\recent" in low
        self.check(not (recent and self.rev2), "\\Recent for IMAP4rev2")
        if message.recent is None:
            message.recent = recent
        self.check(message.recent == recent, "\\Recent came or went")
        message.told += 1
        message.flags = frozenset(SPELLING.get(flag, flag)
                                  for flag in low if flag != "\\recent")
        if self.flags_told is not None:
            for flag in low:
                self.check(flag in self.flags_told or flag == "\\recent",
                           f"{flag} is in no FLAGS response")
        if message.uid is not None:
            self.take_recent(message.uid, recent)
            self.take_private(message)

    def take_recent(self, uid, recent):
        if recent and not self.read_only:
            first = self.world.recent.setdefault(uid, self.selection)
            self.check(first == self.selection,
                       f"UID {uid} was recent in another session already")

    def take_private(self, message):
        """The owner's flags change in the order in which he did it."""
        state = message.flags & frozenset(PRIVATE)
        history = self.world.history.setdefault(message.uid, [state])
        for at in range(message.state, len(history)):
            if history[at] == state:
                message.state = at
                return
        raise Violation(
            f"UID {message.uid} of client {self.world.owner[message.uid]}: "
            f"{sorted(state)}, seen before as number {message.state} of "
            f"{[sorted(s) for s in history]}")

    def take_constant(self, uid, name, value):
        if not self.run.strict and is_stand_in(value):
            return
        item = name.upper()
        if item == "BODY[]" and uid not in self.world.numbers:
            number = number_of(value)
            self.check(number is not None, f"UID {uid} is no message of ours")
            self.world.numbers[uid] = number
        number = self.world.numbers.get(uid)
        want = None if number is None else expected(number, item)
        if want is not None and "<" in item:
            self.check(want.startswith(value), f"UID {uid}: {name}")
            return
        if want is not None:
            self.check(value == want, f"UID {uid}, message {number}: {name}: "
                       f"{value!r:.500}, not {want!r:.500}")
        elif "<" not in item:
            first = self.world.constant.setdefault((uid, item), value)
            self.check(first == value, f"UID {uid}: {name} was {first!r}")

    # - selecting -

    def select(self, name, read_only=False):
        world = self.run.worlds[name]
        with self.run.lock:
            must = world.made - world.doomed
            gone, floor = set(world.gone), world.next
        self.world, self.view, self.read_only = world, [], read_only
        self.flags_told = None
        self.selection = self.run.new_selection()
        self.selected_next = 0
        tagged, untagged = self.command(
            f"{'EXAMINE' if read_only else 'SELECT'} {name}")
        word = "READ-ONLY" if read_only else "READ-WRITE"
        self.check(tagged.code and tagged.code[0] == word, f"not {word}")
        codes = {r.code[0]: r.code[1:] for r in untagged if r.code}
        self.check("UIDVALIDITY" in codes and "UIDNEXT" in codes
                   and "PERMANENTFLAGS" in codes, "a code is missing")
        self.check(self.flags_told is not None, "FLAGS are missing")
        names = [r.name for r in untagged]
        self.check("EXISTS" in names, "EXISTS is missing")
        self.check(self.rev2 or "RECENT" in names, "RECENT is missing")
        self.check(not self.rev2 or "LIST" in names, "LIST is missing")
        self.uidvalidity(world, int(codes["UIDVALIDITY"][0]))
        self.selected_next = int(codes["UIDNEXT"][0])
        self.check(self.selected_next >= floor,
                   f"UIDNEXT went back from {floor}")
        self.raise_next(world, self.selected_next)
        for m in self.view:
            m.old = True
        self.fetch_all()
        uids = {m.uid for m in self.view if m.old}
        self.check(not uids & gone, f"come back: {sorted(uids & gone)}")
        self.check(all(u < self.selected_next for u in uids),
                   "a UID beyond UIDNEXT")
        with self.run.lock:
            lost = must - uids - world.doomed - world.gone
        self.check(not lost, "lost: " + ", ".join(
            f"{uid} ({'; '.join(world.events[uid])})" for uid in lost))

    def fetch_all(self):
        """The UIDs and flags of all, so that nothing is unknown."""
        if self.view:
            view = list(self.view)  # others may come meanwhile
            self.command("FETCH 1:* (UID FLAGS)", numbers=True,
                         may_fail=True)
            self.look_for_missing(
                [m for m in view if m.uid is None or m.flags is None])

    def uidvalidity(self, world, value):
        with self.run.lock:
            if world.validity is None:
                world.validity = value
            self.check(world.validity == value, f"UIDVALIDITY of {world.name}"
                       f" was {world.validity}, is {value}")

    def raise_next(self, world, value):
        with self.run.lock:
            world.next = max(world.next, value)

    # - messages that were not told of -

    def look_for_missing(self, missing):
        """A command said nothing of these: then they are gone, and NOOP must
        tell so."""
        if not missing:
            return
        self.command("NOOP")
        left = [m for m in missing if m in self.view]
        self.check(not left, "no response for messages that are there: "
                   f"{[m.uid for m in left]}")

    @contextlib.contextmanager
    def changing(self, uids):
        """While a command may change the flags of these."""
        world = self.world
        with self.run.lock:
            world.changing.update(uids)
            world.changed.update(uids)
        try:
            yield
        finally:
            with self.run.lock:
                world.changing.subtract(uids)

    def some(self, own=False):
        """A set of messages (never empty) and whether it has UIDs."""
        rng, view = self.rng, self.view
        pool = [i for i, m in enumerate(view) if m.uid is not None and
                (not own or self.owns(m))]
        if not pool:
            return None
        if rng.random() < 0.4:  # where the others are, too
            pool = pool[:2]
        first = rng.choice(pool)
        if own:
            chosen = rng.sample(pool, rng.randrange(min(len(pool), 4)) + 1)
        elif rng.random() < 0.5:
            chosen = [first]
        else:
            last = min(first + rng.choice([1, 3, 10, 1000]), len(view) - 1)
            chosen = [i for i in range(first, last + 1)
                      if view[i].uid is not None]
        messages = [view[i] for i in sorted(chosen)]
        uid = rng.random() < 0.5
        values = [m.uid if uid else i + 1
                  for i, m in zip(sorted(chosen), messages)]
        return messages, uid, self.set_of(values)

    def set_of(self, values):
        """Ranges, in some order."""
        ranges = []
        for value in values:
            if ranges and ranges[-1][1] == value - 1:
                ranges[-1][1] = value
            else:
                ranges.append([value, value])
        self.rng.shuffle(ranges)
        return ",".join(str(a) if a == b else self.rng.choice(
            [f"{a}:{b}", f"{b}:{a}"]) for a, b in ranges)

    def owns(self, message):
        return self.world.owner.get(message.uid) == self.index
