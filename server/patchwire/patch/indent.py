"""Indentation: how a hunk's differs from the file's, and whether the lines it adds differ in the same way.

Knows no language: it judges by the lines around, the lines that are replaced and the indentations that the file has.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_GOES_ON = (",", "\\", "=>", "->", "=", "+", "&&", "||", " and", " or", " not")
_LEAVERS = ("return", "raise", "throw", "break", "continue", "pass")
_CLOSERS = ("}", ")", "]", "</")
_WIDTHS = (4, 2, 8, 3)
_HEAD = re.compile(r"\s*(?:\}\s*)?(?:(?:else\s+)?(?:if|for|foreach|while)\b.*\)|else|do)$")
_POSTFIX = re.compile(r"\s(if|unless)\s(?!.*\selse\s)")
_WORD = re.compile(r"\s*(\w+)")
_BEGINNING = re.compile(r"^([^\S\n]*)(?=\S)(\w*)", re.MULTILINE)


def indent_of(line: str) -> str:
    """The white space that the line begins with."""
    return line[: len(line) - len(line.lstrip())]


@dataclass(frozen=True, slots=True)
class Reindent:
    """A way to turn a hunk's indentation into the file's: cut this, put that, or other units (`old` becomes `new`)."""

    cut: str = ""
    put: str = ""
    old: str = ""
    new: str = ""

    def __call__(self, line: str) -> str | None:
        """The line with the file's indentation; None if it can not be cut, or blanks came before its tabs."""
        if not line.strip():
            return line
        if self.old:
            indent = indent_of(line)
            return indent.replace(self.old, self.new) + line[len(indent) :]
        if self.cut:
            return line[len(self.cut) :] if line.startswith(self.cut) else None
        return None if line.startswith("\t") and self.put.endswith(" ") else self.put + line


KEEP = Reindent()


class Habits:
    """The indentations that a file's lines have, in all and by their first word."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.by_word: dict[str, set[str]] = {}
        for indent, word in set(_BEGINNING.findall("\n".join(lines))):
            self.by_word.setdefault(word, set()).add(indent)
        self.all = frozenset[str]().union(*self.by_word.values())

    def strange(self, line: str) -> bool:
        """Whether no line of the file is indented like this one."""
        return indent_of(line) not in self.all

    def unusual(self, line: str) -> bool:
        """Whether lines that begin with the same word are in the file, but none of them is indented like this one."""
        return indent_of(line) not in self.by_word.get(_first_word(line), self.all)


def _first_word(line: str) -> str:
    found = _WORD.match(line)
    return found[1] if found else ""


def difference(expected: Sequence[str], found: Sequence[str]) -> Reindent | None:
    """The one way in which the indentation of all these lines differs, if there is one. The lines' texts are equal."""
    pairs = [(indent_of(a), indent_of(b)) for a, b in zip(expected, found, strict=True) if a.strip()]
    for way in _ways(pairs):
        if all(way(old + "x") == new + "x" for old, new in pairs):
            return way
    return None


def _ways(pairs: Sequence[tuple[str, str]]) -> list[Reindent]:
    differing = next(((old, new) for old, new in pairs if old != new), None)
    if differing is None:
        return [KEEP]
    old, new = differing
    ways = []
    if old.endswith(new):
        ways.append(Reindent(cut=old[: len(old) - len(new)]))
    if new.endswith(old):
        ways.append(Reindent(put=new[: len(new) - len(old)]))
    ways += [Reindent(old=" " * width, new="\t") for width in _WIDTHS if "\t" in new]
    ways += [Reindent(old="\t", new=" " * width) for width in _WIDTHS if "\t" in old]
    return ways


def fit(added: Sequence[str], removed: Sequence[str], above: str, below: str, habits: Habits) -> float:
    """How well the indentation of added lines fits where they come to stand; higher is better.

    `removed` are the lines they replace, `above` and `below` the nearest lines with text around them.
    """
    lines = [line for line in added if line.strip()]
    if not lines:
        return 0.0
    score = _step(above, lines[0]) + _step(lines[-1], below)
    score -= sum(3.0 * habits.strange(line) + 2.0 * habits.unusual(line) for line in lines) / len(lines)
    gone = [line for line in removed if line.strip()]
    if gone and [line.strip() for line in gone] != [line.strip() for line in lines]:  # else indentation is what changes
        score += 2.0 if indent_of(lines[0]) == indent_of(gone[0]) else -1.0
        score += 1.0 if indent_of(lines[-1]) == indent_of(gone[-1]) else -0.5
    return score


def _step(above: str, below: str) -> float:
    """How natural it is that these two lines stand one below the other."""
    if not above.strip() or not below.strip():
        return 0.0
    over, under = len(indent_of(above).expandtabs(4)), len(indent_of(below).expandtabs(4))
    closes = below.lstrip().startswith(_CLOSERS)
    text = above.rstrip()
    if text.endswith((":", "{", "(", "[")) or (_HEAD.match(text) and not below.lstrip().startswith("{")):
        if closes:
            return 1.5 if under == over else -1.0
        return 2.0 if under > over else -2.0
    if closes:
        return 1.5 if under < over else -0.5
    if text.endswith(_GOES_ON):
        return 0.5 if under >= over else 0.0
    if under > over:
        return -2.0
    if text.lstrip().split(" ", 1)[0].rstrip(";") in _LEAVERS and not _POSTFIX.search(text):
        return 1.5 if under < over else -1.0
    return 1.5 if under == over else 0.3
