"""A file's text as lines, and the looser forms of its lines that tolerant matching compares.

Lines are split at `\\n` alone, as every diff tool does: a `\\r` before it stays part of the line.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, compress, islice
from operator import not_
from typing import overload

from patchwire.errors import PatchRefused
from patchwire.patch.effort import Effort
from patchwire.patch.indent import Habits

MANY = 65
"""So many places of one line say nothing of where a hunk goes."""
_FEW = 16
_MOST_LINES = 2_000_000
_LINES_A_COMPARISON = 16
_CHARACTERS_A_COMPARISON = 500
_WORK_A_HIT, _WORK_A_MATCH = 2, 8
_STRETCH = 2_000
_PAGE = 1 << 16
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
    """A file's lines in one form, and where lines and runs of lines stand.

    A few lines are searched for in the text, which costs no look at every line; for many, `index` makes one pass.
    """

    def __init__(self, keys: Sequence[str], effort: Effort) -> None:
        self.keys = keys
        self._effort = effort
        self._where: dict[str, list[int]] = {}

    @cached_property
    def text(self) -> str:
        """The lines with a line end before and behind each."""
        self._effort.spend(len(self.keys) // _LINES_A_COMPARISON)
        return "\n".join(("", *self.keys, ""))

    @cached_property
    def marks(self) -> list[int]:
        """How many line ends stand in the text before each of its pages."""
        pages = (self.text.count("\n", at, at + _PAGE) for at in range(0, len(self.text), _PAGE))
        return list(accumulate(pages, initial=0))

    def index(self, wanted: Iterable[str]) -> None:
        """Prepare for searches for these lines."""
        asked = list(wanted)
        new = set(asked) - self._where.keys()
        if len(new) > _FEW or len(asked) > 4 * _FEW:
            self._effort.spend(len(self.keys) // _LINES_A_COMPARISON)
            where: dict[str, list[int]] = {line: [] for line in new}
            keys = self.keys if isinstance(self.keys, list) else list(self.keys)
            for at in compress(range(len(keys)), map(new.__contains__, keys)):
                where[keys[at]].append(at)
            self._where |= where

    def matches(self, wanted: Sequence[str]) -> list[int]:
        """Every place where these lines stand one behind the other."""
        if not wanted:
            return []
        if not all(line in self._where for line in wanted):
            found = self._searched(wanted)
        else:
            size = len(wanted)
            rarest = min(range(size), key=lambda i: len(self._where[wanted[i]]))
            found = self._around(self._where[wanted[rarest]], rarest, wanted)
            self._effort.spend(_WORK_A_MATCH * len(found))
        return found

    def _around(self, where: Sequence[int], at: int, wanted: Sequence[str]) -> list[int]:
        """Which of the places where the `at`-th of these lines stands have the others around it."""
        size, whole = len(wanted), list(wanted)
        self._effort.spend(len(where) * (1 + size // _LINES_A_COMPARISON))
        # Lines that are looked at again and again are made once.
        keys = self.keys if len(where) * size < len(self.keys) else list(self.keys)
        starts = (row - at for row in where)
        return [start for start in starts if start >= 0 and keys[start : start + size] == whole]

    def _searched(self, wanted: Sequence[str]) -> list[int]:
        return list(self._rows(self._hits("\n".join(("", *wanted)))))

    def _hits(self, needle: str) -> Iterator[int]:
        """Where in the text a run of lines stands, each with the line end before it."""
        text = self.text
        self._effort.spend(len(text) // _CHARACTERS_A_COMPARISON)
        at = text.find(needle)
        while at >= 0:
            self._effort.spend(_WORK_A_MATCH)
            if text.startswith("\n", at + len(needle)):  # asked afterwards: a search for it too is slower
                yield at
            at = text.find(needle, at + 1)

    def _rows(self, ends: Iterable[int]) -> Iterator[int]:
        """The lines behind these line ends, which come in rising order."""
        row = last = 0
        for end in ends:
            if end - last > _PAGE:
                row, last = self.marks[end // _PAGE], end // _PAGE * _PAGE
            row += self.text.count("\n", last, end)
            last = end
            yield row


class Bare(Form):
    """The lines of a loose form without their indentation."""

    def __init__(self, loose: Form, effort: Effort) -> None:
        super().__init__(_Stripped(loose.keys), effort)
        self._loose = loose
        self._first: dict[str, list[int]] = {}

    def where(self, line: str) -> Sequence[int]:
        """Where (from 0) a line with text stands; if it does in more than `MANY` places, that many or all of them."""
        if line in self._where:
            return self._where[line]
        if line not in self._first:
            self._first[line] = list(islice(self._rows(self._indented(line, whole=True)), MANY))
        return self._first[line]

    def starting(self, text: str) -> Iterator[int]:
        """The lines that start with this text."""
        return self._rows(self._indented(text, whole=False))

    @cached_property
    def text(self) -> str:
        """The text of the loose form."""
        return self._loose.text

    @cached_property
    def marks(self) -> list[int]:
        """Those of the loose form's text."""
        return self._loose.marks

    def _searched(self, wanted: Sequence[str]) -> list[int]:
        at = max(range(len(wanted)), key=lambda i: len(wanted[i]))
        if not wanted[at]:
            return self._loose.matches(wanted)
        return self._around(list(self._rows(self._indented(wanted[at], whole=True))), at, wanted)

    def _indented(self, needle: str, *, whole: bool) -> Iterator[int]:
        """The line ends before the lines that, but for their indentation, are this text, or at least start with it."""
        text = self.text
        self._effort.spend(len(text) // _CHARACTERS_A_COMPARISON)
        at = text.find(needle)
        while at >= 0:
            self._effort.spend(_WORK_A_HIT)
            before, behind = text.rfind("\n", 0, at), text.find("\n", at)
            if (not whole or behind == at + len(needle)) and not text[before + 1 : at].strip():
                yield before
            at = text.find(needle, behind)


class _Stripped(Sequence[str]):
    """Lines without their indentation, made when they are asked for."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [line.lstrip() for line in self._lines[at]]
        return self._lines[at].lstrip()

    def __iter__(self) -> Iterator[str]:
        return map(str.lstrip, self._lines)

    def __len__(self) -> int:
        return len(self._lines)


class Document:
    """A file's lines. `lines[i]` has no `\\n`; `ended` tells whether the last one had it."""

    def __init__(self, text: str, separator: str = "\n", effort: Effort | None = None) -> None:
        if len(text) > _MOST_LINES and text.count(separator) > _MOST_LINES:
            raise PatchRefused(f"A file has more than {_MOST_LINES:,} lines: that is too long to be patched.")
        self.effort = effort or Effort()
        self.separator = separator
        self._plain = text.isascii()
        self._habits: dict[int, Habits] = {}
        self.lines = text.split(separator)
        self.ended = not self.lines[-1]
        if self.ended:
            self.lines.pop()
        self.effort.spend(len(self.lines) // 2)

    @cached_property
    def loose(self) -> Form:
        """The lines without what no reader sees: white space at the end, typographic characters."""
        keys = list(map(str.rstrip, self.lines))
        if not self._plain:
            for at in compress(range(len(keys)), map(not_, map(str.isascii, self.lines))):  # few, even in such a file
                keys[at] = loose(self.lines[at])
        return Form(keys, self.effort)

    @cached_property
    def stripped(self) -> Bare:
        """The loose lines without their indentation."""
        return Bare(self.loose, self.effort)

    def habits(self, at: int) -> Habits:
        """How the file indents its lines; a very long one, the stretch of it that a line is in."""
        size = len(self.lines)
        count = max(1, round(size / _STRETCH))
        stretch = min(count - 1, at * count // max(1, size))
        if stretch not in self._habits:
            self._habits[stretch] = Habits(self.loose.keys[stretch * size // count : (stretch + 1) * size // count])
        return self._habits[stretch]

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
