"""The manual page says what the program says."""

import re
import subprocess

from harness import ROOT, Case

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

    def test_lint(self):
        result = subprocess.run(["mandoc", "-T", "lint", "-W", "warning",
                                 PAGE], capture_output=True, check=False)
        self.assertEqual((result.stdout, result.returncode), (b"", 0))
