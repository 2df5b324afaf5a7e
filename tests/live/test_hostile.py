"""Servers that lie, babble, stall and hang up: one line on standard error,
the status of its kind, in bounded time and memory."""

import re
import signal
import subprocess
import time

from hostile import Hostile, flood, hang_up, reset, say, silence, slow
from harness import (AUTH, CONNECT, DONE, LOST, POSTEL, PROTOCOL, REFUSED,
                     SCRIPT, USAGE, LiveCase)
from servers import free_port

TIME_LIMIT = 60
# What a peer can make postel hold; a sanitizer's own memory is not counted.
MEMORY = None if POSTEL.parent.name == "asan" else 160 << 10  # KiB


class HostileCase(LiveCase):
    def meet(self, protocol, answers, *lines, login="", timeout=3,
             quiet=True):
        """A batch of these lines with such a server."""
        commands = [a for line in lines for a in ("-c", line)]
        with Hostile(protocol, answers) as server:
            result = self.postel(server.url(login=login),
                                 f"--timeout={timeout}",
                                 *(["-q"] if quiet else []), *commands,
                                 timeout=50)
        self.assertLess(result.seconds, timeout + 15, result)
        if MEMORY:
            self.assertLess(result.rss, MEMORY, result)
        self.heard = server.heard
        return result

    def ends(self, status, pattern, *arguments, **options):
        result = self.meet(*arguments, **options)
        self.assertFailed(result, status, pattern)
        return result


class HangsUp(HostileCase):
    CLOSED = "(?i)closed|hung up|lost|reset|end"

    def test_before_the_greeting(self):
        for protocol in ("pop3", "smtp", "imap"):
            for end in (hang_up, reset):
                self.ends((LOST, CONNECT), self.CLOSED, protocol,
                          {"": [end]}, "NOOP")

    def test_in_the_greeting(self):
        for protocol, half in (("pop3", b"+O"), ("smtp", b"220-one\r\n22"),
                               ("imap", b"* OK hel")):
            self.ends((LOST, CONNECT), self.CLOSED, protocol,
                      {"": [say(half), hang_up]}, "NOOP")

    def test_in_a_reply(self):
        for protocol, half in (("pop3", b"+OK 1 2"), ("imap", b"* OK x\r\n%t"),
                               ("smtp", b"250-more\r\n25")):
            self.ends(LOST, self.CLOSED, protocol,
                      {"NOOP": [say(half), hang_up]}, "NOOP")

    def test_instead_of_a_reply(self):
        for protocol in ("pop3", "smtp", "imap"):
            for end in (hang_up, reset):
                self.ends(LOST, self.CLOSED, protocol, {"NOOP": [end]},
                          "NOOP", "NOOP")

    def test_in_a_literal(self):
        self.ends(LOST, self.CLOSED, "imap", {"FETCH": [
            say(b"* 1 FETCH (BODY[] {5000}\r\nabc"), hang_up]},
            "SELECT INBOX", "FETCH 1 BODY[]")

    def test_in_a_body(self):
        self.ends(LOST, self.CLOSED, "pop3", {"RETR": [
            say(b"+OK\r\nSubject: x\r\n\r\nabc"), hang_up]}, "RETR 1")

    def test_no_partial_file(self):
        for protocol, answers, line in (
                ("imap", {"FETCH": [say(b"* 1 FETCH (BODY[] {5000}\r\nabc"),
                                    hang_up]}, "FETCH 1 BODY[]"),
                ("pop3", {"RETR": [say(b"+OK\r\nabc\r\n"), hang_up]},
                 "RETR 1")):
            path = self.home.path / "part"
            self.ends(LOST, self.CLOSED, protocol, answers,
                      f"{line} :> {path}")
            self.assertFalse(path.exists())
            kept = self.home.file("kept", "as it was\n")
            self.ends(LOST, self.CLOSED, protocol, answers,
                      f"{line} :> {kept}")
            self.assertEqual(kept.read_bytes(), b"as it was\n")

    def test_bye_and_421_in_the_middle(self):
        for protocol, words in (
                ("imap", b"* BYE going down\r\n"),
                ("smtp", b"421 4.3.2 going down\r\n")):
            result = self.meet(protocol, {"NOOP": [say(words), hang_up]},
                               "NOOP", "NOOP")
            self.assertIn(result.status, (LOST, 7), result)
            self.assertIn(b"going down", result.out + result.err)


class Endless(HostileCase):
    def test_greeting(self):
        for protocol in ("pop3", "smtp", "imap"):
            self.ends((PROTOCOL, CONNECT), "(?i)long|limit|line", protocol,
                      {"": [flood(b"x")]}, "NOOP")

    def test_line(self):
        for protocol in ("pop3", "smtp", "imap"):
            self.ends(PROTOCOL, "(?i)long|limit|endless", protocol,
                      {"NOOP": [flood(b"250 x")]}, "NOOP")

    def test_continuation_lines(self):
        self.ends(PROTOCOL, "(?i)long|limit|many", "smtp",
                  {"NOOP": [flood(b"250-" + b"x" * 500 + b"\r\n")]}, "NOOP")

    def test_untagged_responses(self):
        """A flood nobody asked for ends at a limit or at the deadline."""
        self.ends((PROTOCOL, LOST), ".", "imap",
                  {"NOOP": [flood(b"* 1 EXISTS\r\n* 2 FETCH (FLAGS ())\r\n",
                                  200 << 20)]}, "NOOP")

    def test_capabilities(self):
        self.ends(PROTOCOL, "(?i)long|limit|many", "pop3", {"CAPA": [
            say(b"+OK\r\n"), flood(b"STLS-NOT" * 30 + b"\r\n")]}, "CAPA")

    def test_literal_sizes(self):
        for size in (b"99999999999999999999999", b"18446744073709551616",
                     b"-1", b"0x10", b"4294967296x", b""):
            self.ends(PROTOCOL, ".", "imap", {"NOOP": [
                say(b"* OK {" + size + b"}\r\nabc\r\n"
                    b"* LIST () \"/\" {" + size + b"}\r\nabc\r\n"
                    b"%t OK done\r\n"), silence]}, "NOOP")

    def test_huge_literal_where_a_name_is_due(self):
        self.ends((PROTOCOL, LOST), ".", "imap", {"LIST": [
            say(b"* LIST () \"/\" {900000000}\r\n"), flood(b"x")]},
            'LIST "" "*"')

    def test_nesting(self):
        deep = b"(" * 200000
        result = self.meet("imap", {"FETCH": [
            say(b"* 1 FETCH (BODYSTRUCTURE " + deep + b"\r\n%t OK\r\n")]},
            "FETCH 1 BODYSTRUCTURE")
        self.assertEqual(result.status, PROTOCOL, result)

    def test_challenges(self):
        url_login = "asterix:gaul@"
        self.ends((PROTOCOL, AUTH, LOST), ".", "smtp", {
            "EHLO": [say(b"250-x\r\n250 AUTH PLAIN LOGIN\r\n")],
            "AUTH": [flood(b"334 Z28gb24=\r\n", 1 << 20)]},
            "NOOP", login=url_login)

    def test_silence(self):
        for protocol in ("pop3", "smtp", "imap"):
            result = self.ends(LOST, "(?i)no word|time", protocol,
                               {"NOOP": [silence]}, "NOOP", timeout=1)
            self.assertLess(result.seconds, 4)

    def test_one_octet_at_a_time(self):
        """Slow is not wrong: the reply is understood."""
        result = self.meet("imap", {"NOOP": [
            slow(b"* 3 EXISTS\r\n", 0.05), say(b"%t OK d"),
            slow(b"one\r\n", 0.05)]}, "NOOP")
        self.assertEqual(result.status, DONE, result)

    def test_a_drop_now_and_then_meets_the_deadline(self):
        """One octet a second keeps no reply alive for ever."""
        self.ends(LOST, "(?i)no word|time|slow", "imap", {"NOOP": [
            slow(b"* OK " + b"x" * 1000, 0.3)]}, "NOOP", timeout=2)

    def test_a_drop_now_and_then_of_a_body_meets_the_deadline(self):
        """Whoever reads along does not hide that the server is slow."""
        for line in ("RETR 1", "RETR 1 :> drops"):
            result = self.ends(LOST, "(?i)no word|time|slow", "pop3", {
                "RETR": [say(b"+OK\r\n"), slow(b"x" * 60, 0.3)]}, line,
                timeout=2)
            self.assertLess(result.seconds, 6)

    def test_body_without_end_into_a_file(self):
        """Hundreds of MiB go through bounded memory; hanging up ends it."""
        path = self.home.path / "endless"
        result = self.ends(LOST, ".", "pop3", {"RETR": [
            say(b"+OK\r\n"), flood(b"x" * 70 + b"\r\n", 200 << 20), hang_up]},
            f"RETR 1 :> {path}", timeout=20)
        self.assertFalse(path.exists())
        if MEMORY:
            self.assertLess(result.rss, 16 << 10)


class WrongTurns(HostileCase):
    def test_tag_nobody_sent(self):
        self.ends(PROTOCOL, "(?i)tag", "imap",
                  {"NOOP": [say(b"zzz999 OK done\r\n"), silence]}, "NOOP")

    def test_reply_nobody_asked_for(self):
        """It is shown, and no later command takes it for its own."""
        for protocol, answers, lines, bait in (
                ("pop3", {"NOOP": [say(b"+OK\r\n+OK 99 99\r\n")]},
                 ("NOOP", "STAT"), b"99 99"),
                ("smtp", {"NOOP": [say(b"250 ok\r\n252 bait\r\n")]},
                 ("NOOP", "VRFY x"), b"252 bait")):
            result = self.meet(protocol, answers, *lines, quiet=False)
            self.assertEqual(result.status, PROTOCOL, result)
            self.assertIn(bait, result.err, result)
            self.assertNotIn(bait, result.out, result)

    def test_neither_yes_nor_no(self):
        for protocol in ("pop3", "smtp", "imap"):
            for line in (b"hello\r\n", b"\r\n", b"999\r\n", b"2x0 hm\r\n",
                         b"*\r\n", b"%t MAYBE so\r\n"):
                if protocol == "smtp" and line == b"999\r\n":
                    continue
                self.ends(PROTOCOL, ".", protocol,
                          {"NOOP": [say(line), silence]}, "NOOP")

    def test_greeting_of_another_protocol(self):
        for protocol, words in (("pop3", b"220 smtp here\r\n"),
                                ("smtp", b"* OK imap here\r\n"),
                                ("imap", b"+OK pop here\r\n")):
            self.ends((PROTOCOL, CONNECT), ".", protocol,
                      {"": [say(words), silence]}, "NOOP")

    def test_refusing_greeting(self):
        for protocol, words, status in (
                ("pop3", b"-ERR [SYS/TEMP] too busy\r\n", 7),
                ("smtp", b"554 5.3.2 go away\r\n", REFUSED),
                ("smtp", b"421 4.3.2 too busy\r\n", 7),
                ("imap", b"* BYE too busy\r\n", (REFUSED, 7))):
            self.ends(status, "busy|away", protocol, {"": [say(words)]},
                      "NOOP")

    def test_continuation_nobody_asked_for(self):
        result = self.meet("imap", {"NOOP": [
            say(b"+ go on\r\n"), silence]}, "NOOP", timeout=1)
        self.assertIn(result.status, (PROTOCOL, LOST), result)
        self.assertTrue(result.lines)

    def test_mixed_continuation_codes(self):
        self.ends((PROTOCOL, REFUSED), ".", "smtp", {"NOOP": [
            say(b"250-one\r\n550 two\r\n"), silence]}, "NOOP", timeout=1)

    def test_numbers(self):
        """Counts that are no counts are never believed."""
        for stat in (b"+OK -1 5", b"+OK 99999999999999999999 1", b"+OK",
                     b"+OK x y"):
            result = self.with_script("pop3", {"STAT": [say(stat + b"\r\n")]},
                                      "transfer", "--to", "a@b.test")
            self.assertEqual(result.status, PROTOCOL, result)
            self.assertLessEqual(len(result.lines), 1, result)

    def test_lists_that_are_none(self):
        """With --delete, UIDL is asked for as well."""
        for reply in (b"+OK\r\n0 5\r\n.\r\n", b"+OK\r\n-1 5\r\n.\r\n",
                      b"+OK\r\n1 x\r\n.\r\n", b"+OK\r\nx\r\n.\r\n",
                      b"+OK\r\n99999999999999999999 1\r\n.\r\n"):
            for verb in ("LIST", "UIDL"):
                if verb == "UIDL" and b"1 x" in reply:
                    continue  # x is a unique id
                result = self.with_script("pop3", {verb: [say(reply)]},
                                          "transfer", "--to", "a@b.test",
                                          "--delete")
                self.assertEqual(result.status, PROTOCOL, result)
                self.assertLessEqual(len(result.lines), 1, result)

    def with_script(self, protocol, answers, script, *arguments):
        with Hostile(protocol, answers) as server, Hostile("smtp") as smtp:
            result = self.postel(script, server.url(), smtp.url(login=""),
                                 "--timeout=3", *arguments, timeout=30)
        return result


class Bytes(HostileCase):
    EVIL = b"\x00\x01\x07\x08\x1b[2J\x1b]0;owned\x07\x7f\x9b\xff\xc3(\r x"

    def test_control_octets_in_a_refusal(self):
        for protocol, start in (("pop3", b"-ERR "), ("smtp", b"550 5.1.1 "),
                                ("imap", b"%t NO ")):
            result = self.meet(protocol, {"NOOP": [
                say(start + self.EVIL + b"\r\n")]}, "NOOP")
            self.assertIn(result.status, (REFUSED, PROTOCOL), result)
            self.assertEqual(len(result.lines), 1, result)
            self.assertNotRegex(result.err, rb"[\x00-\x09\x0b-\x1f\x7f]")

    def test_control_octets_in_a_greeting(self):
        for protocol, start in (("pop3", b"-ERR "), ("smtp", b"554 "),
                                ("imap", b"* BYE ")):
            result = self.meet(protocol, {"": [
                say(start + self.EVIL + b"\r\n")]}, "NOOP")
            self.assertNotEqual(result.status, DONE, result)
            self.assertEqual(len(result.lines), 1, result)
            self.assertNotRegex(result.err, rb"[\x00-\x09\x0b-\x1f\x7f]")

    def test_octets_of_a_body_are_exact_in_a_file(self):
        body = bytes(range(256)) * 4 + b"\r\n.\x00\r\n"
        body = body.replace(b"\r\n.", b"\r\n").replace(b"\r\n\r\n", b"\r\n")
        path = self.home.path / "octets"
        self.meet("imap", {"FETCH": [say(
            b"* 1 FETCH (BODY[] {%d}\r\n" % len(body)),
            lambda peer: peer.sock.sendall(body),
            say(b")\r\n%t OK done\r\n")]}, f"FETCH 1 BODY[] :> {path}")
        self.assertEqual(path.read_bytes(), body)

    def test_literal_that_looks_like_a_reply(self):
        bait = b"A1 OK faked\r\n* BYE faked\r\n{5}\r\n)\r\n"
        path = self.home.path / "bait"
        result = self.meet("imap", {"FETCH": [
            say(b"* 1 FETCH (BODY[] {%d}\r\n" % len(bait)),
            lambda peer: peer.sock.sendall(bait),
            say(b")\r\n%t OK done\r\n")]}, f"FETCH 1 BODY[] :> {path}",
            "NOOP")
        self.assertEqual(result.status, DONE, result)
        self.assertEqual(path.read_bytes(), bait)


class Elsewhere(HostileCase):
    """Referrals, alerts and links are the server's words, and nothing else
    (RFC 2221, RFC 2193; RFC 5321 3.4)."""

    # Protocol, verb, its answer, and the line typed; HERE is where they
    # lead.
    CASES = (
        ("imap", "", b"* OK [REFERRAL imap://asterix@HERE/] hi", "NOOP"),
        ("imap", "", b"* BYE [REFERRAL imap://asterix@HERE/] moved", "NOOP"),
        ("imap", "", b"* OK [ALERT] see http://HERE/", "NOOP"),
        ("imap", "LOGIN", b"%t NO [REFERRAL imap://u;AUTH=*@HERE/] moved",
         "LOGIN asterix gaul"),
        ("imap", "LOGIN", b"%t OK [REFERRAL imap://u;AUTH=*@HERE/] moved",
         "LOGIN asterix gaul"),
        ("imap", "SELECT", b"%t NO [REFERRAL imap://asterix@HERE/INBOX] moved",
         "SELECT INBOX"),
        ("imap", "COPY", b"%t NO [REFERRAL imap://HERE/x imap://HERE/y] moved",
         "COPY 1 x"),
        ("imap", "NOOP", b"* OK [ALERT] see imap://HERE/\r\n%t OK done",
         "NOOP"),
        ("imap", "NOOP", b"%t NO [ALERT] see http://HERE/", "NOOP"),
        ("imap", "NOOP", b"* BYE [UNAVAILABLE] see imap://HERE/", "NOOP"),
        ("pop3", "", b"+OK see pop3://HERE", "NOOP"),
        ("pop3", "", b"-ERR [SYS/PERM] moved to pop3://HERE", "NOOP"),
        ("pop3", "PASS", b"-ERR [AUTH] see http://HERE/", "PASS gaul"),
        ("pop3", "STAT", b"-ERR [SYS/TEMP] see pop3://HERE", "STAT"),
        ("pop3", "STAT", b"-ERR [IN-USE] see pop3://HERE", "STAT"),
        ("smtp", "", b"554 5.3.2 go to smtp://HERE", "NOOP"),
        ("smtp", "EHLO", b"550 5.7.1 go to smtp://HERE", "EHLO x"),
        ("smtp", "RCPT", b"551 5.1.6 not here; please try <asterix@[HERE]>",
         "RCPT TO:<asterix@b.test>"),
        ("smtp", "RCPT", b"251 2.1.5 not here; will forward to "
         b"<asterix@[HERE]>", "RCPT TO:<asterix@b.test>"),
        ("smtp", "VRFY", b"551 5.1.6 not here; please try <asterix@[HERE]>",
         "VRFY asterix"),
        ("smtp", "NOOP", b"421 4.3.2 see smtp://HERE", "NOOP"),
        ("lmtp", "RCPT", b"551 5.1.6 not here; please try <asterix@[HERE]>",
         "RCPT TO:<asterix@b.test>"),
        ("lmtp", "LHLO", b"550 5.7.1 go to lmtp://HERE", "LHLO x"))

    def test_shown_and_never_followed(self):
        with Hostile("imap") as trap:
            for protocol, verb, answer, line in self.CASES:
                with self.subTest(f"{protocol} {answer}"):
                    there = b"127.0.0.1:%d" % trap.port
                    words = answer.replace(b"HERE", there)
                    ends = [hang_up] if re.search(b"BYE|^421", words) else []
                    result = self.meet(protocol, {
                        verb: [say(b"%s \x1b]0;x\x07\r\n" % words), *ends]},
                        line, quiet=False)
                    if verb or result.status != DONE:
                        self.assertIn(there, result.out + result.err, result)
                    self.assertNotRegex(result.err,
                                        rb"[\x00-\x08\x0b-\x1f\x7f]")
                    self.assertEqual(trap.connections, 0)

    def test_a_message_goes_nowhere_else(self):
        with Hostile("smtp") as trap:
            there = b"<a@[127.0.0.1]>; smtp://127.0.0.1:%d\r\n" % trap.port
            for code, status in ((b"551 5.1.6", REFUSED),
                                 (b"251 2.1.5", DONE)):
                with Hostile("smtp", {
                        "RCPT": [say(code + b" try " + there)]}) as server:
                    result = self.postel(
                        "send", server.url(""), "--from=a@b.test",
                        "--to=asterix@b.test", "-", input=b"Subject: x\n\nx\n")
                self.assertEqual(result.status, status, result)
                self.assertEqual(server.connections, 1)
            self.assertEqual(trap.connections, 0)

    def test_alerts_reach_scripts(self):
        """With whatever they come; and they are shown behind a login."""
        with Hostile("imap", {
                "LOGIN": [say(b"%t OK [ALERT] expires\x1b[2J\r\n")],
                "NOOP": [say(b"* OK [ALERT] one\r\n%t OK [ALERT] two\r\n")],
                "SELECT": [say(b"* NO [ALERT] three\r\n%t OK\r\n")]
                }) as server:
            result = self.done("-e", f"""
                local c = postel.connect "{server.url()}"
                c:on("ALERT", function(_, e) print(e.line) end)
                c:call "NOOP"
                c:call("SELECT", "INBOX")
                postel.sleep(0.1)""")
            self.assertRegex(result.out, rb"(?s)expires.*one.*two.*three")
            result = self.done(server.url(), "-c", "CAPABILITY")
            self.assertIn(b"[ALERT] expires^[[2J", result.err)


class Scripts(HostileCase):
    """What a user writes can be wrong, too."""

    def test_syntax_error(self):
        path = self.home.file("bad.lua", "local x = = 3\n")
        self.fails(SCRIPT, r"bad\.lua:1", path)
        self.fails(SCRIPT, ":1:", "-e", "local x = = 3")

    def test_error_raised(self):
        path = self.home.file("bad.lua", "\nerror 'on purpose'\n")
        result = self.fails(SCRIPT, "on purpose", path)
        self.assertNotIn(b"stack traceback", result.err)
        result = self.postel("--debug", path)
        self.assertEqual(result.status, SCRIPT, result)
        self.assertIn(b"traceback", result.err)

    def test_wrong_argument_names_it(self):
        self.fails((SCRIPT, USAGE), ".", "-e", "postel.connect(nil)")
        self.fails((SCRIPT, USAGE), ".", "-e", "postel.connect('imap://')")

    def test_uncaught_failure_has_the_status_of_its_kind(self):
        self.fails(CONNECT, "(?i)refused", "-e",
                   f"postel.connect 'imap://127.0.0.1:{free_port()}'")
        with Hostile("imap", {"LOGIN": [say(b"%t NO wrong\r\n")]}) as server:
            self.fails(AUTH, "wrong", "-e",
                       f"postel.connect '{server.url()}'")
        with Hostile("imap", {"NOOP": [hang_up]}) as server:
            self.fails(LOST, ".", "-e", "local c = postel.connect "
                       f"'{server.url(login='')}' c:call('NOOP')")

    def test_interrupted(self):
        with Hostile("imap", {"NOOP": [silence]}) as server:
            running = self.start("-e", "local c = postel.connect "
                                 f"'{server.url(login='')}' c:call('NOOP')")
            time.sleep(0.5)
            running.signal(signal.SIGINT)
            result = running.wait(10)
        self.assertIn(result.status, (130, -signal.SIGINT), result)
        self.assertLessEqual(len(result.lines), 1, result)


class Secrets(HostileCase):
    def test_password_of_a_url_in_no_error(self):
        url = "imap://asterix:gaul7@h"
        chunk = f"postel.connect '{url}"
        for arguments in (
                ("asterix:gaul7@h",), ("inbox", "smtp://asterix:gaul7@h"),
                ("purge", "pop3://asterix:gaul7@h"), ("purge", url, url),
                ("send", url, "--from=", "--to=a@b.test", "-"),
                ("transfer", url, url, "--to=a@b.test"), ("-e", chunk),
                ("-e", f"error '{url} is down'")):
            result = self.fails((SCRIPT, USAGE), ".", *arguments)
            self.assertNotIn(b"gaul7", result.out + result.err, result)

    def test_no_core_is_dumped(self):
        """1 octet is what keeps it from a pipe, too (core(5))."""
        with Hostile("imap", {"NOOP": [silence]}) as server:
            running = self.start(server.url(), "-c", "NOOP")
            time.sleep(0.5)
            with open(f"/proc/{running.process.pid}/limits",
                      encoding="ascii") as limits:
                core = [line.split()[4:6] for line in limits
                        if line.startswith("Max core")]
            running.signal(signal.SIGTERM)
            running.wait(10)
        self.assertIn(core, ([["1", "1"]], [["0", "0"]]))


class Disks(HostileCase):
    MAIL = {"RETR": [say(b"+OK\r\n" + (b"x" * 70 + b"\r\n") * 3000 +
                         b".\r\n")]}

    def limited(self, command):
        with Hostile("pop3", self.MAIL) as server:
            return self.run_shell(
                f"ulimit -f 100; exec {POSTEL} " +
                command.format(server.url(login="")))

    def run_shell(self, command):
        return subprocess.run(
            ["bash", "-c", command], cwd=self.home.path, timeout=30,
            env=self.home.environment, capture_output=True, check=False)

    def test_file_size_limit_is_an_error_and_no_signal(self):
        for command, files in (
                ("{} -c 'RETR 1 :> mail'", []),
                ("-e \"postel.connect '{}':retr(1):save 'mail'\"", []),
                ("{} -c 'RETR 1' > out", ["out"])):
            result = self.limited(command)
            self.assertEqual(result.returncode, SCRIPT, result)
            self.assertRegex(result.stderr, rb"\Apostel: .*large\n\Z")
            left = [f.name for f in self.home.path.glob("*")
                    if f.is_file() and f.stat().st_size > 0]
            self.assertEqual(left, files, result)

    def test_trace_that_cannot_be_written_is_told(self):
        for target in ("/dev/full", "trace"):
            result = self.limited(
                f"-q --trace={target} {{}} -c 'RETR 1 :> /dev/null'")
            self.assertEqual(result.returncode, DONE, result)
            self.assertRegex(result.stderr, rb"\Apostel: the trace .*\n\Z")
