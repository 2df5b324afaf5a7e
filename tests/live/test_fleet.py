"""postel fleet: a script for each account of a list.  Maildirs are read by the
tests' own code."""

import csv
import io
import json
import os
import pathlib
import random
import signal
import time

import mails
from harness import (AUTH, CONNECT, DONE, INTERRUPTED, PARTLY, SANITIZED,
                     USAGE)
from servers import Dovecot, Maildir, Posteld, free_port
from test_copy import CopyCase, seen_in

KILLS = int(os.environ.get("KILLS", "5"))  # of each kind
TIME_LIMIT = 120
ACCOUNTS = 40
ODD = ["plain", 'quo"te', "sp ace", "#hash", "back\\slash", "ünï", "a,b;c", "'",
       "{user}", "%41", " front", "machine", "$HOME"]


def odd(i, tail=""):
    """A password that is another for each i."""
    return f"{ODD[i % len(ODD)]}{i}{tail}"


def groups(count):
    return [[f"g{g}u{i}" for i in range(ACCOUNTS)] for g in range(count)]


class FleetCase(CopyCase):
    def accounts(self, header, rows, mode=0o600, name="accounts.csv"):
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerows([header, *rows])
        return self.home.file(name, "\ufeff" + text.getvalue(), mode)

    def log(self, name="fleet.log"):
        """The lines of the job log, as dictionaries."""
        head, *lines = (self.home.path / name).read_text().splitlines()
        return [dict(zip(head.split("\t"), line.split("\t"), strict=True))
                for line in lines if line]

    def status_by_key(self, name="fleet.log"):
        return {line["key"]: int(line["status"]) for line in self.log(name)}


class Fleet(FleetCase):
    """From Dovecot to posteld, each account with passwords of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fresh_groups = groups(8)
        users = [user for group in cls.fresh_groups for user in group]
        cls.dovecot = cls.with_server(Dovecot(
            {user: odd(i) for i, user in enumerate(users)}))
        cls.posteld = cls.with_server(Posteld(
            {user: odd(i, "new") for i, user in enumerate(users)}))

    def take_accounts(self, n=4, accounts=ACCOUNTS):
        """Accounts with n messages each."""
        self.users = type(self).fresh_groups.pop()[:accounts]
        for i, user in enumerate(self.users):
            self.fill(self.dovecot.inbox(user), n, seed=i)
        self.list = self.accounts(
            ["user", "password", "password2"],
            [[user, self.dovecot.users[user], self.posteld.users[user]]
             for user in self.users])

    def copy(self, *options):
        return ["fleet", self.list, "--jobs=8", "--log=fleet.log", *options,
                "--", "copy", f"imap://{{user}}@127.0.0.1:{self.dovecot.imap}",
                f"imap://{{user}}@127.0.0.1:{self.posteld.imap}",
                "--journal=journals/{user}"]

    def compare_all(self):
        for user in self.users:
            self.assertEqual(seen_in(self.posteld.inbox(user)),
                             seen_in(self.dovecot.inbox(user)), user)

    def test_each_account_is_copied(self):
        self.take_accounts()
        result = self.done(*self.copy("--json"))
        *lines, totals = map(json.loads, result.out.splitlines())
        self.assertEqual({line["account"] for line in lines},
                         set(self.users))
        self.assertEqual([(line["status"], line["summary"]["done"])
                          for line in lines], [(0, 4)] * ACCOUNTS)
        self.assertEqual(
            [totals[k] for k in ("job", "accounts", "finished", "failed",
                                 "done", "left_out")],
            ["fleet", ACCOUNTS, ACCOUNTS, 0, 4 * ACCOUNTS, 0])
        self.assertEqual(totals["octets"],
                         sum(line["summary"]["octets"] for line in lines))
        self.compare_all()
        log = self.log()
        self.assertEqual(sorted(int(line["seq"]) for line in log),
                         list(range(1, ACCOUNTS + 1)))
        self.assertEqual(set(self.status_by_key().values()), {0})
        self.assertEqual(sum(int(line["octets"]) for line in log),
                         totals["octets"])
        line = log[0]
        self.assertEqual(line["done"], "4")
        self.assertIn(f"postel copy imap://{line['key']}@127.0.0.1:",
                      line["command"])

        # Again: nothing is new; with --resume nobody is asked.
        again = self.totals(self.done(*self.copy("--json")))
        self.assertEqual((again["finished"], again["done"]), (ACCOUNTS, 0))
        result = self.done(*self.copy("--resume"))
        self.assertIn(f"accounts: 0 done, {ACCOUNTS} done before",
                      result.out.decode())
        self.compare_all()

    def strike(self, command, seconds):
        """Kills the fleet, and goes on with it at once."""
        rng = random.Random(7)
        for _ in range(KILLS):
            running = self.start(*command)
            time.sleep(rng.uniform(*seconds))
            running.signal(signal.SIGKILL)
            running.wait()
        return self.totals(self.done(*command, timeout=TIME_LIMIT))

    def test_killed_and_resumed_each_message_comes_once(self):
        self.take_accounts(8)
        totals = self.strike(self.copy("--resume", "--json"), (0.1, 1))
        self.assertEqual(totals["left_out"] + totals["finished"], ACCOUNTS)
        self.compare_all()

    def test_killed_backup(self):
        self.take_accounts(8)
        totals = self.strike(
            ["fleet", self.list, "--jobs=8", "--log=fleet.log", "--resume",
             "--json", "--", "backup",
             f"imap://{{user}}@127.0.0.1:{self.dovecot.imap}",
             "backup/{user}"], (0.1, 0.8))
        self.assertEqual(totals["left_out"] + totals["finished"], ACCOUNTS)
        for user in self.users:
            self.assertEqual(
                seen_in(Maildir(self.home.path / "backup" / user)),
                seen_in(self.dovecot.inbox(user)),
                user)

    def test_interrupted_the_children_end_well(self):
        self.take_accounts(30, 20)
        for number in (signal.SIGINT, signal.SIGTERM):
            running = self.start(*self.copy("--resume", "--json"))
            self.wait_for_children(running)
            time.sleep(0.3)
            running.signal(number)
            result = running.wait()
            self.assertEqual(result.status, INTERRUPTED, result)
            self.assertIn(b"interrupted; 8 accounts are being ended",
                          result.err)
            totals = self.totals(result)
            self.assertEqual(totals["failed"], 0)
            self.assertGreater(totals["interrupted"], 0)
        self.assertIn(INTERRUPTED, self.status_by_key().values())
        self.done(*self.copy("--resume"), timeout=TIME_LIMIT)
        self.compare_all()

    def children(self, running):
        path = f"/proc/{running.process.pid}/task/{running.process.pid}/children"
        try:
            return [int(pid) for pid in
                    pathlib.Path(path).read_text().split()]
        except OSError:
            return []

    def wait_for_children(self, running, count=8):
        limit = time.monotonic() + 20
        while (len(self.children(running)) < count
               and time.monotonic() < limit):
            time.sleep(0.005)

    def test_the_second_signal_ends_it_and_its_children(self):
        self.take_accounts(1)
        script = self.home.file("deaf.lua", """
            while true do
                pcall(postel.sleep, 60)
            end""")
        running = self.start("fleet", self.list, "--jobs=2", "--", script)
        self.wait_for_children(running, 2)
        children = self.children(running)
        self.assertEqual(len(children), 2)
        time.sleep(0.3)
        running.signal(signal.SIGINT)
        time.sleep(0.3)
        running.signal(signal.SIGINT)
        self.assertEqual(running.wait(5).status, -signal.SIGINT)
        limit = time.monotonic() + 5
        while any(map(self.is_alive, children)):
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.02)

    @staticmethod
    def is_alive(pid):
        try:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
        return stat.rpartition(") ")[2][0] != "Z"

    def test_secrets_are_seen_nowhere(self):
        self.take_accounts(6, 16)
        secrets = [s.encode() for user in self.users for s in
                   (self.dovecot.users[user], self.posteld.users[user])]
        running = self.start(*self.copy("--json"), "--trace={user}.trace")
        seen, pids = b"", set()
        while not running.has_ended():
            for pid in [running.process.pid, *self.children(running)]:
                for name in ("cmdline", "environ"):
                    try:
                        seen += pathlib.Path(
                            f"/proc/{pid}/{name}").read_bytes()
                        pids.add(pid)
                    except OSError:
                        pass
        result = running.wait()
        self.assertEqual(result.status, DONE, result)
        self.assertGreater(len(pids), len(self.users) // 2)
        self.assertIn(b"NETRC=/dev/fd/3", seen)
        for secret in secrets:
            self.assertNotIn(secret, seen)
            self.assertNotIn(secret, result.out + result.err)
            self.assertLessEqual(set(self.home.contains(secret)),
                                 {self.list})

    def test_one_wrong_password_and_a_host_that_refuses(self):
        self.take_accounts(1)
        good = f"127.0.0.1:{self.dovecot.imap}"
        rows = [[user, good, self.dovecot.users[user]]
                for user in self.users]
        rows[3][2] = "wrong"
        rows[5][1] = f"127.0.0.1:{free_port()}"
        command = ["fleet", self.accounts(["user", "host", "password"], rows),
                   "--log=fleet.log", "--jobs=4", "--retries=0", "--", "backup",
                   "imap://{user}@{host}", "backup/{user}"]
        result = self.postel(*command)
        self.assertEqual(result.status, PARTLY, result)
        self.assertIn(f"{ACCOUNTS - 2} done, 0 done before, 0 in part, 2 failed",
                      result.out.decode())
        lines = [line for line in result.lines if line.startswith(
            (self.users[3] + ": ", self.users[5] + ": "))]
        self.assertEqual(len(lines), 2, result)
        status = self.status_by_key()
        self.assertEqual(status.pop(self.users[3]), AUTH)
        self.assertEqual(status.pop(self.users[5]), CONNECT)
        self.assertEqual(set(status.values()), {0})
        # Put right, only these two are run.
        rows[3][2], rows[5][1] = self.dovecot.users[self.users[3]], good
        self.accounts(["user", "host", "password"], rows)
        command.insert(2, "--resume")
        result = self.done(*command)
        self.assertIn(f"2 done, {ACCOUNTS - 2} done before",
                      result.out.decode())
        self.assertEqual(len(self.log()), ACCOUNTS + 2)

    def test_the_status_that_all_have_in_common(self):
        self.take_accounts(1)
        port = free_port()
        result = self.postel(
            "fleet", self.list, "--retries=0", "--jobs=40", "--", "copy",
            f"imap://{{user}}@127.0.0.1:{port}",
            f"imap://{{user}}@127.0.0.1:{port}")
        self.assertEqual(result.status, CONNECT, result)


class Words(FleetCase):
    """What needs no more than one small server, or none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.posteld = cls.with_server(Posteld(
            {"asterix": "gaul", "obe+lix": 'men"hir #1',
             "idefix": "x"}))

    def echo(self, *options, header=("user", "a"), rows=(("u1", "1"),),
             words=("{user}", "{a}"), status=DONE, body="print(...)", **how):
        script = self.home.file("echo.lua", body)
        result = self.postel(
            "fleet", self.accounts(header, rows), *options, "--", script,
            *words, **how)
        self.assertEqual(result.status, status, result)
        return result

    def test_words_stay_what_they_are(self):
        rows = [["a b", "$HOME"], ["c'd", 'x"y z'], ["{user}", "é,;"]]
        result = self.echo(
            rows=rows, words=["{user}|{a}", "{{user}", "imap://{a}@h"],
            body="io.write(table.concat({...}, '\\n') .. '\\n')",
            header=["user", "a"])
        self.assertEqual(sorted(result.out.decode().splitlines()[:-2]), sorted(
            f"{user}: {line}" for user, lines in [
                ("a b", ["a b|$HOME", "{user}", "imap://%24HOME@h"]),
                ("c'd", ["c'd|x\"y z", "{user}", "imap://x%22y%20z@h"]),
                ("{user}", ["{user}|é,;", "{user}", "imap://%C3%A9%2C%3B@h"]),
            ] for line in lines))

    def test_lines_are_never_mixed(self):
        rows = [[f"u{i}", "x" * 3000] for i in range(12)]
        result = self.echo("--jobs=12", rows=rows, body="""
            local user, text = ...
            for i = 1, 20 do
                for at = 1, #text, 500 do
                    io.stderr:write(text:sub(at, at + 499))
                    postel.sleep(0.001)
                end
                io.stderr:write("\\n")
            end""")
        self.assertEqual(sorted(result.lines),
                         sorted([f"{user}: {text}" for user, text in rows] * 20))

    def test_output_goes_into_files(self):
        self.echo("--output=out", rows=[["../a b", "1"]], body="""
            io.write(("x"):rep(100000), "\\n\\27[1m")
            io.stderr:write "no\\n" """)
        files = {p.name: p.read_bytes() for p in
                 (self.home.path / "out").iterdir()}
        self.assertEqual(files, {
            "%2E%2E%2Fa b.out": b"x" * 100000 + b"\n\x1b[1m\n",
            "%2E%2E%2Fa b.log": b"no\n"})

    def test_hostile_words_are_made_visible(self):
        result = self.echo(body='io.stderr:write "\\27[2J\\r\\n"')
        self.assertNotIn(b"\x1b", result.err)
        self.assertEqual(len(result.lines), 1)

    def test_summaries_are_those_of_scripts_only(self):
        """The last line, and of standard error first: purge prints mail."""
        result = self.echo("--json", body="""
            io.stderr:write '{"job": "x", "done": 3, "octets": 7}\\n'
            print 'mail'
            print '{"job": "x", "done": 100}'""")
        line, totals = map(json.loads, result.out.splitlines())
        self.assertEqual(line["summary"], {"job": "x", "done": 3, "octets": 7})
        self.assertEqual((totals["done"], totals["octets"]), (3, 7))
        self.assertEqual(result.lines, ["u1: mail",
                                        'u1: {"job": "x", "done": 100}'])
        result = self.echo("--json", body="""
            print '{"job": "x", "done": "many", "refused": 1e999}'""")
        self.assertEqual(json.loads(result.out.splitlines()[-1])["done"], 0)

    def test_a_second_run_waits_for_the_first(self):
        script = self.home.file("slow.lua", "postel.sleep(1)")
        command = ["fleet", self.accounts(["user"], [["a"], ["b"]]),
                   "--log=fleet.log", "--resume", "--", script]
        first = self.start(*command)
        while not self.status_file_has(b"seq"):
            time.sleep(0.01)
        second = self.done(*command)
        self.assertEqual(first.wait().status, DONE)
        self.assertIn(b"in use by another process; waiting", second.err)
        self.assertIn(b"0 done, 2 done before", second.out)

    def test_what_a_killed_one_has_left_running_holds_the_log(self):
        script = self.home.file("deaf.lua", """
            require "postel.core".catch_signals()
            if not io.open "began" then
                io.open("began", "w"):close()
                local limit = os.time() + 2
                while os.time() < limit do
                    postel.sleep(0.1)
                end
                io.open("ended", "w"):close()
            end
            assert(io.open "ended")""")
        command = ["fleet", self.accounts(["user"], [["a"]]),
                   "--log=fleet.log", "--resume", "--", script]
        first = self.start(*command)
        while not (self.home.path / "began").exists():
            time.sleep(0.01)
        first.signal(signal.SIGKILL)
        first.wait()
        second = self.done(*command)
        self.assertIn(b"in use by another process; waiting", second.err)

    def status_file_has(self, octets):
        path = self.home.path / "fleet.log"
        return path.exists() and octets in path.read_bytes()

    def test_a_log_that_was_cut_off(self):
        script = self.home.file("ok.lua", "")
        command = ["fleet", self.accounts(["user"], [["a\tb%"], ["c"]]),
                   "--log=fleet.log", "--resume", "--", script]
        log = self.home.path / "fleet.log"
        self.done(*command)
        whole = log.read_bytes()
        for n in range(0, len(whole), 7):
            log.write_bytes(whole[:n])
            self.done(*command)
            self.assertEqual(set(self.status_by_key().items()),
                             {("a%09b%25", 0), ("c", 0)})
        self.home.file("fleet.log", "notes of mine\n")
        self.fails(USAGE, "is no job log", *command)

    def test_what_failed_for_now_is_tried_again(self):
        result = self.echo(
            "--log=fleet.log", "--retries=1", "--jobs=3",
            rows=[["u1", "1"], ["u2", "2"], ["u3", "3"]], body="""
            local user = ...
            local there = io.open(user)
            assert(io.open(user, "w")):close()
            return there and 0 or ({u1 = 9, u2 = 5, u3 = 0})[user]""",
            status=PARTLY)
        self.assertIn("u1: exit status 9; again in 5 s", result.err.decode())
        self.assertEqual([(line["key"], line["status"]) for line in
                          sorted(self.log(), key=lambda x: x["key"])],
                         [("u1", "9"), ("u1", "0"), ("u2", "5"), ("u3", "0")])

    def test_a_child_that_is_killed_is_told(self):
        result = self.echo("--retries=0", body="""
            os.execute "kill -9 $PPID" """, status=137)
        self.assertIn("u1: exit status 137", result.err.decode())

    def test_what_is_wrong_is_told_before_anything_begins(self):
        touch = 'io.open("ran", "w"):close()'
        for pattern, given in [
                ("no column usr; did you mean user", {"words": ["{usr}"]}),
                ("{ without }", {"words": ["{user"]}),
                ("line 3: u1 is there a second time",
                 {"rows": [["u1", "1"], ["u1", "2"]]}),
                ("line 3: user is empty", {"rows": [["u1", "1"], ["", "2"]]}),
                ("line 3: a is empty", {"rows": [["u1", "1"], ["u2", ""]]}),
                ("line 3: 1 fields, and 2 columns",
                 {"rows": [["u1", "1"], ["u2"]]}),
                ("{password} would be seen by all",
                 {"header": ["user", "password"],
                  "words": ["imap://h", "--x={password}"]}),
                ("word 2 of the command has a password",
                 {"header": ["user", "password"],
                  "words": ["imap://{user}:{password}@h"]}),
        ]:
            with self.subTest(pattern):
                result = self.echo(status=USAGE, body=touch, **given)
                self.assertRegex(result.lines[-1], pattern)
        path = self.accounts(["user"], [["u"]])
        for pattern, words in [
                ("--resume wants --log", [path, "--resume", "--", "copy"]),
                ("a command are missing", [path]),
                ("--jobs: 0 is no number", [path, "--jobs=0", "--", "copy"]),
                ("--name: there is no column x", [path, "--name=x", "--", "x"]),
                ("ALL_PROXY", [path, "--proxy=http://a:b@h:1", "--", "x"]),
                ("No such file", ["none.csv", "--", "copy"])]:
            with self.subTest(pattern):
                self.fails(USAGE, pattern, "fleet", *words)
        self.assertFalse((self.home.path / "ran").exists())

    def test_a_url_that_is_wrong_is_one_account_s_fault(self):
        result = self.postel(
            "fleet", self.accounts(["user", "url"], [
                ["a", "imap://x:se cret@h:port"], ["b", "nonsense"]]),
            "--log=fleet.log", "--", "copy", "{url}", "{url}")
        self.assertEqual(result.status, USAGE, result)
        self.assertEqual(self.status_by_key(), {"a": USAGE, "b": USAGE})
        self.assertNotIn(b"se cret", result.err + (
            self.home.path / "fleet.log").read_bytes())

    def test_a_list_with_passwords_that_others_can_read_is_told(self):
        self.accounts(["user", "password"], [["asterix", "gaul"]], mode=0o644)
        command = ["fleet", "accounts.csv", "--", "inbox",
                   f"pop3://{{user}}@127.0.0.1:{self.posteld.pop3}"]
        self.assertIn("accounts.csv can be read by others; chmod 600 it",
                      self.done(*command).err.decode())
        (self.home.path / "accounts.csv").chmod(0o600)
        self.assertEqual(self.done(*command).err, b"")

    def test_passwords_from_columns_commands_and_urls(self):
        for content in mails.messages(3):
            for user in self.posteld.users:
                self.posteld.inbox(user).put(content)
        at = f"127.0.0.1:{self.posteld.imap}"
        url = f"imap://{{user}}@{at}"

        def backup(header, rows, *options, words=(url,), **how):
            result = self.done(
                "fleet", self.accounts(header, rows), "--json", *options, "--",
                "backup", *words, "{user}", **how)
            self.assertEqual(self.totals(result)["finished"], len(rows), result)
        users = self.posteld.users
        backup(["user", "password"], list(users.items()))
        self.assertEqual(len(Maildir(self.home.path / "obe+lix")), 3)
        # By a command, but for the one that the list knows.
        self.home.file("pw", "".join(
            f"{u}={p}\n" for u, p in users.items() if u != "idefix"))
        backup(["user", "password"],
               [[u, p if u == "idefix" else ""] for u, p in users.items()],
               "--password-command=sed -n s/^{user}=//p pw")
        backup(["user", "password"], [["asterix", ""]],
               "--password-file={user}.pw",
               **{"input": b""} if self.home.file("asterix.pw", "gaul\n") else {})
        # In a column of URLs.
        result = self.postel(
            "fleet", self.accounts(["user", "url"], [
                ["asterix", f"imap://asterix:gaul@{at}"]]), "--log=fleet.log",
            "--", "backup", "{url}", "asterix")
        self.assertEqual(result.status, DONE, result)
        self.assertNotIn("gaul", self.log()[0]["command"])
        # What our own netrc has goes on to count.
        self.home.file("netrc", "machine 127.0.0.1 login asterix password gaul\n")
        backup(["user", "password"], [["asterix", ""], ["idefix", "x"]])
        # Also where the list has the password of one of two accounts.
        self.done("fleet", self.accounts(["user", "password"], [["idefix", "x"]]),
                  "--", "copy", url, f"imap://asterix@{at}")

    def test_the_list_by_a_pipe(self):
        result = self.postel(
            "fleet", "-", "--", "inbox",
            f"pop3://{{user}}@127.0.0.1:{self.posteld.pop3}",
            input=b"user;password\r\nasterix;gaul\r\n")
        self.assertEqual(result.status, DONE, result)
        script = self.home.file("run.sh", f"""
            printf 'user,password\\nasterix,gaul\\n' |
            "$0" fleet - -- inbox pop3://{{user}}@127.0.0.1:{self.posteld.pop3}
            """)
        result = self.postel("-e", f"""
            return postel.run {{"sh", "-c", io.open("{script}"):read "a",
                require "postel.core".executable()}}""")
        self.assertEqual(result.status, DONE, result)
        self.assertIn(b"accounts: 1 done", result.out)

    def test_dry_run(self):
        self.posteld.inbox("idefix").put(mails.message(1))
        before = len(self.posteld.inbox("idefix"))
        result = self.done(
            "fleet", self.accounts(["user", "password"], [["idefix", "x"]]),
            "-n", "--log=fleet.log", "--", "backup",
            f"imap://{{user}}@127.0.0.1:{self.posteld.imap}", "backup/{user}")
        self.assertIn(f"idefix: {before} message", result.out.decode())
        self.assertEqual(sorted(p.name for p in self.home.path.iterdir()),
                         ["accounts.csv"])

    def test_a_hundred_thousand_accounts(self):
        n = 100_000
        rows = [[f"user{i}@example.org", f"password of {i}"] for i in range(n)]
        path = self.accounts(["user", "password"], rows)
        head = "seq\tkey\tstart\tseconds\tstatus\tdone\toctets\trefused\tcommand"
        self.home.file("fleet.log", head + "\n" + "".join(
            f"{i}\t{user}\t1700000000\t1.500\t0\t10\t1000\t0\tpostel copy "
            f"imaps://{user.replace('@', '%40')}@old.example.org\n"
            for i, (user, _) in enumerate(rows)))
        result = self.done("fleet", path, "--log=fleet.log", "--resume", "--",
                           "copy", "imap://{user}@127.0.0.1:1",
                           "imap://{user}@127.0.0.1:1", timeout=30)
        self.assertIn(f"0 done, {n} done before".encode(), result.out)
        if not SANITIZED:
            self.assertLess(result.rss, 32 << 10)
            self.assertLess(result.seconds, 25)  # 2 s of its own


if __name__ == "__main__":
    import unittest
    unittest.main()
