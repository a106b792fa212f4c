"""The user's own tree: the one place that writes to it, and only after they said so.

Takes changes as whole texts and looks at every file before it writes the first. Where a file is no longer what its
change was made from, both changes are merged; if they collide, nothing is written. Each file is replaced in one step,
so it is old or new and never half of each; if a later file cannot be written, the earlier ones are put back. Follows
no link. Knows nothing of how patches are written.
"""

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from patchwire.adapters import beneath
from patchwire.adapters.paths import Roots
from patchwire.errors import ToolError, WorkspaceError
from patchwire.patch.merge import merge
from patchwire.patch.model import FileChange, Kind

FILE_LIMIT = 256 * 1024 * 1024
"""The largest file that is changed, in bytes: it is kept in memory until all are written."""
DURABLE = 100
"""Up to so many files are each waited for until they are on the disk; of more that would take minutes."""
_ENCODING = ("utf-8", "surrogateescape")
_SYMLINK, _SUBMODULE = 0o120000, 0o160000


@dataclass(frozen=True, slots=True)
class _Step:
    """One file: what it holds now and what it shall hold (None is no file), with which mode, and what is missing."""

    path: str
    before: bytes | None
    after: bytes | None
    mode: int
    missing: frozenset[str] = frozenset()


def accept(root: Path, changes: Sequence[FileChange]) -> tuple[str, ...]:
    """Write `changes` to the tree at `root`, all or none: the paths that were merged with what the user did meanwhile.

    Raises WorkspaceError, naming the file in the way.
    """
    merged: list[str] = []
    steps = list(_steps(root.resolve(), changes, merged))
    done: list[_Step] = []
    try:
        for step in steps:
            _write(root.resolve(), step.path, step.after, step.mode, durable=len(steps) <= DURABLE)
            done.append(step)
    except OSError as error:
        for step in reversed(done):
            with contextlib.suppress(OSError):
                _write(root.resolve(), step.path, step.before, step.mode, only=step.missing)
        raise WorkspaceError(
            f"{error.filename or root} cannot be written: {error.strerror}; nothing was changed"
        ) from error
    return tuple(merged)


def _steps(root: Path, changes: Iterable[FileChange], merged: list[str]) -> Iterator[_Step]:
    for change in changes:
        _check(change)
        source = change.old_path if change.kind is Kind.RENAME and change.old_path is not None else change.path
        found, mode = _found(root, source)
        before, after = _bytes(change.before), _bytes(change.after)
        if found != before:
            after = _merged(source, change, found)
            if after != _bytes(change.after):
                merged.append(change.path)
        if change.mode is not None:
            mode = stat.S_IMODE(change.mode)
        if source != change.path:
            if _found(root, change.path)[0] is not None:
                raise WorkspaceError(f"{change.path} is there already; nothing was changed")
            yield _Step(source, found, None, mode)
            found = None
        yield _Step(change.path, found, after, mode, _missing(root, change.path))


def _check(change: FileChange) -> None:
    if change.before is None and change.after is None:
        raise WorkspaceError(f"{change.path} is binary: take it from the diff with `git apply --binary`")
    for path in (change.path, change.old_path):
        if path is not None:
            _check_path(path)
    if change.mode is not None and stat.S_IFMT(change.mode) in {_SYMLINK, _SUBMODULE}:
        raise WorkspaceError(f"{change.path} is a link or a submodule in the patch; nothing was changed")


def _check_path(path: str) -> None:
    try:
        if Roots(Path("/"), Path("/")).relative(path) == path:
            return
    except ToolError as error:
        raise WorkspaceError(f"{error}; nothing was changed") from error
    raise WorkspaceError(f"{path[:200]} is no path relative to the root; nothing was changed")


def _found(root: Path, path: str) -> tuple[bytes | None, int]:
    """What the file holds (None: there is none) and its mode."""
    try:
        found = beneath.read(root, path, FILE_LIMIT)
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be changed: {error.strerror}; nothing was changed") from error
    return (None, _default_mode()) if found is None else (found[0], stat.S_IMODE(found[1].st_mode))


def _merged(path: str, change: FileChange, found: bytes | None) -> bytes | None:
    """What the file shall hold, although it is not what the change was made from."""
    after = _bytes(change.after)
    if found == after and change.kind is not Kind.RENAME:
        return after  # somebody has done the same
    if found is None or change.before is None or change.after is None:
        became = "is gone" if found is None else "was created" if change.before is None else "has changed"
        raise WorkspaceError(f"{path} {became} since the patch was made; nothing was changed: run again")
    both = merge(change.before, found.decode(*_ENCODING), change.after)
    if both.text is None:
        line = both.conflicts[0].our_line
        raise WorkspaceError(
            f"{path} has changed since the patch was made, and both change it at line {line}; nothing was changed: "
            "merge the diff by hand, or run again"
        )
    return _bytes(both.text)


def _missing(root: Path, path: str) -> frozenset[str]:
    """The directories that have to be made for this file."""
    parents = (parent.as_posix() for parent in PurePosixPath(path).parents[:-1])
    return frozenset(parent for parent in parents if beneath.status(root, parent) is None)


def _write(
    root: Path,
    path: str,
    content: bytes | None,
    mode: int,
    *,
    only: frozenset[str] | None = None,
    durable: bool = False,
) -> None:
    if content is None:
        beneath.remove(root, path, only=only)
    else:
        beneath.replace(root, path, content, mode, durable=durable)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode(*_ENCODING)


def _default_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
