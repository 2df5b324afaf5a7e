"""The reader of IMAP responses: it takes what the grammar allows, and nothing
else."""

import socket
import threading
import unittest

from imapwire import Garbled, Imap, Parser
from wire import Closed

GOOD = [
    (b"FETCH 1 nil NIL", ["FETCH", 1, None, None]),
    (b'"a \\"b\\" \\\\ (" ""', [b'a "b" \\ (', b""]),
    (b"() (a (b)) ((a)(b) c)", [[], ["a", ["b"]], [["a"], ["b"], "c"]]),
    (b"(BODY[HEADER.FIELDS (To \"]\")]<0> \"\" \\Seen)",
     [["BODY[HEADER.FIELDS (To \"]\")]<0>", b"", "\\Seen"]]),
    (b"007 4294967296 1:3,7", ["007", 4294967296, "1:3,7"]),
    ("Grüße &AOQ- a.b/c".encode(), ["Grüße", "&AOQ-", "a.b/c"]),
]
BAD = [b"", b" a", b"a ", b"a  b", b"(a", b"a)", b"(a  b)", b"( a)", b"(a )",
       b"(a)b", b"a(b)", b'"a', b'a"b"', b'"a\\x"', b"a[b", b"a]b", b"a{1}",
       b"a\tb", b"a\x7f"]


class Values(unittest.TestCase):
    def test_good(self):
        for text, values in GOOD:
            with self.subTest(text):
                self.assertEqual(Parser(text).all(), values)

    def test_bad(self):
        for text in BAD:
            with self.subTest(text):
                self.assertRaises(Garbled, Parser(text).all)


class Responses(unittest.TestCase):
    def setUp(self):
        """A client whose server says what it is told."""
        listener = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        greeter = threading.Thread(target=self.greet, args=(listener,))
        greeter.start()
        self.client = self.enterContext(Imap(listener.getsockname()[1]))
        greeter.join()

    def greet(self, listener):
        self.server = self.enterContext(listener.accept()[0])
        self.server.sendall(b"* OK hello\r\n")

    def said(self, octets):
        self.server.sendall(octets)
        return self.client.response()

    def test_literals(self):
        r = self.said(b"* 3 FETCH (BODY[] {6}\r\n)\r\nx y RFC822 ~{0}\r\n)"
                      b"\r\n")
        self.assertEqual((r.number, r.name), (3, "FETCH"))
        self.assertEqual(r.items(), [("BODY[]", b")\r\nx y"), ("RFC822", b"")])
        self.assertIn(b"{6}\r\n)\r\nx y RFC822", r.raw)

    def test_status(self):
        r = self.said(b"t7 NO [BADCHARSET (A B)] not {3}\r\n")
        self.assertEqual((r.tag, r.name, r.code, r.text),
                         ("t7", "NO", ["BADCHARSET", ["A", "B"]], b"not {3}"))
        self.assertIsNone(self.said(b"* OK (here\r\n").code)
        self.assertEqual(self.said(b"+ go {5}\r\n").tag, "+")

    def test_garbled(self):
        for line in (b"* OK a\nb\r\n", b"* LIST () \"/\" a\0b\r\n",
                     b"* OK a\rb\r\n", b"* BYE [ALERT no end\r\n",
                     b"* 1 FETCH (A \0 B {1}\r\nx)\r\n"):
            with self.subTest(line):
                self.assertRaises(Garbled, self.said, line)

    def test_cut(self):
        self.server.sendall(b"* 1 FETCH (BODY[] {9}\r\nhalf")
        self.server.close()
        self.assertRaises(Closed, self.client.response)


if __name__ == "__main__":
    unittest.main()
