"""What servers say, in words; and all words in French."""

import re
import subprocess

from harness import (DONE, IMAP, POP3, REFUSED, ROOT, SMTP, USAGE, Case)

LITERAL = r'"(?:[^"\\]|\\.)*"'


def rows(name):
    """The rows of each table in topics_NAME.c: key, text, RFC."""
    source = (ROOT / "shell" / f"topics_{name}.c").read_text()
    macros = dict(re.findall(r'#define (\w+) (".*")', source))
    tables = {}
    for table, body in re.findall(r"struct topic (\w+)\[\] = \{(.*?)\n\};",
                                  source, re.S):
        tables[table] = [
            (key.replace("\\\\", "\\"),
             "".join(re.findall(LITERAL, text)).replace('""', ""),
             "".join(macros.get(w, w) for w in rfc.split()))
            for key, text, rfc in re.findall(
                r'\{"((?:[^"\\]|\\.)*)",\s*N_\(((?:\s*%s)+)\),\s*([^}]*)\}'
                % LITERAL, body)]
        assert len(tables[table]) == body.count("N_("), table
    return tables


TABLES = {table: found for name in ("smtp", "pop3", "sasl", "imap",
                                    "imap_flags", "imap_capabilities")
          for table, found in rows(name).items()}

# The registries, as they were when this was written.
REGISTRY = {
    "topics_smtp_codes": """211 214 220 221 235 250 251 252 253 334 354 355
        421 432 450 451 452 453 454 455 458 459 500 501 502 503 504 521 523
        530 534 535 538 550 551 552 553 554 555 556""",
    "topics_smtp_enhanced": " ".join(
        f"x.{subject}.{detail}" for subject, last in enumerate(
            (0, 10, 4, 6, 7, 6, 10, 30)) for detail in range(last + 1)),
    "topics_smtp_capabilities": """SEND SOML SAML EXPN HELP TURN 8BITMIME SIZE
        VERB ONEX CHUNKING BINARYMIME CHECKPOINT DELIVERBY PIPELINING DSN ETRN
        ENHANCEDSTATUSCODES STARTTLS NO-SOLICITING MTRK SUBMITTER ATRN AUTH
        FUTURERELEASE CONPERM CONNEG BURL SMTPUTF8 MT-PRIORITY RRVS REQUIRETLS
        LIMITS UTF8SMTP VRFY XCLIENT XFORWARD""",
    "topics_pop3_codes": "LOGIN-DELAY IN-USE SYS/TEMP SYS/PERM AUTH UTF8",
    "topics_pop3_capabilities": """TOP USER SASL RESP-CODES LOGIN-DELAY
        PIPELINING EXPIRE UIDL IMPLEMENTATION STLS AUTH-RESP-CODE LANG
        UTF8""",
    "topics_imap_codes": """ALERT BADCHARSET CAPABILITY PARSE PERMANENTFLAGS
        READ-ONLY READ-WRITE TRYCREATE UIDNEXT UIDVALIDITY UNSEEN NEWNAME
        REFERRAL UNKNOWN-CTE APPENDUID COPYUID UIDNOTSTICKY URLMECH BADURL
        TOOBIG COMPRESSIONACTIVE HIGHESTMODSEQ NOMODSEQ MODIFIED CLOSED
        NOTSAVED BADCOMPARATOR ANNOTATE ANNOTATIONS METADATA BADEVENT
        NOTIFICATIONOVERFLOW UNDEFINED-FILTER UNAVAILABLE AUTHENTICATIONFAILED
        AUTHORIZATIONFAILED EXPIRED PRIVACYREQUIRED CONTACTADMIN NOPERM INUSE
        EXPUNGEISSUED CORRUPTION SERVERBUG CLIENTBUG CANNOT LIMIT OVERQUOTA
        ALREADYEXISTS NONEXISTENT USEATTR TEMPFAIL MAXCONVERTMESSAGES
        MAXCONVERTPARTS NOUPDATE HASCHILDREN MAILBOXID INPROGRESS UIDREQUIRED
        MESSAGELIMIT""",
    "topics_imap_capabilities": """ACL ANNOTATE-EXPERIMENT-1 APPENDLIMIT AUTH=
        BINARY CATENATE CHILDREN COMPRESS=DEFLATE CONDSTORE CONTEXT=SEARCH
        CONTEXT=SORT CONVERT CREATE-SPECIAL-USE ENABLE ESEARCH ESORT FILTERS
        I18NLEVEL=1 I18NLEVEL=2 ID IDLE IMAPSIEVE= IMAP4rev1 IMAP4rev2
        INPROGRESS JMAPACCESS LANGUAGE LIST-EXTENDED LIST-METADATA
        LIST-MYRIGHTS LIST-STATUS LITERAL+ LITERAL- LOGIN-REFERRALS
        LOGINDISABLED MAILBOX-REFERRALS MESSAGELIMIT= METADATA METADATA-SERVER
        MOVE MULTIAPPEND MULTISEARCH NAMESPACE NOTIFY OBJECTID PARTIAL PREVIEW
        QRESYNC QUOTA QUOTA=RES-STORAGE QUOTASET REPLACE RIGHTS= SASL-IR
        SAVEDATE SAVELIMIT= SEARCH=FUZZY SEARCHRES SORT SORT=DISPLAY
        SPECIAL-USE STARTTLS STATUS=SIZE THREAD= UIDONLY UIDPLUS
        UNAUTHENTICATE UNSELECT URLFETCH=BINARY URL-PARTIAL URLAUTH
        UTF8=ACCEPT UTF8=ALL UTF8=APPEND UTF8=ONLY UTF8=USER WITHIN X-GM-EXT-1
        XLIST""",
    "topics_imap_attributes": r"""\Noinferiors \NonExistent \Noselect
        \HasChildren \HasNoChildren \Marked \Unmarked \Subscribed \Remote \All
        \Archive \Drafts \Flagged \Important \Junk \Sent \Trash \Memos
        \Scheduled \Snoozed""",
    "topics_imap_flags": r"""\Seen \Answered \Flagged \Deleted \Draft \Recent
        \* $MDNSent $Forwarded $SubmitPending $Submitted $Junk $NotJunk
        $Phishing $Important $hasattachment $muted $followed $memo $notify""",
    "topics_imap_responses": """CAPABILITY ENABLED LIST LSUB NAMESPACE STATUS
        FLAGS SEARCH ESEARCH SORT THREAD EXISTS RECENT EXPUNGE VANISHED FETCH
        ID QUOTA QUOTAROOT ACL LISTRIGHTS MYRIGHTS METADATA LANGUAGE""",
    "topics_mechanisms": """PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1
        SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS EXTERNAL ANONYMOUS
        GSSAPI NTLM XOAUTH2 OAUTHBEARER OTP SECURID""",
}


class Topics(Case):
    def test_rows_are_whole(self):
        self.assertEqual(len(TABLES), 15)
        for table, found in TABLES.items():
            keys = [key.lower() for key, _, _ in found]
            for key in keys:
                with self.subTest(table=table, key=key):
                    self.assertEqual(keys.count(key), 1)
            for key, text, rfc in found:
                with self.subTest(table=table, key=key):
                    self.assertGreater(len(text), 5)
                    self.assertRegex(rfc, "RFC|draft-|IANA")

    def test_registries(self):
        for table, wanted in REGISTRY.items():
            have = {key for key, _, _ in TABLES[table]}
            self.assertEqual(set(wanted.split()) - have, set(), table)

    def told(self, topic, *arguments):
        return self.run_postel(*arguments, "-c", "?" + topic).stdout.decode()

    def test_all_meanings_the_protocol_spoken_first(self):
        for topic, kinds in (("UIDNEXT", ("response code", "STATUS")),
                             ("RECENT", ("untagged", "STATUS")),
                             ("SIZE", ("EHLO", "STATUS"))):
            for kind in kinds:
                self.assertRegex(self.told(topic), kind)
        url = self.peer("imap", IMAP, "C~ \\S+ LOGOUT\nCLOSE")
        told = self.told("SIZE", url)
        self.assertLess(told.index("STATUS"), told.index("EHLO"))

    def test_enhanced_codes_that_are_none(self):
        for topic in ("5.1", "3.1.1", "5.1.1.1", "5..1", "5.1.", "5.1.1234"):
            self.assertEqual(self.told(topic), "")


class Explain(Case):
    def words(self, protocol, *lines, command=None):
        """What is told of a reply, on standard error, and the bare output."""
        begin = {"imap": IMAP, "pop3": POP3, "smtp": SMTP}[protocol]
        command = command or {"imap": "a1 NOOP", "pop3": "NOOP",
                              "smtp": "NOOP"}[protocol]
        url = self.peer(protocol, begin, f"C: {command}", *lines,
                        "C~ .*(QUIT|LOGOUT)\nCLOSE")
        result = self.run_postel(url, "-k", "-c", ":explain on", "-c",
                                 command.removeprefix("a1 "))
        told = [line for line in result.stderr.decode().splitlines()
                if line.startswith("  ")]
        return "\n".join(told), result.stdout

    def test_examples(self):
        for protocol, lines, wanted in (
                ("smtp", "S: 550 5.1.1 who?", (
                    "5xx: No", "550: The mailbox", "5.1.1: There is no such",
                    "RFC 3463 3.2")),
                ("smtp", "S: 299 hm", ("2xx: Done", "299: No RFC")),
                ("pop3", "S: -ERR [IN-USE] locked", (
                    "-ERR: Not done", "IN-USE: Another session")),
                ("pop3", "S: -ERR [SYS/TEMP] x", ("SYS/TEMP: A fault",)),
                ("imap", "S: a1 NO [OVERQUOTA] full", (
                    "a1 NO: Not done", "OVERQUOTA: The user's")),
                ("imap", "S: * 23 EXISTS\nS: a1 OK", (
                    "23 EXISTS: So many", "a1 OK: Done")),
                ("imap", "S: * VANISHED (EARLIER) 1:3\nS: a1 OK", (
                    "VANISHED: ",)),
                ("imap", 'S: * LIST (\\Junk \\HasNoChildren) "/" x\nS: a1 OK',
                 ("\\Junk: Where spam", "LIST: A mailbox")),
                ("imap", "S: * STATUS x (MESSAGES 3 DELETED 1)\nS: a1 OK", (
                    "MESSAGES: ", "DELETED: messages with")),
                ("imap", "S: * OK [PERMANENTFLAGS (\\Seen mine \\*)] x\n"
                 "S: a1 OK", ("\\Seen: ", "mine: A keyword",
                              "\\*: In PERMANENTFLAGS")),
                ("imap", "S: * NEVERHEARD 1\nS: a1 OK", (
                    "NEVERHEARD: No response",))):
            with self.subTest(lines):
                told, _ = self.words(protocol, lines)
                for text in wanted:
                    self.assertIn(text, told)

    def test_hostile_lines(self):
        for line in ("* 1 FETCH (((((((", "* 1 FETCH )))(((", "* 1 FETCH",
                     "*", "* ", "* LIST", "* LIST (", '* LIST ("\\', "* OK [",
                     "* OK [PERMANENTFLAGS (", "* STATUS", '* STATUS "',
                     "* 99999999999999999999999 EXISTS",
                     "* 1 FETCH (BODY[ FLAGS", "* FLAGS (" + "x " * 3000,
                     "* CAPABILITY " + "AUTH= " * 900, "* " + "[" * 500,
                     "* 1 FETCH (FLAGS (\\Se\x1b[31men))"):
            with self.subTest(line[:40]):
                told, _ = self.words("imap", f"S: {line}\nS: a1 OK")
                self.assertNotIn("\x1b", told)

    def test_each_thing_once(self):
        lines = "\n".join(f"S: * {n} FETCH (FLAGS (\\Seen) UID {n})"
                          for n in range(1, 2001))
        told, out = self.words("imap", lines, "S: a1 OK",
                               command="a1 FETCH 1:* (FLAGS UID)")
        self.assertEqual(out.count(b"FETCH"), 2000)
        self.assertEqual(told.count("\\Seen:"), 1)
        self.assertIn("1999 responses more", told)
        self.assertLess(told.count("\n"), 10)

    def test_a_state_and_a_login_are_told(self):
        url = self.peer("imap", IMAP, """
            C: a1 SELECT INBOX
            S: * 22 EXISTS
            S: a1 OK [READ-WRITE] in
            C~ \\S+ LOGOUT
            CLOSE""")
        told = self.run_postel(url, "-c", ":explain on", "-c",
                               "SELECT INBOX").stderr.decode()
        self.assertIn("state: authenticated -> selected INBOX, 22 messages",
                      told)

    def test_extensions_and_mechanisms(self):
        told, _ = self.words(
            "smtp", "S: 250-mx.test hi", "S: 250-SIZE 35882577",
            "S: 250-LIMITS RCPTMAX=20", "S: 250-XNEW 1",
            "S: 250 AUTH PLAIN XOAUTH2", command="EHLO x.test")
        for text in ("mx.test: The name", "34.2 MiB", "Recipients a message: "
                     "20", "XNEW 1: No capability", "PLAIN: Name and",
                     "XOAUTH2: By a token"):
            self.assertIn(text, told)

    def test_off_as_a_rule(self):
        url = self.peer("imap", IMAP, "C: a1 NOOP\nS: a1 OK\nC~ .*LOGOUT\nCLOSE")
        result = self.run_postel(url, "-c", "NOOP", "-c", ":explain", "-c",
                                 ":explain maybe")
        self.assertEqual(result.stdout,
                         b"a1 OK\nexplain is off\n")
        self.assertEqual(result.returncode, USAGE)


class Caps(Case):
    def test_what_a_login_changed(self):
        port = self.listen("""
            S: * OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN XFOO] hi
            C: a1 LOGIN asterix gaul
            S: a1 OK [CAPABILITY IMAP4rev1 IDLE APPENDLIMIT=1048576] in
            C: a2 LOGOUT
            S: * BYE
            S: a2 OK""")
        result = self.run_postel("imap://127.0.0.1:" + port, "--starttls=no",
                                 "-c", "LOGIN asterix gaul", "-c", ":caps",
                                 "-c", ":caps IDLE", "-k", "-c", ":caps MOVE")
        out = result.stdout.decode()
        before, after = out.split("changed by the login")
        self.assertIn("  STARTTLS: ", before)
        self.assertIn("not known to postel:\n  XFOO: ", before)
        self.assertIn("  + IDLE: ", after)
        self.assertIn("  - STARTTLS: ", after)
        self.assertIn("Here: 1.0 MiB", after)
        self.assertNotIn("IMAP4rev1", after)
        self.assertIn("does not announce MOVE.\n  MOVE: ", after)
        self.assertEqual(result.returncode, REFUSED)

    def test_it_asks_only_if_nothing_is_known(self):
        url = self.peer("pop3", "S: +OK", "C: CAPA", "S: +OK", "S: EXPIRE 0",
                        "S: LOGIN-DELAY 900", "S: .", "C: QUIT", "S: +OK")
        result = self.run_postel(url, "-c", ":caps", "-c", ":caps EXPIRE")
        self.assertIn(b"as soon as they are read", result.stdout)
        self.assertIn(b"900 seconds", result.stdout)
        self.assertEqual(result.returncode, DONE)


class French(Case):
    def said(self, *arguments, **environment):
        self.environment.pop("LC_ALL", None)
        self.environment |= environment
        result = self.run_postel(*arguments)
        for name in environment:
            del self.environment[name]
        return (result.stdout + result.stderr).decode()

    def test_how_it_is_asked_for(self):
        for environment in ({"LANG": "fr_FR.UTF-8"}, {"LANGUAGE": "fr"},
                            {"LANG": "fr"}, {"LC_ALL": "fr_CA.UTF-8"},
                            {"LANG": "C.UTF-8", "LANGUAGE": "xx:fr:en"},
                            {"LC_MESSAGES": "fr_FR.utf8@euro"}):
            with self.subTest(environment):
                self.assertIn("pas de connexion x",
                              self.said("-c", ":use x", **environment))
        for environment in ({}, {"LANG": "C", "LANGUAGE": "fr"},
                            {"LC_ALL": "POSIX", "LANG": "fr_FR.UTF-8"},
                            {"LANG": "fr_FR.ISO-8859-1"},
                            {"LANG": "en_US.UTF-8"}, {"LANG": "../../fr"},
                            {"LANG": "fr_FR.UTF-8", "LANGUAGE": "en:fr"},
                            {"LANG": "fr", "POSTEL_LOCALEDIR": "/nowhere"}):
            with self.subTest(environment):
                self.assertIn("no connection x",
                              self.said("-c", ":use x", **environment))

    def test_a_catalogue_that_is_none(self):
        folder = self.home / "fr" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        for content in (b"", b"\xde\x12\x04\x95", b"\xde\x12\x04\x95" * 50,
                        b"x" * 4096, b"\xde\x12\x04\x95" + b"\xff" * 60):
            (folder / "postel.mo").write_bytes(content)
            self.assertIn("no connection x", self.said(
                "-c", ":use x", LANG="fr", POSTEL_LOCALEDIR=str(self.home)))

    def test_errors_help_and_words(self):
        french = {"LANG": "fr_FR.UTF-8"}
        for line, wanted in (("?RETR", "Envoie le message n en entier"),
                             ("?5.1.1", "pas de telle boîte aux lettres"),
                             (":help", "commandes du shell"),
                             (":opne", "vouliez-vous dire :open\u00a0?"),
                             (":open x://y", "schéma inconnu")):
            self.assertIn(wanted, self.said("-c", line, **french))
        self.assertIn("Aucun fichier", self.said("-f", "nowhere", **french))
        self.assertIn("une conversation", self.said("-h", **french))

    def test_settings_and_options(self):
        french = {"LANG": "fr_FR.UTF-8"}
        told = self.said("-c", ":set", **french)
        self.assertIn("on        Ctrl-D dit d'abord", told)
        self.assertIn("timeout     default", told)
        self.assertIn("c'est on | off | FICHIER",
                      self.said("-c", ":set trace", **french))
        self.assertIn("color ne peut pas être x",
                      self.said("-c", ":set color x", **french))
        told = self.said("-h", **french)
        self.assertIn("  -c LIGNE", told)
        self.assertIn("--ca=FICHIER", told)
        self.assertIn("les erreurs seulement", told)

    def test_what_lua_says(self):
        french = {"LANG": "fr_FR.UTF-8"}
        for arguments, wanted in (
                (("inbox",), "inbox\u00a0: il manque URL (--help en dit plus)"),
                (("inbox", "--no"), "option inconnue\u00a0: --no"),
                (("purge", "pop3://x.test"), "n'est pas une URL IMAP"),
                (("purge", "--help"), "afficher, mais ne rien supprimer"),
                (("-e", "postel.connect(3)"),
                 "mauvais argument 'url' de 'connect' (il faut une chaîne"),
                (("-e", "postel.connect {hots = 'x'}"),
                 "vouliez-vous dire host\u00a0?"),
                (("-e", "postel.connect {protocol = 'imap', port = 1}"),
                 "il manque le champ 'host'")):
            with self.subTest(arguments):
                self.assertIn(wanted, self.said(*arguments, **french))
        self.assertIn("inbox: URL is missing (--help tells more)",
                      self.said("inbox", LANG="C"))

    def test_lua_counts_in_french(self):
        for count, wanted in ((0, "il y en a 0"), (2, "il y en a 2")):
            url = self.peer("pop3", "S: +OK", "C: CAPA", "S: -ERR",
                            "C: STAT", f"S: +OK {count} 9",
                            "C: QUIT", "S: +OK")
            with self.subTest(count):
                self.assertIn("il n'y a pas de message 7\u00a0; " + wanted,
                              self.said(url, "-c", ":save 7 x.eml",
                                        LANG="fr_FR.UTF-8"))

    def test_what_is_wrong_with_a_server(self):
        url = self.peer("imap", "S: nonsense")
        self.assertIn("ce n'est pas un accueil IMAP\u00a0: nonsense",
                      self.said(url, "-c", "NOOP", LANG="fr_FR.UTF-8"))

    def test_what_a_server_says_is_left_alone(self):
        url = self.peer("imap", IMAP, "C: a1 NOOP\nS: a1 OK Done.\n"
                        "C~ .*LOGOUT\nCLOSE")
        self.assertIn("a1 OK Done.\n", self.said(url, "-c", "NOOP",
                                                 LANG="fr_FR.UTF-8"))

    def test_everything_is_translated(self):
        result = subprocess.run([ROOT / "tools" / "po", "check"],
                                capture_output=True, check=False)
        self.assertEqual((result.stderr, result.returncode), (b"", 0))
