"""A file's text as lines, and the looser forms of its lines that tolerant matching compares.

Lines are split at `\\n` alone, as every diff tool does: a `\\r` before it stays part of the line. A file that has no
`\\n` at all but has `\\r` is split there.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

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


def loose(line: str) -> str:
    """The line without white space at its end and with plain quotes, dashes and spaces."""
    return line.rstrip() if line.isascii() else line.translate(_TYPOGRAPHIC).rstrip()


class Document:
    """A file's lines. `lines[i]` has no `\\n`; `ended` tells whether the last one had it."""

    def __init__(self, text: str, separator: str = "\n") -> None:
        self.separator = separator
        self.lines = text.split(separator)
        self.ended = not self.lines[-1]
        if self.ended:
            self.lines.pop()
        self._where: dict[str, list[int]] = {}
        self._indexed: set[str] = set()

    @cached_property
    def loose(self) -> list[str]:
        """Every line in its loose form."""
        return [loose(line) for line in self.lines]

    @cached_property
    def stripped(self) -> list[str]:
        """Every line in its loose form without its indentation."""
        return [line.lstrip() for line in self.loose]

    def index(self, wanted: Iterable[str]) -> None:
        """Prepare `where` for these loose lines, in one pass over the file."""
        new = set(wanted) - self._indexed
        if not new:
            return
        self._indexed |= new
        where = self._where
        for at, line in enumerate(self.loose):
            if line in new:
                where.setdefault(line, []).append(at)

    def where(self, line: str) -> Sequence[int]:
        """Where (from 0) a loose line stands that `index` was told of."""
        return self._where.get(line, ())


def joined(lines: Sequence[str], separator: str, *, ended: bool) -> str:
    """The text of these lines."""
    text = separator.join(lines)
    return text + separator if ended and lines else text
