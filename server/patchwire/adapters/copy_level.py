"""The levels on a copy of the tree: beside it (`copy`, `container`), or shown at its own path in a sandbox (`bind`).

Runs use the one copy, one after the other, and what judges them is looked at afterwards. A scratch is a copy of the
copy. Knows nothing of how a tree is copied (`copying`).
"""

import contextlib
import itertools
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from patchwire.adapters import levels, state
from patchwire.adapters.copying import TreeCopy, clone_tree
from patchwire.adapters.levels import Ground, Left, Run, Scratch
from patchwire.adapters.listing import Listing
from patchwire.adapters.paths import Roots
from patchwire.adapters.process import Confinement
from patchwire.adapters.runners.guard import Guard
from patchwire.adapters.runners.place import PROBE, Place
from patchwire.adapters.sandbox import limits
from patchwire.adapters.shadow_git import Content, ShadowGit
from patchwire.adapters.written import Plain
from patchwire.errors import ToolError
from patchwire.task import Isolation


class CopyLevel:
    """A copy of the tree beside it; with a sandbox the copy is shown at the tree's own path (`bind`)."""

    runs = True
    live = False

    def __init__(self, ground: Ground, isolation: Isolation) -> None:
        self.isolation = isolation
        self._ground = ground
        root = ground.private / "copy" / (ground.original.name or "tree")  # some tests look at their directory's name
        self._copy = TreeCopy(ground.original, root)
        self._root = root
        self._names: tuple[str, ...] = ()
        self._bound_back: tuple[str, ...] = ()
        self.roots = Roots(root, ground.original)
        self.files = Plain(root)
        self._git = ShadowGit(ground.private / "shadow.git", root)
        self._numbers = itertools.count()

    def begin(self, stop: threading.Event) -> None:
        """See `Level`."""
        copied = self._copy.sync(stop)
        self._names, self._bound_back = copied.files, (*copied.environments, *copied.left_out)

    def names(self) -> tuple[str, ...]:
        """See `Level`."""
        return self._names

    def searched(self, files: set[str]) -> list[tuple[ShadowGit, list[str]]]:
        """See `Level`."""
        return [(self._git, sorted(files))]

    @contextlib.contextmanager
    def top(self) -> Iterator[Path]:
        """See `Level`."""
        yield self._root

    @contextlib.contextmanager
    def run(self, files: Collection[str]) -> Iterator[Run]:
        """See `Level`."""
        yield Run(self.place_at(self._root, self._ground.private / "run"), Guard(self._root, files).changed)

    def place_at(self, copy: Path, private: Path) -> Place:
        """Where processes use one copy."""
        ground = self._ground
        temporary = private / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        place = Place(
            copy, ground.original, private, ground.environment, Confinement(limits=limits()), passed=ground.passed
        )
        if ground.sandbox is None:
            return place
        confinement = ground.sandbox.around(
            private=private,
            temporary=temporary,
            copy=copy,
            bound_back=self._bound_back,
            readable=[PROBE],
            writable=[ground.cache] if ground.cache else [],
        )
        return replace(place, root=ground.real, confinement=confinement, cache=ground.cache)

    def scratch(self, written: Mapping[str, Content | None]) -> Scratch:
        """See `Level`."""
        private = self._ground.private / f"scratch-{next(self._numbers)}"
        clone_tree(self._root, private / "copy" / self._root.name)
        return _CopyScratch(self, private, private / "copy" / self._root.name)

    def close(self) -> None:
        """See `Level`."""
        state.remove(self._ground.private / "copy")


class _CopyScratch:
    def __init__(self, level: CopyLevel, private: Path, root: Path) -> None:
        self._private, self._files = private, Plain(root)
        self._level_files = level.files
        self.place = level.place_at(root, private)
        self.lacking: Mapping[str, Content | None] = {}

    @contextlib.contextmanager
    def holding(self, files: Mapping[str, Content | None]) -> Iterator[tuple[Place, dict[str, Content | None]]]:
        before = {path: self._files.load(path) for path in files}
        try:
            for path, content in files.items():
                self._files.store(path, content)
            yield self.place, {}
        finally:
            for path, content in before.items():
                self._files.store(path, content)

    def mode(self, path: str) -> str:
        return levels.mode(self._files, path)

    def update(self, written: Mapping[str, Content | None]) -> list[str] | None:
        changed = [path for path, content in written.items() if self._files.load(path) != content]
        for path in changed:
            self._files.store(path, written[path])
        return changed

    def blank(self, paths: Iterable[str]) -> None:
        for path in paths:
            self._files.store(path, Content(b""))

    def left(self) -> Left:
        yield from _differences(self._files, self._level_files)

    def close(self) -> None:
        state.remove(self._private)


def _differences(now: Plain, before: Plain) -> Left:
    theirs, ours = (set(Listing(tree.root).walked()) for tree in (now, before))
    for path in sorted(ours - theirs):
        yield path, None
    for path in sorted(theirs):
        found, known = now.status(path), before.status(path) if path in ours else None
        if found is None or (known and (found.st_size, found.st_mtime_ns) == (known.st_size, known.st_mtime_ns)):
            continue
        try:
            content = now.load(path)
            if known is None or content != before.load(path):
                yield path, content
        except ToolError as error:
            yield path, str(error)
