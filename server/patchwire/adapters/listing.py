"""Which files a tree has, as its user sees it: tracked and untracked ones, submodules and nested repositories included.

Left out are `.git`, environments (`.venv`, anything with a `pyvenv.cfg`), `node_modules` and caches. Ignored files are
told apart: tests may need them, lists and searches do not show them. Reads names and nothing of what is in a file.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from patchwire.adapters import shadow_git
from patchwire.errors import WorkspaceError

LEFT_OUT = frozenset(
    [
        *(".git", ".hg", ".svn", ".venv", "node_modules", ".tox", ".nox", ".eggs", ".gradle", ".vscode-test"),
        *("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache"),
        *(".cache", "htmlcov"),
    ]
)
_NEEDED = frozenset([".venv", "node_modules", ".tox", ".nox", ".eggs", ".gradle"])
_FILES = (stat.S_IFREG, stat.S_IFLNK)
_ENVIRONMENT_SIGNS = ("pyvenv.cfg", "conda-meta")


class Listing:
    """The names under `root`. Not gone into, but told: `unreadable` directories, and `environments`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._verdicts: dict[str, bool] = {}
        self.unreadable: list[str] = []
        self.environments: set[str] = set()

    def everything(self) -> Iterator[tuple[str, bool]]:
        """Every path, and whether it is ignored. A path may be gone by now, or be no file at all."""
        yield from self._directory("", ignored=True)

    def shown(self) -> tuple[str, ...]:
        """The regular files and symbolic links that are not ignored, sorted. Raises WorkspaceError."""
        try:
            shown = (path for path, _ in self._directory("", ignored=False))
            return tuple(sorted(path for path in shown if stat.S_IFMT(self._mode(path)) in _FILES))
        except OSError as error:
            raise WorkspaceError(f"cannot read {self._root}: {error}") from error

    def walked(self, prefix: str = "") -> Iterator[str]:
        """Every file under a directory without asking git."""
        try:
            entries = sorted(os.scandir(self._root / prefix), key=lambda entry: entry.name)
        except OSError:
            if not prefix:
                raise
            self.unreadable.append(prefix)
            return
        for entry in entries:
            path = prefix + entry.name
            if not entry.is_dir(follow_symlinks=False):
                yield path
            elif not self._is_left_out(path):
                yield from self.walked(path + "/")

    def _directory(self, prefix: str, *, ignored: bool) -> Iterator[tuple[str, bool]]:
        """A directory that may be a repository of its own (the root, a submodule, a nested clone)."""
        names = shadow_git.listing(self._root / prefix, ignored=ignored)
        if names is None:
            yield from ((path, False) for path in self.walked(prefix))
            return
        for name in names.tracked:
            yield from self._entry(prefix + os.fsdecode(name), ignored=ignored)
        for name in names.untracked:
            path = prefix + os.fsdecode(name)
            if not self._lies_in_left_out(path):
                yield from self._entry(path.removesuffix("/"), ignored=ignored)
        for name in names.ignored:
            path = prefix + os.fsdecode(name)
            if not self._lies_in_left_out(path):
                yield from ((each, True) for each in (self.walked(path) if path.endswith("/") else (path,)))

    def _entry(self, path: str, *, ignored: bool) -> Iterator[tuple[str, bool]]:
        if stat.S_ISDIR(self._mode(path)):
            yield from self._directory(path + "/", ignored=ignored)
        else:
            yield path, False

    def _mode(self, path: str) -> int:
        """What is at a path, links not followed; 0 if there is nothing. Joined by hand: trees have 100,000 of them."""
        try:
            return os.lstat(f"{self._root}{os.sep}{path}").st_mode
        except (FileNotFoundError, NotADirectoryError):
            return 0

    def _lies_in_left_out(self, path: str) -> bool:
        """Whether a directory above an untracked file (or the directory itself, where it ends in `/`) is left out."""
        directory = path.rpartition("/")[0]
        if not directory:
            return False
        if directory not in self._verdicts:
            self._verdicts[directory] = self._lies_in_left_out(directory) or self._is_left_out(directory)
        return self._verdicts[directory]

    def _is_left_out(self, directory: str) -> bool:
        at = self._root / directory
        is_environment = any(os.path.exists(at / sign) for sign in _ENVIRONMENT_SIGNS)  # noqa: PTH110  # no errors
        if is_environment or at.name in _NEEDED:
            self.environments.add(directory)
        return is_environment or at.name in LEFT_OUT
