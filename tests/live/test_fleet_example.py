"""examples/fleet: a list of accounts spread over machines by GNU parallel, here this
one, killed in the middle and run again."""

import csv
import io
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time
import unittest

import servers
from harness import POSTEL
from servers import Dovecot, Posteld, Server, free_port, need, write
from test_copy import CopyCase, seen_in

KILLS = int(os.environ.get("KILLS", "2"))
EXAMPLE = servers.ROOT / "examples" / "fleet"
ACCOUNTS, MESSAGES = 12, 12
TIME_LIMIT = 90


class Sshd(Server):
    """sshd on loopback, for one key that the tests have made."""

    name = "sshd"

    def __init__(self):
        super().__init__()
        self.port = free_port()
        self.ports = [self.port]
        for name in ("host", "user"):
            subprocess.run([need("ssh-keygen"), "-q", "-t", "ed25519", "-N", "",
                            "-f", self.folder / name], check=True)
        (self.folder / "user.pub").rename(self.folder / "authorized")
        write(self.folder / "known", f"[127.0.0.1]:{self.port} "
              + (self.folder / "host.pub").read_text())
        write(self.folder / "sshd_config", "\n".join([
            f"Port {self.port}", "ListenAddress 127.0.0.1",
            f"HostKey {self.folder}/host", "PidFile none", "UsePAM no",
            f"AuthorizedKeysFile {self.folder}/authorized",
            "PermitRootLogin prohibit-password", "StrictModes no",
            "MaxStartups 100", ""]))
        write(self.folder / "ssh_config", "\n".join([
            "Host worker", "HostName 127.0.0.1", f"Port {self.port}",
            f"IdentityFile {self.folder}/user", "IdentitiesOnly yes",
            f"UserKnownHostsFile {self.folder}/known", "BatchMode yes", ""]))

    def command(self):
        return [need("sshd"), "-D", "-e", "-f", self.folder / "sshd_config"]

    def as_user(self, command):
        if os.getuid() == 0:  # where it goes before a login, as packages have it
            pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        return [need("setpriv"), "--pdeathsig", "TERM", "--",
                *map(str, command)]


class Example(CopyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.groups = [[f"g{g}u{i}" for i in range(ACCOUNTS)] for g in range(3)]
        users = [user for group in cls.groups for user in group]
        cls.dovecot = cls.with_server(Dovecot(
            {user: f'o"ld {i}, x' for i, user in enumerate(users)}))
        cls.posteld = cls.with_server(Posteld(
            {user + "+new": f"new' {i}" for i, user in enumerate(users)}))

    def setUp(self):
        super().setUp()
        self.users = type(self).groups.pop()
        for i, user in enumerate(self.users):
            self.fill(self.dovecot.inbox(user), MESSAGES, seed=i)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow((EXAMPLE / "accounts.csv").read_text()
                        .splitlines()[0].split(","))
        for user in self.users:
            writer.writerow([user, user + "+new", self.dovecot.users[user],
                             self.posteld.users[user + "+new"]])
        self.list = self.home.file("accounts.csv", text.getvalue())
        shutil.copy(EXAMPLE / "migrate.sh", self.home.path)

    def start_it(self, machines, **env):
        """The script, in a process group of its own."""
        self.home.file("machines", machines)
        return subprocess.Popen(
            ["./migrate.sh", "accounts.csv"], cwd=self.home.path,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
            env=self.home.environment | {
                "OLD": f"imap://{{user}}@127.0.0.1:{self.dovecot.imap}",
                "NEW": f"imap://{{new_user}}@127.0.0.1:{self.posteld.imap}",
                "POSTEL": f"env HOME={self.home.path} {POSTEL}",
                "BATCH": "3"} | env)

    def run_it(self, machines, **env):
        process = self.start_it(machines, **env)
        try:
            out, _ = process.communicate(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, _ = process.communicate()
            self.fail(f"not done after {TIME_LIMIT} s\n{out.decode()}")
        self.assertEqual(process.returncode, 0, out.decode())
        return out.decode()

    def processes(self):
        """Those that work on this test's files: (pid, command line)."""
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                line = pathlib.Path(f"/proc/{entry}/cmdline").read_bytes()
            except OSError:
                continue
            if str(self.home.path).encode() in line:
                found.append((int(entry), line))
        return found

    def arrived(self):
        return sum(len(self.posteld.inbox(user + "+new"))
                   for user in self.users)

    def kill_it(self, process, more):
        """Kills it when so many more messages have arrived; no password is in
        a command line until then.  Whether it was still at work."""
        wanted, limit = self.arrived() + more, time.monotonic() + 20
        while (self.arrived() < wanted and process.poll() is None
               and time.monotonic() < limit):
            for _, line in self.processes():
                self.assertNotIn(b'o"ld', line)
        in_the_middle = process.poll() is None
        if in_the_middle:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return in_the_middle

    def compare_all(self):
        for user in self.users:
            self.assertEqual(seen_in(self.posteld.inbox(user + "+new")),
                             seen_in(self.dovecot.inbox(user)), user)
        for path in self.home.path.rglob("*"):
            if path.is_file() and path != self.list:
                self.assertNotIn(b'o"ld', path.read_bytes(), path)
        logs = [line.split("\t") for path in
                (self.home.path / "state" / "log").iterdir()
                for line in path.read_text().splitlines()[1:]]
        self.assertEqual({line[1] for line in logs if line[4] == "0"},
                         set(self.users))

    def strike(self, machines, **env):
        rng = random.Random(9)
        for _ in range(KILLS):
            self.assertTrue(self.kill_it(self.start_it(machines, **env),
                                         rng.randrange(3, 40))
                            or self.arrived() == MESSAGES * ACCOUNTS)
        self.run_it(machines, **env)
        self.compare_all()

    def test_on_this_machine_killed_and_run_again(self):
        self.strike(":\n")
        # What is done is left out by parallel itself.
        self.assertNotIn("accounts:", self.run_it(":\n"))

    def test_what_fails_is_run_again(self):
        good = self.posteld.users[self.users[5] + "+new"]
        text = self.list.read_text()
        self.list.write_text(text.replace(f",{good}\n", ",wrong\n"))
        process = self.start_it(":\n", RETRIES="1")
        out, _ = process.communicate(timeout=TIME_LIMIT)
        self.assertEqual(process.returncode, 1, out.decode())
        self.list.write_text(text)
        self.assertIn("1 done, 2 done before", self.run_it(":\n"))
        self.compare_all()

    def test_over_ssh_killed_and_run_again(self):
        sshd = self.enterContext(Sshd())
        self.logged = (sshd, *self.logged)
        self.strike("2/worker\n",
                    PARALLEL_SSH=f"ssh -F {sshd.folder}/ssh_config")


if __name__ == "__main__":
    unittest.main()
