"""Reads, replaces and removes files beneath a directory without following a link, whatever others do meanwhile.

Every directory on the way is opened from the one above it (`O_NOFOLLOW`), so there is no moment between looking and
doing in which a directory could become a link that leads out. `openat2(RESOLVE_BENEATH)` does such a walk in one call,
but on Linux alone, and the open directory is needed anyway to replace a file in one step. Paths are POSIX and relative,
without `.` and `..`; all errors are `OSError`s that name the whole path. Knows nothing of what the files are for.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Container, Iterator
from pathlib import Path
from typing import BinaryIO

_DIRECTORY = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_DIRECTORY = 0o777


def status(root: Path, path: str) -> os.stat_result | None:
    """What is at `path`, a link itself and not where it leads; None if nothing is."""
    found = None
    with _named(path), _directories(root, path) as (*_, (parent, name)):
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    return found  # noqa: RET504 - `_named` lets nothing at `path` pass


def read(root: Path, path: str, limit: int) -> tuple[bytes, os.stat_result] | None:
    """The bytes of a regular file, and its status; None if there is none.

    Raises OSError: a link or no regular file (neither is opened), or more than `limit` bytes (EFBIG).
    """
    found = None
    with _named(path), _directories(root, path) as (*_, (parent, name)):
        _regular(os.stat(name, dir_fd=parent, follow_symlinks=False))  # a device is not even opened
        descriptor = os.open(name, _READ, dir_fd=parent)
        with os.fdopen(descriptor, "rb") as file:
            opened = os.fstat(file.fileno())
            _regular(opened)
            data = b"" if opened.st_size > limit else file.read(limit + 1)
            if max(opened.st_size, len(data)) > limit:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            found = data, opened
    return found


def open_regular(file: Path) -> BinaryIO:
    """Open one file that strangers may have made anything of. Raises OSError for all but a regular file, links too.

    Whoever reads it says how much: it may grow meanwhile.
    """
    opened = os.fdopen(os.open(file, _READ), "rb")
    try:
        _regular(os.fstat(opened.fileno()))
    except BaseException:
        opened.close()
        raise
    return opened


def replace(root: Path, path: str, data: bytes, mode: int, *, durable: bool = False) -> None:
    """Make `path` a file that holds `data`, in one step: it is the old one or the new one at any moment.

    Directories are made where they are missing, and removed again if the rest fails. With `durable` the bytes are on
    the disk before the step.
    """
    with _named(path, missing=False), _directories(root, path, make=True) as (*_, (parent, name)):
        temporary = f".patchwire-{secrets.token_hex(8)}"
        descriptor = os.open(temporary, _CREATE, 0o600, dir_fd=parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), mode)
                if durable:
                    os.fsync(file.fileno())
            os.replace(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=parent)
            raise


def remove(root: Path, path: str, *, only: Container[str] | None = None) -> None:
    """Let there be no file at `path`, nor the directories above it that are empty then. A link is removed itself.

    With `only`, no directory is removed but these.
    """
    with _named(path), _directories(root, path) as steps:
        parent, name = steps[-1]
        os.unlink(name, dir_fd=parent)
        directory = path
        for parent, name in reversed(steps[:-1]):
            directory = directory.rpartition("/")[0]
            if only is not None and directory not in only:
                break
            with contextlib.suppress(OSError):  # there is something in it, or it is not ours to remove
                os.rmdir(name, dir_fd=parent)
                continue
            break


def names_in(root: Path, path: str) -> list[str]:
    """The names in the directory `path`; none if there is no such directory. Raises OSError for a link."""
    names: list[str] = []
    with _named(path), _directories(root, f"{path}/*" if path else "*") as (*_, (directory, _name)):
        readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
        try:
            names = os.listdir(readable)  # noqa: PTH208 - a descriptor is no path
        finally:
            os.close(readable)
    return names


@contextlib.contextmanager
def _directories(root: Path, path: str, *, make: bool = False) -> Iterator[list[tuple[int, str]]]:
    """The way to `path`: for each name on it the open directory that it stands in."""
    names = path.split("/")
    if "\0" in path or any(name in {"", ".", ".."} for name in names):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    with contextlib.ExitStack() as opened:
        parent = _open(opened, root, None)
        steps, made = [], []
        try:
            for name in names[:-1]:
                steps.append((parent, name))
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, _NEW_DIRECTORY, dir_fd=parent)
                        made.append((parent, name))
                parent = _open(opened, name, parent)
            yield [*steps, (parent, names[-1])]
        except BaseException:
            for parent, name in reversed(made):
                with contextlib.suppress(OSError):
                    os.rmdir(name, dir_fd=parent)
            raise


def _open(opened: contextlib.ExitStack, name: str | Path, parent: int | None) -> int:
    try:
        descriptor = os.open(name, _DIRECTORY, dir_fd=parent)
    except NotADirectoryError:
        if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, "a symbolic link is in the way") from None
        raise
    opened.callback(os.close, descriptor)
    return descriptor


def _regular(found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, "it is a symbolic link")
    if stat.S_ISDIR(found.st_mode):
        raise OSError(errno.EISDIR, "it is a directory")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")


@contextlib.contextmanager
def _named(path: str, *, missing: bool = True) -> Iterator[None]:
    """Errors with the whole path in them; nothing at `path` is no error if it may be `missing`."""
    try:
        yield
    except OSError as error:
        if not (missing and isinstance(error, FileNotFoundError | NotADirectoryError)):
            raise OSError(error.errno, error.strerror, path) from error
