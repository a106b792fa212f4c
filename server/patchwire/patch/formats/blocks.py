"""Search/replace blocks: `<<<<<<< SEARCH`, the lines to find, `=======`, the lines to put there, `>>>>>>> REPLACE`.

What both sides share becomes context, so that a file's own lines are kept where a model copied them badly.
"""

import re

from patchwire.errors import PatchRefused
from patchwire.patch.formats import names
from patchwire.patch.formats.cursor import Cursor
from patchwire.patch.model import FilePatch, Hunk, Kind, Line, Sign
from patchwire.patch.sequences import changes

_SEARCH = re.compile(r"<{5,9} ?(?:SEARCH|ORIGINAL)\b>?\s*(.*)$")
_MIDDLE = re.compile(r"={5,9}\s*$")
_REPLACE = re.compile(r">{5,9} ?(?:REPLACE|UPDATED)\b")


def starts(cursor: Cursor) -> bool:
    """Whether a search/replace block begins at the cursor."""
    return _SEARCH.match(cursor.line) is not None


def read(cursor: Cursor, path: str | None) -> FilePatch:
    """Read one block. `path` is the file named last. Raises PatchRefused for a broken block or one without a file."""
    cursor.count_part()
    cursor.at += 1
    search = _until(cursor, _MIDDLE, "=======")
    replace = _until(cursor, _REPLACE, ">>>>>>> REPLACE")
    if not path:
        raise PatchRefused("A search/replace block names no file: put the path on a line of its own before it.")
    name, *aliases = names.one(path)
    if search == replace:
        raise PatchRefused(f"{name}: a search/replace block has the same text on both sides.")
    if not any(search):
        text = "\n".join(replace) + "\n" if replace else ""
        return FilePatch(name, Kind.ADD, aliases=tuple(aliases), content=text)
    return FilePatch(name, Kind.MODIFY, (_hunk(search, replace),), aliases=tuple(aliases))


def _until(cursor: Cursor, end: re.Pattern[str], what: str) -> list[str]:
    lines: list[str] = []
    while not cursor.done:
        line = cursor.line
        cursor.at += 1
        if end.match(line):
            return lines
        lines.append(line)
    raise PatchRefused(f"A search/replace block has no `{what}` line.")


def _hunk(search: list[str], replace: list[str]) -> Hunk:
    lines: list[Line] = []
    at = 0
    for change in changes(search, replace):
        lines += [Line(Sign.CONTEXT, text) for text in search[at : change.start]]
        lines += [Line(Sign.REMOVED, text) for text in search[change.start : change.end]]
        lines += [Line(Sign.ADDED, text) for text in replace[change.new_start : change.new_end]]
        at = change.end
    lines += [Line(Sign.CONTEXT, text) for text in search[at:]]
    return Hunk(tuple(lines))
