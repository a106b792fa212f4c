"""Our own directories on this machine: private ones, each held by one process, and swept when nobody needs them.

A directory is claimed with a lock that the system takes back when the process ends, however it ends. What is in a
directory is not this module's business.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from patchwire.errors import WorkspaceError

_LOCK = "lock"
_MAKING_SECONDS = 60.0
"""A directory without a lock is one that its process is just making, unless it has been there for so long."""


def home() -> Path:
    """Our state directory, made if need be. Raises WorkspaceError as `private`."""
    import platformdirs  # late: it is not needed where there is no workspace

    return private(Path(platformdirs.user_state_dir("patchwire", appauthor=False)))


def candidates() -> list[Path]:
    """Directories that may hold what we write, the best first: not every file system can take an overlay's layer."""
    user = f"patchwire-{os.geteuid()}"
    return [home(), *(Path(place, user) for place in ("/var/tmp", tempfile.gettempdir(), "/dev/shm"))]  # noqa: S108  # ours by `private`


def private(directory: Path) -> Path:
    """The directory, made if need be, that only we may look into.

    Raises WorkspaceError if it is a link, or somebody else's, or cannot be made.
    """
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        status = directory.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            raise WorkspaceError(f"{directory} is not a directory of yours: remove it, or set XDG_STATE_HOME elsewhere")
        if stat.S_IMODE(status.st_mode) & 0o077:
            directory.chmod(0o700)
    except OSError as error:
        raise WorkspaceError(f"{directory} cannot be used: {error.strerror}; set XDG_STATE_HOME elsewhere") from error
    return directory


def new_name() -> str:
    """A name that no other directory has."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"


@dataclass(slots=True)
class Claim:
    """A directory that this process holds. `release` removes it."""

    directory: Path
    _lock: int

    @classmethod
    def of(cls, directory: Path) -> Self:
        """Make the directory, or take up one that is there. Raises WorkspaceError if another process holds it."""
        private(directory)
        lock = _locked(directory)
        if lock is None:
            raise WorkspaceError(f"{directory.name} is in use by another process: wait for its end, or end it")
        return cls(directory, lock)

    @classmethod
    def new(cls, parent: Path) -> Self:
        """A new directory. Another process that sweeps may hold it for a moment before us: then it is another one."""
        while True:
            directory = private(parent / new_name())
            if (lock := _locked(directory)) is not None:
                return cls(directory, lock)

    def release(self) -> None:
        """Remove it. Never raises; may be called again."""
        if self._lock < 0:
            return
        remove(self.directory)
        os.close(self._lock)
        self._lock = -1


def _locked(directory: Path) -> int | None:
    """A lock on the directory; None where another process has it, or it was removed this moment."""
    try:
        lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_nlink:
            return lock
    except OSError:
        pass
    os.close(lock)
    return None


def sweep(parent: Path) -> None:
    """Remove what dead processes left in `parent`: sessions are taken up from their journals. Never raises."""
    with contextlib.suppress(OSError):
        for directory in list(parent.iterdir()):
            with contextlib.suppress(OSError):
                if _is_being_made(directory) or (lock := _locked(directory)) is None:
                    continue
                try:
                    remove(directory)
                finally:
                    os.close(lock)


def _is_being_made(directory: Path) -> bool:
    return not (directory / _LOCK).exists() and time.time() - directory.stat().st_mtime < _MAKING_SECONDS


def size(directory: Path) -> int:
    """Bytes on disk below a directory."""
    total = 0
    for at, _, names in os.walk(directory):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(at, name)).st_blocks * 512  # noqa: PTH118  # may be many
    return total


def remove(directory: Path) -> None:
    """Remove a directory, also where tests have taken its rights away. Never raises."""
    shutil.rmtree(directory, ignore_errors=True)
    if directory.exists():
        _open_up(directory)
        for at, names, _ in os.walk(directory):
            for name in names:  # before the walk looks into them
                _open_up(Path(at, name))
        shutil.rmtree(directory, ignore_errors=True)


def _open_up(directory: Path) -> None:
    with contextlib.suppress(OSError):
        if not directory.is_symlink():
            directory.chmod(0o700)
