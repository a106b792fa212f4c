"""What the user changed on disk since a moment: told from the files' times of change, which nobody can set.

Knows no copy and no layer: a root, a moment, and the names that were there then. One pass over the files' status.
"""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def moment(directory: Path) -> int:
    """Now, on the clock by which the file system of `directory` (one of our own) stamps its files."""
    with tempfile.NamedTemporaryFile(dir=directory) as file:
        return os.fstat(file.fileno()).st_ctime_ns


def changed_since(root: Path, then: int, before: Iterable[str], now: Iterable[str]) -> list[str]:
    """The paths that were changed, made or deleted after `then`, sorted."""
    before, now = set(before), set(now)
    found = before ^ now
    for path in before & now:
        try:
            if (root / path).lstat().st_ctime_ns > then:
                found.add(path)
        except OSError:
            found.add(path)
    return sorted(found)
