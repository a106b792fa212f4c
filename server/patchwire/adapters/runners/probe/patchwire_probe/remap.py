"""Makes imports that lead into the original tree lead into the copy, so that the copy is what gets tested.

Editable installs and absolute `sys.path` entries name the user's tree. Its entries on `sys.path` are replaced, and a
finder in front of all others corrects what any import hook finds there (setuptools, hatchling, editables …). At exit,
modules that still came from the original are written to a file: such a run proves nothing about the copy.
"""

# ruff: noqa: PTH110, PTH123, PTH206
# pathlib would slow down the start of every Python process of the tests.

from __future__ import annotations

import atexit
import os
import sys
from importlib.util import spec_from_file_location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from typing import Any

ROOT = os.environ.get("PATCHWIRE_ROOT", "")
ORIGINALS = tuple(part for part in os.environ.get("PATCHWIRE_ORIGINALS", "").split(os.pathsep) if part)
OUTSIDE = os.environ.get("PATCHWIRE_OUTSIDE", "")
_ENVIRONMENTS = ("site-packages", "dist-packages", "node_modules", ".venv", ".tox", ".nox", ".eggs")


def moved(path: str) -> str | None:
    """Where a path of the original tree lies in the copy; None for a path that is not the tree's own."""
    if _under(path, ROOT) or _under(path, sys.prefix) or _under(path, sys.base_prefix):
        return None
    for original in ORIGINALS:
        if _under(path, original):
            rest = path[len(original) :]
            if any(part in _ENVIRONMENTS for part in rest.split(os.sep)):
                return None
            return ROOT + rest
    return None


def is_own(path: str) -> bool:
    """Whether a file is the copy's own: not of an environment that lies in it."""
    return _under(path, ROOT) and not any(part in _ENVIRONMENTS for part in path[len(ROOT) :].split(os.sep))


def _under(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)


class Finder:
    """Asks the finders behind it and corrects what they found."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return _corrected(spec)
        return None


def _corrected(spec: ModuleSpec) -> ModuleSpec:
    places = spec.submodule_search_locations
    origin = moved(spec.origin) if spec.has_location and spec.origin else None
    if origin is None:
        if places is not None and any(moved(place) for place in places):
            spec.submodule_search_locations = [moved(place) or place for place in places]
        return spec
    if not os.path.exists(origin) and not origin.endswith(".py"):
        return spec  # built in the original and not copied, such as a large extension module
    search = None if places is None else [moved(place) or place for place in places]
    return spec_from_file_location(spec.name, origin, submodule_search_locations=search) or spec


def outside() -> list[str]:
    """The files of loaded modules that came from the original tree although the copy has (or had) its own."""
    found = []
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str):
            continue
        there = moved(file)
        if there is not None and (there.endswith(".py") or os.path.exists(there)):
            found.append(file)
    return sorted(found)


def tell() -> None:
    """Write what `outside` found to the file that we were given."""
    files = outside()
    if files:
        with open(OUTSIDE, "a", encoding="utf-8", errors="surrogateescape") as out:
            out.write("".join(file + "\n" for file in files))


def install() -> None:
    """Correct `sys.path` and every import from now on."""
    if not (ROOT and ORIGINALS):
        return
    sys.path[:] = [moved(entry) or entry for entry in sys.path]
    sys.meta_path.insert(0, Finder())
    if OUTSIDE:
        atexit.register(tell)
