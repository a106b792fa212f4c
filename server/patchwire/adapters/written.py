"""The files that we wrote: what they were at the first touch, what they are, and how to put them back.

Knows bytes and modes; paths come in already checked, and what tests have done to the directory since is
not trusted (`adapters.beneath`). Python's bytecode beside a written file is removed, because an edit of the same size
in the same second would otherwise run the old code.
"""

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from patchwire.adapters import beneath
from patchwire.adapters.shadow_git import Content
from patchwire.errors import NoSuchFile, ToolError, WorkspaceError
from patchwire.patch.model import FileChange, Kind

FILE_LIMIT = 256 * 1024 * 1024
"""The largest file that may be replaced, in bytes: what it was is kept in memory."""


class Files(Protocol):
    """Files by their paths, wherever their bytes are."""

    def status(self, path: str) -> os.stat_result | None:
        """What is at `path`, a link itself and not where it leads; None if nothing is. Raises OSError."""

    def load(self, path: str) -> Content | None:
        """What the file holds; None if there is none. Raises ToolError for what is no regular file, or too large."""

    def store(self, path: str, content: Content | None) -> None:
        """Make `path` hold `content` in one step (None: let there be no such file). Raises OSError."""


@dataclass(frozen=True, slots=True)
class Plain:
    """The files under one directory."""

    root: Path

    def status(self, path: str) -> os.stat_result | None:
        """See `Files`."""
        return beneath.status(self.root, path)

    def load(self, path: str) -> Content | None:
        """See `Files`."""
        return load(self.root, path)

    def store(self, path: str, content: Content | None) -> None:
        """See `Files`; bytecode made of the file is removed too."""
        store(self.root, path, content)

    def names_in(self, path: str) -> list[str]:
        """The names in a directory; none if there is no such directory. Raises OSError for a link."""
        return beneath.names_in(self.root, path)


class Written:
    """The writes of one turn."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._before: dict[str, Content | None] = {}
        self._after: dict[str, Content | None] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that was ever written."""
        return tuple(self._before)

    def put(self, path: str, data: bytes) -> None:
        """Make this the file's content without counting it as a change (an unsaved buffer)."""
        known = self._files.load(path)
        self._store(path, Content(data, known.mode if known else "100644"))

    def write(self, files: Mapping[str, str | None]) -> None:
        """Write whole texts (None deletes), all or nothing. Raises ToolError where that cannot be."""
        found = {path: self._writable(path, deleting=text is None) for path, text in files.items()}
        wanted: dict[str, Content | None] = {}
        for path, text in files.items():
            mode = (found[path] or self._before.get(path) or Content(b"")).mode
            wanted[path] = None if text is None else Content(_encoded(path, text), mode)
        self._replace(wanted, found)

    def take(self, contents: Mapping[str, Content | None]) -> None:
        """The same for bytes and modes. What is to go and is not there is passed over."""
        found = {path: self._writable(path, deleting=False) for path in contents}
        self._replace({path: each for path, each in contents.items() if each != found[path]}, found)

    def _replace(self, wanted: Mapping[str, Content | None], found: Mapping[str, Content | None]) -> None:
        try:
            # Deletions first: a directory may become a file.
            for path in sorted(wanted, key=lambda each: wanted[each] is not None):
                self._store(path, wanted[path])
        except OSError as error:
            for path in wanted:
                with contextlib.suppress(OSError):
                    self._store(path, found[path])
            raise ToolError(f"nothing was written: {error.strerror or error}") from error
        for path, content in wanted.items():
            self._before.setdefault(path, found[path])
            self._after[path] = content

    @contextlib.contextmanager
    def originals(self, paths: Sequence[str]) -> Iterator[None]:
        """For a while, let these files be what they were before the first write.

        Afterwards every file that we wrote is put back to what we wrote, whatever a test has made of it.
        """
        for path in paths:
            if path in self._before:
                self._store(path, self._before[path])
        try:
            yield
        finally:
            for path, content in self._after.items():
                self._put_back(path, content)

    def sides(self) -> tuple[dict[str, Content | None], dict[str, Content | None]]:
        """What really changed: the contents before and after."""
        changed = [path for path, before in self._before.items() if before != self._after[path]]
        return {path: self._before[path] for path in changed}, {path: self._after[path] for path in changed}

    def changes(self) -> tuple[FileChange, ...]:
        """The same as texts, sorted by path."""
        before, after = self.sides()
        return tuple(_change(path, before[path], after[path]) for path in sorted(before))

    def current(self) -> dict[str, Content | None]:
        """What every written path holds now."""
        return dict(self._after)

    def _writable(self, path: str, *, deleting: bool) -> Content | None:
        """The content that is about to be replaced; raises ToolError for what cannot be replaced."""
        if not path:
            raise ToolError("the root itself cannot be written")
        try:
            for parent in PurePosixPath(path).parents[:-1]:
                found = self._files.status(parent.as_posix())
                if found is not None and stat.S_ISREG(found.st_mode):
                    raise ToolError(f"{path} cannot be written: {parent} is a file")
            content = self._files.load(path)
        except OSError as error:
            raise ToolError(f"{path[:200]} cannot be written: {error.strerror}") from error
        if deleting and content is None:
            raise NoSuchFile(f"{path}: no such file to delete")
        return content

    def _put_back(self, path: str, content: Content | None) -> None:
        try:
            with contextlib.suppress(ToolError):
                if self._files.load(path) == content:
                    return
            self._store(path, content)
        except OSError as error:
            raise WorkspaceError(
                f"{path} was replaced by the tests and cannot be put back: {error.strerror}"
            ) from error

    def _store(self, path: str, content: Content | None) -> None:
        self._files.store(path, content)


def load(root: Path, path: str) -> Content | None:
    """What `path` holds; None if there is no such file. Raises ToolError for what is no regular file, or too large."""
    try:
        found = beneath.read(root, path, FILE_LIMIT)
    except OSError as error:
        raise ToolError(f"{path[:200]} cannot be written: {error.strerror}") from error
    return None if found is None else Content(found[0], git_mode(found[1]))


def store(root: Path, path: str, content: Content | None) -> None:
    """Make `path` hold `content` in one step (None: let there be no such file), and forget bytecode made of it.

    The file keeps its mode where that is what `content` says. Raises OSError.
    """
    _forget_bytecode(root, PurePosixPath(path))
    if content is None:
        beneath.remove(root, path)
        return
    found = beneath.status(root, path)
    if found is not None and stat.S_ISREG(found.st_mode) and git_mode(found) == content.mode:
        mode = stat.S_IMODE(found.st_mode)
    else:
        mode = 0o755 if content.mode == "100755" else 0o644
    beneath.replace(root, path, content.data, mode)


def git_mode(status: os.stat_result) -> str:
    """The mode of a regular file as git has it."""
    return "100755" if status.st_mode & stat.S_IXUSR else "100644"


def _forget_bytecode(root: Path, path: PurePosixPath) -> None:
    if path.suffix == ".py":
        caches = (path.parent / "__pycache__").as_posix()
        with contextlib.suppress(OSError):  # a link that leads elsewhere holds none of ours
            for name in beneath.names_in(root, caches):
                if name.startswith(f"{path.stem}.") and name.endswith(".pyc"):
                    beneath.remove(root, f"{caches}/{name}")


def _encoded(path: str, text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ToolError(f"{path} cannot be written: the text holds half of a surrogate pair") from error


def _change(path: str, before: Content | None, after: Content | None) -> FileChange:
    kind = Kind.ADD if before is None else Kind.DELETE if after is None else Kind.MODIFY
    try:
        texts = [None if content is None else content.data.decode("utf-8") for content in (before, after)]
    except UnicodeDecodeError:
        texts = [None, None]
    mode = None
    if after is not None and after.mode != (before or Content(b"")).mode:
        mode = int(after.mode, 8)
    return FileChange(path, kind, texts[0], texts[1], mode=mode)
