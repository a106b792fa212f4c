"""Unified diffs: with and without `diff --git`, new, deleted, renamed, copied files and modes.

Refuses what can not be applied to text: binary patches, combined diffs, symbolic links and submodules.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from patchwire.errors import PatchRefused
from patchwire.patch.formats import names
from patchwire.patch.formats.cursor import Cursor
from patchwire.patch.formats.hunks import is_file_header, read_hunk
from patchwire.patch.model import FilePatch, Hunk, Kind, Sign

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"')
_EXTENDED = re.compile(
    r"(?:old|new|deleted file|new file) mode |(?:dis)?similarity index |(?:rename|copy) (?:from|to) "
    r"|index |Binary |GIT "
)
_MODE = re.compile(r"(?:new|deleted file|new file|old) mode (\d{6})\s*$")
_BINARY = re.compile(r"GIT binary patch|Binary files .* differ")
_SPECIAL = {"120000": "a symbolic link", "160000": "a submodule"}


@dataclass(slots=True)
class _Head:
    """What stands before the hunks of one file."""

    old: str = ""
    new: str = ""
    in_git: bool = False
    added: bool = False
    deleted: bool = False
    moves: dict[str, str] = field(default_factory=dict)
    mode: int | None = None
    hunks: list[Hunk] = field(default_factory=list)


def starts(cursor: Cursor) -> bool:
    """Whether a file of a unified diff begins at the cursor."""
    return cursor.line.startswith("diff --git ") or is_file_header(cursor)


def read(cursor: Cursor) -> FilePatch:
    """Read one file's part: its headers and all its hunks. Raises PatchRefused for what can not be applied."""
    cursor.count_part()
    head = _Head()
    if cursor.line.startswith("diff --git "):
        head.in_git = True
        _read_git(cursor, head)
    if is_file_header(cursor):
        head.old, head.new = names.header_name(cursor.line[4:]), names.header_name(cursor.peek()[4:])
        cursor.at += 2
    while True:
        at = cursor.at
        while cursor.line.strip() == "" and not cursor.done:
            cursor.at += 1
        if cursor.line.startswith("@@@"):
            raise PatchRefused("A combined diff (`@@@`) has two old sides: give a plain unified diff.")
        if not cursor.line.startswith("@@") and (
            head.hunks or cursor.line[:1] not in ("+", "-", " ") or starts(cursor)
        ):
            cursor.at = at
            break
        hunk = read_hunk(cursor, in_git=head.in_git)
        if hunk:
            head.hunks.append(hunk)
    file = _file_patch(head)
    if file.kind is Kind.MODIFY and not file.hunks and not head.in_git:
        raise PatchRefused(f"{file.path}: there is no hunk behind `---` and `+++`: give `@@` and the lines to change.")
    return file


def _read_git(cursor: Cursor, head: _Head) -> None:
    head.old, head.new = _two_names(cursor.line[len("diff --git ") :].strip())
    cursor.at += 1
    while _EXTENDED.match(cursor.line):
        _read_extended(cursor.line, head)
        cursor.at += 1


def _two_names(rest: str) -> tuple[str, str]:
    """The names in a `diff --git` line. Names with spaces can only be told apart where both are the same."""
    quoted = _QUOTED.match(rest)
    if quoted:
        return names.unquote(quoted[0]), names.unquote(rest[quoted.end() :].strip())
    half = len(rest) // 2
    if rest[half : half + 1] == " " and rest[2:half] == rest[half + 3 :]:
        return rest[:half], rest[half + 1 :]
    old, _, new = rest.rpartition(' "' if rest.endswith('"') else " ")
    return old, names.unquote('"' + new if rest.endswith('"') else new)


def _read_extended(line: str, head: _Head) -> None:
    """A line between `diff --git` and `---`. Raises PatchRefused for what is no text file."""
    mode = _MODE.match(line)
    if mode and mode[1] in _SPECIAL:
        raise PatchRefused(f"`{head.new}` is {_SPECIAL[mode[1]]}: only text files can be patched.")
    if _BINARY.match(line):
        raise PatchRefused(f"`{head.new}` is a binary file in this patch: only text files can be patched.")
    if mode:
        head.added |= line.startswith("new file")
        head.deleted |= line.startswith("deleted")
        if line.startswith("new"):
            head.mode = int(mode[1], 8)
    for key in ("rename from ", "rename to ", "copy from ", "copy to "):
        if line.startswith(key):
            head.moves[key.strip()] = names.unquote(line[len(key) :].strip())


def _file_patch(head: _Head) -> FilePatch:
    hunks = tuple(head.hunks)
    for verb, kind in (("rename", Kind.RENAME), ("copy", Kind.ADD)):
        source, target = head.moves.get(f"{verb} from"), head.moves.get(f"{verb} to")
        if source and target:
            return FilePatch(names.checked(target), kind, hunks, old_path=names.checked(source), mode=head.mode)
    old, new = names.readings(head.old, head.new)
    if not old and not new:
        raise PatchRefused("A file's header names no file (`--- /dev/null` and `+++ /dev/null`).")
    if head.added or not old:
        path, *aliases = new or old
        return FilePatch(path, Kind.ADD, hunks, tuple(aliases), mode=head.mode, content=content_of(hunks))
    if head.deleted or not new:
        path, *aliases = old
        return FilePatch(path, Kind.DELETE, hunks, tuple(aliases))
    # two names without `rename` lines are one file under two names, such as `x.orig`: the one that exists is meant
    path, *aliases = [name for name in new if name in old] or new
    aliases += [name for name in (*new, *old) if name not in (path, *aliases)]
    return FilePatch(path, Kind.MODIFY, hunks, tuple(aliases), mode=head.mode)


def content_of(hunks: Sequence[Hunk]) -> str | None:
    """The whole text of an added file; None if its hunks speak of lines that are there already."""
    lines = [line for hunk in hunks for line in hunk.lines]
    if any(line.sign is Sign.REMOVED for line in lines):
        return None
    text = "\n".join(line.text for line in lines)
    ends = not hunks or hunks[-1].new_newline is not False
    return text + "\n" if lines and ends else text
