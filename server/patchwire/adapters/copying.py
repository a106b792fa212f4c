"""Makes a private copy of a tree as the user sees it: tracked and untracked files, uncommitted changes included.

Times, modes and symbolic links are kept; nothing is followed out of the tree and nothing of the original is written.
Not copied: what `listing` leaves out (`.git`, environments, caches), and ignored files above `IGNORED_FILE_LIMIT` or
beyond `IGNORED_TOTAL_LIMIT` in all. Other ignored files are copied, for tests often need what a build has left there (a
generated `_version.py`, an extension module). Knows nothing of what the copy is for.
"""

import os
import shutil
import stat
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from patchwire.adapters.listing import LEFT_OUT, Listing
from patchwire.errors import WorkspaceError

IGNORED_FILE_LIMIT = 16 * 1024 * 1024
IGNORED_TOTAL_LIMIT = 256 * 1024 * 1024


class Stopped(Exception):
    """The copy was given up because nobody waits for it any more."""


@dataclass(frozen=True, slots=True)
class Copied:
    """`files` are the paths to list and search (none ignored), sorted; `left_out` were too big or not to be read.

    `environments` are directories that tests may need and that are not copied (`.venv`, `node_modules`).
    """

    files: tuple[str, ...]
    left_out: tuple[str, ...]
    environments: tuple[str, ...] = ()


class TreeCopy:
    """A private copy of `source` at `target`, made by the first `sync` and brought up to date by every other."""

    def __init__(self, source: Path, target: Path) -> None:
        self._source, self._target = source, target
        self._stamps: dict[str, tuple[_Stamp, _Stamp]] = {}

    def sync(self, stop: threading.Event) -> Copied:
        """Let the copy be what the source is now, whatever was done to either; caches stay.

        Raises WorkspaceError if that fails, Stopped if `stop` is set (the next `sync` then does the rest).
        """
        try:
            self._target.mkdir(parents=True, exist_ok=True)
            copy = _Copy(self._source, self._target, stop, self._stamps)
            copied = copy.made()
        except OSError as error:
            raise WorkspaceError(f"cannot copy {self._source}: {error}") from error
        self._stamps = copy.stamps
        return copied


def clone_tree(source: Path, target: Path) -> None:
    """Copy a copy, whatever lies in it by now (caches apart). Raises WorkspaceError if it cannot be done."""
    try:
        target.mkdir(parents=True)
        _Copy(source, target, threading.Event(), {}).cloned()
    except OSError as error:
        raise WorkspaceError(f"cannot copy {source}: {error}") from error


_Stamp = tuple[int, int, int, int, int]


def _stamp(status: os.stat_result) -> _Stamp:
    """What changes when a file does; nobody can set the time of the last change of status."""
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


class _Copy:
    """One pass. `known` holds the stamps of a source and its copy as the last pass left them."""

    def __init__(
        self, source: Path, target: Path, stop: threading.Event, known: Mapping[str, tuple[_Stamp, _Stamp]]
    ) -> None:
        self._source, self._target, self._stop = source, target, stop
        self._known = known
        self.stamps: dict[str, tuple[_Stamp, _Stamp]] = {}
        self._real = os.path.realpath(source)
        self._made_directories = {target}
        self._ignored_bytes = 0
        self._files: list[str] = []
        self._left_out: list[str] = []
        self._listing = Listing(source)

    def made(self) -> Copied:
        for path, ignored in self._listing.everything():
            self._file(path, ignored=ignored)
        self._left_out += self._listing.unreadable
        if self._known:
            self._remove_strangers("")
        return Copied(
            tuple(sorted(self._files)), tuple(sorted(self._left_out)), tuple(sorted(self._listing.environments))
        )

    def cloned(self) -> None:
        for path in self._listing.walked():
            self._file(path)

    def _file(self, path: str, *, ignored: bool = False) -> None:
        if self._stop.is_set():
            raise Stopped
        source, target = self._source / path, self._target / path
        try:
            status = source.lstat()
            if ignored and not self._affords(status):
                self._left_out.append(path)
                return
            if self._is_up_to_date(path, status, target):
                self.stamps[path] = self._known[path]
                if not ignored:
                    self._files.append(path)
                return
            self._make_directory(target.parent)
            _clear(target)
            if stat.S_ISLNK(status.st_mode):
                target.symlink_to(self._link(str(source.readlink())))
            elif stat.S_ISREG(status.st_mode):
                shutil.copyfile(source, target, follow_symlinks=False)
                target.chmod(stat.S_IMODE(status.st_mode) | stat.S_IRUSR | stat.S_IWUSR)
                os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
            else:
                return  # a pipe, a socket, a device
        except FileNotFoundError:
            return  # deleted but still in the index, left out by a sparse checkout, or gone this moment
        except PermissionError:
            self._left_out.append(path)
            return
        self.stamps[path] = _stamp(status), _stamp(target.lstat())
        if not ignored:
            self._files.append(path)

    def _is_up_to_date(self, path: str, status: os.stat_result, target: Path) -> bool:
        if path not in self._known:
            return False
        try:
            return self._known[path] == (_stamp(status), _stamp(target.lstat()))
        except (FileNotFoundError, NotADirectoryError):
            return False

    def _remove_strangers(self, prefix: str) -> bool:
        """Remove what this pass did not put there, caches apart; whether the directory is empty now."""
        empty = True
        for entry in list(os.scandir(self._target / prefix)):
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in LEFT_OUT and self._remove_strangers(path + "/"):
                    Path(entry.path).rmdir()
                    continue
            elif path not in self.stamps:
                Path(entry.path).unlink()
                continue
            empty = False
        return empty

    def _affords(self, status: os.stat_result) -> bool:
        if status.st_size > IGNORED_FILE_LIMIT or self._ignored_bytes + status.st_size > IGNORED_TOTAL_LIMIT:
            return False
        self._ignored_bytes += status.st_size
        return True

    def _make_directory(self, directory: Path) -> None:
        if directory in self._made_directories:
            return
        self._make_directory(directory.parent)
        if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
            directory.unlink()  # what was there at the last pass, or what a test made of it
        directory.mkdir(exist_ok=True)
        self._made_directories.add(directory)

    def _link(self, to: str) -> str:
        """Where the link points in the copy: an absolute link into the original tree must not lead back there."""
        for root in (str(self._source), self._real):
            if to == root or to.startswith(root + os.sep):
                return str(self._target) + to[len(root) :]
        return to


def _clear(target: Path) -> None:
    """Make room for a file where there may be another, or a directory of the last pass."""
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
