"""Edits as a unified diff with the right line numbers, and as a few words for people.

The edits of a candidate are known as spans, so a hunk is written from the lines around them without comparing files.
"""

import re
from dataclasses import dataclass

from patchwire.repair.source import Edit, Source, edited

_CONTEXT = 3
_NO_NEWLINE = "\\ No newline at end of file"
_TOKEN = re.compile(r"\w+|\s+|[-+*/%&|^<>=!:]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Change:
    """What edits do to a file: the lines from `first` on that go, and those that come in their place."""

    first: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def change(source: Source, edits: tuple[Edit, ...]) -> Change:
    """The smallest run of whole lines that the edits change."""
    first = source.line_of(min(edit.start for edit in edits))
    last = source.line_of(max(edit.end for edit in edits))
    begin = source.line_start(first)
    old = source.lines[first - 1 : last]
    shifted = tuple(Edit(edit.start - begin, edit.end - begin, edit.text) for edit in edits)
    new = edited("\n".join(old), shifted).split("\n")
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    while old and new and old[0] == new[0]:
        first, old, new = first + 1, old[1:], new[1:]
    return Change(first, tuple(old), tuple(new))


def unified(source: Source, edits: tuple[Edit, ...]) -> str:
    """The unified diff of one file that makes the edits."""
    changed = change(source, edits)
    lines = source.lines if source.lines[-1] else source.lines[:-1]
    above = lines[max(changed.first - 1 - _CONTEXT, 0) : changed.first - 1]
    rest = changed.first - 1 + len(changed.old)
    below = lines[rest : rest + _CONTEXT]
    start = changed.first - len(above)
    old_count, new_count = (len(above) + len(part) + len(below) for part in (changed.old, changed.new))
    body = [f" {line}" for line in above]
    ends = source.lines[-1] != "" and rest + len(below) == len(lines)  # the hunk reaches an end without a line end
    for sign, part in (("-", changed.old), ("+", changed.new)):
        body += [f"{sign}{line}" for line in part]
        if ends and not below and part:
            body.append(_NO_NEWLINE)
    body += [f" {line}" for line in below]
    if ends and below:
        body.append(_NO_NEWLINE)
    header = f"@@ -{_range(start, old_count)} +{_range(start, new_count)} @@"
    return "\n".join([f"--- a/{source.path}", f"+++ b/{source.path}", header, *body, ""])


def _range(start: int, count: int) -> str:
    return f"{start if count else start - 1},{count}"


def in_words(source: Source, edits: tuple[Edit, ...]) -> tuple[str, str, int]:
    """The tokens that went, the tokens that came (either may be `""`) and the line of the first of them."""
    changed = change(source, edits)
    old, new = (_TOKEN.findall("\n".join(part)) for part in (changed.old, changed.new))
    line, at = changed.first, 0
    while at < min(len(old), len(new)) and old[at] == new[at]:
        line += old[at].count("\n")
        at += 1
    old, new = old[at:], new[at:]
    while old and new and old[-1] == new[-1]:
        old.pop()
        new.pop()
    return "".join(old).strip(), "".join(new).strip(), line
