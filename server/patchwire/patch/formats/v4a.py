"""V4A, the `*** Begin Patch` format: Add, Delete, Update, Move, stacked `@@` headings, End of File.

Reads it with or without the envelope and the heredoc that models put around it. Its hunks are those of `hunks`.
"""

import re

from patchwire.errors import PatchRefused
from patchwire.patch.formats import names
from patchwire.patch.formats.cursor import Cursor
from patchwire.patch.formats.hunks import is_file_header, read_hunk
from patchwire.patch.model import FilePatch, Hunk, Kind

_FILE = re.compile(r"\s*\*\*\* ?(Add|Create|Delete|Update|Modify|Rename) File:(.*)$")
_MOVE = re.compile(r"\s*\*\*\* ?Move (?:to|File to):(.*)$")
_MARKER = re.compile(
    r"\s*\*\*\* ?(?:(?:Add|Create|Delete|Update|Modify|Rename) File:|Begin Patch|End Patch|Move (?:to|File to):)"
)


def read(cursor: Cursor) -> FilePatch | None:
    """Read one file's part; None where none begins. Raises PatchRefused for a bad name or an empty update."""
    found = _FILE.match(cursor.line)
    if not found:
        return None
    cursor.count_part()
    verb, (path, *aliases) = found[1], names.one(names.unquote(found[2].strip()))
    cursor.at += 1
    if verb in ("Add", "Create"):
        return FilePatch(path, Kind.ADD, aliases=tuple(aliases), content=_content(cursor))
    if verb == "Delete":
        return FilePatch(path, Kind.DELETE, aliases=tuple(aliases))
    moved = _MOVE.match(cursor.line)
    if moved:
        cursor.at += 1
    hunks = _hunks(cursor)
    if moved:
        target, *_ = names.one(names.unquote(moved[1].strip()))
        return FilePatch(target, Kind.RENAME, hunks, old_path=path)
    if not hunks:
        raise PatchRefused(f"`*** Update File: {path}` has no hunk: give the lines to change, with `-` and `+`.")
    return FilePatch(path, Kind.MODIFY, hunks, aliases=tuple(aliases))


def _hunks(cursor: Cursor) -> tuple[Hunk, ...]:
    if is_file_header(cursor):  # a unified diff inside the envelope
        cursor.at += 2
    hunks = []
    at = -1
    while at < cursor.at < len(cursor.lines) and not _MARKER.match(cursor.line) and not cursor.closes(cursor.line):
        at = cursor.at
        hunk = read_hunk(cursor)
        if hunk:
            hunks.append(hunk)
    return tuple(hunks)


def _content(cursor: Cursor) -> str:
    """The text of an added file: `+` lines; if a model left all the signs out, the lines as they are."""
    lines: list[str] = []
    while not cursor.done and not _MARKER.match(cursor.line) and not cursor.closes(cursor.line):
        lines.append(cursor.line)
        cursor.at += 1
    while lines and lines[-1].strip() in ("", "*** End of File"):
        lines.pop()
    signed = [line for line in lines if line.startswith("+")]
    if signed and len(signed) >= len([line for line in lines if line]) - len([x for x in lines if x.startswith("@@")]):
        lines = [line[1:] for line in lines if not line.startswith("@@")]
    return "\n".join(lines) + "\n" if lines else ""
