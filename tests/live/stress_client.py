"""A client of stress.py: commands at random, and what must come of each."""

import collections
import time

from stress_session import ANSWER, Session
from stress_world import HIGH, LOW, MAIN, PRIVATE, SHARED, SIDE, \
    changed_flags, is_stand_in, letter, uids_of
from wire import Closed


class Client(Session):
    # - the random commands -

    ITEMS = ["FLAGS", "UID", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE",
             "BODYSTRUCTURE", "BODY", "BODY.PEEK[]", "BODY.PEEK[]",
             "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]", "BODY.PEEK[1]",
             "RFC822.HEADER", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]", "BODY[]"]

    def do_fetch(self):
        some = self.some()
        if some is None:
            return
        messages, uid, numbers = some
        rng = self.rng
        items = rng.sample(self.ITEMS, rng.randrange(1, 4))
        if rng.random() < 0.3:
            items.append(f"BODY.PEEK[]<{rng.choice([0, 1, 100, 5000])}."
                         f"{rng.choice([1, 50, 4096])}>")
        with self.changing([m.uid for m in messages
                            if "BODY[]" in items]):
            tagged, responses = self.command(
                f"{'UID ' if uid else ''}FETCH {numbers} "
                f"({' '.join(items)})", numbers=not uid, may_fail=True)
        self.complete(messages, uid, tagged, responses,
                      {i.replace(".PEEK", "").upper().partition("<")[0]
                       for i in items})

    def complete(self, messages, uid, tagged, responses, wanted):
        """Each of the messages has its items, or is gone."""
        told = collections.defaultdict(set)
        for r in responses:
            if r.name == "FETCH":
                names = {n.upper().partition("<")[0] for n, v in r.items()
                         if self.run.strict or not is_stand_in(v)}
                values = dict((n.upper(), v) for n, v in r.items())
                told[values.get("UID", ("n", r.number)) if uid
                     else r.number] |= names
        missing = []
        for m in messages:
            if m not in self.view:
                continue
            key = m.uid if uid else self.view.index(m) + 1
            if not wanted <= told.get(key, set()):
                missing.append(m)
        self.check(tagged.name == "OK" or missing,
                   f"refused, though all are there: {tagged}")
        self.look_for_missing(missing)

    def do_store(self):
        """Anybody's flags of any message, or all flags of one's own."""
        rng = self.rng
        own = rng.random() < 0.5
        some = self.some(own)
        if some is None:
            return
        messages, uid, numbers = some
        how = rng.choice(["", "+", "-"]) if own else rng.choice(["+", "-"])
        flags = set(rng.sample(PRIVATE if own else SHARED, rng.randrange(3)))
        if not own and len(self.view) < LOW:
            flags.discard("\\Deleted")
        if not own and len(self.view) > HIGH:
            how = "+"
            flags.add("\\Deleted")
        if not own and rng.random() < 0.1:
            flags.add(f"$key{rng.randrange(6)}")
        if how and not flags:
            flags = {PRIVATE[0] if own else SHARED[0]}
        silent = rng.random() < 0.5
        text = (f"{'UID ' if uid else ''}STORE {numbers} {how}FLAGS"
                f"{'.SILENT' if silent else ''} ({' '.join(sorted(flags))})")
        if self.read_only:
            # Dovecot says OK, and does nothing.
            self.command(text, numbers=not uid, may_fail=True)
            return
        want, changed = self.intend(messages, how, flags, own)
        told, count = {m: m.told for m in messages}, self.undisturbed(messages)
        with self.changing([m.uid for m in messages]):
            tagged, responses = self.command(text, numbers=not uid,
                                             may_fail=True)
        for m in messages:
            if m.told == told[m]:  # what is not told he knows himself
                m.flags = (changed_flags(m.flags, how, flags)
                           if tagged.name == "OK" else None)
        if tagged.name == "NO":
            self.refused(messages, tagged)
            self.fetch_new()
        elif not silent:
            # Of what was so already, Dovecot says nothing.
            self.complete(changed, uid, tagged, responses, {"FLAGS"})
        elif self.run.alone and rng.random() < 0.5:
            self.verify(count)
        with self.run.lock:
            for m, state in want.items():
                # As far as it is there: from now on he knows it so.
                m.state = max(m.state, state)

    def undisturbed(self, messages):
        """{message: how often it was changed} of those that nobody changes
        now, a few of them."""
        world = self.world
        with self.run.lock:
            return {m: world.changed[m.uid] for m in messages[:3]
                    if world.changing[m.uid] == 0}

    def verify(self, count):
        """The flags are what this client knows, whose STORE was the last of
        any."""
        known = {m: m.flags for m in count if m in self.view}
        if not known:
            return
        uids = sorted(m.uid for m in known)
        self.command(f"UID FETCH {self.set_of(uids)} (FLAGS)")
        for m, flags in known.items():
            with self.run.lock:
                still = self.world.changed[m.uid] == count[m] + 1
            self.check(not still or m.flags == flags, f"UID {m.uid} has "
                       f"{sorted(m.flags)}, known was {sorted(flags)}")

    def intend(self, messages, how, flags, own):
        """What is to become of the flags.  Returns the places in their
        histories, and the messages whose flags are to change."""
        want, changed = {}, []
        with self.run.lock:
            if "\\Deleted" in flags and how != "-":
                self.world.doomed |= {m.uid for m in messages}
            for m in messages if own else []:
                history = self.world.history.setdefault(
                    m.uid, [m.flags & frozenset(PRIVATE)])
                new = changed_flags(history[-1], how, flags)
                if new != history[-1]:
                    history.append(new)
                    changed.append(m)
                want[m] = len(history) - 1
        return want, changed

    def refused(self, messages, tagged):
        """NO is right only if one of them is gone."""
        self.command("NOOP")
        left = len([m for m in messages if m in self.view])
        self.check(left < len(messages),
                   f"refused, though all are there: {tagged}")

    def do_append(self):
        rng = self.rng
        number = self.run.new_number()
        name = MAIN if rng.random() < 0.8 else SIDE
        world = self.run.worlds[name]
        flags = set(rng.sample(SHARED + PRIVATE, rng.choice([0, 0, 1, 3])))
        date = rng.choice(["", ' "17-Jul-1996 02:44:25 -0700"'])
        listed = f" ({' '.join(sorted(flags))})" if flags else ""
        with self.run.lock:
            floor = world.next
        tagged, _ = self.command(f"APPEND {name}{listed}{date}",
                                 literal=letter(number))
        self.check(tagged.code and tagged.code[0] == "APPENDUID",
                   "no APPENDUID")
        validity, uid = map(int, tagged.code[1:])
        self.uidvalidity(world, validity)
        self.check(uid >= floor, f"UID {uid} below UIDNEXT {floor}")
        self.raise_next(world, uid + 1)
        with self.run.lock:
            self.made(world, uid, number)
            if "\\Deleted" in flags:
                world.doomed.add(uid)
        if world is self.world:
            self.command("NOOP")
            self.fetch_new()
            with self.run.lock:
                there = (uid in (m.uid for m in self.view)
                         or uid in world.doomed or uid in world.gone)
            self.check(there, f"UID {uid} was appended and is not told")

    def made(self, world, uid, number):
        self.check(uid not in world.made, f"UID {uid} a second time")
        world.made.add(uid)
        world.events[uid].append(f"client {self.index}: {self.log[-1]}")
        world.owner.setdefault(uid, uid % self.run.clients)
        if number is not None:
            first = world.numbers.setdefault(uid, number)
            self.check(first == number, f"UID {uid} is message {first}, "
                       f"not {number}")

    def fetch_new(self):
        """The UIDs and flags of those that came."""
        new = [i + 1 for i, m in enumerate(self.view)
               if m.uid is None or m.flags is None]
        if not new:
            return
        messages = [self.view[i - 1] for i in new]
        self.command(f"FETCH {self.set_of(new)} (UID FLAGS)", numbers=True,
                     may_fail=True)
        self.look_for_missing([m for m in messages
                               if m.uid is None or m.flags is None])

    def do_copy(self):
        itself = self.run.strict and self.rng.random() < 0.5
        self.transfer("COPY", self.world.name if itself else self.elsewhere())

    def do_move(self):
        if not self.read_only:
            self.transfer("MOVE", self.elsewhere())

    def elsewhere(self):
        return SIDE if self.world.name == MAIN else MAIN

    def transfer(self, verb, name):
        some = self.some()
        if some is None or len(some[0]) > 12:
            return
        messages, uid, numbers = some
        world = self.run.worlds[name]
        with self.run.lock:
            floor = world.next
            if verb == "MOVE":
                self.world.doomed |= {m.uid for m in messages}
        tagged, responses = self.remove(
            f"{'UID ' if uid else ''}{verb} {numbers} {name}", may_fail=True)
        codes = [r.code for r in [*responses, tagged]
                 if r.code and r.code[0] == "COPYUID"]
        self.check(len(codes) <= 1, "COPYUID twice")
        if codes:
            self.copied(world, messages, codes[0], floor)
        elif tagged.name == "OK":
            # RFC 4315 3: nothing was copied, so none of them is there.
            self.check(uid, "no COPYUID")
            self.look_for_missing([m for m in messages if m in self.view])
        if tagged.name == "NO":
            self.refused(messages, tagged)
        elif verb == "MOVE":
            self.look_for_missing([m for m in messages if m in self.view])

    def copied(self, world, messages, code, floor):
        self.uidvalidity(world, int(code[1]))
        source, target = map(uids_of, code[2:])
        self.check(len(source) == len(target), "COPYUID: of unequal length")
        self.check(set(source) <= {m.uid for m in messages},
                   "COPYUID: nobody asked for them")
        self.check(len(set(source)) == len(source), "COPYUID: one twice")
        self.check(sorted(target) == target and target[0] >= floor,
                   f"COPYUID: UIDNEXT was {floor}")
        self.raise_next(world, target[-1] + 1)
        with self.run.lock:
            for a, b in zip(source, target):
                self.made(world, b, self.world.numbers.get(a))
                if a in self.world.doomed:
                    world.doomed.add(b)

    def do_expunge(self):
        if self.read_only:
            self.command("EXPUNGE", may_fail=True)
        elif self.rng.random() < 0.5:
            self.remove("EXPUNGE")
        else:
            self.expunge_some()

    def expunge_some(self):
        """By UID: if nobody else removes anything meanwhile, these go and no
        others."""
        with self.run.lock:
            alone, count = not self.run.removing, self.run.removals
        self.command("NOOP")
        marked = [m.uid for m in self.view
                  if m.uid and m.flags and "\\Deleted" in m.flags]
        if not marked:
            return
        chosen = set(self.rng.sample(marked, self.rng.randrange(
            1, len(marked) + 1)))
        before = list(self.view)
        self.remove(f"UID EXPUNGE {self.set_of(sorted(chosen))}")
        went = {m.uid for m in before if m not in self.view}
        if (alone and self.run.removals == count + 1
                and self.run.disturb is None):
            self.check(went <= chosen, "nobody wanted them to go: "
                       f"{sorted(went - chosen)}")

    def remove(self, text, **options):
        """A command by which messages go."""
        with self.run.lock:
            self.run.removing += 1
            self.run.removals += 1
        try:
            return self.command(text, **options)
        finally:
            with self.run.lock:
                self.run.removing -= 1

    def do_search(self):
        rng = self.rng
        uid = rng.random() < 0.5
        key, wanted = self.search_key()
        extended = self.rev2 or (self.run.has(self, "ESEARCH")
                                 and rng.random() < 0.3)
        options = "RETURN (MIN MAX COUNT ALL) " if extended else ""
        view = list(self.view)
        tagged, responses = self.command(
            f"{'UID ' if uid else ''}SEARCH {options}{key}",
            numbers=not uid)
        name = "ESEARCH" if extended else "SEARCH"
        found = [r for r in responses if r.name == name]
        self.check(len(found) == 1, f"{len(found)} responses {name}")
        values = (self.extended(found[0], uid) if extended
                  else [int(v) for v in found[0].values])
        self.check(len(set(values)) == len(values), "one is found twice")
        if uid:
            by_uid = {m.uid: m for m in view}
            # What has come meanwhile has a UID nobody knows of.
            hits = [by_uid[v] for v in values if v in by_uid]
        else:
            self.check(all(1 <= v <= len(view) for v in values),
                       "a number beyond the last message")
            hits = [view[v - 1] for v in values]
        if wanted is None:
            return
        wrong = [m.uid for m in hits if wanted(m) is False]
        self.check(not wrong, f"found, and do not fit: {wrong}")
        self.look_for_missing([m for m in view if m.uid and wanted(m)
                               and m not in hits and m in self.view])

    def search_key(self):
        """A key, and a function that says of a message whether it meets it,
        or None if that cannot be known."""
        rng = self.rng
        numbers = self.world.numbers

        def by_number(test):
            def fits(m):
                n = numbers.get(m.uid)
                return None if n is None else test(n)
            return fits

        def of_own(flag, yes):
            def fits(m):
                if m.uid is None or not self.owns(m) or m.flags is None:
                    return None
                history = self.world.history[m.uid]
                return (flag in history[-1]) == yes
            return fits
        some = rng.choice(list(numbers.values()) or [1])
        size = rng.choice([300, 1000, 5000])
        flag = rng.choice(PRIVATE)
        name = flag.lstrip("\\").upper() if flag[0] == "\\" \
            else f"KEYWORD {flag}"
        return rng.choice([
            ("ALL", lambda m: True),
            ("UNSEEN", None), ("DELETED", None), ("NOT FLAGGED", None),
            ("OR SEEN KEYWORD $Shared1", None),
            (f'HEADER X-Stress "{some:06d}"', by_number(lambda n: n == some)),
            (f'SUBJECT "stress {some:06d}"', by_number(lambda n: n == some)),
            (f"LARGER {size}", by_number(lambda n: len(letter(n)) > size)),
            (f"SMALLER {size}", by_number(lambda n: len(letter(n)) < size)),
            (name, of_own(flag, True)),
            (f"NOT {name}" if "KEY" in name else "UN" + name,
             of_own(flag, False)),
        ])

    def extended(self, response, uid):
        """The numbers of an ESEARCH, whose parts must agree."""
        values = response.values
        self.check(values and values[0] == ["TAG", b"x%d" % self.tags],
                   f"no tag: {response}")
        values = values[1:]
        if uid:
            self.check(values[:1] == ["UID"], "UID is missing")
            values = values[1:]
        pairs = dict(zip(values[::2], values[1::2]))
        numbers = uids_of(pairs["ALL"]) if "ALL" in pairs else []
        self.check(int(pairs["COUNT"]) == len(numbers), "COUNT")
        if numbers:
            self.check(int(pairs["MIN"]) == min(numbers), "MIN")
            self.check(int(pairs["MAX"]) == max(numbers), "MAX")
        return numbers

    def do_status(self):
        name = self.rng.choice([MAIN, SIDE])
        world = self.run.worlds[name]
        with self.run.lock:
            floor = world.next if self.run.strict else 1
        items = ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN"]
        items += [] if self.rev2 else ["RECENT"]
        _, responses = self.command(f"STATUS {name} ({' '.join(items)})")
        found = [r for r in responses if r.name == "STATUS"]
        self.check(len(found) == 1, "no STATUS")
        pairs = found[0].values[1]
        told = {k: int(v) for k, v in zip(pairs[::2], pairs[1::2])}
        self.check(set(told) == set(items), "other items")
        self.uidvalidity(world, told["UIDVALIDITY"])
        self.check(told["UIDNEXT"] >= floor, f"UIDNEXT was {floor}")
        self.check(told["UNSEEN"] <= told["MESSAGES"], "UNSEEN")
        self.raise_next(world, told["UIDNEXT"])

    def do_noop(self):
        self.command("NOOP")
        self.fetch_new()

    def do_check(self):
        self.command("CHECK")

    def do_idle(self):
        tag = self.start("IDLE")
        while (response := self.read()).tag == "*":
            self.untagged(response, numbers=False)
        self.check(response.tag == "+", f"no continuation: {response}")
        limit = time.monotonic() + self.rng.random() * 0.2
        self.line.socket.settimeout(0.02)
        try:
            while time.monotonic() < limit:
                try:
                    response = self.line.response()
                except TimeoutError:
                    continue
                self.log.append("S: " + str(response))
                self.check(response.tag == "*", f"while idle: {response}")
                self.untagged(response, numbers=False)
        finally:
            self.line.socket.settimeout(ANSWER)
        self.send(b"DONE\r\n")
        self.finish(tag)
        self.fetch_new()

    def do_pipeline(self):
        """Commands that need not wait for each other (RFC 9051 5.5)."""
        known = [m.uid for m in self.view if m.uid is not None]
        if not known:
            return
        uid = self.rng.choice(known)
        with self.changing([uid]):
            self.pipeline(uid)

    def pipeline(self, uid):
        tags = []
        for _ in range(self.rng.randrange(2, 6)):
            text = self.rng.choice([
                f"UID FETCH {uid} (FLAGS)", "NOOP", f"UID FETCH {uid} "
                "(BODY.PEEK[])", f"UID STORE {uid} +FLAGS (\\Flagged)",
                "UID SEARCH ALL" if not self.rev2 else "NOOP",
                f"STATUS {SIDE} (MESSAGES)"])
            if self.read_only and "STORE" in text:
                text = "NOOP"
            tags.append(self.start(text))
        while tags:  # Dovecot answers them in another order
            response = self.read()
            if response.tag == "*":
                self.untagged(response, numbers=False)
                continue
            self.check(response.tag in tags, f"unknown tag: {response}")
            self.check(response.name == "OK", f"not OK: {response}")
            tags.remove(response.tag)

    def do_close(self):
        self.remove("CLOSE" if self.rng.random() < 0.5
                    or not self.run.has(self, "UNSELECT") else "UNSELECT")
        self.world = None

    def do_logout(self):
        self.leaving = True
        try:
            _, responses = self.command("LOGOUT")
            self.check("BYE" in [r.name for r in responses], "no BYE")
            try:
                self.check(False, f"behind LOGOUT: {self.line.response()}")
            except Closed:
                pass
        finally:
            self.leaving = False
            self.hang_up()

    def do_hang_up(self):
        """In the middle of something that changes no flag of one's own."""
        rng = self.rng
        kind = rng.randrange(6)
        if kind == 1 and self.view:
            self.start("FETCH 1:* (BODY.PEEK[])")
        elif kind == 2:
            self.send(b"x APPEND INBOX {1000}\r\n")
            self.send(b"half of")
        elif kind == 3:
            self.start("IDLE")
        elif kind == 4:
            self.send(b"x UID FETCH 1:")
        elif kind == 5:
            self.send(b"x APPEND INBOX {%d+}\r\n" % len(
                whole := letter(self.run.new_number())) + whole + b"\r\n")
        self.hang_up()

    COMMANDS = {"fetch": 30, "store": 20, "append": 9, "copy": 5, "move": 2,
                "expunge": 6, "search": 10, "status": 3, "noop": 6,
                "check": 1, "idle": 2, "pipeline": 5, "close": 1,
                "logout": 0.5, "hang_up": 1}

    def step(self):
        if self.line is None:
            self.connect()
        if self.world is None:
            name = MAIN if self.rng.random() < 0.85 else SIDE
            self.select(name, read_only=self.rng.random() < 0.15)
            return
        names, weights = zip(*self.COMMANDS.items())
        name = self.rng.choices(names, weights)[0]
        if len(self.view) < LOW and self.rng.random() < 0.2:
            name = "append"
        getattr(self, "do_" + name)()

    # - checkpoints -

    def settle(self):
        """Nobody changes anything; this one has the main mailbox open."""
        if self.line is None:
            self.connect()
        if self.world is None or self.world.name != MAIN:
            self.select(MAIN)

    def compare(self):
        """What was told is what is there.  Returns it."""
        self.command("NOOP")
        told = {m.uid: m.flags for m in self.view if m.flags is not None}
        self.command("FETCH 1:* (UID FLAGS)" if self.view else "NOOP",
                     numbers=True)
        for m in self.view:
            self.check(m.uid is not None and m.flags is not None,
                       "a message of which nothing is told")
            self.check(m.uid not in told or told[m.uid] == m.flags,
                       f"UID {m.uid} has {sorted(m.flags)}, told was "
                       f"{sorted(told.get(m.uid, []))}")
            if self.owns(m):
                self.check(m.flags & frozenset(PRIVATE)
                           == self.world.history[m.uid][-1],
                           f"UID {m.uid} has {sorted(m.flags)}, its owner "
                           "made it otherwise")
        return {m.uid: m.flags for m in self.view}
