"""Makes a private copy of a tree as the user sees it: tracked and untracked files, uncommitted changes included.

Times, modes and symbolic links are kept; nothing is followed out of the tree and nothing of the original is written.
Not copied: `.git`, environments (`.venv`, anything with a `pyvenv.cfg`), `node_modules`, caches, and ignored files
above `IGNORED_FILE_LIMIT` or beyond `IGNORED_TOTAL_LIMIT` in all. Other ignored files are copied, for tests often need
what a build has left there (a generated `_version.py`, an extension module). Knows nothing of what the copy is for.
"""

import os
import shutil
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from patchwire.adapters import shadow_git
from patchwire.errors import WorkspaceError

IGNORED_FILE_LIMIT = 16 * 1024 * 1024
IGNORED_TOTAL_LIMIT = 256 * 1024 * 1024
_LEFT_OUT = frozenset(
    [
        *(".git", ".hg", ".svn", ".venv", "node_modules", ".tox", ".nox", ".eggs", ".gradle", ".vscode-test"),
        *(
            "__pycache__",
            ".pytest_cache",
            ".mypy_cache",
            ".ruff_cache",
            ".hypothesis",
            ".import_linter_cache",
            ".cache",
        ),
        "htmlcov",
    ]
)
_ENVIRONMENT_SIGNS = ("pyvenv.cfg", "conda-meta")


class Stopped(Exception):
    """The copy was given up because nobody waits for it any more."""


@dataclass(frozen=True, slots=True)
class Copied:
    """`files` are the paths to list and search (none ignored), sorted; `left_out` were too big or not to be read."""

    files: tuple[str, ...]
    left_out: tuple[str, ...]


def copy_tree(source: Path, target: Path, stop: threading.Event) -> Copied:
    """Copy `source` to the new directory `target`. Raises WorkspaceError if that fails, Stopped if `stop` is set."""
    try:
        target.mkdir(parents=True)
        return _Copy(source, target, stop).made()
    except OSError as error:
        raise WorkspaceError(f"cannot copy {source}: {error}") from error


def clone_tree(source: Path, target: Path) -> None:
    """Copy a copy, whatever lies in it by now (caches apart). Raises WorkspaceError if it cannot be done."""
    try:
        target.mkdir(parents=True)
        _Copy(source, target, threading.Event()).cloned()
    except OSError as error:
        raise WorkspaceError(f"cannot copy {source}: {error}") from error


class _Copy:
    def __init__(self, source: Path, target: Path, stop: threading.Event) -> None:
        self._source, self._target, self._stop = source, target, stop
        self._real = os.path.realpath(source)
        self._made_directories = {target}
        self._ignored_bytes = 0
        self._files: list[str] = []
        self._left_out: list[str] = []
        self._verdicts: dict[str, bool] = {}

    def made(self) -> Copied:
        self._directory("")
        return Copied(tuple(sorted(self._files)), tuple(sorted(self._left_out)))

    def cloned(self) -> None:
        for path in self._walk(""):
            self._file(path)

    def _directory(self, prefix: str) -> None:
        """Copy a directory that may be a repository of its own (the root, a submodule, a nested clone)."""
        names = shadow_git.listing(self._source / prefix)
        if names is None:
            for path in self._walk(prefix):
                self._file(path)
            return
        for name in names.tracked:
            self._entry(prefix + os.fsdecode(name))
        for name in names.untracked:
            path = prefix + os.fsdecode(name)
            if not self._lies_in_left_out(path):
                self._entry(path.removesuffix("/"))
        for name in names.ignored:
            path = prefix + os.fsdecode(name)
            if self._lies_in_left_out(path):
                continue
            for each in self._walk(path) if path.endswith("/") else (path,):
                self._file(each, ignored=True)

    def _entry(self, path: str) -> None:
        at = self._source / path
        if at.is_dir() and not at.is_symlink():
            self._directory(path + "/")
        else:
            self._file(path)

    def _lies_in_left_out(self, path: str) -> bool:
        """Whether a directory above an untracked file (or the directory itself, where it ends in `/`) is left out."""
        directory = path.rpartition("/")[0]
        if not directory:
            return False
        if directory not in self._verdicts:
            self._verdicts[directory] = self._lies_in_left_out(directory) or self._is_left_out(directory)
        return self._verdicts[directory]

    def _walk(self, prefix: str) -> Iterator[str]:
        """Every file under a directory without asking git."""
        try:
            entries = sorted(os.scandir(self._source / prefix), key=lambda entry: entry.name)
        except OSError:
            if not prefix:
                raise
            self._left_out.append(prefix)
            return
        for entry in entries:
            path = prefix + entry.name
            if not entry.is_dir(follow_symlinks=False):
                yield path
            elif not self._is_left_out(path):
                yield from self._walk(path + "/")

    def _is_left_out(self, directory: str) -> bool:
        at = self._source / directory
        return at.name in _LEFT_OUT or any(os.path.exists(at / sign) for sign in _ENVIRONMENT_SIGNS)  # noqa: PTH110  # no errors

    def _file(self, path: str, *, ignored: bool = False) -> None:
        if self._stop.is_set():
            raise Stopped
        source, target = self._source / path, self._target / path
        try:
            status = source.lstat()
            if ignored and not self._affords(status):
                self._left_out.append(path)
                return
            self._make_directory(target.parent)
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
        if not ignored:
            self._files.append(path)

    def _affords(self, status: os.stat_result) -> bool:
        if status.st_size > IGNORED_FILE_LIMIT or self._ignored_bytes + status.st_size > IGNORED_TOTAL_LIMIT:
            return False
        self._ignored_bytes += status.st_size
        return True

    def _make_directory(self, directory: Path) -> None:
        if directory in self._made_directories:
            return
        self._make_directory(directory.parent)
        directory.mkdir(exist_ok=True)
        self._made_directories.add(directory)

    def _link(self, to: str) -> str:
        """Where the link points in the copy: an absolute link into the original tree must not lead back there."""
        for root in (str(self._source), self._real):
            if to == root or to.startswith(root + os.sep):
                return str(self._target) + to[len(root) :]
        return to
