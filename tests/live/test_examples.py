"""The lab sheets of examples/: each session is played at a terminal, and each
program is run."""

import os
import re
import shutil

import mails
import sheets
from harness import DONE, POSTEL, REFUSED, USAGE, LiveCase
from servers import ROOT, Dovecot, Exim, Posteld

EXAMPLES = ROOT / "examples"
LANGUAGES = ("en", "fr")
TIME_LIMIT = 120
NAMES = sorted(p.name for p in (EXAMPLES / "en").glob("*.md"))


def typed(path):
    return [(step.prompt, step.typed) for block in sheets.blocks(path)
            for step in block.steps]


class Example(LiveCase):
    """A copy of the folder, and postel in the path."""

    def setUp(self):
        super().setUp()
        self.folder = self.home.path / "examples"
        shutil.copytree(EXAMPLES, self.folder)
        # As a user has it, with his files in his home.
        self.environment = {
            name: value for name, value in self.home.environment.items()
            if not name.startswith("XDG_")} | {
            "PATH": f"{POSTEL.parent}:{self.home.environment['PATH']}",
            "TZ": "CET-1"}  # the sheets' clock

    def play(self, blocks):
        with sheets.Player(self.folder, self.environment) as player:
            player.play([step for block in blocks for step in block.steps])


class Sheets(Example):
    def play_sheet(self, path):
        sessions = sheets.sessions(path)
        self.assertTrue(sessions)
        for blocks in sessions:
            self.play(blocks)
        self.assertEqual(list(self.home.path.glob("postel-lab-*")), [])


def add_tests():
    for language in LANGUAGES:
        for name in NAMES:
            def test(self, path=EXAMPLES / language / name):
                self.play_sheet(path)
            stem = name.removesuffix(".md").replace("-", "_")
            setattr(Sheets, f"test_{language}_{stem}", test)


add_tests()


class Readme(LiveCase):
    """Its programs are short and run as they stand, but for where the server
    is and the password."""

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(Posteld())
        self.logged = (self.server,)
        text = (ROOT / "README.md").read_text()
        self.programs = re.findall(r"(?ms)^```lua\n(.*?)^```$", text)

    def run_program(self, n):
        url = re.compile(r"(pop3|imap|smtp)s?://(asterix@)?[\w.]+")
        program = url.sub(lambda m: self.server.url(
            m[1], "asterix" if m[2] else None), self.programs[n])
        return self.done(self.home.file(f"{n}.lua", program)).out

    def test_there_are_three_short_ones(self):
        self.assertEqual(len(self.programs), 3)
        for program in self.programs:
            self.assertLessEqual(len(program.splitlines()), 10, program)

    def test_transfer(self):
        sent = mails.messages(5)
        for content in sent:
            self.server.inbox("asterix").put(content)
        self.run_program(0)
        self.assertEqual(len(self.server.inbox("asterix")), 0)
        came = self.server.inbox("obelix").contents()
        self.assertEqual(sorted(map(mails.digest, came)),
                         sorted(map(mails.digest, sent)))

    def test_old_unread_mail(self):
        inbox = self.server.inbox("asterix")
        old, day = mails.messages(4), 1_767_225_600  # 1 January 2026
        for n, content in enumerate(old):
            path = inbox.put(content, "S" if n == 3 else None)
            os.utime(path, (day - 1, day - 1))
        path = inbox.put(mails.message(9))
        os.utime(path, (day, day))
        self.assertEqual(self.run_program(1),
                         b"".join(map(mails.crlf, old[:3])))
        self.assertEqual(sorted(map(mails.number, inbox.contents())), [3, 9])

    def test_subjects_and_attachments(self):
        inbox = self.server.inbox("asterix")
        inbox.put(b"From: =?utf-8?q?C=C3=A9sar?= <c@rome.example>\n"
                  b"Subject: Invoice =?utf-8?b?4oKs?= \x1b[2J 1\nMIME-Version: "
                  b"1.0\nContent-Type: multipart/mixed; boundary=cut\n\n"
                  b"--cut\n\nAve\n--cut\nContent-Type: text/csv; "
                  b"name=../a.csv\nContent-Transfer-Encoding: base64\n"
                  b"Content-Disposition: attachment\n\nMTsyCg==\n--cut--\n")
        inbox.put(b"Subject: other\n\n")
        self.assertEqual(
            self.run_program(2).decode(),
            "C\u00e9sar <c@rome.example>: Invoice \u20ac ^[[2J 1\n"
            "\t./_a.csv\n")
        self.assertEqual((self.home.path / "_a.csv").read_bytes(), b"1;2\n")


class Languages(Example):
    def test_both_have_the_same_sheets(self):
        for language in LANGUAGES:
            self.assertEqual(sorted(p.name for p in
                                    (EXAMPLES / language).iterdir()), NAMES)

    def test_both_have_the_same_sessions(self):
        for name in NAMES:
            one, two = (EXAMPLES / language / name for language in LANGUAGES)
            self.assertEqual(typed(one), typed(two), name)
            for a, b in zip(sheets.blocks(one), sheets.blocks(two)):
                self.assertEqual([s.answer for s in a.steps],
                                 [s.answer for s in b.steps],
                                 f"{a.place}, {b.place}")

    def test_both_have_the_same_questions_and_answers(self):
        number = re.compile(r"(?m)^(#+ |- \*\*\d+\*\*|\d+\. )")
        for name in NAMES:
            found = []
            for language in LANGUAGES:
                text = (EXAMPLES / language / name).read_text()
                text = re.sub(r"(?ms)^```.*?^```$", "", text)
                found.append(number.findall(text))
            self.assertEqual(*found, name)

    def test_answers_are_there_for_each_question(self):
        """Exercises may have none, questions must."""
        for language in LANGUAGES:
            answers = (EXAMPLES / language / "teacher.md").read_text()
            parts = re.split(r"(?m)^### (?:Lab|TP) (\d)$", answers)
            for lab, text in zip(parts[1::2], parts[2::2]):
                name = next(n for n in NAMES if n.startswith(lab))
                sheet = (EXAMPLES / language / name).read_text()
                asked = set()
                for block in re.findall(
                        r"(?ms)^\*Questions?\*$\n(.*?)(?:^$|\Z)", sheet):
                    asked |= set(re.findall(r"(?m)^(\d+)\. ", block))
                given = set(re.findall(r"(?m)^- \*\*(\d+)\*\*", text))
                self.assertLessEqual(asked, given, f"{language} {name}")

    def test_lists_are_lists(self):
        """Not run together into a paragraph."""
        for language in LANGUAGES:
            for name in NAMES:
                text = (EXAMPLES / language / name).read_text()
                self.assertNotRegex(
                    re.sub(r"(?ms)^```.*?^```$", "", text),
                    r"[.;] - |(?m: -$)", f"{language} {name}")

    def test_links_lead_somewhere(self):
        pages = [EXAMPLES / "README.md",
                 *(EXAMPLES / language / name for language in LANGUAGES
                   for name in NAMES)]
        linked = set()
        for page in pages:
            for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
                target = (page.parent / link).resolve()
                self.assertTrue(target.exists(), f"{page}: {link}")
                linked.add(target)
        self.assertEqual(set(pages[1:]) - linked, set())


class Player(Example):
    """What is wrong in a sheet is found."""

    SHEET = """\
```session
$ postel lab
…
  pop3 at 127.0.0.1 port 34157
…
imap: imap 127.0.0.1 > :use pop3
pop3: pop3 127.0.0.1 > USER obelix
+OK …
pop3: pop3 127.0.0.1 > PASS
Password: (menhir)
+OK obelix has 4 messages
```

```session
pop3: pop3 obelix@127.0.0.1 > STAT
+OK 4 1210
pop3: pop3 obelix@127.0.0.1 4 > TOP 1 0
+OK 238 octets in all
…
Subject: Welcome
…
Message-ID: <welcome.1@gaul.test>

pop3: pop3 obelix@127.0.0.1 4 > :open 127.0.0.1 34157 other
+OK posteld at your service <1.2.3@gaul.test>
other: pop3 127.0.0.1 > !echo '<1.2.3@gaul.test>'
<1.2.3@gaul.test>
other: pop3 127.0.0.1 >
```
"""

    def sheet(self, old="", new=""):
        self.assertEqual(self.SHEET.count(old) if old else 1, 1, old)
        path = self.home.file("sheet.md", self.SHEET.replace(old, new)
                              if old else self.SHEET)
        self.play(sheets.blocks(path))

    def test_right_sheet(self):
        self.sheet()

    def test_wrong_sheets(self):
        for old, new in (
                ("+OK 4 1210", "+OK 4 1211"),       # a wrong answer
                ("+OK 4 1210\n", ""),               # one that is missing
                ("…\nMessage-ID", "Message-ID"),    # lines left out
                ("test>\n\npop3", "test>\npop3"),   # an empty one
                ("1210\n", "1210\n.\n"),            # one too many
                ("…\nSubject", "…\nsubject"),
                ("USER obelix", "USER asterix"),    # what is typed
                ("(menhir)", "(gaul)"),
                ("obelix@127.0.0.1 4 > TOP",
                 "obelix@127.0.0.1 3 > TOP"),       # a prompt
                ("'\n<1.2.3@", "'\n<1.2.4x@"),      # no stamp of the lab's
                ("\nother: pop3 127.0.0.1 >\n", "\npop3: pop3 >\n")):
            with self.subTest(old=old, new=new), \
                    self.assertRaises(sheets.Difference):
                self.sheet(old, new)

    def test_block_without_a_beginning(self):
        path = self.home.file("sheet.md", "```session\n+OK\n```\n")
        with self.assertRaises(ValueError):
            sheets.blocks(path)
        path = self.home.file("sheet.md", "```session\nimap x > NOOP\n```\n")
        with self.assertRaises(ValueError):
            sheets.sessions(path)
        path = self.home.file("sheet.md", "```session\n$ true\n")
        with self.assertRaises(ValueError):
            sheets.blocks(path)


class Programs(Example):
    """The solutions, with servers that are not ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = cls.with_users(Dovecot, "gaul")
        cls.exim = cls.with_server(Exim())

    def setUp(self):
        super().setUp()
        self.take_user(self.dovecot)
        self.pop3 = self.dovecot.url("pop3", self.user)
        self.imap = self.dovecot.url("imap", self.user)
        self.smtp = f"smtp://127.0.0.1:{self.exim.smtp}"
        for user in Exim.MAILBOXES:
            for path in self.exim.inbox(user).files():
                path.unlink()

    def put(self, *numbers):
        contents = [mails.message(n) for n in numbers]
        for content in contents:
            self.inbox.put(content)
        return contents

    def lua(self, name, *arguments, status=DONE, **options):
        result = self.postel(EXAMPLES / "lua" / f"{name}.lua", *arguments,
                             **options)
        self.assertEqual(result.status, status, result)
        return result

    def test_each_is_in_a_session_and_tells_its_usage(self):
        played = "\n".join(line for name in NAMES
                           for _, line in typed(EXAMPLES / "en" / name)
                           if line)
        for path in sorted((EXAMPLES / "lua").glob("*.lua")):
            self.assertIn(f"postel lua/{path.name} ", played)
            result = self.lua(path.stem, status=USAGE)
            self.assertRegex(result.err, b"(?i)usage|URL")
        self.assertIn("cp init.lua", played)

    def test_inbox(self):
        contents = self.put(0, 1)
        out = self.lua("inbox", self.pop3).out.decode().splitlines()
        self.assertEqual(out, [
            f"message {n}: {len(mails.crlf(c))} octets"
            for n, c in enumerate(contents, 1)])
        result = self.lua("inbox", self.pop3, 2)
        self.assertEqual(result.out, mails.unix(contents[1]))
        self.assertRegex(result.err, rb"^S: \+OK")
        self.lua("inbox", self.pop3, 9, status=REFUSED)

    def test_send(self):
        path = self.home.file("letter", mails.message(1))
        result = self.lua("send", self.smtp, "a@gaul.test",
                          "obelix@mail.test", path)
        self.assertEqual(re.findall(rb"(?m)^S: (\d+)", result.err),
                         [b"250", b"250", b"354", b"250"])
        letter = self.exim.wait_delivered("obelix", 1).contents()[0]
        self.assertEqual(mails.digest(letter), mails.digest(path.read_bytes()))
        self.lua("send", self.smtp, "a@gaul.test", "nosuch@mail.test", path,
                 status=REFUSED)
        long = self.home.file("long", b"Subject: x\n\n" + b"x" * 999 + b"\n")
        self.lua("send", self.smtp, "a@gaul.test", "obelix@mail.test", long,
                 status=1)

    def test_transfer(self):
        contents = self.put(*range(6))
        self.lua("transfer", self.pop3, self.smtp, "a@gaul.test",
                 "obelix@mail.test", "1,3-5")
        came = self.exim.wait_delivered("obelix", 4).contents()
        self.assertEqual({mails.number(c): mails.digest(c) for c in came},
                         {n: mails.digest(contents[n]) for n in (0, 2, 3, 4)})
        self.assertEqual(len(self.inbox), 6)

    def test_purge(self):
        unread = self.put(0, 1, 4)
        self.inbox.put(mails.message(9), "S")
        with open("/dev/full", "wb") as full:
            self.lua("purge", self.imap, status=1, stdout=full)
        self.assertEqual(len(self.inbox), 4)
        result = self.lua("purge", self.imap)
        self.assertEqual(result.out, b"".join(map(mails.crlf, unread)))
        self.assertEqual([mails.number(c) for c in self.inbox.contents()],
                         [9])

    def test_read(self):
        self.put(0)
        out = self.lua("read", self.pop3, 1).out.decode()
        self.assertIn("\nSubject     | live message 0, plain\n", out)
        self.assertRegex(out, r"\nlines: 12, the longest of 21 octets: good\n")
        self.inbox.put(b"Subject: a\n b\n\tc\n\n" + b"x" * 999 + b"\ny\n")
        out = self.lua("read", self.pop3, 2).out.decode()
        self.assertIn("\nSubject     | a b\tc\n", out)
        self.assertIn("\nlines: 2, the longest of 999 octets: too long", out)

    def test_attachments_there_and_back(self):
        for size in (0, 1, 2, 3, 56, 57, 58, 1000):
            data = bytes((i * 7 + size) % 256 for i in range(size))
            path = self.home.file(f"data{size}", data)
            self.lua("attach", self.smtp, "a@gaul.test", "obelix@mail.test",
                     path)
            letter = self.exim.wait_delivered("obelix", 1).files()[0]
            self.assertNotRegex(letter.read_bytes(), rb"[^\n]{77}[A-Z]")
            self.inbox.put(letter.read_bytes())
            letter.unlink()
            n = len(self.inbox)
            parts = self.lua("parts", self.imap, n).out.decode().splitlines()
            self.assertRegex(parts[0], r"^1    text/plain, 7bit, \d+ octets$")
            self.assertRegex(parts[1], r"^2    application/octet-stream, base64")
            self.assertEqual(self.lua("parts", self.imap, n, 2).out, data)

    def test_check_pop3(self):
        self.put(0, 1, 4)
        out = self.lua("check-pop3", self.pop3).out
        self.assertNotIn(b"NOT OK", out)
        self.assertEqual(len(self.inbox), 3)
        self.lua("check-pop3", "--delete", self.pop3)
        self.assertEqual([mails.number(c) for c in self.inbox.contents()],
                         [1, 4])
