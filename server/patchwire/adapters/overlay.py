"""The agent's layer: files of ours over the user's tree, which is never written. And what a run left in its own.

The layer is a directory that overlayfs takes as it is: a file is a file, and a character device 0:0 (a whiteout) says
that there is none. We write it without a mount, and only while nothing is mounted over it. Fulfils `written.Files`.
"""

import contextlib
import errno
import functools
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from patchwire.adapters import beneath, written
from patchwire.adapters.shadow_git import Content
from patchwire.adapters.written import Plain
from patchwire.errors import ToolError

_WHITEOUT = os.makedev(0, 0)
_OPAQUE = "user.overlay.opaque"


@dataclass(frozen=True, slots=True)
class Layer:
    """What is in `directory` (ours alone) lies over what is `below`: a plain directory, or another layer."""

    directory: Path
    below: "Plain | Layer"

    def status(self, path: str) -> os.stat_result | None:
        """See `Files`. A directory in which nothing is left is none."""
        found, hidden = self._own(path)
        if found is None and not hidden:
            found = self.below.status(path)
        if found is None or is_whiteout(found) or (stat.S_ISDIR(found.st_mode) and self._is_empty(path)):
            return None
        return found

    def load(self, path: str) -> Content | None:
        """See `Files`."""
        found, hidden = self._own(path)
        if found is not None and stat.S_ISREG(found.st_mode):
            return written.load(self.directory, path)
        try:
            if self.status(path) is None:
                return None
        except OSError as error:
            raise ToolError(f"{path[:200]} cannot be written: {error.strerror}") from error
        if found is not None or hidden:
            raise ToolError(f"{path[:200]} cannot be written: it is a directory")
        return self.below.load(path)

    def store(self, path: str, content: Content | None) -> None:
        """See `Files`."""
        for parent in reversed(PurePosixPath(path).parents[:-1]):
            found = self.status(parent.as_posix())
            if found is not None and not stat.S_ISDIR(found.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
            own, _ = self._own(parent.as_posix())
            if content is not None and own is not None and is_whiteout(own):
                (self.directory / parent).unlink()
        if content is None:
            self._remove(path)
        else:
            self._replace(path, content)

    def _replace(self, path: str, content: Content) -> None:
        found = self.status(path)
        if found is not None and not stat.S_ISREG(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        mode = 0o755 if content.mode == "100755" else 0o644
        if found is not None and written.git_mode(found) == content.mode:
            mode = stat.S_IMODE(found.st_mode)
        self._clear(path)
        beneath.replace(self.directory, path, content.data, mode)
        self._look_new(path)

    def _look_new(self, path: str) -> None:
        """Python takes bytecode for fresh where a source has its size and its second: never let it be the same one."""
        try:
            old = self.below.status(path)
        except OSError:
            return
        new = (self.directory / path).stat()
        if old is not None and int(old.st_mtime) == int(new.st_mtime):
            os.utime(self.directory / path, (new.st_atime, old.st_mtime + 1))

    def _remove(self, path: str) -> None:
        own, _ = self._own(path)
        if own is not None and not is_whiteout(own):
            beneath.remove(self.directory, path)
            # What a file or a directory of ours has covered does not come back.
            for parent in PurePosixPath(path).parents[:-1]:
                self._cover(parent.as_posix())
        self._cover(path, whole=own is not None)

    def _cover(self, path: str, *, whole: bool = False) -> None:
        """Put a whiteout over a file below where nothing of ours is; over all files of a directory only if `whole`."""
        if self._own(path) != (None, False):
            return
        below = self.below.status(path)
        if below is None:
            return
        if stat.S_ISDIR(below.st_mode):
            for name in self.below.names_in(path) if whole else ():
                self._cover(f"{path}/{name}", whole=True)
            return
        target = self.directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".patchwire-{secrets.token_hex(8)}")
        os.mknod(temporary, stat.S_IFCHR, _WHITEOUT)
        temporary.replace(target)

    def _clear(self, path: str) -> None:
        """Take away a whiteout, or a directory that holds nothing else, where a file is to be."""
        found, _ = self._own(path)
        if found is None:
            return
        if is_whiteout(found):
            (self.directory / path).unlink()
        elif stat.S_ISDIR(found.st_mode) and self.status(path) is None:
            shutil.rmtree(self.directory / path)

    def _own(self, path: str) -> tuple[os.stat_result | None, bool]:
        """What the layer itself has at `path`, and whether it hides what is below there."""
        at = self.directory
        names = PurePosixPath(path).parts
        for number, name in enumerate(names, start=1):
            at = at / name
            try:
                found = at.lstat()
            except FileNotFoundError:
                return None, False
            if number == len(names):
                return found, True
            if not stat.S_ISDIR(found.st_mode):
                return None, True
        return None, False

    def names_in(self, path: str) -> list[str]:
        """The names in the directory `path`; none if there is no such directory."""
        own, hidden = self._own(path) if path else (self.directory.lstat(), False)
        names = set()
        if own is not None and stat.S_ISDIR(own.st_mode):
            names.update(beneath.names_in(self.directory, path))
        elif hidden:
            return []
        with contextlib.suppress(OSError):  # a link below leads elsewhere, a file holds no names
            names.update(self.below.names_in(path))
        prefix = f"{path}/" if path else ""
        return sorted(name for name in names if self.status(prefix + name) is not None)

    def files(self) -> Iterator[str]:
        """Every path of which the layer says something: that there is a file of ours, or that there is none."""
        for directory, _, names in os.walk(self.directory):
            for name in names:
                yield (Path(directory) / name).relative_to(self.directory).as_posix()

    def _is_empty(self, path: str) -> bool:
        """Whether nothing is left in a directory. One that is not ours at all is not looked through."""
        own, _ = self._own(path)
        if own is None or not stat.S_ISDIR(own.st_mode):
            return False
        for at, _, names in os.walk(self.directory / path):
            if any(not is_whiteout(Path(at, name).lstat()) for name in names):
                return False
        try:
            return all(self.status(f"{path}/{name}") is None for name in self.below.names_in(path))
        except OSError:
            return True


def is_whiteout(found: os.stat_result) -> bool:
    """Whether it says that there is no file."""
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == _WHITEOUT


def left_by_run(
    upper: Path, below: "Plain | Layer", wanted: Callable[[str], bool] = bool
) -> Iterator[tuple[str, Content | str | None]]:
    """What a run has left in its layer: by path what a file holds, None where it was deleted, or why it is no file.

    `below` is what the layer lay over, which is looked into where a directory was replaced as a whole. Only `wanted`
    paths are told, and read.
    """
    yield from ((path, load()) for path, load in _left(upper, below) if wanted(path))


def _left(upper: Path, below: "Plain | Layer") -> Iterator[tuple[str, Callable[[], Content | str | None]]]:
    for directory, directories, names in os.walk(upper):
        directories.sort()
        prefix = Path(directory).relative_to(upper)
        if _is_opaque(directory):
            for path in _files_under(below, "" if prefix == Path() else prefix.as_posix()):
                if not os.path.lexists(upper / path):
                    yield path, _nothing
        for name in sorted([*names, *(each for each in directories if Path(directory, each).is_symlink())]):
            path = (prefix / name).as_posix()
            found = (upper / path).lstat()
            if is_whiteout(found):
                yield from ((each, _nothing) for each in _files_under(below, path) or [path])
            elif stat.S_ISREG(found.st_mode):
                yield path, functools.partial(_read, upper, path)
            else:
                yield path, lambda: "it is not a regular file"


def _nothing() -> None:
    return None


def _read(upper: Path, path: str) -> Content | str | None:
    try:
        return written.load(upper, path)
    except ToolError as error:
        return str(error)


def _is_opaque(directory: str) -> bool:
    with contextlib.suppress(OSError):
        return os.getxattr(directory, _OPAQUE) == b"y"
    return False


def _files_under(tree: "Plain | Layer", path: str) -> list[str]:
    """The files in a directory of a tree, and in the directories in it; none if it is no directory."""
    found: list[str] = []
    with contextlib.suppress(OSError):
        for name in tree.names_in(path):
            at = f"{path}/{name}" if path else name
            status = tree.status(at)
            if status is not None and stat.S_ISDIR(status.st_mode):
                found += _files_under(tree, at)
            elif status is not None:
                found.append(at)
    return found
