"""init.lua: accounts, settings, aliases, own commands, hooks; and :login,
:run, :source and :lua."""

import base64
import os
import re

from harness import (AUTH, DONE, IMAP, LOGOUT, POP3, REFUSED, ROOT, SCRIPT,
                     SMTP, USAGE, Case)

PLAIN = "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready"


def plain(user, password):
    """What PLAIN puts on the wire (RFC 4616)."""
    return base64.b64encode(f"\0{user}\0{password}".encode()).decode()


def logs_in(tag, user, password):
    return f"""C: {tag} AUTHENTICATE PLAIN {plain(user, password)}
               S: {tag} OK [CAPABILITY IMAP4rev1] in"""


class PolicyCase(Case):
    def init(self, text, mode=0o600):
        folder = self.home / ".config" / "postel"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "init.lua"
        path.write_text(text)
        path.chmod(mode)
        return path

    def tool(self, name, text):
        """A program on PATH."""
        folder = self.home / "bin"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        self.environment["PATH"] = f"{folder}:{os.defpath}"

    def account(self, *parts, fields="", name="work"):
        """An account of a peer at a pipe."""
        url = self.peer("imap", *parts)
        command = url.removeprefix("imap+pipe:")
        return f"""postel.account {{ name = "{name}", protocol = "imap",
            transport = "pipe", path = [[{command}]], user = "alice",
            {fields} }}\n"""

    def lines(self, *lines, options=(), status=DONE, out=None, err=b""):
        arguments = [word for line in lines for word in ("-c", line)]
        result = self.run_postel(*options, *arguments)
        told = result.stdout, result.stderr, result.returncode
        if out is not None:
            self.assertEqual(result.stdout.decode(), out, told)
        if err is not None:
            self.assertEqual(result.stderr, err, told)
        self.assertEqual(result.returncode, status, told)
        return result


class Accounts(PolicyCase):
    def works(self, fields, password, **options):
        self.init(self.account(PLAIN, logs_in("a1", "alice", password),
                               LOGOUT.format(tag="a2"), fields=fields))
        return self.lines("=conn.user", options=["work"],
                          out='alice\n', **options)

    def test_password_command(self):
        self.works('password_command = "echo menhir; echo rest"', "menhir")

    def test_password_file_below_home(self):
        self.file("pw", "idefix\n").chmod(0o600)
        self.works('password_file = "~/pw"', "idefix")

    def test_password_file_that_others_can_read(self):
        path = self.file("pw", "idefix\n")
        path.chmod(0o644)
        self.works('password_file = "~/pw"', "idefix", err=(
            f"postel: {path} can be read by others; chmod 600 it\n").encode())

    def test_password_in_an_init_file_that_others_can_read(self):
        account = self.account(PLAIN, logs_in("a1", "alice", "x y"),
                               LOGOUT.format(tag="a2"),
                               fields='password = "x y"')
        path = self.init(account, 0o644)
        self.lines("=conn.user", options=["work"], err=(
            f"postel: {path} can be read by others; chmod 600 it\n").encode())
        path = self.init("""postel.account {
            name = "u", url = "imap://a:pw@h" }""", 0o640)
        self.lines("=1", out="1\n", err=(
            f"postel: {path} can be read by others; chmod 600 it\n").encode())
        self.init('postel.account { name = "u", url = "imap://a@h" }', 0o644)
        self.lines("=1", out="1\n")

    def test_keyring(self):
        self.tool("secret-tool", f"echo \"$*\" >{self.home}/asked\n"
                  "printf 'ru\"bis'\n")
        self.works('keyring = { service = "the mail", user = "it\'s" }',
                   'ru"bis')
        self.assertEqual((self.home / "asked").read_text(),
                         "lookup service the mail user it's\n")

    def test_keyring_by_host_and_user(self):
        self.tool("secret-tool", f"echo \"$*\" >{self.home}/asked\nexit 1\n")
        port = self.listen(PLAIN, LOGOUT.format(tag="a1"))
        self.init(f"""postel.account {{ name = "work", protocol = "imap",
            host = "127.0.0.1", port = {port}, user = "alice",
            keyring = true }}""")
        self.lines("NOOP", options=["work"], status=AUTH, err=(
            b"postel: work: the keyring gives no password; to store it: "
            b"secret-tool store --label='work' 'service' '127.0.0.1' "
            b"'user' 'alice'\n"))
        self.assertEqual((self.home / "asked").read_text(),
                         "lookup service 127.0.0.1 user alice\n")

    def test_netrc(self):
        self.file("netrc", "machine 127.0.0.1 login bob password no\n"
                  "machine 127.0.0.1 login alice password beaufix\n"
                  ).chmod(0o600)
        port = self.listen(PLAIN, logs_in("a1", "alice", "beaufix"),
                           LOGOUT.format(tag="a2"))
        self.init(f"""postel.account {{ name = "work", protocol = "imap",
            host = "127.0.0.1", port = {port}, user = "alice" }}""")
        self.lines("=conn.user", options=["work"], out='alice\n')

    def test_no_netrc_and_no_question(self):
        self.file("netrc", "machine 127.0.0.1 login alice password x\n"
                  ).chmod(0o600)
        port = self.listen(PLAIN)
        self.init(f"""postel.account {{ name = "work", protocol = "imap",
            host = "127.0.0.1", port = {port}, user = "alice",
            netrc = false, prompt = false }}""")
        result = self.lines("=1", options=["work"], status=AUTH, err=None)
        self.assertIn(b"work: no password for alice", result.stderr)

    def test_asked_for(self):
        self.init(self.account(PLAIN, logs_in("a1", "alice", "hush")))
        screen = self.terminal("work")
        screen.expect("Password for alice at work: $")
        screen.line("hush")
        screen.expect("imap alice@pipe > $")
        self.assertNotIn(b"hush", screen.seen)

    def test_the_command_line_goes_before(self):
        self.file("pw", "other\n").chmod(0o600)
        self.init(self.account(PLAIN, logs_in("a1", "alice", "other"),
                               LOGOUT.format(tag="a2"),
                               fields='password = "no", timeout = 77'))
        self.lines("=conn.user", out='alice\n',
                   options=["--password-file=pw", "work"])

    def test_everywhere_a_url_may_stand(self):
        twice = [self.account(PLAIN, logs_in("a1", "alice", "x"),
                              LOGOUT.format(tag="a2"), name=name,
                              fields='password = "x"')
                 for name in ("one", "two", "three")]
        self.init("".join(twice))
        self.lines(":open one", ":conns", "=conn.name", options=["-q"],
                   out='* one          imap alice@pipe\none\n')
        script = self.file("s.lua", 'local c <close> = postel.connect "two" '
                           'print(c.user, postel.url("two").protocol)')
        result = self.run_postel(script)
        self.assertEqual((result.stdout, result.stderr), (b"alice\timap\n",
                                                          b""))
        self.lines(":open three again", ":conns",
                   out="* again        imap alice@pipe\n", err=None)

    def test_schemes_and_list(self):
        self.init("""
            postel.account { name = "a", protocol = "pop3s", host = "h.test",
                user = "u", password_command = "echo x" }
            postel.account { name = "b", protocol = "imap", tls = true,
                host = "::1" }
            postel.account { name = "c", url = "submission://u@h.test" }""")
        self.lines(":open", out="  a            pop3s://u@h.test:995\n"
                   "  b            imaps://[::1]:993\n"
                   "  c            smtp://u@h.test:587\n")

    def test_misses(self):
        self.init('postel.account { name = "work", url = "imap://a@h" }')
        for arguments, says in (
                (["wrok"], "no script or account wrok; did you mean work?"),
                (["-c", ":open wrok"],
                 "no account wrok; did you mean work?"),
                (["-e", 'postel.connect "wrok"'],
                 "wrok is no URL and no account; did you mean work?"),
                (["-c", ":open elsewhere"],
                 "elsewhere is no account and no URL, and a host needs a "
                 "port: :open elsewhere imap"),
                (["work", "143"],
                 "work is an account, and 143 behind it one word too many")):
            result = self.run_postel(*arguments)
            self.assertEqual((result.stderr.decode(), result.returncode),
                             (f"postel: {says}\n", USAGE))

    def test_what_is_wrong_is_told_at_its_place(self):
        for fields, says in (
                ('url = "imap://h"', "'name' to 'account' (a word"),
                ('name = "a b", url = "imap://h"', "'name' to 'account'"),
                ('name = "x"', "'url' to 'account' (a url, a host or a"),
                ('name = "x", url = "imp://h"', "did you mean imap?"),
                ('name = "x", url = "imap://h", pasword = "y"',
                 "did you mean password?"),
                ('name = "x", host = "h"', "'protocol' to 'account'"),
                ('name = "x", url = "imap://h", keyring = { 1 }',
                 "true or a table of attributes expected")):
            path = self.init(f"\npostel.account {{ {fields} }}")
            result = self.run_postel("-e", "print(1)")
            told = result.stderr.decode()
            self.assertIn(f"{path}:2: bad argument", told)
            self.assertIn(says, told)
            self.assertIn("--norc goes without it", told)
            self.assertEqual(result.returncode, SCRIPT)
        result = self.run_postel("--norc", "-e", "print(1)")
        self.assertEqual((result.stdout, result.stderr), (b"1\n", b""))
        result = self.run_postel("--help")
        self.assertEqual(result.stderr, b"")

    def test_completion(self):
        self.init("".join(f"""postel.account {{
            name = "{name}", url = "imap://a@h" }}\n"""
            for name in ("work", "home", "workshop")))
        screen = self.terminal("-q", self.peer("smtp", SMTP))
        screen.expect("smtp pipe > $")
        screen.type(":open ho\t")
        screen.expect(":open home $")
        screen.type("\x15:open wo\t\t\t")
        screen.expect(r"work +workshop")

    def test_from(self):
        url = self.peer("smtp", SMTP, """
            C: MAIL FROM:<caesar@rome.test>
            S: 250 ok
            C: RCPT TO:<b@x.test>
            S: 250 ok
            C: DATA
            S: 354 go
            C: hi
            C: .
            S: 250 ok
            C: QUIT
            S: 221 bye""")
        self.init(f"""postel.account {{ name = "out", url = [[{url}]],
            from = "caesar@rome.test" }}""")
        self.file("letter", "hi\n")
        result = self.run_postel("send", "out", "letter", "--to=b@x.test")
        self.assertEqual((result.stderr, result.returncode), (b"", DONE))


class Settings(PolicyCase):
    def value(self, name, *options):
        result = self.lines(f":set {name}", options=options)
        return result.stdout.decode().split()[1]

    def test_typed(self):
        self.lines(":set timeout 20", ":set timeout", out=(
            "  timeout     20        Of new connections: to connect, and for "
            "each reply.\n              it is SECONDS | default\n"))
        for line, says in (
                (":set timeout soon",
                 "timeout cannot be soon: it is SECONDS | default"),
                (":set debug maybe", "debug cannot be maybe: it is on | off"),
                (":set colour red",
                 "color cannot be red: it is auto | on | off")):
            self.lines(line, status=USAGE, out="",
                       err=f"postel: {says}\n".encode())

    def test_names(self):
        self.lines(":set t 5", status=USAGE,
                   err=b"postel: t may be one of time, timeout, trace\n")
        self.lines(":set timeuot 5", status=USAGE,
                   err=b"postel: no setting timeuot; did you mean timeout?\n")
        self.lines(":set zzz", status=USAGE,
                   err=b"postel: no setting zzz; :set lists them\n")
        self.lines(":set keep on", "BOGUS", "=1", status=USAGE, out="1\n",
                   err=None)

    def test_from_init(self):
        self.init("postel.set { timeout = 20, debug = true, keep_going = "
                  'false, starttls = "no" }')
        self.assertEqual(self.value("timeout"), "20")
        self.assertEqual(self.value("debug"), "on")
        self.assertEqual(self.value("starttls"), "no")
        self.assertEqual(self.value("keep-going"), "off")
        # What the command line says goes before.
        self.assertEqual(self.value("timeout", "--timeout=7"), "7")
        self.assertEqual(self.value("keep-going", "-k"), "on")

    def test_from_init_wrong(self):
        for text, says in (
                ("postel.set { timeuot = 20 }",
                 "bad argument 'timeuot' to 'set' (no setting timeuot; did "
                 "you mean timeout?)"),
                ('postel.set { timeout = "x" }',
                 "bad argument 'timeout' to 'set' (timeout cannot be x: it "
                 "is SECONDS | default)"),
                ("postel.set { timeout = {} }", "string expected, got table")):
            self.init(text)
            result = self.lines("=1", status=SCRIPT, err=None)
            self.assertIn(says, result.stderr.decode())

    def test_manual(self):
        page = (ROOT / "doc" / "postel.1").read_text()
        described = re.search(r"^\.It Ic :set.*?^\.El$", page,
                              re.S | re.M)[0]
        self.assertEqual(re.findall(r"^\.It Cm (\S+)", described, re.M),
                         [line.split()[0] for line in
                          self.lines(":set").stdout.decode().splitlines()])

    def test_numbers_are_still_sets(self):
        self.lines('=#postel.set "1,3-5"', "=#postel.set {1, 2, 2}",
                   "=#postel.set {}", out="4\n2\n0\n")

    def test_dry_run(self):
        self.batch(self.peer("imap", IMAP, LOGOUT.format(tag="a1")), """
            :set dry-run on
            EXPUNGE
            =do local c = conn:send "EXPUNGE" end
            =postel.options.dry_run
            """, out="true\n", err="""
            postel: not sent: EXPUNGE
            not sent: EXPUNGE
            """)

    def test_trace(self):
        first, second = (self.peer("pop3", POP3, "C: QUIT", "S: +OK")
                         for _ in range(2))
        self.lines(":set trace one", f":open '{first}'", ":set trace two",
                   f":open '{second}'", ":set trace off", err=None)
        for name in ("one", "two"):
            path = self.home / name
            self.assertEqual(path.read_text().count("C: CAPA"), 1)
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_history_and_completion(self):
        screen = self.terminal(self.peer("smtp", SMTP))
        screen.expect("smtp pipe > $")
        screen.type(":set hist\tof\t\r")
        screen.expect("> $")
        screen.line("=40 + 2")
        screen.expect("42.*> $")
        screen.type(":set color o\t\t")
        screen.expect(r"off +on")
        kept = (self.home / "state/postel/history").read_text()
        self.assertEqual(kept, ":set history off\n")

    def test_secrets_in_lua_are_not_kept(self):
        screen = self.terminal(self.peer("pop3", POP3))
        screen.expect("> $")
        for line in ('=({user = "a", password = "hush"}).user',
                     '=postel.type(postel.secret "hush")',
                     "=postel.options.password_file"):
            screen.line(line)
            screen.expect("> $")
        kept = (self.home / "state/postel/history").read_text()
        self.assertEqual(kept.splitlines(), [
            '=({user = "a", password', "=postel.type(postel.secret",
            "=postel.options.password_file"])

    def test_confirm(self):
        screen = self.terminal(self.peer("pop3", POP3, """
            C: USER a
            S: +OK
            C: PASS b
            S: +OK
            C: STAT
            S: +OK 2 20
            C: DELE 1
            S: +OK
            C: QUIT
            S: +OK"""))
        screen.expect("> $")
        for line in ("USER a", "PASS b", "STAT", "DELE 1",
                     ":set confirm off"):
            screen.line(line)
            screen.expect("> $")
        screen.type("\x04")
        screen.ends()


class Aliases(PolicyCase):
    def test_words(self):
        self.init("""
            postel.alias("unread", "SEARCH UNSEEN")
            postel.alias("from", 'SEARCH FROM $1 SINCE $2')
            postel.alias("all", "SEARCH $* $$Junk $x")""")
        self.batch(self.peer("imap", IMAP, """
            C: a1 SEARCH UNSEEN
            S: a1 OK
            C: a2 SEARCH UNSEEN FROM "a b"
            S: a2 OK
            C: a3 SEARCH FROM "a b" SINCE 1-Jan-2026
            S: a3 OK
            C: a4 SEARCH a  b $Junk $x
            S: a4 OK""", LOGOUT.format(tag="a5")), """
            :unread
            :unread FROM "a b"
            :from "a b" 1-Jan-2026
            :all a  b
            """, err=None)

    def test_too_few_words(self):
        self.lines(":alias top TOP $1 $2", ":top 3", status=USAGE,
                   err=b"postel: :top wants more words: it stands for "
                       b"TOP $1 $2\n")

    def test_shown(self):
        self.lines(":alias in LOGIN alice hush", ":alias two =1 + 1",
                   ":alias", ":alias two", ":two", "?:two",
                   out="  :in           LOGIN alice\n"
                       "  :two          =1 + 1\n"
                       "  :two          =1 + 1\n"
                       "2\n"
                       ":two\n    An alias for =1 + 1\n")
        result = self.lines(":alias in LOGIN alice hush $1", ":help", "?:in",
                            ":in", status=USAGE, err=None)
        self.assertNotIn(b"hush", result.stdout + result.stderr)

    def test_no_built_in_is_hidden(self):
        self.lines(":alias open =1", status=USAGE,
                   err=b"postel: :open is a command of postel, and stays "
                       b"that\n")
        # Nor a beginning of one.
        self.lines(":alias op =1", ":op", out="1\n")
        self.lines(":alias opx =1", ":ope", out=None, status=USAGE, err=None)
        self.lines(":alias a-b =1", ":alias 'a b' =1", status=USAGE, err=None)

    def test_endless(self):
        self.lines(":alias x :y", ":alias y :x", ":x", status=USAGE,
                   err=b"postel: :x: aliases and files stand more than 8 "
                       b"deep in one another\n")

    def test_secrets_are_not_kept(self):
        screen = self.terminal(self.peer("imap", IMAP, """
            C: a1 LOGIN alice hush
            S: a1 NO"""))
        screen.expect("> $")
        for line in (":alias in LOGIN $1 $2", ":alias me LOGIN bob quiet",
                     ":in alice hush"):
            screen.line(line)
            screen.expect("> $")
        kept = (self.home / "state/postel/history").read_text()
        self.assertEqual(kept.splitlines(), [":alias in LOGIN $1",
                                             ":alias me LOGIN bob", ":in"])


class Commands(PolicyCase):
    INIT = """
        postel.command("hello", function(words, c)
            print(#words, words[1], words[2], c and c.protocol)
        end, "Says hello.")
        postel.command("three", function() return 3 end)
        postel.command("bad", function() error "no luck" end, "Fails.")
        postel.command("refused", function(_, c) c:call("DELE", 1) end)
        """

    def test_called(self):
        self.init(self.INIT)
        self.lines(":hello a 'b c'", ":three", out="2\ta\tb c\tnil\n",
                   status=3)
        result = self.lines(":bad", status=SCRIPT, err=None)
        self.assertRegex(result.stderr.decode(),
                         r"\Apostel: [^\n]*init\.lua:6: no luck\n\Z")
        self.batch(self.peer("pop3", POP3, """
            C: DELE 1
            S: -ERR not yours
            C: QUIT
            S: +OK"""), ":refused\n", status=REFUSED, out="", err=None)

    def test_told(self):
        self.init(self.INIT)
        result = self.lines(":help").stdout.decode()
        self.assertIn("\nyour own:\n  :hello                 Says hello.\n",
                      result)
        self.lines("?:hello", out=":hello\n    Says hello.\n")
        self.lines(":hallo", status=USAGE,
                   err=b"postel: no command :hallo; did you mean :hello?\n")

    def test_completed(self):
        self.init(self.INIT)
        screen = self.terminal(self.peer("pop3", POP3))
        screen.expect("pop3 pipe > $")
        screen.type(":hell\tx\r")
        screen.expect("1\tx\tnil\tpop3|1 +x +nil +pop3")
        screen.expect("pop3 pipe > $")
        screen.line(":bad")
        screen.expect("no luck.*pop3 pipe > $")

    def test_none_hides_a_built_in(self):
        self.init('postel.command("quit", print)')
        result = self.lines("=1", status=SCRIPT, err=None)
        self.assertIn(b":quit is a command of postel", result.stderr)


class Hooks(PolicyCase):
    def test_what_happens(self):
        self.init("""
            postel.on("open", function(c) print("open", c.protocol) end)
            postel.on("login", function(c) print("login", c.user) end)
            postel.on("reply", function(c, r)
                print("reply", r.sent, r.status)
            end)
            postel.on("close", function(c) print("close", c.state) end)""")
        self.batch(self.peer("pop3", POP3, """
            C: USER alice
            S: +OK
            C: PASS x
            S: +OK in
            C: STAT
            S: +OK 1 10
            C: QUIT
            S: +OK"""), """
            USER alice
            PASS x
            STAT
            """, out="""
            open\tpop3
            +OK
            reply\tUSER alice\t+OK
            +OK in
            reply\tPASS <secret>\t+OK
            login\talice
            +OK 1 10
            reply\tSTAT\t+OK
            close\tclosed
            """, err=None)

    def test_an_error_costs_nothing(self):
        self.init("""
            postel.on("reply", function() error "no luck" end)
            postel.on("reply", function(c) c:call "BOGUS" end)
            postel.on("reply", function(_, r) print("third", r.sent) end)""")
        result = self.batch(self.peer("pop3", POP3, """
            C: NOOP
            S: +OK
            C: BOGUS
            S: -ERR what
            C: STAT
            S: +OK 0 0
            C: BOGUS
            S: -ERR what
            C: QUIT
            S: +OK"""), "NOOP\nSTAT\n", out="""
            +OK
            third\tNOOP
            +OK 0 0
            third\tSTAT
            """, err=None)
        told = result.stderr.decode()
        self.assertEqual(len(re.findall(
            r'^postel: in a hook of "reply": .*init\.lua:2: no luck$', told,
            re.M)), 2)
        self.assertEqual(len(re.findall(
            r'^postel: in a hook of "reply": .*BOGUS: -ERR what$', told,
            re.M)), 2)

    def test_unknown(self):
        self.init('postel.on("opne", print)')
        result = self.lines("=1", status=SCRIPT, err=None)
        self.assertIn(b"open, login, reply or close expected", result.stderr)


class Login(PolicyCase):
    def test_asks_for_what_is_missing(self):
        screen = self.terminal(self.peer(
            "imap", "S: * OK ready", """
            C: a1 CAPABILITY
            S: * CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN
            S: a1 OK""", logs_in("a2", "alice", "hush")))
        screen.expect("imap pipe > $")
        screen.line(":login")
        screen.expect("User: $")
        screen.line("alice")
        screen.expect("Password for alice at .*: $")
        screen.line("hush")
        screen.expect("logged in as alice by PLAIN")
        screen.expect("imap alice@pipe > $")
        screen.line(":login")
        screen.expect("alice is logged in already")
        self.assertNotIn(b"hush", screen.seen)

    def test_refused(self):
        self.file("pw", "x\n").chmod(0o600)
        result = self.batch(self.peer("pop3", POP3, """
            C: USER bob
            S: +OK
            C: PASS x
            S: -ERR wrong
            C: QUIT
            S: +OK"""), ":login bob\n", "--password-file=pw", status=AUTH,
            out="", err=None)
        self.assertIn(b"PASS <secret>: -ERR wrong\n", result.stderr)

    def test_who_it_is_the_netrc_knows(self):
        self.file("netrc", "machine 127.0.0.1 login carol password x\n"
                  ).chmod(0o600)
        port = self.listen(POP3, """
            C: USER carol
            S: +OK
            C: PASS x
            S: +OK
            C: QUIT
            S: +OK""")
        result = self.run_postel("127.0.0.1", port, "-c", ":login", "-c",
                                 "=conn.user")
        self.assertEqual(result.stdout, b'+OK ready\ncarol\n',
                         result.stderr)
        self.assertIn(b"logged in as carol by USER and PASS\n",
                      result.stderr)

    def test_never_in_clear_without_a_word(self):
        # No name that means this host: so it counts as a network.
        port = self.listen(PLAIN, logs_in("a1", "alice", "hush"))
        screen = self.terminal("127.1", port)
        screen.expect("imap! 127.1 > $")
        screen.line(":login alice")
        screen.expect(r"no STARTTLS on offer.*not encrypted.*\(y/n\) $")
        screen.line("n")
        screen.expect("imap! 127.1 > $")
        screen.line(":login alice")
        screen.expect(r"\(y/n\) $")
        screen.line("y")
        screen.expect("Password for alice at 127.1: $")
        screen.line("hush")
        screen.expect("logged in as alice by PLAIN")

    def test_never_in_clear_in_a_batch(self):
        port = self.listen(PLAIN, LOGOUT.format(tag="a1"))
        self.file("pw", "x\n").chmod(0o600)
        result = self.run_postel("--password-file=pw", "127.1", port, "-c",
                                 ":login alice")
        self.assertIn(b"postel: 127.1: no STARTTLS on offer",
                      result.stderr)
        self.assertEqual(result.returncode, AUTH)

    def test_nobody_to_ask(self):
        self.batch(self.peer("pop3", POP3, "C: QUIT", "S: +OK"), ":login\n",
                   status=AUTH, out="",
                   err="postel: who is to log in?  :login USER\n")
        self.lines(":login", status=USAGE,
                   err=b"postel: nothing is open to log in on\n")

    def test_the_account_knows(self):
        self.init(self.account(
            PLAIN, logs_in("a1", "alice", "menhir"),
            LOGOUT.format(tag="a2"),
            fields='password_command = "echo menhir", login = false'))
        self.lines("=conn.user", ":login", "=conn.user", options=["work"],
                   out="\nalice\n", err=b"logged in as alice by PLAIN\n")


class Run(PolicyCase):
    def test_on_this_connection(self):
        script = self.file("s.lua", "print(conn.protocol, arg[0], ...)\n"
                           "conn:noop()\nreturn 4")
        self.batch(self.peer("pop3", POP3, """
            C: NOOP
            S: +OK
            C: QUIT
            S: +OK"""), f":run {script} a 'b c'\n", status=4,
            out=f"pop3\t{script}\ta\tb c\n", err=None)

    def test_by_name(self):
        folder = self.home / ".config/postel/scripts"
        folder.mkdir(parents=True)
        (folder / "hi.lua").write_text("print('hi', conn)")
        self.lines(":run hi", out="hi\tnil\n")
        self.lines(":run hii", status=USAGE,
                   err=b"postel: no script hii; did you mean hi?\n")
        self.lines(":run nothing-like-it", status=USAGE, err=(
            b"postel: no script nothing-like-it, and a file wants its path: "
            b"./nothing-like-it\n"))

    def test_its_options_end_with_it(self):
        script = self.file("s.lua", """
            local o = postel.args(arg, { name = "s", about = "x",
                {"-n", "--dry-run", "x"} })
            print(o.dry_run, postel.options.dry_run, postel.options.timeout)
            """)
        result = self.lines(f":run {script} -n --timeout=3",
                            "=postel.options.dry_run",
                            "=postel.options.timeout", f":run {script}")
        self.assertEqual(result.stdout.decode().split(),
                         ["true", "true", "3", "false", "nil", "nil",
                          "false", "nil"])

    def test_interrupted(self):
        script = self.file("s.lua", "print 'on' while true do end")
        screen = self.terminal(self.peer("pop3", POP3, """
            C: NOOP
            S: +OK fine"""))
        screen.expect("> $")
        for pause in ("while true do end",
                      "while true do postel.sleep(9) end"):
            script.write_text(f"print 'on' {pause}")
            screen.line(f":run {script}")
            screen.expect("on\r\n")
            screen.quiet()
            screen.type("\x03")
            screen.expect("interrupted.*exit status 130.*pop3 pipe > $")
        screen.line("NOOP")
        screen.expect("fine")


class Source(PolicyCase):
    def test_as_if_typed(self):
        self.file("lines", """
            =1 + 1
            APPEND Drafts {6}
            ab
            cd
            :alias two =2 * 2
            :two
            """.replace("            ", ""))
        self.batch(self.peer("imap", IMAP, """
            C: a1 APPEND Drafts {6}
            S: + go
            C: ab
            C: cd
            S: a1 OK""", LOGOUT.format(tag="a2")), ":source lines\n=9\n",
            out=None, err=None)

    def refused(self, *options, **expected):
        self.file("lines", "=1\nBOGUS\n=2\n")
        return self.batch(self.peer("pop3", POP3, """
            C: BOGUS
            S: -ERR what
            C: QUIT
            S: +OK"""), ":source lines\n", *options, status=REFUSED,
            **expected)

    def test_stops_at_a_refusal(self):
        result = self.refused(out="1\n-ERR what\n", err=None)
        self.assertIn(b"lines:2: stopped here\n", result.stderr)

    def test_goes_on_if_that_is_wanted(self):
        self.refused("-k", out="1\n-ERR what\n2\n", err=None)

    def test_endless(self):
        self.file("lines", ":source lines\n")
        result = self.lines(":source lines", status=USAGE, err=None)
        self.assertIn(b"more than 8 deep", result.stderr)

    def test_no_file(self):
        self.lines(":source nowhere", status=USAGE,
                   err=b"postel: nowhere: No such file or directory\n")

    def test_at_a_terminal(self):
        self.file("lines", "NOOP\n=7\nBOGUS\n=8\n")
        screen = self.terminal(self.peer("pop3", POP3, """
            C: NOOP
            S: +OK fine
            C: BOGUS
            S: -ERR what
            C: NOOP
            S: +OK again"""))
        screen.expect("> $")
        screen.type(":source lin\t\r")
        screen.expect(r"> NOOP\r\n\+OK fine\r\n> =7\r\n7\r\n> BOGUS\r\n"
                      r"-ERR what\r\n")
        screen.expect("lines:3: stopped here\r\npop3 pipe > $")
        screen.line("NOOP")
        screen.expect("again")

    def test_interrupted(self):
        self.file("lines", "NOOP\n=7\n")
        screen = self.terminal(self.peer("pop3", POP3, """
            C: NOOP
            SLEEP 30"""))
        screen.expect("> $")
        screen.line(":source lines")
        screen.expect("> NOOP\r\n")
        screen.type("\x03")
        screen.expect("lines:1: interrupted here\r\n.*> $")


class LuaPrompt(PolicyCase):
    def test_several_lines(self):
        screen = self.terminal(self.peer("pop3", POP3, """
            C: NOOP
            S: +OK fine"""))
        screen.expect("> $")
        screen.line(":lua")
        screen.expect("lua> $")
        for line, prompt in (("function twice(n)", r"\.\.\.> $"),
                             ("return 2 * n", r"\.\.\.> $"),
                             ("end", "lua> $"), ("twice(21)", "42\r\nlua> $"),
                             ("x = = 1", "unexpected symbol.*lua> $"),
                             ("for i = 1, 2 do", r"\.\.\.> $")):
            screen.line(line)
            screen.expect(prompt)
        screen.type("\x03")
        screen.expect("lua> $")
        screen.line("conn.protocol")
        screen.expect('pop3\r\nlua> $')
        screen.type("\x04")
        screen.expect("pop3 pipe > $")
        screen.line(":lua")
        screen.expect("lua> $")
        screen.line(":quit")
        screen.expect("pop3 pipe > $")
        screen.line("NOOP")
        screen.expect("fine")
        kept = (self.home / "state/postel/history").read_text()
        self.assertEqual(kept.splitlines(), [":lua", "NOOP"])

    def test_in_a_batch(self):
        self.lines(":lua", "for i = 1, 2 do", "print(i)", "end", ":quit",
                   "=3", out="1\n2\n3\n")
        self.lines(":lua", "error 'no'", "print(2)", status=SCRIPT, out="",
                   err=b"postel: lua:1: no\n")
        self.lines(":lua", "for i = 1, 2 do", status=SCRIPT, out="",
                   err=b"postel: lua:1: 'end' expected near <eof>\n")
