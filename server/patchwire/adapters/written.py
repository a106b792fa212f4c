"""The files that we wrote in the copy: what they were at the first touch, what they are, and how to put them back.

Knows bytes, modes and one directory; paths come in already checked. Python's bytecode beside a written file is removed,
because an edit of the same size in the same second would otherwise run the old code.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from patchwire.adapters.shadow_git import Content
from patchwire.errors import NoSuchFile, ToolError
from patchwire.patch.model import FileChange, Kind


class Written:
    """The writes of one turn under `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._before: dict[str, Content | None] = {}
        self._after: dict[str, Content | None] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that was ever written."""
        return tuple(self._before)

    def put(self, path: str, data: bytes) -> None:
        """Make this the file's content without counting it as a change (an unsaved buffer)."""
        known = load(self._root, path)
        self._store(path, Content(data, known.mode if known else "100644"))

    def write(self, files: Mapping[str, str | None]) -> None:
        """Write whole texts (None deletes), all or nothing. Raises ToolError where that cannot be."""
        wanted: dict[str, Content | None] = {}
        found: dict[str, Content | None] = {}
        for path, text in files.items():
            found[path] = self._writable(path, deleting=text is None)
            mode = (found[path] or self._before.get(path) or Content(b"")).mode
            wanted[path] = None if text is None else Content(_encoded(path, text), mode)
        try:
            # Deletions first: a directory may become a file.
            for path in sorted(wanted, key=lambda each: wanted[each] is not None):
                self._store(path, wanted[path])
        except OSError as error:
            for path, content in found.items():
                with contextlib.suppress(OSError):
                    self._store(path, content)
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
                if load(self._root, path) != content:
                    self._store(path, content)

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
        file = self._root / path
        try:
            if file.is_dir():
                raise ToolError(f"{path} is a directory")
            for parent in file.relative_to(self._root).parents:
                if (self._root / parent).exists() and not (self._root / parent).is_dir():
                    raise ToolError(f"{path} cannot be written: {parent} is a file")
            content = load(self._root, path)
        except OSError as error:
            raise ToolError(f"{path[:200]} cannot be written: {error.strerror}") from error
        if deleting and content is None:
            raise NoSuchFile(f"{path}: no such file to delete")
        return content

    def _store(self, path: str, content: Content | None) -> None:
        store(self._root, path, content)


def load(root: Path, path: str) -> Content | None:
    """What `path` holds; None if there is no such file. Raises ToolError for what is no regular file."""
    file = root / path
    try:
        status = file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(status.st_mode):
        raise ToolError(f"{path} is not a regular file")
    return Content(file.read_bytes(), "100755" if status.st_mode & stat.S_IXUSR else "100644")


def store(root: Path, path: str, content: Content | None) -> None:
    """Make `path` hold `content` in one step (None: let there be no such file), and forget bytecode made of it."""
    file = root / path
    _forget_bytecode(file)
    if content is None:
        file.unlink(missing_ok=True)
        for parent in file.parents:
            if parent == root or not _is_empty(parent):
                break
            parent.rmdir()
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".patchwire-")
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content.data)
        Path(name).chmod(0o755 if content.mode == "100755" else 0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _is_empty(directory: Path) -> bool:
    with os.scandir(directory) as entries:
        return next(entries, None) is None


def _forget_bytecode(file: Path) -> None:
    if file.suffix == ".py":
        for compiled in (file.parent / "__pycache__").glob(f"{_literal(file.stem)}.*.pyc"):
            compiled.unlink(missing_ok=True)


def _literal(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


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
    return FileChange(path, kind, texts[0], texts[1])
