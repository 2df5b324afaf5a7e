"""What bash, zsh and fish offer for a half-typed command line of postel."""

import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest

from harness import POSTEL, Case

FOLDER = os.path.join(os.path.dirname(POSTEL), "completions")
OPTIONS = ["--keep-going", "--starttls", "--ca", "--json", "--auth"]


class Shell:
    """An interactive shell; offers() is what TAB shows."""

    def __init__(self, case, argv, setup):
        self.case = case
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(case.home)
                os.execvpe(argv[0], argv, case.environment | {
                    "TERM": "vt100", "COLUMNS": "100", "LINES": "200",
                    "PATH": os.path.dirname(POSTEL) + ":" + os.defpath})
            finally:
                os._exit(127)
        case.addCleanup(self.close)
        self.seen = ""
        for line in setup:
            self.write(line + "\n")
        self.write("echo rea''dy\n")
        self.until("ready\r")

    def write(self, text):
        os.write(self.fd, text.encode())

    def until(self, text=None, seconds=10.0):
        """Reads until text has come, or for this long nothing has."""
        out, limit = "", time.monotonic() + seconds
        while text is None or text not in out:
            wait = seconds if text is None else limit - time.monotonic()
            if not select.select([self.fd], [], [], max(wait, 0))[0]:
                if text is None:
                    return out
                self.case.fail(f"waited for {text!r}, got {out!r}")
            out += os.read(self.fd, 65536).decode("utf-8", "replace")
        return out

    def offers(self, line):
        """All that is on the screen behind TAB, the line typed included."""
        self.until(seconds=0.05)
        self.write(line + "\t")
        out = self.until(seconds=0.4)
        self.write("\x15")
        out = re.sub(r"\x1b\[[\d;?]*[A-Za-z]|\x1b[=>]|\x07|\x0f", "", out)
        return out.replace("\r", "\n")

    def close(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Checks:
    """Of what all shells must offer: offers(line) gives it as text."""

    def setUp(self):
        super().setUp()
        scripts = self.home / ".config" / "postel" / "scripts"
        scripts.mkdir(parents=True)
        (scripts / "celebrate.lua").write_text("")
        self.file("lines.txt")
        self.file("own.lua")
        (self.home / "folder").mkdir()

    def check(self, line, *words, never=()):
        out = self.offers(line)
        for word in words:
            self.assertRegex(out, rf"(?<![\w-]){re.escape(word)}(?!\w)",
                             (line, out))
        for word in never:
            self.assertNotRegex(out, rf"(?<![\w-]){re.escape(word)}(?!\w)",
                                (line, out))

    def test_options(self):
        self.check("postel --", *OPTIONS, never=["lab", "lines.txt"])
        self.check("postel --insec", "--insecure")
        self.check("postel imap://h --tim", "--timeout")

    def test_values(self):
        self.check("postel --starttls=", "require", "auto", "no",
                   never=["lines.txt"])
        self.check("postel --starttls=re", "require", never=["auto"])
        self.check("postel --auth=SCRAM-SHA-2", "SCRAM-SHA-256")
        self.check("postel --completion=z", "zsh")

    def test_files(self):
        self.check("postel -f li", "lines.txt")
        self.check("postel --ca=fol", "folder")
        self.check("postel --cert li", "lines.txt")
        self.check("postel --password-file=li", "lines.txt")

    def test_first_word(self):
        self.check("postel l", "lab", never=["lines.txt"])
        self.check("postel cele", "celebrate")
        self.check("postel -q cele", "celebrate")
        self.check("postel -c NOOP cele", "celebrate")
        self.check("postel ow", "own.lua")
        self.check("postel pop3", "pop3://", "pop3s://")

    def test_hosts(self):
        self.check("postel localh", "localhost")
        self.check("postel imap://localh", "imap://localhost")
        self.check("postel imaps://alice@localh", "localhost")

    def test_words_behind_the_first(self):
        self.check("postel lab ", "folder", never=["lines.txt"])
        self.check("postel mx.test ", "imap", "pop3s", "submission",
                   never=["lines.txt"])
        self.check("postel celebrate li", "lines.txt")
        self.check("postel ./own.lua li", "lines.txt")


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"no {program}")


@needs("bash")
class Bash(Checks, Case):
    def setUp(self):
        super().setUp()
        self.shell = Shell(self, ["bash", "--norc", "--noprofile", "-i"], [
            "PS1='$ '", "bind 'set show-all-if-ambiguous on'",
            "bind 'set bell-style none'", f"source {FOLDER}/postel"])
        self.offers = self.shell.offers


@needs("zsh")
class Zsh(Checks, Case):
    def setUp(self):
        super().setUp()
        self.shell = Shell(self, ["zsh", "-f", "-i"], [
            "PS1='$ '", "unsetopt auto_menu beep prompt_sp", "LISTMAX=0",
            f"fpath=({FOLDER} $fpath)", "autoload -Uz compinit",
            "compinit -u -D"])
        self.offers = self.shell.offers


@needs("fish")
class Fish(Checks, Case):
    def offers(self, line):
        result = subprocess.run(
            ["fish", "--no-config", "-c",
             f"source {FOLDER}/postel.fish; complete -C $argv[1]", line],
            capture_output=True, check=True, cwd=self.home, timeout=20,
            env=self.environment | {
                "PATH": os.path.dirname(POSTEL) + ":" + os.defpath})
        self.assertEqual(result.stderr, b"")
        return result.stdout.decode()


class Printed(Case):
    def test_what_is_installed_is_what_is_printed(self):
        for shell, name in (("bash", "postel"), ("zsh", "_postel"),
                            ("fish", "postel.fish")):
            with open(os.path.join(FOLDER, name), "rb") as f:
                result = self.run_postel(f"--completion={shell}")
                self.assertEqual(f.read(), result.stdout)
        result = self.run_postel("--completion=tcsh")
        self.assertEqual(result.returncode, 2)

    def test_names_are_quick_and_read_no_init_file(self):
        folder = self.home / ".config" / "postel"
        folder.mkdir(parents=True)
        (folder / "init.lua").write_text("error 'read'")
        result = self.run_postel("--completion=words")
        self.assertEqual((result.stderr, result.returncode), (b"", 0))
        self.assertIn(b"lab", result.stdout.split())
        self.assertIn(b"transfer", result.stdout.split())
