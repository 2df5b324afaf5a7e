"""Replies as JSON: what Python's own parser makes of each line."""

import base64
import json

from harness import DONE, IMAP, LOGOUT, LOST, POP3, PROTOCOL, REFUSED, SMTP, USAGE, Case

BYE = "C~ \\S+ LOGOUT\nCLOSE"
MEMBERS = ["connection", "protocol", "command", "tag", "ok", "status",
           "temporary", "code", "enhanced", "text", "lines", "data", "body",
           "error"]


def loads(line):
    def refuse(name):
        raise ValueError(name)
    return json.loads(line.decode("utf-8"), parse_constant=refuse)


class Json(Case):
    def objects(self, url, lines, *options, status=DONE):
        result = self.batch(url, lines, "--json", *options, status=status,
                            err=None)
        objects = [loads(line) for line in result.stdout.splitlines()]
        for o in objects:
            if "event" not in o:
                self.assertEqual(list(o), MEMBERS)
        return objects

    def imap(self, response, command="FETCH 1 ALL"):
        """What is made of a reply with this one response."""
        url = self.peer("imap", IMAP, f"C: a1 {command}", f"s: {response}\\r\\n",
                        "S: a1 OK done", LOGOUT.format(tag="a2"))
        (o,) = self.objects(url, command + "\n")
        return o

    def items(self, items):
        o = self.imap(f"* 1 FETCH ({items})")
        self.assertIsNone(o["error"])
        return o["data"][0]["items"]

    def test_imap_values(self):
        o = self.imap(r"* 7 FETCH (UID 9 FLAGS (\\Seen $x) RFC822.SIZE 12)")
        self.assertEqual(o, {
            "connection": "imap", "protocol": "imap",
            "command": "FETCH 1 ALL", "tag": "a1", "ok": True,
            "status": "OK", "temporary": False, "code": None,
            "enhanced": None, "text": "done",
            "lines": ["* 7 FETCH (UID 9 FLAGS (\\Seen $x) RFC822.SIZE 12)",
                      "a1 OK done"],
            "data": [{"name": "FETCH", "number": 7, "items": {
                "UID": 9, "FLAGS": ["\\Seen", "$x"], "RFC822.SIZE": 12}}],
            "body": None, "error": None})

    def test_numbers_keep_all_digits(self):
        items = self.items("X 9007199254740993 Y 9223372036854775807 "
                           "Z 9223372036854775808 MODSEQ (12)")
        self.assertEqual(items["X"], 9007199254740993)
        self.assertEqual(items["Y"], 9223372036854775807)
        self.assertIn(items["Z"], (9223372036854775808, "9223372036854775808"))
        self.assertEqual(items["MODSEQ"], 12)

    def test_envelope(self):
        e = self.items('ENVELOPE ("date" "=?utf-8?q?Caf=C3=A9?=" '
                       '(("=?iso-8859-1?q?Ren=E9?=" NIL "rene" "x.test")) NIL '
                       '((NIL NIL "group" NIL)) NIL NIL NIL NIL '
                       '"<1@x.test>")')["ENVELOPE"]
        self.assertEqual((e["subject"], e["subject_raw"]),
                         ("Café", "=?utf-8?q?Caf=C3=A9?="))
        self.assertEqual(e["from"], [{
            "name": "René", "name_raw": "=?iso-8859-1?q?Ren=E9?=",
            "mailbox": "rene", "host": "x.test", "address": "rene@x.test"}])
        self.assertEqual((e["sender"], e["to"]), ([], []))
        self.assertEqual(e["reply_to"][0]["address"], None)
        self.assertEqual(e["message_id"], "<1@x.test>")

    def test_bodies(self):
        items = self.items(r"BODY[] {6}\r\na\x00\x1b\r\nb FLAGS ()")
        self.assertEqual(items["BODY[]"], {
            "size": 6, "encoding": "utf-8", "content": "a\0\x1b\r\nb"})
        self.assertEqual(items["FLAGS"], [])
        items = self.items(r"BODY[1] {3}\r\n\xff\xfe\x00 BODY[2] NIL "
                           r"BODY[3] {0}\r\n")
        self.assertEqual(items["BODY[1]"]["encoding"], "base64")
        self.assertEqual(base64.b64decode(items["BODY[1]"]["content"]),
                         b"\xff\xfe\0")
        self.assertEqual(items["BODY[2]"], None)
        self.assertEqual(items["BODY[3]"]["content"], "")

    def test_octets_that_are_no_text(self):
        o = self.imap(r'* OK \xff\x1b[31m \xed\xa0\x80 "x\\y"')
        self.assertEqual(o["lines"][0],
                         '* OK \ufffd\x1b[31m \ufffd\ufffd\ufffd "x\\y"')

    def test_mailbox_names(self):
        o = self.imap(r'* LIST (\\Sent) "/" "Entw&APw-rfe"', 'LIST "" *')
        self.assertEqual(o["data"], [{
            "name": "LIST", "flags": ["\\Sent"], "delimiter": "/",
            "mailbox": "Entwürfe", "mailbox_raw": "Entw&APw-rfe",
            "extended": []}])
        o = self.imap('* STATUS "a b" (MESSAGES 2)', "STATUS x (MESSAGES)")
        self.assertEqual((o["data"][0]["mailbox"], o["data"][0]["counts"]),
                         ("a b", {"MESSAGES": 2}))

    def test_other_responses(self):
        self.assertEqual(self.imap("* SEARCH")["data"][0],
                         {"name": "SEARCH", "numbers": []})
        self.assertEqual(self.imap("* OK [UIDNEXT 4] next")["data"][0],
                         {"name": "OK", "code": ["UIDNEXT", 4],
                          "text": "next"})
        self.assertEqual(
            self.imap('* NAMESPACE (("" "/")) NIL NIL')["data"][0],
            {"name": "NAMESPACE", "values": [[["", "/"]], None, None]})

    def test_odd_shapes(self):
        for odd in ("* 1 FETCH (ENVELOPE 7)", "* 1 FETCH (X X X)",
                    "* 1 FETCH (ENVELOPE (1 2 (3) (4)))", "* 1 FETCH",
                    "* 1 FETCH (ENVELOPE ())", "* 1 FETCH (FLAGS)",
                    "* 1 FETCH (FLAGS NIL)", "* 1 FETCH ((1) 2)", "* LIST",
                    '* LIST () "/" (1)', "* STATUS (1)", "* FLAGS 1",
                    "* 1 FETCH (ENVELOPE (", "* ID 1", "* X (", "*"):
            with self.subTest(odd):
                url = self.peer("imap", IMAP, f"C: a1 NOOP\nS: {odd}\n"
                                "S: a1 OK done", LOGOUT.format(tag="a2"))
                result = self.run_postel(url, "--json", "-c", "NOOP")
                for line in result.stdout.splitlines():
                    o = loads(line)
                    if o.get("error"):
                        self.assertEqual(o["error"]["kind"], "proto")
                self.assertIn(result.returncode, (DONE, PROTOCOL), result)
                self.assertGreater(len(result.stdout), 10)

    def test_pop3(self):
        url = self.peer("pop3", POP3, """
            C: STAT
            S: +OK 2 320
            C: LIST
            S: +OK
            S: 1 120
            S: 2 200
            S: .
            C: LIST 2
            S: +OK 2 200
            C: UIDL
            S: +OK
            S: 1 a"b
            S: .
            C: RETR 1
            S: +OK
            S: Subject: x
            S: ..
            S: .
            C: RETR 9
            S: -ERR [IN-USE] later
            C: QUIT
            S: +OK""")
        stat, sizes, size, uids, retr, late = self.objects(
            url, "STAT\nLIST\nLIST 2\nUIDL\nRETR 1\nRETR 9\n", "-k",
            status=7)
        self.assertEqual(stat["data"], {"messages": 2, "octets": 320})
        self.assertEqual(sizes["data"], [{"number": 1, "octets": 120},
                                         {"number": 2, "octets": 200}])
        self.assertEqual(size["data"], {"number": 2, "octets": 200})
        self.assertEqual(uids["data"], [{"number": 1, "uid": 'a"b'}])
        self.assertEqual(retr["body"], {"size": 15, "encoding": "utf-8",
                                        "content": "Subject: x\r\n.\r\n"})
        self.assertEqual((late["ok"], late["temporary"], late["code"]),
                         (False, True, "IN-USE"))

    def test_smtp(self):
        url = self.peer("smtp", SMTP, """
            C: EHLO x
            S: 250-mx.test
            S: 250-SIZE 100
            S: 250 PIPELINING
            C: DATA
            S: 354 go
            C: x
            C: .
            S: 550 5.7.1 no
            C: QUIT
            S: 221 bye""")
        ehlo, data = self.objects(url, "EHLO x\nDATA\nx\n.\n",
                                  status=REFUSED)
        self.assertEqual(ehlo["data"], {"PIPELINING": "", "SIZE": "100"})
        self.assertEqual((data["status"], data["enhanced"], data["text"],
                          data["code"], data["lines"]),
                         ("550", "5.7.1", "no", None,
                          ["354 go", "550 5.7.1 no"]))

    def test_secrets_and_failures(self):
        url = self.peer("imap", IMAP, "C: a1 LOGIN u p\nCLOSE")
        (o, closed) = self.objects(url, "LOGIN u p\n", status=LOST)
        self.assertEqual((o["command"], o["ok"], o["error"]["kind"]),
                         ("LOGIN u <secret>", False, "closed"))
        self.assertEqual(closed["event"], "closed")

    def test_unasked(self):
        url = self.peer("imap", IMAP, """
            C: a1 NOOP
            S: a1 OK
            S: * 9 EXISTS""", LOGOUT.format(tag="a2"))
        noop, event = self.objects(url, "NOOP\n!sleep 0.3\n")
        self.assertEqual(noop["command"], "NOOP")
        self.assertEqual(event, {"connection": "imap", "protocol": "imap",
                                 "event": "EXISTS", "number": 9,
                                 "line": "* 9 EXISTS"})

    def test_greeting(self):
        port = self.listen("S: +OK hello\nC: QUIT\nS: +OK")
        result = self.run_postel("--json", "127.0.0.1", port, "-c", "QUIT")
        greeting, bye = map(loads, result.stdout.splitlines())
        self.assertEqual((greeting["command"], greeting["text"],
                          bye["command"]), (None, "hello", "QUIT"))

    def test_redirected_body(self):
        url = self.peer("imap", IMAP, r"""
            C: a1 FETCH 1 (BODY[])
            s: * 1 FETCH (BODY[] {3}\r\na\x00b UID 1)\r\n
            S: a1 OK""", LOGOUT.format(tag="a2"))
        (o,) = self.objects(url, "FETCH 1 (BODY[]) :> x.eml\n")
        self.assertEqual(o["data"][0]["items"],
                         {"BODY[]": {"saved": "x.eml"}, "UID": 1})
        self.assertEqual((self.home / "x.eml").read_bytes(), b"a\0b")

    def test_large_body_is_named_and_not_held(self):
        url = self.peer("pop3", POP3, "C: RETR 1\nS: +OK",
                        *["s: " + "x" * 60000 + "\\r\\n"] * 300,
                        "S: .\nC: QUIT\nS: +OK")
        (o,) = self.objects(url, "RETR 1\n")
        self.assertEqual(o["body"]["content"], None)
        self.assertIn("larger", o["body"]["error"])

    def test_one_line(self):
        url = self.peer("imap", IMAP, """
            C: a1 NOOP
            S: a1 OK
            C: a2 NOOP
            S: a2 OK
            C: x LOGIN u p
            S: x OK""", LOGOUT.format(tag="a3"))
        result = self.batch(url, ":json NOOP\nNOOP\n:json x LOGIN u p\n")
        first, plain, own = result.stdout.splitlines()
        self.assertEqual(loads(first)["tag"], "a1")
        self.assertEqual(plain, b"a2 OK")
        self.assertEqual(loads(own)["command"], "LOGIN u <secret>")
        self.batch(self.peer("imap", IMAP, BYE), ":json\n", status=USAGE,
                   err="postel: usage: :json LINE\n")
        self.batch(self.peer("imap", IMAP, BYE), ":json :quit\n",
                   status=USAGE,
                   err="postel: usage: :json LINE, a line for the server\n")

    def test_terminal(self):
        t = self.terminal(self.peer("imap", IMAP, """
            C: a1 SEARCH ALL
            S: * SEARCH 1 2
            S: a1 OK \x1b[31mred""".replace("\x1b", "\\x1b").replace(
                "S: a1", "s: a1") + "\\r\\n", BYE))
        t.expect("> ")
        t.line(":json SEARCH ALL")
        t.expect(r'\{\r\n  "connection": "imap",')
        t.expect(r'"data": \[\r\n    \{\r\n      "name": "SEARCH"')
        self.assertNotIn(b"\x1b[31m", t.quiet())
        t.line(":json LOGIN u geheim")
        t.quiet()
        history = (self.home / "state/postel/history").read_text()
        self.assertNotIn("geheim", history)
        self.assertIn(":json LOGIN u", history)
