"""Where a path may lead: one function decides for reading, writing, listing and test targets alike.

Knows the root and nothing else. A path is POSIX, relative to the root and stays inside it, through symlinks too.
"""

import errno
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from patchwire.errors import ToolError
from patchwire.patch.spelling import reaches_git

_WINDOWS = re.compile(r"[A-Za-z]:|\\")
"""How absolute paths begin on Windows: a drive, a server, `\\\\?\\`."""


@dataclass(frozen=True, slots=True)
class Roots:
    """The copy (`root`, a real path) and the tree that it is a copy of. A path under either is taken as relative."""

    root: Path
    original: Path

    def relative(self, path: str) -> str:
        """The path as it is written in patches: no `.`, no doubled slashes; `""` is the root itself.

        Models often write absolute paths, so one under either root is accepted. Raises ToolError for anything else:
        absolute (on Windows too), `..`, NUL, `.git` as any disk may spell it.
        """
        if "\0" in path:
            raise ToolError("a path cannot hold a NUL character")
        pure = PurePosixPath(path)
        if pure.is_absolute():
            pure = self._made_relative(pure)
        if ".." in pure.as_posix().replace("\\", "/").split("/"):
            raise ToolError(f"{path[:200]} is refused: `..` is not allowed, use a path relative to the root")
        if _WINDOWS.match(path):
            raise ToolError(f"{path[:200]} is refused: use a path relative to the root, with / between the names")
        if reaches_git(pure.as_posix()):
            raise ToolError(f"{path[:200]} is refused: the .git directory is out of reach")
        return "" if pure == PurePosixPath() else pure.as_posix()

    def locate(self, path: str) -> str:
        """As `relative`, with symlinks followed: the path of the file that is really read or written.

        Raises ToolError if it lies outside the root (or cannot be made out: a loop, a name too long).
        """
        relative = self.relative(path)
        try:
            real = Path(os.path.realpath(self.root / relative, strict=False))
            if stat.S_ISLNK(real.lstat().st_mode):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        except (FileNotFoundError, NotADirectoryError):
            pass  # it may be about to be written
        except OSError as error:
            raise ToolError(f"{path[:200]} cannot be reached: {(error.strerror or str(error)).lower()}") from error
        except ValueError as error:  # half of a surrogate pair is no name on this disk
            raise ToolError("the path is not valid text") from error
        if not real.is_relative_to(self.root):
            raise ToolError(f"{path[:200]} is refused: it leads outside the root through a symbolic link")
        return self.relative(real.relative_to(self.root).as_posix())

    def _made_relative(self, path: PurePosixPath) -> PurePosixPath:
        for root in (self.root, self.original, Path(os.path.realpath(self.original))):
            if path.is_relative_to(root):
                return path.relative_to(root)
        raise ToolError(f"{str(path)[:200]} lies outside the root: use a path relative to it")
