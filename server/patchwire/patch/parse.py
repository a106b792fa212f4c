"""Text that a model wrote → `Patch`: finds the patch in prose, fences and heredocs, whatever format it is in.

Must not know the files: what fits where is for `locate`. Raises nothing but PatchRefused, on any text.
"""

from patchwire.errors import PatchRefused
from patchwire.patch.formats import blocks, names, unified, v4a, whole
from patchwire.patch.formats.cursor import Cursor
from patchwire.patch.formats.hunks import read_hunk
from patchwire.patch.model import FilePatch, Kind, Patch

MAX_CHARACTERS = 32_000_000
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
    files: list[FilePatch] = []
    named = path
    while not cursor.done:
        if unified.starts(cursor):
            files.append(unified.read(cursor))
        elif v4a.starts(cursor):
            files.append(v4a.read(cursor))
        elif blocks.starts(cursor):
            files.append(blocks.read(cursor, named))
        elif cursor.line.startswith("@@"):
            _loose_hunk(cursor, files, named)
        else:
            named = whole.name_on(cursor.line) or named
            cursor.step_over()
    patch = Patch(tuple(files) or whole.read_all(text))
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


def _loose_hunk(cursor: Cursor, files: list[FilePatch], named: str | None) -> None:
    """A hunk with no file header before it: of the file before, or of the one named last."""
    hunk = read_hunk(cursor)
    if not hunk:
        return
    if files:
        path, *aliases = files[-1].path, *files[-1].aliases
    elif named:
        path, *aliases = names.one(named)
    else:
        raise PatchRefused("A hunk names no file: put `--- a/path` and `+++ b/path` before its `@@` line.")
    files.append(FilePatch(path, Kind.MODIFY, (hunk,), tuple(aliases)))
