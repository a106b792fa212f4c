"""Hunks: the `@@` line in all its variants and the body behind it, as unified diffs and V4A share them.

The counts of an `@@` line are believed only where the body agrees with them to the line; else the body is read by its
signs up to the next thing that can not be a body.
"""

import re
from dataclasses import dataclass, field

from patchwire.patch.formats.cursor import Cursor
from patchwire.patch.formats.names import NULL, header_name
from patchwire.patch.model import Hunk, Line, Sign

_SIGNS = {" ": Sign.CONTEXT, "": Sign.CONTEXT, "-": Sign.REMOVED, "+": Sign.ADDED}
_HEADER = re.compile(
    r"@@(?P<numbers>[ \t]*-(?P<old>\d{1,9})(?:,(?P<olds>\d{1,9}))?[ \t]+\+(?P<new>\d{1,9})(?:,(?P<news>\d{1,9}))?)?"
    r"[ \t]*(?P<rest>.*)$"
)
_BOUNDARY = re.compile(
    r"@@|diff --git |Index: |\*\*\* (?:Begin Patch|End Patch|End of File|Update File:|Add File:|Delete File:|Move to:)"
    r"|<{5,9} ?SEARCH|index [0-9a-f]{4,}\.\.[0-9a-f]{4,}|-- $|Only in |GIT binary patch"
)
_FAR = 30
_BLANK = Line(Sign.CONTEXT, "")
_CHANGE = re.compile(r"[+-](?![+-]| \S)")
"""A changed line, and no item of a list in somebody's prose."""


@dataclass(slots=True)
class _Body:
    """The lines of a hunk while they are read."""

    lines: list[Line] = field(default_factory=list)
    old_newline: bool | None = None
    new_newline: bool | None = None

    def no_newline(self) -> None:
        """A `\\ No newline at end of file` stands behind the last line."""
        if self.lines:
            sign = self.lines[-1].sign
            if sign is not Sign.ADDED:
                self.old_newline = False
            if sign is not Sign.REMOVED:
                self.new_newline = False


@dataclass(frozen=True, slots=True)
class Header:
    """What an `@@` line says. `old`/`new` are line numbers; `olds`/`news` are counts, None where it gives none."""

    old: int | None = None
    olds: int | None = None
    new: int | None = None
    news: int | None = None
    heading: str = ""


def header(line: str) -> Header:
    """Read an `@@` line."""
    found = _HEADER.match(line)
    if not found:
        return Header()
    heading = found["rest"].strip().removeprefix("@@").removesuffix("@@").strip().strip(".").strip()
    if not found["numbers"]:
        return Header(heading=heading)
    return Header(
        old=int(found["old"]),
        olds=int(found["olds"] or 1),
        new=int(found["new"]),
        news=int(found["news"] or 1),
        heading=heading,
    )


def read_hunk(cursor: Cursor, *, in_git: bool = False) -> Hunk | None:
    """Read the hunk whose `@@` line (or, without one, whose first body line) is next; None if it has no body.

    `in_git` is True behind a `diff --git` line: the next file can then only begin with another one.
    """
    cursor.count_part()
    headings = []
    said = Header()
    while cursor.line.startswith("@@"):
        said = header(cursor.line)
        if said.heading:
            headings.append(said.heading)
        cursor.at += 1
        if said.olds is not None:
            break
    body = None
    counted = False
    if said.olds is not None and said.news is not None:
        body = _by_counts(cursor, said.olds, said.news, in_git=in_git)
        counted = body is not None
    if body is None:
        body = _by_signs(cursor)
    at_end = cursor.line.rstrip() == "*** End of File"
    if at_end:
        cursor.at += 1
    if not body.lines:
        return None
    old, new = body.old_newline, body.new_newline
    if old is False or new is False:  # a side that is not marked has its line end
        old, new = old is None, new is None
    return Hunk(
        lines=tuple(body.lines),
        old_start=said.old,
        new_start=said.new,
        counted=counted,
        headings=tuple(headings),
        at_end=at_end,
        old_newline=old,
        new_newline=new,
    )


def is_file_header(cursor: Cursor, ahead: int = 0) -> bool:
    """Whether the line that many lines on is a `--- ` line with its `+++ ` line behind it."""
    return cursor.peek(ahead).startswith("--- ") and cursor.peek(ahead + 1).startswith("+++ ")


def _by_counts(cursor: Cursor, old: int, new: int, *, in_git: bool) -> _Body | None:
    """The body if it has exactly as many lines as the header says and something else comes behind it."""
    body = _Body()
    append = body.lines.append
    lines = cursor.lines
    at, end = cursor.at, len(lines)
    while at < end and (old > 0 or new > 0 or lines[at].startswith("\\")):
        line = lines[at]
        sign = _SIGNS.get(line[:1])
        if sign is None:
            if not line.startswith("\\ "):
                return None
            body.no_newline()
        else:
            if sign is not Sign.ADDED:
                old -= 1
            if sign is not Sign.REMOVED:
                new -= 1
            if not in_git and line.startswith("--- ") and at + 1 < end and _same_file(line, lines[at + 1]):
                return None
            append(Line(sign, line[1:]))
        at += 1
    if old or new or all(line.sign is Sign.CONTEXT for line in body.lines):
        return None
    if at < end and not lines[at] and _CHANGE.match(next(filter(None, lines[at : at + _FAR]), "")):
        return None  # the blank line lost its sign
    if at < end and lines[at][:1] in (" ", "+", "-") and lines[at].rstrip() != "--":
        here, cursor.at = cursor.at, at
        next_file = is_file_header(cursor)
        cursor.at = here
        if not next_file:
            return None
    cursor.at = at
    return body


def _same_file(old: str, new: str) -> bool:
    """Whether a `--- ` and a `+++ ` line name one file, as a header does and contents hardly ever do."""
    if not new.startswith("+++ "):
        return False
    before, after = header_name(old[4:]), header_name(new[4:])
    return NULL in (before, after) or before.removeprefix("a/") == after.removeprefix("b/")


def _by_signs(cursor: Cursor) -> _Body:
    """The body up to the next thing that can not be one."""
    body = _Body()
    append = body.lines.append
    real = 0
    while not cursor.done:
        line = cursor.line
        first = line[:1]
        if not line:
            append(_BLANK)
        elif first == " " or first == "+" or (first == "-" and not _ends(cursor, line)):
            append(Line(_SIGNS[first], line[1:]))
            real = len(body.lines)
        elif _ends(cursor, line):
            break
        elif first == "\\" and line.startswith("\\ No newline"):
            body.no_newline()
        elif _is_prose(cursor, body):
            break
        else:
            append(Line(Sign.CONTEXT, line))
            real = len(body.lines)
        cursor.at += 1
    del body.lines[real:]
    return body


def _ends(cursor: Cursor, line: str) -> bool:
    """Whether a line can not belong to a hunk's body."""
    return _BOUNDARY.match(line) is not None or cursor.closes(line) or is_file_header(cursor)


def _is_prose(cursor: Cursor, body: _Body) -> bool:
    """Whether a line without a sign is talk behind the hunk and not a context line that lost its sign."""
    if cursor.closing is not None:
        return False
    if cursor.line.startswith(("```", "~~~")) or (body.lines and body.lines[-1] is _BLANK):
        return True
    for ahead in range(1, _FAR):
        line = cursor.peek(ahead)
        if not line or _BOUNDARY.match(line):
            return True
        if line[0] in "+-":
            return False
    return True
