"""Python's own poplib, smtplib and imaplib against posteld.

smtplib sends octets as they are, bare LF and all, and smtplib.LMTP reads one
reply behind the last dot, however many recipients there are, so it is given
one.  imaplib takes an OK to ENABLE UTF8=ACCEPT for the extension's being
there, and sends names in ASCII alone before.
"""

import email.message
import imaplib
import poplib
import re
import smtplib
import ssl
import threading
import time

import mails
from clients import PASSWORD, ClientCase, flags, stored

TIMEOUT = 20


def hang_up(imap):
    try:
        imap.shutdown()
    except OSError:
        pass


class PythonCase(ClientCase):
    def context(self):
        return ssl.create_default_context(cafile=str(self.authority.ca))


class Poplib(PythonCase):
    def open(self):
        pop = poplib.POP3("127.0.0.1", self.port("pop3"), timeout=TIMEOUT)
        self.addCleanup(pop.close)
        return pop

    def login(self):
        pop = self.open()
        pop.user(self.user)
        pop.pass_(PASSWORD)
        return pop

    def test_each_message_exactly(self):
        letters = self.fill(mails.messages(60))
        pop = self.login()
        count, size = pop.stat()
        whole = [mails.crlf(letter) for letter in letters]
        self.assertEqual((count, size), (60, sum(map(len, whole))))
        _, sizes, _ = pop.list()
        self.assertEqual(sizes, [b"%d %d" % (n + 1, len(w))
                                 for n, w in enumerate(whole)])
        for number, want in enumerate(whole, 1):
            _, lines, octets = pop.retr(number)
            came = b"\r\n".join(lines) + b"\r\n"
            self.assertEqual(came, want if want.endswith(b"\r\n")
                             else want + b"\r\n")
            self.assertEqual(octets, len(came))
        pop.quit()
        self.assertEqual({flags(p) for p in self.inbox.files()}, {"S"})

    def test_dele_rset_quit(self):
        letters = self.fill(mails.messages(6))
        pop = self.login()
        pop.dele(2)
        pop.dele(5)
        self.assertEqual(pop.stat()[0], 4)
        self.assertEqual([line.split()[0] for line in pop.list()[1]],
                         [b"1", b"3", b"4", b"6"])
        for call in (pop.retr, pop.dele, pop.list, pop.uidl):
            with self.assertRaises(poplib.error_proto):
                call(2)
        pop.rset()
        self.assertEqual(pop.stat()[0], 6)
        pop.dele(6)
        pop.noop()
        self.assertEqual(self.inbox.contents(), letters)
        pop.quit()
        self.assertEqual(self.inbox.contents(), letters[:5])

    def test_without_quit_nothing_goes(self):
        letters = self.fill(mails.messages(2))
        pop = self.login()
        pop.dele(1)
        pop.close()
        pop = self.login()  # the lock is gone, too
        self.assertEqual(pop.stat()[0], 2)
        pop.quit()
        self.assertEqual(self.inbox.contents(), letters)

    def test_one_session_at_a_time(self):
        self.fill(mails.messages(1))
        pop = self.login()
        with self.assertRaisesRegex(poplib.error_proto, "IN-USE"):
            self.login()
        pop.quit()
        self.login().quit()

    def test_uidl_and_top(self):
        letters = self.fill(mails.messages(3))
        pop = self.login()
        uids = pop.uidl()[1]
        self.assertEqual(len({line.split()[1] for line in uids}), 3)
        self.assertEqual(pop.uidl(2).split()[1:], uids[1].split())
        head, _, body = mails.crlf(letters[1]).partition(b"\r\n\r\n")
        for count in (0, 2, 999):
            lines = body.split(b"\r\n")[:-1][:count]
            self.assertEqual(pop.top(2, count)[1],
                             head.split(b"\r\n") + [b""] + lines)
        pop.dele(1)
        pop.quit()
        pop = self.login()
        self.assertEqual([line.split()[1] for line in pop.uidl()[1]],
                         [line.split()[1] for line in uids[1:]])

    def test_capa_apop_utf8(self):
        self.fill(mails.messages(1))
        pop = self.open()
        capa = pop.capa()
        for name in ("TOP", "UIDL", "STLS", "UTF8", "PIPELINING", "SASL"):
            self.assertIn(name, capa)
        pop.utf8()
        pop.apop(self.user, PASSWORD)
        self.assertEqual(pop.stat()[0], 1)
        pop.quit()
        with self.assertRaisesRegex(poplib.error_proto, "AUTH"):
            self.open().apop(self.user, "wrong")

    def test_no_such_command(self):
        with self.assertRaises(poplib.error_proto):
            self.open().rpop(self.user)

    def test_tls(self):
        letter = self.fill([mails.message(49)])[0]
        pop = poplib.POP3("localhost", self.port("pop3"), timeout=TIMEOUT)
        pop.stls(self.context())
        self.assertNotIn("STLS", pop.capa())
        implicit = poplib.POP3_SSL("localhost", self.port("pop3s"),
                                   timeout=TIMEOUT, context=self.context())
        for each in (pop, implicit):
            each.user(self.user)
            each.pass_(PASSWORD)
            came = b"\r\n".join(each.retr(1)[1]) + b"\r\n"
            self.assertEqual(came, mails.crlf(letter))
            each.quit()


class Smtplib(PythonCase):
    FROM = "druid@gaul.example"

    def open(self, kind=smtplib.SMTP, service="smtp", **options):
        smtp = kind("localhost", self.port(service),
                    local_hostname="client.example", **options)
        smtp.sock.settimeout(TIMEOUT)
        self.addCleanup(smtp.close)
        return smtp

    def other(self):
        return next(type(self).fresh)

    def test_each_message_arrives_unchanged(self):
        letters = mails.messages(30)
        smtp = self.open()
        for letter in letters:
            self.assertEqual(
                smtp.sendmail(self.FROM, [self.address()], mails.crlf(letter)),
                {})
        smtp.quit()
        self.assertSame(self.inbox.contents(), letters)

    def test_refused_recipients_are_named(self):
        other, letter = self.other(), mails.crlf(mails.message(1))
        smtp = self.open()
        refused = smtp.sendmail(
            self.FROM, ["550@error.test", self.address(), "nobody@mail.test",
                        self.address(other), "452@error.test"], letter)
        self.assertEqual({a: code for a, (code, _) in refused.items()},
                         {"550@error.test": 550, "nobody@mail.test": 550,
                          "452@error.test": 452})
        for user in (self.user, other):
            self.assertSame(self.posteld.inbox(user).contents(),
                            [mails.message(1)])
        with self.assertRaises(smtplib.SMTPRecipientsRefused):
            smtp.sendmail(self.FROM, ["550@error.test"], letter)
        with self.assertRaises(smtplib.SMTPDataError) as caught:
            smtp.sendmail(self.FROM, ["data-552@error.test"], letter)
        self.assertEqual(caught.exception.smtp_code, 552)
        smtp.sendmail(self.FROM, [self.address()],
                      mails.crlf(mails.message(2)))
        self.assertEqual(len(self.inbox), 2)

    def test_commands(self):
        smtp = self.open()
        self.assertEqual(smtp.helo()[0], 250)
        self.assertEqual(smtp.ehlo()[0], 250)
        for name in ("8bitmime", "smtputf8", "pipelining", "chunking", "dsn",
                     "size", "starttls", "auth"):
            self.assertTrue(smtp.has_extn(name), name)
        self.assertEqual(smtp.esmtp_features["size"], str(64 << 20))
        self.assertEqual(smtp.noop()[0], 250)
        self.assertIn(b"BDAT", smtp.help())
        self.assertEqual(smtp.verify(self.user)[0], 250)
        self.assertEqual(smtp.verify("nobody")[0], 550)
        self.assertEqual(smtp.expn(self.user)[0], 550)
        self.assertEqual(smtp.docmd("DATA")[0], 503)
        self.assertEqual(smtp.mail(self.FROM, ["SIZE=100",
                                               "BODY=8BITMIME"])[0], 250)
        self.assertEqual(smtp.rcpt(self.address())[0], 250)
        self.assertEqual(smtp.rset()[0], 250)
        self.assertEqual(smtp.rcpt(self.address())[0], 503)
        self.assertEqual(smtp.mail(self.FROM, [f"SIZE={65 << 20}"])[0], 552)
        self.assertEqual(smtp.quit()[0], 221)
        self.assertEqual(len(self.inbox), 0)

    def test_each_mechanism(self):
        for name in ("PLAIN", "LOGIN", "CRAM-MD5"):
            for early in (True, False):
                for password in (PASSWORD, "wrong"):
                    with self.subTest(name, early=early, password=password):
                        smtp = self.open()
                        smtp.ehlo()
                        smtp.user, smtp.password = self.user, password
                        auth = getattr(
                            smtp, f"auth_{name.lower().replace('-', '_')}")
                        if password == PASSWORD:
                            code, _ = smtp.auth(name, auth,
                                                initial_response_ok=early)
                            self.assertEqual(code, 235)
                            continue
                        with self.assertRaises(
                                smtplib.SMTPAuthenticationError) as caught:
                            smtp.auth(name, auth, initial_response_ok=early)
                        self.assertEqual(caught.exception.smtp_code, 535)

    def test_login_under_tls(self):
        smtp = self.open()
        smtp.starttls(context=self.context())
        implicit = self.open(smtplib.SMTP_SSL, "smtps",
                             context=self.context())
        for each in (smtp, implicit):
            each.login(self.user, PASSWORD)
            each.sendmail(self.FROM, [self.address()],
                          mails.crlf(mails.message(49)))
            each.quit()
        self.assertEqual(len(self.inbox), 2)
        for letter in self.inbox.contents():
            self.assertSame([letter], [mails.message(49)])
            self.assertIn(b" with ESMTPSA id ", letter)

    def test_lmtp(self):
        letters = mails.messages(12, seed=7)
        lmtp = self.open(smtplib.LMTP, "lmtp")
        for letter in letters:
            lmtp.sendmail(self.FROM, [self.address()], mails.crlf(letter))
        lmtp.quit()
        self.assertSame(self.inbox.contents(), letters)

    def test_utf8(self):
        letter = email.message.EmailMessage()
        letter["From"] = "Dürer <dürer@gaul.example>"
        letter["To"] = self.address()
        letter["Subject"] = "Grüße aus Nürnberg"
        letter.set_content("Straße\n", cte="8bit")
        smtp = self.open()
        self.assertEqual(smtp.send_message(letter), {})
        came = self.inbox.contents()[0]
        self.assertIn("\nSubject: Grüße aus Nürnberg\n".encode(), came)
        self.assertIn("\n\nStraße\n".encode(), came)
        self.assertIn(b" with UTF8SMTP id ", came)


class Imaplib(PythonCase):
    def open(self, kind=imaplib.IMAP4, service="imap", login=True,
             **options):
        imap = kind("localhost", self.port(service), timeout=TIMEOUT,
                    **options)
        self.addCleanup(hang_up, imap)
        if login:
            self.ok(imap.login(self.user, PASSWORD))
        return imap

    def ok(self, answer):
        self.assertEqual(answer[0], "OK", answer)
        return answer[1]

    def bodies(self, imap, numbers="1:*", item="BODY.PEEK[]"):
        data = self.ok(imap.fetch(numbers, f"({item})"))
        return [part[1] for part in data if isinstance(part, tuple)]

    def test_each_message_exactly(self):
        letters = self.fill(mails.messages(60))
        imap = self.open()
        self.assertEqual(self.ok(imap.select()), [b"60"])
        self.assertEqual(self.bodies(imap),
                         [mails.crlf(letter) for letter in letters])
        self.assertEqual({flags(p) for p in self.inbox.files()}, {""})
        self.assertEqual(self.bodies(imap, "7", "BODY[]"),
                         [mails.crlf(letters[6])])
        self.assertEqual([flags(p) for p in self.inbox.files()].index("S"),
                         6)

    def test_append(self):
        letters = mails.messages(20)
        imap = self.open()
        for letter in letters:
            self.ok(imap.append("INBOX", r"(\Seen \Flagged)",
                                '"02-Mar-2026 10:00:00 +0100"', letter))
        # imaplib makes CRLF of every line end.
        self.assertSame(self.inbox.contents(),
                        [mails.unix(letter) for letter in letters],
                        exact=True)
        self.assertEqual({flags(p) for p in self.inbox.files()}, {"FS"})
        for path in self.inbox.files():
            self.assertEqual(path.stat().st_mtime, 1772442000)
        self.ok(imap.select(readonly=True))
        data = self.ok(imap.fetch("1", "(INTERNALDATE)"))
        self.assertEqual(time.mktime(imaplib.Internaldate2tuple(data[0])),
                         1772442000)

    def test_dates_before_1970_stay(self):
        imap = self.open()
        self.ok(imap.append("INBOX", None, '"02-Mar-1969 10:00:00 +0100"',
                            mails.message(0)))
        self.ok(imap.select())
        self.ok(imap.copy("1", "INBOX"))
        self.ok(imap.noop())
        for number in ("1", "2"):
            data = self.ok(imap.fetch(number, "(INTERNALDATE)"))
            self.assertIn(b'"02-Mar-1969 09:00:00 +0000"', data[0])

    def test_appenduid_and_copyuid(self):
        imap = self.open()
        self.ok(imap.create("Work"))
        self.ok(imap.append("INBOX", None, None, mails.message(0)))
        validity, uid = imap.response("APPENDUID")[1][0].split()
        self.ok(imap.select())
        self.assertEqual(imap.response("UIDVALIDITY")[1], [validity])
        data = self.ok(imap.uid("FETCH", uid.decode(), "(UID)"))
        self.assertIn(b"UID " + uid, data[0])
        self.ok(imap.copy("1", "Work"))
        work, source, target = imap.response("COPYUID")[1][0].split()
        self.assertEqual(source, uid)
        status = self.ok(imap.status("Work", "(UIDVALIDITY UIDNEXT)"))[0]
        self.assertIn(b"UIDVALIDITY " + work, status)
        self.assertIn(b"UIDNEXT %d" % (int(target) + 1), status)
        self.assertSame(self.posteld.inbox(self.user, "Work").contents(),
                        [mails.unix(mails.message(0))], exact=True)

    def test_store_search_expunge(self):
        letters = self.fill(mails.messages(10))
        imap = self.open()
        self.ok(imap.select())
        self.assertEqual(self.ok(imap.search(None, "UNSEEN")),
                         [b" ".join(b"%d" % n for n in range(1, 11))])
        data = self.ok(imap.store("2:3", "+FLAGS", r"(\Deleted $Label)"))
        self.assertEqual(len(data), 2)
        self.ok(imap.store("4", "+FLAGS.SILENT", r"\Answered"))
        self.assertEqual(self.ok(imap.search(None, "KEYWORD", "$Label")),
                         [b"2 3"])
        self.assertEqual(self.ok(imap.search(None, "ANSWERED")), [b"4"])
        self.assertEqual(
            self.ok(imap.search("UTF-8", "SUBJECT", '"dots"')), [b"2"])
        self.assertEqual(self.ok(imap.uid("SEARCH", "SUBJECT", "dots")),
                         [b"2"])
        self.assertEqual(self.ok(imap.expunge()), [b"2", b"2"])
        self.assertEqual(self.inbox.contents(), letters[:1] + letters[3:])
        self.ok(imap.store("1", "FLAGS", r"(\Deleted)"))
        self.ok(imap.close())
        self.assertEqual(self.inbox.contents(), letters[3:])

    def search_text(self, imap, key, text):
        imap.literal = text.encode()
        return self.ok(imap.search("UTF-8", key))[0].split()

    def test_what_another_program_has_marked_stays_so(self):
        """Also if nobody has looked since; and it is told."""
        self.fill(mails.messages(3), flags="")
        imap = self.open()
        self.ok(imap.select())
        for number, item, flag, want in (
                (1, "+FLAGS", "\\Answered", "FR"),
                (2, "+FLAGS.SILENT", "\\Answered", "FR"),
                (3, "FLAGS", "\\Answered", "R")):
            path = self.inbox.files()[number - 1]
            path.rename(path.with_name(path.name + "F"))
            data = self.ok(imap.store(str(number), item, flag))
            self.assertEqual(flags(self.inbox.files()[number - 1]), want)
            told = b"\\Flagged" in b"".join(d for d in data if d)
            self.assertEqual(told, "F" in want)

    def test_keyword_is_told_before_it_is_used(self):
        """However it came: by APPEND, COPY, or another's STORE."""
        self.fill(mails.messages(2))
        imap, other = self.open(), self.open()
        self.ok(other.create("Work"))
        self.ok(other.append("Work", "($Copied)", None, mails.message(3)))
        self.ok(imap.select())
        for act, keyword in (
                (lambda: other.append("INBOX", "($Added)", None,
                                      mails.message(2)), b"$Added"),
                (lambda: other.select() and other.store(
                    "1", "+FLAGS", "($Stored)"), b"$Stored"),
                (lambda: other.select("Work") and other.copy(
                    "1", "INBOX"), b"$Copied")):
            self.ok(act())
            imap.response("FLAGS")
            self.ok(imap.fetch("1", "(FLAGS)"))
            self.assertIn(keyword, imap.response("FLAGS")[1][-1] or b"")

    def test_search_finds_what_is_decoded(self):
        self.fill([b"Subject: =?UTF-8?B?R3LDvMOfZQ==?=\n\nx\n",
                   b"Content-Type: text/plain; charset=iso-8859-1\n"
                   b"Content-Transfer-Encoding: quoted-printable\n\n"
                   b"Gr=FC=\n=DFe\n"])
        imap = self.open()
        self.ok(imap.select())
        for text in ("Grüße", "GRÜß"):
            self.assertEqual(self.search_text(imap, "SUBJECT", text), [b"1"])
            self.assertEqual(self.search_text(imap, "BODY", text), [b"2"])

    def test_search_finds_utf8_that_is_not_labelled(self):
        """As Dovecot does, also where other octets are in between."""
        self.fill([mails.message(2), b"Subject: Gru\xc3\x9f\n\nx\n"])
        imap = self.open()
        self.ok(imap.select())
        self.assertEqual(self.search_text(imap, "BODY", "GRUß"), [b"1"])
        self.assertEqual(self.search_text(imap, "TEXT", "ελληνικά 日本"),
                         [b"1"])
        self.assertEqual(self.search_text(imap, "SUBJECT", "Gruß"), [b"2"])

    def test_mailboxes(self):
        imap = self.open()
        names = ["Work", "Work/2026", '"a b"', r'"say \"so\""',
                 '"Gr&APwA3w-e"', "v1.5"]
        for name in names:
            self.ok(imap.create(name))
            self.ok(imap.subscribe(name))
        listed = b"\n".join(self.ok(imap.list()))
        self.assertEqual(len(self.ok(imap.lsub())), len(names))
        for name in ("Work/2026", '"a b"', r'"say \"so\""', "Gr&APwA3w-e",
                     "v1.5"):
            self.assertIn(f' "/" {name}'.encode(), listed)
        self.assertEqual(len(self.ok(imap.list('""', "W%"))), 1)
        self.assertEqual(len(self.ok(imap.list("Work/", "*"))), 1)
        self.ok(imap.rename("Work", "Archive"))
        self.assertTrue(self.posteld.home(self.user)
                        .joinpath(".Archive.2026").is_dir())
        self.ok(imap.delete('"a b"'))
        self.ok(imap.unsubscribe('"a b"'))
        self.assertFalse(self.posteld.home(self.user)
                         .joinpath(".a b").exists())
        self.assertEqual(imap.create("Archive")[0], "NO")
        self.assertEqual(imap.delete("Nowhere")[0], "NO")
        self.assertEqual(imap.rename("Nowhere", "Somewhere")[0], "NO")
        self.assertEqual(imap.select("Nowhere")[0], "NO")

    def test_utf8_names(self):
        imap = self.open()
        self.ok(imap.enable("IMAP4rev2"))
        self.assertEqual(imap.response("ENABLED")[1], [b"IMAP4rev2"])
        imap._encoding = "utf-8"
        self.ok(imap.create('"Grüße/日本"'))
        self.assertTrue(self.posteld.home(self.user)
                        .joinpath(".Grüße.日本").is_dir())
        listed = b"\n".join(self.ok(imap.list()))
        self.assertIn('"Grüße/日本"'.encode(), listed)
        self.ok(imap.append('"Grüße/日本"', None, None, mails.message(0)))
        self.assertEqual(
            len(self.posteld.inbox(self.user, "Grüße/日本")), 1)

    def test_status_check_noop_recent(self):
        self.fill(mails.messages(3))
        imap = self.open()
        self.assertEqual(
            self.ok(imap.status("INBOX", "(MESSAGES RECENT UNSEEN)")),
            [b"INBOX (MESSAGES 3 RECENT 3 UNSEEN 3)"])
        self.ok(imap.select())
        self.ok(imap.check())
        self.fill([mails.message(3)])
        time.sleep(1.1)
        self.ok(imap.noop())
        self.assertEqual(imap.response("EXISTS")[1][-1], b"4")
        self.assertEqual(self.ok(imap.recent())[-1], b"4")
        self.ok(imap.unselect())
        self.assertEqual(imap.state, "AUTH")

    def test_partial(self):
        letter = self.fill([mails.message(49)])[0]
        whole = mails.crlf(letter)
        imap = self.open()
        self.ok(imap.select(readonly=True))
        for first, count in ((0, 1), (10, 5000), (len(whole) - 3, 100),
                             (len(whole), 5), (len(whole) + 99, 5),
                             (70000, 20000)):
            data = self.ok(imap.fetch("1", f"BODY[]<{first}.{count}>"))
            want = whole[first:first + count]
            came = data[0][1] if isinstance(data[0], tuple) else b""
            self.assertEqual(came, want)
            head = data[0][0] if isinstance(data[0], tuple) else data[0]
            self.assertIn(b"BODY[]<%d> " % first, head)
        size = re.search(rb"RFC822.SIZE (\d+)",
                         self.ok(imap.fetch("1", "RFC822.SIZE"))[0])[1]
        self.assertEqual(int(size), len(whole))

    def test_what_is_not_there_is_refused(self):
        imap = self.open()
        self.ok(imap.select())
        for call in (lambda: imap.getacl("INBOX"),
                     lambda: imap.setacl("INBOX", "a", "lrs"),
                     lambda: imap.deleteacl("INBOX", "a"),
                     lambda: imap.myrights("INBOX"),
                     lambda: imap.getquota("a"),
                     lambda: imap.getquotaroot("INBOX"),
                     lambda: imap.setquota("a", "(STORAGE 1)"),
                     lambda: imap.getannotation("INBOX", '"/x"', '"y"'),
                     lambda: imap.setannotation("INBOX", '"/x"', "y"),
                     lambda: imap.sort("DATE", "UTF-8", "ALL"),
                     lambda: imap.thread("REFERENCES", "UTF-8", "ALL"),
                     lambda: imap.xatom("XNOTHING")):
            with self.assertRaisesRegex(imaplib.IMAP4.error, "BAD"):
                call()
        self.ok(imap.noop())

    def test_namespace(self):
        self.assertEqual(self.ok(self.open().namespace()),
                         [b'(("" "/")) NIL NIL'])

    def test_each_mechanism(self):
        imap = self.open(login=False)
        self.ok(imap.login_cram_md5(self.user, PASSWORD))
        for name, answers in (
                ("PLAIN", [f"\0{self.user}\0{PASSWORD}"]),
                ("LOGIN", [self.user, PASSWORD])):
            imap, left = self.open(login=False), iter(answers)
            self.ok(imap.authenticate(name,
                                      lambda _, left=left: next(left)))
            self.ok(imap.noop())
        for call in (lambda i: i.login(self.user, "wrong"),
                     lambda i: i.login_cram_md5(self.user, "wrong"),
                     lambda i: i.authenticate(
                         "PLAIN", lambda _: f"\0{self.user}\0wrong")):
            with self.assertRaisesRegex(imaplib.IMAP4.error,
                                        "AUTHENTICATIONFAILED|wrong"):
                call(self.open(login=False))
        imap = self.open(login=False)
        with self.assertRaisesRegex(imaplib.IMAP4.error, "BAD"):
            imap.authenticate("PLAIN", lambda _: None)  # "*"
        self.ok(imap.login(self.user, PASSWORD))

    def test_password_with_quotes(self):
        with self.assertRaises(imaplib.IMAP4.error):
            self.open(login=False).login(self.user, 'a"b\\c')

    def test_tls(self):
        letter = self.fill([mails.message(49)])[0]
        imap = self.open(login=False)
        self.ok(imap.starttls(self.context()))
        self.assertNotIn("STARTTLS", imap.capabilities)
        implicit = self.open(imaplib.IMAP4_SSL, "imaps", login=False,
                             ssl_context=self.context())
        for each in (imap, implicit):
            self.ok(each.login(self.user, PASSWORD))
            self.ok(each.select())
            self.assertEqual(self.bodies(each), [mails.crlf(letter)])
            self.assertEqual(each.logout()[0], "BYE")

    def test_idle(self):
        """By hand: imaplib has no IDLE before Python 3.14."""
        self.fill(mails.messages(2))
        imap, other = self.open(), self.open()

        def told():
            """The next line that is no count of recent ones."""
            while b"RECENT" in (line := imap.readline()):
                pass
            return line

        self.ok(imap.select())
        self.ok(other.select())
        tag = imap._new_tag()
        imap.send(tag + b" IDLE\r\n")
        self.assertTrue(imap.readline().startswith(b"+ "))
        self.ok(other.store("1", "+FLAGS", r"(\Deleted)"))
        self.assertEqual(told(),
                         b"* 1 FETCH (FLAGS (\\Deleted \\Recent))\r\n")
        self.ok(other.expunge())
        self.assertEqual(told(), b"* 1 EXPUNGE\r\n")
        self.ok(other.append("INBOX", None, None, mails.message(3)))
        self.assertEqual(told(), b"* 2 EXISTS\r\n")
        self.fill([mails.message(4)])  # by another program
        self.assertEqual(told(), b"* 3 EXISTS\r\n")
        imap.send(b"DONE\r\n")
        self.assertTrue(told().startswith(tag + b" OK"))
        self.ok(imap.noop())

    def test_many_at_once(self):
        """Ten threads append and fetch; each message is there once."""
        failed = []

        def work(start):
            try:
                imap = self.open()
                for number in range(start, start + 10):
                    self.ok(imap.append("INBOX", None, None,
                                        mails.message(number)))
                    self.ok(imap.select())
                    self.ok(imap.fetch("1:*", "(UID FLAGS BODY.PEEK[])"))
            except Exception as e:  # of any kind: the test is to tell it
                failed.append(e)
        threads = [threading.Thread(target=work, args=(start,))
                   for start in range(0, 100, 10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(50)
        self.assertEqual(failed, [])
        self.assertSame(self.inbox.contents(),
                        [stored(mails.crlf(mails.unix(m)))
                         for m in mails.messages(100)], exact=True)
