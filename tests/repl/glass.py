"""What a person would see: a terminal as far as readline uses it."""

import re
import unicodedata

SEQUENCE = re.compile(r"\x1b\[\??(\d*)(?:;\d*)*([A-Za-z@])|\x1b[=>78]|\x1b\(B")


def width(c):
    if unicodedata.combining(c):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


class Glass:
    def __init__(self, columns=120):
        self.columns, self.rows, self.row, self.column = columns, [[]], 0, 0

    def show(self, octets):
        text, at = octets.decode("utf-8", "surrogateescape"), 0
        while at < len(text):
            found = SEQUENCE.match(text, at)
            if found:
                self.act(found[2], int(found[1] or 0))
                at = found.end()
            else:
                self.put(text[at])
                at += 1
        return self

    def line(self):
        while len(self.rows) <= self.row:
            self.rows.append([])
        return self.rows[self.row]

    def put(self, c):
        if c == "\r":
            self.column = 0
        elif c == "\n":
            self.row += 1
            self.line()
        elif c == "\b":
            self.column = max(self.column - 1, 0)
        elif c == "\a":
            pass
        elif width(c) == 0:
            self.line()[self.column - 1] += c
        else:
            if self.column + width(c) > self.columns:
                self.row, self.column = self.row + 1, 0
            line = self.line()
            line.extend(" " * (self.column + width(c) - len(line)))
            line[self.column] = c
            if width(c) == 2:
                line[self.column + 1] = ""
            self.column += width(c)

    def act(self, what, n):
        line = self.line()
        if what == "K":
            del line[self.column:]
        elif what == "J":
            if n == 2:
                self.rows, self.row, self.column = [[]], 0, 0
                return
            del line[self.column:]
            del self.rows[self.row + 1:]
        elif what == "C":
            self.column = min(self.column + (n or 1), self.columns)
        elif what == "D":
            self.column = max(self.column - (n or 1), 0)
        elif what == "A":
            self.row = max(self.row - (n or 1), 0)
        elif what == "P":
            del line[self.column:self.column + (n or 1)]
        elif what == "@":
            line[self.column:self.column] = " " * (n or 1)
        elif what == "H":
            self.row = self.column = 0

    def text(self):
        return ["".join(line).rstrip() for line in self.rows]
