"""postel lab: the practice server, and how one finds it."""

import re
import ssl

from harness import DONE, Case


class Lab(Case):
    def lab(self, *lines, status=DONE, folder=None):
        options = [line for line in lines if line.startswith("-")]
        arguments = [a for line in lines if line not in options
                     for a in ("-c", line)]
        result = self.run_postel("lab", *([folder] if folder else []),
                                 *options, *arguments)
        told = result.stdout.decode(), result.stderr.decode()
        self.assertEqual(result.returncode, status, told)
        return told

    def test_it_says_what_there_is(self):
        _, told = self.lab("NOOP")
        for service in ("pop3", "smtp", "imap"):
            self.assertRegex(told, rf"(?m)^  {service} at 127\.0\.0\.1 port \d+$")
        self.assertIn("  asterix, password gaul: 10 letters\n", told)
        self.assertIn("  obelix, password menhir: 4 letters\n", told)

    def test_programs_know_where_it_is(self):
        out, told = self.lab("!echo $POP3 $SMTP $IMAP $LAB")
        ports = re.findall(r"(?m) port (\d+)$", told)
        folder = re.search(r"(/\S+)/NAME/new", told)[1]
        self.assertIn(" ".join(f"127.0.0.1:{p}" for p in ports)
                      + f" {folder}\n", out)

    def test_programs_know_postel_and_trust_the_lab(self):
        out, _ = self.lab("!postel -v inbox pop3://asterix:gaul@$POP3 1 2>&1",
                          "!cat $SSL_CERT_FILE >cert.pem",
                          "!cd / && postel inbox imap://obelix:menhir@$IMAP",
                          folder="here")
        self.assertIn("+OK begin TLS\n", out)
        self.assertIn("Subject: Wild boar\r\n", out)
        self.assertRegex(out, "(?m)^ +1 +238  2026-03-02 \\d\\d:00  Asterix +Welcome$")
        self.assertIn("BEGIN CERTIFICATE", (self.home / "cert.pem").read_text())
        ssl.create_default_context(cafile=self.home / "here"
                                   / "posteld-cert.pem")

    def test_temporary_folder_goes(self):
        self.lab("!ls $LAB")
        self.assertEqual(list(self.home.glob("postel-lab-*")), [])

    def test_folder_stays_and_is_not_filled_again(self):
        self.lab(":use pop3", "USER asterix", "PASS gaul", "DELE 1", "QUIT",
                 folder="kept")
        out, told = self.lab(":use pop3", "USER asterix", "PASS gaul", "STAT",
                             folder="kept")
        self.assertIn("  asterix, password gaul: 9 letters\n", told)
        self.assertRegex(out, r"(?m)^\+OK 9 3774$")

    def test_services_again_and_once_more(self):
        out, _ = self.lab(":use pop3", ":open pop3", ":open pop3 second",
                          ":conns", ":use second", "QUIT", ":open pop3 third",
                          ":conns")
        names = re.findall(r"(?m)^[* ] (\S+) +pop3 127\.0\.0\.1", out)
        self.assertEqual(names, ["pop3", "127.0.0.1", "second",
                                 "pop3", "127.0.0.1", "third"])

    def test_back_to_the_connection_before(self):
        """Behind :close, :drop, and a connection that could not be."""
        for line, status in ((":open pop3 x\n:close", 0),
                             (":open pop3 x\n:drop", 0),
                             (":open 127.0.0.1 1", 3)):
            lines = [":use imap", ":use smtp", *line.split("\n"), ":conns"]
            out, _ = self.lab("-k", *lines, status=status)
            self.assertRegex(out, r"(?m)^\* smtp ", line)

    def test_users_that_come_later(self):
        """Who stands in the file of users when one connects can log in."""
        _, told = self.lab(":use pop3", "USER idefix", "PASS bone", status=5)
        self.assertIn("[AUTH]", told)
        out, _ = self.lab("!echo idefix:bone >>$LAB/users", ":open pop3 again",
                          "USER idefix", "PASS bone", "STAT")
        self.assertRegex(out, r"(?m)^\+OK 0 0$")

    def test_name_that_is_taken(self):
        _, told = self.lab(":open smtp imap", status=2)
        self.assertIn("there is a connection imap; :close it first", told)
