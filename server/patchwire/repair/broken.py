"""A file that does not parse: CPython's complaint, the tokens, and how a word is put between two of them.

Knows how people space what they write, and nothing of what is wrong.
"""

import keyword
import re
from collections.abc import Sequence

from patchwire.repair.source import Edit, Source, edited, syntax_error
from patchwire.repair.tokens import NEWLINE, Token, Usage, lex

CLOSING = {"(": ")", "[": "]", "{": "}"}
TIGHT = frozenset({".", ",", "(", ")", "[", "]", "}"})
KEYWORDS = frozenset(keyword.kwlist)
Proposal = tuple[float, tuple[Edit, ...]]


class Broken:
    """The broken file as everybody looks at it who has an idea how to mend it."""

    def __init__(self, file: Source, error: SyntaxError) -> None:
        self.file = file
        self.error = error
        self.tokens: Sequence[Token] = lex(file.text)
        self.usage = Usage(self.tokens)
        self.line = min(max(error.lineno or 1, 1), len(file.lines))
        self.at = file.line_start(self.line) + max((error.offset or 1) - 1, 0)
        self.place = self.first_from(self.at)
        self._begin, self._end = self._around()

    @property
    def chunk_size(self) -> int:
        """How many characters the top statement around the error has: what it costs to try an edit."""
        return self._end - self._begin

    def first_from(self, offset: int) -> int:
        """The number of the first token from a place in the text on."""
        return next((n for n, token in enumerate(self.tokens) if token.start >= offset), len(self.tokens))

    def beside(self, number: int) -> tuple[Token, Token]:
        """The tokens before and after a place between tokens."""
        tokens = self.tokens
        before = tokens[number - 1] if number else Token("newline", NEWLINE, 0)
        return before, tokens[number] if number < len(tokens) else Token("newline", NEWLINE, len(self.file.text))

    def likelihood(self, number: int, new: Sequence[str], width: int = 0) -> float:
        """How usual the words would be there, with two tokens on either side, in place of the next `width` tokens."""
        before = [token.abstract for token in self.tokens[max(number - 2, 0) : number]]
        after = [token.abstract for token in self.tokens[number + width : number + width + 2]]
        return self.usage.likelihood([*[""] * (2 - len(before)), *before, *new, *after])

    def _around(self) -> tuple[int, int]:
        """Where the top statement around the error begins and ends."""
        file, error, line = self.file, self.error, self.line
        starts = {token.start for token in self.tokens}
        opens = [n for n, text in enumerate(file.lines, 1) if _opens(text) and file.line_start(n) in starts]
        first = max((n for n in opens if n < line), default=1)
        if (
            error.end_lineno == error.lineno
            and _opens(file.lines[line - 1])
            and not re.match(r"\s*(?:unexpected|unindent)", error.msg)
        ):
            first = max((n for n in opens if n < first), default=1)
        last = next((n for n in opens if n > line), len(file.lines) + 1)
        return file.line_start(first), file.line_start(last)

    def mended(self, edits: tuple[Edit, ...]) -> bool:
        """Whether the file parses with the edits made. The top statement goes first, because that is quick."""
        if all(self._begin <= edit.start and edit.end <= self._end for edit in edits):
            shifted = tuple(Edit(edit.start - self._begin, edit.end - self._begin, edit.text) for edit in edits)
            if syntax_error(edited(self.file.text[self._begin : self._end], shifted)) is not None:
                return False
        return syntax_error(edited(self.file.text, edits)) is None

    def insertion(self, number: int, word: str) -> Edit:
        """The word at a place between tokens, spaced as people write it: tight to what it belongs to."""
        before, after = self.beside(number)
        gap = self.file.text[before.end : after.start]
        if before.kind == "newline" or word == NEWLINE or word in TIGHT or not gap or gap.strip(" "):
            return _insertion(self.file, before, after, word)
        if len(gap) > 1 or after.kind == "newline":  # between the blanks that stood around what was lost
            return Edit(before.end + 1, before.end + 1, word)
        if after.text in ")]},:":
            return Edit(after.start, after.start, word)
        return _insertion(self.file, before, after, word)


def _opens(line: str) -> bool:
    """Whether a top statement begins on a line."""
    return bool(re.match(r"[^\W\d]|@", line)) and not re.match(r"(?:else|elif|except|finally)\b", line)


def _insertion(file: Source, before: Token, after: Token, word: str) -> Edit:
    if word == NEWLINE:
        return Edit(after.start, after.start, "\n" + indent(file.lines[file.line_of(before.start) - 1]))
    gap = file.text[before.end : after.start]
    if word in (")", "]", "}", ",", ":", ".", "(", "[") and (before.kind != "newline" or word in "([{"):
        if word in ("(", "[") and gap and before.kind != "name":
            return Edit(after.start, after.start, word)
        if word == "." or not (word == "," and not gap):
            return (
                Edit(before.end, before.end, word) if before.kind != "newline" else Edit(after.start, after.start, word)
            )
        return Edit(before.end, before.end, word if after.kind == "newline" else ", ")
    if before.kind == "newline":
        tight = after.text in (".", "(", "[") and word not in KEYWORDS
        return _at_line_start(file, after.start, word if tight or word == "@" else word + " ")
    if word in ("{", "*", "-", "**", "@", "~") or after.text in (".", ",", ")", "]", "}", ":", "(", "["):
        tight = word not in KEYWORDS and word != "="
        if after.kind == "newline" or not tight:
            return _spaced(file, before, after, word)
        return Edit(after.start, after.start, word)
    return _spaced(file, before, after, word)


def _at_line_start(file: Source, place: int, text: str) -> Edit:
    """A text before the first token of a line. An indentation that is alone holds a blank that a lost word left."""
    line = file.line_of(place)
    start = file.line_start(line)
    near = {
        indent(other)
        for other in file.lines[max(line - 25, 0) : line - 1] + file.lines[line : line + 5]
        if other.strip()
    }
    own = file.text[start:place]
    if own in near or own.strip():
        return Edit(place, place, text)
    return Edit(start, place, max((indent for indent in near if len(indent) < len(own)), key=len, default="") + text)


def _spaced(file: Source, before: Token, after: Token, word: str) -> Edit:
    gap = file.text[before.end : after.start]
    if after.kind == "newline":
        return Edit(before.end, before.end, ("" if before.text in ("(", "[", "{", ".") else " ") + word)
    loose = bool(gap) or word in KEYWORDS
    left = (
        " "
        if loose and not gap and (before.kind in ("name", "number", "string") or before.text in (")", "]", "}"))
        else ""
    )
    return Edit(after.start, after.start, f"{left}{word}{' ' if loose else ''}")


def indent(line: str) -> str:
    """The blanks that a line begins with."""
    return line[: len(line) - len(line.lstrip())]
