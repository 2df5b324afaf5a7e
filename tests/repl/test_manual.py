"""The manual page says what the program says."""

import json
import re
import subprocess
import unittest

from harness import IMAP, LOGOUT, ROOT, Case

PAGE = ROOT / "doc" / "postel.1"


class Manual(Case):
    def section(self, name):
        text = PAGE.read_text()
        return re.search(rf"^\.S[hs] {name}\n(.*?)(?=^\.Sh )", text,
                         re.S | re.M)[1]

    def test_commands(self):
        shown = self.run_postel("-c", ":help").stdout.decode()
        listed = re.findall(r"^  :(\w+) ?([^\n]*?)(?:  .*)?$",
                            shown.split("other lines:")[0], re.M)
        described = re.findall(r"^\.It Ic :(\w+)", self.section("COMMANDS"),
                               re.M)
        self.assertEqual([name for name, _ in listed], described)
        self.assertIn("open", described)

    def test_usage_of_commands(self):
        shown = self.run_postel("-c", ":help").stdout.decode()
        page = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=200",
                               PAGE], capture_output=True, check=True)
        page = re.sub(r".\x08", "", page.stdout.decode())
        for line in shown.split("other lines:")[0].splitlines()[1:]:
            usage = re.match(r"  (:\w+(?: \S+)*)(?:  |$)", line)
            if usage:
                self.assertIn(usage[1].lower(), page.lower())

    def test_options(self):
        shown = self.run_postel("-h").stdout.decode()
        options = set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", shown))
        page = self.section("Options")
        described = {"-" + name for line in re.findall(r"^\.It (.*)$", page,
                                                       re.M)
                     for name in re.findall(r"Fl (\S+)", line)}
        self.assertEqual(described, options)

    def test_scripts(self):
        there = {path.stem for path in (ROOT / "scripts").glob("*.lua")}
        described = re.findall(r"^\.It Cm (\w+)", self.section("SCRIPTS"),
                               re.M)
        self.assertEqual(sorted(described), sorted(there))
        readme = (ROOT / "README.md").read_text()
        for name in there:
            self.assertIn(f"`postel {name} ", readme)

    def test_values_of_options(self):
        """Words that an option takes are the ones that it completes."""
        page = self.section("Options")
        told = self.run_postel("--completion=fish").stdout.decode()
        for name in ("starttls", "completion"):
            described = re.search(rf"Fl -{name} Ns = Ns Cm (.*)", page)[1]
            offered = re.search(rf"-l {name} -x -a '([^']*)'", told)[1]
            self.assertEqual(described.split(" | "), offered.split())

    def test_exit_statuses(self):
        header = (ROOT / "proto" / "status.h").read_text()
        known = re.findall(r"STATUS_\w+ = (\d+)", header)
        described = re.findall(r"^\.It (\d+)$", self.section("EXIT STATUS"),
                               re.M)
        self.assertEqual(described, known)

    def test_environment(self):
        read = set()
        for folder in ("base", "net", "wire", "proto", "store", "lua",
                       "shell", "scripts"):
            for path in [*(ROOT / folder).rglob("*.c"),
                         *(ROOT / folder).rglob("*.lua")]:
                text = path.read_text()
                read |= set(re.findall(r'getenv[ (]*"(\w+)"', text))
                # What commands that we run get.
                read |= set(re.findall(r"^\t\t(POSTEL_\w+) = ", text,
                                       re.M))
        page = self.section("ENVIRONMENT")
        described = {name for line in re.findall(r"^\.It Ev (.*)$", page,
                                                 re.M)
                     for name in re.findall(r"[A-Za-z][A-Za-z0-9_]+", line)}
        # The lab sets these, and OpenSSL and libc read some by themselves.
        others = {"LAB", "POP3", "SMTP", "IMAP", "LANG", "LC_ALL",
                  "LC_MESSAGES", "LESS", "PAGER", "SSL_CERT_FILE",
                  "SSL_CERT_DIR"}
        everywhere = set(re.findall(r"\.Ev (\w+)", page)) | described
        self.assertEqual(read - everywhere, set())
        self.assertEqual(described - read - others, set())

    def test_prefixes(self):
        source = (ROOT / "shell" / "line.c").read_text()
        known = re.findall(r"case '(.)':", source)
        page = self.section("WHAT A LINE MEANS").split(".Pp")[0]
        described = re.findall(r"^\.It Ic (?:\\&)?(.)", page, re.M)
        self.assertEqual(described, known)

    def test_redirections(self):
        source = (ROOT / "shell" / "redirect.c").read_text()
        known = re.findall(r'STR\("(:\S+)"\), (?:true|false)', source)
        described = re.findall(r"^\.It Ic (:\S+)",
                               self.section("Redirections"), re.M)
        self.assertEqual(set(described), set(known))

    def test_json(self):
        url = self.peer("imap", IMAP, "C: a1 NOOP\nS: a1 OK",
                        LOGOUT.format(tag="a2"))
        out = self.run_postel("--json", url, "-c", "NOOP").stdout
        page = self.section("JSON").split(".Pp")[0]
        self.assertEqual(re.findall(r"^\.It Li (\w+)$", page, re.M),
                         list(json.loads(out)))

    def test_ports(self):
        source = (ROOT / "shell" / "session.c").read_text()
        table = re.search(r"ports\[\] = \{(.*?)\};", source, re.S)[1]
        page = self.section("DESCRIPTION")
        for name in re.findall(r'\{"(\w+)",', table):
            self.assertRegex(page, rf"\b{name}\b")

    def test_lint(self):
        result = subprocess.run(["mandoc", "-T", "lint", "-W", "warning",
                                 PAGE], capture_output=True, check=False)
        self.assertEqual((result.stdout, result.returncode), (b"", 0))


class Threats(unittest.TestCase):
    """doc/THREATS.md names tests that there are."""

    def has(self, source, name):
        owner, _, test = name.rpartition(".")
        if owner:
            source = re.search(rf"^class {owner}\b.*?(?=^class |\Z)", source,
                               re.S | re.M)[0]
        return re.search(rf"^class {test}\b|\btest_{test}\b", source, re.M)

    def test_each_row_names_tests(self):
        rows = [line for line in (ROOT / "doc" / "THREATS.md").read_text()
                .splitlines() if line.startswith("| ")
                and not line.startswith("| attack or fault")]
        self.assertGreater(len(rows), 30)
        for row in rows:
            with self.subTest(row):
                column = row.split(" | ")[-1].rstrip(" |")
                for part in column.split("; "):
                    path, names = re.fullmatch("`([^`]+)`(.*)", part).groups()
                    source = (ROOT / "tests" / path).read_text()
                    for name in filter(None, re.split("[, ]+", names)):
                        self.assertTrue(self.has(source, name), name)
