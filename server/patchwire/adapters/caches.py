"""What the runs in one tree keep from each other (a compiler's cache, downloads), a directory for each, within a cap.

Never shared between trees: a test could poison it. A cache that no process uses may go at any time, and goes when it
was not used for long or when all together take too much. What tools put into one is not this module's business.
"""

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from patchwire.adapters import state
from patchwire.errors import WorkspaceError

MOST_BYTES = 4 * 2**30
LONGEST_SECONDS = 30 * 86_400.0
_LOCK = "lock"
"""Beside the files, and not among them: what runs there could take the lock, or remove it."""


@dataclass(slots=True)
class Cache:
    """The cache of one tree, in use by this process, and maybe by others. It stays when it is let go."""

    files: Path
    _lock: int

    @classmethod
    def of(cls, tree: Path) -> Self:
        """Use the cache of a tree, made if need be. Raises WorkspaceError as `state.private`."""
        name = hashlib.sha256(os.fsencode(os.path.realpath(tree))).hexdigest()[:16]
        home = _home()
        with _alone(home):
            lock = _opened(state.private(home / name))
            fcntl.flock(lock, fcntl.LOCK_SH)
        os.utime(lock)
        return cls(state.private(home / name / "files"), lock)

    def release(self) -> None:
        """Let it go. Never raises; may be called again."""
        if self._lock >= 0:
            with contextlib.suppress(OSError):
                os.utime(self._lock)
            os.close(self._lock)
            self._lock = -1


def sweep(most: int = MOST_BYTES, longest: float = LONGEST_SECONDS) -> None:
    """Remove what was not used for long, and then the least recently used until all take no more than `most` bytes.

    What a process uses stays, whatever it takes. Never raises.
    """
    with contextlib.suppress(OSError, WorkspaceError):
        home = _home()
        found = [directory for directory in home.iterdir() if directory.is_dir()]
        caches = sorted((_last_used(each), state.size(each), each) for each in found)
        total = sum(size for _, size, _ in caches)
        for used, size, directory in caches:
            if (total > most or time.time() - used > longest) and _remove(home, directory):
                total -= size


def _remove(home: Path, directory: Path) -> bool:
    """Remove a cache that nobody uses; whether it is gone."""
    with contextlib.suppress(OSError):
        with _alone(home):
            lock = _opened(directory)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            finally:
                os.close(lock)
            doomed = directory.rename(home / state.new_name())  # so that nobody has to wait for the removal
        state.remove(doomed)
        return not doomed.exists()
    return False


def _home() -> Path:
    return state.private(state.home() / "caches")


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Between the making of a cache and its lock there is no sweeping. Held for a moment only."""
    lock = _opened(home)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _opened(directory: Path) -> int:
    return os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _last_used(directory: Path) -> float:
    lock = directory / _LOCK
    return (lock if lock.exists() else directory).lstat().st_mtime
