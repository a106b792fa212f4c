"""Text that a model wrote → `Patch`: finds the patch in prose, fences and heredocs, whatever format it is in.

Must not know the files: what fits where is for `locate`. Raises nothing but PatchRefused, on any text.
"""

from dataclasses import replace

from patchwire.errors import PatchRefused
from patchwire.patch.formats import blocks, names, unified, v4a, whole
from patchwire.patch.formats.cursor import Cursor
from patchwire.patch.formats.hunks import read_hunk
from patchwire.patch.model import FilePatch, Hunk, Kind, Patch, Sign

MAX_CHARACTERS = 16_000_000
MAX_LINES = 400_000

_NOTHING = (
    "There is no patch in this text. Give a unified diff (`--- a/path`, `+++ b/path`, `@@`), a V4A patch "
    "(`*** Begin Patch`, `*** Update File: path`), search/replace blocks, or a path and the whole file in a code fence."
)


def parse(text: str, *, path: str | None = None) -> Patch:
    """Read a patch in any format. `path` is the file that hunks without a file's name are meant for.

    Raises PatchRefused where there is no patch in the text, or one that can not be read or names a file outside the
    root.
    """
    if len(text) > MAX_CHARACTERS or text.count("\n") > MAX_LINES:
        raise PatchRefused(f"The patch is too long: at most {MAX_LINES:,} lines and {MAX_CHARACTERS:,} characters.")
    cursor = Cursor(text)
    files = _Files()
    named = path
    while not cursor.done:
        first = cursor.line[:1]
        if not first:
            cursor.at += 1
        elif first in "-d" and unified.starts(cursor):
            files.add(unified.read(cursor))
        elif first in "* " and (file := v4a.read(cursor)):
            files.add(file)
        elif first == "<" and blocks.starts(cursor):
            files.add(blocks.read(cursor, named), joins=True)
        elif first == "@" and cursor.line.startswith("@@"):
            _loose_hunk(cursor, files, named)
        else:
            named = whole.name_on(cursor.line) or named
            cursor.step_over()
    patch = Patch(files.all() or whole.read_all(text))
    if not patch.files:
        raise PatchRefused(_NOTHING)
    return patch


def paths_in(patch: Patch) -> tuple[str, ...]:
    """Every path that the patch reads or writes, in its order, with the other readings of a path behind it."""
    paths: dict[str, None] = {}
    for file in patch.files:
        paths[file.path] = None
        paths.update(dict.fromkeys(file.aliases))
        if file.old_path:
            paths[file.old_path] = None
    return tuple(paths)


class _Files:
    """The files read so far. Blocks and hunks without a header join what was read for their file before."""

    def __init__(self) -> None:
        self._files: list[FilePatch] = []
        self._hunks: dict[str, tuple[int, list[Hunk]]] = {}

    @property
    def last(self) -> FilePatch | None:
        """The file read last."""
        return self._files[-1] if self._files else None

    def add(self, file: FilePatch, *, joins: bool = False) -> None:
        """Take a file, or with `joins` the hunks of a file that may have been here before."""
        hunks = tuple(hunk for hunk in file.hunks if any(line.sign is not Sign.CONTEXT for line in hunk.lines))
        if file.hunks and not hunks:
            raise PatchRefused(f"{file.path}: no line is removed or added: mark each with `-` or `+`.")
        file = replace(file, hunks=hunks)
        if joins and file.path in self._hunks and file.hunks:
            self._hunks[file.path][1].extend(file.hunks)
            return
        self._settle(file.path)
        if file.kind is Kind.MODIFY and file.content is None:
            self._hunks[file.path] = (len(self._files), list(file.hunks))
        self._files.append(file)

    def all(self) -> tuple[FilePatch, ...]:
        """Every file, in order."""
        for path in tuple(self._hunks):
            self._settle(path)
        return tuple(self._files)

    def _settle(self, path: str) -> None:
        if path in self._hunks:
            at, hunks = self._hunks.pop(path)
            self._files[at] = replace(self._files[at], hunks=tuple(hunks))


def _loose_hunk(cursor: Cursor, files: _Files, named: str | None) -> None:
    """A hunk with no file header before it: of the file before, or of the one named last."""
    hunk = read_hunk(cursor)
    if not hunk:
        return
    if files.last:
        path, *aliases = files.last.path, *files.last.aliases
    elif named:
        path, *aliases = names.one(named)
    else:
        raise PatchRefused("A hunk names no file: put `--- a/path` and `+++ b/path` before its `@@` line.")
    files.add(FilePatch(path, Kind.MODIFY, (hunk,), tuple(aliases)), joins=True)
