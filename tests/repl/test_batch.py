"""Lines without a terminal: exact standard output, standard error, status."""

import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import time

from harness import (AUTH, CONNECT, DONE, HERE, IMAP, LATER, LOST, POP3,
                     POSTEL, PROTOCOL, REFUSED, SCRIPT, SMTP, USAGE, Case)

BYE = "C~ \\S+ LOGOUT\nS: * BYE\nS: a{} OK"


class Replies(Case):
    def test_imap(self):
        url = self.peer("imap", IMAP, """
            C: a1 select "A b"
            S: * 3 EXISTS
            S: * FLAGS (\\Seen)
            S: a1 OK [READ-WRITE] there
            C: x NOOP
            S: x OK done
            C: a2 LOGOUT
            S: * BYE
            S: a2 OK bye
            CLOSE""")
        self.batch(url, """
            select "A b"

            x NOOP
            LOGOUT
            """, out="""
            * 3 EXISTS
            * FLAGS (\\Seen)
            a1 OK [READ-WRITE] there
            x OK done
            * BYE
            a2 OK bye
            """)

    def test_literals_are_octets(self):
        url = self.peer("imap", IMAP, r"""
            C: a1 FETCH 1 (BODY[])
            s: * 1 FETCH (BODY[] {9}\r\na\x00\x1b\r\n\xff\r\nx UID 7)\r\n
            S: a1 OK
            C: a2 LOGOUT
            S: a2 OK""")
        result = self.batch(url, "FETCH 1 (BODY[])\n")
        self.assertEqual(result.stdout,
                         b"* 1 FETCH (BODY[] {9}\na\x00\x1b\r\n\xff\r\nx"
                         b" UID 7)\na1 OK\n")

    def test_pop3_dots_are_undone(self):
        url = self.peer("pop3", POP3, """
            C: RETR 1
            S: +OK here
            S: Subject: x
            S:
            S: ..dot
            S: .
            C: QUIT
            S: +OK""".replace("S:\n", "S: \n"))
        result = self.batch(url, "RETR 1\n")
        self.assertEqual(result.stdout,
                         b"+OK here\nSubject: x\r\n\r\n.dot\r\n")

    def test_smtp_lines(self):
        url = self.peer("smtp", SMTP, """
            C: VRFY x
            S: 250-first
            S: 250 second
            C: QUIT
            S: 221 bye""")
        self.batch(url, "VRFY x\n", out="250-first\n250 second\n")

    def test_what_comes_unasked_goes_to_standard_error(self):
        url = self.peer("imap", IMAP, """
            C: a1 NOOP
            S: a1 OK
            S: * 9 EXISTS
            C: a2 LOGOUT
            S: a2 OK""")
        self.batch(url, "NOOP\n!sleep 0.3\n", out="a1 OK\n",
                   err="* 9 EXISTS\n")

    def test_quiet(self):
        url = self.peer("imap", IMAP, """
            C: a1 NOOP
            S: a1 OK
            S: * 9 EXISTS
            C: a2 LOGOUT
            S: a2 OK""")
        self.batch(url, "NOOP\n!sleep 0.3\n", "-q", out="a1 OK\n")

    def test_order_of_c_f_and_e(self):
        url = self.peer("imap", IMAP, """
            C: a1 NOOP
            S: a1 OK 1
            C: a2 CHECK
            S: a2 OK 2
            C: a3 NOOP
            S: a3 OK 3
            C: a4 LOGOUT
            S: a4 OK""")
        path = self.file("lines", "CHECK\r\n:conns")
        result = self.run_postel(url, "-c", "NOOP", "-f", path, "-e",
                                 "print(6 * 7)", "-c", "NOOP")
        self.assertEqual((result.stdout, result.stderr, result.returncode), (
            b"a1 OK 1\na2 OK 2\n* imap         imap pipe\n42\na3 OK 3\n",
            b"", DONE))

    def test_reopened_connection_keeps_its_name(self):
        talk = "C: a1 LOGOUT\nS: * BYE\nS: a1 OK"
        again = self.peer("imap", IMAP, talk)
        self.batch(self.peer("imap", IMAP, talk),
                   f"LOGOUT\n:open '{again}'\n:conns\n",
                   out="* BYE\na1 OK\n* imap         imap pipe\n")

    def test_nothing_is_open(self):
        result = self.run_postel("-c", "NOOP")
        self.assertEqual((result.stdout, result.returncode), (b"", USAGE))
        self.assertEqual(result.stderr, b"postel: nothing is open, and the "
                         b"line went nowhere; open URL or open HOST PORT\n")


class Status(Case):
    def one(self, protocol, talk, line, status, err):
        start = {"imap": IMAP, "pop3": POP3, "smtp": SMTP}[protocol]
        self.batch(self.peer(protocol, start, talk), line + "\n=7\n",
                   status=status, err=err)

    def test_refusals(self):
        for protocol, wire, answer, status in (
                ("imap", "a1 EXPUNGE", "a1 NO [CANNOT] never", REFUSED),
                ("imap", "a1 EXPUNGE", "a1 NO [UNAVAILABLE] later", LATER),
                ("imap", "a1 EXPUNGE", "a1 BAD what", PROTOCOL),
                ("imap", "a1 LOGIN a b", "a1 NO wrong", AUTH),
                ("pop3", "RETR 9", "-ERR none", REFUSED),
                ("pop3", "RETR 9", "-ERR [SYS/TEMP] later", LATER),
                ("smtp", "RCPT TO:<x@y.test>", "550 5.1.1 nobody", REFUSED),
                ("smtp", "RCPT TO:<x@y.test>", "450 4.2.0 later", LATER)):
            with self.subTest(answer):
                line = wire.removeprefix("a1 ")
                shown = wire.replace("LOGIN a b", "LOGIN a <secret>")
                self.one(protocol, f"C: {wire}\nS: {answer}\n"
                         "C~ (a2 LOGOUT|QUIT)\nCLOSE", line, status,
                         f"postel: {shown}: {answer}\n")

    def test_keep_going(self):
        url = self.peer("imap", IMAP, """
            C: a1 EXPUNGE
            S: a1 NO never
            C: a2 NOOP
            S: a2 OK
            C: a3 LOGOUT
            S: a3 OK""")
        self.batch(url, "EXPUNGE\nNOOP\n", "-k", status=REFUSED,
                   out="a1 NO never\na2 OK\n",
                   err="postel: a1 EXPUNGE: a1 NO never\n")

    def test_hang_up(self):
        url = self.peer("imap", IMAP, "C: a1 NOOP\nCLOSE")
        self.batch(url, "NOOP\nNOOP\n", status=LOST, out="",
                   err="postel: a1 NOOP: the server hung up before its "
                       "reply to NOOP\n")

    def test_hang_up_in_between(self):
        url = self.peer("imap", IMAP, "C: a1 NOOP\nS: a1 OK\nCLOSE")
        self.batch(url, "NOOP\n!sleep 0.3\nNOOP\n", status=LOST,
                   out="a1 OK\n", err="postel: the server hung up\n")

    def test_quit_that_fails_is_told(self):
        """POP3 deletes at QUIT: what it did not do must not pass as done."""
        url = self.peer("pop3", POP3, """
            C: DELE 1
            S: +OK
            C: QUIT
            S: -ERR some messages were not removed""")
        self.batch(url, "DELE 1\n", status=REFUSED, out="+OK\n",
                   err="postel: QUIT: -ERR some messages were not removed\n")

    def test_server_that_never_says_goodbye(self):
        url = self.peer("pop3", POP3, "C: RETR 1\nS: -ERR\nC: QUIT")
        began = time.monotonic()
        self.batch(url, "RETR 1\n", status=REFUSED,
                   err="postel: RETR 1: -ERR\n")
        self.assertLess(time.monotonic() - began, 5)

    def test_interrupt(self):
        url = self.peer("imap", IMAP, "C: a1 NOOP\nSLEEP 20")
        child = subprocess.Popen(
            [POSTEL, url, "-c", "NOOP"], env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.7)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=10)
        self.assertEqual((out, err, child.returncode), (b"", b"", 130))

    def test_lua_errors(self):
        self.one("imap", "C~ .*\nCLOSE", "=error('no good')", SCRIPT,
                 "postel: lua:1: no good\n")

    def test_lua_on_a_connection_by_host_and_port(self):
        port = self.listen("S: +OK ready\nC: STAT\nS: -ERR not yet\nC: NOOP\n"
                           "S: +OK\nC: QUIT\nS: +OK")
        result = self.run_postel("-k", "127.0.0.1", port, "-e", "conn:stat()",
                                 "-e", "conn:noop() print(conn.name)")
        self.assertEqual((result.stdout, result.stderr, result.returncode), (
            b"+OK ready\n127.0.0.1\n",
            b"postel: 127.0.0.1: STAT: -ERR not yet\n", REFUSED))

    def test_commands_of_the_system(self):
        self.batch(self.peer("imap", IMAP, "C~ .*\nCLOSE"), "!exit 3\n", status=SCRIPT)


class CommandLine(Case):
    def usage(self, *arguments, says):
        result = self.run_postel(*arguments)
        self.assertEqual((result.stdout, result.returncode), (b"", USAGE))
        self.assertEqual(result.stderr.decode(), f"postel: {says}\n")

    def test_faults(self):
        see = "; postel -h shows the usage"
        self.usage("--nonsense", says="unknown option --nonsense" + see)
        self.usage("-c", says="-c wants an argument" + see)
        self.usage("--timeout=soon", says="--timeout is a number of seconds, "
                   "not soon" + see)
        self.usage("--starttls=maybe", says="--starttls is require, auto or "
                   "no, not maybe" + see)
        self.usage("localhost", "nosuchport",
                   says="nosuchport is no port: a number from 1 to 65535, or "
                        "a name such as imap")
        self.usage("imap://h", "more", says="more is one word too many" + see)
        self.usage("mx.test", says="mx.test is no script, no account and no "
                   "URL, and a host needs a port behind it" + see)
        self.usage("-f", "/nonexistent",
                   says="/nonexistent: No such file or directory")

    def test_misspelt_script(self):
        folder = self.home / ".config" / "postel" / "scripts"
        folder.mkdir(parents=True)
        (folder / "celebrate.lua").write_text("print('hooray', ...)")
        self.usage("celebarte", says="no script celebarte; did you mean "
                   "celebrate?")
        result = self.run_postel("celebrate", "-x", "y")
        self.assertEqual((result.stdout, result.stderr, result.returncode),
                         (b"hooray\t-x\ty\n", b"", DONE))

    def test_help_and_version(self):
        for option in ("-h", "--help"):
            result = self.run_postel(option)
            self.assertEqual((result.stderr, result.returncode), (b"", DONE))
            self.assertTrue(result.stdout.startswith(b"usage: postel "))
        result = self.run_postel("-V")
        self.assertRegex(result.stdout, rb"\Apostel \d+\.\d+\nLua 5\.4.*, "
                         rb"OpenSSL .*, libgsasl .*, zlib .*, readline ")

    def test_host_and_port_send_nothing(self):
        port = self.listen("S: * OK ready", "C: a1 LOGOUT", "S: a1 OK")
        result = self.run_postel("127.0.0.1", port, input="")
        self.assertEqual((result.stdout, result.stderr, result.returncode),
                         (b"* OK ready\n", b"", DONE))

    def test_greeting_that_refuses(self):
        port = self.listen("S: 554 no service here")
        result = self.run_postel("127.0.0.1", port, "-c", "NOOP")
        self.assertEqual((result.stdout, result.returncode),
                         (b"554 no service here\n", REFUSED))
        self.assertEqual(result.stderr, b"postel: 554 no service here\n")

    def test_greeting_of_no_protocol(self):
        port = self.listen("S: SSH-2.0-OpenSSH")
        result = self.run_postel("127.0.0.1", port, "-c", "NOOP")
        self.assertEqual((result.stdout, result.returncode), (b"", PROTOCOL))
        self.assertEqual(len(result.stderr.splitlines()), 1, result)

    def test_more_than_a_greeting(self):
        port = self.listen(r"s: 220 hi\r\n250 what\r\n")
        result = self.run_postel("127.0.0.1", port, "-c", "NOOP")
        self.assertEqual((result.stdout, result.returncode),
                         (b"220 hi\n", PROTOCOL))
        self.assertEqual(
            result.stderr,
            b"postel: the server answers what nobody asked: 250 what\n")

    def test_port_that_nobody_listens_to(self):
        result = self.run_postel("127.0.0.1", "1", "-c", "NOOP")
        self.assertEqual(result.returncode, CONNECT)
        self.assertRegex(result.stderr, rb"\Apostel: .*refused.*\n\Z")

    def test_secrets_leave_the_list_of_processes(self):
        port = self.listen("SLEEP 20")
        child = subprocess.Popen(
            [POSTEL, f"imap://alice:hush1@127.0.0.1:{port}/", "-c",
             "LOGIN alice hush2", "-c", "AUTHENTICATE PLAIN hush3"],
            env=self.environment, stdin=subprocess.DEVNULL)
        try:
            time.sleep(0.5)
            shown = pathlib.Path(f"/proc/{child.pid}/cmdline").read_bytes()
            self.assertIn(b"alice", shown)
            self.assertNotIn(b"hush", shown)
        finally:
            child.kill()
            child.wait()


class Redirections(Case):
    def test_a_file_is_on_disk_before_the_message_is_deleted(self):
        """Each file is synced between its RETR and what may delete it."""
        if shutil.which("strace") is None:
            self.skipTest("there is no strace here")
        for line in "DELE 1", "XDELE 1", ":multi DELE 1", "!true", "=1":
            with self.subTest(line):
                url = self.peer("pop3", POP3, "C: RETR 1", "S: +OK", "S: x",
                                "S: .", "C~ .*", "S: -ERR", "S: -ERR")
                log = self.home / "strace"
                subprocess.run(
                    ["strace", "-o", log, "-e", "trace=rename,fsync,write,"
                     "vfork,clone3,clone", POSTEL, "-k", url, "-c",
                     "RETR 1 :> new", "-c", line], env=self.environment,
                    cwd=self.home, capture_output=True, check=False)
                calls = re.findall(r'^(rename|fsync|write)\((?:\d+, )?"?(\w*)',
                                   log.read_text(), re.M)
                names = [f"{call} {word}" if call == "write" else call
                         for call, word in calls]
                self.assertIn("fsync", names)
                if "DELE" in line:
                    sent = next(i for i, n in enumerate(names)
                                if re.match("write X?DELE", n))
                    self.assertLess(names.index("fsync"), sent)

    MESSAGE = b"Subject: x\r\n\r\n.dot\r\nlast\r\n"
    RETR = """C: RETR 1
              S: +OK
              S: Subject: x
              S: 
              S: ..dot
              S: last
              S: ."""
    QUIT = "C: QUIT\nS: +OK"

    def retr(self, line, *options, **expected):
        self.batch(self.peer("pop3", POP3, self.RETR, self.QUIT),
                   f"RETR 1 {line}\n", *options, **expected)

    def test_file(self):
        self.retr(":> three.eml", out="+OK\n")
        path = self.home / "three.eml"
        self.assertEqual(path.read_bytes(), self.MESSAGE)
        mask = os.umask(0)
        os.umask(mask)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o666 & ~mask)

    def test_file_with_spaces_in_the_home_folder(self):
        self.retr(":> ~/a b.eml", out="+OK\n")
        self.assertEqual((self.home / "a b.eml").read_bytes(), self.MESSAGE)

    def test_file_that_is_there_keeps_mode_and_link(self):
        path = self.file("old", "old\n")
        path.chmod(0o640)
        (self.home / "link").symlink_to(path)
        self.retr(":> link", out="+OK\n")
        self.assertTrue((self.home / "link").is_symlink())
        self.assertEqual(path.read_bytes(), self.MESSAGE)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o640)

    def test_append(self):
        path = self.file("both", "before\n")
        self.retr(":>> both", out="+OK\n")
        self.assertEqual(path.read_bytes(), b"before\n" + self.MESSAGE)

    def test_command(self):
        self.retr(":| cat; echo done", out="+OK\n"
                  + self.MESSAGE.decode() + "done\n")

    def test_command_that_fails(self):
        self.retr(":| cat >/dev/null; exit 3", out="+OK\n", status=SCRIPT,
                  err="postel: cat >/dev/null; exit 3: exit status 3\n")

    def test_command_that_reads_little(self):
        body = "\n".join(f"S: {n} {'x' * 500}" for n in range(2000))
        url = self.peer("pop3", POP3, "C: RETR 1\nS: +OK", body, "S: .",
                        self.QUIT)
        self.batch(url, "RETR 1 :| head -c 5\n", out="+OK\n0 xxx")

    def test_device(self):
        self.retr(":> /dev/null", out="+OK\n")

    def test_standard_output_as_a_file(self):
        """What is written to it comes in its order and replaces nothing."""
        url = self.peer("pop3", POP3, self.RETR, self.QUIT)
        with open(self.home / "all", "wb") as out:
            self.run_postel(url, "-c", "=1", "-c", "RETR 1 :> /dev/stdout",
                            "-c", "=2", stdout=out)
        self.assertEqual((self.home / "all").read_bytes(),
                         b"1\n+OK\n" + self.MESSAGE + b"2\n")

    def test_full_device(self):
        self.retr(":> /dev/full", out="+OK\n", status=SCRIPT,
                  err="postel: /dev/full: No space left on device\n")

    def test_folder_that_is_not_there(self):
        """Nothing is sent for what cannot be written."""
        self.batch(self.peer("pop3", POP3, self.QUIT),
                   "RETR 1 :> no/such\n", out="", status=USAGE,
                   err="postel: no/such: No such file or directory\n")

    def test_refused(self):
        kept = self.file("kept", "old\n")
        self.batch(self.peer("pop3", POP3, "C: RETR 1\nS: -ERR\n", self.QUIT),
                   "RETR 1 :> kept\n", "-q", out="-ERR\n", status=REFUSED,
                   err="postel: RETR 1: -ERR\n")
        self.assertEqual(kept.read_bytes(), b"old\n")
        self.assertEqual([p.name for p in self.home.iterdir()
                          if p.name.startswith(".")], [])

    def test_cut_off(self):
        talk = "C: RETR 1\nS: +OK\nS: Subject: x\nCLOSE"
        for line, kept in ((":> new", None), (":> kept", b"old\n"),
                           (":>> kept", b"old\n")):
            with self.subTest(line):
                self.file("kept", "old\n")
                self.batch(self.peer("pop3", POP3, talk), f"RETR 1 {line}\n",
                           "-q", out="+OK\n", status=LOST,
                           err="postel: RETR 1: the server hung up in the "
                               "middle of a body\n")
                path = self.home / line.split()[-1]
                self.assertEqual(path.exists() and path.read_bytes() or None,
                                 kept)
                self.assertEqual(list(self.home.glob(".postel-*")), [])

    def test_killed(self):
        """No partial file under the final name, not even by SIGKILL."""
        url = self.peer("pop3", POP3,
                        "C: RETR 1\nS: +OK\nS: Subject: x\nSLEEP 20")
        child = subprocess.Popen([POSTEL, url, "-c", "RETR 1 :> new"],
                                 env=self.environment, cwd=self.home,
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL)
        time.sleep(0.7)
        child.kill()
        child.wait()
        self.assertFalse((self.home / "new").exists())

    def test_terminated(self):
        url = self.peer("pop3", POP3,
                        "C: RETR 1\nS: +OK\nS: Subject: x\nSLEEP 20")
        child = subprocess.Popen([POSTEL, url, "-c", "RETR 1 :> new"],
                                 env=self.environment, cwd=self.home,
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        time.sleep(0.7)
        child.terminate()
        self.assertEqual(child.wait(10), -signal.SIGTERM)
        self.assertEqual([p for p in self.home.iterdir()
                          if not p.name.startswith("peer")], [])

    def test_lines_of_a_reply_without_a_body(self):
        url = self.peer("imap", IMAP, """
            C: a1 SEARCH ALL
            S: * SEARCH 1 2
            S: a1 OK
            C: a2 LOGOUT
            S: a2 OK""")
        self.batch(url, "SEARCH ALL :> found\n",
                   out="* SEARCH 1 2\na1 OK\n")
        self.assertEqual((self.home / "found").read_bytes(),
                         b"* SEARCH 1 2\na1 OK\n")

    def test_all_literals_of_a_reply(self):
        url = self.peer("imap", IMAP, r"""
            C: a1 FETCH 1:2 BODY[]
            s: * 1 FETCH (BODY[] {3}\r\nabc)\r\n* 2 FETCH (BODY[] {2}\r\nde)\r\n
            S: a1 OK
            C: a2 LOGOUT
            S: a2 OK""")
        self.batch(url, "FETCH 1:2 BODY[] :> both\n", out="""
            * 1 FETCH (BODY[] {3}
            )
            * 2 FETCH (BODY[] {2}
            )
            a1 OK
            """)
        self.assertEqual((self.home / "both").read_bytes(), b"abcde")

    def test_quotes_and_addresses_are_no_redirections(self):
        url = self.peer("smtp", SMTP, """
            C: MAIL FROM:<a@b.test>
            S: 250 ok
            C: VRFY " :> x "
            S: 252 hm
            C: QUIT
            S: 221 bye""")
        self.batch(url, 'MAIL FROM:<a@b.test>\nVRFY " :> x "\n',
                   out="250 ok\n252 hm\n")

    def test_faults(self):
        url = self.peer("imap", IMAP, "C: a1 LOGOUT\nS: a1 OK")
        self.batch(url, "NOOP :>\nNOOP :> a :> b\nNOOP :|\nNOOP :< /none\n",
                   "-k", out="", status=USAGE, err="""
            postel: :> wants a file name behind it
            postel: a second :> in one line
            postel: :| wants a command behind it
            postel: /none: No such file or directory
            """)

    def test_message_from_a_file(self):
        self.file("mail.txt", "Subject: x\n\n.dot\nno end")
        url = self.peer("smtp", SMTP, """
            C: DATA
            S: 354 go
            C: Subject: x
            C: 
            C: ..dot
            C: no end
            C: .
            S: 250 taken
            C: QUIT
            S: 221 bye""")
        self.batch(url, "DATA :< mail.txt\n", out="354 go\n250 taken\n")

    def test_what_cannot_be_sent_is_told(self):
        self.file("mail.txt", b"a\rb\0c\n" + b"x" * 1000)
        url = self.peer("smtp", SMTP, "C: DATA\nS: 554 no", "C: QUIT\nCLOSE")
        self.batch(url, "DATA :< mail.txt\n", status=REFUSED, err="""
            postel: warning: mail.txt has NUL octets
            postel: warning: mail.txt has bare CRs, which become line ends where a message must have none
            postel: warning: mail.txt has lines of more than 998 octets
            postel: DATA: 554 no
            """)

    def test_output_that_is_full(self):
        url = self.peer("pop3", POP3, self.RETR, "C~ QUIT", "S: +OK")
        with open("/dev/full", "wb") as full:
            result = self.run_postel(url, "-c", "RETR 1", stdout=full)
        self.assertEqual((result.stderr, result.returncode), (
            b"postel: standard output: No space left on device\n", SCRIPT))

    def test_reader_that_goes_away(self):
        body = "\n".join(f"S: {n} {'x' * 500}" for n in range(2000))
        url = self.peer("pop3", POP3, "C: RETR 1\nS: +OK", body, "S: .",
                        "C~ QUIT", "S: +OK")
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as out:
            result = self.run_postel(url, "-c", "RETR 1", "-c", "NOOP",
                                     stdout=out)
        self.assertEqual((result.stderr, result.returncode), (
            b"postel: standard output: Broken pipe\n", SCRIPT))


class Answers(Case):
    """What a server asks for comes from the lines behind."""

    LOGOUT = "C: a2 LOGOUT\nS: a2 OK"

    def test_literal(self):
        url = self.peer("imap", IMAP, """
            C: a1 APPEND Drafts {24}
            S: + go on
            C: Subject: typed
            C: 
            C: body
            C: 
            S: a1 OK stored""", self.LOGOUT)
        self.batch(url, "APPEND Drafts {24}\nSubject: typed\n\nbody\n\n",
                   out="+ go on\na1 OK stored\n")

    def test_literals_in_the_middle_of_lines(self):
        url = self.peer("imap", """
            S: * OK [CAPABILITY IMAP4rev1] ready
            C: a1 LOGIN {5}
            S: + user
            C: alice {6}
            S: + password
            C: secret
            S: a1 OK in""", self.LOGOUT)
        trace = self.home / "trace"
        self.batch(url, "LOGIN {5}\nalice {6}\nsecret\n", f"--trace={trace}",
                   out="+ user\n+ password\na1 OK in\n")
        self.assertNotIn("secret\n", trace.read_text())

    def test_literal_unasked(self):
        url = self.peer("imap", IMAP, """
            C: a1 APPEND Drafts {3+}
            C: abc
            S: a1 OK stored""", self.LOGOUT)
        self.batch(url, "APPEND Drafts {3+}\nabc\n", out="a1 OK stored\n")

    def test_empty_literal(self):
        url = self.peer("imap", IMAP, """
            C: a1 SEARCH SUBJECT {0}
            S: + go
            C:  SEEN
            S: a1 OK""", self.LOGOUT)
        self.batch(url, "SEARCH SUBJECT {0}\n SEEN\n", out="+ go\na1 OK\n")

    def test_refused_literal_is_skipped(self):
        url = self.peer("imap", IMAP, """
            C: a1 APPEND Nowhere {6}
            S: a1 NO [TRYCREATE] no
            C: a2 NOOP
            S: a2 OK
            C: a3 LOGOUT
            S: a3 OK""")
        self.batch(url, "APPEND Nowhere {6}\nLOGOUT\nNOOP\n", "-k",
                   status=REFUSED,
                   out="a1 NO [TRYCREATE] no\na2 OK\n", err=None)

    def test_data(self):
        url = self.peer("smtp", SMTP, """
            C: DATA
            S: 354 go
            C: Subject: x
            C: 
            C: :help
            C: =1
            C: ..two
            C: .
            S: 250 taken
            C: NOOP
            S: 250 ok
            C: QUIT
            S: 221 bye""")
        self.batch(url, "DATA\nSubject: x\n\n:help\n=1\n.two\n.\nNOOP\n",
                   out="354 go\n250 taken\n250 ok\n")

    def test_data_that_breaks_off_is_not_sent(self):
        url = self.peer("smtp", SMTP, "C: DATA\nS: 354 go")
        self.batch(url, "DATA\nSubject: x\n", out="354 go\n", status=USAGE,
                   err="postel: DATA: the input ends before the text does; "
                       "the connection is dropped\n")

    def test_refused_data_is_skipped(self):
        url = self.peer("smtp", SMTP, """
            C: DATA
            S: 554 no valid recipients
            C: NOOP
            S: 250 ok
            C: QUIT
            S: 221 bye""")
        self.batch(url, "DATA\nRSET\n.\nNOOP\n", "-k", status=REFUSED,
                   out="554 no valid recipients\n250 ok\n",
                   err="postel: DATA: 554 no valid recipients\n")

    def test_exchange_by_hand(self):
        url = self.peer("smtp", SMTP, """
            C: AUTH LOGIN
            S: 334 VXNlcm5hbWU6
            C: YWxpY2U=
            S: 334 UGFzc3dvcmQ6
            C: aHVzaA==
            S: 235 in
            C: QUIT
            S: 221 bye""")
        self.batch(url, "AUTH LOGIN\nalice\nhush\n",
                   out="334 VXNlcm5hbWU6\n334 UGFzc3dvcmQ6\n235 in\n",
                   err="the challenge: Username:\nthe challenge: Password:\n")

    def test_exchange_given_up(self):
        url = self.peer("smtp", SMTP, """
            C: AUTH X-ODD
            S: 334 not base64
            C: *
            S: 501 given up
            C: QUIT
            S: 221 bye""")
        self.batch(url, "AUTH X-ODD\n*\n", status=AUTH, err="""
            (this challenge is no base64)
            postel: AUTH X-ODD: 501 given up
            """)

    def test_secret_without_a_terminal(self):
        url = self.peer("pop3", POP3, "C: QUIT\nS: +OK")
        result = subprocess.run(
            ["setsid", "-w", POSTEL, url, "-c", "PASS"], timeout=20,
            env=self.environment, capture_output=True,
            stdin=subprocess.DEVNULL, check=False)
        self.assertEqual((result.stderr, result.returncode), (
            b"postel: no terminal to ask on\n", USAGE))

    def test_idle(self):
        url = self.peer("imap", IMAP, """
            C: a1 IDLE
            S: + idling
            S: * 4 EXISTS
            C: DONE
            S: a1 OK""", self.LOGOUT)
        self.batch(url, "IDLE\nDONE\n", out="+ idling\n* 4 EXISTS\na1 OK\n")

    def test_dry_run(self):
        url = self.peer("imap", IMAP, """
            C: a1 NOOP
            S: a1 OK""", self.LOGOUT)
        self.batch(url, "STORE 1 FLAGS ()\nAPPEND a {5}\nabc\n\nEXPUNGE\n"
                   "NOOP\n", "-n", out="a1 OK\n", err="""
            postel: not sent: STORE 1 FLAGS ()
            postel: not sent: APPEND a {5}
            postel: not sent: EXPUNGE
            """)


class Help(Case):
    def told(self, *lines):
        result = self.run_postel(*(a for line in lines for a in ("-c", line)))
        self.assertEqual((result.stderr, result.returncode), (b"", DONE))
        return result.stdout.decode()

    def test_topics(self):
        for topic, words in (("RETR", "RFC 1939"), ("uid fetch", "RFC 9051"),
                             ("250", "Done"), ("5.1.1", "no such mailbox"),
                             ("4.7.99", "Refused for now"),
                             ("\\Recent", "RFC 3501"), ("IN-USE", "locked"),
                             ("LITERAL+", "RFC 7888"), (":open", "HOST PORT"),
                             ("open", "HOST PORT"), ("BDAT", "RFC 3030")):
            with self.subTest(topic):
                self.assertIn(words, self.told("?" + topic))
                self.assertIn(words, self.told(":help " + topic))

    def test_every_reply_code_of_the_course(self):
        for code in ("211 214 220 221 250 251 252 354 421 450 451 452 500 501 "
                     "502 503 504 550 551 552 553 554").split():
            self.assertIn("RFC", self.told("?" + code))

    def test_verbs_as_they_are_typed(self):
        url = self.peer("imap", "S: * PREAUTH [CAPABILITY IMAP4rev1] hi\n"
                        "C: a1 LOGOUT\nS: * BYE\nS: a1 OK bye")
        told = self.run_postel(url, "-c", ":help").stdout.decode()
        self.assertIn(" UID EXPUNGE,", " ".join(told.split()))
        self.assertNotIn("UID_", told)

    def test_miss(self):
        result = self.run_postel("-c", "?FETHC", "-c", "?nothinglikethis")
        self.assertEqual(result.returncode, USAGE)
        self.assertEqual(result.stderr,
                         b"postel: no help on FETHC; did you mean ?FETCH\n")

    def test_commands(self):
        result = self.run_postel("-k", "-c", ":opne x", "-c", ":use", "-c",
                                 ":use x", "-c", "open h")
        self.assertEqual(result.returncode, USAGE)
        self.assertEqual(result.stderr.decode().splitlines(), [
            "postel: no command :opne; did you mean :open?",
            "postel: usage: :use NAME",
            "postel: no connection x; :conns lists them",
            "postel: h is no account and no URL, and a host needs a port: :open h imap"])
