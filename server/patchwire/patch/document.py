"""A file's text as lines, and the looser forms of its lines that tolerant matching compares.

Lines are split at `\\n` alone, as every diff tool does: a `\\r` before it stays part of the line.
"""

import io
from collections.abc import Iterable, Sequence
from functools import cached_property

from patchwire.patch.effort import Effort
from patchwire.patch.indent import Habits

_LINES_A_COMPARISON = 16
_WORK_A_MATCH = 8
_NEAR = 100
_TYPOGRAPHIC = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ", "'"),
        **dict.fromkeys("“”„‟″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
        **dict.fromkeys("\u200b\ufeff", ""),
        "…": "...",
    }
)


def whole_lines(text: str) -> list[str]:
    """The text's lines, each with its end; the last one may have none."""
    return io.StringIO(text, newline="\n").readlines()


def loose(line: str) -> str:
    """The line without white space at its end and with plain quotes, dashes and spaces."""
    return line.rstrip() if line.isascii() else line.translate(_TYPOGRAPHIC).rstrip()


def stripped(line: str) -> str:
    """The loose form of the line without its indentation."""
    return loose(line).lstrip()


class Form:
    """A file's lines in one form, and where each of the lines that somebody asked for stands."""

    def __init__(self, keys: list[str], effort: Effort) -> None:
        self.keys = keys
        self._effort = effort
        self._where: dict[str, list[int]] = {}
        self._indexed: set[str] = set()

    def index(self, wanted: Iterable[str]) -> None:
        """Prepare `where` for these lines, in one pass over the file."""
        new = set(wanted) - self._indexed
        if new:
            self._effort.spend(len(self.keys) // _LINES_A_COMPARISON)
            self._indexed |= new
            where = self._where
            for at, line in enumerate(self.keys):
                if line in new:
                    where.setdefault(line, []).append(at)

    def where(self, line: str) -> Sequence[int]:
        """Where (from 0) a line stands that `index` was told of."""
        return self._where.get(line, ())

    def matches(self, wanted: Sequence[str]) -> list[int]:
        """Every place where these lines, which `index` was told of, stand one behind the other."""
        if not wanted:
            return []
        size = len(wanted)
        rarest = min(range(size), key=lambda i: len(self.where(wanted[i])))
        keys, whole = self.keys, list(wanted)
        self._effort.spend(len(self.where(wanted[rarest])) * (1 + size // _LINES_A_COMPARISON))
        starts = (at - rarest for at in self.where(wanted[rarest]))
        found = [start for start in starts if start >= 0 and keys[start : start + size] == whole]
        self._effort.spend(_WORK_A_MATCH * len(found))
        return found


class Document:
    """A file's lines. `lines[i]` has no `\\n`; `ended` tells whether the last one had it."""

    def __init__(self, text: str, separator: str = "\n", effort: Effort | None = None) -> None:
        self.effort = effort or Effort()
        self.separator = separator
        self._plain = text.isascii()
        self.lines = text.split(separator)
        self.ended = not self.lines[-1]
        if self.ended:
            self.lines.pop()
        self.effort.spend(len(self.lines) // 2)

    @cached_property
    def loose(self) -> Form:
        """The lines without what no reader sees: white space at the end, typographic characters."""
        if self._plain:
            return Form([line.rstrip() for line in self.lines], self.effort)
        return Form([loose(line) for line in self.lines], self.effort)

    @cached_property
    def stripped(self) -> Form:
        """The loose lines without their indentation."""
        return Form([line.lstrip() for line in self.loose.keys], self.effort)

    @cached_property
    def habits(self) -> Habits:
        """How the file indents its lines."""
        return Habits(self.loose.keys)

    def text_above(self, at: int) -> str:
        """The nearest line above that is not blank; empty if there is none near."""
        near = range(at - 1, max(-1, at - 1 - _NEAR), -1)
        return next((self.lines[row] for row in near if self.lines[row].strip()), "")

    def text_below(self, at: int) -> str:
        """This line or the nearest below that is not blank; empty if there is none near."""
        near = range(at, min(len(self.lines), at + _NEAR))
        return next((self.lines[row] for row in near if self.lines[row].strip()), "")


def joined(lines: Sequence[str], separator: str, *, ended: bool) -> str:
    """The text of these lines."""
    text = separator.join(lines)
    return text + separator if ended and lines else text
