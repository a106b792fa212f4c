"""Whole files: a path on a line of its own, then a code fence that holds the file's new text.

Only believed in a text that holds no other format, and never where the code leaves out what it does not change.
"""

import re

from patchwire.errors import PatchRefused
from patchwire.patch.formats import names
from patchwire.patch.formats.cursor import LONGEST_MARK, Cursor
from patchwire.patch.model import FilePatch, Kind

_LABEL = re.compile(r"(?:file|filename|filepath|path):\s+", re.IGNORECASE)
_PLAIN_NAMES = ("Makefile", "Dockerfile", "LICENSE", "README")
_DRESS = " \t#>*`\"':"
_OPEN = re.compile(r"(`{3,64}+|~{3,64}+)[ \t]?([\w+#.-]{0,64})[ \t]*$")
_ELISION = re.compile(
    r"(?:#|//|/\*|<!--|--|;)? ?(?:\.\.\.|…)? ?(?:the )?"
    r"(?:rest of|existing|unchanged|previous|other|remaining)\b.*(?:\.\.\.|…|unchanged|same|here)",
    re.IGNORECASE,
)


def name_on(line: str) -> str | None:
    """The path that stands alone on a line (in `#`, `**` or backticks perhaps), None if there is none."""
    if len(line) > LONGEST_MARK:
        return None
    name = line.strip(_DRESS)
    label = _LABEL.match(name)
    name = name[label.end() :].strip(_DRESS) if label else name
    if not name or any(sign in name for sign in " \t`*\"'<>"):
        return None
    last = name.rsplit("/", 1)[-1]
    return name if "." in last.strip(".") or "/" in name or last in _PLAIN_NAMES else None


def read_all(text: str) -> tuple[FilePatch, ...]:
    """Every whole file in a text. Raises PatchRefused for one that leaves parts out."""
    cursor = Cursor(text)
    files = []
    while not cursor.done:
        opened = _OPEN.match(cursor.peek()) if cursor.peek()[:1] in ("`", "~") else None
        path = name_on(cursor.line) if opened else None
        cursor.at += 1 + (opened is not None)
        if opened is None:
            continue
        content = _fenced(cursor, opened[1])
        if path is None:
            continue
        name, *aliases = names.one(path)
        if any(_ELISION.match(line[:LONGEST_MARK].strip()) for line in content):
            raise PatchRefused(f"`{name}` is given whole but leaves parts out: give every line, or a unified diff.")
        files.append(FilePatch(name, Kind.MODIFY, aliases=tuple(aliases), content="\n".join([*content, ""])))
    return tuple(files)


def _fenced(cursor: Cursor, fence: str) -> list[str]:
    """The lines up to the fence's end; a fence inside that names its language has an end of its own."""
    lines = []
    depth = 0
    while not cursor.done:
        line = cursor.line
        cursor.at += 1
        inner = _OPEN.match(line) if line[:1] == fence[0] else None
        if inner and inner[1] == fence:
            if not inner[2] and depth == 0:
                break
            depth += 1 if inner[2] else -1
        lines.append(line)
    return lines
