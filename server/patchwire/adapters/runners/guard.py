"""Sees whether a run wrote to the very files that it is measured by.

Code under test may rewrite tests that are collected later, or those of the next run. Knows paths, and no runner.
"""

from collections.abc import Iterable
from pathlib import Path

from patchwire.patch.measure import is_test_path

_Signature = tuple[int, int, int, int]
_BYPRODUCTS = (".snap", ".json", ".xml", ".txt", ".log", ".lock")


def is_guarded(path: str) -> bool:
    """Whether a run is measured by this file."""
    return is_test_path(path) and not path.endswith(_BYPRODUCTS)


class Guard:
    """Holds the signatures of the tests among `paths` for one run. What honest tests write as data is passed over.

    A signature holds the time of the last change to the inode, which nobody who writes the file can set.
    """

    def __init__(self, root: Path, paths: Iterable[str]) -> None:
        self._root = root
        self._before = {path: self._signature(path) for path in paths if is_guarded(path)}

    def changed(self) -> tuple[str, ...]:
        """The paths that are not what they were, sorted."""
        return tuple(sorted(path for path, known in self._before.items() if self._signature(path) != known))

    def _signature(self, path: str) -> _Signature | None:
        try:
            status = (self._root / path).lstat()
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
