"""Whole files: a path on a line of its own, then a code fence that holds the file's new text.

Only believed in a text that holds no other format, and never where the code leaves out what it does not change.
"""

import re

from patchwire.errors import PatchRefused
from patchwire.patch.formats import names
from patchwire.patch.formats.cursor import Cursor
from patchwire.patch.model import FilePatch, Kind

_NAME = re.compile(r"[\s#>*]*(?:[Ff]ile(?:name|path)?:\s*)?[`*\"']*(?P<path>[^\s`*\"':]+)[`*\"']*:?[`*\s]*$")
_OPEN = re.compile(r"(`{3,}|~{3,})\s*([\w+#.-]*)\s*$")
_ELISION = re.compile(
    r"\s*(?:#|//|/\*|<!--|--|;)?\s*(?:\.\.\.|…)?\s*"
    r"(?:rest of|existing|unchanged|previous|other|remaining)\b.*(?:\.\.\.|…|unchanged|same|here)",
    re.I,
)


def name_on(line: str) -> str | None:
    """The path that stands alone on a line (in `#`, `**` or backticks perhaps), None if there is none."""
    found = _NAME.match(line)
    if not found:
        return None
    path = found["path"]
    last = path.rsplit("/", 1)[-1]
    return path if "." in last.strip(".") or "/" in path or last in ("Makefile", "Dockerfile", "LICENSE") else None


def read_all(text: str) -> tuple[FilePatch, ...]:
    """Every whole file in a text. Raises PatchRefused for one that leaves parts out."""
    cursor = Cursor(text)
    files = []
    while not cursor.done:
        path, opened = name_on(cursor.line), _OPEN.match(cursor.peek())
        cursor.at += 1
        if path and opened:
            cursor.at += 1
            content = _fenced(cursor, opened[1])
            name, *aliases = names.one(path)
            if any(_ELISION.match(line) for line in content):
                raise PatchRefused(f"`{name}` is given whole but leaves parts out: give every line, or a unified diff.")
            files.append(FilePatch(name, Kind.MODIFY, aliases=tuple(aliases), content="\n".join([*content, ""])))
        elif opened := _OPEN.match(cursor.peek(-1)):
            _fenced(cursor, opened[1])
    return tuple(files)


def _fenced(cursor: Cursor, fence: str) -> list[str]:
    """The lines up to the fence's end; a fence inside that names its language has an end of its own."""
    lines = []
    depth = 0
    while not cursor.done:
        line = cursor.line
        cursor.at += 1
        inner = _OPEN.match(line)
        if inner and inner[1] == fence:
            if not inner[2] and depth == 0:
                break
            depth += 1 if inner[2] else -1
        lines.append(line)
    return lines
