"""The user's own tree: the one place that writes to it, and only after they said so.

Takes changes as whole texts and checks every one of them before it writes the first: a file that is no longer what the
change was made from is a conflict and nothing is written. Each file is replaced in one step, so it is old or new and
never half of each; if a later file cannot be written, the earlier ones are put back. Knows nothing of patches or git.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from patchwire.errors import WorkspaceError
from patchwire.patch.model import FileChange, Kind

_ENCODING = ("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class _Step:
    """One file: what it must hold now and what it shall hold; None is no file."""

    target: Path
    before: bytes | None
    after: bytes | None
    mode: int | None


def accept(root: Path, changes: Sequence[FileChange]) -> None:
    """Write `changes` to the tree at `root`, all or none. Raises WorkspaceError, naming the file in the way."""
    steps = list(_steps(root, changes))
    for step in steps:
        _check(root, step)
    done: list[_Step] = []
    made = {folder for step in steps for folder in step.target.parents if not folder.exists()}
    try:
        for step in steps:
            _replace(step.target, step.after, step.mode)
            done.append(step)
    except OSError as error:
        for step in reversed(done):
            with contextlib.suppress(OSError):
                _replace(step.target, step.before, None)
        for folder in sorted(made, reverse=True):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise WorkspaceError(
            f"{error.filename or root} cannot be written: {error.strerror}; nothing was changed"
        ) from error


def _steps(root: Path, changes: Iterable[FileChange]) -> Iterator[_Step]:
    for change in changes:
        if change.before is None and change.after is None:
            raise WorkspaceError(f"{change.path} is binary: take it from the diff with `git apply --binary`")
        before, after = _bytes(change.before), _bytes(change.after)
        if change.kind is Kind.RENAME and change.old_path is not None:
            yield _Step(root / change.old_path, before, None, None)
            yield _Step(root / change.path, None, after, change.mode or _mode(root / change.old_path))
        else:
            yield _Step(root / change.path, before, after, change.mode)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode(*_ENCODING)


def _check(root: Path, step: _Step) -> None:
    name = step.target.relative_to(root)
    if ".." in name.parts or root.resolve() not in (step.target.parent.resolve() / name.name).parents:
        raise WorkspaceError(f"{name} lies outside {root}; nothing was changed")
    if step.target.is_symlink():
        raise WorkspaceError(f"{name} is a symbolic link; nothing was changed")
    try:
        found = step.target.read_bytes()
    except FileNotFoundError:
        found = None
    except OSError as error:
        raise WorkspaceError(f"{name} cannot be read: {error.strerror}; nothing was changed") from error
    if found != step.before:
        raise WorkspaceError(f"{name} has changed since the patch was made; nothing was changed: run again")


def _replace(target: Path, content: bytes | None, mode: int | None) -> None:
    """Put `content` at `target` in one step, keeping the file's mode unless one is given; None removes the file."""
    if content is None:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = mode or _mode(target) or _default_mode()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(stat.S_IMODE(mode))
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mode(file: Path) -> int | None:
    try:
        return file.stat().st_mode
    except OSError:
        return None


def _default_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
