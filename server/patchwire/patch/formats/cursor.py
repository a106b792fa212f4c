"""A place in the lines of a patch's text, and the code fence or heredoc that it stands in.

Knows no format; every reader takes the cursor, reads what it understands and leaves the cursor behind it.
"""

import re

from patchwire.errors import PatchRefused

_FENCE = re.compile(r"\s*(`{3,}|~{3,})[^`]*$")
_HEREDOC = re.compile(r"<<[-~]?[ \t]?(['\"]?)(\w{1,64})\1")
_MOST_PARTS = 20_000
LONGEST_MARK = 4096
"""No line that has a meaning of its own, such as a header, is longer than this many characters."""


class Cursor:
    """The lines of a text and the index of the next one. Lines have no line end."""

    def __init__(self, text: str) -> None:
        if "\r" in text and text.count("\r\n") == text.count("\n"):
            text = text.replace("\r\n", "\n")
        self.lines = text.split("\n")
        if not self.lines[-1]:
            self.lines.pop()
        self.at = 0
        self._parts = 0
        self.closing: str | None = None
        """What ends the fence or heredoc that the cursor stands in."""

    @property
    def line(self) -> str:
        """The next line; empty behind the last one."""
        return self.lines[self.at] if self.at < len(self.lines) else ""

    @property
    def done(self) -> bool:
        """True behind the last line."""
        return self.at >= len(self.lines)

    def peek(self, ahead: int = 1) -> str:
        """The line that many lines further on; empty behind the last one."""
        return self.lines[self.at + ahead] if self.at + ahead < len(self.lines) else ""

    def count_part(self) -> None:
        """Note a file, block or hunk. Raises PatchRefused when there are more than any sane patch has."""
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise PatchRefused(f"The patch has too many parts: at most {_MOST_PARTS:,} files, blocks and hunks.")

    def closes(self, line: str) -> bool:
        """Whether this line ends the fence or heredoc that the cursor stands in."""
        return self.closing is not None and line.strip() == self.closing

    def step_over(self) -> None:
        """Go past a line that belongs to no format, remembering the fences and heredocs that it opens or closes."""
        line = self.line[:LONGEST_MARK]
        if self.closes(line):
            self.closing = None
        elif self.closing is None:
            opened = _FENCE.match(line)
            heredoc = _HEREDOC.search(line)
            if opened:
                self.closing = opened[1]
            elif heredoc:
                self.closing = heredoc[2]
        self.at += 1
