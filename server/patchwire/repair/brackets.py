"""Brackets, commas and the like that are gone: where they may have stood, also far from where CPython missed them.

Proposals only, with how likely each is; whether the file parses with one is looked at elsewhere.
"""

import re
from collections.abc import Iterator, Mapping

from patchwire.repair.broken import CLOSING, Broken, Proposal, indent
from patchwire.repair.source import Edit
from patchwire.repair.tokens import NEWLINE

_WIDE = 4_000  # tokens behind the error among which two stand side by side without a comma
_MANY = 120  # tokens behind an open bracket after which only the ends of lines are looked at


def glued(broken: Broken, number: int, known: Mapping[str, int], far: float) -> Iterator[Proposal]:
    """Two names that a lost sign has run together: the sign between them, where one of them is known."""
    token = broken.tokens[number]
    if token.kind == "name" and known[token.text] < 2:
        closed = 4.5 if broken.error.msg.startswith("unmatched ')'") else 0.0
        for place in range(1, len(token.text)):
            left, right = token.text[:place], token.text[place:]
            sure = (left in known) + (right in known)
            if sure and right.isidentifier() and (sure == 2 or (len(left) > 1 and len(right) > 2)):
                for rank, sign in enumerate(("(", "[", ".", " = ", ": ", ", ", " ")):
                    score = far - 6.0 + 3.0 * sure - 0.3 * rank + (closed if sign == "(" else 0.0)
                    yield score, (Edit(token.start + place, token.start + place, sign),)


def commas(broken: Broken) -> Iterator[Proposal]:
    """A missing comma: where two things stand side by side, which may be many lines behind where CPython began."""
    if "forgot a comma" not in broken.error.msg:
        return
    for number in range(broken.place + 1, min(broken.place + _WIDE, len(broken.tokens))):
        before, after = broken.beside(number)
        if after.kind == "newline" and number + 1 < len(broken.tokens):
            after = broken.tokens[number + 1]
        ends = before.text in CLOSING.values() or before.kind in ("number", "string") or before.abstract == "NAME"
        begins = after.kind in ("number", "string") or after.abstract == "NAME"
        if ends and begins and not before.kind == after.kind == "string":
            yield broken.likelihood(number, [","]) + 1.0, (broken.insertion(number, ","),)


def brackets(broken: Broken) -> Iterator[Proposal]:
    """A missing or wrong bracket, which may be far from where CPython missed it; it names those that do not match."""
    file, tokens, error, place = broken.file, broken.tokens, broken.error, broken.place
    opened = re.search(r"'(.)' was never closed|opening parenthesis '(.)'(?: on line (\d+))?", error.msg)
    closed = re.search(r"(?:unmatched|closing parenthesis) '(.)'", error.msg)
    line = broken.line
    start = int(opened[3] or line) if opened else line
    first, last, words = place, place, []
    if opened:
        first = _opener(broken, opened[1] or opened[2], start)
        words.append(CLOSING.get(opened[1] or opened[2], ")"))
    if closed:
        words += [bracket for bracket, other in CLOSING.items() if other == closed[1]]
        if opened:  # the one that was opened is the wrong one
            left = tokens[first - 1].text if first else NEWLINE
            score = broken.likelihood(first, [words[-1]], 1) + 2.0
            score += 1.5 * broken.usage.preference(left, words[-1], tokens[first].text)
            yield score, (Edit(tokens[first].start, tokens[first].end, words[-1]),)
        first = first if opened else max(place - 60, 0)
    else:
        last = len(tokens)
    margin = indent(file.lines[start - 1])
    outside = next((n for n in range(start + 1, len(file.lines) + 1) if _is_outside(file.lines[n - 1], margin)), 0)
    for word in words:
        for number in range(first, last + 1):
            before, after = broken.beside(number)
            ends = after.kind == "newline"
            if number - first > _MANY and not ends:
                continue
            lines = abs(file.line_of(before.start) - start)
            far = 0.4 * min(lines, 8) + (0.02 * abs(number - place) if word not in CLOSING.values() else 0.0)
            score = broken.likelihood(number, [word]) + 3.0 - far
            if opened and not closed and ends and file.line_of(after.start) + 1 == outside:
                score += 3.0  # the next line stands where no line of this bracket's would
            yield score, (broken.insertion(number, word),)
            if number > place and file.line_of(before.start) > outside > 0:
                break


def _opener(broken: Broken, bracket: str, line: int) -> int:
    """The last such bracket on the line that is open where CPython stumbled."""
    file, tokens, place = broken.file, broken.tokens, broken.place
    begin, end = file.line_start(line), file.line_start(line + 1)
    depth = 0
    for number in range(min(place, len(tokens) - 1), -1, -1):
        token = tokens[number]
        if begin <= token.start < end:
            depth += token.text in CLOSING.values() and number < place  # the one at the place does not match
            if token.text in CLOSING:
                if depth == 0 and token.text == bracket:
                    return number
                depth = max(depth - 1, 0)
    return place


def _is_outside(text: str, margin: str) -> bool:
    """Whether a line stands no deeper than the one that the bracket was opened on, and is no closing bracket."""
    return bool(text.strip()) and len(indent(text)) <= len(margin) and text.strip()[0] not in ")]}#"
