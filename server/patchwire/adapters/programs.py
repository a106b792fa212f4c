"""Which programs of the machine we start ourselves: absolute, and none that the repository or a stranger put there.

A PATH may begin with `.`, and a repository may hold an executable `git` or `bwrap`. Knows no program's arguments.
"""

import os
from collections.abc import Mapping
from pathlib import Path

_SYSTEM = ("/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin", "/run/current-system/sw/bin")


def find(name: str, *, environment: Mapping[str, str] = os.environ, outside: Path | None = None) -> Path | None:
    """The program: from the system's directories first, then from PATH, but from nowhere that others may write.

    Nothing below `outside` (the repository) or our current directory counts, nor does a relative entry of PATH.
    """
    untrusted = [Path(os.path.realpath(directory)) for directory in (outside, Path()) if directory is not None]
    untrusted = [directory for directory in untrusted if directory != Path("/")]
    for entry in (*_SYSTEM, *environment.get("PATH", "").split(os.pathsep)):
        if not os.path.isabs(entry):  # noqa: PTH117  # an entry may be empty
            continue
        real = Path(os.path.realpath(os.path.join(entry, name)))  # noqa: PTH118  # real, link by link
        if real.is_file() and os.access(real, os.X_OK) and _is_ours_or_roots(real):
            places = (Path(os.path.realpath(entry)), real)
            if not any(place.is_relative_to(directory) for place in places for directory in untrusted):
                return Path(entry, name)
    return None


def _is_ours_or_roots(program: Path) -> bool:
    status = program.stat()
    return status.st_uid in (0, os.geteuid()) and not status.st_mode & 0o002
