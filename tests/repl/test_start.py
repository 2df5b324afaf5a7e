"""What the start of the program does without."""

import unittest

from harness import Case

# A script says which libraries it runs with.
MAPS = "for l in io.lines '/proc/self/maps' do print(l) end"
LATE = ("libssl", "libcrypto", "libgmime", "libgsasl", "libidn",
        "libunistring")


class Start(Case):
    def loaded(self, script):
        result = self.run_postel("-e", script)
        self.assertEqual((result.stderr, result.returncode), (b"", 0))
        self.assertIn(b"liblua", result.stdout)
        return [n for n in LATE if n.encode() in result.stdout]

    def test_large_libraries_are_opened_on_first_use(self):
        self.assertEqual(self.loaded(MAPS), [])

    def test_a_name_of_a_host_opens_what_it_needs(self):
        lookup = ("pcall(postel.connect, 'imap://b\\u{fc}cher.invalid',"
                  " {timeout = 5})\n")
        self.assertIn("libidn", self.loaded(lookup + MAPS))


if __name__ == "__main__":
    unittest.main()
